"""Deployments as programs of their own, killed by the system while callers go on calling: part of `make faults`."""

from __future__ import annotations

import os
import re
import signal
import subprocess
import sys
import threading
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from random import Random

import pytest
import urllib3
from clouds import REGION, wanted

from pymacaron.deploy.aws import OPTIONS, Aws
from pymacaron.deploy.journal import read
from pymacaron.deploy.setup import calls_of, set_up
from pymacaron.rehearsal import Rehearsal

_SERVICE = """
import http.server, json, os

class Handler(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    def do_GET(self):
        body = json.dumps({"container": os.environ["PYM_CONTAINER"]}).encode()
        self.send_response(200)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)
    def log_message(self, *_): ...

http.server.ThreadingHTTPServer(("127.0.0.1", int(os.environ["PORT"])), Handler).serve_forever()
"""
_ROUNDS = 8


class Callers:
    """Somebody who calls the live address all the time. `lost` are the answers that were none."""

    def __init__(self, proxy: str) -> None:
        self._proxy, self._ended = proxy, threading.Event()
        self.answered, self.lost = 0, list[str]()

    def __call__(self) -> None:
        pool = urllib3.PoolManager(retries=False, timeout=10)
        while not self._ended.wait(0.01):
            try:
                answer = pool.request("GET", f"http://{self._proxy}/version", headers={"Host": wanted().cname})
            except urllib3.exceptions.HTTPError as error:
                self.lost.append(repr(error))
            else:
                self.answered += answer.status == 200
                self.lost += [] if answer.status == 200 else [f"{answer.status} {answer.data!r}"]

    @contextmanager
    def calling(self) -> Iterator[None]:
        thread = threading.Thread(target=self)
        thread.start()
        yield
        self._ended.set()
        thread.join()


@pytest.fixture
def cloud(tmp_path: Path) -> Iterator[Rehearsal]:
    service = tmp_path / "service.py"
    service.write_text(_SERVICE)
    command = [sys.executable, str(service)]
    with Rehearsal(region=REGION, pace=0.01, others=True, command=command) as rehearsal:
        aws = Aws(lambda name: rehearsal.client(name, config=OPTIONS))
        account = aws.read("sts.GetCallerIdentity")["Account"]
        set_up(aws, wanted(), list(calls_of(wanted(), account=account)), account, lambda _: None)
        yield rehearsal


def begin(cloud: Rehearsal, folder: Path, what: str) -> subprocess.Popen[str]:
    command = [sys.executable, str(Path(__file__).parent / "deploying_program.py"), str(folder), proxy_of(cloud), what]
    environment = {**os.environ, **cloud.environment}
    return subprocess.Popen(
        command, env=environment, text=True, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, start_new_session=True
    )


def proxy_of(cloud: Rehearsal) -> str:
    return cloud.proxy.removeprefix("http://")


def finish(process: subprocess.Popen[str]) -> str:
    said, _ = process.communicate(timeout=300)
    assert process.returncode == 0, said
    return said


@pytest.mark.heavy
def test_killed_by_the_system(cloud: Rehearsal, tmp_path: Path) -> None:
    """One deployment after the other, each killed (SIGKILL) at some moment and resumed, while somebody calls: no call
    is lost, each makes one environment and one swap, or, as a canary, one update; the new version is live, and none is
    locked out."""
    random, began = Random(7), time.monotonic()
    finish(begin(cloud, tmp_path, "0" * 64))
    seconds = time.monotonic() - began
    callers = Callers(proxy_of(cloud))
    killed = 0
    with callers.calling():
        for number in range(1, _ROUNDS + 1):
            kind = "canary:" if number % 3 == 0 else ""
            process = begin(cloud, tmp_path, f"{kind}{number:064x}")
            time.sleep(random.uniform(0.3, 1.0) * seconds)
            process.send_signal(signal.SIGKILL)
            said, _ = process.communicate()
            journals = sorted(tmp_path.glob(".pym/deploys/*.jsonl"))
            if len(journals) <= number:
                said += finish(begin(cloud, tmp_path, f"{kind}{number:064x}"))  # it had not begun
            elif read(journals[-1]).code != 0:
                killed += 1
                said += finish(begin(cloud, tmp_path, "resume"))
            live = [one for one in cloud.account.there() if one.cname == wanted().cname]
            assert len(live) == 1, said
            assert len(cloud.account.environments) == number + 1 - number // 3, said
    mutations = Counter(entry.operation for entry in cloud.record.mutations())
    assert mutations["CreateEnvironment"] == _ROUNDS + 1 - _ROUNDS // 3
    assert mutations["SwapEnvironmentCNAMEs"] == _ROUNDS - _ROUNDS // 3
    assert mutations["UpdateEnvironment"] == _ROUNDS // 3
    assert mutations["CreateApplicationVersion"] == _ROUNDS + 1
    assert not re.findall("lock.json", str(cloud.client("s3").list_objects_v2(Bucket=cloud.account.bucket)))
    assert callers.lost == []
    assert callers.answered > 100
    assert killed > _ROUNDS / 3
