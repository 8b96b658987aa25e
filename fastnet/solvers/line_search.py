"""The kernels that see the loss, compiled once for each: the step of prox-Newton, and the values of the certificate.

A step takes the longest share of a direction, by halves, at which the true objective does not rise.
"""

import numpy as np

from ..jit import generic, internal, jit
from ..losses.loops import loss_bound, loss_slopes, loss_sum
from ..state import ROWS
from ..vectors import copy_head
from .predictor import BEND, CORRELATED, LENGTH, floor_curvature, unpenalised_direction

HALVINGS = 40
ROUNDING = 1e-15  # share of an objective by which it may seem to rise
MOST_STEPS = 200  # Newton steps on the unpenalised part
ORTHOGONAL = 1e-13  # cosine between residual and unpenalised columns that counts as rounding


@internal
def _penalty_at(active, rows, before, t, l1, l2):
    """Value of the penalty at before + t * (coef - before), and its slope there from the left."""
    value = 0.0
    slope = 0.0
    for k in range(rows):
        d = active[k].coef - before[k]
        b = before[k] + t * d
        value += active[k].factor * (l1 * abs(b) + 0.5 * l2 * b * b)
        if d != 0.0:
            side = 1.0 if b > 0.0 else -1.0
            if b == 0.0:  # arriving at zero: from the side where it was
                side = 1.0 if before[k] > 0.0 else -1.0
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


@generic
def _search(loss, at, active, quadratic, work, before, l1, l2, convex):
    """Accept the step, or halve it until the objective does not rise; returns t (0: rejected, nothing has changed).

    No value is needed where the objective is convex, so that its slope grows, and the mean of the slopes in the middle
    and at the end of the step, which bounds the mean slope, is not above zero.
    """
    rows = work.counts[ROWS]
    start = np.nan
    t = 1.0
    for _ in range(HALVINGS):
        slope = _try_step(loss, at, quadratic, t, at.trial, at.residual, at.slope)
        penalty, penalty_slope = _penalty_at(active, rows, before, t, l1, l2)
        slope += penalty_slope
        if convex and slope > 0.0:
            slope += _try_step(loss, at, quadratic, 0.5 * t, work.a, work.b, work.c)
            slope += _penalty_at(active, rows, before, 0.5 * t, l1, l2)[1]
        accept = convex and slope <= 0.0
        if not accept:
            value = 0.0
            for trial in range(0 if np.isnan(start) else 1, 2):  # one place where the loss is compiled
                value = loss_sum(loss, at.trial if trial else at.eta, at.weight)
                if not trial:
                    start = value + _penalty_at(active, rows, before, 0.0, l1, l2)[0]
                    start += ROUNDING * abs(start)
            accept = value + penalty <= start
        if accept:
            break
        t *= 0.5
    else:
        t = 0.0
    if t < 1.0:
        for k in range(rows):
            active[k].coef = before[k] + t * (active[k].coef - before[k]) if t > 0.0 else before[k]
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
