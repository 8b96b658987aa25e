"""CVPath: what cross-validation returns. Scores of every fold, both choices, the path of all the data."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np

from fastnet.io import LOADERS, path_parts, write_archive
from fastnet.model_selection import report, rules
from fastnet.result import Path

__all__ = ["CVPath"]


@dataclass(frozen=True, eq=False, repr=False, kw_only=True)
class CVPath:
    """A cross-validated path. Immutable; ``cv.path`` is the fit to all the data.

    With several l1_ratio, or mixes gamma of the relaxed path, there is one entry for each, in `paths`, `fold_scores`,
    `means`; attributes without an index belong to the one with the best mean, number ``best``. The
    mean over the folds is weighted by their held-out weight, and its standard error is that of a weighted mean of
    independent values, sqrt(sum_f W_f (score_f - mean)^2 / W / (F - 1)), as in glmnet.
    """

    paths: tuple[Path, ...]  # one for each l1_ratio and gamma, fitted to all the data; their alphas are the grids
    fold_scores: tuple[np.ndarray, ...]  # (F, K) for each entry of paths; NaN where a fold has no score
    fold_weights: np.ndarray  # (F,) held-out weights (of events for the deviance of survival times)
    roles: np.ndarray  # (F, n) int8: 1 the row trained, 2 it was held out, 3 both, 0 neither
    fold_ids: np.ndarray | None  # (n,) fold that holds the row out, -1 none; None when some row is in several
    measure: str  # what the scores are
    greater_is_better: bool
    predictions: tuple[np.ndarray, ...] | None = None  # (n, K) for each l1_ratio; NaN in rows never held out
    missed: int = 0  # points of the folds above the promised gap
    worst_gap: float = 0.0  # of all points of all folds

    def __post_init__(self):
        if not len(self.paths) == len(self.fold_scores) > 0:
            raise ValueError(f"{len(self.paths)} paths and {len(self.fold_scores)} arrays of scores do not fit")
        F = len(self.fold_weights)
        for path, scores in zip(self.paths, self.fold_scores, strict=True):
            if scores.shape != (F, len(path)):
                raise ValueError(f"fold_scores has shape {scores.shape}; {F} folds of {len(path)} points are expected")

    # --- scores

    @property
    def sign(self) -> float:
        """1 where less is better, -1 where more is."""
        return -1.0 if self.greater_is_better else 1.0

    @cached_property
    def means(self) -> tuple[np.ndarray, ...]:
        """(K,) weighted means over the folds, one array for each l1_ratio."""
        return tuple(_mean_and_error(scores, self.fold_weights)[0] for scores in self.fold_scores)

    @cached_property
    def ses(self) -> tuple[np.ndarray, ...]:
        """(K,) standard errors of `means`; NaN with one fold."""
        return tuple(_mean_and_error(scores, self.fold_weights)[1] for scores in self.fold_scores)

    @cached_property
    def best(self) -> int:
        """Number of the l1_ratio with the best mean at any alpha."""
        lowest = [np.min(_loss(mean, self.sign)) for mean in self.means]
        return int(np.argmin(lowest))

    @cached_property
    def index_min(self) -> int:
        """Position of alpha_min on the path."""
        loss = _loss(self.mean, self.sign)
        at = np.flatnonzero(loss == loss.min())
        return int(at[np.argmax(self.alphas[at])])

    @property
    def path(self) -> Path:
        """The path of all the data, at the best l1_ratio."""
        return self.paths[self.best]

    @property
    def l1_ratio(self) -> float:
        return self.path.l1_ratio

    @property
    def l1_ratios(self) -> tuple[float, ...]:
        return tuple(path.l1_ratio for path in self.paths)

    @property
    def gamma(self) -> float:
        """Mix of the best relaxed path; 1 is the penalised path."""
        return self.path.gamma

    @property
    def gammas(self) -> tuple[float, ...]:
        """Mix of every entry of `paths`."""
        return tuple(path.gamma for path in self.paths)

    @property
    def alphas(self) -> np.ndarray:
        return self.path.alphas

    @property
    def mean(self) -> np.ndarray:
        return self.means[self.best]

    @property
    def se(self) -> np.ndarray:
        return self.ses[self.best]

    @property
    def n_folds(self) -> int:
        return len(self.fold_weights)

    # --- choices

    @property
    def alpha_min(self) -> float:
        """The alpha with the best mean."""
        return rules.minimum(self)

    @property
    def alpha_1se(self) -> float:
        """The largest alpha within one standard error of the best mean; never below alpha_min."""
        return rules.one_standard_error()(self)

    def choose(self, alpha="min") -> float:
        """An alpha: "min", "1se", a rule (function of this result, see `fastnet.model_selection.rules`), a number."""
        if callable(alpha):
            return float(alpha(self))
        if isinstance(alpha, str):
            if alpha not in ("min", "1se"):
                raise ValueError(
                    f'alpha is {alpha!r}; allowed are "min", "1se", a number, or a function of the CVPath, e.g. '
                    "fastnet.model_selection.percentile()"
                )
            return self.alpha_min if alpha == "min" else self.alpha_1se
        return float(alpha)

    def coef(self, alpha="min") -> np.ndarray:
        """(p,) coefficients of the fit to all the data, at `choose(alpha)`."""
        return self.path.coef_at(self.choose(alpha))

    def intercept(self, alpha="min") -> float:
        """The intercept of the fit to all the data, at `choose(alpha)`."""
        return self.path.intercept_at(self.choose(alpha))

    def selected(self, alpha="min"):
        """Features with a non-zero coefficient at `choose(alpha)`, in order of entry."""
        return self.path.selected(self.choose(alpha))

    def predict(self, X, alpha="min", kind: str = "response", offset=None) -> np.ndarray:
        """(n,) predictions for new rows at `choose(alpha)`; see `fastnet.Path.predict`."""
        return self.path.predict(X, self.choose(alpha), kind=kind, offset=offset)

    # --- tables, pictures, files

    def to_frame(self):
        """A pandas frame, one row for each l1_ratio and alpha: mean, se and df."""
        return report.to_frame(self)

    def plot(self, ax=None):
        """Draw mean and standard error against alpha, both choices marked; see `report.plot`."""
        return report.plot(self, ax)

    def diagnose(self, X=None, y=None, *, alpha="min"):
        """Look for common pitfalls at `choose(alpha)`; see `fastnet.Path.diagnose`.

        Beyond what is said there: ``edge`` and ``over_regularised`` judge the choice by the scores of the folds, and
        ``still_falling`` is about these scores. No other held-out data are used.

        Returns
        -------
        fastnet.diagnosis.Diagnosis
        """
        from fastnet.diagnosis import diagnose_cv

        return diagnose_cv(self, X, y, alpha=alpha)

    def summary(self) -> str:
        """A text table of the two choices of every l1_ratio."""
        return report.summary(self)

    def __repr__(self) -> str:
        return report.one_line(self)

    def __str__(self) -> str:
        return report.summary(self)

    def _repr_html_(self) -> str:
        return report.html(self)

    def save(self, file) -> None:
        """Write the result to `file` (npz, no pickle), atomically; `fastnet.load` gives it back bit by bit."""
        arrays: dict[str, np.ndarray] = {}
        metas = []
        for k, path in enumerate(self.paths):
            parts, meta = path_parts(path)
            metas.append(meta)
            arrays |= {f"path{k}.{name}": value for name, value in parts.items()}
            arrays[f"fold_scores{k}"] = self.fold_scores[k]
            if self.predictions is not None:
                arrays[f"predictions{k}"] = self.predictions[k]
        arrays |= {"fold_weights": self.fold_weights, "roles": self.roles}
        if self.fold_ids is not None:
            arrays["fold_ids"] = self.fold_ids
        meta = {name: getattr(self, name) for name in _SCALARS}
        write_archive(file, "CVPath", arrays, meta | {"paths": metas})


_SCALARS = ("measure", "greater_is_better", "missed", "worst_gap")


def _load(arrays, meta) -> CVPath:
    paths, scores, predictions = [], [], []
    for k, part in enumerate(meta["paths"]):
        prefix = f"path{k}."
        own = {name[len(prefix) :]: value for name, value in arrays.items() if name.startswith(prefix)}
        paths.append(LOADERS["Path"](own, part))
        scores.append(arrays[f"fold_scores{k}"])
        if f"predictions{k}" in arrays:
            predictions.append(arrays[f"predictions{k}"])
    return CVPath(
        paths=tuple(paths), fold_scores=tuple(scores), fold_weights=arrays["fold_weights"], roles=arrays["roles"],
        fold_ids=arrays.get("fold_ids"), predictions=tuple(predictions) or None,
        **{name: meta[name] for name in _SCALARS},
    )  # fmt: skip


LOADERS["CVPath"] = _load


def _loss(mean, sign):
    """Less is better; points without a score never win."""
    return np.where(np.isnan(mean), np.inf, sign * mean)


def _mean_and_error(scores, weights):
    """Weighted mean over the folds (rows) that have a score, and its standard error."""
    weight = np.where(np.isnan(scores), 0.0, weights[:, None])
    total, count = weight.sum(axis=0), np.count_nonzero(weight, axis=0)
    filled = np.nan_to_num(scores, nan=0.0)
    with np.errstate(invalid="ignore", divide="ignore"):
        mean = (weight * filled).sum(axis=0) / total
        square = (weight * (filled - mean) ** 2).sum(axis=0) / total
        return mean, np.sqrt(square / np.where(count > 1, count - 1, np.nan))
