package robustloss

import (
	"testing"

	"github.com/gomlx/compute/dtypes"
	. "github.com/gomlx/gomlx/core/graph"
	"github.com/gomlx/gomlx/ml/model"
	"github.com/robustloss/gomlx-robustloss/internal/testkit"
)

// BenchmarkImageAdaptive times the author's image loss, YUV and CDF 9/7 with 5 levels, of 8 float32 images of 64×64×3: the
// value and the gradients in the residual, α's latents and c's. Compilation isn't counted.
func BenchmarkImageAdaptive(b *testing.B) {
	const batch, size, channels = 8, 64, 3
	for _, name := range testkit.Backends {
		b.Run(name, func(b *testing.B) {
			x := testkit.Tensor(b, dtypes.Float32, lcgImage(1, batch*size*size*channels), batch, size, size, channels)
			exec, err := model.NewExec(testkit.Backend(b, name), model.NewStore(), func(scope *model.Scope, x *Node) []*Node {
				loss := ReduceAllMean(NewImageAdaptive(scope, x).AlphaRange(0, 3).AlphaInit(1).ScaleFloor(1e-8).ScaleInit(0.01).Done())
				latents := []*Node{x}
				for _, latent := range imageLatents[:2] {
					latents = append(latents, scope.GetVariable(latent+latentStepSuffix).NodeValue(x.Graph()))
				}
				return append([]*Node{loss}, Gradient(loss, latents...)...)
			})
			if err != nil {
				b.Fatal(err)
			}
			defer exec.Finalize()
			run := func() {
				outputs, err := exec.Call(x)
				if err != nil {
					b.Fatal(err)
				}
				for _, output := range outputs {
					output.MustConstFlatData(func(any) {})
					output.MustFinalizeAll()
				}
			}
			run()
			for b.Loop() {
				run()
			}
			b.ReportMetric(batch*size*size*channels, "elems/op")
		})
	}
}
