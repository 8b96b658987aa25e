"""The axes that all pictures of a path share: where points stand, names and scales, numbers of non-zeros on top."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from fastnet.plot_style import page_ink

if TYPE_CHECKING:
    from fastnet.result import Path

X_AXES = {
    "alpha": "alpha (log scale, penalty falls to the right)",
    "l1_norm": "L1 norm of the coefficients",
    "deviance_ratio": "deviance ratio (share explained)",
}


def new_axes():
    """Axes in a figure of their own, laid out so that labels beside them have room."""
    try:
        from matplotlib import pyplot
    except ImportError:
        raise ImportError("pictures need matplotlib: pip install 'fastnet-path[plot]'") from None
    _, ax = pyplot.subplots(figsize=(8.0, 5.0), layout="constrained")
    return ax


def horizontal_places(path: Path, x: str, order: np.ndarray) -> tuple[np.ndarray, str]:
    """Where each point stands, by decreasing alpha, and a note for the axis label."""
    if x == "deviance_ratio":
        return path.deviance_ratios[order], ""
    if x == "l1_norm":
        points = np.repeat(np.arange(len(path)), np.diff(path.coefs.indptr))
        return np.bincount(points, weights=np.abs(path.coefs.data), minlength=len(path))[order], ""
    alphas = path.alphas[order].copy()
    zero = alphas == 0
    if zero.any():
        positive = np.unique(alphas[~zero])
        if len(positive) == 0:
            alphas[:] = 1.0
            return alphas, "; drawn at 1: alpha = 0"
        alphas[zero] = positive[0] ** 2 / positive[1] if len(positive) > 1 else positive[0] / 2
        return alphas, "; the last point is alpha = 0"
    return alphas, ""


def set_axes(ax, x: str, horizontal: np.ndarray, note: str, y_name: str) -> None:
    """Scales, limits, names and colours of the axes."""
    ax.autoscale_view()
    low, high = float(horizontal.min()), float(horizontal.max())
    if x == "alpha":
        ax.set_xscale("log")
        margin = (high / low) ** 0.02 if high > low else 2.0
        ax.set_xlim(high * margin, low / margin)
        _tick_alphas(ax, np.log10(high / low))
    else:
        margin = 0.02 * (high - low) or max(abs(high), 1.0) * 0.5
        ax.set_xlim(low - margin, high + margin)
    colour = page_ink(ax)
    ax.set_xlabel(X_AXES[x] + note, color=colour)
    ax.set_ylabel(y_name, color=colour)
    ax.tick_params(which="both", colors=colour)
    for side in ax.spines.values():
        side.set_edgecolor(colour)


def _tick_alphas(ax, decades: float) -> None:
    """Few numbers on the axis of alpha where it spans less than three powers of ten; else matplotlib's powers."""
    from matplotlib.ticker import FixedLocator, FuncFormatter, MaxNLocator, NullFormatter, NullLocator

    if decades >= 3:
        ax.xaxis.set_minor_formatter(NullFormatter())
        return
    low, high = sorted(ax.get_xlim())
    steps = (1, 2, 5) if decades < 1.5 else (1, 3)
    powers = 10.0 ** np.arange(np.floor(np.log10(low)), np.ceil(np.log10(high)) + 1)
    ticks = np.sort(np.outer(powers, steps).ravel())
    ticks = ticks[(ticks >= low) & (ticks <= high)]
    if len(ticks) < 3:  # a third of a power of ten: as good as linear
        ticks = np.asarray(MaxNLocator(4).tick_values(low, high))
        ax.xaxis.set_minor_locator(NullLocator())
    ax.xaxis.set_major_locator(FixedLocator(ticks.tolist()))
    ax.xaxis.set_major_formatter(FuncFormatter(lambda value, _: f"{value:g}"))
    ax.xaxis.set_minor_formatter(NullFormatter())


def top_axis(ax, horizontal: np.ndarray, dfs: np.ndarray) -> None:
    """Numbers of non-zero coefficients at points that stand far enough apart to be read."""
    from matplotlib.ticker import NullFormatter, NullLocator

    top = ax.secondary_xaxis("top")
    places = to_axes(ax, horizontal, np.zeros(len(horizontal)))[:, 0]
    chosen: list[int] = []
    for target in np.linspace(places.min(), places.max(), 8):
        nearest = int(np.argmin(np.abs(places - target)))
        if all(abs(places[nearest] - places[k]) > 0.07 for k in chosen):
            chosen.append(nearest)
    top.set_xticks(horizontal[chosen], labels=[f"{dfs[k]}" for k in chosen])
    top.xaxis.set_minor_locator(NullLocator())
    top.xaxis.set_minor_formatter(NullFormatter())
    top.tick_params(colors=page_ink(ax))
    top.set_xlabel("number of non-zero coefficients", color=page_ink(ax))


def to_axes(ax, x: np.ndarray, y: np.ndarray) -> np.ndarray:
    """(m, 2) points of the data as shares of the axes."""
    return ax.transAxes.inverted().transform(ax.transData.transform(np.column_stack((x, y))))
