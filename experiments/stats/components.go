// Package stats holds the statistics that the experiments share and that gonum.org/v1/gonum/stat does not have, or not for
// tables of their size.
package stats

import (
	"fmt"
	"math/rand/v2"

	"gonum.org/v1/gonum/blas"
	"gonum.org/v1/gonum/blas/blas64"
	"gonum.org/v1/gonum/floats"
	"gonum.org/v1/gonum/mat"

	"github.com/robustloss/gomlx-robustloss/experiments/parallel"
)

// Components are the first principal components of the rows of a table: orthonormal directions through their mean, those
// in which the rows vary most, by decreasing variance. They are a linear model of a row: x ≈ mean + Bᵀ·B·(x − mean), B
// being the components.
type Components struct {
	Mean []float64  // of the rows, `[dims]`
	Axes *mat.Dense // B, `[count, dims]`, with orthonormal rows
}

const (
	maxCovariance  = 1024   // columns up to which the covariance matrix is formed
	covarianceRows = 10_000 // rows, evenly spaced, that it is formed from if there are more
)

// PrincipalComponents returns the first count components of the rows of x, `[samples, dims]`, which is not changed.
//
// For at most 1,024 columns they are eigenvectors of the covariance of the rows, or of 10,000 of them if there are more:
// samples·dims² + dims³ operations. For more columns they come from a subspace iteration from a fixed start, with 25
// products of x with count + 8 vectors. stat.PC of gonum computes all singular vectors of the centred table, which takes 2.6
// times as long for 1,797 × 64 values, 3.8 times for 10,000 × 784, and 9 times for 1,000 × 3,072 (BenchmarkPrincipalComponents).
//
// It fails unless 1 ≤ count ≤ min(samples − 1, dims).
func PrincipalComponents(x *mat.Dense, count int) (*Components, error) {
	samples, dims := x.Dims()
	if count < 1 || count > min(samples-1, dims) {
		return nil, fmt.Errorf("%d principal components of %d rows with %d columns: want 1 to %d", count, samples, dims, min(samples-1, dims))
	}
	c := &Components{Mean: make([]float64, dims)}
	for i := range samples {
		floats.AddScaled(c.Mean, 1/float64(samples), x.RawRowView(i))
	}
	if dims <= maxCovariance {
		return c, c.ofCovariance(x, count)
	}
	return c, c.ofIteration(x, count)
}

// ofCovariance finds the eigenvectors of Σ (x − mean)(x − mean)ᵀ, which it sums in blocks of rows.
func (c *Components) ofCovariance(x *mat.Dense, count int) error {
	const block = 512
	samples, dims := x.Dims()
	sum := mat.NewSymDense(dims, nil)
	rows := min(samples, covarianceRows)
	centred := make([]float64, 0, block*dims)
	for i := range rows {
		from := len(centred)
		centred = append(centred, x.RawRowView(i*samples/rows)...)
		floats.Sub(centred[from:], c.Mean)
		if n := len(centred) / dims; n == block || i == rows-1 {
			blas64.Syrk(blas.Trans, 1, blas64.General{Rows: n, Cols: dims, Stride: dims, Data: centred}, 1, sum.RawSymmetric())
			centred = centred[:0]
		}
	}
	vectors, err := eigenvectors(sum)
	if err != nil {
		return err
	}
	c.Axes = mat.NewDense(count, dims, nil)
	for k := range count { // the eigenvalues increase
		c.Axes.SetRow(k, mat.Col(nil, dims-1-k, vectors))
	}
	return nil
}

// ofIteration multiplies a few random vectors again and again by the covariance, and diagonalises it in their span.
func (c *Components) ofIteration(x *mat.Dense, count int) error {
	const (
		iterations = 12
		spare      = 8 // vectors more than asked for, with which the iteration converges quickly
	)
	samples, dims := x.Dims()
	centred := c.centre(x)
	width := min(count+spare, samples-1, dims)
	rng := rand.New(rand.NewPCG(1, 2))
	basis := mat.NewDense(width, dims, nil)
	basis.Apply(func(_, _ int, _ float64) float64 { return rng.NormFloat64() }, basis)
	orthonormalise(basis)
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
	vectors, err := eigenvectors(gram)
	if err != nil {
		return err
	}
	c.Axes = mat.NewDense(count, dims, nil)
	var rotated mat.Dense
	rotated.Mul(vectors.T(), basis)
	for k := range count {
		c.Axes.SetRow(k, rotated.RawRowView(width-1-k))
	}
	return nil
}

func eigenvectors(symmetric *mat.SymDense) (*mat.Dense, error) {
	var eigen mat.EigenSym
	if !eigen.Factorize(symmetric, true) {
		return nil, fmt.Errorf("the eigenvectors of a covariance of %d values do not converge", symmetric.SymmetricDim())
	}
	var vectors mat.Dense
	eigen.VectorsTo(&vectors)
	return &vectors, nil
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

func (c *Components) centre(x *mat.Dense) *mat.Dense {
	centred := mat.DenseCopyOf(x)
	samples, _ := x.Dims()
	for i := range samples {
		floats.Sub(centred.RawRowView(i), c.Mean)
	}
	return centred
}

// Project returns B·(x − mean) for each row of x: `[samples, count]`.
func (c *Components) Project(x *mat.Dense) *mat.Dense {
	samples, _ := x.Dims()
	count, _ := c.Axes.Dims()
	offset := make([]float64, count)
	for k := range offset {
		offset[k] = floats.Dot(c.Mean, c.Axes.RawRowView(k))
	}
	out := mat.NewDense(samples, count, nil)
	parallel.Blocks(samples, 256, func(_, from, to int) {
		for i := from; i < to; i++ {
			row := out.RawRowView(i)
			for k := range row {
				row[k] = floats.Dot(x.RawRowView(i), c.Axes.RawRowView(k)) - offset[k]
			}
		}
	})
	return out
}

// Residuals returns what the model leaves over of the rows of x: x − mean − Bᵀ·B·(x − mean), `[samples, dims]`.
func (c *Components) Residuals(x *mat.Dense) *mat.Dense {
	residuals := c.centre(x)
	var scores, explained mat.Dense
	scores.Mul(residuals, c.Axes.T())
	explained.Mul(&scores, c.Axes)
	residuals.Sub(residuals, &explained)
	return residuals
}
