"""The null model of a loss that is not quadratic: the unpenalised part alone, from which alpha_max and the unit of the
gap come.
"""

import numpy as np

from .solvers.lagged_hessian import renew_gram
from .solvers.line_search import REFIT, STEP
from .solvers.loss_kernels import kernels_of
from .solvers.loss_round import move
from .solvers.predictor import HESSIAN, LENGTH, Predictor
from .state import RESIDENT, Work

NULL_ACCURACY, NULL_ITERATIONS = 1e-10, 10_000  # for a null model with bounds; relative to the residual
CONSTANT_STEPS, CONSTANT_ACCURACY = 30, 5e-15  # Newton steps for the constant alone; relative to the residual
NULL_STEPS = 100  # Newton steps on the unpenalised part
PROHIBITIVE = 1e300  # an L1 penalty that nothing penalised can pay
LEAST_NULL = 1e-10  # share of the deviance of a constant below which a null deviance is rounding
ETA_ROUNDING = 1e-15  # relative error of a linear predictor
NO_DEVIANCE = 1e-14  # a null deviance below this share of the null objective counts as zero


def fit_null(fit):
    """The unpenalised part alone, exactly: alpha_max and the unit of the gap come from it."""
    fit.evaluate()
    if not fit.diagonal:
        _fit_unpenalised(fit)
    fit.refit()
    fit.value, fit.saturated, _ = fit.values()
    fit.null = fit.value - fit.saturated
    if not np.isfinite(fit.value):
        _refuse_offset(fit.at.offset)
    if not fit.null > max(NO_DEVIANCE * abs(fit.value), _rounding_of_eta(fit.at)):
        fit.null = 0.0
    if len(fit.quadratic.basis) > fit.units.fit_intercept or np.any(fit.quadratic.limits["factor"] == 0.0):
        fit.least = LEAST_NULL * _deviance_of_a_constant(fit)
    _drop_rounding(fit)


def residual_of_a_constant(loss, weight, offset, fit_intercept, response):
    """Residual in weighted space of the model of a constant alone, or zeros: the null model's, most likely.

    The pass over X for the moments can then take the first correlations along. By Newton's method; where that does not
    converge, or the loss is no sum over observations, nothing is expected.
    """
    root, nothing = np.sqrt(weight), np.zeros(len(weight))
    if hasattr(loss, "loss_times"):
        return nothing
    slopes_at = kernels_of(loss)[0]
    eta = np.zeros(len(weight)) if offset is None else offset / response
    residual, curvature = nothing.copy(), nothing.copy()
    for _ in range(CONSTANT_STEPS):
        slopes_at(loss, eta, root, residual, curvature)
        slope, bend = float(root @ residual), float(weight @ curvature)
        if not fit_intercept or abs(slope) <= CONSTANT_ACCURACY * float(np.linalg.norm(residual)):
            return residual
        if not 0.0 < bend < np.inf:
            break
        eta = eta + slope / bend
    return nothing


def expectation_holds(residual, expected):
    """Whether the expected null residual is the true one, but for what counts as rounding of a dot product."""
    distance = np.linalg.norm(residual - expected)
    return bool(distance <= len(residual) * np.finfo(float).eps * np.linalg.norm(residual))


def _refuse_offset(offset):
    raise ValueError(
        f"offset from {offset.min():.4g} to {offset.max():.4g} makes the loss overflow, and no intercept or "
        "unpenalised column makes up for it: offsets are on the scale of the linear predictor, e.g. np.log(exposure); "
        "take off their common level, or pass fit_intercept=True"
    )


def _rounding_of_eta(at):
    """What the loss may rise by where eta is rounded, as Huber's loss of a constant does."""
    return 0.5 * float((at.weight * at.curvature) @ (ETA_ROUNDING * at.eta) ** 2)


def _drop_rounding(fit):
    if not fit.null > fit.least:
        fit.null = 0.0


def _deviance_of_a_constant(fit):
    """Of the best linear predictor that is the offset plus a constant, above that of the saturated model."""
    n = len(fit.quadratic.root)
    work, at = Work.allocate(n, 1), Predictor.allocate(fit.at.offset, fit.at.weight, 1, True)
    quadratic = fit.quadratic._replace(basis=fit.quadratic.root[None, :].copy())
    for order in (STEP, REFIT):
        move(fit, at, quadratic, work, 0.0, 0.0, order)
    return (
        fit.run(fit.values_at, fit.loss, at.eta, at.weight, work.residual, quadratic.root, at.offset, 0.0, 0.0)[0]
        - fit.saturated
    )


def _fit_unpenalised(fit):
    """Newton on the unpenalised part with the loss's own Hessian, where the diagonal curvature is but a bound.

    Steps by that bound, as `fit.refit` takes them, may need thousands.
    """
    at, work = fit.at, fit.work
    last = np.inf
    for _ in range(NULL_STEPS):
        worst = np.abs(fit.quadratic.basis @ work.residual).max(initial=0.0)
        if worst <= NULL_ACCURACY * np.linalg.norm(work.residual) and worst >= 0.1 * last:
            break
        last = worst
        at.counts[HESSIAN] = 0
        renew_gram(fit)
        step = (at.basis @ work.residual) @ at.basis
        np.divide(step, fit.quadratic.root, out=at.change, where=fit.quadratic.root > 0)
        fit.move(0.0, 0.0)
        if at.values[LENGTH] == 0.0:
            break
    at.counts[HESSIAN] = 0


def fit_bounded_null(fit):
    """Columns without penalty but with bounds belong to the null model too: they are active rows from the start."""
    limits = fit.quadratic.limits
    if len(limits) == 0 or fit.null == 0.0:
        return
    unscreened = fit.screen.bound["pair"] == RESIDENT
    columns = np.flatnonzero((limits["factor"] == 0.0) & ~unscreened)
    if len(columns) == 0:
        return
    fit.start_from(columns, np.zeros(len(columns)))
    fit.maybe_direct()
    accuracy = NULL_ACCURACY * float(np.linalg.norm(fit.work.residual))
    fit.descend(PROHIBITIVE, 0.0, accuracy, NULL_ITERATIONS)
    fit.polish(np.arange(len(columns)))
    fit.refit()
    fit.value = fit.values()[0]
    fit.null = fit.value - fit.saturated
    _drop_rounding(fit)
    fit.quadratic = fit.quadratic._replace(target=fit.work.residual.copy())
    fit.units = fit.units._replace(quadratic=fit.quadratic)
    fit.largest = fit.first_pass()
    fit.at.previous[:] = fit.at.eta
    fit.mark()
