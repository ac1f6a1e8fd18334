package nls_test

import (
	"math"
	"testing"

	"gonum.org/v1/gonum/mat"

	"github.com/robustloss/gomlx-robustloss/robustloss/scalar/nls"
)

// regression is a nonlinear regression of NIST's Statistical Reference Datasets, with certified results.
type regression struct {
	name   string
	x, y   []float64
	model  func(b []float64, x float64) float64
	starts [2][]float64
	want   []float64
	rss    float64 // residual sum of squares
}

// Data and certified values of https://www.itl.nist.gov/div898/strd/nls/nls_main.shtml, all of the "higher level of
// difficulty".
var nist = []regression{
	{
		name: "Thurber",
		x: []float64{
			-3.067, -2.981, -2.921, -2.912, -2.840, -2.797, -2.702, -2.699, -2.633, -2.481, -2.363, -2.322, -1.501, -1.460, -1.274, -1.212,
			-1.100, -1.046, -0.915, -0.714, -0.566, -0.545, -0.400, -0.309, -0.109, -0.103, 0.010, 0.119, 0.377, 0.790, 0.963, 1.006,
			1.115, 1.572, 1.841, 2.047, 2.200,
		},
		y: []float64{
			80.574, 84.248, 87.264, 87.195, 89.076, 89.608, 89.868, 90.101, 92.405, 95.854, 100.696, 101.060, 401.672, 390.724, 567.534,
			635.316, 733.054, 759.087, 894.206, 990.785, 1090.109, 1080.914, 1122.643, 1178.351, 1260.531, 1273.514, 1288.339, 1327.543,
			1353.863, 1414.509, 1425.208, 1421.384, 1442.962, 1464.350, 1468.705, 1447.894, 1457.628,
		},
		model: func(b []float64, x float64) float64 {
			return (b[0] + x*(b[1]+x*(b[2]+x*b[3]))) / (1 + x*(b[4]+x*(b[5]+x*b[6])))
		},
		starts: [2][]float64{{1000, 1000, 400, 40, .7, .3, .03}, {1300, 1500, 500, 75, 1, .4, .05}},
		want:   []float64{1.2881396800e+03, 1.4910792535e+03, 5.8323836877e+02, 7.5416644291e+01, 9.6629502864e-01, 3.9797285797e-01, 4.9727297349e-02},
		rss:    5.6427082397e+03,
	},
	{
		name: "MGH09",
		x:    []float64{4, 2, 1, .5, .25, .167, .125, .1, .0833, .0714, .0625},
		y:    []float64{.1957, .1947, .1735, .16, .0844, .0627, .0456, .0342, .0323, .0235, .0246},
		model: func(b []float64, x float64) float64 {
			return b[0] * (x*x + x*b[1]) / (x*x + x*b[2] + b[3])
		},
		starts: [2][]float64{{25, 39, 41.5, 39}, {.25, .39, .415, .39}},
		want:   []float64{1.9280693458e-01, 1.9128232873e-01, 1.2305650693e-01, 1.3606233068e-01},
		rss:    3.0750560385e-04,
	},
	{
		name: "MGH10",
		x:    []float64{50, 55, 60, 65, 70, 75, 80, 85, 90, 95, 100, 105, 110, 115, 120, 125},
		y:    []float64{34780, 28610, 23650, 19630, 16370, 13720, 11540, 9744, 8261, 7030, 6005, 5147, 4427, 3820, 3307, 2872},
		model: func(b []float64, x float64) float64 {
			return b[0] * math.Exp(b[1]/(x+b[2]))
		},
		starts: [2][]float64{{2, 400000, 25000}, {.02, 4000, 250}},
		want:   []float64{5.6096364710e-03, 6.1813463463e+03, 3.4522363462e+02},
		rss:    8.7945855171e+01,
	},
	{
		name: "BoxBOD",
		x:    []float64{1, 2, 3, 5, 7, 10},
		y:    []float64{109, 149, 149, 191, 213, 224},
		model: func(b []float64, x float64) float64 {
			return b[0] * (1 - math.Exp(-b[1]*x))
		},
		starts: [2][]float64{{1, 1}, {100, .75}},
		want:   []float64{2.1380940889e+02, 5.4723748542e-01},
		rss:    1.1680088766e+03,
	},
	{
		name: "Eckerle4",
		x: []float64{
			400, 405, 410, 415, 420, 425, 430, 435, 436.5, 438, 439.5, 441, 442.5, 444, 445.5, 447, 448.5, 450,
			451.5, 453, 454.5, 456, 457.5, 459, 460.5, 462, 463.5, 465, 470, 475, 480, 485, 490, 495, 500,
		},
		y: []float64{
			.0001575, .0001699, .0002350, .0003102, .0004917, .0008710, .0017418, .0046400, .0065895, .0097302, .0149002, .0237310,
			.0401683, .0712559, .1264458, .2073413, .2902366, .3445623, .3698049, .3668534, .3106727, .2078154, .1164354, .0616764,
			.0337200, .0194023, .0117831, .0074357, .0022732, .0008800, .0004579, .0002345, .0001586, .0001143, .0000710,
		},
		model: func(b []float64, x float64) float64 {
			z := (x - b[2]) / b[1]
			return b[0] / b[1] * math.Exp(-z*z/2)
		},
		starts: [2][]float64{{1, 10, 500}, {1.5, 5, 450}},
		want:   []float64{1.5543827178e+00, 4.0888321754e+00, 4.5154121844e+02},
		rss:    1.4635887487e-03,
	},
	{
		name: "Rat42",
		x:    []float64{9, 14, 21, 28, 42, 57, 63, 70, 79},
		y:    []float64{8.93, 10.80, 18.59, 22.33, 39.35, 56.11, 61.73, 64.62, 67.08},
		model: func(b []float64, x float64) float64 {
			return b[0] / (1 + math.Exp(b[1]-b[2]*x))
		},
		starts: [2][]float64{{100, 1, .1}, {75, 2.5, .07}},
		want:   []float64{7.2462237576e+01, 2.6180768402e+00, 6.7359200066e-02},
		rss:    8.0565229338e+00,
	},
}

func (d regression) problem() nls.Problem {
	return nls.Problem{Size: len(d.x), Residuals: func(b, r []float64) {
		for i, x := range d.x {
			r[i] = d.model(b, x) - d.y[i]
		}
	}}
}

// Least squares without outliers: from NIST's starts to the certified values, which have eleven digits. From the far starts
// of MGH10 and BoxBOD the way down ends elsewhere, on a plateau: that must not look like a solution.
func TestSolve_ReachesTheCertifiedValuesOfNIST(t *testing.T) {
	for _, d := range nist {
		for i, start := range d.starts {
			result, err := nls.Solve(d.problem(), start, nls.Fixed{Alpha: 2, Scale: 1}, nil)
			if err != nil {
				t.Errorf("%s, start %d: %v", d.name, i+1, err)
				continue
			}
			digits := math.Inf(1)
			for j, want := range d.want {
				digits = min(digits, -math.Log10(math.Abs(result.X[j]/want-1)))
			}
			rss := 2 * result.Cost
			t.Logf("%s, start %d: %.1f digits, %v, %d iterations, RSS %.11g", d.name, i+1, digits, result.Stop, result.Iterations, rss)
			if hard := i == 0 && (d.name == "MGH10" || d.name == "BoxBOD"); hard && digits < 7 {
				if result.Converged() && result.Rank == len(start) {
					t.Errorf("%s, start %d: %v at %v", d.name, i+1, result.Stop, result.X)
				}
				continue
			}
			if !result.Converged() || digits < 7 || math.Abs(rss/d.rss-1) > 1e-9 || result.Rank != len(start) {
				t.Errorf("%s, start %d: %v after %d iterations, %v: %.1f digits, RSS %.11g, rank %d", d.name, i+1, result.Stop, result.Iterations, result.X, digits, rss, result.Rank)
			}
		}
	}
}

// The Jacobian of BoxBOD, given: the same minimum, with fewer calls; wrong, it is found out.
func TestSolve_TakesAGivenJacobian(t *testing.T) {
	d := nist[3]
	p := d.problem()
	p.Jacobian = func(b []float64, jac *mat.Dense) {
		for i, x := range d.x {
			e := math.Exp(-b[1] * x)
			jac.SetRow(i, []float64{1 - e, b[0] * x * e})
		}
	}
	if err := p.CheckJacobian(d.starts[1], 1e-6); err != nil {
		t.Error(err)
	}
	result, err := nls.Solve(p, d.starts[1], nls.Fixed{Alpha: 2, Scale: 1}, nil)
	if err != nil {
		t.Fatal(err)
	}
	for j, want := range d.want {
		if math.Abs(result.X[j]/want-1) > 1e-9 {
			t.Errorf("parameter %d: %.11g, want %.11g", j, result.X[j], want)
		}
	}
}
