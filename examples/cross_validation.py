"""Choose alpha for a real problem: cross-validation of the size of Debian packages from their descriptions.

    python examples/cross_validation.py [--rows 4000] [--n-jobs 2] [--output cross_validation.png]

Five folds of the lasso and an Elastic Net over the one sparse matrix, in threads; prints both choices, what they
select, the information criteria beside them, and what the folds cost in fits. Saves a picture.
"""

from __future__ import annotations

import argparse
import dataclasses
import time
from pathlib import Path

import numpy as np

import fastnet
from debian_data import load_debian, tfidf
from fastnet.criteria import criteria
from fastnet.model_selection import percentile


def timed(function, *args, **kwargs):
    """The result of a call, and its CPU seconds."""
    start = time.process_time()
    result = function(*args, **kwargs)
    return result, time.process_time() - start


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--rows", type=int, default=4000, help="packages drawn at random")
    parser.add_argument("--n-jobs", type=int, default=2, help="folds fitted at the same time")
    parser.add_argument("--output", type=Path, default=Path("cross_validation.png"), help="PNG, PDF or SVG")
    arguments = parser.parse_args()

    data = load_debian()
    rows = np.random.default_rng(0).permutation(len(data.log_size))
    train, test = np.sort(rows[: arguments.rows]), np.sort(rows[arguments.rows :])[:2000]
    X, y = tfidf(data.counts), data.log_size
    X_train = X[train].tocsc()
    print(f"{len(train):,} packages, {X.shape[1]:,} words and pairs of words")

    fastnet.warmup(X_train)
    options = {"standardize": False, "alpha_min_ratio": 0.02}
    path, one_fit = timed(fastnet.enet_path, X_train, y[train], **options)
    cv, all_folds = timed(
        fastnet.cv_path, X_train, y[train], cv=5, l1_ratio=(0.5, 1.0), n_jobs=arguments.n_jobs, **options
    )
    cv = dataclasses.replace(cv, paths=tuple(path.replace(feature_names=data.names) for path in cv.paths))
    print(f"\n{cv.summary()}")
    print(f"CPU time: {one_fit:.2f} s for one lasso path, {all_folds:.2f} s for 2 paths and their 5 folds each")

    found = criteria(path, X_train, y[train])
    choices = {
        "alpha_min": cv.alpha_min,
        "alpha_1se": cv.alpha_1se,
        "percentile rule": cv.choose(percentile(0.68)),
    }
    print(f"\n{'choice':>16}  {'alpha':>8}  {'non-zero':>8}  error on {len(test):,} other packages")
    for name, alpha in choices.items():
        show(name, cv.path, alpha, X[test], y[test])
    for name in ("bic", "ebic", "gcv"):
        show(f"{name}, lasso", path, found.alpha(name), X[test], y[test])
    print(f"\nThe first words at alpha_1se: {', '.join(cv.selected('1se')[:12])}")
    print(f"\n{cv.diagnose(X_train, y[train], alpha='1se')}")
    draw(cv, arguments.output)


def show(name, path, alpha, X, y):
    error = np.mean((y - path.predict(X, alpha)) ** 2)
    print(f"{name:>16}  {alpha:8.4g}  {np.count_nonzero(path.coef_at(alpha)):8d}  {error:.3f}")


def draw(cv, output):
    try:
        ax = cv.plot()
    except ImportError as error:
        print(f"\nNo picture: {error}")
        return
    ax.figure.savefig(output, dpi=130)
    print(f"\nErrors of the folds drawn in {output}")


if __name__ == "__main__":
    main()
