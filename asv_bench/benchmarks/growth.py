"""How time grows with p at fixed n and fixed truth: sparse noise columns are added to the same problem.

``python -m benchmarks.growth`` (in asv_bench) prints the table: each doubling should cost at most 2.2 x.
"""

import time
from functools import lru_cache

import numpy as np
import scipy.sparse as sp

from .path import PLAIN, Timed, compiled, fit
from .problems import alpha_grid, normalized

ROWS = 10_000
BLOCK = 100_000  # columns that are drawn with one seed: the problem of 2p columns begins with that of p
SIZES = [BLOCK * 2**k for k in range(6)]  # 1e5 ... 3.2e6
TRUE = 50


def noise_block(number):
    """CSC (ROWS, BLOCK): six entries 1 + Exp(1) a column, at random rows."""
    rng = np.random.default_rng([11, number])
    rows = np.sort(rng.integers(0, ROWS, (BLOCK, 6), dtype=np.int32), axis=1).ravel()
    values = 1 + rng.exponential(1.0, rows.size)
    block = sp.csc_matrix((values, rows, np.arange(0, rows.size + 1, 6)), shape=(ROWS, BLOCK))
    block.sum_duplicates()
    return block


@lru_cache(maxsize=1)
def growing_problem(p):
    """X (ROWS, p) CSC, y and alphas.

    The first 50 columns are dense (10 %) and true; y and alphas are the same for every p.
    """
    rng = np.random.default_rng(10)
    values = lambda count: 1 + rng.exponential(1.0, count)
    true = sp.random(ROWS, TRUE, 0.1, format="csc", random_state=rng, data_rvs=values)
    signal = true @ (rng.choice([-1, 1], TRUE) * rng.uniform(0.5, 1.5, TRUE))
    y = normalized(signal + rng.standard_normal(ROWS) * np.std(signal) / np.sqrt(3))
    blocks = [noise_block(k) for k in range(-(-p // BLOCK))]
    X = sp.csc_matrix(sp.hstack([true, *blocks], format="csc")[:, :p])
    X.sort_indices()
    return X, y, alpha_grid(true.tocsc(), y, 1.0, 0.02)


class Growth(Timed):
    """The whole path to 0.02 alpha_max for p = 1e5 ... 3.2e6."""

    params = [SIZES, [1e-4, 1e-7]]
    param_names = ["p", "tol"]

    def setup(self, p, tol):
        compiled("sparse", "plain", 1.0, tol)
        X, y, alphas = growing_problem(p)
        self.problem = X, y, PLAIN | {"alphas": alphas, "l1_ratio": 1.0}

    def time_path(self, p, tol):
        fit(*self.problem, tol)


def main():
    before = None
    print("| columns | CPU seconds | against half the columns |\n|---|---|---|")
    for p in SIZES:
        growth = Growth()
        growth.setup(p, 1e-6)
        taken = []
        for _ in range(5):
            start = time.process_time()
            growth.time_path(p, 1e-6)
            taken.append(time.process_time() - start)
        seconds = min(taken)
        ratio = "–" if before is None else f"{seconds / before:.2f} ×"
        print(f"| {p:,} | {seconds:.3g} | {ratio} |", flush=True)
        before = seconds


if __name__ == "__main__":
    main()
