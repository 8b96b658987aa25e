"""Peak memory: of the process, and what a fit takes above X, in bytes a column."""

from pathlib import Path

import numpy as np

from .path import PLAIN, compiled, fit, prepared
from .problems import PROBLEMS

STATUS = Path("/proc/self/status")


class PeakMemory:
    """Peak resident memory of a process that loads the problem and computes the path."""

    params = [["D1", "D3", "D4", "S1", "S2", "debian", "news20"], [1.0, 0.5]]
    param_names = ["problem", "l1_ratio"]
    timeout = 300

    def setup(self, problem, l1_ratio):
        self.prepared = prepared(problem, "plain", l1_ratio, PROBLEMS[problem].alpha_min_ratio)

    def peakmem_load(self, problem, l1_ratio):
        """The process and the data alone: to be subtracted."""

    def peakmem_path(self, problem, l1_ratio):
        fit(*self.prepared, 1e-6)


class PeakMemorySmoke(PeakMemory):
    """The same on a tiny problem, for continuous integration."""

    params = [["SmokeSparse"], [1.0]]


def resident(field: str) -> int:
    """Bytes in a field of /proc/self/status: VmRSS now, VmHWM the peak since it was last reset."""
    line = next(line for line in STATUS.read_text().splitlines() if line.startswith(field))
    return 1024 * int(line.split()[1])


class ExtraMemory:
    """What a fit takes above X, against the budget: 100 bytes a column, 64 residuals, the active buffer.

    The active buffer: 1.5 times the columns that are ever active, and two matrices of the largest support.
    Linux only: the kernel resets the peak when 5 is written to /proc/self/clear_refs.
    """

    params = [["D1", "D3", "S1", "S2", "debian", "news20"], [1.0, 0.5]]
    param_names = ["problem", "l1_ratio"]
    timeout = 300

    def setup(self, problem, l1_ratio):
        if not STATUS.exists():
            raise NotImplementedError("the peak of a part of a process is read from /proc/self/status")
        compiled(PROBLEMS[problem].kind, "plain", l1_ratio, 1e-6)
        self.prepared = prepared(problem, "plain", l1_ratio, PROBLEMS[problem].alpha_min_ratio)

    def measure(self):
        """(extra bytes, Path)."""
        Path("/proc/self/clear_refs").write_text("5")
        before = resident("VmRSS")
        path = fit(*self.prepared, 1e-6)
        return resident("VmHWM") - before, path

    def track_bytes_per_column(self, problem, l1_ratio):
        return self.measure()[0] / self.prepared[0].shape[1]

    def track_share_of_budget(self, problem, l1_ratio):
        """At most 1 is promised."""
        X = self.prepared[0]
        n, p = X.shape
        extra, path = self.measure()
        ever = np.unique(path.coefs.indices)
        entries = 12 * X[:, ever].nnz if PROBLEMS[problem].kind == "sparse" else 8 * n * len(ever)
        buffer = 1.5 * (entries + 16 * int(np.max(path.dfs)) ** 2)
        return extra / (100 * p + 64 * 8 * n + buffer + 12 * path.coefs.nnz)

    track_bytes_per_column.unit = "bytes"
    track_share_of_budget.unit = "share"


class RidgeMemory:
    """l1_ratio = 0 on wide data works in n x n: never p x p."""

    timeout = 300

    def setup(self):
        X, y, _ = prepared("D1", "plain", 1.0, 0.01)
        self.prepared = X, y, PLAIN | {"l1_ratio": 0.0, "alphas": 5}

    def peakmem_ridge(self):
        fit(*self.prepared, 1e-6)
