"""Ten-fold cross-validation: its cost in fits, threads, memory; against the peers' own, at gaps that `verify` checks.

    python compare_cv.py                                all of it, some minutes
    python compare_cv.py --python ~/peers/bin/python    peers live in another environment
    python compare_cv.py --costs                        fastnet alone
    python compare_cv.py --problems riboflavin D1 --levels 1e-4

Every solver gets the same folds and alphas, no intercept, X as it is, one thread; CPU seconds, warm. A peer's tolerance
is the loosest decade at which its path of all the data meets the level at every alpha.
"""

from __future__ import annotations

import argparse
import json
import subprocess
import sys
import tempfile
from pathlib import Path

import cv_solvers
import numpy as np
import scipy.sparse as sp
from cv_solvers import MODELS, SOLVERS, SOLVERS_OF, Case

from benchmarks.problems import PROBLEMS

HERE = Path(__file__).resolve().parent
TOLERANCES = 10.0 ** -np.arange(2, 13)


def run(python, solver, case, tol, folder, limit, what="cv"):
    """What one solver answers in a process of its own; None past `limit` seconds or on failure."""
    arguments = [
        python,
        str(HERE / "cv_solvers.py"),
        what,
        solver,
        json.dumps(case._asdict()),
        repr(float(tol)),
        folder,
    ]
    try:
        done = subprocess.run(arguments, capture_output=True, text=True, timeout=limit)
    except subprocess.TimeoutExpired:
        return None
    if done.returncode:
        print(f"  {solver} failed: {done.stderr.strip().splitlines()[-1:]}", file=sys.stderr)
        return None
    return json.loads(done.stdout.splitlines()[-1])


def worst_gap(case, folder) -> float:
    """Of the coefficients that the solver left for the path of all the data."""
    import fastnet

    X, y = cv_solvers.data(case)
    coefs = sp.load_npz(Path(folder) / "coefs.npz")
    alphas = cv_solvers.grid(case, X, y)
    plain = {"fit_intercept": False, "standardize": False}
    model = MODELS[case.model]
    found = fastnet.verify(
        X, y, coefs, np.zeros(len(alphas)), alphas, family=model.family, l1_ratio=model.l1_ratio, **plain
    )
    return float(found.gaps.max())


def tuned(python, solver, case, level, limit):
    """(tolerance, seconds) of the loosest decade that meets the level; None where none does in time."""
    with tempfile.TemporaryDirectory() as folder:
        for tol in TOLERANCES:
            answer = run(python, solver, case, tol, folder, limit, "path")
            if answer is None:
                return None
            if worst_gap(case, folder) <= level:
                answer = answer if "cv" in answer else run(python, solver, case, tol, folder, limit)
                return None if answer is None else (tol, answer["seconds"])
    return None


def comparison(cases, levels, python, limit, peers) -> str:
    """A table in markdown: CPU seconds, and how many times faster fastnet is."""
    lines = []
    for level in levels:
        lines += [
            f"CPU seconds of ten-fold cross-validation, every gap of the path at most {level:.0e}", "",
            "| model | problem | fastnet | peers |", "|---|---|---|---|",
        ]  # fmt: skip
        for case in cases:
            with tempfile.TemporaryDirectory() as folder:
                mine = run(sys.executable, "fastnet", case, level, folder, 600)["seconds"]  # compiling included
            cells = []
            for solver in peers:
                if case.model not in SOLVERS_OF[solver]:
                    continue
                found = tuned(python, solver, case, level, limit)
                print(f"  {case.problem} {case.model} {solver}: {found}", file=sys.stderr, flush=True)
                if found is None:
                    cells.append(f"{solver} > {limit:g} (> {limit / mine:.0f} ×)")
                else:
                    cells.append(f"{solver} {found[1]:.2g} ({found[1] / mine:.0f} ×)")
            about = PROBLEMS[case.problem].about
            lines.append(f"| {case.model} | {case.problem}: {about} | {mine:.2g} | {', '.join(cells)} |")
        lines.append("")
    return "\n".join(lines)


def costs(problems) -> str:
    """fastnet alone: CPU of ten folds in fits, the speed-up of two threads, peak memory above the data."""
    lines = [
        "Ten folds of the lasso, with intercept and standardisation", "",
        "| problem | one fit, CPU s | ten folds in fits | 2 threads | peak MB: data, fit, folds in 1, 2 threads |",
        "|---|---|---|---|---|",
    ]  # fmt: skip
    for problem in problems:
        case = Case(problem, "lasso", 100, PROBLEMS[problem].alpha_min_ratio)
        with tempfile.TemporaryDirectory() as folder:
            cost = run(sys.executable, "fastnet", case, 1e-6, folder, 600, "cost")
            peaks = {
                what: run(sys.executable, "fastnet", case, 1e-6, folder, 600, what) for what in ("fit", "cv1", "cv2")
            }
        if cost is None:
            lines.append(f"| {problem} | no answer within ten minutes, or an error: see above | | | |")
            continue
        memory = "–"
        if None not in peaks.values():
            whole = [peaks["fit"]["before"], *(peaks[what]["peak"] for what in ("fit", "cv1", "cv2"))]
            memory = ", ".join(f"{size / 1e6:.0f}" for size in whole)
        lines.append(
            f"| {problem} | {cost['fit']:.3f} | {cost['folds'] / cost['fit']:.2f} | {cost['speed_up']:.2f} × | "
            f"{memory} |"
        )
        print(lines[-1], file=sys.stderr, flush=True)
    return "\n".join([*lines, ""])


def main(given=None) -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--problems", nargs="+", default=["riboflavin", "D1"], choices=PROBLEMS, metavar="NAME")
    parser.add_argument("--models", nargs="+", default=list(MODELS), choices=MODELS, metavar="MODEL")
    parser.add_argument("--levels", nargs="+", type=float, default=[1e-4], help="duality gaps as a share of the null's")
    parser.add_argument("--n-alphas", type=int, default=100)
    parser.add_argument("--python", default=sys.executable, help="interpreter that has the peers")
    parser.add_argument("--limit", type=float, default=60.0, help="seconds that a run of a peer may take")
    parser.add_argument("--solvers", nargs="+", default=SOLVERS[1:], choices=SOLVERS[1:], metavar="PEER")
    parser.add_argument("--costs", action="store_true", help="fastnet alone")
    parser.add_argument("--peers", action="store_true", help="the comparison alone")
    asked = parser.parse_args(given)
    if not asked.peers:
        print(costs([*asked.problems, "S1"] if asked.problems == ["riboflavin", "D1"] else asked.problems))
    if not asked.costs:
        cases = [
            Case(problem, model, asked.n_alphas if model != "logistic" else min(asked.n_alphas, 20),
                 max(PROBLEMS[problem].alpha_min_ratio, 0.05 if model == "logistic" else 0.0))
            for model in asked.models
            for problem in asked.problems
        ]  # fmt: skip
        print(comparison(cases, asked.levels, asked.python, asked.limit, asked.solvers))


if __name__ == "__main__":
    main()
