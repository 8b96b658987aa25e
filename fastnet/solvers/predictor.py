"""The linear predictor of a fit: eta, what the loss says there, and the moves that know no loss."""

from typing import NamedTuple

import numpy as np

from ..jit import fast, internal, jit
from ..state import ROWS, records
from ..vectors import axpy, dot, fill
from . import cholesky

STEEP = 1e-4  # |residual| counts as this much curvature at least: bounds the Newton step of one observation; at 1e-3
# Huber paths crept whose residuals are thousands of delta
FLAT = 1e-7  # and so does this share of the mean curvature

# Places in `Predictor.counts`
(
    HESSIAN,  # 1 when there is a lagged Hessian
    FALLBACKS,  # times the direct solver gave up
    AGE,  # Newton steps since the Hessian was taken
    IDLE,  # steps without a smaller violation
    CORRELATED,  # 1 when active.correlation is today's
    FIRST,  # 1 until the first step of an alpha was measured
    DESCENDING,  # 1 when the first descent of an alpha has begun
) = range(7)
# Places in `Predictor.values`
(
    LENGTH,  # share of the last step that was accepted
    LAST,  # violation before it
    BEST,  # smallest violation so far
    BEND,  # curvature of the loss along that step
    MODEL_BEND,  # curvature that the model saw
    STRETCH,  # what the lagged Hessian is multiplied by
    FIRST_STRETCH,  # what it should have been multiplied by in the first step of the last alpha
    WASTE,  # cost of the steps repeated for an old Hessian
    VIOLATION,  # now
    ACCURACY,  # the largest violation that is accurate enough
    PENALTY,
    SCALE,  # of the first dual point
    CONJUGATES,  # what the gap has there besides penalty and loss
    OTHER_SCALE,  # of the second
    OTHER_CONJUGATES,
) = range(15)

IMAGES = 16  # rows whose products with a general Hessian the loss makes in one call, or more


# What a line search knows so far, see ``line_search``.
SEARCH = np.dtype(
    [
        ("share", "f8"),  # of the step, tried last
        ("start", "f8"),  # slope at 0
        ("low", "f8"),  # longest share at which the objective is known to fall still
        ("low_slope", "f8"),
        ("high", "f8"),  # shortest one at which it is known to rise; inf: none
        ("high_slope", "f8"),
        ("longest", "f8"),  # largest multiple of the step that keeps to the bounds
        ("value", "f8"),  # of the loss after that share
        ("start_value", "f8"),  # and before; nan: not asked for
        ("worst", "f8"),  # component of the residual along the unpenalised part, before the last step of a refit
        ("trials", "i8"),
        ("steps", "i8"),  # of a refit
        ("clear", "i8"),  # 1: slopes are far from their rounding errors
        ("by_value", "i8"),  # 1: values decide
        ("refit", "i8"),  # 1: steps on the unpenalised part follow each other
    ],
    align=True,
)


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
    basis: np.ndarray  # (q, n) directions spanning the unpenalised part, orthonormal in the Hessian of the model
    curved: np.ndarray  # (q, n) Hessian times these, for a lagged Hessian
    hessian: np.ndarray  # (6, n) the lagged Hessian: its diagonal, or what the loss's `loss_times` takes
    images: np.ndarray  # (b, n) rows for which the loss is to make the products with its Hessian, when not diagonal
    products: np.ndarray  # (b, n) these products
    block: np.ndarray  # (4 n,) four vectors, as the rows' row_dots takes them
    normal: np.ndarray  # (q + 1, q) normal equations of the unpenalised part, and their right-hand side
    counts: np.ndarray  # (7,) int64, see the places above
    values: np.ndarray  # (15,)
    search: np.ndarray  # (1,) SEARCH

    @classmethod
    def allocate(cls, offset, weight, q, diagonal):
        """For q unpenalised columns; `diagonal` tells that the Hessian is."""
        n, b = len(weight), 0 if diagonal else max(IMAGES, q)
        vectors = (np.zeros(n) for _ in range(6))
        shapes = (q, n), (q, n), (6, n), (b, n), (b, n), (4 * n,), (q + 1, q)
        matrices = (np.zeros(shape) for shape in shapes)
        notes = np.zeros(7, np.int64), np.zeros(15), records(1, SEARCH)
        return cls(offset.copy(), offset, weight, *vectors, offset.copy(), *matrices, *notes)


@internal
def floor_curvature(root, residual, curvature, weight):
    """Raise the curvature where a Newton step could not be trusted."""
    mean = dot(curvature, weight)
    for i in range(curvature.shape[0]):
        least = FLAT * mean + 1e-300
        if root[i] > 0.0:
            least += STEEP * abs(residual[i]) / root[i]
        curvature[i] = max(curvature[i], least)


@internal
def unpenalised_direction(at, active, quadratic, work, before):
    """Newton direction of the intercept and the unpenalised columns alone, coefficients held.

    Returns (largest component of the residual along them, norm of the residual).
    """
    basis, residual = quadratic.basis, work.residual
    q, n = basis.shape
    R, gradient = at.normal, at.normal[q]
    for k in range(work.counts[ROWS]):
        before[k] = active[k].coef
    worst = 0.0
    for a in range(q):
        gradient[a] = dot(basis[a], residual)
        worst = max(worst, abs(gradient[a]))
        for b in range(a + 1):
            R[b, a] = _curved_dot(basis[a], at.curvature, basis[b])
    size = np.sqrt(dot(residual, residual))
    fill(at.change, 0.0)
    if cholesky.factorize(R, q):
        cholesky.solve_forward(R, q, gradient, 0)
        cholesky.solve_backward(R, q, gradient)
        for a in range(q):
            axpy(gradient[a], basis[a], at.change)
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
    """`renew_predictor` alone."""
    renew_predictor(store, active, quadratic, work, at)


@internal
def renew_predictor(store, active, quadratic, work, at):
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


@internal
def extrapolate_predictor(store, active, quadratic, work, at, before, ratio):
    """The start of an alpha, from the last two.

    The coefficients move by `ratio` times their last change, those that would change sign stop at zero, and at.change
    is the change of eta: a direction for `search`.
    """
    renew_predictor(store, active, quadratic, work, at)
    at.values[MODEL_BEND] = 0.0
    at.counts[FIRST] = 1
    if at.values[FIRST_STRETCH] > 0.0:  # first steps resemble each other, not those that end the alpha before
        at.values[STRETCH] = at.values[FIRST_STRETCH]
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
    for i in range(n):
        step = 0.0
        if quadratic.root[i] > 0.0:
            step = ratio * (at.eta[i] - at.previous[i]) + at.trial[i] / quadratic.root[i]
        at.previous[i] = at.eta[i]
        at.change[i] = step
