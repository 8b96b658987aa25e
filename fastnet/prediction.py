"""Predictions from a path: reads only the columns of X whose coefficients are not zero."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from scipy import sparse

from fastnet import blas
from fastnet.losses.links import CLASSIFIERS, PROBABILITIES, inverse_link
from fastnet.validation import check_feature_names, check_predict_design
from fastnet.validation.arrays import (
    as_plain_array,
    as_vector,
    check_finite_vector,
    frame_module,
    position,
    raise_not_finite,
)

if TYPE_CHECKING:
    from fastnet.result import Path

_KINDS = ("response", "link", "class", "probability")
_COLUMNS = 1024  # columns of X that are gathered together


@blas.one_thread()
def predict(path: Path, X, alpha, kind: str, offset) -> np.ndarray:
    """See `fastnet.result.Path.predict`."""
    if kind not in _KINDS:
        raise ValueError(f"kind is {kind!r}; allowed are {', '.join(map(repr, _KINDS))}")
    if kind == "class" and path.family not in CLASSIFIERS:
        raise ValueError(f'kind is "class" but family={path.family!r} has none; allowed are "response" and "link"')
    if kind == "probability" and path.family not in PROBABILITIES:
        raise ValueError(
            f'kind is "probability" but family={path.family!r} has none (known: {", ".join(sorted(PROBABILITIES))}); '
            'allowed are "response" and "link"'
        )
    transform = inverse_link(path.family) if kind in ("response", "probability") else None
    if alpha is None:
        coefs, intercepts = path.coefs, path.intercepts
    else:
        alphas = np.atleast_1d(alpha)
        coefs, intercepts = path.coef_at(alphas), path.intercept_at(alphas)
    X, names = check_predict_design(X, path.n_features)
    check_feature_names(names, path.feature_names)
    eta = _times(X, coefs) + intercepts
    shift = _check_offset(path, offset, X.shape[0])
    if shift is not None:
        eta += shift
    if alpha is not None and np.ndim(alpha) == 0:
        eta = eta[:, 0]
    if kind == "class":
        return (eta > 0).astype(np.int64)
    return eta if transform is None else transform(eta)


def _times(X, coefs: sparse.csc_array) -> np.ndarray:
    """X coefs, (n, m), in float64, from the used columns alone, some at a time: never a second copy of X."""
    used = np.unique(coefs.indices[coefs.data != 0])
    by_feature = coefs.tocsr()
    product = np.zeros((X.shape[0], coefs.shape[1]))
    for start in range(0, len(used), _COLUMNS):
        columns = used[start : start + _COLUMNS]
        part = X[:, columns].astype(np.float64)
        _check_finite(part, columns)
        product += part @ by_feature[columns].toarray()
    return product


def _check_finite(part, used: np.ndarray) -> None:
    values = part.data if sparse.issparse(part) else part
    finite = np.isfinite(values)
    if finite.all():
        return
    coo = part.tocoo() if sparse.issparse(part) else None
    if coo is not None:
        at = int(np.argmin(np.isfinite(coo.data)))
        row, column, value = int(coo.row[at]), int(used[coo.col[at]]), coo.data[at]
    else:
        row, local = (int(i) for i in np.unravel_index(int(np.argmin(finite)), part.shape))
        column, value = int(used[local]), part[row, local]
    raise_not_finite("X", value, position((row, column)), "impute it as for the fit")


def _check_offset(path: Path, offset, n: int) -> np.ndarray | None:
    """(n, 1) or None. A path that was fitted with an offset has no prediction without one."""
    if offset is None:
        if path.problem_options.get("offset") is not None:
            raise ValueError(
                "offset is missing: this path was fitted with one, and predictions depend on it; "
                "pass the offset of these rows, or offset=0 for none"
            )
        return None
    if frame_module(offset) is None and np.ndim(offset) == 0:
        offset = np.full(n, as_plain_array(offset, "offset"), dtype=np.float64)
    offset = as_vector(offset, "offset", n, "rows")
    check_finite_vector(offset, "offset", "pass a number for every row")
    return offset[:, None]
