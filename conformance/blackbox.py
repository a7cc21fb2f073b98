"""Let schemathesis ask the examples, and documents of the corpus served with generated functions.

    python conformance/blackbox.py [--only WORD] [--examples N]

All of its checks but those of authentication; the stateful phase on the shop. Schemathesis is installed into a folder
of its own beside the corpus. The exit code is 1 if it found a failure anywhere.
"""

from __future__ import annotations

import argparse
import os
import socket
import subprocess
import sys
import time
import venv
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import NamedTuple

HERE = Path(__file__).resolve().parent
ROOT = HERE.parent
CORPUS = ROOT / ".corpus"
TOOL = CORPUS / "suites" / "schemathesis"
VERSION = "4.32.5"
PATIENCE = 60.0  # seconds until a server answers

DOCUMENTS = (
    "real/v2/uber.yaml", "real/v2/ga4gh-wes.yaml", "real/v30/oad-xkcd.json", "real/v30/airflow-2-internal.yaml",
    "real/v30/oad-nytimes-books.json", "real/v30/oad-lyft.json", "real/v31/oad-wolframalpha.json",
    "real/v31/oad-placekit.json", "real/v31/scalar-galaxy.yaml", "real/v31/interledger-open-payments/auth-server.yaml",
)  # fmt: skip


class Target(NamedTuple):
    """What is asked: the command that serves it, with PORT to be replaced, its document, and the phases."""

    name: str
    command: list[str]
    document: Path
    phases: str


def targets() -> Iterator[Target]:
    shop = ROOT / "examples" / "shop"
    quick, whole = "examples,coverage,fuzzing", "examples,coverage,fuzzing,stateful"
    for document in sorted((shop / "apis").glob("*.yaml")):
        yield Target(
            f"shop: {document.stem}", [sys.executable, str(shop / "server.py"), "--port", "PORT"], document, whole
        )
    hello = ROOT / "examples" / "helloworld"
    command = [sys.executable, str(hello / "server.py"), "--port", "PORT"]
    yield Target("helloworld", command, hello / "apis" / "helloworld.yaml", quick)
    for name in DOCUMENTS:
        command = [sys.executable, str(HERE / "generated.py"), str(CORPUS / name), "PORT"]
        yield Target(name, command, CORPUS / name, quick)


def install() -> None:
    if not (TOOL / "bin" / "schemathesis").exists():
        print("installing schemathesis", flush=True)
        venv.create(TOOL, with_pip=True)
        pip = [str(TOOL / "bin" / "pip"), "install", "--quiet", f"schemathesis=={VERSION}"]
        subprocess.run(pip, check=True)


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@contextmanager
def serving(target: Target, port: int) -> Iterator[None]:
    command = [word.replace("PORT", str(port)) if word == "PORT" else word for word in target.command]
    server = subprocess.Popen(command, stdout=subprocess.DEVNULL, env=os.environ | {"PYMACARON_CACHE": "off"})
    try:
        _wait(server, port)
        yield
    finally:
        server.terminate()
        server.wait(20)


def _wait(server: subprocess.Popen[bytes], port: int) -> None:
    end = time.monotonic() + PATIENCE
    while time.monotonic() < end and server.poll() is None:
        try:
            socket.create_connection(("127.0.0.1", port), 1).close()
        except OSError:
            time.sleep(0.1)
        else:
            return
    sys.exit(f"the server did not start: {server.args!r}")


def ask(target: Target, examples: int) -> bool:
    """Let schemathesis ask; True if it found nothing."""
    port = free_port()
    command = [
        str(TOOL / "bin" / "schemathesis"), "run", "--origin", f"http://127.0.0.1:{port}", "--phases", target.phases,
        "--checks", "all", "--exclude-checks", "ignored_auth", "--max-examples", str(examples), "--seed", "1",
        "--continue-on-failure", "--generation-database", "none", "--suppress-health-check", "all", "--no-color",
        "--warnings", "off", str(target.document),
    ]  # fmt: skip
    with serving(target, port):
        done = subprocess.run(command, cwd=CORPUS, capture_output=True, text=True, check=False)
    lines = done.stdout.strip().splitlines()
    print(
        f"{'ok  ' if done.returncode == 0 else 'FAIL'} {target.name}: {lines[-1] if lines else done.stderr}", flush=True
    )
    if done.returncode:
        print("\n".join(lines[-200:]))
    return done.returncode == 0


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--only", default="", metavar="WORD", help="only what has this in its name")
    parser.add_argument("--examples", type=int, default=25, help="fuzzed requests for each operation")
    options = parser.parse_args()
    install()
    found = [ask(target, options.examples) for target in targets() if options.only in target.name]
    print(f"\n{sum(found)} passed, {len(found) - sum(found)} failed")
    return 0 if found and all(found) else 1


if __name__ == "__main__":
    sys.exit(main())
