"""`cv_path`: a path and its cross-validation over one X."""

from __future__ import annotations

import warnings
from numbers import Real

import numpy as np

from fastnet import blas
from fastnet.exceptions import ConvergenceWarning, CVInterrupted
from fastnet.losses import find_family
from fastnet.losses.links import CLASSIFIERS
from fastnet.losses.survival_times import read_times
from fastnet.model_selection.fitting import Job, Task
from fastnet.model_selection.folds import fold_ids, make_folds
from fastnet.model_selection.measures import find_measure
from fastnet.model_selection.result import CVPath
from fastnet.model_selection.running import FoldsInterrupted, run_tasks
from fastnet.validation import check_flag, check_problem

_FULL_ONLY = ("alphas", "alpha_min_ratio", "max_features", "min_dev_change", "warm_start", "callback")
GAMMAS = (0.0, 0.25, 0.5, 0.75, 1.0)  # of relax=True, as glmnet's


@blas.one_thread()
def cv_path(
    X, y, *, cv=10, groups=None, scoring=None, n_jobs=None, l1_ratio=1.0, relax=None, random_state=None,
    keep_predictions=False, family="gaussian", sample_weight=None, offset=None, penalty_factor=None, lower=None,
    upper=None, progress=False, check_finite=True, **path_options,
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
        A number of folds (rows dealt at random; within classes for families of classes, within events and censored
        rows for "cox", by whole groups with ``groups``), a scikit-learn splitter, a fold id for each row (negative:
        always trains), or pairs of row indices.
    groups : (n,) array, optional
        Rows of one group are never in both parts of a fold.
    scoring : str, Measure, callable, optional
        "deviance" (default), "mse", "mae"; for classes also "misclassification", "auc", "brier"; for survival times
        "deviance" (partial likelihood of all rows less that of the training rows, glmnet's ``grouped=TRUE``) and
        "concordance"; a name or a scorer ``scorer(estimator, X, y)`` of scikit-learn's; a
        `fastnet.model_selection.Measure`. Always weighted by `sample_weight` where the scorer takes it.
    n_jobs : int, optional
        Folds fitted at the same time, in threads; None is 1, -1 all processors. Results do not depend on it, to
        the last bit. Inside ``joblib.parallel_config`` the backend chosen there is used.
    l1_ratio : float or sequence of float
        Several are cross-validated over the same folds, each on its own grid.
    relax : bool or sequence of float, optional
        Mixes gamma of the relaxed path (see `Path.relax`) to cross-validate as well; True is (0, 0.25, 0.5, 0.75, 1).
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
    CVInterrupted
        On Ctrl-C during the folds; its ``cv`` holds what was finished. (`PathInterrupted` before the first fold.)

    Warns
    -----
    ConvergenceWarning
        As `enet_path`, of the path of all the data and of the folds.

    References
    ----------
    Stone (1974), Cross-validatory choice and assessment of statistical predictions.
    Verweij, van Houwelingen (1993), Cross-validation in survival analysis.
    Meinshausen (2007), Relaxed lasso.

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

    keep_predictions = check_flag(keep_predictions, "keep_predictions")
    progress = check_flag(progress, "progress")
    ratios, gammas = _check_ratios(l1_ratio), _check_gammas(relax)
    family = family if isinstance(family, str) and family == "gaussian" else find_family(family)
    problem, labels, classes = _problem(
        family, X, y, sample_weight=sample_weight, offset=offset, penalty_factor=penalty_factor, lower=lower,
        upper=upper, check_finite=check_flag(check_finite, "check_finite"),
    )  # fmt: skip
    measure = find_measure(scoring, family)
    n = problem.X.shape[0]
    folds = make_folds(cv, labels, n=n, groups=groups, classes=classes, random_state=random_state)
    _check_events(family, problem, folds)
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
    own = {name: value for name, value in path_options.items() if name not in _FULL_ONLY} | {"family": family}
    tasks = [
        Task(path.alphas, path.l1_ratio, fold.train, fold.test, f"fold {k}")
        for path in paths
        for k, fold in enumerate(folds)
    ]
    keep = "predictions" if keep_predictions else ""
    job = Job(problem._replace(feature_names=None), own, measure, gammas, keep)
    try:
        results = run_tasks(tasks, job, n_jobs, progress)
    except FoldsInterrupted as interrupt:
        raise _interrupted(interrupt.results, paths, job, folds) from None
    _warn_missed(results, paths)
    # 3. together
    return _together(results, paths, job, folds)


def _problem(family, X, y, **arguments):
    """The checked problem, what splitters get as y, and whether that is to be stratified by (classes, events)."""
    name = getattr(family, "name", family)
    if name != "cox":
        problem = check_problem(X, y, **arguments)
        return problem, problem.y, name in CLASSIFIERS
    start, stop, event = read_times(y)
    columns = (stop, event) if start is None else (start, stop, event)
    return check_problem(X, stop, **arguments)._replace(y=np.column_stack(columns)), event, True


def _check_events(family, problem, folds):
    """A training part without an event has no partial likelihood."""
    if getattr(family, "name", "") != "cox":
        return
    event = problem.y[:, -1] * (1.0 if problem.sample_weight is None else problem.sample_weight)
    for k, fold in enumerate(folds):
        if not (event * fold.train).any():
            raise ValueError(
                f"the training part of fold {k} holds no event: use fewer folds, or leave cv a number, which deals "
                "events evenly"
            )


def _together(results, paths, job, folds) -> CVPath:
    """One entry of the result for each l1_ratio and gamma; what a fold did not finish (None) is NaN."""
    n, measure = job.problem.X.shape[0], job.measure
    entries = [one for path in paths for one in _relaxations(path, job)]
    done = [result for result in results if result is not None]
    scores, predictions = [], []
    for at in range(len(paths)):
        part = results[at * len(folds) : (at + 1) * len(folds)]
        for g in range(len(job.gammas)):
            blank = np.full(len(paths[at]), np.nan)
            scores.append(np.array([blank if result is None else result.scores[g] for result in part]))
            if job.keep == "predictions":
                predictions.append(_gathered(part, folds, n, len(paths[at]), g))
    return CVPath(
        paths=tuple(entries),
        fold_scores=tuple(scores),
        fold_weights=_fold_weights(measure, job.problem, folds),
        roles=_roles(folds, n),
        fold_ids=fold_ids(folds, n),
        measure=measure.name,
        greater_is_better=measure.greater_is_better,
        predictions=tuple(predictions) or None,
        missed=sum(result.missed for result in done),
        worst_gap=max(result.worst_gap for result in done),
    )


def _relaxations(path, job):
    if job.gammas == (1.0,):
        return (path,)
    from fastnet.relaxed import relaxed_paths

    return relaxed_paths(path, job.problem.X, job.problem.y, job.gammas, family=job.arguments["family"])


def _fold_weights(measure, problem, folds) -> np.ndarray:
    """(F,) what each fold counts in the mean: its held-out weight, unless the measure says otherwise."""
    if hasattr(measure, "fold_weight"):
        return np.array([measure.fold_weight(problem, fold) for fold in folds])
    weight = np.ones(problem.X.shape[0]) if problem.sample_weight is None else problem.sample_weight
    return np.array([weight[fold.test].sum() for fold in folds])


def _interrupted(results, paths, job, folds) -> CVInterrupted:
    finished = sum(result is not None for result in results)
    message = f"interrupted after {finished} of {len(results)} folds"
    if finished == 0:
        return CVInterrupted(message, paths[0], None)
    cv = _together(results, paths, job, folds)
    return CVInterrupted(message, cv.path, cv)


def _warn_missed(results, paths):
    missed = sum(result.missed for result in results)
    if missed:
        total = sum(result.scores.shape[1] for result in results)
        warnings.warn(
            f"{missed} of {total} points of the folds miss the promised gap <= tol = {paths[0].tol:.2g} (the worst is "
            f"{max(result.worst_gap for result in results):.2g}; both without unit). Raise max_iter, or accept a "
            "larger tol.",
            ConvergenceWarning,
            stacklevel=4,
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


def _check_gammas(relax) -> tuple[float, ...]:
    """The mixes to cross-validate; the penalised path alone by default."""
    if relax is None or relax is False:
        return (1.0,)
    if relax is True:
        return GAMMAS
    from fastnet.relaxed import check_gammas

    return check_gammas(relax, "relax")


def _roles(folds, n) -> np.ndarray:
    roles = np.zeros((len(folds), n), np.int8)
    for k, fold in enumerate(folds):
        roles[k] = fold.train > 0
        roles[k, fold.test] |= 2
    return roles


def _gathered(results, folds, n, count, g) -> np.ndarray:
    """(n, K) held-out predictions; the mean where a row is held out several times, NaN where never."""
    total = np.zeros((n, count))
    times = np.zeros(n)
    for result, fold in zip(results, folds, strict=True):
        if result is not None:
            np.add.at(total, fold.test, result.predictions[g])
            np.add.at(times, fold.test, 1)
    with np.errstate(invalid="ignore"):
        return total / np.where(times > 0, times, np.nan)[:, None]
