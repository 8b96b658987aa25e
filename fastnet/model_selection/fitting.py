"""The folds of one cross-validation: each is fitted as a weight vector over the one X, then scored."""

from __future__ import annotations

from collections.abc import Callable
from functools import cached_property
from typing import Any, NamedTuple

import numpy as np
from scipy import sparse

from fastnet import blas
from fastnet.losses.links import CLASSIFIERS, inverse_link

_COLUMNS = 1024  # columns of X that are gathered together


class Task(NamedTuple):
    """One fold of one l1_ratio."""

    alphas: np.ndarray
    l1_ratio: float
    train: np.ndarray  # (n,) multiplicities
    test: np.ndarray  # (m,) rows
    label: str  # for messages


class Job(NamedTuple):
    """What all tasks of one cross-validation share."""

    problem: Any  # `Problem`; y as the family reads it
    arguments: dict[str, Any]  # further ones of `enet_path`
    measure: Any  # has `scores(held_out)`
    gammas: tuple[float, ...] = (1.0,)  # mixes of the relaxed path
    keep: str = ""  # "predictions" or "path": what to return beside the scores


class FoldResult(NamedTuple):
    """What is kept of a fold; G the number of gammas."""

    scores: np.ndarray  # (G, K)
    predictions: np.ndarray | None  # (G, m, K) response scale
    path: Any  # the fold's Path, where asked for
    missed: int  # points above the promised gap
    worst_gap: float


@blas.one_thread()
def fit_fold(task: Task, job: Job, stopped: Callable[[], bool] | None = None) -> FoldResult | None:
    """Fit the training part of one fold and score its held-out rows.

    Held-out rows get weight 0: moments of the columns, alpha_max and intercept are those of the training part,
    and X is neither split nor copied. None when `stopped` told so before the last alpha.
    """
    from fastnet.api import fit_path

    problem = job.problem
    weight = task.train if problem.sample_weight is None else task.train * problem.sample_weight
    try:
        path = fit_path(
            problem.X, problem.y, alphas=task.alphas, l1_ratio=task.l1_ratio, sample_weight=weight,
            offset=problem.offset, penalty_factor=problem.penalty_factor, lower=problem.lower, upper=problem.upper,
            check_finite=False, callback=None if stopped is None else lambda point: stopped(), **job.arguments,
        )  # fmt: skip
        if len(path) < len(task.alphas):
            return None
        paths = _mixes(path, job)
    except ValueError as error:
        raise ValueError(f"the training part of {task.label}: {error}") from error
    parts = [HeldOut(one, problem, task) for one in paths]
    return FoldResult(
        np.array([job.measure.scores(part) for part in parts], float),
        np.array([part.mean() for part in parts]) if job.keep == "predictions" else None,
        path if job.keep == "path" else None,
        int(np.count_nonzero(path.statuses)),
        float(path.gaps.max(initial=0.0)),
    )


def _mixes(path, job):
    """The path itself, or its relaxations."""
    if job.gammas == (1.0,):
        return (path,)
    from fastnet.relaxed import relaxed_paths

    data = job.problem.X, job.problem.y
    return relaxed_paths(path, *data, job.gammas, family=job.arguments.get("family"), deviance=False)


class HeldOut:
    """The held-out rows of a fold with their predictions at every alpha."""

    def __init__(self, path, problem, task: Task):
        self.path, self.problem, self.task = path, problem, task
        self.index = task.test
        self.y = problem.y[self.index]
        if path.family in CLASSIFIERS:
            self.y = np.maximum(self.y, 0.0)  # classes -1 and 1 are 0 and 1 here
        self.weighted = problem.sample_weight is not None
        self.weight = problem.sample_weight[self.index] if self.weighted else np.ones(len(self.index))

    @cached_property
    def eta(self) -> np.ndarray:
        """(m, K) linear predictors, offset included."""
        return self.eta_at(self.index)

    def eta_at(self, rows) -> np.ndarray:
        """(m, K) linear predictors of other rows of X, offset included."""
        eta = times(self.problem.X, self.path.coefs, rows) + self.path.intercepts
        if self.problem.offset is not None:
            eta += self.problem.offset[rows, None]
        return eta

    def mean(self) -> np.ndarray:
        """(m, K) on the scale of the response."""
        return self.mean_of(self.eta)

    def mean_of(self, eta):
        return inverse_link(self.path.family)(eta)

    # --- for scorers that want an estimator and X

    def token(self):
        """Stands for the held-out rows of X, where a scorer only hands it on."""
        return _Rows(len(self.index))

    def rows(self):
        """The held-out rows of X: a copy of these rows."""
        X = self.problem.X
        return X.tocsr()[self.index] if sparse.issparse(X) else X[self.index]

    def points(self, kind):
        return [kind(self, k) for k in range(len(self.path))]

    def eta_of(self, X, k):
        if isinstance(X, _Rows):
            return self.eta[:, k]
        return times(X, self.path.coefs[:, [k]], slice(None))[:, 0] + self.path.intercepts[k]


class _Rows:
    """Rows of X that nobody looks at."""

    def __init__(self, count):
        self.shape = (count, 0)

    def __len__(self):
        return self.shape[0]


def times(X, coefs: sparse.csc_array, rows) -> np.ndarray:
    """X[rows] coefs in float64, (m, K), from the columns in use, some at a time."""
    used = np.unique(coefs.indices[coefs.data != 0])
    by_feature = coefs.tocsr()
    product = None
    for start in range(0, len(used), _COLUMNS):
        columns = used[start : start + _COLUMNS]
        part = X[:, columns][rows].astype(np.float64) @ by_feature[columns].toarray()
        product = part if product is None else product + part
    if product is None:
        count = X.shape[0] if isinstance(rows, slice) else len(rows)
        return np.zeros((count, coefs.shape[1]))
    return product
