package synth

import (
	"math"
	"math/rand/v2"

	"github.com/robustloss/gomlx-robustloss/data/kitti"
)

// StreetMotion takes points from one camera's axes (x to the right, y down, z ahead; metres) to those of another one,
//
//	X′ = R_y(Turn)·X + (X, Y, Z),    R_y(a) = [cos a, 0, sin a; 0, 1, 0; −sin a, 0, cos a].
type StreetMotion struct{ X, Y, Z, Turn float64 }

// StreetSnippet is a street seen from a car that drives through it: the stereo pair of [NewStreet], and what the left
// camera saw the moment before and the moment after.
type StreetSnippet struct {
	Street
	Before, After *kitti.Image
	// ToBefore and ToAfter take points from the left camera of the pair to where it was before and after.
	ToBefore, ToAfter StreetMotion
}

// NewStreetSnippet makes the i-th street with its neighbouring frames. The car drives 0.6 to 1.4 m from frame to frame, on
// an arc that turns it by up to 0.025 radians to either side; nothing else moves. The neighbours have an exposure,
// highlights and noise of their own, as the right view of the pair has.
func NewStreetSnippet(o StreetOptions, i int) *StreetSnippet {
	scene := newStreetScene(o, rand.New(rand.NewPCG(o.Seed, uint64(i))))
	rng := rand.New(rand.NewPCG(^o.Seed, uint64(i)))
	step, turn := uniform(rng, .6, 1.4), uniform(rng, -.025, .025)
	// The chords of an arc lie half of the turn aside.
	aside, ahead := step*math.Sin(turn/2), step*math.Cos(turn/2)
	before, after := streetCamera{aside, -ahead, -turn}, streetCamera{aside, ahead, turn}
	s := &StreetSnippet{Street: *NewStreet(o, i), ToBefore: before.motion(), ToAfter: after.motion()}
	s.Before, s.After = scene.render(o, before), scene.render(o, after)
	for _, view := range []*kitti.Image{s.Before, s.After} {
		changeExposure(view, rng)
		addHighlights(view, rng)
		addNoise(view, rng)
	}
	return s
}

// motion takes points from the street's axes to the camera's: R_y(−turn)·(X − position).
func (c streetCamera) motion() StreetMotion {
	sin, cos := math.Sincos(c.turn)
	return StreetMotion{X: -(cos*c.x - sin*c.z), Z: -(sin*c.x + cos*c.z), Turn: -c.turn}
}
