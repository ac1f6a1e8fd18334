package run

import (
	"context"
	"errors"
	"fmt"
	"math"
	"reflect"
	"testing"
)

func TestItems_GoOnWhereTheyStopped(t *testing.T) {
	spec := Spec{Experiment: "items", Dir: t.TempDir(), Config: map[string]int{"n": 4}, Seed: 10, Device: "test"}
	calls := 0
	item := func(i int) (Item, error) {
		calls++
		return Item{Name: fmt.Sprint(i), Values: Values{"third": float64(i) / 3}}, nil
	}
	r, err := Open(spec)
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(context.Background())
	_, err = r.Items(ctx, 4, nil, "items", func(i int) (Item, error) {
		if i == 1 {
			cancel()
		}
		return item(i)
	})
	if !errors.Is(err, ErrInterrupted) || calls != 2 {
		t.Fatalf("%d items before the interrupt: %v", calls, err)
	}
	if err := r.Close(); err != nil {
		t.Fatal(err)
	}
	for range 2 { // goes on; then it is finished already
		if r, err = Open(spec); err != nil {
			t.Fatal(err)
		}
		result, err := r.Items(context.Background(), 4, nil, "items", item)
		if err != nil {
			t.Fatal(err)
		}
		if err := r.Close(); err != nil {
			t.Fatal(err)
		}
		items, err := result.Items()
		if err != nil {
			t.Fatal(err)
		}
		for i, got := range items {
			if !reflect.DeepEqual(got.Values, Values{"third": float64(i) / 3}) || got.Seed != 10+int64(i) || got.Experiment != "items" {
				t.Errorf("item %d: seed %d, values %v", i, got.Seed, got.Values)
			}
		}
		if len(items) != 4 || calls != 4 {
			t.Errorf("%d items by %d calls, want 4 by 4", len(items), calls)
		}
	}
}

func TestItems_AFailureLeavesTheRunUnfinished(t *testing.T) {
	for name, item := range map[string]func(int) (Item, error){
		"error": func(int) (Item, error) { return Item{}, errors.New("broken") },
		"nan":   func(int) (Item, error) { return Item{Values: Values{"x": math.NaN()}}, nil },
	} {
		r, err := Open(Spec{Experiment: "items", Dir: t.TempDir(), Config: struct{}{}, Device: "test"})
		if err != nil {
			t.Fatal(err)
		}
		if _, err := r.Items(context.Background(), 2, nil, "items", item); err == nil {
			t.Errorf("%s: no error", name)
		}
		if _, finished := r.Result(); finished {
			t.Errorf("%s: the run is finished", name)
		}
		if err := r.Close(); err != nil {
			t.Fatal(err)
		}
	}
}
