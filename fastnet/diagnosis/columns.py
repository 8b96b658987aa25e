"""Pitfalls in the columns of X: their scales, and the stand-ins of what was selected. X is read in blocks."""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

import numpy as np
from scipy import sparse

from fastnet.diagnosis.report import Finding

SCALE_FACTOR = 10.0
CORRELATION = 0.9
MOST_SELECTED = 100  # features whose stand-ins are looked for, those with the largest standardised coefficients
_CELLS = 2_000_000  # numbers of a block of columns, and of the correlations of a block
_SHOWN = 10


class Moments(NamedTuple):
    """Weighted statistics of every column, each (p,)."""

    deviation: np.ndarray  # population standard deviation; 0 for a constant column
    scale: np.ndarray  # deviation; root mean square of the non-zero entries where less than half of them are non-zero


def column_blocks(X) -> Iterator[tuple[slice, np.ndarray | sparse.csc_array]]:
    """Blocks of columns: views of a dense X, slices of a sparse one."""
    n, p = X.shape
    per_column = max(1.0, X.nnz / max(p, 1)) if sparse.issparse(X) else float(n)
    width = int(max(1, _CELLS / per_column))
    for start in range(0, p, width):
        columns = slice(start, min(p, start + width))
        yield columns, X[:, columns]


def moments(X, weight: np.ndarray) -> Moments:
    """Deviation and scale of all columns in one pass; `weight` (n,) sums to 1."""
    parts = [_moments_of(block, weight) for _, block in column_blocks(X)]
    return Moments(*(np.concatenate(arrays) for arrays in zip(*parts, strict=True)))


def _moments_of(block, weight) -> tuple[np.ndarray, np.ndarray]:
    if sparse.issparse(block):
        column = np.repeat(np.arange(block.shape[1]), np.diff(block.indptr))
        values, at = block.data.astype(np.float64), weight[block.indices]

        def total(entries):
            return np.bincount(column, entries, minlength=block.shape[1])

        filled = total(at * (values != 0))
        mean, square = total(at * values), total(at * values**2)
        variance = total(at * (values - mean[column]) ** 2) + np.maximum(1.0 - total(at), 0.0) * mean**2
    else:
        values = block.astype(np.float64)
        filled, mean, square = weight @ (values != 0), weight @ values, weight @ values**2
        variance = weight @ (values - mean) ** 2
    variance[variance <= 1e-24 * square] = 0.0  # constant up to rounding
    deviation = np.sqrt(variance)
    size = np.sqrt(np.divide(square, filled, out=np.zeros_like(square), where=filled > 0))
    return deviation, np.where((filled < 0.5) & (deviation > 0), size, deviation)


def scales(data) -> Finding:
    """Largest over smallest scale of the penalised columns, as the penalty sees them (divided by penalty factors)."""
    usable = (data.moments.scale > 0) & (data.factor > 0) & np.isfinite(data.factor)
    columns = np.flatnonzero(usable)
    scale = data.moments.scale[columns] / data.factor[columns]
    if len(columns) == 0:
        ratio, details = 1.0, tuple[str, ...]()
    else:
        low, high = int(np.argmin(scale)), int(np.argmax(scale))
        ratio = float(scale[high] / scale[low])
        details = tuple(f"{data.name(columns[k])}: scale {scale[k]:.3g}" for k in (high, low))
    return Finding(
        "scales", "largest scale of a column over the smallest", ratio, SCALE_FACTOR, ">",
        "Pass standardize=True, or bring the columns to one scale: the penalty shuts out columns of small numbers.",
        details,
    )  # fmt: skip


def stand_ins(data) -> Finding:
    """Largest correlation of a selected column with one that was not selected; the strongest of each in the details."""
    size = np.abs(data.coef[data.selected]) * data.moments.deviation[data.selected]
    chosen = data.selected[np.argsort(-size, kind="stable")[:MOST_SELECTED]]
    chosen = chosen[data.moments.deviation[chosen] > 0]
    best, partner = _strongest(data, chosen)
    order = np.argsort(-np.abs(best), kind="stable")
    details = tuple(
        f"{data.name(chosen[k])} ~ {data.name(partner[k])}: correlation {best[k]:+.3f}"
        for k in order[:_SHOWN]
        if abs(best[k]) > CORRELATION
    )
    return Finding(
        "stand_ins", "largest correlation of a selected feature with one left out", float(np.abs(best).max(initial=0)),
        CORRELATION, ">",
        "Do not read the selected one as the cause: its stand-in would do as well; l1_ratio < 1 keeps both.", details,
    )  # fmt: skip


def _strongest(data, chosen) -> tuple[np.ndarray, np.ndarray]:
    """Correlation with the strongest unselected column, and that column, for each chosen one: one pass over X.

    corr(x_k, x_j) = sum_i w_i x_ik z_ij / s_k with z_j the standardised x_j: centring x_k changes nothing.
    """
    best, partner = np.zeros(len(chosen)), np.zeros(len(chosen), np.int64)
    if len(chosen) == 0:
        return best, partner
    Z = data.columns(chosen)
    Z = data.weight[:, None] * (Z - data.weight @ Z) / data.moments.deviation[chosen]
    open_to_all = (data.moments.deviation > 0) & np.isfinite(data.factor)
    open_to_all[data.selected] = False
    width = max(1, _CELLS // len(chosen))
    for start, part in ((c.start, b) for c, b in column_blocks(data.X)):
        for first in range(0, part.shape[1], width):
            block = part[:, first : first + width]
            at = slice(start + first, start + first + block.shape[1])
            usable = open_to_all[at]
            correlation = np.zeros((block.shape[1], len(chosen)))
            product = np.asarray(block.T @ Z)
            correlation[usable] = product[usable] / data.moments.deviation[at][usable, None]
            strongest = np.argmax(np.abs(correlation), axis=0)
            value = correlation[strongest, np.arange(len(chosen))]
            better = np.abs(value) > np.abs(best)
            best[better], partner[better] = value[better], at.start + strongest[better]
    return np.clip(best, -1.0, 1.0), partner
