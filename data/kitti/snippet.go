package kitti

import (
	"fmt"
	"iter"
	"math/rand/v2"

	"github.com/gomlx/gomlx/core/tensors"
	"github.com/gomlx/gomlx/ml/train"
)

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

// neighbour returns the frame of the same drive that many frames later.
func (f Frame) neighbour(frames int) Frame {
	f.Index += frames
	return f
}

// WithNeighbours returns the entries for which the camera has an image of the frame before and of the frame after, and
// how many have none: first and last frames of drives.
func WithNeighbours(root string, entries []Entry) (kept []Entry, skipped int) {
	for _, e := range entries {
		_, before := e.neighbour(-1).FindImage(root, e.Camera)
		_, after := e.neighbour(1).FindImage(root, e.Camera)
		if before == nil && after == nil {
			kept = append(kept, e)
			continue
		}
		skipped++
	}
	return kept, skipped
}

// ReadSnippet reads an entry's frame and its two neighbours, resized to height×width (0×0 keeps the size), with the
// intrinsics that belong to that size.
func ReadSnippet(root string, e Entry, c *Calibration, height, width int) (Snippet, error) {
	var images [3]*Image
	var sizes [3][2]int
	for i := range images {
		path, err := e.neighbour(i-1).FindImage(root, e.Camera)
		if err != nil {
			return Snippet{}, fmt.Errorf("kitti: a snippet around %s: %w", e.Image(e.Camera, ""), err)
		}
		im, err := ReadImage(path)
		if err != nil {
			return Snippet{}, err
		}
		sizes[i] = [2]int{im.Height, im.Width}
		if sizes[i] != sizes[0] {
			return Snippet{}, fmt.Errorf("kitti: %s is %d×%d and the frame before it %d×%d: want the same size",
				path, im.Height, im.Width, sizes[0][0], sizes[0][1])
		}
		if height > 0 {
			im = im.Resized(height, width)
		}
		images[i] = im
	}
	k := c.Intrinsics(e.Camera)
	sx, sy := float64(images[1].Width)/float64(sizes[1][1]), float64(images[1].Height)/float64(sizes[1][0])
	// Of a pixel that counts from 1 the centre lies half a pixel less from the image's edge.
	camera := Intrinsics{Fx: k.Fx * sx, Fy: k.Fy * sy, Cx: (k.Cx-.5)*sx - .5, Cy: (k.Cy-.5)*sy - .5}
	return Snippet{images[0], images[1], images[2], camera}, nil
}

// SnippetLoader streams snippets. It is safe for concurrent use.
type SnippetLoader struct {
	options LoaderOptions
	days    map[string]*Calibration
	cache   memory[Snippet]
}

// NewSnippetLoader is [NewLoader] for snippets. A frame without neighbours is an error when it is read: leave such frames
// out with [WithNeighbours].
func NewSnippetLoader(o LoaderOptions) (*SnippetLoader, error) {
	days, err := o.calibrations()
	if err != nil {
		return nil, err
	}
	return &SnippetLoader{options: o, days: days, cache: memory[Snippet]{limit: o.CacheBytes}}, nil
}

// Len returns the number of snippets.
func (l *SnippetLoader) Len() int { return len(l.options.Entries) }

// Snippet returns the i-th snippet, resized, without augmentation. It may be shared: do not change it.
func (l *SnippetLoader) Snippet(i int) (Snippet, error) {
	return l.cache.get(i, func() (Snippet, int64, error) {
		o := l.options
		s, err := ReadSnippet(o.Root, o.Entries[i], l.days[o.Entries[i].Date], o.Height, o.Width)
		if err != nil {
			return Snippet{}, 0, err
		}
		return s, int64(3 * 4 * len(s.Target.RGB)), nil
	})
}

// Batches yields the batches of step, step+1, … without end, each depending on the options and the step only. The inputs
// are the target frames, those before and those after, [batch, height, width, 3] float32 in [0, 1], and the cameras,
// [batch, 4]: fx, fy, cx, cy as in [Snippet]. There are no labels.
func (l *SnippetLoader) Batches(step int) iter.Seq2[train.Batch, error] {
	return streamed(l.options, step, l.varied, newSnippetBatch)
}

func (l *SnippetLoader) varied(item, position int) (Snippet, error) {
	s, err := l.Snippet(item)
	if err != nil || l.options.Augment == (Augmentation{}) {
		return s, err
	}
	return l.options.Augment.ApplySnippet(s, rand.New(rand.NewPCG(uint64(l.options.Seed), uint64(position)))), nil
}

func newSnippetBatch(snippets []Snippet) train.Batch {
	var frames [3][]float32
	var cameras []float32
	for _, s := range snippets {
		for i, im := range []*Image{s.Target, s.Before, s.After} {
			frames[i] = append(frames[i], im.RGB...)
		}
		k := s.Camera
		cameras = append(cameras, float32(k.Fx), float32(k.Fy), float32(k.Cx), float32(k.Cy))
	}
	height, width := snippets[0].Target.Height, snippets[0].Target.Width
	batch := train.Batch{}
	for _, f := range frames {
		batch.Inputs = append(batch.Inputs, tensors.FromFlatDataAndDimensions(f, len(snippets), height, width, 3))
	}
	batch.Inputs = append(batch.Inputs, tensors.FromFlatDataAndDimensions(cameras, len(snippets), 4))
	return batch
}
