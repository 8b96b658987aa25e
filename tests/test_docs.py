"""Every block of Python in the documentation and the README runs; pictures and links of the pages exist."""

from __future__ import annotations

import doctest
import importlib
import re
import runpy
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
PAGES = [ROOT / "README.md", *sorted(ROOT.glob("docs/*.md")), *sorted(ROOT.glob("docs/guide/*.md"))]
_BLOCK = re.compile(r"^```python\n(.*?)^```", re.DOTALL | re.MULTILINE)
_LINK = re.compile(r"\]\(([^)#]+)\)")


def name_of(page: Path) -> str:
    return page.relative_to(ROOT).as_posix()


@pytest.mark.parametrize("page", [page for page in PAGES if _BLOCK.search(page.read_text())], ids=name_of)
def test_the_blocks_of_a_page_run_one_after_the_other(page):
    matplotlib = pytest.importorskip("matplotlib")
    matplotlib.use("Agg")
    if "sklearn" in page.read_text():
        pytest.importorskip("sklearn", minversion="1.9")
    names: dict[str, object] = {"__name__": "docs"}
    text = page.read_text()
    for block in _BLOCK.finditer(text):
        line = text[: block.start(1)].count("\n")
        code = compile("\n" * line + block.group(1), str(page), "exec")  # tracebacks show the line of the page
        exec(code, names)
    from matplotlib import pyplot

    pyplot.close("all")


@pytest.mark.parametrize("page", PAGES, ids=name_of)
def test_links_and_pictures_of_a_page_exist(page):
    for target in _LINK.findall(page.read_text()):
        if target.startswith("http"):
            continue
        if "gallery/" in target:  # pages that the build makes of the examples
            target = f"{ROOT}/examples/{Path(target).stem}.py"
        assert (page.parent / target).exists(), target


def test_every_page_is_in_the_table_of_contents():
    listed = re.findall(r"^(?:guide/\w+|\w+(?:/index)?)$", (ROOT / "docs/index.md").read_text(), re.MULTILINE)
    pages = {page.relative_to(ROOT / "docs").with_suffix("").as_posix() for page in PAGES[1:]} - {"index"}
    assert set(listed) == pages | {"gallery/index"}


@pytest.fixture
def docs_tools(monkeypatch):
    monkeypatch.syspath_prepend(str(ROOT / "docs"))
    yield
    for name in ("gallery", "docstrings"):
        sys.modules.pop(name, None)


def test_every_example_is_in_the_gallery(docs_tools):
    import gallery

    scripts = {file.stem for file in (ROOT / "examples").glob("*.py")}
    assert scripts == set(gallery.GALLERY) | gallery.HELPERS


def test_formulas_of_docstrings_become_literal_blocks(docs_tools):
    import docstrings

    lines = ["Minimise", "", "    |b| + b_j*", "", "over |b|.", "", "alphas : int", "    The *strength*, a * b."]
    assert docstrings.literal_blocks(lines) == [
        "Minimise", "", "::", "", "    |b| + b_j*", "", r"over \|b\|.", "", "alphas : int",
        r"    The \*strength\*, a * b.",
    ]  # fmt: skip


def test_the_pictures_of_the_newcomer_page_can_be_drawn(tmp_path, monkeypatch):
    pytest.importorskip("matplotlib")
    monkeypatch.setattr(sys, "argv", ["draw.py", "--output", str(tmp_path), "shrinkage", "correlated"])
    runpy.run_path(str(ROOT / "docs" / "draw.py"), run_name="__main__")
    assert {file.name for file in tmp_path.iterdir()} == {"shrinkage.png", "correlated.png"}
    kept = {file.stem for file in (ROOT / "docs" / "pictures").glob("*.png")}
    assert kept == set(runpy.run_path(str(ROOT / "docs" / "draw.py"))["PICTURES"])


def modules_with_examples() -> list[str]:
    files = [file for file in sorted((ROOT / "fastnet").rglob("*.py")) if ">>> " in file.read_text()]
    names = [".".join(file.relative_to(ROOT).with_suffix("").parts) for file in files]
    return [name.removesuffix(".__init__") for name in names]


@pytest.mark.parametrize("name", modules_with_examples())
def test_the_examples_of_docstrings_are_true(name):
    if name.startswith("fastnet.sklearn"):
        pytest.importorskip("sklearn", minversion="1.9")
    found = doctest.testmod(importlib.import_module(name))
    assert found.attempted > 0
    assert found.failed == 0
