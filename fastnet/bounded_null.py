"""Unpenalised columns between bounds: the end of a null model by an orthogonal method.

Sweeps and factors work with inner products, which square the condition of the columns: those of size 1e8 that differ by
1 (no intercept), or nearly equal ones, they cannot tell apart. Least squares between bounds on the columns themselves
can. It wants them dense, so it is left out where they are many.

    Stark and Parker (1995), Bounded-variable least squares.
"""

import numpy as np
from scipy import sparse
from scipy.optimize import lsq_linear

from .designs import CSCDesign
from .solvers.certify import refresh_residual
from .solvers.predictor import LENGTH
from .units import DEPENDENT

MOST_CELLS = 4_000_000  # numbers in the columns, 32 MB
NEWTON_STEPS = 50
ENOUGH = 1e-13  # a step expected to lower the objective by less than this share of it is rounding


def weighted_columns(units, columns):
    """(n, k) columns in weighted space, or None where they are too many to be held dense."""
    design, root = units.design, units.quadratic.root
    if len(root) * (len(columns) + len(units.quadratic.basis)) > MOST_CELLS:
        return None
    if isinstance(design, CSCDesign):
        X = sparse.csc_array((design.data, design.indices, design.indptr), shape=design.matrix_size()[:2])
        Z = X[:, columns].toarray().astype(float)
    else:
        Z = design.columns[columns].T.astype(float)
    return root[:, None] * ((Z - design.center[columns]) * design.inv_scale[columns])


def bounded_step(Z, basis, residual, curvature, room, damping=0.0):
    """Least squares between bounds: the step (k,) and what it changes in weighted space (n,).

    Minimises |sqrt(curvature) (Z step + basis' c) - residual / sqrt(curvature)| over step and c, with
    room[0] <= step <= room[1]. With damping the columns of Z, of length 1, have a ridge of it: directions in which they
    cancel to that share are left alone.
    """
    root = np.sqrt(curvature)
    A = np.column_stack((Z, basis.T))
    norm = np.linalg.norm(A, axis=0)
    norm[norm == 0.0] = 1.0
    low, high = np.full(A.shape[1], -np.inf), np.full(A.shape[1], np.inf)
    k = Z.shape[1]
    low[:k], high[:k] = np.minimum(room[0] * norm[:k], 0.0), np.maximum(room[1] * norm[:k], 0.0)
    scaled, target = root[:, None] * (A / norm), residual / root
    if damping > 0.0:
        length = np.linalg.norm(scaled, axis=0).max()
        scaled = np.vstack((scaled, damping * length * np.eye(k, A.shape[1])))
        target = np.concatenate((target, np.zeros(k)))
    found = lsq_linear(scaled, target, bounds=(low, high), method="bvls", tol=1e-15)
    change = found.x / norm
    return change[:k], A @ change


def polish_null(fit, columns):
    """End the null model of least squares, its active rows being `columns`, where that lowers its objective."""
    Z = weighted_columns(fit.units, columns)
    if Z is None:
        return
    rows, flat = fit.active[: len(columns)], np.ones(len(fit.work.residual))

    def move(coefs):
        rows["coef"] = np.clip(coefs, rows["lower"], rows["upper"])
        fit.run(refresh_residual, fit.store, fit.active, fit.quadratic, fit.work)

    for _ in range(2):  # the second step removes what rounding left of the first
        before, square = rows["coef"].copy(), float(fit.work.residual @ fit.work.residual)
        room = rows["lower"] - before, rows["upper"] - before
        step, _ = bounded_step(Z, fit.quadratic.basis, fit.work.residual, flat, room)
        move(before + step)
        if not float(fit.work.residual @ fit.work.residual) < square:
            move(before)
            return


def polish_loss_null(fit, columns):
    """The same for a loss with a diagonal Hessian: Newton steps between bounds."""
    Z = weighted_columns(fit.units, columns)
    if Z is None:
        return
    at, work, quadratic = fit.at, fit.work, fit.quadratic
    rows, root = fit.active[: len(columns)], quadratic.root
    seen = root > 0
    for _ in range(NEWTON_STEPS):
        fit.before[: len(rows)] = rows["coef"]
        room = rows["lower"] - rows["coef"], rows["upper"] - rows["coef"]
        step, change = bounded_step(
            Z[seen], quadratic.basis[:, seen], work.residual[seen], at.curvature[seen], room, DEPENDENT
        )
        if not change @ work.residual[seen] > ENOUGH * abs(fit.value):
            return
        rows["coef"] = np.clip(rows["coef"] + step, rows["lower"], rows["upper"])
        at.change[:] = 0.0
        at.change[seen] = change / root[seen]
        fit.move(0.0, 0.0)
        if at.values[LENGTH] == 0.0:
            return
