"""The Path record: consistency, interpolation, predictions, selection, tables. Paths are made by hand."""

from __future__ import annotations

import dataclasses
import pickle
import types

import numpy as np
import pytest
from result_examples import make_path
from scipy import sparse

from fastnet.exceptions import ConvergenceWarning, PathInterrupted
from fastnet.extension import continue_grid, merge
from fastnet.interpolation import interpolation_weights
from fastnet.losses.links import FAMILY_LINKS, INVERSE_LINKS, inverse_link
from fastnet.result import Status

ALPHAS = np.array([0.5, 2.0, 1.0, 0.25])  # in no order
COEFS = np.array([[3.0, 0.0, 1.0, 3.5], [0, 0, 0, 0], [-2.0, 0, -2.0, -8.0], [0, 0, 0, 9.0]])


@pytest.fixture
def path():
    return make_path(
        4,
        4,
        alphas=ALPHAS,
        coefs=sparse.csc_array(COEFS),
        dfs=(COEFS != 0).sum(axis=0),
        intercepts=[1.0, 4.0, 2.0, 0.0],
        feature_names=("a", "b", "c", "d"),
    )


def dense_interpolation(path, values, alpha):
    """NumPy's own, on sorted alphas."""
    order = np.argsort(path.alphas)
    return np.array([np.interp(alpha, path.alphas[order], row[order]) for row in np.atleast_2d(values)])


# --- the record


def test_it_is_immutable(path):
    with pytest.raises(dataclasses.FrozenInstanceError):
        path.tol = 1.0
    for array in (path.alphas, path.gaps, path.statuses, path.coefs.data, path.coefs.indices):
        with pytest.raises(ValueError, match="read-only"):
            array[0] = 0


def test_it_does_not_alias_what_it_was_given():
    gaps = np.zeros(5)
    path = make_path(gaps=gaps)
    gaps[0] = 1.0
    assert path.gaps[0] == 0.0
    assert gaps.flags.writeable


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"gaps": np.zeros(3)}, r"gaps has shape \(3,\); the path has 5 points"),
        ({"coefs": sparse.csc_array((8, 4))}, "coefs has 4 columns; the path has 5 points"),
        ({"feature_names": ("a",)}, "feature_names has 1 names; coefs has 8 rows"),
        ({"times": np.zeros((5, 1))}, r"times has shape \(5, 1\)"),
    ],
)
def test_fields_must_fit_together(changes, message):
    with pytest.raises(ValueError, match=message):
        make_path(**changes)


def test_damaged_coefs_are_refused():
    coefs = sparse.csc_array(COEFS)
    coefs.indices = coefs.indices + 1
    with pytest.raises(ValueError, match=r"CSC coefs\.indices\[\d\] is 4"):
        make_path(4, 4, coefs=coefs)


def test_len_and_convergence(path):
    assert len(path) == 4
    assert path.n_features == 4
    assert path.converged
    assert not make_path(statuses=[0, 0, 1, 2, 3]).converged


def test_each_status_has_its_line():
    assert [s.value for s in Status] == [0, 1, 2, 3]
    assert len({s.description for s in Status}) == 4


def test_pickle(path):
    again = pickle.loads(pickle.dumps(path))
    np.testing.assert_array_equal(again.coefs.toarray(), COEFS)
    assert again.feature_names == path.feature_names


# --- interpolation


@pytest.mark.parametrize("alpha", [0.1, 0.25, 0.3, 0.5, 0.75, 1.0, 1.7, 2.0, 5.0])
def test_interpolation_is_linear_in_alpha_and_constant_beyond(path, alpha):
    np.testing.assert_allclose(path.coef_at(alpha), dense_interpolation(path, COEFS, alpha), rtol=1e-15)
    np.testing.assert_allclose(path.intercept_at(alpha), dense_interpolation(path, path.intercepts, alpha)[0])


def test_interpolation_is_exact_at_the_points(path):
    for k, alpha in enumerate(ALPHAS):
        np.testing.assert_array_equal(path.coef_at(alpha), COEFS[:, k])
        assert path.intercept_at(alpha) == path.intercepts[k]


def test_interpolation_at_several_alphas(path):
    grid = [0.3, 0.25, 3.0]
    coefs = path.coef_at(grid)
    assert isinstance(coefs, sparse.csc_array)
    np.testing.assert_array_equal(coefs.toarray(), np.column_stack([path.coef_at(a) for a in grid]))
    np.testing.assert_array_equal(path.intercept_at(grid), [path.intercept_at(a) for a in grid])


def test_interpolation_with_one_point_and_equal_alphas():
    one = make_path(1, 3, alphas=[0.5], coefs=sparse.csc_array([[1.0], [0], [2]]))
    for alpha in (0.0, 0.5, 9.0):
        np.testing.assert_array_equal(one.coef_at(alpha), [1, 0, 2])
    twice = make_path(2, 1, alphas=[0.5, 0.5], coefs=sparse.csc_array([[1.0, 7.0]]))
    np.testing.assert_array_equal(twice.coef_at(0.5), [1.0])


def test_weights_sum_to_one():
    rng = np.random.default_rng(0)
    points = rng.random(20)
    weights = interpolation_weights(points, np.r_[rng.random(200) * 1.5, points, 0.0]).toarray()
    assert (weights >= 0).all()
    np.testing.assert_allclose(weights.sum(axis=0), 1.0, rtol=1e-15)
    assert ((weights > 0).sum(axis=0) <= 2).all()


@pytest.mark.parametrize(
    ("alpha", "error", "message"),
    [
        (-1.0, ValueError, "alpha is -1 at index 0"),
        (np.nan, ValueError, "alpha is NaN"),
        ("x", TypeError, "alpha holds strings"),
        (True, TypeError, "alpha holds booleans"),
        ([[1.0]], ValueError, "alpha has shape"),
        ([], ValueError, "alpha is empty"),
    ],
)
def test_bad_alpha(path, alpha, error, message):
    for method in (path.coef_at, path.intercept_at, lambda a: path.predict(np.ones((2, 4)), a)):
        with pytest.raises(error, match=message):
            method(alpha)


# --- selection


def test_selected_in_order_of_entry(path):
    # alpha 2: none; alpha 1: c (|-2|) before a (|1|); alpha 0.25: d
    assert path.selected() == ["c", "a", "d"]
    assert path.selected(0.5) == ["c", "a"]
    assert path.selected(0.3) == ["c", "a", "d"]
    assert path.selected(2.0) == []
    unnamed = path.replace(feature_names=None)
    np.testing.assert_array_equal(unnamed.selected(), [2, 0, 3])
    assert unnamed.selected().dtype == np.int64


def test_selected_forgets_features_that_left():
    coefs = sparse.csc_array([[0, 1.0, 0], [0, 0, 2.0]])
    path = make_path(3, 2, coefs=coefs)
    np.testing.assert_array_equal(path.selected(), [0, 1])
    np.testing.assert_array_equal(path.selected(path.alphas[2]), [1])


def test_explicit_zeros_do_not_count():
    coefs = sparse.csc_array((np.array([0.0, 3.0]), np.array([0, 1]), np.array([0, 1, 2])), shape=(3, 2))
    path = make_path(2, 3, coefs=coefs)
    np.testing.assert_array_equal(path.selected(), [1])


# --- predictions


X = np.random.default_rng(1).standard_normal((6, 4))


@pytest.mark.parametrize("container", [np.asarray, np.asfortranarray, sparse.csc_array, sparse.csr_matrix, np.float32])
def test_predict_linear(path, container):
    matrix = container(X)
    rtol = 1e-6 if matrix.dtype == np.float32 else 1e-14
    everything = path.predict(matrix)
    assert everything.shape == (6, 4)
    np.testing.assert_allclose(everything, X @ COEFS + path.intercepts, rtol=rtol, atol=rtol)
    np.testing.assert_allclose(path.predict(matrix, 0.5), X @ COEFS[:, 0] + 1.0, rtol=rtol, atol=rtol)
    several = path.predict(matrix, [0.5, 0.3])
    np.testing.assert_allclose(several[:, 1], X @ path.coef_at(0.3) + path.intercept_at(0.3), rtol=rtol, atol=rtol)


def test_predict_integers_and_empty_models(path):
    whole = np.arange(8).reshape(2, 4)
    np.testing.assert_array_equal(path.predict(whole, 0.5), whole @ COEFS[:, 0] + 1.0)
    np.testing.assert_array_equal(path.predict(whole, 2.0), [4.0, 4.0])


def test_predict_kinds(path):
    binomial = path.replace(family="binomial")
    eta = binomial.predict(X, 0.5, "link")
    np.testing.assert_allclose(binomial.predict(X, 0.5), 1 / (1 + np.exp(-eta)), rtol=1e-14)
    np.testing.assert_array_equal(binomial.predict(X, 0.5, "class"), eta > 0)
    assert binomial.predict(X, 0.5, "class").dtype == np.int64
    np.testing.assert_allclose(path.replace(family="poisson").predict(X, 0.5), np.exp(eta))
    with pytest.raises(ValueError, match="kind is 'prob'; allowed are 'response', 'link', 'class', 'probability'"):
        path.predict(X, 0.5, "prob")
    with pytest.raises(ValueError, match="family='gaussian' has none"):
        path.predict(X, 0.5, "class")
    other = path.replace(family="mine")
    np.testing.assert_array_equal(other.predict(X, 0.5, "link"), eta)
    with pytest.raises(ValueError, match=r"family='mine' has no response scale.*kind=\"link\""):
        other.predict(X, 0.5)


def test_predict_offset(path):
    fitted = path.replace(problem_options={"offset": np.zeros(9)})
    with pytest.raises(ValueError, match="offset is missing: this path was fitted with one"):
        fitted.predict(X, 0.5)
    plain = path.predict(X, 0.5)
    np.testing.assert_array_equal(fitted.predict(X, 0.5, offset=0), plain)
    shift = np.arange(6.0)
    np.testing.assert_allclose(fitted.predict(X, 0.5, offset=shift), plain + shift, rtol=1e-14)
    np.testing.assert_allclose(path.predict(X, offset=shift), path.predict(X) + shift[:, None], rtol=1e-14)
    for bad, message in (
        (shift[:2], "offset has length 2"),
        (np.full(6, np.nan), "offset is NaN at index 0"),
    ):
        with pytest.raises(ValueError, match=message):
            fitted.predict(X, 0.5, offset=bad)


@pytest.mark.parametrize("container", [np.asarray, sparse.csc_array])
def test_predict_reads_only_the_columns_in_use(path, container):
    damaged = X.copy()
    damaged[3, 1] = np.nan  # column b is never used
    np.testing.assert_allclose(path.predict(container(damaged)), X @ COEFS + path.intercepts, rtol=1e-13, atol=1e-13)
    damaged[4, 2] = np.inf
    with pytest.raises(ValueError, match="X is inf at row 4, column 2"):
        path.predict(container(damaged))


def test_predict_in_blocks_of_columns():
    rng = np.random.default_rng(3)
    coefs = rng.standard_normal((2500, 3))
    wide = make_path(3, 2500, coefs=sparse.csc_array(coefs), intercepts=np.zeros(3))
    matrix = rng.standard_normal((5, 2500))
    for container in (np.asarray, sparse.csc_array):
        np.testing.assert_allclose(wide.predict(container(matrix)), matrix @ coefs, rtol=1e-10, atol=1e-10)
    matrix[2, 2400] = np.nan
    for container in (np.asarray, sparse.csc_array):
        with pytest.raises(ValueError, match="X is NaN at row 2, column 2400"):
            wide.predict(container(matrix))


def test_predict_frames(path):
    pandas = pytest.importorskip("pandas")
    frame = pandas.DataFrame(X, columns=list("abcd"))
    np.testing.assert_array_equal(path.predict(frame), path.predict(X))
    with pytest.raises(ValueError, match="the same names in another order"):
        path.predict(frame[list("bacd")])
    with pytest.raises(ValueError, match="X has 3 columns but the path was fitted with 4"):
        path.predict(frame[list("abc")])


def test_inverse_links_do_not_overflow():
    eta = np.array([-1e4, -1.0, 0.0, 1.0, 1e4])
    for name, function in INVERSE_LINKS.items():
        mu = function(eta)
        assert (np.diff(mu) > 0).all(), name
        assert not np.isnan(mu).any()
    assert set(FAMILY_LINKS.values()) <= set(INVERSE_LINKS)
    np.testing.assert_allclose(inverse_link("binomial")(np.array([0.0])), [0.5])
    np.testing.assert_allclose(INVERSE_LINKS["cloglog"](np.array([-30.0])), np.exp(-30.0), rtol=1e-12)


# --- tables


def test_texts(path):
    line = repr(path)
    assert "\n" not in line
    for word in ("gaussian", "4 points", "0 to 3 of 4 features", "all converged", "alpha 2 to 0.25"):
        assert word in line
    table = path.summary()
    assert len(table.splitlines()) == 2 + 1 + 4 + 1 + 2
    assert str(make_path(100, 500)).count("converged") == 20 + 1
    assert "..." in str(make_path(100, 500))
    mixed = make_path(statuses=[0, 1, 1, 2, 0])
    assert "2 MAX_ITER, 1 STALLED of 5" in repr(mixed)
    assert Status.STALLED.description in str(mixed)
    assert "delta=1.5" in repr(path.replace(family="huber", family_parameters={"delta": 1.5}))


def test_html_is_escaped(path):
    text = path.replace(stop_reason="<b>early</b>")._repr_html_()
    assert "<table>" in text
    assert "&lt;b&gt;early" in text


def test_to_frame(path):
    pytest.importorskip("pandas")
    frame = path.to_frame()
    np.testing.assert_array_equal(frame.index, ALPHAS)
    assert frame.loc[0.25, "df"] == 3
    assert set(frame["status"]) == {"CONVERGED"}
    coefs = path.to_frame(coefs=True)
    assert list(coefs.columns) == ["(intercept)", "a", "c", "d"]
    np.testing.assert_array_equal(coefs[["a", "c", "d"]].to_numpy(), COEFS[[0, 2, 3]].T)


def test_wide_paths_touch_only_what_is_selected():
    wide = make_path(20, 10**7, per_point=30)
    assert len(wide.selected()) == 30
    assert len(wide.selected(0.02)) <= 30
    assert wide.to_frame(coefs=True).shape == (20, 31)
    assert len(str(wide)) < 5000


# --- extension


def test_continue_grid():
    np.testing.assert_allclose(continue_grid(np.array([1.0, 0.1, 0.01]), 2), [1e-3, 1e-4])
    for alphas in ([1.0], [1.0, 0.0], [2.0, 1.0, 0.0]):
        with pytest.raises(ValueError, match="no spacing to continue"):
            continue_grid(np.array(alphas), 3)


def test_merge_orders_and_prefers_new(path):
    new = make_path(3, 4, seed=5, alphas=[0.1, 1.0, 0.7], stop_reason="further", intercepts=[10.0, 20.0, 30.0])
    both = merge(path, new)
    np.testing.assert_array_equal(both.alphas, [2.0, 1.0, 0.7, 0.5, 0.25, 0.1])
    np.testing.assert_array_equal(both.intercepts, [4.0, 20.0, 30.0, 1.0, 0.0, 10.0])
    np.testing.assert_array_equal(both.coefs.toarray()[:, 3], COEFS[:, 0])
    np.testing.assert_array_equal(both.coefs.toarray()[:, 5], new.coefs.toarray()[:, 0])
    assert both.stop_reason == "further"


def test_extend_repeats_the_problem(path, monkeypatch):
    calls = []

    def enet_path(X, y, **arguments):
        calls.append(arguments)
        return make_path(1, 4, alphas=arguments["alphas"])

    module = types.ModuleType("fastnet.api")
    module.enet_path = enet_path
    monkeypatch.setitem(__import__("sys").modules, "fastnet.api", module)
    weights = np.arange(3.0)
    fitted = path.replace(problem_options={"sample_weight": weights, "max_iter": 7}, l1_ratio=0.5)
    result = fitted.extend(None, None, alphas=[0.05], tol=1e-9)
    (arguments,) = calls
    assert arguments["warm_start"] is fitted
    assert arguments["sample_weight"] is weights
    assert (arguments["max_iter"], arguments["l1_ratio"], arguments["tol"]) == (7, 0.5, 1e-9)
    assert arguments["family"] == "gaussian"
    assert len(result) == 5


# --- exceptions


def test_interrupted_carries_the_path(path):
    error = PathInterrupted("stopped", path)
    assert isinstance(error, KeyboardInterrupt)
    assert error.path is path
    assert pickle.loads(pickle.dumps(error)).path.feature_names == path.feature_names
    assert issubclass(ConvergenceWarning, UserWarning)
