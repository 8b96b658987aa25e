"""Sums over risk sets of numbers that no double could hold side by side, such as hazards e^eta of a diverging fit.

A number is a value times 2^(256 level), the level a whole number (held as a float) that is 0 for all rows of an
ordinary fit. Beside a number two levels higher one counts for nothing; one level lower it is multiplied by 2^-256. So a
sum keeps the digits of its largest part, whatever there is in other risk sets.

Row j is at risk at the event times first_j .. last_j. Where all rows start at once, risk sets are nested and sums are
cumulative; else they are taken over a binary tree of the event times. Neither takes differences.
"""

import math

from ..jit import generic

STEP = 2.0**-256
LEVEL = 256 * math.log(2.0)  # of eta
LOWEST = -1e300  # level of nothing at all


@generic
def level_of(eta):
    """The level of e^eta, for eta <= 0."""
    return 0.0 if eta > -0.5 * LEVEL else max(float(math.floor(eta / LEVEL + 0.5)), LOWEST)


@generic
def lifted(value, steps):
    """A value whose level is -steps (never negative) lower than where it is needed."""
    if steps == 0.0:
        return value
    return value * STEP if steps == -1.0 else 0.0


@generic
def add(value, level, values, levels, k):
    """values[k] += value, each at its level."""
    if level > levels[k]:
        values[k] = lifted(values[k], levels[k] - level)
        levels[k] = level
    values[k] += lifted(value, level - levels[k])


@generic
def spread_over_terms(value, level, cox, out, out_level):
    """out_k = sum of the values of the rows at risk at event time k, with its level."""
    terms = out.shape[0]
    if cox.flags[0] > 0:
        _spread_by_tree(value, level, cox, out, out_level)
        return
    for k in range(terms):
        out[k], out_level[k] = 0.0, LOWEST
    for j in range(value.shape[0]):
        if cox.last[j] >= cox.first[j]:
            add(value[j], level[j], out, out_level, cox.last[j])
    for k in range(terms - 2, -1, -1):
        if cox.block[k] == cox.block[k + 1]:
            add(out[k + 1], out_level[k + 1], out, out_level, k)


@generic
def _spread_by_tree(value, level, cox, out, out_level):
    terms = out.shape[0]
    tree, tree_level = cox.tree[0], cox.tree[1]
    for k in range(2 * terms):
        tree[k], tree_level[k] = 0.0, LOWEST
    for j in range(value.shape[0]):
        low, high = cox.first[j] + terms, cox.last[j] + terms + 1
        while low < high:
            if low & 1:
                add(value[j], level[j], tree, tree_level, low)
                low += 1
            if high & 1:
                high -= 1
                add(value[j], level[j], tree, tree_level, high)
            low >>= 1
            high >>= 1
    for k in range(2, 2 * terms):
        add(tree[k >> 1], tree_level[k >> 1], tree, tree_level, k)
    for k in range(terms):
        out[k], out_level[k] = tree[terms + k], tree_level[terms + k]


@generic
def gather_from_terms(value, level, cox, row_level, out):
    """out_j = sum of value_k over the event times at which row j is at risk: the transpose of `spread_over_terms`.

    The levels of these values are those of the risk sets, negative; out_j is to be multiplied by numbers of level
    row_level_j, none of which is above the level of a risk set that it is in.
    """
    if cox.flags[0] > 0:
        _gather_by_tree(value, level, cox, row_level, out)
        return
    total, total_level = cox.tree[0], cox.tree[1]
    for k in range(value.shape[0]):
        total[k], total_level[k] = value[k], -level[k]
        if k > 0 and cox.block[k] == cox.block[k - 1]:
            add(total[k - 1], total_level[k - 1], total, total_level, k)
    for j in range(out.shape[0]):
        k = cox.last[j]
        out[j] = lifted(total[k], total_level[k] + row_level[j]) if k >= cox.first[j] else 0.0


@generic
def _gather_by_tree(value, level, cox, row_level, out):
    terms = value.shape[0]
    tree, tree_level = cox.tree[0], cox.tree[1]
    for k in range(terms):
        tree[k], tree_level[k] = 0.0, LOWEST
        tree[terms + k], tree_level[terms + k] = value[k], -level[k]
    for k in range(2 * terms - 1, 1, -1):
        add(tree[k], tree_level[k], tree, tree_level, k >> 1)
    for j in range(out.shape[0]):
        total_j = 0.0
        low, high = cox.first[j] + terms, cox.last[j] + terms + 1
        while low < high:
            if low & 1:
                total_j += lifted(tree[low], tree_level[low] + row_level[j])
                low += 1
            if high & 1:
                high -= 1
                total_j += lifted(tree[high], tree_level[high] + row_level[j])
            low >>= 1
            high >>= 1
        out[j] = total_j
