package lesson

import (
	"math"
	"slices"
	"testing"

	"github.com/gomlx/compute"
	"github.com/gomlx/gomlx/core/graph"
	"github.com/gomlx/gomlx/core/tensors"
	"github.com/gomlx/gomlx/ml/model"
	"github.com/robustloss/gomlx-robustloss/internal/testkit"
)

// squared is the mean squared error of a line.
func squared(scope *model.Scope, in []*graph.Node) (loss *graph.Node, watch []*graph.Node) {
	w := scope.VariableWithValue("w", 0.0).NodeValue(in[0].Graph())
	b := scope.VariableWithValue("b", 0.0).NodeValue(in[0].Graph())
	r := graph.Sub(graph.Add(graph.Mul(w, in[0]), b), in[1])
	return graph.ReduceAllMean(graph.Square(r)), []*graph.Node{w, b, r}
}

// The author's training with the mean squared error, whose loss here lacks his factor, of which Adam knows nothing.
func TestLearn_FollowsTheAuthorsSquaredError(t *testing.T) {
	line := AuthorsLine()
	if len(line.X) != 50 || len(line.Y) != 50 || len(line.Adaptive) < 7 {
		t.Fatalf("%d points", len(line.X))
	}
	testkit.ForEachBackend(t, func(t *testing.T, backend compute.Backend) {
		var steps []int
		for _, s := range line.MSE {
			if s.Step <= 500 {
				steps = append(steps, s.Step+1)
			}
		}
		records, err := Learn(backend, squared, 0.01, steps, tensors.FromValue(line.X), tensors.FromValue(line.Y))
		if err != nil {
			t.Fatal(err)
		}
		if got := records.At(steps[1]); got.Step != steps[1] {
			t.Errorf("At(%d) is of step %d", steps[1], got.Step)
		}
		for i, r := range records {
			want := line.MSE[i]
			w, b := r.Watch[0][0], r.Watch[1][0]
			if r.Step != want.Step+1 || len(r.Watch[2]) != 50 || math.Abs(w-want.W) > 1e-6 || math.Abs(b-want.B) > 1e-6 {
				t.Errorf("after %d steps w = %v, b = %v, recorded %+v", r.Step, w, b, want)
			}
			mean := 0.0
			for _, v := range r.Watch[2] {
				mean += v * v / 50
			}
			if math.Abs(r.Loss-mean) > 1e-12 {
				t.Errorf("loss %v, by definition %v", r.Loss, mean)
			}
		}
	})
}

func TestEvery(t *testing.T) {
	if got := Every(20, 70); !slices.Equal(got, []int{0, 20, 40, 60}) {
		t.Errorf("Every(20, 70) = %v", got)
	}
	defer func() {
		if recover() == nil {
			t.Error("At of a missing step does not panic")
		}
	}()
	Records{{Step: 1}}.At(2)
}

func TestLearn_Errors(t *testing.T) {
	backend := testkit.Backend(t, "go")
	x := tensors.FromValue([]float64{1, 2})
	for _, steps := range [][]int{nil, {3, 1}, {-1}} {
		if _, err := Learn(backend, squared, 0.1, steps, x, x); err == nil {
			t.Errorf("steps %v: no error", steps)
		}
	}
	if _, err := Learn(backend, squared, 0.1, []int{1}, x, tensors.FromValue([]float64{1, 2, 3})); err == nil {
		t.Error("shapes that do not fit: no error")
	}
}

func TestData_IsWhatItSays(t *testing.T) {
	x, y := AuthorsLine().Design()
	flipped := 0
	for i := range 50 {
		if x.At(i, 1) != 1 || x.At(i, 0) < 0 || x.At(i, 0) > 1 {
			t.Errorf("row %d: %v", i, x.RawRowView(i))
		}
		if math.Abs(y.AtVec(i)-0.7*x.At(i, 0)-0.15) > 0.1 {
			flipped++
		}
	}
	if flipped < 3 || flipped > 8 {
		t.Errorf("%d points are off the line", flipped)
	}
	x, y = TwoLines(200, 1)
	inliers := 0
	for i := range 200 {
		if math.Abs(y.AtVec(i)-x.At(i, 0)) < 0.15 {
			inliers++
		} else if math.Abs(y.AtVec(i)+x.At(i, 0)-2.6) > 0.5 {
			t.Errorf("point %d is on neither line", i)
		}
	}
	if inliers != 130 {
		t.Errorf("%d inliers", inliers)
	}
}
