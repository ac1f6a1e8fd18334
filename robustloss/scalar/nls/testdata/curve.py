"""Robust curve fits by scipy.optimize.least_squares, for TestSolve_AgreesWithSciPy:

    pip install scipy==1.16.3; python curve.py > curve.json

The general loss with α = 1 is half of scipy's soft_l1, α = 0 its cauchy with f_scale = √2·c; α = −2 is given as a function.
"""
import json
import sys

import numpy as np
import scipy
from scipy.optimize import least_squares

rng = np.random.default_rng(7)
x = np.round(np.linspace(0, 4, 40), 6)
truth = np.array([2.5, 1.3, 0.5])
y = truth[0] * np.exp(-truth[1] * x) + truth[2] + 0.05 * rng.standard_normal(40)
outliers = rng.choice(40, 12, replace=False)
y[outliers] += rng.uniform(-3, 3, 12)
y = np.round(y, 6)


def residuals(b):
    return b[0] * np.exp(-b[1] * x) + b[2] - y


def geman_mcclure(z):  # twice 2z/(z+4), and its derivatives in z
    return np.stack([4 * z / (z + 4), 16 / (z + 4) ** 2, -32 / (z + 4) ** 3])


fits = []
for alpha, loss, factor in ((1, "soft_l1", 1), (0, "cauchy", np.sqrt(2)), (-2, geman_mcclure, 1)):
    for c in (0.1, 0.3):
        best = least_squares(residuals, [2, 1, 0], loss=loss, f_scale=factor * c, method="trf",
                             ftol=1e-15, xtol=1e-15, gtol=1e-15, max_nfev=10000, jac="3-point")
        scale = (factor * c) ** 2  # scipy's cost is ½·Σ scale·ρ
        cost = best.cost / scale * (2 if alpha == 0 else 1)
        fits.append({"alpha": alpha, "c": c, "x": best.x.tolist(), "cost": cost})

json.dump({"made by": f"scipy {scipy.__version__}, numpy {np.__version__}", "x": x.tolist(), "y": y.tolist(), "fits": fits}, sys.stdout, indent=1)
print()
