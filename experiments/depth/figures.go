package depth

import (
	"context"
	"fmt"
	"image"
	"image/png"
	"io"
	"maps"
	"math"
	"slices"

	"github.com/robustloss/gomlx-robustloss/data/kitti"
	"github.com/robustloss/gomlx-robustloss/experiments/cli"
	"github.com/robustloss/gomlx-robustloss/experiments/figure"
	"github.com/robustloss/gomlx-robustloss/experiments/stats"
	"github.com/robustloss/gomlx-robustloss/internal/picture"
)

// FiguresCommand writes figures of trained rows.
type FiguresCommand struct {
	Selection
	Examples cli.Count `help:"Test images shown." default:"6"`
}

// Run writes examples.png into the folder of each run, and alpha.png where α was learned.
func (c *FiguresCommand) Run(ctx context.Context, s *cli.Session) error {
	backend, err := c.Open(s)
	if err != nil {
		return err
	}
	return c.trained(ctx, s, func(t *Trained) error {
		examples, err := t.Examples(int(c.Examples))
		if err != nil {
			return err
		}
		figures := map[string]image.Image{"examples.png": examples}
		config, err := t.Config()
		if err != nil {
			return err
		}
		if config.Loss.Kind == KindAdaptive {
			alphas, err := config.Alphas(backend, t.Store)
			if err != nil {
				return err
			}
			figures["alpha.png"] = picture.Enlarged(AlphaImage(alphas, config.Data.Height, config.Data.Width, config.Loss), 4)
		}
		for _, name := range slices.Sorted(maps.Keys(figures)) {
			if err := t.run.WriteFigure(name, func(w io.Writer) error { return png.Encode(w, figures[name]) }); err != nil {
				return err
			}
			if _, err := fmt.Fprintln(s.Out, t.run.Path(name)); err != nil {
				return err
			}
		}
		return nil
	})
}

// Examples shows the first n test images, a row each: the left view, the true and the predicted disparity, and the error.
func (t *Trained) Examples(n int) (image.Image, error) {
	predictions, err := t.Tests.Predict(t.Predictor)
	if err != nil {
		return nil, err
	}
	config, err := t.Config()
	if err != nil {
		return nil, err
	}
	var rows [][]image.Image
	for i := range min(n, len(predictions)) {
		pair, truth := t.Tests.Pairs[i], t.Tests.Truths[i]
		most := pair.FocalBaseline() / 4 // the disparity at 4 m
		predicted := resizeDepth(predictions[i], truth.Height, truth.Width)
		rows = append(rows, []image.Image{
			RGBImage(pair.Left),
			DisparityImage(truth, pair.FocalBaseline(), most),
			DisparityImage(predictions[i], pair.FocalBaseline(), most),
			ErrorImage(predicted, truth, config.Protocol),
		})
	}
	return picture.Enlarged(picture.Grid(rows, gap), max(1, 384/config.Data.Width)), nil
}

// gap is the space between the pictures of a figure, in their pixels.
const gap = 2

// RGBImage converts an image for showing.
func RGBImage(im *kitti.Image) image.Image { return figure.RGB(im.RGB, im.Height, im.Width) }

// DisparityImage shows a depth map by its disparities focalBaseline/depth: from black, far away, to bright at most pixels.
// Where nothing is known it is grey.
func DisparityImage(d *kitti.Depth, focalBaseline, most float64) image.Image {
	return picture.Map(d.Height, d.Width, func(y, x int) float64 {
		z := float64(d.At(y, x))
		if z <= 0 {
			return math.NaN()
		}
		return focalBaseline / z / most
	}, picture.Lightness)
}

// MagnitudeImage shows the mean magnitude of three channels, height·width·3 values, from black at 0 to bright at most.
func MagnitudeImage(values []float32, height, width int, most float64) image.Image {
	return picture.Map(height, width, func(y, x int) float64 {
		var sum float64
		for _, v := range values[3*(y*width+x):][:3] {
			sum += math.Abs(float64(v)) / 3
		}
		return sum / most
	}, picture.Lightness)
}

// ErrorImage shows |ln(truth/prediction)| after the protocol's scaling, from 0, black, to ln 1.25³, bright: beyond that no
// metric counts a pixel as right. Pixels that do not count are grey.
func ErrorImage(prediction, truth *kitti.Depth, p Protocol) image.Image {
	predicted, truths := p.counted(prediction, truth)
	scale := 1.0
	if p.MedianScaling && len(truths) > 0 {
		scale = stats.Median(truths) / stats.Median(predicted)
	}
	top, bottom, left, right := 0, truth.Height, 0, truth.Width
	if p.GargCrop {
		top, bottom, left, right = gargCrop(truth.Height, truth.Width)
	}
	return picture.Map(truth.Height, truth.Width, func(y, x int) float64 {
		g := float64(truth.At(y, x))
		if y < top || y >= bottom || x < left || x >= right || g <= p.MinDepth || g >= p.MaxDepth {
			return math.NaN()
		}
		return math.Abs(math.Log(g/(scale*float64(prediction.At(y, x))))) / (3 * math.Log(1.25))
	}, picture.Lightness)
}

// AlphaImage shows learned α, as Config.Alphas returns them, for Y, U and V beside each other: from black at the lower
// bound to bright at the upper one. Each is laid out as the wavelets are: the coarsest band at the top left.
func AlphaImage(alphas []float32, height, width int, c LossConfig) image.Image {
	var row []image.Image
	for k := range 3 {
		row = append(row, picture.Map(height, width, func(y, x int) float64 {
			return (float64(alphas[(y*width+x)*3+k]) - c.AlphaLow) / (c.AlphaHigh - c.AlphaLow)
		}, picture.Lightness))
	}
	return picture.Grid([][]image.Image{row}, gap)
}
