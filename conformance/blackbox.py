"""Let schemathesis ask the examples, and documents of the corpus served with generated functions.

    python conformance/blackbox.py [--only WORD] [--examples N]

Each server is asked what it publishes of itself: the bundled form of its document, in which the errors stand that
pymacaron answers by itself. Schemathesis is installed into a folder of its own beside the corpus. Its random numbers
have a seed, so every run asks the same. The exit code is 1 if it found a failure anywhere.

All of its checks are on but `ignored_auth`: credentials are checked by a part of pymacaron that is still to come. Its
health checks are off: they tell how long schemathesis needs to make data, and nothing of the server. The stateful phase
is for the shop alone: only there, what one request makes another can ask for.
"""

from __future__ import annotations

import argparse
import os
import shlex
import socket
import subprocess
import sys
import tempfile
import time
import venv
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import NamedTuple
from urllib.request import urlopen

HERE = Path(__file__).resolve().parent
ROOT = HERE.parent
EXAMPLES = ROOT / "examples"
CORPUS = ROOT / ".corpus"
TOOL = CORPUS / "suites" / "schemathesis"
VERSION = "4.32.5"
PATIENCE = 60.0  # seconds until a server answers

# Ten documents, in all dialects, and the form in which each is published to schemathesis. It takes `produces` of
# Swagger 2.0 for a promise of every answer, also of those without a body, so it reads such documents in OpenAPI 3.0.
# Not chosen are documents with which nobody can be right, or whose promises are still to come:
#   instagram, nytimes-books, placekit, open-payments/auth-server, up-bank, twilio, exoapi: credentials are demanded;
#   lyft: a 400 of one operation has the schema of a price, hence no service's error can keep it;
#   docker-hub, localstack: errors have another media type in some operations than in others;
#   scalar-galaxy, microsoft-bot-connector: XML, whose text has no schema here; of the first also readOnly values, which
#     are dropped when they are sent, and a discriminator that may be left out;
#   ga4gh-wes: schemathesis demands a form whose fields are all optional (the example serves the same document);
#   airflow-3-simple-auth: a header parameter Content-Type, which schemathesis sends with a body of another type;
#   adobe-target: an array has to be one of some texts, which schemathesis believes; seldon: nested objects in forms;
#   listennotes: two paths fit one URL, and the methods of both are allowed there.
DOCUMENTS = {
    "real/v2/uber.yaml": "bundled=1",
    "real/v2/jupyter-server.yaml": "version=3.0",
    "real/v2/azure-network/publicIpAddress.json": "version=3.0",
    "real/v30/oad-xkcd.json": "bundled=1",
    "real/v30/airflow-2-internal.yaml": "bundled=1",
    "real/v30/jupyterlab-server.yaml": "bundled=1",
    "real/v31/oad-wolframalpha.json": "bundled=1",
    "real/v31/dpdpkit.yaml": "bundled=1",
    "real/v31/interledger-open-payments/wallet-address-server.yaml": "bundled=1",
    "feature/openapi-spec-validator/v3.2/petstore.yaml": "bundled=1",
}

QUICK, WHOLE = "examples,coverage,fuzzing", "examples,coverage,fuzzing,stateful"
# What may be answered to a request that is right by the document.
ACCEPTED = ("2xx", "3xx", "401", "403", "404", "409", "429", "5xx")  # 5xx: another check refuses them
# Status resources that are not below the path of their API. Schemathesis asks every path at the first server of all;
# where they are below it, at helloworld, it asks them.
BESIDE = "^/(ping|version|auth/version)$"


class Target(NamedTuple):
    """What is asked: the command that serves it on PORT, the name of its API, the phases, which statuses mean that a
    request is right by the document, but not by what no schema can say, and the form of the document."""

    name: str
    command: list[str]
    api: str
    phases: str = QUICK
    faulty: tuple[str, ...] = ()
    form: str = "bundled=1"


def targets() -> Iterator[Target]:
    shop = [sys.executable, str(EXAMPLES / "shop" / "server.py"), "--port", "PORT"]
    for api in ("catalogue", "customers", "orders"):
        yield Target(f"shop: {api}", shop, api, WHOLE, ("422",))  # a page token of nobody, a picture that is none
    hello = [sys.executable, str(EXAMPLES / "helloworld" / "server.py"), "--port", "PORT"]
    yield Target("helloworld", hello, "helloworld")
    wes = [sys.executable, str(EXAMPLES / "wes" / "server.py"), "--port", "PORT"]
    yield Target("wes", wes, "wes", QUICK, ("400",))  # its document has no 422; only SHELL is a workflow_type
    for name, form in DOCUMENTS.items():
        generated = [sys.executable, str(HERE / "generated.py"), str(CORPUS / name), "PORT"]
        yield Target(name, generated, "generated", form=form)


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
def serving(target: Target, port: int, log: Path) -> Iterator[None]:
    """A server of the target, while it lasts; what it logs goes to a file."""
    command = [str(port) if word == "PORT" else word for word in target.command]
    with log.open("wb") as stream:
        server = subprocess.Popen(
            command, stdout=subprocess.DEVNULL, stderr=stream, env=os.environ | {"PYMACARON_CACHE": "off"}
        )
    try:
        if not _answers(server, port):
            sys.exit(f"the server did not start: {shlex.join(command)}\n{log.read_text()}")
        yield
    finally:
        server.terminate()
        server.wait(20)


def _answers(server: subprocess.Popen[bytes], port: int) -> bool:
    end = time.monotonic() + PATIENCE
    while time.monotonic() < end and server.poll() is None:
        try:
            socket.create_connection(("127.0.0.1", port), 1).close()
        except OSError:
            time.sleep(0.1)
        else:
            return True
    return False


def ask(target: Target, examples: int) -> bool:
    """Let schemathesis ask; True if it found nothing, and no traceback is in the server's log."""
    port = free_port()
    origin = f"http://127.0.0.1:{port}"
    with tempfile.TemporaryDirectory() as name, serving(target, port, Path(name) / "log"):
        folder = Path(name)
        with urlopen(f"{origin}/doc/{target.api}.json?{target.form}", timeout=PATIENCE) as published:
            (folder / "document.json").write_bytes(published.read())
        (folder / "schemathesis.toml").write_text(configuration(target), "utf-8")
        settled = os.environ | {"PYTHONHASHSEED": "0"}
        command = question(target, origin, examples)
        done = subprocess.run(command, cwd=folder, env=settled, capture_output=True, text=True, check=False)
        traceback = (folder / "log").read_text("utf-8", "replace").partition("Traceback")
    lines = done.stdout.strip().splitlines()
    ok = done.returncode == 0 and not traceback[1]
    print(f"{'ok  ' if ok else 'FAIL'} {target.name}: {lines[-1].strip('= ') if lines else done.stderr}", flush=True)
    if not ok:
        print("\n".join(lines[-200:]), *traceback[1:])
    return ok


def question(target: Target, origin: str, examples: int) -> list[str]:
    """The command line of schemathesis."""
    beside = ["--exclude-path-regex", BESIDE] if target.phases == WHOLE else []
    return [
        str(TOOL / "bin" / "schemathesis"), "--config-file", "schemathesis.toml", "run", "--origin", origin,
        "--phases", target.phases, "--checks", "all", "--exclude-checks", "ignored_auth",
        "--max-examples", str(examples), "--seed", "1", "--continue-on-failure", "--generation-database", "none",
        "--suppress-health-check", "all", "--no-color", "--warnings", "off", *beside, "document.json",
    ]  # fmt: skip


def configuration(target: Target) -> str:
    """What schemathesis can be told in a file only."""
    statuses = ", ".join(f'"{status}"' for status in (*ACCEPTED, *target.faulty))
    return f"[checks.positive_data_acceptance]\nexpected-statuses = [{statuses}]\n"


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
