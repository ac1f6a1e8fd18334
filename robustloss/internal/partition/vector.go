package partition

import "math"

// MaxVector is the largest dimension of vectors that the tables have.
const MaxVector = 8

// smallAlpha is the α below which the table of vectors has another form.
const smallAlpha = 0.5

// VectorTable is log Z_d of vectors of d ≥ 2 dimensions,
//
//	Z_d(α) = ∫ exp(−ρ(‖x‖, α, 1)) dx over ℝᵈ, 0 < α ≤ +∞,
//
// which grows without bounds for α → 0: like 1/√α for d = 2, like exp((d·log(d/2) − d + 2)/α) beyond. From α = ½ on it is held as
// that of scalars, with H of
//
//	log Z_d = d·½·log(2π) + β·(d·k·log β + H(u)), u = β^¼
//
// and below, with v = √α, as G(v) = log Z_d + ½·log α for d = 2, and G(v) = α·(log Z_d + ½·log α) for d > 2.
type VectorTable struct {
	Small []Piece // G, in increasing order of v
	Table         // H, in increasing order of u
}

// LogZVector returns log Z_d(α), d = 2 … [MaxVector], with an error below 1e-13·max(1, |log Z_d|), for α ∈ (0, +∞]. It is +∞ for
// α = 0, where the integral diverges, and NaN for α < 0 and NaN. For d = 1 it is [LogZ].
func LogZVector(d int, alpha float64) float64 {
	if d == 1 {
		return LogZ(alpha)
	}
	switch {
	case math.IsNaN(alpha) || alpha < 0:
		return math.NaN()
	case alpha == 0:
		return math.Inf(1)
	}
	table := &Vector[d]
	if alpha < smallAlpha {
		g, _ := horner(table.Small, math.Sqrt(alpha))
		if d > 2 {
			g /= alpha
		}
		return g - 0.5*math.Log(alpha)
	}
	beta, _, logFactor, pieces := sideOf(&table.Table, alpha)
	if beta == 0 {
		return float64(d) * LogZOfNormal
	}
	h, _ := evaluate(pieces, beta)
	return float64(d)*LogZOfNormal + beta*(float64(d)*logFactor*math.Log(beta)+h)
}

// DLogZVector returns d log Z_d/dα, as [DLogZ] for d = 1, with a relative error below 1e-8 for |α − 2| > 1e-3 and below 1e-6
// elsewhere. It is −∞ for α = 0.
func DLogZVector(d int, alpha float64) float64 {
	if d == 1 {
		return DLogZ(alpha)
	}
	switch {
	case math.IsNaN(alpha) || alpha < 0:
		return math.NaN()
	case alpha == 0:
		return math.Inf(-1)
	case alpha == 2:
		alpha = math.Nextafter(2, 0)
	}
	table := &Vector[d]
	if alpha < smallAlpha {
		v := math.Sqrt(alpha)
		g, slope := horner(table.Small, v)
		slope /= 2 * v // dG/dα
		if d > 2 {
			slope = (slope - g/alpha) / alpha
		}
		return slope - 0.5/alpha
	}
	beta, dBeta, logFactor, pieces := sideOf(&table.Table, alpha)
	h, dh := evaluate(pieces, beta)
	return dBeta * (float64(d)*logFactor*(math.Log(beta)+1) + h + dh)
}
