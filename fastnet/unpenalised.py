"""Columns without penalty (between bounds, or at alpha = 0): the end of a null model, or of a point that missed its
tolerance, by an orthogonal method.

Sweeps and factors work with inner products, which square the condition of the columns: those of size 1e8 that differ by
1 (no intercept), or nearly equal ones, they cannot tell apart. Least squares between bounds on the columns themselves
can. It wants them dense, so it is left out where they are many.

    Stark and Parker (1995), Bounded-variable least squares.
"""

import numpy as np
from scipy import sparse
from scipy.optimize import lsq_linear

from .designs import CSCDesign
from .result import Status
from .solvers.certify import refresh_residual
from .solvers.predictor import HESSIAN, LENGTH
from .state import DIRECT, GAP, MODE, ROWS
from .units import DEPENDENT, project_off

MOST_CELLS = 4_000_000  # numbers in the columns, 32 MB
MOST_PRODUCTS = 5e7  # of one least squares, some ten milliseconds: a step may take as many as there are columns
NEWTON_STEPS, MORE_STEPS = 50, 8  # with the least ridge, and with each larger one
FARTHEST = 100.0  # of eta, in one step: along a direction without curvature rounding may send it anywhere
LONG = 1e-3  # of eta: Newton steps that converge, and gain nothing that the objective tells, are shorter
FLAT = 1e-12  # share of the largest curvature below which that of a direction is rounding
ROUNDING = 1e-16  # cosine of a column and what is to be fitted
RIDGES = DEPENDENT, 1e-7, 1e-5, 1e-3
ROUNDS = 5  # of those columns, and a look at all others
ENOUGH = 1e-13  # share by which a step lowers a sum of squares, or cosine of step and gradient, that is rounding


def weighted_columns(units, columns):
    """(n, k) columns in weighted space, or None where they are too many for dense least squares."""
    design, root = units.design, units.quadratic.root
    count = len(columns) + len(units.quadratic.basis)
    if len(root) * count > MOST_CELLS or len(root) * float(count) ** 2 > MOST_PRODUCTS:
        return None
    if isinstance(design, CSCDesign):
        X = sparse.csc_array((design.data, design.indices, design.indptr), shape=design.matrix_size()[:2])
        Z = X[:, columns].toarray().astype(float)
    else:
        Z = design.columns[columns].T.astype(float)
    return root[:, None] * ((Z - design.center[columns]) * design.inv_scale[columns])


def _independent(fit, rows):
    """Those of the active rows that are not in the span of the unpenalised part, to DEPENDENT, and their columns."""
    basis = fit.quadratic.basis
    Z = weighted_columns(fit.units, fit.active["column"][rows])
    if Z is None:
        return rows[:0], None
    kept = np.linalg.norm(project_off(basis, Z), axis=0) > DEPENDENT * np.linalg.norm(Z, axis=0)
    return rows[kept], Z[:, kept]


def bounded_step(M, A, target, room, ridges=RIDGES):
    """Least squares between bounds: coefficients c of the columns of M, its first k moving by room[0] to room[1] (k,).

    Minimises |A c - target|. The k coefficients have a ridge: directions in which the columns cancel to less than
    DEPENDENT of their length are left alone, and steps that are repeated are exact in all others. It is larger where
    the method fails or moves along such a direction all the same; zeros where it always does.
    """
    norm = np.linalg.norm(M, axis=0)
    norm[norm == 0.0] = 1.0
    k = len(room[0])
    low, high = np.full(len(norm), -np.inf), np.full(len(norm), np.inf)
    low[:k], high[:k] = np.minimum(room[0] * norm[:k], 0.0), np.maximum(room[1] * norm[:k], 0.0)
    A = A / norm
    length = np.linalg.norm(A, axis=0).max(initial=0.0)
    slope = A.T @ target
    slope[((slope > 0) & (high == 0)) | ((slope < 0) & (low == 0))] = 0.0
    size = np.linalg.norm(target)
    if not np.isfinite(length * size) or not np.abs(slope).max(initial=0.0) > ROUNDING * length * size:
        return np.zeros(len(norm))
    target = np.concatenate((target, np.zeros(k)))
    for ridge in ridges:
        ridged = np.vstack((A, ridge * length * np.eye(k, len(norm))))
        found = lsq_linear(ridged, target, bounds=(low, high), method="bvls", tol=1e-15)
        c = found.x / norm
        image = ridged @ found.x
        if image @ target > 0.5 * (image @ image) and np.linalg.norm(M @ c) > 0.1 * DEPENDENT * np.linalg.norm(found.x):
            return c
    return np.zeros(len(norm))


def settle(fit, status, l1, l2, tol):
    """The columns without penalty at their optimum, the others held, where a point ended above its tolerance.

    Sweeps may need thousands of rounds for them, and where one has no bound on a side, any slope left of it makes the
    gap useless. Returns the status.
    """
    if status == Status.CONVERGED or len(fit.quadratic.limits) == 0 and (l1 > 0.0 or l2 > 0.0):
        return status
    for _ in range(ROUNDS):
        rows = _movable(fit.active[: fit.work.counts[ROWS]], l1, l2)
        if len(rows) == 0:
            break
        if fit.work.counts[MODE] == DIRECT:
            fit.leave_factor()
        before = fit.work.values[GAP]
        fit.polish(rows)
        violators, _ = fit.certify(l1, l2, l1, tol)
        if fit.work.values[GAP] <= tol:
            return Status.CONVERGED
        if violators == 0 and not fit.work.values[GAP] < before:
            break
        fit.load(violators, l2)
    return status


def _movable(active, l1, l2):
    """Rows without penalty that their bounds allow to follow their correlation."""
    free = (l1 * active["factor"] == 0.0) & (l2 * active["factor"] == 0.0)
    edge = np.where(active["correlation"] > 0.0, active["upper"], active["lower"])
    return np.flatnonzero(free & (active["coef"] != edge) & (active["upper"] > active["lower"]))


def polish(fit, rows):
    """End the fit of these active rows by least squares, where that lowers the objective."""
    rows, Z = _independent(fit, rows)
    if len(rows) == 0:
        return
    held, M = fit.active[rows], np.column_stack((Z, fit.quadratic.basis.T))

    def move(coefs):
        fit.active["coef"][rows] = np.clip(coefs, held["lower"], held["upper"])
        fit.run(refresh_residual, fit.store, fit.active, fit.quadratic, fit.work)

    for _ in range(NEWTON_STEPS):
        before, square = fit.active["coef"][rows], float(fit.work.residual @ fit.work.residual)
        room = held["lower"] - before, held["upper"] - before
        move(before + bounded_step(M, M, fit.work.residual, room)[: len(rows)])
        after = float(fit.work.residual @ fit.work.residual)
        if not after < square:
            move(before)
        if not after < (1 - ENOUGH) * square:
            return


def polish_loss(fit, rows):
    """The same for any loss: Newton steps between bounds.

    Where the fit diverges along directions of little curvature, further steps leave these alone.
    """
    rows, Z = _independent(fit, rows)
    if len(rows) == 0:
        return
    M = np.column_stack((Z, fit.quadratic.basis.T))
    fit.at.change[:] = 0.0
    for first in range(len(RIDGES)):
        if _newton_between_bounds(fit, rows, M, RIDGES[first:], MORE_STEPS if first else NEWTON_STEPS):
            return


def _newton_between_bounds(fit, rows, M, ridges, steps):
    """Newton steps along the columns of M, the first of which are those of `rows`; False when they end in the open."""
    at, work, root, held = fit.at, fit.work, fit.quadratic.root, fit.active[rows]
    for _ in range(steps):
        active = fit.active[: work.counts[ROWS]]
        fit.before[: len(active)] = active["coef"]
        room = held["lower"] - active["coef"][rows], held["upper"] - active["coef"][rows]
        c = bounded_step(M, *_newton_model(fit, M), room, ridges)
        np.divide(M @ c, root, out=at.change, where=root > 0)
        share = min(1.0, FARTHEST / max(np.abs(at.change).max(), FARTHEST))
        np.multiply(at.change, share, out=at.change)
        change, residual = root * at.change, work.residual
        gain = change @ residual
        if not gain > ENOUGH * np.linalg.norm(change) * np.linalg.norm(residual):
            return True
        if gain <= ENOUGH * abs(fit.value) and np.abs(at.change).max() > LONG:
            return False  # far to go for nothing: it diverges
        active["coef"][rows] = np.clip(active["coef"][rows] + share * c[: len(rows)], held["lower"], held["upper"])
        fit.move(0.0, 0.0)
        if at.values[LENGTH] == 0.0:
            return True
    return False


def _newton_model(fit, M):
    """(A, target): the Newton step along the columns of M (n, m) minimises |A c - target|."""
    at, residual = fit.at, fit.work.residual
    if fit.diagonal:
        seen = fit.quadratic.root > 0
        bend = np.sqrt(at.curvature[seen])
        return bend[:, None] * M[seen], residual[seen] / bend
    H, most = np.empty(M.shape), len(at.images)
    for first in range(0, M.shape[1], most):
        block = M[:, first : first + most].T
        at.images[: len(block)] = block
        fit.run(fit.hessian_times, fit.loss, at, fit.quadratic.root, len(block), first == 0)
        H[:, first : first + most] = at.products[: len(block)].T
    at.counts[HESSIAN] = 0  # its factor was of an earlier one
    H = M.T @ H
    if not np.isfinite(H).all():
        return np.zeros((1, len(H))), np.zeros(1)
    values, vectors = np.linalg.eigh(H)
    kept = values > FLAT * max(values.max(initial=0.0), 1e-300)
    bend = np.sqrt(values[kept])
    return bend[:, None] * vectors[:, kept].T, vectors[:, kept].T @ (M.T @ residual) / bend
