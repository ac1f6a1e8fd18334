package linear

import (
	"fmt"
	"math/rand/v2"

	"gonum.org/v1/gonum/floats"
	"gonum.org/v1/gonum/mat"
)

// PCA is a linear model x ≈ mean + Bᵀ·B·(x − mean) with orthonormal rows B.
type PCA struct {
	mean  []float64
	basis *mat.Dense // `[components, dims]`
}

// FitPCA returns the principal components of the rows of x, `[samples, dims]`, by subspace iteration from a fixed start.
func FitPCA(x *mat.Dense, components int) (*PCA, error) {
	samples, dims := x.Dims()
	if components < 1 || components > min(samples-1, dims) {
		return nil, fmt.Errorf("linear: %d components of %d samples with %d dimensions", components, samples, dims)
	}
	p := &PCA{mean: columnMeans(x)}
	centred := p.centre(x)
	// A few rows more than asked for make the iteration converge quickly.
	width := min(components+8, samples-1, dims)
	rng := rand.New(rand.NewPCG(1, 2))
	basis := mat.NewDense(width, dims, nil)
	basis.Apply(func(_, _ int, _ float64) float64 { return rng.NormFloat64() }, basis)
	orthonormalise(basis)
	const iterations = 12
	for range iterations {
		var scores, next mat.Dense
		scores.Mul(centred, basis.T())
		next.Mul(scores.T(), centred)
		orthonormalise(&next)
		basis = &next
	}
	var scores mat.Dense
	scores.Mul(centred, basis.T())
	gram := mat.NewSymDense(width, nil)
	gram.SymOuterK(1, scores.T())
	var eigen mat.EigenSym
	if !eigen.Factorize(gram, true) {
		return nil, fmt.Errorf("linear: the eigenvalues of the %d components do not converge", width)
	}
	var vectors, rotated mat.Dense
	eigen.VectorsTo(&vectors) // ascending
	rotated.Mul(vectors.Slice(0, width, width-components, width).T(), basis)
	p.basis = &rotated
	return p, nil
}

// Residuals returns what the model leaves over of the rows of x: `[samples, dims]`.
func (p *PCA) Residuals(x *mat.Dense) *mat.Dense {
	residuals := p.centre(x)
	var scores, explained mat.Dense
	scores.Mul(residuals, p.basis.T())
	explained.Mul(&scores, p.basis)
	residuals.Sub(residuals, &explained)
	return residuals
}

func (p *PCA) centre(x *mat.Dense) *mat.Dense {
	centred := mat.DenseCopyOf(x)
	samples, _ := x.Dims()
	for i := range samples {
		floats.Sub(centred.RawRowView(i), p.mean)
	}
	return centred
}

func columnMeans(x *mat.Dense) []float64 {
	samples, dims := x.Dims()
	mean := make([]float64, dims)
	for i := range samples {
		floats.AddScaled(mean, 1/float64(samples), x.RawRowView(i))
	}
	return mean
}

// orthonormalise makes the rows orthonormal by the modified Gram-Schmidt process, twice for accuracy.
func orthonormalise(a *mat.Dense) {
	rows, _ := a.Dims()
	for range 2 {
		for i := range rows {
			row := a.RawRowView(i)
			for j := range i {
				other := a.RawRowView(j)
				floats.AddScaled(row, -floats.Dot(row, other), other)
			}
			floats.Scale(1/floats.Norm(row, 2), row)
		}
	}
}
