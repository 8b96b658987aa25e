"""Ridge of any loss on wide data, or no penalty at all, in n dimensions instead of p.

With Z the weighted, standardised columns, projected off the unpenalised ones and divided by sqrt(penalty_factor), and
Z Z' = V diag(values) V', the optimal coefficients lie in the span of Z's rows: beta = Z'V diag(values)^-1/2 gamma, and

    loss(Z beta) + l2 |beta|^2 / 2  =  loss(F gamma) + l2 |gamma|^2 / 2,     F = V diag(values)^1/2   (n x r, r <= n).

So the same engine solves a problem of r columns. Its gap is that of all p columns but for what F misses of Z'r, r the
residual: that is read off X at every alpha, with the coefficients. At l2 = 0 more columns than rows fit anything,
often at infinity; the gap then takes the optimum to lie at most as far from the point as that does from 0.

    Hastie, Tibshirani (2004), Efficient quadratic regularization for expression arrays.
"""

import numpy as np
import scipy.linalg

from . import interrupts
from .designs import make_design
from .engine import Point
from .glm_engine import GLMEngine
from .result import Status
from .solvers.ridge import WeightedMatrix, _ridge_scale
from .state import GAP, ITERATIONS, LIMITS, OBJECTIVE, ROWS, records

NOISE = 1e-12  # an eigenvalue below this share of the largest, or of the sum before projections, is rounding
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

    def _make_features(self):
        units = self.units
        self.matrix = WeightedMatrix(units, _ridge_scale(units))
        self.plain = WeightedMatrix(units, np.ones(len(units.square)))
        outer = self.matrix.outer()
        values, vectors = interrupts.run(len(outer) ** 3, scipy.linalg.eigh, outer)
        whole = float(units.square @ self.matrix.factor**2)  # before the unpenalised part was projected out
        keep = values > NOISE * max(values.max(initial=0.0), whole)
        values, self.vectors = values[keep], vectors[:, keep]
        self.scale = np.sqrt(values)
        root = units.quadratic.root[:, None]
        F = np.divide(self.vectors * self.scale, root, out=np.zeros(self.vectors.shape), where=root > 0)
        ones, none = np.ones(len(values)), np.empty(0, np.intp)
        design = make_design(np.asfortranarray(F), 0.0 * ones, ones, ones)
        quadratic = units.quadratic._replace(limits=records(0, LIMITS))
        features = units._replace(design=design, quadratic=quadratic, square=values, free=none, excluded=none)
        whole = self.columns
        self.features = GLMEngine(features, whole.loss, whole.at.offset * units.response, whole.convex, whole.intercept)

    def solve(self, alpha, l1_ratio, tol, max_iter):
        """Bring the state to one alpha; returns its status."""
        self.beta = None
        l1, l2 = self.units.penalties(alpha, l1_ratio)
        if l1 > 0.0 or self.null == 0.0:
            return self.columns.solve(alpha, l1_ratio, tol, max_iter)
        if self.features is None:
            self._make_features()
        status = Status.STALLED
        for attempt in range(ATTEMPTS):
            status = self.features.solve(alpha, l1_ratio, 0.5 * tol * 0.1**attempt, max_iter)
            self._read_coefficients(l2)
            if self.gap <= tol:
                return Status.CONVERGED
        return status if status != Status.CONVERGED else Status.STALLED

    def _read_coefficients(self, l2):
        """Coefficients of all columns, and the gap with what the features miss of Z'r."""
        features = self.features
        gamma = np.zeros(len(self.scale))
        rows = features.active[: features.work.counts[ROWS]]
        gamma[rows["column"]] = rows["coef"]
        residual = features.work.residual
        rest = residual - self.vectors @ (self.vectors.T @ residual)
        self.beta, slope = self.matrix.adjoint(np.column_stack([self.vectors @ (gamma / self.scale), rest])).T
        missed = float(np.linalg.norm(slope))
        with np.errstate(over="ignore"):
            more = 2.0 * missed * float(np.linalg.norm(gamma)) if l2 == 0.0 else missed**2 / (2.0 * l2)
            self.gap = float(features.work.values[GAP] + more / self.null)

    def start_from(self, columns, coefs):
        """Start an alpha with an L1 penalty at these; of no use elsewhere."""
        self.columns.start_from(columns, coefs)

    def point(self, alpha, status):
        """The present solution on the scale of the data."""
        if self.beta is None:
            return self.columns.point(alpha, status)
        units, features = self.units, self.features
        inner = features.point(alpha, status)  # also brings its target_components up to date
        every = np.setdiff1d(np.arange(len(self.beta)), np.union1d(units.free, units.excluded), assume_unique=True)
        beta = self.matrix.factor * self.beta
        units = units._replace(target_components=features.units.target_components)
        components = units.quadratic.basis @ self.plain.image(beta)
        columns, coefs, intercept = units.coefficients(every, beta[every], components)
        order = np.argsort(columns)
        keep = order[coefs[order] != 0.0]
        return Point(
            float(alpha), columns[keep], coefs[keep], intercept if features.intercept else 0.0, max(self.gap, 0.0),
            float(features.work.values[OBJECTIVE]) * units.response**2, inner.deviance_ratio,
            int(features.work.counts[ITERATIONS]), status,
        )  # fmt: skip
