"""Ridge in closed form: one symmetric eigendecomposition serves every alpha.

With Z the weighted, standardised columns, projected off the unpenalised ones and divided by sqrt(penalty_factor),

    p > n :  beta = Z' (Z Z' + l2 I)^-1 target          (n x n)
    p <= n:  beta = (Z'Z + l2 I)^-1 Z' target           (p x p).

l2 = 0 gives the least-squares solution of smallest norm. Coefficients are dense, 8 bytes each per alpha.

    Hoerl and Kennard (1970), Ridge regression.
"""

import numpy as np
import scipy.linalg
import scipy.sparse

from ..engine import Point
from ..result import Status

BLOCK_CELLS = 4_000_000  # numbers held at once while X is read in blocks: 32 MB
NEGLIGIBLE = 1e-12  # eigenvalues below this share of the largest count as zero when l2 = 0


class RidgeEngine:
    """Same interface as the engine of the active-set solvers; for alphas of no L1 penalty."""

    def __init__(self, units, lasso=None):
        """`lasso` solves the alphas that are not zero when l1_ratio > 0 (only alpha = 0 comes here)."""
        self.units, self.lasso = units, lasso
        quadratic = units.quadratic
        self.null = 0.5 * float(quadratic.target @ quadratic.target)
        self.matrix = WeightedMatrix(units)
        self.solution = None
        self.spectrum = None

    def solve(self, alpha, l1_ratio, tol, max_iter):
        if alpha > 0 and self.lasso is not None:
            self.solution = None
            return self.lasso.solve(alpha, l1_ratio, tol, max_iter)
        l2 = self.units.penalties(alpha, l1_ratio)[1]
        if self.spectrum is None:
            self.spectrum = self._decompose()
        beta = self._beta(l2)
        self.solution = beta, *self._certify(beta, l2)
        return Status.CONVERGED if self.solution[1] <= tol else Status.STALLED

    def start_from(self, columns, coefs):
        """A warm start is of no use to a closed form."""
        if self.lasso is not None:
            self.lasso.start_from(columns, coefs)

    def _decompose(self):
        """(eigenvalues, eigenvectors, their components of the target)."""
        n, p = self.matrix.shape
        target = self.units.quadratic.target
        gram = self.matrix.outer() if p > n else self.matrix.inner()
        values, vectors = scipy.linalg.eigh(gram, overwrite_a=True)
        right = target if p > n else self.matrix.adjoint(target[:, None])[:, 0]
        return np.maximum(values, 0.0), vectors, vectors.T @ right

    def _beta(self, l2):
        values, vectors, components = self.spectrum
        n, p = self.matrix.shape
        small = NEGLIGIBLE * values.max(initial=0.0) if l2 == 0 else 0.0
        inverse = np.divide(1.0, values + l2, out=np.zeros_like(values), where=values + l2 > small)
        solved = vectors @ (inverse * components)
        return self.matrix.adjoint(solved[:, None])[:, 0] if p > n else solved

    def _certify(self, beta, l2):
        """(gap / null, objective, |residual|^2) from a fresh residual and all correlations."""
        target = self.units.quadratic.target
        residual = target - self.matrix.project(self.matrix.image(beta))
        correlation = self.matrix.adjoint(residual[:, None])[:, 0]
        square, along = residual @ residual, target @ residual
        objective = 0.5 * square + 0.5 * l2 * beta @ beta
        if self.null == 0.0:
            return 0.0, objective, square
        if l2 == 0.0:  # a feasible dual point needs no correlation at all: what is left is rounding
            excess = np.abs(correlation) @ np.abs(beta)
            return (objective - along + 0.5 * square + excess) / self.null, objective, square
        dual = along - 0.5 * square - correlation @ correlation / (2.0 * l2)
        return (objective - dual) / self.null, objective, square

    def point(self, alpha, status):
        if self.solution is None:
            return self.lasso.point(alpha, status)
        beta, gap, objective, square = self.solution
        units = self.units
        every = np.setdiff1d(np.arange(len(beta)), np.union1d(units.free, units.excluded), assume_unique=True)
        components = units.quadratic.basis @ self.matrix.image(beta)
        columns, coefs, intercept = units.coefficients(every, (beta * self.matrix.factor)[every], components)
        order = np.argsort(columns)
        keep = order[coefs[order] != 0.0]
        deviance = 1.0 - square / (2.0 * self.null) if self.null > 0 else 0.0
        return Point(
            float(alpha), columns[keep], coefs[keep], intercept, max(float(gap), 0.0),
            float(objective) * units.response**2, float(deviance), 1, status,
        )  # fmt: skip


class WeightedMatrix:
    """Z as an operator, read in blocks of columns; sparse X stays sparse."""

    def __init__(self, units):
        self.units = units
        design = units.design
        n, p, _ = design.matrix_size()
        self.shape = n, p
        self.width = max(1, BLOCK_CELLS // max(n, 1))  # columns read at once
        limits = units.quadratic.limits
        self.factor = np.ones(p)
        if len(limits):
            with np.errstate(divide="ignore"):
                self.factor = 1.0 / np.sqrt(limits["factor"])
        self.factor[units.free] = 0.0
        self.factor[units.excluded] = 0.0
        self.scale = design.inv_scale * self.factor

    def _blocks(self):
        """(slice, dense block of root * (x - center) * scale) for dense X."""
        design, root = self.units.design, self.units.quadratic.root
        for start in range(0, self.shape[1], self.width):
            part = slice(start, min(start + self.width, self.shape[1]))
            block = (design.columns[part] - design.center[part, None]) * self.scale[part, None]
            block *= root
            yield part, self.project(block.T).T

    def project(self, vectors):
        basis = self.units.quadratic.basis
        return vectors - basis.T @ (basis @ vectors)

    @property
    def _sparse(self):
        design = self.units.design
        if not hasattr(design, "indptr"):
            return None
        return scipy.sparse.csc_array((design.data, design.indices, design.indptr), shape=self.shape)

    def outer(self):
        """Z Z' (n x n)."""
        X = self._sparse
        n = self.shape[0]
        if X is None:
            total = np.zeros((n, n))
            for _, block in self._blocks():
                total += block.T @ block
            return total
        root = self.units.quadratic.root
        scaled = X.multiply(root[:, None]).multiply(self.scale[None, :]).tocsr()
        total = (scaled @ scaled.T).toarray()
        return self.project(self.project(total).T)

    def inner(self):
        """Z'Z (p x p)."""
        p = self.shape[1]
        X = self._sparse
        if X is None:
            blocks = list(self._blocks())
            return np.block([[a @ b.T for _, b in blocks] for _, a in blocks]) if p else np.zeros((0, 0))
        root, basis = self.units.quadratic.root, self.units.quadratic.basis
        scaled = X.multiply(root[:, None]).multiply(self.scale[None, :]).tocsc()
        loading = np.asarray(scaled.T @ basis.T)
        return (scaled.T @ scaled).toarray() - loading @ loading.T

    def image(self, beta):
        """root * sum_j beta_j x~_j, before projection off the unpenalised columns; (n,)."""
        design, root = self.units.design, self.units.quadratic.root
        scaled = self.scale * beta
        X = self._sparse
        if X is not None:
            return root * (X @ scaled - design.center @ scaled)
        total = np.zeros(self.shape[0])
        for start in range(0, self.shape[1], self.width):
            part = slice(start, min(start + self.width, self.shape[1]))
            total += scaled[part] @ (design.columns[part] - design.center[part, None])
        return root * total

    def adjoint(self, R):
        """Z'R for R of shape (n, k)."""
        X = self._sparse
        if X is None:
            out = np.empty((self.shape[1], R.shape[1]))
            for part, block in self._blocks():
                out[part] = block @ R
            return out
        R = self.project(R)
        return self.scale[:, None] * (X.T @ (self.units.quadratic.root[:, None] * R))
