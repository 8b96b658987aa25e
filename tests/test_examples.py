"""Every script of examples/ runs, on a part of its data; `sphinx-build docs` runs them on all of it."""

from __future__ import annotations

import runpy
import sys
from pathlib import Path

import numpy as np
import pytest

EXAMPLES = Path(__file__).parent.parent / "examples"
SCRIPTS = {  # script -> arguments, the picture that it draws, words that it prints
    "quickstart": ([], "coefficient_paths.png", "The words that enter first"),
    "cross_validation": (["--rows", "300"], "cross_validation.png", "The first words at alpha_1se"),
    "text_classification": (["libs"], "text_classification.png", "area under the ROC curve"),
    "counts": ([], "counts.png", "the rate is multiplied"),
    "survival": ([], "survival.png", "fitted share without relapse"),
    "scikit_learn": (["--rows", "400"], "scikit_learn.png", "largest relative difference of an error"),
    "own_loss": ([], "own_loss.png", "first columns to enter"),
}


@pytest.fixture
def small_data(monkeypatch):
    """1,000 packages and 3,000 columns instead of 16,000 and 364,849."""
    monkeypatch.syspath_prepend(str(EXAMPLES))
    import debian_data

    data = debian_data.load_debian()
    rows = np.random.default_rng(0).permutation(len(data.log_size))[:1000]
    counts = data.counts[rows]
    columns = np.sort(np.argsort(-np.diff(counts.tocsc().indptr), kind="stable")[:3000])
    small = data._replace(
        counts=counts[:, columns].tocsc(),
        names=tuple(data.names[j] for j in columns),
        **{name: getattr(data, name)[rows] for name in ("log_size", "n_depends", "section")},
    )
    monkeypatch.setattr(debian_data, "load_debian", lambda: small)
    yield
    for name in ("debian_data", "log_cosh", "pictures"):
        sys.modules.pop(name, None)


@pytest.mark.parametrize("script", SCRIPTS)
def test_the_script_runs(script, small_data, tmp_path, monkeypatch, capsys):
    arguments, picture, words = SCRIPTS[script]
    if script == "scikit_learn":
        pytest.importorskip("sklearn", minversion="1.9")
    matplotlib = pytest.importorskip("matplotlib")
    matplotlib.use("Agg")
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(sys, "argv", [f"{script}.py", *arguments])
    runpy.run_path(str(EXAMPLES / f"{script}.py"), run_name="__main__")
    assert words in capsys.readouterr().out
    assert [file.name for file in tmp_path.iterdir()] == [picture]
    matplotlib.pyplot.close("all")


def test_no_script_is_forgotten():
    helpers = {"debian_data", "log_cosh", "pictures"}
    assert {file.stem for file in EXAMPLES.glob("*.py")} == set(SCRIPTS) | helpers
