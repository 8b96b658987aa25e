"""Kernels are found again by what their arguments are, and only then."""

from __future__ import annotations

import os
import warnings
from typing import NamedTuple

import numpy as np
import pytest
from scipy import sparse

import fastnet
from fastnet.engine import QuadraticEngine
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


@pytest.mark.skipif(os.environ.get("NUMBA_DISABLE_JIT") == "1", reason="nothing is compiled then")
def test_fits_that_share_entries_call_kernels_with_the_same_types(monkeypatch):
    """Whatever is asked of them: a wrong type would be read as another, unseen."""
    from numba import typeof

    types, called, plain = {}, set(), QuadraticEngine.run

    def run(self, kernel, *arguments):
        if (self, kernel) not in called:  # which keeps the engine, so that its place is not taken by another
            called.add((self, kernel))
            found = tuple(map(typeof, arguments))
            assert types.setdefault((id(self.entries), kernel), found) == found, kernel
        return plain(self, kernel, *arguments)

    monkeypatch.setattr(QuadraticEngine, "run", run)
    rng = np.random.default_rng(0)
    X, y = rng.standard_normal((12, 20)), rng.standard_normal(12)
    tall, response = rng.standard_normal((60, 6)), rng.standard_normal(60)
    frozen = y.copy()
    frozen.flags.writeable = False
    bounded = dict(penalty_factor=np.r_[0, 0, np.ones(18)], lower=np.r_[-1, np.full(19, -np.inf)])
    for options in (
        {}, dict(fit_intercept=False), dict(lower=-1, upper=1), dict(l1_ratio=0.5), dict(offset=frozen), bounded,
        dict(sample_weight=np.arange(12)), dict(alphas=np.array([1, 0.1, 0.0])),
    ):  # fmt: skip
        for each in X, sparse.csc_array(X):
            with warnings.catch_warnings():
                warnings.simplefilter("ignore")
                path = fastnet.enet_path(each, frozen, **({"alphas": 3} | options))
                fastnet.enet_path(each, y > 0, family="binomial", **({"alphas": 3} | options))
            fastnet.enet_path(each, y, alphas=2, warm_start=path)
    fastnet.enet_path(tall, response, alphas=3, alpha_min_ratio=1e-3)
    shared = {entries for entries, _ in types}
    assert 4 <= len(shared) < 40 < len(types)
