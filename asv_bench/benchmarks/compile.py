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


GLM = "fastnet.enet_path(X, {y}, family={family!r}, alphas=5, alpha_min_ratio=0.3)"
BINOMIAL = GLM.format(y="y > 0", family="binomial")
FURTHER = {
    "poisson": GLM.format(y="np.abs(np.round(y))", family="poisson"),
    "huber": GLM.format(y="y", family="huber"),
    "cox": GLM.format(y="np.column_stack([np.exp(y), y > 0])", family="cox"),
}


class ColdLoss(_NewProcess):
    """A further loss where one is compiled already (binomial): less than 6 s cold is promised."""

    repeat = (1, 2, 60.0)

    def timeraw_poisson_after_binomial(self):
        return FURTHER["poisson"], COLD + DATA + "import fastnet\n" + BINOMIAL

    def timeraw_huber_after_binomial(self):
        return FURTHER["huber"], COLD + DATA + "import fastnet\n" + BINOMIAL

    def timeraw_cox_after_binomial(self):
        return FURTHER["cox"], COLD + DATA + "import fastnet\n" + BINOMIAL

    def timeraw_binomial_after_gaussian(self):
        """What the losses share, and the first of them; nothing is promised."""
        return BINOMIAL, COLD + DATA + "import fastnet\n" + FIT.format(X="X")


class WarmLoss(_NewProcess):
    """The same with every kernel in the cache: less than 0.3 s is promised."""

    def setup(self):
        names = {"np": np}
        exec(DATA + "import fastnet\n" + BINOMIAL + "\n" + "\n".join(FURTHER.values()), names)  # fills the cache

    def timeraw_poisson_after_binomial(self):
        return FURTHER["poisson"], DATA + "import fastnet\n" + BINOMIAL

    def timeraw_cox_after_binomial(self):
        return FURTHER["cox"], DATA + "import fastnet\n" + BINOMIAL
