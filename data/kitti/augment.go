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
	v := a.draw(rng)
	if v.flip {
		p = p.Flipped()
	}
	p.Left, p.Right = v.toned(p.Left), v.toned(p.Right)
	return p
}

// ApplySnippet returns the snippet varied with numbers from rng, all frames in the same way. The snippet it is given is not
// changed.
func (a Augmentation) ApplySnippet(s Snippet, rng *rand.Rand) Snippet {
	v := a.draw(rng)
	if v.flip {
		s = s.Flipped()
	}
	s.Before, s.Target, s.After = v.toned(s.Before), v.toned(s.Target), v.toned(s.After)
	return s
}

// variation is what was drawn for a pair or a snippet.
type variation struct {
	flip, colour bool
	gamma        float64
	gains        [3]float64
}

func (a Augmentation) draw(rng *rand.Rand) variation {
	v := variation{flip: rng.Float64() < a.Flip, colour: rng.Float64() < a.Colour}
	uniform := func(r [2]float64) float64 { return r[0] + (r[1]-r[0])*rng.Float64() }
	v.gamma = uniform(a.Gamma)
	brightness := uniform(a.Brightness)
	for k := range v.gains {
		v.gains[k] = brightness * uniform(a.Tint)
	}
	return v
}

// toned returns the image in the colours that were drawn.
func (v variation) toned(im *Image) *Image {
	if !v.colour {
		return im
	}
	return im.toned(v.gamma, v.gains)
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
