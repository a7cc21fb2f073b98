"""Rewrite every document of Swagger 2.0 and OpenAPI 3.0 of the corpus as 3.1, and compare the two.

    python conformance/upgraded.py [--only WORD] [--jobs N] [--patience SECONDS] [--verbose]

The result has to load, and to have the same operations; what it says otherwise, `pymacaron upgrade` has to tell. A
document of several files is brought into one. What is refused, with the reason, may not be one that must load.
Documents that do not load are left out: corpus/run.py tells of them. YAML of more than 2 MB is given as JSON, for want
of time: keeping comments takes a minute for each 2 MB. The exit code is 1 if anything of this is not so.
"""

from __future__ import annotations

import argparse
import json
import logging
import os
import sys
import tempfile
from collections import Counter
from pathlib import Path

from apart import CORPUS, Found, Row, apart, rows, table

from pymacaron.comparison import Change, compare
from pymacaron.comparison.sources import documents_at
from pymacaron.config import get_config
from pymacaron.dialects import Document
from pymacaron.exceptions import DocumentError
from pymacaron.upgrade import Upgraded, upgrade

_COLUMNS = ("loaded", "operations", "bundled", "refused", "told")
_LARGE = 2_000_000  # bytes
# What there is no way to say in 3.1, by a word of what is told of it.
_UNSPEAKABLE = {
    "parameter-style-changed": "collectionFormat", "parameter-removed": "header parameter",
    "response-header-removed": "response header",
}  # fmt: skip


def judge(row: Row) -> Found:
    path, counts = CORPUS / row.path, Counter[str]()
    with tempfile.TemporaryDirectory() as folder:
        try:
            with documents_at(str(path)) as found:
                old = found[""]
        except DocumentError:
            return counts, [], []
        counts["loaded"], counts["operations"] = 1, len(old.operations)
        counts["bundled"] = len(old.files.opened) > 1
        given, new = _given(path, old, Path(folder)), Path(folder) / f"upgraded{path.suffix}"
        try:
            made = upgrade(given, bundled=bool(counts["bundled"]))
            new.write_text(made.text, "utf-8")
            with documents_at(str(new)) as found:
                counts["told"] = len(made.told)
                return counts, [], _differences(old, found[""], made)
        except DocumentError as error:
            counts["refused"] = 1
            return counts, [], [str(error)] if row.expect == "must" else []


def _given(path: Path, document: Document, folder: Path) -> str:
    if path.suffix == ".json" or path.stat().st_size < _LARGE or len(document.files.opened) > 1:
        return str(path)
    given = folder / "given.json"
    given.write_text(json.dumps(document.root.value))
    return str(given)


def _differences(old: Document, new: Document, made: Upgraded) -> list[str]:
    titles = [[one.title for one in document.operations] for document in (old, new)]
    if titles[0] != titles[1]:
        return ["has other operations"]
    if new.dialect.name != "OpenAPI 3.1":
        return [f"is {new.dialect.name}"]
    changes = [one for one in compare(old, new) if one.kind.breaks and not _is_told(one, made)]
    return [f"{one.kind.name}: {one.fact} ({', '.join(one.operations[:2])}) {one.place}" for one in changes]


def _is_told(change: Change, made: Upgraded) -> bool:
    word = _UNSPEAKABLE.get(change.kind.name)
    return word is not None and any(word in line for line in made.told)


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--only", default="", metavar="WORD", help="only documents with this in their path")
    parser.add_argument("--jobs", type=int, default=2, help="documents at a time")
    parser.add_argument("--patience", type=int, default=300, help="seconds for one document")
    parser.add_argument("--verbose", action="store_true", help="show everything")
    options = parser.parse_args()
    logging.disable()
    os.environ["PYMACARON_CACHE"] = "off"
    get_config()
    wanted = rows(options.only, ["must", "should", "may"], ("2.0", "3.0"))
    found = apart(wanted, judge, jobs=options.jobs, patience=options.patience)
    return table(found, _COLUMNS, verbose=options.verbose)


if __name__ == "__main__":
    sys.exit(main())
