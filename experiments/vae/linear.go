package vae

import (
	"context"
	"fmt"

	"github.com/gomlx/compute"
	. "github.com/gomlx/gomlx/core/graph"
	"github.com/gomlx/gomlx/core/tensors"
	"github.com/gomlx/gomlx/support/exceptions"
	"gonum.org/v1/gonum/mat"

	"github.com/robustloss/gomlx-robustloss/data/celeba"
	"github.com/robustloss/gomlx-robustloss/experiments/run"
	"github.com/robustloss/gomlx-robustloss/experiments/stats"
	"github.com/robustloss/gomlx-robustloss/experiments/vae/linear"
	"github.com/robustloss/gomlx-robustloss/gomlxops"
)

// LinearCheck fills the table with a linear model in place of the network: some principal components of the training
// images, for example as many as the VAE has latent dimensions, each likelihood fitted by maximum likelihood to each coefficient of the residuals
// of the training images, and scored on those of the validation images. Only each stride-th coefficient is fitted.
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
			if transformed[i], err = representMatrix(backend, representation, residuals, trainImages.Side()); err != nil {
				return nil, err
			}
		}
		for _, family := range linear.Families() {
			if err := context.Cause(ctx); err != nil {
				return nil, fmt.Errorf("%w: %w", run.ErrInterrupted, err)
			}
			values[representation+" "+family.Key] = linear.Score(family, transformed[0], transformed[1], stride)
		}
	}
	return values, nil
}

// matrixOf reads images into the rows of a matrix.
func matrixOf(images celeba.Source) (*mat.Dense, error) {
	size := images.Side() * images.Side() * 3
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
func representMatrix(backend compute.Backend, representation string, images *mat.Dense, side int) (*mat.Dense, error) {
	n, size := images.Dims()
	exec, err := NewExec(backend, func(x *Node) *Node { return represent(representation, x) })
	if err != nil {
		return nil, err
	}
	defer exec.Finalize()
	outputs, err := exec.Call(tensors.FromFlatDataAndDimensions(images.RawMatrix().Data, n, side, side, 3))
	if err != nil {
		return nil, fmt.Errorf("cannot transform the residuals: %w", err)
	}
	return mat.NewDense(n, size, tensors.MustCopyFlatData[float64](outputs[0])), nil
}

// LinearTable is the table of LinearCheck's values.
func LinearTable(values run.Values, c Config) (*run.Table, error) {
	l := Layout(c.Preset, "elbo")
	l.Title = fmt.Sprintf("Log-likelihood of the residuals of %d principal components, held-out images, nats an image (higher is better)", c.Network.Latent)
	l.Notes = []string{fmt.Sprintf("%d training and %d validation images (%s) of %d×%d pixels. No network and no training: only the order is to be compared with the paper's.",
		c.Images.Train, c.Images.Validation, c.Images.Source, c.side(), c.side())}
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

// represent transforms residual images, `[batch, side, side, 3]`, into the representation, a coefficient for a value.
func represent(representation string, residual *Node) *Node {
	switch representation {
	case "pixel":
		return residual
	case "dct":
		return gomlxops.DCT(gomlxops.RGBToYUV(residual))
	case "wavelet":
		return gomlxops.WaveletTransform(gomlxops.RGBToYUV(residual), gomlxops.CDF97, levels(residual.Shape().Dimensions[1]))
	default:
		exceptions.Panicf("vae: unknown representation %q", representation)
		return nil
	}
}
