"""Writes peers.json: how often robust regressions of statsmodels and scikit-learn find a plane beside outliers.

    pip install statsmodels==0.15.0 scikit-learn==1.9.1; python breakdown.py > peers.json

100 rows on y = 1 + 2a − b with noise 0.1, a and b uniform in ±1; the first share of the rows is replaced: "vertical" adds 5 to y,
"leverage" puts them near a = 5, b = 0, y = −5. A success is a largest error of the three coefficients below 0.2. The numbers are from
SplitMix64 with the repeat's number for a seed, so that other programs can draw the same: see breakdown.go.
"""
import json
import sys
import warnings

import numpy as np
import sklearn
import statsmodels
import statsmodels.api as sm
from sklearn.linear_model import HuberRegressor, RANSACRegressor, TheilSenRegressor

N, REPEATS, SHARES = 100, 40, [0, 0.1, 0.2, 0.3, 0.4, 0.45]
MASK = (1 << 64) - 1


class SplitMix64:
    def __init__(self, seed):
        self.state = seed

    def uniform(self):
        self.state = (self.state + 0x9E3779B97F4A7C15) & MASK
        z = self.state
        z = ((z ^ (z >> 30)) * 0xBF58476D1CE4E5B9) & MASK
        z = ((z ^ (z >> 27)) * 0x94D049BB133111EB) & MASK
        return ((z ^ (z >> 31)) >> 11) / 2.0**53

    def normal(self):
        return sum(self.uniform() for _ in range(12)) - 6


def rows(kind, share, seed):
    random, x, y = SplitMix64(seed), [], []
    for i in range(N):
        a, b, noise = 2 * random.uniform() - 1, 2 * random.uniform() - 1, 0.1 * random.normal()
        value = 1 + 2 * a - b + noise
        if i < round(share * N):
            if kind == "vertical":
                value += 5
            else:
                a, b, value = 5 + 0.1 * random.normal(), 0.1 * random.normal(), -5 + noise
        x.append([a, b])
        y.append(value)
    return np.array(x), np.array(y)


def rlm(norm):
    def fit(x, y):
        return sm.RLM(y, sm.add_constant(x), M=norm()).fit().params
    return fit


def sk(make):
    def fit(x, y):
        model = make().fit(x, y)
        model = getattr(model, "estimator_", model)
        return np.array([model.intercept_, *model.coef_])
    return fit


methods = {
    "least squares": lambda x, y: np.linalg.lstsq(sm.add_constant(x), y, rcond=None)[0],
    "statsmodels RLM, HuberT": rlm(sm.robust.norms.HuberT),
    "statsmodels RLM, TukeyBiweight": rlm(sm.robust.norms.TukeyBiweight),
    "scikit-learn HuberRegressor": sk(lambda: HuberRegressor(max_iter=1000)),
    "scikit-learn TheilSenRegressor": sk(lambda: TheilSenRegressor(random_state=0)),
    "scikit-learn RANSACRegressor": sk(lambda: RANSACRegressor(random_state=0)),
}
truth = np.array([1, 2, -1])
result = {}
for kind in ["vertical", "leverage"]:
    for name, fit in methods.items():
        counts = []
        for share in SHARES:
            count = 0
            for seed in range(REPEATS):
                x, y = rows(kind, share, seed)
                with warnings.catch_warnings():
                    warnings.simplefilter("ignore")
                    try:
                        count += bool(np.max(np.abs(fit(x, y) - truth)) < 0.2)
                    except Exception:
                        pass
            counts.append(count)
        result.setdefault(kind, {})[name] = counts
check = rows("leverage", 0.1, 3)
json.dump({
    "by": f"statsmodels {statsmodels.__version__}, scikit-learn {sklearn.__version__}, numpy {np.__version__}",
    "repeats": REPEATS, "shares": SHARES, "successes": result, "checksum": float(check[0].sum() + check[1].sum()),
}, sys.stdout, indent=1)
