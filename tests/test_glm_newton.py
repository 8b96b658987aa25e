"""The solvers of the non-quadratic losses: Hessians, lagged Newton steps, their fall-back, ridge in n dimensions."""

import numpy as np
import pytest
import scipy.sparse as sp
from parts import data, family_data
from test_glm_cox import response, survival

import fastnet
from fastnet import references
from fastnet.glm_engine import GLMEngine
from fastnet.glm_problem import make_glm_engine
from fastnet.losses import cox, find_family
from fastnet.solvers.lagged_hessian import PRESENT
from fastnet.solvers.predictor import FALLBACKS
from fastnet.state import DIRECT, ITERATIVE, MODE, RESIDENT, ROWS
from fastnet.validation import check_problem


def cox_loss(ties, late):
    _, start, stop, event = survival(late=late)
    strata = np.resize([1, 2, 1], len(stop))
    return cox(ties=ties, strata=strata).read(response(start, stop, event))[0].make(stop)


@pytest.mark.parametrize("ties", ["breslow", "efron"])
@pytest.mark.parametrize("late", [False, True])
def test_cox_hessian_is_the_derivative_of_its_gradient(ties, late):
    loss = cox_loss(ties, late)
    n, step = 40, 1e-6
    eta = np.sin(np.arange(n) * 1.3)
    weight = np.resize([1.0, 0.0, 2.0], n) / 40
    root = np.sqrt(weight)

    def gradient(at):
        residual, curvature = np.empty(n), np.empty(n)
        loss.loss_gradient(at, root, residual, curvature)
        return -root * residual, curvature

    state, product = np.zeros((6, n)), np.empty(n)
    loss.loss_state(eta, root, gradient(eta)[1], state)
    direction = np.cos(np.arange(n) * 0.7)
    loss.loss_times(state, root, root * direction, product)
    difference = (gradient(eta + step * direction)[0] - gradient(eta - step * direction)[0]) / (2 * step)
    np.testing.assert_allclose(root * product, difference, atol=2e-9)


def test_cox_takes_few_newton_steps():
    """A diagonal curvature alone needs thousands here."""
    X, start, stop, event = survival(n=60, p=100)
    path = fastnet.enet_path(X, response(start, stop, event), family="cox", alphas=20, alpha_min_ratio=0.05, tol=1e-9)
    assert np.all(path.statuses == 0)
    assert path.n_iters.max() < 60


def engine_of(family, X, y, fit_intercept=True):
    family, y = find_family(family).read(y)
    return make_glm_engine(family, check_problem(X, y), fit_intercept=fit_intercept, standardize=True)


@pytest.mark.parametrize("family", ["binomial", "poisson", "cox"])
@pytest.mark.parametrize("sparse", [False, True])
def test_direct_and_iterative_solvers_agree(family, sparse):
    if family == "cox":
        X, start, stop, event = survival()
        y = response(start, stop, event)
    else:
        X, y = family_data(family)
    X = sp.csc_array(X) if sparse else X
    one, other = engine_of(family, X, y), engine_of(family, X, y)
    other.never_direct()
    for share in (0.6, 0.3, 0.1):
        alpha = one.units.alpha_of(share * one.largest, 0.9)
        points = []
        for engine in (one, other):
            assert engine.solve(alpha, 0.9, 1e-10, 100_000) == 0
            points.append(engine.point(alpha, 0))
        np.testing.assert_allclose(points[0].objective, points[1].objective, rtol=1e-9)
    assert one.work.counts[MODE] != ITERATIVE
    assert other.work.counts[MODE] == ITERATIVE


def test_equal_columns_and_nearly_equal_ones():
    X, y = family_data("binomial")
    X = np.column_stack([X, X, X[:, :10] + 1e-9 * X[:, 10:20]])
    path = fastnet.enet_path(X, y, family="binomial", alphas=10, tol=1e-8)
    assert np.all(path.statuses == 0)


@pytest.mark.parametrize("family", ["binomial", "poisson", "inverse_gaussian", "cox"])
@pytest.mark.parametrize("sparse", [False, True])
def test_ridge_of_many_columns(family, sparse):
    """Solved in n dimensions: the coefficients are those of all columns, unpenalised and weighted ones included."""
    if family == "cox":
        X, start, stop, event = survival(n=30, p=80)
        y = response(start, stop, event)
    else:
        X, y = family_data(family, n=30, p=80)
    X = sp.csc_array(X) if sparse else X
    options = {"penalty_factor": np.resize([1.0, 2.0, 0.5], 80), "sample_weight": np.resize([1.0, 2.0, 0.0], 30)}
    if family != "cox":
        options["penalty_factor"][0] = 0.0
    path = fastnet.enet_path(X, y, family=family, l1_ratio=0.0, alphas=5, alpha_min_ratio=0.01, tol=1e-9, **options)
    assert np.all(path.statuses == 0)
    bounds = {"lower": -1e9}  # bounds, even if never met, keep the problem in p dimensions
    other = fastnet.enet_path(X, y, family=family, l1_ratio=0.0, alphas=path.alphas, tol=1e-9, **options, **bounds)
    np.testing.assert_allclose(path.objectives, other.objectives, rtol=1e-7)
    np.testing.assert_allclose(path.coefs.toarray(), other.coefs.toarray(), atol=1e-4)
    np.testing.assert_allclose(path.intercepts, other.intercepts, atol=1e-4)
    np.testing.assert_allclose(path.deviance_ratios, other.deviance_ratios, atol=1e-7)


@pytest.mark.parametrize("family", ["binomial", "poisson", "cox"])
@pytest.mark.parametrize("l1_ratio", [0.0, 1.0])
def test_no_penalty_on_wide_data(family, l1_ratio):
    """More columns than rows fit anything, here at infinity: certified after the steps that n dimensions take."""
    rng = np.random.default_rng(0)
    X = rng.standard_normal((60, 1000))
    eta = X[:, :3].sum(axis=1) + 0.5 * rng.standard_normal(60)
    y = {
        "binomial": (eta > 0).astype(float),
        "poisson": rng.poisson(np.exp(0.5 * eta)).astype(float),
        "cox": np.column_stack([np.exp(-eta), rng.random(60) < 0.7]),
    }[family]
    path = fastnet.enet_path(X, y, family=family, l1_ratio=l1_ratio, alphas=[0.1, 0.0], tol=1e-5)
    assert np.all(path.statuses == 0)
    assert path.n_iters.max() < 200
    found = fastnet.verify(X, y, path.coefs, path.intercepts, path.alphas, family=family, l1_ratio=l1_ratio)
    assert found.gaps.max() <= 1e-5


@pytest.mark.parametrize("sparse", [False, True])
def test_constant_part_of_the_residual_screens_nothing_in(sparse):
    """Without an intercept, columns of mean zero do not see the constant part: the lazy bounds leave it out."""
    rng = np.random.default_rng(4)
    X = rng.standard_normal((40, 3000))
    X = np.vstack([X, -X])  # every mean is exactly zero
    y = rng.poisson(np.exp(2.0 + 0.3 * X[:, 0]), 80).astype(float)
    engine = engine_of("poisson", sp.csc_array(X) if sparse else X, y, fit_intercept=False)
    for share in np.geomspace(0.9, 0.2, 12):
        assert engine.solve(engine.units.alpha_of(share * engine.largest, 1.0), 1.0, 1e-8, 10_000) == 0
    residual, seen = engine.work.residual, engine.sight.residual
    assert np.linalg.norm(residual) > 2.0 * np.linalg.norm(seen)
    np.testing.assert_allclose(X.T @ (engine.quadratic.root * (residual - seen)), 0.0, atol=1e-12)

    alphas = [engine.units.alpha_of(share * engine.largest, 1.0) for share in np.geomspace(0.9, 0.2, 12)]
    path = fastnet.enet_path(X, y, family="poisson", alphas=alphas, fit_intercept=False, tol=1e-8)
    options = {"family": "poisson", "fit_intercept": False, "standardize": True}
    assert fastnet.verify(X, y, path.coefs, path.intercepts, path.alphas, **options).gaps.max() <= 1e-8


def test_rows_get_gram_entries_when_they_move():
    """Columns loaded because they are near the threshold cost no Gram entries before they enter."""
    X, y = family_data("binomial", n=60, p=400)
    engine = engine_of("binomial", X, y)
    for share in np.geomspace(0.9, 0.1, 15):
        assert engine.solve(engine.units.alpha_of(share * engine.largest, 1.0), 1.0, 1e-9, 10_000) == 0
    rows = engine.active[: engine.work.counts[ROWS]]
    present = rows["gram"] == PRESENT
    assert present[rows["place"] >= 0].all()
    assert not present.all()
    H = engine.at.hessian[0]
    R = np.array([engine.store.values[k] for k in np.flatnonzero(present)])
    curved = engine.at.curved
    expected = (R * H) @ R.T - (R @ curved.T) @ (R @ curved.T).T
    np.testing.assert_allclose(
        engine.factor.gram[np.ix_(present.nonzero()[0], present.nonzero()[0])], expected, atol=1e-12
    )


@pytest.mark.parametrize("family", ["binomial", "poisson", "squared_hinge"])
@pytest.mark.parametrize("fit_intercept", [True, False])
@pytest.mark.parametrize("centred", [True, False])
def test_the_pass_for_the_moments_takes_the_first_correlations_along(family, fit_intercept, centred, monkeypatch):
    X, _ = data(50, 30, seed=6)
    X = X - X.mean(0) if centred else X + 0.5
    y = np.random.default_rng(2).poisson(0.7, 50).clip(0, 1 if family != "poisson" else 9).astype(float)

    def dot_again(engine):
        raise AssertionError("a second pass over X")

    monkeypatch.setattr(GLMEngine, "_dot_all", dot_again)
    options = dict(fit_intercept=fit_intercept, standardize=False)
    engine = make_glm_engine(find_family(family), check_problem(X, y), **options)
    root, residual = engine.quadratic.root, engine.quadratic.target
    true = (X - X.mean(0) * fit_intercept).T @ (root * residual) * engine.design.inv_scale
    assert engine.largest == pytest.approx(np.abs(true).max(), rel=1e-12)
    np.testing.assert_allclose(engine.screen.bound["along"], np.abs(true) / engine.screen.table["length"][0], rtol=1e-5)
    path = fastnet.enet_path(X, y, family=family, alphas=5, tol=1e-9, **options)
    certificate = fastnet.verify(X, y, path.coefs, path.intercepts, path.alphas, family=family, **options)
    assert certificate.gaps.max() <= 1e-9 * 1.01


def test_the_first_pass_of_a_bounded_null_model_forgets_the_one_before(monkeypatch):
    """A first product that stands for "unknown" must not become one with a second reference."""
    monkeypatch.setattr(references, "LONG_COLUMN", 1)
    X, _ = data(50, 30, seed=6)
    y = (np.random.default_rng(2).random(50) < 0.5).astype(float)
    factor = np.where(np.arange(30) < 3, 0.0, 1.0)
    problem = check_problem(X, y, penalty_factor=factor, lower=-0.05, upper=0.05)
    screen = make_glm_engine(find_family("binomial"), problem, fit_intercept=True, standardize=True).screen
    screened = screen.bound["pair"] != RESIDENT
    assert 0 < screened.sum() < 30
    assert np.all(np.abs(screen.aside[screened]) <= 2 * np.sqrt(screen.square[screened]))
    assert screen.pair["live"].sum() == screened.sum()


@pytest.mark.parametrize("form", [np.asfortranarray, sp.csc_array])
@pytest.mark.parametrize("direct", [True, False])
def test_idle_rows_are_dropped_where_they_are_many(form, direct):
    """From a large support back to a small one, and on from there: as if nothing else had ever been active."""
    X, y = data(300, 200, seed=6)
    y = (y > np.median(y)).astype(float)
    engine = make_glm_engine(find_family("binomial"), check_problem(form(X), y), fit_intercept=True, standardize=True)
    if not direct:
        engine.never_direct()
    top = engine.units.alpha_of(engine.largest, 1.0)
    engine.solve(0.05 * top, 1.0, 1e-8, 1000)
    many = int(engine.work.counts[ROWS])
    engine.solve(0.5 * top, 1.0, 1e-8, 1000)
    engine.solve(0.45 * top, 1.0, 1e-8, 1000)
    assert engine.work.counts[ROWS] < 0.6 * many
    again = make_glm_engine(find_family("binomial"), check_problem(form(X), y), fit_intercept=True, standardize=True)
    for alpha in (0.4 * top, 0.2 * top):
        for each in (engine, again):
            assert each.solve(alpha, 1.0, 1e-8, 1000) == fastnet.result.Status.CONVERGED
        one, other = (each.point(alpha, 0) for each in (engine, again))
        assert one.objective == pytest.approx(other.objective, rel=1e-7)
        assert set(one.columns) == set(other.columns)


@pytest.mark.parametrize("form", [np.asfortranarray, sp.csc_array])
def test_idle_rows_do_not_end_the_direct_solver(form):
    """They are dropped where their number, and not that of the others, goes beyond what a factor may have."""
    X, y = data(100, 400, seed=6)
    y = (y > np.median(y)).astype(float)
    engine = make_glm_engine(find_family("binomial"), check_problem(form(X), y), fit_intercept=True, standardize=True)
    engine.limit = 70
    top, most = engine.units.alpha_of(engine.largest, 1.0), 0
    for share in (0.5, 0.3, 0.2, 0.12, 0.07):
        assert engine.solve(share * top, 1.0, 1e-9, 1000) == fastnet.result.Status.CONVERGED
        most = max(most, np.count_nonzero(engine.active["coef"]))
    assert 40 < most < 60
    assert engine.work.counts[MODE] == DIRECT
    assert engine.at.counts[FALLBACKS] == 0
