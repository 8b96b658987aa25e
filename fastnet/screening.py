"""Lazy bounds: which columns may violate the optimality conditions, without a pass over X.

Column j was last dotted with a reference residual; let u be of norm 1 along that. For today's residual r

    |<x_j, r>| <= |<r, u>| |<x_j, u>| + |r - <r, u> u| sqrt(|x_j|^2 - <x_j, u>^2).

Where columns are long the reference before is kept too, with v of norm 1 along what it has orthogonal to u:

    |<x_j, r>| <= |<r, u> <x_j, u> + <r, v> <x_j, v>|
                  + |r - <r, u> u - <r, v> v| sqrt(|x_j|^2 - <x_j, u>^2 - <x_j, v>^2).

Between changes of the support the residuals of a lasso path lie on a line, which two of them span: r has little left
off both. Only columns whose bound exceeds the threshold are dotted and stamped anew; all others are proved inactive.
The products are kept in float32; what rounding may add is in the bound, that of the dot product itself included.
Everything is divided by the penalty factor, so that one threshold l1 serves all columns.
Above a few thousand columns a full scan of the bounds costs more than the dots, hence the neighbour list: one scan
with inflated components of r and threshold, then only its survivors until one of them leaves that skin.
"""

import numpy as np

from .jit import fast, inlined, internal, jit, prefetch
from .references import (
    ALONE,
    HUGE,
    ROUNDED,
    add_reference,
    inside_skins,
    is_paired,
    make_skins,
    pair_of,
    release,
    retire,
)
from .state import LAST, REFERENCES, RESIDENT, UNKNOWN
from .vectors import dot, total

# A reference costs as much as 25 n multiplications until it is let go, a dot product as many as 150 and its own.
REFERENCE, DOT = 25.0, 150.0
UP = np.float32(1.000001)
DOWN = 1.0 - 2e-6
SKIN = 0.88  # the list holds for thresholds down to this share of the one it was made at
# Above this share of candidates a pass in order over all columns is cheaper, and tightens all bounds. Long columns,
# of which two references are held, are read almost as fast in any order, and their bounds are tight.
FULL_PASS, FULL_PASS_OF_PAIRS = 0.2, 0.5
LEAST, MOST = 1e-30, 1e30  # bounds are kept inside: float32 must not round them to zero or infinity
ENTER = 1.0 + 1e-12  # a correlation up to this multiple of the threshold counts as at it
NEAR, FAR = 12, 24  # columns ahead of the one being dotted whose entries, and whose records, are being fetched


@inlined
def _constants(screen, slot):
    """What stamps of a slot have in common: 1 / length of the reference, rounding of a product, and of a distance."""
    length, slack = screen.table[slot].length, screen.state[2]
    return 1.0 / length if length > 0.0 else 0.0, slack, slack / screen.state[3]


@inlined
def _stamp_column(screen, j, slot, constants, correlation, inverse):
    """Record <x_j, rho_slot>, which is `correlation` as computed; the reference before becomes the second.

    `inverse` is 1 / penalty factor: nothing is divided here, which short columns would notice.
    """
    inverse_length, slack, drift = constants
    square = screen.square[j]
    size = np.sqrt(square)
    error = slack * size
    along = correlation * inverse_length
    rest = square - max(0.0, abs(along) - error) ** 2
    bound = screen.bound[j]
    second = ALONE
    if not is_paired(screen):
        along = abs(along)
    else:
        before, aside = bound.pair & LAST, 0.0
        if before < REFERENCES and screen.pair[pair_of(slot, before)].stretch > 0.0:
            second = before
            pair = screen.pair[pair_of(slot, before)]
            earlier = bound.along / inverse
            aside = pair.stretch * (earlier - pair.cosine * along)
            doubt = pair.stretch * (ROUNDED * abs(earlier) + 2.0 * error)
            rest -= max(0.0, abs(aside) - doubt) ** 2
        screen.aside[j] = np.float32(min(max(aside * inverse, -MOST), MOST))
    distance = np.sqrt(max(0.0, rest) + 1e-14 * square) + drift * size
    release(screen, bound.pair)
    bound.pair = pair_of(slot, second)
    screen.pair[bound.pair].live += 1
    bound.along = np.float32(min(max(along * inverse, -MOST), MOST))
    bound.distance = UP * np.float32(min(max(distance * inverse, LEAST), MOST))


@internal
def make_resident(screen, j):
    """Column j is now among the active rows: no longer screened."""
    release(screen, screen.bound[j].pair)
    screen.bound[j].pair = RESIDENT


@internal
def watch(screen, j):
    """Column j has left the active rows: a candidate, and on the neighbour list, until it is dotted."""
    screen.bound[j].pair = UNKNOWN
    screen.bound[j].along = HUGE
    count = np.int64(screen.state[0])
    if count < screen.neighbour.shape[0]:
        screen.neighbour[count] = j
        screen.state[0] = count + 1
    else:
        screen.state[1] = np.inf


# Without a second reference in the loops of their own: the others cost twice as much a column.
@fast
def _scan_all(bound, pair, threshold, out):
    count = 0
    for j in range(bound.shape[0]):
        b = bound[np.uint64(j)]
        t = pair[np.uint64(b.pair)]
        out[np.uint64(count)] = j
        count += t.skin_along * b.along + t.skin_across * b.distance > threshold
    return count


@fast
def _scan_all_pairs(bound, aside, pair, threshold, out):
    count = 0
    for j in range(bound.shape[0]):
        b, c = bound[np.uint64(j)], aside[np.uint64(j)]
        t = pair[np.uint64(b.pair)]
        out[np.uint64(count)] = j
        size = abs(t.skin_along * b.along + t.skin_aside * c) + t.slack_along * abs(b.along) + t.slack_aside * abs(c)
        count += size + t.skin_across * b.distance > threshold
    return count


@fast
def _scan_list(bound, pair, threshold, listed, length, out):
    count = 0
    for e in range(length):
        j = listed[np.uint64(e)]
        b = bound[np.uint64(j)]
        t = pair[np.uint64(b.pair)]
        out[np.uint64(count)] = j
        count += t.along * b.along + t.across * b.distance > threshold
    return count


@fast
def _scan_list_pairs(bound, aside, pair, threshold, listed, length, out):
    count = 0
    for e in range(length):
        j = listed[np.uint64(e)]
        b, c = bound[np.uint64(j)], aside[np.uint64(j)]
        t = pair[np.uint64(b.pair)]
        out[np.uint64(count)] = j
        size = abs(t.along * b.along + t.aside * c) + t.doubt * (abs(b.along) + abs(c))
        count += size + t.across * b.distance > threshold
    return count


@internal
def _make_list(screen, threshold, norm):
    make_skins(screen, norm)
    screen.state[1] = SKIN * threshold
    limit = np.float32(SKIN * threshold * DOWN)
    if is_paired(screen):
        screen.state[0] = _scan_all_pairs(screen.bound, screen.aside, screen.pair, limit, screen.neighbour)
    else:
        screen.state[0] = _scan_all(screen.bound, screen.pair, limit, screen.neighbour)


@internal
def candidates(screen, threshold, norm, few):
    """Columns whose bound exceeds the threshold go to screen.candidate; returns how many."""
    if threshold < screen.state[1] or not inside_skins(screen):
        retire(screen, few)
        _make_list(screen, threshold, norm)
    count = np.int64(screen.state[0])
    limit = np.float32(threshold * DOWN)
    if is_paired(screen):
        return _scan_list_pairs(
            screen.bound, screen.aside, screen.pair, limit, screen.neighbour, count, screen.candidate
        )
    return _scan_list(screen.bound, screen.pair, limit, screen.neighbour, count, screen.candidate)


@internal
def _take_all(screen):
    """Every column that is screened, in order: candidates of a full pass."""
    count = 0
    for j in range(screen.bound.shape[0]):
        screen.candidate[count] = j
        count += screen.bound[j].pair != RESIDENT
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
    limited = quadratic.limits.shape[0] > 0
    hinted = count  # a pass in order needs no hints
    if count > (FULL_PASS_OF_PAIRS if is_paired(screen) else FULL_PASS) * p:
        count = _take_all(screen)
        screen.state[1] = np.inf
        hinted = 0
    violators, constants = 0, _constants(screen, slot)
    for e in range(count):
        if e + FAR < hinted:
            _fetch_records(design, screen, screen.candidate[e + FAR])
        if e + NEAR < hinted:
            design.col_hint(screen.candidate[e + NEAR])
        j = screen.candidate[e]
        c = design.col_dot(j, v, v_sum)
        violators = _keep(screen, quadratic, j, slot, constants, c, threshold, limited, violators)
    return violators


@inlined
def _keep(screen, quadratic, j, slot, constants, c, threshold, limited, violators):
    """Stamp column j, whose correlation is c, and list it where it violates; returns how many are listed."""
    factor = inverse = 1.0
    if limited:
        factor = quadratic.limits[j].factor
        inverse = 1.0 / max(factor, LEAST)
    _stamp_column(screen, j, slot, constants, c, inverse)
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
    limited, constants = quadratic.limits.shape[0] > 0, _constants(screen, slot)
    found = 0
    for j in range(correlation.shape[0]):
        if screen.bound[j].pair != RESIDENT:
            found = _keep(screen, quadratic, j, slot, constants, correlation[j], 0.0, limited, found)
    return found
