"""Measures of held-out predictions: deviance, errors, classification, scikit-learn's scorers; all weighted."""

from __future__ import annotations

import inspect
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from typing import Any

import numpy as np

from fastnet.certificate_losses import LOSSES, make_loss
from fastnet.losses.links import CLASSIFIERS

__all__ = ["Measure", "find_measure"]


@dataclass(frozen=True)
class Measure:
    """How to compare predictions with what was observed.

    Parameters
    ----------
    name : str
    function : callable
        ``function(y, prediction, sample_weight)`` of three (m,) arrays, returning a number.
    greater_is_better : bool
    kind : {"response", "link"}
        Whether `prediction` is the mean or the linear predictor.
    vectorised : bool
        Whether the function takes predictions (m, K) and returns (K,).
    """

    name: str
    function: Callable[[Any, Any, Any], Any]
    greater_is_better: bool = False
    kind: str = "response"
    vectorised: bool = False

    def scores(self, held_out) -> np.ndarray:
        """(K,) values for the predictions of one fold (a `HeldOut`)."""
        prediction = held_out.mean() if self.kind == "response" else held_out.eta
        if self.vectorised:
            return self.function(held_out.y, prediction, held_out.weight)
        columns = np.asarray(prediction).T
        return np.array([self.function(held_out.y, column, held_out.weight) for column in columns], float)


def find_measure(scoring, family):
    """The measure that `scoring` names, with ``name``, ``greater_is_better`` and ``scores``.

    Parameters
    ----------
    scoring : None, str, Measure, or callable
        None is the deviance of the family. A string is one of this module's (deviance, mse, mae; for classes
        misclassification, auc, brier; for survival times deviance and concordance) or else one of scikit-learn's
        names; a callable is a scorer ``scorer(estimator, X, y)``, where more is better.
    family : str or Family
    """
    name = family if isinstance(family, str) else getattr(family, "name", family)
    if scoring is None:
        scoring = "deviance"
    if isinstance(scoring, Measure):
        return scoring
    if isinstance(scoring, str) and (name == "cox" or scoring == "concordance"):
        return _survival_measure(scoring, family, name)
    if isinstance(scoring, str):
        if scoring == "deviance":
            return Measure("deviance", partial(_mean_deviance, family), kind="link", vectorised=True)
        if scoring in _MEASURES:
            if scoring in _FOR_CLASSES and name not in CLASSIFIERS:
                raise ValueError(
                    f"scoring={scoring!r} compares classes, which family={name!r} does not have; allowed are "
                    "deviance, mse, mae, a name that scikit-learn knows, or a callable"
                )
            return _MEASURES[scoring]
        return ScorerMeasure(scoring, _named_scorer(scoring), name)
    if callable(scoring):
        return ScorerMeasure(getattr(scoring, "__name__", str(scoring)), scoring, name)
    raise TypeError(
        f"scoring is a {type(scoring).__name__}; allowed are None, a name, a Measure, or a scorer "
        "(estimator, X, y) -> number"
    )


def _survival_measure(scoring, family, name):
    from fastnet.losses import find_family
    from fastnet.model_selection.survival_measures import Concordance, PartialDeviance

    if name != "cox":
        raise ValueError(f"scoring={scoring!r} is for survival times, family='cox'; the family is {name!r}")
    allowed = {"deviance": PartialDeviance, "concordance": Concordance}
    if scoring not in allowed:
        raise ValueError(
            f"scoring={scoring!r} does not suit survival times; with family='cox' allowed are deviance, concordance, "
            "a Measure, or a callable"
        )
    return allowed[scoring](find_family(family))


# --- measures of this library


def unit_deviance(family, y, eta) -> np.ndarray:
    """2 (loss(y, eta) - min over eta of loss(y, .)), the minimum being -f*(y, 0) with the conjugate f*; elementwise."""
    name = family if isinstance(family, str) else family.name
    loss = make_loss(name, {} if isinstance(family, str) else family.parameters)
    with np.errstate(over="ignore"):
        return 2.0 * np.maximum(loss.value(y, eta) + loss.conjugate(y, np.zeros_like(y)), 0.0)


def _mean_deviance(family, y, eta, weight):
    """(K,) weighted means; a loss of the user's own is evaluated by its compiled kernel."""
    name = family if isinstance(family, str) else getattr(family, "name", family)
    if name == "gaussian":
        return _mse(y, eta, weight)
    if name in LOSSES:
        return _average(unit_deviance(family, y[:, None], eta), weight)
    from fastnet.model_selection.total_loss import deviance_of

    total = weight.sum()
    return deviance_of(family, y, eta, weight) / total if total > 0 else np.full(eta.shape[1], np.nan)


def _average(values, weight):
    """Weighted mean over the rows; NaN without weight."""
    total = weight.sum()
    return weight @ values / total if total > 0 else np.full(values.shape[1], np.nan)


def _mse(y, mean, weight):
    return _average((y[:, None] - mean) ** 2, weight)


def _mae(y, mean, weight):
    return _average(np.abs(y[:, None] - mean), weight)


def _misclassification(y, eta, weight):
    """Share of the weight on the wrong side of eta = 0; y in [0, 1] is the share of class 1."""
    return _average(np.where(eta > 0, 1.0 - y[:, None], y[:, None]), weight)


def _auc(y, eta, weight):
    """P(eta of a case > eta of a control) + P(equal) / 2, weighted; NaN when one of them is absent."""
    return np.array([_auc_column(y, column, weight) for column in eta.T])


def _auc_column(y, eta, weight):
    values, place = np.unique(eta, return_inverse=True)
    case = np.bincount(place.reshape(-1), weights=weight * y, minlength=len(values))
    control = np.bincount(place.reshape(-1), weights=weight * (1.0 - y), minlength=len(values))
    below = np.cumsum(control) - control
    total = case.sum() * control.sum()
    return float(case @ (below + 0.5 * control)) / total if total > 0 else np.nan


_MEASURES = {
    "mse": Measure("mse", _mse, vectorised=True),
    "mae": Measure("mae", _mae, vectorised=True),
    "misclassification": Measure("misclassification", _misclassification, kind="link", vectorised=True),
    "auc": Measure("auc", _auc, greater_is_better=True, kind="link", vectorised=True),
    "brier": Measure("brier", _mse, vectorised=True),
}
_FOR_CLASSES = {"misclassification", "auc", "brier"}


# --- scikit-learn's scorers


def _named_scorer(name: str):
    try:
        from sklearn.metrics import get_scorer
    except ImportError:
        known = ", ".join(["deviance", *_MEASURES])
        raise ImportError(
            f"scoring={name!r} is not one of fastnet's ({known}); for a name of scikit-learn's install it: "
            "pip install 'fastnet-path[sklearn]'"
        ) from None
    try:
        return get_scorer(name)
    except ValueError:
        known = ", ".join(["deviance", *_MEASURES])
        raise ValueError(
            f"scoring={name!r} is not known; allowed are {known}, and the names that "
            "sklearn.metrics.get_scorer_names() lists"
        ) from None


@dataclass(frozen=True)
class ScorerMeasure:
    """A scorer ``scorer(estimator, X, y)``; it sees a fitted point of the path as its estimator."""

    name: str
    scorer: Callable
    family: str
    greater_is_better: bool = True

    def scores(self, held_out) -> np.ndarray:
        """(K,) values; weighted where the scorer takes sample_weight."""
        known = hasattr(self.scorer, "_score_func")  # scikit-learn's own: only predictions count, never X
        rows = held_out.token() if known else held_out.rows()
        classes = self.family in CLASSIFIERS
        extra = {}
        if held_out.weighted and _takes_weight(self.scorer):
            extra["sample_weight"] = held_out.weight
        y = held_out.y.astype(np.int64) if classes and np.all(held_out.y % 1 == 0) else held_out.y
        points = held_out.points(_estimator_class(classes))
        return np.array([self.scorer(point, rows, y, **extra) for point in points], float)


def _takes_weight(scorer) -> bool:
    function = getattr(scorer, "_score_func", scorer)
    try:
        return "sample_weight" in inspect.signature(function).parameters
    except (TypeError, ValueError):
        return False


def _estimator_class(classes: bool):
    """A point of a path as an estimator: scikit-learn's base classes where it is installed."""
    try:
        from sklearn.base import BaseEstimator, ClassifierMixin, RegressorMixin
    except ImportError:
        return _ClassPoint if classes else _Point
    base, mixin = (_ClassPoint, ClassifierMixin) if classes else (_Point, RegressorMixin)
    return type(base.__name__.strip("_"), (base, mixin, BaseEstimator), {})


class _Point:
    """Predictions of one alpha: those at hand for the held-out rows, computed for any other X."""

    def __init__(self, held_out=None, k=0):
        self.held_out, self.k = held_out, k

    @property
    def coef_(self):
        return self.held_out.path.coefs[:, [self.k]].toarray().ravel()

    @property
    def intercept_(self):
        return self.held_out.path.intercepts[self.k]

    def decision_function(self, X):
        """eta of the rows of X, without offset where X is not the held-out part itself."""
        return self.held_out.eta_of(X, self.k)

    def predict(self, X):
        return self.held_out.mean_of(self.decision_function(X))


class _ClassPoint(_Point):
    classes_ = np.array([0, 1])

    def predict(self, X):
        return (self.decision_function(X) > 0).astype(np.int64)

    def predict_proba(self, X):
        share = self.held_out.mean_of(self.decision_function(X))
        return np.column_stack((1.0 - share, share))
