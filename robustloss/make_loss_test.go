package robustloss

import (
	"testing"

	"github.com/gomlx/compute"
	"github.com/gomlx/compute/dtypes"
	. "github.com/gomlx/gomlx/core/graph"
	"github.com/robustloss/gomlx-robustloss/internal/testkit"
)

func TestMakeLoss_MaskHidesWhatItHides(t *testing.T) {
	testkit.ForEachBackend(t, func(t *testing.T, backend compute.Backend) {
		got := testkit.Exec(t, backend, func(label, prediction *Node) []*Node {
			mask := LessThan(label, Scalar(label.Graph(), dtypes.Float64, 100))
			value := MakeLoss(2, 1)([]*Node{label, mask}, []*Node{prediction})
			return []*Node{value, Gradient(value, prediction)[0]}
		}, []float64{1, 2, 1e300}, []float64{2, 4, 0})
		testkit.CheckClose(t, "loss", testkit.Floats(t, got[0]), []float64{(0.5 + 2) / 2}, 1e-15, 0)
		testkit.CheckClose(t, "gradient", testkit.Floats(t, got[1]), []float64{0.5, 1, 0}, 1e-15, 0)
	})
}
