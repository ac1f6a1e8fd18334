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

	"github.com/robustloss/gomlx-robustloss/data/synth"
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

// moved is Rx(a)·Ry(b)·Rz(c)·X + t, with the matrices multiplied out in full.
func moved(pose [6]float64, point [3]float64) [3]float64 {
	type matrix = [3][3]float64
	sx, cx := math.Sincos(pose[3])
	sy, cy := math.Sincos(pose[4])
	sz, cz := math.Sincos(pose[5])
	for _, m := range []matrix{
		{{cz, -sz, 0}, {sz, cz, 0}, {0, 0, 1}},
		{{cy, 0, sy}, {0, 1, 0}, {-sy, 0, cy}},
		{{1, 0, 0}, {0, cx, -sx}, {0, sx, cx}},
	} {
		var out [3]float64
		for i := range out {
			for k := range point {
				out[i] += m[i][k] * point[k]
			}
		}
		point = out
	}
	return [3]float64{point[0] + pose[0], point[1] + pose[1], point[2] + pose[2]}
}

func TestPositionsAreThoseOfThePinholeCamera(t *testing.T) {
	const height, width = 3, 4
	camera := []float64{5, 4, 1.7, .8, 6, 7, 1.2, 1.1}
	poses := [2][6]float64{{.3, -.2, .4, .2, -.3, .1}, {0, .1, -5, -.1, .05, .3}}
	depths := testkit.Floats(t, randomTensor(t, 1, 2, height, width, 1))
	var flat, want, wantFront []float64
	for b, pose := range poses {
		fx, fy, cx, cy := camera[4*b], camera[4*b+1], camera[4*b+2], camera[4*b+3]
		flat = append(flat, pose[:]...)
		for v := range height {
			for u := range width {
				i := (b*height+v)*width + u
				depths[i] = 2 + 4*depths[i]
				p := moved(pose, [3]float64{depths[i] * (float64(u) - cx) / fx, depths[i] * (float64(v) - cy) / fy, depths[i]})
				wantFront = append(wantFront, float64(btoi(p[2] > nearest)))
				p[2] = max(p[2], nearest)
				want = append(want, fx*p[0]/p[2]+cx, fy*p[1]/p[2]+cy)
			}
		}
	}
	testkit.ForEachBackend(t, func(t *testing.T, backend compute.Backend) {
		got := testkit.Exec(t, backend, func(in []*graph.Node) []*graph.Node {
			positions, front := positions(in[0], in[1], in[2])
			return []*graph.Node{positions, front}
		}, testkit.Tensor(t, dtypes.Float64, depths, 2, height, width, 1), testkit.Tensor(t, dtypes.Float64, flat, 2, 6), testkit.Tensor(t, dtypes.Float64, camera, 2, 4))
		testkit.CheckClose(t, "positions", testkit.Floats(t, got[0]), want, 1e-10, 1e-10)
		testkit.CheckClose(t, "front", testkit.Floats(t, got[1]), wantFront, 0, 0)
	})
}

func TestGradientOfTheProjection(t *testing.T) {
	const height, width = 3, 4
	depths := testkit.Floats(t, randomTensor(t, 1, 2, height, width, 1))
	for i := range depths {
		depths[i] = 2 + 4*depths[i]
	}
	testkit.ForEachBackend(t, func(t *testing.T, backend compute.Backend) {
		inputs := []*tensors.Tensor{
			testkit.Tensor(t, dtypes.Float64, depths, 2, height, width, 1),
			testkit.Tensor(t, dtypes.Float64, []float64{.3, -.2, .4, .2, -.3, .1, .1, .1, -.5, -.1, .05, .3}, 2, 6),
		}
		camera := func(g *graph.Graph) *graph.Node {
			return graph.Const(g, [][]float64{{5, 4, 1.7, .8}, {6, 7, 1.2, 1.1}})
		}
		source := func(g *graph.Graph) *graph.Node {
			return graph.Reshape(graph.Const(g, testkit.Floats(t, randomTensor(t, 5, 2, height, width, 2))), 2, height, width, 2)
		}
		testkit.CheckGradient(t, backend, func(in []*graph.Node) *graph.Node {
			positions, _ := positions(in[0], in[1], camera(in[0].Graph()))
			return positions
		}, inputs, testkit.Tolerance{})
		// A small step, so that no position comes to lie between other pixels.
		residual := func(in []*graph.Node) *graph.Node {
			g := in[0].Graph()
			images := source(g)
			return residualOfMotion(graph.ZerosLike(images), images, in[0], in[1], camera(g))
		}
		testkit.CheckGradient(t, backend, residual, inputs, testkit.Tolerance{Step: 1e-5, Rel: 1e-6})
		seen := 0
		for _, v := range testkit.Floats(t, testkit.Exec(t, backend, residual, inputs[0], inputs[1])[0]) {
			seen += btoi(v != 0)
		}
		if seen < 12 {
			t.Errorf("only %d values of the source are seen, too few for a test", seen)
		}
	})
}

// With the true depth and the true motion little is left over of a frame's neighbours; without the motion, or with the
// opposite one, much is.
func TestTrueMotionLeavesLittleOver(t *testing.T) {
	const streets, height, width = 8, 32, 96
	options := synth.StreetOptions{Height: height, Width: width, Seed: 1}
	var target, depth, camera []float64
	var sources, poses, opposite [2][]float64
	wide := func(to []float64, values []float32) []float64 {
		for _, v := range values {
			to = append(to, float64(v))
		}
		return to
	}
	for i := range streets {
		s := synth.NewStreetSnippet(options, i)
		target = wide(target, s.Left.RGB)
		sources[0], sources[1] = wide(sources[0], s.Before.RGB), wide(sources[1], s.After.RGB)
		for _, z := range s.Depth.Metres {
			depth = append(depth, max(float64(z), 1e6*float64(btoi(z == 0)))) // the sky is far
		}
		camera = append(camera, .58*width, .58*width, .5*width-.5, .46*height-.5)
		for k, m := range []synth.StreetMotion{s.ToBefore, s.ToAfter} {
			poses[k] = append(poses[k], m.X, m.Y, m.Z, 0, m.Turn, 0)
			opposite[k] = append(opposite[k], -m.X, 0, -m.Z, 0, -m.Turn, 0)
		}
	}
	tensor := func(values []float64, dims ...int) *tensors.Tensor {
		return testkit.Tensor(t, dtypes.Float64, values, dims...)
	}
	testkit.ForEachBackend(t, func(t *testing.T, backend compute.Backend) {
		for k := range sources {
			left := func(pose []float64) float64 {
				got := testkit.Exec(t, backend, func(in []*graph.Node) *graph.Node {
					return graph.ReduceAllMean(graph.Abs(residualOfMotion(in[0], in[1], in[2], in[3], in[4])))
				}, tensor(target, streets, height, width, 3), tensor(sources[k], streets, height, width, 3), tensor(depth, streets, height, width, 1),
					tensor(pose, streets, 6), tensor(camera, streets, 4))
				return testkit.Floats(t, got[0])[0]
			}
			truth, still, wrong := left(poses[k]), left(make([]float64, 6*streets)), left(opposite[k])
			t.Logf("source %d: mean |ΔRGB| %.4f with the true motion, %.4f without motion, %.4f with the opposite one", k, truth, still, wrong)
			if truth > .5*still || truth > .5*wrong {
				t.Errorf("source %d: mean |ΔRGB| %.4f with the true motion, %.4f without motion, %.4f with the opposite one", k, truth, still, wrong)
			}
		}
	})
}

func TestPosesStartSmallAndTheNetworkHasTheAuthorsSize(t *testing.T) {
	c, err := newTemporalConfig("paper", RowBaseline)
	if err != nil {
		t.Fatal(err)
	}
	want, in := 0, 9
	for i, width := range []int{16, 32, 64, 128, 256, 256, 256} {
		kernel := []int{7, 5, 3, 3, 3, 3, 3}[i]
		want += kernel*kernel*in*width + width
		in = width
	}
	want += in*12 + 12
	store := model.NewStore()
	if err := store.SetRNGStateFromSeed(1); err != nil {
		t.Fatal(err)
	}
	image := func(seed uint64) any { return randomTensor(t, seed, 2, 32, 64, 3) }
	outputs := run1(t, testkit.Backend(t, "go"), store, func(scope *model.Scope, in []*graph.Node) []*graph.Node {
		return c.Pose.poses(scope, in[0], in[1], in[2])
	}, image(1), image(2), image(3))
	for _, pose := range outputs {
		if len(pose) != 2*poseNumbers {
			t.Fatalf("%d numbers, want %d", len(pose), 2*poseNumbers)
		}
		for _, v := range pose {
			if v == 0 || math.Abs(v) > .05 {
				t.Errorf("a pose starts at %g", v)
			}
		}
	}
	if got := store.Scope("/" + poseScope).NumParameters(); got != want {
		t.Errorf("%d weights, want %d", got, want)
	}
}
