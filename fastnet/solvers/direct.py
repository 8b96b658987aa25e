"""One point of the path by direct steps: solve on the factor, certify, let in what violates, repeat."""

import numpy as np

from .. import interrupts
from ..jit import jit
from ..result import Status
from ..state import FACTOR_L2, GAP, IN_FACTOR, ITERATIONS, OBJECTIVE, ROWS
from . import newton
from .rows import compact, enter_violators, exchange_dependent, factorize_active, row_gradient, take_out_all

REFINEMENTS = 6  # direct steps repeated on an unchanged active set before the iterative solver takes over
LAZY_RIDGE = 1.15  # a factor made with a ridge within this ratio of today's preconditions refined steps
PROGRESS = 1e-15  # share of the null objective by which a step must lower the objective


def solve_direct(fit, l1, l2, tol, max_iter):
    """Bring `fit` to one alpha; returns a Status, or None when the iterative solver should take over."""
    counts, values = fit.work.counts, fit.work.values
    accuracy = 1e-2 * np.sqrt(tol) * l1 if l1 > 0.0 else 1e-10
    lowest, idle, rounds = np.inf, 0, 0
    while True:
        stuck = fit.run(
            direct_step, fit.active, fit.factor, fit.work, counts[ROWS], l1, l2, accuracy, LAZY_RIDGE, rounds == 0
        )
        violators, _ = fit.certify(l1, l2, l1, tol)
        rounds += 1
        if values[GAP] <= tol:
            return Status.CONVERGED
        if counts[ITERATIONS] >= max_iter:
            return Status.MAX_ITER
        idle = 0 if values[OBJECTIVE] < lowest - PROGRESS * fit.null else idle + 1
        lowest = min(lowest, values[OBJECTIVE])
        if stuck or idle > REFINEMENTS or counts[IN_FACTOR] + violators > fit.limit:  # columns that come and go
            return None
        if not add_violators(fit, violators, l1, l2) and not (rounds < REFINEMENTS and _refinable(fit)):
            return None


def add_violators(fit, violators, l1, l2):
    """Load the violators, and let everything that violates enter the factor; False when nothing could enter."""
    counts = fit.work.counts
    rows = counts[ROWS]
    if rows - counts[IN_FACTOR] > 16 + rows // 3:
        found = fit.screen.candidate[:violators].copy()
        compact(fit, np.inf)
        fit.screen.candidate[:violators] = found
        rows = counts[ROWS]
    fit.load(violators)
    fill_gram(fit, rows)
    common = fit.active, fit.factor, fit.work
    entering, taken = fit.run(enter_violators, *common, rows, l1, l2)
    if entering > 0 and taken == 0:
        return fit.run(exchange_dependent, *common, l1, l2)
    return taken > 0 or counts[ROWS] > rows


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


def _refinable(fit):
    """True when the factor's columns still have a gradient that another direct step can remove."""
    return np.any(fit.factor.gradient[: fit.work.counts[IN_FACTOR]])


@jit
def direct_step(active, factor, work, rows, l1, l2, accuracy, lazy_ridge, first):
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
