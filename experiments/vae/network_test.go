package vae

import (
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

// parameters counts the trainable numbers below a scope.
func parameters(m *Model, scope string) (n int) {
	for v := range m.store.IterVariables() {
		if v.Trainable && strings.HasPrefix(v.Scope(), "/"+scope) {
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
				return []*Node{q.location, q.scale, decode(scope, m.Network, q.location, side, nil)}
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
