"""ElasticNetCV and LassoCV: scikit-learn's cross-validated estimators over fastnet's folds as weights."""

from __future__ import annotations

from numbers import Integral, Real
from typing import Any

import numpy as np
from scipy import sparse
from sklearn import linear_model
from sklearn.base import _fit_context
from sklearn.model_selection import check_cv
from sklearn.utils import check_scalar
from sklearn.utils.validation import check_consistent_length, column_or_1d, validate_data

from fastnet.model_selection.fitting import Job, Task
from fastnet.model_selection.folds import make_folds
from fastnet.model_selection.measures import find_measure
from fastnet.model_selection.running import run_tasks
from fastnet.validation import check_problem

from .linear import ElasticNet, Lasso, weights
from .paths import enet_path, lasso_path
from .solve import LEAST_TOL, MARGIN, alpha_grid, warn_unsolved


class _FitCV:
    """The fit that ElasticNetCV and LassoCV share."""

    # parameters, set by the estimators' own __init__
    alphas: Any
    eps: float
    fit_intercept: bool
    positive: bool
    tol: float
    max_iter: int
    n_jobs: int | None

    @_fit_context(prefer_skip_nested_validation=True)
    def fit(self, X, y, sample_weight=None, **params):
        """Choose alpha (and l1_ratio) by cross-validation, then fit all the data there.

        Folds are weights over the one X, which is neither split nor copied. As in scikit-learn, the error of a fold
        is weighted, the mean over the folds is not.

        Parameters
        ----------
        X : {array-like, sparse matrix} of shape (n_samples, n_features)
        y : array-like of shape (n_samples,)
        sample_weight : float or array-like of shape (n_samples,), default=None
        **params : dict
            For the splitter, with ``sklearn.set_config(enable_metadata_routing=True)``.

        Returns
        -------
        self
        """
        X, y = _validate(self, X, y)
        weight = weights(sample_weight, X)
        ratios = np.atleast_1d(self.l1_ratio) if hasattr(self, "l1_ratio") else np.ones(1)
        grids = self._grids(X, y, weight, ratios)
        split = routed(self, sample_weight, params).splitter.split
        folds = make_folds(list(check_cv(self.cv).split(X, y, **split)), y, n=X.shape[0])
        errors = self._errors(X, y, weight, ratios, grids, folds)
        self.mse_path_ = np.squeeze(np.moveaxis(errors, 2, 1))
        mean = errors.mean(axis=1)
        best_ratio, best_alpha = np.unravel_index(np.argmin(mean), mean.shape)
        self.alpha_ = grids[best_ratio][best_alpha]
        if hasattr(self, "l1_ratio"):
            self.l1_ratio_ = ratios[best_ratio]
        self.alphas_ = np.asarray(grids) if isinstance(self.alphas, Integral) and len(ratios) > 1 else grids[0]
        model = self._get_estimator()
        own = self.get_params()
        model.set_params(**{name: own[name] for name in model.get_params() if name in own})
        model.alpha, model.l1_ratio = self.alpha_, ratios[best_ratio]
        if isinstance(model.precompute, str):
            model.precompute = False
        model.fit(X, y) if sample_weight is None else model.fit(X, y, sample_weight=sample_weight)
        for name in ("coef_", "intercept_", "dual_gap_", "n_iter_"):
            setattr(self, name, getattr(model, name))
        return self

    def _grids(self, X, y, weight, ratios) -> list[np.ndarray]:
        """(K,) decreasing alphas for each l1_ratio."""
        if isinstance(self.alphas, Integral):
            return [
                alpha_grid(
                    X, y, l1_ratio=float(ratio), eps=self.eps, n_alphas=self.alphas, sample_weight=weight,
                    fit_intercept=self.fit_intercept, positive=self.positive,
                )
                for ratio in ratios
            ]  # fmt: skip
        for index, alpha in enumerate(self.alphas):
            check_scalar(alpha, f"alphas[{index}]", target_type=Real, min_val=0.0, include_boundaries="left")
        grid = np.sort(np.array(self.alphas, np.float64))[::-1]
        return [grid] * len(ratios)

    def _errors(self, X, y, weight, ratios, grids, folds) -> np.ndarray:
        """(ratios, folds, K) weighted mean squared errors."""
        problem = check_problem(X, y, sample_weight=weight, lower=0.0 if self.positive else None, check_finite=False)
        tasks = [
            Task(grid, float(ratio), fold.train, fold.test, f"fold {k}")
            for ratio, grid in zip(ratios, grids)
            for k, fold in enumerate(folds)
        ]
        arguments = {
            "fit_intercept": self.fit_intercept, "standardize": False, "tol": max(MARGIN * self.tol, LEAST_TOL),
            "max_iter": self.max_iter,
        }  # fmt: skip
        results = run_tasks(tasks, Job(problem, arguments, find_measure("mse", "gaussian")), self.n_jobs, False)
        if any(result.missed for result in results):
            warn_unsolved(max(result.worst_gap for result in results), self.tol, 1.0)
        return np.array([result.scores for result in results]).reshape(len(ratios), len(folds), -1)


class ElasticNetCV(_FitCV, linear_model.ElasticNetCV):
    __doc__ = linear_model.ElasticNetCV.__doc__
    path = staticmethod(enet_path)

    def _get_estimator(self):
        return ElasticNet()


class LassoCV(_FitCV, linear_model.LassoCV):
    __doc__ = linear_model.LassoCV.__doc__
    path = staticmethod(lasso_path)

    def _get_estimator(self):
        return Lasso()


def _validate(estimator, X, y):
    for_X = {"accept_sparse": "csc", "dtype": [np.float64, np.float32], "order": "F", "copy": False}
    for_y = {"dtype": [np.float64, np.float32], "ensure_2d": False, "copy": False}
    X, y = validate_data(estimator, X, y, validate_separately=(for_X, for_y))
    check_consistent_length(X, y)
    if y.ndim > 1 and y.shape[1] > 1:
        raise ValueError(f"For multi-task outputs, use MultiTask{type(estimator).__name__}")
    if sparse.issparse(y):
        raise TypeError("y is sparse; a dense array of shape (n_samples,) is needed: pass y.toarray().ravel()")
    return X, column_or_1d(y, warn=True)


def routed(estimator, sample_weight, params):
    """What splitter and scorer get of the arguments of fit: ``.splitter.split`` and ``.scorer.score``."""
    from sklearn.utils import Bunch
    from sklearn.utils._metadata_requests import _raise_for_params, _routing_enabled
    from sklearn.utils.metadata_routing import process_routing

    _raise_for_params(params, estimator, "fit")
    if _routing_enabled():
        return process_routing(estimator, "fit", sample_weight=sample_weight, **params)
    weights = {} if sample_weight is None else {"sample_weight": sample_weight}
    return Bunch(splitter=Bunch(split={}), scorer=Bunch(score=weights))
