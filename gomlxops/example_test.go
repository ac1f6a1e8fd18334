package gomlxops_test

import (
	"fmt"
	"math"

	"github.com/gomlx/compute/gobackend"
	. "github.com/gomlx/gomlx/core/graph"
	"github.com/gomlx/gomlx/core/tensors"

	"github.com/robustloss/gomlx-robustloss/gomlxops"
)

// printImage applies f to an image with one channel, and prints the rows of what comes out, on the pure-Go backend.
func printImage(rows [][]float64, f func(x *Node) *Node) {
	result := MustExecOnce(gobackend.GetBackend(), func(x *Node) *Node {
		y := f(ExpandDims(x, 0, -1)) // [1, height, width, 1]
		return Squeeze(y, 0, 3)
	}, rows)
	for _, row := range result.Value().([][]float64) {
		for i, v := range row {
			row[i] = math.Round(v*100)/100 + 0 // no -0
		}
		fmt.Printf("%6.2f\n", row)
	}
}

// One level of a wavelet splits a step from dark to light into local means, and differences that are 0 but for the step.
func ExampleWaveletTransform() {
	step := [][]float64{{0, 0, 0, 1, 1, 1, 1, 1}, {0, 0, 0, 1, 1, 1, 1, 1}}
	printImage(step, func(x *Node) *Node { return gomlxops.WaveletTransform(x, gomlxops.LeGall53, 1) })
	// Output:
	// [  0.00   0.25   2.25   2.00   0.00   0.50   0.00   0.00]
	// [  0.00   0.00   0.00   0.00   0.00   0.00   0.00   0.00]
}

func ExampleInverseWaveletTransform() {
	coefficients := [][]float64{{0, 0.25, 2.25, 2, 0, 0.5, 0, 0}, {0, 0, 0, 0, 0, 0, 0, 0}}
	printImage(coefficients, func(y *Node) *Node { return gomlxops.InverseWaveletTransform(y, gomlxops.LeGall53, 1) })
	// Output:
	// [  0.00   0.00   0.00   1.00   1.00   1.00   1.00   1.00]
	// [  0.00   0.00   0.00   1.00   1.00   1.00   1.00   1.00]
}

func ExampleWavelet() {
	fmt.Println(gomlxops.CDF97.String(), gomlxops.LeGall53.String())
	// Output: CDF9/7 LeGall5/3
}

func ExampleMaxWaveletLevels() {
	fmt.Println(gomlxops.MaxWaveletLevels(64, 64), gomlxops.MaxWaveletLevels(128, 416), gomlxops.MaxWaveletLevels(5, 9))
	// Output: 6 7 3
}

// Which coefficient belongs to which level: 0 the finest, 2 the low band.
func ExampleWaveletLevels() {
	for _, row := range gomlxops.WaveletLevels(4, 6, 2) {
		fmt.Println(row)
	}
	// Output:
	// [2 2 1 0 0 0]
	// [1 1 1 0 0 0]
	// [0 0 0 0 0 0]
	// [0 0 0 0 0 0]
}

// Even sizes keep volumes; each odd row or column adds the logarithm of the wavelet's constant K.
func ExampleWaveletLogVolume() {
	fmt.Println(gomlxops.WaveletLogVolume(gomlxops.CDF97, 64, 64, 5))
	fmt.Printf("%.6f\n", math.Exp(gomlxops.WaveletLogVolume(gomlxops.CDF97, 3, 2, 1)/2))
	// Output:
	// 0
	// 1.149604
}

// The low band of a constant image is twice as bright after each level; base ½ undoes that.
func ExampleRescaleWavelets() {
	printImage([][]float64{{1, 1}, {1, 1}}, func(x *Node) *Node {
		return gomlxops.RescaleWavelets(gomlxops.WaveletTransform(x, gomlxops.LeGall53, 1), 1, 0.5)
	})
	// Output:
	// [  1.00   0.00]
	// [  0.00   0.00]
}

// Smoothing: the finest diagonal details of a chessboard are taken away.
func ExampleWaveletPyramid() {
	board := [][]float64{{0, 1, 0, 1}, {1, 0, 1, 0}, {0, 1, 0, 1}, {1, 0, 1, 0}}
	printImage(board, func(x *Node) *Node {
		p := gomlxops.WaveletPyramid(x, gomlxops.LeGall53, 1)
		p.Levels[0].HighHigh = ZerosLike(p.Levels[0].HighHigh)
		return p.Image(gomlxops.LeGall53)
	})
	// Output:
	// [  0.50   0.50   0.50   0.50]
	// [  0.50   0.50   0.50   0.50]
	// [  0.50   0.50   0.50   0.50]
	// [  0.50   0.50   0.50   0.50]
}

// Vertical edges are in the band whose rows are low and whose columns are high.
func ExampleBands() {
	edge := [][]float64{{0, 1, 1, 1}, {0, 1, 1, 1}, {0, 1, 1, 1}, {0, 1, 1, 1}}
	printImage(edge, func(x *Node) *Node { return gomlxops.WaveletPyramid(x, gomlxops.LeGall53, 1).Levels[0].LowHigh })
	// Output:
	// [  0.50   0.00]
	// [  0.50   0.00]
}

// A pyramid is made of levels, the finest first, and of what is left.
func ExamplePyramid() {
	printImage([][]float64{{1, 2}, {3, 4}}, func(x *Node) *Node {
		p := gomlxops.WaveletPyramid(x, gomlxops.CDF97, 1)
		return gomlxops.Pyramid{Levels: p.Levels, Low: MulScalar(p.Low, 0.5)}.Image(gomlxops.CDF97)
	})
	// Output:
	// [ -0.25   0.75]
	// [  1.75   2.75]
}

func ExamplePyramid_Image() {
	printImage([][]float64{{1, 2, 3}, {4, 5, 6}}, func(x *Node) *Node {
		return gomlxops.WaveletPyramid(x, gomlxops.CDF97, 1).Image(gomlxops.CDF97)
	})
	// Output:
	// [  1.00   2.00   3.00]
	// [  4.00   5.00   6.00]
}

func ExamplePyramid_Flatten() {
	printImage([][]float64{{1, 2, 3}, {4, 5, 6}}, func(x *Node) *Node {
		p := gomlxops.Unflatten(x, 1)
		p.Low = ZerosLike(p.Low)
		return p.Flatten()
	})
	// Output:
	// [  0.00   0.00   3.00]
	// [  4.00   5.00   6.00]
}

func ExamplePyramid_Rescale() {
	printImage([][]float64{{1, 1}, {1, 1}}, func(x *Node) *Node {
		return gomlxops.WaveletPyramid(x, gomlxops.LeGall53, 1).Rescale(0.5).Low
	})
	// Output: [  1.00]
}

// The bands of the layout of [gomlxops.WaveletTransform]: of three columns, two are low and one is high.
func ExampleUnflatten() {
	printImage([][]float64{{1, 2, 3}, {4, 5, 6}}, func(x *Node) *Node { return gomlxops.Unflatten(x, 1).Levels[0].HighLow })
	// Output: [  4.00   5.00]
}

// The first coefficient is the mean times √(height·width), here 2.5 · 2; the next are the slopes.
func ExampleDCT() {
	printImage([][]float64{{1, 2}, {3, 4}}, gomlxops.DCT)
	// Output:
	// [  5.00  -1.00]
	// [ -2.00   0.00]
}

func ExampleInverseDCT() {
	printImage([][]float64{{5, -1}, {-2, 0}}, gomlxops.InverseDCT)
	// Output:
	// [  1.00   2.00]
	// [  3.00   4.00]
}

// Grey has luma and no colour.
func ExampleRGBToYUV() {
	yuv := MustExecOnce(gobackend.GetBackend(), gomlxops.RGBToYUV, [][][][]float64{{{{0.5, 0.5, 0.5}, {1, 0, 0}}}})
	fmt.Printf("%.3f\n", yuv.Value().([][][][]float64)[0][0])
	// Output: [[0.790 0.000 0.000] [0.472 -0.233 0.972]]
}

func ExampleYUVToRGB() {
	rgb := MustExecOnce(gobackend.GetBackend(), func(x *Node) *Node { return gomlxops.YUVToRGB(gomlxops.RGBToYUV(x)) },
		[][][][]float64{{{{0.25, 0.5, 1}}}})
	fmt.Printf("%.3f\n", rgb.Value().([][][][]float64)[0][0])
	// Output: [[0.250 0.500 1.000]]
}

func ExampleYUVLogVolume() {
	fmt.Printf("%.1e\n", gomlxops.YUVLogVolume())
	// Output: 4.7e-08
}

func ExampleToChannelsLast() {
	planes := [][][][]float64{{{{1, 2}}, {{10, 20}}}} // [batch, channels, height, width]
	fmt.Println(MustExecOnce(gobackend.GetBackend(), gomlxops.ToChannelsLast, planes).Value())
	// Output: [[[[1 10] [2 20]]]]
}

func ExampleToChannelsFirst() {
	image := [][][][]float64{{{{1, 10}, {2, 20}}}} // [batch, height, width, channels]
	fmt.Println(MustExecOnce(gobackend.GetBackend(), gomlxops.ToChannelsFirst, image).Value())
	// Output: [[[[1 2]] [[10 20]]]]
}

// The border acts as a mirror, and is not repeated.
func ExampleReflectPad() {
	padded := MustExecOnce(gobackend.GetBackend(), func(x *Node) *Node { return gomlxops.ReflectPad(x, 0, 3, 4) }, []float64{1, 2, 3})
	fmt.Println(padded.Value())
	// Output: [2 3 2 1 2 3 2 1 2 3]
}

func ExampleReflectPadImage() {
	printImage([][]float64{{1, 2}, {3, 4}}, func(x *Node) *Node { return gomlxops.ReflectPadImage(x, 1, 0, 0, 1) })
	// Output:
	// [  3.00   4.00   3.00]
	// [  1.00   2.00   1.00]
	// [  3.00   4.00   3.00]
}

func ExampleResizeBilinear() {
	printImage([][]float64{{0, 4, 8, 20}}, func(x *Node) *Node { return gomlxops.ResizeBilinear(x, 1, 8) })
	// Output: [  0.00   1.00   3.00   5.00   7.00  11.00  17.00  20.00]
}

// Between corners of pixels: the picture moves.
func ExampleResizeBilinearLegacy() {
	printImage([][]float64{{0, 4, 8, 20}}, func(x *Node) *Node { return gomlxops.ResizeBilinearLegacy(x, 1, 8) })
	// Output: [  0.00   2.00   4.00   6.00   8.00  14.00  20.00  20.00]
}

func ExampleResizeArea() {
	printImage([][]float64{{0, 4, 8, 20}}, func(x *Node) *Node { return gomlxops.ResizeArea(x, 1, 3) })
	// Output: [  1.00   6.00  17.00]
}

func ExampleUpsampleBilinear() {
	printImage([][]float64{{0, 4}}, func(x *Node) *Node { return gomlxops.UpsampleBilinear(x, 2) })
	// Output:
	// [  0.00   1.00   3.00   4.00]
	// [  0.00   1.00   3.00   4.00]
}

func ExampleUpsampleNearest() {
	printImage([][]float64{{0, 4}}, func(x *Node) *Node { return gomlxops.UpsampleNearest(x, 2) })
	// Output:
	// [  0.00   0.00   4.00   4.00]
	// [  0.00   0.00   4.00   4.00]
}

// A window is like itself, and like itself made darker to some degree.
func ExampleSSIM() {
	window := [][]float64{{0.1, 0.5, 0.9}, {0.2, 0.6, 0.8}, {0.1, 0.4, 0.9}}
	printImage(window, func(x *Node) *Node { return gomlxops.SSIM(x, x) })
	printImage(window, func(x *Node) *Node { return gomlxops.SSIM(x, MulScalar(x, 0.5)) })
	// Output:
	// [  1.00]
	// [  0.64]
}

func ExampleDSSIM() {
	window := [][]float64{{0.1, 0.5, 0.9}, {0.2, 0.6, 0.8}, {0.1, 0.4, 0.9}}
	printImage(window, func(x *Node) *Node { return gomlxops.DSSIM(x, MulScalar(x, 0.5)) })
	// Output: [  0.18]
}

func ExampleDifferenceX() {
	printImage([][]float64{{1, 2, 4}, {8, 16, 32}}, gomlxops.DifferenceX)
	// Output:
	// [  1.00   2.00]
	// [  8.00  16.00]
}

func ExampleDifferenceY() {
	printImage([][]float64{{1, 2, 4}, {8, 16, 32}}, gomlxops.DifferenceY)
	// Output: [  7.00  14.00  28.00]
}

// The right view of a stereo pair, moved by the disparity of each pixel, looks like the left one.
func ExampleWarpDisparity() {
	right := []float32{5, 6, 7, 8}
	disparity := []float32{1, 1, 0.5, 0.5}
	outputs := MustExecOnceN(gobackend.GetBackend(), func(right, disparity *Node) []*Node {
		warped, valid := gomlxops.WarpDisparity(Reshape(right, 1, 1, 4, 1), Reshape(disparity, 1, 1, 4, 1))
		return []*Node{Reshape(warped, 4), Reshape(valid, 4)}
	}, right, disparity)
	fmt.Println(outputs[0].Value(), outputs[1].Value())
	// Output:
	// [0 5 6.5 7.5] [0 1 1 1]
}

// The pixel in the middle of four, one at the top right, and one outside.
func ExampleWarp() {
	printImage([][]float64{{1, 2}, {3, 6}}, func(x *Node) *Node {
		positions := Const(x.Graph(), [][][][]float64{{{{0.5, 0.5}, {1, 0}, {5, 5}}}}) // (x, y)
		warped, _ := gomlxops.Warp(x, positions)
		return warped
	})
	// Output: [  3.00   2.00   0.00]
}

// Sums over neighbourhoods of 3×3 pixels, 0 outside of the image.
func ExampleConv2D() {
	printImage([][]float64{{1, 1, 1}, {1, 1, 1}, {1, 1, 1}}, func(x *Node) *Node {
		kernel := OnesLike(BroadcastToDims(ScalarOne(x.Graph(), x.DType()), 3, 3, 1, 1))
		return gomlxops.Conv2D(x, kernel, 1)
	})
	// Output:
	// [  4.00   6.00   4.00]
	// [  6.00   9.00   6.00]
	// [  4.00   6.00   4.00]
}

// Each pixel of a small image leaves a print of the kernel in a large one.
func ExampleConvTranspose2D() {
	printImage([][]float64{{1, 2}}, func(x *Node) *Node {
		kernel := Reshape(Const(x.Graph(), []float64{1, 10, 100, 1000}), 2, 2, 1, 1)
		return gomlxops.ConvTranspose2D(x, kernel, 2)
	})
	// Output:
	// [  1.00  10.00   2.00  20.00]
	// [100.00 1000.00 200.00 2000.00]
}

// The step of the first example, in grey: the low band from dark to light, and the edge white in its band.
func ExamplePicture() {
	coefficients := []float64{0, 0.25, 2.25, 2, 0, 0.5, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0}
	picture, err := gomlxops.Picture(tensors.FromFlatDataAndDimensions(coefficients, 2, 8, 1), 1, 99)
	if err != nil {
		fmt.Println(err)
		return
	}
	for x := range 8 {
		r, _, _, _ := picture.At(x, 0).RGBA()
		fmt.Print(r>>8, " ")
	}
	// Output: 0 28 255 227 128 255 128 128
}
