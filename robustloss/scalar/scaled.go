package scalar

import "math"

// ln2Hi + ln2Lo = log 2. The 32 last bits of ln2Hi are zero, so that k·ln2Hi is exact for |k| < 2³².
const (
	ln2Hi = 6.93147180369123816490e-01
	ln2Lo = 1.90821492927058770002e-10
)

// exponentLimit bounds the exponents that expScaled looks at: e^±1e5 stays out of float64's range when multiplied by
// any product of the few float64 values that it meets here.
const exponentLimit = 1e5

// scaled is the number m·2^e. It carries the products of this package past float64's range, so that a result that is
// representable comes out right although a factor of it is not. m is 0 or in [½, 1) after normal.
type scaled struct {
	m float64
	e int
}

// newScaled returns x, which must be finite, as a scaled number.
func newScaled(x float64) scaled {
	m, e := math.Frexp(x)
	return scaled{m, e}
}

// normal returns s with its mantissa brought back to [½, 1).
func (s scaled) normal() scaled {
	m, e := math.Frexp(s.m)
	return scaled{m, s.e + e}
}

func (s scaled) times(t scaled) scaled { return scaled{s.m * t.m, s.e + t.e}.normal() }
func (s scaled) over(t scaled) scaled  { return scaled{s.m / t.m, s.e - t.e}.normal() }

// float rounds s to a float64: ±Inf and ±0 where it is out of range.
func (s scaled) float() float64 { return math.Ldexp(s.m, s.e) }

// expScaled returns e^(y+correction), where correction is a small remainder that y has no bits for.
func expScaled(y, correction float64) scaled {
	if math.Abs(y) > exponentLimit {
		y, correction = math.Copysign(exponentLimit, y), 0
	}
	k := math.Round(y * math.Log2E)
	rest := (y - k*ln2Hi) - k*ln2Lo + correction
	return scaled{math.Exp(rest), int(k)}
}
