"""fastnet.sklearn.LogisticRegressionCV against scikit-learn's own."""

from __future__ import annotations

import inspect

import numpy as np
import pytest
from scipy import sparse

sklearn = pytest.importorskip("sklearn", minversion="1.9")

from sklearn import linear_model, metrics  # noqa: E402
from sklearn.feature_selection import SelectFromModel  # noqa: E402
from sklearn.model_selection import GroupKFold  # noqa: E402

from fastnet import sklearn as ours  # noqa: E402

pytestmark = pytest.mark.filterwarnings("ignore::FutureWarning")
LEGACY = "use_legacy_attributes" in inspect.signature(linear_model.LogisticRegressionCV).parameters


def data(n=60, p=20, seed=0):
    rng = np.random.default_rng(seed)
    X = rng.standard_normal((n, p))
    y = np.where(rng.random(n) < 1 / (1 + np.exp(-2 * X[:, 0] + X[:, 1])), "yes", "no")
    return X, y, rng.uniform(0.2, 2.0, n)


def compared(X, y, w=None, *, tol=1e-10, **options):
    """(ours, theirs), fitted; theirs by a solver that can."""
    l1 = np.any(np.ravel(options.get("l1_ratios") or 0) != 0)
    given = {} if w is None else {"sample_weight": w}
    mine = ours.LogisticRegressionCV(tol=tol, **options).fit(X, y, **given)
    solver = {"solver": "saga", "max_iter": 50_000, "tol": 1e-7} if l1 else {"tol": 1e-9, "max_iter": 10_000}
    penalty = {"penalty": "elasticnet"} if l1 and not LEGACY else {}
    theirs = linear_model.LogisticRegressionCV(**solver, **penalty, **options).fit(X, y, **given)
    return mine, theirs


@pytest.mark.parametrize("legacy", [True, False] if LEGACY else [None])
@pytest.mark.parametrize(
    "options",
    [
        {"l1_ratios": (0,), "scoring": "neg_log_loss"},
        {"l1_ratios": (0.3, 1.0), "scoring": "neg_log_loss", "Cs": [0.1, 0.5], "fit_intercept": False},
        {"l1_ratios": None, "scoring": None, "fit_intercept": False},
        {"l1_ratios": (0,), "refit": False, "scoring": "accuracy"},
        {"l1_ratios": (0,), "class_weight": "balanced", "scoring": "roc_auc"},
    ],
)
def test_same_results_as_scikit_learn(options, legacy):
    X, y, w = data()
    options = {"Cs": 4, "cv": 3} | options | ({} if legacy is None else {"use_legacy_attributes": legacy})
    mine, theirs = compared(X, y, w, **options)
    np.testing.assert_allclose(mine.coef_, theirs.coef_, atol=2e-4)
    np.testing.assert_allclose(mine.intercept_, theirs.intercept_, atol=2e-4)
    assert set(vars(mine)) >= set(vars(theirs)) - {"random_state"}
    for name in ("C_", "l1_ratio_", "Cs_", "l1_ratios_", "scores_", "coefs_paths_", "n_iter_"):
        one, other = getattr(mine, name), getattr(theirs, name)
        if isinstance(other, dict):
            assert list(one) == list(other)
            one, other = one["yes"], other["yes"]
        assert np.shape(one) == np.shape(other), name
        if name not in ("n_iter_", "l1_ratio_", "l1_ratios_"):
            np.testing.assert_allclose(one, other, atol=2e-3, err_msg=name)
    assert mine.score(X, y) == pytest.approx(theirs.score(X, y), abs=1e-4)


@pytest.mark.parametrize("make", [np.asarray, sparse.csr_array, sparse.coo_matrix])
def test_wide_and_sparse(make):
    X, y, _ = data(50, 120)
    mine, theirs = compared(make(X), y, Cs=[0.1, 0.3], cv=3, l1_ratios=(1.0,), scoring="neg_log_loss")
    np.testing.assert_allclose(mine.coef_, theirs.coef_, atol=2e-4)
    assert 0 < np.count_nonzero(mine.coef_) < 60


def test_three_classes_are_scikit_learn_s():
    X, _, _ = data()
    y = np.arange(60) % 3
    options = {"Cs": 3, "cv": 3, "l1_ratios": (0,), "scoring": "neg_log_loss"}
    one = ours.LogisticRegressionCV(**options).fit(X, y)
    np.testing.assert_array_equal(one.coef_, linear_model.LogisticRegressionCV(**options).fit(X, y).coef_)
    model = ours.LogisticRegressionCV(**(options | {"l1_ratios": (0.5,), "tol": 1e-2, "max_iter": 1000})).fit(X, y)
    assert (model.solver, model.coef_.shape) == ("lbfgs", (3, 20))


def test_n_jobs_changes_nothing_and_the_data_are_not_written_to():
    X, y, w = data()
    X = np.asfortranarray(X)
    X.flags.writeable = False
    options = {"Cs": 4, "cv": 4, "l1_ratios": (0.5, 1.0), "scoring": "neg_log_loss"}
    one, many = (ours.LogisticRegressionCV(n_jobs=n, **options).fit(X, y, sample_weight=w) for n in (None, 3))
    np.testing.assert_array_equal(one.coef_, many.coef_)
    np.testing.assert_array_equal(one.scores_["yes"], many.scores_["yes"])


def test_groups_and_weights_by_metadata_routing():
    X, y, w = data()
    groups = np.arange(60) % 7
    options = {"Cs": 3, "cv": GroupKFold(3), "l1_ratios": (0,), "tol": 1e-9}
    with sklearn.config_context(enable_metadata_routing=True):
        scorer = metrics.get_scorer("neg_log_loss").set_score_request(sample_weight=True)
        models = [
            one(scoring=scorer, max_iter=1000, **options)
            .set_fit_request(sample_weight=True)
            .fit(X, y, sample_weight=w, groups=groups)
            for one in (ours.LogisticRegressionCV, linear_model.LogisticRegressionCV)
        ]
    np.testing.assert_allclose(models[0].scores_["yes"], models[1].scores_["yes"], atol=1e-5)


def test_a_lasso_s_default_threshold_of_select_from_model():
    X, y, _ = data()
    options = {"Cs": 3, "cv": 3, "l1_ratios": (1.0,), "scoring": "neg_log_loss"}
    selected = SelectFromModel(ours.LogisticRegressionCV(**options).fit(X, y), prefit=True).fit(X)
    if LEGACY:  # older versions do not know the estimator
        assert selected.threshold_ == 1e-5


def test_ratios_outside_their_range_are_refused():
    X, y, _ = data()
    with pytest.raises(ValueError, match="between 0 and 1"):
        ours.LogisticRegressionCV(l1_ratios=(0.5, 2)).fit(X, y)


def test_parameters_are_those_of_the_installed_version():
    assert ours.LogisticRegressionCV().get_params() == linear_model.LogisticRegressionCV().get_params()
