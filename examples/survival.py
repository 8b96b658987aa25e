"""Survival with more genes than patients: a Cox path, risk groups and survival curves.

    python examples/survival.py

Simulated expression of 5,000 genes in 300 patients, ten of which matter, a third of the times censored.
"""

from __future__ import annotations

import numpy as np

import fastnet
from fastnet.survival import baseline_hazard
from pictures import make_axes, save


def simulate(n=300, p=5000, seed=0):
    rng = np.random.default_rng(seed)
    X = np.asfortranarray(rng.standard_normal((n, p)))
    eta = X[:, :10] @ np.linspace(1.0, 0.2, 10)
    time, censored = rng.exponential(np.exp(-eta)), rng.exponential(2.0, n)
    return X, np.column_stack([np.minimum(time, censored), time <= censored])


def main():
    X, y = simulate()
    print(f"{y[:, 1].mean():.0%} of {len(y)} patients had the event")
    path = fastnet.enet_path(X, y, family="cox", alphas=50, alpha_min_ratio=0.2)
    print(repr(path))
    alpha = path.alphas[30]
    print("genes in order of entry:", path.selected(alpha)[:15].tolist())

    eta = path.predict(X, alpha, kind="link")
    hazard = baseline_hazard(eta, y)
    curves = hazard.survival(eta, [0.25, 0.5, 1.0, 2.0])
    print("mean predicted survival at t =      0.25   0.5   1.0   2.0")
    for name, group in (("low risk", eta <= np.median(eta)), ("high risk", eta > np.median(eta))):
        print(f"  {name:>10}                    ", "  ".join(f"{value:.2f}" for value in curves[group].mean(axis=0)))
    draw(path, hazard, eta)


def draw(path, hazard, eta, output="survival.png"):
    """Coefficients along the path, and mean survival curves of quarters of the patients by their risk."""
    axes = make_axes(2)
    if axes is None:
        return
    path.plot(ax=axes[0])
    times = np.linspace(0.0, 2.0, 200)
    quarters = np.digitize(eta, np.quantile(eta, [0.25, 0.5, 0.75]))
    for quarter, name in enumerate(("lowest risk", "lower", "higher", "highest risk")):
        curve = hazard.survival(eta[quarters == quarter], times).mean(axis=0)
        axes[1].plot(times, curve, label=name)
    axes[1].set_xlabel("time")
    axes[1].set_ylabel("predicted share without the event")
    axes[1].legend()
    save(axes, output)


if __name__ == "__main__":
    main()
