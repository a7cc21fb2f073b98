"""Who is told: a reporter is a function of title and message, made from the settings that it needs."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from importlib import import_module
from typing import TypeAlias

from pymacaron.config import Config
from pymacaron.exceptions import ConfigurationError, Finding

# Is told title and message, the latter a JSON text.
Reporter: TypeAlias = Callable[[str, str], object]

# By name: the settings without which it cannot be.
NEEDED = {
    "log": (),
    "file": ("report_file",),
    "slack": ("report_slack_webhook",),
    "email": ("report_email_to", "smtp_host"),
    "sentry": (),
}


def configured(config: Config) -> Iterator[tuple[str, Reporter]]:
    """The reporters that `report_to` names.

    Raises:
        ConfigurationError: with everything that they lack.
    """
    faults = [
        Finding(config.config_file or "get_config()", key, f"is not set, and report_to names '{name}'", f"set {key}")
        for name in config.report_to
        for key in NEEDED[name]
        if config.get(key) is None
    ]
    if faults:
        raise ConfigurationError(faults)
    for name in config.report_to:
        yield name, import_module(f"{__name__}.by_{name}").reporter(config)
