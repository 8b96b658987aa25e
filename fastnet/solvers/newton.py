"""The direct step: a chain of Newton steps through the sign changes of the active set (feature-sign search).

Between two changes of the active set the Elastic Net is a quadratic in known signs. With H = R'R the step
d = -H^-1 g solves it; an exact line search passes the kinks on the way, where a coefficient reaches zero (it leaves, or
its sign flips) or a bound (it stays there, outside the factor). The first step at a new alpha is the LARS predictor.

    Lee, Battle, Raina, Ng (2007), Efficient sparse coding algorithms; Efron et al. (2004), Least angle regression.

Positions 0 .. m-1 index the factor; `order[position]` is the row of that column among the active rows.
"""

import numpy as np

from ..jit import internal
from ..vectors import dot_head, scale_head
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
    blocked = 0
    i = m - 1
    while i >= 0:
        k = factor.order[i]
        b, d = active[k].coef, factor.direction[i]
        against = b == 0.0 and d * active[k].sign < 0.0
        outwards = (d > 0.0 and b >= active[k].upper) or (d < 0.0 and b <= active[k].lower)
        if against or outwards:
            m = remove(factor, active, m, i)
            for q in range(i, m):
                factor.direction[q] = factor.direction[q + 1]
            blocked += 1
        i -= 1
    return m, blocked


@internal
def _next_kink(b, d, lower, upper, penalized):
    """Distance along d to the next kink of one coefficient."""
    if d > 0.0:
        if b < 0.0 and penalized:
            return -b / d
        return (upper - b) / d if upper < np.inf else np.inf
    if d < 0.0:
        if b > 0.0 and penalized:
            return -b / d
        return (lower - b) / d if lower > -np.inf else np.inf
    return np.inf


@internal
def _line_search(factor, active, m, slope, curvature, l1):
    """Exact minimum of the penalised quadratic along the direction.

    Returns (t, stop, flips): the step, the position that stops on a kink (-1: none), and how many signs flipped on
    the way; their positions are in factor.rows.
    """
    for i in range(m):
        k = factor.order[i]
        factor.kink[i] = _next_kink(
            active[k].coef, factor.direction[i], active[k].lower, active[k].upper, active[k].factor > 0.0
        )
    flips = 0
    t = 0.0
    while True:
        end = t - slope / curvature
        first = -1
        nearest = end
        for i in range(m):
            if factor.kink[i] < nearest:
                nearest = factor.kink[i]
                first = i
        if first < 0:
            return end, -1, flips
        slope += curvature * (nearest - t)
        t = nearest
        k = factor.order[first]
        d = factor.direction[first]
        crosses_zero = active[k].coef * d < 0.0 and active[k].sign * d < 0.0
        closed = active[k].upper <= 0.0 if d > 0.0 else active[k].lower >= 0.0
        slope += 2.0 * l1 * active[k].factor * abs(d)
        if not crosses_zero or closed or slope >= 0.0:
            return t, first, flips
        active[k].sign = -active[k].sign
        factor.rows[flips] = first
        flips += 1
        bound = active[k].upper if d > 0.0 else active[k].lower
        factor.kink[first] = (bound - active[k].coef) / d if abs(bound) < np.inf else np.inf


@internal
def _move(factor, active, m, t, stop):
    for i in range(m):
        active[factor.order[i]].coef += t * factor.direction[i]
    if stop >= 0:
        k = factor.order[stop]
        d = factor.direction[stop]
        bound = active[k].upper if d > 0.0 else active[k].lower
        at_zero = active[k].factor > 0.0 and active[k].sign * d < 0.0
        active[k].coef = 0.0 if at_zero else bound


@internal
def _apply_flips(factor, active, m, flips, l1, forward_known):
    """Add the jump of each flipped sign to the gradient, and to the forward solution by one triangular solve."""
    first = m
    for i in range(m):
        factor.work[i] = 0.0
    for e in range(flips):
        i = factor.rows[e]
        k = factor.order[i]
        jump = 2.0 * l1 * active[k].factor * active[k].sign
        factor.gradient[i] += jump
        factor.work[i] += jump
        first = min(first, i)
    if forward_known:
        cholesky.solve_forward(factor.R, m, factor.work, first)
        for i in range(first, m):
            factor.forward[i] += factor.work[i]


@internal
def _curvature_product(factor, active, m, rows, l2):
    """work = H direction with today's ridge, from the stored Gram matrix of all `rows` active rows."""
    for k in range(rows):
        factor.kink[k] = 0.0
    for i in range(m):
        factor.kink[factor.order[i]] = factor.direction[i]
    for i in range(m):
        k = factor.order[i]
        product = dot_head(factor.gram[k], factor.kink, rows)
        factor.work[i] = product + l2 * active[k].factor * factor.direction[i]


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
            factor.direction[i] = factor.forward[i]
        cholesky.solve_backward(factor.R, m, factor.direction)
        for i in range(m):
            factor.direction[i] = -factor.direction[i]
        forward_known = exact
        m, blocked = _drop_blocked(factor, active, m)
        if blocked > 0:
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
        _move(factor, active, m, t, stop)
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
        elif flips == 0 and (exact or _largest(factor.gradient, m) <= accuracy):
            return m, DONE, step
    return m, STUCK, limit


@internal
def _largest(x, m):
    largest = 0.0
    for i in range(m):
        largest = max(largest, abs(x[i]))
    return largest
