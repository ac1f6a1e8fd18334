package depth

import (
	"fmt"

	"github.com/gomlx/compute"
	"github.com/gomlx/gomlx/core/graph"
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
	exec, err := model.NewExec(backend, store, func(scope *model.Scope, image *graph.Node) *graph.Node {
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

// ReadTestSet reads all that a loader lists.
func ReadTestSet(l *kitti.Loader) (*TestSet, error) {
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
	var errors []Errors
	for i, prediction := range predictions {
		e, err := p.Compare(prediction, s.Truths[i])
		if err != nil {
			return nil, fmt.Errorf("test image %d: %w", i, err)
		}
		errors = append(errors, e)
	}
	return MeanErrors(errors).Values(), nil
}
