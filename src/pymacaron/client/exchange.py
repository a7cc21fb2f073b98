"""One request there and its answer back."""

from __future__ import annotations

import io
from collections.abc import Callable, Mapping
from functools import cache
from time import monotonic, perf_counter, sleep
from typing import TYPE_CHECKING, Any
from urllib.parse import urljoin

from pymacaron._version import __version__
from pymacaron.bodies import EVENTS, LINES, RECORDS, BodyStream, chunks_of, close, kind_of, parse_media_type, uncoded
from pymacaron.calls import Call, Departure, Trace, current, onlookers, tracing
from pymacaron.config import get_config
from pymacaron.exceptions import (
    ArgumentFault,
    BadRequestError,
    PayloadTooLargeError,
    PyMacaronException,
    UnsupportedMediaTypeError,
)
from pymacaron.messages import Request, Response, header_of
from pymacaron.operations import Operation
from pymacaron.transports import Sending, Transport, TransportFault, WrongAnswer, target_of

from .addresses import Address, moved, place_of
from .errands import Errand
from .line import transport_for
from .options import Options
from .retries import KEY, Refused, breaker_of, key_for, pause_after
from .security import Proof, Security
from .streams import Stream
from .tokens import NoToken

if TYPE_CHECKING:
    from pymacaron.crash.redaction import Redaction

_MOST_REDIRECTS = 5
_PATIENT = 1.0  # seconds: a host that does not answer calls with less time than that need not be down
_REDIRECTS = frozenset((301, 302, 303, 307, 308))
_FOLLOWED = frozenset(("GET", "HEAD"))
# What a host gets that a redirect leads to, and that is not the one that was asked
_FOR_STRANGERS = frozenset(("accept", "accept-encoding", "user-agent"))
_STREAMED = frozenset((EVENTS, LINES, RECORDS))


class Exchange:
    """A call under way.

    Args:
        security: what the document demands of it; None: nothing.
        errand: what else it is told, and tells; None: nothing.
        replayed: is it one of the past? Then there is nothing to wait for between attempts.

    Attributes:
        origin: who was asked last.
        proof: the credentials that it goes out with.
        is_local: does it stay in this process? Then nothing gets better by trying again.
    """

    def __init__(
        self, operation: Operation, address: Address, options: Options, transport: Transport,
        *, security: Security | None = None, errand: Errand | None = None, replayed: bool = False,
    ) -> None:  # fmt: skip
        self.operation, self.options, self._transport = operation, options, transport
        self._security, self._errand, self._is_replayed = security, errand, replayed
        self.proof: Proof | None = None
        self._given: Mapping[str, str] = {}
        self._has_strayed = False  # to another host than the one that was asked
        self._asked, self._base_path = address
        self.origin = self._asked
        self.is_local = transport.is_local
        self._call = current.get() or Call()
        self._trace: Trace | None = None  # what others are told, if it is not the call's
        self._read_timeout = options.timeout if options.read_timeout is None else options.read_timeout
        left = self._call.left_ms()
        self._patience = options.timeout if left is None else min(options.timeout, left / 1000)
        began = None if errand is None else errand.began
        self._until = (monotonic() if began is None else began) + self._patience

    def perform(self, request: Request) -> Response:
        """The answer to a request; its body is bytes, or items that come one after the other.

        Raises:
            TransportFault: there is none.
            CredentialFault: nobody has given the credentials for it.
        """
        if self.is_local:  # what this process answers tells of itself
            return self._performed(request)
        return self._looked_on(request) if tracing() is None else self._traced(request)

    def _traced(self, request: Request) -> Response:
        operation, spans = self.operation, tracing()
        assert spans is not None
        with spans.calling(self._call, f"{operation.api}.{operation.name}", operation.title) as traced:
            self._trace = traced.trace
            response = self._looked_on(request)
            traced.status = response.status
        return response

    def _looked_on(self, request: Request) -> Response:
        if not onlookers:
            return self._performed(request)
        began = perf_counter()
        try:
            response = self._performed(request)
        except BaseException as error:
            self._depart(perf_counter() - began, None, type(error).__name__)
            raise
        self._depart(perf_counter() - began, response.status)
        return response

    def _depart(self, seconds: float, status: int | None, fault: str = "") -> None:
        operation = self.operation
        name, where = f"{operation.api}.{operation.name}", f"{operation.method} {self._asked}{operation.path}"
        for look in onlookers:
            look(Departure(current.get(), name, where, False, seconds, status, fault))

    def _performed(self, request: Request) -> Response:
        base, errand = self.operation.base_path, self._errand
        if errand is not None and errand.target is not None:
            request.path, request.query = errand.target
        else:
            path = request.path[len(base) :] if base else request.path
            request.path = (self._base_path + path) or "/"
        request.headers = self._given = self._headers(request)
        if self._security is not None:
            self.proof = self._security.proof(request, self.options.credentials)
        if self.is_local:
            return self._attempt(request)
        for attempt in range(1, self.options.max_attempts):
            outcome = self._watched(request)
            pause = 0.0 if self._is_worth_renewing(outcome, request) else pause_after(outcome, request, attempt)
            if pause is None or monotonic() + pause >= self._until:
                break
            if isinstance(outcome, Response):
                close(outcome.body)
            if not self._is_replayed:
                sleep(pause)
        else:
            outcome = self._watched(request)
        if isinstance(outcome, TransportFault):
            raise outcome
        return outcome

    def _watched(self, request: Request) -> Response | TransportFault:
        """What becomes of an attempt, unless its host is left alone."""
        breaker = breaker_of(self._asked)
        try:
            breaker.check(self.options.max_failures)
            outcome: Response | TransportFault = self._attempt(request)
        except (Refused, NoToken) as fault:
            return fault
        except TransportFault as fault:
            outcome = fault
        if not (isinstance(outcome, TransportFault) and outcome.late and self._patience < _PATIENT):
            breaker.tell(outcome)
        return outcome

    def _attempt(self, request: Request) -> Response:
        if self._errand is not None and self._errand.is_given_up:
            raise Refused("nobody waits for it any more", unsent=True)
        self.origin, self._has_strayed = self._asked, False
        request = Request(request.method, request.path, request.query, request.headers, request.body)
        if self.proof is not None:
            self.proof.put(request, self._fetched, self._until)
        response = self._sent(request)
        if self.proof is not None:
            self.proof.tell(response.status)
        for _ in range(_MOST_REDIRECTS):
            if not self._is_redirect(response):
                break
            response = self._sent(self._followed(request, response))
        else:
            if self._is_redirect(response):
                close(response.body)
                raise WrongAnswer(f"it redirects more than {_MOST_REDIRECTS} times")
        if self._errand is not None:
            links = ", ".join(text for name, text in response.headers if name.lower() == "link")
            self._errand.tell(self._asked, f"{self.origin}{target_of(request)}", links)
        return self._received(response)

    def _is_worth_renewing(self, outcome: Response | TransportFault, request: Request) -> bool:
        """Was nothing done but to refuse a credential (RFC 9110 section 15.5.2), and may there be another? Whatever the
        method, such a request is sent once more, if its body is still there."""
        if self.proof is None or not isinstance(outcome, Response) or outcome.status != 401:
            return False
        return self.origin == self._asked and isinstance(request.body, bytes) and self.proof.renew()

    def _fetched(self, url: str, request: Request) -> Response:
        """The answer of a token endpoint, by the network. Redirects are not followed: it gets the client's secret."""
        origin, request.path, request.query = place_of(urljoin(str(self._asked), url))
        headers, options = {"accept-encoding": "gzip", "user-agent": _user_agent(get_config().name)}, self.options
        request.headers = {**headers, **request.headers}
        sending = Sending(origin, request, options.connect_timeout, self._read_timeout, self._until)
        return self._received(transport_for(options).send(sending), is_whole=True)

    def _headers(self, request: Request) -> dict[str, str]:
        headers = {
            "accept": _accept(self.operation), "accept-encoding": "gzip", "user-agent": _user_agent(get_config().name),
            **request.headers, **{name.lower(): text for name, text in self._call.outgoing(self._trace).items()},
            **self.options.headers,
        }  # fmt: skip
        if "transfer-encoding" in headers or "content-length" in self.options.headers:
            raise ArgumentFault("Content-Length and Transfer-Encoding follow from the body; they cannot be given")
        key = None if KEY in headers else key_for(self.operation)
        if key is not None:
            headers[KEY] = key
        said = "".join(headers.values())
        if said.isascii() and said.isprintable():  # as nearly always
            return headers
        return {name: _sendable(name, text) for name, text in headers.items()}

    def _sent(self, request: Request) -> Response:
        left = self._until - monotonic()
        options, read = self.options, self._read_timeout
        request.headers = {**request.headers, "pymdeadlinems": str(max(0, round(left * 1000)))}
        return self._transport.send(
            Sending(self.origin, request, options.connect_timeout, read, self._until, self.operation)
        )

    def _is_redirect(self, response: Response) -> bool:
        """Does it lead elsewhere, and does the document not say that this is the answer?"""
        answers = self.operation.answers
        if response.status not in _REDIRECTS or self.operation.method not in _FOLLOWED:
            return False
        return str(response.status) not in answers and "3XX" not in answers

    def _followed(self, request: Request, response: Response) -> Request:
        """The request that a redirect asks for (RFC 9110 section 15.4)."""
        location = header_of(response.headers, "location")
        close(response.body)
        found = moved(self.origin, target_of(request), location) if location else None
        if found is None:
            raise WrongAnswer("it redirects, but not to a safe address")
        origin, request.path, request.query = found
        if origin != self.origin:
            self._has_strayed = True
            request.headers = {name: text for name, text in request.headers.items() if name in _FOR_STRANGERS}
        elif self.proof is not None and not self._has_strayed:
            self.proof.put(request, self._fetched, self._until)  # the one in a query is not in where it leads
        self.origin = origin
        return request

    def _received(self, response: Response, *, is_whole: bool = False) -> Response:
        """The answer with its body read, and without its codings.

        Args:
            is_whole: is all of the body wanted, whatever was asked for, and whatever it is?
        """
        body: Any = response.body
        headers = {name.lower(): text for name, text in response.headers}
        coding = headers.get("content-encoding")
        if (self.is_stream(response) and not is_whole) or (coding is None and isinstance(body, bytes)):
            return response
        body, limit = _readable(body), self.options.max_answer
        try:
            if not is_whole and kind_of(parse_media_type(headers.get("content-type", "")).name) in _STREAMED:
                if hasattr(body, "go_on"):
                    body.go_on(self._read_timeout)
                response.body = body if coding is None else chunks_of(uncoded(coding, body, None, None))
                return response
            stream = body if coding is None else uncoded(coding, body, limit, None)
            size = headers.get("content-length", "")
            is_told = size.isdecimal() and "transfer-encoding" not in headers  # else the size says nothing
            if coding is None and is_told and int(size) <= limit:
                response.body = stream.read()
            else:
                response.body = b"".join(BodyStream(stream, "", limit))
        except (BadRequestError, UnsupportedMediaTypeError):
            close(response.body)
            raise WrongAnswer("its answer cannot be decoded as its Content-Encoding says") from None
        except PayloadTooLargeError:
            close(response.body)
            raise WrongAnswer(f"its answer is longer than {limit} bytes") from None
        return response

    def hide(self, redaction: Redaction) -> None:
        """Tell a redaction the credentials that went out, whoever has put them there."""
        redaction.headers(self._given.items())  # which learns those among them
        for secret in () if self.proof is None else self.proof.secrets:
            redaction.learn(secret)

    def is_stream(self, response: Response) -> bool:
        """Is the answer read by who called?"""
        return self.options.stream and response.status // 100 == 2

    def stream(self, response: Response, explain: Callable[[TransportFault], PyMacaronException]) -> Stream:
        """The body of such an answer, without its codings.

        Raises:
            WrongAnswer: it has one that is not known.
        """
        headers = {name.lower(): text for name, text in response.headers}
        coding, body = headers.get("content-encoding"), response.body
        try:
            plain: Any = body if coding is None else uncoded(coding, _readable(body), None, None)
        except UnsupportedMediaTypeError:
            close(body)
            raise WrongAnswer("its answer cannot be decoded as its Content-Encoding says") from None
        return Stream(plain, body, headers.get("content-type", ""), explain=explain)


def _readable(body: Any) -> Any:
    return io.BytesIO(body) if isinstance(body, bytes) else body


def _sendable(name: str, text: str) -> str:
    """The text of a header as HTTP takes it.

    Raises:
        ArgumentFault: it has control characters.
    """
    if not text.replace("\t", "").isprintable():
        raise ArgumentFault(f"the header {name!r} cannot be sent: it has control characters")
    return text if text.isascii() else text.encode().decode("latin-1")


def _accept(operation: Operation) -> str:
    """What the document says that there is, kept with the operation."""
    found: str | None = operation.compiled.get("accept")
    if found is None:
        kinds = [content.media_type for answer in operation.answers.values() for content in answer.contents]
        found = operation.compiled["accept"] = ", ".join(dict.fromkeys(kinds)) or "*/*"
    return found


@cache
def _user_agent(name: str | None) -> str:
    ours = f"pymacaron/{__version__}"
    return f"{name.encode('ascii', 'replace').decode().replace(' ', '-')} {ours}" if name else ours
