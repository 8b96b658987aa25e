"""One adapter per solver and family: mean loss + alpha |b|_1 over a path of alphas, no intercept, X as it is.

As in `peers.py`: each ``tol`` is the solver's own, peers are imported inside their adapter, `python -m
benchmarks.glm_peers` answers requests. The gaps are `fastnet.verify`'s, which shares no code with the solver.
"""

from __future__ import annotations

import importlib.metadata
import json
import os
import time
from collections.abc import Callable
from functools import partial
from typing import NamedTuple

import numpy as np
import scipy.sparse as sp

from .peers import REPEAT_BELOW, PeerFailed, glmnet_path, timed, version

LOOPS = 1_000_000  # "as many as it takes"


def fastnet_path(family, X, y, alphas, tol):
    """fastnet itself; here ``tol`` is the relative duality gap that it promises."""
    import fastnet

    start = time.process_time()
    path = fastnet.enet_path(X, y, family=family, alphas=alphas, tol=tol, fit_intercept=False, standardize=False)
    return path.coefs, time.process_time() - start


def celer_path(family, X, y, alphas, tol):
    """celer's working sets with dual extrapolation; its logistic loss is a sum over -1 and 1."""
    from celer import celer_path as solve

    start = time.process_time()
    signs = np.where(y > 0, 1.0, -1.0)
    _, coefs, _ = solve(X, signs, pb="logreg", alphas=alphas * len(y), tol=tol, max_iter=1000, use_PN=False)
    return coefs, time.process_time() - start


def skglm_path(family, X, y, alphas, tol):
    """skglm's prox-Newton with working sets, each point from the one before; ``tol`` bounds a subgradient."""
    from skglm.datafits import Logistic, Poisson
    from skglm.penalties import L1
    from skglm.solvers import ProxNewton
    from skglm.utils.jit_compilation import compiled_clone

    solver = ProxNewton(tol=tol, fit_intercept=False, max_iter=1000, warm_start=True)
    datafit = compiled_clone((Logistic if family == "binomial" else Poisson)())
    penalty = compiled_clone(L1(alphas[0]))
    start = time.process_time()
    target = np.where(y > 0, 1.0, -1.0) if family == "binomial" else y
    coef, predictor = np.zeros(X.shape[1]), np.zeros(len(y))
    coefs = []
    for alpha in alphas:
        penalty.alpha = alpha
        coef, *_ = solver.solve(X, target, datafit, penalty, coef, predictor)
        predictor = X @ coef
        coefs.append(sp.csc_matrix(coef[:, None]))
    return sp.hstack(coefs, format="csc"), time.process_time() - start


def adelie_path(family, X, y, alphas, tol):
    """adelie's grpnet, groups of one column, one thread; ``tol`` is that of its sweeps and of its Newton steps."""
    import adelie as ad

    start = time.process_time()
    matrix = ad.matrix.sparse(X, n_threads=1) if sp.issparse(X) else ad.matrix.dense(X, n_threads=1)
    if family == "cox":
        glm = ad.glm.cox(start=np.full(len(y), -1.0), stop=y[:, 0], status=y[:, 1], tie_method="breslow")
    else:
        glm = {"binomial": ad.glm.binomial, "poisson": ad.glm.poisson}[family](y)
    state = ad.grpnet(
        matrix, glm, lmda_path=alphas, tol=tol, irls_tol=tol, intercept=False, early_exit=False,
        max_iters=100 * LOOPS, irls_max_iters=LOOPS, n_threads=1, progress_bar=False,
    )  # fmt: skip
    seconds = time.process_time() - start
    return sp.csr_matrix(state.betas).T, seconds


def glmnet_glm_path(family, X, y, alphas, tol):
    """R's glmnet; see `peers.glmnet_path`."""
    return glmnet_path(X, y, alphas, 1.0, tol, family)


def sklearn_path(family, X, y, alphas, tol):
    """scikit-learn's LogisticRegression on LIBLINEAR, the fastest of its solvers with an L1 penalty; no warm start."""
    from sklearn.linear_model import LogisticRegression

    return _liblinear(lambda C: LogisticRegression(l1_ratio=1.0, solver="liblinear", C=C, fit_intercept=False,
                                                   tol=tol, max_iter=LOOPS), X, y, alphas)  # fmt: skip


def liblinear_path(family, X, y, alphas, tol):
    """LIBLINEAR's solver 5 as scikit-learn's LinearSVC calls it; no warm start."""
    from sklearn.svm import LinearSVC

    return _liblinear(lambda C: LinearSVC(penalty="l1", dual=False, C=C, fit_intercept=False, tol=tol,
                                          max_iter=LOOPS), X, y, alphas)  # fmt: skip


def _liblinear(make, X, y, alphas):
    start = time.process_time()
    X = sp.csr_matrix(X) if sp.issparse(X) else X  # what LIBLINEAR wants, once
    coefs = [sp.csc_matrix(make(1.0 / (len(y) * alpha)).fit(X, y).coef_.reshape(-1, 1)) for alpha in alphas]
    return sp.hstack(coefs, format="csc"), time.process_time() - start


def coxnet_path(family, X, y, alphas, tol):
    """scikit-survival's Coxnet."""
    from sksurv.linear_model import CoxnetSurvivalAnalysis

    outcome = np.array(list(zip(y[:, 1] > 0, y[:, 0])), dtype=[("event", bool), ("time", float)])
    start = time.process_time()
    model = CoxnetSurvivalAnalysis(alphas=alphas, l1_ratio=1.0, tol=tol, max_iter=100 * LOOPS, normalize=False)
    model.fit(X, outcome)
    return model.coef_, time.process_time() - start


class GLMPeer(NamedTuple):
    """How a solver is found and where the search for its tolerance begins."""

    solve: Callable
    package: str
    start_exponent: float  # 10^-this is tried first for a gap of 1e-4


GLM_PEERS = {
    "binomial": {
        "glmnet": GLMPeer(glmnet_glm_path, "glmnet", 9),
        "adelie": GLMPeer(adelie_path, "adelie", 8),
        "celer": GLMPeer(celer_path, "celer", 4),
        "skglm": GLMPeer(skglm_path, "skglm", 5),
        "scikit-learn": GLMPeer(sklearn_path, "scikit-learn", 4),
    },
    "poisson": {
        "glmnet": GLMPeer(glmnet_glm_path, "glmnet", 10),
        "adelie": GLMPeer(adelie_path, "adelie", 10),
        "skglm": GLMPeer(skglm_path, "skglm", 4),
    },
    "cox": {
        "glmnet": GLMPeer(glmnet_glm_path, "glmnet", 11),
        "adelie": GLMPeer(adelie_path, "adelie", 10),
        "scikit-survival": GLMPeer(coxnet_path, "scikit-survival", 11),
    },
    "squared_hinge": {"LIBLINEAR": GLMPeer(liblinear_path, "scikit-learn", 4)},
}
NAMES = list(dict.fromkeys(name for peers in GLM_PEERS.values() for name in peers))
FASTNET = GLMPeer(fastnet_path, "fastnet-path", 4)


def versions() -> dict[str, str]:
    """The peers that this interpreter has."""
    found = {}
    for peers in GLM_PEERS.values():
        for name, peer in peers.items():
            if peer.package == "glmnet":
                found[name] = version("glmnet")
                continue
            try:
                text = importlib.metadata.version(peer.package)
                found[name] = f"of {peer.package} {text}" if name == "LIBLINEAR" else text
            except importlib.metadata.PackageNotFoundError:
                found[name] = None
    return {name: text for name, text in found.items() if text}


def solve_and_check(solve, family, X, y, alphas, tol, solved=lambda: None, repeat_below=REPEAT_BELOW):
    """As `peers.solve_and_check`, with the gaps of `fastnet.verify`; calls `solved` before it checks."""
    import fastnet

    coefs, times = timed(partial(solve, family, X, y, alphas, tol), solve is glmnet_glm_path, repeat_below)
    solved()
    if coefs.shape[1] != len(alphas):
        raise PeerFailed(f"returned {coefs.shape[1]} of {len(alphas)} points")
    coefs = sp.csc_matrix(coefs)
    found = fastnet.verify(
        X, y, coefs, np.zeros(len(alphas)), alphas, family=family, fit_intercept=False, standardize=False
    )
    return times | {"gap": float(found.gaps.max()), "active": int(np.diff(coefs.indptr)[-1])}


def answer(ask, warm, tell):
    """The answer to one request; `tell` reports "begin" and "solved" on the way."""
    from .glm_problems import GLM_PROBLEMS, glm_grid, load_glm, small_name

    name, problem = ask["solver"], ask["problem"]
    family = GLM_PROBLEMS[problem].family
    solve = (FASTNET if name == "fastnet" else GLM_PEERS[family][name]).solve
    small = small_name(problem)
    if name != "glmnet" and (small, name) not in warm:
        solve_and_check(solve, family, *load_glm(small), glm_grid(small, 0.1, 20), 1e-5, repeat_below=0)
        warm.add((small, name))
    alphas = glm_grid(problem, ask["alpha_min_ratio"], ask["n_alphas"])
    X, y = load_glm(problem)
    tell("begin")
    return solve_and_check(solve, family, X, y, alphas, ask["tol"], partial(tell, "solved"))


def serve() -> None:
    """Answer requests, one JSON object a line, until the input ends; the asking side sets the limit."""
    import sys

    answers = os.fdopen(os.dup(1), "w")
    os.dup2(2, 1)  # whatever a solver prints goes to stderr

    def tell(line):
        answers.write(line + "\n")
        answers.flush()

    warm = set()
    for line in sys.stdin:
        try:
            found = answer(json.loads(line), warm, tell)
        except Exception as error:  # a peer's failure is a result
            found = {"error": f"{type(error).__name__}: {error}"[:300]}
        tell(json.dumps(found))


if __name__ == "__main__":
    serve()
