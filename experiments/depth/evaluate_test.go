package depth

import (
	"math"
	"slices"
	"testing"

	"github.com/robustloss/gomlx-robustloss/internal/testkit"
)

func quickTests(t *testing.T, pairs int) *TestSet {
	t.Helper()
	config, err := NewConfig("quick", RowAlpha0)
	if err != nil {
		t.Fatal(err)
	}
	config.Data.Train, config.Data.Test = 1, pairs
	streets, err := config.Data.Streets(t.Context(), t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	set, err := streets.ReadTests(config)
	if err != nil {
		t.Fatal(err)
	}
	return set
}

func TestTrueDisparitiesLeaveLessOverThanOthers(t *testing.T) {
	set := quickTests(t, 8)
	backend := testkit.Backend(t, "go")
	mean := func(factor float32) (sum float64) {
		disparities := set.TrueDisparities()
		for _, d := range disparities {
			for k := range d {
				d[k] *= factor
			}
		}
		residuals, err := set.Residuals(backend, disparities)
		if err != nil {
			t.Fatal(err)
		}
		for _, r := range residuals {
			for _, v := range r {
				sum += math.Abs(float64(v)) / float64(len(residuals)*len(r))
			}
		}
		return sum
	}
	truth := mean(1)
	for _, factor := range []float32{0, .7, 1.3} {
		if other := mean(factor); truth > .8*other {
			t.Errorf("mean absolute residual %.4f with the true disparities, %.4f with %g times them", truth, other, factor)
		}
	}
	if _, err := set.Residuals(backend, make([][]float32, 8)); err == nil {
		t.Error("no error without disparities")
	}
	if len(set.First(3).Pairs) != 3 || len(set.First(99).Truths) != 8 {
		t.Error("First")
	}
}

// The mean over eight streets of each loss is least at the truth. Of the valley around it, α = 2 has the widest and α = 0
// the narrowest: half a pixel from the truth it has risen by the smallest and the largest share of what it can.
func TestLossesAreLeastAtTheTruth(t *testing.T) {
	var losses []LossConfig
	for _, row := range []string{RowAlpha2, RowAlpha1, RowAlpha0, RowBaseline} {
		c, err := NewConfig("quick", row)
		if err != nil {
			t.Fatal(err)
		}
		losses = append(losses, c.Loss)
	}
	shifts := []float64{-4, -2, -1, -.5, 0, .5, 1, 2, 4}
	byShift, err := quickTests(t, 8).LossByShift(testkit.Backend(t, "go"), losses, shifts)
	if err != nil {
		t.Fatal(err)
	}
	var risen []float64
	for i, values := range byShift {
		least := slices.Min(values)
		if values[4] != least {
			t.Errorf("loss %d is not least at a shift of 0: %v", i, values)
		}
		risen = append(risen, (values[5]-least)/(slices.Max(values)-least))
	}
	if !(risen[0] < risen[1] && risen[1] < risen[2]) {
		t.Errorf("half a pixel away the losses for α = 2, 1, 0 have risen by %.3f: want them in order", risen[:3])
	}
}

func TestMeanDisparityIsScoredOnTheTestStreets(t *testing.T) {
	config, _ := NewConfig("quick", RowAlpha0)
	config.Data.Train, config.Data.Test = 60, 16
	streets, err := config.Data.Streets(t.Context(), t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	values, err := streets.MeanDisparity(config)
	if err != nil {
		t.Fatal(err)
	}
	// What it says of 600 streets is .26; the mean street is a long way from each.
	if values["abs_rel"] < .15 || values["abs_rel"] > .4 {
		t.Errorf("AbsRel %.3f, want about .26", values["abs_rel"])
	}
}
