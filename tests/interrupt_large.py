"""Command: Ctrl-C during a fit of several gigabytes, from its first look at X on; prints how soon each was heard.

    python tests/interrupt_large.py --gigabytes 4

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

import fastnet  # noqa: E402


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--gigabytes", type=float, default=4.0)
    n, gigabytes = 2000, parser.parse_args().gigabytes
    p = int(gigabytes * 1e9 / 8 / n)
    rng = np.random.default_rng(0)
    pattern = rng.standard_normal(n * 61 + 7)  # repeated out of step with the columns
    X = np.resize(pattern, (p, n)).T
    y = X[:, :30].sum(axis=1) + rng.standard_normal(n)
    fastnet.enet_path(X[:, :2500], y, alphas=5)  # compiles
    begin = time.perf_counter()
    fastnet.enet_path(X, y, alphas=2)
    whole = time.perf_counter() - begin
    print(f"{X.nbytes / 1e9:.1f} GB, two alphas without interrupt: {whole:.1f} s")
    late = 0
    for share in (0.02, 0.1, 0.3, 0.5, 0.7, 0.9):
        late += not heard(X, y, share * whole)
    return late > 0


def heard(X, y, delay):
    sent = []

    def send():
        sent.append(time.perf_counter())
        os.kill(os.getpid(), signal.SIGINT)

    timer = threading.Timer(delay, send)
    timer.start()
    try:
        fastnet.enet_path(X, y, alphas=1000)
    except fastnet.PathInterrupted as error:
        seconds = time.perf_counter() - sent[0]
        points = 0 if error.path is None else len(error.path)
        print(f"Ctrl-C after {delay:.2f} s: heard in {seconds:.3f} s, {points} points kept")
        return seconds < 0.5
    finally:
        timer.join()
    print(f"Ctrl-C after {delay:.2f} s: not heard before the end")
    return False


if __name__ == "__main__":
    signal.signal(signal.SIGINT, signal.default_int_handler)
    sys.exit(main())
