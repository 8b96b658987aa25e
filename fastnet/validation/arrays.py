"""Coercion shared by all arguments: dtype kinds, masks, finiteness, vectors."""

from __future__ import annotations

import sys

import numpy as np
from scipy import sparse

BLOCK = 1 << 16  # entries looked at together: the block and its mask stay in the L2 cache

_KINDS = {
    "c": "complex numbers",
    "O": "Python objects",
    "U": "strings",
    "S": "bytes",
    "T": "strings",
    "M": "dates",
    "m": "time differences",
    "V": "structured records",
}


def frame_module(obj) -> str | None:
    """``"pandas"`` or ``"polars"`` if `obj` is a frame or series of theirs (neither is imported), else
    None.
    """
    for name, kinds in (
        ("pandas", ("DataFrame", "Series")),
        ("polars", ("DataFrame", "Series", "LazyFrame")),
    ):
        module = sys.modules.get(name)
        classes = tuple(c for c in (getattr(module, kind, None) for kind in kinds) if c is not None)
        if classes and isinstance(obj, classes):
            return name
    return None


def check_kind(dtype: np.dtype, name: str) -> None:
    """Refuse every dtype that is not boolean, integer or real floating point.

    Raises
    ------
    TypeError
    """
    if dtype.kind in "biuf":
        return
    remedy = {
        "c": f"pass {name}.real, or real and imaginary parts as columns of their own",
        "O": f"convert it: numpy.asarray({name}, dtype=float)",
        "M": "convert dates to numbers, e.g. days since a start",
        "m": f"convert it to numbers, e.g. {name} / numpy.timedelta64(1, 's')",
    }.get(dtype.kind, "encode it as numbers first (e.g. one-hot columns, or 0 and 1)")
    raise TypeError(
        f"{name} holds {_KINDS.get(dtype.kind, 'something else')} (dtype {dtype}); "
        f"allowed are booleans, integers and real floats: {remedy}"
    )


def as_plain_array(values, name: str) -> np.ndarray:
    """`values` as a base-class ndarray of a real dtype; no copy where it is one already (memmaps, matrices
    too).

    Raises
    ------
    TypeError
        For dtypes that are not real numbers, and for sparse containers.
    ValueError
        For ragged lists, and for masked arrays with masked entries (the mask would be lost without a word).
    """
    if isinstance(values, np.ma.MaskedArray):
        mask = np.ma.getmaskarray(values)
        if mask.any():
            where = tuple(int(i) for i in np.unravel_index(int(np.argmax(mask)), mask.shape))
            raise ValueError(
                f"{name} is a masked array with {int(mask.sum())} masked entries (the first at "
                f"{position(where)}); fastnet "
                f"does not impute: fill it ({name}.filled(value)) or drop those rows or columns"
            )
        values = values.data
    if sparse.issparse(values):
        raise TypeError(f"{name} is sparse; a dense one-dimensional array is needed: pass {name}.toarray().ravel()")
    if not isinstance(values, np.ndarray):
        check_nested_masks(values, name)
    try:
        array = np.asarray(values)
    except (ValueError, TypeError) as error:
        raise ValueError(
            f"{name} of type {type(values).__name__} is not a rectangular array of numbers: {error}"
        ) from None
    check_kind(array.dtype, name)
    return array


def check_nested_masks(values, name: str) -> None:
    """Refuse a list or tuple of masked arrays with masked entries: NumPy drops those masks in silence."""
    if isinstance(values, (list, tuple)):
        for i, item in enumerate(values):
            if isinstance(item, np.ma.MaskedArray) and np.ma.is_masked(item):
                raise ValueError(
                    f"{name}[{i}] is a masked array with masked entries; fastnet does not impute: fill it "
                    "or drop those rows"
                )


def position(index: tuple[int, ...]) -> str:
    """Where, in words: ``index 3`` or ``row 3, column 7``."""
    return f"index {index[0]}" if len(index) == 1 else f"row {index[0]}, column {index[1]}"


def first_not_finite(flat: np.ndarray) -> int:
    """Index of the first NaN or infinity of a one-dimensional array, -1 if there is none. One read, O(1)
    memory.

    A finite sum proves a block finite and runs at the speed of memory, several times that of
    `numpy.isfinite`.
    """
    with np.errstate(over="ignore", invalid="ignore"):
        for start in range(0, flat.size, BLOCK):
            block = flat[start : start + BLOCK]
            if not np.isfinite(np.add.reduce(block)):  # an overflow is possible as well
                finite = np.isfinite(block)
                if not finite.all():
                    return start + int(np.argmin(finite))
    return -1


def raise_not_finite(name: str, value: float, where: str, remedy: str) -> None:
    """Word the error for a NaN or an infinity at `where`."""
    what = "NaN" if np.isnan(value) else f"{value}"
    raise ValueError(f"{name} is {what} at {where}; only finite numbers are allowed: {remedy}")


def as_vector(values, name: str, length: int, space: str) -> np.ndarray:
    """A fresh, contiguous float64 copy of a one-dimensional argument of the given length.

    Parameters
    ----------
    space : str
        What the length counts, for the message: ``"rows"`` or ``"columns"`` of X.

    Raises
    ------
    TypeError, ValueError
        Wrong dtype, number of dimensions or length. NaN passes: the caller knows which values are allowed.
    """
    if frame_module(values) is not None:
        values = series_values(values, name)
    array = as_plain_array(values, name)
    if array.ndim == 2 and array.shape[1] == 1 and array.shape[0] == length:
        raise ValueError(f"{name} has shape {array.shape}, a column; one dimension is needed: pass {name}.ravel()")
    if array.ndim != 1:
        what = "a single number" if array.ndim == 0 else f"of shape {array.shape}"
        raise ValueError(f"{name} is {what}; a one-dimensional array of length {length} (the {space} of X) is needed")
    if array.shape[0] != length:
        raise ValueError(
            f"{name} has length {array.shape[0]} but X has {length} {space}: pass one number for each of "
            f"the {space} of X"
        )
    with np.errstate(over="ignore"):  # a long double beyond float64 becomes inf and is then refused by name
        return np.array(array, dtype=np.float64, order="C")


def series_values(values, name: str) -> np.ndarray:
    """A pandas or polars series (or one-column frame) as an array; missing values become NaN."""
    if frame_module(values) == "pandas":
        if hasattr(values, "columns"):
            return values.to_numpy()
        if (
            getattr(values.dtype, "na_value", None) is not None and values.dtype.kind in "biuf"
        ):  # nullable extension types
            return values.to_numpy(dtype=np.float64, na_value=np.nan)
        return values.to_numpy()
    if hasattr(values, "collect"):
        raise TypeError(f"{name} is a polars LazyFrame, which holds no data yet: pass {name}.collect()")
    if hasattr(values, "columns"):
        return values.to_numpy()
    if not (values.dtype.is_numeric() or str(values.dtype) == "Boolean"):
        raise TypeError(f"{name} is a polars Series of {values.dtype}; allowed are booleans, integers and floats")
    return values.cast(type_of_float(values)).to_numpy()


def type_of_float(values):
    """polars' own Float32 for Float32 data, else Float64 (decimals, integers and booleans are converted)."""
    import polars

    return polars.Float32 if values.dtype == polars.Float32 else polars.Float64


def check_finite_vector(array: np.ndarray, name: str, remedy: str) -> None:
    """Refuse NaN and infinities in a one-dimensional argument."""
    bad = first_not_finite(array)
    if bad >= 0:
        raise_not_finite(name, array[bad], f"index {bad}", remedy)
