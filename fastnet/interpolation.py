"""Between and along the points of a path: linear interpolation in alpha, and the order in which features
enter.
"""

from __future__ import annotations

import numpy as np
from scipy import sparse


def interpolation_weights(points: np.ndarray, alphas: np.ndarray) -> sparse.csc_array:
    """Weights of linear interpolation in alpha, as glmnet's ``coef(s=)``; constant beyond the ends.

        value(alpha) = (1 - t) value(points_low) + t value(points_high),  t = (alpha - points_low) /
        (points_high - points_low)

    Parameters
    ----------
    points : ndarray (K,)
        The alphas of the path, in any order; of equal ones the first counts.
    alphas : ndarray (m,)

    Returns
    -------
    csc_array (K, m)
        At most two entries a column, not negative, summing to one; exactly one where alpha is a point.

    Raises
    ------
    ValueError
        If there are no points.
    """
    if len(points) == 0:
        raise ValueError("this path has no points, so there is nothing to interpolate")
    grid, index = np.unique(points, return_index=True)
    inside = np.clip(alphas, grid[0], grid[-1])
    high = np.searchsorted(grid, inside)  # grid[high - 1] < alpha <= grid[high]
    low = np.maximum(high - 1, 0)
    width = grid[high] - grid[low]
    share = np.divide(inside - grid[low], width, out=np.ones_like(inside), where=width > 0)
    share = np.concatenate((share, 1.0 - share))
    rows = np.concatenate((index[high], index[low]))
    columns = np.tile(np.arange(len(inside)), 2)
    kept = share != 0
    return sparse.coo_array((share[kept], (rows[kept], columns[kept])), shape=(len(points), len(inside))).tocsc()


def order_of_entry(alphas: np.ndarray, coefs: sparse.csc_array) -> np.ndarray:
    """Columns that are ever non-zero, by the largest alpha at which they are; ties by the size there, then by
    column.

    Parameters
    ----------
    alphas : ndarray (K,)
    coefs : csc_array (p, K)

    Returns
    -------
    ndarray of int64
        O(nnz log nnz) time, nothing of length p.
    """
    rank = np.empty(len(alphas), dtype=np.int64)
    rank[decreasing(alphas)] = np.arange(len(alphas))
    stored = coefs.data != 0
    rows = coefs.indices[stored].astype(np.int64)
    ranks = np.repeat(rank, np.diff(coefs.indptr))[stored]
    order = np.lexsort((rows, -np.abs(coefs.data[stored]), ranks))
    _, first = np.unique(rows[order], return_index=True)
    return rows[order[np.sort(first)]]


def decreasing(alphas: np.ndarray) -> np.ndarray:
    """Points by decreasing alpha; of equal alphas the one given first comes first."""
    return np.argsort(-alphas, kind="stable")
