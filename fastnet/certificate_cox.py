"""The Cox partial likelihood for `verify`: written again from its definition, shared with no part of the solver.

With omega_i = w_i / W, R_t the rows at risk at the event time t, E_t the m events there, d_t = sum over E_t of omega,
the loss is a sum over pairs (t, l), l = 0 for Breslow's rule and l = 0 .. m - 1 for Efron's, m = 1 for Breslow's:

    sum_{t,l} d_t/m log S_tl - sum_{events} omega_i eta_i,     S_tl = sum_{R_t} omega_j lambda_tlj e^eta_j,
    lambda_tlj = 1 - l/m where j is in E_t, else 1.

Dual points: u = sum_{t,l} d_t/m q_tl - sum_{events} omega for any distributions q_tl on R_t; there the conjugate is at
most sum_{t,l} d_t/m sum_j q_tlj log(q_tlj / (omega_j lambda_tlj)), each log-sum-exp having an entropy as its conjugate
(Boyd, Vandenberghe 2004, section 3.3.1). s times the residual belongs to q = s softmax_tl + (1 - s) omega_{E_t} / d_t.

All sums of e^eta are carried as logarithms: no eta overflows, and none vanishes beside another.
"""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
from scipy.special import logsumexp, xlogy

_CELLS = 4_000_000  # numbers per work array


class RiskSets:
    """Which rows are at risk at which event times: row j at the times first_j <= t < last_j."""

    def __init__(self, start, stop, event, strata):
        n = len(stop)
        _, stratum = np.unique(np.zeros(n) if strata is None else strata, return_inverse=True)
        seen = np.unique(stop if start is None else np.concatenate([stop, start]))
        place = stratum * len(seen)  # one number for stratum and time, in their order
        key = place + np.searchsorted(seen, stop)
        times = np.unique(key[event])
        self.count = len(times)
        self.term = np.searchsorted(times, key[event])  # of each event
        self.last = np.searchsorted(times, key, side="right")
        if start is None:
            self.first = np.searchsorted(times, place)
        else:
            self.first = np.searchsorted(times, place + np.searchsorted(seen, start), side="right")
        self.late = start is not None
        self.edges = np.flatnonzero(np.diff(times // len(seen), prepend=-1)).tolist() + [self.count]

    def _strata(self) -> Iterator[slice]:
        for first, last in zip(self.edges[:-1], self.edges[1:], strict=True):
            yield slice(first, last)

    def masks(self) -> Iterator[tuple[np.ndarray, np.ndarray]]:
        """(times t, at risk (len(t), n)), a block of times after the other."""
        width = max(1, _CELLS // max(len(self.first), 1))
        for begin in range(0, self.count, width):
            t = np.arange(begin, min(begin + width, self.count))
            yield t, (self.first <= t[:, None]) & (t[:, None] < self.last)

    def log_at_risk(self, a: np.ndarray) -> np.ndarray:
        """log sum over the rows at risk of e^a_j, for each event time."""
        out = np.full(self.count, -np.inf)
        if self.late:
            for t, mask in self.masks():
                out[t] = logsumexp(np.where(mask, a, -np.inf), axis=1)
            return out
        some = self.last > self.first
        np.logaddexp.at(out, self.last[some] - 1, a[some])
        for block in self._strata():
            out[block] = np.logaddexp.accumulate(out[block][::-1])[::-1]
        return out

    def log_of_times(self, b: np.ndarray) -> np.ndarray:
        """log sum over the event times at which a row is at risk of e^b_t, for each row: the transpose."""
        out = np.full(len(self.first), -np.inf)
        if self.late:
            for t, mask in self.masks():
                out = np.logaddexp(out, logsumexp(np.where(mask, b[t][:, None], -np.inf), axis=0))
            return out
        total = b.copy()
        for block in self._strata():
            total[block] = np.logaddexp.accumulate(b[block])
        some = self.last > self.first
        out[some] = total[self.last[some] - 1]
        return out


class CoxObjective:
    """The loss of one sample, with its dual bound; the same interface as `certificate_math.Sum`."""

    quadratic = False
    convex = True
    intercept = False
    any_residual = False  # the dual bound splits the residual at eta
    largest_scale = 1.0
    longest_step = 100.0  # of a direction without curvature rounding may make any length

    def __init__(self, start, stop, event, strata, omega, efron):
        self.omega, self.log_omega, self.event = omega, np.log(omega), event
        self.sets = RiskSets(start, stop, event, strata)
        self.rows = np.flatnonzero(event)
        deaths = np.bincount(self.sets.term, omega[event], minlength=self.sets.count)
        tied = np.bincount(self.sets.term, minlength=self.sets.count)
        levels = tied if efron else np.ones_like(tied)
        self.t = np.repeat(np.arange(self.sets.count), levels)  # of each pair (t, l)
        self.begin = np.cumsum(levels) - levels
        self.part = (np.arange(len(self.t)) - self.begin[self.t]) / levels[self.t]  # l / m
        self.share = (deaths / levels)[self.t]
        self.deaths, self.levels = deaths, levels

    def _sums(self, eta):
        """log S_tl, and the expected events E_j = sum_{t,l} d_t/m softmax_tlj."""
        a, term = self.log_omega + eta, self.sets.term
        log_risk, log_tied = self.sets.log_at_risk(a), np.full(self.sets.count, -np.inf)
        np.logaddexp.at(log_tied, term, a[self.rows])
        log_sum = log_risk[self.t] + np.log1p(-self.part * np.exp(np.minimum(log_tied - log_risk, 0.0))[self.t])
        rate, relief = np.full(self.sets.count, -np.inf), np.zeros(self.sets.count)
        np.logaddexp.at(rate, self.t, np.log(self.share) - log_sum)
        np.add.at(relief, self.t, self.part * np.exp(np.log(self.share) - log_sum - rate[self.t]))  # of that rate
        expected = np.exp(a + self.sets.log_of_times(rate))
        expected[self.rows] -= relief[term] * np.exp(a[self.rows] + rate[term])
        return log_sum, expected

    def value(self, eta: np.ndarray):
        """The loss at eta (n,), a number, or (n, K), an array (K,)."""
        if eta.ndim == 2:
            return np.array([self.value(column) for column in eta.T])
        log_sum, _ = self._sums(eta)
        return float(self.share @ log_sum - self.omega[self.rows] @ eta[self.rows])

    def residual(self, eta: np.ndarray) -> np.ndarray:
        """theta = -(d loss / d eta_i) / omega_i, of the shape of eta."""
        if eta.ndim == 2:
            return np.column_stack([self.residual(column) for column in eta.T])
        return self.event - self._sums(eta)[1] / self.omega

    def bend(self, eta: np.ndarray) -> float:
        """Root mean square of the diagonal of the Hessian: how far theta moves with eta."""
        return float(np.sqrt(self.omega @ (self._sums(eta)[1] / self.omega) ** 2))

    def newton(self, eta: np.ndarray, Z: np.ndarray, theta: np.ndarray):
        """(A, target): the Newton step along the columns of Z is the least squares solution of A step = target.

        The Hessian Z' (diag(E) - sum_{t,l} d_t/m softmax_tl softmax_tl') Z is formed and factored.
        """
        log_sum, expected = self._sums(eta)
        a = self.log_omega + eta
        hessian = Z.T @ (expected[:, None] * Z)
        tied = np.full(len(eta), -1)
        tied[self.rows] = self.sets.term
        for t, mask in self.sets.masks():
            for level in range(int(self.levels[t].max(initial=0))):
                some = self.levels[t] > level
                pair = self.begin[t[some]] + level
                softmax = np.exp(np.where(mask[some], a - log_sum[pair][:, None], -np.inf))
                softmax -= self.part[pair][:, None] * np.where(tied == t[some][:, None], softmax, 0.0)
                mean = softmax @ Z
                hessian -= mean.T @ (self.share[pair][:, None] * mean)
        values, vectors = np.linalg.eigh(hessian)
        root = np.sqrt(np.maximum(values, 1e-12 * max(values.max(initial=0.0), 1e-300)))  # flat ones may have a slope
        return root[:, None] * vectors.T, vectors.T @ (Z.T @ (self.omega * theta)) / root

    def dual(self, eta: np.ndarray, theta: np.ndarray, offset: np.ndarray):
        """The function s in [0, 1] -> a lower bound of the loss part of the dual objective at s theta."""
        log_sum, expected = self._sums(eta)
        along, shift = float(expected @ eta), float(self.omega @ (theta * offset))
        levels, entropy = float(self.share.sum()), float(self.share @ log_sum)

        def bound(s: float) -> float:
            total = levels * xlogy(s, s) - s * entropy + s * along  # every row as if it were no event
            for i, pair in self._events():
                ratio = np.exp(eta[i] - log_sum[pair])
                measure = self.share[pair] * self.omega[i] * (1.0 - self.part[pair])
                q = s * ratio + (1.0 - s) / (self.deaths[self.t[pair]] * (1.0 - self.part[pair]))
                plain = s * ratio * (eta[i] - log_sum[pair]) + xlogy(s, s) * ratio
                total += float(measure @ (xlogy(q, q) - plain))
            return -total - s * shift

        return bound

    def _events(self) -> Iterator[tuple[np.ndarray, np.ndarray]]:
        """(event row, pair) of every event and every level of its time, in blocks."""
        sizes = self.levels[self.sets.term]
        blocks = np.cumsum(sizes) // _CELLS
        for block in range(int(blocks[-1]) + 1 if len(blocks) else 0):
            chosen = np.flatnonzero(blocks == block)
            which = np.repeat(chosen, sizes[chosen])
            level = np.arange(len(which)) - np.repeat(np.cumsum(sizes[chosen]) - sizes[chosen], sizes[chosen])
            yield self.rows[which], self.begin[self.sets.term[which]] + level
