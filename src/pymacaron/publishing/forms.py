"""The forms in which a document is published: as written, in the other notation, in one file, in OpenAPI 3.0."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable
from hashlib import sha256
from threading import Lock
from typing import NamedTuple

from pymacaron._types import Json
from pymacaron.bundling import bundle, version_of
from pymacaron.dialects import DIALECTS, Document
from pymacaron.documents import File
from pymacaron.documents.sources import read
from pymacaron.documents.writing import to_json, to_yaml
from pymacaron.exceptions import BadRequestError, NotFoundError
from pymacaron.pool import LoadedApi

from .adding import with_additions
from .service import Service

YAML, JSON = "yaml", "json"
_MEDIA = {YAML: "application/yaml", JSON: "application/json"}  # RFC 9512, RFC 8259
_KEPT = 64 << 20  # bytes of what was made, that are kept; the largest documents known have 13 MB


class Content(NamedTuple):
    """What is sent: the bytes, their media type, and a tag that changes with them."""

    raw: bytes
    media_type: str
    tag: str


class Wanted(NamedTuple):
    """A form: the notation, YAML or JSON; is it one file; and the version of OpenAPI, None for that of the document."""

    notation: str
    bundled: bool = False
    version: str | None = None


class Forms:
    """All forms of all documents; what was asked for last is kept."""

    def __init__(self, service: Service) -> None:
        self._service = service
        self._kept: OrderedDict[tuple[object, ...], Content] = OrderedDict()
        self._lock = Lock()  # around what is quick; two threads may make the same thing

    def of(self, api: LoadedApi, wanted: Wanted) -> Content:
        """A document in the form that is wanted.

        Raises:
            NotFoundError: the document cannot be had in that version.
        """
        return self.kept((api, api.name in self._service.served, wanted), lambda: self._made(api, wanted))

    def kept(self, key: tuple[object, ...], make: Callable[[], Content]) -> Content:
        """What is kept under a key, made if nothing is."""
        with self._lock:
            found = self._kept.get(key)
            if found is not None:
                self._kept.move_to_end(key)
                return found
        made = make()
        with self._lock:
            self._kept[key] = made
            while sum(len(one.raw) for one in self._kept.values()) > _KEPT and len(self._kept) > 1:
                self._kept.popitem(last=False)
        return made

    def _made(self, api: LoadedApi, wanted: Wanted) -> Content:
        document = api.document
        if wanted.version is None and not wanted.bundled:
            return as_written(document.root.file, wanted.notation)
        value = bundle(document)
        if api.name in self._service.served:
            value = with_additions(value, document, self._service.resources, self._service.errors)
        if wanted.version is not None:
            value = _in_version(value, document, wanted.version)
        return _written(value, wanted.notation)


def _in_version(value: Json, document: Document, version: str) -> Json:
    own = version_of(document.root.value)
    if version == own:
        return value
    if version != "3.0":  # upwards, much would look stricter than it is meant
        cure = f"leave ?version= out for {own}, or ask for ?version=3.0"
        raise NotFoundError(f"This document is OpenAPI {own}, and cannot be converted to {version}; {cure}")
    from pymacaron.downgrade import as_openapi_30  # 20 ms to import, for those who ask for it

    return as_openapi_30(value)


def version_named(text: str) -> str:
    """The version of OpenAPI that somebody asks for, as far as it matters for structure: "3.1" for "3.1.0", too.

    Raises:
        BadRequestError: it is none.
    """
    version = ".".join(text.split(".")[:2])
    if version not in DIALECTS:
        raise BadRequestError(
            f"?version= is a version of OpenAPI: {', '.join(DIALECTS)}; every document can be had in 3.0"
        )
    return version


def as_written(file: File, notation: str) -> Content:
    """A file, byte for byte if that is its notation. If it was changed since it was loaded: what was loaded."""
    if notation == notation_of(file.path):
        raw = _unchanged(file)
        if raw is not None:
            return content_of(raw, _MEDIA[notation])
    return _written(file.value, notation)


def notation_of(path: str) -> str:
    return JSON if path.endswith(".json") else YAML


def _unchanged(file: File) -> bytes | None:
    try:
        raw = read(file.path)
    except (OSError, ValueError):  # ValueError: it was fetched from a URL, and is no path
        return None
    return raw if sha256(raw).hexdigest() == file.digest else None


def _written(value: Json, notation: str) -> Content:
    return content_of(to_json(value) if notation == JSON else to_yaml(value).encode(), _MEDIA[notation])


def content_of(raw: bytes, media_type: str) -> Content:
    return Content(raw, media_type, sha256(raw).hexdigest()[:32])
