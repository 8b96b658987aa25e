"""Asking all questions of a path or of a cross-validated path, and saying which could not be asked."""

from __future__ import annotations

from dataclasses import replace
from functools import cached_property
from typing import TYPE_CHECKING, Any

import numpy as np
from scipy import sparse
from scipy.special import gammaln

from fastnet import blas
from fastnet.diagnosis import choice, columns, working
from fastnet.diagnosis.interactions import Untestable, interactions
from fastnet.diagnosis.report import Diagnosis, Finding
from fastnet.validation import check_alpha_values, check_feature_names, check_problem

if TYPE_CHECKING:
    from fastnet.model_selection.result import CVPath
    from fastnet.result import Path

_NO_DATA = "pass X and y"
_LIKELIHOODS = {"binomial", "poisson", "negative_binomial", "cox"}  # families without an unknown dispersion


@blas.one_thread()
def diagnose_path(path: Path, X=None, y=None, *, alpha: float | None = None) -> Diagnosis:
    """Look for pitfalls in a path; see `fastnet.Path.diagnose`."""
    if len(path) == 0:
        raise ValueError("this path has no points, so there is nothing to diagnose")
    chosen = float(check_alpha_values([alpha], name="alpha")[0]) if alpha is not None else None
    data = _Data(path, X, y, chosen)
    findings = [choice.held_out(_share_left_out(path)), *_gaps(path)]
    skipped = {"over_regularised": "it needs held-out scores: use fastnet.cv_path and its diagnose"}
    if chosen is None:
        skipped["edge"] = "no alpha was chosen: pass alpha="
    else:
        findings.append(choice.edge(path, chosen))
    remedy = "pass a smaller alpha_min_ratio, or continue it with path.extend(X, y, alphas=20)"
    findings.append(choice.still_falling(path.alphas, -path.deviance_ratios, "training deviance", remedy))
    return _with_columns(data, findings, skipped)


@blas.one_thread()
def diagnose_cv(cv: CVPath, X=None, y=None, *, alpha="min") -> Diagnosis:
    """Look for pitfalls in a cross-validated path; see `fastnet.CVPath.diagnose`."""
    chosen = cv.choose(alpha)
    data = _Data(cv.path, X, y, chosen)
    share = float(np.mean((cv.roles & 2).any(axis=0)))
    findings = [
        choice.held_out(share),
        *_gaps(cv.path, cv.missed),
        choice.edge(cv.path, chosen),
        _worst_falling(cv),
    ]
    skipped = {}
    if np.isfinite(cv.se[cv.index_min]):
        findings.append(choice.over_regularised(cv, chosen))
    else:
        skipped["over_regularised"] = "one fold has no standard error"
    return _with_columns(data, findings, skipped)


def _worst_falling(cv: CVPath) -> Finding:
    """Of all l1_ratio (and mixes) that were cross-validated: a path that ends too early is at a disadvantage."""
    findings = [
        choice.still_falling(path.alphas, cv.sign * mean, f"held-out {cv.measure}", "pass a smaller alpha_min_ratio")
        for path, mean in zip(cv.paths, cv.means, strict=True)
    ]
    worst = int(np.argmax([finding.number for finding in findings]))
    details = (f"l1_ratio {cv.l1_ratios[worst]:g}",) if len(findings) > 1 else ()
    return replace(findings[worst], details=details)


def _gaps(path, missed_in_folds: int = 0) -> list[Finding]:
    """The mixes of a relaxed path are no optima, and have no gaps."""
    return [choice.gaps(path, missed_in_folds)] if path.gamma == 1 else []


def _share_left_out(path) -> float:
    """Share of the rows that had weight 0 in the fit."""
    weight = path.problem_options.get("sample_weight")
    return 0.0 if weight is None else float(np.mean(np.asarray(weight) == 0))


def _with_columns(data: _Data, findings: list[Finding], skipped: dict[str, str]) -> Diagnosis:
    """The questions that need X and y, after those that do not."""
    if data.X is None:
        skipped |= dict.fromkeys(("scales", "stand_ins", "interactions"), _NO_DATA)
    else:
        if data.path.standardize:
            skipped["scales"] = "columns were standardised"
        else:
            findings.append(columns.scales(data))
        if len(data.selected) == 0:
            skipped["stand_ins"] = "nothing is selected"
        else:
            findings.append(columns.stand_ins(data))
        try:
            findings.append(interactions(data))
        except Untestable as reason:
            skipped["interactions"] = str(reason)
    return Diagnosis(tuple(findings), data.alpha, len(data.selected), skipped)


class _Data:
    """The data of a fit with its coefficients at one alpha; what is costly is computed when it is first asked for."""

    def __init__(self, path: Path, X, y, alpha: float | None):
        if (X is None) != (y is None):
            missing = "y" if y is None else "X"
            raise ValueError(f"{missing} is missing: pass both X and y of the fit, or neither")
        self.path = path
        self.X: Any = None
        if X is not None:
            self._read(X, y)
        self.alpha = _default_alpha(path, self.n_rows) if alpha is None else alpha
        self.coef: np.ndarray = path.coef_at(self.alpha)
        self.selected = np.flatnonzero(self.coef)

    def _read(self, X, y) -> None:
        path, self.y_given, numbers = self.path, y, y
        if path.family == "cox":
            from fastnet.losses import cox

            numbers = cox().read(y)[1]
        names = ("sample_weight", "offset", "penalty_factor")
        options: dict[str, Any] = {name: path.problem_options.get(name) for name in names}
        problem = check_problem(X, numbers, **options)
        if problem.X.shape[1] != path.n_features:
            raise ValueError(f"X has {problem.X.shape[1]} columns, the path {path.n_features}: pass the X of the fit")
        check_feature_names(problem.feature_names, path.feature_names)
        n, p = problem.X.shape
        self.X, self.y = problem.X, problem.y
        if path.family in ("binomial", "squared_hinge"):
            self.y = np.maximum(self.y, 0.0)
        weight = np.ones(n) if problem.sample_weight is None else problem.sample_weight
        self.weight = weight / weight.sum()
        self.offset = np.zeros(n) if problem.offset is None else problem.offset
        self.factor = np.ones(p) if problem.penalty_factor is None else problem.penalty_factor

    @property
    def n_rows(self) -> int:
        return 0 if self.X is None else int(np.count_nonzero(self.weight))

    @cached_property
    def moments(self) -> columns.Moments:
        return columns.moments(self.X, self.weight)

    @cached_property
    def eta(self) -> np.ndarray:
        """(n,) linear predictor, offset included."""
        fitted = self.columns(self.selected) @ self.coef[self.selected]
        return fitted + self.path.intercept_at(self.alpha) + self.offset

    def columns(self, chosen) -> np.ndarray:
        """(n, m) some columns, dense: only for the few that were selected."""
        part = self.X[:, chosen]
        return (part.toarray() if sparse.issparse(part) else part).astype(np.float64)

    def name(self, column) -> str:
        """What a column is called."""
        names = self.path.feature_names
        return f"column {column}" if names is None else names[column]

    # --- for the score test

    @property
    def fit_intercept(self) -> bool:
        return self.path.fit_intercept

    @property
    def is_cox(self) -> bool:
        return self.path.family == "cox"

    @property
    def curved(self) -> bool:
        """Whether the link is not the identity."""
        return self.path.family not in ("gaussian", "huber")

    def score(self, rows, eta, weight) -> tuple[np.ndarray, np.ndarray]:
        """Score and expected information of `rows` at the linear predictor `eta`."""
        if "strata" in self.path.family_parameters:
            raise Untestable("the path does not keep the strata of its rows")
        if self.is_cox:
            return working.cox(np.asarray(self.y_given)[rows], eta, weight)
        if self.path.family not in working.FAMILIES:
            raise Untestable(f"the variance of family={self.path.family!r} is not known")
        return working.FAMILIES[self.path.family](self.y[rows], eta, **self.path.family_parameters)


def _default_alpha(path: Path, n: int) -> float:
    """The point with the smallest extended BIC among those with fewer non-zeros than half the rows; without data,
    the smallest alpha.

    L + df log n + log binom(p, df), df the number of non-zeros, D the deviance, L = D where the dispersion is known and
    n log D where not (Chen and Chen 2008, with gamma = 1/2).
    """
    if n == 0:
        return float(path.alphas.min())
    small = path.dfs <= max(1, n // 2)
    if not small.any():
        return float(path.alphas.max())
    df, p = path.dfs.astype(float), path.n_features
    deviance = 2 * n * path.null_objective * np.maximum(1.0 - path.deviance_ratios, 1e-12)
    fit = deviance if path.family in _LIKELIHOODS else n * np.log(np.maximum(deviance, 1e-300))
    size = fit + df * np.log(n) + gammaln(p + 1) - gammaln(df + 1) - gammaln(p - df + 1)
    size = np.where(small, size, np.inf)
    return float(path.alphas[size == size.min()].max())
