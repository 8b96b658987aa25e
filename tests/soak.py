"""Command: thousands of fits in one process; memory and times must stay flat.

    python tests/soak.py --small 10000 --large 200

Small fits vary in shape, layout, family and options; large ones are lassos of 400 x 20,000 dense numbers and of
5,000 x 50,000 sparse ones. Printed for each kind: resident memory, CPU time per fit, and that time over that of a fixed
piece of work done in between, since the pace of a shared machine changes by more than what is looked for.
Exit status 1 where, after the first fifth, memory has grown by more than 3 % and 8 MB, or the median of that ratio by
more than 20 % from the first half of the rest to the second.
"""

from __future__ import annotations

import argparse
import gc
import os
import sys
import time
import warnings

for variable in ("OPENBLAS_NUM_THREADS", "OMP_NUM_THREADS"):
    os.environ.setdefault(variable, "1")

import numpy as np  # noqa: E402
import scipy.sparse as sp  # noqa: E402

import fastnet  # noqa: E402


def resident() -> float:
    """Resident memory now, MB (Linux), or the peak so far elsewhere."""
    try:
        with open("/proc/self/statm") as file:
            return int(file.read().split()[1]) * os.sysconf("SC_PAGE_SIZE") / 1e6
    except OSError:
        import resource

        return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / (1e6 if sys.platform == "darwin" else 1e3)


def small_fits(count):
    """A cycle of 24 problems, so that every part of the run sees the same work."""
    rng = np.random.default_rng(0)
    problems = []
    for k in range(24):
        n, p = 20 + 5 * (k % 5), 15 + 17 * (k % 4)
        X = rng.standard_normal((n, p)) * (rng.random((n, p)) < 0.7)
        eta = X[:, :4].sum(axis=1) + rng.standard_normal(n)
        family = ("gaussian", "gaussian", "gaussian", "binomial", "poisson", "huber")[k % 6]
        y = {"binomial": eta > 0, "poisson": np.floor(np.exp(np.clip(eta, -3, 3))) + (np.arange(n) == 0)}.get(
            family, eta
        )
        X = (np.asfortranarray, np.ascontiguousarray, sp.csc_array, sp.csr_array)[k % 4](X)
        options = [{}, {"l1_ratio": 0.5}, {"lower": 0.0}, {"sample_weight": rng.random(n)}, {"l1_ratio": 0.0}][k % 5]
        problems.append((X, y * 1.0, {"family": family, "alphas": 10, **options}))
    for k in range(count):
        yield problems[k % len(problems)]


def large_fits(count):
    rng = np.random.default_rng(1)
    dense = np.asfortranarray(rng.standard_normal((400, 20_000)))
    rows = rng.integers(0, 5_000, (50_000, 30))
    indptr = np.arange(0, rows.size + 1, 30)
    sparse = sp.csc_array((rng.standard_normal(rows.size), rows.ravel(), indptr), shape=(5_000, 50_000))
    for k in range(count):
        X = (dense, sparse)[k % 2]
        y = X[:, :20] @ np.ones(20) + np.random.default_rng(2).standard_normal(X.shape[0])
        yield X, y, {"alphas": 20, "alpha_min_ratio": 0.2}


def soak(fits, blocks=10, cycle=24):
    """Of each block: memory in MB after it, seconds of CPU per fit, seconds per yardstick.

    Blocks are whole cycles of problems; after each cycle comes a yardstick.
    """
    fits = list(fits)
    length = max(1, len(fits) // blocks // cycle) * cycle
    for X, y, options in fits[:cycle]:
        fit(X, y, options)  # compiles
    memory, seconds, pace = [], [], []
    for start in range(0, len(fits) - length + 1, length):
        spent = {fit: 0.0, yardstick: 0.0}
        for k, problem in enumerate(fits[start : start + length], 1):
            for work, given in [(fit, problem)] + [(yardstick, ())] * (k % cycle == 0):
                begin = time.process_time()
                work(*given)
                spent[work] += time.process_time() - begin
        seconds.append(spent[fit] / length)
        pace.append(spent[yardstick] / (length // cycle))
        gc.collect()
        memory.append(resident())
    return np.array(memory), np.array(seconds), np.array(pace)


def yardstick():
    """Work that never changes: of the interpreter, of NumPy in the cache and beyond it."""
    total = 0
    for k in range(20_000):
        total += k % 7
    small, large = np.arange(1_000.0), np.arange(500_000.0)
    for _ in range(200):
        small = np.sqrt(small * small + 1.0)
    return total + small.sum() + np.sort(large[::-1] % 1009.0)[7]


def fit(X, y, options):
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", fastnet.ConvergenceWarning)
        fastnet.enet_path(X, y, **options)


def report(name, memory, seconds, pace):
    """Print; returns whether memory and times are flat after the first fifth."""
    settled = max(1, len(memory) // 5)
    growth = memory[settled:].max() - memory[settled - 1 : settled + 1].max()
    half = settled + (len(seconds) - settled) // 2
    ratio = seconds / pace
    slower = np.median(ratio[half:]) / np.median(ratio[settled:half]) - 1 if half > settled else 0.0
    print(f"{name}: memory {' '.join(f'{m:.0f}' for m in memory)} MB, grown by {growth:.1f} MB after the first fifth")
    print(f"{name}: CPU per fit {' '.join(f'{1e3 * s:.2f}' for s in seconds)} ms")
    print(f"{name}: in yardsticks {' '.join(f'{r:.3f}' for r in ratio)}, then slower by {100 * slower:.0f} %")
    return growth <= max(8.0, 0.03 * memory[settled]) and slower <= 0.2


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--small", type=int, default=10_000)
    parser.add_argument("--large", type=int, default=200)
    asked = parser.parse_args()
    flat = True
    if asked.small:
        flat &= report(f"{asked.small} small fits", *soak(small_fits(asked.small)))
    if asked.large:
        flat &= report(f"{asked.large} large fits", *soak(large_fits(asked.large), cycle=2))
    print("flat" if flat else "NOT FLAT")
    return not flat


if __name__ == "__main__":
    sys.exit(main())
