package depth

import (
	"fmt"

	"github.com/robustloss/gomlx-robustloss/data/kitti"
	"github.com/robustloss/gomlx-robustloss/experiments/adam"
	"github.com/robustloss/gomlx-robustloss/experiments/run"
)

// Config is everything that a run's numbers depend on, the seed and the device apart.
type Config struct {
	Data    DataConfig    `json:"data"`
	Network NetworkConfig `json:"network"`
	// Pose is the pose network, where the data's view is that of neighbouring frames.
	Pose  *PoseConfig `json:"pose,omitempty"`
	Loss  LossConfig  `json:"loss"`
	Adam  adam.Config `json:"adam"`
	Batch int         `json:"batch"`
	Steps int         `json:"steps"`
	// LogEvery, EvalEvery and CheckpointEvery are in steps.
	LogEvery        int      `json:"log_every"`
	EvalEvery       int      `json:"eval_every"`
	CheckpointEvery int      `json:"checkpoint_every"`
	Protocol        Protocol `json:"protocol"`
}

// DataConfig says what is trained and tested on.
type DataConfig struct {
	Name         string             `json:"name"`           // "streets" or "kitti"
	View         string             `json:"view,omitempty"` // ViewStereo or ViewTemporal
	Height       int                `json:"height"`
	Width        int                `json:"width"`
	Train        int                `json:"train"` // pairs, or frames with their neighbours
	Test         int                `json:"test"`
	Seed         uint64             `json:"seed"` // of synthetic streets
	RandomLanes  bool               `json:"random_lanes"`
	Augmentation kitti.Augmentation `json:"augmentation"`
}

// The rows of the table.
const (
	RowReported = "reported"
	RowBaseline = "l1"
	RowAlpha1   = "alpha1"
	RowAlpha0   = "alpha0"
	RowAlpha2   = "alpha2"
	RowAnneal   = "anneal"
	RowAdaptive = "adaptive"
)

// Rows are the table's rows in the order of the paper. All but the first are trained.
var Rows = []run.Label{
	{Key: RowReported, Title: "Baseline, as reported"},
	{Key: RowBaseline, Title: "Baseline, reproduced (L1 on RGB)"},
	{Key: RowAlpha1, Title: "Fixed α = 1"},
	{Key: RowAlpha0, Title: "Fixed α = 0"},
	{Key: RowAlpha2, Title: "Fixed α = 2"},
	{Key: RowAnneal, Title: "Annealing α = 2 → 0"},
	{Key: RowAdaptive, Title: "Adaptive α ∈ (0, 2)"},
}

// TrainedRows are the keys of the rows that are trained.
func TrainedRows() []string {
	var keys []string
	for _, row := range Rows[1:] {
		keys = append(keys, row.Key)
	}
	return keys
}

// NewConfig returns the configuration of a row at a preset: "tiny" (seconds), "quick" (minutes on two cores) or "paper"
// (KITTI's images at 128×416, DispNet and the paper's number of steps: for a GPU).
func NewConfig(preset, row string) (Config, error) {
	c, ok := map[string]func() Config{"tiny": tiny, "quick": quick, "paper": paper}[preset]
	if !ok {
		return Config{}, fmt.Errorf("there is no preset %q: want tiny, quick or paper", preset)
	}
	config := c()
	loss, ok := rowLosses(config.Loss)[row]
	if !ok {
		return Config{}, fmt.Errorf("there is no row %q to train: want one of %v", row, TrainedRows())
	}
	config.Loss = loss
	return config, nil
}

// WithSteps returns the configuration with another number of steps, the schedule stretched to it.
func (c Config) WithSteps(steps int) Config {
	c.Adam.Constant, c.Adam.Steps = c.Adam.Constant*steps/c.Steps, steps
	c.Steps = steps
	return c
}

// rowLosses returns the loss of each trained row; general is the preset's general distribution with a fixed α.
func rowLosses(general LossConfig) map[string]LossConfig {
	with := func(change func(*LossConfig)) LossConfig {
		loss := general
		change(&loss)
		return loss
	}
	fixed := func(alpha float64) LossConfig {
		return with(func(l *LossConfig) { l.Kind, l.Alpha, l.LatentRate = KindFixed, alpha, 0 })
	}
	return map[string]LossConfig{
		RowBaseline: {Kind: KindL1},
		RowAlpha1:   fixed(1),
		RowAlpha0:   fixed(0),
		RowAlpha2:   fixed(2),
		RowAnneal:   with(func(l *LossConfig) { l.Kind, l.Alpha, l.AlphaEnd, l.LatentRate = KindAnnealed, 2, 0, 0 }),
		RowAdaptive: with(func(l *LossConfig) { l.Kind, l.Alpha, l.AlphaLow, l.AlphaHigh = KindAdaptive, 1, 0, 2 }),
	}
}

func tiny() Config {
	c := quick()
	c.Data.Height, c.Data.Width, c.Data.Train, c.Data.Test = 16, 48, 16, 4
	c.Network.Stages = []Stage{{4, 3, 1, 1}, {6, 3, 2, 1}, {8, 3, 2, 1}}
	c.Network.MaxDisparity, c.Network.InitialDisparity = 6, 1.3
	c.Loss.Levels = 3
	c.Batch, c.Steps = 4, 12
	c.Adam.WarmUp, c.Adam.Constant, c.Adam.Steps = 2, 8, 12
	c.LogEvery, c.EvalEvery, c.CheckpointEvery = 4, 0, 4
	return c
}

func quick() Config {
	const steps = 2000
	return Config{
		Data: DataConfig{
			Name: "streets", Height: 32, Width: 96, Train: 600, Test: 64, Seed: 1,
			Augmentation: kitti.Augmentation{Flip: .5},
		},
		Network: NetworkConfig{
			Stages:           []Stage{{12, 3, 1, 1}, {24, 3, 2, 1}, {32, 3, 2, 1}, {32, 3, 2, 1}},
			Output:           4,
			Scales:           1,
			Coordinates:      true,
			MaxDisparity:     12,
			InitialDisparity: 2.6,
		},
		Loss: LossConfig{Scale: .01, Levels: 4, ScaleBase: .5, LevelWeight: 2, LatentRate: 5},
		Adam: adam.Config{
			Rate: 1e-3, Beta1: .9, Beta2: .999, Epsilon: 1e-8, WarmUp: 50, Constant: steps * 6 / 10, Steps: steps,
		},
		Batch: 8, Steps: steps,
		LogEvery: 20, EvalEvery: 500, CheckpointEvery: 500,
		Protocol: PublicProtocol(),
	}
}

// paper: DispNet, image size, batch, learning rate and number of steps of [2] as changed by [1]: no smoothness, one scale.
func paper() Config {
	const steps = 100_000
	return Config{
		Data: DataConfig{Name: "kitti", Height: 128, Width: 416, Augmentation: kitti.PaperAugmentation()},
		Network: NetworkConfig{
			Stages:           []Stage{{32, 7, 2, 2}, {64, 5, 2, 2}, {128, 3, 2, 2}, {256, 3, 2, 2}, {512, 3, 2, 2}, {512, 3, 2, 2}, {512, 3, 2, 2}},
			Output:           1,
			Scales:           1,
			MaxDisparity:     .3 * 416,
			InitialDisparity: 10,
		},
		Loss: LossConfig{Scale: .01, Levels: 5, ScaleBase: .5, LevelWeight: 2, LatentRate: 1},
		Adam: adam.Config{
			Rate: 2e-4, Beta1: .9, Beta2: .999, Epsilon: 1e-8, Steps: steps, Constant: steps,
		},
		Batch: 4, Steps: steps,
		LogEvery: 100, EvalEvery: 10_000, CheckpointEvery: 1000,
		Protocol: PublicProtocol(),
	}
}
