"""Pitfalls in the choice of alpha: what the path and its cross-validation say, without looking at X."""

from __future__ import annotations

import numpy as np

from fastnet.diagnosis.report import Finding
from fastnet.interpolation import decreasing

LEAST_HELD_OUT = 0.05  # share of the rows
LAST_PART = 0.1  # of the points: "the end" of a path
STILL_FALLING = 0.02  # share of the whole improvement
WORSE_BY = 1.0  # standard errors


def held_out(share: float) -> Finding:
    """Share of the rows that some fit has not seen: what the choice of alpha can be judged by."""
    return Finding(
        "held_out", "share of the rows held out of some fit", share, LEAST_HELD_OUT, "<",
        "No held-out data tell how well this point predicts: choose alpha by fastnet.cv_path, or keep rows back.",
    )  # fmt: skip


def gaps(path, missed_in_folds: int = 0) -> Finding:
    """Points without their certificate, of the path and of the folds."""
    missed = np.flatnonzero(path.statuses)
    details = [f"alpha {path.alphas[k]:.4g}: gap {path.gaps[k]:.2g}, tol {path.tol:.2g}" for k in missed[:5]]
    if missed_in_folds:
        details.append(f"{missed_in_folds} points of the folds")
    return Finding(
        "gaps", "points whose duality gap is above tol", len(missed) + missed_in_folds, 0, ">",
        "Raise max_iter, or accept a larger tol: these coefficients are not proved to be near the optimum.",
        tuple(details),
    )  # fmt: skip


def edge(path, alpha: float) -> Finding:
    """Points of the grid beyond the chosen alpha, on the side where there are fewer."""
    slack = 1e-9 * alpha
    above, below = int((path.alphas > alpha + slack).sum()), int((path.alphas < alpha - slack).sum())
    if below <= above:
        advice = "The best alpha may lie below the grid: pass a smaller alpha_min_ratio, or extend the path."
    elif path.alphas.max() < path.alpha_max * (1 - 1e-9):
        advice = "The best alpha may lie above the grid: start it at path.alpha_max."
    else:
        advice = (
            "Next to nothing is selected here: if folds chose this alpha, no feature predicts; else take a smaller one."
        )
    return Finding(
        "edge", "grid points beyond the chosen alpha on its nearer side:", min(above, below), 1, "<", advice
    )  # fmt: skip


def still_falling(alphas: np.ndarray, losses: np.ndarray, what: str, remedy: str) -> Finding:
    """Share of the improvement from the first alpha to the best that only the last tenth of the points brings."""
    order = decreasing(alphas)
    loss = losses[order]
    whole = loss[0] - np.nanmin(loss)
    last = max(1, round(LAST_PART * len(loss)))
    late = np.nanmin(loss[:-last]) - np.nanmin(loss) if len(loss) > 1 else 0.0
    share = float(late / whole) if whole > 0 and np.isfinite(late) else 0.0
    return Finding(
        "still_falling", f"share of the fall of the {what} in the last tenth of the points", max(share, 0.0),
        STILL_FALLING, ">", f"The path ends too early: {remedy}.",
    )  # fmt: skip


def over_regularised(cv, alpha: float) -> Finding:
    """Standard errors by which the chosen alpha is worse than the best smaller one, on held-out rows; 0 where the
    training deviance does not fall towards the best as well.
    """
    path, order = cv.path, decreasing(cv.alphas)
    x, loss = cv.alphas[order][::-1], (cv.sign * cv.mean)[order][::-1]
    best = cv.index_min
    here = float(np.interp(alpha, x, loss))
    explained = float(np.interp(alpha, x, path.deviance_ratios[order][::-1]))
    excess = (here - cv.sign * cv.mean[best]) / cv.se[best] if cv.se[best] > 0 else 0.0
    next_better = cv.alphas[best] < alpha and path.deviance_ratios[best] > explained
    return Finding(
        "over_regularised", "standard errors that smaller alphas are better by, on held-out rows:",
        float(excess) if next_better else 0.0, WORSE_BY * (1 + 1e-9), ">",
        "Training and held-out error are both higher than a few points further on: choose a smaller alpha, as "
        f"alpha_1se = {cv.alpha_1se:.4g} or alpha_min = {cv.alpha_min:.4g}.",
    )  # fmt: skip
