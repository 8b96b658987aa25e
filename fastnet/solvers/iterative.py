"""One point of the path by sweeps and conjugate gradients, for active sets too large or too dependent for a factor."""

import numpy as np

from ..result import Status
from ..state import GAP, ITERATIONS, ROWS, SUPPORT, records
from .coordinate_descent import extrapolate, sweep
from .rows import compact

LOOSE = 30.0  # the first round of an alpha, with its active set still moving, is solved so much less accurately
TIGHTEST = 1e-10
HALF = 0.5  # share of the tolerance that violations of the active rows may take
FINEST = 2e-16  # below this a change of a correlation is rounding


def solve_iterative(fit, l1, l2, l1_next, ratio, tol, max_iter):
    """Bring `fit` to one alpha; returns a Status.

    In its first round it also loads what will violate at the next alpha, `l1_next`. `ratio`, the present step of l1
    over the last one, extrapolates the start; 0 when there was none.
    """
    counts, values = fit.work.counts, fit.work.values
    if ratio > 0.0:
        compact(fit, l1)
        fit.run(extrapolate, fit.store, fit.active, fit.work, fit.quadratic.basis, l1, l2, ratio)
    tightness, first = 1.0, True
    coarse = 0.05 * l1 if l1 > 0.0 else 1e-3 * np.sqrt(tol)
    while True:
        accuracy = _accuracy(fit, coarse, tol) * tightness
        accuracy = max(FINEST, min(coarse, LOOSE * accuracy) if first else accuracy)
        while counts[ITERATIONS] < max_iter and not _sweeps(fit, l1, l2, accuracy, max_iter):
            pass
        violators, true = fit.certify(l1, l2, l1_next if first else l1, tol)
        if values[GAP] <= tol:
            return Status.CONVERGED
        if counts[ITERATIONS] >= max_iter:
            return Status.MAX_ITER
        fit.load(violators, l2)
        if true == 0 and not first:
            tightness *= 0.2
            if tightness < TIGHTEST:
                return Status.STALLED
        first = False


def _accuracy(fit, coarse, tol):
    """Violation of optimality of the rows at which the gap is about half the tolerance; at most `coarse`."""
    rows = fit.active[: fit.work.counts[ROWS]]
    size = float(rows["factor"] @ np.abs(rows["coef"]))
    return min(coarse, HALF * tol * fit.null / size) if size > 0.0 else coarse


def _sweeps(fit, l1, l2, accuracy, max_iter):
    """Sweeps and Newton steps on the active rows, for as long as one call may take; True when they are accurate."""
    work = fit.work
    if fit.support is None or len(fit.support) < len(fit.active):
        fit.support = records(len(fit.active), SUPPORT)
    left = max_iter - int(work.counts[ITERATIONS])
    done, sweeps = sweep(fit, fit.store, work, fit.quadratic.basis, l1, l2, accuracy, left)
    work.counts[ITERATIONS] += sweeps
    return done
