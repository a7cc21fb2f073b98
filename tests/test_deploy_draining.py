"""Tasks of an environment that ends, with real workers in a rehearsal: part of `make faults`."""

from __future__ import annotations

import importlib
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from programs import PATIENCE
from workers import Project

from pymacaron.rehearsal import Rehearsal

_JOBS = """
import os, time
from pathlib import Path
from pymacaron.tasks import asynctask

HERE = Path(__file__).parent

def nothing():
    pass

def make_report(body, month):
    pass

@asynctask
def hold(key):
    with (HERE / "notes").open("a") as file:
        file.write(f"{key} begun in {os.environ['REHEARSED_VERSION']}\\n")
    while not (HERE / key).exists():
        time.sleep(0.02)
    with (HERE / "notes").open("a") as file:
        file.write(f"{key} ended in {os.environ['REHEARSED_VERSION']}\\n")
    return key
"""
# What runs in an environment: something that answers, and a worker, which is asked to end when the whole is.
_BOTH = """
import http.server, os, signal, subprocess, sys, threading

class Handler(http.server.BaseHTTPRequestHandler):
    def do_GET(self):
        self.send_response(200)
        self.end_headers()
    def log_message(self, *_): ...

server = http.server.ThreadingHTTPServer(("127.0.0.1", int(os.environ["PORT"])), Handler)
threading.Thread(target=server.serve_forever, daemon=True).start()
worker = subprocess.Popen([sys.executable, "-m", "pymacaron.cli", "worker", "server.py"], cwd=sys.argv[1])
signal.signal(signal.SIGTERM, lambda *_: worker.terminate())
sys.exit(worker.wait())
"""


def eventually(holds: Callable[[], bool], what: Callable[[], object]) -> None:
    until = time.monotonic() + PATIENCE
    while not holds():
        assert time.monotonic() < until, what()
        time.sleep(0.05)


@pytest.mark.heavy
def test_an_environment_that_ends_loses_no_task(tmp_path: Path) -> None:
    """Of two tasks that run in an environment when it is ended, the one that ends in time is ended there, and is run
    once; the other is begun anew by the environment that stays."""
    project = Project(tmp_path, _JOBS, f"sqlite:///{tmp_path}/queue", async_drain=4)
    both = tmp_path / "both.py"
    both.write_text(_BOTH, "utf-8")
    notes = tmp_path / "notes"

    def noted() -> list[str]:
        return notes.read_text("utf-8").splitlines() if notes.exists() else []

    with Rehearsal(command=[sys.executable, str(both), str(tmp_path)], pace=0.001) as rehearsal, project.here():
        server = importlib.import_module("server")

        eb = rehearsal.client()
        eb.create_application(ApplicationName="shop")
        launch(eb, "1")
        short, long = server.jobs.hold.fire("short"), server.jobs.hold.fire("long")
        eventually(lambda: len(noted()) == 2, noted)
        launch(eb, "2")
        eb.terminate_environment(EnvironmentName="shop-1")
        (tmp_path / "short").touch()
        assert short.wait(PATIENCE) == "short"
        eventually(lambda: "long begun in 2" in noted(), noted)
        (tmp_path / "long").touch()
        assert long.wait(PATIENCE) == "long"
    assert sorted(noted()) == [
        "long begun in 1", "long begun in 2", "long ended in 2", "short begun in 1", "short ended in 1",
    ]  # fmt: skip


def launch(eb: Any, version: str) -> None:
    """An environment with a version, when it is ready."""
    eb.create_application_version(ApplicationName="shop", VersionLabel=version)
    profile = {"Namespace": "aws:autoscaling:launchconfiguration", "OptionName": "IamInstanceProfile", "Value": "shop"}
    name = f"shop-{version}"
    eb.create_environment(
        ApplicationName="shop", EnvironmentName=name, VersionLabel=version, OptionSettings=[profile],
        SolutionStackName=eb.list_available_solution_stacks()["SolutionStacks"][0],
    )  # fmt: skip

    def found() -> dict[str, Any]:
        one: dict[str, Any] = eb.describe_environments(EnvironmentNames=[name])["Environments"][0]
        return one

    eventually(lambda: (found()["Status"], found()["Health"]) == ("Ready", "Green"), found)
