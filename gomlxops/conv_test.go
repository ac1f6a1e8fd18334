package gomlxops_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/gomlx/compute"
	"github.com/gomlx/compute/dtypes"
	. "github.com/gomlx/gomlx/core/graph"
	"github.com/gomlx/gomlx/core/tensors"

	"github.com/robustloss/gomlx-robustloss/gomlxops"
	"github.com/robustloss/gomlx-robustloss/internal/testkit"
)

// convCase is a convolution of an image `[2, height, width, 2]` to 3 channels.
type convCase struct{ height, width, kernelHeight, kernelWidth, stride int }

func (c convCase) String() string {
	return fmt.Sprintf("%d×%d image, %d×%d kernel, stride %d", c.height, c.width, c.kernelHeight, c.kernelWidth, c.stride)
}

var convCases = []convCase{
	{4, 5, 1, 1, 1},
	{4, 5, 3, 3, 1},
	{5, 3, 5, 5, 1},
	{6, 6, 3, 3, 2},
	{5, 7, 3, 3, 2},
	{8, 6, 5, 5, 2},
	{4, 4, 2, 2, 1},
	{5, 4, 4, 4, 2},
	{4, 6, 2, 3, 2},
	{7, 5, 3, 3, 3},
	{2, 1, 7, 5, 2},
	{5, 5, 1, 1, 2},
	{5, 5, 2, 2, 3},
}

const convBatch, convIn, convOut = 2, 2, 3

// naiveConv2D is the definition with TensorFlow's "SAME" padding, in plain Go.
func naiveConv2D(c convCase, x, kernel []float64) []float64 {
	high, wide := (c.height+c.stride-1)/c.stride, (c.width+c.stride-1)/c.stride
	top := max((high-1)*c.stride+c.kernelHeight-c.height, 0) / 2
	left := max((wide-1)*c.stride+c.kernelWidth-c.width, 0) / 2
	var y []float64
	for at := range convBatch * high * wide * convOut {
		out, j, i, image := at%convOut, at/convOut%wide, at/convOut/wide%high, at/convOut/wide/high
		sum := 0.0
		for tap := range c.kernelHeight * c.kernelWidth * convIn {
			in, t, s := tap%convIn, tap/convIn%c.kernelWidth, tap/convIn/c.kernelWidth
			row, column := c.stride*i+s-top, c.stride*j+t-left
			if row >= 0 && row < c.height && column >= 0 && column < c.width {
				sum += kernel[tap*convOut+out] * x[((image*c.height+row)*c.width+column)*convIn+in]
			}
		}
		y = append(y, sum)
	}
	return y
}

func convInputs(t *testing.T, dtype dtypes.DType, c convCase) (x, kernel *tensors.Tensor) {
	t.Helper()
	return randomTensor(t, dtype, 1, convBatch, c.height, c.width, convIn), randomTensor(t, dtype, 2, c.kernelHeight, c.kernelWidth, convIn, convOut)
}

func TestConv2D_IsTheDefinition(t *testing.T) {
	testkit.ForEachBackend(t, func(t *testing.T, backend compute.Backend) {
		testkit.ForEachDType(t, func(t *testing.T, dtype dtypes.DType) {
			var inputs []any
			for _, c := range convCases {
				x, kernel := convInputs(t, dtype, c)
				inputs = append(inputs, x, kernel)
			}
			outputs := testkit.Exec(t, backend, func(in []*Node) []*Node {
				var all []*Node
				for i, c := range convCases {
					all = append(all, gomlxops.Conv2D(in[2*i], in[2*i+1], c.stride))
				}
				return all
			}, inputs...)
			tolerance := map[dtypes.DType]float64{dtypes.Float64: 1e-13, dtypes.Float32: 1e-5}[dtype]
			for i, c := range convCases {
				x, kernel := convInputs(t, dtype, c)
				want := naiveConv2D(c, testkit.Floats(t, x), testkit.Floats(t, kernel))
				testkit.CheckClose(t, c.String(), testkit.Floats(t, outputs[i]), want, tolerance, tolerance)
			}
		})
	})
}

// ⟨Conv2D(a, kernel), b⟩ = ⟨a, ConvTranspose2D(b, kernel)⟩, and the gradients of both in their image are the other.
func TestConvTranspose2D_IsTheTranspose(t *testing.T) {
	testkit.ForEachBackend(t, func(t *testing.T, backend compute.Backend) {
		testkit.ForEachDType(t, func(t *testing.T, dtype dtypes.DType) {
			outputs := testkit.Exec(t, backend, func(g *Graph) []*Node {
				var all []*Node
				for i, c := range convCases {
					size := []int{convBatch, c.height * c.stride, c.width * c.stride, convIn}
					a := ConstTensor(g, randomTensor(t, dtype, uint64(i), size...))
					b := ConstTensor(g, randomTensor(t, dtype, uint64(100+i), convBatch, c.height, c.width, convOut))
					_, k := convInputs(t, dtype, c)
					kernel := ConstTensor(g, k)
					small, large := gomlxops.Conv2D(a, kernel, c.stride), gomlxops.ConvTranspose2D(b, kernel, c.stride)
					all = append(all, ReduceAllSum(Mul(small, b)), ReduceAllSum(Mul(a, large)),
						Gradient(ReduceAllSum(Mul(small, b)), a)[0], large,
						Gradient(ReduceAllSum(Mul(large, a)), b)[0], small)
				}
				return all
			})
			tolerance := map[dtypes.DType]float64{dtypes.Float64: 1e-12, dtypes.Float32: 2e-5}[dtype]
			for i, c := range convCases {
				floats := func(k int) []float64 { return testkit.Floats(t, outputs[6*i+k]) }
				testkit.CheckClose(t, c.String()+": products", floats(1), floats(0), tolerance, 10*tolerance)
				testkit.CheckClose(t, c.String()+": gradient of Conv2D", floats(2), floats(3), tolerance, tolerance)
				testkit.CheckClose(t, c.String()+": gradient of ConvTranspose2D", floats(4), floats(5), tolerance, tolerance)
			}
		})
	})
}

func TestConvolutions_GradientsMatchFiniteDifferences(t *testing.T) {
	testkit.ForEachBackend(t, func(t *testing.T, backend compute.Backend) {
		testkit.ForEachDType(t, func(t *testing.T, dtype dtypes.DType) {
			x := randomTensor(t, dtype, 1, 1, 4, 3, 2)
			kernels := []*tensors.Tensor{randomTensor(t, dtype, 2, 3, 3, 2, 1), randomTensor(t, dtype, 3, 2, 2, 2, 1), randomTensor(t, dtype, 4, 3, 3, 1, 2), randomTensor(t, dtype, 5, 4, 2, 1, 2)}
			testkit.CheckGradient(t, backend, func(in []*Node) *Node {
				var flat []*Node
				for i, kernel := range in[1:] {
					for stride := 1; stride <= 2; stride++ {
						y := gomlxops.ConvTranspose2D
						if i < 2 {
							y = gomlxops.Conv2D
						}
						flat = append(flat, Reshape(Sin(y(in[0], kernel, stride)), -1))
					}
				}
				return Concatenate(flat, 0)
			}, append(tensorsOf(x), kernels...), testkit.Tolerance{})
		})
	})
}

// On pure Go the gradients are convolutions and products, too, and have gradients in their turn.
func TestConvolutions_SecondDerivativesMatchFiniteDifferences(t *testing.T) {
	backend := testkit.Backend(t, "go")
	for _, c := range []struct {
		name    string
		kernel  []int
		stride  int
		compute func(x, kernel *Node, stride int) *Node
	}{
		{"fewer channels", []int{3, 2, 2, 1}, 1, gomlxops.Conv2D},
		{"more channels", []int{2, 3, 2, 3}, 1, gomlxops.Conv2D},
		{"stride 2", []int{3, 3, 2, 1}, 2, gomlxops.Conv2D},
		{"transposed", []int{3, 3, 1, 2}, 2, gomlxops.ConvTranspose2D},
	} {
		t.Run(c.name, func(t *testing.T) {
			inputs := tensorsOf(randomTensor(t, dtypes.Float64, 1, 1, 3, 4, 2), randomTensor(t, dtypes.Float64, 2, c.kernel...))
			testkit.CheckGradient(t, backend, func(in []*Node) *Node {
				var flat []*Node
				for _, g := range Gradient(ReduceAllSum(Sin(c.compute(in[0], in[1], c.stride))), in...) {
					flat = append(flat, Reshape(g, -1))
				}
				return Concatenate(flat, 0)
			}, inputs, testkit.Tolerance{})
		})
	}
}

func TestConvolutions_Panic(t *testing.T) {
	mustPanic(t, "channels", func(g *Graph) { gomlxops.Conv2D(zeros(g, 1, 4, 4, 3), zeros(g, 3, 3, 2, 5), 1) }, "Conv2D", "channels, outputs]", "with 3 channels", "[3, 3, 2, 5]")
	mustPanic(t, "transposed channels", func(g *Graph) { gomlxops.ConvTranspose2D(zeros(g, 1, 4, 4, 3), zeros(g, 3, 3, 3, 5), 1) }, "ConvTranspose2D", "outputs, channels]")
	mustPanic(t, "stride", func(g *Graph) { gomlxops.Conv2D(zeros(g, 1, 4, 4, 3), zeros(g, 3, 3, 3, 5), 0) }, "Conv2D", "stride", "got 0")
	mustPanic(t, "kernel's rank", func(g *Graph) { gomlxops.Conv2D(zeros(g, 1, 4, 4, 3), zeros(g, 3, 3, 3), 1) }, "Conv2D", "kernel", "[3, 3, 3]")
	mustPanic(t, "image's rank", func(g *Graph) { gomlxops.ConvTranspose2D(zeros(g, 4, 4, 3), zeros(g, 3, 3, 3, 3), 1) }, "ConvTranspose2D", "rank 3")
	mustPanic(t, "dtype", func(g *Graph) {
		gomlxops.Conv2D(zeros(g, 1, 4, 4, 3), ConvertDType(zeros(g, 3, 3, 3, 3), dtypes.Float64), 1)
	}, "Conv2D", "dtype Float32")
}

// The convolution that is used is the fast one of each backend.
func TestConv2D_UsesWhatIsFast(t *testing.T) {
	testkit.ForEachBackend(t, func(t *testing.T, backend compute.Backend) {
		g := NewGraph(backend, "Conv2D")
		odd := gomlxops.Conv2D(zeros(g, 1, 4, 4, 2), zeros(g, 3, 3, 2, 3), 1)
		even := gomlxops.Conv2D(zeros(g, 1, 4, 4, 2), zeros(g, 2, 2, 2, 3), 1)
		if native := odd.Type() == NodeTypeConvGeneral; native != strings.HasSuffix(t.Name(), "/xla") {
			t.Errorf("a 3×3 kernel uses %s", odd.Type())
		}
		if even.Type() == NodeTypeConvGeneral {
			t.Errorf("a 2×2 kernel uses %s, whose gradient is wrong", even.Type())
		}
	})
}
