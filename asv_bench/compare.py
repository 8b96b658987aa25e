"""Compare fastnet with its peers: a table in markdown and a bar chart (log scale), at gaps that NumPy checks.

    python compare.py                                   every problem, gaps 1e-4 and 1e-7
    python compare.py --problems D1 S1 --levels 1e-4    some of them
    python compare.py --python ~/peers/bin/python       peers live in another environment
    python compare.py --fastnet-only --levels 1e-7      no peers
    python compare.py --refresh                         forget the peers' kept runs

One thread, warm, CPU seconds, the same alphas for everybody. fastnet is always run anew; the peers' runs are
kept (``peers.json`` in the data folder) because finding each one's tolerance takes a while.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence
from pathlib import Path

import numpy as np
from tuning import Case, Results, Server, available, describe, machine, peer_versions, reaches, tune_all

from benchmarks.peers import PEERS, version
from benchmarks.problems import PROBLEMS, load

HERE = Path(__file__).resolve().parent
DEFAULT = ("D1", "D2", "D3", "D4", "S1", "S2", "P", "riboflavin", "mice", "debian")


def run_fastnet(cases, levels, limit, python):
    """{(case, level): run}; fastnet's tolerance is the level itself, its gap is checked like everybody's."""
    found = {}
    server = Server(python)
    for case in cases:
        for level in levels:
            request = case._asdict() | {"solver": "fastnet", "tol": level, "limit": limit}
            answer = server.ask(request)
            print(f"  {case.label} fastnet tol {power(level)}: {describe(answer)}", file=sys.stderr, flush=True)
            found[case, level] = answer if reaches(answer, level) else None
    server.close()
    return found


def ranking(case, level, tuned):
    """[(seconds, peer)] of the peers that met the level, fastest first."""
    met = [(run["seconds"], peer) for (c, peer, g), run in tuned.items() if c == case and g == level and run]
    return sorted(met)


def tried(case, level, tuned):
    """Peers that were run on the case at the level."""
    return [peer for (c, peer, g) in tuned if c == case and g == level]


def speed_up(case, level, ours, tuned, limit):
    """(best peer's time / ours, whether that is only a lower bound); (None, False) if unknown."""
    mine = ours.get((case, level))
    if mine is None or not tried(case, level, tuned):
        return None, False
    met = ranking(case, level, tuned)
    return (met[0][0] if met else limit) / mine["seconds"], not met


def cell(case, level, ours, tuned, limit) -> list[str]:
    """fastnet's seconds, the best peer, the ratio and the other peers, as text."""
    mine = ours.get((case, level))
    met = ranking(case, level, tuned)
    missed = [peer for peer in tried(case, level, tuned) if peer not in {name for _, name in met}]
    best = f"{met[0][1]} {number(met[0][0])}" if met else "nobody" if missed else "–"
    ratio, bound = speed_up(case, level, ours, tuned, limit)
    others = [f"{peer} {number(seconds)}" for seconds, peer in met[1:]] + [f"{peer} no" for peer in missed]
    return [
        number(mine["seconds"]) if mine else "–",
        best,
        times(ratio, bound),
        ", ".join(others) or "–",
    ]


def times(ratio: float | None, lower_bound: bool) -> str:
    if ratio is None:
        return "–"
    return ("> " if lower_bound else "") + (f"{ratio:.2g} ×" if ratio < 100 else f"{ratio:.0f} ×")


def power(level: float) -> str:
    return f"{level:.0e}".replace("e-0", "e-")


def number(seconds: float) -> str:
    return f"{seconds:.2g}" if seconds < 10 else f"{seconds:.0f}"


def table(cases: Sequence[Case], levels: Sequence[float], ours, tuned, limit: float) -> str:
    """The comparison in markdown, one table a level, with geometric means over the wide problems."""
    lines = []
    for level in levels:
        lines += [
            f"CPU seconds to a relative duality gap of {power(level)} at every point",
            "",
            "| problem | fastnet | best peer | times faster | other peers |",
            "|---|---|---|---|---|",
        ]
        ratios, bounded = [], False
        for case in cases:
            row = cell(case, level, ours, tuned, limit)
            about = PROBLEMS[case.problem].about + case.label.removeprefix(case.problem)
            lines.append("| " + " | ".join([f"{case.problem}: {about}", *row]) + " |")
            ratio, bound = speed_up(case, level, ours, tuned, limit)
            if ratio is not None and PROBLEMS[case.problem].kind != "tall":
                ratios.append(ratio)
                bounded |= bound
        if ratios:
            mean = np.exp(np.mean(np.log(ratios)))
            lines.append(f"| geometric mean, wide problems | | | {times(mean, bounded)} | |")
        lines.append("")
    lines.append(f"“no”, “nobody”: not reached within {limit:g} s at any tolerance of the solver.")
    return "\n".join(lines)


def warn_of_load(ours, tuned) -> None:
    """Say where fastnet and its peers did not find the processor equally fast."""
    paces = [run["pace"] for run in [*ours.values(), *tuned.values()] if run and run.get("pace")]
    if paces and max(paces) > 1.3 * min(paces):
        print(
            f"the processor's pace varied {max(paces) / min(paces):.1f} x between the runs (other load): "
            "--refresh on a quiet machine gives cleaner ratios",
            file=sys.stderr,
        )


def arguments(given=None):
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--problems", nargs="+", default=DEFAULT, choices=PROBLEMS, metavar="NAME")
    parser.add_argument("--levels", nargs="+", type=float, default=[1e-4, 1e-7], help="relative duality gaps")
    parser.add_argument("--l1-ratio", nargs="+", type=float, default=[1.0])
    parser.add_argument("--alpha-min-ratio", type=float, help="end of the path; default: each problem's own")
    parser.add_argument("--n-alphas", type=int, default=100)
    parser.add_argument("--peers", nargs="*", default=list(PEERS), choices=PEERS, metavar="PEER")
    parser.add_argument("--fastnet-only", action="store_true")
    parser.add_argument("--peers-only", action="store_true")
    parser.add_argument("--python", default=sys.executable, help="interpreter that has the peers")
    parser.add_argument("--limit", type=float, default=150.0, help="CPU seconds a run may take")
    parser.add_argument("--refresh", action="store_true", help="run the peers anew")
    parser.add_argument("--chart", type=Path, default=HERE / "speed.png")
    parser.add_argument("--no-chart", action="store_true")
    parser.add_argument("--table", type=Path, help="also write the table to this file")
    return parser.parse_args(given)


def main(given=None) -> None:
    asked = arguments(given)
    cases = [
        Case(name, l1_ratio, asked.alpha_min_ratio or PROBLEMS[name].alpha_min_ratio, asked.n_alphas)
        for l1_ratio in asked.l1_ratio
        for name in asked.problems
    ]
    cases = list(available(cases, load))
    ours = {} if asked.peers_only else run_fastnet(cases, asked.levels, asked.limit, sys.executable)
    tuned = {}
    if not asked.fastnet_only:
        results = Results(asked.refresh)
        tuned = tune_all(cases, asked.levels, asked.peers, asked.python, results, asked.limit)
    warn_of_load(ours, tuned)

    versions = {} if asked.fastnet_only else peer_versions(asked.python)
    versions = {"fastnet": version("fastnet") or "(not installed)"} | versions
    named = [f"{name} {found}" for name, found in versions.items()]
    text = table(cases, asked.levels, ours, tuned, asked.limit)
    text += f"\n\nOne core of {machine()}; Python {sys.version.split()[0]}, {', '.join(named)}."
    print(text)
    if asked.table:
        asked.table.write_text(text + "\n", encoding="utf-8")
    if not asked.no_chart:
        from chart import draw

        draw(cases, asked.levels, ours, tuned, asked.limit, asked.chart)
        print(f"chart: {asked.chart}", file=sys.stderr)


if __name__ == "__main__":
    main()
