"""Anyone's coefficients certified: objective, KKT residual and duality gap, independent of the solver.

The mathematics is in `fastnet.certificate_verifier`.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import scipy.sparse as sp

from fastnet import blas
from fastnet.certificate_cox import CoxObjective
from fastnet.certificate_losses import LOSSES, Loss, make_loss
from fastnet.certificate_math import Sum
from fastnet.certificate_verifier import Verifier
from fastnet.losses.family import CoxFamily
from fastnet.losses.survival_times import read_times


@dataclass(frozen=True, repr=False)
class Certificate:
    """What `verify` found, one entry per column of ``coefs``; objectives as in `enet_path` (mean loss).

    Attributes
    ----------
    alphas, gaps, objectives, dual_objectives, kkt_residuals : ndarray (K,)
        ``gaps = (objectives - dual_objectives) / null_objective``; inf where ``feasible`` is False, and where the
        objective overflows, which is inf then, too.
        ``kkt_residuals``: largest violation of the optimality conditions over the columns and the intercept,
        each divided by (norm of the column times norm of the null model's residual): a cosine, dimensionless.
    feasible : ndarray (K,) of bool
        Bounds kept (to 1e-12 relative), excluded columns 0, no intercept where none is fitted.
    null_objective : float
        Objective of the null model (intercept and unpenalised columns alone) above that of the saturated model: half
        the null deviance per unit of weight. For least squares and for classes 0 and 1 the saturated one is 0.
    """

    alphas: np.ndarray
    gaps: np.ndarray
    objectives: np.ndarray
    dual_objectives: np.ndarray
    kkt_residuals: np.ndarray
    feasible: np.ndarray
    null_objective: float

    def __repr__(self) -> str:
        head = (
            f"Certificate: {len(self.alphas)} point(s), worst gap {self.gaps.max():.3g}, "
            f"worst KKT residual {self.kkt_residuals.max():.3g}, null objective {self.null_objective:.6g}"
        )
        lines = [head, f"{'alpha':>12} {'gap':>10} {'KKT':>10} {'objective':>14} {'dual':>14}  feasible"]
        rows = list(zip(self.alphas, self.gaps, self.kkt_residuals, self.objectives, self.dual_objectives,
                        self.feasible, strict=True))  # fmt: skip
        for i, (alpha, gap, kkt, primal, dual, ok) in enumerate(rows):
            if len(rows) > 20 and 10 <= i < len(rows) - 10:
                if i == 10:
                    lines.append(f"{'...':>12}")
                continue
            lines.append(f"{alpha:12.5g} {gap:10.3g} {kkt:10.3g} {primal:14.8g} {dual:14.8g}  {'yes' if ok else 'NO'}")
        return "\n".join(lines)


@blas.one_thread()
def verify(
    X, y, coefs, intercepts, alphas, *, family="gaussian", l1_ratio=1.0, sample_weight=None, offset=None,
    penalty_factor=None, lower=None, upper=None, fit_intercept=True, standardize=True,
) -> Certificate:  # fmt: skip
    """Certify coefficients from any source against the objective of `enet_path`.

    Parameters
    ----------
    X, y, family, l1_ratio, sample_weight, offset, penalty_factor, lower, upper, fit_intercept, standardize
        The problem, as in `enet_path`. ``family`` is a name, a `fastnet.losses.Family` of one of those names, or a
        `fastnet.certificate_math.Loss`. For ``"inverse_gaussian"``, which is not convex, no dual bound exists: its
        gap is that of the quadratic model at the point, zero exactly where the point is stationary. For ``"cox"``
        (``fastnet.losses.cox`` says ties and strata) y holds times and events, and intercepts must be 0.
    coefs : array (p,) or (p, K), or sparse matrix (p, K)
        Coefficients on the scale of the data.
    intercepts : float or array (K,)
    alphas : float or array (K,)
        Penalty strength of each column of ``coefs``; 0 is allowed (no penalty).

    Returns
    -------
    Certificate
        Gaps, objectives, dual objectives, KKT residuals, feasibility, null objective.

    Notes
    -----
    X is read in blocks of columns; sparse columns stay sparse unless more than half full. With
    ``standardize=True`` a constant column is left out (its deviation is 0): without an intercept its
    coefficient must be 0. The gap of a column without penalty needs <x_j, theta> = 0, which holds to rounding
    and not beyond: up to 2e-9 relative counts as 0, so that columns without penalty which agree to nine digits count as
    one, as they do in `enet_path`.

    Examples
    --------
    >>> import numpy as np
    >>> X, y = np.array([[1.0], [-1.0]]), np.array([1.0, -1.0])
    >>> float(verify(X, y, [0.5], 0.0, 0.5).gaps[0])
    0.0
    """
    from fastnet.validation import check_problem

    if isinstance(family, CoxFamily) or (isinstance(family, str) and family == "cox"):
        make, y = _cox(family, y)
    else:
        loss = _find_loss(family)
        make = lambda y, rows, omega: Sum(loss, y, omega)
    problem = check_problem(X, y, sample_weight=sample_weight, offset=offset, penalty_factor=penalty_factor,
                            lower=lower, upper=upper)  # fmt: skip
    p = problem.X.shape[1]
    coefs, intercepts, alphas = _check_solution(coefs, intercepts, alphas, l1_ratio, p)
    with np.errstate(over="ignore", invalid="ignore"):  # coefficients may be such that the loss overflows
        verifier = Verifier(problem, make, l1_ratio, fit_intercept, standardize)
        return Certificate(**verifier.run(coefs, intercepts, alphas))


def _cox(family, y):
    """(function of y, rows and omega that makes the objective of those rows, the stop times)."""
    start, stop, event = read_times(y)
    strata, efron = getattr(family, "strata", None), getattr(family, "ties", "breslow") == "efron"
    strata = None if strata is None else np.asarray(strata)
    if strata is not None and strata.shape != stop.shape:
        raise ValueError(f"strata has shape {strata.shape}, y has {len(stop)} rows; give one stratum a row")

    def make(_, rows, omega):
        return CoxObjective(
            None if start is None else start[rows], stop[rows], event[rows],
            None if strata is None else strata[rows], omega, efron,
        )  # fmt: skip

    return make, stop


def _find_loss(family) -> Loss:
    if isinstance(family, Loss):
        return family
    name = family if isinstance(family, str) else getattr(family, "name", family)
    parameters = getattr(family, "parameters", {})
    if not isinstance(name, str) or name not in LOSSES:
        known = ", ".join(sorted([*LOSSES, "cox"]))
        raise ValueError(
            f"family={family!r} is not known to verify; allowed: {known}, a fastnet.losses.Family of one of these, "
            "or a certificate_math.Loss"
        )
    return make_loss(name, parameters)


def _check_solution(coefs, intercepts, alphas, l1_ratio, p):
    """coefs as csc (p, K), intercepts and alphas as (K,); errors name the argument."""
    if not 0 <= l1_ratio <= 1:
        raise ValueError(f"l1_ratio={l1_ratio!r} is out of range; give a number from 0 (ridge) to 1 (lasso)")
    if not sp.issparse(coefs):
        coefs = np.asarray(coefs, dtype=np.float64)
        coefs = coefs[:, None] if coefs.ndim == 1 else coefs
    if coefs.ndim != 2 or coefs.shape[0] != p:
        raise ValueError(f"coefs has shape {coefs.shape}, X has {p} columns; give (p,) or (p, K) with p={p}")
    coefs = sp.csc_array(coefs, dtype=np.float64)
    K = coefs.shape[1]
    alphas = np.atleast_1d(np.asarray(alphas, dtype=np.float64))
    intercepts = np.atleast_1d(np.asarray(intercepts, dtype=np.float64))
    for name, values in (("alphas", alphas), ("intercepts", intercepts)):
        if values.shape != (K,):
            raise ValueError(f"{name} has shape {values.shape}, coefs has {K} column(s); give one value per column")
    for name, values in (("coefs", coefs.data), ("intercepts", intercepts), ("alphas", alphas)):
        if not np.all(np.isfinite(values)):
            raise ValueError(f"{name} holds NaN or infinite values; give finite numbers")
    if np.any(alphas < 0):
        raise ValueError(f"alphas must be >= 0, got {alphas.min()!r}; give penalty strengths")
    return coefs, intercepts, alphas
