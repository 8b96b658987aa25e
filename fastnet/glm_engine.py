"""The engine of every loss that is not quadratic: prox-Newton on the active rows, lazy certificates between.

per alpha, repeat:
    prox-Newton on the active rows to an accuracy that the tolerance asks for
    Newton on the unpenalised part alone, so that the residual is orthogonal to it
    dots that the lazy bounds cannot exclude; the duality gap
    gap <= tol: done; otherwise append the violators, or solve more accurately when there are none
"""

import numpy as np

from . import screening
from .designs import make_rows
from .engine import FIRST_CAPACITY, QuadraticEngine, _rounding
from .result import Status
from .solvers import prox_newton
from .solvers.certify import dot_violators
from .solvers.loss_kernels import kernels_of
from .solvers.rows import compact
from .state import (
    ACTIVE,
    GAP,
    ITERATIONS,
    ITERATIVE,
    MODE,
    OBJECTIVE,
    RESIDENT,
    ROWS,
    SLOT,
    SUPPORT,
    Factor,
    Screen,
    Work,
    records,
)  # fmt: skip
from .units import make_glm_units
from .validation import check_response

BUDGET = 2e8  # stored entries touched in one call at most: Python looks up for Ctrl-C in between
LOOSE = 100.0  # the first round of an alpha, with its active set still moving, is solved so much less accurately
TIGHTEST = 1e-10
AHEAD = 0.97  # the first round of an alpha loads what exceeds this share of the next alpha's threshold
FORCING = 0.02  # accuracy of the quadratic model, relative to the violation at hand
MOST_STEPS = 200  # Newton steps on the unpenalised part
ORTHOGONAL = 1e-13  # cosine between residual and unpenalised columns that counts as rounding
IDLE_STEPS = 20  # prox-Newton steps without a smaller violation before a round is given up
PROHIBITIVE = 1e300  # an L1 penalty that nothing penalised can pay
NO_DEVIANCE = 1e-14  # a null deviance below this share of the null objective counts as zero


def make_glm_engine(family, problem, *, fit_intercept, standardize, check_finite=True):
    """The engine of a `Family` for a validated problem; refuses y outside the family's domain."""
    y = check_classes(problem, family.name) if family.domain == "sign" else problem.y
    fit_intercept = fit_intercept or not family.intercept  # shifts that do not matter are projected out
    if family.domain != "sign":
        check_response(y, family.domain, family.name, sample_weight=problem.sample_weight, fit_intercept=fit_intercept)
    units = make_glm_units(
        problem, fit_intercept=fit_intercept, standardize=standardize, response=family.response,
        check_finite=check_finite,
    )  # fmt: skip
    return GLMEngine(units, family.make(y), problem.offset, family.convex, family.intercept)


def check_classes(problem, name):
    """y as -1 and 1, from 0 and 1 or -1 and 1."""
    y = problem.y
    low = -1.0 if y.min() < 0 else 0.0
    bad = (y != low) & (y != 1.0)
    if bad.any():
        i = int(np.argmax(bad))
        raise ValueError(f"y is {y[i]:g} at index {i}; family={name!r} allows two classes, 0 and 1 (or -1 and 1)")
    seen = y if problem.sample_weight is None else y[problem.sample_weight > 0]
    if seen.min() == seen.max():
        raise ValueError(f"y is {seen[0]:g} in every row of positive weight: one class only, nothing to separate")
    return np.where(y > 0, 1.0, -1.0)


class GLMEngine(QuadraticEngine):
    """State of one fit of a loss; the same interface as `QuadraticEngine`.

    `null` is the objective of the null model (unpenalised part alone) above that of the saturated model: half the null
    deviance per unit of weight. Gaps are divided by it.
    """

    def __init__(self, units, loss, offset, convex=True, intercept=True):
        quadratic = units.quadratic
        n, q = len(quadratic.root), len(quadratic.basis)
        self.loss, self.convex, self.intercept = loss, convex, intercept
        self.line_search, self.loss_and_bound = kernels_of(loss)
        self.design = units.design
        self.screen = Screen.allocate(n, units.square, _rounding(units.design))
        self.work, self.inner = Work.allocate(n, q), Work.allocate(n, q)
        self.active = records(FIRST_CAPACITY, ACTIVE)
        self.before = np.zeros(FIRST_CAPACITY)
        self.factor = Factor.allocate(max(FIRST_CAPACITY, q))
        self.store = make_rows(units.design, FIRST_CAPACITY, q)
        self.model = make_rows(units.design, FIRST_CAPACITY, q)
        self.support = None
        self.history, self.entries = [], {}
        self.reach = units.design.matrix_size()[2]
        self.unsettled = True  # the last alpha's first round met violators
        self.work.counts[MODE] = ITERATIVE
        offset = np.zeros(n) if offset is None else offset / units.response
        self.at = prox_newton.Predictor.allocate(offset, quadratic.root**2, q)
        self.units, self.quadratic = units, quadratic
        self._fit_null()
        self.quadratic = quadratic._replace(target=self.work.residual.copy())
        self.units = units._replace(quadratic=self.quadratic)
        self.at.previous[:] = self.at.eta
        self.root_components = quadratic.basis @ quadratic.root
        self.largest = self._first_pass()
        self._fit_bounded_null()

    def _fit_null(self):
        """The unpenalised part alone, exactly: alpha_max and the unit of the gap come from it."""
        self._evaluate()
        self._refit()
        self.value, self.saturated = self.loss_and_bound(self.loss, self.at, self.quadratic, self.work, 0.0)
        self.null = self.value - self.saturated
        if not self.null > NO_DEVIANCE * abs(self.value):
            self.null = 0.0

    def _fit_bounded_null(self):
        """Columns without penalty but with bounds belong to the null model too: they are active rows from the start."""
        limits = self.quadratic.limits
        if len(limits) == 0 or self.null == 0.0:
            return
        unscreened = self.screen.bound["stamp"] == RESIDENT
        columns = np.flatnonzero((limits["factor"] == 0.0) & ~unscreened)
        if len(columns) == 0:
            return
        self.start_from(columns, np.zeros(len(columns)))
        norm = np.linalg.norm(self.work.residual)
        self._descend(PROHIBITIVE, 0.0, 1e-10 * norm, 10_000)
        self._refit()
        self.value, _ = self.loss_and_bound(self.loss, self.at, self.quadratic, self.work, 0.0)
        self.null = max(self.value - self.saturated, 0.0)
        self.quadratic = self.quadratic._replace(target=self.work.residual.copy())
        self.units = self.units._replace(quadratic=self.quadratic)
        self.largest = self._first_pass()
        self.at.previous[:] = self.at.eta
        self._mark()

    def _step(self, l1=0.0, l2=0.0):
        """Move along at.change and from `before` to the active coefficients; returns the share that was accepted."""
        return self.line_search(
            self.loss, self.at, self.active, self.quadratic, self.work, self.before, l1, l2, self.convex
        )

    def _evaluate(self):
        """Residual and curvature at the present eta: a step of no length."""
        rows = self.work.counts[ROWS]
        self.before[:rows] = self.active["coef"][:rows]
        self.at.change[:] = 0.0
        self._step()

    def _refit(self):
        """Newton on the unpenalised part alone, until its gradient is rounding."""
        last = np.inf
        if len(self.quadratic.basis) == 0:
            return
        for _ in range(MOST_STEPS):
            worst, size = prox_newton.unpenalised_direction(
                self.at, self.active, self.quadratic, self.work, self.factor, self.before
            )
            if worst <= ORTHOGONAL * size or worst >= 0.5 * last and worst <= 100.0 * ORTHOGONAL * size:
                return
            last = worst
            if self._step() == 0.0:
                return

    def solve(self, alpha, l1_ratio, tol, max_iter):
        """Bring the state to one alpha; returns its status."""
        l1, l2 = self.units.penalties(alpha, l1_ratio)
        work = self.work
        work.counts[ITERATIONS] = 0
        if self.null == 0.0:
            work.values[[GAP, OBJECTIVE]] = 0.0, self.value
            return Status.CONVERGED
        ratio, l1_next = self._extrapolation(l1)
        self._begin(ratio, l1, l2)
        status = self._rounds(l1, l2, l1_next, tol, max_iter)
        self.history = [*self.history[-1:], l1]
        return status

    def _rounds(self, l1, l2, l1_next, tol, max_iter):
        work = self.work
        tightness, first = 1.0, True
        while True:
            accuracy = self._accuracy(l1, tol) * tightness
            loose = first and self.unsettled and l1 > 0
            self._descend(l1, l2, min(0.05 * l1, LOOSE * accuracy) if loose else accuracy, max_iter)
            self._refit()
            violators, true = self._screen(l1, l2, AHEAD * l1_next if first else l1)
            if first:
                self.unsettled = true > 0
            gap = self._gap(violators, l1, l2)
            if gap <= tol * self.null:
                return Status.CONVERGED
            if work.counts[ITERATIONS] >= max_iter:
                return Status.MAX_ITER
            self.load(violators)
            if true == 0 and not first:
                tightness *= 0.2
                if tightness < TIGHTEST:
                    return Status.STALLED
            first = False

    def _gap(self, violators, l1, l2):
        """The duality gap, the best of two dual points; also sets objective and loss.

        A loss that is not convex has no global bound: its gap is that of the quadratic model at the present point.
        """
        work = self.work
        penalty, *choices = prox_newton.penalty_terms(
            self.at, self.active, self.screen, self.quadratic, work, violators, l1, l2, self.convex
        )
        gap = np.inf
        for s, conjugates in (choices[2:4], choices[0:2]):
            self.value, bound = self.loss_and_bound(self.loss, self.at, self.quadratic, work, s)
            gap = min(gap, conjugates + penalty + (self.value - bound if self.convex else 0.0))
            if choices[0] == choices[2]:
                break
        work.values[GAP], work.values[OBJECTIVE] = gap / self.null, self.value + penalty
        return gap

    def _accuracy(self, l1, tol):
        """Violation of optimality at which the gap is about half the tolerance."""
        rows = self.active[: self.work.counts[ROWS]]
        size = float(rows["factor"] @ np.abs(rows["coef"]))
        accuracy = 0.05 * (l1 if l1 > 0 else 0.02 * self.largest)
        return min(accuracy, 0.5 * tol * self.null / size) if size > 0 else accuracy

    def _descend(self, l1, l2, accuracy, max_iter):
        """Prox-Newton steps until no active row violates optimality by more than `accuracy`."""
        work = self.work
        if self.support is None or len(self.support) < len(self.active):
            self.support = records(len(self.active), SUPPORT)
        best, idle = np.inf, 0
        while idle < IDLE_STEPS:
            left = max_iter - work.counts[ITERATIONS]
            if left <= 0:
                return
            violation, sweeps = self.run(
                prox_newton.newton_direction, self.store, self.model, self.active, self.support, self.quadratic, work,
                self.inner, self.at, self.before, l1, l2, accuracy, FORCING, BUDGET, left,
            )  # fmt: skip
            if violation <= accuracy:
                return
            idle = 0 if violation < best else idle + 1
            best = min(best, violation)
            work.counts[ITERATIONS] += max(sweeps, 1)
            if self._step(l1, l2) == 0.0:
                return

    def _screen(self, l1, l2, collect):
        """Correlations of the active rows, and what the bounds cannot exclude; (violators, those above l1)."""
        found = self.run(dot_violators, self.design, self.screen, self.quadratic, self.work, collect, l1)
        self.run(prox_newton.correlate, self.store, self.active, self.screen, self.work, l1, l2)
        return found

    def load(self, violators):
        super().load(violators)
        capacity = len(self.active)
        if len(self.before) < capacity:
            self.before = np.zeros(capacity)
        if self.store.row_lazy():
            if len(self.model.data) < len(self.store.data) or len(self.model.start) < len(self.store.start):
                self.model = self.store.grown(capacity, 0)
        elif len(self.model.values) < capacity:
            self.model = self.model.grown(capacity, 0)

    def _begin(self, ratio, l1, l2):
        """Predictor from the coefficients, extrapolated where that lowers the objective."""
        compact(self, AHEAD * l1)
        self.run(
            prox_newton.begin_alpha, self.store, self.active, self.quadratic, self.work, self.at, self.before, ratio
        )
        self._step(l1, l2)

    def start_from(self, columns, coefs):
        super().start_from(columns, coefs)
        prox_newton.rebuild_predictor(self.store, self.active, self.quadratic, self.work, self.at)
        self._evaluate()
        self._refit()
        self.at.previous[:] = self.at.eta
        self._mark()

    def _mark(self):
        """Make today's residual the reference that rows dropped at the next alpha are stamped with."""
        residual = self.work.residual
        self.work.counts[SLOT] = screening.add_reference(self.screen, residual, float(residual @ residual))

    def point(self, alpha, status):
        """The present solution on the scale of the data."""
        linear = self.quadratic.root * (self.at.eta - self.at.offset)
        self.units = self.units._replace(target_components=self.quadratic.basis @ linear)
        deviance = 1.0 - (self.value - self.saturated) / self.null if self.null > 0 else 0.0
        point = super().point(alpha, status)
        intercept = point.intercept if self.intercept else 0.0
        return point._replace(deviance_ratio=float(deviance), intercept=intercept)
