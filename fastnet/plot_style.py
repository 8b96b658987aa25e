"""What all pictures share: colours for light and dark pages, and labels that do not overlap."""

from __future__ import annotations

from typing import Any

import numpy as np

# Mid-tones: each has a contrast of at least 3 : 1 against white and against near-black (#121212), by the
# formula of
# WCAG 2.1, so that one picture is legible in light and dark pages. Neighbours differ in hue and in lightness.
PALETTE = (
    "#2f7ed8",
    "#d1495b",
    "#2e8b57",
    "#9a62d8",
    "#c0641a",
    "#0f8b8d",
    "#c94f9b",
    "#7f7f2a",
    "#6b7a99",
    "#a0623d",
)

_LONGEST_NAME = 28  # letters of a feature name that are shown


def spread(heights: np.ndarray, step: float) -> np.ndarray:
    """Rising positions at least `step` apart, within [0, 1] as far as they fit, as near to `heights` as
    possible.

    Least squares under the order constraint: pool adjacent violators on heights - i step (Barlow et al.,
    1972).

    Parameters
    ----------
    heights : ndarray (m,), rising
    """
    shift = step * np.arange(len(heights))
    blocks: list[list[float]] = []  # mean, size
    for value in heights - shift:
        blocks.append([float(value), 1])
        while len(blocks) > 1 and blocks[-2][0] > blocks[-1][0]:
            mean, size = blocks.pop()
            blocks[-1] = [
                (blocks[-1][0] * blocks[-1][1] + mean * size) / (blocks[-1][1] + size),
                blocks[-1][1] + size,
            ]
    placed = np.concatenate([np.full(int(size), mean) for mean, size in blocks])
    room = max(0.0, 1.0 - (shift[-1] if len(shift) else 0.0))
    return np.clip(placed, 0.0, room) + shift


def ink(ax) -> Any:
    """The colour for text and rules within the axes: the style's, unless it cannot be read on their background."""
    from matplotlib.colors import to_rgba

    back = to_rgba(ax.get_facecolor())
    return page_ink(ax) if back[3] == 0.0 else _readable(back)


def page_ink(ax) -> Any:
    """The colour for what stands around the axes (ticks, names, labels), readable on the figure's background."""
    from matplotlib.colors import to_rgba

    figure = ax.figure
    back = to_rgba(figure.get_facecolor())
    while back[3] == 0.0 and getattr(figure, "figure", figure) is not figure:  # from a subfigure up to the whole
        figure = figure.figure
        back = to_rgba(figure.get_facecolor())
    return "#808080" if back[3] == 0.0 else _readable(back)  # an unknown page: a grey that is legible on both


def _readable(back) -> Any:
    """The style's text colour where it has a contrast of 3 : 1 against `back`, else a light or a dark grey."""
    from matplotlib import rcParams
    from matplotlib.colors import to_rgba

    text = to_rgba(rcParams["text.color"])
    dark, light = sorted((luminance(text), luminance(back)))
    if (light + 0.05) / (dark + 0.05) >= 3.0:
        return text
    return "#e6e6e6" if luminance(back) < 0.2 else "#202020"


def luminance(colour) -> float:
    """Relative luminance, WCAG 2.1."""
    rgb = np.asarray(colour[:3])
    linear = np.where(rgb <= 0.04045, rgb / 12.92, ((rgb + 0.055) / 1.055) ** 2.4)
    return float(linear @ (0.2126, 0.7152, 0.0722))


def shorten(name: str) -> str:
    name = " ".join(name.split())
    return name if len(name) <= _LONGEST_NAME else name[: _LONGEST_NAME - 1] + "…"


def literal(name: str) -> str:
    """Without matplotlib's mathematics: a feature called ``$x$`` is shown as it is written."""
    return name.replace("$", r"\$")
