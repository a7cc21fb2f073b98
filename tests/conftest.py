"""What every test gets: Hypothesis without clocks, since timings on a shared machine say nothing about a law, and a
cache of documents that is not the user's; no crash reports; no secrets of the tests before it. And what the whole run
is held to: it shows none of its secrets."""

import logging
import os
import signal
import tempfile
from collections.abc import Iterator

import pytest
from browsers import browser, visit  # noqa: F401 - fixtures for everybody
from engines import docker_host, engine, podman  # noqa: F401 - likewise
from hypothesis import HealthCheck, settings
from leaks import Leaks

from pymacaron.config import secret

collect_ignore_glob = ["migrations/*"]  # services, with tests of their own

settings.register_profile("pymacaron", deadline=None, suppress_health_check=[HealthCheck.too_slow])
if "CI" not in os.environ:  # there Hypothesis takes its own profile, which always draws the same examples
    settings.load_profile("pymacaron")

_cache = tempfile.TemporaryDirectory(prefix="pymacaron-cache-")
os.environ["PYMACARON_CACHE"] = _cache.name  # for the programs that tests start, too
os.environ["NO_ERROR_REPORTING"] = "1"  # tests fail on purpose; those of reports switch them on
os.environ["OTEL_SDK_DISABLED"] = "true"  # those of spans switch it on, for good in their process
# What a shell runs in the background ignores Ctrl-C, and so would all that tests start, and end in this way.
signal.signal(signal.SIGINT, signal.default_int_handler)


def pytest_configure(config: pytest.Config) -> None:
    config.pluginmanager.register(Leaks())


@pytest.fixture(autouse=True)
def forgotten_secrets() -> Iterator[None]:
    """A secret is known to the process for good, and taken out of whatever a later test looks at."""
    before = set(secret._values), secret._longest_first, secret._pattern
    yield
    secret._values, secret._longest_first, secret._pattern = before


@pytest.fixture(autouse=True)
def heard_loggers() -> Iterator[None]:
    """Commands that only read silence all loggers, for good in their process."""
    yield
    logging.disable(logging.NOTSET)


@pytest.fixture(autouse=True)
def forgotten_program(monkeypatch: pytest.MonkeyPatch) -> None:
    """A service that a test starts in this process is not the program of the tests after it."""
    monkeypatch.setattr("pymacaron.config._base", None)
