"""The cost and the certificate of each point of a path as pictures: duality gaps and seconds."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from fastnet.interpolation import decreasing
from fastnet.plot_axes import horizontal_places, new_axes, set_axes, top_axis
from fastnet.plot_style import PALETTE, ink

if TYPE_CHECKING:
    from fastnet.result import Path

__all__ = ["plot_gaps", "plot_times"]

_FLOOR = 1e-17  # gaps are drawn no lower: an exact 0 has no place on the log scale


def plot_gaps(path: Path, ax=None):
    """Draw the duality gap of every point against alpha, and the tolerance that was promised.

    Points below the line keep the promise. Those above are crosses, and the legend says how many there are. Gaps below
    1e-17, exact zeros among them, are drawn at 1e-17, infinite ones ten times above all others.

    Parameters
    ----------
    path : Path
    ax : matplotlib Axes or None
        Where to draw; None makes a new figure.

    Returns
    -------
    matplotlib Axes

    Raises
    ------
    ImportError
        If matplotlib is missing.
    ValueError
        For an empty path, and for a relaxed one, whose points have no gap.
    """
    if path.gamma < 1:
        raise ValueError("the points of a relaxed path have no gap: draw those of the path that was relaxed")
    ax, order, horizontal, note = _prepare(path, ax)
    gaps = path.gaps[order]
    finite = np.isfinite(gaps)
    gaps = np.clip(gaps, _FLOOR, 10.0 * max(gaps[finite].max(initial=0.0), 1.0))
    kept = path.statuses[order] == 0
    ax.plot(horizontal, gaps, color=PALETTE[0], linewidth=0.9, alpha=0.6, zorder=2)
    _draw_some(ax, horizontal, gaps, kept, "o", PALETTE[0], "gap at most tol")
    _draw_some(ax, horizontal, gaps, ~kept, "X", PALETTE[1], "gap above tol")
    if path.tol > 0:
        ax.axhline(path.tol, color=PALETTE[2], linestyle="--", linewidth=1.3, label=f"tol = {path.tol:.1e}", zorder=1)
    return _finish(ax, path, order, horizontal, note, "duality gap / objective of the null model")


def plot_times(path: Path, ax=None):
    """Draw the seconds spent on every point against alpha, and those spent up to it.

    The first fit of a kind of matrix in a fresh installation compiles: its first point holds those seconds.

    Parameters
    ----------
    path : Path
    ax : matplotlib Axes or None
        Where to draw; None makes a new figure.

    Returns
    -------
    matplotlib Axes

    Raises
    ------
    ImportError
        If matplotlib is missing.
    ValueError
        For an empty path.
    """
    ax, order, horizontal, note = _prepare(path, ax)
    times = path.times[order]
    positive = times[times > 0]
    low = positive.min() if len(positive) else 1e-6  # a clock that did not tick has no place on the log scale
    every = np.ones(len(order), dtype=bool)
    _draw_some(ax, horizontal, np.maximum(times, low), every, "o", PALETTE[0], "each point")
    ax.plot(horizontal, np.maximum(np.cumsum(times), low), color=PALETTE[4], linewidth=1.7, zorder=3,
            label=f"so far; {times.sum():.3g} s in all")  # fmt: skip
    return _finish(ax, path, order, horizontal, note, "seconds")


def _prepare(path: Path, ax):
    """Axes to draw in, the points by decreasing alpha, where they stand, and a note for the axis."""
    if len(path) == 0:
        raise ValueError("this path has no points, so there is nothing to draw")
    ax = new_axes() if ax is None else ax
    order = decreasing(path.alphas)
    return ax, order, *horizontal_places(path, "alpha", order)


def _draw_some(ax, horizontal, heights, chosen, marker, colour, name):
    """Marks at the chosen points, named with their number."""
    count = int(chosen.sum())
    if count:
        label = f"{name}: {count} point{'' if count == 1 else 's'}"
        ax.plot(horizontal[chosen], heights[chosen], marker, color=colour, markersize=5, label=label, zorder=4)


def _finish(ax, path, order, horizontal, note, y_name):
    """Log scale, names, numbers of non-zeros and legend."""
    ax.set_yscale("log")
    set_axes(ax, "alpha", horizontal, note, y_name)
    top_axis(ax, horizontal, path.dfs[order])
    legend = ax.legend(fontsize="small", framealpha=0.8, facecolor=ax.get_facecolor())
    for text in legend.get_texts():
        text.set_color(ink(ax))
    return ax
