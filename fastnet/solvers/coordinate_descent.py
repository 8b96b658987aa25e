"""Coordinate descent over the active rows, joined with projected Newton steps by conjugate gradients.

For active sets too large for a factor, and where the factor is near singular: sweeps find the signs, conjugate
gradients the curvature. Both never raise the objective. Where columns depend on each other, as when there are more of
them than rows, a Newton step would go far past many kinks: it is damped, the more the less of it could be taken.

    Friedman, Hastie, Tibshirani (2010), Regularization paths ...; Bertsekas (1982), Projected Newton methods;
    Marquardt (1963), An algorithm for least-squares estimation of nonlinear parameters (the damping).
"""

from ..jit import internal, jit
from ..penalty import minimize_coordinate
from ..state import ROWS
from ..vectors import axpy, copy_head, dot, fill

MOST_CG = 200
BUDGET = 2e8  # stored entries touched between two looks at Ctrl-C: about a fifth of a second
ROW = 10  # stored entries that take as long as the record of a row
FORCING = 0.05  # of the largest gradient: what conjugate gradients may leave of it
DAMPED = 1e-2  # the first damping, over the squared norms of the columns
STRONGER, WEAKER = 10.0, 0.2  # what a step that could not be taken whole, or could, makes of it
UNDAMPED, MOST_DAMPED = 1e-6, 1.0  # below there is none; more makes a step no better than a sweep
ROUNDING = 1e-15  # share of the objective by which it may seem to rise
SHORTER = 0.3  # the share of a step that is tried after the whole one


@internal
def objective(active, rows, residual, trial, l1, l2):
    """|residual|^2 / 2 + penalty of the coefficients, or of the trial ones."""
    penalty = 0.0
    for k in range(rows):
        row = active[k]
        b = row.trial if trial else row.coef
        penalty += row.factor * (l1 * abs(b) + 0.5 * l2 * b * b)
    return 0.5 * dot(residual, residual) + penalty


@internal
def accept_trial(active, rows):
    for k in range(rows):
        row = active[k]
        row.coef = row.trial


@internal
def settle(basis, shift, residual):
    """residual += basis' shift; shift = 0."""
    for a in range(basis.shape[0]):
        axpy(shift[a], basis[a], residual)
        shift[a] = 0.0


@internal
def epoch(store, active, rows, residual, basis, shift, l1, l2):
    """One sweep; returns the largest change of a coordinate in units of its correlation."""
    lazy = store.row_lazy()
    q = basis.shape[0] if lazy else 0
    largest = 0.0
    for k in range(rows):
        row = active[k]
        square = row.square
        if square <= 0.0:
            continue
        c = store.row_dot(k, residual)
        for a in range(q):
            c += store.loading[k, a] * shift[a]
        old = row.coef
        factor = row.factor
        new = minimize_coordinate(c + square * old, square, l1 * factor, l2 * factor, row.lower, row.upper)
        if new != old:
            store.row_axpy(k, old - new, residual)
            for a in range(q):
                shift[a] += (new - old) * store.loading[k, a]
            row.coef = new
            largest = max(largest, abs(new - old) * (square + l2 * factor))
    if lazy:
        settle(basis, shift, residual)
    return largest


@internal
def _image(store, support, m, basis, shift, out):
    """out = sum_i search_i * projected row of the i-th support member."""
    fill(out, 0.0)
    lazy = store.row_lazy()
    for i in range(m):
        k = support[i].row
        store.row_axpy(k, support[i].search, out)
        if lazy:
            for a in range(basis.shape[0]):
                shift[a] -= support[i].search * store.loading[k, a]
    if lazy:
        settle(basis, shift, out)


@internal
def _conjugate_gradients(store, active, support, m, basis, shift, l2, damping, target, image, probe):
    """Solve (X_S'X_S + l2 factor + damping square) step = -gradient, Jacobi preconditioned, to max|rest| <= target.

    Leaves the step in support.step and X_S step in `image`; returns the iterations.
    """
    energy = 0.0
    for i in range(m):
        k = support[i].row
        support[i].step = 0.0
        support[i].rest = -support[i].gradient
        scaled = support[i].rest / ((1.0 + damping) * active[k].square + l2 * active[k].factor)
        support[i].search = scaled
        energy += support[i].rest * scaled
    fill(image, 0.0)
    for iteration in range(MOST_CG):
        _image(store, support, m, basis, shift, probe)
        curvature = dot(probe, probe)
        for i in range(m):
            k = support[i].row
            curvature += (l2 * active[k].factor + damping * active[k].square) * support[i].search ** 2
        if not curvature > 0.0:
            return iteration
        a = energy / curvature
        largest = 0.0
        fresh = 0.0
        for i in range(m):
            k = support[i].row
            ridge = l2 * active[k].factor + damping * active[k].square
            support[i].step += a * support[i].search
            support[i].rest -= a * (store.row_dot(k, probe) + ridge * support[i].search)
            active[i].trial = support[i].rest / (active[k].square + ridge)
            fresh += support[i].rest * active[i].trial
            largest = max(largest, abs(support[i].rest))
        axpy(a, probe, image)
        if largest <= target:
            return iteration + 1
        keep = fresh / energy
        energy = fresh
        for i in range(m):
            support[i].search = active[i].trial + keep * support[i].search
    return MOST_CG


@internal
def _find_support(store, active, support, rows, residual, l1, l2):
    """Rows away from every kink go to `support` with their gradient; returns (count, largest gradient)."""
    m = 0
    largest = 0.0
    for k in range(rows):
        row = active[k]
        b = row.coef
        if row.square <= 0.0 or (b == 0.0 and l1 * row.factor > 0.0):
            continue
        g = -store.row_dot(k, residual) + row.factor * (l2 * b + (l1 if b > 0.0 else -l1))
        if (b >= row.upper and g < 0.0) or (b <= row.lower and g > 0.0):
            continue
        support[m].row = k
        support[m].gradient = g
        m += 1
        largest = max(largest, abs(g))
    return m, largest


@internal
def _first_kink(active, support, m, l1):
    """Largest t in [0, 1] for which coef + t * step crosses neither zero nor a bound."""
    t = 1.0
    for i in range(m):
        k = support[i].row
        b, d = active[k].coef, support[i].step
        if d == 0.0:
            continue
        if b * d < 0.0 and l1 * active[k].factor > 0.0:
            t = min(t, -b / d)
        if d > 0.0:
            t = min(t, (active[k].upper - b) / d)
        else:
            t = min(t, (active[k].lower - b) / d)
    return max(t, 0.0)


@internal
def _set_trial(store, active, k, full, l1, residual, shift):
    """trial = full, but inside the bounds and not across zero; what is cut off goes back to the residual."""
    new = min(max(full, active[k].lower), active[k].upper)
    if l1 * active[k].factor > 0.0 and new * active[k].coef <= 0.0:
        new = 0.0
    if new != full:
        store.row_axpy(k, full - new, residual)
        if store.row_lazy():
            for a in range(shift.shape[0]):
                shift[a] -= (full - new) * store.loading[k, a]
    active[k].trial = new


@internal
def newton_step(store, active, support, rows, work, basis, l1, l2, damping, absolute):
    """One projected Newton step on the support: many coefficients may become zero at once.

    Accepted when the objective does not rise; otherwise a share of it, or it is cut at its first kink, where the
    quadratic model is exact and the descent certain. Returns (conjugate gradient iterations, the next damping).
    """
    residual, image, trial = work.residual, work.a, work.c
    m, largest = _find_support(store, active, support, rows, residual, l1, l2)
    if m == 0 or largest <= absolute:
        return 0, damping
    target = max(FORCING * largest, absolute)
    iterations = _conjugate_gradients(store, active, support, m, basis, work.shift, l2, damping, target, image, work.b)
    most = (1.0 + ROUNDING) * objective(active, rows, residual, False, l1, l2)
    for share in (1.0, SHORTER):
        _project_step(store, active, support, rows, m, work, basis, l1, share)
        if objective(active, rows, trial, True, l1, l2) <= most:
            accept_trial(active, rows)
            copy_head(trial, residual, residual.shape[0])
            return iterations, _next_damping(damping, share == 1.0)
    t = _first_kink(active, support, m, l1)
    for i in range(m):
        active[support[i].row].coef += t * support[i].step
    axpy(-t, image, residual)
    return iterations, _next_damping(damping, False)


@internal
def _project_step(store, active, support, rows, m, work, basis, l1, share):
    """trial = coef + share * step, clipped to zero and bounds; work.c = the residual there."""
    residual, trial = work.residual, work.c
    for i in range(residual.shape[0]):
        trial[i] = residual[i] - share * work.a[i]
    for k in range(rows):
        active[k].trial = active[k].coef
    for i in range(m):
        k = support[i].row
        _set_trial(store, active, k, active[k].coef + share * support[i].step, l1, trial, work.shift)
    if store.row_lazy():
        settle(basis, work.shift, trial)


@internal
def _next_damping(damping, whole):
    if whole:
        return WEAKER * damping if damping > UNDAMPED else 0.0
    return min(max(STRONGER * damping, DAMPED), MOST_DAMPED)


def sweep(fit, store, work, basis, l1, l2, accuracy, most):
    """`iterate` on the active rows of `fit`, for as long as one call may take; returns (done, sweeps).

    Ctrl-C is heard meanwhile, also where a single Newton step may take long.
    """
    rows = int(fit.work.counts[ROWS])
    fit.reach = max(fit.reach, 2 * MOST_CG * (store.stored(rows) + ROW * rows))
    arguments = store, fit.active, fit.support, rows, work, basis, l1, l2, accuracy, BUDGET, most
    done, _, sweeps = fit.run(iterate, *arguments)
    return done, sweeps


@jit
def extrapolate(store, active, work, basis, l1, l2, ratio):
    """Start an alpha from coef + ratio * (coef - previous), sign changes clipped to zero, if the objective falls."""
    residual, trial = work.residual, work.c
    rows = work.counts[ROWS]
    for i in range(residual.shape[0]):
        trial[i] = residual[i] + ratio * (residual[i] - work.previous[i])
    lazy = store.row_lazy()
    for k in range(rows):
        full = active[k].coef + ratio * (active[k].coef - active[k].previous)
        _set_trial(store, active, k, full, l1, trial, work.shift)
    if lazy:
        settle(basis, work.shift, trial)
    better = objective(active, rows, trial, True, l1, l2) < objective(active, rows, residual, False, l1, l2)
    copy_head(residual, work.previous, residual.shape[0])
    for k in range(rows):
        active[k].previous = active[k].coef
    if better:
        accept_trial(active, rows)
        copy_head(trial, residual, residual.shape[0])


@jit
def iterate(store, active, support, rows, work, basis, l1, l2, accuracy, budget, most):
    """Sweeps and Newton steps until a sweep moves no coordinate by more than `accuracy`.

    Stops early when about `budget` stored entries were touched, or after `most` sweeps. Returns (done, entries
    touched, sweeps).
    """
    entries = ROW * rows
    for k in range(rows):
        entries += store.row_entries(k)
    spent = 0
    fill(work.shift, 0.0)
    sweeps = 0
    damping = 0.0
    while spent <= budget and sweeps < most:
        change = epoch(store, active, rows, work.residual, basis, work.shift, l1, l2)
        spent += entries
        sweeps += 1
        if change <= accuracy:
            return True, spent, sweeps
        iterations, damping = newton_step(store, active, support, rows, work, basis, l1, l2, damping, 0.1 * accuracy)
        spent += 2 * (iterations + 1) * entries
    return False, spent, sweeps
