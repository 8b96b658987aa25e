"""Columns that are nearly equal: which of two twins is in the model is decided by their tiny difference."""

from __future__ import annotations

import warnings

import numpy as np
import pytest
from parts import data
from scipy import sparse

import fastnet
from fastnet import losses


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


@pytest.mark.parametrize("family", ["gaussian", losses.huber(delta=10.0)])
def test_an_unpenalised_column_at_its_bound_that_another_nearly_equals_is_no_rounding(family):
    """Their difference, 1e-8 of them, explains much; at its bound of 0 one has a correlation of 1e-10 of its length."""
    rng = np.random.default_rng(1)
    n, apart = 400, 1e-8
    Q = np.linalg.qr(np.column_stack([np.ones(n), rng.standard_normal((n, 4))]))[0]
    u, w, q, e = Q[:, 1:].T
    p = (q - w) / np.sqrt(2)
    X = np.column_stack([u, u + apart * w, p]) * np.sqrt(n)
    y = 3 * u + np.sqrt(2) * p + 0.3 * w + 10 * e
    far = 0.02 / apart
    limits = dict(penalty_factor=[0, 0, 1.0], lower=[-far, 0, -np.inf], upper=[far, np.inf, np.inf])
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", fastnet.ConvergenceWarning)
        path = fastnet.enet_path(X, y, family=family, alphas=[5e-2, 1e-3, 1e-6], **limits)
    b = path.coefs.toarray()
    for k in np.flatnonzero(path.statuses == fastnet.Status.CONVERGED):
        better = b[:, k] + 0.5 * np.array([-far, far, 0.0]) * (b[1, k] == 0)
        moved = fastnet.verify(X, y, better[:, None], path.intercepts[[k]], path.alphas[[k]], family=family, **limits)
        assert path.objectives[k] <= moved.objectives[0] + 2 * path.tol * path.null_objective
