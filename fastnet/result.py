"""Path: what a fit returns. Solved points, each with its certificate and status; predictions, tables,
pictures, files.
"""

from __future__ import annotations

import dataclasses
import enum
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

import numpy as np
from scipy import sparse

from fastnet import result_tables
from fastnet.interpolation import interpolation_weights, order_of_entry
from fastnet.validation import check_alpha_values
from fastnet.validation.sparse import check_sparse

__all__ = ["Path", "Status"]


class Status(enum.IntEnum):
    """How the solution of one point ended."""

    CONVERGED = 0
    MAX_ITER = 1
    STALLED = 2
    INTERRUPTED = 3

    @property
    def description(self) -> str:
        """One line for messages and tables."""
        return _DESCRIPTIONS[self]


_DESCRIPTIONS = {
    Status.CONVERGED: "the duality gap is at most tol",
    Status.MAX_ITER: "max_iter inner iterations did not bring the duality gap down to tol",
    Status.STALLED: "no further progress is possible in floating point; the duality gap stays above tol",
    Status.INTERRUPTED: "interrupted before the duality gap reached tol",
}

# per-point fields and their dtypes; all of length K
POINT_FIELDS = {
    "alphas": np.float64,
    "intercepts": np.float64,
    "gaps": np.float64,
    "objectives": np.float64,
    "deviance_ratios": np.float64,
    "dfs": np.int64,
    "n_iters": np.int64,
    "statuses": np.int8,
    "times": np.float64,
}


@dataclass(frozen=True, eq=False, repr=False, kw_only=True)
class Path:
    """The points of a regularisation path, in the order in which their alphas were given. Immutable.

    Coefficients and intercepts are on the scale of the data, whatever `standardize` was. The objective of a
    point is

        1/W sum_i w_i loss(y_i, o_i + b0 + x_i'b) + alpha sum_j pf_j (l1_ratio |b_j| + (1 - l1_ratio)/2 b_j^2)

    and its gap is (objective - dual objective) / null_objective, without unit.

    Raises
    ------
    ValueError
        If the fields do not fit together.
    """

    alphas: np.ndarray  # (K,) penalty strengths
    l1_ratio: float  # 0 (ridge) to 1 (lasso)
    coefs: sparse.csc_array  # (p, K), scale of the data
    intercepts: np.ndarray  # (K,), scale of the data
    gaps: np.ndarray  # (K,) duality gap / null_objective
    objectives: np.ndarray  # (K,) penalised, mean over the weights
    deviance_ratios: np.ndarray  # (K,) share of the null model's deviance that is explained
    dfs: np.ndarray  # (K,) numbers of non-zero coefficients
    n_iters: np.ndarray  # (K,) inner iterations
    statuses: np.ndarray  # (K,) codes of `Status`
    stop_reason: str  # why the path ends where it does
    alpha_max: float  # smallest alpha at which every penalised coefficient is zero
    family: str = "gaussian"
    family_parameters: Mapping[str, Any] = field(default_factory=dict)  # e.g. {"delta": 1.35}
    feature_names: tuple[str, ...] | None = None  # (p,) columns of the frame that was fitted
    tol: float  # the gap that was promised
    fit_intercept: bool
    standardize: bool
    times: np.ndarray  # (K,) seconds spent on each point
    null_objective: float  # objective of the null model: only the unpenalised part fitted
    fingerprint: str | None = None  # digest identifying the data; a warm start from other data is refused by it
    problem_options: Mapping[str, Any] = field(default_factory=dict)  # arguments that `extend` repeats
    gamma: float = 1.0  # below 1: the mix of a relaxed path, whose points have no gap and no objective (NaN)

    def __post_init__(self):
        put = object.__setattr__
        for name, dtype in POINT_FIELDS.items():
            array = np.array(getattr(self, name), dtype=dtype, ndmin=1)
            array.flags.writeable = False
            put(self, name, array)
        coefs = (
            sparse.csc_array(self.coefs, dtype=np.float64)
            if 0 in self.coefs.shape
            else check_sparse(self.coefs, check_finite=False, name="coefs")
        )
        put(self, "coefs", coefs.astype(np.float64, copy=False))
        for name in POINT_FIELDS:
            if getattr(self, name).shape != (len(self),):
                raise ValueError(f"{name} has shape {getattr(self, name).shape}; the path has {len(self)} points")
        if coefs.shape[1] != len(self):
            raise ValueError(f"coefs has {coefs.shape[1]} columns; the path has {len(self)} points")
        if len(self) and not (0 <= self.statuses.min() and self.statuses.max() <= max(Status)):
            raise ValueError(f"statuses has {self.statuses}; the codes are 0 to {max(Status)}, see Status")
        put(self, "family_parameters", dict(self.family_parameters))
        put(self, "problem_options", dict(self.problem_options))
        if self.feature_names is not None:
            put(self, "feature_names", tuple(self.feature_names))
            if len(self.feature_names) != self.n_features:
                raise ValueError(f"feature_names has {len(self.feature_names)} names; coefs has {self.n_features} rows")

    def replace(self, **fields) -> Path:
        """A copy with some fields replaced."""
        return dataclasses.replace(self, **fields)

    # --- what is in it

    def __len__(self) -> int:
        """The number of solved points, K."""
        return len(self.alphas)

    @property
    def n_features(self) -> int:
        """The number of columns of X, p."""
        return self.coefs.shape[0]

    @property
    def converged(self) -> bool:
        """Whether every point keeps the promise ``gap <= tol``."""
        return bool((self.statuses == Status.CONVERGED).all())

    @cached_property
    def _entered(self) -> np.ndarray:
        """Columns that are ever non-zero, in order of entry."""
        return order_of_entry(self.alphas, self.coefs)

    def selected(self, alpha: float | None = None):
        """The features with a non-zero coefficient, in order of entry along the path.

        Features that enter at the same point are ordered by the size of their coefficients there.

        Parameters
        ----------
        alpha : float or None
            The penalty strength (interpolated like `coef_at`); None: every feature that enters anywhere.

        Returns
        -------
        list of str if the path knows feature names, else ndarray of int
        """
        columns = self._entered
        if alpha is not None:
            chosen = np.zeros(self.n_features, dtype=bool)
            chosen[self._coefs_at(_one_alpha(alpha)).indices] = True
            columns = columns[chosen[columns]]
        if self.feature_names is None:
            return columns.copy()
        return [self.feature_names[j] for j in columns]

    # --- between the points

    def _coefs_at(self, alphas: np.ndarray) -> sparse.csc_array:
        """(p, m) interpolated coefficients without explicit zeros."""
        coefs = sparse.csc_array(self.coefs @ interpolation_weights(self.alphas, alphas))
        coefs.sum_duplicates()
        coefs.eliminate_zeros()
        return coefs

    def coef_at(self, alpha):
        """Coefficients at any alpha: linear interpolation in alpha between the points, as glmnet's
        ``coef(s=)``.

        Beyond the ends of the path the coefficients of the nearest point are taken. Between two points the
        certificate of neither applies; ``extend`` solves an alpha of its own.

        Parameters
        ----------
        alpha : float or array_like (m,)

        Returns
        -------
        ndarray (p,) for a number, scipy.sparse.csc_array (p, m) for an array
        """
        if np.ndim(alpha) == 0:
            coefs = self._coefs_at(_one_alpha(alpha))
            dense = np.zeros(self.n_features)
            dense[coefs.indices] = coefs.data
            return dense
        return self._coefs_at(_many_alphas(alpha))

    def intercept_at(self, alpha):
        """The intercept at any alpha, interpolated as `coef_at`: a float for a number, else an ndarray
        (m,).
        """
        if np.ndim(alpha) == 0:
            return float((self.intercepts @ interpolation_weights(self.alphas, _one_alpha(alpha)))[0])
        return self.intercepts @ interpolation_weights(self.alphas, _many_alphas(alpha))

    def predict(self, X, alpha=None, kind: str = "response", offset=None) -> np.ndarray:
        """Predictions for new rows.

        Parameters
        ----------
        X : array_like, sparse container or frame, (n, p)
            Only columns with a non-zero coefficient are read (and checked for NaN). A frame must have the
            columns of the fit.
        alpha : float, array_like (m,) or None
            Penalty strengths, interpolated as `coef_at`; None: all points of the path.
        kind : {"response", "link", "class", "probability"}
            The mean (Cox: the relative risk e^eta; squared hinge: eta); the linear predictor eta = offset + intercept
            + x'coef; the class 0 or 1 (1 where eta > 0; binomial and squared hinge); the probability of class 1
            (binomial: its mean).
        offset : float, array_like (n,) or None
            Required (0 is allowed) if the path was fitted with an offset.

        Returns
        -------
        ndarray
            (n,) for one alpha, (n, m) for an array, (n, K) for None.

        Raises
        ------
        TypeError, ValueError
            As the fit does, and for a `kind` that the family does not have.
        """
        from fastnet.prediction import predict

        return predict(self, X, alpha, kind, offset)

    # --- more points, tables, pictures, files

    def extend(self, X, y, *, alphas, **options) -> Path:
        """The same path with further points, solved from its nearest ones; existing points are not solved
        again.

        Parameters
        ----------
        X, y : the data of the fit
            Other data are refused or solved anew, as `enet_path` says of `warm_start`.
        alphas : int or array_like (m,)
            Further penalty strengths. A number asks for so many points below the last one at the spacing of
            the last two.
        **options
            Override what the fit was given (``tol``, ``max_iter``, ``callback``, ...). The problem itself
            (weights, offset, factors, bounds) is kept on the path and repeated.

        Returns
        -------
        Path
            All points by decreasing alpha; a new point replaces an old one of equal alpha.
        """
        from fastnet.extension import extend

        return extend(self, X, y, alphas, options)

    def relax(self, X, y, gamma: float = 0.0, *, family=None) -> Path:
        """The relaxed path: each point mixed with a refit of its selected columns without their penalty.

            b = gamma b_penalised + (1 - gamma) b_refit,          and so for the intercept

        gamma = 1 is this path, gamma = 0 the refit. Least squares is refitted in closed form. Other families, and
        fits with bounds, keep an L2 penalty of 1e-4 of the point's alpha: without any, separated classes have no
        solution. Points of a mix are no solutions of the penalised problem: their gaps and objectives are NaN.

        Parameters
        ----------
        X, y : the data of the fit
            Weights, offset and bounds are those that the path remembers.
        gamma : float in [0, 1]
        family : fastnet.losses.Family, optional
            As it was given to the fit; needed where the path does not remember it: a loss of your own, Cox with
            strata or Efron's rule.

        Returns
        -------
        Path
            With ``gamma`` set. `cv_path` with ``relax=True`` chooses among several.

        References
        ----------
        Meinshausen (2007), Relaxed lasso; Hastie, Tibshirani, Tibshirani (2020), Best subset, forward stepwise or
        lasso?
        """
        from fastnet.relaxed import relax

        return relax(self, X, y, gamma, family=family)

    def to_frame(self, *, coefs: bool = False):
        """A pandas frame indexed by alpha: one row a point, or with ``coefs=True`` its intercept and selected
        coefficients.
        """
        return result_tables.to_frame(self, coefs)

    def plot(self, x: str = "alpha", ax=None, *, labels: int = 10, max_lines: int = 1000):
        """Draw the coefficients against alpha, their L1 norm or the deviance ratio; see
        `fastnet.plotting.plot_path`.
        """
        from fastnet.plotting import plot_path

        return plot_path(self, x, ax, labels=labels, max_lines=max_lines)

    def plot_gaps(self, ax=None):
        """Draw the duality gap of every point beside the promised tolerance; see `fastnet.plot_points.plot_gaps`."""
        from fastnet.plot_points import plot_gaps

        return plot_gaps(self, ax)

    def plot_times(self, ax=None):
        """Draw the seconds spent on every point, and up to it; see `fastnet.plot_points.plot_times`."""
        from fastnet.plot_points import plot_times

        return plot_times(self, ax)

    def diagnose(self, X=None, y=None, *, alpha: float | None = None):
        """Look for common pitfalls; each finding is a number, its threshold and one sentence of advice.

        * ``held_out``: no rows were kept back, so nothing tells how well a point predicts;
        * ``gaps``: points whose duality gap is above tol;
        * ``edge``: the chosen alpha is at an end of the grid;
        * ``still_falling``: the deviance still falls at the end of the path;
        * ``scales``: columns on different scales while ``standardize=False``. The scale of a column is its standard
          deviation, or the root mean square of its non-zero entries where these are less than half;
        * ``stand_ins``: a column left out is strongly correlated with a selected one;
        * ``interactions``: a score test finds that the product of two selected columns is missing;
        * ``over_regularised`` (`CVPath.diagnose` only): smaller alphas have lower training and held-out errors.

        Parameters
        ----------
        X, y : the data of the fit, optional
            Without them ``scales``, ``stand_ins`` and ``interactions`` are skipped. Weights, offset and factors are
            those that the path remembers; rows of weight 0 are not looked at. A sparse X is not made dense.
        alpha : float, optional
            The point to look at. None: the one with the smallest extended BIC among those with fewer non-zeros than
            half the rows (the smallest alpha without data).

        Returns
        -------
        fastnet.diagnosis.Diagnosis
            Iterates over the findings that fired; print it for the report.
        """
        from fastnet.diagnosis import diagnose_path

        return diagnose_path(self, X, y, alpha=alpha)

    def summary(self, max_rows: int | None = None) -> str:
        """A text table of the points; beyond `max_rows` the middle ones are left out."""
        return result_tables.summary(self, max_rows)

    def __repr__(self) -> str:
        return result_tables.one_line(self)

    def __str__(self) -> str:
        return result_tables.summary(self, 20)

    def _repr_html_(self) -> str:
        return result_tables.html(self, 20)

    def save(self, file) -> None:
        """Write the path to `file` (npz, no pickle), atomically: a crash leaves an older file of that name
        intact.

        `fastnet.load` gives it back bit by bit. The name is used as it is; ``.npz`` is customary.
        """
        from fastnet import io

        io.save(self, file)


def _one_alpha(alpha) -> np.ndarray:
    """One penalty strength as an array (1,)."""
    return check_alpha_values([alpha], name="alpha")


def _many_alphas(alphas) -> np.ndarray:
    """Penalty strengths (m,), checked."""
    return check_alpha_values(np.asanyarray(alphas), name="alpha")
