"""Paths made by hand, for the tests of results, files and pictures: no solver is needed."""

import numpy as np
from scipy import sparse

from fastnet.result import Path


def make_path(K=5, p=8, *, seed=0, per_point=None, **changes):
    """A plausible path: feature j enters at point j // 2 and its coefficient grows from there."""
    rng = np.random.default_rng(seed)
    active = min(p, 2 * (K - 1)) if per_point is None else min(p, per_point)
    columns = np.sort(rng.choice(p, active, replace=False))
    entry = rng.permutation(np.arange(active) * (K - 1) // max(active, 1) + 1)
    slopes = rng.standard_normal(active)
    curves = slopes[:, None] * np.maximum(0.0, np.arange(K) - entry[:, None] + 0.5)
    if K == 1:
        curves = slopes[:, None]
    rows, points = np.nonzero(curves)
    coefs = sparse.coo_array((curves[rows, points], (columns[rows], points)), shape=(p, K)).tocsc()
    fields = {
        "alphas": np.geomspace(1.0, 0.01, K),
        "l1_ratio": 1.0,
        "coefs": coefs,
        "intercepts": rng.standard_normal(K),
        "gaps": 1e-7 * rng.random(K),
        "objectives": np.linspace(1.0, 0.2, K),
        "deviance_ratios": np.linspace(0.0, 0.8, K),
        "dfs": np.diff(coefs.indptr),
        "n_iters": np.arange(K),
        "statuses": np.zeros(K, dtype=int),
        "stop_reason": "all alphas solved",
        "alpha_max": 1.0,
        "tol": 1e-6,
        "fit_intercept": True,
        "standardize": True,
        "times": np.full(K, 1e-3),
        "null_objective": 0.7,
    }
    return Path(**(fields | changes))
