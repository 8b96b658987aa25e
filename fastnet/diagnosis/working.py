"""The score and the information of each row in its linear predictor, by family: what a score test is made of.

With mu the mean, V(mu) the variance function and mu' = dmu/deta: score (y - mu) mu' / V, expected information mu'^2 / V
(McCullagh and Nelder 1989, section 2.5); the unknown dispersion cancels in the test.
"""

from __future__ import annotations

import numpy as np
from scipy import special


def gaussian(y, eta):
    return y - eta, np.ones_like(eta)


def binomial(y, eta):
    mu = special.expit(eta)
    return y - mu, mu * (1.0 - mu)


def poisson(y, eta):
    mu = np.exp(eta)
    return y - mu, mu


def gamma(y, eta):
    return y * np.exp(-eta) - 1.0, np.ones_like(eta)


def inverse_gaussian(y, eta):
    mu = np.exp(eta)
    return (y - mu) / mu**2, 1.0 / mu


def tweedie(y, eta, power=1.5):
    mu = np.exp(eta)
    return (y - mu) * mu ** (1.0 - power), mu ** (2.0 - power)


def negative_binomial(y, eta, theta=1.0):
    mu = np.exp(eta)
    return (y - mu) * theta / (theta + mu), mu * theta / (theta + mu)


def huber(y, eta, delta=1.35):
    """Information is constant for errors of one distribution, and constants cancel (Huber 1981, section 7.6)."""
    return np.clip(y - eta, -delta, delta), np.ones_like(eta)


FAMILIES = {
    make.__name__: make
    for make in (gaussian, binomial, poisson, gamma, inverse_gaussian, tweedie, negative_binomial, huber)
}


def cox(y, eta, weight):
    """Martingale residuals and cumulative hazards: the Cox model as a Poisson model of the events (Whitehead 1980).

    The hazard is Breslow's, without strata; y are survival times as `enet_path` takes them.
    """
    from fastnet.losses.survival_times import read_times
    from fastnet.survival import baseline_hazard

    start, stop, event = read_times(y)
    hazard = baseline_hazard(eta, y, sample_weight=weight)
    expected = hazard.cumulative(stop) - (0.0 if start is None else hazard.cumulative(start))
    expected = expected * np.exp(eta)
    return event - expected, expected
