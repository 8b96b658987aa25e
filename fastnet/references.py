"""The reference residuals of the lazy bounds, and the pairs of them that columns hold (see ``screening``).

A column knows its products with two references: with the one it was last dotted with, the unit vector u of it, and
with the one before, of which v is the unit vector orthogonal to u. Today's residual r has the components

    along = <r, u>,    aside = <r, v> = (<r, u'> - <u, u'> <r, u>) / sine(u, u'),    across = |r - along u - aside v|,

u' being the earlier reference: for each pair that columns hold they follow from the products of r with the references.
"""

import numpy as np

from .jit import inlined, internal
from .state import LAST, PAIRS, REFERENCES, RESIDENT, SHIFT, UNKNOWN
from .vectors import copy_head, dot

ALONE = -1  # in place of the earlier reference, where there is one alone
HUGE = np.float32(1e30)
ROUNDED = 4e-7  # relative error of a product kept in float32, and of a little arithmetic with it
LEAST_SINE2 = 1e-5  # squared sine below which two references are as good as one; at least 1e7 rounding errors of a dot
SPARE = 8  # slots to keep free
LONG_COLUMN = 500  # entries from which on two references a column pay


def screening_of(design):
    """How to screen the columns of a design: relative error bound of a dot product, and whether by two references.

    The bound is terms times unit roundoff, with a margin for centring. Two references a column save a third of the
    dot products (D3, mice), but to look through the columns takes twice as long: worth it for long columns.
    """
    n, p, entries = design.matrix_size()
    return 4.0 * n * np.finfo(float).eps, entries >= LONG_COLUMN * max(p, 1)


def forget_products(screen):
    """From now on nothing is known of the columns that are screened: all are candidates."""
    if screen.pair["live"].any():  # those of a new fit hold no reference
        screen.bound["pair"][screen.bound["pair"] != RESIDENT] = UNKNOWN
        screen.pair["live"] = 0
    screen.bound["along"] = HUGE


@inlined
def pair_of(last, before):
    """The pair of references that a column holds; `before` may be ALONE."""
    return last + PAIRS * (before + 1)


@inlined
def release(screen, pair):
    """One column less holds this pair of references."""
    if pair & LAST < REFERENCES:
        screen.pair[pair].live -= 1


@inlined
def is_paired(screen):
    """Whether columns hold two references; else one, and the size of their product with it."""
    return screen.aside.shape[0] > 0


@inlined
def _seconds(screen):
    """How many second references a pair may have."""
    return REFERENCES if is_paired(screen) else 0


@internal
def set_special(screen):
    """A resident column is never a candidate, an unknown one always."""
    resident, unknown = screen.pair[RESIDENT], screen.pair[UNKNOWN]
    resident.along = resident.skin_along = resident.across = resident.skin_across = np.float32(0.0)
    unknown.along = unknown.skin_along = np.float32(1.0)
    unknown.across = unknown.skin_across = HUGE


@internal
def _count_holders(screen):
    """table.live from the pairs."""
    for k in range(REFERENCES):
        screen.table[k].live = screen.pair[pair_of(k, ALONE)].live
    for k in range(_seconds(screen)):
        for before in range(REFERENCES):
            live = screen.pair[pair_of(k, before)].live
            screen.table[k].live += live
            screen.table[before].live += live


@internal
def project_residual(screen, residual, square):
    """Components of today's residual for every pair that columns hold."""
    _count_holders(screen)
    for k in range(REFERENCES):
        table = screen.table[k]
        if table.live > 0 and table.length > 0.0:
            table.product = dot(screen.reference[k], residual) / table.length
    norm = np.sqrt(square)
    for k in range(REFERENCES):
        if screen.table[k].live > 0:
            for second in range(ALONE, _seconds(screen)):
                if screen.pair[pair_of(k, second)].live > 0:
                    _set_components(screen, k, second, norm)
    set_special(screen)


@internal
def _set_components(screen, first, second, norm):
    """The components, and what rounding may add to a bound: `doubt` of products with u and v, the rest in `across`."""
    pair = screen.pair[pair_of(first, second)]
    slack = screen.state[2]
    along, aside, stretch = screen.table[first].product, 0.0, 0.0
    if second != ALONE:
        stretch = pair.stretch
        aside = (screen.table[second].product - pair.cosine * along) * stretch
    rest = max(0.0, norm * norm - along * along - aside * aside) + 1e-14 * norm * norm
    rest += 4.0 * slack * norm * (norm + stretch * abs(aside))
    doubt = ROUNDED * (abs(along) + (1.0 + stretch) * abs(aside)) + (1.0 + 2.0 * stretch) * slack * norm
    pair.across = np.float32(np.sqrt(rest) + screen.state[3] * (abs(along) + 2.0 * stretch * abs(aside)))
    pair.along = np.float32(along if is_paired(screen) else abs(along) + doubt)
    pair.aside = np.float32(aside)
    pair.doubt = np.float32(doubt)


@internal
def make_skins(screen, norm):
    """Allow for some change of the components while the neighbour list is used."""
    for k in range(REFERENCES):
        if screen.table[k].live > 0:
            length = screen.table[k].length
            for second in range(ALONE, _seconds(screen)):
                pair = screen.pair[pair_of(k, second)]
                if pair.live > 0:
                    _make_skin(pair, is_paired(screen), length, norm)
    set_special(screen)


@inlined
def _make_skin(pair, paired, length, norm):
    pair.skin_across = np.float32(1.2 * pair.across + 0.02 * norm)
    if paired:
        pair.skin_along, pair.skin_aside = pair.along, pair.aside
        pair.slack_along = np.float32(2.0 * pair.doubt + 0.04 * abs(pair.along) + 1e-3 * length)
        pair.slack_aside = np.float32(2.0 * pair.doubt + 0.2 * abs(pair.aside) + 0.02 * norm)
    else:
        pair.skin_along = np.float32(1.01 * pair.along + 1e-3 * length)


@internal
def inside_skins(screen):
    """Whether the components have changed by no more than that."""
    for k in range(REFERENCES):
        if screen.table[k].live > 0:
            for second in range(ALONE, _seconds(screen)):
                pair = screen.pair[pair_of(k, second)]
                if pair.live > 0 and (pair.across > pair.skin_across or _has_turned(pair, is_paired(screen))):
                    return False
    return True


@inlined
def _has_turned(pair, paired):
    if not paired:
        return pair.along > pair.skin_along
    along, aside = abs(pair.along - pair.skin_along), abs(pair.aside - pair.skin_aside)
    return along + pair.doubt > pair.slack_along or aside + pair.doubt > pair.slack_aside


@internal
def retire(screen, few):
    """Let go of references that few columns hold, and of one more when slots run short: dot their columns anew."""
    free = 0
    least = -1
    fewest = np.inf
    for k in range(REFERENCES):
        live = screen.table[k].live
        if live == 0:
            free += 1
        elif live < few:
            _let_go(screen, k)
        elif live < fewest:
            fewest = live
            least = k
    if free < SPARE and least >= 0:
        _let_go(screen, least)


@internal
def _let_go(screen, k):
    screen.pair[pair_of(k, ALONE)].across = HUGE
    for other in range(_seconds(screen)):
        screen.pair[pair_of(k, other)].across = screen.pair[pair_of(other, k)].across = HUGE


@internal
def free_slot(screen):
    """A reference slot that no column holds; when there is none, the least held is given up."""
    least = 0
    fewest = 2 * screen.bound.shape[0] + 1
    for k in range(REFERENCES):
        live = screen.table[k].live
        if live < fewest:
            fewest = live
            least = k
    if fewest == 0:
        return least
    for j in range(screen.bound.shape[0]):
        bound = screen.bound[j]
        if bound.pair & LAST == least or bound.pair >> SHIFT == least + 1:
            release(screen, bound.pair)
            bound.pair = UNKNOWN
            bound.along = HUGE
    screen.state[1] = np.inf
    return least


@internal
def add_reference(screen, residual, square):
    """Store today's residual, which has just been projected, as a reference and return its slot."""
    slot = free_slot(screen)
    copy_head(residual, screen.reference[slot], residual.shape[0])
    norm = np.sqrt(square)
    screen.table[slot].length = norm
    least = max(LEAST_SINE2, 1e7 * screen.state[2])
    for second in range(ALONE, _seconds(screen)):
        pair = screen.pair[pair_of(slot, second)]
        pair.stretch = 0.0
        if second != ALONE and second != slot and screen.table[second].live > 0 and square > 0.0:
            pair.cosine = screen.table[second].product / norm
            sine2 = 1.0 - pair.cosine * pair.cosine
            if sine2 >= least:
                pair.stretch = 1.0 / np.sqrt(sine2)
        pair.skin_across = pair.skin_along = pair.slack_along = pair.slack_aside = HUGE
        pair.skin_aside = np.float32(0.0)
    return slot
