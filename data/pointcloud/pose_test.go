package pointcloud

import (
	"math"
	"math/rand/v2"
	"testing"

	"gonum.org/v1/gonum/spatial/r3"
)

func newRNG(seed uint64) *rand.Rand { return rand.New(rand.NewPCG(seed, 7)) }

func distance(a, b r3.Vec) float64 { return r3.Norm(r3.Sub(a, b)) }

func TestPose_InverseUndoesAndComposeApplies(t *testing.T) {
	rng := newRNG(1)
	for range 100 {
		p, q := RandomPose(rng, 3), RandomPose(rng, 3)
		v := r3.Vec{X: rng.NormFloat64(), Y: rng.NormFloat64(), Z: rng.NormFloat64()}
		if err := p.Validate(); err != nil {
			t.Fatal(err)
		}
		if d := distance(p.Inverse().Apply(p.Apply(v)), v); d > 1e-12 {
			t.Errorf("p⁻¹(p(v)) is off by %g", d)
		}
		if d := distance(p.Compose(q).Apply(v), p.Apply(q.Apply(v))); d > 1e-12 {
			t.Errorf("(p∘q)(v) is off by %g", d)
		}
	}
}

func TestEuler_IsRzRyRx(t *testing.T) {
	rng := newRNG(2)
	for range 20 {
		x, y, z := rng.NormFloat64(), rng.NormFloat64(), rng.NormFloat64()
		want := Euler(0, 0, z, r3.Vec{}).Compose(Euler(0, y, 0, r3.Vec{})).Compose(Euler(x, 0, 0, r3.Vec{}))
		v := r3.Vec{X: 1, Y: 2, Z: 3}
		if d := distance(Euler(x, y, z, r3.Vec{}).Apply(v), want.Apply(v)); d > 1e-12 {
			t.Errorf("off by %g", d)
		}
	}
	// A positive angle about z takes x to y.
	if d := distance(Euler(0, 0, math.Pi/2, r3.Vec{}).Apply(r3.Vec{X: 1}), r3.Vec{Y: 1}); d > 1e-12 {
		t.Errorf("quarter turn about z is off by %g", d)
	}
	if a := Euler(0, .3, 0, r3.Vec{}).Angle(); math.Abs(a-.3) > 1e-12 {
		t.Errorf("angle %g, want .3", a)
	}
}

func TestRandomPose_RotatesUniformly(t *testing.T) {
	rng := newRNG(3)
	var mean r3.Vec
	const n = 20_000
	angle := 0.0
	for range n {
		p := RandomPose(rng, 0)
		mean = r3.Add(mean, p.Rotate(r3.Vec{X: 1}))
		angle += p.Angle() / n
	}
	if m := r3.Norm(mean) / n; m > .02 {
		t.Errorf("the mean of a rotated unit vector has length %g", m)
	}
	if want := math.Pi/2 + 2/math.Pi; math.Abs(angle-want) > .02 { // mean angle of the uniform distribution on rotations
		t.Errorf("mean angle %g, want %g", angle, want)
	}
}
