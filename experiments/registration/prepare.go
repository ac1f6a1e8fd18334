package registration

import (
	"fmt"
	"math"
	"math/rand/v2"

	"gonum.org/v1/gonum/spatial/r3"

	"github.com/robustloss/gomlx-robustloss/data/pointcloud"
	"github.com/robustloss/gomlx-robustloss/experiments/parallel"
)

// Prepared is a pair ready to be solved: its matches, and what the solution is measured with.
type Prepared struct {
	Pair *pointcloud.Pair
	// Radii are those that the features were made with; zero if the pair brought its features.
	Radii FeatureOptions
	// P and Q are the matched points of the target and the source, one pair for each place in Matches.
	P, Q    []r3.Vec
	Matches []Match
	// Reciprocal is the number of matches before the tuple test.
	Reciprocal int
	// Common are pairs of points that lie at the same place under the pair's truth.
	Common []Match
	// Warnings say what makes the matches doubtful, and what to do about it.
	Warnings []string

	frame frame
}

// Prepare finds the matches of a pair: normals and features (unless the pair brings its features), reciprocal nearest
// neighbours, tuple test. The seed drives the tuple test.
//
// It fails for clouds that are empty or not finite, and where fewer than [MinMatches] points of a cloud have a feature,
// because too few others lie within the radii.
func Prepare(pair *pointcloud.Pair, o FeatureOptions, seed uint64) (*Prepared, error) {
	f, err := frameOf(pair.Target, pair.Source)
	if err != nil {
		return nil, err
	}
	p := &Prepared{Pair: pair, frame: f}
	target, source, err := p.features(o)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", pair.Name, err)
	}
	reciprocal, err := Reciprocal(target, source)
	if err != nil {
		return nil, err
	}
	p.Reciprocal = len(reciprocal)
	targets, sources := &pointcloud.Cloud{Points: target.Points}, &pointcloud.Cloud{Points: source.Points}
	p.Matches = tuples(targets, sources, reciprocal, rand.New(rand.NewPCG(seed, 0x6a09e667f3bcc909)))
	for _, m := range p.Matches {
		p.P = append(p.P, target.Points[m.Target])
		p.Q = append(p.Q, source.Points[m.Source])
	}
	p.Common = common(pair, f.scale)
	return p, nil
}

// features returns those of the pair, or makes them.
func (p *Prepared) features(o FeatureOptions) (target, source *pointcloud.Features, err error) {
	if p.Pair.TargetFeatures != nil && p.Pair.SourceFeatures != nil {
		return p.Pair.TargetFeatures, p.Pair.SourceFeatures, nil
	}
	if !(o.NormalRadius >= 0 && o.FeatureRadius >= 0) {
		return nil, nil, fmt.Errorf("registration: radii of normals %g and features %g: want positive numbers, or 0 to choose them", o.NormalRadius, o.FeatureRadius)
	}
	chosen, err := ChooseRadii(p.Pair.Target, p.Pair.Source)
	if err != nil {
		return nil, nil, err
	}
	if o.NormalRadius == 0 {
		o.NormalRadius = chosen.NormalRadius
	}
	if o.FeatureRadius == 0 {
		o.FeatureRadius = max(chosen.FeatureRadius, featureRatio*o.NormalRadius)
	}
	p.Radii = o
	var both [2]*pointcloud.Features
	for i, cloud := range []*pointcloud.Cloud{p.Pair.Target, p.Pair.Source} {
		estimated := &pointcloud.Cloud{Points: cloud.Points, Normals: normals(cloud, o.NormalRadius*p.frame.diameter())}
		if both[i], err = fpfh(estimated, o.FeatureRadius*p.frame.diameter()); err != nil {
			return nil, nil, fmt.Errorf("cloud %d: %w", i, err)
		}
		if err := p.checkFeatures(i, both[i], chosen); err != nil {
			return nil, nil, err
		}
	}
	return both[0], both[1], nil
}

// checkFeatures reports a cloud of which many points have no feature.
func (p *Prepared) checkFeatures(cloud int, f *pointcloud.Features, chosen FeatureOptions) error {
	described, n := newFeatureBlock(f).n, len(f.Points)
	if n < MinMatches {
		return fmt.Errorf("registration: cloud %d has %d points: want at least %d", cloud, n, MinMatches)
	}
	if 4*described >= 3*n {
		return nil
	}
	text := fmt.Sprintf("%d of the %d points of cloud %d have a feature: the others have fewer than %d neighbours within the radius of the normals, "+
		"%.3g diameters; radii that suit the density are %.3g for the normals and %.3g for the features",
		described, n, cloud, minNeighbours-1, p.Radii.NormalRadius, chosen.NormalRadius, chosen.FeatureRadius)
	if described < MinMatches {
		return fmt.Errorf("registration: only %s", text)
	}
	p.Warnings = append(p.Warnings, "only "+text)
	return nil
}

// Solve registers the pair with a schedule. It fails for fewer than [MinMatches] different matches. Whether the pose is
// to be trusted says [Prepared.Verify].
func (p *Prepared) Solve(schedule Schedule) (*Solution, error) {
	if different := len(p.different()); different < MinMatches {
		return nil, fmt.Errorf("%s: registration: %d different matches are too few (%d reciprocal matches before the tuple test): want at least %d; "+
			"the clouds have %d and %d points, radii of %.3g and %.3g diameters, and perhaps too little in common",
			p.Pair.Name, different, p.Reciprocal, MinMatches, len(p.Pair.Target.Points), len(p.Pair.Source.Points), p.Radii.NormalRadius, p.Radii.FeatureRadius)
	}
	if err := checkMatches(p.P, p.Q); err != nil {
		return nil, fmt.Errorf("%s: %w", p.Pair.Name, err)
	}
	return solveIn(p.frame, p.P, p.Q, schedule)
}

// inliers counts the different matches that a pose brings within two spacings of the points of each other, or within
// maxDistance·radius where that is more: two scans of one surface have no point in common, only neighbours.
func (p *Prepared) inliers(pose pointcloud.Pose) int {
	spacing := max(reachOf(p.Pair.Target.Points, 1), reachOf(p.Pair.Source.Points, 1))
	limit := max(2*spacing, maxDistance*p.frame.scale)
	near := map[Match]bool{}
	for i, m := range p.Matches {
		if r3.Norm(r3.Sub(p.P[i], pose.Apply(p.Q[i]))) < limit {
			near[m] = true
		}
	}
	return len(near)
}

const (
	chanceInliers = 10 // so few different matches a wrong pose can bring together
	safeInliers   = 20 // so many that the pose is not doubted
)

// Verify reports a solution that is most likely wrong, because it brings fewer than ten different matches together: with
// its six degrees of freedom a wrong pose still fits a few of any matches. Where two samples of 1,200 points of one surface
// ended more than 15° from the truth, it was eight at most, with poses right to 5° ten or more for nearly all. doubt, if not
// empty, says why a solution that passes should be looked at before it is used. A symmetric object passes in each of the
// poses that look the same.
func (p *Prepared) Verify(s *Solution) (doubt string, err error) {
	inliers, different := p.inliers(s.Pose), len(p.different())
	if inliers < chanceInliers {
		return "", fmt.Errorf("%s: registration: the pose brings only %d of %d different matches together, as a wrong pose would by chance; "+
			"the scans may be too sparse, have too little in common, or be no surfaces; other radii than the %.3g (normals) and %.3g (features) diameters may help",
			p.Pair.Name, inliers, different, p.Radii.NormalRadius, p.Radii.FeatureRadius)
	}
	if inliers < safeInliers {
		doubt = fmt.Sprintf("the pose brings only %d of %d different matches together: compare the clouds before you use it", inliers, different)
	}
	if !s.Converged() {
		if doubt != "" {
			doubt += "; "
		}
		doubt += fmt.Sprintf("the last of the %d steps still moved the points by %.2g of the radius: the solver has not converged", Iterations, s.LastMotion)
	}
	return doubt, nil
}

// different counts how often each match occurs: the tuple test repeats those that pass it several times.
func (p *Prepared) different() map[Match]int {
	times := map[Match]int{}
	for _, m := range p.Matches {
		times[m]++
	}
	return times
}

// common pairs each source point with its nearest target point under the true pose, if that is nearer than
// maxDistance/2 in units of the larger cloud's radius [1].
func common(pair *pointcloud.Pair, scale float64) []Match {
	t := newTree(pair.Target.Points)
	nearest := make([]neighbour, len(pair.Source.Points))
	parallel.Blocks(len(nearest), pointBlock, func(_, from, to int) {
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
