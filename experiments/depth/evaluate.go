package depth

import (
	"fmt"

	"github.com/gomlx/compute"
	. "github.com/gomlx/gomlx/core/graph"
	"github.com/gomlx/gomlx/core/tensors"
	"github.com/gomlx/gomlx/ml/model"

	"github.com/robustloss/gomlx-robustloss/data/kitti"
	"github.com/robustloss/gomlx-robustloss/experiments/run"
)

// Predictor predicts the depth of single images.
type Predictor struct {
	config Config
	exec   *model.Exec
}

// NewPredictor returns a predictor with the weights of a store.
func NewPredictor(backend compute.Backend, store *model.Store, c Config) (*Predictor, error) {
	network := c.Network
	network.Scales = 1 // the finest prediction is the result: the others are not built
	exec, err := model.NewExec(backend, store, func(scope *model.Scope, image *Node) *Node {
		return network.Disparities(scope, image)[0]
	})
	if err != nil {
		return nil, fmt.Errorf("depth: cannot build the predictor: %w", err)
	}
	return &Predictor{config: c, exec: exec}, nil
}

// Close frees what was compiled.
func (p *Predictor) Close() { p.exec.Finalize() }

// Disparities returns the disparities of images of the configuration's size, in pixels, one slice of height·width numbers an
// image.
func (p *Predictor) Disparities(images []*kitti.Image) ([][]float32, error) {
	height, width := p.config.Data.Height, p.config.Data.Width
	batch := p.config.Batch
	var all [][]float32
	for first := 0; first < len(images); first += batch {
		var flat []float32
		for i := range batch { // The last batch is filled up, so that one graph does for all.
			image := images[min(first+i, len(images)-1)]
			if image.Height != height || image.Width != width {
				return nil, fmt.Errorf("depth: an image has %d×%d pixels, the network %d×%d", image.Height, image.Width, height, width)
			}
			flat = append(flat, image.RGB...)
		}
		output, err := p.exec.Call1(tensors.FromFlatDataAndDimensions(flat, batch, height, width, 3))
		if err != nil {
			return nil, fmt.Errorf("depth: cannot predict: %w", err)
		}
		disparities := tensors.MustCopyFlatData[float32](output)
		if err := output.FinalizeAll(); err != nil {
			return nil, err
		}
		for i := range min(batch, len(images)-first) {
			all = append(all, disparities[i*height*width:(i+1)*height*width])
		}
	}
	return all, nil
}

// Depth turns disparities in pixels into metres: focalBaseline/d.
func Depth(disparities []float32, height, width int, focalBaseline float64) *kitti.Depth {
	d := &kitti.Depth{Height: height, Width: width, Metres: make([]float32, len(disparities))}
	for i, v := range disparities {
		d.Metres[i] = float32(focalBaseline / float64(v))
	}
	return d
}

// TestSet holds the test pairs, at the network's size, and the true depths, at the recorded one.
type TestSet struct {
	Pairs  []kitti.Pair
	Truths []*kitti.Depth
}

// readTestSet reads all that a loader lists.
func readTestSet(l *kitti.Loader) (*TestSet, error) {
	set := &TestSet{}
	for i := range l.Len() {
		pair, err := l.Pair(i)
		if err != nil {
			return nil, err
		}
		truth, err := l.Depth(i)
		if err != nil {
			return nil, err
		}
		set.Pairs, set.Truths = append(set.Pairs, pair), append(set.Truths, truth)
	}
	return set, nil
}

// Predict returns the predicted depth of each left image, at the network's size.
func (s *TestSet) Predict(p *Predictor) ([]*kitti.Depth, error) {
	var images []*kitti.Image
	for _, pair := range s.Pairs {
		images = append(images, pair.Left)
	}
	disparities, err := p.Disparities(images)
	if err != nil {
		return nil, err
	}
	var depths []*kitti.Depth
	for i, pair := range s.Pairs {
		depths = append(depths, Depth(disparities[i], pair.Left.Height, pair.Left.Width, pair.FocalBaseline()))
	}
	return depths, nil
}

// Score compares predictions with the truths and returns the metrics, each the mean over the images.
func (s *TestSet) Score(predictions []*kitti.Depth, p Protocol) (run.Values, error) {
	var errors []imageErrors
	for i, prediction := range predictions {
		e, err := p.compare(prediction, s.Truths[i])
		if err != nil {
			return nil, fmt.Errorf("test image %d: %w", i, err)
		}
		errors = append(errors, e)
	}
	return meanErrors(errors).Values(), nil
}

// First returns the first n pairs of the set, or all.
func (s *TestSet) First(n int) *TestSet {
	n = min(n, len(s.Pairs))
	return &TestSet{Pairs: s.Pairs[:n], Truths: s.Truths[:n]}
}

// TrueDisparities returns focalBaseline/depth of each pixel of each left image, in pixels; 0 where no depth is known, which
// is right for a far sky. The true depths must have the size of the images, as those of synthetic streets have.
func (s *TestSet) TrueDisparities() [][]float32 {
	all := make([][]float32, len(s.Truths))
	for i, truth := range s.Truths {
		all[i] = make([]float32, len(truth.Metres))
		for k, z := range truth.Metres {
			if z > 0 {
				all[i][k] = float32(s.Pairs[i].FocalBaseline() / float64(z))
			}
		}
	}
	return all
}

// Batch returns all pairs as tensors, and a map of disparities, in pixels, for each of their left images: left and right,
// `[pairs, height, width, 3]`, and the disparities, `[pairs, height, width, 1]`, as the warp takes them. It is an error where
// a map has not a number for each pixel.
func (s *TestSet) Batch(disparities [][]float32) (left, right, maps *tensors.Tensor, err error) {
	var leftFlat, rightFlat, flat []float32
	n, height, width := len(s.Pairs), s.Pairs[0].Left.Height, s.Pairs[0].Left.Width
	if len(disparities) != n {
		return nil, nil, nil, fmt.Errorf("depth: there are %d maps of disparities for %d pairs", len(disparities), n)
	}
	for i, pair := range s.Pairs {
		if len(disparities[i]) != height*width {
			return nil, nil, nil, fmt.Errorf("depth: pair %d has %d disparities and %d×%d pixels", i, len(disparities[i]), height, width)
		}
		leftFlat, rightFlat = append(leftFlat, pair.Left.RGB...), append(rightFlat, pair.Right.RGB...)
		flat = append(flat, disparities[i]...)
	}
	left = tensors.FromFlatDataAndDimensions(leftFlat, n, height, width, 3)
	right = tensors.FromFlatDataAndDimensions(rightFlat, n, height, width, 3)
	return left, right, tensors.FromFlatDataAndDimensions(flat, n, height, width, 1), nil
}
