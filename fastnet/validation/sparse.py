"""Sparse X: the structure is proved in plain NumPy before any compiled routine, SciPy's or ours, may follow
an index.

A CSC matrix whose `indices` or `indptr` were assigned after construction never passed SciPy's own checks, and
its compiled routines read and write out of bounds on it. Nothing here changes an array of the caller.
"""

from __future__ import annotations

import numpy as np
from scipy import sparse

from fastnet import interrupts
from fastnet.validation.arrays import BLOCK, check_kind, first_not_finite, position, raise_not_finite


def check_sparse(X, *, check_finite: bool = True, name: str = "X") -> sparse.csc_array:
    """Any `scipy.sparse` container as a canonical CSC array (columns sorted, no duplicates, read-only
    arrays).

    A canonical CSC of float64 or float32 is used in place; CSR, COO and the others are converted; unsorted or
    duplicate entries are put right in a copy. int32 and int64 indices stay as they are. Explicit zeros stay.

    Raises
    ------
    TypeError, ValueError
        Wrong dtype or shape, broken structure, NaN or infinity (the last only with `check_finite`).
    """
    n, p = check_shape(X, name)
    if X.format in ("csc", "csr"):
        major, minor = (p, n) if X.format == "csc" else (n, p)
        data, indices, indptr = check_compressed(
            X.data, X.indices, X.indptr, major, minor, name=f"{X.format.upper()} {name}"
        )
        if X.format == "csr":
            rows = _assemble(sparse.csr_array, data, indices, indptr, (n, p))
            matrix = interrupts.run(10 * data.size, rows.tocsc)
        else:
            matrix = _assemble(sparse.csc_array, data, indices, indptr, (n, p))
        shared = X.format == "csc"
    else:
        matrix, shared = _coo_to_csc(X, n, p, name), False
    if not interrupts.run(matrix.data.size, lambda: matrix.has_canonical_format):  # SciPy looks: nobody told it yet
        matrix = interrupts.run(10 * matrix.data.size, _made_canonical, matrix, shared)
    matrix = _freeze(matrix)
    if check_finite:
        check_finite_sparse(matrix, name)
    return matrix


def check_shape(X, name: str) -> tuple[int, int]:
    """Refuse X without rows or columns and X that is not two-dimensional; returns (n, p)."""
    shape = tuple(int(size) for size in X.shape)
    if len(shape) == 1:
        raise ValueError(
            f"{name} has one dimension, shape {shape}; two are needed: {name}.reshape(-1, 1) for one column, "
            f"{name}.reshape(1, -1) for one row"
        )
    if len(shape) != 2:
        raise ValueError(
            f"{name} has {len(shape)} dimensions, shape {shape}; two are needed: rows of samples, columns of features"
        )
    for size, what in zip(shape, ("rows", "columns"), strict=True):
        if size == 0:
            raise ValueError(f"{name} has shape {shape}: no {what}; at least one row and one column are needed")
    return shape


def check_compressed(data, indices, indptr, major: int, minor: int, *, name: str = "X"):
    """Prove the structure of compressed storage with safe NumPy code, O(nnz), whatever flags the container
    carries.

    Required: `indptr` has major + 1 entries, starts at 0, never falls and ends at nnz; `data` and `indices`
    have equal lengths, at least nnz; every index is in [0, minor).

    Parameters
    ----------
    data, indices, indptr : array_like
        Of CSC (major = columns) or CSR (major = rows).

    Returns
    -------
    data (nnz,) float64 or float32, indices (nnz,), indptr (major + 1,)
        Contiguous; the index arrays both int32 or both int64. Views of the arguments where these already are
        so.
    """
    data = _one_dimensional(data, f"{name}.data")
    check_kind(data.dtype, f"{name}.data")
    indices = _integers(indices, f"{name}.indices")
    indptr = _integers(indptr, f"{name}.indptr")
    if indptr.size != major + 1:
        raise ValueError(
            f"{name}.indptr has length {indptr.size}; it must be {major + 1}: one more than there are {major} vectors"
        )
    if indptr[0] != 0:
        raise ValueError(f"{name}.indptr[0] is {indptr[0]}; it must be 0: {_REBUILD}")
    falls = np.flatnonzero(indptr[1:] < indptr[:-1])  # not a difference: that wraps around for unsigned integers
    if falls.size:
        j = int(falls[0])
        raise ValueError(
            f"{name}.indptr falls from {indptr[j]} to {indptr[j + 1]} at index {j + 1}; it must never fall: {_REBUILD}"
        )
    if data.size != indices.size:
        raise ValueError(
            f"{name}.data has {data.size} entries and {name}.indices {indices.size}; they must agree: {_REBUILD}"
        )
    nnz = int(indptr[-1])
    if nnz > data.size:
        raise ValueError(f"{name}.indptr ends at {nnz} but only {data.size} entries are stored: {_REBUILD}")
    data, indices = data[:nnz], indices[:nnz]
    for start in range(0, nnz, BLOCK):
        block = indices[start : start + BLOCK]
        if int(block.min()) < 0 or int(block.max()) >= minor:
            at = start + int(np.argmax((block < 0) | (block >= minor)))
            raise ValueError(f"{name}.indices[{at}] is {indices[at]}; it must be from 0 to {minor - 1}: {_REBUILD}")
    width = _index_type(indices, nnz, minor)
    return interrupts.run(data.size, as_real, data), _native(indices, width), _native(indptr, width)


_REBUILD = "the matrix is damaged (its arrays were changed after it was built?); build it again from its entries"


def as_real(array: np.ndarray) -> np.ndarray:
    """float64 and float32 as they are (native byte order, aligned, contiguous), everything else as
    float64.
    """
    kind = np.float32 if array.dtype.kind == "f" and array.dtype.itemsize == 4 else np.float64
    with np.errstate(over="ignore"):  # a long double beyond float64 becomes inf and is then refused by name
        return _native(array, np.dtype(kind))


def _native(array: np.ndarray, dtype) -> np.ndarray:
    """`array` with exactly this dtype, contiguous and aligned; a copy only where needed."""
    return np.require(array, dtype=dtype, requirements=["C", "A"])


def _one_dimensional(array, name: str) -> np.ndarray:
    if isinstance(array, np.ma.MaskedArray) and np.ma.is_masked(array):
        raise ValueError(
            f"{name} is a masked array with masked entries; fastnet does not impute: fill it or drop those entries"
        )
    array = np.asarray(array)
    if array.ndim != 1:
        raise ValueError(f"{name} has shape {array.shape}; one dimension is needed: {_REBUILD}")
    return array


def _integers(array, name: str) -> np.ndarray:
    array = _one_dimensional(array, name)
    if array.dtype.kind not in "iu":
        raise TypeError(f"{name} has dtype {array.dtype}; int32 or int64 is needed: {_REBUILD}")
    return array


def _index_type(indices: np.ndarray, nnz: int, minor: int) -> np.dtype:
    """int32 or int64: that of `indices` where it is one of them and can count the entries."""
    fits = max(nnz, minor) <= np.iinfo(np.int32).max
    return np.dtype(np.int32 if fits and indices.dtype != np.int64 else np.int64)


def _assemble(container, data, indices, indptr, shape):
    """A container around proved arrays, which knows nothing of their order yet.

    Assigned, not passed: the constructor might narrow int64 and look again.
    """
    matrix = container((1, 1), dtype=data.dtype)
    matrix.data, matrix.indices, matrix.indptr = data, indices, indptr
    matrix._shape = shape
    return matrix


def _coo_to_csc(X, n: int, p: int, name: str) -> sparse.csc_array:
    """COO, and through it BSR, DIA, DOK and LIL, whose conversions to COO are checked before anything
    compiled.
    """
    try:
        coo = X if X.format == "coo" else interrupts.run(10 * X.nnz, X.tocoo)
        rows, columns = (_integers(c, f"{name}.{c_name}") for c, c_name in ((coo.row, "row"), (coo.col, "col")))
        data = _one_dimensional(coo.data, f"{name}.data")
    except (IndexError, AttributeError, ValueError) as error:
        raise ValueError(f"the {X.format.upper()} matrix {name} cannot be read ({error}): {_REBUILD}") from None
    check_kind(data.dtype, f"{name}.data")
    if not rows.size == columns.size == data.size:
        raise ValueError(
            f"{name} has {data.size} entries with {rows.size} row and {columns.size} column numbers; they "
            f"must agree: {_REBUILD}"
        )
    for index, size, what in ((rows, n, "row"), (columns, p, "col")):
        for start in range(0, index.size, BLOCK):
            block = index[start : start + BLOCK]
            if int(block.min()) < 0 or int(block.max()) >= size:
                at = start + int(np.argmax((block < 0) | (block >= size)))
                raise ValueError(f"{name}.{what}[{at}] is {index[at]}; it must be from 0 to {size - 1}: {_REBUILD}")
    entries = sparse.coo_array((as_real(data), (rows, columns)), shape=(n, p))
    return interrupts.run(10 * data.size, entries.tocsc)


def _made_canonical(matrix, shared: bool):
    """Sorted, with duplicates summed: in a copy where the arrays are the caller's."""
    if shared:
        matrix = matrix.copy()
    matrix.sort_indices()
    matrix.sum_duplicates()
    return matrix


def _freeze(matrix: sparse.csc_array) -> sparse.csc_array:
    """The same CSC around read-only views: one Numba type whatever the caller's flags, and no kernel that
    writes to X compiles.
    """
    wide = matrix.indices.dtype != np.int32 or matrix.nnz > np.iinfo(np.int32).max
    width = np.dtype(np.int64 if wide else np.int32)
    data = _native(matrix.data, matrix.data.dtype).view()
    indices = _native(matrix.indices, width).view()
    indptr = _native(matrix.indptr, width).view()
    for view in (data, indices, indptr):
        view.flags.writeable = False
    frozen = _assemble(sparse.csc_array, data, indices, indptr, matrix.shape)
    frozen.has_canonical_format = True
    return frozen


def check_finite_sparse(matrix: sparse.csc_array, name: str) -> None:
    bad = first_not_finite(matrix.data)
    if bad >= 0:
        j = int(np.searchsorted(matrix.indptr, bad, side="right")) - 1
        where = position((int(matrix.indices[bad]), j))
        raise_not_finite(name, matrix.data[bad], where, "drop or impute that entry (see sklearn.impute)")
