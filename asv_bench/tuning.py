"""Find, for each peer, the loosest of its own tolerances that reaches a gap; every run is kept."""

from __future__ import annotations

import contextlib
import json
import os
import platform
import signal
import subprocess
import sys
import threading
import time
from pathlib import Path
from typing import NamedTuple

try:
    import psutil
except ImportError:
    raise ImportError("the comparison watches its processes with psutil: pip install 'fastnet-path[bench]'") from None


from benchmarks.peers import PEERS
from benchmarks.problems import PROBLEMS, data_folder

HERE = Path(__file__).resolve().parent
TIGHTEST = 18  # exponents beyond this change nothing: the tolerances are of squares, relative
WORTH_REFINING = 15.0  # seconds: a run cheaper than this is also tried at half a decade looser


class Case(NamedTuple):
    """One path to be computed by everybody."""

    problem: str
    l1_ratio: float
    alpha_min_ratio: float
    n_alphas: int = 100

    @property
    def label(self) -> str:
        label = self.problem
        if self.l1_ratio != 1:
            label += f", l1_ratio {self.l1_ratio:g}"
        if self.alpha_min_ratio != PROBLEMS[self.problem].alpha_min_ratio:
            label += f", to {self.alpha_min_ratio:g}"
        return label


def available(cases, load):
    """The cases whose data `load` finds; says which are skipped."""
    for case in cases:
        try:
            load(case.problem)
        except NotImplementedError as reason:
            print(f"skipped {case.problem}: {reason}", file=sys.stderr)
        else:
            yield case


def machine() -> str:
    """Processor and number of cores, for the key of a result and the title of a table."""
    model = platform.processor() or platform.machine()
    try:
        lines = Path("/proc/cpuinfo").read_text().splitlines()
        model = next(line.split(":", 1)[1].strip() for line in lines if line.startswith("model name"))
    except (OSError, StopIteration):
        pass
    return f"{model}, {os.cpu_count()} cores, {platform.system()}"


class Results:
    """Runs kept by key in ``peers.json`` of the data folder, written through after each."""

    def __init__(self, refresh: bool = False):
        self.file = data_folder() / "peers.json"
        self.refresh = refresh
        self.fresh: set[str] = set()  # keys written by this process

    def read(self) -> dict:
        return json.loads(self.file.read_text()) if self.file.exists() else {}

    def get(self, key: str):
        if self.refresh and key not in self.fresh:
            return None
        return self.read().get(key)

    def put(self, key: str, answer: dict) -> None:
        self.fresh.add(key)
        kept = self.read() | {key: answer}
        part = self.file.with_suffix(f".{os.getpid()}")
        part.write_text(json.dumps(kept, indent=1, sort_keys=True))
        os.replace(part, self.file)


def with_repository() -> dict[str, str]:
    """The environment with this checkout's fastnet in front: it checks the gaps of GLMs everywhere."""
    kept = os.environ.get("PYTHONPATH")
    return dict(os.environ, PYTHONPATH=os.pathsep.join([str(HERE.parent), *([kept] if kept else [])]))


class Server:
    """A process of the peers' interpreter, one request at a time; begun anew after it was killed."""

    def __init__(self, python: str, module: str = "benchmarks.peers"):
        self.python, self.module = python, module
        self.process: subprocess.Popen | None = None

    def ask(self, request: dict) -> dict:
        """{'seconds', 'gap', ...}, {'too_slow': True} past the limit, or {'error': text}."""
        if self.process is None or self.process.poll() is not None:
            self.process = subprocess.Popen(
                [self.python, "-m", self.module],
                cwd=HERE,
                env=with_repository(),
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=subprocess.DEVNULL,
                text=True,
            )
        self.process.stdin.write(json.dumps(request) + "\n")
        self.process.stdin.flush()
        line = self.process.stdout.readline()
        if line == "begin\n":  # imported, compiled and loaded: now the limit counts
            watch = threading.Thread(target=self.watch, args=(self.process, request["limit"]), daemon=True)
            self.running = True
            watch.start()
            line = self.process.stdout.readline()
            self.running = False
            watch.join()
            if line == "solved\n":  # the check is not the solver's time
                line = self.process.stdout.readline()
        if line:
            return json.loads(line)
        code = self.process.wait()
        if code == -signal.SIGKILL:
            return {"too_slow": True}
        return {"error": f"the process ended with code {code}"}

    def watch(self, process, limit):
        """Kill the process and its children past the limit of CPU seconds (and 10 to check the gap).

        Not by RLIMIT_CPU: Linux then counts the process's CPU time in steps of 4 ms.
        """
        main = psutil.Process(process.pid)
        start = cpu_seconds(main)
        while self.running:
            time.sleep(0.1)
            with contextlib.suppress(psutil.NoSuchProcess):
                if cpu_seconds(main) - start > limit + 10:
                    for child in main.children(recursive=True):
                        child.kill()
                    process.kill()
                    return

    def close(self) -> None:
        if self.process is not None and self.process.poll() is None:
            self.process.stdin.close()
            self.process.wait()


def cpu_seconds(process) -> float:
    """CPU seconds of a process and of the children that it has now."""
    family = [process, *process.children(recursive=True)]
    return sum(sum(member.cpu_times()[:2]) for member in family)


class Tuner:
    """Runs of one peer on one case, by the exponent of its tolerance."""

    def __init__(self, peer, version, case: Case, server: Server, results: Results, limit: float):
        self.peer, self.case, self.server, self.results = f"{peer} {version}", case, server, results
        self.name, self.limit = peer, limit

    def run(self, exponent: float) -> dict:
        """The run with tolerance 10^-exponent, from the file where it is kept."""
        parts = [machine(), self.peer, *self.case, f"1e-{exponent:g}", f"{self.limit:g} s"]
        key = " | ".join(map(str, parts))
        answer = self.results.get(key)
        if answer is None:
            request = self.case._asdict() | {"solver": self.name, "tol": 10.0**-exponent, "limit": self.limit}
            answer = self.server.ask(request)
            if answer.get("seconds", 0) > self.limit:
                answer["too_slow"] = True
            self.results.put(key, answer)
            print(f"  {self.case.label} {self.name} tol 1e-{exponent:g}: {describe(answer)}", flush=True)
        return answer

    def best(self, level: float, start: float) -> tuple[float | None, dict | None]:
        """(exponent, run) of the fastest run with gap <= level; (None, last run) where none reaches it."""
        met = {}
        exponent = start
        answer = self.run(exponent)
        if reaches(answer, level):
            while reaches(answer, level):  # looser while that is enough
                met[exponent] = answer
                exponent -= 1
                if exponent < 1:
                    break
                answer = self.run(exponent)
        else:
            gaps = []
            while not reaches(answer, level):  # tighter until it is
                if "gap" not in answer or answer.get("too_slow") or exponent >= TIGHTEST:
                    return None, answer
                gaps.append(answer["gap"])
                if len(gaps) > 3 and gaps[-4] < 1.05 * gaps[-1]:
                    return None, answer  # three decades tighter and no smaller gap
                exponent += 1
                answer = self.run(exponent)
            met[exponent] = answer
        loosest = min(met)
        if met[loosest]["seconds"] < WORTH_REFINING and loosest > 1:
            half = self.run(loosest - 0.5)
            if reaches(half, level):
                met[loosest - 0.5] = half
        chosen = min(met, key=lambda tried: met[tried]["seconds"])
        return chosen, met[chosen]

    def all_levels(self, levels, start: float) -> dict:
        """{(case, peer, level): fastest run that met it, or None}, the loosest level first."""
        found, lost = {}, False
        for level in sorted(levels, reverse=True):
            if lost:  # what missed the looser level misses the tighter one
                found[self.case, self.name, level] = None
                continue
            exponent, answer = self.best(level, start)
            lost = exponent is None
            found[self.case, self.name, level] = None if lost else answer
            start = start if lost else min(TIGHTEST, int(exponent) + 3)
        return found


def reaches(answer: dict, level: float) -> bool:
    return "gap" in answer and not answer.get("too_slow") and answer["gap"] <= level


def describe(answer: dict) -> str:
    if "error" in answer:
        return answer["error"]
    if "gap" not in answer:
        return "stopped at the limit"
    return f"{answer['seconds']:.3g} s, gap {answer['gap']:.1e}, {answer['active']} active"


def peer_versions(python: str) -> dict:
    """Versions of the peers that the given interpreter (and R) has."""
    program = (
        "import json; from benchmarks.peers import PEERS, version; "
        "print(json.dumps({name: version(name) for name in PEERS}))"
    )
    done = subprocess.run([python, "-c", program], cwd=HERE, capture_output=True, text=True, check=True)
    return {name: found for name, found in json.loads(done.stdout).items() if found}


def tune_all(cases, levels, peers, python, results, limit):
    """{(case, peer, level): run that met the level, or None}; absent peers are left out."""
    found = {}
    versions = peer_versions(python)
    for case in cases:
        server = Server(python)
        for peer in peers:
            if peer not in versions or (PEERS[peer].tall_only and PROBLEMS[case.problem].kind != "tall"):
                continue
            tuner = Tuner(peer, versions[peer], case, server, results, limit)
            found |= tuner.all_levels(levels, PEERS[peer].start_exponent)
        server.close()
    return found
