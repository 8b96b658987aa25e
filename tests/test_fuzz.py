"""The end-to-end fuzz: a short search, its judge and findings. The long search is a command: tests/fuzz.py."""

from __future__ import annotations

import os

import pytest
from fuzz_judge import judge
from fuzz_problems import FAMILIES, Spec, specs
from hypothesis import given

OTHERS = tuple(sorted(set(FAMILIES) - {"gaussian"}))
# Every kind of matrix makes the kernels of every loss compile anew: the short search has two of them.
FEW = {} if os.environ.get("HYPOTHESIS_PROFILE") == "long" else {"layouts": ("F", "csr32"), "dtypes": ("float64",)}


@given(specs(families=("gaussian",)))
def test_least_squares(spec):
    judge(spec)


@given(specs(families=OTHERS, **FEW))
def test_other_losses(spec):
    judge(spec)


PLAIN = Spec(
    seed=1, n=12, p=9, layout="F", dtype="float64", columns="plain", family="gaussian", response="signal", weights="",
    factors="", bounds="", offset=False, l1_ratio=1.0, fit_intercept=True, standardize=True, grid="fractions",
    warm=False, tol=1e-6, max_iter=1000,
)  # fmt: skip


FOUND = {
    "a warm start left out the columns that the null model had made active: the loss overflowed": Spec(
        seed=342, n=13, p=13, layout="strided", dtype="float64", columns="far shift", family="gamma", response="noise",
        weights="", factors="zeros", bounds="box", offset=False, l1_ratio=0.95, fit_intercept=False, standardize=False,
        grid="far", warm=True, tol=1e-10, max_iter=20,
    ),
    "two dependent unpenalised columns, each open on one side: their rounding was fitted": Spec(
        seed=19, n=3, p=3, layout="csc64", dtype="float64", columns="collinear", family="inverse_gaussian",
        response="exact", weights="", factors="zeros", bounds="some", offset=True, l1_ratio=0.05, fit_intercept=False,
        standardize=False, grid="far", warm=False, tol=1e-10, max_iter=1000,
    ),
    "an unpenalised column of hardly any weight between bounds, orthogonal but for rounding: no dual point": Spec(
        seed=15, n=15, p=15, layout="csc64", dtype="int64", columns="scales", family="tweedie", response="constant",
        weights="any", factors="inf", bounds="some", offset=False, l1_ratio=0.95, fit_intercept=True, standardize=False,
        grid="default", warm=False, tol=1e-4, max_iter=1000,
    ),
    "a sign that flipped on the way, its coefficient rounded to the other side, then sent to its infinite bound": Spec(
        seed=131072, n=4, p=24, layout="coo", dtype="int8", columns="nearly equal", family="gaussian", response="exact",
        weights="", factors="any", bounds="some", offset=False, l1_ratio=0.0, fit_intercept=True, standardize=False,
        grid="default", warm=True, tol=1e-4, max_iter=1000,
    ),
    "a shortened step left a coefficient 6e-25 above its bound of 0": Spec(
        seed=1, n=13, p=15, layout="F", dtype="float32", columns="collinear", family="binomial", response="signal",
        weights="integers", factors="any", bounds="some", offset=True, l1_ratio=1.0, fit_intercept=False,
        standardize=True, grid="zero", warm=False, tol=1e-4, max_iter=1000,
    ),
    "the unpenalised part diverges, its gap was negative and read as converged": Spec(
        seed=208442, n=3, p=9, layout="F", dtype="int64", columns="constant", family="tweedie", response="signal",
        weights="any", factors="zeros", bounds="", offset=True, l1_ratio=0.0, fit_intercept=True, standardize=True,
        grid="far", warm=True, tol=1e-8, max_iter=1,
    ),
    "verify: columns of size 1e8 between bounds, the residual of the refit not quite orthogonal to them": Spec(
        seed=17, n=17, p=14, layout="csc32", dtype="float64", columns="far shift", family="gaussian", response="exact",
        weights="", factors="", bounds="box", offset=False, l1_ratio=0.05, fit_intercept=False, standardize=False,
        grid="zero", warm=True, tol=1e-4, max_iter=1000,
    ),
    "verify: a residual 1e-4 of the response, the unpenalised part refitted to rounding of the response": Spec(
        seed=4, n=4, p=4, layout="strided", dtype="float64", columns="scales", family="huber", response="exact",
        weights="any", factors="inf", bounds="", offset=True, l1_ratio=1.0, fit_intercept=True, standardize=True,
        grid="default", warm=True, tol=1e-8, max_iter=1000,
    ),
    "cox: every column empty, noise was divided by noise until eta had moved": Spec(
        seed=0, n=17, p=2, layout="coo", dtype="bool", columns="scales", family="cox", response="signal", weights="any",
        factors="", bounds="some", offset=True, l1_ratio=0.0, fit_intercept=True, standardize=False, grid="far",
        warm=True, tol=1e-8, max_iter=1000,
    ),
    "ridge of a loss: an unpenalised column that depends on others had an infinite scale": Spec(
        seed=3848, n=1, p=21, layout="csc32", dtype="float32", columns="far shift", family="binomial",
        response="constant", weights="integers", factors="zeros", bounds="", offset=False, l1_ratio=0.0,
        fit_intercept=True, standardize=False, grid="one", warm=True, tol=1e-6, max_iter=1,
    ),
    "ridge: the same for least squares": Spec(
        seed=100, n=10, p=29, layout="csc32", dtype="float64", columns="collinear", family="gaussian",
        response="constant", weights="few", factors="inf", bounds="", offset=True, l1_ratio=0.0, fit_intercept=True,
        standardize=True, grid="fractions", warm=True, tol=1e-6, max_iter=1000,
    ),
    "ridge of a loss: the penalty times the null objective underflows": Spec(
        seed=6, n=6, p=23, layout="csr64", dtype="float32", columns="scales", family="binomial", response="signal",
        weights="integers", factors="inf", bounds="", offset=True, l1_ratio=0.0, fit_intercept=True, standardize=True,
        grid="zero", warm=True, tol=1e-10, max_iter=1,
    ),
    "ridge of a loss: what rounding left of the columns was taken for features": Spec(
        seed=497, n=14, p=21, layout="unsorted", dtype="float64", columns="collinear", family="tweedie",
        response="signal", weights="any", factors="zeros", bounds="", offset=False, l1_ratio=0.0, fit_intercept=True,
        standardize=True, grid="default", warm=False, tol=0.01, max_iter=1000,
    ),
    "cox: steps on reweighted rows carried eta away from the coefficients": Spec(
        seed=83, n=13, p=13, layout="unsorted", dtype="float64", columns="scales", family="cox", response="exact",
        weights="integers", factors="inf", bounds="", offset=False, l1_ratio=0.05, fit_intercept=True,
        standardize=False, grid="one", warm=False, tol=1e-8, max_iter=1000,
    ),
    "verify: a common shift of eta by 1e7 took the digits of the dual objective (Cox)": Spec(
        seed=1102, n=1, p=8, layout="F", dtype="float64", columns="far shift", family="cox", response="noise",
        weights="any", factors="", bounds="box", offset=False, l1_ratio=0.05, fit_intercept=True, standardize=False,
        grid="fractions", warm=False, tol=1e-8, max_iter=1,
    ),
    "verify: the refit of unpenalised columns between bounds is less exact than what it is given": Spec(
        seed=1, n=15, p=15, layout="coo", dtype="float32", columns="collinear", family="inverse_gaussian",
        response="signal", weights="", factors="zeros", bounds="some", offset=False, l1_ratio=0.05,
        fit_intercept=False, standardize=False, grid="zero", warm=True, tol=1e-4, max_iter=1000,
    ),
    "verify: unpenalised columns that differ by 1e-10 count as one, as in the fit": Spec(
        seed=363291, n=13, p=17, layout="csc32", dtype="float64", columns="nearly equal", family="negative_binomial",
        response="signal", weights="any", factors="zeros", bounds="", offset=True, l1_ratio=0.05, fit_intercept=True,
        standardize=False, grid="one", warm=False, tol=1e-4, max_iter=1000,
    ),
    "tweedie: the loss of an amount of 0 was NaN where the mean underflows": Spec(
        seed=7, n=21, p=25, layout="csc32", dtype="float64", columns="zeros", family="tweedie", response="noise",
        weights="any", factors="zeros", bounds="", offset=True, l1_ratio=0.5, fit_intercept=True, standardize=True,
        grid="zero", warm=False, tol=1e-6, max_iter=1000,
    ),
    "a warm start where the null model explains all: its coefficients came back with objective 0": Spec(
        seed=13852, n=7, p=17, layout="csr32", dtype="float32", columns="copies", family="gaussian", response="exact",
        weights="", factors="inf", bounds="", offset=False, l1_ratio=1.0, fit_intercept=True, standardize=False,
        grid="one", warm=True, tol=1e-8, max_iter=1000,
    ),
    "cox: unpenalised columns made orthogonal to ones of an older Hessian: eta off their span, a negative gap": Spec(
        seed=12, n=12, p=12, layout="coo", dtype="int8", columns="zeros", family="cox", response="constant", weights="",
        factors="inf", bounds="", offset=False, l1_ratio=0.95, fit_intercept=True, standardize=False, grid="one",
        warm=True, tol=1e-8, max_iter=1000,
    ),
    "nothing but rounding is left to the penalised columns: alpha_max is 0, not 1e-17": Spec(
        seed=9, n=9, p=9, layout="csc64", dtype="float64", columns="copies", family="negative_binomial",
        response="noise", weights="", factors="inf", bounds="positive", offset=True, l1_ratio=1.0, fit_intercept=True,
        standardize=True, grid="far", warm=True, tol=1e-4, max_iter=1,
    ),
    "cox: a diverging unpenalised part, the optimum farther away than the gap allowed for": Spec(
        seed=199, n=6, p=18, layout="coo", dtype="float64", columns="collinear", family="cox", response="signal",
        weights="few", factors="zeros", bounds="", offset=True, l1_ratio=0.95, fit_intercept=True, standardize=True,
        grid="one", warm=False, tol=0.01, max_iter=1000,
    ),
    "least squares: what rounding left of columns in the span of unpenalised ones fitted everything": Spec(
        seed=216, n=8, p=10, layout="csc64", dtype="float64", columns="collinear", family="gaussian",
        response="constant", weights="integers", factors="zeros", bounds="", offset=True, l1_ratio=0.05,
        fit_intercept=True, standardize=False, grid="zero", warm=False, tol=1e-6, max_iter=1000,
    ),
    "least squares: a coefficient 2e-33 below its bound of 0": Spec(
        seed=0, n=11, p=20, layout="unsorted", dtype="float64", columns="far shift", family="gaussian",
        response="signal", weights="any", factors="", bounds="positive", offset=False, l1_ratio=0.95,
        fit_intercept=False, standardize=False, grid="default", warm=True, tol=1e-10, max_iter=1000,
    ),
    "cox: a null model between bounds, its columns large, not solved in 10,000 steps of a diagonal curvature": Spec(
        seed=9, n=9, p=9, layout="unsorted", dtype="float64", columns="shifted", family="cox", response="signal",
        weights="any", factors="inf", bounds="positive", offset=True, l1_ratio=0.95, fit_intercept=True,
        standardize=True, grid="far", warm=False, tol=0.01, max_iter=1,
    ),
    "an unpenalised column between bounds, in the span of free ones: its rounding made the gap useless": Spec(
        seed=3, n=3, p=14, layout="csr32", dtype="float64", columns="constant", family="gaussian", response="signal",
        weights="", factors="zeros", bounds="some", offset=False, l1_ratio=1.0, fit_intercept=True, standardize=True,
        grid="zero", warm=True, tol=0.01, max_iter=1000,
    ),
    "the same for another loss": Spec(
        seed=22, n=4, p=22, layout="csr64", dtype="int8", columns="plain", family="negative_binomial",
        response="signal", weights="integers", factors="zeros", bounds="some", offset=False, l1_ratio=0.05,
        fit_intercept=True, standardize=False, grid="one", warm=True, tol=0.01, max_iter=1000,
    ),
    "no penalty: correlations of 2e-11 made the gap useless": Spec(
        seed=110, n=19, p=19, layout="csr64", dtype="int64", columns="plain", family="negative_binomial",
        response="signal", weights="integers", factors="zeros", bounds="some", offset=True, l1_ratio=0.5,
        fit_intercept=True, standardize=True, grid="zero", warm=False, tol=1e-8, max_iter=1000,
    ),
    "ridge of a loss: features so weak that coefficients and predictor parted": Spec(
        seed=133, n=10, p=29, layout="csr32", dtype="float64", columns="wild scales", family="poisson",
        response="exact", weights="any", factors="", bounds="", offset=False, l1_ratio=0.0, fit_intercept=True,
        standardize=False, grid="far", warm=False, tol=1e-10, max_iter=20,
    ),
    "verify: an unpenalised column that depends on others to nine digits took part in the null model": PLAIN._replace(
        seed=58364, n=14, p=11, layout="csr32", columns="far shift", family="gaussian", response="noise",
        weights="any", factors="inf", bounds="", offset=False, fit_intercept=False, standardize=True, grid="one",
    ),
    "the same of columns that are nearly equal, 17 % of the null objective": PLAIN._replace(
        seed=241174, n=18, p=28, layout="csc32", columns="nearly equal", family="gaussian", response="signal",
        weights="", factors="inf", bounds="", offset=True, fit_intercept=False, standardize=True, grid="one",
    ),
    "unpenalised columns between bounds, far from 0 without intercept: four times the null objective": PLAIN._replace(
        seed=1026972, n=21, p=25, layout="csr32", columns="far shift", family="gaussian", response="noise",
        weights="any", factors="zeros", bounds="some", offset=True, fit_intercept=False, standardize=False, grid="one",
    ),
    "the same where they explain everything": PLAIN._replace(
        seed=303545, n=17, p=13, layout="csr32", columns="far shift", family="gaussian", response="signal",
        weights="few", factors="zeros", bounds="box", offset=False, fit_intercept=False, standardize=False, grid="one",
    ),
    "the same of another loss, half again its null objective": PLAIN._replace(
        seed=229072, n=15, p=27, layout="csc32", columns="far shift", family="poisson", response="exact",
        weights="any", factors="zeros", bounds="positive", offset=True, fit_intercept=False, standardize=False,
        grid="one",
    ),
    "no penalty: all but one direction of X lost in the squares of its columns, unseen by the gap": PLAIN._replace(
        seed=303, n=10, p=19, layout="strided", columns="far shift", family="tweedie", weights="any", offset=True,
        l1_ratio=0.05, fit_intercept=False, standardize=False, grid="zero", tol=1e-4, max_iter=20,
    ),
    "the same of two rows": PLAIN._replace(
        seed=1, n=1, p=29, layout="csr64", columns="far shift", family="squared_hinge", response="noise",
        weights="any", l1_ratio=0.95, fit_intercept=False, standardize=False, grid="zero",
    ),
    "copies of unpenalised columns between bounds: their rounding was fitted, the null objective too low": Spec(
        seed=0, n=13, p=13, layout="F", dtype="float32", columns="copies", family="gaussian", response="signal",
        weights="any", factors="inf", bounds="positive", offset=True, l1_ratio=0.05, fit_intercept=True,
        standardize=True, grid="default", warm=False, tol=1e-4, max_iter=1000,
    ),
    "an unpenalised column with a bound, in the span of a free one to ten digits: it was fitted": Spec(
        seed=45526, n=14, p=16, layout="csc64", dtype="float64", columns="nearly equal", family="gaussian",
        response="signal", weights="any", factors="zeros", bounds="some", offset=True, l1_ratio=0.95,
        fit_intercept=True, standardize=True, grid="fractions", warm=False, tol=1e-6, max_iter=20,
    ),
    "no penalty, copies between bounds: a slope too small for the objective to tell made the gap useless": Spec(
        seed=660, n=21, p=12, layout="csr64", dtype="float64", columns="copies", family="binomial", response="signal",
        weights="", factors="", bounds="positive", offset=True, l1_ratio=0.95, fit_intercept=True, standardize=True,
        grid="zero", warm=True, tol=1e-10, max_iter=1000,
    ),
    "the same where the unpenalised part explains all but the intercept's share": Spec(
        seed=14062, n=14, p=23, layout="unsorted", dtype="bool", columns="constant", family="binomial",
        response="exact", weights="", factors="inf", bounds="positive", offset=False, l1_ratio=1.0, fit_intercept=True,
        standardize=True, grid="zero", warm=False, tol=1e-4, max_iter=1000,
    ),
    "the same of a Poisson loss with more columns than rows": Spec(
        seed=29, n=4, p=29, layout="coo", dtype="float64", columns="collinear", family="poisson", response="signal",
        weights="any", factors="zeros", bounds="some", offset=True, l1_ratio=0.95, fit_intercept=False,
        standardize=True, grid="zero", warm=False, tol=1e-4, max_iter=1000,
    ),
    "unpenalised columns with a bound beside penalised ones: the same slopes": Spec(
        seed=24, n=24, p=24, layout="csr64", dtype="int64", columns="shifted", family="poisson", response="exact",
        weights="", factors="zeros", bounds="positive", offset=True, l1_ratio=0.5, fit_intercept=False,
        standardize=True, grid="far", warm=False, tol=1e-8, max_iter=1000,
    ),
    "verify: the best multiple of the residual is 1 - 2e-9, between the points that the search tried": Spec(
        seed=147, n=3, p=2, layout="csr64", dtype="float32", columns="far shift", family="negative_binomial",
        response="constant", weights="any", factors="", bounds="some", offset=True, l1_ratio=1.0, fit_intercept=False,
        standardize=False, grid="default", warm=False, tol=1e-10, max_iter=1000,
    ),
    "verify: the refit of unpenalised columns ended where the loss no longer told steps apart (Cox)": Spec(
        seed=17, n=17, p=17, layout="coo", dtype="int8", columns="collinear", family="cox", response="noise",
        weights="", factors="inf", bounds="", offset=True, l1_ratio=0.95, fit_intercept=False, standardize=True,
        grid="default", warm=True, tol=1e-4, max_iter=20,
    ),
    "cox: unpenalised columns between bounds that separate the events, of scales 1e16 apart: the null model": Spec(
        seed=19, n=13, p=19, layout="coo", dtype="float32", columns="wild scales", family="cox", response="signal",
        weights="few", factors="zeros", bounds="some", offset=False, l1_ratio=0.05, fit_intercept=True,
        standardize=False, grid="fractions", warm=True, tol=1e-10, max_iter=1000,
    ),
    "cox: the null model between bounds went off to 3e9 along a direction without curvature": Spec(
        seed=20, n=7, p=20, layout="C", dtype="bool", columns="scales", family="cox", response="signal", weights="any",
        factors="zeros", bounds="some", offset=True, l1_ratio=1.0, fit_intercept=True, standardize=True,
        grid="fractions", warm=True, tol=1e-6, max_iter=1000,
    ),
    "no intercept and centred columns: a residual orthogonal to them counted as long as its rounding": Spec(
        seed=2, n=2, p=2, layout="C", dtype="int64", columns="scales", family="poisson", response="signal", weights="",
        factors="inf", bounds="", offset=False, l1_ratio=0.95, fit_intercept=False, standardize=True, grid="zero",
        warm=True, tol=1e-6, max_iter=1000,
    ),
    "verify: a direction of 1e-12 of the largest curvature was left out of the null model (Cox)": Spec(
        seed=16, n=16, p=16, layout="strided", dtype="bool", columns="collinear", family="cox", response="signal",
        weights="any", factors="zeros", bounds="", offset=True, l1_ratio=0.95, fit_intercept=False, standardize=True,
        grid="fractions", warm=True, tol=1e-4, max_iter=1,
    ),
    "the same where the unpenalised columns explain everything": Spec(
        seed=537, n=11, p=26, layout="F", dtype="float64", columns="collinear", family="cox", response="exact",
        weights="any", factors="inf", bounds="", offset=False, l1_ratio=0.5, fit_intercept=False, standardize=False,
        grid="fractions", warm=False, tol=1e-8, max_iter=20,
    ),
    "verify: rows that are fitted held back the null model of separable classes": Spec(
        seed=14, n=7, p=14, layout="unsorted", dtype="float64", columns="collinear", family="binomial",
        response="noise", weights="", factors="inf", bounds="some", offset=False, l1_ratio=0.95, fit_intercept=True,
        standardize=False, grid="default", warm=False, tol=1e-10, max_iter=1000,
    ),
    "unpenalised columns between bounds, float32 and collinear: bounded least squares failed in a Newton step": Spec(
        seed=62897, n=22, p=26, layout="csr32", dtype="float32", columns="collinear", family="tweedie",
        response="exact", weights="", factors="zeros", bounds="positive", offset=True, l1_ratio=1.0, fit_intercept=True,
        standardize=False, grid="default", warm=False, tol=1e-8, max_iter=20,
    ),
    "verify: rows of Huber's loss beyond delta have no curvature: the null model was left halfway": Spec(
        seed=725, n=3, p=3, layout="unsorted", dtype="float64", columns="zeros", family="huber", response="noise",
        weights="few", factors="", bounds="box", offset=True, l1_ratio=1.0, fit_intercept=True, standardize=True,
        grid="default", warm=False, tol=0.01, max_iter=1000,
    ),
    "verify: the residual as given was a better dual point than after the refit of a column between bounds": Spec(
        seed=1048575, n=18, p=14, layout="strided", dtype="int64", columns="zeros", family="gaussian", response="noise",
        weights="any", factors="inf", bounds="positive", offset=True, l1_ratio=0.95, fit_intercept=True,
        standardize=True, grid="far", warm=True, tol=0.01, max_iter=1,
    ),
    "the same of a column at its upper bound": Spec(
        seed=1488, n=17, p=24, layout="csc32", dtype="int8", columns="wild scales", family="gaussian",
        response="signal", weights="", factors="inf", bounds="box", offset=True, l1_ratio=0.95, fit_intercept=True,
        standardize=False, grid="default", warm=True, tol=0.01, max_iter=1000,
    ),
    "no penalty, nearly equal columns between bounds: coefficients of 1e11, and a predictor that was not theirs": Spec(
        seed=425, n=15, p=15, layout="csr32", dtype="float64", columns="nearly equal", family="huber", response="noise",
        weights="integers", factors="", bounds="some", offset=True, l1_ratio=0.05, fit_intercept=True, standardize=True,
        grid="zero", warm=False, tol=1e-4, max_iter=1,
    ),
    "verify: Newton steps of a null model that went to and fro between two equal values": Spec(
        seed=3, n=3, p=3, layout="unsorted", dtype="int8", columns="nearly equal", family="squared_hinge",
        response="signal", weights="", factors="any", bounds="", offset=True, l1_ratio=0.0, fit_intercept=True,
        standardize=True, grid="default", warm=True, tol=1e-4, max_iter=20,
    ),
    "copies between bounds, a loss that is not convex: coefficients of 7e16": Spec(
        seed=10, n=10, p=10, layout="csr32", dtype="float64", columns="copies", family="inverse_gaussian",
        response="signal", weights="any", factors="zeros", bounds="positive", offset=True, l1_ratio=1.0,
        fit_intercept=True, standardize=True, grid="default", warm=False, tol=1e-10, max_iter=1000,
    ),
    "classes that a part of the columns separates, without penalty: 1000 steps followed what diverges, the rest of the "
    "gradient stayed": Spec(
        seed=1048576, n=14, p=6, layout="csc64", dtype="float64", columns="scales", family="binomial",
        response="signal", weights="integers", factors="", bounds="", offset=True, l1_ratio=0.0, fit_intercept=False,
        standardize=False, grid="zero", warm=True, tol=1e-8, max_iter=1000,
    ),
    "the same between bounds": Spec(
        seed=1693, n=23, p=23, layout="coo", dtype="bool", columns="zeros", family="binomial", response="signal",
        weights="", factors="", bounds="positive", offset=False, l1_ratio=1.0, fit_intercept=False, standardize=True,
        grid="zero", warm=False, tol=1e-4, max_iter=1000,
    ),
    "Tweedie's zeros fitted by -infinity: a step whose gain double precision does not see in the sum of squares": Spec(
        seed=24, n=24, p=24, layout="csc32", dtype="int8", columns="plain", family="tweedie", response="exact",
        weights="", factors="", bounds="", offset=False, l1_ratio=0.95, fit_intercept=False, standardize=False,
        grid="zero", warm=False, tol=1e-10, max_iter=1000,
    ),
    "an intercept of 2e7 rounded, and no step between bounds to mend it: verify had no dual point": Spec(
        seed=25005, n=21, p=12, layout="csr32", dtype="float64", columns="far shift", family="gaussian",
        response="exact", weights="any", factors="zeros", bounds="box", offset=True, l1_ratio=0.5, fit_intercept=True,
        standardize=False, grid="zero", warm=False, tol=1e-8, max_iter=1000,
    ),
}  # fmt: skip


@pytest.mark.parametrize("finding", FOUND)
def test_what_the_fuzz_has_found(finding):
    judge(FOUND[finding])


@pytest.mark.parametrize("family", ["gaussian", "poisson"])
def test_the_judge_notices_wrong_answers(family, monkeypatch):
    """A coefficient moved, a gap belittled, a status embellished: each is found."""
    import fuzz_judge

    spec = PLAIN._replace(family=family)
    judge(spec)
    right = fuzz_judge.fit

    def spoilt(**changes):
        def fit(problem, spec):
            path, messages = right(problem, spec)
            return path.replace(**{name: change(getattr(path, name)) for name, change in changes.items()}), messages

        monkeypatch.setattr(fuzz_judge, "fit", fit)
        with pytest.raises(AssertionError):
            judge(spec)

    spoilt(coefs=lambda coefs: coefs * 1.1)
    spoilt(statuses=lambda statuses: statuses + 1)
    spoilt(objectives=lambda objectives: objectives * 0.999)
    spoilt(intercepts=lambda intercepts: intercepts + 0.1)
