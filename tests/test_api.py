"""Every argument of enet_path has its effect; statuses, warnings, order, interrupts."""

from __future__ import annotations

import inspect
import pickle
import signal
import threading
import time
from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pytest
import scipy.sparse as sp
from parts import data

import fastnet
from fastnet import ConvergenceWarning, Path, PathInterrupted, Status, interrupts
from fastnet import engine as engine_module
from fastnet.api import fit_path
from fastnet.engine import QuadraticEngine
from fastnet.gram_engine import prefers_gram
from fastnet.units import make_units
from fastnet.validation import check_problem


@pytest.fixture
def problem():
    return data(30, 60, seed=5)


def test_int_grid(problem):
    X, y = problem
    path = fastnet.enet_path(X, y, alphas=7, alpha_min_ratio=0.2)
    assert len(path) == 7
    np.testing.assert_allclose(path.alphas, path.alpha_max * np.geomspace(1, 0.2, 7))
    assert path.dfs[0] == 0
    assert path.stop_reason == "every alpha was solved"
    assert path.converged
    np.testing.assert_array_equal(path.statuses, 0)


def test_alphas_come_back_in_the_order_given(problem):
    X, y = problem
    alphas = np.array([0.1, 0.5, 0.1, 0.3])
    path = fastnet.enet_path(X, y, alphas=alphas)
    np.testing.assert_array_equal(path.alphas, alphas)
    np.testing.assert_allclose(path.coefs[:, [0]].toarray(), path.coefs[:, [2]].toarray(), rtol=1e-9)
    assert path.objectives[1] > path.objectives[3] > path.objectives[0]


def test_coefs_are_canonical(problem):
    coefs = fastnet.enet_path(*problem, alphas=10).coefs
    assert coefs.has_sorted_indices
    assert np.all(coefs.data != 0)
    assert np.all(np.isfinite(coefs.data))


@pytest.mark.parametrize("l1_ratio", [1.0, 0.4, 0.0])
def test_callback_sees_each_point_and_stops(problem, l1_ratio):
    X, y = problem
    seen = []
    path = fastnet.enet_path(X, y, l1_ratio=l1_ratio, alphas=9, callback=lambda point: seen.append(point))
    assert [point.alpha for point in seen] == list(path.alphas)
    assert [len(point.columns) for point in seen] == list(path.dfs)
    for k, point in enumerate(seen):
        coefs = np.zeros(X.shape[1])
        coefs[point.columns] = point.coefs
        np.testing.assert_array_equal(coefs, path.coefs[:, [k]].toarray()[:, 0])
    short = fastnet.enet_path(X, y, l1_ratio=l1_ratio, alphas=9, callback=lambda point: point.alpha == path.alphas[3])
    assert len(short) == 4
    assert "callback" in short.stop_reason
    assert len(fastnet.enet_path(X, y, l1_ratio=l1_ratio, alphas=3, callback=lambda point: 1)) == 3  # only True stops


def test_error_of_the_callback_passes_through(problem):
    def fail(point):
        raise ZeroDivisionError("mine")

    with pytest.raises(ZeroDivisionError, match="mine"):
        fastnet.enet_path(*problem, alphas=3, callback=fail)


def test_progress_shows_a_bar(problem, capsys):
    fastnet.enet_path(*problem, alphas=3, progress=True)
    assert "alphas" in capsys.readouterr().err
    fastnet.enet_path(*problem, alphas=3)
    assert capsys.readouterr() == ("", "")


def test_max_features(problem):
    X, y = problem
    whole = fastnet.enet_path(X, y, alphas=30)
    path = fastnet.enet_path(X, y, alphas=30, max_features=5)
    assert path.dfs[-1] > 5
    assert np.all(path.dfs[:-1] <= 5)
    assert "max_features=5" in path.stop_reason
    np.testing.assert_array_equal(path.alphas, whole.alphas[: len(path)])


def test_min_dev_change(problem):
    X, y = problem
    whole = fastnet.enet_path(X, y, alphas=30, alpha_min_ratio=1e-4)
    path = fastnet.enet_path(X, y, alphas=30, alpha_min_ratio=1e-4, min_dev_change=1e-3)
    assert len(path) < len(whole)
    assert "min_dev_change" in path.stop_reason
    assert path.deviance_ratios[-1] - path.deviance_ratios[-2] < 1e-3
    assert np.all(np.diff(whole.deviance_ratios[: len(path) - 1])[1:] >= 1e-3)


def test_tol_is_kept_and_cheaper_when_loose(problem):
    X, y = problem
    loose, tight = (fastnet.enet_path(X, y, l1_ratio=0.5, alphas=20, tol=tol) for tol in (1e-2, 1e-12))
    assert loose.gaps.max() <= 1e-2
    assert tight.gaps.max() <= 1e-12
    assert loose.n_iters.sum() <= tight.n_iters.sum()


def test_max_iter_is_a_status_and_one_warning(problem):
    X, y = problem
    with pytest.warns(ConvergenceWarning) as caught:
        path = fastnet.enet_path(X, y, alphas=[0.01, 0.001], max_iter=1, tol=1e-10)
    assert len(caught) == 1
    assert len(path) == 2
    assert not path.converged
    assert set(path.statuses) <= {Status.CONVERGED, Status.MAX_ITER}
    k = int(np.argmax(path.gaps))
    assert path.gaps[k] > path.tol == 1e-10
    message = str(caught[0].message)
    assert f"{path.alphas[k]:.4g}" in message
    assert f"{path.gaps[k]:.2g}" in message
    assert "1e-10" in message
    certificate = fastnet.verify(X, y, path.coefs, path.intercepts, path.alphas)
    np.testing.assert_array_less(certificate.gaps, path.gaps * 1.01 + 1e-12)  # an unsolved point does not lie either


def test_fit_path_leaves_the_warning_to_its_caller(problem):
    """And enet_path has its signature, its name and its documentation."""
    options = {"alphas": [0.01, 0.001], "max_iter": 1, "tol": 1e-10}
    quiet = fit_path(*problem, **options)  # a warning would be an error here
    assert not quiet.converged
    with pytest.warns(ConvergenceWarning) as caught:
        loud = fastnet.enet_path(*problem, **options)
    assert caught[0].filename == __file__
    np.testing.assert_array_equal(quiet.gaps, loud.gaps)
    assert inspect.signature(fastnet.enet_path) == inspect.signature(fit_path)
    assert pickle.loads(pickle.dumps(fastnet.enet_path)) is fastnet.enet_path
    assert "sample_weight" in fastnet.enet_path.__doc__


def test_tol_below_precision_ends_with_a_status(problem):
    X, y = problem
    with pytest.warns(ConvergenceWarning):
        path = fastnet.enet_path(X.astype(np.float32), y, alphas=8, tol=1e-30, max_iter=500)
    assert np.all((path.statuses == Status.CONVERGED) == (path.gaps <= 1e-30))
    assert path.gaps.max() < 1e-12
    assert path.n_iters.max() < 1000


def test_options_of_the_problem_are_kept(problem):
    X, y = problem
    weight = np.linspace(1, 2, len(y))
    path = fastnet.enet_path(X, y, alphas=4, sample_weight=weight, lower=-0.5, fit_intercept=False, standardize=False)
    assert not path.fit_intercept
    assert not path.standardize
    np.testing.assert_array_equal(path.intercepts, 0)
    assert path.coefs.data.min() >= -0.5
    more = path.extend(X, y, alphas=[path.alphas[-1] / 2])
    assert len(more) == 5
    assert more.gaps.max() <= path.tol
    gaps = fastnet.verify(X, y, more.coefs, more.intercepts, more.alphas, sample_weight=weight, lower=-0.5,
                          fit_intercept=False, standardize=False).gaps  # fmt: skip
    assert gaps.max() <= path.tol * 1.001


def test_warm_start_saves_work_and_changes_no_answer(problem):
    X, y = problem
    for design in (X, sp.csc_array(X)):
        for l1_ratio in (1.0, 0.5):
            whole = fastnet.enet_path(design, y, l1_ratio=l1_ratio, alphas=20, tol=1e-9)
            alphas = whole.alphas[12:]
            cold = fastnet.enet_path(design, y, l1_ratio=l1_ratio, alphas=alphas, tol=1e-9)
            warm = fastnet.enet_path(design, y, l1_ratio=l1_ratio, alphas=alphas, tol=1e-9, warm_start=whole)
            assert np.all(warm.gaps <= 1e-9)
            np.testing.assert_allclose(warm.objectives, cold.objectives, rtol=1e-8)
            assert warm.n_iters[0] <= cold.n_iters[0]


@pytest.mark.parametrize("l1_ratio", [1.0, 0.5])
@pytest.mark.parametrize("bounded", [False, True])
def test_warm_start_of_tall_data(l1_ratio, bounded, monkeypatch):
    """Where the path is solved from the Gram matrix of all columns."""
    monkeypatch.setattr(engine_module, "LONG_STRIDE", 0.0)  # no hidden points, whose iterations nobody counts
    X, y = data(300, 40, seed=5)
    options = dict(l1_ratio=l1_ratio, tol=1e-9) | (dict(lower=-0.1, upper=0.2) if bounded else {})
    whole = fastnet.enet_path(X, y, alphas=20, alpha_min_ratio=1e-3, **options)
    alphas = whole.alphas[-3:] * 0.99
    problem = check_problem(X, y)
    engine = QuadraticEngine(make_units(problem, fit_intercept=True, standardize=True))
    assert prefers_gram(engine, engine.units.penalties(alphas.min(), l1_ratio)[0], l1_ratio)
    cold = fastnet.enet_path(X, y, alphas=alphas, **options)
    warm = fastnet.enet_path(X, y, alphas=alphas, warm_start=whole, **options)
    assert warm.n_iters[0] < cold.n_iters[0]
    assert np.all(warm.statuses == 0)
    np.testing.assert_allclose(warm.coefs.toarray(), cold.coefs.toarray(), atol=1e-5)


def test_warm_start_from_other_data_is_certified_anew(problem):
    X, y = problem
    other = fastnet.enet_path(X[::-1] * 3 + 1, y * 1e3, alphas=10)
    bounds = {"lower": -0.3, "upper": 0.2}
    path = fastnet.enet_path(X, y, alphas=10, tol=1e-9, warm_start=other, **bounds)
    certificate = fastnet.verify(X, y, path.coefs, path.intercepts, path.alphas, **bounds)
    assert certificate.feasible.all()
    assert certificate.gaps.max() <= 1e-9 * 1.001 + 1e-13


@pytest.mark.parametrize("limits", [{}, {"lower": -0.5}])
def test_warm_start_with_unpenalised_columns(problem, limits):
    X, y = problem
    options = {"penalty_factor": np.where(np.arange(60) < 3, 0.0, 1.0), "tol": 1e-9, **limits}
    whole = fastnet.enet_path(X, y, alphas=10, **options)
    warm = fastnet.enet_path(X, y, alphas=whole.alphas[5:], warm_start=whole, **options)
    np.testing.assert_allclose(warm.objectives, whole.objectives[5:], rtol=1e-8)


def test_warm_start_is_checked(problem):
    X, y = problem
    path = fastnet.enet_path(X, y, alphas=3)
    with pytest.raises(ValueError, match="59"):
        fastnet.enet_path(X[:, 1:], y, alphas=3, warm_start=path)
    with pytest.raises(TypeError, match="warm_start"):
        fastnet.enet_path(X, y, alphas=3, warm_start=path.coefs)


def test_check_finite(problem):
    X, y = problem
    bad = X.copy()
    bad[3, 4] = np.nan
    with pytest.raises(ValueError, match="X"):
        fastnet.enet_path(bad, y)
    assert len(fastnet.enet_path(X, y, alphas=3, check_finite=False)) == 3


def test_unknown_family(problem):
    with pytest.raises((ValueError, TypeError), match="family"):
        fastnet.enet_path(*problem, family="gausian")


# --- interrupts


def interrupted(fit, delay):
    """Ctrl-C after `delay` seconds; returns (exception, seconds from the signal to the exception)."""
    sent = []

    def send():
        sent.append(time.perf_counter())
        signal.raise_signal(signal.SIGINT)

    timer = threading.Timer(delay, send)
    timer.start()
    try:
        with pytest.raises(PathInterrupted) as caught:
            fit()
    finally:
        timer.cancel()
        timer.join()
    return caught.value, time.perf_counter() - sent[0]


def test_interrupt_between_points_keeps_what_is_solved(problem):
    X, y = problem
    seen = []

    def stop(point):
        seen.append(point.alpha)
        if len(seen) == 4:
            signal.raise_signal(signal.SIGINT)

    with pytest.raises(PathInterrupted) as caught:
        fastnet.enet_path(X, y, alphas=10, callback=stop)
    path = caught.value.path
    assert isinstance(path, Path)
    assert len(path) == 4
    assert "interrupted" in path.stop_reason
    rest = path.extend(X, y, alphas=fastnet.enet_path(X, y, alphas=10).alphas)
    assert len(rest) == 10
    assert isinstance(caught.value, KeyboardInterrupt)


@pytest.mark.parametrize("where", ["check_problem", "make_units"])
def test_interrupt_before_the_first_point(problem, monkeypatch, where):
    """Also while the data are checked, copied and measured: nothing is solved yet, but the error is the same."""
    from fastnet import api

    monkeypatch.setattr(api, where, lambda *args, **options: signal.raise_signal(signal.SIGINT))
    with pytest.raises(PathInterrupted, match="before the first alpha") as caught:
        fastnet.enet_path(*problem)
    assert caught.value.path is None


def test_a_callback_that_raises_passes_through_and_loses_nothing(problem):
    X, y = problem
    whole = fastnet.enet_path(X, y, alphas=10)

    def fail(point):
        if point.alpha < whole.alphas[3]:
            raise LookupError("no such table")

    with pytest.raises(LookupError, match="no such table") as caught:
        fastnet.enet_path(X, y, alphas=10, callback=fail)
    path = caught.value.path
    np.testing.assert_array_equal(path.alphas, whole.alphas[:5])
    np.testing.assert_array_equal(path.coefs.toarray(), whole.coefs[:, :5].toarray())
    assert "LookupError" in path.stop_reason


@pytest.mark.parametrize("main", [True, False])
def test_long_steps_leave_ctrl_c_alone(main):
    """A step that may take seconds runs in a thread: the main thread hears the signal at once."""
    assert interrupts.run(1e12, divmod, 7, 2) == (3, 1)
    with pytest.raises(ZeroDivisionError):
        interrupts.run(1e12, divmod, 7, 0)
    if not main:  # no signal reaches other threads: the step runs there
        with ThreadPoolExecutor(1) as pool:
            own = pool.submit(threading.get_ident).result()
            assert pool.submit(interrupts.run, 1e12, threading.get_ident).result() == own
        return
    threading.Timer(0.1, signal.raise_signal, (signal.SIGINT,)).start()
    start = time.perf_counter()
    with pytest.raises(KeyboardInterrupt):
        interrupts.run(1e12, time.sleep, 5)
    assert time.perf_counter() - start < 0.6


@pytest.mark.parametrize("kind", [np.asfortranarray, sp.csc_array, sp.csr_array])
@pytest.mark.parametrize("family", ["gaussian", "binomial"])
def test_long_steps_give_the_same_answer(problem, monkeypatch, kind, family):
    X, y = problem
    options = {"family": family, "alphas": 5}
    y = y if family == "gaussian" else (y > y.mean()) * 1.0
    plain = fastnet.enet_path(kind(X), y, **options)
    monkeypatch.setattr(interrupts, "LONG", 0)
    threaded = fastnet.enet_path(kind(X), y, **options)
    np.testing.assert_array_equal(threaded.coefs.toarray(), plain.coefs.toarray())
    ridge = fastnet.enet_path(kind(X), y, **(options | {"l1_ratio": 0}))
    assert ridge.converged


def test_interrupt_within_a_long_point_takes_half_a_second():
    """Thousands of active columns at one alpha: many seconds of sweeps."""
    rng = np.random.default_rng(0)
    X = np.asfortranarray(rng.standard_normal((2000, 5000)))
    y = X @ rng.standard_normal(5000) + rng.standard_normal(2000)
    units = make_units(check_problem(X[:20, :50], y[:20]), fit_intercept=True, standardize=True)
    engine = QuadraticEngine(units)  # compiles
    engine.never_direct()
    for alpha in (1.0, 0.9, 0.8):
        engine.solve(alpha, 0.05, 1e-6, 100)
    fastnet.enet_path(X[:20, :50], y[:20], alphas=3)
    error, seconds = interrupted(lambda: fastnet.enet_path(X, y, l1_ratio=0.01, alphas=[0.05], tol=1e-13), 0.7)
    assert seconds < 0.5
    assert len(error.path) == 0


@pytest.mark.parametrize("family", ["gamma", "poisson"])  # least squares takes a direct step in any case
def test_a_warm_start_keeps_unpenalised_columns_between_bounds(family):
    """They are active from the start, and belong to the solution all the same."""
    rng = np.random.default_rng(0)
    X = rng.standard_normal((20, 4)) + 3 * rng.standard_normal((20, 1))
    y = np.exp(0.5 * X[:, 0] + 0.5 * X[:, 1] - X[:, 2] + 0.1 * rng.standard_normal(20))
    options = {"family": family, "penalty_factor": [1.0, 0.0, 1.0, 1.0], "lower": -2.0, "upper": 2.0, "alphas": [1e-3]}
    path = fastnet.enet_path(X, y, tol=1e-9, **options)
    again = fastnet.enet_path(X, y, tol=1e-8, warm_start=path, **options)
    assert path.n_iters[0] > 0
    assert again.n_iters[0] == 0
    np.testing.assert_allclose(again.objectives, path.objectives, rtol=1e-7)
