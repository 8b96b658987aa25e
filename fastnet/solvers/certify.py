"""Certify a point: a residual from scratch, the dots that the lazy bounds cannot exclude, and the duality gap."""

import numpy as np

from .. import screening
from ..jit import internal, jit
from ..references import add_reference, project_residual
from ..state import GAP, IN_FACTOR, OBJECTIVE, RESIDUAL2, ROWS
from ..vectors import axpy, copy_head, dot, multiply
from .gap import duality_gap, limits_of
from .rows import row_gradient, row_violation

# Cosine below which a column without penalty or bound counts as orthogonal, but for its `slack`: of any column, and of
# one in the span of the unpenalised part to nine digits, whose cosine is what was left of it. The slack takes the
# coefficient to lie at most as far from the optimum as from zero; of a coefficient at zero it knows nothing.
ROUNDING, NEGLIGIBLE = 1e-11, 1e-9


@internal
def certify_point(design, store, active, factor, screen, quadratic, work, collect, l1, l2, tol, null):
    """Residual from scratch, what violates, and the duality gap over `null`, which goes to work.values[GAP].

    Returns (violators above `collect`, those above l1), see `find_violators`. With null = 0 there is no gap.
    """
    renew_residual(store, active, quadratic, work)
    violators, true = find_violators(design, screen, quadratic, work, collect, l1)
    if null > 0.0:
        _measure(store, active, factor, screen, quadratic, work, violators, true, l1, l2, tol, null)
    return violators, true


@jit
def refresh_residual(store, active, quadratic, work):
    """`renew_residual` alone."""
    renew_residual(store, active, quadratic, work)


@internal
def renew_residual(store, active, quadratic, work):
    """residual = target - sum_k coef_k row_k from scratch: rounding never accumulates along the path."""
    residual = work.residual
    copy_head(quadratic.target, residual, residual.shape[0])
    lazy = store.row_lazy()
    for k in range(work.counts[ROWS]):
        b = active[k].coef
        if b != 0.0:
            store.row_axpy(k, -b, residual)
            if lazy:
                for a in range(quadratic.basis.shape[0]):
                    work.shift[a] += b * store.loading[k, a]
    for a in range(quadratic.basis.shape[0]):
        if lazy:
            axpy(work.shift[a], quadratic.basis[a], residual)
            work.shift[a] = 0.0
        axpy(-dot(quadratic.basis[a], residual), quadratic.basis[a], residual)


@internal
def find_violators(design, screen, quadratic, work, collect, l1):
    """Dot with today's residual what the bounds cannot exclude, and make the residual a reference if there is any.

    Columns that exceed `collect` (at most l1) are left in screen.candidate and screen.found; returns (how many, how
    many of them exceed l1).
    """
    residual = work.residual
    n, p, entries = design.matrix_size()
    square = dot(residual, residual)
    work.values[RESIDUAL2] = square
    if not square < np.inf:  # a step went wrong: nothing may be learnt from it
        return 0, 0
    project_residual(screen, residual, square)
    few = screening.REFERENCE * n / (screening.DOT + entries / max(p, 1))
    count = screening.candidates(screen, collect, np.sqrt(square), few)
    if count == 0:
        return 0, 0
    slot = add_reference(screen, residual, square)
    multiply(quadratic.root, residual, work.weighted)
    violators = screening.dot_candidates(design, screen, quadratic, work.weighted, slot, count, collect)
    true = violators
    if collect < l1:
        true = 0
        for e in range(violators):
            factor = limits_of(quadratic, screen.candidate[e])[0]
            true += abs(screen.found[e]) > l1 * factor * screening.ENTER
    return violators, true


@internal
def _measure(store, active, factor, screen, quadratic, work, violators, true, l1, l2, tol, null):
    """The duality gap, given the columns that `find_violators` found.

    While there are violations that another step will mend, rows in the factor are taken at their optimum.
    """
    trusting = work.counts[IN_FACTOR] > 0
    while True:
        worst, slack = _update_correlations(store, active, screen, work, trusting, l1, l2)
        work.values[GAP] = (_gap(active, screen, quadratic, work, violators, l1, l2) + slack) / null
        if not trusting or (work.values[GAP] > tol and (true > 0 or worst > 0.0)):
            break
        trusting = False
    if not trusting:
        for i in range(work.counts[IN_FACTOR]):
            factor.gradient[i] = row_gradient(active, factor.order[i], l1, l2)


@internal
def _update_correlations(store, active, screen, work, trusting, l1, l2):
    """Correlations of the rows; returns the largest violation among those outside the factor, 0 when negligible.

    When `trusting`, rows in the factor are taken at their optimum, which the direct step has just reached. Returns the
    slack too: what the gap may miss because correlations of columns without penalty count as zero, see NEGLIGIBLE.
    """
    worst, slack = 0.0, 0.0
    for k in range(work.counts[ROWS]):
        row = active[k]
        f = row.factor
        inside = row.place >= 0
        if inside and trusting:
            row.correlation = f * (l1 * row.sign + l2 * row.coef)
            continue
        c = store.row_dot(k, work.residual)
        if (l1 + l2) * f == 0.0 and (row.upper if c > 0.0 else -row.lower) == np.inf:
            least = NEGLIGIBLE if row.square == 0.0 else ROUNDING
            if c * c <= least * least * screen.square[row.column] * work.values[RESIDUAL2]:
                slack += 2.0 * abs(c * row.coef)
                c = 0.0
        row.correlation = c
        if not inside:
            worst = max(worst, row_violation(active, k, l1, l2))
    return worst, slack


@internal
def _gap(active, screen, quadratic, work, violators, l1, l2):
    rows = work.counts[ROWS]
    square = work.values[RESIDUAL2]
    along = dot(quadratic.target, work.residual)
    penalty = 0.0
    for k in range(rows):
        row = active[k]
        b = row.coef
        penalty += row.factor * (l1 * abs(b) + 0.5 * l2 * b * b)
    work.values[OBJECTIVE] = 0.5 * square + penalty
    return duality_gap(work.values[OBJECTIVE], along, square, active, rows, screen, quadratic, violators, l1, l2)
