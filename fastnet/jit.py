"""The one decorator of every kernel, and its flags with their reasons.

Flags
-----
cache        a compiled kernel is loaded in milliseconds by the next process.
nogil        folds and ratios run in threads; no kernel touches a Python object.
error_model  "numpy": a division needs no zero test, which keeps kernels small and vectorisable.
fastmath     only on reductions (`fast`), where re-association lets LLVM use vector accumulators (about 3 times
             faster); never ``nnan`` or ``ninf``: NaN and infinity keep their meaning everywhere.
_nrt         off: kernels allocate nothing and return no array, so no array's references need be counted. A count is an
             atomic operation, and a few of them took longer than a short sparse dot product; they take time to compile
             too. Code that allocates does not compile; methods of a loss may (see parts.py).
Never ``parallel=True``: with ``cache=True`` and several writers it has crashed processes.
"""

from typing import Any

import numba
from numba import config, typeof
from numba.core import cgutils, types
from numba.extending import intrinsic, register_jitable

from .compile_cache import compile_cached
from .compiler import ApartCompiler, InternalCompiler, KernelCompiler

REASSOCIATE = {"reassoc", "contract", "nsz", "arcp"}
OPTIONS = dict(nogil=True, error_model="numpy", no_cfunc_wrapper=True, _nrt=False)
INTERNAL = OPTIONS | dict(no_cpython_wrapper=True, pipeline_class=InternalCompiler)


def jit(function):
    """Compile a kernel that Python calls, with strict floating point."""
    return compile_cached(function, **OPTIONS, pipeline_class=KernelCompiler)


def entry(kernel, *arguments):
    """The compiled code of `kernel` for arguments of these types, to be called with no look at types: 3 us, not 15.

    Later arguments must have exactly the same types; nothing checks it.
    """
    compile_for = getattr(kernel, "compile", None)  # absent under NUMBA_DISABLE_JIT
    return kernel if compile_for is None else compile_for(tuple(typeof(argument) for argument in arguments))


def internal(function):
    """Compile a function that only kernels call: no Python wrapper, which halves the compile time."""
    return numba.njit(**INTERNAL)(function)


def apart(function):
    """An internal function that stays a call, so that its kernel is optimised piece by piece."""
    return numba.njit(**INTERNAL | dict(pipeline_class=ApartCompiler))(function)


def generic(function):
    """An internal function that sees a loss: it has no cache index of its own, see ``solvers/loss_kernels.py``.

    A call stays a call, unless LLVM sees it otherwise: Numba would copy it by force where a method of a loss calls it.
    """
    return register_jitable(**INTERNAL, forceinline=False)(function)


def inlined(function):
    """An internal function copied into its callers, where a call would cost more than its work."""
    return numba.njit(**INTERNAL, forceinline=True)(function)


def fast_inlined(function):
    """`fast`, copied into its callers."""
    return numba.njit(**INTERNAL, fastmath=REASSOCIATE, forceinline=True)(function)


def fast(function):
    """An internal reduction or element-wise loop: re-association allowed, NaN and infinity respected."""
    return numba.njit(**INTERNAL, fastmath=REASSOCIATE)(function)


def _prefetch(typingctx, array, index):
    from llvmlite import ir
    from numba.np.arrayobj import make_array

    def codegen(context, builder, signature, arguments):
        data = make_array(signature.args[0])(context, builder, arguments[0]).data
        byte = ir.IntType(8).as_pointer()
        pointer = builder.bitcast(builder.gep(data, [arguments[1]]), byte)
        i32 = ir.IntType(32)
        kind = ir.FunctionType(ir.VoidType(), [byte, i32, i32, i32])
        function = cgutils.get_or_insert_function(builder.module, kind, "llvm.prefetch.p0")
        builder.call(function, [pointer] + [ir.Constant(i32, flag) for flag in (0, 2, 1)])
        return context.get_dummy_value()

    return types.void(array, types.int64), codegen


# prefetch(array, index): ask the processor to fetch array.flat[index]; a hint without effect on any result.
# Into the second-level cache: it waits for several times as many lines at once as the first.
prefetch: Any = (lambda array, index: None) if config.DISABLE_JIT else intrinsic(_prefetch)  # type: ignore[attr-defined]

# dpotrf(kind, triangle, size, matrix, row stride) of SciPy's LAPACK, by the name under which compiled code finds it for
# np.linalg.cholesky: no array is made. Returns 0 where the matrix is positive definite.
potrf: Any = types.ExternalFunction(
    "numba_xxpotrf", types.intc(types.char, types.char, types.intp, types.CPointer(types.float64), types.intp)
)
