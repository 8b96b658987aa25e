"""Rules that choose a point of a cross-validated path: functions of a `CVPath` that return its alpha."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

__all__ = ["minimum", "one_standard_error", "percentile"]


def minimum(cv) -> float:
    """The alpha with the best mean; of equal ones the largest."""
    return float(cv.alphas[cv.index_min])


def one_standard_error(factor: float = 1.0) -> Callable[[Any], float]:
    """The largest alpha whose mean is at most `factor` standard errors worse than the best.

    Breiman, Friedman, Olshen, Stone (1984), Classification and regression trees, section 3.4.3. The standard error is
    that of the best point.
    """
    if not factor >= 0:
        raise ValueError(f"factor is {factor}; a number of standard errors from 0 up is allowed, e.g. 1.0")
    return _WithinErrors(float(factor))


def percentile(share: float = 0.68) -> Callable[[Any], float]:
    """The largest alpha whose mean is no worse than the upper end of the central `share` of the best point's folds.

    The bound is the quantile (1 + share) / 2 of the scores of the folds at the best alpha (the other tail where more
    is better): no distribution is assumed.
    """
    if not 0 <= share <= 1:
        raise ValueError(f"share is {share}; a share of the folds from 0 to 1 is allowed, e.g. 0.68")
    return _WithinShare(float(share))


class _WithinErrors:
    def __init__(self, factor):
        self.factor = factor

    def __call__(self, cv) -> float:
        best = cv.index_min
        slack = self.factor * cv.se[best] if np.isfinite(cv.se[best]) else 0.0
        return _largest_within(cv, cv.sign * cv.mean[best] + slack)


class _WithinShare:
    def __init__(self, share):
        self.share = share

    def __call__(self, cv) -> float:
        best = cv.index_min
        scores = cv.sign * cv.fold_scores[cv.best][:, best]
        bound = np.nanquantile(scores, 0.5 + 0.5 * self.share)
        return _largest_within(cv, max(float(bound), cv.sign * float(cv.mean[best])))


def _largest_within(cv, bound) -> float:
    """The largest alpha of the chosen l1_ratio with a loss of at most `bound`; never below alpha_min."""
    loss = np.where(np.isnan(cv.mean), np.inf, cv.sign * cv.mean)
    return float(max(cv.alphas[loss <= bound].max(), cv.alphas[cv.index_min]))
