"""pandas and polars frames as X: names kept, sparse pandas columns to CSC without densifying."""

from __future__ import annotations

import numpy as np
from scipy import sparse

from fastnet.validation.arrays import check_kind, frame_module, type_of_float
from fastnet.validation.sparse import check_shape


def frame_to_matrix(X, name: str = "X"):
    """A frame's values and its column names.

    Returns
    -------
    values : ndarray (F order) or scipy.sparse.csc_array
        Float32 only where every column is; missing values become NaN. Still to be passed to `check_design`'s
        checks. CSC if any pandas column is sparse with fill value 0 (its stored entries only).
    feature_names : tuple of str

    Raises
    ------
    TypeError
        For a column that does not hold numbers, by name.
    ValueError
        For a frame without rows or columns.
    """
    if hasattr(X, "collect"):
        raise TypeError(f"{name} is a polars LazyFrame, which holds no data yet: pass {name}.collect()")
    if not hasattr(X, "columns"):
        raise ValueError(f"{name} is a {type(X).__name__}, one column; a frame is needed: pass {name}.to_frame()")
    check_shape(X, name)
    names = tuple(str(column) for column in X.columns)
    if frame_module(X) == "polars":
        return _from_polars(X, names, name), names
    return _from_pandas(X, names, name), names


def _from_polars(X, names, name: str) -> np.ndarray:
    for column, dtype in zip(names, X.dtypes, strict=True):
        if not (dtype.is_numeric() or str(dtype) == "Boolean"):
            raise TypeError(
                f"{name} column {column!r} is {dtype}; allowed are booleans, integers and floats: encode it "
                "as numbers first"
            )
    columns = X.get_columns()
    kinds = [type_of_float(column) for column in columns]
    single = all(str(kind) == "Float32" for kind in kinds)
    values = np.empty(X.shape, dtype=np.float32 if single else np.float64, order="F")
    for j, (column, kind) in enumerate(zip(columns, kinds, strict=True)):
        values[:, j] = column.cast(kind).to_numpy()
    return values


def _from_pandas(X, names, name: str):
    dtypes = list(X.dtypes)
    for column, dtype in zip(names, dtypes, strict=True):
        if getattr(dtype, "kind", "O") not in "biuf" or hasattr(dtype, "categories"):
            if isinstance(dtype, np.dtype):
                check_kind(dtype, f"{name} column {column!r}")
            raise TypeError(
                f"{name} column {column!r} is {dtype}; allowed are booleans, integers and floats: encode it as numbers"
            )
    if any(_is_sparse(dtype) for dtype in dtypes):
        return _sparse_columns(X, dtypes)
    first = dtypes[0]
    if isinstance(first, np.dtype) and first.kind == "f" and all(dtype == first for dtype in dtypes):
        return X.to_numpy()  # one block: a view, usually in F order already
    single = all(str(dtype).lower() == "float32" for dtype in dtypes)
    values = np.empty(X.shape, dtype=np.float32 if single else np.float64, order="F")
    for j in range(X.shape[1]):
        values[:, j] = _dense_column(X.iloc[:, j], dtypes[j])
    return values


def _is_sparse(dtype) -> bool:
    return hasattr(dtype, "fill_value") and hasattr(dtype, "subtype")


def _dense_column(column, dtype) -> np.ndarray:
    if isinstance(dtype, np.dtype) or _is_sparse(dtype):
        return np.asarray(column)
    return column.to_numpy(dtype=np.float64, na_value=np.nan)  # nullable and arrow-backed columns


def _sparse_columns(X, dtypes) -> sparse.csc_array:
    """Column by column: the stored entries of sparse columns, the non-zeros of the others."""
    rows, data = [], []
    for j, dtype in enumerate(dtypes):
        column = X.iloc[:, j]
        if _is_sparse(dtype) and dtype.fill_value == 0:
            stored = column.array
            rows.append(np.asarray(stored.sp_index.indices))
            data.append(np.asarray(stored.sp_values))
        else:  # a fill value other than zero means that most entries of this column are stored in any case
            values = _dense_column(column, dtype)
            rows.append(np.flatnonzero(values))
            data.append(values[rows[-1]])
    single = all(values.dtype == np.float32 for values in data)
    indptr = np.concatenate(([0], np.cumsum([len(index) for index in rows], dtype=np.int64)))
    width = np.int32 if max(int(indptr[-1]), X.shape[0]) <= np.iinfo(np.int32).max else np.int64
    return sparse.csc_array(
        (
            np.concatenate(data).astype(np.float32 if single else np.float64, copy=False),
            np.concatenate(rows).astype(width, copy=False),
            indptr.astype(width, copy=False),
        ),
        shape=X.shape,
    )
