package robustloss

import (
	"math"
	"strconv"
	"strings"

	"github.com/gomlx/compute/dtypes"
	. "github.com/gomlx/gomlx/core/graph"
	"github.com/gomlx/gomlx/core/tensors"
	"github.com/gomlx/gomlx/ml/model"
	"github.com/gomlx/gomlx/ml/train"
	"github.com/gomlx/gomlx/ml/train/loss"
	"github.com/gomlx/gomlx/support/exceptions"
	"github.com/robustloss/gomlx-robustloss/robustloss/scalar"
)

// Hyperparameters that [MakeLossFromScope] reads.
const (
	// ParamAlpha is α in [−∞, +∞]: a number, or text as strconv.ParseFloat reads it, "-Inf" or "0.5". The default is 1.
	//
	// The text is for infinity: a checkpoint keeps hyperparameters as JSON, and a command line sets them from it, and JSON
	// has no infinite numbers. [MakeLossFromScope] replaces an infinite number by its text, so that the scope can be saved.
	ParamAlpha = "robust_alpha"

	// ParamScale is c, a number > 0, in the units of the labels. The default is 1.
	ParamScale = "robust_scale"
)

// MakeLoss returns a loss for train.NewTrainer: the mean of [Loss] over the residuals predictions[0] − labels[0], with
// the shape and scale fixed. Both must have the same shape and dtype, which is that of the result; half floats are
// subtracted and averaged in float32.
//
// As with GoMLX's own losses, labels may hold two more tensors, in any order:
//
//   - a mask, of dtype Bool: true for the elements to use. The mean is over these alone; without any it is 0.
//   - weights, of the labels' dtype: each element's loss is multiplied by its weight. The mean isn't divided by their sum.
//
// Both have the shape of labels[0], or leading axes of it, as `[batchSize]`, which are repeated over the rest. Whatever
// residual the mask hides, NaN included, neither the loss nor its gradient sees it.
//
// MakeLoss panics if scale isn't positive and finite or alpha is NaN; the loss panics where shapes don't fit, and where there
// are no elements.
func MakeLoss(alpha, scale float64) loss.LossFn {
	if !(scale > 0) || math.IsInf(scale, 1) || alpha != alpha {
		exceptions.Panicf("robustloss.MakeLoss: want alpha in [−Inf, +Inf] and a finite scale > 0, got alpha=%g and scale=%g", alpha, scale)
	}
	return func(labels, predictions []*Node) *Node {
		label, prediction := labels[0], predictions[0]
		if !label.Shape().Equal(prediction.Shape()) {
			exceptions.Panicf("robustloss.MakeLoss: labels[0] (%s) and predictions[0] (%s) must have the same shape and dtype",
				label.Shape(), prediction.Shape())
		}
		if label.Shape().Size() == 0 {
			exceptions.Panicf("robustloss.MakeLoss: labels[0] (%s) is empty: nothing has no mean", label.Shape())
		}
		weights, mask := weightsAndMask(label, labels[1:])
		dtype := workingDType(label.DType())
		residual := Sub(ConvertDType(prediction, dtype), ConvertDType(label, dtype))
		if mask != nil {
			residual = Where(mask, residual, ZerosLike(residual))
		}
		values := Loss(residual, ConstAs(residual, alpha), ConstAs(residual, scale))
		if weights != nil {
			values = Mul(values, ConvertDType(weights, dtype))
		}
		switch {
		case values.IsScalar():
		case mask != nil:
			values = MaskedReduceAllMean(values, mask)
		default:
			values = ReduceAllMean(values)
		}
		return ConvertDType(values, label.DType())
	}
}

// MakeLossFromScope returns [MakeLoss] with the hyperparameters [ParamAlpha] and [ParamScale] of the scope.
func MakeLossFromScope(scope *model.Scope) loss.LossFn {
	return MakeLoss(paramAlpha(scope), model.GetParamOr(scope, ParamScale, 1.0))
}

// paramAlpha reads ParamAlpha, and replaces infinite numbers of the scope's store by their text.
func paramAlpha(scope *model.Scope) float64 {
	store := scope.Store()
	infinite := map[string]any{}
	for path, value := range store.IterParams() {
		if model.BasePath(path) != ParamAlpha {
			continue
		}
		switch value {
		case math.Inf(1), float32(math.Inf(1)):
			infinite[path] = "+Inf"
		case math.Inf(-1), float32(math.Inf(-1)):
			infinite[path] = "-Inf"
		}
	}
	for path, text := range infinite {
		store.SetParam(path, text)
	}
	value, _ := scope.GetParam(ParamAlpha)
	text, isText := value.(string)
	if !isText {
		return model.GetParamOr(scope, ParamAlpha, 1.0)
	}
	alpha, err := strconv.ParseFloat(strings.TrimSpace(text), 64)
	if err != nil {
		exceptions.Panicf("robustloss.MakeLossFromScope: the hyperparameter %s is %q: want a number, or one as text: -Inf, 0.5, …",
			ParamAlpha, text)
	}
	return alpha
}

// weightsAndMask finds the weights and the mask among the extra labels and repeats them to the label's shape. The weights
// are 0 where the mask is false.
func weightsAndMask(label *Node, extras []*Node) (weights, mask *Node) {
	repeated := make([]*Node, len(extras))
	for i, extra := range extras {
		repeated[i] = repeatTrailing(extra, label)
	}
	return loss.CheckExtraLabelsForWeightsAndMask(label.Shape(), repeated)
}

// repeatTrailing repeats n over the trailing axes it lacks, if its own axes are the leading ones of the label, or
// else returns it as it is.
func repeatTrailing(n, label *Node) *Node {
	if n.Rank() >= label.Rank() {
		return n
	}
	for axis, dim := range n.Shape().Dimensions {
		if dim != label.Shape().Dimensions[axis] {
			return n
		}
	}
	for n.Rank() < label.Rank() {
		n = InsertAxes(n, -1)
	}
	return BroadcastToDims(n, label.Shape().Dimensions...)
}

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
