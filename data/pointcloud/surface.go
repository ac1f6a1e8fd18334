package pointcloud

import (
	"fmt"
	"math"
	"math/rand/v2"

	"gonum.org/v1/gonum/spatial/r3"
)

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
