"""Stored results of statsmodels, scikit-survival and lifelines: python make_packages.py, where they are installed.

Writes packages.json beside this file. All data are rounded, so that the file holds exactly what the packages saw.
Needs statsmodels, scikit-survival and lifelines; README.md says how they were installed.
"""

from __future__ import annotations

import importlib.metadata
import json
import warnings
from pathlib import Path

import numpy as np

PARAMETERS = {"tweedie": {"power": 1.5}, "negative_binomial": {"theta": 2.0}}


def data():
    rng = np.random.default_rng(11)
    n, p = 70, 5
    X = np.round(rng.standard_normal((n, p)) * [1.0, 0.5, 2.0, 1.0, 1.0], 3)
    eta = X @ [0.6, -0.8, 0.0, 0.3, 0.0]
    mu = np.exp(0.6 * eta)
    responses = {
        "binomial": (eta + rng.logistic(size=n) > 0).astype(float),
        "poisson": rng.poisson(mu).astype(float),
        "gamma": np.round(rng.gamma(2.0, mu / 2), 3) + 0.01,
        "inverse_gaussian": np.round(rng.gamma(4.0, mu / 4), 3) + 0.05,
        "tweedie": np.round(rng.gamma(2.0, mu / 2) * (rng.random(n) < 0.7), 3),
        "negative_binomial": rng.poisson(rng.gamma(2.0, mu / 2)).astype(float),
    }
    time = np.ceil(rng.exponential(np.exp(-eta), n) * 8) / 4
    start = np.round(time * rng.uniform(0, 0.8, n) * 4) / 4
    start = np.maximum(start - 0.1, 0.0)  # never an event time: statsmodels counts those who enter at one differently
    return {
        "X": X,
        "responses": responses,
        "time": time,
        "start": start,
        "event": (rng.random(n) < 0.7).astype(float),
        "strata": np.resize([1, 2, 3], n),
        "weight": np.round(rng.uniform(0.2, 3.0, n), 3),
        "offset": np.round(0.4 * rng.standard_normal(n), 3),
    }


def statsmodels_glm(d):
    """Unpenalised maximum likelihood, with weights and offset; elastic nets of those whose scale is 1."""
    import statsmodels.api as sm

    log = sm.families.links.Log()
    families = {
        "binomial": sm.families.Binomial(),
        "poisson": sm.families.Poisson(),
        "gamma": sm.families.Gamma(log),
        "inverse_gaussian": sm.families.InverseGaussian(log),
        "tweedie": sm.families.Tweedie(log, var_power=1.5),
        "negative_binomial": sm.families.NegativeBinomial(log, alpha=0.5),
    }
    design = sm.add_constant(d["X"])
    for name, family in families.items():
        for options in ({}, {"offset": d["offset"]}, {"freq_weights": d["weight"]}):
            model = sm.GLM(d["responses"][name], design, family=family, **options)
            fit = model.fit(tol=1e-13, maxiter=500)
            yield result("statsmodels", name, fit.params, 0.0, 1.0, list(options))
        if name in ("binomial", "poisson"):
            for l1_ratio in (1.0, 0.5, 0.0):
                strength = np.array([0.0, *np.full(5, 0.03)])  # the intercept is not penalised
                model = sm.GLM(d["responses"][name], design, family=family)
                fit = model.fit_regularized(
                    alpha=strength, L1_wt=l1_ratio, cnvrg_tol=1e-12, zero_tol=1e-10, maxiter=5000
                )
                yield result("statsmodels", name, fit.params, 0.03, l1_ratio, [])


def statsmodels_cox(d):
    from statsmodels.duration.hazard_regression import PHReg

    for ties in ("breslow", "efron"):
        for used in ([], ["strata"], ["start"], ["start", "strata"], ["offset"]):
            given = {{"start": "entry"}.get(key, key): d[key] for key in used}
            model = PHReg(d["time"], d["X"], status=d["event"], ties=ties, **given)
            fit = model.fit(method="newton", maxiter=200, tol=1e-12, disp=0)
            yield result("statsmodels", "cox", fit.params, 0.0, 1.0, used, ties)
    # fit_regularized 0.15 forgets `ties` (Efron gives Breslow's result) and stops early at L1_wt=1 (gap 3e-3)
    model = PHReg(d["time"], d["X"], status=d["event"], ties="breslow")
    fit = model.fit_regularized(alpha=0.05, L1_wt=0.5, cnvrg_tol=1e-12, zero_tol=1e-10, maxiter=5000)
    yield result("statsmodels", "cox", fit.params, 0.05, 0.5, [], "breslow")


def scikit_survival(d):
    from sksurv.linear_model import CoxnetSurvivalAnalysis

    y = np.array(list(zip(d["event"] > 0, d["time"], strict=True)), dtype=[("event", bool), ("time", float)])
    alphas = [0.2, 0.1, 0.03, 0.01]
    for l1_ratio in (1.0, 0.5):
        model = CoxnetSurvivalAnalysis(alphas=alphas, l1_ratio=l1_ratio, tol=1e-14, max_iter=1_000_000)
        model.fit(d["X"], y)
        for k, alpha in enumerate(alphas):
            yield result("scikit-survival", "cox", model.coef_[:, k], alpha, l1_ratio, [], "breslow")


def lifelines(d):
    """Ridge: its penalizer acts on columns divided by their sample deviation (ddof 1)."""
    import pandas as pd
    from lifelines import CoxPHFitter

    columns = [f"x{j}" for j in range(5)]
    for used in ([], ["strata"], ["start"], ["weight"]):
        for penalizer in (0.0, 0.1):
            frame = pd.DataFrame(d["X"], columns=columns)
            for key in ("time", "event", *used):
                frame[key] = d[key]
            arguments = {"start": "entry_col", "weight": "weights_col", "strata": "strata"}
            model = CoxPHFitter(penalizer=penalizer, l1_ratio=0.0)
            model.fit(
                frame, "time", "event", robust="weight" in used, **{arguments[key]: key for key in used},
                fit_options={"precision": 1e-12, "max_steps": 500},
            )  # fmt: skip
            yield result("lifelines", "cox", model.params_[columns].to_numpy(), penalizer, 0.0, used, "efron")


def result(package, family, coef, alpha, l1_ratio, used, ties=None):
    used = [{"freq_weights": "weight"}.get(key, key) for key in used]
    coef = [float(value) for value in coef]
    found = {"package": package, "family": family, "alpha": alpha, "l1_ratio": l1_ratio, "used": used, "coef": coef}
    return found | ({"ties": ties} if ties else {})


def plain(value):
    if isinstance(value, dict):
        return {key: plain(item) for key, item in value.items()}
    return value.tolist() if isinstance(value, np.ndarray) else value


def main():
    warnings.simplefilter("ignore")  # packages warn of their own future
    d = data()
    fits = [*statsmodels_glm(d), *statsmodels_cox(d), *scikit_survival(d), *lifelines(d)]
    names = ("statsmodels", "scikit-survival", "lifelines")
    versions = {name: importlib.metadata.version(name) for name in names}
    place = Path(__file__).with_name("packages.json")
    place.write_text(json.dumps({"versions": versions} | plain(d) | {"parameters": PARAMETERS, "fits": fits}))
    print(f"{len(fits)} fits, {place}")


if __name__ == "__main__":
    main()
