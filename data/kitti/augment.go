package kitti

import (
	"math"
	"math/rand/v2"
)

// Augmentation says how training pairs are varied. The zero value changes nothing.
type Augmentation struct {
	// Flip is the probability that both views are mirrored and change places, which keeps disparities positive.
	Flip float64 `json:"flip"`
	// Colour is the probability of a change of gamma, brightness and colour, the same one for both views.
	Colour float64 `json:"colour"`
	// Gamma, Brightness and Tint are the ranges drawn from, uniformly: v ← v^gamma · brightness · tint, with one tint
	// for each of red, green and blue; then v is cut to [0, 1].
	Gamma, Brightness, Tint [2]float64
}

// PaperAugmentation is the one of the stereo baseline [2]: flip and colour each with probability ½, gamma 0.8–1.2,
// brightness 0.5–2, tints 0.8–1.2.
func PaperAugmentation() Augmentation {
	return Augmentation{Flip: .5, Colour: .5, Gamma: [2]float64{.8, 1.2}, Brightness: [2]float64{.5, 2}, Tint: [2]float64{.8, 1.2}}
}

// Apply returns the pair varied with numbers from rng. The pair it is given is not changed.
func (a Augmentation) Apply(p Pair, rng *rand.Rand) Pair {
	flip, colour := rng.Float64() < a.Flip, rng.Float64() < a.Colour
	uniform := func(r [2]float64) float64 { return r[0] + (r[1]-r[0])*rng.Float64() }
	gamma, brightness := uniform(a.Gamma), uniform(a.Brightness)
	var gains [3]float64
	for k := range gains {
		gains[k] = brightness * uniform(a.Tint)
	}
	if flip {
		p = p.Flipped()
	}
	if colour {
		p.Left, p.Right = p.Left.toned(gamma, gains), p.Right.toned(gamma, gains)
	}
	return p
}

// Flipped mirrors both views and lets them change places: the mirrored right view is the left view of the mirrored
// world.
func (p Pair) Flipped() Pair {
	p.Intrinsics = p.Intrinsics.Flipped(p.Left.Width)
	p.Left, p.Right = p.Right.FlippedHorizontal(), p.Left.FlippedHorizontal()
	return p
}

// toned returns v^gamma·gain, cut to [0, 1].
func (im *Image) toned(gamma float64, gains [3]float64) *Image {
	out := NewImage(im.Height, im.Width)
	for i, v := range im.RGB {
		out.RGB[i] = float32(min(max(math.Pow(float64(v), gamma)*gains[i%3], 0), 1))
	}
	return out
}
