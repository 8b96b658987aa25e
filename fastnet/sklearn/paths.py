"""`enet_path` and `lasso_path` with scikit-learn's signature and return values."""

from __future__ import annotations

import inspect
import warnings
from functools import wraps
from numbers import Integral

import numpy as np
from sklearn import linear_model
from sklearn.utils import check_array

from .solve import alpha_grid, solve

_SIGNATURE = inspect.signature(linear_model.enet_path)
_PARAMS = {"tol": 1e-4, "max_iter": 1000, "sample_weight": None, "random_state": None, "selection": "cyclic",
           "do_screening": True, "X_offset": None, "X_scale": None}  # fmt: skip


@wraps(linear_model.enet_path)
def enet_path(X, y, **options):
    # y with several columns is the multi-task problem, with another penalty: that one stays scikit-learn's
    if np.ndim(y) > 1 and not hasattr(y, "iloc"):
        return linear_model.enet_path(X, y, **options)
    given = _SIGNATURE.bind(X, y, **options)
    given.apply_defaults()
    options = given.arguments
    alphas = _alphas(options)
    params = _params(options.get("params", {}))
    if options["check_input"]:
        X = check_array(X, accept_sparse="csc", dtype=[np.float64, np.float32], order="F", copy=False)
        y = check_array(y, dtype=X.dtype.type, ensure_2d=False)
    l1_ratio, positive = options["l1_ratio"], options["positive"]
    weight = params["sample_weight"]
    common = {"l1_ratio": l1_ratio, "sample_weight": weight, "fit_intercept": False, "positive": positive}
    if isinstance(alphas, Integral):
        alphas = alpha_grid(X, y, eps=options["eps"], n_alphas=int(alphas), **common)
    else:
        alphas = np.sort(np.asarray(alphas, float))[::-1]
    found = solve(
        X, y, alphas=alphas, tol=params["tol"], max_iter=params["max_iter"], start=options["coef_init"], **common
    )  # fmt: skip
    dtype = getattr(X, "dtype", np.float64)
    result = found.alphas, found.coefs.astype(dtype, copy=False), found.dual_gaps
    return (*result, found.n_iters) if options["return_n_iter"] else result


@wraps(linear_model.lasso_path)
def lasso_path(X, y, **options):
    inspect.signature(linear_model.lasso_path).bind(X, y, **options)
    if "l1_ratio" in options:
        raise TypeError("lasso_path() got an unexpected keyword argument 'l1_ratio'; use enet_path")
    return enet_path(X, y, l1_ratio=1.0, **options)


def _alphas(options):
    """The grid that the installed version's `alphas` and `n_alphas` ask for, with its deprecations."""
    alphas, count = options["alphas"], options.get("n_alphas", 100)
    if "n_alphas" in options and _SIGNATURE.parameters["n_alphas"].default == "deprecated":
        if isinstance(count, str):
            count = 100
        else:
            warnings.warn(
                "'n_alphas' was deprecated in 1.9 and will be removed in 1.11. 'alphas' now accepts an integer value "
                "which removes the need to pass 'n_alphas'.",
                FutureWarning,
                stacklevel=3,
            )
        if alphas is None:
            warnings.warn(
                "'alphas=None' is deprecated and will be removed in 1.11, at which point the default value will be "
                "set to 100. Set 'alphas=100' to silence this warning.",
                FutureWarning,
                stacklevel=3,
            )
    return count if alphas is None or isinstance(alphas, str) else alphas


def _params(given):
    unknown = sorted(set(given) - set(_PARAMS))
    if unknown:
        raise ValueError("Unexpected parameters in params", unknown)
    params = _PARAMS | given
    if params["selection"] not in ("random", "cyclic"):
        raise ValueError("selection should be either random or cyclic.")
    return params
