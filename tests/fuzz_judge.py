"""The judge of the fuzz: `verify`, the NumPy references and the honesty of statuses, gaps and warnings."""

from __future__ import annotations

import numpy as np
from cox_reference import NaiveCox
from fuzz_problems import HARD, Spec, build, fit
from reference import Reference
from scipy import special
from scipy.optimize import minimize

import fastnet
from fastnet import Status
from fastnet.certificate_losses import make_loss

SLACK = 1e-9  # rounding of the judges themselves, relative to the null objective


def judge(spec: Spec):
    """Fit and judge one problem; AssertionError says what is wrong. Returns the path."""
    problem = build(spec)
    path, messages = fit(problem, spec)
    _statuses_are_honest(path, messages)
    found = fastnet.verify(
        problem.X, problem.y, path.coefs, path.intercepts, path.alphas, family=problem.family, **problem.options
    )
    assert found.feasible.all(), "a bound, an excluded column or the intercept is not kept"
    size = _size(problem)
    apart = abs(path.null_objective - found.null_objective)
    share = 0.1 if spec.columns in HARD and spec.family != "gaussian" else 1e-6  # Newton on Hessians of no condition
    if spec.columns == "nearly equal" and spec.bounds:  # what is left alone differs
        share = max(share, 1e-3)
    if spec.family != "gaussian" and spec.factors == "zeros":  # they may diverge: each ends where little is gained
        share = max(share, 1e-4)
    if spec.columns == "far shift" and spec.bounds and not spec.fit_intercept:  # columns of 1e8 that differ by 1
        share = max(share, 1e-5)
    if spec.family == "inverse_gaussian" and spec.bounds:  # not convex: more than one minimum
        share = 1.0
    assert apart <= share * found.null_objective + 100 * SLACK * size, (  # it may diverge: separable classes
        f"null objective {path.null_objective}, verify finds {found.null_objective}"
    )
    scale = path.null_objective + SLACK * size  # a null model may explain everything, but for rounding
    loose = 10.0 if spec.columns in (*HARD, "shifted") else 1.0
    certifiable = path.null_objective > 10 * SLACK * size  # else the null model explains all but rounding
    certifiable &= not 0 < path.alpha_max < 1e-12 * min(1.0, np.abs(problem.dense).max())  # what is left is rounding
    # Columns of size 1e8: a coefficient or an intercept rounded moves the dual point, if not the objective, by much.
    blunt = spec.columns == "far shift" and not (spec.fit_intercept and spec.family == "gaussian")
    if blunt and spec.family == "inverse_gaussian":  # nor is its gap one to the least minimum
        certifiable = False
    rounding = _rounding_of_objectives(problem, path)
    for k in np.flatnonzero((path.statuses == Status.CONVERGED) & certifiable):
        promised, true = path.tol * path.null_objective, found.objectives[k] - found.dual_objectives[k]
        allowed = promised * 1.001 + (0.3 if blunt else loose * SLACK) * scale + SLACK * size + rounding[k]
        if spec.columns == "nearly equal" and path.alphas[k] == 0.0:  # fits leave alone what cancels to nine digits
            allowed += scale
        assert true <= allowed, f"point {k}: gap {path.gaps[k]:.3g} is claimed, verify finds {found.gaps[k]:.3g}"
    weak = certifiable & (spec.columns not in HARD) & (path.gaps > 1e-2) & (found.gaps < 1e-4 * path.gaps)
    weak &= spec.family != "inverse_gaussian"  # the gap is that of a quadratic model
    weak &= _rounding_of_eta(problem, path) < 1e-9  # beyond, no residual is orthogonal to what has no penalty
    assert not weak.any() or spec.max_iter < 1000, f"a gap of {path.gaps[weak]} where verify finds {found.gaps[weak]}"
    size = max(size, path.null_objective)
    apart = np.abs(found.objectives - path.objectives)
    allowed = 1e-7 * np.abs(path.objectives) + SLACK * size + rounding
    k = int(np.argmax(apart / allowed))
    assert apart[k] <= allowed[k], f"point {k}: objective {path.objectives[k]}, its coefficients {found.objectives[k]}"
    if spec.columns not in HARD and path.null_objective > 1e-10:
        _reference_agrees(spec, problem, path)
    return path


def _size(problem):
    """What rounding is relative to: the loss of predicting nothing."""
    offset = problem.options.get("offset", np.zeros(len(problem.y)))
    weight = problem.options.get("sample_weight", np.ones(len(problem.y)))
    name = getattr(problem.family, "name", problem.family)
    if name == "cox":
        time, event = problem.y.T
        column = np.arange(len(time))[:, None]  # any that varies
        loss = NaiveCox(column, None, time, event, None, weight, offset, problem.family.ties == "efron")
        return max(abs(loss.loss(loss.offset)), 1.0)  # a sum of logarithms, which may cancel
    value = make_loss(name, getattr(problem.family, "parameters", {})).value(problem.y, offset)
    return abs(float(weight @ value) / weight.sum()) + 1e-20


def _rounding_of_eta(problem, path):
    """What rounding the coefficients to double precision may do: eps sum_j |x_ij b_j|, where that is far above eta."""
    return 4 * np.finfo(float).eps * np.max(np.abs(problem.dense) @ np.abs(path.coefs.toarray()), axis=0)


def _rounding_of_objectives(problem, path):
    """The same for the objective."""
    moved = _rounding_of_eta(problem, path)
    slope = np.sqrt(2 * np.abs(path.objectives))  # of a quadratic loss; others have slopes of about 1
    return moved * (slope + (moved if problem.family == "gaussian" else 1.0))


def _statuses_are_honest(path, messages):
    solved = path.statuses == Status.CONVERGED
    np.testing.assert_array_equal(solved, path.gaps <= path.tol, err_msg="status against gap")
    assert np.isfinite(path.coefs.data).all(), "coefficients that are not finite"
    assert np.isfinite(path.intercepts).all(), "an intercept that is not finite"
    assert len(messages) == (not solved.all()), f"warnings: {messages}"
    assert not messages or "miss the promised gap" in messages[0], messages


def _reference_agrees(spec, problem, path):
    if spec.family == "cox":
        _cox_agrees(spec, problem, path)
        return
    truth = Reference(problem.dense, problem.y, **problem.options)
    if spec.family == "gaussian":
        for k, alpha in enumerate(path.alphas):
            point = path.intercepts[k], path.coefs[:, [k]].toarray()[:, 0]
            gap = truth.gap(*point, alpha)
            weak = alpha == 0 or bool(
                (truth.pf == 0).any()
            )  # its dual point, where free columns are dependent or bounded
            if weak and gap > path.gaps[k]:
                best = truth.objective(*truth.solve(alpha), alpha)
                gap = (truth.objective(*point, alpha) - best) / truth.null_objective
            if path.statuses[k] == Status.CONVERGED:
                assert gap <= path.gaps[k] * 1.001 + SLACK, f"point {k}: the reference finds gap {gap:.3g}"
        return
    loss, rounding = NaiveGLM(truth, problem.family, spec.family), _rounding_of_objectives(problem, path)
    for k, alpha in enumerate(path.alphas):
        b = path.coefs[:, [k]].toarray()[:, 0]
        value = loss.objective(path.intercepts[k], b, alpha)
        scale = path.null_objective
        assert abs(value - path.objectives[k]) <= 1e-7 * abs(value) + SLACK * max(scale, 1.0) + rounding[k], (
            f"point {k}: objective {value}"
        )
        if path.statuses[k] == Status.CONVERGED and spec.family != "inverse_gaussian":
            gain = value - loss.lowered(path.intercepts[k], b, alpha)
            assert gain <= (spec.tol * 1.001 + SLACK) * scale, (
                f"point {k}: the reference lowers it by {gain / scale:.3g}"
            )


def _cox_agrees(spec, problem, path):
    plain = spec.standardize and not spec.factors and not spec.bounds
    if not plain or np.ptp(problem.dense, axis=0).min() == 0:
        return
    time, event = problem.y.T
    weight, offset = problem.options.get("sample_weight"), problem.options.get("offset")
    truth = NaiveCox(problem.dense, None, time, event, None, weight, offset, problem.family.ties == "efron")
    if truth.s.min() <= 1e-9:
        return
    for k, alpha in enumerate(path.alphas):
        b = path.coefs[:, [k]].toarray()[:, 0]
        c = b * truth.s
        penalty = alpha * (spec.l1_ratio * np.abs(c).sum() + (1 - spec.l1_ratio) / 2 * c @ c)
        eta = truth.offset + truth.Z @ c
        value = truth.loss(eta) + penalty
        np.testing.assert_allclose(path.objectives[k], value, rtol=1e-7, atol=1e-9, err_msg="Cox objective")


# loss and its slope in eta, for parameter t
FORMULAS = {
    "binomial": (lambda y, e, t: np.logaddexp(0, e) - y * e, lambda y, e, t: special.expit(e) - y),
    "poisson": (lambda y, e, t: np.exp(e) - y * e, lambda y, e, t: np.exp(e) - y),
    "gamma": (lambda y, e, t: e + y * np.exp(-e), lambda y, e, t: 1 - y * np.exp(-e)),
    "inverse_gaussian": (
        lambda y, e, t: y * np.exp(-2 * e) / 2 - np.exp(-e),
        lambda y, e, t: np.exp(-e) - y * np.exp(-2 * e),
    ),
    "tweedie": (
        lambda y, e, t: np.exp((2 - t) * e) / (2 - t) - y * np.exp((1 - t) * np.where(y > 0, e, 0)) / (1 - t),
        lambda y, e, t: np.exp((2 - t) * e) - y * np.exp((1 - t) * np.where(y > 0, e, 0)),
    ),
    "negative_binomial": (
        lambda y, e, t: (y + t) * np.logaddexp(np.log(t), e) - y * e - (y + t) * np.log(t),
        lambda y, e, t: (y + t) * special.expit(e - np.log(t)) - y,
    ),
    "squared_hinge": (
        lambda y, e, t: np.maximum(0, 1 - np.where(y > 0, 1, -1) * e) ** 2,
        lambda y, e, t: -2 * np.where(y > 0, 1, -1) * np.maximum(0, 1 - np.where(y > 0, 1, -1) * e),
    ),
    "huber": (
        lambda y, e, t: np.where(np.abs(y - e) <= t, (y - e) ** 2 / 2, t * np.abs(y - e) - t * t / 2),
        lambda y, e, t: -np.clip(y - e, -t, t),
    ),
}


class NaiveGLM:
    """The objective of a family in plain NumPy, and a general-purpose optimiser that tries to lower it."""

    def __init__(self, truth: Reference, family, name):
        self.truth = truth
        self.value, self.slope = FORMULAS[name]
        self.parameter = next(iter(getattr(family, "parameters", {}).values()), None)
        w = truth.w
        self.keep = np.ones(len(truth.y), bool) if truth.sample_weight is None else np.asarray(truth.sample_weight) > 0
        self.y = np.asarray(truth.y, float)[self.keep]
        self.o = np.zeros(len(w)) if truth.offset is None else np.asarray(truth.offset)[self.keep]

    def objective(self, b0, b, alpha):
        eta = self.o + b0 + self.truth.Xraw @ b
        return float(self.truth.w @ self.value(self.y, eta, self.parameter)) + self.truth.penalty(
            b * self.truth.s, alpha
        )

    def lowered(self, b0, b, alpha):
        """The least objective that L-BFGS-B finds from here, the positive and negative parts being variables."""
        truth, p = self.truth, len(b)
        l1 = alpha * truth.l1_ratio * truth.pf * truth.s
        l2 = alpha * (1 - truth.l1_ratio) * truth.pf * truth.s**2
        low, high = np.broadcast_to(truth.low / truth.s, p), np.broadcast_to(truth.high / truth.s, p)
        unit = np.sqrt(truth.w @ truth.Xraw**2)
        unit = np.where(unit > 0, unit, 1.0)

        def split(v):
            return (v[1 : p + 1] - v[p + 1 :]) / unit

        def f(v):
            c = split(v)
            eta = self.o + v[0] + truth.Xraw @ c
            with np.errstate(over="ignore", invalid="ignore"):
                value = truth.w @ self.value(self.y, eta, self.parameter)
                r = truth.w * self.slope(self.y, eta, self.parameter)
            g = truth.Xraw.T @ r + l2 * c
            total = value + np.sum(l1 * (v[1 : p + 1] + v[p + 1 :]) / unit) + 0.5 * np.sum(l2 * c * c)
            gradient = np.concatenate([[r.sum() * truth.fit_intercept], (g + l1) / unit, (l1 - g) / unit])
            if not np.isfinite(total):
                return 1e300, np.zeros_like(gradient)
            return total, gradient

        live = ~truth.out
        bounds = [(None, None) if truth.fit_intercept else (0.0, 0.0)]
        bounds += [(0.0, (high[j] * unit[j] if live[j] else 0.0)) for j in range(p)]
        bounds += [(0.0, (-low[j] * unit[j] if live[j] else 0.0)) for j in range(p)]
        start = np.concatenate([[b0], np.maximum(b, 0) * unit, np.maximum(-b, 0) * unit])
        start = np.clip(
            start, [-np.inf if a is None else a for a, _ in bounds], [np.inf if z is None else z for _, z in bounds]
        )
        found = minimize(f, start, jac=True, method="L-BFGS-B", bounds=bounds, options={"maxiter": 100, "ftol": 1e-15})
        return min(float(found.fun), f(start)[0])
