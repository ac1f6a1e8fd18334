package synth_test

import (
	"math"
	"os"
	"path/filepath"
	"reflect"
	"sort"
	"strings"
	"testing"

	"github.com/robustloss/gomlx-robustloss/data/kitti"
	"github.com/robustloss/gomlx-robustloss/data/synth"
)

var streetOptions = synth.StreetOptions{Height: 32, Width: 96, Seed: 1}

func TestStreetsAreDeterministic(t *testing.T) {
	if !reflect.DeepEqual(synth.NewStreet(streetOptions, 3), synth.NewStreet(streetOptions, 3)) {
		t.Error("the same street came out differently")
	}
	other := streetOptions
	other.Seed = 2
	if reflect.DeepEqual(synth.NewStreet(streetOptions, 3).Depth, synth.NewStreet(other, 3).Depth) {
		t.Error("two seeds gave the same street")
	}
}

// The right view at column u − fB/z must look like the left one at u: much more alike than at the same column or at
// u + fB/z, which is what a wrong sign would compare.
func TestDisparityFollowsFromDepth(t *testing.T) {
	focalBaseline := .58 * 96 * .5327
	var right, none, wrong float64
	for i := range 20 {
		s := synth.NewStreet(streetOptions, i)
		right += meanDifference(s, focalBaseline)
		none += meanDifference(s, 0)
		wrong += meanDifference(s, -focalBaseline)
	}
	if right > .6*none || right > .6*wrong {
		t.Errorf("mean absolute difference %.4f with the disparity, %.4f without, %.4f with the wrong sign", right/20, none/20, wrong/20)
	}
}

// meanDifference samples the right view at u − k/z with linear interpolation.
func meanDifference(s *synth.Street, k float64) float64 {
	var sum float64
	var n int
	for y := range s.Left.Height {
		for x := range s.Left.Width {
			z := float64(s.Depth.At(y, x))
			if z == 0 {
				continue
			}
			u := float64(x) - k/z
			i := int(math.Floor(u))
			if i < 0 || i+1 >= s.Left.Width {
				continue
			}
			t := u - float64(i)
			for c := range 3 {
				value := (1-t)*float64(s.Right.At(y, i)[c]) + t*float64(s.Right.At(y, i+1)[c])
				sum += math.Abs(value - float64(s.Left.At(y, x)[c]))
				n++
			}
		}
	}
	return sum / float64(n)
}

// Of the ground the depth is known in closed form: z = 1.65·f/(v − cy). It must be exact wherever nothing stands on it,
// and nothing may lie below it.
func TestDepthOfTheGround(t *testing.T) {
	f, cy := .58*96, .46*32
	for i := range 10 {
		s := synth.NewStreet(streetOptions, i)
		onGround := 0
		for y := range 32 {
			v := float64(y) + .5 - cy
			for x := range 96 {
				z := float64(s.Depth.At(y, x))
				if v > 0 && (z == 0 || z > 1.65*f/v*(1+1e-6)) {
					t.Fatalf("street %d, pixel (%d, %d): depth %g below the ground", i, y, x, z)
				}
				if v > 0 && math.Abs(z-1.65*f/v) < 1e-5*z {
					onGround++
				}
			}
		}
		if onGround < 300 {
			t.Errorf("street %d: only %d pixels show the ground", i, onGround)
		}
	}
}

func TestWrittenStreetsPassThroughTheReaderOfTheRecordings(t *testing.T) {
	root := t.TempDir()
	if err := synth.WriteStreets(t.Context(), root, 3, 2, streetOptions, nil); err != nil {
		t.Fatal(err)
	}
	for split, first := range map[string]int{synth.StreetsTrainSplit: 0, synth.StreetsTestSplit: 3} {
		entries, err := kitti.ReadSplit(filepath.Join(root, split))
		if err != nil {
			t.Fatal(err)
		}
		l, err := kitti.NewLoader(kitti.LoaderOptions{Root: root, Entries: entries, Height: 32, Width: 96, Batch: 1})
		if err != nil {
			t.Fatal(err)
		}
		for i := range entries {
			s := synth.NewStreet(streetOptions, first+i)
			checkSameStreet(t, l, i, s)
		}
		if b := l.Calibration(0).Baseline(); math.Abs(b-.5327) > 1e-12 {
			t.Errorf("baseline %g", b)
		}
	}
	if files, err := kitti.ListFrames(root, map[string]bool{"2000_01_01_drive_0002_sync": true}, nil); err != nil || len(files) != 3 {
		t.Errorf("%v, %v, want the 3 frames for training", files, err)
	}
}

func TestStreetsAreWrittenOnce(t *testing.T) {
	root := filepath.Join(t.TempDir(), "streets")
	if err := synth.WriteStreets(t.Context(), root, 1, 1, streetOptions, nil); err != nil {
		t.Fatal(err)
	}
	before := hashFolder(t, root)
	never := func(_, _ int) { t.Error("a street was written again") }
	if err := synth.WriteStreets(t.Context(), root, 1, 1, streetOptions, never); err != nil {
		t.Error(err)
	}
	other := streetOptions
	other.RandomLanes = true
	if err := synth.WriteStreets(t.Context(), root, 1, 1, other, never); err == nil || !strings.Contains(err.Error(), "holds other data") {
		t.Errorf("other streets in the same folder: %v", err)
	}
	if hashFolder(t, root) != before {
		t.Error("the folder changed")
	}
}

// checkSameStreet compares what was read with what was made: images to half a grey level, depth to the last bit.
func checkSameStreet(t *testing.T, l *kitti.Loader, i int, s *synth.Street) {
	t.Helper()
	pair, err := l.Pair(i)
	if err != nil {
		t.Fatal(err)
	}
	for k, v := range s.Right.RGB {
		if math.Abs(float64(pair.Right.RGB[k]-v)) > .5/255+1e-6 {
			t.Fatalf("street %d: value %d of the right view is %g, was %g", i, k, pair.Right.RGB[k], v)
		}
	}
	depth, err := l.Depth(i)
	if err != nil {
		t.Fatal(err)
	}
	// The evaluation takes the last pixel of a row and the first of the next for one and the same: the one that comes
	// first gets the smaller depth. All others must have their own depth exactly.
	for k, z := range s.Depth.Metres {
		if next := k + 1; k%96 == 95 && next < len(s.Depth.Metres) && z > 0 && s.Depth.Metres[next] > 0 {
			z = min(z, s.Depth.Metres[next])
		}
		if depth.Metres[k] != z {
			t.Fatalf("street %d: depth of pixel (%d, %d) is %g through the scan, want %g", i, k/96, k%96, depth.Metres[k], z)
		}
	}
}

// What the residuals of a photometric loss look like at the true disparity: most are near the noise, some are huge.
func TestResidualsAreHeavyTailed(t *testing.T) {
	var residuals []float64
	for i := range 20 {
		s := synth.NewStreet(streetOptions, i)
		for y := range 32 {
			for x := range 96 {
				z := float64(s.Depth.At(y, x))
				if z == 0 {
					continue
				}
				u := float64(x) - .58*96*.5327/z
				j := int(math.Floor(u))
				if j < 0 || j+1 >= 96 {
					continue
				}
				t := u - float64(j)
				residuals = append(residuals, math.Abs((1-t)*float64(s.Right.At(y, j)[1])+t*float64(s.Right.At(y, j+1)[1])-float64(s.Left.At(y, x)[1])))
			}
		}
	}
	sort.Float64s(residuals)
	quantile := func(q float64) float64 { return residuals[int(q*float64(len(residuals)))] }
	// Of a normal distribution the 99 % quantile of |x| is 3.8 times the median.
	if ratio := quantile(.99) / quantile(.5); ratio < 8 {
		t.Errorf("the 99 %% quantile is %.1f times the median (%.4f): no heavy tail", ratio, quantile(.5))
	}
}

func TestStreetErrors(t *testing.T) {
	for _, err := range []error{
		synth.WriteStreets(t.Context(), t.TempDir(), 1, 1, synth.StreetOptions{Height: 8, Width: 96}, nil),
		synth.WriteStreets(t.Context(), t.TempDir(), 0, 1, streetOptions, nil),
		synth.WriteStreets(t.Context(), filepath.Join(os.DevNull, "x"), 1, 1, streetOptions, nil),
	} {
		if err == nil {
			t.Error("no error")
		}
	}
}

func BenchmarkNewStreet(b *testing.B) {
	i := 0
	for b.Loop() {
		synth.NewStreet(streetOptions, i)
		i++
	}
	b.ReportMetric(float64(b.N)/b.Elapsed().Seconds(), "pairs/s")
}
