"""fastnet.sklearn.CoxPH: fits, predictions and scores; scikit-learn's searches over it."""

from __future__ import annotations

import pickle

import numpy as np
import pytest
from scipy import sparse

sklearn = pytest.importorskip("sklearn", minversion="1.9")

from sklearn.base import clone  # noqa: E402
from sklearn.feature_selection import SelectFromModel  # noqa: E402
from sklearn.model_selection import GridSearchCV, KFold  # noqa: E402

import fastnet  # noqa: E402
from fastnet.losses import cox  # noqa: E402
from fastnet.model_selection.survival_measures import concordance  # noqa: E402
from fastnet.sklearn import CoxPH  # noqa: E402


def data(n=80, p=30, seed=0):
    rng = np.random.default_rng(seed)
    X = rng.standard_normal((n, p))
    time = np.round(rng.exponential(np.exp(-X[:, 0] + 0.5 * X[:, 1])), 2) + 0.01
    event = rng.random(n) < 0.7
    structured = np.empty(n, dtype=[("event", bool), ("time", float)])
    structured["event"], structured["time"] = event, time
    return X, np.column_stack((time, event)), structured, rng.uniform(0.2, 2.0, n)


def test_is_the_fit_of_enet_path_for_every_kind_of_y():
    X, y, structured, w = data()
    strata = np.arange(80) % 2
    path = fastnet.enet_path(
        X, y, family=cox("efron", strata), alphas=[0.05], l1_ratio=0.5, standardize=False, sample_weight=w, tol=1e-9
    )
    for times in (y, structured):
        model = CoxPH(0.05, l1_ratio=0.5, ties="efron", tol=1e-7).fit(X, times, sample_weight=w, strata=strata)
        np.testing.assert_allclose(model.coef_, path.coefs.toarray()[:, 0], atol=1e-6)
    np.testing.assert_array_equal(model.predict(X), X @ model.coef_)
    start_stop = np.column_stack((np.zeros(80), y))
    one, two = (CoxPH(0.05, tol=1e-8).fit(X, times).coef_ for times in (y, start_stop))
    np.testing.assert_allclose(one, two, atol=1e-5)
    every = CoxPH(0.05).fit(X, y[:, 0]).coef_  # one column: all events
    np.testing.assert_allclose(every, CoxPH(0.05).fit(X, np.column_stack((y[:, 0], np.ones(80)))).coef_)


def test_survival_functions():
    X, y, _, _ = data()
    model = CoxPH(0.02).fit(X, y)
    curves = model.predict_survival_function(X)
    hazard = model.baseline_hazard_
    assert curves.shape == (80, len(hazard.times[0]))
    np.testing.assert_allclose(curves, np.exp(-np.exp(model.predict(X))[:, None] * hazard.hazards[0]))
    assert np.all(np.diff(curves, axis=1) <= 0)
    assert np.all(model.predict_survival_function(X, times=[0.0]) == 1.0)


def test_score_is_the_concordance():
    X, y, _, w = data()
    model = CoxPH(0.05).fit(X, y)
    assert model.score(X, y, sample_weight=w) == concordance(y, model.predict(X), w)
    assert 0.6 < model.score(X, y) < 1.0


def test_searches_pipelines_selection_pickling():
    X, y, structured, _ = data()
    search = GridSearchCV(CoxPH(), {"alpha": [0.02, 0.1, 0.3]}, cv=KFold(4)).fit(X, structured)
    assert search.best_params_["alpha"] < 0.3
    selected = SelectFromModel(CoxPH(0.05)).fit(X, y)
    assert selected.threshold_ == 1e-5
    np.testing.assert_array_equal(selected.get_support(), CoxPH(0.05).fit(X, y).coef_ != 0)
    model = CoxPH(0.05).fit(X, y)
    np.testing.assert_array_equal(pickle.loads(pickle.dumps(model)).predict(X), model.predict(X))
    assert repr(clone(CoxPH(0.2, ties="efron"))) == "CoxPH(alpha=0.2, ties='efron')"
    np.testing.assert_allclose(CoxPH(0.05).fit(sparse.csr_array(X), y).coef_, model.coef_, atol=1e-6)


def test_warm_start_and_weights_by_routing():
    X, y, _, w = data()
    warm = CoxPH(0.2, warm_start=True, tol=1e-8).fit(X, y)
    warm.set_params(alpha=0.05).fit(X, y)
    np.testing.assert_allclose(warm.coef_, CoxPH(0.05, tol=1e-8).fit(X, y).coef_, atol=1e-6)
    with sklearn.config_context(enable_metadata_routing=True):
        model = CoxPH().set_fit_request(sample_weight=True).set_score_request(sample_weight=True)
        search = GridSearchCV(model, {"alpha": [0.05]}, cv=KFold(3)).fit(X, y, sample_weight=w)
    train, test = next(KFold(3).split(X))
    part = CoxPH(0.05).fit(X[train], y[train], sample_weight=w[train])
    assert search.cv_results_["split0_test_score"][0] == pytest.approx(part.score(X[test], y[test], w[test]))


@pytest.mark.parametrize(
    ("y", "message"),
    [(np.zeros((80, 4)), "three \\(start, stop, event\\)"), (np.zeros((80, 2)), "no event"), (None, "requires y")],
)
def test_y_that_is_no_survival_time_is_refused(y, message):
    with pytest.raises(ValueError, match=message):
        CoxPH().fit(data()[0], y)
