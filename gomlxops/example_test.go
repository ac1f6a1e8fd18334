package gomlxops_test

import (
	"fmt"

	"github.com/gomlx/compute/gobackend"
	. "github.com/gomlx/gomlx/core/graph"

	"github.com/robustloss/gomlx-robustloss/gomlxops"
)

// One level of a wavelet splits a step from dark to light into local means, and differences that are 0 but for the step.
func ExampleWaveletTransform() {
	backend := gobackend.GetBackend()
	rows := [][]float64{{0, 0, 0, 1, 1, 1, 1, 1}, {0, 0, 0, 1, 1, 1, 1, 1}}
	coefficients := MustExecOnce(backend, func(x *Node) *Node {
		image := Reshape(x, 1, 2, 8, 1)
		return Reshape(gomlxops.WaveletTransform(image, gomlxops.LeGall53, 1), 2, 8)
	}, rows)
	for _, row := range coefficients.Value().([][]float64) {
		fmt.Printf("%6.2f\n", row)
	}
	// Output:
	// [  0.00   0.25   2.25   2.00   0.00   0.50   0.00   0.00]
	// [  0.00   0.00   0.00   0.00   0.00   0.00   0.00   0.00]
}

// The right view of a stereo pair, moved by the disparity of each pixel, looks like the left one.
func ExampleWarpDisparity() {
	backend := gobackend.GetBackend()
	right := []float32{5, 6, 7, 8}
	disparity := []float32{1, 1, 0.5, 0.5}
	outputs := MustExecOnceN(backend, func(right, disparity *Node) []*Node {
		warped, valid := gomlxops.WarpDisparity(Reshape(right, 1, 1, 4, 1), Reshape(disparity, 1, 1, 4, 1))
		return []*Node{Reshape(warped, 4), Reshape(valid, 4)}
	}, right, disparity)
	fmt.Println(outputs[0].Value(), outputs[1].Value())
	// Output:
	// [0 5 6.5 7.5] [0 1 1 1]
}
