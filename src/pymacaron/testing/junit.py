"""Results in JUnit's form, of several programs, as one file."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path
from xml.etree import ElementTree as ET

_SUITES, _SUITE = "testsuites", "testsuite"


def together(files: Iterable[Path]) -> bytes:
    """The suites of all files that are there: pytest's, and schemathesis' for each API."""
    root = ET.Element(_SUITES, name="pymacaron test")
    for file in files:
        if file.exists():
            found = ET.parse(file).getroot()  # noqa: S314 - we let it be written
            root.extend([found] if found.tag == _SUITE else found.findall(_SUITE))
    raw: bytes = ET.tostring(root, encoding="utf-8", xml_declaration=True)
    return raw
