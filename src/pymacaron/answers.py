"""Does a response keep what the document promises? In four modes, and never explained to the caller."""

from __future__ import annotations

import logging
from collections.abc import Callable

from ._types import json_pointer
from .bodies import JSON, kind_of, parse_media_type, read_json
from .exceptions import BadRequestError
from .messages import Response
from .operations import Answer, Content, Operation
from .schemas import RESPONSE

log = logging.getLogger(__name__)

OFF, SAMPLE, REPORT, ENFORCE = "off", "sample", "report", "enforce"
MODES = (OFF, SAMPLE, REPORT, ENFORCE)
_ONE_IN = 100


class BrokenPromise(Exception):
    """A response breaks the document, and the mode is `enforce`. `faults` says how, for the service's people only."""

    def __init__(self, faults: list[str]) -> None:
        super().__init__("; ".join(faults))
        self.faults = faults


class ResponseCheck:
    """Checks the responses of one operation.

    Args:
        mode: "off", "sample" (the first response of each status, then one in a hundred), "report" (every one) or
            "enforce" (every one; one that breaks the document is not sent).
        report: is told the faults of a response; the default logs them as an error.
    """

    def __init__(
        self, operation: Operation, mode: str, report: Callable[[Operation, Response, list[str]], None] | None = None
    ) -> None:
        self.operation = operation
        self.mode = mode
        self._report = report or log_faults
        self._seen: dict[int, int] = {}

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
            self._report(self.operation, response, faults)
            if self.mode == ENFORCE:
                raise BrokenPromise(faults)

    def faults(self, response: Response) -> list[str]:
        """What a response does that the document does not declare; [] for one that keeps to it."""
        if not self.operation.answers:
            return []
        answer = self.operation.answer(response.status)
        if answer is None:
            return [f"the status {response.status} is not declared"]
        if not isinstance(response.body, bytes):
            return []  # a stream is not held back to be looked at
        header = next((text for name, text in response.headers if name.lower() == "content-type"), None)
        if not answer.contents:
            return [f"a body is sent, but status {answer.key} declares none"] if response.body else []
        if header is None:
            return ["the declared body is missing"] if not response.body and response.status != 304 else []
        return self._content_faults(answer, header, response.body)

    def _content_faults(self, answer: Answer, header: str, body: bytes) -> list[str]:
        media = parse_media_type(header).name
        content = declared_content(answer, media)
        if content is None:
            return [f"the Content-Type {media} is not declared for status {answer.key}"]
        if content.schema is None or kind_of(media) != JSON:
            return []
        try:
            value = read_json(body)
        except BadRequestError:
            return ["the body is not valid JSON"]
        checker = content.schema.checker(RESPONSE)
        if checker.is_valid(value):
            return []
        return [f"body{json_pointer(p.path)}: expected {p.expected}" for p in checker.problems(value)]


def declared_content(answer: Answer, media: str) -> Content | None:
    """The representation that an answer declares for a media type; the most specific range wins (OpenAPI 3.x,
    Response Object)."""
    for wanted in (media, media.partition("/")[0] + "/*", "*/*", "*"):
        for content in answer.contents:
            if parse_media_type(content.media_type).name == wanted:
                return content
    return None


def log_faults(operation: Operation, response: Response, faults: list[str]) -> None:
    """The place, the operation and every fault, at level error."""
    log.error(
        "%s: the answer %d of %s breaks the document: %s",
        operation.api, response.status, operation.title, "; ".join(faults[:20]),
    )  # fmt: skip
