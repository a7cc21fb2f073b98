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
@click.option(
    "--tag", "tags", multiple=True, metavar="NAME", help="Image name. Default: the name of the service, with a version."
)
@click.option("--engine", metavar="NAME", help="docker, podman, or a path. Default: the one that answers.")
@click.option("--base", metavar="IMAGE", help="Base image. Default: python:…-slim.")
@click.option("--requirements", metavar="FILE", help="Requirements. Default: the project's lock file or list.")
@click.option("--pymacaron", metavar="WHEEL", help="A wheel of pymacaron, or: index. Default: what runs here.")
@click.option("--wheels", metavar="FOLDER", help="Use the wheels in this folder before the index.")
@click.option("--allow", "allowed", multiple=True, metavar="FILE", help="A file that looks like a secret and is none.")
@click.option("--with-tests", is_flag=True, help="Include test/ and testaccept/.")
@click.option("--no-cache", "fresh", is_flag=True, help="Build everything anew.")
@click.option("--network", metavar="NAME", help="Network of the build. host: that of this machine.")
@click.option("--platform", metavar="NAME", help="Target platform, such as linux/arm64.")
@click.option("--quiet", is_flag=True, help="Print the result only.")
@click.option("--json", "as_json", is_flag=True, help="Print the result as JSON.")
def build(  # noqa: PLR0917 - click gives them by name
    folder: str, tags: tuple[str, ...], engine: str | None, base: str | None, requirements: str | None,
    pymacaron: str | None, wheels: str | None, allowed: tuple[str, ...], with_tests: bool, fresh: bool,
    network: str | None, platform: str | None, quiet: bool, as_json: bool,
) -> None:  # fmt: skip
    """Build the container image of the service in FOLDER.

    \b
      pymacaron build
      pymacaron build --tag shop:candidate --json

    Exit codes: 0, 2 if the image cannot be built, or would contain a secret.
    """
    reading_only()
    wish = Wish(folder, tags, base, requirements, pymacaron, wheels, allowed, with_tests, fresh, network, platform)
    say = None if quiet else (lambda line: click.echo(line, err=True))
    found = Engine.find(engine)
    built = build_image(found, wish, os.environ, say)
    for warning in built.staged.warnings:
        click.echo(f"warning: {warning}", err=True)
    click.echo(json.dumps(built.to_json(), indent=2) if as_json else _told(built, found.kind))


def _told(built: Built, kind: str) -> str:
    image, staged = built.image, built.staged
    named = f"what {staged.read} names" if staged.read else "pymacaron"
    return "\n".join((
        f"{built.tags[0]} built in {built.seconds:.0f} s",
        f"  image    {image.id}",
        f"  holds    {staged.files} files of the project, and {named}",
        f"  size     {image.size / 1e6:.0f} MB, {image.system}/{image.architecture}; run by {image.user or 'root'}",
        f"  version  {staged.version}",
        "",
        f"try it:    {kind} run --rm --publish 8080:8080 {built.tags[0]}",
        f"test it:   pymacaron test --image {built.tags[0]}",
    ))  # fmt: skip
