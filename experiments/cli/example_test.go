package cli_test

import (
	"fmt"
	"io/fs"

	"github.com/robustloss/gomlx-robustloss/experiments/cli"
)

func ExampleQuote() {
	fmt.Println(cli.Quote("runs/quick"), cli.Quote("my faces"), cli.Quote("it's"))
	// Output: runs/quick 'my faces' 'it'\''s'
}

// An error that GoMLX had no part in stays as it is.
func ExampleMessage() {
	fmt.Println(cli.Message(fmt.Errorf("seed 1: %w", fs.ErrNotExist)))
	// Output: seed 1: file does not exist
}
