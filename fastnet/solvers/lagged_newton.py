"""Prox-Newton on the Gram matrix of the active rows under a Hessian taken some steps ago.

With H the Hessian of the loss at an earlier eta and A the active rows, G = A H A' (unpenalised part eliminated) makes
the quadratic model of the objective a small Elastic Net, which the direct step solves exactly on its factor: no pass
over the rows but one for the gradient and one for the image of the step. The gradient is today's, so the steps converge
to the optimum whatever H; they converge linearly, at a rate that tells when a new H pays. H is multiplied by a scalar,
its `stretch`, that makes the curvature along the last step right: half as many steps, and new Hessians.

H is known by its products with vectors alone: it need not be diagonal (Cox).

    Lee, Sun, Saunders (2014), Proximal Newton-type methods; Yuan, Ho, Lin (2012), An improved GLMNET (reuse of H).
"""

import numpy as np

from ..jit import internal, jit
from ..state import FACTOR_L2, IN_FACTOR, ROWS
from ..vectors import axpy, copy_head, dot, dot_head, fill, multiply
from . import newton
from .certify_loss import expected_gap
from .predictor import AGE, BEND, BEST, HESSIAN, IDLE, LAST, LENGTH, MODEL_BEND, STRETCH
from .rows import enter_factor, factorize_active, leave_factor, row_gradient, row_violation, take_side

SAME_RIDGE = 1.15  # a factor made for a ridge within this factor of today's still serves as a preconditioner
SPANNED = 1e-12  # share of its curvature below which an unpenalised direction counts as flat
STRETCHED = 0.1  # a relative error of the curvature below this is left alone
OVERHEAD = 5e4  # cost of a step besides its passes, in multiplications
DENSE = 0.3  # cost of an entry of a dense row in a dot product, against one of a sparse row
REPEATS = 30  # chains on the model, each letting in what violates
MODEL = 0.05  # accuracy of the quadratic model, relative to that asked for,
FORCING = 0.02  # or to the violation at hand where that is larger
NEARLY = 30.0  # violations up to this multiple of those asked for may come with a gap that is small enough
LASTING = 3.0  # a new Hessian serves the next alphas too
MOST_IDLE = 20  # Newton steps without a smaller violation before the direct solver gives up

FINISHED, STEP, CURVATURE, FAILED = range(4)
MISSING, WANTED, PRESENT = range(3)  # active.gram: entries are made for rows that move, not for all that are near


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
def _extend_gram(store, active, factor, work, at):
    """Gram entries of the rows that want some, under a diagonal Hessian."""
    for k in range(work.counts[ROWS]):
        if active[k].gram == WANTED:
            fill(work.a, 0.0)
            store.row_axpy(k, 1.0, work.a)
            multiply(at.hessian[0], work.a, work.b)
            _fill_row(store, active, k, factor.gram, work, at)


@jit
def renew_gram(loss, store, active, quadratic, factor, work, at):
    """`_take_diagonal` and `_extend_gram` for a loss with a Hessian of its own, not diagonal."""
    root, rows, q = quadratic.root, work.counts[ROWS], quadratic.basis.shape[0]
    fresh = at.counts[HESSIAN] == 0
    if fresh:
        loss.loss_state(at.eta, root, at.curvature, at.hessian)
        at.counts[HESSIAN] = 1
    for k in range(-q if fresh else 0, rows):
        if k < 0:
            copy_head(quadratic.basis[q + k], work.a, root.shape[0])
        elif active[k].gram == WANTED:
            fill(work.a, 0.0)
            store.row_axpy(k, 1.0, work.a)
        else:
            continue
        loss.loss_times(at.hessian, root, work.a, work.b)
        if k < 0:
            copy_head(work.a, at.basis[q + k], root.shape[0])
            copy_head(work.b, at.curved[q + k], root.shape[0])
            _eliminate_unpenalised(quadratic, at, q + k)
        else:
            _fill_row(store, active, k, factor.gram, work, at)


@internal
def _fill_row(store, active, k, gram, work, at):
    """Entries of row k with those present: work.a holds the row, work.b its product with the Hessian."""
    for a in range(at.curved.shape[0]):
        axpy(-dot(at.curved[a], work.a), at.curved[a], work.b)
    active[k].gram = PRESENT
    for other in range(work.counts[ROWS]):
        if active[other].gram == PRESENT:
            gram[k, other] = gram[other, k] = store.row_dot(other, work.b)


@internal
def _enters(active, k, l1, l2):
    """Whether a row outside the factor should be in it: it violates, or is neither at zero nor at a bound."""
    b = active[k].coef
    if active[k].square <= 0.0:
        return False
    return row_violation(active, k, l1, l2) > 0.0 or (b != 0.0 and active[k].lower < b < active[k].upper)


@internal
def _want_rows(active, work, at, l1, l2):
    """Mark the rows that the model needs and the Gram matrix has not; returns how many."""
    wanted = 0
    for k in range(work.counts[ROWS]):
        if at.counts[HESSIAN] == 0:
            active[k].gram = MISSING
        if active[k].gram != PRESENT and (active[k].place >= 0 or _enters(active, k, l1, l2)):
            active[k].gram = WANTED
            wanted += 1
    return wanted


@internal
def _refactorize(active, factor, work, l2):
    """Factorise anew what is in the factor; what cannot be leaves it."""
    if not factorize_active(active, factor, work.counts[IN_FACTOR], l2):
        leave_factor(active, factor, work)
    work.values[FACTOR_L2] = l2


@internal
def reduced_violation(store, active, quadratic, work, reduced, at, l1, l2):
    """Largest violation of optimality over active rows and unpenalised part; sets active.correlation.

    The correlations are those after the unpenalised part has moved to its optimum under the lagged Hessian.
    """
    residual = work.residual
    copy_head(residual, reduced, residual.shape[0])
    worst = 0.0
    for a in range(at.basis.shape[0]):
        worst = max(worst, abs(dot(quadratic.basis[a], residual)))
        if at.counts[HESSIAN] > 0:
            axpy(-dot(at.basis[a], residual), at.curved[a], reduced)
    for k in range(work.counts[ROWS]):
        active[k].correlation = store.row_dot(k, reduced)
        worst = max(worst, row_violation(active, k, l1, l2))
    return worst


@internal
def _prepare_factor(active, factor, work, l1, l2):
    """Gradients of what is in the factor, and in with what should be: free rows that violate or are not zero."""
    for i in range(work.counts[IN_FACTOR]):
        k = factor.order[i]
        if active[k].coef != 0.0:
            take_side(active, k)
        factor.gradient[i] = row_gradient(active, k, l1, l2)
    entering = 0
    for k in range(work.counts[ROWS]):
        if active[k].place < 0 and active[k].gram == PRESENT and _enters(active, k, l1, l2):
            take_side(active, k)
            factor.rows[entering] = k
            entering += 1
    return enter_factor(active, factor, work, entering, l1, l2, work.values[FACTOR_L2])


@internal
def _model_violation(active, factor, before, rows, l1, l2):
    """Correlations under the model after the step so far, where it knows them; returns the largest violation."""
    for k in range(rows):
        factor.kink[k] = active[k].coef - before[k]
    worst = 0.0
    for k in range(rows):
        if active[k].gram != PRESENT:
            continue
        active[k].correlation = active[k].trial - dot_head(factor.gram[k], factor.kink, rows)
        worst = max(worst, row_violation(active, k, l1, l2))
    return worst


@internal
def _solve_model(active, factor, work, before, l1, l2, target):
    """Minimise the quadratic model over the active rows, from active.trial, their correlations over the stretch.

    Penalty and target are over the stretch too. Returns whether no violation above `target` is left.
    """
    rows = work.counts[ROWS]
    ridge = work.values[FACTOR_L2]
    if ridge > SAME_RIDGE * l2 or ridge < l2 / SAME_RIDGE:
        _refactorize(active, factor, work, l2)
    exact = work.values[FACTOR_L2] == l2
    for _ in range(REPEATS):
        _prepare_factor(active, factor, work, l1, l2)
        m, status, _ = newton.chain(factor, active, work.counts[IN_FACTOR], rows, l1, l2, exact, 0.5 * target)
        work.counts[IN_FACTOR] = m
        if _model_violation(active, factor, before, rows, l1, l2) <= target:
            return True
        if status == newton.STUCK:
            break
    return False


@internal
def _stretch_hessian(at):
    """Multiply the lagged Hessian by what makes the curvature along the last step right."""
    if at.counts[AGE] == 0:
        at.values[STRETCH] = 1.0
    elif at.values[MODEL_BEND] > 0.0 and at.values[LENGTH] > 0.0:
        right = min(max(at.values[BEND] / at.values[MODEL_BEND], 0.1), 10.0)
        if abs(right / at.values[STRETCH] - 1.0) > STRETCHED:
            at.values[STRETCH] = right
    at.values[MODEL_BEND] = 0.0


@internal
def _step_of_model(active, factor, work, at, before, l1, l2, target):
    """New coefficients to active, old ones to `before`; notes when that failed."""
    stretch = at.values[STRETCH]
    rows = work.counts[ROWS]
    for k in range(rows):
        before[k] = active[k].coef
        active[k].correlation /= stretch
        active[k].trial = active[k].correlation
    if not _solve_model(active, factor, work, before, l1 / stretch, l2 / stretch, target / stretch):
        if at.counts[AGE] == 0:
            at.counts[IDLE] = MOST_IDLE
        else:
            at.counts[HESSIAN] = 0
    bend = 0.0
    for k in range(rows):
        bend += (active[k].coef - before[k]) * (active[k].trial - active[k].correlation)
    at.values[MODEL_BEND] = bend


@internal
def _change_of_eta(store, active, quadratic, work, at, before):
    """at.change = change of eta that goes with the new coefficients, the unpenalised part at its optimum."""
    fill(at.change, 0.0)
    q = at.basis.shape[0]
    lazy = store.row_lazy()
    for k in range(work.counts[ROWS]):
        d = active[k].coef - before[k]
        if d != 0.0:
            store.row_axpy(k, d, at.change)
            if lazy:
                for a in range(q):
                    work.shift[a] -= d * store.loading[k, a]
    for a in range(q):
        axpy(work.shift[a], quadratic.basis[a], at.change)
        work.shift[a] = 0.0
    for a in range(q):
        along = dot(at.basis[a], work.residual) / at.values[STRETCH] - dot(at.curved[a], at.change)
        axpy(along, at.basis[a], at.change)
    for i in range(at.change.shape[0]):
        at.change[i] = at.change[i] / quadratic.root[i] if quadratic.root[i] > 0.0 else 0.0


@internal
def _pays_to_renew(store, factor, work, at, violation, accuracy):
    """True when a new Hessian costs less than the steps that the old one's rate of convergence still asks for."""
    if at.counts[AGE] == 0 or at.values[LAST] == np.inf:
        return False
    if at.values[LENGTH] < 1.0:
        return True
    rate = min(max(violation / at.values[LAST], 1e-3), 0.97)
    steps = np.log(violation / accuracy) / -np.log(rate)
    n, m, entries = at.eta.shape[0], work.counts[IN_FACTOR], 0
    for i in range(m):
        entries += store.row_entries(factor.order[i])
    one_step = OVERHEAD + 3.0 * entries + 2.0 * m * m + 40.0 * n
    fill_in = 0.5 * m * entries * (1.0 if store.row_lazy() else DENSE)
    renewal = fill_in + m * m * m / 6.0 + 3.0 * m * n
    return LASTING * (steps - 1.5) * one_step > renewal


@internal
def lagged_direction(
    store, active, factor, screen, quadratic, work, inner, at, before, l1, l2, accuracy, enough, diagonal
):
    """The Newton step to the optimum of the model: new coefficients to active, old ones to `before`.

    Returns FINISHED when no violation exceeds `accuracy` or the gap will be at most `enough`, STEP, CURVATURE when a
    Gram matrix that this kernel cannot make is needed first (`renew_gram`; the call is then repeated), or FAILED when
    the last step got stuck.
    """
    violation = reduced_violation(store, active, quadratic, work, inner.residual, at, l1, l2)
    if violation <= accuracy:
        return FINISHED
    if violation <= NEARLY * accuracy and expected_gap(active, screen, quadratic, work, at, l1, l2) <= enough:
        return FINISHED
    if at.counts[IDLE] >= MOST_IDLE or (at.counts[AGE] == 1 and at.values[LENGTH] == 0.0):
        return FAILED
    if _pays_to_renew(store, factor, work, at, violation, accuracy):
        at.counts[HESSIAN] = 0
    if at.counts[HESSIAN] == 0:
        at.counts[AGE] = 0
    if _want_rows(active, work, at, l1, l2) > 0 or at.counts[HESSIAN] == 0:
        if not diagonal:
            return CURVATURE
        if at.counts[HESSIAN] == 0:
            _take_diagonal(quadratic, at)
            at.counts[HESSIAN] = 1
        _extend_gram(store, active, factor, work, at)
    if at.counts[AGE] == 0:
        reduced_violation(store, active, quadratic, work, inner.residual, at, l1, l2)
        _refactorize(active, factor, work, l2)
    note_violation(at, violation)
    _stretch_hessian(at)
    _step_of_model(active, factor, work, at, before, l1, l2, max(MODEL * accuracy, FORCING * violation))
    _change_of_eta(store, active, quadratic, work, at, before)
    at.counts[AGE] += 1
    return STEP


@internal
def note_violation(at, violation):
    at.counts[IDLE] = 0 if violation < at.values[BEST] else at.counts[IDLE] + 1
    at.values[BEST] = min(at.values[BEST], violation)
    at.values[LAST] = violation
