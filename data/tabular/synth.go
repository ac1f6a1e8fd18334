package tabular

import (
	"fmt"
	"math"
	"math/rand/v2"
	"slices"
)

// SynthOptions says what Synth makes. Zero fields take the defaults in brackets.
type SynthOptions struct {
	Kind       string  // one of SynthKinds
	Clusters   int     // [10]
	PerCluster int     // rows of each cluster [152]
	Cols       int     // [20]
	Outliers   float64 // share of the cluster rows added as rows of no class, label −1 [.05]; negative for none
	Seed       uint64
}

// SynthKinds lists the kinds of clusters that Synth makes:
//
//	gaussian   isotropic Gaussian clusters, standard deviation .45, around centres drawn from N(0, I)
//	t3         the same centres, Student's t noise with 3 degrees of freedom, scale .3
//	curved     noisy space curves (t, sin 2πt, cos 3πt)·B + N(0, .12²), t uniform in [−1, 1]
//	lines      noisy line segments t·b + noise of a Student's t with 2.5 degrees of freedom, scale .06
func SynthKinds() []string { return []string{"gaussian", "t3", "curved", "lines"} }

// Synth makes a table whose clusters are known. The outliers are drawn from a Gaussian of three times the spread of the
// centres. Rows come in random order.
func Synth(o SynthOptions) (*Table, error) {
	o = o.withDefaults()
	if !slices.Contains(SynthKinds(), o.Kind) {
		return nil, fmt.Errorf("tabular: unknown kind of clusters %q: want one of %q", o.Kind, SynthKinds())
	}
	if o.Clusters < 1 || o.PerCluster < 1 || o.Cols < 1 || math.IsNaN(o.Outliers) {
		return nil, fmt.Errorf("tabular: %d clusters of %d rows and %d columns, outliers %g: want at least one of each", o.Clusters, o.PerCluster, o.Cols, o.Outliers)
	}
	rng := rand.New(rand.NewPCG(o.Seed, 0xda942042e4dd58b5))
	t := &Table{Name: fmt.Sprintf("%s, seed %d", o.Kind, o.Seed), Cols: o.Cols}
	for k := range o.Clusters {
		t.Classes = append(t.Classes, fmt.Sprint(k))
		draw := o.cluster(rng)
		for range o.PerCluster {
			t.X = append(t.X, draw()...)
			t.Labels = append(t.Labels, k)
		}
	}
	for range int(o.Outliers * float64(o.Clusters*o.PerCluster)) {
		t.X = append(t.X, gaussian(rng, o.Cols, 3)...)
		t.Labels = append(t.Labels, -1)
	}
	t.Rows = len(t.Labels)
	rng.Shuffle(t.Rows, t.swap)
	return t, nil
}

func (o SynthOptions) withDefaults() SynthOptions {
	if o.Clusters == 0 {
		o.Clusters = 10
	}
	if o.PerCluster == 0 {
		o.PerCluster = 152
	}
	if o.Cols == 0 {
		o.Cols = 20
	}
	if o.Outliers == 0 {
		o.Outliers = .05
	}
	return o
}

// cluster returns a function that draws one row of a new cluster.
func (o SynthOptions) cluster(rng *rand.Rand) func() []float64 {
	centre := gaussian(rng, o.Cols, 1)
	basis := [][]float64{gaussian(rng, o.Cols, 1), gaussian(rng, o.Cols, 1), gaussian(rng, o.Cols, 1)}
	add := func(row, v []float64, scale float64) {
		for j := range row {
			row[j] += scale * v[j]
		}
	}
	return func() []float64 {
		at := 2*rng.Float64() - 1
		switch o.Kind {
		case "t3":
			row := studentT(rng, o.Cols, 3, .3)
			add(row, centre, 1)
			return row
		case "curved":
			row := gaussian(rng, o.Cols, .12)
			add(row, basis[0], at)
			add(row, basis[1], math.Sin(2*math.Pi*at))
			add(row, basis[2], math.Cos(3*math.Pi*at))
			return row
		case "lines":
			row := studentT(rng, o.Cols, 2.5, .06)
			add(row, basis[0], at)
			return row
		}
		row := gaussian(rng, o.Cols, .45)
		add(row, centre, 1)
		return row
	}
}

func gaussian(rng *rand.Rand, n int, scale float64) []float64 {
	v := make([]float64, n)
	for i := range v {
		v[i] = scale * rng.NormFloat64()
	}
	return v
}

// studentT draws a vector of the multivariate t distribution: a Gaussian divided by one √(χ²/ν).
func studentT(rng *rand.Rand, n int, nu, scale float64) []float64 {
	return gaussian(rng, n, scale/math.Sqrt(chiSquared(rng, nu)/nu))
}

// chiSquared draws by Marsaglia and Tsang's method for the gamma distribution of shape ν/2 ≥ 1.
func chiSquared(rng *rand.Rand, nu float64) float64 {
	d := nu/2 - 1./3
	for {
		x := rng.NormFloat64()
		v := math.Pow(1+x/(3*math.Sqrt(d)), 3)
		if v > 0 && math.Log(1-rng.Float64()) < x*x/2+d*(1-v+math.Log(v)) {
			return 2 * d * v
		}
	}
}

func (t *Table) swap(i, j int) {
	a, b := t.Row(i), t.Row(j)
	for c := range a {
		a[c], b[c] = b[c], a[c]
	}
	t.Labels[i], t.Labels[j] = t.Labels[j], t.Labels[i]
}
