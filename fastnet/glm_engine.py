"""The engine of every loss that is not quadratic: prox-Newton on the active rows, lazy certificates between.

per alpha, repeat:
    prox-Newton on the active rows to an accuracy that the tolerance asks for
    Newton on the unpenalised part alone, so that the residual is orthogonal to it
    dots that the lazy bounds cannot exclude; the duality gap
    gap <= tol: done; otherwise append the violators, or solve more accurately when there are none
"""

import math

import numpy as np

from .designs import make_rows
from .engine import FIRST_CAPACITY, MOST_FALLBACKS, STEPS, QuadraticEngine, _rounding, direct_limit
from .result import Status
from .solvers.certify import dot_violators
from .solvers.certify_loss import dual_terms
from .solvers.lagged_newton import CURVATURE, FINISHED
from .solvers.loss_kernels import kernels_of
from .solvers.predictor import FALLBACKS, HESSIAN, LENGTH, Predictor, begin_alpha, rebuild_predictor
from .solvers.prox_newton import leave_direct, newton_direction
from .solvers.rows import compact
from .state import (
    ACTIVE,
    DIRECT,
    GAP,
    ITERATIONS,
    MODE,
    OBJECTIVE,
    RESIDENT,
    ROWS,
    SUPPORT,
    Factor,
    Screen,
    Work,
    records,
)  # fmt: skip
from .units import make_glm_units
from .validation import check_response

NULL_ACCURACY, NULL_ITERATIONS = 1e-10, 10_000  # for a null model with bounds; relative to the residual
NULL_STEPS = 100  # Newton steps on the unpenalised part
PROHIBITIVE = 1e300  # an L1 penalty that nothing penalised can pay
NO_DEVIANCE = 1e-14  # a null deviance below this share of the null objective counts as zero
LOOSE = 100.0  # the first round of an alpha, with its active set still moving, is solved so much less accurately
TIGHTEST = 1e-10
FLOOR = 1e-13  # a gap below this (over the null objective) that a more accurate round does not lower is rounding
ENOUGH = 0.7  # a point whose gap seems to be at most this share of the tolerance is certified
AHEAD = 1.0  # the first round of an alpha loads what exceeds this share of the next alpha's threshold
IDLE = 0.4  # share of the active rows that must be idle for the others to be moved together


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
    offset = problem.offset
    if offset is not None and fit_intercept:  # the intercept's business: a loss far from 0 loses digits, or overflows
        level = float(units.quadratic.root**2 @ offset)
        offset, units = offset - level, units._replace(level=level)
    return GLMEngine(units, family.make(y), offset, family.convex, family.intercept)


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
        self.line_search, self.loss_and_bounds, self.renew_gram = kernels_of(loss)
        self.diagonal = not hasattr(loss, "loss_times")
        self.design = units.design
        self.screen = Screen.allocate(n, units.square, _rounding(units.design))
        self.work, self.inner = Work.allocate(n, q), Work.allocate(n, q)
        self.sight = self.work._replace(residual=np.zeros(n)) if units.centred else self.work
        self.rounding = float(self.screen.state[2])
        self.active = records(FIRST_CAPACITY, ACTIVE)
        self.before = np.zeros(FIRST_CAPACITY)
        self.factor = Factor.allocate(max(FIRST_CAPACITY, q))
        self.store = make_rows(units.design, FIRST_CAPACITY, q)
        self.model = make_rows(units.design, FIRST_CAPACITY, q)
        self.support = records(FIRST_CAPACITY, SUPPORT)
        self.limit = direct_limit(units.design)
        self.history, self.entries = [], {}
        self.reach = units.design.matrix_size()[2]
        self.unsettled = True  # the last alpha's first round met violators
        offset = np.zeros(n) if offset is None else offset / units.response
        self.at = Predictor.allocate(offset, quadratic.root**2, q)
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
        if not self.diagonal:
            self._fit_unpenalised()
        self._refit()
        self.value, self.saturated, _ = self.run(
            self.loss_and_bounds, self.loss, self.at, self.quadratic, self.work, 0.0, 0.0
        )
        self.null = self.value - self.saturated
        if not self.null > NO_DEVIANCE * abs(self.value):
            self.null = 0.0

    def _fit_unpenalised(self):
        """Newton on the unpenalised part with the loss's own Hessian, where the diagonal curvature is but a bound.

        Steps by that bound, as `_refit` takes them, may need thousands.
        """
        at, work = self.at, self.work
        last = np.inf
        for _ in range(NULL_STEPS):
            worst = np.abs(self.quadratic.basis @ work.residual).max(initial=0.0)
            if worst <= NULL_ACCURACY * np.linalg.norm(work.residual) and worst >= 0.1 * last:
                break
            last = worst
            at.counts[HESSIAN] = 0
            self.run(self.renew_gram, self.loss, self.store, self.active, self.quadratic, self.factor, work, at)
            step = (at.basis @ work.residual) @ at.basis
            np.divide(step, self.quadratic.root, out=at.change, where=self.quadratic.root > 0)
            self._move(0.0, 0.0)
            if at.values[LENGTH] == 0.0:
                break
        at.counts[HESSIAN] = 0

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
        self._maybe_direct()
        accuracy = NULL_ACCURACY * float(np.linalg.norm(self.work.residual))
        self._descend(PROHIBITIVE, 0.0, accuracy, 0.0, NULL_ITERATIONS)
        self._refit()
        self.value = self.run(self.loss_and_bounds, self.loss, self.at, self.quadratic, self.work, 0.0, 0.0)[0]
        self.null = max(self.value - self.saturated, 0.0)
        self.quadratic = self.quadratic._replace(target=self.work.residual.copy())
        self.units = self.units._replace(quadratic=self.quadratic)
        self.largest = self._first_pass()
        self.at.previous[:] = self.at.eta
        self._mark()

    def _refit(self):
        """The unpenalised part at its optimum, the coefficients held."""
        if len(self.quadratic.basis):
            self._move(0.0, 0.0, True)

    def _move(self, l1, l2, refit=False):
        """Along at.change and from `before` to the active coefficients, as far as the objective does not rise."""
        self.run(
            self.line_search, self.loss, self.at, self.active, self.quadratic, self.work, self.before, l1, l2,
            self.convex, refit,
        )  # fmt: skip

    def _evaluate(self):
        """Residual and curvature at the present eta: a step of no length."""
        rows = self.work.counts[ROWS]
        self.before[:rows] = self.active["coef"][:rows]
        self.at.change[:] = 0.0
        self._move(0.0, 0.0)

    def solve(self, alpha, l1_ratio, tol, max_iter):
        """Bring the state to one alpha; returns its status."""
        if self.null == 0.0:
            self.work.counts[ITERATIONS] = 0
            self.work.values[[GAP, OBJECTIVE]] = 0.0, self.value
            return Status.CONVERGED
        return self._solve(*self.units.penalties(alpha, l1_ratio), tol, max_iter)

    def _solve(self, l1, l2, tol, max_iter):
        self.work.counts[ITERATIONS] = 0
        self.reach = max(self.design.matrix_size()[2], STEPS * int(self.work.counts[ROWS]) ** 2)
        self._maybe_direct()
        ratio, l1_next = self._step_ratio(l1), self._next(l1)
        if self._idle_share() > IDLE:
            compact(self, AHEAD * l1)
        self.run(begin_alpha, self.store, self.active, self.quadratic, self.work, self.at, self.before, ratio)
        self._move(l1, l2)
        status = self._rounds(l1, l2, l1_next, tol, max_iter)
        self.history = [*self.history[-1:], l1]
        return status

    def _rounds(self, l1, l2, l1_next, tol, max_iter):
        tightness, first, best = 1.0, True, np.inf
        coarse = 0.05 * (l1 if l1 > 0 else 0.02 * self.largest)
        while True:
            accuracy = self.accuracy(coarse, tol) * tightness
            loose = first and self.unsettled and l1 > 0
            if loose:
                self._descend(l1, l2, min(0.05 * l1, LOOSE * accuracy), 0.0, max_iter)
            else:
                self._descend(l1, l2, accuracy, ENOUGH * tightness * tol * self.null, max_iter)
            self._renew_predictor()
            self._refit()
            gap, violators, true = self._certify(l1, l2, AHEAD * l1_next if first else l1)
            if first:
                self.unsettled = true > 0
            if gap <= tol * self.null:
                return Status.CONVERGED
            if self.work.counts[ITERATIONS] >= max_iter:
                return Status.MAX_ITER
            self.load(violators)
            if true == 0 and not first:
                tightness *= 0.2
                if tightness < TIGHTEST or 0.9 * best <= gap <= FLOOR * self.null:
                    return Status.STALLED
            best = min(best, gap)
            first = False

    def _descend(self, l1, l2, accuracy, enough, max_iter):
        """Newton steps until no active row violates optimality by more than `accuracy`, or the gap seems `enough`.

        `_refit` does the rest.
        """
        if self.work.counts[ROWS] == 0:
            return
        start = True
        while True:
            code = self.run(
                newton_direction, self.store, self.model, self.active, self.support, self.factor, self.screen,
                self.quadratic, self.work, self.inner, self.at, self.before, l1, l2, accuracy, enough, max_iter, start,
                self.diagonal,
            )  # fmt: skip
            if code == FINISHED:
                return
            if code == CURVATURE:
                self.run(
                    self.renew_gram, self.loss, self.store, self.active, self.quadratic, self.factor, self.work, self.at
                )  # fmt: skip
            else:
                self._move(l1, l2)
            start = False

    def _renew_predictor(self):
        """eta from the coefficients, where steps on reweighted rows may have carried it off by rounding."""
        if self.work.counts[MODE] != DIRECT and self.work.counts[ITERATIONS] > 0:
            self.run(rebuild_predictor, self.store, self.active, self.quadratic, self.work, self.at)
            self._evaluate()

    def _certify(self, l1, l2, collect):
        """(duality gap, columns above `collect`, columns above l1); the gap is the best of two dual points."""
        work = self.work
        violators, true = self._dots(collect, l1)
        penalty, s, first, other, second = self._dual_terms(violators, l1, l2)
        self.value, *bounds = self.run(self.loss_and_bounds, self.loss, self.at, self.quadratic, work, s, other)
        if self.convex:
            first, second = first + self.value - bounds[0], second + self.value - bounds[1]
        gap = penalty + min(first, second) + self._infeasibility()
        work.values[GAP], work.values[OBJECTIVE] = gap / self.null, self.value + penalty
        return gap, violators, true

    def _dots(self, collect, l1):
        collect = max(0.0, collect - self._leave_out_constant())
        return self.run(dot_violators, self.design, self.screen, self.quadratic, self.sight, collect, l1)

    def _dot_all(self):
        return self._dots(0.0, 0.0)[0]

    def _leave_out_constant(self):
        """Set the residual that X sees, `sight`: without the constant part where every column is centred.

        No column correlates with that part. Without an intercept it may be most of the residual; the lazy bounds, which
        know of norms only, would exclude little. Returns what rounding may leave of its correlation with a column.
        """
        if self.sight is self.work:
            return 0.0
        root, residual, seen = self.quadratic.root, self.work.residual, self.sight.residual
        constant = float(root @ residual)
        np.subtract(residual, constant * root, out=seen)
        self.screen.state[2] = self.rounding * max(1.0, abs(constant) / max(math.sqrt(seen @ seen), 1e-300))
        return 2.0 * self.rounding * abs(constant)

    def _infeasibility(self):
        """What the gap may miss where the residual is not orthogonal to the unpenalised part, as when that diverges.

        The optimum is taken to lie at most as far from the present point as that does from the offset.
        """
        basis, at = self.quadratic.basis, self.at
        if len(basis) == 0:
            return 0.0
        linear = self.quadratic.root * (at.eta - at.offset)
        return 2.0 * float(np.linalg.norm(basis @ self.work.residual) * np.linalg.norm(linear))

    def _dual_terms(self, violators, l1, l2):
        return self.run(
            dual_terms, self.store, self.active, self.screen, self.quadratic, self.work, self.at, violators, l1, l2,
            self.convex,
        )  # fmt: skip

    def load(self, violators):
        """Append the columns listed in screen.candidate to the active rows."""
        super().load(violators)
        rows, capacity, counts = self.work.counts[ROWS], len(self.active), self.work.counts
        if len(self.before) < capacity:
            self.before, self.support = np.zeros(capacity), records(capacity, SUPPORT)
        if self.store.row_lazy():
            if len(self.model.data) < len(self.store.data) or len(self.model.start) < len(self.store.start):
                self.model = self.store.grown(capacity, 0)
        elif len(self.model.values) < capacity:
            self.model = self.model.grown(capacity, 0)
        if counts[MODE] == DIRECT and rows > self.limit:
            self.run(leave_direct, self.active, self.factor, self.work, self.at)
        if counts[MODE] == DIRECT and rows > len(self.factor.order):
            self.factor = self.factor.grown(capacity)

    def _idle_share(self):
        rows = int(self.work.counts[ROWS])
        return 1.0 - np.count_nonzero(self.active["coef"][:rows]) / rows if rows else 0.0

    def _maybe_direct(self):
        """Return to the direct solver while the rows are few and it has not failed often."""
        rows, at, work = self.work.counts[ROWS], self.at, self.work
        if work.counts[MODE] == DIRECT or at.counts[FALLBACKS] > MOST_FALLBACKS or rows > 0.7 * self.limit:
            return
        work.counts[MODE] = DIRECT
        at.counts[HESSIAN] = 0
        if len(self.factor.order) < len(self.active):
            self.factor = Factor.allocate(len(self.active))

    def never_direct(self):
        """From now on by sweeps and conjugate gradients alone (for tests)."""
        super().never_direct()
        self.at.counts[FALLBACKS] = MOST_FALLBACKS + 1

    def start_from(self, columns, coefs):
        super().start_from(columns, coefs)
        if self.null == 0.0:
            return
        self.run(rebuild_predictor, self.store, self.active, self.quadratic, self.work, self.at)
        self._evaluate()
        self._refit()
        self.at.previous[:] = self.at.eta
        self._mark()
        self._dual_terms(0, 0.0, 0.0)  # for the correlations of the rows

    def _mark(self):
        """Make today's residual the reference that rows dropped at the next alpha are stamped with."""
        self._dots(np.inf, np.inf)

    def point(self, alpha, status):
        """The present solution on the scale of the data."""
        if len(self.quadratic.basis):
            linear = self.quadratic.root * (self.at.eta - self.at.offset)
            self.units = self.units._replace(target_components=self.quadratic.basis @ linear)
        deviance = 1.0 - (self.value - self.saturated) / self.null if self.null > 0 else 0.0
        point = super().point(alpha, status)
        intercept = point.intercept if self.intercept else 0.0
        return point._replace(deviance_ratio=float(deviance), intercept=intercept)
