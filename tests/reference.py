"""Naive NumPy truth for the Gaussian family: objective, KKT residual, duality gap, null model, alpha_max,
slow solver.

Dense, explicitly standardised, for small problems; uses nothing of the package. Definitions as in the
documentation:

    1/W sum_i w_i (y_i - o_i - b0 - x_i'b)^2 / 2 + alpha sum_j pf_j (l1_ratio |s_j b_j| + (1 - l1_ratio)/2
    (s_j b_j)^2)

with s_j the weighted population standard deviation of column j (standardize=True) or 1, and lower_j <= b_j <=
upper_j.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import scipy.sparse as sp
from scipy.optimize import minimize_scalar


@dataclass
class Reference:
    """One problem. Inner space: columns centred (with an intercept) and divided by s_j; c_j = s_j b_j."""

    X: np.ndarray
    y: np.ndarray
    l1_ratio: float = 1.0
    sample_weight: np.ndarray | None = None
    offset: np.ndarray | None = None
    penalty_factor: np.ndarray | None = None
    lower: np.ndarray | float | None = None
    upper: np.ndarray | float | None = None
    fit_intercept: bool = True
    standardize: bool = True

    def __post_init__(self):
        X = self.X.toarray() if sp.issparse(self.X) else np.asarray(self.X)
        X, y = X.astype(float), np.asarray(self.y, dtype=float)
        n, p = X.shape
        w = np.ones(n) if self.sample_weight is None else np.asarray(self.sample_weight, dtype=float)
        X, y, o = (
            X[w > 0],
            y[w > 0],
            (np.zeros(n) if self.offset is None else np.asarray(self.offset, float))[w > 0],
        )
        self.w = w[w > 0] / w.sum()
        first = X[0]
        moved = X - first  # a constant column becomes exactly 0
        self.mean = first + self.w @ moved
        sd = np.sqrt(self.w @ (moved - self.w @ moved) ** 2)
        self.s = np.where(sd > 0, sd, 1.0) if self.standardize else np.ones(p)
        self.pf = np.ones(p) if self.penalty_factor is None else np.array(self.penalty_factor, dtype=float)
        lower = np.broadcast_to(-np.inf if self.lower is None else self.lower, p)
        upper = np.broadcast_to(np.inf if self.upper is None else self.upper, p)
        self.low, self.high = lower * self.s, upper * self.s
        self.out = np.isinf(self.pf) | ((self.low == 0) & (self.high == 0))
        if self.standardize:
            self.out = self.out | (sd == 0)  # a constant column cannot be standardised: left out
        self.pf = np.where(np.isinf(self.pf), 0.0, self.pf)
        target = y - o
        self.center = 0.0
        if self.fit_intercept:  # a constant target becomes exactly 0
            self.center = target[0] + self.w @ (target - target[0])
        self.Z = (moved - self.w @ moved if self.fit_intercept else X) / self.s
        moved_target = target - target[0]
        self.t = moved_target - self.w @ moved_target if self.fit_intercept else target
        self.Xraw, self.target = X, target

    # --- the problem in inner space: residual r = t - level - Z c
    def inner(self, b0, b):
        """Coefficients and intercept of the centred problem."""
        b = np.asarray(b, dtype=float)
        level = b0 + (self.mean @ b if self.fit_intercept else 0.0) - self.center
        return level, b * self.s

    def penalty(self, c, alpha):
        l1, l2 = alpha * self.l1_ratio * self.pf, alpha * (1 - self.l1_ratio) * self.pf
        return float(np.sum(l1 * np.abs(c) + 0.5 * l2 * c * c))

    def objective(self, b0, b, alpha):
        level, c = self.inner(b0, b)
        return 0.5 * float(self.w @ (self.t - level - self.Z @ c) ** 2) + self.penalty(c, alpha)

    # --- null model and alpha_max
    def null_model(self):
        """Inner coefficients of the unpenalised columns alone, and the objective of that fit."""
        c = self._descend(np.zeros(len(self.s)), 0.0, self.pf == 0)
        return c, 0.5 * float(self.w @ (self.t - self.Z @ c) ** 2)

    @property
    def null_objective(self):
        return self.null_model()[1]

    def alpha_max(self):
        """Smallest alpha at which the null model is optimal (ridge: that of l1_ratio = 1e-3)."""
        c, _ = self.null_model()
        g = self.Z.T @ (self.w * (self.t - self.Z @ c))
        g = np.where(((g > 0) & (self.high > 0)) | ((g < 0) & (self.low < 0)), np.abs(g), 0.0)
        penalised = (self.pf > 0) & ~self.out
        if not penalised.any():
            return 0.0
        return float(np.max(g[penalised] / self.pf[penalised])) / max(self.l1_ratio, 1e-3)

    # --- the slow solver
    def _descend(self, c, alpha, move, sweeps=4000, tol=1e-13):
        """Coordinate descent over the columns `move`, with an exact solve on the free active columns when
        signs settle.
        """
        c, w, Z = c.copy(), self.w, self.Z
        square = w @ Z**2
        columns = np.flatnonzero(move & ~self.out & (square > 0))
        l1, l2 = alpha * self.l1_ratio * self.pf, alpha * (1 - self.l1_ratio) * self.pf
        r = self.t - Z @ c
        size = np.sqrt(square) * np.sqrt(max(w @ self.t**2, 1e-300))

        def objective(c):
            return 0.5 * (w @ (self.t - Z @ c) ** 2) + self.penalty(c, alpha)

        for sweep in range(sweeps):
            change = 0.0
            for j in columns:
                u = Z[:, j] @ (w * r) + square[j] * c[j]
                new = np.sign(u) * max(abs(u) - l1[j], 0.0) / (square[j] + l2[j])
                new = min(max(new, self.low[j]), self.high[j])
                if new != c[j]:
                    change = max(change, abs(new - c[j]) * size[j])
                    r += Z[:, j] * (c[j] - new)
                    c[j] = new
            if sweep % 5 == 4:
                r = self.t - Z @ c
                A = columns[(c[columns] > self.low[columns]) & (c[columns] < self.high[columns])]
                A = A[(c[A] != 0) | (l1[A] == 0)]
                if len(A):
                    rest = self.t - Z @ np.where(np.isin(np.arange(len(c)), A), 0.0, c)
                    root = np.sqrt(w)[:, None]
                    stacked = np.vstack([root * Z[:, A], np.diag(np.sqrt(l2[A]))])
                    gram = stacked.T @ stacked
                    trial = c.copy()
                    trial[A] = np.linalg.lstsq(gram, Z[:, A].T @ (w * rest) - l1[A] * np.sign(c[A]), rcond=1e-13)[0]
                    same = np.all((np.sign(trial[A]) == np.sign(c[A])) | (l1[A] == 0))
                    same &= np.all((trial[A] >= self.low[A]) & (trial[A] <= self.high[A]))
                    if same and objective(trial) <= objective(c):
                        c = trial
                        r = self.t - Z @ c
                if np.all(self._violation(c, r, l1, l2)[columns] <= tol * size[columns]):
                    break
            if change <= 1e-15 * (w @ self.t**2):  # rounding
                break
        return c

    def solve(self, alpha):
        """(intercept, coefs) on the scale of the data, to about 1e-13."""
        c = self._descend(np.zeros(len(self.s)), alpha, np.ones(len(self.s), dtype=bool))
        b = c / self.s
        return (float(self.center - self.mean @ b) if self.fit_intercept else 0.0), b

    # --- optimality
    def _violation(self, c, r, l1, l2):
        """Distance of z_j = <z_j, r> - l2 c_j to l1 d|c_j| + normal cone of [low_j, high_j]."""
        z = self.Z.T @ (self.w * r) - l2 * c
        below = np.where(c > 0, l1, -l1)
        above = np.where(c < 0, -l1, l1)
        below = np.where(c <= self.low * (1 - 1e-12), -np.inf, below)
        above = np.where(c >= self.high * (1 - 1e-12), np.inf, above)
        return np.where(self.out, 0.0, np.maximum(0.0, np.maximum(below - z, z - above)))

    def kkt_residual(self, b0, b, alpha):
        """Largest violation over columns and intercept, each over (column norm * null residual norm)."""
        level, c = self.inner(b0, b)
        r = self.t - level - self.Z @ c
        l1, l2 = alpha * self.l1_ratio * self.pf, alpha * (1 - self.l1_ratio) * self.pf
        norm = np.sqrt(self.w @ self.Z**2)
        v = self._violation(c, r, l1, l2)
        worst = max(np.max(v[norm > 0] / norm[norm > 0], initial=0.0), abs(self.w @ r) if self.fit_intercept else 0.0)
        scale = np.sqrt(2 * self.null_objective)
        return 0.0 if worst == 0 else worst / scale

    def gap(self, b0, b, alpha):
        """(P - D) / P0 with the residual refitted on the unpenalised part, scaled to its best dual value."""
        primal = self.objective(b0, b, alpha)
        _, c = self.inner(b0, b)
        l1, l2 = alpha * self.l1_ratio * self.pf, alpha * (1 - self.l1_ratio) * self.pf
        unpenalised = (l1 == 0) & (l2 == 0) & ~self.out
        theta = self.t - self.Z @ self._descend(c, 0.0, unpenalised) if unpenalised.any() else self.t - self.Z @ c
        if self.fit_intercept:
            theta = theta - self.w @ theta
        g = self.Z.T @ (self.w * theta)
        norm = np.sqrt((self.w @ self.Z**2) * (self.w @ theta**2))
        g = np.where(self.out | (unpenalised & (np.abs(g) <= 1e-11 * norm)), 0.0, g)
        edge = np.where(g > 0, self.high, -self.low)
        linear, square = self.w @ (theta * self.t), self.w @ theta**2
        hard = (l2 == 0) & np.isinf(edge) & (g != 0)
        largest = min(
            np.min(l1[hard] / np.abs(g[hard]), initial=np.inf),
            max(linear, 0.0) / square if square > 0 else 0.0,
        )

        def dual(s):
            value = s * linear - 0.5 * s * s * square
            for j in np.flatnonzero(np.abs(s * g) > l1 * (1 + 1e-14)):
                x = min((abs(s * g[j]) - l1[j]) / l2[j] if l2[j] > 0 else np.inf, edge[j])
                value -= x * (abs(s * g[j]) - l1[j] - 0.5 * l2[j] * x)
            return value

        best = max(dual(largest), dual(min(1.0, largest)), 0.0)
        if largest > 0:
            found = minimize_scalar(
                lambda s: -dual(s), bounds=(0.0, largest), method="bounded", options={"xatol": 1e-12}
            )
            best = max(best, -found.fun)
        P0 = self.null_objective
        return (primal - best) / P0 if P0 > 0 else (0.0 if primal == best else np.inf)
