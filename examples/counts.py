"""Counts with an exposure: how many packages a Debian package depends on, per word of its description.

    python examples/counts.py

Poisson regression with the logarithm of the exposure as offset, so that the coefficients speak about rates; the same
data with a negative binomial, whose variance may exceed the mean.
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
        for j in order:
            print(f"    rate x {np.exp(coef[j] * X[:, [j]].max()):6.2f}  {data.names[j]}")
        mean = path.predict(X[:3], path.alphas[-1], offset=offset[:3])
        print("    expected and seen, first three packages:", np.round(mean, 1), y[:3])
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
