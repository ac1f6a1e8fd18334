package robustloss

import (
	"fmt"
	"math"
	"math/rand/v2"
	"strings"
	"testing"

	"github.com/gomlx/compute"
	"github.com/gomlx/compute/dtypes"
	. "github.com/gomlx/gomlx/core/graph"
	"github.com/gomlx/gomlx/core/tensors"
	"github.com/gomlx/gomlx/ml/model"
	"github.com/gomlx/gomlx/ml/train"
	"github.com/gomlx/gomlx/ml/train/optimizer"
	"github.com/robustloss/gomlx-robustloss/internal/testkit"
)

// heavyTailed returns samples of [count, 2] values: normal ones of standard deviation 0.5, and Cauchy's of scale 2.
func heavyTailed(count int) [][]float64 {
	rng := rand.New(rand.NewPCG(1, 2))
	x := make([][]float64, count)
	for i := range x {
		x[i] = []float64{0.5 * rng.NormFloat64(), 2 * rng.NormFloat64() / rng.NormFloat64()}
	}
	return x
}

// trainLoss trains a loss on x for some steps.
func trainLoss(t *testing.T, backend compute.Backend, store *model.Store, x any, opt optimizer.Interface, steps int, build func(scope *model.Scope, x *Node) *Node) {
	t.Helper()
	trainer := train.NewTrainer(backend, store, func(scope *model.Scope, _ any, x []*Node) []*Node {
		train.AddMainLoss(ReduceAllMean(build(scope, x[0])))
		return nil
	}, nil, opt, nil, nil)
	for range steps {
		if _, err := trainer.TrainStep(train.Batch{Inputs: []*tensors.Tensor{tensors.MustFromAnyValue(x)}}); err != nil {
			t.Fatalf("%+v", err)
		}
	}
}

// evaluate runs a graph function of a model on x.
func evaluate(t *testing.T, backend compute.Backend, store *model.Store, x any, f func(scope *model.Scope, x *Node) []*Node) [][]float64 {
	t.Helper()
	exec, err := model.NewExec(backend, store, f)
	if err != nil {
		t.Fatal(err)
	}
	outputs, err := exec.Exec(x)
	if err != nil {
		t.Fatalf("%+v", err)
	}
	var values [][]float64
	for _, o := range outputs {
		values = append(values, testkit.Floats(t, o))
	}
	return values
}

func adaptiveOutputs(a *Adaptive) []*Node {
	nll := a.Done()
	return []*Node{nll, a.Alpha(), a.Scale()}
}

// α and c start exactly at their init, in both dtypes.
func TestAdaptive_StartsAtTheInit(t *testing.T) {
	testkit.ForEachBackend(t, func(t *testing.T, backend compute.Backend) {
		testkit.ForEachDType(t, func(t *testing.T, dtype dtypes.DType) {
			x := testkit.Tensor(t, dtype, []float64{1, -2, 0.3, 4}, 2, 2)
			for i, c := range []struct {
				build        func(a *Adaptive) *Adaptive
				alpha, scale float64
			}{
				{func(a *Adaptive) *Adaptive { return a }, 1, 1},
				{func(a *Adaptive) *Adaptive { return a.AlphaRange(0, 3).AlphaInit(1).ScaleFloor(1e-8).ScaleInit(0.01) }, 1, 0.01},
				{func(a *Adaptive) *Adaptive { return a.AlphaRange(0, 0.5).AlphaInit(0.125).ScaleInit(50) }, 0.125, 50},
				{func(a *Adaptive) *Adaptive { return a.AlphaRange(0, 1).FixedScale(3) }, 0.5, 3},
				{func(a *Adaptive) *Adaptive { return a.FixedAlpha(math.Inf(1)) }, math.Inf(1), 1},
			} {
				got := evaluate(t, backend, model.NewStore(), x, func(scope *model.Scope, x *Node) []*Node {
					return adaptiveOutputs(c.build(NewAdaptive(scope, x)))
				})
				want := []float64{c.alpha, c.scale}
				if dtype == dtypes.Float32 {
					want = []float64{float64(float32(c.alpha)), float64(float32(c.scale))}
				}
				if got[1][0] != want[0] || got[2][0] != want[1] {
					t.Errorf("case %d: α = %.17g, c = %.17g; want %g and %g", i, got[1][0], got[2][0], want[0], want[1])
				}
			}
		})
	})
}

func TestAdaptive_ShapesOfTheParameters(t *testing.T) {
	backend := testkit.Backend(t, "go")
	for _, c := range []struct {
		x, want  []int
		location []int
		build    func(a *Adaptive) *Adaptive
	}{
		{[]int{5, 3}, []int{3}, nil, func(a *Adaptive) *Adaptive { return a }},
		{[]int{5, 3, 2}, []int{3, 2}, []int{3, 2}, func(a *Adaptive) *Adaptive { return a.LocationInit(0) }},
		{[]int{5}, nil, nil, func(a *Adaptive) *Adaptive { return a.LocationInit(0) }},
		{[]int{5, 3}, nil, nil, func(a *Adaptive) *Adaptive { return a.Shared().LocationInit(0) }},
		{nil, nil, nil, func(a *Adaptive) *Adaptive { return a.Shared() }},
	} {
		exec, err := model.NewExec(backend, model.NewStore(), func(scope *model.Scope, x *Node) []*Node {
			a := c.build(NewAdaptive(scope, x))
			out := adaptiveOutputs(a)
			return append(out, a.Location())
		})
		if err != nil {
			t.Fatal(err)
		}
		outputs, err := exec.Exec(tensors.FromShape(testkit.Tensor(t, dtypes.Float32, make([]float64, elements(c.x)), c.x...).Shape()))
		if err != nil {
			t.Fatalf("%+v", err)
		}
		for i, o := range outputs {
			want := c.want
			switch i {
			case 0:
				want = c.x
			case 3:
				want = c.location
			}
			if fmt.Sprint(o.Shape().Dimensions) != fmt.Sprint(append([]int{}, want...)) {
				t.Errorf("x %v: output %d has shape %s, want %v", c.x, i, o.Shape(), want)
			}
		}
	}
}

func elements(dims []int) int {
	product := 1
	for _, d := range dims {
		product *= d
	}
	return product
}

// A normal and a Cauchy column: α moves towards its upper and lower end, c to σ = 0.5 and towards 2/√2, slower, as α does.
func TestAdaptive_LearnsShapeAndScale(t *testing.T) {
	testkit.ForEachBackend(t, func(t *testing.T, backend compute.Backend) {
		store := model.NewStore()
		x := heavyTailed(2000)
		build := func(scope *model.Scope, x *Node) *Adaptive { return NewAdaptive(scope.ResetVisited().In("loss"), x) }
		trainLoss(t, backend, store, x, optimizer.Adam().LearningRate(0.2).Done(), 300, func(scope *model.Scope, x *Node) *Node {
			return build(scope, x).Done()
		})
		got := evaluate(t, backend, store, x, func(scope *model.Scope, x *Node) []*Node { return adaptiveOutputs(build(scope, x)) })
		alpha, scale := got[1], got[2]
		if alpha[0] < 1.8 || alpha[1] > 0.2 {
			t.Errorf("α = %.3g, want above 1.8 for the normal column and below 0.2 for Cauchy's", alpha)
		}
		testkit.CheckClose(t, "c of the normal column", scale[:1], []float64{0.5}, 0.1, 0)
		testkit.CheckClose(t, "c of Cauchy's column", scale[1:], []float64{2 / math.Sqrt2}, 0.4, 0)
	})
}

// Whatever the latents, α and c are in their ranges, the loss and its gradients finite.
func TestAdaptive_IsFiniteForAllLatents(t *testing.T) {
	extremes := []float64{-1e30, -1000, -90, -30, -1, 0, 1, 30, 90, 1000, 1e30}
	testkit.ForEachBackend(t, func(t *testing.T, backend compute.Backend) {
		testkit.ForEachDType(t, func(t *testing.T, dtype dtypes.DType) {
			out := testkit.Exec(t, backend, func(latent *Node) []*Node {
				alpha := shiftedSigmoid(latent, 0, 3, 1)
				scale := shiftedSoftplus(MinScalar(latent, 1e15), 1e-5, 1)
				df := boundedExp(latent)
				x := Scalar(latent.Graph(), dtype, 0.7)
				x = BroadcastToDims(x, len(extremes))
				loss := ReduceAllSum(Add(NLL(x, alpha, scale), StudentsTNLL(x, df, scale)))
				return []*Node{alpha, scale, df, Gradient(loss, latent)[0]}
			}, testkit.Tensor(t, dtype, extremes, len(extremes)))
			for i, name := range []string{"α", "c", "ν", "gradient"} {
				for j, v := range testkit.Floats(t, out[i]) {
					low, high := []float64{0, 1e-6, 1e-30, -1e9}[i], []float64{3, 2e15, 1e30, 1e9}[i]
					if !(v >= low) || !(v <= high) {
						t.Errorf("%s at latent %g is %g, outside [%g, %g]", name, extremes[j], v, low, high)
					}
				}
			}
		})
	})
}

// Far out, where α and c hardly move, their derivatives are small, right to the digits of the dtype, and not 0: a latent that
// strayed there can come back.
func TestReparametrizations_KeepGradientsFarOut(t *testing.T) {
	latents := []float64{-80, -40, -20, -17, 17, 20, 40, 80}
	const lo, hi, init, floor = 0.001, 1.999, 0.7, 1e-5
	shift := math.Log((init - lo) / (hi - init))
	var sigmoid, softplus []float64
	for _, l := range latents {
		e := math.Exp(-math.Abs(l + shift))
		sigmoid = append(sigmoid, (hi-lo)*e/((1+e)*(1+e)))
		softplus = append(softplus, (1-floor)/(1+math.Exp(-l)/(math.E-1)))
	}
	testkit.ForEachBackend(t, func(t *testing.T, backend compute.Backend) {
		testkit.ForEachDType(t, func(t *testing.T, dtype dtypes.DType) {
			tolerance := map[dtypes.DType]float64{dtypes.Float64: 1e-13, dtypes.Float32: 3e-5}[dtype]
			out := testkit.Exec(t, backend, func(l *Node) []*Node {
				return []*Node{
					Gradient(ReduceAllSum(shiftedSigmoid(l, lo, hi, init)), l)[0],
					Gradient(ReduceAllSum(shiftedSoftplus(l, floor, 1)), l)[0],
				}
			}, testkit.Tensor(t, dtype, latents, len(latents)))
			testkit.CheckClose(t, "dα/dℓ", testkit.Floats(t, out[0]), sigmoid, tolerance, 0)
			testkit.CheckClose(t, "dc/dℓ", testkit.Floats(t, out[1]), softplus, tolerance, 0)
		})
	})
}

func TestReparametrizations_MatchTheirDefinitions(t *testing.T) {
	latents := []float64{-40, -3, -0.4, -1e-9, 0, 1e-9, 0.4, 3, 40}
	var sigmoids, softplus []float64
	const lo, hi, init = 0.2, 1.7, 0.6
	for _, l := range latents {
		p := (init - lo) / (hi - lo)
		sigmoids = append(sigmoids, lo+(hi-lo)/(1+math.Exp(-l-math.Log(p/(1-p)))))
		softplus = append(softplus, 0.1+2.9*math.Log1p(math.Exp(l+math.Log(math.E-1))))
	}
	testkit.ForEachBackend(t, func(t *testing.T, backend compute.Backend) {
		in := testkit.Tensor(t, dtypes.Float64, latents, len(latents))
		out := testkit.Exec(t, backend, func(l *Node) []*Node { return []*Node{shiftedSigmoid(l, lo, hi, init), shiftedSoftplus(l, 0.1, 3)} }, in)
		testkit.CheckClose(t, "sigmoid", testkit.Floats(t, out[0]), sigmoids, 1e-14, 0)
		testkit.CheckClose(t, "softplus", testkit.Floats(t, out[1]), softplus, 1e-14, 0)
		testkit.CheckGradient(t, backend, func(in []*Node) *Node {
			return Add(shiftedSigmoid(in[0], lo, hi, init), shiftedSoftplus(in[0], 0.1, 3))
		},
			[]*tensors.Tensor{testkit.Tensor(t, dtypes.Float64, []float64{-5, -0.4, 0, 0.4, 5}, 5)}, testkit.Tolerance{})
	})
}

// Weights multiply, the mask hides, NaN too; the mean is over what it leaves.
func TestAdaptive_WeightsAndMask(t *testing.T) {
	const rows, columns = 4, 2
	x := []float64{1, -2, math.NaN(), 3, 0.5, 0.1, -4, 2}
	mask := []bool{true, true, false, true, true, true, false, false}
	weights := []float64{1, 2, 0, 0.5} // of the rows
	testkit.ForEachBackend(t, func(t *testing.T, backend compute.Backend) {
		testkit.ForEachDType(t, func(t *testing.T, dtype dtypes.DType) {
			exec, err := model.NewExec(backend, model.NewStore(), func(scope *model.Scope, x *Node) []*Node {
				g := x.Graph()
				hide := Const(g, mask)
				a := NewStudentsT(scope.In("loss"), x).ScaleInit(0.7).LocationInit(0.25).
					Mask(Reshape(hide, rows, columns)).Weights(ConstAsDType(g, dtype, weights))
				nll := a.Done()
				kept := StudentsTNLL(AddScalar(x, -0.25), Scalar(g, dtype, 1), Scalar(g, dtype, 0.7))
				byRow := NewAdaptive(scope.In("rows"), x).Mask(Const(g, []bool{true, false, true, true}))
				rowNLL := byRow.Done()
				step := scope.Store().GetVariable("/loss/scale_latent" + latentStepSuffix).NodeValue(g)
				return append([]*Node{nll, kept, a.Mean(), rowNLL, byRow.Mean(), a.Coefficients()}, Gradient(a.Mean(), x, step)...)
			})
			if err != nil {
				t.Fatal(err)
			}
			outputs, err := exec.Exec(testkit.Tensor(t, dtype, x, rows, columns))
			if err != nil {
				t.Fatalf("%+v", err)
			}
			get := func(i int) []float64 { return testkit.Floats(t, outputs[i]) }
			tolerance := map[dtypes.DType]float64{dtypes.Float64: 1e-14, dtypes.Float32: 1e-6}[dtype]
			want, total, count := make([]float64, len(x)), 0.0, 0.0
			for i := range x {
				if mask[i] {
					want[i] = weights[i/columns] * get(1)[i]
					total, count = total+want[i], count+1
				}
			}
			testkit.CheckClose(t, "NLL", get(0), want, tolerance, 0)
			testkit.CheckClose(t, "mean", get(2), []float64{total / count}, 10*tolerance, 0)
			if rows := get(3); rows[2] != 0 || rows[3] != 0 || rows[0] == 0 || math.IsNaN(get(4)[0]) {
				t.Errorf("a mask of rows gives %v, mean %v", rows, get(4))
			}
			for i, g := range get(6) {
				if hidden := !mask[i] || weights[i/columns] == 0; math.IsNaN(g) || hidden != (g == 0) {
					t.Errorf("the gradient in x[%d] is %g; hidden: %v", i, g, hidden)
				}
			}
			if g := get(7); math.IsNaN(g[0]) || g[0] == 0 || math.IsNaN(g[1]) {
				t.Errorf("the gradient in the latents of the scale is %v", g)
			}
		})
	})
}

// A mask that leaves nothing gives a mean of 0, and no NaN to train on.
func TestAdaptive_MaskThatHidesAll(t *testing.T) {
	testkit.ForEachBackend(t, func(t *testing.T, backend compute.Backend) {
		got := evaluate(t, backend, model.NewStore(), []float64{1, math.NaN()}, func(scope *model.Scope, x *Node) []*Node {
			a := NewAdaptive(scope, x).Shared().Mask(Const(x.Graph(), []bool{false, false}))
			nll := a.Done()
			return append([]*Node{nll, a.Mean()}, Gradient(a.Mean(), x)...)
		})
		for i, want := range [][]float64{{0, 0}, {0}, {0, 0}} {
			testkit.CheckClose(t, fmt.Sprintf("output %d", i), got[i], want, 0, 0)
		}
	})
}

// A network may predict shape, scale and location of each residual: the NLL is that of these, and its gradient reaches them.
func TestAdaptive_TakesParametersOfEachResidual(t *testing.T) {
	testkit.ForEachBackend(t, func(t *testing.T, backend compute.Backend) {
		store := model.NewStore()
		got := evaluate(t, backend, store, [][]float64{{1, -2}, {0.5, 4}, {3, 0}}, func(scope *model.Scope, x *Node) []*Node {
			g := x.Graph()
			alpha, scale := Const(g, [][]float64{{0, 1}, {2, 0.5}, {1.5, 1}}), Const(g, [][]float64{{2}, {0.5}, {1}})
			location := Const(g, []float64{0.25, -1})
			general := NewAdaptive(scope.In("general"), x).WithAlpha(alpha).WithScale(scale).WithLocation(location)
			student := NewStudentsT(scope.In("t"), x).WithDF(AddScalar(alpha, 1.0)).WithScale(scale)
			moved := Sub(x, ExpandLeftToRank(location, 2))
			nll, studentNLL := general.Done(), student.Done()
			gradients := Gradient(ReduceAllSum(nll), alpha, scale, location)
			want := Gradient(ReduceAllSum(NLL(moved, alpha, scale)), alpha, scale, location)
			return []*Node{
				Sub(nll, NLL(moved, alpha, scale)), Sub(studentNLL, StudentsTNLL(x, AddScalar(alpha, 1.0), scale)),
				Sub(general.Alpha(), alpha), Sub(general.Location(), location), Sub(student.DF(), AddScalar(alpha, 1.0)),
				Sub(gradients[0], want[0]), Sub(gradients[1], want[1]), Sub(gradients[2], want[2]),
			}
		})
		for i, values := range got {
			testkit.CheckClose(t, fmt.Sprintf("difference %d", i), values, make([]float64, len(values)), 0, 1e-14)
		}
		for v := range store.IterVariables() {
			if strings.HasPrefix(v.Path(), "/general") || strings.HasPrefix(v.Path(), "/t/") {
				t.Errorf("there is a variable %s", v.Path())
			}
		}
	})
}

// Few degrees of freedom for the Cauchy column, many for the normal one.
func TestStudentsT_LearnsDegreesOfFreedomAndScale(t *testing.T) {
	testkit.ForEachBackend(t, func(t *testing.T, backend compute.Backend) {
		store, x := model.NewStore(), heavyTailed(2000)
		build := func(scope *model.Scope, x *Node) *Adaptive {
			return NewStudentsT(scope.ResetVisited().In("loss"), x).DFInit(2).LocationInit(0.1).LatentRate(2)
		}
		trainLoss(t, backend, store, x, optimizer.Adam().LearningRate(0.05).Done(), 150, func(scope *model.Scope, x *Node) *Node {
			return build(scope, x).Done()
		})
		got := evaluate(t, backend, store, x, func(scope *model.Scope, x *Node) []*Node {
			s := build(scope, x)
			s.Done()
			return []*Node{s.DF(), s.Scale(), s.Location()}
		})
		if df := got[0]; df[0] < 10 || math.Abs(df[1]-1) > 0.15 {
			t.Errorf("ν = %.3g, want above 10 for the normal column and 1 for Cauchy's", df)
		}
		testkit.CheckClose(t, "s", got[1], []float64{0.5, 2}, 0.1, 0)
		testkit.CheckClose(t, "μ", got[2], []float64{0, 0}, 0, 0.15)
	})
}

func TestStudentsT_FixedDFAndSharedScale(t *testing.T) {
	testkit.ForEachBackend(t, func(t *testing.T, backend compute.Backend) {
		x := heavyTailed(3)
		got := evaluate(t, backend, model.NewStore(), x, func(scope *model.Scope, x *Node) []*Node {
			s := NewStudentsT(scope, x).FixedDF(math.Inf(1)).Shared().ScaleFloor(1e-3).ScaleInit(2)
			return []*Node{s.Done(), s.DF(), s.Scale(), NLL(x, Scalar(x.Graph(), x.DType(), 2.0), Scalar(x.Graph(), x.DType(), 2.0))}
		})
		testkit.CheckClose(t, "NLL at ν = ∞ and that at α = 2", got[0], got[3], 1e-14, 1e-14)
		testkit.CheckClose(t, "ν, s", []float64{got[1][0], got[2][0]}, []float64{math.Inf(1), 2}, 1e-15, 0)
		if len(got[2]) != 1 {
			t.Errorf("%d scales, want a shared one", len(got[2]))
		}
	})
}
