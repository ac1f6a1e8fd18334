package robustloss

import (
	"github.com/gomlx/compute/dtypes"
	. "github.com/gomlx/gomlx/core/graph"
	"github.com/gomlx/gomlx/core/tensors"
	"github.com/gomlx/gomlx/ml/model"
	"github.com/gomlx/gomlx/ml/train"
	"github.com/robustloss/gomlx-robustloss/robustloss/scalar"
)

// AlphaVariableName is the name of the variable that [AlphaVariable] reads and [AttachSchedule] sets.
const AlphaVariableName = "alpha"

// AlphaVariable returns α as the value of a variable of the scope: a scalar of the dtype, that no optimizer touches, and
// that can be changed between training steps without building the graph anew, by [AttachSchedule] or by [SetAlpha]. It is
// 1 until set. Any α in [−∞, +∞] may be stored; [Loss] takes them all.
func AlphaVariable(scope *model.Scope, g *Graph, dtype dtypes.DType) *Node {
	return ConvertDType(alphaVariable(scope).NodeValue(g), dtype)
}

func alphaVariable(scope *model.Scope) *model.Variable {
	return scope.VariableWithValue(AlphaVariableName, 1.0).SetTrainable(false)
}

// SetAlpha sets the α that [AlphaVariable] returns for the same scope, from the next execution on.
func SetAlpha(scope *model.Scope, alpha float64) error {
	return alphaVariable(scope).SetValue(tensors.FromValue(alpha))
}

// AttachSchedule anneals α in a training loop: before each step k, counted from the model's first, the variable that
// [AlphaVariable] returns for the same scope is set to schedule.Alpha(k). A resumed training goes on where the schedule was.
// After the loop α is that of the step after the last.
func AttachSchedule(loop *train.Loop, scope *model.Scope, schedule scalar.Schedule) {
	const name = "robustloss.AttachSchedule"
	loop.OnStart(name, 0, func(loop *train.Loop, _ train.Dataset) error {
		return SetAlpha(scope, schedule.Alpha(loop.LoopStep))
	})
	loop.OnStep(name, 0, func(loop *train.Loop, _ []*tensors.Tensor) error {
		return SetAlpha(scope, schedule.Alpha(loop.LoopStep+1))
	})
}
