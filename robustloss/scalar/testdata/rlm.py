"""Writes rlm.json: robust regression and its covariances by statsmodels' RLM, with the general loss for a norm.

    pip install statsmodels==0.15.0; python rlm.py > rlm.json

Data: stackloss (21 rows; Brownlee 1965; in statsmodels) and 60 rows with outliers from numpy's PCG64, seed 7. Hat values and Cook's
distances are those of weighted least squares with the weights of the last iteration.
"""
import json
import sys

import numpy as np
import statsmodels
import statsmodels.api as sm
from statsmodels.robust.norms import RobustNorm


class General(RobustNorm):
    """Barron's loss, psi'(0) = 1/c^2, of standardized residuals; second derivative by its closed form."""

    def __init__(self, alpha, c):
        self.alpha, self.c = alpha, c

    def parts(self, z):
        u = np.asarray(z) / self.c
        if np.isneginf(self.alpha):
            w = np.exp(-u * u / 2)
            return u, w, 1 - u * u
        if self.alpha == 2:
            return u, np.ones_like(u), np.ones_like(u)
        q = u * u / abs(self.alpha - 2)
        return u, (1 + q) ** (self.alpha / 2 - 1), (1 + (self.alpha - 1) * q) / (1 + q)

    def rho(self, z):
        return np.zeros_like(z)  # not needed

    def psi(self, z):
        u, w, _ = self.parts(z)
        return u * w / self.c

    def weights(self, z):
        return self.parts(z)[1] / self.c**2

    def psi_deriv(self, z):
        _, w, bend = self.parts(z)
        return w * bend / self.c**2


def synthetic():
    rng = np.random.Generator(np.random.PCG64(7))
    x = np.column_stack([rng.normal(size=60), np.ones(60), rng.uniform(5, 9, size=60)])
    y = x @ [1.5, -2, 0.3] + 0.4 * rng.normal(size=60)
    y[::7] += rng.uniform(-8, 8, size=len(y[::7]))
    return x, y


stack = sm.datasets.stackloss.load_pandas()
data = {
    "stackloss": (sm.add_constant(stack.exog.to_numpy(dtype=float), prepend=True), stack.endog.to_numpy(dtype=float)),
    "synthetic": synthetic(),
}
cases = []
for name, (x, y) in data.items():
    for alpha in [2, 1.5, 1, 0, -2, float("-inf")]:
        c = 1.5
        fits = {}
        for kind in ["H1", "H2", "H3"]:
            model = sm.RLM(y, x, M=General(alpha, c))
            first = sm.RLM(y, x, M=General(1, c)).fit(conv="coefs", tol=1e-13, maxiter=5000)
            fits[kind] = model.fit(
                start_params=first.params, start_scale=first.scale, update_scale=False, cov=kind, conv="coefs", tol=1e-14, maxiter=20000
            )
        fit = fits["H1"]
        weights = fit.weights * c**2
        root = np.sqrt(weights)
        influence = sm.OLS(root * y, root[:, None] * x).fit().get_influence()
        cases.append({
            "data": name, "alpha": str(alpha), "scale": fit.scale * c, "params": fit.params.tolist(),
            "covariances": {k: f.bcov_scaled.tolist() for k, f in fits.items()},
            "hat": influence.hat_matrix_diag.tolist(), "cooks_distance": influence.cooks_distance[0].tolist(),
        })
scales = []
for name, (x, y) in data.items():
    for alpha in [1.5, 1]:
        for estimate in ["mad", "qn"]:
            scale_est = estimate if estimate == "mad" else (lambda model, resid: sm.robust.scale.qn_scale(resid))
            fit = sm.RLM(y, x, M=General(alpha, 1)).fit(scale_est=scale_est, conv="coefs", tol=1e-14, maxiter=20000, cov="H1")
            scales.append({
                "data": name, "alpha": alpha, "by": estimate, "scale": fit.scale, "params": fit.params.tolist(), "bse": fit.bse.tolist(),
                "of_y": float(sm.robust.scale.qn_scale(y) if estimate == "qn" else sm.robust.scale.mad(y)),
            })
json.dump({
    "by": f"statsmodels {statsmodels.__version__}, numpy {np.__version__}",
    "data": {name: {"x": x.tolist(), "y": y.tolist()} for name, (x, y) in data.items()},
    "cases": cases,
    "scales": scales,
}, sys.stdout)
