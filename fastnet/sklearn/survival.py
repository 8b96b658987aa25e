"""CoxPH: Cox regression with an Elastic Net penalty, as an estimator of scikit-learn's kind."""

from __future__ import annotations

from numbers import Integral, Real

import numpy as np
from sklearn.base import BaseEstimator, _fit_context
from sklearn.utils._param_validation import Interval, StrOptions
from sklearn.utils.validation import _check_sample_weight, check_consistent_length, check_is_fitted, validate_data

from fastnet import blas
from fastnet.losses import cox
from fastnet.losses.survival_times import read_times
from fastnet.model_selection.survival_measures import concordance
from fastnet.survival import baseline_hazard

from .solve import solve_one


class CoxPH(BaseEstimator):
    """Cox proportional hazards with an Elastic Net penalty at one alpha.

    Minimises the negative log partial likelihood divided by the sum of the weights, plus
    alpha (l1_ratio |b|_1 + (1 - l1_ratio)/2 |b|_2^2): `fastnet.enet_path` with ``family="cox"`` and without
    standardisation. To choose alpha use `fastnet.cv_path`, or a search of scikit-learn's over this estimator.

    Parameters
    ----------
    alpha : float, default=0.1
        Strength of the penalty.
    l1_ratio : float, default=1.0
        1 is the lasso, 0 ridge.
    ties : {"breslow", "efron"}, default="breslow"
        How events at the same time are treated.
    tol : float, default=1e-4
        A hundredth of it bounds the duality gap as a share of the null deviance.
    max_iter : int, default=100
        A hundred times as many inner iterations are allowed.
    warm_start : bool, default=False
        Start from the coefficients of the last fit.

    Attributes
    ----------
    coef_ : ndarray of shape (n_features,)
    n_iter_ : int
    dual_gap_ : float
        In units of the objective.
    baseline_hazard_ : fastnet.survival.BaselineHazard
        Breslow's cumulative hazard at a linear predictor of 0, for each stratum.
    n_features_in_ : int
    feature_names_in_ : ndarray of shape (n_features_in_,)

    Notes
    -----
    y is a structured array (a boolean field: event; a field of numbers: time), two columns (time, event) or three
    (start, stop, event). One column is times that all end in an event.

    Examples
    --------
    >>> import numpy as np
    >>> from fastnet.sklearn import CoxPH
    >>> rng = np.random.default_rng(0)
    >>> X = rng.standard_normal((100, 20))
    >>> time = rng.exponential(np.exp(-X[:, 0]))
    >>> model = CoxPH(alpha=0.1).fit(X, np.column_stack((time, np.ones(100))))
    >>> bool(model.score(X, time) > 0.6)
    True
    """

    _parameter_constraints = {
        "alpha": [Interval(Real, 0, None, closed="left")],
        "l1_ratio": [Interval(Real, 0, 1, closed="both")],
        "ties": [StrOptions({"breslow", "efron"})],
        "tol": [Interval(Real, 0, None, closed="neither")],
        "max_iter": [Interval(Integral, 1, None, closed="left")],
        "warm_start": ["boolean"],
    }

    def __init__(self, alpha=0.1, *, l1_ratio=1.0, ties="breslow", tol=1e-4, max_iter=100, warm_start=False):
        self.alpha = alpha
        self.l1_ratio = l1_ratio
        self.ties = ties
        self.tol = tol
        self.max_iter = max_iter
        self.warm_start = warm_start

    @property
    def penalty(self):
        """ "l1" where the penalty is a lasso: `SelectFromModel` then keeps every coefficient that is not zero."""
        return "l1" if self.l1_ratio == 1 else None

    @_fit_context(prefer_skip_nested_validation=True)
    @blas.one_thread()
    def fit(self, X, y, sample_weight=None, strata=None):
        """Fit coefficients and baseline hazard.

        Parameters
        ----------
        X : {array-like, sparse matrix} of shape (n_samples, n_features)
        y : array-like of survival times
        sample_weight : array-like of shape (n_samples,), default=None
        strata : array-like of shape (n_samples,), default=None
            Rows of different strata have different baseline hazards.

        Returns
        -------
        self
        """
        X = validate_data(self, X, accept_sparse="csc", order="F", dtype=[np.float64, np.float32])
        y = _times(y)
        check_consistent_length(X, y, strata)
        weight = None if sample_weight is None else _check_sample_weight(sample_weight, X, dtype=np.float64)
        found = solve_one(
            self, X, y, family=cox(self.ties, strata), alpha=self.alpha, l1_ratio=self.l1_ratio, sample_weight=weight
        )
        self.coef_ = found.coefs[:, 0].astype(X.dtype, copy=False)
        self.n_iter_, self.dual_gap_ = max(found.n_iters[0], 1), float(found.dual_gaps[0])
        self.baseline_hazard_ = baseline_hazard(X @ self.coef_, y, sample_weight=weight, strata=strata)
        return self

    @blas.one_thread()
    def predict(self, X):
        """The linear predictor x'b, the logarithm of the relative risk: larger is sooner.

        Parameters
        ----------
        X : {array-like, sparse matrix} of shape (n_samples, n_features)

        Returns
        -------
        ndarray of shape (n_samples,)
        """
        check_is_fitted(self)
        X = validate_data(self, X, accept_sparse="csr", dtype=[np.float64, np.float32], reset=False)
        return X @ self.coef_

    def predict_survival_function(self, X, times=None, stratum=None):
        """P(no event up to t) of each row.

        Parameters
        ----------
        X : {array-like, sparse matrix} of shape (n_samples, n_features)
        times : array-like of shape (n_times,), default=None
            None: the event times of the fit, ``baseline_hazard_.times``.
        stratum : label, default=None
            Needed where the fit had several.

        Returns
        -------
        ndarray of shape (n_samples, n_times)
        """
        eta = self.predict(X)
        if times is None:
            times = self.baseline_hazard_.times[self.baseline_hazard_._position(stratum)]
        return self.baseline_hazard_.survival(eta, times, stratum)

    def score(self, X, y, sample_weight=None, strata=None):
        """Concordance: the share of comparable pairs in which the larger prediction has the earlier event."""
        return concordance(_times(y), self.predict(X), sample_weight, strata)

    def __sklearn_tags__(self):
        tags = super().__sklearn_tags__()
        tags.input_tags.sparse = True
        tags.target_tags.required = True
        return tags


def _times(y):
    """Survival times as (n, 2) or (n, 3) columns; one column is times that all end in an event."""
    if y is None:
        raise ValueError("CoxPH requires y to be passed, but the target y is None: give survival times (time, event)")
    y = np.asarray(y)
    if y.dtype.names is None and (y.ndim == 1 or (y.ndim == 2 and y.shape[1] == 1)):
        y = np.column_stack((y.reshape(-1).astype(float), np.ones(len(y))))
    start, stop, event = read_times(y)
    return np.column_stack((stop, event) if start is None else (start, stop, event))
