"""Certify a point of a loss that is not quadratic: dots that the lazy bounds cannot exclude, and the duality gap."""

import numpy as np

from ..jit import apart, internal, jit
from ..state import GAP, OBJECTIVE, ROWS
from ..vectors import dot
from .certify import NEGLIGIBLE, ROUNDING, find_violators
from .gap import conjugate_sum, scale_limits
from .predictor import CONJUGATES, CORRELATED, OTHER_CONJUGATES, OTHER_SCALE, PENALTY, SCALE


def finish_certificate(fit):
    """The duality gap by the better of the two dual points that `examine_loss` left, not yet over the null objective.

    Notes fit.value, the objective, and the gap over the null objective in work.values.
    """
    penalty, s, first, other, second = fit.at.values[PENALTY : OTHER_CONJUGATES + 1].tolist()
    fit.value, bound, other_bound = fit.values(s, other)
    if fit.traits.convex:
        first, second = first + fit.value - bound, second + fit.value - other_bound
    gap = penalty + min(first, second)
    fit.work.values[GAP], fit.work.values[OBJECTIVE] = gap / fit.null, fit.value + penalty
    return gap


@apart
def examine_loss(design, store, active, screen, quadratic, work, sight, at, traits, collect, l1, l2):
    """Violators as `find_violators` has them, and what the gap needs besides the loss.

    The gap is penalty + conjugates_s + (loss - its bound at s), for two scales s; these go to at.values. Returns
    (columns above `collect`, columns above l1), and sets the correlations of the active rows. Where the loss is not
    convex the gap is that of the quadratic model at the present point, and in the conjugates but for the penalty.
    """
    if traits.centred:
        collect = max(
            0.0, collect - _leave_out_constant(screen, quadratic.root, work.residual, sight.residual, traits.rounding)
        )
    violators, true = find_violators(design, screen, quadratic, sight, collect, l1)
    slack = _correlate(store, active, screen, work, at, l1, l2) + _infeasibility(quadratic, work, at)
    rows = work.counts[ROWS]
    finite, inside = _dual_scales(active, rows, screen, quadratic, violators, l1, l2)
    first = conjugate_sum(inside, active, rows, screen, quadratic, violators, l1, l2)
    second = first
    if finite != inside:
        second = conjugate_sum(finite, active, rows, screen, quadratic, violators, l1, l2)
    if not traits.convex:
        first += _model_terms(at, active, rows, work, inside)
        second += _model_terms(at, active, rows, work, finite)
    at.values[PENALTY] = penalty_of(active, rows, l1, l2)
    at.values[SCALE], at.values[CONJUGATES] = inside, first + slack
    at.values[OTHER_SCALE], at.values[OTHER_CONJUGATES] = finite, second + slack
    return violators, true


@internal
def _infeasibility(quadratic, work, at):
    """What the gap may miss where the residual is not orthogonal to the unpenalised part, as when that diverges.

    The optimum is taken to lie at most as far from the present point as that does from the offset.
    """
    off = size = 0.0
    for a in range(quadratic.basis.shape[0]):
        off += dot(quadratic.basis[a], work.residual) ** 2
    if off > 0.0:
        for i in range(at.eta.shape[0]):
            size += (quadratic.root[i] * (at.eta[i] - at.offset[i])) ** 2
    return 2.0 * np.sqrt(off) * np.sqrt(size)


@jit
def leave_out_constant(screen, quadratic, work, sight, rounding):
    """`_leave_out_constant` alone."""
    _leave_out_constant(screen, quadratic.root, work.residual, sight.residual, rounding)


@internal
def _leave_out_constant(screen, root, residual, seen, rounding):
    """seen = residual without its constant part, for an X whose columns are all centred.

    No column correlates with that part. Without an intercept it may be most of the residual; the lazy bounds, which
    know of norms only, would exclude little. Returns what rounding may leave of its correlation with a column.
    """
    constant = dot(root, residual)
    for i in range(root.shape[0]):
        seen[i] = residual[i] - constant * root[i]
    screen.state[2] = rounding * max(1.0, abs(constant) / max(np.sqrt(dot(seen, seen)), 1e-300))
    return 2.0 * rounding * abs(constant)


@internal
def _correlate(store, active, screen, work, at, l1, l2):
    """active.correlation = dots of the rows with today's residual, where they are not that already.

    Returns the slack: what the gap may miss because correlations of columns without penalty count as zero, see
    `certify.NEGLIGIBLE`; here of those too whose coefficient is not zero.
    """
    square = dot(work.residual, work.residual)  # not of its part without a constant, which may be rounding
    slack = 0.0
    for k in range(work.counts[ROWS]):
        c = active[k].correlation if at.counts[CORRELATED] == 1 else store.row_dot(k, work.residual)
        free = active[k].factor * l1 == 0.0 and active[k].factor * l2 == 0.0
        least = NEGLIGIBLE if active[k].square == 0.0 or active[k].coef != 0.0 else ROUNDING
        if free and abs(c) <= least * np.sqrt(square * screen.square[active[k].column]):
            slack += 2.0 * abs(c * active[k].coef)
            c = 0.0
        active[k].correlation = c
    if slack > 0.0:
        at.counts[CORRELATED] = 0
    return slack


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
