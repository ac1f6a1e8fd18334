package gomlxops_test

import (
	"math"
	"math/rand/v2"
	"strings"
	"testing"

	"github.com/gomlx/compute"
	"github.com/gomlx/compute/dtypes"
	"github.com/gomlx/compute/shapes"
	. "github.com/gomlx/gomlx/core/graph"
	"github.com/gomlx/gomlx/core/tensors"

	"github.com/robustloss/gomlx-robustloss/gomlxops"
	"github.com/robustloss/gomlx-robustloss/internal/testkit"
)

// randomTensor returns a tensor of uniform numbers in [-1, 1), the same for the same seed.
func randomTensor(t *testing.T, dtype dtypes.DType, seed uint64, dims ...int) *tensors.Tensor {
	t.Helper()
	size := 1
	for _, dim := range dims {
		size *= dim
	}
	rng := rand.New(rand.NewPCG(seed, 7))
	values := make([]float64, size)
	for i := range values {
		values[i] = 2*rng.Float64() - 1
	}
	return testkit.Tensor(t, dtype, values, dims...)
}

// goldenTolerance is what the golden values ask of each dtype: the author's filters have 12 digits.
func goldenTolerance(dtype dtypes.DType) float64 {
	if dtype == dtypes.Float64 {
		return 1e-9
	}
	return 1e-5
}

// exactTolerance is for identities that hold but for rounding.
func exactTolerance(dtype dtypes.DType) float64 {
	if dtype == dtypes.Float64 {
		return 1e-13
	}
	return 2e-6
}

// linearCase is a linear map of one tensor.
type linearCase struct {
	name  string
	dims  []int
	apply func(x *Node) *Node
}

// checkTransposes checks, for each linear map A, that the gradient is its transpose: ⟨Ax, y⟩ = ⟨x, Aᵀy⟩, on each backend
// and dtype. One graph holds all maps.
func checkTransposes(t *testing.T, cases []linearCase) {
	t.Helper()
	testkit.ForEachBackend(t, func(t *testing.T, backend compute.Backend) {
		testkit.ForEachDType(t, func(t *testing.T, dtype dtypes.DType) {
			inputs := make([]any, len(cases))
			for i, c := range cases {
				inputs[i] = randomTensor(t, dtype, uint64(i), c.dims...)
			}
			products := testkit.Exec(t, backend, func(nodes []*Node) []*Node {
				var both []*Node
				for i, x := range nodes {
					y := cases[i].apply(x)
					weights := randomTensor(t, dtype, uint64(1000+i), y.Shape().Dimensions...)
					left := ReduceAllSum(Mul(y, ConstTensor(y.Graph(), weights)))
					// The gradient must not depend on x: it is taken at another point.
					gradient := Gradient(ReduceAllSum(Mul(cases[i].apply(Sin(x)), ConstTensor(y.Graph(), weights))), x)[0]
					transposed := Div(gradient, Cos(x))
					both = append(both, left, ReduceAllSum(Mul(x, transposed)), L2NormSquare(y), L2NormSquare(transposed))
				}
				return both
			}, inputs...)
			tolerance := 1e-12
			if dtype == dtypes.Float32 {
				tolerance = 1e-5
			}
			for i, c := range cases {
				value := func(k int) float64 { return testkit.Floats(t, products[4*i+k])[0] }
				left, right := value(0), value(1)
				if value(2) == 0 || value(3) == 0 {
					t.Errorf("%s: A or its transpose is zero", c.name)
				}
				if math.Abs(left-right) > tolerance*(1+math.Sqrt(value(2)*value(3))) {
					t.Errorf("%s: ⟨Ax, y⟩ = %.17g but ⟨x, Aᵀy⟩ = %.17g", c.name, left, right)
				}
			}
		})
	})
}

// mustPanic checks that building a graph with f panics with a message that holds all the words.
func mustPanic(t *testing.T, name string, f func(g *Graph), words ...string) {
	t.Helper()
	defer func() {
		t.Helper()
		message := ""
		switch r := recover().(type) {
		case nil:
			t.Errorf("%s did not panic", name)
			return
		case error:
			message = r.Error()
		case string:
			message = r
		}
		for _, word := range words {
			if !strings.Contains(message, word) {
				t.Errorf("%s panicked with %q, which does not say %q", name, message, word)
			}
		}
	}()
	f(NewGraph(testkit.Backend(t, "go"), name))
}

// zeros returns an image of zeros for tests of panics.
func zeros(g *Graph, dims ...int) *Node {
	return Const(g, tensors.FromFlatDataAndDimensions(make([]float32, product(dims)), dims...))
}

func product(dims []int) int {
	size := 1
	for _, dim := range dims {
		size *= dim
	}
	return size
}

func tensorsOf(all ...*tensors.Tensor) []*tensors.Tensor { return all }

func shapesMake(dtype dtypes.DType, dims ...int) shapes.Shape { return shapes.Make(dtype, dims...) }

// planes is an image as the golden file has it: [channel][row][column].
type planes [][][]float64

// image returns the numbers of p in the order [1, height, width, channels], and that shape.
func (p planes) image() (values []float64, dims []int) {
	dims = []int{1, len(p[0]), len(p[0][0]), len(p)}
	for row := range p[0] {
		for column := range p[0][row] {
			for channel := range p {
				values = append(values, p[channel][row][column])
			}
		}
	}
	return values, dims
}

// goldenImages is golden/images.json: what the author's PyTorch package computes in float64.
type goldenImages struct {
	Inputs map[string]planes
	Cases  []goldenWavelet
	Pads   []struct {
		N, Below, Above int
		Out             []float64
	}
	DCT []struct {
		In  planes
		DCT planes
	}
	YUV struct {
		RGB  planes // [row][column][channel]
		SYUV planes // [row][column][channel]
	}
}

// goldenWavelet is one wavelet transform of an input.
type goldenWavelet struct {
	Name      string
	Wavelet   string
	Levels    int
	MaxLevels int `json:"max_levels"`
	Flat      planes
	VJP       planes    `json:"vjp_ramp"`
	Halved    planes    `json:"flat_rescaled_half"`
	Picture   [][][]int `json:"visualize99"`
}

func (c goldenWavelet) wavelet(t *testing.T) gomlxops.Wavelet {
	t.Helper()
	for _, w := range []gomlxops.Wavelet{gomlxops.CDF97, gomlxops.LeGall53} {
		if w.String() == c.Wavelet {
			return w
		}
	}
	t.Fatalf("unknown wavelet %q", c.Wavelet)
	return 0
}

func readGolden(t *testing.T) goldenImages {
	t.Helper()
	var golden goldenImages
	testkit.Golden(t, "images.json", &golden)
	return golden
}
