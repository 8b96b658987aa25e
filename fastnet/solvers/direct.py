"""One point of the path by direct steps: solve on the factor, certify, let in what violates, repeat.

The kernel returns to Python when the point is solved, when it needs more room, when its budget is spent, or when the
iterative solver should take over; the call is then repeated with the same state, so that Ctrl-C and progress work
within a long point.
"""

import numpy as np

from ..jit import internal, jit
from ..state import (
    DIRECT,
    ENTRIES,
    FACTOR_L2,
    GAP,
    IN_FACTOR,
    ITERATIONS,
    ITERATIVE,
    MODE,
    OBJECTIVE,
    ROUND,
    ROWS,
)  # fmt: skip
from ..vectors import copy_head, fill
from . import newton
from .certify import certify, refresh_residual, row_violation
from .coordinate_descent import remember
from .rows import (
    compact,
    enter_factor,
    factorize_active,
    has_room,
    leave_factor,
    load_violators,
    row_gradient,
    take_side,
)  # fmt: skip

SOLVED, GROW, PAUSED, EXHAUSTED, STALLED, HAND_OVER = range(6)
REFINEMENTS = 6  # direct steps repeated on an unchanged active set before the iterative solver takes over


@internal
def _begin(active, factor, work, l1, l2):
    """Restate the problem at a new alpha: gradients at the new penalty, a new factor when the ridge has moved far."""
    work.counts[ROUND] = 0
    remember(active, work.counts[ROWS])
    copy_head(work.residual, work.previous, work.residual.shape[0])
    m = work.counts[IN_FACTOR]
    if m == 0 or work.values[FACTOR_L2] > 1.15 * l2 or work.values[FACTOR_L2] < l2 / 1.15:
        if not factorize_active(active, factor, m, l2):
            hand_over(active, factor, work)
        work.values[FACTOR_L2] = l2
    for i in range(m):
        factor.gradient[i] = row_gradient(active, factor.order[i], l1, l2)


@internal
def hand_over(active, factor, work):
    """Leave the rest of the point to the iterative solver."""
    work.counts[MODE] = ITERATIVE
    leave_factor(active, factor, work)


@internal
def _solve_direct(store, active, factor, quadratic, work, l1, l2, tol):
    """Newton chain over the factor; falls back on sweeps for this point when it gets stuck."""
    rows = work.counts[ROWS]
    exact = work.values[FACTOR_L2] == l2
    accuracy = 1e-2 * np.sqrt(tol) * l1 if l1 > 0.0 else 1e-10
    m, status, steps = newton.chain(factor, active, work.counts[IN_FACTOR], rows, l1, l2, exact, accuracy)
    work.counts[IN_FACTOR] = m
    work.counts[ITERATIONS] += steps + 1
    if status == newton.STUCK:
        hand_over(active, factor, work)
    refresh_residual(store, active, rows, quadratic, work)
    return steps * (m * m + 1) + work.counts[ENTRIES]


@internal
def _gather_entering(active, factor, rows, first_new, l1, l2):
    """Rows to put into the factor: the new ones, and old ones outside it that violate. Sets their signs."""
    entering = 0
    for k in range(rows):
        if active[k].place >= 0:
            continue
        if k < first_new:
            if row_violation(active, k, l1, l2) == 0.0:
                continue
            take_side(active, k)
        factor.rows[entering] = k
        entering += 1
    return entering


@internal
def _add_direct(design, store, active, factor, screen, quadratic, work, violators, slot, l1, l2):
    """Load the violators and let everything that violates enter the factor. False when nothing could enter."""
    first_new = work.counts[ROWS]
    if first_new - work.counts[IN_FACTOR] > 16 + first_new // 3:
        compact(store, active, factor, screen, work, slot, np.inf, True)
        first_new = work.counts[ROWS]
    rows = load_violators(design, store, active, screen, quadratic, work, violators)
    if rows > first_new:
        fill(work.a, 0.0)
        store.row_gram(first_new, rows, factor.gram, work.a)
    entering = _gather_entering(active, factor, rows, first_new, l1, l2)
    if entering == 0:
        return rows > first_new
    return enter_factor(active, factor, work, entering, l1, l2, work.values[FACTOR_L2]) > 0


@jit
def restart_factor(store, active, factor, quadratic, work, l1, l2):
    """Return from the iterative solver: a Gram matrix of all rows, and a factor of the non-zero ones."""
    rows = work.counts[ROWS]
    fill(work.a, 0.0)
    store.row_gram(0, rows, factor.gram, work.a)
    refresh_residual(store, active, rows, quadratic, work)
    work.counts[MODE] = DIRECT
    work.counts[IN_FACTOR] = 0
    work.values[FACTOR_L2] = l2
    entering = 0
    for k in range(rows):
        b = active[k].coef
        if b != 0.0 and active[k].lower < b < active[k].upper:
            active[k].sign = 1.0 if b > 0.0 else -1.0
            active[k].correlation = store.row_dot(k, work.residual)
            factor.rows[entering] = k
            entering += 1
    enter_factor(active, factor, work, entering, l1, l2, l2)


@internal
def _refinable(factor, work):
    """True when the factor's columns still have a gradient that another direct step can remove."""
    for i in range(work.counts[IN_FACTOR]):
        if factor.gradient[i] != 0.0:
            return work.counts[ROUND] < REFINEMENTS
    return False


@jit
def solve_direct(
    design, store, active, factor, screen, quadratic, work, l1, l2, tol, null, most_rows, max_iter, budget
):
    """Solve one alpha to `gap <= tol * null`; see the module docstring. Returns a code."""
    if work.counts[ROUND] < 0:
        _begin(active, factor, work, l1, l2)
    spent = 0.0
    lowest = np.inf
    idle = 0
    while work.counts[MODE] != ITERATIVE:
        spent += _solve_direct(store, active, factor, quadratic, work, l1, l2, tol)
        violators, _, slot = certify(design, store, active, factor, screen, quadratic, work, l1, l2, l1, tol, null)
        work.counts[ROUND] += 1
        if work.values[GAP] <= tol:
            return SOLVED
        if work.counts[ITERATIONS] >= max_iter:
            return EXHAUSTED
        idle = 0 if work.values[OBJECTIVE] < lowest - 1e-15 * null else idle + 1
        lowest = min(lowest, work.values[OBJECTIVE])
        if work.counts[IN_FACTOR] + violators > most_rows or idle > REFINEMENTS:  # columns that come and go
            hand_over(active, factor, work)
            break
        if not has_room(design, store, active, factor, screen, work, violators, True):
            return GROW
        entered = _add_direct(design, store, active, factor, screen, quadratic, work, violators, slot, l1, l2)
        if not entered and not _refinable(factor, work):
            hand_over(active, factor, work)
        if spent > budget:
            return PAUSED
    return HAND_OVER
