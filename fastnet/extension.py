"""Path.extend: further points for a path that is already there."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
from scipy import sparse

from fastnet.interpolation import decreasing
from fastnet.validation import check_alphas

if TYPE_CHECKING:
    from fastnet.result import Path


def extend(path: Path, X, y, alphas, options: dict[str, Any]) -> Path:
    """See `fastnet.result.Path.extend`."""
    from fastnet.api import enet_path

    if path.gamma != 1.0:
        raise ValueError(
            f"a relaxed path (gamma={path.gamma:g}) cannot be extended: extend the penalised one, then relax"
        )
    alphas = check_alphas(alphas)
    if isinstance(alphas, int):
        alphas = continue_grid(path.alphas, alphas)
    stored = {
        "family": _family(path, options),
        "l1_ratio": path.l1_ratio,
        "fit_intercept": path.fit_intercept,
        "standardize": path.standardize,
        "tol": path.tol,
        **path.problem_options,
    }
    return merge(path, enet_path(X, y, alphas=alphas, warm_start=path, **(stored | options)))


def _family(path: Path, options: dict[str, Any]):
    """The family with its parameters; one of the user's own must be given again."""
    if path.family == "gaussian" or "family" in options:
        return path.family
    from fastnet.losses import find_family

    if "strata" in path.family_parameters:
        raise ValueError(
            f"the path was fitted with {path.family_parameters['strata']} strata, whose labels it does not keep; "
            "pass family=fastnet.losses.cox(strata=...) again"
        )
    return find_family(path.family, path.family_parameters)


def continue_grid(alphas: np.ndarray, count: int) -> np.ndarray:
    """`count` alphas below the smallest, at the logarithmic spacing of the two smallest."""
    positive = np.unique(alphas[alphas > 0])
    if len(positive) < 2 or len(positive) < len(np.unique(alphas)):
        raise ValueError(
            f"alphas is {count}, a number of points, but the path has no spacing to continue (two different "
            "positive alphas "
            "and none that is 0 are needed): pass alphas as an array"
        )
    low, above = positive[:2]
    return low * (low / above) ** np.arange(1, count + 1)


def merge(old: Path, new: Path) -> Path:
    """All points of two paths of one problem, by decreasing alpha; of equal alphas the new point is kept.

    The statement of why the path ends is taken from the one that reaches further down.
    """
    from fastnet.result import POINT_FIELDS

    kept = np.flatnonzero(~np.isin(old.alphas, new.alphas))
    order = decreasing(np.concatenate((old.alphas[kept], new.alphas)))
    points = {name: np.concatenate((getattr(old, name)[kept], getattr(new, name)))[order] for name in POINT_FIELDS}
    coefs = sparse.hstack((old.coefs[:, kept], new.coefs), format="csc")[:, order]
    last = new if len(new) and (not len(old) or new.alphas.min() <= old.alphas.min()) else old
    return new.replace(coefs=coefs, stop_reason=last.stop_reason, **points)
