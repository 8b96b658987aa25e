"""Command: coverage-guided fuzz of the validation of compressed sparse X.

    python tests/fuzz_csc.py -runs=1000000 -seed=1         (atheris: pip install -e '.[fuzz]'; its options follow)

Bytes become the arrays of a CSC, CSR or COO container, damaged at will and unknown to SciPy's own checks. Validation
must either raise ValueError or TypeError, or hand back a canonical CSC whose every index a plain loop finds in range
and whose entries are those that were given. Nothing else may be raised, and no array of the caller may change.
"""

import sys

try:
    import atheris
except ImportError:
    sys.exit("the coverage-guided fuzz needs atheris: pip install -e '.[fuzz]'")

import numpy as np
from scipy import sparse

with atheris.instrument_imports(include=["fastnet.validation"]):
    from fastnet.validation import sparse as checks

INTEGERS = (np.int32, np.int64, np.int8, np.uint8, np.uint32, np.uint64, np.float64)
REALS = (np.float64, np.float32, np.int64, np.bool_, np.complex128, np.float16)
SMALL = (0, 1, 2, 3, -1, 4, 5, 6, 7, 127, 255, -128, 2**31 - 1, -(2**31), 2**32, 2**63 - 1, -(2**63))


def numbers(data, count, dtype):
    """Mostly small integers, some at the edges of their types."""
    wild = data.ConsumeBool()
    values = [SMALL[data.ConsumeIntInRange(0, len(SMALL) - 1)] if wild else data.ConsumeIntInRange(0, 4)
              for _ in range(count)]  # fmt: skip
    return np.array(values, dtype=object).astype(np.float64 if dtype == np.float64 else np.int64).astype(dtype)


def container(data):
    """A sparse container whose arrays were assigned behind SciPy's back."""
    n, p = 5 - data.ConsumeIntInRange(0, 5), 5 - data.ConsumeIntInRange(0, 5)
    kind = (sparse.csc_array, sparse.csr_array, sparse.csc_matrix, sparse.coo_array)[data.ConsumeIntInRange(0, 3)]
    nnz = data.ConsumeIntInRange(0, 8)
    X = kind((max(n, 1), max(p, 1)))
    X._shape = (n, p)
    values = numbers(data, data.ConsumeIntInRange(0, 9) if data.ConsumeBool() else nnz, np.int64)
    X.data = values.astype(REALS[data.ConsumeIntInRange(0, len(REALS) - 1)])
    if data.ConsumeIntInRange(0, 9) == 0 and X.data.dtype.kind == "f" and X.data.size:
        X.data[0] = np.nan
    dtype = INTEGERS[data.ConsumeIntInRange(0, len(INTEGERS) - 1)]
    if kind is sparse.coo_array:
        rows, columns = numbers(data, nnz, dtype), numbers(data, nnz, dtype)
        if hasattr(X, "coords"):  # as they are: assigning to row and col converts
            X.coords = (rows, columns)
        else:  # SciPy before 1.13
            X.row, X.col = rows, columns
        return X
    major = p if X.format == "csc" else n
    X.indices = numbers(data, nnz, dtype)
    if not data.ConsumeBool():  # as it should be: sorted, from 0 to nnz
        cuts = sorted(data.ConsumeIntInRange(0, nnz) for _ in range(max(0, major - 1)))
        X.indptr = np.array([0, *cuts, nnz][: major + 1], dtype=np.int64)
        if data.ConsumeBool():
            X.indptr = X.indptr.astype(dtype)
    else:
        X.indptr = numbers(data, data.ConsumeIntInRange(0, major + 2), dtype)
    X.has_sorted_indices = data.ConsumeBool()  # and a flag that may lie
    X.has_canonical_format = data.ConsumeBool()
    return X


def arrays(X):
    return [X.data, X.row, X.col] if X.format == "coo" else [X.data, X.indices, X.indptr]


def dense(X):
    """The sum of the given entries by a plain loop, after validation has accepted them."""
    out = np.zeros(X.shape)
    if X.format == "coo":
        for i, j, x in zip(X.row, X.col, X.data, strict=True):
            out[int(i), int(j)] += float(x)
        return out
    for k in range(len(X.indptr) - 1):
        for e in range(int(X.indptr[k]), int(X.indptr[k + 1])):
            place = (int(X.indices[e]), k) if X.format == "csc" else (k, int(X.indices[e]))
            out[place] += float(X.data[e])
    return out


def judge(given, checked):
    n, p = given.shape
    data, indices, indptr = checked.data, checked.indices, checked.indptr
    assert checked.format == "csc"
    assert checked.shape == (n, p)
    assert data.dtype in (np.float64, np.float32)
    assert indices.dtype == indptr.dtype
    assert indices.dtype in (np.int32, np.int64)
    assert not any(array.flags.writeable for array in (data, indices, indptr))
    assert indptr[0] == 0
    assert len(indptr) == p + 1
    assert indptr[-1] == len(data) == len(indices)
    for j in range(p):
        column = [int(i) for i in indices[indptr[j] : indptr[j + 1]]]
        assert indptr[j] <= indptr[j + 1]
        assert all(0 <= i < n for i in column)
        assert column == sorted(set(column))
    out = np.zeros((n, p))
    for j in range(p):
        for e in range(indptr[j], indptr[j + 1]):
            out[indices[e], j] = data[e]
    rounding = 1e-6 * float(np.max(np.abs(given.data.astype(float)), initial=0.0))  # duplicates are summed in float32
    np.testing.assert_allclose(out, dense(given), rtol=1e-6, atol=rounding)


counts = {"examples": 0, "accepted and judged": 0}


def one(content):
    counts["examples"] += 1
    if counts["examples"] % 100_000 == 0:
        print(counts, flush=True)
    X = container(atheris.FuzzedDataProvider(content))
    before = [array.copy() for array in arrays(X)]
    try:
        checked = checks.check_sparse(X)
    except (ValueError, TypeError) as error:
        if "X" not in str(error):
            raise AssertionError("the message does not name the argument") from error
    else:
        judge(X, checked)
        counts["accepted and judged"] += 1
    for array, old in zip(arrays(X), before, strict=True):
        np.testing.assert_array_equal(array, old)


if __name__ == "__main__":
    atheris.Setup(sys.argv, one)
    atheris.Fuzz()
