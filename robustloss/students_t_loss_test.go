package robustloss

import (
	"math"
	"testing"

	"github.com/gomlx/compute"
	. "github.com/gomlx/gomlx/core/graph"
	"github.com/gomlx/gomlx/ml/model"
	"github.com/gomlx/gomlx/ml/train/optimizer"
	"github.com/robustloss/gomlx-robustloss/internal/testkit"
)

// Few degrees of freedom for the Cauchy column, many for the normal one.
func TestStudentsT_LearnsDegreesOfFreedomAndScale(t *testing.T) {
	testkit.ForEachBackend(t, func(t *testing.T, backend compute.Backend) {
		store, x := model.NewStore(), heavyTailed(2000)
		build := func(scope *model.Scope, x *Node) *Adaptive {
			return NewStudentsT(scope.ResetVisited().In("loss"), x).DFInit(2).LocationInit(0.1).LatentRate(2)
		}
		trainLoss(t, backend, store, x, optimizer.Adam().LearningRate(0.05).Done(), 150, func(scope *model.Scope, x *Node) *Node {
			return build(scope, x).Done()
		})
		got := evaluate(t, backend, store, x, func(scope *model.Scope, x *Node) []*Node {
			s := build(scope, x)
			s.Done()
			return []*Node{s.DF(), s.Scale(), s.Location()}
		})
		if df := got[0]; df[0] < 10 || math.Abs(df[1]-1) > 0.15 {
			t.Errorf("ν = %.3g, want above 10 for the normal column and 1 for Cauchy's", df)
		}
		testkit.CheckClose(t, "s", got[1], []float64{0.5, 2}, 0.1, 0)
		testkit.CheckClose(t, "μ", got[2], []float64{0, 0}, 0, 0.15)
	})
}

func TestStudentsT_FixedDFAndSharedScale(t *testing.T) {
	testkit.ForEachBackend(t, func(t *testing.T, backend compute.Backend) {
		x := heavyTailed(3)
		got := evaluate(t, backend, model.NewStore(), x, func(scope *model.Scope, x *Node) []*Node {
			s := NewStudentsT(scope, x).FixedDF(math.Inf(1)).Shared().ScaleFloor(1e-3).ScaleInit(2)
			return []*Node{s.Done(), s.DF(), s.Scale(), NLL(x, Scalar(x.Graph(), x.DType(), 2.0), Scalar(x.Graph(), x.DType(), 2.0))}
		})
		testkit.CheckClose(t, "NLL at ν = ∞ and that at α = 2", got[0], got[3], 1e-14, 1e-14)
		testkit.CheckClose(t, "ν, s", []float64{got[1][0], got[2][0]}, []float64{math.Inf(1), 2}, 1e-15, 0)
		if len(got[2]) != 1 {
			t.Errorf("%d scales, want a shared one", len(got[2]))
		}
	})
}
