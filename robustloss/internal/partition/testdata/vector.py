"""Makes vector.json: log Z_d(alpha) by mpmath's quadrature in 40 digits. Run with mpmath 1.3 or newer, in this folder."""
import json

import mpmath as mp

mp.mp.dps = 40


def log_z(d, alpha):
    """log of the integral of exp(-rho(|x|, alpha, 1)) over d dimensions."""
    n = mp.mpf(d)
    sphere = 2 * mp.pi ** (n / 2) / mp.gamma(n / 2)
    if alpha == 2:
        return n / 2 * mp.log(2 * mp.pi)
    if alpha == mp.inf:  # in z = r^2
        return mp.log(sphere * mp.quad(lambda z: z ** (n / 2 - 1) / 2 * mp.exp(-mp.expm1(z / 2)), [0, 0.01, 1, 2, 4, 8, 16]))
    b = abs(alpha - 2)
    if alpha > 2:
        points = [0, mp.mpf(1) / 100, mp.mpf(1) / 4, 0.5, 1, 1.5, 2, 3, 4, 6, 8, 12, 20]
        return mp.log(sphere * mp.quad(lambda r: r ** (d - 1) * mp.exp(-(b / alpha) * mp.expm1(alpha / 2 * mp.log1p(r * r / b))), points))
    # In t = log(r^2/b + 1), with the exponent less its largest value.
    top = max(2 / alpha * mp.log(n / b), mp.mpf(0))
    exponent = lambda t: n * t / 2 - b / alpha * mp.expm1(alpha * t / 2)
    integrand = lambda t: (-mp.expm1(-t)) ** (n / 2 - 1) * mp.exp(exponent(t) - exponent(top))
    width = 2 * mp.sqrt(2 / (n * alpha)) + 1
    points = [top + k * width for k in (-24, -12, -8, -6, -4, -2, -1, 0, 1, 2, 4, 6, 8, 12, 24, 48)]
    points += [mp.mpf(10) ** -k for k in (6, 3, 2, 1)] + [mp.mpf(1), mp.mpf(3), mp.mpf(8)]
    end = max(points)
    points = sorted({mp.mpf(0), *(p for p in points if 0 < p <= end)})
    return mp.log(sphere / 2) + n / 2 * mp.log(b) + exponent(top) + mp.log(mp.quad(integrand, points))


def main():
    alphas = [0.001, 0.02, 0.1, 0.3, 0.49, 0.5, 0.75, 1.0, 1.5, 1.9, 1.99, 1.999999, 2.0, 2.000001, 2.01, 2.5, 4.0, 10.0, 100.0, 1e6, float("inf")]
    rows = []
    for d in range(1, 9):
        for alpha in alphas + ([1e-6] if d == 2 else []):
            rows.append({"d": d, "alpha": str(alpha), "log_z": mp.nstr(log_z(d, mp.mpf(alpha)), 20)})
            print(rows[-1], flush=True)
    with open("vector.json", "w") as f:
        f.write('{"rows": [\n' + ",\n".join(json.dumps(r) for r in rows) + "\n]}\n")


main()
