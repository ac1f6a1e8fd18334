package photo

import (
	"math"
	"math/rand/v2"
	"os"
	"slices"
	"strings"
	"testing"

	"github.com/gomlx/gomlx/core/tensors"
	"gonum.org/v1/gonum/stat/distuv"
)

func flat(t *testing.T, tensor *tensors.Tensor, err error) []float64 {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
	values, err := tensors.CopyFlatData[float64](tensor)
	if err != nil {
		t.Fatal(err)
	}
	return values
}

// Each is a picture of many colours, named in the licence, and no two are the same; Load returns the first.
func TestNamed_AreDifferentPhotographs(t *testing.T) {
	licence, err := os.ReadFile("LICENSE")
	if err != nil {
		t.Fatal(err)
	}
	var seen [][]float64
	for _, name := range Names() {
		tensor, err := Named(name)
		pixels := flat(t, tensor, err)
		if len(pixels) != Size*Size*Channels {
			t.Fatalf("%s: %d numbers", name, len(pixels))
		}
		if lo, hi := slices.Min(pixels), slices.Max(pixels); lo < 0 || hi > 1 || hi-lo < 0.5 {
			t.Errorf("%s: the colours are from %g to %g", name, lo, hi)
		}
		if !strings.Contains(string(licence), name+".png is") {
			t.Errorf("LICENSE does not say whose %s is", name)
		}
		if info, err := os.Stat(name + ".png"); err != nil || info.Size() > 150_000 {
			t.Errorf("%s is no file of up to 150 kB (%v)", name, err)
		}
		for i, other := range seen {
			if slices.Equal(pixels, other) {
				t.Errorf("%s is %s", name, Names()[i])
			}
		}
		seen = append(seen, pixels)
	}
	tensor, err := Load()
	if !slices.Equal(flat(t, tensor, err), seen[0]) || Names()[0] != "chelsea" {
		t.Error("Load does not return Chelsea")
	}
	for _, name := range []string{"", "Chelsea", "chelsea.png", "../photo/chelsea"} {
		if _, err := Named(name); err == nil || !strings.Contains(err.Error(), "rocket") {
			t.Errorf("the photograph %q: the error is %v, want one with the names there are", name, err)
		}
	}
}

// Put side by side, the patches are the photograph less its mean colour.
func TestPatches_AreThePhotograph(t *testing.T) {
	tensor, err := Load()
	pixels := flat(t, tensor, err)
	for _, side := range []int{1, 8, 256} {
		tensor, err := Patches(side)
		patches := flat(t, tensor, err)
		var mean, difference [Channels]float64
		for i, v := range patches {
			mean[i%Channels] += v
		}
		across := Size / side
		difference = [Channels]float64{pixels[0] - patches[0], pixels[1] - patches[1], pixels[2] - patches[2]}
		for i, v := range pixels {
			y, x, c := i/Channels/Size, i/Channels%Size, i%Channels
			patch := y/side*across + x/side
			got := patches[((patch*side+y%side)*side+x%side)*Channels+c]
			if math.Abs(v-got-difference[c]) > 1e-12 {
				t.Fatalf("side %d: pixel (%d, %d) is %g, want %g", side, y, x, got, v-difference[c])
			}
		}
		for c := range mean {
			if math.Abs(mean[c]) > 1e-8 {
				t.Errorf("side %d: channel %d adds up to %g", side, c, mean[c])
			}
		}
	}
	for _, side := range []int{0, 7, 512} {
		if _, err := Patches(side); err == nil {
			t.Errorf("patches of side %d are no error", side)
		}
	}
}

func TestBands_OfOneImage(t *testing.T) {
	// 4×4, one channel, two levels: coefficient (y, x) is 10·y + x.
	var values []float64
	for y := range 4 {
		for x := range 4 {
			values = append(values, float64(10*y+x))
		}
	}
	bands, err := Bands(values, 4, 1, 2)
	if err != nil {
		t.Fatal(err)
	}
	want := []Band{
		{1, "vertical", 0, []float64{2, 3, 12, 13}},
		{1, "horizontal", 0, []float64{20, 21, 30, 31}},
		{1, "diagonal", 0, []float64{22, 23, 32, 33}},
		{2, "vertical", 0, []float64{1}},
		{2, "horizontal", 0, []float64{10}},
		{2, "diagonal", 0, []float64{11}},
		{2, "low", 0, []float64{0}},
	}
	if len(bands) != len(want) {
		t.Fatalf("%d bands, want %d", len(bands), len(want))
	}
	for i := range want {
		if b := bands[i]; b.Level != want[i].Level || b.Direction != want[i].Direction || !slices.Equal(b.Values, want[i].Values) {
			t.Errorf("band %d is %v, want %v", i, b, want[i])
		}
	}
	if _, err := Bands(values, 4, 1, 3); err == nil {
		t.Error("3 levels are no error")
	}
	if _, err := Bands(values[:15], 4, 1, 1); err == nil {
		t.Error("15 values are no error")
	}
}

func TestOctaves_OfOneImage(t *testing.T) {
	values := make([]float64, 16) // coefficient (y, x) is 10·y + x
	for i := range values {
		values[i] = float64(10*(i/4) + i%4)
	}
	bands, err := Octaves(values, 4, 1, 2)
	if err != nil {
		t.Fatal(err)
	}
	if len(bands) != 2 || !slices.Equal(bands[1].Values, []float64{0, 1, 10, 11}) || len(bands[0].Values) != 12 {
		t.Errorf("the octaves are %v", bands)
	}
	for _, c := range [][4]int{{15, 4, 1, 2}, {16, 4, 1, 0}, {16, 4, 1, 4}, {16, 0, 1, 1}} {
		if _, err := Octaves(values[:c[0]], c[1], c[2], c[3]); err == nil {
			t.Errorf("Octaves of %v is no error", c)
		}
	}
}

// Each distribution fits its own samples best, with about the parameters they were drawn with.
func TestFits_FindTheirOwn(t *testing.T) {
	src := rand.NewPCG(1, 2)
	normal, students := distuv.Normal{Sigma: 0.3, Src: src}, distuv.StudentsT{Sigma: 0.1, Nu: 3, Src: src}
	for _, c := range []struct {
		draw         func() float64
		best         string
		shape, scale float64
	}{{normal.Rand, "normal", 2, 0.3}, {students.Rand, "Student's t", 3, 0.1}} {
		samples := make([]float64, 4000)
		for i := range samples {
			samples[i] = c.draw()
		}
		fits, err := Fits(samples)
		if err != nil {
			t.Fatal(err)
		}
		if len(fits) != 4 {
			t.Fatalf("%d fits", len(fits))
		}
		general := fits[3]
		for _, f := range fits {
			if f.Name == c.best && (math.Abs(f.Shape-c.shape) > 0.15*c.shape || math.Abs(f.Scale-c.scale) > 0.05*c.scale) {
				t.Errorf("%s: shape %g, scale %g, want %g, %g", f.Name, f.Shape, f.Scale, c.shape, c.scale)
			}
			if f.Name != "Student's t" && general.NLL > f.NLL+1e-9 {
				t.Errorf("the general distribution fits worse (%g) than its case %s (%g)", general.NLL, f.Name, f.NLL)
			}
			sum := 0.0
			for _, x := range samples {
				sum -= f.LogProb(x) / float64(len(samples))
			}
			if math.Abs(sum-f.NLL) > 1e-9 {
				t.Errorf("%s: NLL is %g, want %g", f.Name, f.NLL, sum)
			}
		}
	}
	if _, err := Fits([]float64{1, 2, math.NaN()}); err == nil {
		t.Error("a sample that is no number is no error")
	}
}

func TestThin_KeepsSomeOfAll(t *testing.T) {
	if got := Thin([]float64{0, 1, 2, 3, 4, 5, 6}, 3); !slices.Equal(got, []float64{0, 2, 4}) {
		t.Errorf("Thin = %v", got)
	}
	if got := Thin([]float64{1, 2}, 3); !slices.Equal(got, []float64{1, 2}) {
		t.Errorf("Thin = %v", got)
	}
}
