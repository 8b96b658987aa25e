"""LogisticRegressionCV: scikit-learn's estimator over fastnet's folds as weights."""

from __future__ import annotations

import inspect

import numpy as np
from sklearn import linear_model
from sklearn.base import _fit_context
from sklearn.metrics import get_scorer, make_scorer
from sklearn.model_selection import check_cv
from sklearn.utils.validation import _check_method_params

from fastnet.model_selection.fitting import Job, Task
from fastnet.model_selection.folds import make_folds
from fastnet.model_selection.running import run_tasks
from fastnet.validation import check_problem

from .classifiers import saga_where, validate_classes
from .cross_validated import routed
from .solve import SHARE, STEPS, solve, warn_unsolved


class LogisticRegressionCV(linear_model.LogisticRegressionCV):
    __doc__ = linear_model.LogisticRegressionCV.__doc__

    @_fit_context(prefer_skip_nested_validation=True)
    def fit(self, X, y, sample_weight=None, **params):
        """Choose C (and l1_ratio) by cross-validation, then fit all the data there.

        Any `l1_ratios` go with any `solver`; three classes and more are scikit-learn's own fit. Folds are weights over
        the one X, which is neither split nor copied.

        Parameters
        ----------
        X : {array-like, sparse matrix} of shape (n_samples, n_features)
        y : array-like of shape (n_samples,)
        sample_weight : array-like of shape (n_samples,), default=None
        **params : dict
            For the splitter and the scorer.

        Returns
        -------
        self
        """
        given, ratios = (X, y), _ratios(self)
        X, y, weight = validate_classes(self, X, y, sample_weight)
        if len(self.classes_) > 2:
            with saga_where(self, any(ratios)):
                super().fit(*given, sample_weight, **params)
            self.n_iter_ = np.maximum(self.n_iter_, 1)  # 0 where a start from the last C is good enough
            return self
        self.Cs_ = np.logspace(-4, 4, self.Cs) if np.ndim(self.Cs) == 0 else np.asarray(self.Cs, float)
        routes = routed(self, sample_weight, params)
        folds = list(check_cv(self.cv, y, classifier=True).split(X, y, **routes.splitter.split))
        folds = make_folds(folds, y, n=X.shape[0])
        measure = _Score(_scorer(self), self.classes_, X, y, routes.scorer.score, self.fit_intercept)
        results = self._run(X, y, weight, ratios, folds, measure)
        # (n_folds, n_cs, n_l1_ratios), and one axis more for the coefficients
        scores, paths, n_iters = (_by_fold(part, len(folds), len(ratios)) for part in zip(*results))
        self._choose(X, y, weight, scores, paths, ratios)
        self._keep(scores, paths, n_iters)
        return self

    def _run(self, X, y, weight, ratios, folds, measure):
        """[(scores (K,), coefficients (K, dof), iterations (K,))] of every fold and l1_ratio."""
        problem = check_problem(X, y == self.classes_[1], sample_weight=weight, check_finite=False)
        tasks = []
        for k, fold in enumerate(folds):
            total = float((fold.train * weight).sum())
            with np.errstate(divide="ignore"):
                alphas = np.where(np.isinf(self.Cs_), 0.0, 1.0 / (self.Cs_ * total))
            tasks += [Task(alphas, ratio, fold.train, fold.test, f"fold {k}") for ratio in ratios]
        options = {
            "family": "binomial", "fit_intercept": self.fit_intercept, "standardize": False, "tol": self.tol * SHARE,
            "max_iter": self.max_iter * STEPS,
        }  # fmt: skip
        results = run_tasks(tasks, Job(problem, options, measure, keep="path"), self.n_jobs, False)
        worst = max(result.worst_gap for result in results)
        warn_unsolved(worst, self.tol, 1.0)
        return [
            (result.scores[0], _with_intercepts(result.path, self.fit_intercept), np.maximum(result.path.n_iters, 1))
            for result in results
        ]

    def _choose(self, X, y, weight, scores, paths, ratios):
        """C_, l1_ratio_ and coefficients: of a fit to all the data, or the mean of the folds' own best."""
        if self.refit:
            at, of = np.unravel_index(np.argmax(scores.sum(axis=0)), scores.shape[1:])
            C, ratio = self.Cs_[at], ratios[of]
            found = solve(
                X, (y == self.classes_[1]).astype(float), family="binomial", l1_ratio=ratio, sample_weight=weight,
                alphas=[0.0 if np.isinf(C) else 1.0 / (C * weight.sum())], fit_intercept=self.fit_intercept,
                tol=self.tol * SHARE, max_iter=self.max_iter * STEPS, start=paths[:, at, of, : X.shape[1]].mean(axis=0),
            )  # fmt: skip
            coef, intercept = found.coefs[:, 0], found.intercepts[0]
        else:
            best = scores.reshape(len(scores), -1).argmax(axis=1)
            at, of = np.unravel_index(best, scores.shape[1:])
            C, ratio = self.Cs_[at].mean(), np.asarray(ratios)[of].mean()
            mean = paths[np.arange(len(paths)), at, of].mean(axis=0)
            coef, intercept = mean[: X.shape[1]], mean[-1] if self.fit_intercept else 0.0
        self.coef_, self.intercept_ = coef[None, :], np.array([intercept])
        self.C_, self.l1_ratio_ = np.array([C]), np.array([ratio])
        self.l1_ratios_ = np.asarray(ratios)

    def _keep(self, scores, paths, n_iters):
        """The attributes of all folds, in the shapes that the installed version has."""
        if getattr(self, "use_legacy_attributes", "warn"):
            label = self.classes_[1]
            if _is_plain(self):
                scores, paths, n_iters = scores[:, :, 0], paths[:, :, 0], n_iters[:, :, 0]
            self.scores_, self.coefs_paths_, self.n_iter_ = {label: scores}, {label: paths}, n_iters[None]
            return
        self.C_, self.l1_ratio_ = float(self.C_[0]), float(self.l1_ratio_[0])
        self.scores_, self.n_iter_ = scores.swapaxes(1, 2), n_iters.swapaxes(1, 2)
        self.coefs_paths_ = paths.swapaxes(1, 2)[:, :, :, None, :]

    def __sklearn_tags__(self):
        tags = super().__sklearn_tags__()
        tags.array_api_support = False
        return tags


def _by_fold(parts, n_folds, n_ratios):
    """(folds x ratios, K, ...) as (folds, K, ratios, ...)."""
    array = np.array(parts)
    return np.moveaxis(array.reshape(n_folds, n_ratios, *array.shape[1:]), 1, 2)


def _with_intercepts(path, fit_intercept):
    dense = path.coefs.toarray().T
    return np.column_stack((dense, path.intercepts)) if fit_intercept else dense


def _is_plain(estimator) -> bool:
    """Whether no l1_ratios were asked for, so that attributes have no axis for them."""
    return estimator.l1_ratios is None or (isinstance(estimator.l1_ratios, str) and estimator.l1_ratios == "warn")


def _ratios(estimator) -> list[float]:
    """The l1_ratios that `penalty` and `l1_ratios` of any version ask for."""
    penalty = {"l1": 1.0, "l2": 0.0}.get(estimator.penalty)
    if penalty is not None:
        return [penalty]
    if _is_plain(estimator):
        if estimator.penalty == "elasticnet":
            raise ValueError("l1_ratios must be an array-like of numbers between 0 and 1; got (l1_ratios=None)")
        return [0.0]
    ratios = [float(ratio) for ratio in np.ravel(estimator.l1_ratios)]
    if not ratios or min(ratios) < 0 or max(ratios) > 1:
        raise ValueError(
            f"l1_ratios must be an array-like of numbers between 0 and 1; got (l1_ratios={estimator.l1_ratios!r})"
        )
    return ratios


def _scorer(estimator):
    """The scorer, told of both classes where it can be: a held-out part may miss one."""
    scoring = None if isinstance(estimator.scoring, str) and estimator.scoring == "warn" else estimator.scoring
    if scoring is None:
        return None
    scorer = get_scorer(scoring)
    known = _parameters(getattr(scorer, "_score_func", None))
    if "labels" not in known:
        return scorer
    kwargs = {"labels": estimator.classes_} | ({"pos_label": estimator.classes_[1]} if "pos_label" in known else {})
    return make_scorer(
        scorer._score_func, greater_is_better=scorer._sign == 1, response_method=scorer._response_method,
        **(getattr(scorer, "_kwargs", {}) | kwargs),
    )  # fmt: skip


def _parameters(function) -> set[str]:
    return set() if function is None else set(inspect.signature(function).parameters)


class _Score:
    """A measure of held-out rows: a scorer of scikit-learn's on its own LogisticRegression, at every C."""

    def __init__(self, scorer, classes, X, y, params, fit_intercept):
        self.scorer, self.classes, self.X, self.y, self.params = scorer, classes, X, y, params
        self.fit_intercept = fit_intercept

    def scores(self, held_out) -> np.ndarray:
        """(K,) values for one fold (a `HeldOut`)."""
        rows = held_out.index
        X, y = held_out.rows(), self.y[rows]
        params = _check_method_params(X=self.X, params=self.params, indices=rows)
        model = linear_model.LogisticRegression()
        model.classes_ = self.classes
        result = np.empty(len(held_out.path))
        for k in range(len(result)):
            model.coef_ = held_out.path.coefs[:, [k]].toarray().T
            model.intercept_ = held_out.path.intercepts[k : k + 1] if self.fit_intercept else 0.0
            if self.scorer is None:
                result[k] = model.score(X, y, sample_weight=params.get("sample_weight"))
            else:
                result[k] = self.scorer(model, X, y, **params)
        return result
