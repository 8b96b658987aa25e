"""The losses as NumPy functions for `verify`: written again from their definitions, shared with no part of the solver.

Formulas, domains and sources are stated in the modules of ``fastnet.losses``. `make_loss` takes a family's parameters,
``LOSSES`` has the default ones.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, NamedTuple

import numpy as np
from scipy import special
from scipy.special import xlogy

_SLACK = 1e-12  # how far rounding may carry an argument out of a domain


class Loss(NamedTuple):
    """A loss as NumPy functions of (n,) arrays."""

    value: Callable[[Any, Any], Any]  # f(y, eta)
    residual: Callable[[Any, Any], Any]  # -df/deta
    curvature: Callable[[Any, Any], Any]  # d2f/deta2
    conjugate: Callable[[Any, Any], Any]  # f*(y, u) = sup_eta u*eta - f(y, eta); inf outside its domain
    quadratic: bool = False  # least squares: y may be shifted and scaled, one Newton step is exact
    convex: bool = True  # False: the gap is that of the quadratic model at the point, see `stationarity`


def _entropy(a):
    """a log a, 0 at 0, infinite below."""
    return np.where(a >= -_SLACK, xlogy(np.maximum(a, 0.0), np.maximum(a, 0.0)), np.inf)


def _exp(eta):
    with np.errstate(over="ignore", under="ignore"):
        return np.exp(eta)


def gaussian() -> Loss:
    return Loss(
        value=lambda y, eta: 0.5 * (y - eta) ** 2,
        residual=lambda y, eta: y - eta,
        curvature=lambda y, eta: np.ones_like(eta),
        conjugate=lambda y, u: 0.5 * u * u + u * y,
        quadratic=True,
    )


def binomial() -> Loss:
    return Loss(
        value=lambda y, eta: y * np.logaddexp(0.0, -eta) + (1.0 - y) * np.logaddexp(0.0, eta),
        residual=lambda y, eta: y * special.expit(-eta) - (1.0 - y) * special.expit(eta),
        curvature=lambda y, eta: special.expit(eta) * special.expit(-eta),
        conjugate=lambda y, u: _entropy(y + u) + _entropy((1.0 - y) - u),
    )


def poisson() -> Loss:
    return Loss(
        value=lambda y, eta: _exp(eta) - y * eta,
        residual=lambda y, eta: y - _exp(eta),
        curvature=lambda y, eta: _exp(eta),
        conjugate=lambda y, u: _entropy(y + u) - (y + u),
    )


def gamma() -> Loss:
    return Loss(
        value=lambda y, eta: eta + y * _exp(-eta),
        residual=lambda y, eta: y * _exp(-eta) - 1.0,
        curvature=lambda y, eta: y * _exp(-eta),
        conjugate=lambda y, u: _entropy(1.0 - u) - (1.0 - u) * (np.log(y) + 1.0),
    )


def inverse_gaussian() -> Loss:
    return Loss(
        value=lambda y, eta: _exp(-eta) * (0.5 * y * _exp(-eta) - 1.0),  # inf, not NaN, where it overflows
        residual=lambda y, eta: y * _exp(-2.0 * eta) - _exp(-eta),
        curvature=lambda y, eta: np.maximum(2.0 * y * _exp(-2.0 * eta) - _exp(-eta), 0.25 * _exp(-eta)),
        conjugate=lambda y, u: np.where(u == 0, 0.5 / y, np.inf),
        convex=False,
    )


def tweedie(power: float = 1.5) -> Loss:
    a, b = 2.0 - power, power - 1.0

    def down(y, eta):
        """y e^(-b eta), 0 for y = 0 wherever eta is."""
        return y * _exp(-b * np.where(y > 0, eta, 0.0))

    def value(y, eta):
        return _exp(a * eta) / a + down(y, eta) / b

    def conjugate(y, u):
        """By bisection in eta on the slope e^(a eta) - y e^(-b eta) = u, to 1e-11: the conjugate feels it squared."""
        y, u = np.broadcast_arrays(y, u)
        some = np.where(y > 0, y, 1.0)
        low, high = np.full(y.shape, -1500.0), np.full(y.shape, 1500.0)
        for _ in range(48):
            eta = 0.5 * (low + high)
            steep = _exp(a * eta) - some * _exp(-b * eta) > u
            low, high = np.where(steep, low, eta), np.where(steep, eta, high)
        at_zero = (_entropy(u) - u) / a
        return np.where(y > 0, u * eta - value(some, eta), at_zero)

    return Loss(
        value=value,
        residual=lambda y, eta: down(y, eta) - _exp(a * eta),
        curvature=lambda y, eta: a * _exp(a * eta) + b * down(y, eta),
        conjugate=conjugate,
    )


def negative_binomial(theta: float = 1.0) -> Loss:
    shift = np.log(theta)

    def conjugate(y, u):
        a, m = y + u, y + theta
        return a * shift + _entropy(a) + _entropy(theta - u) - m * np.log(m)

    return Loss(
        value=lambda y, eta: (y + theta) * np.logaddexp(0.0, eta - shift) - y * eta,
        residual=lambda y, eta: y * special.expit(shift - eta) - theta * special.expit(eta - shift),
        curvature=lambda y, eta: (y + theta) * special.expit(eta - shift) * special.expit(shift - eta),
        conjugate=conjugate,
    )


def squared_hinge() -> Loss:
    def sign(y):
        return np.where(y > 0, 1.0, -1.0)

    def conjugate(y, u):
        a = -sign(y) * u
        return np.where(a >= -_SLACK, 0.25 * a * a - a, np.inf)

    return Loss(
        value=lambda y, eta: np.maximum(0.0, 1.0 - sign(y) * eta) ** 2,
        residual=lambda y, eta: 2.0 * sign(y) * np.maximum(0.0, 1.0 - sign(y) * eta),
        curvature=lambda y, eta: np.where(sign(y) * eta < 1.0, 2.0, 0.0),
        conjugate=conjugate,
    )


def huber(delta: float = 1.35) -> Loss:
    def value(y, eta):
        t = np.abs(y - eta)
        return np.where(t <= delta, 0.5 * t * t, delta * t - 0.5 * delta * delta)

    return Loss(
        value=value,
        residual=lambda y, eta: np.clip(y - eta, -delta, delta),
        curvature=lambda y, eta: (np.abs(y - eta) <= delta).astype(float),
        conjugate=lambda y, u: np.where(np.abs(u) <= delta * (1 + _SLACK), 0.5 * u * u + u * y, np.inf),
    )


_MAKERS = {
    make.__name__: make
    for make in (
        gaussian, binomial, poisson, gamma, inverse_gaussian, tweedie, negative_binomial, squared_hinge, huber,
    )
}  # fmt: skip
LOSSES = {name: make() for name, make in _MAKERS.items()}  # with default parameters


def make_loss(name: str, parameters) -> Loss:
    """The loss of a family with given parameters; KeyError for an unknown name."""
    return _MAKERS[name](**parameters)
