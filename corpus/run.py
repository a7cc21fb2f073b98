"""Serve every document of the corpus with pymacaron, each in a process of its own, and print a table.

    python corpus/run.py [--only WORD] [--jobs N] [--no-fetch]

manifest.tsv says what is expected of a document: it `must` load, with the operations that stand in it; it `should`
load, perhaps with warnings; it `may` be refused. Refused means: told where the faults are. Nothing may end in a
traceback. Every operation is bound, routed, and asked two things: a request that is right, and one that is not
(traffic.py). What a document makes impossible to ask is shown with the reason. The exit code is 1 if a `must` was not
loaded, an operation of one answered otherwise than it should, anything ended in a traceback, or a package could not be
fetched.
"""

from __future__ import annotations

import argparse
import csv
import json
import logging
import os
import signal
import sys
import tempfile
import traceback
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from typing import Any, NamedTuple

from fetch import CORPUS, HERE, fetch
from traffic import Service

from pymacaron.config import get_config
from pymacaron.documents import ReferenceFault
from pymacaron.exceptions import StartError
from pymacaron.formats import Formats
from pymacaron.pool import ApiPool

PATIENCE = 120  # seconds for one document
PASS, WARN, REFUSED, WRONG, CRASH = "pass", "warn", "refused", "WRONG", "CRASH"


class Row(NamedTuple):
    """A line of manifest.tsv; `features` is what the document has in it, as `name=count` words."""

    path: str
    expect: str
    version: str
    operations: int
    schemas: int
    features: str


class Outcome(NamedTuple):
    """What became of a document; `failed` counts the operations that did not answer as they should, `impossible` says
    what could not be asked and why, `seconds` is CPU time, `megabytes` the peak of the process."""

    row: Row
    result: str
    operations: int
    failed: int
    schemas: int
    impossible: list[str]
    seconds: float
    megabytes: float
    why: str

    @property
    def bad(self) -> bool:
        if self.row.expect == "must" and (self.failed or self.result == REFUSED):
            return True
        return self.result in {WRONG, CRASH}


class Loaded(NamedTuple):
    """A document that was loaded: what is in it, the warnings, how many operations failed and what they did wrong, and
    what could not be asked, a line each."""

    operations: int
    schemas: int
    warnings: list[str]
    failed: int
    faults: list[str]
    impossible: list[str]


def manifest() -> list[Row]:
    with (HERE / "manifest.tsv").open(newline="") as stream:
        lines = list(csv.DictReader(stream, delimiter="\t", quoting=csv.QUOTE_NONE))
    return [
        Row(
            line["path"],
            line["expect"],
            line["version"],
            int(line["operations"] or 0),
            int(line["schemas"] or 0),
            line["features"],
        )
        for line in lines
    ]


def load(path: Path) -> Loaded:
    """Load one document, bind every operation to a function, route it, and ask it.

    Raises:
        StartError: the document is faulty; the text of the error tells where.
    """
    warnings = _Kept()
    logging.getLogger("pymacaron").addHandler(warnings)
    (api,) = ApiPool.load({"corpus": str(path)}, Formats())
    document = api.document
    for name in document.named:
        with suppress(ReferenceFault):  # in what nothing uses: the warnings tell of it
            getattr(document.models, name, None)
    service = Service(document)
    asked = {op.title: service.asked(op) for op in document.operations}
    found = [*document.shapes.parents.findings, *(fault.fact for fault in api.soft_faults), *warnings.texts]
    return Loaded(
        len(document.operations),
        len(document.named),
        [str(one) for one in found],
        sum(bool(one.faults) for one in asked.values()),
        [f"{title}: {fault}" for title, one in asked.items() for fault in one.faults],
        [f"{title}: {reason}" for title, one in asked.items() for reason in one.impossible],
    )


class _Kept(logging.Handler):
    """Keeps what is logged."""

    def __init__(self) -> None:
        super().__init__()
        self.texts: list[str] = []

    def emit(self, record: logging.LogRecord) -> None:
        self.texts.append(record.getMessage())


def attempt(row: Row, report: Path) -> None:
    """Load one document in this process and write what came of it as JSON."""
    signal.alarm(PATIENCE)
    try:
        told = judged(row)
    except Exception:  # noqa: BLE001  # whatever it is, the table shows it
        told = CRASH, 0, 0, 0, [], traceback.format_exc(limit=-3)
    report.write_text(json.dumps(told))


def judged(row: Row) -> tuple[str, int, int, int, list[str], str]:
    """Result, operations, those of them that failed, named schemas, what is impossible, and the reasons."""
    try:
        operations, schemas, warnings, failed, faults, impossible = load(CORPUS / row.path)
    except StartError as fault:
        return REFUSED, 0, 0, 0, [], str(fault)
    if operations != row.operations:
        return WRONG, operations, 0, schemas, [], f"{operations} operations, but {row.operations} stand in it"
    return (WARN if warnings else PASS), operations, failed, schemas, impossible, "\n".join(faults or warnings)


def outcomes(rows: list[Row], jobs: int) -> Iterator[Outcome]:
    """Every document in a child process of its own, `jobs` at a time."""
    waiting, running = list(reversed(rows)), dict[int, Row]()
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        while waiting or running:
            while waiting and len(running) < jobs:
                row = waiting.pop()
                running[_start(row, folder)] = row
            pid, status, used = os.wait4(-1, 0)
            yield _outcome(running.pop(pid), folder / str(pid), status, used)


def _start(row: Row, folder: Path) -> int:
    sys.stdout.flush()
    pid = os.fork()
    if pid == 0:
        try:
            attempt(row, folder / str(os.getpid()))
        finally:
            os._exit(0)
    return pid


def _outcome(row: Row, report: Path, status: int, used: Any) -> Outcome:
    seconds, megabytes = used.ru_utime + used.ru_stime, used.ru_maxrss / 1024
    if not report.exists():
        ended = os.waitstatus_to_exitcode(status)
        why = f"longer than {PATIENCE} s" if ended == -signal.SIGALRM else f"the process ended with {ended}"
        return Outcome(row, CRASH, 0, 0, 0, [], seconds, megabytes, why)
    result, operations, failed, schemas, impossible, why = json.loads(report.read_text())
    return Outcome(row, result, operations, failed, schemas, impossible, seconds, megabytes, why)


def show(outcome: Outcome, verbose: bool) -> None:
    row = outcome.row
    print(
        f"{outcome.result:8}{row.expect:7}{row.version:8}{outcome.operations:6}{outcome.failed:7}"
        f"{len(outcome.impossible):7}{outcome.schemas:8}{outcome.seconds:8.2f}{outcome.megabytes:5.0f}  {row.path}",
        flush=True,
    )
    lines = outcome.why.splitlines()[: None if verbose else 12]
    shown = lines if outcome.bad or outcome.failed or verbose else lines[1:2] if outcome.result == REFUSED else []
    for line in [*shown, *(f"impossible: {line}" for line in outcome.impossible)]:
        print(f"        {line.strip()}")


def summarize(done: list[Outcome]) -> None:
    print(f"\n{'':8}documents  operations  failed  impossible  pass  warn  refused  wrong  crash  seconds  peak MB")
    for expect in ("must", "should", "may", "all"):
        group = [outcome for outcome in done if expect in {outcome.row.expect, "all"}]
        counts = [sum(outcome.result == result for outcome in group) for result in (PASS, WARN, REFUSED, WRONG, CRASH)]
        passed, warned, refused, wrong, crashed = counts
        print(
            f"{expect:8}{len(group):9}{sum(outcome.operations for outcome in group):12}"
            f"{sum(outcome.failed for outcome in group):8}{sum(len(outcome.impossible) for outcome in group):12}"
            f"{passed:6}{warned:6}{refused:9}"
            f"{wrong:7}{crashed:7}{sum(outcome.seconds for outcome in group):9.1f}"
            f"{max((outcome.megabytes for outcome in group), default=0):9.0f}"
        )


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--only", default="", metavar="WORD", help="only documents with this in their path")
    parser.add_argument("--jobs", type=int, default=2, help="documents at a time")
    parser.add_argument("--no-fetch", action="store_true", help="take what is there")
    parser.add_argument("--verbose", action="store_true", help="show all warnings and faults")
    options = parser.parse_args()
    fetched = options.no_fetch or fetch()
    os.environ["PYMACARON_CACHE"] = "off"  # what a first start takes is measured
    logging.getLogger("pymacaron").addHandler(logging.NullHandler())
    get_config()  # now, since it warns that there is no file, which is no document's fault
    rows = [row for row in manifest() if options.only in row.path]
    there = [row for row in rows if (CORPUS / row.path).exists()]
    done = []
    print("result  expect version  opers failed imposs schemas seconds   MB  document")
    for outcome in outcomes(there, options.jobs):
        show(outcome, options.verbose)
        done.append(outcome)
    summarize(done)
    if len(there) < len(rows):
        print(f"{len(rows) - len(there)} documents are not there, since their packages could not be fetched")
    return 0 if fetched and done and not any(outcome.bad for outcome in done) else 1


if __name__ == "__main__":
    sys.exit(main())
