package scalar

import (
	"math"
	"slices"

	"gonum.org/v1/gonum/floats"
	"gonum.org/v1/gonum/mat"
	"gonum.org/v1/gonum/stat"

	"github.com/robustloss/gomlx-robustloss/robustloss/internal/partition"
)

// VectorOptions says what [FitVectors] leaves free.
type VectorOptions struct {
	// Alpha is where α is searched, within (0, +∞], and from 0 on for d = 1; see [Between] and [Fixed]. Nil means [0.05, 2]:
	// of few vectors the likelihood is often highest at +∞, which then predicts others badly.
	Alpha *Interval
}

// FitVectors returns the distribution of vectors of maximum likelihood of the samples, n > d rows of d = 1 … 8 numbers: it minimises,
// over μ, α and L,
//
//	Σ weights[i]·(ρ(‖L⁻¹(x_i−μ)‖, α, 1) + log|L| + log Z_d(α))
//
// A nil weights means 1 for each row; weights are counts. A nil options is the zero value.
//
// For a given α, μ and LLᵀ are weighted means of the x_i and of (x_i−μ)(x_i−μ)ᵀ with the weights ψ(r)/r of their own distances r, found by
// iteration; each of them lowers the objective. α is the zero of the objective's derivative along the minima. Vectors A·x + b give
// A·μ + b, AL (as a lower triangular factor) and the same α. For small α there may be several minima in μ; what is returned is downhill
// from the better one at α = 1 of those that are found from the medians of the coordinates and from the mean.
//
// Use it where a whole vector goes wrong at a time. Where each coordinate has outliers of its own, one [Fit] for each may be better: compare
// their likelihoods, as in tables/vectors.md.
//
// The errors are [ErrArgument] for values that are not finite and impossible weights, dimensions and options, [ErrTooFew] for d rows of
// positive weight or fewer, [ErrDependent] if the rows lie on a hyperplane, as far as rounding lets it be told, so that the likelihood
// has no maximum, and [ErrNotConverged].
func FitVectors(samples mat.Matrix, weights []float64, options *VectorOptions) (Vector, error) {
	f, err := newVectorFitter(samples, weights, options)
	if err != nil {
		return Vector{}, err
	}
	best, err := f.fit()
	if err != nil {
		return Vector{}, err
	}
	return f.place(best), nil
}

// vectorFitter holds the rows in coordinates of their own: (x − median)/unit with a power of two near the deviation, and from whiten on L₀⁻¹·(that − μ₀),
// so that coordinates that almost depend on each other lose no more digits than they must.
type vectorFitter struct {
	n, d           int
	x              *mat.Dense
	weights        []float64
	total          float64
	centers, units []float64
	spreads        []float64 // medians of |x|, in the units
	base           *scatter  // μ₀ and L₀
	alphas         Interval
}

const (
	leastVectorAlpha     = 0.05
	vectorStep           = 0.03  // of v(α), from one of the first α to the next
	vectorTolerance      = 1e-10 // of the distance of μ and LLᵀ from their targets, in units of L
	roughTolerance       = 1e-4  // of that on the grid
	vectorAlphaTolerance = 1e-10 // of v(α)
	vectorSteps          = 5000
	vectorNoise          = 1e-13 // of the objective: a rise that says nothing
	smallestRelaxing     = 1e-3
	rescalingSteps       = 8
	rescalingTolerance   = 1e-3
	hyperplaneLimit      = 1e-12 // smallest singular value beside the largest, of rows that fill space
	farthest             = 1e150 // in units: the square is within range
)

func newVectorFitter(samples mat.Matrix, weights []float64, options *VectorOptions) (*vectorFitter, error) {
	n, d := samples.Dims()
	if d < 1 || d > partition.MaxVector {
		return nil, failure(ErrArgument, "vectors of %d numbers: there must be 1 to %d", d, partition.MaxVector)
	}
	scaled, _, err := checkedWeights("rows", n, weights)
	if err != nil {
		return nil, err
	}
	f := &vectorFitter{
		d: d, alphas: Interval{leastVectorAlpha, 2}, centers: make([]float64, d), units: make([]float64, d), spreads: make([]float64, d),
	}
	within := Interval{math.SmallestNonzeroFloat64, math.Inf(1)}
	if d == 1 {
		within.Lo = 0
	}
	if options != nil && options.Alpha != nil {
		if f.alphas, err = alphaBounds(options.Alpha, f.alphas, within); err != nil {
			return nil, err
		}
	}
	var rows []int
	for i, w := range scaled {
		for j := range d {
			if v := samples.At(i, j); math.IsNaN(v) || math.IsInf(v, 0) {
				return nil, failure(ErrArgument, "samples[%d, %d] is %g: it must be finite", i, j, v)
			}
		}
		if w > 0 {
			rows = append(rows, i)
			f.weights = append(f.weights, w)
			f.total += w
		}
	}
	if f.n = len(rows); f.n <= d {
		return nil, failure(ErrTooFew, "%d vectors of positive weight cannot fix a distribution of %d dimensions", f.n, d)
	}
	f.x = mat.NewDense(f.n, d, nil)
	column := make([]float64, f.n)
	for j := range d {
		for k, i := range rows {
			column[k] = samples.At(i, j)
		}
		if err := f.setColumn(j, column); err != nil {
			return nil, err
		}
	}
	return f, f.checkSpan()
}

// setColumn keeps a coordinate in its unit.
func (f *vectorFitter) setColumn(j int, values []float64) error {
	s := &samples{x: slices.Clone(values), w: slices.Clone(f.weights), total: f.total}
	stat.SortWeighted(s.x, s.w)
	if s.x[f.n-1]-s.x[0] > math.MaxFloat64 {
		return failure(ErrOverflow, "the range of coordinate %d overflows", j)
	}
	center := s.quantile(0.5)
	spread := s.spread(center)
	if spread == 0 {
		return failure(ErrDependent, "coordinate %d is the same in all rows: they lie on a hyperplane", j)
	}
	unit := math.Ldexp(0.5, exponentOf(spread))
	f.centers[j], f.units[j] = center, unit
	for i, v := range values {
		f.x.Set(i, j, math.Max(-farthest, math.Min(farthest, (v-center)/unit)))
	}
	f.spreads[j] = spread / unit
	return nil
}

// checkSpan returns an error if the rows lie on a hyperplane: if the rows (x, 1), each divided by its length, so that far ones do not drown
// the others, have linearly dependent columns.
func (f *vectorFitter) checkSpan() error {
	a := mat.NewDense(f.n, f.d+1, nil)
	for i := range f.n {
		row := append(slices.Clone(f.x.RawRowView(i)), 1)
		floats.Scale(1/floats.Norm(row, 2), row)
		a.SetRow(i, row)
	}
	var svd mat.SVD
	if !svd.Factorize(a, mat.SVDNone) {
		return failure(ErrNotConverged, "the singular values of the rows were not found")
	}
	if values := svd.Values(nil); !(values[f.d] > hyperplaneLimit*values[0]) {
		return failure(ErrDependent, "the rows lie on a hyperplane: the likelihood grows without bound as the distribution shrinks to it; drop a coordinate")
	}
	return nil
}

// whiten takes the rows to the coordinates in which a first fit, at α = 1, has μ = 0 and L = I.
func (f *vectorFitter) whiten() error {
	var err error
	if f.base, err = f.bestStart(1, roughTolerance); err != nil {
		return err
	}
	y := make([]float64, f.d)
	for i := range f.n {
		row := f.x.RawRowView(i)
		distanceFrom(f.base.mu, f.base.factor, row, y)
		copy(row, y)
	}
	for j := range f.spreads {
		f.spreads[j] = 1 / madToScale
	}
	return nil
}

// place returns the distribution in the units of the samples.
func (f *vectorFitter) place(s *scatter) Vector {
	v := Vector{Mu: make([]float64, f.d), Alpha: s.alpha, Factor: mat.NewTriDense(f.d, mat.Lower, nil)}
	for i := range f.d {
		mu := f.base.mu[i]
		for j := range i + 1 {
			mu += f.base.factor.At(i, j) * s.mu[j]
			sum := 0.0
			for k := j; k <= i; k++ {
				sum += f.base.factor.At(i, k) * s.factor.At(k, j)
			}
			v.Factor.SetTri(i, j, f.units[i]*sum)
		}
		v.Mu[i] = f.centers[i] + f.units[i]*mu
	}
	return v
}

// scatter is μ and L at an α, the distances of the rows there, and the mean negative log-likelihood without log Z_d.
type scatter struct {
	alpha  float64
	mu     []float64
	factor *mat.TriDense
	radii  []float64
	value  float64
}

// at evaluates it.
func (f *vectorFitter) at(alpha float64, mu []float64, factor *mat.TriDense) *scatter {
	s := &scatter{alpha: alpha, mu: mu, factor: factor, radii: make([]float64, f.n)}
	k, y := Kernel{Alpha: alpha, Scale: 1}, make([]float64, f.d)
	for i, w := range f.weights {
		s.radii[i] = distanceFrom(mu, factor, f.x.RawRowView(i), y)
		s.value += w * k.Rho(s.radii[i])
	}
	s.value = s.value/f.total + logVolume(factor)
	return s
}

// rescaled multiplies L by the factor that minimises the objective, which is convex in its logarithm: by Newton's method.
func (f *vectorFitter) rescaled(s *scatter) *scatter {
	k := Kernel{Alpha: s.alpha, Scale: 1}
	logScale := 0.0
	for range rescalingSteps {
		pull, curvature := 0.0, 0.0
		for i, w := range f.weights {
			t := k.terms(s.radii[i] / math.Exp(logScale))
			pull += w * t.pull / f.total
			curvature += w * t.pull * (1 + t.bend) / f.total
		}
		step := (pull - float64(f.d)) / curvature
		if math.IsNaN(step) || pull > 2*float64(f.d) { // far too small a scale: for α ≥ 2 the mean is about a power of it
			step = maxLogStep
		}
		step = math.Max(-maxLogStep, math.Min(maxLogStep, step))
		logScale += step
		if math.Abs(step) < rescalingTolerance {
			break
		}
	}
	factor := mat.NewTriDense(f.d, mat.Lower, nil)
	factor.ScaleTri(math.Exp(logScale), s.factor)
	if next := f.at(s.alpha, s.mu, factor); next.value <= s.value || math.IsNaN(s.value) {
		return next
	}
	return s
}

// target returns the weighted mean and scatter of the rows that a step goes to, and how far away they are in units of L.
func (f *vectorFitter) target(s *scatter) (mu []float64, covariance *mat.SymDense, distance float64) {
	k := Kernel{Alpha: s.alpha, Scale: 1}
	mu, covariance = make([]float64, f.d), mat.NewSymDense(f.d, nil)
	weights, sum := make([]float64, f.n), 0.0
	for i, r := range s.radii {
		weights[i] = f.weights[i] * k.Weight(r)
		sum += weights[i]
		floats.AddScaled(mu, weights[i], f.x.RawRowView(i))
	}
	floats.Scale(1/sum, mu)
	off := make([]float64, f.d)
	for i, w := range weights {
		floats.SubTo(off, f.x.RawRowView(i), mu)
		covariance.SymRankOne(covariance, w/f.total, mat.NewVecDense(f.d, off))
	}
	distance = distanceFrom(s.mu, s.factor, mu, off)
	var half, whole mat.Dense // L⁻¹·covariance·L⁻ᵀ
	if half.Solve(s.factor, covariance) != nil || whole.Solve(s.factor, half.T()) != nil {
		return mu, covariance, math.Inf(1)
	}
	for i := range f.d {
		whole.Set(i, i, whole.At(i, i)-1)
	}
	return mu, covariance, math.Hypot(distance, mat.Norm(&whole, 2))
}

// toward returns the point at a part t of the way to the target.
func (f *vectorFitter) toward(s *scatter, t float64, mu []float64, covariance *mat.SymDense) (*scatter, bool) {
	next := slices.Clone(s.mu)
	floats.Scale(1-t, next)
	floats.AddScaled(next, t, mu)
	mixed := mat.NewSymDense(f.d, nil)
	mixed.SymOuterK(1-t, s.factor)
	for i := range f.d {
		for j := range i + 1 {
			mixed.SetSym(j, i, mixed.At(j, i)+t*covariance.At(j, i))
		}
	}
	factor, ok := cholesky(mixed)
	if !ok {
		return nil, false
	}
	return f.at(s.alpha, next, factor), true
}

// cholesky returns L of a = LLᵀ.
func cholesky(a *mat.SymDense) (*mat.TriDense, bool) {
	n := a.SymmetricDim()
	scaled, roots := unitDiagonal(a)
	var c mat.Cholesky
	if !c.Factorize(scaled) {
		return nil, false
	}
	l := mat.NewTriDense(n, mat.Lower, nil)
	c.LTo(l)
	for i := range n {
		for j := range i + 1 {
			l.SetTri(i, j, roots[i]*l.At(i, j))
		}
	}
	return l, true
}

// inner returns the minimum over μ and L at the α of s, downhill from there, to a tolerance.
func (f *vectorFitter) inner(s *scatter, tolerance float64) (*scatter, error) {
	relaxing := 1.0
	s = f.rescaled(s)
	for range vectorSteps {
		mu, covariance, distance := f.target(s)
		if distance <= tolerance {
			return s, nil
		}
		next, ok := f.toward(s, relaxing, mu, covariance)
		if ok {
			next = f.rescaled(next)
		}
		if !ok || !(next.value <= s.value+vectorNoise*(1+math.Abs(s.value))) {
			if relaxing /= 2; relaxing < smallestRelaxing {
				break
			}
			continue
		}
		s = next
	}
	return nil, failure(ErrNotConverged, "the distribution of vectors did not settle at alpha = %g", s.alpha)
}

// bestStart returns the better minimum at an α of those from medians and deviations and from mean and covariance.
func (f *vectorFitter) bestStart(alpha, tolerance float64) (best *scatter, err error) {
	diagonal := mat.NewTriDense(f.d, mat.Lower, nil)
	for j, spread := range f.spreads {
		diagonal.SetTri(j, j, madToScale*spread)
	}
	starts := []*scatter{f.at(alpha, make([]float64, f.d), diagonal)}
	mu, covariance, _ := f.target(f.at(2, starts[0].mu, diagonal)) // of all rows alike
	if factor, ok := cholesky(covariance); ok {
		starts = append(starts, f.at(alpha, mu, factor))
	}
	for _, start := range starts {
		s, e := f.inner(start, tolerance)
		switch {
		case e != nil:
			err = e
		case best == nil || s.value < best.value:
			best = s
		}
	}
	if best != nil {
		return best, nil
	}
	return nil, err
}

// slope returns the derivative of the profile in α.
func (f *vectorFitter) slope(s *scatter) float64 {
	k, sum := Kernel{Alpha: s.alpha, Scale: 1}, 0.0
	for i, w := range f.weights {
		sum += w * k.AlphaGradient(s.radii[i])
	}
	return sum/f.total + partition.DLogZVector(f.d, s.alpha)
}

// fit returns the optimum: the best of α evenly spaced in v(α), and from there the zero of the slope.
func (f *vectorFitter) fit() (*scatter, error) {
	if err := f.whiten(); err != nil {
		return nil, err
	}
	if f.alphas.Lo == f.alphas.Hi {
		return f.bestStart(f.alphas.Lo, vectorTolerance)
	}
	bounds := f.alphas.compressed()
	first, err := f.bestStart(f.alphas.clamp(1), roughTolerance)
	if err != nil {
		return nil, err
	}
	best := first
	for _, step := range []float64{-vectorStep, vectorStep} {
		if s := f.walk(first, bounds, step); f.profile(s) < f.profile(best) {
			best = s
		}
	}
	return f.refine(best, bounds, vectorStep)
}

// profile returns the objective with log Z_d.
func (f *vectorFitter) profile(s *scatter) float64 {
	return s.value + partition.LogZVector(f.d, s.alpha)
}

// walk goes from the α of s on by growing steps of v(α), as long as the objective falls, and returns the last: far away from the best α, fits take long
// and say nothing.
func (f *vectorFitter) walk(s *scatter, bounds Interval, step float64) *scatter {
	for v := bounds.clamp(compressAlpha(s.alpha)); bounds.clamp(v+step) != v; step *= stepGrowth {
		v = bounds.clamp(v + step)
		next, err := f.inner(f.at(f.alphas.alphaOf(v), s.mu, s.factor), roughTolerance)
		if err != nil || f.profile(next) > f.profile(s) {
			break
		}
		s = next
	}
	return s
}

// refine returns the optimum near best, whose v(α) is within about a step of it.
func (f *vectorFitter) refine(best *scatter, bounds Interval, step float64) (*scatter, error) {
	var failed error
	slope := func(v float64) float64 {
		s, err := f.inner(f.at(f.alphas.alphaOf(v), best.mu, best.factor), vectorTolerance)
		if err != nil {
			failed = err
			return 0
		}
		best = s
		gap := 1 + math.Abs(s.alpha-2)
		return f.slope(s) * gap * gap
	}
	top := math.Min(bounds.Hi, infiniteV)
	v := math.Min(compressAlpha(best.alpha), top)
	at := slope(v)
	other, atOther := v, at
	for at*atOther > 0 && failed == nil {
		other, atOther = v, at
		switch {
		case at > 0 && v <= bounds.Lo:
			return best, nil
		case at < 0 && v >= top:
			return f.inner(f.at(f.alphas.Hi, best.mu, best.factor), vectorTolerance)
		}
		v = math.Max(bounds.Lo, math.Min(top, v-math.Copysign(step, at)))
		at = slope(v)
	}
	if at != 0 && atOther != 0 && failed == nil {
		if v > other {
			v, other, at, atOther = other, v, atOther, at
		}
		zero, ok := zeroBetween(slope, v, other, at, atOther, vectorAlphaTolerance)
		if !ok && failed == nil {
			failed = failure(ErrNotConverged, "the search for alpha did not converge near %g", best.alpha)
		}
		if failed == nil {
			slope(zero)
		}
	}
	return best, failed
}
