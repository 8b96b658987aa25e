"""fastnet.sklearn: scikit-learn's checks, its conventions, and what its own tests do not look at."""

from __future__ import annotations

import pickle

import numpy as np
import pytest
from scipy import sparse

sklearn = pytest.importorskip("sklearn", minversion="1.9")

from sklearn import linear_model, svm  # noqa: E402
from sklearn.base import clone  # noqa: E402
from sklearn.feature_selection import SelectFromModel  # noqa: E402
from sklearn.model_selection import GridSearchCV, GroupKFold, KFold  # noqa: E402
from sklearn.pipeline import make_pipeline  # noqa: E402
from sklearn.preprocessing import StandardScaler  # noqa: E402
from sklearn.utils.estimator_checks import parametrize_with_checks  # noqa: E402

import fastnet  # noqa: E402
from fastnet import sklearn as ours  # noqa: E402

LINEAR = (ours.ElasticNet, ours.Lasso, ours.Ridge, ours.ElasticNetCV, ours.LassoCV)
GENERALISED = (
    ours.LogisticRegression, ours.LinearSVC, ours.PoissonRegressor, ours.GammaRegressor, ours.TweedieRegressor,
    ours.HuberRegressor,
)  # fmt: skip
ALL = LINEAR + GENERALISED


CROSS_VALIDATED = [  # three folds: a check has classes of three rows
    ours.LogisticRegressionCV(cv=3),
    ours.LogisticRegressionCV(cv=3, l1_ratios=(0,), scoring="neg_log_loss", solver="newton-cholesky"),
]


@pytest.mark.filterwarnings("default")
@parametrize_with_checks([estimator() for estimator in ALL] + CROSS_VALIDATED + [ours.CoxPH()])
def test_scikit_learn_checks(estimator, check):
    check(estimator)


def data(n=50, p=30, targets=1, seed=0):
    rng = np.random.default_rng(seed)
    X = rng.standard_normal((n, p))
    coef = np.zeros((p, targets))
    coef[:5] = rng.standard_normal((5, targets))
    y = X @ coef + 0.3 * rng.standard_normal((n, targets)) + 2.0
    return X, y if targets > 1 else y[:, 0], rng.uniform(0.1, 2.0, n)


@pytest.mark.parametrize("weighted", [False, True])
@pytest.mark.parametrize("fit_intercept", [False, True])
@pytest.mark.parametrize(
    ("name", "options"),
    [
        ("ElasticNet", {"alpha": 0.05, "l1_ratio": 0.3}),
        ("ElasticNet", {"alpha": 0.05, "positive": True}),
        ("Lasso", {"alpha": 0.05}),
        ("Ridge", {"alpha": 3.0}),
        ("Ridge", {"alpha": 3.0, "positive": True}),
        ("ElasticNetCV", {"alphas": 20, "l1_ratio": [0.5, 0.9], "cv": 4}),
        ("LassoCV", {"alphas": 20, "cv": 4}),
    ],
)
def test_same_results_as_scikit_learn(name, options, fit_intercept, weighted):
    X, y, w = data()
    options = options | {"fit_intercept": fit_intercept, "tol": 1e-10, "max_iter": 100_000}
    w = w if weighted else None
    mine = getattr(ours, name)(**options).fit(X, y, sample_weight=w)
    theirs = getattr(linear_model, name)(**options).fit(X, y, sample_weight=w)
    np.testing.assert_allclose(mine.coef_, theirs.coef_, atol=1e-5)
    np.testing.assert_allclose(mine.intercept_, theirs.intercept_, atol=1e-5)
    assert set(vars(mine)) >= set(vars(theirs)) - {"random_state"}
    for attribute in set(vars(theirs)) - ({"n_iter_"} if name == "Ridge" else set()):
        assert np.shape(getattr(mine, attribute)) == np.shape(getattr(theirs, attribute)), attribute
    for attribute in ("alpha_", "l1_ratio_", "alphas_"):
        if hasattr(theirs, attribute):
            np.testing.assert_allclose(getattr(mine, attribute), getattr(theirs, attribute))
    if hasattr(theirs, "mse_path_"):
        np.testing.assert_allclose(mine.mse_path_, theirs.mse_path_, rtol=1e-4)


@pytest.mark.parametrize("name", ["ElasticNet", "Ridge"])
@pytest.mark.parametrize("make", [np.asarray, sparse.csr_array, sparse.coo_matrix, np.float32])
def test_several_targets_and_containers(name, make):
    X, y, w = data(targets=3)
    mine = getattr(ours, name)(alpha=0.1, tol=1e-10).fit(make(X), y, sample_weight=w)
    theirs = getattr(linear_model, name)(alpha=0.1, tol=1e-10).fit(X, y, sample_weight=w)
    np.testing.assert_allclose(mine.coef_, theirs.coef_, atol=1e-5)
    np.testing.assert_allclose(mine.intercept_, theirs.intercept_, atol=1e-5)
    assert mine.coef_.shape == (3, 30)
    assert mine.predict(X).shape == (50, 3)


def test_ridge_of_several_penalties():
    X, y, _ = data(targets=3)
    mine = ours.Ridge(alpha=[0.1, 1.0, 10.0]).fit(X, y)
    theirs = linear_model.Ridge(alpha=[0.1, 1.0, 10.0]).fit(X, y)
    np.testing.assert_allclose(mine.coef_, theirs.coef_, atol=1e-8)
    with pytest.raises(ValueError, match="Number of targets and number of penalties"):
        ours.Ridge(alpha=[0.1, 1.0]).fit(X, y)


@pytest.mark.parametrize("name", ["enet_path", "lasso_path"])
@pytest.mark.parametrize("options", [{}, {"alphas": [0.01, 0.3, 0.1]}, {"alphas": 7, "eps": 0.05, "positive": True}])
def test_paths_return_what_scikit_learn_s_return(name, options):
    X, y, _ = data()
    options = options | {"tol": 1e-10, "max_iter": 100_000, "return_n_iter": True}
    mine, theirs = getattr(ours, name)(X, y, **options), getattr(linear_model, name)(X, y, **options)
    assert len(mine) == len(theirs) == 4
    np.testing.assert_allclose(mine[0], theirs[0])
    np.testing.assert_allclose(mine[1], theirs[1], atol=1e-5)
    assert mine[2].shape == theirs[2].shape
    assert isinstance(mine[3], list)
    assert len(mine[3]) == len(theirs[3])


def test_a_path_of_several_targets_is_the_multi_task_one():
    X, y, _ = data(targets=2)
    mine, theirs = ours.enet_path(X, y, alphas=5), linear_model.enet_path(X, y, alphas=5)
    np.testing.assert_array_equal(mine[1], theirs[1])


def test_the_dual_gap_bounds_the_distance_to_the_optimum():
    X, y, w = data(60, 300)
    weight = w * (len(y) / w.sum())

    def objective(model):
        fit = np.mean(weight * (y - model.predict(X)) ** 2) / 2
        return fit + 0.01 * (0.5 * np.abs(model.coef_).sum() + 0.25 * (model.coef_**2).sum())

    best = objective(ours.ElasticNet(alpha=0.01, tol=1e-14).fit(X, y, sample_weight=w))
    for tol in (0.5, 1e-2, 1e-6):
        model = ours.ElasticNet(alpha=0.01, tol=tol).fit(X, y, sample_weight=w)
        null = np.average((y - np.average(y, weights=w)) ** 2, weights=w) / 2
        assert objective(model) - best <= model.dual_gap_ + 1e-13
        assert model.dual_gap_ <= tol * null


def test_one_task_of_the_multi_task_estimators():
    X, y, _ = data(n=50, p=10)
    options = {"alphas": 5, "eps": 2e-3, "tol": 1e-10, "max_iter": 100_000}
    for single, multi in (
        (ours.LassoCV, linear_model.MultiTaskLassoCV),
        (ours.ElasticNetCV, linear_model.MultiTaskElasticNetCV),
    ):
        one, task = single(**options).fit(X, y), multi(**options).fit(X, y[:, None])
        assert one.alpha_ == pytest.approx(task.alpha_)
        np.testing.assert_allclose(one.coef_, task.coef_[0], atol=1e-6)
        np.testing.assert_allclose(one.intercept_, task.intercept_[0], atol=1e-6)


def test_warm_start_reaches_the_same_solution():
    X, y, _ = data(60, 300)
    cold = ours.Lasso(alpha=0.01, tol=1e-10).fit(X, y)
    warm = ours.Lasso(alpha=0.1, tol=1e-10, warm_start=True).fit(X, y)
    warm.set_params(alpha=0.01).fit(X, y)
    np.testing.assert_allclose(warm.coef_, cold.coef_, atol=1e-6)


def test_the_data_are_never_written_to():
    X, y, w = data()
    X = np.asfortranarray(X)
    for array in (X, y, w):
        array.flags.writeable = False
    copy = X.copy()
    for estimator in LINEAR:
        model = estimator(copy_X=False).fit(X, y, sample_weight=w)
        assert np.isfinite(model.coef_).all()
    np.testing.assert_array_equal(X, copy)


def test_in_a_pipeline_with_feature_names():
    import pandas

    X, y, _ = data(p=6)
    frame = pandas.DataFrame(X, columns=list("abcdef"))
    model = make_pipeline(StandardScaler(), ours.LassoCV(cv=3)).set_output(transform="pandas").fit(frame, y)
    assert list(model[-1].feature_names_in_) == list("abcdef")
    assert model.score(frame, y) > 0.9


@pytest.mark.parametrize("estimator", [ours.Lasso(alpha=0.05), ours.ElasticNetCV(cv=3, l1_ratio=0.9)])
def test_select_from_model_keeps_the_coefficients_that_are_not_zero(estimator):
    X, y, _ = data()
    selected = SelectFromModel(estimator, threshold=1e-10).fit(X, y)
    coef = clone(estimator).fit(X, y).coef_
    np.testing.assert_array_equal(selected.get_support(), np.abs(coef) > 1e-10)


def test_lasso_s_default_threshold_of_select_from_model():
    X, y, _ = data()
    selected = SelectFromModel(ours.Lasso(alpha=0.05)).fit(X, y)
    assert selected.threshold_ == 1e-5
    assert 5 <= selected.get_support().sum() < 30


def test_pickle_clone_repr_sparsify():
    X, y, _ = data()
    model = ours.Lasso(alpha=0.05).fit(X, y)
    back = pickle.loads(pickle.dumps(model))
    np.testing.assert_array_equal(back.coef_, model.coef_)
    assert repr(clone(model)) == "Lasso(alpha=0.05)"
    assert sparse.issparse(model.sparse_coef_)
    np.testing.assert_array_equal(model.sparse_coef_.toarray()[0], model.coef_)


def test_parameters_are_those_of_the_installed_version():
    for estimator in ALL:
        theirs = getattr(linear_model, estimator.__name__, None) or svm.LinearSVC
        assert estimator().get_params() == theirs().get_params()
        assert issubclass(estimator, theirs)


def test_grid_search_in_threads():
    import joblib

    X, y, _ = data()
    grid = {"alpha": [0.01, 0.1], "l1_ratio": [0.3, 0.9]}
    with joblib.parallel_config("threading", n_jobs=4):
        many = GridSearchCV(ours.ElasticNet(), grid, cv=KFold(4)).fit(X, y)
    one = GridSearchCV(ours.ElasticNet(), grid, cv=KFold(4)).fit(X, y)
    np.testing.assert_array_equal(many.cv_results_["mean_test_score"], one.cv_results_["mean_test_score"])


def test_groups_reach_the_splitter_by_metadata_routing():
    X, y, _ = data()
    groups = np.arange(50) % 7
    with sklearn.config_context(enable_metadata_routing=True):
        mine = ours.LassoCV(cv=GroupKFold(3), tol=1e-9).fit(X, y, groups=groups)
        theirs = linear_model.LassoCV(cv=GroupKFold(3), tol=1e-9, max_iter=100_000).fit(X, y, groups=groups)
    np.testing.assert_allclose(mine.mse_path_, theirs.mse_path_, rtol=1e-4)


def test_n_jobs_changes_nothing():
    X, y, _ = data()
    one, many = (ours.ElasticNetCV(l1_ratio=[0.4, 0.9], n_jobs=n_jobs).fit(X, y) for n_jobs in (None, 3))
    np.testing.assert_array_equal(one.mse_path_, many.mse_path_)
    np.testing.assert_array_equal(one.coef_, many.coef_)


def test_a_missed_tolerance_is_scikit_learn_s_warning():
    X, y, _ = data(40, 300)
    with pytest.warns(sklearn.exceptions.ConvergenceWarning, match="Objective did not converge"):
        ours.Lasso(alpha=1e-3, max_iter=1, tol=1e-12).fit(X, y)


def test_agrees_with_fastnet_itself():
    X, y, w = data()
    path = fastnet.enet_path(X, y, alphas=[0.05], l1_ratio=0.5, standardize=False, sample_weight=w, tol=1e-4)
    model = ours.ElasticNet(alpha=0.05).fit(X, y, sample_weight=w)
    np.testing.assert_array_equal(model.coef_, path.coefs.toarray()[:, 0])
    assert model.dual_gap_ == path.gaps[0] * path.null_objective


# --- generalised linear models


def responses(X, seed=0):
    rng = np.random.default_rng(seed)
    mean = np.exp(0.5 * X[:, 0] - 0.3 * X[:, 1] + 0.2)
    return {
        "PoissonRegressor": rng.poisson(mean),
        "GammaRegressor": rng.gamma(2.0, mean),
        "TweedieRegressor": rng.poisson(mean) * rng.gamma(2.0, 1.0, len(X)),
        "LogisticRegression": np.where(rng.random(len(X)) < mean / (1 + mean), "yes", "no"),
    }


@pytest.mark.parametrize("shape", [(80, 6), (50, 120)])
@pytest.mark.parametrize(
    ("name", "options"),
    [
        ("PoissonRegressor", {"alpha": 0.1}),
        ("PoissonRegressor", {"alpha": 0.1, "fit_intercept": False}),
        ("GammaRegressor", {"alpha": 0.1}),
        ("TweedieRegressor", {"alpha": 0.1}),
        ("TweedieRegressor", {"alpha": 0.1, "power": 1.5}),
        ("TweedieRegressor", {"alpha": 0.1, "power": 1}),
        ("TweedieRegressor", {"alpha": 0.1, "power": 1.5, "link": "identity"}),
        ("LogisticRegression", {"C": 0.5}),
        ("LogisticRegression", {"C": 0.5, "class_weight": "balanced"}),
        ("LogisticRegression", {"C": 0.5, "class_weight": {"yes": 3.0}, "fit_intercept": False}),
    ],
)
def test_ridge_penalised_models_as_scikit_learn_s(name, options, shape):
    X, _, w = data(*shape)
    y = responses(X)[name]
    if options.get("link") == "identity":
        X, y = np.abs(X), np.abs(y) + 1.0
    mine = getattr(ours, name)(tol=1e-10, **options).fit(X, y, sample_weight=w)
    theirs = getattr(linear_model, name)(tol=1e-8, max_iter=10_000, **options).fit(X, y, sample_weight=w)
    np.testing.assert_allclose(mine.coef_, theirs.coef_, atol=1e-5)
    np.testing.assert_allclose(mine.intercept_, theirs.intercept_, atol=1e-5)
    for attribute in vars(theirs):
        assert np.shape(getattr(mine, attribute)) == np.shape(getattr(theirs, attribute)), attribute
    np.testing.assert_allclose(
        mine.predict(X[:5]) == theirs.predict(X[:5]), True
    ) if name == "LogisticRegression" else (np.testing.assert_allclose(mine.predict(X), theirs.predict(X), rtol=1e-4))
    assert mine.score(X, y) == pytest.approx(theirs.score(X, y), abs=1e-4)


@pytest.mark.parametrize("shape", [(80, 6), (50, 120)])
@pytest.mark.parametrize("l1_ratio", [0.4, 1.0])
@pytest.mark.parametrize("make", [np.asarray, sparse.csr_array])
def test_sparse_logistic_regression(l1_ratio, shape, make):
    X, _, w = data(*shape)
    y = responses(X)["LogisticRegression"]
    options = {"C": 0.5, "l1_ratio": l1_ratio}
    mine = ours.LogisticRegression(tol=1e-9, **options).fit(make(X), y, sample_weight=w)
    theirs = linear_model.LogisticRegression(solver="saga", tol=1e-9, max_iter=100_000, **options)
    theirs.fit(X, y, sample_weight=w)
    np.testing.assert_allclose(mine.coef_, theirs.coef_, atol=1e-4)
    np.testing.assert_allclose(mine.intercept_, theirs.intercept_, atol=1e-4)
    np.testing.assert_allclose(mine.predict_proba(X), theirs.predict_proba(X), atol=1e-4)


def test_logistic_regression_of_three_classes_is_scikit_learn_s():
    X, _, _ = data()
    y = np.arange(50) % 3
    np.testing.assert_array_equal(
        ours.LogisticRegression().fit(X, y).coef_, linear_model.LogisticRegression().fit(X, y).coef_
    )
    model = ours.LogisticRegression(l1_ratio=0.5, max_iter=5000, tol=1e-3).fit(X, y)
    assert model.coef_.shape == (3, 30)
    assert model.solver == "lbfgs"


@pytest.mark.filterwarnings("ignore:'penalty' was deprecated:FutureWarning")
@pytest.mark.parametrize(("penalty", "options"), [("l1", {"l1_ratio": 1}), ("l2", {}), (None, {"C": np.inf})])
def test_penalties_by_their_old_names(penalty, options):
    X, _, _ = data(80, 6)
    y = responses(X)["LogisticRegression"]
    given = {"l1_ratio": options["l1_ratio"]} if "l1_ratio" in options else {}
    old, new = ours.LogisticRegression(penalty=penalty, **given), ours.LogisticRegression(**options)
    np.testing.assert_array_equal(old.fit(X, y).coef_, new.fit(X, y).coef_)


@pytest.mark.parametrize("shape", [(80, 6), (50, 120)])
@pytest.mark.parametrize("penalty", ["l1", "l2"])
@pytest.mark.parametrize("classes", [2, 3])
def test_linear_svc(penalty, classes, shape):
    X, _, w = data(*shape)
    y = np.random.default_rng(1).integers(0, classes, len(X))
    options = {"penalty": penalty, "fit_intercept": False, "C": 0.1}
    mine = ours.LinearSVC(tol=1e-8, **options).fit(X, y, sample_weight=w)
    theirs = svm.LinearSVC(tol=1e-8, max_iter=10**6, dual=penalty == "l2", random_state=0, **options)
    theirs.fit(X, y, sample_weight=w)
    np.testing.assert_allclose(mine.coef_, theirs.coef_, atol=1e-4)
    np.testing.assert_array_equal(mine.predict(X), theirs.predict(X))


def test_the_intercept_of_linear_svc_is_not_penalised():
    X, _, _ = data(80, 6)
    y = responses(X)["LogisticRegression"]
    mine = ours.LinearSVC(tol=1e-8).fit(X + 3.0, y)
    theirs = svm.LinearSVC(tol=1e-8, max_iter=10**6, intercept_scaling=300.0, random_state=0).fit(X + 3.0, y)
    np.testing.assert_allclose(mine.coef_, theirs.coef_, atol=1e-3)


def test_hinge_is_scikit_learn_s_own():
    X, _, _ = data()
    y = np.arange(50) % 2
    options = {"loss": "hinge", "random_state": 0, "max_iter": 10**5}
    np.testing.assert_array_equal(ours.LinearSVC(**options).fit(X, y).coef_, svm.LinearSVC(**options).fit(X, y).coef_)


@pytest.mark.parametrize(
    "options", [{}, {"epsilon": 1.1, "alpha": 0.5}, {"epsilon": 2.0, "alpha": 5.0, "fit_intercept": False}]
)
def test_huber_regressor(options):
    X, y, w = data(80, 6)
    y[:8] += 30.0
    options = {"alpha": 1.0, "max_iter": 1000} | options
    mine = ours.HuberRegressor(tol=1e-7, **options).fit(X, y, sample_weight=w)
    theirs = linear_model.HuberRegressor(tol=1e-8, **options).fit(X, y, sample_weight=w)

    def objective(model):
        z = np.abs(y - model.predict(X)) / model.scale_
        rho = np.where(z <= model.epsilon, z**2, 2 * model.epsilon * z - model.epsilon**2)
        return w @ (model.scale_ * (1 + rho)) + model.alpha * model.coef_ @ model.coef_

    assert objective(mine) <= objective(theirs) + 1e-9  # theirs stops a little earlier
    np.testing.assert_allclose(mine.coef_, theirs.coef_, atol=1e-3)
    np.testing.assert_allclose(mine.intercept_, theirs.intercept_, atol=1e-3)
    assert mine.scale_ == pytest.approx(theirs.scale_, rel=1e-3)
    np.testing.assert_array_equal(mine.outliers_, theirs.outliers_)


# --- what goes with being an estimator


@pytest.mark.parametrize("name", ["ElasticNet", "Lasso", "ElasticNetCV", "LassoCV"])
def test_precompute_is_accepted_and_changes_nothing(name):
    X, y, _ = data()
    X = X - X.mean(axis=0)
    options = {"cv": 3, "alphas": 5} if name.endswith("CV") else {"alpha": 0.05}
    values = [True, X.T @ X] + (["auto"] if name.endswith("CV") else [])
    plain = getattr(ours, name)(**options).fit(X, y).coef_
    for precompute in values:
        model = getattr(ours, name)(precompute=precompute, **options).fit(X, y)
        np.testing.assert_allclose(model.coef_, plain, atol=1e-8)


@pytest.mark.parametrize("name", ["Lasso", "ElasticNet", "LogisticRegression", "PoissonRegressor", "GammaRegressor",
                                  "TweedieRegressor", "HuberRegressor"])  # fmt: skip
def test_every_warm_start_reaches_the_cold_solution(name):
    X, y, _ = data(80, 6)
    y = responses(X).get(name, y)
    strength = "C" if name == "LogisticRegression" else "alpha"
    first, then = ({strength: value} for value in ((0.1, 2.0) if strength == "C" else (1.0, 0.05)))
    cold = getattr(ours, name)(tol=1e-9, max_iter=1000, **then).fit(X, y)
    warm = getattr(ours, name)(tol=1e-9, max_iter=1000, warm_start=True, **first).fit(X, y)
    start = warm.coef_.copy()
    warm.set_params(**then).fit(X, y)
    assert np.abs(warm.coef_ - start).max() > 1e-3
    np.testing.assert_allclose(warm.coef_, cold.coef_, atol=1e-5)
    np.testing.assert_allclose(warm.intercept_, cold.intercept_, atol=1e-5)


@pytest.mark.parametrize("model", [ours.LogisticRegression(l1_ratio=1, C=0.3), ours.LinearSVC(penalty="l1", C=0.05)])
def test_sparsify_and_the_default_threshold_of_classifiers(model):
    X, _, _ = data()
    y = responses(X)["LogisticRegression"]
    dense = clone(model).fit(X, y)
    lean = clone(model).fit(X, y).sparsify()
    assert sparse.issparse(lean.coef_)
    assert 0 < lean.coef_.nnz < 30
    np.testing.assert_array_equal(lean.predict(X), dense.predict(X))
    np.testing.assert_array_equal(lean.densify().coef_, dense.coef_)
    selected = SelectFromModel(clone(model)).fit(X, y)
    assert selected.threshold_ == 1e-5
    np.testing.assert_array_equal(selected.get_support(), dense.coef_[0] != 0)


def test_set_output_of_a_selection():
    import pandas

    X, y, _ = data(p=6)
    frame = pandas.DataFrame(X, columns=list("abcdef"))
    selected = SelectFromModel(ours.Lasso(alpha=0.3)).set_output(transform="pandas").fit(frame, y)
    assert isinstance(selected.transform(frame), pandas.DataFrame)
    assert list(selected.transform(frame).columns) == list(frame.columns[selected.get_support()])


@pytest.mark.parametrize("estimator", [ours.ElasticNet, ours.Ridge, ours.PoissonRegressor, ours.LogisticRegression])
def test_weights_are_routed_through_searches(estimator):
    X, y, w = data(80, 6)
    y = responses(X).get(estimator.__name__, y)
    with sklearn.config_context(enable_metadata_routing=True):
        model = estimator().set_fit_request(sample_weight=True).set_score_request(sample_weight=True)
        search = GridSearchCV(model, {"fit_intercept": [True]}, cv=KFold(2)).fit(X, y, sample_weight=w)
    train, test = next(KFold(2).split(X))
    part = estimator().fit(X[train], y[train], sample_weight=w[train])
    expected = part.score(X[test], y[test], sample_weight=w[test])
    assert search.cv_results_["split0_test_score"][0] == pytest.approx(expected)


@pytest.mark.parametrize("estimator", ALL)
def test_every_estimator_survives_pickling_and_cloning(estimator):
    X, y, _ = data(80, 6)
    y = responses(X).get("LogisticRegression" if estimator is ours.LinearSVC else estimator.__name__, y)
    model = clone(estimator()).fit(X, y)
    np.testing.assert_array_equal(pickle.loads(pickle.dumps(model)).predict(X), model.predict(X))
