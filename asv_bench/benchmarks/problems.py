"""The one table of benchmark problems: synthetic ones made from a seed, real ones where the data is present.

Every problem is (X, y) with y centred and mean(y^2) = 1, and dense columns centred with mean(x_j^2) = 1, so
that the objective without intercept and without standardisation means the same to every solver.  Made once
and kept in ``$FASTNET_BENCH_DATA`` (default ``~/.cache/fastnet-bench``).
"""

from __future__ import annotations

import os
from collections.abc import Callable
from functools import lru_cache
from pathlib import Path
from typing import NamedTuple

import numpy as np
import scipy.sparse as sp

HERE = Path(__file__).resolve()
REPOSITORY = HERE.parents[2]
REAL_DATA = (REPOSITORY / "examples" / "data", REPOSITORY.parent / "shared" / "data")


def data_folder() -> Path:
    """Folder that keeps the generated problems and the peers' results."""
    given = os.environ.get("FASTNET_BENCH_DATA")
    folder = Path(given) if given else Path.home() / ".cache" / "fastnet-bench"
    folder.mkdir(parents=True, exist_ok=True)
    return folder


# ---- synthetic -------------------------------------------------------------------------------------------


def normal_columns(n, p, rho, rng):
    """Gaussian columns, X (n, p) in F order; neighbours form an AR(1) chain of correlation rho."""
    columns = rng.standard_normal((p, n))  # one row per column of X
    if rho:
        fresh = np.sqrt(1 - rho * rho)
        for j in range(1, p):
            columns[j] = rho * columns[j - 1] + fresh * columns[j]
    return columns.T


def dense(n, p, rho, n_true, seed):
    """Standardised AR(1) Gaussian columns, ``n_true`` random effects, signal to noise ratio 3."""
    rng = np.random.default_rng(seed)
    X = normal_columns(n, p, rho, rng)
    truth = np.zeros(p)
    support = rng.choice(p, n_true, replace=False)
    truth[support] = rng.choice([-1, 1], n_true) * rng.uniform(0.5, 1.5, n_true)
    signal = X @ truth
    y = signal + rng.standard_normal(n) * np.std(signal) / np.sqrt(3)
    X -= X.mean(0)
    X /= X.std(0)
    return X, normalized(y)


def sparse_counts(n, p, nnz, n_true, seed, exponent):
    """CSC, power law of column counts, values 1 + Exp(1); the truth is among the 2000 densest columns."""
    rng = np.random.default_rng(seed)
    frequency = (np.arange(p) + 10.0) ** -exponent
    frequency /= frequency.sum()
    rng.shuffle(frequency)
    counts = np.maximum(np.minimum(rng.poisson(frequency * nnz), n // 2), 1)
    indptr = np.concatenate([[0], np.cumsum(counts)]).astype(np.int32)
    indices = np.empty(indptr[-1], np.int32)
    for j in range(p):
        rows = np.sort(rng.choice(n, counts[j], replace=False)) if counts[j] > 1 else rng.integers(n)
        indices[indptr[j] : indptr[j + 1]] = rows
    values = 1 + rng.exponential(1.0, indptr[-1])
    X = sp.csc_matrix((values, indices, indptr), shape=(n, p))
    truth = np.zeros(p)
    support = rng.choice(np.argsort(-counts)[:2000], n_true, replace=False)
    truth[support] = rng.choice([-1, 1], n_true) * rng.uniform(0.5, 1.5, n_true)
    signal = X @ truth
    return X, normalized(signal + rng.standard_normal(n) * np.std(signal) / np.sqrt(3))


def sparse_text(n, p, words_per_row, n_true, seed, zipf=1.05, min_frequency=200):
    """Bag of words: Zipf columns, tf-idf, rows of unit norm; a path to 0.01 ends with thousands active."""
    rng = np.random.default_rng(seed)
    cumulated = np.cumsum(1.0 / np.arange(5, p + 5) ** zipf)
    cumulated /= cumulated[-1]
    drawn = int(n * words_per_row * 1.45)
    columns = np.searchsorted(cumulated, rng.random(drawn)).clip(0, p - 1)
    rows = rng.integers(0, n, drawn)
    missing = np.setdiff1d(np.arange(p), columns)  # no empty column
    rows = np.r_[rows, rng.integers(0, n, missing.size)]
    columns = np.r_[columns, missing]
    columns = rng.permutation(p)[columns]
    counts = sp.coo_matrix((np.ones(rows.size), (rows, columns)), shape=(n, p)).tocsr()
    counts.sum_duplicates()
    frequency = np.bincount(counts.indices, minlength=p)
    X = tfidf(counts)

    candidates = np.flatnonzero((frequency >= min_frequency) & (frequency <= n // 4))
    support = np.sort(rng.choice(candidates, n_true, replace=False))
    truth = rng.choice([-1.0, 1.0], n_true) * rng.uniform(0.5, 1.5, n_true)
    chosen = X[:, support]
    mean = np.asarray(chosen.mean(0)).ravel()
    sd = np.sqrt(np.asarray(chosen.multiply(chosen).mean(0)).ravel() - mean**2)
    signal = chosen @ (truth / sd)
    noise = rng.standard_normal(n)
    noise *= np.sqrt(signal.var() / 3.0) / noise.std()
    y = signal + noise
    y -= y.mean()
    return X, y / np.sqrt(np.mean(y**2))


def normalized(y):
    """y centred, with mean(y^2) = 1."""
    y = np.asarray(y, float)
    y = y - y.mean()
    return y / y.std()


# ---- real ------------------------------------------------------------------------------------------------


def real_file(name: str) -> Path:
    """First place that has ``name``.npz; NotImplementedError (asv's word for skip) where none has."""
    for folder in REAL_DATA:
        path = folder / f"{name}.npz"
        if path.exists():
            return path
    raise NotImplementedError(
        f"the data set {name!r} is not here: looked for {name}.npz in examples/data and ../shared/data. "
        "Data that may not be redistributed is not part of the repository; this benchmark is skipped."
    )


def read_real(name: str) -> dict:
    """Arrays of a stored data set; X is dense as stored, or CSC of counts (row indices stored as steps)."""
    with np.load(real_file(name), allow_pickle=False) as stored:
        data = {key: stored[key] for key in stored.files}
    if "dindices" in data:
        indptr, steps = data.pop("indptr"), data.pop("dindices").astype(np.int64)
        running = np.cumsum(steps)
        before = np.concatenate([[0], running])[indptr[:-1]]  # the running sum at each column's start
        indices = (running - np.repeat(before, np.diff(indptr))).astype(np.int32)
        shape = tuple(int(size) for size in data.pop("shape"))
        data["X"] = sp.csc_matrix((data.pop("data").astype(float), indices, indptr), shape=shape)
    return data


def tfidf(counts):
    """CSC of (1 + log count) * (1 + log((1 + n) / (1 + df_j))), each row divided by its norm."""
    X = sp.csr_matrix(counts, dtype=float, copy=True)
    n, p = X.shape
    frequency = np.bincount(X.indices, minlength=p)
    X.data = (1 + np.log(X.data)) * (np.log((1 + n) / (1 + frequency)) + 1)[X.indices]
    norm = np.sqrt(np.asarray(X.multiply(X).sum(1)).ravel())
    norm[norm == 0] = 1
    X = (sp.diags(1 / norm) @ X).tocsc()
    X.sort_indices()
    return X


def standardized(X):
    """Dense X in F order, columns centred and of unit standard deviation; constant columns dropped."""
    X = np.asfortranarray(X, dtype=float)
    X -= X.mean(0)
    sd = X.std(0)
    return np.asfortranarray(X[:, sd > 0] / sd[sd > 0])


def riboflavin():
    data = read_real("riboflavin")
    return standardized(data["X"]), normalized(data["y"])


def mice():
    data = read_real("mice")
    y = data["Y"][:, list(data["Ynames"]).index("Obesity.BMI")]
    return standardized(data["X"]), normalized(y)


def text(name, target, response=None):
    def make():
        data = read_real(name)
        y = data[target]
        return tfidf(data["X"]), normalized(y if response is None else response(y))

    return make


# ---- the table -------------------------------------------------------------------------------------------


class Problem(NamedTuple):
    """One row of the table."""

    make: Callable  # () -> X, y
    about: str  # for the tables of results
    alpha_min_ratio: float  # the default end of the path
    kind: str  # "dense", "tall" or "sparse"
    real: bool = False


PROBLEMS = {
    "Smoke": Problem(lambda: dense(50, 300, 0.3, 5, 7), "dense 50 x 300", 0.05, "dense"),
    "SmokeSparse": Problem(lambda: sparse_counts(300, 2000, 12_000, 8, 8, 1.0), "CSC 300 x 2k", 0.05, "sparse"),
    "SmokeTall": Problem(lambda: dense(400, 60, 0.3, 10, 9), "tall 400 x 60", 0.01, "tall"),
    "D1": Problem(lambda: dense(200, 20_000, 0.0, 20, 1), "dense 200 x 20k", 0.01, "dense"),
    "D2": Problem(lambda: dense(200, 20_000, 0.8, 20, 2), "dense 200 x 20k, AR 0.8", 0.01, "dense"),
    "D3": Problem(lambda: dense(1000, 100_000, 0.5, 50, 3), "dense 1000 x 100k, AR 0.5", 0.01, "dense"),
    "D4": Problem(lambda: dense(10_000, 1000, 0.4, 50, 4), "tall 10k x 1k, AR 0.4", 0.01, "tall"),
    "S1": Problem(lambda: sparse_counts(10_000, 200_000, 2_000_000, 50, 5, 1.0), "CSC 10k x 200k", 0.01, "sparse"),
    "S2": Problem(lambda: sparse_counts(20_000, 1_000_000, 1_200_000, 50, 6, 1.1), "CSC 20k x 1M", 0.01, "sparse"),
    "P": Problem(lambda: sparse_text(10_000, 200_000, 200, 50, 5), "CSC 10k x 200k, thousands active", 0.01, "sparse"),
    "riboflavin": Problem(riboflavin, "gene expression 71 x 4088", 0.01, "dense", True),
    "mice": Problem(mice, "genotypes 1814 x 10k", 0.05, "dense", True),
    "debian": Problem(text("debian_desc", "log_size"), "package text 16k x 367k", 0.05, "sparse", True),
    "imdb": Problem(text("imdb5k_bigram", "y"), "review text 5k x 480k", 0.05, "sparse", True),
    "news20": Problem(text("news20_bigram", "y_binary"), "news text 19k x 1.58M", 0.05, "sparse", True),
}


@lru_cache(maxsize=1)
def load(name: str):
    """X (n, p), dense F order or canonical CSC, and y (n,) of a problem in the table, made when missing."""
    problem = PROBLEMS[name]
    folder = data_folder()
    y_file = folder / f"{name}_y.npy"
    X_file = folder / (f"{name}_X.npz" if problem.kind == "sparse" else f"{name}_X.npy")
    if not (X_file.exists() and y_file.exists()):
        X, y = problem.make()
        if sp.issparse(X):
            sp.save_npz(folder / f"part_{name}.npz", X, compressed=False)
            os.replace(folder / f"part_{name}.npz", X_file)
        else:
            np.save(folder / f"part_{name}.npy", X)
            os.replace(folder / f"part_{name}.npy", X_file)
        np.save(folder / f"part_{name}_y.npy", y)
        os.replace(folder / f"part_{name}_y.npy", y_file)
    if problem.kind == "sparse":
        X = sp.load_npz(X_file).tocsc()
        X.sort_indices()
    else:
        X = np.asfortranarray(np.load(X_file))
    return X, np.load(y_file)


def alpha_grid(X, y, l1_ratio=1.0, alpha_min_ratio=0.01, n_alphas=100):
    """Log-spaced alphas down from alpha_max = max|X'y| / (n * l1_ratio), the problem without intercept."""
    alpha_max = np.abs(X.T @ y).max() / (len(y) * l1_ratio)
    return alpha_max * np.geomspace(1.0, alpha_min_ratio, n_alphas)


if __name__ == "__main__":  # python problems.py [name ...]: make and keep them
    import sys
    import time

    for wanted in sys.argv[1:] or PROBLEMS:
        start = time.perf_counter()
        try:
            shape = load(wanted)[0].shape
        except NotImplementedError as reason:
            print(f"{wanted}: skipped, {reason}")
        else:
            print(f"{wanted}: {shape[0]} x {shape[1]}, {time.perf_counter() - start:.1f} s, {data_folder()}")
