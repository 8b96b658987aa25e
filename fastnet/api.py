"""The public functions: validate, build the parts, run the path, word the warnings."""

import functools
import warnings
from collections.abc import Callable
from typing import ParamSpec

import numpy as np
from scipy import sparse

from . import blas
from .engine import QuadraticEngine
from .exceptions import ConvergenceWarning, PathInterrupted
from .glm_problem import make_glm_engine
from .glm_ridge_engine import GLMRidgeEngine, prefers_features
from .gram_engine import GramEngine, prefers_gram
from .io import digest
from .losses import find_family
from .path import PathRun, default_grid, unsolved_points
from .result import Path
from .solvers.ridge import RidgeEngine
from .units import make_units
from .validation import check_design, check_flag, check_options, check_problem

RIDGE_GRID_L1_RATIO = 1e-3  # the default ridge grid starts where this l1_ratio would

Arguments = ParamSpec("Arguments")


def _then_warn(fit: Callable[Arguments, Path]) -> Callable[Arguments, Path]:
    """`fit`, followed by the one warning for the points of its path that miss `tol`."""

    @functools.wraps(fit)
    def warning_fit(*args: Arguments.args, **kwargs: Arguments.kwargs) -> Path:
        path = fit(*args, **kwargs)
        _warn_unsolved(path)
        return path

    return warning_fit


def _interruptible(fit: Callable[Arguments, Path]) -> Callable[Arguments, Path]:
    """`fit`, with PathInterrupted for a Ctrl-C that comes before its path has begun."""

    @functools.wraps(fit)
    def interruptible_fit(*args: Arguments.args, **kwargs: Arguments.kwargs) -> Path:
        try:
            return fit(*args, **kwargs)
        except PathInterrupted:
            raise
        except KeyboardInterrupt:
            raise PathInterrupted("interrupted before the first alpha was solved") from None

    return interruptible_fit


@_then_warn
@_interruptible
@blas.one_thread()
def enet_path(
    X, y, *, family="gaussian", l1_ratio=1.0, alphas=100, alpha_min_ratio=None, sample_weight=None, offset=None,
    penalty_factor=None, lower=None, upper=None, fit_intercept=True, standardize=True, tol=1e-6, max_iter=10_000,
    max_features=None, min_dev_change=None, warm_start=None, callback=None, progress=False, check_finite=True,
):  # fmt: skip
    """Elastic Net path of a generalised linear model, every point certified by a duality gap.

    Minimises, for each alpha, over the intercept b0 and the coefficients b,

        1/W sum_i w_i loss(y_i, o_i + b0 + x_i'b)
            + alpha sum_j pf_j (l1_ratio |b_j| + (1 - l1_ratio)/2 b_j^2),     lower_j <= b_j <= upper_j,

    with W = sum_i w_i. The loss is the unit negative log-likelihood of the family, e.g. (y - eta)^2 / 2 for "gaussian",
    log(1 + e^eta) - y eta for "binomial", e^eta - y eta for "poisson"; the modules of `fastnet.losses` state each.

    Parameters
    ----------
    X : (n, p) array, memmap, scipy.sparse matrix or array, pandas or polars frame
        Never written to. Used in place when it is Fortran-ordered float64 or float32, or canonical CSC of these;
        C order, integers, booleans, CSR, COO and unsorted CSC are converted in one copy. Sparse X is never made
        dense: centring and scaling are lazy.
    y : (n,) array
        For "cox" a structured array (a boolean field: event; a field of numbers: time) or two columns (time, event),
        or three (start, stop, event).
    family : str or fastnet.losses.Family
        "gaussian"; "binomial" (y in [0, 1]: classes, or proportions with the numbers of trials as weights);
        "poisson", "negative_binomial", "gamma", "inverse_gaussian", "tweedie" (all with log link); "squared_hinge"
        (two classes); "huber"; "cox". Parameters: ``fastnet.losses.huber(delta=2.0)``, ``tweedie(power=1.5)``,
        ``negative_binomial(theta=1.0)``, ``cox(ties="efron", strata=...)``. Losses of your own: see `fastnet.losses`.
    l1_ratio : float in [0, 1]
        1 is the lasso, 0 ridge (for least squares in closed form; its coefficients are dense).
    alphas : int or (K,) array
        An int asks for a log-spaced grid from alpha_max down to ``alpha_min_ratio * alpha_max``; an array is used as
        given, solved in decreasing order and returned in the order given.
    alpha_min_ratio : float, optional
        Default 1e-2 when n < p, else 1e-4.
    sample_weight, offset : (n,) array, optional
        Weights w (not negative; only their ratios matter) and offset o.
    penalty_factor : (p,) array, optional
        pf, used as it is: 0 is never penalised, inf excludes a column. Of columns never penalised that depend on each
        other (to 1e-9 of their length) the later ones are left out: coefficient 0.
    lower, upper : float or (p,) array, optional
        Bounds on the coefficients, on the scale of the data, 0 inside; ``lower=0`` asks for positive coefficients.
    fit_intercept : bool
    standardize : bool
        Penalise b_j s_j instead of b_j, s_j the weighted population standard deviation of column j. Results are on
        the scale of the data all the same. Columns without variation get coefficient 0.
    tol : float
        The promise ``gap <= tol`` at every point, else its status says so and one ConvergenceWarning gives the
        numbers. The gap is (objective - dual objective) divided by the objective of the null model counted from that
        of the saturated model (half the null deviance): without unit. The optimum lies at most so far below, for every
        family but one: "inverse_gaussian" is not convex, its gap is that of the quadratic model at the point, zero
        exactly where the point is stationary. For "cox" a lower bound takes the place of the dual objective, so that
        the gap may be larger than need be, never smaller. `fastnet.losses` states it loss by loss. Double
        precision can promise about 1e-14 for least squares and 1e-12 for other losses (also for float32 X: sums are in
        float64); points that are asked for more end there with status STALLED.
    max_iter : int
        Most inner iterations (direct steps plus sweeps) for one alpha; reaching it is a status, not a shorter path.
        Least squares of what has no penalty, tried where a point misses `tol`, are not counted.
    max_features : int, optional
        Stop after the first point with more non-zero coefficients than this.
    min_dev_change : float, optional
        Stop when the deviance ratio grows by less than this from one alpha to the next.
    warm_start : Path, optional
        Start from its coefficients at the nearest alpha not below the first one asked for. Only a start: every point
        is certified anew. A path of another number of columns is refused.
    callback : callable, optional
        Called with a `Point` after each alpha; returning True stops the path. An exception that it raises passes
        through, with the points solved so far as its attribute ``path``.
    progress : bool
        Show a progress bar (needs the extra ``progress``).
    check_finite : bool
        False lets NaN and infinity in X pass unseen (such columns get coefficient 0). The check reads no X of its
        own: it looks at the column moments.

    Returns
    -------
    Path

    Raises
    ------
    ValueError, TypeError
        On bad input; the message names the argument, what was given and what is allowed.
    PathInterrupted
        On Ctrl-C; its ``path`` holds the points solved so far, or is None when none was begun.

    Warns
    -----
    ConvergenceWarning
        When a point misses ``tol``.

    References
    ----------
    Friedman, Hastie, Tibshirani (2010), Regularization paths for generalized linear models via coordinate descent.
    Lee, Battle, Raina, Ng (2007), Efficient sparse coding algorithms (the direct steps).
    Fercoq, Gramfort, Salmon (2015), Mind the duality gap (the certificates).
    """
    loss = None if isinstance(family, str) and family == "gaussian" else find_family(family)
    if loss is not None:
        loss, y = loss.read(y)
    options = check_options(
        l1_ratio=l1_ratio, alphas=alphas, alpha_min_ratio=alpha_min_ratio, tol=tol, max_iter=max_iter,
        max_features=max_features, min_dev_change=min_dev_change, callback=callback, progress=progress,
    )  # fmt: skip
    fit_intercept = check_flag(fit_intercept, "fit_intercept")
    standardize = check_flag(standardize, "standardize")
    problem = check_problem(
        X, y, sample_weight=sample_weight, offset=offset, penalty_factor=penalty_factor, lower=lower, upper=upper,
        check_finite=False,
    )  # fmt: skip
    check_finite = check_flag(check_finite, "check_finite")
    if loss is None:
        units = make_units(problem, fit_intercept=fit_intercept, standardize=standardize, check_finite=check_finite)
        engine, alpha_max = _make_engine(units, problem, options)
    else:
        engine = make_glm_engine(
            loss, problem, fit_intercept=fit_intercept, standardize=standardize, check_finite=check_finite
        )
        units = engine.units
        alpha_max = units.alpha_of(engine.largest, options.l1_ratio or RIDGE_GRID_L1_RATIO)
        if (
            problem.lower is None
            and problem.upper is None
            and prefers_features(engine, options.l1_ratio, options.alphas)
        ):
            engine = GLMRidgeEngine(engine)
    grid = options.alphas
    if isinstance(grid, int):
        grid = default_grid(alpha_max, grid, options.alpha_min_ratio, *problem.X.shape)
    if type(engine) is QuadraticEngine:
        smallest_l1 = units.penalties(grid.min(), options.l1_ratio)[0]
        if prefers_gram(engine, smallest_l1, options.l1_ratio):
            engine = GramEngine(engine)
    reached = _apply_warm_start(engine, warm_start, problem, grid, options.l1_ratio)
    description = dict(
        l1_ratio=options.l1_ratio, family="gaussian" if loss is None else loss.name, tol=options.tol,
        family_parameters={} if loss is None else dict(loss.parameters),
        feature_names=problem.feature_names, fit_intercept=fit_intercept, standardize=standardize,
        null_objective=engine.null * units.response**2, fingerprint=_fingerprint(problem, units),
        problem_options=dict(
            sample_weight=problem.sample_weight, offset=problem.offset, penalty_factor=problem.penalty_factor,
            lower=problem.lower, upper=problem.upper, max_iter=options.max_iter,
        ),
    )  # fmt: skip
    return PathRun(engine, grid, options, alpha_max, problem.X.shape[1], description).run(reached)


# enet_path without its warning, for callers that word their own: `warnings.catch_warnings` is not safe in threads.
fit_path = enet_path.__wrapped__  # type: ignore[attr-defined]


def warmup(X=None):
    """Compile and cache the kernels of least squares ahead of time, on problems of a few rows.

    The first fit of a new process then loads them (a fraction of a second) instead of compiling. Other families
    compile a few kernels more at their first fit.

    Parameters
    ----------
    X : matrix, optional
        Compile for matrices of this kind only (dense or sparse, its precision, its index type); default: for all
        kinds, which takes minutes where nothing is cached.
    """
    rng = np.random.default_rng(0)
    dense = rng.standard_normal((20, 40))
    y = dense[:, :3].sum(axis=1) + rng.standard_normal(20)
    enet_path(dense[:, :3], y, alphas=3)  # tall
    for design in _kinds(dense, X):
        enet_path(design, y, alphas=5)
        units = make_units(check_problem(design, y), fit_intercept=True, standardize=True)
        engine = QuadraticEngine(units)
        engine.never_direct()
        for share in (0.5, 0.4, 0.3):
            engine.solve(units.alpha_of(share * engine.largest, 1.0), 1.0, 1e-6, 1000)


def _kinds(dense, X):
    """The small matrix in every kind that has kernels of its own, or in the kind of X."""
    kinds = []
    for dtype in (np.float64, np.float32):
        array = dense.astype(dtype, order="F")
        short = sparse.csc_array(array)
        indices, indptr = short.indices.astype(np.int64), short.indptr.astype(np.int64)
        kinds += [array, short, sparse.csc_array((short.data, indices, indptr), shape=short.shape)]
    if X is None:
        return kinds
    X, _ = check_design(X, check_finite=False)

    def kind(matrix):
        return sparse.issparse(matrix), matrix.dtype, matrix.indices.dtype if sparse.issparse(matrix) else None

    return [matrix for matrix in kinds if kind(matrix) == kind(X)]


def _make_engine(units, problem, options):
    """The engine for this penalty, and alpha_max: the smallest alpha at which all penalised coefficients are zero."""
    engine = QuadraticEngine(units)
    alpha_max = units.alpha_of(engine.largest, options.l1_ratio or RIDGE_GRID_L1_RATIO)
    bounded = problem.lower is not None or problem.upper is not None
    unpenalised = not isinstance(options.alphas, int) and np.any(options.alphas == 0)
    if (options.l1_ratio == 0 or unpenalised) and not bounded:
        engine = RidgeEngine(units, engine if options.l1_ratio > 0 else None)
    return engine, alpha_max


def _apply_warm_start(engine, warm_start, problem, grid, l1_ratio):
    """Load the coefficients of an earlier path; returns the alpha they belong to, or None."""
    if warm_start is None:
        return None
    if not isinstance(warm_start, Path):
        raise TypeError(f"warm_start is a {type(warm_start).__name__}; a Path returned by enet_path is allowed")
    p = problem.X.shape[1]
    if warm_start.n_features != p:
        raise ValueError(
            f"warm_start is a path over {warm_start.n_features} columns, X has {p}: pass the path of this X, or None"
        )
    if len(warm_start) == 0:
        return None
    first = grid.max()
    above = warm_start.alphas >= first * (1 - 1e-12)
    if not above.any():
        k = int(np.argmax(warm_start.alphas))
    else:
        k = int(np.flatnonzero(above)[np.argmin(warm_start.alphas[above])])
    coefs = warm_start.coefs
    at = slice(coefs.indptr[k], coefs.indptr[k + 1])
    engine.start_from(coefs.indices[at].astype(np.int64), coefs.data[at])
    return float(max(warm_start.alphas[k], first))


def _fingerprint(problem, units):
    """Digest of what the data are, from the response and a sample of the column moments: cheap, and different for
    different data."""
    p = problem.X.shape[1]
    sample = slice(None, None, max(1, p // 1000))
    parts = [np.array(problem.X.shape), problem.y, np.array([units.square.sum(), units.design.inv_scale.sum()])]
    parts += [units.square[sample], units.design.center[sample], units.design.inv_scale[sample]]
    parts += [part for part in (problem.sample_weight, problem.offset) if part is not None]
    return digest(*parts)


def _warn_unsolved(path):
    missed = unsolved_points(path)
    if len(missed) == 0:
        return
    shown = ", ".join(f"alpha={path.alphas[k]:.4g}: gap {path.gaps[k]:.2g}" for k in missed[:5])
    more = f" and {len(missed) - 5} more" if len(missed) > 5 else ""
    warnings.warn(
        f"{len(missed)} of {len(path)} points miss the promised gap <= tol = {path.tol:.2g} "
        f"({shown}{more}; both without unit). Raise max_iter, or accept a larger tol.",
        ConvergenceWarning,
        stacklevel=3,
    )
