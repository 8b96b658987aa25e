"""Tweedie (compound Poisson-gamma) with log link, power 1 < p < 2: y >= 0, zeros among positive amounts.

loss         e^((2-p) eta) / (2-p) + y e^(-(p-1) eta) / (p-1)
residual     y e^(-(p-1) eta) - e^((2-p) eta)
curvature    (2-p) e^((2-p) eta) + (p-1) y e^(-(p-1) eta)
conjugate    u eta - loss at the eta where the slope is u (by a safeguarded Newton iteration); all u for y > 0,
             (u log u - u) / (2-p) on u >= 0 for y = 0

Jorgensen (1987), Exponential dispersion models; Qian, Yang, Zou (2016), Tweedie's compound Poisson model with
grouped elastic net.
"""

import math
from typing import NamedTuple

import numpy as np

from ..jit import generic
from .formulas import entropy


@generic
def _eta_at(u, y, a, b):
    """The eta where e^(a eta) - y e^(-b eta) = u, for y > 0 and a + b = 1."""
    log_y = math.log(y)
    middle = math.exp(a * log_y)
    if u >= 0.0:
        low, high = log_y, math.log(u + middle) / a
    else:
        low, high = (log_y - math.log(middle - u)) / b, log_y
    eta = high if u >= 0.0 else low
    for _ in range(100):
        up, down = math.exp(a * eta), y * math.exp(-b * eta)
        excess = up - down - u
        if excess > 0.0:
            high = eta
        else:
            low = eta
        step = eta - excess / (a * up + b * down)
        if not low <= step <= high:
            step = 0.5 * (low + high)
        if abs(step - eta) <= 1e-14 * (1.0 + abs(eta)):
            return step
        eta = step
    return eta


@generic
def _down(y, b, eta):
    """y e^(-b eta); an amount of 0 stays 0 where the exponential overflows."""
    return y * math.exp(-b * eta) if y > 0.0 else 0.0


class Tweedie(NamedTuple):
    y: np.ndarray  # (n,) >= 0
    power: np.ndarray  # (1,) p

    def loss_value(self, i, eta):
        a, b = 2.0 - self.power[0], self.power[0] - 1.0
        return math.exp(a * eta) / a + _down(self.y[i], b, eta) / b

    def loss_residual(self, i, eta):
        a, b = 2.0 - self.power[0], self.power[0] - 1.0
        return _down(self.y[i], b, eta) - math.exp(a * eta)

    def loss_curvature(self, i, eta):
        a, b = 2.0 - self.power[0], self.power[0] - 1.0
        return a * math.exp(a * eta) + b * _down(self.y[i], b, eta)

    def loss_conjugate(self, i, u):
        a, b = 2.0 - self.power[0], self.power[0] - 1.0
        if self.y[i] == 0.0:
            return (entropy(u) - u) / a
        eta = _eta_at(u, self.y[i], a, b)
        return u * eta - (math.exp(a * eta) / a + self.y[i] * math.exp(-b * eta) / b)
