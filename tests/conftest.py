"""Settings of all tests: Numba's cache folder, one BLAS thread, Hypothesis profiles, the shared data."""

from __future__ import annotations

import hashlib
import os
import runpy
import signal
import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import hypothesis
import pytest

REPOSITORY = Path(__file__).resolve().parent.parent
SHARED_DATA = REPOSITORY.parent / "shared" / "data"


def numba_cache_folder() -> Path:
    """A folder of the user's cache named by a hash of fastnet/**/*.py, or else a temporary one.

    Numba renews a cached kernel only when the file of the outermost function changes, not that of a function
    it calls. A new folder for every state of the sources is what makes the cache safe to use in tests.
    """
    digest = hashlib.sha256()
    package = REPOSITORY / "fastnet"
    for file in sorted(package.rglob("*.py")):
        digest.update(file.relative_to(package).as_posix().encode() + b"\0" + file.read_bytes() + b"\0")
    user_cache = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache")
    folder = user_cache / "fastnet-numba" / digest.hexdigest()[:16]
    try:
        folder.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryFile(dir=folder):
            return folder
    except OSError:
        return Path(tempfile.mkdtemp(prefix="fastnet-numba-"))  # private: Numba trusts what it finds there


# Before the first import of numpy and numba, both of which read these once.
for variable in ("OPENBLAS_NUM_THREADS", "OMP_NUM_THREADS", "MKL_NUM_THREADS", "VECLIB_MAXIMUM_THREADS"):
    os.environ.setdefault(variable, "1")
if not os.environ.get("NUMBA_CACHE_DIR"):
    os.environ["NUMBA_CACHE_DIR"] = str(numba_cache_folder())

signal.signal(signal.SIGINT, signal.default_int_handler)  # a shell starts its background jobs with Ctrl-C ignored

hypothesis.settings.register_profile("ci", max_examples=18, deadline=None, derandomize=True, print_blob=True)
hypothesis.settings.register_profile(
    "long",
    max_examples=20_000,
    deadline=None,
    print_blob=True,
    suppress_health_check=[hypothesis.HealthCheck.too_slow, hypothesis.HealthCheck.data_too_large],
)
hypothesis.settings.load_profile(os.environ.get("HYPOTHESIS_PROFILE", "ci"))


@pytest.fixture(scope="session")
def shared_data() -> Callable[[str], dict[str, Any]]:
    """Function that loads a real data set by name ("golub") as a dict; skips the test where it is absent.

    These data may be used but not redistributed with the project, so they lie beside the checkout, not in it.
    """

    def load(name: str) -> dict[str, Any]:
        if not (SHARED_DATA / f"{name}.npz").exists():
            pytest.skip(f"needs {name}.npz in ../shared/data beside the checkout (not redistributable)")
        return runpy.run_path(str(SHARED_DATA / "load.py"))["load"](name)

    return load
