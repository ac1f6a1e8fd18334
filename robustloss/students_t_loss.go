package robustloss

import (
	"math"

	. "github.com/gomlx/gomlx/core/graph"
	"github.com/gomlx/gomlx/ml/model"
	"github.com/gomlx/gomlx/support/exceptions"
)

// StudentsT is a loss that learns the degrees of freedom and the scale of a Student's t-distribution. Make it with
// [NewStudentsT], choose options, and call [StudentsT.Done].
type StudentsT struct {
	latents
	dfInit  float64
	dfFixed bool
}

// NewStudentsT returns a builder of the negative log-likelihood of the residuals x under Student's t-distribution, see
// [StudentsTNLL], whose degrees of freedom ν and scale s are learned: one of each per element of dims, the same for all of the
// batch.
//
//	ν = init·exp(ℓ_ν),  s = floor + (init − floor)·softplus(ℓ_s + log(e − 1))
//
// The latents are 0 at first, in the variables "log_df" and "scale_latent" of the scope; all else is as for [NewAdaptive].
func NewStudentsT(scope *model.Scope, x *Node) *StudentsT {
	return &StudentsT{latents: newLatents("robustloss.NewStudentsT", scope, x), dfInit: 1}
}

// DFInit sets the first degrees of freedom, > 0.
//
// The default is 1, Cauchy's distribution.
func (s *StudentsT) DFInit(df float64) *StudentsT {
	s.dfInit = df
	return s
}

// FixedDF fixes the degrees of freedom, > 0, +∞ included, and learns the scale alone.
//
// The default is to learn them.
func (s *StudentsT) FixedDF(df float64) *StudentsT {
	s.dfInit, s.dfFixed = df, true
	return s
}

// ScaleFloor sets the smallest scale, > 0, in the units of x. The default is 1e-5.
func (s *StudentsT) ScaleFloor(floor float64) *StudentsT {
	s.scaleFloor = floor
	return s
}

// ScaleInit sets the first scale, in the units of x; at the floor, the scale is fixed. The default is 1.
func (s *StudentsT) ScaleInit(scale float64) *StudentsT {
	s.scaleInit = scale
	return s
}

// Shared learns one ν and one scale for all of x, scalars, and takes x of any shape. The default is one per element of dims.
func (s *StudentsT) Shared() *StudentsT {
	s.shared = true
	return s
}

// Location learns a location μ too, with this start, in the units of x. See [StudentsT.Mu]. The default is none.
func (s *StudentsT) Location(init float64) *StudentsT {
	s.withLocation, s.locationInit = true, init
	return s
}

// LatentRate makes the latents move factor times as far at each step of the optimizer. See [Adaptive.LatentRate]. The default
// is 1.
func (s *StudentsT) LatentRate(factor float64) *StudentsT {
	s.rate = factor
	return s
}

// Done creates the variables and returns the negative log-likelihood in nats, elementwise, of x's shape, and ν and s: scalars
// where they are fixed or shared, else of shape `[dims...]`. All have the dtype of x. It panics, saying which, where an option
// doesn't make sense.
func (s *StudentsT) Done() (nll, df, scale *Node) {
	s.check()
	if !(s.dfInit > 0) || (!s.dfFixed && math.IsInf(s.dfInit, 1)) {
		exceptions.Panicf("%s: degrees of freedom of %g: want a number > 0", s.owner, s.dfInit)
	}
	if s.dfFixed {
		df = s.parameter(s.constant(s.dfInit))
	} else {
		df = s.parameter(MulScalar(boundedExp(s.latent("log_df")), s.dfInit))
	}
	scale = s.scale()
	return StudentsTNLL(s.residual(), df, scale), df, scale
}

// Mu returns the learned location after [StudentsT.Done], or nil without [StudentsT.Location].
func (s *StudentsT) Mu() *Node { return s.mu }
