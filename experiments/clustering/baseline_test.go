package clustering

import (
	"math/rand/v2"
	"reflect"
	"strings"
	"testing"

	"github.com/robustloss/gomlx-robustloss/data/tabular"
)

func TestKMeans_FindsTheGroupsAndRepeats(t *testing.T) {
	table, err := tabular.Synth(tabular.SynthOptions{Kind: "gaussian", Clusters: 5, PerCluster: 40, Outliers: -1, Seed: 1})
	if err != nil {
		t.Fatal(err)
	}
	labels, err := KMeans(table, 5, 1)
	if err != nil {
		t.Fatal(err)
	}
	s, err := Score(table.Labels, labels)
	if err != nil || s.AMIGeometric < .98 {
		t.Errorf("scores %+v (%v)", s, err)
	}
	if again, err := KMeans(table, 5, 1); err != nil || !reflect.DeepEqual(labels, again) {
		t.Errorf("the same seed gave other labels (%v)", err)
	}
}

// With as many clusters as different rows, the sum of squares is 0.
func TestKMeans_HandlesDuplicatesAndExtremes(t *testing.T) {
	table := &tabular.Table{Rows: 4, Cols: 1, X: []float64{1, 1, 5, 5}}
	labels, err := KMeans(table, 2, 1)
	if err != nil || labels[0] != labels[1] || labels[2] != labels[3] || labels[0] == labels[2] {
		t.Errorf("labels %v (%v)", labels, err)
	}
	if labels, err = KMeans(table, 4, 1); err != nil || labels[0] != labels[1] {
		t.Errorf("more clusters than different rows: %v (%v)", labels, err)
	}
	for _, k := range []int{0, 5} {
		if _, err := KMeans(table, k, 1); err == nil || !strings.Contains(err.Error(), "want 1 ≤ k ≤ rows") {
			t.Errorf("k = %d: %v", k, err)
		}
	}
}

func TestLloyd_SaysWhetherItHasSettled(t *testing.T) {
	m := newMeans(randomTable(200, 2, 5), 6, rand.New(rand.NewPCG(1, 1)))
	if _, settled := m.lloyd(1); settled {
		t.Error("settled in one round")
	}
	if _, settled := m.lloyd(kmeansRounds); !settled {
		t.Errorf("not settled in %d rounds", kmeansRounds)
	}
}
