"""Negative binomial counts with log link and given theta (variance mu + mu^2 / theta): y >= 0.

loss         (y + theta) log(1 + e^eta / theta) - y eta
residual     y - (y + theta) q,  q = e^eta / (theta + e^eta)
curvature    (y + theta) q (1 - q)
conjugate    a log theta + a log(a / m) + (m - a) log((m - a) / m),  a = u + y,  m = y + theta,  on 0 <= a <= m

Hilbe (2011), Negative Binomial Regression; the conjugate is that of the binomial with m trials.
"""

import math
from typing import NamedTuple

import numpy as np

from .formulas import entropy, softplus


class NegativeBinomial(NamedTuple):
    y: np.ndarray  # (n,) >= 0
    theta: np.ndarray  # (1,)

    def loss_value(self, i, eta):
        return (self.y[i] + self.theta[0]) * softplus(eta - math.log(self.theta[0])) - self.y[i] * eta

    def loss_residual(self, i, eta):
        x = eta - math.log(self.theta[0])
        e = math.exp(-abs(x))
        large = 1.0 / (1.0 + e)
        small = e * large
        if x > 0.0:
            return self.y[i] * small - self.theta[0] * large
        return self.y[i] * large - self.theta[0] * small

    def loss_curvature(self, i, eta):
        e = math.exp(-abs(eta - math.log(self.theta[0])))
        large = 1.0 / (1.0 + e)
        return (self.y[i] + self.theta[0]) * e * large * large

    def loss_conjugate(self, i, u):
        m = self.y[i] + self.theta[0]
        a = u + self.y[i]
        rest = self.theta[0] - u
        return a * math.log(self.theta[0]) + entropy(a) + entropy(rest) - m * math.log(m)
