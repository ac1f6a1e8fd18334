package nls_test

import (
	"encoding/json"
	"errors"
	"math"
	"math/rand/v2"
	"os"
	"slices"
	"strings"
	"testing"

	"gonum.org/v1/gonum/mat"

	"github.com/robustloss/gomlx-robustloss/robustloss/scalar"
	"github.com/robustloss/gomlx-robustloss/robustloss/scalar/nls"
)

func solve(t testing.TB, p nls.Problem, start []float64, s nls.Schedule, o *nls.Options) *nls.Result {
	t.Helper()
	result, err := nls.Solve(p, start, s, o)
	if err != nil {
		t.Fatal(err)
	}
	return result
}

// decay is y = a·exp(−b·x) + c at given places.
func decay(x, y []float64) nls.Problem {
	return nls.Problem{Size: len(x), Residuals: func(b, r []float64) {
		for i := range x {
			r[i] = b[0]*math.Exp(-b[1]*x[i]) + b[2] - y[i]
		}
	}}
}

// Fits by scipy's least_squares, with outliers; testdata/curve.py made them.
func TestSolve_AgreesWithSciPy(t *testing.T) {
	text, err := os.ReadFile("testdata/curve.json")
	if err != nil {
		t.Fatal(err)
	}
	var golden struct {
		X, Y []float64
		Fits []struct {
			Alpha, C, Cost float64
			X              []float64
		}
	}
	if err := json.Unmarshal(text, &golden); err != nil {
		t.Fatal(err)
	}
	if len(golden.Fits) != 6 {
		t.Fatalf("%d fits", len(golden.Fits))
	}
	for _, fit := range golden.Fits {
		for _, reweighted := range []bool{false, true} {
			result := solve(t, decay(golden.X, golden.Y), []float64{2, 1, 0}, nls.Fixed{Alpha: fit.Alpha, Scale: fit.C}, &nls.Options{Reweighted: reweighted})
			for j, want := range fit.X {
				if math.Abs(result.X[j]-want) > 1e-6 {
					t.Errorf("α = %g, c = %g: parameter %d is %.9f, scipy has %.9f", fit.Alpha, fit.C, j, result.X[j], want)
				}
			}
			if math.Abs(result.Cost/fit.Cost-1) > 1e-10 || !result.Converged() {
				t.Errorf("α = %g, c = %g: cost %.12g, scipy has %.12g; %v after %d iterations", fit.Alpha, fit.C, result.Cost, fit.Cost, result.Stop, result.Iterations)
			}
			t.Logf("α = %g, c = %g, reweighted %v: %d iterations", fit.Alpha, fit.C, reweighted, result.Iterations)
		}
	}
}

// At the minimum, no small change of a parameter lowers the cost.
func TestSolve_EndsAtAMinimum(t *testing.T) {
	x, y := noisyDecay(60, .3, 5)
	p := decay(x, y)
	for _, schedule := range everySchedule(.05) {
		result := solve(t, p, []float64{2, 1, 0}, schedule, nil)
		if !result.Converged() || result.Rank != 3 {
			t.Errorf("%T: %v, rank %d", schedule, result.Stop, result.Rank)
		}
		cost := func(b []float64) float64 {
			r, sum := make([]float64, len(x)), 0.0
			p.Residuals(b, r)
			for _, v := range r {
				rho, _, _ := result.Loss.RhoSquared(v * v)
				sum += rho
			}
			return sum
		}
		if got := cost(result.X); math.Abs(got-result.Cost) > 1e-12*got {
			t.Errorf("%T: the cost is %g, the result says %g", schedule, got, result.Cost)
		}
		for j := range result.X {
			for _, h := range []float64{-1e-5, 1e-5} {
				moved := slices.Clone(result.X)
				moved[j] += h
				if cost(moved) < result.Cost*(1-1e-12) {
					t.Errorf("%T: parameter %d moved by %g lowers the cost from %.12g to %.12g", schedule, j, h, result.Cost, cost(moved))
				}
			}
		}
		for i, norm := range result.Norms {
			_, at, _ := result.Loss.RhoSquared(norm * norm)
			_, origin, _ := result.Loss.RhoSquared(0)
			if math.Abs(result.Weights[i]-at/origin) > 1e-12 {
				t.Fatalf("%T: weight %g of a residual %g, want %g", schedule, result.Weights[i], norm, at/origin)
			}
		}
	}
}

func everySchedule(scale float64) []nls.Schedule {
	return []nls.Schedule{
		nls.Fixed{Alpha: 1, Scale: scale},
		nls.ShapeAnnealed{Scale: scale},
		nls.ScaleAnnealed{Alpha: -2, Scale: scale},
		nls.TruncatedLeastSquares{Scale: 3 * scale},
		nls.Adaptive{Scale: scale},
		nls.AdaptiveAnnealed{Scale: scale},
	}
}

// noisyDecay draws points of 2.5·exp(−1.3·x) + ½ with noise of .05, a share of them moved by up to ±3.
func noisyDecay(n int, outliers float64, seed uint64) (x, y []float64) {
	rng := rand.New(rand.NewPCG(seed, 77))
	for i := range n {
		x = append(x, 4*float64(i)/float64(n-1))
		y = append(y, 2.5*math.Exp(-1.3*x[i])+.5+.05*rng.NormFloat64())
	}
	for _, i := range rng.Perm(n)[:int(outliers*float64(n)+.5)] {
		y[i] += 3 * (2*rng.Float64() - 1)
	}
	return x, y
}

// Near a minimum Triggs' correction makes the model nearly exact, so that fewer steps are needed than by reweighting.
func TestSolve_CorrectionSavesIterations(t *testing.T) {
	corrected, reweighted := 0, 0
	for seed := range uint64(10) {
		x, y := noisyDecay(60, .2, seed)
		corrected += solve(t, decay(x, y), []float64{2, 1, 0}, nls.Fixed{Alpha: 1, Scale: .02}, nil).Iterations
		reweighted += solve(t, decay(x, y), []float64{2, 1, 0}, nls.Fixed{Alpha: 1, Scale: .02}, &nls.Options{Reweighted: true}).Iterations
	}
	t.Logf("%d iterations with the correction, %d without", corrected, reweighted)
	if float64(corrected) > .85*float64(reweighted) {
		t.Errorf("%d iterations with the correction, %d without", corrected, reweighted)
	}
}

// Residuals, parameters and scale in other units: the same answer in these units.
func TestSolve_DoesNotDependOnUnits(t *testing.T) {
	x, y := noisyDecay(50, .3, 9)
	for _, schedule := range []string{"shape", "truncated", "adaptive"} {
		in := func(unit float64) (nls.Schedule, nls.Problem) {
			p := nls.Problem{Size: len(x), Residuals: func(b, r []float64) {
				for i := range x {
					r[i] = unit * (b[0]/unit*math.Exp(-b[1]*1e-9*x[i]) + b[2]/unit - y[i])
				}
			}}
			switch schedule {
			case "shape":
				return nls.ShapeAnnealed{Scale: .05 * unit}, p
			case "truncated":
				return nls.TruncatedLeastSquares{Scale: .15 * unit}, p
			}
			return nls.AdaptiveAnnealed{Scale: .05 * unit}, p
		}
		schedule, p := in(1)
		want := solve(t, p, []float64{2, 1e9, .1}, schedule, nil).X
		for _, unit := range []float64{1e-9, 1e12} {
			schedule, p := in(unit)
			got := solve(t, p, []float64{2 * unit, 1e9, .1 * unit}, schedule, nil).X
			for j, v := range []float64{got[0] / unit, got[1], got[2] / unit} {
				if math.Abs(v/want[j]-1) > 1e-6 {
					t.Errorf("%T, unit %g: parameter %d is %g, want %g", schedule, unit, j, v, want[j])
				}
			}
		}
	}
}

// A rotation kept as a matrix, moved by turning it: the turn between two sets of directions, a third of which is wrong. The
// three coordinates of a direction are one block.
func TestSolve_MovesOnAManifold(t *testing.T) {
	rng := rand.New(rand.NewPCG(3, 3))
	turn := func(matrix, step, to []float64) { // to = exp([step]ₓ)·matrix
		angle := math.Sqrt(step[0]*step[0] + step[1]*step[1] + step[2]*step[2])
		s, c := 1.0, .5
		if angle > 1e-8 {
			s, c = math.Sin(angle)/angle, (1-math.Cos(angle))/angle/angle
		}
		k := mat.NewDense(3, 3, []float64{0, -step[2], step[1], step[2], 0, -step[0], -step[1], step[0], 0})
		var squared, rotation, product mat.Dense
		squared.Mul(k, k)
		rotation.Apply(func(i, j int, v float64) float64 {
			return s*v + c*squared.At(i, j) + map[bool]float64{true: 1}[i == j]
		}, k)
		product.Mul(&rotation, mat.NewDense(3, 3, matrix))
		copy(to, product.RawMatrix().Data)
	}
	truth := make([]float64, 9)
	turn([]float64{1, 0, 0, 0, 1, 0, 0, 0, 1}, []float64{.9, -1.2, .7}, truth)
	const n = 90
	var from, seen [n][3]float64
	for i := range n {
		for k := range 3 {
			from[i][k] = rng.NormFloat64()
		}
		for k := range 3 {
			seen[i][k] = truth[3*k]*from[i][0] + truth[3*k+1]*from[i][1] + truth[3*k+2]*from[i][2] + .01*rng.NormFloat64()
			if i%3 == 0 {
				seen[i][k] = 2 * rng.NormFloat64()
			}
		}
	}
	p := nls.Problem{
		Size: 3 * n, Block: 3, Move: turn, Freedom: 3,
		Residuals: func(m, r []float64) {
			for i := range n {
				for k := range 3 {
					r[3*i+k] = m[3*k]*from[i][0] + m[3*k+1]*from[i][1] + m[3*k+2]*from[i][2] - seen[i][k]
				}
			}
		},
	}
	bound := nls.InlierBound(.01, 3, .999)
	for _, schedule := range []nls.Schedule{nls.TruncatedLeastSquares{Scale: bound}, nls.ScaleAnnealed{Alpha: -2, Scale: bound / 2}, nls.ShapeAnnealed{Scale: .03}} {
		result := solve(t, p, []float64{1, 0, 0, 0, 1, 0, 0, 0, 1}, schedule, nil)
		for k, want := range truth {
			if math.Abs(result.X[k]-want) > .01 {
				t.Fatalf("%T: rotation %.3f, want %.3f", schedule, result.X, truth)
			}
		}
		if !result.Converged() || result.Rank != 3 || len(result.Weights) != n {
			t.Errorf("%T: %v, rank %d, %d weights", schedule, result.Stop, result.Rank, len(result.Weights))
		}
		for i, w := range result.Weights {
			if _, truncated := schedule.(nls.TruncatedLeastSquares); truncated && w != 0 && w != 1 {
				t.Fatalf("block %d has the weight %g: want 0 or 1", i, w)
			}
		}
	}
}

// Six of ten measurements of one number agree on a wrong one. That two of the others are known to be right turns the result.
func TestSolve_KnownInliersOutweighAMajority(t *testing.T) {
	y := []float64{1, 1.01, .99, 1.005, 5, 5.01, 4.99, 5.005, 4.995, 5.002}
	p := nls.Problem{Size: len(y), Residuals: func(b, r []float64) {
		for i, v := range y {
			r[i] = b[0] - v
		}
	}}
	for _, schedule := range []nls.Schedule{nls.TruncatedLeastSquares{Scale: .1}, nls.ScaleAnnealed{Alpha: -2, Scale: .05}, nls.ShapeAnnealed{Scale: .05}} {
		if got := solve(t, p, []float64{0}, schedule, nil).X[0]; math.Abs(got-5) > .05 {
			t.Errorf("%T: %g, want the majority's 5", schedule, got)
		}
		known := p
		known.Inliers = []int{0, 2}
		result := solve(t, known, []float64{0}, schedule, nil)
		if math.Abs(result.X[0]-1) > .05 || result.Weights[0] != 1 || result.Weights[4] > .1 {
			t.Errorf("%T: %g with the weights %.2f, want the 1 of the known inliers", schedule, result.X[0], result.Weights)
		}
	}
}

func TestSolve_SaysWhenItDidNotConverge(t *testing.T) {
	x, y := noisyDecay(40, .2, 2)
	p := decay(x, y)
	result := solve(t, p, []float64{20, 9, -3}, nls.Fixed{Alpha: 1, Scale: .05}, &nls.Options{MaxIterations: 2})
	if result.Converged() || result.Stop != nls.StopIterations || !strings.Contains(result.Stop.String(), "the limit of iterations was reached") {
		t.Errorf("stopped by %v", result.Stop)
	}
	p.Jacobian = func(b []float64, jac *mat.Dense) { // of the wrong sign
		for i := range x {
			e := math.Exp(-b[1] * x[i])
			jac.SetRow(i, []float64{-e, b[0] * x[i] * e, -1})
		}
	}
	if result = solve(t, p, []float64{2, 1, 0}, nls.Fixed{Alpha: 2, Scale: 1}, nil); result.Stop != nls.StopStalled || !strings.Contains(result.Stop.String(), "is the Jacobian right") {
		t.Errorf("with a wrong Jacobian: %v at %g", result.Stop, result.X)
	}
	if err := p.CheckJacobian([]float64{2, 1, 0}, 1e-6); err == nil || !strings.Contains(err.Error(), "the Jacobian says that residual") {
		t.Errorf("CheckJacobian: %v", err)
	}
	// Two parameters of which only the sum counts.
	sum := nls.Problem{Size: 4, Residuals: func(b, r []float64) {
		for i := range r {
			r[i] = b[0] + b[1] - float64(i)
		}
	}}
	if result = solve(t, sum, []float64{0, 0}, nls.Fixed{Alpha: 2, Scale: 1}, nil); result.Rank != 1 || math.Abs(result.X[0]+result.X[1]-1.5) > 1e-9 {
		t.Errorf("%v: rank %d, want 1; sum %g, want 1.5", result.Stop, result.Rank, result.X[0]+result.X[1])
	}
	exact := nls.Problem{Size: 2, Residuals: func(b, r []float64) { r[0], r[1] = b[0]-1, b[1]*b[1]-4 }}
	if result = solve(t, exact, []float64{9, 9}, nls.Fixed{Alpha: 0, Scale: 1}, nil); !result.Converged() || math.Abs(result.X[0]-1)+math.Abs(result.X[1]-2) > 1e-9 {
		t.Errorf("%v at %g, want (1, 2)", result.Stop, result.X)
	}
}

// A model that does not exist everywhere: steps out of its domain are not taken.
func TestSolve_AvoidsWhereTheModelDoesNotExist(t *testing.T) {
	p := nls.Problem{Size: 3, Residuals: func(b, r []float64) {
		for i, want := range []float64{.1, .12, .11} {
			r[i] = math.Log(b[0]) - math.Log(want)
		}
	}}
	result := solve(t, p, []float64{50}, nls.Fixed{Alpha: 1, Scale: .1}, nil)
	if math.Abs(result.X[0]-.11) > .002 || !result.Converged() {
		t.Errorf("%v at %g, want .11", result.Stop, result.X)
	}
}

func TestSolve_ReportsEachIteration(t *testing.T) {
	x, y := noisyDecay(40, .2, 2)
	var seen []nls.Iteration
	result := solve(t, decay(x, y), []float64{2, 1, 0}, nls.ShapeAnnealed{Alphas: []float64{2, 0}, Scale: .05}, &nls.Options{
		StageIterations: 3, Progress: func(i nls.Iteration) { seen = append(seen, i) },
	})
	if len(seen) != result.Iterations || result.Stages != 2 {
		t.Fatalf("%d reports of %d iterations in %d stages", len(seen), result.Iterations, result.Stages)
	}
	for i, it := range seen {
		if k, ok := nls.Kernel(it.Loss); !ok || k.Alpha != []float64{2, 0}[it.Stage] {
			t.Errorf("iteration %d of stage %d has the loss %v", i, it.Stage, it.Loss)
		}
		if i > 0 && it.Stage == seen[i-1].Stage && it.Cost > seen[i-1].Cost*(1+1e-12) {
			t.Errorf("iteration %d raises the cost from %g to %g", i, seen[i-1].Cost, it.Cost)
		}
	}
}

func TestSolve_RefusesWhatCannotBeSolved(t *testing.T) {
	x, y := noisyDecay(10, 0, 1)
	good := decay(x, y)
	change := func(edit func(p *nls.Problem)) nls.Problem {
		p := good
		edit(&p)
		return p
	}
	start, fixed := []float64{2, 1, 0}, nls.Fixed{Alpha: 1, Scale: .1}
	for name, test := range map[string]struct {
		problem  nls.Problem
		start    []float64
		schedule nls.Schedule
		options  *nls.Options
		kind     error
		want     string
	}{
		"no residuals":      {nls.Problem{Size: 5}, start, fixed, nil, scalar.ErrArgument, "no Residuals"},
		"no parameters":     {good, nil, fixed, nil, scalar.ErrArgument, "0 parameters"},
		"too few residuals": {good, make([]float64, 11), fixed, nil, scalar.ErrTooFew, "10 residuals cannot fix 11 parameters"},
		"blocks":            {change(func(p *nls.Problem) { p.Block = 3 }), start, fixed, nil, scalar.ErrArgument, "10 residuals in blocks of 3"},
		"start":             {good, []float64{1, math.Inf(1), 0}, fixed, nil, scalar.ErrArgument, "parameter 1 starts at +Inf"},
		"typical":           {change(func(p *nls.Problem) { p.Typical = []float64{1, 0, 1} }), start, fixed, nil, scalar.ErrArgument, "typical size of parameter 1 is 0"},
		"typical sizes":     {change(func(p *nls.Problem) { p.Typical = []float64{1} }), start, fixed, nil, scalar.ErrArgument, "1 typical sizes for 3 parameters"},
		"inliers":           {change(func(p *nls.Problem) { p.Inliers = []int{10} }), start, fixed, nil, scalar.ErrArgument, "block 10 is called an inlier: there are the blocks 0 to 9"},
		"nan residual": {
			change(func(p *nls.Problem) { p.Residuals = func(_, r []float64) { r[4] = math.NaN() } }), start, fixed, nil, scalar.ErrArgument,
			"residual 4 is NaN at the start",
		},
		"nan jacobian": {
			change(func(p *nls.Problem) { p.Jacobian = func(_ []float64, j *mat.Dense) { j.Set(3, 1, math.NaN()) } }), start, fixed, nil,
			scalar.ErrArgument, "the derivative of residual 3 by parameter 1 is NaN",
		},
		"overflow":        {good, start, nls.Fixed{Alpha: math.Inf(1), Scale: 1e-3}, nil, scalar.ErrOverflow, "the cost is +Inf in stage 0: lower alpha, or raise the scale"},
		"no schedule":     {good, start, nil, nil, scalar.ErrArgument, "there is no schedule"},
		"endless":         {good, start, endless{}, nil, scalar.ErrArgument, "has not ended after 1000 stages"},
		"options":         {good, start, fixed, &nls.Options{MaxIterations: -5}, scalar.ErrArgument, "-5 iterations"},
		"tolerance":       {good, start, fixed, &nls.Options{Tolerance: math.NaN()}, scalar.ErrArgument, "tolerance of NaN"},
		"scale":           {good, start, nls.Fixed{Alpha: 1}, nil, scalar.ErrArgument, "stage 0: robustloss/scalar/nls: the scale is 0"},
		"alpha":           {good, start, nls.Fixed{Alpha: math.NaN(), Scale: 1}, nil, scalar.ErrArgument, "alpha is NaN"},
		"shape annealed":  {good, start, nls.ShapeAnnealed{}, nil, scalar.ErrArgument, "the scale is 0"},
		"scale annealed":  {good, start, nls.ScaleAnnealed{Scale: 1, Factor: .5}, nil, scalar.ErrArgument, "divided by 0.5: want 0 or more, and a factor above 1"},
		"truncated":       {good, start, nls.TruncatedLeastSquares{Scale: -1}, nil, scalar.ErrArgument, "the scale is -1"},
		"truncated mu":    {good, start, nls.TruncatedLeastSquares{Scale: 1, Factor: 1}, nil, scalar.ErrArgument, "mu rises by the factor 1"},
		"adaptive":        {good, start, nls.Adaptive{Scale: math.NaN()}, nil, scalar.ErrArgument, "the scale is NaN"},
		"adaptive window": {good, start, nls.Adaptive{Scale: 1, Tau: -1}, nil, scalar.ErrArgument, "tau is -1"},
		"adaptive mu":     {good, start, nls.AdaptiveAnnealed{Scale: 1, Factor: .5}, nil, scalar.ErrArgument, "mu rises by the factor 0.5"},
		"freedom": {
			change(func(p *nls.Problem) { p.Move = func(_, _, _ []float64) {} }), start, fixed, nil, scalar.ErrArgument,
			"3 parameters with 0 degrees of freedom",
		},
	} {
		_, err := nls.Solve(test.problem, test.start, test.schedule, test.options)
		if err == nil || !errors.Is(err, test.kind) || !strings.Contains(err.Error(), test.want) {
			t.Errorf("%s: error %v, want …%s… of the kind %v", name, err, test.want, test.kind)
		}
	}
	if err := good.CheckJacobian(start, 1e-6); !errors.Is(err, scalar.ErrArgument) {
		t.Errorf("a problem without a Jacobian: %v", err)
	}
}

// endless is a schedule without a last stage.
type endless struct{}

func (endless) Loss(int, nls.Loss, []float64) (nls.Loss, bool, error) {
	return scalar.Kernel{Alpha: 2, Scale: 1}, false, nil
}
