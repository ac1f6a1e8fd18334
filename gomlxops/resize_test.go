package gomlxops_test

import (
	"testing"

	"github.com/gomlx/compute"
	"github.com/gomlx/compute/dtypes"
	. "github.com/gomlx/gomlx/core/graph"

	"github.com/robustloss/gomlx-robustloss/gomlxops"
	"github.com/robustloss/gomlx-robustloss/internal/testkit"
)

// A row of pixels resized, computed by hand from the definitions.
func TestResize_OneRow(t *testing.T) {
	testkit.ForEachBackend(t, func(t *testing.T, backend compute.Backend) {
		testkit.ForEachDType(t, func(t *testing.T, dtype dtypes.DType) {
			four := []float64{0, 4, 8, 20}
			cases := []struct {
				name   string
				in     []float64
				resize func(x *Node, height, width int) *Node
				want   []float64
			}{
				{"bilinear to 8", four, gomlxops.ResizeBilinear, []float64{0, 1, 3, 5, 7, 11, 17, 20}},
				{"bilinear to 2", four, gomlxops.ResizeBilinear, []float64{2, 14}},
				{"bilinear to 1", four, gomlxops.ResizeBilinear, []float64{6}},
				{"bilinear of one pixel", []float64{5}, gomlxops.ResizeBilinear, []float64{5, 5, 5}},
				{"bilinear to the same", four, gomlxops.ResizeBilinear, four},
				{"legacy to 8", four, gomlxops.ResizeBilinearLegacy, []float64{0, 2, 4, 6, 8, 14, 20, 20}},
				{"legacy by 2.5", []float64{0, 1, 2, 3, 4}, gomlxops.ResizeBilinearLegacy, []float64{0, 2.5}},
				{"legacy to 3", four, gomlxops.ResizeBilinearLegacy, []float64{0, 16. / 3, 16}},
				{"area to 2", four, gomlxops.ResizeArea, []float64{2, 14}},
				{"area to 3", four, gomlxops.ResizeArea, []float64{1, 6, 17}},
				{"area to 8", four, gomlxops.ResizeArea, []float64{0, 0, 4, 4, 8, 8, 20, 20}},
				{"area to 1", four, gomlxops.ResizeArea, []float64{8}},
			}
			outputs := testkit.Exec(t, backend, func(g *Graph) []*Node {
				var all []*Node
				for _, c := range cases {
					x := ConstAsDType(g, dtype, c.in)
					n, m := len(c.in), len(c.want)
					all = append(all, c.resize(Reshape(x, 1, 1, n, 1), 1, m), c.resize(Reshape(x, 1, n, 1, 1), m, 1))
				}
				return all
			})
			for i, c := range cases {
				tolerance := exactTolerance(dtype)
				testkit.CheckClose(t, c.name+" (row)", testkit.Floats(t, outputs[2*i]), c.want, tolerance, tolerance)
				testkit.CheckClose(t, c.name+" (column)", testkit.Floats(t, outputs[2*i+1]), c.want, tolerance, tolerance)
			}
		})
	})
}

func TestUpsampleNearest_RepeatsPixels(t *testing.T) {
	x := testkit.Tensor(t, dtypes.Float64, []float64{1, 2, 3, 4}, 1, 2, 2, 1)
	output := testkit.Exec(t, testkit.Backend(t, "go"), func(x *Node) *Node { return gomlxops.UpsampleNearest(x, 2) }, x)
	testkit.CheckClose(t, "repeated", testkit.Floats(t, output[0]), []float64{1, 1, 2, 2, 1, 1, 2, 2, 3, 3, 4, 4, 3, 3, 4, 4}, 0, 0)
}

// Resizing keeps constant images constant, and by area it keeps the mean of any image.
func TestResize_KeepsConstantsAndMeans(t *testing.T) {
	sizes := [][2]int{{1, 1}, {2, 9}, {3, 4}, {7, 5}, {16, 3}}
	outputs := testkit.Exec(t, testkit.Backend(t, "go"), func(x *Node) []*Node {
		var all []*Node
		for _, size := range sizes {
			for _, resize := range []func(x *Node, height, width int) *Node{gomlxops.ResizeBilinear, gomlxops.ResizeBilinearLegacy, gomlxops.ResizeArea} {
				ones := resize(OnesLike(x), size[0], size[1])
				all = append(all, ReduceAllMax(Abs(MinusOne(ones))))
			}
			all = append(all, Abs(Sub(ReduceAllMean(gomlxops.ResizeArea(x, size[0], size[1])), ReduceAllMean(x))))
		}
		return all
	}, randomTensor(t, dtypes.Float64, 3, 2, 7, 5, 3))
	for i, output := range outputs {
		if off := testkit.Floats(t, output)[0]; off > 1e-14 {
			t.Errorf("size %v, property %d: off by %g", sizes[i/4], i%4, off)
		}
	}
}

func TestResize_GradientsMatchFiniteDifferences(t *testing.T) {
	testkit.ForEachBackend(t, func(t *testing.T, backend compute.Backend) {
		testkit.ForEachDType(t, func(t *testing.T, dtype dtypes.DType) {
			testkit.CheckGradient(t, backend, func(in []*Node) *Node {
				x := Sin(in[0])
				var flat []*Node
				for _, y := range []*Node{
					gomlxops.ResizeBilinear(x, 5, 2), gomlxops.ResizeBilinear(x, 1, 7), gomlxops.ResizeArea(x, 2, 3), gomlxops.ResizeArea(x, 1, 1),
					gomlxops.ResizeBilinearLegacy(x, 4, 5), gomlxops.UpsampleBilinear(x, 2), gomlxops.UpsampleNearest(x, 3),
				} {
					flat = append(flat, Reshape(y, -1))
				}
				return Concatenate(flat, 0)
			}, tensorsOf(randomTensor(t, dtype, 4, 2, 2, 4, 2)), testkit.Tolerance{})
		})
	})
}

func TestResize_Panics(t *testing.T) {
	for name, resize := range map[string]func(x *Node, height, width int) *Node{
		"ResizeBilinear": gomlxops.ResizeBilinear, "ResizeBilinearLegacy": gomlxops.ResizeBilinearLegacy, "ResizeArea": gomlxops.ResizeArea,
	} {
		mustPanic(t, name, func(g *Graph) { resize(zeros(g, 4, 4, 3), 2, 2) }, name, "rank 3")
		mustPanic(t, name, func(g *Graph) { resize(zeros(g, 1, 4, 4, 3), 0, 2) }, name, "≥ 1", "got 0 and 2")
	}
	for name, upsample := range map[string]func(x *Node, factor int) *Node{"UpsampleBilinear": gomlxops.UpsampleBilinear, "UpsampleNearest": gomlxops.UpsampleNearest} {
		mustPanic(t, name, func(g *Graph) { upsample(zeros(g, 1, 4, 4, 3), 0) }, name, "factor", "got 0")
		mustPanic(t, name, func(g *Graph) { upsample(zeros(g, 4, 4), 2) }, name, "rank 2")
	}
}
