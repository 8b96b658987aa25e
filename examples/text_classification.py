"""Which words tell a game: logistic regression of a Debian package's section on its description.

    python examples/text_classification.py [section]

16,000 packages x 364,849 words and pairs of words (tf-idf); one package in six is left out and classified. Prints the
words that speak for and against the section, and how well the path predicts, alpha by alpha.
"""

from __future__ import annotations

import sys
import time

import numpy as np

import fastnet
from debian_data import load_debian, tfidf
from pictures import make_axes, save


def area_under_curve(score, y):
    """Probability that a member scores above a non-member."""
    rank = np.empty(len(score))
    rank[np.argsort(score)] = np.arange(1, len(score) + 1)
    members = y.sum()
    return (rank[y == 1].sum() - members * (members + 1) / 2) / (members * (len(y) - members))


def main(section="games"):
    data = load_debian()
    y = (data.section == data.classes.index(section)).astype(float)
    X = tfidf(data.counts)
    held_out = np.arange(len(y)) % 6 == 0
    print(f"{y.sum():.0f} of {len(y)} packages are in section {section!r}")

    # Held-out rows get weight 0: no copy of X.
    start = time.process_time()
    path = fastnet.enet_path(
        X, y, family="binomial", l1_ratio=0.9, alphas=60, alpha_min_ratio=0.02, tol=1e-5, standardize=False,
        sample_weight=(~held_out).astype(float),
    )  # fmt: skip
    print(f"{path!r}\n{time.process_time() - start:.1f} s of CPU time")

    link = path.predict(X[held_out], kind="link")
    auc = [area_under_curve(link[:, k], y[held_out]) for k in range(len(path))]
    for k in range(9, len(path), 10):
        print(f"  alpha {path.alphas[k]:.2e}: words {path.dfs[k]:5d}, held-out area under the ROC curve {auc[k]:.3f}")

    coef = path.coefs[:, [-1]].toarray()[:, 0]
    order = np.argsort(coef)
    print("for:    ", ", ".join(data.names[j] for j in order[::-1][:15] if coef[j] > 0))
    print("against:", ", ".join(data.names[j] for j in order[:15] if coef[j] < 0))
    draw(path.replace(feature_names=data.names), auc)


def draw(path, auc, output="text_classification.png"):
    """Coefficients along the path, and how well its points predict."""
    axes = make_axes(2)
    if axes is None:
        return
    path.plot(ax=axes[0], labels=12)
    axes[1].plot(path.dfs, auc, "o-", markersize=4)
    axes[1].set_xscale("symlog")
    axes[1].set_xlabel("words in the model")
    axes[1].set_ylabel("held-out area under the ROC curve")
    save(axes, output)


if __name__ == "__main__":
    main(*sys.argv[1:])
