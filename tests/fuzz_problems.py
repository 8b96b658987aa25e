"""Problems for the end-to-end fuzz: a `Spec` of a few words and numbers, from which `build` makes the arrays.

Hypothesis draws and shrinks the words; the numbers come from a seed, so that an example costs little and its repr is
all it takes to see it again.
"""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np
import scipy.sparse as sp
from hypothesis import strategies as st

import fastnet
from fastnet import losses

LAYOUTS = ("F", "C", "strided", "csc32", "csc64", "csr32", "csr64", "coo", "unsorted")
DTYPES = ("float64", "float32", "int64", "int8", "bool")
COLUMNS = ("plain", "zeros", "scales", "shifted", "copies", "constant", "collinear")
HARD = ("nearly equal", "wild scales", "far shift")  # beyond the plain arithmetic of the reference
FAMILIES = (
    "gaussian", "gaussian", "gaussian", "gaussian", "binomial", "binomial", "poisson", "gamma", "inverse_gaussian",
    "tweedie", "negative_binomial", "squared_hinge", "huber", "cox",
)  # fmt: skip
RESPONSES = ("signal", "signal", "noise", "exact", "constant")


class Spec(NamedTuple):
    """One problem in words; see `build`."""

    seed: int
    n: int
    p: int
    layout: str
    dtype: str
    columns: str
    family: str
    response: str
    weights: str  # "", "integers", "any", "few"
    factors: str  # "", "any", "zeros", "inf"
    bounds: str  # "", "positive", "box", "some"
    offset: bool
    l1_ratio: float
    fit_intercept: bool
    standardize: bool
    grid: str  # "default", "fractions", "far", "zero", "one"
    warm: bool
    tol: float
    max_iter: int


class Problem(NamedTuple):
    X: Any  # as a user holds it; every array in it is read-only
    dense: np.ndarray  # the same numbers in float64
    y: np.ndarray  # cox: (n, 2) times and events
    family: Any  # name or Family
    options: dict[str, Any]  # of the problem, as `verify` takes them too
    alphas: Any  # a number of points, or multiples of alpha_max


def specs(families=FAMILIES, columns=COLUMNS + HARD, layouts=LAYOUTS, dtypes=DTYPES[:1] * 3 + DTYPES):
    """Strategy of `Spec`; what comes first is what a failure shrinks to."""
    pick = st.sampled_from
    return st.builds(
        Spec, seed=st.integers(0, 2**20), n=st.integers(1, 24), p=st.integers(1, 30), layout=pick(layouts),
        dtype=pick(dtypes), columns=pick(columns), family=pick(families), response=pick(RESPONSES),
        weights=pick(("", "", "integers", "any", "few")), factors=pick(("", "", "any", "zeros", "inf")),
        bounds=pick(("", "", "positive", "box", "some")), offset=st.booleans(),
        l1_ratio=pick((1.0, 0.5, 0.95, 0.05, 0.0)), fit_intercept=pick((True, True, False)), standardize=st.booleans(),
        grid=pick(("default", "fractions", "far", "zero", "one")), warm=pick((False, False, True)),
        tol=pick((1e-4, 1e-6, 1e-2, 1e-8, 1e-10)), max_iter=pick((1000, 1000, 1000, 20, 1)),
    )  # fmt: skip


def build(spec: Spec) -> Problem:
    """The arrays of a `Spec`: always a problem that fastnet must accept."""
    if spec.family in ("binomial", "squared_hinge", "cox"):
        spec = spec._replace(n=max(spec.n, 2))  # two classes, or somebody at risk beside the event
    rng = np.random.default_rng(spec.seed)
    dense = _entries(spec, rng)
    family, y = _response(spec, rng, dense)
    options = _options(spec, rng)
    if "sample_weight" in options and spec.family not in ("gaussian", "huber"):
        w = options["sample_weight"]
        w[:2] = np.maximum(w[:2], 1.0)  # the first two rows hold both classes, an event, a positive count
    X = _layout(spec, dense)
    for array in (X.data, X.indices, X.indptr) if hasattr(X, "indptr") else (X.data,) if sp.issparse(X) else (X,):
        array.flags.writeable = False
    for array in (y, *options.values()):
        if isinstance(array, np.ndarray):
            array.flags.writeable = False
    return Problem(X, dense, y, family, options, _grid(spec, rng))


def _entries(spec, rng):
    n, p = spec.n, spec.p
    X = rng.standard_normal((n, p))
    if rng.random() < 0.5:
        X = 0.7 * X + 0.7 * rng.standard_normal((n, 1))  # correlated
    if spec.layout[:2] in ("cs", "co", "un") or spec.columns == "zeros":
        X *= rng.random((n, p)) < rng.uniform(0.05, 0.9)
    some = rng.random(p) < 0.4
    if spec.columns == "scales":
        X *= 10.0 ** rng.integers(-3, 4, p)
    elif spec.columns == "wild scales":
        X *= 10.0 ** rng.integers(-8, 9, p)
    elif spec.columns == "shifted":
        X += 100.0 * some
    elif spec.columns == "far shift":
        X = np.round(X * 2**10) / 2**10 + 1e8 * some
    elif spec.columns == "copies":
        X[:, some] = X[:, [0]] * rng.choice([-1.0, 1.0, 2.0], some.sum())
    elif spec.columns == "nearly equal":
        X[:, some] = X[:, [0]] * (1 + 10.0 ** rng.integers(-12, -2) * rng.standard_normal((n, some.sum())))
    elif spec.columns == "constant":
        X[:, some] = rng.choice([0.0, 0.1, -7.0], some.sum())
    elif spec.columns == "collinear":
        X = X[:, : max(1, p // 3)] @ rng.standard_normal((max(1, p // 3), p))
    if spec.dtype == "bool":
        return (X > 0.3).astype(float)
    if spec.dtype.startswith("int"):
        return np.clip(np.round(3 * X), -100, 100)
    return X.astype(spec.dtype).astype(float)


def _response(spec, rng, X):
    n = len(X)
    size = np.abs(X).max(axis=0)
    use = X / np.where(size > 0, size, 1.0)
    eta = use @ (rng.standard_normal(spec.p) * (rng.random(spec.p) < 0.3))
    if spec.response == "constant":
        eta = np.zeros(n)
    elif spec.response != "exact":
        eta = (eta if spec.response == "signal" else 0.0) + rng.standard_normal(n)
    eta = (
        np.clip(eta - eta.mean(), -5, 5)
        if spec.family not in ("gaussian", "huber")
        else eta * 10.0 ** rng.integers(-2, 3)
    )
    mu = np.exp(eta)
    if spec.family in ("gaussian", "huber"):
        return (
            (losses.huber(delta=10.0 ** rng.integers(-1, 2)), eta + 1.0)
            if spec.family == "huber"
            else ("gaussian", eta + 1.0)
        )
    if spec.family in ("binomial", "squared_hinge"):
        y = (eta > 0).astype(float)
        if spec.family == "binomial" and rng.random() < 0.3:
            y = np.round(4 / (1 + np.exp(-eta))) / 4  # proportions
        y[:2] = [0.0, 1.0][:n]
        return spec.family, y
    if spec.family in ("poisson", "negative_binomial"):
        y = rng.poisson(mu).astype(float)
        y[0] = max(y[0], 1.0)
        theta = 10.0 ** rng.integers(-1, 2)
        return (losses.negative_binomial(theta=theta) if spec.family == "negative_binomial" else "poisson"), y
    if spec.family == "cox":
        event = rng.random(n) < 0.7
        event[0] = True
        return losses.cox(ties=str(rng.choice(["breslow", "efron"]))), np.column_stack([np.ceil(4 * mu), event])
    if spec.family == "tweedie":
        y = mu * (rng.random(n) < 0.7)
        y[0] = mu[0]
        return losses.tweedie(power=float(rng.choice([1.1, 1.5, 1.9]))), y
    return spec.family, mu * rng.uniform(0.5, 2.0, n)


def _options(spec, rng):
    n, p = spec.n, spec.p
    options = {"l1_ratio": spec.l1_ratio, "fit_intercept": spec.fit_intercept, "standardize": spec.standardize}
    if spec.weights:
        w = {
            "integers": lambda: rng.integers(0, 4, n).astype(float),
            "any": lambda: 10.0 ** rng.uniform(-3, 3, n),
            "few": lambda: (np.arange(n) < 3) * 2.5,
        }[spec.weights]()
        w[0] = max(w[0], 1.0)
        options["sample_weight"] = w
    if spec.offset:
        options["offset"] = rng.standard_normal(n)
    if spec.factors:
        kinds = {"any": [0.1, 1.0, 3.0], "zeros": [0.0, 1.0, 1.0], "inf": [np.inf, 1.0, 0.0, 2.0]}[spec.factors]
        options["penalty_factor"] = rng.choice(kinds, p)
        options["penalty_factor"][rng.integers(p)] = 1.0
    if spec.bounds == "positive":
        options["lower"] = 0.0
    elif spec.bounds:
        options["lower"] = -rng.uniform(0, 0.5, p) if spec.bounds == "box" else rng.choice([0.0, -0.1, -np.inf], p)
        options["upper"] = rng.uniform(0, 0.5, p) if spec.bounds == "box" else rng.choice([0.0, 0.1, np.inf], p)
    return options


def _grid(spec, rng):
    return {
        "default": lambda: int(rng.integers(2, 8)),
        "fractions": lambda: rng.choice([1.2, 1.0, 0.7, 0.5, 0.3, 0.1, 0.03, 0.01], rng.integers(1, 6)),
        "far": lambda: np.array([1e-3]),
        "zero": lambda: np.array([0.3, 0.0]),
        "one": lambda: np.array([0.2]),
    }[spec.grid]()


def _layout(spec, dense):
    X = dense.astype(spec.dtype)
    if spec.layout == "F":
        return np.asfortranarray(X)
    if spec.layout == "C":
        return np.ascontiguousarray(X)
    if spec.layout == "strided":
        return np.repeat(np.repeat(X, 2, axis=0), 3, axis=1)[::2, ::3]
    if spec.layout == "coo":
        S = sp.coo_array(X)
        half = S.data / 2 if X.dtype.kind == "f" else S.data
        times = 2 if X.dtype.kind == "f" else 1  # each entry stored as two halves
        return sp.coo_array((np.tile(half, times), (np.tile(S.row, times), np.tile(S.col, times))), shape=X.shape)
    S = sp.csr_array(X) if spec.layout.startswith("csr") else sp.csc_array(X)
    if spec.layout.endswith("64"):
        S.indices, S.indptr = S.indices.astype(np.int64), S.indptr.astype(np.int64)
    if spec.layout == "unsorted":
        for a, b in zip(S.indptr[:-1], S.indptr[1:]):
            S.indices[a:b], S.data[a:b] = S.indices[a:b][::-1].copy(), S.data[a:b][::-1].copy()
        S = sp.csc_array((S.data, S.indices, S.indptr), shape=S.shape)
    return S


def fit(problem: Problem, spec: Spec):
    """The path of a problem, and the messages of the warnings it gave."""
    import warnings

    options = {**problem.options, "family": problem.family, "tol": spec.tol, "max_iter": spec.max_iter}
    alphas = problem.alphas
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        if not isinstance(alphas, int):
            top = fastnet.enet_path(problem.X, problem.y, **(options | {"alphas": 1, "tol": 1.0})).alpha_max
            alphas = alphas * (top if top > 0 else 1.0)
        if spec.warm:
            other = problem.y[::-1] if problem.y.ndim == 1 and spec.family in ("gaussian", "huber") else problem.y
            options["warm_start"] = fastnet.enet_path(problem.X, other, **(options | {"alphas": 3, "tol": 1e-3}))
        caught.clear()
        path = fastnet.enet_path(problem.X, problem.y, alphas=alphas, **options)
    return path, [str(warning.message) for warning in caught]
