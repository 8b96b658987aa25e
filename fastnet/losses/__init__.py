"""Losses of one response: each file states one as formulas in the linear predictor eta.

A loss is a module-level ``typing.NamedTuple`` of arrays (y first) with four methods that Numba can compile:

    loss_value(i, eta)      f_i(eta), the unit negative log-likelihood of observation i
    loss_residual(i, eta)   -f_i'(eta)
    loss_curvature(i, eta)  f_i''(eta), or a positive stand-in for it
    loss_conjugate(i, u)    sup_eta u eta - f_i(eta), infinite outside its domain

They are arithmetic and make no arrays. Nothing else is needed: the solver, the certificate, weights, offsets and
sparse X follow. `Family` gives such a loss its name, parameters and allowed y; pass it as ``family=`` to `enet_path`.
A class of your own must live in an importable module (not in a notebook or ``__main__``) for its kernels to be cached;
an edit of that module compiles them anew, an edit of a module that it imports does not.

What ``gap`` means follows from the loss. It is (objective - bound) / (null objective - saturated objective), with

    convex sums        bound = the dual objective, made of the conjugates: objective - optimum <= gap * denominator.
                       All families here but the next two, and convex losses of your own.
    cox                bound = a lower bound of the dual objective, an entropy for each event time (see `cox.py`): the
                       same inequality; the gap may lie above the duality gap, never below.
    inverse_gaussian   not convex, so that no bound exists: the gap is that of the convex quadratic model of the loss at
                       the point, 0 exactly where the point is stationary; it says nothing about other stationary
                       points. ``Family(convex=False)`` asks for the same.
"""

from numbers import Real

import numpy as np

from .binomial import Binomial
from .cox import Cox
from .family import CoxFamily, Family
from .gamma import Gamma
from .huber import Huber
from .inverse_gaussian import InverseGaussian
from .negative_binomial import NegativeBinomial
from .poisson import Poisson
from .squared_hinge import SquaredHinge
from .tweedie import Tweedie

__all__ = [
    "FAMILIES", "Binomial", "Cox", "CoxFamily", "Family", "Gamma", "Huber", "InverseGaussian", "NegativeBinomial",
    "Poisson", "SquaredHinge", "Tweedie", "binomial", "cox", "find_family", "gamma", "huber", "inverse_gaussian",
    "negative_binomial", "poisson", "squared_hinge", "tweedie",
]  # fmt: skip


def _parameter(value, name, allowed, accept):
    if isinstance(value, bool) or not isinstance(value, Real):
        raise TypeError(f"{name} is a {type(value).__name__}; a number {allowed} is needed")
    if not accept(value):
        raise ValueError(f"{name} is {value}; it must be {allowed}")
    return float(value)


def binomial():
    """Logistic regression: log(1 + e^eta) - y eta, y a class (0 or 1) or a proportion of `sample_weight` trials."""
    return Family("binomial", Binomial, "unit")


def poisson():
    """Counts with log link: e^eta - y eta."""
    return Family("poisson", Poisson, "nonnegative")


def gamma():
    """Positive amounts with log link: eta + y e^-eta."""
    return Family("gamma", Gamma, "positive")


def inverse_gaussian():
    """Positive amounts with log link: y e^(-2 eta) / 2 - e^-eta; not convex, see the module of that name."""
    return Family("inverse_gaussian", InverseGaussian, "positive", convex=False)


def tweedie(power=1.5):
    """Amounts with zeros among them, log link, variance mu^power, 1 < power < 2."""
    power = _parameter(power, "power", "between 1 and 2, both excluded", lambda v: 1 < v < 2)
    return Family("tweedie", Tweedie, "nonnegative", {"power": power})


def negative_binomial(theta=1.0):
    """Overdispersed counts with log link, variance mu + mu^2 / theta."""
    theta = _parameter(theta, "theta", "positive and finite", lambda v: 0 < v < np.inf)
    return Family("negative_binomial", NegativeBinomial, "nonnegative", {"theta": theta})


def squared_hinge():
    """Linear support vector machine: max(0, 1 - z eta)^2, z = -1 or 1; y may be coded 0 and 1 or -1 and 1."""
    return Family("squared_hinge", SquaredHinge, "sign")


def huber(delta=1.35):
    """Robust regression: squares up to |y - eta| = delta (units of y), absolute deviations beyond."""
    delta = _parameter(delta, "delta", "positive and finite, in units of y", lambda v: 0 < v < np.inf)
    return Family("huber", Huber, "real", {"delta": delta}, scales="delta")


def cox(ties="breslow", strata=None):
    """Cox proportional hazards; ties "breslow" or "efron", `strata` an array (n,) of labels.

    y is a structured array (a boolean field: event; a field of numbers: time), two columns (time, event) or three
    columns (start, stop, event). There is no intercept. A row of weight 2 is a row given twice with Breslow's rule;
    with Efron's it is not (two events at one time are tied), as in R's coxph.
    """
    if ties not in ("breslow", "efron"):
        raise ValueError(f'ties is {ties!r}; "breslow" or "efron" is allowed')
    parameters = {} if ties == "breslow" else {"ties": ties}
    if strata is not None:
        strata = np.asarray(strata)
        parameters["strata"] = len(np.unique(strata))
    return CoxFamily("cox", Cox, parameters=parameters, ties=ties, strata=strata)


FAMILIES = {  # name -> function of the family's parameters
    make.__name__: make
    for make in (binomial, poisson, gamma, inverse_gaussian, tweedie, negative_binomial, squared_hinge, huber, cox)
}


def find_family(family, parameters=None):
    """The `Family` that a name (with the parameters it was given) or a `Family` stands for.

    Raises
    ------
    ValueError, TypeError
        For an unknown name, or something that is neither.
    """
    if isinstance(family, Family):
        return family
    if not isinstance(family, str):
        raise TypeError(
            f"family is a {type(family).__name__}; a name, or a fastnet.losses.Family such as "
            "fastnet.losses.huber(delta=2.0), is allowed"
        )
    if family not in FAMILIES:
        known = ", ".join(f'"{name}"' for name in ("gaussian", *FAMILIES))
        raise ValueError(f"family={family!r} is not known; use one of {known}, or a fastnet.losses.Family")
    return FAMILIES[family](**(parameters or {}))
