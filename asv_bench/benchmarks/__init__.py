"""Benchmarks of fastnet for asv: one thread everywhere, and a Numba cache that is never stale."""

import hashlib
import importlib.util
import os
import tempfile
from pathlib import Path

for _variable in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS", "NUMBA_NUM_THREADS"):
    os.environ[_variable] = "1"


def source_hash() -> str:
    """Hash of every fastnet source file, as in tests/conftest.py.

    Numba itself watches only the file of the outermost function of a kernel, so that a cache can be stale.
    """
    digest = hashlib.sha256()
    found = importlib.util.find_spec("fastnet")  # finds without importing
    for package in map(Path, (found.submodule_search_locations or []) if found else []):
        for file in sorted(package.rglob("*.py")):
            digest.update(file.relative_to(package).as_posix().encode() + b"\0" + file.read_bytes() + b"\0")
    return digest.hexdigest()[:16]


def numba_cache_folder() -> Path:
    """Folder for the compiled kernels of exactly this source, in the user's cache or the temporary folder."""
    base = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache")
    folder = base / "fastnet-numba" / source_hash()
    try:
        folder.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryFile(dir=folder):
            return folder
    except OSError:
        user = os.getuid() if hasattr(os, "getuid") else 0
        return Path(tempfile.gettempdir()) / f"fastnet-numba-{user}" / folder.name


if not os.environ.get("NUMBA_CACHE_DIR"):
    os.environ["NUMBA_CACHE_DIR"] = str(numba_cache_folder())
