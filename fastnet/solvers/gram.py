"""One point of the path from the full Gram matrix, for tall data: no further look at X.

With G = Z'Z and q = Z'target the correlations are c = q - G beta, and the residual enters only through

    <target, r> = |target|^2 - q'beta,        |r|^2 = <target, r> - beta'c.

All p columns are active rows, row k being column k; the direct step and its factor are those of ``direct``.
"""

import numpy as np

from ..jit import fast, internal, jit
from ..state import FACTOR_L2, GAP, IN_FACTOR, ITERATIONS, OBJECTIVE, RESIDUAL2, ROUND
from ..vectors import copy_head
from . import newton
from .certify import row_violation
from .coordinate_descent import remember
from .direct import EXHAUSTED, REFINEMENTS, SOLVED, STALLED
from .gap import duality_gap
from .rows import enter_factor, factorize_active, leave_factor, row_gradient, take_side

ROUNDING = 4e-16  # relative error of an inner product of columns, about


@fast
def _subtract_four(out, a0, x0, a1, x1, a2, x2, a3, x3):
    for i in range(out.shape[0]):
        out[i] -= a0 * x0[i] + a1 * x1[i] + a2 * x2[i] + a3 * x3[i]


@internal
def _correlations(active, gram, q, out):
    """active.correlation = q - gram @ coef, from scratch, four columns of the Gram matrix at a time."""
    p = q.shape[0]
    copy_head(q, out, p)
    held = np.zeros(4, np.int64)
    count = 0
    for k in range(p):
        if active[k].coef != 0.0:
            held[count] = k
            count += 1
        if count == 4 or (k == p - 1 and count > 0):
            a, b, c, d = held[0], held[1], held[2], held[3]
            _subtract_four(
                out, active[a].coef, gram[a],
                active[b].coef if count > 1 else 0.0, gram[b],
                active[c].coef if count > 2 else 0.0, gram[c],
                active[d].coef if count > 3 else 0.0, gram[d],
            )  # fmt: skip
            count = 0
    for k in range(p):
        active[k].correlation = out[k]


@internal
def _evaluate(active, screen, quadratic, work, q, square, l1, l2):
    """Objective, |r|^2 and duality gap from the correlations, with a bound of their rounding added to the gap."""
    p = q.shape[0]
    along = square
    inner = 0.0
    penalty = 0.0
    size = 1.0
    for k in range(p):
        b = active[k].coef
        if b != 0.0:
            size += abs(b) * np.sqrt(active[k].square)
            along -= q[k] * b
            inner += b * active[k].correlation
            penalty += active[k].factor * (l1 * abs(b) + 0.5 * l2 * b * b)
    residual2 = max(along - inner, 0.0)
    work.values[RESIDUAL2] = residual2
    work.values[OBJECTIVE] = 0.5 * residual2 + penalty
    gap = duality_gap(work.values[OBJECTIVE], along, residual2, active, p, screen, quadratic, 0, l1, l2)
    return gap + ROUNDING * size * size


@internal
def _start(active, factor, work, p, l1, l2):
    work.counts[ROUND] = 0
    remember(active, p)
    m = work.counts[IN_FACTOR]
    if m > 0 and work.values[FACTOR_L2] != l2 and not factorize_active(active, factor, m, l2):
        leave_factor(active, factor, work)
    work.values[FACTOR_L2] = l2
    for i in range(work.counts[IN_FACTOR]):
        factor.gradient[i] = row_gradient(active, factor.order[i], l1, l2)


@internal
def _gather_violators(active, factor, p, l1, l2):
    entering = 0
    for k in range(p):
        if active[k].place < 0 and active[k].square > 0.0 and row_violation(active, k, l1, l2) > 0.0:
            take_side(active, k)
            factor.rows[entering] = k
            entering += 1
    return entering


@jit
def solve_gram(active, factor, screen, quadratic, work, q, square, l1, l2, tol, null, max_iter):
    """Solve one alpha to `gap <= tol * null`, with square = |target|^2. Returns a code."""
    p = q.shape[0]
    _start(active, factor, work, p, l1, l2)
    while True:
        m, status, steps = newton.chain(factor, active, work.counts[IN_FACTOR], p, l1, l2, True, 0.0)
        work.counts[IN_FACTOR] = m
        work.counts[ITERATIONS] += steps + 1
        _correlations(active, factor.gram, q, factor.work)
        work.values[GAP] = _evaluate(active, screen, quadratic, work, q, square, l1, l2) / null
        work.counts[ROUND] += 1
        for i in range(m):
            factor.gradient[i] = row_gradient(active, factor.order[i], l1, l2)
        if work.values[GAP] <= tol:
            return SOLVED
        if work.counts[ITERATIONS] >= max_iter:
            return EXHAUSTED
        entering = _gather_violators(active, factor, p, l1, l2)
        if entering == 0 or enter_factor(active, factor, work, entering, l1, l2, l2) == 0:
            if status == newton.STUCK or work.counts[ROUND] > REFINEMENTS:
                return STALLED
