"""CPU time per request, in process, of pymacaron and its peers, as ratios to bare Flask; then calls of
other services (calling.py), the store (keeping.py) and start-up (startup.py).

    python bench/run.py [--peers none|core|all] [--only requests|failing|client|stores|startup] [--check]

Every contender runs in a process of its own; all of them wait while one is timed, in an order that is shuffled for
every round and workload, so that whatever else the machine does hits all alike. Each is asked first whether it answers
rightly. A ratio is taken within a round, and the median of the rounds is told. With --check the exit code is 1 if
pymacaron missed a target.
"""

from __future__ import annotations

import argparse
import json
import random
import subprocess
import sys
from contextlib import ExitStack
from statistics import median

import calling
import keeping
import startup
from contenders import BASE, CORS, DISPATCH, HERE, LEAN, PRODUCTION, STORE, Contender, Running, UnavailableError, chosen
from failing import MOST
from targets import Figure, tell
from workloads import WORKLOADS

TARGETS = {"ping": 0.15, "item": 0.25, "order": 0.25, "bulk": 1.0, "catalog": 0.10, "invalid": 0.30, "me": 0.45}
PRODUCTION_ADDS = 15.0  # microseconds per call that the production defaults may add
THROUGH_DISPATCH = 0.9  # for `order`, answered through Flask's own dispatcher

# contender -> workload -> CPU microseconds per request, one for each round (the same rounds for all)
Samples = dict[str, dict[str, list[float]]]


class Measurement:
    """What has been measured so far, and what could not be, with the reasons."""

    def __init__(self) -> None:
        self.samples: Samples = {}
        self.absent: dict[str, str] = {}
        self.skipped: dict[str, dict[str, str]] = {}

    def add_generation(self, contenders: list[Contender], rounds: int, seconds: float) -> None:
        """Start every contender afresh, verify it, and time all of them `rounds` times."""
        with ExitStack() as stack:
            running = [one for contender in contenders if (one := self._start(contender, stack))]
            for _ in range(rounds):
                for workload in WORKLOADS:
                    for one in random.sample(running, len(running)):
                        self._time(one, workload, seconds)

    def _start(self, contender: Contender, stack: ExitStack) -> Running | None:
        if contender.name in self.absent:
            return None
        try:
            one = Running(contender)
            stack.callback(one.close)
            self.skipped[contender.name] = one.about["skip"]
            verify(one)
        except UnavailableError as reason:
            self.absent[contender.name] = str(reason)
            return None
        return one

    def _time(self, one: Running, workload: str, seconds: float) -> None:
        if workload not in one.about["skip"]:
            took = self.samples.setdefault(one.contender.name, {}).setdefault(workload, [])
            took.append(one.ask("time", workload, seconds))

    def ratio(self, name: str, workload: str) -> float | None:
        """How many times bare Flask's CPU time a request takes; `invalid` is held against bare Flask's `order`."""
        mine = self.samples.get(name, {}).get(workload)
        base = self.samples.get(BASE, {}).get("order" if workload == "invalid" else workload)
        if not mine or not base:
            return None
        return median(one / flask for one, flask in zip(mine, base, strict=True))

    def added(self, workload: str) -> float | None:
        """Microseconds that the production defaults add to a call."""
        lean, production = (self.samples.get(name, {}).get(workload) for name in (LEAN, PRODUCTION))
        if not lean or not production:
            return None
        return median(more - less for more, less in zip(production, lean, strict=True))


def verify(one: Running) -> None:
    """Ask every workload once.

    Raises:
        UnavailableError: an answer is wrong.
    """
    for workload in WORKLOADS:
        if workload not in one.about["skip"] and (fault := one.ask("check", workload)):
            raise UnavailableError(f"answers {workload} wrongly: {fault}")


def show_ratios(measured: Measurement, contenders: list[Contender]) -> None:
    print("\nCPU time per request as a ratio to bare Flask (`invalid`: to bare Flask's `order`)\n")
    print(f"{'':32}" + "".join(f"{workload:>9}" for workload in WORKLOADS))
    for contender in contenders:
        if contender.name in measured.absent:
            print(f"{contender.name:32} not available: {measured.absent[contender.name]}")
            continue
        cells = (measured.ratio(contender.name, workload) for workload in WORKLOADS)
        print(f"{contender.name:32}" + "".join(f"{cell(value):>9}" for value in cells))
    base = measured.samples.get(BASE, {})
    micros = (median(base[workload]) if workload in base else None for workload in WORKLOADS)
    print(f"{BASE + ', µs':32}" + "".join(f"{cell(value, 1):>9}" for value in micros))
    for name, reasons in measured.skipped.items():
        for workload, reason in reasons.items() if name in (BASE, LEAN) else ():
            print(f"{name}, {workload}: not measured: {reason}")


def cell(value: float | None, digits: int = 2) -> str:
    return "–" if value is None else f"{value:,.{digits}f}"


def figures(measured: Measurement) -> list[Figure]:
    """pymacaron's figures beside what is to be reached."""
    lean = [
        Figure(f"{workload}", measured.ratio(LEAN, workload), most, "× bare Flask")
        for workload, most in TARGETS.items()
        if workload not in measured.skipped.get(LEAN, {})
    ]
    production = [
        Figure(f"{workload}, production defaults add", measured.added(workload), PRODUCTION_ADDS, "µs")
        for workload in TARGETS
        if workload not in measured.skipped.get(LEAN, {})
    ]
    dispatched = Figure(
        "order, through Flask's dispatch", measured.ratio(DISPATCH, "order"), THROUGH_DISPATCH, "× bare Flask"
    )
    with_cors = Figure("order, with CORS(app)", measured.ratio(CORS, "order"), None, "× bare Flask")
    return [*lean, *production, dispatched, with_cors]


def measure_requests(options: argparse.Namespace) -> list[Figure]:
    """Time all contenders, print the table, save the samples as JSON; the figures that have a target."""
    contenders = chosen(options.peers)
    measured = Measurement()
    for generation in range(options.generations):
        print(f"measuring: {generation * options.rounds} of {options.generations * options.rounds} rounds", flush=True)
        measured.add_generation(contenders, options.rounds, options.seconds)
    save("requests", {"us": measured.samples, "absent": measured.absent, "skipped": measured.skipped})
    show_ratios(measured, contenders)
    return figures(measured)


def measure_failing() -> list[Figure]:
    """What crash reports cost operations that always fail (failing.py)."""
    done = subprocess.run([sys.executable, str(HERE / "failing.py")], capture_output=True, text=True, check=True)
    found: dict[str, float] = json.loads(done.stdout)
    save("failing", found)
    return [Figure(f"always {name}, with reports", value, MOST, "× without") for name, value in found.items()]


def measure_client(peers: str) -> list[Figure]:
    """What a call of another service costs (calling.py)."""
    print("measuring: calls of another service", flush=True)
    samples, missing = calling.measure(peers)
    save("client", {"us": samples, "absent": missing})
    calling.show(samples, missing)
    return calling.figures(samples, peers)


def measure_stores() -> list[Figure]:
    """What keeping an item in a file costs (keeping.py)."""
    done = subprocess.run([sys.executable, str(HERE / "keeping.py")], capture_output=True, text=True, check=True)
    found: dict[str, float] = json.loads(done.stdout)
    save("stores", found)
    return [Figure(f"store: {name}", value, keeping.MOST[name], "× bare sqlite3") for name, value in found.items()]


def save(name: str, value: object) -> None:
    """Write `.bench/results/NAME.json`."""
    folder = STORE / "results"
    folder.mkdir(parents=True, exist_ok=True)
    (folder / f"{name}.json").write_text(json.dumps(value, indent=1) + "\n")


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--peers", choices=["none", "core", "all"], default="core", help="who else is measured")
    parser.add_argument("--only", choices=["requests", "failing", "client", "stores", "startup"], help="a part of it")
    parser.add_argument("--check", action="store_true", help="exit with 1 if pymacaron missed a target")
    parser.add_argument("--generations", type=int, default=3, help="how often every contender is started afresh")
    parser.add_argument("--rounds", type=int, default=5, help="rounds in each generation")
    parser.add_argument("--seconds", type=float, default=0.08, help="CPU time of each sample")
    options = parser.parse_args()
    results: list[Figure] = []
    if options.only in {None, "requests"}:
        results += measure_requests(options)
    if options.only in {None, "failing"}:
        results += measure_failing()
    if options.only in {None, "client"}:
        results += measure_client(options.peers)
    if options.only in {None, "stores"}:
        results += measure_stores()
    if options.only in {None, "startup"}:
        found, absent = startup.measure()
        save("startup", {"found": found, "absent": absent})
        results += startup.figures(found, absent)
    reached = tell(results)
    return 0 if reached or not options.check else 1


if __name__ == "__main__":
    sys.exit(main())
