package robustloss

import (
	"fmt"
	"math"
	"math/rand/v2"
	"slices"
	"sort"
	"strings"
	"testing"

	"github.com/gomlx/compute"
	"github.com/gomlx/compute/dtypes"
	. "github.com/gomlx/gomlx/core/graph"
	"github.com/gomlx/gomlx/ml/model"
	"github.com/gomlx/gomlx/ml/train/optimizer"

	"github.com/robustloss/gomlx-robustloss/internal/testkit"
	"github.com/robustloss/gomlx-robustloss/robustloss/scalar"
)

// planeFactor is the L of the samples below.
var planeFactor = [3]float64{0.5, 1.6, 0.8} // L₁₁, L₂₁, L₂₂

// planeSamples draws from the distribution of vectors in the plane with shape alpha, location (1, −2) and planeFactor: a direction,
// and a radius by inversion of its distribution function on a fine grid.
func planeSamples(alpha float64, count int, seed uint64) [][]float64 {
	const steps = 20_000
	kernel := scalar.Kernel{Alpha: alpha, Scale: 1}
	radii, total := make([]float64, steps), make([]float64, steps)
	sum := 0.0
	for i := range radii {
		radii[i] = math.Exp(20*(float64(i)+0.5)/steps - 10)
		sum += radii[i] * radii[i] * math.Exp(-kernel.Rho(radii[i])) // dr = r·d(log r)
		total[i] = sum
	}
	rng := rand.New(rand.NewPCG(seed, 2))
	x := make([][]float64, count)
	for k := range x {
		r := radii[min(sort.SearchFloat64s(total, rng.Float64()*sum), steps-1)]
		angle := 2 * math.Pi * rng.Float64()
		u, v := r*math.Cos(angle), r*math.Sin(angle)
		x[k] = []float64{1 + planeFactor[0]*u, -2 + planeFactor[1]*u + planeFactor[2]*v}
	}
	return x
}

func buildPlane(scope *model.Scope, x *Node) *Adaptive {
	return NewVectorAdaptive(scope.ResetVisited().In("loss"), x).AlphaRange(0.05, 2.5).AlphaInit(1).LocationInit(0)
}

// α, L and the location of the samples are found; the reader reads them; and on fresh samples the loss is the least that any
// model can have on average, and less than that of a distribution for each coordinate.
func TestVectorAdaptive_LearnsShapeAndFactor(t *testing.T) {
	const alpha, count = 0.8, 4000
	x, fresh := planeSamples(alpha, count, 1), planeSamples(alpha, count, 2)
	testkit.ForEachBackend(t, func(t *testing.T, backend compute.Backend) {
		store := model.NewStore()
		columns := func(scope *model.Scope, x *Node) *Adaptive {
			return NewAdaptive(scope.ResetVisited().In("columns"), x).AlphaRange(0, 2.5).AlphaInit(1.5).LocationInit(0)
		}
		trainLoss(t, backend, store, x, optimizer.Adam().LearningRate(0.1).Done(), 400, func(scope *model.Scope, x *Node) *Node {
			joint, separate := buildPlane(scope, x), columns(scope, x)
			joint.Done()
			separate.Done()
			return Add(joint.Mean(), separate.Mean())
		})
		got := evaluate(t, backend, store, fresh, func(scope *model.Scope, x *Node) []*Node {
			a := buildPlane(scope, x)
			a.Done()
			separate := columns(scope, x)
			separate.Done()
			g := x.Graph()
			moved := Sub(x, ExpandLeftToRank(Const(g, []float64{1, -2}), 2))
			truth := ReduceAllMean(VectorNLL(moved, Const(g, alpha), Const(g, [][]float64{{planeFactor[0], 0}, {planeFactor[1], planeFactor[2]}})))
			read := ReadParameterNodes(scope.At("loss"), g)
			return []*Node{a.Alpha(), a.Scale(), a.Location(), a.Mean(), truth, MulScalar(separate.Mean(), 2), read.Alpha, read.Scale, read.Location}
		})
		testkit.CheckClose(t, "α", got[0], []float64{alpha}, 0, 0.15)
		testkit.CheckClose(t, "L", got[1], []float64{planeFactor[0], 0, planeFactor[1], planeFactor[2]}, 0.15, 0)
		testkit.CheckClose(t, "μ", got[2], []float64{1, -2}, 0, 0.2)
		testkit.CheckClose(t, "NLL of fresh samples", got[3], got[4], 0, 0.01)
		t.Logf("α %.4f L %.4f μ %.4f NLL %.4f truth %.4f separate %.4f", got[0], got[1], got[2], got[3], got[4], got[5])
		if gain := got[5][0] - got[3][0]; gain < 0.3 {
			t.Errorf("one distribution for the vectors gains %.3f nats over one for each coordinate, want more than 0.3", gain)
		}
		read, err := ReadParameters(store.Scope("/loss"))
		if err != nil {
			t.Fatal(err)
		}
		for i, values := range [][]float64{read.Alpha, read.Scale, read.Location} {
			testkit.CheckClose(t, "read", values, got[i], 1e-13, 1e-15)
			testkit.CheckClose(t, "read as nodes", got[6+i], got[i], 0, 0)
		}
	})
}

// What the options give, in each of their ways.
func TestVectorAdaptive_Options(t *testing.T) {
	x := [][]float64{{1, 2, -1}, {0.5, 0, 3}, {40, 0, 0}, {math.NaN(), 1, 1}}
	testkit.ForEachBackend(t, func(t *testing.T, backend compute.Backend) {
		store := model.NewStore()
		got := evaluate(t, backend, store, x, func(scope *model.Scope, x *Node) []*Node {
			g := x.Graph()
			factor := Const(g, [][]float64{{1, 0, 0}, {0.5, 2, 0}, {0, 0.3, 0.7}})
			alphas, keep := Const(g, []float64{0.5, 1, 2, 1}), Const(g, []bool{true, true, true, false})
			weights := Const(g, []float64{1, 2, 0.5, 3})
			hidden := func(n *Node) *Node { return Where(keep, n, ZerosLike(n)) }
			known := Where(BroadcastToDims(ExpandDims(keep, -1), 4, 3), x, ZerosLike(x))
			start := NewVectorAdaptive(scope.In("start"), x).ScaleInit(0.3).Mask(keep)
			fixedScale := NewVectorAdaptive(scope.In("fixed"), x).FixedScale(2).FixedAlpha(1.5).Mask(keep).Weights(weights)
			given := NewVectorAdaptive(scope.In("given"), x).WithAlpha(alphas).WithScale(factor).WithLocation(Const(g, []float64{1, 0, 0})).Mask(keep)
			line := NewVectorAdaptive(scope.In("line"), SliceAxis(known, 1, AxisRange(0, 1))).FixedAlpha(0)
			identity := Const(g, [][]float64{{1, 0, 0}, {0, 1, 0}, {0, 0, 1}})
			one, onePointFive := Const(g, 1.0), Const(g, 1.5)
			moved := Sub(known, ExpandLeftToRank(Const(g, []float64{1, 0, 0}), 2))
			return []*Node{
				start.Done(), hidden(VectorNLL(known, one, MulScalar(identity, 0.3))),
				fixedScale.Done(), hidden(Mul(weights, VectorNLL(known, onePointFive, MulScalar(identity, 2)))),
				given.Done(), hidden(VectorNLL(moved, alphas, factor)),
				line.Done(), NLL(Squeeze(SliceAxis(known, 1, AxisRange(0, 1)), 1), Const(g, 0.0), one),
				start.Scale(), MulScalar(identity, 0.3),
				Gradient(start.Mean(), x)[0], ZerosLike(x),
				start.Mean(), DivScalar(ReduceAllSum(hidden(VectorNLL(known, one, MulScalar(identity, 0.3)))), 3),
			}
		})
		for i := 0; i < len(got); i += 2 {
			if i == 10 { // the gradient is 0 where the mask hides, and finite elsewhere
				if slices.ContainsFunc(got[i], math.IsNaN) || got[i][9] != 0 || got[i][0] == 0 {
					t.Errorf("the gradient is %v", got[i])
				}
				continue
			}
			testkit.CheckClose(t, fmt.Sprintf("output %d", i), got[i], got[i+1], 1e-13, 1e-15)
		}
		for path, dims := range map[string][]int{"/start/scale_latent": {3}, "/start/correlation_latent": {3}, "/start/alpha_latent": nil} {
			if v := store.GetVariable(path); v == nil || !slices.Equal(v.Shape().Dimensions, dims) {
				t.Errorf("the variable %s is %v, want dimensions %v", path, v, dims)
			}
		}
		for _, path := range []string{"/fixed/scale_latent", "/given/scale_latent", "/line/correlation_latent"} {
			if store.GetVariable(path) != nil {
				t.Errorf("there is a variable %s", path)
			}
		}
	})
}

// Freezing holds L as well; halves come back as halves; and what is read of a scope with a fixed scale is c·I.
func TestVectorAdaptive_FreezesAndConverts(t *testing.T) {
	testkit.ForEachBackend(t, func(t *testing.T, backend compute.Backend) {
		store, x := model.NewStore(), planeSamples(1, 50, 3)
		build := func(scope *model.Scope, x *Node) *Adaptive {
			return buildPlane(scope, ConvertDType(x, dtypes.BFloat16))
		}
		steps := func() [][]float64 {
			trainLoss(t, backend, store, x, optimizer.Adam().LearningRate(0.1).Done(), 4, func(scope *model.Scope, x *Node) *Node {
				w := scope.VariableWithValue("w", float32(0)).NodeValue(x.Graph())
				a := build(scope, Add(ConvertDType(x, dtypes.Float32), w))
				if nll := a.Done(); nll.DType() != dtypes.BFloat16 || nll.Rank() != 1 {
					t.Errorf("the NLL is %s", nll.Shape())
				}
				return a.Mean()
			})
			read, err := ReadParameters(store.Scope("/loss"))
			if err != nil {
				t.Fatal(err)
			}
			return [][]float64{read.Scale, read.Alpha}
		}
		first := steps()
		store.GetVariable("/loss/correlation_latent").SetTrainable(false)
		second := steps()
		ratio := func(l []float64) float64 { return l[2] / l[3] } // M₂₁
		if math.Abs(ratio(first[0])-ratio(second[0])) > 1e-12 || first[0][0] == second[0][0] || first[1][0] == second[1][0] {
			t.Errorf("with M frozen L went from %v to %v, α from %v to %v", first[0], second[0], first[1], second[1])
		}
		fixedStore := model.NewStore()
		evaluate(t, backend, fixedStore, x, func(scope *model.Scope, x *Node) []*Node {
			return []*Node{NewVectorAdaptive(scope.In("loss"), x).FixedScale(0.5).Done()}
		})
		read, err := ReadParameters(fixedStore.Scope("/loss"))
		if err != nil {
			t.Fatal(err)
		}
		testkit.CheckClose(t, "L", read.Scale, []float64{0.5, 0, 0, 0.5}, 0, 0)
	})
}

func TestVectorAdaptive_Errors(t *testing.T) {
	x := [][]float64{{1, 2}, {3, 4}}
	for _, c := range []struct {
		want  string
		x     any
		build func(s *model.Scope, x *Node)
	}{
		{"x must be vectors [batchSize, d], got rank 1: x=(Float64)[2]", []float64{1, 2}, func(s *model.Scope, x *Node) { NewVectorAdaptive(s, x).Done() }},
		{"1 to 8 dimensions, got 9", [][]float64{make([]float64, 9)}, func(s *model.Scope, x *Node) { NewVectorAdaptive(s, x).Done() }},
		{"NewVectorAdaptive: AlphaRange(0, 1): want lo > 0 for vectors", x, func(s *model.Scope, x *Node) { NewVectorAdaptive(s, x).AlphaRange(0, 1).Done() }},
		{"FixedAlpha(0): want a number > 0 for vectors", x, func(s *model.Scope, x *Node) { NewVectorAdaptive(s, x).FixedAlpha(0).Done() }},
		{"Likelihood(StudentsT): vectors have the likelihood General", x, func(s *model.Scope, x *Node) { NewVectorAdaptive(s, x).Likelihood(StudentsT).Done() }},
		{"Shared has no meaning for vectors", x, func(s *model.Scope, x *Node) { NewVectorAdaptive(s, x).Shared().Done() }},
		{"Levels has no meaning", x, func(s *model.Scope, x *Node) { NewVectorAdaptive(s, x).Levels(1).Done() }},
		{"Mask: want [batchSize], got (Bool)[2, 2]", x, func(s *model.Scope, x *Node) {
			NewVectorAdaptive(s, x).Mask(Const(x.Graph(), [][]bool{{true, true}, {true, false}})).Done()
		}},
		{"the factor must be [2, 2]", x, func(s *model.Scope, x *Node) { NewVectorAdaptive(s, x).WithScale(Const(x.Graph(), 1.0)).Done() }},
		{"WithAlpha must be a scalar or broadcast", x, func(s *model.Scope, x *Node) { NewVectorAdaptive(s, x).WithAlpha(x).Done() }},
		{"Done was called before", x, func(s *model.Scope, x *Node) { a := NewVectorAdaptive(s, x); a.Done(); a.Done() }},
		{"of vectors of 2 dimensions (0: of numbers), not 0", x, func(s *model.Scope, x *Node) {
			NewVectorAdaptive(s, x).Done()
			NewAdaptive(s, x).Done()
		}},
	} {
		exec, err := model.NewExec(testkit.Backend(t, "go"), model.NewStore(), func(scope *model.Scope, x *Node) *Node {
			c.build(scope, x)
			return x
		})
		if err != nil {
			t.Fatal(err)
		}
		if _, err = exec.Exec(c.x); err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("want an error with %q, got: %.300v", c.want, err)
		}
	}
}
