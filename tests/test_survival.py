"""Baseline hazards and survival curves against loops over events."""

import numpy as np
import pytest

import fastnet
from fastnet.survival import baseline_hazard


def naive(eta, start, stop, event, weight, strata, t, stratum):
    total = 0.0
    for time in np.unique(stop[event & (strata == stratum)]):
        if time <= t:
            deaths = weight[event & (strata == stratum) & (stop == time)].sum()
            risk = (strata == stratum) & (start < time) & (stop >= time)
            total += deaths / np.sum(weight[risk] * np.exp(eta[risk]))
    return total


@pytest.mark.parametrize("late", [False, True])
def test_cumulative_hazard(late):
    rng = np.random.default_rng(0)
    n = 60
    stop = np.ceil(rng.exponential(3, n) * 3) / 3
    start = stop * rng.uniform(0, 0.7, n) if late else np.full(n, -np.inf)
    event, weight, strata = rng.random(n) < 0.7, rng.uniform(0.5, 2, n), rng.integers(0, 2, n)
    eta = rng.standard_normal(n)
    y = np.column_stack([start, stop, event] if late else [stop, event])
    found = baseline_hazard(eta, y, sample_weight=weight, strata=strata)
    for stratum in (0, 1):
        times = [0.0, 1.0, 2.5, 100.0]
        expected = [naive(eta, start, stop, event, weight, strata, t, stratum) for t in times]
        np.testing.assert_allclose(found.cumulative(times, stratum), expected, rtol=1e-12, atol=1e-14)
    with pytest.raises(ValueError, match="stratum is missing"):
        found.cumulative([1.0])
    with pytest.raises(ValueError, match="known are"):
        found.cumulative([1.0], 7)


def test_survival_from_a_path():
    rng = np.random.default_rng(1)
    X = rng.standard_normal((80, 10))
    stop = rng.exponential(np.exp(-X[:, 0]))
    y = np.column_stack([stop, rng.random(80) < 0.8])
    path = fastnet.enet_path(X, y, family="cox", alphas=10)
    eta = path.predict(X, path.alphas[-1], kind="link")
    curves = baseline_hazard(eta, y).survival(eta, np.linspace(0, 3, 20))
    assert curves.shape == (80, 20)
    assert np.all(curves[:, 0] == 1)
    assert np.all(np.diff(curves, axis=1) <= 0)
    assert np.corrcoef(curves[:, 10], X[:, 0])[0, 1] < -0.5


@pytest.mark.parametrize("late", [False, True])
def test_risks_of_very_different_size(late):
    """A row of huge risk that has left (or not yet come) must not drown those at risk, nor overflow."""
    eta = np.array([0.0, 0.5, 40.0, -0.3, 0.2, -800.0, 800.0])
    start = np.array([0.0, 0.0, 0.0, 2.5, 2.5, 2.0, 0.0]) if late else np.full(7, -np.inf)
    stop = np.array([4.0, 5.0, 2.0, 6.0, 3.0, 6.0, 1.0])
    event = np.array([True, True, True, False, True, False, True])
    y = np.column_stack([start, stop, event] if late else [stop, event])
    found = baseline_hazard(eta, y)
    times = np.array([3.0, 4.0, 5.0])
    steps = found.cumulative(times) - found.cumulative(times - 0.5)
    expected = [1 / np.sum(np.exp(eta[(start < t) & (stop >= t)])) for t in times]
    np.testing.assert_allclose(steps, expected, rtol=1e-12)
    assert np.all(np.isfinite(found.survival(eta, times)))
