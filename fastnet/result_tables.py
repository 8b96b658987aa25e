"""Path as text, HTML and pandas frames."""

from __future__ import annotations

import html as html_module
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from fastnet.result import Path

_HEADINGS = ("alpha", "non-zero", "deviance ratio", "gap", "iterations", "seconds", "status")


def one_line(path: Path) -> str:
    """What the path is, on one line."""
    words = [f"Path({path.family}{_parameters(path)}, l1_ratio={path.l1_ratio:g}: {_count(len(path), 'point')}"]
    if len(path):
        words.append(f"alpha {path.alphas.max():.4g} to {path.alphas.min():.4g}")
        words.append(f"{path.dfs.min()} to {path.dfs.max()} of {_count(path.n_features, 'feature')}")
        if path.gamma == 1.0:
            words.append(f"worst gap {path.gaps.max():.1e} (tol {path.tol:.1e})")
        else:
            words.append(f"relaxed, gamma {path.gamma:g}")
        words.append(convergence(path))
    return ", ".join(words) + ")"


def convergence(path: Path) -> str:
    """``all converged``, or how many points ended with which other status."""
    from fastnet.result import Status

    if path.converged:
        return "all converged"
    codes, counts = np.unique(path.statuses[path.statuses != Status.CONVERGED], return_counts=True)
    parts = (f"{count} {Status(int(code)).name}" for code, count in zip(codes, counts, strict=True))
    return f"{', '.join(parts)} of {len(path)}"


def summary(path: Path, max_rows: int | None) -> str:
    """Title, one row a point under right-aligned headings, and why the path ends where it does."""
    rows = _rows(path, max_rows)
    widths = (
        [max(len(heading), *(len(row[i]) for row in rows), 0) for i, heading in enumerate(_HEADINGS)] if rows else []
    )
    lines = [one_line(path), ""]
    if rows:
        lines.append("  ".join(heading.rjust(width) for heading, width in zip(_HEADINGS, widths, strict=True)))
        lines += ["  ".join(cell.rjust(width) for cell, width in zip(row, widths, strict=True)) for row in rows]
        lines.append("")
    lines += _footer(path)
    return "\n".join(lines)


def html(path: Path, max_rows: int | None) -> str:
    """The summary as an HTML table for notebooks; colours are left to the page, light or dark."""
    rows = _rows(path, max_rows)
    head = "".join(f"<th>{heading}</th>" for heading in _HEADINGS)
    body = "".join("<tr>" + "".join(f"<td>{html_module.escape(cell)}</td>" for cell in row) + "</tr>" for row in rows)
    footer = "<br>".join(html_module.escape(line) for line in _footer(path))
    return (
        f"<div><p>{html_module.escape(one_line(path))}</p>"
        f"<table><thead><tr>{head}</tr></thead><tbody>{body}</tbody></table><p>{footer}</p></div>"
    )


def to_frame(path: Path, coefs: bool):
    """See `fastnet.result.Path.to_frame`."""
    try:
        import pandas
    except ImportError:
        raise ImportError("Path.to_frame needs pandas: pip install 'fastnet-path[frames]'") from None
    from fastnet.result import Status

    index = pandas.Index(path.alphas, name="alpha")
    if coefs:
        columns = np.sort(path._entered)
        names = columns if path.feature_names is None else [path.feature_names[j] for j in columns]
        frame = pandas.DataFrame(path.coefs[columns].toarray().T, index=index, columns=names)
        frame.insert(0, "(intercept)", path.intercepts)
        return frame
    return pandas.DataFrame(
        {
            "df": path.dfs,
            "deviance_ratio": path.deviance_ratios,
            "objective": path.objectives,
            "gap": path.gaps,
            "n_iter": path.n_iters,
            "seconds": path.times,
            "intercept": path.intercepts,
            "status": [Status(int(code)).name for code in path.statuses],
        },
        index=index,
    )


def _rows(path: Path, max_rows: int | None) -> list[tuple[str, ...]]:
    """Cells of the points; where there are too many, the first and last with a row of dots between."""
    K = len(path)
    if max_rows is None or max_rows >= K:
        return [_row(path, k) for k in range(K)]
    first = max(1, (max_rows + 1) // 2)
    last = max(1, max_rows - first)
    dots = ("...",) * len(_HEADINGS)
    return [*(_row(path, k) for k in range(first)), dots, *(_row(path, k) for k in range(K - last, K))]


def _row(path: Path, k: int) -> tuple[str, ...]:
    from fastnet.result import Status

    return (
        f"{path.alphas[k]:.5g}",
        f"{path.dfs[k]}",
        f"{path.deviance_ratios[k]:.4f}",
        f"{path.gaps[k]:.1e}",
        f"{path.n_iters[k]}",
        f"{path.times[k]:.4f}",
        Status(int(path.statuses[k])).name.lower(),
    )


def _footer(path: Path) -> list[str]:
    from fastnet.result import Status

    lines = [f"stopped: {path.stop_reason}", f"alpha_max {path.alpha_max:.5g}, {path.times.sum():.3g} s"]
    lines += [f"{Status(int(c)).name.lower()}: {Status(int(c)).description}" for c in np.unique(path.statuses) if c]
    return lines


def _parameters(path: Path) -> str:
    shown = {k: v if isinstance(v, str) else f"{v:g}" for k, v in path.family_parameters.items()}
    return "".join(f", {name}={value}" for name, value in shown.items())


def _count(number: int, noun: str) -> str:
    return f"{number} {noun}{'' if number == 1 else 's'}"
