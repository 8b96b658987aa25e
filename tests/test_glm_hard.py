"""Hard data for every family: the right answer (by verify), or a status that says so; no NaN, no other warning."""

import warnings

import numpy as np
import pytest
import scipy.sparse
from parts import FAMILY_RESPONSES, family_data

import fastnet
from fastnet import losses
from fastnet.exceptions import ConvergenceWarning
from fastnet.losses import find_family

NAMES = sorted(FAMILY_RESPONSES)
COUNTS = ["poisson", "negative_binomial", "tweedie"]


def check(name, X, y, tol=1e-7, **options):
    """Fit, and certify independently."""
    path = fastnet.enet_path(X, y, family=name, **({"alphas": 4, "tol": tol} | options))
    options = {key: value for key, value in options.items() if not key.startswith("alpha")}
    found = fastnet.verify(X, y, path.coefs, path.intercepts, path.alphas, family=name, **options)
    assert np.all(path.statuses == 0)
    assert np.all(np.isfinite(path.coefs.data))
    assert np.all(np.isfinite(path.deviance_ratios))
    assert found.feasible.all()
    assert found.gaps.max() <= 1.01 * tol
    return path


@pytest.mark.parametrize("name", NAMES)
def test_offsets_of_50_either_way(name):
    """Rows whose means differ by e^100."""
    X, y = family_data(name)
    check(name, X, y, offset=np.resize([50.0, -50.0, 0.0], len(y)))
    check(name, X, y, offset=np.full(len(y), 5.0), fit_intercept=False)


@pytest.mark.parametrize("name", ["binomial", "poisson", "gamma", "negative_binomial", "inverse_gaussian", "tweedie"])
@pytest.mark.parametrize("shift", [-50.0, 50.0])
def test_a_common_offset_moves_the_intercept_alone(name, shift):
    X, y = family_data(name)
    path = check(name, X, y, offset=np.full(len(y), shift))
    plain = check(name, X, y)
    np.testing.assert_allclose(path.alpha_max, plain.alpha_max, rtol=1e-7)
    np.testing.assert_allclose(path.intercepts + shift, plain.intercepts, atol=2e-3)


@pytest.mark.parametrize("name", COUNTS)
def test_counts_at_the_ends(name):
    X, y = family_data(name)
    n = len(y)
    check(name, X, 1e6 * y)
    check(name, X, np.where(np.arange(n) == 3, 1.0, 0.0))
    check(name, X, np.where(np.arange(n) == 0, 1e9, y))
    path = check(name, X, np.zeros(n), fit_intercept=False)  # no intercept to run away to minus infinity
    assert path.alpha_max > 0
    with pytest.raises(ValueError, match="no positive count"):
        fastnet.enet_path(X, np.zeros(n), family=name)


@pytest.mark.parametrize("name", ["poisson", "gamma", "tweedie", "inverse_gaussian"])
@pytest.mark.parametrize("unit", [1e-12, 1e12])
def test_units_of_y_move_the_intercept_alone(name, unit):
    """With a log link a factor of y is a shift of the intercept."""
    X, y = family_data(name)
    path, plain = check(name, X, unit * y), check(name, X, y)
    np.testing.assert_allclose(path.intercepts - np.log(unit), plain.intercepts, atol=2e-3)
    np.testing.assert_allclose(path.coefs.toarray(), plain.coefs.toarray(), atol=2e-3)


def test_beyond_rounding_the_status_says_so():
    """Counts of 1e12 with theta 1: the objective's own rounding exceeds the tolerance asked for."""
    X, y = family_data("negative_binomial")
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        path = fastnet.enet_path(X, 1e12 * y, family="negative_binomial", alphas=8, tol=1e-7)
    assert {w.category for w in caught} <= {ConvergenceWarning}
    assert np.all(np.isfinite(path.coefs.data))
    assert np.all((path.gaps <= 1e-7) == (path.statuses == 0))


@pytest.mark.parametrize("name", ["gamma", "inverse_gaussian"])
@pytest.mark.parametrize("outlier", [1e-9, 1e9])
def test_one_extreme_amount(name, outlier):
    X, y = family_data(name)
    check(name, X, np.where(np.arange(len(y)) == 0, outlier, y))


@pytest.mark.parametrize("name", ["binomial", "squared_hinge"])
def test_separable_and_imbalanced_classes(name):
    rng = np.random.default_rng(0)
    X = rng.standard_normal((40, 5))
    path = check(name, X, (X[:, 0] > 0).astype(float), alphas=40, alpha_min_ratio=1e-6)
    assert path.deviance_ratios[-1] > 0.99
    X = rng.standard_normal((20_000, 6))
    check(name, X, (np.arange(20_000) < 2).astype(float))  # 1 : 10,000
    check(name, X, (np.arange(20_000) == 0).astype(float))


@pytest.mark.parametrize("name", ["binomial", "squared_hinge"])
@pytest.mark.parametrize("alphas", [3, [1e-5, 0.0]])
@pytest.mark.parametrize("bounded", [False, True])
def test_classes_separated_without_penalised_columns(name, alphas, bounded):
    """The null deviance is zero but for rounding: nothing is left to explain, for `enet_path` and for `verify`."""
    rng = np.random.default_rng(2)
    X = rng.standard_normal((12, 45))
    factors = {"penalty_factor": np.where(np.arange(45) < 6, 0.0, 1.0)}
    bounds = {"lower": np.where(np.arange(45) < 6, -50.0, -np.inf)} if bounded else {}
    check(name, X, (X[:, :6].sum(axis=1) > 0).astype(float), alphas=alphas, **factors, **bounds)


@pytest.mark.parametrize("name", NAMES)
def test_rounding_of_dependent_columns_between_bounds_is_no_column(name):
    """Two multiples of one column, without penalty, open to opposite sides: together they do what it does alone."""
    for seed in range(10):
        rng = np.random.default_rng(seed)
        y = family_data(name, 30)[1][:8]
        column, other = rng.standard_normal((2, 8))
        if name in ("binomial", "squared_hinge"):
            y, column[:2] = np.resize([0.0, 0.0, 1.0], 8), [1.0, -1.0]
        options = {"family": name, "alphas": [0.1], "fit_intercept": False, "standardize": False}
        alone = fastnet.enet_path(np.column_stack([column, other]), y, penalty_factor=[0.0, 1.0], **options)
        X = np.column_stack([column * rng.standard_normal(), other, column * rng.standard_normal()])
        limits = {"lower": [-0.1, -np.inf, -np.inf], "upper": [np.inf, np.inf, 0.1]}
        if X[0, 0] * X[0, 2] < 0:
            limits = {"lower": [-0.1, -np.inf, -0.1]}
        limits["penalty_factor"] = [0.0, 1.0, 0.0]
        path = fastnet.enet_path(X, y, **limits, **options)
        del options["alphas"]
        found = fastnet.verify(X, y, path.coefs, path.intercepts, path.alphas, **limits, **options)
        np.testing.assert_allclose(path.null_objective, alone.null_objective, rtol=1e-7)
        np.testing.assert_allclose(found.null_objective, alone.null_objective, rtol=1e-7)


@pytest.mark.parametrize("name", NAMES)
def test_no_penalty_at_all(name):
    X, y = family_data(name)
    X = X[:, :4]
    check(name, X, y, alphas=[0.1, 0.0])


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize("sparse", [False, True])
def test_no_penalty_on_columns_far_from_zero(name, sparse):
    """Without an intercept, more columns than rows: all but one direction of X is 1e-8 of that one, and it fits y."""
    X, y = family_data(name)
    n = 8
    X = np.resize(np.round(X, 2), (n, 20)) + 1e8 * (np.arange(20) < 9)
    options = dict(l1_ratio=0.5, fit_intercept=False, standardize=False)
    check(name, scipy.sparse.csr_array(X) if sparse else X, y[:n], alphas=[1e7, 0.0], tol=1e-6, **options)


@pytest.mark.filterwarnings("ignore::fastnet.exceptions.ConvergenceWarning")
@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize("far", [9, 20])
@pytest.mark.parametrize("cells", [0, 10**6])
def test_no_penalty_gaps_are_those_of_the_coefficients(name, far, cells, monkeypatch):
    """Directions that the squares of X have lost (`cells` 0: as if X were too large for its singular values)."""
    monkeypatch.setattr("fastnet.glm_ridge_engine.BLOCK_CELLS", cells)
    X, y = family_data(name)
    X, y = np.resize(np.round(X, 2), (8, 20)) + 1e8 * (np.arange(20) < far), y[:8]
    options = dict(family=name, fit_intercept=False, standardize=False)
    path = fastnet.enet_path(X, y, alphas=[0.0], tol=1e-6, **options)
    found = fastnet.verify(X, y, path.coefs, path.intercepts, path.alphas, **options)
    np.testing.assert_allclose(path.objectives, found.objectives, rtol=1e-6, atol=1e-6 * found.null_objective)
    assert found.gaps[0] <= 1.01 * path.gaps[0] + 1e-8
    assert path.gaps[0] <= 1e-6 or (cells == 0 and far == 20)


@pytest.mark.parametrize("name", ["huber"])
def test_mirrored_responses_change_the_sign(name):
    X, y = family_data(name)
    path = fastnet.enet_path(X, y, family=name, alphas=6, tol=1e-11)
    other = fastnet.enet_path(X, -y, family=name, alphas=6, tol=1e-11)
    np.testing.assert_allclose(other.coefs.toarray(), -path.coefs.toarray(), atol=2e-4)


def test_inverse_gaussian_stays_on_the_same_stationary_points():
    """Not convex: on these data weights, repetitions and other grids lead to the same points all the same."""
    X, y = family_data("inverse_gaussian")
    counts = np.resize([1, 2, 0, 3], len(y))
    options = {"family": find_family("inverse_gaussian"), "tol": 1e-11}
    path = fastnet.enet_path(X, y, sample_weight=counts.astype(float), alphas=6, alpha_min_ratio=0.1, **options)
    repeated = fastnet.enet_path(
        np.repeat(X, counts, axis=0), np.repeat(y, counts), alphas=path.alphas[[1, 5]], **options
    )
    np.testing.assert_allclose(repeated.objectives, path.objectives[[1, 5]], rtol=1e-8)
    np.testing.assert_allclose(repeated.coefs.toarray(), path.coefs[:, [1, 5]].toarray(), atol=1e-3)


@pytest.mark.parametrize("weighted", [False, True])
def test_huber_far_from_the_squares(weighted):
    """Residuals 1,000 delta long: nearly every observation is in the linear part, where a Newton step has no length."""
    rng = np.random.default_rng(3)
    X = np.asfortranarray(rng.standard_normal((40, 10)))
    y = 100.0 * (X[:, :3].sum(axis=1) + rng.standard_t(2, 40))
    weights = {"sample_weight": rng.integers(0, 4, 40).astype(float)} if weighted else {}
    path = check(losses.huber(delta=0.1), X, y, tol=1e-6, alphas=20, **weights)
    assert path.n_iters.max() < 500


@pytest.mark.parametrize(
    ("n", "p", "share", "intercept"),
    [(25, 200, 1e-3, False), (25, 200, 1e-2, False), (60, 20, 1e-3, False), (100, 30, 1e-3, True)],
)
def test_huber_nearly_absolute_deviations(n, p, share, intercept):
    """Delta a small share of the residuals: as many observations within it as there are coefficients, or n."""
    rng = np.random.default_rng(2)
    X = np.asfortranarray(rng.standard_normal((n, p)))
    y = 100.0 * (X[:, :3].sum(axis=1) + rng.standard_t(2, n))
    delta = share * np.median(np.abs(y - np.median(y)))
    options = dict(alphas=12, alpha_min_ratio=1e-3, fit_intercept=intercept)
    path = check(losses.huber(delta=delta), X, y, tol=1e-6, **options)
    assert path.n_iters.max() < 1000


@pytest.mark.parametrize("value", [0.1, -3.7, 1e6])
def test_huber_of_a_constant(value):
    """The null model explains all but rounding: its deviance is 0, no unit for a gap."""
    rng = np.random.default_rng(0)
    X, weight = rng.standard_normal((20, 5)), rng.random(20)
    path = fastnet.enet_path(
        X, np.full(20, value), family=losses.huber(delta=0.3), alphas=[0.1, 0.0], sample_weight=weight
    )
    assert path.null_objective == 0.0
    assert path.gaps.max() == 0.0
    assert path.dfs.max() == 0


@pytest.mark.parametrize("family", ["gamma", "inverse_gaussian", "poisson"])
@pytest.mark.parametrize("offset", [-1000.0, 1000.0])
def test_offsets_at_which_the_loss_overflows_are_refused(family, offset):
    """Or, where it does not, the path is certified as any other."""
    X, y = np.random.default_rng(0).standard_normal((12, 4)), np.arange(1.0, 13.0)
    problem = dict(family=family, offset=np.full(12, offset), fit_intercept=False)
    overflows = {"gamma": offset < 0, "inverse_gaussian": offset < 0, "poisson": offset > 0}[family]
    if overflows:
        with pytest.raises(ValueError, match=r"offset from -?1000 to -?1000 .*overflow.*log"):
            fastnet.enet_path(X, y, alphas=3, **problem)
    else:
        path = fastnet.enet_path(X, y, alphas=3, **problem)
        assert np.isfinite(path.objectives).all()
        assert np.all(path.gaps <= path.tol)
