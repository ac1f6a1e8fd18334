package vae

import (
	"embed"
	"encoding/json"
	"fmt"
	"math"
	"strings"

	"github.com/robustloss/gomlx-robustloss/experiments/run"
)

// paperELBO is the table of [1]: ELBOs of CelebA's validation images, nats an image, 64×64 pixels.
var paperELBO = map[string]map[string]float64{
	"normal":  {"pixel": 8662, "dct": 31837, "wavelet": 31505},
	"cauchy":  {"pixel": 9602, "dct": 31295, "wavelet": 35779},
	"t":       {"pixel": 10177, "dct": 32804, "wavelet": 36373},
	"general": {"pixel": 10240, "dct": 32806, "wavelet": 36316},
}

// Layout is the experiment's table, likelihoods × representations, of runs of a configuration but for the likelihood and the
// representation. key says of which value of the results: "elbo", "iwae", "rate", "distortion", or "shape", the median of the
// learned shapes, one a coefficient.
func Layout(c Config, key string) run.Layout {
	l := run.Layout{
		Title:  valueTitle(key) + fmt.Sprintf(", preset %s", c.Preset),
		Corner: "Likelihood",
		Entries: func(r run.Result) ([]run.Entry, error) {
			var have Config
			if err := r.DecodeConfig(&have); err != nil {
				return nil, err
			}
			if setName(have) != setName(c) {
				return nil, fmt.Errorf("%s is of %s, another result of %s: they belong in different tables", r.Path, setName(have), setName(c))
			}
			value, err := valueOf(r, key)
			if err != nil {
				return nil, err
			}
			return []run.Entry{{Row: have.Likelihood, Column: have.Representation, Value: value}}, nil
		},
		Format: "%.0f",
		Notes:  deviations(c),
	}
	for _, likelihood := range Likelihoods {
		l.Rows = append(l.Rows, run.Label(likelihood))
	}
	for _, representation := range Representations {
		if c.Images.channels() == 1 {
			representation.Title, _, _ = strings.Cut(representation.Title, " + ") // the colours
		}
		l.Columns = append(l.Columns, run.Label(representation))
	}
	if key == "shape" {
		l.Format = "%.3g"
	}
	if key == "elbo" && c.Images.channels() == 3 {
		l.Quoted = paperELBO
		l.QuotedName = "the paper's numbers, on CelebA at 64×64 pixels"
	}
	return l
}

// setName names a preset on some images: "quick" on synthetic faces, "quick-celeba", "quick-fashion".
func setName(c Config) string {
	if c.Images.Source == "synthetic" {
		return c.Preset
	}
	return c.Preset + "-" + c.Images.Source
}

// newTable makes the table of results, which are of one preset and the same images.
func newTable(results []run.Result, key string) (*run.Table, error) {
	var c Config
	if err := results[0].DecodeConfig(&c); err != nil {
		return nil, err
	}
	return run.NewTable(Layout(c, key), results)
}

// valueOf returns a value of a result.
func valueOf(r run.Result, key string) (float64, error) {
	if key == "shape" {
		var learned struct{ Shape map[string]float64 }
		if err := json.Unmarshal(r.Details, &learned); err != nil {
			return 0, fmt.Errorf("%s: %w", r.Path, err)
		}
		median, ok := learned.Shape["median"]
		if !ok {
			return 0, fmt.Errorf("%s has no median of the shapes", r.Path)
		}
		return median, nil
	}
	value, ok := r.Values[key]
	if !ok {
		return 0, fmt.Errorf("the result has no %q", key)
	}
	return value, nil
}

func valueTitle(key string) string {
	const unit = " of the validation images in nats an image"
	const bound = unit + " (higher is better)"
	switch key {
	case "elbo":
		return "ELBO" + bound
	case "iwae":
		return "Importance-weighted bound" + bound
	case "rate":
		return "Rate" + unit
	case "shape":
		return "Median over the coefficients of the learned shapes, α or Student's degrees of freedom"
	default:
		return "Distortion" + unit
	}
}

// imagesNote says which images are learned, in place of the paper's.
func imagesNote(c Config) string {
	i, side := c.Images, c.Side()
	switch i.Source {
	case fashionSource:
		return fmt.Sprintf("Fashion-MNIST (the first %d training images, the first %d test images for validation) in place of CelebA, grey, in a black frame of %d pixels, "+
			"%d×%d with it, each grey level spread out over its width: the ELBO less %d·log 256 = %.0f nats is a bound of the log-probability of the levels",
			i.Train, i.Validation, (side-fashionSide)/2, side, side, side*side, float64(side*side)*math.Log(256))
	case "celeba":
		return fmt.Sprintf("%d images for training, %d for validation", i.Train, i.Validation) + averaged(c)
	default:
		return fmt.Sprintf("synthetic faces (%d for training, %d for validation) in place of CelebA", i.Train, i.Validation) + averaged(c)
	}
}

// averaged says how faces are made smaller than the paper's.
func averaged(c Config) string {
	side, average := c.Side(), c.Images.Preprocessing.Average
	if average < 2 {
		return ""
	}
	return fmt.Sprintf("; %d×%d pixels, the means of %d×%d pixels of the paper's 64×64", side, side, average, average)
}

// deviations says what differs from the paper's recipe.
func deviations(c Config) []string {
	notes := []string{
		"In all presets: the training images are shuffled completely in each epoch, not in a buffer of 50,000; the general distribution's normaliser is interpolated more finely.",
	}
	t := c.Training
	start := "Deviations of this preset from the paper's recipe: " + imagesNote(c) + "; "
	switch c.Preset {
	case "paper":
		return append(notes, "The images: "+imagesNote(c)+".")
	case "medium":
		return append(notes, start+fmt.Sprintf(
			"%d channels in the first convolution in place of 32; %d steps in place of 50,000, %d images a step in place of 32; learning rate warmed up over %d steps, "+
				"constant to %.0f %% (80 %%), then cosine; the learning rate of α, c and df times %g; scales start at %g in place of .01; the weight of the rate grows from 0 to 1 in %d steps.",
			c.Network.Width, t.Steps, t.Batch, t.WarmUp, 100*t.Constant, t.LatentFactor, c.Loss.ScaleInit, t.KLWarmUp))
	default:
		return append(notes,
			start+fmt.Sprintf("one hidden layer of %d units on each side in place of six convolutions; the prior N(0, I) in place of a "+
				"mixture of 100 Gaussians; output bias initialised to the mean image; %d steps in place of 50,000, %d images a step in place of 32;",
				c.Network.Width, t.Steps, t.Batch),
			fmt.Sprintf("learning rate %g warmed up over %d steps, constant to %.0f %% (80 %%), then cosine; the learning rate of α, c and df times %g; "+
				"scales start at %g in place of .01; the weight of the rate grows from 0 to 1 in %d steps.",
				t.Rate, t.WarmUp, 100*t.Constant, t.LatentFactor, c.Loss.ScaleInit, t.KLWarmUp))
	}
}

// kept are the results of longer runs, each with its configuration, device and command: results/<preset>/…, results/<preset>-<images>/….
//
//go:embed results
var kept embed.FS

// KeptTable is the table of the kept results of a preset, "quick", or of a preset on other images, "quick-fashion"; value is what
// Layout's key is.
func KeptTable(set, value string) (*run.Table, error) {
	results, err := run.KeptResults(kept, set)
	if err != nil {
		return nil, err
	}
	return newTable(results, value)
}
