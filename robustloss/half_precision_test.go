package robustloss

import (
	"fmt"
	"math"
	"testing"

	"github.com/gomlx/compute"
	"github.com/gomlx/compute/dtypes"
	. "github.com/gomlx/gomlx/core/graph"
	"github.com/gomlx/gomlx/ml/model"
	"github.com/gomlx/gomlx/ml/train/optimizer"
	"github.com/robustloss/gomlx-robustloss/internal/testkit"
	"github.com/robustloss/gomlx-robustloss/robustloss/internal/partition"
)

// bfloat16 goes in and comes out; in between everything is float32, and so are the variables.
func TestDistribution_InBFloat16(t *testing.T) {
	const half = dtypes.BFloat16
	testkit.ForEachBackend(t, func(t *testing.T, backend compute.Backend) {
		store := model.NewStore()
		exec, err := model.NewExec(backend, store, func(scope *model.Scope, x, state *Node) []*Node {
			x = ConvertDType(x, half)
			alpha, scale := Scalar(x.Graph(), half, 1.0), Scalar(x.Graph(), half, 0.5)
			_, samples := Sample(state, alpha, BroadcastToDims(scale, 3))
			a := NewAdaptive(scope.In("loss"), x).LocationInit(0)
			return []*Node{LogPartition(alpha), NLL(x, alpha, scale), StudentsTNLL(x, alpha, scale), samples, a.Done(), a.Alpha(), a.Scale()}
		})
		if err != nil {
			t.Fatal(err)
		}
		outputs, err := exec.Exec([]float32{0.5}, rngState(t, 1))
		if err != nil {
			t.Fatalf("%+v", err)
		}
		logZ := partition.LogZ(1)
		cauchy := math.Log(2) + math.Log(0.5) + math.Log(math.Pi)
		want := []float64{logZ, math.Sqrt2 - 1 + math.Log(0.5) + logZ, cauchy, math.NaN(), math.Sqrt(1.25) - 1 + logZ, 1, 1}
		for i, o := range outputs {
			if o.DType() != half {
				t.Errorf("output %d is %s, want bfloat16", i, o.Shape())
			}
			if got := testkit.Floats(t, o); !math.IsNaN(want[i]) {
				testkit.CheckClose(t, "output", got, []float64{want[i]}, 1e-2, 0)
			}
		}
		for v := range store.IterVariables() {
			if v.DType() != dtypes.Float32 && v.Name() != "options" {
				t.Errorf("the variable %s is %s, want float32", v.Path(), v.DType())
			}
		}
	})
}

// halfCase is a loss of residuals that are rounded to a half precision and kept in it, or, to compare, in float32.
type halfCase struct {
	rounded, kept dtypes.DType
	students      bool
}

func (c halfCase) scope() string { return fmt.Sprintf("%s_%s_%v", c.rounded, c.kept, c.students) }

// build has the paper's floor, which is 0 in float16.
func (c halfCase) build(scope *model.Scope, x *Node) *Adaptive {
	x = ConvertDType(ConvertDType(x, c.rounded), c.kept)
	scope = scope.At("%s", c.scope())
	if c.students {
		return NewStudentsT(scope, x).ScaleFloor(1e-8).ScaleInit(0.5).LatentRate(2)
	}
	return NewAdaptive(scope, x).AlphaRange(0, 3).AlphaInit(1).ScaleFloor(1e-8).ScaleInit(0.5).LocationInit(0)
}

// Whole trainings on residuals of float16 and bfloat16 end where those on the same numbers in float32 do, for a normal column,
// a column of heavy tails, and one that is fitted exactly: its scale goes to the floor, which float16 would round to 0.
func TestAdaptive_TrainsInHalfPrecision(t *testing.T) {
	rows := heavyTailed(400)
	for i := range rows {
		rows[i] = append(rows[i], 0)
	}
	var cases []halfCase // each followed by what it is compared with
	for _, half := range []dtypes.DType{dtypes.Float16, dtypes.BFloat16} {
		for _, students := range []bool{false, true} {
			cases = append(cases, halfCase{half, half, students}, halfCase{half, dtypes.Float32, students})
		}
	}
	testkit.ForEachBackend(t, func(t *testing.T, backend compute.Backend) {
		store := model.NewStore()
		trainLoss(t, backend, store, rows, optimizer.Adam().LearningRate(0.3).Done(), 120, func(scope *model.Scope, x *Node) *Node {
			total := ScalarZero(x.Graph(), dtypes.Float32)
			for _, c := range cases {
				a := c.build(scope, x)
				if nll := a.Done(); nll.DType() != c.kept {
					t.Errorf("%s: the NLL is %s", c.scope(), nll.Shape())
				}
				total = Add(total, a.Mean())
			}
			return total
		})
		losses := evaluate(t, backend, store, rows, func(scope *model.Scope, x *Node) (outputs []*Node) {
			for _, c := range cases {
				a := c.build(scope, x)
				outputs = append(outputs, a.Done(), a.Mean())
			}
			return outputs
		})
		for i := 0; i < len(cases); i += 2 {
			what := cases[i].scope()
			rounding := map[dtypes.DType]float64{dtypes.Float16: 0x1p-11, dtypes.BFloat16: 0x1p-8}[cases[i].rounded]
			testkit.CheckClose(t, what+": NLL", losses[2*i], losses[2*i+2], rounding, 1e-3) // what is returned is rounded
			testkit.CheckClose(t, what+": mean", losses[2*i+1], losses[2*i+3], 1e-4, 1e-5)  // what is learned is not
			var read [2]Parameters[[]float64]
			for k := range read {
				var err error
				if read[k], err = ReadParameters(store.RootScope().At("%s", cases[i+k].scope())); err != nil {
					t.Fatal(err)
				}
			}
			testkit.CheckClose(t, what+": α", read[0].Alpha, read[1].Alpha, 1e-4, 1e-6)
			testkit.CheckClose(t, what+": ν", read[0].DF, read[1].DF, 1e-4, 1e-6)
			testkit.CheckClose(t, what+": c", read[0].Scale, read[1].Scale, 1e-4, 1e-12)
			if c := read[1].Scale[2]; c > 1e-5 || c < 1e-8 {
				t.Errorf("%s: the scale of the column of zeros is %g: the training is too short to test anything", what, c)
			}
		}
	})
}

// The image loss computes its coefficients in float32 too, and returns all in the dtype of the residuals.
func TestImageAdaptive_InHalfPrecision(t *testing.T) {
	values := lcgImage(3, 2*8*8*3)
	testkit.ForEachBackend(t, func(t *testing.T, backend compute.Backend) {
		for _, half := range []dtypes.DType{dtypes.Float16, dtypes.BFloat16} {
			rounding := map[dtypes.DType]float64{dtypes.Float16: 0x1p-11, dtypes.BFloat16: 0x1p-8}[half]
			got := evaluate(t, backend, model.NewStore(), testkit.Tensor(t, dtypes.Float32, values, 2, 8, 8, 3), func(scope *model.Scope, x *Node) []*Node {
				x = ConvertDType(x, half)
				outputs := func(scope *model.Scope, x *Node) []*Node {
					a := NewImageAdaptive(scope, x).AlphaRange(0, 3).AlphaInit(1).ScaleFloor(1e-8).ScaleInit(0.01)
					out := []*Node{a.Done(), a.Coefficients(), a.Alpha(), a.Scale(), a.Location()}
					for i, o := range out {
						if o.DType() != x.DType() {
							t.Errorf("output %d is %s, want %s", i, o.Shape(), x.DType())
						}
					}
					return append(out, Gradient(a.Mean(), x)[0])
				}
				return append(outputs(scope.In("half"), x), outputs(scope.In("float"), ConvertDType(x, dtypes.Float32))...)
			})
			n := len(got) / 2
			for i := range n {
				testkit.CheckClose(t, half.String(), got[i], got[n+i], rounding, 1e-6)
			}
		}
	})
}
