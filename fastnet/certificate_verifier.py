"""Objective, KKT residual and duality gap of given coefficients: the mathematics behind `fastnet.verify`.

For weights omega_i = w_i / W, linear predictor eta_i = o_i + b0 + x_i'b and penalties p_j (with their box),

    P(b0, b)  = sum_i omega_i f(y_i, eta_i) + sum_j p_j(b_j)
    D(theta)  = -sum_i omega_i (theta_i o_i + f*(y_i, -theta_i)) - sum_j p_j*(<x_j, theta>),

with <u, v> = sum_i omega_i u_i v_i and <1, theta> = 0 when there is an intercept. Fenchel: D(theta) <= min P
for every theta, so P - D bounds the distance to the optimum. theta is s times the residual -f'(y, eta) left
after the unpenalised part was refitted (for least squares: the residual projected off the unpenalised
columns), s the best in [0, s_max]. Everything is computed in units that are powers of two of y and of each
column, so nothing overflows. Cox, whose loss is no such sum over rows: see `fastnet.certificate_cox`.
"""

from __future__ import annotations

import numpy as np
from scipy.linalg import solve_triangular

from fastnet.certificate_columns import Columns, power_of_two, root_mean_square
from fastnet.certificate_math import Penalty, dual_value, independent, refit, stationarity

_CELLS = 6_000_000  # numbers per work array: about 50 MB, whatever the size of the problem
_ROUNDING = 2e-9  # |<x_j, theta>| / (|x_j| |theta|) that counts as 0 for a column without penalty
_CONSTANT = 1e-14  # share of the size of y below which its deviations are rounding: to the fit it is then constant
_LOOSE = 1e-5  # share of that which a refit may leave before other dual points are looked at as well
_RANK = 1e-15  # a direction of the unpenalised part shorter than this share of the longest is rounding

_LEAST_NULL = 1e-10  # a null deviance below this share of that of a constant is rounding


class Verifier:
    """One problem in scaled units: b~_j = b_j unit_j / y_unit; least squares: (eta - y_shift) / y_unit."""

    def __init__(self, problem, make_objective, l1_ratio: float, fit_intercept: bool, standardize: bool):
        n, p = problem.X.shape
        weight = np.ones(n) if problem.sample_weight is None else problem.sample_weight
        weight = weight / np.max(weight)
        weight = weight / weight.sum()  # 0 too where it underflows beside the others
        rows = None if np.all(weight > 0) else np.flatnonzero(weight > 0)
        keep = slice(None) if rows is None else rows
        self.l1_ratio = l1_ratio
        self.omega = weight[keep]
        y = problem.y[keep].astype(np.float64)
        self.objective = make_objective(y, keep, self.omega)
        self.fit_intercept = bool(fit_intercept) and self.objective.intercept
        center = bool(fit_intercept) or not self.objective.intercept  # shifts do not matter where none can be fitted
        self.columns = Columns(problem.X, rows, self.omega, center)
        self.offset = np.zeros(len(y)) if problem.offset is None else problem.offset[keep]
        self.y_shift, self.y_unit = 0.0, 1.0
        self.offset_level, size = 0.0, 0.0
        if center:  # the intercept's business, or nobody's (Cox), and of no use to rounding
            self.offset_level = float(self.omega @ self.offset)
        if self.objective.quadratic:  # only y - offset matters, in any unit
            y, self.offset, self.offset_level = y - self.offset, np.zeros(len(y)), 0.0
            size = np.max(np.abs(y))
            self.y_shift = float(y[0]) if self.fit_intercept else 0.0
            y = y - self.y_shift
            self.y_unit = float(power_of_two(np.max(np.abs(y))))
            self.objective = make_objective(y / self.y_unit, keep, self.omega)
        self.offset = self.offset - self.offset_level
        self.noise = (_CONSTANT * size / self.y_unit) ** 2  # a null objective below this is rounding of y
        self._scale_penalty(problem, standardize)
        self._fit_null()

    def _scale_penalty(self, problem, standardize):
        """Factors and bounds in scaled units; the column scale of the penalty is its deviation or 1."""
        columns, p = self.columns, self.columns.p

        def given(values, default):
            return np.full(p, default) if values is None else np.asarray(values, dtype=np.float64)

        factor = given(problem.penalty_factor, 1.0)
        lower, upper = given(problem.lower, -np.inf), given(problem.upper, np.inf)
        self.excluded = np.isinf(factor) | ((lower == 0) & (upper == 0))
        if standardize and not columns.center:
            self.excluded |= columns.constant
        self.factor = np.where(np.isinf(factor), 0.0, factor)
        self.scale = columns.spread if standardize else 1.0 / columns.unit
        self.lower, self.upper = lower * columns.unit / self.y_unit, upper * columns.unit / self.y_unit
        self.live = (columns.norm > 0) & ~self.excluded
        self.unpenalised = self._without_dependent(np.flatnonzero(self.live & (self.factor * self.scale == 0)))

    def _without_dependent(self, columns):
        """Unpenalised `columns`, less those that depend on others without bounds: `enet_path` leaves them out."""
        if len(columns) == 0:
            return columns
        Z, norm = self._basis(columns)
        first = len(norm) - len(columns)
        open_ = np.isinf(self.lower[columns]) & np.isinf(self.upper[columns])
        kept = independent(np.sqrt(self.omega)[:, None] * Z, np.concatenate((np.ones(first, bool), open_)))
        return columns[kept[first:]]

    def _penalty(self, alpha: float) -> Penalty:
        strength = alpha * self.l1_ratio / self.y_unit
        with np.errstate(over="ignore"):
            l1 = strength * self.scale * self.factor
            l2 = alpha * (1 - self.l1_ratio) * self.scale * self.scale * self.factor
        return Penalty(l1, l2, self.lower, self.upper, self.excluded)

    def _basis(self, free: np.ndarray):
        """Intercept and the columns `free` as (n, k), each of weighted norm 1, with their norms."""
        if len(free) * len(self.omega) > 20 * _CELLS:
            raise ValueError(
                f"verify would need a dense {len(self.omega)} x {len(free)} array for the unpenalised columns; "
                "leave out alpha=0, or give penalty_factor=0 to fewer columns"
            )
        norm = self.columns.norm[free]
        Z = self.columns.dense_columns(free) / norm
        if self.fit_intercept:
            Z, norm = np.column_stack([np.ones(len(self.omega)), Z]), np.concatenate([[1.0], norm])
        return Z, norm

    def _refitted(self, eta: np.ndarray, B: np.ndarray, free: np.ndarray) -> np.ndarray:
        """eta (n, K) after a refit of the intercept and the columns `free`, within the bounds (B now)."""
        Z, norm = self._basis(free)
        first = len(norm) - len(free)
        low, high = np.full((len(norm), B.shape[1]), -np.inf), np.full((len(norm), B.shape[1]), np.inf)
        low[first:] = (self.lower[free, None] - B[free]) * norm[first:, None]
        high[first:] = (self.upper[free, None] - B[free]) * norm[first:, None]
        args = self.objective, self.offset
        unbounded = np.isinf(low).all(axis=1) & np.isinf(high).all(axis=1)
        if free is self.unpenalised and unbounded.any():  # they are independent: any basis of their span will do
            root = np.sqrt(self.omega)[:, None]
            for _ in range(2):  # by the triangle: the rows of Q / root that have hardly any weight would be rounding
                triangle = np.linalg.qr(root * Z[:, unbounded], mode="r")
                Z[:, unbounded] = solve_triangular(triangle, Z[:, unbounded].T, trans="T").T
        if self.objective.quadratic and unbounded.all():
            return refit(*args, eta, Z, low[:, 0], high[:, 0])
        low, high = np.minimum(low, 0.0), np.maximum(high, 0.0)  # b may miss its bound by rounding
        eta = np.column_stack([refit(*args, eta[:, k], Z, low[:, k], high[:, k]) for k in range(B.shape[1])])
        for k in range(B.shape[1]) if unbounded.any() else ():  # what has no bound once more, by slopes: they tell more
            eta[:, k] = refit(*args, eta[:, k], Z[:, unbounded], -np.inf, np.inf)
        return eta

    def _residual(self, eta):
        return self.objective.residual(self.offset[:, None] + eta)

    def _value(self, eta) -> np.ndarray:
        return self.objective.value(self.offset[:, None] + eta)

    def _fit_null(self):
        zero = np.zeros((len(self.omega), 1))
        eta = self._refitted(zero, np.zeros((self.columns.p, 1)), self.unpenalised)
        theta = self._residual(eta)[:, 0]
        saturated = self.objective.dual(self.offset + eta[:, 0], np.zeros_like(theta), self.offset)(0.0)
        self.null = float(self._value(eta)[0]) - saturated
        if not self.objective.quadratic and len(self.unpenalised):
            constant = np.ones((len(self.omega), int(self.objective.intercept)))
            plain = self._value(refit(self.objective, self.offset, zero[:, 0], constant, -np.inf, np.inf)[:, None])[0]
            self.noise = max(self.noise, _LEAST_NULL * (float(plain) - saturated))
        self.null_norm = root_mean_square(self.omega, theta)
        size = self._value(zero)[0] if self.objective.quadratic else 0.0
        self.noise = max(self.noise, (4 * np.finfo(float).eps) ** 2 * float(size))

    def run(self, coefs, intercepts, alphas) -> dict:
        """The fields of `Certificate`."""
        K = len(alphas)
        out = {name: np.empty(K) for name in ("gaps", "objectives", "dual_objectives", "kkt_residuals")}
        out["feasible"] = np.empty(K, dtype=bool)
        width = max(1, _CELLS // max(self.columns.p, len(self.omega)))
        for zero in (False, True):  # alpha = 0 leaves every column without penalty: another refit
            points = np.flatnonzero((alphas == 0) == zero)
            free = np.flatnonzero(self.live) if zero else self.unpenalised
            for start in range(0, len(points), width):
                k = points[start : start + width]
                for name, values in self._run_block(coefs[:, k], intercepts[k], alphas[k], free).items():
                    out[name][k] = values
        unit = self.y_unit
        out["objectives"] = out["objectives"] * unit * unit
        out["dual_objectives"] = out["dual_objectives"] * unit * unit
        return {"alphas": alphas, "null_objective": self.null * unit * unit} | out

    def _run_block(self, coefs, intercepts, alphas, free):
        # 1. linear predictor and primal objective, at the coefficients as given
        columns = self.columns
        B = coefs.toarray() * columns.unit[:, None] / self.y_unit
        eta = columns.times(B)
        if self.objective.intercept:
            eta = eta + columns.level(intercepts / self.y_unit, (self.y_shift - self.offset_level) / self.y_unit, B)
        penalties = [self._penalty(alpha) for alpha in alphas]
        primal = self._value(eta) + [penalty.value(B[:, k]) for k, penalty in enumerate(penalties)]
        primal[np.isnan(primal)] = np.inf
        feasible = [self._is_feasible(B[:, k], intercepts[k]) for k in range(len(alphas))]
        theta = self._residual(eta)
        far = ~np.isfinite([self._rounding(eta[:, k], theta[:, k], B[:, k]).sum() for k in range(len(alphas))])
        if far.any():  # the loss or its slopes overflow: any dual point is a bound, that of no coefficients is taken
            B, eta = np.where(far, 0.0, B), np.where(far, 0.0, eta)
            theta = self._residual(eta)
        # 2. correlations of every column with the residual, as given and after the refit
        g = columns.dot(self.omega[:, None] * theta)
        eta_refitted = self._refitted(eta, B, free)
        refitted = self._residual(eta_refitted)
        g_refitted = columns.dot(self.omega[:, None] * refitted)
        # 3. dual objective, gap, optimality conditions
        bounded = bool(np.isfinite(self.lower[free]).any() or np.isfinite(self.upper[free]).any())
        out = {"gaps": [], "objectives": primal, "dual_objectives": [], "kkt_residuals": [], "feasible": feasible}
        for k, penalty in enumerate(penalties):
            points = [(eta_refitted[:, k], refitted[:, k], g_refitted[:, k])]
            given = eta[:, k], theta[:, k], g[:, k]
            at = eta_refitted[:, k], refitted[:, k], B[:, k]
            if self._unbalanced(*at) or np.any(np.abs(g_refitted[free, k]) > _LOOSE * self._rounding(*at)[free]):
                points += self._other_points(points[0], given, B[:, k], free)
            elif bounded and not self._unbalanced(*given[:2], B[:, k]):  # feasible as it is, it may be better
                points.append(given)
            dual = max(self._dual(*point, B[:, k], penalty) for point in points)
            violation = np.divide(penalty.violations(g[:, k], B[:, k]), columns.norm, out=np.zeros(columns.p),
                                  where=columns.norm > 0)  # fmt: skip
            worst = max(np.max(violation), abs(self.omega @ theta[:, k]) if self.fit_intercept else 0.0)
            out["dual_objectives"].append(dual)
            out["gaps"].append(self._gap(primal[k] - dual) if feasible[k] else np.inf)
            if far[k] or self.null_norm == 0:
                out["kkt_residuals"].append(0.0 if worst == 0 and not far[k] else np.inf)
            else:
                out["kkt_residuals"].append(worst / self.null_norm)
        return out

    def _dual(self, eta, theta, g, b, penalty):
        rounding = self._rounding(eta, theta, b)
        if not self.objective.convex:
            primal = self._value(eta[:, None])[0] + penalty.value(b)
            value = primal - stationarity(self.objective, self.offset + eta, theta, b, g, penalty, rounding)
        elif self._unbalanced(eta, theta, b):
            value = -np.inf
        else:
            value = dual_value(self.objective, self.offset, self.offset + eta, theta, g, penalty, rounding)
        return -np.inf if np.isnan(value) else value  # theta so long that its square overflows

    def _other_points(self, refitted, given, b, free):
        """More (eta, theta, g), for a refit that is not exact: what it was given; both theta less what is left of them
        along the free columns that are not at a bound.

        Any theta gives a bound. eta is rounded relative to y and to the columns, which may be far larger than theta.
        """
        as_given = [] if self._unbalanced(*given[:2], b) else [given]
        if not self.objective.any_residual:
            return as_given
        inside = free[(self.lower[free] < b[free]) & (b[free] < self.upper[free])]
        root = np.sqrt(self.omega)[:, None]
        basis, size, _ = np.linalg.svd(root * self._basis(inside)[0], full_matrices=False)
        basis = basis[:, size > _RANK * size.max(initial=0.0)]
        rest = root * np.column_stack([refitted[1], given[1]])
        for _ in range(2):
            rest -= basis @ (basis.T @ rest)
        rest /= root
        g = self.columns.dot(self.omega[:, None] * rest)
        return [*as_given, (refitted[0], rest[:, 0], g[:, 0]), (given[0], rest[:, 1], g[:, 1])]

    def _unbalanced(self, eta, theta, b) -> bool:
        """Whether <1, theta> is more than rounding although there is an intercept: theta is no dual point then."""
        size = root_mean_square(self.omega, eta)
        return self.fit_intercept and abs(self.omega @ theta) > self._slack(eta, theta, b, size)

    def _rounding(self, eta, theta, b):
        """<x_j, theta> of each column that counts as 0 where there is no penalty."""
        return self.columns.norm * self._slack(eta, theta, b)

    def _slack(self, eta, theta, b, size=0.0):
        """A share of |theta|, and what theta moves by when the coefficients, and eta of this size, are rounded."""
        slip = 4 * np.finfo(float).eps * (float(self.columns.norm @ np.abs(b)) + size)
        return _ROUNDING * root_mean_square(self.omega, theta) + slip * self.objective.bend(self.offset + eta)

    def _gap(self, difference: float) -> float:
        if not np.isfinite(self.null + difference):
            return np.inf
        if abs(self.null) > self.noise:
            return max(difference, 0.0) / abs(self.null)
        return 0.0 if difference <= 100 * self.noise else np.inf

    def _is_feasible(self, b, intercept) -> bool:
        inside = (b >= self.lower * (1 + 1e-12)) & (b <= self.upper * (1 + 1e-12))  # lower <= 0 <= upper
        return bool(inside.all() and not b[self.excluded].any() and (self.fit_intercept or intercept == 0))
