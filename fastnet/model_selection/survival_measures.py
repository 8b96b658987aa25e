"""Measures of held-out survival times: the partial-likelihood deviance and the concordance.

Verweij, van Houwelingen (1993), Cross-validation in survival analysis: the contribution of a fold is the partial
log-likelihood of all rows less that of its training rows, both at the coefficients of the training rows.
Harrell, Lee, Mark (1996), Multivariable prognostic models (concordance).
"""

from __future__ import annotations

import numpy as np

from fastnet.losses.survival_times import read_times
from fastnet.model_selection.total_loss import deviance_of

_CELLS = 4_000_000  # pairs of rows compared at once: 32 MB


class PartialDeviance:
    """(deviance of all rows - deviance of the training rows) / weight of the held-out events.

    The deviance is 2 (log of the saturated partial likelihood - log of the partial likelihood); as in glmnet's
    ``cv.glmnet(grouped=TRUE)``, folds are averaged with the weight of their held-out events.
    """

    name, greater_is_better = "deviance", False

    def __init__(self, family):
        self.family = family

    def scores(self, held_out) -> np.ndarray:
        """(K,) values for one fold (a `HeldOut`); NaN where it holds out no event."""
        problem, task = held_out.problem, held_out.task
        every = np.ones(len(problem.y)) if problem.sample_weight is None else problem.sample_weight
        events = self.fold_weight(problem, task)
        if events == 0.0:
            return np.full(len(held_out.path), np.nan)
        eta = held_out.eta_at(slice(None))
        train = every * task.train
        both = train.copy()  # rows in no part of the fold do not count
        both[task.test] += every[task.test]
        whole, part = (deviance_of(self.family, problem.y, eta, weight) for weight in (both, train))
        return (whole - part) / events

    def fold_weight(self, problem, fold) -> float:
        """Weight of the held-out events."""
        events = read_times(problem.y)[2].astype(float)
        return float((events if problem.sample_weight is None else events * problem.sample_weight)[fold.test].sum())


class Concordance:
    """Share of the comparable pairs of held-out rows in which the higher risk has the earlier event."""

    name, greater_is_better = "concordance", True

    def __init__(self, family):
        self.strata = getattr(family, "strata", None)

    def scores(self, held_out) -> np.ndarray:
        """(K,) values for one fold (a `HeldOut`); NaN without a comparable pair."""
        rows = held_out.index
        times = [None if part is None else part[rows] for part in read_times(held_out.problem.y)]
        strata = None if self.strata is None else np.asarray(self.strata)[rows]
        return _concordance(times, held_out.eta, held_out.weight, strata)


def concordance(y, eta, sample_weight=None, strata=None) -> np.ndarray | float:
    """Harrell's concordance of survival times and linear predictors.

    A pair is comparable when one row has its event while the other is at risk and has none at that time, both in one
    stratum; it counts 1 where the former has the larger eta, 1/2 where both are equal, with the product of the
    weights. Rows censored at the time of an event are at risk there.

    Parameters
    ----------
    y : survival times as `enet_path` takes them for ``family="cox"``
    eta : (n,) or (n, K) array
    sample_weight : (n,) array, optional
    strata : (n,) array, optional

    Returns
    -------
    (K,) array, or a float for one eta; NaN where no pair is comparable
        O(events n K) time.
    """
    eta = np.asarray(eta, float)
    times = read_times(y)
    n = len(times[1])
    if len(eta) != n:
        raise ValueError(f"eta has {len(eta)} rows, y has {n}; give the linear predictors of the same rows")
    weight = np.ones(n) if sample_weight is None else np.asarray(sample_weight, float)
    result = _concordance(times, eta.reshape(n, -1), weight, strata)
    return float(result[0]) if eta.ndim == 1 else result


def _concordance(times, eta, weight, strata) -> np.ndarray:
    start, stop, event = times
    label = np.zeros(len(stop), np.int64) if strata is None else np.unique(strata, return_inverse=True)[1]
    first = np.flatnonzero(event & (weight > 0))
    total, excess = 0.0, np.zeros(eta.shape[1])
    step = max(1, _CELLS // max(len(stop), 1))
    for low in range(0, len(first), step):
        rows = first[low : low + step]
        time = stop[rows, None]
        later = (stop > time) | ((stop == time) & ~event)
        later &= label == label[rows, None]
        if start is not None:
            later &= start < time
        pairs = later * weight[rows, None] * weight
        total += pairs.sum()
        for k in range(eta.shape[1]):
            excess[k] += np.sum(pairs * np.sign(eta[rows, k, None] - eta[:, k]))
    return 0.5 + 0.5 * excess / total if total > 0 else np.full(eta.shape[1], np.nan)
