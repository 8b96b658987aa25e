"""The Cholesky factor of the active Gram block, updated as columns enter and leave.

R is upper triangular, stored row by row, with R'R = H = Gram + ridge * diag(penalty_factor). All functions know
vectors and matrices only: they are compiled once for every design and every loss.
"""

import numpy as np
from numba import config

from ..jit import fast, internal, potrf
from ..vectors import axpy_range, dot_head

DEPENDENT = 1e-13  # a pivot below this fraction of its diagonal marks a duplicate or dependent column
# From so many columns on LAPACK is faster; plain Python cannot call it.
LARGE = np.inf if config.DISABLE_JIT else 48  # type: ignore[attr-defined]
DOUBLE, LOWER = ord("d"), ord("L")  # LAPACK counts down the columns: to it, our upper triangle is the lower one


@fast
def _eliminate_four(row, y0, y1, y2, y3, i, m):
    """One step of forward substitution for four right-hand sides at once, so that R is read once."""
    inverse = 1.0 / row[i]
    a0 = y0[i] * inverse
    a1 = y1[i] * inverse
    a2 = y2[i] * inverse
    a3 = y3[i] * inverse
    y0[i] = a0
    y1[i] = a1
    y2[i] = a2
    y3[i] = a3
    for k in range(i + 1, m):
        t = row[k]
        y0[k] -= a0 * t
        y1[k] -= a1 * t
        y2[k] -= a2 * t
        y3[k] -= a3 * t


@internal
def solve_forward(R, m, z, first):
    """z = R^-T z in place, where z is zero before position `first`."""
    for i in range(first, m):
        row = R[i]
        t = z[i] / row[i]
        z[i] = t
        if t != 0.0:
            axpy_range(-t, row, z, i + 1, m)


@internal
def solve_forward_block(R, m, Z, k):
    """Z[e] = R^-T Z[e] in place for e < k."""
    e = 0
    while e + 4 <= k:
        for i in range(m):
            _eliminate_four(R[i], Z[e], Z[e + 1], Z[e + 2], Z[e + 3], i, m)
        e += 4
    while e < k:
        solve_forward(R, m, Z[e], 0)
        e += 1


@fast
def _subtract_dots(r0, r1, r2, r3, z, position, start, stop):
    """z[position + e] -= sum of r_e[k] * z[k] over start <= k < stop, for four rows at once: z is read once."""
    a = b = c = d = 0.0
    for k in range(start, stop):
        x = z[k]
        a += r0[k] * x
        b += r1[k] * x
        c += r2[k] * x
        d += r3[k] * x
    z[position] -= a
    z[position + 1] -= b
    z[position + 2] -= c
    z[position + 3] -= d


@internal
def solve_backward(R, m, z):
    """z = R^-1 z in place, four rows at a time (nearly twice as fast as one), the odd ones first."""
    stop = m
    start = m - m % 4
    while stop > 0:
        if stop < m:
            _subtract_dots(R[start], R[start + 1], R[start + 2], R[start + 3], z, start, stop, m)
        for i in range(stop - 1, start - 1, -1):
            row = R[i]
            t = z[i]
            for k in range(i + 1, stop):
                t -= row[k] * z[k]
            z[i] = t / row[i]
        stop = start
        start -= 4


@internal
def append(R, m, k, cross, diagonal, kept):
    """Append the k columns of a block; dependent ones are refused.

    cross[e, :m] holds the Gram entries with the columns in the factor, cross[e, m:m + k] those within the block, and
    diagonal[e] the ridge to add; `cross` is overwritten. kept[:added] tells which were taken, in order.
    Returns `added`.
    """
    solve_forward_block(R, m, cross, k)
    added = 0
    for e in range(k):
        full = cross[e, m + e] + diagonal[e]
        pivot = full - dot_head(cross[e], cross[e], m)
        for q in range(added):
            other = kept[q]
            t = cross[e, m + other] - dot_head(cross[e], cross[other], m)
            for z in range(q):
                t -= R[m + z, m + added] * R[m + z, m + q]
            t /= R[m + q, m + q]
            R[m + q, m + added] = t
            pivot -= t * t
        if not pivot > DEPENDENT * full:
            continue
        for i in range(m):
            R[i, m + added] = cross[e, i]
        R[m + added, m + added] = np.sqrt(pivot)
        kept[added] = e
        added += 1
    return added


@fast
def _rotate_and_shift(upper, lower, k, m, c, s):
    """Rotate rows k and k + 1 of a factor that lost a column, moving the upper one left by one."""
    for q in range(k + 1, m):
        x, y = upper[q], lower[q]
        upper[q - 1] = c * x + s * y
        lower[q] = c * y - s * x


@internal
def delete(R, m, position, z):
    """Drop one column by Givens rotations, carrying z = R^-T g along. The factor then has m - 1 columns."""
    for k in range(position):
        row = R[k]
        for q in range(position, m - 1):
            row[q] = row[q + 1]
    for k in range(position, m - 1):
        upper, lower = R[k], R[k + 1]
        x, y = upper[k + 1], lower[k + 1]
        length = np.hypot(x, y)
        c, s = x / length, y / length
        _rotate_and_shift(upper, lower, k, m, c, s)
        u, v = z[k], z[k + 1]
        z[k] = c * u + s * v
        z[k + 1] = c * v - s * u


@fast
def _subtract_four(r0, r1, r2, r3, out, first, m):
    """out -= r0[first] * r0 + ... + r3[first] * r3 from `first` on: `out` is read and written once for four rows."""
    a, b, c, d = r0[first], r1[first], r2[first], r3[first]
    for q in range(first, m):
        out[q] -= a * r0[q] + b * r1[q] + c * r2[q] + d * r3[q]


@internal
def factorize(R, m):
    """Overwrite the upper triangle of R[:m, :m], a positive definite matrix, with its factor; False when it is not.

    R is contiguous.
    """
    if m >= LARGE:
        info = potrf(DOUBLE, LOWER, m, R.ctypes, R.shape[1])
        return info == 0 and R[m - 1, m - 1] > 0.0  # not every LAPACK reports nan
    for start in range(0, m, 4):
        stop = min(start + 4, m)
        for i in range(start, stop):
            row = R[i]
            for k in range(start, i):
                axpy_range(-R[k, i], R[k], row, i, m)
            full = row[i]
            if not full > 0.0:
                return False
            inverse = 1.0 / np.sqrt(full)
            for q in range(i, m):
                row[q] *= inverse
        for k in range(stop, m):
            _subtract_four(R[start], R[start + 1], R[start + 2], R[start + 3], R[k], k, m)
    return True
