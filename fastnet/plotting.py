"""Coefficient paths as pictures, on matplotlib (an optional dependency, imported when something is drawn)."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from fastnet.interpolation import decreasing
from fastnet.plot_axes import X_AXES, horizontal_places, new_axes, set_axes, to_axes, top_axis
from fastnet.plot_style import PALETTE, ink, literal, page_ink, shorten, spread

if TYPE_CHECKING:
    from fastnet.result import Path

__all__ = ["plot_path"]


def plot_path(path: Path, x: str = "alpha", ax=None, *, labels: int = 10, max_lines: int = 1000):
    """Draw the coefficients of every selected feature along the path.

    The number of non-zero coefficients stands on the top axis, the names (or column numbers) of the features
    with the largest coefficients at the right, moved apart where they would overlap. Only coefficients that
    are not zero are touched, so that the number of columns does not matter.

    Parameters
    ----------
    path : Path
    x : {"alpha", "l1_norm", "deviance_ratio"}
        The horizontal axis. Points with alpha = 0 have no place on the log scale: they are drawn one grid
        step beyond the smallest positive alpha, and the axis says so.
    ax : matplotlib Axes or None
        Where to draw; None makes a new figure. Labels stand to the right of the axes: in a figure of your own
        use ``layout="constrained"`` or leave room.
    labels : int
        How many features to name (fewer where there is no room); 0 for none.
    max_lines : int
        Draw at most so many features, those with the largest coefficients anywhere; the picture says so.

    Returns
    -------
    matplotlib Axes

    Raises
    ------
    ImportError
        If matplotlib is missing.
    ValueError
        For an unknown `x` or an empty path.
    """
    if x not in X_AXES:
        raise ValueError(f"x is {x!r}; allowed are {', '.join(map(repr, X_AXES))}")
    if len(path) == 0:
        raise ValueError("this path has no points, so there is nothing to draw")
    if ax is None:
        ax = new_axes()
    order = decreasing(path.alphas)
    horizontal, note = horizontal_places(path, x, order)
    features, curves = _curves(path, order, max_lines)
    largest = np.argsort(-np.abs(curves).max(axis=1), kind="stable")[:labels] if len(features) else np.zeros(0, int)
    _draw_lines(ax, horizontal, curves, largest)
    set_axes(ax, x, horizontal, note, "coefficient")
    top_axis(ax, horizontal, path.dfs[order])
    total = len(np.unique(path.coefs.indices[path.coefs.data != 0]))
    if total == 0:
        ax.text(
            0.5,
            0.55,
            "no coefficient is different from zero",
            ha="center",
            transform=ax.transAxes,
            color=ink(ax),
        )
    elif total > len(features):
        text = f"the {len(features)} largest of {total} selected features"
        ax.text(0.01, 0.99, text, ha="left", va="top", fontsize="small", transform=ax.transAxes, color=ink(ax))
    _draw_labels(ax, path, horizontal, features, curves, largest)
    return ax


def _curves(path: Path, order: np.ndarray, max_lines: int) -> tuple[np.ndarray, np.ndarray]:
    """Columns of X that are drawn, and their coefficients (features, K) by decreasing alpha."""
    stored = path.coefs.data != 0
    rows, data = path.coefs.indices[stored], path.coefs.data[stored]
    points = np.repeat(np.arange(len(path)), np.diff(path.coefs.indptr))[stored]
    features, local = np.unique(rows, return_inverse=True)
    if len(features) > max_lines:
        size = np.zeros(len(features))
        np.maximum.at(size, local, np.abs(data))
        drawn = np.zeros(len(features), dtype=bool)
        drawn[np.argsort(-size, kind="stable")[:max_lines]] = True
        kept = drawn[local]
        points, data = points[kept], data[kept]
        features, local = np.unique(rows[kept], return_inverse=True)
    curves = np.zeros((len(features), len(path)))
    curves[local, points] = data
    return features, curves[:, order]


def _draw_lines(ax, horizontal: np.ndarray, curves: np.ndarray, largest: np.ndarray) -> None:
    """All curves as two collections: the named ones stronger and above the others."""
    from matplotlib.collections import LineCollection

    ax.axhline(0.0, color=ink(ax), linewidth=0.6, alpha=0.5, zorder=1)
    named = np.zeros(len(curves), dtype=bool)
    named[largest] = True
    colours = _colours(len(curves), largest)
    for chosen, style in (
        (~named, {"linewidths": 0.9, "alpha": 0.6}),
        (named, {"linewidths": 1.7, "alpha": 1.0}),
    ):
        which = np.flatnonzero(chosen)
        segments = [_from_entry(horizontal, curves[i]) for i in which]
        lines = LineCollection(segments, colors=[colours[i] for i in which], zorder=2, **style)
        lines.set_in_layout(False)  # inside the axes in any case: spares the layout the look at each point
        ax.add_collection(lines)
        if len(horizontal) == 1 and len(which):  # one point makes no line
            ax.scatter(np.full(len(which), horizontal[0]), curves[which, 0], c=[colours[i] for i in which], s=14)


def _from_entry(horizontal: np.ndarray, curve: np.ndarray) -> np.ndarray:
    """(m, 2) points of a curve without the zeros before it enters and after it leaves for good."""
    stored = np.flatnonzero(curve)
    part = slice(max(0, stored[0] - 1), stored[-1] + 2)
    return np.column_stack((horizontal[part], curve[part]))


def _colours(count: int, largest: np.ndarray) -> list[str]:
    """One of the palette for each curve; the named ones take theirs first, so that they differ."""
    colours = [PALETTE[i % len(PALETTE)] for i in range(count)]
    for place, i in enumerate(largest):
        colours[i] = PALETTE[place % len(PALETTE)]
    return colours


def _draw_labels(ax, path: Path, horizontal, features, curves, largest) -> None:
    """Names at the right of the axes, each tied to the end of its curve, moved apart where they would
    overlap.
    """
    if len(largest) == 0:
        return
    figure = ax.figure
    while getattr(figure, "figure", figure) is not figure:  # from a subfigure up to the whole
        figure = figure.figure
    engine = figure.get_layout_engine()
    if engine is not None:  # a constrained layout gives the axes their final height only now
        engine.execute(figure)
    height = ax.get_window_extent().height
    fontsize = 9.0
    step = 1.3 * fontsize / 72.0 * figure.dpi / height  # a line of text, as a share of the axes
    largest = largest[: max(1, int(1.0 / step))]
    end = int(np.argmax(horizontal)) if not ax.xaxis_inverted() else int(np.argmin(horizontal))
    ends = to_axes(ax, np.full(len(largest), horizontal[end]), curves[largest, end])
    order = np.argsort(ends[:, 1], kind="stable")
    heights = spread(ends[order, 1], step)
    colours = _colours(len(curves), largest)
    for i, y in zip(order, heights, strict=True):
        feature = features[largest[i]]
        name = f"column {feature}" if path.feature_names is None else shorten(path.feature_names[feature])
        arrow = {
            "arrowstyle": "-",
            "color": colours[largest[i]],
            "linewidth": 0.8,
            "shrinkA": 1.0,
            "shrinkB": 0.0,
        }
        arrow["relpos"] = (0.0, 0.5)  # from the left end of the text: a leader never crosses it
        ax.annotate(
            literal(name),
            xy=(ends[i, 0], ends[i, 1]),
            xycoords="axes fraction",
            xytext=(1.035, y),
            textcoords="axes fraction",
            fontsize=fontsize,
            color=page_ink(ax),
            va="center",
            ha="left",
            annotation_clip=False,
            arrowprops=arrow,
        )
