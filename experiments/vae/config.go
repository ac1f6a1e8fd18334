package vae

import (
	"fmt"
	"slices"
	"strings"

	"github.com/robustloss/gomlx-robustloss/data/celeba"
)

// Likelihood is a row of the table: the distribution of a coefficient of the residual.
type Likelihood struct{ Key, Title string }

// Representation is a column of the table: what the residual image is transformed into before its coefficients are scored.
type Representation struct{ Key, Title string }

// Likelihoods are the rows of the table:
//
//	normal    N(0, c²): the general distribution with α = 2
//	cauchy    the general distribution with α = 0
//	t         Student's t, degrees of freedom and scale learned
//	general   the general distribution, α and c learned
var Likelihoods = []Likelihood{
	{"normal", "Normal"}, {"cauchy", "Cauchy"}, {"t", "Student's t"}, {"general", "General"},
}

// Representations are the columns of the table. All keep volumes, so that the ELBOs can be compared:
//
//	pixel     the pixels, red, green and blue
//	dct       the orthonormal cosine transform of the volume-preserving YUV image
//	wavelet   the CDF 9/7 wavelets, five levels, of the volume-preserving YUV image
//
// Grey images have no colours to transform.
var Representations = []Representation{
	{"pixel", "Pixels + RGB"}, {"dct", "DCT + YUV"}, {"wavelet", "Wavelets + YUV"},
}

// LikelihoodKeys lists the keys of Likelihoods.
func LikelihoodKeys() (keys []string) {
	for _, l := range Likelihoods {
		keys = append(keys, l.Key)
	}
	return keys
}

// RepresentationKeys lists the keys of Representations.
func RepresentationKeys() (keys []string) {
	for _, r := range Representations {
		keys = append(keys, r.Key)
	}
	return keys
}

// Config holds everything that a run's numbers depend on, beside the seed.
type Config struct {
	Preset         string        `json:"preset"`
	Likelihood     string        `json:"likelihood"`     // the table's row: a key of Likelihoods
	Representation string        `json:"representation"` // the table's column: a key of Representations
	Images         ImagesConfig  `json:"images"`
	Network        NetworkConfig `json:"network"`
	Loss           LossConfig    `json:"loss"`
	Training       TrainConfig   `json:"training"`
	// ImportanceSamples is how many latent samples an image gets in the importance-weighted bound.
	ImportanceSamples int `json:"importance_samples"`
}

// ImagesConfig says which images are learned, and how they are preprocessed.
type ImagesConfig struct {
	Source     string `json:"source"`     // "synthetic", "celeba" or "fashion"
	FaceSeed   uint64 `json:"face_seed"`  // of the synthetic faces
	Train      int    `json:"train"`      // images
	Validation int    `json:"validation"` // images
	// Files tells the images of one folder from those of another: of CelebA it is a checksum of the images' names, split by split, of
	// Fashion-MNIST in another folder than that of make data one of the pixels.
	Files         string               `json:"files,omitempty"`
	Preprocessing celeba.Preprocessing `json:"preprocessing"`
	// Dequantised says that each of the 256 grey levels is spread out over its width: of Fashion-MNIST.
	Dequantised bool `json:"dequantised,omitempty"`
	// MaxExpanded is [celeba.Images.MaxExpanded]. It changes no number, and is not recorded.
	MaxExpanded int64 `json:"-"`
}

// channels returns how many values a pixel has.
func (c ImagesConfig) channels() int {
	if c.Source == fashionSource {
		return 1
	}
	return 3
}

// NetworkConfig is the autoencoder's shape.
type NetworkConfig struct {
	// Kind is "dense", one hidden layer on each side, or "convolutional", six layers on each side, as the author's.
	Kind   string `json:"kind"`
	Latent int    `json:"latent"` // dimensions of the latent space
	Width  int    `json:"width"`  // units of the hidden layer, or channels of the first convolution
	// PriorComponents is how many Gaussians the learned mixture prior has; 0 fixes the prior to N(0, I).
	PriorComponents int `json:"prior_components"`
}

// LossConfig is the range and the start of the likelihood's own parameters, one of each per coefficient.
type LossConfig struct {
	AlphaLow   float64 `json:"alpha_low"` // of the general distribution
	AlphaHigh  float64 `json:"alpha_high"`
	AlphaInit  float64 `json:"alpha_init"`
	ScaleFloor float64 `json:"scale_floor"` // in units of the representation, whose pixels are in [0, 1]
	ScaleInit  float64 `json:"scale_init"`
}

// TrainConfig is the training's length and its rates.
type TrainConfig struct {
	Steps int     `json:"steps"`
	Batch int     `json:"batch"` // images a step
	Rate  float64 `json:"rate"`  // Adam's learning rate, with β = (.9, .999), ε = 1e-8
	// LatentFactor multiplies the learning rate of the likelihood's parameters α, c and df.
	LatentFactor float64 `json:"latent_factor"`
	WarmUp       int     `json:"warm_up"`    // steps of linear warm-up of the learning rate
	Constant     float64 `json:"constant"`   // fraction of the steps before the cosine decay to 0
	KLWarmUp     int     `json:"kl_warm_up"` // steps in which the weight of the rate grows from 0 to 1
}

// presets lists the names of the presets.
func presets() []string { return []string{"tiny", "quick", "medium", "paper"} }

// NewConfig returns the configuration of one cell of the table: the preset's, with a likelihood and a representation.
//
//	tiny    16×16 pixels, 30 steps: seconds; the numbers say nothing, the test is that everything runs
//	quick   32×32 pixels, a dense network, 1,500 steps: the whole table in minutes on two cores
//	medium  64×64 pixels, the author's convolutional network with half the width, 5,000 steps: a quarter of an hour a cell
//	paper   64×64 pixels, the author's convolutional network and schedule, 50,000 steps: for a GPU
func NewConfig(preset, likelihood, representation string) (Config, error) {
	var c Config
	switch preset {
	case "tiny":
		c = tiny()
	case "quick":
		c = quick()
	case "medium":
		c = medium()
	case "paper":
		c = paper()
	default:
		return c, fmt.Errorf("unknown preset %q, want one of %s", preset, strings.Join(presets(), ", "))
	}
	if !slices.ContainsFunc(Likelihoods, func(l Likelihood) bool { return l.Key == likelihood }) {
		return c, fmt.Errorf("unknown likelihood %q, want one of %s", likelihood, strings.Join(LikelihoodKeys(), ", "))
	}
	if !slices.ContainsFunc(Representations, func(r Representation) bool { return r.Key == representation }) {
		return c, fmt.Errorf("unknown representation %q, want one of %s", representation, strings.Join(RepresentationKeys(), ", "))
	}
	c.Preset, c.Likelihood, c.Representation = preset, likelihood, representation
	return c, nil
}

// paper is the configuration of [1]. The author trains on CelebA; without it the synthetic faces stand in.
func paper() Config {
	return Config{
		Images:            ImagesConfig{Source: "synthetic", FaceSeed: 1, Train: 20_000, Validation: 2_000, Preprocessing: celeba.DefaultPreprocessing()},
		Network:           NetworkConfig{Kind: "convolutional", Latent: 16, Width: 32, PriorComponents: 100},
		Loss:              LossConfig{AlphaLow: 0, AlphaHigh: 3, AlphaInit: 1, ScaleFloor: 1e-8, ScaleInit: .01},
		Training:          TrainConfig{Steps: 50_000, Batch: 32, Rate: 1e-3, LatentFactor: 1, Constant: .8},
		ImportanceSamples: 16,
	}
}

// quick differs from paper in what two cores need: smaller images, a dense network, a shorter schedule. In so few steps
// the likelihood's parameters arrive only with a larger learning rate and a larger initial scale, and the posterior stays
// alive in every cell only with the warm-up of the rate's weight.
func quick() Config {
	c := paper()
	c.Images.Train, c.Images.Validation = 4096, 512
	c.Images.Preprocessing.Average = 2
	c.Network = NetworkConfig{Kind: "dense", Latent: 16, Width: 128}
	c.Loss.ScaleInit = .1
	c.Training = TrainConfig{Steps: 1500, Batch: 16, Rate: 1e-3, LatentFactor: 50, WarmUp: 30, Constant: .5, KLWarmUp: 300}
	return c
}

// medium is between them: the images and the network of paper at half the width, with the schedule and the rates of quick, made
// longer. A tenth of the steps wants a larger rate of the likelihood's parameters.
func medium() Config {
	c := paper()
	c.Images.Train, c.Images.Validation = 8192, 1024
	c.Network.Width = 16
	c.Loss.ScaleInit = .1
	c.Training = TrainConfig{Steps: 5000, Batch: 16, Rate: 1e-3, LatentFactor: 15, WarmUp: 100, Constant: .5, KLWarmUp: 1000}
	return c
}

// tiny is quick with fewer, smaller images and hardly any steps.
func tiny() Config {
	c := quick()
	c.Images.Train, c.Images.Validation = 128, 32
	c.Images.Preprocessing.Average = 4
	c.Training.Steps, c.Training.WarmUp, c.Training.KLWarmUp = 30, 5, 10
	c.ImportanceSamples = 4
	return c
}

// Side returns the height and width of the images in pixels.
func (c Config) Side() int {
	return c.Images.Preprocessing.Size / max(c.Images.Preprocessing.Average, 1)
}
