package partition

import (
	_ "embed"
	"encoding/json"
	"fmt"
	"math"
	"math/rand/v2"
	"slices"
	"testing"

	"github.com/robustloss/gomlx-robustloss/internal/testkit"
	"github.com/robustloss/gomlx-robustloss/robustloss/internal/partition/build"
)

// vectorGolden is from mpmath, in 40 digits: see testdata/vector.py.
//
//go:embed testdata/vector.json
var vectorGolden []byte

func TestLogZVector_Golden(t *testing.T) {
	var golden struct {
		Rows []struct {
			D     int
			Alpha testkit.Float
			LogZ  testkit.Float `json:"log_z"`
		}
	}
	if err := json.Unmarshal(vectorGolden, &golden); err != nil {
		t.Fatal(err)
	}
	if len(golden.Rows) < 8*20 {
		t.Fatalf("%d rows", len(golden.Rows))
	}
	worst := 0.0
	for _, row := range golden.Rows {
		want := float64(row.LogZ)
		err := math.Abs(LogZVector(row.D, float64(row.Alpha))-want) / max(1, math.Abs(want))
		if worst = max(worst, err); !(err <= 1e-13) {
			t.Errorf("d = %d: LogZ(%g) is off by %.2g of %.17g", row.D, row.Alpha, err, want)
		}
	}
	t.Logf("largest error %.2g", worst)
}

// The tables against the quadrature that made them, at points that are not their nodes, and the slope against differences.
func TestLogZVector_MatchesQuadrature(t *testing.T) {
	rng := rand.New(rand.NewPCG(5, 6))
	var worst, worstSlope float64
	for d := 2; d <= MaxVector; d++ {
		alphas := []float64{1e-3, 0.499, 0.501, 1.9, 2.1, 1e4, math.Inf(1)}
		for range 20 {
			tiny := math.Pow(10, -12*rng.Float64())
			alphas = append(alphas, 0.5*rng.Float64(), 2*rng.Float64(), 2+8*rng.Float64(), 2-tiny, 2+tiny, 2+1/tiny)
		}
		for _, alpha := range alphas {
			want := build.LogZVector(d, alpha)
			err := math.Abs(LogZVector(d, alpha)-want) / max(1, math.Abs(want))
			if worst = max(worst, err); err > 1e-13 {
				t.Errorf("d = %d: LogZ(%g) is off by %.2g of %.17g", d, alpha, err, want)
			}
			if math.Abs(alpha-2) < 1e-2 || alpha > 100 || alpha < 1e-2 {
				continue
			}
			h := 1e-3 * min(alpha, math.Abs(alpha-2))
			at := func(shift float64) float64 { return build.LogZVector(d, alpha+shift*h) }
			slope := (8*(at(1)-at(-1)) - (at(2) - at(-2))) / (12 * h)
			err = math.Abs(DLogZVector(d, alpha)/slope - 1)
			if worstSlope = max(worstSlope, err); err > 1e-8 {
				t.Errorf("d = %d: DLogZ(%g) = %.12g, want %.12g", d, alpha, DLogZVector(d, alpha), slope)
			}
		}
	}
	t.Logf("log Z: largest error %.2g; slope: largest relative error %.2g", worst, worstSlope)
}

func TestLogZVector_AtTheEndsAndOutside(t *testing.T) {
	for d := 2; d <= MaxVector; d++ {
		if y, slope := LogZVector(d, 0), DLogZVector(d, 0); !math.IsInf(y, 1) || !math.IsInf(slope, -1) {
			t.Errorf("d = %d, α = 0: %g, slope %g", d, y, slope)
		}
		if got, want := LogZVector(d, 2), float64(d)*LogZOfNormal; got != want {
			t.Errorf("d = %d, α = 2: %g, want %g", d, got, want)
		}
		if slope := DLogZVector(d, math.Inf(1)); slope != 0 {
			t.Errorf("d = %d: the slope at +∞ is %g", d, slope)
		}
		if slope := DLogZVector(d, 2); slope != DLogZVector(d, math.Nextafter(2, 0)) || !(slope < -8) {
			t.Errorf("d = %d: the slope at 2 is %g", d, slope)
		}
		for _, alpha := range []float64{-1e-300, math.Inf(-1), math.NaN()} {
			if y, slope := LogZVector(d, alpha), DLogZVector(d, alpha); !math.IsNaN(y) || !math.IsNaN(slope) {
				t.Errorf("d = %d, α = %g: %g, slope %g; want NaN", d, alpha, y, slope)
			}
		}
	}
	if LogZVector(1, 0.7) != LogZ(0.7) || DLogZVector(1, 0.7) != DLogZ(0.7) {
		t.Error("d = 1 is not the function of scalars")
	}
}

func TestLogZVector_Decreases(t *testing.T) {
	for d := 2; d <= MaxVector; d++ {
		previous := math.Inf(1)
		for i := 1; i <= 4000; i++ {
			alpha := 4 * float64(i) / 4000
			y := LogZVector(d, alpha)
			if y >= previous {
				t.Fatalf("d = %d: log Z(%g) = %.17g, not below its left neighbour %.17g", d, alpha, y, previous)
			}
			previous = y
		}
	}
}

// Makes one piece of each table again, and checks that the pieces cover their intervals.
func TestVector_Regenerated(t *testing.T) {
	one := func(_, _ float64) float64 { return 1 }
	for d := 2; d <= MaxVector; d++ {
		for name, c := range map[string]struct {
			pieces []Piece
			end    float64
			f      func(x float64) float64
		}{
			"small": {Vector[d].Small, math.Sqrt(smallAlpha), func(v float64) float64 { return build.SmallVector(d, v) }},
			"below": {Vector[d].Below, math.Pow(1-smallAlpha/2, 0.25), func(u float64) float64 { return build.SmoothVector(d, u, false) }},
			"above": {Vector[d].Above, 1, func(u float64) float64 { return build.SmoothVector(d, u, true) }},
		} {
			if c.pieces[0].Lo != 0 || c.pieces[len(c.pieces)-1].Hi != c.end {
				t.Errorf("d = %d, %s: covers [%g, %g]", d, name, c.pieces[0].Lo, c.pieces[len(c.pieces)-1].Hi)
			}
			for i := range c.pieces[1:] {
				if c.pieces[i].Hi != c.pieces[i+1].Lo {
					t.Errorf("d = %d, %s: gap after piece %d", d, name, i)
				}
			}
			last := c.pieces[len(c.pieces)-1]
			again, _ := build.FitFunction(last.Lo, last.Hi, len(last.Coefficients)-1, c.f, one)
			largest := max(slices.Max(last.Coefficients), -slices.Min(last.Coefficients))
			testkit.CheckClose(t, fmt.Sprintf("d = %d, %s", d, name), again.Coefficients, last.Coefficients, 0, 1e-10*largest)
		}
	}
}
