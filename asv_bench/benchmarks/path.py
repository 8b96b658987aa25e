"""Whole Gaussian paths, warm, CPU seconds on one core; and what each argument adds to the plain fit."""

import time
from functools import cache, lru_cache

import numpy as np

from .problems import PROBLEMS, alpha_grid, load

PLAIN = {"fit_intercept": False, "standardize": False}
L1_RATIOS = [1.0, 0.5]
TOLERANCES = [1e-4, 1e-7]


VARIANTS = [
    "plain",
    "intercept+standardize",
    "sample_weight",
    "penalty_factor",
    "unpenalised",
    "lower=0",
    "box",
]


def variant_arguments(variant, n, p):
    """Keyword arguments of a named variant of the fit, beside alphas, l1_ratio and tol."""
    rng = np.random.default_rng(0)
    return {
        "plain": lambda: PLAIN,
        "intercept+standardize": lambda: {"fit_intercept": True, "standardize": True},
        "sample_weight": lambda: PLAIN | {"sample_weight": rng.uniform(0.5, 2.0, n)},
        "penalty_factor": lambda: PLAIN | {"penalty_factor": rng.uniform(0.5, 2.0, p)},
        "unpenalised": lambda: PLAIN | {"penalty_factor": np.where(np.arange(p) < 3, 0.0, 1.0)},
        "lower=0": lambda: PLAIN | {"lower": 0.0},
        "box": lambda: PLAIN | {"lower": -0.02, "upper": 0.02},
    }[variant]()


@lru_cache(maxsize=1)
def prepared(problem, variant, l1_ratio, alpha_min_ratio):
    """X, y and the arguments of the fit, made outside the time that is taken."""
    X, y = load(problem)
    arguments = {"l1_ratio": l1_ratio} | variant_arguments(variant, *X.shape)
    if variant == "plain":
        arguments["alphas"] = alpha_grid(X, y, l1_ratio, alpha_min_ratio)
    else:  # its own alpha_max
        arguments |= {"alphas": 100, "alpha_min_ratio": alpha_min_ratio}
    return X, y, arguments


@cache
def compiled(kind, variant, l1_ratio, tol):
    """One small fit of the same kind, so that no compilation is timed."""
    name = {"dense": "Smoke", "tall": "SmokeTall", "sparse": "SmokeSparse"}[kind]
    fit(*prepared(name, variant, l1_ratio, 0.05), tol)


def fit(X, y, arguments, tol):
    import fastnet

    return fastnet.enet_path(X, y, tol=tol, **arguments)


class Timed:
    """Settings of every timing here: CPU time, a few single runs."""

    timer = time.process_time
    number = 1
    repeat = (1, 7, 20.0)
    rounds = 1
    warmup_time = 0.0
    timeout = 300


class _Path(Timed):
    variant = "plain"

    def setup(self, problem, l1_ratio, tol, alpha_min_ratio=None):
        compiled(PROBLEMS[problem].kind, self.variant, l1_ratio, tol)
        end = alpha_min_ratio or PROBLEMS[problem].alpha_min_ratio
        self.prepared = prepared(problem, self.variant, l1_ratio, end)

    def time_path(self, problem, l1_ratio, tol, alpha_min_ratio=None):
        fit(*self.prepared, tol)


class Path(_Path):
    """Every problem of the table, to its own end of the path, no intercept, X as it is."""

    params = [[name for name in PROBLEMS if not name.startswith("Smoke")], L1_RATIOS, TOLERANCES]
    param_names = ["problem", "l1_ratio", "tol"]


class PathSmoke(_Path):
    """The same on tiny problems, for continuous integration."""

    params = [["Smoke", "SmokeSparse", "SmokeTall"], L1_RATIOS, [1e-6]]
    param_names = Path.param_names


class PathDeep(_Path):
    """Down to 0.001 alpha_max: thousands of active columns on S1."""

    params = [["D1", "D2", "D3", "D4", "S1", "S2", "riboflavin"], L1_RATIOS, TOLERANCES, [1e-3]]
    param_names = ["problem", "l1_ratio", "tol", "alpha_min_ratio"]


class PathDefault(_Path):
    """Sparse data as `enet_path` takes it by default, standardised: thousands of active columns, many equal."""

    variant = "intercept+standardize"
    params = [["S1", "S2", "debian"], L1_RATIOS, [1e-4], [1e-2]]
    param_names = PathDeep.param_names


class OneAlpha(Timed):
    """A single alpha far below the largest, as an estimator asks for it; ``time_grid``: a grid of 30 down to it."""

    params = [["D1", "D2", "S1", "debian", "riboflavin", "mice"], ["gaussian", "binomial"]]
    param_names = ["problem", "family"]

    def setup(self, problem, family):
        X, y = load(problem)
        self.data = X, y if family == "gaussian" else (y > 0).astype(float)
        self.options = PLAIN | {"family": family}
        self.ratio = 0.05 if family == "binomial" else PROBLEMS[problem].alpha_min_ratio
        self.alpha = self.ratio * self.fit(alphas=2, alpha_min_ratio=0.9).alpha_max
        self.fit(alphas=[self.alpha])

    def fit(self, **options):
        return fit(*self.data, options | self.options, 1e-4)

    def time_one(self, problem, family):
        self.fit(alphas=[self.alpha])

    def time_grid(self, problem, family):
        self.fit(alphas=30, alpha_min_ratio=self.ratio)


class _Variant(Timed):
    def setup(self, problem, variant, l1_ratio, tol):
        compiled(PROBLEMS[problem].kind, variant, l1_ratio, tol)
        self.prepared = prepared(problem, variant, l1_ratio, PROBLEMS[problem].alpha_min_ratio)

    def time_path(self, problem, variant, l1_ratio, tol):
        fit(*self.prepared, tol)


class Variant(_Variant):
    """Intercept with standardisation (at most 15 % more), weights, factors and bounds (at most 2 x)."""

    params = [
        ["D1", "D4", "S1", "S2"],
        VARIANTS,
        L1_RATIOS,
        [1e-6],
    ]
    param_names = ["problem", "variant", "l1_ratio", "tol"]


class VariantSmoke(_Variant):
    """The same on a tiny sparse problem, for continuous integration."""

    params = [["SmokeSparse"], VARIANTS, [1.0], [1e-6]]
    param_names = Variant.param_names


class PathTraits:
    """What the path did, as numbers that do not depend on the machine's load: worst gap, inner iterations."""

    params = [["D1", "D4", "S1", "S2"], [1.0], TOLERANCES]
    param_names = Path.param_names
    timeout = 300

    def setup(self, problem, l1_ratio, tol):
        self.prepared = prepared(problem, "plain", l1_ratio, PROBLEMS[problem].alpha_min_ratio)

    def track_worst_gap_over_tol(self, problem, l1_ratio, tol):
        """Independent gap over tol; the promise is at most 1."""
        from .gapcheck import path_gaps

        X, y, arguments = self.prepared
        path = fit(X, y, arguments, tol)
        return path_gaps(X, y, arguments["alphas"], path.coefs, l1_ratio).max() / tol

    def track_iterations(self, problem, l1_ratio, tol):
        return int(np.sum(fit(*self.prepared, tol).n_iters))
