"""Compiled kernels of losses in fresh processes: found again, and no user's class in anybody else's index."""

import os
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

import fastnet

FIT = """
import sys
sys.path[:0] = {paths!r}
import numpy as np
import fastnet
{imports}
rng = np.random.default_rng(0)
X = np.asfortranarray(rng.standard_normal((20, 8)))
y = (X[:, 0] + rng.standard_normal(20) > 0).astype(float)
path = fastnet.enet_path(X, y, family={family}, alphas=3)
assert path.gaps.max() < 1e-6
from fastnet.solvers.loss_kernels import kernels_of
hits = misses = 0
for kernel in kernels_of({loss}):
    hits += sum(kernel.stats.cache_hits.values())
    misses += sum(kernel.stats.cache_misses.values())
print(hits, misses)
"""


def fit(folder, family, loss, imports="", paths=()):
    code = FIT.format(paths=list(paths), imports=imports, family=family, loss=loss)
    environment = dict(os.environ, NUMBA_CACHE_DIR=str(folder), PYTHONPATH=str(Path(__file__).parent.parent))
    found = subprocess.run([sys.executable, "-c", code], env=environment, capture_output=True, text=True, check=False)
    assert found.returncode == 0, found.stderr
    return tuple(map(int, found.stdout.split()))


@pytest.mark.skipif(os.environ.get("NUMBA_DISABLE_JIT") == "1", reason="nothing is compiled")
def test_a_users_loss_is_cached_and_harms_nobody(tmp_path):
    own = dict(
        family="fastnet.losses.Family('log_cosh', LogCosh)", loss="LogCosh(y)",
        imports="from user_losses import LogCosh", paths=[str(Path(__file__).parent)],
    )  # fmt: skip
    binomial = dict(family="'binomial'", loss="fastnet.losses.Binomial(y)")
    folder = os.environ.get("NUMBA_CACHE_DIR") or tmp_path
    fit(folder, **own)
    assert fit(folder, **own) == (2, 0)
    fit(folder, **binomial)  # this process cannot import user_losses
    assert fit(folder, **binomial) == (2, 0)


@pytest.mark.skipif(os.environ.get("NUMBA_DISABLE_JIT") == "1", reason="nothing is compiled")
def test_a_further_loss_compiles_only_what_sees_it():
    from fastnet.solvers.lagged_hessian import extend_gram
    from fastnet.solvers.loss_round import proceed

    rng = np.random.default_rng(0)
    X, time = np.asfortranarray(rng.standard_normal((20, 8))), rng.exponential(size=20)

    def versions(family, y):
        fastnet.enet_path(X, y, family=family, alphas=3)
        return [len(kernel.overloads) for kernel in (proceed, extend_gram)]

    shared = versions("binomial", X[:, 0] > 0)
    for family, y in ("gamma", time), ("cox", np.column_stack([time, X[:, 0] > 0])):
        assert versions(family, y) == shared
