"""One point of the path from the full Gram matrix, for tall data: no further look at X.

With G = Z'Z and q = Z'target the correlations are c = q - G beta, and the residual enters only through

    <target, r> = |target|^2 - q'beta,        |r|^2 = <target, r> - beta'c.

All p columns are active rows, row k being column k; the direct step and its factor are those of ``direct``.
"""

import numpy as np

from ..jit import fast, internal, jit
from ..result import Status
from ..state import FACTOR_L2, GAP, IN_FACTOR, ITERATIONS, OBJECTIVE, RESIDUAL2
from ..vectors import copy_head
from .direct import REFINEMENTS, direct_step
from .gap import duality_gap
from .rows import enter_violators, row_gradient

ROUNDING = 4e-16  # relative error of an inner product of columns, about


def solve_gram(fit, l1, l2, tol, max_iter):
    """Bring `fit`, a GramEngine, to one alpha; returns a Status."""
    counts, p = fit.work.counts, len(fit.active)
    counts[ITERATIONS] = rounds = 0
    fit.active["previous"] = fit.active["coef"]
    if counts[IN_FACTOR] == 0 and fit.active["coef"].any():  # a warm start
        _evaluate(fit, l1, l2)
        fit.work.values[FACTOR_L2] = l2
        fit.run(enter_violators, fit.active, fit.factor, fit.work, p, l1, l2)
    while True:
        stuck = fit.run(direct_step, fit.active, fit.factor, fit.work, p, l1, l2, 0.0, 1.0, rounds == 0)
        _evaluate(fit, l1, l2)
        rounds += 1
        if fit.work.values[GAP] <= tol:
            return Status.CONVERGED
        if counts[ITERATIONS] >= max_iter:
            return Status.MAX_ITER
        _, taken = fit.run(enter_violators, fit.active, fit.factor, fit.work, p, l1, l2)
        if taken == 0 and (stuck or rounds > REFINEMENTS):
            return Status.STALLED


def _evaluate(fit, l1, l2):
    fit.run(
        evaluate, fit.active, fit.factor, fit.rounds.screen, fit.units.quadratic, fit.work, fit.correlation,
        fit.square, l1, l2, fit.null,
    )  # fmt: skip


@fast
def _subtract_four(out, a0, x0, a1, x1, a2, x2, a3, x3):
    for i in range(out.shape[0]):
        out[i] -= a0 * x0[i] + a1 * x1[i] + a2 * x2[i] + a3 * x3[i]


@internal
def _correlations(active, gram, q, out):
    """active.correlation = q - gram @ coef, from scratch, four columns of the Gram matrix at a time."""
    p = q.shape[0]
    copy_head(q, out, p)
    a = b = c = count = 0
    for k in range(p):
        if active[k].coef == 0.0:
            continue
        if count == 3:
            _subtract_four(
                out, active[a].coef, gram[a], active[b].coef, gram[b], active[c].coef, gram[c], active[k].coef, gram[k]
            )
            count = 0
        else:
            a, b, c = b, c, k  # the last three that wait
            count += 1
    if count > 0:
        x = active[a].coef if count > 2 else 0.0
        y = active[b].coef if count > 1 else 0.0
        _subtract_four(out, x, gram[a], y, gram[b], active[c].coef, gram[c], 0.0, gram[0])
    for k in range(p):
        active[k].correlation = out[k]


@jit
def evaluate(active, factor, screen, quadratic, work, q, square, l1, l2, null):
    """Correlations, objective, |r|^2 and duality gap, with a bound of their rounding added to the gap."""
    p = q.shape[0]
    _correlations(active, factor.gram, q, factor.work)
    along = square
    inner = 0.0
    penalty = 0.0
    size = 1.0
    for k in range(p):
        row = active[k]
        b = row.coef
        if b != 0.0:
            size += abs(b) * np.sqrt(row.square)
            along -= q[k] * b
            inner += b * row.correlation
            penalty += row.factor * (l1 * abs(b) + 0.5 * l2 * b * b)
    residual2 = max(along - inner, 0.0)
    work.values[RESIDUAL2] = residual2
    work.values[OBJECTIVE] = 0.5 * residual2 + penalty
    gap = duality_gap(work.values[OBJECTIVE], along, residual2, active, p, screen, quadratic, 0, l1, l2)
    work.values[GAP] = (gap + ROUNDING * size * size) / null
    for i in range(work.counts[IN_FACTOR]):
        factor.gradient[i] = row_gradient(active, factor.order[i], l1, l2)
