"""The folds of one cross-validation: fitted as weight vectors over the one X, in threads, in any order."""

from __future__ import annotations

import sys
from concurrent.futures import ThreadPoolExecutor
from functools import cached_property
from typing import Any, NamedTuple

import numpy as np
from scipy import sparse

from fastnet.losses.links import CLASSIFIERS, inverse_link

_COLUMNS = 1024  # columns of X that are gathered together


class Task(NamedTuple):
    """One fold of one l1_ratio."""

    alphas: np.ndarray
    l1_ratio: float
    train: np.ndarray  # (n,) multiplicities
    test: np.ndarray  # (m,) rows
    label: str  # for messages


class FoldResult(NamedTuple):
    """What is kept of a fold."""

    scores: np.ndarray  # (K,)
    predictions: np.ndarray | None  # (m, K) response scale
    missed: int  # points above the promised gap
    worst_gap: float


def run_tasks(tasks, problem, arguments, measure, keep, n_jobs, progress) -> list[FoldResult]:
    """Fit and score all tasks; the results are in the order of the tasks and do not depend on `n_jobs`.

    Missed gaps are for the caller to report (``missed`` of the results): one warning instead of one a fold.
    """
    shared = problem, arguments, measure, keep
    joblib = sys.modules.get("joblib")  # a backend can only have been chosen where joblib is loaded
    if joblib is not None:
        parallel = joblib.Parallel(n_jobs=n_jobs, prefer="threads", return_as="generator")
        results = parallel(joblib.delayed(fit_fold)(task, *shared) for task in tasks)
        return list(_shown(results, len(tasks), progress))
    workers = _workers(n_jobs)
    if workers == 1:
        return list(_shown((fit_fold(task, *shared) for task in tasks), len(tasks), progress))
    pool = ThreadPoolExecutor(workers)
    try:
        futures = [pool.submit(fit_fold, task, *shared) for task in tasks]
        return list(_shown((future.result() for future in futures), len(tasks), progress))
    finally:
        pool.shutdown(wait=True, cancel_futures=True)


def _workers(n_jobs) -> int:
    import os

    if n_jobs is None:
        return 1
    return n_jobs if n_jobs > 0 else max(1, (os.cpu_count() or 1) + 1 + n_jobs)


def _shown(results, total, progress):
    if not progress:
        return results
    try:
        from tqdm.auto import tqdm
    except ImportError:
        raise ImportError(
            "progress=True needs tqdm: pip install 'fastnet-path[progress]', or leave progress=False"
        ) from None
    return tqdm(results, total=total, desc="folds", unit="fold")


def fit_fold(task: Task, problem, arguments: dict[str, Any], measure, keep: bool) -> FoldResult:
    """Fit the training part of one fold and score its held-out rows.

    Held-out rows get weight 0: moments of the columns, alpha_max and intercept are those of the training part,
    and X is neither split nor copied.
    """
    from fastnet.api import fit_path

    weight = task.train if problem.sample_weight is None else task.train * problem.sample_weight
    try:
        path = fit_path(
            problem.X, problem.y, alphas=task.alphas, l1_ratio=task.l1_ratio, sample_weight=weight,
            offset=problem.offset, penalty_factor=problem.penalty_factor, lower=problem.lower, upper=problem.upper,
            check_finite=False, **arguments,
        )  # fmt: skip
    except ValueError as error:
        raise ValueError(f"the training part of {task.label}: {error}") from error
    held_out = HeldOut(path, problem, task.test)
    return FoldResult(
        np.asarray(measure.scores(held_out), float),
        held_out.mean() if keep else None,
        int(np.count_nonzero(path.statuses)),
        float(path.gaps.max(initial=0.0)),
    )


class HeldOut:
    """The held-out rows of a fold with their predictions at every alpha."""

    def __init__(self, path, problem, rows):
        self.path, self.problem, self.index = path, problem, rows
        self.y = problem.y[rows]
        if path.family in CLASSIFIERS:
            self.y = np.maximum(self.y, 0.0)  # classes -1 and 1 are 0 and 1 here
        self.weighted = problem.sample_weight is not None
        self.weight = problem.sample_weight[rows] if self.weighted else np.ones(len(rows))

    @cached_property
    def eta(self) -> np.ndarray:
        """(m, K) linear predictors, offset included."""
        eta = times(self.problem.X, self.path.coefs, self.index) + self.path.intercepts
        if self.problem.offset is not None:
            eta += self.problem.offset[self.index, None]
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
        if sparse.issparse(X):
            part = (X[:, columns].astype(np.float64) @ by_feature[columns].toarray())[rows]
        else:
            part = X[:, columns][rows].astype(np.float64) @ by_feature[columns].toarray()
        product = part if product is None else product + part
    if product is None:
        count = X.shape[0] if isinstance(rows, slice) else len(rows)
        return np.zeros((count, coefs.shape[1]))
    return product
