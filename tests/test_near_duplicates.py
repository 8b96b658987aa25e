"""Columns that are nearly equal: which of two twins is in the model is decided by their tiny difference."""

from __future__ import annotations

import warnings

import numpy as np
import pytest
from parts import data
from scipy import sparse

import fastnet
from fastnet import interrupts, losses
from fastnet.engine import DIRECT_LIMIT, QuadraticEngine
from fastnet.state import DIRECT, MODE, ROWS


@pytest.mark.parametrize("kind", [np.asfortranarray, sparse.csc_array])
@pytest.mark.parametrize("difference", [0.0, 1e-10, 1e-9, 1e-8, 1e-7, 1e-6, 1e-5])
def test_twins(difference, kind):
    X, y = data(30, 70, seed=11)
    twins = X + difference * np.random.default_rng(1).standard_normal(X.shape)
    both = np.hstack([X, twins])
    path = fastnet.enet_path(kind(both), y, tol=1e-10, alphas=15)
    report = fastnet.verify(both, y, path.coefs, path.intercepts, path.alphas)
    assert np.all(path.statuses == 0)
    assert np.all(report.gaps <= 1.001e-10)
    assert path.n_iters.max() < 200


@pytest.mark.parametrize("family", ["gaussian", losses.huber(delta=10.0)])
def test_an_unpenalised_column_at_its_bound_that_another_nearly_equals_is_no_rounding(family):
    """Their difference, 1e-8 of them, explains much; at its bound of 0 one has a correlation of 1e-10 of its length."""
    rng = np.random.default_rng(1)
    n, apart = 400, 1e-8
    Q = np.linalg.qr(np.column_stack([np.ones(n), rng.standard_normal((n, 4))]))[0]
    u, w, q, e = Q[:, 1:].T
    p = (q - w) / np.sqrt(2)
    X = np.column_stack([u, u + apart * w, p]) * np.sqrt(n)
    y = 3 * u + np.sqrt(2) * p + 0.3 * w + 10 * e
    far = 0.02 / apart
    limits = dict(penalty_factor=[0, 0, 1.0], lower=[-far, 0, -np.inf], upper=[far, np.inf, np.inf])
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", fastnet.ConvergenceWarning)
        path = fastnet.enet_path(X, y, family=family, alphas=[5e-2, 1e-3, 1e-6], **limits)
    b = path.coefs.toarray()
    for k in np.flatnonzero(path.statuses == fastnet.Status.CONVERGED):
        better = b[:, k] + 0.5 * np.array([-far, far, 0.0]) * (b[1, k] == 0)
        moved = fastnet.verify(X, y, better[:, None], path.intercepts[[k]], path.alphas[[k]], family=family, **limits)
        assert path.objectives[k] <= moved.objectives[0] + 2 * path.tol * path.null_objective


def words(n, p, seed):
    """Words in a few documents, half of them in one alone."""
    rng = np.random.default_rng(seed)
    count = np.minimum(1 + rng.geometric(0.4, p) * rng.integers(1, 4, p), n // 3)
    count[rng.random(p) < 0.5] = 1
    rows = np.concatenate([np.sort(rng.choice(n, c, replace=False)) for c in count])
    X = sparse.csc_array((np.ones(len(rows)), rows, np.concatenate(([0], np.cumsum(count)))), shape=(n, p))
    X.data *= rng.choice([-2.0, 1.0, 3.0], X.nnz)
    return X, X[:, :30] @ rng.standard_normal(30) + rng.standard_normal(n)


@pytest.mark.parametrize("seed", range(3))
def test_more_active_columns_than_the_factor_holds_and_dependent_ones(seed):
    """Without damping a Newton step goes far past many kinks, and is cut at the first: hundreds of steps, no end."""
    X, y = words(1000, 2500, seed)
    path = fastnet.enet_path(X, y, alphas=8, alpha_min_ratio=1e-3, max_iter=250)
    assert path.dfs.max() > 800
    assert fastnet.verify(X, y, path.coefs, path.intercepts, path.alphas).gaps.max() <= path.tol


@pytest.mark.parametrize("family", ["gaussian", "binomial"])
@pytest.mark.parametrize("options", [{}, {"fit_intercept": False}, {"standardize": False}, {"sample_weight": True}])
def test_words_that_occur_once_in_the_same_text(options, family):
    """Standardised they are equal but for their sign: without a ridge one is enough, with one they share."""
    X, y = words(60, 300, 0)
    y = (y > 0) * 1.0 if family == "binomial" else y
    if "sample_weight" in options:
        options = {"sample_weight": np.random.default_rng(2).random(60) + 0.1}
    once = np.diff(X.indptr) == 1
    for l1_ratio in (1.0, 0.5):
        path = fastnet.enet_path(X, y, family=family, l1_ratio=l1_ratio, tol=1e-9, alphas=20, **options)
        found = fastnet.verify(
            X, y, path.coefs, path.intercepts, path.alphas, family=family, l1_ratio=l1_ratio, **options
        )
        assert found.gaps.max() <= 1e-9
        last = np.flatnonzero(path.coefs[:, [-1]].toarray()[:, 0] * once)
        rows = X.indices[X.indptr[:-1]][last]
        if l1_ratio == 1.0 and "standardize" not in options:
            assert len(last) > 10
            assert len(np.unique(rows)) == len(rows)
    assert len(np.unique(rows)) < len(rows)  # with a ridge


def test_columns_of_one_entry_are_told_apart_where_they_differ():
    """By their size without standardisation, by their sign between bounds, by their penalty factors."""
    X, y = words(60, 300, 1)
    factor = np.random.default_rng(3).uniform(0.5, 2.0, 300)
    for options in ({"standardize": False}, {"lower": 0.0}, {"penalty_factor": factor}):
        path = fastnet.enet_path(X, y, tol=1e-9, alphas=20, **options)
        dense = fastnet.enet_path(X.toarray(), y, tol=1e-9, alphas=path.alphas, **options)
        np.testing.assert_allclose(path.objectives, dense.objectives, rtol=1e-8)
        assert fastnet.verify(X, y, path.coefs, path.intercepts, path.alphas, **options).gaps.max() <= 1e-9


def test_a_warm_start_in_which_equal_columns_share():
    X, y = words(60, 300, 0)
    shared = fastnet.enet_path(X, y, l1_ratio=0.5, alphas=10)
    path = fastnet.enet_path(X, y, alphas=shared.alphas[4:], warm_start=shared, tol=1e-9)
    assert fastnet.verify(X, y, path.coefs, path.intercepts, path.alphas).gaps.max() <= 1e-9


def test_a_support_as_large_as_the_sample_returns_to_the_factor(monkeypatch):
    """Near interpolation the direct solver may give up once; the points after it need not do with sweeps alone."""
    rng = np.random.default_rng(0)
    X, y = rng.standard_normal((600, 1000)), rng.standard_normal(600)
    modes = []
    solve = QuadraticEngine._solve

    def noted(fit, *arguments):
        many = np.count_nonzero(fit.active["coef"][: fit.work.counts[ROWS]]) > 0.7 * DIRECT_LIMIT
        if many and not modes:
            fit.leave_factor()
        status = solve(fit, *arguments)
        if many:
            modes.append(int(fit.work.counts[MODE]))
        return status

    monkeypatch.setattr(QuadraticEngine, "_solve", noted)
    alphas = fastnet.enet_path(X, y, alphas=1).alphas[0] * np.array([0.5, 0.25, 0.1, 0.01, 0.001, 0.0008])
    path = fastnet.enet_path(X, y, alphas=alphas)
    assert path.statuses[-1] == 0
    assert modes
    assert set(modes) == {DIRECT}


def test_sweeps_over_very_many_rows_leave_the_main_thread_free_for_ctrl_c(monkeypatch):
    """Few entries a row, but many rows: conjugate gradients on 50,000 of them may take a second in one kernel."""
    rng = np.random.default_rng(0)
    n, p = 400, 50_000
    X = sparse.csc_array((np.ones(p), np.arange(p) % n, np.arange(p + 1)), shape=(n, p))
    y = rng.standard_normal(n)
    reached = []
    run = interrupts.run

    def noted(entries, function, *arguments):
        reached.append(entries)
        return run(entries, function, *arguments)

    monkeypatch.setattr(interrupts, "run", noted)
    path = fastnet.enet_path(X, y, l1_ratio=0.5, alphas=[1e-4])
    assert path.dfs[-1] > 0.8 * p
    assert max(reached) >= interrupts.LONG


def test_words_that_occur_once_in_the_part_that_counts():
    """A sample of weight zero, as a fold holds out, takes its entries with it; so do stored zeros."""
    X, y = words(2400, 6000, 2)
    counts = np.repeat([1.0, 0.0], 1200)
    part = X[:1200].tocsc()
    once = np.diff(part.indptr) == 1
    for given, weight in ((X, counts), (part, None), (_with_stored_zeros(part), None)):
        path = fastnet.enet_path(given, y[: given.shape[0]], sample_weight=weight, alphas=6, alpha_min_ratio=1e-2)
        last = np.flatnonzero(path.coefs[:, [-1]].toarray()[:, 0] * once)
        assert len(last) > 100
        rows = part.indices[part.indptr[:-1][last]]
        assert len(np.unique(rows)) == len(rows)


def _with_stored_zeros(X):
    """The same matrix, with a zero stored in the row after each entry."""
    pattern = abs(X) + abs(X[np.roll(np.arange(X.shape[0]), 1)])
    both = pattern.tocoo()
    return sparse.csc_array((X.toarray()[both.row, both.col], (both.row, both.col)), shape=X.shape)
