"""Prox-Newton for losses that are not quadratic, by the iterative solver on reweighted rows.

At the linear predictor eta, with residual r = -f'(eta) and curvature h = f''(eta), the loss along a change d of eta is

    sum_i omega_i (-r_i d_i + h_i d_i^2 / 2) = |sqrt(omega h) d - sqrt(omega) r / sqrt(h)|^2 / 2 + constant:

least squares on rows reweighted by sqrt(h), which the quadratic solvers take as it is. The new residual z' of that
problem gives d = (z - z') / sqrt(omega h) without a pass over X, unpenalised part included. A line search on the true
objective makes every step a descent. For active sets too large or too dependent for ``lagged_newton``.

    Lee, Sun, Saunders (2014), Proximal Newton-type methods for minimizing composite functions.
"""

import numpy as np

from ..jit import internal, jit
from ..state import ITERATIONS, ITERATIVE, MODE, ROWS
from ..vectors import axpy, dot, fill, multiply
from .coordinate_descent import sweep
from .lagged_newton import note_violation
from .predictor import BEST, FALLBACKS, HESSIAN, IDLE
from .rows import row_violation, take_out_all

FINEST = 2e-16  # share of the residual's norm below which a change of a correlation is rounding
FORCING = 0.02  # accuracy of the quadratic model, relative to the violation at hand


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
def reweight_model(store, model, active, quadratic, work, inner, at, before, l1, l2, accuracy):
    """The quadratic model at the present eta: reweighted rows to `model`, its residual to `inner`.

    The coefficients are copied to `before`. Returns (violation, accuracy to which the model is worth solving);
    nothing is done where the violation is at most `accuracy`.
    """
    rows = work.counts[ROWS]
    violation = active_violation(store, active, rows, quadratic, work, l1, l2)
    if not violation > accuracy:
        return violation, 0.0
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
    rounding = FINEST * np.sqrt(dot(inner.residual, inner.residual))
    return violation, max(0.5 * accuracy, FORCING * violation, rounding)


@jit
def change_of_model(quadratic, work, inner, at, violation):
    """at.change = change of eta that goes with the residual of the solved model; notes the violation before."""
    for i in range(at.change.shape[0]):
        root = quadratic.root[i]
        at.change[i] = 0.0
        if root > 0.0:
            at.change[i] = (work.residual[i] / at.root[i] - inner.residual[i]) / (root * at.root[i])
    note_violation(at, violation)


@jit
def leave_direct(active, factor, work, at):
    """`take_out_direct` alone."""
    take_out_direct(active, factor, work, at)


@internal
def take_out_direct(active, factor, work, at):
    """Leave the rest of the point to the iterative solver."""
    work.counts[MODE] = ITERATIVE
    take_out_all(active, factor, work)
    at.counts[HESSIAN] = at.counts[IDLE] = 0
    at.counts[FALLBACKS] += 1
    at.values[BEST] = np.inf


def reweighted_direction(fit, l1, l2, accuracy, most):
    """Solve the quadratic model at the present eta, by at most `most` sweeps: the next Newton step.

    New coefficients are in active, the old ones in `before` and the change of eta in at.change. False, with nothing
    changed, where no active row violates optimality by more than `accuracy`.
    """
    work, inner, at = fit.work, fit.inner, fit.at
    violation, target = fit.run(
        reweight_model, fit.store, fit.model, fit.active, fit.quadratic, work, inner, at, fit.before, l1, l2, accuracy
    )
    if violation <= accuracy:
        return False
    _, sweeps = sweep(fit, fit.model, inner, at.basis, l1, l2, target, most)
    work.counts[ITERATIONS] += max(sweeps, 1)
    fit.run(change_of_model, fit.quadratic, work, inner, at, violation)
    return True
