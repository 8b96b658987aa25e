"""One cross-validation by one solver, in a process of its own: called by compare_cv.py, prints one line of JSON.

python cv_solvers.py cv|path|cost|fit|cv1|cv2 SOLVER CASE TOLERANCE FOLDER
"""

from __future__ import annotations

import json
import subprocess
import sys
import time
from pathlib import Path
from typing import NamedTuple

import numpy as np
import scipy.sparse as sp

from benchmarks.problems import load

FOLDS = 10
R_SCRIPT = Path(__file__).resolve().parent / "glmnet_cv.R"


class Model(NamedTuple):
    family: str
    l1_ratio: float


class Case(NamedTuple):
    problem: str
    model: str
    n_alphas: int
    alpha_min_ratio: float


MODELS = {
    "lasso": Model("gaussian", 1.0), "elastic net": Model("gaussian", 0.5), "logistic": Model("binomial", 1.0),
}  # fmt: skip
SOLVERS_OF = {
    "fastnet": MODELS, "scikit-learn": MODELS, "celer": ("lasso", "elastic net"), "glmnet": MODELS,
}  # fmt: skip
SOLVERS = tuple(SOLVERS_OF)


def data(case):
    """X, y of a case; classes are the sign of the response."""
    X, y = load(case.problem)
    return X, (y > np.median(y)).astype(float) if MODELS[case.model].family == "binomial" else y


def grid(case, X, y):
    """Alphas from the largest, of the problem without intercept, down."""
    residual = y - 0.5 if MODELS[case.model].family == "binomial" else y
    largest = np.abs(X.T @ residual).max() / (len(y) * MODELS[case.model].l1_ratio)
    return largest * np.geomspace(1.0, case.alpha_min_ratio, case.n_alphas)


def fold_ids(n):
    return np.random.default_rng(0).permutation(n) % FOLDS


def pairs(n):
    ids = fold_ids(n)
    return [(np.flatnonzero(ids != k), np.flatnonzero(ids == k)) for k in range(FOLDS)]


def timed(call):
    start = time.process_time()
    result = call()
    return time.process_time() - start, result


# ---- solvers: (case, X, y, alphas, tol) -> coefficients of the path of all the data, or seconds of the folds


def fastnet_cv(case, X, y, alphas, tol):
    import fastnet

    model = MODELS[case.model]
    options = {"family": model.family, "l1_ratio": model.l1_ratio, "fit_intercept": False, "standardize": False}
    few = (X[:, :200] if sp.issparse(X) else np.asfortranarray(X[:, :200])), y
    fastnet.cv_path(*few, cv=fold_ids(len(y)), alphas=5, tol=tol, **options)  # loads the kernels
    return timed(lambda: fastnet.cv_path(X, y, cv=fold_ids(len(y)), alphas=alphas, tol=tol, **options))[0]


def sklearn_path(case, X, y, alphas, tol):
    from sklearn.linear_model import LogisticRegression, enet_path

    model = MODELS[case.model]
    if model.family == "gaussian":
        return enet_path(X, y, l1_ratio=model.l1_ratio, alphas=alphas, tol=tol, max_iter=1_000_000)[1]
    fit = LogisticRegression(l1_ratio=1.0, solver="liblinear", fit_intercept=False, tol=tol, max_iter=100_000)
    return np.column_stack([fit.set_params(C=1 / (len(y) * alpha)).fit(X, y).coef_[0] for alpha in alphas])


def sklearn_cv(case, X, y, alphas, tol):
    from sklearn.linear_model import ElasticNetCV, LassoCV, LogisticRegressionCV

    options = {"cv": pairs(len(y)), "fit_intercept": False, "tol": tol}
    if case.model == "logistic":
        fit = LogisticRegressionCV(
            Cs=1 / (len(y) * alphas), l1_ratios=(1.0,), solver="liblinear", max_iter=100_000, scoring="neg_log_loss",
            use_legacy_attributes=False, **options,
        )  # fmt: skip
    else:
        options |= {"alphas": alphas, "max_iter": 1_000_000}
        fit = LassoCV(**options) if case.model == "lasso" else ElasticNetCV(l1_ratio=0.5, **options)
    return timed(lambda: fit.fit(X, y))[0]


def celer_path(case, X, y, alphas, tol):
    from celer import celer_path as solve

    return solve(X, y, pb="lasso", alphas=alphas, l1_ratio=MODELS[case.model].l1_ratio, tol=tol, max_iter=1000)[1]


def celer_cv(case, X, y, alphas, tol):
    """What celer's LassoCV and ElasticNetCV do (they cannot be made with scikit-learn 1.9): its path on every fold."""

    def folds():
        for train, test in pairs(len(y)):
            part = X.tocsr()[train].tocsc() if sp.issparse(X) else np.asfortranarray(X[train])
            coefs = celer_path(case, part, y[train], alphas, tol)
            np.mean((y[test, None] - X[test] @ coefs) ** 2, axis=0)
        celer_path(case, X, y, alphas, tol)

    return timed(folds)[0]


def glmnet_both(case, X, y, alphas, tol, folder):
    """(coefficients, seconds): cv.glmnet fits all the data as well."""
    n, p = X.shape
    parts = {"data": X.data, "indices": X.indices, "indptr": X.indptr} if sp.issparse(X) else {"X": X.T}
    for name, values in (parts | {"y": y, "alphas": alphas, "folds": fold_ids(n) + 1.0}).items():
        np.ascontiguousarray(values, None if name in ("indices", "indptr") else float).tofile(f"{folder}/{name}.bin")
    model = MODELS[case.model]
    sparse, numbers = str(int(sp.issparse(X))), [str(n), str(p)]
    command = ["Rscript", str(R_SCRIPT), folder, *numbers, sparse, str(model.l1_ratio), repr(tol), model.family]
    seconds = float(subprocess.run(command, check=True, capture_output=True, text=True).stdout)
    stored = (np.fromfile(f"{folder}/out_data.bin"), np.fromfile(f"{folder}/out_indices.bin", np.int32),
              np.fromfile(f"{folder}/out_indptr.bin", np.int32))  # fmt: skip
    return sp.csc_array(stored, shape=(p, len(alphas))), seconds


PATHS = {"scikit-learn": sklearn_path, "celer": celer_path}
FOLD_FITS = {"fastnet": fastnet_cv, "scikit-learn": sklearn_cv, "celer": celer_cv}


# ---- fastnet alone


def cost(case, X, y, tol):
    """CPU seconds of a fit and of ten folds, each the least of three, and the folds' wall time in 1 thread over 2."""
    import fastnet

    options = {"tol": tol, "alpha_min_ratio": case.alpha_min_ratio}
    best = {"fit": np.inf, "wall": np.inf, "folds": np.inf, "one": np.inf, "two": np.inf}
    fastnet.enet_path(X, y, **options)
    for _ in range(3):
        start = time.perf_counter()
        best["fit"] = min(best["fit"], timed(lambda: fastnet.enet_path(X, y, **options))[0])
        best["wall"] = min(best["wall"], time.perf_counter() - start)
        for name, n_jobs in (("one", 1), ("two", 2)):
            start = time.perf_counter()
            spent, _ = timed(lambda n_jobs=n_jobs: fastnet.cv_path(X, y, cv=fold_ids(len(y)), n_jobs=n_jobs, **options))
            best[name] = min(best[name], time.perf_counter() - start)
            if n_jobs == 1:  # the path of all the data is not counted: the folds alone
                best["folds"] = min(best["folds"], spent)
    best["folds"] -= best["fit"]
    return best | {"speed_up": (best["one"] - best["wall"]) / (best["two"] - best["wall"])}


def peak(case, X, y, tol, what):
    """Resident bytes before, and at the peak of a fit or of the folds in one or two threads."""
    import fastnet
    from benchmarks.memory import resident

    options = {"tol": tol, "alpha_min_ratio": case.alpha_min_ratio}
    fastnet.enet_path(X[:, :50] if sp.issparse(X) else np.asfortranarray(X[:, :50]), y, alphas=3)  # loads the kernels
    Path("/proc/self/clear_refs").write_text("5")
    before = resident("VmRSS")
    if what == "fit":
        fastnet.enet_path(X, y, **options)
    else:
        fastnet.cv_path(X, y, cv=fold_ids(len(y)), n_jobs=int(what[-1]), **options)
    return {"before": before, "peak": resident("VmHWM")}


def main(what, solver, case, tol, folder):
    case, tol = Case(**json.loads(case)), float(tol)
    X, y = data(case)
    alphas = grid(case, X, y)
    answer = {}
    if what == "cost":
        answer = cost(case, X, y, tol)
    elif what in ("fit", "cv1", "cv2"):
        answer = peak(case, X, y, tol, what)
    elif solver == "glmnet":
        coefs, seconds = glmnet_both(case, X, y, alphas, tol, folder)
        sp.save_npz(f"{folder}/coefs.npz", coefs)
        answer = {"seconds": seconds, "cv": True}
    elif what == "path":
        sp.save_npz(f"{folder}/coefs.npz", sp.csc_array(PATHS[solver](case, X, y, alphas, tol)))
    else:
        answer = {"seconds": FOLD_FITS[solver](case, X, y, alphas, tol)}
    print(json.dumps(answer))


if __name__ == "__main__":
    import warnings

    warnings.simplefilter("ignore")
    main(*sys.argv[1:])
