"""Compiled code of kernels, found again by a cheap look at the arguments: folds and small fits need it at every turn.

Numba's own look at the types of a fit's records takes half a millisecond a kernel, some milliseconds a fit.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from .jit import entry

_known: dict[tuple, Callable[..., Any]] = {}
_of_fits: dict[tuple, dict[Callable[..., Any], Callable[..., Any]]] = {}


def known_entry(kernel, *arguments):
    """`fastnet.jit.entry`, remembered for arguments of these kinds."""
    key = (kernel, *map(_kind, arguments))
    found = _known.get(key)
    if found is None:
        found = _known[key] = entry(kernel, *arguments)
    return found


def entries_of_fit(*parts):
    """The entries that all fits share whose `parts` are of these kinds.

    A kernel called by `fit.run` may have no argument whose type depends on anything else: nothing checks it.
    """
    return _of_fits.setdefault(tuple(map(_kind, parts)), {})


def _kind(argument):
    """What the Numba type depends on: of an array its dtype, dimensions and flags, of a record that of its fields."""
    if isinstance(argument, np.ndarray):
        return argument.dtype, argument.ndim, argument.flags.num
    if isinstance(argument, tuple):
        return type(argument), *map(_kind, argument)
    return type(argument)
