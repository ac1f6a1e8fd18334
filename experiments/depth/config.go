package depth

import (
	"fmt"
	"math"
	"reflect"
	"strings"

	"github.com/robustloss/gomlx-robustloss/data/kitti"
	"github.com/robustloss/gomlx-robustloss/experiments/adam"
	"github.com/robustloss/gomlx-robustloss/experiments/cli"
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
	RowLaplace  = "laplace"
	RowAlpha1   = "alpha1"
	RowAlpha0   = "alpha0"
	RowAlpha2   = "alpha2"
	RowAnneal   = "anneal"
	RowAdaptive = "adaptive"
)

// Rows are the table's rows: those of the paper in its order, and after the baseline one that the paper has not, which compares
// absolute values as the baseline does, but of the wavelet coefficients of the other rows. All but the first are trained.
var Rows = []run.Label{
	{Key: RowReported, Title: "Baseline, as reported"},
	{Key: RowBaseline, Title: "Baseline, reproduced (L1 on RGB)"},
	{Key: RowLaplace, Title: "L1 on YUV wavelets"},
	{Key: RowAlpha1, Title: "Fixed α = 1"},
	{Key: RowAlpha0, Title: "Fixed α = 0"},
	{Key: RowAlpha2, Title: "Fixed α = 2"},
	{Key: RowAnneal, Title: "Annealing α = 2 → 0"},
	{Key: RowAdaptive, Title: "Adaptive α ∈ (0, 2)"},
}

// Title returns the title of a row, and the key itself where the table has no such row.
func Title(key string) string {
	for _, row := range Rows {
		if row.Key == key {
			return row.Title
		}
	}
	return key
}

// TrainedRows are the keys of the rows that are trained.
func TrainedRows() []string {
	var keys []string
	for _, row := range Rows[1:] {
		keys = append(keys, row.Key)
	}
	return keys
}

// NewConfig returns the configuration of a row at a preset: "tiny" (seconds), "quick" (minutes on two cores), "medium" (images
// and network larger than quick's: a quarter of an hour) or "paper" (KITTI's images at 128×416, DispNet and the paper's number of
// steps: for a GPU).
func NewConfig(preset, row string) (Config, error) {
	c, ok := map[string]func() Config{"tiny": tiny, "quick": quick, "medium": medium, "paper": paper}[preset]
	if !ok {
		return Config{}, fmt.Errorf("there is no preset %q: want tiny, quick, medium or paper", preset)
	}
	config := c()
	loss, ok := rowLosses(config.Loss)[row]
	if !ok {
		return Config{}, fmt.Errorf("there is no row %q to train: want one of %v", row, TrainedRows())
	}
	config.Loss = loss
	return config, nil
}

// withSteps returns the configuration with another number of steps, the schedule stretched to it.
func (c Config) withSteps(steps int) Config {
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
		RowLaplace:  with(func(l *LossConfig) { l.Kind, l.LatentRate = KindLaplace, 0 }),
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

// medium is quick with images of twice the height and width, so with disparities twice as large and a level of wavelets more, and
// with a network a third wider that has a stage more.
func medium() Config {
	const steps = 3000
	c := quick()
	c.Data.Height, c.Data.Width, c.Data.Train = 64, 192, 1000
	c.Network.Stages = []Stage{{16, 5, 1, 1}, {32, 3, 2, 1}, {48, 3, 2, 1}, {64, 3, 2, 1}, {64, 3, 2, 1}}
	c.Network.MaxDisparity, c.Network.InitialDisparity = 24, 5.2
	c.Loss.Levels = 5
	c.EvalEvery = 1000
	return c.withSteps(steps)
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

// What a network is trained on.
const (
	ViewStereo   = ""         // the other view of a stereo pair, whose pose is known
	ViewTemporal = "temporal" // the frames before and after, whose poses a second network predicts
)

// newTemporalConfig is [NewConfig] for training on neighbouring frames instead of stereo pairs.
func newTemporalConfig(preset, row string) (Config, error) {
	c, err := NewConfig(preset, row)
	if err != nil {
		return Config{}, err
	}
	c.Data.View = ViewTemporal
	c.Pose = &PoseConfig{Factor: .01, Distance: .2, Stages: map[string][]Stage{
		"tiny":   {{4, 3, 2, 1}, {8, 3, 2, 1}},
		"quick":  {{16, 5, 2, 1}, {32, 3, 2, 1}, {32, 3, 2, 1}, {32, 3, 2, 1}},
		"medium": {{16, 5, 2, 1}, {32, 3, 2, 1}, {64, 3, 2, 1}, {64, 3, 2, 1}, {64, 3, 2, 1}},
		"paper":  {{16, 7, 2, 1}, {32, 5, 2, 1}, {64, 3, 2, 1}, {128, 3, 2, 1}, {256, 3, 2, 1}, {256, 3, 2, 1}, {256, 3, 2, 1}},
	}[preset]}
	return c, nil
}

// Variant changes a preset, for studies. Runs of a variant have a folder of their own.
type Variant struct {
	View            string     `help:"What the image is made from to train: the other view of a stereo pair, or the frames before and after, with a pose network: ${enum}." enum:"stereo,temporal" default:"stereo"`
	Steps           *cli.Count `help:"Training steps, in place of the preset's; the schedule is stretched." placeholder:"N"`
	Scale           *float64   `help:"Scale c of the general distribution." placeholder:"C"`
	Sharing         string     `help:"What shares an adaptive α: each coefficient its own, or a band one." enum:"coefficient,band" default:"coefficient"`
	Scales          *cli.Count `help:"Predictions at so many sizes are trained." placeholder:"N"`
	Smoothness      *float64   `help:"Weight of the smoothness of disparities." placeholder:"W"`
	SSIM            *float64   `name:"ssim" help:"Share of structural similarity in the L1 row; 0.85 is usual." placeholder:"W"`
	Flip            *float64   `help:"Probability that a training pair is mirrored." placeholder:"P"`
	RandomLanes     bool       `help:"Streets whose lane marks differ."`
	DataSeed        *uint64    `help:"Seed of the synthetic streets." placeholder:"N"`
	EvalEvery       *int       `help:"Steps between evaluations; 0: only at the end." placeholder:"N"`
	CheckpointEvery *int       `help:"Steps between checkpoints; 0: only at the end." placeholder:"N"`
}

// name returns what names the variant's folder, "" for none.
func (v Variant) name() string {
	var parts []string
	add := func(name string, value any) {
		if p := reflect.ValueOf(value); p.Kind() != reflect.Pointer {
			parts = append(parts, fmt.Sprintf("%s-%v", name, value))
		} else if !p.IsNil() {
			parts = append(parts, fmt.Sprintf("%s-%v", name, p.Elem()))
		}
	}
	if v.View == ViewTemporal {
		add("view", v.View)
	}
	add("steps", v.Steps)
	add("scale", v.Scale)
	if v.Sharing == PerBand {
		add("sharing", v.Sharing)
	}
	add("scales", v.Scales)
	add("smoothness", v.Smoothness)
	add("ssim", v.SSIM)
	add("flip", v.Flip)
	if v.RandomLanes {
		parts = append(parts, "random-lanes")
	}
	add("data-seed", v.DataSeed)
	add("eval-every", v.EvalEvery)
	add("checkpoint-every", v.CheckpointEvery)
	return strings.Join(parts, "-")
}

// check refuses values that no configuration can have.
func (v Variant) check() error {
	for _, flag := range []struct {
		name      string
		value     *float64
		low, high float64
	}{{"scale", v.Scale, math.SmallestNonzeroFloat64, math.MaxFloat64}, {"smoothness", v.Smoothness, 0, math.MaxFloat64}, {"ssim", v.SSIM, 0, 1}, {"flip", v.Flip, 0, 1}} {
		if flag.value != nil && !(*flag.value >= flag.low && *flag.value <= flag.high) {
			return fmt.Errorf("--%s must be in [%.3g, %.3g], it is %g", flag.name, flag.low, flag.high, *flag.value)
		}
	}
	for name, value := range map[string]*int{"eval-every": v.EvalEvery, "checkpoint-every": v.CheckpointEvery} {
		if value != nil && *value < 0 {
			return fmt.Errorf("--%s must not be negative, it is %d", name, *value)
		}
	}
	return nil
}

// apply changes a configuration. Each option changes the rows that it means something to.
func (v Variant) apply(c Config) Config {
	if v.Steps != nil {
		c = c.withSteps(int(*v.Steps))
	}
	general, l1 := c.Loss.Kind != KindL1, c.Loss.Kind == KindL1
	if v.Scale != nil && general {
		c.Loss.Scale = *v.Scale
	}
	if v.Sharing == PerBand && c.Loss.Kind == KindAdaptive {
		c.Loss.Sharing = PerBand
	}
	if v.Scales != nil {
		c.Network.Scales = int(*v.Scales)
	}
	if v.SSIM != nil && l1 {
		c.Loss.SSIM = *v.SSIM
	}
	if v.Smoothness != nil {
		c.Loss.Smoothness = *v.Smoothness
	}
	if v.Flip != nil {
		c.Data.Augmentation.Flip = *v.Flip
	}
	c.Data.RandomLanes = v.RandomLanes
	if v.DataSeed != nil {
		c.Data.Seed = *v.DataSeed
	}
	if v.EvalEvery != nil {
		c.EvalEvery = *v.EvalEvery
	}
	if v.CheckpointEvery != nil {
		c.CheckpointEvery = *v.CheckpointEvery
	}
	return c
}
