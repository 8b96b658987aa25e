"""Approximate leave-one-out against exact leave-one-out, row by row."""

from __future__ import annotations

import numpy as np
import pytest
from scipy import sparse

import fastnet
from fastnet.fitted import loss_of


def data(family, n=50, p=120, seed=0):
    rng = np.random.default_rng(seed)
    X = rng.standard_normal((n, p))
    X = np.asfortranarray((X - X.mean(axis=0)) / X.std(axis=0))
    eta = X[:, :5] @ [1.0, -1.0, 0.5, 0.5, 1.0]
    y = {
        "gaussian": lambda: eta + rng.standard_normal(n) + 2.0,
        "huber": lambda: eta + rng.standard_t(2, n),
        "binomial": lambda: (rng.random(n) < 1 / (1 + np.exp(-eta))).astype(float),
        "poisson": lambda: rng.poisson(np.exp(0.3 * eta)).astype(float),
    }[family]()
    return X, y, rng.uniform(0.5, 1.5, n)


def exact(path, X, y, weight, **options):
    """(n, K) linear predictors of fits without each row, the penalty unchanged: alpha W / (W - w_i)."""
    total, eta = weight.sum(), np.empty((len(y), len(path)))
    for i in range(len(y)):
        kept = np.where(np.arange(len(y)) == i, 0.0, weight)
        part = fastnet.enet_path(
            X, y, family=path.family, l1_ratio=path.l1_ratio, alphas=path.alphas * total / (total - weight[i]),
            sample_weight=kept, standardize=False, fit_intercept=path.fit_intercept, tol=1e-10, **options,
        )  # fmt: skip
        eta[i] = X[[i]] @ part.coefs + part.intercepts
    return eta


def deviance(path, y, eta, weight):
    loss = loss_of(path)
    return np.average(2 * (loss.value(y[:, None], eta) + loss.conjugate(y, 0 * y)[:, None]), weights=weight, axis=0)


@pytest.mark.parametrize("p", [10, 120])
@pytest.mark.parametrize("options", [{}, {"fit_intercept": False}, {"penalty_factor": 1}])
def test_ridge_is_exact(p, options):
    X, y, w = data("gaussian", 30, p)
    if "penalty_factor" in options:
        options = {"penalty_factor": np.where(np.arange(p) < 2, 0.0, np.linspace(0.5, 2, p))}
    path = fastnet.enet_path(X, y, l1_ratio=0.0, alphas=[1.0, 0.1, 0.01], sample_weight=w, standardize=False, **options)
    expected = exact(path, X, y, w, **{name: value for name, value in options.items() if name != "fit_intercept"})
    loo = fastnet.leave_one_out(path, X, y)
    np.testing.assert_allclose(loo.predictors, expected, atol=1e-6)
    np.testing.assert_allclose(loo.deviances, deviance(path, y, expected, w), rtol=1e-6)


def test_elastic_net_is_exact_while_the_same_columns_are_active():
    X, y, w = data("gaussian", 60, 6)
    y = 10 * X[:, :6].sum(axis=1) + y  # all six stay active whichever row is left out
    for l1_ratio in (0.5, 1.0):
        path = fastnet.enet_path(
            X, y, l1_ratio=l1_ratio, alphas=[1.0, 0.1], sample_weight=w, standardize=False, tol=1e-12
        )
        loo = fastnet.leave_one_out(path, X, y)
        np.testing.assert_allclose(loo.predictors, exact(path, X, y, w), atol=1e-5)
        assert not loo.doubtful.any()


@pytest.mark.parametrize("family", ["binomial", "poisson", "huber"])
def test_ridge_of_other_losses_to_one_newton_step(family):
    X, y, w = data(family, 40, 60)
    path = fastnet.enet_path(X, y, family=family, l1_ratio=0.0, alphas=[3.0, 0.3], sample_weight=w, standardize=False)
    loo = fastnet.leave_one_out(path, X, y)
    np.testing.assert_allclose(loo.deviances, deviance(path, y, exact(path, X, y, w), w), rtol=0.02)


@pytest.mark.parametrize("l1_ratio", [1.0, 0.5])
@pytest.mark.parametrize("family", ["gaussian", "binomial", "poisson"])
def test_flags_tell_where_the_deviance_can_be_trusted(family, l1_ratio):
    X, y, w = data(family)
    path = fastnet.enet_path(
        X, y, family=family, l1_ratio=l1_ratio, alphas=10, alpha_min_ratio=0.01, sample_weight=w, standardize=False
    )
    loo = fastnet.leave_one_out(path, X, y)
    error = np.abs(loo.deviances / deviance(path, y, exact(path, X, y, w), w) - 1)
    assert not loo.flags[0]
    assert loo.flags[-1]  # nearly as many columns as rows
    assert error[~loo.flags].max() < 0.15
    assert error[loo.flags].max() > 0.15
    assert loo.alpha_min in path.alphas[~loo.flags]


def test_standardised_sparse_float32_and_bounded_fits():
    X, y, w = data("gaussian", 40, 60)
    scaled = X * np.linspace(0.5, 3, 60) * (np.abs(X) > 0.7)
    path = fastnet.enet_path(scaled, y, alphas=6, sample_weight=w)
    dense = fastnet.leave_one_out(path, scaled, y)
    deviation = np.sqrt(np.average((scaled - np.average(scaled, axis=0, weights=w)) ** 2, axis=0, weights=w))
    same = fastnet.enet_path(scaled / deviation, y, alphas=path.alphas, sample_weight=w, standardize=False)
    other = fastnet.leave_one_out(same, scaled / deviation, y)
    np.testing.assert_allclose(dense.deviances, other.deviances, rtol=1e-4)
    for kind in (sparse.csc_array, np.float32):
        np.testing.assert_allclose(fastnet.leave_one_out(path, kind(scaled), y).deviances, dense.deviances, rtol=1e-4)
    bounded = fastnet.enet_path(X, y, lower=0.0, upper=0.3, alphas=[0.1], standardize=False)
    loo = fastnet.leave_one_out(bounded, X, y)
    eta = exact(bounded, X, y, np.ones(40), lower=0.0, upper=0.3)
    assert loo.deviances[0] == pytest.approx(deviance(bounded, y, eta, np.ones(40))[0], rel=0.1)


def test_what_cannot_be_done_is_refused():
    X, y, _ = data("gaussian", 40, 20)
    path = fastnet.enet_path(X, y, alphas=4)
    with pytest.raises(ValueError, match="relaxed"):
        fastnet.leave_one_out(path.relax(X, y), X, y)
    with pytest.raises(ValueError, match="not convex"):
        fastnet.leave_one_out(fastnet.enet_path(X, np.exp(y), family="inverse_gaussian", alphas=3), X, np.exp(y))
    times = np.column_stack((np.exp(y), np.ones(40)))
    with pytest.raises(ValueError, match="no sum of known losses"):
        fastnet.leave_one_out(fastnet.enet_path(X, times, family="cox", alphas=3), X, times)
    flagged = fastnet.leave_one_out(fastnet.enet_path(X[:21], y[:21], alphas=[1e-8]), X[:21], y[:21])
    with pytest.raises(ValueError, match="every point is flagged"):
        flagged.alpha_min  # noqa: B018
