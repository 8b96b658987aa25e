"""Time of the kernels that carry a path, each against the memory or arithmetic that it cannot avoid."""

import time
from functools import cache

import numpy as np

from .path import Timed
from .problems import load


@cache
def full_pass():
    """out_j = <x_j, r> for every column of a design, compiled once for each kind of design."""
    from numba import njit

    @njit
    def dot_all(design, r, r_sum, out):
        for j in range(out.shape[0]):
            out[j] = design.col_dot(j, r, r_sum)

    return dot_all


@cache
def row_products(method):
    """Products of every sparse row with one vector ("row_dot") or with four at once ("row_dots")."""
    from numba import njit

    @njit
    def one(rows, count, v, out):
        for k in range(count):
            out[k, 0] = rows.row_dot(k, v)

    @njit
    def four(rows, count, block, out):
        for k in range(count):
            out[k, 0], out[k, 1], out[k, 2], out[k, 3] = rows.row_dots(k, block)

    return {"row_dot": one, "row_dots": four}[method]


class FullPass(Timed):
    """X'r, lazily standardised or not, against ``time_numpy``: BLAS or SciPy on X as it is."""

    params = [["D1", "D3", "D4", "S1", "S2"], ["plain", "standardized"]]
    param_names = ["problem", "columns"]
    repeat = (5, 50, 2.0)

    def setup(self, problem, columns):
        from fastnet.designs import column_scales, make_design, moments

        self.X, self.r = load(problem)
        n, p = self.X.shape
        found = moments(self.X, np.full(n, 1.0 / n), self.r)
        standardized = columns == "standardized"
        scaling = column_scales(*found, n, self.r.sum(), fit_intercept=standardized, standardize=standardized)[0]
        self.design = make_design(self.X, scaling)
        self.out = np.empty(p)
        self.time_fastnet(problem, columns)

    def time_fastnet(self, problem, columns):
        full_pass()(self.design, self.r, self.r.sum(), self.out)

    def time_numpy(self, problem, columns):
        self.X.T @ self.r


class Moments(Timed):
    """Means and standard deviations of all columns, and their products with a vector: one pass."""

    params = [["D1", "D3", "S1", "S2"]]
    param_names = ["problem"]
    repeat = (3, 20, 3.0)

    def setup(self, problem):
        self.X, self.v = load(problem)
        self.weight = np.full(len(self.v), 1.0 / len(self.v))
        self.time_moments(problem)

    def time_moments(self, problem):
        from fastnet.designs import moments

        moments(self.X, self.weight, self.v)


class SparseRows(Timed):
    """150 rows of 2,000 entries, n = 10,000: 0.3 million entries with one vector, and with four."""

    params = [["row_dot", "row_dots"]]
    param_names = ["method"]

    def setup(self, method):
        from fastnet.designs import CSCRows

        n, entries, count = 10_000, 2000, 150
        rng = np.random.default_rng(0)
        indices = np.concatenate([np.sort(rng.choice(n, entries, replace=False)) for _ in range(count)])
        start = np.arange(count + 1) * entries
        values, loading = rng.standard_normal(len(indices)), np.zeros((count, 0))
        self.rows = CSCRows(values, indices.astype(np.int32), start, loading)
        self.v, self.out = rng.standard_normal(4 * n), np.empty((count, 4))
        self.time_products(method)

    def time_products(self, method):
        row_products(method)(self.rows, len(self.out), self.v, self.out)


class Cholesky(Timed):
    """The factor of the direct step: m^2 / 2 multiply-adds a solve, m^3 / 6 a factorisation."""

    timer = time.process_time
    params = [[100, 400, 1200]]
    param_names = ["m"]
    repeat = (5, 50, 2.0)
    number = 5

    def setup(self, m):
        rng = np.random.default_rng(0)
        columns = rng.standard_normal((m, 2 * m))
        self.gram = columns @ columns.T / (2 * m)
        self.factor = np.linalg.cholesky(self.gram).T.copy()
        self.b = rng.standard_normal(m)
        self.time_backward(m)
        self.time_forward(m)

    def time_backward(self, m):
        from fastnet.solvers.cholesky import solve_backward

        solve_backward(self.factor, m, self.b.copy())

    def time_forward(self, m):
        from fastnet.solvers.cholesky import solve_forward

        solve_forward(self.factor, m, self.b.copy(), 0)
