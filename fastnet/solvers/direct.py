"""One point of the path by direct steps: solve on the factor, certify, let in what violates, repeat.

All of that is one kernel, which returns to Python for room, for many inner products at once, and after some rounds.
"""

import numpy as np

from .. import interrupts
from ..jit import internal, jit
from ..result import Status
from ..state import (
    FACTOR_L2,
    FIRST_NEW,
    GAP,
    IDLE,
    IN_FACTOR,
    ITERATIONS,
    LOWEST,
    OBJECTIVE,
    ROUNDS,
    ROWS,
    VIOLATORS,
)  # fmt: skip
from . import newton
from .certify import certify_point
from .rows import (
    append_violators,
    compact,
    enter_violators,
    exchange_worst,
    factorize_active,
    let_in_violators,
    remember,
    row_gradient,
    take_out_all,
)  # fmt: skip

REFINEMENTS = 6  # direct steps repeated on an unchanged active set before the iterative solver takes over
LAZY_RIDGE = 1.15  # a factor made with a ridge within this ratio of today's preconditions refined steps
PROGRESS = 1e-15  # share of the null objective by which a step must lower the objective
AT_ONCE = 4  # rounds in one call: Ctrl-C is heard between two of them
FEW_PRODUCTS = 1e5  # multiplications that cost less in place than a call of BLAS and the way there

# What `direct_rounds` is told to do next, and asks for: a round; to load the violators (for room; where CROWDED, for
# idle rows to be dropped first); to let them enter (for inner products of the new rows). Or how it ended: at a Status,
# or STUCK, so that the iterative solver should take over.
ROUND, LOAD, ENTER, CROWDED, CONVERGED, MAX_ITER, STUCK = range(7)


def solve_direct(fit, l1, l2, tol, max_iter):
    """Bring `fit` to one alpha; returns a Status, or None when the iterative solver should take over."""
    counts, values = fit.work.counts, fit.work.values
    accuracy = 1e-2 * np.sqrt(tol) * l1 if l1 > 0.0 else 1e-10
    counts[ROUNDS], counts[IDLE], values[LOWEST] = 0, 0, np.inf
    order = ROUND
    while order <= CROWDED:
        order = fit.run(
            direct_rounds, fit.design, fit.store, fit.active, fit.factor, fit.screen, fit.quadratic, fit.work,
            l1, l2, tol, fit.null, accuracy, max_iter, fit.limit, order,
        )  # fmt: skip
        if order == LOAD:
            fit.grow()
        elif order == ENTER:
            fill_gram(fit, counts[FIRST_NEW])
        elif order == CROWDED:
            _drop_idle(fit, counts[VIOLATORS])
            order = LOAD
    return {CONVERGED: Status.CONVERGED, MAX_ITER: Status.MAX_ITER, STUCK: None}[order]


def _drop_idle(fit, violators):
    found = fit.screen.candidate[:violators].copy()
    compact(fit, np.inf)
    fit.screen.candidate[:violators] = found


def fill_gram(fit, first):
    """Inner products of the rows from `first` on with all rows."""
    rows = fit.work.counts[ROWS]
    if rows > len(fit.factor.order):
        fit.factor = fit.factor.grown(len(fit.active))
    if rows > first:  # products, at some ten times the speed of a pass over X
        products = rows * (rows - first) * len(fit.work.residual) / 10
        interrupts.run(products, fit.store.gram, first, rows, fit.factor.gram)


def restart(fit, l1, l2):
    """Return from the iterative solver: a Gram matrix of all rows, and a factor of the non-zero ones."""
    fit.work.counts[IN_FACTOR] = 0
    fit.work.values[FACTOR_L2] = l2
    fill_gram(fit, 0)
    fit.certify(l1, l2, l1, 0.0)
    fit.run(enter_violators, fit.active, fit.factor, fit.work, 0, l1, l2)


@jit
def direct_rounds(
    design, store, active, factor, screen, quadratic, work, l1, l2, tol, null, accuracy, max_iter, limit, order
):  # fmt: skip
    """Rounds of direct step, certificate and entering columns, from `order` on; returns what it needs next."""
    counts = work.counts
    for _ in range(AT_ONCE):
        if order == ROUND:
            order = _round(
                design, store, active, factor, screen, quadratic, work, l1, l2, tol, null, accuracy, max_iter, limit
            )
        if order == LOAD:
            counts[FIRST_NEW] = counts[ROWS]
            if not append_violators(design, store, active, screen, quadratic, work, counts[VIOLATORS]):
                return LOAD
            order = ENTER
            products = counts[ROWS] * (counts[ROWS] - counts[FIRST_NEW]) * work.a.shape[0]
            if counts[ROWS] > factor.order.shape[0] or products > FEW_PRODUCTS:
                return ENTER
            _fill_gram(store, factor, work)
        if order == ENTER:
            order = _enter(active, factor, work, l1, l2)
        if order != ROUND:
            return order
    return ROUND


@internal
def _round(design, store, active, factor, screen, quadratic, work, l1, l2, tol, null, accuracy, max_iter, limit):
    """Direct step and certificate: what to do next."""
    counts, values = work.counts, work.values
    first = counts[ROUNDS] == 0
    if first:
        remember(active, work)
    stuck = _step(active, factor, work, counts[ROWS], l1, l2, accuracy, LAZY_RIDGE, first)
    violators, _ = certify_point(design, store, active, factor, screen, quadratic, work, l1, l1, l2, tol, null)
    counts[VIOLATORS] = violators
    counts[ROUNDS] += 1
    if values[GAP] <= tol:
        return CONVERGED
    if counts[ITERATIONS] >= max_iter:
        return MAX_ITER
    counts[IDLE] = 0 if values[OBJECTIVE] < values[LOWEST] - PROGRESS * null else counts[IDLE] + 1
    values[LOWEST] = min(values[LOWEST], values[OBJECTIVE])
    if stuck or counts[IDLE] > REFINEMENTS or counts[IN_FACTOR] + violators > limit:  # columns that come and go
        return STUCK
    crowded = counts[ROWS] - counts[IN_FACTOR] > 16 + counts[ROWS] // 3
    return CROWDED if crowded else LOAD


@internal
def _fill_gram(store, factor, work):
    """Inner products of the new rows with all, one by one."""
    for i in range(work.a.shape[0]):
        work.a[i] = 0.0
    for k in range(work.counts[FIRST_NEW], work.counts[ROWS]):
        store.row_products(k, work.a, factor.gram)


@internal
def _enter(active, factor, work, l1, l2):
    """Let everything that violates enter the factor; a round follows while there is something left to gain."""
    counts = work.counts
    entering, taken = let_in_violators(active, factor, work, counts[FIRST_NEW], l1, l2)
    if entering > 0 and taken == 0:
        added = exchange_worst(active, factor, work, l1, l2)
    else:
        added = taken > 0 or counts[ROWS] > counts[FIRST_NEW]
    if added or counts[ROUNDS] < REFINEMENTS and _is_refinable(factor, counts[IN_FACTOR]):
        return ROUND
    return STUCK


@internal
def _is_refinable(factor, m):
    """True when the factor's columns still have a gradient that another direct step can remove."""
    for i in range(m):
        if factor.gradient[i] != 0.0:
            return True
    return False


@jit
def direct_step(active, factor, work, rows, l1, l2, accuracy, lazy_ridge, first):
    """`_step` alone."""
    return _step(active, factor, work, rows, l1, l2, accuracy, lazy_ridge, first)


@internal
def _step(active, factor, work, rows, l1, l2, accuracy, lazy_ridge, first):
    """Newton chain over the factor. Returns True, with the factor empty, when it gets stuck.

    In the `first` step at an alpha the gradients are restated at the new penalty, and the factor is made anew when
    the ridge has moved by more than the ratio `lazy_ridge`.
    """
    if first:
        m = work.counts[IN_FACTOR]
        if m == 0 or work.values[FACTOR_L2] > lazy_ridge * l2 or work.values[FACTOR_L2] < l2 / lazy_ridge:
            work.values[FACTOR_L2] = l2
            if not factorize_active(active, factor, m, l2):
                take_out_all(active, factor, work)
                return True
        for i in range(m):
            factor.gradient[i] = row_gradient(active, factor.order[i], l1, l2)
    exact = work.values[FACTOR_L2] == l2
    m, status, steps = newton.chain(factor, active, work.counts[IN_FACTOR], rows, l1, l2, exact, accuracy)
    work.counts[IN_FACTOR] = m
    work.counts[ITERATIONS] += steps + 1
    if status == newton.STUCK:
        take_out_all(active, factor, work)
        return True
    return False
