"""Sphinx settings. Build the whole site, examples run, warnings as errors:

sphinx-build -W docs docs/_build
"""

from __future__ import annotations

import sys
from pathlib import Path

HERE = Path(__file__).parent
sys.path[:0] = [str(HERE), str(HERE.parent)]

import fastnet  # noqa: E402

project = "fastnet"
author = "The fastnet developers"
copyright = "the fastnet developers"
version = release = fastnet.__version__

extensions = ["sphinx.ext.autodoc", "numpydoc", "myst_parser"]
exclude_patterns = ["_build"]
source_suffix = {".md": "markdown", ".rst": "restructuredtext"}
html_theme = "furo"
html_title = "fastnet"
html_show_sphinx = False
myst_heading_anchors = 3

autodoc_member_order = "bysource"
autodoc_typehints = "none"
default_role = "literal"  # docstrings write names in single backticks
numpydoc_show_class_members = False
numpydoc_use_plots = False


def setup(app):
    import docstrings
    import gallery

    app.connect("builder-inited", lambda app: gallery.build(HERE / "gallery"))
    app.connect("autodoc-process-docstring", docstrings.process, priority=1)  # before numpydoc
    return {"parallel_read_safe": True}
