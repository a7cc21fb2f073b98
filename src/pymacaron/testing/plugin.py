"""The plugin of pytest: a fixture, and contract coverage. It costs a project that does not use it the import of this
file."""

from __future__ import annotations

import os
import shutil
import tempfile
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from .case import Asking
    from .ledger import Coverage

_FOLDER = "PYM_TEST_COVERAGE"  # as in ledger.py, which is not imported for who does not want it
_OWN = pytest.StashKey[str]()
_FOUND: pytest.StashKey[Coverage] = pytest.StashKey()


def pytest_addoption(parser: pytest.Parser) -> None:
    group = parser.getgroup("pymacaron", "acceptance tests of pymacaron services")
    group.addoption("--contract-coverage", action="store_true", help="Tell which parts of the documents tests touch.")
    group.addoption(
        "--contract-report", action="append", default=[], metavar="FILE", help="Likewise, as a page (.html) or .json."
    )
    group.addoption(
        "--min-contract-coverage", type=float, metavar="PERCENT", help="Fail if the tests touch less of the documents."
    )


def pytest_configure(config: pytest.Config) -> None:
    option = config.option
    wanted = option.contract_coverage or option.contract_report or option.min_contract_coverage is not None
    if wanted and not hasattr(config, "workerinput"):  # workers write where the environment of their parent says
        config.stash[_OWN] = os.environ[_FOLDER] = tempfile.mkdtemp(prefix="pymacaron-coverage-")


def pytest_sessionfinish(session: pytest.Session) -> None:
    folder = session.config.stash.get(_OWN, None)
    if folder is None:
        return
    from .ledger import gather  # for who wants it

    found = session.config.stash[_FOUND] = gather(folder)
    least = session.config.option.min_contract_coverage
    if least is not None and found.percent < least and session.exitstatus == pytest.ExitCode.OK:
        session.exitstatus = pytest.ExitCode.TESTS_FAILED


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter, config: pytest.Config) -> None:
    found = config.stash.get(_FOUND, None)
    if found is None:
        return
    from .report import lines, shortfall  # for who wants it
    from .writing import write  # likewise

    terminalreporter.section("contract coverage")
    for line in lines(found):
        terminalreporter.write_line(line)
    for path in config.option.contract_report:
        write(found, path)
        terminalreporter.write_line(f"written to {path}")
    told = shortfall(found, config.option.min_contract_coverage)
    if told is not None:
        terminalreporter.write_line(told, red=True)


def pytest_unconfigure(config: pytest.Config) -> None:
    folder = config.stash.get(_OWN, None)
    if folder is not None:
        shutil.rmtree(folder, ignore_errors=True)
        os.environ.pop(_FOLDER, None)


@pytest.fixture
def live_service() -> Asking:
    """The assertions of acceptance tests, asked of the service at $PYM_SERVER_HOST and $PYM_SERVER_PORT."""
    from .case import at_server  # for who wants it

    return at_server()
