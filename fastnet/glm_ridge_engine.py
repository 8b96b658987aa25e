"""Ridge of any loss on wide data, or no penalty at all, in n dimensions instead of p.

With Z the weighted, standardised columns, projected off the unpenalised ones and divided by sqrt(penalty_factor), and
Z Z' = V diag(values) V', the optimal coefficients lie in the span of Z's rows: beta = Z'V diag(values)^-1/2 gamma, and

    loss(Z beta) + l2 |beta|^2 / 2  =  loss(F gamma) + l2 |gamma|^2 / 2,     F = V diag(values)^1/2   (n x r, r <= n).

So the same engine solves a problem of r columns. Its gap is that of all p columns but for what F misses of Z'r, r the
residual: that is read off X at every alpha, with the coefficients.

Without a penalty (l2 = 0) the columns of Z have norm 1 and F = V: any basis of the span will do. More columns than rows
then fit anything, be it with large coefficients, so that no direction of Z may be lost in the squares of Z Z': V comes
from the singular values of Z, where it is small enough. If F misses more than rounding the dual point is not feasible,
and only that at 0 gives a gap. The objective is that of the coefficients: eta is theirs, with their rounding.

    Hastie, Tibshirani (2004), Efficient quadratic regularization for expression arrays.
"""

import numpy as np
import scipy.linalg

from . import interrupts
from .designs import make_design, unscaled
from .engine import LONG_STRIDE, Point
from .glm_engine import GLMEngine
from .result import Status
from .solvers.certify import NEGLIGIBLE
from .solvers.ridge import BLOCK_CELLS, WeightedMatrix, _ridge_scale, _unit_scale
from .state import GAP, ITERATIONS, LIMITS, OBJECTIVE, ROWS, records

NOISE = 1e-12  # an eigenvalue below this share of the largest, or of the sum before projections, is rounding
RANK = 1e-10  # a singular value below this share of the largest, or of a column's norm, is rounding
MOST_ROWS = 3000  # eigenvalues of a larger matrix take minutes
ATTEMPTS = 3  # solutions, each to a tenth of the tolerance before, until the gap over all columns is small enough


def prefers_features(engine, l1_ratio, alphas):
    """True for a ridge, or an alpha of 0, of many columns: n x n matrices are then cheaper than the columns."""
    n, p, _ = engine.design.matrix_size()
    return (l1_ratio == 0.0 or np.any(np.equal(alphas, 0.0))) and n < p and n <= MOST_ROWS


class GLMRidgeEngine:
    """Same interface as `GLMEngine`, which it is made of; for alphas without L1 penalty, and no bounds."""

    def __init__(self, columns):
        """`columns`, a `GLMEngine`, has fitted the null model; it also solves alphas with an L1 penalty."""
        self.columns, self.units, self.null = columns, columns.units, columns.null
        self.features = self.beta = None
        self.stride = LONG_STRIDE  # few directions, no columns that come and go

    def _make_features(self, plain):
        """The problem in the directions of Z; `plain`: without a penalty, in any basis of them."""
        units = self.units
        self.matrix = WeightedMatrix(units, _unit_scale(units) if plain else _ridge_scale(units))
        self.plain = WeightedMatrix(units, np.ones(len(units.square)))
        self.vectors, values, self.back = _directions(self.matrix, plain)
        root = units.quadratic.root[:, None]
        self.scale = values if plain else np.sqrt(values)
        F = self.vectors if plain else self.vectors * self.scale
        F = np.divide(F, root, out=np.zeros(F.shape), where=root > 0)
        ones, none = np.ones(len(values)), np.empty(0, np.intp)
        design = make_design(np.asfortranarray(F), unscaled(len(values)))
        quadratic = units.quadratic._replace(limits=records(0, LIMITS))
        square = ones if plain else values
        features = units._replace(
            design=design, quadratic=quadratic, square=square, free=none, excluded=none, correlation=None
        )
        whole = self.columns
        self.features = GLMEngine(
            features, whole.loss, whole.at.offset * units.response, whole.traits.convex, whole.intercept
        )
        self.is_plain = plain

    def solve(self, alpha, l1_ratio, tol, max_iter):
        """Bring the state to one alpha; returns its status."""
        self.beta = None
        l1, l2 = self.units.penalties(alpha, l1_ratio)
        if l1 > 0.0 or self.null == 0.0:
            return self.columns.solve(alpha, l1_ratio, tol, max_iter)
        if self.features is None or self.is_plain != (l2 == 0.0):
            self._make_features(l2 == 0.0)
        status = Status.STALLED
        for attempt in range(ATTEMPTS):
            status = self.features.solve(alpha, l1_ratio, 0.5 * tol * 0.1**attempt, max_iter)
            self._read_coefficients(l2)
            if self.gap <= tol:
                return Status.CONVERGED
        return status if status != Status.CONVERGED else Status.STALLED

    def _read_coefficients(self, l2):
        """Coefficients of all columns, their objective, and the gap with what the features miss of Z'r."""
        features = self.features
        gamma = np.zeros(self.vectors.shape[1])
        rows = features.active[: features.work.counts[ROWS]]
        gamma[rows["column"]] = rows["coef"]
        residual = features.work.residual
        rest = residual - self.vectors @ (self.vectors.T @ residual)
        if self.back is None:
            both = np.column_stack([self.vectors @ (gamma / self.scale), rest])
            beta, missed = self.matrix.adjoint(both).T
        else:
            beta, missed = self.back @ gamma, self.matrix.adjoint(rest[:, None])[:, 0]
        self.beta = self.matrix.factor * beta
        self.image = self.plain.image(self.beta)
        self.value = self._value_of_image()
        with np.errstate(over="ignore"):
            if l2 > 0.0:
                penalty, more = 0.5 * l2 * float(beta @ beta), float(missed @ missed) / (2.0 * l2)
            else:
                penalty, more = 0.0, 2.0 * float(np.abs(missed) @ np.abs(beta))
        self.objective = self.value + penalty
        worse = self.objective - float(features.work.values[OBJECTIVE])
        self.gap = float(features.work.values[GAP]) + (worse + more) / self.null
        if l2 == 0.0 and np.abs(missed).max(initial=0.0) > NEGLIGIBLE * np.linalg.norm(residual):
            self.gap = (self.value - features.saturated) / self.null

    def _value_of_image(self):
        """The loss at the linear predictor that the coefficients have, the unpenalised part as it is."""
        features, quadratic = self.features, self.units.quadratic
        at, root = features.at, quadratic.root
        change = self.plain.project(self.image - root * (at.eta - at.offset))
        eta = at.eta + np.divide(change, root, out=np.zeros_like(change), where=root > 0)
        none = features.work.residual, root, at.offset, 0.0, 0.0
        return float(features.run(features.values_at, features.loss, eta, at.weight, *none)[0])

    def start_from(self, columns, coefs):
        """Start an alpha with an L1 penalty at these; of no use elsewhere."""
        self.columns.start_from(columns, coefs)

    def point(self, alpha, status):
        """The present solution on the scale of the data."""
        if self.beta is None:
            return self.columns.point(alpha, status)
        units, features = self.units, self.features
        features.point(alpha, status)  # brings the target_components up to date, which are the same array
        every = np.setdiff1d(np.arange(len(self.beta)), np.union1d(units.free, units.excluded), assume_unique=True)
        components = units.quadratic.basis @ self.image
        columns, coefs, intercept = units.coefficients(every, self.beta[every], components)
        order = np.argsort(columns)
        keep = order[coefs[order] != 0.0]
        deviance = 1.0 - (self.value - features.saturated) / self.null
        return Point(
            float(alpha), columns[keep], coefs[keep], intercept if features.intercept else 0.0, max(self.gap, 0.0),
            self.objective * units.response**2, float(deviance), int(features.work.counts[ITERATIONS]), status,
        )  # fmt: skip


def _directions(matrix, plain):
    """(V, values, None) or, where weak directions matter and Z is small, (V, values, Z'V diag(values)^-1)."""
    n, p = matrix.shape
    if plain and n * p <= BLOCK_CELLS:
        vectors, values, back = interrupts.run(float(n * n * p), np.linalg.svd, matrix.dense(), False)
        keep = values > RANK * values.max(initial=1.0)  # the columns had norm 1 before projections
        return vectors[:, keep], values[keep] ** 2, back[keep].T / values[keep]
    whole = float(matrix.units.square @ matrix.factor**2)  # before the unpenalised part was projected out
    outer = matrix.outer()
    values, vectors = interrupts.run(len(outer) ** 3, scipy.linalg.eigh, outer)
    keep = values > NOISE * max(values.max(initial=0.0), whole)
    return vectors[:, keep], values[keep], None
