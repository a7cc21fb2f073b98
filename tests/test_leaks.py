"""The run is held to showing no secret (leaks.py): here is one that does not hold to it."""

from __future__ import annotations

import os
import re
import sys
from pathlib import Path

from programs import run

CONFTEST = """
from leaks import Leaks

def pytest_configure(config):
    config.pluginmanager.register(Leaks())
"""
TESTS = """
import logging
from flask import Flask
from leaks import secret
from pymacaron.config import Config, Secret
from pymacaron.auth.trusting import Trust
from pymacaron.crash import flush, report_error
from pymacaron.exceptions import PyMacaronException
from pymacaron.failures import Failures

def test_log():
    logging.getLogger("shop").warning("by", extra={"code": secret("said \\"in\\" a field")})

def test_report():
    report_error("odd: " + secret("said-in-a-report"))
    assert flush()

def test_error():
    Failures()(PyMacaronException(secret("said-in-an-error")))

def test_token():
    token = Trust(Config(name="shop", jwt_secret="a-secret-of-a-configuration")).issue("ada").token
    logging.getLogger("shop").warning("got %s", token.partition(".")[2][:200])

def test_another_test():
    logging.getLogger("shop").warning("the key is %s", "secret-in-" + "another-test")

def test_that_is_silent():
    secret("never said"), secret("secret-in-another-test"), Secret("nor-is-this-one-ever")
    logging.getLogger("shop").warning("nothing to see")
"""


def test_a_run_that_shows_secrets(tmp_path: Path) -> None:
    """A run whose tests all pass fails, if what is secret in one of them is logged, reported or answered in any: what
    was shown is told, with the test that did."""
    (tmp_path / "conftest.py").write_text(CONFTEST)
    (tmp_path / "test_shop.py").write_text(TESTS)
    more = {"PYTHONPATH": str(Path(__file__).parent), "PYMACARON_TESTS_LEAKS": "", "NO_ERROR_REPORTING": ""}
    done = run([sys.executable, "-m", "pytest", "-n1", "-p", "no:cacheprovider"], tmp_path, **more)
    shown = dict(re.findall(r"A secret was shown: (.*) in the \w+ of test_shop.py::(\w+)", done.stdout))
    assert (done.returncode, "6 passed" in done.stdout) == (1, True), done.stdout + done.stderr
    assert "a token" in next(iter(text for text, test in shown.items() if test == "test_token"))
    assert {text for text in shown if "token" not in text} == {
        r"""'said \\"in\\" a field'""", "'said-in-a-report'", "'said-in-an-error'", "'secret-in-another-test'",
    }  # fmt: skip
    assert set(shown.values()) == {"test_log", "test_report", "test_error", "test_token", "test_another_test"}


def test_this_run_is_watched() -> None:
    """What this very run logs and answers is kept for the search."""
    assert os.environ["PYMACARON_TESTS_LEAKS"]
