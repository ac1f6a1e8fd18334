package cli

import (
	"fmt"
	"math"
	"path/filepath"
	"slices"
	"strconv"
	"strings"

	"github.com/alecthomas/kong"
	"github.com/gomlx/compute"

	"github.com/robustloss/gomlx-robustloss/experiments/run"
	"github.com/robustloss/gomlx-robustloss/gomlxops/backend"
)

// Flags are the flags of the program itself. A command embeds what it needs of the others: [Compute], [Runs], [Selection],
// [Expansion], [Making], [Tables]. So no help shows a flag that does nothing there.
type Flags struct {
	Quiet   bool        `help:"Show no progress." short:"q" record:"no"`
	Trace   bool        `help:"Show where in the code a failure came from." record:"no"`
	Version versionFlag `help:"Show the program's revision and what it was built with, and exit." record:"no"`
}

// versionFlag prints the versions and ends the program.
type versionFlag bool

// BeforeReset is kong's hook.
func (versionFlag) BeforeReset(app *kong.Kong) error {
	versions := run.Versions()
	var names []string
	for name := range versions {
		names = append(names, name)
	}
	slices.Sort(names)
	for _, name := range names {
		_, _ = fmt.Fprintf(app.Stdout, "%s %s\n", name, versions[name])
	}
	app.Exit(CodeOK)
	return nil
}

// Compute is the flag of commands that compute on a backend.
type Compute struct {
	Backend string `help:"What computes: \"xla:cpu\", \"xla:cuda\" or \"go\". Without it: $$GOMLX_BACKEND, else XLA where its plugin is installed, else pure Go." placeholder:"NAME"`
}

// Open returns the backend that the flag asks for, the same at each call. The session gives it back at its end.
func (c Compute) Open(s *Session) (compute.Backend, error) {
	s.once.Do(func() {
		if c.Backend == "" {
			s.backend, s.failure = backend.New()
		} else {
			s.backend, s.failure = backend.NewWithConfig(c.Backend)
		}
	})
	return s.backend, s.failure
}

// Devices is the flag of commands that train on several devices of the backend.
type Devices struct {
	Devices Count `help:"Devices of the backend that share each batch: it must divide the batch. A run may go on with another number." default:"1" placeholder:"N"`
}

// Runs is the flag of commands that make or read runs.
type Runs struct {
	Runs string `help:"Folder that holds the runs: configurations, metrics, checkpoints, results, figures." default:"runs" type:"path" placeholder:"DIR" record:"no"`
}

// Dir returns a folder below the folder of runs.
func (r Runs) Dir(elem ...string) string {
	return filepath.Join(append([]string{r.Runs}, elem...)...)
}

// Size is the flag that chooses an experiment's size.
type Size struct {
	Preset string `help:"tiny: seconds, quick: minutes on two cores, medium (vae and depth): larger images and networks, a quarter of an hour a run, paper: the paper's sizes, for a GPU where networks are trained." enum:"tiny,quick,medium,paper" default:"quick"`
}

// Selection says which runs a command is about.
type Selection struct {
	Size
	Only []string `help:"Only these rows or columns of the table, by their keys; with rows and columns, the cells where they meet. Without it, all." placeholder:"KEY"`
	Seed []Seed   `help:"Seeds: each run is made once for each. The flag may be repeated." default:"1" placeholder:"N"`
	Runs
}

// Expansion is the flag of commands that read images or compressed files.
type Expansion struct {
	MaxExpanded *Count `help:"MiB that the content of a file, compressed, sparse or an image (20 bytes a pixel), may expand to. Without it 256, or ten times the file's size." placeholder:"MIB"`
}

// ExpandedBytes returns the flag's value in bytes, as the readers' options take it: 0, which is their default, where it was not
// given.
func (e Expansion) ExpandedBytes() int64 {
	if e.MaxExpanded == nil {
		return 0
	}
	return min(int64(*e.MaxExpanded), math.MaxInt64>>20) << 20
}

// Seed seeds a run. Negative ones are refused.
type Seed int64

// UnmarshalText parses a whole number.
func (s *Seed) UnmarshalText(text []byte) error {
	v, err := strconv.ParseInt(string(text), 10, 64)
	if err != nil {
		return fmt.Errorf("want a whole number, got %q", text)
	}
	if v < 0 {
		return fmt.Errorf("must not be negative, it is %d", v)
	}
	*s = Seed(v)
	return nil
}

// Count is a number of steps, images, points or the like: 1 at least. A flag that may be left out is a *Count.
type Count int

// UnmarshalText parses a whole number.
func (c *Count) UnmarshalText(text []byte) error {
	v, err := strconv.Atoi(string(text))
	if err != nil {
		return fmt.Errorf("want a whole number, got %q", text)
	}
	if v < 1 {
		return fmt.Errorf("must be 1 or more, it is %d", v)
	}
	*c = Count(v)
	return nil
}

// Seeds returns the seeds, of runs that use so many from their own on: 1, or as many as they have items. Runs that would use the
// same seed are an error.
func (s Selection) Seeds(each int) ([]int64, error) {
	var seeds []int64
	for _, seed := range s.Seed {
		for _, other := range seeds {
			switch apart := max(other-int64(seed), int64(seed)-other); {
			case apart == 0:
				return nil, fmt.Errorf("--seed names %d twice", seed)
			case apart < int64(each):
				return nil, fmt.Errorf("--seed %d and %d: a run uses the seeds from its own on for its %d items: choose seeds that are as far apart", other, seed, each)
			}
		}
		seeds = append(seeds, int64(seed))
	}
	return seeds, nil
}

// Pick returns the keys of each axis of a table that --only names, in the axis' order: all of an axis of which it names
// none. A key that no axis has is an error.
func (s Selection) Pick(axes ...[]string) ([][]string, error) {
	for _, key := range s.Only {
		if !slices.ContainsFunc(axes, func(axis []string) bool { return slices.Contains(axis, key) }) {
			return nil, fmt.Errorf("--only %s names no row or column: there are %s", key, strings.Join(slices.Concat(axes...), ", "))
		}
	}
	var picked [][]string
	for _, axis := range axes {
		named := slices.DeleteFunc(slices.Clone(axis), func(key string) bool { return !slices.Contains(s.Only, key) })
		if len(named) == 0 {
			named = axis
		}
		picked = append(picked, named)
	}
	return picked, nil
}
