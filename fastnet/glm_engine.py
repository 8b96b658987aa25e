"""The engine of every loss that is not quadratic: prox-Newton on the active rows, lazy certificates between.

per alpha, repeat:
    prox-Newton on the active rows to an accuracy that the tolerance asks for
    Newton on the unpenalised part alone, so that the residual is orthogonal to it
    dots that the lazy bounds cannot exclude; the duality gap
    gap <= tol: done; otherwise append the violators, or solve more accurately when there are none
"""

import numpy as np

from .designs import make_rows
from .engine import FIRST_CAPACITY, MOST_FALLBACKS, STEPS, QuadraticEngine, direct_limit
from .entries import entries_of_fit
from .glm_null import expectation_holds, fit_bounded_null, fit_null
from .references import screening_of
from .result import Status
from .solvers.certify_loss import leave_out_constant
from .solvers.iterative import HALF
from .solvers.line_search import ORTHOGONAL, REFIT, STEP
from .solvers.loss_kernels import kernels_of
from .solvers.loss_round import DESCEND, EXAMINE, START, Goal, Traits, go_on, move, take_round
from .solvers.predictor import FALLBACKS, HESSIAN, Predictor, rebuild_predictor
from .solvers.prox_newton import leave_direct
from .solvers.rows import compact
from .state import (
    ACTIVE,
    DIRECT,
    GAP,
    ITERATIONS,
    MODE,
    OBJECTIVE,
    ROWS,
    SUPPORT,
    TRUE,
    VIOLATORS,
    Factor,
    Screen,
    Work,
    records,
)  # fmt: skip
from .unpenalised import polish_loss, settle

LOOSE = 100.0  # the first round of an alpha, with its active set still moving, is solved so much less accurately
TIGHTEST = 1e-10
FLOOR = 1e-13  # a gap below this (over the null objective) that a more accurate round does not lower is rounding
ROOM = 0.1  # share of the rows that the direct solver may have which must be free after idle ones are dropped
ENOUGH = 0.7  # a point whose gap seems to be at most this share of the tolerance is certified


class GLMEngine(QuadraticEngine):
    """State of one fit of a loss; the same interface as `QuadraticEngine`.

    `null` is the objective of the null model (unpenalised part alone) above that of the saturated model: half the null
    deviance per unit of weight. Gaps are divided by it. It is 0 where the unpenalised part explains all but 1e-10 of
    the deviance of a constant: the null model is then the solution for every alpha.
    """

    null_accuracy = 4 * ORTHOGONAL

    def __init__(self, units, loss, offset, convex=True, intercept=True):
        quadratic = units.quadratic
        n, q = len(quadratic.root), len(quadratic.basis)
        self.loss, self.intercept = loss, intercept
        self.slopes_at, self.values_at, self.hessian_times = kernels_of(loss)
        self.least = 0.0  # smallest null deviance that is no rounding
        self.diagonal = not hasattr(loss, "loss_times")
        self.design = units.design
        self.screen = Screen.allocate(n, units.square, *screening_of(units.design))
        self.work, self.inner = Work.allocate(n, q), Work.allocate(n, q)
        self.sight = self.work._replace(residual=np.zeros(n)) if units.centred else self.work
        self.traits = Traits(convex, units.centred, float(self.screen.state[2]))
        self.active = records(FIRST_CAPACITY, ACTIVE)
        self.before = np.zeros(FIRST_CAPACITY)
        self.factor = Factor.allocate(max(FIRST_CAPACITY, q))
        self.store = make_rows(units.design, FIRST_CAPACITY, q)
        self.model = make_rows(units.design, FIRST_CAPACITY, q)
        self.support = records(FIRST_CAPACITY, SUPPORT)
        self.limit = direct_limit(units.design)
        self.history, self.entries = [], entries_of_fit(units.design, quadratic, units.square, loss)
        self.reach = units.design.matrix_size()[2]
        self.unsettled = True  # the last alpha's first round met violators
        offset = np.zeros(n) if offset is None else offset / units.response
        self.at = Predictor.allocate(offset, quadratic.root**2, q, self.diagonal)
        self.units, self.quadratic = units, quadratic
        fit_null(self)
        self.quadratic = quadratic._replace(target=self.work.residual.copy())
        known = units.correlation if expectation_holds(self.work.residual, quadratic.target) else None
        self.units = units._replace(quadratic=self.quadratic, correlation=known)
        self.at.previous[:] = self.at.eta
        self.root_components = quadratic.basis @ quadratic.root
        self.largest = self.first_pass()
        fit_bounded_null(self)

    def refit(self):
        """The unpenalised part at its optimum, the coefficients held."""
        if len(self.quadratic.basis):
            self.move(0.0, 0.0, REFIT)

    def move(self, l1, l2, order=STEP):
        """Along at.change and from `before` to the active coefficients, as far as the objective does not rise."""
        move(self, self.at, self.quadratic, self.work, l1, l2, order)

    def values(self, s=0.0, other=0.0):
        """The loss, and its part of the dual objective at s r and at other * r; at 0 that is its smallest value."""
        at, quadratic = self.at, self.quadratic
        return self.run(
            self.values_at, self.loss, at.eta, at.weight, self.work.residual, quadratic.root, at.offset, s, other
        )

    def evaluate(self):
        """Residual and curvature at the present eta: a step of no length."""
        rows = self.work.counts[ROWS]
        self.before[:rows] = self.active["coef"][:rows]
        self.at.change[:] = 0.0
        self.move(0.0, 0.0)

    def solve(self, alpha, l1_ratio, tol, max_iter):
        """Bring the state to one alpha; returns its status."""
        if self.null == 0.0:
            self.work.counts[ITERATIONS] = 0
            self.work.values[[GAP, OBJECTIVE]] = 0.0, self.value
            return Status.CONVERGED
        l1, l2 = self.units.penalties(alpha, l1_ratio)
        status = self._solve(l1, l2, tol, max_iter)
        return settle(self, status, l1, l2, tol) if self.traits.convex else status

    def _solve(self, l1, l2, tol, max_iter):
        self.work.counts[ITERATIONS] = 0
        self.reach = max(self.design.matrix_size()[2], STEPS * int(self.work.counts[ROWS]) ** 2)
        self.maybe_direct()
        status = self._rounds(l1, l2, tol, max_iter)
        self.history = [*self.history[-1:], l1]
        return status

    def _rounds(self, l1, l2, tol, max_iter):
        counts, allowed = self.work.counts, tol * self.null
        coarse = 0.05 * (l1 if l1 > 0 else 0.02 * self.largest)
        loose = LOOSE if self.unsettled and l1 > 0 else 1.0
        goal = Goal(
            l1, l2, collect=self._next(l1), coarse=coarse, excess=loose * HALF * allowed,
            enough=ENOUGH * allowed if loose == 1.0 else 0.0, most=max_iter, ratio=self._step_ratio(l1),
        )  # fmt: skip
        gap = take_round(self, goal, START)
        self.unsettled = counts[TRUE] > 0
        goal = goal._replace(collect=l1, excess=HALF * allowed, enough=ENOUGH * allowed, ratio=0.0)
        first, best = True, np.inf
        while not gap <= allowed:
            if counts[ITERATIONS] >= max_iter:
                return Status.MAX_ITER
            true, violators = counts[TRUE], int(counts[VIOLATORS])
            if counts[MODE] == DIRECT and counts[ROWS] + violators > self.limit:
                violators = self._make_room(violators)
            self.load(violators, l2)
            if true == 0 and not first:
                goal = goal.tighter()
                if not goal.coarse > TIGHTEST * coarse or 0.9 * best <= gap <= FLOOR * self.null:
                    return Status.STALLED
            first, best = False, min(best, gap)
            gap = take_round(self, goal, DESCEND)
        return Status.CONVERGED

    def _make_room(self, violators):
        """Fewer rows, and of the violators the worst, so that the direct solver may go on; how many are left of them.

        The others are met again. Where too little room is left all stay, and `load` leaves the direct solver.
        """
        compact(self, np.inf)
        room = self.limit - int(self.work.counts[ROWS])
        if violators <= room or room < ROOM * self.limit:
            return violators
        candidate, found = self.screen.candidate, self.screen.found
        size = np.abs(found[:violators])
        if len(self.quadratic.limits):
            size /= self.quadratic.limits["factor"][candidate[:violators]]
        worst = np.argpartition(-size, room)[:room]
        candidate[:room], found[:room] = candidate[worst], found[worst]
        return room

    def descend(self, l1, l2, accuracy, max_iter):
        """Newton steps until no active row violates optimality by more than `accuracy`; the unpenalised part refitted.

        The certificate that follows is not used.
        """
        take_round(self, Goal(l1, l2, coarse=accuracy, most=max_iter), DESCEND)

    def leave_factor(self):
        """Leave the rest of the point to other solvers than the direct one, which has not failed."""
        fallbacks = self.at.counts[FALLBACKS]
        self.run(leave_direct, self.active, self.factor, self.work, self.at)
        self.at.counts[FALLBACKS] = fallbacks

    def polish(self, rows):
        """These active rows, which have no penalty, at their optimum between bounds."""
        before, value = self.active["coef"].copy(), self.values()[0]
        polish_loss(self, rows)
        self._rebuild()
        if not self.values()[0] <= value + FLOOR * abs(value):  # eta is not what the coefficients add up to
            self.active["coef"] = before
            self._rebuild()

    def rebuild(self):
        """eta from the coefficients."""
        self.run(rebuild_predictor, self.store, self.active, self.quadratic, self.work, self.at)
        self.evaluate()

    def _rebuild(self):
        """The same, and the unpenalised part refitted."""
        self.rebuild()
        self.refit()

    def certify(self, l1, l2, collect, tol):
        """The duality gap and what violates; returns (violators, those that exceed l1)."""
        take_round(self, Goal(l1, l2, collect), EXAMINE)
        return int(self.work.counts[VIOLATORS]), int(self.work.counts[TRUE])

    def examine(self, collect):
        """Violators above `collect` and the correlations of the rows, without a gap."""
        go_on(self, self.at, self.quadratic, self.work, Goal(0.0, 0.0, collect), EXAMINE)

    def seen_residual(self):
        """The residual as the lazy bounds see it: where all columns are centred, without its constant part."""
        if self.units.centred:
            self.run(leave_out_constant, self.screen, self.quadratic, self.work, self.sight, self.traits.rounding)
        return self.sight.residual

    def _dot_all(self):
        self.examine(0.0)
        return int(self.work.counts[VIOLATORS])

    def load(self, violators, l2):
        """Append the columns listed in screen.candidate to the active rows; see `append_violators`."""
        super().load(violators, l2)
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

    def maybe_direct(self):
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
        self._rebuild()
        self.at.previous[:] = self.at.eta
        self.mark()

    def mark(self):
        """Correlations of the rows, with a residual that becomes the reference of those dropped at the next alpha."""
        self.examine(np.inf)

    def point(self, alpha, status):
        """The present solution on the scale of the data."""
        if len(self.quadratic.basis):
            linear = self.quadratic.root * (self.at.eta - self.at.offset)
            np.matmul(self.quadratic.basis, linear, out=self.units.target_components)
        return super().point(alpha, status)

    def describe(self, alpha, status, work, columns, coefs, intercept):
        """A Point from a solution and the figures left in `work`."""
        return super().describe(alpha, status, work, columns, coefs, intercept if self.intercept else 0.0)

    def deviance_ratio(self, square):
        """Share of the null deviance that the present point explains."""
        return float(1.0 - (self.value - self.saturated) / self.null) if self.null > 0 else 0.0
