"""The duality gap of a loss that is not quadratic, given the columns that the lazy bounds could not exclude."""

import numpy as np

from ..jit import internal, jit
from ..state import RESIDUAL2, ROWS
from .gap import conjugate_sum, scale_limits

NEGLIGIBLE = 1e-11  # cosine below which an unpenalised column counts as orthogonal to the residual


@internal
def _correlate(store, active, screen, work, l1, l2):
    """active.correlation = dots of the rows with today's residual."""
    square = work.values[RESIDUAL2]
    for k in range(work.counts[ROWS]):
        c = store.row_dot(k, work.residual)
        free = active[k].factor * l1 == 0.0 and active[k].factor * l2 == 0.0
        if free and abs(c) <= NEGLIGIBLE * np.sqrt(square * screen.square[active[k].column]):
            c = 0.0
        active[k].correlation = c


@internal
def _dual_scales(active, rows, screen, quadratic, violators, l1, l2):
    """Two scales s of the dual point s r: with finite conjugates, and with none at all."""
    finite, inside = scale_limits(active, rows, screen, quadratic, violators, l1, l2)
    margin = 1.0 - 1e-15  # at the limit, rounding must not leave an infinite conjugate
    return finite * margin if finite < 1.0 else 1.0, inside * margin if inside < 1.0 else 1.0


@internal
def _model_terms(at, active, rows, work, s):
    """Gap of the quadratic model at the present point and the dual point s r, but for penalty and conjugates."""
    along = 0.0
    for k in range(rows):
        along += active[k].correlation * active[k].coef
    spread = 0.0
    for i in range(at.eta.shape[0]):
        spread += 0.5 * work.residual[i] * work.residual[i] / at.curvature[i]
    return (1.0 - s) ** 2 * spread - s * along


@internal
def expected_gap(active, screen, quadratic, work, at, l1, l2):
    """The gap to second order, should no column outside the active rows violate; from the rows' correlations."""
    rows = work.counts[ROWS]
    finite, inside = _dual_scales(active, rows, screen, quadratic, 0, l1, l2)
    best = np.inf
    for s in (finite, inside):
        gap = conjugate_sum(s, active, rows, screen, quadratic, 0, l1, l2) + _model_terms(at, active, rows, work, s)
        best = min(best, gap)
    return best + penalty_of(active, rows, l1, l2)


@internal
def penalty_of(active, rows, l1, l2):
    penalty = 0.0
    for k in range(rows):
        b = active[k].coef
        penalty += active[k].factor * (l1 * abs(b) + 0.5 * l2 * b * b)
    return penalty


@jit
def dual_terms(store, active, screen, quadratic, work, at, violators, l1, l2, convex):
    """What the gap needs besides the loss; it is penalty + conjugates_s + (loss - its bound at s), for two scales s.

    Returns (penalty, s, conjugates, s, conjugates), and sets the correlations of the active rows. Where the loss is not
    convex the gap is that of the quadratic model at the present point, and in the conjugates but for the penalty.
    """
    _correlate(store, active, screen, work, l1, l2)
    rows = work.counts[ROWS]
    penalty = penalty_of(active, rows, l1, l2)
    finite, inside = _dual_scales(active, rows, screen, quadratic, violators, l1, l2)
    first = conjugate_sum(inside, active, rows, screen, quadratic, violators, l1, l2)
    second = first
    if finite != inside:
        second = conjugate_sum(finite, active, rows, screen, quadratic, violators, l1, l2)
    if not convex:
        first += _model_terms(at, active, rows, work, inside)
        second += _model_terms(at, active, rows, work, finite)
    return penalty, inside, first, finite, second
