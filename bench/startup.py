"""How fast a process is there: imports, the first answer of a small service, of 300 operations, of GitHub's document.

    python bench/startup.py [--check]

Everything runs in fresh processes, interleaved, in an order shuffled for every round; a figure is the median of the
rounds. Times are CPU time since the process began (user and system), to the first answer of the WSGI application: what
a worker of a server does before it can serve. GitHub's document comes with the corpus (corpus/fetch.py).
"""

from __future__ import annotations

import json
import random
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path
from statistics import median
from typing import Any

import generated
import worker
from contenders import HERE, ROOT, UnavailableError, clean_environment, last_line
from targets import Figure, tell

ROUNDS = 9
HELLO = ROOT / "examples" / "helloworld"
HELLO_PATH = "/hello"
GITHUB = ROOT / ".corpus" / "real" / "v30" / "github.yaml"
IMPORT = "import time; began = time.process_time(); import {}; print(time.process_time() - began)"

# what was measured -> its value in each round
Found = dict[str, list[float]]


class Places:
    """A temporary folder with the services that are made, and the document caches."""

    def __init__(self, folder: Path) -> None:
        self.large, self.github = folder / "large", folder / "github"
        self.warm, self.cold = folder / "warm", folder / "cold"
        generated.service(self.large, "large", generated.document_of(300))
        if GITHUB.exists():
            generated.service(self.github, "github", GITHUB.read_text())

    def import_of(self, module: str) -> float:
        return float(_run([sys.executable, "-c", IMPORT.format(module)], self.warm))

    def first_answer(self, service: Path, module: str, path: str, cache: Path | None = None) -> dict[str, Any]:
        script = str(HERE / "first_answer.py")
        told = json.loads(_run([sys.executable, script, str(service), module, path], cache or self.warm))
        return dict(told)

    def sample(self, what: str) -> float:
        """One value of one of the things measured in every round, in seconds of CPU time."""
        match what:
            case "import flask":
                return self.import_of("flask")
            case "import pymacaron":
                return self.import_of("pymacaron")
            case "import all of it":
                return self.import_of("pymacaron.api, pymacaron.models, flask")
            case "hello, bare Flask":
                return float(self.first_answer(HERE / "hello", "flask_server", "/hello")["cpu"])
            case "hello, pymacaron":
                return float(self.first_answer(HELLO, "server", HELLO_PATH)["cpu"])
            case "300 operations, warm":
                return float(self.first_answer(self.large, "server", "/thing07s/x")["cpu"])
            case _:
                shutil.rmtree(self.cold, ignore_errors=True)
                return float(self.first_answer(self.large, "server", "/thing07s/x", self.cold)["cpu"])


IN_ROUNDS = (
    "import flask",
    "import pymacaron",
    "import all of it",
    "hello, bare Flask",
    "hello, pymacaron",
    "300 operations, warm",
    "300 operations, cold",
)


def _run(command: list[str], cache: Path) -> str:
    """What a fresh process prints; its documents are cached in `cache`.

    Raises:
        UnavailableError: it failed.
    """
    environment = clean_environment({"PYMACARON_CACHE": str(cache)})
    done = subprocess.run(command, capture_output=True, text=True, check=False, env=environment, timeout=300)
    if done.returncode:
        raise UnavailableError(last_line(done.stderr))
    return done.stdout


def measure() -> tuple[Found, dict[str, str]]:
    """All samples, and what could not be measured with the reason."""
    found: Found = {}
    absent: dict[str, str] = {}
    with tempfile.TemporaryDirectory(prefix="pymacaron-bench-") as folder:
        places = Places(Path(folder))
        _in_rounds(places, found, absent)
        for what, sample in (("github", lambda: _github(places)), ("worker", _workers)):
            try:
                found |= sample()
            except UnavailableError as reason:
                absent[what] = str(reason)
    return found, absent


def _in_rounds(places: Places, found: Found, absent: dict[str, str]) -> None:
    for number in range(ROUNDS + 1):  # the first fills the caches and is not counted
        for what in random.sample(IN_ROUNDS, len(IN_ROUNDS)):
            if what in absent:
                continue
            try:
                value = places.sample(what)
            except UnavailableError as reason:
                absent[what] = str(reason)
                continue
            if number:
                found.setdefault(what, []).append(value)


def _github(places: Places) -> Found:
    """Seconds that loading and starting GitHub's whole API takes: without a cache, then three times with one."""
    if not places.github.exists():
        raise UnavailableError("GitHub's document is not there: run `make corpus` first")
    cold, *warm = (places.first_answer(places.github, "server", "/meta")["load"] for _ in range(4))
    return {"github, cold": [cold], "github, warm": warm}


def _workers() -> Found:
    """Megabytes of a gunicorn worker."""
    if not HELLO.exists():
        raise UnavailableError(f"no {HELLO.relative_to(ROOT)}")
    return {
        "worker, bare Flask": [worker.peak_megabytes(HERE / "hello", "flask_server", "/hello")],
        "worker, pymacaron": [worker.peak_megabytes(HELLO, "server", HELLO_PATH)],
    }


def figures(found: Found, absent: dict[str, str]) -> list[Figure]:
    """The figures beside what is to be reached."""
    for what, reason in absent.items():
        print(f"{what}: not measured: {reason}")

    def ratio(what: str, base: str) -> float | None:
        pairs = zip(found.get(what, ()), found.get(base, ()), strict=False)
        values = [one / other for one, other in pairs]
        return median(values) if values else None

    def middle(what: str) -> float | None:
        return median(found[what]) if what in found else None

    flask = "hello, bare Flask"
    return [
        Figure("import pymacaron", ratio("import pymacaron", "import flask"), 0.6, "× import flask"),
        Figure("helloworld, first answer", ratio("hello, pymacaron", flask), 1.8, "× bare Flask's"),
        Figure("300 operations, cold, first answer", ratio("300 operations, cold", flask), 3.0, "× bare Flask's"),
        Figure("300 operations, warm, first answer", ratio("300 operations, warm", flask), 2.2, "× bare Flask's"),
        Figure("GitHub's document, cold", middle("github, cold"), None, "s"),
        Figure("GitHub's document, warm", middle("github, warm"), 3.0, "s"),
        Figure("a gunicorn worker of helloworld", middle("worker, pymacaron"), 60.0, "MB"),
        Figure("bare Flask: hello, first answer", middle(flask), None, "s"),
        Figure("bare Flask: a gunicorn worker", middle("worker, bare Flask"), None, "MB"),
    ]


def main() -> int:
    reached = tell(figures(*measure()))
    return 0 if reached or "--check" not in sys.argv else 1


if __name__ == "__main__":
    sys.exit(main())
