package depth

import (
	"math"
	"math/rand/v2"
	"testing"

	"github.com/gomlx/compute"
	"github.com/gomlx/compute/dtypes"
	"github.com/gomlx/gomlx/core/graph"
	"github.com/gomlx/gomlx/core/tensors"
	"github.com/gomlx/gomlx/ml/model"
	"github.com/gomlx/gomlx/ml/train/optimizer"

	"github.com/robustloss/gomlx-robustloss/internal/testkit"
	"github.com/robustloss/gomlx-robustloss/robustloss/scalar"
)

func randomTensor(t *testing.T, seed uint64, dims ...int) *tensors.Tensor {
	t.Helper()
	rng := rand.New(rand.NewPCG(seed, 1))
	n := 1
	for _, d := range dims {
		n *= d
	}
	values := make([]float64, n)
	for i := range values {
		values[i] = rng.Float64()
	}
	return testkit.Tensor(t, dtypes.Float64, values, dims...)
}

// run1 runs a model graph once on a new store and returns its outputs.
func run1(t *testing.T, backend compute.Backend, store *model.Store, f func(scope *model.Scope, inputs []*graph.Node) []*graph.Node, inputs ...any) [][]float64 {
	t.Helper()
	exec, err := model.NewExec(backend, store, f)
	if err != nil {
		t.Fatal(err)
	}
	defer exec.Finalize()
	outputs, err := exec.Exec(inputs...)
	if err != nil {
		t.Fatalf("%+v", err)
	}
	var all [][]float64
	for _, output := range outputs {
		all = append(all, testkit.Floats(t, output))
	}
	return all
}

// The left view is the right one moved by 2½ pixels: with that disparity nothing is left over, and what falls outside of
// the right view does not count.
func TestResidualOfAShiftedViewIsZero(t *testing.T) {
	const height, width, shift = 3, 12, 2.5
	r := testkit.Floats(t, randomTensor(t, 1, 1, height, width, 3))
	left, disparity := make([]float64, height*width*3), make([]float64, height*width)
	for y := range height {
		for x := range width {
			disparity[y*width+x] = shift
			for k := range 3 {
				at := func(column int) float64 { return r[(y*width+column)*3+k] }
				left[(y*width+x)*3+k] = 7 // what only the left view sees
				if x >= 3 {
					left[(y*width+x)*3+k] = .5*at(x-3) + .5*at(x-2)
				}
			}
		}
	}
	testkit.ForEachBackend(t, func(t *testing.T, backend compute.Backend) {
		residual := testkit.Exec(t, backend, Residual, testkit.Tensor(t, dtypes.Float64, left, 1, height, width, 3),
			randomTensor(t, 1, 1, height, width, 3), testkit.Tensor(t, dtypes.Float64, disparity, 1, height, width, 1))
		testkit.CheckClose(t, "residual", testkit.Floats(t, residual[0]), make([]float64, height*width*3), 0, 1e-12)
	})
}

// With no wavelet level the loss is the mean of ρ over the YUV residual, or of |x|/c, which is easily computed by hand: with a
// disparity of 0 the residual is left − right.
func TestGeneralLossIsTheMeanOfRho(t *testing.T) {
	l, r := testkit.Floats(t, randomTensor(t, 1, 2, 4, 6, 3)), testkit.Floats(t, randomTensor(t, 2, 2, 4, 6, 3))
	for _, alpha := range []float64{0, 1, 2, -1} {
		kernel := scalar.Kernel{Alpha: alpha, Scale: .1}
		var want, laplace, absolute float64
		for i := 0; i < len(l); i += 3 {
			d := [3]float64{l[i] - r[i], l[i+1] - r[i+1], l[i+2] - r[i+2]}
			const s = 1.580227820074
			yuv := [3]float64{
				s * (.299*d[0] + .587*d[1] + .114*d[2]),
				s * (-.14714119*d[0] - .28886916*d[1] + .43601035*d[2]),
				s * (.61497538*d[0] - .51496512*d[1] - .10001026*d[2]),
			}
			for k := range 3 {
				want += kernel.Rho(yuv[k]) / float64(len(l))
				laplace += math.Abs(yuv[k]) / .1 / float64(len(l))
				absolute += math.Abs(d[k]) / float64(len(l))
			}
		}
		testkit.ForEachBackend(t, func(t *testing.T, backend compute.Backend) {
			got := run1(t, backend, model.NewStore(), func(scope *model.Scope, in []*graph.Node) []*graph.Node {
				general := LossConfig{Kind: KindFixed, Alpha: alpha, Scale: .1, ScaleBase: .5, LevelWeight: 2}
				p, s := general.Terms(scope, in[0], in[1], in[2], 10)
				l1, _ := LossConfig{Kind: KindL1}.Terms(scope, in[0], in[1], in[2], 10)
				general.Kind = KindLaplace
				wavelets, _ := general.Terms(scope.In("laplace"), in[0], in[1], in[2], 10)
				return []*graph.Node{p, s, l1, wavelets}
			}, randomTensor(t, 1, 2, 4, 6, 3), randomTensor(t, 2, 2, 4, 6, 3), testkit.Tensor(t, dtypes.Float64, make([]float64, 2*4*6), 2, 4, 6, 1))
			testkit.CheckClose(t, "general loss", got[0], []float64{want}, 1e-6, 0)
			testkit.CheckClose(t, "smoothness", got[1], []float64{0}, 0, 0)
			testkit.CheckClose(t, "L1", got[2], []float64{absolute}, 1e-12, 0)
			testkit.CheckClose(t, "L1 on YUV", got[3], []float64{laplace}, 1e-6, 0)
		})
	}
}

// Of α = 2 the loss is quadratic, so each coefficient's factor can be read off: (LevelWeight·ScaleBase²)ᵈ. Laplace's is
// (LevelWeight·ScaleBase)ᵈ, which is 1 at every level for the presets' 2 and ½, so ¼ is taken here.
func TestLevelsAreScaledAndWeighted(t *testing.T) {
	c := LossConfig{Kind: KindFixed, Alpha: 2, Scale: 1, Levels: 2, ScaleBase: .25, LevelWeight: 2}
	laplace := c
	laplace.Kind = KindLaplace
	testkit.ForEachBackend(t, func(t *testing.T, backend compute.Backend) {
		got := run1(t, backend, model.NewStore(), func(scope *model.Scope, in []*graph.Node) []*graph.Node {
			plain := LossConfig{Levels: 2, ScaleBase: 1}
			return []*graph.Node{c.general(scope, in[0], 1), plain.Wavelets(in[0]), laplace.general(scope, in[0], 1)}
		}, randomTensor(t, 3, 1, 8, 8, 3))
		var want, wantLaplace float64
		for i, w := range got[1] {
			level := 0
			if row, column := i/24, i/3%8; row < 2 && column < 2 {
				level = 2
			} else if row < 4 && column < 4 {
				level = 1
			}
			want += math.Pow(2*.0625, float64(level)) * w * w / 2 / float64(len(got[1]))
			wantLaplace += math.Pow(2*.25, float64(level)) * math.Abs(w) / float64(len(got[1]))
		}
		testkit.CheckClose(t, "loss", got[0], []float64{want}, 1e-12, 0)
		testkit.CheckClose(t, "loss of L1", got[2], []float64{wantLaplace}, 1e-12, 0)
	})
}

func TestAnnealingFollowsTheLine(t *testing.T) {
	c := LossConfig{Kind: KindAnnealed, Alpha: 2, AlphaEnd: 0}
	backend := testkit.Backend(t, "go")
	for step, want := range map[int64]float64{0: 2, 25: 1.5, 100: 0, 120: 0} {
		store := model.NewStore()
		if err := optimizer.GetGlobalStepVar(store).SetValue(tensors.FromValue(step)); err != nil {
			t.Fatal(err)
		}
		got := run1(t, backend, store, func(scope *model.Scope, in []*graph.Node) []*graph.Node {
			return []*graph.Node{c.annealed(scope, in[0], 100)}
		}, 1.0)
		testkit.CheckClose(t, "α", got[0], []float64{want}, 1e-12, 1e-12)
	}
}

// The roughness of a ramp of slope 0.3 over a black image is 0.3; where the image changes by 1 it counts e⁻¹ of that.
func TestRoughness(t *testing.T) {
	ramp, edge := make([]float64, 4*5), make([]float64, 4*5*3)
	for i := range ramp {
		ramp[i] = .3 * float64(i%5)
		if i%5 >= 2 {
			for k := range 3 {
				edge[3*i+k] = 1
			}
		}
	}
	got := testkit.Exec(t, testkit.Backend(t, "go"), func(in []*graph.Node) []*graph.Node {
		return []*graph.Node{roughness(in[0], graph.ZerosLike(in[1])), roughness(in[0], in[1])}
	}, testkit.Tensor(t, dtypes.Float64, ramp, 1, 4, 5, 1), testkit.Tensor(t, dtypes.Float64, edge, 1, 4, 5, 3))
	testkit.CheckClose(t, "roughness", testkit.Floats(t, got[0]), []float64{.3}, 1e-12, 0)
	testkit.CheckClose(t, "roughness at an edge", testkit.Floats(t, got[1]), []float64{.3 * (3 + math.Exp(-1)) / 4}, 1e-12, 0)
}

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
	bands := c.bandAlphas(alphas)
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
