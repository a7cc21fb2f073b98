"""`pymacaron config KEY`: settings for shell scripts."""

from __future__ import annotations

import json
import sys

import click

from pymacaron._types import Json
from pymacaron.config import Config, is_secret, load_config, reveal
from pymacaron.config.kinds import nearest
from pymacaron.config.secret import STARS
from pymacaron.config.settings import ALIASES, SETTINGS

from .telling import NONSENSE, told


@click.command()
@click.argument("key", required=False)
@click.option("--key", "named", metavar="KEY", help="The same as KEY; the option of pym_config.")
@click.option(
    "--config", "path", metavar="PATH", type=click.Path(exists=True), help="Another configuration file, or its folder."
)
@click.option("--reveal", "in_clear", is_flag=True, help="Print secrets instead of stars.")
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
def config(key: str | None, named: str | None, path: str | None, in_clear: bool, as_json: bool) -> None:
    """Print the setting KEY, or every setting.

    The values come from pym-config.yaml, with secrets from the environment, or are defaults. Secrets are printed as
    stars, unless --reveal is given.

    \b
      pymacaron config live_host
      HOSTS=$(pym_config --key aws_hosts_max)
      pymacaron config --json

    Exit codes: 0, 1 KEY is not set, 2 there is no such setting, or the file cannot be read.
    """
    found = load_config(path, strict=False)
    for finding in found.config_findings:
        click.echo(str(finding), err=True)
    if any(not finding.path and not finding.fact.endswith("is missing") for finding in found.config_findings):
        sys.exit(NONSENSE)  # the whole file cannot be read: there are only defaults
    key = key or named
    if key is None:
        _print_all(found, in_clear, as_json)
    else:
        _print_one(found, key, in_clear, as_json)


def _print_all(found: Config, in_clear: bool, as_json: bool) -> None:
    values = {key: _said(key, found[key], in_clear) for key in sorted(found)}
    if as_json:
        click.echo(json.dumps(values, indent=2))
        return
    for key, value in values.items():
        click.echo(f"{click.style(key, bold=True)}: {_text(value)}")


def _print_one(found: Config, key: str, in_clear: bool, as_json: bool) -> None:
    key = ALIASES.get(key, key)
    if key not in found:
        if key in SETTINGS:
            sys.exit(1)
        near = nearest(key, {*SETTINGS, *found})
        advice = f"did you mean '{near}'?" if near else "see 'pymacaron config' for those that are set"
        raise click.UsageError(f"no setting is called '{key}'; {advice}")
    value = _said(key, found[key], in_clear)
    click.echo(json.dumps(value) if as_json else _text(value))


def _said(key: str, value: Json, in_clear: bool) -> Json:
    """A value without what is secret in it, unless it is asked for."""
    if isinstance(value, dict):
        return {name: _said(name, one, in_clear) for name, one in value.items()}
    if isinstance(value, list):
        return [_said(key, one, in_clear) for one in value]
    if not is_secret(key, value):
        return value
    return reveal(value) if in_clear else STARS


def _text(value: Json) -> str:
    """As a shell takes it: texts as they are, lists a line each, the rest as JSON."""
    if isinstance(value, list) and all(isinstance(one, str) for one in value):
        return "\n".join(value)
    return value if isinstance(value, str) else json.dumps(value)


def pym_config() -> None:
    """The command under its old name, `pym_config --key KEY`."""
    told(config, "pym_config")
