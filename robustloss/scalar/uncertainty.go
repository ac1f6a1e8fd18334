package scalar

import (
	"errors"
	"fmt"
	"math"

	"gonum.org/v1/gonum/mat"
	"gonum.org/v1/gonum/stat/distuv"
)

// ErrIrregular is that of estimates that have no normal approximation: the second derivatives are not positive definite there.
var ErrIrregular = errors.New("robustloss/scalar: no normal approximation")

// CovarianceKind says how the covariance of estimates is computed.
type CovarianceKind int

const (
	// Observed is the inverse of the observed information, the second derivatives of the negative log-likelihood: right where the
	// data follow the model. It needs a likelihood, so α ≥ 0.
	Observed CovarianceKind = iota

	// Sandwich is A⁻¹·B·A⁻¹, A the second derivatives of the objective and B the sum of score·scoreᵀ: right in large samples also
	// where the data do not follow the model.
	Sandwich

	// H1 is Huber's first covariance of β in robust regression, for errors that do not depend on x, as statsmodels' RLM has it. With
	// residuals r_i, n rows, p coefficients and k = 1 + (p/n)·Var(ψ′)/mean(ψ′)²,
	//
	//	H1 = k²·(Σ ψ²/(n−p))/mean(ψ′)²·(xᵀx)⁻¹
	//
	// H1, H2 and H3 take α and c as known.
	H1

	// H2 is Huber's second, W = Σ ψ′(r_i)·x_i·x_iᵀ: k·(Σ ψ²/(n−p))/mean(ψ′)·W⁻¹.
	H2

	// H3 is Huber's third: k⁻¹·(Σ ψ²/(n−p))·W⁻¹·xᵀx·W⁻¹.
	H3
)

// String returns the name.
func (k CovarianceKind) String() string {
	switch k {
	case Observed:
		return "observed information"
	case Sandwich:
		return "sandwich"
	case H1, H2, H3:
		return fmt.Sprintf("H%d", int(k-H1)+1)
	}
	return fmt.Sprintf("CovarianceKind(%d)", int(k))
}

// Uncertainty is how sure estimates are, by a normal approximation. The parameters are those of the fit: β in the order of the columns
// (or μ), α and c.
type Uncertainty struct {
	Kind   CovarianceKind
	Names  []string
	Values []float64

	// Covariance of the estimates. The rows of parameters that are fixed, and of an α at its bound, are 0: the others' are then
	// those at this value.
	Covariance *mat.SymDense

	// DF is the total weight less the number of coefficients, the degrees of freedom of the t distribution that gives the intervals.
	DF float64

	stdErr []float64
	free   []bool
	bound  bool // α is at its bound
	alpha  Interval
}

// StdErr returns the standard error of parameter i: 0 where it is fixed, NaN for an α at its bound.
func (u *Uncertainty) StdErr(i int) float64 {
	if i == len(u.Values)-2 && u.bound {
		return math.NaN()
	}
	return u.stdErr[i]
}

// Interval returns a confidence interval of parameter i at a level such as 0.95: the estimate ± t·standard error for β, μ and α, where α
// is kept within its bounds, and c·e^(±t·standard error/c) for c. It is the value alone where the parameter is fixed, and [NaN, NaN] for an α at
// its bound, where only a profile says something.
func (u *Uncertainty) Interval(i int, level float64) Interval {
	checkLevel(level)
	value, se := u.Values[i], u.StdErr(i)
	if !u.free[i] && !math.IsNaN(se) {
		return Interval{value, value}
	}
	t := distuv.StudentsT{Sigma: 1, Nu: u.DF}.Quantile((1 + level) / 2)
	switch i {
	case len(u.Values) - 1:
		return Interval{value * math.Exp(-t*se/value), value * math.Exp(t*se/value)}
	case len(u.Values) - 2:
		if math.IsNaN(se) {
			return Interval{se, se}
		}
		return Interval{u.alpha.clamp(value - t*se), u.alpha.clamp(value + t*se)}
	}
	return Interval{value - t*se, value + t*se}
}

func checkLevel(level float64) {
	if !(level > 0 && level < 1) {
		panic("robustloss/scalar: a confidence level is between 0 and 1")
	}
}

// model is what the uncertainty of a fit depends on.
type model struct {
	names     []string
	values    []float64 // β, α, c
	fits      []bool    // which of them were fitted
	moments   *moments
	transform *mat.Dense // of β/c as the moments have it to β
	alpha     Interval   // where α was searched
}

// uncertainty returns that of a kind.
func (m *model) uncertainty(kind CovarianceKind) (*Uncertainty, error) {
	p := m.moments.p
	alpha := m.values[p]
	u := &Uncertainty{
		Kind: kind, Names: m.names, Values: m.values, Covariance: mat.NewSymDense(p+2, nil), DF: m.moments.total - float64(p),
		free: make([]bool, p+2), alpha: m.alpha,
	}
	if u.DF <= 0 {
		return nil, failure(ErrTooFew, "a total weight of %g leaves nothing to tell the uncertainty of %d coefficients", m.moments.total, p)
	}
	copy(u.free, m.fits)
	var inner *mat.SymDense // in the units of the moments
	var err error
	switch kind {
	case H1, H2, H3:
		u.free[p], u.free[p+1] = false, false
		if inner, err = m.moments.huber(kind); err == nil && !m.fits[0] { // a fixed μ
			inner.Zero()
		}
	case Observed, Sandwich:
		if kind == Observed && alpha < 0 {
			return nil, failure(ErrArgument, "alpha = %g has no likelihood and so no observed information: ask for the sandwich", alpha)
		}
		u.bound = m.fits[p] && (alpha <= m.alpha.Lo || alpha >= m.alpha.Hi || math.IsInf(alpha, 1))
		u.free[p] = m.fits[p] && !u.bound
		inner, err = m.moments.inverse(kind, u.free)
	default:
		return nil, failure(ErrArgument, "%v is no kind of covariance", kind)
	}
	if err != nil {
		return nil, err
	}
	u.transform(inner, m)
	return u, nil
}

// transform sets the covariance from that of β/c, α and log c. The sizes of the parameters are kept apart: their squares may be out of range.
func (u *Uncertainty) transform(inner *mat.SymDense, m *model) {
	n := len(u.Values)
	jacobian, sizes := mat.NewDense(n, n, nil), make([]float64, n)
	for j := range n {
		switch j {
		case n - 2:
			sizes[j] = 1
			jacobian.Set(j, j, 1)
		case n - 1: // c = e^s
			sizes[j] = u.Values[j]
			jacobian.Set(j, j, 1)
		default:
			sizes[j] = largest(m.transform.RawRowView(j))
			for l, v := range m.transform.RawRowView(j) {
				jacobian.Set(j, l, v/sizes[j])
			}
		}
	}
	var half, whole mat.Dense
	half.Mul(jacobian, inner)
	whole.Mul(&half, jacobian.T())
	u.stdErr = make([]float64, n)
	for j := range n {
		u.stdErr[j] = sizes[j] * math.Sqrt(whole.At(j, j))
		for l := range j + 1 {
			u.Covariance.SetSym(l, j, (whole.At(l, j)+whole.At(j, l))/2*sizes[l]*sizes[j])
		}
	}
}

// inverse returns the inverse of the second derivatives of the free parameters, or the sandwich; 0 for the others.
func (m *moments) inverse(kind CovarianceKind, free []bool) (*mat.SymDense, error) {
	var index []int
	for j, ok := range free {
		if ok {
			index = append(index, j)
		}
	}
	a, b := mat.NewSymDense(len(index), nil), mat.NewSymDense(len(index), nil)
	for i, j := range index {
		for l, k := range index[:i+1] {
			a.SetSym(l, i, m.hessian.At(k, j))
			b.SetSym(l, i, m.products.At(k, j))
		}
	}
	bread, err := positiveInverse(a)
	if err != nil {
		return nil, err
	}
	if kind == Sandwich {
		bread = congruence(bread, b)
	}
	result := mat.NewSymDense(len(free), nil)
	for i, j := range index {
		for l, k := range index[:i+1] {
			result.SetSym(k, j, bread.At(l, i))
		}
	}
	return result, nil
}

// huber returns H1, H2 or H3 of β/c, with 0 for α and s.
func (m *moments) huber(kind CovarianceKind) (*mat.SymDense, error) {
	mean := m.slope / m.total
	k := 1 + float64(m.p)/m.total*(m.slopeSquared/m.total-mean*mean)/(mean*mean)
	square := m.psiSquared / (m.total - float64(m.p))
	gram, curved := m.gram, mat.NewSymDense(m.p, nil)
	for j := range m.p {
		for l := range j + 1 {
			curved.SetSym(l, j, m.hessian.At(l, j))
		}
	}
	var inner *mat.SymDense
	var factor float64
	var err error
	switch kind {
	case H1:
		factor = k * k * square / (mean * mean)
		inner, err = positiveInverse(gram)
	case H2:
		factor = k * square / mean
		inner, err = positiveInverse(curved)
	default:
		factor = square / k
		if inner, err = positiveInverse(curved); err == nil {
			inner = congruence(inner, gram)
		}
	}
	if err != nil {
		return nil, err
	}
	result := mat.NewSymDense(m.p+2, nil)
	for j := range m.p {
		for l := range j + 1 {
			result.SetSym(l, j, factor*inner.At(l, j))
		}
	}
	return result, nil
}

// positiveInverse returns the inverse of a positive definite matrix.
func positiveInverse(a *mat.SymDense) (*mat.SymDense, error) {
	n := a.SymmetricDim()
	scaled, roots := unitDiagonal(a)
	var cholesky mat.Cholesky
	if ok := cholesky.Factorize(scaled); !ok || !(cholesky.Cond() < maxCondition) {
		return nil, failure(ErrIrregular, "the second derivatives are not positive definite: the estimates have no normal approximation")
	}
	var inverse mat.SymDense
	if err := cholesky.InverseTo(&inverse); err != nil {
		return nil, failure(ErrIrregular, "the second derivatives cannot be inverted: %v", err)
	}
	for i := range n {
		for j := range i + 1 {
			inverse.SetSym(j, i, inverse.At(j, i)/roots[i]/roots[j])
		}
	}
	return &inverse, nil
}

// unitDiagonal returns a with its rows and columns divided by the roots of its diagonal, and the roots: what the units of the
// parameters are must not decide whether a matrix can be factorised.
func unitDiagonal(a *mat.SymDense) (scaled *mat.SymDense, roots []float64) {
	n := a.SymmetricDim()
	scaled, roots = mat.NewSymDense(n, nil), make([]float64, n)
	for i := range n {
		roots[i] = math.Sqrt(a.At(i, i))
	}
	for i := range n {
		for j := range i + 1 {
			scaled.SetSym(j, i, a.At(j, i)/roots[i]/roots[j])
		}
	}
	return scaled, roots
}

// congruence returns a·b·a of symmetric matrices.
func congruence(a, b *mat.SymDense) *mat.SymDense {
	var half, whole mat.Dense
	half.Mul(a, b)
	whole.Mul(&half, a)
	n := a.SymmetricDim()
	result := mat.NewSymDense(n, nil)
	for i := range n {
		for j := range i + 1 {
			result.SetSym(j, i, (whole.At(i, j)+whole.At(j, i))/2)
		}
	}
	return result
}
