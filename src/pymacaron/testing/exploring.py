"""Generated requests: schemathesis, told what the kit knows. What it touches counts for the coverage."""

from __future__ import annotations

import importlib.util
import json
import os
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path

from pymacaron._types import JsonObject
from pymacaron.bundling import bundle
from pymacaron.exceptions import StartError
from pymacaron.publishing.adding import with_additions
from pymacaron.publishing.service import OWN

from .asking import asker_for
from .documents import documents_of, resources_beside
from .places import TOKEN, Place

# What may be answered to a request that is right by the document: that a thing is not there, that there is a limit, or
# that a credential does not do; and 5xx, which another check refuses.
_ACCEPTED = ("2xx", "3xx", "401", "403", "404", "409", "422", "429", "5xx")
_CHECKS = (
    "not_a_server_error", "status_code_conformance", "content_type_conformance", "response_headers_conformance",
    "response_schema_conformance", "negative_data_rejection", "positive_data_acceptance",
)  # fmt: skip
_TOKENS = ("oauth2", "openIdConnect")


def check_installed() -> None:
    """
    Raises:
        StartError: schemathesis is not installed.
    """
    if importlib.util.find_spec("schemathesis") is None:
        raise StartError("--explore needs schemathesis, which is not installed; run `pip install 'pymacaron[explore]'`")


def explore(
    place: Place, environment: dict[str, str], examples: int, results: Path, say: Callable[[str], object]
) -> int:
    """Let schemathesis ask every API of the service; 0 if it finds nothing, else 1.

    Args:
        examples: generated requests for each operation.
        results: the folder for what it finds in JUnit's form, in explored-<API>.xml.

    Raises:
        StartError: it is not installed.
    """
    check_installed()
    token = environment.get(TOKEN) or None
    worst = 0
    for name, document in _bundles(place, token):
        say(f"\nexploring {name}")
        with tempfile.TemporaryDirectory() as folder:
            settings = _settings(document, has_token=token is not None, verify=place.verify)
            (Path(folder) / "schemathesis.toml").write_text(settings, "utf-8")
            (Path(folder) / "document.json").write_text(json.dumps(document), "utf-8")
            code = subprocess.run(  # noqa: S603 - no shell
                _command(place, examples, results / f"explored-{name}.xml"), check=False, cwd=folder,
                env=environment | {"SCHEMATHESIS_HOOKS": "pymacaron.testing.explored"} | _here(environment),
            ).returncode  # fmt: skip
            worst = max(worst, min(code, 1))
    return worst


def _here(environment: dict[str, str]) -> dict[str, str]:
    """What is found beside the working folder here, for who works in another one."""
    apis = environment.get("PYM_TEST_APIS") or ("apis" if os.path.isdir("apis") else "")
    config = environment.get("PYM_CONFIG") or os.curdir
    told = {"PYM_TEST_APIS": os.path.abspath(apis)} if apis else {}
    is_there = os.path.isfile(config) or any(Path(config).glob("pym-config*.yaml"))
    return told | ({"PYM_CONFIG": os.path.abspath(config)} if is_there else {})


def _bundles(place: Place, token: str | None) -> Iterator[tuple[str, JsonObject]]:
    """The documents, each in one file, with the answers that pymacaron gives by itself; without its resources, which
    are not where the document is."""
    for document in documents_of(asker_for(place, token)):
        plain = bundle(document)
        value = with_additions(plain, document, resources_beside(document.operations), OWN)
        value["paths"] = {path: item for path, item in value["paths"].items() if path in plain["paths"]}
        yield document.name, value


def _command(place: Place, examples: int, results: Path) -> list[str]:
    options = {
        "origin": place, "phases": "examples,coverage,fuzzing", "checks": ",".join(_CHECKS), "max-examples": examples,
        "generation-database": "none", "suppress-health-check": "all", "warnings": "off",
        "report": "junit", "report-junit-path": results,
    }  # fmt: skip
    program = [sys.executable, "-m", "schemathesis.cli", "--config-file=schemathesis.toml", "run"]
    return [*program, *(f"--{name}={value}" for name, value in options.items()), "document.json"]


def _settings(document: JsonObject, *, has_token: bool, verify: bool) -> str:
    """What it can be told in a file only. The token is not in there: it is read from the environment. Tokens of OAuth
    and OpenID Connect travel as `bearer` (RFC 6750), so the document is changed to declare them so."""
    statuses = ", ".join(f'"{status}"' for status in _ACCEPTED)
    told = ["continue-on-failure = true", *([] if verify else ["tls-verify = false"])]
    told += ["[checks.positive_data_acceptance]", f"expected-statuses = [{statuses}]"]
    components = document.get("components") or {}
    schemes = components.get("securitySchemes") or document.get("securityDefinitions") or {}
    for name, scheme in schemes.items() if has_token else ():
        if scheme.get("type") in _TOKENS:
            schemes[name] = scheme = {"type": "http", "scheme": "bearer"}
        if str(scheme.get("scheme", "")).lower() == "bearer":
            told += [f"[auth.openapi.{json.dumps(name)}]", f'bearer = "${{{TOKEN}}}"']
    return "\n".join(told) + "\n"
