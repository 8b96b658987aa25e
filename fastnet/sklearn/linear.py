"""ElasticNet, Lasso and Ridge: scikit-learn's estimators, fitted by fastnet."""

from __future__ import annotations

import numbers
import warnings

import numpy as np
from sklearn import linear_model
from sklearn.base import _fit_context
from sklearn.utils import check_array
from sklearn.utils.validation import _check_sample_weight, validate_data

from .paths import enet_path, lasso_path
from .solve import solve

MAX_ITER = 10_000  # where scikit-learn's Ridge leaves it to the solver


class _Fit:
    """The fit that ElasticNet and Lasso share."""

    @_fit_context(prefer_skip_nested_validation=True)
    def fit(self, X, y, sample_weight=None, check_input=True):
        """Fit the model, one problem for each column of y.

        Parameters
        ----------
        X : {ndarray, sparse matrix, sparse array} of shape (n_samples, n_features)
            Read in place when it is Fortran-ordered or CSC; never written to, whatever ``copy_X``.
        y : ndarray of shape (n_samples,) or (n_samples, n_targets)
        sample_weight : float or array-like of shape (n_samples,), default=None
            Only ratios matter.
        check_input : bool, default=True
            False skips the validation of X and y.

        Returns
        -------
        self
        """
        if self.alpha == 0:
            warnings.warn(
                "With alpha=0, this algorithm does not converge well. You are advised to use the LinearRegression "
                "estimator",
                stacklevel=2,
            )
        if check_input:
            X, y = validate(self, X, y)
        elif sample_weight is None and isinstance(X, np.ndarray) and not X.flags.f_contiguous:
            raise ValueError("X is not Fortran-ordered, which check_input=False promises: pass np.asfortranarray(X)")
        weight = weights(sample_weight, X)
        precomputed(self, X, weight, check_input)
        targets = y[:, None] if y.ndim == 1 else y
        start = self.coef_ if self.warm_start and hasattr(self, "coef_") else None
        start = None if start is None else np.asarray(start).reshape(-1, X.shape[1])
        found = [
            solve(
                X, targets[:, k], alphas=[self.alpha], l1_ratio=self.l1_ratio, sample_weight=weight,
                fit_intercept=self.fit_intercept, positive=self.positive, tol=self.tol,
                max_iter=self.max_iter or MAX_ITER, start=None if start is None else start[k],
            )
            for k in range(targets.shape[1])
        ]  # fmt: skip
        self.coef_ = np.stack([one.coefs[:, 0] for one in found]).astype(X.dtype, copy=False)
        self.intercept_ = np.array([one.intercepts[0] for one in found], X.dtype) if self.fit_intercept else 0.0
        self.dual_gap_ = np.array([one.dual_gaps[0] for one in found])
        self.n_iter_ = [one.n_iters[0] for one in found]
        if len(found) == 1:
            self.coef_, self.dual_gap_, self.n_iter_ = self.coef_[0], float(self.dual_gap_[0]), self.n_iter_[0]
            if self.fit_intercept and y.ndim == 1:
                self.intercept_ = self.intercept_[0]
        return self


class ElasticNet(_Fit, linear_model.ElasticNet):
    __doc__ = linear_model.ElasticNet.__doc__
    path = staticmethod(enet_path)


class Lasso(_Fit, linear_model.Lasso):
    __doc__ = linear_model.Lasso.__doc__
    path = staticmethod(enet_path)


class Ridge(linear_model.Ridge):
    __doc__ = linear_model.Ridge.__doc__

    @_fit_context(prefer_skip_nested_validation=True)
    def fit(self, X, y, sample_weight=None):
        """Fit the model in closed form; ``solver`` is accepted and not needed.

        Parameters
        ----------
        X : {ndarray, sparse matrix} of shape (n_samples, n_features)
        y : ndarray of shape (n_samples,) or (n_samples, n_targets)
        sample_weight : float or ndarray of shape (n_samples,), default=None

        Returns
        -------
        self
        """
        if self.solver == "lbfgs" and not self.positive:
            raise ValueError(
                "'lbfgs' solver can be used only when positive=True. Please use another solver."
            )  # fmt: skip
        if self.positive and self.solver not in ("auto", "lbfgs"):
            raise ValueError(
                f"solver='{self.solver}' does not support positive fitting. Please set the solver to 'auto' or "
                "'lbfgs', or set `positive=False`"
            )
        X, y = validate(self, X, y)
        weight = None if sample_weight is None else _check_sample_weight(sample_weight, X, dtype=X.dtype)
        targets = y[:, None] if y.ndim == 1 else y
        strengths = np.asarray(self.alpha, float).ravel()
        if strengths.size not in (1, targets.shape[1]):
            raise ValueError(
                f"Number of targets and number of penalties do not correspond: {strengths.size} != {targets.shape[1]}"
            )
        strengths = np.broadcast_to(strengths, targets.shape[1])
        # scikit-learn's ridge is sum_i w_i (y_i - eta_i)^2 + alpha |b|^2: 2 W times the objective of fastnet
        total = X.shape[0] if weight is None else float(weight.sum())
        found = [
            solve(
                X, targets[:, k], alphas=[strengths[k] / total], l1_ratio=0.0, sample_weight=weight,
                fit_intercept=self.fit_intercept, positive=self.positive, tol=self.tol if self.positive else 1e-10,
                max_iter=self.max_iter or MAX_ITER, warn=self.positive,
            )
            for k in range(targets.shape[1])
        ]  # fmt: skip
        coef = np.stack([one.coefs[:, 0] for one in found]).astype(X.dtype, copy=False)
        intercept = np.array([one.intercepts[0] for one in found], X.dtype)
        self.coef_ = coef if y.ndim > 1 else coef[0]
        self.intercept_ = (intercept if y.ndim > 1 else intercept[0]) if self.fit_intercept else 0.0
        self.n_iter_, self.solver_ = np.array([max(one.n_iters[0], 1) for one in found]), "fastnet"
        return self

    def __sklearn_tags__(self):
        tags = super().__sklearn_tags__()
        tags.array_api_support = False
        tags.input_tags.sparse = True
        return tags


def validate(estimator, X, y):
    """X in the storage that fastnet reads in place, y of the same dtype; nothing is copied that need not be."""
    X, y = validate_data(
        estimator, X, y, accept_sparse="csc", order="F", dtype=[np.float64, np.float32], copy=False,
        multi_output=True, y_numeric=True,
    )  # fmt: skip
    return X, check_array(y, order="F", copy=False, dtype=X.dtype.type, ensure_2d=False)


def weights(sample_weight, X):
    """(n,) or None; a number is the same weight for all, which is none."""
    if sample_weight is None or isinstance(sample_weight, numbers.Number):
        return None
    return _check_sample_weight(sample_weight, X, dtype=X.dtype)


def precomputed(estimator, X, weight, check):
    """A given Gram matrix is not needed; one that belongs to other data is refused all the same."""
    gram = estimator.precompute
    if not hasattr(gram, "__array__") or not check:
        return
    from sklearn.linear_model._base import _check_precomputed_gram_matrix

    mean = np.average(X, axis=0, weights=weight) if estimator.fit_intercept else np.zeros(X.shape[1], X.dtype)
    if estimator.fit_intercept and not np.allclose(mean, 0.0):
        warnings.warn(
            "Gram matrix was provided but X was centered to fit intercept: recomputing Gram matrix.",
            UserWarning,
            stacklevel=3,
        )
        return
    if weight is None:
        _check_precomputed_gram_matrix(X, np.asarray(gram), mean, np.ones(X.shape[1], X.dtype))


__all__ = ["ElasticNet", "Lasso", "Ridge", "enet_path", "lasso_path"]
