package vae_test

import (
	"context"
	"fmt"
	"math"
	"os"

	"github.com/gomlx/gomlx/core/graph"
	"github.com/gomlx/gomlx/core/tensors"
	"github.com/gomlx/gomlx/ml/model"

	"github.com/robustloss/gomlx-robustloss/experiments/vae"
	"github.com/robustloss/gomlx-robustloss/gomlxops/backend"
)

// Two images, three latent samples each, of a model that has learned nothing yet. The mean of the bound over the batch is
// what a training of one's own maximises.
func ExampleTerms() {
	c, err := vae.NewConfig("tiny", "general", "wavelet")
	if err != nil {
		panic(err)
	}
	goBackend, err := backend.NewWithConfig("go")
	if err != nil {
		panic(err)
	}
	x := tensors.FromFlatDataAndDimensions(make([]float32, 2*16*16*3), 2, 16, 16, 3)
	noise := tensors.FromFlatDataAndDimensions(make([]float32, 2*3*c.Network.Latent), 2, 3, c.Network.Latent)
	outputs := model.MustCallOnceN(goBackend, model.NewStore(), func(scope *model.Scope, x, noise *graph.Node) []*graph.Node {
		distortion, rate := vae.Terms(scope, c, x, noise)
		bound := graph.Neg(graph.ReduceAllMean(graph.Add(distortion, rate)))
		return []*graph.Node{distortion, rate, bound}
	}, x, noise)
	for _, output := range outputs {
		fmt.Println(output.Shape())
	}
	// Output:
	// (Float32)[2, 3]
	// (Float32)[2, 3]
	// (Float32)
}

// The logits of the mean face: their sigmoid is the mean of each value over the training images.
func ExampleData_MeanLogits() {
	c, err := vae.NewConfig("tiny", "normal", "pixel")
	if err != nil {
		panic(err)
	}
	cache, err := os.MkdirTemp("", "faces-")
	if err != nil {
		panic(err)
	}
	defer func() { _ = os.RemoveAll(cache) }()
	data, err := vae.OpenData(context.Background(), c.Images, "", cache, nil)
	if err != nil {
		panic(err)
	}
	defer func() { _ = data.Close() }()
	logits, err := data.MeanLogits()
	if err != nil {
		panic(err)
	}
	var mean float64
	image := make([]float32, len(logits))
	for i := range data.Train.Len() {
		if err := data.Train.Read(i, image); err != nil {
			panic(err)
		}
		mean += float64(image[0]) / float64(data.Train.Len())
	}
	red := 1 / (1 + math.Exp(-float64(logits[0])))
	fmt.Printf("%d values; the first one is %.2f, the mean of the images %.2f\n", len(logits), red, mean)
	// Output:
	// 768 values; the first one is 0.49, the mean of the images 0.49
}

// Two steps of training are made, kept and loaded again: the model scores as the run said.
func ExampleModel_Evaluate() {
	c, err := vae.NewConfig("tiny", "t", "pixel")
	if err != nil {
		panic(err)
	}
	c.Training.Steps = 2
	goBackend, err := backend.NewWithConfig("go")
	if err != nil {
		panic(err)
	}
	dir, err := os.MkdirTemp("", "vae-")
	if err != nil {
		panic(err)
	}
	defer func() { _ = os.RemoveAll(dir) }()
	data, err := vae.OpenData(context.Background(), c.Images, "", dir, nil)
	if err != nil {
		panic(err)
	}
	defer func() { _ = data.Close() }()
	result, err := vae.Train(context.Background(), goBackend, data, vae.Job{Config: c, Seed: 1, Dir: dir + "/run"})
	if err != nil {
		panic(err)
	}
	m, err := vae.Load(goBackend, dir+"/run")
	if err != nil {
		panic(err)
	}
	values, err := m.Evaluate(data.Validation)
	if err != nil {
		panic(err)
	}
	fmt.Println("step", m.Step, values["elbo"] == result.Values["elbo"])
	// Output: step 2 true
}

func ExampleLikelihoodKeys() {
	fmt.Println(vae.LikelihoodKeys(), vae.RepresentationKeys())
	// Output: [normal cauchy t general] [pixel dct wavelet]
}
