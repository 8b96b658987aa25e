"""Losses of one response: each file states one as formulas in the linear predictor eta.

A loss is a module-level ``typing.NamedTuple`` of arrays (y first) with four methods that Numba can compile:

    loss_value(i, eta)      f_i(eta), the unit negative log-likelihood of observation i
    loss_residual(i, eta)   -f_i'(eta)
    loss_curvature(i, eta)  f_i''(eta), or a positive stand-in for it
    loss_conjugate(i, u)    sup_eta u eta - f_i(eta), infinite outside its domain

Nothing else is needed: the solver, the certificate, weights, offsets and sparse X follow. `Family` gives such a loss
its name, parameters and allowed y; pass it as ``family=`` to `enet_path`. A class of your own must live in an
importable module (not in a notebook or ``__main__``) for its kernels to be cached. Numba does not notice edits of your
file: delete the cache, or rename the class, when you change a formula.
"""

from .binomial import Binomial
from .family import Family

__all__ = ["FAMILIES", "Binomial", "Family", "find_family"]


def binomial():
    """Logistic regression."""
    return Family("binomial", Binomial, "unit")


FAMILIES = {"binomial": binomial}  # name -> function of the family's parameters


def find_family(family):
    """The `Family` that a name or a `Family` stands for.

    Raises
    ------
    ValueError, TypeError
        For an unknown name, or something that is neither.
    """
    if isinstance(family, Family):
        return family
    if not isinstance(family, str):
        raise TypeError(f"family is a {type(family).__name__}; a name or a fastnet.losses.Family is allowed")
    if family not in FAMILIES:
        known = ", ".join(f'"{name}"' for name in ("gaussian", *FAMILIES))
        raise ValueError(f"family={family!r} is not known; use one of {known}, or a fastnet.losses.Family")
    return FAMILIES[family]()
