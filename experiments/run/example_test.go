package run_test

import (
	"fmt"
	"log"
	"math"
	"os"

	"github.com/gomlx/gomlx/ml/model"
	"github.com/robustloss/gomlx-robustloss/experiments/run"
)

// A sum of square roots in ten steps is stopped after six, and goes on from its last checkpoint, at the fifth.
func Example() {
	dir, err := os.MkdirTemp("", "run")
	check(err)
	defer func() { _ = os.RemoveAll(dir) }()

	work := func(stop int) {
		r, err := run.Open(run.Spec{Experiment: "roots", Config: struct{ Steps int }{10}, Seed: 1, Dir: dir})
		check(err)
		defer func() { _ = r.Close() }()
		var sum float64
		start, err := r.LoadState(&sum)
		check(err)
		_, resumed := r.CheckpointDir()
		fmt.Println("starts at step", start, "from a checkpoint:", resumed, "warnings:", r.Warnings())
		for step := start + 1; step <= stop; step++ {
			sum += math.Sqrt(float64(step))
			check(r.Log(step, run.Values{"sum": sum}))
			if step%5 == 0 {
				check(r.SaveState(step, sum))
			}
		}
		if stop == 10 {
			result, err := r.Finish(stop, run.Values{"sum": sum}, nil)
			check(err)
			fmt.Printf("finished after %d steps: %.4f\n", result.Steps, result.Values["sum"])
		}
	}
	work(6)
	work(10)
	// Output:
	// starts at step 0 from a checkpoint: false warnings: []
	// starts at step 5 from a checkpoint: true warnings: []
	// finished after 10 steps: 22.4683
}

// A state that JSON does not fit is written by a function of its own.
func ExampleRun_SaveCheckpoint() {
	dir, err := os.MkdirTemp("", "run")
	check(err)
	defer func() { _ = os.RemoveAll(dir) }()
	r, err := run.Open(run.Spec{Experiment: "bytes", Config: struct{}{}, Dir: dir})
	check(err)
	defer func() { _ = r.Close() }()
	check(r.SaveCheckpoint(1, func(dir string) error { return os.WriteFile(dir+"/state.bin", []byte{1, 2, 3}, 0o644) }))
	checkpoint, _ := r.CheckpointDir()
	state, err := os.ReadFile(checkpoint + "/state.bin")
	fmt.Println(r.Step(), state, err)
	// Output: 1 [1 2 3] <nil>
}

// A GoMLX store is saved with all its variables, and read back when the run is opened again.
func ExampleRun_SaveStore() {
	dir, err := os.MkdirTemp("", "run")
	check(err)
	defer func() { _ = os.RemoveAll(dir) }()
	for range 2 {
		r, err := run.Open(run.Spec{Experiment: "store", Config: struct{}{}, Dir: dir})
		check(err)
		store := model.NewStore()
		step, err := r.AttachStore(store)
		check(err)
		weight := store.GetVariable("/weight")
		fmt.Println("step", step, "has the weight:", weight != nil)
		if weight == nil {
			store.VariableWithValue("/weight", []float32{1, 2})
			check(r.SaveStore(step + 1))
		}
		check(r.Close())
	}
	// Output:
	// step 0 has the weight: false
	// step 1 has the weight: true
}

func ExampleNewTable() {
	layout := run.Layout{
		Corner: "Method", Rows: []run.Label{{Key: "a", Title: "A"}, {Key: "b", Title: "B"}}, Columns: []run.Label{{Key: "error", Title: "Error"}}, Format: "%.2f",
		Entries: func(r run.Result) ([]run.Entry, error) {
			return []run.Entry{{Row: r.Experiment, Column: "error", Value: r.Values["error"]}}, nil
		},
	}
	var results []run.Result
	for seed, err := range []float64{.1, .2, .3} {
		results = append(results, run.Result{Manifest: run.Manifest{Experiment: "a", Seed: int64(seed)}, Values: run.Values{"error": err}})
	}
	table, err := run.NewTable(layout, results)
	check(err)
	fmt.Println("missing:", table.Missing())
	check(table.Write(os.Stdout, "csv"))
	// Output:
	// missing: [b, error]
	// row,column,mean,stderr,n,quoted
	// a,error,0.2,0.05773502691896257,3,
}

func ExampleMeanStdErr() {
	mean, stdErr := run.MeanStdErr([]float64{1, 2, 3, 4})
	fmt.Printf("%.2f ± %.2f\n", mean, stdErr)
	// Output: 2.50 ± 0.65
}

func ExampleCheckFinite() {
	fmt.Println(run.CheckFinite(7, run.Values{"elbo": 3, "rate": math.Inf(1)}))
	// Output: step 7: "rate" is +Inf: training cannot go on; the last checkpoint is kept (try a lower learning rate or a larger scale)
}

func check(err error) {
	if err != nil {
		log.Fatal(err)
	}
}
