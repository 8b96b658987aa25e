"""Draw the pictures of the page for newcomers, on data made here. They are kept in docs/pictures.

python docs/draw.py [--output docs/pictures]
"""

from __future__ import annotations

import argparse
from pathlib import Path

import matplotlib

matplotlib.use("Agg")

import matplotlib.pyplot as plt  # noqa: E402
import numpy as np  # noqa: E402

import fastnet  # noqa: E402
from fastnet.plot_style import PALETTE  # noqa: E402

PENALTIES = {"L2 (ridge)": 0.0, "Elastic Net": 0.5, "L1 (lasso)": 1.0}
HERE = Path(__file__).parent


def shrinkage():
    """One coefficient after the penalty against the one before, on a design of orthogonal columns."""
    p, n = 121, 128
    X = np.linalg.qr(np.random.default_rng(0).standard_normal((n, p)))[0] * np.sqrt(n)
    before = np.linspace(-3, 3, p)
    figure, ax = plt.subplots(figsize=(6, 4.2), layout="constrained")
    ax.plot(before, before, color="#8a8a8a", linewidth=0.9, label="no penalty")
    for k, (name, ratio) in enumerate(PENALTIES.items()):
        path = fastnet.enet_path(X, X @ before, l1_ratio=ratio, alphas=[1.0], standardize=False, fit_intercept=False)
        ax.plot(before, path.coefs.toarray()[:, 0], color=PALETTE[k], linewidth=1.8, label=name)
    ax.axhline(0, color="#8a8a8a", linewidth=0.6)
    ax.set_xlabel("coefficient without penalty")
    ax.set_ylabel("coefficient with alpha = 1")
    ax.legend()
    return figure


def penalties():
    """The three penalties on the same data: 4 of 12 columns matter."""
    X, y, names = plain_data()
    figure, axes = plt.subplots(1, 3, figsize=(15, 4.6), layout="constrained")
    for ax, (name, ratio) in zip(axes, PENALTIES.items(), strict=True):
        path = fastnet.enet_path(X, y, l1_ratio=ratio, alphas=60, alpha_min_ratio=1e-3 if ratio else 1e-5)
        path.replace(feature_names=names).plot(ax=ax, labels=6)
        ax.set_title(name)
    return figure


def correlated():
    """Three nearly equal columns carry one signal."""
    X, y, names = correlated_data()
    figure, axes = plt.subplots(1, 3, figsize=(15, 4.6), layout="constrained")
    for ax, (name, ratio) in zip(axes, PENALTIES.items(), strict=True):
        path = fastnet.enet_path(X, y, l1_ratio=ratio, alphas=60, alpha_min_ratio=0.02 if ratio else 1e-4)
        path.replace(feature_names=names).plot(ax=ax, labels=4)
        ax.set_title(name)
    return figure


def scaling():
    """The same columns, one of them in other units: kilometres for metres."""
    X, y, names = plain_data()
    X = X / np.where(np.arange(X.shape[1]) == 0, 1000.0, 1.0)
    figure, axes = plt.subplots(1, 2, figsize=(11, 4.6), layout="constrained")
    for ax, standardize in zip(axes, (False, True), strict=True):
        path = fastnet.enet_path(X, y, alphas=60, alpha_min_ratio=0.01, standardize=standardize)
        unit = path.replace(coefs=path.coefs.multiply(X.std(axis=0)[:, None]).tocsc(), feature_names=names)
        unit.plot(ax=ax, labels=5)
        ax.set_ylabel("coefficient x standard deviation")
        ax.set_title(f"standardize={standardize}")
    return figure


def strength():
    """Training and held-out error along a path, and the two choices of cross-validation."""
    X, y = strength_data()
    cv = fastnet.cv_path(X, y, random_state=1)
    figure, ax = plt.subplots(figsize=(8, 5), layout="constrained")
    training = cv.path.null_objective * 2 * (1 - cv.path.deviance_ratios)
    ax.plot(cv.alphas, training, color=PALETTE[4], linewidth=1.6, label="training error")
    cv.plot(ax)
    return figure


def plain_data(n=100, p=12):
    """Independent columns; those called true have coefficients 3, -2, 1.5 and -1."""
    rng = np.random.default_rng(1)
    X = np.asfortranarray(rng.standard_normal((n, p)))
    y = X[:, :4] @ [3.0, -2.0, 1.5, -1.0] + 2.0 * rng.standard_normal(n)
    return X, y, tuple([f"true {j}" for j in range(4)] + [f"noise {j}" for j in range(4, p)])


def correlated_data(n=100, p=12):
    """Columns 0 to 2 have a correlation of about 0.99 with one another; their sum carries the signal."""
    rng = np.random.default_rng(2)
    X = rng.standard_normal((n, p))
    X[:, :3] = rng.standard_normal((n, 1)) + 0.1 * X[:, :3]
    y = X[:, :3].sum(axis=1) - 1.5 * X[:, 3] + rng.standard_normal(n)
    return X, y, tuple([f"twin {j}" for j in range(3)] + ["other"] + [f"noise {j}" for j in range(4, p)])


def strength_data(n=100, p=300):
    """More columns than rows, six of which matter."""
    rng = np.random.default_rng(0)
    X = np.asfortranarray(rng.standard_normal((n, p)))
    return X, X[:, :6] @ [3.0, -2.0, 2.0, 1.0, -1.0, 0.5] + 1.5 * rng.standard_normal(n)


PICTURES = {draw.__name__: draw for draw in (shrinkage, penalties, correlated, scaling, strength)}


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--output", type=Path, default=HERE / "pictures")
    parser.add_argument("names", nargs="*", help="which pictures; all where none is named")
    arguments = parser.parse_args()
    arguments.output.mkdir(parents=True, exist_ok=True)
    for name in arguments.names or PICTURES:
        PICTURES[name]().savefig(arguments.output / f"{name}.png", dpi=75)
        plt.close("all")
        print(f"{name}.png")


if __name__ == "__main__":
    main()
