"""Convex analysis for the certificate: losses and the penalty with their conjugates, the refit, the best dual
scale.

Fenchel conjugates of the losses: Borwein and Lewis, Convex Analysis and Nonlinear Optimization, section 3.3.
NumPy only, shared with no part of the solver. The losses themselves: `fastnet.certificate_losses`.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple

import numpy as np

from fastnet.certificate_columns import root_mean_square
from fastnet.certificate_losses import LOSSES, Loss

__all__ = ["LOSSES", "Loss", "Penalty", "Sum", "dual_value", "independent", "refit", "stationarity"]

DAMPINGS = (0.0, 1e-7, 1e-5, 1e-3, 0.1)  # of Newton steps, over the longest column of the Hessian's root
DEPENDENT = 1e-9  # share of its length that an unpenalised column must have off the span of those before it


class Sum(NamedTuple):
    """A loss over one sample, sum_i omega_i f(y_i, eta_i); `certificate_cox.CoxObjective` has the same methods."""

    loss: Loss
    y: np.ndarray  # (n,)
    omega: np.ndarray  # (n,), of sum 1

    @property
    def quadratic(self) -> bool:
        return self.loss.quadratic

    @property
    def convex(self) -> bool:
        return self.loss.convex

    @property
    def intercept(self) -> bool:
        """Whether there can be one."""
        return True

    @property
    def any_residual(self) -> bool:
        """Whether `dual` holds for any theta, and not only for the residual at eta."""
        return self.convex

    @property
    def largest_scale(self) -> float:
        """Multiples s of the residual beyond this one have no dual bound."""
        return np.inf

    @property
    def longest_step(self) -> float:
        """How far one Newton step may move an eta."""
        return np.inf

    def _y(self, eta):
        return self.y if eta.ndim == 1 else self.y[:, None]

    def value(self, eta: np.ndarray):
        """The loss at eta (n,), a number, or (n, K), an array (K,)."""
        return self.omega @ self.loss.value(self._y(eta), eta)

    def residual(self, eta: np.ndarray) -> np.ndarray:
        """theta = -(d loss / d eta_i) / omega_i, of the shape of eta."""
        return self.loss.residual(self._y(eta), eta)

    def bend(self, eta: np.ndarray) -> float:
        """Root mean square of the curvature: how far theta moves with eta."""
        return root_mean_square(self.omega, self.loss.curvature(self.y, eta))

    def newton(self, eta: np.ndarray, Z: np.ndarray, theta: np.ndarray):
        """(A, target): the Newton step along the columns of Z is the least squares solution of A step = target."""
        curvature = np.maximum(self.loss.curvature(self.y, eta), 1e-8 * np.abs(theta))
        weight, bend = np.sqrt(self.omega), np.sqrt(np.maximum(curvature, 1e-300))
        return (weight * bend)[:, None] * Z, weight * theta / bend

    def dual(self, eta: np.ndarray, theta: np.ndarray, offset: np.ndarray) -> Callable[[float], float]:
        """The function s -> loss part of the dual objective at s theta."""

        def bound(s: float) -> float:
            return -float(np.sum(self.omega * (s * theta * offset + self.loss.conjugate(self.y, -s * theta))))

        return bound


class Penalty(NamedTuple):
    """l1|b| + l2 b^2/2 on [lower, upper] for one alpha, in scaled units; arrays (p,)."""

    l1: np.ndarray
    l2: np.ndarray
    lower: np.ndarray
    upper: np.ndarray
    excluded: np.ndarray  # b_j must be 0

    def value(self, b: np.ndarray) -> float:
        """sum_j p_j(b_j); inf where an excluded column has a coefficient."""
        j = np.flatnonzero(b)
        if self.excluded[j].any():
            return np.inf
        return float(np.sum(self.l1[j] * np.abs(b[j])) + 0.5 * np.sum(self.l2[j] * b[j] ** 2))

    def conjugate(self, g: np.ndarray, j: np.ndarray) -> float:
        """sum over columns j of p_j*(g_j) = max over the box of g b - l1|b| - l2 b^2/2."""
        excess = np.maximum(np.abs(g) - self.l1[j] * (1 + 1e-15), 0.0)  # s * l1 / s may exceed l1 by an ulp
        edge = np.where(g > 0, self.upper[j], -self.lower[j])
        with np.errstate(divide="ignore", over="ignore", invalid="ignore"):
            size = np.minimum(np.where(self.l2[j] > 0, excess / self.l2[j], np.inf), edge)
            terms = size * (excess - 0.5 * np.where(self.l2[j] > 0, self.l2[j] * size, 0.0))
            terms = np.where(np.isinf(size), np.inf, terms)  # also where l2 is so small that the quotient overflows
        return float(np.sum(np.where((excess > 0) & (size > 0), terms, 0.0)))

    def largest_scale(self, g: np.ndarray, rounding: np.ndarray) -> float:
        """Largest s with every p_j*(s g_j) finite: s |g_j| <= l1_j unless l2 or a bound limits b_j."""
        edge = np.where(g > 0, self.upper, -self.lower)
        hard = (self.l2 == 0) & np.isinf(edge) & ~self.excluded & (g != 0)
        hard &= ~((self.l1 == 0) & (np.abs(g) <= rounding))
        return float(np.min(self.l1[hard] / np.abs(g[hard]))) if hard.any() else np.inf

    def inside(self, g: np.ndarray, j: np.ndarray) -> float:
        """Largest s <= 1 with s |g_j| <= l1_j for every column j that has an L1 penalty."""
        j = j[(self.l1[j] > 0) & (np.abs(g[j]) > self.l1[j])]
        return float(np.min(self.l1[j] / np.abs(g[j]), initial=1.0))

    def violations(self, g: np.ndarray, b: np.ndarray) -> np.ndarray:
        """Distance of g_j - l2 b_j to the subdifferential l1 d|b_j| + normal cone of the box."""
        z = g - np.where(b == 0, 0.0, self.l2 * b)
        low = np.where(b <= self.lower * (1 - 1e-12), -np.inf, np.where(b > 0, self.l1, -self.l1))
        high = np.where(b >= self.upper * (1 - 1e-12), np.inf, np.where(b < 0, -self.l1, self.l1))
        return np.where(self.excluded, 0.0, np.maximum(np.maximum(low - z, z - high), 0.0))


def refit(objective, offset, eta, Z, low, high):
    """Add the best combination of the columns of Z (coefficients in [low, high]) to eta (n,) or (n, K).

    Newton on the loss; least squares with no bounds takes all columns of eta at once. Returns the new eta.
    """
    if Z.shape[1] == 0:
        return eta
    omega = objective.omega
    free = bool(np.all(np.isinf(low)) and np.all(np.isinf(high)))
    if objective.quadratic and free:
        root = np.sqrt(omega)[:, None]
        shape = eta.shape
        eta = eta.reshape(len(omega), -1)
        for _ in range(2):  # the second pass removes what rounding left
            target = objective.residual(offset[:, None] + eta)
            eta = eta + Z @ np.linalg.lstsq(root * Z, root * target, rcond=None)[0]
        return eta.reshape(shape)
    delta, base = np.zeros(Z.shape[1]), eta
    value = objective.value(offset + eta)
    for _ in range(100):
        theta = objective.residual(offset + eta)
        slope = _steepest(Z, omega * theta) if free else 0.0
        if free and slope <= 1e-13 * root_mean_square(omega, theta):
            return eta  # orthogonal already: a step could only lose digits
        A, target = objective.newton(offset + eta, Z, theta)
        if not np.isfinite(np.linalg.norm(A) + np.sum(target)):
            return eta  # the loss overflows
        for damping in DAMPINGS:  # a step may go far along columns that nearly cancel
            if not free:
                damping = max(damping, DEPENDENT)  # those between bounds may depend on each other
            damped = np.vstack((A, damping * np.linalg.norm(A, axis=0).max() * np.eye(len(delta)))) if damping else A
            step = _step(damped, target, None if free else (low - delta, high - delta))
            size = min(1.0, objective.longest_step / max(np.max(np.abs(Z @ step)), 1e-300))
            least = 1e-10 * size
            while size > least:  # halve until the loss does not rise
                trial = np.clip(delta + size * step, low, high)
                trial_eta = base + Z @ trial
                trial_value = objective.value(offset + trial_eta)
                short = size * np.max(np.abs(step)) <= 1e-6 * (1 + np.max(np.abs(delta)))
                if trial_value < value or (trial_value == value and short):  # a long step might go to and fro
                    break
                if trial_value <= value + 1e-14 * abs(value) and slope > 0.0:  # that may be rounding: slopes decide
                    if _steepest(Z, omega * objective.residual(offset + trial_eta)) < 0.5 * slope:
                        break
                size *= 0.5
            else:
                continue
            break
        else:
            return eta
        gain, delta, eta, value = value - trial_value, trial, trial_eta, trial_value
        if 0.0 <= gain <= 1e-18 * abs(value) and size * np.max(np.abs(step)) <= 1e-14 * (1 + np.max(np.abs(delta))):
            return eta
    return eta


def _steepest(Z, weighted_theta) -> float:
    """Largest slope of the loss along a column of Z."""
    return float(np.max(np.abs(Z.T @ weighted_theta)))


def _step(A, target, bounds):
    """Least squares, between bounds if there are any; A may have more rows than the target, which is then 0 there."""
    from scipy.optimize import lsq_linear

    target = np.concatenate((target, np.zeros(len(A) - len(target))))
    if bounds is None:
        return np.linalg.lstsq(A, target, rcond=None)[0]
    return lsq_linear(A, target, bounds=bounds, method="bvls", tol=1e-15).x


def independent(Z, open_: np.ndarray) -> np.ndarray:
    """Which columns of Z (n, k) are not in the span, to DEPENDENT of their length, of earlier ones that are `open_`."""
    basis, kept = np.empty((0, len(Z))), np.zeros(Z.shape[1], bool)
    for k in np.argsort(~open_, kind="stable"):  # the open ones first
        rest = Z[:, k]
        for _ in range(2):
            rest = rest - basis.T @ (basis @ rest)
        length = np.linalg.norm(rest)
        kept[k] = length > DEPENDENT * np.linalg.norm(Z[:, k])
        if kept[k] and open_[k]:
            basis = np.vstack((basis, rest / length))
    return kept


def _best_dual(dual: Callable[[float], float], high: float, inside: float) -> float:
    """max of the concave dual(s) over [0, high]: golden section, the ends and `inside`, where it may have a kink."""
    if not np.isfinite(high):
        high = 1.0
        while high < 1e30 and dual(2 * high) > dual(high):
            high *= 2
        high *= 2
    ratio = (np.sqrt(5.0) - 1) / 2
    a, b = 0.0, high
    c, d = b - ratio * (b - a), a + ratio * (b - a)
    at_c, at_d = dual(c), dual(d)
    for _ in range(60):
        if at_c >= at_d:
            b, d, at_d = d, c, at_c
            c = b - ratio * (b - a)
            at_c = dual(c)
        else:
            a, c, at_c = c, d, at_d
            d = a + ratio * (b - a)
            at_d = dual(d)
    return max(at_c, at_d, dual(high), dual(min(1.0, high)), dual(min(inside, high)), dual(0.0))


def dual_value(objective, offset, eta, theta, g, penalty: Penalty, rounding) -> float:
    """max over s of D(s theta), with g = <x_j, theta>; theta the residual at eta, offset included."""
    high = penalty.largest_scale(g, rounding)
    fit = objective.dual(eta, theta, offset)
    if objective.quadratic:
        omega = objective.omega
        linear, square = float(omega @ (theta * (objective.y - offset))), float(omega @ theta**2)
        high = min(high, max(linear, 0.0) / square if square > 0 else 0.0)
        fit = lambda s: s * linear - 0.5 * s * s * square
    high = min(high, objective.largest_scale)
    reached = np.abs(g) * high > penalty.l1 if np.isfinite(high) else g != 0
    j = np.flatnonzero(reached & ~penalty.excluded)
    j = j[(penalty.l1[j] > 0) | (penalty.l2[j] > 0) | (np.abs(g[j]) > rounding[j])]  # rounding of free columns

    def dual(s: float) -> float:
        return fit(s) - penalty.conjugate(s * g[j], j)

    if objective.quadratic and (len(j) == 0 or penalty.conjugate(high * g[j], j) == 0.0):
        return dual(high)
    return _best_dual(dual, high, penalty.inside(g, j))


def stationarity(objective: Sum, eta, theta, b, g, penalty: Penalty, rounding) -> float:
    """Duality gap at d = 0 of the quadratic model of the loss at eta, curvature h:

    min over s of  sum_j p_j(b_j) + p_j*(s g_j) - s g_j b_j  +  (1 - s)^2 / 2 sum_i omega_i theta_i^2 / h_i.
    """
    high = min(penalty.largest_scale(g, rounding), 1.0)
    j = np.flatnonzero((g != 0) & ~penalty.excluded)
    j = j[(penalty.l1[j] > 0) | (penalty.l2[j] > 0) | (np.abs(g[j]) > rounding[j])]
    curvature = objective.loss.curvature(objective.y, eta)  # 0 where eta is so large that theta is 0 too
    step = np.divide(theta, curvature, out=np.zeros_like(theta), where=curvature > 0)
    spread = float(objective.omega @ (theta * step))
    along, value = float(g @ b), penalty.value(b)

    def negative_gap(s: float) -> float:
        return s * along - penalty.conjugate(s * g[j], j) - value - 0.5 * (1 - s) ** 2 * spread

    return -max(negative_gap(high), _best_dual(negative_gap, high, penalty.inside(g, j)))
