"""Poisson counts with log link: y >= 0; the logarithm of the exposure goes into the offset.

loss         e^eta - y eta
residual     y - e^eta
curvature    e^eta
conjugate    a log a - a,  a = u + y,  on a >= 0

McCullagh and Nelder (1989), Generalized Linear Models; conjugate of exp: Borwein and Lewis (2006), section 3.3.
"""

import math
from typing import NamedTuple

import numpy as np

from .formulas import entropy


class Poisson(NamedTuple):
    y: np.ndarray  # (n,) >= 0

    def loss_value(self, i, eta):
        return math.exp(eta) - self.y[i] * eta

    def loss_residual(self, i, eta):
        return self.y[i] - math.exp(eta)

    def loss_curvature(self, i, eta):
        return math.exp(eta)

    def loss_conjugate(self, i, u):
        a = u + self.y[i]
        return entropy(a) - a
