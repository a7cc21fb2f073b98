"""Serve every document of the corpus that must load as `pymacaron mock` does, and hold the answers against it.

    python conformance/mocked.py [--only WORD] [--jobs N] [--patience SECONDS] [--verbose]

Each operation is asked with a request that its document allows, made from its schemas: once as it is, and once for each
response that the operation declares, which the header Prefer asks for. An answer has to have the status that was asked
for, else a success where one is declared, and to keep the document: its media type, body and headers. What a document
makes impossible, a schema that allows nothing for example, is counted apart; the mock has to say so with 501. The exit
code is 1 if anything else comes.
"""

from __future__ import annotations

import argparse
import json
import logging
import os
import sys
import zlib
from collections import Counter
from collections.abc import Iterator
from random import Random

from apart import CORPUS, Found, Row, apart, rows, table
from traffic import ask

from pymacaron.answers import REPORT, ResponseCheck
from pymacaron.cli.documents import documents_of
from pymacaron.config import get_config
from pymacaron.messages import Request, Response
from pymacaron.mocking import mock_app
from pymacaron.operations import Operation
from pymacaron.router import Router, collisions
from pymacaron.samples import NoSample, arguments
from pymacaron.samples.results import status_of
from pymacaron.wire import write_request

_COLUMNS = ("operations", "answers")
_FINAL = 200  # statuses below are sent ahead of an answer (RFC 9110 section 15.2), by servers
_TRIES = 5  # for a request that is no right one of another operation


class Impossible(Exception):
    """The document does not allow it."""


class Mocked:
    """A document that is served, and what its operations answer."""

    def __init__(self, path: str) -> None:
        (document,) = documents_of([path])
        self.operations = document.operations
        self._app = mock_app([document])
        self._router = Router(self.operations)
        self._hidden = {later: earlier for earlier, later in collisions(self.operations)}

    def asked(self, operation: Operation) -> Iterator[str | Impossible | None]:
        """For each answer: what is wrong with it, why there is none, or None."""
        try:
            statuses = {status_of(answer, operation, Random(0)) for answer in operation.answers.values()}
            found = {status: self._fault(operation, status) for status in sorted(statuses) if status >= _FINAL}
            yield from found.values()
            can_succeed = not found or any(s < 400 and not isinstance(one, Impossible) for s, one in found.items())
            yield self._fault(operation, None, can_succeed=can_succeed)
        except Impossible as reason:
            yield reason

    def _fault(self, operation: Operation, status: int | None, *, can_succeed: bool = False) -> str | Impossible | None:
        answer = ask(self._app, self._request(operation, status))
        if answer.status == 501 != status and b"NO_ANSWER_POSSIBLE" in answer.body:
            return Impossible(json.loads(answer.body)["error_description"].removeprefix(f"{operation.title}: "))
        is_wanted = answer.status == status if status else answer.status < 400 or not can_succeed
        if not is_wanted:
            return f"{status or 'a success'} is answered {answer.status} {answer.body[:200]!r}"
        if operation.method == "HEAD":  # it tells of a body that is not sent (RFC 9110 section 9.3.2)
            return None if operation.answer(answer.status) else f"{answer.status} is not declared"
        faults = ResponseCheck(operation, REPORT).faults(Response(answer.status, answer.headers, answer.body))
        return f"{answer.status}: {'; '.join(faults[:3])}" if faults else None

    def _request(self, operation: Operation, status: int | None) -> Request:
        """A request that is right, and that no other operation takes."""
        hiding = self._hidden.get(operation)
        if hiding is not None:
            raise Impossible(f"requests reach {hiding.title}, whose path is the same")
        random = Random(zlib.crc32(operation.title.encode()))
        for _ in range(_TRIES):
            try:
                request = write_request(operation, arguments(operation, random))
            except NoSample as error:
                raise Impossible(f"a right request: {error}") from None
            found = self._router.find(request.method, request.path, request.query, request.headers)
            if not isinstance(found, frozenset) and found[0] is operation:
                prefer = {"prefer": f"code={status}"} if status else {}
                headers = {**request.headers, **prefer}
                return Request(request.method, request.path, request.query, headers, request.body)
        raise Impossible("right requests reach other operations")


def judge(row: Row) -> Found:
    """Every answer of a document; what is deleted, is so at last."""
    mocked, counts = Mocked(str(CORPUS / row.path)), Counter[str]()
    impossible, wrong = [], []
    counts["operations"] = len(mocked.operations)
    for operation in sorted(mocked.operations, key=lambda one: one.method == "DELETE"):
        for found in mocked.asked(operation):
            counts["answers"] += not isinstance(found, Impossible)
            if found is not None:
                (impossible if isinstance(found, Impossible) else wrong).append(f"{operation.title}: {found}")
    return counts, impossible, wrong


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--only", default="", metavar="WORD", help="only documents with this in their path")
    parser.add_argument("--jobs", type=int, default=2, help="documents at a time")
    parser.add_argument("--patience", type=int, default=300, help="seconds for one document")
    parser.add_argument("--verbose", action="store_true", help="show everything")
    options = parser.parse_args()
    logging.disable()
    os.environ["PYMACARON_CACHE"] = "off"
    get_config()
    found = apart(rows(options.only, ["must"]), judge, jobs=options.jobs, patience=options.patience)
    return table(found, _COLUMNS, verbose=options.verbose)


if __name__ == "__main__":
    sys.exit(main())
