package registration

import (
	"cmp"
	"math"
	"slices"

	"github.com/robustloss/gomlx-robustloss/robustloss/scalar"
)

const (
	fittedResiduals = 512 // residuals that stand for all in a fit
	leastWindow     = 10  // least half width of the fit's window, in units of the scale
)

// Fitted lets the scale fall as in [1] and takes α from the data: whenever the scale changes, the shape of maximum
// likelihood for the residuals at that scale (scalar.FitTruncated), in a window that holds all of them. The more of the
// matches are outliers at that scale, the lower α.
//
// A Fitted belongs to one solve at a time.
type Fitted struct{ alpha float64 }

// Kernel implements [Schedule]. Of many residuals it takes 512, evenly spaced in their order.
func (f *Fitted) Kernel(step int, residuals []float64) (scalar.Kernel, error) {
	c := math.Sqrt(Mu(step) / 4)
	if step%stepsPer == 0 {
		sorted := quantiles(residuals, fittedResiduals)
		largest := residuals[0]
		for _, r := range residuals {
			largest = max(largest, r)
		}
		fit, err := scalar.FitTruncated(sorted, nil, &scalar.TruncatedOptions{Scale: &c, Tau: max(leastWindow, 1.01*largest/c)})
		if err != nil {
			return scalar.Kernel{}, err
		}
		f.alpha = fit.Alpha
	}
	return scalar.Kernel{Alpha: f.alpha, Scale: c}, nil
}

// quantiles returns n values evenly spaced in the order of the given ones; all of them, sorted, if there are fewer.
func quantiles(values []float64, n int) []float64 {
	sorted := slices.Clone(values)
	slices.SortFunc(sorted, cmp.Compare[float64])
	if len(sorted) <= n {
		return sorted
	}
	picked := make([]float64, n)
	for i := range picked {
		picked[i] = sorted[(2*i+1)*len(sorted)/(2*n)]
	}
	return picked
}
