"""The kit for acceptance tests: services are asked over HTTP, or in process, and every answer is held against the
documents.

places.py      where the service is
sending.py     credentials and bodies, as tests write them
asking.py      asking, over the network or in this process; exchanges.py what was asked, and what was answered
documents.py   which documents the service has; contracts.py do its answers keep to them?
expected.py    what a test wants of an answer; assertions.py what tests call; case.py where they find it
items.py       what there is to be touched, codes.py the codes of errors; ledger.py what was, by all processes
report.py      how that is told on a terminal; page.py, writing.py in files
plugin.py      for pytest
running.py     what `pymacaron test` does; server.py the service that it starts; exploring.py generated cases

Names are imported at their first use: pytest loads the plugin also for projects that do not use it.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from .case import Asking, PyMacaronTestCase, at_server, in_process
    from .exchanges import Answer

__all__ = ["Answer", "Asking", "PyMacaronTestCase", "at_server", "in_process"]

_HOMES = {"Answer": "exchanges", **dict.fromkeys(("Asking", "PyMacaronTestCase", "at_server", "in_process"), "case")}


def __getattr__(name: str) -> Any:
    if name not in _HOMES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    from importlib import import_module  # see above

    value = globals()[name] = getattr(import_module(f".{_HOMES[name]}", __name__), name)
    return value
