"""Writes power.json: the power transform f(s, λ), ∂f/∂s and ∂f/∂λ at exact float64 inputs, for PowerTransform.

    pip install mpmath==1.3.0; python power.py > power.json

f is the textbook form with 1500 digits, and its limits at λ = 0, ±1 and ±∞. ∂f/∂λ is a central difference with steps of 1e-200·|λ|,
which is right to 200 digits; at λ = 0, where it diverges, there is none. The random rows are of Python's random, seed 20250215.
"""
import json
import math
import random

import mpmath as mp

mp.mp.dps = 1500


def shape(s, lam):
    """f for finite λ that is not 0 or ±1; None where s is at or beyond the end of the support."""
    m = abs(lam)
    if lam < 0:
        return m / (1 - m) * ((1 + s / m) ** (1 - m) - 1)
    base = 1 + s * (1 - m) / m
    return m * (base ** (1 / (1 - m)) - 1) if base > 0 else None


def row(s_float, lam_float):
    s = mp.mpf(s_float)
    if math.isinf(lam_float):
        if lam_float < 0:
            f, ds = -mp.expm1(-s), mp.exp(-s)
        else:
            f, ds = (-mp.log1p(-s), 1 / (1 - s)) if s < 1 else (mp.inf, mp.inf)
        return f, ds, mp.mpf(0)
    lam = mp.mpf(lam_float)
    h = mp.mpf(10) ** -200 * (abs(lam) if lam else 1)
    dlam = None
    if lam:
        up, down = shape(s, lam + h), shape(s, lam - h)
        dlam = (up - down) / (2 * h) if up is not None and down is not None else mp.inf
    if lam == 0:
        f, ds = s, mp.mpf(1)
    elif lam == -1:
        f, ds = mp.log1p(s), 1 / (1 + s)
    elif lam == 1:
        f, ds = mp.expm1(s), mp.exp(s)
    else:
        f, m = shape(s, lam), abs(lam)
        if f is None:
            f = ds = mp.inf
        else:
            ds = (1 + s / m) ** -m if lam < 0 else (1 + s * (1 - m) / m) ** (m / (1 - m))
    return f, ds, dlam


def text(v):
    if v is None:
        return "NaN"
    if v == mp.inf or v > mp.mpf("1.7976931348623158e308"):
        return "Inf"
    if abs(v) < mp.mpf("1e-330"):
        return "0"
    return mp.nstr(v, 20)


lambdas = [0.0]
for m in [1e-300, 1e-17, 1e-9, 1e-3, 0.1, 0.25, 0.3, 0.4999, 0.5, 0.75, 0.999, 1 - 1e-9, math.nextafter(1, 0), 1.0, math.nextafter(1, 2),
          1 + 1e-9, 1.001, 1.5, 2.0, 3.0, 10.0, 1e3, 1e9, 1e17, 1e140, math.inf]:
    lambdas += [m, -m]
sizes = [0.0, 1e-305, 1e-20, 1e-8, 1e-3, 0.1, 0.5, 0.9, 1.0, 1.2, 2.0, 5.0, 30.0, 300.0, 1e4, 1e9, 1e18, 1e100, 1e300]
rows = [(s, lam) for lam in lambdas for s in sizes]
rng = random.Random(20250215)
for _ in range(300):
    rows.append((math.exp(rng.gauss(0, 3)), rng.choice([-1, 1]) * math.exp(rng.gauss(0, 1.5))))
head = {
    "by": f"mpmath {mp.__version__}, 1500 digits",
    "columns": "s, λ, f, ∂f/∂s, ∂f/∂λ; strings for strconv.ParseFloat; Inf: at or beyond the end of the support, or out of float64's range",
}
lines = [json.dumps([repr(s).replace("inf", "Inf"), repr(lam).replace("inf", "Inf"), *map(text, row(s, lam))]) for s, lam in rows]
print(json.dumps(head, ensure_ascii=False)[:-1] + ', "rows": [\n' + ",\n".join(lines) + "\n]}")
