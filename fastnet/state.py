"""Every mutable array of a fit, grouped by role, each with its space and meaning.

All records are NamedTuples of arrays, so that kernels take them as they are. They are made in Python only; `grown`
returns a larger copy. Spaces (data, penalty, weighted) are those of ``fastnet.parts``.
"""

from typing import NamedTuple

import numba
import numpy as np

# Places in `Work.counts`
ROWS, IN_FACTOR, MODE, NEED_ROWS, NEED_ENTRIES, ITERATIONS, ROUNDS, IDLE, LEFT, VIOLATORS, TRUE, FIRST_NEW = range(12)
# Places in `Work.values`
FACTOR_L2, GAP, OBJECTIVE, RESIDUAL2, LOWEST = range(5)
DIRECT, ITERATIVE = 0, 1  # Work.counts[MODE]

REFERENCES = 62  # reference residuals held at once
RESIDENT, UNKNOWN = 62, 63  # in place of references: of columns among the active rows (or excluded), or never dotted
SHIFT = 6  # a column that was dotted with `last` and, before, with k holds pair last + PAIRS (k + 1)
PAIRS, LAST = 1 << SHIFT, (1 << SHIFT) - 1


def records(length, dtype):
    """Zeroed records: one array for Numba (a tuple of arrays would make kernels compile 2.5 times slower)."""
    array = np.zeros(length, dtype)
    return array.view(np.recarray) if numba.config.DISABLE_JIT else array


LIMITS = np.dtype([("factor", "f8"), ("lower", "f8"), ("upper", "f8")])  # bounds in penalty space


class Quadratic(NamedTuple):
    """What is minimised, in weighted space; constant during a path of a quadratic loss."""

    target: np.ndarray  # (n,) root * (y - offset), projected off the basis
    root: np.ndarray  # (n,) sqrt(w_i / W)
    basis: np.ndarray  # (q, n) orthonormal: intercept and unpenalised columns
    limits: np.ndarray  # (p,) LIMITS, or empty when all factors are 1 and there are no bounds


# The active rows: every column with a non-zero coefficient, and some that had one or may get one.
ACTIVE = np.dtype(
    [
        ("column", "i8"),  # index into X
        ("place", "i8"),  # position in the factor, -1 outside
        ("gram", "i8"),  # whether the Gram matrix under a lagged Hessian has the row, see ``lagged_hessian``
        ("coef", "f8"),  # penalty space
        ("correlation", "f8"),  # <row, residual> when last computed
        ("sign", "f8"),  # -1, 1: the side of zero that the quadratic model assumes
        ("factor", "f8"),  # penalty factor
        ("lower", "f8"),  # penalty space
        ("upper", "f8"),
        ("square", "f8"),  # squared norm of the projected row; 0 when it lies in the span of the basis
        ("previous", "f8"),  # coef at the alpha before
        ("trial", "f8"),  # coef of a step not yet accepted
    ],
    align=True,
)


# The free non-zero rows, as the conjugate gradients of the iterative solver see them.
SUPPORT = np.dtype([("row", "i8")] + [(name, "f8") for name in ("gradient", "step", "search", "rest")])


BLOCK = 32  # columns that enter the factor together


class Factor(NamedTuple):
    """The Cholesky factor of the direct step; vectors are indexed by position unless said otherwise."""

    R: np.ndarray  # (capacity, capacity) upper triangular, R'R = Gram + ridge
    gram: np.ndarray  # (capacity, capacity) Gram matrix of the active rows, indexed by row
    order: np.ndarray  # (capacity,) int64: row at each position
    gradient: np.ndarray  # (capacity,) of the penalised quadratic, signs fixed
    forward: np.ndarray  # (capacity,) R^-T gradient
    direction: np.ndarray  # (capacity,)
    work: np.ndarray  # (capacity,)
    kink: np.ndarray  # (capacity,) also scratch indexed by row
    rows: np.ndarray  # (capacity,) int64: rows about to enter; positions that flipped
    kept: np.ndarray  # (BLOCK,) int64: members of a block that the factor takes
    cross: np.ndarray  # (BLOCK + 1, capacity + BLOCK) Gram entries of a block; last its ridge

    @classmethod
    def allocate(cls, capacity):
        R, gram = np.zeros((capacity, capacity)), np.zeros((capacity, capacity))
        order, rows, kept = np.zeros(capacity, np.int64), np.zeros(capacity, np.int64), np.zeros(BLOCK, np.int64)
        vectors = (np.zeros(capacity) for _ in range(5))
        return cls(R, gram, order, *vectors, rows, kept, np.zeros((BLOCK + 1, capacity + BLOCK)))

    def grown(self, capacity):
        larger = Factor.allocate(capacity)
        size = len(self.order)
        for old, new in zip(self[:2], larger[:2], strict=True):
            new[:size, :size] = old
        for old, new in zip(self[2:-2], larger[2:-2], strict=True):
            new[:size] = old
        return larger


BOUND = np.dtype(
    [
        ("along", "f4"),  # <x_j, u> / factor_j, u of norm 1 along the last reference
        ("distance", "f4"),  # norm of what x_j has orthogonal to u (and v), / factor_j, rounded up
        ("pair", "i4"),  # which references, see PAIRS; or RESIDENT, UNKNOWN
    ],
    align=True,
)
TABLE = np.dtype(
    [
        ("length", "f8"),  # norm of the reference
        ("live", "i8"),  # columns that hold it, at the last count
        ("product", "f8"),  # of today's residual with u
    ],
    align=True,
)
PAIR = np.dtype(
    [
        ("cosine", "f8"),  # between the two references
        ("stretch", "f8"),  # 1 / sine; 0 where they are as good as one
        ("live", "i8"),  # columns that hold this pair
        ("along", "f4"),  # components of today's residual along u, along v and off both
        ("aside", "f4"),
        ("across", "f4"),
        ("doubt", "f4"),  # what rounding may add, for each unit of a column along u and along v
        ("skin_along", "f4"),  # the components when the neighbour list was made, the last one inflated
        ("skin_aside", "f4"),
        ("skin_across", "f4"),
        ("slack_along", "f4"),  # by how much the first two may differ from that
        ("slack_aside", "f4"),
    ],
    align=True,
)


class Screen(NamedTuple):
    """Lazy bounds on the correlation of every column with the present residual (see ``screening``)."""

    bound: np.ndarray  # (p,) BOUND
    aside: np.ndarray  # (p,) float32: <x_j, v> / factor_j, v of norm 1 along what the reference before has orthogonal
    #                    to u; empty where one reference a column is enough
    square: np.ndarray  # (p,) squared norm of x~_j in weighted space
    reference: np.ndarray  # (REFERENCES, n) weighted space
    table: np.ndarray  # (REFERENCES,) TABLE
    pair: np.ndarray  # (PAIRS,) PAIR, or (PAIRS**2,) where columns hold two references
    neighbour: np.ndarray  # (p,) int32: columns that may pass the inflated threshold
    candidate: np.ndarray  # (p,) int32
    found: np.ndarray  # (p,) correlation of each violator
    single: np.ndarray  # (n,) int32: the column that stands for those with an entry in this row alone; -1 for none
    state: (
        np.ndarray
    )  # (4,) number of neighbours, threshold of the list, relative rounding error of a dot product, its root

    @classmethod
    def allocate(cls, n, square, rounding, paired):
        p = len(square)
        bound = records(p, BOUND)
        bound["pair"] = UNKNOWN
        candidate, neighbour = np.empty(p, np.int32), np.empty(p, np.int32)
        reference = np.empty((REFERENCES, n))
        state = np.array([0.0, np.inf, rounding, np.sqrt(rounding)])
        single = np.full(n, -1, np.int32)
        table, pair = records(REFERENCES, TABLE), records(PAIRS**2 if paired else PAIRS, PAIR)
        aside = np.zeros(p if paired else 0, np.float32)
        return cls(bound, aside, square, reference, table, pair, neighbour, candidate, np.empty(p), single, state)


class Work(NamedTuple):
    """Vectors, counters and scalars of a fit."""

    residual: np.ndarray  # (n,) weighted space: target - sum_k coef_k row_k
    weighted: np.ndarray  # (n,) root * residual: what columns of X are dotted with
    a: np.ndarray  # (n,) scratch
    b: np.ndarray  # (n,)
    c: np.ndarray  # (n,)
    previous: np.ndarray  # (n,) residual at the alpha before
    shift: np.ndarray  # (q,) components along the basis, owed to the residual
    counts: np.ndarray  # (12,) int64, see the places above
    values: np.ndarray  # (5,) float64

    @classmethod
    def allocate(cls, n, basis_size):
        return cls(*(np.zeros(n) for _ in range(6)), np.zeros(basis_size), np.zeros(12, np.int64), np.zeros(5))


def enlarged(array, capacity):
    """A longer copy, zeros after the present entries."""
    larger = np.zeros((capacity, *array.shape[1:]), array.dtype)
    larger[: len(array)] = array
    return larger.view(type(array))
