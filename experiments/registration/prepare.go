package registration

import (
	"fmt"
	"math"
	"math/rand/v2"

	"gonum.org/v1/gonum/spatial/r3"

	"github.com/robustloss/gomlx-robustloss/data/pointcloud"
)

// FeatureOptions are the radii of the features, in units of twice the larger cloud's radius (about its diameter).
type FeatureOptions struct {
	NormalRadius  float64 `json:"normal_radius"`
	FeatureRadius float64 `json:"feature_radius"`
}

// Prepared is a pair ready to be solved: its matches, and what the solution is measured with.
type Prepared struct {
	Pair *pointcloud.Pair
	// P and Q are the matched points of the target and the source, one pair for each place in Matches.
	P, Q    []r3.Vec
	Matches []Match
	// Reciprocal is the number of matches before the tuple test.
	Reciprocal int
	// Common are pairs of points that lie at the same place under the pair's truth.
	Common []Match

	frame frame
}

// Prepare finds the matches of a pair: normals and features (unless the pair brings its features), reciprocal nearest
// neighbours, tuple test. The seed drives the tuple test.
func Prepare(pair *pointcloud.Pair, o FeatureOptions, seed uint64) (*Prepared, error) {
	for i, cloud := range []*pointcloud.Cloud{pair.Target, pair.Source} {
		if err := cloud.Validate(); err != nil {
			return nil, fmt.Errorf("registration: cloud %d: %w", i, err)
		}
	}
	f := newFrame(pair.Target.Points, pair.Source.Points)
	if !(f.scale > 0) {
		return nil, fmt.Errorf("registration: all points of a cloud are the same point")
	}
	target, source, err := features(pair, o, 2*f.scale)
	if err != nil {
		return nil, err
	}
	reciprocal, err := Reciprocal(target, source)
	if err != nil {
		return nil, err
	}
	p := &Prepared{Pair: pair, Reciprocal: len(reciprocal), frame: f}
	targets, sources := &pointcloud.Cloud{Points: target.Points}, &pointcloud.Cloud{Points: source.Points}
	p.Matches = Tuples(targets, sources, reciprocal, rand.New(rand.NewPCG(seed, 0x6a09e667f3bcc909)))
	for _, m := range p.Matches {
		p.P = append(p.P, target.Points[m.Target])
		p.Q = append(p.Q, source.Points[m.Source])
	}
	p.Common = common(pair, f.scale)
	return p, nil
}

func features(pair *pointcloud.Pair, o FeatureOptions, unit float64) (target, source *pointcloud.Features, err error) {
	if pair.TargetFeatures != nil && pair.SourceFeatures != nil {
		return pair.TargetFeatures, pair.SourceFeatures, nil
	}
	if !(o.NormalRadius > 0 && o.FeatureRadius > 0) {
		return nil, nil, fmt.Errorf("registration: radii of normals %g and features %g: want positive numbers", o.NormalRadius, o.FeatureRadius)
	}
	var both [2]*pointcloud.Features
	for i, cloud := range []*pointcloud.Cloud{pair.Target, pair.Source} {
		estimated := &pointcloud.Cloud{Points: cloud.Points, Normals: Normals(cloud, o.NormalRadius*unit)}
		if both[i], err = FPFH(estimated, o.FeatureRadius*unit); err != nil {
			return nil, nil, fmt.Errorf("cloud %d: %w", i, err)
		}
	}
	return both[0], both[1], nil
}

// Solve registers the pair with a schedule.
func (p *Prepared) Solve(schedule Schedule) (*Solution, error) {
	if err := checkMatches(p.P, p.Q); err != nil {
		return nil, fmt.Errorf("%s: %w (%d reciprocal matches, %d after the tuple test)", p.Pair.Name, err, p.Reciprocal, len(p.Matches))
	}
	return solveIn(p.frame, p.P, p.Q, schedule)
}

// common pairs each source point with its nearest target point under the true pose, if that is nearer than
// maxDistance/2 in units of the larger cloud's radius [1].
func common(pair *pointcloud.Pair, scale float64) []Match {
	t := newTree(pair.Target.Points)
	nearest := make([]neighbour, len(pair.Source.Points))
	parallel(len(nearest), func(from, to int) {
		for j := from; j < to; j++ {
			nearest[j] = t.nearest(pair.Truth.Apply(pair.Source.Points[j]))
		}
	})
	limit := scale * maxDistance / 2
	var list []Match
	for j, n := range nearest {
		if n.squared < limit*limit {
			list = append(list, Match{n.index, j})
		}
	}
	return list
}

// RMSE is the root mean square of ‖p − pose·q‖ over the pairs in Common, in the units of the points [1]. It is not 0 for
// the true pose: the scans have noise, and no two of their points are the same place.
func (p *Prepared) RMSE(pose pointcloud.Pose) (float64, error) {
	if len(p.Common) == 0 {
		return 0, fmt.Errorf("%s: registration: the two clouds have no point in common under the true pose", p.Pair.Name)
	}
	sum := 0.0
	for _, m := range p.Common {
		sum += r3.Norm2(r3.Sub(p.Pair.Target.Points[m.Target], pose.Apply(p.Pair.Source.Points[m.Source])))
	}
	return math.Sqrt(sum / float64(len(p.Common))), nil
}

// InlierShare is the share of the matches that are less than maxDistance of the larger radius apart under the true pose.
func (p *Prepared) InlierShare() float64 {
	if len(p.P) == 0 {
		return 0
	}
	count := 0
	for i := range p.P {
		if r3.Norm(r3.Sub(p.P[i], p.Pair.Truth.Apply(p.Q[i]))) < maxDistance*p.frame.scale {
			count++
		}
	}
	return float64(count) / float64(len(p.P))
}

// PoseError is the root mean square of ‖truth·q − pose·q‖ over the points q: what the pose is wrong by, noise aside.
func PoseError(pose, truth pointcloud.Pose, points []r3.Vec) float64 {
	sum := 0.0
	for _, q := range points {
		sum += r3.Norm2(r3.Sub(truth.Apply(q), pose.Apply(q)))
	}
	return math.Sqrt(sum / float64(len(points)))
}
