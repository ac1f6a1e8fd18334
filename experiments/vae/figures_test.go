package vae

import (
	"math"
	"math/rand/v2"
	"testing"

	. "github.com/gomlx/gomlx/core/graph"
	"github.com/gomlx/gomlx/core/tensors"
	"github.com/gomlx/gomlx/ml/model"

	"github.com/robustloss/gomlx-robustloss/internal/testkit"
)

func TestInterpolationEndsAtTheReconstructions(t *testing.T) {
	m := newModel(t, testkit.Backend(t, "go"), mustConfig(t, "tiny", "normal", "pixel"))
	faces := imagesOf(randomImages(4, 16))
	reconstructed, err := m.reconstruct(faces)
	if err != nil {
		t.Fatal(err)
	}
	between, err := m.interpolate(faces, 5)
	if err != nil || len(between.Values) != 10 {
		t.Fatalf("%d images, %v", len(between.Values), err)
	}
	for i, at := range []int{0, 4, 5, 9} {
		for k, want := range reconstructed.Values[i] {
			if got := between.Values[at][k]; math.Abs(float64(got-want)) > 1e-5 {
				t.Fatalf("image %d, value %d: %v, want %v", at, k, got, want)
			}
		}
	}
	if _, err := m.interpolate(imagesOf(randomImages(3, 16)), 5); err == nil {
		t.Error("three images are taken for pairs")
	}
}

func TestSamplesDependOnTheirSeedOnly(t *testing.T) {
	for _, components := range []int{0, 7} {
		c := mustConfig(t, "tiny", "normal", "pixel")
		c.Network.PriorComponents = components
		m := newModel(t, testkit.Backend(t, "go"), c)
		draw := func(seed uint64) []float32 {
			images, err := m.Sample(3, seed)
			if err != nil || len(images.Values) != 3 {
				t.Fatalf("%d images, %v", len(images.Values), err)
			}
			return images.Values[2]
		}
		first, again, other := draw(1), draw(1), draw(2)
		same := 0
		for k := range first {
			if first[k] != again[k] {
				t.Fatalf("%d components: the same seed gives other images", components)
			}
			if first[k] == other[k] {
				same++
			}
		}
		if same > len(first)/2 {
			t.Errorf("%d components: another seed gives the same image", components)
		}
	}
}

// Draws from the mixture have the mixture's mean and variance: those of its components, weighted.
func TestDrawsFromTheMixtureHaveItsMoments(t *testing.T) {
	const n = 20_000
	c := NetworkConfig{Latent: 2, PriorComponents: 3}
	m := newModel(t, testkit.Backend(t, "go"), mustConfig(t, "tiny", "normal", "pixel"))
	rng := rand.New(rand.NewPCG(1, 1))
	noise, uniform := make([]float32, n*2), make([]float32, n)
	for i := range noise {
		noise[i] = float32(rng.NormFloat64())
	}
	for i := range uniform {
		uniform[i] = rng.Float32()
	}
	got := mustCall(t, m, func(scope *model.Scope, inputs []*Node) []*Node {
		z := fromMixture(scope, c, inputs[0], inputs[1])
		logWeights, p := mixture(m.store.RootScope(), c, inputs[0].Graph())
		return []*Node{z, logWeights, p.location, p.scale}
	}, tensors.FromFlatDataAndDimensions(noise, n, 2), tensors.FromFlatDataAndDimensions(uniform, n))
	for j := range 2 {
		var mean, square, wantMean, wantSquare float64
		for i := range n {
			mean += got[0][2*i+j] / n
			square += got[0][2*i+j] * got[0][2*i+j] / n
		}
		for k := range 3 {
			w, mu, s := math.Exp(got[1][k]), got[2][2*k+j], got[3][2*k+j]
			wantMean += w * mu
			wantSquare += w * (mu*mu + s*s)
		}
		testkit.CheckClose(t, "mean", []float64{mean}, []float64{wantMean}, 0, .03)
		testkit.CheckClose(t, "mean square", []float64{square}, []float64{wantSquare}, .03, 0)
	}
}

func TestMapsScaleTheirValues(t *testing.T) {
	maps := maps(1, []float32{0, 1.5, 3}, 0, 3, func(v float64) float64 { return v })
	for channel, want := range []float32{0, .5, 1} {
		if got := maps.Values[channel][0]; got != want {
			t.Errorf("channel %d is %v, want %v", channel, got, want)
		}
	}
}

func TestConfigurationsAreChecked(t *testing.T) {
	for _, names := range [][3]string{{"huge", "normal", "pixel"}, {"tiny", "laplace", "pixel"}, {"tiny", "normal", "fourier"}} {
		if _, err := NewConfig(names[0], names[1], names[2]); err == nil {
			t.Errorf("%v is accepted", names)
		}
	}
}
