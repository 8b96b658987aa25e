"""What a Cox path predicts beyond relative risks: the baseline hazard and survival curves.

Breslow (1972), discussion of Cox, Regression models and life tables; Kalbfleisch, Prentice (2002), section 4.3.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from fastnet.certificate_cox import RiskSets
from fastnet.losses.survival_times import read_times

__all__ = ["BaselineHazard", "baseline_hazard"]


class BaselineHazard(NamedTuple):
    """Breslow's cumulative baseline hazard at eta = 0, a step function of time per stratum."""

    strata: np.ndarray  # (S,) labels
    times: tuple[np.ndarray, ...]  # of each stratum: event times, increasing
    hazards: tuple[np.ndarray, ...]  # of each stratum: cumulative hazard from that time on

    def cumulative(self, times, stratum=None) -> np.ndarray:
        """Cumulative hazard at `times` (m,), 0 before the first event."""
        at = self._position(stratum)
        steps = np.concatenate(([0.0], self.hazards[at]))
        return steps[np.searchsorted(self.times[at], np.asarray(times, dtype=float), side="right")]

    def survival(self, eta, times, stratum=None) -> np.ndarray:
        """P(no event up to t) for rows of linear predictor eta (k,): exp(-hazard(t) e^eta), (k, m)."""
        with np.errstate(divide="ignore", over="ignore"):
            log_hazard = np.log(self.cumulative(times, stratum))
            return np.exp(-np.exp(np.asarray(eta, dtype=float)[:, None] + log_hazard))

    def _position(self, stratum) -> int:
        if stratum is None:
            if len(self.strata) > 1:
                raise ValueError(f"stratum is missing: there are the strata {list(self.strata)}; name one")
            return 0
        found = np.flatnonzero(self.strata == stratum)
        if len(found) == 0:
            raise ValueError(f"stratum is {stratum!r}; known are {list(self.strata)}")
        return int(found[0])


def baseline_hazard(eta, y, *, sample_weight=None, strata=None) -> BaselineHazard:
    """Breslow's estimate: at each event time the weight of its events over the sum of w e^eta at risk.

    Parameters
    ----------
    eta : array (n,)
        Linear predictor of the rows that were fitted: ``path.predict(X, alpha, kind="link")``.
    y : survival times as `enet_path` takes them for ``family="cox"``
    sample_weight, strata : array (n,), optional
        As in the fit.

    Returns
    -------
    BaselineHazard

    Examples
    --------
    >>> import numpy as np
    >>> y = np.array([[1.0, 1], [2.0, 0], [3.0, 1]])
    >>> baseline_hazard(np.zeros(3), y).cumulative([0.5, 1.0, 4.0]).round(3).tolist()
    [0.0, 0.333, 1.333]
    """
    start, stop, event = read_times(y)
    n = len(stop)
    eta = np.asarray(eta, dtype=float)
    if eta.shape != (n,):
        raise ValueError(f"eta has shape {eta.shape}, y has {n} rows; give the linear predictor of the same rows")
    weight = np.ones(n) if sample_weight is None else np.asarray(sample_weight, dtype=float)
    labels, stratum = np.unique(np.zeros(n) if strata is None else strata, return_inverse=True)
    keep = weight > 0
    weight, stop, event, stratum = weight[keep], stop[keep], event[keep], stratum[keep]
    sets = RiskSets(None if start is None else start[keep], stop, event, stratum)
    deaths = np.bincount(sets.term, weight[event], minlength=sets.count)
    with np.errstate(over="ignore"):
        steps = np.exp(np.log(deaths) - sets.log_at_risk(np.log(weight) + eta[keep]))
    times, where = np.zeros(sets.count), np.zeros(sets.count, np.int64)
    times[sets.term], where[sets.term] = stop[event], stratum[event]
    blocks = [np.flatnonzero(where == s) for s in range(len(labels))]
    return BaselineHazard(labels, tuple(times[b] for b in blocks), tuple(np.cumsum(steps[b]) for b in blocks))
