"""Send every case of the official JSON-Schema-Test-Suite through the request body of a real operation.

    python conformance/run.py [--only WORD] [--verbose]

Each schema becomes the body of a POST operation in an OpenAPI document, served by pymacaron with a function that
echoes; each case is a request. An answer of 200 says: valid; of 400: invalid. The suite is fetched as the corpus is.
Swagger 2.0 and OpenAPI 3.0 speak draft 4, OpenAPI 3.1 and 3.2 draft 2020-12. Cases of documents that pymacaron loads,
but does not serve for keywords that the version does not have, are read by the operation all the same ("unserved").

The exit code is 1 if a case goes wrong that exceptions.toml does not list, or if something is listed there that does
not go wrong.
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import NamedTuple

from listed import Exceptions
from service import Answer, Service, remotes
from suite import HERE, SUITE, VERSIONS, Case, Group, Version, groups, write_documents

PASSED, UNSERVED, LISTED, WRONG = "passed", "unserved", "listed", "WRONG"


class Outcome(NamedTuple):
    """What became of a case."""

    version: Version
    group: Group
    case: Case
    result: str
    answer: Answer


def fetch() -> None:
    """Bring the suite, unless it is there.

    Raises:
        SystemExit: it cannot be fetched.
    """
    command = [sys.executable, str(HERE.parent / "corpus" / "fetch.py"), "--only", "JSON-Schema-Test-Suite"]
    done = subprocess.run(command, check=False, capture_output=True, text=True)
    if done.returncode or not SUITE.is_dir():
        sys.exit(f"The JSON-Schema-Test-Suite is not there and could not be fetched:\n{done.stdout}{done.stderr}")


@contextmanager
def configured() -> Iterator[None]:
    """A configuration that lets references be fetched; answers need no check, since they may be anything."""
    with tempfile.NamedTemporaryFile("w", suffix=".yaml") as file:
        file.write("{name: conformance, live_host: localhost, remote_refs: true, validate_responses: 'off'}")
        file.flush()
        os.environ["PYM_CONFIG"] = file.name
        yield


def outcomes(version: Version, only: str, exceptions: Exceptions) -> Iterator[Outcome]:
    """Every case for a version of OpenAPI."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        written = write_documents(version, (group for group in groups(version.draft) if only in group.file), folder)
        service = Service(folder, [one.api for one in written])
        for one in written:
            good = PASSED
            if one.api in service.unserved:
                good = UNSERVED if exceptions.unserved(version, service.unserved[one.api]) else WRONG
            for case in one.group.cases:
                answer = service.send(one, json.dumps(case.data).encode())
                right = answer.status == (200 if case.valid else 400)
                result = good if right else LISTED if exceptions.covers(version, one.group) else WRONG
                yield Outcome(version, one.group, case, result, answer)


def show(version: Version, done: list[Outcome], seconds: float) -> None:
    counts = (sum(one.result == result for one in done) for result in (PASSED, UNSERVED, LISTED, WRONG))
    print(f"{version.name:13}{version.draft:14}{len(done):6}", *(f"{count:9}" for count in counts), f"{seconds:9.1f}")


def explain(outcome: Outcome) -> None:
    version, group, case, result, answer = outcome
    said = answer.text.partition("\n")[2].strip() or answer.text
    print(f"{result} {version.name}: {group.name}: {case.description}")
    print(f"    {json.dumps(case.data)[:100]} is {'valid' if case.valid else 'invalid'}; {answer.status}: {said[:400]}")


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--only", default="", metavar="WORD", help="only files of the suite with this in their path")
    parser.add_argument("--verbose", action="store_true", help="show what the listed cases are answered, too")
    options = parser.parse_args()
    fetch()
    exceptions = Exceptions()
    shown = {WRONG, LISTED} if options.verbose else {WRONG}
    wrong = 0
    print(
        f"{'version':13}{'draft':14}{'cases':>6}{'passed':>10}{'unserved':>10}{'listed':>10}{'wrong':>10}{'seconds':>10}"
    )
    with configured(), remotes():
        for version in VERSIONS:
            start = time.perf_counter()
            done = list(outcomes(version, options.only, exceptions))
            show(version, done, time.perf_counter() - start)
            for outcome in done:
                if outcome.result in shown:
                    explain(outcome)
            wrong += sum(outcome.result == WRONG for outcome in done)
    stale = [] if options.only else exceptions.stale
    for name, what in stale:
        print(f"exceptions.toml lists what does not go wrong: {name}: {what}")
    return 1 if wrong or stale else 0


if __name__ == "__main__":
    sys.exit(main())
