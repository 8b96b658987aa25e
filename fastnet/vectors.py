"""Elementary loops on vectors. Loops, not slice assignments: `a[:] = b` alone takes Numba 3 s to compile."""

import math

import numpy as np

from .jit import fast, internal

TINY, HUGE = 1e-280, 1e280  # outside, squares are taken of scaled numbers


@fast
def dot(x, y):
    """sum_i x_i y_i."""
    total = 0.0
    for i in range(x.shape[0]):
        total += x[i] * y[i]
    return total


@fast
def dot_head(x, y, m):
    """sum_{i < m} x_i y_i."""
    total = 0.0
    for i in range(m):
        total += x[i] * y[i]
    return total


@fast
def total(x):
    s = 0.0
    for i in range(x.shape[0]):
        s += x[i]
    return s


@fast
def axpy(a, x, y):
    """y += a x."""
    for i in range(x.shape[0]):
        y[i] += a * x[i]


@fast
def axpy_range(a, x, y, start, stop):
    """y += a x on [start, stop)."""
    for i in range(start, stop):
        y[i] += a * x[i]


@fast
def multiply(x, y, out):
    """out = x y, element by element."""
    for i in range(x.shape[0]):
        out[i] = x[i] * y[i]


@fast
def scale_head(x, a, m):
    """x *= a on the first m entries."""
    for i in range(m):
        x[i] *= a


@internal
def copy_head(x, out, m):
    """out = x on the first m entries."""
    for i in range(m):
        out[i] = x[i]


@internal
def fill(out, value):
    for i in range(out.shape[0]):
        out[i] = value


@fast
def largest(x):
    """max_i |x_i|; NaN is passed over."""
    found = 0.0
    for i in range(x.shape[0]):
        size = abs(np.float64(x[i]))
        if size > found:
            found = size
    return found


@internal
def power_of_two(x):
    """The power of two next to x > 0: dividing by it is exact."""
    return math.ldexp(1.0, min(max(math.frexp(x)[1], -1000), 1000))
