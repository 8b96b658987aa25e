"""The direct step: a chain of Newton steps through the sign changes of the active set (feature-sign search).

Between two changes of the active set the Elastic Net is a quadratic in known signs. With H = R'R the step
d = -H^-1 g solves it; an exact line search passes the kinks on the way, where a coefficient reaches zero (it leaves, or
its sign flips) or a bound (it stays there, outside the factor). The first step at a new alpha is the LARS predictor.

    Lee, Battle, Raina, Ng (2007), Efficient sparse coding algorithms; Efron et al. (2004), Least angle regression.

Positions 0 .. m-1 index the factor; `order[position]` is the row of that column among the active rows.
"""

import numpy as np

from ..jit import internal
from ..vectors import dot_head, largest, scale_head
from . import cholesky

DONE, STUCK = 0, 1


@internal
def remove(factor, active, m, position):
    """Take one column out of the factor; its row and its coefficient stay. Returns the new size."""
    active[factor.order[position]].place = -1
    cholesky.delete(factor.R, m, position, factor.forward)
    for i in range(position, m - 1):
        factor.order[i] = factor.order[i + 1]
        factor.gradient[i] = factor.gradient[i + 1]
        active[factor.order[i]].place = i
    return m - 1


@internal
def _drop_blocked(factor, active, m):
    """Take out what stands on a kink and is pushed across it: zeros against their sign, bounds outwards."""
    size = m
    for i in range(size - 1, -1, -1):
        row = active[factor.order[i]]
        d = factor.direction[i]
        blocked = d * row.sign < 0.0 if row.coef == 0.0 else False
        if d > 0.0:
            blocked |= row.coef >= row.upper
        elif d < 0.0:
            blocked |= row.coef <= row.lower
        if blocked:
            m = remove(factor, active, m, i)
            for q in range(i, m):
                factor.direction[q] = factor.direction[q + 1]
    return m


@internal
def _kink_after(row, d, end):
    """Distance along d at which a coefficient reaches zero (if it is penalised) or else `end`, its bound."""
    target = 0.0 if row.coef * d < 0.0 and row.factor > 0.0 else end
    return (target - row.coef) / d if abs(target) < np.inf else np.inf


@internal
def _line_search(factor, active, m, slope, curvature, l1):
    """Exact minimum of the penalised quadratic along the direction.

    Returns (t, stop, flips): the step, the position that stops on a kink (-1: none), and how many signs flipped on
    the way; their positions are in factor.rows.
    """
    kink = factor.kink
    for i in range(m):
        row = active[factor.order[i]]
        d = factor.direction[i]
        kink[i] = _kink_after(row, d, row.upper if d > 0.0 else row.lower) if d != 0.0 else np.inf
    flips = 0
    t = 0.0
    while True:
        end = t - slope / curvature
        first = -1
        nearest = end
        for i in range(m):
            if kink[i] < nearest:
                nearest = kink[i]
                first = i
        if first < 0:
            return end, -1, flips
        slope += curvature * (nearest - t)
        t = nearest
        row = active[factor.order[first]]
        d = factor.direction[first]
        bound = row.upper if d > 0.0 else row.lower
        slope += 2.0 * l1 * row.factor * abs(d)
        crosses_zero = row.coef * d < 0.0 and row.sign * d < 0.0
        if not crosses_zero or bound * d <= 0.0 or slope >= 0.0:
            return t, first, flips
        row.sign = -row.sign
        factor.rows[flips] = first
        flips += 1
        kink[first] = (bound - row.coef) / d if abs(bound) < np.inf else np.inf


@internal
def _move(factor, active, m, t, stop, flips):
    """Go by t; what stops there stands on its kink, and what flipped on the way is not left on its old side."""
    for i in range(m):
        row = active[factor.order[i]]
        d = factor.direction[i]
        row.coef += t * d
        if i == stop:
            if row.factor > 0.0 and row.sign * d < 0.0:
                row.coef = 0.0
            else:
                row.coef = row.upper if d > 0.0 else row.lower
    for e in range(flips):
        row = active[factor.order[factor.rows[e]]]
        if row.coef * row.sign < 0.0:  # rounding
            row.coef = 0.0


@internal
def _apply_flips(factor, active, m, flips, l1, forward_known):
    """Add the jump of each flipped sign to the gradient, and to the forward solution by one triangular solve."""
    jumps = factor.work
    first = m
    for i in range(m):
        jumps[i] = 0.0
    for e in range(flips):
        i = factor.rows[e]
        row = active[factor.order[i]]
        jump = 2.0 * l1 * row.factor * row.sign
        factor.gradient[i] += jump
        jumps[i] += jump
        if i < first:
            first = i
    if forward_known:
        cholesky.solve_forward(factor.R, m, jumps, first)
        for i in range(first, m):
            factor.forward[i] += jumps[i]


@internal
def exchange(factor, active, m, k, toward, l1, l2):
    """Let row k, nearly a combination of the columns in the factor, take their place: to the first kink.

    Along d = (toward at k, -toward * H^-1 gram_k in the factor) the fit hardly changes and the penalty falls at a
    constant rate. Returns (moved, new size): what stops at a kink leaves the factor.
    """
    row = active[k]
    direction = factor.direction
    for i in range(m):
        direction[i] = -toward * factor.gram[k, factor.order[i]]
    cholesky.solve_forward(factor.R, m, direction, 0)
    cholesky.solve_backward(factor.R, m, direction)
    end = row.upper if toward > 0.0 else row.lower
    t = _kink_after(row, toward, end)
    stop = -1
    for i in range(m):
        other, d = active[factor.order[i]], direction[i]
        if d != 0.0:
            kink = _kink_after(other, d, other.upper if d > 0.0 else other.lower)
            if kink < t:
                t = kink
                stop = i
    if not t < np.inf:
        return False, m
    _move(factor, active, m, t, stop, 0)
    row.coef += t * toward
    if stop < 0:
        row.coef = 0.0 if abs(row.coef) < abs(end - row.coef) else end
        return True, m
    return True, remove(factor, active, m, stop)


@internal
def _curvature_product(factor, active, m, rows, l2):
    """work = H direction with today's ridge, from the stored Gram matrix of all `rows` active rows."""
    direction, by_row, order = factor.direction, factor.kink, factor.order
    for k in range(rows):
        by_row[k] = 0.0
    for i in range(m):
        by_row[order[i]] = direction[i]
    for i in range(m):
        k = order[i]
        factor.work[i] = dot_head(factor.gram[k], by_row, rows) + l2 * active[k].factor * direction[i]


@internal
def _forward(factor, m):
    first = m
    for i in range(m):
        factor.forward[i] = factor.gradient[i]
        if first == m and factor.gradient[i] != 0.0:
            first = i
    cholesky.solve_forward(factor.R, m, factor.forward, first)


@internal
def chain(factor, active, m, rows, l1, l2, exact, accuracy):
    """Minimise the quadratic model over the columns in the factor, starting from factor.gradient.

    `exact` tells that the factor belongs to today's ridge; otherwise it preconditions steps repeated until every
    gradient entry is below `accuracy` (absolute). Updates active.coef and factor.gradient, and drops from the factor
    what ends on a kink. Returns (m, status, steps).
    """
    forward_known = False
    limit = 200 + 10 * m
    for step in range(limit):
        if m == 0:
            return m, DONE, step
        if not forward_known:
            _forward(factor, m)
        for i in range(m):
            factor.direction[i] = -factor.forward[i]
        cholesky.solve_backward(factor.R, m, factor.direction)
        forward_known = exact
        free = _drop_blocked(factor, active, m)
        if free < m:
            m = free
            continue
        slope = dot_head(factor.gradient, factor.direction, m)
        if not slope < 0.0:
            return m, DONE, step
        curvature = -slope
        if not exact:
            _curvature_product(factor, active, m, rows, l2)
            curvature = dot_head(factor.work, factor.direction, m)
        t, stop, flips = _line_search(factor, active, m, slope, curvature, l1)
        if not t >= 0.0:
            return m, STUCK, step
        _move(factor, active, m, t, stop, flips)
        if exact:
            scale_head(factor.gradient, 1.0 - t, m)
            scale_head(factor.forward, 1.0 - t, m)
        else:
            for i in range(m):
                factor.gradient[i] += t * factor.work[i]
        if flips > 0:
            _apply_flips(factor, active, m, flips, l1, exact)
        if stop >= 0:
            m = remove(factor, active, m, stop)
        elif flips == 0 and (exact or largest(factor.gradient[:m]) <= accuracy):
            return m, DONE, step
    return m, STUCK, limit
