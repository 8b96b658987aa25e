"""Weighted moments of the columns of X, and their product with a vector, which the same pass over X takes along."""

import numpy as np
import scipy.sparse

from .. import interrupts
from ..jit import fast, internal, jit
from ..vectors import HUGE, TINY, largest, power_of_two, total
from .csc import csc_parts
from .dense import dense_columns

OFF = 0.75  # share of the mean square about a point that its own distance from the mean may make up


def moments(X, weight, v):
    """Of each column the weighted mean, the population standard deviation, and sum_i v_i (x_ij - mean_j).

    One pass over X; the weights sum to 1. NaN or infinity in a column makes its moments NaN: validation looks there for
    the culprit.
    """
    mean, deviation, product = (np.empty(X.shape[1]) for _ in range(3))
    if scipy.sparse.issparse(X):
        interrupts.run(2 * X.nnz, _csc_moments, *csc_parts(X), weight, v, mean, deviation, product)
    else:
        interrupts.run(2 * X.size, _dense_moments, dense_columns(X), weight, v, mean, deviation, product)
    return mean, deviation, product


@jit
def _dense_moments(columns, weight, v, mean, deviation, product):
    """Deviations are taken from the first entry, and once more from the mean where that lies so far off that digits of
    the variance would be lost."""
    v_sum = total(v)
    for j in range(columns.shape[0]):
        x = columns[j]
        scale = 1.0
        near = np.float64(x[0])
        shift, spread, along = _dense_spread(x, weight, v, 1.0, near)
        if not TINY < spread + (near + shift) ** 2 < HUGE:
            size = largest(x)
            scale = power_of_two(size) if size > 0.0 else 1.0
            near = x[0] / scale
            shift, spread, along = _dense_spread(x, weight, v, 1.0 / scale, near)
        if shift * shift > OFF * spread:
            near += shift
            shift, spread, along = _dense_spread(x, weight, v, 1.0 / scale, near)
        mean[j] = (near + shift) * scale
        product[j] = (along - shift * v_sum) * scale
        deviation[j] = np.sqrt(max(0.0, spread - shift * shift)) * scale if spread >= 0.0 else np.nan


@fast
def _dense_spread(x, weight, v, scale, near):
    """Weighted mean of the deviation from `near` and of its square, and its product with v."""
    shift = spread = along = 0.0
    for i in range(x.shape[0]):
        d = x[i] * scale - near
        along += v[i] * d
        weighted = weight[i] * d
        shift += weighted
        spread += weighted * d
    return shift, spread, along


@fast
def _sums(values, indices, weight, v, scale):
    """sum_e w x, sum_e w, sum_e v over the stored entries."""
    first = stored = v_stored = 0.0
    for e in range(values.shape[0]):
        i = np.uint64(indices[e])
        first += weight[i] * (values[e] * scale)
        stored += weight[i]
        v_stored += v[i]
    return first, stored, v_stored


@fast
def _stored_spread(values, indices, weight, v, scale, near):
    """sum_e w d, sum_e w d^2, sum_e v d over the stored entries, d their deviation from `near`."""
    shift = spread = along = 0.0
    for e in range(values.shape[0]):
        i = np.uint64(indices[e])
        d = values[e] * scale - near
        along += v[i] * d
        weighted = weight[i] * d
        shift += weighted
        spread += weighted * d
    return shift, spread, along


@internal
def _column_moments(values, indices, weight, v, weight_sum, v_sum, scale):
    """(near, shift, spread, along): a number near the mean, the weighted mean of the deviation from it and of its
    square, and its product with v."""
    near, stored, v_stored = _sums(values, indices, weight, v, scale)
    shift, spread, along = _stored_spread(values, indices, weight, v, scale, near)
    if values.shape[0] < weight.shape[0]:  # the zeros
        rest = max(0.0, weight_sum - stored)
        shift -= near * rest
        spread += near * near * rest
        along -= near * (v_sum - v_stored)
    return near, shift, spread, along


@jit
def _csc_moments(data, indices, indptr, weight, v, mean, deviation, product):
    weight_sum, v_sum = total(weight), total(v)
    for j in range(indptr.shape[0] - 1):
        x, rows = data[indptr[j] : indptr[j + 1]], indices[indptr[j] : indptr[j + 1]]
        scale = 1.0
        near, shift, spread, along = _column_moments(x, rows, weight, v, weight_sum, v_sum, 1.0)
        if not TINY < spread + (near + shift) ** 2 < HUGE:
            size = largest(x)
            scale = power_of_two(size) if size > 0.0 else 1.0
            near, shift, spread, along = _column_moments(x, rows, weight, v, weight_sum, v_sum, 1.0 / scale)
        mean[j] = (near + shift) * scale
        product[j] = (along - shift * v_sum) * scale
        deviation[j] = np.sqrt(max(0.0, spread - shift * shift)) * scale if spread >= 0.0 else np.nan
