package depth

import (
	"fmt"
	"math"

	"github.com/robustloss/gomlx-robustloss/data/kitti"
	"github.com/robustloss/gomlx-robustloss/experiments/run"
	"github.com/robustloss/gomlx-robustloss/experiments/stats"
)

// Protocol says which pixels are compared and how, as in the public evaluation [2]. All lengths are in metres.
type Protocol struct {
	MinDepth float64 `json:"min_depth"` // truths at or below it do not count, predictions below it are raised to it
	MaxDepth float64 `json:"max_depth"` // the cap: truths at or above it do not count, predictions above are lowered to it
	GargCrop bool    `json:"garg_crop"` // only the part of the image that scans reach: see gargCrop
	// MedianScaling multiplies each prediction with stats.Median(truth)/stats.Median(prediction), for methods that know depth up to
	// a factor only.
	MedianScaling bool `json:"median_scaling"`
}

// PublicProtocol is what the paper's numbers were made with: 1e-3 to 80 m, Garg's crop, median scaling.
func PublicProtocol() Protocol {
	return Protocol{MinDepth: 1e-3, MaxDepth: 80, GargCrop: true, MedianScaling: true}
}

// imageErrors are the depth metrics of one image, or their means over images. With g the truth and p the prediction, and the
// means taken over pixels:
//
//	AbsRel = mean |g−p|/g           RMS    = √mean (g−p)²
//	SqRel  = mean (g−p)²/g          LogRMS = √mean (ln g − ln p)²
//	Delta[k−1] = share of pixels with max(g/p, p/g) < 1.25ᵏ,  k = 1, 2, 3
type imageErrors struct {
	AbsRel, SqRel, RMS, LogRMS float64
	Delta                      [3]float64
}

// Avg is the geometric mean of the four errors and of the three 1 − Delta: lower is better. It is how the paper sums a row
// up, and reproduces the "Avg" column of its table from the other seven.
func (e imageErrors) Avg() float64 {
	product := e.AbsRel * e.SqRel * e.RMS * e.LogRMS
	for _, d := range e.Delta {
		product *= 1 - d
	}
	return math.Pow(product, 1./7)
}

// Metrics are the keys of the metrics in result.json, in the order of the table's columns.
var Metrics = []run.Label{
	{Key: "avg", Title: "Avg"},
	{Key: "abs_rel", Title: "AbsRel"},
	{Key: "sq_rel", Title: "SqRel"},
	{Key: "rms", Title: "RMS"},
	{Key: "log_rms", Title: "logRMS"},
	{Key: "delta1", Title: "<1.25"},
	{Key: "delta2", Title: "<1.25²"},
	{Key: "delta3", Title: "<1.25³"},
}

// Values returns the metrics by their keys.
func (e imageErrors) Values() run.Values {
	return run.Values{
		"avg": e.Avg(), "abs_rel": e.AbsRel, "sq_rel": e.SqRel, "rms": e.RMS, "log_rms": e.LogRMS,
		"delta1": e.Delta[0], "delta2": e.Delta[1], "delta3": e.Delta[2],
	}
}

// meanErrors returns the mean of each metric over images.
func meanErrors(images []imageErrors) (mean imageErrors) {
	n := float64(len(images))
	for _, e := range images {
		mean.AbsRel += e.AbsRel / n
		mean.SqRel += e.SqRel / n
		mean.RMS += e.RMS / n
		mean.LogRMS += e.LogRMS / n
		for k := range mean.Delta {
			mean.Delta[k] += e.Delta[k] / n
		}
	}
	return mean
}

// compare returns the errors of one predicted depth map, which is resized to the size of the truth first. It is an error
// where no pixel counts, or a prediction that counts is not positive and finite.
func (p Protocol) compare(prediction, truth *kitti.Depth) (imageErrors, error) {
	predicted, truths := p.counted(resizeDepth(prediction, truth.Height, truth.Width), truth)
	if len(truths) == 0 {
		return imageErrors{}, fmt.Errorf("depth: no pixel of the %d×%d image has a depth between %g and %g m that counts",
			truth.Height, truth.Width, p.MinDepth, p.MaxDepth)
	}
	scale := 1.0
	if p.MedianScaling {
		scale = stats.Median(truths) / stats.Median(predicted)
	}
	var e imageErrors
	n := float64(len(truths))
	for i, g := range truths {
		if v := predicted[i]; !(v > 0) || math.IsInf(v, 1) {
			return imageErrors{}, fmt.Errorf("depth: the prediction holds %g: want positive numbers", v)
		}
		d := min(max(predicted[i]*scale, p.MinDepth), p.MaxDepth)
		difference, logarithm := g-d, math.Log(g/d)
		e.AbsRel += math.Abs(difference) / g / n
		e.SqRel += difference * difference / g / n
		e.RMS += difference * difference / n
		e.LogRMS += logarithm * logarithm / n
		for k, threshold := range []float64{1.25, 1.25 * 1.25, 1.25 * 1.25 * 1.25} {
			if max(g/d, d/g) < threshold {
				e.Delta[k] += 1 / n
			}
		}
	}
	e.RMS, e.LogRMS = math.Sqrt(e.RMS), math.Sqrt(e.LogRMS)
	return e, nil
}

// counted returns the predictions and truths of the pixels that count.
func (p Protocol) counted(prediction, truth *kitti.Depth) (predicted, truths []float64) {
	top, bottom, left, right := 0, truth.Height, 0, truth.Width
	if p.GargCrop {
		top, bottom, left, right = gargCrop(truth.Height, truth.Width)
	}
	for row := top; row < bottom; row++ {
		for column := left; column < right; column++ {
			g := float64(truth.At(row, column))
			if g > p.MinDepth && g < p.MaxDepth {
				predicted = append(predicted, float64(prediction.At(row, column)))
				truths = append(truths, g)
			}
		}
	}
	return predicted, truths
}

// gargCrop returns the part of the image that is compared: rows top … bottom−1, columns left … right−1, with the fractions
// of the public evaluation, cut to whole pixels. Of 375×1242 pixels these are rows 153–370 and columns 44–1196.
func gargCrop(height, width int) (top, bottom, left, right int) {
	h, w := float64(height), float64(width)
	return int(.40810811 * h), int(.99189189 * h), int(.03594771 * w), int(.96405229 * w)
}

// resizeDepth resizes by linear interpolation between pixel centres, holding the border values, without averaging.
func resizeDepth(d *kitti.Depth, height, width int) *kitti.Depth {
	if d.Height == height && d.Width == width {
		return d
	}
	out := &kitti.Depth{Height: height, Width: width, Metres: make([]float32, height*width)}
	rows, columns := interpolation(d.Height, height), interpolation(d.Width, width)
	for y, r := range rows {
		for x, c := range columns {
			top := lerp(d.At(r.low, c.low), d.At(r.low, c.high), c.t)
			bottom := lerp(d.At(r.high, c.low), d.At(r.high, c.high), c.t)
			out.Metres[y*width+x] = lerp(top, bottom, r.t)
		}
	}
	return out
}

type between struct {
	low, high int
	t         float32
}

// interpolation says between which old pixels each new one lies.
func interpolation(from, to int) []between {
	out := make([]between, to)
	for i := range out {
		position := min(max((float64(i)+.5)*float64(from)/float64(to)-.5, 0), float64(from-1))
		low := int(position)
		out[i] = between{low, min(low+1, from-1), float32(position - float64(low))}
	}
	return out
}

func lerp(a, b, t float32) float32 { return a + (b-a)*t }
