"""Cox regression against a naive implementation, glmnet, and its own symmetries."""

import numpy as np
import pytest
import scipy.sparse as sp
from cox_reference import NaiveCox
from parts import data, fastnet_arguments, glmnet_case

import fastnet
from fastnet.losses import cox


def survival(n=40, p=15, seed=0, ties=True, late=False):
    rng = np.random.default_rng(seed)
    X = data(n, p, seed).X
    eta = X[:, 0] * 0.5 - X[:, 1] * 2
    stop = rng.exponential(np.exp(-eta / max(1, eta.std()))) + 0.05
    if ties:
        stop = np.ceil(stop * 4) / 4
    event = rng.random(n) < 0.7
    start = stop * rng.uniform(0, 0.8, n) if late else None
    return X, start, stop, event


def response(start, stop, event):
    return np.column_stack([stop, event] if start is None else [start, stop, event])


CASES = {
    "plain": {},
    "no ties": {"ties": False},
    "late": {"late": True},
    "strata": {"strata": True},
    "late, strata": {"late": True, "strata": True},
    "weights": {"weights": True},
    "late, weights, offset": {"late": True, "weights": True, "offset": True},
}


@pytest.mark.parametrize("case", CASES)
@pytest.mark.parametrize("ties", ["breslow", "efron"])
@pytest.mark.parametrize("l1_ratio", [1.0, 0.5])
def test_naive(case, ties, l1_ratio):
    options = CASES[case]
    X, start, stop, event = survival(ties=options.get("ties", True), late=options.get("late", False))
    n = len(stop)
    strata = np.resize([1, 2, 1], n) if "strata" in options else None
    weight = np.resize([1.0, 0.5, 2.0, 0.0, 3.0], n) if "weights" in options else None
    offset = np.sin(np.arange(n)) if "offset" in options else None
    naive = NaiveCox(X, start, stop, event, strata, weight, offset, ties == "efron")
    for design in (X, sp.csc_array(X)):
        path = fastnet.enet_path(
            design, response(start, stop, event), family=cox(ties=ties, strata=strata), l1_ratio=l1_ratio,
            sample_weight=weight, offset=offset, alphas=6, alpha_min_ratio=0.02, tol=1e-8,
        )  # fmt: skip
        top = np.abs(naive.Z.T @ naive.gradient(naive.offset)).max() / l1_ratio
        np.testing.assert_allclose(path.alpha_max, top, rtol=1e-10)
        assert np.all(path.statuses == 0)
        assert not path.intercepts.any()
        for k, alpha in enumerate(path.alphas):
            b = path.coefs[:, [k]].toarray()[:, 0]
            gap, objective = naive.gap(b, alpha, l1_ratio)
            assert gap <= 1.01e-8
            np.testing.assert_allclose(path.objectives[k], objective, rtol=1e-10, atol=1e-11)


def test_gradient_of_the_naive_loss():
    _, start, stop, event = survival(late=True)
    naive = NaiveCox(np.ones((40, 1)) * np.arange(40)[:, None], start, stop, event, efron=True)
    eta = np.sin(np.arange(40.0))
    step = 1e-6 * np.eye(40)
    slope = [(naive.loss(eta + d) - naive.loss(eta - d)) / 2e-6 for d in step]
    np.testing.assert_allclose(naive.gradient(eta), slope, atol=1e-8)
    assert naive.dual(eta, 1.0) <= naive.loss(np.zeros(40))


@pytest.mark.parametrize("name", ["cox_ties", "cox_weights_offset"])
def test_glmnet(name):
    case = glmnet_case(name)
    y = np.column_stack([case["time"], case["event"]])
    for fit in case["fits"]:
        options = {"alphas": fit["lambda"], "l1_ratio": fit["alpha"], "tol": 1e-11} | fastnet_arguments(case)
        path = fastnet.enet_path(case["X"], y, family="cox", **options)
        np.testing.assert_allclose(path.coefs.toarray().T, fit["coefs"], atol=1e-4)
        np.testing.assert_allclose(path.deviance_ratios, fit["dev_ratio"], atol=1e-6)


@pytest.mark.parametrize("name", ["cox_strata", "cox_start_stop", "cox_start_stop_strata"])
def test_lower_objective_than_glmnet(name):
    """glmnet 4.1 ends before its optimum on these (its gradient misses lambda by 0.1 to 900 per cent)."""
    case = glmnet_case(name)
    start, strata = case.get("start"), case.get("strata")
    options = fastnet_arguments(case)
    naive = NaiveCox(case["X"], start, case["time"], case["event"], strata, options.get("sample_weight"))
    for fit in case["fits"]:
        path = fastnet.enet_path(
            case["X"], response(start, case["time"], case["event"]), family=cox(strata=strata), alphas=fit["lambda"],
            l1_ratio=fit["alpha"], tol=1e-9, **options,
        )  # fmt: skip
        for k, alpha in enumerate(fit["lambda"]):
            assert path.objectives[k] <= naive.gap(fit["coefs"][k], alpha, fit["alpha"])[1] + 1e-10


def test_weights_are_repetitions():
    X, _, stop, event = survival()
    counts = np.resize([1, 2, 0, 3], len(stop))
    y = response(None, stop, event)
    path = fastnet.enet_path(X, y, family="cox", sample_weight=counts.astype(float), alphas=5, tol=1e-11)
    other = fastnet.enet_path(
        np.repeat(X, counts, axis=0), np.repeat(y, counts, axis=0), family="cox", alphas=path.alphas, tol=1e-11
    )
    np.testing.assert_allclose(path.coefs.toarray(), other.coefs.toarray(), atol=1e-4)
    np.testing.assert_allclose(path.deviance_ratios, other.deviance_ratios, atol=1e-7)


def test_structured_times_and_every_ties_rule_agree_without_ties():
    X, _, stop, event = survival(ties=False)
    plain = fastnet.enet_path(X, response(None, stop, event), family="cox", alphas=4)
    records = np.array(list(zip(event, stop, strict=True)), dtype=[("event", bool), ("time", float)])
    other = fastnet.enet_path(X, records, family="cox", alphas=4)
    np.testing.assert_array_equal(other.coefs.toarray(), plain.coefs.toarray())
    efron = fastnet.enet_path(X, response(None, stop, event), family=cox(ties="efron"), alphas=4)
    np.testing.assert_allclose(efron.coefs.toarray(), plain.coefs.toarray(), atol=1e-12)


def test_heavy_ties_one_event_and_far_offsets():
    X, _, stop, event = survival()
    for y, options in [
        (response(None, np.ceil(stop), event), {}),
        (response(None, np.ones(40), event), {}),
        (response(None, stop, np.arange(40) == np.argsort(stop)[5]), {}),
        (response(None, stop, event), {"offset": np.resize([50.0, -50.0], 40)}),
    ]:
        for ties in ("breslow", "efron"):
            path = fastnet.enet_path(X, y, family=cox(ties=ties), alphas=6, tol=1e-6, **options)
            assert np.all(path.statuses == 0)
            naive = NaiveCox(X, None, y[:, 0], y[:, 1], efron=ties == "efron", **options)
            for k, alpha in enumerate(path.alphas):
                assert naive.gap(path.coefs[:, [k]].toarray()[:, 0], alpha, 1.0)[0] <= 1.01e-6


@pytest.mark.parametrize(
    ("y", "words"),
    [
        (np.ones(5), "shape"),
        (np.column_stack([np.ones(5), np.full(5, 2)]), "event"),
        (np.column_stack([np.ones(5), np.zeros(5)]), "no event"),
        (np.column_stack([np.ones(5), np.ones(5), np.ones(5)]), "start must be below stop"),
        (np.column_stack([np.full(5, np.nan), np.ones(5)]), "nan"),
    ],
)
def test_bad_times(y, words):
    with pytest.raises(ValueError, match=words):
        fastnet.enet_path(np.eye(5), y, family="cox")


def test_extend_solves_the_same_problem(tmp_path):
    """Ties are kept on the path, and in its file; strata must be given again."""
    X, _, stop, event = survival()
    y = response(None, stop, event)
    family = cox(ties="efron")
    path = fastnet.enet_path(X, y, family=family, alphas=4, alpha_min_ratio=0.2, tol=1e-8)
    path.save(tmp_path / "path.npz")
    for kept in (path, fastnet.load(tmp_path / "path.npz")):
        longer = kept.extend(X, y, alphas=2)
        assert "ties=efron" in repr(longer)
        found = fastnet.verify(X, y, longer.coefs, longer.intercepts, longer.alphas, family=family)
        assert found.gaps.max() <= 1.001e-8
    family = cox(strata=np.resize([1, 2, 1], 40))
    path = fastnet.enet_path(X, y, family=family, alphas=4, alpha_min_ratio=0.2, tol=1e-8)
    with pytest.raises(ValueError, match="strata.*pass family=fastnet.losses.cox"):
        path.extend(X, y, alphas=2)
    longer = path.extend(X, y, alphas=2, family=family)
    assert fastnet.verify(X, y, longer.coefs, longer.intercepts, longer.alphas, family=family).gaps.max() <= 1.001e-8


@pytest.mark.parametrize("ties", ["breslow", "efron"])
def test_only_the_order_of_the_times_matters(ties):
    X, start, stop, event = survival(late=True)
    path = fastnet.enet_path(X, response(start, stop, event), family=cox(ties=ties), alphas=4, tol=1e-9)
    moved = response(np.log(start + 1e-300), np.log(stop), event)
    other = fastnet.enet_path(X, moved, family=cox(ties=ties), alphas=4, tol=1e-9)
    np.testing.assert_array_equal(other.coefs.toarray(), path.coefs.toarray())


def test_the_grid_and_a_common_offset_do_not_matter():
    X, _, stop, event = survival()
    y = response(None, stop, event)
    path = fastnet.enet_path(X, y, family="cox", alphas=6, tol=1e-11)
    alone = fastnet.enet_path(X, y, family="cox", alphas=path.alphas[[4]], tol=1e-11, offset=np.full(40, 50.0))
    np.testing.assert_allclose(alone.objectives, path.objectives[[4]], rtol=1e-10)
    np.testing.assert_allclose(alone.coefs.toarray(), path.coefs[:, [4]].toarray(), atol=1e-4)


@pytest.mark.parametrize("ties", ["breslow", "efron"])
@pytest.mark.parametrize("late", [False, True])
def test_derivatives_of_the_solvers_loss(ties, late):
    """Value, residual and dual bound of the compiled loss's formulas against the naive ones, at some eta."""
    from fastnet.losses.survival_times import make_cox

    _, start, stop, event = survival(late=late)
    strata, weight = np.resize([1, 2, 1], 40), np.resize([1.0, 2.0, 0.5], 40)
    naive = NaiveCox(np.arange(40.0)[:, None], start, stop, event, strata, weight, efron=ties == "efron")
    loss = make_cox(start, stop, event, strata, ties == "efron")
    eta, root = np.sin(np.arange(40.0)), np.sqrt(naive.w)
    residual, curvature = np.empty(40), np.empty(40)
    loss.loss_gradient(eta, root, residual, curvature)
    np.testing.assert_allclose(loss.loss_total(eta, naive.w), naive.loss(eta), rtol=1e-12)
    np.testing.assert_allclose(-root * residual, naive.gradient(eta), atol=1e-14)
    for s in (0.0, 0.4, 1.0):
        np.testing.assert_allclose(loss.loss_dual(eta, residual, root, np.zeros(40), s), naive.dual(eta, s), rtol=1e-11)
    # the diagonal curvature lies above the Hessian: largest eigenvalue of D^-1/2 H D^-1/2 at most 1
    step = 1e-5 * np.eye(40)
    hessian = np.array([(naive.gradient(eta + d) - naive.gradient(eta - d)) / 2e-5 for d in step])
    diagonal = naive.w * curvature
    assert np.all(diagonal >= -1e-15)
    assert np.linalg.eigvalsh(np.diag(diagonal) - (hessian + hessian.T) / 2).min() > -1e-9


@pytest.mark.parametrize("ties", ["breslow", "efron"])
@pytest.mark.parametrize("late", [False, True])
@pytest.mark.parametrize("size", [300.0, 3e3, 1e5])
def test_hazards_that_do_not_fit_into_one_double(ties, late, size):
    """Rows at risk whose e^eta lie e^size apart: no risk set may lose its own, whatever the others are."""
    from fastnet.losses.survival_times import make_cox

    _, start, stop, event = survival(late=late)
    weight = np.resize([1.0, 2.0, 0.5, 0.0], 40)
    naive = NaiveCox(np.arange(40.0)[:, None], start, stop, event, None, weight, efron=ties == "efron")
    loss = make_cox(start, stop, event, None, ties == "efron")
    noise = np.sin(1.3 * np.arange(40.0))
    for eta in (size * noise, -size * stop / stop.max() + noise, size * stop / stop.max() + noise):
        root, residual, curvature = np.sqrt(naive.w), np.empty(40), np.empty(40)
        loss.loss_gradient(eta, root, residual, curvature)
        rounding = 1e-15 * size
        np.testing.assert_allclose(loss.loss_total(eta, naive.w), naive.loss(eta), rtol=1e-12, atol=rounding)
        np.testing.assert_allclose(-root * residual, naive.gradient(eta), atol=1e-13 + rounding)
        state, product, v = np.zeros((6, 40)), np.empty(40), np.cos(0.7 * np.arange(40.0))
        loss.loss_state(eta, root, curvature, state)
        loss.loss_times(state, root, root * v, product)
        np.testing.assert_allclose(root * product, naive.hessian_times(eta, v), atol=1e-13 + rounding)
        for s in (0.0, 0.4, 1.0):
            found = loss.loss_dual(eta, residual, root, np.zeros(40), s)
            np.testing.assert_allclose(found, naive.dual(eta, s), rtol=1e-11, atol=40 * rounding)


@pytest.mark.parametrize("seed", [2, 28, 52])
def test_coefficients_at_their_bounds(seed):
    """What is left of a step is a shift, along which the slope is rounding: it must not be stretched."""
    rng = np.random.default_rng(seed)
    X = rng.standard_normal((14, 1))
    y = np.column_stack([np.arange(1.0, 15.0), rng.random(14) < 0.5])
    problem = {
        "family": "cox", "sample_weight": np.exp(3 * rng.standard_normal(14)), "lower": -0.02, "upper": 0.02,
        "standardize": False, "l1_ratio": 0.95,
    }  # fmt: skip
    first = fastnet.enet_path(X, y, alphas=1, **problem).alpha_max
    path = fastnet.enet_path(X, y, alphas=first * 10.0 ** -np.arange(0, 5, 0.5), tol=1e-8, **problem)
    found = fastnet.verify(X, y, path.coefs, path.intercepts, path.alphas, **problem)
    assert np.all(abs(path.coefs.toarray()[:, 1:]) == 0.02)
    np.testing.assert_allclose(path.objectives, found.objectives, atol=1e-10)
