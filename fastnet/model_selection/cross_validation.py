"""`cv_path`: a path and its cross-validation over one X."""

from __future__ import annotations

import warnings
from numbers import Real

import numpy as np

from fastnet.exceptions import ConvergenceWarning
from fastnet.losses.links import CLASSIFIERS
from fastnet.model_selection.fitting import Task, run_tasks
from fastnet.model_selection.folds import fold_ids, make_folds
from fastnet.model_selection.measures import find_measure
from fastnet.model_selection.result import CVPath
from fastnet.validation import check_flag, check_problem

_FULL_ONLY = ("alphas", "alpha_min_ratio", "max_features", "min_dev_change", "warm_start", "callback")


def cv_path(
    X, y, *, cv=10, groups=None, scoring=None, n_jobs=None, l1_ratio=1.0, random_state=None, keep_predictions=False,
    family="gaussian", sample_weight=None, offset=None, penalty_factor=None, lower=None, upper=None, progress=False,
    check_finite=True, **path_options,
):  # fmt: skip
    """Cross-validate a path: where on it do predictions for rows that it has not seen come out best?

    The path of all the data gives the grid of alphas. Each fold is then fitted on that grid with weight 0 on its
    held-out rows: X is neither split nor copied, while the moments of the columns, alpha_max and the intercept are
    those of the fold's own training rows.

    Parameters
    ----------
    X, y, family, sample_weight, offset, penalty_factor, lower, upper, check_finite
        As in `enet_path`.
    cv : int, splitter, (n,) integer array, or iterable of (train, test)
        A number of folds (rows dealt at random; within classes for families of classes, by whole groups with
        ``groups``), a scikit-learn splitter, a fold id for each row (negative: always trains), or pairs of row indices.
    groups : (n,) array, optional
        Rows of one group are never in both parts of a fold.
    scoring : str, Measure, callable, optional
        "deviance" (default), "mse", "mae"; for classes also "misclassification", "auc", "brier"; a name or a
        scorer ``scorer(estimator, X, y)`` of scikit-learn's; a `fastnet.model_selection.Measure`. Always weighted
        by `sample_weight` where the scorer takes it.
    n_jobs : int, optional
        Folds fitted at the same time, in threads; None is 1, -1 all processors. Results do not depend on it, to
        the last bit. Inside ``joblib.parallel_config`` the backend chosen there is used.
    l1_ratio : float or sequence of float
        Several are cross-validated over the same folds, each on its own grid.
    random_state : int or numpy.random.Generator, optional
        How a number of folds is dealt. None is the fixed seed 0, so that two calls see the same folds.
    keep_predictions : bool
        Keep the predictions (response scale) of held-out rows at every alpha.
    progress : bool
        Show a progress bar over the folds (needs the extra ``progress``).
    **path_options
        Further arguments of `enet_path`. `max_features`, `min_dev_change`, `callback` and `warm_start` concern the
        path of all the data; folds are fitted at every alpha that it reached.

    Returns
    -------
    CVPath

    Raises
    ------
    ValueError, TypeError
        As `enet_path`; for folds that do not fit the data; for a fold that cannot be fitted, which it names.

    Warns
    -----
    ConvergenceWarning
        As `enet_path`, of the path of all the data and of the folds.

    References
    ----------
    Stone (1974), Cross-validatory choice and assessment of statistical predictions.

    Examples
    --------
    >>> import numpy as np, fastnet
    >>> rng = np.random.default_rng(0)
    >>> X = rng.standard_normal((60, 100))
    >>> y = X[:, 0] + 0.1 * rng.standard_normal(60)
    >>> cv = fastnet.cv_path(X, y, cv=5)
    >>> [int(j) for j in cv.selected("1se")]
    [0]
    """
    from fastnet.api import enet_path

    problem = check_problem(
        X, y, sample_weight=sample_weight, offset=offset, penalty_factor=penalty_factor, lower=lower, upper=upper,
        check_finite=check_flag(check_finite, "check_finite"),
    )  # fmt: skip
    keep_predictions = check_flag(keep_predictions, "keep_predictions")
    progress = check_flag(progress, "progress")
    ratios = _check_ratios(l1_ratio)
    measure = find_measure(scoring, family)
    n = problem.X.shape[0]
    classes = (family if isinstance(family, str) else getattr(family, "name", "")) in CLASSIFIERS
    folds = make_folds(cv, problem.y, n=n, groups=groups, classes=classes, random_state=random_state)
    # 1. the path of all the data
    paths = [
        enet_path(
            problem.X, problem.y, family=family, l1_ratio=ratio, sample_weight=problem.sample_weight,
            offset=problem.offset, penalty_factor=problem.penalty_factor, lower=problem.lower, upper=problem.upper,
            check_finite=False, **path_options,
        ).replace(feature_names=problem.feature_names)
        for ratio in ratios
    ]  # fmt: skip
    # 2. every fold on its grid
    own = {name: value for name, value in path_options.items() if name not in _FULL_ONLY}
    tasks = [
        Task(path.alphas, path.l1_ratio, fold.train, fold.test, f"fold {k}")
        for path in paths
        for k, fold in enumerate(folds)
    ]
    results = run_tasks(
        tasks, problem._replace(feature_names=None), own | {"family": family}, measure, keep_predictions, n_jobs,
        progress,
    )  # fmt: skip
    _warn_missed(results, paths)
    # 3. together
    by_ratio = [results[k : k + len(folds)] for k in range(0, len(results), len(folds))]
    weight = np.ones(n) if problem.sample_weight is None else problem.sample_weight
    return CVPath(
        paths=tuple(paths),
        fold_scores=tuple(np.array([result.scores for result in part]) for part in by_ratio),
        fold_weights=np.array([weight[fold.test].sum() for fold in folds]),
        roles=_roles(folds, n),
        fold_ids=fold_ids(folds, n),
        measure=measure.name,
        greater_is_better=measure.greater_is_better,
        predictions=tuple(_gathered(part, folds, n) for part in by_ratio) if keep_predictions else None,
        missed=sum(result.missed for result in results),
        worst_gap=max(result.worst_gap for result in results),
    )


def _warn_missed(results, paths):
    missed = sum(result.missed for result in results)
    if missed:
        total = sum(len(result.scores) for result in results)
        warnings.warn(
            f"{missed} of {total} points of the folds miss the promised gap <= tol = {paths[0].tol:.2g} (the worst is "
            f"{max(result.worst_gap for result in results):.2g}; both without unit). Raise max_iter, or accept a "
            "larger tol.",
            ConvergenceWarning,
            stacklevel=3,
        )


def _check_ratios(l1_ratio) -> list[float]:
    if isinstance(l1_ratio, Real):
        return [l1_ratio]  # type: ignore[list-item]  # checked by enet_path
    try:
        ratios = list(l1_ratio)
    except TypeError:
        raise TypeError(
            f"l1_ratio is {l1_ratio!r}; a number from 0 (ridge) to 1 (lasso), or a sequence of such numbers, is allowed"
        ) from None
    if not ratios:
        raise ValueError("l1_ratio is empty; at least one number from 0 (ridge) to 1 (lasso) is needed")
    return ratios


def _roles(folds, n) -> np.ndarray:
    roles = np.zeros((len(folds), n), np.int8)
    for k, fold in enumerate(folds):
        roles[k] = fold.train > 0
        roles[k, fold.test] |= 2
    return roles


def _gathered(results, folds, n) -> np.ndarray:
    """(n, K) held-out predictions; the mean where a row is held out several times, NaN where never."""
    total = np.zeros((n, results[0].predictions.shape[1]))
    times = np.zeros(n)
    for result, fold in zip(results, folds, strict=True):
        np.add.at(total, fold.test, result.predictions)
        np.add.at(times, fold.test, 1)
    with np.errstate(invalid="ignore"):
        return total / np.where(times > 0, times, np.nan)[:, None]
