"""The same bits whatever the number of threads of BLAS: fits in fresh processes, and how BLAS is held to one thread.

    OPENBLAS_NUM_THREADS=2 python tests/test_determinism.py

prints a digest of every result, and the number of threads that BLAS has.
"""

from __future__ import annotations

import contextlib
import gc
import hashlib
import json
import os
import subprocess
import sys
import warnings
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np
import pytest
import scipy.sparse as sp

import fastnet
from fastnet import blas

VARIABLES = ("OPENBLAS_NUM_THREADS", "OMP_NUM_THREADS", "MKL_NUM_THREADS", "BLIS_NUM_THREADS")


def results():
    """(name, arrays) of everything that is computed from data, on problems long enough for BLAS to share them out."""
    rng = np.random.default_rng(0)
    tall, wide = np.asfortranarray(rng.standard_normal((12_000, 30))), rng.standard_normal((250, 600))
    sparse = sp.csc_array(rng.standard_normal((11_000, 60)) * (rng.random((11_000, 60)) < 0.05))
    for kind, X in {"tall": tall, "wide": wide, "csc": sparse}.items():
        eta = X[:, :4].sum(axis=1) + rng.standard_normal(X.shape[0])
        w = rng.random(X.shape[0])
        factor = np.where(np.arange(X.shape[1]) % 20 == 0, 0.0, 1.0)
        for name, options in {
            "lasso": {}, "ridge": {"l1_ratio": 0.0}, "least squares": {"alphas": [0.0]},
            "weights and free columns": {"sample_weight": w, "penalty_factor": factor},
        }.items():  # fmt: skip
            yield f"{kind} {name}", fit(X, eta, **options)
        path = fastnet.enet_path(X, eta > 0, family="binomial", alphas=4)
        yield f"{kind} binomial", arrays(path)
        certificate = fastnet.verify(X, eta > 0, path.coefs, path.intercepts, path.alphas, family="binomial")
        yield f"{kind} verify", [certificate.gaps, certificate.objectives]
        path = fastnet.enet_path(X, eta, alphas=4)
        yield f"{kind} predict", [path.predict(X)]
        yield f"{kind} relaxed", arrays(path.relax(X, eta))
        yield f"{kind} leave one out", [fastnet.leave_one_out(path, X, eta).predictors]
    yield "binomial ridge", fit(wide, wide[:, 0] > 0, family="binomial", l1_ratio=0.0)
    yield "poisson", fit(tall, np.floor(np.exp(tall[:, 0])), family="poisson")
    time = np.column_stack([np.exp(tall[:, 0]), np.arange(len(tall)) % 3 > 0])
    yield "cox", fit(tall, time, family="cox")
    yield "cross-validation", [fastnet.cv_path(tall, tall[:, 0] + tall[::-1, 1], cv=3, n_jobs=2, alphas=4).mean]


def fit(X, y, **options):
    return arrays(fastnet.enet_path(X, y, **({"alphas": 4} | options)))


def arrays(path):
    return [path.alphas, path.coefs.data, path.coefs.indices, path.intercepts, path.gaps, path.objectives]


def digest(found):
    return hashlib.sha256(b"".join(np.ascontiguousarray(array).tobytes() for array in found)).hexdigest()[:16]


def in_a_fresh_process(threads):
    package = str(Path(fastnet.__file__).parent.parent)
    environment = os.environ | {"PYTHONPATH": package} | dict.fromkeys(VARIABLES, str(threads))
    done = subprocess.run([sys.executable, __file__], env=environment, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)


def test_results_do_not_depend_on_the_threads_of_blas():
    one, two = in_a_fresh_process(1), in_a_fresh_process(2)
    assert one.pop("threads") == [1] * len(blas.thread_counts())
    if max(two.pop("threads")) == 1:
        pytest.skip("BLAS has but one thread here, whatever is asked for")
    differing = [name for name in one if one[name] != two[name]]
    assert not differing, f"{len(differing)} of {len(one)}: {differing}"


# --- holding BLAS


class Library:
    """Stands for a BLAS of so many threads; `seen` lists what they were set to."""

    def __init__(self, count):
        self.count, self.seen = count, []

    def get(self):
        return self.count

    def set(self, count):
        self.count = count
        self.seen.append(count)


@pytest.fixture
def libraries(monkeypatch):
    pair = [Library(4), Library(3)]
    monkeypatch.setattr(blas, "_libraries", lambda: [(library.get, library.set) for library in pair])
    return pair


def counts(libraries):
    return [library.count for library in libraries]


def test_blas_is_held_to_one_thread_and_set_back(libraries):
    seen = []
    X, y = np.eye(6), np.arange(6.0)
    fastnet.enet_path(X, y, alphas=2, callback=lambda point: seen.append(counts(libraries)))
    assert seen == [[1, 1]] * 2
    assert counts(libraries) == [4, 3]
    with pytest.raises(ValueError, match="y has length 5"):
        fastnet.enet_path(X, y[:5])
    assert counts(libraries) == [4, 3]
    assert not blas._holders


def test_the_last_of_several_computations_sets_blas_back(libraries):
    first, second = blas.one_thread(), blas.one_thread()
    first.__enter__()
    second.__enter__()
    libraries[0].set(7)  # somebody else's
    with blas.one_thread():
        assert counts(libraries) == [1, 1]
    first.__exit__(None, None, None)
    assert counts(libraries) == [1, 1]
    second.__exit__(None, None, None)
    assert counts(libraries) == [4, 3]


def test_many_threads_hold_blas(libraries):
    def once(k):
        with blas.one_thread():
            return counts(libraries)

    with ThreadPoolExecutor(8) as pool:
        assert list(pool.map(once, range(2000))) == [[1, 1]] * 2000
    assert counts(libraries) == [4, 3]


def test_an_interrupt_before_the_first_statement_leaves_nothing_held(libraries):
    def interrupted():
        manager = blas.one_thread()
        manager.__enter__()
        raise KeyboardInterrupt  # before the body of the `with` is entered: __exit__ is never called

    with pytest.raises(KeyboardInterrupt):
        interrupted()
    gc.collect()
    assert counts(libraries) == [4, 3]


@pytest.mark.skipif(not hasattr(os, "fork"), reason=f"no fork on {sys.platform}")
@pytest.mark.parametrize(("by_holder", "expected"), [(False, [4, 3]), (True, [1, 1])])
def test_a_forked_child_keeps_only_what_its_own_thread_holds(libraries, by_holder, expected):
    with ThreadPoolExecutor(1) as pool, contextlib.ExitStack() as stack:
        if by_holder:
            stack.enter_context(blas.one_thread())
        held = blas.one_thread()
        pool.submit(held.__enter__).result()
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", DeprecationWarning)  # fork in a process that has had threads
            child = os.fork()
        if child == 0:
            os._exit(counts(libraries) != expected)
        assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 0
        pool.submit(held.__exit__, None, None, None).result()
    assert counts(libraries) == [4, 3]


def test_the_libraries_of_numpy_and_scipy_are_found():
    """Two copies in wheels, or one that both are linked to."""
    threadpoolctl = pytest.importorskip("threadpoolctl")
    known = [each for each in threadpoolctl.threadpool_info() if each["internal_api"] in ("openblas", "mkl")]
    if not known:
        pytest.skip("neither OpenBLAS nor MKL")
    with blas.one_thread():
        held = [each for each in threadpoolctl.threadpool_info() if each["internal_api"] in ("openblas", "mkl")]
    assert [each["num_threads"] for each in held] == [1] * len(known)
    assert len(blas.thread_counts()) == len(known)


if __name__ == "__main__":
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", fastnet.ConvergenceWarning)
        print(json.dumps({name: digest(found) for name, found in results()} | {"threads": blas.thread_counts()}))
