"""Let schemathesis ask the examples, and documents of the corpus served with generated functions.

    python conformance/blackbox.py [--only WORD] [--examples N]

Each server is asked what it publishes of itself: the bundled form of its document, in which the errors stand that
pymacaron answers by itself. Schemathesis is installed into a folder of its own beside the corpus. Its random numbers
have a seed, so every run asks the same. The exit code is 1 if it found a failure anywhere.

All of its checks are on. It has the right credential of each security scheme (credentials.py), so right data has to be
accepted: 401 and 403 are no answers to it. Where it leaves credentials out, or spoils them, it has to be refused. Its
health checks are off: they tell how long schemathesis needs to make data, and nothing of the server. The stateful phase
is for the services of the shop alone: only there, what one request makes another can ask for.
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
import tempfile
import venv
from collections.abc import Iterator
from pathlib import Path
from typing import Any, NamedTuple
from urllib.request import urlopen
from xml.etree import ElementTree as ET

import credentials
import servers

from pymacaron.config import Config, load_config

HERE = Path(__file__).resolve().parent
ROOT = HERE.parent
EXAMPLES = ROOT / "examples"
CORPUS = ROOT / ".corpus"
TOOL = CORPUS / "suites" / "schemathesis"
EXPLORER = CORPUS / "suites" / "explorer"  # likewise, with pymacaron
VERSION = "4.32.5"

# Documents in all dialects, and the form in which each is published to schemathesis. It takes `produces` of Swagger 2.0
# for a promise of every answer, also of those without a body, so it reads such documents in OpenAPI 3.0. The last ones
# are here for their security: every kind of scheme; scopes; alternatives of three schemes; two schemes at once.
# Not chosen are documents with which nobody can be right, or whose promises are still to come:
#   lyft: a 400 of one operation has the schema of a price, hence no service's error can keep it;
#   open-payments/auth-server: an error has to be exactly one of three that nothing tells apart;
#   open-payments/resource-server: the properties that one answer requires are forbidden beside the reference to them;
#   docker-hub, localstack: errors have another media type in some operations than in others;
#   scalar-galaxy, microsoft-bot-connector: XML, whose text has no schema here; of the first also readOnly values, which
#     are dropped when they are sent, and a discriminator that may be left out;
#   ga4gh-wes: schemathesis demands a form whose fields are all optional (the example serves the same document);
#   airflow-3-simple-auth, vtex-promotions: a header parameter Content-Type, which schemathesis sends with a body of
#     another type;
#   adobe-target: an array has to be one of some texts, which schemathesis believes; seldon: nested objects in forms;
#   up-bank: `nullable` beside an allOf whose schema has a type without null, which schemathesis believes;
#   airflow-3-ui: lists of texts in the query, which may be null; schemathesis spoils them into other lists of texts;
#   listennotes, google-drive: two paths fit one URL, and the methods of both are allowed there.
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
    "feature/readme/3.0/security.yaml": "bundled=1",
    "real/v2/instagram.yaml": "version=3.0",
    "real/v31/oad-adyen-transfers.json": "bundled=1",
    "real/v30/oad-soundcloud.json": "bundled=1",
}
# Single paths of them that are not asked, for the same reasons: one promises nothing but a refusal; of the other, the
# URL fits a second path.
LEFT_OUT = ("/status/401", "/me/followings/tracks")

# The services of the shop in the order of their ports, and what each serves.
SHOP = {"shop": ("catalogue", "newsletter", "orders"), "customers": ("customers",), "mailer": ("mailer",)}

QUICK, WHOLE = "examples,coverage,fuzzing", "examples,coverage,fuzzing,stateful"
# What may be answered to a request that is right by the document.
ACCEPTED = ("2xx", "3xx", "404", "409", "429", "5xx")  # 5xx: another check refuses them
# Status resources that are not below the path of their API. Schemathesis asks every path at the first server of all;
# where they are below it, at helloworld, it asks them.
BESIDE = "^/(ping|ready|version|auth/version)$"


class Target(NamedTuple):
    """What is asked: the command that serves it on PORT, the name of its API, the phases, which statuses mean that a
    request is right by the document, but not by what no schema can say; the form of the document, and the configuration
    of the server, whose key signs tokens. Of a command that serves several on a row of ports, it is the one `at` a
    place in the row, from 0; they log to files in LOGS."""

    name: str
    command: list[str]
    api: str
    phases: str = QUICK
    faulty: tuple[str, ...] = ()
    form: str = "bundled=1"
    config: Config = credentials.CONFIG
    at: int = 0
    row: int = 1


def targets() -> Iterator[Target]:
    shop = [sys.executable, str(EXAMPLES / "shop" / "run.py"), "--port", "PORT", "--logs", "LOGS", "--data", "LOGS"]
    for at, (service, apis) in enumerate(SHOP.items()):  # 422: a page token of nobody, a picture that is none
        config = load_config(str(EXAMPLES / "shop" / service))
        for api in apis:
            yield Target(f"shop: {api}", shop, api, WHOLE, ("422",), config=config, at=at, row=len(SHOP))
    hello = [sys.executable, str(EXAMPLES / "helloworld" / "server.py"), "--port", "PORT"]
    yield Target("helloworld", hello, "helloworld", faulty=("401",))  # it has no key: /auth/version is closed
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


def ask(target: Target, examples: int) -> bool:
    """Let schemathesis ask; True if it found nothing, and no traceback is in the server's log."""
    port = servers.free_row(target.row)
    origin = f"http://127.0.0.1:{port + target.at}"
    with tempfile.TemporaryDirectory() as name, servers.serving(target.command, port, Path(name), target.row):
        folder = Path(name)
        with urlopen(f"{origin}/doc/{target.api}.json?{target.form}", timeout=servers.PATIENCE) as published:
            document = json.load(published)
        (folder / "schemathesis.toml").write_text(configuration(target, document), "utf-8")
        (folder / "document.json").write_text(json.dumps(document), "utf-8")
        settled = os.environ | {"PYTHONHASHSEED": "0"}
        command = question(target, origin, examples)
        done = subprocess.run(command, cwd=folder, env=settled, capture_output=True, text=True, check=False)
        logged = "".join(log.read_text("utf-8", "replace") for log in folder.glob("*.log"))
        traceback = logged.partition("Traceback")
    lines = done.stdout.strip().splitlines()
    ok = done.returncode == 0 and not traceback[1]
    print(f"{'ok  ' if ok else 'FAIL'} {target.name}: {lines[-1].strip('= ') if lines else done.stderr}", flush=True)
    if not ok:
        print("\n".join(lines[-200:]), *traceback[1:])
    return ok


def question(target: Target, origin: str, examples: int) -> list[str]:
    """The command line of schemathesis."""
    beside = ["--exclude-path-regex", BESIDE] if target.phases == WHOLE else []
    beside += [word for path in LEFT_OUT for word in ("--exclude-path", path)]
    return [
        str(TOOL / "bin" / "schemathesis"), "--config-file", "schemathesis.toml", "run", "--origin", origin,
        "--phases", target.phases, "--checks", "all",
        "--max-examples", str(examples), "--seed", "1", "--continue-on-failure", "--generation-database", "none",
        "--suppress-health-check", "all", "--no-color", "--warnings", "off", *beside, "document.json",
    ]  # fmt: skip


def configuration(target: Target, document: dict[str, Any]) -> str:
    """What schemathesis can be told in a file only: which answers are fine, and the credentials that are right. How
    tokens are declared is changed in `document`."""
    statuses = ", ".join(f'"{status}"' for status in (*ACCEPTED, *target.faulty))
    told = credentials.as_toml(credentials.of_document(document, target.config))
    return f"[checks.positive_data_acceptance]\nexpected-statuses = [{statuses}]\n{told}"


def explores() -> bool:
    """Does `pymacaron test --explore` find nothing in helloworld, and all of its document touched? The results of both
    programs are in one file."""
    program = EXPLORER / "bin" / "pymacaron"
    if not program.exists():
        print("installing pymacaron[explore]", flush=True)
        venv.create(EXPLORER, with_pip=True)
        pip = [str(EXPLORER / "bin" / "pip"), "install", "--quiet", f"{ROOT}[explore]"]
        subprocess.run(pip, check=True)
    results = CORPUS / "suites" / "explored.xml"
    results.unlink(missing_ok=True)
    command = [str(program), "test", "--start", "--explore", "--min-coverage", "100", "-k", "every_service"]
    command += ["--junit", str(results)]
    ours = os.environ | {"PYTHONPATH": str(ROOT / "src")}  # this checkout, whichever was installed
    folder = EXAMPLES / "helloworld"
    done = subprocess.run(command, cwd=folder, env=ours, capture_output=True, text=True, check=False)
    suites = ET.parse(results).getroot() if results.exists() else []
    counted = [int(suite.get("tests", 0)) > 0 for suite in suites]  # pytest's, and schemathesis'
    ok = done.returncode == 0 and "No issues found" in done.stdout and counted == [True, True]
    print("ok   pymacaron test --explore" if ok else f"FAIL pymacaron test --explore\n{done.stdout}{done.stderr}")
    return ok


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--only", default="", metavar="WORD", help="only what has this in its name")
    parser.add_argument("--examples", type=int, default=25, help="fuzzed requests for each operation")
    options = parser.parse_args()
    install()
    found = [ask(target, options.examples) for target in targets() if options.only in target.name]
    if options.only in "pymacaron test --explore":
        found.append(explores())
    print(f"\n{sum(found)} passed, {len(found) - sum(found)} failed")
    return 0 if found and all(found) else 1


if __name__ == "__main__":
    sys.exit(main())
