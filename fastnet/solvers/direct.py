"""One point of the path by direct steps: solve on the factor, certify, let in what violates, repeat.

One kernel does what needs no room; Python makes room and takes many inner products at once.
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
    LEFT,
    LOWEST,
    OBJECTIVE,
    ROUNDS,
    ROWS,
    TRUE,
    VIOLATORS,
)  # fmt: skip
from . import newton
from .certify import certify_point
from .rows import (
    append_violators,
    compact,
    enter_violators,
    exchange_dependent,
    factorize_active,
    let_in_violators,
    remember,
    row_gradient,
    take_out_all,
)  # fmt: skip

REFINEMENTS = 6  # direct steps repeated on an unchanged active set before the iterative solver takes over
LAZY_RIDGE = 1.15  # a factor made with a ridge within this ratio of today's preconditions refined steps
PROGRESS = 1e-15  # share of the null objective by which a step must lower the objective
FEW_PRODUCTS = 1e5  # multiplications that cost less in place than a call of BLAS and the way there

# What to do next. First what `take_steps` does: what violates enters the factor, the direct step, the certificate,
# loading what violates. Then what Python does: to drop idle rows where they are many, to make room for the violators,
# to take inner products of the new rows, or to give a row that depends on the factor a place in it (by a kernel that
# few fits need). Or the end: at a Status, or STUCK, so that the iterative solver should take over.
ENTER, STEP, CERTIFY, LOAD, CROWDED, GROW, FILL, EXCHANGE, CONVERGED, MAX_ITER, STUCK = range(11)


def solve_direct(fit, l1, l2, tol, max_iter):
    """Bring `fit` to one alpha; returns a Status, or None when the iterative solver should take over."""
    counts, values = fit.work.counts, fit.work.values
    accuracy = 1e-2 * np.sqrt(tol) * l1 if l1 > 0.0 else 1e-10
    counts[ROUNDS], counts[IDLE], values[LOWEST] = 0, 0, np.inf
    order = STEP
    while order < CONVERGED:
        if order <= LOAD:
            order = _take_steps(fit, l1, l1, l2, tol, fit.null, max_iter, accuracy, order)
        elif order == EXCHANGE:
            order = fit.run(exchange, fit.active, fit.factor, fit.work, l1, l2)
        elif order == FILL:
            fill_gram(fit, counts[FIRST_NEW])
            order = ENTER
        else:
            if order == CROWDED:
                compact(fit, np.inf)
            else:
                fit.grow()
            order = LOAD
    return {CONVERGED: Status.CONVERGED, MAX_ITER: Status.MAX_ITER, STUCK: None}[order]


def certify(fit, collect, l1, l2, tol, null):
    """Residual from scratch, what violates, and the duality gap over `null`, which goes to work.values[GAP].

    Returns (violators above `collect`, those above l1), see `find_violators`. With null = 0 there is no gap.
    """
    _take_steps(fit, collect, l1, l2, tol, null, 0, 0.0, CERTIFY)  # no more iterations: nothing is loaded
    return int(fit.work.counts[VIOLATORS]), int(fit.work.counts[TRUE])


def _take_steps(fit, collect, l1, l2, tol, null, max_iter, accuracy, order):
    most = 1 + int(interrupts.LONG / max(fit.reach, 1))  # steps between two looks at Ctrl-C
    return fit.run(
        take_steps, fit.design, fit.store, fit.active, fit.factor, fit.screen, fit.quadratic, fit.work,
        collect, l1, l2, tol, null, max_iter, fit.limit, accuracy, order, most,
    )  # fmt: skip


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
def take_steps(
    design, store, active, factor, screen, quadratic, work,
    collect, l1, l2, tol, null, max_iter, limit, accuracy, order, most,
):  # fmt: skip
    """Do what `order` says and what follows from it, at most so many steps; returns what to do next."""
    counts = work.counts
    while order <= LOAD and most > 0:
        most -= 1
        if order == ENTER:
            entering, taken = let_in_violators(active, factor, work, counts[FIRST_NEW], l1, l2)
            order = _after_entering(factor, work, entering, taken)
        elif order == STEP:
            first = counts[ROUNDS] == 0
            if first:
                remember(active, work)
            counts[ROUNDS] += 1
            counts[LEFT] = _step(active, factor, work, counts[ROWS], l1, l2, accuracy, LAZY_RIDGE, first)
            order = CERTIFY
        elif order == CERTIFY:
            counts[VIOLATORS], counts[TRUE] = certify_point(
                design, store, active, factor, screen, quadratic, work, collect, l1, l2, tol, null
            )
            order = _judge(work, tol, null, max_iter, limit)
        else:
            counts[FIRST_NEW] = counts[ROWS]
            loaded = append_violators(design, store, active, screen, quadratic, work, counts[VIOLATORS], l2)
            order = _multiply_new(store, factor, work) if loaded else GROW
    return order


@jit
def exchange(active, factor, work, l1, l2):
    """A row that depends on the factor takes a place in it; returns what to do next."""
    moved = exchange_dependent(active, factor, work, l1, l2)
    return STEP if moved or _is_refinable(factor, work) else STUCK


@internal
def _after_entering(factor, work, entering, taken):
    """What to do when of the rows `entering` the factor has taken so many."""
    if entering > 0 and taken == 0:
        return EXCHANGE
    if taken == 0 and work.counts[ROWS] == work.counts[FIRST_NEW] and not _is_refinable(factor, work):
        return STUCK
    return STEP


@internal
def _is_refinable(factor, work):
    """True when another direct step may remove what is left of the gradient of the factor's columns."""
    if work.counts[ROUNDS] < REFINEMENTS:
        for i in range(work.counts[IN_FACTOR]):
            if factor.gradient[i] != 0.0:
                return True
    return False


@internal
def _multiply_new(store, factor, work):
    """Inner products of the new rows with all, where they are few; returns what to do next."""
    counts = work.counts
    products = counts[ROWS] * (counts[ROWS] - counts[FIRST_NEW]) * work.a.shape[0]
    if counts[ROWS] > factor.order.shape[0] or products > FEW_PRODUCTS:
        return FILL
    for i in range(work.a.shape[0]):
        work.a[i] = 0.0
    for k in range(counts[FIRST_NEW], counts[ROWS]):
        store.row_products(k, work.a, factor.gram)
    return ENTER


@internal
def _judge(work, tol, null, max_iter, limit):
    """What to do after the certificate."""
    counts, values = work.counts, work.values
    if values[GAP] <= tol:
        return CONVERGED
    if counts[ITERATIONS] >= max_iter:
        return MAX_ITER
    counts[IDLE] = 0 if values[OBJECTIVE] < values[LOWEST] - PROGRESS * null else counts[IDLE] + 1
    values[LOWEST] = min(values[LOWEST], values[OBJECTIVE])
    if counts[LEFT] or counts[IDLE] > REFINEMENTS or counts[IN_FACTOR] + counts[VIOLATORS] > limit:
        return STUCK  # the factor was left, or columns come and go
    crowded = counts[ROWS] - counts[IN_FACTOR] > 16 + counts[ROWS] // 3
    return CROWDED if crowded else LOAD


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
