package photo

import (
	"fmt"

	"github.com/robustloss/gomlx-robustloss/robustloss/scalar"
)

// A Fit is a distribution around 0 that was fitted to samples by maximum likelihood.
type Fit struct {
	Name    string
	Shape   float64 // α, or ν for Student's t
	Scale   float64
	LogProb func(x float64) float64
	NLL     float64 // mean negative log-likelihood of the samples, in nats
}

// Fits fits four distributions around 0 to the samples: the normal, Cauchy's, Student's t, and the general one with α in
// [0, 2]. It returns the errors of the fits.
func Fits(samples []float64) ([]Fit, error) {
	var fits []Fit
	zero := 0.0
	for _, c := range []struct {
		name  string
		alpha scalar.Interval
	}{
		{"normal", scalar.Interval{Lo: 2, Hi: 2}}, {"Cauchy", scalar.Interval{Lo: 0, Hi: 0}}, {"general", scalar.Interval{Lo: 0, Hi: 2}},
	} {
		g, err := scalar.FitWith(samples, nil, &scalar.FitOptions{Alpha: &c.alpha, Mu: &zero})
		if err != nil {
			return nil, fmt.Errorf("photo: fitting the %s distribution: %w", c.name, err)
		}
		fits = append(fits, Fit{Name: c.name, Shape: g.Alpha, Scale: g.Scale, LogProb: g.LogProb})
	}
	t, err := scalar.FitStudentsT(samples, nil, &scalar.StudentsTOptions{Nu: scalar.Between(.1, 1e6), Mu: &zero})
	if err != nil {
		return nil, fmt.Errorf("photo: fitting Student's t: %w", err)
	}
	fits = []Fit{fits[0], fits[1], {Name: "Student's t", Shape: t.Nu, Scale: t.Sigma, LogProb: t.LogProb}, fits[2]}
	for i := range fits {
		fits[i].NLL = meanNLL(samples, fits[i].LogProb)
	}
	return fits, nil
}

func meanNLL(samples []float64, logProb func(x float64) float64) float64 {
	sum := 0.0
	for _, x := range samples {
		sum -= logProb(x)
	}
	return sum / float64(len(samples))
}
