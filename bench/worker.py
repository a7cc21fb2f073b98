"""How much memory one gunicorn worker takes that serves a small service."""

from __future__ import annotations

import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from pathlib import Path

from contenders import UnavailableError, clean_environment


def peak_megabytes(folder: Path, module: str, path: str) -> float:
    """The peak resident memory of the one worker of `gunicorn MODULE:app`, in MB, after it has answered `GET path`.

    Raises:
        UnavailableError: it does not answer, or this system does not tell (it takes Linux's /proc).
    """
    port = _free_port()
    server = subprocess.Popen(
        [sys.executable, "-m", "gunicorn", "--bind", f"127.0.0.1:{port}", "--workers", "1", f"{module}:app"],
        cwd=folder,
        env=clean_environment({}),
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    try:
        _wait_for(f"http://127.0.0.1:{port}{path}", server)
        return _peak_of_child(server.pid)
    except OSError as reason:
        raise UnavailableError(str(reason)) from None
    finally:
        server.terminate()
        server.wait(20)


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def _wait_for(url: str, server: subprocess.Popen[bytes], patience: float = 20) -> None:
    until = time.monotonic() + patience
    while time.monotonic() < until and server.poll() is None:
        try:
            urllib.request.urlopen(url, timeout=5).close()
        except urllib.error.HTTPError as answer:
            raise UnavailableError(f"{url} answers {answer.code}") from None
        except OSError:
            time.sleep(0.05)
        else:
            return
    raise UnavailableError("gunicorn does not start")


def _peak_of_child(pid: int) -> float:
    (child,) = Path(f"/proc/{pid}/task/{pid}/children").read_text().split()
    (line,) = (line for line in Path(f"/proc/{child}/status").read_text().splitlines() if line.startswith("VmHWM"))
    return int(line.split()[1]) / 1024
