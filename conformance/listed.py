"""The cases that an OpenAPI standard decides otherwise than the suite, from exceptions.toml."""

from __future__ import annotations

import tomllib
from typing import Any

from suite import HERE, Group, Version


class Exceptions:
    """What exceptions.toml lists. What is never asked for is stale: it passes, or is not in the suite."""

    def __init__(self) -> None:
        with (HERE / "exceptions.toml").open("rb") as stream:
            tables: dict[str, Any] = tomllib.load(stream)
        self._groups = {
            (version, name)
            for entry in tables["exception"]
            for version in entry["versions"]
            for name in entry["groups"]
        }
        self._keywords = {
            (version, name)
            for entry in tables["unserved"]
            for version in entry["versions"]
            for name in entry["keywords"]
        }
        self._used: set[tuple[str, str]] = set()

    def covers(self, version: Version, group: Group) -> bool:
        """May cases of this group go wrong?"""
        return self._asked((version.name, group.name), self._groups)

    def unserved(self, version: Version, keywords: set[str]) -> bool:
        """Does the version not have any of these keywords?"""
        asked = [self._asked((version.name, keyword), self._keywords) for keyword in keywords]
        return all(asked)

    def _asked(self, key: tuple[str, str], listed: set[tuple[str, str]]) -> bool:
        if key in listed:
            self._used.add(key)
        return key in listed

    @property
    def stale(self) -> list[tuple[str, str]]:
        return sorted((self._groups | self._keywords) - self._used)
