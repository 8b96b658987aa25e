"""Binomial with logit link: y in [0, 1], a class or a proportion (then the weights count the trials).

loss         log(1 + e^eta) - y eta
residual     y - 1 / (1 + e^-eta)
curvature    p (1 - p)
conjugate    a log a + (1 - a) log(1 - a),  a = u + y,  on 0 <= a <= 1

Yu, Huang, Lin (2011), Dual coordinate descent methods for logistic regression and maximum entropy models.
"""

import math
from typing import NamedTuple

import numpy as np

from .formulas import entropy, softplus


class Binomial(NamedTuple):
    y: np.ndarray  # (n,) in [0, 1]

    def loss_value(self, i, eta):
        return softplus(eta) - self.y[i] * eta

    def loss_residual(self, i, eta):
        e = math.exp(-abs(eta))
        large = 1.0 / (1.0 + e)
        small = e * large
        if eta > 0.0:
            return self.y[i] * small - (1.0 - self.y[i]) * large
        return self.y[i] * large - (1.0 - self.y[i]) * small

    def loss_curvature(self, i, eta):
        e = math.exp(-abs(eta))
        large = 1.0 / (1.0 + e)
        return e * large * large

    def loss_conjugate(self, i, u):
        return entropy(self.y[i] + u) + entropy((1.0 - self.y[i]) - u)
