"""Counts with an exposure: how many packages a Debian package depends on, per word of its description.

    python examples/counts.py

The exposure is the number of words of the description: its logarithm is the offset, so that the coefficients speak
about packages per word. Poisson regression, and the same data with a negative binomial, whose variance may exceed the
mean.
"""

from __future__ import annotations

import numpy as np

import fastnet
from debian_data import load_debian, tfidf
from fastnet.losses import negative_binomial
from pictures import make_axes, save


def main():
    data = load_debian()
    y, X = data.n_depends, tfidf(data.counts)
    exposure = np.asarray(data.counts.sum(axis=1)).ravel()
    offset = np.log(np.maximum(exposure, 1.0))
    paths = {}
    for family in ("poisson", negative_binomial(theta=1.0)):
        path = fastnet.enet_path(
            X, y, family=family, offset=offset, alphas=40, alpha_min_ratio=0.05, tol=1e-5, standardize=False
        )
        paths[path.family] = path.replace(feature_names=data.names)
        print(repr(path))
        coef = path.coefs[:, [-1]].toarray()[:, 0]
        order = np.argsort(-np.abs(coef))[:12]
        factor = {j: np.exp(coef[j] * X[:, [j]].max()) for j in order}
        print(
            "  the largest coefficients: by what the rate is multiplied in the description where the word weighs most"
        )
        for j in sorted(factor, key=factor.get, reverse=True):
            print(f"    rate x {factor[j]:6.2f}  {data.names[j]}")
        mean = path.predict(X[:3], path.alphas[-1], offset=offset[:3])
        print("  first three packages: expected", np.round(mean, 1), "and seen", y[:3].astype(int), "\n")
    draw(paths)


def draw(paths, output="counts.png"):
    """Coefficients of both families along their paths."""
    axes = make_axes(len(paths))
    if axes is None:
        return
    for ax, (family, path) in zip(axes, paths.items(), strict=True):
        path.plot(ax=ax)
        ax.set_title(family)
    save(axes, output)


if __name__ == "__main__":
    main()
