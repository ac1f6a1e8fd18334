package depth

import (
	"cmp"
	"fmt"
	"slices"

	"github.com/gomlx/compute"
	. "github.com/gomlx/gomlx/core/graph"
	"github.com/gomlx/gomlx/core/tensors"
	"github.com/gomlx/gomlx/ml/model"

	"github.com/robustloss/gomlx-robustloss/gomlxops"
	"github.com/robustloss/gomlx-robustloss/robustloss"
)

// adaptive returns the negative log-likelihoods of the coefficients under the general distribution with learned α and
// fixed scale, of the shape of x, and the α, `[height, width, 3]`.
func (c LossConfig) adaptive(scope *model.Scope, x *Node) (losses, alphas *Node) {
	if c.Sharing == PerBand {
		return c.adaptiveBands(scope, x)
	}
	return c.learned(scope, x)
}

// learned gives each element of x, the first axis apart, an α of its own.
func (c LossConfig) learned(scope *model.Scope, x *Node) (losses, alphas *Node) {
	a := robustloss.NewAdaptive(scope, x).
		AlphaRange(c.AlphaLow, c.AlphaHigh).AlphaInit(c.Alpha).
		FixedScale(c.Scale).
		LatentRate(c.LatentRate)
	losses = a.Done()
	return losses, a.Alpha()
}

// adaptiveBands gives each channel of each band one α.
func (c LossConfig) adaptiveBands(scope *model.Scope, x *Node) (losses, alphas *Node) {
	lossBands, alphaBands := gomlxops.Unflatten(x, c.Levels), gomlxops.Unflatten(Slice(x, AxisRange(0, 1)), c.Levels)
	share := func(name string, loss, alpha **Node) {
		dims := (*loss).Shape().Dimensions
		l, a := c.learned(scope.In("%s", name), Reshape(*loss, -1, dims[3]))
		*alpha = BroadcastToDims(Reshape(a, 1, 1, 1, dims[3]), 1, dims[1], dims[2], dims[3])
		*loss = Reshape(l, dims...)
	}
	for d := range lossBands.Levels {
		l, a := &lossBands.Levels[d], &alphaBands.Levels[d]
		share(fmt.Sprintf("high_high_%d", d), &l.HighHigh, &a.HighHigh)
		share(fmt.Sprintf("low_high_%d", d), &l.LowHigh, &a.LowHigh)
		share(fmt.Sprintf("high_low_%d", d), &l.HighLow, &a.HighLow)
	}
	share("low", &lossBands.Low, &alphaBands.Low)
	return lossBands.Flatten(), Squeeze(alphaBands.Flatten(), 0)
}

// Alphas returns the learned α of a store, in the layout of gomlxops.WaveletTransform: height·width·3 numbers, the channels
// Y, U and V of a coefficient beside each other.
func (c Config) Alphas(backend compute.Backend, store *model.Store) ([]float32, error) {
	exec, err := model.NewExec(backend, store, func(scope *model.Scope, x *Node) *Node {
		_, alphas := c.Loss.adaptive(scope.In(lossScope), x)
		return alphas
	})
	if err != nil {
		return nil, fmt.Errorf("depth: cannot read the learned α: %w", err)
	}
	defer exec.Finalize()
	size := c.Data.Height * c.Data.Width * 3
	zeros := tensors.FromFlatDataAndDimensions(make([]float32, size), 1, c.Data.Height, c.Data.Width, 3)
	output, err := exec.Call1(zeros)
	if err != nil {
		return nil, fmt.Errorf("depth: cannot read the learned α: %w", err)
	}
	return tensors.MustCopyFlatData[float32](output), nil
}

// BandAlpha is the mean α of a band and channel.
type BandAlpha struct {
	Level   int     `json:"level"` // 0 the finest; Levels for the low band
	Band    string  `json:"band"`  // "horizontal" and "vertical" edges, "diagonal", "low"
	Channel string  `json:"channel"`
	Mean    float64 `json:"mean"`
}

// BandAlphas sums up learned α by bands, the coarsest first, and by channels Y, U, V.
func (c Config) BandAlphas(alphas []float32) []BandAlpha {
	sums, counts := map[BandAlpha]float64{}, map[BandAlpha]float64{}
	var order []BandAlpha
	levels := gomlxops.WaveletLevels(c.Data.Height, c.Data.Width, c.Loss.Levels)
	for row := range c.Data.Height {
		for column := range c.Data.Width {
			level := levels[row][column]
			h, w := c.Data.Height, c.Data.Width
			for range level + 1 {
				h, w = (h+1)/2, (w+1)/2
			}
			band := "low"
			if level < c.Loss.Levels {
				band = [2][2]string{{"", "vertical"}, {"horizontal", "diagonal"}}[btoi(row >= h)][btoi(column >= w)]
			}
			for k, channel := range []string{"Y", "U", "V"} {
				key := BandAlpha{Level: level, Band: band, Channel: channel}
				if counts[key] == 0 {
					order = append(order, key)
				}
				sums[key] += float64(alphas[(row*c.Data.Width+column)*3+k])
				counts[key]++
			}
		}
	}
	for i, key := range order {
		order[i].Mean = sums[key] / counts[key]
	}
	return sortBands(order)
}

// sortBands puts the coarsest bands first and keeps the order of the channels.
func sortBands(bands []BandAlpha) []BandAlpha {
	places := []string{"low", "horizontal", "vertical", "diagonal"}
	slices.SortStableFunc(bands, func(a, b BandAlpha) int {
		return cmp.Or(cmp.Compare(b.Level, a.Level), cmp.Compare(slices.Index(places, a.Band), slices.Index(places, b.Band)))
	})
	return bands
}

func btoi(b bool) int {
	if b {
		return 1
	}
	return 0
}

// Details are what a result holds beside its metrics.
type Details struct {
	MeanAlpha *float64    `json:"mean_alpha,omitempty"` // of an adaptive loss, over the coefficients
	Bands     []BandAlpha `json:"bands,omitempty"`
}
