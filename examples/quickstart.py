"""The whole Lasso and Elastic Net path of a real problem: a Debian package's size from its description.

    python examples/quickstart.py [--output coefficient_paths.png]

16,000 packages x 364,849 words and pairs of neighbouring words (tf-idf); response: logarithm of the installed
size. Prints the words that enter first, the path, the time and the worst duality gap, and saves a picture of
the coefficients.
"""

from __future__ import annotations

import argparse
import time
from pathlib import Path

import fastnet
from debian_data import load_debian, tfidf

N_WORDS = 20  # how many of the first words to print
RATIOS = {"Lasso": 1.0, "Elastic Net, l1_ratio 0.5": 0.5}


def fit(X, y, names, l1_ratio):
    """Path of one l1_ratio with its columns named, and what it cost."""
    wall, cpu = time.perf_counter(), time.process_time()
    # Not standardised: tf-idf has weighted the words, and dividing by the deviation would inflate rare ones.
    path = fastnet.enet_path(X, y, l1_ratio=l1_ratio, standardize=False)
    cpu, wall = time.process_time() - cpu, time.perf_counter() - wall
    cost = f"{len(path)} points in {cpu:.2f} s of CPU time ({wall:.2f} s by the clock)"
    return path.replace(feature_names=names), cost


def report(title, path, cost):
    """Print the words that enter first, with the coefficients where N_WORDS are in, then the path."""
    point = next((k for k, df in enumerate(path.dfs) if df >= N_WORDS), len(path) - 1)
    alpha = path.alphas[point]
    coef = dict(zip(path.feature_names, path.coef_at(alpha), strict=True))
    print(f"\n{title}\n{'=' * len(title)}")
    print(f"The words that enter first, and their coefficients at alpha = {alpha:.3g}:")
    for word in path.selected(alpha)[:N_WORDS]:
        print(f"    {coef[word]:+7.3f}  {word}")
    print(f"\n{path}\n{cost}; worst gap {path.gaps.max():.1e}")


def draw(paths, output):
    """Save the coefficients of each path against alpha, side by side; needs matplotlib, and says so."""
    try:
        import matplotlib.pyplot as plt
    except ImportError:
        print("\nNo picture: it needs matplotlib. Install it with: python -m pip install '.[plot]'")
        return
    figure, axes = plt.subplots(1, len(paths), figsize=(7.5 * len(paths), 5.5), layout="constrained")
    for ax, (title, path) in zip(axes, paths.items(), strict=True):
        path.plot(x="alpha", ax=ax)
        ax.set_title(title)
    figure.savefig(output, dpi=130)
    print(f"\nCoefficient paths drawn in {output}")


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--output", type=Path, default=Path("coefficient_paths.png"), help="PNG, PDF or SVG")
    arguments = parser.parse_args()

    data = load_debian()
    X, y = tfidf(data.counts), data.log_size
    n, p = X.shape
    print(f"{n:,} Debian packages, {p:,} words and pairs of words, {X.nnz:,} non-zeros")

    start = time.perf_counter()
    fastnet.warmup(X)
    print(f"Kernels ready in {time.perf_counter() - start:.1f} s (compiled once, then read from the cache)")

    paths = {}
    for title, l1_ratio in RATIOS.items():
        paths[title], cost = fit(X, y, data.names, l1_ratio)
        report(title, paths[title], cost)
    draw(paths, arguments.output)


if __name__ == "__main__":
    main()
