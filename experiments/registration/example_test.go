package registration_test

import (
	"fmt"
	"math"

	"github.com/robustloss/gomlx-robustloss/data/pointcloud"
	"github.com/robustloss/gomlx-robustloss/experiments/registration"
)

// Of 500 matches 400 are false. Least squares averages them all in; fast global registration and its shape-annealed
// variant find the motion of the others.
func ExampleSolve() {
	problem, err := pointcloud.NewProblem(pointcloud.ProblemOptions{Pairs: 500, OutlierRatio: .8, Noise: .005, Seed: 1})
	if err != nil {
		panic(err)
	}
	for _, key := range []string{"l2", "fgr", "shape"} {
		method, err := registration.FindMethod(key)
		if err != nil {
			panic(err)
		}
		solution, err := registration.Solve(problem.P, problem.Q, method.Schedule)
		if err != nil {
			panic(err)
		}
		solved := registration.PoseError(solution.Pose, problem.Truth, problem.Q) < .01
		fmt.Printf("%s: solved %v, converged %v\n", method.Title, solved, solution.Converged())
	}
	// Output:
	// least squares (α = 2): solved false, converged true
	// FGR: scale-annealed, α = −2: solved true, converged true
	// gFGR: shape-annealed, α from 2 to −32: solved true, converged true
}

// Two scans of one object, each of which misses a fifth of it: matches from features, then the pose, then the check.
func ExamplePrepare() {
	pair, err := pointcloud.NewPair(pointcloud.PairOptions{Surface: "bumpy sphere", Points: 3000, Keep: .8, Seed: 2})
	if err != nil {
		panic(err)
	}
	prepared, err := registration.Prepare(pair, registration.FeatureOptions{}, 1) // radii that suit the density
	if err != nil {
		panic(err)
	}
	solution, err := prepared.Solve(registration.Graduated())
	if err != nil {
		panic(err)
	}
	doubt, err := prepared.Verify(solution)
	fmt.Printf("verified: %v, doubt: %q\n", err == nil, doubt)
	fmt.Println("off by less than 3 % of the diameter:", registration.PoseError(solution.Pose, pair.Truth, pair.Source.Points) < .03)
	// Output:
	// verified: true, doubt: ""
	// off by less than 3 % of the diameter: true
}

// The scale-annealed schedule at α = −2 is fast global registration: c² = μ/4, with μ from 0.714 to 0.0247.
func ExampleMu() {
	for _, step := range []int{0, 20, 63} {
		kernel, err := registration.KernelAt(registration.ScaleAnnealed{Alpha: -2}, step)
		if err != nil {
			panic(err)
		}
		fmt.Printf("step %d: μ = %.4f, c = %.4f = √(μ/4) = %.4f\n", step, registration.Mu(step), kernel.Scale, math.Sqrt(registration.Mu(step)/4))
	}
	// Output:
	// step 0: μ = 0.7143, c = 0.4226 = √(μ/4) = 0.4226
	// step 20: μ = 0.1328, c = 0.1822 = √(μ/4) = 0.1822
	// step 63: μ = 0.0247, c = 0.0786 = √(μ/4) = 0.0786
}

// The shape-annealed schedule keeps c and lowers α every four steps.
func ExampleGraduated() {
	schedule := registration.Graduated()
	for _, step := range []int{0, 4, 16, 32, 63} {
		kernel, err := registration.KernelAt(schedule, step)
		if err != nil {
			panic(err)
		}
		fmt.Printf("step %d: α = %g, c = %.4f\n", step, kernel.Alpha, kernel.Scale)
	}
	// Output:
	// step 0: α = 2, c = 0.0786
	// step 4: α = 1, c = 0.0786
	// step 16: α = 0, c = 0.0786
	// step 32: α = -2, c = 0.0786
	// step 63: α = -32, c = 0.0786
}

// Radii in diameters: few points need wide ones.
func ExampleChooseRadii() {
	for _, points := range []int{500, 8000} {
		pair, err := pointcloud.NewPair(pointcloud.PairOptions{Surface: "bent torus", Points: points, Keep: 1, Seed: 1})
		if err != nil {
			panic(err)
		}
		radii, err := registration.ChooseRadii(pair.Target, pair.Source)
		if err != nil {
			panic(err)
		}
		fmt.Printf("%d points: %.1g for the normals, %.1g for the features\n", points, radii.NormalRadius, radii.FeatureRadius)
	}
	// Output:
	// 500 points: 0.1 for the normals, 0.3 for the features
	// 8000 points: 0.04 for the normals, 0.1 for the features
}
