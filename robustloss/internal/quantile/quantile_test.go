package quantile_test

import (
	"fmt"
	"math"
	"os"
	"testing"

	"github.com/robustloss/gomlx-robustloss/internal/testkit"
	"github.com/robustloss/gomlx-robustloss/robustloss/internal/quantile"
	"github.com/robustloss/gomlx-robustloss/robustloss/internal/quantile/build"
)

func TestCompress_AndExpandAreInverse(t *testing.T) {
	for _, alpha := range []float64{0, 1e-8, 0.3, 1, 2, 2.5, 40, math.Inf(1)} {
		for _, square := range []float64{1e-12, 0.1, 3, 7} {
			if got := quantile.Expand(quantile.Compress(square, alpha), alpha); math.Abs(got/square-1) > 1e-13 {
				t.Errorf("α = %g: %g comes back as %g", alpha, square, got)
			}
		}
	}
	if got, want := quantile.Compress(3, 0), math.Log1p(1.5); got != want {
		t.Errorf("at α = 0 ρ̃ = %g, want ρ = %g", got, want)
	}
	if got := quantile.Compress(3, 2); math.Abs(got-1.5) > 1e-15 {
		t.Errorf("at α = 2 ρ̃ = %g, want ρ = 1.5", got)
	}
}

func TestE_InvertsTheRadius(t *testing.T) {
	if got := quantile.E(quantile.MaxR); math.Abs(got-quantile.MaxE) > 1e-13 {
		t.Errorf("E(MaxR) = %g, want %g", got, quantile.MaxE)
	}
}

func TestAlpha_Ends(t *testing.T) {
	for _, c := range []struct {
		u     float64
		above bool
		want  float64
	}{{0, false, 2}, {1, false, 0}, {0, true, 2}, {1, true, math.Inf(1)}} {
		if got := quantile.Alpha(c.u, c.above); got != c.want {
			t.Errorf("α(%g, above: %v) = %g, want %g", c.u, c.above, got, c.want)
		}
	}
}

// Makes some pieces of the table again and compares their coefficients.
func TestQuantiles_Regenerated(t *testing.T) {
	for above, pieces := range map[bool][]quantile.Piece{false: quantile.Quantiles.Below, true: quantile.Quantiles.Above} {
		if pieces[0].Lo != 0 || pieces[len(pieces)-1].Hi != 1 {
			t.Errorf("above 2: %v: covers [%g, %g], want [0, 1]", above, pieces[0].Lo, pieces[len(pieces)-1].Hi)
		}
		for i := 1; i < len(pieces); i++ {
			if pieces[i].Lo != pieces[i-1].Hi {
				t.Errorf("above 2: %v: gap before piece %d", above, i)
			}
		}
		fitter := build.Fitter{Above: above}
		for _, i := range []int{1, len(pieces) - 1} {
			piece := pieces[i]
			again, worst := fitter.Fit(piece.Lo, piece.Hi, len(piece.Coefficients)-1)
			if worst > 5e-7 {
				t.Errorf("above 2: %v, piece %d: error %g", above, i, worst)
			}
			for j, row := range again.Coefficients {
				testkit.CheckClose(t, fmt.Sprintf("above 2: %v, piece %d, power %d", above, i, j), piece.Coefficients[j], row, 1e-8, 1e-8)
			}
		}
	}
}

func TestQuantiles_AreSmall(t *testing.T) {
	info, err := os.Stat("table_data.go")
	if err != nil {
		t.Fatal(err)
	}
	if info.Size() > 100_000 {
		t.Errorf("the table takes %d bytes", info.Size())
	}
}
