package scalar

import (
	"cmp"
	"math"
	"slices"

	"gonum.org/v1/gonum/mathext"
	"gonum.org/v1/gonum/stat"
	"gonum.org/v1/gonum/stat/distuv"
)

// StudentsTOptions says what FitStudentsT leaves free. The zero value means all.
type StudentsTOptions struct {
	// Nu is where ν is searched, within (0, 1e6]; see [Between] and [Fixed]. Nil means [1, 1e6], from Cauchy's distribution to what
	// differs from the normal by less than 1e-6.
	Nu *Interval

	// Mu fixes μ. Nil means that μ is fitted.
	Mu *float64

	// Scale fixes σ. Nil means that σ is fitted.
	Scale *float64
}

// largestNu is the largest ν that is told apart from ∞.
const largestNu = 1e6

// FitStudentsT returns Student's t distribution of maximum likelihood of the samples, over μ, σ and the degrees of freedom ν. A nil weights means 1 for
// each sample, a nil options the zero value.
//
// Errors, starts and the treatment of place and unit are those of [Fit]. The likelihood is unbounded where a share of ν/(1+ν) of the
// weight is on one value, at the lowest ν: with [1, 1e6], half of it, as for Fit; bounds far below 1 need many samples.
func FitStudentsT(samples, weights []float64, options *StudentsTOptions) (distuv.StudentsT, error) {
	f, best, err := fitStudentsT(samples, weights, options)
	if err != nil {
		return distuv.StudentsT{}, err
	}
	mu, scale := f.place(&best)
	return distuv.StudentsT{Mu: mu, Sigma: scale, Nu: best.shape}, nil
}

func fitStudentsT(samples, weights []float64, options *StudentsTOptions) (*fitter, likelihood, error) {
	if options == nil {
		options = &StudentsTOptions{}
	}
	bounds := Interval{1, largestNu}
	if options.Nu != nil {
		if bounds = *options.Nu; !(bounds.Lo <= bounds.Hi && bounds.Lo > 0 && bounds.Hi <= largestNu) {
			return nil, likelihood{}, failure(ErrArgument, "nu in [%g, %g] is no interval within (0, %g]", bounds.Lo, bounds.Hi, largestNu)
		}
	}
	data, err := newSamples("samples", samples, weights)
	if err != nil {
		return nil, likelihood{}, err
	}
	f, err := newFamilyFitter(studentsTFamily{}, bounds, data, &FitOptions{Mu: options.Mu, Scale: options.Scale})
	if err != nil {
		return nil, likelihood{}, err
	}
	best, err := f.fit()
	return f, best, err
}

// studentsTFamily is that of Student's t distributions, with ν for a shape: v = log ν/log largestNu.
type studentsTFamily struct{}

func (studentsTFamily) at(nu float64) shapeLoss { return studentsTLoss(nu) }

func (studentsTFamily) compressed(nu float64) float64 { return math.Log(nu) / math.Log(largestNu) }

func (studentsTFamily) expanded(v float64) (nu, slope float64) {
	nu = math.Exp(v * math.Log(largestNu))
	return nu, nu * math.Log(largestNu)
}

func (studentsTFamily) top() float64 { return 1 }

func (studentsTFamily) tieLimit(nu float64) float64 { return nu / (1 + nu) }

func (studentsTFamily) convex(float64) bool { return false }

// studentsTLoss is ρ(u) = ((ν+1)/2)·log(1 + u²/ν) at this ν.
type studentsTLoss float64

func (l studentsTLoss) terms(u float64) terms {
	nu := float64(l)
	q := u / nu * u
	if math.IsInf(q, 1) {
		return terms{rho: (nu + 1) / 2 * (2*math.Log(math.Abs(u)) - math.Log(nu)), pull: nu + 1, bend: -1}
	}
	weight := (1 + 1/nu) / (1 + q)
	return terms{rho: (nu + 1) / 2 * math.Log1p(q), weight: weight, pull: u * u * weight, bend: (1 - q) / (1 + q)}
}

// shapeGradient returns ∂ρ/∂ν = ½·log(1+q) − (1 + 1/ν)/2·q/(1+q), q = u²/ν.
func (l studentsTLoss) shapeGradient(u float64) float64 {
	nu := float64(l)
	q := u / nu * u
	if math.IsInf(q, 1) {
		return math.Log(math.Abs(u)) - (math.Log(nu)+1+1/nu)/2
	}
	return (math.Log1p(q) - (1+1/nu)*q/(1+q)) / 2
}

// asymptoticNu is where Stirling's series of logZ is exact to rounding, while the difference of two logarithms of Γ loses digits.
const asymptoticNu = 100

// logZ returns ½·log(πν) + log Γ(ν/2) − log Γ((ν+1)/2).
func (l studentsTLoss) logZ() float64 {
	nu := float64(l)
	if nu > asymptoticNu {
		r := 1 / (nu * nu)
		return (math.Log(2*math.Pi) + (0.5-r*(1.0/12-r*(0.1-r*17/56)))/nu) / 2
	}
	a, _ := math.Lgamma(nu / 2)
	b, _ := math.Lgamma((nu + 1) / 2)
	return math.Log(math.Pi*nu)/2 + a - b
}

func (l studentsTLoss) logZSlope() float64 {
	nu := float64(l)
	if nu > asymptoticNu {
		r := 1 / (nu * nu)
		return -r * (0.5 - r*(0.25-r*(0.5-r*17/8))) / 2
	}
	return (1/nu + mathext.Digamma(nu/2) - mathext.Digamma((nu+1)/2)) / 2
}

// Candidate is a distribution fitted by maximum likelihood, to be compared with others.
type Candidate struct {
	Family                  string
	Distribution            distuv.LogProber // distuv.Normal, distuv.Laplace, distuv.StudentsT or General; nil after an error
	Parameters              int
	LogLikelihood, AIC, BIC float64
	Err                     error // why there is no fit; AIC and BIC are then +Inf
}

// Compare fits the normal, Laplace's, Cauchy's, Student's t and the general distribution to the samples, and returns them with the lowest AIC, 2·parameters −
// 2·log-likelihood, first: the family that predicts new samples best, as far as these tell. A difference below 2 says little. BIC,
// log(weight)·parameters − 2·log-likelihood, charges parameters more. Weights are counts; nil means 1 for each.
func Compare(samples, weights []float64) (Comparison, error) {
	data, err := newSamples("samples", samples, weights)
	if err != nil {
		return nil, err
	}
	total := data.total * data.weightUnit
	if math.IsInf(total, 1) {
		return nil, failure(ErrOverflow, "the sum of the weights overflows")
	}
	general := func(options *FitOptions, wrap func(General) distuv.LogProber) func() (distuv.LogProber, float64, error) {
		return func() (distuv.LogProber, float64, error) {
			f, err := Infer(samples, weights, options)
			if err != nil {
				return nil, 0, err
			}
			return wrap(f.General), f.LogLikelihood, nil
		}
	}
	var result Comparison
	for _, c := range []struct {
		family     string
		parameters int
		fit        func() (distuv.LogProber, float64, error)
	}{
		{"normal", 2, general(&FitOptions{Alpha: Fixed(2)}, func(g General) distuv.LogProber { return distuv.Normal{Mu: g.Mu, Sigma: g.Scale} })},
		{"Laplace", 2, data.laplace},
		{"Cauchy", 2, general(&FitOptions{Alpha: Fixed(0)}, func(g General) distuv.LogProber {
			return distuv.StudentsT{Mu: g.Mu, Sigma: g.Scale * math.Sqrt2, Nu: 1}
		})},
		{"Student's t", 3, func() (distuv.LogProber, float64, error) {
			f, best, err := fitStudentsT(samples, weights, nil)
			if err != nil {
				return nil, 0, err
			}
			mu, scale := f.place(&best)
			return distuv.StudentsT{Mu: mu, Sigma: scale, Nu: best.shape}, -total * (best.value + f.family.at(best.shape).logZ() + math.Log(f.unit)), nil
		}},
		{"general", 3, general(nil, func(g General) distuv.LogProber { return g })},
	} {
		distribution, logLikelihood, err := c.fit()
		k := float64(c.parameters)
		candidate := Candidate{c.family, distribution, c.parameters, logLikelihood, 2*k - 2*logLikelihood, k*math.Log(total) - 2*logLikelihood, err}
		if err != nil {
			candidate.LogLikelihood, candidate.AIC, candidate.BIC = math.Inf(-1), math.Inf(1), math.Inf(1)
		}
		result = append(result, candidate)
	}
	slices.SortStableFunc(result, func(a, b Candidate) int { return cmp.Compare(a.AIC, b.AIC) })
	return result, nil
}

// laplace returns Laplace's distribution of maximum likelihood: the median and the mean distance from it.
func (s *samples) laplace() (distuv.LogProber, float64, error) {
	d := distuv.Laplace{Mu: s.quantile(0.5)}
	distances := s.deviations(d.Mu)
	unit := math.Ldexp(1, exponentOf(distances.x[len(distances.x)-1])-1)
	for i := range distances.x {
		distances.x[i] /= unit
	}
	mean := stat.Mean(distances.x, distances.w)
	if d.Scale = mean * unit; d.Scale == 0 || math.IsInf(d.Scale, 1) {
		return nil, 0, failure(ErrUnbounded, "all samples are equal")
	}
	return d, -s.total * s.weightUnit * (math.Log(2*mean) + math.Log(unit) + 1), nil
}
