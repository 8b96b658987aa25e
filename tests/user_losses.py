"""A loss defined outside the package, as a user would: log cosh, a smooth cousin of Huber's.

loss f = log cosh(t), t = y - eta;  residual tanh(t);  curvature 1 / cosh(t)^2
conjugate f*(u) = u y + ((1 + u) log(1 + u) + (1 - u) log(1 - u)) / 2 on |u| <= 1
"""

import math
from typing import NamedTuple

import numpy as np


class LogCosh(NamedTuple):
    y: np.ndarray  # (n,)

    def loss_value(self, i, eta):
        t = abs(self.y[i] - eta)
        return t + math.log1p(math.exp(-2.0 * t)) - math.log(2.0)

    def loss_residual(self, i, eta):
        return math.tanh(self.y[i] - eta)

    def loss_curvature(self, i, eta):
        e = math.exp(-2.0 * abs(self.y[i] - eta))
        return 4.0 * e / ((1.0 + e) * (1.0 + e))

    def loss_conjugate(self, i, u):
        total = u * self.y[i]
        if u < -1.0 or u > 1.0:
            return np.inf
        if u < 1.0:
            total += 0.5 * (1.0 - u) * math.log(1.0 - u)
        if u > -1.0:
            total += 0.5 * (1.0 + u) * math.log(1.0 + u)
        return total
