"""The kernels one by one, against plain NumPy: factor, direct chain, lazy bounds, gap.

Also run with NUMBA_BOUNDSCHECK=1 and NUMBA_DISABLE_JIT=1; see CONTRIBUTING.
"""

from __future__ import annotations

import numpy as np
import pytest
import scipy.linalg
import scipy.sparse as sp
from parts import data
from reference import Reference

from fastnet import references, screening
from fastnet.designs import gather, make_rows, moments
from fastnet.engine import QuadraticEngine
from fastnet.jit import jit
from fastnet.solvers import cholesky, newton
from fastnet.solvers.certify import certify_point, find_violators
from fastnet.state import ACTIVE, GAP, LAST, RESIDENT, UNKNOWN, Factor, records
from fastnet.units import make_units
from fastnet.validation import check_problem


# Entry points from Python for functions that only kernels call.
@jit
def append(R, m, k, cross, diagonal, kept):
    return cholesky.append(R, m, k, cross, diagonal, kept)


@jit
def delete(R, m, position, z):
    cholesky.delete(R, m, position, z)


@jit
def factorize(R, m):
    return cholesky.factorize(R, m)


@jit
def solve(R, m, z):
    cholesky.solve_forward(R, m, z, 0)
    cholesky.solve_backward(R, m, z)


@jit
def solve_forward_block(R, m, Z, k):
    cholesky.solve_forward_block(R, m, Z, k)


@jit
def chain(factor, active, m, rows, l1, l2, exact, accuracy):
    return newton.chain(factor, active, m, rows, l1, l2, exact, accuracy)


@jit
def bounds_step(design, screen, quadratic, residual, weighted, threshold):
    """One certificate's worth of screening; returns how many columns violate, and the new reference."""
    square = residual @ residual
    references.project_residual(screen, residual, square)
    count = screening.candidates(screen, threshold, np.sqrt(square), 0.0)
    slot = references.add_reference(screen, residual, square)
    violators = screening.dot_candidates(design, screen, quadratic, weighted, slot, count, threshold)
    return violators, slot


@jit
def violators_at(design, screen, quadratic, work, l1):
    return find_violators(design, screen, quadratic, work, l1, l1)[0]


@jit
def gap_at(design, store, active, factor, screen, quadratic, work, l1, l2):
    certify_point(design, store, active, factor, screen, quadratic, work, l1, l1, l2, 0.0, 0.5)


def gram(m, seed=0, n=40):
    A = np.random.default_rng(seed).standard_normal((n, m))
    return A.T @ A / n


# --- Cholesky


def appended(G, block, room=32):
    """The factor of G, built `block` columns at a time."""
    m = 0
    R = np.zeros((room, room))
    kept = np.zeros(room, np.int64)
    while m < len(G):
        k = min(block, len(G) - m)
        cross = np.zeros((k, room))
        cross[:, : m + k] = G[m : m + k, : m + k]
        assert append(R, m, k, cross, np.zeros(k), kept) == k
        m += k
    return R


@pytest.mark.parametrize("m", [1, 2, 5, 9, 17])
@pytest.mark.parametrize("block", [1, 3, 8])
def test_append(m, block):
    G = gram(m)
    R = np.triu(appended(G, block)[:m, :m])
    np.testing.assert_allclose(R.T @ R, G, atol=1e-13)


def test_append_refuses_dependent_columns():
    G = gram(4)
    G = np.block([[G, G[:, [1]]], [G[[1]], G[1:2, 1:2]]])
    G = np.block([[G, G[:, [0]]], [G[[0]], G[0:1, 0:1]]])  # columns 4 and 5 repeat 1 and 0
    R, kept = np.zeros((16, 16)), np.zeros(16, np.int64)
    cross = np.zeros((6, 16))
    cross[:, :6] = G
    assert append(R, 0, 6, cross, np.zeros(6), kept) == 4
    np.testing.assert_array_equal(kept[:4], [0, 1, 2, 3])
    cross = np.zeros((1, 16))
    cross[0, :4], cross[0, 4] = G[4, :4], G[4, 4]
    assert append(R, 4, 1, cross.copy(), np.zeros(1), kept) == 0
    assert append(R, 4, 1, cross.copy(), np.full(1, 0.5), kept) == 1  # a ridge makes it independent
    assert append(R, 5, 1, np.zeros((1, 16)), np.zeros(1), kept) == 0  # an empty column


@pytest.mark.parametrize("m", [1, 2, 6, 13])
def test_delete(m):
    G = gram(m)
    for position in range(m):
        R = appended(G, 4)
        z = np.random.default_rng(1).standard_normal(32)
        g = np.triu(R[:m, :m]).T @ z[:m]
        delete(R, m, position, z)
        left = np.delete(np.arange(m), position)
        S = np.triu(R[: m - 1, : m - 1])
        np.testing.assert_allclose(S.T @ S, G[np.ix_(left, left)], atol=1e-13)
        np.testing.assert_allclose(S.T @ z[: m - 1], g[left], atol=1e-12)


@pytest.mark.parametrize("m", [1, 3, 4, 7, 16, 47, 48, 90])
def test_solves(m):
    G = gram(m, n=4 * m + 40)
    R = np.zeros((m + 8, m + 8))
    R[:m, :m] = G
    assert factorize(R, m)
    np.testing.assert_allclose(np.triu(R[:m, :m]), scipy.linalg.cholesky(G), atol=1e-13)
    assert not np.any(R[m:])  # nothing is written beyond
    assert not np.any(R[:, m:])
    right = np.random.default_rng(2).standard_normal((6, m + 8))
    z = right[0].copy()
    solve(R, m, z)
    np.testing.assert_allclose(z[:m], np.linalg.solve(G, right[0, :m]), rtol=1e-9)
    Z = right.copy()
    solve_forward_block(R, m, Z, 6)
    expected = scipy.linalg.solve_triangular(np.triu(R[:m, :m]), right[:, :m].T, trans=1).T
    np.testing.assert_allclose(Z[:, :m], expected, rtol=1e-9, atol=1e-12)
    np.testing.assert_array_equal(Z[:, m:], right[:, m:])


@pytest.mark.parametrize("m", [2, 80])
@pytest.mark.parametrize("last", [-1.0, 0.0, np.nan])
def test_factorize_refuses_what_is_not_positive_definite(m, last):
    R = np.eye(m + 1)
    R[m - 1, m - 1] = last
    assert not factorize(R, m)
    R = np.eye(m + 1)
    R[0, 0] = last
    assert not factorize(R, m)
    R = np.eye(m + 1)
    R[0, 1] = 2.0
    assert not factorize(R, m)


# --- the direct chain


def brute_force(H, q, l1, factor, lower, upper):
    """min b'Hb/2 - q'b + l1 sum_j factor_j |b_j| on a box, by coordinate descent to the end."""
    b = np.zeros(len(q))
    for _ in range(20000):
        before = b.copy()
        for j in range(len(q)):
            u = q[j] - H[j] @ b + H[j, j] * b[j]
            new = np.sign(u) * max(abs(u) - l1 * factor[j], 0.0) / H[j, j]
            b[j] = min(max(new, lower[j]), upper[j])
        if np.array_equal(b, before):
            break
    return b


@pytest.mark.parametrize("seed", range(12))
@pytest.mark.parametrize("l2", [0.0, 0.3])
@pytest.mark.parametrize("exact", [True, False])
def test_chain_reaches_the_optimum_of_its_signs(seed, l2, exact):
    """Started with any signs, the chain ends at a point that is optimal over what stays in the factor."""
    rng = np.random.default_rng(seed)
    m = int(rng.integers(1, 9))
    G, q = gram(m, seed), rng.standard_normal(m)
    factor_values = np.where(rng.random(m) < 0.2, 0.0, rng.uniform(0.5, 2.0, m))
    lower, upper = np.full(m, -np.inf), np.full(m, np.inf)
    if seed % 2:
        lower, upper = -rng.uniform(0.05, 1.0, m), rng.uniform(0.05, 1.0, m)
    l1 = 0.1
    active, factor = records(m, ACTIVE), Factor.allocate(32)
    for k in range(m):
        active["column"][k] = active["place"][k] = k
        active["sign"][k] = 1.0 if q[k] > 0 else -1.0
        active["factor"][k], active["lower"][k], active["upper"][k] = factor_values[k], lower[k], upper[k]
        active["square"][k] = G[k, k]
    factor.gram[:m, :m] = G
    H = G + l2 * np.diag(factor_values)
    factor.R[:m, :m] = H if exact else H + 0.05 * np.diag(np.diag(H))
    assert factorize(factor.R, m)
    factor.order[:m] = np.arange(m)
    factor.gradient[:m] = -q + factor_values * l1 * active["sign"]
    left, status, steps = chain(factor, active, m, m, l1, l2, exact, 1e-13)
    assert status == newton.DONE
    b = active["coef"].copy()
    inside = active["place"] >= 0
    assert inside.sum() == left
    assert np.all((b >= lower) & (b <= upper))
    gradient = H @ b - q
    np.testing.assert_allclose(gradient[inside] + l1 * (factor_values * active["sign"])[inside], 0.0, atol=1e-10)

    def objective(b):
        return 0.5 * b @ H @ b - q @ b + l1 * factor_values @ np.abs(b)

    best = brute_force(H, q, l1, factor_values, lower, upper)
    assert objective(best) - 1e-12 <= objective(b) <= 1e-12
    if inside.all():  # nothing was held on a kink: it is the optimum
        np.testing.assert_allclose(b, best, atol=1e-8)


# --- the sparse products


@jit
def four_dots(values, indices, block):
    return gather.gather_dots(values, indices, block)


@pytest.mark.parametrize("kind", [np.int32, np.int64])
@pytest.mark.parametrize("count", [0, 1, 2, 3, 8, 41])
def test_four_sparse_dots_at_once(count, kind):
    rng = np.random.default_rng(count)
    values, indices = rng.standard_normal(count), rng.choice(50, count, replace=False).astype(kind)
    vectors = rng.standard_normal((4, 50))
    found = four_dots(values, indices, np.ascontiguousarray(vectors.T).ravel())
    np.testing.assert_allclose(found, vectors[:, indices] @ values, atol=1e-13)


@pytest.mark.parametrize(("first", "last"), [(0, 1), (0, 2), (0, 11), (4, 5), (4, 9), (7, 11), (3, 3)])
def test_inner_products_of_sparse_rows(first, last):
    X, y = data(25, 70, seed=3)
    units = make(sp.csc_array(X * (np.random.default_rng(6).random(X.shape) < 0.5)), y)
    engine = QuadraticEngine(units)
    engine._start(np.arange(11), np.zeros(11))
    dense = np.zeros((11, 25))
    for k in range(11):
        at = slice(engine.store.start[k], engine.store.start[k + 1])
        dense[k, engine.store.indices[at]] = engine.store.data[at]
    dense -= dense @ units.quadratic.basis.T @ units.quadratic.basis
    found, expected = np.full((11, 11), np.nan), dense @ dense.T
    engine.store.gram(first, last, found)
    expected[:first, :first] = expected[last:] = expected[:, last:] = np.nan
    np.testing.assert_allclose(found, expected, atol=1e-14)


# --- the first pass


@pytest.mark.filterwarnings("ignore:overflow")  # seen where the kernels run as plain Python
@pytest.mark.parametrize("weighted", [False, True])
@pytest.mark.parametrize("scale", [1.0, 1e-150, 1e150])
@pytest.mark.parametrize("name", ["dense", "csc", "float32", "csc_float32", "offset", "csc_offset"])
def test_moments_and_the_product_that_comes_with_them(name, scale, weighted):
    """Against extended precision; the first row, from which deviations are taken, lies far off and may not count."""
    if "float32" in name and scale != 1.0:
        scale = scale ** (1 / 5)
    X, y = data(25, 70, seed=3)
    X = X * (np.random.default_rng(6).random(X.shape) < 0.5) if "csc" in name else X.copy()
    X[0] *= 1e3
    X = DESIGNS[name](X)
    X = X * X.dtype.type(scale)
    weight = np.ones(25)
    if weighted:
        weight = np.random.default_rng(7).random(25)
        weight[0] = 0.0
    weight /= weight.sum()
    Z = (X.toarray() if sp.issparse(X) else np.asfortranarray(X)).astype(np.longdouble)
    mean, deviation, product = moments(X if sp.issparse(X) else np.asfortranarray(X), weight, weight * y)
    true = weight @ Z
    np.testing.assert_allclose(mean, true, rtol=1e-13, atol=1e-13 * np.abs(true).max())
    true = np.sqrt(weight @ (Z - true) ** 2)
    np.testing.assert_allclose(deviation, true, rtol=1e-7 if "offset" in name else 1e-12)
    true = (weight * y) @ (Z - weight @ Z)
    np.testing.assert_allclose(product, true, atol=1e-7 * scale if "offset" in name else 1e-13 * np.abs(true).max())


@pytest.mark.parametrize("name", ["dense", "csc", "csc_one_offset"])
@pytest.mark.parametrize("limited", [False, True])
def test_the_solution_that_is_read_is_the_one_that_was_found(name, limited):
    """Coefficients and intercept on the scale of the data make the predictor that the residual belongs to."""
    X, y = data(40, 30, seed=3)
    room = np.where(np.arange(30) == 4, np.inf, 0.05)
    options = dict(penalty_factor=np.where(np.arange(30) == 4, 0.0, 1.0))
    if limited:
        options |= dict(lower=-0.4 * room, upper=room)
    if name == "csc_one_offset":  # such a column is centred entry by entry
        X = X + 1e3 * (np.arange(30) == 3)
    X = X if name == "dense" else sp.csc_array(X)
    engine = QuadraticEngine(make(X, y, **options))
    alpha = engine.units.alpha_of(0.01 * engine.largest, 1.0)
    point = engine.point(alpha, engine.solve(alpha, 1.0, 1e-10, 1000))
    assert len(point.columns) > 5
    assert {3, 4} <= set(point.columns)
    if limited:
        coefs = point.coefs[point.columns != 4]
        assert coefs.min() == pytest.approx(-0.02, rel=1e-12)
        assert coefs.max() == pytest.approx(0.05, rel=1e-12)
    fitted = y - engine.work.residual / engine.quadratic.root * engine.units.response
    np.testing.assert_allclose(X[:, point.columns] @ point.coefs + point.intercept, fitted, atol=1e-9 * np.abs(y).max())


@pytest.mark.parametrize("options", [{}, {"fit_intercept": False}, {"standardize": False, "lower": 0.0}])
@pytest.mark.parametrize("name", ["dense", "csc", "offset", "csc_offset"])
def test_correlations_taken_along_are_those_of_a_pass(name, options):
    X, y = data(25, 70, seed=3)
    engine = QuadraticEngine(make(DESIGNS[name](X), y, **options))
    known, dotted = engine.screen.found[: engine.first_found].copy(), engine._dot_all()
    assert engine.first_found == dotted == (70 if "lower" not in options else len(known)) > 20
    np.testing.assert_allclose(known, engine.screen.found[:dotted], atol=1e-13)


# --- the lazy bounds


def make(X, y, **options):
    names = {key: options.pop(key) for key in ("fit_intercept", "standardize") if key in options}
    problem = check_problem(X, y, **options)
    return make_units(problem, **({"fit_intercept": True, "standardize": True} | names))


DESIGNS = {
    "dense": lambda X: X,
    "csc": sp.csc_array,
    "float32": lambda X: X.astype(np.float32),
    "csc_float32": lambda X: sp.csc_array(X.astype(np.float32)),
    "offset": lambda X: X + 1e8 * (np.arange(X.shape[1]) % 2),
    "csc_offset": lambda X: sp.csc_array(X + 1e8 * (np.arange(X.shape[1]) % 2)),
}


def bounds_on(screen):
    """What the records of all columns say of their correlations with the residual just projected."""
    pair, bound = screen.pair[screen.bound["pair"]], screen.bound
    aside = screen.aside if len(screen.aside) else np.zeros(len(bound))
    size = np.abs(pair["along"].astype(float) * bound["along"] + pair["aside"].astype(float) * aside)
    if len(screen.aside):
        size += pair["doubt"] * (np.abs(bound["along"]) + np.abs(aside))
    return size + pair["across"].astype(float) * bound["distance"]


@jit
def project(screen, residual):
    references.project_residual(screen, residual, residual @ residual)


@pytest.mark.parametrize("name", DESIGNS)
@pytest.mark.parametrize("limited", [False, True])
@pytest.mark.parametrize("paired", [False, True])
def test_bounds_hold_for_every_column(name, limited, paired, monkeypatch):
    """Along a wandering residual: no column outside the candidates exceeds the threshold, to the last digit."""
    monkeypatch.setattr(references, "LONG_COLUMN", 1 if paired else np.inf)
    X, y = data(25, 70, seed=3)
    X = DESIGNS[name](X)
    factor = np.random.default_rng(4).uniform(0.1, 5.0, 70)
    units = make(X, y, penalty_factor=factor) if limited else make(X, y)
    engine = QuadraticEngine(units)
    screen, quadratic, design = engine.screen, units.quadratic, units.design
    Z = (X.toarray() if sp.issparse(X) else X).astype(np.longdouble)
    weight = np.asarray(quadratic.root, np.longdouble) ** 2
    Z = (Z - weight @ Z) * np.asarray(design.inv_scale, np.longdouble)
    Z = Z * np.asarray(quadratic.root, np.longdouble)[:, None]
    scale = quadratic.limits["factor"] if limited else np.ones(70)
    rng = np.random.default_rng(5)
    residual = quadratic.target.copy()
    threshold, lazily, pairs = engine.largest, 0, 0
    for step in range(60):
        noise = rng.standard_normal(len(residual))
        noise -= quadratic.root * (quadratic.root @ noise)
        change = 0.5 if step % 10 == 0 else 0.05 if step % 10 < 7 else 1e-5
        residual = 0.97 * residual + change * rng.random() * np.linalg.norm(residual) * noise / 5
        residual -= quadratic.root * (quadratic.root @ residual)
        threshold *= 0.93
        true = np.abs((Z * residual[:, None]).sum(0)).astype(float) / scale
        if step > 0 and "offset" not in name:
            project(screen, residual)
            assert np.all(bounds_on(screen) >= true * (1 - 1e-6))
        violators, slot = bounds_step(design, screen, quadratic, residual, quadratic.root * residual, threshold)
        lazily += np.count_nonzero(screen.bound["pair"] & LAST == slot) < 70
        pairs += np.count_nonzero(screen.bound["pair"] > LAST)
        listed = set(screen.candidate[:violators])
        margin = 1e-9 if "offset" not in name else 1e-6  # the mean of 1e8 is known to 1e-8
        missed = [j for j in range(70) if true[j] > threshold * (1 + margin) and j not in listed]
        assert not missed, (step, missed)
        np.testing.assert_allclose(np.abs(screen.found[:violators]) / scale[screen.candidate[:violators]],
                                   true[screen.candidate[:violators]], rtol=1e-6)  # fmt: skip
    assert lazily > 10  # or nothing was tested
    assert pairs > 1000 if paired else pairs == 0


def test_two_references_see_a_straight_path_through(monkeypatch):
    """Between two residuals with which a column was dotted, and beyond, its correlation is known without a dot."""
    monkeypatch.setattr(references, "LONG_COLUMN", 1)
    X, y = data(25, 70, seed=3)
    engine = QuadraticEngine(make(X, y, standardize=False, fit_intercept=False))
    screen, quadratic = engine.screen, engine.quadratic
    start, end = quadratic.target, np.random.default_rng(1).standard_normal(25) * np.linalg.norm(quadratic.target) / 5
    common = engine.design, screen, quadratic
    bounds_step(*common, end, quadratic.root * end, 0.0)  # all columns, which have been dotted with `start`
    for share in (0.3, 0.8, 1.5):
        between = (1 - share) * start + share * end
        project(screen, between)
        true = np.abs(X.T @ (quadratic.root * between)) * engine.design.inv_scale
        bounds = bounds_on(screen)
        assert np.all(bounds >= true)
        assert np.all(bounds <= true + 1e-5 * np.linalg.norm(between) * np.sqrt(screen.square))


def test_a_residual_that_is_not_finite_leaves_no_trace_in_the_bounds():
    X, y = data(25, 70, seed=3)
    engine = QuadraticEngine(make(X, y))
    common = engine.design, engine.screen, engine.quadratic, engine.work, 0.1 * engine.largest
    everything = violators_at(*common)
    engine.screen.bound["pair"][:5] = UNKNOWN
    engine.work.residual[:] = np.nan
    assert violators_at(*common) == 0
    engine.work.residual[:] = engine.quadratic.target
    assert violators_at(*common) == everything > 10


def test_moments_of_a_column_with_a_large_offset():
    rng = np.random.default_rng(0)
    for offset in (0.0, 1e4, 1e8):
        X = np.asfortranarray(rng.standard_normal((200, 3)) + offset)
        w = rng.random(200)
        exact = X.astype(np.longdouble)
        weight = w.astype(np.longdouble) / w.astype(np.longdouble).sum()
        mean = weight @ exact
        deviation = np.sqrt(weight @ (exact - mean) ** 2)
        for design in (X, sp.csc_array(X)):
            units = make(design, X[:, 0], sample_weight=w)
            np.testing.assert_allclose(units.design.center, mean.astype(float), rtol=1e-15, atol=1e-15)
            np.testing.assert_allclose(1 / units.design.inv_scale, deviation.astype(float), rtol=1e-12)


# --- the gap


@pytest.mark.parametrize("sparse", [False, True])
@pytest.mark.parametrize("l1_ratio", [1.0, 0.5, 0.0])
@pytest.mark.parametrize("limits", [{}, {"penalty_factor": 1.0 + np.arange(12) % 3}, {"lower": -0.3, "upper": 0.2}])
def test_gap_of_any_point(sparse, l1_ratio, limits):
    """At coefficients that solve nothing, the kernel's gap lies between suboptimality and the reference's bound."""
    X, y = data(20, 12, seed=8)
    options = {"l1_ratio": l1_ratio, **limits}
    truth = Reference(X, y, **options)
    units = make(sp.csc_array(X) if sparse else X, y, **limits)
    rng = np.random.default_rng(9)
    for trial in range(6):
        engine = QuadraticEngine(units)
        alpha = truth.alpha_max() * 10.0 ** -rng.uniform(0, 2)
        b = rng.standard_normal(12) * (rng.random(12) < 0.4) * 0.3
        if limits:
            b = np.clip(b, np.asarray(limits.get("lower", -np.inf)), np.asarray(limits.get("upper", np.inf)))
        columns = np.flatnonzero(b)
        if trial:  # also with nothing active
            engine.start_from(columns, b[columns])
        else:
            b[:] = 0.0
        l1, l2 = units.penalties(alpha, l1_ratio)
        gap_at(engine.design, engine.store, engine.active, engine.factor, engine.screen, engine.quadratic,
               engine.work, l1, l2)  # fmt: skip
        gap = engine.work.values[GAP]
        b0 = truth.center - truth.mean @ b
        best = truth.objective(*truth.solve(alpha), alpha)
        assert gap >= (truth.objective(b0, b, alpha) - best) / truth.null_objective - 1e-12
        sharp = truth.gap(b0, b, alpha)
        assert gap >= sharp - 1e-9 * max(1.0, sharp)  # the reference searches for the best scale
        assert gap <= 5.0 * sharp + 1e-9


# --- rows


@pytest.mark.parametrize("sparse", [False, True])
def test_rows_are_the_standardised_projected_columns(sparse):
    X, y = data(15, 9, seed=2)
    factor = np.where(np.arange(9) == 4, 0.0, 1.0)
    units = make(sp.csc_array(X) if sparse else X, y, penalty_factor=factor)
    engine = QuadraticEngine(units)
    columns = np.array([0, 2, 5, 8])
    engine.start_from(columns, np.zeros(4))
    basis, root = units.quadratic.basis, units.quadratic.root
    Z = root[:, None] * ((X - units.design.center) * units.design.inv_scale)
    Z -= basis.T @ (basis @ Z)
    store = engine.store
    r = np.random.default_rng(0).standard_normal(15)
    r -= basis.T @ (basis @ r)
    G = np.zeros((4, 4))
    store.gram(0, 4, G)
    np.testing.assert_allclose(G, Z[:, columns].T @ Z[:, columns], atol=1e-14)
    for k, j in enumerate(columns):
        np.testing.assert_allclose(dot_of(store, k, r), Z[:, j] @ r, atol=1e-14)
        np.testing.assert_allclose(engine.active["square"][k], Z[:, j] @ Z[:, j], rtol=1e-12)
    assert np.all(engine.screen.bound["pair"][columns] == RESIDENT)
    larger = make_rows(engine.design, 4, len(basis))
    assert room_of(larger, 3, 1, 1)
    assert not room_of(larger, 3, 2, 1)
    kept = np.array([0, 2, 3])
    dots = np.array([dot_of(store, k, r) for k in kept])
    store.keep(kept)
    np.testing.assert_array_equal([dot_of(store, k, r) for k in range(3)], dots)


@jit
def dot_of(store, k, r):
    return store.row_dot(k, r)


@jit
def room_of(store, rows, more, entries):
    return store.row_room(rows, more, entries)
