"""BLAS on one thread while fastnet computes: threads add in another order, so that results would depend on the machine.

The number of threads is one of the whole process, not of a Python thread: the first of several computations at once
takes it down, the last one sets it back. Known are OpenBLAS, which the wheels of NumPy and SciPy bring (a copy each),
and Intel's MKL, wherever NumPy and SciPy are linked to them; another library keeps its threads.
"""

import ctypes
import importlib
import os
import threading
from contextlib import contextmanager
from functools import cache
from pathlib import Path

_LINKED = ("numpy.linalg._umath_linalg", "scipy.linalg.cython_blas")  # modules that are linked to BLAS
_NAMES = [
    (f"{prefix}openblas_get_num_threads{suffix}", f"{prefix}openblas_set_num_threads{suffix}")
    for prefix in ("", "scipy_")
    for suffix in ("", "64_", "_64")
] + [("MKL_Get_Max_Threads", "MKL_Set_Num_Threads")]

_lock = threading.Lock()
_holders: dict[object, int] = {}  # one token for each computation, with the thread that it runs in
_before: list[int] = []  # threads of each library before the first of them


@contextmanager
def one_thread():
    """Hold every BLAS that is known to one thread; as a decorator or with ``with``, in any number of threads."""
    token = object()
    try:
        _hold(token)
        yield
    finally:
        _release(token)


def thread_counts() -> list[int]:
    """The number of threads of every BLAS that is known."""
    return [get() for get, _ in _libraries()]


def _hold(token):
    libraries = _libraries()
    with _lock:
        if not _holders:
            _before[:] = [get() for get, _ in libraries]
        _holders[token] = threading.get_ident()
        for _, set_threads in libraries:
            set_threads(1)


def _release(token):
    with _lock:
        if _holders.pop(token, None) is not None and not _holders:
            _set_back()


def _set_back():
    for (_, set_threads), count in zip(_libraries(), _before):
        set_threads(count)


def _after_fork():
    """In the child of a fork: only the thread that forked is left, and the lock may have been another's."""
    global _lock
    _lock = threading.Lock()
    gone = [token for token, thread in _holders.items() if thread != threading.get_ident()]
    for token in gone:
        del _holders[token]
    if gone and not _holders:
        _set_back()


if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_after_fork)


@cache
def _libraries():
    """(get, set) of the number of threads, for every BLAS that NumPy and SciPy are linked to."""
    found = {}
    for name in _LINKED:
        file = importlib.import_module(name).__file__
        here = _controls(file)  # it is loaded; names are looked up in what it is linked to, too
        if not here:  # on systems that look in one file alone: the copies in wheels
            package = Path(importlib.import_module(name.partition(".")[0]).__file__).parent
            for folder in (package.parent / f"{package.name}.libs", package / ".dylibs"):
                for copy in folder.glob("*openblas*"):
                    here |= _controls(copy)
        found |= here
    return tuple(found.values())


def _controls(file):
    """Address of the setter -> (get, set), for each BLAS in a library and in those that it is linked to."""
    found = {}
    try:
        library = ctypes.CDLL(str(file))
    except OSError:
        return found
    for get_name, set_name in _NAMES:
        try:
            get, set_threads = getattr(library, get_name), getattr(library, set_name)
        except AttributeError:
            continue
        found[ctypes.cast(set_threads, ctypes.c_void_p).value] = (get, set_threads)
    return found
