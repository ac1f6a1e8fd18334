package registration

import (
	"context"
	"fmt"
	"io"
	"path/filepath"
	"runtime"

	"gonum.org/v1/gonum/spatial/r3"

	"github.com/robustloss/gomlx-robustloss/data/pointcloud"
	"github.com/robustloss/gomlx-robustloss/experiments/run"
)

// Job says where a run is kept and what it shows.
type Job struct {
	Dir      string
	Seed     int64
	Restart  bool
	Progress io.Writer // nil for none
	Command  string    // the command line that makes the run, if not this process's own
}

// open opens the run. These experiments compute in plain Go.
func (j Job) open(config any) (*run.Run, error) {
	return run.Open(run.Spec{
		Experiment: "registration", Dir: j.Dir, Config: config, Seed: j.Seed, Restart: j.Restart, Command: j.Command,
		Device: fmt.Sprintf("plain Go on %s/%s", runtime.GOOS, runtime.GOARCH),
	})
}

// RunPairs registers pairs of scans with all methods: synthetic ones, or those of folders in the layout of
// [pointcloud.ReadPair]. Each item of the result holds "rmse KEY" (in the units of the points) and "pose KEY" for each
// method, and what is known of the matches.
func RunPairs(ctx context.Context, c PairsConfig, folders []string, j Job) (run.Result, error) {
	r, err := j.open(c)
	if err != nil {
		return run.Result{}, err
	}
	defer r.Close()
	title := fmt.Sprintf("pairs, σ = %g", c.Noise)
	return r.Items(ctx, c.Pairs, j.Progress, title, func(i int) (run.Item, error) {
		seed := uint64(j.Seed) + uint64(i)
		pair, err := c.pair(i, seed, folders)
		if err != nil {
			return run.Item{}, err
		}
		values, err := pairValues(pair, c.Features, seed)
		return run.Item{Name: pair.Name, Values: values}, err
	})
}

// pair makes or reads pair i.
func (c PairsConfig) pair(i int, seed uint64, folders []string) (*pointcloud.Pair, error) {
	if c.Source != "synthetic" {
		return pointcloud.ReadPair(folders[i])
	}
	names := pointcloud.SurfaceNames()
	return pointcloud.NewPair(pointcloud.PairOptions{Surface: names[i%len(names)], Points: c.Points, Keep: c.Keep, Noise: c.Noise, Seed: seed})
}

func pairValues(pair *pointcloud.Pair, o FeatureOptions, seed uint64) (run.Values, error) {
	p, err := Prepare(pair, o, seed)
	if err != nil {
		return nil, err
	}
	best, err := p.RMSE(pair.Truth)
	if err != nil {
		return nil, err
	}
	values := run.Values{
		"matches": float64(len(p.Matches)), "reciprocal": float64(p.Reciprocal), "common": float64(len(p.Common)),
		"inliers": p.InlierShare(), "rmse truth": best,
	}
	if err := checkMatches(p.P, p.Q); err != nil {
		return nil, fmt.Errorf("%s: %w", pair.Name, err)
	}
	return values, solveAll(values, p.frame, p.P, p.Q, func(key string, pose pointcloud.Pose) error {
		rmse, err := p.RMSE(pose)
		values["rmse "+key], values["pose "+key] = rmse, PoseError(pose, pair.Truth, pair.Source.Points)
		return err
	})
}

// solveAll runs all methods. One that finds no pose counts with the pose it started from, and as "failed KEY".
func solveAll(values run.Values, f frame, p, q []r3.Vec, found func(key string, pose pointcloud.Pose) error) error {
	for _, m := range Methods() {
		pose := f.outward(pointcloud.Identity())
		if s, err := solveIn(f, p, q, m.New()); err == nil {
			pose = s.Pose
		} else {
			values["failed "+m.Key] = 1
		}
		if err := found(m.Key, pose); err != nil {
			return err
		}
	}
	return nil
}

// RunProblems solves problems of matched points, of which a known share is false, with all methods. Each item of the
// result holds "pose KEY": the root mean square of ‖truth·q − pose·q‖ over the true matches.
func RunProblems(ctx context.Context, c ProblemsConfig, j Job) (run.Result, error) {
	r, err := j.open(c)
	if err != nil {
		return run.Result{}, err
	}
	defer r.Close()
	title := fmt.Sprintf("%s, %.0f %% false matches", filepath.Base(j.Dir), 100*c.OutlierRatio)
	return r.Items(ctx, c.Problems, j.Progress, title, func(i int) (run.Item, error) {
		o := pointcloud.ProblemOptions{
			Pairs: c.Matches, OutlierRatio: c.OutlierRatio, Noise: c.Noise, Structured: c.Structured, Seed: uint64(j.Seed) + uint64(i),
		}
		problem, err := pointcloud.NewProblem(o)
		if err != nil {
			return run.Item{}, err
		}
		values := run.Values{}
		var inliers []r3.Vec
		for k, q := range problem.Q {
			if problem.Inlier[k] {
				inliers = append(inliers, q)
			}
		}
		err = solveAll(values, newFrame(problem.P, problem.Q), problem.P, problem.Q, func(key string, pose pointcloud.Pose) error {
			values["pose "+key] = PoseError(pose, problem.Truth, inliers)
			return nil
		})
		return run.Item{Name: fmt.Sprintf("seed %d", o.Seed), Values: values}, err
	})
}
