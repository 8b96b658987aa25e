"""One round of a loss that is not quadratic: Newton steps on the active rows, the unpenalised part, the certificate.

One kernel goes as far as it can without a look at the loss. Python looks, makes a new Hessian, or turns to sweeps, and
calls it again. So the kernel is compiled once, not once for each loss, and an alpha takes a handful of calls.
"""

from typing import NamedTuple

import numpy as np

from ..jit import internal, jit
from ..state import DIRECT, ITERATIONS, MODE, ROWS, TRUE, VIOLATORS
from .certify_loss import examine_loss, finish_certificate
from .lagged_hessian import renew_gram
from .lagged_newton import FAILED, FINISHED, MOST_IDLE, STALE, lagged_direction
from .line_search import DONE, REFIT, STEP, VALUE, ask_loss, search
from .predictor import (
    ACCURACY,
    BEST,
    DESCENDING,
    IDLE,
    LAST,
    LENGTH,
    extrapolate_predictor,
)
from .prox_newton import reweighted_direction, take_out_direct
from .rows import compact

CROWDED_SHARE = 0.4  # rows of coefficient zero are dropped where they are more than this share of the active rows
CROWDED_ENTRIES = 1e4  # and store more entries: to move the others up costs more than a few rows do

# Orders after those of the line search, which are all below DONE.
# Python orders: START a new alpha; EXTRAPOLATE the same, once idle rows are dropped; DESCEND Newton steps from here;
# RESUME the direction for which a new Hessian was made; END what follows the last step; EXAMINE the certificate alone.
# Within the kernel only: DIRECTION, the next Newton direction.
# The kernel asks for: CROWDED drop idle rows; NEW_HESSIAN; SWEEP a direction by sweeps; REBUILD eta from the
# coefficients; LOOK the values of the loss that the gap needs.
(
    START, EXTRAPOLATE, DESCEND, DIRECTION, RESUME, END, EXAMINE, CROWDED, NEW_HESSIAN, SWEEP, REBUILD, LOOK,
) = range(DONE + 1, DONE + 13)  # fmt: skip


class Goal(NamedTuple):
    """What a round is to reach."""

    l1: float
    l2: float
    collect: float = np.inf  # correlations from here on are listed
    coarse: float = 0.0  # largest violation of optimality that an active row may keep,
    excess: float = np.inf  # or this over sum_k factor_k |coef_k| where that is smaller: what violations add to the gap
    enough: float = 0.0  # no further Newton step once the gap is expected to be at most this
    most: int = 0  # iterations allowed for the alpha, those already done included
    ratio: float = 0.0  # for START: step of l1 over the one before; 0 extrapolates nothing
    alone: bool = False  # stop after the move or refit that is ordered, see `move`

    def tighter(self):
        """A fifth of all that may be left."""
        return self._replace(coarse=0.2 * self.coarse, excess=0.2 * self.excess, enough=0.2 * self.enough)


class Traits(NamedTuple):
    """What does not change during a fit."""

    convex: bool
    centred: bool  # X has columns of mean zero and there is no intercept, see ``certify_loss``
    rounding: float  # relative error of a dot product


def take_round(fit, goal, order):
    """Go on with `order` to the certificate; returns the duality gap, not yet over the null objective."""
    while (order := go_on(fit, fit.at, fit.quadratic, fit.work, goal, order)) != LOOK:
        if order == CROWDED:
            compact(fit, goal.l1)
            order = EXTRAPOLATE
        elif order == NEW_HESSIAN:
            renew_gram(fit)
            order = RESUME
        elif order == SWEEP:
            most = goal.most - fit.work.counts[ITERATIONS]
            order = STEP if reweighted_direction(fit, goal.l1, goal.l2, fit.at.values[ACCURACY], most) else END
        elif order == REBUILD:
            fit.rebuild()
            order = REFIT
    return finish_certificate(fit)


def move(fit, at, quadratic, work, l1, l2, order):
    """`search` to its end, with nothing after it; `order` is STEP or REFIT.

    `at`, `quadratic` and `work` need not be those of `fit`: the deviance of a constant has its own.
    """
    go_on(fit, at, quadratic, work, Goal(l1, l2, alone=True), order)


def go_on(fit, at, quadratic, work, goal, order):
    """`proceed`, with all looks at the loss that a line search asks for; returns what else it asks for."""
    while True:
        order = fit.run(
            proceed, fit.design, fit.store, fit.active, fit.factor, fit.screen, quadratic, work, fit.inner, fit.sight,
            at, fit.before, fit.traits, goal, order,
        )  # fmt: skip
        if order >= DONE:
            return order
        ask_loss(fit, at, quadratic, work, order)


@jit
def proceed(
    design, store, active, factor, screen, quadratic, work, inner, sight, at, before, traits, goal, order
):  # fmt: skip
    """Do what `order` says and what follows from it; returns what is needed to go on."""
    rows = work.counts[ROWS]
    if order == START:
        if _is_crowded(store, active, rows):
            return CROWDED
        order = EXTRAPOLATE
    if order == EXTRAPOLATE:
        extrapolate_predictor(store, active, quadratic, work, at, before, goal.ratio)
        at.counts[DESCENDING] = 0
        order = STEP
    while order != EXAMINE:
        if order <= VALUE:
            order = search(at, active, quadratic, work, before, goal.l1, goal.l2, traits.convex, order)
            if order != DONE or goal.alone:
                return order
            order = _after_move(at)
        elif order == DESCEND:
            _begin_descent(active, rows, at, goal)
            order = DIRECTION
        elif order == DIRECTION or order == RESUME:
            order = _direction(store, active, factor, screen, quadratic, work, inner, at, before, goal, order == RESUME)
            if order == NEW_HESSIAN or order == SWEEP:
                return order
        else:  # the end of a descent
            if work.counts[MODE] != DIRECT and work.counts[ITERATIONS] > 0:
                return REBUILD  # steps on reweighted rows may have carried eta off by rounding
            order = REFIT if quadratic.basis.shape[0] > 0 else EXAMINE
    work.counts[VIOLATORS], work.counts[TRUE] = examine_loss(
        design, store, active, screen, quadratic, work, sight, at, traits, goal.collect, goal.l1, goal.l2
    )
    return LOOK


@internal
def _is_crowded(store, active, rows):
    """Whether so many rows have a zero coefficient that `compact` pays."""
    idle = entries = 0
    for k in range(rows):
        if active[k].coef == 0.0:
            idle += 1
            entries += store.row_entries(k)
    return idle > CROWDED_SHARE * rows and entries > CROWDED_ENTRIES


@internal
def _after_move(at):
    if at.search[0].refit:
        return EXAMINE
    return DIRECTION if at.counts[DESCENDING] else DESCEND


@internal
def _begin_descent(active, rows, at, goal):
    """Forget the steps of earlier descents, and set the accuracy that the gap asks for."""
    at.counts[DESCENDING], at.counts[IDLE] = 1, 0
    at.values[LENGTH], at.values[LAST], at.values[BEST] = 1.0, np.inf, np.inf
    size = 0.0
    for k in range(rows):
        size += active[k].factor * abs(active[k].coef)
    at.values[ACCURACY] = min(goal.coarse, goal.excess / size) if size > 0.0 else goal.coarse


@internal
def _direction(store, active, factor, screen, quadratic, work, inner, at, before, goal, resumed):
    """The next Newton step, by the direct solver if that has not given up: STEP, END, or what is needed for it."""
    if work.counts[ROWS] == 0 or work.counts[ITERATIONS] >= goal.most:
        return END
    if work.counts[MODE] != DIRECT:
        return END if at.values[LENGTH] == 0.0 or at.counts[IDLE] >= MOST_IDLE else SWEEP
    code = lagged_direction(
        store, active, factor, screen, quadratic, work, inner, at, before, goal.l1, goal.l2, at.values[ACCURACY],
        goal.enough, resumed,
    )  # fmt: skip
    if code == FAILED:
        take_out_direct(active, factor, work, at)
        return SWEEP
    if code == STALE:
        return NEW_HESSIAN
    return END if code == FINISHED else STEP
