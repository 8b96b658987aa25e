"""Four sparse dot products at once, in vector registers.

Numba leaves LLVM's vectoriser of straight code off: four sums written out would stay four scalars, and cost half as
much again an entry. Hence the loop in LLVM's own language; below it is the same in Python. ``SparseRows`` in
`asv_bench/benchmarks/kernels.py` times it.
"""

from typing import Any

import numpy as np
from llvmlite import ir
from numba import config
from numba.core import cgutils, types
from numba.extending import intrinsic
from numba.np.arrayobj import make_array

DOUBLE, WIDTH = ir.DoubleType(), 4
VECTOR = ir.VectorType(DOUBLE, WIDTH)


def _gather_dots(typingctx, values, indices, block):
    """sum_k values[k] * block[4 * indices[k] + c] for c = 0 ... 3: `block` holds four vectors, interleaved."""

    def codegen(context, builder, signature, arguments):
        arrays = [make_array(kind)(context, builder, given) for kind, given in zip(signature.args, arguments)]
        count = builder.extract_value(arrays[0].shape, 0)
        vectors = builder.bitcast(arrays[2].data, VECTOR.as_pointer())
        sums = [cgutils.alloca_once_value(builder, ir.Constant(VECTOR, None)) for _ in range(2)]

        def add(k, place):
            index = builder.load(builder.gep(arrays[1].data, [k]))
            if index.type.width < 64:
                index = builder.sext(index, ir.IntType(64))
            entry = builder.load(builder.gep(vectors, [index]), align=8)
            x = builder.load(builder.gep(arrays[0].data, [k]))
            x = builder.insert_element(ir.Constant(VECTOR, ir.Undefined), x, ir.Constant(ir.IntType(32), 0))
            x = builder.shuffle_vector(x, x, ir.Constant(ir.VectorType(ir.IntType(32), WIDTH), [0] * WIDTH))
            product = builder.fmul(x, entry, flags=("contract",))
            builder.store(builder.fadd(builder.load(sums[place]), product, flags=("contract",)), sums[place])

        one = ir.Constant(count.type, 1)
        with cgutils.for_range(builder, builder.lshr(count, one)) as pair:
            k = builder.shl(pair.index, one)
            add(k, 0)
            add(builder.add(k, one), 1)  # in a sum of its own: it does not wait for the one before
        with builder.if_then(builder.trunc(count, ir.IntType(1))):
            add(builder.sub(count, one), 0)
        total = builder.fadd(builder.load(sums[0]), builder.load(sums[1]))
        four = [builder.extract_element(total, ir.Constant(ir.IntType(32), c)) for c in range(WIDTH)]
        return context.make_tuple(builder, signature.return_type, four)

    return types.UniTuple(types.float64, WIDTH)(values, indices, block), codegen


def _gather_dots_in_python(values, indices, block):
    return tuple(values @ block[WIDTH * indices.astype(np.int64)[:, None] + np.arange(WIDTH)])


gather_dots: Any = _gather_dots_in_python if config.DISABLE_JIT else intrinsic(_gather_dots)  # type: ignore[attr-defined]
