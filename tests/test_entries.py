"""Kernels are found again by what their arguments are, and only then."""

from __future__ import annotations

import os
from typing import NamedTuple

import numpy as np
import pytest

from fastnet.entries import _kind, entries_of_fit, known_entry
from fastnet.jit import jit


class Record(NamedTuple):
    values: np.ndarray
    more: np.ndarray


@jit
def _first(record, factor):
    return record.values[0] * factor


def test_kinds_differ_where_numba_s_types_do():
    from numba import typeof

    square = np.zeros((3, 3))
    frozen = np.zeros(3)
    frozen.flags.writeable = False
    packed = np.zeros(3, [("a", "f8"), ("b", "i8")])
    arguments = [
        np.zeros(3), np.zeros(3, np.float32), np.zeros(3, np.int64), np.zeros(6)[::2], frozen, packed, square,
        np.asfortranarray(np.zeros((3, 4))), np.zeros((3, 4)), 1, 1.0, True, Record(np.zeros(2), np.zeros(3)),
        Record(np.zeros(2), np.zeros(3, np.int32)), Record(frozen, np.zeros(3)),
    ]  # fmt: skip
    for one in arguments:
        for other in arguments:
            if _kind(one) == _kind(other):
                assert typeof(one) == typeof(other)


@pytest.mark.skipif(os.environ.get("NUMBA_DISABLE_JIT") == "1", reason="nothing is compiled then")
def test_one_entry_serves_all_arguments_of_one_kind():
    records = [Record(np.full(n, 2.0), np.zeros(n)) for n in (2, 5)]
    first, second = (known_entry(_first, record, 3.0) for record in records)
    assert first is second
    assert [first(record, 3.0) for record in records] == [6.0, 6.0]
    other = known_entry(_first, Record(np.full(2, 2, np.int64), np.zeros(2)), 3.0)
    assert other is not first


def test_fits_share_entries_when_their_parts_are_of_one_kind():
    one, other = (Record(np.zeros(n), np.zeros(n)) for n in (2, 5))
    square = np.zeros(4)
    assert entries_of_fit(one, square) is entries_of_fit(other, square)
    assert entries_of_fit(one, square) is not entries_of_fit(one, square.astype(np.float32))
    assert entries_of_fit(one, square) is not entries_of_fit(one)
