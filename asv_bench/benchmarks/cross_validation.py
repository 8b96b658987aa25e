"""Ten folds of the lasso: CPU seconds, their cost in fits, the speed-up of two threads, peak memory."""

from __future__ import annotations

import time

import numpy as np

from .problems import PROBLEMS, load


class TenFolds:
    """With intercept and standardisation, 100 alphas; compare_cv.py compares with the peers."""

    params = [["riboflavin", "D1", "S1"], [1.0, 0.5]]
    param_names = ["problem", "l1_ratio"]
    timeout = 600
    timer = time.process_time
    number, repeat, warmup_time = 1, (1, 3, 20.0), 0

    def setup(self, problem, l1_ratio):
        import fastnet

        self.X, self.y = load(problem)
        self.options = {"l1_ratio": l1_ratio, "alpha_min_ratio": PROBLEMS[problem].alpha_min_ratio}
        self.folds = np.random.default_rng(0).permutation(len(self.y)) % 10
        few = (self.X[:, :200], self.y)
        fastnet.cv_path(*few, cv=self.folds, alphas=5, l1_ratio=l1_ratio)  # loads the kernels

    def fit(self):
        import fastnet

        return fastnet.enet_path(self.X, self.y, **self.options)

    def cross_validate(self, n_jobs=1):
        import fastnet

        return fastnet.cv_path(self.X, self.y, cv=self.folds, n_jobs=n_jobs, **self.options)

    def time_cv_path(self, problem, l1_ratio):
        """The path of all the data and its ten folds, one thread."""
        self.cross_validate()

    def peakmem_cv_path(self, problem, l1_ratio):
        self.cross_validate()

    def peakmem_fit(self, problem, l1_ratio):
        """To compare with."""
        self.fit()

    def peakmem_cv_path_in_two_threads(self, problem, l1_ratio):
        self.cross_validate(n_jobs=2)

    def track_folds_in_fits(self, problem, l1_ratio):
        """CPU of the ten folds over CPU of one fit, each the least of three."""
        one = min(_spent(self.fit, time.process_time) for _ in range(3))
        both = min(_spent(self.cross_validate, time.process_time) for _ in range(3))
        return (both - one) / one

    track_folds_in_fits.unit = "fits"

    def track_two_threads(self, problem, l1_ratio):
        """Wall time of one thread over that of two, each the least of three; the path of all the data has one."""
        fit = min(_spent(self.fit, time.perf_counter) for _ in range(3))
        one, two = (
            min(_spent(lambda n_jobs=n_jobs: self.cross_validate(n_jobs), time.perf_counter) for _ in range(3))
            for n_jobs in (1, 2)
        )
        return (one - fit) / (two - fit)

    track_two_threads.unit = "times faster"


def _spent(call, clock):
    start = clock()
    call()
    return clock() - start


class TenFoldsSmoke(TenFolds):
    """The same on a tiny problem, for continuous integration."""

    params = [["Smoke"], [1.0]]
