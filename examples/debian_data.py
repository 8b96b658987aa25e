"""Load examples/data/debian_desc.npz: words of Debian package descriptions, and package sizes."""

from __future__ import annotations

from pathlib import Path
from typing import NamedTuple

import numpy as np
from scipy import sparse

FILE = Path(__file__).parent / "data" / "debian_desc.npz"


class DebianDescriptions(NamedTuple):
    """One row a package, one column a word or a pair of neighbouring words."""

    counts: sparse.csc_matrix  # (n, p) how often the word or pair stands in the description
    names: tuple[str, ...]  # (p,) the words, then the pairs as "first second"
    log_size: np.ndarray  # (n,) natural logarithm of the installed size in KiB
    n_depends: np.ndarray  # (n,) number of packages that it depends on
    section: np.ndarray  # (n,) index into `classes`
    classes: tuple[str, ...]  # Debian's archive sections: "admin", "devel", "games", ...


def undo_deltas(deltas: np.ndarray, indptr: np.ndarray) -> np.ndarray:
    """Values whose differences within each segment indptr[j]:indptr[j+1] are `deltas`, its first as it is."""
    total = np.cumsum(deltas, dtype=np.int64)
    before = np.concatenate([[0], total])[indptr[:-1]]  # what the running sum was before each segment
    return total - np.repeat(before, np.diff(indptr))


def load_debian(file: str | Path = FILE) -> DebianDescriptions:
    """Read the counts, the columns' names and the responses, as build_debian_desc.py wrote them."""
    with np.load(file, allow_pickle=False) as stored:
        z = dict(stored)
    rows = undo_deltas(z["dindices"], z["indptr"]).astype(np.int32)
    counts = sparse.csc_matrix((z["data"].astype(float), rows, z["indptr"]), shape=tuple(z["shape"]))
    words = z["words"].tobytes().decode("ascii").split("\n")
    indptr = np.concatenate([[0], np.cumsum(z["pair_counts"], dtype=np.int64)])
    first = np.repeat(np.arange(len(words)), np.diff(indptr))
    second = undo_deltas(z["pair_seconds"], indptr)
    pairs = (f"{words[a]} {words[b]}" for a, b in zip(first.tolist(), second.tolist(), strict=True))
    return DebianDescriptions(
        counts=counts,
        names=(*words, *pairs),
        log_size=z["log_size"].astype(float),
        n_depends=z["n_depends"].astype(float),
        section=z["section"],
        classes=tuple(z["classes"].tolist()),
    )


def tfidf(counts: sparse.csc_matrix) -> sparse.csc_matrix:
    """Sublinear term frequency x smooth inverse document frequency, rows scaled to length 1.

    x_ij = (1 + log c_ij) * (1 + log((1 + n) / (1 + d_j))) / norm_i, with d_j the number of rows
    that hold term j (what scikit-learn's TfidfTransformer(sublinear_tf=True) gives).
    The result is a new matrix.
    """
    n = counts.shape[0]
    entries = np.diff(counts.indptr)
    idf = 1.0 + np.log((1.0 + n) / (1.0 + entries))
    data = (1.0 + np.log(counts.data)) * np.repeat(idf, entries)
    squared_norms = np.bincount(counts.indices, weights=data**2, minlength=n)
    data /= np.sqrt(squared_norms)[counts.indices]
    return sparse.csc_matrix((data, counts.indices, counts.indptr), shape=counts.shape)
