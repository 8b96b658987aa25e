"""One adapter per solver: the same path problem in, coefficients and CPU seconds out.

    ||y - Xb||^2 / (2n) + alpha * (l1_ratio ||b||_1 + (1 - l1_ratio)/2 ||b||^2), no intercept, X as it is.

Each ``tol`` is the solver's own; ``tuning.py`` finds the loosest that meets an independent gap.
Peers are imported inside their adapter: any of them may be absent.
"""

from __future__ import annotations

import importlib.metadata
import json
import os
import subprocess
import tempfile
import time
import warnings
import zlib
from collections.abc import Callable
from functools import cache, partial
from pathlib import Path
from typing import NamedTuple

import numpy as np
import scipy.sparse as sp

R_SCRIPT = Path(__file__).resolve().parents[1] / "glmnet_path.R"


class PeerFailed(RuntimeError):
    """The solver returned something that is not a path over the alphas asked for."""


def warm_up_fastnet(X):
    import fastnet

    fastnet.warmup(X)


def fastnet_path(X, y, alphas, l1_ratio, tol):
    """fastnet itself; here ``tol`` is the relative duality gap that it promises."""
    import fastnet

    start = time.process_time()
    path = fastnet.enet_path(X, y, alphas=alphas, l1_ratio=l1_ratio, tol=tol, fit_intercept=False, standardize=False)
    return path.coefs, time.process_time() - start


def sklearn_path(X, y, alphas, l1_ratio, tol, precompute=False):
    """scikit-learn's coordinate descent with gap-safe screening; ``tol`` bounds its gap / ||y||^2."""
    from sklearn.linear_model import enet_path

    start = time.process_time()
    control = {"tol": tol, "precompute": precompute, "max_iter": 1_000_000, "copy_X": False}
    _, coefs, _ = enet_path(X, y, l1_ratio=l1_ratio, alphas=alphas, **control)
    return coefs, time.process_time() - start


def sklearn_gram_path(X, y, alphas, l1_ratio, tol):
    """The same on the p x p Gram matrix, its computation included; for p <= n only."""
    return sklearn_path(X, y, alphas, l1_ratio, tol, precompute=True)


def celer_path(X, y, alphas, l1_ratio, tol):
    """celer: working sets, dual extrapolation."""
    from celer import celer_path as solve

    start = time.process_time()
    _, coefs, _ = solve(X, y, pb="lasso", alphas=alphas, l1_ratio=l1_ratio, tol=tol, max_iter=1000)
    return coefs, time.process_time() - start


def skglm_path(X, y, alphas, l1_ratio, tol):
    """skglm: working sets, Anderson extrapolation; ``tol`` bounds its largest subgradient distance.

    Datafit and penalty go in compiled, as before its version 0.5: its ``path`` calls some of their methods
    outside compiled code, which takes seconds on sparse data otherwise.
    """
    from skglm.datafits import Quadratic
    from skglm.penalties import L1, L1_plus_L2
    from skglm.solvers import AndersonCD
    from skglm.utils.jit_compilation import compiled_clone

    penalty = L1(alphas[0]) if l1_ratio == 1 else L1_plus_L2(alphas[0], l1_ratio)
    solver = AndersonCD(tol=tol, fit_intercept=False, max_iter=1000, max_epochs=1_000_000)
    start = time.process_time()
    _, coefs, _ = solver.path(X, y, compiled_clone(Quadratic()), compiled_clone(penalty), alphas)
    return coefs, time.process_time() - start


def adelie_path(X, y, alphas, l1_ratio, tol):
    """adelie's grpnet with groups of one column, one thread."""
    import adelie as ad

    start = time.process_time()
    matrix = ad.matrix.sparse(X, n_threads=1) if sp.issparse(X) else ad.matrix.dense(X, n_threads=1)
    state = ad.grpnet(
        matrix,
        ad.glm.gaussian(y),
        alpha=l1_ratio,
        lmda_path=alphas,
        tol=tol,
        intercept=False,
        early_exit=False,
        max_iters=100_000_000,
        n_threads=1,
        progress_bar=False,
    )
    seconds = time.process_time() - start
    return sp.csr_matrix(state.betas).T, seconds


def glmnet_path(X, y, alphas, l1_ratio, tol, family="gaussian"):
    """R's glmnet in a fresh R; seconds are R's own around the call, warm, the least of some.

    A Gaussian ``y`` must have mean 0 and mean(y^2) = 1: then glmnet's internal scaling of y changes nothing. For "cox"
    it has the columns time and event.
    """
    with tempfile.TemporaryDirectory() as folder:
        place = Path(folder)
        if sp.issparse(X):
            X.data.tofile(place / "data.bin")
            X.indices.astype(np.int32).tofile(place / "indices.bin")
            X.indptr.astype(np.int32).tofile(place / "indptr.bin")
        else:
            X.T.tofile(place / "X.bin")  # column after column
        y.T.tofile(place / "y.bin")
        np.asarray(alphas, float).tofile(place / "alphas.bin")
        request = [str(place), *map(str, X.shape), str(int(sp.issparse(X))), repr(l1_ratio), repr(tol), family]
        command = ["Rscript", "--vanilla", str(R_SCRIPT), *request]
        done = subprocess.run(command, capture_output=True, text=True)
        if done.returncode:
            said = done.stderr.strip().splitlines()
            raise PeerFailed(said[-1] if said else "R failed and said nothing")
        seconds = float(done.stdout.strip().splitlines()[-1])
        indptr = np.fromfile(place / "out_indptr.bin", np.int32)
        indices = np.fromfile(place / "out_indices.bin", np.int32)
        coefs = sp.csc_matrix(
            (np.fromfile(place / "out_data.bin"), indices, indptr), shape=(X.shape[1], len(indptr) - 1)
        )
    return coefs, seconds


class Peer(NamedTuple):
    """How a solver is found and where the search for its tolerance begins."""

    solve: Callable
    package: str
    start_exponent: float  # 10^-this is tried first for a gap of 1e-4
    tall_only: bool = False


PEERS = {
    "glmnet": Peer(glmnet_path, "glmnet", 8),
    "adelie": Peer(adelie_path, "adelie", 8),
    "celer": Peer(celer_path, "celer", 4),
    "skglm": Peer(skglm_path, "skglm", 4),
    "scikit-learn": Peer(sklearn_path, "scikit-learn", 4),
    "scikit-learn Gram": Peer(sklearn_gram_path, "scikit-learn", 4, tall_only=True),
}
SOLVERS = {"fastnet": Peer(fastnet_path, "fastnet-path", 4), **PEERS}


@cache
def version(name: str) -> str | None:
    """Version of a solver here, None where it is absent."""
    package = SOLVERS[name].package
    if package == "glmnet":
        query = 'cat(as.character(packageVersion("glmnet")), as.character(getRversion()))'
        try:
            done = subprocess.run(["Rscript", "--vanilla", "-e", query], capture_output=True, text=True)
        except FileNotFoundError:
            return None
        return done.stdout.strip() if done.returncode == 0 else None
    try:
        return importlib.metadata.version(package)
    except importlib.metadata.PackageNotFoundError:
        return None


def pace() -> float:
    """CPU seconds of a fixed piece of work: on shared cores other load slows CPU time too, up to 2 x."""
    work = bytes(range(256)) * 400 + bytes(i * i % 251 for i in range(100_000))
    start = time.process_time()
    zlib.compress(work, 6)
    zlib.compress(work[::-1], 6)
    return time.process_time() - start


REPEAT_BELOW, MOST_RUNS = 2.0, 60  # short runs are repeated until they take so many seconds in sum, at most so often


def timed(solve, once, repeat_below):
    """(coefs, {'seconds': least CPU time, 'runs', 'pace'}) of ``solve()``, short runs repeated unless `once`."""
    taken, paces = [], [pace()]
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # a loose tolerance is the search's business, not a fault
        while not taken or (sum(taken) < repeat_below and len(taken) < MOST_RUNS and not once):
            coefs, seconds = solve()
            taken.append(seconds)
            paces.append(pace())
    return coefs, {"seconds": min(taken), "runs": len(taken), "pace": min(paces)}


def solve_and_check(name, X, y, alphas, l1_ratio, tol, repeat_below=REPEAT_BELOW):
    """Run a solver, short runs repeatedly; {'seconds': least CPU time, 'gap': worst relative gap over the path}."""
    from .gapcheck import path_gaps

    solve = partial(SOLVERS[name].solve, X, y, alphas, l1_ratio, tol)
    coefs, found = timed(solve, name == "glmnet", repeat_below)  # glmnet repeats in R
    if coefs.shape[1] != len(alphas):
        raise PeerFailed(f"returned {coefs.shape[1]} of {len(alphas)} points")
    coefs = sp.csc_matrix(coefs)
    gap = float(path_gaps(X, y, alphas, coefs, l1_ratio).max())
    return found | {"gap": gap, "active": int(coefs[:, [-1]].nnz)}


def serve() -> None:
    """Answer requests, one JSON object a line, until the input ends; the asking side sets the limit."""
    import sys

    from .problems import PROBLEMS, alpha_grid, load

    answers = os.fdopen(os.dup(1), "w")
    os.dup2(2, 1)  # whatever a solver prints goes to stderr
    warm = set()
    for line in sys.stdin:
        ask = json.loads(line)
        name, l1_ratio = ask["solver"], ask["l1_ratio"]
        kind = PROBLEMS[ask["problem"]].kind
        try:
            small = "SmokeSparse" if kind == "sparse" else "SmokeTall" if kind == "tall" else "Smoke"
            if name != "glmnet" and (small, name, l1_ratio) not in warm:
                X, y = load(small)
                if name == "fastnet":  # the small problem does not reach the solver of thousands of active columns
                    warm_up_fastnet(X)
                solve_and_check(name, X, y, alpha_grid(X, y, l1_ratio, 0.05), l1_ratio, 1e-6, 0)
                warm.add((small, name, l1_ratio))
            X, y = load(ask["problem"])
            alphas = alpha_grid(X, y, l1_ratio, ask["alpha_min_ratio"], ask["n_alphas"])
            answers.write("begin\n")
            answers.flush()
            answer = solve_and_check(name, X, y, alphas, l1_ratio, ask["tol"])
        except Exception as error:  # a peer's failure is a result
            answer = {"error": f"{type(error).__name__}: {error}"[:300]}
        answers.write(json.dumps(answer) + "\n")
        answers.flush()


if __name__ == "__main__":
    serve()
