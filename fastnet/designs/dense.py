"""Dense columns, and the contiguous copy of the active ones.

X is held as its transpose in C order, (p, n), read-only: a single type for Numba, whatever the caller's flags.
The mean is subtracted element by element where it is far larger than the deviation, so that a column with a large
offset keeps its digits; elsewhere one correction by the sum of the vector does, which is a third faster.
"""

from typing import NamedTuple

import numpy as np

from ..jit import fast, fast_inlined, jit, prefetch
from ..state import records
from ..vectors import axpy, dot, multiply, power_of_two


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


def scaling_records(center, inv_scale, deviation):
    scaling = records(len(center), SCALING)
    scaling["center"], scaling["inv_scale"] = center, inv_scale
    scaling["subtracted"] = np.where(np.abs(center) > FAR * deviation, center, 0.0)
    return scaling


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


TINY, HUGE = 1e-280, 1e280  # outside, squares are taken of scaled numbers
OFF = 0.75  # share of the mean square about a point that its own distance from the mean may make up


@jit
def _dense_moments(columns, weight, mean, deviation):
    """NaN or infinity in a column makes its moments NaN: validation looks there for the culprit.

    Deviations are taken from the first entry, and once more from the mean where that lies so far off that digits of
    the variance would be lost.
    """
    for j in range(columns.shape[0]):
        x = columns[j]
        scale = 1.0
        near = np.float64(x[0])
        shift, spread = _scaled_spread(x, weight, 1.0, near)
        if not TINY < spread + (near + shift) ** 2 < HUGE:
            largest = _largest(x)
            scale = power_of_two(largest) if largest > 0.0 else 1.0
            near = x[0] / scale
            shift, spread = _scaled_spread(x, weight, 1.0 / scale, near)
        if shift * shift > OFF * spread:
            near += shift
            shift, spread = _scaled_spread(x, weight, 1.0 / scale, near)
        mean[j] = (near + shift) * scale
        deviation[j] = np.sqrt(max(0.0, spread - shift * shift)) * scale if spread >= 0.0 else np.nan


@fast
def _largest(x):
    largest = 0.0
    for i in range(x.shape[0]):
        size = abs(np.float64(x[i]))
        if size > largest:
            largest = size
    return largest


@fast
def _scaled_spread(x, weight, scale, near):
    """Weighted mean of the deviation from `near` and of its square."""
    shift = 0.0
    spread = 0.0
    for i in range(x.shape[0]):
        d = x[i] * scale - near
        shift += weight[i] * d
        spread += weight[i] * d * d
    return shift, spread


def dense_moments(X, weight):
    p = X.shape[1]
    mean, deviation = np.empty(p), np.empty(p)
    _dense_moments(_columns(X), weight, mean, deviation)
    return mean, deviation


def _columns(X):
    columns = X.T.view()
    columns.flags.writeable = False
    return columns


def dense_design(X, center, inv_scale, deviation):
    return DenseDesign(_columns(X), scaling_records(center, inv_scale, deviation))
