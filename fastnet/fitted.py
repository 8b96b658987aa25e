"""What a path says of its data once it is fitted: weights, linear predictors, active columns, curvature."""

from __future__ import annotations

import numpy as np
from scipy import sparse

from fastnet.certificate_losses import LOSSES, make_loss
from fastnet.model_selection.fitting import times
from fastnet.validation import check_problem


def problem_of_path(path, X, y):
    """Validated data and weights that sum to one."""
    names = ("sample_weight", "offset", "penalty_factor", "lower", "upper")
    problem = check_problem(X, y, **{name: path.problem_options.get(name) for name in names}, check_finite=False)
    if problem.X.shape[1] != path.n_features:
        raise ValueError(
            f"X has {problem.X.shape[1]} columns but the path was fitted with {path.n_features}: pass the X of the fit"
        )
    n = problem.X.shape[0]
    weight = np.ones(n) if problem.sample_weight is None else problem.sample_weight
    return problem, weight / weight.sum()


def linear_predictors(path, problem):
    """(n, K) eta of every row, offset included."""
    eta = times(problem.X, path.coefs, slice(None)) + path.intercepts
    return eta if problem.offset is None else eta + problem.offset[:, None]


def family_of(path):
    """Name or `Family` that the path was fitted with; one of the user's own by its name alone."""
    if not path.family_parameters:
        return path.family
    from fastnet.losses import find_family

    return find_family(path.family, path.family_parameters)


def loss_of(path):
    """The loss as NumPy functions of y and eta, row by row."""
    if path.family not in LOSSES:
        raise ValueError(
            f"family={path.family!r} is no sum of known losses over the rows; allowed here are {', '.join(LOSSES)}"
        )
    return make_loss(path.family, path.family_parameters)


def inside_bounds(problem, columns, coefs):
    """Which of these coefficients are not at a bound."""
    inside = np.ones(len(columns), bool)
    for bound in (problem.lower, problem.upper):
        if bound is not None:
            inside &= np.abs(coefs - bound[columns]) > 1e-12 * np.abs(coefs)
    return inside


def centred_columns(path, problem, weight, columns):
    """Dense centred columns (n, m), and their penalty factors times squared scales."""
    Z = problem.X[:, columns]
    Z = (Z.toarray() if sparse.issparse(Z) else Z).astype(np.float64)
    mean = weight @ Z
    if path.standardize or path.fit_intercept:
        deviation = Z - mean
        scale = weight @ deviation**2 if path.standardize else np.ones(len(columns))
        Z = deviation if path.fit_intercept else Z
    else:
        scale = np.ones(len(columns))
    factor = np.ones(len(columns)) if problem.penalty_factor is None else problem.penalty_factor[columns]
    return Z, factor * scale


def curvature_root(path, problem, weight, eta, k):
    """(n,) square roots of weight times curvature of the loss."""
    if path.family == "gaussian":
        return np.sqrt(weight)
    return np.sqrt(weight * loss_of(path).curvature(problem.y, eta[:, k]))


def project(Z, root, fit_intercept):
    """root * Z without its component along the intercept."""
    Z = root[:, None] * Z
    if fit_intercept and root.any():
        unit = root / np.linalg.norm(root)
        Z = Z - np.outer(unit, unit @ Z)
    return Z
