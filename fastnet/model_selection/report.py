"""CVPath as text, HTML, pandas frame and picture."""

from __future__ import annotations

import html as html_module
from typing import TYPE_CHECKING

import numpy as np

from fastnet.interpolation import decreasing
from fastnet.plot_style import PALETTE, ink

if TYPE_CHECKING:
    from fastnet.model_selection.result import CVPath

_HEADINGS = ("choice", "alpha", "non-zero", "mean", "standard error")


def one_line(cv: CVPath) -> str:
    """What the result is, on one line."""
    path = cv.path
    ratios = ", ".join(f"{ratio:g}" for ratio in dict.fromkeys(cv.l1_ratios))
    text = (
        f"CVPath({path.family}, l1_ratio={ratios}: {cv.n_folds} folds, {len(path)} alphas, {cv.measure}, "
        f"alpha_min {cv.alpha_min:.4g}, alpha_1se {cv.alpha_1se:.4g}"
    )
    if len(cv.paths) > 1:
        text += f" at l1_ratio {cv.l1_ratio:g}" + (f", gamma {cv.gamma:g}" if _relaxed(cv) else "")
    return text + ")"


def summary(cv: CVPath) -> str:
    """Both choices of every l1_ratio under right-aligned headings, and what to mind."""
    rows = _rows(cv)
    widths = [max(len(heading), *(len(row[i]) for row in rows)) for i, heading in enumerate(_headings(cv))]
    lines = [one_line(cv), ""]
    for row in (_headings(cv), *rows):
        lines.append("  ".join(cell.rjust(width) for cell, width in zip(row, widths, strict=True)))
    return "\n".join([*lines, "", *_notes(cv)])


def html(cv: CVPath) -> str:
    """The summary as an HTML table for notebooks."""
    head = "".join(f"<th>{heading}</th>" for heading in _headings(cv))
    body = "".join(
        "<tr>" + "".join(f"<td>{html_module.escape(cell)}</td>" for cell in row) + "</tr>" for row in _rows(cv)
    )
    notes = "<br>".join(html_module.escape(line) for line in _notes(cv))
    return (
        f"<div><p>{html_module.escape(one_line(cv))}</p>"
        f"<table><thead><tr>{head}</tr></thead><tbody>{body}</tbody></table><p>{notes}</p></div>"
    )


def _headings(cv: CVPath) -> tuple[str, ...]:
    return ("l1_ratio", *(("gamma",) if _relaxed(cv) else ()), *_HEADINGS)


def _relaxed(cv: CVPath) -> bool:
    return any(gamma != 1.0 for gamma in cv.gammas)


def _name(cv: CVPath, k: int) -> str:
    """What tells entry k from the others."""
    return f"l1_ratio {cv.l1_ratios[k]:g}" + (f", gamma {cv.gammas[k]:g}" if _relaxed(cv) else "")


def _rows(cv: CVPath) -> list[tuple[str, ...]]:
    rows: list[tuple[str, ...]] = []
    for k in range(len(cv.paths)):
        part = _only(cv, k)
        mark = " *" if k == cv.best and len(cv.paths) > 1 else ""
        for name, alpha in (("min", part.alpha_min), ("1se", part.alpha_1se)):
            at = int(np.flatnonzero(part.alphas == alpha)[0])
            gamma = (f"{part.gamma:g}",) if _relaxed(cv) else ()
            rows.append(
                (f"{part.l1_ratio:g}{mark}", *gamma, name, f"{alpha:.4g}", f"{part.path.dfs[at]}",
                 f"{part.mean[at]:.5g}", f"{part.se[at]:.2g}")
            )  # fmt: skip
    return rows


def _only(cv: CVPath, k: int) -> CVPath:
    """The result of one l1_ratio."""
    import dataclasses

    predictions = None if cv.predictions is None else (cv.predictions[k],)
    return dataclasses.replace(
        cv, paths=(cv.paths[k],), fold_scores=(cv.fold_scores[k],), predictions=predictions
    )  # fmt: skip


def _notes(cv: CVPath) -> list[str]:
    direction = "more" if cv.greater_is_better else "less"
    notes = [f"{cv.measure}: {direction} is better; mean of {cv.n_folds} folds, weighted by their held-out weight."]
    if len(cv.paths) > 1:
        notes.append(f"* the l1_ratio{' and gamma' if _relaxed(cv) else ''} with the best mean")
    at = decreasing(cv.alphas)
    if len(at) > 1 and cv.index_min == at[-1]:
        notes.append("alpha_min is the smallest alpha of the grid: a longer path may do better.")
    if cv.missed:
        notes.append(f"{cv.missed} points of the folds miss the promised gap (worst {cv.worst_gap:.1e}).")
    return notes


def to_frame(cv: CVPath):
    """See `CVPath.to_frame`."""
    try:
        import pandas
    except ImportError:
        raise ImportError("CVPath.to_frame needs pandas: pip install 'fastnet-path[frames]'") from None
    parts = [
        pandas.DataFrame(
            {
                "l1_ratio": path.l1_ratio,
                **({"gamma": path.gamma} if _relaxed(cv) else {}),
                "alpha": path.alphas,
                "mean": mean,
                "se": se,
                "df": path.dfs,
            }
        )
        for path, mean, se in zip(cv.paths, cv.means, cv.ses, strict=True)
    ]
    return pandas.concat(parts, ignore_index=True).set_index(
        ["l1_ratio", *(["gamma"] if _relaxed(cv) else []), "alpha"]
    )


def plot(cv: CVPath, ax=None):
    """Mean and standard error of the best l1_ratio against alpha, both choices marked.

    The other l1_ratio, where there are any, are thin lines without errors. The number of non-zero coefficients
    stands on the top axis.

    Parameters
    ----------
    ax : matplotlib Axes, optional

    Returns
    -------
    matplotlib Axes
    """
    from fastnet.plot_axes import horizontal_places, new_axes, set_axes, top_axis

    if ax is None:
        ax = new_axes()
    order = decreasing(cv.alphas)
    horizontal, note = horizontal_places(cv.path, "alpha", order)
    mean, se = cv.mean[order], cv.se[order]
    label = f"{_name(cv, cv.best)}, mean ± standard error"
    ax.errorbar(horizontal, mean, np.nan_to_num(se), color=PALETTE[0], ecolor=PALETTE[0], elinewidth=0.9, capsize=2,
                linewidth=1.6, label=label, zorder=3)  # fmt: skip
    others = [k for k in range(len(cv.paths)) if k != cv.best]
    for place, k in enumerate(others, start=4):
        part = decreasing(cv.paths[k].alphas)
        there, _ = horizontal_places(cv.paths[k], "alpha", part)
        ax.plot(there, cv.means[k][part], color=PALETTE[place % len(PALETTE)], linewidth=0.9, zorder=2,
                label=_name(cv, k))  # fmt: skip
    for name, alpha, colour, style in (
        ("alpha_min", cv.alpha_min, PALETTE[1], "--"),
        ("alpha_1se", cv.alpha_1se, PALETTE[2], ":"),
    ):
        at = int(np.flatnonzero(cv.alphas[order] == alpha)[0])
        ax.axvline(horizontal[at], color=colour, linestyle=style, linewidth=1.3, zorder=1,
                   label=f"{name} = {alpha:.3g}, {cv.path.dfs[order[at]]} non-zero")  # fmt: skip
        ax.plot(horizontal[at], mean[at], "o", color=colour, markersize=6, zorder=4)
    every = np.concatenate(
        [horizontal, *(horizontal_places(cv.paths[k], "alpha", decreasing(cv.paths[k].alphas))[0] for k in others)]
    )
    set_axes(ax, "alpha", every, note, f"{cv.measure}, {cv.n_folds} folds")
    top_axis(ax, horizontal, cv.path.dfs[order])
    legend = ax.legend(fontsize="small", framealpha=0.8, facecolor=ax.get_facecolor())
    for text in legend.get_texts():
        text.set_color(ink(ax))
    return ax
