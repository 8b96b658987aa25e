"""X: one of two storages, each proved safe for kernels that do not check bounds."""

from __future__ import annotations

import numpy as np
from scipy import sparse

from fastnet import interrupts
from fastnet.validation.arrays import (
    as_plain_array,
    first_not_finite,
    frame_module,
    position,
    raise_not_finite,
)
from fastnet.validation.frames import frame_to_matrix
from fastnet.validation.sparse import as_real, check_finite_sparse, check_shape, check_sparse

# rows copied together when C order becomes F order: 1.7 times faster than numpy.asfortranarray on tall data
_TILE = 512


def check_design(X, *, check_finite: bool = True, name: str = "X"):
    """X in the storage that the solvers take, with its column names.

    * F-ordered float64 and float32 arrays, memmaps and read-only arrays included, are used in place; C order
    is
      copied once; integers, booleans, float16 and long doubles become float64.
    * `scipy.sparse` of any format becomes canonical CSC; a canonical float CSC is used in place.
    * pandas and polars frames keep their names; sparse pandas columns go to CSC without densifying.

    Parameters
    ----------
    X : array_like, sparse container or frame, (n, p)
    check_finite : bool
        Look for NaN and infinities, one read of X. The structure of a sparse X is proved in any case.

    Returns
    -------
    X : ndarray (F-contiguous, aligned) or scipy.sparse.csc_array (canonical); float64 or float32
        The arrays are read-only views: Numba sees one type whatever the caller's flags, and a kernel that
        would write to X does not compile. (Arrays with one row or one column are both C- and F-contiguous.)
    feature_names : tuple of str, or None

    Raises
    ------
    TypeError, ValueError
        Naming the argument, what was given and where, what is allowed and what to do.
    """
    X, feature_names = _unwrap(X, name)
    if sparse.issparse(X):
        return check_sparse(X, check_finite=check_finite, name=name), feature_names
    dense = interrupts.run(X.size, _as_fortran, X)
    if check_finite:
        _check_finite_entries(dense, name)
    dense = dense.view()
    dense.flags.writeable = False
    return dense, feature_names


def check_predict_design(X, n_features: int, *, name: str = "X"):
    """X for predictions: like `check_design`, but dense arrays stay as they are (any order or real dtype, no
    copy).

    NaN and infinities are not looked for: a prediction reads few columns and checks only these.

    Returns
    -------
    X : ndarray or canonical csc_array, (n, n_features)
    feature_names : tuple of str, or None
    """
    X, feature_names = _unwrap(X, name)
    if X.shape[1] != n_features:
        raise ValueError(
            f"{name} has {X.shape[1]} columns but the path was fitted with {n_features}: pass the same columns"
        )
    if sparse.issparse(X):
        X = check_sparse(X, check_finite=False, name=name)
    return X, feature_names


def check_feature_names(given: tuple[str, ...] | None, fitted: tuple[str, ...] | None, *, name: str = "X") -> None:
    """Refuse a frame whose columns are not those of the fit, in their order. Names absent on either side
    pass.
    """
    if given is None or fitted is None or given == fitted:
        return
    for j, (new, old) in enumerate(zip(given, fitted, strict=True)):
        if new != old:
            order = "the same names in another order" if sorted(given) == sorted(fitted) else "other names"
            raise ValueError(
                f"{name} has {order} than the fit: column {j} is {new!r}, in the fit it was {old!r}; "
                f"reorder the columns, e.g. {name}[list(path.feature_names)]"
            )


def _unwrap(X, name: str):
    """Frames and array-likes as a two-dimensional plain ndarray of real numbers or a sparse container, with
    names.
    """
    feature_names = None
    if frame_module(X) is not None:
        X, feature_names = frame_to_matrix(X, name)
    if not sparse.issparse(X):
        X = as_plain_array(X, name)
    check_shape(X, name)
    return X, feature_names


def _as_fortran(X: np.ndarray) -> np.ndarray:
    """F order, aligned, native float64 or float32; a copy only where needed."""
    if X.dtype in (np.float64, np.float32) and X.dtype.isnative and X.flags.f_contiguous and X.flags.aligned:
        return X
    if X.flags.f_contiguous:
        return as_real(X.T).T
    kind = np.float32 if X.dtype.kind == "f" and X.dtype.itemsize == 4 else np.float64
    out = np.empty(X.shape, dtype=kind, order="F")
    with np.errstate(over="ignore"):  # a long double beyond float64 becomes inf and is then refused by name
        for start in range(0, X.shape[0], _TILE):  # in bands of rows: the lines of `out` that are written stay cached
            out[start : start + _TILE] = X[start : start + _TILE]
    return out


def _check_finite_entries(X: np.ndarray, name: str) -> None:
    """One read, in the order of memory."""
    bad = first_not_finite(X.T.reshape(-1))
    if bad >= 0:
        j, i = divmod(bad, X.shape[0])
        raise_not_finite(name, X[i, j], position((i, j)), "drop or impute that row or column (see sklearn.impute)")


def check_finite_design(X, name: str = "X") -> None:
    """Raise ValueError naming the first NaN or infinity of an X that `check_design` has coerced."""
    if sparse.issparse(X):
        check_finite_sparse(X, name)
    else:
        _check_finite_entries(X, name)
