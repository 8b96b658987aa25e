"""verify for Cox: against the naive reference, finite differences, and what the solver promises."""

import numpy as np
import pytest
import scipy.sparse as sp
from cox_reference import NaiveCox
from test_glm_cox import CASES, response, survival

import fastnet
from fastnet.certificate_cox import CoxObjective
from fastnet.losses import cox


def problem(case, ties="breslow"):
    """(X, y, start, stop, event, options of verify, naive reference)."""
    asked = CASES[case]
    X, start, stop, event = survival(ties=asked.get("ties", True), late=asked.get("late", False))
    n = len(stop)
    strata = np.resize([1, 2, 1], n) if "strata" in asked else None
    weight = np.resize([1.0, 0.5, 2.0, 0.0, 3.0], n) if "weights" in asked else None
    offset = np.sin(np.arange(n)) if "offset" in asked else None
    naive = NaiveCox(X, start, stop, event, strata, weight, offset, ties == "efron")
    options = {"family": cox(ties=ties, strata=strata), "sample_weight": weight, "offset": offset}
    return X, response(start, stop, event), options, naive


@pytest.mark.parametrize("case", CASES)
@pytest.mark.parametrize("ties", ["breslow", "efron"])
@pytest.mark.parametrize("l1_ratio", [1.0, 0.5])
def test_naive(case, ties, l1_ratio):
    X, y, options, naive = problem(case, ties)
    B = 0.3 * np.random.default_rng(0).standard_normal((X.shape[1], 3)) * [0.0, 0.1, 1.0]
    alphas = np.array([0.3, 0.1, 0.01])
    design = X if ties == "breslow" else sp.csc_array(X)
    found = fastnet.verify(design, y, B, np.zeros(3), alphas, l1_ratio=l1_ratio, **options)
    for k in range(3):
        gap, objective = naive.gap(B[:, k], alphas[k], l1_ratio)
        np.testing.assert_allclose(found.objectives[k], objective, rtol=1e-12)
        assert found.gaps[k] <= gap + 1e-12  # verify takes the best scale of the dual point, naive one of two
        eta = naive.offset + naive.Z @ (B[:, k] * naive.s)
        g = naive.Z.T @ naive.gradient(eta)
        slope = g + alphas[k] * (1 - l1_ratio) * B[:, k] * naive.s
        l1, l2 = alphas[k] * l1_ratio, alphas[k] * (1 - l1_ratio)
        scales = np.linspace(0, 1 if l2 > 0 else min(1.0, l1 / np.abs(g).max()), 101)
        excess = [np.sum(np.maximum(s * np.abs(g) - l1 * (1 + 1e-12), 0) ** 2) / (2 * l2 or 1) for s in scales]
        best = max(naive.dual(eta, s) - e for s, e in zip(scales, excess, strict=True))
        assert found.dual_objectives[k] >= best - 1e-12
        np.testing.assert_allclose(found.dual_objectives[k], best, atol=5e-3 * abs(best))
        worst = np.where(B[:, k] == 0, np.maximum(np.abs(g) - l1, 0), np.abs(slope + l1 * np.sign(B[:, k]))).max()
        size = np.sqrt(np.sum(naive.gradient(naive.offset)[naive.w > 0] ** 2 / naive.w[naive.w > 0]))
        np.testing.assert_allclose(found.kkt_residuals[k], worst / size, rtol=1e-9)


@pytest.mark.parametrize("case", CASES)
@pytest.mark.parametrize("ties", ["breslow", "efron"])
@pytest.mark.parametrize("penalty", ["lasso", "unpenalised", "bounds", "ridge"])
def test_the_path_keeps_its_promise(case, ties, penalty):
    X, y, options, _ = problem(case, ties)
    p = X.shape[1]
    options |= {
        "lasso": {},
        "unpenalised": {"penalty_factor": np.resize([1.0, 2.0, 0.0, 1.0, 1.0], p)},
        "bounds": {"lower": -0.05, "upper": np.resize([np.inf, 0.1], p), "standardize": False},
        "ridge": {"l1_ratio": 0.0},
    }[penalty]
    path = fastnet.enet_path(X, y, alphas=4, alpha_min_ratio=0.05, tol=1e-7, **options)
    found = fastnet.verify(X, y, path.coefs, path.intercepts, path.alphas, **options)
    assert np.all(path.statuses == 0)
    assert found.feasible.all()
    assert found.gaps.max() <= 1.001e-7
    np.testing.assert_allclose(found.objectives, path.objectives, rtol=1e-11)
    np.testing.assert_allclose(found.null_objective, path.null_objective, rtol=1e-10)
    worse = fastnet.verify(X, y, 0.9 * path.coefs, path.intercepts, path.alphas, **options)
    assert worse.gaps[-1] > 1e-5
    distance = worse.objectives - path.objectives  # what the gap must bound
    assert np.all(worse.gaps * worse.null_objective >= distance * (1 - 1e-9) - 1e-12)


@pytest.mark.parametrize("case", CASES)
@pytest.mark.parametrize("ties", ["breslow", "efron"])
def test_derivatives(case, ties):
    """Residual and Hessian by finite differences; the dual touches the loss at s = 1 and is concave in s."""
    *_, naive = problem(case, ties)
    keep = naive.w > 0
    start = None if np.isinf(naive.start).all() else naive.start[keep]
    weight = naive.w[keep]
    objective = CoxObjective(start, naive.stop[keep], naive.event[keep], naive.strata[keep], weight, ties == "efron")
    eta = np.sin(3.0 * np.arange(keep.sum()))
    step = 1e-5 * np.eye(len(eta))
    theta = objective.residual(eta)
    slope = [(objective.value(eta - d) - objective.value(eta + d)) / 2e-5 for d in step]
    np.testing.assert_allclose(weight * theta, slope, atol=1e-9)
    Z = naive.Z[keep][:, :3]
    A, target = objective.newton(eta, Z, theta)
    moved = [(objective.residual(eta - 1e-5 * z) - objective.residual(eta + 1e-5 * z)) / 2e-5 for z in Z.T]
    np.testing.assert_allclose(A.T @ A, Z.T @ (weight[:, None] * np.array(moved).T), atol=1e-8)
    np.testing.assert_allclose(A.T @ target, Z.T @ (weight * theta), atol=1e-12)
    bound = objective.dual(eta, theta, np.zeros(len(eta)))
    # Fenchel-Young is an equality at s = 1: bound(1) = loss(eta) - <gradient, eta>
    np.testing.assert_allclose(bound(1.0), objective.value(eta) + (weight * theta) @ eta, rtol=1e-12)
    values = np.array([bound(s) for s in np.linspace(0, 1, 11)])
    assert np.all(np.diff(values, 2) < 1e-13)


def test_blocks_of_work(monkeypatch):
    X, y, options, _ = problem("late", "efron")
    options |= {"penalty_factor": np.resize([1.0, 0.0, 1.0, 1.0], X.shape[1]), "alphas": 3}
    path = fastnet.enet_path(X, y, **options)
    del options["alphas"]
    args = X, y, 0.9 * path.coefs, path.intercepts, path.alphas
    expected = fastnet.verify(*args, **options)
    monkeypatch.setattr("fastnet.certificate_cox._CELLS", 50)
    found = fastnet.verify(*args, **options)
    np.testing.assert_allclose(found.gaps, expected.gaps, atol=1e-13)


@pytest.mark.parametrize("late", [False, True])
@pytest.mark.parametrize("size", [50.0, 1000.0])
def test_far_offsets(late, size):
    """e^eta spans more than the exponents of float64: logarithms do not mind."""
    X, start, stop, event = survival(late=late)
    offset = np.resize([size, -size, 0.0], len(stop))
    y = response(start, stop, event)
    found = fastnet.verify(X, y, np.zeros(15), 0.0, 0.1, family=cox(ties="efron"), offset=offset)
    assert np.isfinite(found.gaps[0])
    assert found.gaps[0] >= 0
    shifted = fastnet.verify(X, y, np.zeros(15), 0.0, 0.1, family=cox(ties="efron"), offset=offset + size)
    np.testing.assert_allclose(shifted.gaps, found.gaps, rtol=1e-9, atol=1e-12)
    np.testing.assert_allclose(shifted.objectives, found.objectives, rtol=1e-9, atol=1e-9)


def test_what_is_refused():
    X, y, *_ = problem("plain")
    found = fastnet.verify(X, y, np.zeros(15), 1.0, 0.1, family="cox")
    assert not found.feasible[0]
    assert found.gaps[0] == np.inf
    with pytest.raises(ValueError, match="one stratum a row"):
        fastnet.verify(X, y, np.zeros(15), 0.0, 0.1, family=cox(strata=[1, 2]))
    with pytest.raises(ValueError, match="shape"):
        fastnet.verify(X, y[:, 0], np.zeros(15), 0.0, 0.1, family="cox")
