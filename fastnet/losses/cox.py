"""Cox proportional hazards: the negative partial log-likelihood of right-censored or (start, stop] times.

With omega = w / W, R_t the rows at risk at the event time t, E_t the events there, d_t = sum of their omega,

    Breslow   sum_t d_t log(sum_{R_t} omega_j e^eta_j) - sum_{E_t} omega_i eta_i
    Efron     log(...) becomes the mean over l = 0 .. m - 1 of log(sum_{R_t} ... - l/m sum_{E_t} omega_i e^eta_i),
              m the number of events at t

The loss is a sum of log-sum-exp, not of observations. Its conjugate at u = sum_t d_t q_t - sum_{E} omega is at most

    sum_t d_t sum_{R_t} q_tj log(q_tj / omega_j)       for any distributions q_t on R_t

(each term's conjugate is an entropy, and the conjugate of a sum is an infimum over such splits). Scaled by s, the
residual belongs to q_t = s softmax_t + (1 - s) (the events at t): a dual feasible point for every s in [0, 1], so the
gap is rigorous. The Hessian is sum_t d_t (diag(q_t) - q_t q_t'), q_t the softmax (for Efron's rule the mean over l):
its products with vectors take O(n) operations (O(n log n) with late starts). Its diagonal part bounds it, and serves
active sets too large for a factor.

    Cox (1975), Partial likelihood; Efron (1977); Simon, Friedman, Hastie, Tibshirani (2011), Regularization paths for
    Cox's proportional hazards model; conjugate of log-sum-exp: Boyd, Vandenberghe (2004), section 3.3.1.
"""

import math
from typing import NamedTuple

import numpy as np

from ..jit import generic
from .risk_sums import LEVEL, LOWEST, gather_from_terms, level_of, lifted, spread_over_terms

TINY = 1e-300  # rows of a weight that is next to nothing
RISK, DEATHS, TIED, COUNT, SET_LEVEL = range(5)  # rows of `risk_sets`


@generic
def risk_sets(cox, eta, weight, hazard, level):
    """hazard_i = omega_i e^(eta_i - largest) with its level (see `risk_sums`), and of each term, in cox.sets:
    hazard at risk; of its events total weight, total hazard, number (1 with Breslow's rule); level of these hazards.
    Returns the largest eta."""
    sets, largest = cox.sets, -np.inf
    for i in range(eta.shape[0]):
        if weight[i] > 0.0:
            largest = max(largest, eta[i])
    for i in range(eta.shape[0]):
        hazard[i], level[i] = 0.0, LOWEST
        if weight[i] > 0.0:
            level[i] = level_of(eta[i] - largest)
            hazard[i] = weight[i] * math.exp(eta[i] - largest - LEVEL * level[i])
    spread_over_terms(hazard, level, cox, sets[RISK], sets[SET_LEVEL])
    for k in range(sets.shape[1]):
        sets[DEATHS, k] = sets[TIED, k] = sets[COUNT, k] = 0.0
    for i in range(eta.shape[0]):
        k = cox.term[i]
        if k >= 0 and weight[i] > 0.0:
            sets[DEATHS, k] += weight[i]
            sets[TIED, k] += lifted(hazard[i], level[i] - sets[SET_LEVEL, k])
            sets[COUNT, k] = sets[COUNT, k] + 1.0 if cox.flags[1] > 0 else 1.0
    return largest


@generic
def at_risk(sets, k, share):
    """Hazard at risk at a step of term k, the events counting 1 - share."""
    return max(sets[RISK, k] - share * sets[TIED, k], TINY)


@generic
def total_of(cox, eta, weight):
    sets = cox.sets
    largest = risk_sets(cox, eta, weight, cox.rows[0], cox.rows[1])
    total = 0.0
    for k in range(sets.shape[1]):
        m = sets[COUNT, k]
        for step in range(int(m)):
            total += sets[DEATHS, k] / m * math.log(at_risk(sets, k, step / m))
    for i in range(eta.shape[0]):
        k = cox.term[i]
        if k >= 0 and weight[i] > 0.0:
            total -= weight[i] * (eta[i] - largest - LEVEL * sets[SET_LEVEL, k])
    return total


@generic
def gradient_of(cox, eta, root, residual, curvature):
    hazard, level, sets, rate, relief = cox.rows[0], cox.rows[1], cox.sets, cox.terms[0], cox.terms[1]
    for i in range(eta.shape[0]):
        residual[i] = root[i] * root[i]
    risk_sets(cox, eta, residual, hazard, level)
    for k in range(rate.shape[0]):
        m = sets[COUNT, k]
        rate[k] = relief[k] = 0.0
        for step in range(int(m)):
            share = sets[DEATHS, k] / m / at_risk(sets, k, step / m)
            rate[k] += share
            relief[k] += step / m * share
    gather_from_terms(rate, sets[SET_LEVEL], cox, level, curvature)
    for i in range(eta.shape[0]):
        weight, k = residual[i], cox.term[i]
        if weight == 0.0:
            curvature[i] = 0.0
            continue
        less = lifted(relief[k], level[i] - sets[SET_LEVEL, k]) if k >= 0 else 0.0
        curvature[i] = hazard[i] / weight * (curvature[i] - less)
        residual[i] = root[i] * ((1.0 if k >= 0 else 0.0) - curvature[i])


@generic
def hessian_at(cox, eta, root, curvature, state):
    """Rows of `state`: hazard; expected events; for each term sums over its steps of share / at_risk times 1, l/m
    and (l/m)^2; level of the hazard. The Hessian is diag(expected) less a matrix of rank one for each step of each
    term."""
    weight, sets = cox.rows[0], cox.sets
    for i in range(eta.shape[0]):
        weight[i] = root[i] * root[i]
        state[1, i] = weight[i] * curvature[i]
    risk_sets(cox, eta, weight, state[0], state[5])
    for k in range(sets.shape[1]):
        m = sets[COUNT, k]
        state[2, k] = state[3, k] = state[4, k] = 0.0
        for step in range(int(m)):
            late = step / m
            risk = at_risk(sets, k, late)
            share = sets[DEATHS, k] / m / risk / risk
            state[2, k] += share
            state[3, k] += late * share
            state[4, k] += late * late * share


@generic
def hessian_times(cox, state, root, v, out):
    moment, tied, total, level = cox.rows[0], cox.terms[0], cox.terms[1], cox.terms[2]
    for i in range(v.shape[0]):
        moment[i] = state[0, i] * v[i] / root[i] if root[i] > 0.0 else 0.0
    spread_over_terms(moment, state[5], cox, total, level)
    for k in range(tied.shape[0]):
        tied[k] = 0.0
    for i in range(v.shape[0]):
        k = cox.term[i]
        if k >= 0 and root[i] > 0.0:
            tied[k] += lifted(moment[i], state[5, i] - level[k])
    for k in range(tied.shape[0]):
        whole = total[k]
        total[k] = state[2, k] * whole - state[3, k] * tied[k]
        tied[k] = state[3, k] * whole - state[4, k] * tied[k]
    gather_from_terms(total, level, cox, state[5], out)
    for i in range(v.shape[0]):
        k = cox.term[i]
        rest = out[i] - (lifted(tied[k], state[5, i] - level[k]) if k >= 0 else 0.0)
        out[i] = (state[1, i] * v[i] / root[i] - state[0, i] * rest) / root[i] if root[i] > 0.0 else 0.0


@generic
def dual_of(cox, eta, residual, root, offset, s):
    weight, hazard, level, moment = cox.rows[0], cox.rows[1], cox.rows[2], cox.rows[3]
    sets, risk_moment, moment_level = cox.sets, cox.terms[0], cox.terms[1]
    for i in range(eta.shape[0]):
        weight[i] = root[i] * root[i]
    largest = risk_sets(cox, eta, weight, hazard, level)
    for i in range(eta.shape[0]):
        moment[i] = hazard[i] * (eta[i] - largest) if hazard[i] > 0.0 else 0.0
    spread_over_terms(moment, level, cox, risk_moment, moment_level)
    total = 0.0
    log_s = math.log(s) if s > 0.0 else 0.0
    for k in range(sets.shape[1]):  # as if the whole risk set had its softmax alone
        m, shift = sets[COUNT, k], LEVEL * sets[SET_LEVEL, k]
        for step in range(int(m)):
            h = at_risk(sets, k, step / m)
            log_q = log_s - math.log(h) - shift
            total += sets[DEATHS, k] / m * s / h * (risk_moment[k] + log_q * sets[RISK, k])
    for i in range(eta.shape[0]):  # the events: what they really have, less what was counted above
        total += s * root[i] * residual[i] * offset[i]
        k = cox.term[i]
        if k < 0 or weight[i] == 0.0:
            continue
        m, shift = sets[COUNT, k], LEVEL * sets[SET_LEVEL, k]
        e = lifted(hazard[i], level[i] - sets[SET_LEVEL, k]) / weight[i]
        for step in range(int(m)):
            h = at_risk(sets, k, step / m)
            left = 1.0 - step / m
            q = s * left * e / h + (1.0 - s) / sets[DEATHS, k]
            if q > 0.0:
                total += sets[DEATHS, k] / m * weight[i] * q * math.log(q / left)
            log_q = eta[i] - largest + log_s - math.log(h) - shift
            total -= sets[DEATHS, k] / m * weight[i] * s * e / h * log_q
    return -total


class Cox(NamedTuple):
    y: np.ndarray  # (n,) stop times: kept for reference only
    first: np.ndarray  # (n,) int64: first event time at which a row is at risk, as an index
    last: np.ndarray  # (n,) int64: the last one; below `first` when there is none
    term: np.ndarray  # (n,) int64: event time of an event, -1 for a censored row
    block: np.ndarray  # (K,) int64: stratum of each event time
    flags: np.ndarray  # (2,) int64: some rows start late; Efron's rule
    rows: np.ndarray  # (4, n) and what follows: room for what a call computes on its way
    sets: np.ndarray  # (5, K) of the risk sets, see `risk_sets`
    terms: np.ndarray  # (3, K)
    tree: np.ndarray  # (2, 2 K) of `risk_sums`

    def with_room(self):
        """For a fit of its own: fits in several threads must not share the room."""
        n, terms = len(self.term), len(self.block)
        rows, sets, more = np.empty((4, n)), np.empty((5, terms)), np.empty((3, terms))
        return self._replace(rows=rows, sets=sets, terms=more, tree=np.empty((2, 2 * terms)))

    def loss_total(self, eta, weight):
        return total_of(self, eta, weight)

    def loss_gradient(self, eta, root, residual, curvature):
        gradient_of(self, eta, root, residual, curvature)

    def loss_dual(self, eta, residual, root, offset, s):
        return dual_of(self, eta, residual, root, offset, s)

    def loss_state(self, eta, root, curvature, state):
        hessian_at(self, eta, root, curvature, state)

    def loss_times(self, state, root, v, out):
        hessian_times(self, state, root, v, out)
