"""Call the autorest test server through its own documents: it answers 400 unless a request is right to the byte.

    python conformance/autorest.py [--only WORD] [--verbose]

All of its documents, in Swagger 2.0, are loaded, and their operations called: `ApiPool.<api>.client.<operation>(...)`.
What with, and what has to come of it, stands in autorest.yaml; an operation that is not there is called with the
constants that its document demands, and a PUT sends what the GET of its path gave, so the server says whether that was
understood. The server counts which of its scenarios were hit: GET /report. A scenario is right if it was hit, and each
call that hit it went as it should.

The server is installed with npm the first time (servers.py). The exit code is 1 if a call goes wrong, or a scenario of
/report is not right, that autorest_exceptions.toml does not list with its reason, or if that lists one that is right.
"""

from __future__ import annotations

import argparse
import json
import logging
import sys
import tempfile
import time
import tomllib
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from urllib.request import urlopen

import servers
import yaml
from autorest_calls import Api, Said, matching

from pymacaron.exceptions import DocumentError

PACKAGE = servers.PACKAGES / "@microsoft.azure" / "autorest.testserver"
COMMAND = (
    "node", "--require", str(servers.NODE / "loopback.cjs"), str(PACKAGE / "dist" / "cli" / "cli.js"),
    "run", "--port", "PORT",
)  # fmt: skip
# What the server counts: the scenarios that are for everybody; others, of which only the calls are judged.
VANILLA, BESIDE = "vanilla", {"optional": "optional ones", "azure": "of Azure's own", "dpg": "of versions of an API"}
FOREIGN, MISSED = "foreign", "missed"


class Coverage:
    """Which scenarios of the server were hit, and how the calls went that hit them."""

    def __init__(self, port: int) -> None:
        self._port = port
        self._counts = self._report()
        self.right: dict[str, bool] = {}

    def _report(self) -> dict[tuple[str, str], int]:
        """How often each scenario was hit, by category and name."""
        found = {}
        for category in (VANILLA, *BESIDE):
            with urlopen(f"http://127.0.0.1:{self._port}/report/{category}", timeout=servers.PATIENCE) as answer:
                found.update({(category, name): count for name, count in json.load(answer).items()})
        return found

    def tell(self, went_right: bool) -> list[str]:
        """How the last call went; gives the scenarios that it hit."""
        before, self._counts = self._counts, self._report()
        hit = [name for (category, name), count in self._counts.items() if count > before.get((category, name), 0)]
        for name in hit:
            self.right[name] = self.right.get(name, True) and went_right
        return hit

    def names(self, category: str) -> list[str]:
        return [name for found, name in self._counts if found == category]


class Exceptions:
    """What autorest_exceptions.toml lists: the reason by the scenario, of each of the two kinds."""

    def __init__(self) -> None:
        with (servers.HERE / "autorest_exceptions.toml").open("rb") as stream:
            tables = tomllib.load(stream)
        self.kinds = {
            kind: {name: entry["reason"] for entry in tables[kind] for name in entry["scenarios"]}
            for kind in (FOREIGN, MISSED)
        }

    def __contains__(self, name: str) -> bool:
        return any(name in listed for listed in self.kinds.values())


def apis(said: Said, port: int, only: str) -> Iterator[tuple[str, Api]]:
    """Every document of the server, with its calls unless it is left out.

    Raises:
        SystemExit: one cannot be loaded, and nothing says that it is faulty.
    """
    for path in sorted((PACKAGE / "swagger").glob("*.json")):
        entries: Said = {}
        for entry in matching(said, path.stem):
            entries |= entry
        if only not in path.stem:
            continue
        try:
            api = Api(path, entries, port)
        except DocumentError as error:
            if "faulty" not in entries:
                sys.exit(str(error))
            print(f"{path.name} is refused, as it has {entries['faulty']}")
            continue
        if "left_out" not in entries:
            yield path.stem, api


def call_all(port: int, only: str, *, verbose: bool) -> tuple[Coverage, int]:
    """Make every call; gives the coverage, and how many calls went wrong that should not."""
    said: dict[str, Any] = yaml.safe_load((servers.HERE / "autorest.yaml").read_text("utf-8"))
    coverage, calls, wrong, start = Coverage(port), 0, 0, time.perf_counter()
    for name, api in apis(said, port, only):
        for outcome in api.outcomes():
            hit = coverage.tell(not outcome.wrong)
            calls, wrong = calls + 1, wrong + bool(outcome.wrong and not outcome.is_listed)
            if verbose or (outcome.wrong and not outcome.is_listed):
                print(f"{name}.{outcome.operation} {hit}: {outcome.wrong[:500] or 'right'}")
    print(f"{calls} calls in {time.perf_counter() - start:.1f} s, {wrong} wrong")
    return coverage, wrong


def told(coverage: Coverage, exceptions: Exceptions, *, whole: bool) -> int:
    """Print what was hit; gives how many scenarios are not as they should be."""
    names = coverage.names(VANILLA)
    right = {name for name in names if coverage.right.get(name)}
    foreign = [name for name in names if name in exceptions.kinds[FOREIGN] and name not in right]
    ours = len(names) - len(foreign)
    print(
        f"{len(names)} scenarios; {len(foreign)} are not about OpenAPI; of {ours} that are, {len(right)} are right",
        end="",
    )
    print(f": {100 * len(right) / ours:.1f} %")
    for category, what in BESIDE.items():
        beside = coverage.names(category)
        print(f"{sum(coverage.right.get(name, False) for name in beside)} of {len(beside)} {what} are right, too")
    if not whole:
        return 0
    unlisted = [name for name in names if name not in right and name not in exceptions]
    stale = [name for listed in exceptions.kinds.values() for name in listed if name in right or name not in names]
    for name in unlisted:
        print(f"not right, and not in autorest_exceptions.toml: {name}")
    for name in stale:
        print(f"autorest_exceptions.toml lists what is right, or not there: {name}")
    return len(unlisted) + len(stale)


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--only", default="", metavar="WORD", help="only documents with this in their name")
    parser.add_argument("--verbose", action="store_true", help="show every call with the scenarios that it hits")
    options = parser.parse_args()
    logging.disable(logging.WARNING)
    servers.install()
    port = servers.free_row()
    with tempfile.TemporaryDirectory() as name:
        command = (*COMMAND, "--coverageDirectory", str(Path(name) / "coverage"))
        with servers.serving(command, port, Path(name)):
            coverage, wrong = call_all(port, options.only, verbose=options.verbose)
            return 1 if told(coverage, Exceptions(), whole=not options.only) + wrong else 0


if __name__ == "__main__":
    sys.exit(main())
