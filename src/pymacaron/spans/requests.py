"""What is asked of this service: a span for each request, named by its operation."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from typing import TYPE_CHECKING, Any

from flask import Flask
from opentelemetry import context, propagate, trace
from opentelemetry.trace import Span, SpanKind, Status, StatusCode

from pymacaron._version import __version__
from pymacaron.calls import SPAN, Call, Exchange
from pymacaron.lane import Layer, wrap

if TYPE_CHECKING:
    from _typeshed.wsgi import StartResponse, WSGIEnvironment

tracer = trace.get_tracer("pymacaron", __version__)  # of whichever provider is set by then, or later


def follow(app: Flask) -> None:
    """Begin a span for each request."""
    wrap(app, _Followed())


class _Followed(Layer):
    """The span is current while the application answers, to the last byte of a body that is streamed. It ends when
    those who listen to calls are told."""

    def __call__(self, environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
        carrier = {key[5:].lower().replace("_", "-"): environ[key] for key in _CARRIED if key in environ}
        above = propagate.extract(carrier)
        span = tracer.start_span(environ["REQUEST_METHOD"], above, SpanKind.SERVER, _asked(environ))
        environ[SPAN] = span
        within = trace.set_span_in_context(span, above)
        token = context.attach(within)
        try:
            body = self.inner(environ, start_response)
        finally:
            context.detach(token)
        return body if type(body) is list else _Body(body, within)


class _Body:
    """A body that is streamed, within the span of its request; whichever thread of the server asks for its parts."""

    def __init__(self, body: Iterable[bytes], within: context.Context) -> None:
        self._body, self._within = body, within
        self._parts: Iterator[bytes] | None = None

    def __iter__(self) -> Iterator[bytes]:
        return self

    def __next__(self) -> bytes:
        token = context.attach(self._within)
        try:
            if self._parts is None:
                self._parts = iter(self._body)
            return next(self._parts)
        finally:
            context.detach(token)

    def close(self) -> None:
        """Called by the server at the end, whichever it is (PEP 3333)."""
        close = getattr(self._body, "close", None)
        if close is None:
            return
        token = context.attach(self._within)
        try:
            close()
        finally:
            context.detach(token)


# What is read of a request to find out which trace it belongs to: W3C Trace Context and Baggage, and B3.
_CARRIED = [
    f"HTTP_{name}"
    for name in ("TRACEPARENT", "TRACESTATE", "BAGGAGE", "B3", "X_B3_TRACEID", "X_B3_SPANID", "X_B3_SAMPLED")
]


_PORT = re.compile(r":[0-9]*$")


def _asked(environ: Mapping[str, Any]) -> dict[str, str]:
    """Attributes of a request, by OpenTelemetry's semantic conventions for HTTP; no query, which may hold a secret."""
    return {
        "http.request.method": environ["REQUEST_METHOD"], "url.scheme": environ.get("wsgi.url_scheme", "http"),
        "url.path": environ.get("PATH_INFO", ""),
        "server.address": _PORT.sub("", environ.get("HTTP_HOST", "")).strip("[]"),
    }  # fmt: skip


def answered(exchange: Exchange) -> None:
    """Complete and end the span of a call."""
    span = span_of(exchange.call)
    if span is None:
        return
    describe(span, exchange.call)
    span.set_attribute("http.response.status_code", exchange.status)
    if exchange.status >= 500 or not exchange.complete:
        _failed(span, exchange.call, str(exchange.status))
    span.end()


def describe(span: Span, call: Call) -> None:
    """Let a span have the name of its operation."""
    operation = call.operation
    if operation is not None:
        span.update_name(operation.title)
        span.set_attribute("http.route", operation.path)
        span.set_attribute("pymacaron.operation", call.step)
    if call.identity.user is not None:
        span.set_attribute("user.id", call.identity.user)
    span.set_attribute("pymacaron.call_id", call.id)


def _failed(span: Span, call: Call, otherwise: str) -> None:
    """What failed is told by its class: its text may hold a secret, and is in the crash report."""
    failure = call.failure
    kind = otherwise if failure is None else type(failure).__qualname__
    span.set_attribute("error.type", kind)
    span.set_status(Status(StatusCode.ERROR, kind))


def span_of(call: Call) -> Span | None:
    """The span of the request that a call came with."""
    found = getattr(call.headers, "span", None)
    return found if isinstance(found, Span) else None
