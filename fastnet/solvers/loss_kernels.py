"""The kernels that see a loss: compiled once for each, and where their compiled code is kept.

Numba keeps one index of compiled versions per function, which names the class of every loss it was compiled for: an
index that names a class of some user's module cannot be read by a process without that module. Losses from outside
the package therefore have kernels, and indexes, of their own, named by a digest of the module's source: an edit of a
formula is noticed too.
"""

import functools
import hashlib
import inspect
import sys
import types

import numba

from ..jit import OPTIONS, jit
from ..losses.loops import loss_bound, loss_slopes, loss_sum


@jit
def slopes_at(loss, eta, root, residual, curvature):
    """residual = -root f'(eta), curvature = f''(eta)."""
    loss_slopes(loss, eta, root, residual, curvature)


@jit
def values_at(loss, eta, weight, residual, root, offset, s, other):
    """(loss, its part of the dual objective at s r and at other * r); at 0 that is the smallest value of the loss."""
    first = second = 0.0
    for k in range(2 if other != s else 1):  # one place where the loss is compiled
        second = first
        first = loss_bound(loss, eta, residual, root, offset, other if k == 0 else s)
    return loss_sum(loss, eta, weight), first, second if other != s else first


@jit
def hessian_times(loss, at, root, count, fresh):
    """at.products = Hessian at.images, the first `count` of them; the Hessian at today's eta when `fresh`."""
    if fresh:
        loss.loss_state(at.eta, root, at.curvature, at.hessian)
    for k in range(count):
        loss.loss_times(at.hessian, root, at.images[k], at.products[k])


KERNELS = slopes_at, values_at, hessian_times
PACKAGE = __name__.split(".")[0] + "."


def kernels_of(loss):
    """(slopes_at, values_at, hessian_times) for this kind of loss."""
    kind = type(loss)
    return KERNELS if kind.__module__.startswith(PACKAGE) else _own_kernels(kind)


@functools.cache
def _own_kernels(kind):
    compile_kernel = jit
    try:
        source = inspect.getsource(sys.modules[kind.__module__])
    except (OSError, TypeError, KeyError):
        source = None
    if source is None or kind.__module__ == "__main__":  # never found again by another process
        source = ""
        compile_kernel = numba.njit(**OPTIONS)
    tag = hashlib.sha256(f"{kind.__module__}.{kind.__qualname__}\n{source}".encode()).hexdigest()[:16]
    return tuple(compile_kernel(_renamed(kernel, tag)) for kernel in KERNELS)


def _renamed(kernel, tag):
    """The Python function of a kernel under another name, which gives it a cache index of its own."""
    function = getattr(kernel, "py_func", kernel)
    code, names = function.__code__, function.__globals__
    copy = types.FunctionType(code, names, f"{function.__name__}_{tag}", function.__defaults__)
    copy.__qualname__ = copy.__name__
    copy.__module__ = function.__module__
    copy.__doc__ = function.__doc__
    return copy
