"""Dense columns, and the contiguous copy of the active ones.

X is held as its transpose in C order, (p, n), read-only: a single type for Numba, whatever the caller's flags.
The mean is subtracted element by element where it is far larger than the deviation, so that a column with a large
offset keeps its digits; elsewhere one correction by the sum of the vector does, which is a third faster.
"""

from typing import NamedTuple

import numpy as np

from ..jit import fast, fast_inlined, prefetch
from ..vectors import axpy, dot, multiply


@fast_inlined
def _centered_dot(x, center, v):
    total = 0.0
    if center == 0.0:
        for i in range(x.shape[0]):
            total += x[i] * v[i]
        return total
    for i in range(x.shape[0]):
        total += (x[i] - center) * v[i]
    return total


@fast
def _standardized_copy(x, center, scale, root, out):
    for i in range(x.shape[0]):
        out[i] = (x[i] - center) * scale * root[i]


# What is known of each column, in one cache line.
SCALING = np.dtype(
    [
        ("center", "f8"),  # mean, data units; zero without an intercept
        ("inv_scale", "f8"),  # penalty units per data unit; zero for a column left out
        ("subtracted", "f8"),  # the mean where it is far larger than the deviation, else zero
    ]
)


FAR = 16.0  # a mean beyond this many deviations is subtracted element by element, lest the digits be lost


class DenseDesign(NamedTuple):
    columns: np.ndarray  # (p, n) C order, read-only, float64 or float32: row j is column j of X
    scaling: np.ndarray  # (p,) SCALING

    def matrix_size(self):
        p, n = self.columns.shape
        return n, p, n * p

    def col_dot(self, j, v, v_sum):
        s = self.scaling[j]
        return (_centered_dot(self.columns[j], s.subtracted, v) - (s.center - s.subtracted) * v_sum) * s.inv_scale

    @property
    def center(self):
        return self.scaling["center"]

    @property
    def inv_scale(self):
        return self.scaling["inv_scale"]

    def col_find(self, j):
        prefetch(self.scaling, j)

    def col_hint(self, j):
        n = self.columns.shape[1]
        start = np.int64(j) * n
        for i in range(0, min(n, 1024), 8):
            prefetch(self.columns, start + i)

    def col_entries(self, j):
        return self.columns.shape[1]

    def col_shift(self, j):
        return 0.0


class DenseRows(NamedTuple):
    values: np.ndarray  # (capacity, n)
    loading: np.ndarray  # (capacity, q) basis @ row, before the row was projected

    @classmethod
    def allocate(cls, design, capacity, basis_size):
        return cls(np.empty((capacity, design.columns.shape[1])), np.zeros((capacity, basis_size)))

    def grown(self, capacity, more_entries):
        """Room for `capacity` rows; `more_entries` concerns sparse rows only."""
        values = np.empty((capacity, self.values.shape[1]))
        loading = np.zeros((capacity, self.loading.shape[1]))
        values[: len(self.values)] = self.values
        loading[: len(self.loading)] = self.loading
        return DenseRows(values, loading)

    def row_lazy(self):
        return False

    def stored(self, rows):
        return rows * self.values.shape[1]

    def row_room(self, rows, more, entries):
        return rows + more <= self.values.shape[0]

    def row_load(self, k, design, j, root):
        s = design.scaling[j]
        _standardized_copy(design.columns[j], s.center, s.inv_scale, root, self.values[k])

    def row_single(self, k):
        return -1

    def row_project(self, k, basis):
        for a in range(basis.shape[0]):
            component = dot(basis[a], self.values[k])
            self.loading[k, a] = component
            axpy(-component, basis[a], self.values[k])

    def keep(self, kept):
        """Keep these rows, an increasing list, and move them up."""
        moved = kept[np.count_nonzero(kept == np.arange(len(kept))) :]
        for rows in self:
            rows[len(kept) - len(moved) : len(kept)] = rows[moved]

    def row_dot(self, k, r):
        return dot(self.values[k], r)

    def row_square(self, k):
        return dot(self.values[k], self.values[k])

    def row_axpy(self, k, a, r):
        axpy(a, self.values[k], r)

    def row_put(self, c, v, block):
        n = v.shape[0]
        for i in range(n):
            block[c * n + i] = v[i]

    def row_dots(self, k, block):
        row, n = self.values[k], self.values.shape[1]
        return dot(row, block[:n]), dot(row, block[n : 2 * n]), dot(row, block[2 * n : 3 * n]), dot(row, block[3 * n :])

    def row_products(self, k, buffer, out):
        for i in range(k + 1):
            out[k, i] = out[i, k] = dot(self.values[k], self.values[i])

    def gram(self, first, last, out):
        """out[first:last, :last] and its mirror = inner products of rows."""
        block = self.values[first:last] @ self.values[:last].T
        out[first:last, :last] = block
        out[:last, first:last] = block.T

    def row_reweight(self, k, source, root):
        multiply(source.values[k], root, self.values[k])

    def row_entries(self, k):
        return self.values.shape[1]


def dense_columns(X):
    columns = X.T.view()
    columns.flags.writeable = False
    return columns


def dense_design(X, scaling):
    return DenseDesign(dense_columns(X), scaling)
