"""Call documents of the corpus that Prism serves: a mock server that holds requests against the document.

    python conformance/prism.py [--only WORD] [--seeds N] [--verbose]

Every operation is called `ApiPool.<api>.client.<operation>(...)` with generated arguments, N times. Prism has to accept
the call, and the client to understand the answer, which Prism generates from the schemas. It is installed with npm the
first time (servers.py). The exit code is 1 if something else goes wrong than what prism_exceptions.toml lists with its
reason, or if what that lists does not go wrong.
"""

from __future__ import annotations

import argparse
import base64
import logging
import sys
import tempfile
import time
import tomllib
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from random import Random
from typing import Any, NamedTuple

import servers

from pymacaron.client import Answered, Method
from pymacaron.config import get_config
from pymacaron.dialects import Document
from pymacaron.exceptions import ArgumentFault, PyMacaronException
from pymacaron.formats import Formats
from pymacaron.messages import ABSENT
from pymacaron.operations import Operation
from pymacaron.pool import ApiPool, LoadedApi
from pymacaron.samples import NoSample, arguments

COMMAND = (
    "node", str(servers.PACKAGES / "@stoplight" / "prism-cli" / "dist" / "index.js"), "mock", "--errors", "--dynamic",
    "--seed", "1", "--host", "127.0.0.1", "--port", "PORT", "--verboseLevel", "error",
)  # fmt: skip
# Ten documents of different makers, in Swagger 2.0, OpenAPI 3.0 and 3.1.
DOCUMENTS = (
    "real/v2/docker-engine.yaml",
    "real/v2/netlify.json",
    "real/v2/okta.yaml",
    "real/v30/oad-digitalocean.json",
    "real/v30/oad-launchdarkly.json",
    "real/v30/oad-mastodon.json",
    "real/v30/oad-spotify.json",
    "real/v31/airflow-3.yaml",
    "real/v31/oad-adyen-checkout.json",
    "real/v31/rclone.yaml",
)
VIOLATIONS = "sl-violations"  # the header that says why it answers with a declared error
API = "prism"
PROBLEM_TYPE = "application/problem+json"
PROBLEM = "https://stoplight.io/prism/errors#"  # what the type of an error of its own begins with
RIGHT, WITHOUT = "right", "without sample"
UNSENT, REFUSED, FAULT, MISUNDERSTOOD = "not sent", "refused", "no answer", "not understood"
COLUMNS = (RIGHT, WITHOUT, UNSENT, REFUSED, FAULT, MISUNDERSTOOD)


class Outcome(NamedTuple):
    """What became of a call: one of COLUMNS, and what was said."""

    operation: Operation
    result: str
    said: str = ""


def outcomes(api: LoadedApi, port: int, seeds: int) -> Iterator[Outcome]:
    """Every operation of a document, called so often."""
    for operation in api.document.operations:
        options = {
            "with_response": True, "base_url": f"http://127.0.0.1:{port}/", "max_attempts": 1,
            "request_headers": credentials(api.document, operation),
        }  # fmt: skip
        taken = {parameter.argument for parameter in operation.parameters}
        given = {name + "_" * (name in taken): value for name, value in options.items()}
        for seed in range(seeds):
            result, said = called(getattr(api.client, operation.name), seed, given)
            yield Outcome(operation, result, f"seed {seed}: {said}")


def called(method: Method, seed: int, options: dict[str, Any]) -> tuple[str, str]:
    """What becomes of a call with generated arguments."""
    try:
        body, parameters = arguments(method.operation, Random(seed))
    except NoSample as fault:
        return WITHOUT, str(fault)
    try:
        return judged(method(*() if body is ABSENT else (body,), **parameters, **options))
    except (ArgumentFault, TypeError) as fault:
        return UNSENT, str(fault)


def judged(answered: Answered) -> tuple[str, str]:
    """What became of a call that was answered, with the evidence."""
    result, status, headers = answered
    if status is not None and status < 400 and not isinstance(result, PyMacaronException):
        return RIGHT, ""
    problem = problem_of(result)
    if problem is None and status == 500 and headers.get("content-type") == PROBLEM_TYPE:  # of a HEAD
        problem = {"title": "no more is told"}
    if problem is None:
        violations = headers.get(VIOLATIONS, "")
        said = " ".join([str(result), *getattr(result, "__notes__", ())])
        return (REFUSED, f"{status} {violations}") if '"request"' in violations else (MISUNDERSTOOD, said)
    violations = problem.get("validation", [])
    is_fault = status == 500 and all(one["location"][0] == "response" for one in violations)
    told = [f"{' '.join(one['location'])}: {one['message']}" for one in violations]
    return FAULT if is_fault else REFUSED, " | ".join([f"{status} {problem['title']}", *told])


def problem_of(result: Any) -> dict[str, Any] | None:
    """What Prism says of itself in place of an answer; None if it is one."""
    cause = result.cause if isinstance(result, PyMacaronException) else result
    is_problem = isinstance(cause, dict) and str(cause.get("type")).startswith(PROBLEM)
    return cause if is_problem else None


def credentials(document: Document, operation: Operation) -> dict[str, str]:
    """The headers with what the first of the alternatives demands that can be sent as one."""
    for requirement in operation.security or ():
        schemes = [document.security_scheme(name) for name in requirement]
        if all(scheme is not None and scheme.where != "query" for scheme in schemes):
            return {name: text for scheme in schemes if scheme is not None for name, text in [credential(scheme)]}
    return {}


def credential(scheme: Any) -> tuple[str, str]:
    if scheme.kind == "basic":
        return "Authorization", "Basic " + base64.b64encode(b"ann:secret").decode()
    if scheme.kind == "apiKey":
        return ("Cookie", f"{scheme.field}=key") if scheme.where == "cookie" else (scheme.field, "key")
    return "Authorization", "Bearer token"


class Exceptions:
    """The operations that prism_exceptions.toml lists, by document."""

    def __init__(self) -> None:
        with (servers.HERE / "prism_exceptions.toml").open("rb") as stream:
            entries = tomllib.load(stream)["exception"]
        self._listed = [(entry["document"], name) for entry in entries for name in entry["operations"]]

    def of(self, document: str) -> set[str]:
        return {name for found, name in self._listed if found == document}


def judge(path: str, seeds: int, listed: set[str]) -> int:
    """Call every operation of a document and print what became of it; gives how much is not as it should be.

    Args:
        listed: the operations with which something goes wrong.
    """
    get_config().clients = {API: {"max_failures": 0}}
    (api,) = ApiPool.load({API: str(servers.CORPUS / path)}, Formats())
    start, port, found = time.perf_counter(), servers.free_row(), list[Outcome]()
    command = (*COMMAND, str(servers.CORPUS / path))
    with tempfile.TemporaryDirectory() as name, servers.serving(command, port, Path(name)):
        found.extend(outcomes(api, port, seeds))
    counts = Counter(outcome.result for outcome in found)
    numbers = (f"{counts[name]:15}" for name in COLUMNS)
    print(f"{len(api.document.operations):10}", *numbers, f"{time.perf_counter() - start:8.1f}", path, flush=True)
    amiss = [outcome for outcome in found if outcome.result not in (RIGHT, WITHOUT)]
    unlisted = [outcome for outcome in amiss if outcome.operation.title not in listed]
    for outcome in unlisted:
        print(f"    {outcome.result}: {outcome.operation.title}, {outcome.said[:600]}")
    stale = listed - {outcome.operation.title for outcome in amiss}
    for title in sorted(stale):
        print(f"    prism_exceptions.toml lists what does not go wrong: {title}")
    return len(unlisted) + len(stale)


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--only", default="", metavar="WORD", help="only documents with this in their path")
    parser.add_argument("--seeds", type=int, default=2, help="how often each operation is called")
    options = parser.parse_args()
    logging.disable(logging.WARNING)
    servers.install()
    exceptions, wrong = Exceptions(), 0
    print(f"{'operations':>10}", *(f"{name:>15}" for name in COLUMNS), f"{'seconds':>8}")
    for path in DOCUMENTS:
        if options.only in path:
            wrong += judge(path, options.seeds, exceptions.of(path))
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())
