package scalar

import (
	"cmp"
	"fmt"
	"math"
	"math/rand/v2"
	"slices"

	"gonum.org/v1/gonum/floats"
	"gonum.org/v1/gonum/mat"
)

// start sets the unit of y, and β.
func (s *irls) start() error {
	y := slices.Clone(s.design.y)
	for i := range s.sizes {
		y[i] /= s.sizes[i]
	}
	leastSquares, err := s.leastSquares(s.prior, y)
	if err != nil {
		return err
	}
	s.beta = s.design.newCoefficients().plus(1, leastSquares)
	s.residuals = s.residualsOf(s.beta)
	exponent := 0
	if c := s.options.Scale; c != nil {
		exponent = exponentOf(*c) - s.design.exponent
	} else if !s.vanishes(0.5) {
		exponent = exponentOf(s.medianScale())
	}
	s.design.rescale(exponent)
	if math.IsInf(largest(s.design.y), 1) {
		return failure(ErrOverflow, "y in units of the fixed scale overflows")
	}
	for j := range s.beta.hi {
		s.beta.hi[j], s.beta.lo[j] = math.Ldexp(s.beta.hi[j], -exponent), math.Ldexp(s.beta.lo[j], -exponent)
	}
	if c := s.options.Scale; c != nil {
		s.fixedScale = math.Ldexp(*c, -s.design.exponent)
	}
	if s.options.Start != nil {
		s.beta = s.design.internal(s.options.Start)
	}
	s.residuals = s.residualsOf(s.beta)
	if size := largest(s.residuals); math.IsNaN(size) || math.IsInf(size, 1) {
		return failure(ErrOverflow, "the residuals at the start overflow")
	}
	return nil
}

// absoluteDeviations moves β from least squares to about the least absolute deviations, a fit that outliers hardly
// move: α = 1, with a tenth of the median deviation for a scale.
func (s *irls) absoluteDeviations() error {
	for range 50 {
		if s.vanishes(0.5) {
			break
		}
		s.scale = s.medianScale() / 10
		step, err := s.increment(Kernel{Alpha: 1, Scale: s.scale})
		if err != nil {
			return err
		}
		s.beta = s.beta.plus(1, step)
		s.residuals = s.residualsOf(s.beta)
	}
	s.startScale = s.medianScale()
	return nil
}

// The S-estimate [4] is the β whose residuals have the smallest M-scale s,
//
//	mean ρ(r_i/s) = ½,  ρ(u) = 1 − exp(−½(u/k)²),  k = 1/√3
//
// with Welsch's loss, which is bounded, and the k for which s is the standard deviation of normal residuals. As nearly half of the ρ may be 1
// without s growing much, nearly half of the rows may be anything, in x and y: it is where IRLS starts with HighBreakdown.
// It is searched as in [5]: from the lines through random subsets of p rows, each improved by two reweighted least squares steps, and the best of
// them until they converge.

const (
	mScaleShare    = 0.5
	welschTuning   = 0.57735026918962576451 // 1/√3: E ρ = 1 − 1/√(1 + 1/k²) = ½ for a standard normal u
	subsetMiss     = 1e-3                   // probability that no subset is free of outliers, if half of the rows are
	fewestSubsets  = 200
	mostSubsets    = 3000 // enough up to 8 columns
	subsetSteps    = 2
	roughScale     = 3 // steps of the M-scale of a subset
	subsetsRefined = 5
	mostSteps      = 200
	scaleAccuracy  = 1e-9
	subsetSeed     = 1984 // of the random subsets: the same data give the same result

	// boundedAlpha is the highest α after an S-estimate. Its loss ends at 3: with one that grows without end, or ends late, a few rows far away in x
	// win back what the start took from them.
	boundedAlpha = -1
)

// sEstimate is the search for it, in coordinates γ in which the columns q of the design are orthonormal: residuals are r − qγ.
type sEstimate struct {
	q         *mat.Dense
	r         []float64
	prior     []float64
	total     float64
	n, p      int
	residuals []float64 // scratch
}

// sCandidate is a γ and the M-scale of its residuals.
type sCandidate struct {
	gamma []float64
	scale float64
}

// highBreakdown moves β to the S-estimate, and fixes c at its scale, as MM-estimates do, and α, if it is not given, at what suits its residuals, up to
// boundedAlpha. Maximum likelihood of c, or an α that is not negative, would give way to outliers far away in x.
func (s *irls) highBreakdown() error {
	d := s.design
	weights := slices.Clone(s.prior)
	for i := range weights {
		weights[i] /= s.size(i) * s.size(i)
	}
	qr, err := d.factorize(weights)
	if err != nil {
		return err
	}
	var r mat.Dense
	qr.RTo(&r)
	e := &sEstimate{q: mat.NewDense(d.n, d.p, nil), r: s.residuals, prior: s.prior, total: floats.Sum(s.prior), n: d.n, p: d.p, residuals: make([]float64, d.n)}
	for i := range d.n {
		copy(e.q.RawRowView(i), s.row(i))
		forwardSubstitute(e.q.RawRowView(i), &r)
	}
	best := e.search()
	step := mat.NewVecDense(d.p, nil) // β′ = R⁻¹γ
	var upper mat.Dense
	upper.CloneFrom(r.Slice(0, d.p, 0, d.p))
	if err := step.SolveVec(&upper, mat.NewVecDense(d.p, best.gamma)); err != nil {
		return failure(ErrDependent, "the start: %v", err)
	}
	s.beta = s.beta.plus(1, step.RawVector().Data)
	s.residuals = s.residualsOf(s.beta)
	if s.vanishes(mScaleShare) {
		return nil
	}
	if s.fixedScale == 0 {
		s.fixedScale = best.scale
	}
	if s.options.Alpha == nil && s.options.Schedule == nil {
		window := math.Max(defaultTau, 1.01*largest(s.residuals)/s.fixedScale) // all of them
		doubtful, prior := s.doubtful()
		fit, err := FitTruncated(doubtful, prior, &TruncatedOptions{Alpha: Between(math.Inf(-1), boundedAlpha), Scale: &s.fixedScale, Tau: window})
		if err != nil {
			return fmt.Errorf("shape of the residuals of the S-estimate: %w", err)
		}
		s.alphas, s.fits = *Fixed(fit.Alpha), false
	}
	return nil
}

// search returns the best candidate.
func (e *sEstimate) search() sCandidate {
	var rows []int
	for i, w := range e.prior {
		if w > 0 {
			rows = append(rows, i)
		}
	}
	subsets := int(math.Log(subsetMiss) / math.Log1p(-math.Pow(0.5, float64(e.p))))
	subsets = max(fewestSubsets, min(mostSubsets, subsets))
	rng := rand.New(rand.NewPCG(subsetSeed, uint64(e.n)))
	candidates := []sCandidate{{make([]float64, e.p), e.median(make([]float64, e.p))}}
	for range subsets {
		if gamma, ok := e.through(rows, rng); ok {
			c := sCandidate{gamma, e.scaleFrom(e.median(gamma), gamma, roughScale)}
			candidates = append(candidates, e.refine(c, subsetSteps, roughScale))
		}
	}
	slices.SortStableFunc(candidates, func(a, b sCandidate) int { return cmp.Compare(a.scale, b.scale) })
	best := sCandidate{scale: math.Inf(1)}
	for _, c := range candidates[:min(subsetsRefined, len(candidates))] {
		c.scale = e.scaleFrom(c.scale, c.gamma, mostSteps)
		if c = e.refine(c, mostSteps, mostSteps); c.scale < best.scale {
			best = c
		}
	}
	return best
}

// through returns the γ of the plane through p random rows.
func (e *sEstimate) through(rows []int, rng *rand.Rand) (gamma []float64, ok bool) {
	a, b := mat.NewDense(e.p, e.p, nil), mat.NewVecDense(e.p, nil)
	for j := range e.p { // the first p of a shuffle
		k := j + rng.IntN(len(rows)-j)
		rows[j], rows[k] = rows[k], rows[j]
		a.SetRow(j, e.q.RawRowView(rows[j]))
		b.SetVec(j, e.r[rows[j]])
	}
	var x mat.VecDense
	if err := x.SolveVec(a, b); err != nil {
		return nil, false
	}
	return x.RawVector().Data, true
}

func (e *sEstimate) residual(gamma []float64, i int) float64 {
	return e.r[i] - floats.Dot(e.q.RawRowView(i), gamma)
}

// median returns 1.48 times the median of |r − qγ|.
func (e *sEstimate) median(gamma []float64) float64 {
	for i := range e.n {
		e.residuals[i] = e.residual(gamma, i)
	}
	return madToScale * (&samples{x: e.residuals, w: e.prior}).deviations(0).quantile(0.5)
}

// scaleFrom returns the M-scale, by at most this many steps of a fixed point iteration: 0 if half of the residuals are.
func (e *sEstimate) scaleFrom(scale float64, gamma []float64, steps int) float64 {
	for i := range e.n {
		e.residuals[i] = e.residual(gamma, i)
	}
	for range steps {
		if scale == 0 {
			return 0
		}
		mean := 0.0
		for i, v := range e.residuals {
			u := v / scale / welschTuning
			mean -= e.prior[i] * math.Expm1(-u*u/2)
		}
		next := scale * math.Sqrt(mean/e.total/mScaleShare)
		if math.Abs(next-scale) <= scaleAccuracy*scale {
			return next
		}
		scale = next
	}
	return scale
}

// refine takes steps of reweighted least squares, which lower the scale, until it stays. The scale is found by at most scaleSteps steps
// from the last.
func (e *sEstimate) refine(c sCandidate, steps, scaleSteps int) sCandidate {
	for range steps {
		if c.scale == 0 {
			return c
		}
		gram, right := mat.NewSymDense(e.p, nil), mat.NewVecDense(e.p, nil)
		for i := range e.n {
			row := e.q.RawRowView(i)
			u := e.residual(c.gamma, i) / c.scale / welschTuning
			w := e.prior[i] * math.Exp(-u*u/2)
			for j, v := range row {
				right.SetVec(j, right.AtVec(j)+w*v*e.r[i])
				for l := range j + 1 {
					add(gram, l, j, w*row[l]*v)
				}
			}
		}
		var cholesky mat.Cholesky
		var gamma mat.VecDense
		if !cholesky.Factorize(gram) || cholesky.SolveVecTo(&gamma, right) != nil {
			return c
		}
		next := sCandidate{gamma.RawVector().Data, e.scaleFrom(c.scale, gamma.RawVector().Data, scaleSteps)}
		if !(next.scale < c.scale*(1-scaleAccuracy)) {
			return c
		}
		c = next
	}
	return c
}
