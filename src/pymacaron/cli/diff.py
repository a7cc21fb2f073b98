"""`pymacaron diff OLD NEW`: what changed between two versions of a document, and whom it breaks."""

from __future__ import annotations

import json
import sys
from collections.abc import Iterator
from contextlib import ExitStack

import click

from pymacaron.comparison import CALLERS, SERVICE, Change, compare, compare_all
from pymacaron.comparison.sources import documents_at
from pymacaron.dialects import Document

from .telling import reading_only

_GROUPS = (
    ("Breaks callers", "red", lambda breaks: CALLERS in breaks),
    ("Breaks the service", "yellow", lambda breaks: breaks == (SERVICE,)),
    ("Harmless", "green", lambda breaks: not breaks),
)
_STOPS = {"callers": {CALLERS}, "service": {SERVICE}, "any": {CALLERS, SERVICE}, "never": set[str]()}
_SHOWN = 3  # operations of a change that many share


@click.command()
@click.argument("old")
@click.argument("new")
@click.option("--json", "as_json", is_flag=True, help="Print the changes as a JSON array.")
@click.option(
    "--fail-on",
    type=click.Choice(list(_STOPS)),
    default="callers",
    show_default=True,
    help="Which changes give exit code 1.",
)
@click.option("--breaking", is_flag=True, help="Leave out harmless changes.")
def diff(old: str, new: str, as_json: bool, fail_on: str, breaking: bool) -> None:
    """Compare two versions of a document, or of a folder of them.

    OLD and NEW are paths, URLs, or git:REV:path.

    \b
      pymacaron diff git:main:apis apis
      pymacaron diff git:v1.2:apis/shop.yaml apis/shop.yaml --fail-on any

    Exit codes: 0 no such change as --fail-on names, 1 there is one, 2 a document cannot be read.
    """
    reading_only()
    with ExitStack() as stack:
        left, right = (stack.enter_context(documents_at(source)) for source in (old, new))
        changes = _changes(left, right)
    fails = any(_STOPS[fail_on].intersection(change.kind.breaks) for change in changes)
    shown = [change for change in changes if change.kind.breaks or not breaking]
    if as_json:
        click.echo(json.dumps([change.to_json() for change in shown], indent=2))
    else:
        for line in _told(shown):
            click.echo(line)
    sys.exit(1 if fails else 0)


def _changes(old: dict[str, Document], new: dict[str, Document]) -> list[Change]:
    if old.keys() == new.keys() == {""}:
        return compare(old[""], new[""])
    if "" in old.keys() | new.keys():
        raise click.UsageError("one is a document and the other a folder: compare two of a kind")
    return compare_all(old, new)


def _told(changes: list[Change]) -> Iterator[str]:
    for title, color, belongs in _GROUPS:
        group = [change for change in changes if belongs(change.kind.breaks)]
        if group:
            yield click.style(f"{title} ({len(group)})", fg=color, bold=True)
        for change in group:
            yield f"  {click.style(change.kind.name, bold=True)}: {_operations(change)}{change.fact}"
            yield click.style(f"      {change.kind.reason} [{change.place or 'the document'}]", dim=True)
    if not changes:
        yield "Nothing changed that matters to callers or to the service."


def _operations(change: Change) -> str:
    named = change.operations[:_SHOWN]
    more = len(change.operations) - len(named)
    return ", ".join(named) + (f" and {more} more" if more else "") + (": " if named else "")
