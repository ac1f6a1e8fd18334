package backend_test

import (
	"errors"
	"fmt"

	"github.com/gomlx/gomlx/core/graph"

	"github.com/robustloss/gomlx-robustloss/gomlxops/backend"
)

// XLA where one of its plugins is installed, else pure Go: either computes.
func ExampleNew() {
	b, err := backend.New()
	if err != nil {
		fmt.Println(err)
		return
	}
	sum, err := graph.CallOnce(b, graph.Add, 1.0, 2.0)
	fmt.Println(sum, err)
	// Output: float64(3) <nil>
}

func ExampleNewWithConfig() {
	b, err := backend.NewWithConfig("go")
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Println(b.Name())
	_, err = backend.NewWithConfig("gpu")
	fmt.Println(err)
	// Output:
	// Go Backend
	// there is no backend called "gpu": it must be go, xla, xla:cpu, xla:cuda or xla:<path of a PJRT plugin>
}

// A program that wants XLA, and can do without it where it is not installed.
func ExampleErrNoXLA() {
	b, err := backend.NewWithConfig("xla:some-other-chip")
	if errors.Is(err, backend.ErrNoXLA) {
		b, err = backend.NewWithConfig("go")
	}
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Println(b.Name())
	// Output: Go Backend
}
