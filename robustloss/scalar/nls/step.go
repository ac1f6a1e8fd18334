package nls

import (
	"math"

	"gonum.org/v1/gonum/floats"
	"gonum.org/v1/gonum/mat"

	"github.com/robustloss/gomlx-robustloss/robustloss/scalar"
)

const (
	firstDamping = 1e-3 // λ
	firstRaise   = 2
	maxDamping   = 1e32
	roundings    = 1024 // that the cost may hold, in units of its last place: residuals are differences of larger numbers
	nearMinimum  = 1e-4 // of the offset
	stillFalling = .9   // of the offset, by a step whose effect on the cost cannot be measured
	// leastBend is the curvature of a block along its own residual, as a part of that across it, below which the correction
	// is left out: the loss is nearly straight there, or bends down.
	leastBend = .2
)

// linearise sets up the quadratic model at x: J̃ and r̃ such that J̃ᵀJ̃ = H and J̃ᵀr̃ = ∇F. With B = 1 + 2s·ρ″/ρ′, the
// curvature along r divided by that across it [1],
//
//	J̃ = √(2ρ′)·(J − (1−√B)/s·r·rᵀJ),  r̃ = √(2ρ′/B)·r
func (s *solver) linearise() error {
	s.problem.jacobian(s.x, s.jacobian)
	s.system.Zero()
	for i := range s.inlier {
		from, to := i*s.block, (i+1)*s.block
		r := s.r[from:to]
		squared := s.squaredNorm(s.r, i)
		_, rho1, rho2 := s.rho(i, squared)
		root := math.Sqrt(2 * rho1)
		bend := 1.0
		if b := 1 + 2*squared*rho2/rho1; b >= leastBend && !s.options.Reweighted {
			bend = b
		}
		along := 0.0 // (1−√B)/s
		if squared > 0 {
			along = (1 - math.Sqrt(bend)) / squared
		}
		for j := range s.n {
			dot := 0.0
			for k, v := range r {
				dot += v * s.jacobian.At(from+k, j)
			}
			for k, v := range r {
				s.system.Set(from+k, j, root*(s.jacobian.At(from+k, j)-along*v*dot))
			}
		}
		for k, v := range r {
			s.system.Set(from+k, s.n, root/math.Sqrt(bend)*v)
		}
	}
	for j := range s.n {
		norm := mat.Norm(s.system.ColView(j), 2)
		if !finite(norm) {
			return s.badJacobian(j)
		}
		s.scale[j] = max(s.scale[j], norm)
	}
	var qr mat.QR
	qr.Factorize(s.system)
	var r mat.Dense
	qr.RTo(&r)
	s.triangle.Copy(r.Slice(0, s.n+1, 0, s.n+1))
	return nil
}

// badJacobian names what is not finite in a column of the Jacobian.
func (s *solver) badJacobian(j int) error {
	for i := range s.problem.Size {
		if v := s.jacobian.At(i, j); !finite(v) {
			return failure(scalar.ErrArgument, "the derivative of residual %d by parameter %d is %g in iteration %d", i, j, v, s.result.Iterations)
		}
	}
	return failure(scalar.ErrOverflow, "the derivatives by parameter %d overflow in iteration %d", j, s.result.Iterations)
}

// iterate tries one step.
func (s *solver) iterate(tolerance float64) (stop StopReason, ended bool, err error) {
	if stop, ended := s.arrived(tolerance); ended {
		return stop, true, nil
	}
	before := s.offset()
	step, predicted := s.step(s.damping, s.scale)
	s.result.Iterations++
	s.problem.move(s.x, step, s.moved)
	s.evaluate(s.moved, s.trial)
	cost, damping := s.costOf(s.trial), s.damping
	// Near a minimum, below the rounding errors of the cost, a step that the model wants is taken unless it raises the cost
	// by more. As long as such steps bring the residuals nearer to the right angle, they go on.
	unmeasurable := predicted <= roundings*epsilon*s.cost
	polishing := unmeasurable && before < nearMinimum
	taken := cost < s.cost && !unmeasurable || polishing && cost <= s.cost*(1+roundings*epsilon)
	if taken {
		gain := (s.cost - cost) / predicted
		s.damping *= max(1./3, 1-math.Pow(2*gain-1, 3)) // [7, Eq. 2.21]
		s.raise = firstRaise
		s.x, s.moved, s.r, s.trial, s.cost = s.moved, s.x, s.trial, s.r, cost
		if err := s.linearise(); err != nil {
			return 0, false, err
		}
	} else {
		s.damping *= s.raise
		s.raise *= 2
	}
	if s.options.Progress != nil {
		s.options.Progress(Iteration{Stage: s.result.Stages, Loss: s.loss, Cost: s.cost, Damping: damping, Taken: taken})
	}
	switch {
	case polishing && !(taken && s.offset() < stillFalling*before):
		return StopConverged, true, nil
	case unmeasurable && !polishing:
		return StopStalled, true, nil
	case !taken && s.damping > maxDamping:
		return StopStalled, true, nil
	}
	return 0, false, nil
}

// arrived reports whether x is a minimum, to the tolerance: whether the residuals are 0, at right angles to all that the
// parameters can change, or an undamped step hardly changes the parameters.
func (s *solver) arrived(tolerance float64) (stop StopReason, ended bool) {
	if floats.Norm(s.r, 2) <= epsilon*s.start {
		return StopExact, true
	}
	if s.offset() <= tolerance {
		return StopConverged, true
	}
	if s.problem.Move != nil {
		return 0, false
	}
	norms := s.columnNorms()
	step, _ := s.step(epsilon*epsilon, norms)
	length, size := 0.0, 0.0
	for j, d := range norms {
		length += square(d * step[j])
		size += square(d * s.x[j])
	}
	return StopConverged, length <= square(tolerance)*size
}

// offset is the cosine of the angle between r̃ and all that the parameters can change, 0 at a minimum.
func (s *solver) offset() float64 {
	along := 0.0 // the part of r̃ in the span of J̃
	for i := range s.n {
		along += square(s.triangle.At(i, s.n))
	}
	if along == 0 {
		return 0
	}
	return math.Sqrt(along / (along + square(s.triangle.At(s.n, s.n))))
}

// columnNorms are the lengths of the columns of J̃.
func (s *solver) columnNorms() []float64 {
	norms := make([]float64, s.n)
	for j := range norms {
		for i := range j + 1 {
			norms[j] = math.Hypot(norms[j], s.triangle.At(i, j))
		}
	}
	return norms
}

// step solves (H + λD²)δ = −∇F. predicted is the decrease of the model.
func (s *solver) step(damping float64, scale []float64) (step []float64, predicted float64) {
	n := s.n
	damped := mat.NewDense(2*n, n, nil)
	right := mat.NewVecDense(2*n, nil)
	for i := range n {
		for j := i; j < n; j++ {
			damped.Set(i, j, s.triangle.At(i, j))
		}
		right.SetVec(i, -s.triangle.At(i, n))
		d := scale[i]
		if d == 0 {
			d = 1 // the parameter changes nothing: it stays
		}
		damped.Set(n+i, i, math.Sqrt(damping)*d)
	}
	var qr mat.QR
	qr.Factorize(damped)
	solution := mat.NewVecDense(n, nil)
	// The columns are independent: the lower half is a diagonal without zeros. A large condition is no obstacle.
	_ = qr.SolveVecTo(solution, false, right)
	step = solution.RawVector().Data
	// With q = Qᵀr̃ and v = Rδ: model(0) − model(δ) = −(qᵀv + ½vᵀv).
	for i := range n {
		v := 0.0
		for j := i; j < n; j++ {
			v += s.triangle.At(i, j) * step[j]
		}
		predicted -= v * (s.triangle.At(i, n) + v/2)
	}
	return step, max(predicted, 0)
}

// rank counts the singular values of J̃ with columns of length 1 that are not rounding errors.
func (s *solver) rank() int {
	scaled := mat.NewDense(s.n, s.n, nil)
	for j, norm := range s.columnNorms() {
		for i := range j + 1 {
			if norm > 0 {
				scaled.Set(i, j, s.triangle.At(i, j)/norm)
			}
		}
	}
	var svd mat.SVD
	if !svd.Factorize(scaled, mat.SVDNone) {
		return 0
	}
	rank := 0
	for _, v := range svd.Values(nil) {
		if v > 1e-10 {
			rank++
		}
	}
	return rank
}
