"""Bookkeeping of the active rows: which columns are copied, which of them are in the factor."""

import numpy as np

from ..jit import internal, jit
from ..screening import make_resident, stamp_column, watch
from ..state import BLOCK, ENTRIES, IN_FACTOR, NEED_ENTRIES, NEED_ROWS, RESIDENT, ROWS
from . import cholesky
from .gap import limits_of

DEPENDENT = 1e-12  # below this share of its squared norm, a projected column counts as spanned by the basis


@internal
def has_room(design, store, active, factor, screen, work, violators, direct):
    """True when the violators fit; otherwise work.counts says how much room is needed."""
    rows = work.counts[ROWS]
    entries = 0
    for e in range(violators):
        entries += design.col_entries(screen.candidate[e])
    work.counts[NEED_ROWS] = rows + violators
    work.counts[NEED_ENTRIES] = work.counts[ENTRIES] + entries
    if rows + violators > active.shape[0]:
        return False
    if direct and rows + violators > factor.order.shape[0]:
        return False
    return violators == 0 or store.row_room(rows + violators - 1, 0) and store.row_room(rows, entries)


@internal
def load_violators(design, store, active, screen, quadratic, work, violators):
    """Append the violators as rows; returns the new number of rows."""
    rows = work.counts[ROWS]
    for e in range(violators):
        j = screen.candidate[e]
        if screen.bound[j].stamp == RESIDENT:  # listed twice
            continue
        store.row_load(rows, design, j, quadratic.root)
        store.row_project(rows, quadratic.basis)
        make_resident(screen, j)
        row = active[rows]
        row.column = j
        row.coef = row.previous = 0.0
        row.correlation = screen.found[e]
        row.sign = 1.0 if screen.found[e] > 0.0 else -1.0
        row.factor, row.lower, row.upper = limits_of(quadratic, j)
        square = store.row_square(rows)
        row.square = square if square > DEPENDENT * screen.square[j] else 0.0
        row.place = -1
        work.counts[ENTRIES] += store.row_entries(rows)
        rows += 1
    work.counts[ROWS] = rows
    return rows


@jit
def load_rows(design, store, active, screen, quadratic, work, columns):
    """Entry point for a warm start: load the first `columns` of screen.candidate."""
    load_violators(design, store, active, screen, quadratic, work, columns)


@internal
def enter_factor(active, factor, work, entering, l1, l2, factor_l2):
    """Append the rows factor.rows[:entering] to the factor, block by block; dependent ones are refused.

    Their signs, correlations and Gram entries must be set. Returns how many were taken.
    """
    m = work.counts[IN_FACTOR]
    taken = 0
    first = 0
    kept = np.empty(BLOCK, np.int64)
    diagonal = np.empty(BLOCK)
    cross = np.empty((BLOCK, m + entering + BLOCK))
    while first < entering:
        k = min(BLOCK, entering - first)
        for e in range(k):
            row = factor.rows[first + e]
            for i in range(m):
                cross[e, i] = factor.gram[row, factor.order[i]]
            for i in range(k):
                cross[e, m + i] = factor.gram[row, factor.rows[first + i]]
            diagonal[e] = factor_l2 * active[row].factor
        added = cholesky.append(factor.R, m, k, cross, diagonal, kept)
        for e in range(added):
            row = factor.rows[first + kept[e]]
            factor.order[m + e] = row
            active[row].place = m + e
            factor.gradient[m + e] = row_gradient(active, row, l1, l2)
        m += added
        taken += added
        first += k
    work.counts[IN_FACTOR] = m
    return taken


@internal
def factorize_active(active, factor, m, l2):
    """Factorise anew the Gram block of the m columns in the factor, with today's ridge; False when it is singular."""
    for i in range(m):
        row = factor.order[i]
        for q in range(i, m):
            factor.R[i, q] = factor.gram[row, factor.order[q]]
        factor.R[i, i] += l2 * active[row].factor
    return cholesky.factorize(factor.R, m)


@internal
def leave_factor(active, factor, work):
    """Take every column out of the factor; rows and coefficients stay."""
    for i in range(work.counts[IN_FACTOR]):
        active[factor.order[i]].place = -1
    work.counts[IN_FACTOR] = 0


@internal
def take_side(active, k):
    """The sign under which row k enters: that of its coefficient, or of its correlation when that is zero."""
    b = active[k].coef
    side = b if b != 0.0 else active[k].correlation
    active[k].sign = 1.0 if side > 0.0 else -1.0


@internal
def row_gradient(active, row, l1, l2):
    """Gradient of the penalised quadratic at one row with its assumed sign."""
    return -active[row].correlation + active[row].factor * (l2 * active[row].coef + l1 * active[row].sign)


@internal
def compact(store, active, factor, screen, work, slot, near, has_gram):
    """Forget rows outside the factor whose coefficient is and was zero, stamped at today's residual (in `slot`).

    Rows whose correlation exceeds `near` stay: they are about to enter.
    """
    rows = work.counts[ROWS]
    square = screen.table[slot].square
    kept = 0
    entries = 0
    for k in range(rows):
        idle = active[k].coef == 0.0 and active[k].previous == 0.0 and active[k].place < 0
        if idle and abs(active[k].correlation) <= near * active[k].factor:
            j = active[k].column
            stamp_column(screen, j, slot, store.row_dot(k, work.residual), square, active[k].factor)
            watch(screen, j)
            continue
        if has_gram:
            factor.rows[kept] = k
        if kept != k:
            store.row_move(k, kept)
            _move_row(active, factor, k, kept)
        entries += store.row_entries(kept)
        kept += 1
    if has_gram and kept < rows:
        for t in range(kept):
            for u in range(kept):
                factor.gram[t, u] = factor.gram[factor.rows[t], factor.rows[u]]
    work.counts[ROWS] = kept
    work.counts[ENTRIES] = entries


@internal
def _move_row(active, factor, source, target):
    active[target] = active[source]
    if active[target].place >= 0:
        factor.order[active[target].place] = target
