"""Prox-Newton on the Gram matrix of the active rows under a Hessian taken some steps ago.

With H the Hessian of the loss at an earlier eta and A the active rows, G = A H A' (unpenalised part eliminated) makes
the quadratic model of the objective a small Elastic Net, which the direct step solves exactly on its factor: no pass
over the rows but one for the gradient and one for the image of the step. The gradient is today's, so the steps converge
to the optimum whatever H; they converge linearly, at a rate that tells when a new H pays. H is multiplied by a scalar,
its `stretch`, that makes the curvature along the last step right: half as many steps, and new Hessians.

    Lee, Sun, Saunders (2014), Proximal Newton-type methods; Yuan, Ho, Lin (2012), An improved GLMNET (reuse of H).
"""

from ..jit import apart, internal
from ..state import FACTOR_L2, IN_FACTOR, ITERATIONS, ROWS
from ..vectors import axpy, copy_head, dot, dot_head, fill
from . import newton
from .certify_loss import expected_gap
from .lagged_hessian import PRESENT, enters, measure_stretch, pays_to_renew, want_rows
from .predictor import (
    AGE,
    BEST,
    CORRELATED,
    FIRST_STRETCH,
    HESSIAN,
    IDLE,
    LAST,
    LENGTH,
    MODEL_BEND,
    STRETCH,
    VIOLATION,
    WASTE,
)
from .rows import enter_factor, exchange_row, factorize_active, row_gradient, row_violation, take_out_all, take_side

SAME_RIDGE = 1.15  # a factor made for a ridge within this factor of today's still serves as a preconditioner
REPEATS = 30  # chains on the model, each letting in what violates; one more for each row that takes another's place
MODEL = 0.05  # accuracy of the quadratic model, relative to that asked for,
FORCING = 0.02  # or to the violation at hand where that is larger
NEARLY = 30.0  # violations up to this multiple of those asked for may come with a gap that is small enough
MOST_IDLE = 30  # Newton steps without a smaller violation before the direct solver gives up

FINISHED, READY, STALE, FAILED = range(4)


@internal
def _refactorize(active, factor, work, l2):
    """Factorise anew what is in the factor; what cannot be leaves it."""
    if not factorize_active(active, factor, work.counts[IN_FACTOR], l2):
        take_out_all(active, factor, work)
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
        if active[k].place < 0 and active[k].gram == PRESENT and enters(active, k, l1, l2):
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
def _exchange_worst(active, factor, work, l1, l2):
    """Where every row that should enter depends on the factor: the worst takes a place in it. False when none can."""
    worst, at = 0.0, -1
    for k in range(work.counts[ROWS]):
        if active[k].place < 0 and active[k].gram == PRESENT and active[k].square > 0.0:
            excess = row_violation(active, k, l1, l2)
            if excess > worst:
                worst, at = excess, k
    return at >= 0 and exchange_row(active, factor, work, at, l1, l2)


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
    for repeat in range(REPEATS + rows):
        taken = _prepare_factor(active, factor, work, l1, l2)
        if taken == 0 and repeat > 0 and not _exchange_worst(active, factor, work, l1, l2):
            return False
        m, status, _ = newton.chain(factor, active, work.counts[IN_FACTOR], rows, l1, l2, exact, 0.5 * target)
        work.counts[IN_FACTOR] = m
        if _model_violation(active, factor, before, rows, l1, l2) <= target:
            return True
        if status == newton.STUCK:
            break
    return False


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


@apart
def lagged_direction(
    store, active, factor, screen, quadratic, work, inner, at, before, l1, l2, accuracy, enough, resumed
):
    """The Newton step to the optimum of the model: new coefficients to active, old ones to `before`.

    Returns FINISHED when no violation exceeds `accuracy` or the gap will be at most `enough`, READY, STALE when
    `renew_gram` must be called first (the call is then `resumed`), or FAILED when the last step got stuck.
    """
    if not resumed:
        code = _look(store, active, factor, screen, quadratic, work, inner, at, l1, l2, accuracy, enough)
        if code != READY:
            return code
    violation = at.values[VIOLATION]
    if at.counts[AGE] == 0:
        reduced_violation(store, active, quadratic, work, inner.residual, at, l1, l2)
        _refactorize(active, factor, work, l2)
        at.values[STRETCH], at.values[FIRST_STRETCH], at.values[WASTE] = 1.0, 0.0, 0.0
    note_violation(at, violation)
    _step_of_model(active, factor, work, at, before, l1, l2, max(MODEL * accuracy, FORCING * violation))
    _change_of_eta(store, active, quadratic, work, at, before)
    at.counts[AGE] += 1
    work.counts[ITERATIONS] += 1
    return READY


@internal
def _look(store, active, factor, screen, quadratic, work, inner, at, l1, l2, accuracy, enough):
    """As `lagged_direction`, READY where a step can be made; at.values[VIOLATION] is the violation at hand."""
    measure_stretch(at)
    violation = reduced_violation(store, active, quadratic, work, inner.residual, at, l1, l2)
    at.values[VIOLATION] = violation
    at.counts[CORRELATED] = at.basis.shape[0] == 0
    if violation <= accuracy:
        return FINISHED
    if violation <= NEARLY * accuracy and expected_gap(active, screen, quadratic, work, at, l1, l2) <= enough:
        return FINISHED
    at.counts[CORRELATED] = 0
    if at.counts[IDLE] >= MOST_IDLE or (at.counts[AGE] == 1 and at.values[LENGTH] == 0.0):
        return FAILED
    if pays_to_renew(store, factor, work, at, violation, accuracy):
        at.counts[HESSIAN] = 0
    if at.counts[HESSIAN] == 0:
        at.counts[AGE] = 0
    return STALE if want_rows(active, work, at, l1, l2) > 0 or at.counts[HESSIAN] == 0 else READY


@internal
def note_violation(at, violation):
    at.counts[IDLE] = 0 if violation < at.values[BEST] else at.counts[IDLE] + 1
    at.values[BEST] = min(at.values[BEST], violation)
    at.values[LAST] = violation
