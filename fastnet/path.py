"""The path driver: a grid of alphas, solved from the largest to the smallest, each certified before the next.

It knows neither matrices nor losses: an engine brings its own state to one alpha and reports the point. `engine.stride`
is the ratio of successive alphas that it takes well.
"""

import time

import numpy as np
from scipy import sparse

from .exceptions import PathInterrupted
from .result import Path, Status

HIDDEN_TOL = 1e-3  # of hidden points; they only warm-start, but on dense wide X looser ones let in too many columns


def default_grid(alpha_max, count, alpha_min_ratio, n, p):
    """`count` alphas, log-spaced from alpha_max to alpha_min_ratio * alpha_max (glmnet's rule for the ratio)."""
    if alpha_min_ratio is None:
        alpha_min_ratio = 1e-2 if n < p else 1e-4
    top = alpha_max if alpha_max > 0 else 1.0
    if count == 1:
        return np.array([top])
    grid = top * np.exp(np.linspace(0.0, np.log(alpha_min_ratio), count))
    grid[0] = top
    return grid


class PathRun:
    """One run over a grid; collects points, stops early when asked, survives an interrupt."""

    def __init__(self, engine, alphas, options, alpha_max, n_features, describe):
        self.engine, self.options, self.alpha_max = engine, options, alpha_max
        self.alphas = np.asarray(alphas, float)
        self.n_features = n_features
        self.describe = describe  # fields of the Path that do not depend on the points
        self.points = []  # (position in `alphas`, Point)
        self.stop_reason = "every alpha was solved"

    def run(self, reached=None):
        """Solve and return the Path. `reached`: the alpha at which the engine stands (default: the null model)."""
        order = np.argsort(-self.alphas, kind="stable")
        reached = self.alpha_max if reached is None else reached
        try:
            for position in self._progress(order):
                alpha = self.alphas[position]
                point = self._solve(alpha, reached)
                reached = alpha
                self.points.append((position, point))
                if self._stops(point):
                    break
        except PathInterrupted:
            raise
        except KeyboardInterrupt:
            self.stop_reason = f"interrupted after {len(self.points)} of {len(self.alphas)} alphas"
            raise PathInterrupted(self.stop_reason, self.path()) from None
        except Exception as error:  # the callback's, most likely: it keeps what is solved
            self.stop_reason = f"{type(error).__name__} after {len(self.points)} of {len(self.alphas)} alphas"
            error.path = self.path()  # type: ignore[attr-defined]
            raise
        return self.path()

    def _solve(self, alpha, reached):
        options = self.options
        start = time.perf_counter()
        stride = self.engine.stride
        while reached * stride**1.5 > alpha > 0:  # far off: through hidden points in between
            reached = max(alpha, reached * stride)
            if reached > alpha:
                self.engine.solve(reached, options.l1_ratio, max(options.tol, HIDDEN_TOL), options.max_iter)
        status = self.engine.solve(alpha, options.l1_ratio, options.tol, options.max_iter)
        point = self.engine.point(alpha, status)
        return type(point)(*point[:-1], time.perf_counter() - start)

    def _stops(self, point):
        options = self.options
        point.columns.flags.writeable = point.coefs.flags.writeable = False  # the callback may look, not touch
        answer = None if options.callback is None else options.callback(point)
        if isinstance(answer, (bool, np.bool_)) and answer:
            self.stop_reason = "the callback returned True"
        elif options.max_features is not None and len(point.columns) > options.max_features:
            self.stop_reason = f"more than max_features={options.max_features} coefficients are not zero"
        elif self._deviance_is_flat(point):
            self.stop_reason = f"the deviance ratio grew by less than min_dev_change={options.min_dev_change}"
        else:
            return False
        return True

    def _deviance_is_flat(self, point):
        least = self.options.min_dev_change
        if least is None or len(self.points) < 2:
            return False
        gain = point.deviance_ratio - self.points[-2][1].deviance_ratio
        return len(point.columns) > 0 and gain < least

    def _progress(self, order):
        if not self.options.progress:
            return order
        try:
            from tqdm.auto import tqdm
        except ImportError:
            raise ImportError(
                "progress=True needs tqdm: pip install 'fastnet-path[progress]', or leave progress=False"
            ) from None
        return tqdm(order, desc="alphas", unit="alpha")

    def path(self):
        """What has been solved so far, in the order in which the alphas were given."""
        solved = [point for _, point in sorted(self.points, key=lambda item: item[0])]
        sizes = np.array([len(point.columns) for point in solved], np.int64)
        indptr = np.concatenate(([0], np.cumsum(sizes)))
        columns = np.concatenate([p.columns for p in solved]) if solved else np.empty(0, np.int64)
        coefs = np.concatenate([p.coefs for p in solved]) if solved else np.empty(0)
        shape = (self.n_features, len(solved))
        index = np.int32 if max(shape[0], len(columns)) < 2**31 else np.int64
        matrix = sparse.csc_array((coefs, columns.astype(index), indptr.astype(index)), shape=shape)
        matrix.sort_indices()
        return Path(
            alphas=np.array([p.alpha for p in solved]),
            coefs=matrix,
            intercepts=np.array([p.intercept for p in solved]),
            gaps=np.array([p.gap for p in solved]),
            objectives=np.array([p.objective for p in solved]),
            deviance_ratios=np.array([p.deviance_ratio for p in solved]),
            dfs=np.diff(indptr),
            n_iters=np.array([p.n_iter for p in solved], np.int64),
            statuses=np.array([int(p.status) for p in solved], np.int8),
            times=np.array([p.time for p in solved]),
            stop_reason=self.stop_reason,
            alpha_max=self.alpha_max,
            **self.describe,
        )


def unsolved_points(path):
    """Positions whose gap exceeds the tolerance."""
    return np.flatnonzero(path.statuses != Status.CONVERGED)
