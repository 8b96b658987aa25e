"""The duality gap of a quadratic loss with an Elastic Net penalty, factors and bounds.

In weighted space, with residual r, any s in [0, 1] gives the dual point s r and

    D(s) = s <target, r> - s^2 |r|^2 / 2 - sum_j conjugate_j(s c_j),        c_j = <x~_j, r>,

where columns proved inactive contribute nothing. The best of three values of s is taken.

    Fercoq, Gramfort, Salmon (2015), Mind the duality gap.
"""

import numpy as np

from ..jit import internal
from ..penalty import conjugate


@internal
def limits_of(quadratic, j):
    """Penalty factor and bounds of column j of X."""
    if quadratic.limits.shape[0] == 0:
        return 1.0, -np.inf, np.inf
    return quadratic.limits[j].factor, quadratic.limits[j].lower, quadratic.limits[j].upper


@internal
def _limits(c, l1, l2, lower, upper):
    """Largest s with finite conjugate, and largest s with none at all."""
    if abs(c) <= l1 or (upper == 0.0 if c > 0.0 else lower == 0.0):
        return 1.0, 1.0
    inside = l1 / abs(c)
    bound = upper if c > 0.0 else -lower
    return (1.0 if l2 > 0.0 or bound < np.inf else inside), inside


@internal
def scale_limits(active, rows, screen, quadratic, violators, l1, l2):
    finite, inside = 1.0, 1.0
    for k in range(rows):
        row = active[k]
        f = row.factor
        a, b = _limits(row.correlation, l1 * f, l2 * f, row.lower, row.upper)
        finite, inside = min(finite, a), min(inside, b)
    for e in range(violators):
        j = screen.candidate[e]
        f, lower, upper = limits_of(quadratic, j)
        a, b = _limits(screen.found[e], l1 * f, l2 * f, lower, upper)
        finite, inside = min(finite, a), min(inside, b)
    return finite, inside


@internal
def conjugate_sum(s, active, rows, screen, quadratic, violators, l1, l2):
    total = 0.0
    for k in range(rows):
        row = active[k]
        f = row.factor
        total += conjugate(s * row.correlation, l1 * f, l2 * f, row.lower, row.upper)
    for e in range(violators):
        j = screen.candidate[e]
        f, lower, upper = limits_of(quadratic, j)
        total += conjugate(s * screen.found[e], l1 * f, l2 * f, lower, upper)
    return total


@internal
def duality_gap(objective, along, square, active, rows, screen, quadratic, violators, l1, l2):
    """objective - max_s D(s), with along = <target, r> and square = |r|^2."""
    finite, inside = scale_limits(active, rows, screen, quadratic, violators, l1, l2)
    best_free = along / square if square > 0.0 else 1.0
    best = -np.inf
    for choice in range(3):
        if choice == 0:
            s = min(inside, max(best_free, 0.0))
        elif choice == 1:
            s = finite
        else:
            s = min(finite, max(best_free, 0.0))
        if s < 1.0:  # at the limit, rounding must not leave an infinite conjugate
            s *= 1.0 - 1e-15
        total = conjugate_sum(s, active, rows, screen, quadratic, violators, l1, l2)
        if total < np.inf:
            best = max(best, s * along - 0.5 * s * s * square - total)
    return objective - best
