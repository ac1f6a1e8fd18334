package depth

import (
	. "github.com/gomlx/gomlx/core/graph"
	"github.com/gomlx/gomlx/ml/model"
	"github.com/gomlx/gomlx/ml/train"
)

// terms are the numbers that are logged at each step.
var terms = []string{"photometric", "smoothness", "disparity"}

// trainingGraph builds one step's loss. inputs are as the loaders of the configuration's view give them. It returns
// the terms, each a scalar: the two parts of the loss, each a mean over the scales, and the mean disparity in pixels.
func (c Config) trainingGraph(scope *model.Scope, _ any, inputs []*Node) []*Node {
	target := inputs[0]
	disparities := c.Network.Disparities(scope, target)
	residual := c.residuals(scope, inputs)
	var photometric, smoothness *Node
	for i, disparity := range disparities {
		at := scope
		if i > 0 {
			at = scope.In("scale_%d", i)
		}
		p, s := c.Loss.terms(at, target, residual(disparity), disparity, c.Steps)
		s = DivScalar(s, float64(int(1)<<i))
		if i == 0 {
			photometric, smoothness = p, s
			continue
		}
		photometric, smoothness = Add(photometric, p), Add(smoothness, s)
	}
	scales := float64(len(disparities))
	photometric, smoothness = DivScalar(photometric, scales), DivScalar(smoothness, scales)
	train.AddMainLoss(Add(photometric, smoothness))
	return []*Node{photometric, smoothness, ReduceAllMean(disparities[0])}
}
