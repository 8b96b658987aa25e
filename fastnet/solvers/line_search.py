"""The line search: how far to go along a direction, told by slopes of the objective alone, or else by its values.

Along a convex objective the step goes to where the slope has become flat but does not rise: no value is needed, and a
loss that is linear far out (Huber) takes a step of the right length. Elsewhere, and where slopes are rounding, it takes
the longest share of a direction, by halves, at which the value does not rise.

The search itself knows no loss: whenever it needs one it returns what it wants to know, and is called again when that
is there.
"""

import numpy as np

from ..jit import apart, internal
from ..state import ROWS
from ..vectors import copy_head, dot
from .predictor import BEND, CORRELATED, LENGTH, floor_curvature, unpenalised_direction

HALVINGS = 40
TRIALS = 20  # on the way to a flat slope
FLAT = 0.4  # a slope that has fallen to this share counts as flat
EXPANSION, LONGEST = 4.0, 1e4  # factor by which a step grows whose end is as steep as its start; its largest multiple
CLEAR = 1e-7  # share of |eta| above which a step's slopes are far from their rounding errors
STEEP = 1e-13  # cosine between step and gradient above which the slope at the start is far from its own
ROUNDING = 1e-15  # share of an objective by which it may seem to rise
MOST_STEPS = 200  # Newton steps on the unpenalised part
ORTHOGONAL = 1e-13  # cosine between residual and unpenalised columns that counts as rounding

# What `search` is told to begin, and what it asks for: slopes and curvatures of the loss at at.trial, or half-way, at
# work.a; its value at at.trial.
STEP, REFIT, SLOPES, MIDDLE, VALUE, DONE = range(6)


def ask_loss(fit, at, quadratic, work, order):
    """What `search` wants to know of the loss."""
    if order == SLOPES:
        fit.run(fit.slopes_at, fit.loss, at.trial, quadratic.root, at.residual, at.slope)
    elif order == MIDDLE:
        fit.run(fit.slopes_at, fit.loss, work.a, quadratic.root, work.b, work.c)
    else:
        note = at.search
        for name, eta in ("value", at.trial), ("start_value", at.eta):
            if name == "value" or np.isnan(note[name][0]):
                values = fit.values_at, fit.loss, eta, at.weight, at.residual, quadratic.root, at.offset, 0.0, 0.0
                note[name][0] = fit.run(*values)[0]


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


@internal
def _slope_of_loss(at, quadratic, residual):
    """Along at.change, where the loss has this residual."""
    slope = 0.0
    for i in range(residual.shape[0]):
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


@internal
def _propose(at, share, out):
    """out = eta after this share of the step."""
    for i in range(out.shape[0]):
        out[i] = at.eta[i] + share * at.change[i]


@internal
def _try(at, share):
    at.search[0].share = share
    _propose(at, share, at.trial)
    return SLOPES


@internal
def _begin_search(at, active, quadratic, work, before, l1, l2, convex):
    """Start the search along at.change; `search` goes on when the slopes at at.trial are there."""
    note, rows = at.search[0], work.counts[ROWS]
    change = size = length = 0.0
    for i in range(at.eta.shape[0]):
        change += at.change[i] * at.change[i]
        size += at.eta[i] * at.eta[i]
        length += (quadratic.root[i] * at.change[i]) ** 2
    steepest = np.sqrt(length * dot(work.residual, work.residual))
    note.start = _slope_of_loss(at, quadratic, work.residual) + _penalty_at(active, rows, before, 0.0, l1, l2)[1]
    note.clear = note.start < -STEEP * steepest and change > CLEAR * CLEAR * size
    note.longest = _longest_step(active, rows, before) if note.clear else 1.0
    note.low, note.low_slope, note.high, note.high_slope = 0.0, note.start, np.inf, 0.0
    note.by_value, note.trials, note.start_value = not convex, 0, np.nan
    return _try(at, 1.0)


@internal
def _judge_slope(at, active, quadratic, work, before, l1, l2):
    """The multiple of the step at which a convex objective, which falls at first, has become flat but does not rise.

    At its full length a step may also end higher than it came, by as much as the middle of the step is falling: the
    slope grows, so that the mean of those two bounds the mean slope. Values decide where the slopes seem not to be
    convex. A step so short that its slopes are near rounding is taken as it is, or left to the values.
    """
    note, t = at.search[0], at.search[0].share
    slope = _slope_of_loss(at, quadratic, at.residual)
    slope += _penalty_at(active, work.counts[ROWS], before, t, l1, l2)[1]
    if slope <= 0.0:
        if slope >= FLAT * note.start or t >= note.longest or t == note.low:
            return DONE
        note.low, note.low_slope = t, slope
        return _next_share(at, work)
    note.high_slope = slope
    if note.trials == 0 and (slope <= -note.start or not note.clear):
        _propose(at, 0.5, work.a)
        return MIDDLE
    return _shorten(at, work)


@internal
def _judge_middle(at, active, quadratic, work, before, l1, l2):
    middle = _slope_of_loss(at, quadratic, work.b)
    middle += _penalty_at(active, work.counts[ROWS], before, 0.5, l1, l2)[1]
    return DONE if at.search[0].high_slope + middle <= 0.0 else _shorten(at, work)


@internal
def _shorten(at, work):
    """The share just tried is too long."""
    note = at.search[0]
    if not note.clear:
        return _begin_values(at)
    note.high = note.share
    return _next_share(at, work)


@internal
def _next_share(at, work):
    note = at.search[0]
    note.trials += 1
    if note.trials == TRIALS or note.trials == TRIALS - 1 and note.low == 0.0:
        return _begin_values(at)
    if note.trials == TRIALS - 1:
        return _try(at, note.low)
    if note.high == np.inf:
        return _try(at, min(EXPANSION * note.share, note.longest))
    between = min(max(note.low_slope / (note.low_slope - note.high_slope), 0.1), 0.9)
    return _try(at, note.low + (note.high - note.low) * between)


@internal
def _begin_values(at):
    """The longest share of the step, by halves, at which the objective has not risen; 0 where there is none.

    A convex objective that still falls there has not risen.
    """
    at.search[0].by_value, at.search[0].trials = True, 0
    return _try(at, 1.0)


@internal
def _judge_value(at, active, quadratic, work, before, l1, l2, convex, order):
    note, rows = at.search[0], work.counts[ROWS]
    penalty, slope = _penalty_at(active, rows, before, note.share, l1, l2)
    if order == SLOPES:
        return DONE if convex and slope + _slope_of_loss(at, quadratic, at.residual) <= 0.0 else VALUE
    start = note.start_value + _penalty_at(active, rows, before, 0.0, l1, l2)[0]
    if note.value + penalty <= start + ROUNDING * abs(start):
        return DONE
    note.trials += 1
    if note.trials == HALVINGS:
        note.share = 0.0
        return DONE
    return _try(at, 0.5 * note.share)


@internal
def _take(at, active, quadratic, work, before):
    """Move by the share that was accepted."""
    t = at.search[0].share
    at.values[LENGTH] = t
    if t != 1.0:
        for k in range(work.counts[ROWS]):
            row = active[k]
            moved = before[k] + t * (row.coef - before[k]) if t > 0.0 else before[k]
            row.coef = min(max(moved, row.lower), row.upper)
    if t > 0.0:
        _take_step(at, quadratic, work, t)


@internal
def _refit(at, active, quadratic, work, before):
    """The next Newton direction of the unpenalised part; False when its gradient is rounding."""
    note = at.search[0]
    if note.steps == MOST_STEPS:
        return False
    worst, size = unpenalised_direction(at, active, quadratic, work, before)
    if worst <= ORTHOGONAL * size or worst >= 0.5 * note.worst and worst <= 100.0 * ORTHOGONAL * size:
        return False
    note.worst = worst
    note.steps += 1
    return True


@apart
def search(at, active, quadratic, work, before, l1, l2, convex, order):
    """One move between two looks at the loss: takes its orders, returns what it needs to know next.

    order
        STEP: along at.change and from `before` to the active coefficients.
        REFIT: Newton on the unpenalised part alone, until its gradient is rounding.
        SLOPES, MIDDLE, VALUE: what was asked for is there.

    The share accepted of the last step goes to at.values[LENGTH]; 0 when nothing has changed.
    """
    note = at.search[0]
    if order == STEP or order == REFIT:
        note.refit, note.steps, note.worst = order == REFIT, 0, np.inf
        order = DONE
    else:
        if order == MIDDLE:
            order = _judge_middle(at, active, quadratic, work, before, l1, l2)
        elif note.by_value:
            order = _judge_value(at, active, quadratic, work, before, l1, l2, convex, order)
        else:
            order = _judge_slope(at, active, quadratic, work, before, l1, l2)
        if order != DONE:
            return order
        _take(at, active, quadratic, work, before)
        if not note.refit or note.share == 0.0:
            return DONE
    if note.refit and not _refit(at, active, quadratic, work, before):
        return DONE
    return _begin_search(at, active, quadratic, work, before, l1, l2, convex)
