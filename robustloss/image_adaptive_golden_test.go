package robustloss

import (
	"fmt"
	"math"
	"testing"

	"github.com/gomlx/compute"
	"github.com/gomlx/compute/dtypes"
	. "github.com/gomlx/gomlx/core/graph"
	"github.com/gomlx/gomlx/ml/model"
	"github.com/robustloss/gomlx-robustloss/internal/testkit"
)

// recordedImageLoss is a loss of the author's AdaptiveImageLossFunction with its first parameters, from adaptive.json. Its
// constants are rounded to float32; loss_sum_exact is the sum without that, max_abs_diff_exact what it changes in a loss.
type recordedImageLoss struct {
	ColorSpace     string `json:"color_space"`
	Representation string
	Levels         int     `json:"wavelet_num_levels"`
	ScaleBase      float64 `json:"wavelet_scale_base"`
	Args           struct {
		recordedArgs
		StudentsT bool `json:"use_students_t"`
	}
	Shape       []int
	Loss        []float64
	LossSum     float64   `json:"loss_sum"`
	LossFirst8  []float64 `json:"loss_first8"`
	GradX       []float64 `json:"grad_x"`
	GradXL2     float64   `json:"grad_x_l2"`
	GradXFirst8 []float64 `json:"grad_x_first8"`
	GradLatents map[string]struct {
		Sum    float64
		First6 []float64
	} `json:"grad_latents"`
	LossSumExact    float64 `json:"loss_sum_exact"`
	MaxAbsDiffExact float64 `json:"max_abs_diff_exact"`
}

func (r recordedImageLoss) String() string {
	return fmt.Sprintf("%s %s levels %d base %g t %v", r.ColorSpace, r.Representation, r.Levels, r.ScaleBase, r.Args.StudentsT)
}

// build returns the loss with the options of the record.
func (r recordedImageLoss) build(t *testing.T, scope *model.Scope, x *Node) *Adaptive {
	t.Helper()
	a := NewImageAdaptive(scope, x).ColorSpace(map[string]ColorSpace{"RGB": RGB, "YUV": YUV}[r.ColorSpace])
	for _, representation := range []Representation{Pixel, DCT, CDF97, LeGall53} {
		if representation.String() == r.Representation {
			a.Representation(representation)
		}
	}
	if r.ScaleBase != 0 { // images_64 doesn't say: the defaults
		a.Levels(r.Levels).ScaleBase(r.ScaleBase)
	}
	r.Args.apply(a)
	if r.Args.StudentsT {
		a.Likelihood(StudentsT)
	}
	return a
}

var imageLatents = []string{"alpha_latent", "scale_latent", "log_df"}

// imageLossOutputs returns the losses, their gradient in x, and those in the latents that there are, in imageLatents' order.
func (r recordedImageLoss) outputs(t *testing.T, scope *model.Scope, x *Node) []*Node {
	t.Helper()
	nll := r.build(t, scope, x).Done()
	wrt := []*Node{x}
	for _, name := range imageLatents {
		if _, ok := r.GradLatents[name]; ok {
			wrt = append(wrt, scope.GetVariable(name+latentStepSuffix).NodeValue(x.Graph()))
		}
	}
	return append([]*Node{nll}, Gradient(ReduceAllSum(nll), wrt...)...)
}

// lcgImage returns the numbers ½(2u − 1) of the generator that golden/images.json describes.
func lcgImage(seed uint64, size int) []float64 {
	values := make([]float64, size)
	for i := range values {
		seed = seed*6364136223846793005 + 1442695040888963407
		values[i] = 0.5 * (2*float64(seed>>11)/(1<<53) - 1)
	}
	return values
}

type recordedImageLosses struct {
	Images   []recordedImageLoss
	Images64 []recordedImageLoss `json:"images_64"`
}

// runImages computes the outputs of all records for one x, in one graph.
func runImages(t *testing.T, backend compute.Backend, dtype dtypes.DType, records []recordedImageLoss, values []float64, dims []int) [][][]float64 {
	t.Helper()
	var counts []int
	exec, err := model.NewExec(backend, model.NewStore(), func(scope *model.Scope, x *Node) []*Node {
		var all []*Node
		counts = counts[:0]
		for i, r := range records {
			outputs := r.outputs(t, scope.In("image%d", i), x)
			counts, all = append(counts, len(outputs)), append(all, outputs...)
		}
		return all
	})
	if err != nil {
		t.Fatal(err)
	}
	defer exec.Finalize()
	outputs, err := exec.Exec(testkit.Tensor(t, dtype, values, dims...))
	if err != nil {
		t.Fatalf("%+v", err)
	}
	var all [][][]float64
	for _, count := range counts {
		var one [][]float64
		for _, output := range outputs[:count] {
			one = append(one, testkit.Floats(t, output))
		}
		all, outputs = append(all, one), outputs[count:]
	}
	return all
}

func TestImageAdaptive_Golden(t *testing.T) {
	var golden recordedImageLosses
	testkit.Golden(t, "adaptive.json", &golden)
	testkit.ForEachBackend(t, func(t *testing.T, backend compute.Backend) {
		testkit.ForEachDType(t, func(t *testing.T, dtype dtypes.DType) {
			records := golden.Images
			sumTolerance, tolerance := 1e-9, 1e-6
			if dtype == dtypes.Float32 {
				sumTolerance, tolerance = 2e-6, 2e-5
				records = records[9:13] // XLA takes seconds to compile each
			}
			all := runImages(t, backend, dtype, records, lcgImage(31, 2*8*8*3), []int{2, 8, 8, 3})
			for i, r := range records {
				got := all[i]
				want := r.LossSumExact
				if r.Args.AlphaLo != nil && *r.Args.AlphaLo == 2 {
					// The author's log Z, a spline, is 2.6e-9 below ½·log 2π at its knot α = 2.
					want += 2.636e-9 * float64(len(got[0]))
				}
				testkit.CheckClose(t, r.String()+": sum", []float64{sum(got[0])}, []float64{want}, sumTolerance, 0)
				lossTolerance := 1.001*r.MaxAbsDiffExact + 2.7e-9
				if dtype == dtypes.Float32 {
					lossTolerance = 1e-5 * maxAbs(r.Loss)
				}
				testkit.CheckClose(t, r.String()+": loss", got[0], r.Loss, 0, lossTolerance)
				testkit.CheckClose(t, r.String()+": gradient in x", got[1], r.GradX, tolerance, tolerance*maxAbs(r.GradX))
				at := 2
				for _, name := range imageLatents {
					want, ok := r.GradLatents[name]
					if !ok {
						continue
					}
					what, size := r.String()+": gradient in "+name, maxAbs(got[at])
					testkit.CheckClose(t, what, got[at][:6], want.First6, tolerance, tolerance*size)
					testkit.CheckClose(t, what+", sum", []float64{sum(got[at])}, []float64{want.Sum}, tolerance, tolerance*size)
					at++
				}
				if at != len(got) {
					t.Errorf("%s: %d of %d outputs were compared", r, at, len(got))
				}
			}
		})
	})
}

// The default options on images of the VAE's size.
func TestImageAdaptive_Golden64(t *testing.T) {
	var golden recordedImageLosses
	testkit.Golden(t, "adaptive.json", &golden)
	testkit.ForEachBackend(t, func(t *testing.T, backend compute.Backend) {
		all := runImages(t, backend, dtypes.Float64, golden.Images64, lcgImage(32, 2*64*64*3), golden.Images64[0].Shape)
		for i, r := range golden.Images64 {
			got := all[i]
			// The author's float32 constants move a sum by up to 5e-8 of it, and a loss by 3e-8.
			testkit.CheckClose(t, r.String()+": sum", []float64{sum(got[0])}, []float64{r.LossSum}, 5.3e-8, 0)
			testkit.CheckClose(t, r.String()+": loss", got[0][:8], r.LossFirst8, 0, 4e-8)
			testkit.CheckClose(t, r.String()+": gradient in x", got[1][:8], r.GradXFirst8, 1e-6, 1e-7)
			norm := 0.0
			for _, g := range got[1] {
				norm += g * g
			}
			testkit.CheckClose(t, r.String()+": norm of the gradient in x", []float64{math.Sqrt(norm)}, []float64{r.GradXL2}, 1e-7, 0)
		}
	})
}

func sum(values []float64) (total float64) {
	for _, v := range values {
		total += v
	}
	return total
}

func maxAbs(values []float64) (largest float64) {
	for _, v := range values {
		largest = max(largest, math.Abs(v))
	}
	return largest
}
