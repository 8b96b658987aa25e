"""Sums over the observations, made from the scalar formulas of a loss.

    loss_sum       sum_i weight_i f_i(eta_i)
    loss_slopes    residual_i = -root_i f_i'(eta_i), curvature_i = f_i''(eta_i)
    loss_bound     -sum_i weight_i (f_i*(-s r_i) + s r_i offset_i): the dual objective without the penalty's part

A loss that is no such sum (Cox) defines `loss_total`, `loss_gradient` and `loss_dual` with the same arguments, and its
Hessian by

    loss_state(eta, root, curvature, state)   what the products need to know of this eta, into `state` (6, n)
    loss_times(state, root, v, out)           out = H v in weighted space, H = D^-1 f'' D^-1 with D = diag(root)

Rows of weight 0 do not count; whatever a formula gives there is left out.
"""

from typing import Any

from numba.extending import overload

from ..jit import INTERNAL

PLAIN: Any = INTERNAL
ALLOCATING: Any = INTERNAL | {"_nrt": True}  # a loss that is no sum may make arrays


def _separable_sum(loss, eta, weight):
    total = 0.0
    for i in range(eta.shape[0]):
        if weight[i] > 0.0:
            total += weight[i] * loss.loss_value(i, eta[i])
    return total


def _separable_slopes(loss, eta, root, residual, curvature):
    for i in range(eta.shape[0]):
        residual[i] = root[i] * loss.loss_residual(i, eta[i])
        curvature[i] = loss.loss_curvature(i, eta[i])


def _separable_bound(loss, eta, residual, root, offset, s):
    total = 0.0
    for i in range(eta.shape[0]):
        if root[i] > 0.0:
            r = s * residual[i] / root[i]
            total -= root[i] * root[i] * (loss.loss_conjugate(i, -r) + r * offset[i])
    return total


def loss_sum(loss, eta, weight):
    own = hasattr(loss, "loss_total")
    return loss.loss_total(eta, weight) if own else _separable_sum(loss, eta, weight)


def loss_slopes(loss, eta, root, residual, curvature):
    if hasattr(loss, "loss_gradient"):
        loss.loss_gradient(eta, root, residual, curvature)
    else:
        _separable_slopes(loss, eta, root, residual, curvature)


def loss_bound(loss, eta, residual, root, offset, s):
    if hasattr(loss, "loss_dual"):
        return loss.loss_dual(eta, residual, root, offset, s)
    return _separable_bound(loss, eta, residual, root, offset, s)


# Two of each: arrays that a loss makes are counted, by atomic operations; no array may be where scalars are summed. A
# count of references at every observation took as long as its exponential, and kept the compiler from sharing that.
@overload(loss_sum, jit_options=ALLOCATING)
def _(loss, eta, weight):
    if hasattr(loss.instance_class, "loss_total"):
        return lambda loss, eta, weight: loss.loss_total(eta, weight)


@overload(loss_sum, jit_options=PLAIN)
def _(loss, eta, weight):
    return None if hasattr(loss.instance_class, "loss_total") else _separable_sum


@overload(loss_slopes, jit_options=ALLOCATING)
def _(loss, eta, root, residual, curvature):
    if hasattr(loss.instance_class, "loss_gradient"):
        return lambda loss, eta, root, residual, curvature: loss.loss_gradient(eta, root, residual, curvature)


@overload(loss_slopes, jit_options=PLAIN)
def _(loss, eta, root, residual, curvature):
    return None if hasattr(loss.instance_class, "loss_gradient") else _separable_slopes


@overload(loss_bound, jit_options=ALLOCATING)
def _(loss, eta, residual, root, offset, s):
    if hasattr(loss.instance_class, "loss_dual"):
        return lambda loss, eta, residual, root, offset, s: loss.loss_dual(eta, residual, root, offset, s)


@overload(loss_bound, jit_options=PLAIN)
def _(loss, eta, residual, root, offset, s):
    return None if hasattr(loss.instance_class, "loss_dual") else _separable_bound
