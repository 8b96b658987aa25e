"""The GLM problems: the designs of `problems.py` with a response of another family, made from its y and a seed.

No intercept and X as it is, as there, so that the objective means the same to every solver:

    mean of loss(y_i, x_i'b) + alpha |b|_1.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import lru_cache
from typing import NamedTuple

import numpy as np

from .problems import PROBLEMS, load, real_file


def classes(y, rng):
    """0 and 1: below and above the mean of y, which is 0."""
    return (y > 0).astype(float)


def counts(y, rng):
    """Poisson counts of mean about 1, log mean 0.8 y."""
    return rng.poisson(np.exp(0.8 * y - 0.32)).astype(float)


def survival(y, rng):
    """(time, event): exponential times of log hazard y, a third censored."""
    time, censored = rng.exponential(np.exp(-y)), rng.exponential(2.0, len(y))
    return np.column_stack([np.minimum(time, censored), time <= censored])


class GLMProblem(NamedTuple):
    """One row of the table."""

    base: str  # whose X, and y to start from
    family: str  # as fastnet names it
    response: Callable  # (y, rng) -> y of the family
    alpha_min_ratio: float

    @property
    def about(self) -> str:
        return PROBLEMS[self.base].about

    @property
    def kind(self) -> str:
        return PROBLEMS[self.base].kind


GLM_PROBLEMS = {
    "D1-logistic": GLMProblem("D1", "binomial", classes, 0.01),
    "D2-logistic": GLMProblem("D2", "binomial", classes, 0.01),
    "S1-logistic": GLMProblem("S1", "binomial", classes, 0.01),
    "imdb-logistic": GLMProblem("imdb", "binomial", classes, 0.05),
    "news20-logistic": GLMProblem("news20", "binomial", classes, 0.05),
    "D1-poisson": GLMProblem("D1", "poisson", counts, 0.01),
    "S1-poisson": GLMProblem("S1", "poisson", counts, 0.01),
    "D1-cox": GLMProblem("D1", "cox", survival, 0.05),
    "D1-hinge": GLMProblem("D1", "squared_hinge", classes, 0.01),
    "S1-hinge": GLMProblem("S1", "squared_hinge", classes, 0.01),
    "imdb-hinge": GLMProblem("imdb", "squared_hinge", classes, 0.05),
}
for _base in ("Smoke", "SmokeSparse", "SmokeTall"):
    for _name, _family, _response in (
        ("logistic", "binomial", classes), ("poisson", "poisson", counts), ("cox", "cox", survival),
        ("hinge", "squared_hinge", classes),
    ):  # fmt: skip
        GLM_PROBLEMS[f"{_base}-{_name}"] = GLMProblem(_base, _family, _response, 0.1)
DEFAULT = [name for name in GLM_PROBLEMS if not name.startswith(("Smoke", "news20"))]


def small_name(name: str) -> str:
    """The small problem of the same kind and family, to compile and warm up on."""
    base = {"sparse": "SmokeSparse", "tall": "SmokeTall"}.get(GLM_PROBLEMS[name].kind, "Smoke")
    return f"{base}-{name.split('-')[1]}"


@lru_cache(maxsize=1)
def load_glm(name: str):
    """X (n, p) and the response of a problem in the table; NotImplementedError where its data is not here."""
    problem = GLM_PROBLEMS[name]
    if PROBLEMS[problem.base].real:
        real_file(_REAL_FILES[problem.base])
    X, y = load(problem.base)
    return X, problem.response(y, np.random.default_rng(0))


_REAL_FILES = {"imdb": "imdb5k_bigram", "news20": "news20_bigram"}


def glm_grid(name: str, alpha_min_ratio: float, n_alphas: int = 100):
    """Log-spaced alphas down from alpha_max = max_j |sum_i x_ij f'(y_i, 0)| / n."""
    X, y = load_glm(name)
    gradient = _negative_gradient(GLM_PROBLEMS[name].family, y)
    return np.abs(X.T @ gradient).max() * np.geomspace(1.0, alpha_min_ratio, n_alphas)


def _negative_gradient(family, y):
    """-d loss / d eta at eta = 0, for the mean loss (n,)."""
    n = len(y)
    if family == "cox":  # event - sum over the event times up to one's own of 1 / (number at risk)
        time, event = y[:, 0], y[:, 1]
        at_risk = n - np.searchsorted(np.sort(time), time)
        hazard = np.array([np.sum((event / at_risk)[time <= t]) for t in time])
        return (event - hazard) / n
    return {"binomial": y - 0.5, "poisson": y - 1.0, "squared_hinge": 2.0 * np.where(y > 0, 1.0, -1.0)}[family] / n
