"""Degrees of freedom against the derivative of the fit by y; criteria against their formulas and scikit-learn."""

from __future__ import annotations

import numpy as np
import pytest
from scipy import sparse

import fastnet
from fastnet.criteria import criteria, degrees_of_freedom


def data(n=30, p=45, seed=0):
    rng = np.random.default_rng(seed)
    X = np.asfortranarray(rng.standard_normal((n, p)) * rng.uniform(0.5, 2, p) + rng.uniform(-1, 1, p))
    return X, X[:, :4] @ [2.0, -1.0, 1.0, 0.5] + rng.standard_normal(n) + 3.0, rng.uniform(0.2, 2.0, n)


def divergence(X, y, k, options):
    """sum_i d fit_i / d y_i by central differences: what the degrees of freedom are."""
    total, step = 0.0, 1e-5
    for i in range(len(y)):
        fits = []
        for sign in (1.0, -1.0):
            moved = y.copy()
            moved[i] += sign * step
            fits.append(fastnet.enet_path(X, moved, **options).predict(X)[i, k])
        total += (fits[0] - fits[1]) / (2 * step)
    return total


@pytest.mark.parametrize("kind", ["dense", "csc"])
@pytest.mark.parametrize(
    "options",
    [
        {"l1_ratio": 1.0},
        {"l1_ratio": 0.5},
        {"l1_ratio": 0.0},
        {"l1_ratio": 0.5, "standardize": False, "fit_intercept": False},
        {"l1_ratio": 0.0, "standardize": False, "fit_intercept": False},
        {"l1_ratio": 0.3, "weighted": True, "factors": True},
        {"l1_ratio": 0.0, "weighted": True, "factors": True},
        {"l1_ratio": 0.7, "lower": 0.0},
        {"l1_ratio": 0.7, "lower": -0.2, "upper": 0.3},
    ],
)
def test_degrees_of_freedom_are_the_divergence_of_the_fit(options, kind):
    X, y, w = data()
    options = options | {"alphas": [0.5, 0.1], "tol": 1e-14}
    if options.pop("weighted", False):
        options["sample_weight"] = w
    if options.pop("factors", False):
        options["penalty_factor"] = np.r_[0.0, 0.0, np.linspace(0.5, 2, 43)]
    if kind == "csc":
        X = sparse.csc_array(X * (np.random.default_rng(1).random(X.shape) < 0.4))
    path = fastnet.enet_path(X, y, **options)
    dfs = degrees_of_freedom(path, X)
    for k in range(2):
        expected = divergence(X, y, k, options) - path.fit_intercept
        assert dfs[k] == pytest.approx(expected, rel=1e-4, abs=1e-4)


def test_lasso_counts_the_rank_of_the_active_columns():
    X, y, _ = data()
    path = fastnet.enet_path(X, y, tol=1e-10)
    np.testing.assert_allclose(degrees_of_freedom(path, X), np.minimum(path.dfs, len(y) - 1))


def test_formulas():
    X, y, w = data()
    path = fastnet.enet_path(X, y, l1_ratio=0.5, alphas=[1.0, 0.3], sample_weight=w)
    found = criteria(path, X, y, gamma=0.5)
    n = len(y)
    D = n * np.average((y[:, None] - path.predict(X)) ** 2, axis=0, weights=w)
    k = degrees_of_freedom(path, X) + 1
    np.testing.assert_allclose(found.deviances, D)
    np.testing.assert_allclose(found.aic, n * np.log(D / n) + 2 * k)
    np.testing.assert_allclose(found.aicc, found.aic + 2 * k * (k + 1) / (n - k - 1))
    np.testing.assert_allclose(found.bic, n * np.log(D / n) + np.log(n) * k)
    np.testing.assert_allclose(found.gcv, D / n / (1 - k / n) ** 2)
    np.testing.assert_allclose(criteria(path, X, y, gamma=0.0).ebic, found.bic)
    np.testing.assert_allclose(criteria(path, X, y, dispersion=2.0).aic, D / 2 + 2 * k)
    assert np.all(found.ebic > found.bic)


def test_choices_agree_with_scikit_learn():
    from sklearn.linear_model import LassoLarsIC
    from sklearn.preprocessing import scale

    X, y, _ = data(80, 10)
    X = scale(X)
    for name in ("aic", "bic"):
        theirs = LassoLarsIC(criterion=name).fit(X, y)
        above = theirs.alphas_[:-1] * (1 + 1e-8)  # at a knot itself rounding decides whether a column is in
        path = fastnet.enet_path(X, y, alphas=above, standardize=False, tol=1e-13)
        found = criteria(path, X, y, dispersion=theirs.noise_variance_)
        assert found.alpha(name) == pytest.approx(theirs.alpha_, rel=1e-6)
        difference = getattr(found, name) - theirs.criterion_[:-1]
        np.testing.assert_allclose(difference, difference[0], rtol=1e-5)  # up to a constant


def test_points_without_residual_degrees_of_freedom_are_never_chosen():
    X, y, _ = data()
    path = fastnet.enet_path(X, y, alpha_min_ratio=1e-6)
    found = criteria(path, X, y)
    assert np.isinf(found.bic[-1])
    for name in ("aicc", "bic", "ebic", "gcv"):
        assert degrees_of_freedom(path, X)[path.alphas == found.alpha(name)] < len(y) - 1
    with pytest.raises(ValueError, match="'bic'"):
        found.alpha("cic")


def test_binomial_has_its_hessian_s_degrees_of_freedom():
    X, _, _ = data(60, 6)
    y = (np.random.default_rng(0).random(60) < 1 / (1 + np.exp(-X[:, 0]))).astype(float)
    path = fastnet.enet_path(X, y, family="binomial", l1_ratio=0.0, alphas=[0.3, 0.01], standardize=False)
    found = criteria(path, X, y)
    for k, alpha in enumerate(path.alphas):
        p = path.predict(X)[:, k]
        A = np.column_stack((np.ones(60), X))
        hessian = A.T @ (A * (p * (1 - p))[:, None]) / 60
        expected = np.trace(np.linalg.solve(hessian + alpha * np.diag([0.0] + [1.0] * 6), hessian))
        assert found.dfs[k] + 1 == pytest.approx(expected)
        deviance = -2 * np.sum(y * np.log(p) + (1 - y) * np.log(1 - p))
        assert found.aic[k] == pytest.approx(deviance + 2 * expected)


@pytest.mark.parametrize(
    ("change", "message"),
    [({"gamma": 2}, "gamma"), ({"dispersion": 0}, "dispersion"), ({"X": np.zeros((30, 3))}, "3 columns")],
)
def test_errors(change, message):
    X, y, _ = data()
    path = fastnet.enet_path(X, y, alphas=3)
    with pytest.raises(ValueError, match=message):
        criteria(path, change.pop("X", X), y, **change)
