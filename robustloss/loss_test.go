package robustloss

import (
	"math"
	"math/rand/v2"
	"testing"

	"github.com/gomlx/compute"
	"github.com/gomlx/compute/dtypes"
	. "github.com/gomlx/gomlx/core/graph"
	"github.com/robustloss/gomlx-robustloss/internal/testkit"
	"github.com/robustloss/gomlx-robustloss/robustloss/scalar"
)

// draws are random x, α, c, made as the paper's author makes them: α uniform in [−16, 3], rounded to tenths so that the
// special values are met, its ends pushed to ±∞; some α within 1e-6 of 0 and 2; x normal, its size spread over decades.
type draws struct {
	x, alpha, scale []float64
}

func draw(n int) draws {
	rng := rand.New(rand.NewPCG(3, 141))
	var d draws
	for range n {
		alpha := math.Round(10*(-16+19*rng.Float64())) / 10
		switch {
		case alpha <= -15:
			alpha = math.Inf(-1)
		case alpha >= 2.9:
			alpha = math.Inf(1)
		case rng.IntN(20) == 0:
			alpha = 2*float64(rng.IntN(2)) + 1e-6*rng.NormFloat64()
		}
		scale := math.Max(0.1, math.Abs(rng.NormFloat64()))
		d.alpha = append(d.alpha, alpha)
		d.scale = append(d.scale, scale)
		d.x = append(d.x, scale*rng.NormFloat64()*math.Pow(10, rng.Float64()*3-2))
	}
	return d
}

// run computes outputs on the draws, in float64.
func (d draws) run(t *testing.T, backend compute.Backend, f func(x, alpha, scale *Node) []*Node) [][]float64 {
	t.Helper()
	return d.runAs(t, backend, dtypes.Float64, f)
}

func (d draws) runAs(t *testing.T, backend compute.Backend, dtype dtypes.DType, f func(x, alpha, scale *Node) []*Node) [][]float64 {
	t.Helper()
	n := len(d.x)
	outputs := testkit.Exec(t, backend, f, testkit.Tensor(t, dtype, d.x, n), testkit.Tensor(t, dtype, d.alpha, n), testkit.Tensor(t, dtype, d.scale, n))
	values := make([][]float64, len(outputs))
	for i, output := range outputs {
		values[i] = testkit.Floats(t, output)
	}
	return values
}

// holds fails the test with the first draws at which a statement is false.
func (d draws) holds(t *testing.T, statement string, holds func(k int) bool) {
	t.Helper()
	wrong := 0
	for k := range d.x {
		if !holds(k) {
			if wrong++; wrong <= 5 {
				t.Errorf("%s: not at x=%.17g α=%.17g c=%.17g", statement, d.x[k], d.alpha[k], d.scale[k])
			}
		}
	}
	if wrong > 0 {
		t.Errorf("%s: false at %d of %d draws", statement, wrong, len(d.x))
	}
}

const numDraws = 100_000

// slack is what rounding may take from an inequality.
const slack = 1 + 1e-13

func TestLoss_GrowsWithResidualAndAlphaAndFallsWithScale(t *testing.T) {
	d := draw(numDraws)
	testkit.ForEachBackend(t, func(t *testing.T, backend compute.Backend) {
		got := d.run(t, backend, func(x, alpha, scale *Node) []*Node {
			return []*Node{
				Loss(x, alpha, scale),
				Loss(MulScalar(x, 1.1), alpha, scale),
				Loss(x, AddScalar(alpha, 0.1), scale),
				Loss(x, alpha, MulScalar(scale, 1.1)),
				Loss(Neg(x), alpha, scale),
			}
		})
		rho := got[0]
		d.holds(t, "ρ grows with |x|", func(k int) bool { return got[1][k]*slack >= rho[k] })
		d.holds(t, "ρ grows with α", func(k int) bool { return got[2][k]*slack >= rho[k] })
		d.holds(t, "ρ falls with c", func(k int) bool { return got[3][k] <= rho[k]*slack })
		d.holds(t, "ρ is even", func(k int) bool { return got[4][k] == rho[k] })
	})
}

func TestLoss_IsScaleInvariant(t *testing.T) {
	d := draw(numDraws)
	testkit.ForEachBackend(t, func(t *testing.T, backend compute.Backend) {
		got := d.run(t, backend, func(x, alpha, scale *Node) []*Node {
			return []*Node{Loss(x, alpha, scale), Loss(MulScalar(x, 4.0), alpha, MulScalar(scale, 4.0)), Loss(MulScalar(x, 1e-3), alpha, MulScalar(scale, 1e-3))}
		})
		d.holds(t, "ρ(4x, α, 4c) = ρ(x, α, c)", func(k int) bool { return got[1][k] == got[0][k] })
		d.holds(t, "ρ(x/1000, α, c/1000) ≈ ρ(x, α, c)", func(k int) bool {
			return testkit.Close(got[2][k], got[0][k], 1e-12*math.Max(1, math.Log(got[0][k])/100), 0)
		})
	})
}

func TestLoss_Bounds(t *testing.T) {
	d := draw(numDraws)
	testkit.ForEachBackend(t, func(t *testing.T, backend compute.Backend) {
		got := d.run(t, backend, lossAndGradients)
		rho, influence, inAlpha, weight := got[0], got[1], got[2], got[4]
		d.holds(t, "for α < 0, ρ ≤ (α−2)/α", func(k int) bool {
			a := d.alpha[k]
			return a >= 0 || rho[k] <= 1 && math.IsInf(a, -1) || rho[k] <= (a-2)/a*slack
		})
		d.holds(t, "for α ≤ 2, |ψ| ≤ |x|/c²", func(k int) bool {
			return d.alpha[k] > 2 || math.Abs(influence[k]) <= math.Abs(d.x[k])/d.scale[k]/d.scale[k]*slack
		})
		d.holds(t, "for α ≤ 1, |ψ| ≤ 1/c", func(k int) bool {
			return d.alpha[k] > 1 || math.Abs(influence[k]) <= 1/d.scale[k]*slack
		})
		d.holds(t, "for α ≤ 2, 0 ≤ w ≤ 1/c²", func(k int) bool {
			return d.alpha[k] > 2 || weight[k] >= 0 && weight[k] <= 1/d.scale[k]/d.scale[k]*slack
		})
		d.holds(t, "∂ρ/∂α ≥ 0", func(k int) bool { return inAlpha[k] >= -1e-15*rho[k] })
		d.holds(t, "ψ = w·x", func(k int) bool { return testkit.Close(influence[k], weight[k]*d.x[k], 1e-14, 0) })
		d.holds(t, "∂ρ/∂c = −(x/c)·ψ", func(k int) bool { return testkit.Close(got[3][k], -d.x[k]/d.scale[k]*influence[k], 1e-14, 0) })
	})
}

// The bounds of ψ are attained where the comments of Influence and of the notebooks say.
func TestInfluence_Peaks(t *testing.T) {
	const c = 3
	var x, alpha, want []float64
	for _, a := range []float64{-8, -2, -1, 0, 0.5, 0.9} {
		peak := c * math.Sqrt((a-2)/(a-1))
		for _, factor := range []float64{1 - 1e-4, 1, 1 + 1e-4} {
			x, alpha = append(x, factor*peak), append(alpha, a)
		}
	}
	for _, factor := range []float64{1 - 1e-4, 1, 1 + 1e-4} {
		x, alpha = append(x, factor*c), append(alpha, math.Inf(-1))
	}
	testkit.ForEachBackend(t, func(t *testing.T, backend compute.Backend) {
		got := testkit.Floats(t, testkit.Exec(t, backend, func(x, alpha *Node) *Node {
			return Influence(x, alpha, Scalar(x.Graph(), dtypes.Float64, c))
		}, x, alpha)[0])
		for k := 0; k < len(got); k += 3 {
			if got[k+1] <= got[k] || got[k+1] <= got[k+2] {
				t.Errorf("α=%g: ψ doesn't peak at x=%g", alpha[k], x[k+1])
			}
		}
		want = []float64{math.Exp(-0.5) / c}
		testkit.CheckClose(t, "Welsch's peak", got[len(got)-2:len(got)-1], want, 1e-15, 0)
	})
}

func TestLoss_SpecialCases(t *testing.T) {
	inf := math.Inf(1)
	cases := []struct {
		name           string
		alpha          float64
		rho, influence func(r float64) float64 // for c = 1
	}{
		{"L2", 2, func(r float64) float64 { return r * r / 2 }, func(r float64) float64 { return r }},
		{"Charbonnier", 1, func(r float64) float64 { return math.Sqrt(r*r+1) - 1 }, func(r float64) float64 { return r / math.Sqrt(r*r+1) }},
		{"Cauchy", 0, func(r float64) float64 { return math.Log(r*r/2 + 1) }, func(r float64) float64 { return 2 * r / (r*r + 2) }},
		{"Geman-McClure", -2, func(r float64) float64 { return 2 * r * r / (r*r + 4) }, func(r float64) float64 { return r * math.Pow(r*r/4+1, -2) }},
		{"Welsch", -inf, func(r float64) float64 { return 1 - math.Exp(-r*r/2) }, func(r float64) float64 { return r * math.Exp(-r*r/2) }},
		{"α = 4", 4, func(r float64) float64 { return math.Pow(r, 4)/8 + r*r/2 }, func(r float64) float64 { return math.Pow(r, 3)/2 + r }},
		{"α = +∞", inf, func(r float64) float64 { return math.Exp(r*r/2) - 1 }, func(r float64) float64 { return r * math.Exp(r*r/2) }},
	}
	const c = 0.7
	x := []float64{-9, -1, -0.3, 0.2, 0.7, 2, 5, 20}
	testkit.ForEachBackend(t, func(t *testing.T, backend compute.Backend) {
		exec := MustNewExec(backend, lossAndGradients)
		defer exec.Finalize()
		for _, special := range cases {
			var rho, influence []float64
			for _, v := range x {
				rho = append(rho, special.rho(v/c))
				influence = append(influence, special.influence(v/c)/c)
			}
			got := exec.MustCall(x, special.alpha, c)
			testkit.CheckClose(t, special.name+": ρ", testkit.Floats(t, got[0]), rho, 1e-12, 0)
			testkit.CheckClose(t, special.name+": ψ", testkit.Floats(t, got[1]), influence, 1e-12, 0)
		}
	})
}

func TestLoss_AtOrigin(t *testing.T) {
	alpha := []float64{math.Inf(-1), -1e5, -2, -1e-6, 0, 1e-6, 1, 1.999999, 2, 2.000001, 4, 1e5, math.Inf(1)}
	const c = 0.5
	testkit.ForEachBackend(t, func(t *testing.T, backend compute.Backend) {
		testkit.ForEachDType(t, func(t *testing.T, dtype dtypes.DType) {
			n := len(alpha)
			got := testkit.Exec(t, backend, func(x, alpha, scale *Node) []*Node {
				all := lossAndGradients(x, alpha, scale)
				return append(all, Gradient(ReduceAllSum(all[1]), x)...)
			}, testkit.Tensor(t, dtype, make([]float64, n), n), testkit.Tensor(t, dtype, alpha, n), testkit.Tensor(t, dtype, []float64{c}))
			for i, want := range []float64{0, 0, 0, 0, 1 / (c * c), 1 / (c * c)} {
				for k, v := range testkit.Floats(t, got[i]) {
					if v != want {
						t.Errorf("α=%g: %s at 0 is %g, want %g", alpha[k], []string{"ρ", "∂ρ/∂x", "∂ρ/∂α", "∂ρ/∂c", "w", "∂²ρ/∂x²"}[i], v, want)
					}
					if i == 0 && math.Signbit(v) {
						t.Errorf("α=%g: ρ at 0 is −0", alpha[k])
					}
				}
			}
		})
	})
}

func TestLoss_AlphaGradientAtTwo(t *testing.T) {
	x := []float64{0, 1e-3, -0.5, 1, 30, 1e6}
	testkit.ForEachBackend(t, func(t *testing.T, backend compute.Backend) {
		testkit.ForEachDType(t, func(t *testing.T, dtype dtypes.DType) {
			below, relative := 2-0x1p-52, 1e-9
			if dtype == dtypes.Float32 {
				below, relative = 2-0x1p-23, 1e-4
			}
			var want []float64
			for _, r := range x {
				want = append(want, scalar.Kernel{Alpha: below, Scale: 1}.AlphaGradient(float64(float32(r))))
			}
			got := testkit.Exec(t, backend, func(x, alpha, scale *Node) *Node {
				return Gradient(ReduceAllSum(Loss(x, BroadcastToShape(alpha, x.Shape()), scale)), alpha)[0]
			}, testkit.Tensor(t, dtype, []float64{x[3]}, 1), testkit.Tensor(t, dtype, []float64{2}), testkit.Tensor(t, dtype, []float64{1}))
			testkit.CheckClose(t, "at x = 1", testkit.Floats(t, got[0]), want[3:4], relative, 0)
			twos := []float64{2, 2, 2, 2, 2, 2}
			rounded := make([]float64, len(x))
			for k := range x {
				rounded[k] = float64(float32(x[k]))
			}
			all := testkit.Exec(t, backend, lossAndGradients, testkit.Tensor(t, dtype, rounded, len(x)), testkit.Tensor(t, dtype, twos, len(x)), testkit.Tensor(t, dtype, []float64{1}))
			testkit.CheckClose(t, "∂ρ/∂α", testkit.Floats(t, all[2]), want, relative, 1e-12)
		})
	})
}

// Both implementations are of the same mathematics: they differ by their rounding only.
func TestLoss_AgreesWithScalar(t *testing.T) {
	d := draw(numDraws)
	testkit.ForEachBackend(t, func(t *testing.T, backend compute.Backend) {
		testkit.ForEachDType(t, func(t *testing.T, dtype dtypes.DType) {
			if dtype == dtypes.Float32 {
				for _, values := range [][]float64{d.x, d.alpha, d.scale} {
					for k, v := range values {
						values[k] = float64(float32(v))
					}
				}
			}
			points := make([]lossPoint, len(d.x))
			for k := range points {
				points[k] = kernelPoint(d.x[k], d.alpha[k], d.scale[k])
			}
			accuracyOf(dtype).check(t, points, d.runAs(t, backend, dtype, lossAndGradients))
		})
	})
}

func TestLossSquared_IsLossOfTheRoot(t *testing.T) {
	d := draw(numDraws)
	testkit.ForEachBackend(t, func(t *testing.T, backend compute.Backend) {
		got := d.run(t, backend, func(x, alpha, scale *Node) []*Node {
			squared := Square(x)
			rho := LossSquared(squared, alpha, scale)
			all := append([]*Node{rho}, Gradient(ReduceAllSum(rho), squared, alpha, scale)...)
			return append(all, lossAndGradients(x, alpha, scale)...)
		})
		closeTo := func(i, j int, factor float64) func(k int) bool {
			return func(k int) bool {
				rel := 4e-15 * math.Max(10, math.Abs(math.Log(math.Abs(got[j][k]))))
				return testkit.Close(got[i][k], got[j][k]*factor, rel, 1e-15*got[0][k])
			}
		}
		d.holds(t, "LossSquared(x²) = Loss(x)", closeTo(0, 4, 1))
		d.holds(t, "∂ρ/∂(x²) = w/2", closeTo(1, 8, 0.5))
		d.holds(t, "∂ρ/∂α", func(k int) bool { return testkit.Close(got[2][k], got[6][k], 1e-9, 1e-15*got[0][k]) })
		d.holds(t, "∂ρ/∂c", closeTo(3, 7, 1))
	})
}

// A negative square is somebody's rounding error and counts as 0; what isn't a number stays none.
func TestLossSquared_AtAndBelowZero(t *testing.T) {
	testkit.ForEachBackend(t, func(t *testing.T, backend compute.Backend) {
		testkit.ForEachDType(t, func(t *testing.T, dtype dtypes.DType) {
			got := testkit.Exec(t, backend, func(s, alpha, scale *Node) []*Node {
				rho := LossSquared(s, alpha, scale)
				return append([]*Node{rho}, Gradient(ReduceAllSum(rho), s)...)
			}, testkit.Tensor(t, dtype, []float64{0, -1e-18, -3, math.Inf(-1), math.NaN()}, 5),
				testkit.Tensor(t, dtype, []float64{0}), testkit.Tensor(t, dtype, []float64{2}))
			testkit.CheckClose(t, "ρ", testkit.Floats(t, got[0]), []float64{0, 0, 0, 0, math.NaN()}, 0, 0)
			testkit.CheckClose(t, "∂ρ/∂s", testkit.Floats(t, got[1])[:4], []float64{0.125, 0.125, 0.125, 0.125}, 1e-15, 0)
		})
	})
}
