"""Publish every document of the corpus bundled and in OpenAPI 3.0, and hold each form against the document as written.

    python conformance/published.py [--only WORD] [--samples N]

A form has to load without a fault, to refer to nothing outside of itself, and to have the same operations. Values made
from the schemas of either side, right ones and wrong ones, are shown to both: what the document allows, a form has to
allow. What a form allows beyond that, 3.0 cannot say, and the form has to list it (`x-weakened`); the bundle allows
nothing beyond. Every operation and every named schema has a page. The exit code is 1 if one of this is not so.
"""

from __future__ import annotations

import argparse
import gc
import json
import logging
import os
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Iterable, Iterator
from html import unescape
from pathlib import Path
from random import Random
from typing import Any, NamedTuple
from urllib.parse import quote

from pymacaron.bundling import version_of
from pymacaron.bundling.homes import local
from pymacaron.dialects import Document
from pymacaron.documents import Fault
from pymacaron.formats import Formats
from pymacaron.loading import building, load_document
from pymacaron.operations import Content, Operation
from pymacaron.pool import LoadedApi
from pymacaron.publishing import Service
from pymacaron.publishing.forms import JSON, Forms, Wanted
from pymacaron.publishing.frame import Place
from pymacaron.publishing.pages import api_page, schema_page
from pymacaron.publishing.reference import operation_page
from pymacaron.samples import NoSample, sample, spoiled
from pymacaron.schemas import REQUEST, RESPONSE, Schema

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT / "corpus"))
from run import CORPUS, manifest  # noqa: E402 - the folder of another tool, not a package

FORMS = {"bundled": Wanted(JSON, bundled=True), "3.0": Wanted(JSON, version="3.0")}
NOT_IN_30 = ("QUERY",)  # methods; additionalOperations are no operations of 3.0 either


class Pair(NamedTuple):
    """A schema of the document, and the one that stands for it in a form."""

    place: str
    ours: Schema
    theirs: Schema
    view: str


class Missing(Exception):
    """Something of the document that is not in a form."""


def loaded(path: Path, faults: list[Fault]) -> LoadedApi | None:
    with building():
        found = load_document("published", str(path), Formats(), faults)
    return None if found is None else LoadedApi(found.document, found.soft_faults, found.soft_texts)


def told(api: LoadedApi, name: str, folder: Path, samples: int, counts: Counter[str]) -> Iterator[str]:
    """What is wrong with a form of a document."""
    original = api.document.root
    service = Service({api.name: api})
    service.served.add(api.name)
    path = folder / "form.json"
    path.write_bytes(Forms(service).of(api, FORMS[name]).raw)
    faults: list[Fault] = []
    form = loaded(path, faults)
    if form is None:
        yield f"has faults: {[(fault.pointer, fault.fact) for fault in faults[:3]]}"
        return
    if form.soft_faults and not api.soft_faults:
        yield f"cannot be served: {[(fault.pointer, fault.fact) for fault in form.soft_faults[:3]]}"
    root = form.document.root.value
    is_single = len(api.document.files.opened) == 1 and original.file.identifiers is None
    if not is_single:  # otherwise, what leads to no file stays as it is
        yield from (f"refers to {reference}" for reference in references_outside(root))
    gone = () if name == "bundled" else NOT_IN_30
    here = [one.title for one in api.document.operations if one.method not in gone]
    if here != [one.title for one in form.document.operations]:
        yield "has other operations"
    if not is_single or version_of(root) != version_of(original.value):
        yield from replayed(api.document, form.document, samples, counts)


def without_pages(api: LoadedApi, counts: Counter[str]) -> Iterator[str]:
    """The operations and schemas of a document for which no page can be made, and pages that lack them."""
    service, place = Service({api.name: api}), Place("../")
    service.served.add(api.name)
    listed = unescape(api_page(service, api.name, place).decode())
    for operation in api.document.operations:
        try:
            page = unescape(operation_page(service, api.name, operation, place).decode())
        except Exception as error:  # noqa: BLE001 - each is told
            yield f"{operation.title} has no page: {error!r}"
            continue
        counts["pages"] += 1
        if quote(operation.title) not in listed or operation.path not in page:
            yield f"{operation.title} is not on its pages"
    for name in api.document.named:
        try:
            schema_page(api, api.name, name, place)
        except Exception as error:  # noqa: BLE001 - each is told
            yield f"schema {name} has no page: {error!r}"


def references_outside(value: Any) -> Iterator[str]:
    """References to other files. What is no part of the description is not looked into."""
    if isinstance(value, list):
        for inner in value:
            yield from references_outside(inner)
    elif isinstance(value, dict):
        reference = value.get("$ref")
        if isinstance(reference, str) and not reference.startswith("#"):
            yield reference
        for key, inner in value.items():
            if not key.startswith("x-") and key not in ("default", "enum", "const", "example", "examples"):
                yield from references_outside(inner)


# Payloads


def replayed(document: Document, form: Document, samples: int, counts: Counter[str]) -> Iterator[str]:
    """What a form refuses and the document does not, or the other way round without a word."""
    listed: list[dict[str, str]] = form.root.value.get("x-weakened") or []
    as_text = {one["pointer"] for one in listed if one["now"] == "text"}
    random, seen = Random(7), set[tuple[object, ...]]()
    others = {(one.method, one.path): one for one in form.operations}
    for operation in document.operations:
        other = others.get((operation.method, operation.path))
        try:
            found = list(pairs(operation, other)) if other is not None else []
        except Missing as error:
            yield f"{operation.title}: {error} is not there"
            continue
        for pair in found:
            key = (pair.ours.node, pair.theirs.node, pair.view)
            pointer = pair.ours.node.pointer
            if key not in seen and as_text.isdisjoint((local(pointer), local((*pointer, "items")))):
                seen.add(key)
                yield from differences(operation.title, pair, random, samples, counts, is_listed=bool(listed))


def differences(
    title: str, pair: Pair, random: Random, samples: int, counts: Counter[str], *, is_listed: bool
) -> Iterator[str]:
    ours, theirs = pair.ours.checker(pair.view), pair.theirs.checker(pair.view)
    for value in values(pair, random, samples):
        counts["payloads"] += 1
        here, there = ours.is_valid(value), theirs.is_valid(value)
        if here == there:
            continue
        if here:
            reasons = [(problem.path, problem.code) for problem in theirs.problems(value)][:3]
            yield f"{title}: {pair.place} is tightened: {json.dumps(value)[:200]} {reasons}"
        elif is_listed:
            counts["weakened, as listed"] += 1
        else:
            reasons = [(problem.path, problem.code) for problem in ours.problems(value)][:3]
            yield f"{title}: {pair.place} is weakened without a word: {json.dumps(value)[:200]} {reasons}"


def values(pair: Pair, random: Random, samples: int) -> Iterator[Any]:
    """Values that one of two schemas allows, and some that it does not."""
    for _ in range(samples):
        for make in (sample, spoiled):
            for schema in (pair.ours, pair.theirs):
                try:
                    yield whole(make(schema, pair.view, random))
                except NoSample:
                    continue


def whole(value: Any) -> Any:
    """With whole numbers as integers: of 1.0, draft 4 thinks otherwise than later ones, and nobody sends it for 1."""
    if isinstance(value, float) and value.is_integer():
        return int(value)
    if isinstance(value, dict):
        return {key: whole(inner) for key, inner in value.items()}
    return [whole(inner) for inner in value] if isinstance(value, list) else value


def pairs(ours: Operation, theirs: Operation) -> Iterator[Pair]:
    """
    Raises:
        Missing: a body or an answer.
    """
    parameters = {(one.location, one.name): one for one in theirs.parameters}
    for one in ours.parameters:
        other = parameters.get((one.location, one.name))
        if other is not None and not one.is_file:
            yield Pair(f"{one.location} {one.name}", one.schema, other.schema, REQUEST)
    yield from of_contents("body", ours.contents, theirs.contents, REQUEST)
    for key, answer in ours.answers.items():
        match = theirs.answers.get(key)
        if match is None:
            raise Missing(f"the answer {key}")
        yield from of_contents(f"answer {key}", answer.contents, match.contents, RESPONSE)
        headers = {header.name: header for header in match.headers}
        for header in answer.headers:
            if header.name in headers:
                yield Pair(f"header {header.name}", header.schema, headers[header.name].schema, RESPONSE)


def of_contents(place: str, ours: Iterable[Content], theirs: Iterable[Content], view: str) -> Iterator[Pair]:
    """
    Raises:
        Missing: a media type.
    """
    others = {content.media_type: content for content in theirs}
    for one in ours:
        other = others.get(one.media_type)
        if other is None:
            raise Missing(f"{place} {one.media_type}")
        is_text = one.media_type.partition(";")[0] != "application/octet-stream"  # bytes have no JSON values to show
        if is_text and one.schema is not None and other.schema is not None:
            yield Pair(f"{place} {one.media_type}", one.schema, other.schema, view)


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--only", default="", metavar="WORD", help="only documents with this in their path")
    parser.add_argument("--samples", type=int, default=1, help="right and wrong values of each schema, from each side")
    options = parser.parse_args()
    logging.disable(logging.CRITICAL)
    os.environ["PYMACARON_CACHE"] = "off"
    began, counts, wrong = time.monotonic(), Counter[str](), 0
    with tempfile.TemporaryDirectory() as name:
        for row in manifest():
            path = CORPUS / row.path
            api = loaded(path, []) if options.only in row.path and path.exists() else None
            if api is None:  # corpus/run.py tells of those that do not load
                continue
            counts["documents"] += 1
            for form in FORMS:
                for fault in told(api, form, Path(name), options.samples, counts):
                    wrong += 1
                    print(f"{row.path}, {form}: {fault}", flush=True)
            for fault in without_pages(api, counts):
                wrong += 1
                print(f"{row.path}, pages: {fault}", flush=True)
            del api
            gc.collect()
    said = ", ".join(f"{count} {what}" for what, count in counts.items())
    print(f"\n{said}; {wrong} wrong; {time.monotonic() - began:.0f} s")
    return 1 if wrong or not counts["documents"] else 0


if __name__ == "__main__":
    sys.exit(main())
