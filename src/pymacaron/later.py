"""What documents and settings name, and whose part comes with a later version: the start says so in a sentence."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from .config import SETTINGS, Config

# What nothing acts on yet, by the part that will: a line goes when its part is there.
_SETTINGS = {
    "deployment": tuple(name for name in SETTINGS if name.startswith(("aws_", "docker_"))),
}
# Keys are checked like the others, so that documents stay right.
_KEYS = {
    "deadlines": ("x-timeout-ms",),
    "limits of calls": ("x-rate-limit",),
    "entity tags of its own": ("x-etag",),
    "memory of requests": ("x-idempotent",),
}
# What clients act on, or what is done in part.
_AS_SERVED = {"x-idempotent": " on the service, only on its clients, which send an Idempotency-Key"}


def unbuilt_settings(config: Config) -> Iterator[str]:
    """A warning for each part that is missing, with the settings made for it in the configuration."""
    for part, names in _SETTINGS.items():
        made = [name for name in names if getattr(config, name) != SETTINGS[name].default]
        if made:
            yield f"{_listed(made)} no effect: this version of pymacaron has no {part} yet"


def unbuilt_keys(api: str, having: Mapping[str, list[str]]) -> Iterator[str]:
    """A warning for each key that this version does not act on; `having` are, by key, the operations and schemas that
    have it."""
    for part, keys in _KEYS.items():
        for key in having.keys() & keys:
            first, *others = having[key]
            more = f" and {len(others)} more" if others else ""
            lacks = f"this version of pymacaron has no {part} yet"
            yield f"{api}: {key} of {first}{more} has no effect{_AS_SERVED.get(key, '')}: {lacks}"


def _listed(names: list[str]) -> str:
    return f"{names[0]} has" if len(names) == 1 else f"{', '.join(names[:-1])} and {names[-1]} have"
