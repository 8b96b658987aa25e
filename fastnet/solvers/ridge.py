"""Ridge in closed form: one symmetric eigendecomposition serves every alpha.

With Z the weighted, standardised columns, projected off the unpenalised ones and divided by sqrt(penalty_factor),

    p > n :  beta = Z'u,   (Z Z' + l2 I) u = target          (n x n);   suboptimality |target - Z beta - l2 u|^2 / 2
    p <= n:  (Z'Z + l2 I) beta = Z' target                   (p x p);   suboptimality e'(Z'Z + l2 I)^-1 e / 2,

e = Z'(target - Z beta) - l2 beta. l2 = 0 gives a least-squares solution, that of smallest norm in units in which the
columns have norm 1; directions of Z below 1e-7 of the largest (1e-13 for small problems, by singular values) are
taken for rounding. Coefficients are dense, 8 bytes each per alpha.

    Hoerl and Kennard (1970), Ridge regression.
"""

import numpy as np

from .. import interrupts
from ..designs import CSCDesign, centred_where_large
from ..engine import Point
from ..result import Status

BLOCK_CELLS = 4_000_000  # numbers held at once while X is read in blocks: 32 MB
REFINEMENTS = 3  # rounds of iterative refinement, when the certificate asks for them
RANK = 1e-13  # a singular value below this share of the largest is rounding
EPS = np.finfo(float).eps


class RidgeEngine:
    """Same interface as the engine of the active-set solvers; for alphas of no L1 penalty."""

    def __init__(self, units, lasso=None):
        """`lasso` solves the alphas that are not zero when l1_ratio > 0 (only alpha = 0 comes here)."""
        self.units, self.lasso = units, lasso
        self.stride = 0.0 if lasso is None else lasso.stride  # a closed form: no way is too long
        quadratic = units.quadratic
        self.null = 0.5 * float(quadratic.target @ quadratic.target)
        self.solution = None  # (beta, gap, objective, |residual|^2)
        self.plain = WeightedMatrix(units, np.ones(len(units.square)))
        self.matrix = self.spectrum = None

    def solve(self, alpha, l1_ratio, tol, max_iter):
        if alpha > 0 and self.lasso is not None:
            self.solution = None
            return self.lasso.solve(alpha, l1_ratio, tol, max_iter)
        l2 = self.units.penalties(alpha, l1_ratio)[1]
        if l2 == 0.0:
            solution = self._least_squares(tol)
        else:
            if self.spectrum is None:
                self.matrix = WeightedMatrix(self.units, _ridge_scale(self.units))
                self.spectrum = _decompose(self.matrix, self.units.quadratic.target)
            solution = self._solve_spectral(self.matrix, self.spectrum, l2, tol)
        self.solution = solution
        return Status.CONVERGED if solution[1] <= tol else Status.STALLED

    def start_from(self, columns, coefs):
        """A warm start is of no use to a closed form."""
        if self.lasso is not None:
            self.lasso.start_from(columns, coefs)

    def _least_squares(self, tol):
        matrix = WeightedMatrix(self.units, _unit_scale(self.units))
        target = self.units.quadratic.target
        n, p = matrix.shape
        if n * p > BLOCK_CELLS:
            return self._solve_spectral(matrix, _decompose(matrix, target), 0.0, tol)
        Z = matrix.dense()
        beta, residual, fit = np.zeros(p), target, target
        largest = interrupts.run(float(n * p * min(n, p)), np.linalg.norm, Z, 2) if p else 0.0
        rcond = max(RANK, 10 * max(n, p) * EPS) * max(1.0, largest)  # the columns had norm 1 before projections
        if largest <= rcond:
            return self._solution(matrix, beta, residual, 0.0, 0.0)
        for _ in range(2):  # the second pass removes what rounding left, and measures it
            step = interrupts.run(float(n * p * min(n, p)), np.linalg.lstsq, Z, residual, rcond / largest)[0]
            beta = beta + step
            fit = Z @ step
            residual = matrix.project(target - Z @ beta)
        return self._solution(matrix, beta, residual, 0.0, 0.5 * fit @ fit)

    def _solve_spectral(self, matrix, spectrum, l2, tol):
        """Solve in the eigenbasis, refine while the certificate asks for it."""
        values, vectors, components = spectrum
        target = self.units.quadratic.target
        n, p = matrix.shape
        whole = float(self.units.square @ matrix.factor**2) / max(len(values), 1)  # before projections
        noise = 10 * max(len(values), 1) * EPS * max(values.max(initial=0.0), whole)
        sure = (values > noise) | (l2 > noise)
        inverse = np.divide(1.0, values + l2, out=np.zeros_like(values), where=sure)
        weight = inverse.copy()
        left_out = 0.0
        if not sure.all() and p > n:
            left_out = _loss_of_leaving_out(matrix, vectors[:, ~sure], components[~sure], l2, values.max())
        elif l2 > 0.0:
            weight[~sure] = 1.0 / l2
        solved = vectors @ (inverse * components)
        for _ in range(REFINEMENTS):
            beta = matrix.adjoint(solved[:, None])[:, 0] if p > n else solved
            residual = target - matrix.project(matrix.image(beta))
            rest = residual - l2 * solved if p > n else matrix.adjoint(residual[:, None])[:, 0] - l2 * beta
            along = vectors.T @ rest
            if p > n:
                gap = 0.5 * float(along[sure] @ along[sure]) + left_out
            else:
                with np.errstate(over="ignore"):
                    gap = 0.5 * float(np.sum(weight * along**2))
            if gap <= 0.1 * tol * self.null:
                break
            solved = solved + vectors @ (inverse * along)
        return self._solution(matrix, beta, residual, l2, gap)

    def _solution(self, matrix, beta, residual, l2, gap):
        """In penalty space, with the gap over the null objective."""
        square = float(residual @ residual)
        objective = 0.5 * square + 0.5 * l2 * float(beta @ beta)
        return matrix.factor * beta, (gap / self.null if self.null > 0 else 0.0), objective, square

    def point(self, alpha, status):
        if self.solution is None:
            return self.lasso.point(alpha, status)
        beta, gap, objective, square = self.solution
        units = self.units
        every = np.setdiff1d(np.arange(len(beta)), np.union1d(units.free, units.excluded), assume_unique=True)
        components = units.quadratic.basis @ self.plain.image(beta)
        columns, coefs, intercept = units.coefficients(every, beta[every], components)
        order = np.argsort(columns)
        keep = order[coefs[order] != 0.0]
        deviance = 1.0 - square / (2.0 * self.null) if self.null > 0 else 0.0
        return Point(
            float(alpha), columns[keep], coefs[keep], intercept, max(float(gap), 0.0),
            float(objective) * units.response**2, float(deviance), 1, status,
        )  # fmt: skip


def _ridge_scale(units):
    """1 / sqrt(penalty_factor): the penalty becomes l2 |beta|^2 / 2; 0 for unpenalised columns, whose span is gone."""
    limits = units.quadratic.limits
    if len(limits) == 0:
        return np.ones(len(units.square))
    root = np.sqrt(limits["factor"])
    return np.divide(1.0, root, out=np.zeros_like(root), where=root > 0)


def _unit_scale(units):
    """Columns of norm 1."""
    norm = np.sqrt(units.square)
    return np.divide(1.0, norm, out=np.zeros_like(norm), where=norm > 0)


def _decompose(matrix, target):
    """(eigenvalues, eigenvectors, their components of the target)."""
    n, p = matrix.shape
    products = float(n) * p * min(n, p) / 10  # at some ten times the speed of a pass
    gram = interrupts.run(products, matrix.outer if p > n else matrix.inner)
    values, vectors = interrupts.run(float(min(n, p)) ** 3, np.linalg.eigh, gram)
    right = target if p > n else matrix.adjoint(target[:, None])[:, 0]
    return np.maximum(values, 0.0), vectors, vectors.T @ right


def _loss_of_leaving_out(matrix, vectors, components, l2, largest):
    """What the objective loses without these left singular directions of Z, whose true strengths are |Z'v|^2."""
    n, p = matrix.shape
    loss = 0.0
    step = max(1, BLOCK_CELLS // p)
    for start in range(0, len(components), step):
        part = slice(start, start + step)
        strength = np.sum(matrix.adjoint(vectors[:, part]) ** 2, axis=0)
        strength[strength <= RANK**2 * largest] = 0.0
        share = np.divide(strength, strength + l2, out=np.zeros_like(strength), where=strength > 0.0)
        loss += 0.5 * float(share @ components[part] ** 2)
    return loss


class WeightedMatrix:
    """Z as an operator, read in blocks of columns; sparse X stays sparse."""

    def __init__(self, units, factor):
        self.units = units
        design = units.design
        n, p, _ = design.matrix_size()
        self.shape = n, p
        self.width = max(1, BLOCK_CELLS // max(n, 1))  # columns read at once
        self.factor = factor.copy()
        self.factor[units.free] = 0.0
        self.factor[units.excluded] = 0.0
        self.scale = design.inv_scale * self.factor
        self.sparse, self.center = None, design.center
        if isinstance(design, CSCDesign):
            self.sparse, self.center = centred_where_large(design)

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

    def dense(self):
        """Z itself, for small problems."""
        if self.sparse is None:
            blocks = [block for _, block in self._blocks()]
            return np.concatenate(blocks).T if blocks else np.zeros(self.shape)
        root = self.units.quadratic.root
        return self.project(root[:, None] * ((self.sparse.toarray() - self.center) * self.scale))

    def outer(self):
        """Z Z' (n x n)."""
        X = self.sparse
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
        X = self.sparse
        if X is None:
            gram = np.empty((p, p))
            for row, a in self._blocks():
                for column, b in self._blocks():
                    gram[row, column] = a @ b.T
            return gram
        root, basis = self.units.quadratic.root, self.units.quadratic.basis
        scaled = X.multiply(root[:, None]).multiply(self.scale[None, :]).tocsc()
        loading = np.asarray(scaled.T @ basis.T)
        return (scaled.T @ scaled).toarray() - loading @ loading.T

    def image(self, beta):
        """root * sum_j beta_j x~_j, before projection off the unpenalised columns; (n,)."""
        design, root = self.units.design, self.units.quadratic.root
        scaled = self.scale * beta
        X = self.sparse
        if X is not None:
            return root * (interrupts.run(X.nnz, X.dot, scaled) - self.center @ scaled)
        total = np.zeros(self.shape[0])
        for start in range(0, self.shape[1], self.width):
            part = slice(start, min(start + self.width, self.shape[1]))
            total += scaled[part] @ (design.columns[part] - design.center[part, None])
        return root * total

    def adjoint(self, R):
        """Z'R for R of shape (n, k)."""
        X = self.sparse
        if X is None:
            out = np.empty((self.shape[1], R.shape[1]))
            for part, block in self._blocks():
                out[part] = block @ R
            return out
        R = self.project(R)
        weighted = self.units.quadratic.root[:, None] * R
        return self.scale[:, None] * interrupts.run(X.nnz * R.shape[1], X.T.dot, weighted)
