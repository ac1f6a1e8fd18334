package scalar

import (
	"fmt"
	"math"
	"slices"

	"gonum.org/v1/gonum/floats"
	"gonum.org/v1/gonum/mat"
	"gonum.org/v1/gonum/stat/distuv"
)

// Regression is the result of IRLS.
type Regression struct {
	Coefficients *mat.VecDense // β, one per column of x
	Residuals    []float64     // y − xβ, in the units of y
	Weights      []float64     // prior weight times ψ(r)/r·c², in [0, 1] for α ≤ 2: what the residual still counts
	Alpha, Scale float64       // shape and scale of the loss; see StopExactFit
	Objective    float64       // Σ ρ, or the negative log-likelihood where the scale is fitted; −Inf at an exact fit
	Iterations   int           // weighted least squares problems solved from the start on
	Stop         StopReason    // why it ended

	state *irls
}

// Kernel returns the loss with the shape and scale of the result.
func (r *Regression) Kernel() Kernel { return Kernel{Alpha: r.Alpha, Scale: r.Scale} }

// StopReason says why IRLS ended.
type StopReason int

// The reasons to stop.
const (
	// StopConverged: the objective stopped falling, and β stopped moving.
	StopConverged StopReason = iota + 1

	// StopExactFit: the scale was to be fitted, and so many residuals vanish, but for rounding errors, that the likelihood
	// grows without bound as c → 0: half of the weight where α = 0 is allowed, else all of it. Coefficients and residuals
	// are those of the exact fit, Alpha is the lowest that is allowed, and Scale is the size of the rounding errors, or of the
	// median residual if that is larger: a loss under which the rows that fit count fully, and at α = 0 no others do.
	StopExactFit

	// StopIterations: the limit MaxIterations, before the objective converged.
	StopIterations
)

// String returns the reason in words.
func (s StopReason) String() string {
	switch s {
	case StopConverged:
		return "the objective converged"
	case StopExactFit:
		return "an exact fit: the residuals vanish"
	case StopIterations:
		return "the limit of iterations"
	}
	return fmt.Sprintf("StopReason(%d)", int(s))
}

// Parameters returns how many parameters were fitted.
func (r *Regression) Parameters() int {
	return countTrue(r.state.fitted()...)
}

// LogLikelihood returns the logarithm of the likelihood of all rows, in nats. It is NaN for α < 0, where there is none.
func (r *Regression) LogLikelihood() float64 {
	switch s := r.state; {
	case s.fits:
		return -r.Objective
	default:
		return -r.Objective - s.weight()*math.Log(r.Scale) - s.priorUnit*(s.logZ(regularOrNaN(r.Alpha))+s.logSizes)
	}
}

func regularOrNaN(alpha float64) float64 {
	if alpha < 0 {
		return math.NaN()
	}
	return alpha
}

// AIC returns Akaike's criterion, 2·parameters − 2·log-likelihood: the lower, the better the model predicts.
func (r *Regression) AIC() float64 { return 2*float64(r.Parameters()) - 2*r.LogLikelihood() }

// BIC returns Schwarz's criterion, log(weight)·parameters − 2·log-likelihood.
func (r *Regression) BIC() float64 {
	return math.Log(r.state.weight())*float64(r.Parameters()) - 2*r.LogLikelihood()
}

// Uncertainty returns covariance, standard errors and intervals by a normal approximation; the parameters are the coefficients, α and c. Weights
// are counts: an integer weight is a repeated row. Where c was not fitted by the likelihood, it and α are taken as known. The
// errors are [ErrIrregular] where the second derivatives are not positive definite, and [ErrUnbounded] after an exact fit.
func (r *Regression) Uncertainty(kind CovarianceKind) (*Uncertainty, error) {
	m, err := r.model()
	if err != nil {
		return nil, err
	}
	return m.uncertainty(kind)
}

func (r *Regression) model() (*model, error) {
	s := r.state
	if r.Stop == StopExactFit {
		return nil, failure(ErrUnbounded, "the fit is exact: its residuals say nothing of its uncertainty")
	}
	p := s.design.p
	m := &model{values: append(append([]float64(nil), r.Coefficients.RawVector().Data...), r.Alpha, r.Scale), fits: s.fitted(), alpha: s.alphas}
	for j := range p {
		m.names = append(m.names, fmt.Sprintf("beta[%d]", j))
	}
	m.names = append(m.names, "alpha", "scale")
	m.moments = newMoments(s.design.n, p, s.alpha, func(i int) (x []float64, u, w float64, normal bool) {
		return s.row(i), s.residuals[i] / s.scale, s.prior[i] * s.priorUnit, s.inlier(i)
	})
	m.transform = s.design.transform()
	m.transform.Scale(s.scale, m.transform)
	return m, nil
}

// Profile returns the profile-likelihood interval of parameter i, as [Inference.Profile] does; the parameters are the coefficients, α
// and c. It needs a fit of the scale by the likelihood, or a fixed scale.
func (r *Regression) Profile(i int, level float64) (Interval, error) {
	checkLevel(level)
	m, err := r.model()
	if err != nil {
		return Interval{}, err
	}
	s, p := r.state, r.state.design.p
	switch {
	case i < 0 || i > p+1:
		return Interval{}, failure(ErrArgument, "there is no parameter %d", i)
	case !m.fits[i]:
		return Interval{m.values[i], m.values[i]}, nil
	case !r.hasLikelihood():
		return Interval{}, failure(ErrArgument, "the fit has no likelihood that its scale maximises")
	}
	critical, err := criticalDeviance(level, s.weight()-float64(p))
	if err != nil {
		return Interval{}, err
	}
	best := s.objective()
	excess := func(l *irls) (float64, error) {
		objective, err := l.minimum()
		return 2*s.priorUnit*(objective-best) - critical, err
	}
	step := firstStep / math.Sqrt(s.weight())
	switch i {
	case p:
		bounds := s.alphas.compressed()
		v, err := profile(compressAlpha(s.alpha), bounds, step, func(v float64) (float64, error) {
			l := *s
			alpha := s.alphas.alphaOf(v)
			l.alphas = Interval{alpha, alpha}
			return excess(&l)
		})
		return Interval{s.alphas.alphaOf(v.Lo), s.alphas.alphaOf(v.Hi)}, err
	case p + 1:
		ratio, err := profile(0, everywhere, step, func(logRatio float64) (float64, error) {
			l := *s
			l.fixedScale = s.scale * math.Exp(logRatio)
			return excess(&l)
		})
		return Interval{r.Scale * math.Exp(ratio.Lo), r.Scale * math.Exp(ratio.Hi)}, err
	}
	value := r.Coefficients.AtVec(i)
	unit, err := r.unit(i, m)
	if err != nil {
		return Interval{}, err
	}
	steps, err := profile(0, everywhere, 1, func(steps float64) (float64, error) {
		l := *s
		l.design = s.design.without(i, s.beta, steps*unit)
		l.beta = l.design.newCoefficients()
		return excess(&l)
	})
	return Interval{value + unit*steps.Lo, value + unit*steps.Hi}, err
}

// unit returns about the standard error of coefficient i.
func (r *Regression) unit(i int, m *model) (float64, error) {
	covariance, err := m.moments.huber(H1)
	if err != nil {
		return 0, err
	}
	sum := 0.0
	for j := range m.moments.p {
		for l := range m.moments.p {
			sum += m.transform.At(i, j) * covariance.At(j, l) * m.transform.At(i, l)
		}
	}
	return math.Sqrt(sum), nil
}

// result returns the state in the units of x and y.
func (s *irls) result(iterations int, stop StopReason) (*Regression, error) {
	r := &Regression{Iterations: iterations, Stop: stop, Residuals: make([]float64, len(s.residuals))}
	state := *s // the next start changes it
	r.state = &state
	if stop == StopExactFit {
		if s.options.Schedule == nil {
			s.alpha = s.alphas.Lo
		}
		s.scale = math.Max(math.Max(s.design.rounding(s.beta), s.medianScale()), math.SmallestNonzeroFloat64)
	}
	beta := s.design.external(s.beta)
	for j, b := range beta {
		if math.IsNaN(b) || math.IsInf(b, 0) {
			return nil, failure(ErrOverflow, "the coefficient of column %d overflows", j)
		}
	}
	r.Coefficients = mat.NewVecDense(len(beta), beta)
	r.Alpha, r.Scale = s.alpha, math.Ldexp(s.scale, s.design.exponent)
	switch {
	case math.IsInf(r.Scale, 1):
		return nil, failure(ErrOverflow, "the scale overflows")
	case s.options.Scale != nil:
		r.Scale = *s.options.Scale
	}
	r.Scale = math.Max(r.Scale, math.SmallestNonzeroFloat64)
	for i, v := range s.residuals {
		r.Residuals[i] = math.Ldexp(v*s.size(i), s.design.exponent)
	}
	r.Weights = s.weights(Kernel{Alpha: s.alpha, Scale: s.scale})
	for i := range r.Weights {
		r.Weights[i] *= s.priorUnit
	}
	r.Objective = s.objective() * s.priorUnit
	if s.fits {
		r.Objective += s.weight() * float64(s.design.exponent) * math.Ln2
	}
	if stop == StopExactFit {
		r.Objective = math.Inf(-1)
	}
	return r, nil
}

// HatValues returns the leverage of each row in the weighted least squares problem of the result, between 0 and 1: how much its own y counts in its
// fitted value,
//
//	h_i = w_i·x_iᵀ·(Σ w·x·xᵀ)⁻¹·x_i,  w = Weights/Scales²
//
// They sum to the number of columns. A row that the loss ignores has about 0.
func (r *Regression) HatValues() ([]float64, error) {
	d := r.state.design
	weights := slices.Clone(r.Weights)
	for i := range weights {
		weights[i] /= r.state.size(i) * r.state.size(i)
	}
	q, err := d.orthonormal(weights)
	if err != nil {
		return nil, err
	}
	hat := make([]float64, d.n)
	for i := range hat {
		row := q.RawRowView(i)
		hat[i] = floats.Dot(row, row)
	}
	return hat, nil
}

// CooksDistances returns how far each row alone moves the fit, in the weighted least squares problem of the result [3],
//
//	D_i = w_i·r_i²/(p·s²) · h_i/(1−h_i)²,  s² = Σ w·r²/(n−p),  w = Weights/Scales²
//
// with h of [Regression.HatValues] and n rows of positive weight. A row with D_i above about 1 deserves a look.
func (r *Regression) CooksDistances() ([]float64, error) {
	hat, err := r.HatValues()
	if err != nil {
		return nil, err
	}
	s, n, p := r.state, 0.0, float64(r.state.design.p)
	for _, w := range s.prior {
		if w > 0 {
			n++
		}
	}
	if n <= p {
		return nil, failure(ErrTooFew, "%g rows leave no residuals of %g coefficients", n, p)
	}
	square := 0.0
	for i, v := range s.residuals {
		square += r.Weights[i] * v * v / (n - p)
	}
	if square == 0 {
		return nil, failure(ErrUnbounded, "the fit is exact: no row can move it")
	}
	distances := make([]float64, len(hat))
	for i, v := range s.residuals {
		distances[i] = r.Weights[i] * v * v / (p * square) * hat[i] / ((1 - hat[i]) * (1 - hat[i]))
	}
	return distances, nil
}

// Prediction is what a regression says of a row.
type Prediction struct {
	Value float64  // x·β
	Mean  Interval // for x·β, from the uncertainty of β
	New   Interval // for a new y, of a row with the scale c
}

// Predict returns the fitted value of a row x with intervals at a level such as 0.95. The interval of the mean is that of β's uncertainty of a
// kind. That of a new value adds, in squares, the quantile of the errors' distribution, [General] with the fitted α and c: exact
// for many rows. It needs α ≥ 0.
func (r *Regression) Predict(x []float64, level float64, kind CovarianceKind) (Prediction, error) {
	checkLevel(level)
	u, err := r.Uncertainty(kind)
	if err != nil {
		return Prediction{}, err
	}
	p := r.Coefficients.Len()
	if len(x) != p {
		return Prediction{}, failure(ErrArgument, "%d values for %d coefficients", len(x), p)
	}
	if r.Alpha < 0 {
		return Prediction{}, failure(ErrArgument, "alpha = %g has no distribution of errors", r.Alpha)
	}
	beta := u.Covariance.SliceSym(0, p)
	row := mat.NewVecDense(p, x)
	value := mat.Dot(row, r.Coefficients)
	mean := math.Sqrt(mat.Inner(row, beta, row)) * distuv.StudentsT{Sigma: 1, Nu: u.DF}.Quantile((1+level)/2)
	both := math.Hypot(mean, General{Alpha: r.Alpha, Scale: r.Scale}.Quantile((1+level)/2))
	return Prediction{value, Interval{value - mean, value + mean}, Interval{value - both, value + both}}, nil
}
