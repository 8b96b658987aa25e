"""Duality gaps of anyone's Gaussian path, in NumPy over all columns; shares no code with the solver.

For the problem without intercept, weights or standardisation,

    P(b) = ||y - X b||^2 / (2n) + alpha * (l1_ratio * ||b||_1 + (1 - l1_ratio)/2 * ||b||^2),

with the dual value at s*r, r = y - X b,

    D(s) = (||y||^2 - ||y - s r||^2) / (2n) - sum_j (|s x_j'r|/n - la)_+^2 / (2 lr),

la = alpha*l1_ratio, lr = alpha - la; the sum must vanish where lr = 0 (Fenchel duality, e.g. the appendix of
J. Mairal's thesis, ENS Cachan 2010).
"""

from __future__ import annotations

import numpy as np
import scipy.sparse as sp


def dual_value(s, y, r, correlations, alpha, l1_ratio):
    """D(s) of the formula above; ``correlations`` is X'r, unscaled (p,)."""
    n = len(y)
    value = (y @ y - np.sum((y - s * r) ** 2)) / (2 * n)
    if l1_ratio < 1:
        excess = np.maximum(np.abs(s * correlations) / n - alpha * l1_ratio, 0)
        value -= excess @ excess / (2 * alpha * (1 - l1_ratio))
    return value


def relative_gap(y, r, correlations, coef, alpha, l1_ratio):
    """(P - best D) / (||y||^2 / 2n) for one alpha; ``coef`` holds the non-zero coefficients in any order."""
    n = len(y)
    penalty = alpha * (l1_ratio * np.abs(coef).sum() + (1 - l1_ratio) / 2 * (coef @ coef))
    primal = r @ r / (2 * n) + penalty
    largest = np.abs(correlations).max()
    feasible = n * alpha * l1_ratio / largest if largest > 0 else np.inf  # largest |s| with no excess
    best_scale = np.clip(y @ r / (r @ r), -feasible, feasible) if r @ r > 0 else 0.0
    scales = [best_scale] if l1_ratio == 1 else [best_scale, 1.0, min(1.0, feasible)]
    dual = max(dual_value(s, y, r, correlations, alpha, l1_ratio) for s in scales)
    return (primal - dual) / (y @ y / (2 * n))


def path_gaps(X, y, alphas, coefs, l1_ratio, block=25):
    """Relative duality gaps (K,) of ``coefs`` (p, K), dense or sparse, at ``alphas`` (K,); X dense or CSC."""
    coefs = sp.csc_matrix(coefs)
    gaps = np.empty(len(alphas))
    for start in range(0, len(alphas), block):
        several = range(start, min(start + block, len(alphas)))
        residuals = np.empty((len(y), len(several)), order="F")
        for i, k in enumerate(several):
            chosen = coefs.indices[coefs.indptr[k] : coefs.indptr[k + 1]]
            values = coefs.data[coefs.indptr[k] : coefs.indptr[k + 1]]
            residuals[:, i] = y - X[:, chosen] @ values
        correlations = X.T @ residuals
        for i, k in enumerate(several):
            values = coefs.data[coefs.indptr[k] : coefs.indptr[k + 1]]
            gaps[k] = relative_gap(y, residuals[:, i], correlations[:, i], values, alphas[k], l1_ratio)
    gaps[np.isnan(gaps)] = np.inf
    return gaps
