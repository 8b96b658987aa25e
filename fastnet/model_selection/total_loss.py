"""The deviance of any family, losses of one's own and Cox included, from the kernels that its fit has compiled."""

from __future__ import annotations

import numpy as np

from fastnet.solvers.loss_kernels import kernels_of


def deviance_of(family, y, eta, weight) -> np.ndarray:
    """2 sum_i w_i (f_i(eta_i) - its smallest value), one number for each column of eta.

    Parameters
    ----------
    family : fastnet.losses.Family
    y : (n,) array, or survival times
    eta : (n, K) array
    weight : (n,) array
        Rows of weight 0 do not count.

    Returns
    -------
    (K,) array
    """
    family, y = family.read(y)
    y = np.where(y > 0, 1.0, -1.0) if family.domain == "sign" else np.asarray(y, float)
    loss, unit = family.make(y), family.response
    values_at = kernels_of(loss)[1]
    weight = np.ascontiguousarray(weight, float)
    root, zero = np.sqrt(weight), np.zeros(len(weight))
    result = np.empty(eta.shape[1])
    for k in range(eta.shape[1]):
        column = np.ascontiguousarray(eta[:, k] / unit)
        value, smallest, _ = values_at(loss, column, weight, zero, root, zero, 0.0, 0.0)
        result[k] = 2.0 * unit**2 * max(value - smallest, 0.0)
    return result
