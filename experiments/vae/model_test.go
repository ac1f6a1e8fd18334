package vae

import (
	"math"
	"math/rand/v2"
	"strings"
	"testing"

	"github.com/gomlx/compute"
	"github.com/gomlx/compute/dtypes"
	. "github.com/gomlx/gomlx/core/graph"
	"github.com/gomlx/gomlx/core/tensors"
	"github.com/gomlx/gomlx/ml/model"

	"github.com/robustloss/gomlx-robustloss/gomlxops"
	"github.com/robustloss/gomlx-robustloss/internal/testkit"
)

func mustConfig(t *testing.T, preset, likelihood, representation string) Config {
	t.Helper()
	c, err := NewConfig(preset, likelihood, representation)
	if err != nil {
		t.Fatal(err)
	}
	return c
}

// newModel is an untrained model.
func newModel(t *testing.T, backend compute.Backend, c Config) *Model {
	t.Helper()
	store := model.NewStore()
	if err := store.SetRNGStateFromSeed(1); err != nil {
		t.Fatal(err)
	}
	return &Model{autoencoder: autoencoder{Config: c}, store: store, backend: backend}
}

func mustCall(t *testing.T, m *Model, function graphFunction, inputs ...any) [][]float64 {
	t.Helper()
	outputs, err := m.call(function, inputs...)
	if err != nil {
		t.Fatal(err)
	}
	var values [][]float64
	for _, output := range outputs {
		values = append(values, testkit.Floats(t, output))
	}
	return values
}

func randomImages(n, side int) *tensors.Tensor {
	rng := rand.New(rand.NewPCG(1, 2))
	values := make([]float32, n*side*side*3)
	for i := range values {
		values[i] = rng.Float32()
	}
	return tensors.FromFlatDataAndDimensions(values, n, side, side, 3)
}

// The rate is log q − log p at a sample, so its mean over samples is the Kullback-Leibler divergence, which has the closed
// form Σ ½(σ² + μ² − 1) − log σ for Gaussians against N(0, I).
func TestMeanRateIsTheDivergenceFromThePrior(t *testing.T) {
	testkit.ForEachBackend(t, func(t *testing.T, backend compute.Backend) {
		const samples = 4000
		m := newModel(t, backend, mustConfig(t, "tiny", "normal", "pixel"))
		got := mustCall(t, m, func(scope *model.Scope, inputs []*Node) []*Node {
			_, rate := m.terms(scope, inputs[0], inputs[1])
			q := encode(m.store.RootScope(), m.Network, inputs[0])
			divergence := AddScalar(MulScalar(Add(Square(q.scale), Square(q.location)), .5), -.5)
			return []*Node{ReduceMean(rate, -1), ReduceSum(Sub(divergence, Log(q.scale)), -1)}
		}, randomImages(2, 16), m.noise([]int{0, 1}, samples))
		testkit.CheckClose(t, "mean rate", got[0], got[1], .05, .15)
	})
}

// With one sample the importance-weighted bound is the ELBO; with many, the mean of ELBOs is below the bound (Jensen).
func TestImportanceBoundIsAboveTheMeanELBO(t *testing.T) {
	m := newModel(t, testkit.Backend(t, "go"), mustConfig(t, "tiny", "cauchy", "dct"))
	bounds := func(samples int) [][]float64 {
		return mustCall(t, m, func(scope *model.Scope, inputs []*Node) []*Node {
			distortion, rate := m.terms(scope, inputs[0], inputs[1])
			return []*Node{elbo(distortion, rate), importanceBound(distortion, rate), Neg(ReduceMean(Add(distortion, rate), -1))}
		}, randomImages(3, 16), m.noise([]int{0, 1, 2}, samples))
	}
	one := bounds(1)
	testkit.CheckClose(t, "bound of one sample", one[1], one[0], 1e-5, 0)
	many := bounds(8)
	for i := range many[1] {
		if many[1][i] <= many[2][i] {
			t.Errorf("image %d: importance-weighted bound %v, mean ELBO %v", i, many[1][i], many[2][i])
		}
	}
}

// log (1/K) Σ exp(−dₖ − rₖ), where some terms are far too small to matter: computed without over- or underflow.
func TestImportanceBoundByHand(t *testing.T) {
	m := newModel(t, testkit.Backend(t, "go"), mustConfig(t, "tiny", "normal", "pixel"))
	distortion := tensors.FromFlatDataAndDimensions([]float32{-1000, -1001, 5000, 2000, 2001, 9000}, 2, 3)
	rate := tensors.FromFlatDataAndDimensions([]float32{10, 11, 12, 1, 2, 3}, 2, 3)
	got := mustCall(t, m, func(_ *model.Scope, inputs []*Node) []*Node {
		return []*Node{importanceBound(inputs[0], inputs[1]), elbo(inputs[0], inputs[1])}
	}, distortion, rate)
	want := []float64{990 + math.Log(2./3), -2001 + math.Log((1+math.Exp(-2))/3)}
	testkit.CheckClose(t, "bound", got[0], want, 1e-6, 0)
	testkit.CheckClose(t, "ELBO", got[1], []float64{990, -2001}, 1e-7, 0)
}

func TestMixturePriorIsTheLogOfAWeightedSum(t *testing.T) {
	c := NetworkConfig{Latent: 2, PriorComponents: 3}
	m := newModel(t, testkit.Backend(t, "go"), mustConfig(t, "tiny", "normal", "pixel"))
	z := []float64{.3, -.7, 2, 1}
	got := mustCall(t, m, func(scope *model.Scope, inputs []*Node) []*Node {
		logDensity := priorLogDensity(scope, c, inputs[0])
		logWeights, p := mixture(m.store.RootScope(), c, inputs[0].Graph())
		return []*Node{logDensity, logWeights, p.location, p.scale}
	}, testkit.Tensor(t, dtype, z, 2, 2))
	for i := range 2 {
		var sum float64
		for k := range 3 {
			term := math.Exp(got[1][k])
			for j := range 2 {
				s, d := got[3][2*k+j], z[2*i+j]-got[2][2*k+j]
				term *= math.Exp(-.5*d*d/s/s) / s / math.Sqrt(2*math.Pi)
			}
			sum += term
		}
		testkit.CheckClose(t, "log density", got[0][i:i+1], []float64{math.Log(sum)}, 1e-5, 1e-5)
	}
	testkit.CheckClose(t, "first weights", got[1], []float64{-math.Log(3), -math.Log(3), -math.Log(3)}, 1e-6, 0)
}

// parameters counts the trainable numbers below a scope. What robustloss keeps beside each latent for the optimiser, 0 between
// steps, is none.
func parameters(m *Model, scope string) (n int) {
	for v := range m.store.IterVariables() {
		if v.Trainable && strings.HasPrefix(v.Scope(), "/"+scope) && !strings.HasSuffix(v.Name(), "_step") {
			n += v.Shape().Size()
		}
	}
	return n
}

// The counts are those of the author's model at 64×64 pixels, latent 16, base depth 32, 100 components.
func TestPaperNetworkHasTheAuthorsParameters(t *testing.T) {
	m := newModel(t, testkit.Backend(t, "go"), mustConfig(t, "paper", "general", "wavelet"))
	exec, err := m.exec(func(scope *model.Scope, inputs []*Node) []*Node {
		distortion, rate := m.terms(scope, inputs[0], inputs[1])
		return []*Node{distortion, rate}
	})
	if err != nil {
		t.Fatal(err)
	}
	outputs, err := exec.Call(randomImages(1, 64), m.noise([]int{0}, 1))
	if err != nil {
		t.Fatal(err)
	}
	if shape := outputs[0].Shape().Dimensions; shape[0] != 1 || shape[1] != 1 {
		t.Errorf("distortion of shape %v", shape)
	}
	for scope, want := range map[string]int{"encoder": 593_664, "decoder": 847_651, "prior": 3_300, "likelihood": 2 * 64 * 64 * 3} {
		if got := parameters(m, scope); got != want {
			t.Errorf("%s has %d parameters, want %d", scope, got, want)
		}
	}
}

func TestConvolutionalNetworkFitsSmallerImages(t *testing.T) {
	testkit.ForEachBackend(t, func(t *testing.T, backend compute.Backend) {
		for _, side := range []int{4, 16} {
			m := newModel(t, backend, mustConfig(t, "tiny", "normal", "pixel"))
			m.Network = NetworkConfig{Kind: "convolutional", Latent: 3, Width: 2}
			outputs, err := m.call(func(scope *model.Scope, inputs []*Node) []*Node {
				q := encode(scope, m.Network, inputs[0])
				return []*Node{q.location, q.scale, decode(scope, m.Network, q.location, side, 3, nil)}
			}, randomImages(2, side))
			if err != nil {
				t.Fatal(err)
			}
			for i, want := range [][]int{{2, 3}, {2, 3}, {2, side, side, 3}} {
				if got := outputs[i].Shape().Dimensions; len(got) != len(want) || got[0] != want[0] || got[1] != want[1] {
					t.Errorf("side %d: output %d has shape %v, want %v", side, i, got, want)
				}
			}
			for _, scale := range testkit.Floats(t, outputs[1]) {
				if scale <= 0 {
					t.Errorf("side %d: posterior scale %v", side, scale)
				}
			}
		}
	})
	for _, side := range []int{2, 48, 128} {
		func() {
			defer func() {
				if recover() == nil {
					t.Errorf("images of side %d are accepted", side)
				}
			}()
			convolutionalLayers(side)
		}()
	}
}

// Two layers of the decoder, whose transposed convolutions GoMLX lacks: the gradient with respect to the latent point and to
// both kernels.
func TestDecoderGradientMatchesFiniteDifferences(t *testing.T) {
	testkit.ForEachBackend(t, func(t *testing.T, backend compute.Backend) {
		z := testkit.Tensor(t, dtypes.Float64, []float64{.3, -.8, 1.1, -.2, .5, .9}, 2, 3)
		kernel := make([]float64, kernelSize*kernelSize*2*3)
		for i := range kernel {
			kernel[i] = float64((i*7)%11)/11 - .45
		}
		second := make([]float64, kernelSize*kernelSize*3*2)
		for i := range second {
			second[i] = float64((i*5)%13)/13 - .4
		}
		testkit.CheckGradient(t, backend, func(inputs []*Node) *Node {
			x := Reshape(inputs[0], 2, 1, 1, 3)
			x = Tanh(gomlxops.ConvTranspose2D(x, inputs[1], 2))
			return Sigmoid(gomlxops.ConvTranspose2D(x, inputs[2], 2))
		}, []*tensors.Tensor{
			z, testkit.Tensor(t, dtypes.Float64, kernel, kernelSize, kernelSize, 2, 3),
			testkit.Tensor(t, dtypes.Float64, second, kernelSize, kernelSize, 3, 2),
		}, testkit.Tolerance{})
	})
}
