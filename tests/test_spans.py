"""Spans for OpenTelemetry, with the ids that calls have."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from opentelemetry import trace
from opentelemetry.sdk.trace import ReadableSpan, TracerProvider
from opentelemetry.sdk.trace.export import SimpleSpanProcessor
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter
from opentelemetry.trace import SpanKind, StatusCode
from peers import peer
from services import Project, operation, project_in

from pymacaron import calls
from pymacaron.config import get_config
from pymacaron.spans import is_wanted
from pymacaron.tasks.carrying import TaskCall

exporter = InMemorySpanExporter()
ID = {"name": "id", "in": "path", "required": True, "schema": {"type": "string"}}
PARENT = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01"


@pytest.fixture
def project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Project]:
    monkeypatch.delenv("OTEL_SDK_DISABLED")  # as tests have it otherwise
    if not isinstance(trace.get_tracer_provider(), TracerProvider):
        provider = TracerProvider()
        provider.add_span_processor(SimpleSpanProcessor(exporter))
        trace.set_tracer_provider(provider)
    exporter.clear()
    with project_in(tmp_path, opentelemetry="on") as made:
        yield made
    calls._tracing.clear()


def spans() -> dict[str, ReadableSpan]:
    return {span.name: span for span in exporter.get_finished_spans()}


def ids(span: ReadableSpan) -> tuple[str, str, str | None]:
    """The ids of the trace, the span and its parent."""
    assert span.context is not None
    parent = None if span.parent is None else f"{span.parent.span_id:016x}"
    return f"{span.context.trace_id:032x}", f"{span.context.span_id:016x}", parent


@pytest.mark.parametrize("dispatch", ["lane", "flask"])
def test_requests(project: Project, dispatch: str) -> None:
    """A request is a span with the name of its operation, below that of its caller, and what the function begins is
    below it; the call has its ids."""
    get_config().dispatch = dispatch
    project.document({"/f/{id}": {"get": operation("f", parameters=[ID])}})
    project.functions(
        "from opentelemetry import trace\nfrom pymacaron.calls import get_call\n"
        "def f(id):\n    with trace.get_tracer('own').start_as_current_span('own'):\n"
        "        return {'trace': get_call().trace.parent, 'id': get_call().id}"
    )
    sent = {"traceparent": PARENT, "Host": "[::1]:8080"}
    answer: Any = project.start().get("/f/1?key=secret", headers=sent, buffered=True).json
    asked = spans()["GET /f/{id}"]
    trace_id, span_id, parent = ids(asked)
    assert (trace_id, parent) == (PARENT[3:35], PARENT[36:52])
    assert answer == {"trace": f"00-{trace_id}-{span_id}-01", "id": trace_id}
    assert ids(spans()["own"])[2] == span_id
    assert asked.kind == SpanKind.SERVER
    assert asked.attributes is not None
    assert asked.attributes["http.route"] == "/f/{id}"
    assert asked.attributes["http.response.status_code"] == 200
    assert asked.attributes["server.address"] == "::1"
    assert "secret" not in str(asked.to_json())


@pytest.mark.parametrize("dispatch", ["lane", "flask"])
def test_streams(project: Project, dispatch: str) -> None:
    """While a body is streamed, the span of its request is the current one, in what tidies up as well; it ends with the
    body, and neither before nor never. What came along as baggage is there."""
    get_config().dispatch = dispatch
    project.document({"/f": {"get": operation("f", responses={"200": {"description": "", "content": {
        "text/plain": {"schema": {"type": "string"}}}}})}})  # fmt: skip
    project.functions(
        "from opentelemetry import baggage, trace\nown = trace.get_tracer('own').start_as_current_span\n"
        "def parts():\n    try:\n        for part in ('one', 'two'):\n"
        "            with own(part): yield part + str(baggage.get_baggage('who'))\n"
        "    finally:\n        with own('end'): pass\n"
        "def f(): return parts()"
    )
    client = project.start()
    for is_read in (True, False):
        exporter.clear()
        answer = client.get("/f", headers={"baggage": "who=ann"})
        body = iter(answer.response)
        assert next(body) == b"oneann"
        assert not trace.get_current_span().get_span_context().is_valid
        assert "GET /f" not in spans()
        assert not is_read or list(body) == [b"twoann"]
        answer.close()
        asked = ids(spans()["GET /f"])
        assert {name for name in spans() if ids(spans()[name])[2] == asked[1]} >= {"one", "end"}
        assert [span.name for span in exporter.get_finished_spans()].count("GET /f") == 1


def test_failures(project: Project) -> None:
    """A crash marks its span, by the class of the exception and not its text; what is the caller's fault does not."""
    project.document({"/f": {"get": operation("f")}, "/g": {"get": operation("g")}})
    project.functions(
        "from pymacaron.exceptions import NotFoundError\n"
        "def f(): raise ValueError('a secret')\ndef g(): raise NotFoundError('none')"
    )
    client = project.start()
    for path in ("/f", "/g"):
        client.get(path, buffered=True)
    assert spans()["GET /f"].status.status_code == StatusCode.ERROR
    assert "a secret" not in spans()["GET /f"].to_json()
    assert spans()["GET /g"].status.status_code == StatusCode.UNSET


def test_calls_of_others(project: Project) -> None:
    """A call of another service is a span below its caller's, and what the other service is told; attempts and all."""
    project.document({"/far": {"get": operation("far", operationId="look")}}, name="far")
    project.document({"/f": {"get": operation("f")}})
    project.functions(
        "from pymacaron import ApiPool\nfrom pymacaron.calls import get_call\n"
        "def f(): return ApiPool.far.client.look()\ndef far(): return {'came': get_call().headers['traceparent']}"
    )
    client = project.start(serve="shop")
    with peer(lambda _: (200, {"Content-Type": "application/json"}, b"{}")) as far:
        get_config().clients = {"far": {"url": far.url}}
        assert client.get("/f", buffered=True).status_code == 200
    asked, went = spans()["GET /f"], spans()["GET /far"]
    assert went.kind == SpanKind.CLIENT
    assert ids(went)[2] == ids(asked)[1]
    assert [got.headers["traceparent"][:-3] for got in far.received] == [f"00-{ids(went)[0]}-{ids(went)[1]}"]


def test_wanted_where_set_up() -> None:
    """Spans are there where somebody has set OpenTelemetry up, and a service that has not does not load it."""
    program = "import sys; from pymacaron.spans import *; print(is_wanted('auto'), 'opentelemetry' in sys.modules)"
    clean = {name: text for name, text in os.environ.items() if not name.startswith("OTEL_")}
    cases: list[tuple[dict[str, str], str]] = [
        ({}, "False"), ({"OTEL_TRACES_EXPORTER": "console"}, "True"), ({"OTEL_SDK_DISABLED": "true"}, "False"),
    ]  # fmt: skip
    for more, wanted in cases:
        done = subprocess.run([sys.executable, "-c", program], env=clean | more, stdout=subprocess.PIPE, check=True)
        assert done.stdout.decode() == f"{wanted} False\n"
    assert is_wanted("on")
    assert not is_wanted("off")


def test_tasks(project: Project) -> None:
    """A task that is run is a span below the call that has fired it, and its calls have its ids."""
    project.document({"/f": {"get": operation("f")}})
    project.functions("def f(): return {}")
    project.start()
    call = TaskCall("1", "mails.send", {"headers": {"traceparent": PARENT}})
    made = calls.tracing()
    assert made is not None
    with made.running(call, call.task):
        going = call.outgoing()["traceparent"]
    trace_id, span_id, parent = ids(spans()["mails.send"])
    assert (trace_id, parent) == (PARENT[3:35], PARENT[36:52])
    assert going[:-3] == f"00-{trace_id}-{span_id}"
