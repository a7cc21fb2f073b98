"""`pymacaron build`: the container image of a service."""

from __future__ import annotations

import json
import os

import click

from pymacaron.containers import Engine
from pymacaron.images import Built, Wish
from pymacaron.images import build as build_image

from .telling import reading_only


@click.command()
@click.argument("folder", default=".", type=click.Path(exists=True, file_okay=False))
@click.option("--tag", "tags", multiple=True, metavar="NAME", help="Its name; else the service's, with a version.")
@click.option("--engine", metavar="NAME", help="docker, podman, or the path of one; else whichever answers.")
@click.option("--base", metavar="IMAGE", help="The image that it stands on; else python:…-slim.")
@click.option("--requirements", metavar="FILE", help="What is installed; else requirements.lock, requirements.txt.")
@click.option("--pymacaron", metavar="WHEEL", help="A wheel of pymacaron, or index; else as it is installed here.")
@click.option("--wheels", metavar="FOLDER", help="Wheels to take before the index is asked.")
@click.option("--allow", "allowed", multiple=True, metavar="FILE", help="This file looks like a secret, and is none.")
@click.option("--with-tests", is_flag=True, help="Put test/ and testaccept/ in.")
@click.option("--no-cache", "fresh", is_flag=True, help="Without what earlier builds have left.")
@click.option("--network", metavar="NAME", help="The network while it is built; host: this machine's.")
@click.option("--platform", metavar="NAME", help="Where it is to run, linux/arm64 say; else as the engine.")
@click.option("--quiet", is_flag=True, help="Only the result.")
@click.option("--json", "as_json", is_flag=True, help="The result as JSON.")
def build(  # noqa: PLR0917 - click gives them by name
    folder: str, tags: tuple[str, ...], engine: str | None, base: str | None, requirements: str | None,
    pymacaron: str | None, wheels: str | None, allowed: tuple[str, ...], with_tests: bool, fresh: bool,
    network: str | None, platform: str | None, quiet: bool, as_json: bool,
) -> None:  # fmt: skip
    """Make the container image of the service in FOLDER.

    \b
      pymacaron build
      pymacaron build --tag shop:candidate --json

    Exit codes: 0; 2 if it cannot be made, or would hold a secret.
    """
    reading_only()
    wish = Wish(folder, tags, base, requirements, pymacaron, wheels, allowed, with_tests, fresh, network, platform)
    say = (lambda line: None) if quiet else (lambda line: click.echo(line, err=True))
    found = Engine.find(engine)
    built = build_image(found, wish, os.environ, say)
    for warning in built.staged.warnings:
        click.echo(f"warning: {warning}", err=True)
    click.echo(json.dumps(built.to_json(), indent=2) if as_json else _told(built, found.kind))


def _told(built: Built, kind: str) -> str:
    image, staged = built.image, built.staged
    named = f"what {staged.read} names" if staged.read else "pymacaron"
    return "\n".join((
        f"{built.tags[0]} is built, in {built.seconds:.0f} s",
        f"  image    {image.id}",
        f"  holds    {staged.files} files of the project, and {named}",
        f"  size     {image.size / 1e6:.0f} MB, {image.system}/{image.architecture}; run by {image.user or 'root'}",
        f"  version  {staged.version}",
        "",
        f"try it:    {kind} run --rm --publish 8080:8080 {built.tags[0]}",
        f"test it:   pymacaron test --image {built.tags[0]}",
    ))  # fmt: skip
