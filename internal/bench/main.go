// Command bench times the library beside the programs that a user would take instead of it, on the same inputs:
//
//	make bench                                        # everything, beside JAX: half an hour on two cores
//	make bench BENCH='^rho' SIZES=1e6 DTYPES=float32  # some of it
//	make bench WITH=jax,torch                         # beside PyTorch, too, where it is installed in .venv-bench
//	make bench TABLE=internal/bench/results/steps.json # only the tables of an earlier run
//
// The programs are this library compiled by XLA, this library in pure Go, JAX with jax.jit, and PyTorch without compilation. The
// peers compute what the paper [1] publishes, in transcriptions of its formulas that were made for this comparison (peers/). For
// JAX there are two: with the author's formulas and automatic differentiation, and with this library's way of computing them.
//
// For every case, size and type of number each program gets a process of its own. They must agree on the result, and then they
// take turns: see measure. A table holds the ratios of the times of one turn, the median and the quartiles over the rounds. Beside
// the elementwise cases stands what the machine's memory allows: the time of a copy, measured in the same way, for as many
// numbers as the case must read and write.
//
// The measurements go to a file as they are made, and a run that was interrupted goes on after them.
//
// [1] J. T. Barron, "A General and Adaptive Robust Loss Function", CVPR 2019, arXiv:1701.03077.
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"

	"github.com/robustloss/gomlx-robustloss/internal/longrun"
)

func main() { longrun.Main("bench", "interrupted; the same command goes on from here", run) }

// bench is what a command line asks for.
type bench struct {
	selection
	root   string // of the clone
	rounds int
	out    string
	fresh  bool
	table  string
	worker string // this process is a worker of the form
	job    job
}

// parse reads the command line.
func parse(args []string) (b bench, err error) {
	var pattern, sizes, dtypes, with string
	flags := flag.NewFlagSet("bench", flag.ContinueOnError)
	flags.StringVar(&pattern, "bench", "", "cases, by a regular expression over case/size/type, for example rho-dx/1e+06/float32 or vae/float32; default: all")
	flags.StringVar(&sizes, "sizes", "1e4,1e5,1e6,1e7", "elements of the elementwise cases, with commas between them")
	flags.StringVar(&dtypes, "dtypes", "float32,float64", "types of numbers; training steps and images have float32 only")
	flags.StringVar(&with, "with", "jax", "peers, with commas between them: jax (in all its forms; installed into .venv-bench), jax-ours or jax-resize (one form), torch (where it is there); none")
	flags.IntVar(&b.rounds, "rounds", 9, "rounds in which the programs take turns")
	flags.StringVar(&b.out, "out", "", "file for the measurements; default: runs/bench.json")
	flags.BoolVar(&b.fresh, "fresh", false, "measure again what the file holds")
	flags.StringVar(&b.table, "table", "", "measure nothing: print the tables of this file")
	flags.StringVar(&b.worker, "worker", "", "for the program itself: be the process that computes -job in this form")
	jobText := flags.String("job", "", "for the program itself: case,size,type")
	flags.Usage = func() {
		_, _ = fmt.Fprintln(flags.Output(), "go run ./internal/bench times the library beside its peers; make bench sets up what it needs. Flags:")
		flags.PrintDefaults()
	}
	if err := flags.Parse(args); err != nil {
		return b, err
	}
	if flags.NArg() > 0 {
		return b, fmt.Errorf("%q is no flag", flags.Arg(0))
	}
	if b.worker != "" {
		b.job, err = parseJob(*jobText)
		return b, err
	}
	if b.root, err = longrun.Root(); err != nil {
		return b, err
	}
	if b.out == "" {
		b.out = filepath.Join(b.root, "runs", "bench.json")
	}
	if b.rounds < 1 {
		return b, fmt.Errorf("-rounds must be 1 or more, it is %d", b.rounds)
	}
	b.selection, err = parseSelection(pattern, sizes, dtypes, with)
	return b, err
}

func parseSelection(pattern, sizes, dtypes, with string) (s selection, err error) {
	if s.bench, err = regexp.Compile(pattern); err != nil {
		return s, fmt.Errorf("-bench: %w", err)
	}
	for _, text := range list(sizes) {
		size, err := strconv.ParseFloat(text, 64)
		if err != nil || size < columns || size > 1e9 || size != float64(int(size)) || int(size)%columns != 0 {
			return s, fmt.Errorf("-sizes: want multiples of %d up to 1e9, such as 1e6, got %q", columns, text)
		}
		s.sizes = append(s.sizes, int(size))
	}
	for _, dtype := range list(dtypes) {
		if dtype != "float32" && dtype != "float64" {
			return s, fmt.Errorf("-dtypes: want float32 or float64, got %q", dtype)
		}
		s.dtypes = append(s.dtypes, dtype)
	}
	for _, peer := range list(with) {
		if peer == "none" {
			continue
		}
		if !slices.Contains([]string{formJAX, formJAXOurs, formJAXResize, formTorch}, peer) {
			return s, fmt.Errorf("-with: want jax, torch, none, or one form of jax, jax-ours or jax-resize, got %q", peer)
		}
		s.with = append(s.with, peer)
	}
	if len(s.jobs()) == 0 {
		return s, errors.New("the flags select no case: see those of -bench with -help")
	}
	return s, nil
}

// list cuts a text at its commas.
func list(text string) []string {
	return slices.DeleteFunc(strings.Split(text, ","), func(s string) bool { return s == "" })
}

// parseJob reads case,size,type.
func parseJob(text string) (j job, err error) {
	parts := strings.Split(text, ",")
	if len(parts) != 3 {
		return j, fmt.Errorf("-job: want case,size,type, got %q", text)
	}
	size, err := strconv.Atoi(parts[1])
	return job{parts[0], size, parts[2]}, err
}

func run(ctx context.Context, args []string) error {
	b, err := parse(args)
	if err != nil {
		return err
	}
	if b.worker != "" {
		return serve(b.worker, b.job, os.Stdin, os.Stdout)
	}
	if b.table != "" {
		r, err := readReport(b.table)
		if err != nil {
			return err
		}
		return r.write(os.Stdout)
	}
	if err := b.preparePeers(ctx); err != nil {
		return err
	}
	r, err := b.report()
	if err != nil {
		return err
	}
	jobs := b.jobs()
	for i, j := range jobs {
		c, err := caseOf(j.Case)
		if err != nil {
			return err
		}
		forms := b.forms(c)
		if r.has(j, forms) {
			continue
		}
		fmt.Fprintf(os.Stderr, "%d of %d: %s\n", i+1, len(jobs), j)
		m, err := b.measure(ctx, j, forms)
		if err != nil {
			return err
		}
		r.add(m)
		if err := r.save(b.out); err != nil {
			return err
		}
	}
	fmt.Fprintf(os.Stderr, "measurements in %s\n", b.out)
	return r.write(os.Stdout)
}
