"""cv_path for survival times and for losses of one's own: folds, partial-likelihood deviance, concordance."""

from __future__ import annotations

import json

import numpy as np
import pytest
import user_losses
from parts import FIXTURES

import fastnet
from fastnet.losses import cox
from fastnet.losses.family import Family
from fastnet.model_selection.survival_measures import concordance
from fastnet.model_selection.total_loss import deviance_of


@pytest.fixture(scope="module")
def glmnet():
    """cv.glmnet's means and standard errors (tests/glmnet/make_cv_fixtures.R)."""
    case = json.loads((FIXTURES / "cv_cox.json").read_text())
    names = ("X", "time", "event", "weights", "folds", "lambda", "eta")
    return case | {name: np.array(case[name], float) for name in names}


def survival(case, dtype=None):
    if dtype is None:
        return np.column_stack((case["time"], case["event"]))
    y = np.empty(len(case["time"]), dtype)
    y["event"], y["time"] = case["event"] > 0, case["time"]
    return y


@pytest.mark.parametrize("weighted", [False, True])
def test_deviance_is_glmnet_s(glmnet, weighted):
    theirs = glmnet["deviance_weighted" if weighted else "deviance"]
    for y in (survival(glmnet), survival(glmnet, [("event", bool), ("time", float)])):
        cv = fastnet.cv_path(
            glmnet["X"], y, family="cox", cv=glmnet["folds"].astype(int), alphas=glmnet["lambda"],
            sample_weight=glmnet["weights"] if weighted else None,
        )  # fmt: skip
        np.testing.assert_allclose(cv.mean, theirs["mean"], rtol=2e-3)
        np.testing.assert_allclose(cv.se, theirs["se"], rtol=2e-2)
        assert cv.measure == "deviance"


def test_concordance_is_glmnet_s(glmnet):
    options = {"family": "cox", "cv": glmnet["folds"].astype(int), "alphas": glmnet["lambda"]}
    cv = fastnet.cv_path(glmnet["X"], survival(glmnet), scoring="concordance", **options)
    np.testing.assert_allclose(cv.mean, glmnet["C"]["mean"], atol=2e-3)
    assert cv.greater_is_better


def test_concordance_is_that_of_r_s_survival(glmnet):
    y, eta = survival(glmnet), glmnet["eta"]
    assert concordance(y, eta) == pytest.approx(glmnet["concordance"])
    assert concordance(y, eta, glmnet["weights"]) == pytest.approx(glmnet["concordance_weighted"])
    assert concordance(y, eta, strata=glmnet["folds"]) == pytest.approx(glmnet["concordance_strata"])
    both = concordance(y, np.column_stack((eta, -eta)))
    assert both.sum() == pytest.approx(1.0)


def pairs(start, stop, event, eta, weight):
    """The definition, pair by pair."""
    total = good = 0.0
    for i in np.flatnonzero(event):
        for j in range(len(stop)):
            later = stop[j] > stop[i] or (stop[j] == stop[i] and not event[j])
            if later and start[j] < stop[i]:
                total += weight[i] * weight[j]
                good += weight[i] * weight[j] * ((eta[i] > eta[j]) + 0.5 * (eta[i] == eta[j]))
    return good / total


def test_concordance_of_intervals_by_hand():
    rng = np.random.default_rng(0)
    start = rng.integers(0, 5, 40).astype(float)
    stop, event = start + rng.integers(1, 6, 40), rng.random(40) < 0.6
    eta, weight = rng.integers(0, 6, 40).astype(float), rng.random(40)
    found = concordance(np.column_stack((start, stop, event)), eta, weight)
    assert found == pytest.approx(pairs(start, stop, event, eta, weight))


@pytest.mark.parametrize("ties", ["breslow", "efron"])
def test_folds_with_strata_and_intervals_are_the_fits_of_their_rows(ties):
    rng = np.random.default_rng(1)
    X = rng.standard_normal((90, 12))
    start = rng.uniform(0, 1, 90)
    stop = start + np.round(rng.exponential(np.exp(-X[:, 0])), 1) + 0.1
    y = np.column_stack((start, stop, rng.random(90) < 0.7))
    strata, ids, w = np.arange(90) % 2, np.arange(90) % 3, rng.uniform(0.5, 2, 90)
    options = {"alphas": [0.1, 0.03], "tol": 1e-11}
    cv = fastnet.cv_path(
        X, y, family=cox(ties, strata), cv=ids, sample_weight=w, keep_predictions=True, n_jobs=2, **options
    )
    for k in range(3):
        a, b = ids != k, ids == k
        part = fastnet.enet_path(X[a], y[a], family=cox(ties, strata[a]), sample_weight=w[a], **options)
        np.testing.assert_allclose(cv.predictions[0][b], part.predict(X[b]), rtol=1e-4)
        eta = X @ part.coefs
        whole = deviance_of(cox(ties, strata), y, eta, w)
        train = deviance_of(cox(ties, strata[a]), y[a], eta[a], w[a])
        np.testing.assert_allclose(cv.fold_scores[0][k], (whole - train) / (w * y[:, 2])[b].sum(), rtol=1e-4)


def test_folds_have_events_in_equal_shares():
    rng = np.random.default_rng(0)
    X, event = rng.standard_normal((60, 5)), np.arange(60) < 12
    y = np.column_stack((rng.exponential(size=60), event))
    cv = fastnet.cv_path(X, y, family="cox", cv=4, alphas=3)
    assert np.all(np.bincount(cv.fold_ids, event) == 3)
    with pytest.raises(ValueError, match="fold 0 holds no event"):
        fastnet.cv_path(X, y, family="cox", cv=np.where(event, 0, 1), alphas=3)
    for scoring in ("mse", "auc"):
        with pytest.raises(ValueError, match="deviance, concordance"):
            fastnet.cv_path(X, y, family="cox", scoring=scoring)
    with pytest.raises(ValueError, match="survival times"):
        fastnet.cv_path(X, y[:, 0], scoring="concordance")


def test_deviance_of_any_loss_is_the_one_of_known_losses():
    from fastnet.losses import find_family, huber
    from fastnet.model_selection.measures import unit_deviance

    rng = np.random.default_rng(0)
    eta, w = rng.standard_normal((30, 3)), rng.uniform(0, 1, 30)
    for family in ("poisson", "binomial", "squared_hinge", huber(delta=0.5)):
        y = rng.integers(0, 2, 30).astype(float)
        expected = w @ unit_deviance(family, y[:, None], eta)
        np.testing.assert_allclose(deviance_of(find_family(family), y, eta, w), expected, rtol=1e-12)


def test_a_loss_of_one_s_own_is_cross_validated_by_its_deviance():
    rng = np.random.default_rng(0)
    X = rng.standard_normal((60, 10))
    y, w = X[:, 0] + rng.standard_t(2, 60), rng.uniform(0.5, 2, 60)
    options = {"family": Family("log_cosh", user_losses.LogCosh), "alphas": 5}
    cv = fastnet.cv_path(X, y, cv=3, sample_weight=w, **options)
    for k in range(3):
        a = cv.fold_ids != k
        path = fastnet.enet_path(X[a], y[a], sample_weight=w[a], **(options | {"alphas": cv.alphas}))
        error = y[~a, None] - (X[~a] @ path.coefs + path.intercepts)
        expected = np.average(2 * np.log(np.cosh(error)), weights=w[~a], axis=0)
        np.testing.assert_allclose(cv.fold_scores[0][k], expected, rtol=1e-4)
