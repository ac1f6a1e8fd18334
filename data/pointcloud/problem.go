package pointcloud

import (
	"fmt"
	"math/rand/v2"

	"gonum.org/v1/gonum/spatial/r3"
)

// Problem is a registration problem after matching: P[i] = Truth(Q[i]) + noise where Inlier[i], and a false match
// elsewhere.
type Problem struct {
	P, Q   []r3.Vec
	Inlier []bool
	Truth  Pose
}

// ProblemOptions says what NewProblem makes.
type ProblemOptions struct {
	Pairs        int     // number of matches, ≥ 10
	OutlierRatio float64 // share of false matches, in [0, 1)
	Noise        float64 // standard deviation of the noise on each coordinate of P, ≥ 0
	// Structured moves half of the outliers by a second rigid motion, as a second moving object would: they agree with
	// each other. The others are matched at random.
	Structured bool
	Seed       uint64
}

// Validate reports the first option that is out of range.
func (o ProblemOptions) Validate() error {
	switch {
	case o.Pairs < 10:
		return fmt.Errorf("pointcloud: %d pairs: want at least 10", o.Pairs)
	case !(o.OutlierRatio >= 0 && o.OutlierRatio < 1):
		return fmt.Errorf("pointcloud: outlier ratio %g: want [0, 1)", o.OutlierRatio)
	case !(o.Noise >= 0 && o.Noise < 1):
		return fmt.Errorf("pointcloud: noise %g: want [0, 1)", o.Noise)
	}
	return nil
}

// NewProblem draws the points Q in a box of 1 × 0.7 × 0.4 around the origin and matches them with P in the box moved by
// Truth, a random rotation and a translation within ±0.5.
func NewProblem(o ProblemOptions) (*Problem, error) {
	if err := o.Validate(); err != nil {
		return nil, err
	}
	rng := rand.New(rand.NewPCG(o.Seed, 0x2545f4914f6cdd1d))
	inBox := func() r3.Vec {
		return r3.Vec{X: rng.Float64() - .5, Y: .7 * (rng.Float64() - .5), Z: .4 * (rng.Float64() - .5)}
	}
	problem := &Problem{Truth: RandomPose(rng, .5)}
	second := RandomPose(rng, .5)
	outliers := int(o.OutlierRatio*float64(o.Pairs) + .5)
	for i := range o.Pairs {
		q := inBox()
		p := problem.Truth.Apply(q)
		switch {
		case i >= outliers: // an inlier
		case o.Structured && i < outliers/2:
			p = second.Apply(q)
		default:
			p = problem.Truth.Apply(inBox())
		}
		noise := r3.Vec{X: rng.NormFloat64(), Y: rng.NormFloat64(), Z: rng.NormFloat64()}
		problem.P = append(problem.P, r3.Add(p, r3.Scale(o.Noise, noise)))
		problem.Q = append(problem.Q, q)
		problem.Inlier = append(problem.Inlier, i >= outliers)
	}
	rng.Shuffle(o.Pairs, func(i, j int) {
		problem.P[i], problem.P[j] = problem.P[j], problem.P[i]
		problem.Q[i], problem.Q[j] = problem.Q[j], problem.Q[i]
		problem.Inlier[i], problem.Inlier[j] = problem.Inlier[j], problem.Inlier[i]
	})
	return problem, nil
}
