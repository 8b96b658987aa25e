"""Inputs nobody should give, and somebody will: each is answered, and verified, or refused in clear words."""

from __future__ import annotations

import fractions
import warnings
from array import array

import numpy as np
import pytest
from scipy import sparse

import fastnet
from fastnet import Status

RNG = np.random.default_rng(7)
X = RNG.standard_normal((30, 8))
Y = X[:, 0] - 2 * X[:, 3] + 0.3 * RNG.standard_normal(30)


class Columns(np.ndarray):
    """A subclass that keeps two dimensions whatever is taken out of it, as np.matrix does."""

    def __getitem__(self, item):
        out = super().__getitem__(item)
        return out.reshape(-1, 1).view(Columns) if isinstance(out, np.ndarray) and out.ndim == 1 else out


class Pretender:
    """Only __array__, and another answer each time it is asked."""

    def __init__(self, a):
        self.a, self.asked = a, 0

    def __array__(self, dtype=None, copy=None):
        self.asked += 1
        return np.asarray(self.a * self.asked, dtype=dtype)


class Writes:
    """A callback that would like to spoil what it is shown."""

    def __call__(self, point):
        for name in ("coefs", "columns"):
            values = getattr(point, name)
            values[:] = 7


def half(a, dtype):
    S = sparse.csc_array(a)
    S.data = S.data.astype(dtype)
    return S


def long_row(n):
    x = np.zeros((n, 1), np.int8, order="F")
    x[::3] = 1
    return x


def frame(**columns):
    pandas = pytest.importorskip("pandas")
    return pandas.DataFrame(columns)


def named(names):
    table = frame(**{f"c{j}": X[:, j] for j in range(8)})
    table.columns = names
    return table


TINY, HUGE = 1e-300, 1e300
REFUSED = {  # name: (arguments, what the message says)
    "huge Python ints": (lambda: ([[10**400, 1], [2, 3]], [1, 2], {}), "X "),
    "y of huge ints": (lambda: (X, [10**400] * 30, {}), "y "),
    "numbers as strings in alphas": (lambda: (X, Y, {"alphas": ["0.1", "0.2"]}), "alphas holds strings"),
    "alphas is a generator": (lambda: (X, Y, {"alphas": (a for a in (0.1, 0.2))}), "alphas"),
    "alphas is a set": (lambda: (X, Y, {"alphas": {0.1, 0.2}}), "alphas"),
    "alphas is a dict": (lambda: (X, Y, {"alphas": {0.1: 1}}), "alphas"),
    "X is a generator": (lambda: ((row for row in X), Y, {}), "X "),
    "y is a generator": (lambda: (X, (v for v in Y), {}), "y "),
    "y as a column": (lambda: (X, Y[:, None], {}), r"y has shape \(30, 1\).*ravel"),
    "y is a matrix": (lambda: (X, Y[:, None].view(Columns), {}), r"y has shape"),
    "y is a set": (lambda: (X, set(Y), {}), "y "),
    "y is a string": (lambda: (X, "spam", {}), "y "),
    "objects in a sparse X": (lambda: (half(X, object), Y, {}), "X"),
    "half complex sparse X": (lambda: (half(X, complex), Y, {}), "X.*complex"),
    "X is 0-D": (lambda: (np.float64(3.0), [1.0], {}), "X has 0 dimensions"),
    "decimal fractions": (lambda: ([[fractions.Fraction(1, 3)], [fractions.Fraction(2, 3)]], [1, 2], {}), "X "),
    "one row, one class": (lambda: (X[:1], [1.0], {"family": "binomial"}), "y is 1"),
    "tol=0": (lambda: (X, Y, {"tol": 0}), "tol is 0"),
    "l1_ratio is an array": (lambda: (X, Y, {"l1_ratio": np.array([0.5])}), "l1_ratio"),
    "l1_ratio is a list": (lambda: (X, Y, {"l1_ratio": [0.5, 1.0]}), "l1_ratio"),
    "family is a class": (lambda: (X, Y, {"family": int}), "family"),
    "family in capitals": (lambda: (X, Y, {"family": "GAUSSIAN"}), "family"),
    "weights as booleans of the wrong length": (lambda: (X, Y, {"sample_weight": [True, False]}), "sample_weight"),
    "weights too small to add": (lambda: (X, Y, {"sample_weight": np.r_[1e-320, np.zeros(29)] * 0}), "all zero"),
    "y overflows a square": (lambda: (X, Y * 1e200, {}), "y has size"),
    "a column overflows a square": (lambda: (X * np.r_[np.ones(7), 1e200], Y, {}), "X has column 7"),
    "infinite y in a row of no weight": (
        lambda: (X, np.r_[np.inf, Y[1:]], {"sample_weight": np.r_[0.0, np.ones(29)]}), "y is inf at index 0",
    ),
    "lower is a matrix": (lambda: (X, Y, {"lower": np.zeros((8, 1)).view(Columns)}), "lower"),
    "warm start is a string": (lambda: (X, Y, {"warm_start": "path.npz"}), "warm_start"),
    "max_features of an array": (lambda: (X, Y, {"max_features": np.array([3])}), "max_features"),
    "denormal entries": (lambda: (X * np.r_[5e-324, np.ones(7)], Y, {}), "X has column 0 of size"),
    "a callback that writes": (lambda: (X, Y, {"callback": Writes(), "alphas": 5}), "read-only"),
    "callback that takes nothing": (lambda: (X, Y, {"callback": lambda: None}), "argument"),
}  # fmt: skip
ANSWERED = {
    "a subclass that stays 2-D": lambda: (X.view(Columns), Y, {}),
    "X from __array__ that changes": lambda: (Pretender(X), Y, {}),
    "y from array.array": lambda: (X, array("d", Y), {}),
    "y from a memoryview": lambda: (X, memoryview(Y), {}),
    "y of booleans": lambda: (X, Y > 0, {}),
    "binomial of booleans": lambda: (X, Y > 0, {"family": "binomial"}),
    "weights of booleans": lambda: (X, Y, {"sample_weight": Y > 0}),
    "l1_ratio of NumPy": lambda: (X, Y, {"l1_ratio": np.float32(0.5)}),
    "tol of NumPy": lambda: (X, Y, {"tol": np.float16(1e-3)}),
    "alphas of integers": lambda: (X, Y, {"alphas": np.array([3, 2, 1], np.uint8)}),
    "alphas twice the same": lambda: (X, Y, {"alphas": [0.1, 0.1, 0.5, 0.1]}),
    "an alpha of 1e-300": lambda: (X, Y, {"alphas": [TINY]}),
    "an alpha of 1e-300, more columns than rows": lambda: (X.T, Y[:8], {"alphas": [TINY]}),
    "an alpha of 5e-324": lambda: (X, Y, {"alphas": [5e-324]}),
    "an alpha of 1e300": lambda: (X, Y, {"alphas": [HUGE]}),
    "an alpha of 1e300, ridge": lambda: (X, Y, {"alphas": [HUGE], "l1_ratio": 0.0}),
    "an alpha of 1e-300, logistic": lambda: (X, Y > 0.2, {"alphas": [TINY], "family": "binomial", "max_iter": 50}),
    "weights of 1e-300": lambda: (X, Y, {"sample_weight": np.full(30, TINY)}),
    "weights of 5e-324 beside 1": lambda: (X, Y, {"sample_weight": np.r_[np.full(15, 5e-324), np.ones(15)]}),
    "weights of 1e300 beside 1": lambda: (X, Y, {"sample_weight": np.r_[np.full(5, HUGE), np.ones(25)]}),
    "one row of weight": lambda: (X, Y, {"sample_weight": np.r_[1.0, np.zeros(29)]}),
    "factors from 1e-300 to 1e300": lambda: (X, Y, {"penalty_factor": 10.0 ** np.linspace(-300, 300, 8)}),
    "bounds of 1e-300": lambda: (X, Y, {"lower": -TINY, "upper": TINY}),
    "bounds of the smallest numbers": lambda: (X, Y, {"lower": -5e-324, "upper": 5e-324}),
    "bounds of 1e300": lambda: (X, Y, {"lower": -HUGE, "upper": HUGE}),
    "one step at most": lambda: (X, Y, {"max_iter": 1, "tol": 1e-12, "alphas": [1e-3]}),
    "one step at most, poisson": lambda: (X, np.abs(Y), {"family": "poisson", "max_iter": 1, "alphas": [1e-3]}),
    "a tolerance of 1e-300": lambda: (X, Y, {"tol": TINY, "alphas": 5}),
    "one row": lambda: (X[:1], Y[:1], {}),
    "one row without intercept": lambda: (X[:1], Y[:1], {"fit_intercept": False, "standardize": False}),
    "one entry": lambda: ([[3]], [4], {"fit_intercept": False, "standardize": False}),
    "the same column 8 times": lambda: (np.repeat(X[:, :1], 8, axis=1), Y, {}),
    "the same row 30 times": lambda: (np.repeat(X[:1], 30, axis=0), Y, {}),
    "y in X": lambda: (np.column_stack([Y, X]), Y, {"alphas": [1e-9]}),
    "X of -0.0": lambda: (X * -0.0, Y, {}),
    "sparse X of stored zeros": lambda: (half(X, float) * 0.0, Y, {}),
    "denormal y": lambda: (X, Y * 1e-150, {}),
    "offset of 1e15": lambda: (X, Y, {"offset": np.full(30, 1e15)}),
    "offset equal to y": lambda: (X, Y, {"offset": Y.copy()}),
    "poisson with an offset of 1e3": lambda: (X, np.abs(Y), {"family": "poisson", "offset": np.full(30, 1e3)}),
    "binomial with an offset of 1e8": lambda: (X, Y > 0, {"family": "binomial", "offset": np.full(30, 1e8)}),
    "duplicated feature names": lambda: (named(["same"] * 8), Y, {}),
    "feature names of many types": lambda: (named([1, "1", 1.5, None, (1, 2), b"x", True, "y"]), Y, {}),
    "a callback that returns an array": lambda: (X, Y, {"callback": lambda point: np.ones(3), "alphas": 5}),
    "a million rows of one column": lambda: (long_row(10**6), np.arange(10**6) % 5.0, {"alphas": 3}),
}


@pytest.mark.parametrize("name", REFUSED)
def test_refused_in_clear_words(name):
    make, words = REFUSED[name]
    X, y, options = make()
    with pytest.raises((ValueError, TypeError), match=words):
        fastnet.enet_path(X, y, **options)


@pytest.mark.parametrize("name", ANSWERED)
def test_answered_and_certified(name):
    X, y, options = ANSWERED[name]()
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        path = fastnet.enet_path(X, y, **options)
    solved = path.statuses == Status.CONVERGED
    assert [w.category.__name__ for w in caught] == ([] if solved.all() else ["ConvergenceWarning"])
    assert np.isfinite(path.coefs.data).all()
    assert np.isfinite(path.intercepts).all()
    if isinstance(X, Pretender):
        X = X.a
    problem = {k: v for k, v in options.items() if k not in ("alphas", "tol", "max_iter", "callback")}
    found = fastnet.verify(X, np.asarray(y), path.coefs, path.intercepts, path.alphas, **problem)
    assert found.feasible.all()
    assert np.all(found.gaps[solved] <= path.tol + 1e-9)
