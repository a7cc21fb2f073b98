"""What `pymacaron test` does: pytest, told where the service is, and the coverage of the contract."""

from __future__ import annotations

import importlib.util
import os
import subprocess
import sys
import tempfile
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import NamedTuple

from pymacaron.auth import generate_token
from pymacaron.config import Config, load_config, set_config
from pymacaron.exceptions import PyMacaronError, StartError

from .junit import together
from .ledger import FOLDER, Coverage, gather
from .places import ADDRESS, HOST, PORT, TOKEN, UNVERIFIED, Place, place_of
from .report import lines, shortfall
from .server import listens
from .writing import write, write_file

TESTS = "testaccept"
PASSED, FAILED, NOTHING_ASKED = 0, 1, 2
_PLUGIN = "pymacaron.testing.plugin"


class Run(NamedTuple):
    """What is to be run.

    Attributes:
        paths: of tests, as pytest takes them.
        options: more of pytest's.
        reports: files for the coverage.
        least: percent that have to be touched; None: any will do.
        examples: generated requests for each operation; 0: none.
        junit: the file for the results in JUnit's form.
        folder: of the project; "": this one.
        variables: more of the environment in which they run: what the service is told, and they have to know.
        seconds: after which they are ended; None: never.
    """

    paths: tuple[str, ...]
    options: tuple[str, ...] = ()
    reports: tuple[str, ...] = ()
    least: float | None = None
    examples: int = 0
    junit: str | None = None
    folder: str = ""
    variables: Mapping[str, str] = {}
    seconds: float | None = None


def live_place(port: int | None, *, verify: bool) -> Place:
    """Where the configuration says that the live service is: by https, unless it says http itself.

    Raises:
        StartError: it does not say.
    """
    host = _config().live_host
    if not host:
        raise StartError(
            "--live tests the live_host of pym-config.yaml, but none is set; write it there, or use --host"
        )
    return place_of(host if "://" in host else f"https://{host}", port, verify=verify)


def run_tests(run: Run, place: Place, say: Callable[[str], object]) -> int:
    """Run the tests against a service; PASSED, FAILED or NOTHING_ASKED.

    Raises:
        StartError: they cannot be run.
    """
    _check(run, place)
    with tempfile.TemporaryDirectory(prefix="pymacaron-coverage-") as folder:
        given = {**os.environ, **run.variables}
        environment = given | _told(place, run.folder, given) | {FOLDER: folder}
        results = Path(folder)
        code = _pytest(run, environment, results / "pytest.xml", say)
        if run.examples and code != NOTHING_ASKED:
            from .exploring import explore  # for who wants it

            code = max(code, explore(place, environment, run.examples, results, say))
        if run.junit is not None and code != NOTHING_ASKED:
            write_file(run.junit, together([results / "pytest.xml", *sorted(results.glob("explored-*.xml"))]))
        return max(code, _cover(gather(folder), run, say) if code != NOTHING_ASKED else code)


def _check(run: Run, place: Place) -> None:
    """
    Raises:
        StartError: something is missing.
    """
    if importlib.util.find_spec("pytest") is None:
        raise StartError("the tests are run by pytest, which is not installed; run `pip install 'pymacaron[test]'`")
    for path in run.paths:
        file = os.path.join(run.folder, path.partition("::")[0])
        if not os.path.exists(file):
            where = os.path.abspath(file)
            cure = "write tests there, or name where they are" if path == TESTS else "name a file or folder of tests"
            raise StartError(f"there is no {where}; {cure}")
    if not listens(place):
        here = place.origin.host in ("localhost", "127.0.0.1", "::1")
        cure = "start it in another terminal, or let --start do so" if here else "is it up, and is that its address?"
        raise StartError(f"no service listens at {place.origin}; {cure}")


def _config(folder: str = "", environment: Mapping[str, str] = os.environ) -> Config:
    """The configuration, of which secrets may be missing where a service is only asked."""
    config = load_config(folder or None, environment, strict=False)
    set_config(config)
    return config


def _told(place: Place, folder: str, environment: Mapping[str, str]) -> dict[str, str]:
    """The environment that tells the tests what to ask."""
    said = {
        HOST: f"{place.origin.scheme}://{_bracketed(place.origin.host)}{place.prefix}",
        PORT: str(place.origin.port),
    }
    said[UNVERIFIED] = "" if place.verify else "1"
    said[ADDRESS] = f"{_bracketed(place.address[0])}:{place.address[1]}" if place.address else ""
    token = environment.get(TOKEN) or _own_token(_config(folder, environment))
    return said | ({TOKEN: token} if token else {})


def _bracketed(host: str) -> str:
    return f"[{host}]" if ":" in host else host


def _own_token(config: Config) -> str | None:
    """A token that is signed with the key of the configuration; None without such a key."""
    try:
        return generate_token(config.default_user_id or "acceptance-tests")
    except (PyMacaronError, ValueError):
        return None


def _pytest(run: Run, environment: dict[str, str], results: Path, say: Callable[[str], object]) -> int:
    options = (f"--junitxml={results}", *run.options) if run.junit is not None else run.options
    command: Sequence[str] = (sys.executable, "-m", "pytest", "-p", _PLUGIN, *options, *run.paths)
    try:
        code = subprocess.run(  # noqa: S603 - no shell
            command, env=environment, cwd=run.folder or None, check=False, timeout=run.seconds
        ).returncode  # fmt: skip
    except subprocess.TimeoutExpired as error:
        cure = "look above which one waits, and let it wait for less"
        raise StartError(f"the tests are ended, since they take longer than {error.timeout:.0f} s; {cure}") from None
    if code == 5:  # pytest's: none is collected
        say(f"no test of {' '.join(run.paths)} is chosen: their functions and files are called test_…")
    return code if code in {PASSED, FAILED} else NOTHING_ASKED


def _cover(coverage: Coverage, run: Run, say: Callable[[str], object]) -> int:
    say("\ncontract coverage")
    for line in lines(coverage):
        say(f"  {line}" if line else "")
    for path in run.reports:
        write(coverage, path)
        say(f"  written to {path}")
    told = shortfall(coverage, run.least)
    if told is None:
        return PASSED
    say(f"\n{told}")
    return FAILED
