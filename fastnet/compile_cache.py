"""The folder of compiled kernels, made safe: nothing stale is ever loaded, writers do not mix, no fit fails for a disk.

Numba keeps one index and some data files per function. As it stands,
* the index is renewed when the file of that function changes, not when a function changes that it calls: here, it
  carries a digest of the sources of all kernels;
* data files are numbered, so two processes that compile different signatures at once may each call theirs number 1:
  here, a data file is named by a digest of its key;
* a folder that cannot be written to is an error: here, a warning;
* so is an index that names a record which is no more, or a file cut short: here, the kernel is compiled anew.
"""

import functools
import hashlib
import tempfile
import warnings
from pathlib import Path

import numba

KERNEL_SOURCES = (
    "designs", "losses", "solvers", "compile_cache.py", "compiler.py", "jit.py", "parts.py", "penalty.py",
    "references.py", "screening.py", "state.py", "vectors.py",
)  # fmt: skip

_warned: list[bool] = []


@functools.cache
def source_digest():
    """Digest of every file that a kernel is compiled from; None where the sources cannot be read (a zip file)."""
    package, digest = Path(__file__).parent, hashlib.sha256()
    try:
        for entry in KERNEL_SOURCES:
            path = package / entry
            for file in sorted(path.glob("*.py")) if path.is_dir() else [path]:
                digest.update(file.name.encode() + b"\0" + file.read_bytes() + b"\0")
    except OSError:
        return None
    return digest.hexdigest()


def compile_cached(function, **options):
    """``numba.njit`` with its cache on disk, in a private temporary folder, or without one; never fails on import."""
    try:
        return _safe(numba.njit(cache=True, **options)(function))
    except RuntimeError:  # "cannot cache function: no locator available": nothing is writable
        return _with_private_cache(function, options)


def _with_private_cache(function, options):
    if not _warned:
        try:
            numba.config.CACHE_DIR = tempfile.mkdtemp(prefix="fastnet-numba-")
            return _safe(numba.njit(cache=True, **options)(function))
        except (OSError, RuntimeError):
            _warn_once()
    return numba.njit(**options)(function)


def _warn_once():
    if not _warned:
        _warned.append(True)
        warnings.warn(
            "fastnet: no folder for compiled kernels is writable, or its disk is full, so every process compiles them "
            "anew; set NUMBA_CACHE_DIR to a writable folder",
            RuntimeWarning,
            stacklevel=5,
        )


def _or(load, default):
    """`load`, with a default where it fails: unpickling what another version wrote may raise anything."""

    @functools.wraps(load)
    def load_if_possible(*args):
        try:
            return load(*args)
        except Exception:
            return default

    return load_if_possible


def _safe(dispatcher):
    """The dispatcher with its cache changed as the head of this file says; unchanged under NUMBA_DISABLE_JIT."""
    cache = getattr(dispatcher, "_cache", None)
    index = getattr(cache, "_cache_file", None)
    if index is None:
        return dispatcher
    if source_digest() is not None:
        index._source_stamp = source_digest()
    save_overload = cache.save_overload
    index._load_index = _or(index._load_index, {})
    index.load = _or(index.load, None)

    def save_entry(key, data):
        number = int(hashlib.sha256(repr(key).encode()).hexdigest()[:12], 16)
        name = index._data_name(number)
        index._save_data(name, data)  # first: an index never names a file that is not there, or not yet renewed
        index._save_index({**index._load_index(), key: name})

    def save_if_possible(*args):
        try:
            save_overload(*args)
        except OSError:
            _warn_once()

    index.save = save_entry
    cache.save_overload = save_if_possible
    return dispatcher
