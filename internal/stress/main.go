//go:build unix

// Command stress breaks the project for some hours, and says what did not hold:
//
//	make stress                          # everything: about six hours on two processors
//	make stress LIST=1                   # only list what there is to do, and the figures of what passed
//	make stress PART=kills,fuzz          # some parts
//	make stress PART=race MATCH=scalar   # of a part what has that in its name
//
// The parts are kills, signals, disk, processes and memory, which are the tests of this package; fuzz, every fuzz target for a time;
// race, all tests with the race detector; and order, all tests several times in a random order.
//
// What passed is kept in reports/stress with its time and its figures, and is not run again as long as the sources are the same, so
// that an interrupted run goes on where it stopped. The exit status is 1 where something failed.
package main

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/robustloss/gomlx-robustloss/internal/longrun"
)

func main() { longrun.Main("stress", "interrupted; the same command goes on from here", run) }

// plan is what a command line asks for.
type plan struct {
	root     string // of the clone
	module   string // its path, for units
	out      string // folder for logs and what passed
	parts    []string
	match    string
	fuzzTime string
	list     bool
	keep     bool
}

// parse reads the command line.
func parse(args []string) (plan, error) {
	root, err := longrun.Root()
	if err != nil {
		return plan{}, err
	}
	p := plan{root: root, out: filepath.Join(root, "reports", "stress")}
	var parts string
	flags := flag.NewFlagSet("stress", flag.ContinueOnError)
	flags.StringVar(&parts, "part", "", "parts, with commas between them; default: all, "+strings.Join(partNames(), ", "))
	flags.StringVar(&p.match, "match", "", "only what has this in its name")
	flags.StringVar(&p.fuzzTime, "fuzztime", "2m", "for how long each fuzz target runs")
	flags.BoolVar(&p.list, "list", false, "run nothing: list what there is, and what passed")
	flags.BoolVar(&p.keep, "keep", false, "take for passed what passed with other sources, too")
	if err := flags.Parse(args); err != nil {
		return plan{}, err
	}
	if flags.NArg() > 0 {
		return plan{}, fmt.Errorf("%q is no flag", flags.Arg(0))
	}
	p.parts = partNames()
	if parts != "" {
		p.parts = strings.Split(parts, ",")
	}
	for _, name := range p.parts {
		if !slices.Contains(partNames(), name) {
			return plan{}, fmt.Errorf("there is no part %q: there are %s", name, strings.Join(partNames(), ", "))
		}
	}
	return p, nil
}

// result is what is kept of a unit that passed.
type result struct {
	Sources string  `json:"sources"`
	Seconds float64 `json:"seconds"`
	Figures string  `json:"figures,omitempty"` // what its tests tell
}

// record is what passed, by the names of the units, and where it is kept.
type record struct {
	path   string
	passed map[string]result
}

// readRecord reads what passed before, nothing where nothing can be read.
func readRecord(path string) record {
	r := record{path, map[string]result{}}
	if content, err := os.ReadFile(path); err == nil && json.Unmarshal(content, &r.passed) != nil {
		clear(r.passed)
	}
	return r
}

// add keeps the result of a unit, in a file that is replaced whole.
func (r record) add(name string, passed result) error {
	r.passed[name] = passed
	content, err := json.MarshalIndent(r.passed, "", " ")
	if err != nil {
		return err
	}
	if err := os.WriteFile(r.path+".partial", append(content, '\n'), 0o644); err != nil {
		return err
	}
	return os.Rename(r.path+".partial", r.path)
}

// run does what a command line asks for.
func run(ctx context.Context, args []string) error {
	p, err := parse(args)
	if err != nil {
		return err
	}
	all, err := p.units(ctx)
	if err != nil {
		return err
	}
	if len(all) == 0 {
		return fmt.Errorf("nothing in %s has %q in its name", strings.Join(p.parts, ", "), p.match)
	}
	sources, err := longrun.Digest(p.root, append(longrun.Sources, ".ipynb", ".py", ".sh"), "reports", "runs", "site")
	if err != nil {
		return err
	}
	if err := os.MkdirAll(p.out, 0o755); err != nil {
		return err
	}
	kept := readRecord(filepath.Join(p.out, "passed.json"))
	if p.list {
		return writeTable(os.Stdout, all, kept.passed, sources)
	}
	var open []unit
	for _, u := range all {
		if was, ok := kept.passed[u.name]; !ok || was.Sources != sources && !p.keep {
			open = append(open, u)
		}
	}
	tell("%d of %d are to be run; the others passed before", len(open), len(all))
	failed, err := p.runAll(ctx, open, func(name string, passed result) error {
		passed.Sources = sources
		return kept.add(name, passed)
	})
	if err != nil {
		return err
	}
	if err := writeTable(os.Stdout, all, kept.passed, sources); err != nil {
		return err
	}
	if len(failed) > 0 {
		return fmt.Errorf("%d of %d failed: %s; their output is in %s", len(failed), len(open), strings.Join(failed, ", "), p.out)
	}
	return nil
}

// tell writes one line of progress.
func tell(format string, args ...any) {
	fmt.Fprintf(os.Stderr, "stress: "+format+"\n", args...)
}

// writeTable prints every unit, with the time and the figures of those that passed.
func writeTable(w io.Writer, all []unit, passed map[string]result, sources string) error {
	_, err := fmt.Fprint(w, "| what | passed in | figures |\n|---|---:|---|\n")
	total := 0.
	for _, u := range all {
		time, figures := "not yet", ""
		if r, ok := passed[u.name]; ok {
			time, figures = fmt.Sprintf("%.0f s", r.Seconds), r.Figures
			if r.Sources != sources {
				time += ", with other sources"
			}
			total += r.Seconds
		}
		_, more := fmt.Fprintf(w, "| %s | %s | %s |\n", u.name, time, cmp.Or(figures, " "))
		err = errors.Join(err, more)
	}
	_, more := fmt.Fprintf(w, "| all of it | %.0f s | |\n", total)
	return errors.Join(err, more)
}
