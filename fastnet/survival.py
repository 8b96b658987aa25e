"""What a Cox path predicts beyond relative risks: the baseline hazard and survival curves.

Breslow (1972), discussion of Cox, Regression models and life tables; Kalbfleisch, Prentice (2002), section 4.3.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

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
        risk = np.exp(np.asarray(eta, dtype=float))
        return np.exp(-np.outer(risk, self.cumulative(times, stratum)))

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
    risk = weight * np.exp(eta)
    times, hazards = [], []
    for s in range(len(labels)):
        of = stratum == s
        seen = of & event & (weight > 0)
        here, at = np.unique(stop[seen], return_inverse=True)
        deaths = np.bincount(at, weight[seen], minlength=len(here))
        times.append(here)
        hazards.append(np.cumsum(deaths / _at_risk(here, None if start is None else start[of], stop[of], risk[of])))
    return BaselineHazard(labels, tuple(times), tuple(hazards))


def _at_risk(times, start, stop, risk):
    """Sum of the risks of the rows with start < t <= stop, for each t."""
    order = np.argsort(stop, kind="stable")
    after = np.concatenate((np.cumsum(risk[order][::-1])[::-1], [0.0]))
    total = after[np.searchsorted(stop[order], times, side="left")]
    if start is not None:
        order = np.argsort(start, kind="stable")
        after = np.concatenate((np.cumsum(risk[order][::-1])[::-1], [0.0]))
        total = total - after[np.searchsorted(start[order], times, side="left")]
    return total
