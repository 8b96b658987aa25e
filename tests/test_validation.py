"""Validation: one table of every bad input with its message."""

from __future__ import annotations

from datetime import datetime

import numpy as np
import pytest
from scipy import sparse

from fastnet.validation import (
    check_design,
    check_feature_names,
    check_flag,
    check_options,
    check_predict_design,
    check_problem,
    check_response,
)

N, P = 4, 3
X = np.arange(12.0).reshape(N, P)
Y = np.array([0.0, 1.0, 2.0, 3.0])


def changed(array, index, value):
    """A copy with one entry replaced."""
    out = np.array(array)
    out[index] = value
    return out


def broken(kind=sparse.csc_array, **parts):
    """A sparse matrix whose arrays were assigned after SciPy's checks, as a user's code may do."""
    matrix = kind(np.array([[1.0, 0, 2], [0, 3, 0], [4, 0, 0], [0, 0, 5]]))
    for name, change in parts.items():
        setattr(matrix, name, change(getattr(matrix, name)))
    return matrix


def masked(values):
    array = np.ma.array(values)
    array[1] = np.ma.masked
    return array


def problem(**changes):
    return lambda: check_problem(**({"X": X, "y": Y} | changes))


def design(value):
    return lambda: check_design(value)


def options(**changes):
    return lambda: check_options(**changes)


# name: (call, exception, regular expression of the message)
BAD = {
    # --- X
    "X 1-D": (
        design(np.ones(3)),
        ValueError,
        r"X has one dimension, shape \(3,\); two are needed: X\.reshape",
    ),
    "X 3-D": (
        design(np.ones((2, 2, 2))),
        ValueError,
        r"X has 3 dimensions, shape \(2, 2, 2\); two are needed",
    ),
    "X 0-D": (design(5.0), ValueError, r"X has 0 dimensions"),
    "X None": (design(None), TypeError, r"X holds Python objects"),
    "X no rows": (design(np.ones((0, 3))), ValueError, r"X has shape \(0, 3\): no rows"),
    "X no columns": (design(np.ones((3, 0))), ValueError, r"X has shape \(3, 0\): no columns"),
    "X sparse no rows": (design(sparse.csc_array((0, 3))), ValueError, r"X has shape \(0, 3\): no rows"),
    "X sparse 1-D": (design(sparse.coo_array(np.ones(3))), ValueError, r"X has one dimension"),
    "X complex": (design(X + 1j), TypeError, r"X holds complex numbers \(dtype complex128\).*pass X\.real"),
    "X object": (
        design(X.astype(object)),
        TypeError,
        r"X holds Python objects \(dtype object\).*dtype=float",
    ),
    "X strings": (design([["a", "b"]]), TypeError, r"X holds strings .*encode it as numbers"),
    "X bytes": (design(np.array([[b"a"]])), TypeError, r"X holds bytes"),
    "X dates": (
        design(np.array([[datetime(2020, 1, 1)]], "M8[D]")),
        TypeError,
        r"X holds dates .*convert dates",
    ),
    "X durations": (design(np.ones((2, 2), "m8[s]")), TypeError, r"X holds time differences"),
    "X structured": (design(np.zeros((2, 2), [("a", float)])), TypeError, r"X holds structured records"),
    "X ragged": (design([[1.0, 2.0], [3.0]]), ValueError, r"X of type list is not a rectangular array"),
    "X NaN": (design(changed(X, (1, 2), np.nan)), ValueError, r"X is NaN at row 1, column 2; only finite"),
    "X inf": (design(changed(X, (3, 0), -np.inf)), ValueError, r"X is -inf at row 3, column 0"),
    "X NaN, F order": (
        design(np.asfortranarray(changed(X, (2, 1), np.nan))),
        ValueError,
        r"X is NaN at row 2, column 1",
    ),
    "X masked": (
        design(np.ma.masked_less(X, 2.0)),
        ValueError,
        r"X is a masked array with 2 masked entries \(the first at row 0, column 0\).*not impute",
    ),
    "X rows of masked arrays": (design([masked(X[0]), X[1]]), ValueError, r"X\[0\] is a masked array"),
    "X long double beyond float64": (
        design(changed(X.astype(np.longdouble), (0, 0), np.longdouble("1e4000"))),
        ValueError,
        r"X is inf at row 0, column 0",
    ),
    # --- sparse structure
    "CSC index too large": (
        design(broken(indices=lambda a: changed(a, 1, 4))),
        ValueError,
        r"CSC X\.indices\[1\] is 4; it must be from 0 to 3: the matrix is damaged",
    ),
    "CSC index far out": (
        design(broken(indices=lambda a: changed(a, 2, 2**31 - 1))),
        ValueError,
        r"CSC X\.indices\[2\] is 2147483647",
    ),
    "CSC index negative": (
        design(broken(indices=lambda a: changed(a, 0, -1))),
        ValueError,
        r"CSC X\.indices\[0\] is -1",
    ),
    "CSR index too large": (
        design(broken(sparse.csr_array, indices=lambda a: changed(a, 4, 3))),
        ValueError,
        r"CSR X\.indices\[4\] is 3; it must be from 0 to 2",
    ),
    "indptr start": (
        design(broken(indptr=lambda a: changed(a, 0, 1))),
        ValueError,
        r"CSC X\.indptr\[0\] is 1; it must be 0",
    ),
    "indptr falls": (
        design(broken(indptr=lambda a: changed(a, 1, 4))),
        ValueError,
        r"CSC X\.indptr falls from 4 to 3 at index 2; it must never fall",
    ),
    "indptr unsigned falls": (
        design(broken(indptr=lambda a: changed(a, 1, 4).astype(np.uint64))),
        ValueError,
        r"CSC X\.indptr falls from 4 to 3",
    ),
    "indptr end": (
        design(broken(indptr=lambda a: changed(a, -1, 9))),
        ValueError,
        r"CSC X\.indptr ends at 9 but only 5 entries are stored",
    ),
    "indptr length": (
        design(broken(indptr=lambda a: a[:-1])),
        ValueError,
        r"CSC X\.indptr has length 3; it must be 4",
    ),
    "lengths": (
        design(broken(data=lambda a: a[:-1])),
        ValueError,
        r"CSC X\.data has 4 entries and CSC X\.indices 5",
    ),
    "data 2-D": (design(broken(data=lambda a: a[:, None])), ValueError, r"CSC X\.data has shape \(5, 1\)"),
    "indices 2-D": (
        design(broken(indices=lambda a: a[None])),
        ValueError,
        r"CSC X\.indices has shape \(1, 5\)",
    ),
    "indices float": (
        design(broken(indices=lambda a: a.astype(float))),
        TypeError,
        r"CSC X\.indices has dtype float64; int32 or int64 is needed",
    ),
    "indptr float": (design(broken(indptr=lambda a: a * 1.0)), TypeError, r"CSC X\.indptr has dtype float64"),
    "data complex": (design(broken(data=lambda a: a * 1j)), TypeError, r"CSC X\.data holds complex numbers"),
    "data object": (
        design(broken(data=lambda a: a.astype(object))),
        TypeError,
        r"CSC X\.data holds Python obj",
    ),
    "data masked": (design(broken(data=masked)), ValueError, r"CSC X\.data is a masked array"),
    "sparse NaN": (
        design(broken(data=lambda a: changed(a, 3, np.nan))),
        ValueError,
        r"X is NaN at row 0, column 2; only finite",
    ),
    "COO row": (
        design(broken(sparse.coo_array, row=lambda a: changed(a, 0, 7))),
        ValueError,
        r"X\.row\[0\] is 7; it must be from 0 to 3",
    ),
    "COO column": (
        design(broken(sparse.coo_array, col=lambda a: changed(a, 2, -3))),
        ValueError,
        r"X\.col\[2\] is -3; it must be from 0 to 2",
    ),
    "COO lengths": (
        design(broken(sparse.coo_array, data=lambda a: a[:-2])),
        ValueError,
        r"X has 3 entries with 5 row and 5 column numbers",
    ),
    # --- y
    "y short": (problem(y=Y[:3]), ValueError, r"y has length 3 but X has 4 rows"),
    "y long": (problem(y=np.ones(9)), ValueError, r"y has length 9 but X has 4 rows"),
    "y column": (problem(y=Y[:, None]), ValueError, r"y has shape \(4, 1\), a column.*pass y\.ravel\(\)"),
    "y 2-D": (problem(y=np.ones((4, 2))), ValueError, r"y is of shape \(4, 2\); a one-dimensional array"),
    "y scalar": (problem(y=1.0), ValueError, r"y is a single number"),
    "y NaN": (problem(y=changed(Y, 2, np.nan)), ValueError, r"y is NaN at index 2"),
    "y inf": (problem(y=changed(Y, 0, np.inf)), ValueError, r"y is inf at index 0"),
    "y strings": (problem(y=list("abab")), TypeError, r"y holds strings .*0 and 1"),
    "y object": (problem(y=[1, 2, 3, None]), TypeError, r"y holds Python objects"),
    "y complex": (problem(y=Y + 1j), TypeError, r"y holds complex numbers"),
    "y dates": (problem(y=Y.astype("M8[D]")), TypeError, r"y holds dates"),
    "y masked": (
        problem(y=masked(Y)),
        ValueError,
        r"y is a masked array with 1 masked entries \(the first at ind",
    ),
    "y sparse": (problem(y=sparse.csc_array(Y[:, None])), TypeError, r"y is sparse.*toarray\(\)\.ravel\(\)"),
    # --- weights and offset
    "weights negative": (
        problem(sample_weight=changed(np.ones(4), 3, -0.5)),
        ValueError,
        r"sample_weight is -0\.5 at index 3; weights must be 0 or positive: use 0",
    ),
    "weights zero": (problem(sample_weight=np.zeros(4)), ValueError, r"sample_weight is all zero"),
    "weights NaN": (
        problem(sample_weight=changed(np.ones(4), 1, np.nan)),
        ValueError,
        r"sample_weight is NaN at index 1",
    ),
    "weights inf": (problem(sample_weight=[1, np.inf, 1, 1]), ValueError, r"sample_weight is inf at index 1"),
    "weights huge": (problem(sample_weight=np.full(4, 1e308)), ValueError, r"sample_weight sums to infinity"),
    "weights short": (
        problem(sample_weight=[1.0]),
        ValueError,
        r"sample_weight has length 1 but X has 4 rows",
    ),
    "weights scalar": (problem(sample_weight=1.0), ValueError, r"sample_weight is a single number"),
    "weights 2-D": (problem(sample_weight=np.eye(4)), ValueError, r"sample_weight is of shape \(4, 4\)"),
    "weights column": (problem(sample_weight=np.ones((4, 1))), ValueError, r"pass sample_weight\.ravel\(\)"),
    "weights strings": (problem(sample_weight=["1"] * 4), TypeError, r"sample_weight holds strings"),
    "weights masked": (
        problem(sample_weight=masked(np.ones(4))),
        ValueError,
        r"sample_weight is a masked array",
    ),
    "offset NaN": (problem(offset=changed(Y, 0, np.nan)), ValueError, r"offset is NaN at index 0"),
    "offset -inf": (
        problem(offset=changed(Y, 0, -np.inf)),
        ValueError,
        r"offset is -inf at index 0.*log\(0\)",
    ),
    "offset short": (problem(offset=[0.0, 1.0]), ValueError, r"offset has length 2 but X has 4 rows"),
    "offset scalar": (problem(offset=1.0), ValueError, r"offset is a single number"),
    "offset masked": (problem(offset=masked(Y)), ValueError, r"offset is a masked array"),
    # --- penalty factors and bounds
    "factors negative": (problem(penalty_factor=[1, -2, 1]), ValueError, r"penalty_factor is -2 at index 1"),
    "factors NaN": (problem(penalty_factor=[1, 1, np.nan]), ValueError, r"penalty_factor is NaN at index 2"),
    "factors zero": (
        problem(penalty_factor=np.zeros(3)),
        ValueError,
        r"penalty_factor is all zero: no column",
    ),
    "factors inf": (problem(penalty_factor=[np.inf] * 3), ValueError, r"penalty_factor is all inf"),
    "factors 0 or inf": (
        problem(penalty_factor=[0, np.inf, 0]),
        ValueError,
        r"penalty_factor is 0 or inf every",
    ),
    "factors length": (problem(penalty_factor=np.ones(4)), ValueError, r"has length 4 but X has 3 columns"),
    "factors scalar": (problem(penalty_factor=1.0), ValueError, r"penalty_factor is a single number"),
    "lower positive": (
        problem(lower=0.5),
        ValueError,
        r"lower is 0\.5 at index 0; it must be from -inf to 0",
    ),
    "lower +inf": (problem(lower=[0, np.inf, 0]), ValueError, r"lower is inf at index 1"),
    "lower NaN": (problem(lower=np.nan), ValueError, r"lower is NaN at index 0"),
    "upper negative": (
        problem(upper=[1, -1, 1]),
        ValueError,
        r"upper is -1 at index 1; it must be from 0 to inf",
    ),
    "upper NaN": (problem(upper=[1, 1, np.nan]), ValueError, r"upper is NaN at index 2"),
    "bounds crossed": (problem(lower=1, upper=-1), ValueError, r"lower is 1 at index 0.*0 must stay inside"),
    "upper length": (problem(upper=[1, 1]), ValueError, r"upper has length 2 but X has 3 columns"),
    "lower 2-D": (problem(lower=np.zeros((1, 3))), ValueError, r"lower is of shape \(1, 3\)"),
    "lower string": (problem(lower="0"), TypeError, r"lower holds strings"),
    "upper masked": (problem(upper=masked(np.ones(3))), ValueError, r"upper is a masked array"),
    # --- options
    "l1_ratio above": (
        options(l1_ratio=1.5),
        ValueError,
        r"l1_ratio is 1\.5; it must be from 0 \(ridge\) to 1",
    ),
    "l1_ratio below": (options(l1_ratio=-1e-9), ValueError, r"l1_ratio is -1e-09"),
    "l1_ratio NaN": (options(l1_ratio=np.nan), ValueError, r"l1_ratio is nan"),
    "l1_ratio bool": (options(l1_ratio=True), TypeError, r"l1_ratio is True \(bool\); a number"),
    "l1_ratio string": (options(l1_ratio="1"), TypeError, r"l1_ratio is '1' \(str\)"),
    "l1_ratio None": (options(l1_ratio=None), TypeError, r"l1_ratio is None"),
    "l1_ratio array": (
        options(l1_ratio=np.array([0.5])),
        TypeError,
        r"l1_ratio is array\(\[0\.5\]\) \(ndarray\)",
    ),
    "l1_ratio complex": (options(l1_ratio=1 + 0j), TypeError, r"l1_ratio is \(1\+0j\) \(complex\)"),
    "tol zero": (options(tol=0), ValueError, r"tol is 0; it must be positive and finite"),
    "tol negative": (options(tol=-1e-4), ValueError, r"tol is -0\.0001"),
    "tol NaN": (options(tol=np.nan), ValueError, r"tol is nan"),
    "tol inf": (options(tol=np.inf), ValueError, r"tol is inf"),
    "tol huge int": (options(tol=10**400), ValueError, r"tol is 1000000"),
    "tol bool": (options(tol=np.bool_(True)), TypeError, r"tol is .*True.* \(bool"),
    "max_iter zero": (options(max_iter=0), ValueError, r"max_iter is 0; it must be an integer from 1 up"),
    "max_iter float": (options(max_iter=1e5), TypeError, r"max_iter is 100000\.0 \(float\).*max_iter=int"),
    "max_iter NaN": (options(max_iter=np.nan), TypeError, r"max_iter is nan \(float\); an integer"),
    "max_iter bool": (options(max_iter=True), TypeError, r"max_iter is True \(bool\)"),
    "max_iter huge": (
        options(max_iter=2**70),
        ValueError,
        r"max_iter is 1180591620717411303424; it must be at",
    ),
    "max_features zero": (options(max_features=0), ValueError, r"max_features is 0"),
    "max_features float": (options(max_features=2.5), TypeError, r"max_features is 2\.5 \(float\)"),
    "min_dev_change": (
        options(min_dev_change=-1),
        ValueError,
        r"min_dev_change is -1; it must be from 0 to 1",
    ),
    "min_dev_change bool": (options(min_dev_change=False), TypeError, r"min_dev_change is False \(bool\)"),
    "ratio zero": (
        options(alpha_min_ratio=0.0),
        ValueError,
        r"alpha_min_ratio is 0\.0; it must be between 0 and",
    ),
    "ratio one": (options(alpha_min_ratio=1), ValueError, r"alpha_min_ratio is 1;"),
    "ratio ignored": (
        options(alphas=[1.0], alpha_min_ratio=0.1),
        ValueError,
        r"alpha_min_ratio only shapes a grid.*alphas is given as an array",
    ),
    "callback": (options(callback=3), TypeError, r"callback is 3 \(int\); a function of one point"),
    "progress": (options(progress=1), TypeError, r"progress is 1 \(int\); True or False is needed"),
    "flag": (
        lambda: check_flag("yes", "fit_intercept"),
        TypeError,
        r"fit_intercept is 'yes' \(str\); True or",
    ),
    "alphas empty": (options(alphas=[]), ValueError, r"alphas is empty; at least one"),
    "alphas negative": (options(alphas=[1, -0.1]), ValueError, r"alphas is -0\.1 at index 1"),
    "alphas NaN": (options(alphas=[np.nan]), ValueError, r"alphas is NaN at index 0"),
    "alphas inf": (options(alphas=[1, np.inf]), ValueError, r"alphas is inf at index 1"),
    "alphas 2-D": (options(alphas=[[1.0]]), ValueError, r"alphas has shape \(1, 1\).*alphas\.ravel\(\)"),
    "alphas number": (
        options(alphas=0.1),
        TypeError,
        r"alphas is the single number 0\.1; write alphas=\[0\.1\]",
    ),
    "alphas zero points": (options(alphas=0), ValueError, r"alphas is 0; a number of points must be from 1"),
    "alphas too many": (options(alphas=10**9), ValueError, r"alphas is 1000000000"),
    "alphas bool": (options(alphas=True), TypeError, r"alphas is True; a number of points or an array"),
    "alphas bools": (options(alphas=[True, False]), TypeError, r"alphas holds booleans"),
    "alphas None": (options(alphas=None), TypeError, r"alphas is None"),
    "alphas string": (options(alphas="auto"), TypeError, r"alphas holds strings"),
    "alphas strings": (options(alphas=["1"]), TypeError, r"alphas holds strings"),
    "alphas complex": (options(alphas=[1j]), TypeError, r"alphas holds complex"),
    "alphas masked": (options(alphas=masked([1.0, 2.0])), ValueError, r"alphas is a masked array"),
    # --- y outside a family's domain
    "unit above": (
        lambda: check_response(np.array([0.0, 2.0]), "unit", "binomial"),
        ValueError,
        r"y is 2 at index 1; family='binomial' allows 0, 1 and the proportions between: code",
    ),
    "unit below": (
        lambda: check_response(np.array([-1.0, 1.0]), "unit", "binomial"),
        ValueError,
        r"y is -1 at index 0",
    ),
    "one class 1": (
        lambda: check_response(np.ones(3), "unit", "binomial"),
        ValueError,
        r"y is 1 .*one class only",
    ),
    "one class 0": (
        lambda: check_response(np.zeros(3), "unit", "binomial"),
        ValueError,
        r"y is 0 .*one class only",
    ),
    "one class by weight": (
        lambda: check_response(np.array([0.0, 1.0]), "unit", "binomial", sample_weight=np.array([0.0, 1.0])),
        ValueError,
        r"one class only",
    ),
    "counts negative": (
        lambda: check_response(np.array([1.0, -1.0]), "nonnegative", "poisson"),
        ValueError,
        r"y is -1 at index 1; family='poisson' allows numbers from 0 up",
    ),
    "counts zero": (
        lambda: check_response(np.zeros(2), "nonnegative", "poisson"),
        ValueError,
        r"no positive count",
    ),
    "positive": (
        lambda: check_response(np.array([1.0, 0.0]), "positive", "gamma"),
        ValueError,
        r"y is 0 at index 1; family='gamma' allows numbers above 0",
    ),
    # --- predictions
    "predict columns": (
        lambda: check_predict_design(X, 5),
        ValueError,
        r"X has 3 columns but the path was fitted with 5",
    ),
    "predict sparse": (
        lambda: check_predict_design(broken(indices=lambda a: a + 9), 3),
        ValueError,
        r"X\.indices\[0\]",
    ),
    "names reordered": (
        lambda: check_feature_names(("b", "a"), ("a", "b")),
        ValueError,
        r"X has the same names in another order than the fit: column 0 is 'b', in the fit it was 'a'",
    ),
    "names other": (
        lambda: check_feature_names(("a", "c"), ("a", "b")),
        ValueError,
        r"X has other names .*column 1",
    ),
}


if sparse.coo_array(np.ones(3)).ndim == 2:  # SciPy before 1.13
    del BAD["X sparse 1-D"]


@pytest.mark.parametrize("case", BAD)
def test_bad_input_is_refused_with_its_message(case):
    call, exception, message = BAD[case]
    with pytest.raises(exception, match=message):
        call()
