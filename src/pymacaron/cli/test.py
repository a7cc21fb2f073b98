"""`pymacaron test`, also called `run_acceptance_tests`: black-box tests against a service."""

from __future__ import annotations

import os
import signal
import sys
from collections.abc import Iterator
from contextlib import contextmanager

import click

from pymacaron.testing.exploring import check_installed
from pymacaron.testing.image import Boxed, started_image
from pymacaron.testing.places import HOST, PORT, Place, place_from, place_of
from pymacaron.testing.running import FAILED, PASSED, TESTS, Run, live_place, run_tests
from pymacaron.testing.server import Started, started
from pymacaron.testing.writing import check_form

from .telling import TERMINATED, told

_LOCAL_PORT = 8080


@click.command(context_settings={"help_option_names": ["-h", "--help"]})
@click.argument("paths", nargs=-1)
@click.option("--start", is_flag=True, help="Start server.py on a free port for the tests.")
@click.option("--local", is_flag=True, help=f"Test the service on this machine, on port {_LOCAL_PORT} or --port.")
@click.option("--live", is_flag=True, help="Test the live_host of pym-config.yaml.")
@click.option("--host", metavar="HOST", help="Test another machine: a name, or https://name/path.")
@click.option("--port", type=click.IntRange(1, 65535), help="The port of the service.")
@click.option("--image", metavar="ID", help="Start a container of this image for the tests.")
@click.option("--env", "variables", multiple=True, metavar="NAME[=VALUE]", help="A variable for the container.")
@click.option("--network", metavar="NAME", help="Network of the container. host: that of this machine.")
@click.option("--loop", is_flag=True, help="Repeat until a test fails, or Ctrl-C.")
@click.option("--no-ssl-check", is_flag=True, help="Accept any certificate.")
@click.option("--junit", metavar="FILE", help="Write the results as JUnit XML.")
@click.option(
    "--coverage", "reports", multiple=True, metavar="FILE", help="Write the coverage to a .html or .json file."
)
@click.option("--min-coverage", type=click.FloatRange(0, 100), metavar="PERCENT", help="Fail if coverage is lower.")
@click.option("--explore", is_flag=True, help="Generate requests as well (schemathesis).")
@click.option(
    "--examples", type=click.IntRange(1), default=20, show_default=True, help="Generated requests for each operation."
)
@click.option("--jobs", type=click.IntRange(1), help="Number of parallel test processes (pytest-xdist).")
@click.option("-k", "only", metavar="WORDS", help="Run matching tests only, as for pytest.")
@click.option("-x", "first", is_flag=True, help="Stop at the first failure.")
def test(  # noqa: PLR0917 - click gives them by name
    paths: tuple[str, ...], start: bool, local: bool, live: bool, host: str | None, port: int | None, image: str | None,
    variables: tuple[str, ...], network: str | None, loop: bool, no_ssl_check: bool, junit: str | None,
    reports: tuple[str, ...], min_coverage: float | None, explore: bool, examples: int, jobs: int | None,
    only: str | None, first: bool,
) -> None:  # fmt: skip
    """Run acceptance tests against a service: those in testaccept/, or PATHS.

    \b
      pymacaron test --start
      pymacaron test --local --port 8080 testaccept/test_orders.py
      pymacaron test --image shop:latest
      pymacaron test --live --junit results.xml
      pymacaron test --start --min-coverage 80 --coverage coverage.html

    Every answer is validated against the document. Without --start, --image, --local, --live and --host, the tests use
    the service that PYM_SERVER_HOST and PYM_SERVER_PORT name, else --local. A container gets the variables of
    env_secrets.

    Exit codes: 0 all tests pass, 1 a test fails or less is covered than --min-coverage, 2 there is nothing to run or
    nobody to ask, 130 Ctrl-C, 143 SIGTERM.
    """
    if sum((start, local, live, host is not None, image is not None)) > 1:
        raise click.UsageError("--start, --image, --local, --live and --host exclude each other")
    if (start or image is not None) and port is not None:
        raise click.UsageError(f"{'--start' if start else '--image'} takes a free port: leave --port out")
    if image is None and (variables or network is not None):
        raise click.UsageError("--env and --network are for containers: name an --image")
    for path in reports:
        check_form(path)
    if explore:
        check_installed()
    options = [*(["-n", str(jobs)] if jobs else []), *(["-k", only] if only else []), *(["-x"] if first else [])]
    run = Run(paths or (TESTS,), tuple(options), reports, min_coverage, examples if explore else 0, junit)
    with _server(start, image, variables, network) as server:
        place = server.place if server else _place(local, live, host, port, verify=not no_ssl_check)
        sys.exit(_repeated(run, place, server, loop=loop))


@contextmanager
def _server(
    start: bool, image: str | None, variables: tuple[str, ...], network: str | None
) -> Iterator[Started | Boxed | None]:
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(TERMINATED))  # so that pytest and the server end, too
    if not start and image is None:
        yield None
        return
    with started() if image is None else started_image(image, variables, network=network) as server:
        yield server


def _place(local: bool, live: bool, host: str | None, port: int | None, *, verify: bool) -> Place:
    """Where the service is, by the options, else by the environment."""
    if live:
        return live_place(port, verify=verify)
    if host is not None:
        return place_of(host, port, verify=verify)
    if not local and port is None and (os.environ.get(HOST) or os.environ.get(PORT)):
        return place_from(os.environ)._replace(verify=verify)
    return place_of("localhost", port or _LOCAL_PORT, verify=verify)


def _repeated(run: Run, place: Place, server: Started | Boxed | None, *, loop: bool) -> int:
    """Run the tests, with `loop` until one fails; the exit code."""
    number = 1
    while True:
        code = run_tests(run, place, click.echo)
        if code == FAILED and server is not None:
            click.echo(f"\nthe end of what the service has said:\n{server.last_words()}", err=True)
        if code != PASSED or not loop:
            return code
        number += 1
        click.echo(f"\nround {number}; Ctrl-C ends them")


def run_acceptance_tests() -> None:
    """The command under its old name."""
    told(test, "run_acceptance_tests")
