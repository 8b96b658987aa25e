"""The Hessian of the loss at an earlier eta: the Gram matrix of the active rows under it, and when a new one pays.

H is known by its products with vectors alone: it need not be diagonal (Cox); the loss makes these products then. With
the active rows A and the unpenalised basis B, which is eliminated, the matrix is A H A' - A H B' (B H B')^-1 B H A'.
Rows that never move need no entries. Its error is measured along every step, where the true curvature is known, and
corrected by a scalar, its `stretch`.
"""

import numpy as np

from ..jit import internal, jit
from ..state import IN_FACTOR, ROWS
from ..vectors import axpy, copy_head, dot, fill, multiply
from .predictor import AGE, BEND, FIRST, FIRST_STRETCH, HESSIAN, LAST, LENGTH, MODEL_BEND, STRETCH, WASTE
from .rows import row_violation

SPANNED = 1e-12  # share of its curvature below which an unpenalised direction counts as flat
STRETCHED = 0.1  # a relative error of the curvature below this is left alone
OVERHEAD = 5e4  # cost of a step besides its passes, in multiplications
FILL_IN = 0.15  # cost of a Gram entry, over that of a pass over the row
LASTING = 1.5  # a new Hessian serves the next alphas too
FAST, SLOWEST = 0.1, 0.97  # a violation that falls to less than the first share is as good as a new Hessian's

MISSING, WANTED, PRESENT = range(3)  # active.gram: entries are made for rows that move, not for all that are near


@internal
def enters(active, k, l1, l2):
    """Whether a row outside the factor should be in it: it violates, or is neither at zero nor at a bound."""
    b = active[k].coef
    if active[k].square <= 0.0:
        return False
    return row_violation(active, k, l1, l2) > 0.0 or (b != 0.0 and active[k].lower < b < active[k].upper)


@internal
def want_rows(active, work, at, l1, l2):
    """Mark the rows that the model needs and the Gram matrix has not; returns how many."""
    wanted = 0
    for k in range(work.counts[ROWS]):
        if at.counts[HESSIAN] == 0:
            active[k].gram = MISSING
        if active[k].gram != PRESENT and (active[k].place >= 0 or enters(active, k, l1, l2)):
            active[k].gram = WANTED
            wanted += 1
    return wanted


@internal
def _eliminate_unpenalised(quadratic, at, a):
    """Make direction a, with at.curved[a] = H at.basis[a], orthonormal in H to those before."""
    flat = 0.0  # what rounding may leave of a direction without curvature, as a shift is for Cox
    for i in range(at.basis.shape[1]):
        flat += SPANNED * at.curvature[i] * at.basis[a, i] ** 2
    for b in range(a):
        along = dot(at.curved[b], quadratic.basis[a])
        axpy(-along, at.basis[b], at.basis[a])
        axpy(-along, at.curved[b], at.curved[a])
    square = dot(at.basis[a], at.curved[a])
    inverse = 1.0 / np.sqrt(square) if square > flat else 0.0
    for i in range(at.basis.shape[1]):
        at.basis[a, i] *= inverse
        at.curved[a, i] *= inverse


@internal
def _take_diagonal(quadratic, at):
    """Make today's curvature the lagged Hessian."""
    n = at.curvature.shape[0]
    copy_head(at.curvature, at.hessian[0], n)
    for a in range(quadratic.basis.shape[0]):
        copy_head(quadratic.basis[a], at.basis[a], n)
        multiply(at.hessian[0], at.basis[a], at.curved[a])
        _eliminate_unpenalised(quadratic, at, a)


@internal
def _take_general(quadratic, at):
    """The unpenalised part under a Hessian that is not diagonal: its images are in at.products."""
    n = at.curvature.shape[0]
    for a in range(quadratic.basis.shape[0]):
        copy_head(quadratic.basis[a], at.basis[a], n)
        copy_head(at.products[a], at.curved[a], n)
        _eliminate_unpenalised(quadratic, at, a)


def renew_gram(fit):
    """The lagged Hessian where there is none, and entries for the rows that want some."""
    at, count = fit.at, 0
    fresh = at.counts[HESSIAN] == 0 and not fit.diagonal
    if fresh:
        count = len(fit.quadratic.basis)
        at.images[:count] = fit.quadratic.basis
    while True:
        if fresh or count > 0:
            fit.run(fit.hessian_times, fit.loss, at, fit.quadratic.root, count, fresh)
        fresh = False
        count = fit.run(
            extend_gram, fit.store, fit.active, fit.quadratic, fit.factor, fit.work, at, fit.diagonal, count
        )
        if count == 0:
            return


@jit
def extend_gram(store, active, quadratic, factor, work, at, diagonal, count):
    """Entries of the rows that want some.

    Where the Hessian is not diagonal, its products with `count` vectors are in at.products: with those that the last
    call left in at.images, or with the unpenalised basis. Returns how many it leaves there now; 0 when all is done.
    """
    if at.counts[HESSIAN] == 0:
        at.counts[HESSIAN] = 1
        if diagonal:
            _take_diagonal(quadratic, at)
        else:
            _take_general(quadratic, at)
            count = 0
    taken = waiting = images = 0
    for k in range(work.counts[ROWS]):
        if active[k].gram != WANTED:
            continue
        if diagonal:
            fill(work.a, 0.0)
            store.row_axpy(k, 1.0, work.a)
            multiply(at.hessian[0], work.a, work.b)
        elif taken < count:
            copy_head(at.images[taken], work.a, work.a.shape[0])
            copy_head(at.products[taken], work.b, work.b.shape[0])
            taken += 1
        elif images < at.images.shape[0]:
            fill(at.images[images], 0.0)
            store.row_axpy(k, 1.0, at.images[images])
            images += 1
            continue
        else:
            break
        waiting = _take_product(store, active, factor, work, at, k, waiting)
    _fill_rows(store, active, factor, work, at, waiting)
    return images


@internal
def _take_product(store, active, factor, work, at, k, count):
    """Add row k, which work.a holds, with its product with the Hessian in work.b to the four that wait for entries.

    Returns how many wait now.
    """
    for a in range(at.curved.shape[0]):
        axpy(-dot(at.curved[a], work.a), at.curved[a], work.b)
    store.row_put(count, work.b, at.block)
    factor.kept[count] = k
    active[k].gram = PRESENT
    if count < 3:
        return count + 1
    _fill_rows(store, active, factor, work, at, count + 1)
    return 0


@internal
def _fill_rows(store, active, factor, work, at, count):
    """Entries of the `count` rows in factor.kept, whose products with the Hessian are in at.block, with all present."""
    gram = factor.gram
    if count == 0:
        return
    for k in range(work.counts[ROWS]):
        if active[k].gram == PRESENT:
            products = store.row_dots(k, at.block)
            for c in range(count):
                other = factor.kept[c]
                gram[k, other] = gram[other, k] = products[c]


@internal
def measure_stretch(at):
    """Multiply the lagged Hessian by what would have made the curvature along the last step right."""
    if at.values[MODEL_BEND] > 0.0 and at.values[LENGTH] > 0.0:
        right = min(max(at.values[BEND] / at.values[MODEL_BEND], 0.1), 10.0)
        if abs(right / at.values[STRETCH] - 1.0) > STRETCHED:
            at.values[STRETCH] = right
        if at.counts[FIRST] == 1:
            at.values[FIRST_STRETCH] = right
            at.counts[FIRST] = 0
    at.values[MODEL_BEND] = 0.0


@internal
def pays_to_renew(store, factor, work, at, violation, accuracy):
    """True when a new Hessian costs less than the repeated steps that this one has cost and, at its rate, will cost."""
    if at.counts[AGE] == 0 or at.values[LAST] == np.inf:
        return False
    rate = min(violation / at.values[LAST], SLOWEST)
    if rate < FAST:
        return False
    n, m, entries = at.eta.shape[0], work.counts[IN_FACTOR], 0
    for i in range(m):
        entries += store.row_entries(factor.order[i])
    one_step = OVERHEAD + 3.0 * entries + 2.0 * m * m + 40.0 * n
    renewal = FILL_IN * m * entries + m * m * m / 6.0 + 3.0 * m * n
    at.values[WASTE] += one_step
    to_come = np.log(violation / accuracy) / -np.log(rate) - 1.5
    return at.values[WASTE] + LASTING * to_come * one_step > renewal
