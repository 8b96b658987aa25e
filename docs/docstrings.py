"""Docstrings for Sphinx: indented formulas become literal blocks, and the comments of a record's fields its attributes.

The sources keep plain text, which reads well in a terminal.
"""

from __future__ import annotations

import dataclasses
import inspect
import re

_FIELD = re.compile(r"^    (\w+): [^#=]+(?:=[^#]+)?# (.+)$")


def process(app, what, name, obj, options, lines: list[str]) -> None:
    """Handler of autodoc-process-docstring: changes the lines in place."""
    if name.startswith("fastnet.sklearn.") and is_scikit_learn_text(obj):
        summary = " ".join("\n".join(lines).strip().split("\n\n")[0].split())
        lines[:] = [
            escape(summary),
            "",
            "Arguments and attributes are scikit-learn's, and so is the text of ``help()``.",
            "",
        ]
    elif what == "class" and is_record(obj) and not any(line.strip() == "Attributes" for line in lines):
        lines += attributes(obj)
    lines[:] = literal_blocks(lines)


def is_scikit_learn_text(obj) -> bool:
    """Whether a docstring was taken over: its references lead to pages of scikit-learn's."""
    if not inspect.isclass(obj):
        return obj.__module__.startswith("sklearn")
    return any(base.__doc__ == obj.__doc__ for base in obj.__mro__[1:] if base.__module__.startswith("sklearn"))


def is_record(obj) -> bool:
    return dataclasses.is_dataclass(obj) or (
        inspect.isclass(obj) and issubclass(obj, tuple) and hasattr(obj, "_fields")
    )


def attributes(obj) -> list[str]:
    """A numpydoc section of the commented fields of a class."""
    found = [match.groups() for line in inspect.getsource(obj).splitlines() if (match := _FIELD.match(line))]
    if not found:
        return []
    rows = [text for name, comment in found for text in (name, "    " + escape(comment))]
    return ["", "Attributes", "----------", *rows, ""]


def literal_blocks(lines: list[str]) -> list[str]:
    """Indented text after a blank line is a formula: its paragraph ends in two colons. Bars elsewhere are escaped."""
    out: list[str] = []
    literal_from: int | None = None  # indentation of the literal block that we are in
    for i, line in enumerate(lines):
        indent = len(line) - len(line.lstrip())
        if literal_from is not None and line.strip() and indent < literal_from:
            literal_from = None
            if out and out[-1].strip():
                out.append("")
        above = next((text for text in reversed(lines[:i]) if text.strip()), "")
        apart = i > 0 and not lines[i - 1].strip()
        margin = len(above) - len(above.lstrip())
        starts = apart and line.strip() and indent >= margin + 4 and not above.lstrip().startswith(("* ", "- "))
        if literal_from is None and starts and not line.lstrip().startswith(">>>"):
            if not above.rstrip().endswith("::"):
                while out and not out[-1].strip():
                    out.pop()
                out += ["", " " * margin + "::", ""]
            literal_from = indent
        out.append(line if literal_from is not None or ">>>" in line else escape(line))
    return out


def escape(text: str) -> str:
    """Bars, lone asterisks and underscores at the end of a word mean nothing here; names in backticks stay."""
    parts = re.split(r"(``[^`]*``|`[^`]*`)", text)
    return "".join(part if part.startswith("`") else _escape(part) for part in parts)


def _escape(text: str) -> str:
    name, colon, rest = text.partition(" : ")  # numpydoc escapes the name itself
    rest = re.sub(r"(?<=\w)_(?!\w)", r"\\_", rest)
    text = name + colon + rest
    return re.sub(r"(?<=\S)\*(?=\s|$|\S)|(?<=\s)\*(?=\w)", r"\\*", text).replace("|", r"\|")
