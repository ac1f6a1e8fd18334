package vae

import (
	"embed"
	"fmt"

	"github.com/robustloss/gomlx-robustloss/experiments/run"
)

// paperELBO is the table of [1]: ELBOs of CelebA's validation images, nats an image, 64×64 pixels.
var paperELBO = map[string]map[string]float64{
	"normal":  {"pixel": 8662, "dct": 31837, "wavelet": 31505},
	"cauchy":  {"pixel": 9602, "dct": 31295, "wavelet": 35779},
	"t":       {"pixel": 10177, "dct": 32804, "wavelet": 36373},
	"general": {"pixel": 10240, "dct": 32806, "wavelet": 36316},
}

// Layout is the experiment's table, likelihoods × representations, of the value that results have under key: "elbo",
// "iwae", "rate" or "distortion".
func Layout(preset, key string) run.Layout {
	l := run.Layout{
		Title:  fmt.Sprintf("%s of the validation images in nats an image (higher is better), preset %s", valueTitle(key), preset),
		Corner: "Likelihood",
		Entries: func(r run.Result) ([]run.Entry, error) {
			var c Config
			if err := r.DecodeConfig(&c); err != nil {
				return nil, err
			}
			value, ok := r.Values[key]
			if !ok {
				return nil, fmt.Errorf("the result has no %q", key)
			}
			return []run.Entry{{Row: c.Likelihood, Column: c.Representation, Value: value}}, nil
		},
		Format: "%.0f",
		Notes:  deviations(preset),
	}
	for _, likelihood := range Likelihoods {
		l.Rows = append(l.Rows, run.Label(likelihood))
	}
	for _, representation := range Representations {
		l.Columns = append(l.Columns, run.Label(representation))
	}
	if key == "elbo" {
		l.Quoted = paperELBO
		l.QuotedName = "the paper's numbers, on CelebA at 64×64 pixels"
	}
	return l
}

func valueTitle(key string) string {
	switch key {
	case "elbo":
		return "ELBO"
	case "iwae":
		return "Importance-weighted bound"
	case "rate":
		return "Rate"
	default:
		return "Distortion"
	}
}

// deviations says what differs from the paper's recipe.
func deviations(preset string) []string {
	paper := []string{
		"In all presets: the training images are shuffled completely in each epoch, not in a buffer of 50,000; the general distribution's normaliser is interpolated more finely.",
	}
	switch preset {
	case "paper":
		return append(paper, "Without --data: synthetic faces in place of CelebA.")
	case "medium":
		c := medium()
		t := c.Training
		return append(paper, fmt.Sprintf("Deviations of this preset from the paper's recipe: synthetic faces (%d for training, %d for validation) in place of CelebA; "+
			"%d channels in the first convolution in place of 32; %d steps in place of 50,000, %d images a step in place of 32; learning rate warmed up over %d steps, "+
			"constant to %.0f %% (80 %%), then cosine; the learning rate of α, c and df times %g; scales start at %g in place of .01; the weight of the rate grows from 0 to 1 in %d steps.",
			c.Images.Train, c.Images.Validation, c.Network.Width, t.Steps, t.Batch, t.WarmUp, 100*t.Constant, t.LatentFactor, c.Loss.ScaleInit, t.KLWarmUp))
	default:
		c, err := NewConfig(preset, Likelihoods[0].Key, Representations[0].Key)
		if err != nil {
			return nil
		}
		t, side := c.Training, c.Side()
		return append(paper,
			fmt.Sprintf("Deviations of this preset from the paper's recipe: synthetic faces (%d for training, %d for validation) in place of CelebA; %d×%d pixels, the "+
				"means of %d×%d pixels of the paper's 64×64; one hidden layer of %d units on each side in place of six convolutions; the prior N(0, I) in place of a "+
				"mixture of 100 Gaussians; output bias initialised to the mean image; %d steps in place of 50,000, %d images a step in place of 32;",
				c.Images.Train, c.Images.Validation, side, side, c.Images.Preprocessing.Average, c.Images.Preprocessing.Average, c.Network.Width, t.Steps, t.Batch),
			fmt.Sprintf("learning rate %g warmed up over %d steps, constant to %.0f %% (80 %%), then cosine; the learning rate of α, c and df times %g; "+
				"scales start at %g in place of .01; the weight of the rate grows from 0 to 1 in %d steps.",
				t.Rate, t.WarmUp, 100*t.Constant, t.LatentFactor, c.Loss.ScaleInit, t.KLWarmUp))
	}
}

// kept are the results of longer runs, each with its configuration, device and command: results/<preset>/….
//
//go:embed results
var kept embed.FS

// KeptTable is the table of the kept results of a preset; value is what Layout's key is.
func KeptTable(preset, value string) (*run.Table, error) {
	results, err := run.KeptResults(kept, preset)
	if err != nil {
		return nil, err
	}
	return run.NewTable(Layout(preset, value), results)
}
