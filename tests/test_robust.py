"""Nothing breaks it: units, degenerate columns, precision, threads, processes, memory maps."""

from __future__ import annotations

import multiprocessing
import sys
import warnings
from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pytest
import scipy.sparse as sp
from parts import data, family_data

import fastnet
from fastnet import Status

KINDS = {"dense": np.asfortranarray, "csc": sp.csc_array}


@pytest.fixture
def problem():
    return data(30, 70, seed=11)


def fit(X, y, tol=1e-7, **options):
    """A path of few points; each must be certified, and `verify` must agree."""
    options = {"alphas": 8} | options
    path = fastnet.enet_path(X, y, tol=tol, **options)
    assert path.converged, path
    assert np.all(np.isfinite(path.coefs.data))
    assert np.all(np.isfinite(path.intercepts))
    names = ("l1_ratio", "sample_weight", "offset", "penalty_factor", "lower", "upper", "fit_intercept", "standardize")
    asked = {name: options[name] for name in names if name in options}
    certificate = fastnet.verify(X, y, path.coefs, path.intercepts, path.alphas, **asked)
    assert certificate.feasible.all()
    assert certificate.gaps.max() <= tol * 1.001 + 1e-9, certificate.gaps
    return path


# --- units


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("l1_ratio", [1.0, 0.5, 0.0])
@pytest.mark.parametrize("unit", [1e-150, 1e-8, 1e8, 1e150])
def test_units_of_x_and_y(problem, kind, l1_ratio, unit):
    X, y = problem
    plain = fit(KINDS[kind](X), y, l1_ratio=l1_ratio)
    scaled = fit(KINDS[kind](X * unit), y * unit, l1_ratio=l1_ratio, alphas=plain.alphas * (unit if l1_ratio else 1.0))
    if l1_ratio != 0.5:  # an elastic net in another unit of y is another elastic net
        np.testing.assert_allclose(scaled.coefs.toarray(), plain.coefs.toarray(), rtol=1e-3, atol=1e-4)
        np.testing.assert_allclose(scaled.deviance_ratios, plain.deviance_ratios, atol=1e-6)
    fit(KINDS[kind](X * unit), y, l1_ratio=l1_ratio, standardize=False)


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("l1_ratio", [1.0, 0.5, 0.0])
@pytest.mark.parametrize("unit", [1e-320, 1e-200, 1e200, 1e306])
def test_units_beyond_what_squares_can_hold_are_refused(problem, kind, l1_ratio, unit):
    """Squares and products of units would overflow or vanish: better no answer than a wrong one."""
    X, y = problem
    for standardize in (True, False):
        with pytest.raises(ValueError, match=r"X has column \d+ of size .* from 2e-154 to 5e\+153.*multiply it by"):
            fastnet.enet_path(KINDS[kind](X * unit), y, l1_ratio=l1_ratio, alphas=3, standardize=standardize)
    with pytest.raises(ValueError, match=r"y has size .* from 2e-154 to 5e\+153.*multiply y by"):
        fastnet.enet_path(KINDS[kind](X), y * unit, l1_ratio=l1_ratio, alphas=3)
    with pytest.raises(ValueError, match=r"X has column"):
        fastnet.enet_path(KINDS[kind](X * unit), y > y.mean(), family="binomial", l1_ratio=l1_ratio, alphas=3)


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("l1_ratio", [1.0, 0.5, 0.0])
@pytest.mark.parametrize("standardize", [True, False])
def test_columns_of_unlike_units_side_by_side(problem, kind, l1_ratio, standardize):
    X, y = problem
    X = KINDS[kind](X * np.logspace(-8, 8, X.shape[1]))
    fit(X, y, l1_ratio=l1_ratio, standardize=standardize)
    fit(X, y, l1_ratio=l1_ratio, standardize=standardize, alphas=[0.0])
    fit(X[:, ::4], y, l1_ratio=l1_ratio, standardize=standardize, alphas=[0.0])


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("l1_ratio", [1.0, 0.5, 0.0])
@pytest.mark.parametrize("standardize", [True, False])
@pytest.mark.parametrize("weighted", [False, True])
def test_offset_of_1e8_in_a_column(problem, kind, l1_ratio, standardize, weighted):
    """Lazy centring keeps the digits, on sparse columns too; a shift of columns moves the intercept alone."""
    X, y = problem
    X = np.round(X * 2**20) / 2**20  # exact after the shift
    shift = 1e8 * (np.arange(X.shape[1]) % 3 == 1)
    options = {"l1_ratio": l1_ratio, "standardize": standardize, "alphas": [0.5, 0.1]}
    if weighted:
        options["sample_weight"] = np.resize([1.0, 0.0, 2.0], len(y))
    plain = fastnet.enet_path(KINDS[kind](X), y, tol=1e-9, **options)
    moved = fastnet.enet_path(KINDS[kind](X + shift), y, tol=1e-9, **options)
    assert moved.converged
    np.testing.assert_allclose(moved.objectives, plain.objectives, rtol=1e-6)
    np.testing.assert_allclose(moved.coefs.toarray(), plain.coefs.toarray(), rtol=1e-4, atol=1e-5)


@pytest.mark.parametrize("factor", [1e-300, 1e300, None])
def test_penalty_factors_of_any_size(problem, factor):
    X, y = problem
    p = X.shape[1]
    factors = np.logspace(-100, 100, p) if factor is None else np.full(p, factor)
    path = fit(X, y, penalty_factor=factors)
    if factor is not None:
        np.testing.assert_allclose(path.coefs.toarray(), fit(X, y).coefs.toarray(), atol=1e-6)


def test_extreme_alphas(problem):
    X, y = problem
    path = fastnet.enet_path(X, y, alphas=[1e300, 1e3, 1e-300])
    np.testing.assert_array_equal(path.dfs[:2], 0)
    assert path.gaps.max() <= path.tol


def test_float32_agrees_within_its_precision(problem):
    X, y = problem
    single = X.astype(np.float32)
    expected = fit(single.astype(float), y, alphas=[0.5, 0.05], tol=1e-9)
    for X32 in (single, sp.csc_array(single)):
        path = fastnet.enet_path(X32, y, alphas=[0.5, 0.05], tol=1e-9)
        assert path.converged
        np.testing.assert_allclose(path.objectives, expected.objectives, rtol=1e-7)


@pytest.mark.parametrize("family", ["gaussian", "binomial", "poisson", "gamma", "huber"])
@pytest.mark.parametrize("tol", [1e-16, 1e-30])
def test_a_tolerance_below_the_floor_of_precision_ends_soon(family, tol):
    """Points that double precision cannot certify are STALLED, close to that floor and without thousands of sweeps."""
    X, y = data(30, 70, seed=11) if family == "gaussian" else family_data(family)
    with pytest.warns(fastnet.ConvergenceWarning):
        path = fastnet.enet_path(X, y, family=family, alphas=10, tol=tol, max_iter=100_000)
    assert set(path.statuses) <= {Status.CONVERGED, Status.STALLED}
    assert path.gaps.max() < (1e-14 if family == "gaussian" else 1e-11)
    assert path.n_iters.max() < 5000


# --- degenerate columns and responses


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("l1_ratio", [1.0, 0.5, 0.0])
@pytest.mark.parametrize("tol", [1e-4, 1e-7, 1e-10])
def test_duplicate_and_collinear_columns(problem, kind, l1_ratio, tol):
    X, y = problem
    rng = np.random.default_rng(0)
    twice = np.hstack([X, X[:, :20], -X[:, :20]])
    mixed = np.hstack([X[:, :8], X[:, :8] @ rng.standard_normal((8, 40))])
    for Z in (twice, mixed):
        fit(KINDS[kind](Z), y, l1_ratio=l1_ratio, tol=tol, alphas=12)
    fit(KINDS[kind](mixed), y, l1_ratio=l1_ratio, tol=tol, lower=0.0)


@pytest.mark.parametrize("difference", [1e-3, 1e-4, 1e-5, 1e-12])
def test_nearly_equal_columns(problem, difference):
    X, y = problem
    noise = difference * np.random.default_rng(1).standard_normal(X.shape)
    fit(np.hstack([X, X + noise]), y, tol=1e-10, alphas=15)


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("fit_intercept", [True, False])
@pytest.mark.parametrize("l1_ratio", [1.0, 0.0])
def test_constant_and_empty_columns(problem, kind, fit_intercept, l1_ratio):
    X, y = problem
    X = X.copy()
    X[:, 3], X[:, 5], X[:, 6] = 0.0, 7.0, 1e100
    path = fit(KINDS[kind](X), y, fit_intercept=fit_intercept, l1_ratio=l1_ratio)
    assert not path.coefs.toarray()[[3, 5, 6]].any()


@pytest.mark.parametrize("l1_ratio", [1.0, 0.5, 0.0])
@pytest.mark.parametrize("value", [0.0, 5.0, 1e150, -1e-150])
def test_constant_response(problem, l1_ratio, value):
    X, y = problem
    path = fastnet.enet_path(X, np.full(len(y), value), l1_ratio=l1_ratio, alphas=4)
    assert path.converged
    assert path.coefs.nnz == 0
    np.testing.assert_allclose(path.intercepts, value, rtol=1e-12)
    path = fastnet.enet_path(X, np.zeros(len(y)), l1_ratio=l1_ratio, alphas=4, fit_intercept=False)
    assert path.converged
    assert path.coefs.nnz == 0


@pytest.mark.parametrize("l1_ratio", [1.0, 0.5, 0.0])
@pytest.mark.parametrize("shape", [(1, 1), (1, 9), (2, 9), (9, 1), (2, 1)])
def test_smallest_shapes(problem, shape, l1_ratio):
    X, y = problem
    n, p = shape
    for kind in KINDS.values():
        for options in ({}, {"fit_intercept": False, "standardize": False}):
            fit(kind(X[:n, :p]), y[:n], l1_ratio=l1_ratio, alphas=5, **options)


@pytest.mark.parametrize("kind", KINDS)
def test_all_columns_without_variation(problem, kind):
    X, y = problem
    path = fastnet.enet_path(KINDS[kind](np.full(X.shape, 3.0)), y, alphas=4)
    assert path.converged
    assert path.coefs.nnz == 0


@pytest.mark.parametrize("kind", KINDS)
def test_more_unpenalised_columns_than_rows(problem, kind):
    X, y = problem
    factor = np.where(np.arange(X.shape[1]) < 40, 0.0, 1.0)
    path = fastnet.enet_path(KINDS[kind](X), y, penalty_factor=factor, alphas=4)  # the null model is exact
    assert path.converged
    residual = y - path.intercepts[0] - X @ path.coefs[:, [0]].toarray()[:, 0]
    np.testing.assert_allclose(residual, 0.0, atol=1e-9 * np.abs(y).max())


@pytest.mark.parametrize("kind", KINDS)
def test_weights_of_a_few_rows_and_of_any_size(problem, kind):
    X, y = problem
    X = KINDS[kind](X)
    fit(X, y, sample_weight=np.where(np.arange(len(y)) < 3, 1.0, 0.0))
    fit(X, y, sample_weight=np.logspace(-8, 0, len(y)))
    np.testing.assert_allclose(
        fit(X, y, sample_weight=np.linspace(1, 2, len(y)) * 1e-200).coefs.toarray(),
        fit(X, y, sample_weight=np.linspace(1, 2, len(y)) * 1e200).coefs.toarray(), atol=1e-9,
    )  # fmt: skip


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("l1_ratio", [1.0, 0.5, 0.0])
def test_no_penalty_with_bounds(problem, kind, l1_ratio):
    """alpha = 0 within bounds: non-negative and boxed least squares, wide and tall."""
    from scipy.optimize import lsq_linear

    X, y = problem
    for p in (10, 70):
        for lower, upper in ((0.0, np.inf), (-0.4, 0.5)):
            path = fit(KINDS[kind](X[:, :p]), y, l1_ratio=l1_ratio, alphas=[0.0], lower=lower, upper=upper,
                       fit_intercept=False, tol=1e-8)  # fmt: skip
            best = lsq_linear(X[:, :p], y, (lower, upper), tol=1e-14).cost / len(y)
            assert path.objectives[0] <= best + 1e-7 * path.null_objective


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("family", ["gaussian", "binomial"])
def test_more_active_columns_than_the_factor_may_hold(problem, kind, family, monkeypatch):
    X, y = problem
    for module in ("fastnet.engine", "fastnet.glm_engine"):
        monkeypatch.setattr(f"{module}.direct_limit", lambda design: 5)
    y = y if family == "gaussian" else (y > y.mean()) * 1.0
    path = fastnet.enet_path(KINDS[kind](X), y, family=family, l1_ratio=0.3, alphas=8, tol=1e-7)
    assert path.converged
    assert path.dfs[-1] > 20
    found = fastnet.verify(X, y, path.coefs, path.intercepts, path.alphas, family=family, l1_ratio=0.3)
    assert found.gaps.max() <= 1.001e-7


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("l1_ratio", [1.0, 0.5])
def test_ties_everywhere(kind, l1_ratio):
    """Every column has the same correlation with y at every alpha, up to its sign: all enter at once."""
    signs = np.resize([1.0, -1.0], 16)
    X = np.kron(np.eye(16), [[1.0], [-1.0]]) * signs
    y = np.resize([1.0, -1.0], 32)
    for Z in (X, np.hstack([X, -X, X])):
        path = fit(KINDS[kind](Z), y, l1_ratio=l1_ratio, fit_intercept=False, standardize=False)
        assert path.dfs[0] == 0
        assert path.dfs[-1] >= 16
        total = (Z @ path.coefs[:, [7]].toarray())[:, 0]
        np.testing.assert_allclose(total, total[0] * y, rtol=1e-6)


# --- nothing of the caller's is touched, whatever kind of array it is


@pytest.mark.parametrize("dtype", [np.float64, np.float32, np.int64, bool])
@pytest.mark.parametrize("order", ["C", "F"])
@pytest.mark.parametrize("sparse", [False, True])
def test_x_is_never_written_to(problem, dtype, order, sparse):
    X, y = problem
    X = np.asarray(X > 0.2 if dtype is bool else X * 4, dtype=dtype, order=order)
    if sparse:
        X = (sp.csr_array if order == "C" else sp.csc_array)(X)
    arrays = [X.data, X.indices, X.indptr] if sparse else [X]
    before = [a.copy() for a in arrays]
    for a in arrays:
        a.flags.writeable = False
    for l1_ratio in (1.0, 0.0):
        fastnet.enet_path(X, y, alphas=4, l1_ratio=l1_ratio, penalty_factor=np.arange(70) % 3)
    for a, b in zip(arrays, before, strict=True):
        np.testing.assert_array_equal(a, b)


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("family", ["gaussian", "binomial"])
def test_the_check_of_finiteness_reads_x_once_more_at_most(problem, kind, family, monkeypatch):
    """None of its own while all is finite; one, to name the place, where something is not; none when turned off."""
    X, y = problem
    y = y if family == "gaussian" else (y > y.mean()) * 1.0
    reads = []
    for module in ("arrays", "design", "sparse"):
        first_not_finite = sys.modules[f"fastnet.validation.{module}"].first_not_finite

        def counted(values, first_not_finite=first_not_finite):
            if values.size > 2 * len(y):
                reads.append(values.size)
            return first_not_finite(values)

        monkeypatch.setattr(f"fastnet.validation.{module}.first_not_finite", counted)
    fastnet.enet_path(KINDS[kind](X), y, family=family, alphas=3)
    assert not reads
    X = X.copy()
    X[3, 4] = np.nan
    with pytest.raises(ValueError, match="X is NaN at row 3, column 4"):
        fastnet.enet_path(KINDS[kind](X), y, family=family, alphas=3)
    assert len(reads) == 1
    path = fastnet.enet_path(KINDS[kind](X), y, family=family, alphas=3, check_finite=False)
    assert len(reads) == 1
    assert not path.coefs.toarray()[4].any()


def test_memory_map(problem, tmp_path):
    X, y = problem
    np.save(tmp_path / "X.npy", X)
    mapped = np.load(tmp_path / "X.npy", mmap_mode="r")
    assert isinstance(mapped, np.memmap)
    path = fit(mapped, y)
    np.testing.assert_array_equal(path.coefs.toarray(), fit(X, y).coefs.toarray())


# --- threads and processes


def fingerprint(path):
    return [a.tobytes() for a in (path.coefs.data, path.coefs.indices, path.intercepts, path.gaps, path.objectives)]


def task(arguments):
    X, y, options = arguments
    return fingerprint(fastnet.enet_path(X, y, alphas=15, **options))


def tasks(problem):
    X, y = problem
    return [
        (kind(X), y, {"l1_ratio": l1_ratio, **limits})
        for kind in KINDS.values()
        for l1_ratio in (1.0, 0.5)
        for limits in ({}, {"lower": -0.2, "upper": 0.3})
    ]


def test_repeated_runs_and_threads_are_bit_identical(problem):
    todo = tasks(problem)
    serial = [task(each) for each in todo]
    assert [task(each) for each in todo] == serial
    with ThreadPoolExecutor(8) as pool:
        assert list(pool.map(task, todo * 4)) == serial * 4


@pytest.mark.parametrize("method", ["fork", "spawn"])
def test_processes(problem, method):
    if method not in multiprocessing.get_all_start_methods():
        pytest.skip(f"no {method} on {sys.platform}")
    todo = tasks(problem)[:4]
    expected = [task(each) for each in todo]
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DeprecationWarning)  # fork in a process that has had threads
        with multiprocessing.get_context(method).Pool(2) as pool:
            assert pool.map(task, todo) == expected


def test_joblib_maps_x_read_only(problem):
    """joblib hands large arrays to its processes as read-only memory maps."""
    joblib = pytest.importorskip("joblib")
    X, y = problem
    todo = [(X, y, {"l1_ratio": l1_ratio}) for l1_ratio in (1.0, 0.5)]
    with joblib.Parallel(n_jobs=2, max_nbytes=1000, mmap_mode="r") as parallel:
        kinds = parallel(joblib.delayed(kind_of)(each[0]) for each in todo)
        answers = parallel(joblib.delayed(task)(each) for each in todo)
    assert kinds == [("memmap", False)] * 2
    assert answers == [task(each) for each in todo]


def kind_of(X):
    return type(X).__name__, bool(X.flags.writeable)
