"""The engine of tall dense data: one Gram matrix, then no further look at X.

A Gram matrix costs n p^2 flops at the speed of BLAS; the rounds of ``engine`` cost a few passes over X per alpha and
the products of the columns that enter. The former wins on tall data whose path ends with many active columns.
"""

from functools import partial

import numpy as np
from scipy.linalg import blas
from scipy.special import ndtr

from . import interrupts
from .engine import QuadraticEngine
from .result import Status
from .solvers.gram import solve_gram
from .state import ACTIVE, ROWS, Factor, Work, records

CHUNK_CELLS = 1_000_000  # numbers of X held at once, centred and weighted: 8 MB
PRODUCTS = 10.0  # in the time in which a pass over X reads one entry
SHARE = 0.55  # of the columns predicted active at the end of the path: from here on a Gram matrix is cheaper
TALL = 2.0  # rows per column


def prefers_gram(engine, smallest_l1, l1_ratio):
    """Whether X is dense and a path down to `smallest_l1` is cheaper from a Gram matrix.

    The final support is predicted as that of noise: 2 p (1 - Phi(l1 sqrt(n))) columns correlate by more than l1
    with a residual of norm 1.
    """
    n, p, _ = engine.design.matrix_size()
    if engine.store.row_lazy() or n < TALL * p or engine.null == 0.0 or l1_ratio == 0.0:
        return False
    return 2.0 * ndtr(-smallest_l1 * np.sqrt(n)) > SHARE


class GramEngine:
    """State of one Gaussian fit from its Gram matrix; falls back on `rounds`, an engine over X, where it stalls."""

    def __init__(self, rounds: QuadraticEngine):
        self.rounds, self.units, self.stride = rounds, rounds.units, rounds.stride
        quadratic = self.units.quadratic
        p = len(self.units.square)
        self.null = rounds.null
        self.square = float(quadratic.target @ quadratic.target)
        self.active = records(p, ACTIVE)
        self.factor = Factor.allocate(p)
        self.work = Work.allocate(0, 0)
        self.loading = gram_matrix(self.units, self.factor.gram)
        self.correlation = self._correlations_with_target()
        self._describe_rows()
        self.work.counts[ROWS] = p
        self.run = rounds.run
        self.stalled = False

    def _correlations_with_target(self):
        """From the first pass of `rounds`, which has just left them; it skips columns that bounds hold at zero."""
        if len(self.units.quadratic.limits):
            return adjoint(self.units, self.units.quadratic.target)
        found = np.zeros(len(self.active))
        count = self.rounds.first_found
        found[self.rounds.screen.candidate[:count]] = self.rounds.screen.found[:count]
        return found

    def _describe_rows(self):
        active, limits = self.active, self.units.quadratic.limits
        active["column"] = np.arange(len(active))
        active["place"] = -1
        active["factor"], active["lower"], active["upper"] = 1.0, -np.inf, np.inf
        if len(limits):
            for name in ("factor", "lower", "upper"):
                active[name] = limits[name]
        square = np.diagonal(self.factor.gram).copy()
        square[square <= 1e-12 * self.units.square] = 0.0
        for left_out in (self.units.free, self.units.excluded):
            square[left_out] = 0.0
            active["factor"][left_out] = 1.0
            self.correlation[left_out] = 0.0
            self.factor.gram[left_out, :] = 0.0
            self.factor.gram[:, left_out] = 0.0
        active["square"] = square
        active["correlation"] = self.correlation

    def start_from(self, columns, coefs):
        """Start at data-scale coefficients of some columns (a warm start); the rest is zero."""
        active = self.active[columns]
        beta = coefs / (self.units.design.inv_scale[columns] * self.units.response)
        beta = np.clip(beta, active["lower"], active["upper"])
        self.active["coef"][columns] = np.where(active["square"] > 0.0, beta, 0.0)

    def solve(self, alpha, l1_ratio, tol, max_iter):
        l1, l2 = self.units.penalties(alpha, l1_ratio)
        self.stalled = False
        status = solve_gram(self, l1, l2, tol, max_iter)
        if status == Status.STALLED:
            self.stalled = True
            at = self.active["coef"].nonzero()[0]
            scale = self.units.design.inv_scale[at] * self.units.response
            self.rounds.restart()
            self.rounds.start_from(at, self.active["coef"][at] * scale)
            return self.rounds.solve(alpha, l1_ratio, tol, max_iter)
        return status

    def point(self, alpha, status):
        if self.stalled:
            return self.rounds.point(alpha, status)
        at = self.active["coef"].nonzero()[0]
        beta = self.active["coef"][at]
        found = self.units.coefficients(at, beta, beta @ self.loading[at])
        return self.rounds.describe(alpha, status, self.work, *found)


def _chunks(units):
    """(slice of rows, block (p, rows), factor): factor * block = root * (x - center), not yet scaled by column.

    X itself is one block where it needs no change.
    """
    design, root = units.design, units.quadratic.root
    p, n = design.columns.shape
    center = design.center
    if root.min() == root.max() and not center.any() and design.columns.dtype == np.float64:
        yield slice(0, n), design.columns, root[0]
        return
    rows = max(1, CHUNK_CELLS // max(p, 1))
    for start in range(0, n, rows):
        part = slice(start, min(start + rows, n))
        block = np.subtract(design.columns[:, part], center[:, None], dtype=np.float64)
        block *= root[part]
        yield part, block, 1.0


def gram_matrix(units, out):
    """out = Gram matrix of the projected columns; returns their loadings on the basis, (p, q)."""
    quadratic, scale = units.quadratic, units.design.inv_scale
    p = len(scale)
    total = np.zeros((p, p), order="F")
    loading = np.zeros((p, len(quadratic.basis)))
    for part, block, factor in _chunks(units):
        add = partial(blas.dsyrk, factor * factor, block.T, beta=1.0, c=total, trans=1, lower=1, overwrite_c=1)
        total = interrupts.run(float(p) * block.size / PRODUCTS, add)
        if len(quadratic.basis):
            loading += factor * (block @ quadratic.basis[:, part].T)
    loading *= scale[:, None]
    np.add(total, total.T, out=out)  # the upper triangle is zero
    np.einsum("ii->i", out)[:] *= 0.5
    out *= scale[:, None]
    out *= scale
    if loading.shape[1]:
        out -= loading @ loading.T
    return loading


def adjoint(units, vector):
    """Inner products of the columns with a vector of the weighted space."""
    total = np.zeros(len(units.square))
    for part, block, factor in _chunks(units):
        total += block @ (factor * vector[part])
    return total * units.design.inv_scale
