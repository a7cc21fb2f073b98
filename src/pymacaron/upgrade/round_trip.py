"""YAML by ruamel.yaml, an extra, read as our documents are: texts that look like dates are texts (YAML 1.2.2 section
10.3), and of a key that stands twice the last counts."""

from __future__ import annotations

from typing import Any

from ruamel.yaml import YAML
from ruamel.yaml.constructor import RoundTripConstructor
from ruamel.yaml.error import MarkedYAMLError
from ruamel.yaml.resolver import VersionedResolver

__all__ = ["MarkedYAMLError", "round_trip"]

_DATE = "tag:yaml.org,2002:timestamp"


class _Resolver(VersionedResolver):
    def resolve(self, kind: Any, value: Any, implicit: Any) -> Any:
        tag = super().resolve(kind, value, implicit)
        return self.DEFAULT_SCALAR_TAG if str(tag) == _DATE else tag


def round_trip(told: list[str], indent: dict[str, int]) -> YAML:
    """A reader and writer that keeps what people wrote.

    Args:
        told: gets a line for each key that stands twice.
        indent: how far what is inside stands to the right.
    """

    class Constructor(RoundTripConstructor):
        def check_mapping_key(self, node: Any, key_node: Any, mapping: Any, key: Any, value: Any) -> bool:
            if key in mapping:
                line = key_node.start_mark.line + 1
                told.append(f"line {line}: the key {key} stands there once more; the last one counted, and stays")
            return True

    yaml = YAML()
    yaml.Resolver, yaml.Constructor = _Resolver, Constructor
    yaml.preserve_quotes = True
    yaml.width = 1_000_000  # lines stay as long as they are
    yaml.indent(**indent)
    return yaml
