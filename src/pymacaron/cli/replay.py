"""`pymacaron replay FILE`: make the request of a crash report again, in process."""

from __future__ import annotations

import importlib
import json
import os
import sys
from collections.abc import Iterator
from typing import Any

import click

from pymacaron._types import JsonObject
from pymacaron.crash.capsule import content, filled, is_capsule, placeholders
from pymacaron.exceptions import StartError

from .telling import not_imported


@click.command()
@click.argument("file", type=click.Path(exists=True, dir_okay=False))
@click.option("--app", default="server:app", show_default=True, help="The service: module and Flask app.")
@click.option("--token", help="The bearer token to send.")
@click.option("--set", "values", multiple=True, metavar="NAME=VALUE", help="The value of a secret; can be repeated.")
@click.option(
    "--body", type=click.Path(exists=True, dir_okay=False), help="A file with the body, if the report has none."
)
@click.option("--call", "call_id", help="The id of the call, if FILE has several reports. Default: the last.")
@click.option("--json", "as_json", is_flag=True, help="Print the answer as JSON, and the status before.")
def replay(  # noqa: PLR0917 - click gives them by name
    file: str, app: str, token: str | None, values: tuple[str, ...], body: str | None, call_id: str | None,
    as_json: bool,
) -> None:  # fmt: skip
    """Repeat the request of a crash report.

    FILE is a crash report, the request in one (its capsule), or what the reporter `file` has written. The service in
    this folder answers in this process. Nothing is reported.

    \b
      pymacaron replay crashes.jsonl
      pymacaron replay report.json --token "$(pymacaron token ada)"

    Exit codes: 0, 1 it fails again, 2 there is no such report or service, or a secret of the call is missing.
    """
    capsule = _capsule(file, call_id)
    if not is_capsule(capsule):
        raise click.UsageError(f"the capsule in {file} is not as reports have it: take it from the report again")
    given = dict(_pair(text) for text in values) | ({} if token is None else {"token": token})
    _check(capsule, given)
    try:
        asked = filled(capsule, given)
    except ValueError as error:
        raise click.UsageError(str(error)) from None
    data = _read(body) if body is not None else content(asked["body"])
    if data is None:
        raise click.UsageError(
            f"the body was not kept ({_shown(str(asked['body'].get('left_out')))}): give it with --body FILE"
        )
    answer = _ask(_service(app), asked, data)
    before, status = capsule.get("status"), answer["status"]
    if as_json:
        click.echo(json.dumps({**answer, "before": before}, indent=2))
    else:
        _print(answer)
    if before and isinstance(before, int):
        click.echo(f"it was {before} then" if before != status else f"it was {before} then, too", err=True)
    sys.exit(1 if status >= 500 else 0)


def _capsule(file: str, call_id: str | None) -> JsonObject:
    text = _read(file).decode("utf-8", "replace")
    try:
        reports = [json.loads(text)]
    except (ValueError, RecursionError):
        reports = list(_lines(text))
    for report in reversed(reports):
        found = report.get("capsule", report) if isinstance(report, dict) else None
        if isinstance(found, dict) and "method" in found and call_id in {None, _call_of(report)}:
            return found
    fact = "holds no capsule" if call_id is None else f"holds no capsule of the call {call_id}"
    raise click.UsageError(f"{file} {fact}; give a crash report, or its member 'capsule'")


def _call_of(report: JsonObject) -> str | None:
    call = report.get("call")
    name = call.get("id") if isinstance(call, dict) else None
    return name if isinstance(name, str) else None


def _lines(text: str) -> Iterator[Any]:
    for line in text.splitlines():
        try:
            yield json.loads(line)
        except (ValueError, RecursionError):
            continue


def _shown(text: str) -> str:
    """What stands in the file, on one line, with nothing that commands a terminal."""
    return text if text.isprintable() else repr(text)[1:-1]


def _pair(text: str) -> tuple[str, str]:
    name, equals, value = text.partition("=")
    if not equals:
        raise click.UsageError(f"--set {name}: write NAME=VALUE")
    return name, value


def _check(capsule: JsonObject, given: dict[str, str]) -> None:
    known = placeholders(capsule)
    unknown = sorted(given.keys() - known.keys() - {"token"})
    if unknown:
        there = _shown(", ".join(known)) or "none"
        raise click.UsageError(f"no secret is called {', '.join(unknown)}; there are: {there}")
    missing = [f"--token for {name}" if name == "token" else f"--set {name}=..." for name in known if name not in given]
    if missing:
        raise click.UsageError(f"the report does not hold the secrets of the call; give {_shown(', '.join(missing))}")


def _read(file: str) -> bytes:
    try:
        with open(file, "rb") as stream:
            return stream.read()
    except OSError as error:
        raise click.UsageError(f"{file} cannot be read: {error.strerror}") from None


def _service(name: str) -> Any:
    """The Flask app of the folder, as a WSGI server finds it."""
    module, _, attribute = name.partition(":")
    os.environ["NO_ERROR_REPORTING"] = "1"
    sys.path.insert(0, os.getcwd())
    try:
        return getattr(importlib.import_module(module), attribute or "app")
    except StartError:
        raise
    except Exception as error:  # noqa: BLE001 - what the user's code raises
        if not isinstance(error, AttributeError) and getattr(error, "name", None) != module:
            raise not_imported(module, error) from None
        advice = "run it in the folder of server.py, or name the app: --app module:app"
        raise click.UsageError(f"there is no {name} here; {advice}") from None


def _ask(app: Any, asked: JsonObject, data: bytes) -> JsonObject:
    """Make the request; the answer. One that breaks off, as it may have done then, has the status 500."""
    client = app.test_client(use_cookies=False)
    answer = client.open(
        asked["path"], method=asked["method"], query_string=asked["query"], headers=asked["headers"], data=data
    )
    reason = answer.status.partition(" ")[2]
    found = {"status": answer.status_code, "reason": reason, "headers": [list(pair) for pair in answer.headers]}
    try:
        return {**found, "body": answer.get_data(as_text=True)}
    except Exception as error:  # noqa: BLE001 - whatever breaks it off
        return {
            **found,
            "status": 500,
            "reason": "",
            "body": f"\nthe answer breaks off: {type(error).__name__}: {error}",
        }


def _print(answer: JsonObject) -> None:
    click.echo(f"HTTP {answer['status']} {answer['reason']}")
    for name, value in answer["headers"]:
        click.echo(f"{name}: {value}")
    click.echo(f"\n{answer['body']}")
