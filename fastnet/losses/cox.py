"""Cox proportional hazards: the negative partial log-likelihood of right-censored or (start, stop] times.

With omega = w / W, R_t the rows at risk at the event time t, E_t the events there, d_t = sum of their omega,

    Breslow   sum_t d_t log(sum_{R_t} omega_j e^eta_j) - sum_{E_t} omega_i eta_i
    Efron     log(...) becomes the mean over l = 0 .. m - 1 of log(sum_{R_t} ... - l/m sum_{E_t} omega_i e^eta_i),
              m the number of events at t

The loss is a sum of log-sum-exp, not of observations. Its conjugate at u = sum_t d_t q_t - sum_{E} omega is at most

    sum_t d_t sum_{R_t} q_tj log(q_tj / omega_j)       for any distributions q_t on R_t

(each term's conjugate is an entropy, and the conjugate of a sum is an infimum over such splits). Scaled by s, the
residual belongs to q_t = s softmax_t + (1 - s) (the events at t): a dual feasible point for every s in [0, 1], so the
gap is rigorous. The curvature is the diagonal sum_t d_t softmax_t, its component along constants projected out.

    Cox (1975), Partial likelihood; Efron (1977); Simon, Friedman, Hastie, Tibshirani (2011), Regularization paths for
    Cox's proportional hazards model; conjugate of log-sum-exp: Boyd, Vandenberghe (2004), section 3.3.1.
"""

import math
from typing import NamedTuple

import numpy as np
from numba.extending import register_jitable

TINY = 1e-300


@register_jitable
def spread_over_terms(value, first, last, block, truncated, out):
    """out_k = sum of the values of the rows whose range [first, last] contains term k; never a difference."""
    terms = out.shape[0]
    if not truncated:
        for k in range(terms):
            out[k] = 0.0
        for j in range(value.shape[0]):
            if last[j] >= first[j]:
                out[last[j]] += value[j]
        for k in range(terms - 2, -1, -1):
            if block[k] == block[k + 1]:
                out[k] += out[k + 1]
        return
    tree = np.zeros(2 * terms)
    for j in range(value.shape[0]):
        low, high = first[j] + terms, last[j] + terms + 1
        while low < high:
            if low & 1:
                tree[low] += value[j]
                low += 1
            if high & 1:
                high -= 1
                tree[high] += value[j]
            low >>= 1
            high >>= 1
    for k in range(1, terms):
        tree[2 * k] += tree[k]
        tree[2 * k + 1] += tree[k]
    for k in range(terms):
        out[k] = tree[terms + k]


@register_jitable
def gather_from_terms(value, first, last, block, truncated, out):
    """out_j = sum of value_k over the range [first, last] of row j: the transpose of `spread_over_terms`."""
    terms = value.shape[0]
    if not truncated:
        total = np.zeros(terms)
        for k in range(terms):
            total[k] = value[k]
            if k > 0 and block[k] == block[k - 1]:
                total[k] += total[k - 1]
        for j in range(out.shape[0]):
            out[j] = total[last[j]] if last[j] >= first[j] else 0.0
        return
    tree = np.zeros(2 * terms)
    for k in range(terms):
        tree[terms + k] = value[k]
    for k in range(terms - 1, 0, -1):
        tree[k] = tree[2 * k] + tree[2 * k + 1]
    for j in range(out.shape[0]):
        total_j = 0.0
        low, high = first[j] + terms, last[j] + terms + 1
        while low < high:
            if low & 1:
                total_j += tree[low]
                low += 1
            if high & 1:
                high -= 1
                total_j += tree[high]
            low >>= 1
            high >>= 1
        out[j] = total_j


@register_jitable
def event_sums(term, efron, hazard, weight, deaths, tied, count):
    """Of the events at each term: total weight, total hazard, number (1 with Breslow's rule)."""
    for k in range(deaths.shape[0]):
        deaths[k] = tied[k] = count[k] = 0.0
    for i in range(term.shape[0]):
        k = term[i]
        if k >= 0 and weight[i] > 0.0:
            deaths[k] += weight[i]
            tied[k] += hazard[i]
            count[k] += 1.0
    if not efron:
        for k in range(deaths.shape[0]):
            count[k] = min(count[k], 1.0)


@register_jitable
def hazards(eta, weight, hazard):
    """hazard_i = omega_i e^(eta_i - largest); returns the largest eta."""
    largest = -np.inf
    for i in range(eta.shape[0]):
        if weight[i] > 0.0:
            largest = max(largest, eta[i])
    for i in range(eta.shape[0]):
        hazard[i] = weight[i] * math.exp(eta[i] - largest) if weight[i] > 0.0 else 0.0
    return largest


class Cox(NamedTuple):
    y: np.ndarray  # (n,) stop times: kept for reference only
    first: np.ndarray  # (n,) int64: first event time at which a row is at risk, as an index
    last: np.ndarray  # (n,) int64: the last one; below `first` when there is none
    term: np.ndarray  # (n,) int64: event time of an event, -1 for a censored row
    block: np.ndarray  # (K,) int64: stratum of each event time
    flags: np.ndarray  # (2,) int64: some rows start late; Efron's rule

    def loss_total(self, eta, weight):
        n, terms = eta.shape[0], self.block.shape[0]
        hazard, risk = np.empty(n), np.empty(terms)
        deaths, tied, count = np.empty(terms), np.empty(terms), np.empty(terms)
        largest = hazards(eta, weight, hazard)
        spread_over_terms(hazard, self.first, self.last, self.block, self.flags[0] > 0, risk)
        event_sums(self.term, self.flags[1] > 0, hazard, weight, deaths, tied, count)
        total = 0.0
        for k in range(terms):
            m = count[k]
            for step in range(int(m)):
                total += deaths[k] / m * math.log(max(risk[k] - step / m * tied[k], TINY))
        for i in range(n):
            if self.term[i] >= 0 and weight[i] > 0.0:
                total -= weight[i] * (eta[i] - largest)
        return total

    def loss_gradient(self, eta, root, residual, curvature):
        n, terms = eta.shape[0], self.block.shape[0]
        weight, hazard, risk = np.empty(n), np.empty(n), np.empty(terms)
        deaths, tied, count = np.empty(terms), np.empty(terms), np.empty(terms)
        for i in range(n):
            weight[i] = root[i] * root[i]
        largest = hazards(eta, weight, hazard)
        spread_over_terms(hazard, self.first, self.last, self.block, self.flags[0] > 0, risk)
        event_sums(self.term, self.flags[1] > 0, hazard, weight, deaths, tied, count)
        rate, relief = np.zeros(terms), np.zeros(terms)
        for k in range(terms):
            m = count[k]
            for step in range(int(m)):
                share = deaths[k] / m / max(risk[k] - step / m * tied[k], TINY)
                rate[k] += share
                relief[k] += step / m * share
        gather_from_terms(rate, self.first, self.last, self.block, self.flags[0] > 0, curvature)
        for i in range(n):
            if weight[i] == 0.0:
                residual[i] = curvature[i] = 0.0
                continue
            event = self.term[i] >= 0
            expected = curvature[i] - (relief[self.term[i]] if event else 0.0)
            expected *= math.exp(eta[i] - largest)
            residual[i] = root[i] * ((1.0 if event else 0.0) - expected)
            curvature[i] = expected

    def loss_dual(self, eta, residual, root, offset, s):
        n, terms = eta.shape[0], self.block.shape[0]
        weight, hazard, moment = np.empty(n), np.empty(n), np.empty(n)
        risk, risk_moment = np.empty(terms), np.empty(terms)
        deaths, tied, count = np.empty(terms), np.empty(terms), np.empty(terms)
        for i in range(n):
            weight[i] = root[i] * root[i]
        largest = hazards(eta, weight, hazard)
        for i in range(n):
            moment[i] = hazard[i] * (eta[i] - largest) if hazard[i] > 0.0 else 0.0
        spread_over_terms(hazard, self.first, self.last, self.block, self.flags[0] > 0, risk)
        spread_over_terms(moment, self.first, self.last, self.block, self.flags[0] > 0, risk_moment)
        event_sums(self.term, self.flags[1] > 0, hazard, weight, deaths, tied, count)
        total = 0.0
        log_s = math.log(s) if s > 0.0 else 0.0
        for k in range(terms):  # as if the whole risk set had its softmax alone
            m = count[k]
            for step in range(int(m)):
                at_risk = max(risk[k] - step / m * tied[k], TINY)
                total += deaths[k] / m * s / at_risk * (risk_moment[k] + (log_s - math.log(at_risk)) * risk[k])
        for i in range(n):  # the events: what they really have, less what was counted above
            k = self.term[i]
            if k < 0 or weight[i] == 0.0:
                continue
            m = count[k]
            z = eta[i] - largest
            e = math.exp(z)
            for step in range(int(m)):
                at_risk = max(risk[k] - step / m * tied[k], TINY)
                left = 1.0 - step / m
                q = s * left * e / at_risk + (1.0 - s) / deaths[k]
                if q > 0.0:
                    total += deaths[k] / m * weight[i] * q * math.log(q / left)
                total -= deaths[k] / m * weight[i] * s * e / at_risk * (z + log_s - math.log(at_risk))
        shift = 0.0
        for i in range(n):
            shift += root[i] * residual[i] * offset[i]
        return -total - s * shift
