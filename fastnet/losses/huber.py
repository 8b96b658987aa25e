"""Huber's loss: squares up to delta, absolute deviations beyond. The solver sees y / delta, where delta is 1.

loss         t^2 / 2 where |t| <= delta, else delta |t| - delta^2 / 2,   t = y - eta
residual     t, cut to [-delta, delta]
curvature    1 where |t| <= delta, else 0
conjugate    u^2 / 2 + u y on |u| <= delta

Huber (1964), Robust estimation of a location parameter.
"""

from typing import NamedTuple

import numpy as np

from .formulas import SLACK


class Huber(NamedTuple):
    y: np.ndarray  # (n,) in units of delta

    def loss_value(self, i, eta):
        t = abs(self.y[i] - eta)
        return 0.5 * t * t if t <= 1.0 else t - 0.5

    def loss_residual(self, i, eta):
        return min(max(self.y[i] - eta, -1.0), 1.0)

    def loss_curvature(self, i, eta):
        return 1.0 if abs(self.y[i] - eta) <= 1.0 else 0.0

    def loss_conjugate(self, i, u):
        return 0.5 * u * u + u * self.y[i] if abs(u) <= 1.0 + SLACK else np.inf
