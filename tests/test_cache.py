"""The compile cache, in fresh processes: the second one compiles nothing, and a cache is not needed to work."""

from __future__ import annotations

import json
import os
import pickle
import re
import shutil
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

import fastnet
from fastnet.compile_cache import KERNEL_SOURCES

COUNT = """
import json, sys
import numpy as np, scipy.sparse as sp
import fastnet
from fastnet.compile_cache import KERNEL_SOURCES
from fastnet.engine import QuadraticEngine
from fastnet.units import make_units
from fastnet.validation import check_problem

rng = np.random.default_rng(0)
X = rng.standard_normal((25, 60))
y = X[:, :4].sum(axis=1) + rng.standard_normal(25)
weight, factor = np.arange(25) % 3, np.arange(60) % 4
for Z in (X, sp.csc_array(X)):
    for options in ({}, {"l1_ratio": 0.5}, {"l1_ratio": 0.0}, {"sample_weight": weight}, {"penalty_factor": factor},
                    {"lower": -0.1, "upper": 0.2}, {"fit_intercept": False, "standardize": False},
                    {"penalty_factor": factor, "lower": 0.0}, {"alphas": [0.0]}):
        fastnet.enet_path(Z, y, **({"alphas": 4} | options))
    units = make_units(check_problem(Z, y), fit_intercept=True, standardize=True)
    engine = QuadraticEngine(units)
    engine.never_direct()
    for share in (0.5, 0.4, 0.3):
        engine.solve(units.alpha_of(share * engine.largest, 1.0), 1.0, 1e-6, 1000)
fastnet.enet_path(X[:, :5], y, alphas=4)

hits, misses = 0, {}
for name, module in list(sys.modules.items()):
    if name.startswith("fastnet"):
        for function in vars(module).values():
            if getattr(function, "stats", None) is not None and getattr(function, "__module__", "") == name:
                hits += sum(function.stats.cache_hits.values())
                lost = sum(function.stats.cache_misses.values())
                if lost:
                    misses[f"{name}.{function.__name__}"] = lost
print(json.dumps([hits, misses]))
"""

FIT = """
import warnings
import numpy as np
with warnings.catch_warnings(record=True) as caught:
    warnings.simplefilter("always")
    import fastnet
    from fastnet.vectors import dot
    from fastnet.solvers.cholesky import factorize
print(fastnet.__file__)
print(len(caught), *[str(w.message) for w in caught], sep="|")
from fastnet.designs import moments
print(moments(np.asfortranarray([[1.0], [3.0]]), np.array([0.5, 0.5]), np.ones(2)))
"""


def python(code, **environment):
    """Output of `code` in a fresh process that imports the fastnet of this test (or that of PYTHONPATH)."""
    package = str(Path(fastnet.__file__).parent.parent)
    environment = os.environ | {"PYTHONPATH": package} | environment
    done = subprocess.run([sys.executable, "-W", "error", "-c", code], capture_output=True, text=True, env=environment,
                          timeout=600, cwd="/", check=False)  # fmt: skip
    assert done.returncode == 0, done.stderr
    return done.stdout


@pytest.mark.skipif(bool(os.environ.get("NUMBA_DISABLE_JIT")), reason="nothing is compiled")
def test_second_process_compiles_nothing():
    """Kernels are found in the cache whatever the options; the first process may have to compile."""
    python(COUNT)
    hits, misses = json.loads(python(COUNT))
    assert misses == {}
    assert hits > 10


@pytest.fixture
def copy_of_package(tmp_path):
    """fastnet in a folder of its own, without compiled files: site-packages of a read-only installation."""
    target = tmp_path / "site" / "fastnet"
    shutil.copytree(Path(fastnet.__file__).parent, target, ignore=shutil.ignore_patterns("__pycache__"))
    return target


def locked(tmp_path, name):
    """A folder in which nothing can be created, also not by the superuser: a file in its place."""
    path = tmp_path / name
    path.write_text("")
    return str(path)


def test_import_and_fit_without_a_writable_home(tmp_path, copy_of_package):
    """Neither the package's folder nor the home can hold a cache: a private one is made, at most one warning."""
    for folder in [copy_of_package, *copy_of_package.rglob("*")]:
        if folder.is_dir():
            (folder / "__pycache__").write_text("")  # no cache beside the sources
    home = locked(tmp_path, "home")
    temporary = tmp_path / "temporary"
    temporary.mkdir()
    output = python(FIT, PYTHONPATH=str(copy_of_package.parent), HOME=home, XDG_CACHE_HOME=home, NUMBA_CACHE_DIR="",
                    TMPDIR=str(temporary), PYTHONDONTWRITEBYTECODE="1").splitlines()  # fmt: skip
    assert output[0].startswith(str(copy_of_package))
    assert int(output[1].split("|")[0]) <= 1
    assert "2." in output[2]


def test_import_and_fit_without_any_writable_folder(tmp_path, copy_of_package):
    """As above, and no temporary folder either: everything is compiled anew, and one warning says so."""
    for folder in [copy_of_package, *copy_of_package.rglob("*")]:
        if folder.is_dir():
            (folder / "__pycache__").write_text("")
    nowhere = locked(tmp_path, "nowhere")
    code = f"import tempfile; tempfile.tempdir = {nowhere!r}\n" + FIT
    output = python(code, PYTHONPATH=str(copy_of_package.parent), HOME=nowhere, XDG_CACHE_HOME=nowhere,
                    NUMBA_CACHE_DIR="", PYTHONDONTWRITEBYTECODE="1").splitlines()  # fmt: skip
    assert output[1].startswith("1|")
    assert "NUMBA_CACHE_DIR" in output[1]
    assert "2." in output[2]


@pytest.mark.skipif(sys.platform == "win32", reason="needs resource limits")
def test_full_disk(tmp_path):
    """Nothing more can be written to any file: the fit works, with one warning."""
    code = (
        "import resource, signal, warnings\nimport numpy as np\nimport fastnet\n"
        "from fastnet.designs import moments\n"
        "signal.signal(signal.SIGXFSZ, signal.SIG_IGN)\nresource.setrlimit(resource.RLIMIT_FSIZE, (0, 0))\n"
        "with warnings.catch_warnings(record=True) as caught:\n    warnings.simplefilter('always')\n"
        "    mean = moments(np.asfortranarray([[1.0], [3.0]]), np.array([0.5, 0.5]), np.ones(2))[0]\n"
        "import sys\nassert mean[0] == 2 and len(caught) == 1, caught\n"
    )
    python(code, NUMBA_CACHE_DIR=str(tmp_path))


@pytest.mark.skipif(bool(os.environ.get("NUMBA_DISABLE_JIT")), reason="nothing is compiled")
def test_edit_of_an_inner_function_is_noticed(tmp_path, copy_of_package):
    """Numba alone would load the old kernel: the file of the outermost function has not changed."""
    environment = {"PYTHONPATH": str(copy_of_package.parent), "NUMBA_CACHE_DIR": str(tmp_path / "cache")}
    kernel = (
        "from fastnet.jit import jit\nfrom fastnet.vectors import total\n@jit\ndef outer(x):\n    return total(x)\n"
    )
    (copy_of_package / "solvers" / "outermost.py").write_text(kernel)
    code = (
        "import numpy as np\nfrom fastnet.solvers.outermost import outer\n"
        "print(outer(np.ones(3)), outer.stats.cache_hits)"
    )
    assert python(code, **environment).startswith("3.0")
    assert "1}" in python(code, **environment)  # found in the cache
    vectors = copy_of_package / "vectors.py"
    vectors.write_text(
        vectors.read_text() + "\n\ndef _double(x):\n    return 2.0 * x.sum()\n\n\ntotal = internal(_double)\n"
    )
    assert python(code, **environment).startswith("6.0")


def test_every_kernel_is_among_the_sources_that_are_watched():
    """A module that compiles anything, and every module of the package that it imports, is in KERNEL_SOURCES."""
    package = Path(fastnet.__file__).parent
    watched = set()
    for entry in KERNEL_SOURCES:
        path = package / entry
        watched |= set(path.glob("*.py")) if path.is_dir() else {path}
    compiling = {
        file
        for file in package.rglob("*.py")
        if re.search(r"^@(jit|internal|fast|inlined|fast_inlined|generic|allocating)$|njit", file.read_text(), re.M)
    }
    assert compiling <= watched
    assert all(file.is_file() for file in watched)


@pytest.mark.skipif(bool(os.environ.get("NUMBA_DISABLE_JIT")), reason="nothing is compiled")
def test_data_files_of_two_signatures_do_not_collide(tmp_path, copy_of_package):
    """Two processes that compile at once and know nothing of each other choose different names."""
    code = (
        "import numpy as np\nfrom fastnet.designs import moments\n"
        "moments(np.asfortranarray([[1.0], [3.0]], dtype={!r}), np.ones(2) / 2, np.ones(2))"
    )
    names = []
    for dtype in ("float64", "float32"):
        folder = tmp_path / dtype
        python(
            code.format(dtype),
            PYTHONPATH=str(copy_of_package.parent),
            NUMBA_CACHE_DIR=str(folder),
        )
        names.append({file.name for file in folder.rglob("*moments*.nbc")})
    assert names[0]
    assert names[1]
    assert not names[0] & names[1]


@pytest.mark.skipif(bool(os.environ.get("NUMBA_DISABLE_JIT")), reason="nothing is compiled")
def test_two_processes_compile_into_one_cache_at_once(tmp_path, copy_of_package):
    """Both give the right answer, and what they leave behind is whole: a third one loads it all."""
    code = (
        "import json, numpy as np\nfrom fastnet.designs import column_moments, moments\n"
        "half, v = np.ones(2) / 2, np.arange(2.0)\n"
        "answers = [moments(np.asfortranarray([[1.0], [3.0]], dtype=kind), half, v) for kind in 'df']\n"
        "stats = column_moments._dense_moments.stats\n"
        "print(json.dumps([[float(part[0]) for pair in answers for part in pair], sum(stats.cache_misses.values())]))"
    )
    environment = {"PYTHONPATH": str(copy_of_package.parent), "NUMBA_CACHE_DIR": str(tmp_path / "cache")}
    with ThreadPoolExecutor(2) as pool:
        first, second = pool.map(lambda _: json.loads(python(code, **environment)), range(2))
    assert first[0] == second[0] == [2.0, 1.0, 1.0, 2.0, 1.0, 1.0]
    assert json.loads(python(code, **environment)) == [first[0], 0]
    assert not list((tmp_path / "cache").rglob("*.tmp*"))


@pytest.mark.skipif(bool(os.environ.get("NUMBA_DISABLE_JIT")), reason="nothing is compiled")
@pytest.mark.parametrize("suffix", [".nbi", ".nbc"])
def test_what_cannot_be_read_is_compiled_anew(tmp_path, suffix):
    """An index that names a record of an older fastnet, a data file that was cut short."""
    code = (
        "import numpy as np\nfrom fastnet.designs import moments\n"
        "print(moments(np.asfortranarray([[1.0], [3.0]]), np.ones(2) / 2, np.ones(2))[0])"
    )
    expected = python(code, NUMBA_CACHE_DIR=str(tmp_path))
    spoilt = [file for file in tmp_path.rglob("*moments*") if file.suffix == suffix]
    assert spoilt
    for file in spoilt:
        content = file.read_bytes()
        version = len(pickle.dumps(pickle.loads(content), protocol=-1)) if suffix == ".nbi" else 10
        file.write_bytes(content[:version] + b"cfastnet.vectors\nNoSuchRecord\n.")
    assert python(code, NUMBA_CACHE_DIR=str(tmp_path)) == expected
