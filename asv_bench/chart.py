"""Bar chart of the comparison: a panel a level, a group a problem, a bar a solver, log scale."""

from __future__ import annotations

import re

import numpy as np

from benchmarks.problems import PROBLEMS

COLOURS = {
    "fastnet": "#c1272d",
    "glmnet": "#1f5a92",
    "adelie": "#4f8fc0",
    "celer": "#3b8f6b",
    "skglm": "#9cc69b",
    "scikit-learn": "#8a6fae",
    "scikit-learn Gram": "#c9b6e0",
}


def seconds_of(solver, case, level, ours, tuned):
    """CPU seconds, None where the solver missed the level, NaN where it was not run."""
    if solver == "fastnet":
        run = ours.get((case, level), {"seconds": np.nan})
    else:
        run = tuned.get((case, solver, level), {"seconds": np.nan})
    return None if run is None else run["seconds"]


def bars(solvers, case, level, ours, tuned, limit):
    """[(colour, height, missed)] of the solvers that were run on the case, fastnet first."""
    drawn = []
    for solver in solvers:
        seconds = seconds_of(solver, case, level, ours, tuned)
        if seconds is None:
            drawn.append((COLOURS[solver], limit, True))
        elif np.isfinite(seconds):
            drawn.append((COLOURS[solver], seconds, False))
    return drawn


def tick_label(case) -> str:
    """Name, kind, size and what else distinguishes the case, a line each."""
    kind, size = re.match(r"(\D*?) ?(\d.*)", PROBLEMS[case.problem].about).groups()
    differs = case.label.removeprefix(case.problem).removeprefix(", ")
    lines = [case.problem, *([kind] if kind != case.problem else []), *size.split(", "), *differs.split(", ")]
    return "\n".join(line for line in lines if line)


def draw(cases, levels, ours, tuned, limit, file) -> None:
    """Write the chart to ``file``; bars cut off at the limit are hatched."""
    try:
        import matplotlib
    except ImportError:
        raise ImportError("the chart needs matplotlib: pip install 'fastnet-path[plot]'") from None
    matplotlib.use("Agg")
    import matplotlib.pyplot as plt
    from matplotlib.patches import Patch

    solvers = [name for name in COLOURS if name == "fastnet" or any(key[1] == name for key in tuned)]
    figure, panels = plt.subplots(
        len(levels), 1, figsize=(max(6.0, 1.5 + 1.05 * len(cases)), 1.2 + 2.8 * len(levels)), squeeze=False
    )
    smallest = np.inf
    for panel, level in zip(panels[:, 0], levels, strict=True):
        groups = [bars(solvers, case, level, ours, tuned, limit) for case in cases]
        width = 0.84 / max(1, *map(len, groups))
        for place, drawn in enumerate(groups):
            for i, (colour, height, missed) in enumerate(drawn):
                smallest = min(smallest, height)
                panel.bar(
                    place + (i - (len(drawn) - 1) / 2) * width,
                    height,
                    0.92 * width,
                    color="none" if missed else colour,
                    edgecolor=colour if missed else "none",
                    hatch="////" if missed else None,
                    linewidth=0.8,
                )
        panel.set_yscale("log")
        panel.set_xticks(range(len(cases)), [tick_label(case) for case in cases], fontsize=7)
        panel.set_ylabel("CPU seconds")
        title = f"whole path, duality gap at most {level:.0e} at every point".replace("e-0", "e-")
        panel.set_title(title, fontsize=10, loc="left")
        panel.grid(axis="y", linewidth=0.4, alpha=0.5)
        panel.set_axisbelow(True)
        panel.spines[["top", "right"]].set_visible(False)
        panel.tick_params(axis="x", length=0)
    for panel in panels[:, 0]:
        panel.set_ylim(smallest / 2 if np.isfinite(smallest) else None, limit * 1.3)

    handles = [Patch(color=COLOURS[name], label=name) for name in solvers]
    handles.append(Patch(facecolor="none", edgecolor="0.4", hatch="////", label=f"not in {limit:g} s"))
    figure.legend(handles=handles, loc="lower center", ncols=min(4, len(handles)), frameon=False, fontsize=9)
    figure.tight_layout(rect=(0, 0.08 if len(levels) > 1 else 0.15, 1, 1))
    figure.savefig(file, dpi=150)
    plt.close(figure)
