"""Certify a point: a residual from scratch, the dots that the lazy bounds cannot exclude, and the duality gap."""

import numpy as np

from .. import screening
from ..jit import internal, jit
from ..penalty import violation
from ..state import DIRECT, DOTS, GAP, IN_FACTOR, MODE, OBJECTIVE, RESIDUAL2, ROWS, SLOT
from ..vectors import axpy, copy_head, dot, multiply
from .gap import duality_gap, limits_of
from .rows import row_gradient

ENTER = 1.0 + 1e-10  # a correlation above this multiple of its limit is a violation
ROUNDING = 1e-11  # |<x, r>| / (|x| |r|) that counts as zero for a column without any penalty


@internal
def refresh_residual(store, active, rows, quadratic, work):
    """residual = target - sum_k coef_k row_k from scratch: rounding never accumulates along the path."""
    residual = work.residual
    copy_head(quadratic.target, residual, residual.shape[0])
    lazy = store.row_lazy()
    for k in range(rows):
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


@jit
def synchronize(store, active, quadratic, work):
    """Entry point after Python has set coefficients: the residual that belongs to them."""
    refresh_residual(store, active, work.counts[ROWS], quadratic, work)


@internal
def dot_violators(design, screen, quadratic, work, collect):
    """Dot with today's residual what the bounds cannot exclude, and make the residual a reference.

    Columns that exceed `collect` are left in screen.candidate and screen.found; returns (how many, slot).
    """
    residual = work.residual
    n, p, entries = design.matrix_size()
    square = dot(residual, residual)
    work.values[RESIDUAL2] = square
    screening.project_residual(screen, residual, square)
    few = 3.0 * n * p / max(entries, 1)
    count = screening.candidates(screen, collect, np.sqrt(square), few)
    slot = screening.add_reference(screen, residual, square)
    multiply(quadratic.root, residual, work.weighted)
    violators, dotted = screening.dot_candidates(design, screen, quadratic, work.weighted, slot, count, collect)
    work.counts[DOTS] += dotted
    work.counts[SLOT] = slot
    return violators, slot


@internal
def certify(design, store, active, factor, screen, quadratic, work, l1, l2, collect, tol, null):
    """Dot what the bounds cannot exclude; the duality gap goes to work.values[GAP] as soon as it can matter.

    Columns that exceed `collect` (at most l1) are returned as violators; (violators, true ones, slot).
    """
    rows = work.counts[ROWS]
    violators, slot = dot_violators(design, screen, quadratic, work, collect)
    true = violators
    if collect < l1:
        true = _count_true(screen, quadratic, violators, l1)
    worst = _update_correlations(store, active, rows, work, True, l1, l2)
    gap = _gap(active, rows, screen, quadratic, work, violators, l1, l2) / null
    if gap <= tol or (true == 0 and worst == 0.0) or work.counts[MODE] != DIRECT:
        worst = _update_correlations(store, active, rows, work, False, l1, l2)
        gap = _gap(active, rows, screen, quadratic, work, violators, l1, l2) / null
        for i in range(work.counts[IN_FACTOR]):
            factor.gradient[i] = row_gradient(active, factor.order[i], l1, l2)
    work.values[GAP] = gap
    return violators, true, slot


@internal
def _count_true(screen, quadratic, violators, l1):
    true = 0
    for e in range(violators):
        factor = limits_of(quadratic, screen.candidate[e])[0]
        true += abs(screen.found[e]) > l1 * factor * ENTER
    return true


@internal
def _update_correlations(store, active, rows, work, outside_only, l1, l2):
    """Correlations of the rows; returns the largest violation among those outside the factor, 0 when negligible.

    With `outside_only`, rows in the factor are taken at their optimum, which the direct step has just reached.
    """
    worst = 0.0
    for k in range(rows):
        f = active[k].factor
        if active[k].place >= 0 and outside_only:
            active[k].correlation = f * (l1 * active[k].sign + l2 * active[k].coef)
            continue
        c = store.row_dot(k, work.residual)
        unpenalised = l1 * f == 0.0 and l2 * f == 0.0
        if unpenalised and abs(c) <= ROUNDING * np.sqrt(active[k].square * work.values[RESIDUAL2]):
            c = 0.0
        active[k].correlation = c
        if active[k].place < 0:
            excess = row_violation(active, k, l1, l2)
            worst = max(worst, excess)
    return worst


@internal
def row_violation(active, k, l1, l2):
    f = active[k].factor
    excess = violation(active[k].correlation, active[k].coef, l1 * f, l2 * f, active[k].lower, active[k].upper)
    return excess if excess > (ENTER - 1.0) * l1 * f else 0.0


@internal
def _gap(active, rows, screen, quadratic, work, violators, l1, l2):
    square = work.values[RESIDUAL2]
    along = dot(quadratic.target, work.residual)
    penalty = 0.0
    for k in range(rows):
        b = active[k].coef
        penalty += active[k].factor * (l1 * abs(b) + 0.5 * l2 * b * b)
    work.values[OBJECTIVE] = 0.5 * square + penalty
    return duality_gap(work.values[OBJECTIVE], along, square, active, rows, screen, quadratic, violators, l1, l2)
