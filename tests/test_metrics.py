"""What a service counts, for Prometheus."""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from programs import free_row, run
from prometheus_client.mmap_dict import MmapedDict, mmap_key
from prometheus_client.multiprocess import MultiProcessCollector
from prometheus_client.parser import text_string_to_metric_families
from services import Project, body, operation, project_in

from pymacaron.config import get_config
from pymacaron.config.secret import Secret
from pymacaron.metrics.sharing import reading

FILES: Any = MmapedDict  # which have no types
COLLECTOR: Any = MultiProcessCollector
GONE = 1 << 22  # Linux has no process with such a number, or a higher one


@pytest.fixture
def project(tmp_path: Path) -> Iterator[Project]:
    with project_in(tmp_path, metrics=True) as made:
        yield made


def numbers(text: str) -> dict[tuple[str, frozenset[tuple[str, str]]], float]:
    """The numbers of a page, by name and labels."""
    families = text_string_to_metric_families(text)
    return {(one.name, frozenset(one.labels.items())): one.value for family in families for one in family.samples}


class Page:
    """What has been added to a page of numbers since the last look."""

    def __init__(self, read: Any) -> None:
        self._read = read
        self._before: dict[Any, float] = numbers(read())

    def added(self, name: str, **labels: str) -> float:
        found = numbers(self._read())
        key = name, frozenset(labels.items())
        return found.get(key, 0.0) - self._before.get(key, 0.0)


@pytest.mark.parametrize("dispatch", ["lane", "flask"])
def test_calls_are_counted(project: Project, dispatch: str) -> None:
    """Each answer counts once: by operation and status, with its time, its bytes, and the code of an error."""
    get_config().dispatch = dispatch
    schema = {"type": "object", "required": ["a"], "properties": {"a": {"type": "integer"}}}
    project.document(
        {"/f": {"post": operation("f", operationId="put", requestBody=body(schema))}}, name=f"by{dispatch}"
    )
    project.functions(
        "import time\nfrom pymacaron.exceptions import add_error\nGone = add_error('Gone', 'GONE_AWAY', 410)\n"
        "def f(body):\n"
        "    if body.a == 1: raise Gone('gone')\n    if body.a == 2: raise ValueError()\n"
        "    if body.a == 3: time.sleep(0.06)\n    return {'is': 'done'}"
    )
    get_config().report_call_exceeding_ms = 50
    client = project.start()
    page = Page(lambda: client.get("/metrics", buffered=True).text)
    labels = {"api": f"by{dispatch}", "operation": "put"}
    answers = [client.post("/f", json={"a": value}, buffered=True) for value in (0, 0, 3, 1, 2, "x")]
    assert [answer.status_code for answer in answers] == [200, 200, 200, 410, 500, 400]
    for status, count in {"200": 3, "410": 1, "500": 1, "400": 1}.items():
        assert page.added("pymacaron_calls_total", **labels, status=status) == count
    for code in ("GONE_AWAY", "UNHANDLED_SERVER_ERROR", "INVALID_PARAMETER"):
        assert page.added("pymacaron_errors_total", **labels, code=code) == 1
    assert page.added("pymacaron_call_seconds_count", **labels) == 6
    assert page.added("pymacaron_call_seconds_bucket", **labels, le="0.05") <= 5
    assert page.added("pymacaron_slow_calls_total", **labels) >= 1
    assert page.added("pymacaron_request_bytes_total", **labels) == 5 * len(b'{"a": 0}') + len(b'{"a": "x"}')
    assert page.added("pymacaron_response_bytes_total", **labels) > 3 * len(b'{"is":"done"}')
    assert client.open("/f", method="TASK", buffered=True).status_code == 405  # is no task, whatever a caller says
    assert page.added("pymacaron_calls_total", api="", operation="", status="405") == 1


def test_under_way(project: Project) -> None:
    """What is being answered counts while it is, the request that asks included, a stream until its end."""
    project.document({"/f": {"get": operation("f")}})
    project.functions("from flask import Response\ndef f():\n    return Response(iter([b'a', b'b']))")
    client = project.start()

    def under_way() -> float:
        return numbers(client.get("/metrics", buffered=True).text)["pymacaron_requests_in_flight", frozenset()]

    others = under_way()
    with client.get("/f", buffered=False):
        assert under_way() == others + 1
    assert under_way() == others


def test_drift(project: Project) -> None:
    """An answer that breaks the document is counted."""
    get_config().validate_responses = "report"
    answers = {"200": {"description": "", "content": {"application/json": {"schema": {"type": "integer"}}}}}
    project.document({"/f": {"get": operation("f", operationId="drifts", responses=answers)}})
    project.functions("def f(): return 'text'")
    client = project.start()
    page = Page(lambda: client.get("/metrics", buffered=True).text)
    client.get("/f", buffered=True)
    assert page.added("pymacaron_broken_promises_total", api="shop", operation="drifts", status="200") == 1


def test_token(project: Project) -> None:
    """With a token, whoever reads has to send it."""
    get_config().metrics_token = Secret("a secret of the tests")
    project.document({"/f": {"get": operation("f")}})
    project.functions("def f(): return {}")
    client = project.start()
    assert client.get("/metrics").status_code == 401
    assert client.get("/metrics", headers={"Authorization": "Bearer another"}).status_code == 401
    assert client.get("/metrics", headers={"Authorization": "Bearer a secret of the tests"}).status_code == 200


def test_nothing_by_default(project: Project) -> None:
    """A service that does not ask for it counts nothing, and shows nothing."""
    get_config().metrics = False
    project.document({"/f": {"get": operation("f")}})
    project.functions("def f(): return {}")
    assert project.start().get("/metrics").status_code == 404


def test_own_path_wins(project: Project, caplog: pytest.LogCaptureFixture) -> None:
    """A path /metrics of the service's own stays its own, and a warning says so."""
    project.document({"/metrics": {"get": operation("f")}})
    project.functions("def f(): return {'own': True}")
    assert project.start().get("/metrics").json == {"own": True}
    assert "set metrics_port" in caplog.text


PROGRAM = """
import os, sys, threading, time
from flask import Flask
from pymacaron.metrics import share
share()
from pymacaron import API
from pymacaron.config import get_config
from pymacaron.config.secret import Secret
config = get_config()
config.metrics, config.metrics_host, config.metrics_port = True, "127.0.0.1", int(sys.argv[1])
children = []
for _ in range(2):
    child = os.fork()
    if not child:
        app = Flask("service")
        API(app).load_apis("apis").start(serve="shop")
        for _ in range(5):
            app.test_client().get("/f")
        sys.stdin.readline()
        os._exit(0)
    children.append(child)
print(*children, flush=True)
sys.stdin.readline()
"""


def test_processes_count_together(project: Project) -> None:
    """On a port of its own, one process tells what all of them have counted; when it dies, another does, and what it
    has counted is not lost."""
    port = free_row(1)
    project.document({"/f": {"get": operation("f", operationId="together")}})
    project.functions("def f(): return {}")
    (project.folder / "program.py").write_text(PROGRAM)
    environment = {**os.environ, "PYTHONPATH": str(project.folder)}
    command = [sys.executable, "-W", "ignore", "program.py", str(port)]
    with subprocess.Popen(
        command, cwd=project.folder, env=environment, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as process:
        assert process.stdout is not None
        assert process.stdin is not None
        children = [int(word) for word in process.stdout.readline().split()]
        labels = frozenset({"api": "shop", "operation": "together", "status": "200"}.items())
        key = "pymacaron_calls_total", labels
        _wait_for(port, key, 10.0)
        os.kill(children[0], 9)
        _wait_for(port, key, 10.0)
        os.kill(children[1], 9)
        process.stdin.close()


FULL = """
import os, resource
from flask import Flask
from pymacaron.metrics import share
share()
resource.setrlimit(resource.RLIMIT_FSIZE, (1000, 1000))
from pymacaron import API
from pymacaron.config import get_config
get_config().metrics = True
app = Flask("service")
API(app).load_apis("apis").start(serve="shop")
client = app.test_client()
client.get("/f")
print(client.get("/metrics").text)
"""


def test_no_room(project: Project) -> None:
    """Where there is no room for the files that processes count in, each counts for itself, and goes on serving."""
    project.document({"/f": {"get": operation("f", operationId="alone")}})
    project.functions("def f(): return {}")
    (project.folder / "program.py").write_text(FULL)
    ended = run([sys.executable, "-W", "ignore", "program.py"], project.folder)
    assert 'pymacaron_calls_total{api="shop",operation="alone",status="200"} 1.0' in ended.stdout
    assert "this process counts only its own requests" in ended.stderr


@given(counts=st.lists(st.integers(0, 9), min_size=1, max_size=40))
@settings(max_examples=5, deadline=None)
def test_processes_that_are_gone_leave_few_files(counts: list[int]) -> None:
    """What they have counted is kept in a file of each kind, however many there were, and no number is another one."""
    with tempfile.TemporaryDirectory() as folder:
        expected = 0
        for number, count in enumerate(counts):
            for kind in ("counter", "histogram"):
                made = FILES(f"{folder}/{kind}_{GONE + number}.db")
                made.write_value(mmap_key(kind, f"{kind}_x", ["a"], [str(number % 3)], ""), float(count), 0.0)
                made.close()
            expected += count
            with reading(folder):
                families = COLLECTOR(None, folder).collect()
            assert [sum(one.value for one in family.samples) for family in families] == [expected] * 2
            assert len(list(Path(folder).iterdir())) < 30


def _wait_for(port: int, key: Any, value: float) -> None:
    until, found = time.monotonic() + 20, None
    while time.monotonic() < until:
        try:
            with urllib.request.urlopen(f"http://127.0.0.1:{port}/metrics", timeout=5) as answer:
                found = numbers(answer.read().decode()).get(key)
        except (urllib.error.URLError, ConnectionError):
            found = None
        if found == value:
            return
        time.sleep(0.1)
    raise AssertionError(f"{key} is {found}, not {value}")
