package robustloss

import (
	"encoding/json"
	"fmt"
	"math"
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

// recordedState is a row of a recorded training: the parameters after the iteration, the loss before it.
type recordedState struct {
	Iter  int
	Loss  float64 `json:"loss_before_step"`
	Alpha []float64
	DF    []float64
	Scale []float64
	Mu    []float64
}

// recordedFit is a fit by Adam, from adaptive.json.
type recordedFit struct {
	Kind   string
	Iters  int
	Reduce string
	Args   recordedArgs
}

// recordedArgs are the arguments of the author's losses. In his code bounds that are equal fix α, and a start at the bound
// fixes the scale.
type recordedArgs struct {
	AlphaLo   *float64 `json:"alpha_lo"`
	AlphaHi   *float64 `json:"alpha_hi"`
	AlphaInit *float64 `json:"alpha_init"`
	ScaleLo   *float64 `json:"scale_lo"`
	ScaleInit *float64 `json:"scale_init"`
}

// apply sets the options that mean the same.
func (r recordedArgs) apply(a *Adaptive) {
	switch {
	case r.AlphaLo == nil:
	case *r.AlphaLo == *r.AlphaHi:
		a.FixedAlpha(*r.AlphaLo)
	default:
		a.AlphaRange(*r.AlphaLo, *r.AlphaHi)
	}
	if r.AlphaInit != nil && (r.AlphaLo == nil || *r.AlphaLo != *r.AlphaHi) {
		a.AlphaInit(*r.AlphaInit)
	}
	switch {
	case r.ScaleLo == nil:
	case *r.ScaleLo == *r.ScaleInit:
		a.FixedScale(*r.ScaleInit)
	default:
		a.ScaleFloor(*r.ScaleLo).ScaleInit(*r.ScaleInit)
	}
}

type recordedData struct {
	Name    string
	Samples []float64
	Fits    []recordedFit
	Exact   []struct {
		Trace       []recordedState
		FinalNLLSum float64 `json:"final_nll_sum"`
	} `json:"fits_exact"`
	MLE []struct {
		Alpha, Scale, Mu float64
		AlphaLo          float64 `json:"alpha_lo"`
		NLLSum           float64 `json:"nll_sum"`
	}
}

// build returns the loss of the fit, summed over its columns, and, per column, the loss and the parameters α or ν, c and μ.
func (f recordedFit) build(scope *model.Scope, x *Node) (loss, columns *Node) {
	b, shape := NewAdaptive(scope, x), (*Adaptive).Alpha
	if f.Kind == "students_t" {
		b, shape = NewStudentsT(scope, x), (*Adaptive).DF
	}
	f.Args.apply(b.LocationInit(0))
	nll := b.Done()
	losses := ReduceSum(nll, 0)
	if f.Reduce == "mean" {
		losses = ReduceMean(nll, 0)
	}
	fill := func(n *Node) *Node { return BroadcastToDims(n, losses.Shape().Dimensions...) }
	return ReduceAllSum(losses), Stack([]*Node{losses, fill(shape(b)), fill(b.Scale()), fill(b.Location())}, 0)
}

// training runs several losses side by side in one model: Adam treats every number by itself.
type training struct {
	trainer *train.Trainer
	state   *model.Exec
	inputs  func() []*tensors.Tensor
}

func newTraining(t *testing.T, backend compute.Backend, rate float64, inputs func() []*tensors.Tensor, build func(scope *model.Scope, x []*Node) (losses, outputs []*Node)) *training {
	t.Helper()
	store := model.NewStore()
	adam := optimizer.Adam().LearningRate(rate).Betas(0.9, 0.999).Epsilon(1e-8).Done()
	trainer := train.NewTrainer(backend, store, func(scope *model.Scope, _ any, x []*Node) []*Node {
		losses, _ := build(scope, x)
		for _, loss := range losses {
			train.AddMainLoss(loss)
		}
		return nil
	}, nil, adam, nil, nil)
	state, err := model.NewExec(backend, store, func(scope *model.Scope, x []*Node) []*Node {
		losses, outputs := build(scope.ResetVisited(), x)
		return append(losses, outputs...)
	})
	if err != nil {
		t.Fatal(err)
	}
	return &training{trainer: trainer, state: state, inputs: inputs}
}

func (tr *training) step(t *testing.T) {
	t.Helper()
	metrics, err := tr.trainer.TrainStep(train.Batch{Inputs: tr.inputs()})
	if err != nil {
		t.Fatalf("%+v", err)
	}
	for _, m := range metrics {
		m.MustFinalizeAll()
	}
}

// values returns the losses and the other outputs at the present state.
func (tr *training) values(t *testing.T) [][]float64 {
	t.Helper()
	var in []any
	for _, x := range tr.inputs() {
		in = append(in, x)
	}
	outputs, err := tr.state.Exec(in...)
	if err != nil {
		t.Fatalf("%+v", err)
	}
	var values [][]float64
	for _, output := range outputs {
		values = append(values, testkit.Floats(t, output))
	}
	return values
}

// follow trains and calls check at the iterations that the records have, 0 included.
func (tr *training) follow(t *testing.T, iterations int, isRecorded func(iter int) bool, check func(iter int, outputs [][]float64)) {
	t.Helper()
	for iter := 0; ; iter++ {
		if isRecorded(iter) {
			check(iter, tr.values(t))
		}
		if iter == iterations {
			return
		}
		tr.step(t)
	}
}

// The recorded trainings with torch's Adam are followed to 1e-6, on XLA to their ends, on the slower Go backend for the first
// 100 steps. With two exceptions:
//
//   - Those towards α = 0 are held to their first steps, and to the maximum of the likelihood at the end: their log Z, a
//     spline, has a wrong slope there, by 4e-3.
//   - The samples of ppf_a2 are symmetric around the start of μ: its first gradient is the rounding error of 0, which Adam
//     makes steps of 0.07 of. So μ is not compared there, and α and c, which follow it a little, to 5e-4: they were off by up to
//     1.7e-4, and by 1e-5 more or less with other instructions of the processor.
func TestAdaptive_FollowsRecordedTrainings(t *testing.T) {
	var golden struct{ Datasets []recordedData }
	testkit.Golden(t, "adaptive.json", &golden)
	testkit.ForEachBackend(t, func(t *testing.T, backend compute.Backend) {
		for _, c := range []struct {
			reduce string
			rate   float64
		}{{"sum", 0.1}, {"mean", 0.01}} {
			t.Run(c.reduce, func(t *testing.T) {
				followRecorded(t, backend, groupFits(golden.Datasets, c.reduce), c.rate)
			})
		}
	})
}

// fitGroup are recorded fits with the same options: they are the columns of one x.
type fitGroup struct {
	fit     recordedFit
	data    []recordedData
	indices []int // which of the fits of the data
}

func groupFits(data []recordedData, reduce string) []*fitGroup {
	var groups []*fitGroup
	byKey := map[string]*fitGroup{}
	for _, d := range data {
		for j, f := range d.Fits {
			if f.Reduce != reduce {
				continue
			}
			args, _ := json.Marshal(f.Args)
			key := fmt.Sprint(f.Kind, string(args), len(d.Samples))
			if byKey[key] == nil {
				byKey[key] = &fitGroup{fit: f}
				groups = append(groups, byKey[key])
			}
			byKey[key].data = append(byKey[key].data, d)
			byKey[key].indices = append(byKey[key].indices, j)
		}
	}
	return groups
}

// x returns the samples, a column per data set.
func (g *fitGroup) x(t *testing.T) *tensors.Tensor {
	var values []float64
	for i := range g.data[0].Samples {
		for _, d := range g.data {
			values = append(values, d.Samples[i])
		}
	}
	return testkit.Tensor(t, dtypes.Float64, values, len(g.data[0].Samples), len(g.data))
}

func followRecorded(t *testing.T, backend compute.Backend, groups []*fitGroup, rate float64) {
	t.Helper()
	inputs := func() (all []*tensors.Tensor) {
		for _, g := range groups {
			all = append(all, g.x(t))
		}
		return all
	}
	tr := newTraining(t, backend, rate, inputs, func(scope *model.Scope, x []*Node) (losses, outputs []*Node) {
		for k, g := range groups {
			loss, columns := g.fit.build(scope.In("fit%d", k), x[k])
			losses, outputs = append(losses, loss), append(outputs, columns)
		}
		return losses, outputs
	})
	iterations := groups[0].fit.Iters
	if backend.String() == "go" {
		iterations = 100
	}
	recorded := map[int]bool{0: true, iterations: true}
	for _, row := range groups[0].data[0].Exact[0].Trace {
		recorded[row.Iter] = true
	}
	checked := 0
	tr.follow(t, iterations, func(iter int) bool { return recorded[iter] }, func(iter int, outputs [][]float64) {
		for k, g := range groups {
			values, columns := outputs[len(groups)+k], len(g.data) // rows: loss, α or ν, c, μ
			for j, d := range g.data {
				var column []float64
				for i := j; i < len(values); i += columns {
					column = append(column, values[i])
				}
				checkRecorded(t, d, g.indices[j], iter, column[0], column[1:])
				checked++
			}
		}
	})
	if checked < 6*len(groups) {
		t.Errorf("only %d states were compared", checked)
	}
}

// checkRecorded compares one fit at one iteration; loss is that of the parameters p = α or ν, c, μ.
func checkRecorded(t *testing.T, d recordedData, index, iter int, loss float64, p []float64) {
	t.Helper()
	fit, exact := d.Fits[index], d.Exact[index]
	what := fmt.Sprintf("%s, fit %d (%s, %s), iteration %d", d.Name, index, fit.Kind, fit.Reduce, iter)
	nearZero, symmetric := d.Name == "ppf_a0" && fit.Kind == "adaptive", d.Name == "ppf_a2"
	if iter == fit.Iters {
		sum := loss
		if fit.Reduce == "mean" {
			sum *= float64(len(d.Samples))
		}
		tolerance := 1e-7
		switch {
		case symmetric:
			tolerance = 5e-6
		case nearZero:
			tolerance = 2e-3 // Adam has not arrived: the recorded ends are above the optimum by 0.012 and 0.46.
			if best := d.MLE[0].NLLSum; sum < best-1e-6 {
				t.Errorf("%s: the sum of NLL is %.10g, below the least possible, %.10g", what, sum, best)
			}
		}
		testkit.CheckClose(t, what+": sum of NLL", []float64{sum}, []float64{exact.FinalNLLSum}, 0, tolerance)
	}
	for _, row := range exact.Trace {
		if row.Iter != iter {
			continue
		}
		shape := append(append([]float64(nil), row.Alpha...), row.DF...)
		want := []float64{shape[0], row.Scale[0], row.Mu[0]}
		tolerance := 1e-6
		switch {
		case symmetric:
			tolerance, want, p = 5e-4, want[:2], p[:2]
		case nearZero && iter > 10:
			tolerance = 2e-3
		}
		testkit.CheckClose(t, what+": α or ν, c, μ", p, want, tolerance, tolerance)
	}
}

// The author's example: a line through points with outliers, y = 0.7x + 0.15, with α, c learned beside w, b; on the Go backend its
// first 101 epochs.
func TestAdaptive_FollowsTheRecordedRegression(t *testing.T) {
	var golden struct {
		Regression struct {
			X, Y     []float64
			Adaptive []struct {
				Epoch              int
				Loss               float64 `json:"loss_before_step"`
				W, B, Alpha, Scale float64
			}
		}
	}
	testkit.Golden(t, "adaptive.json", &golden)
	reg := golden.Regression
	testkit.ForEachBackend(t, func(t *testing.T, backend compute.Backend) {
		inputs := func() []*tensors.Tensor {
			return []*tensors.Tensor{
				testkit.Tensor(t, dtypes.Float64, reg.X, len(reg.X), 1), testkit.Tensor(t, dtypes.Float64, reg.Y, len(reg.Y), 1),
			}
		}
		tr := newTraining(t, backend, 0.01, inputs, func(scope *model.Scope, x []*Node) (losses, outputs []*Node) {
			g := x[0].Graph()
			w := scope.VariableWithValue("w", 0.0).NodeValue(g)
			b := scope.VariableWithValue("b", 0.0).NodeValue(g)
			loss := NewAdaptive(scope.In("loss"), Sub(Add(Mul(w, x[0]), b), x[1]))
			nll := loss.Done()
			return []*Node{ReduceAllMean(nll)}, []*Node{Stack([]*Node{w, b, Reshape(loss.Alpha()), Reshape(loss.Scale())}, 0)}
		})
		last := reg.Adaptive[len(reg.Adaptive)-1].Epoch + 1
		if backend.String() == "go" {
			last = 101
		}
		recorded := map[int]int{}
		for i, row := range reg.Adaptive {
			recorded[row.Epoch+1] = i
		}
		tr.follow(t, last, func(iter int) bool { _, ok := recorded[iter]; return ok }, func(iter int, outputs [][]float64) {
			row := reg.Adaptive[recorded[iter]]
			// The recorded run has α, c through constants rounded to float32; near α = 0, see above.
			tolerance := 1e-6
			if row.Alpha < 0.5 {
				tolerance = 5e-4
			}
			testkit.CheckClose(t, fmt.Sprintf("epoch %d: w, b, α, c", row.Epoch), outputs[1],
				[]float64{row.W, row.B, row.Alpha, row.Scale}, tolerance, tolerance)
		})
		if w := tr.values(t)[1][0]; last > 101 && math.Abs(w-0.7) > 0.02 {
			t.Errorf("slope %g, want 0.7 ± 0.02", w)
		}
	})
}
