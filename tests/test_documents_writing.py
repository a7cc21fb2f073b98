"""Values are written as YAML and JSON, and read again."""

from __future__ import annotations

import json
import math
from typing import Any

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from pymacaron.documents.sources import parse_json
from pymacaron.documents.writing import to_json, to_yaml
from pymacaron.documents.yaml_core import parse_yaml

# Texts that YAML would take for something else.
TRAPS = [
    "yes", "no", "on", "Off", "null", "~", "true", "y", "N", "- a", "a: b", "a #b", "? x", "012", "0o7", "0x1f", "1:30",
    "2020-01-01", "1_000", "<<", "=", ".5", "1e3", "'a", '"', "{a}", "[x", "%a", "@a", "`a", "!a", "&a", "*a", "# a",
    "a:", "---", "...", "|", "-", ":", "?", ",", "] ", "\ufeff", "\x7f", "\x85", "\u2028", "é", "🎉", " a", "a ", "\ta",
]  # fmt: skip
LINES = [
    "a\nb",
    "a\n",
    "a\n\n",
    "\n",
    "\na",
    "a\n b",
    " a\nb",
    "|\n",
    "a\r\nb",
    "a\n---\nb",
    "a\n...\n",
    "a\n\n\nb",
    "x" * 1500,
]
texts = st.sampled_from(TRAPS + LINES) | st.text(max_size=20)
scalars = st.none() | st.booleans() | st.integers() | st.floats() | texts
values = st.recursive(
    scalars, lambda inner: st.lists(inner, max_size=4) | st.dictionaries(texts, inner, max_size=4), max_leaves=12
)


def same(one: Any, other: Any) -> bool:
    """Equal, with the same types and the same order of keys."""
    if isinstance(one, float) and isinstance(other, float):
        return one == other or (math.isnan(one) and math.isnan(other))
    if isinstance(one, dict) and isinstance(other, dict):
        return list(one) == list(other) and all(same(one[key], other[key]) for key in one)
    if isinstance(one, list) and isinstance(other, list):
        return len(one) == len(other) and all(map(same, one, other))
    return type(one) is type(other) and bool(one == other)


@given(values)
def test_yaml_is_read_as_it_was_meant(value: Any) -> None:
    """By our reader, which follows YAML 1.2, and by PyYAML, which follows 1.1."""
    text = to_yaml(value)
    assert same(parse_yaml(text).value, value)
    assert same(yaml.safe_load(text), value)


@given(values)
def test_json_is_read_as_it_was_meant(value: Any) -> None:
    """But for numbers that JSON does not have."""
    raw = to_json(value)
    if "NaN" not in json.dumps(value) and "Infinity" not in json.dumps(value):
        assert same(json.loads(raw), value)
        assert same(parse_json(raw), value)


@pytest.mark.parametrize(
    ("value", "text"),
    [
        ({"200": {"description": "Two\nlines."}}, '"200":\n  description: |-\n    Two\n    lines.\n'),
        ({"a": [{"b": 1, "c": [True]}, [[]], {}]}, "a:\n  - b: 1\n    c:\n      - true\n  - - []\n  - {}\n"),
        ({"$ref": "#/a", "/x/{y}": "it's: no"}, '$ref: "#/a"\n/x/{y}: "it\'s: no"\n'),
        ({"limit": 2**70, "ratio": 1e20}, f"limit: {2**70}\nratio: 1.0e+20\n"),
        ("text", "text\n"),
    ],
)
def test_yaml_is_written_as_people_would(value: Any, text: str) -> None:
    """Keys in their order, no quotes where none are needed, texts of several lines as such."""
    assert to_yaml(value) == text


def test_long_keys() -> None:
    """A key of more than 1024 characters has to be marked as one."""
    value = {"k" * 2000: {"a": 1}, "b": 2}
    assert parse_yaml(to_yaml(value)).value == value
