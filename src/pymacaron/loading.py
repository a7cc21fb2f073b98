"""From a file to a `Document`: read, checked, and understood. What the check found is remembered between starts."""

from __future__ import annotations

import gc
import logging
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from typing import NamedTuple

from ._types import Json
from .config import get_config
from .dialects import Document, read_document
from .documents import DocumentFault, Fault, Files, Node, find_documents, findings
from .exceptions import DocumentError
from .formats import Formats
from .names import suggest
from .schemas import metaschema

log = logging.getLogger(__name__)

_SHOWN = 20  # warnings of one document; a large one from elsewhere may have thousands


class Checked(NamedTuple):
    """What the check of a document found.

    `faults` make it unusable; `soft` ones do so where it is served, but not where it is only called: then their texts
    are warnings like `warnings`, which are ready to be read.
    """

    faults: list[Fault]
    soft: list[Fault]
    soft_texts: list[str]
    warnings: list[str]


class Loaded(NamedTuple):
    """A document that is understood. `soft_faults` are in the way of serving it, with their texts; `warnings` are texts
    that nobody has been told yet."""

    document: Document
    soft_faults: list[Fault]
    soft_texts: list[str]
    warnings: list[str]


def documents_below(folder: str, ignore: Iterable[str] = ()) -> dict[str, str]:
    """The paths of the documents below a folder, by API name; see find_documents.

    Raises:
        DocumentError: there is no such folder, or two documents have one name.
    """
    try:
        return find_documents(folder, ignore)
    except DocumentFault as error:
        raise DocumentError(findings([error.fault])) from None


def load_document(name: str, path: str, formats: Formats, faults: list[Fault]) -> Loaded | None:
    """Load one API. What makes that impossible is added to `faults`; warnings are logged."""
    found = understood(name, path, formats, faults)
    if found is not None:
        warn(path, found.warnings)
    return found


def understood(
    name: str, path: str, formats: Formats, faults: list[Fault], *, from_anywhere: bool = False
) -> Loaded | None:
    """One API, with warnings that nobody has been told. What makes that impossible is added to `faults`.

    Args:
        path: of the file; with `from_anywhere` it may be a URL, and what it refers to is fetched.
    """
    config = get_config()
    files = Files(remote=_fetch if from_anywhere or config.remote_refs else None, known=metaschema)
    try:
        root = files.open(path).root
        checked = _check(files, root, formats)
        if checked.faults:
            faults += checked.faults + checked.soft  # all at once: most documents are there to be served
            return None
        document = read_document(files, root, name, formats, ignore_base_path=config.base_path == "ignore")
    except DocumentFault as error:
        faults.append(error.fault)
        return None
    return Loaded(document, checked.soft, checked.soft_texts, checked.warnings)


def warn(path: str, warnings: list[str]) -> None:
    """Log what is to be said of the document at `path`; of very much, the first part."""
    for warning in warnings[:_SHOWN]:
        log.warning("%s", warning)
    if len(warnings) > _SHOWN:
        log.warning("%s: %d more warnings", path, len(warnings) - _SHOWN)


def warn_of_unknown_clients(loaded: Iterable[str], *, near: bool = False) -> None:
    """Log which settings under `clients` are for no API that is loaded.

    Args:
        near: only those that are nearly called as one that is loaded and has no settings: others may be loaded later.
    """
    config = get_config()
    known = [name for name in loaded if not near or name not in config.clients]
    texts = []
    for name in set(config.clients).difference(loaded):
        cure = suggest(name, known) or (None if near else f"loaded are: {', '.join(known) or 'none'}")
        if cure is not None:
            texts.append(
                f"{config.config_file or 'get_config()'}: clients.{name}: no API of that name is loaded; {cure}"
            )
    warn("the configuration", sorted(texts))


def _fetch(url: str) -> bytes:
    """What a remote reference names, fetched because the configuration allows it (`remote_refs: true`)."""
    from urllib.request import urlopen  # 20 ms to import, and rarely allowed

    with urlopen(url, timeout=20) as answer:  # noqa: S310 - only http and https get here
        return answer.read()  # type: ignore[no-any-return]  # urlopen says Any


def _check(files: Files, root: Node, formats: Formats) -> Checked:
    """The check of a document, remembered for as long as none of its files changes."""
    key = f"check 2 {root.file.path} {root.file.digest} {sorted(formats.custom)}"
    known = files.cache.get(key)
    if isinstance(known, dict) and _is_unchanged(files, known):
        return Checked([], [_thawed(row) for row in known["soft"]], known["soft_texts"], known["warnings"])
    from .grammar import check  # 15 ms to import, for documents that were not checked before

    verdict = check(root, formats)
    if verdict.faults:
        return Checked(verdict.faults, verdict.soft, [], [])
    warned = [*verdict.warnings, *files.warnings()]
    checked = Checked([], verdict.soft, _texts(verdict.soft), _texts(warned))
    files.cache.put(key, {
        "files": list(files.opened), "digest": files.digest(), "warnings": checked.warnings,
        "soft": [list(fault) for fault in checked.soft], "soft_texts": checked.soft_texts,
    })  # fmt: skip
    return checked


def _texts(faults: list[Fault]) -> list[str]:
    return [str(finding) for finding in findings(faults)]


def _is_unchanged(files: Files, known: dict[str, Json]) -> bool:
    try:
        for path in known["files"]:
            files.open(path)
    except DocumentFault:
        return False
    digest: str = known["digest"]
    return files.digest() == digest


def _thawed(row: list[Json]) -> Fault:
    return Fault(row[0], tuple(row[1]), *row[2:])


@contextmanager
def building() -> Iterator[None]:
    """Without the garbage collector, which finds nothing while only things that stay are made, and takes a seventh of
    the time."""
    was_on = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if was_on:
            gc.enable()
