package photo

import (
	"math"
	"slices"
	"testing"
)

func TestStatistics_OfAFewNumbers(t *testing.T) {
	values := []float64{1, 1, 1, 5}
	for name, c := range map[string][2]float64{
		"mean":          {Mean(values), 2},
		"variance":      {Variance(values), 3},
		"kurtosis":      {Kurtosis(values), (3 + 81) / 4. / 9},
		"half":          {float64(Concentration(values, 0.5)), 1},
		"nine tenths":   {float64(Concentration(values, 0.94)), 3},
		"everything":    {float64(Concentration(values, 1)), 4},
		"of nothing":    {float64(Concentration([]float64{0, 0}, 0.9)), 0},
		"negative ones": {float64(Concentration([]float64{-4, 1}, 0.9)), 1},
	} {
		if math.Abs(c[0]-c[1]) > 1e-12 {
			t.Errorf("%s is %g, want %g", name, c[0], c[1])
		}
	}
	if got := Centred(values); !slices.Equal(got, []float64{-1, -1, -1, 3}) {
		t.Errorf("Centred = %v", got)
	}
}

func TestSpotted_DiffersInOnePixel(t *testing.T) {
	black, err := Spotted(true)
	spot := flat(t, black, err)
	photograph, err := Load()
	clean := flat(t, photograph, err)
	spotted, err := Spotted(false)
	changed := 0
	for i, v := range flat(t, spotted, err) {
		if math.Abs(v-clean[i]-spot[i]) > 1e-15 {
			t.Fatalf("value %d is %g, want %g + %g", i, v, clean[i], spot[i])
		}
		if spot[i] != 0 {
			changed++
		}
	}
	if changed != Channels {
		t.Errorf("%d values were changed", changed)
	}
}
