"""Approximate leave-one-out along a path, from one factor of the active columns at each point.

Leaving out row i while the penalty stays, the linear predictor of that row moves, after one Newton step from the
solution with the signs of the coefficients held, by

    v_i f'_i / (1 - h_i),        v_i = omega_i z_i' M^-1 z_i,   h_i = v_i f''_i,
    M = Z' diag(omega f'') Z + alpha (1 - l1_ratio) P,

with omega = w / W, f the loss at the solution, Z the active columns (those at a bound excepted) and the intercept, and
P the penalty factors times the squared scales of the columns. For least squares this is exact as long as the same
columns stay active; ridge is always exact.

    Beirami, Razaviyayn, Shahrampour, Tarokh (2017), On optimal generalizability in parametric learning.
    Rad, Maleki (2020), A scalable estimate of the out-of-sample prediction error via approximate leave-one-out.
    Wang, Zhou, Maleki, Mirrokni (2018), Approximate leave-one-out for fast parameter tuning.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import scipy.linalg

from fastnet import blas
from fastnet.fitted import centred_columns, inside_bounds, linear_predictors, loss_of, problem_of_path
from fastnet.interpolation import decreasing

__all__ = ["LeaveOneOut", "leave_one_out"]

HIGH_LEVERAGE = 0.5  # h_i above which the step, more than doubled by 1 / (1 - h_i), is not to be trusted
TURNED = 0.1  # share of the active coefficients whose sign a row's step may turn
SHARE = 1 / 3  # of the weight in rows that turn more, above which a point is flagged
_BLOCK = 1024  # columns of X that are gathered together


@dataclass(frozen=True)
class LeaveOneOut:
    """What `leave_one_out` found at every point of a path."""

    alphas: np.ndarray  # (K,)
    predictors: np.ndarray  # (n, K) linear predictor of each row when it is left out, offset included
    deviances: np.ndarray  # (K,) weighted mean of the unit deviances there; for least squares squared errors
    ses: np.ndarray  # (K,) their standard errors
    leverages: np.ndarray  # (n, K) h_i, from 0 to 1
    doubtful: np.ndarray  # (n, K) bool: high leverage, or a step that turns the sign of many coefficients
    flags: np.ndarray  # (K,) bool: the mean is not to be trusted

    @property
    def alpha_min(self) -> float:
        """The alpha of the smallest deviance among the points without a flag."""
        if self.flags.all():
            raise ValueError("every point is flagged: leave-one-out cannot be approximated here; use fastnet.cv_path")
        order = decreasing(self.alphas)
        return float(self.alphas[order][np.argmin(np.where(self.flags, np.inf, self.deviances)[order])])


@blas.one_thread()
def leave_one_out(path, X, y) -> LeaveOneOut:
    """Approximate leave-one-out predictions and deviance of every point of a path, without another fit.

    Row i is left out of the sum of losses; the penalty and the scales of the columns stay as they are. In the units
    of the remaining rows that is the fit at alpha W / (W - w_i).

    Parameters
    ----------
    path : Path
    X, y : the data of the fit
        Weights, offset, penalty factors and bounds are those that the path remembers.

    Returns
    -------
    LeaveOneOut
        A row is doubtful where its leverage exceeds 1/2, or its step turns the sign of more than a tenth of the active
        coefficients. A point is flagged where any leverage exceeds 1/2, or more than a third of the weight lies in
        rows of the second kind. Columns that would enter are not looked for. In the tests the deviance of points
        without a flag is within 15 % of exact leave-one-out; ridge of least squares is exact.

    Raises
    ------
    ValueError
        For a relaxed path, and for a loss that is no sum over rows (Cox), not convex, or not known.

    Examples
    --------
    >>> import numpy as np, fastnet
    >>> rng = np.random.default_rng(0)
    >>> X = rng.standard_normal((60, 100))
    >>> y = X[:, 0] + 0.1 * rng.standard_normal(60)
    >>> path = fastnet.enet_path(X, y)
    >>> loo = fastnet.leave_one_out(path, X, y)
    >>> path.selected(loo.alpha_min)[0].item()
    0
    """
    if path.gamma != 1.0:
        raise ValueError(f"this path is relaxed (gamma={path.gamma:g}); pass the one that enet_path returned")
    loss = loss_of(path)
    if not loss.convex:
        raise ValueError(f"family={path.family!r} is not convex: use fastnet.cv_path")
    problem, weight = problem_of_path(path, X, y)
    ridge = _Ridge(path, problem, weight) if _all_columns(path, problem) else None
    eta = linear_predictors(path, problem)
    moved, leverages, turned = np.empty_like(eta), np.empty_like(eta), np.empty(eta.shape, bool)
    for k in range(len(path)):
        slope = -loss.residual(problem.y, eta[:, k])
        curvature = loss.curvature(problem.y, eta[:, k])
        v, turned[:, k] = _response(path, problem, weight, k, curvature, slope, ridge)
        leverages[:, k] = np.minimum(v * curvature, 1.0)
        with np.errstate(divide="ignore", invalid="ignore"):
            moved[:, k] = eta[:, k] + v * slope / (1.0 - leverages[:, k])
    high = (leverages > HIGH_LEVERAGE) | ~np.isfinite(moved)
    flags = high[weight > 0].any(axis=0) | (weight @ turned > SHARE)
    with np.errstate(over="ignore", invalid="ignore"):
        unit = 2.0 * (loss.value(problem.y[:, None], moved) + loss.conjugate(problem.y, 0.0 * problem.y)[:, None])
        deviances = weight @ unit
        ses = np.sqrt(weight**2 @ (unit - deviances) ** 2)
    return LeaveOneOut(path.alphas, moved, deviances, ses, leverages, high | turned, flags)


def _response(path, problem, weight, k, curvature, slope, ridge):
    """(v, rows whose step turns the sign of too many coefficients) at point k."""
    root2 = weight * curvature
    alpha2 = path.alphas[k] * (1.0 - path.l1_ratio)
    ones = np.ones((len(weight), 1)) if path.fit_intercept else np.zeros((len(weight), 0))
    if ridge is not None:
        smoother = ridge.smoother(alpha2, root2)
        v, _ = _with_free_columns(smoother, np.diagonal(smoother), np.hstack((ones, ridge.free)), root2)
        return weight * v, np.zeros(len(weight), bool)
    part = path.coefs[:, [k]]
    columns, coefs = part.indices[part.data != 0], part.data[part.data != 0]
    inside = inside_bounds(problem, columns, coefs)
    Z, strength = centred_columns(path, problem, weight, columns[inside])
    solved = _solved(Z, root2, alpha2 * strength)  # M_b^-1 Z'
    if solved is None:
        return np.full(len(weight), np.inf), np.ones(len(weight), bool)
    diagonal = np.einsum("ij,ji->i", Z, solved)
    v, correction = _with_free_columns(_Product(Z, solved), diagonal, ones, root2)
    v = weight * v
    steps = solved - (solved @ (root2[:, None] * ones)) @ correction.T if path.fit_intercept else solved
    with np.errstate(divide="ignore", invalid="ignore"):
        steps = steps * (weight * slope / (1.0 - np.minimum(v * curvature, 1.0)))
    b = coefs[inside, None]
    turned = np.count_nonzero((b + steps) * b < 0, axis=0)
    return v, turned > TURNED * max(len(b), 1)


class _Product:
    """Z M^-1 Z' as two factors."""

    def __init__(self, Z, solved):
        self.Z, self.solved = Z, solved

    def __matmul__(self, other):
        return self.Z @ (self.solved @ other)


def _solved(Z, root2, strength):
    """(Z' diag(root2) Z + diag(strength))^-1 Z', or None where that matrix is singular."""
    M = Z.T @ (root2[:, None] * Z)
    M[np.diag_indices_from(M)] += strength
    size = np.sqrt(np.diagonal(M))
    if not np.all(size > 0):
        return None
    try:
        factor = scipy.linalg.cho_factor(M / size / size[:, None], lower=True)
    except np.linalg.LinAlgError:
        return None
    return scipy.linalg.cho_solve(factor, Z.T / size[:, None]) / size[:, None] if len(size) else Z.T.copy()


def _with_free_columns(Q, diagonal, U, root2):
    """Diagonal of the smoother with the unpenalised columns U added, and (n, q) what U takes of each row's step.

    With D = diag(root2):  diag(Q) + rows of (I - Q D) U (U'D U - U'D Q D U)^-1 ((I - Q D) U)'.
    """
    if U.shape[1] == 0:
        return diagonal, U
    DU = root2[:, None] * U
    rest = U - Q @ DU
    schur = DU.T @ rest
    correction = rest @ np.linalg.pinv(schur)
    return diagonal + np.einsum("ij,ij->i", rest, correction), correction


def _all_columns(path, problem) -> bool:
    return path.l1_ratio == 0 and problem.lower is None and problem.upper is None


class _Ridge:
    """All columns are active: through the n x n matrix sum_j z_j z_j' / strength_j, built once in blocks."""

    def __init__(self, path, problem, weight):
        n, p = problem.X.shape
        self.kernel, free = np.zeros((n, n)), []
        for start in range(0, p, _BLOCK):
            columns = np.arange(start, min(p, start + _BLOCK))
            Z, strength = centred_columns(path, problem, weight, columns)
            live = np.isfinite(strength) & (weight @ Z**2 > 0)
            free.append(Z[:, live & (strength == 0)])
            Z = Z[:, live & (strength > 0)] / np.sqrt(strength[live & (strength > 0)])
            self.kernel += Z @ Z.T
        self.free = np.concatenate(free, axis=1)

    def smoother(self, alpha2, root2):
        """Q = K (I + D K)^-1 with K = kernel / alpha2, D = diag(root2)."""
        n = len(self.kernel)
        root = np.sqrt(root2)
        inner = root[:, None] * self.kernel * root
        inner[np.diag_indices(n)] += alpha2
        solved = scipy.linalg.cho_solve(scipy.linalg.cho_factor(inner, lower=True), root[:, None] * self.kernel)
        return (self.kernel - (self.kernel * root) @ solved) / alpha2
