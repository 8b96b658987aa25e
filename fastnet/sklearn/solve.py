"""One fit in scikit-learn's conventions: tolerances, gaps and warnings translated.

scikit-learn's ElasticNet minimises 1/(2 W) sum_i w_i (y_i - b0 - x_i'b)^2 + alpha (l1_ratio |b|_1 + (1 - l1_ratio)/2
|b|_2^2), with weights that it rescales to the sum n: the objective of `fastnet.enet_path` without standardisation.
"""

from __future__ import annotations

import warnings
from typing import NamedTuple

import numpy as np
from scipy import sparse
from sklearn.exceptions import ConvergenceWarning

from fastnet.api import fit_path
from fastnet.result import Path

MARGIN = 1e-4  # of scikit-learn's tol is asked for: nearly free, and dense and sparse fits then agree to 7 digits
LEAST_TOL = 1e-15  # asked for tol=0: below what double precision can promise
SHARE = 1e-2  # generalised linear models: duality gap for scikit-learn's tol, which bounds a gradient there
STEPS = 100  # and inner iterations for its max_iter, which counts Newton or L-BFGS steps


class Solution(NamedTuple):
    """A path in scikit-learn's units."""

    alphas: np.ndarray  # (K,)
    coefs: np.ndarray  # (p, K)
    intercepts: np.ndarray  # (K,)
    dual_gaps: np.ndarray  # (K,) in the units of the objective
    n_iters: list[int]
    alpha_max: float


def solve(
    X, y, *, alphas, l1_ratio, sample_weight=None, fit_intercept=True, positive=False, tol=1e-4, max_iter=1000,
    start=None, start_alpha=None, warn=True, family="gaussian",
) -> Solution:  # fmt: skip
    """Solve at `alphas` (or a number of them from alpha_max down), X and y being validated.

    Parameters
    ----------
    start, start_alpha : (p,) array and float, optional
        Coefficients to start from.
    warn : bool
        Whether a point above `tol` is worth scikit-learn's ConvergenceWarning.
    """
    alphas = alphas if isinstance(alphas, int) else np.asarray(alphas, float)
    first = alphas[0] if start_alpha is None and not isinstance(alphas, int) else start_alpha
    path = fit_path(  # missed gaps are reported below, in scikit-learn's words
        X, y, family=family, alphas=alphas, l1_ratio=l1_ratio, sample_weight=sample_weight,
        fit_intercept=fit_intercept, standardize=False, lower=0.0 if positive else None,
        tol=max(MARGIN * tol, LEAST_TOL), max_iter=max_iter,
        warm_start=None if start is None else start_path(start, first, l1_ratio, fit_intercept), check_finite=False,
    )  # fmt: skip
    if warn and len(path):
        warn_unsolved(float(path.gaps.max()), tol, path.null_objective)
    return Solution(
        path.alphas,
        path.coefs.toarray(),
        path.intercepts,
        path.gaps * path.null_objective,
        [int(count) for count in path.n_iters],
        path.alpha_max,
    )


def solve_one(estimator, X, y, *, family, alpha, l1_ratio, sample_weight) -> Solution:
    """The fit of an estimator that has one alpha: its own `tol`, `max_iter`, `fit_intercept` and `warm_start`."""
    warm = getattr(estimator, "warm_start", False) and hasattr(estimator, "coef_")
    return solve(
        X, y, family=family, alphas=[alpha], l1_ratio=l1_ratio, sample_weight=sample_weight,
        fit_intercept=getattr(estimator, "fit_intercept", False), tol=estimator.tol * SHARE,
        max_iter=max(estimator.max_iter, 1) * STEPS, start=np.ravel(estimator.coef_) if warm else None,
    )  # fmt: skip


def warn_unsolved(gap, tol, null_objective, stacklevel=4):
    """scikit-learn's warning where the worst gap, a share of the null objective, misses `tol`."""
    if gap > tol:
        warnings.warn(
            "Objective did not converge. You might want to increase the number of iterations. Duality gap: "
            f"{gap * null_objective:.3e}, tolerance: {tol * null_objective:.3e}",
            ConvergenceWarning,
            stacklevel=stacklevel,
        )


def start_path(coef, alpha, l1_ratio, fit_intercept) -> Path:
    """A path of one point: something for ``warm_start=``."""
    coefs = sparse.csc_array(np.asarray(coef, float)[:, None])
    zero = np.zeros(1)
    return Path(
        alphas=np.array([alpha]), l1_ratio=float(l1_ratio), coefs=coefs, intercepts=zero, gaps=zero, objectives=zero,
        deviance_ratios=zero, dfs=np.array([np.count_nonzero(coef)]), n_iters=zero, statuses=zero,
        stop_reason="given", alpha_max=float(alpha), tol=1.0, fit_intercept=fit_intercept, standardize=False,
        times=zero, null_objective=1.0,
    )  # fmt: skip


def alpha_grid(X, y, *, l1_ratio, eps, n_alphas, sample_weight=None, fit_intercept=True, positive=False) -> np.ndarray:
    """scikit-learn's grid: `n_alphas` values, log-spaced from alpha_max down to eps alpha_max."""
    if l1_ratio == 0:
        raise ValueError(
            "Automatic alpha grid generation is not supported for l1_ratio=0. Please supply a grid by providing your "
            "estimator with the appropriate `alphas=` argument."
        )
    alpha_max = solve(
        X, y, alphas=1, l1_ratio=l1_ratio, sample_weight=sample_weight, fit_intercept=fit_intercept,
        positive=positive, tol=1.0,
    ).alpha_max  # fmt: skip
    least = np.finfo(np.float64).resolution
    if alpha_max <= least:
        return np.full(n_alphas, least)
    return np.geomspace(alpha_max, alpha_max * eps, num=n_alphas)
