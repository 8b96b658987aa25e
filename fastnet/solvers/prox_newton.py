"""Kernels of prox-Newton for losses that are not quadratic.

At the linear predictor eta, with residual r = -f'(eta) and curvature h = f''(eta), the loss along a change d of eta is

    sum_i omega_i (-r_i d_i + h_i d_i^2 / 2) = |sqrt(omega h) d - sqrt(omega) r / sqrt(h)|^2 / 2 + constant:

least squares on rows reweighted by sqrt(h), which the quadratic solvers take as it is. The new residual z' of that
problem gives d = (z - z') / sqrt(omega h) without a pass over X, unpenalised part included. A line search on the true
objective makes every step a descent.

    Lee, Sun, Saunders (2014), Proximal Newton-type methods for minimizing composite functions.
"""

from typing import NamedTuple

import numpy as np
from numba.extending import register_jitable

from ..jit import fast, internal, jit
from ..losses.loops import loss_bound, loss_slopes, loss_sum
from ..state import RESIDUAL2, ROWS
from ..vectors import axpy, copy_head, dot, fill, multiply
from . import cholesky
from .coordinate_descent import iterate
from .gap import conjugate_sum, scale_limits
from .rows import row_violation

STEEP = 1e-3  # |residual| counts as this much curvature at least: bounds the Newton step of one observation
FLAT = 1e-7  # and so does this share of the mean curvature
HALVINGS = 40
ROUNDING = 1e-15  # share of an objective by which it may seem to rise
NEGLIGIBLE = 1e-11  # cosine below which an unpenalised column counts as orthogonal to the residual


class Predictor(NamedTuple):
    """The linear predictor of a fit and what the loss says there."""

    eta: np.ndarray  # (n,) offset included
    offset: np.ndarray  # (n,)
    weight: np.ndarray  # (n,) omega = w / W
    curvature: np.ndarray  # (n,) f''(eta), floored
    root: np.ndarray  # (n,) sqrt(curvature)
    change: np.ndarray  # (n,) direction of eta
    trial: np.ndarray  # (n,) eta after the step
    residual: np.ndarray  # (n,) residual there, weighted space
    slope: np.ndarray  # (n,) curvature there
    previous: np.ndarray  # (n,) eta at the alpha before
    basis: np.ndarray  # (q, n) orthonormal basis of the reweighted unpenalised columns

    @classmethod
    def allocate(cls, offset, weight, q):
        n = len(weight)
        return cls(offset.copy(), offset, weight, *(np.zeros(n) for _ in range(6)), offset.copy(), np.zeros((q, n)))


@internal
def floor_curvature(root, residual, curvature, weight):
    """Raise the curvature where a Newton step could not be trusted."""
    mean = dot(curvature, weight)
    for i in range(curvature.shape[0]):
        least = FLAT * mean + 1e-300
        if root[i] > 0.0:
            least += STEEP * abs(residual[i]) / root[i]
        curvature[i] = max(curvature[i], least)


# --- the model


@internal
def reweighted_basis(basis, root, out):
    """out = orthonormal rows spanning basis * root; a dependent one becomes zero."""
    for a in range(basis.shape[0]):
        multiply(basis[a], root, out[a])
        before = np.sqrt(dot(out[a], out[a]))
        for _ in range(2):
            for b in range(a):
                axpy(-dot(out[b], out[a]), out[b], out[a])
        length = np.sqrt(dot(out[a], out[a]))
        inverse = 1.0 / length if length > 1e-12 * before else 0.0
        for i in range(root.shape[0]):
            out[a, i] *= inverse


@internal
def active_violation(store, active, rows, quadratic, work, l1, l2):
    """Largest violation of optimality over active rows and unpenalised part; sets active.correlation."""
    worst = 0.0
    q = quadratic.basis.shape[0]
    for a in range(q):
        work.shift[a] = dot(quadratic.basis[a], work.residual)
        worst = max(worst, abs(work.shift[a]))
    lazy = store.row_lazy()
    for k in range(rows):
        c = store.row_dot(k, work.residual)
        if lazy:
            for a in range(q):
                c -= store.loading[k, a] * work.shift[a]
        active[k].correlation = c
        worst = max(worst, row_violation(active, k, l1, l2))
    fill(work.shift, 0.0)
    return worst


@internal
def reweight(store, model, active, rows, at):
    """model = rows times sqrt(curvature), projected off the reweighted unpenalised columns."""
    for k in range(rows):
        model.row_reweight(k, store, at.root)
        model.row_project(k, at.basis)
        if active[k].square > 0.0:
            active[k].square = model.row_square(k)


@jit
def newton_direction(
    store, model, active, support, quadratic, work, inner, at, before, l1, l2, accuracy, forcing, budget, most
):
    """Solve the quadratic model at the present eta; the new coefficients go to active, the old ones to `before`.

    Returns (violation, sweeps): the violation of optimality before the step; nothing is done where it is at most
    `accuracy`.
    """
    rows = work.counts[ROWS]
    violation = active_violation(store, active, rows, quadratic, work, l1, l2)
    if not violation > accuracy:
        return violation, 0
    n = work.residual.shape[0]
    for i in range(n):
        at.root[i] = np.sqrt(at.curvature[i])
    reweighted_basis(quadratic.basis, at.root, at.basis)
    reweight(store, model, active, rows, at)
    for k in range(rows):
        before[k] = active[k].coef
    for i in range(n):
        inner.residual[i] = work.residual[i] / at.root[i]
    for a in range(at.basis.shape[0]):
        axpy(-dot(at.basis[a], inner.residual), at.basis[a], inner.residual)
    target = max(0.5 * accuracy, forcing * violation)
    _, _, sweeps = iterate(model, active, support, rows, inner, at.basis, l1, l2, target, budget, most)
    for i in range(n):
        root = quadratic.root[i]
        at.change[i] = 0.0
        if root > 0.0:
            at.change[i] = (work.residual[i] / at.root[i] - inner.residual[i]) / (root * at.root[i])
    return violation, sweeps


# --- the step


@internal
def _penalty_at(active, rows, before, t, l1, l2):
    """Value of the penalty at before + t * (coef - before), and its slope there from the left."""
    value = 0.0
    slope = 0.0
    for k in range(rows):
        d = active[k].coef - before[k]
        b = before[k] + t * d
        value += active[k].factor * (l1 * abs(b) + 0.5 * l2 * b * b)
        if d != 0.0:
            side = 1.0 if b > 0.0 else -1.0
            if b == 0.0:  # arriving at zero: from the side where it was
                side = 1.0 if before[k] > 0.0 else -1.0
            slope += active[k].factor * d * (l1 * side + l2 * b)
    return value, slope


@register_jitable  # not `internal`: functions that see the loss have no cache index of their own, see loss_kernels
def _try_step(loss, at, quadratic, t):
    """Residual and curvature at eta + t * change; returns the slope of the loss there."""
    for i in range(at.eta.shape[0]):
        at.trial[i] = at.eta[i] + t * at.change[i]
    loss_slopes(loss, at.trial, quadratic.root, at.residual, at.slope)
    slope = 0.0
    for i in range(at.eta.shape[0]):
        slope -= quadratic.root[i] * at.residual[i] * at.change[i]
    return slope


@internal
def _take_step(at, quadratic, work):
    n = at.eta.shape[0]
    copy_head(at.trial, at.eta, n)
    copy_head(at.residual, work.residual, n)
    copy_head(at.slope, at.curvature, n)
    floor_curvature(quadratic.root, work.residual, at.curvature, at.weight)


@jit
def line_search(loss, at, active, quadratic, work, before, l1, l2, convex):
    """Accept the step, or halve it until the objective does not rise; returns t (0: rejected, nothing has changed).

    A convex objective that still falls at the end of the step has fallen all the way: no value is needed then.
    """
    rows = work.counts[ROWS]
    start = np.nan
    t = 1.0
    for _ in range(HALVINGS):
        slope = _try_step(loss, at, quadratic, t)
        penalty, penalty_slope = _penalty_at(active, rows, before, t, l1, l2)
        accept = convex and slope + penalty_slope <= 0.0
        if not accept:
            if np.isnan(start):
                start = loss_sum(loss, at.eta, at.weight) + _penalty_at(active, rows, before, 0.0, l1, l2)[0]
                start += ROUNDING * abs(start)
            accept = loss_sum(loss, at.trial, at.weight) + penalty <= start
        if accept:
            break
        t *= 0.5
    else:
        t = 0.0
    if t < 1.0:
        for k in range(rows):
            active[k].coef = before[k] + t * (active[k].coef - before[k]) if t > 0.0 else before[k]
    if t > 0.0:
        _take_step(at, quadratic, work)
    return t


@jit
def unpenalised_direction(at, active, quadratic, work, factor, before):
    """Newton direction of the intercept and the unpenalised columns alone, coefficients held.

    Returns (largest component of the residual along them, norm of the residual).
    """
    basis, residual = quadratic.basis, work.residual
    q, n = basis.shape
    for k in range(work.counts[ROWS]):
        before[k] = active[k].coef
    worst = 0.0
    for a in range(q):
        factor.gradient[a] = dot(basis[a], residual)
        worst = max(worst, abs(factor.gradient[a]))
        for b in range(a + 1):
            factor.R[b, a] = _curved_dot(basis[a], at.curvature, basis[b])
    size = np.sqrt(dot(residual, residual))
    fill(at.change, 0.0)
    if cholesky.factorize(factor.R, q):
        cholesky.solve_forward(factor.R, q, factor.gradient, 0)
        cholesky.solve_backward(factor.R, q, factor.gradient)
        for a in range(q):
            axpy(factor.gradient[a], basis[a], at.change)
        for i in range(n):
            at.change[i] = at.change[i] / quadratic.root[i] if quadratic.root[i] > 0.0 else 0.0
    return worst, size


@fast
def _curved_dot(x, curvature, y):
    total = 0.0
    for i in range(x.shape[0]):
        total += x[i] * curvature[i] * y[i]
    return total


@jit
def rebuild_predictor(store, active, quadratic, work, at):
    """eta from the coefficients, its unpenalised part kept: rounding never accumulates along the path."""
    basis, root = quadratic.basis, quadratic.root
    n = root.shape[0]
    for i in range(n):
        at.change[i] = root[i] * (at.eta[i] - at.offset[i])
        at.trial[i] = 0.0
    lazy = store.row_lazy()
    for a in range(basis.shape[0]):
        work.shift[a] = dot(basis[a], at.change)
    for k in range(work.counts[ROWS]):
        b = active[k].coef
        if b != 0.0:
            store.row_axpy(k, b, at.trial)
            if lazy:
                for a in range(basis.shape[0]):
                    work.shift[a] -= b * store.loading[k, a]
    for a in range(basis.shape[0]):
        axpy(work.shift[a], basis[a], at.trial)
        work.shift[a] = 0.0
    for i in range(n):
        if root[i] > 0.0:
            at.eta[i] = at.offset[i] + at.trial[i] / root[i]


# --- the certificate


@jit
def correlate(store, active, screen, work, l1, l2):
    """active.correlation = dots of the rows with today's residual."""
    residual = work.residual
    square = work.values[RESIDUAL2]
    for k in range(work.counts[ROWS]):
        c = store.row_dot(k, residual)
        free = active[k].factor * l1 == 0.0 and active[k].factor * l2 == 0.0
        if free and abs(c) <= NEGLIGIBLE * np.sqrt(square * screen.square[active[k].column]):
            c = 0.0
        active[k].correlation = c


@jit
def begin_alpha(store, active, quadratic, work, at, before, ratio):
    """Extrapolate from the last two alphas.

    The coefficients move by `ratio` times their last change, those that would change sign stop at zero, and at.change
    is the change of eta: a direction for `line_search`.
    """
    rebuild_predictor(store, active, quadratic, work, at)
    n = at.eta.shape[0]
    fill(at.trial, 0.0)
    for k in range(work.counts[ROWS]):
        b = active[k].coef
        before[k] = b
        full = b + ratio * (b - active[k].previous)
        new = min(max(full, active[k].lower), active[k].upper)
        if new * b <= 0.0:
            new = 0.0
        if new != full:
            store.row_axpy(k, new - full, at.trial)
        active[k].coef = new
        active[k].previous = b
        active[k].place = -1
    for i in range(n):
        step = 0.0
        if quadratic.root[i] > 0.0:
            step = ratio * (at.eta[i] - at.previous[i]) + at.trial[i] / quadratic.root[i]
        at.previous[i] = at.eta[i]
        at.change[i] = step


@jit
def penalty_terms(at, active, screen, quadratic, work, violators, l1, l2, convex):
    """What the gap needs besides the loss, for two scales s of the dual point s r; see `duality_gap`.

    Returns (penalty, s, conjugates, s, conjugates). Where the loss is not convex the terms of the quadratic model at
    the present point are added to the conjugates, which makes them the whole gap but for the penalty.
    """
    rows = work.counts[ROWS]
    penalty = 0.0
    for k in range(rows):
        b = active[k].coef
        penalty += active[k].factor * (l1 * abs(b) + 0.5 * l2 * b * b)
    finite, inside = scale_limits(active, rows, screen, quadratic, violators, l1, l2)
    if finite < 1.0:  # at the limit, rounding must not leave an infinite conjugate
        finite *= 1.0 - 1e-15
    if inside < 1.0:
        inside *= 1.0 - 1e-15
    first = conjugate_sum(finite, active, rows, screen, quadratic, violators, l1, l2)
    second = first
    if inside != finite:
        second = conjugate_sum(inside, active, rows, screen, quadratic, violators, l1, l2)
    if not convex:
        along = 0.0
        for k in range(rows):
            along += active[k].correlation * active[k].coef
        spread = 0.0
        for i in range(at.eta.shape[0]):
            spread += 0.5 * work.residual[i] * work.residual[i] / at.curvature[i]
        first += (1.0 - finite) ** 2 * spread - finite * along
        second += (1.0 - inside) ** 2 * spread - inside * along
    return penalty, finite, first, inside, second


@jit
def loss_and_bound(loss, at, quadratic, work, s):
    """(loss, its part of the dual objective at s r); at s = 0 the latter is the smallest value of the loss."""
    value = loss_sum(loss, at.eta, at.weight)
    return value, loss_bound(loss, at.eta, work.residual, quadratic.root, at.offset, s)


__all__ = [
    "Predictor", "begin_alpha", "correlate", "line_search", "loss_and_bound", "newton_direction",
    "penalty_terms", "rebuild_predictor", "unpenalised_direction",
]  # fmt: skip
