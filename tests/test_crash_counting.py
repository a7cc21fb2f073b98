"""Crashes by the thousand: each kind is told once and counted, and no reporter can harm the others."""

from __future__ import annotations

import json
import sys
import threading
import time
from pathlib import Path

import pytest
from programs import by_gunicorn, by_python, run, running
from told import Told

from pymacaron.calls import Call, Exchange
from pymacaron.crash import Reporter
from pymacaron.crash.reporting import Outlet, Reporting


def crashed(text: str = "no", function: str = "shop.f") -> Exchange:
    """A crash, each raised in the same place."""
    call = Call()
    call.function = function
    try:
        raise ValueError(text)
    except ValueError as error:
        call.failure = error
    return Exchange(call, "GET", 0, 500, [], b"", 0, 0.0, 0.0, True)


def test_ten_thousand() -> None:
    """Ten thousand equal crashes in a row are told once at once, and once more when the window ends, with their number;
    so in every window, and in none in which there were none."""
    told = Told()
    reporting = Reporting({"told": told}, window=0.4, limit_ms=1000)
    for window in (1, 2):
        for _ in range(10_000):
            reporting(crashed())
        until = time.monotonic() + 20
        while len(told) < window + 1 and time.monotonic() < until:
            time.sleep(0.01)
    time.sleep(0.5)
    assert reporting.flush()
    first, *summaries = told
    assert [title.partition(" [")[0] for title, _ in summaries] == [first[0]] * len(summaries)
    assert sum(report["repeated"]["more"] for _, report in summaries) == 19_999
    assert 2 <= len(summaries) <= 4  # a slow machine may need more windows than two


def test_what_is_equal() -> None:
    """Crashes are equal if function, status, exception and place are, whatever their texts."""
    told = Told()
    reporting = Reporting({"told": told}, window=60, limit_ms=1000)
    for text in ("a", "b"):
        for function in ("shop.f", "shop.g"):
            reporting(crashed(text, function))
    assert reporting.flush()
    assert [" more in " in title for title, _ in told] == [False, False, True, True]


def test_many_kinds() -> None:
    """However many kinds there are, fifty are told in a window, and that there were more."""
    told = Told()
    reporting = Reporting({"told": told}, window=60, limit_ms=1000)
    for number in range(500):
        reporting(crashed(function=f"shop.f{number}"))
    assert reporting.flush()
    assert len(told) == 52
    assert told[-2][0] == "MORE BACKEND ERRORS: too many kinds to report each"
    assert told[-1][0].startswith(f"{told[-2][0]} [449 more in ")


# A reporter harms nothing


def test_reporters_that_hang_or_fail(caplog: pytest.LogCaptureFixture) -> None:
    """A reporter that hangs, raises or ends the thread costs neither the service nor the others anything; it is logged
    once, and waited for no longer than said."""
    told, hangs = Told(), threading.Event()

    def fails(title: str, message: str) -> None:
        raise SystemExit("not with me")

    reporters: dict[str, Reporter] = {"hangs": lambda title, message: hangs.wait(20), "fails": fails, "told": told}
    reporting = Reporting(reporters, window=60, limit_ms=1000)
    began = time.monotonic()
    for number in range(20):
        reporting(crashed(function=f"shop.f{number}"))
    assert time.monotonic() - began < 2
    assert not reporting.flush(0.5)
    assert time.monotonic() - began < 5
    assert len(told) == 20
    assert caplog.messages == ["the crash reporter fails failed: SystemExit: not with me (not logged again for 60 s)"]
    hangs.set()
    assert reporting.flush()


def test_queues_are_bounded(caplog: pytest.LogCaptureFixture) -> None:
    """What a reporter does not keep up with is lost, and logged; nothing piles up."""
    hangs = threading.Event()
    sent: list[str] = []

    def slow(title: str, message: str) -> None:
        hangs.wait(20)
        sent.append(title)

    outlet = Outlet("slow", slow, 60)
    for _ in range(500):
        outlet.send(None, "title", "{}")
    hangs.set()
    assert outlet.join(time.monotonic() + 20)
    assert len(sent) in {100, 101}
    assert caplog.messages == [
        "the crash reporter slow does not keep up: reports were dropped (not logged again for 60 s)"
    ]


FORKS = """
import os
from pymacaron.crash import flush, report_error, set_error_reporter
set_error_reporter(lambda title, message: print(title, flush=True))
report_error("parent")
assert flush()
child = os.fork()
report_error("child" if child == 0 else "parent again")  # sent when each of them ends
if child:
    os.waitpid(child, 0)
"""


def test_forks(tmp_path: Path) -> None:
    """A process that was forked reports, whatever the one before it has reported; its end waits for the reports."""
    (tmp_path / "pym-config.yaml").write_text("name: forks\nlive_host: localhost\nreport_to: []\n")
    (tmp_path / "forks.py").write_text(FORKS)
    done = run([sys.executable, "-W", "error", "forks.py"], tmp_path, NO_ERROR_REPORTING="0")
    assert done.stderr == ""
    start = "NON-FATAL BACKEND ERROR forks __main__.<module>(): "
    titles = sorted(line.removeprefix(start) for line in done.stdout.splitlines())
    assert titles == ["child", "parent", "parent again"]


SERVED = """
from flask import Flask
from pymacaron import API, letsgo
app = Flask(__name__)
def start(port=80, debug=False):
    API(app, port=port).load_apis("apis", include_crash_api=True).start()
letsgo(__name__, callback=start)
"""


@pytest.mark.parametrize("command", [by_python(), by_gunicorn()], ids=["python", "gunicorn"])
def test_servers_that_are_asked_to_end(command: list[str], tmp_path: Path) -> None:
    """SIGTERM ends a server when all its crashes are told, those that were only counted among them."""
    (tmp_path / "apis").mkdir()
    (tmp_path / "apis" / "x.yaml").write_text("{openapi: 3.1.0, info: {title: x, version: '1'}, paths: {}}")
    (tmp_path / "pym-config.yaml").write_text("{name: x, live_host: x, report_to: file, report_file: crashes}")
    (tmp_path / "server.py").write_text(SERVED)
    with running(command, tmp_path, tmp_path / "log", NO_ERROR_REPORTING="0") as server:
        for _ in range(4):
            assert server.ask("GET", "/crash/exception").status == 500
        assert server.stop() == 0
    titles = [json.loads(line)["title"] for line in (tmp_path / "crashes").read_text().splitlines()]
    assert len(titles) == 2
    assert titles[1].startswith(f"{titles[0]} [3 more in ")
