"""What the peers share: the inputs, and the talk with the program that times them. inputs.go and worker.go are the same in Go."""

import json
import math
import sys
import time

import numpy as np

GOLDEN = (math.sqrt(5) - 1) / 2
SHARED_SHAPE, SHARED_SCALE = 0.75, 0.9
COLUMNS = 100


def spread(n, step):
    """The fractional parts of step, 2·step, …, n·step."""
    return np.modf(np.arange(1, n + 1, dtype=np.float64) * step)[0]


def residuals(n):
    u = 2 * spread(n, GOLDEN) - 1
    return 3 * u / (1.05 - u * u)


def shapes(n):
    return 0.02 + 1.96 * spread(n, math.sqrt(2))


def scales(n):
    return 0.5 + spread(n, math.sqrt(3))


def weights(shape):
    """Weights of a layer, in ±√(3/fan-in)."""
    fan_in = int(np.prod(shape[:-1]))
    return ((2 * spread(int(np.prod(shape)), GOLDEN) - 1) * math.sqrt(3 / fan_in)).reshape(shape).astype(np.float32)


def pictures(batch, height, width, shift=0.0):
    """A batch of smooth pictures with values in [0.1, 0.9], moved by shift columns."""
    b, r, c, k = np.meshgrid(np.arange(batch), np.arange(height), np.arange(width), np.arange(3), indexing="ij")
    return (0.5 + 0.4 * np.sin(0.11 * r + 0.17 * (c + shift) + 0.9 * k + 1.3 * b)).astype(np.float32)


def memory(name):
    """A number of /proc/self/status in bytes, 0 where there is none."""
    try:
        with open("/proc/self/status", encoding="ascii") as status:
            for line in status:
                if line.startswith(name + ":"):
                    return int(line.split()[1]) * 1024
    except OSError:
        pass
    return 0


def serve(program, make):
    """Is a worker. make returns run(), which computes the job once and waits for the result, and check(), sums over the result."""
    before = memory("VmRSS")
    run, check = make()
    start = time.perf_counter()
    run()
    say({"first": time.perf_counter() - start, "check": [float(v) for v in check()], "program": program})
    for line in sys.stdin:
        repeats = int(line)
        start, cpu = time.perf_counter(), time.process_time()
        for _ in range(repeats):
            run()
        say({"seconds": time.perf_counter() - start, "cpu": time.process_time() - cpu})
    say({"peak": memory("VmHWM") - before})


def say(answer):
    print(json.dumps(answer), flush=True)


# The wavelet CDF 9/7 with the author's digits: the right halves of its symmetric filters, and the matrix of RGB to YUV.
LOW = [0.852698679009, 0.377402855613, -0.110624404418, -0.023849465020, 0.037828455507]
HIGH = [0.788485616406, -0.418092273222, -0.040689417609, 0.064538882629]
YUV = 1.580227820074 * np.array(
    [[0.299, -0.14714119, 0.61497538], [0.587, -0.28886916, -0.51496512], [0.114, 0.43601035, -0.10001026]], dtype=np.float32
).astype(np.float64)


def symmetric(half):
    return half[:0:-1] + half


def log_partition_table(knots=1024):
    """Values of log Z and their slopes at evenly spaced knots of curve(α) in [0, 12]: what the author's spline interpolates."""
    t = np.linspace(0, 12, 12 * knots // 16 + 1)
    alpha = inverse_curve(t)
    values = np.array([log_z(a) for a in alpha])
    return values, np.gradient(values)


def curve(alpha):
    """The paper's map of α to the axis on which its spline has even knots [1, supplement, Eq. 23]."""
    near = (9 * (alpha - 2)) / (4 * np.abs(alpha - 2) + 1) + alpha + 2
    far = 5 / 18 * np.log(4 * np.maximum(alpha, 4) - 15) + 8
    return np.where(alpha < 4, near, far)


def inverse_curve(t):
    """The inverse of curve, by bisection."""
    low, high = np.zeros_like(t), np.full_like(t, 1e7)
    for _ in range(120):
        middle = (low + high) / 2
        below = curve(middle) < t
        low, high = np.where(below, middle, low), np.where(below, high, middle)
    return high


def log_z(alpha):
    """log ∫ exp(−ρ(x, α, 1)) dx, by the trapezoidal rule in x = sinh s."""
    s = np.linspace(0, 40, 4001)
    z = np.sinh(s) ** 2
    if alpha < 1e-9:
        rho = np.log1p(z / 2)
    elif abs(alpha - 2) < 1e-9:
        rho = z / 2
    else:
        b = abs(alpha - 2)
        rho = b / alpha * np.expm1(np.minimum(alpha / 2 * np.log1p(z / b), 700))
    f = np.exp(-rho) * np.cosh(s)
    return math.log(2 * (s[1] - s[0]) * (f.sum() - (f[0] + f[-1]) / 2))
