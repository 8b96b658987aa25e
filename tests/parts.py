"""The one list of designs, penalties, problems and stored glmnet results that drives the tests."""

from __future__ import annotations

import json
from functools import cache
from pathlib import Path
from typing import NamedTuple

import numpy as np
import scipy.sparse as sp

# --- designs: name -> function (dense float64 array, folder for files) -> X as a user might hold it
#     `single`: stored in float32, so that results agree with float64 only to about 1e-5


def _read_only(X, folder):
    X = np.asfortranarray(X)
    X.flags.writeable = False
    return X


def _memmap(X, folder):
    file = Path(folder) / "X.npy"
    np.save(file, np.asfortranarray(X))
    return np.load(file, mmap_mode="r")


def _int64(X, folder):
    S = sp.csc_array(X)
    S.indices, S.indptr = S.indices.astype(np.int64), S.indptr.astype(np.int64)
    return S


def _unsorted(X, folder):
    """CSC with each column's entries in reverse order."""
    S = sp.csc_array(X)
    for j in range(S.shape[1]):
        part = slice(S.indptr[j], S.indptr[j + 1])
        S.indices[part], S.data[part] = S.indices[part][::-1].copy(), S.data[part][::-1].copy()
    return sp.csc_array((S.data, S.indices, S.indptr), shape=S.shape)


def _duplicates(X, folder):
    """COO with each entry stored as two halves."""
    S = sp.coo_array(X)
    i, j = S.row, S.col
    return sp.coo_array((np.tile(S.data / 2, 2), (np.tile(i, 2), np.tile(j, 2))), shape=S.shape)


def _frame(X, folder):
    import pandas as pd

    return pd.DataFrame(X, columns=[f"x{j}" for j in range(X.shape[1])])


def _sparse_frame(X, folder):
    import pandas as pd

    return pd.DataFrame.sparse.from_spmatrix(sp.csc_matrix(X), columns=[f"x{j}" for j in range(X.shape[1])])


DESIGNS = {
    "fortran": lambda X, folder: np.asfortranarray(X),
    "c_order": lambda X, folder: np.ascontiguousarray(X),
    "strided": lambda X, folder: np.repeat(X, 2, axis=0)[::2],
    "read_only": _read_only,
    "memmap": _memmap,
    "float32": lambda X, folder: np.asfortranarray(X, dtype=np.float32),
    "csc_int32": lambda X, folder: sp.csc_array(X),
    "csc_int64": _int64,
    "csc_float32": lambda X, folder: sp.csc_array(X, dtype=np.float32),
    "csc_matrix": lambda X, folder: sp.csc_matrix(X),
    "csc_unsorted": _unsorted,
    "csr": lambda X, folder: sp.csr_array(X),
    "coo_duplicates": _duplicates,
    "pandas": _frame,
    "pandas_sparse": _sparse_frame,
}
SINGLE = {"float32", "csc_float32"}


def _factors(pattern, p):
    """The pattern repeated, with zeros only among the first 8: the null model must not interpolate y."""
    factor = np.resize(pattern, p)
    return np.where((factor == 0) & (np.arange(p) >= 8), 1.0, factor)


# --- penalties: name -> keyword arguments of enet_path for p columns
PENALTIES = {
    "lasso": lambda p: {},
    "elastic_net": lambda p: {"l1_ratio": 0.5},
    "ridge": lambda p: {"l1_ratio": 0.0},
    "factors": lambda p: {"penalty_factor": _factors([1.0, 0.5, 2.0, 0.0, np.inf], p)},
    "elastic_net_factors": lambda p: {
        "l1_ratio": 0.3,
        "penalty_factor": _factors([1.0, 0.0, 2.0, np.inf], p),
    },
    "positive": lambda p: {"lower": 0.0},
    "bounds": lambda p: {
        "lower": np.resize([-0.1, -np.inf, 0.0], p),
        "upper": np.resize([np.inf, 0.2, 0.3], p),
    },
    "elastic_net_bounds": lambda p: {
        "l1_ratio": 0.6,
        "lower": np.resize([-0.1, -np.inf, 0.0], p),
        "upper": 0.3,
    },
    "ridge_bounds": lambda p: {"l1_ratio": 0.0, "lower": -0.1, "upper": np.resize([0.05, np.inf], p)},
    "bounded_free": lambda p: {"penalty_factor": _factors([0.0, 1.0, 1.0], p), "lower": -0.2, "upper": 0.2},
}

# --- samples and centring: name -> keyword arguments for n rows
SAMPLES = {
    "plain": lambda n: {},
    "raw": lambda n: {"standardize": False},
    "no_intercept": lambda n: {"fit_intercept": False},
    "bare": lambda n: {"fit_intercept": False, "standardize": False},
    "weights": lambda n: {"sample_weight": np.resize([1.0, 0.5, 3.0, 0.0, 2.0], n)},
    "offset": lambda n: {"offset": np.sin(np.arange(n)) * 2},
    "weights_offset_raw": lambda n: {
        "sample_weight": np.resize([0.3, 2.0, 1.0], n), "offset": np.cos(np.arange(n)), "standardize": False,
    },
}  # fmt: skip


class Data(NamedTuple):
    X: np.ndarray
    y: np.ndarray


@cache
def data(n: int, p: int, seed: int = 0, fill: float = 0.6) -> Data:
    """A small problem with correlated columns of unlike scales, ``fill`` of the entries non-zero. Do not
    write to it.
    """
    rng = np.random.default_rng(seed)
    X = rng.standard_normal((n, p))
    X = 0.8 * X + 0.6 * np.roll(X, 1, axis=1)
    X *= (rng.random((n, p)) < fill) * np.resize([1.0, 0.2, 5.0], p)
    coef = np.where(np.arange(p) < max(1, p // 4), rng.standard_normal(p) * 2, 0.0)
    y = X @ coef + rng.standard_normal(n) + 3.0
    return Data(np.asfortranarray(X), y)


SHAPES = {"tall": (40, 8), "square": (15, 15), "wide": (12, 40)}

# --- stored results of R's glmnet
FIXTURES = Path(__file__).parent / "glmnet"


def glmnet_cases(prefix: str) -> list[str]:
    """Names of the stored cases that start with ``prefix``."""
    return sorted(file.stem for file in FIXTURES.glob(f"{prefix}*.json"))


@cache
def glmnet_case(name: str) -> dict:
    """A stored case with arrays in place of lists, factors and limits of 1e300 made infinite; see
    glmnet/README.md.
    """
    case = json.loads((FIXTURES / f"{name}.json").read_text())
    case["X"] = np.array(case["X"], dtype=float, order="F")
    for key in ("y", "success", "trials", "time", "event", "start", "strata"):
        if key in case:
            case[key] = np.array(case[key], dtype=float)
    arguments = case["arguments"] = dict(case["arguments"] or {})
    for key, value in arguments.items():
        if isinstance(value, list):
            value = np.array(value, dtype=float)
            arguments[key] = np.where(np.abs(value) >= 1e300, np.copysign(np.inf, value), value)
    for fit in case["fits"]:
        for key in ("lambda", "intercept", "coefs", "dev_ratio"):
            if fit.get(key) is not None:
                fit[key] = np.array(fit[key], dtype=float)
    return case


_GLMNET_NAMES = {
    "weights": "sample_weight", "offset": "offset", "penalty.factor": "penalty_factor",
    "lower.limits": "lower", "upper.limits": "upper",
    "standardize": "standardize", "intercept": "fit_intercept",
}  # fmt: skip


def fastnet_arguments(case: dict) -> dict:
    """Keyword arguments of enet_path for a stored case."""
    return {_GLMNET_NAMES[key]: value for key, value in case["arguments"].items()}


# --- families: name -> three responses that its domain allows
FAMILY_RESPONSES = {
    "binomial": [0.0, 1.0, 0.3],
    "poisson": [0.0, 1.0, 7.0],
    "gamma": [0.1, 1.0, 7.0],
    "inverse_gaussian": [0.1, 1.0, 7.0],
    "tweedie": [0.0, 0.4, 7.0],
    "negative_binomial": [0.0, 1.0, 7.0],
    "squared_hinge": [-1.0, 1.0, 1.0],
    "huber": [-1.0, 0.5, 2.0],
}


@cache
def family_data(name: str, n: int = 50, p: int = 30, seed: int = 0) -> Data:
    """X as in `data`, of smaller effects, and a response of that family. Do not write to it."""
    rng = np.random.default_rng(seed)
    X = data(n, p, seed).X * 0.7
    eta = X[:, : min(p, 6)] @ np.array([0.8, -2.0, 0.1, 0.5, 1.0, -0.1])[: min(p, 6)]
    eta = eta / max(1.0, eta.std() / 1.2)
    mu = np.exp(eta)
    y = {
        "binomial": lambda: eta + rng.logistic(size=n) > 0,
        "squared_hinge": lambda: eta + rng.logistic(size=n) > 0,
        "poisson": lambda: rng.poisson(mu),
        "negative_binomial": lambda: rng.poisson(rng.gamma(1.0, mu)),
        "gamma": lambda: rng.gamma(2.0, mu / 2) + 0.01,
        "inverse_gaussian": lambda: rng.gamma(2.0, mu / 2) + 0.01,
        "tweedie": lambda: rng.gamma(2.0, mu / 2) * (rng.random(n) < 0.7),
        "huber": lambda: eta + rng.standard_t(2, size=n),
    }[name]()
    return Data(X, np.asarray(y, dtype=float))
