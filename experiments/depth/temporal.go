package depth

import (
	"fmt"
	"iter"

	. "github.com/gomlx/gomlx/core/graph"
	"github.com/gomlx/gomlx/ml/model"
	"github.com/gomlx/gomlx/ml/train"

	"github.com/robustloss/gomlx-robustloss/data/kitti"
)

// What a network is trained on.
const (
	ViewStereo   = ""         // the other view of a stereo pair, whose pose is known
	ViewTemporal = "temporal" // the frames before and after, whose poses a second network predicts
)

// NewTemporalConfig is [NewConfig] for training on neighbouring frames instead of stereo pairs.
func NewTemporalConfig(preset, row string) (Config, error) {
	c, err := NewConfig(preset, row)
	if err != nil {
		return Config{}, err
	}
	c.Data.View = ViewTemporal
	c.Pose = &PoseConfig{Factor: .01, Distance: .2, Stages: map[string][]Stage{
		"tiny":  {{4, 3, 2, 1}, {8, 3, 2, 1}},
		"quick": {{16, 5, 2, 1}, {32, 3, 2, 1}, {32, 3, 2, 1}, {32, 3, 2, 1}},
		"paper": {{16, 7, 2, 1}, {32, 5, 2, 1}, {64, 3, 2, 1}, {128, 3, 2, 1}, {256, 3, 2, 1}, {256, 3, 2, 1}, {256, 3, 2, 1}},
	}[preset]}
	return c, nil
}

// residuals returns what gives the residual of a disparity map. The residuals of several sources lie behind each other on
// the batch axis. inputs are as the loaders of the configuration's view give them.
func (c Config) residuals(scope *model.Scope, inputs []*Node) func(disparity *Node) *Node {
	if c.Data.View == ViewStereo {
		return func(disparity *Node) *Node { return Residual(inputs[0], inputs[1], disparity) }
	}
	target, sources, camera := inputs[0], inputs[1:3], inputs[3]
	poses := c.Pose.Poses(scope, target, sources...)
	return func(disparity *Node) *Node {
		depth := MulScalar(Inverse(disparity), c.Pose.Distance*c.Network.InitialDisparity)
		var all []*Node
		for i, source := range sources {
			all = append(all, ResidualOfMotion(target, source, depth, poses[i], camera))
		}
		return Concatenate(all, 0)
	}
}

// WithNeighbours leaves out the training frames that have no frame before or after them, and says how many these are.
func (s Source) WithNeighbours() (kept Source, skipped int, err error) {
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
