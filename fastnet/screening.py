"""Lazy bounds: which columns may violate the optimality conditions, without a pass over X.

Column j was last dotted with a reference residual rho_k (k its stamp). With a_k = <r, rho_k> / |rho_k|^2 and
delta_k = |r - a_k rho_k|, for today's residual r

    |<x_j, r>| <= |a_k| |<x_j, rho_k>| + delta_k sqrt(|x_j|^2 - <x_j, rho_k>^2 / |rho_k|^2).

Only columns whose bound exceeds the threshold are dotted and stamped anew; all others are proved inactive. Both
numbers are kept in float32, rounded up, and include the rounding error of the dot product itself.
Everything is divided by the penalty factor, so that one threshold l1 serves all columns.
Above a few thousand columns a full scan of the bounds costs more than the dots, hence the neighbour list: one scan
with inflated (a, delta, threshold), then only its survivors until one of the three leaves that skin.
"""

import numpy as np

from .jit import fast, inlined, internal, jit, prefetch
from .state import REFERENCES, RESIDENT, UNKNOWN
from .vectors import copy_head, dot, total

# A reference costs as much as 25 n multiplications until it is let go, a dot product as many as 150 and its own.
REFERENCE, DOT = 25.0, 150.0
UP = np.float32(1.000001)
DOWN = 1.0 - 2e-6
SKIN = 0.88  # the list holds for thresholds down to this share of the one it was made at
FULL_PASS = 0.2  # above this share of candidates a pass in order over all columns is cheaper, and tightens all bounds
HUGE = np.float32(1e30)
LEAST, MOST = 1e-30, 1e30  # bounds are kept inside: float32 must not round them to zero or infinity
ENTER = 1.0 + 1e-12  # a correlation up to this multiple of the threshold counts as at it
NEAR, FAR = 4, 12  # columns ahead of the one being dotted whose entries, and whose records, are being fetched


@inlined
def _stamp_column(screen, j, slot, correlation, reference_square, factor):
    """Record <x_j, rho_slot>; correlation is that dot product as computed."""
    square = screen.square[j]
    slack = screen.state[2]
    rest = square
    if reference_square > 0.0:
        rest -= correlation * correlation / reference_square
    distance = np.sqrt(max(0.0, rest) + 1e-14 * square) + slack * np.sqrt(square)
    bound = screen.bound[j]
    _release(screen, bound.stamp)
    screen.table[slot].live += 1
    bound.stamp = slot
    bound.correlation = _rounded_up((abs(correlation) + slack * np.sqrt(square * reference_square)) / factor)
    bound.distance = _rounded_up(distance / factor)


@inlined
def _rounded_up(x):
    return UP * np.float32(min(max(x, LEAST), MOST))


@inlined
def _release(screen, stamp):
    if stamp < REFERENCES:
        screen.table[stamp].live -= 1


@internal
def make_resident(screen, j):
    """Column j is now among the active rows: no longer screened."""
    _release(screen, screen.bound[j].stamp)
    screen.bound[j].stamp = RESIDENT


@internal
def watch(screen, j):
    """Column j has left the active rows: a candidate, and on the neighbour list, until it is dotted."""
    screen.bound[j].stamp = UNKNOWN
    screen.bound[j].correlation = HUGE
    count = np.int64(screen.state[0])
    if count < screen.neighbour.shape[0]:
        screen.neighbour[count] = j
        screen.state[0] = count + 1
    else:
        screen.state[1] = np.inf


@internal
def _set_special(screen):
    """A resident column is never a candidate, an unknown one always."""
    resident, unknown = screen.table[RESIDENT], screen.table[UNKNOWN]
    resident.along = resident.skin_along = resident.across = resident.skin_across = np.float32(0.0)
    unknown.along = unknown.skin_along = np.float32(1.0)
    unknown.across = unknown.skin_across = HUGE


@internal
def project_residual(screen, residual, square):
    """along, across = components of today's residual along and off each reference."""
    for k in range(REFERENCES):
        table = screen.table[k]
        if table.live > 0:
            a = dot(screen.reference[k], residual) / table.square
            rest = max(0.0, square - a * a * table.square) + 1e-14 * square
            table.along = UP * np.float32(abs(a))
            table.across = UP * np.float32(np.sqrt(rest))
    _set_special(screen)


@internal
def _inside_skin(screen, threshold):
    if threshold < screen.state[1]:
        return False
    for k in range(REFERENCES):
        table = screen.table[k]
        if table.live > 0:
            if table.along > table.skin_along or table.across > table.skin_across:
                return False
    return True


@internal
def _retire(screen, few):
    """Let go of references that few columns hold, and of one more when slots run short: dot their columns anew."""
    free = 0
    least = -1
    fewest = np.inf
    for k in range(REFERENCES):
        live = screen.table[k].live
        if live == 0:
            free += 1
        elif live < few:
            screen.table[k].across = HUGE
        elif live < fewest:
            fewest = live
            least = k
    if free < 8 and least >= 0:
        screen.table[least].across = HUGE


@fast
def _scan_all(bound, table, threshold, out):
    count = 0
    for j in range(bound.shape[0]):
        b = bound[np.uint64(j)]
        t = table[np.uint64(b.stamp)]
        out[np.uint64(count)] = j
        count += t.skin_along * b.correlation + t.skin_across * b.distance > threshold
    return count


@fast
def _scan_list(bound, table, threshold, listed, length, out):
    count = 0
    for e in range(length):
        j = listed[np.uint64(e)]
        b = bound[np.uint64(j)]
        t = table[np.uint64(b.stamp)]
        out[np.uint64(count)] = j
        count += t.along * b.correlation + t.across * b.distance > threshold
    return count


@internal
def _make_list(screen, threshold, norm):
    for k in range(REFERENCES):
        table = screen.table[k]
        table.skin_along = table.skin_across = HUGE
        if table.live > 0:
            table.skin_along = table.along * np.float32(1.01) + np.float32(1e-3)
            table.skin_across = table.across * np.float32(1.2) + np.float32(0.02 * norm)
    _set_special(screen)
    screen.state[1] = SKIN * threshold
    limit = np.float32(SKIN * threshold * DOWN)
    screen.state[0] = _scan_all(screen.bound, screen.table, limit, screen.neighbour)


@internal
def candidates(screen, threshold, norm, few):
    """Columns whose bound exceeds the threshold go to screen.candidate; returns how many."""
    if not _inside_skin(screen, threshold):
        _retire(screen, few)
        _make_list(screen, threshold, norm)
    count = np.int64(screen.state[0])
    limit = np.float32(threshold * DOWN)
    return _scan_list(screen.bound, screen.table, limit, screen.neighbour, count, screen.candidate)


@internal
def free_slot(screen):
    """A reference slot that no column holds; when there is none, the least held is given up."""
    least = 0
    fewest = screen.bound.shape[0] + 1
    for k in range(REFERENCES):
        live = screen.table[k].live
        if live < fewest:
            fewest = live
            least = k
    if fewest == 0:
        return least
    for j in range(screen.bound.shape[0]):
        bound = screen.bound[j]
        if bound.stamp == least:
            bound.stamp = UNKNOWN
            bound.correlation = HUGE
    screen.table[least].live = 0
    screen.state[1] = np.inf
    return least


@internal
def add_reference(screen, residual, square):
    """Store today's residual as a reference and return its slot."""
    slot = free_slot(screen)
    copy_head(residual, screen.reference[slot], residual.shape[0])
    table = screen.table[slot]
    table.square = square
    table.along = UP
    table.across = UP * np.float32(1e-7 * np.sqrt(square))
    table.skin_along = table.skin_across = HUGE
    return slot


@internal
def _take_all(screen):
    """Every column that is screened, in order: candidates of a full pass."""
    count = 0
    for j in range(screen.bound.shape[0]):
        screen.candidate[count] = j
        count += screen.bound[j].stamp != RESIDENT
    return count


@inlined
def _fetch_records(design, screen, j):
    design.col_find(j)
    prefetch(screen.square, j)
    prefetch(screen.bound, j)


@internal
def dot_candidates(design, screen, quadratic, v, slot, count, threshold):
    """Dot `count` candidates with v = root * residual, stamp them, and keep the violators.

    screen.candidate[:violators] and screen.found[:violators] hold the columns and their correlations; returns how many.
    """
    p = screen.bound.shape[0]
    v_sum = total(v)
    square = screen.table[slot].square
    limited = quadratic.limits.shape[0] > 0
    hinted = count  # a pass in order needs no hints
    if count > FULL_PASS * p:
        count = _take_all(screen)
        screen.state[1] = np.inf
        hinted = 0
    violators = 0
    for e in range(count):
        if e + FAR < hinted:
            _fetch_records(design, screen, screen.candidate[e + FAR])
        if e + NEAR < hinted:
            design.col_hint(screen.candidate[e + NEAR])
        j = screen.candidate[e]
        c = design.col_dot(j, v, v_sum)
        violators = _keep(screen, quadratic, j, slot, c, square, threshold, limited, violators)
    return violators


@inlined
def _keep(screen, quadratic, j, slot, c, square, threshold, limited, violators):
    """Stamp column j, whose correlation is c, and list it where it violates; returns how many are listed."""
    factor = quadratic.limits[j].factor if limited else 1.0
    _stamp_column(screen, j, slot, c, square, factor)
    if abs(c) > threshold * factor * ENTER:
        if limited and (quadratic.limits[j].upper <= 0.0 if c > 0.0 else quadratic.limits[j].lower >= 0.0):
            return violators  # pushed against its bound at zero: optimal there
        screen.candidate[violators] = j
        screen.found[violators] = c
        violators += 1
    return violators


@jit
def take_correlations(screen, quadratic, residual, correlation):
    """As `dot_candidates` of every column with threshold 0, where the correlations with `residual` are known."""
    square = dot(residual, residual)
    slot = add_reference(screen, residual, square)
    limited = quadratic.limits.shape[0] > 0
    found = 0
    for j in range(correlation.shape[0]):
        if screen.bound[j].stamp != RESIDENT:
            found = _keep(screen, quadratic, j, slot, correlation[j], square, 0.0, limited, found)
    return found
