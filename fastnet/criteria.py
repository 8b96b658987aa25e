"""Choosing alpha without held-out data: AIC, BIC, EBIC and GCV with exact degrees of freedom."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy.special import gammaln

from fastnet import blas
from fastnet.fitted import (
    centred_columns,
    curvature_root,
    family_of,
    inside_bounds,
    linear_predictors,
    problem_of_path,
    project,
)
from fastnet.model_selection.measures import unit_deviance
from fastnet.validation.options import check_number

__all__ = ["Criteria", "criteria", "degrees_of_freedom"]

_BLOCK = 1024  # columns of X that are gathered together
KNOWN_DISPERSION = {"binomial", "poisson", "negative_binomial"}  # the deviance is twice the log likelihood ratio
NAMES = ("aic", "aicc", "bic", "ebic", "gcv")


@dataclass(frozen=True)
class Criteria:
    """Criteria of every point of a path; less is better.

    With D the deviance, weights scaled to the number n of rows that have any, and k = df + 1 with an intercept:

        aic   L + 2 k                      (Akaike 1974)
        aicc  aic + 2 k (k + 1) / (n - k - 1)   (Hurvich, Tsai 1989)
        bic   L + k log n                  (Schwarz 1978)
        ebic  bic + 2 gamma log binom(p, df)    (Chen, Chen 2008)
        gcv   D / n / (1 - k / n)^2        (Golub, Heath, Wahba 1979)

    L = n log(D / n) for least squares of unknown variance, else L = D / dispersion. Points with k >= n (for aicc k >= n
    - 1) are infinite: they leave nothing to judge by.
    """

    alphas: np.ndarray  # (K,)
    dfs: np.ndarray  # (K,) effective degrees of freedom, without the intercept
    deviances: np.ndarray  # (K,)
    aic: np.ndarray
    aicc: np.ndarray
    bic: np.ndarray
    ebic: np.ndarray
    gcv: np.ndarray

    def alpha(self, name: str = "bic") -> float:
        """The alpha with the smallest value of a criterion; of equal ones the largest."""
        if name not in NAMES:
            raise ValueError(f"name is {name!r}; allowed are {', '.join(map(repr, NAMES))}")
        values = getattr(self, name)
        if not np.any(values < np.inf):
            raise ValueError(f"{name} is infinite at every point: no point has fewer parameters than rows")
        return float(self.alphas[values == values.min()].max())


@blas.one_thread()
def criteria(path, X, y, *, gamma: float = 1.0, dispersion: float | None = None) -> Criteria:
    """AIC, AICc, BIC, EBIC and GCV of every point of a path, with exact degrees of freedom.

    Parameters
    ----------
    path : Path
    X, y : the data of the fit
        Weights, offset, penalty factors and bounds are those that the path remembers.
    gamma : float in [0, 1]
        Of the EBIC: 0 is BIC, 1 the strictest.
    dispersion : float, optional
        Variance of the noise (least squares), or the dispersion of a gamma, inverse Gaussian or Tweedie model, which
        need it. 1 for binomial, Poisson and negative binomial models; estimated for least squares when None.

    Returns
    -------
    Criteria

    Raises
    ------
    ValueError
        For a family without a likelihood (Huber, squared hinge), and without a dispersion that is needed.
    """
    gamma = check_number(gamma, "gamma", "from 0 (BIC) to 1", lambda v: 0 <= v <= 1)
    if dispersion is not None:
        dispersion = check_number(dispersion, "dispersion", "positive and finite", lambda v: 0 < v < np.inf)
    problem, weight = problem_of_path(path, X, y)
    n = int(np.count_nonzero(weight))
    eta = linear_predictors(path, problem)
    deviances = n * (weight @ unit_deviance(family_of(path), problem.y[:, None], eta))
    dfs = _degrees(path, problem, weight, eta)
    fit = _fit_term(path.family, deviances, dispersion, n)
    k = dfs + path.fit_intercept
    with np.errstate(divide="ignore", invalid="ignore"):
        aic, bic = fit + 2 * k, fit + k * np.log(n)
        p = path.n_features
        choices = gammaln(p + 1) - gammaln(dfs + 1) - gammaln(p - dfs + 1)
        values = {
            "aic": aic,
            "aicc": np.where(k < n - 1, aic + 2 * k * (k + 1) / (n - k - 1), np.inf),
            "bic": bic,
            "ebic": bic + 2 * gamma * choices,
            "gcv": deviances / n / (1 - k / n) ** 2,
        }
    saturated = k >= n - 1e-9
    values = {name: np.where(saturated, np.inf, value) for name, value in values.items()}
    return Criteria(alphas=path.alphas, dfs=dfs, deviances=deviances, **values)


@blas.one_thread()
def degrees_of_freedom(path, X, y=None) -> np.ndarray:
    """Effective degrees of freedom of every point, without the intercept.

    For least squares this is exact: the trace of the derivative of the fit by y (an unbiased estimate of Stein's
    degrees of freedom),

        df = tr( X_A (X_A' X_A + alpha (1 - l1_ratio) W P_A)^-1 X_A' ),

    over the active columns A that are not at a bound (centred, weighted), with P_A the penalty factors times the
    squared scales. For the lasso it is the rank of X_A. Other families use the Hessian at the solution as weights.

    Parameters
    ----------
    path : Path
    X : the data of the fit
    y : (n,) array, optional
        Only for families other than Gaussian.

    References
    ----------
    Zou, Hastie, Tibshirani (2007), On the degrees of freedom of the lasso.
    Tibshirani, Taylor (2012), Degrees of freedom in lasso problems.
    """
    if y is None and path.family != "gaussian":
        raise ValueError(f"y is missing: the degrees of freedom of family={path.family!r} depend on it")
    rows = X.shape[0] if hasattr(X, "shape") else len(X)
    problem, weight = problem_of_path(path, X, np.zeros(rows) if y is None else y)
    eta = None if path.family == "gaussian" else linear_predictors(path, problem)
    return _degrees(path, problem, weight, eta)


def _fit_term(family, deviances, dispersion, n):
    if family == "gaussian" and dispersion is None:
        with np.errstate(divide="ignore"):
            return n * np.log(deviances / n)
    if family in KNOWN_DISPERSION:
        return deviances / (dispersion or 1.0)
    if family in ("huber", "squared_hinge"):
        raise ValueError(f"family={family!r} has no likelihood, on which these criteria rest: use fastnet.cv_path")
    if dispersion is None:
        raise ValueError(f"dispersion is missing: the likelihood of family={family!r} depends on it; pass an estimate")
    return deviances / dispersion


def _degrees(path, problem, weight, eta) -> np.ndarray:
    if path.l1_ratio == 0 and problem.lower is None and problem.upper is None:
        return _ridge_degrees(path, problem, weight, eta)
    result = np.empty(len(path))
    for k in range(len(path)):
        part = path.coefs[:, [k]]
        columns, coefs = part.indices[part.data != 0], part.data[part.data != 0]
        columns = columns[inside_bounds(problem, columns, coefs)]
        Z, strength = centred_columns(path, problem, weight, columns)
        strength = path.alphas[k] * (1.0 - path.l1_ratio) * strength
        result[k] = _trace(Z, strength, curvature_root(path, problem, weight, eta, k), path.fit_intercept)
    return result


def _trace(Z, strength, root, fit_intercept) -> float:
    """tr(Z (Z'Z + diag(strength))^-1 Z') of root * Z; columns without strength count by their rank."""
    Z = project(Z, root, fit_intercept)
    free = strength == 0
    df = 0.0
    if free.any():
        left, values, _ = np.linalg.svd(Z[:, free], full_matrices=False)
        left = left[:, values > values.max(initial=0.0) * max(Z.shape) * np.finfo(float).eps]
        df += left.shape[1]
        Z = Z[:, ~free] - left @ (left.T @ Z[:, ~free])
    if not free.all():
        values = np.linalg.svd(Z / np.sqrt(strength[~free]), compute_uv=False) ** 2
        df += float(np.sum(values / (1.0 + values)))
    return df


def _ridge_degrees(path, problem, weight, eta) -> np.ndarray:
    """All columns are active: through the n x n matrix sum_j z_j z_j' / strength_j, built once in blocks."""
    n, p = problem.X.shape
    kernel, blocks = np.zeros((n, n)), []
    for start in range(0, p, _BLOCK):
        columns = np.arange(start, min(p, start + _BLOCK))
        Z, strength = centred_columns(path, problem, weight, columns)
        live = np.isfinite(strength) & (weight @ Z**2 > 0)
        penalised = live & (strength > 0)
        blocks.append(Z[:, live & ~penalised])
        Z = Z[:, penalised] / np.sqrt(strength[penalised])
        kernel += Z @ Z.T
    free = np.concatenate(blocks, axis=1)
    result = np.empty(len(path))
    values = None
    for k, alpha in enumerate(path.alphas):
        if values is None or path.family != "gaussian":
            root = curvature_root(path, problem, weight, eta, k)
            values, rank = _ridge_values(kernel, free, root, path.fit_intercept)
        cutoff = values.max(initial=0.0) * n * np.finfo(float).eps
        positive = values[values > cutoff]
        result[k] = rank + float(np.sum(positive / (positive + alpha)))
    return result


def _ridge_values(kernel, free, root, fit_intercept):
    """Eigenvalues of the kernel off everything unpenalised, and the rank of the free columns."""
    basis = project(free, root, fit_intercept)
    left, values, _ = np.linalg.svd(basis, full_matrices=False)
    left = left[:, values > values.max(initial=0.0) * max(basis.shape) * np.finfo(float).eps]
    half = project(kernel * root[None, :], root, fit_intercept)
    half = half - left @ (left.T @ half)
    whole = project(half.T, np.ones(len(root)), False)
    if fit_intercept and root.any():
        unit = root / np.linalg.norm(root)
        whole = whole - np.outer(unit, unit @ whole)
    whole = whole - left @ (left.T @ whole)
    return np.linalg.eigvalsh(0.5 * (whole + whole.T)), left.shape[1]
