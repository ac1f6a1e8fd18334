package depth

import (
	"context"
	"fmt"
	"iter"
	"path/filepath"

	"github.com/gomlx/gomlx/ml/train"

	"github.com/robustloss/gomlx-robustloss/data/kitti"
	"github.com/robustloss/gomlx-robustloss/data/synth"
	"github.com/robustloss/gomlx-robustloss/experiments/run"
)

// Source is where pairs come from: a folder in the layout of KITTI's raw recordings, and the frames to use.
type Source struct {
	Root        string
	Train, Test []kitti.Entry
	// MaxExpanded is [kitti.LoaderOptions.MaxExpanded].
	MaxExpanded int64
}

// readSource reads the two split files of recordings below root.
func readSource(root, trainSplit, testSplit string) (Source, error) {
	train, err := kitti.ReadSplit(trainSplit)
	if err != nil {
		return Source{}, err
	}
	test, err := kitti.ReadSplit(testSplit)
	if err != nil {
		return Source{}, err
	}
	return Source{Root: root, Train: train, Test: test}, nil
}

// Streets returns the synthetic streets that the configuration asks for. They are written below cache where they are not
// there yet.
func (c DataConfig) Streets(ctx context.Context, cache string) (Source, error) {
	kind := ""
	if c.RandomLanes {
		kind = "-lanes"
	}
	if c.View == ViewTemporal {
		kind += "-neighbours"
	}
	root := filepath.Join(cache, fmt.Sprintf("streets-%dx%d-%d-%d-seed-%d%s", c.Width, c.Height, c.Train, c.Test, c.Seed, kind))
	options := synth.StreetOptions{Height: c.Height, Width: c.Width, Seed: c.Seed, RandomLanes: c.RandomLanes, Neighbours: c.View == ViewTemporal}
	if err := synth.WriteStreets(ctx, root, c.Train, c.Test, options, nil); err != nil {
		return Source{}, err
	}
	return readSource(root, filepath.Join(root, synth.StreetsTrainSplit), filepath.Join(root, synth.StreetsTestSplit))
}

// cacheBytes is how much memory the loaders may hold pairs in.
const cacheBytes = 512 << 20

func (s Source) trainingOptions(c Config, seed int64) kitti.LoaderOptions {
	return kitti.LoaderOptions{
		Root: s.Root, Entries: s.Train, Height: c.Data.Height, Width: c.Data.Width, Batch: c.Batch, Seed: seed,
		Shuffle: true, Augment: c.Data.Augmentation, CacheBytes: cacheBytes, MaxExpanded: s.MaxExpanded,
	}
}

// loaders returns the loaders of the training pairs, in an order and with an augmentation that depend on the seed, and of
// the test pairs.
func (s Source) loaders(c Config, seed int64) (train, test *kitti.Loader, err error) {
	options := s.trainingOptions(c, seed)
	if train, err = kitti.NewLoader(options); err != nil {
		return nil, nil, err
	}
	options.Entries, options.Augment = s.Test, kitti.Augmentation{}
	test, err = kitti.NewLoader(options)
	return train, test, err
}

// ReadTests reads the test pairs and their true depths.
func (s Source) ReadTests(c Config) (*TestSet, error) {
	_, tests, err := s.loaders(c, 0)
	if err != nil {
		return nil, err
	}
	return readTestSet(tests)
}

// withNeighbours leaves out the training frames that have no frame before or after them, and says how many these are.
func (s Source) withNeighbours() (kept Source, skipped int, err error) {
	if s.Train, skipped = kitti.WithNeighbours(s.Root, s.Train); len(s.Train) == 0 {
		return s, skipped, fmt.Errorf("depth: none of the %d training frames below %s has a frame before and one after it: "+
			"training on neighbouring frames needs whole drives", skipped, s.Root)
	}
	return s, skipped, nil
}

// batches returns the training batches of the configuration's view, in an order and with an augmentation that depend on the
// seed.
func (s Source) batches(c Config, seed int64) (func(step int) iter.Seq2[train.Batch, error], error) {
	options := s.trainingOptions(c, seed)
	if c.Data.View == ViewTemporal {
		l, err := kitti.NewSnippetLoader(options)
		if err != nil {
			return nil, err
		}
		return l.Batches, nil
	}
	l, err := kitti.NewLoader(options)
	if err != nil {
		return nil, err
	}
	return l.Batches, nil
}

// MeanDisparity scores the prediction that looks at no image: for every test image the mean over the training frames of each
// pixel's true disparity. A network that has learned anything from what it sees is better. It needs dense ground truth of one
// size, which synthetic streets have and recordings have not; the sky counts as a disparity of 0.
func (s Source) MeanDisparity(c Config) (run.Values, error) {
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
	tests, err := readTestSet(testing)
	if err != nil {
		return nil, err
	}
	predictions := make([]*kitti.Depth, len(tests.Truths))
	for i := range predictions {
		predictions[i] = mean
	}
	return tests.Score(predictions, c.Protocol)
}
