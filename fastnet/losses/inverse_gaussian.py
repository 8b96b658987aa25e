"""Inverse Gaussian with log link: y > 0. Not convex.

    loss         y e^(-2 eta) / 2 - e^-eta
    residual     y e^(-2 eta) - e^-eta
    curvature    the larger of 2 y e^(-2 eta) - e^-eta and a quarter of its expectation e^-eta
    conjugate    1 / (2 y) at u = 0 only

The loss is convex in eta only where the mean e^eta is below 2 y: no dual bound exists. A point is certified as
stationary instead, by the duality gap of the quadratic model at that point (`Family.convex` is False): zero exactly
where the optimality conditions hold.

    McCullagh and Nelder (1989), Generalized Linear Models, section 2.2.
"""

import math
from typing import NamedTuple

import numpy as np


class InverseGaussian(NamedTuple):
    y: np.ndarray  # (n,) > 0

    def loss_value(self, i, eta):
        e = math.exp(-eta)
        return (0.5 * self.y[i] * e - 1.0) * e

    def loss_residual(self, i, eta):
        e = math.exp(-eta)
        return (self.y[i] * e - 1.0) * e

    def loss_curvature(self, i, eta):
        e = math.exp(-eta)
        return max(2.0 * self.y[i] * e - 1.0, 0.25) * e

    def loss_conjugate(self, i, u):
        return 0.5 / self.y[i] if u == 0.0 else np.inf
