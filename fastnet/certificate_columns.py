"""The columns of X for the certificate: scaled by powers of two, centred exactly where dense, read in blocks.

Column j in scaled units is (x_j - shift_j) / unit_j - mean_j: shift_j is the entry of the first row, so that
a column with an offset of 1e8 loses no digit and a constant column becomes exactly 0; unit_j is the power of
two below max|x_j - shift_j|. Without an intercept shift = mean = 0. A sparse column that is at most half full
is never densified: shift_j = 0 and the mean enters the products as a rank-one term.
"""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import scipy.sparse as sp

_CELLS = 4_000_000  # entries of a dense block: 32 MB


def power_of_two(a):
    """Largest power of two <= |a|, elementwise; 1 where a is 0."""
    _, exponent = np.frexp(np.abs(np.asarray(a, dtype=np.float64)))
    return np.where(np.asarray(a) == 0, 1.0, np.ldexp(1.0, exponent - 1))


def root_mean_square(omega: np.ndarray, v: np.ndarray) -> float:
    """sqrt(sum_i omega_i v_i^2), where squares might overflow."""
    unit = power_of_two(np.max(np.abs(v), initial=0.0))
    return float(unit * np.sqrt(omega @ (v / unit) ** 2))


def sum_of_products(a: np.ndarray, b: np.ndarray) -> np.ndarray:
    """sum_i a_i b_ik for a (m,), b (m, K) as if in twice the working precision (Ogita, Rump and Oishi 2005,
    Dot2).
    """
    product, error = _two_product(a[:, None], b)
    total = np.zeros(b.shape[1])
    small = np.sum(error, axis=0)
    for row in product:
        new = total + row
        big = new - total
        small += (total - (new - big)) + (row - big)
        total = new
    return total + small


def _two_product(a, b):
    """a * b = product + error exactly (Dekker, by Veltkamp splitting)."""

    def split(x):
        c = 134217729.0 * x
        high = c - (c - x)
        return high, x - high

    product = a * b
    (ah, al), (bh, bl) = split(a), split(b)
    return product, ((ah * bh - product) + ah * bl + al * bh) + al * bl


class Columns:
    """X with its weighted statistics; ``rows`` are the samples of positive weight, omega their weights, of
    sum 1.

    Attributes, arrays (p,): unit, shift (data units); mean, spread, norm (scaled units: weighted mean of the
    shifted column, deviation about the mean, root mean square of the column as `dot` and `times` see it);
    constant (bool).
    """

    def __init__(self, X, rows: np.ndarray | None, omega: np.ndarray, center: bool):
        if rows is not None and sp.issparse(X):
            X = sp.csc_array(X[rows])
            rows = None
        self.X, self.rows, self.omega, self.center = X, rows, omega, center
        self.n, self.p = len(omega), X.shape[1]
        self.unit, self.shift = np.ones(self.p), np.zeros(self.p)
        self.mean, self.spread, self.norm = np.zeros(self.p), np.zeros(self.p), np.zeros(self.p)
        self.constant = np.zeros(self.p, dtype=bool)
        if sp.issparse(X):
            full = np.diff(X.indptr) > 0.5 * self.n
            self._dense, self._sparse = np.flatnonzero(full), np.flatnonzero(~full)
        else:
            self._dense, self._sparse = np.arange(self.p), np.arange(0)
        for j in self._chunks(self._dense, max(1, _CELLS // self.n)):
            self._measure_dense(j)
        for j in self._chunks(self._sparse, 50_000):
            self._measure_sparse(j)
        if not center:
            self.shift[:] = 0.0
            self.mean[:] = 0.0

    @staticmethod
    def _chunks(columns: np.ndarray, width: int) -> Iterator[np.ndarray]:
        for start in range(0, len(columns), width):
            yield columns[start : start + width]

    def _raw(self, j: np.ndarray) -> np.ndarray:
        """Columns j as a float64 array (n, len(j)) of its own."""
        if len(j) == 0:
            return np.empty((self.n, 0))
        if sp.issparse(self.X):
            return np.asarray(self.X[:, j].toarray(), dtype=np.float64, order="F")
        whole = len(j) == j[-1] - j[0] + 1  # a slice is a view
        block = self.X[:, j[0] : j[-1] + 1] if whole else self.X[:, j]
        return np.array(block if self.rows is None else block[self.rows], dtype=np.float64, order="F")

    def _measure_dense(self, j):
        raw = self._raw(j)
        moved = raw - raw[0]
        largest = np.max(np.abs(moved), axis=0)
        self.constant[j] = largest == 0
        scaled = moved / power_of_two(largest)
        mean = self.omega @ scaled
        spread = np.sqrt(self.omega @ (scaled - mean) ** 2)
        if self.center:
            self.unit[j], self.shift[j], self.mean[j] = power_of_two(largest), raw[0], mean
            self.spread[j] = self.norm[j] = spread
        else:
            unit = power_of_two(np.max(np.abs(raw), axis=0))
            self.unit[j] = unit
            self.spread[j] = spread * (power_of_two(largest) / unit)
            self.norm[j] = np.sqrt(self.omega @ (raw / unit) ** 2)

    def _measure_sparse(self, j):
        block = sp.csc_array(self.X[:, j])
        data = np.abs(block.data).astype(np.float64)
        column = np.repeat(np.arange(len(j)), np.diff(block.indptr))
        largest = np.zeros(len(j))
        np.maximum.at(largest, column, data)
        unit = power_of_two(largest)
        values, weight = block.data / unit[column], self.omega[block.indices]

        def per_column(v):
            return np.bincount(column, v, minlength=len(j))

        mean = per_column(weight * values)
        rest = np.maximum(1.0 - per_column(weight), 0.0)
        spread = np.sqrt(per_column(weight * (values - mean[column]) ** 2) + rest * mean**2)
        self.unit[j], self.mean[j], self.spread[j], self.constant[j] = unit, mean, spread, largest == 0
        self.norm[j] = spread if self.center else np.sqrt(per_column(weight * values**2))

    def dense_columns(self, j: np.ndarray) -> np.ndarray:
        """Columns j in scaled units, (n, len(j)): for the few that are never penalised."""
        return (self._raw(j) - self.shift[j]) / self.unit[j] - self.mean[j]

    def _scaled_sparse(self, j):
        block = sp.csc_array(self.X[:, j], dtype=np.float64, copy=True)
        block.data /= np.repeat(self.unit[j], np.diff(block.indptr))
        return block

    def dot(self, V: np.ndarray) -> np.ndarray:
        """X'V in scaled units, (p, K)."""
        out = np.empty((self.p, V.shape[1]))
        for j in self._chunks(self._dense, max(1, _CELLS // self.n)):
            out[j] = self.dense_columns(j).T @ V
        for j in self._chunks(self._sparse, 50_000):
            out[j] = self._scaled_sparse(j).T @ V - np.outer(self.mean[j], V.sum(axis=0))
        return out

    def times(self, B: np.ndarray) -> np.ndarray:
        """X B in scaled units, (n, K); columns with no coefficient are not read."""
        out = np.zeros((self.n, B.shape[1]))
        used = np.any(B != 0, axis=1)
        for j in self._chunks(self._dense[used[self._dense]], max(1, _CELLS // self.n)):
            out += self.dense_columns(j) @ B[j]
        for j in self._chunks(self._sparse[used[self._sparse]], 50_000):
            out += self._scaled_sparse(j) @ B[j] - self.mean[j] @ B[j]
        return out

    def level(self, intercepts: np.ndarray, y_shift: float, B: np.ndarray) -> np.ndarray:
        """Intercept of the centred problem, intercepts - y_shift + sum_j (shift_j / unit_j + mean_j) B_jk
        (K,).

        The terms may cancel to any extent (columns and y with large offsets), hence twice the working
        precision.
        """
        ones = np.ones(2)
        terms = np.vstack([intercepts, np.full(len(intercepts), -y_shift)])
        if self.center:
            used = np.flatnonzero(np.any(B != 0, axis=1))
            ones = np.concatenate([ones, self.shift[used] / self.unit[used], self.mean[used]])
            terms = np.vstack([terms, B[used], B[used]])
        return sum_of_products(ones, terms)
