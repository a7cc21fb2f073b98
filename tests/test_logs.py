"""Logs: lines for machines and for eyes, and the tree that is read from them."""

from __future__ import annotations

import gzip
import io
import json
import logging
import random
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner
from hypothesis import given
from hypothesis import strategies as st
from services import Project, operation, project_in

from pymacaron.calls import Call, Exchange, Identity, current
from pymacaron.cli import pymacaron
from pymacaron.config import Secret
from pymacaron.exceptions import NotFoundError
from pymacaron.logs import JsonLines, ReadableLines, log_call
from pymacaron.logs.lines import FIELDS, fields_of, time_of
from pymacaron.logs.setup import OwnHandler
from pymacaron.logs.tree import lines_of, spans_of, tree_of
from pymacaron.messages import Request

texts = st.text(max_size=20)
sent_headers = st.fixed_dictionaries(
    {}, optional={"pymcallid": texts, "pymcallpath": texts | st.just("shop.order"), "traceparent": texts}
)


class Sent(dict[str, str]):
    """Headers that know the request that they came with, as those of an environ do."""

    method = path = ""

    def request(self) -> Request:
        return Request(self.method, self.path, "", self, b"")


def exchange_of(method: str, path: str, status: int, headers: dict[str, str], user: str | None) -> Exchange:
    sent = Sent(headers)
    sent.method, sent.path = method, path
    call = Call(sent)
    call.identity = Identity(user)
    call.failure = NotFoundError("nothing") if status == 404 else None
    return Exchange(call, method, None, status, [], b"", 3, 0.0125, 0.0125, True)


@given(texts, texts, st.sampled_from([200, 404, 500]), sent_headers, st.none() | texts)
def test_one_line(method: str, path: str, status: int, headers: dict[str, str], user: str | None) -> None:
    """The short way to the line of a call says what the record says, whatever callers send: one JSON object, one
    line."""
    exchange = exchange_of(method, path, status, headers, user)
    record = logging.makeLogRecord({"levelno": logging.INFO, "levelname": "INFO", "name": "pymacaron.calls"})
    record.msg, record.args = "%s %s %s", (method, path, status)
    record.__dict__[FIELDS] = fields_of(exchange)
    short = JsonLines().of_call(record.created, logging.INFO, exchange)
    assert json.loads(short) == json.loads(JsonLines().format(record))
    assert short.isprintable()
    assert ReadableLines().of_call(record.created, logging.INFO, exchange).isprintable()


class Mute:
    def __repr__(self) -> str:
        raise RuntimeError("it does not say")


ODD = st.one_of(
    st.text(max_size=9), st.sampled_from(["\ud800", Mute(), 10**5000, {1: Mute()}, "\x7f\x9b31m", "\n{}\u2028"])
)


@given(ODD, ODD, st.sampled_from(["status", "time", "call_id", "more", "\ud800"]))
def test_whatever_is_logged(said: object, more: object, name: str) -> None:
    """Every record is a line, and of characters that no terminal and no reader of lines takes for anything else; an
    exception is as many lines as it has, none of which looks like a record. Callers overwrite nothing of ours."""
    try:
        raise ValueError(said if isinstance(said, str) else "x")
    except ValueError as error:
        record = logging.makeLogRecord({"msg": "%s", "args": (error,), "exc_info": (ValueError, error, None)})
    record.__dict__[name] = more
    line = JsonLines().format(record)
    assert line.isprintable()
    read = json.loads(line)
    assert "ValueError" in read["exception"]
    assert read["time"].startswith("20")
    first, *others = ReadableLines().format(record).split("\n")
    assert others
    assert all(one.startswith("  ") and one.isprintable() for one in others)
    assert first.isprintable()


@given(st.lists(st.floats(0, 4e9), max_size=4))
def test_times(moments: list[float]) -> None:
    """In whatever order times are written, each is its own, to the millisecond."""
    for moment in moments:
        for seconds in (moment, moment + 0.0004, moment):
            written = datetime.fromisoformat(time_of(seconds))
            assert abs(written.timestamp() - seconds) < 0.0011
            assert len(time_of(seconds)) == len("2026-11-23T01:10:46.320+00:00")


@pytest.mark.parametrize("sends_lines", [True, False])
def test_no_line_waits(tmp_path: Path, sends_lines: bool) -> None:
    """A line has left the process when the call is over, whatever buffers its stream has."""
    with (tmp_path / "log").open("w", buffering=1 if sends_lines else -1) as stream:
        handler = OwnHandler(stream)
        handler.use(JsonLines())
        handler.write_call(0.0, logging.INFO, exchange_of("GET", "/x", 200, {}, None))
        assert json.loads((tmp_path / "log").read_text())["status"] == 200


@pytest.fixture
def lines() -> Iterator[io.StringIO]:
    """What is logged to standard error by a service that has set up nothing."""
    root, log = logging.getLogger(), logging.getLogger("pymacaron")
    before = root.handlers[:]
    handler = OwnHandler(io.StringIO())
    handler.use(JsonLines())
    root.handlers[:], level = [handler], log.level
    log.setLevel(logging.INFO)
    yield handler.stream  # type: ignore[misc]
    root.handlers[:] = before
    log.setLevel(level)


def test_the_call_is_in_every_line(tmp_path: Path, lines: io.StringIO) -> None:
    """A line per call, of levels by status; whatever is logged meanwhile, by whomever, says which call it belongs
    to."""
    with project_in(tmp_path) as project:
        project.functions(
            """
            import logging
            def good(): logging.getLogger("shop.api").warning("stock is low", extra={"sku": "TEA-1"}); return {}
            def bad(): 1 / 0
            """
        )
        client = served(project, good="/good", bad="/bad")
        for path, status in (("/good", 200), ("/bad", 500), ("/missing", 404)):
            answer = client.get(path, headers={"PymCallID": "call-1", "PymCallPath": "up.there"}, buffered=True)
            assert answer.status_code == status
    told = [json.loads(line) for line in lines.getvalue().splitlines()]
    called = [line for line in told if line["logger"] == "pymacaron.calls"]
    assert [(line["level"], line["path"], line["status"]) for line in called] == [
        ("INFO", "/good", 200), ("ERROR", "/bad", 500), ("INFO", "/missing", 404),
    ]  # fmt: skip
    assert {line["caller"] for line in called} == {"up.there"}
    assert called[1]["error_id"]
    noted = next(line for line in told if line["logger"] == "shop.api")
    assert (noted["sku"], noted["span_id"]) == ("TEA-1", called[0]["span_id"])
    failed = next(line for line in told if "exception" in line)
    assert "ZeroDivisionError" in failed["exception"]
    assert {line["call_id"] for line in (*called, noted, failed)} == {"call-1"}


def served(project: Project, **paths: str) -> Any:
    project.document({path: {"get": operation(name)} for name, path in paths.items()})
    return project.start()


def test_secrets(lines: io.StringIO) -> None:
    """Secrets that the process knows are in no line, of a call or otherwise."""
    secret = Secret("correct horse battery")
    exchange = exchange_of("GET", f"/{secret.reveal()}", 200, {}, secret.reveal())
    log_call(exchange)
    logging.getLogger("pymacaron.x").warning("it is %s", secret.reveal())
    token = current.set(Call({"pymcallid": secret.reveal().replace(" ", "")}))
    logging.getLogger("pymacaron.x").error("it is", extra={"password": secret.reveal()})
    current.reset(token)
    assert lines.getvalue().count("\n") == 3
    assert secret.reveal() not in lines.getvalue()
    assert secret.reveal() not in ReadableLines().of_call(0, logging.INFO, exchange)


@given(st.text(alphabet=st.sampled_from("ab\n\r\x1b\x85\u2028 ")))
def test_messages_of_several_lines(text: str) -> None:
    """For eyes, a message has its lines, and all but the first stand back, whatever is in them. The colours that
    Werkzeug gives its messages are left out."""
    record = logging.makeLogRecord({"msg": f"\x1b[31m\x1b[1m{text}\x1b[0m", "name": "x", "levelname": "INFO"})
    first, *others = ReadableLines().format(record).split("\n")
    assert first.isprintable()
    assert len(others) == text.count("\n")
    assert all(line.startswith("    ") and line.isprintable() for line in others)
    assert json.loads(JsonLines().format(record))["message"] == text


def test_handlers_of_the_users(caplog: pytest.LogCaptureFixture) -> None:
    """Who has handlers gets records like any other, and no line is written elsewhere."""
    caplog.set_level(logging.INFO, "pymacaron")
    log_call(exchange_of("GET", "/x", 200, {}, None))
    (record,) = caplog.records
    assert (record.name, record.getMessage()) == ("pymacaron.calls", "GET /x 200")


def test_no_lines(tmp_path: Path, lines: io.StringIO) -> None:
    """`log_calls: false` leaves the lines of calls out."""
    with project_in(tmp_path, log_calls=False) as project:
        project.functions("def good(): return {}")
        assert served(project, good="/good").get("/good").status_code == 200
    assert "pymacaron.calls" not in lines.getvalue()


# The tree

START = datetime(2026, 1, 1, tzinfo=UTC)


@st.composite
def trees(draw: st.DrawFn) -> tuple[list[str], list[str]]:
    """Lines of a tree of calls, and the names of its operations in the order in which they began, indented."""
    lines: list[str] = []
    names: list[str] = []

    def grow(parent: str | None, depth: int, begin: float) -> float:
        number = len(names)
        names.append("  " * depth + f"api.op{number}")
        end = begin + 1
        for _ in range(draw(st.integers(0, 3 - depth))):
            end = grow(f"{number:016x}", depth + 1, end) + 1
        at = (START + timedelta(milliseconds=end)).isoformat()
        line = {
            "time": at, "call_id": "the-call", "trace_id": "t", "span_id": f"{number:016x}", "parent_id": parent,
            "api": "api", "operation": f"op{number}", "method": "GET", "path": "/x", "status": 200, "ms": end - begin,
        }  # fmt: skip
        lines.append(json.dumps(line))
        return end

    grow(None, 0, 0)
    return lines, names


@given(trees(), st.randoms(use_true_random=False))
def test_the_tree_is_found_again(tree: tuple[list[str], list[str]], shuffle: random.Random) -> None:
    """However the lines of a call are mixed, with others and with noise, the tree of calls is drawn as it was."""
    lines, names = tree
    noise = ["", "no json", "{", '{"call_id": "other", "time": 1}', '{"call_id": "the-call"}', "[1]"]
    mixed = [f"shop-1  | {line}" for line in lines] + noise
    shuffle.shuffle(mixed)
    drawn = list(tree_of(spans_of(lines_of(mixed, "the-call"))))
    assert [line.split("api.")[1].split()[0] for line in drawn] == [name.strip()[4:] for name in names]
    assert [len(line.split("api.")[0]) for line in drawn] == [
        len(drawn[0].split("api.")[0]) + 3 * (len(name) - len(name.lstrip())) // 2 for name in names
    ]


ANYTHING = st.recursive(
    st.none() | st.booleans() | st.floats() | st.integers() | st.sampled_from(["a", "b", "\x1b[2J", "\ud800"]) | texts,
    lambda inner: st.lists(inner, max_size=2) | st.dictionaries(texts, inner, max_size=2), max_leaves=3,
)  # fmt: skip
TIMES = st.sampled_from(["2026-01-01T00:00:00Z", "2026-01-01T00:00:00", "0001-01-01", "9999-12-31T23:59:59-23:00"])
FIELD = st.one_of(
    st.tuples(st.sampled_from(["span_id", "parent_id"]), st.sampled_from("abc") | ANYTHING),
    st.tuples(st.just("time"), TIMES | ANYTHING),
    st.tuples(st.sampled_from(["level", "message", "api", "operation", "path", "error", "user", "ms", "x"]), ANYTHING),
)
LINE = {"call_id": "the-call", "span_id": "a", "parent_id": "b", "time": "2026-01-01T00:00:00Z", "ms": 1, "status": 200}


@given(st.lists(st.lists(FIELD, max_size=3).map(dict), max_size=5), st.booleans())
def test_logs_that_nobody_can_have_written(fields: list[dict[str, Any]], is_call: bool) -> None:
    """Whatever stands in a log: it is drawn without commands for the terminal, or passed over."""
    kept = LINE if is_call else {key: value for key, value in LINE.items() if key != "status"}
    mixed = [json.dumps(LINE), *(json.dumps(kept | more) for more in fields)]
    drawn = list(tree_of(spans_of(lines_of(mixed, "the-call"))))
    assert drawn
    assert all(line.isprintable() for line in drawn)


def test_long_chains_of_calls() -> None:
    """Calls in calls, as many as there are, and brackets in brackets."""
    chain = [json.dumps(LINE | {"span_id": f"{number}", "parent_id": f"{number - 1}"}) for number in range(3000)]
    drawn = list(tree_of(spans_of(lines_of([*chain, '{"call_id": "the-call", "x": ' + "[" * 99_999], "the-call"))))
    assert len(drawn) == 3000
    assert len(drawn[-1]) < 300


def test_trace(tmp_path: Path) -> None:
    """`pymacaron trace` draws a call from the logs of several services, with what went wrong meanwhile; an unknown id
    is told, with exit code 1."""
    first = {
        "time": "2026-01-01T00:00:00.050+00:00", "call_id": "abcdefgh-1", "span_id": "a", "api": "shop",
        "operation": "order", "method": "POST", "path": "/orders", "status": 201, "ms": 50, "user": "u7",
    }  # fmt: skip
    second = first | {
        "time": "2026-01-01T00:00:00.040+00:00", "span_id": "b", "parent_id": "a", "api": "mailer", "operation": "send",
        "status": 500, "ms": 20, "error": "SERVER_ERROR", "error_id": "e1",
    }  # fmt: skip
    note = {"time": "2026-01-01T00:00:00.030+00:00", "level": "WARNING", "call_id": "abcdefgh-1", "span_id": "b"}
    (tmp_path / "shop.log").write_text(json.dumps(first) + "\n")
    (tmp_path / "mailer.log").write_text(json.dumps(second) + "\n" + json.dumps(note | {"message": "slow\nhost"}))
    files = [str(tmp_path / "shop.log"), str(tmp_path / "mailer.log")]
    done = CliRunner().invoke(pymacaron, ["trace", "abcdefgh", *files])
    assert done.exit_code == 0, done.output
    assert done.output.splitlines() == [
        "     +0.0     50.0 ms  shop.order POST /orders 201 user u7",
        "    +20.0     20.0 ms  └─ mailer.send POST /orders 500 SERVER_ERROR e1 user u7",
        "                             ! WARNING slow host",
    ]
    (tmp_path / "half.gz").write_bytes(gzip.compress(b"x" * 99)[:-9])
    done = CliRunner().invoke(pymacaron, ["trace", "abcdefgh", *files, str(tmp_path / "half.gz"), "-"], b"\xff\n")
    assert "half.gz: not a gzip file" in done.output
    assert "+20.0" in done.output
    done = CliRunner().invoke(pymacaron, ["trace", "nobody", *files])
    assert done.exit_code == 1
    assert "no call nobody" in done.output
    assert "8 characters" in done.output
