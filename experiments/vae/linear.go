package vae

import (
	"context"
	"fmt"
	"math"

	"github.com/gomlx/compute"
	. "github.com/gomlx/gomlx/core/graph"
	"github.com/gomlx/gomlx/core/tensors"
	"github.com/gomlx/gomlx/support/exceptions"
	"gonum.org/v1/gonum/mat"

	"github.com/robustloss/gomlx-robustloss/data/celeba"
	"github.com/robustloss/gomlx-robustloss/experiments/parallel"
	"github.com/robustloss/gomlx-robustloss/experiments/run"
	"github.com/robustloss/gomlx-robustloss/experiments/stats"
	"github.com/robustloss/gomlx-robustloss/gomlxops"
	"github.com/robustloss/gomlx-robustloss/robustloss/scalar"
)

// LinearCheck fills the table with a linear model in place of the network: some principal components of the training images, for
// example as many as the VAE has latent dimensions. Each likelihood is fitted, by maximum likelihood, to each coefficient of
// what they leave over of the training images, and scored on the validation images. Only each stride-th coefficient is fitted.
// There is no training, so the answer comes in seconds: it compares representations and distributions before any network is
// trained.
//
// The result has the log-likelihoods, in nats an image, under "representation likelihood". They are no bounds of the images'
// likelihood (the components' scores cost nothing), so they are compared with each other only.
func LinearCheck(ctx context.Context, backend compute.Backend, trainImages, validationImages celeba.Source, components, stride int) (run.Values, error) {
	train, err := matrixOf(trainImages)
	if err != nil {
		return nil, err
	}
	validation, err := matrixOf(validationImages)
	if err != nil {
		return nil, err
	}
	pca, err := stats.PrincipalComponents(train, components)
	if err != nil {
		return nil, err
	}
	train, validation = pca.Residuals(train), pca.Residuals(validation)
	values := run.Values{}
	for _, representation := range RepresentationKeys() {
		transformed := make([]*mat.Dense, 2)
		for i, residuals := range []*mat.Dense{train, validation} {
			if transformed[i], err = representMatrix(backend, representation, residuals, trainImages.Side(), trainImages.Channels()); err != nil {
				return nil, err
			}
		}
		for _, family := range families {
			if err := context.Cause(ctx); err != nil {
				return nil, fmt.Errorf("%w: %w", run.ErrInterrupted, err)
			}
			values[representation+" "+family.key] = scoreColumns(family, transformed[0], transformed[1], stride)
		}
	}
	return values, nil
}

// matrixOf reads images into the rows of a matrix.
func matrixOf(images celeba.Source) (*mat.Dense, error) {
	size := images.Side() * images.Side() * images.Channels()
	m, image := mat.NewDense(images.Len(), size, nil), make([]float32, size)
	for i := range images.Len() {
		if err := images.Read(i, image); err != nil {
			return nil, err
		}
		row := m.RawRowView(i)
		for k, v := range image {
			row[k] = float64(v)
		}
	}
	return m, nil
}

// representMatrix transforms the images in the rows of a matrix.
func representMatrix(backend compute.Backend, representation string, images *mat.Dense, side, channels int) (*mat.Dense, error) {
	n, size := images.Dims()
	exec, err := NewExec(backend, func(x *Node) *Node { return represent(representation, x) })
	if err != nil {
		return nil, err
	}
	defer exec.Finalize()
	outputs, err := exec.Call(tensors.FromFlatDataAndDimensions(images.RawMatrix().Data, n, side, side, channels))
	if err != nil {
		return nil, fmt.Errorf("cannot transform the residuals: %w", err)
	}
	return mat.NewDense(n, size, tensors.MustCopyFlatData[float64](outputs[0])), nil
}

// represent transforms residual images, `[batch, side, side, channels]`, into the representation, a coefficient for a value.
func represent(representation string, residual *Node) *Node {
	if residual.Shape().Dimensions[3] == 3 && representation != "pixel" {
		residual = gomlxops.RGBToYUV(residual)
	}
	switch representation {
	case "pixel":
		return residual
	case "dct":
		return gomlxops.DCT(residual)
	case "wavelet":
		return gomlxops.WaveletTransform(residual, gomlxops.CDF97, levels(residual.Shape().Dimensions[1]))
	default:
		exceptions.Panicf("vae: unknown representation %q", representation)
		return nil
	}
}

// linearTable is the table of LinearCheck's values.
func linearTable(values run.Values, c Config) (*run.Table, error) {
	l := Layout(c, "elbo")
	l.Title = fmt.Sprintf("Log-likelihood of the residuals of %d principal components, held-out images, nats an image (higher is better)", c.Network.Latent)
	l.Notes = []string{fmt.Sprintf("%d training and %d validation images (%s) of %d×%d pixels. No network and no training: only the order is to be compared with the paper's.",
		c.Images.Train, c.Images.Validation, c.Images.Source, c.Side(), c.Side())}
	l.Entries = func(r run.Result) (entries []run.Entry, err error) {
		for _, representation := range Representations {
			for _, likelihood := range Likelihoods {
				value := r.Values[representation.Key+" "+likelihood.Key]
				entries = append(entries, run.Entry{Row: likelihood.Key, Column: representation.Key, Value: value})
			}
		}
		return entries, nil
	}
	return run.NewTable(l, []run.Result{{Values: values}})
}

// scoreColumns fits the family to each column of train and returns the mean over the rows of validation of the log-likelihood:
// nats an image, summed over its coefficients. Only each stride-th column is used, and the sum is scaled up accordingly.
func scoreColumns(f family, train, validation *mat.Dense, stride int) float64 {
	samples, dims := train.Dims()
	held, _ := validation.Dims()
	used := (dims + stride - 1) / stride
	sums := make([]float64, used)
	parallel.Blocks(used, 16, func(_, from, to int) {
		x, v := make([]float64, samples), make([]float64, held)
		for k := from; k < to; k++ {
			mat.Col(x, k*stride, train)
			mat.Col(v, k*stride, validation)
			sums[k] = total(f.fit(x), v)
		}
	})
	var sum float64
	for _, s := range sums {
		sum -= s
	}
	return sum / float64(held) * float64(dims) / float64(used)
}

// minScale is the least scale that a fit returns, in the units of the images' values in [0, 1]. Without it a coefficient that
// is constant in the training images would have c = 0, and any other value in a validation image a likelihood of 0.
const minScale = 1e-4

// family is a family of distributions around 0, a row of the table.
type family struct {
	key string
	// fit returns the negative log-likelihood, in nats, of one value under the maximum-likelihood fit to x.
	fit func(x []float64) func(v float64) float64
}

// families are the rows of the table, in its order.
var families = []family{{"normal", fitNormal}, {"cauchy", fitCauchy}, {"t", fitStudentsT}, {"general", fitGeneral}}

// fitNormal: c² = mean x².
func fitNormal(x []float64) func(v float64) float64 {
	var sum float64
	for _, v := range x {
		sum += v * v
	}
	c := max(math.Sqrt(sum/float64(len(x))), minScale)
	return func(v float64) float64 { return .5*(v/c)*(v/c) + math.Log(c) + .5*math.Log(2*math.Pi) }
}

// fitCauchy: the general distribution with α = 0, p = 1/(√2·π·c·(1 + ½(x/c)²)).
func fitCauchy(x []float64) func(v float64) float64 {
	c := fitScale(x, startScale(x), func(z float64) float64 { return 1 / (1 + z/2) })
	return func(v float64) float64 { return math.Log1p(.5*(v/c)*(v/c)) + math.Log(c*math.Pi*math.Sqrt2) }
}

// fitStudentsT searches the degrees of freedom ν for the greatest likelihood, each with its best scale.
func fitStudentsT(x []float64) func(v float64) float64 {
	c := startScale(x)
	nll := func(logNu float64) func(v float64) float64 {
		nu := math.Exp(logNu)
		c = fitScale(x, c, func(z float64) float64 { return (nu + 1) / (nu + z) })
		scale := c
		high, _ := math.Lgamma((nu + 1) / 2)
		low, _ := math.Lgamma(nu / 2)
		constant := math.Log(scale) + .5*math.Log(math.Pi*nu) + low - high
		return func(v float64) float64 { return (nu+1)/2*math.Log1p((v/scale)*(v/scale)/nu) + constant }
	}
	return nll(minimise(math.Log(.05), math.Log(500), func(logNu float64) float64 { return total(nll(logNu), x) }))
}

// fitGeneral searches α in (0, 3), the range of the experiment, for the greatest likelihood, each with its best scale.
func fitGeneral(x []float64) func(v float64) float64 {
	c := startScale(x)
	nll := func(alpha float64) func(v float64) float64 {
		unit := scalar.Kernel{Alpha: alpha, Scale: 1}
		c = fitScale(x, c, func(z float64) float64 { return unit.Weight(math.Sqrt(z)) })
		kernel := scalar.Kernel{Alpha: alpha, Scale: c}
		constant := math.Log(c) + scalar.LogPartition(alpha)
		return func(v float64) float64 { return kernel.Rho(v) + constant }
	}
	return nll(minimise(1e-3, 2.999, func(alpha float64) float64 { return total(nll(alpha), x) }))
}

// startScale is a robust first guess of the scale: the geometric mean of the values' sizes.
func startScale(x []float64) float64 {
	var sum float64
	for _, v := range x {
		sum += math.Log(math.Abs(v) + minScale)
	}
	return max(math.Exp(sum/float64(len(x))), minScale)
}

// fitScale solves mean(z·w(z)) = 1 for c, z = (x/c)², where the likelihood is greatest: c² ← mean(w(z)·x²), which
// increases the likelihood in each step, accelerated by extrapolating log c.
func fitScale(x []float64, c float64, weight func(z float64) float64) float64 {
	step := func(c float64) float64 {
		var sum float64
		for _, v := range x {
			z := (v / c) * (v / c)
			sum += weight(z) * v * v
		}
		return max(math.Sqrt(sum/float64(len(x))), minScale)
	}
	const iterations = 30
	for range iterations {
		c1 := step(c)
		c2 := step(c1)
		d1, d2 := math.Log(c1/c), math.Log(c2/c1)
		if math.Abs(d2) < 1e-6 {
			return c2
		}
		next := c2
		if rate := d2 / d1; rate > 0 && rate < .95 { // Aitken's extrapolation
			next = c2 * math.Exp(d2*rate/(1-rate))
		}
		c = max(next, minScale)
	}
	return c
}

func total(nll func(v float64) float64, x []float64) (sum float64) {
	for _, v := range x {
		sum += nll(v)
	}
	return sum
}

// minimise returns the place in [low, high] of a minimum of f by golden sections, to 1 % of the interval.
func minimise(low, high float64, f func(float64) float64) float64 {
	const ratio = .6180339887498949 // (√5 − 1)/2
	tolerance := .01 * (high - low)
	a, b := high-ratio*(high-low), low+ratio*(high-low)
	fa, fb := f(a), f(b)
	for high-low > tolerance {
		if fa < fb {
			high, b, fb = b, a, fa
			a = high - ratio*(high-low)
			fa = f(a)
		} else {
			low, a, fa = a, b, fb
			b = low + ratio*(high-low)
			fb = f(b)
		}
	}
	return (low + high) / 2
}
