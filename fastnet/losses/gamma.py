"""Gamma with log link: y > 0, the shape parameter left out.

loss         eta + y e^-eta
residual     y e^-eta - 1
curvature    y e^-eta
conjugate    a log(a / y) - a,  a = 1 - u,  on a >= 0

McCullagh and Nelder (1989), Generalized Linear Models, chapter 8; conjugate of exp: Borwein and Lewis (2006).
"""

import math
from typing import NamedTuple

import numpy as np

from .formulas import entropy


class Gamma(NamedTuple):
    y: np.ndarray  # (n,) > 0

    def loss_value(self, i, eta):
        return eta + self.y[i] * math.exp(-eta)

    def loss_residual(self, i, eta):
        return self.y[i] * math.exp(-eta) - 1.0

    def loss_curvature(self, i, eta):
        return self.y[i] * math.exp(-eta)

    def loss_conjugate(self, i, u):
        a = 1.0 - u
        return entropy(a) - a * (math.log(self.y[i]) + 1.0)
