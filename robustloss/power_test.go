package robustloss

import (
	"fmt"
	"math"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"

	"github.com/gomlx/compute"
	"github.com/gomlx/compute/dtypes"
	. "github.com/gomlx/gomlx/core/graph"
	"github.com/gomlx/gomlx/core/tensors"
	"github.com/gomlx/gomlx/support/exceptions"
	"github.com/robustloss/gomlx-robustloss/internal/testkit"
	"github.com/robustloss/gomlx-robustloss/robustloss/scalar"
)

// powerAndGradients returns f, ∂f/∂s and ∂f/∂λ.
func powerAndGradients(s, lambda *Node) []*Node {
	f := PowerTransform(s, lambda)
	return append([]*Node{f}, Gradient(ReduceAllSum(f), s, lambda)...)
}

// powerPoints are s and λ of all sizes, rounded to the dtype.
func powerPoints(dtype dtypes.DType) (s, lambda []float64) {
	round := func(v float64) float64 {
		if dtype == dtypes.Float32 {
			return float64(float32(v))
		}
		return v
	}
	add := func(a, b float64) { s, lambda = append(s, round(a)), append(lambda, round(b)) }
	for _, m := range []float64{0, 1e-15, 1e-9, 1e-5, 1e-3, 0.1, 0.25, 0.3, 0.31, 0.4999, 0.5, 0.75, 0.999, 1 - 1e-7, 1, 1 + 2e-7, 1.001, 1.5, 2, 3, 10, 1e3, 1e9, math.Inf(1)} {
		for _, size := range []float64{0, 1e-30, 1e-20, 1e-8, 1e-3, 0.1, 0.5, 0.9, 1, 1.2, 2, 5, 30, 80, 300, 1e4, 1e9, 1e18, 1e36} {
			add(size, m)
			add(-size, -m)
		}
	}
	rng := rand.New(rand.NewPCG(7, 8))
	for range 3000 {
		add(math.Exp(3*rng.NormFloat64()), 2*rng.NormFloat64())
	}
	return s, lambda
}

// powerWant returns the same of package scalar.
func powerWant(s, lambda []float64) [3][]float64 {
	var want [3][]float64
	for k := range s {
		for i, f := range []func(s, lambda float64) float64{scalar.PowerTransform, scalar.PowerTransformDerivative, scalar.PowerTransformLambdaGradient} {
			want[i] = append(want[i], f(s[k], lambda[k]))
		}
	}
	return want
}

// Twice what the loss promises is allowed. Near the end of the support the rounding of s and λ is all: there the error is measured by what one of s makes.
func checkPower(t *testing.T, dtype dtypes.DType, s, lambda []float64, got [][]float64) {
	t.Helper()
	accuracy := accuracyOf(dtype)
	want := powerWant(s, lambda)
	summary := "largest errors, as fractions of what is allowed:"
	for i, name := range []string{"f", "∂f/∂s", "∂f/∂λ"} {
		worst := 0.0
		for k := range s {
			rho := math.NaN()
			if i == 2 {
				rho = math.Abs(want[0][k])
			}
			edge := 1.0
			if m := lambda[k]; m > 1 && !math.IsInf(want[0][k], 0) {
				edge = math.Max(1, math.Abs(s[k])/m/(1-math.Abs(s[k])*(1-1/m)))
			}
			e := accuracy.excess(got[i][k], want[i][k], rho) / edge / 2
			if worst = math.Max(worst, e); !(e <= 1) {
				t.Errorf("%s at s=%.9g λ=%.17g: got %.17g, want %.17g: %.2g times the error allowed", name, s[k], lambda[k], got[i][k], want[i][k], e)
			}
		}
		summary += fmt.Sprintf(" %s %.2f", name, worst)
	}
	t.Log(summary)
}

func TestPowerTransform_IsThatOfPackageScalar(t *testing.T) {
	testkit.ForEachBackend(t, func(t *testing.T, backend compute.Backend) {
		testkit.ForEachDType(t, func(t *testing.T, dtype dtypes.DType) {
			s, lambda := powerPoints(dtype)
			outputs := testkit.Exec(t, backend, powerAndGradients, testkit.Tensor(t, dtype, s, len(s)), testkit.Tensor(t, dtype, lambda, len(s)))
			var got [][]float64
			for _, o := range outputs {
				got = append(got, testkit.Floats(t, o))
			}
			checkPower(t, dtype, s, lambda, got)
		})
	})
}

// A scalar λ goes another way: what depends on it alone is scalar, too, and its gradient is a sum.
func TestPowerTransform_OfAScalarLambda(t *testing.T) {
	testkit.ForEachBackend(t, func(t *testing.T, backend compute.Backend) {
		testkit.ForEachDType(t, func(t *testing.T, dtype dtypes.DType) {
			exec := MustNewExec(backend, func(s, lambda *Node) []*Node {
				each := BroadcastToDims(lambda, s.Shape().Dimensions...)
				return append(powerAndGradients(s, lambda), powerAndGradients(s, each)...)
			})
			defer exec.Finalize()
			s, _ := powerPoints(dtype)
			s = s[:20] // sizes up to 1e9, of both signs
			relative := accuracyOf(dtype).relative
			for _, lambda := range []float64{0, 1e-5, -0.25, 0.25, -0.5, 0.5, -0.75, -1, 1, -1.5, 1.5, 10, math.Inf(-1), math.Inf(1)} {
				outputs := exec.MustCall(testkit.Tensor(t, dtype, s, len(s)), testkit.Tensor(t, dtype, []float64{lambda}))
				for i := range 2 {
					testkit.CheckClose(t, fmt.Sprintf("λ = %g: output %d", lambda, i), testkit.Floats(t, outputs[i]), testkit.Floats(t, outputs[3+i]), relative, 0)
				}
				sum, size := 0.0, 0.0
				for _, v := range testkit.Floats(t, outputs[5]) {
					sum, size = sum+v, size+math.Abs(v)
				}
				testkit.CheckClose(t, fmt.Sprintf("λ = %g: ∂/∂λ", lambda), testkit.Floats(t, outputs[2]), []float64{sum}, relative, relative*size)
			}
		})
	})
}

// The gradients, and those of ∂f/∂s, are finite differences, of repeated parameters, too.
func TestPowerTransform_GradientsAreFiniteDifferences(t *testing.T) {
	valueAndSlope := func(in []*Node) *Node {
		s := BroadcastToDims(in[0], 2, 6)
		f := PowerTransform(s, in[1])
		return Concatenate([]*Node{f, Gradient(ReduceAllSum(f), s)[0]}, 0)
	}
	s := []float64{0.1, 0.4, -0.9, 1.15, 0.6, 20, 0.7, 0.3, -1.1, 1.3, 0.8, 15}
	testkit.ForEachBackend(t, func(t *testing.T, backend compute.Backend) {
		testkit.ForEachDType(t, func(t *testing.T, dtype dtypes.DType) {
			for name, lambda := range map[string]*tensors.Tensor{
				"each":     testkit.Tensor(t, dtype, []float64{-7, -1.5, -0.4, 1.3, 3, -0.2, -1, 1, -1.001, 0.999, 1.001, -0.999}, 2, 6),
				"a column": testkit.Tensor(t, dtype, []float64{0.15, -0.25}, 2, 1),
				"a scalar": testkit.Tensor(t, dtype, []float64{-2.5}),
			} {
				t.Run(name, func(t *testing.T) {
					tolerance := testkit.Tolerance{Step: 1e-4, Abs: 1e-6}
					if dtype == dtypes.Float32 {
						tolerance = testkit.Tolerance{Step: 1e-4, Rel: 1e-4, Abs: 1e-4}
					}
					testkit.CheckGradient(t, backend, valueAndSlope, []*tensors.Tensor{testkit.Tensor(t, dtype, s, 2, 6), lambda}, tolerance)
				})
			}
		})
	})
}

// ∂²f/∂s∂λ, whichever is taken first; ∂²f/∂λ² is not there, and says so.
func TestPowerTransform_SecondDerivatives(t *testing.T) {
	derivative := func(f func(s, lambda *Node) *Node, i int) func(s, lambda *Node) *Node {
		return func(s, lambda *Node) *Node {
			return Gradient(ReduceAllSum(f(s, lambda)), []*Node{s, lambda}[i])[0]
		}
	}
	s, lambda := powerPoints(dtypes.Float64)
	testkit.ForEachBackend(t, func(t *testing.T, backend compute.Backend) {
		outputs := testkit.Exec(t, backend, func(s, lambda *Node) []*Node {
			return []*Node{derivative(derivative(PowerTransform, 0), 1)(s, lambda), derivative(derivative(PowerTransform, 1), 0)(s, lambda)}
		}, testkit.Tensor(t, dtypes.Float64, s, len(s)), testkit.Tensor(t, dtypes.Float64, lambda, len(s)))
		testkit.CheckClose(t, "the mixed derivative", testkit.Floats(t, outputs[0]), testkit.Floats(t, outputs[1]), 1e-13, 0)
	})
	exec := MustNewExec(testkit.Backend(t, "go"), derivative(derivative(PowerTransform, 1), 1))
	defer exec.Finalize()
	if err := exceptions.TryCatch[error](func() { exec.MustCall([]float64{1}, []float64{1}) }); err == nil {
		t.Error("∂²f/∂λ² isn't implemented, but its graph was built")
	}
}

// f(½(x/c)², λ) is the loss, and the other way round the residual comes back.
func TestPowerTransform_OfHalfASquareIsTheLoss(t *testing.T) {
	d := draw(20_000)
	testkit.ForEachBackend(t, func(t *testing.T, backend compute.Backend) {
		got := d.run(t, backend, func(x, alpha, scale *Node) []*Node {
			lambda := where(GreaterThan(alpha, Scalar(x.Graph(), x.DType(), 2)), Sub(OnesLike(alpha), MulScalar(Reciprocal(alpha), 2)), AddScalar(MulScalar(alpha, 0.5), -1.0))
			s := MulScalar(Square(Div(x, scale)), 0.5)
			rho := PowerTransform(s, lambda)
			return []*Node{s, rho, Loss(x, alpha, scale), PowerTransform(rho, Neg(lambda)), Gradient(ReduceAllSum(rho), s)[0]}
		})
		testkit.CheckClose(t, "the loss", got[1], got[2], 1e-12, 0)
		d.holds(t, "−λ inverts", func(k int) bool {
			digit := got[1][k] / got[0][k] / got[4][k] // of what a relative error of f is in s
			return testkit.Close(got[3][k], got[0][k], 1e-12*math.Max(1, digit), 0) || digit > 1e11 || math.IsInf(got[1][k], 1)
		})
	})
}

func TestPowerTransform_IsNaNOnlyWhereAnInputIs(t *testing.T) {
	testkit.ForEachBackend(t, func(t *testing.T, backend compute.Backend) {
		testkit.ForEachDType(t, func(t *testing.T, dtype dtypes.DType) {
			all, lambdas, _ := extremes(dtype)
			var s, lambda []float64
			for k := 0; k < len(all); k += 5 { // every scale
				for _, a := range []float64{lambdas[k], 1 - lambdas[k], lambdas[k] - 1} {
					s, lambda = append(s, all[k]), append(lambda, a)
				}
			}
			for i, output := range testkit.Exec(t, backend, func(s, lambda *Node) []*Node {
				slope := Gradient(ReduceAllSum(PowerTransform(s, lambda)), s)[0]
				return append(powerAndGradients(s, lambda), Gradient(ReduceAllSum(slope), s, lambda)...)
			}, testkit.Tensor(t, dtype, s, len(s)), testkit.Tensor(t, dtype, lambda, len(s))) {
				for k, v := range testkit.Floats(t, output) {
					if fromNaN := math.IsNaN(s[k]) || math.IsNaN(lambda[k]); math.IsNaN(v) != fromNaN && (i == 0 || !fromNaN) {
						t.Errorf("output %d is %g at s=%g λ=%g", i, v, s[k], lambda[k])
					}
				}
			}
		})
	})
}

// At infinite s, at the end of the support and beyond it.
func TestPowerTransform_AtTheEnds(t *testing.T) {
	inf := math.Inf(1)
	s := []float64{inf, inf, -inf, inf, inf, inf, inf, 1.5, 1, 1, -2, 0.5}
	lambda := []float64{-inf, -3, -3, -1, -0.5, 0, 0.5, 3, inf, 2, 3, inf}
	testkit.ForEachBackend(t, func(t *testing.T, backend compute.Backend) {
		testkit.ForEachDType(t, func(t *testing.T, dtype dtypes.DType) {
			outputs := testkit.Exec(t, backend, powerAndGradients, testkit.Tensor(t, dtype, s, len(s)), testkit.Tensor(t, dtype, lambda, len(s)))
			for i, want := range powerWant(s, lambda) {
				testkit.CheckClose(t, []string{"f", "∂f/∂s", "∂f/∂λ"}[i], testkit.Floats(t, outputs[i]), want, accuracyOf(dtype).relative, 0)
			}
		})
	})
}

// bfloat16 and float16 go in and come out; in between everything is float32.
func TestPowerTransform_InHalfPrecision(t *testing.T) {
	s, lambda := []float64{0.5, 1, -2.5, 40}, []float64{-3, 0.75, 0, -1}
	testkit.ForEachBackend(t, func(t *testing.T, backend compute.Backend) {
		for half, rounding := range map[dtypes.DType]float64{dtypes.Float16: 0x1p-11, dtypes.BFloat16: 0x1p-8} {
			outputs := testkit.Exec(t, backend, func(s, lambda *Node) []*Node {
				return powerAndGradients(ConvertDType(s, half), ConvertDType(lambda, half))
			}, testkit.Tensor(t, dtypes.Float32, s, len(s)), testkit.Tensor(t, dtypes.Float32, lambda, len(s)))
			for i, want := range powerWant(s, lambda) {
				if outputs[i].DType() != half {
					t.Errorf("output %d is %s, want %s", i, outputs[i].Shape(), half)
				}
				testkit.CheckClose(t, half.String(), testkit.Floats(t, outputs[i]), want, rounding, 0)
			}
		}
	})
}

func TestPowerTransform_RefusesWhatDoesNotFit(t *testing.T) {
	backend := testkit.Backend(t, "go")
	for name, c := range map[string]struct {
		s, lambda any
		want      string
	}{
		"integers": {[]int32{1}, []int32{1}, "s must be of a float dtype"},
		"a shape":  {[]float64{1, 2}, []float64{1, 2, 3}, "lambda must be a scalar or broadcast to the shape of x"},
		"a dtype":  {[]float64{1, 2}, float32(1), "same dtype"},
	} {
		t.Run(name, func(t *testing.T) {
			_, err := CallOnce(backend, PowerTransform, c.s, c.lambda)
			if err == nil || !strings.Contains(err.Error(), c.want) {
				t.Errorf("got %v, want %q", err, c.want)
			}
		})
	}
	out := testkit.Exec(t, backend, PowerTransform, testkit.Tensor(t, dtypes.Float64, nil, 0, 3), 1.0)
	if !slices.Equal(out[0].Shape().Dimensions, []int{0, 3}) {
		t.Errorf("of nothing it is %s", out[0].Shape())
	}
}
