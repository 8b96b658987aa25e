"""How Numba compiles kernels: each piece of code is optimised and turned into machine code once.

Left alone, Numba optimises every function and emits its machine code, and then links its code into each caller, where
both are done again: at every level of calls. Here, functions that only kernels call stop before that; a kernel
is optimised as a whole, with what it calls private to it. So its machine code, down to the last bit of its
results, does not depend on which kernels were loaded before (public copies of one function in two kernels are one to
the loader: the first it meets).
"""

import operator

from numba import _dynfunc  # type: ignore[attr-defined]
from numba.core.compiler import Compiler
from numba.core.typing.arraydecl import GetItemBuffer, SetItemBuffer
from numba.core.typing.templates import infer_global


class InternalCompiler(Compiler):
    """For functions that only kernels call: code to be linked, neither optimised nor executable."""

    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
        target = self.state.targetctx  # a copy made for this compilation
        library = self.state.library = target.codegen().create_library("internal")
        library._optimize_final_module = lambda: None
        target.get_executable = _no_executable


def _no_executable(library, function, environment):
    """A key by which callers find the function; never called."""
    name = function.qualname.split(".")[-1]
    return _dynfunc.make_function(function.lookup_module(), name, "internal", 0, environment, (library,))


class KernelCompiler(Compiler):
    """For functions that Python calls."""

    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
        library = self.state.library = self.state.targetctx.codegen().create_library("kernel")
        library.enable_object_caching()
        optimize = library._optimize_final_module

        def optimize_as_a_whole():
            for function in library._final_module.functions:
                if function.linkage.name == "linkonce_odr" and not function.is_declaration:
                    function.linkage = "internal"
            optimize()

        library._optimize_final_module = optimize_as_a_whole


# Numba types x[i] by trying the seven kinds of container it knows, twice each, before arrays. Kernels index arrays:
# asked first, the rule for arrays saves a tenth of the time to compile. What it declines is typed as before.
for _operator, _rule in ((operator.getitem, GetItemBuffer), (operator.setitem, SetItemBuffer)):
    infer_global(_operator)(type("First" + _rule.__name__, (_rule,), {"metadata": {"target": "cpu"}}))
