package nls_test

import (
	"fmt"
	"math"
	"math/rand/v2"

	"gonum.org/v1/gonum/mat"

	"github.com/robustloss/gomlx-robustloss/robustloss/scalar/nls"
)

// A decay of 2.5·exp(−1.3·x) + 0.5, measured with a standard deviation of .05. Sixty of a hundred measurements are wrong, by
// up to 3. Least squares averages them in; truncated least squares, reached by graduated non-convexity, leaves them out.
func Example() {
	rng := rand.New(rand.NewPCG(4, 77))
	x, y := make([]float64, 100), make([]float64, 100)
	for i := range x {
		x[i] = 4 * float64(i) / 99
		y[i] = 2.5*math.Exp(-1.3*x[i]) + .5 + .05*rng.NormFloat64()
	}
	for _, i := range rng.Perm(100)[:60] {
		y[i] += 3 * (2*rng.Float64() - 1)
	}
	problem := nls.Problem{
		Size: 100,
		Residuals: func(b, r []float64) {
			for i := range r {
				r[i] = b[0]*math.Exp(-b[1]*x[i]) + b[2] - y[i]
			}
		},
		Jacobian: func(b []float64, jacobian *mat.Dense) { // without it: central differences
			for i, v := range x {
				e := math.Exp(-b[1] * v)
				jacobian.SetRow(i, []float64{e, -b[0] * v * e, 1})
			}
		},
	}
	start := []float64{1, .2, 2}
	for _, fit := range []struct {
		name     string
		schedule nls.Schedule
	}{
		{"least squares", nls.Fixed{Alpha: 2, Scale: .05}},
		{"truncated", nls.TruncatedLeastSquares{Scale: nls.InlierBound(.05, 1, .99)}},
		{"shape-annealed", nls.ShapeAnnealed{Scale: .05}},
	} {
		result, err := nls.Solve(problem, start, fit.schedule, nil)
		if err != nil {
			fmt.Println(err)
			return
		}
		farthest := 0.0
		for _, v := range x {
			farthest = max(farthest, math.Abs(result.X[0]*math.Exp(-result.X[1]*v)+result.X[2]-(2.5*math.Exp(-1.3*v)+.5)))
		}
		fmt.Printf("%s: %v, right to .1: %v\n", fit.name, result.Stop, farthest < .1)
	}
	// Output:
	// least squares: converged, right to .1: false
	// truncated: converged, right to .1: true
	// shape-annealed: converged, right to .1: true
}

// A chain of twenty poses in the plane, each (x, y, angle) in one parameter vector. Neighbouring poses have been measured
// relative to each other and are known to be right; of thirty measurements between poses that lie apart ("I have been here
// before"), eighteen are wrong. The three numbers of a measurement, in standard deviations, are one block.
func ExampleSolve_poses() {
	const poses, loops, wrong = 20, 30, 18
	rng := rand.New(rand.NewPCG(5, 5))
	truth := make([]float64, 3*poses)
	for i := 1; i < poses; i++ { // a circle
		turn := 2 * math.Pi * float64(i) / poses
		truth[3*i], truth[3*i+1], truth[3*i+2] = 3*math.Sin(turn), 3*(1-math.Cos(turn)), turn
	}
	between := func(x []float64, i, j int) [3]float64 { // pose j as pose i sees it
		s, c := math.Sincos(x[3*i+2])
		dx, dy := x[3*j]-x[3*i], x[3*j+1]-x[3*i+1]
		return [3]float64{c*dx + s*dy, c*dy - s*dx, math.Remainder(x[3*j+2]-x[3*i+2], 2*math.Pi)}
	}
	type measurement struct {
		i, j  int
		seen  [3]float64
		sigma float64
	}
	var all []measurement
	measure := func(i, j int, sigma float64) {
		m := measurement{i, j, between(truth, i, j), sigma}
		for k := range m.seen {
			m.seen[k] += sigma * rng.NormFloat64()
		}
		all = append(all, m)
	}
	problem := nls.Problem{Block: 3}
	for i := range poses - 1 {
		problem.Inliers = append(problem.Inliers, len(all))
		measure(i, i+1, .05)
	}
	for k := range loops {
		i := rng.IntN(poses - 5)
		measure(i, i+3+rng.IntN(poses-i-3), .02)
		if k < wrong {
			all[len(all)-1].seen = [3]float64{6*rng.Float64() - 3, 6*rng.Float64() - 3, 6*rng.Float64() - 3}
		}
	}
	problem.Size = 3*len(all) + 3
	problem.Inliers = append(problem.Inliers, len(all)) // the first pose stays where it is
	problem.Residuals = func(x, r []float64) {
		for k, m := range all {
			for a, v := range between(x, m.i, m.j) {
				r[3*k+a] = (v - m.seen[a]) / m.sigma
			}
			r[3*k+2] = math.Remainder(r[3*k+2]*m.sigma, 2*math.Pi) / m.sigma
		}
		for a := range 3 {
			r[3*len(all)+a] = x[a] / 1e-3
		}
	}
	start := make([]float64, 3*poses) // the chain of neighbours
	for i := range poses - 1 {
		s, c := math.Sincos(start[3*i+2])
		d := all[i].seen
		start[3*i+3], start[3*i+4], start[3*i+5] = start[3*i]+c*d[0]-s*d[1], start[3*i+1]+s*d[0]+c*d[1], start[3*i+2]+d[2]
	}
	for _, fit := range []struct {
		name     string
		schedule nls.Schedule
	}{
		{"least squares", nls.Fixed{Alpha: 2, Scale: 1}},
		{"truncated", nls.TruncatedLeastSquares{Scale: nls.InlierBound(1, 3, .999)}},
	} {
		result, err := nls.Solve(problem, start, fit.schedule, nil)
		if err != nil {
			fmt.Println(err)
			return
		}
		farthest, taken := 0.0, 0
		for i := range poses {
			farthest = max(farthest, math.Hypot(result.X[3*i]-truth[3*i], result.X[3*i+1]-truth[3*i+1]))
		}
		for _, w := range result.Weights[poses-1 : poses-1+wrong] {
			if w > .5 {
				taken++
			}
		}
		fmt.Printf("%s: %d of %d wrong measurements count, all poses right to .2: %v\n", fit.name, taken, wrong, farthest < .2)
	}
	// Output:
	// least squares: 18 of 18 wrong measurements count, all poses right to .2: false
	// truncated: 0 of 18 wrong measurements count, all poses right to .2: true
}

// The distance of a point's image that an inlier stays below in 95 of 100 cases, with a noise of half a pixel in x and y.
func ExampleInlierBound() {
	fmt.Printf("%.2f pixels\n", nls.InlierBound(.5, 2, .95))
	// Output: 1.22 pixels
}

func ExampleTruncated() {
	for _, mu := range []float64{.01, 1, math.Inf(1)} {
		loss := nls.Truncated{Scale: 1, Mu: mu}
		near, _, _ := loss.RhoSquared(.5 * .5)
		far, _, _ := loss.RhoSquared(3 * 3)
		fmt.Printf("μ = %g: ρ(0.5) = %.3f, ρ(3) = %.3f\n", mu, near, far)
	}
	// Output:
	// μ = 0.01: ρ(0.5) = 0.044, ρ(3) = 0.251
	// μ = 1: ρ(0.5) = 0.125, ρ(3) = 0.500
	// μ = +Inf: ρ(0.5) = 0.125, ρ(3) = 0.500
}

func ExampleShapeAnnealed() {
	schedule := nls.ShapeAnnealed{Alphas: []float64{2, 0, -2}, Scale: .1}
	for stage := 0; ; stage++ {
		loss, last, err := schedule.Loss(stage, nil, nil)
		if err != nil {
			fmt.Println(err)
			return
		}
		kernel, _ := nls.Kernel(loss)
		fmt.Printf("stage %d: α = %g\n", stage, kernel.Alpha)
		if last {
			break
		}
	}
	// Output:
	// stage 0: α = 2
	// stage 1: α = 0
	// stage 2: α = -2
}

// A Jacobian with a wrong sign is found out.
func ExampleProblem_CheckJacobian() {
	problem := nls.Problem{
		Size:      2,
		Residuals: func(x, r []float64) { r[0], r[1] = x[0]*x[0]-2, 3*x[0] },
		Jacobian:  func(x []float64, jacobian *mat.Dense) { jacobian.SetCol(0, []float64{-2 * x[0], 3}) },
	}
	fmt.Println(problem.CheckJacobian([]float64{1}, 1e-6))
	// Output: robustloss/scalar/nls: the Jacobian says that residual 0 changes by -2 with parameter 0, differences say 2
}

// fall is the distance that a stone has fallen at four times, ½·g·t²; the second was read wrongly.
var fall = nls.Problem{Size: 4, Residuals: func(x, r []float64) {
	for i, seen := range []struct{ t, distance float64 }{{1, 4.9}, {2, 9.6}, {3, 44.2}, {4, 78.4}} {
		r[i] = x[0]*seen.t*seen.t/2 - seen.distance
	}
}}

// The scale falls from the reach of the worst residual to .5 m.
func ExampleScaleAnnealed() {
	result, err := nls.Solve(fall, []float64{1}, nls.ScaleAnnealed{Alpha: -2, Scale: .5}, nil)
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Printf("g = %.2f m/s², weights %.1f, %s\n", result.X[0], result.Weights, result.Stop.String())
	// Output: g = 9.81 m/s², weights [1.0 0.0 1.0 1.0], converged
}

// How the shape is lowered in stages, until one of them holds.
func ExampleAdaptive() {
	result, err := nls.Solve(fall, []float64{1}, nls.Adaptive{Scale: .5, From: 50}, nil)
	if err != nil {
		fmt.Println(err)
		return
	}
	kernel, _ := nls.Kernel(result.Loss)
	fmt.Printf("g = %.1f m/s², outliers were seen: %v\n", result.X[0], kernel.Alpha < 1)
	// Output: g = 9.8 m/s², outliers were seen: true
}

// The way from α = 2 to the shape that suits the residuals of least squares.
func ExampleAdaptiveAnnealed() {
	schedule := nls.AdaptiveAnnealed{Scale: 1, Factor: 100}
	norms := []float64{.1, .5, 1, .7, 9, 8, .3, 6}
	var loss nls.Loss
	for stage, last := 0, false; !last; stage++ {
		var err error
		if loss, last, err = schedule.Loss(stage, loss, norms); err != nil {
			fmt.Println(err)
			return
		}
		if annealed, ok := loss.(nls.AnnealedKernel); ok {
			fmt.Printf("stage %d: %.0f %% of the way\n", stage, 100*(2-annealed.Alpha)/(2-annealed.Target))
		}
	}
	// Output:
	// stage 1: 1 % of the way
	// stage 2: 38 % of the way
	// stage 3: 98 % of the way
	// stage 4: 100 % of the way
}

// Options that watch the solver and stop it early; the result says so.
func ExampleOptions() {
	options := &nls.Options{MaxIterations: 2, Progress: func(i nls.Iteration) {
		fmt.Printf("stage %d: cost %.2f, taken: %v\n", i.Stage, i.Cost, i.Taken)
	}}
	result, err := nls.Solve(fall, []float64{1}, nls.Fixed{Alpha: 1, Scale: .5}, options)
	if err != nil {
		fmt.Println(err)
		return
	}
	for _, reason := range []nls.StopReason{result.Stop, nls.StopConverged} {
		fmt.Println(reason)
	}
	fmt.Println("converged:", result.Converged())
	// Output:
	// stage 0: cost 45.55, taken: true
	// stage 0: cost 22.55, taken: true
	// not converged: the limit of iterations was reached
	// converged
	// converged: false
}
