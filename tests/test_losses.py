"""Losses alone: derivatives by finite differences, conjugates by Fenchel-Young, the solver's against verify's."""

import math

import numpy as np
import pytest
from parts import FAMILY_RESPONSES
from user_losses import LogCosh

from fastnet.certificate_losses import make_loss
from fastnet.losses import FAMILIES, Family, find_family, huber, negative_binomial, tweedie

ETAS = np.linspace(-4.13, 3.716, 27)


def families():
    made = [FAMILIES[name]() for name in FAMILY_RESPONSES]
    made += [tweedie(1.2), tweedie(1.9), negative_binomial(0.3), negative_binomial(50.0), huber(0.5)]
    return made + [Family("log_cosh", LogCosh)]


def label(family):
    return f"{family.name}{list(family.parameters.values())}"


def responses(family):
    return np.array(FAMILY_RESPONSES.get(family.name, [-1.0, 0.5, 2.0]))


def points(family):
    loss = family.make(responses(family))
    for i in range(3):
        for eta in ETAS:
            yield loss, i, float(eta)


@pytest.mark.parametrize("family", families(), ids=label)
def test_derivatives(family):
    step = 1e-6
    for loss, i, eta in points(family):
        slope = (loss.loss_value(i, eta + step) - loss.loss_value(i, eta - step)) / (2 * step)
        assert loss.loss_residual(i, eta) == pytest.approx(-slope, rel=1e-6, abs=1e-6)
        bend = (loss.loss_residual(i, eta - step) - loss.loss_residual(i, eta + step)) / (2 * step)
        if family.convex:
            assert loss.loss_curvature(i, eta) == pytest.approx(bend, rel=1e-5, abs=1e-5)
        assert loss.loss_curvature(i, eta) >= 0


@pytest.mark.parametrize("family", [f for f in families() if f.convex], ids=label)
def test_fenchel_young(family):
    """f(eta) + f*(u) >= u eta, equal where u is the slope; 0 is in the domain, and values between 0 and the slope."""
    for loss, i, eta in points(family):
        value, slope = loss.loss_value(i, eta), -loss.loss_residual(i, eta)
        assert value + loss.loss_conjugate(i, slope) == pytest.approx(slope * eta, rel=1e-12, abs=1e-12)
        for s in (0.0, 0.3, 0.9):
            conjugate = loss.loss_conjugate(i, s * slope)
            assert np.isfinite(conjugate)
            assert value + conjugate >= s * slope * eta - 1e-12 * (1 + abs(value))


@pytest.mark.parametrize("family", [f for f in families() if f.name != "log_cosh"], ids=label)
def test_verify_knows_the_same_loss(family):
    y, unit = responses(family), family.response
    loss, other = family.make(y), make_loss(family.name, family.parameters)
    for i in range(3):
        for eta in ETAS:
            at = np.array([eta * unit])
            got = [formula(y[i : i + 1], at)[0] for formula in (other.value, other.residual, other.curvature)]
            assert got[0] == pytest.approx(unit**2 * loss.loss_value(i, eta), rel=1e-12, abs=1e-12)
            assert got[1] == pytest.approx(unit * loss.loss_residual(i, eta), rel=1e-12, abs=1e-12)
            assert got[2] == pytest.approx(loss.loss_curvature(i, eta), rel=1e-12, abs=1e-12)
            if family.convex:
                u = -0.7 * got[1]
                expected = unit**2 * loss.loss_conjugate(i, u / unit)
                assert other.conjugate(y[i : i + 1], np.array([u]))[0] == pytest.approx(expected, rel=1e-11, abs=1e-11)


def test_extreme_arguments_do_not_overflow():
    for name in ("binomial", "negative_binomial"):
        loss = FAMILIES[name]().make(np.array([0.0, 1.0, 1.0]))
        for eta in (-1e4, -800.0, 800.0, 1e4):
            for i in range(3):
                assert math.isfinite(loss.loss_value(i, eta))
                assert math.isfinite(loss.loss_residual(i, eta))


def test_an_amount_of_zero_stays_zero_however_small_the_mean():
    loss, other = tweedie(1.9).make(np.zeros(3)), make_loss("tweedie", {"power": 1.9})
    at = np.array([-1e4])
    for mine, theirs in ((loss.loss_value, other.value), (loss.loss_residual, other.residual)):
        assert mine(0, -1e4) == theirs(np.zeros(1), at)[0] == 0.0
    assert loss.loss_curvature(0, -1e4) == other.curvature(np.zeros(1), at)[0] == 0.0


def test_errors():
    with pytest.raises(ValueError, match="not known"):
        find_family("logistic")
    with pytest.raises(TypeError, match="Family"):
        find_family(3)
    with pytest.raises(ValueError, match="between 1 and 2"):
        tweedie(2.0)
    with pytest.raises(ValueError, match="theta"):
        negative_binomial(-1.0)
    with pytest.raises(TypeError, match="delta"):
        huber("big")
