"""`pymacaron test` itself, against services that listen."""

from __future__ import annotations

import json
import signal
import ssl
import subprocess
import sys
import time
from pathlib import Path
from xml.etree import ElementTree as ET

import pytest
import trustme
from peers import Received, peer

from pymacaron.testing.junit import together

COMMAND = [sys.executable, "-m", "pymacaron.cli", "test"]
DOCUMENT = """
openapi: 3.1.0
info: {title: Tea, version: '1'}
paths:
  /tea:
    get:
      parameters: [{name: kind, in: query, schema: {type: string}}]
      responses: {'200': {description: Tea., content: {application/json: {schema: {type: object}}}}}
"""
TEST = """
def test_tea(live_service):
    assert live_service.assertGetReturnJson("/tea") == {"tea": "green"}
"""


@pytest.fixture(autouse=True)
def project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    (tmp_path / "apis").mkdir()
    (tmp_path / "apis" / "tea.yaml").write_text(DOCUMENT)
    (tmp_path / "testaccept").mkdir()
    (tmp_path / "testaccept" / "test_tea.py").write_text(TEST)
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("PYTEST_DISABLE_PLUGIN_AUTOLOAD", "1")  # it is quicker without
    return tmp_path


def answer(received: Received) -> tuple[int, dict[str, str], bytes]:
    said = {"/tea": {"tea": "green"}, "/version": {"name": "tea"}}.get(received.target)
    return 200 if said else 404, {"Content-Type": "application/json"}, json.dumps(said).encode()


def run(*arguments: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run([*COMMAND, *arguments], capture_output=True, text=True, check=False, timeout=120)


def test_a_service_on_this_machine(project: Path) -> None:
    """--local --port: the results in JUnit's form, and the coverage, which may be demanded."""
    with peer(answer) as other:
        at = ["--local", "--port", str(other.port)]
        done = run(*at, "--junit", "deep/results.xml", "--coverage", "coverage.json", "--min-coverage", "76")
    assert done.returncode == 1, done.stdout + done.stderr
    assert "the tests touch 75.0 % of the documents, less than the 76 % that are required" in done.stdout
    (suite,) = ET.parse(project / "deep" / "results.xml").getroot()
    assert (suite.get("tests"), suite.get("failures"), suite.get("errors")) == ("1", "0", "0")
    assert json.loads((project / "coverage.json").read_text())["percent"] == 75
    assert sorted(one.name for one in project.iterdir() if "cache" not in one.name) == [
        "apis", "coverage.json", "deep", "testaccept",
    ]  # fmt: skip


def test_the_live_service(project: Path) -> None:
    """--live: by https; --no-ssl-check takes any certificate."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    trustme.CA().issue_cert("localhost").configure_cert(context)
    with peer(answer, context) as other:
        (project / "pym-config.yaml").write_text(f"name: tea\nlive_host: localhost:{other.port}\n")
        done = run("--live", "--no-ssl-check", "--min-coverage", "75")
        assert done.returncode == 0, done.stdout + done.stderr
        assert "/tea" in {one.target for one in other.received}


def has_ended(process: int) -> bool:
    """Does a process end within a few seconds? One that has, and that nobody has asked after, still has its number."""
    for _ in range(100):
        try:
            if Path(f"/proc/{process}/stat").read_text().rpartition(")")[2].split()[0] == "Z":
                return True
        except FileNotFoundError:
            return True
        time.sleep(0.05)
    return False


def test_again_and_again(project: Path) -> None:
    """--host --port --loop: until Ctrl-C, which ends it with 130, and pytest with it."""
    (project / "testaccept" / "test_id.py").write_text(
        "import os\ndef test_id():\n    open('pid', 'w').write(str(os.getpid()))\n"
    )
    with peer(answer) as other:
        arguments = [*COMMAND, "--host", "127.0.0.1", "--port", str(other.port), "--loop"]
        with subprocess.Popen(arguments, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) as process:
            assert process.stdout is not None
            said = ""
            for line in process.stdout:
                said += line
                if line.startswith("round 2;"):
                    break
            process.send_signal(signal.SIGINT)
            _, error = process.communicate(timeout=60)
    assert (process.returncode, "Traceback" in error) == (130, False), said + error
    assert has_ended(int((project / "pid").read_text()))


def test_results_of_several_programs_are_one_file(tmp_path: Path) -> None:
    """pytest's, and schemathesis' for each API; of what has not run there is nothing."""
    (tmp_path / "a.xml").write_text('<testsuites><testsuite name="pytest" tests="1"/></testsuites>')
    (tmp_path / "b.xml").write_text('<testsuite name="schemathesis" tests="2"/>')
    root = ET.fromstring(together([tmp_path / name for name in ("a.xml", "b.xml", "c.xml")]))
    assert [(root.tag, suite.get("name")) for suite in root] == [
        ("testsuites", "pytest"),
        ("testsuites", "schemathesis"),
    ]
