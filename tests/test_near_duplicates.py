"""Columns that are nearly equal: which of two twins is in the model is decided by their tiny difference."""

from __future__ import annotations

import numpy as np
import pytest
from parts import data
from scipy import sparse

import fastnet


@pytest.mark.parametrize("kind", [np.asfortranarray, sparse.csc_array])
@pytest.mark.parametrize("difference", [0.0, 1e-10, 1e-9, 1e-8, 1e-7, 1e-6, 1e-5])
def test_twins(difference, kind):
    X, y = data(30, 70, seed=11)
    twins = X + difference * np.random.default_rng(1).standard_normal(X.shape)
    both = np.hstack([X, twins])
    path = fastnet.enet_path(kind(both), y, tol=1e-10, alphas=15)
    report = fastnet.verify(both, y, path.coefs, path.intercepts, path.alphas)
    assert np.all(path.statuses == 0)
    assert np.all(report.gaps <= 1.001e-10)
    assert path.n_iters.max() < 200
