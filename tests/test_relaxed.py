"""Relaxed paths: refits against closed forms, glmnet and scikit-learn; mixes; their cross-validation."""

from __future__ import annotations

import json

import numpy as np
import pytest
from parts import FIXTURES
from scipy import sparse

import fastnet
from fastnet.losses import cox


def data(n=60, p=90, seed=0):
    rng = np.random.default_rng(seed)
    X = np.asfortranarray(rng.standard_normal((n, p)) * rng.uniform(0.5, 2.0, p) + rng.uniform(-1, 1, p))
    y = X[:, :4] @ [2.0, -1.0, 1.0, 0.5] + rng.standard_normal(n) + 3.0
    return X, y, rng.uniform(0.2, 2.0, n)


@pytest.mark.parametrize("family", ["gaussian", "binomial", "poisson"])
def test_glmnet(family):
    case = json.loads((FIXTURES / f"relaxed_{family}.json").read_text())
    X, y, w = (np.array(case[name], float) for name in ("X", "y", "weights"))
    path = fastnet.enet_path(X, y, family=family, alphas=case["lambda"], sample_weight=w, tol=1e-12)
    for gamma, theirs in ((0.0, case["refit"]), (0.5, case["half"])):
        relaxed = path.relax(X, y, gamma)
        found = np.column_stack((relaxed.intercepts, relaxed.coefs.toarray().T))
        np.testing.assert_allclose(found, theirs, atol=2e-4)


@pytest.mark.parametrize("make", [np.asarray, sparse.csc_array, np.float32])
@pytest.mark.parametrize("fit_intercept", [True, False])
def test_least_squares_in_closed_form(fit_intercept, make):
    X, y, w = data()
    offset = np.linspace(0, 1, 60)
    path = fastnet.enet_path(make(X), y, sample_weight=w, offset=offset, fit_intercept=fit_intercept, alphas=12)
    relaxed = path.relax(make(X), y)
    root = np.sqrt(w)
    for k in range(12):
        chosen = path.coefs[:, [k]].indices
        Z = np.column_stack((np.ones(60), X[:, chosen])) if fit_intercept else X[:, chosen]
        expected = np.linalg.lstsq(root[:, None] * Z, root * (y - offset), rcond=None)[0]
        coef = relaxed.coefs[:, [k]].toarray()[:, 0]
        np.testing.assert_allclose(coef[chosen], expected[int(fit_intercept) :], rtol=1e-4, atol=1e-5)
        assert np.count_nonzero(coef) == len(chosen)
        if fit_intercept:
            assert relaxed.intercepts[k] == pytest.approx(expected[0], rel=1e-4)


def test_more_columns_than_rows_are_interpolated_with_the_smallest_norm():
    X, y, _ = data(20, 90)
    path = fastnet.enet_path(X, y, l1_ratio=0.2, alphas=20)
    relaxed = path.relax(X, y)
    assert path.dfs[-1] > 20
    np.testing.assert_allclose(relaxed.predict(X)[:, -1], y, atol=1e-6)
    assert relaxed.deviance_ratios[-1] == pytest.approx(1.0)
    twins = np.column_stack((X[:, :3], X[:, 0]))  # a column twice
    both = fastnet.enet_path(twins, y, l1_ratio=0.5, alphas=[0.01]).relax(twins, y)
    coef = both.coefs.toarray()[:, 0]
    assert coef[0] == pytest.approx(coef[3])


def test_a_mix_is_linear_and_knows_what_it_is(tmp_path):
    X, y, _ = data()
    path = fastnet.enet_path(X, y, alphas=15)
    refit, half = path.relax(X, y), path.relax(X, y, gamma=0.5)
    np.testing.assert_allclose(half.coefs.toarray(), 0.5 * (path.coefs + refit.coefs).toarray())
    np.testing.assert_allclose(half.intercepts, 0.5 * (path.intercepts + refit.intercepts))
    assert path.relax(X, y, gamma=1.0) is path
    assert np.all(refit.deviance_ratios >= half.deviance_ratios - 1e-12)
    assert np.all(half.deviance_ratios >= path.deviance_ratios - 1e-6)
    fit = half.predict(X)
    explained = 1 - np.sum((y[:, None] - fit) ** 2, axis=0) / np.sum((y - y.mean()) ** 2)
    np.testing.assert_allclose(half.deviance_ratios, explained, atol=1e-10)
    assert np.isnan(half.gaps).all()
    assert "relaxed, gamma 0.5" in repr(half)
    half.save(tmp_path / "half.npz")
    assert fastnet.load(tmp_path / "half.npz").gamma == 0.5
    for call in (lambda: half.relax(X, y), lambda: half.extend(X, y, alphas=3)):
        with pytest.raises(ValueError, match="relax"):
            call()
    with pytest.raises(ValueError, match="gamma is 2"):
        path.relax(X, y, gamma=2)


def test_separated_classes_have_a_refit_all_the_same():
    X, _, _ = data(40, 30)
    y = (X[:, 0] > X[:, 0].mean()).astype(float)  # one column separates them
    path = fastnet.enet_path(X, y, family="binomial", alphas=10)
    relaxed = path.relax(X, y)
    assert np.isfinite(relaxed.coefs.data).all()
    assert relaxed.converged
    assert relaxed.deviance_ratios[-1] > 0.99


def test_bounds_are_kept():
    X, y, _ = data()
    path = fastnet.enet_path(X, y, lower=0.0, upper=1.5, alphas=10)
    relaxed = path.relax(X, y)
    assert relaxed.coefs.data.min() >= 0
    assert relaxed.coefs.data.max() <= 1.5
    assert np.all(relaxed.deviance_ratios >= path.deviance_ratios - 1e-6)


def test_cox_with_strata():
    rng = np.random.default_rng(0)
    X = rng.standard_normal((100, 10))
    y = np.column_stack((rng.exponential(np.exp(-X[:, 0])), np.ones(100)))
    family = cox("efron", np.arange(100) % 2)
    path = fastnet.enet_path(X, y, family=family, alphas=[0.1])
    relaxed = path.relax(X, y, family=family)
    chosen = path.coefs.indices
    alone = fastnet.enet_path(X[:, chosen], y, family=family, alphas=[1e-6], l1_ratio=0.0, tol=1e-9)
    np.testing.assert_allclose(relaxed.coefs.data, alone.coefs.toarray()[:, 0], rtol=1e-3)
    assert relaxed.deviance_ratios[0] == pytest.approx(alone.deviance_ratios[0], abs=1e-6)


@pytest.mark.parametrize("family", ["gaussian", "binomial"])
def test_cross_validation_over_alpha_and_gamma(family):
    X, y, w = data()
    y = (y > np.median(y)).astype(float) if family == "binomial" else y
    options = {"family": family, "alphas": [0.3, 0.1], "sample_weight": w, "cv": np.arange(60) % 3}
    cv = fastnet.cv_path(X, y, relax=[0.0, 0.5, 1.0], keep_predictions=True, n_jobs=2, **options)
    assert cv.gammas == (0.0, 0.5, 1.0)
    plain = fastnet.cv_path(X, y, **options)
    np.testing.assert_array_equal(cv.fold_scores[2], plain.fold_scores[0])
    a = cv.fold_ids != 0
    part = fastnet.enet_path(X[a], y[a], family=family, alphas=[0.3, 0.1], sample_weight=w[a])
    expected = part.relax(X[a], y[a], gamma=0.5).predict(X[~a])
    np.testing.assert_allclose(cv.predictions[1][~a], expected, rtol=1e-3, atol=1e-4)
    assert cv.gamma == cv.gammas[int(np.argmin([mean.min() for mean in cv.means]))] == cv.path.gamma
    np.testing.assert_array_equal(cv.coef("min"), cv.path.coef_at(cv.alpha_min))


def test_where_it_pays_the_refit_is_chosen():
    rng = np.random.default_rng(0)
    X = rng.standard_normal((100, 200))
    y = X[:, :3].sum(axis=1) * 3 + 0.5 * rng.standard_normal(100)
    cv = fastnet.cv_path(X, y, cv=5, relax=True, l1_ratio=(0.5, 1.0))
    assert len(cv.paths) == 10
    assert cv.gamma < 1
    assert cv.mean.min() < 0.9 * min(mean.min() for mean, gamma in zip(cv.means, cv.gammas) if gamma == 1.0)
    assert set(cv.selected("1se")) == {0, 1, 2}
    assert "gamma" in cv.summary()
    with pytest.raises(ValueError, match="relax is empty"):
        fastnet.cv_path(X, y, relax=[])
    with pytest.raises(TypeError, match="relax is 0.5"):
        fastnet.cv_path(X, y, relax=0.5)
