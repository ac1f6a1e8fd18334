package depth

import (
	"math"
	"testing"

	"github.com/gomlx/gomlx/core/graph"
	"github.com/gomlx/gomlx/core/tensors"
	"github.com/gomlx/gomlx/ml/model"

	"github.com/robustloss/gomlx-robustloss/internal/testkit"
	"github.com/robustloss/gomlx-robustloss/robustloss/scalar"
)

func adaptiveConfig(t *testing.T, sharing string) Config {
	t.Helper()
	c, err := NewConfig("tiny", RowAdaptive)
	if err != nil {
		t.Fatal(err)
	}
	c.Loss.Sharing = sharing
	return c
}

// Before any step all α are 1, so the adaptive loss is that of fixed α = 1 and the constant log c + log Z(1) beside it,
// both weighted by levels.
func TestAdaptiveLossStartsAsThatOfAlphaOne(t *testing.T) {
	backend := testkit.Backend(t, "go")
	for _, sharing := range []string{PerCoefficient, PerBand} {
		c := adaptiveConfig(t, sharing)
		fixed := c.Loss
		fixed.Kind = KindFixed
		got := run1(t, backend, model.NewStore(), func(scope *model.Scope, in []*graph.Node) []*graph.Node {
			weights := graph.ReduceAllMean(c.Loss.levelWeights(in[0]))
			return []*graph.Node{c.Loss.general(scope.In("a"), in[0], 1), fixed.general(scope.In("b"), in[0], 1), weights}
		}, randomTensor(t, 1, 2, c.Data.Height, c.Data.Width, 3))
		want := got[1][0] + got[2][0]*(math.Log(c.Loss.Scale)+scalar.LogPartition(1))
		testkit.CheckClose(t, "loss", got[0], []float64{want}, 1e-6, 0)
	}
}

func TestSharedAlphasAreOneForEachBandAndChannel(t *testing.T) {
	backend := testkit.Backend(t, "go")
	for sharing, variables := range map[string]int{PerCoefficient: 1, PerBand: 3*3 + 1} {
		c := adaptiveConfig(t, sharing)
		store := model.NewStore()
		alphas, err := c.Alphas(backend, store)
		if err != nil {
			t.Fatal(err)
		}
		if len(alphas) != c.Data.Height*c.Data.Width*3 {
			t.Errorf("%q: %d α", sharing, len(alphas))
		}
		for _, a := range alphas {
			if math.Abs(float64(a)-1) > 1e-6 {
				t.Fatalf("%q: α begins at %g, want 1", sharing, a)
			}
		}
		latents := 0
		for v := range store.IterVariables() {
			if v.Name() == "alpha_latent" {
				latents++
			}
		}
		if latents != variables {
			t.Errorf("%q: %d latent variables, want %d", sharing, latents, variables)
		}
	}
	// A latent of its own for one band changes the α of this band and channel, and of nothing else.
	c, store := adaptiveConfig(t, PerBand), model.NewStore()
	if _, err := c.Alphas(backend, store); err != nil {
		t.Fatal(err)
	}
	latent := store.GetVariable("/" + lossScope + "/low_high_1/alpha_latent")
	if err := latent.SetValue(tensors.FromValue([]float32{0, 3, 0})); err != nil {
		t.Fatal(err)
	}
	alphas, err := c.Alphas(backend, store)
	if err != nil {
		t.Fatal(err)
	}
	bands := c.BandAlphas(alphas)
	if len(bands) != (3*3+1)*3 || bands[0].Band != "low" || bands[0].Level != 3 {
		t.Fatalf("%d bands, the first %+v", len(bands), bands[0])
	}
	for _, b := range bands {
		changed := b.Level == 1 && b.Band == "vertical" && b.Channel == "U"
		if changed != (math.Abs(b.Mean-1) > 1e-5) {
			t.Errorf("%+v", b)
		}
	}
}
