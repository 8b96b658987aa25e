"""Inverse links as NumPy functions: from the linear predictor eta to the mean mu (for predictions, outside
kernels).

McCullagh and Nelder, Generalized Linear Models (2nd ed., 1989), section 2.2.3. No function here warns on
overflow: mu saturates at 0, 1 or inf, which is its correctly rounded value in float64.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from scipy import special

__all__ = ["CLASSIFIERS", "FAMILY_LINKS", "INVERSE_LINKS", "PROBABILITIES", "inverse_link"]


def _identity(eta):
    """mu = eta."""
    return eta


def _logit(eta):
    """mu = 1 / (1 + e^-eta)."""
    return special.expit(eta)


def _log(eta):
    """mu = e^eta."""
    with np.errstate(over="ignore", under="ignore"):
        return np.exp(eta)


def _probit(eta):
    """mu = Phi(eta), the standard normal distribution function."""
    return special.ndtr(eta)


def _cloglog(eta):
    """mu = 1 - e^(-e^eta), without cancellation at small mu."""
    with np.errstate(over="ignore", under="ignore"):
        return -np.expm1(-np.exp(eta))


INVERSE_LINKS: dict[str, Callable] = {
    "identity": _identity,
    "logit": _logit,
    "log": _log,
    "probit": _probit,
    "cloglog": _cloglog,
}

# family name -> link name; a family that is absent has no response scale that fastnet knows of
FAMILY_LINKS = {
    "gaussian": "identity",
    "huber": "identity",
    "squared_hinge": "identity",  # the decision value: a margin has no mean
    "binomial": "logit",
    "poisson": "log",
    "gamma": "log",
    "inverse_gaussian": "log",
    "tweedie": "log",
    "negative_binomial": "log",
    "cox": "log",  # the relative risk e^eta
}

# families whose response is a class: predicted 1 where eta > 0, else 0
CLASSIFIERS = frozenset({"binomial", "squared_hinge"})
# families whose mean is the probability of class 1 (the margin of the squared hinge is none)
PROBABILITIES = frozenset({"binomial"})


def inverse_link(family: str) -> Callable:
    """The function eta -> mu of a family.

    Parameters
    ----------
    family : str
        A key of `FAMILY_LINKS`.

    Raises
    ------
    ValueError
        If fastnet knows no link for this family; ``kind="link"`` still works there.
    """
    if family not in FAMILY_LINKS:
        raise ValueError(
            f"family={family!r} has no response scale known to fastnet (known: "
            f"{', '.join(sorted(FAMILY_LINKS))}); "
            'ask for kind="link" and transform eta yourself'
        )
    return INVERSE_LINKS[FAMILY_LINKS[family]]
