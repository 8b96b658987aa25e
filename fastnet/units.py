"""From data to the solver's units and back: standardisation, null model, scaling.

The solver sees, in weighted space (rows times root = sqrt(w / W)),

    minimise over beta   |target - sum_j beta_j x~_j|^2 / 2 + l1 sum_j pf_j |beta_j| + l2 / 2 sum_j pf_j beta_j^2,

with |target| = 1, columns x~_j = (x_j - center_j) * inv_scale_j of norm at most 1, and everything that is not
penalised (intercept, columns with penalty factor 0) projected out: `basis` is an orthonormal basis of its span.
Nothing overflows, whatever the units of X and y.
"""

from typing import NamedTuple

import numpy as np
import scipy.linalg
import scipy.sparse

from .designs import LARGEST, SMALLEST, column_scales, make_design, moments
from .state import LIMITS, Quadratic, records
from .validation.design import check_finite_design

NO_RESPONSE = 1e-14  # a null residual below this share of the response counts as zero
DEPENDENT = 1e-9  # share of their length to which columns without penalty that cancel count as dependent


class Units(NamedTuple):
    """One problem in the solver's units, and what it takes to return to the scale of the data."""

    design: NamedTuple  # standardised lazily
    quadratic: Quadratic
    square: np.ndarray  # (p,) squared norm of x~_j, in [0, 1]
    free: np.ndarray  # columns never penalised (and not bounded): in the basis
    excluded: np.ndarray  # columns that cannot be selected: infinite factor, no variation, closed bounds, or never
    # penalised and dependent on others of these
    response: float  # norm of the null residual: units of y
    penalty_scale: float  # units of x~ in the penalty: 1 when standardised
    target_components: np.ndarray  # (q,) basis @ root * (y - offset) / response; of other losses, eta in place of y
    triangle: np.ndarray  # (q, q) [root, free columns] = basis' triangle
    fit_intercept: bool
    least_factor: float  # smallest positive penalty factor: the unit of those in `quadratic.limits`
    centred: bool  # no intercept is fitted, and every column has mean zero but for rounding
    correlation: np.ndarray | None = None  # (p,) <x~_j, target>, where the pass for the moments could take them along
    level: float = 0.0  # what was taken off a common level of the offset: the intercept gets it back

    def penalties(self, alpha, l1_ratio):
        """(l1, l2) of one alpha."""
        alpha = alpha * self.least_factor / self.penalty_scale
        return alpha * l1_ratio / self.response, alpha * (1.0 - l1_ratio) / self.penalty_scale

    def alpha_of(self, l1, l1_ratio):
        return l1 * self.response / self.least_factor * self.penalty_scale / l1_ratio

    def coefficients(self, columns, beta, components):
        """Data-scale (columns, coefs, intercept) of active `columns` with solver coefficients `beta`.

        components = basis @ sum_k beta_k column_k, before those columns were projected off the basis.
        """
        coefs = beta * self.design.inv_scale[columns] * self.response
        return self.complete(columns, coefs, components, float(self.design.center[columns] @ coefs))

    def complete(self, columns, coefs, components, at_center):
        """`coefficients`, from `coefs` on the scale of the data and at_center = sum_k center_k coef_k."""
        if len(components) == 0:
            return columns, coefs, 0.0
        unpenalised = self.target_components - components
        if len(unpenalised) == 1:
            unpenalised = unpenalised * (self.response / self.triangle[0, 0])
        else:
            unpenalised = scipy.linalg.solve_triangular(self.triangle, unpenalised) * self.response
        intercept = 0.0
        if self.fit_intercept:
            intercept, unpenalised = float(unpenalised[0]), unpenalised[1:]
        if len(self.free):
            free = unpenalised * self.design.inv_scale[self.free]
            columns, coefs = np.concatenate((columns, self.free)), np.concatenate((coefs, free))
            at_center += float(self.design.center[self.free] @ free)
        return columns, coefs, intercept - (at_center + self.level) if self.fit_intercept else 0.0


def make_units(problem, *, fit_intercept, standardize, check_finite=True):
    """Build the `Units` of a validated least-squares problem; reads X twice (moments, then the unpenalised columns)."""
    y, n = problem.y, len(problem.y)
    response = y if problem.offset is None else y - problem.offset
    size = np.abs(response).max(initial=0.0)
    _check_size(size, "y" if problem.offset is None else "y - offset")
    weight = normalised_weights(problem.sample_weight, n)
    root = np.sqrt(weight)
    raw = root * (response / size) if size > 0 else np.zeros(n)
    expected = project_off(root[None], raw) if fit_intercept else raw  # the target, unless columns are free
    frame = _frame(problem, weight, root * expected, fit_intercept, standardize, check_finite)
    target = project_off(frame.basis, raw)
    length = np.linalg.norm(target)
    if length <= NO_RESPONSE * np.linalg.norm(raw) or length == 0.0:
        target, length = np.zeros(n), 1.0
    known = frame.product / length if target.any() and len(frame.free) == 0 else None
    target, raw = target / length, raw / length
    units = _assemble(problem, frame, target, raw, length * (size if size > 0 else 1.0), fit_intercept)
    return units._replace(correlation=known)


def make_glm_units(problem, weight, expected, *, fit_intercept, standardize, response=1.0, check_finite=True):
    """`Units` for any other loss: y is not scaled, but for losses that scale with it (Huber), by `response`.

    The target is `expected`, a guess of the residual of the null model in weighted space; the engine corrects it.
    """
    zero = np.zeros(len(problem.y))
    frame = _frame(problem, weight, np.sqrt(weight) * expected, fit_intercept, standardize, check_finite)
    known = frame.product if expected.any() and len(frame.free) == 0 else None
    return _assemble(problem, frame, expected, zero, response, fit_intercept)._replace(correlation=known)


class _Frame(NamedTuple):
    """What X, weights and penalty factors make: the same for every loss."""

    design: NamedTuple
    root: np.ndarray
    basis: np.ndarray
    triangle: np.ndarray
    free: np.ndarray
    excluded: np.ndarray
    scale: np.ndarray | float  # (p,) or one for all columns: data units per penalty unit
    square: np.ndarray
    product: np.ndarray  # (p,) of the columns x~ and a vector
    penalty_scale: float
    centred: bool


def _frame(problem, weight, v, fit_intercept, standardize, check_finite):
    X = problem.X
    n, p = X.shape
    mean, deviation, product = moments(X, weight, v)
    scaling, square, penalty_scale, beyond, centred, finite = column_scales(
        mean, deviation, product, n, v.sum(), fit_intercept, standardize
    )
    if check_finite and not finite:  # no pass over X of its own
        check_finite_design(X)
    if beyond >= 0:
        size = deviation[beyond] if fit_intercept else np.hypot(deviation[beyond], mean[beyond])
        _check_size(size, f"X has column {beyond}")
    design, root = make_design(X, scaling), np.sqrt(weight)
    free, excluded = _free_and_excluded(problem, design.inv_scale)
    basis, triangle, independent = _unpenalised_basis(X, design, root, free, fit_intercept)
    excluded, free = np.union1d(excluded, np.setdiff1d(free, independent)), independent
    scale = deviation if standardize else penalty_scale
    return _Frame(design, root, basis, triangle, free, excluded, scale, square, product, penalty_scale, centred)


def _check_size(size, name):
    """Refuse a unit whose square or ratio to another one might overflow or vanish."""
    if SMALLEST <= size <= LARGEST or size == 0:
        return
    what, it = (f"{name} of size", "it") if " has " in name else (f"{name} has size", name)
    raise ValueError(
        f"{what} {size:.3g}; sizes from {SMALLEST:g} to {LARGEST:g} are allowed, so that squares do not overflow: "
        f"choose another unit, e.g. multiply {it} by {10.0 ** np.clip(-np.round(np.log10(size)), -300, 300):.0e}"
    )


def _assemble(problem, frame, target, raw, response, fit_intercept):
    limits, least_factor = _limits(problem, frame, response)
    quadratic = Quadratic(target, frame.root, frame.basis, limits)
    return Units(
        frame.design, quadratic, frame.square, frame.free, frame.excluded, response, frame.penalty_scale,
        frame.basis @ raw, frame.triangle, fit_intercept, least_factor, frame.centred,
    )  # fmt: skip


def normalised_weights(sample_weight, n):
    if sample_weight is None:
        return np.full(n, 1.0 / n)
    weight = sample_weight / sample_weight.max()
    return weight / weight.sum()


def _free_and_excluded(problem, inv_scale):
    p = len(inv_scale)
    excluded = inv_scale == 0.0
    free = np.zeros(p, bool)
    closed_below = np.zeros(p, bool) if problem.lower is None else problem.lower >= 0
    closed_above = np.zeros(p, bool) if problem.upper is None else problem.upper <= 0
    excluded |= closed_below & closed_above
    if problem.penalty_factor is not None:
        excluded |= np.isinf(problem.penalty_factor)
        bounded = np.zeros(p, bool)
        for bound in (problem.lower, problem.upper):
            if bound is not None:
                bounded |= np.isfinite(bound)
        free = (problem.penalty_factor == 0.0) & ~excluded & ~bounded
    return np.flatnonzero(free), np.flatnonzero(excluded)


def _limits(problem, frame, response):
    """Factors (over the least positive one) and bounds in penalty space, or nothing when there are none; that unit."""
    if problem.penalty_factor is None and problem.lower is None and problem.upper is None:
        return records(0, LIMITS), 1.0
    scale = np.where(frame.design.inv_scale > 0.0, frame.scale, 0.0)
    limits = records(len(scale), LIMITS)
    factor = np.ones(len(scale)) if problem.penalty_factor is None else problem.penalty_factor
    least = float(factor[factor > 0].min())
    with np.errstate(over="ignore"):
        limits["factor"] = factor / least
    with np.errstate(invalid="ignore", over="ignore"):
        for name, bound, none in (("lower", problem.lower, -np.inf), ("upper", problem.upper, np.inf)):
            limits[name] = none if bound is None else np.where(bound == 0, 0.0, bound * (scale / response))
    return limits, least


def _unpenalised_basis(X, design, root, free, fit_intercept):
    """Orthonormal rows spanning [root, root * x~_free]; dependent free columns are left out (coefficient 0)."""
    columns = [root] if fit_intercept else []
    for j in free:
        x = X[:, [j]].toarray().ravel() if scipy.sparse.issparse(X) else X[:, j].astype(float)
        columns.append(root * ((x - design.center[j]) * design.inv_scale[j]))
    first = len(columns) - len(free)
    basis = np.empty((len(columns), len(root)))
    kept = []
    for k, vector in enumerate(columns):
        rest = project_off(basis[: len(kept)], vector)
        length = np.linalg.norm(rest)
        if length > DEPENDENT * np.linalg.norm(vector) and length > 0:
            basis[len(kept)] = rest / length
            kept.append(k)
    basis = np.ascontiguousarray(basis[: len(kept)])
    matrix = np.array([columns[k] for k in kept]).reshape(len(kept), len(root))
    triangle = basis @ matrix.T
    return basis, np.triu(triangle), np.array([free[k - first] for k in kept if k >= first], np.intp)


def project_off(basis, vector):
    """vector - basis' basis vector, twice: once is not orthogonal to rounding."""
    for _ in range(2):
        vector = vector - basis.T @ (basis @ vector)
    return vector
