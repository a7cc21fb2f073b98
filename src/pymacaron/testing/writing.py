"""Contract coverage in files: a page for people, JSON for machines."""

from __future__ import annotations

import json

from pymacaron.exceptions import StartError
from pymacaron.replacing import replace_file

from .ledger import Coverage
from .page import page_of

_FORMS = (".html", ".json")


def check_form(path: str) -> None:
    """
    Raises:
        StartError: nothing is written in such a form.
    """
    if not path.lower().endswith(_FORMS):
        raise StartError(f"{path}: the name says the form: end it in .html, a page for people, or .json, for machines")


def write(coverage: Coverage, path: str) -> None:
    """Write a page, or JSON, as the name says.

    Raises:
        StartError: it cannot be written.
    """
    check_form(path)
    is_page = path.lower().endswith(".html")
    raw = page_of(coverage) if is_page else json.dumps(coverage.to_json(), indent=2).encode()
    write_file(path, raw)


def write_file(path: str, raw: bytes) -> None:
    """
    Raises:
        StartError: it cannot be written.
    """
    try:
        replace_file(path, raw)
    except OSError as error:
        raise StartError(f"{path} cannot be written: {error.strerror}; name another file") from None
