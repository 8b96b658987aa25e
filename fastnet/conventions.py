"""Conversions between fastnet's penalty and those of R's glmnet, of the textbooks (lambda1, lambda2) and of
scikit-learn's C.

fastnet: loss / W + alpha * sum_j pf_j (l1_ratio |b_j| + (1 - l1_ratio)/2 b_j^2), loss / W the weighted mean
loss, pf as given.
"""

from __future__ import annotations

import numpy as np

__all__ = ["to_glmnet", "from_glmnet", "to_lambdas", "from_lambdas", "to_C", "from_C"]


def to_lambdas(alpha, l1_ratio):
    """(lambda1, lambda2) of the penalty lambda1 |b| + lambda2/2 b^2: alpha * l1_ratio and alpha * (1 -
    l1_ratio).

    Parameters
    ----------
    alpha, l1_ratio : float or array
        fastnet's strength (>= 0) and mix (in [0, 1]); arrays broadcast.

    Returns
    -------
    lambda1, lambda2 : float or ndarray
        In the textbooks that write the ridge part lambda2 b^2 (Zou and Hastie 2005), lambda2 is half of this
        one.

    Raises
    ------
    ValueError
        If alpha is negative or l1_ratio outside [0, 1], or either is not finite.

    Examples
    --------
    >>> to_lambdas(2.0, 0.75)
    (1.5, 0.5)
    """
    alpha, l1_ratio = _at_least_zero("alpha", alpha), _mix("l1_ratio", l1_ratio)
    return _plain(alpha * l1_ratio), _plain(alpha * (1.0 - l1_ratio))


def from_lambdas(lambda1, lambda2):
    """(alpha, l1_ratio) from the penalty lambda1 |b| + lambda2/2 b^2: lambda1 + lambda2 and lambda1 /
    (lambda1 + lambda2).

    Parameters
    ----------
    lambda1, lambda2 : float or array
        Non-negative; arrays broadcast.

    Returns
    -------
    alpha, l1_ratio : float or ndarray
        l1_ratio is 1 where both lambdas are 0 (no penalty: any mix will do).

    Raises
    ------
    ValueError
        If a value is negative or not finite.
    """
    lambda1, lambda2 = np.broadcast_arrays(_at_least_zero("lambda1", lambda1), _at_least_zero("lambda2", lambda2))
    alpha = lambda1 + lambda2
    l1_ratio = np.divide(lambda1, alpha, out=np.ones_like(alpha), where=alpha > 0)
    return _plain(alpha), _plain(l1_ratio)


def to_glmnet(
    alpha,
    l1_ratio,
    *,
    family="gaussian",
    y=None,
    sample_weight=None,
    offset=None,
    penalty_factor=None,
    fit_intercept=True,
):
    """(lambda, alpha) to give to R's glmnet, its names, for the same solution.

    glmnet fits family "gaussian" to y / sd(y), which multiplies its ridge part by 1 / sd(y), and rescales
    penalty factors to a mean of 1. With m the mean of penalty_factor (inf counting as 1) and s = sd(y -
    offset) for "gaussian", 1 for every other family,

        lambda = m * alpha * (l1_ratio + (1 - l1_ratio) * s),   glmnet's alpha = l1_ratio / (l1_ratio + (1 -
        l1_ratio) * s).

    s is the weighted population standard deviation about the mean; without an intercept, the weighted root
    mean square about 0 (checked against glmnet 4.1 in the tests).

    Parameters
    ----------
    alpha, l1_ratio : float or array
        fastnet's strength (>= 0) and mix (in [0, 1]); arrays broadcast.
    family : str
        "gaussian", or any other name.
    y, sample_weight, offset : array (n,), optional
        Response, weights and offset; y is needed for "gaussian" unless every l1_ratio is 1.
    penalty_factor : array (p,), optional
        As given to both programs; ones if absent.
    fit_intercept : bool
        As given to both programs.

    Returns
    -------
    lambda_, alpha : float or ndarray

    Raises
    ------
    ValueError
        If an argument is out of range, or y is missing where it is needed.

    Examples
    --------
    >>> to_glmnet(0.3, 1.0)
    (0.3, 1.0)
    >>> lambda_, mix = to_glmnet(0.3, 0.5, y=[1.0, 5.0])  # sd(y) = 2
    >>> round(lambda_, 12), round(mix, 12)
    (0.45, 0.333333333333)
    """
    lambda1, lambda2 = to_lambdas(alpha, l1_ratio)
    s = _response_scale(family, y, sample_weight, offset, fit_intercept, needed=np.any(np.asarray(lambda2) > 0))
    total, mix = from_lambdas(lambda1, np.multiply(lambda2, s))
    return _plain(np.multiply(total, _mean_factor(penalty_factor))), mix


def from_glmnet(
    lambda_,
    alpha,
    *,
    family="gaussian",
    y=None,
    sample_weight=None,
    offset=None,
    penalty_factor=None,
    fit_intercept=True,
):
    """(alpha, l1_ratio) of fastnet from glmnet's lambda and alpha: the inverse of `to_glmnet`.

    With L = lambda / m, a = glmnet's alpha, m and s as in `to_glmnet`,

        alpha = L * a + L * (1 - a) / s,   l1_ratio = L * a / alpha.

    Parameters
    ----------
    lambda_, alpha : float or array
        glmnet's ``lambda`` (>= 0) and ``alpha`` (in [0, 1]); arrays broadcast.
    family, y, sample_weight, offset, penalty_factor, fit_intercept
        As in `to_glmnet`.

    Returns
    -------
    alpha, l1_ratio : float or ndarray

    Raises
    ------
    ValueError
        As `to_glmnet`; also for a constant y, which glmnet refuses.
    """
    lambda1, lambda2 = to_lambdas(_at_least_zero("lambda_", lambda_), _mix("alpha", alpha))
    s = _response_scale(family, y, sample_weight, offset, fit_intercept, needed=np.any(np.asarray(lambda2) > 0))
    m = _mean_factor(penalty_factor)
    return from_lambdas(np.divide(lambda1, m), np.divide(lambda2, s * m))


def to_C(alpha, total_weight):
    """scikit-learn's C = 1 / (alpha * W) of its penalised logistic regression; l1_ratio is the same there.

    Parameters
    ----------
    alpha : float or array
        fastnet's strength, positive.
    total_weight : float
        W = sum of the sample weights (n without weights).

    Returns
    -------
    C : float or ndarray

    Raises
    ------
    ValueError
        If an argument is not positive and finite.
    """
    return _plain(1.0 / (_positive("alpha", alpha) * _positive("total_weight", total_weight)))


def from_C(C, total_weight):
    """alpha = 1 / (C * W): the inverse of `to_C`."""
    return _plain(1.0 / (_positive("C", C) * _positive("total_weight", total_weight)))


def _response_scale(family, y, sample_weight, offset, fit_intercept, needed):
    """sd(y - offset), about 0 without an intercept, for the Gaussian family; else 1."""
    if family != "gaussian" or not needed:
        return 1.0
    if y is None:
        raise ValueError(
            "y is missing: glmnet scales its Gaussian response; give y (and sample_weight, offset if used)"
        )
    y = np.asarray(y, dtype=np.float64)
    y = y - (0.0 if offset is None else np.asarray(offset, dtype=np.float64))
    weight = np.ones(len(y)) if sample_weight is None else np.asarray(sample_weight, dtype=np.float64)
    if fit_intercept:
        y = y - y[0]  # a large mean must not cost digits
        y = y - np.average(y, weights=weight)
    unit = np.max(np.abs(y)) or 1.0  # squares must not overflow
    s = float(unit * np.sqrt(np.average((y / unit) ** 2, weights=weight)))
    if not s > 0 or not np.isfinite(s):
        raise ValueError(f"y has standard deviation {s}: glmnet needs a response that varies; give a finite, varying y")
    return s


def _mean_factor(penalty_factor):
    """Mean of the penalty factors as glmnet takes it: an infinite one excludes the column and counts as 1."""
    if penalty_factor is None:
        return 1.0
    factor = np.asarray(penalty_factor, dtype=np.float64)
    if np.any(np.isnan(factor)) or np.any(factor < 0) or not np.any(factor > 0):
        raise ValueError("penalty_factor must be non-negative and not all zero; give one factor per column")
    return float(np.mean(np.where(np.isinf(factor), 1.0, factor)))


def _at_least_zero(name, value):
    value = np.asarray(value, dtype=np.float64)
    if not np.all(np.isfinite(value) & (value >= 0)):
        raise ValueError(f"{name}={value} is out of range; give finite numbers >= 0")
    return value


def _positive(name, value):
    value = np.asarray(value, dtype=np.float64)
    if not np.all(np.isfinite(value) & (value > 0)):
        raise ValueError(f"{name}={value} is out of range; give finite numbers > 0")
    return value


def _mix(name, value):
    value = np.asarray(value, dtype=np.float64)
    if not np.all((value >= 0) & (value <= 1)):
        raise ValueError(f"{name}={value} is out of range; give numbers from 0 (ridge) to 1 (lasso)")
    return value


def _plain(value):
    """A float where the inputs were numbers, else the array."""
    return float(value) if np.ndim(value) == 0 else value
