"""Validation of good inputs: one list of containers, vectors, options, frames; and a fuzz of broken CSC."""

from __future__ import annotations

import warnings

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import sparse
from test_validation import X, Y, broken, changed

from fastnet.validation import (
    check_alphas,
    check_compressed,
    check_design,
    check_options,
    check_problem,
    check_response,
)

DENSE = np.array([[1.0, 0, 2], [0, 3, 0], [4, 0, 0], [0, 0, 5]])


def read_only(array):
    array.flags.writeable = False
    return array


def as_matrix(a):
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", PendingDeprecationWarning)
        return np.asmatrix(a)


GOOD = {
    "F": np.asfortranarray,
    "C": np.ascontiguousarray,
    "list": np.ndarray.tolist,
    "float32": lambda a: np.asfortranarray(a, dtype=np.float32),
    "float16": lambda a: a.astype(np.float16),
    "long double": lambda a: a.astype(np.longdouble),
    "int": lambda a: a.astype(int),
    "uint8": lambda a: a.astype(np.uint8),
    "big endian": lambda a: np.asfortranarray(a.astype(">f8")),
    "strided": lambda a: np.repeat(np.repeat(a, 2, 0), 3, 1)[::2, ::3],
    "negative strides": lambda a: np.ascontiguousarray(a[::-1, ::-1])[::-1, ::-1],
    "read-only": lambda a: read_only(np.asfortranarray(a.copy())),
    "matrix": as_matrix,
    "unmasked": lambda a: np.ma.array(a),
    "unaligned": lambda a: np.frombuffer(b"\0" + a.T.tobytes(), dtype=np.uint8)[1:].view(float).reshape(3, 4).T,
    **{f: lambda a, f=f: sparse.coo_array(a).asformat(f) for f in ("csc", "csr", "coo", "lil", "dok", "bsr", "dia")},
    **{f"{f} matrix": lambda a, f=f: sparse.coo_matrix(a).asformat(f) for f in ("csc", "csr", "coo")},
    "csc float32": lambda a: sparse.csc_array(a, dtype=np.float32),
    "csc int8": lambda a: sparse.csc_array(a.astype(np.int8)),
    "csc bool": lambda a: sparse.csc_array(a != 0),
    "csc int64": lambda a: with_indices(sparse.csc_array(a), np.int64, np.int64),
    "csc uint32": lambda a: with_indices(sparse.csc_array(a), np.uint32, np.uint32),
    "csc mixed": lambda a: with_indices(sparse.csc_array(a), np.int32, np.int64),
    "csr int64": lambda a: with_indices(sparse.csr_array(a), np.int64, np.int64),
    "csc unsorted": lambda a: reversed_columns(sparse.csc_array(a)),
    "csc duplicates": lambda a: duplicated(sparse.csc_array(a)),
    "csc spare room": lambda a: with_room(sparse.csc_array(a)),
    "coo duplicates": lambda a: sparse.coo_array(
        (np.r_[a[a != 0] / 2, a[a != 0] / 2], tuple(np.r_[i, i] for i in np.nonzero(a))), shape=a.shape
    ),
}


def as_matrix(a):
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", PendingDeprecationWarning)
        return np.asmatrix(a)


def with_indices(matrix, indices, indptr):
    matrix.indices, matrix.indptr = matrix.indices.astype(indices), matrix.indptr.astype(indptr)
    return matrix


def reversed_columns(matrix):
    """The entries of each column in falling order, with a flag that claims the opposite."""
    order = np.concatenate([np.arange(e, b, -1) - 1 for b, e in zip(matrix.indptr, matrix.indptr[1:], strict=False)])
    matrix.data, matrix.indices = matrix.data[order], matrix.indices[order]
    matrix.has_sorted_indices = matrix.has_canonical_format = True
    return matrix


def duplicated(matrix):
    matrix.data, matrix.indices = np.repeat(matrix.data / 2, 2), np.repeat(matrix.indices, 2)
    matrix.indptr = matrix.indptr * 2
    matrix.has_canonical_format = True
    return matrix


def with_room(matrix):
    matrix.data, matrix.indices = np.r_[matrix.data, np.nan], np.r_[matrix.indices, 99].astype(np.int32)
    return matrix


def arrays_of(X):
    """The arrays that hold a container's numbers."""
    if sparse.issparse(X):
        parts = [getattr(X, name, None) for name in ("data", "indices", "indptr", "row", "col", "offsets")]
        return [a for a in parts if isinstance(a, np.ndarray)]
    return [X] if isinstance(X, np.ndarray) else []


@pytest.mark.parametrize("name", GOOD)
def test_good_containers_give_the_same_numbers_and_stay_untouched(name):
    given_X = GOOD[name](DENSE)
    before = [a.copy() for a in arrays_of(given_X)]
    flags = [a.flags.writeable for a in arrays_of(given_X)]
    result, names = check_design(given_X)
    assert names is None
    expected = (DENSE != 0) if "bool" in name else DENSE
    is_single = name in ("float32", "csc float32")
    if sparse.issparse(given_X):
        assert isinstance(result, sparse.csc_array)
        assert result.data.dtype == (np.float32 if is_single else np.float64)
        assert result.indices.dtype == result.indptr.dtype
        assert result.indices.dtype in (np.int32, np.int64)
        np.testing.assert_array_equal(result.toarray(), expected)
        for start, end in zip(result.indptr, result.indptr[1:], strict=False):
            assert (np.diff(result.indices[start:end]) > 0).all()
        parts = (result.data, result.indices, result.indptr)
    else:
        assert type(result) is np.ndarray
        assert result.flags.f_contiguous
        assert result.dtype == (np.float32 if is_single else np.float64)
        np.testing.assert_array_equal(result, expected)
        parts = (result,)
    for part in parts:
        assert part.flags.aligned
        assert part.flags.f_contiguous
        assert part.dtype.isnative
        assert not part.flags.writeable
    for array, old, writeable in zip(arrays_of(given_X), before, flags, strict=True):
        np.testing.assert_array_equal(array, old)
        assert array.flags.writeable == writeable


@pytest.mark.parametrize("name", ["F", "float32", "read-only"])
def test_fortran_arrays_are_used_in_place(name):
    array = GOOD[name](DENSE)
    assert np.shares_memory(check_design(array)[0], array)


@pytest.mark.parametrize("name", ["csc", "csc matrix", "csc float32", "csc int64"])
def test_canonical_csc_is_used_in_place(name):
    matrix = GOOD[name](DENSE)
    result, _ = check_design(matrix)
    for part in ("data", "indices", "indptr"):
        assert np.shares_memory(getattr(result, part), getattr(matrix, part))
    assert result.indices.dtype == matrix.indices.dtype


def test_int64_indices_stay():
    for kind in (sparse.csc_array, sparse.csr_array):
        assert check_design(with_indices(kind(DENSE), np.int64, np.int64))[0].indices.dtype == np.int64


def test_explicit_zeros_stay():
    matrix = sparse.csc_array((np.array([0.0, 1.0]), np.array([0, 1]), np.array([0, 1, 2])), shape=(2, 2))
    assert check_design(matrix)[0].nnz == 2


def test_memmap_is_used_in_place(tmp_path):
    disk = np.memmap(tmp_path / "X", dtype=float, mode="w+", shape=(4, 3), order="F")
    disk[:] = DENSE
    disk.flush()
    opened = np.memmap(tmp_path / "X", dtype=float, mode="r", shape=(4, 3), order="F")
    result, _ = check_design(opened)
    assert np.shares_memory(result, opened)
    assert type(result) is np.ndarray


def test_check_finite_false_skips_the_entries_but_not_the_structure():
    assert np.isnan(check_design(changed(X, (0, 0), np.nan), check_finite=False)[0][0, 0])
    matrix = broken(data=lambda a: a * np.nan)
    assert np.isnan(check_design(matrix, check_finite=False)[0].data).all()
    with pytest.raises(ValueError, match="indices"):
        check_design(broken(indices=lambda a: a + 4), check_finite=False)


def test_finite_check_survives_overflow_of_its_sum():
    big = np.full((1000, 300), 1.7e308)
    check_design(big)
    big[777, 123] = np.inf
    with pytest.raises(ValueError, match="row 777, column 123"):
        check_design(big)
    with pytest.raises(ValueError, match="row 777, column 123"):
        check_design(np.where(np.isinf(big), np.nan, -big))


def test_tall_c_order_is_copied_right():
    tall = np.random.default_rng(0).standard_normal((2000, 7))
    np.testing.assert_array_equal(check_design(tall)[0], tall)


@given(st.data())
def test_broken_csc_is_refused_or_safe(data):
    """Whatever the three arrays hold: an error of ours, or a CSC that is right by definition."""
    n, p = data.draw(st.integers(1, 5)), data.draw(st.integers(1, 5))
    small = st.integers(-2, 7)
    kind = data.draw(st.sampled_from([sparse.csc_array, sparse.csr_array, sparse.csc_matrix]))
    matrix = kind((n, p))
    types = st.sampled_from([np.int32, np.int64, np.int16])
    nnz = data.draw(st.integers(0, 8))
    major, minor = (n, p) if kind is sparse.csr_array else (p, n)
    if data.draw(st.booleans()):  # plausible
        inner = sorted(data.draw(st.lists(st.integers(0, nnz), min_size=major - 1, max_size=major - 1)))
        matrix.indptr = np.array([0, *inner, nnz], dtype=data.draw(types))
        index = st.integers(0, minor - 1) if data.draw(st.booleans()) else small
        matrix.indices = np.array(data.draw(st.lists(index, min_size=nnz, max_size=nnz)), dtype=data.draw(types))
    else:
        matrix.indptr = np.array(data.draw(st.lists(small, max_size=7)), dtype=data.draw(types))
        matrix.indices = np.array(data.draw(st.lists(small, max_size=8)), dtype=data.draw(types))
    length = data.draw(st.sampled_from([nnz, nnz, nnz, nnz + 1]))
    matrix.data = np.arange(1.0, length + 1.0)
    try:
        result, _ = check_design(matrix)
    except (ValueError, TypeError):
        return
    expected = np.zeros((n, p))
    for i in range(major):
        for k in range(matrix.indptr[i], matrix.indptr[i + 1]):
            j = matrix.indices[k]
            expected[(i, j) if kind is sparse.csr_array else (j, i)] += matrix.data[k]
    np.testing.assert_array_equal(result.toarray(), expected)
    assert all((np.diff(result.indices[a:b]) > 0).all() for a, b in zip(result.indptr, result.indptr[1:], strict=False))


def test_check_compressed_narrows_nothing_and_agrees():
    data, indices, indptr = check_compressed([1.0], np.array([0], np.int64), np.array([0, 1], np.int32), 1, 2)
    assert indices.dtype == indptr.dtype == np.int64
    assert data.dtype == np.float64


# --- vectors


def test_problem_vectors_are_fresh_copies():
    weights, offset, factors = np.ones(4), np.zeros(4), np.array([0.0, 1.0, np.inf])
    lower, y = np.full(3, -1.0), Y.copy()
    result = check_problem(X, y, sample_weight=weights, offset=offset, penalty_factor=factors, lower=lower, upper=2)
    for given_array, kept in (
        (y, result.y),
        (weights, result.sample_weight),
        (offset, result.offset),
        (factors, result.penalty_factor),
        (lower, result.lower),
    ):
        assert not np.shares_memory(given_array, kept)
        assert kept.flags.writeable
        np.testing.assert_array_equal(given_array, kept)
    np.testing.assert_array_equal(result.upper, [2.0, 2.0, 2.0])


def test_absent_vectors_are_none():
    result = check_problem(X, Y)
    assert result[2:] == (None,) * 6
    assert check_problem(X, Y, lower=-np.inf, upper=[np.inf] * 3)[5:7] == (None, None)


@pytest.mark.parametrize("dtype", [bool, np.int8, np.uint64, np.float16, np.float32, np.longdouble, ">f8"])
def test_y_dtypes(dtype):
    y = np.array([0, 1, 1, 0]).astype(dtype)
    result = check_problem(X, y).y
    assert result.dtype == np.float64
    assert result.dtype.isnative
    np.testing.assert_array_equal(result, [0.0, 1.0, 1.0, 0.0])


def test_y_containers():
    pandas = pytest.importorskip("pandas")
    for y in (
        Y.tolist(),
        tuple(Y),
        pandas.Series(Y, index=list("abcd")),
        pandas.Series([0, 1, 2, 3], dtype="Int64"),
    ):
        np.testing.assert_array_equal(check_problem(X, y).y, Y)
    with pytest.raises(ValueError, match="y is NaN at index 1"):
        check_problem(X, pandas.Series([0, None, 2, 3], dtype="Int64"))
    with pytest.raises(TypeError, match="y holds"):
        check_problem(X, pandas.Series(list("abab")))
    with pytest.raises(ValueError, match="ravel"):
        check_problem(X, pandas.DataFrame({"y": Y}))


def test_response_domains_that_are_fine():
    check_response(np.array([-1.0, 1.0]), "real", "gaussian")
    check_response(np.zeros(2), "real", "gaussian")
    check_response(np.array([0.3, 0.3]), "unit", "binomial")
    check_response(np.ones(2), "unit", "binomial", fit_intercept=False)
    check_response(np.array([0.0, 2.0]), "nonnegative", "poisson")


# --- options


def test_options_are_coerced():
    result = check_options(
        l1_ratio=np.float32(0.5),
        alphas=np.int64(7),
        tol=np.array(1e-3),
        max_iter=np.int32(5),
        progress=np.bool_(1),
    )
    assert result.l1_ratio == 0.5
    assert result.alphas == 7
    assert type(result.alphas) is int
    assert result.tol == 1e-3
    assert type(result.tol) is float
    assert type(result.max_iter) is int
    assert result.progress is True


def test_alphas_are_copied_in_their_order():
    given_alphas = np.array([0.1, 3.0, 0.0, 0.1])
    result = check_alphas(given_alphas)
    np.testing.assert_array_equal(result, given_alphas)
    assert not np.shares_memory(result, given_alphas)
    assert check_alphas([1, 2]).dtype == np.float64


# --- frames


def test_pandas_frame_keeps_names():
    pandas = pytest.importorskip("pandas")
    frame = pandas.DataFrame({"a": [1, 2], "b": [0.5, np.float32(1)], "c": [True, False]})
    result, names = check_design(frame)
    assert names == ("a", "b", "c")
    np.testing.assert_array_equal(result, [[1, 0.5, 1], [2, 1, 0]])
    assert check_design(frame.astype(np.float32))[0].dtype == np.float32
    assert check_design(pandas.DataFrame(np.ones((2, 3))))[1] == ("0", "1", "2")


def test_pandas_missing_and_wrong_columns():
    pandas = pytest.importorskip("pandas")
    frame = pandas.DataFrame({"a": [1.0, 2.0], "b": pandas.array([1, None], dtype="Int64")})
    with pytest.raises(ValueError, match="X is NaN at row 1, column 1"):
        check_design(frame)
    with pytest.raises(TypeError, match="X column 'b' is category"):
        check_design(frame.assign(b=pandas.Categorical([1, 2])))
    with pytest.raises(TypeError, match="X column 'b'.*"):
        check_design(frame.assign(b=["x", "y"]))
    with pytest.raises(TypeError, match="X column 'b'.*"):
        check_design(frame.assign(b=pandas.to_datetime(["2020", "2021"])))
    with pytest.raises(TypeError, match="X column 'b' holds complex"):
        check_design(frame.assign(b=[1j, 2]))
    with pytest.raises(ValueError, match="one column; a frame is needed: pass X.to_frame"):
        check_design(frame["a"])
    with pytest.raises(ValueError, match=r"no columns"):
        check_design(frame[[]])


def test_sparse_pandas_columns_become_csc():
    pandas = pytest.importorskip("pandas")
    matrix = sparse.csc_array(sparse.random(30, 5, density=0.2, random_state=np.random.default_rng(0)))
    frame = pandas.DataFrame.sparse.from_spmatrix(sparse.csc_matrix(matrix), columns=list("abcde"))
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        result, names = check_design(frame)
    assert isinstance(result, sparse.csc_array)
    assert names == tuple("abcde")
    assert result.nnz == matrix.nnz
    np.testing.assert_array_equal(result.toarray(), matrix.toarray())
    mixed = frame.assign(f=np.arange(30.0), g=pandas.arrays.SparseArray(np.r_[np.ones(29), 2.0], fill_value=1.0))
    expected = np.c_[matrix.toarray(), np.arange(30.0), np.r_[np.ones(29), 2.0]]
    np.testing.assert_array_equal(check_design(mixed)[0].toarray(), expected)
    with pytest.raises(ValueError, match="X is NaN at row 3, column 0"):
        check_design(pandas.DataFrame({"a": pandas.arrays.SparseArray([0, 0, 0, np.nan], fill_value=0.0)}))


def test_polars_frame_keeps_names():
    polars = pytest.importorskip("polars")
    frame = polars.DataFrame({"a": [1, 2], "b": [0.5, 1.0], "c": [True, False]})
    result, names = check_design(frame)
    assert names == ("a", "b", "c")
    np.testing.assert_array_equal(result, [[1, 0.5, 1], [2, 1, 0]])
    assert check_design(frame.cast(polars.Float32))[0].dtype == np.float32
    np.testing.assert_array_equal(check_problem(frame, polars.Series([1, 2])).y, [1.0, 2.0])
    with pytest.raises(ValueError, match="X is NaN at row 1, column 0"):
        check_design(polars.DataFrame({"a": [1, None]}))
    with pytest.raises(TypeError, match="X column 'a' is (String|Utf8)"):
        check_design(polars.DataFrame({"a": ["x", "y"]}))
    with pytest.raises(TypeError, match=r"LazyFrame.*collect"):
        check_design(frame.lazy())
    with pytest.raises(TypeError, match="y is a polars Series of (String|Utf8)"):
        check_problem(frame, polars.Series(["x", "y"]))


def test_numba_sees_one_type_of_dense_and_of_sparse():
    numba = pytest.importorskip("numba")
    dense = {str(numba.typeof(check_design(GOOD[k](DENSE))[0])) for k in ("F", "C", "int", "read-only", "matrix")}
    assert dense == {"readonly array(float64, 2d, F)"}
    parts = {
        str(numba.typeof(check_design(GOOD[k](DENSE))[0].indices))
        for k in ("csc", "csc uint32", "csc mixed", "csc unsorted")
    }
    assert parts == {"readonly array(int32, 1d, C)"}
