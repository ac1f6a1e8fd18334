package pointcloud

import (
	"cmp"
	"fmt"
	"math"
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

// check reports the first option that is out of range.
func (o PairOptions) check() error {
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
	if err := o.check(); err != nil {
		return nil, err
	}
	rng := rand.New(rand.NewPCG(o.Seed, 0x9e3779b97f4a7c15))
	s, err := NewSurface(o.Surface, rng)
	if err != nil {
		return nil, err
	}
	target, source := view(s, o, rng), view(s, o, rng)
	motion := RandomPose(rng, 1)
	return &Pair{
		Name:   fmt.Sprintf("%s, σ=%g, seed %d", o.Surface, o.Noise, o.Seed),
		Target: target,
		Source: source.Transformed(motion),
		Truth:  motion.Inverse(),
	}, nil
}

// view keeps the o.Points points that lie lowest along a random direction, out of o.Points/o.Keep drawn.
func view(s *Surface, o PairOptions, rng *rand.Rand) *Cloud {
	all := s.Sample(max(o.Points, int(float64(o.Points)/o.Keep)), rng)
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

// Surface is a closed surface from which points are drawn uniformly by area, with their outward unit normals. Its
// diameter, the largest distance between two of its points, is 1 (as measured on 1,500 of its points).
type Surface struct {
	draw  func(rng *rand.Rand) (point, normal r3.Vec)
	scale float64
}

// Sample draws n points.
func (s *Surface) Sample(n int, rng *rand.Rand) *Cloud {
	cloud := &Cloud{Points: make([]r3.Vec, n), Normals: make([]r3.Vec, n)}
	for i := range n {
		p, normal := s.draw(rng)
		cloud.Points[i], cloud.Normals[i] = r3.Scale(s.scale, p), normal
	}
	return cloud
}

// SurfaceNames lists what NewSurface makes.
func SurfaceNames() []string { return []string{"bumpy sphere", "bent torus"} }

// NewSurface makes one of SurfaceNames. The rng shapes it: the bumps of the sphere, the bend of the torus.
func NewSurface(name string, rng *rand.Rand) (*Surface, error) {
	s := &Surface{scale: 1}
	switch name {
	case "bumpy sphere":
		s.draw = bumpySphere(rng)
	case "bent torus":
		s.draw = bentTorus(rng)
	default:
		return nil, fmt.Errorf("pointcloud: unknown surface %q: want one of %q", name, SurfaceNames())
	}
	s.scale = 1 / diameter(s.Sample(1500, rng).Points)
	return s, nil
}

func diameter(points []r3.Vec) float64 {
	largest := 0.0
	for i, p := range points {
		for _, q := range points[:i] {
			largest = math.Max(largest, r3.Norm2(r3.Sub(p, q)))
		}
	}
	return math.Sqrt(largest)
}

// bumpySphere is the radial surface |x| = h(u), u = x/|x|, h(u) = 1 + Σ aᵢ·exp(−|u−cᵢ|²/2sᵢ²) with 12 bumps. It is the
// zero set of F(x) = |x| − h(x/|x|), so its normal is along ∇F = u − (I − uuᵀ)∇h/|x|, and its area per unit of solid
// angle is h²/(u·n).
func bumpySphere(rng *rand.Rand) func(*rand.Rand) (r3.Vec, r3.Vec) {
	type bump struct {
		centre        r3.Vec
		height, width float64
	}
	bumps := make([]bump, 12)
	for i := range bumps {
		bumps[i] = bump{centre: unitVector(rng), height: .15 + .35*rng.Float64(), width: .15 + .25*rng.Float64()}
	}
	at := func(u r3.Vec) (point, normal r3.Vec, area float64) {
		h, grad := 1.0, r3.Vec{}
		for _, b := range bumps {
			d := r3.Sub(u, b.centre)
			e := b.height * math.Exp(-r3.Norm2(d)/(2*b.width*b.width))
			h += e
			grad = r3.Sub(grad, r3.Scale(e/(b.width*b.width), d))
		}
		tangent := r3.Sub(grad, r3.Scale(r3.Dot(u, grad), u))
		normal = r3.Unit(r3.Sub(u, r3.Scale(1/h, tangent)))
		return r3.Scale(h, u), normal, h * h / r3.Dot(u, normal)
	}
	bound := 0.0
	for range 20_000 {
		_, _, area := at(unitVector(rng))
		bound = math.Max(bound, area)
	}
	return func(rng *rand.Rand) (r3.Vec, r3.Vec) {
		for {
			point, normal, area := at(unitVector(rng))
			if rng.Float64()*bound <= area {
				return point, normal
			}
		}
	}
}

// bentTorus is a torus of radii 1 and .38 that is squeezed, tapered and bent by
//
//	(x, y, z) ↦ (x, s·(1 + h·x)·y, z + b·x² + k·x·y),
//
// which leaves it without symmetry: the taper h tells its two ends apart. A map with Jacobian J turns normals into J⁻ᵀn
// and areas by |det J|·|J⁻ᵀn|.
func bentTorus(rng *rand.Rand) func(*rand.Rand) (r3.Vec, r3.Vec) {
	const ring, tube = 1, .38
	squeeze, taper := .65+.2*rng.Float64(), .15+.1*rng.Float64()
	bend, twist := .3+.2*rng.Float64(), .3+.3*rng.Float64()
	at := func(u, v float64) (point, normal r3.Vec, area float64) {
		su, cu := math.Sincos(u)
		sv, cv := math.Sincos(v)
		x, y, z := (ring+tube*cv)*cu, (ring+tube*cv)*su, tube*sv
		n := r3.Vec{X: cv * cu, Y: cv * su, Z: sv}
		// J = [1 0 0; s·h·y w 0; 2bx+ky kx 1] with w = s(1+hx); Jᵀm = n is solved from the last row up.
		width := squeeze * (1 + taper*x)
		mapped := r3.Vec{Y: (n.Y - twist*x*n.Z) / width, Z: n.Z}
		mapped.X = n.X - squeeze*taper*y*mapped.Y - (2*bend*x+twist*y)*n.Z
		area = (ring + tube*cv) * width * r3.Norm(mapped)
		return r3.Vec{X: x, Y: width * y, Z: z + bend*x*x + twist*x*y}, r3.Unit(mapped), area
	}
	bound := 0.0
	for range 20_000 {
		_, _, area := at(2*math.Pi*rng.Float64(), 2*math.Pi*rng.Float64())
		bound = math.Max(bound, area)
	}
	return func(rng *rand.Rand) (r3.Vec, r3.Vec) {
		for {
			point, normal, area := at(2*math.Pi*rng.Float64(), 2*math.Pi*rng.Float64())
			if rng.Float64()*bound <= area {
				return point, normal
			}
		}
	}
}

func unitVector(rng *rand.Rand) r3.Vec {
	for {
		v := r3.Vec{X: rng.NormFloat64(), Y: rng.NormFloat64(), Z: rng.NormFloat64()}
		if n := r3.Norm(v); n > 1e-9 {
			return r3.Scale(1/n, v)
		}
	}
}

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

// check reports the first option that is out of range.
func (o ProblemOptions) check() error {
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
	if err := o.check(); err != nil {
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
