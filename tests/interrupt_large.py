"""Command: Ctrl-C during a fit of several gigabytes, from its first look at X on; prints how soon each was heard.

    python tests/interrupt_large.py --gigabytes 4 --kind both      # dense, then CSC

Exit status 1 where one took longer than 0.5 s (on a machine with a free core) or did not raise PathInterrupted.
"""

from __future__ import annotations

import argparse
import os
import signal
import sys
import threading
import time

for variable in ("OPENBLAS_NUM_THREADS", "OMP_NUM_THREADS"):
    os.environ.setdefault(variable, "1")

import numpy as np  # noqa: E402
from scipy.sparse import csc_array  # noqa: E402

import fastnet  # noqa: E402


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--gigabytes", type=float, default=4.0)
    parser.add_argument("--kind", choices=("dense", "sparse", "both"), default="both")
    asked = parser.parse_args()
    makers = {"dense": dense, "sparse": sparse}
    chosen = [make for kind, make in makers.items() if asked.kind in (kind, "both")]
    return sum(late(make, asked.gigabytes) for make in chosen) > 0


def dense(gigabytes, rng, n=2000):
    pattern = rng.standard_normal(n * 61 + 7)  # repeated out of step with the columns
    return np.resize(pattern, (int(gigabytes * 1e9 / 8 / n), n)).T


def sparse(gigabytes, rng, n=100_000, entries=500):
    p = int(gigabytes * 1e9 / 12 / entries)
    step = n // entries  # one entry in every `step` rows
    rows = rng.integers(0, step, p * entries, dtype=np.int32).reshape(p, entries)
    rows += np.arange(0, n, step, dtype=np.int32)[:entries]
    values = np.resize(rng.standard_normal(61 * entries + 7), p * entries)
    return csc_array((values, rows.ravel(), np.arange(p + 1, dtype=np.int32) * entries), shape=(n, p))


def late(make, gigabytes):
    """How many of six interrupts were heard too late."""
    rng = np.random.default_rng(0)
    X = make(gigabytes, rng)
    y = X[:, :30].sum(axis=1) + rng.standard_normal(X.shape[0])
    fastnet.enet_path(X[:, :2500], y, alphas=5)  # compiles
    begin = time.perf_counter()
    fastnet.enet_path(X, y, alphas=2, alpha_min_ratio=0.3)
    whole = time.perf_counter() - begin
    print(f"{make.__name__}, {gigabytes:.1f} GB, two alphas without interrupt: {whole:.1f} s", flush=True)
    return sum(not heard(X, y, share * whole) for share in (0.02, 0.1, 0.2, 0.3, 0.45, 0.6))


def heard(X, y, delay):
    sent = []

    def send():
        sent.append(time.perf_counter())
        os.kill(os.getpid(), signal.SIGINT)

    timer = threading.Timer(delay, send)
    timer.start()
    try:
        fastnet.enet_path(X, y, alphas=1000, alpha_min_ratio=0.3)
    except fastnet.PathInterrupted as error:
        seconds = time.perf_counter() - sent[0]
        points = 0 if error.path is None else len(error.path)
        print(f"Ctrl-C after {delay:.2f} s: heard in {seconds:.3f} s, {points} points kept")
        return seconds < 0.5
    except KeyboardInterrupt:  # on the way out of a fit that was over
        pass
    finally:
        timer.cancel()
    print(f"Ctrl-C after {delay:.2f} s: the fit was over")
    return True


if __name__ == "__main__":
    signal.signal(signal.SIGINT, signal.default_int_handler)
    sys.exit(main())
