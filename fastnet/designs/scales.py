"""From the moments of the columns to their scales, in one pass: a dozen temporary arrays of p numbers cost more."""

import math

import numpy as np

from ..jit import jit
from ..state import records
from ..vectors import HUGE, TINY
from .dense import FAR, SCALING

EPS = np.finfo(float).eps
SMALLEST, LARGEST = 2e-154, 5e153  # sizes of columns and of y whose squares, products and ratios are sure to fit


def column_scales(mean, deviation, product, n, v_sum, fit_intercept, standardize):
    """What the solver needs to know of each column.

    Parameters
    ----------
    mean, deviation, product : (p,) arrays
        As `moments` leaves them, and changed in place: deviations that are rounding become 0, and `product` is that of
        the column as the solver sees it, x~_j = (x_j - center_j) * inv_scale_j.
    v_sum : float
        Sum of the vector in `product`.

    Returns
    -------
    scaling : (p,) SCALING
    square : (p,) array
        Squared norms of x~_j in weighted space.
    norm : float
        Units of x~ in the penalty: 1 when standardised, else a power of two near the largest norm.
    beyond : int
        A column whose norm is outside SMALLEST to LARGEST, or -1.
    centred, finite : bool
        Whether no intercept is fitted and every mean is rounding; whether all moments are numbers.
    """
    scaling, square = records(len(mean), SCALING), np.empty(len(mean))
    largest, beyond, centred, finite = _measure(mean, deviation, square, n, fit_intercept)
    unit = 1.0 if standardize or largest == 0.0 else 2.0 ** np.round(np.log2(largest))  # a power of two: exact
    _fill(mean, deviation, product, v_sum, fit_intercept, standardize, unit, scaling, square)
    return scaling, square, float(unit), beyond, centred, finite


def unscaled(p):
    """The records of columns that the solver sees as they are."""
    scaling = records(p, SCALING)
    scaling["inv_scale"] = 1.0
    return scaling


@jit
def _measure(mean, deviation, norm, n, fit_intercept):
    """The largest norm of all columns; a column whose norm is beyond; whether all are centred; all finite."""
    largest, beyond, centred, finite = 0.0, -1, not fit_intercept, True
    for j in range(mean.shape[0]):
        size = abs(mean[j])
        if deviation[j] <= 4 * EPS * size:
            deviation[j] = 0.0
        norm[j] = deviation[j]
        if not fit_intercept:
            square = deviation[j] * deviation[j] + size * size
            norm[j] = math.sqrt(square) if TINY < square < HUGE else math.hypot(deviation[j], size)
        if not norm[j] < np.inf or not size < np.inf:
            finite = False
        if norm[j] > largest:
            largest = norm[j]
        if beyond < 0 and norm[j] > 0.0 and not SMALLEST <= norm[j] <= LARGEST:
            beyond = j
        if size > 2 * n * EPS * norm[j]:
            centred = False
    return largest, beyond, centred, finite


@jit
def _fill(mean, deviation, product, v_sum, fit_intercept, standardize, unit, scaling, square):
    """`square` comes with the norms."""
    for j in range(mean.shape[0]):
        varies = deviation[j] > 0.0 if standardize else square[j] > 0.0
        inv_scale = 1.0 / (deviation[j] if standardize else unit) if varies else 0.0
        center = mean[j] if fit_intercept else 0.0
        scaling[j].inv_scale = inv_scale
        scaling[j].center = center
        scaling[j].subtracted = center if abs(center) > FAR * deviation[j] else 0.0
        scaled = square[j] * inv_scale
        square[j] = scaled * scaled if inv_scale > 0.0 else 0.0
        along = product[j] if fit_intercept else product[j] + mean[j] * v_sum
        product[j] = along * inv_scale if inv_scale > 0.0 else 0.0
