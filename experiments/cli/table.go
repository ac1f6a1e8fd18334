package cli

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"strings"

	"github.com/robustloss/gomlx-robustloss/experiments/run"
)

// Tables is the flags of commands that print tables of results.
type Tables struct {
	Format string `help:"markdown, csv or json." enum:"markdown,csv,json" default:"markdown" record:"no"`
	From   string `help:"Make nothing: print the table of the results below this folder." type:"path" placeholder:"DIR" record:"no" xor:"from"`
	Kept   bool   `help:"Make nothing: print the table of the results that are kept with the code." record:"no" xor:"from"`
	Keep   string `help:"Copy the results there afterwards, without metrics and checkpoints." type:"path" placeholder:"DIR" record:"no"`
}

// TableSource says where the results of a table come from, and how they become tables.
type TableSource struct {
	Experiment string
	// Make makes the runs that are missing and returns the folder that they are in, "" where nothing is to be printed.
	Make func() (dir string, err error)
	// Kept returns the tables of the results that are kept with the code.
	Kept func() ([]*run.Table, error)
	// Tables makes tables of results.
	Tables func(results []run.Result) ([]*run.Table, error)
}

// Print prints the tables that the flags ask for: of the kept results, of those below --from, or of the runs that Make makes.
func (t Tables) Print(s *Session, source TableSource) error {
	if t.Kept {
		if t.Keep != "" {
			return errors.New("--keep copies results of runs: it cannot be given with --kept")
		}
		tables, err := source.Kept()
		if err != nil {
			return err
		}
		return t.write(s, tables)
	}
	from := t.From
	if from == "" {
		var err error
		if from, err = source.Make(); err != nil || from == "" {
			return err
		}
	}
	results, err := readResults(from, source.Experiment)
	if err != nil {
		return err
	}
	tables, err := source.Tables(results)
	if err != nil {
		return err
	}
	if t.Keep != "" {
		if _, err := run.Keep(from, t.Keep); err != nil {
			return err
		}
	}
	if err := t.write(s, tables); err != nil {
		return err
	}
	for _, table := range tables {
		if missing := table.MissingRuns(); len(missing) > 0 {
			s.Notef("missing: %s", strings.Join(missing, "; "))
			break // the tables of one experiment are made of the same runs
		}
	}
	if t.From == "" {
		s.Notef("results in %s", from)
	}
	return nil
}

// readResults reads the results below a folder, all of which must be of one experiment.
func readResults(from, experiment string) ([]run.Result, error) {
	switch info, err := os.Stat(from); {
	case errors.Is(err, fs.ErrNotExist):
		return nil, fmt.Errorf("there is no folder %s", from)
	case err != nil:
		return nil, err
	case !info.IsDir():
		return nil, fmt.Errorf("%s is not a folder", from)
	}
	results, err := run.ReadResults(from)
	if err != nil {
		return nil, err
	}
	if len(results) == 0 {
		return nil, fmt.Errorf("there is no result.json below %s", from)
	}
	for _, r := range results {
		if r.Experiment != experiment {
			return nil, fmt.Errorf("%s is a result of the experiment %q, not of %q: choose another folder with --from", r.Path, r.Experiment, experiment)
		}
	}
	return results, nil
}

// write prints the tables one after the other.
func (t Tables) write(s *Session, tables []*run.Table) error {
	for i, table := range tables {
		if i > 0 && t.Format == "markdown" {
			if _, err := fmt.Fprintln(s.Out); err != nil {
				return err
			}
		}
		if err := table.Write(s.Out, t.Format); err != nil {
			return err
		}
	}
	return nil
}
