"""Writes loss_truth.json: the loss and its derivatives to 17 digits, at points that are hard for float32 and float64.

    pip install mpmath==1.4.1; python loss_truth.py > loss_truth.json

Each row is [x, alpha, c, rho, drho/dx, drho/dalpha, drho/dc, weight], every number a string for strconv.ParseFloat. The
inputs are exact numbers of the dtype; the truth is computed at these with enough digits to cancel none (40 + 6 for each
decimal exponent), from the definition, and from the analytic limits where alpha is 0, 2 or infinite.
"""
import json, math, random, struct
from mpmath import mp, mpf


def truth(x, a, c):
    mp.dps = 60
    x, c = mpf(x), mpf(c)
    z = (x / c) ** 2
    if math.isinf(a):
        sign = 1 if a > 0 else -1
        p, rho, da = mp.exp(sign * z / 2), sign * mp.expm1(sign * z / 2), mpf(0)
    elif a == 2:
        p, rho, da = mpf(1), z / 2, mpf(0) if z == 0 else mp.inf
    elif a == 0:
        h = mp.log1p(z / 2)
        p, rho, da = 1 / (1 + z / 2), h, -h / 2 + z / (2 * (2 + z)) + h * h / 4
    else:
        sizes = [abs(mpf(a)), abs(mpf(a) - 2)] + ([z] if z else [])
        mp.dps = 40 + max(6 * abs(int(mp.log10(v))) for v in sizes)
        a, z = mpf(a), (mpf(x) / mpf(c)) ** 2
        b, s = abs(a - 2), 1 if a > 2 else -1
        u = z / b
        length = mp.log1p(u)
        t = a * length / 2
        p, rho = mp.exp((a - 2) * length / 2), b / a * mp.expm1(t)
        da = b / a**2 * (t * mp.exp(t) - mp.expm1(t)) + mpf(s) / 2 * (2 / a * mp.expm1(t) - u * p)
    r = x / c
    return rho, r / c * p, da, -r * r / c * p, p / c / c


def points(rng, number, rounded, far, most):
    """number of (x, alpha, c); alpha special, near 0 and 2, ordinary, huge; |x/c| up to 10**far, the exponent up to most."""
    while number:
        a = rng.choice([
            lambda: rng.choice([0, 2, math.inf, -math.inf, 1, -2, -1, 4, 1.5, 0.5, 3]),
            lambda: rng.choice([-1, 1]) * 10 ** rng.uniform(-2 * far / 3, -1),
            lambda: 2 + rng.choice([-1, 1]) * 10 ** rng.uniform(-7 if far < 20 else -15, -1),
            lambda: rng.choice([0, 2]) + rng.uniform(-1, 1) * rng.choice([1e-6, 1e-3]),
            lambda: rng.uniform(-3, 5),
            lambda: rng.choice([-1, 1]) * 10 ** rng.uniform(0, 4),
            lambda: rng.choice([-1, 1]) * 10 ** rng.uniform(3, 2 * far),
        ])()
        a = rounded(a)
        b, size = max(abs(a - 2), 1e-7), abs(a) or 1
        wanted = rng.uniform(0, most)  # of |alpha|/2 log(1 + z/b), so that large alpha are met where they matter
        r = rng.choice([
            lambda: 10 ** rng.uniform(-12, far),
            lambda: 10 ** rng.uniform(-12, 0),
            lambda: rng.uniform(0, 30),
            lambda: 0,
            lambda: math.sqrt(2 * wanted) if math.isinf(a) else math.sqrt(b * math.expm1(min(2 * wanted / size, most))),
        ])()
        c = rng.choice([1, 10 ** rng.uniform(-2, 2)])
        x, c = rounded(rng.choice([-1, 1]) * r * c), rounded(c)
        if abs(x / c) <= 10**far:
            number -= 1
            yield x, a, c


def text(v):
    return repr(float(v)).replace("inf", "Inf")


def rows(points):
    return [[text(v) for v in point + truth(*point)] for point in points]


def float32(v):
    return struct.unpack("f", struct.pack("f", v))[0]


print(json.dumps({
    "_doc": "made by loss_truth.py with mpmath 1.4.1",
    "float32": rows(points(random.Random(1), 500, float32, 18, 80)),
    "float64": rows(points(random.Random(2), 500, float, 150, 650)),
}).replace("], [", "],\n["))
