"""Compressed sparse columns, centred lazily, and the compact copy of the active ones.

Centring a sparse column would fill it, so it is never done: a dot product takes ``v_sum``, and active columns carry
their components along the unpenalised directions (``loading``), which the solvers add when they need them.
A dot product gathers: with re-association LLVM turns it into vector gathers, slower here (2.9 against 0.8 ns an
entry), hence four explicit accumulators under strict floating point. An unsigned index skips the wrap-around test,
which is legal only because validation has proved that every index is in range.
A column whose mean exceeds LARGE_MEAN deviations has hardly a zero (at most one row in 900, by weight): to keep its
digits it is centred entry by entry, and its active copy is full.
"""

from typing import NamedTuple

import numpy as np
import scipy.sparse

from ..jit import fast_inlined, inlined, internal, jit, prefetch
from .gather import gather_dots

LARGE_MEAN = 30.0


@internal
def _centered_gather_dot(values, indices, center, v, v_sum):
    total = 0.0
    rest = v_sum if values.shape[0] < v.shape[0] else 0.0
    for k in range(values.shape[0]):
        x = v[np.uint64(indices[k])]
        total += (values[k] - center) * x
        rest -= x
    return total - center * rest if values.shape[0] < v.shape[0] else total


@inlined
def _gather_dot(values, indices, v):
    a = b = c = d = 0.0
    m = values.shape[0]
    k = 0
    while k + 4 <= m:
        a += values[k] * v[np.uint64(indices[k])]
        b += values[k + 1] * v[np.uint64(indices[k + 1])]
        c += values[k + 2] * v[np.uint64(indices[k + 2])]
        d += values[k + 3] * v[np.uint64(indices[k + 3])]
        k += 4
    while k < m:
        a += values[k] * v[np.uint64(indices[k])]
        k += 1
    return (a + b) + (c + d)


@fast_inlined
def _scatter(a, values, indices, out):
    for k in range(values.shape[0]):
        out[np.uint64(indices[k])] += a * values[k]


class CSCDesign(NamedTuple):
    data: np.ndarray  # (nnz,) read-only, float64 or float32
    indices: np.ndarray  # (nnz,) read-only, int32 or int64, proved in range
    indptr: np.ndarray  # (p + 1,) int64
    rows: np.ndarray  # (1,) int64: n
    scaling: np.ndarray  # (p,) SCALING

    def matrix_size(self):
        return self.rows[0], self.indptr.shape[0] - 1, self.data.shape[0]

    def col_dot(self, j, v, v_sum):
        a, b = self.indptr[j], self.indptr[j + 1]
        s = self.scaling[j]
        if abs(s.center * s.inv_scale) > LARGE_MEAN:
            return _centered_gather_dot(self.data[a:b], self.indices[a:b], s.center, v, v_sum) * s.inv_scale
        stored = _gather_dot(self.data[a:b], self.indices[a:b], v)
        return (stored - s.center * v_sum) * s.inv_scale

    @property
    def center(self):
        return self.scaling["center"]

    @property
    def inv_scale(self):
        return self.scaling["inv_scale"]

    def col_find(self, j):
        prefetch(self.indptr, j)
        prefetch(self.scaling, j)

    def col_hint(self, j):
        start = np.int64(self.indptr[j])
        prefetch(self.data, start)
        prefetch(self.indices, start)

    def col_entries(self, j):
        if abs(self.scaling[j]["center"] * self.scaling[j]["inv_scale"]) > LARGE_MEAN:
            return self.rows[0]
        return self.indptr[j + 1] - self.indptr[j]

    def col_shift(self, j):
        shift = self.scaling[j]["center"] * self.scaling[j]["inv_scale"]
        return 0.0 if abs(shift) > LARGE_MEAN else shift


class CSCRows(NamedTuple):
    """Row k holds root * x_j * inv_scale_j on the stored entries: neither projected nor, but for large means, centred.

    Stored zeros are left out, and entries of samples without weight, such as those that a fold holds out.

    The centred, projected column is row_k - basis' loading_k. Against any r with basis @ r = 0 the plain dot
    product is already the right one, so only Gram entries and updates of r need the loading.
    """

    data: np.ndarray  # (room,) weighted space
    indices: np.ndarray  # (room,) int32
    start: np.ndarray  # (capacity + 1,) int64
    loading: np.ndarray  # (capacity, q) basis @ row

    @classmethod
    def allocate(cls, design, capacity, basis_size):
        room = 4096
        start = np.zeros(capacity + 1, np.int64)
        return cls(np.empty(room), np.empty(room, np.int32), start, np.zeros((capacity, basis_size)))

    def grown(self, capacity, more_entries):
        """Room for `capacity` rows and for `more_entries` than are there, with the present rows kept."""
        capacity = max(capacity, len(self.start) - 1)
        entries = int(self.start.max()) + more_entries
        room = len(self.data) if entries <= len(self.data) else max(entries, 2 * len(self.data))
        data, indices = np.empty(room), np.empty(room, np.int32)
        start = np.zeros(capacity + 1, np.int64)
        loading = np.zeros((capacity, self.loading.shape[1]))
        data[: len(self.data)] = self.data
        indices[: len(self.indices)] = self.indices
        start[: len(self.start)] = self.start
        loading[: len(self.loading)] = self.loading
        return CSCRows(data, indices, start, loading)

    def row_lazy(self):
        return True

    def stored(self, rows):
        return int(self.start[rows])

    def row_room(self, rows, more, entries):
        return rows + more < self.start.shape[0] and self.start[rows] + entries <= self.data.shape[0]

    def row_load(self, k, design, j, root):
        out = self.start[k]
        scale = design.scaling[j].inv_scale
        center = design.scaling[j].center
        if abs(center * scale) > LARGE_MEAN:
            e = design.indptr[j]
            stop = design.indptr[j + 1]
            for i in range(root.shape[0]):
                x = 0.0
                if e < stop and design.indices[e] == i:
                    x = np.float64(design.data[e])
                    e += 1
                self.indices[out] = i
                self.data[out] = (x - center) * scale * root[i]
                out += self.data[out] != 0.0
            self.start[k + 1] = out
            return
        for e in range(design.indptr[j], design.indptr[j + 1]):
            i = design.indices[e]
            self.indices[out] = i
            self.data[out] = design.data[e] * scale * root[np.uint64(i)]
            out += self.data[out] != 0.0
        self.start[k + 1] = out

    def row_single(self, k):
        start = self.start[k]
        return np.int64(self.indices[start]) if self.start[k + 1] == start + 1 else -1

    def row_project(self, k, basis):
        for a in range(basis.shape[0]):
            self.loading[k, a] = self.row_dot(k, basis[a])

    def keep(self, kept):
        """Keep these rows, an increasing list, and move them up."""
        length = np.diff(self.start)[kept]
        start = np.concatenate(([0], np.cumsum(length)))
        entries = np.repeat(self.start[kept] - start[:-1], length) + np.arange(start[-1])
        for array in (self.data, self.indices):
            array[: len(entries)] = array[entries]
        self.start[: len(start)] = start
        self.loading[: len(kept)] = self.loading[kept]

    def row_dot(self, k, r):
        a, b = self.start[k], self.start[k + 1]
        return _gather_dot(self.data[a:b], self.indices[a:b], r)

    def row_square(self, k):
        total = 0.0
        for e in range(self.start[k], self.start[k + 1]):
            total += self.data[e] * self.data[e]
        for z in range(self.loading.shape[1]):
            total -= self.loading[k, z] * self.loading[k, z]
        return max(0.0, total)

    def row_axpy(self, k, a, r):
        start, stop = self.start[k], self.start[k + 1]
        _scatter(a, self.data[start:stop], self.indices[start:stop], r)

    def row_put(self, c, v, block):
        for i in range(v.shape[0]):
            block[4 * i + c] = v[i]

    def row_dots(self, k, block):
        a, b = self.start[k], self.start[k + 1]
        return gather_dots(self.data[a:b], self.indices[a:b], block)

    def row_products(self, k, buffer, out):
        a, b = self.start[k], self.start[k + 1]
        for e in range(a, b):
            buffer[np.uint64(self.indices[e])] = self.data[e]
        for i in range(k + 1):
            c, d = self.start[i], self.start[i + 1]
            product = _gather_dot(self.data[c:d], self.indices[c:d], buffer)
            for z in range(self.loading.shape[1]):
                product -= self.loading[k, z] * self.loading[i, z]
            out[k, i] = out[i, k] = product
        for e in range(a, b):
            buffer[np.uint64(self.indices[e])] = 0.0

    def gram(self, first, last, out):
        """out[first:last, :last] and its mirror = inner products of projected rows."""
        size = int(self.indices[: self.start[last]].max(initial=0)) + 1
        if last == first + 1:
            _product(self, first, np.zeros(size), out)
        else:
            _products(self, first, last, np.zeros(4 * size), out)

    def row_reweight(self, k, source, root):
        a, b = source.start[k], source.start[k + 1]
        self.start[k] = a
        self.start[k + 1] = b
        for e in range(a, b):
            i = source.indices[e]
            self.indices[e] = i
            self.data[e] = source.data[e] * root[np.uint64(i)]

    def row_entries(self, k):
        return self.start[k + 1] - self.start[k]


@jit
def _product(rows, k, buffer, out):
    rows.row_products(k, buffer, out)


@jit
def _products(rows, first, last, block, out):
    """`row_products` of rows `first` to `last`, four at a time; block (4 n,) is zero."""
    for k in range(first, last, 4):
        width = min(4, last - k)
        for c in range(width):
            for e in range(rows.start[k + c], rows.start[k + c + 1]):
                block[np.uint64(4) * np.uint64(rows.indices[e]) + np.uint64(c)] = rows.data[e]
        for i in range(k + width):
            products = rows.row_dots(i, block)
            for c in range(width):
                product = products[c]
                for z in range(rows.loading.shape[1]):
                    product -= rows.loading[k + c, z] * rows.loading[i, z]
                out[k + c, i] = out[i, k + c] = product
        for e in range(rows.start[k], rows.start[k + width]):
            for c in range(4):
                block[np.uint64(4) * np.uint64(rows.indices[e]) + np.uint64(c)] = 0.0


def centred_where_large(design):
    """(sparse X with its columns of large mean centred, what is left to subtract from each column)."""
    X = scipy.sparse.csc_array((design.data, design.indices, design.indptr), shape=design.matrix_size()[:2])
    center = design.center
    large = np.abs(center * design.inv_scale) > LARGE_MEAN
    if not large.any():
        return X, center
    full = scipy.sparse.csc_array(X[:, large].toarray() - center[large])
    order = np.argsort(np.concatenate((np.flatnonzero(~large), np.flatnonzero(large))))
    return scipy.sparse.hstack((X[:, ~large], full), format="csc")[:, order], np.where(large, 0.0, center)


def _read_only(array):
    array = array.view()
    array.flags.writeable = False
    return array


def csc_parts(X):
    return _read_only(X.data), _read_only(X.indices), X.indptr.astype(np.int64, copy=False)


def csc_design(X, scaling):
    return CSCDesign(*csc_parts(X), np.array([X.shape[0]], np.int64), scaling)
