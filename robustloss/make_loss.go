package robustloss

import (
	. "github.com/gomlx/gomlx/core/graph"
	"github.com/gomlx/gomlx/ml/model"
	"github.com/gomlx/gomlx/ml/train/loss"
	"github.com/gomlx/gomlx/support/exceptions"
)

// Hyperparameters that [MakeLossFromScope] reads.
const (
	// ParamAlpha is α, a float64 in [−∞, +∞]. The default is 1.
	ParamAlpha = "robust_alpha"

	// ParamScale is c, a float64 > 0, in the units of the labels. The default is 1.
	ParamScale = "robust_scale"
)

// MakeLoss returns a loss for train.NewTrainer: the mean of [Loss] over the residuals predictions[0] − labels[0], with
// the shape and scale fixed. Both must have the same shape and dtype.
//
// As with GoMLX's own losses, labels may hold two more tensors, in any order:
//
//   - a mask, of dtype Bool: true for the elements to use. The mean is over these alone.
//   - weights, of the labels' dtype: each element's loss is multiplied by its weight. The mean isn't divided by their sum.
//
// Both have the shape of labels[0], or leading axes of it, as `[batchSize]`, which are repeated over the rest. Whatever
// residual the mask hides, NaN included, neither the loss nor its gradient sees it.
//
// MakeLoss panics if scale isn't positive or alpha is NaN; the loss panics where shapes don't fit.
func MakeLoss(alpha, scale float64) loss.LossFn {
	if !(scale > 0) || alpha != alpha {
		exceptions.Panicf("robustloss.MakeLoss: want alpha in [−Inf, +Inf] and scale > 0, got alpha=%g and scale=%g", alpha, scale)
	}
	return func(labels, predictions []*Node) *Node {
		label, prediction := labels[0], predictions[0]
		if !label.Shape().Equal(prediction.Shape()) {
			exceptions.Panicf("robustloss.MakeLoss: labels[0] (%s) and predictions[0] (%s) must have the same shape and dtype",
				label.Shape(), prediction.Shape())
		}
		residual := Sub(prediction, label)
		weights, mask := weightsAndMask(label, labels[1:])
		if mask != nil {
			residual = Where(mask, residual, ZerosLike(residual))
		}
		values := Loss(residual, ConstAs(residual, alpha), ConstAs(residual, scale))
		if weights != nil {
			values = Mul(values, weights)
		}
		switch {
		case values.IsScalar():
			return values
		case mask != nil:
			return MaskedReduceAllMean(values, mask)
		default:
			return ReduceAllMean(values)
		}
	}
}

// MakeLossFromScope returns [MakeLoss] with the hyperparameters [ParamAlpha] and [ParamScale] of the scope.
func MakeLossFromScope(scope *model.Scope) loss.LossFn {
	return MakeLoss(model.GetParamOr(scope, ParamAlpha, 1.0), model.GetParamOr(scope, ParamScale, 1.0))
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
