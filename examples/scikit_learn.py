"""Changing an import is enough: a scikit-learn pipeline that finds the section of a Debian package, on fastnet.

    python examples/scikit_learn.py [--rows 3000]

Text to tf-idf, words chosen by a sparse logistic regression, and its strength by a grid search; then the same LassoCV
by scikit-learn and by fastnet, with their times and the largest difference of their errors.
"""

from __future__ import annotations

import argparse
import time

import numpy as np
from sklearn import linear_model
from sklearn.feature_extraction.text import TfidfTransformer
from sklearn.model_selection import GridSearchCV, train_test_split
from sklearn.pipeline import make_pipeline

import fastnet
import fastnet.sklearn
from debian_data import load_debian
from pictures import make_axes, save


def classify(counts, section, classes):
    """Libraries against everything else: a grid search over a pipeline, scored on packages it has not seen."""
    y = np.char.startswith(np.array(classes)[section], "lib")
    X_train, X_test, y_train, y_test = train_test_split(counts, y, random_state=0, stratify=y)
    pipeline = make_pipeline(
        TfidfTransformer(sublinear_tf=True), fastnet.sklearn.LogisticRegression(l1_ratio=1.0, tol=1e-2)
    )
    search = GridSearchCV(pipeline, {"logisticregression__C": [1.0, 3.0, 10.0, 30.0]}, scoring="roc_auc", cv=3)
    search.fit(X_train, y_train)
    model = search.best_estimator_[-1]
    print(f"Libraries: {y.mean():.0%} of {len(y):,} packages")
    print(
        f"C = {search.best_params_['logisticregression__C']:g}, {np.count_nonzero(model.coef_):,} of "
        f"{model.n_features_in_:,} words and pairs; AUC {search.score(X_test, y_test):.3f} on the test part"
    )


def compare(X, y):
    """The same cross-validated lasso twice."""
    options = {"cv": 3, "alphas": 30, "eps": 0.05, "tol": 1e-4}
    errors = {}
    for name, module in (("scikit-learn", linear_model), ("fastnet", fastnet.sklearn)):
        start = time.process_time()
        model = module.LassoCV(**options).fit(X, y)
        errors[name] = model.mse_path_
        alphas = model.alphas_
        print(
            f"{name:>14}: {time.process_time() - start:6.2f} s of CPU time, alpha {model.alpha_:.4g}, "
            f"{np.count_nonzero(model.coef_)} words"
        )
    difference = np.abs(errors["fastnet"] / errors["scikit-learn"] - 1).max()
    print(f"largest relative difference of an error of a fold: {difference:.1e}")
    draw(alphas, errors)


def draw(alphas, errors, output="scikit_learn.png"):
    """Errors of the folds by both: the curves lie on one another."""
    axes = make_axes(1)
    if axes is None:
        return
    for (name, error), style in zip(errors.items(), ("-", "k:"), strict=True):
        axes[0].semilogx(alphas, error.mean(axis=1), style, label=name)
    axes[0].invert_xaxis()
    axes[0].set_xlabel("alpha")
    axes[0].set_ylabel("mean squared error of 3 folds")
    axes[0].legend()
    save(axes, output)


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--rows", type=int, default=3000, help="packages drawn at random")
    rows = parser.parse_args().rows

    data = load_debian()
    chosen = np.sort(np.random.default_rng(0).permutation(len(data.log_size))[:rows])
    counts = data.counts[chosen]
    counts = counts[:, np.diff(counts.tocsc().indptr) > 1].tocsc()  # words of two packages at least
    fastnet.warmup(counts)
    classify(counts, data.section[chosen], data.classes)
    print(f"\nLassoCV of the logarithm of the size, {counts.shape[0]:,} x {counts.shape[1]:,}, 3 folds, 30 alphas")
    compare(TfidfTransformer(sublinear_tf=True).fit_transform(counts).tocsc(), data.log_size[chosen])


if __name__ == "__main__":
    main()
