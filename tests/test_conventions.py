"""Conversions: round trips, closed forms, R's glmnet (stored), scikit-learn."""

import numpy as np
import pytest
import upstream
from parts import data, fastnet_arguments, glmnet_case, glmnet_cases

from fastnet.certificate import verify
from fastnet.conventions import from_C, from_glmnet, from_lambdas, to_C, to_glmnet, to_lambdas

RATIOS = [1.0, 0.5, 0.01, 0.0]


def test_lambdas():
    assert to_lambdas(2.0, 0.75) == (1.5, 0.5)
    assert from_lambdas(1.5, 0.5) == (2.0, 0.75)
    assert from_lambdas(0.0, 0.0) == (0.0, 1.0)
    alpha, ratio = from_lambdas(*to_lambdas(np.array([1.0, 2.0]), np.array([0.25, 1.0])))
    np.testing.assert_allclose(alpha, [1, 2])
    np.testing.assert_allclose(ratio, [0.25, 1])


@pytest.mark.parametrize("l1_ratio", RATIOS)
@pytest.mark.parametrize("family", ["gaussian", "binomial"])
@pytest.mark.parametrize("fit_intercept", [True, False])
def test_glmnet_round_trip(l1_ratio, family, fit_intercept):
    rng = np.random.default_rng(0)
    options = {
        "family": family, "y": rng.normal(5, 3, 20), "sample_weight": rng.random(20),
        "offset": rng.normal(size=20), "penalty_factor": [1, 0, np.inf, 3], "fit_intercept": fit_intercept,
    }  # fmt: skip
    alphas = np.array([0.1, 2.0])
    back = from_glmnet(*to_glmnet(alphas, l1_ratio, **options), **options)
    np.testing.assert_allclose(back[0], alphas)
    np.testing.assert_allclose(back[1], l1_ratio)


def test_glmnet_formula():
    y = np.array([1.0, 5.0])  # sd 2
    alpha, l1_ratio = from_glmnet(0.6, 0.25, y=y)
    np.testing.assert_allclose(alpha, 0.6 * 0.25 + 0.6 * 0.75 / 2)
    np.testing.assert_allclose(l1_ratio, 0.6 * 0.25 / alpha)
    assert from_glmnet(0.6, 0.25, family="poisson") == pytest.approx((0.6, 0.25))
    assert to_glmnet(0.3, 1.0) == (0.3, 1.0)  # a lasso needs no y


@pytest.mark.parametrize("name", glmnet_cases("gaussian"))
def test_glmnet_solutions_are_optimal_after_conversion(name):
    """The formulas, with factors, weights, offsets and no intercept: glmnet's coefficients satisfy our
    conditions.
    """
    case = glmnet_case(name)
    options = fastnet_arguments(case)
    scaling = {k: v for k, v in options.items() if k in ("sample_weight", "offset", "penalty_factor", "fit_intercept")}
    for fit in case["fits"]:
        alphas, ratios = from_glmnet(fit["lambda"], fit["alpha"], y=case["y"], **scaling)
        certificate = verify(
            case["X"], case["y"], fit["coefs"].T, fit["intercept"], alphas, l1_ratio=ratios[0], **options
        )
        assert certificate.feasible.all()
        assert np.max(certificate.kkt_residuals) < 1e-6
        assert np.max(certificate.gaps) < 2e-6  # glmnet's own precision; a wrong formula gives 1e-4 and more


def test_scikit_learn_c():
    from sklearn.linear_model import LogisticRegression

    X, y = data(40, 8)
    y = (y > np.median(y)).astype(float)
    alpha = 0.05
    model = LogisticRegression(
        **upstream.mixed(1.0), C=to_C(alpha, 40), solver="saga", tol=1e-10, max_iter=100_000, random_state=0
    )
    b, b0 = model.fit(X, y).coef_[0], model.intercept_[0]
    gradient = X.T @ (y - 1 / (1 + np.exp(-b0 - X @ b))) / 40
    np.testing.assert_allclose(gradient[b != 0], alpha * np.sign(b[b != 0]), atol=1e-6)
    assert np.all(np.abs(gradient) <= alpha + 1e-6)
    assert from_C(to_C(alpha, 40), 40) == pytest.approx(alpha)


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: to_lambdas(-1.0, 0.5), "alpha=-1.0 is out of range"),
        (lambda: to_lambdas(1.0, 1.5), "l1_ratio=1.5 is out of range"),
        (lambda: from_lambdas(np.nan, 1.0), "lambda1=nan"),
        (lambda: to_glmnet(1.0, 0.5), "y is missing"),
        (lambda: from_glmnet(1.0, 0.5, y=[1.0, 1.0]), "y has standard deviation 0"),
        (lambda: to_glmnet(1.0, 1.0, penalty_factor=[0.0, 0.0]), "penalty_factor must be"),
        (lambda: to_C(0.0, 3), "alpha=0.0 is out of range"),
    ],
)
def test_errors(call, message):
    with pytest.raises(ValueError, match=message):
        call()
