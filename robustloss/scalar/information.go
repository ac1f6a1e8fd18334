package scalar

import (
	"math"

	"gonum.org/v1/gonum/mat"
)

// alphaTerms are the derivatives in α of the loss of a residual at c = 1: ∂ρ/∂α, ∂ψ/∂α and ∂²ρ/∂α².
type alphaTerms struct{ gradient, influence, curvature float64 }

// regularGap is the distance from α = 2, where derivatives in α diverge, within which they are taken at that distance.
const regularGap = 1e-4

func regular(alpha float64) float64 {
	if gap := alpha - 2; math.Abs(gap) < regularGap {
		return 2 + math.Copysign(regularGap, gap)
	}
	return alpha
}

// alphaTerms returns them. With b = |α−2|, σ = sgn(α−2), q = u²/b, L = log(1+q), v = q/(1+q), y = αL/2, H = bL and
// P(y) = (e^y − 1)/y,
//
//	ρ = (H/2)·P(y)   ∂ψ/∂α = (ψ/2)·(L − v)
//	H′ = σ(L − v)    H″ = −v²/b
//	y′ = (L − v)/2 − σv/b    y″ = (v/b²)·(2(1−v) + v(1 − σb/2))
//
// where primes are derivatives in α, and no difference cancels but near α = 2.
func (k Kernel) alphaTerms(u float64) alphaTerms {
	alpha := regular(k.Alpha)
	t := alphaTerms{gradient: Kernel{Alpha: alpha, Scale: 1}.AlphaGradient(u)}
	if math.IsInf(alpha, 0) || u == 0 {
		return t
	}
	b, side := math.Abs(alpha-2), math.Copysign(1, alpha-2)
	q := u * u / b
	l, v := math.Log1p(q), 1/(1/q+1)
	if math.IsInf(q, 1) {
		l = 2*math.Log(math.Abs(u)) - math.Log(b)
	}
	rest := l - v // log(1+q) − q/(1+q)
	if q < 0.1 {
		rest = 0
		for n, power := 2.0, q*q; power > 1e-18*q*q; n, power = n+1, power*q {
			rest += power * (n - 1) / n * math.Copysign(1, math.Mod(n, 2)*-2+1)
		}
	}
	y, h := alpha*l/2, b*l
	dh, ddh := side*rest, -v*v/b
	dy, ddy := rest/2-side*v/b, v/b/b*(2*(1-v)+v*(1-side*b/2))
	p, dp, ddp := expRatioDerivatives(y)
	t.influence = Kernel{Alpha: alpha, Scale: 1}.Influence(u) / 2 * rest
	t.curvature = ddh/2*p + dh*dp*dy + h/2*(ddp*dy*dy+dp*ddy)
	return t
}

// expRatioDerivatives returns P(y) = (e^y − 1)/y and its first two derivatives.
func expRatioDerivatives(y float64) (p, dp, ddp float64) {
	if math.Abs(y) > 1 {
		e := math.Exp(y)
		return (e - 1) / y, (e*(y-1) + 1) / y / y, (e*((y-2)*y+2) - 2) / y / y / y
	}
	term := 1.0 // y^k/(k+1)! of P, and so on
	for k := 0.0; k < 22; k++ {
		p += term / (k + 1)
		dp += term / (k + 2)
		ddp += term / (k + 3)
		term *= y / (k + 1)
	}
	return p, dp, ddp
}

// logPartitionCurvature returns d² log Z/dα² = Var(∂ρ/∂α) − E[∂²ρ/∂α²], for α ≥ 0, by quadrature.
func logPartitionCurvature(alpha float64) float64 {
	if math.IsInf(alpha, 1) {
		return 0
	}
	alpha = regular(alpha)
	s, k := newShape(alpha), Kernel{Alpha: alpha, Scale: 1}
	var mass, first, second, curvature float64
	add := func(weight, u float64) {
		t := k.alphaTerms(u)
		mass += weight
		first += weight * t.gradient
		second += weight * t.gradient * t.gradient
		curvature += weight * t.curvature
	}
	nodes := func(p panel, f func(at, width float64)) {
		center, half := (p.from+p.to)/2, (p.to-p.from)/2
		for i, x := range gaussNodes {
			f(center+half*x, half*gaussWeights[i])
		}
	}
	for _, p := range s.bodyPanels(nil, bodyEnd) {
		nodes(p, func(x, width float64) { add(width*s.density(x), x) })
	}
	for _, p := range s.tailPanels(nil, 0, math.Inf(1), 0) {
		nodes(p, func(v, width float64) { add(width*s.densityLog(v), math.Exp(v)) })
	}
	mean := first / mass
	return second/mass - mean*mean - curvature/mass
}

// moments are sums over the rows of a fit with p coefficients. The order of parameters is β/c, α, s = log c.
//
//	score  ∂/∂β = −ψ·x    ∂/∂α = ∂ρ/∂α + d log Z/dα    ∂/∂s = 1 − u·ψ
//
// of the negative log-likelihood of a row, with ψ and ρ of u = r/c at c = 1.
type moments struct {
	p        int
	total    float64       // Σ w
	hessian  *mat.SymDense // Σ w·second derivatives
	products *mat.SymDense // Σ w·score·scoreᵀ
	gram     *mat.SymDense // Σ w·x·xᵀ

	psiSquared, slope, slopeSquared float64 // Σ w·ψ², Σ w·ψ′, Σ w·ψ′²
}

// newMoments sums over n rows: row(i) gives x, u and the weight of row i, and whether its error is normal whatever α. The entries of α and s are those of a likelihood only for
// α ≥ 0.
func newMoments(n, p int, alpha float64, row func(i int) (x []float64, u, w float64, normal bool)) *moments {
	m := &moments{p: p, hessian: mat.NewSymDense(p+2, nil), products: mat.NewSymDense(p+2, nil), gram: mat.NewSymDense(p, nil)}
	k := Kernel{Alpha: alpha, Scale: 1}
	dLogZ, ddLogZ := 0.0, 0.0
	if alpha >= 0 {
		dLogZ, ddLogZ = LogPartitionDerivative(regular(alpha)), logPartitionCurvature(alpha)
	}
	score := make([]float64, p+2)
	for i := range n {
		x, u, w, normal := row(i)
		t, a := k.terms(u), k.alphaTerms(u)
		slopeZ, curvatureZ := dLogZ, ddLogZ
		if normal {
			t, a, slopeZ, curvatureZ = (Kernel{Alpha: 2, Scale: 1}).terms(u), alphaTerms{}, 0, 0
		}
		psi, dPsi := u*t.weight, t.weight*t.bend
		for j, v := range x {
			score[j] = -psi * v
			for l := range j + 1 {
				add(m.gram, l, j, w*x[l]*v)
				add(m.hessian, l, j, w*x[l]*v*dPsi)
			}
			add(m.hessian, j, p, -w*v*a.influence)
			add(m.hessian, j, p+1, w*v*(psi+u*dPsi))
		}
		score[p], score[p+1] = a.gradient+slopeZ, 1-t.pull
		add(m.hessian, p, p, w*(a.curvature+curvatureZ))
		add(m.hessian, p, p+1, -w*u*a.influence)
		add(m.hessian, p+1, p+1, w*(t.pull+u*u*dPsi))
		for j := range score {
			for l := range j + 1 {
				add(m.products, l, j, w*score[l]*score[j])
			}
		}
		m.total += w
		m.psiSquared += w * psi * psi
		m.slope += w * dPsi
		m.slopeSquared += w * dPsi * dPsi
	}
	return m
}

func add(m *mat.SymDense, i, j int, value float64) { m.SetSym(i, j, m.At(i, j)+value) }
