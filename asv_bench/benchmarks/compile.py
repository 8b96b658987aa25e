"""Time to a first result in a new process: import, warm cache, cold cache; dense, and CSC after dense."""

import numpy as np

from .path import PLAIN, fit
from .problems import load

FIT = "fastnet.enet_path({X}, y, alphas=10, alpha_min_ratio=0.1)"
DATA = """
import numpy as np, scipy.sparse as sp
rng = np.random.default_rng(0)
X = np.asfortranarray(rng.standard_normal((50, 200)))
y = X[:, 0] + rng.standard_normal(50)
S = sp.csc_matrix(X)
"""
COLD = """
import os, tempfile
cache = tempfile.TemporaryDirectory()
os.environ["NUMBA_CACHE_DIR"] = cache.name
"""


class _NewProcess:
    """asv runs the returned (statement, setup) in a new Python; only the statement is timed, once."""

    number = 1
    repeat = (2, 5, 60.0)
    rounds = 1
    timeout = 300


class Warm(_NewProcess):
    """With every kernel in the cache: at most 0.4 s over the import is promised."""

    def setup(self):
        for name in ("Smoke", "SmokeSparse"):  # fills the cache of this source
            X, y = load(name)
            fit(X, y, {"alphas": 10, "alpha_min_ratio": 0.1}, 1e-6)
            fit(X, y, PLAIN | {"alphas": 10}, 1e-6)

    def timeraw_import(self):
        return "import fastnet", "import numpy, scipy.sparse"

    def timeraw_first_dense(self):
        return FIT.format(X="X"), DATA + "import fastnet"

    def timeraw_first_csc(self):
        return FIT.format(X="S"), DATA + "import fastnet"


class Cold(_NewProcess):
    """With an empty cache: at most 10 s for the first dense path, 10 s more for the first CSC one."""

    repeat = (1, 2, 60.0)

    def timeraw_first_dense(self):
        return FIT.format(X="X"), COLD + DATA + "import fastnet"

    def timeraw_csc_after_dense(self):
        return FIT.format(X="S"), COLD + DATA + "import fastnet\n" + FIT.format(X="X")

    def timeraw_warmup(self):
        return "fastnet.warmup()", COLD + "import fastnet"


GLM = "fastnet.enet_path(X, np.abs(np.round(y)) > 0, family={family!r}, alphas=5, alpha_min_ratio=0.3)"


class ColdLoss(_NewProcess):
    """A further loss where one is compiled already (binomial): less than 6 s cold is promised."""

    repeat = (1, 2, 60.0)

    def timeraw_poisson_after_binomial(self):
        return GLM.format(family="poisson"), COLD + DATA + "import fastnet\n" + GLM.format(family="binomial")


class WarmLoss(_NewProcess):
    """The same with every kernel in the cache: less than 0.3 s is promised."""

    def setup(self):
        rng = np.random.default_rng(0)
        X = np.asfortranarray(rng.standard_normal((50, 200)))
        for family in ("binomial", "poisson"):  # fills the cache of this source
            fit(X, (X[:, 0] > 0).astype(float), {"family": family, "alphas": 5}, 1e-6)

    def timeraw_poisson_after_binomial(self):
        return GLM.format(family="poisson"), DATA + "import fastnet\n" + GLM.format(family="binomial")
