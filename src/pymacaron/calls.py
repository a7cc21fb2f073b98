"""The call that is being answered: who calls, through which services, and until when.

A `Call` belongs to one request from its first byte to its last. It travels: `Call(headers)` reads what the caller sent
along, `outgoing()` gives what goes along with every call made on its behalf. What a header says counts only if it is
well formed; else it is as if it had not been sent.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from contextlib import AbstractContextManager
from contextvars import ContextVar
from random import getrandbits
from time import monotonic, perf_counter
from typing import TYPE_CHECKING, Any, NamedTuple, TypeAlias

from ._types import HeaderList
from .exceptions import PyMacaronException
from .messages import Request

if TYPE_CHECKING:
    from .operations import Operation

SPAN = "pymacaron.span"  # in an environ: the span that somebody has begun for the request
LINES = "pymacaron.calls"  # the logger of the line that each call has
CALL_ID, CALL_PATH, DEADLINE = "pymcallid", "pymcallpath", "pymdeadlinems"
_ID = re.compile(r"[A-Za-z0-9._:+/=@-]{1,128}")
_PATH = re.compile(r"[!#-\[\]-~]{1,2000}")  # what needs no quoting in a header or a JSON string
_MILLISECONDS = re.compile(r"[0-9]{1,12}")
# W3C Trace Context section 3.2: a version, the ids of trace and caller, flags; later versions may have more behind them
_TRACEPARENT = re.compile(r"(?!ff)([0-9a-f]{2})-(?!0{32})([0-9a-f]{32})-(?!0{16})([0-9a-f]{16})-([0-9a-f]{2})(-.*)?")
_TRACESTATE = re.compile(r"[ -~\t]{1,512}")  # section 3.3.1: what is longer may be dropped
_AHEAD = 1 << 192  # keeps the zeros that random digits begin with
LINKING = (CALL_ID, CALL_PATH, "traceparent")  # headers that say which call has led to another one


class Identity(NamedTuple):
    """The caller of an operation.

    Attributes:
        user: the user: the `sub` of a token, or what a verifier says. None if it is not known.
        token: the token as it was sent, without "Bearer "; None if there is none.
        data: the claims of the token.
        scopes: the scopes of the credentials.
        verified: what each security scheme that was met says about the caller, by the name of the scheme.
    """

    user: str | None = None
    token: str | None = None
    data: Mapping[str, object] = {}
    scopes: frozenset[str] = frozenset()
    verified: Mapping[str, Identity] = {}

    def __repr__(self) -> str:
        return f"<Identity {self.user}>"  # the rest may be secret


NOBODY = Identity()


class Trace(NamedTuple):
    """W3C Trace Context: hexadecimal ids of the trace (32 digits), of this call and of its caller (16 digits each)."""

    trace_id: str
    span_id: str
    parent_id: str | None
    flags: str
    state: str | None

    @property
    def parent(self) -> str:
        """The header `traceparent` for calls that this call makes."""
        return f"00-{self.trace_id}-{self.span_id}-{self.flags}"


# The id of a call, the operations that led to it, its trace: see Call.
Links: TypeAlias = tuple[str, str | None, Trace]


def trace_of_span(span: Any) -> Trace | None:
    """The ids of a span of OpenTelemetry's; None where nobody wants spans: then it has none, or those of its caller."""
    found, parent = span.get_span_context(), getattr(span, "parent", None)
    if not found.is_valid or found.is_remote:
        return None
    state, above = found.trace_state.to_header() or None, None if parent is None else f"{parent.span_id:016x}"
    return Trace(f"{found.trace_id:032x}", f"{found.span_id:016x}", above, f"{found.trace_flags:02x}", state)


def _new_ids() -> tuple[str, str]:
    """A trace's and a span's. That one is all zeros will not happen."""
    digits = hex(_AHEAD + getrandbits(192))  # behind "0x1"
    return digits[19:], digits[3:19]


class Call:
    """One call of an operation, made from its headers (names in lower case). Its parts are read when they are needed.

    Attributes:
        headers: the headers of the request, by name in lower case.
        operation: the operation; None while it is not known, and for routes of the application itself.
        function: the name of the function, "shop.api.create_order"; "" while it is not known.
        is_task: whether it is the run of a task.
        identity: the caller, once the credentials are verified.
        failure: the exception that ended the function, or that refused the request.
        error: what the caller gets instead, if `failure` is not meant for callers.
        began: when it began, in the seconds of time.perf_counter().
        deadline: when the response is of no more use, in the seconds of time.monotonic(); None for no deadline.
        slow_ms: how many milliseconds it may take before it is reported as slow; None: as the operation says.
        secrets: the secrets that were found in it, which no log may show.
    """

    operation: Operation | None = None
    function = ""
    is_task = False
    identity = NOBODY
    failure: BaseException | None = None
    error: PyMacaronException | None = None
    deadline: float | None = None
    slow_ms: float | None = None
    secrets: Any = None
    _links: Links | None = None

    def __init__(self, headers: Mapping[str, str] | None = None) -> None:
        self.headers: Mapping[str, str] = {} if headers is None else headers
        self.began = perf_counter()

    def with_deadline(self) -> Call:
        """Read the deadline that came with the request, and return this call. The time counts from now."""
        left = self._sent(DEADLINE, _MILLISECONDS)
        self.deadline = None if left is None else monotonic() + int(left) / 1000
        return self

    @property
    def links(self) -> Links:
        """Its id, the operations that led here, and its trace, in one tuple."""
        links = self._links
        if links is None:
            links = self._links = self._read_links()
        return links

    @property
    def id(self) -> str:
        """The id that all calls of one chain share, in every service: PymCallID, else the id of the trace."""
        return self.links[0]

    @property
    def came_by(self) -> str | None:
        """The operations that led here, without this one; None if no operation made this call."""
        return self.links[1]

    @property
    def trace(self) -> Trace:
        return self.links[2]

    @property
    def path(self) -> str:
        """The operations that led here, this one included: "shop.create_order/mailer.send_mail"."""
        return "/".join([step for step in (self.came_by, self.step) if step])

    @property
    def caller(self) -> str | None:
        """The operation that made this call: the last step of the path it came with."""
        before = self.came_by
        return None if before is None else before.rpartition("/")[2]

    @property
    def step(self) -> str:
        """The name of this call in paths: "shop.create_order"; "" outside operations."""
        operation = self.operation
        return "" if operation is None else f"{operation.api}.{operation.name}"

    @property
    def request(self) -> Request:
        """The request, as far as it is known by now. Its body is what the service has read at once, b"" for streams."""
        read = getattr(self.headers, "request", None)  # headers of an environ know what else is there
        return Request("", "", "", self.headers, b"") if read is None else read()

    def left_ms(self) -> int | None:
        """Milliseconds until the deadline, 0 if it has passed; None without a deadline."""
        return None if self.deadline is None else max(0, round((self.deadline - monotonic()) * 1000))

    def follow(self, trace: Trace | None) -> None:
        """Make the call this part of a trace, which was begun for it."""
        if trace is not None:
            known = self._links
            self._links = self._read_links(trace) if known is None else (known[0], known[1], trace)

    def outgoing(self, trace: Trace | None = None) -> dict[str, str]:
        """The headers to send with each call that this call makes. `trace` is the part of the trace for them."""
        trace = self.trace if trace is None else trace
        headers = {"PymCallID": self.id, "PymCallPath": self.path, "traceparent": trace.parent}
        if trace.state is not None:
            headers["tracestate"] = trace.state
        left = self.left_ms()
        if left is not None:
            headers["PymDeadlineMs"] = str(left)
        return {name: text for name, text in headers.items() if text}

    def _sent(self, name: str, form: re.Pattern[str]) -> str | None:
        text = self.headers.get(name)
        return text if text is not None and form.fullmatch(text) else None

    def _read_links(self, trace: Trace | None = None) -> Links:
        headers = self.headers
        if trace is None and not _tracing and not getattr(headers, "linked", True):  # as most calls from outside
            trace_id, span_id = _new_ids()
            # for every call that is logged: a NamedTuple's own constructor takes twice as long
            return trace_id, None, tuple.__new__(Trace, (trace_id, span_id, None, "01", None))
        trace = self._read_trace() if trace is None else trace
        return self._sent(CALL_ID, _ID) or trace.trace_id, self._sent(CALL_PATH, _PATH), trace

    def _read_trace(self) -> Trace:
        if _tracing:  # else nobody begins spans
            span = getattr(self.headers, "span", None)
            begun = None if span is None else trace_of_span(span)
            if begun is not None:
                return begun
        text = self.headers.get("traceparent")
        sent = _TRACEPARENT.fullmatch(text) if text else None
        trace_id, span_id = _new_ids()
        if sent is None or (sent[1] == "00" and sent[5]):
            return Trace(trace_id, span_id, None, "01", None)
        return Trace(sent[2], span_id, sent[3], sent[4], self._sent("tracestate", _TRACESTATE))

    def __repr__(self) -> str:
        return f"<Call {self.id} {self.path}>"


class Exchange:
    """A call that has been answered.

    Attributes:
        method: of the request.
        received: bytes of its body as announced; None where they were not.
        status, headers: of the response.
        body: of the response, or as much as was kept of it.
        sent: bytes of it.
        seconds: from the first byte of the request to the last that was handed to the server.
        answered: seconds until the answer began; how long a stream takes after that is up to who reads it, too.
        complete: False where the answer broke off in the middle; the call's failure says why.
    """

    __slots__ = (
        "_request", "answered", "body", "call", "complete", "headers", "method", "received", "seconds", "sent", "status"
    )  # fmt: skip

    def __init__(  # noqa: PLR0917 - made once per request, and keywords cost time
        self, call: Call, method: str, received: int | None, status: int, headers: HeaderList, body: bytes, sent: int,
        seconds: float, answered: float, complete: bool,
    ) -> None:  # fmt: skip
        self.call = call
        self.method = method
        self.received = received
        self.status = status
        self.headers = headers
        self.body = body
        self.sent = sent
        self.seconds = seconds
        self.answered = answered
        self.complete = complete
        self._request: Request | None = None

    @property
    def request(self) -> Request:
        """Its body is what the service has read of it in one go, b"" for streams."""
        if self._request is None:
            self._request = self.call.request
        return self._request


# Is told of a call that has been answered. It must not raise, nor take long.
Listener: TypeAlias = Callable[[Exchange], None]


class Listeners(NamedTuple):
    """Who is told of calls.

    Attributes:
        every: those who want to hear of every call.
        trouble: those who want to hear of calls that end with a status of 500 or more, that break off, or that take
            longer than `patience` seconds.
    """

    every: Sequence[Listener] = ()
    trouble: Sequence[Listener] = ()
    patience: float = float("inf")


class Departure(NamedTuple):
    """What was begun on behalf of a call: a call of another service that is over, or a task that is queued.

    Attributes:
        call: on whose behalf; None where there is none.
        name: "mailer.send_mail", or the name of a task.
        where: "GET http://localhost:8082/v1/mails/{id}", values being nobody's business; or the id of a task.
        is_task: is it a task?
        seconds: that it took.
        status: of the answer; None if there was none.
        fault: the class of what was raised instead of an answer; "" if nothing was.
    """

    call: Call | None
    name: str
    where: str
    is_task: bool
    seconds: float
    status: int | None = None
    fault: str = ""


# Are told of everything that is begun on behalf of calls. Empty, unless somebody looks on.
onlookers: list[Callable[[Departure], None]] = []


class Traced:
    """A call of another service, for who makes a span of it: the ids that go along, and the status of the answer."""

    status: int | None = None

    def __init__(self, trace: Trace | None) -> None:
        self.trace = trace


class Tracing(NamedTuple):
    """Who makes spans.

    Attributes:
        calling: around a call of another service on behalf of a call: (call, "mailer.send_mail", "POST /mails").
        running: around a task: (its call, its name).
    """

    calling: Callable[[Call, str, str], AbstractContextManager[Traced]]
    running: Callable[[Call, str], AbstractContextManager[None]]


_tracing: list[Tracing] = []


def tracing() -> Tracing | None:
    """Who makes spans, if somebody does."""
    return _tracing[0] if _tracing else None


def set_tracing(found: Tracing) -> None:
    """Let spans be made."""
    _tracing[:] = [found]


current: ContextVar[Call | None] = ContextVar("pymacaron call", default=None)


def get_call() -> Call | None:
    """The call that is being answered; None outside of one."""
    return current.get()


def note_failure(error: BaseException) -> None:
    """Remember what ended the call that is being answered."""
    call = current.get()
    if call is not None:
        call.failure = error
