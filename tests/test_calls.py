"""Calls: what travels with them, and that their end is told."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

import pytest
from flask import Flask
from flask import Response as FlaskResponse
from hypothesis import given
from hypothesis import strategies as st

from pymacaron.calls import Call, Exchange, Listeners, get_call
from pymacaron.failures import Failures
from pymacaron.lane import Route, install
from pymacaron.messages import Request, Response

TRACEPARENT = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01"
# W3C Trace Context section 3.2.2 and 3.2.4
NO_TRACEPARENTS = [
    "", "00", TRACEPARENT.upper(), TRACEPARENT[:-1], TRACEPARENT + "-00", "ff" + TRACEPARENT[2:],
    "00-" + "0" * 32 + "-00f067aa0ba902b7-01", "00-4bf92f3577b34da6a3ce929d0e0e4736-" + "0" * 16 + "-01",
    TRACEPARENT.replace("-", "_"), TRACEPARENT + ", " + TRACEPARENT, TRACEPARENT + "\n",
]  # fmt: skip

texts = st.text(max_size=30) | st.from_regex(r"[!-~]{0,60}", fullmatch=True)
names = st.sampled_from(["pymcallid", "pymcallpath", "pymdeadlinems", "traceparent", "tracestate"])


def lowered(headers: dict[str, str]) -> dict[str, str]:
    return {name.lower(): text for name, text in headers.items()}


@given(st.dictionaries(names, texts))
def test_what_goes_out_comes_in(headers: dict[str, str]) -> None:
    """Whatever a caller sends, what goes out with the next call is understood there: one id, one trace, one path."""
    first = Call(headers).with_deadline()
    second = Call(lowered(first.outgoing())).with_deadline()
    assert second.id == first.id
    assert second.path == first.path
    assert second.trace.trace_id == first.trace.trace_id
    assert second.trace.parent_id == first.trace.span_id
    assert (second.trace.state, second.trace.flags) == (first.trace.state, first.trace.flags)
    assert (second.deadline is None) == (first.deadline is None)
    assert all((text.isascii() and text.isprintable()) or "\t" in text for text in first.outgoing().values())


@pytest.mark.parametrize("sent", NO_TRACEPARENTS)
def test_no_traceparent(sent: str) -> None:
    """A traceparent that is none begins a new trace, and the state that came with it is dropped."""
    trace = Call({"traceparent": sent, "tracestate": "vendor=1"}).trace
    assert trace.parent_id is None
    assert trace.state is None
    assert re.fullmatch("[0-9a-f]{32}", trace.trace_id)
    assert re.fullmatch("[0-9a-f]{16}", trace.span_id)


def test_traceparent() -> None:
    """A trace goes on: its id, flags and state are kept, and the caller is the parent; later versions may say more."""
    for sent in (TRACEPARENT, "cc" + TRACEPARENT[2:] + "-what-the-future-will-bring"):
        call = Call({"traceparent": sent, "tracestate": "a=1,b=2"})
        assert call.trace[0] == call.id == "4bf92f3577b34da6a3ce929d0e0e4736"
        assert call.trace[2:] == ("00f067aa0ba902b7", "01", "a=1,b=2")


def test_deadline() -> None:
    """What is left of a deadline shrinks, and ends at nought."""
    call = Call({"pymdeadlinems": "60000"}).with_deadline()
    left = call.left_ms()
    assert left is not None
    assert 50_000 < left <= 60_000
    assert Call({"pymdeadlinems": "0"}).with_deadline().left_ms() == 0
    assert Call({"pymdeadlinems": "-1"}).with_deadline().left_ms() is None


# Watched by the lane

Told = list[tuple[Exchange, type | None]]


@pytest.fixture(params=["lane", "flask"])
def told(request: pytest.FixtureRequest) -> tuple[Flask, Told]:
    """An app that answers operations, on both roads, and what it told."""
    app, told = Flask("told"), Told()

    def plain(message: Request) -> Response:
        call = get_call()
        assert call is not None
        return Response(200, [("Content-Type", "text/plain")], call.id.encode())

    def broken(message: Request) -> Any:
        raise ValueError("no")

    def streamed(message: Request) -> Any:
        def pieces() -> Iterator[bytes]:
            for _ in range(3):
                call = get_call()
                yield b"" if call is None else call.id.encode()

        return Response(200, [], pieces())

    routes = [
        Route("GET", "/plain", plain, "t.plain"), Route("GET", "/broken", broken, "t.broken"),
        Route("GET", "/streamed", streamed, "t.streamed"),
    ]  # fmt: skip
    app.add_url_rule("/own", "own", lambda: "own")

    def listener(exchange: Exchange) -> None:
        failure = exchange.call.failure
        told.append((exchange, None if failure is None else type(failure)))

    install(app, routes, Failures(), listeners=Listeners([listener]), through_flask=request.param == "flask")
    return app, told


def test_every_answer_is_told(told: tuple[Flask, Told]) -> None:
    """Each request is told once when its answer is complete: status, bytes, time, who asked, and what went wrong."""
    app, found = told
    client = app.test_client()
    for path, status, body in (
        ("/plain", 200, b"a"), ("/broken", 500, None), ("/own", 200, b"own"), ("/nothing", 404, None),
        ("/streamed", 200, b"aaa"),
    ):  # fmt: skip
        found.clear()
        answer = client.get(path, headers={"PymCallID": "a"})
        assert body in {None, answer.data}
        answer.close()
        ((exchange, failure),) = found
        assert exchange.status == answer.status_code == status
        assert exchange.body == answer.data
        assert exchange.sent == len(answer.data)
        assert 0 < exchange.seconds < 5
        assert (exchange.request.method, exchange.request.path, exchange.call.id) == ("GET", path, "a")
        assert (failure is ValueError) == (path == "/broken")
    assert get_call() is None


def test_statuses_that_are_none(told: tuple[Flask, Told]) -> None:
    """Flask lets any text be a status; it counts as a failure, and is none of ours."""
    app, found = told
    app.add_url_rule("/odd", "odd", lambda: FlaskResponse("own", "odd"))
    assert app.test_client().get("/odd", buffered=True).data == b"own"
    assert [exchange.status for exchange, _ in found] == [500]


def test_a_caller_who_goes_away(told: tuple[Flask, Told]) -> None:
    """A stream that is closed before its end is told with what was sent of it."""
    app, found = told
    answer = app.test_client().get("/streamed", headers={"PymCallID": "ab"}, buffered=False)
    assert not found
    next(iter(answer.response))
    answer.close()
    ((exchange, _),) = found
    assert exchange.sent == 2
