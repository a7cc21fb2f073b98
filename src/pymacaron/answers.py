"""Does a response keep what the document promises? In four modes, and never explained to the caller."""

from __future__ import annotations

import logging
import re
from collections.abc import Callable
from typing import NamedTuple, TypeAlias

from ._types import json_pointer
from .bodies import Measured, MediaType, Pieces, parse_media_type
from .headers import Headers
from .messages import Response, header_of
from .negotiation import content_for
from .operations import Answer, Operation
from .representations import Representation, SchemaProblem, represent
from .schemas import RESPONSE

log = logging.getLogger(__name__)

OFF, SAMPLE, REPORT, ENFORCE = "off", "sample", "report", "enforce"
_ONE_IN = 100


class Breach(NamedTuple):
    """An answer that breaks the document.

    Attributes:
        faults: how, each with its place: "body/price: expected a number".
        is_sent: it is all the same; else a BrokenPromise takes its place.
    """

    operation: Operation
    status: int
    faults: list[str]
    is_sent: bool = True

    def __str__(self) -> str:
        told = "; ".join(self.faults[:20])
        return f"the answer {self.status} of {self.operation.title} breaks the document: {told}"

    @property
    def fingerprint(self) -> str:
        """What equal ones have in common: which item of a list it was does not count."""
        return _NUMBER.sub("/#", str(self))


_NUMBER = re.compile(r"/\d+(?=[/:])")

# Is told of every one that is found.
BreachListener: TypeAlias = Callable[[Breach], None]


class BrokenPromise(Exception):
    """A response breaks the document, and the mode is `enforce`. Its text says how, for the service's people only."""

    def __init__(self, breach: Breach) -> None:
        super().__init__(str(breach))
        self.breach = breach


class ResponseCheck:
    """Checks the responses of one operation.

    Args:
        mode: "off", "sample" (the first response of each status, then one in a hundred), "report" (every one) or
            "enforce" (every one; one that breaks the document is not sent). The items of a stream are checked as they
            are made: all of them, in the mode "sample" the first and then one in a hundred, until one is wrong.
        listener: is told what is found; the default logs it as an error.
    """

    def __init__(self, operation: Operation, mode: str, listener: BreachListener | None = None) -> None:
        self.operation = operation
        self.mode = mode
        self._listener = listener or log_breach
        self._seen: dict[int, int] = {}
        self._promises: dict[tuple[str, str], _Promise] = {}
        self._headers: dict[str, Headers] = {}

    def __call__(self, response: Response) -> None:
        """Check a response, as often as the mode says.

        Raises:
            BrokenPromise: it breaks the document, and the mode is "enforce".
        """
        if self.mode == SAMPLE:
            seen = self._seen.get(response.status, 0)
            self._seen[response.status] = seen + 1
            if seen % _ONE_IN:
                return
        faults = self.faults(response)
        if faults:
            self._tell(response, faults)

    def _tell(self, response: Response, faults: list[str]) -> None:
        breach = Breach(self.operation, response.status, faults, self.mode != ENFORCE)
        self._listener(breach)
        if not breach.is_sent:
            raise BrokenPromise(breach)

    def faults(self, response: Response) -> list[str]:
        """What a response does that the document does not declare; [] for one that keeps to it. The items of a stream
        are not there yet: they are told, and refused, as they come."""
        if not self.operation.answers:
            return []
        answer = self.operation.answer(response.status)
        if answer is None:
            return [f"the status {response.status} is not declared"]
        faults = self._header_faults(answer, response) if answer.headers else []
        return faults + self._body_faults(answer, response)

    def _header_faults(self, answer: Answer, response: Response) -> list[str]:
        headers = self._headers.get(answer.key)
        if headers is None:
            headers = self._headers[answer.key] = Headers(answer.headers, self.operation.shapes.schemas)
        return headers.problems(response.headers)

    def _body_faults(self, answer: Answer, response: Response) -> list[str]:
        body = response.body
        header = header_of(response.headers, "content-type")
        if not answer.contents:
            return [f"the response has a body, but status {answer.key} declares none"] if body else []
        if header is None:
            return ["the declared body is missing"] if not body and self._needs_body(response.status) else []
        promise = self._promise(answer, header)
        if promise is None:
            return [f"the Content-Type {parse_media_type(header).name} is not declared for status {answer.key}"]
        if isinstance(body, Pieces):
            body.watch = promise.representation.watched(self._judge(response))
        return promise.faults(body) if isinstance(body, bytes) else []

    def _needs_body(self, status: int) -> bool:
        """Redirections, and statuses and methods that never have one (RFC 9110 section 6.4.1), may do without."""
        return status not in (204, 205) and status // 100 != 3 and self.operation.method != "HEAD"

    def _promise(self, answer: Answer, header: str) -> _Promise | None:
        found = self._promises.get((answer.key, header))
        if found is None:
            media = parse_media_type(header)
            content = content_for(answer.contents, media)
            if content is None:
                return None
            found = _Promise(represent(self.operation, content, RESPONSE, media, answer.key), media)
            if len(self._promises) < 100:  # functions may make headers up
                self._promises[answer.key, header] = found
        return found

    def _judge(self, response: Response) -> Callable[[Callable[[], list[SchemaProblem]]], None]:
        """What looks at the items of one stream. It tells of the first one that is wrong."""
        count, told = 0, False

        def judge(problems: Callable[[], list[SchemaProblem]]) -> None:
            nonlocal count, told
            index, count = count, count + 1
            if told or (self.mode == SAMPLE and index % _ONE_IN):
                return
            found = problems()
            if found:
                told = True
                self._tell(response, [_told(p._replace(path=(index, *p.path))) for p in found])

        return judge


def keep_length(response: Response, operation: Operation) -> None:
    """Let the body have as many bytes as Content-Length says, and say so where a function is mistaken.

    A whole body has the length that it has. In pieces it is held to what is said, unless that is no length. An
    operation for HEAD tells the length of another answer (RFC 9110 section 8.6).
    """
    body, texts = response.body, [text for name, text in response.headers if name.lower() == "content-length"]
    said = int(texts[0]) if len(texts) == 1 and _LENGTH.fullmatch(texts[0]) else None

    def tell(fact: str) -> None:
        log.error("%s: the body of the answer %d of %s has %s", operation.api, response.status, operation.title, fact)

    if not isinstance(body, bytes) and said is not None:
        response.body = Measured(body, said, tell)
    elif not isinstance(body, bytes) or (said != len(body) and operation.method != "HEAD" and response.status != 304):
        tell(f"{len(body) if isinstance(body, bytes) else 'unknown'} bytes, and Content-Length says otherwise")
        response.headers = [(name, text) for name, text in response.headers if name.lower() != "content-length"]


_LENGTH = re.compile("[0-9]{1,18}")


class _Promise:
    """What is declared for one Content-Type of one status."""

    def __init__(self, representation: Representation, media: MediaType) -> None:
        self.representation, self._media = representation, media

    def faults(self, body: bytes) -> list[str]:
        return [_told(problem) for problem in self.representation.problems(body, self._media)]


def _told(problem: SchemaProblem) -> str:
    return f"body{json_pointer(problem.path)}: expected {problem.expected}"


def log_breach(breach: Breach) -> None:
    """The place, the operation and every fault, at level error."""
    log.error("%s: %s", breach.operation.api, breach)
