"""Compare fastnet with its peers on logistic, Poisson, Cox and squared-hinge paths; `fastnet.verify` checks the gaps.

    python compare_glm.py                                    every problem, gaps 1e-4 and 1e-7
    python compare_glm.py --problems D1-logistic D1-cox --levels 1e-4
    python compare_glm.py --python ~/a/bin/python ~/b/bin/python     peers live in other environments
    python compare_glm.py --refresh                          forget the peers' kept runs
    python compare_glm.py --table glm.md                     also write the table to a file, problem by problem

One thread, warm, CPU seconds, the same alphas for everybody, every solver's own tolerance tuned, as in `compare.py`.
A peer that is absent is left out; one that needs more than --limit seconds counts as "no".
"""

from __future__ import annotations

import argparse
import json
import subprocess
import sys
from pathlib import Path
from typing import NamedTuple

import numpy as np
from compare import cell, number, power, speed_up, times, warn_of_load
from tuning import Results, Server, Tuner, available, describe, machine, reaches, with_repository

from benchmarks.glm_peers import GLM_PEERS, NAMES
from benchmarks.glm_problems import DEFAULT, GLM_PROBLEMS, load_glm

HERE = Path(__file__).resolve().parent
MODULE = "benchmarks.glm_peers"
TITLES = {"binomial": "logistic", "poisson": "Poisson", "cox": "Cox", "squared_hinge": "squared hinge"}


class GLMCase(NamedTuple):
    """One path to be computed by everybody."""

    problem: str
    alpha_min_ratio: float
    n_alphas: int

    @property
    def label(self) -> str:
        return self.problem


def find_peers(pythons: list[str]) -> dict[str, tuple[str, str]]:
    """{peer: (version, interpreter that has it)}, the first one named where several have it."""
    found: dict[str, tuple[str, str]] = {}
    program = f"import json; from {MODULE} import versions; print(json.dumps(versions()))"
    for python in pythons:
        command = [python, "-c", program]
        try:
            done = subprocess.run(command, cwd=HERE, capture_output=True, text=True, env=with_repository())
        except OSError as error:
            print(f"no peers from {python}: {error}", file=sys.stderr)
            continue
        if done.returncode:
            said = done.stderr.strip().splitlines()
            print(f"no peers from {python}: {said[-1] if said else 'it failed'}", file=sys.stderr)
            continue
        for name, version in json.loads(done.stdout).items():
            found.setdefault(name, (version, python))
    return found


def run_fastnet(case, levels, limit, server):
    """{(case, level): run}; the tolerance is the level itself, the gap is checked like everybody's."""
    found = {}
    for level in levels:
        answer = server.ask(case._asdict() | {"solver": "fastnet", "tol": level, "limit": limit})
        print(f"  {case.label} fastnet tol {power(level)}: {describe(answer)}", file=sys.stderr, flush=True)
        found[case, level] = answer if reaches(answer, level) else None
    return found


def run_peers(case, levels, limit, wanted, found, results, servers):
    """{(case, peer, level): run, or None where the level was missed}."""
    tuned = {}
    for name, peer in GLM_PEERS[GLM_PROBLEMS[case.problem].family].items():
        if name not in wanted or name not in found:
            continue
        version, python = found[name]
        tuned |= Tuner(name, version, case, servers[python], results, limit).all_levels(levels, peer.start_exponent)
    return tuned


def table(cases, levels, ours, tuned, limit) -> str:
    """The comparison in markdown, one table a level."""
    lines = []
    for level in levels:
        lines += [
            f"CPU seconds to a relative duality gap of {power(level)} at every point",
            "",
            "| problem | fastnet | best peer | times faster | other peers |",
            "|---|---|---|---|---|",
        ]
        for case in cases:
            row = cell(case, level, ours, tuned, limit)
            lines.append(f"| {case.problem}: {GLM_PROBLEMS[case.problem].about} | " + " | ".join(row) + " |")
        lines.append("")
        for family, title in TITLES.items():
            known = [speed_up(c, level, ours, tuned, limit) for c in cases if GLM_PROBLEMS[c.problem].family == family]
            ratios = [(ratio, bound) for ratio, bound in known if ratio is not None]
            if ratios:
                mean = float(np.exp(np.mean(np.log([ratio for ratio, _ in ratios]))))
                least, bound = min(ratios)
                some = times(mean, any(bound for _, bound in ratios))
                lines.append(f"* {title}: geometric mean {some} faster, least {times(least, bound)}")
        lines.append("")
    lines.append(f"“no”, “nobody”: not reached within {number(limit)} s at any tolerance of the solver.")
    return "\n".join(lines)


def arguments(given=None):
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--problems", nargs="+", default=DEFAULT, choices=GLM_PROBLEMS, metavar="NAME")
    parser.add_argument("--levels", nargs="+", type=float, default=[1e-4, 1e-7], help="relative duality gaps")
    parser.add_argument("--n-alphas", type=int, default=100)
    parser.add_argument("--alpha-min-ratio", type=float, help="end of the path; default: each problem's own")
    parser.add_argument("--peers", nargs="*", default=NAMES, choices=NAMES, metavar="PEER")
    parser.add_argument("--fastnet-only", action="store_true")
    parser.add_argument("--python", nargs="+", default=[sys.executable], help="interpreters that have the peers")
    parser.add_argument("--limit", type=float, default=20.0, help="CPU seconds a run may take")
    parser.add_argument("--refresh", action="store_true", help="run the peers anew")
    parser.add_argument("--table", type=Path, help="also write the table to this file")
    return parser.parse_args(given)


def main(given=None) -> None:
    asked = arguments(given)
    cases = [
        GLMCase(name, asked.alpha_min_ratio or GLM_PROBLEMS[name].alpha_min_ratio, asked.n_alphas)
        for name in asked.problems
    ]
    found = {} if asked.fastnet_only else find_peers(asked.python)
    results = Results(asked.refresh)
    servers = {python: Server(python, MODULE) for python in {sys.executable, *asked.python}}  # compiled code stays
    ours, tuned, done = {}, {}, []
    for case in available(cases, load_glm):  # fastnet and its peers side by side: what loads the machine loads both
        ours |= run_fastnet(case, asked.levels, asked.limit, servers[sys.executable])
        tuned |= run_peers(case, asked.levels, asked.limit, asked.peers, found, results, servers)
        done.append(case)
        text = table(done, asked.levels, ours, tuned, asked.limit)
        used = ["fastnet", *(f"{name} {found[name][0]}" for name in sorted({peer for _, peer, _ in tuned}))]
        text += f"\n\nOne core of {machine()}; {', '.join(used)}."
        if asked.table:  # after every problem: an interrupted run leaves what it has
            asked.table.write_text(text + "\n", encoding="utf-8")
    for server in servers.values():
        server.close()
    warn_of_load(ours, tuned)
    print(text if done else "no problem's data is here")


if __name__ == "__main__":
    main()
