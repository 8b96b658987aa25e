"""The engine of a quadratic loss: owns the state of one fit and moves it from alpha to alpha.

Python decides (which solver, how much room, when to look up for Ctrl-C); the kernels compute.
"""

from typing import NamedTuple

import numpy as np

from . import interrupts, screening
from .designs import make_rows
from .entries import entries_of_fit, known_entry
from .references import forget_products, screening_of
from .result import Status
from .solvers.certify import refresh_residual
from .solvers.direct import certify, restart, solve_direct
from .solvers.iterative import solve_iterative
from .solvers.rows import leave_factor, load_violators, read_solution, remember_point
from .state import (
    ACTIVE,
    DIRECT,
    GAP,
    IN_FACTOR,
    ITERATIONS,
    ITERATIVE,
    MODE,
    NEED_ENTRIES,
    NEED_ROWS,
    OBJECTIVE,
    RESIDENT,
    RESIDUAL2,
    ROWS,
    Factor,
    Screen,
    Work,
    enlarged,
    records,
)  # fmt: skip
from .units import NO_RESPONSE
from .unpenalised import polish, settle

DIRECT_LIMIT = 800  # see `direct_limit`
MOST_DIRECT = 2500  # two factors of this size are 100 MB
FIRST_CAPACITY = 64
LONG_STRIDE, SHORT_STRIDE = 0.65, 0.85  # see `stride`
STEPS = 200  # on the factor, in one call of a kernel, about
NULL_TOL, NULL_ITERATIONS = 1e-13, 10_000  # for the null model, when it needs iterations
MOST_FALLBACKS = 5  # returns to the direct solver after it got stuck


class Point(NamedTuple):
    """One solved alpha, on the scale of the data."""

    alpha: float
    columns: np.ndarray  # indices of the non-zero coefficients, in no particular order
    coefs: np.ndarray
    intercept: float
    gap: float
    objective: float
    deviance_ratio: float
    n_iter: int
    status: Status
    time: float = 0.0


class QuadraticEngine:
    """State of one Gaussian fit."""

    # Cosine of the null residual with what it should be orthogonal to, beyond the rounding of a dot product.
    null_accuracy = 0.0

    def __init__(self, units):
        self.units = units
        quadratic = units.quadratic
        n = len(quadratic.target)
        basis_size = len(quadratic.basis)
        self.design, self.quadratic = units.design, quadratic
        self.screen = Screen.allocate(n, units.square, *screening_of(units.design))
        self.work = Work.allocate(n, basis_size)
        self.active = records(FIRST_CAPACITY, ACTIVE)
        self.factor = Factor.allocate(FIRST_CAPACITY)
        self.store = make_rows(units.design, FIRST_CAPACITY, basis_size)
        self.support = None
        self.limit = direct_limit(units.design)
        self.root_components = quadratic.basis @ quadratic.root
        self.null = 0.5 * float(quadratic.target @ quadratic.target)
        self.fallbacks = 0
        self.history = []  # l1 of the last points, for extrapolation
        self.entries = entries_of_fit(units.design, quadratic, units.square)  # compiled code of the kernels
        self.stored = self.reach = self.design.matrix_size()[2]  # entries of X; those that one kernel may touch
        self._fit_null()
        self.largest = self.first_pass()

    def _fit_null(self):
        """Bring unpenalised columns with bounds, which cannot be projected out, to their optimum alone."""
        limits = self.quadratic.limits
        if len(limits) == 0 or self.null == 0.0:
            return
        unpenalised = limits["factor"] == 0.0
        unpenalised[self.units.free] = unpenalised[self.units.excluded] = False
        columns = np.flatnonzero(unpenalised)
        if len(columns) == 0:
            return
        whole = self.null
        self.work.counts[MODE] = ITERATIVE
        self._start(columns, np.zeros(len(columns)))
        self._solve(1.0, 0.0, NULL_TOL, NULL_ITERATIONS)  # columns never dotted stay out, whatever l1
        self.history = []
        self.polish(np.arange(len(columns)))
        self.null = 0.5 * float(self.work.residual @ self.work.residual)
        if self.null <= NO_RESPONSE**2 * whole:
            self.null = 0.0

    def first_pass(self):
        """Dot every column with the null residual; returns the largest |correlation| / factor, 0 for rounding."""
        screen = self.screen
        forget_products(screen)
        screen.bound["pair"][self.units.free] = RESIDENT
        screen.bound["pair"][self.units.excluded] = RESIDENT
        known = self.units.correlation
        if known is None or self.work.counts[ROWS] > 0:  # which bounds have kept in the null model
            found = self._dot_all()
        else:
            self.work.residual[:] = self.quadratic.target
            found = self.run(screening.take_correlations, screen, self.quadratic, self.seen_residual(), known)
        self.first_found = found
        ratio = np.abs(screen.found[:found])
        ratio[ratio <= max(screen.state[2], self.null_accuracy) * np.linalg.norm(self.work.residual)] = 0.0  # rounding
        if len(self.quadratic.limits):
            factor = self.quadratic.limits["factor"][screen.candidate[:found]]
            ratio = ratio[factor > 0] / factor[factor > 0]
        return float(ratio.max(initial=0.0))

    def seen_residual(self):
        """The residual as the lazy bounds see it."""
        return self.work.residual

    def _dot_all(self):
        """Dot every column with the residual; returns how many of the correlations are not zero."""
        return certify(self, 0.0, 0.0, 0.0, 0.0, 0.0)[0]

    @property
    def stride(self):
        """Ratio of successive alphas on the way to one that is far off.

        On dense wide data chance correlations are large: a long step lets in many columns that leave again.
        """
        n, p, entries = self.design.matrix_size()
        return SHORT_STRIDE if n < p and entries == n * p else LONG_STRIDE

    def solve(self, alpha, l1_ratio, tol, max_iter):
        """Bring the state to one alpha; returns its status."""
        if self.null == 0.0:
            self.work.values[[GAP, OBJECTIVE, RESIDUAL2]] = 0.0
            return Status.CONVERGED
        l1, l2 = self.units.penalties(alpha, l1_ratio)
        return settle(self, self._solve(l1, l2, tol, max_iter), l1, l2, tol)

    def _solve(self, l1, l2, tol, max_iter):
        counts = self.work.counts
        counts[ITERATIONS] = 0
        self.reach = max(self.stored, STEPS * int(counts[IN_FACTOR]) ** 2)
        self._maybe_direct(l1, l2)
        status, ratio = None, 0.0  # after a direct step the iterative solver goes on where it stands
        if counts[MODE] == DIRECT:
            status = solve_direct(self, l1, l2, tol, max_iter)
            if status is None:
                self.leave_factor()
                self.fallbacks += 1
        elif (ratio := self._step_ratio(l1)) == 0.0:
            self.run(remember_point, self.active, self.work)
        if status is None:
            status = solve_iterative(self, l1, l2, self._next(l1), ratio, tol, max_iter)
        self.history = [*self.history[-1:], l1]
        return status

    # --- what the solvers ask for

    def leave_factor(self):
        """Leave the rest of the point to other solvers than the direct one."""
        self.run(leave_factor, self.active, self.factor, self.work)
        self.work.counts[MODE] = ITERATIVE

    def polish(self, rows):
        """These active rows, which have no penalty, at their optimum between bounds."""
        polish(self, rows)

    def run(self, kernel, *arguments):
        """Call a kernel; the types of its arguments are looked at the first time only that a fit of this kind calls it.

        Ctrl-C is heard meanwhile.
        """
        call = self.entries.get(kernel)
        if call is None:
            call = self.entries[kernel] = known_entry(kernel, *arguments)
        if self.reach < interrupts.LONG:  # asked here as well: this is called hundreds of times
            return call(*arguments)
        return interrupts.run(self.reach, call, *arguments)

    def certify(self, l1, l2, collect, tol):
        """Residual from scratch, what violates, and the duality gap; returns (violators, those that exceed l1)."""
        return certify(self, collect, l1, l2, tol, self.null)

    def load(self, violators, l2):
        """Append the columns listed in screen.candidate to the active rows; see `append_violators`."""
        while not self.run(
            load_violators, self.design, self.store, self.active, self.screen, self.quadratic, self.work, violators, l2
        ):
            self.grow()

    def grow(self):
        """Room for the violators that did not fit."""
        need = int(self.work.counts[NEED_ROWS])
        if need > len(self.active):
            self.active = enlarged(self.active, max(need, 2 * len(self.active)))
        self.store = self.store.grown(len(self.active), int(self.work.counts[NEED_ENTRIES]))

    def _step_ratio(self, l1):
        """The step of l1 now over the step before; 0 where there was none."""
        if len(self.history) < 2 or not self.history[0] > self.history[1] > l1 > 0.0:
            return 0.0
        return (self.history[1] - l1) / (self.history[0] - self.history[1])

    def _next(self, l1):
        """The l1 to expect after this one."""
        if not self.history or not 0.0 < l1 < self.history[-1]:
            return l1
        return l1 * max(0.5, l1 / self.history[-1])

    def _maybe_direct(self, l1, l2):
        """After a fall-back, return to the direct solver while the support is small and this has not failed often."""
        rows = self.work.counts[ROWS]
        if self.work.counts[MODE] == DIRECT or self.fallbacks > MOST_FALLBACKS:
            return
        support = np.count_nonzero(self.active["coef"][:rows])
        few = support <= 0.7 * self.limit or support <= len(self.work.residual) <= self.limit  # it will not grow
        if not few or rows > self.limit:
            return
        self.work.counts[MODE] = DIRECT
        restart(self, l1, l2)

    def never_direct(self):
        """From now on by sweeps and conjugate gradients alone (for tests and to compile them)."""
        self.fallbacks = MOST_FALLBACKS + 1
        self.work.counts[MODE] = ITERATIVE

    def start_from(self, columns, coefs):
        """Start at data-scale coefficients of some columns (a warm start); the rest is zero.

        Not where the null model explains all: it is then the solution.
        """
        if self.null == 0.0:
            return
        rows = self.active[: self.work.counts[ROWS]]  # of the null model, if there are any
        fresh = self.screen.bound["pair"][columns] != RESIDENT
        some = fresh | np.isin(columns, rows["column"])
        columns, coefs, fresh = columns[some], coefs[some], fresh[some]
        beta = coefs / (self.design.inv_scale[columns] * self.units.response)
        if len(self.quadratic.limits):
            limits = self.quadratic.limits[columns]
            beta = np.clip(beta, limits["lower"], limits["upper"])
        self.work.counts[MODE] = ITERATIVE
        held = np.zeros(len(self.screen.bound))
        held[columns] = beta
        rows["coef"] = rows["previous"] = held[rows["column"]]
        self._start(columns[fresh], beta[fresh])

    def _start(self, columns, beta):
        """Append columns to the active rows, with these coefficients."""
        k, first = len(columns), int(self.work.counts[ROWS])
        self.screen.candidate[:k] = columns
        self.screen.found[:k] = beta
        self.load(k, np.inf)  # all of them
        self.active["coef"][first : first + k] = self.active["previous"][first : first + k] = beta
        self.run(refresh_residual, self.store, self.active, self.quadratic, self.work)

    def restart(self):
        """Back to the null model, with nothing active."""
        self.__init__(self.units)

    def point(self, alpha, status):
        """The present solution on the scale of the data."""
        screen, units, components = self.screen, self.units, np.empty(len(self.root_components))
        count, at_center = self.run(
            read_solution, self.design, self.store, self.active, screen, self.work, units.response,
            self.root_components, components,
        )  # fmt: skip
        columns, coefs = screen.candidate[:count].astype(np.int64), screen.found[:count].copy()
        return self.describe(alpha, status, self.work, *units.complete(columns, coefs, components, at_center))

    def describe(self, alpha, status, work, columns, coefs, intercept):
        """A Point from a solution and the figures left in `work`."""
        values = work.values.tolist()
        return Point(
            float(alpha), columns, coefs, intercept, max(values[GAP], 0.0), values[OBJECTIVE] * self.units.response**2,
            self.deviance_ratio(values[RESIDUAL2]), int(work.counts[ITERATIONS]), status,
        )  # fmt: skip

    def deviance_ratio(self, square):
        """Share of the null deviance that a residual of this squared norm explains."""
        return max(0.0, 1.0 - square / (2.0 * self.null)) if self.null > 0 else 0.0


def direct_limit(design):
    """Active columns beyond which sweeps and conjugate gradients are cheaper than a factor.

    A step costs 0.75 m^2 ns with a factor and 1.4 ns per stored entry of the active columns without: on dense rows
    the factor wins until m approaches n (D3: 2.2 s against 4.2 s), on sparse ones until about 800.
    """
    n, p, entries = design.matrix_size()
    return DIRECT_LIMIT if entries < n * p else min(max(DIRECT_LIMIT, n), MOST_DIRECT)
