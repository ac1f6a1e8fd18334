package scalar

import (
	"math"
	"slices"

	"gonum.org/v1/gonum/mat"
	"gonum.org/v1/gonum/stat"
)

// design is the linear model y ≈ xβ in units of its own, so that neither the units of the columns and of y nor, where there is an
// intercept, the places of the columns matter:
//
//	x′_ij = (x_ij − center_j)/2^e_j for the columns, x′_ik = 1 for the intercept k,  y′_i = y_i/2^e
//	β_j = β′_j·2^(e−e_j),  β_k = (β′_k·2^e − Σ center_j·β_j)/value of the intercept
//
// An intercept is a column of equal values; where there is none the centers are 0.
type design struct {
	n, p      int
	x         *mat.Dense // x′
	y         []float64  // y′
	exponents []int      // e_j
	exponent  int        // e
	centers   []float64
	intercept int     // k, or −1
	value     float64 // of the intercept
	largestX  []float64
	largestY  float64 // of |x′|, |y′| before centering: what sets their rounding errors
}

// coefficients are β′ as unevaluated sums hi + lo: beside a large intercept, residuals need more digits than a float64 has.
type coefficients struct{ hi, lo []float64 }

// maxCondition is the condition number of the weighted design, columns of equal size, from which on its columns count as
// linearly dependent.
const maxCondition = 1e12

func newDesign(x mat.Matrix, y mat.Vector) (*design, error) {
	n, p := x.Dims()
	switch {
	case n == 0 || p == 0:
		return nil, failure(ErrArgument, "x has %d rows and %d columns: it must have some", n, p)
	case y.Len() != n:
		return nil, failure(ErrArgument, "x has %d rows, y has %d values", n, y.Len())
	case n < p:
		return nil, failure(ErrTooFew, "%d rows cannot fix %d coefficients", n, p)
	}
	d := &design{
		n: n, p: p, x: mat.DenseCopyOf(x), y: make([]float64, n),
		exponents: make([]int, p), centers: make([]float64, p), largestX: make([]float64, p), intercept: -1,
	}
	for i := range n {
		d.y[i] = y.AtVec(i)
		if math.IsNaN(d.y[i]) || math.IsInf(d.y[i], 0) {
			return nil, failure(ErrArgument, "y[%d] is %g: it must be finite", i, d.y[i])
		}
		for j, v := range d.x.RawRowView(i) {
			if math.IsNaN(v) || math.IsInf(v, 0) {
				return nil, failure(ErrArgument, "x[%d, %d] is %g: it must be finite", i, j, v)
			}
		}
	}
	d.findIntercept()
	for j := range p {
		if err := d.standardizeColumn(j); err != nil {
			return nil, err
		}
	}
	d.rescale(exponentOf(largest(d.y)))
	d.largestY = largest(d.y)
	return d, nil
}

func (d *design) findIntercept() {
	column := make([]float64, d.n)
	for j := range d.p {
		mat.Col(column, j, d.x)
		if column[0] != 0 && slices.Min(column) == slices.Max(column) {
			d.intercept, d.value = j, column[0]
			return
		}
	}
}

func (d *design) standardizeColumn(j int) error {
	column := mat.Col(nil, j, d.x)
	if j == d.intercept {
		for i := range column {
			column[i] = 1
		}
		d.x.SetCol(j, column)
		d.largestX[j] = 1
		return nil
	}
	before := largest(column)
	if before == 0 {
		return failure(ErrDependent, "column %d of x is 0: the columns are linearly dependent", j)
	}
	if d.intercept >= 0 {
		sorted := slices.Sorted(slices.Values(column))
		d.centers[j] = stat.Quantile(0.5, stat.Empirical, sorted, nil)
		if sorted[0] == sorted[d.n-1] {
			return failure(ErrDependent, "columns %d and %d of x are both constant: they are linearly dependent", d.intercept, j)
		}
	}
	for i := range column {
		column[i] -= d.centers[j]
	}
	size := largest(column)
	if math.IsInf(size, 1) {
		return failure(ErrOverflow, "the range of column %d of x overflows", j)
	}
	d.exponents[j] = exponentOf(size)
	for i := range column { // twice, as the power of a subnormal number overflows
		column[i] = math.Ldexp(column[i], -d.exponents[j])
	}
	rms := exponentOf(mat.Norm(mat.NewVecDense(d.n, column), 2) / math.Sqrt(float64(d.n)))
	d.exponents[j] += rms
	for i := range column {
		d.x.Set(i, j, math.Ldexp(column[i], -rms))
	}
	d.largestX[j] = math.Ldexp(before, -d.exponents[j])
	return nil
}

// rescale divides y′ by another power of two.
func (d *design) rescale(exponent int) {
	for i := range d.y {
		d.y[i] = math.Ldexp(d.y[i], -exponent)
	}
	d.exponent += exponent
	d.largestY = math.Ldexp(d.largestY, -exponent)
}

// largest returns the largest absolute value.
func largest(values []float64) float64 {
	result := 0.0
	for _, v := range values {
		result = math.Max(result, math.Abs(v))
	}
	return result
}

// exponentOf returns e for which x/2^e is in [½, 1).
func exponentOf(x float64) int {
	_, e := math.Frexp(x)
	return e
}

// solve returns the coefficients that minimise Σ weights_i·(y_i − x′_i·β)² for these y, by a QR decomposition of the rows times
// √weight.
func (d *design) solve(weights, y []float64) ([]float64, error) {
	if d.p == 0 {
		return nil, nil
	}
	qr, err := d.factorize(weights)
	if err != nil {
		return nil, err
	}
	b := mat.NewVecDense(d.n, nil)
	for i, w := range weights {
		b.SetVec(i, math.Sqrt(w)*y[i])
	}
	var beta mat.VecDense
	if err := qr.SolveVecTo(&beta, false, b); err != nil {
		return nil, failure(ErrDependent, "weighted least squares: %v", err)
	}
	return beta.RawVector().Data, nil
}

// factorize returns the QR decomposition of the rows times √weight.
func (d *design) factorize(weights []float64) (*mat.QR, error) {
	a := mat.NewDense(d.n, d.p, nil)
	for i, w := range weights {
		if math.IsInf(w, 1) {
			return nil, failure(ErrOverflow, "the weight of row %d overflows: lower alpha, or raise the scale", i)
		}
		row := a.RawRowView(i)
		for j, v := range d.row(i) {
			row[j] = math.Sqrt(w) * v
		}
	}
	var qr mat.QR
	qr.Factorize(a)
	if condition := qr.Cond(); !(condition < maxCondition) {
		counting := 0
		for _, w := range weights {
			if w > 0 {
				counting++
			}
		}
		return nil, failure(ErrDependent, "the columns of x are linearly dependent over the %d rows of positive weight "+
			"(condition number %.1g): drop a column, or lower the outlier rejection", counting, condition)
	}
	return &qr, nil
}

// orthonormal returns Q, n×p, of that decomposition: the rows times √weight, times R⁻¹.
func (d *design) orthonormal(weights []float64) (*mat.Dense, error) {
	qr, err := d.factorize(weights)
	if err != nil {
		return nil, err
	}
	var r mat.Dense
	qr.RTo(&r)
	q := mat.NewDense(d.n, d.p, nil)
	for i, w := range weights {
		row := q.RawRowView(i)
		for j, v := range d.row(i) {
			row[j] = math.Sqrt(w) * v
		}
		forwardSubstitute(row, &r)
	}
	return q, nil
}

// forwardSubstitute replaces a row by the q for which q·R is the row, R upper triangular.
func forwardSubstitute(row []float64, r *mat.Dense) {
	for j := range row {
		for l := range j {
			row[j] -= row[l] * r.At(l, j)
		}
		row[j] /= r.At(j, j)
	}
}

// row returns row i of x′.
func (d *design) row(i int) []float64 {
	if d.p == 0 {
		return nil
	}
	return d.x.RawRowView(i)
}

// newCoefficients returns β′ = 0.
func (d *design) newCoefficients() coefficients {
	return coefficients{make([]float64, d.p), make([]float64, d.p)}
}

// plus returns β′ + t·step.
func (c coefficients) plus(t float64, step []float64) coefficients {
	next := coefficients{make([]float64, len(c.hi)), make([]float64, len(c.hi))}
	for j := range c.hi {
		hi, lo := twoSum(c.hi[j], t*step[j])
		next.hi[j], next.lo[j] = twoSum(hi, lo+c.lo[j])
	}
	return next
}

// twoSum returns a + b as a sum and its rounding error.
func twoSum(a, b float64) (sum, lost float64) {
	sum = a + b
	t := sum - a
	return sum, (a - (sum - t)) + (b - t)
}

// residuals returns y′ − x′β′ to the last digit.
func (d *design) residuals(beta coefficients) []float64 {
	r := make([]float64, d.n)
	for i := range r {
		sum, rest := d.y[i], 0.0
		for j, v := range d.row(i) {
			product := v * beta.hi[j]
			lost := math.FMA(v, beta.hi[j], -product)
			var rounding float64
			sum, rounding = twoSum(sum, -product)
			rest += rounding - lost - v*beta.lo[j]
		}
		r[i] = sum + rest
	}
	return r
}

// rounding returns the size of the rounding errors of the data, as they show in the residuals.
func (d *design) rounding(beta coefficients) float64 {
	size := d.largestY
	for j, b := range beta.hi {
		size = math.Max(size, d.largestX[j]*math.Abs(b))
	}
	return roundingErrors * size
}

// roundingErrors is how many times the largest term of a residual its rounding error is taken for: 64 units in the last place, as the
// sum of several terms has several, and coefficients that the data fix badly let them grow.
const roundingErrors = 0x1p-46

// external returns β of β′.
func (d *design) external(beta coefficients) []float64 {
	result := make([]float64, d.p)
	hi, lo := 0.0, 0.0
	for j := range result {
		if j == d.intercept {
			continue
		}
		result[j] = math.Ldexp(beta.hi[j], d.exponent-d.exponents[j])
		// center_j·β_j in units of y′.
		product := math.Ldexp(d.centers[j], -d.exponents[j])
		sum, lost := product*beta.hi[j], math.FMA(product, beta.hi[j], -product*beta.hi[j])
		var rounding float64
		hi, rounding = twoSum(hi, sum)
		lo += rounding + lost + product*beta.lo[j]
	}
	if k := d.intercept; k >= 0 {
		difference, rounding := twoSum(beta.hi[k], -hi)
		result[k] = math.Ldexp(difference+(rounding+beta.lo[k]-lo), d.exponent) / d.value
	}
	return result
}

// internal returns β′ of β.
func (d *design) internal(beta []float64) coefficients {
	c := d.newCoefficients()
	offset := 0.0
	for j, b := range beta {
		if j != d.intercept {
			c.hi[j] = math.Ldexp(b, d.exponents[j]-d.exponent)
			offset += math.Ldexp(d.centers[j], -d.exponents[j]) * c.hi[j]
		}
	}
	if k := d.intercept; k >= 0 {
		c.hi[k] = math.Ldexp(beta[k]*d.value, -d.exponent) + offset
	}
	return c
}

// transform returns the matrix of β as a function of β′.
func (d *design) transform() *mat.Dense {
	t := mat.NewDense(d.p, d.p, nil)
	for j := range d.p {
		if j == d.intercept {
			t.Set(j, j, math.Ldexp(1/d.value, d.exponent))
			continue
		}
		t.Set(j, j, math.Ldexp(1, d.exponent-d.exponents[j]))
		if k := d.intercept; k >= 0 {
			t.Set(k, j, -math.Ldexp(d.centers[j], d.exponent-d.exponents[j])/d.value)
		}
	}
	return t
}

// without returns the problem of the other coefficients where coefficient j is fixed at a distance from that of beta. Its coefficients are
// changes from beta.
func (d *design) without(j int, beta coefficients, distance float64) *design {
	w := &design{
		n: d.n, p: d.p - 1, y: d.residuals(beta), exponent: d.exponent, exponents: slices.Delete(slices.Clone(d.exponents), j, j+1),
		centers: make([]float64, d.p-1), largestX: make([]float64, d.p-1), largestY: d.rounding(beta) / roundingErrors, intercept: -1,
	}
	change := math.Ldexp(distance, d.exponents[j]-d.exponent)
	if j == d.intercept {
		change = math.Ldexp(distance*d.value, -d.exponent)
	}
	if w.p > 0 {
		w.x = mat.NewDense(d.n, w.p, nil)
	}
	for i := range d.n {
		row := d.row(i)
		w.y[i] -= row[j] * change
		for l, v := range slices.Delete(slices.Clone(row), j, j+1) {
			if j == d.intercept { // the columns are those of x, not moved to their centers
				of := l
				if l >= j {
					of++
				}
				v += math.Ldexp(d.centers[of], -d.exponents[of])
			}
			w.x.Set(i, l, v)
		}
	}
	return w
}
