"""Fit a path with a loss that fastnet does not have: see log_cosh.py, one screen of formulas.

python examples/own_loss.py
"""

import numpy as np

import fastnet
from log_cosh import LOG_COSH
from pictures import make_axes, save


def main():
    rng = np.random.default_rng(0)
    X = np.asfortranarray(rng.standard_normal((100, 1000)))
    y = X[:, 0] - 2 * X[:, 1] + rng.standard_cauchy(100)
    path = fastnet.enet_path(X, y, family=LOG_COSH, alphas=30, alpha_min_ratio=0.2)
    print(repr(path))
    alpha = path.alphas[8]
    print("first columns to enter:", path.selected(alpha)[:5].tolist())
    squares = fastnet.enet_path(X, y, alphas=30, alpha_min_ratio=0.2)
    print("with least squares:    ", squares.selected(squares.alphas[8])[:5].tolist())
    draw({"log cosh": path, "least squares": squares})


def draw(paths, output="own_loss.png"):
    """Coefficients of both losses: outliers of y lead least squares to columns that do not matter."""
    axes = make_axes(len(paths))
    if axes is None:
        return
    for ax, (name, path) in zip(axes, paths.items(), strict=True):
        path.plot(ax=ax)
        ax.set_title(name)
    save(axes, output)


if __name__ == "__main__":
    main()
