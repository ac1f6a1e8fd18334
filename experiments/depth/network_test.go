package depth

import (
	"math"
	"testing"

	"github.com/gomlx/compute"
	"github.com/gomlx/compute/dtypes"
	"github.com/gomlx/compute/shapes"
	"github.com/gomlx/gomlx/core/graph"
	"github.com/gomlx/gomlx/core/tensors"
	"github.com/gomlx/gomlx/ml/model"

	"github.com/robustloss/gomlx-robustloss/internal/testkit"
)

// smallDispNet is the paper preset's network with a sixteenth of the channels.
func smallDispNet(t *testing.T) NetworkConfig {
	t.Helper()
	c, err := NewConfig("paper", RowBaseline)
	if err != nil {
		t.Fatal(err)
	}
	var stages []Stage
	for _, s := range c.Network.Stages {
		s.Width /= 16
		stages = append(stages, s)
	}
	c.Network.Stages = stages
	c.Network.Scales = 4
	return c.Network
}

func TestDisparitiesHaveTheImagesSizeAndStartAtTheInitialOne(t *testing.T) {
	quick, err := NewConfig("quick", RowBaseline)
	if err != nil {
		t.Fatal(err)
	}
	quick.Network.Scales = 2
	for name, test := range map[string]struct {
		network       NetworkConfig
		height, width int
	}{
		"U-Net":         {quick.Network, 32, 96},
		"DispNet":       {smallDispNet(t), 32, 104},
		"U-Net, 30×100": {quick.Network, 30, 100},
	} {
		t.Run(name, func(t *testing.T) {
			check := func(t *testing.T, backend compute.Backend) {
				store := model.NewStore()
				if err := store.SetRNGStateFromSeed(1); err != nil {
					t.Fatal(err)
				}
				image := testkit.Tensor(t, dtypes.Float32, testkit.Floats(t, randomTensor(t, 1, 2, test.height, test.width, 3)), 2, test.height, test.width, 3)
				outputs := run1(t, backend, store, func(scope *model.Scope, in []*graph.Node) []*graph.Node {
					return test.network.Disparities(scope, in[0])
				}, image)
				if len(outputs) != test.network.Scales {
					t.Fatalf("%d scales, want %d", len(outputs), test.network.Scales)
				}
				for scale, d := range outputs {
					if len(d) != 2*test.height*test.width {
						t.Fatalf("scale %d: %d disparities, want %d", scale, len(d), 2*test.height*test.width)
					}
					var mean float64
					for _, v := range d {
						mean += v / float64(len(d))
						if v < MinDisparity || v > test.network.MaxDisparity+MinDisparity {
							t.Fatalf("scale %d: disparity %g", scale, v)
						}
					}
					if math.Abs(math.Log(mean/test.network.InitialDisparity)) > .5 {
						t.Errorf("scale %d: mean disparity %g, want about %g", scale, mean, test.network.InitialDisparity)
					}
				}
			}
			if name == "U-Net" {
				testkit.ForEachBackend(t, check)
			} else { // XLA needs long to compile many stages.
				check(t, testkit.Backend(t, "go"))
			}
		})
	}
}

func TestPaperNetworkHasTheSizeOfDispNet(t *testing.T) {
	c, err := NewConfig("paper", RowBaseline)
	if err != nil {
		t.Fatal(err)
	}
	// The weights of DispNet as in the public code [2] without its heads at coarser scales: kernels and biases of 14
	// convolutions down and 14 up, and one head.
	down, want := 3, 0
	count := func(kernel, in, out int) { want += kernel*kernel*in*out + out }
	for _, s := range c.Network.Stages {
		count(s.Kernel, down, s.Width)
		count(s.Kernel, s.Width, s.Width)
		down = s.Width
	}
	up := []int{512, 512, 256, 128, 64, 32}
	in := 512
	for _, w := range up {
		count(3, in, w)
		count(3, 2*w, w)
		in = w
	}
	count(3, 32, 16)
	count(3, 16, 16)
	count(3, 16, 1)
	store := model.NewStore()
	backend := testkit.Backend(t, "go")
	exec, err := model.NewExec(backend, store, func(scope *model.Scope, image *graph.Node) *graph.Node {
		return graph.ReduceAllMean(c.Network.Disparities(scope, image)[0])
	})
	if err != nil {
		t.Fatal(err)
	}
	defer exec.Finalize()
	if _, err := exec.Call1(tensors.FromShape(shapes.Make(dtypes.Float32, 1, 16, 16, 3))); err != nil {
		t.Fatal(err)
	}
	if got := store.Scope("/" + networkScope).NumParameters(); got != want {
		t.Errorf("%d weights, want %d", got, want)
	}
}
