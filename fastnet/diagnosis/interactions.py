"""Pitfall: an interaction of two selected features is missing. Rao's score test of every pair, without fitting it.

The selected features are the nuisance: refitted without penalty, by scoring. With B their columns (and the
intercept), h_i the expected information of row i and u_i its score there, the working residual is rho = u / sqrt(h)
and a product z of two columns enters as sqrt(h) z, both off the span of sqrt(h) B. Their correlation r gives Rao's
statistic (n - k) r^2, k the rank of B, and its exact form under normal errors

    F = (n - k - 1) r^2 / (1 - r^2)    on 1 and n - k - 1 degrees of freedom,

in which the dispersion |rho|^2 / (n - k) cancels. For Cox models the dispersion is 1, and stands in its place.

Rao (1948), Large sample tests of statistical hypotheses concerning several parameters with applications to problems of
estimation, Proc. Cambridge Phil. Soc. 44.
"""

from __future__ import annotations

import numpy as np
from scipy import stats

from fastnet.diagnosis.report import Finding

P_VALUE = 0.01  # Bonferroni-corrected
MOST_TRIED = 50  # features whose pairs are tried, those with the largest standardised coefficients
MOST_NUISANCE = 500
_FEWEST_ROWS = 5.0  # a product resting on fewer rows is not tried: no distribution could be relied on
_STEPS = 50  # of scoring
_LONGEST = 2.0  # change of eta in one step
_FARTHEST = 30.0  # |eta| of log and logit links: beyond, the refit has no finite optimum
_SHOWN = 5


class Untestable(Exception):
    """Why there is no test."""


def interactions(data) -> Finding:
    """The best omitted product of two selected features, by the F statistic of its score test.

    Raises
    ------
    Untestable
        Where the test has no meaning or no room.
    """
    m = len(data.selected)
    if m < 2:
        raise Untestable(f"{m} selected feature{'' if m == 1 else 's'} make no pair")
    if m > MOST_NUISANCE:
        raise Untestable(
            f"{m} selected features are more than the {MOST_NUISANCE} that are refitted: take a larger alpha"
        )
    rows = np.flatnonzero(data.weight > 0)
    n = len(rows)
    if m > n // 2:
        raise Untestable(f"{m} selected features leave too little of {n} rows: take a larger alpha")
    size = np.abs(data.coef[data.selected]) * data.moments.deviation[data.selected]
    order = np.argsort(-size, kind="stable")
    chosen = data.selected[order]
    Z = data.columns(chosen)[rows]
    spread = np.std(Z, axis=0)
    Z = (Z - Z.mean(axis=0)) / np.where(spread > 0, spread, 1.0)
    rho, root, basis = _null_model(data, Z, rows)
    freedom = n - basis.shape[1]
    # a weight w of a mean of 1 gives the score of its row the variance w^2, in the information it counts as w
    length = np.sqrt(freedom * n * np.sum(data.weight**2)) if data.is_cox else np.linalg.norm(rho)
    tried = _scores(Z[:, :MOST_TRIED], rho / length, root, basis)
    if len(tried) == 0:
        raise Untestable("no product of two selected features rests on enough rows")
    return _finding(data, chosen, tried, freedom)


def _null_model(data, Z, rows):
    """Working residual, square root of the information and orthonormal basis of the nuisance, after the refit."""
    weight = data.weight[rows] * len(rows)
    B = np.column_stack((np.ones(len(rows)), Z)) if data.fit_intercept or data.is_cox else Z
    eta = data.eta[rows].copy()
    for _ in range(_STEPS):
        score, information = data.score(rows, eta, weight)
        h = weight * information
        gram = B.T @ (h[:, None] * B)
        step = B @ np.linalg.lstsq(gram, B.T @ (weight * score), rcond=1e-12)[0]
        longest = np.abs(step).max()
        eta += step * min(1.0, _LONGEST / longest) if data.curved and longest > 0 else step
        if data.curved and np.abs(eta).max() > _FARTHEST:
            raise Untestable("the selected features fit the response perfectly when refitted: take a larger alpha")
        if longest <= 1e-8 * (1.0 + np.abs(eta).max()):
            break
    score, information = data.score(rows, eta, weight)
    root = np.sqrt(weight * information)
    rho = np.divide(weight * score, root, out=np.zeros_like(root), where=root > 0)
    left, values, _ = np.linalg.svd(root[:, None] * B, full_matrices=False)
    basis = left[:, values > 1e-10 * values.max(initial=0.0)]
    rho = rho - basis @ (basis.T @ rho)
    if not np.linalg.norm(rho) > 1e-8 * np.linalg.norm(root * data.eta[rows]):
        raise Untestable("nothing of the response is left to explain")
    return rho, root, basis


def _scores(Z, rho, root, basis) -> list[tuple[float, int, int]]:
    """(r^2, i, j) of all pairs that rest on enough rows."""
    tried = []
    for i in range(Z.shape[1] - 1):
        products = root[:, None] * Z[:, [i]] * Z[:, i + 1 :]
        whole = np.linalg.norm(products, axis=0)
        products -= basis @ (basis.T @ products)
        norm = np.linalg.norm(products, axis=0)
        square = products**2
        with np.errstate(divide="ignore", invalid="ignore"):
            rests_on = norm**4 / (square**2).sum(axis=0)
            r = rho @ products / norm
        usable = (norm > 1e-6 * whole) & (rests_on >= _FEWEST_ROWS)
        tried += [(float(r[j] ** 2), i, i + 1 + int(j)) for j in np.flatnonzero(usable)]
    return tried


def _finding(data, chosen, tried, freedom: int) -> Finding:
    """The strongest pair beside the critical value of the strongest of so many."""
    critical = float(stats.f.isf(P_VALUE / len(tried), 1, freedom - 1))
    tried.sort(key=lambda pair: -pair[0])
    details = []
    for square, i, j in tried[:_SHOWN]:
        F = _statistic(square, freedom)
        if F > critical:
            p = min(1.0, float(stats.f.sf(F, 1, freedom - 1)) * len(tried))
            details.append(
                f"{data.name(chosen[i])} x {data.name(chosen[j])}: F {F:.4g}, Rao {freedom * square:.4g}, p {p:.2g} "
                f"(Bonferroni over {len(tried)} pairs)"
            )
    strongest = _statistic(tried[0][0], freedom)
    return Finding(
        "interactions", "F statistic of the best omitted product of two selected features", strongest, critical, ">",
        "Add the product of these two columns to X and fit again: their effects are not additive.", tuple(details),
    )  # fmt: skip


def _statistic(square: float, freedom: int) -> float:
    return float((freedom - 1) * square / max(1.0 - square, 1e-300))
