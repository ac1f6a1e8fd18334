package pointcloud

import (
	"cmp"
	"fmt"
	"math/rand/v2"
	"slices"

	"gonum.org/v1/gonum/spatial/r3"
)

// PairOptions says what NewPair makes. The surface has diameter 1.
type PairOptions struct {
	Surface string  // one of SurfaceNames
	Points  int     // points in each view, ≥ 10
	Keep    float64 // share of the surface seen by each view, in (0, 1]; .8 gives two views about 64 % in common
	Noise   float64 // standard deviation of the Gaussian noise on each coordinate, in diameters, ≥ 0
	Seed    uint64
}

// Validate reports the first option that is out of range.
func (o PairOptions) Validate() error {
	switch {
	case o.Points < 10:
		return fmt.Errorf("pointcloud: %d points per view: want at least 10", o.Points)
	case !(o.Keep > 0 && o.Keep <= 1):
		return fmt.Errorf("pointcloud: keep = %g: want a share in (0, 1]", o.Keep)
	case !(o.Noise >= 0 && o.Noise < 1):
		return fmt.Errorf("pointcloud: noise = %g: want [0, 1) diameters", o.Noise)
	}
	return nil
}

// NewPair makes two views of one surface. Each is drawn independently (no point occurs in both), loses the part of the
// surface beyond a random plane, and gets noise; then the second is moved by a random rigid motion whose inverse is the
// pair's Truth. The normals are those of the surface without noise: they say which side is outside, as the position of
// a scanner would.
func NewPair(o PairOptions) (*Pair, error) {
	if err := o.Validate(); err != nil {
		return nil, err
	}
	rng := rand.New(rand.NewPCG(o.Seed, 0x9e3779b97f4a7c15))
	surface, err := NewSurface(o.Surface, rng)
	if err != nil {
		return nil, err
	}
	target, source := view(surface, o, rng), view(surface, o, rng)
	motion := RandomPose(rng, 1)
	return &Pair{
		Name:   fmt.Sprintf("%s, σ=%g, seed %d", o.Surface, o.Noise, o.Seed),
		Target: target,
		Source: source.Transformed(motion),
		Truth:  motion.Inverse(),
	}, nil
}

// view keeps the o.Points points that lie lowest along a random direction, out of o.Points/o.Keep drawn.
func view(surface *Surface, o PairOptions, rng *rand.Rand) *Cloud {
	all := surface.Sample(max(o.Points, int(float64(o.Points)/o.Keep)), rng)
	direction := unitVector(rng)
	order := make([]int, len(all.Points))
	for i := range order {
		order[i] = i
	}
	slices.SortStableFunc(order, func(a, b int) int {
		return cmp.Compare(r3.Dot(all.Points[a], direction), r3.Dot(all.Points[b], direction))
	})
	kept := order[:o.Points]
	slices.Sort(kept)
	cloud := &Cloud{}
	for _, i := range kept {
		noise := r3.Vec{X: rng.NormFloat64(), Y: rng.NormFloat64(), Z: rng.NormFloat64()}
		cloud.Points = append(cloud.Points, r3.Add(all.Points[i], r3.Scale(o.Noise, noise)))
		cloud.Normals = append(cloud.Normals, all.Normals[i])
	}
	return cloud
}
