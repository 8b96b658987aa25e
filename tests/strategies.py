"""Hypothesis strategies: small Gaussian problems with every option, entries on a coarse grid so that failures
shrink well.
"""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp


class Case(NamedTuple):
    X: np.ndarray  # (n, p) float64
    y: np.ndarray  # (n,)
    options: dict[str, Any]  # keyword arguments of enet_path, less alphas and tol


def matrices(n: int, p: int):
    """(n, p) in quarters from -4 to 4, many of them 0; columns may be duplicate, constant or empty."""
    entries = st.one_of(st.just(0), st.integers(-16, 16))
    plain = hnp.arrays(np.int64, (n, p), elements=entries).map(lambda a: np.asfortranarray(a / 4.0))

    def degrade(drawn):
        X, kinds = drawn
        X = X.copy(order="F")
        for j, kind in enumerate(kinds):
            if kind == "duplicate":
                X[:, j] = X[:, 0]
            elif kind == "opposite":
                X[:, j] = -X[:, 0]
            elif kind == "constant":
                X[:, j] = 0.1
            elif kind == "empty":
                X[:, j] = 0.0
            elif kind == "shifted":
                X[:, j] += 100.0
        return X

    kinds = st.sampled_from(["plain"] * 8 + ["duplicate", "opposite", "constant", "empty", "shifted"])
    return st.tuples(plain, st.lists(kinds, min_size=p, max_size=p)).map(degrade)


@st.composite
def cases(draw, max_n=14, max_p=10, weights=True, factors=True, bounds=True, l1_ratios=(1.0, 0.7, 0.2, 0.0)):
    """A `Case`; the penalised part always has a finite, positive factor."""
    n, p = draw(st.integers(1, max_n)), draw(st.integers(1, max_p))
    X = draw(matrices(n, p))
    y = draw(hnp.arrays(np.int64, n, elements=st.integers(-40, 40))) / 8.0
    options: dict[str, Any] = {
        "l1_ratio": draw(st.sampled_from(l1_ratios)),
        "fit_intercept": draw(st.booleans()),
        "standardize": draw(st.booleans()),
    }
    if weights and draw(st.booleans()):
        w = draw(hnp.arrays(np.int64, n, elements=st.integers(0, 4))).astype(float)
        w[draw(st.integers(0, n - 1))] = 1.0
        options["sample_weight"] = w
    if draw(st.booleans()):
        options["offset"] = draw(hnp.arrays(np.int64, n, elements=st.integers(-8, 8))) / 4.0
    if factors and draw(st.booleans()):
        pf = np.array(draw(st.lists(st.sampled_from([1.0, 0.5, 2.0, 0.0, np.inf]), min_size=p, max_size=p)))
        pf[draw(st.integers(0, p - 1))] = 1.0
        options["penalty_factor"] = pf
    if bounds and draw(st.booleans()):
        options["lower"] = np.array(draw(st.lists(st.sampled_from([0.0, -0.1, -1.0, -np.inf]), min_size=p, max_size=p)))
        options["upper"] = np.array(draw(st.lists(st.sampled_from([0.0, 0.1, 1.0, np.inf]), min_size=p, max_size=p)))
    return Case(X, y, options)
