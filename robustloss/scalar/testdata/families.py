"""Writes families.json: maximum likelihood fits by scipy, for FitStudentsT and Compare.

    pip install scipy==1.17.1; python families.py > families.json

Samples are from numpy's PCG64, seed 11. Each t fit is scipy.stats.t.fit, polished by Nelder and Mead until 1e-12.
"""
import json
import sys

import numpy as np
import scipy
from scipy import optimize, stats

rng = np.random.Generator(np.random.PCG64(11))
data = {
    "t3": 4 + 2 * rng.standard_t(3, size=200),
    "t12": -1 + 0.3 * rng.standard_t(12, size=500),
    "laplace": rng.laplace(1, 2, size=150),
    "contaminated": np.concatenate([rng.normal(size=90), rng.normal(size=10) * 10]),
}
cases = []
for name, x in data.items():
    start = stats.t.fit(x)
    t = optimize.minimize(
        lambda p: -stats.t.logpdf(x, np.exp(p[0]), p[1], np.exp(p[2])).sum(), [np.log(start[0]), start[1], np.log(start[2])],
        method="Nelder-Mead", options=dict(xatol=1e-12, fatol=1e-13, maxiter=100000, maxfev=100000),
    )
    normal, laplace = stats.norm.fit(x), stats.laplace.fit(x)
    cases.append({
        "name": name, "samples": x.tolist(), "nu": float(np.exp(t.x[0])), "mu": t.x[1], "sigma": float(np.exp(t.x[2])),
        "log_likelihood": {"Student's t": -t.fun, "normal": stats.norm.logpdf(x, *normal).sum(), "Laplace": stats.laplace.logpdf(x, *laplace).sum()},
    })
json.dump({"by": f"scipy {scipy.__version__}, numpy {np.__version__}", "cases": cases}, sys.stdout)
