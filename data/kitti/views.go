package kitti

import (
	"errors"
	"fmt"
	"io/fs"
	"math"
	"math/rand/v2"

	"github.com/robustloss/gomlx-robustloss/data/internal/input"
)

// Pair is a rectified stereo pair. Column u of the left view shows what column u − d of the right one shows, with the
// disparity d = Left.Fx·Baseline/depth ≥ 0 in pixels.
type Pair struct {
	Left, Right *Image
	Intrinsics  Intrinsics // of both views: of the left camera
	Baseline    float64    // metres
}

// FocalBaseline returns fx·baseline in pixel·metres: depth = FocalBaseline/disparity.
func (p Pair) FocalBaseline() float64 { return p.Intrinsics.Fx * p.Baseline }

// Flipped mirrors both views and lets them change places: the mirrored right view is the left view of the mirrored
// world.
func (p Pair) Flipped() Pair {
	p.Intrinsics = p.Intrinsics.Flipped(p.Left.Width)
	p.Left, p.Right = p.Right.FlippedHorizontal(), p.Left.FlippedHorizontal()
	return p
}

// readPair reads both images of a frame, resized to the size of the options, with the intrinsics that belong to that size.
func (o LoaderOptions) readPair(f Frame, c *Calibration) (Pair, error) {
	pair := Pair{Intrinsics: c.Intrinsics(Left), Baseline: c.Baseline()}
	var err error
	if pair.Left, err = o.readView(f, Left, c); err != nil {
		return Pair{}, err
	}
	if pair.Right, err = o.readView(f, Right, c); err != nil {
		return Pair{}, err
	}
	if c.Size[Left] != c.Size[Right] {
		return Pair{}, fmt.Errorf("kitti: %s: the left images have %v pixels and the right ones %v, by their calibration: want the same size",
			f.Date, c.Size[Left], c.Size[Right])
	}
	size := c.Size[Left]
	pair.Intrinsics = pair.Intrinsics.Resized(float64(o.Width)/float64(size[0]), float64(o.Height)/float64(size[1]))
	return pair, nil
}

// readView reads one image of a frame and resizes it. The image must have the size that its calibration is for.
func (o LoaderOptions) readView(f Frame, camera Camera, c *Calibration) (*Image, error) {
	path, err := f.FindImage(o.Root, camera)
	if err != nil {
		return nil, err
	}
	im, err := readImage(path, o.MaxExpanded)
	if err != nil {
		return nil, err
	}
	if size := c.Size[camera]; size != [2]int{im.Width, im.Height} {
		return nil, fmt.Errorf("kitti: %s has %d×%d pixels (height×width), and its calibration is for %d×%d: take the recorded images, they are resized when they are read",
			input.Name(path), im.Height, im.Width, size[1], size[0])
	}
	return im.Resized(o.Height, o.Width), nil
}

// Snippet is three frames of one camera that follow each other.
type Snippet struct {
	Before, Target, After *Image
	// Camera holds the intrinsics in columns and rows that count from 0 at the centre of the first pixel, as positions in a
	// tensor do. Those of the calibration count from 1.
	Camera Intrinsics
}

// Flipped mirrors all frames: three frames of the mirrored world.
func (s Snippet) Flipped() Snippet {
	s.Camera = s.Camera.Flipped(s.Target.Width)
	s.Before, s.Target, s.After = s.Before.FlippedHorizontal(), s.Target.FlippedHorizontal(), s.After.FlippedHorizontal()
	return s
}

// WithNeighbours returns the entries for which the camera has an image of the frame before and of the frame after, and
// how many have none: first and last frames of drives.
func WithNeighbours(root string, entries []Entry) (kept []Entry, skipped int) {
	for _, e := range entries {
		_, before := e.neighbour(-1).FindImage(root, e.Camera)
		_, after := e.neighbour(1).FindImage(root, e.Camera)
		if errors.Is(before, fs.ErrNotExist) || errors.Is(after, fs.ErrNotExist) {
			skipped++
			continue
		}
		kept = append(kept, e) // an image that cannot be looked for is an error when it is read
	}
	return kept, skipped
}

// readSnippet reads an entry's frame and its two neighbours, resized to the size of the options, with the intrinsics that
// belong to that size.
func (o LoaderOptions) readSnippet(e Entry, c *Calibration) (Snippet, error) {
	var images [3]*Image
	for i := range images {
		var err error
		if images[i], err = o.readView(e.neighbour(i-1), e.Camera, c); err != nil {
			return Snippet{}, fmt.Errorf("kitti: a snippet around %s: %w", e.Image(e.Camera, ""), err)
		}
	}
	k, size := c.Intrinsics(e.Camera), c.Size[e.Camera]
	sx, sy := float64(o.Width)/float64(size[0]), float64(o.Height)/float64(size[1])
	// Of a pixel that counts from 1 the centre lies half a pixel less from the image's edge.
	camera := Intrinsics{Fx: k.Fx * sx, Fy: k.Fy * sy, Cx: (k.Cx-.5)*sx - .5, Cy: (k.Cy-.5)*sy - .5}
	return Snippet{images[0], images[1], images[2], camera}, nil
}

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

// toned returns the image in the colours that were drawn: v^gamma·gain, cut to [0, 1].
func (v variation) toned(im *Image) *Image {
	if !v.colour {
		return im
	}
	out := NewImage(im.Height, im.Width)
	for i, value := range im.RGB {
		out.RGB[i] = float32(min(max(math.Pow(float64(value), v.gamma)*v.gains[i%3], 0), 1))
	}
	return out
}
