package partition

import (
	"fmt"
	"math"
	"math/rand/v2"
	"os"
	"testing"

	"github.com/robustloss/gomlx-robustloss/internal/testkit"
	"github.com/robustloss/gomlx-robustloss/robustloss/internal/partition/build"
	"github.com/robustloss/gomlx-robustloss/robustloss/internal/polynomial"
)

func TestLogZ_Golden(t *testing.T) {
	var golden struct {
		ClosedForms []struct{ Alpha, Z testkit.Float } `json:"closed_forms"`
		Rows        []struct{ Alpha, LogZ, DLogZ testkit.Float }
	}
	testkit.Golden(t, "partition.json", &golden)
	if len(golden.ClosedForms) < 4 || len(golden.Rows) < 20 {
		t.Fatalf("partition.json holds %d closed forms and %d rows", len(golden.ClosedForms), len(golden.Rows))
	}
	for _, form := range golden.ClosedForms {
		check(t, "LogZ", float64(form.Alpha), LogZ(float64(form.Alpha)), math.Log(float64(form.Z)), 0, 1e-13)
	}
	for _, row := range golden.Rows {
		alpha := float64(row.Alpha)
		check(t, "LogZ", alpha, LogZ(alpha), float64(row.LogZ), 0, 1e-13)
		check(t, "DLogZ", alpha, DLogZ(alpha), float64(row.DLogZ), 1e-9, 0)
	}
}

func TestLogZ_ClosedForms(t *testing.T) {
	check(t, "LogZ", 0, LogZ(0), math.Log(math.Pi*math.Sqrt2), 0, 2e-14)
	check(t, "LogZ", 2, LogZ(2), 0.5*math.Log(2*math.Pi), 0, 1e-15)
	check(t, "LogZ", math.Inf(1), LogZ(math.Inf(1)), 0.70526025441756968827, 0, 2e-14)
}

// The table against the quadrature that made it, at points that are not its nodes.
func TestLogZ_MatchesQuadrature(t *testing.T) {
	var worst, worstNear, worstFar float64
	for _, alpha := range sampleAlphas() {
		want, slope := fromQuadrature(alpha)
		worst = max(worst, math.Abs(LogZ(alpha)-want))
		err := math.Abs(DLogZ(alpha)/slope - 1)
		if math.Abs(alpha-2) > 1e-3 {
			worstFar = max(worstFar, err)
		} else {
			worstNear = max(worstNear, err)
		}
	}
	t.Logf("log Z: largest error %.2g; slope: largest relative error %.2g, within 1e-3 of α = 2 %.2g", worst, worstFar, worstNear)
	if worst > 1e-13 || worstFar > 1e-8 || worstNear > 1e-6 {
		t.Errorf("errors %.2g, %.2g, %.2g; allowed 1e-13, 1e-8, 1e-6", worst, worstFar, worstNear)
	}
}

// sampleAlphas returns α around 0, 2 and ∞ at all distances, and in between.
func sampleAlphas() []float64 {
	rng := rand.New(rand.NewPCG(3, 4))
	var alphas []float64
	for range 60 {
		tiny := math.Pow(10, -15*rng.Float64())
		alphas = append(alphas, tiny, 2-tiny, 2+tiny, 2+1/tiny, 2*rng.Float64(), 2+8*rng.Float64())
	}
	return alphas
}

// fromQuadrature returns log Z and, as a fourth-order difference quotient, its derivative.
func fromQuadrature(alpha float64) (logZ, slope float64) {
	b := math.Abs(alpha - 2)
	at := func(shift float64) float64 { // log(Z/Z(2)) at |α−2| = b + shift.
		if alpha > 2 {
			return build.LogRatioAbove(b + shift)
		}
		return build.LogRatioBelow(alpha-shift, b+shift)
	}
	h := 2e-3 * b
	sign := 1.0
	if alpha < 2 {
		h = 2e-3 * min(b, alpha)
		sign = -1
	}
	slope = sign * (8*(at(h)-at(-h)) - (at(2*h) - at(-2*h))) / (12 * h)
	if alpha < 1e-4 || alpha > 300 { // No digits are left in the difference: see the tests below.
		slope = DLogZ(alpha)
	}
	return build.LogZOfNormal + at(0), slope
}

func TestDLogZ_NearZero(t *testing.T) {
	// One-sided differences of the quadrature, extrapolated: near 0 the slope is −0.8598 + 6.5·α….
	at := func(alpha float64) float64 { return build.LogRatioBelow(alpha, 2-alpha) }
	const h = 1e-4
	slope := (-3*at(0) + 4*at(h) - at(2*h)) / (2 * h)
	check(t, "DLogZ", 0, DLogZ(0), slope, 1e-5, 0)
	check(t, "DLogZ", 1e-9, DLogZ(1e-9), DLogZ(0), 1e-7, 0)
}

// log Z − log Z(∞) = k/α + O(1/α²), so that −α·slope → log Z − log Z(∞).
func TestDLogZ_ForLargeAlpha(t *testing.T) {
	const alpha = 1e4
	check(t, "−α·DLogZ", alpha, -alpha*DLogZ(alpha), LogZ(alpha)-LogZ(math.Inf(1)), 1e-3, 0)
	check(t, "α²·DLogZ", 1e12, 1e12*DLogZ(1e6), 1e24*DLogZ(1e12), 1e-5, 0)
}

func TestLogZ_OutsideItsDomain(t *testing.T) {
	for _, alpha := range []float64{-1e-300, -1, math.Inf(-1), math.NaN()} {
		if y, slope := LogZ(alpha), DLogZ(alpha); !math.IsNaN(y) || !math.IsNaN(slope) {
			t.Errorf("at α = %g: log Z = %g, slope %g; want NaN", alpha, y, slope)
		}
	}
}

func TestDLogZ_AtTwoAndInfinity(t *testing.T) {
	if got, want := DLogZ(2), DLogZ(math.Nextafter(2, 0)); got != want || got > -8.6 || got < -8.8 {
		t.Errorf("slope at 2 is %g, want %g", got, want)
	}
	if got := DLogZ(math.Inf(1)); got != 0 {
		t.Errorf("slope at +∞ is %g", got)
	}
}

func TestLogZ_Decreases(t *testing.T) {
	previous := math.Inf(1)
	for i := range 20001 {
		alpha := 4 * float64(i) / 20000
		y := LogZ(alpha)
		if y >= previous {
			t.Fatalf("log Z(%g) = %.17g, not below its left neighbour %.17g", alpha, y, previous)
		}
		previous = y
	}
}

// Makes the pieces of the tables again and compares the polynomials. Their coefficients differ by more, up to 2e-11: powers of t
// carry the rounding of Chebyshev's series, which depends on the processor, enlarged and with signs that cancel.
func TestTable_Regenerated(t *testing.T) {
	for name, table := range map[string]Table{"Float64": Float64, "Float32": Float32} {
		for above, pieces := range map[bool][]Piece{false: table.Below, true: table.Above} {
			if pieces[0].Lo != 0 || pieces[len(pieces)-1].Hi != 1 {
				t.Errorf("%s, above 2: %v: covers [%g, %g], want [0, 1]", name, above, pieces[0].Lo, pieces[len(pieces)-1].Hi)
			}
			for i, piece := range pieces {
				if i > 0 && piece.Lo != pieces[i-1].Hi {
					t.Errorf("%s, above 2: %v: gap before piece %d", name, above, i)
				}
				again, _ := build.Fit(piece.Lo, piece.Hi, above, len(piece.Coefficients)-1)
				if len(again.Coefficients) != len(piece.Coefficients) {
					t.Errorf("%s, above 2: %v, piece %d: %d coefficients, want %d", name, above, i, len(again.Coefficients), len(piece.Coefficients))
				}
				var got, want []float64
				for k := range 65 {
					t := float64(k)/32 - 1
					got, want = append(got, polynomial.At(again.Coefficients, t)), append(want, polynomial.At(piece.Coefficients, t))
				}
				testkit.CheckClose(t, fmt.Sprintf("%s, above 2: %v, piece %d", name, above, i), got, want, 0, 2e-14)
			}
		}
	}
}

func TestTable_IsSmall(t *testing.T) {
	info, err := os.Stat("table_data.go")
	if err != nil {
		t.Fatal(err)
	}
	if info.Size() > 100_000 {
		t.Errorf("the table takes %d bytes", info.Size())
	}
}

func check(t *testing.T, what string, alpha, got, want, rel, abs float64) {
	t.Helper()
	if !testkit.Close(got, want, rel, abs) {
		t.Errorf("%s(%g) = %.17g, want %.17g (off by %.3g)", what, alpha, got, want, got-want)
	}
}

func BenchmarkLogZ(b *testing.B) {
	alpha := 0.0
	for b.Loop() {
		if alpha += 1e-3; alpha > 3 {
			alpha = 0
		}
		LogZ(alpha)
	}
}
