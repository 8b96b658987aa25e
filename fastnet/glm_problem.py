"""From a validated problem of any other loss than the Gaussian to its engine."""

import numpy as np

from .glm_engine import GLMEngine
from .glm_null import residual_of_a_constant
from .units import make_glm_units, normalised_weights
from .validation import check_response


def make_glm_engine(family, problem, *, fit_intercept, standardize, check_finite=True):
    """The engine of a `Family` for a validated problem; refuses y outside the family's domain."""
    y = check_classes(problem, family.name) if family.domain == "sign" else problem.y
    fit_intercept = fit_intercept or not family.intercept  # shifts that do not matter are projected out
    if family.domain != "sign":
        check_response(y, family.domain, family.name, sample_weight=problem.sample_weight, fit_intercept=fit_intercept)
    weight, loss = normalised_weights(problem.sample_weight, len(problem.y)), family.make(y)
    offset, level = problem.offset, 0.0
    if offset is not None and fit_intercept:  # the intercept's business: a loss far from 0 loses digits, or overflows
        level = float(weight @ offset)
        offset = offset - level
    units = make_glm_units(
        problem, weight, residual_of_a_constant(loss, weight, offset, fit_intercept, family.response),
        fit_intercept=fit_intercept, standardize=standardize, response=family.response, check_finite=check_finite,
    )  # fmt: skip
    return GLMEngine(units._replace(level=level), loss, offset, family.convex, family.intercept)


def check_classes(problem, name):
    """y as -1 and 1, from 0 and 1 or -1 and 1."""
    y = problem.y
    low = -1.0 if y.min() < 0 else 0.0
    bad = (y != low) & (y != 1.0)
    if bad.any():
        i = int(np.argmax(bad))
        raise ValueError(f"y is {y[i]:g} at index {i}; family={name!r} allows two classes, 0 and 1 (or -1 and 1)")
    seen = y if problem.sample_weight is None else y[problem.sample_weight > 0]
    if seen.min() == seen.max():
        raise ValueError(f"y is {seen[0]:g} in every row of positive weight: one class only, nothing to separate")
    return np.where(y > 0, 1.0, -1.0)
