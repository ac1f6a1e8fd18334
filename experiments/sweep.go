package main

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strconv"
	"strings"

	"github.com/robustloss/gomlx-robustloss/experiments/cli"
	runs "github.com/robustloss/gomlx-robustloss/experiments/run"
)

// indexVariables are the environment variables in which schedulers tell a task its index, in the order in which they are asked:
// Slurm's job arrays and Kubernetes' Indexed Jobs.
var indexVariables = []string{"SLURM_ARRAY_TASK_ID", "JOB_COMPLETION_INDEX"}

// sweepCommand makes one run of many, for a scheduler that starts it once for each.
type sweepCommand struct {
	List       bool     `help:"Only list the runs: index, state, command." record:"no" xor:"sweep"`
	Missing    bool     `help:"Only list those that are not finished." record:"no" xor:"sweep"`
	Index      *int     `help:"Which run to make, from 0. Without it, $$SLURM_ARRAY_TASK_ID or $$JOB_COMPLETION_INDEX." placeholder:"N" xor:"sweep"`
	Experiment []string `help:"Experiments: vae, depth, registration, clustering." enum:"vae,depth,registration,clustering" default:"vae,depth" placeholder:"NAME"`
	Data       string   `help:"Folder of the real data, of one experiment: CelebA's for vae, that of KITTI's raw recordings for depth. Without it, synthetic data are made." type:"existingdir" placeholder:"DIR"`
	TrainSplit string   `help:"For depth: file that lists the recordings' training frames." type:"existingfile" placeholder:"FILE"`
	TestSplit  string   `help:"For depth: file that lists their test frames." type:"existingfile" placeholder:"FILE"`
	cli.Selection
	cli.Compute
	cli.Devices
}

// Help is shown below the flags.
func (*sweepCommand) Help() string {
	return "The runs are those of the experiments' tables, in the same order for the same flags. See experiments/SWEEPS.md."
}

// Run lists the runs, or makes one.
func (c *sweepCommand) Run(_ context.Context, s *cli.Session) error {
	plan, err := c.plan()
	if err != nil {
		return err
	}
	if c.List || c.Missing {
		for i, planned := range plan {
			state := "missing"
			switch result, err := runs.ReadResult(filepath.Join(planned.Dir, "result.json")); {
			case err == nil && result.Seed == planned.Seed:
				state = "finished"
			case err != nil && !errors.Is(err, os.ErrNotExist):
				return err
			}
			if c.Missing && state == "finished" {
				continue
			}
			if _, err := fmt.Fprintf(s.Out, "%d\t%s\t%s\n", i, state, planned.Command); err != nil {
				return err
			}
		}
		return nil
	}
	index, from, err := c.index()
	if err != nil {
		return err
	}
	if index < 0 || index >= len(plan) {
		return fmt.Errorf("%s is %d, and the sweep's runs are 0 to %d: see them with --list", from, index, len(plan)-1)
	}
	s.Notef("run %d of 0…%d: %s", index, len(plan)-1, plan[index].Command)
	args, err := c.args(plan[index])
	if err != nil {
		return err
	}
	if s.Quiet {
		args = append(args, "--quiet")
	}
	if code := execute(args, s.Out, s.Err); code != cli.CodeOK {
		return cli.ExitError{Code: code}
	}
	return nil
}

// index returns the index that was asked for, and what asked for it.
func (c *sweepCommand) index() (index int, from string, err error) {
	if c.Index != nil {
		return *c.Index, "--index", nil
	}
	for _, name := range indexVariables {
		if text, ok := os.LookupEnv(name); ok {
			if index, err = strconv.Atoi(text); err != nil {
				return 0, name, fmt.Errorf("%s is %q: want a whole number", name, text)
			}
			return index, name, nil
		}
	}
	return 0, "", fmt.Errorf("which run? Give --index, or set %s; --list shows the runs", strings.Join(indexVariables, " or "))
}

// shared returns the flags that every experiment's table has.
func (c *sweepCommand) shared(experiment string) []string {
	args := []string{"--preset", c.Preset, "--runs", c.Runs.Runs}
	for _, seed := range c.Seed {
		args = append(args, "--seed", strconv.FormatInt(int64(seed), 10))
	}
	if len(c.Only) > 0 {
		args = append(args, "--only", strings.Join(c.Only, ","))
	}
	if experiment == "vae" || experiment == "depth" { // the others compute without a backend
		if c.Backend != "" {
			args = append(args, "--backend", c.Backend)
		}
		args = append(args, "--devices", strconv.Itoa(int(c.Devices.Devices)))
	}
	for _, flag := range []struct{ name, value string }{{"--data", c.Data}, {"--train-split", c.TrainSplit}, {"--test-split", c.TestSplit}} {
		if flag.value != "" {
			args = append(args, flag.name, flag.value)
		}
	}
	return args
}

// plan returns the runs of all experiments: what each one's table prints with --print-config.
func (c *sweepCommand) plan() (plan []cli.Planned, err error) {
	if c.Data+c.TrainSplit+c.TestSplit != "" && (len(c.Experiment) != 1 || c.Experiment[0] != "vae" && c.Experiment[0] != "depth") {
		return nil, errors.New("--data is the folder of one experiment: give --experiment vae or --experiment depth with it")
	}
	for _, experiment := range c.Experiment {
		var out, failure bytes.Buffer
		args := append([]string{experiment, "table", "--print-config"}, c.shared(experiment)...)
		if code := execute(args, &out, &failure); code != cli.CodeOK {
			return nil, errors.New(strings.TrimPrefix(strings.SplitN(strings.TrimSpace(failure.String()), "\n", 2)[0], "experiments: "))
		}
		for decoder := json.NewDecoder(&out); ; {
			var planned cli.Planned
			if err := decoder.Decode(&planned); errors.Is(err, io.EOF) {
				break
			} else if err != nil {
				return nil, err
			}
			plan = append(plan, planned)
		}
	}
	return plan, nil
}

// args returns the arguments that make one run of the plan: those of its recorded command, and the folder of the runs, which
// is not recorded.
func (c *sweepCommand) args(planned cli.Planned) ([]string, error) {
	words, err := cli.Words(planned.Command)
	if err != nil || len(words) < 4 {
		return nil, fmt.Errorf("cannot start %s: %w", planned.Command, err)
	}
	return append(words[3:], "--runs", c.Runs.Runs), nil
}
