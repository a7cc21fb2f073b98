"""`pymacaron check`: what stops the start, and what might be better."""

from __future__ import annotations

import contextlib
import io
import json
import logging
import os
import runpy
import sys
from collections.abc import Iterator

import click

from pymacaron.advice import FORMATS, RULES, Advice, advise, on_settings
from pymacaron.binding import Contract
from pymacaron.config import SETTINGS, Config, load_config, set_config
from pymacaron.config.reading import is_not_set
from pymacaron.documents import DocumentFault, findings
from pymacaron.exceptions import DocumentError, Finding, StartError
from pymacaron.formats import Formats
from pymacaron.grammar import check as grammar
from pymacaron.launching import Stopped
from pymacaron.loading import documents_below
from pymacaron.names import suggest
from pymacaron.pool import ApiPool, LoadedApi

from .documents import paths_of

_SERVER, _APIS = "server.py", "apis"
_PLACEHOLDER = "a secret that is not set here " * 3


@click.command()
@click.argument("path", required=False)
@click.option(
    "--format", "form", type=click.Choice(list(FORMATS)), default="text", show_default=True, help="Output format."
)
@click.option("--json", "form", flag_value="json", help="The same as --format json.")
@click.option("--ignore", multiple=True, metavar="RULE", help="Leave a rule out; can be repeated, or a,b.")
@click.option("--only", multiple=True, metavar="RULE", help="Check only this rule; can be repeated, or a,b.")
@click.option("--rules", is_flag=True, help="List the rules.")
def check(path: str | None, form: str, ignore: tuple[str, ...], only: tuple[str, ...], rules: bool) -> None:
    """Check a service without serving it: everything that stops the start, and advice.

    PATH is a program that ends with letsgo(), a document, or a folder of documents. Default: server.py, or the folder
    apis if there is no server.py.

    The program is imported as a WSGI server would do it, and opens no port. Secrets need not be set. Rules listed
    under `check_ignore` in pym-config.yaml are left out.

    \b
      pymacaron check
      pymacaron check apis/shop.yaml
      pymacaron check --ignore missing-example --format github

    Exit codes: 0 notes only, 1 errors or warnings, 2 the command line is wrong, or there is nothing to check.
    """
    if rules:
        _print_rules(form)
        return
    path = path or (_SERVER if os.path.isfile(_SERVER) else _APIS)
    is_program = path.endswith(".py")
    if is_program and not os.path.isfile(path):
        raise click.UsageError(f"there is no file {path}; name the program that ends with letsgo()")
    left_out, wanted = _named(ignore), _named(only) or set(RULES)
    logging.disable()
    config = _config()
    left_out |= set(config.check_ignore)
    found = [*_of_config(config), *(_of_service(path) if is_program else _of_documents(path))]
    shown = [one for one in dict.fromkeys(found) if one.rule in wanted and one.rule not in left_out]
    click.echo(FORMATS[form](shown, RULES))
    sys.exit(1 if any(one.level != "note" for one in shown) else 0)


def _print_rules(form: str) -> None:
    if form == "json":
        click.echo(json.dumps([{"rule": name, "level": level, "text": text} for name, (level, text) in RULES.items()]))
        return
    for name, (level, text) in RULES.items():
        click.echo(f"{name:22}{level:9}{text}")


def _named(given: tuple[str, ...]) -> set[str]:
    names = {name for text in given for name in text.split(",") if name}
    for name in names - RULES.keys():
        raise click.UsageError(f"there is no rule {name!r}; {suggest(name, RULES) or 'see pymacaron check --rules'}")
    return names


def _config() -> Config:
    """The configuration, with something in place of the secrets that are not set."""
    config = load_config(strict=False)
    for finding in config.config_findings:
        setting = SETTINGS.get(finding.path)
        if setting is not None and setting.secret and is_not_set(finding):
            setattr(config, setting.name, _PLACEHOLDER)
    set_config(config)
    return config


def _of_config(config: Config) -> Iterator[Advice]:
    for finding in config.config_findings:
        yield Advice("secret-missing" if is_not_set(finding) else "start", finding)
    yield from on_settings(config)


def _of_service(server: str) -> Iterator[Advice]:
    """What the start of a program finds, and advice on what it has loaded."""
    ApiPool.clear()
    sys.path.insert(0, os.path.dirname(os.path.abspath(server)))
    try:
        with contextlib.redirect_stderr(io.StringIO()):
            runpy.run_path(server, run_name="server")
    except (Stopped, StartError) as stopped:
        error = stopped if isinstance(stopped, StartError) else stopped.__context__
        told = error.findings if isinstance(error, StartError) else ()
        yield from (Advice("start", one) for one in told or (Finding(server, "", str(error)),))
    except Exception as error:  # noqa: BLE001 - the user's program may raise anything
        fact = f"importing it failed: {type(error).__name__}: {error}"
        yield Advice("start", Finding(server, "", fact, "fix it; `python " + server + "` shows where"))
    else:
        if not list(ApiPool):
            raise click.UsageError(f"{server} loads no API; name the program that ends with letsgo()")
    for name in ApiPool:
        yield from _of_api(getattr(ApiPool, name))


def _of_documents(apis: str) -> Iterator[Advice]:
    """The same without a program: a document, or those of a folder, and the functions of those that name some."""
    paths = paths_of([apis]) if os.path.isfile(apis) else documents_below(apis)
    if not paths:
        raise click.UsageError(f"there is no document in {apis}; name one, or a program that ends with letsgo()")
    sys.path.insert(0, os.getcwd())
    for name, path in paths.items():
        try:
            (api,) = ApiPool.load({name: path}, Formats())
        except DocumentError as error:
            yield from (Advice("start", one) for one in error.findings)
            continue
        if any({"x-bind-server", "x-handlers"} & one.extensions.keys() for one in api.document.operations):
            yield from (Advice("start", one) for one in findings(api.soft_faults))
            yield from (Advice("start", one) for one in _bound(api).findings())
        yield from _of_api(api)


def _bound(api: LoadedApi) -> Contract:
    contract = Contract()
    contract.bind(api.document.root, api.document.operations)
    contract.check_routes()
    return contract


def _of_api(api: LoadedApi) -> Iterator[Advice]:
    with contextlib.suppress(DocumentFault):  # which the start tells
        warned = grammar(api.document.root, Formats()).warnings
        yield from (Advice("document", one) for one in findings(warned))
        if any({"x-bind-server", "x-handlers"} & one.extensions.keys() for one in api.document.operations):
            for one in findings(_bound(api).doubts):
                yield Advice("undeclared-error" if "does not declare" in one.fact else "code", one)
            yield from advise(api.document)
