package tabular

import (
	"math"
	"math/rand/v2"
	"reflect"
	"strings"
	"testing"
)

func TestSynth_MakesWhatIsAsked(t *testing.T) {
	for _, kind := range SynthKinds() {
		o := SynthOptions{Kind: kind, Clusters: 4, PerCluster: 50, Cols: 6, Outliers: .1, Seed: 3}
		got, err := Synth(o)
		if err != nil {
			t.Fatal(err)
		}
		if err := got.Validate(); err != nil {
			t.Fatal(err)
		}
		counts := map[int]int{}
		for _, l := range got.Labels {
			counts[l]++
		}
		if want := map[int]int{-1: 20, 0: 50, 1: 50, 2: 50, 3: 50}; !reflect.DeepEqual(counts, want) {
			t.Errorf("%s: rows per label %v, want %v", kind, counts, want)
		}
		again, err := Synth(o)
		if err != nil || !reflect.DeepEqual(got, again) {
			t.Errorf("%s: the same seed gave another table (%v)", kind, err)
		}
	}
}

// Within a Gaussian cluster each column has the standard deviation .45; the outliers have 3.
func TestSynth_GaussianClustersHaveTheSpreadOfTheirDescription(t *testing.T) {
	table, err := Synth(SynthOptions{Kind: "gaussian", Clusters: 2, PerCluster: 4000, Cols: 3, Outliers: .5, Seed: 1})
	if err != nil {
		t.Fatal(err)
	}
	for label, want := range map[int]float64{-1: 3, 0: .45, 1: .45} {
		var values []float64
		for i, l := range table.Labels {
			if l == label {
				values = append(values, table.Row(i)[1])
			}
		}
		mean, square := 0.0, 0.0
		for _, v := range values {
			mean += v / float64(len(values))
		}
		for _, v := range values {
			square += (v - mean) * (v - mean) / float64(len(values))
		}
		if got := math.Sqrt(square); math.Abs(got/want-1) > .05 {
			t.Errorf("label %d: standard deviation %g, want %g", label, got, want)
		}
	}
}

// χ² with ν degrees of freedom has mean ν and variance 2ν.
func TestChiSquared_HasItsMoments(t *testing.T) {
	rng := rand.New(rand.NewPCG(1, 2))
	for _, nu := range []float64{2.5, 3} {
		const n = 200_000
		mean, square := 0.0, 0.0
		for range n {
			v := chiSquared(rng, nu)
			mean += v / n
			square += v * v / n
		}
		if variance := square - mean*mean; math.Abs(mean/nu-1) > .01 || math.Abs(variance/(2*nu)-1) > .03 {
			t.Errorf("ν = %g: mean %g, variance %g", nu, mean, variance)
		}
	}
}

func TestSynth_RefusesImpossibleOptions(t *testing.T) {
	for want, o := range map[string]SynthOptions{
		`unknown kind of clusters "rings"`: {Kind: "rings"},
		"-1 clusters":                      {Kind: "t3", Clusters: -1},
		"outliers NaN":                     {Kind: "t3", Outliers: nan()},
	} {
		if _, err := Synth(o); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%+v: error %v, want …%s…", o, err, want)
		}
	}
	none, err := Synth(SynthOptions{Kind: "lines", Outliers: -1})
	if err != nil || none.Rows != 1520 {
		t.Errorf("a negative share of outliers: %d rows, want 1520 (%v)", none.Rows, err)
	}
}
