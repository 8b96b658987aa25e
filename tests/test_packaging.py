"""What pyproject.toml promises about dependencies is what .ci/oldest tests."""

from __future__ import annotations

import importlib
import re
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent


def test_constraints_of_the_oldest_environment_are_the_lower_bounds():
    if not (ROOT / ".ci" / "oldest.txt").exists():
        pytest.skip("tests outside a checkout")
    pinned = dict(re.findall(r"^([a-z-]+)==([\d.]+)$", (ROOT / ".ci" / "oldest.txt").read_text(), re.M))
    project = (ROOT / "pyproject.toml").read_text()
    run_time = re.search(r"^dependencies = \[(.*?)\]", project, re.M | re.S).group(1)
    extras = "".join(re.findall(rf"^{extra} = \[(.*?)\]$", project, re.M | re.S)[0] for extra in
                     ("sklearn", "plot", "progress", "frames", "test"))  # fmt: skip
    bounds = dict(re.findall(r'"([a-z-]+)>=([\d.]+)"', run_time + extras))
    assert set(bounds) >= {"numpy", "scipy", "numba", "scikit-learn", "hypothesis"}
    for name, least in bounds.items():
        assert pinned[name].split(".")[:2] == least.split(".")[:2], name


def test_only_numpy_scipy_and_numba_are_needed():
    project = (ROOT / "pyproject.toml").read_text()
    run_time = re.search(r"^dependencies = \[(.*?)\]", project, re.M | re.S).group(1)
    assert re.findall(r'"([a-z-]+)', run_time) == ["numpy", "scipy", "numba"]


def test_an_older_scikit_learn_is_refused_by_its_number(monkeypatch):
    sklearn = pytest.importorskip("sklearn")
    monkeypatch.setattr(sklearn, "__version__", "1.8.0")
    monkeypatch.delitem(sys.modules, "fastnet.sklearn", raising=False)
    with pytest.raises(ImportError, match=r"found 1\.8\.0: pip install 'scikit-learn>=1\.9'"):
        importlib.import_module("fastnet.sklearn")
