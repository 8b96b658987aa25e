"""The relaxed path: each point mixed with a refit, without its penalty, of the columns that it selected.

b(gamma) = gamma b + (1 - gamma) b_refit,        and so for the intercept: gamma = 1 is the penalised path.

Meinshausen (2007), Relaxed lasso; Hastie, Tibshirani, Tibshirani (2020), Best subset, forward stepwise or lasso?
"""

from __future__ import annotations

import time
from typing import NamedTuple

import numpy as np
import scipy.linalg
from scipy import sparse

from fastnet import blas
from fastnet.fitted import family_of, linear_predictors, problem_of_path
from fastnet.losses import find_family
from fastnet.losses.survival_times import read_times
from fastnet.model_selection.total_loss import deviance_of
from fastnet.validation.options import check_number

RIDGE = 1e-4  # share of a point's alpha left as an L2 penalty where a refit without any may not exist
REFIT_TOL = 1e-9
LEAST_PIVOT = 1e-4  # of columns of norm 1, below which a Cholesky factor gives way to a least-squares solution


class Refits(NamedTuple):
    """What the selected columns of every point get without their penalty."""

    coefs: sparse.csc_array  # (p, K)
    intercepts: np.ndarray  # (K,)
    statuses: np.ndarray  # (K,) int8 codes of `Status`
    times: np.ndarray  # (K,) seconds


def relax(path, X, y, gamma: float = 0.0, *, family=None):
    """See `fastnet.result.Path.relax`."""
    (mixed,) = relaxed_paths(path, X, y, check_gammas([gamma], "gamma"), family=family)
    return mixed


@blas.one_thread()
def relaxed_paths(path, X, y, gammas, *, family=None, deviance=True):
    """The relaxed path at each gamma; one set of refits serves them all.

    ``deviance=False`` saves the deviance ratios (NaN then).
    """
    if path.gamma != 1.0:
        raise ValueError(f"this path is already relaxed (gamma={path.gamma:g}): relax the one that enet_path returned")
    family = family_of(path) if family is None else family
    survival = path.family == "cox"
    problem, weight = problem_of_path(path, X, read_times(y)[1] if survival else y)
    y = y if survival else problem.y
    refits = refit(path, problem, y, weight, family)
    mixes = [_mixed(path, refits, gamma) for gamma in gammas]
    if not deviance:
        return tuple(mixes)
    return tuple(mix if mix is path else _with_deviance(mix, problem, y, weight, family) for mix in mixes)


def check_gammas(values, name) -> tuple[float, ...]:
    """Numbers from 0 to 1."""
    try:
        values = list(values)
    except TypeError:
        raise TypeError(f"{name} is {values!r}; True, or a sequence of numbers from 0 to 1, is allowed") from None
    if not values:
        raise ValueError(f"{name} is empty; at least one number from 0 (refit) to 1 (penalised) is needed")
    allowed = "from 0 (the refit) to 1 (the penalised path)"
    return tuple(check_number(value, name, allowed, lambda v: 0 <= v <= 1) for value in values)


def refit(path, problem, y, weight, family) -> Refits:
    """Coefficients of the selected columns alone without penalty; equal selections are refitted once.

    Least squares without bounds is solved in closed form (of smallest norm, in units in which columns have norm 1,
    where it is not unique). All else keeps an L2 penalty of RIDGE times the point's alpha, so that there is a solution
    where there would be none (separated classes), and is certified like every other fit.
    """
    closed = path.family == "gaussian" and problem.lower is None and problem.upper is None
    solver = _LeastSquares(path, problem, weight) if closed else _Certified(path, problem, y, family)
    found: dict[int, tuple] = {}
    before = None
    for k in np.argsort(-path.alphas, kind="stable"):
        at = slice(path.coefs.indptr[k], path.coefs.indptr[k + 1])
        chosen = path.coefs.indices[at][path.coefs.data[at] != 0]
        start = time.perf_counter()
        if before is None or not np.array_equal(chosen, before[0]):
            before = chosen, *solver.solve(chosen, path.alphas[k])
        found[k] = *before, time.perf_counter() - start
    columns, coefs, intercepts, statuses, seconds = zip(*(found[k] for k in range(len(path)))) if found else [()] * 5
    indptr = np.concatenate(([0], np.cumsum([len(part) for part in columns]))).astype(path.coefs.indptr.dtype)
    parts = (np.concatenate(part) if part else np.zeros(0) for part in (coefs, columns))
    matrix = sparse.csc_array((*parts, indptr), shape=path.coefs.shape)
    return Refits(matrix, np.array(intercepts), np.array(statuses, np.int8), np.array(seconds))


class _LeastSquares:
    """Weighted least squares on any of the columns that the path ever uses, through one Gram matrix of them all."""

    def __init__(self, path, problem, weight):
        self.used = np.unique(path.coefs.indices[path.coefs.data != 0])
        Z = problem.X[:, self.used]
        Z = (Z.toarray() if sparse.issparse(Z) else Z).astype(np.float64)
        response = problem.y if problem.offset is None else problem.y - problem.offset
        self.mean = weight @ Z if path.fit_intercept else np.zeros(len(self.used))
        self.level = float(weight @ response) if path.fit_intercept else 0.0
        root = np.sqrt(weight)
        Z = root[:, None] * (Z - self.mean)
        norm = np.linalg.norm(Z, axis=0)
        self.scale = np.divide(1.0, norm, out=np.zeros_like(norm), where=norm > 0)
        self.Z = np.asfortranarray(Z * self.scale)
        self.target = root * (response - self.level)
        self.gram, self.right = self.Z.T @ self.Z, self.Z.T @ self.target

    def solve(self, columns, alpha):
        """(coefs, intercept, status) on the scale of the data."""
        at = np.searchsorted(self.used, columns)
        beta = self._solution(at) * self.scale[at]
        return beta, self.level - float(self.mean[at] @ beta), 0

    def _solution(self, at):
        if 0 < len(at) < len(self.target):
            try:
                factor = scipy.linalg.cholesky(self.gram[np.ix_(at, at)], lower=True, overwrite_a=True)
            except np.linalg.LinAlgError:
                pass
            else:
                if np.diagonal(factor).min() > LEAST_PIVOT:
                    return scipy.linalg.cho_solve((factor, True), self.right[at])
        return np.linalg.lstsq(self.Z[:, at], self.target, rcond=None)[0]


class _Certified:
    """Any other family, and bounds: a fit of `enet_path` to the selected columns alone."""

    def __init__(self, path, problem, y, family):
        self.path, self.problem, self.y, self.family = path, problem, y, family

    def solve(self, columns, alpha):
        """(coefs, intercept, status) on the scale of the data."""
        from fastnet.api import fit_path

        path, problem = self.path, self.problem
        null = len(columns) == 0
        if null:  # one column, held at zero: the null model
            columns, lower, upper = np.zeros(1, np.intp), 0.0, 0.0
        else:
            lower, upper = (None if bound is None else bound[columns] for bound in (problem.lower, problem.upper))
        fit = fit_path(
            problem.X[:, columns], self.y, family=self.family, alphas=[RIDGE * alpha], l1_ratio=0.0,
            sample_weight=problem.sample_weight, offset=problem.offset, lower=lower, upper=upper,
            fit_intercept=path.fit_intercept, standardize=path.standardize, tol=min(path.tol, REFIT_TOL),
            max_iter=path.problem_options.get("max_iter", 10_000), check_finite=False,
        )  # fmt: skip
        beta = np.zeros(len(columns))
        beta[fit.coefs.indices] = fit.coefs.data
        return beta[:0] if null else beta, float(fit.intercepts[0]), int(fit.statuses[0])


def _mixed(path, refits: Refits, gamma: float):
    """gamma times the path plus 1 - gamma times the refits."""
    if gamma == 1.0:
        return path
    unknown = np.full(len(path), np.nan)
    coefs = refits.coefs if gamma == 0.0 else gamma * path.coefs + (1.0 - gamma) * refits.coefs
    return path.replace(
        coefs=sparse.csc_array(coefs),
        intercepts=gamma * path.intercepts + (1.0 - gamma) * refits.intercepts,
        gaps=unknown, objectives=unknown, deviance_ratios=unknown,
        statuses=np.maximum(path.statuses, refits.statuses), times=path.times + refits.times, gamma=gamma,
    )  # fmt: skip


def _with_deviance(mix, problem, y, weight, family):
    eta = linear_predictors(mix, problem)
    if mix.family == "gaussian":
        deviances = weight @ (y[:, None] - eta) ** 2
    else:
        deviances = deviance_of(find_family(family), y, eta, weight)
    null = 2.0 * mix.null_objective
    return mix.replace(deviance_ratios=1.0 - deviances / null if null > 0 else np.zeros(len(mix)))
