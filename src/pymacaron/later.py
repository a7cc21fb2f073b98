"""What settings name, and whose part comes with a later version: the start says so in a sentence."""

from __future__ import annotations

from collections.abc import Iterator

from .config import SETTINGS, Config

# What nothing acts on yet, by the part that will: a line goes when its part is there.
_SETTINGS = {
    "deployment": tuple(name for name in SETTINGS if name.startswith(("aws_", "docker_"))),
}


def unbuilt_settings(config: Config) -> Iterator[str]:
    """A warning for each part that is missing, with the settings made for it in the configuration."""
    for part, names in _SETTINGS.items():
        made = [name for name in names if getattr(config, name) != SETTINGS[name].default]
        if made:
            yield f"{_listed(made)} no effect: this version of pymacaron has no {part} yet"


def _listed(names: list[str]) -> str:
    return f"{names[0]} has" if len(names) == 1 else f"{', '.join(names[:-1])} and {names[-1]} have"
