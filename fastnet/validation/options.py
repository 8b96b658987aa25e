"""Everything that is not data: numbers, counts, flags and the grid of alphas."""

from __future__ import annotations

from collections.abc import Callable
from numbers import Integral, Real
from typing import Any, NamedTuple

import numpy as np

from fastnet.validation.arrays import as_plain_array, check_finite_vector, frame_module, series_values

MAX_ALPHAS = 1_000_000  # a typing error such as alphas=10**9 should not fill the memory


class Options(NamedTuple):
    """Checked options of a path."""

    l1_ratio: float  # in [0, 1]
    alphas: int | np.ndarray  # number of points asked for, or (K,) float64 copy in the order given
    alpha_min_ratio: float | None  # in (0, 1); None: the default rule
    tol: float  # positive and finite; duality gap over null objective
    max_iter: int  # >= 1, inner iterations of one point
    max_features: int | None  # >= 1; stop once more coefficients than this are not zero
    min_dev_change: float | None  # in [0, 1); stop once the deviance ratio grows by less
    callback: Callable[[Any], Any] | None
    progress: bool


def check_options(
    *,
    l1_ratio=1.0,
    alphas=100,
    alpha_min_ratio=None,
    tol=1e-6,
    max_iter=10_000,
    max_features=None,
    min_dev_change=None,
    callback=None,
    progress=False,
) -> Options:
    """Check all the options of a path; booleans are refused where a number is meant.

    Raises
    ------
    TypeError, ValueError
        Naming the argument, what was given, what is allowed and what to do.
    """
    if callback is not None and not callable(callback):
        raise TypeError(f"callback is {_shown(callback)}; a function of one point, or None, is allowed")
    alphas = check_alphas(alphas)
    if alpha_min_ratio is not None:
        if not isinstance(alphas, int):
            raise ValueError(
                "alpha_min_ratio only shapes a grid that fastnet makes, but alphas is given as an array: "
                "drop alpha_min_ratio, or pass alphas as a number of points"
            )
        alpha_min_ratio = check_number(
            alpha_min_ratio, "alpha_min_ratio", "between 0 and 1, both excluded", lambda v: 0 < v < 1
        )
    return Options(
        l1_ratio=check_number(l1_ratio, "l1_ratio", "from 0 (ridge) to 1 (lasso)", lambda v: 0 <= v <= 1),
        alphas=alphas,
        alpha_min_ratio=alpha_min_ratio,
        tol=check_number(
            tol,
            "tol",
            "positive and finite (a duality gap divided by the null objective, e.g. 1e-6)",
            _positive,
        ),
        max_iter=check_count(max_iter, "max_iter"),
        max_features=None if max_features is None else check_count(max_features, "max_features"),
        min_dev_change=None
        if min_dev_change is None
        else check_number(min_dev_change, "min_dev_change", "from 0 to 1, 1 excluded, or None", lambda v: 0 <= v < 1),
        callback=callback,
        progress=check_flag(progress, "progress"),
    )


def check_alphas(alphas, *, name: str = "alphas") -> int | np.ndarray:
    """A number of points, or penalty strengths: a one-dimensional array, not empty, of finite numbers >= 0.

    Returns
    -------
    int, or a float64 copy (K,) in the order given
    """
    if isinstance(alphas, (bool, np.bool_)) or alphas is None:
        raise TypeError(
            f"{name} is {alphas}; a number of points or an array of penalty strengths is allowed, e.g. {name}=100"
        )
    if isinstance(alphas, Integral):
        number = int(alphas)
        if not 1 <= number <= MAX_ALPHAS:
            raise ValueError(f"{name} is {number}; a number of points must be from 1 to {MAX_ALPHAS}")
        return number
    return check_alpha_values(alphas, name=name)


def check_alpha_values(alphas, *, name: str = "alphas") -> np.ndarray:
    """Penalty strengths as a float64 copy (K,) in the order given: not empty, finite and >= 0."""
    if frame_module(alphas) is not None:
        alphas = series_values(alphas, name)
    array = as_plain_array(alphas, name)
    if array.ndim == 0:
        raise TypeError(
            f"{name} is the single number {array}; write {name}=[{array}] for one point, or an int for a "
            "number of points"
        )
    if array.ndim != 1:
        raise ValueError(f"{name} has shape {array.shape}; one dimension is needed: pass {name}.ravel()")
    if array.size == 0:
        raise ValueError(f"{name} is empty; at least one penalty strength is needed, or an int for a number of points")
    if array.dtype.kind == "b":
        raise TypeError(f"{name} holds booleans; penalty strengths are numbers >= 0")
    with np.errstate(over="ignore"):
        array = np.array(array, dtype=np.float64)
    check_finite_vector(array, name, "penalty strengths are finite and >= 0")
    if array.min() < 0:
        k = int(np.argmax(array < 0))
        raise ValueError(f"{name} is {array[k]:g} at index {k}; penalty strengths are finite and >= 0")
    return array


def check_number(value, name: str, allowed: str, accept: Callable[[float], bool]) -> float:
    """A real number that `accept` accepts, as float. Booleans, strings and NaN are refused."""
    value = _scalar(value)
    if isinstance(value, (bool, np.bool_)) or not isinstance(value, Real):
        raise TypeError(f"{name} is {_shown(value)}; a number {allowed} is needed")
    try:
        number = float(value)
    except OverflowError:
        number = np.inf
    if not accept(number):
        raise ValueError(f"{name} is {value}; it must be {allowed}")
    return number


def check_count(value, name: str, *, low: int = 1) -> int:
    """An integer from `low` up, as int. Booleans and floats are refused."""
    value = _scalar(value)
    if isinstance(value, (bool, np.bool_)) or not isinstance(value, Integral):
        hint = f": write {name}=int({value!r})" if isinstance(value, float) and float(value).is_integer() else ""
        raise TypeError(f"{name} is {_shown(value)}; an integer from {low} up is needed{hint}")
    number = int(value)
    if number < low:
        raise ValueError(f"{name} is {number}; it must be an integer from {low} up")
    if number > np.iinfo(np.int64).max:
        raise ValueError(f"{name} is {value}; it must be at most {np.iinfo(np.int64).max}")
    return number


def check_flag(value, name: str) -> bool:
    """True or False, nothing that merely looks like it."""
    value = _scalar(value)
    if not isinstance(value, (bool, np.bool_)):
        raise TypeError(f"{name} is {_shown(value)}; True or False is needed")
    return bool(value)


def _positive(value: float) -> bool:
    return 0 < value < np.inf


def _scalar(value):
    """An array without dimensions as its scalar."""
    return value[()] if isinstance(value, np.ndarray) and value.ndim == 0 else value


def _shown(value) -> str:
    """A short repr with its type, for messages."""
    text = repr(value)
    return f"{text if len(text) <= 40 else text[:37] + '...'} ({type(value).__name__})"
