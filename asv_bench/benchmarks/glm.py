"""Whole paths of the other families, warm, CPU seconds on one core: no intercept, X as it is."""

from functools import cache, lru_cache

import numpy as np

from .glm_problems import DEFAULT, GLM_PROBLEMS, glm_grid, load_glm, small_name
from .path import PLAIN, TOLERANCES, Timed, fit


@lru_cache(maxsize=1)
def prepared(problem):
    """X, y and the arguments of the fit, made outside the time that is taken."""
    X, y = load_glm(problem)
    about = GLM_PROBLEMS[problem]
    return X, y, PLAIN | {"family": about.family, "alphas": glm_grid(problem, about.alpha_min_ratio)}


@cache
def compiled(problem):
    """One small fit of the same kind and family, so that no compilation is timed."""
    fit(*prepared(small_name(problem)), 1e-5)


class _Path(Timed):
    param_names = ["problem", "tol"]

    def setup(self, problem, tol):
        compiled(problem)
        self.prepared = prepared(problem)

    def time_path(self, problem, tol):
        fit(*self.prepared, tol)


class GLMPath(_Path):
    """Every problem of the comparison with peers."""

    params = [DEFAULT, TOLERANCES]


class GLMPathSmoke(_Path):
    """The same on tiny problems, for continuous integration."""

    params = [["Smoke-logistic", "SmokeSparse-hinge"], [1e-6]]


class GLMPathTraits:
    """What the path did, as numbers that do not depend on the machine's load."""

    params = [[name for name in DEFAULT if name.startswith(("D1", "S1"))], TOLERANCES]
    param_names = ["problem", "tol"]
    timeout = 300

    def setup(self, problem, tol):
        self.prepared = prepared(problem)

    def track_worst_gap_over_tol(self, problem, tol):
        """Independent gap over tol; the promise is at most 1."""
        import fastnet

        X, y, arguments = self.prepared
        path = fit(X, y, arguments, tol)
        same = {key: value for key, value in arguments.items() if key != "alphas"}
        return fastnet.verify(X, y, path.coefs, path.intercepts, path.alphas, **same).gaps.max() / tol

    def track_iterations(self, problem, tol):
        return int(np.sum(fit(*self.prepared, tol).n_iters))
