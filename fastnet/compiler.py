"""How Numba compiles kernels: each piece of code is optimised and turned into machine code once.

Left alone, Numba optimises every function and emits its machine code, and then links its code into each caller, where
both are done again: at every level of calls. Here, functions that only kernels call stop before that; a kernel
links all it calls, directly or not, and is optimised as a whole, with what it calls private to it. So its machine
code, down to the last bit of its results, does not depend on which kernels were loaded before (public copies of one
function in two kernels are one to the loader: the first it meets).
"""

import functools
import operator

from llvmlite import binding
from numba import _dynfunc  # type: ignore[attr-defined]
from numba.core import typed_passes, types, untyped_passes
from numba.core.compiler import CompilerBase, DefaultPassBuilder
from numba.core.compiler_machinery import PassManager
from numba.core.imputils import lower_builtin
from numba.core.typing import builtins, signature
from numba.core.typing.arraydecl import GetItemBuffer, SetItemBuffer
from numba.core.typing.templates import AbstractTemplate, infer_global

# What a kernel needs of Numba's passes: the others are for closures, generators, array expressions, None as an
# argument and other Python that kernels do without.
PASSES = (
    untyped_passes.TranslateByteCode,
    untyped_passes.FixupArgs,
    untyped_passes.IRProcessing,
    untyped_passes.GenericRewrites,
    untyped_passes.ReconstructSSA,
    typed_passes.NopythonTypeInference,
    typed_passes.PreLowerStripPhis,
    typed_passes.IRLegalization,
    typed_passes.NativeLowering,
    typed_passes.NoPythonBackend,
)

# Loops are vectorised, several vectors at a time, but not unrolled: that nearly doubled the machine code and the time
# to make it, and paths took as long.
TUNING = binding.create_pipeline_tuning_options(speed_level=3)
TUNING.loop_unrolling = False


class ShortCompiler(CompilerBase):
    """Numba's compiler with the passes that kernels need."""

    def define_pipelines(self):
        manager = PassManager("kernel")
        for each in PASSES:
            manager.add_pass(each, each.__name__)
        manager.finalize()
        return [manager]


class InternalCompiler(ShortCompiler):
    """For functions that only kernels call: code to be linked into a kernel, neither optimised nor executable."""

    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
        target = self.state.targetctx  # a copy made for this compilation
        library = self.state.library = target.codegen().create_library("internal")
        library.unlinked = True
        library._optimize_functions = functools.partial(_set_layout, library)
        library.finalize = functools.partial(_finish_unlinked, library)
        library._get_module_for_linking = functools.partial(_linked_copy, library)
        target.get_executable = _no_executable


class ApartCompiler(InternalCompiler):
    """For large functions whose work dwarfs a call: LLVM would copy them into a kernel that has one call of them, and
    take longer to optimise it."""

    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
        library = self.state.library
        library.finalize = functools.partial(_finish_apart, library)


class MethodCompiler(InternalCompiler):
    """For methods of parts: users write them too, in all the Python that Numba understands."""

    def define_pipelines(self):
        return [DefaultPassBuilder.define_nopython_pipeline(self.state)]


class KernelCompiler(ShortCompiler):
    """For functions that Python calls."""

    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
        library = self.state.library = self.state.targetctx.codegen().create_library("kernel")
        library.enable_object_caching()
        library._optimize_functions = functools.partial(_set_layout, library)
        library._optimize_final_module = functools.partial(_optimize_as_a_whole, library)
        library.finalize = functools.partial(_finish_kernel, library, library.finalize)


def _set_layout(library, module):
    module.data_layout = library._codegen._data_layout


def _finish_unlinked(library):
    """The code of this function alone: what it calls is linked into the kernel, once."""
    library._finalize_dynamic_globals()
    library._finalized = True


def _finish_apart(library):
    _finish_unlinked(library)
    for function in library._final_module.functions:
        if not function.is_declaration:
            function.add_function_attribute("noinline")


def _linked_copy(library):
    """For callers that Numba compiles by its own rules: with all that this function calls."""
    module = _own_module(library).clone()
    _link_called(library, module)
    return module


def _own_module(library):
    return type(library)._get_module_for_linking(library)


def _link_called(library, module):
    """Link into `module` all functions that `library` calls, directly or not, each once."""
    queue = list(dict.fromkeys(library._linking_libraries))
    seen = set(queue)
    while queue:
        called = queue.pop()
        module.link_in(_own_module(called), preserve=True)
        if hasattr(called, "_reload_init"):  # newer Numba
            library._reload_init.update(called._reload_init)
        if hasattr(called, "unlinked"):
            new = [each for each in dict.fromkeys(called._linking_libraries) if each not in seen]
            seen.update(new)
            queue += new


def _no_executable(library, function, environment):
    """A key by which callers find the function; never called."""
    name = function.qualname.split(".")[-1]
    return _dynfunc.make_function(function.lookup_module(), name, "internal", 0, environment, (library,))


def _finish_kernel(library, finish):
    _link_called(library, library._final_module)
    library._linking_libraries = []  # done
    finish()


def _optimize_as_a_whole(library):
    """With what it calls private to it."""
    module = library._final_module
    for function in module.functions:
        if function.linkage.name == "linkonce_odr" and not function.is_declaration:
            function.linkage = "internal"
    passes = binding.create_pass_builder(library._codegen._tm, TUNING)
    passes.getModulePassManager().run(module, passes)


# Numba types x[i] by trying the seven kinds of container it knows, twice each, before arrays, and a + b by trying all
# that can be added before numbers. Kernels index arrays and add numbers: asked first, these rules save much of
# that. What they decline is typed as before.
_FIRST = {
    operator.getitem: GetItemBuffer,
    operator.setitem: SetItemBuffer,
    operator.add: builtins.BinOpAdd,
    operator.iadd: builtins.BinOpAdd,
    operator.sub: builtins.BinOpSub,
    operator.isub: builtins.BinOpSub,
    operator.mul: builtins.BinOpMul,
    operator.imul: builtins.BinOpMul,
    operator.truediv: builtins.BinOpTrueDiv,
    operator.lt: builtins.CmpOpLt,
    operator.le: builtins.CmpOpLe,
    operator.gt: builtins.CmpOpGt,
    operator.ge: builtins.CmpOpGe,
    operator.eq: builtins.CmpOpEq,
    operator.ne: builtins.CmpOpNe,
}
for _operator, _rule in _FIRST.items():
    infer_global(_operator)(type("First" + _rule.__name__, (_rule,), {"metadata": {"target": "cpu"}}))


# Numba's max and min take anything, by code compiled for each pair of types; of two numbers they are one comparison.
def _choose(function, comparison):
    class OfTwoNumbers(AbstractTemplate):
        key = function
        metadata = {"target": "cpu"}

        def generic(self, args, kws):
            number = self.context.unify_types(*args) if len(args) == 2 and not kws else None
            return signature(number, number, number) if number in (types.int64, types.float64) else None

    def chosen(context, builder, sig, args):
        compare = builder.fcmp_ordered if sig.return_type == types.float64 else builder.icmp_signed
        return builder.select(compare(comparison, args[1], args[0]), args[1], args[0])

    infer_global(function)(OfTwoNumbers)
    for number in (types.int64, types.float64):
        lower_builtin(function, number, number)(chosen)


_choose(max, ">")
_choose(min, "<")
