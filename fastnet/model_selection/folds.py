"""Folds: which rows train and which are held out, as weights and indices; X itself is never split."""

from __future__ import annotations

from numbers import Integral
from typing import NamedTuple

import numpy as np

from fastnet.validation.arrays import as_plain_array, frame_module, series_values
from fastnet.validation.options import check_count


class Fold(NamedTuple):
    """One split of the rows."""

    train: np.ndarray  # (n,) float64: how often each row is in the training part (0 or 1 but for bootstraps)
    test: np.ndarray  # (m,) int64: held-out rows


def make_folds(cv, y, *, n, groups=None, classes=False, random_state=None) -> list[Fold]:
    """The folds that `cv` asks for.

    Parameters
    ----------
    cv : int, splitter, (n,) integer array, or iterable of (train, test)
        A number of folds: rows are dealt out at random, within each class when ``classes`` (stratified), whole
        groups at a time with ``groups``. An object with ``split(X, y, groups)``, such as a splitter of
        scikit-learn. Fold ids: rows of one non-negative id are held out together, rows with a negative id
        always train. Pairs of index arrays or of boolean masks.
    y : (n,) array
        What is stratified by with ``classes``, and what a splitter gets.
    groups : (n,) array, optional
    classes : bool
    random_state : int, numpy.random.Generator or None
        For a number of folds only. None is the fixed seed 0: two calls see the same folds.

    Raises
    ------
    TypeError, ValueError
    """
    if groups is not None:
        groups = _vector(groups, "groups", n)
    if isinstance(cv, Integral) and not isinstance(cv, (bool, np.bool_)):
        ids = _deal(check_count(cv, "cv", low=2), y, n, groups, classes, random_state)
        return folds_of(ids)
    if isinstance(cv, (str, bytes, bool, np.bool_, float)) or cv is None:
        raise TypeError(
            f"cv is {cv!r}; allowed are a number of folds, a splitter with a method split, an array of fold "
            "ids, or pairs of train and test indices, e.g. cv=10"
        )
    if _is_ids(cv):
        return folds_of(_vector(cv, "cv", n))
    pairs = cv.split(np.empty((n, 0)), y, groups) if hasattr(cv, "split") else cv
    return _checked([_fold(k, pair, n) for k, pair in enumerate(pairs)])


def folds_of(ids: np.ndarray) -> list[Fold]:
    """One fold for each non-negative id."""
    if ids.dtype.kind not in "iu":
        raise TypeError(f"cv has dtype {ids.dtype}; fold ids are integers: pass cv.astype(int)")
    folds = [Fold((ids != k).astype(np.float64), np.flatnonzero(ids == k)) for k in np.unique(ids[ids >= 0])]
    return _checked(folds)


def fold_ids(folds: list[Fold], n: int) -> np.ndarray | None:
    """(n,) number of the fold that holds each row out, -1 where none does; None when some row is in several."""
    times, ids = np.zeros(n, np.int64), np.full(n, -1)
    for k, fold in enumerate(folds):
        np.add.at(times, fold.test, 1)
        ids[fold.test] = k
    return ids if times.max(initial=0) <= 1 else None


def _deal(count, y, n, groups, classes, random_state) -> np.ndarray:
    """Fold ids of `count` folds of nearly equal size, at random."""
    rng = np.random.default_rng(0 if random_state is None else random_state)
    if groups is not None:
        return _deal_groups(count, groups, rng)
    if count > n:
        raise ValueError(f"cv is {count} but X has {n} rows; at most one fold a row: pass cv={n} or less")
    order = rng.permutation(n)
    if classes:  # neighbours in this order are of one class, and go to different folds
        order = order[np.argsort(y[order], kind="stable")]
    ids = np.empty(n, np.int64)
    ids[order] = np.arange(n) % count
    return ids


def _deal_groups(count, groups, rng) -> np.ndarray:
    """Whole groups, the largest first, each to the fold with the fewest rows."""
    _, member, sizes = np.unique(groups, return_inverse=True, return_counts=True)
    if count > len(sizes):
        raise ValueError(
            f"cv is {count} but groups has {len(sizes)} different values; every fold needs one: pass "
            f"cv={len(sizes)} or less"
        )
    order = rng.permutation(len(sizes))
    order = order[np.argsort(-sizes[order], kind="stable")]
    fold_of, rows = np.empty(len(sizes), np.int64), np.zeros(count, np.int64)
    for group in order:
        fold_of[group] = np.argmin(rows)
        rows[fold_of[group]] += sizes[group]
    return fold_of[member.reshape(-1)]


def _is_ids(cv) -> bool:
    """A vector of numbers rather than pairs of arrays."""
    if frame_module(cv) is not None:
        return True
    if isinstance(cv, np.ndarray):
        return cv.ndim == 1 and cv.dtype != object
    return isinstance(cv, (list, tuple)) and len(cv) > 0 and all(isinstance(value, Integral) for value in cv)


def _vector(values, name, n) -> np.ndarray:
    if frame_module(values) is not None:
        values = series_values(values, name)
    array = np.asarray(values) if name == "groups" else as_plain_array(values, name)
    if array.shape != (n,):
        raise ValueError(f"{name} has shape {array.shape}; one value for each of the {n} rows of X is needed")
    return array


def _fold(k, pair, n) -> Fold:
    try:
        train, test = pair
    except (TypeError, ValueError):
        raise TypeError(
            f"element {k} of cv is a {type(pair).__name__}; pairs (train, test) of row indices are allowed"
        ) from None
    train, test = (_rows(k, part, name, n) for part, name in ((train, "train"), (test, "test")))
    return Fold(np.bincount(train, minlength=n).astype(np.float64), test)


def _rows(k, part, name, n) -> np.ndarray:
    rows = np.asarray(part)
    if rows.dtype == bool and rows.shape == (n,):
        rows = np.flatnonzero(rows)
    if rows.ndim != 1 or (rows.size and rows.dtype.kind not in "iu"):
        raise TypeError(
            f"the {name} part of fold {k} of cv has dtype {rows.dtype} and shape {rows.shape}; row indices or "
            f"a mask of {n} rows is needed"
        )
    rows = rows.astype(np.int64)
    if rows.size and (rows.min() < 0 or rows.max() >= n):
        raise ValueError(
            f"the {name} part of fold {k} of cv has the row {rows[(rows < 0) | (rows >= n)][0]}; X has rows 0 "
            f"to {n - 1}"
        )
    return rows


def _checked(folds: list[Fold]) -> list[Fold]:
    if len(folds) < 1:
        raise ValueError("cv has no fold that holds rows out; at least one is needed")
    for k, fold in enumerate(folds):
        for part, empty in (("train", not fold.train.any()), ("test", len(fold.test) == 0)):
            if empty:
                raise ValueError(f"fold {k} of cv has no {part} rows; every fold needs both parts")
    return folds
