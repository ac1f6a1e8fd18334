package scalar

import (
	"errors"
	"math"
	"math/rand/v2"
	"slices"
	"testing"

	"gonum.org/v1/gonum/floats"
	"gonum.org/v1/gonum/integrate/quad"
	"gonum.org/v1/gonum/mat"
)

// vectorOf returns a distribution of vectors with an L that goes with d.
func vectorOf(d int, alpha float64) Vector {
	v := Vector{Mu: make([]float64, d), Alpha: alpha, Factor: mat.NewTriDense(d, mat.Lower, nil)}
	for i := range d {
		v.Mu[i] = float64(i) - 1
		for j := range i + 1 {
			v.Factor.SetTri(i, j, []float64{1.5, 0.4, -0.7, 0.2}[(i-j)%4]/float64(1+j))
		}
	}
	return v
}

// drawVectors returns n rows.
func drawVectors(v Vector, n int, seed uint64) *mat.Dense {
	v.Src = rand.NewPCG(seed, 11)
	x := mat.NewDense(n, v.Dim(), nil)
	for i := range n {
		v.Rand(x.RawRowView(i))
	}
	return x
}

func fitVectors(t *testing.T, x mat.Matrix, weights []float64, options *VectorOptions) Vector {
	t.Helper()
	v, err := FitVectors(x, weights, options)
	if err != nil {
		t.Fatal(err)
	}
	return v
}

// checkVectors compares two distributions: α in units of 1 + |α−2|, μ and L in those of L.
func checkVectors(t *testing.T, what string, got, want Vector, tolerance float64) {
	t.Helper()
	if difference := math.Abs(compressAlpha(got.Alpha) - compressAlpha(want.Alpha)); !(difference < tolerance) {
		t.Errorf("%s: α = %g, want %g", what, got.Alpha, want.Alpha)
	}
	d := want.Dim()
	for i := range d {
		size := floats.Norm(mat.Row(nil, i, want.Factor), 2)
		if math.Abs(got.Mu[i]-want.Mu[i]) > tolerance*size {
			t.Errorf("%s: μ[%d] = %g, want %g", what, i, got.Mu[i], want.Mu[i])
		}
		for j := range i + 1 {
			if math.Abs(got.Factor.At(i, j)-want.Factor.At(i, j)) > tolerance*size {
				t.Errorf("%s: L[%d, %d] = %g, want %g", what, i, j, got.Factor.At(i, j), want.Factor.At(i, j))
			}
		}
	}
}

// Z_d is the integral over spheres, 2π^(d/2)/Γ(d/2)·∫ r^(d−1)·exp(−ρ(r, α, 1)) dr, and what its comment lists.
func TestVectorLogPartition_IsTheIntegral(t *testing.T) {
	for d := 1; d <= 8; d++ {
		gamma, _ := math.Lgamma(float64(d) / 2)
		for _, alpha := range []float64{0.3, 0.9, 1, 1.7, 2, 3, math.Inf(1)} {
			k := Kernel{Alpha: alpha, Scale: 1}
			f := func(v float64) float64 { return math.Exp(float64(d)*v - k.Rho(math.Exp(v))) } // in v = log r
			sum := 0.0
			for v := -60.0; v < 60; v += 0.5 {
				sum += quad.Fixed(f, v, v+0.5, 20, nil, 0)
			}
			want := math.Ln2 + float64(d)/2*math.Log(math.Pi) - gamma + math.Log(sum)
			checkNear(t, "log Z", VectorLogPartition(alpha, d), want, 1e-10*math.Max(1, math.Abs(want)))
		}
		checkNear(t, "log Z(2)", VectorLogPartition(2, d), float64(d)/2*math.Log(2*math.Pi), 1e-12)
	}
	checkNear(t, "Z₂(1)", VectorLogPartition(1, 2), math.Log(4*math.Pi), 1e-12)
	if z := VectorLogPartition(0, 2); !math.IsInf(z, 1) || !math.IsNaN(VectorLogPartition(-1, 2)) || !math.IsNaN(VectorLogPartition(-1, 1)) {
		t.Errorf("log Z₂(0) = %g", z)
	}
	checkNear(t, "log Z₁", VectorLogPartition(0.5, 1), LogPartition(0.5), 0)
}

// At α = 2 the density is the normal one, in one dimension it is General.
func TestVector_SpecialCases(t *testing.T) {
	v := vectorOf(2, 2)
	a, b, c := v.Factor.At(0, 0), v.Factor.At(1, 0), v.Factor.At(1, 1)
	x := []float64{0.3, -2}
	u := (x[0] - v.Mu[0]) / a
	w := (x[1] - v.Mu[1] - b*u) / c
	checkNear(t, "distance", v.Distance(x), math.Hypot(u, w), 1e-15)
	checkNear(t, "log density", v.LogProb(x), -(u*u+w*w)/2-math.Log(2*math.Pi*a*c), 1e-12)
	for _, alpha := range []float64{0, 0.7, 5} {
		line, g := vectorOf(1, alpha), General{Mu: -1, Alpha: alpha, Scale: 1.5}
		checkNear(t, "in one dimension", line.LogProb([]float64{2}), g.LogProb(2), 1e-14)
	}
}

// The distances of random vectors follow their distribution function: Kolmogorov's distance is below that of one in a million.
func TestVector_RandFollowsTheDensity(t *testing.T) {
	const n = 4000
	for i, d := range []int{1, 2, 3, 5, 8} {
		for _, alpha := range []float64{0.2, 1, 1.9, 2, 4, math.Inf(1)} {
			v := vectorOf(d, alpha)
			x := drawVectors(v, n, uint64(i))
			radii, first := make([]float64, n), 0.0
			for k := range n {
				radii[k] = math.Log(v.Distance(x.RawRowView(k)))
				if x.At(k, 0) > v.Mu[0] {
					first++
				}
			}
			kernel := Kernel{Alpha: alpha, Scale: 1}
			gamma, _ := math.Lgamma(float64(d) / 2)
			area := math.Ln2 + float64(d)/2*math.Log(math.Pi) - gamma - VectorLogPartition(alpha, d)
			density := func(u float64) float64 { return math.Exp(area + float64(d)*u - kernel.Rho(math.Exp(u))) }
			slices.Sort(radii)
			below, worst, from := 0.0, 0.0, -80.0
			for k, r := range radii {
				for from < r {
					to := math.Min(r, from+0.5)
					below += quad.Fixed(density, from, to, 12, nil, 0)
					from = to
				}
				worst = math.Max(worst, math.Abs(below-(float64(k)+0.5)/n))
			}
			if worst > 2.7/math.Sqrt(n) {
				t.Errorf("d = %d, α = %g: distances differ from their distribution by %.3g", d, alpha, worst)
			}
			if math.Abs(first-n/2) > 5*math.Sqrt(n)/2 {
				t.Errorf("d = %d, α = %g: %g of %d to one side", d, alpha, first, n)
			}
		}
	}
}

// Many samples give their distribution back.
func TestFitVectors_FindsTheParameters(t *testing.T) {
	for _, c := range []struct {
		d     int
		alpha float64
	}{{2, 0.3}, {3, 0.8}, {3, 3}, {8, 1.3}} {
		v := vectorOf(c.d, c.alpha)
		got := fitVectors(t, drawVectors(v, 1500, 5), nil, &VectorOptions{Alpha: Between(0.1, math.Inf(1))})
		checkVectors(t, "fit", got, v, 0.2)
		if math.Abs(compressAlpha(got.Alpha)-compressAlpha(c.alpha)) > 0.05 {
			t.Errorf("α = %g of samples with %g", got.Alpha, c.alpha)
		}
	}
}

// At α = 2 it is mean and covariance.
func TestFitVectors_AtTwoIsNormal(t *testing.T) {
	x := drawVectors(vectorOf(3, 0.5), 50, 2)
	got := fitVectors(t, x, nil, &VectorOptions{Alpha: Fixed(2)})
	mean := make([]float64, 3)
	for j := range mean {
		for i := range 50 {
			mean[j] += x.At(i, j) / 50
		}
	}
	for a := range 3 {
		checkNear(t, "mean", got.Mu[a], mean[a], 1e-8*(1+math.Abs(mean[a])))
		for b := range a + 1 {
			want, product := 0.0, 0.0
			for i := range 50 {
				want += (x.At(i, a) - mean[a]) * (x.At(i, b) - mean[b]) / 50
			}
			for l := range b + 1 {
				product += got.Factor.At(a, l) * got.Factor.At(b, l)
			}
			if math.Abs(product-want) > 1e-8*math.Abs(want)+1e-8 {
				t.Errorf("covariance %d, %d: %g, want %g", a, b, product, want)
			}
		}
	}
}

// In one dimension it is Fit; α = 0 is allowed there.
func TestFitVectors_InOneDimensionIsFit(t *testing.T) {
	for i, truth := range []General{{Mu: 3, Alpha: 0.8, Scale: 2}, {Alpha: 0, Scale: 1}, {Alpha: 4, Scale: 1}} {
		x := draw(truth, 300, uint64(i))
		want, err := Fit(x, nil)
		if err != nil {
			t.Fatal(err)
		}
		got := fitVectors(t, mat.NewDense(300, 1, x), nil, &VectorOptions{Alpha: Between(0, math.Inf(1))})
		checkNear(t, "μ", got.Mu[0], want.Mu, 1e-6)
		checkNear(t, "α", got.Alpha, want.Alpha, 1e-6)
		checkNear(t, "c", got.Factor.At(0, 0), want.Scale, 1e-6)
	}
}

// No neighbour in μ, α or L has a lower negative log-likelihood.
func TestFitVectors_IsAMinimum(t *testing.T) {
	x := drawVectors(vectorOf(3, 0.9), 200, 8)
	best := fitVectors(t, x, nil, nil)
	nll := func(v Vector) (sum float64) {
		for i := range 200 {
			sum -= v.LogProb(x.RawRowView(i))
		}
		return sum
	}
	lowest := nll(best)
	for _, h := range []float64{1e-3, -1e-3} {
		for i := range 3 {
			for j := range i + 1 {
				v := best
				v.Factor = mat.NewTriDense(3, mat.Lower, nil)
				v.Factor.Copy(best.Factor)
				v.Factor.SetTri(i, j, best.Factor.At(i, j)+h)
				if nll(v) < lowest {
					t.Errorf("L[%d, %d] + %g is better", i, j, h)
				}
			}
			v := best
			v.Mu = append([]float64(nil), best.Mu...)
			v.Mu[i] += h
			if nll(v) < lowest {
				t.Errorf("μ[%d] + %g is better", i, h)
			}
		}
		v := best
		v.Alpha += h
		if nll(v) < lowest {
			t.Errorf("α + %g is better", h)
		}
	}
}

// Vectors A·x + b have the location A·μ + b, the matrix A·LLᵀ·Aᵀ and the same α; and an integer weight is a repeated row.
func TestFitVectors_IsAffineEquivariant(t *testing.T) {
	x := drawVectors(vectorOf(2, 0.6), 150, 3)
	before := fitVectors(t, x, nil, nil)
	for _, a := range [][]float64{{1, 2, -3, 0.5}, {1e-90, 0, 0, 1e90}, {1, 1, 1, 1 + 1e-4}} {
		moved := mat.NewDense(150, 2, nil)
		m, b := mat.NewDense(2, 2, a), []float64{7 * a[0], -30 * a[3]}
		for i := range 150 {
			for j := range 2 {
				moved.Set(i, j, m.At(j, 0)*x.At(i, 0)+m.At(j, 1)*x.At(i, 1)+b[j])
			}
		}
		got := fitVectors(t, moved, nil, nil)
		checkNear(t, "α", got.Alpha, before.Alpha, 1e-6)
		var al mat.Dense
		al.Mul(m, before.Factor)
		for j := range 2 {
			size := math.Hypot(al.At(j, 0), al.At(j, 1))
			if want := m.At(j, 0)*before.Mu[0] + m.At(j, 1)*before.Mu[1] + b[j]; math.Abs(got.Mu[j]-want) > 1e-6*size {
				t.Errorf("A = %v: μ[%d] = %g, want %g", a, j, got.Mu[j], want)
			}
			if deviation := math.Hypot(got.Factor.At(j, 0), got.Factor.At(j, 1)); math.Abs(deviation/size-1) > 1e-6 {
				t.Errorf("A = %v: the deviation of coordinate %d is %g, want %g", a, j, deviation, size)
			}
		}
		want := (al.At(0, 0)*al.At(1, 0) + al.At(0, 1)*al.At(1, 1)) / math.Hypot(al.At(0, 0), al.At(0, 1)) / math.Hypot(al.At(1, 0), al.At(1, 1))
		if got := got.Factor.At(1, 0) / math.Hypot(got.Factor.At(1, 0), got.Factor.At(1, 1)); math.Abs(got-want) > 1e-6 {
			t.Errorf("A = %v: correlation %g, want %g", a, got, want)
		}
	}
	weights, repeated := make([]float64, 150), mat.NewDense(225, 2, nil)
	k := 0
	for i := range weights {
		weights[i] = float64(1 + i%2)
		for range 1 + i%2 {
			repeated.SetRow(k, x.RawRowView(i))
			k++
		}
	}
	checkVectors(t, "weights", fitVectors(t, x, weights, nil), fitVectors(t, repeated, nil, nil), 1e-7)
}

// A tenth of gross outliers, all coordinates wrong at a time, hardly moves the fit; the normal fit is carried away.
func TestFitVectors_BesideOutliers(t *testing.T) {
	x := drawVectors(vectorOf(3, 2), 300, 4)
	rng := rand.New(rand.NewPCG(4, 4))
	for i := range 30 {
		x.SetRow(i, []float64{50 + rng.NormFloat64(), 50 * rng.NormFloat64(), -50})
	}
	robust := fitVectors(t, x, nil, nil)
	if off := vectorOf(3, 2).Distance(robust.Mu); off > 0.4 || robust.Alpha > 0.5 {
		t.Errorf("the location is %.3g standard deviations away, α = %g", off, robust.Alpha)
	}
	normal := fitVectors(t, x, nil, &VectorOptions{Alpha: Fixed(2)})
	if math.Abs(normal.Mu[0]+1) < 2 {
		t.Errorf("least squares finds %v", normal.Mu)
	}
}

func TestFitVectors_Errors(t *testing.T) {
	good := drawVectors(vectorOf(2, 1), 20, 1)
	line := mat.NewDense(20, 2, nil)
	bad := mat.DenseCopyOf(good)
	bad.Set(3, 1, math.NaN())
	for i := range 20 {
		line.SetRow(i, []float64{good.At(i, 0), 2*good.At(i, 0) + 1})
	}
	flat := mat.NewDense(20, 2, nil)
	flat.SetCol(0, mat.Col(nil, 0, good))
	for _, c := range []struct {
		name    string
		x       *mat.Dense
		weights []float64
		options *VectorOptions
		want    error
	}{
		{"NaN", bad, nil, nil, ErrArgument},
		{"weights", good, []float64{1}, nil, ErrArgument},
		{"nine dimensions", mat.NewDense(20, 9, nil), nil, nil, ErrArgument},
		{"α = 0", good, nil, &VectorOptions{Alpha: Between(0, 2)}, ErrArgument},
		{"two rows", good.Slice(0, 2, 0, 2).(*mat.Dense), nil, nil, ErrTooFew},
		{"on a line", line, nil, nil, ErrDependent},
		{"one value", flat, nil, nil, ErrDependent},
		{"range", mat.NewDense(3, 1, []float64{-1.7e308, 0, 1.7e308}), nil, nil, ErrOverflow},
	} {
		if _, err := FitVectors(c.x, c.weights, c.options); !errors.Is(err, c.want) {
			t.Errorf("%s: %v, want %v", c.name, err, c.want)
		}
	}
	for name, f := range map[string]func(){
		"no factor": func() { Vector{Mu: []float64{0}, Alpha: 1}.Dim() },
		"α = 0":     func() { vectorOf(2, 0).Dim() },
		"length":    func() { vectorOf(2, 1).Distance([]float64{1}) },
		"dimension": func() { VectorLogPartition(1, 9) },
	} {
		func() {
			defer func() {
				if recover() == nil {
					t.Errorf("%s: no panic", name)
				}
			}()
			f()
		}()
	}
}
