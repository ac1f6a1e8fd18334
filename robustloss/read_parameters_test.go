package robustloss

import (
	"math"
	"strings"
	"testing"

	"github.com/gomlx/compute"
	. "github.com/gomlx/gomlx/core/graph"
	"github.com/gomlx/gomlx/ml/model"
	"github.com/gomlx/gomlx/ml/model/checkpoint"
	"github.com/gomlx/gomlx/ml/train/optimizer"
	"github.com/robustloss/gomlx-robustloss/internal/testkit"
)

// readCases are losses of residuals [rows, 2], and what of them is learned.
var readCases = map[string]func(scope *model.Scope, x *Node) *Adaptive{
	"columns": func(scope *model.Scope, x *Node) *Adaptive {
		return NewAdaptive(scope, x).AlphaRange(0, 3).AlphaInit(1.2).ScaleFloor(1e-3).ScaleInit(0.4).LocationInit(0.1)
	},
	"shared": func(scope *model.Scope, x *Node) *Adaptive { return NewAdaptive(scope, x).Shared().LatentRate(3) },
	"t": func(scope *model.Scope, x *Node) *Adaptive {
		return NewStudentsT(scope, x).DFInit(4).FixedLocation(-0.2)
	},
	"normal": func(scope *model.Scope, x *Node) *Adaptive { return NewAdaptive(scope, x).FixedAlpha(2) },
	"tame": func(scope *model.Scope, x *Node) *Adaptive {
		return NewStudentsT(scope, x).FixedDF(math.Inf(1)).FixedScale(0.7).LocationInit(0)
	},
}

// nodes returns what the accessors of a loss return: shape, scale, location.
func nodes(a *Adaptive) []*Node {
	a.Done()
	if a.likelihood == StudentsT {
		return []*Node{a.DF(), a.Scale(), a.Location()}
	}
	return []*Node{a.Alpha(), a.Scale(), a.Location()}
}

// What is read out of the scope, as numbers and as nodes, is what the accessors return: before the training, after it, and
// from a checkpoint, before any graph is built.
func TestReadParameters_AreThoseOfTheLoss(t *testing.T) {
	testkit.ForEachBackend(t, func(t *testing.T, backend compute.Backend) {
		dir, store, x := t.TempDir(), model.NewStore(), heavyTailed(30)
		saved, err := checkpoint.Build(store).Dir(dir).Done()
		if err != nil {
			t.Fatal(err)
		}
		check := func(what string) map[string]Parameters[[]float64] {
			t.Helper()
			all := map[string]Parameters[[]float64]{}
			for name, build := range readCases {
				values := evaluate(t, backend, store, x, func(scope *model.Scope, x *Node) []*Node {
					a := build(scope.At("%s", name), x)
					out := nodes(a)
					read := ReadParameterNodes(scope.At("%s", name), x.Graph())
					shape := read.Alpha
					if a.likelihood == StudentsT {
						shape = read.DF
					}
					return append(out, shape, read.Scale, read.Location)
				})
				read, err := ReadParameters(store.Scope("/" + name))
				if err != nil {
					t.Fatal(err)
				}
				shape, other := read.Alpha, read.DF
				if read.Likelihood == StudentsT {
					shape, other = other, shape
				}
				if other != nil {
					t.Errorf("%s %s: α is %v, ν is %v: one of them must be nil", what, name, read.Alpha, read.DF)
				}
				for i, got := range [][]float64{shape, read.Scale, read.Location} {
					testkit.CheckClose(t, what+" "+name, got, values[i], 1e-13, 1e-15)
					testkit.CheckClose(t, what+" "+name+" (nodes)", values[3+i], values[i], 0, 0)
				}
				all[name] = read
			}
			return all
		}
		check("at first")
		trainLoss(t, backend, store, x, optimizer.Adam().LearningRate(0.1).Done(), 5, func(scope *model.Scope, x *Node) *Node {
			var losses []*Node
			for name, build := range readCases {
				losses = append(losses, ReduceAllMean(build(scope.At("%s", name), x).Done()))
			}
			return Stack(losses, 0)
		})
		want := check("trained")
		if want["columns"].Alpha[0] == 1.2 {
			t.Error("nothing was learned")
		}
		if err := saved.Save(); err != nil {
			t.Fatal(err)
		}
		loaded := model.NewStore()
		if _, err := checkpoint.Build(loaded).Dir(dir).Done(); err != nil {
			t.Fatal(err)
		}
		for name := range readCases {
			got, err := ReadParameters(loaded.Scope("/" + name))
			if err != nil {
				t.Fatal(err)
			}
			testkit.CheckClose(t, "loaded "+name, append(append(got.Alpha, got.DF...), append(got.Scale, got.Location...)...),
				append(append(want[name].Alpha, want[name].DF...), append(want[name].Scale, want[name].Location...)...), 0, 0)
		}
	})
}

// As in a metric: the parameters are those after the training step, also where no trainer moves them.
func TestReadParameters_WithoutATrainer(t *testing.T) {
	backend, store, x := testkit.Backend(t, "go"), model.NewStore(), heavyTailed(30)
	sgd := optimizer.StochasticGradientDescent()
	step, err := model.NewExec(backend, store, func(scope *model.Scope, x *Node) *Node {
		loss := ReduceAllMean(NewAdaptive(scope.In("loss"), x).LatentRate(5).Done())
		sgd.UpdateGraph(scope, x.Graph(), loss)
		return ReadParameterNodes(scope.At("loss"), x.Graph()).Scale
	})
	if err != nil {
		t.Fatal(err)
	}
	out, err := step.Exec(x)
	if err != nil {
		t.Fatalf("%+v", err)
	}
	read, err := ReadParameters(store.Scope("/loss"))
	if err != nil {
		t.Fatal(err)
	}
	if read.Scale[0] == 1 {
		t.Error("nothing was learned")
	}
	testkit.CheckClose(t, "c", read.Scale, testkit.Floats(t, out[0]), 1e-13, 0)
}

// What a node gives is in no scope, and what is constant alone leaves nothing to read.
func TestReadParameters_LeavesOutWhatIsGiven(t *testing.T) {
	backend, store := testkit.Backend(t, "go"), model.NewStore()
	evaluate(t, backend, store, heavyTailed(3), func(scope *model.Scope, x *Node) []*Node {
		a := NewAdaptive(scope.In("given"), x).WithAlpha(Scalar(x.Graph(), x.DType(), 1))
		return []*Node{a.Done(), NewAdaptive(scope.In("fixed"), x).FixedAlpha(1).FixedScale(1).Done()}
	})
	read, err := ReadParameters(store.Scope("/given"))
	if err != nil {
		t.Fatal(err)
	}
	if read.Alpha != nil || read.DF != nil || len(read.Scale) != 2 || len(read.Location) != 1 {
		t.Errorf("read %+v", read)
	}
	for path, want := range map[string]string{"/fixed": "in the scope /fixed no loss was built that learns", "/nothing": "/nothing"} {
		if _, err := ReadParameters(store.Scope(path)); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: the error is %v", path, err)
		}
	}
}

// Latents that were made with other options mean other parameters: they are refused, with both.
func TestAdaptive_RefusesLatentsOfOtherOptions(t *testing.T) {
	backend := testkit.Backend(t, "go")
	for _, c := range []struct {
		first, second func(a *Adaptive) *Adaptive
		want          []string // nothing: no error
	}{
		{
			func(a *Adaptive) *Adaptive { return a }, func(a *Adaptive) *Adaptive { return a.AlphaRange(0, 3).AlphaInit(1) },
			[]string{"/loss", "AlphaRange(0.001, 1.999) and AlphaInit(1)", "AlphaRange(0, 3) and AlphaInit(1)"},
		},
		{
			func(a *Adaptive) *Adaptive { return a.ScaleInit(2) }, func(a *Adaptive) *Adaptive { return a.ScaleInit(3) },
			[]string{"ScaleFloor(1e-05) and ScaleInit(2)", "ScaleInit(3)"},
		},
		{
			func(a *Adaptive) *Adaptive { return a.LocationInit(0) }, func(a *Adaptive) *Adaptive { return a.LocationInit(1) },
			[]string{"LocationInit(0)", "LocationInit(1)"},
		},
		{func(a *Adaptive) *Adaptive { return a.LatentRate(2) }, func(a *Adaptive) *Adaptive { return a.LatentRate(3) }, nil},
		{func(a *Adaptive) *Adaptive { return a }, func(a *Adaptive) *Adaptive { return a.FixedAlpha(2) }, nil},
		{func(a *Adaptive) *Adaptive { return a.FixedAlpha(2) }, func(a *Adaptive) *Adaptive { return a.Freeze() }, nil},
	} {
		store := model.NewStore()
		run := func(options func(a *Adaptive) *Adaptive) error {
			exec, err := model.NewExec(backend, store, func(scope *model.Scope, x *Node) *Node {
				return options(NewAdaptive(scope.At("loss"), x)).Done()
			})
			if err != nil {
				t.Fatal(err)
			}
			_, err = exec.Exec([]float64{1, 2})
			return err
		}
		if err := run(c.first); err != nil {
			t.Fatalf("%+v", err)
		}
		err := run(c.second)
		if (err == nil) != (c.want == nil) {
			t.Errorf("want an error with %q, got %v", c.want, err)
		}
		for _, word := range c.want {
			if err != nil && !strings.Contains(err.Error(), word) {
				t.Errorf("the error %.400q does not say %q", err, word)
			}
		}
	}
}

// A damaged variable is an error, not numbers.
func TestReadParameters_RefusesDamagedVariables(t *testing.T) {
	build := func() *model.Store {
		store := model.NewStore()
		evaluate(t, testkit.Backend(t, "go"), store, heavyTailed(3), func(scope *model.Scope, x *Node) []*Node {
			return []*Node{NewAdaptive(scope.In("loss"), x).Done()}
		})
		return store
	}
	for name, damage := range map[string]func(scope *model.Scope) error{
		"want 15": func(scope *model.Scope) error {
			if err := scope.DeleteVariable(recordName); err != nil {
				return err
			}
			scope.VariableWithValue(recordName, []float64{1, 2, 3})
			return nil
		},
		"no variable \"scale_latent\"": func(scope *model.Scope) error { return scope.DeleteVariable("scale_latent") },
		"(Int32)[2], not 2 floats": func(scope *model.Scope) error {
			if err := scope.DeleteVariable("alpha_latent"); err != nil {
				return err
			}
			scope.VariableWithValue("alpha_latent", []int32{1, 2})
			return nil
		},
	} {
		scope := build().Scope("/loss")
		if err := damage(scope); err != nil {
			t.Fatal(err)
		}
		if _, err := ReadParameters(scope); err == nil || !strings.Contains(err.Error(), name) {
			t.Errorf("the error is %v, it should say %q", err, name)
		}
	}
}
