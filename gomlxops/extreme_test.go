package gomlxops_test

import (
	"fmt"
	"math"
	"strings"
	"testing"

	"github.com/gomlx/compute"
	"github.com/gomlx/compute/dtypes"
	. "github.com/gomlx/gomlx/core/graph"

	"github.com/robustloss/gomlx-robustloss/gomlxops"
	"github.com/robustloss/gomlx-robustloss/internal/testkit"
)

// floats is what a test must know of a float dtype: its largest number, its smallest normal one, the distance from 1 to the next
// number, and the dtype in which inputs are made.
type floats struct {
	dtype, made       dtypes.DType
	most, least, step float64
}

var allFloats = []floats{
	{dtypes.Float64, dtypes.Float64, math.MaxFloat64, 0x1p-1022, 0x1p-52},
	{dtypes.Float32, dtypes.Float32, math.MaxFloat32, 0x1p-126, 0x1p-23},
	{dtypes.BFloat16, dtypes.Float32, 0x1.fep127, 0x1p-126, 0x1p-7},
	{dtypes.Float16, dtypes.Float32, 65504, 0x1p-14, 0x1p-10},
}

// linearOps are the functions that are linear in an image.
func linearOps() (names []string, ops []func(x *Node) *Node) {
	for _, op := range imageOps {
		if op.name != "SSIM" && !strings.HasPrefix(op.name, "Warp") {
			names, ops = append(names, op.name), append(ops, op.apply)
		}
	}
	at := func(x *Node) *Node { // positions between the pixels, and outside
		return MulScalar(Iota(x.Graph(), shapesMake(x.DType(), 2, 8, 8, 2), 1), 1.25)
	}
	return append(names, "Warp", "WarpDisparity", "Conv2D"), append(ops,
		func(x *Node) *Node { warped, _ := gomlxops.Warp(x, at(x)); return warped },
		func(x *Node) *Node {
			warped, _ := gomlxops.WarpDisparity(x, SliceAxis(at(x), 3, AxisRange(0, 1)))
			return warped
		},
		func(x *Node) *Node {
			return gomlxops.Conv2D(x, MulScalar(Ones(x.Graph(), shapesMake(x.DType(), 3, 3, 3, 2)), 0.25), 1)
		})
}

// A linear function of an image that is larger or smaller by a power of two is larger or smaller by it, up to a factor of 2¹² from
// the largest number, and down to as near the smallest.
func TestOps_AreLinearAtTheExtremes(t *testing.T) {
	names, ops := linearOps()
	testkit.ForEachBackend(t, func(t *testing.T, backend compute.Backend) {
		for _, f := range allFloats {
			high := math.Exp2(math.Floor(math.Log2(f.most)) - 12)
			low := f.least * 0x1p12
			apply := testkit.Compile(t, backend, func(x, scale *Node) (all []*Node) {
				x = Mul(ConvertDType(x, f.dtype), ConvertDType(scale, f.dtype))
				for _, op := range ops {
					y := op(x)
					all = append(all, y, Gradient(ReduceAllSum(ConvertDType(y, f.made)), x)[0])
				}
				return all
			})
			x := randomTensor(t, f.made, 1, 2, 8, 8, 3)
			unscaled := apply(x, testkit.Tensor(t, f.made, []float64{1}))
			for _, scale := range []float64{high, low} {
				scaled := apply(x, testkit.Tensor(t, f.made, []float64{scale}))
				for i, name := range names {
					want := testkit.Floats(t, unscaled[2*i])
					for k := range want {
						want[k] *= scale
					}
					what := fmt.Sprintf("%s of %s times %g", name, f.dtype, scale)
					testkit.CheckClose(t, what, testkit.Floats(t, scaled[2*i]), want, 8*f.step, 8*f.step*scale+64*f.least)
					testkit.CheckClose(t, what+": gradient", testkit.Floats(t, scaled[2*i+1]), testkit.Floats(t, unscaled[2*i+1]), 8*f.step, 8*f.step)
				}
			}
		}
	})
}

// Images of the smallest and of subnormal numbers give nothing larger than they are, and no NaN.
func TestOps_OfTinyImages(t *testing.T) {
	names, ops := linearOps()
	testkit.ForEachBackend(t, func(t *testing.T, backend compute.Backend) {
		for _, f := range allFloats {
			apply := testkit.Compile(t, backend, func(x *Node) (all []*Node) {
				x = ConvertDType(x, f.dtype)
				for _, op := range ops {
					all = append(all, op(x))
				}
				return append(all, gomlxops.SSIM(x, x), gomlxops.DSSIM(x, x))
			})
			for _, value := range []float64{f.least, f.least / 2, f.least * f.step} {
				constant := make([]float64, 2*8*8*3)
				for i := range constant {
					constant[i] = value
				}
				for i, output := range apply(testkit.Tensor(t, f.made, constant, 2, 8, 8, 3)) {
					for k, v := range testkit.Floats(t, output) {
						switch {
						case i < len(ops) && !(math.Abs(v) <= 64*f.least): // DCT's largest is 8 times the mean
							t.Fatalf("%s of %s: element %d of an image of %g is %g", names[i], f.dtype, k, value, v)
						case i == len(ops) && math.Abs(v-1) > 4*f.step || i > len(ops) && math.Abs(v) > 4*f.step:
							t.Fatalf("SSIM of %s: element %d of two equal images of %g is %g", f.dtype, k, value, v)
						}
					}
				}
			}
		}
	})
}

// Positions and disparities that are anywhere, also at ±∞, show 0 or a pixel, never NaN.
func TestWarp_AtExtremePositions(t *testing.T) {
	testkit.ForEachBackend(t, func(t *testing.T, backend compute.Backend) {
		for _, f := range allFloats {
			inf := math.Inf(1)
			at := []float64{0, f.least, -f.least, f.least * f.step, 1, 2, 3, f.most, -f.most, inf, -inf, f.most / 2}
			n := len(at)
			outputs := testkit.Exec(t, backend, func(image, at *Node) []*Node {
				image, at = ConvertDType(image, f.dtype), ConvertDType(at, f.dtype)
				positions := Concatenate([]*Node{at, ZerosLike(at)}, 3)
				warped, valid := gomlxops.Warp(image, positions)
				swapped, _ := gomlxops.Warp(image, Concatenate([]*Node{ZerosLike(at), at}, 3))
				inRow, _ := gomlxops.WarpDisparity(image, at)
				return []*Node{warped, valid, swapped, inRow, Gradient(ReduceAllSum(ConvertDType(warped, f.made)), image)[0]}
			}, randomTensor(t, f.made, 2, 1, 1, n, 2), testkit.Tensor(t, f.made, at, 1, 1, n, 1))
			for i, name := range []string{"Warp", "valid", "Warp along columns", "WarpDisparity", "the gradient"} {
				for k, v := range testkit.Floats(t, outputs[i]) {
					if math.IsNaN(v) || math.Abs(v) > float64(n) {
						t.Errorf("%s of %s: element %d is %g", name, f.dtype, k, v)
					}
				}
			}
			for k, v := range testkit.Floats(t, outputs[1]) {
				if p := at[k]; math.Abs(p) >= 1 && v != indicator(p >= 0 && p <= float64(n-1)) {
					t.Errorf("%s: the position %g is valid: %g", f.dtype, p, v)
				}
			}
		}
	})
}
