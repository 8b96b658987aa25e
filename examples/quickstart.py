"""The whole Lasso and Elastic Net path of a real sparse problem: a Debian package's size from the words that describe it.

    python examples/quickstart.py [--output coefficient_paths.png]

16,000 packages x 364,849 words and pairs of neighbouring words (tf-idf), response: logarithm of the installed size.
Prints the words that enter first, the path, the time and the worst duality gap, and saves a picture of the coefficients.
"""

from __future__ import annotations

import argparse
import time
from dataclasses import replace
from pathlib import Path

from debian_data import load_debian, tfidf

import fastnet

N_WORDS = 20  # how many of the first words to print


def fit(X, y, names, l1_ratio):
    """Path of one l1_ratio with the columns named, its CPU time and its wall time in seconds."""
    wall, cpu = time.perf_counter(), time.process_time()
    # Rows of tf-idf have length 1 already: to divide columns by their standard deviation would inflate rare words.
    path = fastnet.enet_path(X, y, l1_ratio=l1_ratio, standardize=False)
    seconds = time.process_time() - cpu, time.perf_counter() - wall
    return replace(path, feature_names=names), *seconds


def first_words(path):
    """The first N_WORDS words on the path with their coefficients, at the first point that holds so many."""
    point = next((k for k, df in enumerate(path.dfs) if df >= N_WORDS), len(path.alphas) - 1)
    alpha = path.alphas[point]
    column = {name: j for j, name in enumerate(path.feature_names)}
    coef = path.coefs[:, [point]].toarray().ravel()
    words = path.selected(alpha)[:N_WORDS]
    return alpha, [(word, coef[column[word]]) for word in words]


def draw(paths, output):
    """Save the coefficients of each path against alpha, side by side; say what to install where matplotlib is missing."""
    try:
        import matplotlib.pyplot as plt
    except ImportError:
        print("\nNo picture: it needs matplotlib. Install it with: python -m pip install '.[plot]'")
        return
    figure, axes = plt.subplots(1, len(paths), figsize=(7.5 * len(paths), 5.5), layout="constrained")
    for axis, (title, path) in zip(axes, paths.items(), strict=True):
        path.plot(x="alpha", ax=axis)
        axis.set_title(title)
    figure.savefig(output, dpi=130)
    print(f"\nCoefficient paths drawn in {output}")


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument(
        "--output", type=Path, default=Path("coefficient_paths.png"), help="the picture (PNG, PDF or SVG)"
    )
    arguments = parser.parse_args()

    data = load_debian()
    X = tfidf(data.counts)
    y = data.log_size
    n, p = X.shape
    print(
        f"{n:,} Debian packages, {p:,} words and word pairs, {X.nnz:,} non-zeros; response: log of the installed size"
    )

    start = time.perf_counter()
    fastnet.warmup()
    print(
        f"kernels ready in {time.perf_counter() - start:.1f} s (compiled the first time, read from the cache afterwards)"
    )

    paths = {}
    for title, l1_ratio in (("Lasso", 1.0), ("Elastic Net, l1_ratio 0.5", 0.5)):
        path, cpu, wall = fit(X, y, data.names, l1_ratio)
        paths[title] = path
        alpha, words = first_words(path)
        print(f"\n{title}\n{'=' * len(title)}")
        print(f"The words that enter first (coefficient at alpha = {alpha:.3g}):")
        for word, coef in words:
            print(f"    {coef:+7.3f}  {word}")
        print()
        print(path)
        print(
            f"{len(path.alphas)} points in {cpu:.2f} s of CPU time ({wall:.2f} s by the clock); worst gap {path.gaps.max():.1e}"
        )
    draw(paths, arguments.output)


if __name__ == "__main__":
    main()
