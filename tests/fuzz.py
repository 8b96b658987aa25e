"""Command: fuzz enet_path end to end and say what was found.

    python tests/fuzz.py --examples 20000 --seed 0

Every example is judged as in `fuzz_judge`; findings are collected, not stopped at, and each is printed with the `Spec`
that shows it again: ``judge(Spec(...))``. Points that ended above their tolerance with a status are counted by family.
"""

from __future__ import annotations

import argparse
import collections
import contextlib
import os
import signal
import sys
import time
import warnings

for variable in ("OPENBLAS_NUM_THREADS", "OMP_NUM_THREADS"):
    os.environ.setdefault(variable, "1")

import hypothesis  # noqa: E402
from fuzz_judge import judge  # noqa: E402
from fuzz_problems import FAMILIES, specs  # noqa: E402

from fastnet import Status  # noqa: E402


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--examples", type=int, default=20_000)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--family", default="all", choices=["all", *sorted(set(FAMILIES))])
    asked = parser.parse_args()
    families = FAMILIES if asked.family == "all" else (asked.family,)
    examples, points, missed = collections.Counter(), collections.Counter(), collections.defaultdict(list)
    findings = {}
    slowest = (0.0, None)

    def one(spec):
        nonlocal slowest
        start = time.process_time()
        examples[spec.family] += 1
        try:
            path = judge(spec)
        except Exception as error:
            text = f"{spec.family}: {type(error).__name__}: {str(error).strip().splitlines()[0][:200]}"
            alike = findings.setdefault(spec.family + type(error).__name__ + str(error)[:25], [])
            alike.append((text, spec))
            if len(alike) <= 5:
                print(f"FOUND {text}\n    {spec}", flush=True)
        else:
            points[spec.family] += len(path)
            for k in (path.statuses != Status.CONVERGED).nonzero()[0]:
                missed[spec.family, Status(path.statuses[k]).name].append((path.gaps[k] / path.tol, spec))
        if sum(examples.values()) % 1000 == 0:
            print(f"{sum(examples.values())} examples, {sum(map(len, findings.values()))} findings", flush=True)
        if time.process_time() - start > slowest[0]:  # once more: without what was compiled on the way
            start = time.process_time()
            with contextlib.suppress(Exception):
                judge(spec)
            slowest = max(slowest, (time.process_time() - start, spec), key=lambda item: item[0])

    settings = hypothesis.settings(
        max_examples=asked.examples, deadline=None, database=None, phases=[hypothesis.Phase.generate],
        suppress_health_check=list(hypothesis.HealthCheck),
    )  # fmt: skip
    warnings.simplefilter("ignore", hypothesis.errors.NonInteractiveExampleWarning)
    signal.signal(signal.SIGTERM, signal.default_int_handler)  # either signal ends the run with its report
    try:
        hypothesis.seed(asked.seed)(settings(hypothesis.given(specs(families))(one)))()
    except KeyboardInterrupt:  # what there is so far
        pass

    print(f"seed {asked.seed}: {sum(examples.values())} examples, {sum(points.values())} points judged")
    for family in sorted(examples):
        print(f"  {family}: {examples[family]} examples, {points[family]} points")
    for (family, status), cases in sorted(missed.items()):
        allowed = [case for case in cases if case[1].max_iter >= 1000]
        worst, spec = max(allowed or cases, key=lambda case: case[0])
        print(f"  {status} with a warning: {family} {len(cases)} points, {len(allowed)} of them with max_iter=1000;")
        print(f"    farthest: gap {worst:.3g} tol at {spec}")
    print(f"  slowest example, compiled: {slowest[0]:.2f} s of CPU at {slowest[1]}")
    for cases in findings.values():
        print(f"FOUND {len(cases)} x {cases[0][0]}\n    {cases[0][1]}")
    return bool(findings)


if __name__ == "__main__":
    sys.exit(main())
