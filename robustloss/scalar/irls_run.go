package scalar

import (
	"fmt"
	"math"

	"gonum.org/v1/gonum/mat"
)

// run iterates from the start to the end.
func (s *irls) run() (*Regression, error) {
	previous := math.Inf(1)
	for iteration := 0; ; iteration++ {
		if s.options.Scale == 0 && !(s.medianScale() > 1e-14*s.problem.size(s.beta)) {
			return s.result(iteration, math.Inf(-1), StopExactFit), nil
		}
		changed, err := s.updateShape(iteration)
		if err != nil {
			return nil, err
		}
		objective := s.objective()
		if !changed && previous-objective <= s.options.Tolerance*(1+math.Abs(objective)) {
			return s.result(iteration, objective, StopConverged), nil
		}
		if iteration >= s.options.MaxIterations {
			return s.result(iteration, objective, StopIterations), nil
		}
		previous = objective
		if err := s.step(); err != nil {
			return nil, err
		}
	}
}

// updateShape sets α and c for the residuals. It says whether a schedule changed α, which makes the objective another.
func (s *irls) updateShape(iteration int) (changed bool, err error) {
	o := &s.options
	last := s.alpha
	switch {
	case o.Schedule != nil:
		s.alpha = o.Schedule.Alpha(iteration)
		if math.IsNaN(s.alpha) {
			return false, fmt.Errorf("robustloss/scalar: the schedule gives alpha = NaN at step %d", iteration)
		}
		return iteration > 0 && s.alpha != last, nil
	case !s.fits:
		s.alpha = *o.Alpha
		return false, nil
	}
	fit := &FitOptions{Alpha: o.AlphaBounds, Mu: new(0.0)}
	if o.Alpha != nil {
		fit.Alpha = &Interval{*o.Alpha, *o.Alpha}
	}
	if o.Scale != 0 {
		fit.Scale = &o.Scale
	}
	g, err := FitWith(s.residuals, s.prior, fit)
	if err != nil {
		return false, fmt.Errorf("shape of the residuals after %d iterations: %w", iteration, err)
	}
	s.alpha, s.scale = g.Alpha, g.Scale
	return false, nil
}

// objective returns Σ prior·ρ, with the terms of α and c where they are fitted.
func (s *irls) objective() float64 {
	value := s.loss(Kernel{Alpha: s.alpha, Scale: s.scale}, s.residuals)
	if s.fits {
		total := 0.0
		for _, w := range s.prior {
			total += w
		}
		value += total * (math.Log(s.scale) + LogPartition(s.alpha))
	}
	return value
}

// step moves β to the solution of the weighted problem, or part of the way until the loss does not rise.
func (s *irls) step() error {
	k := Kernel{Alpha: s.alpha, Scale: s.scale}
	target, err := s.problem.solve(s.weights(k))
	if err != nil {
		return err
	}
	now := s.loss(k, s.residuals)
	beta := make([]float64, len(target))
	for t := 1.0; t > 1e-9; t /= 2 {
		for j := range beta {
			beta[j] = s.beta[j] + t*(target[j]-s.beta[j])
		}
		residuals := s.problem.residuals(beta)
		if s.loss(k, residuals) <= now {
			s.beta, s.residuals = beta, residuals
			return nil
		}
	}
	return nil
}

func (s *irls) result(iterations int, objective float64, stop StopReason) *Regression {
	r := &Regression{
		Coefficients: mat.NewVecDense(len(s.beta), s.beta), Residuals: s.residuals, Weights: s.prior,
		Alpha: s.alpha, Scale: s.scale, Objective: objective, Iterations: iterations, Stop: stop,
	}
	if stop == StopExactFit {
		tiny := math.Max(1e-14*s.problem.size(s.beta), math.SmallestNonzeroFloat64)
		r.Alpha, r.Scale = 0, 0
		r.Weights = s.weights(Kernel{Alpha: 0, Scale: tiny})
		return r
	}
	r.Weights = s.weights(r.Kernel())
	return r
}
