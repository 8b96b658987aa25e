"""Naive Cox regression: objective, gradient and a dual bound by loops over events and risk sets. Uses nothing else."""

from __future__ import annotations

import numpy as np
from scipy.special import xlogy


def logsumexp(a):
    """SciPy's takes 30 times as long for a few numbers."""
    largest = a.max()
    return largest + np.log(np.exp(a - largest).sum())


class NaiveCox:
    """One problem, columns standardised about their mean; weights omega of sum 1."""

    def __init__(self, X, start, stop, event, strata=None, weight=None, offset=None, efron=False):
        n = len(stop)
        w = np.ones(n) if weight is None else np.asarray(weight, float)
        self.w = w / w.sum()
        self.start = np.full(n, -np.inf) if start is None else start
        self.stop, self.event = stop, np.asarray(event, bool)
        self.strata = np.zeros(n) if strata is None else strata
        self.offset = np.zeros(n) if offset is None else offset
        self.mean = self.w @ X
        self.s = np.sqrt(self.w @ (X - self.mean) ** 2)
        self.Z = (X - self.mean) / self.s
        self.terms = []  # (share of the deaths, log weights of log-sum-exp over all rows, distribution of the events)
        for stratum in np.unique(self.strata):
            of = self.strata == stratum
            for time in np.unique(stop[of & self.event & (self.w > 0)]):
                here = of & self.event & (stop == time) & (self.w > 0)
                risk = of & (stop >= time) & (self.start < time)
                m = here.sum() if efron else 1
                deaths = self.w[here].sum()
                for step in range(m):
                    measure = self.w * risk * np.where(here, 1 - step / m, 1.0)
                    with np.errstate(divide="ignore"):
                        self.terms.append((deaths / m, np.log(measure), self.w * here / deaths))

    def loss(self, eta):
        """sum of d (log-sum-exp - mean eta of the events): a common shift takes no digits."""
        return sum(d * (logsumexp(measure + eta) - events @ eta) for d, measure, events in self.terms)

    def softmaxes(self, eta):
        return [np.exp(measure + eta - logsumexp(measure + eta)) for _, measure, _ in self.terms]

    def gradient(self, eta):
        """d loss / d eta: omega times the negative residual."""
        total = -self.w * self.event
        for (d, _, _), q in zip(self.terms, self.softmaxes(eta), strict=True):
            total = total + d * q
        return total

    def hessian_times(self, eta, v):
        """The Hessian of the loss in eta times v."""
        total = np.zeros(len(v))
        for (d, _, _), q in zip(self.terms, self.softmaxes(eta), strict=True):
            total += d * q * (v - q @ v)
        return total

    def dual(self, eta, s):
        """-L*(u) - <u, offset> at the split q = s softmax + (1 - s) events: a lower bound of the loss part."""
        total = 0.0
        for (d, measure, events), q in zip(self.terms, self.softmaxes(eta), strict=True):
            q = s * q + (1 - s) * events
            at = q > 0
            total -= d * np.sum(xlogy(q[at], q[at]) - q[at] * measure[at])
        return total + s * self.gradient(eta) @ self.offset

    def gap(self, b, alpha, l1_ratio):
        """(P - D) / null deviance over 2, at coefficients on the scale of the data."""
        c = b * self.s
        eta = self.offset + self.Z @ c
        g = -self.Z.T @ self.gradient(eta)
        l1, l2 = alpha * l1_ratio, alpha * (1 - l1_ratio)
        primal = self.loss(eta) + l1 * np.abs(c).sum() + 0.5 * l2 * c @ c
        s = min(1.0, l1 / np.abs(g).max())
        bounds = [self.dual(eta, s)]
        if l2 > 0:
            bounds.append(self.dual(eta, 1.0) - np.sum(np.maximum(np.abs(g) - l1, 0) ** 2) / (2 * l2))
        saturated = self.dual(self.offset, 0.0)
        return (primal - max(bounds)) / (self.loss(self.offset) - saturated), primal
