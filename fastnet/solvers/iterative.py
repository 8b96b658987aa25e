"""One point of the path by sweeps and conjugate gradients, for active sets too large or too dependent for a factor."""

import numpy as np

from ..jit import internal, jit
from ..state import GAP, ITERATIONS, ROUND, ROWS, SLOT, TIGHTNESS
from ..vectors import copy_head
from .certify import certify, refresh_residual
from .coordinate_descent import extrapolate, iterate, remember
from .direct import EXHAUSTED, GROW, PAUSED, SOLVED, STALLED
from .rows import compact, has_room, load_violators

LOOSE = 30.0  # the first round of an alpha, with its active set still moving, is solved so much less accurately
TIGHTEST = 1e-10
FINEST = 2e-16  # below this a change of a correlation is rounding


@internal
def _solve_active(store, active, support, quadratic, work, l1, l2, tol, null, budget, max_iter):
    """Sweeps and Newton steps to an accuracy that the tolerance asks for; loose in the first round."""
    rows = work.counts[ROWS]
    size = 0.0
    for k in range(rows):
        size += active[k].factor * abs(active[k].coef)
    coarse = 0.05 * l1 if l1 > 0.0 else 1e-3 * np.sqrt(tol)
    accuracy = coarse
    if size > 0.0:
        accuracy = min(accuracy, 0.5 * tol * null / size)
    accuracy *= work.values[TIGHTNESS]
    if work.counts[ROUND] == 0:
        accuracy = min(coarse, LOOSE * accuracy)
    accuracy = max(accuracy, FINEST)
    left = max_iter - work.counts[ITERATIONS]
    done, spent, sweeps = iterate(store, active, support, rows, work, quadratic.basis, l1, l2, accuracy, budget, left)
    work.counts[ITERATIONS] += sweeps
    if done:
        refresh_residual(store, active, rows, quadratic, work)
    return done, spent


@jit
def solve_iterative(
    design, store, active, support, factor, screen, quadratic, work, l1, l2, l1_next, ratio, tol, null, max_iter, budget
):
    """Solve one alpha to `gap <= tol * null`. Returns a code.

    In its first round it also collects what will violate at the next alpha, `l1_next`. `ratio`, the present step of
    l1 over the last one, is used to extrapolate the start; 0 when there was none.
    """
    if work.counts[ROUND] < 0:
        work.counts[ROUND] = 0
        work.values[TIGHTNESS] = 1.0
        if ratio > 0.0:
            compact(store, active, factor, screen, work, work.counts[SLOT], l1, False)
            extrapolate(store, active, work.counts[ROWS], work, quadratic.basis, l1, l2, ratio)
        else:
            remember(active, work.counts[ROWS])
            copy_head(work.residual, work.previous, work.residual.shape[0])
    spent = 0.0
    while True:
        done, cost = _solve_active(store, active, support, quadratic, work, l1, l2, tol, null, budget - spent, max_iter)
        spent += cost
        if not done and work.counts[ITERATIONS] < max_iter:
            return PAUSED
        look_ahead = work.counts[ROUND] == 0
        violators, true, _ = certify(
            design, store, active, factor, screen, quadratic, work, l1, l2, l1_next if look_ahead else l1, tol, null
        )
        work.counts[ROUND] += 1
        if work.values[GAP] <= tol:
            return SOLVED
        if work.counts[ITERATIONS] >= max_iter:
            return EXHAUSTED
        if not has_room(design, store, active, factor, screen, work, violators, False):
            return GROW
        load_violators(design, store, active, screen, quadratic, work, violators)
        if true == 0 and not look_ahead:
            work.values[TIGHTNESS] *= 0.2
            if work.values[TIGHTNESS] < TIGHTEST:
                return STALLED
        if spent > budget:
            return PAUSED
