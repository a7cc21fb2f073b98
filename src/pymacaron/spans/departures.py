"""What this service asks of others, and the tasks that it runs: a span for each."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from opentelemetry import context, propagate, trace
from opentelemetry.trace import Span, SpanKind, Status, StatusCode

from pymacaron.calls import Call, Traced, Tracing, set_tracing, trace_of_span

from .requests import tracer


def begin() -> None:
    """From now on there are spans of these."""
    set_tracing(Tracing(_calling, _running))


@contextmanager
def _calling(call: Call, name: str, title: str) -> Iterator[Traced]:
    """A call of another service. The answer's status, or what was raised, is told to what is given."""
    here = trace.get_current_span().get_span_context()
    parent = None if here.is_valid else _within(call)
    with tracer.start_as_current_span(
        title, parent, SpanKind.CLIENT, {"pymacaron.operation": name}, record_exception=False,
        set_status_on_exception=False,
    ) as span:  # fmt: skip
        traced = Traced(trace_of_span(span))
        try:
            yield traced
        except BaseException as error:
            _failed(span, type(error).__qualname__)
            raise
        if traced.status is not None:
            span.set_attribute("http.response.status_code", traced.status)
            if traced.status >= 400:  # for whoever calls, 4xx is an error too
                _failed(span, str(traced.status))


@contextmanager
def _running(call: Call, name: str) -> Iterator[None]:
    """A task, whose span belongs to the trace of the call that has fired it."""
    span = tracer.start_span(name, propagate.extract(dict(call.headers)), SpanKind.CONSUMER)
    call.follow(trace_of_span(span))
    token = context.attach(trace.set_span_in_context(span))
    try:
        yield
    finally:
        context.detach(token)
        if call.failure is not None:
            _failed(span, type(call.failure).__qualname__)
        span.set_attribute("pymacaron.call_id", call.id)
        span.end()


def _failed(span: Span, kind: str) -> None:
    span.set_attribute("error.type", kind)
    span.set_status(Status(StatusCode.ERROR, kind))


def _within(call: Call) -> context.Context:
    """The context of a call whose span is not current, as in threads of the users' own."""
    return propagate.extract({"traceparent": call.trace.parent})
