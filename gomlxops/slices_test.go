package gomlxops

import (
	"testing"

	"github.com/gomlx/compute"
	"github.com/gomlx/compute/dtypes"
	. "github.com/gomlx/gomlx/core/graph"

	"github.com/robustloss/gomlx-robustloss/internal/testkit"
)

// This file has the wavelet transform by strided slices and adds, the alternative to matrices: a second method that checks
// the first, and what the benchmark compares it with.

// slicedTransform is WaveletTransform by slices and adds.
func slicedTransform(x *Node, wavelet Wavelet, levels int) *Node {
	if levels == 0 {
		return x
	}
	low, high := slicedBands(x, 1, wavelet)
	lowLow, lowHigh := slicedBands(low, 2, wavelet)
	highLow, highHigh := slicedBands(high, 2, wavelet)
	return Pyramid{
		Low:    slicedTransform(lowLow, wavelet, levels-1),
		Levels: []Bands{{HighHigh: highHigh, LowHigh: lowHigh, HighLow: highLow}},
	}.Flatten()
}

// slicedBands splits one axis: each tap of a symmetric filter is a strided slice on either side of the centre.
func slicedBands(x *Node, axis int, wavelet Wavelet) (low, high *Node) {
	const border = 4
	size := x.Shape().Dimensions[axis]
	padded := reflectedBySlices(x, axis, border)
	filtered := func(filter []float64, first, outputs int) (sum *Node) {
		tap := func(offset int) *Node {
			from := border + first + offset
			return SliceAxis(padded, axis, AxisRange(from, from+2*(outputs-1)+1).Stride(2))
		}
		sum = MulScalar(tap(0), filter[0])
		for offset := 1; offset < len(filter); offset++ {
			sum = Add(sum, MulScalar(Add(tap(offset), tap(-offset)), filter[offset]))
		}
		return sum
	}
	filters := wavelet.analysis()
	return filtered(filters.low, 0, (size+1)/2), filtered(filters.high, 1, size/2)
}

// reflectedBySlices is ReflectPad by slices of one element.
func reflectedBySlices(x *Node, axis, border int) *Node {
	size := x.Shape().Dimensions[axis]
	element := func(i int) *Node { return SliceAxis(x, axis, AxisRange(reflected(i, size), reflected(i, size)+1)) }
	var parts []*Node
	for i := -border; i < 0; i++ {
		parts = append(parts, element(i))
	}
	parts = append(parts, x)
	for i := size; i < size+border; i++ {
		parts = append(parts, element(i))
	}
	return Concatenate(parts, axis)
}

func TestWaveletTransform_IsThatBySlices(t *testing.T) {
	sizes := [][2]int{{8, 8}, {7, 5}, {3, 2}, {20, 33}}
	outputs := testkit.Exec(t, testkit.Backend(t, "go"), func(g *Graph) []*Node {
		var all []*Node
		for i, size := range sizes {
			x := Sin(MulScalar(IotaFull(g, imageShape(2, size[0], size[1], 3)), 1.7+float64(i)))
			levels := MaxWaveletLevels(size[0], size[1])
			for _, wavelet := range []Wavelet{CDF97, LeGall53} {
				all = append(all, ReduceAllMax(Abs(Sub(WaveletTransform(x, wavelet, levels), slicedTransform(x, wavelet, levels)))))
			}
		}
		return all
	})
	for i, output := range outputs {
		if off := testkit.Floats(t, output)[0]; off > 1e-13 {
			t.Errorf("%v: off by %g", sizes[i/2], off)
		}
	}
}

// benchmarkImages times f and its gradient for float32 images.
func benchmarkImages(b *testing.B, backend compute.Backend, f func(inputs []*Node) *Node, shapes ...[]int) {
	exec, err := NewExec(backend, func(inputs []*Node) []*Node {
		loss := ReduceAllSum(Square(f(inputs)))
		return append(Gradient(loss, inputs...), loss)
	})
	if err != nil {
		b.Fatal(err)
	}
	defer exec.Finalize()
	var inputs []any
	for i, dims := range shapes {
		values := testkit.Exec(b, backend, func(g *Graph) *Node {
			shape := imageShape(dims...)
			return ConvertDType(Sin(MulScalar(IotaFull(g, shape), 0.37+float64(i))), dtypes.Float32)
		})
		inputs = append(inputs, testkit.Tensor(b, dtypes.Float32, testkit.Floats(b, values[0]), dims...))
	}
	run := func() {
		outputs, err := exec.Call(inputs...)
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
}
