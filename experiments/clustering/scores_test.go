package clustering

import (
	"math"
	"strings"
	"testing"
)

// Values of scikit-learn 1.9.1: adjusted_mutual_info_score and normalized_mutual_info_score with average_method geometric
// and arithmetic, adjusted_rand_score.
func TestScore_IsThatOfScikitLearn(t *testing.T) {
	for _, test := range []struct {
		truth, labels []int
		want          Scores
	}{
		{
			[]int{1, 1, 1, 1, 1, 2, 2, 2, 2, 2},
			[]int{1, 1, 1, 2, 2, 2, 2, 2, 2, 2},
			Scores{.35650401580976004, .35571376050999876, .4216317104875143, .4207914918051404, .29411764705882354, 10},
		},
		{
			[]int{0, 0, 0, 1, 1, 1, 2, 2, 2, 2},
			[]int{0, 0, 1, 1, 1, 1, 2, 2, 2, 0},
			Scores{.47728999000145694, .47728999000145694, .6180656462921543, .6180656462921543, .4318181818181818, 10},
		},
		{[]int{0, 0, 1, 1}, []int{0, 1, 0, 1}, Scores{-.5, -.5, 0, 0, -.5, 4}},
		{[]int{0, 1, 2, 3, 4, 5}, []int{0, 0, 0, 1, 1, 1}, Scores{0, 0, .6219749249242618, .5578858913022593, 0, 6}},
		{[]int{0, 0, 0, 0}, []int{0, 0, 0, 0}, Scores{1, 1, 1, 1, 1, 4}},
		{[]int{0, 0, 0, 0}, []int{0, 1, 2, 3}, Scores{0, 0, 0, 0, 0, 4}},
		{[]int{0, 1, 2, 3}, []int{3, 2, 1, 0}, Scores{1, 1, 1, 1, 1, 4}},
		{
			[]int{0, 0, 0, 1, 1, 1, 2, 2, 2, 2, 3},
			[]int{5, 5, 1, 1, 1, 1, 0, 0, 2, 2, 2},
			Scores{.4922031183974616, .4920696370326229, .6952846724241584, .6951715131094366, .3956043956043956, 11},
		},
	} {
		got, err := Score(test.truth, test.labels)
		if err != nil {
			t.Fatal(err)
		}
		for i, pair := range [][2]float64{
			{got.AMIGeometric, test.want.AMIGeometric},
			{got.AMIArithmetic, test.want.AMIArithmetic},
			{got.NMIGeometric, test.want.NMIGeometric},
			{got.NMIArithmetic, test.want.NMIArithmetic},
			{got.ARI, test.want.ARI},
		} {
			if math.Abs(pair[0]-pair[1]) > 1e-10 {
				t.Errorf("truth %v, labels %v: score %d is %.12f, want %.12f", test.truth, test.labels, i, pair[0], pair[1])
			}
		}
		if got.Rows != test.want.Rows {
			t.Errorf("%d rows, want %d", got.Rows, test.want.Rows)
		}
	}
}

// MI and EMI of scikit-learn 1.9.1.
func TestInformation_IsThatOfScikitLearn(t *testing.T) {
	for _, test := range []struct {
		truth, labels []int
		mi, emi       float64
	}{
		{[]int{1, 1, 1, 1, 1, 2, 2, 2, 2, 2}, []int{1, 1, 1, 2, 2, 2, 2, 2, 2, 2}, .2743584686, .0658574587},
		{[]int{0, 0, 0, 1, 1, 1, 2, 2, 2, 2}, []int{0, 0, 1, 1, 1, 1, 2, 2, 2, 0}, .6730116670, .2932612839},
	} {
		c := newContingency(test.truth, test.labels)
		if mi, emi := c.mutualInformation(), c.expectedInformation(); math.Abs(mi-test.mi) > 1e-9 || math.Abs(emi-test.emi) > 1e-9 {
			t.Errorf("MI %.10f, EMI %.10f, want %.10f, %.10f", mi, emi, test.mi, test.emi)
		}
	}
}

func TestScore_LeavesOutRowsOfNoClass(t *testing.T) {
	with, err := Score([]int{0, -1, 0, 1, -1, 1}, []int{3, 9, 3, 3, 8, 2})
	if err != nil {
		t.Fatal(err)
	}
	without, err := Score([]int{0, 0, 1, 1}, []int{3, 3, 3, 2})
	if err != nil {
		t.Fatal(err)
	}
	if with != without {
		t.Errorf("with noise %+v, without %+v", with, without)
	}
}

func TestScore_RefusesWhatCannotBeCompared(t *testing.T) {
	for want, test := range map[string][2][]int{
		"2 true classes for 1 labels": {{0, 1}, {0}},
		"no row has a true class":     {{-1, -1}, {0, 1}},
	} {
		if _, err := Score(test[0], test[1]); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("error %v, want …%s…", err, want)
		}
	}
}
