"""LogisticRegression and LinearSVC: scikit-learn's estimators, fitted by fastnet.

Both minimise C sum_i w_i loss_i + l1_ratio |b|_1 + (1 - l1_ratio)/2 |b|_2^2, which is C W times the objective of
`fastnet.enet_path` at alpha = 1 / (C W), W the sum of the weights.
"""

from __future__ import annotations

import contextlib
import inspect
import warnings

import numpy as np
from sklearn import linear_model, svm
from sklearn.base import _fit_context
from sklearn.utils import compute_class_weight
from sklearn.utils.multiclass import check_classification_targets
from sklearn.utils.validation import _check_sample_weight, validate_data

from .solve import solve_one


class LogisticRegression(linear_model.LogisticRegression):
    __doc__ = linear_model.LogisticRegression.__doc__

    @_fit_context(prefer_skip_nested_validation=True)
    def fit(self, X, y, sample_weight=None):
        """Fit the model, for any `l1_ratio` whatever the `solver`; three classes and more are scikit-learn's own fit.

        Parameters
        ----------
        X : {array-like, sparse matrix} of shape (n_samples, n_features)
        y : array-like of shape (n_samples,)
        sample_weight : array-like of shape (n_samples,), default=None

        Returns
        -------
        self
        """
        l1_ratio, C = _penalty(self)
        given = X, y
        X, y, weight = validate_classes(self, X, y, sample_weight)
        if len(self.classes_) > 2:
            return self._fit_multinomial(*given, sample_weight, l1_ratio)
        alpha = 0.0 if np.isinf(C) else 1.0 / (C * weight.sum())
        target = (y == self.classes_[1]).astype(float)
        found = solve_one(self, X, target, family="binomial", alpha=alpha, l1_ratio=l1_ratio, sample_weight=weight)
        self.coef_ = found.coefs.T.astype(X.dtype, copy=False)
        self.intercept_ = found.intercepts.astype(X.dtype, copy=False)
        self.n_iter_ = np.array([max(found.n_iters[0], 1)], np.int32)
        return self

    def _fit_multinomial(self, X, y, sample_weight, l1_ratio):
        with saga_where(self, l1_ratio > 0):
            return super().fit(X, y, sample_weight)

    def __sklearn_tags__(self):
        tags = super().__sklearn_tags__()
        tags.array_api_support = False
        return tags


class LinearSVC(svm.LinearSVC):
    __doc__ = svm.LinearSVC.__doc__

    @_fit_context(prefer_skip_nested_validation=True)
    def fit(self, X, y, sample_weight=None):
        """Fit the model, one problem a class where there are more than two.

        The intercept is not penalised, whatever `intercept_scaling` (liblinear penalises it). ``loss="hinge"`` and
        ``multi_class="crammer_singer"`` are scikit-learn's own fit.

        Parameters
        ----------
        X : {array-like, sparse matrix} of shape (n_samples, n_features)
        y : array-like of shape (n_samples,)
        sample_weight : array-like of shape (n_samples,), default=None

        Returns
        -------
        self
        """
        if self.loss != "squared_hinge" or self.multi_class != "ovr":
            return super().fit(X, y, sample_weight)
        X, y, weight = validate_classes(self, X, y, sample_weight)
        positive = self.classes_[1:] if len(self.classes_) == 2 else self.classes_
        options = {"alpha": 1.0 / (self.C * weight.sum()), "l1_ratio": float(self.penalty == "l1")}
        found = [
            solve_one(self, X, (y == label).astype(float), family="squared_hinge", sample_weight=weight, **options)
            for label in positive
        ]
        self.coef_ = np.stack([one.coefs[:, 0] for one in found])
        self.intercept_ = np.array([one.intercepts[0] for one in found]) if self.fit_intercept else 0.0
        self.n_iter_ = max(1, *(one.n_iters[0] for one in found))
        return self


@contextlib.contextmanager
def saga_where(estimator, needed):
    """For scikit-learn's own fit with an L1 part: saga is its only solver that can."""
    solver = estimator.solver
    if needed:
        estimator.solver = "saga"
    try:
        yield
    finally:
        estimator.solver = solver


def validate_classes(estimator, X, y, sample_weight):
    """X, y and the weights of rows and classes together; sets ``classes_``."""
    X, y = validate_data(estimator, X, y, accept_sparse="csc", order="F", dtype=[np.float64, np.float32])
    check_classification_targets(y)
    estimator.classes_, place = np.unique(y, return_inverse=True)
    if len(estimator.classes_) < 2:
        raise ValueError(
            "This solver needs samples of at least 2 classes in the data, but the data contains only one class: "
            f"{estimator.classes_[0]!r}"
        )
    weight = _check_sample_weight(sample_weight, X, dtype=np.float64)
    by_class = compute_class_weight(estimator.class_weight, classes=estimator.classes_, y=y, **_weighted(sample_weight))
    return X, y, weight * by_class[place]


def _weighted(sample_weight) -> dict:
    """Balanced class weights count weights in the versions of scikit-learn that can."""
    if sample_weight is None or "sample_weight" not in inspect.signature(compute_class_weight).parameters:
        return {}
    return {"sample_weight": sample_weight}


def _penalty(estimator) -> tuple[float, float]:
    """(l1_ratio, C) that `penalty`, `l1_ratio` and `C` of any version ask for."""
    penalty, l1_ratio, C = estimator.penalty, estimator.l1_ratio, estimator.C
    if penalty == "deprecated":
        return (0.0 if l1_ratio is None else float(l1_ratio)), C
    default = inspect.signature(linear_model.LogisticRegression).parameters["penalty"].default
    if default == "deprecated":
        warnings.warn(
            "'penalty' was deprecated in version 1.8 and will be removed in 1.10. Use l1_ratio=0 instead of "
            "penalty='l2', l1_ratio=1 instead of penalty='l1', and C=np.inf instead of penalty=None.",
            FutureWarning,
            stacklevel=3,
        )
    if penalty is None:
        return 0.0, np.inf
    if penalty == "elasticnet" and l1_ratio is None:
        raise ValueError("l1_ratio must be specified when penalty is elasticnet.")
    return {"l1": 1.0, "l2": 0.0}.get(penalty, l1_ratio), C
