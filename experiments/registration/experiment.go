package registration

import (
	"context"
	"fmt"
	"io"
	"math"
	"path/filepath"
	"runtime"

	"gonum.org/v1/gonum/spatial/r3"

	"github.com/robustloss/gomlx-robustloss/data/pointcloud"
	"github.com/robustloss/gomlx-robustloss/experiments/run"
)

// pairsConfig is the configuration of a run on pairs of scans.
type pairsConfig struct {
	Kind   string `json:"kind"` // "pairs"
	Preset string `json:"preset"`
	Source string `json:"source"`         // "synthetic", or the name of the folder of pairs
	Data   string `json:"data,omitempty"` // of a folder of pairs: a checksum of its files
	// Noise is the standard deviation of the points in diameters, as the data set's name says for a folder.
	Noise    float64        `json:"noise"`
	Pairs    int            `json:"pairs"`
	Points   int            `json:"points,omitempty"` // of each synthetic view
	Keep     float64        `json:"keep,omitempty"`
	Features FeatureOptions `json:"features"`
}

// problemsConfig is the configuration of a run on matched points.
type problemsConfig struct {
	Kind         string  `json:"kind"` // "problems"
	Preset       string  `json:"preset"`
	Matches      int     `json:"matches"`
	OutlierRatio float64 `json:"outlier_ratio"`
	Structured   bool    `json:"structured"`
	Noise        float64 `json:"noise"`
	Problems     int     `json:"problems"`
}

// noises are the standard deviations of the columns of the tables of pairs.
var noises = []float64{0, .0025, .005}

// outliers are the columns of the tables of problems.
var outliers = []struct {
	ratio      float64
	structured bool
}{{.5, false}, {.8, false}, {.9, false}, {.5, true}}

// presets returns the runs of a preset: tiny in seconds, quick in minutes on two cores, paper with as many pairs and
// points as the data set of [1].
func presets(preset string) (pairs []pairsConfig, problems []problemsConfig, err error) {
	p := pairsConfig{Kind: "pairs", Preset: preset, Source: "synthetic", Keep: .8, Features: FeatureOptions{NormalRadius: .04, FeatureRadius: .12}}
	q := problemsConfig{Kind: "problems", Preset: preset, Noise: .005}
	switch preset {
	case "tiny":
		p.Pairs, p.Points, p.Keep, p.Features = 2, 1500, .9, FeatureOptions{NormalRadius: .08, FeatureRadius: .22}
		q.Matches, q.Problems = 200, 2
	case "quick":
		p.Pairs, p.Points = 10, 5000
		q.Matches, q.Problems = 1000, 20
	case "paper":
		p.Pairs, p.Points = 25, 15000
		q.Matches, q.Problems = 1000, 100
	default:
		return nil, nil, fmt.Errorf("registration: unknown preset %q: want tiny, quick or paper", preset)
	}
	for _, noise := range noises {
		p.Noise = noise
		pairs = append(pairs, p)
	}
	for _, o := range outliers {
		q.OutlierRatio, q.Structured = o.ratio, o.structured
		problems = append(problems, q)
	}
	return pairs, problems, nil
}

// name is the run's folder below the preset's.
func (c pairsConfig) name() string { return fmt.Sprintf("pairs-noise-%g", c.Noise) }

func (c problemsConfig) name() string {
	kind := "random"
	if c.Structured {
		kind = "structured"
	}
	return fmt.Sprintf("problems-%g-%s", c.OutlierRatio, kind)
}

// Method is one row of the tables.
type Method struct {
	run.Label
	Schedule Schedule
}

// allMethods lists the rows, from least squares to the schedules that anneal.
func allMethods() []Method {
	methods := []Method{
		{run.Label{Key: "l2", Title: "least squares (α = 2)"}, Fixed{Alpha: 2, Scale: 1}},
		{run.Label{Key: "fixed", Title: "fixed α = −2 and c"}, Fixed{Alpha: -2, Scale: TerminalScale()}},
	}
	for _, s := range sweep {
		title := "scale-annealed, " + s.Title
		if s.Key == fgrKey {
			title = "FGR: " + title
		}
		methods = append(methods, Method{run.Label{Key: s.Key, Title: title}, ScaleAnnealed{Alpha: s.alpha}})
	}
	return append(methods,
		Method{run.Label{Key: "shape", Title: "gFGR: shape-annealed, α from 2 to −32"}, Graduated()},
		Method{run.Label{Key: "fitted", Title: "scale-annealed, α from the residuals"}, Fitted{}})
}

// FindMethod returns the method of a key.
func FindMethod(key string) (Method, error) {
	var keys []string
	for _, m := range allMethods() {
		if m.Key == key {
			return m, nil
		}
		keys = append(keys, m.Key)
	}
	return Method{}, fmt.Errorf("registration: unknown method %q: want one of %q", key, keys)
}

const (
	fgrKey   = "fgr"
	tunedKey = "tuned" // the best of the sweep
)

// sweep lists the shapes of the scale-annealed rows, of which the tuned row is the best.
var sweep = []struct {
	run.Label
	alpha float64
}{
	{run.Label{Key: "scale 1", Title: "α = 1"}, 1},
	{run.Label{Key: "scale 0", Title: "α = 0"}, 0},
	{run.Label{Key: "scale -1", Title: "α = −1"}, -1},
	{run.Label{Key: fgrKey, Title: "α = −2"}, -2},
	{run.Label{Key: "scale -4", Title: "α = −4"}, -4},
	{run.Label{Key: "scale -8", Title: "α = −8"}, -8},
	{run.Label{Key: "scale -32", Title: "α = −32"}, -32},
	{run.Label{Key: "scale -inf", Title: "α = −∞"}, math.Inf(-1)},
}

// job says where a run is kept and what it shows.
type job struct {
	Dir      string
	Seed     int64
	Restart  bool
	Progress io.Writer // where progress and warnings go; nil for nowhere
	Command  string    // the command line that makes the run, if not this process's own
}

// open opens the run. These experiments compute in plain Go.
func (j job) open(config any) (*run.Run, error) {
	return run.Open(run.Spec{
		Experiment: "registration", Dir: j.Dir, Config: config, Seed: j.Seed, Restart: j.Restart, Command: j.Command, Warnings: j.Progress,
		Device: fmt.Sprintf("plain Go on %s/%s", runtime.GOOS, runtime.GOARCH),
	})
}

// runPairs registers pairs of scans with all methods: synthetic ones, or those of folders in the layout of
// [pointcloud.ReadPair]. Each item of the result holds "rmse KEY" (in the units of the points) and "pose KEY" for each
// method, and what is known of the matches.
func runPairs(ctx context.Context, c pairsConfig, folders []string, j job) (run.Result, error) {
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
		values, err := pairValues(pair, c.Features, seed, j)
		return run.Item{Name: pair.Name, Values: values}, err
	})
}

// pair makes or reads pair i.
func (c pairsConfig) pair(i int, seed uint64, folders []string) (*pointcloud.Pair, error) {
	if c.Source != "synthetic" {
		return pointcloud.ReadPair(folders[i])
	}
	names := pointcloud.SurfaceNames()
	return pointcloud.NewPair(pointcloud.PairOptions{Surface: names[i%len(names)], Points: c.Points, Keep: c.Keep, Noise: c.Noise, Seed: seed})
}

func pairValues(pair *pointcloud.Pair, o FeatureOptions, seed uint64, j job) (run.Values, error) {
	p, err := Prepare(pair, o, seed)
	if err != nil {
		return nil, err
	}
	for _, text := range p.Warnings {
		j.warn(pair.Name + ": " + text)
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

// warn tells the user what is doubtful.
func (j job) warn(text string) {
	if j.Progress != nil {
		_, _ = fmt.Fprintln(j.Progress, "warning:", text)
	}
}

// solveAll runs all methods. One that finds no pose counts with the pose it started from, and as "failed KEY". One whose
// last step still moves the points counts with the pose it has, and as "unconverged KEY".
func solveAll(values run.Values, f frame, p, q []r3.Vec, found func(key string, pose pointcloud.Pose) error) error {
	for _, m := range allMethods() {
		pose := f.denormalise(pointcloud.Identity())
		if s, err := solveIn(f, p, q, m.Schedule); err == nil {
			pose = s.Pose
			if !s.Converged() {
				values["unconverged "+m.Key] = 1
			}
		} else {
			values["failed "+m.Key] = 1
		}
		if err := found(m.Key, pose); err != nil {
			return err
		}
	}
	return nil
}

// runProblems solves problems of matched points, of which a known share is false, with all methods. Each item of the
// result holds "pose KEY": the root mean square of ‖truth·q − pose·q‖ over the true matches.
func runProblems(ctx context.Context, c problemsConfig, j job) (run.Result, error) {
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
