"""The kernels that see the loss, compiled once for each: the step of prox-Newton, and the values of the certificate.

Along a convex objective the step goes to where the slope has become flat but does not rise: no value is needed, and a
loss that is linear far out (Huber) takes a step of the right length. Elsewhere, and where slopes are rounding, it takes
the longest share of a direction, by halves, at which the value does not rise.
"""

import numpy as np

from ..jit import generic, internal, jit
from ..losses.loops import loss_bound, loss_slopes, loss_sum
from ..state import ROWS
from ..vectors import copy_head
from .predictor import BEND, CORRELATED, LENGTH, floor_curvature, unpenalised_direction

HALVINGS = 40
TRIALS = 20  # on the way to a flat slope
FLAT = 0.4  # a slope that has fallen to this share counts as flat
EXPANSION, LONGEST = 4.0, 1e4  # factor by which a step grows whose end is as steep as its start; its largest multiple
CLEAR = 1e-7  # share of |eta| above which a step's slopes are far from their rounding errors
ROUNDING = 1e-15  # share of an objective by which it may seem to rise
MOST_STEPS = 200  # Newton steps on the unpenalised part
ORTHOGONAL = 1e-13  # cosine between residual and unpenalised columns that counts as rounding


@internal
def _penalty_at(active, rows, before, t, l1, l2):
    """Value of the penalty at before + t * (coef - before), and its slope there, from the left (at 0: to the right)."""
    value = 0.0
    slope = 0.0
    for k in range(rows):
        d = active[k].coef - before[k]
        b = before[k] + t * d
        value += active[k].factor * (l1 * abs(b) + 0.5 * l2 * b * b)
        if d != 0.0:
            side = 1.0 if b > 0.0 else -1.0
            if b == 0.0:  # arriving at zero: from the side where it was; leaving it: to the side where it goes
                side = 1.0 if (before[k] if before[k] != 0.0 else d) > 0.0 else -1.0
            slope += active[k].factor * d * (l1 * side + l2 * b)
    return value, slope


@generic
def _try_step(loss, at, quadratic, t, eta, residual, curvature):
    """eta, residual and curvature after the share t of the step; returns the slope of the loss there."""
    for i in range(eta.shape[0]):
        eta[i] = at.eta[i] + t * at.change[i]
    loss_slopes(loss, eta, quadratic.root, residual, curvature)
    slope = 0.0
    for i in range(eta.shape[0]):
        slope -= quadratic.root[i] * residual[i] * at.change[i]
    return slope


@internal
def _take_step(at, quadratic, work, t):
    n = at.eta.shape[0]
    bend = 0.0
    for i in range(n):
        bend += quadratic.root[i] * (work.residual[i] - at.residual[i]) * at.change[i]
    at.values[BEND] = bend / t
    at.counts[CORRELATED] = 0
    copy_head(at.trial, at.eta, n)
    copy_head(at.residual, work.residual, n)
    copy_head(at.slope, at.curvature, n)
    floor_curvature(quadratic.root, work.residual, at.curvature, at.weight)


@internal
def _longest_step(active, rows, before):
    """The multiple of the step at which the first coefficient reaches a bound; at least 1, at most LONGEST."""
    longest = LONGEST
    for k in range(rows):
        d = active[k].coef - before[k]
        end = active[k].upper if d > 0.0 else active[k].lower
        if d != 0.0 and abs(end) < np.inf:
            longest = min(longest, (end - before[k]) / d)
    return max(longest, 1.0)


@generic
def _search_slope(loss, at, active, quadratic, work, before, l1, l2):
    """The multiple of the step at which a convex objective, which falls at first, has become flat but does not rise.

    At its full length a step may also end higher than it came, by as much as the middle of the step is falling: the
    slope grows, so that the mean of those two bounds the mean slope. Returns 0 where the slopes seem not to be
    convex. A step so short that its slopes are near rounding is taken as it is, or left to the values.
    """
    rows = work.counts[ROWS]
    start = _penalty_at(active, rows, before, 0.0, l1, l2)[1]
    change = size = 0.0
    for i in range(at.eta.shape[0]):
        start -= quadratic.root[i] * work.residual[i] * at.change[i]
        change += at.change[i] * at.change[i]
        size += at.eta[i] * at.eta[i]
    clear = start < 0.0 and change > CLEAR * CLEAR * size
    longest = _longest_step(active, rows, before) if clear else 1.0
    low, low_slope, high, high_slope, t = 0.0, start, np.inf, 0.0, 1.0
    for trial in range(TRIALS):
        if trial == TRIALS - 1:
            t = low
        slope = _try_step(loss, at, quadratic, t, at.trial, at.residual, at.slope)
        slope += _penalty_at(active, rows, before, t, l1, l2)[1]
        if slope <= 0.0:
            if slope >= FLAT * start or t >= longest or t == low:
                return t
            low, low_slope = t, slope
        else:
            if trial == 0 and (slope <= -start or not clear):
                middle = _try_step(loss, at, quadratic, 0.5, work.a, work.b, work.c)
                if slope + middle + _penalty_at(active, rows, before, 0.5, l1, l2)[1] <= 0.0:
                    return t
            if not clear:
                return 0.0
            high, high_slope = t, slope
        if high == np.inf:
            t = min(EXPANSION * t, longest)
        else:
            t = low + (high - low) * min(max(low_slope / (low_slope - high_slope), 0.1), 0.9)
    return 0.0


@generic
def _search_value(loss, at, active, quadratic, work, before, l1, l2, convex):
    """The longest share of the step, by halves, at which the objective has not risen; 0 where there is none.

    A convex objective that still falls there has not risen.
    """
    rows = work.counts[ROWS]
    start = np.nan
    t = 1.0
    for _ in range(HALVINGS):
        slope = _try_step(loss, at, quadratic, t, at.trial, at.residual, at.slope)
        penalty, penalty_slope = _penalty_at(active, rows, before, t, l1, l2)
        if convex and slope + penalty_slope <= 0.0:
            return t
        value = 0.0
        for trial in range(0 if np.isnan(start) else 1, 2):  # one place where the loss is compiled
            value = loss_sum(loss, at.trial if trial else at.eta, at.weight)
            if not trial:
                start = value + _penalty_at(active, rows, before, 0.0, l1, l2)[0]
                start += ROUNDING * abs(start)
        if value + penalty <= start:
            return t
        t *= 0.5
    return 0.0


@generic
def _search(loss, at, active, quadratic, work, before, l1, l2, convex):
    """Move along at.change and from `before` to the active coefficients; returns how far (0: nothing has changed)."""
    rows = work.counts[ROWS]
    t = _search_slope(loss, at, active, quadratic, work, before, l1, l2) if convex else 0.0
    if t == 0.0:
        t = _search_value(loss, at, active, quadratic, work, before, l1, l2, convex)
    if t != 1.0:
        for k in range(rows):
            row = active[k]
            moved = before[k] + t * (row.coef - before[k]) if t > 0.0 else before[k]
            row.coef = min(max(moved, row.lower), row.upper)
    if t > 0.0:
        _take_step(at, quadratic, work, t)
    return t


@jit
def line_search(loss, at, active, quadratic, work, before, l1, l2, convex, refit):
    """Move along at.change and from `before` to the active coefficients; the share accepted goes to at.values[LENGTH].

    With `refit`, Newton on the unpenalised part alone instead, until its gradient is rounding.
    """
    last = np.inf
    for _ in range(MOST_STEPS if refit else 1):
        if refit:
            worst, size = unpenalised_direction(at, active, quadratic, work, before)
            if worst <= ORTHOGONAL * size or worst >= 0.5 * last and worst <= 100.0 * ORTHOGONAL * size:
                return
            last = worst
        at.values[LENGTH] = _search(loss, at, active, quadratic, work, before, l1, l2, convex)
        if at.values[LENGTH] == 0.0:
            return


@jit
def loss_and_bounds(loss, at, quadratic, work, s, other):
    """(loss, its part of the dual objective at s r and at other * r); at 0 that is the smallest value of the loss."""
    first = second = 0.0
    for k in range(2 if other != s else 1):  # one place where the loss is compiled
        second = first
        first = loss_bound(loss, at.eta, work.residual, quadratic.root, at.offset, other if k == 0 else s)
    return loss_sum(loss, at.eta, at.weight), first, second if other != s else first
