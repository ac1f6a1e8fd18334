package scalar

import (
	"math"
	"testing"
)

// alphas are shapes of the distribution around and between all special ones.
var alphas = []float64{
	0, 1e-30, 1e-9, 1e-6, 1e-3, 0.03, 0.1, 0.3, 0.7, 1, 1.3, 1.7, 1.9, 1.99, 1.999, 2 - 1e-6, 2 - 1e-9, belowTwo, 2,
	2 + 0x1p-51, 2 + 1e-6, 2.001, 2.1, 2.5, 3, 4, 6, 10, 30, 100, 1e4, 1e8, 1e20, math.Inf(1),
}

func TestLogPartition_MatchesGolden(t *testing.T) {
	var file struct {
		ClosedForms []struct{ Alpha, Z number } `json:"closed_forms"`
		Rows        []struct{ Alpha, LogZ, DLogZ number }
	}
	readJSON(t, goldenDir+"partition.json", &file)
	for _, r := range file.ClosedForms {
		if got := LogPartition(float64(r.Alpha)); math.Abs(got-math.Log(float64(r.Z))) > 1e-12 {
			t.Errorf("log Z(%v) = %v, want log %v", r.Alpha, got, r.Z)
		}
	}
	for _, r := range file.Rows {
		alpha := float64(r.Alpha)
		if got := LogPartition(alpha); math.Abs(got-float64(r.LogZ)) > 1e-12 {
			t.Errorf("log Z(%v) = %v, want %v", alpha, got, r.LogZ)
		}
		if got := LogPartitionDerivative(alpha); alpha != 2 && math.Abs(got-float64(r.DLogZ)) > 1e-6*math.Abs(float64(r.DLogZ)) {
			t.Errorf("d log Z/dα at %v = %v, want %v", alpha, got, r.DLogZ)
		}
	}
}

// The table against this package's own quadrature.
func TestLogPartition_IsTheIntegral(t *testing.T) {
	for _, alpha := range alphas {
		s := newShape(alpha)
		want := math.Log(2 * (s.body(bodyEnd) + s.tail(0)))
		if got := LogPartition(alpha); math.Abs(got-want) > 1e-13 {
			t.Errorf("log Z(%g) = %v, by quadrature %v", alpha, got, want)
		}
	}
}

// d log Z/dα = −E[∂ρ/∂α].
func TestLogPartitionDerivative_IsAnExpectation(t *testing.T) {
	for _, alpha := range alphas {
		s, k := newShape(alpha), Kernel{Alpha: alpha, Scale: 1}
		sum := 0.0
		for _, p := range s.bodyPanels(nil, bodyEnd) {
			sum += gauss(func(x float64) float64 { return k.AlphaGradient(x) * s.density(x) }, p.from, p.to)
		}
		for _, p := range s.tailPanels(nil, 0, math.Inf(1), 0) {
			sum += gauss(func(v float64) float64 { return k.AlphaGradient(math.Exp(v)) * s.densityLog(v) }, p.from, p.to)
		}
		want := -2 * sum / math.Exp(LogPartition(alpha))
		if got := LogPartitionDerivative(alpha); math.Abs(got-want) > 1e-8*math.Abs(want) {
			t.Errorf("d log Z/dα at %g = %v, by quadrature %v", alpha, got, want)
		}
	}
}

func TestLogPartition_OutsideItsDomain(t *testing.T) {
	if got := LogPartition(-0.1); !math.IsInf(got, 1) {
		t.Errorf("log Z(−0.1) = %g, want +Inf", got)
	}
	if !math.IsNaN(LogPartition(math.NaN())) || !math.IsNaN(LogPartitionDerivative(-1)) {
		t.Error("log Z(NaN) and the derivative at −1 must be NaN")
	}
}

func TestLogPartitionTruncated_MatchesGolden(t *testing.T) {
	var file struct {
		Rows []struct{ Alpha, Tau, LogZ number }
	}
	readJSON(t, goldenDir+"truncated.json", &file)
	if len(file.Rows) < 30 {
		t.Fatalf("only %d rows", len(file.Rows))
	}
	for _, r := range file.Rows {
		if got := LogPartitionTruncated(float64(r.Alpha), float64(r.Tau)); math.Abs(got-float64(r.LogZ)) > 1e-12 {
			t.Errorf("log Z(%v, %v) = %v, want %v", r.Alpha, r.Tau, got, r.LogZ)
		}
	}
}

// The panels against 400 of another kind.
func TestLogPartitionTruncated_IsTheIntegral(t *testing.T) {
	for _, alpha := range append([]float64{math.Inf(-1), -1e20, -1e3, -30, -4, -1, -0.1, -1e-3, -1e-9}, alphas...) {
		k := Kernel{Alpha: alpha, Scale: 1}
		for _, tau := range []float64{1e-6, 0.3, 1, 1.5, 4, 40, 1e4} {
			const n = 400
			sum := 0.0 // in w, x = w⁴·τ, which resolves the neighbourhood of 0
			for i := range n {
				sum += gauss(func(w float64) float64 { return 4 * tau * w * w * w * math.Exp(-k.Rho(w*w*w*w*tau)) },
					float64(i)/n, float64(i+1)/n)
			}
			if got, want := LogPartitionTruncated(alpha, tau), math.Log(2*sum); math.Abs(got-want) > 1e-12 {
				t.Errorf("log Z(%g, %g) = %v, by fine quadrature %v", alpha, tau, got, want)
			}
		}
	}
}

func TestLogPartitionTruncated_Limits(t *testing.T) {
	if got := LogPartitionTruncated(-3, 0); !math.IsInf(got, -1) {
		t.Errorf("at τ = 0: %g", got)
	}
	for _, alpha := range []float64{0.5, 1, 2, 7} {
		if got := LogPartitionTruncated(alpha, 1e6); math.Abs(got-LogPartition(alpha)) > 1e-12 {
			t.Errorf("log Z(%g, 1e6) = %v, log Z = %v", alpha, got, LogPartition(alpha))
		}
		if got := LogPartitionTruncated(alpha, math.Inf(1)); got != LogPartition(alpha) {
			t.Errorf("log Z(%g, ∞) = %v", alpha, got)
		}
	}
	if got := LogPartitionTruncated(-3, math.Inf(1)); !math.IsInf(got, 1) {
		t.Errorf("at τ = ∞, α = −3: %g", got)
	}
	if !math.IsNaN(LogPartitionTruncated(math.NaN(), 1)) || !math.IsNaN(LogPartitionTruncated(1, math.NaN())) {
		t.Error("a NaN argument must give NaN")
	}
	checkPanics(t, "tau < 0", func() { LogPartitionTruncated(1, -1) })
}

func checkPanics(t *testing.T, what string, f func()) {
	t.Helper()
	defer func() {
		if recover() == nil {
			t.Errorf("%s: no panic", what)
		}
	}()
	f()
}
