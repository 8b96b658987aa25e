"""Survival with many more genes than patients: which genes foretell the relapse of acute lymphoblastic leukaemia.

    python examples/survival.py

Expression of 12,625 probes in 88 patients in complete remission, and the days until relapse, or until they were last
seen without one (`data/README.md` says where the data comes from). A Cox path, alpha chosen by cross-validated partial
likelihood, the probes that matter, and survival curves of the patients at low and high risk.
"""

from __future__ import annotations

from pathlib import Path
from typing import NamedTuple

import numpy as np

import fastnet
from fastnet.survival import baseline_hazard
from pictures import make_axes, save


class Leukaemia(NamedTuple):
    expression: np.ndarray  # (88, 12625) log2 scale
    days: np.ndarray  # (88,) from remission to relapse, or to the last visit
    relapse: np.ndarray  # (88,) bool
    probes: list[str]  # Affymetrix HG-U95Av2


def load_leukaemia() -> Leukaemia:
    with np.load(Path(__file__).with_name("data") / "all_relapse.npz") as stored:
        expression = np.asfortranarray((stored["median"] + stored["difference"]) / 100.0)
        return Leukaemia(expression, stored["days"].astype(float), stored["relapse"], str(stored["probes"]).split())


def main():
    data = load_leukaemia()
    X, y = data.expression, np.column_stack([data.days, data.relapse])
    print(f"{data.relapse.sum()} of {len(y)} patients relapsed; {X.shape[1]:,} probes")

    cv = fastnet.cv_path(X, y, family="cox", cv=10, l1_ratio=0.9, alphas=40, alpha_min_ratio=0.25, tol=1e-5)
    path, alpha = cv.path, cv.alpha_min
    print(f"{path!r}\n")
    k = int(np.argmin(np.abs(path.alphas - alpha)))
    columns = path.selected(alpha)
    coef = path.coef_at(alpha) * X.std(axis=0)
    print(f"cross-validation chooses alpha {alpha:.3f} of {path.alpha_max:.3f}: {len(columns)} probes")
    order = columns[np.argsort(-np.abs(coef[columns]))][:10]
    for j in order:
        print(f"  {data.probes[j]:>12}: hazard x {np.exp(coef[j]):.2f} per standard deviation")
    print(f"share of the null deviance explained there: {path.deviance_ratios[k]:.2f}")

    eta = path.predict(X, alpha, kind="link")
    years = np.array([0.5, 1.0, 2.0, 3.0])
    hazard = baseline_hazard(eta, y)
    curves = hazard.survival(eta, 365.25 * years)
    print("\nfitted share without relapse after  " + "  ".join(f"{year:4.1f}" for year in years) + "  years")
    for name, group in (("low risk", eta <= np.median(eta)), ("high risk", eta > np.median(eta))):
        print(f"{name:>34}  " + "  ".join(f"{value:4.2f}" for value in curves[group].mean(axis=0)))
    print("(of the patients the model was fitted to: not a judgement of how well it predicts)")
    draw(path.replace(feature_names=tuple(data.probes)), hazard, eta)


def draw(path, hazard, eta, output="survival.png"):
    """Coefficients along the path, and mean survival curves of quarters of the patients by their risk."""
    axes = make_axes(2)
    if axes is None:
        return
    path.plot(ax=axes[0])
    days = np.linspace(0.0, 1500.0, 200)
    quarters = np.digitize(eta, np.quantile(eta, [0.25, 0.5, 0.75]))
    for quarter, name in enumerate(("lowest risk", "lower", "higher", "highest risk")):
        curve = hazard.survival(eta[quarters == quarter], days).mean(axis=0)
        axes[1].plot(days, curve, label=name, drawstyle="steps-post")
    axes[1].set_xlabel("days since remission")
    axes[1].set_ylabel("predicted share without relapse")
    axes[1].legend()
    save(axes, output)


if __name__ == "__main__":
    main()
