"""HuberRegressor: scikit-learn's estimator of coefficients and scale together, by alternating fits of fastnet.

It minimises sum_i w_i (s + H(r_i / s) s) + alpha |b|^2 over b, b0 and the scale s, with H(z) = z^2 where |z| <= epsilon
and 2 epsilon |z| - epsilon^2 beyond (Huber, Ronchetti 2009, Robust statistics, section 7.7). The objective is convex
in all of them. For a given s it is 2 W / s times that of `fastnet.enet_path` with the Huber loss of delta = epsilon s,
l1_ratio = 0 and strength alpha s / W; for given residuals s is the root of an increasing function.
"""

from __future__ import annotations

import warnings

import numpy as np
from scipy.optimize import brentq
from sklearn import linear_model
from sklearn.base import _fit_context
from sklearn.exceptions import ConvergenceWarning
from sklearn.utils.validation import _check_sample_weight, validate_data

from fastnet import blas
from fastnet.losses import find_family

from .solve import STEPS, solve


class HuberRegressor(linear_model.HuberRegressor):
    __doc__ = linear_model.HuberRegressor.__doc__

    @_fit_context(prefer_skip_nested_validation=True)
    @blas.one_thread()
    def fit(self, X, y, sample_weight=None):
        """Fit coefficients and scale.

        Parameters
        ----------
        X : array-like, shape (n_samples, n_features)
        y : array-like, shape (n_samples,)
        sample_weight : array-like, shape (n_samples,), default=None

        Returns
        -------
        self
        """
        X, y = validate_data(self, X, y, accept_sparse="csc", order="F", dtype=[np.float64, np.float32], y_numeric=True)
        y = np.asarray(y, np.float64)
        weight = _check_sample_weight(sample_weight, X, dtype=np.float64)
        total = weight.sum()
        coef = self.coef_ if self.warm_start and hasattr(self, "coef_") else None
        residual = y - np.average(y, weights=weight) if self.fit_intercept else y
        least = 10 * np.finfo(float).eps * max(1.0, float(np.abs(y).max()))
        scale = best_scale(residual, weight, self.epsilon, least)
        for step in range(1, self.max_iter + 1):
            found = solve(
                X, y, family=find_family("huber", {"delta": self.epsilon * scale}), alphas=[self.alpha * scale / total],
                l1_ratio=0.0, sample_weight=weight, fit_intercept=self.fit_intercept, tol=min(self.tol, 1e-5) * 1e-4,
                max_iter=self.max_iter * STEPS, start=coef, warn=False,
            )  # fmt: skip
            self.n_iter_, coef = step, found.coefs[:, 0]
            residual = y - (X @ coef + found.intercepts[0])
            before, scale = scale, best_scale(residual, weight, self.epsilon, least)
            change = abs(scale - before) / before
            if change <= self.tol * 1e-2 or scale <= least:
                break
        else:
            warnings.warn(
                f"The scale did not settle in max_iter={self.max_iter} rounds: the last changed it by {change:.1e} of "
                "its size. Increase max_iter, or alpha where the fit is nearly exact.",
                ConvergenceWarning,
                stacklevel=4,
            )
        self.coef_ = coef.astype(X.dtype, copy=False)
        self.intercept_ = float(found.intercepts[0]) if self.fit_intercept else 0.0
        self.scale_ = scale
        self.outliers_ = np.abs(residual) > scale * self.epsilon
        return self


def best_scale(residual, weight, epsilon, least) -> float:
    """The s >= least with sum over |r| <= epsilon s of w (1 - r^2/s^2), plus (1 - epsilon^2) of the others, = 0."""
    size = np.abs(residual)

    def slope(s):
        inside = size <= epsilon * s
        return weight @ np.where(inside, 1.0 - (np.where(inside, size, 0.0) / s) ** 2, 1.0 - epsilon**2)

    top = float(np.sqrt(weight @ size**2 / weight.sum())) * (1 + 1e-12)
    if top <= least or slope(least) >= 0:
        return least
    while slope(top) < 0:
        top *= 2.0
    return float(brentq(slope, least, top, xtol=1e-300, rtol=1e-14))
