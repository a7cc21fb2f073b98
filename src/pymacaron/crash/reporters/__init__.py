"""Who is told: a reporter is a function of title and message, made from the settings that it needs.

by_NAME.py   the reporter that `report_to` calls NAME; REPORTERS in config/settings.py lists them
posting.py   for those that post over HTTP
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from importlib import import_module
from typing import TypeAlias

from pymacaron.config import Config
from pymacaron.config.settings import REPORTERS
from pymacaron.exceptions import ConfigurationError, Finding

# Is told title and message, the latter a JSON text.
Reporter: TypeAlias = Callable[[str, str], object]


def configured(config: Config) -> Iterator[tuple[str, Reporter]]:
    """The reporters that `report_to` names.

    Raises:
        ConfigurationError: with everything that they lack.
    """
    faults = [
        Finding(config.config_file or "get_config()", key, f"is not set, and report_to names '{name}'", f"set {key}")
        for name in config.report_to
        for key in REPORTERS[name]
        if config.get(key) is None
    ]
    if faults:
        raise ConfigurationError(faults)
    for name in config.report_to:
        yield name, import_module(f"{__name__}.by_{name}").reporter(config)
