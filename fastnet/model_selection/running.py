"""Running the folds: in threads of this process, or where joblib's chosen backend says (processes, a cluster)."""

from __future__ import annotations

import os
import sys
import threading
from concurrent.futures import ThreadPoolExecutor

from fastnet.exceptions import PathInterrupted
from fastnet.model_selection.fitting import FoldResult, Job, Task, fit_fold


class FoldsInterrupted(KeyboardInterrupt):
    """Ctrl-C between or in folds; `results` holds those that were finished, None for the others."""

    def __init__(self, results):
        super().__init__("the folds were interrupted")
        self.results = results


def run_tasks(tasks: list[Task], job: Job, n_jobs, progress) -> list[FoldResult]:
    """Fit and score all tasks; the results are in the order of the tasks and do not depend on `n_jobs`.

    Missed gaps are for the caller to report (``missed`` of the results): one warning instead of one a fold.

    Raises
    ------
    FoldsInterrupted
        On Ctrl-C.
    """
    joblib, workers = _backend(n_jobs)
    if joblib is not None:
        parallel = joblib.Parallel(n_jobs=n_jobs, return_as="generator")
        return _collected(parallel(joblib.delayed(fit_fold)(task, job) for task in tasks), len(tasks), progress)
    if min(workers, len(tasks)) == 1:
        return _collected((fit_fold(task, job) for task in tasks), len(tasks), progress)
    return _in_threads(tasks, job, workers, progress)


def _backend(n_jobs):
    """(joblib or None, threads): joblib where a backend other than threads was chosen, e.g. by parallel_config."""
    joblib = sys.modules.get("joblib")  # a backend can only have been chosen where joblib is loaded
    if joblib is not None:
        backend, chosen = joblib.parallel.get_active_backend(prefer="threads")
        if not getattr(backend, "uses_threads", False):
            return joblib, 0
        n_jobs = chosen if n_jobs is None else n_jobs
    if n_jobs is None:
        return None, 1
    if isinstance(n_jobs, bool) or not hasattr(n_jobs, "__index__") or n_jobs == 0:
        raise ValueError(f"n_jobs is {n_jobs!r}; None, a number of threads, or -1 for all processors is allowed")
    return None, n_jobs if n_jobs > 0 else max(1, (os.cpu_count() or 1) + 1 + n_jobs)


def _in_threads(tasks, job, workers, progress):
    stop = threading.Event()
    pool = ThreadPoolExecutor(workers)
    futures = [pool.submit(fit_fold, task, job, stop.is_set) for task in tasks]
    try:
        return _collected((future.result() for future in futures), len(tasks), progress)
    except FoldsInterrupted:
        stop.set()
        pool.shutdown(wait=True, cancel_futures=True)
        done = [future.done() and not future.cancelled() and future.exception() is None for future in futures]
        raise FoldsInterrupted([future.result() if had else None for future, had in zip(futures, done)]) from None
    finally:
        stop.set()  # an error in one fold: the others need not go on
        pool.shutdown(wait=True, cancel_futures=True)


def _collected(results, total, progress) -> list[FoldResult]:
    found: list[FoldResult] = []
    try:
        for result in _shown(results, total, progress):
            found.append(result)
    except (PathInterrupted, KeyboardInterrupt):
        raise FoldsInterrupted(found + [None] * (total - len(found))) from None
    return found


def _shown(results, total, progress):
    if not progress:
        return results
    try:
        from tqdm.auto import tqdm
    except ImportError:
        raise ImportError(
            "progress=True needs tqdm: pip install 'fastnet-path[progress]', or leave progress=False"
        ) from None
    return tqdm(results, total=total, desc="folds", unit="fold")
