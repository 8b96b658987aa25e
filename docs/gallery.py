"""The example gallery: every script of examples/ is run, and shown with its words, its pictures and its source.

With FASTNET_GALLERY=counts,survival in the environment only these are run: for trying the site out.
"""

from __future__ import annotations

import ast
import hashlib
import os
import subprocess
import sys
import tempfile
from pathlib import Path

EXAMPLES = Path(__file__).parent.parent / "examples"
GALLERY = {
    "quickstart": "A first path",
    "cross_validation": "Choosing alpha by cross-validation",
    "text_classification": "Classifying texts",
    "counts": "Counts with an exposure",
    "survival": "Survival times",
    "scikit_learn": "In a scikit-learn pipeline",
    "own_loss": "A loss of your own",
}
HELPERS = {"debian_data", "log_cosh", "pictures"}  # imported by the scripts


def build(folder: Path) -> None:
    """Write a page for each example, where it is not there already for this source, and a list of them."""
    folder.mkdir(exist_ok=True)
    for name, title in GALLERY.items():
        build_page(name, title, folder)
    entries = "\n".join(f"{title} <{name}>" for name, title in GALLERY.items())
    text = (
        "# Examples\n\nEach page is a script of `examples/`, run when this site was built. The data of the texts are "
        f"in the repository.\n\n```{{toctree}}\n:maxdepth: 1\n\n{entries}\n```\n"
    )
    (folder / "index.md").write_text(text)


def build_page(name: str, title: str, folder: Path) -> None:
    source = (EXAMPLES / f"{name}.py").read_text()
    stamp = f"<!-- {hashlib.sha256((source + title).encode()).hexdigest()[:16]} -->"
    page = folder / f"{name}.md"
    if page.exists() and page.read_text().startswith(stamp):
        return
    asked = os.environ.get("FASTNET_GALLERY", name).split(",")
    with tempfile.TemporaryDirectory() as scratch:
        output = run(name, Path(scratch)) if name in asked else "(not run)"
        pictures = []
        for picture in sorted(Path(scratch).glob("*.png")):
            (folder / f"{name}_{picture.name}").write_bytes(picture.read_bytes())
            pictures.append(f"![{title}]({name}_{picture.name})\n")
    words = (ast.get_docstring(ast.parse(source)) or "").split("\n")
    about = "\n".join(line for line in words if not line.lstrip().startswith("python examples/"))
    parts = [
        stamp, f"# {title}\n", about + "\n", *pictures, "## What it prints\n", f"```text\n{output}\n```\n",
        f"## examples/{name}.py\n", f"```{{literalinclude}} ../../examples/{name}.py\n:language: python\n```\n",
    ]  # fmt: skip
    page.write_text("\n".join(parts))


def run(name: str, scratch: Path) -> str:
    """What a script prints, run in a folder of its own."""
    print(f"running examples/{name}.py", flush=True)
    path = [str(EXAMPLES.parent), *os.environ.get("PYTHONPATH", "").split(os.pathsep)]
    environment = os.environ | {"MPLBACKEND": "Agg", "PYTHONPATH": os.pathsep.join(filter(None, path))}
    done = subprocess.run(
        [sys.executable, EXAMPLES / f"{name}.py"], cwd=scratch, env=environment, capture_output=True, text=True
    )
    if done.returncode:
        raise RuntimeError(f"examples/{name}.py failed:\n{done.stderr}")
    return done.stdout.strip()
