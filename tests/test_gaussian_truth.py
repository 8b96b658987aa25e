"""enet_path, family gaussian, against closed forms, the naive reference, scikit-learn and glmnet."""

import numpy as np
import pytest
import scipy.sparse as sp
from parts import (
    DESIGNS,
    PENALTIES,
    SAMPLES,
    SHAPES,
    SINGLE,
    data,
    fastnet_arguments,
    glmnet_case,
    glmnet_cases,
)
from reference import Reference

import fastnet
from fastnet.conventions import from_glmnet


def soft(z, threshold):
    return np.sign(z) * np.maximum(np.abs(z) - threshold, 0)


# --- closed forms


@pytest.mark.parametrize("make", [np.asarray, sp.csc_array])
@pytest.mark.parametrize("l1_ratio", [1.0, 0.5, 0.1])
def test_orthogonal_design(make, l1_ratio):
    """<x_j, x_k> = 0: each coefficient is soft(<x_j, y>, la) / (|x_j|^2 + lr)."""
    rng = np.random.default_rng(0)
    X = np.linalg.qr(rng.standard_normal((20, 6)))[0] * [1, 2, 3, 4, 5, 6]
    y = X @ rng.standard_normal(6) + rng.standard_normal(20)
    path = fastnet.enet_path(make(X), y, l1_ratio=l1_ratio, fit_intercept=False, standardize=False, tol=1e-12)
    square, inner = (X**2).mean(0), X.T @ y / 20
    for k, alpha in enumerate(path.alphas):
        expected = soft(inner, alpha * l1_ratio) / (square + alpha * (1 - l1_ratio))
        np.testing.assert_allclose(path.coefs[:, [k]].toarray()[:, 0], expected, atol=1e-5)
    np.testing.assert_allclose(path.alpha_max, np.max(np.abs(inner)) / l1_ratio, rtol=1e-12)
    np.testing.assert_allclose(path.alphas[0], path.alpha_max, rtol=1e-12)


@pytest.mark.parametrize("shape", SHAPES)
@pytest.mark.parametrize("sample", SAMPLES)
def test_ridge_closed_form(shape, sample):
    n, p = SHAPES[shape]
    X, y = data(n, p)
    options = SAMPLES[sample](n)
    truth = Reference(X, y, l1_ratio=0.0, **options)
    alphas = np.array([10.0, 0.3, 1e-3])
    gram, right = truth.Z.T @ (truth.w[:, None] * truth.Z), truth.Z.T @ (truth.w * truth.t)
    for design in (X, sp.csc_array(X)):
        path = fastnet.enet_path(design, y, l1_ratio=0.0, alphas=alphas, tol=1e-9, **options)
        for k, alpha in enumerate(alphas):
            b = np.linalg.solve(gram + alpha * np.eye(p), right) / truth.s
            np.testing.assert_allclose(path.coefs[:, [k]].toarray()[:, 0], b, rtol=1e-5, atol=1e-6)
            level = truth.center - truth.mean @ b if truth.fit_intercept else 0.0
            np.testing.assert_allclose(path.intercepts[k], level, rtol=1e-5, atol=1e-5)


@pytest.mark.parametrize("l1_ratio", [1.0, 0.5, 0.0])
@pytest.mark.parametrize("standardize", [True, False])
@pytest.mark.parametrize("bound", [np.inf, 0.3])
def test_one_column(l1_ratio, standardize, bound):
    rng = np.random.default_rng(3)
    x, y = rng.standard_normal(15) * 2 + 1, rng.standard_normal(15)
    y = y + x
    alphas = [0.5, 0.1, 0.01]
    path = fastnet.enet_path(
        x[:, None], y, l1_ratio=l1_ratio, alphas=alphas, standardize=standardize, upper=bound, tol=1e-12
    )
    s = x.std() if standardize else 1.0
    z = (x - x.mean()) / s
    for k, alpha in enumerate(alphas):
        b = soft(z @ y / 15, alpha * l1_ratio) / (z @ z / 15 + alpha * (1 - l1_ratio)) / s
        b = min(b, bound)
        np.testing.assert_allclose(path.coefs.toarray()[0, k], b, atol=1e-5)
        np.testing.assert_allclose(path.intercepts[k], y.mean() - x.mean() * path.coefs.toarray()[0, k], rtol=1e-10)


def test_no_penalty_is_least_squares():
    X, y = data(40, 8)
    path = fastnet.enet_path(X, y, alphas=[0.0], tol=1e-10)
    fit = np.linalg.lstsq(np.column_stack([np.ones(40), X]), y, rcond=None)[0]
    np.testing.assert_allclose(path.coefs.toarray()[:, 0], fit[1:], atol=2e-3)
    np.testing.assert_allclose(path.objectives[0], 0.5 * np.mean((y - fit[0] - X @ fit[1:]) ** 2), rtol=1e-8)


# --- the naive reference


@pytest.mark.parametrize("shape", SHAPES)
@pytest.mark.parametrize("penalty", PENALTIES)
@pytest.mark.parametrize("sample", SAMPLES)
def test_reference(shape, penalty, sample):
    """alpha_max, objectives, gaps, deviance ratios, coefficients, for dense and sparse X."""
    n, p = SHAPES[shape]
    X, y = data(n, p)
    options = PENALTIES[penalty](p) | SAMPLES[sample](n)
    truth = Reference(X, y, **options)
    alphas = truth.alpha_max() * np.array([1.0, 0.5, 0.1, 0.02])
    tol = 1e-9
    solutions = [truth.solve(alpha) for alpha in alphas]
    for design in (X, sp.csc_array(X)):
        path = fastnet.enet_path(design, y, alphas=alphas, tol=tol, **options)
        np.testing.assert_allclose(path.alpha_max, truth.alpha_max(), rtol=1e-9)
        assert np.all(path.statuses == 0)
        for k, (alpha, (_, b)) in enumerate(zip(alphas, solutions, strict=True)):
            point = path.intercepts[k], path.coefs[:, [k]].toarray()[:, 0], alpha
            np.testing.assert_allclose(path.objectives[k], truth.objective(*point), rtol=1e-9)
            assert path.gaps[k] <= tol
            assert truth.gap(*point) <= tol * 1.001 + 1e-13
            best = truth.objective(solutions[k][0], b, alpha)
            assert truth.objective(*point) - best <= tol * truth.null_objective + 1e-13 * abs(best)
            level, c = truth.inner(point[0], point[1])
            deviance = np.sum(truth.w * (truth.t - level - truth.Z @ c) ** 2)
            np.testing.assert_allclose(path.deviance_ratios[k], 1 - deviance / (2 * truth.null_objective), atol=1e-9)
            assert path.dfs[k] == np.count_nonzero(point[1])
            # the objective minus its minimum is at least half the curvature along the difference
            d = c - truth.inner(0.0, b)[1]
            ridge = alpha * (1 - truth.l1_ratio) * truth.pf
            assert 0.5 * (truth.w @ (truth.Z @ d) ** 2 + ridge @ d**2) <= tol * truth.null_objective * 1.001 + 1e-13


@pytest.mark.parametrize("name", DESIGNS)
@pytest.mark.parametrize("l1_ratio", [1.0, 0.5, 0.0])
def test_every_design(name, l1_ratio, tmp_path):
    X, y = data(20, 9)
    alphas = Reference(X, y, l1_ratio=l1_ratio).alpha_max() * np.array([0.5, 0.05])
    expected = fastnet.enet_path(X, y, l1_ratio=l1_ratio, alphas=alphas, tol=1e-9)
    path = fastnet.enet_path(DESIGNS[name](X, tmp_path), y, l1_ratio=l1_ratio, alphas=alphas, tol=1e-9)
    tolerance = 1e-4 if name in SINGLE else 1e-8
    np.testing.assert_allclose(path.objectives, expected.objectives, rtol=tolerance)
    if name.startswith("pandas"):
        assert tuple(path.feature_names) == tuple(f"x{j}" for j in range(9))


# --- scikit-learn


@pytest.mark.parametrize("make", [np.asarray, sp.csc_matrix])
@pytest.mark.parametrize("l1_ratio", [1.0, 0.5])
@pytest.mark.parametrize("positive", [False, True])
def test_scikit_learn_path(make, l1_ratio, positive):
    """enet_path of scikit-learn: no intercept, no standardisation, the same alpha and l1_ratio."""
    from sklearn.linear_model import enet_path

    X, y = data(40, 8)
    ours = fastnet.enet_path(
        make(X), y, l1_ratio=l1_ratio, alphas=20, alpha_min_ratio=1e-2, fit_intercept=False,
        standardize=False, lower=0.0 if positive else None, tol=1e-12,
    )  # fmt: skip
    _, coefs, _ = enet_path(
        make(X), y, l1_ratio=l1_ratio, alphas=ours.alphas, positive=positive, tol=1e-12, max_iter=100_000
    )
    np.testing.assert_allclose(ours.coefs.toarray(), coefs, atol=1e-4)


@pytest.mark.parametrize("weighted", [False, True])
def test_scikit_learn_estimator(weighted):
    from sklearn.linear_model import ElasticNet

    X, y = data(40, 8)
    weight = SAMPLES["weights"](40)["sample_weight"] if weighted else None
    model = ElasticNet(alpha=0.2, l1_ratio=0.7, tol=1e-12, max_iter=100_000).fit(X, y, sample_weight=weight)
    path = fastnet.enet_path(X, y, l1_ratio=0.7, alphas=[0.2], sample_weight=weight, standardize=False, tol=1e-12)
    np.testing.assert_allclose(path.coefs.toarray()[:, 0], model.coef_, atol=1e-4)
    np.testing.assert_allclose(path.intercepts[0], model.intercept_, atol=1e-4)


# --- R's glmnet


@pytest.mark.parametrize("name", glmnet_cases("gaussian"))
def test_glmnet(name):
    case = glmnet_case(name)
    options = fastnet_arguments(case)
    names = ("sample_weight", "offset", "penalty_factor", "fit_intercept")
    scaling = {key: value for key, value in options.items() if key in names}
    X = sp.csc_array(case["X"]) if case["sparse"] else case["X"]
    truth = Reference(case["X"], case["y"], **options)
    for fit in case["fits"]:
        alphas, ratios = from_glmnet(fit["lambda"], fit["alpha"], y=case["y"], **scaling)
        path = fastnet.enet_path(X, case["y"], l1_ratio=ratios[0], alphas=alphas, tol=1e-11, **options)
        ours, theirs = path.coefs.toarray() * truth.s[:, None], fit["coefs"].T * truth.s[:, None]
        np.testing.assert_allclose(ours, theirs, atol=1e-4)
        np.testing.assert_allclose(path.intercepts, fit["intercept"], atol=1e-4)
        if "offset" not in options:  # glmnet's null deviance: intercept alone
            level = np.array([truth.inner(b0, b)[0] for b0, b in zip(path.intercepts, path.coefs.toarray().T)])
            residual = (truth.t[:, None] - level - truth.Z @ ours).T
            explained = 1 - (residual**2 @ truth.w) / (truth.w @ truth.t**2)
            np.testing.assert_allclose(explained, fit["dev_ratio"], atol=1e-6)
