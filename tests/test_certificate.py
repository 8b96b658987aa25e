"""verify against the naive reference, closed forms, and problems scaled to the ends of the exponent range."""

import numpy as np
import pytest
import scipy.sparse as sp
from parts import DESIGNS, FAMILY_RESPONSES, PENALTIES, SAMPLES, SHAPES, SINGLE, data, family_data
from reference import Reference

from fastnet.certificate import Certificate, verify
from fastnet.certificate_columns import power_of_two, sum_of_products
from fastnet.certificate_math import LOSSES


def solved(X, y, fractions=(0.5, 0.1), **options):
    """Reference, alphas, coefs (p, K), intercepts (K,) at fractions of alpha_max."""
    reference = Reference(X, y, **options)
    alphas = reference.alpha_max() * np.array(fractions)
    intercepts, coefs = zip(*[reference.solve(alpha) for alpha in alphas], strict=True)
    return reference, alphas, np.array(coefs).T, np.array(intercepts)


@pytest.mark.parametrize("shape", SHAPES)
@pytest.mark.parametrize("penalty", PENALTIES)
@pytest.mark.parametrize("sample", SAMPLES)
def test_solutions_are_certified_and_others_are_not(shape, penalty, sample):
    n, p = SHAPES[shape]
    X, y = data(n, p)
    options = PENALTIES[penalty](p) | SAMPLES[sample](n)
    reference, alphas, coefs, intercepts = solved(X, y, **options)
    rng = np.random.default_rng(1)
    worse = coefs * (1 - 0.05 * rng.random(coefs.shape))  # shrinking keeps the bounds
    for design in (X, sp.csc_array(X)):
        certificate = verify(design, y, coefs, intercepts, alphas, **options)
        assert certificate.feasible.all()
        assert np.max(certificate.gaps) < 1e-10
        assert np.max(certificate.kkt_residuals) < 1e-10
        np.testing.assert_allclose(certificate.null_objective, reference.null_objective, rtol=1e-10)
        certificate = verify(design, y, worse, intercepts, alphas, **options)
        for k, alpha in enumerate(alphas):
            point = intercepts[k], worse[:, k], alpha
            np.testing.assert_allclose(certificate.objectives[k], reference.objective(*point), rtol=1e-11)
            gap, naive = certificate.gaps[k], reference.gap(*point)
            if penalty == "bounded_free":  # verify looks at more dual points: tighter, and never below the truth
                best = reference.objective(intercepts[k], coefs[:, k], alpha)
                true = (certificate.objectives[k] - best) / reference.null_objective
                assert true - 1e-11 <= gap <= naive * (1 + 1e-4) + 1e-11
            else:
                np.testing.assert_allclose(gap, naive, rtol=1e-4, atol=1e-11)
            np.testing.assert_allclose(
                certificate.kkt_residuals[k], reference.kkt_residual(*point), rtol=1e-7, atol=1e-12
            )
            # the gap bounds the distance to the optimum
            distance = reference.objective(*point) - reference.objective(intercepts[k], coefs[:, k], alpha)
            assert certificate.gaps[k] * certificate.null_objective >= distance * (1 - 1e-9) - 1e-12


@pytest.mark.parametrize("name", DESIGNS)
def test_every_design_gives_the_same_certificate(name, tmp_path):
    X, y = data(20, 9)
    _, alphas, coefs, intercepts = solved(X, y, l1_ratio=0.5)
    expected = verify(X, y, coefs, intercepts, alphas, l1_ratio=0.5)
    certificate = verify(DESIGNS[name](X, tmp_path), y, coefs, intercepts, alphas, l1_ratio=0.5)
    rtol = 1e-5 if name in SINGLE else 1e-12
    np.testing.assert_allclose(certificate.objectives, expected.objectives, rtol=rtol)
    np.testing.assert_allclose(certificate.gaps, expected.gaps, atol=rtol)


def test_blocks_of_columns_and_points(monkeypatch):
    X, y = data(12, 40)
    _, alphas, coefs, intercepts = solved(X, y, (0.9, 0.5, 0.2, 0.1))
    expected = verify(X, y, coefs, intercepts, alphas)
    monkeypatch.setattr("fastnet.certificate_verifier._CELLS", 80)
    monkeypatch.setattr("fastnet.certificate_columns._CELLS", 36)
    certificate = verify(X, y, sp.csr_array(coefs), intercepts, alphas)
    np.testing.assert_allclose(certificate.gaps, expected.gaps, atol=1e-14)
    np.testing.assert_allclose(certificate.dual_objectives, expected.dual_objectives, rtol=1e-13)


@pytest.mark.parametrize("standardize", [True, False])
@pytest.mark.parametrize("fit_intercept", [True, False])
@pytest.mark.parametrize("l1_ratio", [1.0, 0.0])
@pytest.mark.parametrize("x_unit", [1e-150, 1.0, 1e150])
@pytest.mark.parametrize("y_unit", [1e-150, 1.0, 1e150])
def test_scale(standardize, fit_intercept, l1_ratio, x_unit, y_unit):
    X, y = data(20, 9)
    options = {"l1_ratio": l1_ratio, "standardize": standardize, "fit_intercept": fit_intercept}
    _, alphas, coefs, intercepts = solved(X, y, **options)
    coefs = 0.9 * coefs
    expected = verify(X, y, coefs, intercepts, alphas, **options)
    column_unit = 1.0 if standardize else x_unit
    alphas = alphas * column_unit * (y_unit if l1_ratio == 1 else column_unit)
    scaled = coefs * (y_unit / x_unit), intercepts * y_unit, alphas
    for design in (X * x_unit, sp.csc_array(X * x_unit)):
        certificate = verify(design, y * y_unit, *scaled, **options)
        np.testing.assert_allclose(certificate.gaps, expected.gaps, rtol=1e-9)
        np.testing.assert_allclose(certificate.kkt_residuals, expected.kkt_residuals, rtol=1e-9)


@pytest.mark.parametrize("x_unit", [1e-150, 1e150])
def test_scale_of_one_column(x_unit):
    X, y = data(20, 9)
    _, alphas, coefs, intercepts = solved(X, y, l1_ratio=0.5)
    expected = verify(X, y, 0.9 * coefs, intercepts, alphas, l1_ratio=0.5)
    scaled, b = X.copy(), 0.9 * coefs
    scaled[:, 0] *= x_unit
    b[0] /= x_unit
    certificate = verify(scaled, y, b, intercepts, alphas, l1_ratio=0.5)
    np.testing.assert_allclose(certificate.gaps, expected.gaps, rtol=1e-9)


@pytest.mark.parametrize("make", [np.asarray, sp.csc_array])
@pytest.mark.parametrize("standardize", [True, False])
def test_columns_with_large_offsets_keep_their_digits(make, standardize):
    rng = np.random.default_rng(0)
    X = rng.integers(-64, 64, (30, 6)) / 32.0
    y = rng.integers(-64, 64, 30) / 32.0
    _, alphas, coefs, _ = solved(X, y, standardize=standardize)
    coefs = np.round(coefs * 2**20) / 2**20 * 1.05  # away from the optimum
    intercepts = np.array([np.mean(y - X @ b) for b in coefs.T])
    expected = verify(X, y, coefs, intercepts, alphas, standardize=standardize)
    far = X + 2.0**27  # exact
    moved = [np.mean(y - X @ b) - float(np.sum(np.longdouble(2.0**27) * b.astype(np.longdouble))) for b in coefs.T]
    certificate = verify(make(far), y, coefs, moved, alphas, standardize=standardize)
    np.testing.assert_allclose(certificate.gaps, expected.gaps, rtol=1e-6)  # the intercept itself has 8 digits
    np.testing.assert_allclose(certificate.kkt_residuals, expected.kkt_residuals, rtol=1e-6)


def test_least_squares_and_alpha_zero():
    X, y = data(40, 8)
    Z = np.column_stack([np.ones(40), X])
    fit = np.linalg.lstsq(Z, y, rcond=None)[0]
    certificate = verify(X, y, fit[1:], fit[0], 0.0)
    assert certificate.gaps[0] < 1e-13
    residual = np.mean((y - Z @ fit) ** 2) / 2
    np.testing.assert_allclose(certificate.objectives, residual)
    np.testing.assert_allclose(certificate.dual_objectives, residual)
    certificate = verify(X, y, fit[1:] * 0.9, fit[0], 0.0)
    exact = (certificate.objectives[0] - residual) / certificate.null_objective
    np.testing.assert_allclose(certificate.gaps[0], exact, rtol=1e-10)
    X, y = data(12, 40)  # interpolation
    b = np.linalg.lstsq(X - X.mean(0), y - y.mean(), rcond=None)[0]
    assert verify(X, y, b, y.mean() - X.mean(0) @ b, 0.0).gaps[0] < 1e-13


def test_ridge_by_its_closed_form():
    X, y = data(15, 15)
    Z = X - X.mean(axis=0)
    alpha = 0.3
    b = np.linalg.solve(Z.T @ Z / 15 + alpha * np.eye(15), Z.T @ (y - y.mean()) / 15)
    certificate = verify(X, y, b, y.mean() - X.mean(0) @ b, alpha, l1_ratio=0.0, standardize=False)
    assert certificate.gaps[0] < 1e-14
    assert certificate.kkt_residuals[0] < 1e-14


@pytest.mark.parametrize("size", [1e6, 1e300])
@pytest.mark.parametrize("options", [{}, {"lower": -1.0}, {"lower": -1.0, "upper": 1.0}], ids=["free", "half", "box"])
@pytest.mark.parametrize("name", ["gaussian", *FAMILY_RESPONSES])
def test_points_where_the_loss_overflows(name, options, size):
    """A good point beside one of such coefficients, which has an objective, a dual bound and a gap that say so."""
    X, y = data(30, 5) if name == "gaussian" else family_data(name, 30, 5)
    options = options | {"family": name, "penalty_factor": [0.0, 0.0, 1.0, 1.0, 1.0]}
    far = size * np.array([-1.0, 1.0, -2.0, 1.0, 3.0])
    inside = np.clip(far, options.get("lower", -np.inf), options.get("upper", np.inf))
    for alpha in (0.1, 0.0):
        found = verify(X, y, np.column_stack([np.zeros(5), far, inside]), [0.0, 0.0, size], [alpha] * 3, **options)
        alone = verify(X, y, np.zeros(5), 0.0, alpha, **options)
        for field in ("objectives", "dual_objectives", "gaps", "kkt_residuals"):
            assert not np.isnan(getattr(found, field)).any()
            np.testing.assert_allclose(getattr(found, field)[0], getattr(alone, field)[0], rtol=1e-6)
        assert found.gaps[1] > 100
        if name != "inverse_gaussian":  # not convex: there is no bound, and eta = 1e6 is nearly stationary
            assert found.gaps[2] > 100
            assert np.all(found.dual_objectives < alone.objectives[0])


@pytest.mark.parametrize("light", [1e-60, 1e-200, 1e-320])
@pytest.mark.parametrize("name", FAMILY_RESPONSES)
def test_weights_that_are_nothing_beside_others(name, light):
    X, y = family_data(name, 30, 5)
    few = np.arange(30) > 2
    options = {"family": name, "penalty_factor": [0.0, 0.0, 1.0, 1.0, 1.0]}
    b = np.array([0.1, 0.2, 0.0, 0.0, 0.1])
    found = verify(X, y, b, 0.1, 0.1, sample_weight=np.where(few, 10.0, light), **options)
    expected = verify(X[few], y[few], b, 0.1, 0.1, **options)
    np.testing.assert_allclose(found.gaps, expected.gaps, rtol=1e-6)
    np.testing.assert_allclose(found.null_objective, expected.null_objective, rtol=1e-10)


@pytest.mark.parametrize("l1_ratio", [0.5, 0.0])
def test_an_l2_penalty_near_the_end_of_the_exponent_range(l1_ratio):
    X, y = data(20, 9)
    assert verify(X, y, np.zeros(9), y.mean(), 1e-309, l1_ratio=l1_ratio).gaps[0] > 0.5


def test_infeasible_points_have_no_gap():
    X, y = data(20, 9)
    b = np.full(9, 0.2)
    assert verify(X, y, b, 0.0, 0.1, upper=0.1).gaps[0] == np.inf
    assert not verify(X, y, -b, 0.0, 0.1, lower=0.0).feasible[0]
    excluded = np.where(np.arange(9) == 3, np.inf, 1.0)
    certificate = verify(X, y, b, 0.0, 0.1, penalty_factor=excluded)
    assert certificate.objectives[0] == np.inf
    assert not verify(X, y, b, 1.0, 0.1, fit_intercept=False).feasible[0]
    constant = X.copy()
    constant[:, 0] = 2.0
    assert not verify(constant, y, b, 0.0, 0.1, fit_intercept=False).feasible[0]
    assert verify(constant, y, b, 0.0, 0.1).feasible[0]


@pytest.mark.parametrize("value", [0.0, 0.1, 1e8])
def test_constant_response(value):
    X, _ = data(20, 9)
    certificate = verify(X, np.full(20, value), np.zeros(9), value, 0.1)
    assert certificate.gaps[0] == 0
    assert certificate.kkt_residuals[0] == 0
    assert verify(X, np.full(20, value), np.full(9, 0.1), value, 0.1).gaps[0] == np.inf


def test_rows_without_weight_do_not_matter():
    X, y = data(20, 9)
    weight = np.ones(20)
    weight[[0, 7]] = 0
    _, alphas, coefs, intercepts = solved(X[weight > 0], y[weight > 0])
    X, y = X.copy(), y.copy()
    X[[0, 7]], y[[0, 7]] = 1e100, 1e100
    for design in (X, sp.csc_array(X)):
        assert np.max(verify(design, y, coefs, intercepts, alphas, sample_weight=weight).gaps) < 1e-10


def test_no_array_is_written_to(tmp_path):
    X, y = data(20, 9)
    _, alphas, coefs, intercepts = solved(X, y)
    arrays = [DESIGNS["read_only"](X.copy(), tmp_path), y.copy(), coefs, intercepts, alphas, np.ones(20)]
    for a in arrays:
        a.flags.writeable = False
    verify(*arrays[:5], sample_weight=arrays[5])
    S = sp.csc_array(X)
    before = S.data.copy()
    verify(S, y, sp.csc_array(coefs), intercepts, alphas)
    np.testing.assert_array_equal(S.data, before)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"family": "gausian"}, "family='gausian' is not known.*gaussian"),
        ({"coefs": np.zeros(3)}, r"coefs has shape \(3, 1\), X has 9 columns"),
        ({"coefs": np.zeros((9, 2))}, "alphas has shape.*coefs has 2 column"),
        ({"intercepts": [0.0, 1.0]}, "intercepts has shape"),
        ({"alphas": -1.0}, "alphas must be >= 0"),
        ({"alphas": np.nan}, "alphas holds NaN"),
        ({"l1_ratio": 2}, "l1_ratio=2 is out of range"),
    ],
)
def test_errors_name_the_argument(change, message):
    X, y = data(20, 9)
    arguments = {"X": X, "y": y, "coefs": np.zeros(9), "intercepts": 0.0, "alphas": 1.0} | change
    with pytest.raises(ValueError, match=message):
        verify(**arguments)


def test_repr_is_readable():
    X, y = data(20, 9)
    alphas = np.linspace(1, 0.1, 30)
    text = repr(verify(X, y, np.zeros((9, 30)), np.zeros(30), alphas))
    assert "30 point(s), worst gap" in text
    assert len(text.splitlines()) == 23
    assert isinstance(verify(X, y, np.zeros(9), 0.0, 1.0), Certificate)


def test_another_loss_needs_four_formulas():
    """Logistic loss given as a record: certified at its optimum, and unpenalised parts refitted by Newton."""
    from scipy.special import expit, xlogy

    loss = LOSSES["gaussian"]._replace(
        value=lambda y, eta: np.logaddexp(0, eta) - y * eta,
        residual=lambda y, eta: y - expit(eta),
        curvature=lambda y, eta: expit(eta) * expit(-eta),
        conjugate=lambda y, u: np.where((y + u >= 0) & (y + u <= 1), xlogy(y + u, y + u) + xlogy(1 - y - u, 1
        - y - u), np.inf), quadratic=False,
    )  # fmt: skip
    X, y = data(40, 8)
    y = (y > np.median(y)).astype(float)
    Z = (X - X.mean(0)) / X.std(0)
    alpha, b, b0 = 0.05, np.zeros(8), 0.0
    for _ in range(20_000):  # proximal gradient
        r = y - expit(b0 + Z @ b)
        b0 += 2 * r.mean()
        b = b + Z.T @ r / 40
        b = np.sign(b) * np.maximum(np.abs(b) - alpha, 0)
    assert 0 < np.count_nonzero(b) < 8
    coefs = b / X.std(0)
    certificate = verify(X, y, coefs, b0 - X.mean(0) @ coefs, alpha, family=loss)
    assert certificate.gaps[0] < 1e-9
    assert verify(X, y, 0.9 * coefs, b0, alpha, family=loss).gaps[0] > 1e-4


def test_helpers():
    np.testing.assert_array_equal(power_of_two([0.0, 1.0, -3.0, 0.4]), [1, 1, 2, 0.25])
    a, b = np.array([1e16, 1.0, -1e16]), np.array([[1.0], [1.0], [1.0]])
    assert sum_of_products(a, b)[0] == 1.0
