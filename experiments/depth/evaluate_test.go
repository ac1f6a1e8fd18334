package depth

import (
	"math"
	"slices"
	"testing"

	"github.com/gomlx/gomlx/core/graph"
	"github.com/gomlx/gomlx/ml/model"

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
		left, right, maps, err := set.Batch(disparities)
		if err != nil {
			t.Fatal(err)
		}
		residuals := testkit.Floats(t, testkit.Exec(t, backend, Residual, left, right, maps)[0])
		for _, r := range residuals {
			sum += math.Abs(r) / float64(len(residuals))
		}
		return sum
	}
	truth := mean(1)
	for _, factor := range []float32{0, .7, 1.3} {
		if other := mean(factor); truth > .8*other {
			t.Errorf("mean absolute residual %.4f with the true disparities, %.4f with %g times them", truth, other, factor)
		}
	}
	for _, disparities := range [][][]float32{nil, make([][]float32, 8)} {
		if _, _, _, err := set.Batch(disparities); err == nil {
			t.Errorf("no error for %d empty maps of disparities", len(disparities))
		}
	}
	if len(set.First(3).Pairs) != 3 || len(set.First(99).Truths) != 8 {
		t.Error("First")
	}
}

// The mean over eight streets of each loss is least at the truth. Of the valley around it, α = 2 has the widest and α = 0
// the narrowest: half a pixel from the truth it has risen by the smallest and the largest share of what it can.
func TestLossesAreLeastAtTheTruth(t *testing.T) {
	var losses []LossConfig
	for _, row := range []string{RowAlpha2, RowAlpha1, RowAlpha0, RowLaplace, RowBaseline} {
		c, err := NewConfig("quick", row)
		if err != nil {
			t.Fatal(err)
		}
		losses = append(losses, c.Loss)
	}
	shifts := []float64{-4, -2, -1, -.5, 0, .5, 1, 2, 4}
	set := quickTests(t, 8)
	left, right, truth, err := set.Batch(set.TrueDisparities())
	if err != nil {
		t.Fatal(err)
	}
	byShift := make([][]float64, len(losses))
	for _, shift := range shifts {
		values := run1(t, testkit.Backend(t, "go"), model.NewStore(), func(scope *model.Scope, in []*graph.Node) []*graph.Node {
			var values []*graph.Node
			for i, loss := range losses {
				value, _ := loss.Terms(scope.In("loss_%d", i), in[0], in[1], graph.AddScalar(in[2], shift), 1)
				values = append(values, value)
			}
			return values
		}, left, right, truth)
		for i, value := range values {
			byShift[i] = append(byShift[i], value[0])
		}
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
