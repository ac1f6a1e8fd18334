package depth

import (
	"fmt"

	"github.com/robustloss/gomlx-robustloss/data/kitti"
	"github.com/robustloss/gomlx-robustloss/experiments/run"
)

// MeanMap scores the prediction that looks at no image: for every test image the mean over the training frames of each
// pixel's true disparity. A network that has learned anything from what it sees is better. It needs dense ground truth of one
// size, which synthetic streets have and recordings have not; the sky counts as a disparity of 0.
func (s Source) MeanMap(c Config) (run.Values, error) {
	training, testing, err := s.loaders(c, 0)
	if err != nil {
		return nil, err
	}
	height, width := c.Data.Height, c.Data.Width
	sum := make([]float64, height*width)
	for i := range training.Len() {
		truth, err := training.Depth(i)
		if err != nil {
			return nil, err
		}
		if truth.Height != height || truth.Width != width {
			return nil, fmt.Errorf("depth: the mean map needs depths of %d×%d pixels, frame %d has %d×%d", height, width, i, truth.Height, truth.Width)
		}
		for k, z := range truth.Metres {
			if z > 0 {
				sum[k] += 1 / float64(z)
			}
		}
	}
	mean := &kitti.Depth{Height: height, Width: width, Metres: make([]float32, height*width)}
	for k, v := range sum {
		mean.Metres[k] = float32(min(float64(training.Len())/max(v, 1e-9), 1e4))
	}
	tests, err := ReadTestSet(testing)
	if err != nil {
		return nil, err
	}
	predictions := make([]*kitti.Depth, len(tests.Truths))
	for i := range predictions {
		predictions[i] = mean
	}
	return tests.Score(predictions, c.Protocol)
}
