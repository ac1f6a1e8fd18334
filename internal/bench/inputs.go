package main

import (
	"math"

	"github.com/gomlx/compute/dtypes"
	"github.com/gomlx/gomlx/core/tensors"
)

// The inputs are formulas of the element's number, so that every program that is timed makes the same ones by itself.
// peers/common.py holds the same formulas.

// spread returns the fractional part of (i+1)·step: numbers that fill [0, 1) evenly where step is irrational.
func spread(i int, step float64) float64 {
	v := float64(i+1) * step
	return v - math.Floor(v)
}

var (
	golden = (math.Sqrt(5) - 1) / 2
	// Shapes and scales of single elements, and those that all elements share.
	shapeStep, scaleStep     = math.Sqrt2, math.Sqrt(3)
	sharedShape, sharedScale = .75, .9
)

// residual is heavy-tailed, between −60 and 60: half of the residuals are below 2.
func residual(i int) float64 {
	u := 2*spread(i, golden) - 1
	return 3 * u / (1.05 - u*u)
}

// shapeOf is an α in [0.02, 1.98): nearer to 0 the published formulas lose digits of ∂ρ/∂α like 1/α², and their sums of ten million float32
// numbers were off by 0.4 %.
func shapeOf(i int) float64 { return .02 + 1.96*spread(i, shapeStep) }

// scaleOf is a c in [½, 3/2).
func scaleOf(i int) float64 { return .5 + spread(i, scaleStep) }

// weight is a weight of a network's layer, in ±√(3/fan-in): not random, but without a pattern.
func weight(i, fanIn int) float64 {
	return (2*spread(i, golden) - 1) * math.Sqrt(3/float64(fanIn))
}

// pixel is a smooth picture with values in [0.1, 0.9], moved by shift columns.
func pixel(batch, row, column, channel int, shift float64) float64 {
	return .5 + .4*math.Sin(.11*float64(row)+.17*(float64(column)+shift)+.9*float64(channel)+1.3*float64(batch))
}

// fill makes a tensor of a formula.
func fill(dtype dtypes.DType, formula func(i int) float64, dimensions ...int) *tensors.Tensor {
	n := 1
	for _, d := range dimensions {
		n *= d
	}
	if dtype == dtypes.Float64 {
		values := make([]float64, n)
		for i := range values {
			values[i] = formula(i)
		}
		return tensors.FromFlatDataAndDimensions(values, dimensions...)
	}
	values := make([]float32, n)
	for i := range values {
		values[i] = float32(formula(i))
	}
	return tensors.FromFlatDataAndDimensions(values, dimensions...)
}

// pictures makes a batch of images of a formula of the place.
func pictures(dtype dtypes.DType, batch, height, width int, formula func(batch, row, column, channel int) float64) *tensors.Tensor {
	return fill(dtype, func(i int) float64 {
		channel, rest := i%3, i/3
		column, rest := rest%width, rest/width
		return formula(rest/height, rest%height, column, channel)
	}, batch, height, width, 3)
}
