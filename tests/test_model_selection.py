"""cv_path: folds as weights give what separate fits give; choices, measures, files, threads and processes."""

from __future__ import annotations

import os
import signal
import sys
import time

import numpy as np
import pytest
from scipy import sparse

import fastnet
from fastnet.model_selection import Measure, one_standard_error, percentile
from fastnet.model_selection.folds import fold_ids, make_folds
from fastnet.model_selection.measures import find_measure


def data(n=60, p=90, seed=0):
    rng = np.random.default_rng(seed)
    X = np.asfortranarray(rng.standard_normal((n, p)) * rng.uniform(0.5, 2.0, p) + rng.uniform(-1, 1, p))
    y = X[:, :4] @ [2.0, -1.0, 1.0, 0.5] + rng.standard_normal(n) + 3.0
    return X, y, rng.uniform(0.2, 2.0, n)


# --- folds


@pytest.mark.parametrize("n", [10, 23, 100])
def test_a_number_of_folds_deals_every_row_once_in_nearly_equal_parts(n):
    folds = make_folds(5, np.zeros(n), n=n)
    sizes = [len(fold.test) for fold in folds]
    assert sorted(np.concatenate([fold.test for fold in folds])) == list(range(n))
    assert max(sizes) - min(sizes) <= 1
    for fold in folds:
        assert set(fold.test) == set(np.flatnonzero(fold.train == 0))


def test_two_calls_see_the_same_folds_unless_asked():
    y = np.zeros(50)
    first, second, other = (fold_ids(make_folds(5, y, n=50, random_state=seed), 50) for seed in (None, None, 1))
    np.testing.assert_array_equal(first, second)
    assert np.any(first != other)


def test_classes_are_stratified():
    y = np.r_[np.zeros(40), np.ones(11)]
    for fold in make_folds(5, y, n=51, classes=True):
        assert 2 <= y[fold.test].sum() <= 3


def test_groups_stay_together_and_folds_are_balanced():
    groups = np.repeat(np.arange(12), [1, 9, 3, 3, 8, 2, 5, 5, 4, 4, 3, 3])
    ids = fold_ids(make_folds(4, np.zeros(50), n=50, groups=groups), 50)
    assert all(len(np.unique(ids[groups == g])) == 1 for g in range(12))
    assert np.ptp(np.bincount(ids)) <= 3


def test_fold_ids_negative_ones_always_train():
    ids = np.array([0, 0, 1, 1, -1, -1, 2, 2])
    folds = make_folds(ids, np.zeros(8), n=8)
    np.testing.assert_array_equal(fold_ids(folds, 8), ids)
    assert all(fold.train[4:6].all() for fold in folds)
    listed = make_folds(ids.tolist(), np.zeros(8), n=8)
    np.testing.assert_array_equal(fold_ids(listed, 8), ids)


def test_splitters_pairs_and_masks():
    from sklearn.model_selection import GroupKFold, KFold, ShuffleSplit

    y = np.zeros(20)
    expected = np.arange(20) // 4
    np.testing.assert_array_equal(fold_ids(make_folds(KFold(5), y, n=20), 20), expected)
    pairs = [(expected != k, expected == k) for k in range(5)]
    np.testing.assert_array_equal(fold_ids(make_folds(pairs, y, n=20), 20), expected)
    groups = np.arange(20) % 6
    ids = fold_ids(make_folds(GroupKFold(3), y, n=20, groups=groups), 20)
    assert all(len(np.unique(ids[groups == g])) == 1 for g in range(6))
    assert fold_ids(make_folds(ShuffleSplit(8, test_size=0.5, random_state=0), y, n=20), 20) is None
    (bootstrap,) = make_folds([([0, 0, 1], [5])], y, n=20)
    assert bootstrap.train[0] == 2


@pytest.mark.parametrize(
    ("cv", "groups", "error", "message"),
    [
        (1, None, ValueError, "cv"),
        (True, None, TypeError, "number of folds"),
        ("ten", None, TypeError, "number of folds"),
        (2.0, None, TypeError, "number of folds"),
        (11, None, ValueError, "10 rows"),
        (3, np.arange(10) % 2, ValueError, "2 different values"),
        (3, np.arange(9), ValueError, r"groups has shape \(9,\)"),
        (np.zeros(9, int), None, ValueError, r"cv has shape \(9,\)"),
        (np.zeros(10), None, TypeError, "integers"),
        (np.zeros(10, int), None, ValueError, "no train rows"),
        ([([0, 1], [10])], None, ValueError, "row 10"),
        ([([0, 1], [])], None, ValueError, "no test rows"),
        ([[0, 1, 2]], None, TypeError, "pairs"),
        ([([0.5], [1])], None, TypeError, "row indices"),
    ],
)
def test_folds_that_make_no_sense_are_refused(cv, groups, error, message):
    with pytest.raises(error, match=message):
        make_folds(cv, np.zeros(10), n=10, groups=groups)


# --- the fits


@pytest.mark.parametrize("kind", ["dense", "csc", "float32"])
@pytest.mark.parametrize("standardize", [True, False])
def test_a_fold_is_the_fit_of_its_rows(kind, standardize):
    X, y, w = data()
    offset = np.linspace(-1, 1, len(y))
    if kind == "csc":
        X = X * (np.random.default_rng(1).random(X.shape) < 0.3)
    options = {"l1_ratio": 0.7, "alphas": 12, "standardize": standardize, "tol": 1e-12}
    given = {"dense": np.asarray, "csc": sparse.csc_array, "float32": np.float32}[kind](X)
    X = given.toarray() if kind == "csc" else given
    ids = np.arange(len(y)) % 4
    cv = fastnet.cv_path(given, y, cv=ids, sample_weight=w, offset=offset, keep_predictions=True, **options)
    full = fastnet.enet_path(X, y, sample_weight=w, offset=offset, **options)
    np.testing.assert_allclose(cv.path.coefs.toarray(), full.coefs.toarray(), rtol=1e-6, atol=1e-9)
    np.testing.assert_array_equal(cv.fold_ids, ids)
    options["alphas"] = cv.alphas
    for k in range(4):
        a, b = ids != k, ids == k
        part = fastnet.enet_path(X[a], y[a], sample_weight=w[a], offset=offset[a], **options)
        prediction = part.predict(X[b], offset=offset[b])
        np.testing.assert_allclose(cv.predictions[0][b], prediction, rtol=1e-6, atol=1e-6)
        expected = np.average((y[b, None] - prediction) ** 2, weights=w[b], axis=0)
        np.testing.assert_allclose(cv.fold_scores[0][k], expected, rtol=1e-6)
    weights = np.bincount(ids, weights=w)
    mean = np.average(cv.fold_scores[0], weights=weights, axis=0)
    spread = np.average((cv.fold_scores[0] - mean) ** 2, weights=weights, axis=0)
    np.testing.assert_allclose(cv.mean, mean)
    np.testing.assert_allclose(cv.se, np.sqrt(spread / 3))


def test_agrees_with_scikit_learn():
    from sklearn.linear_model import LassoCV

    X, y, _ = data()
    ids = np.arange(len(y)) % 5
    pairs = [(np.flatnonzero(ids != k), np.flatnonzero(ids == k)) for k in range(5)]
    count = {"n_alphas" if LassoCV().alphas is None else "alphas": 30}  # its name before scikit-learn 1.7
    theirs = LassoCV(eps=1e-2, cv=pairs, tol=1e-8, max_iter=100_000, **count).fit(X, y)
    ours = fastnet.cv_path(X, y, cv=pairs, alphas=30, alpha_min_ratio=1e-2, standardize=False, tol=1e-9)
    np.testing.assert_allclose(ours.alphas, theirs.alphas_)
    np.testing.assert_allclose(ours.fold_scores[0].T, theirs.mse_path_, rtol=1e-4)
    assert ours.alpha_min == pytest.approx(theirs.alpha_)


def test_the_caller_s_data_stay_as_they_are():
    X, y, w = data()
    copies = X.copy(), y.copy(), w.copy()
    for array in (X, y, w):
        array.flags.writeable = False
    fastnet.cv_path(X, y, cv=3, sample_weight=w, alphas=5)
    for array, copy in zip((X, y, w), copies):
        np.testing.assert_array_equal(array, copy)


def test_several_ratios_share_the_folds():
    X, y, _ = data()
    cv = fastnet.cv_path(X, y, cv=4, l1_ratio=(0.3, 1.0), alphas=15)
    single = fastnet.cv_path(X, y, cv=4, l1_ratio=0.3, alphas=15)
    assert cv.l1_ratios == (0.3, 1.0)
    np.testing.assert_array_equal(cv.fold_scores[0], single.fold_scores[0])
    assert cv.l1_ratio == cv.l1_ratios[int(np.argmin([mean.min() for mean in cv.means]))]
    assert cv.path is cv.paths[cv.best]


def test_folds_follow_a_path_that_stopped_early():
    X, y, _ = data()
    cv = fastnet.cv_path(X, y, cv=3, max_features=5)
    assert len(cv.path) < 100
    assert cv.fold_scores[0].shape == (3, len(cv.path))


def test_alphas_keep_the_order_given():
    X, y, _ = data()
    up = fastnet.cv_path(X, y, cv=3, alphas=[0.05, 0.2, 0.8])
    down = fastnet.cv_path(X, y, cv=3, alphas=[0.8, 0.2, 0.05])
    np.testing.assert_array_equal(up.mean, down.mean[::-1])
    assert (up.alpha_min, up.alpha_1se) == (down.alpha_min, down.alpha_1se)


def test_a_fold_that_cannot_be_fitted_is_named():
    X, y, _ = data()
    weight = (np.arange(len(y)) % 4 == 1).astype(float)
    with pytest.raises(ValueError, match="fold 1.*sample_weight is all zero"):
        fastnet.cv_path(X, y, cv=np.arange(len(y)) % 4, sample_weight=weight, alphas=3)


def test_feature_names_come_from_the_frame():
    import pandas

    X, y, _ = data(p=6)
    frame = pandas.DataFrame(X, columns=list("abcdef"))
    cv = fastnet.cv_path(frame, y, cv=3, alphas=10)
    assert set(cv.selected("min")) >= {"a", "b"}
    assert cv.predict(frame, "1se").shape == y.shape


# --- threads and processes


def identical(one, two):
    for a, b in zip((*one.fold_scores, *one.predictions), (*two.fold_scores, *two.predictions)):
        np.testing.assert_array_equal(a, b)
    np.testing.assert_array_equal(one.path.coefs.toarray(), two.path.coefs.toarray())


@pytest.mark.parametrize("without_joblib", [False, True])
def test_results_do_not_depend_on_n_jobs(without_joblib, monkeypatch):
    import sys

    import joblib  # noqa: F401

    if without_joblib:
        monkeypatch.delitem(sys.modules, "joblib")
    X, y, w = data()
    results = [
        fastnet.cv_path(X, y, cv=4, sample_weight=w, l1_ratio=(0.5, 1), alphas=20, n_jobs=n_jobs,
                        keep_predictions=True)
        for n_jobs in (None, 1, 2, 5, -1)
    ]  # fmt: skip
    for result in results[1:]:
        identical(results[0], result)


def test_processes_of_joblib_give_the_same():
    import joblib

    X, y, _ = data()
    options = {"cv": 3, "alphas": 8, "keep_predictions": True, "scoring": "r2"}
    here = fastnet.cv_path(X, y, **options)
    with joblib.parallel_config("loky", n_jobs=2):
        there = fastnet.cv_path(X, y, **options)
    identical(here, there)


@pytest.mark.filterwarnings("ignore::DeprecationWarning")
def test_a_dask_cluster_gives_the_same():
    """Two worker processes on this machine, as many as a cluster has."""
    import joblib

    distributed = pytest.importorskip("distributed", reason="needs the extra cluster")
    X, y, _ = data()
    options = {"cv": 3, "alphas": 8, "keep_predictions": True}
    here = fastnet.cv_path(X, y, **options)
    cluster = {"n_workers": 2, "threads_per_worker": 1, "dashboard_address": None}
    with distributed.Client(**cluster), joblib.parallel_config("dask"):
        there = fastnet.cv_path(X, y, **options)
    identical(here, there)


@pytest.mark.parametrize("n_jobs", [0, True, 1.5])
def test_numbers_of_threads_that_make_no_sense_are_refused(n_jobs):
    X, y, _ = data()
    with pytest.raises(ValueError, match="n_jobs is"):
        fastnet.cv_path(X, y, cv=3, alphas=3, n_jobs=n_jobs)


# --- Ctrl-C


class InterruptsOnce:
    """A measure during which Ctrl-C is pressed, at its n-th fold."""

    name, greater_is_better = "own", False

    def __init__(self, at):
        self.at, self.calls = at, 0

    def scores(self, held_out):
        self.calls += 1
        if self.calls == self.at:
            os.kill(os.getpid(), signal.SIGINT)
        if self.calls >= self.at:
            time.sleep(0.1)  # in a thread: the main one wakes up
        return np.mean((held_out.y[:, None] - held_out.eta) ** 2, axis=0)


needs_signals = pytest.mark.skipif(sys.platform == "win32", reason="os.kill does not press Ctrl-C there")


@needs_signals
@pytest.mark.parametrize("n_jobs", [1, 2])
def test_ctrl_c_leaves_the_folds_that_were_finished(n_jobs, monkeypatch):
    from fastnet.model_selection import cross_validation

    X, y, _ = data()
    options = {"cv": 6, "alphas": 20, "l1_ratio": (0.5, 1.0)}
    whole = fastnet.cv_path(X, y, **options)
    monkeypatch.setattr(cross_validation, "find_measure", lambda *_: InterruptsOnce(9))
    with pytest.raises(fastnet.CVInterrupted, match=r"interrupted after (\d|10|11) of 12 folds") as caught:
        fastnet.cv_path(X, y, n_jobs=n_jobs, **options)
    cv = caught.value.cv
    assert isinstance(caught.value, KeyboardInterrupt)
    assert caught.value.path is cv.path
    finished = [~np.isnan(scores).any(axis=1) for scores in cv.fold_scores]
    assert finished[0].sum() >= 5
    assert not finished[1].all()
    for part, scores, expected in zip(finished, cv.fold_scores, whole.fold_scores):
        np.testing.assert_allclose(scores[part], expected[part], rtol=1e-12)
        assert np.isnan(scores[~part]).all()
    assert cv.alpha_min in cv.alphas
    assert cv.alpha_1se >= cv.alpha_min


@needs_signals
def test_ctrl_c_before_the_first_fold_ends_leaves_the_path(monkeypatch):
    from fastnet.model_selection import cross_validation

    X, y, _ = data()
    monkeypatch.setattr(cross_validation, "find_measure", lambda *_: InterruptsOnce(1))
    with pytest.raises(fastnet.CVInterrupted) as caught:
        fastnet.cv_path(X, y, cv=3, alphas=5)
    assert caught.value.cv is None
    assert len(caught.value.path) == 5
    import pickle

    assert pickle.loads(pickle.dumps(caught.value)).path.alpha_max == caught.value.path.alpha_max


def test_progress_bar(capsys):
    X, y, _ = data()
    fastnet.cv_path(X, y, cv=3, alphas=3, progress=True)
    assert "folds" in capsys.readouterr().err


# --- choices


def toy(scores, alphas=None, greater=False):
    """A CVPath with given (F, K) scores."""
    from result_examples import make_path

    scores = np.asarray(scores, float)
    K = scores.shape[1]
    path = make_path(K) if alphas is None else make_path(K, alphas=np.asarray(alphas))
    F = len(scores)
    return fastnet.CVPath(
        paths=(path,), fold_scores=(scores,), fold_weights=np.ones(F), roles=np.ones((F, 5), np.int8), fold_ids=None,
        measure="m", greater_is_better=greater,
    )  # fmt: skip


def test_one_standard_error_rule():
    scores = np.array([[4.0, 2.0, 1.4, 1.0, 3.0], [4.0, 2.4, 1.6, 2.0, 3.0]])  # means 4, 2.2, 1.5, 1.5, 3
    cv = toy(scores)
    assert cv.alpha_min == cv.alphas[2]  # of equal means the larger alpha
    assert cv.alpha_1se == cv.alphas[2]  # its se is 0.1
    assert one_standard_error(8.0)(cv) == cv.alphas[1]
    assert one_standard_error(0.0)(cv) == cv.alpha_min


def test_more_is_better_is_the_mirror_image():
    scores = np.random.default_rng(0).random((6, 9))
    less, more = toy(scores), toy(-scores, greater=True)
    assert (less.alpha_min, less.alpha_1se) == (more.alpha_min, more.alpha_1se)
    assert percentile()(less) == percentile()(more)


@pytest.mark.parametrize("seed", range(20))
def test_1se_is_never_smaller_than_min(seed):
    rng = np.random.default_rng(seed)
    scores = rng.random((5, 12))
    scores[rng.random(scores.shape) < 0.1] = np.nan
    cv = toy(scores, rng.permutation(np.geomspace(1, 0.01, 12)))
    assert cv.alpha_1se >= cv.alpha_min
    assert percentile(0.5)(cv) >= cv.alpha_min


def test_percentile_rule_by_hand():
    scores = np.array([[3.0, 1.0], [3.0, 2.0], [3.0, 3.0]])
    cv = toy(scores)
    assert percentile(1.0)(cv) == cv.alphas[0]  # 3 is within the worst fold of the best point
    assert percentile(0.5)(cv) == cv.alphas[1]  # bound 2.5


def test_choose():
    cv = toy(np.random.default_rng(0).random((4, 5)))
    assert cv.choose() == cv.choose("min") == cv.alpha_min
    assert cv.choose("1se") == cv.alpha_1se
    assert cv.choose(lambda result: result.alphas[3]) == cv.alphas[3]
    assert cv.choose(0.25) == 0.25
    np.testing.assert_array_equal(cv.coef("1se"), cv.path.coef_at(cv.alpha_1se))
    assert cv.intercept("1se") == cv.path.intercept_at(cv.alpha_1se)
    with pytest.raises(ValueError, match='"1se"'):
        cv.choose("2se")
    with pytest.raises(ValueError, match="factor"):
        one_standard_error(-1)
    with pytest.raises(ValueError, match="share"):
        percentile(2)


def test_one_fold_has_no_standard_error():
    cv = toy([[3.0, 1.0, 2.0]])
    assert np.isnan(cv.se).all()
    assert cv.alpha_1se == cv.alpha_min


# --- measures


@pytest.mark.parametrize("weighted", [False, True])
@pytest.mark.parametrize(
    ("ours", "theirs"), [("mse", "neg_mean_squared_error"), ("mae", "neg_mean_absolute_error"), ("deviance", None)]
)
def test_measures_against_scikit_learn(ours, theirs, weighted):
    X, y, w = data()
    options = {"cv": 3, "alphas": 6, "sample_weight": w if weighted else None}
    cv = fastnet.cv_path(X, y, scoring=ours, **options)
    other = fastnet.cv_path(X, y, scoring=theirs or "neg_mean_squared_error", **options)
    np.testing.assert_allclose(cv.fold_scores[0], -other.fold_scores[0], rtol=1e-10)
    assert not cv.greater_is_better
    assert other.greater_is_better
    assert cv.alpha_min == other.alpha_min


def test_callables():
    from sklearn.metrics import make_scorer, mean_squared_error

    X, y, _ = data()
    options = {"cv": 3, "alphas": 6}

    def scorer(estimator, X, y):  # sees the rows of X
        assert estimator.coef_.shape == (X.shape[1],)
        return -np.mean((y - estimator.predict(X)) ** 2)

    measure = Measure("own", lambda y, prediction, sample_weight: np.mean((y - prediction) ** 2))
    expected = fastnet.cv_path(X, y, scoring="mse", **options).fold_scores[0]
    for scoring, sign in ((scorer, -1), (measure, 1), (make_scorer(mean_squared_error, greater_is_better=False), -1)):
        cv = fastnet.cv_path(X, y, scoring=scoring, **options)
        np.testing.assert_allclose(sign * cv.fold_scores[0], expected, rtol=1e-10)
    cv = fastnet.cv_path(sparse.csr_array(X), y, scoring=scorer, **options)
    np.testing.assert_allclose(-cv.fold_scores[0], expected, rtol=1e-5)


@pytest.mark.parametrize(
    ("scoring", "error", "message"),
    [("nonsense", ValueError, "not known"), ("auc", ValueError, "classes"), (3, TypeError, "scoring is a int")],
)
def test_unknown_measures_are_refused(scoring, error, message):
    with pytest.raises(error, match=message):
        find_measure(scoring, "gaussian")


def test_measures_for_classes_against_scikit_learn():
    from sklearn.metrics import accuracy_score, brier_score_loss, roc_auc_score

    rng = np.random.default_rng(0)
    y, w = (rng.random(80) < 0.4).astype(float), rng.random(80)
    eta = np.round(rng.standard_normal((80, 3)) + y[:, None], 1)  # with ties
    mean = 1 / (1 + np.exp(-eta))
    found = {name: find_measure(name, "binomial").function for name in ("auc", "misclassification", "brier")}
    for k in range(3):
        assert found["auc"](y, eta, w)[k] == pytest.approx(roc_auc_score(y, eta[:, k], sample_weight=w))
        wrong = 1 - accuracy_score(y, eta[:, k] > 0, sample_weight=w)
        assert found["misclassification"](y, eta, w)[k] == pytest.approx(wrong)
        assert found["brier"](y, mean, w)[k] == pytest.approx(brier_score_loss(y, mean[:, k], sample_weight=w))
    assert np.isnan(found["auc"](np.ones(80), eta, w)).all()


# --- files, text, pictures


def test_save_and_load(tmp_path):
    X, y, w = data()
    cv = fastnet.cv_path(X, y, cv=3, l1_ratio=(0.5, 1), alphas=6, sample_weight=w, keep_predictions=True)
    cv.save(tmp_path / "cv.npz")
    back = fastnet.load(tmp_path / "cv.npz")
    identical(cv, back)
    for name in ("fold_weights", "roles", "fold_ids"):
        np.testing.assert_array_equal(getattr(cv, name), getattr(back, name))
    assert str(cv) == str(back)
    np.testing.assert_array_equal(back.path.problem_options["sample_weight"], w)


def test_text():
    X, y, _ = data()
    cv = fastnet.cv_path(X, y, cv=3, l1_ratio=(0.5, 1), alphas=[1.0, 0.5])
    assert repr(cv).startswith("CVPath(gaussian, l1_ratio=0.5, 1: 3 folds, 2 alphas, deviance, alpha_min 0.5")
    assert "smallest alpha of the grid" in cv.summary()
    assert cv.summary().count("1se") == 3
    assert "<table>" in cv._repr_html_()
    frame = cv.to_frame()
    assert list(frame.columns) == ["mean", "se", "df"]
    assert len(frame) == 4


def test_plot():
    import matplotlib

    matplotlib.use("Agg")
    from matplotlib import pyplot

    X, y, _ = data()
    for options in ({"alphas": 8, "l1_ratio": (0.5, 1)}, {"alphas": [0.5]}, {"alphas": [0.5, 0.1, 0.0], "cv": 2}):
        cv = fastnet.cv_path(X, y, **({"cv": 3} | options))
        ax = cv.plot()
        texts = [text.get_text() for text in ax.get_legend().get_texts()]
        assert any("alpha_1se" in text for text in texts)
        assert any("alpha_min" in text for text in texts)
        ax.figure.canvas.draw()
        pyplot.close(ax.figure)


# --- families other than least squares


@pytest.mark.parametrize("scoring", ["deviance", "misclassification", "auc", "brier", "neg_log_loss", "accuracy"])
def test_binomial_folds_are_the_fits_of_their_rows(scoring):
    from sklearn.metrics import accuracy_score, brier_score_loss, log_loss, roc_auc_score

    X, _, w = data(60, 90)
    y = (np.random.default_rng(0).random(60) < 1 / (1 + np.exp(-X[:, 0]))).astype(float)
    options = {"family": "binomial", "alphas": 6, "tol": 1e-10}
    cv = fastnet.cv_path(X, y, cv=3, sample_weight=w, scoring=scoring, **options)
    assert all(abs(y[cv.fold_ids == k].mean() - y.mean()) < 0.05 for k in range(3))  # stratified
    expected = {
        "deviance": lambda y, p, w: 2 * log_loss(y, p, sample_weight=w),
        "misclassification": lambda y, p, w: 1 - accuracy_score(y, p > 0.5, sample_weight=w),
        "auc": lambda y, p, w: roc_auc_score(y, p, sample_weight=w),
        "brier": lambda y, p, w: brier_score_loss(y, p, sample_weight=w),
        "neg_log_loss": lambda y, p, w: -log_loss(y, p, sample_weight=w),
        "accuracy": lambda y, p, w: accuracy_score(y, p > 0.5, sample_weight=w),
    }[scoring]
    options["alphas"] = cv.alphas
    for k in range(3):
        a, b = cv.fold_ids != k, cv.fold_ids == k
        p = fastnet.enet_path(X[a], y[a], sample_weight=w[a], **options).predict(X[b])
        found = [expected(y[b], p[:, j], w[b]) for j in range(6)]
        np.testing.assert_allclose(cv.fold_scores[0][k], found, atol=1e-5)
    assert cv.greater_is_better == (scoring in ("auc", "neg_log_loss", "accuracy"))


@pytest.mark.parametrize("family", ["poisson", "gamma", "tweedie"])
def test_deviances_against_scikit_learn(family):
    from sklearn import metrics

    X, _, _ = data(60, 20)
    rng = np.random.default_rng(0)
    mean = np.exp(0.3 * X[:, 0])
    y = rng.gamma(2.0, mean) if family == "gamma" else rng.poisson(mean).astype(float)
    cv = fastnet.cv_path(X, y, cv=3, family=family, alphas=5, keep_predictions=True)
    theirs = {
        "poisson": metrics.mean_poisson_deviance,
        "gamma": metrics.mean_gamma_deviance,
        "tweedie": lambda y, p: metrics.mean_tweedie_deviance(y, p, power=1.5),
    }[family]
    for k in range(3):
        rows = cv.fold_ids == k
        found = [theirs(y[rows], cv.predictions[0][rows, j]) for j in range(5)]
        np.testing.assert_allclose(cv.fold_scores[0][k], found, rtol=1e-6)


def test_a_family_with_parameters_and_classes_coded_by_sign():
    from fastnet.losses import huber

    X, y, _ = data(60, 20)
    cv = fastnet.cv_path(X, y, cv=3, family=huber(delta=0.5), alphas=4)
    back = cv.path
    assert (back.family, dict(back.family_parameters)) == ("huber", {"delta": 0.5})
    sign = np.where(y > np.median(y), 1.0, -1.0)
    options = {"cv": 3, "family": "squared_hinge", "alphas": 4, "scoring": "misclassification"}
    one, two = (fastnet.cv_path(X, z, **options) for z in (sign, (sign + 1) / 2))
    np.testing.assert_array_equal(one.fold_scores[0], two.fold_scores[0])
