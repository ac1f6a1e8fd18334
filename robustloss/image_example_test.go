package robustloss_test

import (
	"fmt"

	"github.com/gomlx/compute/gobackend"
	. "github.com/gomlx/gomlx/core/graph"
	"github.com/gomlx/gomlx/core/tensors"
	"github.com/gomlx/gomlx/ml/model"
	"github.com/robustloss/gomlx-robustloss/robustloss"
)

// The loss of a batch of residuals of 8×8 pixels, which is where the parameters start: α = 1, c = 0.1.
func ExampleNewImageAdaptive() {
	exec := model.MustNewExec(gobackend.GetBackend(), model.NewStore(), func(scope *model.Scope, residuals *Node) []*Node {
		loss := robustloss.NewImageAdaptive(scope.In("loss"), residuals).
			ColorSpace(robustloss.YUV).Representation(robustloss.CDF97).Levels(3).
			ScaleInit(0.1)
		nll := loss.Done()
		return []*Node{ReduceAllMean(nll), ReduceAllMean(loss.Alpha()), ReduceAllMean(loss.Scale())}
	})
	residuals := make([]float32, 2*8*8*3)
	for i := range residuals {
		residuals[i] = 0.1 * float32(i%7-3)
	}
	outputs := exec.MustCall(tensors.FromFlatDataAndDimensions(residuals, 2, 8, 8, 3))
	fmt.Printf("%.3f %.3f %.3f\n", outputs[0].Value(), outputs[1].Value(), outputs[2].Value())
	// Output:
	// -0.019 1.000 0.100
}
