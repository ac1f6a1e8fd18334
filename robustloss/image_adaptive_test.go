package robustloss

import (
	"fmt"
	"math"
	"strings"
	"testing"

	"github.com/gomlx/compute"
	"github.com/gomlx/compute/dtypes"
	"github.com/gomlx/compute/shapes"
	. "github.com/gomlx/gomlx/core/graph"
	"github.com/gomlx/gomlx/core/tensors"
	"github.com/gomlx/gomlx/ml/model"
	"github.com/gomlx/gomlx/ml/train"
	"github.com/gomlx/gomlx/ml/train/optimizer"
	"github.com/robustloss/gomlx-robustloss/gomlxops"
	"github.com/robustloss/gomlx-robustloss/internal/testkit"
)

// runImageLoss executes a function of images and a scope of a new model.
func runImageLoss(t *testing.T, backend compute.Backend, x *tensors.Tensor, f func(scope *model.Scope, x *Node) []*Node) [][]float64 {
	t.Helper()
	exec, err := model.NewExec(backend, model.NewStore(), f)
	if err != nil {
		t.Fatal(err)
	}
	defer exec.Finalize()
	outputs, err := exec.Exec(x)
	if err != nil {
		t.Fatalf("%+v", err)
	}
	var all [][]float64
	for _, output := range outputs {
		all = append(all, testkit.Floats(t, output))
	}
	return all
}

// The loss is NLL or StudentsTNLL of the coefficients, with α and c as images, also where they are fixed or shared.
func TestImageAdaptive_IsTheNLLOfTheCoefficients(t *testing.T) {
	x := testkit.Tensor(t, dtypes.Float64, lcgImage(1, 2*6*5*3), 2, 6, 5, 3)
	got := runImageLoss(t, testkit.Backend(t, "go"), x, func(scope *model.Scope, x *Node) []*Node {
		var differences []*Node
		compare := func(nll, want, alpha, scale *Node) {
			if !alpha.Shape().Equal(scale.Shape()) || alpha.Rank() != 3 || alpha.Shape().Dimensions[2] != 3 {
				t.Errorf("α is %s, c is %s", alpha.Shape(), scale.Shape())
			}
			differences = append(differences, ReduceAllMax(Abs(Sub(nll, want))))
		}
		pixels := NewImageAdaptive(scope.In("pixels"), x).ColorSpace(RGB).Representation(Pixel).AlphaRange(0, 3).AlphaInit(0.7).ScaleInit(0.2)
		nll, alpha, scale := pixels.Done(), pixels.Alpha(), pixels.Scale()
		compare(nll, NLL(x, ExpandLeftToRank(alpha, 4), ExpandLeftToRank(scale, 4)), alpha, scale)
		compare(nll, NLL(x, Scalar(x.Graph(), x.DType(), 0.7), Scalar(x.Graph(), x.DType(), 0.2)), alpha, scale)

		waves := NewImageAdaptive(scope.In("waves"), x).Representation(LeGall53).Levels(2).ScaleBase(0.5).Shared().FixedAlpha(0).LatentRate(3)
		nll, alpha, scale = waves.Done(), waves.Alpha(), waves.Scale()
		want := gomlxops.RescaleWavelets(gomlxops.WaveletTransform(gomlxops.RGBToYUV(x), gomlxops.LeGall53, 2), 2, 0.5)
		compare(nll, NLL(want, ExpandLeftToRank(alpha, 4), ExpandLeftToRank(scale, 4)), alpha, scale)
		compare(waves.Coefficients(), want, alpha, scale)

		cosines := NewImageAdaptive(scope.In("cosines"), x).Representation(DCT).Likelihood(StudentsT).DFInit(3).ScaleInit(0.1).ScaleFloor(1e-3).LocationInit(0.1)
		nll, alpha, scale = cosines.Done(), cosines.DF(), cosines.Scale()
		shifted := AddScalar(gomlxops.DCT(gomlxops.RGBToYUV(x)), -0.1)
		compare(nll, StudentsTNLL(shifted, Scalar(x.Graph(), x.DType(), 3), Scalar(x.Graph(), x.DType(), 0.1)), alpha, scale)
		if mu := cosines.Location(); mu.Rank() != 3 {
			t.Errorf("μ is %v", mu)
		}

		fixed := NewImageAdaptive(scope.In("fixed"), x).Likelihood(StudentsT).FixedDF(5).FixedScale(0.3)
		nll, alpha, scale = fixed.Done(), fixed.DF(), fixed.Scale()
		compare(nll, StudentsTNLL(fixed.Coefficients(), Scalar(x.Graph(), x.DType(), 5), Scalar(x.Graph(), x.DType(), 0.3)), alpha, scale)

		given := NewImageAdaptive(scope.In("given"), x).WithAlpha(Scalar(x.Graph(), x.DType(), 1.5))
		nll, alpha, scale = given.Done(), given.Alpha(), given.Scale()
		compare(nll, NLL(given.Coefficients(), Scalar(x.Graph(), x.DType(), 1.5), Scalar(x.Graph(), x.DType(), 1)), alpha, scale)
		return differences
	})
	for i, difference := range got {
		if difference[0] > 1e-13 {
			t.Errorf("comparison %d: off by %g", i, difference[0])
		}
	}
}

// By default an image is split 5 times, or as often as can be.
func TestImageAdaptive_DefaultLevels(t *testing.T) {
	for _, c := range []struct{ height, width, levels int }{{64, 64, 5}, {32, 40, 5}, {8, 8, 3}, {9, 5, 3}, {1, 7, 0}} {
		x := testkit.Tensor(t, dtypes.Float64, lcgImage(1, c.height*c.width), 1, c.height, c.width, 1)
		got := runImageLoss(t, testkit.Backend(t, "go"), x, func(scope *model.Scope, x *Node) []*Node {
			a := NewImageAdaptive(scope, x).ColorSpace(RGB)
			a.Done()
			return []*Node{ReduceAllMax(Abs(Sub(a.Coefficients(), gomlxops.WaveletTransform(x, gomlxops.CDF97, c.levels))))}
		})
		if got[0][0] != 0 {
			t.Errorf("an image of %d×%d is not split %d times", c.height, c.width, c.levels)
		}
	}
}

// The rows of the map's matrix are the coefficients of unit residuals.
func TestImageAdaptive_LogVolumeIsThatOfTheMap(t *testing.T) {
	const height, width = 3, 4
	const n = height * width * 3
	unit := make([]float64, n*n)
	for i := range n {
		unit[i*n+i] = 1
	}
	x := testkit.Tensor(t, dtypes.Float64, unit, n, height, width, 3)
	var want []float64
	got := runImageLoss(t, testkit.Backend(t, "go"), x, func(scope *model.Scope, x *Node) []*Node {
		want = want[:0]
		var all []*Node
		for _, a := range []*Adaptive{
			NewImageAdaptive(scope.In("0"), x).ColorSpace(RGB).Representation(Pixel),
			NewImageAdaptive(scope.In("1"), x).Representation(Pixel),
			NewImageAdaptive(scope.In("2"), x).Representation(DCT),
			NewImageAdaptive(scope.In("3"), x).Representation(CDF97).Levels(1),
			NewImageAdaptive(scope.In("4"), x).Representation(LeGall53).Levels(2).ScaleBase(2),
			NewImageAdaptive(scope.In("5"), x).ColorSpace(RGB).Representation(CDF97).Levels(0).ScaleBase(7),
		} {
			a.Done()
			want, all = append(want, a.LogVolume()), append(all, a.Coefficients())
		}
		return all
	})
	for i := range want {
		if volume := logAbsDeterminant(got[i], n); math.Abs(volume-want[i]) > 1e-9 {
			t.Errorf("map %d: LogVolume is %.12g, log |det| is %.12g", i, want[i], volume)
		}
	}
	if want[0] != 0 || want[5] != 0 || want[1] < 1e-7 || want[1] > 1e-6 || math.Abs(want[3]-3*width*math.Log(1.149604398)) > 1e-6 {
		t.Errorf("LogVolume is %v", want)
	}
}

// logAbsDeterminant eliminates with pivots.
func logAbsDeterminant(values []float64, n int) (logDet float64) {
	m := append([]float64(nil), values...)
	for k := range n {
		pivot := k
		for i := k; i < n; i++ {
			if math.Abs(m[i*n+k]) > math.Abs(m[pivot*n+k]) {
				pivot = i
			}
		}
		for j := range n {
			m[k*n+j], m[pivot*n+j] = m[pivot*n+j], m[k*n+j]
		}
		logDet += math.Log(math.Abs(m[k*n+k]))
		for i := k + 1; i < n; i++ {
			factor := m[i*n+k] / m[k*n+k]
			for j := k; j < n; j++ {
				m[i*n+j] -= factor * m[k*n+j]
			}
		}
	}
	return logDet
}

func TestImageAdaptive_GradientInXMatchesFiniteDifferences(t *testing.T) {
	testkit.ForEachBackend(t, func(t *testing.T, backend compute.Backend) {
		testkit.ForEachDType(t, func(t *testing.T, dtype dtypes.DType) {
			x := testkit.Tensor(t, dtype, lcgImage(3, 4*3*3), 1, 4, 3, 3)
			testkit.CheckGradient(t, backend, func(in []*Node) *Node {
				// With fixed parameters there are no variables, and the graph stands alone.
				scope := model.NewStore().RootScope()
				nll := NewImageAdaptive(scope, in[0]).FixedAlpha(0.7).FixedScale(0.3).ScaleBase(1.5).Done()
				student := NewImageAdaptive(scope, in[0]).Representation(DCT).Likelihood(StudentsT).FixedDF(2).FixedScale(0.2).Done()
				return Concatenate([]*Node{nll, student}, 0)
			}, []*tensors.Tensor{x}, testkit.Tolerance{})
		})
	})
}

// Training finds the scales of residuals that are drawn with a scale of their own for each level.
func TestImageAdaptive_LearnsTheScaleOfEachLevel(t *testing.T) {
	const size, levels, images = 8, 2, 200
	scales := []float64{0.05, 0.2, 0.6}
	var noise []float64
	for i, u := range lcgImage(9, images*size*size) {
		level := gomlxops.WaveletLevels(size, size, levels)[i/size%size][i%size]
		noise = append(noise, scales[level]*math.Sqrt2*math.Erfinv(2*u)) // normal, σ = the scale
	}
	testkit.ForEachBackend(t, func(t *testing.T, backend compute.Backend) {
		store := model.NewStore()
		var learned []float64
		build := func(scope *model.Scope, coefficients *Node) (nll, scale *Node) {
			residual := gomlxops.InverseWaveletTransform(coefficients, gomlxops.CDF97, levels)
			loss := NewImageAdaptive(scope.In("loss"), residual).ColorSpace(RGB).Levels(levels).FixedAlpha(2)
			return loss.Done(), loss.Scale()
		}
		trainer := train.NewTrainer(backend, store, func(scope *model.Scope, _ any, in []*Node) []*Node {
			nll, _ := build(scope, in[0])
			train.AddMainLoss(ReduceAllMean(nll))
			return nil
		}, nil, optimizer.Adam().LearningRate(0.1).Done(), nil, nil)
		for range 100 {
			metrics, err := trainer.TrainStep(train.Batch{Inputs: []*tensors.Tensor{testkit.Tensor(t, dtypes.Float32, noise, images, size, size, 1)}})
			if err != nil {
				t.Fatalf("%+v", err)
			}
			for _, m := range metrics {
				m.MustFinalizeAll()
			}
		}
		exec, err := model.NewExec(backend, store, func(scope *model.Scope, in *Node) *Node { _, scale := build(scope.ResetVisited(), in); return scale })
		if err != nil {
			t.Fatal(err)
		}
		outputs, err := exec.Exec(testkit.Tensor(t, dtypes.Float32, noise, images, size, size, 1))
		if err != nil {
			t.Fatalf("%+v", err)
		}
		learned = testkit.Floats(t, outputs[0])
		for i, c := range learned {
			want := scales[gomlxops.WaveletLevels(size, size, levels)[i/size][i%size]]
			if c < 0.8*want || c > 1.25*want {
				t.Errorf("coefficient (%d, %d): c = %.3f, drawn with %.3f", i/size, i%size, c, want)
			}
		}
	})
}

func TestImageAdaptive_Panics(t *testing.T) {
	images := func(dims ...int) func(g *Graph) *Node {
		return func(g *Graph) *Node { return Zeros(g, shapes.Make(dtypes.Float32, dims...)) }
	}
	ok := images(2, 8, 8, 3)
	for _, c := range []struct {
		name  string
		x     func(g *Graph) *Node
		build func(a *Adaptive) *Adaptive
		words []string
	}{
		{"too many levels", ok, func(a *Adaptive) *Adaptive { return a.Levels(4) }, []string{"Levels(4)", "height 8", "0 to 3"}},
		{"negative levels", ok, func(a *Adaptive) *Adaptive { return a.Levels(-1) }, []string{"Levels(-1)", "0 to 3"}},
		{"channels", images(2, 8, 8, 1), func(a *Adaptive) *Adaptive { return a }, []string{"YUV needs 3 channels", "got 1", "ColorSpace(RGB)"}},
		{"channels first", images(2, 3, 8, 8), func(a *Adaptive) *Adaptive { return a }, []string{"got 8", "ToChannelsLast"}},
		{"rank", images(8, 8, 3), func(a *Adaptive) *Adaptive { return a }, []string{"[batch, height, width, channels]", "rank 3", "[8, 8, 3]"}},
		{"scale base", ok, func(a *Adaptive) *Adaptive { return a.ScaleBase(0) }, []string{"ScaleBase(0)"}},
		{"color space", ok, func(a *Adaptive) *Adaptive { return a.ColorSpace(5) }, []string{"ColorSpace(5)", "RGB or YUV"}},
		{"representation", ok, func(a *Adaptive) *Adaptive { return a.Representation(-1) }, []string{"Representation(-1)", "CDF97"}},
		{"alpha's range", ok, func(a *Adaptive) *Adaptive { return a.AlphaRange(-1, 1) }, []string{"robustloss.NewImageAdaptive", "AlphaRange(-1, 1)"}},
		{"alpha with t", ok, func(a *Adaptive) *Adaptive { return a.Likelihood(StudentsT).FixedAlpha(2) }, []string{"FixedAlpha", "StudentsT"}},
		{"df without t", ok, func(a *Adaptive) *Adaptive { return a.DFInit(2) }, []string{"DFInit", "the likelihood General", "FixedAlpha"}},
		{"df", ok, func(a *Adaptive) *Adaptive { return a.Likelihood(StudentsT).DFInit(0) }, []string{"robustloss.NewImageAdaptive", "degrees of freedom"}},
		{"scale", ok, func(a *Adaptive) *Adaptive { return a.ScaleInit(0) }, []string{"ScaleInit(0)"}},
		{"dtype", func(g *Graph) *Node { return ConvertDType(ok(g), dtypes.Int32) }, func(a *Adaptive) *Adaptive { return a }, []string{"float"}},
		{"empty", images(0, 8, 8, 3), func(a *Adaptive) *Adaptive { return a }, []string{"NewImageAdaptive", "x is empty", "[0, 8, 8, 3]"}},
	} {
		message := panicOf(func() {
			g := NewGraph(testkit.Backend(t, "go"), c.name)
			c.build(NewImageAdaptive(model.NewStore().RootScope(), c.x(g))).Done()
		})
		for _, word := range c.words {
			if !strings.Contains(message, word) {
				t.Errorf("%s: panicked with %q, which does not say %q", c.name, message, word)
			}
		}
	}
}

// panicOf returns what f panics with, "" if it does not.
func panicOf(f func()) (message string) {
	defer func() {
		if r := recover(); r != nil {
			message = fmt.Sprint(r)
		}
	}()
	f()
	return ""
}

// BenchmarkImageAdaptive times the author's image loss, YUV and CDF 9/7 with 5 levels, of 8 float32 images of 64×64×3: the
// value and the gradients in the residual, α's latents and c's. Compilation isn't counted.
func BenchmarkImageAdaptive(b *testing.B) {
	const batch, size, channels = 8, 64, 3
	for _, name := range testkit.Backends {
		b.Run(name, func(b *testing.B) {
			x := testkit.Tensor(b, dtypes.Float32, lcgImage(1, batch*size*size*channels), batch, size, size, channels)
			exec, err := model.NewExec(testkit.Backend(b, name), model.NewStore(), func(scope *model.Scope, x *Node) []*Node {
				loss := ReduceAllMean(NewImageAdaptive(scope, x).AlphaRange(0, 3).AlphaInit(1).ScaleFloor(1e-8).ScaleInit(0.01).Done())
				latents := []*Node{x}
				for _, latent := range imageLatents[:2] {
					latents = append(latents, scope.GetVariable(latent+latentStepSuffix).NodeValue(x.Graph()))
				}
				return append([]*Node{loss}, Gradient(loss, latents...)...)
			})
			if err != nil {
				b.Fatal(err)
			}
			defer exec.Finalize()
			run := func() {
				outputs, err := exec.Call(x)
				if err != nil {
					b.Fatal(err)
				}
				for _, output := range outputs {
					output.MustConstFlatData(func(any) {})
					output.MustFinalizeAll()
				}
			}
			run()
			for b.Loop() {
				run()
			}
			b.ReportMetric(batch*size*size*channels, "elems/op")
		})
	}
}
