package run

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
)

// Item is one of several independent parts of a run: a pair of scans, a problem, a data set's seed.
type Item struct {
	Name   string `json:"name"`
	Values Values `json:"values"`
}

// Items makes a run of independent items: it calls item for 0…n−1, logs the values of each, and saves a checkpoint
// between them, so that a run that was stopped goes on with the next one. It finishes the run: the items are the result's
// details, and the values of the result say how many there are. A finished run returns its result at once.
//
// Where ctx ends, it returns an error that wraps [ErrInterrupted]. progress may be nil.
func (r *Run) Items(ctx context.Context, n int, progress io.Writer, title string, item func(i int) (Item, error)) (Result, error) {
	if result, finished := r.Result(); finished {
		return result, nil
	}
	var items []Item
	start, err := r.LoadState(&items)
	if err != nil {
		return Result{}, err
	}
	bar := NewProgress(progress, title, n, start)
	defer bar.Stop()
	for i := start; i < n; i++ {
		if ctx.Err() != nil {
			return Result{}, fmt.Errorf("%w after item %d of %d, in %s; start it again to go on", ErrInterrupted, i, n, r.Dir())
		}
		made, err := item(i)
		if err != nil {
			return Result{}, fmt.Errorf("%s: item %d of %d: %w", title, i+1, n, err)
		}
		if err := r.Log(i+1, made.Values); err != nil {
			return Result{}, err
		}
		items = append(items, made)
		if i+1 < n { // the last one is followed by the result itself
			if err := r.SaveState(i+1, items); err != nil {
				return Result{}, err
			}
		}
		bar.Step(i+1, made.Name)
	}
	return r.Finish(n, Values{"items": float64(n)}, items)
}

// Items returns the items of a result that [Run.Items] made, each as a result of its own with the seeds seed,
// seed + 1, …, so that a table takes them as repetitions.
func (r Result) Items() ([]Result, error) {
	var items []Item
	if err := json.Unmarshal(r.Details, &items); err != nil {
		return nil, fmt.Errorf("%s: cannot read the items: %w", r.Path, err)
	}
	results := make([]Result, len(items))
	for i, item := range items {
		results[i] = r
		results[i].Seed, results[i].Values, results[i].Details = r.Seed+int64(i), item.Values, nil
	}
	return results, nil
}
