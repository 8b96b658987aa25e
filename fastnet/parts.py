"""The one Numba seam: what a design, its active rows and a loss must offer.

A part is a module-level ``typing.NamedTuple`` of arrays whose plain Python methods become callable in jitted code
through one generic ``overload_method`` per method name. Nothing else is needed: no jitclass, no function argument
(neither of which a cache ever hits), and with ``NUMBA_DISABLE_JIT=1`` the same code runs as plain Python.

Spaces used throughout
----------------------
data space       X as given, row i of n, column j of p.
penalty space    x~_j = (x_j - center_j) * inv_scale_j, the column as the penalty sees it.
weighted space   rows multiplied by ``root`` = sqrt(w_i h_i / W): there every inner product is a plain dot product.

Design (a matrix; asked only for columns)
-----------------------------------------
scaling                              (p,) an array of records with the fields `center` and `inv_scale`
matrix_size()                        (n, p, stored entries)
col_dot(j, v, v_sum)              sum_i x~_ij v_i, given v_sum = sum_i v_i
col_find(j)                          prefetch what tells where column j is and how it is scaled
col_hint(j)                          prefetch the entries of column j
col_entries(j)                       stored entries of column j
col_shift(j)                         what the row of column j lacks of being centred, per unit of root

Rows (the active columns, copied, standardised and weighted: one row of memory per active column)
-------------------------------------------------------------------------------------------------
row_room(rows, more, entries)     True when `more` rows with so many stored entries fit after `rows`
row_load(k, design, j, root)      row k = root * x~_j; rows are appended in order
row_single(k)                     the sample of the only entry that row k stores; -1 where it stores several, or none
row_dot(k, r)                 <row_k, r>
row_axpy(k, a, r)                 r += a * row_k
row_put(c, v, block)              v becomes number c of the four vectors in block (4 n,)
row_dots(k, block)                the products <row_k, v> with these four vectors
row_project(k, basis)             loading[k] = basis @ row_k; dense rows are projected in place, sparse ones lazily
row_square(k)                     squared norm of the projected row
row_products(k, buffer, out)      out[k, :k + 1] and its mirror = inner products of projected rows; buffer (n,) is zero
row_lazy()                        True when `project` leaves the row as it is
row_reweight(k, source, root)     row k = root * source's row k
row_entries(k)                    stored entries of row k

and, called from Python only,

stored(rows)                      stored entries of the first `rows` rows
grown(capacity, more_entries)     a larger copy
keep(kept)                        keep the rows of an increasing list, moved up
gram(first, last, out)            out[first:last, :last] and its mirror = inner products of projected rows

Loss: see ``fastnet.losses``.
"""

from numba.core import types
from numba.extending import overload_method

from .compiler import MethodCompiler

REQUIRED = {
    "design": ("matrix_size", "col_dot", "col_find", "col_hint", "col_entries", "col_shift"),
    "rows": (
        "row_lazy",
        "row_room",
        "row_load",
        "row_single",
        "row_dot",
        "row_axpy",
        "row_put",
        "row_dots",
        "row_project",
        "row_square",
        "row_products",
        "row_reweight",
        "row_entries",
        "stored",
        "grown",
        "keep",
        "gram",
    ),
}


def require(part, role):
    """Raise TypeError that names the methods which `part` lacks to serve as a `role` ("design" or "rows")."""
    missing = [name for name in REQUIRED[role] if not callable(getattr(part, name, None))]
    if missing:
        raise TypeError(f"{type(part).__name__} cannot serve as a {role}: it must also define {', '.join(missing)}")


def _method(name, allocates=False):
    # Inlined by force: a call that passes the arrays of a NamedTuple costs tens of ns, more than a short sparse column.
    options = {"forceinline": True, "pipeline_class": MethodCompiler, "_nrt": allocates}
    return overload_method(types.BaseNamedTuple, name, jit_options=options)


def _find(instance, name):
    return getattr(instance.instance_class, name, None)


# Signatures are written out: an overload with *args does not resolve.
@_method("matrix_size")
def _(self):
    return _find(self, "matrix_size")


@_method("row_lazy")
def _(self):
    return _find(self, "row_lazy")


@_method("col_find")
def _(self, j):
    return _find(self, "col_find")


@_method("col_hint")
def _(self, j):
    return _find(self, "col_hint")


@_method("col_entries")
def _(self, j):
    return _find(self, "col_entries")


@_method("col_shift")
def _(self, j):
    return _find(self, "col_shift")


@_method("row_single")
def _(self, k):
    return _find(self, "row_single")


@_method("row_square")
def _(self, k):
    return _find(self, "row_square")


@_method("row_entries")
def _(self, k):
    return _find(self, "row_entries")


@_method("row_room")
def _(self, rows, more, entries):
    return _find(self, "row_room")


@_method("row_axpy")
def _(self, k, a, r):
    return _find(self, "row_axpy")


@_method("row_put")
def _(self, c, v, block):
    return _find(self, "row_put")


@_method("row_dots")
def _(self, k, block):
    return _find(self, "row_dots")


@_method("row_reweight")
def _(self, k, source, root):
    return _find(self, "row_reweight")


@_method("row_products")
def _(self, k, buffer, out):
    return _find(self, "row_products")


@_method("row_project")
def _(self, k, basis):
    return _find(self, "row_project")


@_method("row_load")
def _(self, k, design, j, root):
    return _find(self, "row_load")


@_method("col_dot")
def _(self, j, v, v_sum):
    return _find(self, "col_dot")


@_method("row_dot")
def _(self, k, r):
    return _find(self, "row_dot")


# A loss: scalar formulas of one observation, from which fastnet.losses.loops makes the sums over all.
@_method("loss_value")
def _(self, i, eta):
    return _find(self, "loss_value")


@_method("loss_residual")
def _(self, i, eta):
    return _find(self, "loss_residual")


@_method("loss_curvature")
def _(self, i, eta):
    return _find(self, "loss_curvature")


@_method("loss_conjugate")
def _(self, i, u):
    return _find(self, "loss_conjugate")


# A loss that is no sum over observations defines these five instead. They may allocate arrays.
@_method("loss_total", allocates=True)
def _(self, eta, weight):
    return _find(self, "loss_total")


@_method("loss_gradient", allocates=True)
def _(self, eta, root, residual, curvature):
    return _find(self, "loss_gradient")


@_method("loss_dual", allocates=True)
def _(self, eta, residual, root, offset, s):
    return _find(self, "loss_dual")


@_method("loss_state", allocates=True)
def _(self, eta, root, curvature, state):
    return _find(self, "loss_state")


@_method("loss_times", allocates=True)
def _(self, state, root, v, out):
    return _find(self, "loss_times")
