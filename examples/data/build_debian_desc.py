"""Build debian_desc.npz: words and pairs of words of Debian package descriptions, from apt's lists.

The README beside this file says what the shipped file was built from and how to fetch the lists. Use:

    python build_debian_desc.py LISTS [--suite bookworm] [--output debian_desc.npz]

LISTS is a folder that holds `*_dists_SUITE_main_binary-amd64_Packages*` and
`*_dists_SUITE_main_i18n_Translation-en*`, plain, .gz, .xz or .lz4 (read through apt's own `apt-helper`).
Needs NumPy and SciPy only.
"""

from __future__ import annotations

import argparse
import gzip
import hashlib
import lzma
import re
import subprocess
from collections.abc import Iterator
from pathlib import Path

import numpy as np
from scipy import sparse

N_PACKAGES = 16_000
WORD = re.compile(r"[a-z][a-z0-9+]+")  # two characters or more; "c++" stays whole


def read_index(folder: Path, pattern: str) -> str:
    """Text of the one index file in `folder` that matches `pattern`."""
    found = sorted(folder.glob(pattern))
    if len(found) != 1:
        raise SystemExit(f"{folder} must hold exactly one {pattern}; found {[f.name for f in found]}")
    file = found[0]
    if file.suffix == ".lz4":
        command = ["/usr/lib/apt/apt-helper", "cat-file", str(file)]
        return subprocess.run(command, check=True, capture_output=True).stdout.decode()
    opener = {".gz": gzip.open, ".xz": lzma.open}.get(file.suffix, open)
    with opener(file, "rt", encoding="utf-8") as stream:
        return stream.read()


def stanzas(text: str) -> Iterator[dict[str, str]]:
    """The RFC-822-like paragraphs of a Debian index, each as a dict of field name to (multi-line) value."""
    for paragraph in filter(None, text.split("\n\n")):
        fields: dict[str, str] = {}
        name = ""
        for line in paragraph.strip("\n").split("\n"):
            if line[0] in " \t":
                fields[name] += "\n" + line
            else:
                name, _, value = line.partition(":")
                fields[name] = value.strip()
        yield fields


def choose_packages(folder: Path, suite: str) -> tuple[list[dict[str, str]], list[list[str]]]:
    """(packages, words of each one's description), in the order of SHA-256 of the name: a fixed shuffle.

    Of packages with the very same description only the first is kept; those without a size or a description
    are left out.
    """
    translations = read_index(folder, f"*_dists_{suite}_main_i18n_Translation-en*")
    descriptions = {s["Description-md5"]: s.get("Description-en", "") for s in stanzas(translations)}
    packages = list(stanzas(read_index(folder, f"*_dists_{suite}_main_binary-amd64_Packages*")))
    packages.sort(key=lambda p: hashlib.sha256(p["Package"].encode()).digest())
    chosen: list[dict[str, str]] = []
    documents: list[list[str]] = []
    seen: set[str] = set()
    for package in packages:
        digest = package.get("Description-md5", "")
        if digest in seen or not descriptions.get(digest) or "Installed-Size" not in package:
            continue
        seen.add(digest)
        chosen.append(package)
        documents.append(WORD.findall(descriptions[digest].lower()))
        if len(chosen) == N_PACKAGES:
            break
    return chosen, documents


def count_ngrams(documents: list[list[str]]) -> tuple[list[str], np.ndarray, sparse.csc_matrix]:
    """(words, keys, counts): column c of `counts` is the word `keys[c]` if that is below U = len(words).

    Otherwise it is a pair: (first, second) has key (first + 1) * U + second, so that the sorted keys are all
    words, then all pairs.
    """
    words = sorted({word for document in documents for word in document})
    number = {word: i for i, word in enumerate(words)}
    lengths = np.array([len(document) for document in documents])
    word = np.array([number[word] for document in documents for word in document], dtype=np.int64)
    row = np.repeat(np.arange(len(documents)), lengths)
    follows = row[1:] == row[:-1]  # the next word belongs to the same description
    pair = ((word[:-1] + 1) * len(words) + word[1:])[follows]
    keys, column = np.unique(np.concatenate([word, pair]), return_inverse=True)
    rows = np.concatenate([row, row[:-1][follows]])
    shape = (len(documents), len(keys))
    counts = sparse.coo_matrix((np.ones(len(rows), dtype=np.int64), (rows, column)), shape=shape).tocsc()
    counts.sum_duplicates()
    return words, keys, counts


def delta_code(values: np.ndarray, indptr: np.ndarray) -> np.ndarray:
    """Differences of ascending `values` within each segment indptr[j]:indptr[j+1], its first as it is."""
    deltas = np.diff(values, prepend=0)
    first = indptr[:-1][np.diff(indptr) > 0]
    deltas[first] = values[first]
    return deltas


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("lists", type=Path)
    parser.add_argument("--suite", default="bookworm")
    parser.add_argument("--output", type=Path, default=Path(__file__).with_name("debian_desc.npz"))
    arguments = parser.parse_args()

    packages, documents = choose_packages(arguments.lists, arguments.suite)
    words, keys, counts = count_ngrams(documents)
    pairs = keys[len(words) :]
    first, second = pairs // len(words) - 1, pairs % len(words)
    pair_counts = np.bincount(first, minlength=len(words))
    pair_indptr = np.concatenate([[0], np.cumsum(pair_counts)])
    sections = [package["Section"].rpartition("/")[2] for package in packages]
    classes, section = np.unique(sections, return_inverse=True)
    n_depends = [len(package["Depends"].split(",")) if "Depends" in package else 0 for package in packages]
    if max(len(words), len(packages), pair_counts.max(), max(n_depends)) > 65_535:
        raise SystemExit("more words or packages than 16-bit numbers hold: widen the types below")
    np.savez_compressed(
        arguments.output,
        shape=np.array(counts.shape, dtype=np.int64),
        indptr=counts.indptr.astype(np.int32),
        dindices=delta_code(counts.indices.astype(np.int64), counts.indptr).astype(np.uint16),
        data=np.minimum(counts.data, 255).astype(np.uint8),
        words=np.frombuffer("\n".join(words).encode("ascii"), dtype=np.uint8),
        pair_counts=pair_counts.astype(np.uint16),
        pair_seconds=delta_code(second, pair_indptr).astype(np.uint16),
        section=section.astype(np.int8),
        classes=classes,
        log_size=np.log([max(int(p["Installed-Size"]), 1) for p in packages]).astype(np.float32),
        n_depends=np.array(n_depends, dtype=np.uint16),
    )
    size = arguments.output.stat().st_size / 1e6
    n, p = counts.shape
    print(f"{arguments.output}: {n} packages x {p} words and pairs, {size:.2f} MB")


if __name__ == "__main__":
    main()
