"""The Elastic Net penalty with factors and bounds: l1 * |b| + l2 / 2 * b^2 on [lower, upper], 0 inside.

Here l1 = alpha * l1_ratio * factor and l2 = alpha * (1 - l1_ratio) * factor, in penalty space.
"""

import numpy as np

from .jit import internal


@internal
def minimize_coordinate(u, curvature, l1, l2, lower, upper):
    """argmin_b curvature / 2 * b^2 - u * b + l1 * |b| + l2 / 2 * b^2 on [lower, upper]: the proximal step."""
    if u > l1:
        b = (u - l1) / (curvature + l2)
    elif u < -l1:
        b = (u + l1) / (curvature + l2)
    else:
        b = 0.0
    return min(max(b, lower), upper)


@internal
def conjugate(c, l1, l2, lower, upper):
    """sup_b c * b - l1 * |b| - l2 / 2 * b^2 on [lower, upper]; infinite without ridge and bound."""
    excess = abs(c) - l1
    bound = upper if c > 0.0 else -lower
    if excess <= 0.0 or bound == 0.0:
        return 0.0
    size = min(excess / l2, bound) if l2 > 0.0 else bound
    if size == np.inf:
        return np.inf
    return excess * size - 0.5 * l2 * size * size


@internal
def violation(c, b, l1, l2, lower, upper):
    """Distance from c = -gradient of the smooth part to the subdifferential of the penalty at b."""
    g = c - l2 * b
    if b == 0.0:
        above = g - l1 if upper > 0.0 else 0.0
        below = -l1 - g if lower < 0.0 else 0.0
        return max(max(0.0, above), below)
    g -= l1 if b > 0.0 else -l1
    if b >= upper:
        return max(0.0, -g)
    if b <= lower:
        return max(0.0, g)
    return abs(g)
