"""Squared hinge: the linear support vector machine of LIBLINEAR's solvers 2 and 5; classes 0 and 1, or -1 and 1.

With z = 1 for the upper class and -1 for the lower one, margin z eta:

    loss         max(0, 1 - z eta)^2
    residual     2 z max(0, 1 - z eta)
    curvature    2 where z eta < 1, else 0
    conjugate    a^2 / 4 - a,  a = -z u,  on a >= 0

    Fan, Chang, Hsieh, Wang, Lin (2008), LIBLINEAR; Hsieh et al. (2008), A dual coordinate descent method (the dual).
"""

from typing import NamedTuple

import numpy as np

from .formulas import SLACK


class SquaredHinge(NamedTuple):
    y: np.ndarray  # (n,) -1 or 1

    def loss_value(self, i, eta):
        short = max(0.0, 1.0 - self.y[i] * eta)
        return short * short

    def loss_residual(self, i, eta):
        return 2.0 * self.y[i] * max(0.0, 1.0 - self.y[i] * eta)

    def loss_curvature(self, i, eta):
        return 2.0 if self.y[i] * eta < 1.0 else 0.0

    def loss_conjugate(self, i, u):
        a = -self.y[i] * u
        return 0.25 * a * a - a if a >= -SLACK else np.inf
