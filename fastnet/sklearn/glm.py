"""PoissonRegressor, GammaRegressor and TweedieRegressor: scikit-learn's estimators, fitted by fastnet.

Their objective, 1/(2 W) sum_i w_i deviance_i + alpha/2 |b|^2, is that of `fastnet.enet_path` with ``l1_ratio=0``.
"""

from __future__ import annotations

import numpy as np
from sklearn import linear_model
from sklearn.base import _fit_context
from sklearn.utils import check_array
from sklearn.utils.validation import _check_sample_weight, validate_data

from fastnet.losses import find_family

from .solve import solve_one


class _FitGLM:
    """The fit that the three share; each has a method ``_family``, None where fastnet has no such loss."""

    @_fit_context(prefer_skip_nested_validation=True)
    def fit(self, X, y, sample_weight=None):
        """Fit the model; ``solver`` is accepted and not needed.

        Parameters
        ----------
        X : {array-like, sparse matrix} of shape (n_samples, n_features)
        y : array-like of shape (n_samples,)
        sample_weight : array-like of shape (n_samples,), default=None

        Returns
        -------
        self
        """
        family = self._family()
        if family is None:  # a variance power or link that fastnet has no loss for
            return super().fit(X, y, sample_weight)
        X, y = validate_data(self, X, y, accept_sparse="csc", order="F", dtype=[np.float64, np.float32], y_numeric=True)
        y = check_array(y, dtype=X.dtype, order="C", ensure_2d=False)
        weight = None if sample_weight is None else _check_sample_weight(sample_weight, X, dtype=X.dtype)
        self._base_loss = self._get_loss()
        if not self._base_loss.in_y_true_range(y):
            raise ValueError(
                f"Some value(s) of y are out of the valid range of the loss {type(self._base_loss).__name__!r}."
            )
        found = solve_one(self, X, y, family=family, alpha=self.alpha, l1_ratio=0.0, sample_weight=weight)
        self.coef_ = found.coefs[:, 0].astype(X.dtype, copy=False)
        self.intercept_ = X.dtype.type(found.intercepts[0]) if self.fit_intercept else 0.0
        self.n_iter_ = max(found.n_iters[0], 1)
        return self


class PoissonRegressor(_FitGLM, linear_model.PoissonRegressor):
    __doc__ = linear_model.PoissonRegressor.__doc__

    def _family(self):
        return find_family("poisson")


class GammaRegressor(_FitGLM, linear_model.GammaRegressor):
    __doc__ = linear_model.GammaRegressor.__doc__

    def _family(self):
        return find_family("gamma")


class TweedieRegressor(_FitGLM, linear_model.TweedieRegressor):
    __doc__ = linear_model.TweedieRegressor.__doc__

    def _family(self):
        """The family of a variance power; None where scikit-learn's own fit is needed."""
        if self.link == "identity" or (self.link == "auto" and self.power <= 0):
            return "gaussian" if self.power == 0 else None
        if 1 < self.power < 2:
            return find_family("tweedie", {"power": float(self.power)})
        names = {1: "poisson", 2: "gamma", 3: "inverse_gaussian"}
        return find_family(names[self.power]) if self.power in names else None
