"""Bookkeeping of the active rows: which columns are copied, which of them are in the factor."""

import numpy as np

from ..jit import internal, jit
from ..penalty import violation
from ..screening import ENTER, make_resident, watch
from ..state import BLOCK, DIRECT, FACTOR_L2, IN_FACTOR, ITERATIONS, MODE, NEED_ENTRIES, NEED_ROWS, RESIDENT, ROWS
from ..vectors import copy_head
from . import cholesky, newton
from .gap import limits_of

ALIKE = 1e-14  # share by which squared norms may differ that are equal but for rounding
DEPENDENT = 1e-12  # below this share of its squared norm, a projected column counts as spanned by the basis


@internal
def _has_room(design, store, active, screen, work, violators):
    """True when the violators fit; otherwise work.counts says how much room is needed."""
    rows = work.counts[ROWS]
    entries = 0
    for e in range(violators):
        entries += design.col_entries(screen.candidate[e])
    work.counts[NEED_ROWS] = rows + violators
    work.counts[NEED_ENTRIES] = entries
    return rows + violators <= active.shape[0] and store.row_room(rows, violators, entries)


@jit
def load_violators(design, store, active, screen, quadratic, work, violators, l2):
    """`append_violators` alone."""
    return append_violators(design, store, active, screen, quadratic, work, violators, l2)


@internal
def _has_stand_in(store, screen, k, j):
    """Whether column j (row k) has its only entry where one loaded before has, and equals it but for its sign.

    So do words that occur once, in the same text, standardised. Without a ridge one of them is enough: where it is
    optimal, the others are with a coefficient of zero.
    """
    sample = store.row_single(k)
    if sample < 0:
        return False
    other = screen.single[sample]
    if other < 0:
        screen.single[sample] = j
    if other < 0 or other == j:  # which may have been dropped since
        return False
    return abs(screen.square[j] - screen.square[other]) <= ALIKE * screen.square[other]


@internal
def append_violators(design, store, active, screen, quadratic, work, violators, l2):
    """Append screen.candidate[:violators] as rows; False when there is no room, and then nothing has changed.

    Where there is no ridge, columns for which another stands are left out for good.
    """
    if not _has_room(design, store, active, screen, work, violators):
        return False
    rows = work.counts[ROWS]
    alone = l2 == 0.0 and quadratic.limits.shape[0] == 0
    for e in range(violators):
        j = screen.candidate[e]
        if screen.bound[j].pair == RESIDENT:  # listed twice
            continue
        make_resident(screen, j)
        store.row_load(rows, design, j, quadratic.root)
        if alone and _has_stand_in(store, screen, rows, j):
            continue
        store.row_project(rows, quadratic.basis)
        row = active[rows]
        row.column = j
        row.coef = row.previous = 0.0
        row.correlation = screen.found[e]
        row.sign = 1.0 if screen.found[e] > 0.0 else -1.0
        row.factor, row.lower, row.upper = limits_of(quadratic, j)
        square = store.row_square(rows)
        row.square = square if square > DEPENDENT * screen.square[j] else 0.0
        row.place = -1
        row.gram = 0
        rows += 1
    work.counts[ROWS] = rows
    return True


@jit
def enter_violators(active, factor, work, first_new, l1, l2):
    """`let_in_violators` alone."""
    return let_in_violators(active, factor, work, first_new, l1, l2)


@internal
def let_in_violators(active, factor, work, first_new, l1, l2):
    """Let rows into the factor that violate, and those from `first_new` on; (how many should enter, how many did).

    Their correlations and Gram entries must be set.
    """
    entering = _gather_entering(active, factor, work.counts[ROWS], first_new, l1, l2)
    return entering, enter_factor(active, factor, work, entering, l1, l2, work.values[FACTOR_L2])


@internal
def exchange_dependent(active, factor, work, l1, l2):
    """Where every row that should enter depends on the factor: the worst takes a place in it. False when none can."""
    worst, at = 0.0, -1
    for k in range(work.counts[ROWS]):
        if active[k].place < 0 and active[k].square > 0.0:
            excess = row_violation(active, k, l1, l2)
            if excess > worst:
                worst, at = excess, k
    if at < 0:
        return False
    work.counts[ITERATIONS] += 1
    return exchange_row(active, factor, work, at, l1, l2)


@internal
def exchange_row(active, factor, work, k, l1, l2):
    """Row k, which violates but depends on the factor, takes a place in it; False when it cannot."""
    take_side(active, k)
    toward = -1.0 if row_gradient(active, k, l1, l2) > 0.0 else 1.0
    moved, m = newton.exchange(factor, active, work.counts[IN_FACTOR], k, toward, l1, l2)
    work.counts[IN_FACTOR] = m
    return moved


@internal
def enter_factor(active, factor, work, entering, l1, l2, factor_l2):
    """Append the rows factor.rows[:entering] to the factor, block by block; dependent ones are refused.

    Their signs, correlations and Gram entries must be set. Returns how many were taken.
    """
    m = work.counts[IN_FACTOR]
    kept, cross = factor.kept, factor.cross
    diagonal = cross[BLOCK]
    taken = 0
    first = 0
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
def _gather_entering(active, factor, rows, first_new, l1, l2):
    """Rows to put into the factor: the new ones, and old ones outside it that violate. Sets their signs."""
    entering = 0
    for k in range(rows):
        if active[k].place >= 0 or active[k].square <= 0.0:
            continue
        if k < first_new:
            if row_violation(active, k, l1, l2) == 0.0:
                continue
            take_side(active, k)
        factor.rows[entering] = k
        entering += 1
    return entering


@internal
def row_violation(active, k, l1, l2):
    f = active[k].factor
    excess = violation(active[k].correlation, active[k].coef, l1 * f, l2 * f, active[k].lower, active[k].upper)
    return excess if excess > (ENTER - 1.0) * l1 * f else 0.0


@internal
def factorize_active(active, factor, m, l2):
    """Factorise anew the Gram block of the m columns in the factor, with today's ridge; False when it is singular."""
    for i in range(m):
        row = factor.order[i]
        for q in range(i, m):
            factor.R[i, q] = factor.gram[row, factor.order[q]]
        factor.R[i, i] += l2 * active[row].factor
    return cholesky.factorize(factor.R, m)


@jit
def leave_factor(active, factor, work):
    """`take_out_all` alone."""
    take_out_all(active, factor, work)


@internal
def take_out_all(active, factor, work):
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


@jit
def remember_point(active, work):
    """`remember` alone."""
    remember(active, work)


@internal
def remember(active, work):
    """Coefficients and residual at the alpha before."""
    for k in range(work.counts[ROWS]):
        active[k].previous = active[k].coef
    copy_head(work.residual, work.previous, work.residual.shape[0])


@jit
def read_solution(design, store, active, screen, work, response, root_components, components):
    """The columns that are not zero and their data-scale coefficients, in place of what a certificate left in
    screen.candidate and screen.found.

    Inside their bounds, whatever a step was rounded to. components = basis @ sum_k coef_k column_k, before those
    columns were projected off the basis; root_components = basis @ root. Returns (how many, sum_k center_k coef_k on
    the scale of the data).
    """
    count, at_center, shift = 0, 0.0, 0.0
    for a in range(components.shape[0]):
        components[a] = 0.0
    for k in range(work.counts[ROWS]):
        b = min(max(active[k].coef, active[k].lower), active[k].upper)
        active[k].coef = b
        if b == 0.0:
            continue
        j = active[k].column
        for a in range(components.shape[0]):
            components[a] += b * store.loading[k, a]
        shift += b * design.col_shift(j)  # sparse rows are not centred
        screen.candidate[count] = j
        screen.found[count] = b * design.scaling[j].inv_scale * response
        at_center += design.scaling[j].center * screen.found[count]
        count += 1
    for a in range(components.shape[0]):
        components[a] -= shift * root_components[a]
    return count, at_center


@jit
def forget_idle(active, factor, screen, near, kept):
    """Forget rows outside the factor whose coefficient is and was zero.

    Rows whose correlation exceeds `near` stay: they are about to enter. `kept` has one place for each row; the rows
    that stay are listed in it and their records moved up. Returns how many.
    """
    rows = kept.shape[0]
    count = 0
    for k in range(rows):
        row = active[k]
        idle = row.coef == 0.0 and row.previous == 0.0 and row.place < 0
        if idle and row.factor > 0.0 and abs(row.correlation) <= near * row.factor:
            watch(screen, row.column)
            continue
        if count != k:
            active[count] = active[k]
            if active[count].place >= 0:
                factor.order[active[count].place] = count
        kept[count] = k
        count += 1
    return count


def compact(fit, near):
    """Drop idle rows; see `forget_idle`. The residual must be the one last certified."""
    counts = fit.work.counts
    rows = counts[ROWS]
    kept = np.empty(rows, np.int64)
    count = fit.run(forget_idle, fit.active, fit.factor, fit.screen, near, kept)
    if count == rows:
        return
    kept = kept[:count]
    fit.store.keep(kept)
    if counts[MODE] == DIRECT:
        fit.factor.gram[:count, :count] = fit.factor.gram[np.ix_(kept, kept)]
    counts[ROWS] = count
