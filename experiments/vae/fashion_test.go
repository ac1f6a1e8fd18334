package vae

import (
	"math"
	"slices"
	"strings"
	"testing"

	. "github.com/gomlx/gomlx/core/graph"
	"github.com/gomlx/gomlx/ml/model"
	"gonum.org/v1/gonum/mat"

	"github.com/robustloss/gomlx-robustloss/data/celeba"
	"github.com/robustloss/gomlx-robustloss/data/tabular"
	"github.com/robustloss/gomlx-robustloss/internal/testkit"
	"github.com/robustloss/gomlx-robustloss/internal/testkit/clothes"
)

// fashionConfig is a preset's configuration on grey images.
func fashionConfig(t *testing.T, preset, likelihood, representation string) Config {
	t.Helper()
	c := mustConfig(t, preset, likelihood, representation)
	c.Images.useFashion(preset)
	return c
}

// mustFashion writes and opens a small data set in the layout of Fashion-MNIST.
func mustFashion(t *testing.T, c ImagesConfig) (data *Data, dir string) {
	t.Helper()
	dir = t.TempDir()
	clothes.Write(t, dir, "train", 40)
	clothes.Write(t, dir, "t10k", 20)
	data, err := OpenData(t.Context(), c, dir, t.TempDir(), nil)
	if err != nil {
		t.Fatal(err)
	}
	return data, dir
}

// In the middle of a black frame each pixel is its grey level and a part of a level, which is another for each image and each
// pixel, and the same when the image is read again.
func TestClothesAreFramedAndSpreadOut(t *testing.T) {
	c := fashionConfig(t, "tiny", "normal", "pixel")
	data, dir := mustFashion(t, c.Images)
	if n, v := data.Train.Len(), data.Validation.Len(); n != 40 || v != 20 || data.Train.Side() != 32 || data.Train.Channels() != 1 {
		t.Fatalf("%d and %d images, side %d, %d channels", n, v, data.Train.Side(), data.Train.Channels())
	}
	table, err := tabular.FashionMNIST(dir, "train")
	if err != nil {
		t.Fatal(err)
	}
	var parts []float64
	first, image, again := make([]float32, 32*32), make([]float32, 32*32), make([]float32, 32*32)
	for i := range data.Train.Len() {
		if err := data.Train.Read(i, image); err != nil {
			t.Fatal(err)
		}
		for at, v := range image {
			y, x := at/32-2, at%32-2
			want := 0.
			if y >= 0 && y < 28 && x >= 0 && x < 28 {
				want = table.Row(i)[28*y+x]
			}
			level, part := math.Modf(256 * float64(v))
			if level != want {
				t.Fatalf("image %d, row %d, column %d is level %g, want %g", i, y, x, level, want)
			}
			parts = append(parts, part)
		}
		if i == 0 {
			copy(first, image)
		}
	}
	if err := data.Train.Read(0, again); err != nil || !slices.Equal(first, again) {
		t.Errorf("the first image is another when it is read again (%v)", err)
	}
	var mean, square float64
	for _, u := range parts {
		mean += u / float64(len(parts))
		square += u * u / float64(len(parts))
	}
	// Of 40,960 uniform numbers the means are ½ ± .0014 and ⅓ ± .0015.
	testkit.CheckClose(t, "means of u and u²", []float64{mean, square}, []float64{.5, 1. / 3}, 0, .008)

	c.Images.Dequantised = false
	plain := clothesOf(t, c.Images, dir)
	if err := plain.Read(0, image); err != nil || image[0] != 0 || slices.Max(image) != float32(slices.Max(table.Row(0))/255) {
		t.Errorf("levels as they are: from %v to %v (%v)", image[0], slices.Max(image), err)
	}
}

func clothesOf(t *testing.T, c ImagesConfig, dir string) celeba.Source {
	t.Helper()
	data, err := OpenData(t.Context(), c, dir, t.TempDir(), nil)
	if err != nil {
		t.Fatal(err)
	}
	return data.Train
}

// mean over u of log p((v + u)/256) − log 256 ≤ log P(v), P(v) = ∫ p over [v, v + 1)/256: nearly equal where p is flat over a level,
// and far below where it is not.
func TestSpreadOutLevelsBoundTheProbabilityOfTheLevels(t *testing.T) {
	for _, c := range []float64{.1, .01, .001, 1e-5} {
		for _, level := range []float64{0, 3, 4, 40} {
			z := func(u float64) float64 { return ((level+u)/256 - .0157) / c } // .0157·256 = 4.02
			var mean float64
			const n = 2000
			for i := range n {
				r := z((float64(i) + .5) / n)
				mean += (-.5*r*r - math.Log(c) - .5*math.Log(2*math.Pi)) / n
			}
			low, high := z(0), z(1)
			if low > 0 {
				low, high = -high, -low // the tail that does not cancel
			}
			probability := .5 * (math.Erfc(-high/math.Sqrt2) - math.Erfc(-low/math.Sqrt2))
			if probability == 0 {
				continue // too small for a float64: the logarithm is below −700
			}
			gap := math.Log(probability) - (mean - math.Log(256))
			if gap < -1e-6 || c == .1 && gap > 1e-3 || c == .001 && level == 4 && gap < .1 {
				t.Errorf("c = %g, level %g: log P is %g above the bound", c, level, gap)
			}
		}
	}
}

// The representations of grey images keep volumes: with one c and α = 2 the distortion is that of a sum of squares, which the
// orthonormal cosine transform does not change; and the parameters are one a pixel.
func TestGreyImagesHaveOneChannel(t *testing.T) {
	backend := testkit.Backend(t, "go")
	distortion := func(representation string) float64 {
		c := fashionConfig(t, "tiny", "normal", representation)
		data, _ := mustFashion(t, c.Images)
		x, err := celeba.ReadBatch(data.Validation, []int{0, 1})
		if err != nil {
			t.Fatal(err)
		}
		m := newModel(t, backend, c)
		got := mustCall(t, m, func(scope *model.Scope, inputs []*Node) []*Node {
			distortion, _ := m.terms(scope, inputs[0], inputs[1])
			return []*Node{distortion}
		}, x, m.noise([]int{0, 1}, 1))
		p, err := m.Parameters()
		if err != nil || len(p.Scale) != 32*32 || len(p.Shape) != 32*32 {
			t.Errorf("%s: %d scales, %d shapes (%v), want one of each a pixel", representation, len(p.Scale), len(p.Shape), err)
		}
		return got[0][1]
	}
	pixel := distortion("pixel")
	testkit.CheckClose(t, "distortion in the cosine transform", []float64{distortion("dct")}, []float64{pixel}, 1e-5, 0)
	if wavelet := distortion("wavelet"); math.Abs(wavelet/pixel-1) < 1e-3 || math.Abs(wavelet/pixel-1) > 1 {
		t.Errorf("wavelets are not orthonormal, but nearly: distortion %g, in pixels %g", wavelet, pixel)
	}
}

// Without a network, too: the cosine transform of grey rows keeps their squares.
func TestGreyRowsAreTransformed(t *testing.T) {
	c := fashionConfig(t, "tiny", "normal", "dct")
	data, _ := mustFashion(t, c.Images)
	pixels, err := matrixOf(First(data.Train, 3))
	if err != nil {
		t.Fatal(err)
	}
	backend := testkit.Backend(t, "go")
	for _, representation := range RepresentationKeys() {
		coefficients, err := representMatrix(backend, representation, pixels, 32, 1)
		if err != nil {
			t.Fatal(err)
		}
		ratio := mat.Norm(coefficients, 2) / mat.Norm(pixels, 2)
		if exact := representation != "wavelet"; math.Abs(ratio-1) > 1e-9 && exact || math.Abs(ratio-1) > .3 {
			t.Errorf("%s: the coefficients' norm is %g of the pixels'", representation, ratio)
		}
	}
}

func TestFashionMNISTIsMissed(t *testing.T) {
	c := fashionConfig(t, "tiny", "normal", "pixel")
	if c.Images.Train != 128 || fashionConfig(t, "paper", "normal", "pixel").Images.Validation != 10_000 {
		t.Errorf("tiny trains on %d images", c.Images.Train)
	}
	t.Chdir(t.TempDir())
	if _, err := OpenData(t.Context(), c.Images, "", t.TempDir(), nil); err == nil || !strings.Contains(err.Error(), "make data fetches Fashion-MNIST") {
		t.Errorf("without the data: %v", err)
	}
}
