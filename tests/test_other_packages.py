"""GLM and Cox fits against other packages: stored results (tests/truth) and scikit-learn, here and now."""

import json
from functools import cache
from pathlib import Path

import numpy as np
import pytest
import upstream
from parts import family_data

import fastnet
from fastnet.losses import cox, find_family, huber

TRUTH = Path(__file__).parent / "truth"


@cache
def stored(name):
    """A file of tests/truth, its columns as arrays."""
    found = json.loads((TRUTH / f"{name}.json").read_text())
    for key in ("X", "time", "start", "event", "strata", "stratum", "weight", "offset"):
        if key in found:
            found[key] = np.array(found[key], dtype=float)
    return found


def name_of(fit):
    used = "+".join(fit["used"]) or "plain"
    return f"{fit['package']}-{fit['family']}-{used}-{fit.get('ties', '')}-{fit['alpha']}-{fit['l1_ratio']}"


def coefficients(X, y, family, alpha, l1_ratio=1.0, tol=1e-13, **options):
    path = fastnet.enet_path(X, y, family=family, alphas=[alpha], l1_ratio=l1_ratio, tol=tol, **options)
    assert path.statuses[0] == 0
    return path.coefs.toarray()[:, 0], path.intercepts[0]


# --- statsmodels, scikit-survival, lifelines


@pytest.mark.parametrize("fit", stored("packages")["fits"], ids=name_of)
def test_stored_packages(fit):
    d = stored("packages")
    X, used, alpha = d["X"], fit["used"], fit["alpha"]
    options = {"standardize": False}
    if "weight" in used:
        options["sample_weight"] = d["weight"]
    if "offset" in used:
        options["offset"] = d["offset"]
    if fit["family"] == "cox":
        times = [d["start"], d["time"], d["event"]] if "start" in used else [d["time"], d["event"]]
        y, family = np.column_stack(times), cox(fit["ties"], d["strata"] if "strata" in used else None)
        if fit["package"] == "lifelines":  # columns divided by their sample deviation; likelihood by n, not by W
            X = X / X.std(axis=0, ddof=1)
            alpha *= len(y) / d["weight"].sum() if "weight" in used else 1.0
    else:
        y = np.array(d["responses"][fit["family"]])
        family = find_family(fit["family"], d["parameters"].get(fit["family"]))
    coef, intercept = coefficients(X, y, family, alpha, fit["l1_ratio"], **options)
    if fit["package"] == "lifelines":
        coef = coef / d["X"].std(axis=0, ddof=1)
    found = coef if fit["family"] == "cox" else np.concatenate([[intercept], coef])
    loose = fit["package"] == "statsmodels" and alpha > 0 and fit["l1_ratio"] == 0  # its ridge is BFGS
    np.testing.assert_allclose(found, fit["coef"], atol=1e-4 if loose else 2e-6)


# --- R's coxph


def ridge_name(fit):
    said = [fit["ties"], f"theta {fit['theta']}"]
    return "-".join(said + [key for key in ("late", "strata", "offset", "weighted") if fit[key]])


@pytest.mark.parametrize("fit", stored("survival")["fits"], ids=ridge_name)
def test_coxph(fit):
    """theta / 2 sum b^2 beside the log partial likelihood is alpha = theta / W."""
    d = stored("survival")
    y = np.column_stack([d["start"], d["time"], d["event"]] if fit["late"] else [d["time"], d["event"]])
    weight = d["weight"] if fit["weighted"] else None
    total = d["weight"].sum() if fit["weighted"] else len(y)
    coef, _ = coefficients(
        d["X"], y, cox(fit["ties"], d["stratum"] if fit["strata"] else None), fit["theta"] / total, 0.0,
        sample_weight=weight, offset=d["offset"] if fit["offset"] else None, standardize=False,
    )  # fmt: skip
    np.testing.assert_allclose(coef, fit["coef"], atol=1e-7)


# --- scikit-learn


@pytest.mark.parametrize("l1_ratio", [1.0, 0.4, 0.0])
@pytest.mark.parametrize("weighted", [False, True])
def test_logistic_regression(l1_ratio, weighted):
    from sklearn.linear_model import LogisticRegression

    X, y = family_data("binomial", 60, 8)
    weight = np.resize([1.0, 2.0, 0.5], 60) if weighted else np.ones(60)
    alpha = 0.02
    solver = {"solver": "lbfgs"} if l1_ratio == 0 else {"solver": "saga", **upstream.mixed(l1_ratio)}
    other = LogisticRegression(C=1 / (weight.sum() * alpha), tol=1e-10, max_iter=100_000, **solver)
    other.fit(X, y, weight)
    coef, intercept = coefficients(X, y, "binomial", alpha, l1_ratio, sample_weight=weight, standardize=False)
    np.testing.assert_allclose(coef, other.coef_[0], atol=1e-5)
    np.testing.assert_allclose(intercept, other.intercept_[0], atol=1e-5)


@pytest.mark.parametrize("name", ["poisson", "gamma", "tweedie"])
@pytest.mark.parametrize("weighted", [False, True])
def test_scikit_learn_glm(name, weighted):
    """Half the unit deviance is the loss up to a constant; the ridge penalty is the same."""
    from sklearn.linear_model import GammaRegressor, PoissonRegressor, TweedieRegressor

    X, y = family_data(name, 60, 8)
    weight = np.resize([1.0, 2.0, 0.5], 60) if weighted else np.ones(60)
    make = {"poisson": PoissonRegressor, "gamma": GammaRegressor}.get(name)
    options = {"alpha": 0.05, "solver": "newton-cholesky", "tol": 1e-10}
    other = make(**options) if make else TweedieRegressor(power=1.3, link="log", **options)
    other.fit(X, y, weight)
    family = name if make else find_family("tweedie", {"power": 1.3})
    coef, intercept = coefficients(X, y, family, 0.05, 0.0, sample_weight=weight, standardize=False)
    np.testing.assert_allclose(coef, other.coef_, atol=1e-6)
    np.testing.assert_allclose(intercept, other.intercept_, atol=1e-6)


def test_huber_regressor():
    """At its own scale sigma: sigma H(r / sigma) = 2 / sigma huber(r), delta = epsilon sigma."""
    from sklearn.linear_model import HuberRegressor

    X, y = family_data("huber", 60, 5)
    other = HuberRegressor(epsilon=1.35, alpha=0.5, tol=1e-9, max_iter=10_000).fit(X, y)
    alpha = 0.5 * other.scale_ / len(y)
    coef, intercept = coefficients(X, y, huber(delta=1.35 * other.scale_), alpha, 0.0, standardize=False)
    np.testing.assert_allclose(coef, other.coef_, atol=1e-5)
    np.testing.assert_allclose(intercept, other.intercept_, atol=1e-5)


@pytest.mark.parametrize("penalty", ["l1", "l2"])
@pytest.mark.parametrize("alpha", [0.2, 0.02, 0.002])
@pytest.mark.parametrize("weighted", [False, True])
def test_liblinear(penalty, alpha, weighted):
    """LIBLINEAR's solvers 5 (L1) and 2 (L2, primal), without intercept, which it would penalise."""
    from sklearn.svm import LinearSVC

    X, y = family_data("squared_hinge", 60, 8)
    weight = np.resize([1.0, 2.0, 0.5], 60) if weighted else np.ones(60)
    other = LinearSVC(
        penalty=penalty, dual=False, C=1 / (weight.sum() * alpha), fit_intercept=False, tol=1e-10, max_iter=1_000_000
    )
    other.fit(X, y, weight)
    coef, _ = coefficients(
        X, y, "squared_hinge", alpha, float(penalty == "l1"), sample_weight=weight, standardize=False,
        fit_intercept=False, tol=1e-11,
    )  # fmt: skip
    np.testing.assert_allclose(coef, other.coef_[0], atol=5e-6)
