// Command numerics shows that what the notebooks claim and the tests assert does not hang on rounding, on the order in
// which threads finish, on the processor, or on the seed. It executes the notebooks and the numeric tests in several
// arithmetics and with several seeds, and measures for each check how far its numbers stay from its bounds, in units of
// how far they wander:
//
//	make test-numerics                                      # everything: hours on two processors
//	make test-numerics ARITH=xla-avx,go NB=03_adaptive      # some of it
//	make test-numerics PRESET=tiny SEEDS=standard,11 ALL=1  # every arithmetic with every seed
//
// What was computed already from the same sources is not computed again, so that an interrupted run goes on where it
// stopped. The table of all margins is in reports/numerics. The exit status is 1 where a notebook, a check or a test
// failed, or where a margin is below 3; see [margin] for its definition.
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/robustloss/gomlx-robustloss/internal/longrun"
)

func main() { longrun.Main("numerics", "interrupted; the next run goes on from here", run) }

// plan is what to compute.
type plan struct {
	root        string // of the clone
	out         string
	arithmetics []arithmetic
	seeds       []string // "standard", or a number
	presets     []string
	notebooks   []string
	packages    []string // whose tests are run; none: no tests
	all         bool     // every arithmetic with every seed
	keep        bool     // whatever the results that are there were made from
}

// standardSeed stands for the seed that a notebook has of its own.
const standardSeed = "standard"

// parse reads the command line.
func parse(args []string) (plan, error) {
	root, err := longrun.Root()
	if err != nil {
		return plan{}, err
	}
	p := plan{root: root}
	var arith, seeds, presets, chosen, packages string
	flags := flag.NewFlagSet("numerics", flag.ContinueOnError)
	flags.StringVar(&arith, "arith", "", "arithmetics, with commas between them; default: all that this machine has of "+names())
	flags.StringVar(&seeds, "seeds", "standard,11,12", "seeds of the notebooks: standard, or numbers")
	flags.StringVar(&presets, "preset", "tiny", "presets: tiny, quick, paper")
	flags.StringVar(&chosen, "nb", "", "notebooks, by name or number; default: all; none: only the tests")
	flags.StringVar(&packages, "pkg", "./robustloss/... ./gomlxops/... ./experiments/...", "packages whose tests are run; none: no tests")
	flags.StringVar(&p.out, "out", filepath.Join(root, "reports", "numerics"), "where the results go")
	flags.BoolVar(&p.all, "all", false, "every arithmetic with every seed; without it the first arithmetic has all seeds, the others the first seed")
	flags.BoolVar(&p.keep, "keep", false, "take results that are there, also if they were made from other sources")
	if err := flags.Parse(args); err != nil {
		return plan{}, err
	}
	if flags.NArg() > 0 {
		return plan{}, fmt.Errorf("%q is no flag", flags.Arg(0))
	}
	if p.arithmetics, err = choose(root, fields(arith), tell); err != nil {
		return plan{}, err
	}
	p.seeds, p.presets, p.packages = fields(seeds), fields(presets), fields(packages)
	for _, seed := range p.seeds {
		if _, err := strconv.ParseUint(seed, 10, 64); err != nil && seed != standardSeed {
			return plan{}, fmt.Errorf("the seed %q is neither %s nor a whole number", seed, standardSeed)
		}
	}
	for _, preset := range p.presets {
		if !slices.Contains([]string{"tiny", "quick", "paper"}, preset) {
			return plan{}, fmt.Errorf("the preset %q is none of tiny, quick and paper", preset)
		}
	}
	if len(p.seeds) == 0 || len(p.presets) == 0 || len(p.arithmetics) == 0 {
		return plan{}, errors.New("there is nothing to compute: name an arithmetic, a seed and a preset")
	}
	p.notebooks, err = chooseNotebooks(root, chosen)
	return p, err
}

// chooseNotebooks returns the notebooks that are named, by number or in full; all where none is.
func chooseNotebooks(root, list string) ([]string, error) {
	paths, err := filepath.Glob(filepath.Join(root, "notebooks", "*.ipynb"))
	if err != nil {
		return nil, err
	}
	var all, chosen []string
	for _, path := range paths {
		all = append(all, strings.TrimSuffix(filepath.Base(path), ".ipynb"))
	}
	if list == "" {
		return all, nil
	}
	for _, name := range fields(list) {
		i := slices.IndexFunc(all, func(n string) bool { return n == name || strings.HasPrefix(n, name+"_") })
		if i < 0 {
			return nil, fmt.Errorf("there is no notebook %q: there are %s", name, strings.Join(all, ", "))
		}
		chosen = append(chosen, all[i])
	}
	return chosen, nil
}

// fields splits a list at commas and spaces. The word none is no field.
func fields(list string) []string {
	all := strings.FieldsFunc(list, func(r rune) bool { return r == ',' || r == ' ' })
	return slices.DeleteFunc(all, func(field string) bool { return field == "none" })
}

// tell writes one line of progress.
func tell(format string, args ...any) {
	fmt.Fprintf(os.Stderr, "numerics: "+format+"\n", args...)
}

// setting is one way in which the notebooks are executed.
type setting struct {
	arithmetic arithmetic
	seed       string
}

func (s setting) String() string { return s.arithmetic.name + ", seed " + s.seed }

// settings are the ways in which the notebooks are executed: the first arithmetic with all seeds, the others with the
// first, or all with all.
func (p plan) settings() []setting {
	var all []setting
	for i, a := range p.arithmetics {
		seeds := p.seeds
		if i > 0 && !p.all {
			seeds = seeds[:1]
		}
		for _, seed := range seeds {
			all = append(all, setting{a, seed})
		}
	}
	return all
}

// run does what a command line asks for.
func run(ctx context.Context, args []string) error {
	p, err := parse(args)
	if errors.Is(err, flag.ErrHelp) {
		return nil
	}
	if err != nil {
		return err
	}
	sources, err := longrun.Digest(p.root, longrun.Sources, "reports", "runs", "internal")
	if err != nil {
		return err
	}
	digests, err := digestNotebooks(p, sources)
	if err != nil {
		return err
	}
	c := computation{plan: p, sources: sources, digests: digests}
	began := time.Now()
	for _, preset := range p.presets {
		for _, s := range p.settings() {
			if err := c.notebooksIn(ctx, preset, s); err != nil {
				return err
			}
		}
	}
	for _, a := range p.arithmetics {
		if err := c.testsIn(ctx, a); err != nil {
			return err
		}
	}
	tell("done after %s", time.Since(began).Round(time.Second))
	return c.conclude(os.Stdout)
}
