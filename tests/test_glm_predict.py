"""What every family predicts, and its deviance ratio, against scikit-learn's scores and the formulas."""

import numpy as np
import pytest
from parts import FAMILY_RESPONSES, family_data
from scipy.special import expit, xlogy

import fastnet

LOG_LINK = ["gamma", "inverse_gaussian", "negative_binomial", "poisson", "tweedie"]


def fitted(name):
    X, y = family_data(name)
    weight = np.resize([1.0, 2.0, 0.5], len(y))
    return X, y, weight, fastnet.enet_path(X, y, family=name, sample_weight=weight, alphas=6, alpha_min_ratio=0.05)


@pytest.mark.parametrize("name", sorted(FAMILY_RESPONSES))
def test_kinds(name):
    X, y, _, path = fitted(name)
    link = path.predict(X, kind="link")
    np.testing.assert_allclose(link, X @ path.coefs.toarray() + path.intercepts, atol=1e-12)
    mean = {"binomial": expit}.get(name, np.exp if name in LOG_LINK else lambda eta: eta)
    np.testing.assert_allclose(path.predict(X), mean(link), rtol=1e-12)
    if name in ("binomial", "squared_hinge"):
        np.testing.assert_array_equal(path.predict(X, kind="class"), link > 0)
    else:
        with pytest.raises(ValueError, match='kind is "class"'):
            path.predict(X, kind="class")
    if name == "binomial":
        np.testing.assert_array_equal(path.predict(X, kind="probability"), path.predict(X))
        assert np.mean((path.predict(X, path.alphas[-1]) > 0.5) == y) > 0.8
    else:
        with pytest.raises(ValueError, match='kind is "probability".*binomial'):
            path.predict(X, kind="probability")


def deviances(name, y, eta):
    """Unit deviances from textbooks (McCullagh and Nelder 1989, table 2.1), written out once more."""
    mu = np.exp(eta)
    return {
        "binomial": lambda: -2 * (xlogy(y, expit(eta)) + xlogy(1 - y, expit(-eta))),
        "poisson": lambda: 2 * (xlogy(y, y / mu) - (y - mu)),
        "gamma": lambda: 2 * (y / mu - 1 - np.log(y / mu)),
        "inverse_gaussian": lambda: (y - mu) ** 2 / (mu**2 * y),
        "tweedie": lambda: 2 * (y**0.5 / (-0.25) - y * mu**-0.5 / (-0.5) + mu**0.5 / 0.5),
        "negative_binomial": lambda: 2 * (xlogy(y, y / mu) - (y + 1) * np.log((y + 1) / (mu + 1))),
        "squared_hinge": lambda: 2 * np.maximum(0, 1 - np.where(y > 0, 1, -1) * eta) ** 2,
        "huber": lambda: 2 * np.where(np.abs(y - eta) < 1.35, (y - eta) ** 2 / 2, 1.35 * np.abs(y - eta) - 1.35**2 / 2),
    }[name]()


@pytest.mark.parametrize("name", sorted(FAMILY_RESPONSES))
def test_deviance_ratio(name):
    """1 - deviance / null deviance, the null model being the intercept that minimises it."""
    from scipy.optimize import minimize_scalar

    X, y, weight, path = fitted(name)
    bounds = y.min() - 10, y.max() + 10
    null = minimize_scalar(lambda b: weight @ deviances(name, y, np.full(len(y), b)), bounds=bounds, method="bounded",
                           options={"xatol": 1e-9}).fun  # fmt: skip
    if name in (*LOG_LINK, "binomial"):  # the mean itself
        mean = weight @ y / weight.sum()
        level = np.log(mean / (1 - mean)) if name == "binomial" else np.log(mean)
        null = weight @ deviances(name, y, np.full(len(y), level))
    link = path.predict(X, kind="link")
    expected = [1 - weight @ deviances(name, y, eta) / null for eta in link.T]
    np.testing.assert_allclose(path.deviance_ratios, expected, atol=1e-9)
    np.testing.assert_allclose(path.null_objective, 0.5 * null / weight.sum(), rtol=1e-9)


@pytest.mark.parametrize(("name", "power"), [("poisson", 1), ("tweedie", 1.5), ("gamma", 2), ("inverse_gaussian", 3)])
def test_scikit_learn_scores(name, power):
    from sklearn.metrics import d2_tweedie_score

    X, y, weight, path = fitted(name)
    for k, mean in enumerate(path.predict(X).T):
        score = d2_tweedie_score(y, mean, sample_weight=weight, power=power)
        np.testing.assert_allclose(path.deviance_ratios[k], score, atol=1e-10)


def test_relative_risk():
    X, y = family_data("gamma")
    path = fastnet.enet_path(X, np.column_stack([y, np.ones(len(y))]), family="cox", alphas=4)
    np.testing.assert_allclose(path.predict(X), np.exp(X @ path.coefs.toarray()), rtol=1e-12)
