"""Properties of enet_path, family gaussian, by Hypothesis; gaps are confirmed by verify and the reference.

Two solutions certified to tol have objectives within tol P0 of each other: that is what "same" means here
(`assert_same`).
"""

import numpy as np
import pytest
import scipy.sparse as sp
from hypothesis import assume, given
from hypothesis import strategies as st
from reference import Reference
from strategies import Case, cases, matrices

import fastnet
from fastnet import references
from fastnet.certificate import verify

TOL = 1e-8
FRACTIONS = np.array([0.9, 0.4, 0.1, 0.01])


def prepared(case: Case) -> tuple[Reference, np.ndarray]:
    """Reference and alphas; rejects problems whose null model fits y to rounding: nothing to certify."""
    truth = Reference(case.X, case.y, **case.options)
    assume(truth.null_objective > 1e-12 * (truth.w @ truth.target**2))
    alpha_max = truth.alpha_max()
    assume(alpha_max > 1e-6)
    return truth, alpha_max * FRACTIONS


def solve(X, y, alphas, options, tol=TOL):
    """The path; every point must have met tol."""
    path = fastnet.enet_path(X, y, alphas=alphas, tol=tol, **options)
    assert np.all(path.statuses == 0)
    assert np.all(path.gaps <= tol)
    return path


def column(path, k):
    return path.coefs[:, [k]].toarray()[:, 0]


def assert_same(truth, alphas, intercepts, coefs, tol=TOL, factor=2.0):
    """All points (intercept, coefficients) given are optimal for ``truth`` within factor * tol * P0."""
    for k, alpha in enumerate(alphas):
        gap = truth.gap(intercepts[k], coefs[:, k], alpha)
        assert gap <= factor * tol + 1e-12, (k, alpha, gap)


@given(cases())
def test_gaps_are_confirmed(case):
    """verify and the reference find no larger gap than promised, for every option, dense and sparse.

    The dense columns are screened by two references each, as long ones are.
    """
    truth, alphas = prepared(case)
    for X, long_column in ((case.X, 1), (sp.csc_array(case.X), references.LONG_COLUMN)):
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(references, "LONG_COLUMN", long_column)
            path = solve(X, case.y, alphas, case.options)
        certificate = verify(X, case.y, path.coefs, path.intercepts, alphas, **case.options)
        assert certificate.feasible.all()
        assert np.max(certificate.gaps) <= TOL * 1.001 + 1e-13
        np.testing.assert_allclose(
            path.objectives, certificate.objectives, rtol=1e-8, atol=1e-12 * truth.null_objective
        )
        np.testing.assert_allclose(path.alpha_max, truth.alpha_max(), rtol=1e-7)
        assert_same(truth, alphas, path.intercepts, path.coefs.toarray(), factor=1.001)


@given(cases(weights=False), st.data())
def test_weights_are_repeated_rows(case, data):
    n = len(case.y)
    repeats = np.array(data.draw(st.lists(st.integers(0, 3), min_size=n, max_size=n)))
    repeats[0] = max(repeats[0], 1)
    weighted = Case(case.X, case.y, case.options | {"sample_weight": repeats.astype(float)})
    truth, alphas = prepared(weighted)
    rows = np.repeat(np.arange(n), repeats)
    options = dict(case.options)
    if "offset" in options:
        options["offset"] = options["offset"][rows]
    path = solve(case.X[rows], case.y[rows], alphas, options)
    assert_same(truth, alphas, path.intercepts, path.coefs.toarray())
    path = solve(case.X, case.y, alphas, weighted.options | {"sample_weight": repeats * 7.5})  # any unit
    assert_same(truth, alphas, path.intercepts, path.coefs.toarray())


@given(cases())
def test_dense_sparse_and_single_agree(case):
    truth, alphas = prepared(case)
    for X in (
        case.X.astype(np.float32),  # the entries are exact in float32
        sp.csc_array(case.X.astype(np.float32)),
        sp.csr_array(case.X),
    ):
        X32 = X.toarray() if sp.issparse(X) else X
        tol = TOL if X.dtype == np.float64 else 1e-6
        path = solve(X, case.y, alphas, case.options, tol=tol)
        own = truth if X.dtype == np.float64 else Reference(X32.astype(float), case.y, **case.options)
        assert_same(own, alphas, path.intercepts, path.coefs.toarray(), tol=tol)


@given(cases())
def test_lazy_and_explicit_standardisation_agree(case):
    """Standardised by hand and fitted raw: coefficients times the deviations, factors and bounds carried along."""
    case = case._replace(options=case.options | {"standardize": True})
    truth, alphas = prepared(case)
    Z = np.asfortranarray((case.X - truth.mean) / truth.s if truth.fit_intercept else case.X / truth.s)
    options = case.options | {"standardize": False}
    factor = np.ones(len(truth.s)) if "penalty_factor" not in options else options["penalty_factor"].copy()
    factor[truth.out] = np.inf
    assume(np.any((factor > 0) & np.isfinite(factor)))
    options["penalty_factor"] = factor
    if "lower" in options:
        options |= {"lower": options["lower"] * truth.s, "upper": options["upper"] * truth.s}
    path = solve(Z, case.y, alphas, options)
    b = path.coefs.toarray() / truth.s[:, None]
    intercepts = path.intercepts - truth.mean @ b if truth.fit_intercept else path.intercepts
    assert_same(truth, alphas, intercepts, b)
    lazy = solve(case.X, case.y, alphas, case.options)
    assert np.all(np.abs(lazy.objectives - path.objectives) <= 2 * TOL * truth.null_objective + 1e-13)


@given(cases(), st.randoms(use_true_random=False))
def test_order_of_columns_and_rows(case, random):
    truth, alphas = prepared(case)
    n, p = case.X.shape
    columns, rows = random.sample(range(p), p), random.sample(range(n), n)
    options = dict(case.options)
    for key, order in (("penalty_factor", columns), ("lower", columns), ("upper", columns),
                       ("sample_weight", rows), ("offset", rows)):  # fmt: skip
        if key in options:
            options[key] = options[key][order]
    path = solve(np.asfortranarray(case.X[rows][:, columns]), case.y[rows], alphas, options)
    b = np.empty((p, len(alphas)))
    b[columns] = path.coefs.toarray()
    assert_same(truth, alphas, path.intercepts, b)


@given(cases(), st.lists(st.floats(0.001, 2.0), min_size=1, max_size=6), st.randoms(use_true_random=False))
def test_any_grid_gives_the_same_point(case, others, random):
    """The point at an alpha does not depend on the other alphas; the order given is the order returned."""
    truth, alphas = prepared(case)
    target = alphas[2]
    grid = [*(truth.alpha_max() * f for f in others), target]
    random.shuffle(grid)
    path = solve(case.X, case.y, np.array(grid), case.options)
    np.testing.assert_array_equal(path.alphas, grid)
    assert_same(truth, grid, path.intercepts, path.coefs.toarray(), factor=1.001)
    alone = solve(case.X, case.y, np.array([target]), case.options)
    k = grid.index(target)
    assert abs(alone.objectives[0] - path.objectives[k]) <= TOL * truth.null_objective * 1.001 + 1e-13


@pytest.mark.parametrize("x_unit", [1e-150, 1e-8, 1e8, 1e150])
@pytest.mark.parametrize("y_unit", [1e-150, 1.0, 1e150])
@given(case=cases(max_n=8, max_p=5, bounds=False, l1_ratios=(1.0, 0.0)))
def test_scaling_scales_the_answer(x_unit, y_unit, case):
    """Lasso: alpha scales with y (and with X where columns are not standardised); ridge: with X squared."""
    truth, alphas = prepared(case)
    options = dict(case.options)
    if "offset" in options:
        options["offset"] = options["offset"] * y_unit
    column_unit = 1.0 if options["standardize"] else x_unit
    unit = column_unit * (y_unit if options["l1_ratio"] == 1 else column_unit)
    for X in (case.X * x_unit, sp.csc_array(case.X) * x_unit):
        path = solve(X, case.y * y_unit, alphas * unit, options)
        np.testing.assert_allclose(path.alpha_max / column_unit / y_unit, truth.alpha_max(), rtol=1e-7)
        b = path.coefs.toarray() / (y_unit / x_unit)
        assert_same(truth, alphas, path.intercepts / y_unit, b, factor=1.01)


@given(cases(bounds=False, weights=False), st.integers(-20, 20))
def test_shifting_columns_and_y_moves_only_the_intercept(case, power):
    case = case._replace(options=case.options | {"fit_intercept": True})
    truth, alphas = prepared(case)
    shift = 2.0**power  # X is in quarters: exact
    path = solve(case.X + shift, case.y + shift, alphas, case.options)
    b = path.coefs.toarray()
    assert_same(truth, alphas, path.intercepts - shift + shift * b.sum(axis=0), b, factor=1.01)


@given(matrices(6, 4), st.integers(0, 3), st.sampled_from([1.0, 0.5, 0.0]), st.booleans())
def test_constant_empty_and_excluded_columns_get_nothing(X, j, l1_ratio, sparse):
    y = np.array([1.0, -2.0, 0.5, 3.0, -1.0, 2.0])
    for value, factor in ((0.0, None), (0.1, None), (None, np.inf)):
        Z, options = X.copy(), {"l1_ratio": l1_ratio}
        if value is not None:
            Z[:, j] = value
        if factor is not None:
            options["penalty_factor"] = np.where(np.arange(4) == j, factor, 1.0)
        truth, alphas = prepared(Case(Z, y, options))
        path = solve(sp.csc_array(Z) if sparse else Z, y, alphas, options)
        assert not path.coefs.toarray()[j].any()
        assert_same(truth, alphas, path.intercepts, path.coefs.toarray())


@given(st.integers(1, 12), st.integers(1, 30), st.sampled_from([0.9, 0.1, 0.0]))
def test_more_active_columns_than_rows(n, p, l1_ratio):
    """With a ridge part the active set may exceed n; n = 1 and p = 1 are included."""
    rng = np.random.default_rng(100 * n + p)
    X, y = rng.standard_normal((n, p)), rng.standard_normal(n)
    options = {"l1_ratio": l1_ratio, "fit_intercept": n > 1, "standardize": n > 1}
    truth, _ = prepared(Case(X, y, options))
    alphas = truth.alpha_max() * np.array([0.1, 1e-3, 1e-5])
    path = solve(X, y, alphas, options)
    assert_same(truth, alphas, path.intercepts, path.coefs.toarray(), factor=1.01)
    if l1_ratio == 0:
        assert np.all(path.dfs == p)


@pytest.mark.parametrize("value", [0.0, 0.1, -1e8, 1e150])
@given(X=matrices(5, 3), l1_ratio=st.sampled_from([1.0, 0.5, 0.0]), sparse=st.booleans())
def test_constant_response(value, X, l1_ratio, sparse):
    """Nothing to explain: all coefficients 0, the intercept is y, gap 0, no warning."""
    y = np.full(5, value)
    path = fastnet.enet_path(sp.csc_array(X) if sparse else X, y, alphas=[0.1, 0.01], l1_ratio=l1_ratio)
    assert np.all(path.statuses == 0)
    assert np.all(path.gaps <= path.tol)
    assert np.max(np.abs(path.coefs.toarray())) <= 1e-13 * abs(value)
    np.testing.assert_allclose(path.intercepts, y[:2], rtol=1e-12)


SIZES = st.floats(-1e3, 1e3).filter(lambda size: size == 0 or abs(size) > 1e-150)


@given(SIZES, SIZES)
def test_one_row(x, y):
    """n = 1: with an intercept the null model is exact; without one the answer is a division."""
    path = fastnet.enet_path(np.array([[x]]), np.array([y]), alphas=[0.1])
    np.testing.assert_array_equal(path.coefs.toarray(), 0)
    np.testing.assert_allclose(path.intercepts, y)
    assume(abs(x) > 1e-3)
    assume(abs(y) > 1e-3)
    path = fastnet.enet_path(
        np.array([[x]]), np.array([y]), alphas=[0.1], fit_intercept=False, standardize=False, tol=1e-12
    )
    b = np.sign(x * y) * max(abs(x * y) - 0.1, 0) / x**2
    np.testing.assert_allclose(x * path.coefs.toarray()[0, 0], x * b, atol=1e-5 * abs(y))


@given(cases(max_n=8, max_p=6))
def test_default_grid(case):
    """The int grid: starts at alpha_max with the null model, falls log-evenly, is certified throughout."""
    truth, _ = prepared(case)
    path = fastnet.enet_path(case.X, case.y, alphas=8, tol=TOL, **case.options)
    np.testing.assert_allclose(path.alphas[0], truth.alpha_max(), rtol=1e-7)
    n, p = case.X.shape
    if len(path.alphas) == 8:  # a path may stop early, with a reason
        np.testing.assert_allclose(path.alphas[-1] / path.alphas[0], 1e-2 if n < p else 1e-4, rtol=1e-9)
        np.testing.assert_allclose(np.diff(np.log(path.alphas)), np.log(path.alphas[1] / path.alphas[0]), rtol=1e-6)
    else:
        assert path.stop_reason
    if truth.l1_ratio > 0:
        penalised = truth.pf > 0
        assert np.max(np.abs(column(path, 0)[penalised] * truth.s[penalised]), initial=0.0) <= 1e-6
    assert np.all(path.gaps[path.statuses == 0] <= TOL)
    assert_same(truth, path.alphas, path.intercepts, path.coefs.toarray(), factor=1.01)


@given(cases())
def test_inputs_are_never_written_to(case):
    truth, alphas = prepared(case)
    arrays = [case.X, case.y, alphas, *(v for v in case.options.values() if isinstance(v, np.ndarray))]
    before = [a.copy() for a in arrays]
    for a in arrays:
        a.flags.writeable = False
    solve(case.X, case.y, alphas, case.options)
    for a, b in zip(arrays, before, strict=True):
        np.testing.assert_array_equal(a, b)
