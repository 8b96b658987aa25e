"""enet_path of every family but gaussian: certified by verify, against glmnet and scikit-learn, and its symmetries."""

import numpy as np
import pytest
import scipy.sparse as sp
import upstream
from parts import FAMILY_RESPONSES, PENALTIES, SAMPLES, family_data, fastnet_arguments, glmnet_case, glmnet_cases

import fastnet
from fastnet.losses import Family, huber, negative_binomial, tweedie

NAMES = sorted(FAMILY_RESPONSES)
CONVEX = [name for name in NAMES if name != "inverse_gaussian"]


def solve(name, X, y, **options):
    return fastnet.enet_path(X, y, family=name, **({"alphas": 8, "tol": 1e-8} | options))


def certify(path, name, X, y, **options):
    keep = {k: v for k, v in options.items() if k not in ("tol", "alphas")}
    found = fastnet.verify(X, y, path.coefs, path.intercepts, path.alphas, family=name, **keep)
    assert np.all(path.statuses == 0)
    assert path.gaps.max() <= path.tol
    assert found.gaps.max() <= path.tol * 1.01 + 1e-12
    np.testing.assert_allclose(found.objectives, path.objectives, rtol=1e-10, atol=1e-11)
    np.testing.assert_allclose(found.null_objective, path.null_objective, rtol=1e-8)
    return found


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize("penalty", PENALTIES)
def test_penalties(name, penalty):
    X, y = family_data(name)
    options = PENALTIES[penalty](X.shape[1])
    path = solve(name, X, y, **options)
    certify(path, name, X, y, **options)
    assert not np.any(np.diff(path.deviance_ratios) < -1e-6)


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize("sample", SAMPLES)
def test_samples_dense_and_sparse(name, sample):
    X, y = family_data(name)
    options = SAMPLES[sample](len(y))
    if "offset" in options:
        options["offset"] = options["offset"] / 3
    path = solve(name, X, y, l1_ratio=0.8, **options)
    certify(path, name, X, y, l1_ratio=0.8, **options)
    other = solve(name, sp.csc_array(X), y, l1_ratio=0.8, **options)
    np.testing.assert_allclose(other.objectives, path.objectives, rtol=1e-7, atol=1e-8)
    np.testing.assert_allclose(other.alpha_max, path.alpha_max, rtol=1e-9)


@pytest.mark.parametrize("name", CONVEX)
def test_null_model_at_alpha_max(name):
    """Just below alpha_max one coefficient enters, at it none; the deviance ratio starts at 0."""
    X, y = family_data(name)
    top = solve(name, X, y).alpha_max
    path = solve(name, X, y, alphas=top * np.array([1.5, 1.0, 0.99]), tol=1e-10)
    assert list(path.dfs[:2]) == [0, 0]
    assert path.dfs[2] >= 1
    assert abs(path.deviance_ratios[0]) < 1e-12


@pytest.mark.parametrize("name", CONVEX)
def test_weights_are_repetitions(name):
    X, y = family_data(name)
    counts = np.resize([1, 2, 0, 3], len(y))
    path = solve(name, X, y, sample_weight=counts.astype(float), tol=1e-11)
    repeated = solve(name, np.repeat(X, counts, axis=0), np.repeat(y, counts), alphas=path.alphas, tol=1e-11)
    np.testing.assert_allclose(path.coefs.toarray(), repeated.coefs.toarray(), atol=2e-4)
    np.testing.assert_allclose(path.objectives, repeated.objectives, rtol=1e-9, atol=1e-10)
    np.testing.assert_allclose(path.alpha_max, repeated.alpha_max, rtol=1e-9)


@pytest.mark.parametrize("name", CONVEX)
def test_the_grid_does_not_matter(name):
    X, y = family_data(name)
    path = solve(name, X, y, tol=1e-11)
    alone = solve(name, X, y, alphas=path.alphas[[5]], tol=1e-11)
    np.testing.assert_allclose(alone.objectives, path.objectives[[5]], rtol=1e-9, atol=1e-10)
    np.testing.assert_allclose(alone.coefs.toarray(), path.coefs[:, [5]].toarray(), atol=2e-4)


@pytest.mark.parametrize("name", ["binomial", "squared_hinge"])
def test_swapped_labels_change_the_sign(name):
    X, y = family_data(name)
    path, swapped = solve(name, X, y, tol=1e-11), solve(name, X, 1 - y, tol=1e-11)
    np.testing.assert_allclose(path.coefs.toarray(), -swapped.coefs.toarray(), atol=2e-4)
    np.testing.assert_allclose(path.intercepts, -swapped.intercepts, atol=2e-4)


def test_hinge_takes_both_codings():
    X, y = family_data("squared_hinge")
    path, other = solve("squared_hinge", X, y), solve("squared_hinge", X, 2 * y - 1)
    np.testing.assert_array_equal(path.coefs.toarray(), other.coefs.toarray())


def test_warm_start_and_extend():
    X, y = family_data("poisson")
    path = solve("poisson", X, y)
    longer = path.extend(X, y, alphas=3)
    assert len(longer) == 11
    certify(longer, "poisson", X, y)
    X, y = family_data("huber")
    path = solve(huber(delta=0.7), X, y)
    assert path.family_parameters == {"delta": 0.7}
    certify(path.extend(X, y, alphas=2), huber(delta=0.7), X, y)


def test_huge_delta_is_least_squares():
    X, y = family_data("huber")
    path = solve(huber(delta=1e6), X, y)
    squares = fastnet.enet_path(X, y, alphas=path.alphas, tol=1e-8)
    np.testing.assert_allclose(path.objectives, squares.objectives, rtol=1e-7)


def test_parameters_reach_the_loss():
    X, y = family_data("tweedie")
    for power in (1.1, 1.9):
        certify(solve(tweedie(power), X, y), tweedie(power), X, y)


def test_a_loss_of_the_users_own():
    from user_losses import LogCosh

    X, y = family_data("huber")
    path = solve(Family("log_cosh", LogCosh), X, y)
    assert np.all(path.statuses == 0)
    assert path.family == "log_cosh"
    from fastnet.certificate_losses import Loss, _entropy

    loss = Loss(
        value=lambda y, eta: np.logaddexp(y - eta, eta - y) - np.log(2),
        residual=lambda y, eta: np.tanh(y - eta),
        curvature=lambda y, eta: 1 / np.cosh(y - eta) ** 2,
        conjugate=lambda y, u: u * y + 0.5 * (_entropy(1 + u) + _entropy(1 - u)),
    )
    assert fastnet.verify(X, y, path.coefs, path.intercepts, path.alphas, family=loss).gaps.max() <= 1.01e-8


# --- glmnet and scikit-learn


def _glmnet_response(case, name):
    if name == "binomial_counts":
        return case["success"] / case["trials"], {"sample_weight": case["trials"]}
    return case["y"], {}


GLMNET = [
    *(name for name in glmnet_cases("binomial") if "probit" not in name and "cloglog" not in name),
    *glmnet_cases("poisson"),
    "gamma_log",
    "inverse_gaussian_log",
    "tweedie_log",
    "tweedie_steep_log",
    "negative_binomial_log",
    "negative_binomial_weights_log",
]
GLMNET_FAMILIES = {
    "tweedie_log": tweedie(1.5),
    "tweedie_steep_log": tweedie(1.2),
    "negative_binomial_log": negative_binomial(2.0),
    "negative_binomial_weights_log": negative_binomial(0.7),
    "gamma_log": "gamma",
    "inverse_gaussian_log": "inverse_gaussian",
}


@pytest.mark.parametrize("name", GLMNET)
def test_glmnet(name):
    case = glmnet_case(name)
    family = GLMNET_FAMILIES.get(name, name.split("_")[0])
    y, extra = _glmnet_response(case, name)
    X = sp.csc_array(case["X"]) if case["sparse"] else case["X"]
    options = fastnet_arguments(case) | extra
    for fit in case["fits"]:
        count = 2 if name.endswith("_log") else len(fit["lambda"])
        path = solve(family, X, y, alphas=fit["lambda"][:count], l1_ratio=fit["alpha"], tol=1e-11, **options)
        np.testing.assert_allclose(path.coefs.toarray().T, fit["coefs"][:count], atol=3e-4, rtol=1e-3)
        np.testing.assert_allclose(path.intercepts, fit["intercept"][:count], atol=3e-4, rtol=1e-3)
        if not name.endswith("_counts"):
            np.testing.assert_allclose(path.deviance_ratios, fit["dev_ratio"][:count], atol=1e-5)


def test_scikit_learn_logistic():
    from sklearn.linear_model import LogisticRegression

    X, y = family_data("binomial", 60, 10)
    path = solve("binomial", X, y, standardize=False, alphas=[0.02, 0.005], tol=1e-12)
    for k, alpha in enumerate(path.alphas):
        other = LogisticRegression(
            **upstream.mixed(1.0), solver="saga", C=1 / (60 * alpha), tol=1e-10, max_iter=100_000
        )
        other.fit(X, y)
        np.testing.assert_allclose(path.coefs[:, [k]].toarray()[:, 0], other.coef_[0], atol=1e-4)
        np.testing.assert_allclose(path.intercepts[k], other.intercept_[0], atol=1e-4)


@pytest.mark.parametrize(("name", "power"), [("poisson", 1), ("gamma", 2), ("tweedie", 1.5)])
def test_scikit_learn_tweedie_ridge(name, power):
    """TweedieRegressor: deviance / 2 is the loss up to a constant, the same ridge penalty."""
    from sklearn.linear_model import TweedieRegressor

    X, y = family_data(name, 60, 10)
    path = solve(name, X, y, standardize=False, l1_ratio=0.0, alphas=[0.5, 0.01], tol=1e-12)
    for k, alpha in enumerate(path.alphas):
        other = TweedieRegressor(power=power, alpha=alpha, link="log", solver="newton-cholesky", tol=1e-9)
        other.fit(X, y)
        np.testing.assert_allclose(path.coefs[:, [k]].toarray()[:, 0], other.coef_, atol=1e-5)
        np.testing.assert_allclose(path.intercepts[k], other.intercept_, atol=1e-5)


def test_scikit_learn_linear_svc():
    from sklearn.svm import LinearSVC

    X, y = family_data("squared_hinge", 60, 10)
    path = solve("squared_hinge", X, y, standardize=False, fit_intercept=False, alphas=[0.05], tol=1e-12)
    other = LinearSVC(penalty="l1", dual=False, C=1 / (60 * 0.05), fit_intercept=False, tol=1e-10, max_iter=1_000_000)
    np.testing.assert_allclose(path.coefs.toarray()[:, 0], other.fit(X, y).coef_[0], atol=1e-4)


# --- robustness


def test_no_counts_at_all():
    X, y = family_data("poisson")
    with pytest.raises(ValueError, match="no positive count"):
        solve("poisson", X, 0 * y)
    with pytest.raises(ValueError, match="one class"):
        solve("binomial", X, 0 * y)
    with pytest.raises(ValueError, match="allows"):
        solve("gamma", X, y)
    with pytest.raises(ValueError, match="two classes"):
        solve("squared_hinge", X, y)


def test_outliers_for_huber():
    X, y = family_data("huber")
    y = y.copy()
    y[::7] += 1e6
    path = solve("huber", X, y, tol=1e-7)
    certify(path, "huber", X, y)
