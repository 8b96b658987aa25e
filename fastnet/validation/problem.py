"""The data of a problem: y, weights, offset, penalty factors and bounds beside X."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from scipy import sparse

from fastnet.validation.arrays import as_plain_array, as_vector, check_finite_vector
from fastnet.validation.design import check_design


class Problem(NamedTuple):
    """Checked data. Vectors are fresh copies (writing to them touches nothing of the caller's); X is
    read-only.
    """

    X: np.ndarray | sparse.csc_array  # (n, p), F-contiguous or canonical CSC, float64 or float32
    y: np.ndarray  # (n,) float64
    sample_weight: np.ndarray | None  # (n,) float64, >= 0, finite positive sum; None: all one
    offset: np.ndarray | None  # (n,) float64; None: zero
    penalty_factor: np.ndarray | None  # (p,) float64 in [0, inf], one at least positive and finite; None: all one
    lower: np.ndarray | None  # (p,) float64 in [-inf, 0], scale of the data; None: no lower bound
    upper: np.ndarray | None  # (p,) float64 in [0, inf], scale of the data; None: no upper bound
    feature_names: tuple[str, ...] | None  # of the columns of a frame


def check_problem(
    X,
    y,
    *,
    sample_weight=None,
    offset=None,
    penalty_factor=None,
    lower=None,
    upper=None,
    check_finite: bool = True,
) -> Problem:
    """Check and coerce all the data of a problem.

    Parameters
    ----------
    X : see `check_design`
    y : array_like (n,)
    sample_weight : array_like (n,) or None
        Not negative, finite, not all zero.
    offset : array_like (n,) or None
    penalty_factor : array_like (p,) or None
        0 (never penalised) to inf (excluded); at least one column must be penalised by a finite factor.
    lower, upper : float or array_like (p,) or None
        Bounds with lower <= 0 <= upper. Bounds that are infinite everywhere come back as None.
    check_finite : bool
        For X only; the vectors are always checked.

    Raises
    ------
    TypeError, ValueError
        Naming the argument, what was given and where, what is allowed and what to do.
    """
    X, feature_names = check_design(X, check_finite=check_finite)
    n, p = X.shape
    y = as_vector(y, "y", n, "rows")
    check_finite_vector(y, "y", "drop those rows from X and y")
    if offset is not None:
        offset = as_vector(offset, "offset", n, "rows")
        check_finite_vector(offset, "offset", "an offset of log(0) means no exposure: drop those rows")
    return Problem(
        X=X,
        y=y,
        sample_weight=None if sample_weight is None else _check_weights(sample_weight, n),
        offset=offset,
        penalty_factor=None if penalty_factor is None else _check_factors(penalty_factor, p),
        lower=None if lower is None else _check_bound(lower, p, "lower"),
        upper=None if upper is None else _check_bound(upper, p, "upper"),
        feature_names=feature_names,
    )


def check_response(y: np.ndarray, domain: str, name: str, *, sample_weight=None, fit_intercept: bool = True) -> None:
    """Refuse a y outside the domain of a family, or one for which its null model does not exist.

    Parameters
    ----------
    y : ndarray (n,), checked by `check_problem`
    domain : {"real", "unit", "nonnegative", "positive"}
        All reals; [0, 1]; y >= 0; y > 0.
    name : str
        Of the family, for the message.
    sample_weight : ndarray (n,) or None
        Rows of weight 0 do not count as observed classes.
    fit_intercept : bool
        With an intercept, "unit" needs some y above 0 and some below 1, and "nonnegative" some y above 0:
        otherwise the intercept of the null model is infinite.

    Raises
    ------
    ValueError
    """
    bad, allowed, remedy = {
        "real": (np.zeros(0, dtype=bool), "any real number", ""),
        "unit": (
            (y < 0) | (y > 1),
            "0, 1 and the proportions between",
            "code the classes as 0 and 1; for counts pass proportions, with the numbers of trials as sample_weight",
        ),
        "nonnegative": (y < 0, "numbers from 0 up", "drop those rows or choose another family"),
        "positive": (y <= 0, "numbers above 0", "drop those rows or choose another family"),
    }[domain]
    if bad.any():
        i = int(np.argmax(bad))
        raise ValueError(f"y is {y[i]:g} at index {i}; family={name!r} allows {allowed}: {remedy}")
    if not fit_intercept or domain not in ("unit", "nonnegative"):
        return
    seen = y if sample_weight is None else y[sample_weight > 0]
    low, high = seen.min(), seen.max()
    if high == 0 or (domain == "unit" and low == 1):
        what = "one class only" if domain == "unit" else "no positive count"
        raise ValueError(
            f"y is {low:g} in every row of positive weight: {what}; family={name!r} with an intercept has "
            "no finite null model then: "
            "check how y was coded or split, or pass fit_intercept=False"
        )


def _check_weights(sample_weight, n: int) -> np.ndarray:
    weights = as_vector(sample_weight, "sample_weight", n, "rows")
    check_finite_vector(weights, "sample_weight", "use 0 to leave a row out")
    _refuse(weights < 0, weights, "sample_weight", "weights must be 0 or positive", "use 0 to leave a row out")
    with np.errstate(over="ignore"):
        total = weights.sum()
    if total == 0:
        raise ValueError("sample_weight is all zero: no row is left; at least one weight must be positive")
    if not np.isfinite(total):
        raise ValueError("sample_weight sums to infinity; only ratios of weights matter: divide them by their maximum")
    return weights


def _check_factors(penalty_factor, p: int) -> np.ndarray:
    factors = as_vector(penalty_factor, "penalty_factor", p, "columns")
    remedy = "0 is never penalised, inf is excluded"
    _refuse(np.isnan(factors), factors, "penalty_factor", "factors must be from 0 to inf", remedy)
    _refuse(factors < 0, factors, "penalty_factor", "factors must be from 0 to inf", remedy)
    if not ((factors > 0) & np.isfinite(factors)).any():
        what = "all zero" if not factors.any() else "all inf" if np.isinf(factors).all() else "0 or inf everywhere"
        raise ValueError(
            f"penalty_factor is {what}: no column is penalised by a finite factor, so there is no path to "
            "follow; at least one "
            "factor must be positive and finite (an unpenalised fit is numpy.linalg.lstsq's)"
        )
    return factors


def _check_bound(bound, p: int, name: str) -> np.ndarray | None:
    array = as_plain_array(bound, name)
    values = np.full(p, float(array)) if array.ndim == 0 else as_vector(bound, name, p, "columns")
    allowed = "from -inf to 0" if name == "lower" else "from 0 to inf"
    remedy = "0 must stay inside the bounds (coefficients start there); shift the problem with offset="
    _refuse(np.isnan(values), values, name, f"it must be {allowed}", "use -inf or inf where there is no bound")
    _refuse(values > 0 if name == "lower" else values < 0, values, name, f"it must be {allowed}", remedy)
    return None if np.isinf(values).all() else values


def _refuse(bad: np.ndarray, values: np.ndarray, name: str, allowed: str, remedy: str) -> None:
    """Raise for the first True of `bad`."""
    if bad.any():
        j = int(np.argmax(bad))
        if np.isnan(values[j]):
            raise ValueError(f"{name} is NaN at index {j}; {allowed}: {remedy}")
        raise ValueError(f"{name} is {values[j]:g} at index {j}; {allowed}: {remedy}")
