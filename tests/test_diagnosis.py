"""Pitfall reports: each finding fires where it should and stays silent where not."""

from __future__ import annotations

import dataclasses
import warnings

import numpy as np
import pytest
from result_examples import make_path
from scipy import sparse, stats

import fastnet
from fastnet.diagnosis import Finding
from fastnet.model_selection import CVPath

RNG = np.random.default_rng(7)
X = np.asfortranarray(RNG.standard_normal((150, 40)))
SIGNAL = X[:, :3] @ [2.0, -1.5, 1.0]
Y = SIGNAL + RNG.standard_normal(150)
ALPHA = 0.15
PATH = fastnet.enet_path(X, Y, alphas=30)
CV = fastnet.cv_path(X, Y, alphas=30, cv=5)


def make_cv(means, *, alphas=None, ratios=None, roles=None, **changes):
    """A cross-validated path of 5 folds whose scores have these means and a standard error of 0.1."""
    K = len(means)
    path = make_path(
        K,
        12,
        alphas=np.geomspace(1, 0.1, K) if alphas is None else alphas,
        deviance_ratios=np.linspace(0, 0.9, K) if ratios is None else ratios,
    )
    spread = np.array([-1, -1, 0, 1, 1]) * 0.2
    return CVPath(
        paths=(path,),
        fold_scores=(np.asarray(means)[None, :] + spread[:, None],),
        fold_weights=np.ones(5),
        roles=np.full((5, 10), 2, np.int8) if roles is None else roles,
        fold_ids=None,
        measure="deviance",
        greater_is_better=False,
        **changes,
    )


VALLEY = [5, 4, 3, 2, 1.5, 1.4, 1.5, 1.7, 2, 2.3]


# --- what needs no X


def test_held_out_data_are_asked_for():
    finding = PATH.diagnose()["held_out"]
    assert finding.fired
    assert finding.number == 0
    assert not CV.diagnose()["held_out"].fired
    assert CV.diagnose()["held_out"].number == 1
    weight = np.ones(150)
    weight[:30] = 0
    kept_back = fastnet.enet_path(X, Y, alphas=5, sample_weight=weight).diagnose()["held_out"]
    assert kept_back.number == pytest.approx(0.2)
    assert not kept_back.fired


def test_missed_gaps_are_counted():
    assert not PATH.diagnose()["gaps"].fired
    statuses = np.zeros(len(PATH), int)
    statuses[[4, 5]] = 1
    finding = PATH.replace(statuses=statuses).diagnose()["gaps"]
    assert finding.fired
    assert finding.number == 2
    assert finding.details[0].startswith(f"alpha {PATH.alphas[4]:.4g}")
    assert make_cv(VALLEY, missed=3).diagnose()["gaps"].number == 3


@pytest.mark.parametrize(
    ("means", "fired", "word"),
    [
        (VALLEY, False, ""),
        (VALLEY[:6], True, "below the grid"),
        ([1, 2, 3, 4], True, "Next to nothing"),
        ([2, 1, 3], False, ""),
    ],
)
def test_an_alpha_at_the_edge_of_the_grid(means, fired, word):
    finding = make_cv(means).diagnose()["edge"]
    assert finding.fired == fired
    assert not fired or word in finding.advice


def test_an_alpha_above_a_grid_that_starts_too_low():
    finding = make_cv([1, 2, 3], alphas=[0.5, 0.4, 0.3]).diagnose()["edge"]
    assert finding.fired
    assert "start it at path.alpha_max" in finding.advice


def test_the_edge_of_a_path_is_judged_for_a_chosen_alpha_only():
    assert "pass alpha=" in PATH.diagnose().skipped["edge"]
    assert PATH.diagnose(alpha=PATH.alphas[-1])["edge"].fired
    assert not PATH.diagnose(alpha=PATH.alphas[10])["edge"].fired
    with pytest.raises(KeyError, match="no alpha was chosen"):
        PATH.diagnose()["edge"]


def test_scores_that_still_fall_at_the_end():
    late = make_cv(VALLEY[:5]).diagnose()["still_falling"]
    assert late.fired
    assert late.number == pytest.approx(0.5 / 3.5)
    assert not make_cv(VALLEY).diagnose()["still_falling"].fired
    greater = dataclasses.replace(make_cv([0, 1, 2, 3]), greater_is_better=True)
    assert greater.diagnose()["still_falling"].number == pytest.approx(1 / 3)


def test_scores_that_fall_from_a_peak_at_the_end_are_fine():
    """A relaxed path that overfits can rise far and come down a little: its best point is long past."""
    assert not make_cv([*VALLEY, 50, 40, 30]).diagnose()["still_falling"].fired


def test_another_l1_ratio_whose_path_ends_too_early():
    good, early = make_cv(VALLEY), make_cv([3, 2.5, 2, 1.8, 1.6])
    both = dataclasses.replace(
        good,
        paths=(good.path, early.path.replace(l1_ratio=0.5)),
        fold_scores=(good.fold_scores[0], early.fold_scores[0]),
    )
    assert both.best == 0
    finding = both.diagnose()["still_falling"]
    assert finding.fired
    assert finding.details == ("l1_ratio 0.5",)


def test_stratified_survival_times_are_not_tried():
    from fastnet.losses import cox

    time = np.column_stack((RNG.exponential(np.exp(-SIGNAL)), np.ones(150)))
    path = fastnet.enet_path(X, time, family=cox(strata=np.arange(150) % 2), alphas=5, alpha_min_ratio=0.3)
    assert "strata" in path.diagnose(X, time, alpha=path.alphas[-1]).skipped["interactions"]


def test_training_deviance_that_still_falls_at_the_end():
    assert not PATH.diagnose()["still_falling"].fired
    short = fastnet.enet_path(X, Y, alphas=10, alpha_min_ratio=0.5).diagnose()["still_falling"]
    assert short.fired
    assert "extend" in short.advice


def test_an_alpha_that_regularises_too_much():
    cv = make_cv(VALLEY)
    strong = cv.diagnose(alpha=cv.alphas[2])["over_regularised"]
    assert strong.fired
    assert strong.number == pytest.approx((3 - 1.4) / cv.se[5])
    for alpha in ("min", "1se", cv.alphas[-1]):
        assert not cv.diagnose(alpha=alpha)["over_regularised"].fired
    flat = make_cv(VALLEY, ratios=np.zeros(10))  # training deviance does not fall: not a matter of the penalty
    assert not flat.diagnose(alpha=cv.alphas[2])["over_regularised"].fired
    assert "cv_path" in PATH.diagnose().skipped["over_regularised"]


def test_the_points_of_a_relaxed_path_have_no_gaps():
    relaxed = PATH.relax(X, Y, gamma=0.5)
    assert "gaps" not in {finding.name for finding in relaxed.diagnose(X, Y, alpha=ALPHA).findings}


# --- scales


def scaled(factors, **options):
    Z = X * factors
    return fastnet.enet_path(Z, Y, alphas=5, **options).diagnose(Z, Y)


def test_columns_on_different_scales():
    factors = np.ones(40)
    factors[[3, 8]] = 50.0, 0.1
    report = scaled(factors, standardize=False)
    assert report["scales"].fired
    deviation = (X * factors).std(axis=0)
    assert report["scales"].number == pytest.approx(deviation[3] / deviation[8])
    assert [text.split(":")[0] for text in report["scales"].details] == ["column 3", "column 8"]
    assert not scaled(np.ones(40), standardize=False)["scales"].fired
    assert "standardised" in scaled(factors).skipped["scales"]


def test_factors_that_undo_the_scales_are_fine():
    factors = np.geomspace(1, 100, 40)
    assert not scaled(factors, standardize=False, penalty_factor=factors)["scales"].fired
    excluded = np.where(factors > 5, np.inf, 1.0)
    assert not scaled(factors, standardize=False, penalty_factor=excluded)["scales"].fired


def test_rare_columns_are_not_taken_for_small_ones():
    Z = sparse.csc_array(sparse.random(300, 50, density=0.5, random_state=RNG))
    Z.data[:] = 1.0
    Z = Z.multiply(np.random.default_rng(0).random((300, 1)) < np.geomspace(0.01, 1, 50)).tocsc()
    y = RNG.standard_normal(300)
    for matrix in (Z, Z.toarray()):
        finding = fastnet.enet_path(matrix, y, alphas=3, standardize=False).diagnose(matrix, y)["scales"]
        assert not finding.fired
        assert 1 <= finding.number < 3
    Z.data[Z.indices < 0] = 1
    Z[:, [7]] = 30.0 * Z[:, [7]]
    assert fastnet.enet_path(Z, y, alphas=3, standardize=False).diagnose(Z, y)["scales"].fired


# --- stand-ins


def test_stand_ins_are_the_strongest_correlations():
    Z = X.copy()
    Z[:, 30] = -Z[:, 0] + 0.2 * RNG.standard_normal(150)
    weight = RNG.uniform(0.5, 2, 150)
    path = fastnet.enet_path(Z, Y, alphas=[0.3], sample_weight=weight)
    selected = path.selected()
    assert 0 in selected
    assert 30 not in selected
    finding = path.diagnose(Z, Y, alpha=0.3)["stand_ins"]
    covariance = np.cov(Z.T, aweights=weight)
    table = covariance / np.sqrt(np.outer(np.diag(covariance), np.diag(covariance)))
    table[:, selected] = 0
    assert finding.fired
    assert finding.number == pytest.approx(np.abs(table[selected]).max())
    assert finding.details == (f"column 0 ~ column 30: correlation {table[0, 30]:+.3f}",)
    assert not PATH.diagnose(X, Y, alpha=ALPHA)["stand_ins"].fired


def test_excluded_and_constant_columns_are_no_stand_ins():
    Z = X.copy()
    Z[:, 30], Z[:, 31] = Z[:, 0], 5.0
    factor = np.ones(40)
    factor[30] = np.inf
    path = fastnet.enet_path(Z, Y, alphas=[0.3], penalty_factor=factor)
    assert not path.diagnose(Z, Y, alpha=0.3)["stand_ins"].fired
    assert "nothing is selected" in PATH.diagnose(X, Y, alpha=PATH.alphas[0]).skipped["stand_ins"]


@pytest.mark.parametrize("kind", ["csc", "csr", "float32", "weights"])
def test_the_kind_of_matrix_and_absent_rows_do_not_matter(kind):
    dense = np.where(np.abs(X) > 1, X, 0.0)
    dense[:, 30] = -0.5 * dense[:, 0] + 0.1 * X[:, 30]  # a smaller scale: the penalty prefers column 0
    y = Y + 2 * dense[:, 0] * dense[:, 1]
    path = fastnet.enet_path(dense, y, alphas=[0.2], standardize=False)
    expected = path.diagnose(dense, y, alpha=0.2)
    if kind == "weights":  # rows that have weight 0 are not looked at
        path = fastnet.enet_path(
            np.vstack((dense, 100 * dense)), np.tile(y, 2), alphas=[0.2], standardize=False,
            sample_weight=np.repeat([3.0, 0.0], 150),
        )  # fmt: skip
        got = path.diagnose(np.vstack((dense, 100 * dense)), np.tile(y, 2), alpha=0.2)
    else:
        matrix = dense.astype(np.float32) if kind == "float32" else sparse.csc_array(dense).asformat(kind)
        got = path.diagnose(matrix, y, alpha=0.2)
    for name in ("scales", "stand_ins", "interactions"):
        assert got[name].number == pytest.approx(expected[name].number, rel=1e-4)
        assert got[name].fired == expected[name].fired
    assert expected["stand_ins"].fired
    assert expected["interactions"].fired


# --- interactions


def test_a_missing_interaction_is_found_and_its_test_is_the_f_test():
    y = Y + 1.0 * X[:, 0] * X[:, 2]
    path = fastnet.enet_path(X, y, alphas=[0.3])
    finding = path.diagnose(X, y, alpha=0.3)["interactions"]
    assert finding.fired
    assert finding.details[0].startswith(("column 0 x column 2:", "column 2 x column 0:"))
    # least squares with and without the product
    A = path.selected()
    B = np.column_stack((np.ones(150), X[:, A]))
    C = np.column_stack((B, X[:, 0] * X[:, 2]))
    small, large = (np.sum((y - M @ np.linalg.lstsq(M, y, rcond=None)[0]) ** 2) for M in (B, C))
    assert finding.number == pytest.approx((small - large) / (large / (150 - C.shape[1])))
    pairs = len(A) * (len(A) - 1) // 2
    assert finding.threshold == pytest.approx(stats.f.isf(0.01 / pairs, 1, 150 - C.shape[1]))
    assert not PATH.diagnose(X, Y, alpha=ALPHA)["interactions"].fired


def respond(family, eta, rng):
    """Responses of a family with linear predictor eta."""
    n, mu = len(eta), np.exp(eta)
    if family == "cox":
        time, censored = rng.exponential(1 / mu), rng.exponential(3.0, n)
        return np.column_stack((np.minimum(time, censored), time <= censored))
    draw = {
        "gaussian": lambda: eta + rng.standard_normal(n),
        "huber": lambda: eta + rng.standard_t(3, n),
        "binomial": lambda: (rng.random(n) < mu / (1 + mu)).astype(float),
        "poisson": lambda: rng.poisson(mu).astype(float),
        "gamma": lambda: rng.gamma(2.0, mu / 2),
        "inverse_gaussian": lambda: rng.wald(mu, 3.0),
        "tweedie": lambda: np.array([rng.gamma(1.0, m**0.5, rng.poisson(2 * m**0.5)).sum() / 2 for m in mu]),
        "negative_binomial": lambda: rng.negative_binomial(2, 1 / (1 + mu / 2)).astype(float),
    }  # fmt: skip
    return draw[family]()


FAMILIES = [
    "gaussian", "huber", "binomial", "poisson", "gamma", "inverse_gaussian", "tweedie", "negative_binomial", "cox",
]  # fmt: skip


@pytest.mark.parametrize("family", FAMILIES)
def test_interactions_of_every_family_fire_and_stay_silent(family):
    """Without an interaction at most 3 of 60 fits fire at the level 0.01 (more would be chance in 0.3 % of runs)."""
    rng = np.random.default_rng(11)
    present = 1.0 if family == "binomial" else 0.4
    fired = {0.0: 0, present: 0}
    for strength in fired:
        for _ in range(60 if strength == 0 else 3):
            Z = np.asfortranarray(rng.standard_normal((400, 10)))
            eta = 0.6 * Z[:, 0] - 0.6 * Z[:, 1] + 0.4 * Z[:, 2] + strength * Z[:, 0] * Z[:, 1]
            y = respond(family, eta, rng)
            path = fastnet.enet_path(Z, y, family=family, alphas=8, alpha_min_ratio=0.2, tol=1e-4)
            fired[strength] += path.diagnose(Z, y, alpha=path.alphas[6])["interactions"].fired
    assert fired[0.0] <= 3
    assert fired[present] == 3


def test_unequal_weights_of_survival_times_give_no_false_alarms():
    rng = np.random.default_rng(2)
    fired = 0
    for _ in range(20):
        Z = np.asfortranarray(rng.standard_normal((400, 6)))
        y = respond("cox", 0.6 * Z[:, 0] - 0.6 * Z[:, 1], rng)
        weight = np.where(rng.random(400) < 0.3, 5.0, 0.01)
        path = fastnet.enet_path(Z, y, family="cox", alphas=6, alpha_min_ratio=0.2, tol=1e-4, sample_weight=weight)
        fired += path.diagnose(Z, y, alpha=path.alphas[-1])["interactions"].fired
    assert fired <= 2


def test_why_interactions_are_not_tried():
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        assert "no pair" in PATH.diagnose(X, Y, alpha=PATH.alphas[1]).skipped["interactions"]
        signs = (Y > 0).astype(float)
        hinge = fastnet.enet_path(X, signs, family="squared_hinge", alphas=8)
        assert "squared_hinge" in hinge.diagnose(X, signs, alpha=hinge.alphas[4]).skipped["interactions"]
        wide = np.asfortranarray(RNG.standard_normal((30, 60)))
        crowded = fastnet.enet_path(wide, Y[:30], alphas=20)
        assert "too little" in crowded.diagnose(wide, Y[:30], alpha=crowded.alphas[-1]).skipped["interactions"]
        perfect = (X[:, 0] + X[:, 1] > 0).astype(float)
        separated = fastnet.enet_path(X, perfect, family="binomial", alphas=5, alpha_min_ratio=0.3)
        reason = separated.diagnose(X, perfect, alpha=separated.alphas[-1]).skipped["interactions"]
        assert "perfectly" in reason
        exact = fastnet.enet_path(X, SIGNAL, alphas=5, alpha_min_ratio=0.1)
        reason = exact.diagnose(X, SIGNAL, alpha=exact.alphas[-1]).skipped["interactions"]
        assert "nothing of the response is left" in reason


def test_products_of_rare_columns_are_not_tried():
    """A product that is not zero in two rows would fire on any outlier."""
    Z = sparse.lil_array((150, 2))
    Z[:10, 0], Z[8:20, 1] = 1.0, 1.0
    y = 3 * Z[:, [0]].toarray().ravel() + 3 * Z[:, [1]].toarray().ravel() + 0.1 * RNG.standard_normal(150)
    y[8:10] += 5.0
    path = fastnet.enet_path(Z, y, alphas=[0.05], standardize=False)
    assert path.dfs[0] == 2
    assert "enough rows" in path.diagnose(Z, y, alpha=0.05).skipped["interactions"]


# --- the report


def test_the_report_as_text_and_html():
    report = CV.diagnose(X, Y)
    assert len(report) == len(report.fired) == len(list(report))
    assert {finding.name for finding in report.findings} | set(report.skipped) == {
        "held_out", "gaps", "edge", "still_falling", "over_regularised", "scales", "stand_ins", "interactions",
    }  # fmt: skip
    text = str(PATH.diagnose(X, Y))
    assert "PITFALL  held_out" in text
    assert "choose alpha by fastnet.cv_path" in text
    assert "scales: not looked at, columns were standardised" in text
    assert repr(PATH.diagnose()).startswith("<Diagnosis at alpha")
    named = PATH.replace(feature_names=tuple(f"<{j}>" for j in range(40)))
    Z = X.copy()
    Z[:, 30] = Z[:, 0]
    page = named.diagnose(Z, Y, alpha=PATH.alphas[3])._repr_html_()
    assert "<td>pitfall</td>" in page
    assert "&lt;0&gt;" in page
    assert "<0>" not in page
    for finding in report.findings:
        assert finding.advice.count(". ") == 0, "one sentence"
        assert str(finding.threshold)


def test_names_are_checked():
    with pytest.raises(KeyError, match="known are held_out"):
        PATH.diagnose()["scale"]
    assert isinstance(PATH.diagnose()["gaps"], Finding)


def test_frames_give_their_names():
    pandas = pytest.importorskip("pandas")
    frame = pandas.DataFrame(X, columns=[f"gene {j}" for j in range(40)])
    frame["gene 30"] = frame["gene 0"]
    frame["gene 30"] += 0.1 * frame["gene 7"]
    path = fastnet.enet_path(frame, Y, alphas=[0.3])
    assert path.diagnose(frame, Y)["stand_ins"].details[0].startswith("gene 0 ~ gene 30")
    with pytest.raises(ValueError, match="other names"):
        path.diagnose(frame.rename(columns={"gene 5": "g"}), Y)


def test_bad_arguments():
    with pytest.raises(ValueError, match="y is missing: pass both X and y of the fit, or neither"):
        PATH.diagnose(X)
    with pytest.raises(ValueError, match="X has 39 columns, the path 40: pass the X of the fit"):
        PATH.diagnose(X[:, :39], Y)
    with pytest.raises(ValueError, match="alpha"):
        PATH.diagnose(X, Y, alpha=-1.0)
    with pytest.raises(ValueError, match="no points"):
        make_path(0, 5, per_point=0).diagnose()


def test_the_default_point_is_neither_empty_nor_saturated():
    chosen = PATH.diagnose(X, Y)
    assert 3 <= chosen.n_selected <= 10
    assert PATH.diagnose().alpha == PATH.alphas[-1]


def test_a_large_sparse_matrix_is_not_made_dense():
    """Dense it would take 160 GB."""
    rng = np.random.default_rng(0)
    n, p = 100_000, 200_000
    rows, columns = rng.integers(0, n, 400_000), rng.integers(0, p, 400_000)
    Z = sparse.coo_array((np.ones(400_000), (rows, columns)), shape=(n, p)).tocsc()
    y = rng.standard_normal(n)
    coefs = sparse.csc_array(([1.0, 1.0, 1.0], ([5, 6, 7], [0, 0, 0])), shape=(p, 1))
    path = make_path(1, p, coefs=coefs, alphas=[0.1], standardize=False)
    report = path.diagnose(Z, y, alpha=0.1)
    assert report["scales"].number >= 1
    assert report["stand_ins"].number <= 1
