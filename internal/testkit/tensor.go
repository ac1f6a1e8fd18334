package testkit

import (
	"testing"

	"github.com/gomlx/compute/dtypes"
	"github.com/gomlx/compute/dtypes/bfloat16"
	"github.com/gomlx/compute/dtypes/float16"
	"github.com/gomlx/gomlx/core/tensors"
)

// Tensor returns the values as a tensor of the dtype (float64 or float32) and dimensions; without dimensions, a scalar.
func Tensor(tb testing.TB, dtype dtypes.DType, values []float64, dimensions ...int) *tensors.Tensor {
	tb.Helper()
	switch dtype {
	case dtypes.Float64:
		return tensors.FromFlatDataAndDimensions(append([]float64(nil), values...), dimensions...)
	case dtypes.Float32:
		rounded := make([]float32, len(values))
		for i, v := range values {
			rounded[i] = float32(v)
		}
		return tensors.FromFlatDataAndDimensions(rounded, dimensions...)
	default:
		tb.Fatalf("testkit.Tensor makes float64 and float32, not %s", dtype)
		return nil
	}
}

// Floats returns the elements of a tensor of any float dtype, in row-major order.
func Floats(tb testing.TB, tensor *tensors.Tensor) []float64 {
	tb.Helper()
	var values []float64
	err := tensor.ConstFlatData(func(flat any) {
		switch data := flat.(type) {
		case []float64:
			values = append(values, data...)
		case []float32:
			values = widen(data, func(v float32) float64 { return float64(v) })
		case []float16.Float16:
			values = widen(data, func(v float16.Float16) float64 { return float64(v.Float32()) })
		case []bfloat16.BFloat16:
			values = widen(data, func(v bfloat16.BFloat16) float64 { return float64(v.Float32()) })
		default:
			tb.Errorf("testkit.Floats reads float tensors, not %s", tensor.Shape())
		}
	})
	if err != nil {
		tb.Fatal(err)
	}
	return values
}

func widen[T any](data []T, convert func(T) float64) []float64 {
	values := make([]float64, len(data))
	for i, v := range data {
		values[i] = convert(v)
	}
	return values
}
