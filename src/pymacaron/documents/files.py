"""The files that one load reaches: read, parsed, and connected by their references."""

from __future__ import annotations

import os
from collections.abc import Callable
from hashlib import sha256
from urllib.parse import urljoin

from pymacaron._types import Json
from pymacaron._version import __version__

from .cache import Cache
from .faults import Fault, FileFault, ReferenceFault, SourceError
from .findings import Lines, duplicate_keys
from .identifiers import identifiers, may_identify
from .nodes import File, Node
from .references import Reference, absence_cure, beside, descend, file_cure, is_url, resource_of, uri_of, uri_of_path
from .sources import decode, has_duplicates, looks_like_json, parse, read


class Files:
    """All files that one load reaches, each parsed once.

    `cache` keeps parsed YAML between starts. `remote` fetches what http(s) references name; without it they are
    faults, unless a file that is already open identifies itself by that URI, or `known` has what is at that URL.
    """

    def __init__(
        self,
        cache: Cache | None = None,
        remote: Callable[[str], bytes] | None = None,
        known: Callable[[str], bytes | None] | None = None,
    ) -> None:
        self.cache = Cache.of_user() if cache is None else cache
        self.remote = remote
        self.known = known
        self.opened: dict[str, File] = {}  # by real path or URL
        self._asked: dict[str, File | Fault] = {}  # by path as asked for
        self._identified: dict[str, Node] = {}  # by absolute URI

    def open(self, path: str | os.PathLike[str]) -> File:
        """The file, parsed.

        Raises:
            FileFault: it cannot be read, or holds neither YAML nor JSON.
        """
        path = os.fspath(path)
        path = path if is_url(path) else os.path.abspath(path)
        found = self._asked.get(path)
        if found is None:
            found = self._asked[path] = self._open(path)
        if isinstance(found, Fault):
            raise FileFault(found)
        return found

    def digest(self) -> str:
        """A hash over our version and every file read so far: its content, and where it is relative to the first."""
        folder = next((os.path.dirname(path) for path in self.opened), "")
        contents = sorted((_relative(path, folder), file.digest) for path, file in self.opened.items())
        return sha256(repr((__version__, contents)).encode()).hexdigest()

    def warnings(self) -> list[Fault]:
        """Keys written twice, in every file read so far; the later one counts."""
        return [fault for file in self.opened.values() for fault in _duplicates(file)]

    def _open(self, path: str) -> File | Fault:
        if "\0" in path:
            return Fault(path, (), "is not a path")
        real = path if is_url(path) else os.path.realpath(path)
        if real in self.opened:
            return self.opened[real]
        try:
            raw = self._fetch(path) if is_url(path) else _read(path)
            file = self.opened[real] = self._parsed(path, raw)
        except FileFault as error:
            return error.fault
        return file

    def _fetch(self, url: str) -> bytes:
        known = self.known(url) if self.known is not None else None
        if known is not None:
            return known
        if self.remote is None:
            raise FileFault(Fault(url, (), "is remote, and remote references are not fetched", _REMOTE))
        try:
            return self.remote(url)
        except Exception as error:  # the function is the user's, and so are its exceptions
            raise FileFault(Fault(url, (), f"cannot be fetched: {error}")) from error

    def _parsed(self, path: str, raw: bytes) -> File:
        digest = sha256(raw).hexdigest()
        value, duplicated = self._value(path, raw, f"yaml {digest}")
        file = File(path, digest, value, self)
        file.duplicated = duplicated
        file.write_only, file.persists = _may_say(raw, b"writeOnly"), _may_say(raw, b"x-persist")
        if may_identify(raw, value):
            file.identifiers = identifiers(value, uri_of_path(path))
            for pointer, uri in file.identifiers.resources.items():
                self._identified.setdefault(uri, file.root.at(*pointer))
        return file

    def _value(self, path: str, raw: bytes, key: str) -> tuple[Json, bool | None]:
        named_json = path.endswith(".json")
        quick = named_json or looks_like_json(raw)
        kept = None if quick else self.cache.get(key)
        if kept is not None:
            return kept[0], kept[1]
        try:
            value, duplicated = parse(raw, named_json=named_json)
        except SourceError as error:
            line, column = Lines(decode(raw, "replace")).at(error.offset)
            raise FileFault(Fault(path, (), error.fact, error.cure, line=line, column=column)) from None
        if not quick:
            self.cache.put(key, [value, duplicated])
        return value, duplicated

    def resolve(self, base: Node, ref: str) -> Node:
        """The place that the reference `ref`, standing at `base`, names (RFC 3986, RFC 6901).

        Raises:
            ReferenceFault: there is no such place, or it is in a file that cannot be read.
        """
        file = base.file
        if file.identifiers is not None:
            return self._resolve(base, ref)
        target = file.targets.get(ref)
        if target is None:
            target = file.targets[ref] = self._resolve(base, ref)
        return target

    def _resolve(self, base: Node, ref: str) -> Node:
        location, _, fragment = ref.partition("#")
        reference = Reference(base, ref)
        root = self._locate(reference, location) if location else resource_of(base)
        return descend(root, fragment, reference)

    def _locate(self, reference: Reference, location: str) -> Node:
        """The resource that a location names: one that identifies itself so, else the file that lies there."""
        base = reference.base
        try:
            uri = urljoin(uri_of(resource_of(base)), location)
            path = uri if is_url(base.file.path) else location if is_url(location) else beside(base.file.path, location)
        except ValueError as error:
            raise reference.fault(f"is not a URI: {error}") from None
        if uri in self._identified:
            return self._identified[uri]
        if path is None:
            raise reference.fault("leads nowhere: no schema has this $id", "add this $id to the schema that is meant")
        if self.remote is not None and is_url(uri) and not is_url(path) and not os.path.exists(path):
            path = uri  # it is not beside the file, so it must be where the file says that it comes from
        file = self._reach(reference, path)
        return self._identified.get(uri, file.root)

    def _reach(self, reference: Reference, path: str) -> File:
        try:
            return self.open(path)
        except FileFault as error:
            fault = error.fault
            if fault.line is not None:  # it was read: the fault is there, and not in the reference
                raise ReferenceFault(fault) from None
            cure = fault.cure if is_url(path) else file_cure(reference, path)
            raise reference.fault(f"leads nowhere: {fault.file} {fault.fact}", cure) from None


_REMOTE = "keep a copy beside the document and refer to that, or set remote_refs: true in pym-config.yaml"


def _may_say(raw: bytes, word: bytes) -> bool:
    """May a key be this word? It could be written with escapes, or with two bytes for a character."""
    return word in raw or b"\\u" in raw or b"\\x" in raw or b"\0" in raw


def _read(path: str) -> bytes:
    """As `sources.read`, with a FileFault for whatever goes wrong."""
    try:
        return read(path)
    except (FileNotFoundError, NotADirectoryError):
        raise FileFault(Fault(path, (), "does not exist", absence_cure(path))) from None
    except PermissionError:
        raise FileFault(Fault(path, (), "may not be read", "give this user the permission to read it")) from None
    except OSError as error:
        fact = error.strerror or "cannot be read"
        raise FileFault(Fault(path, (), fact, "name a file that can be read")) from None


def _duplicates(file: File) -> list[Fault]:
    if file.duplicated is False or is_url(file.path):
        return []
    try:
        raw = _read(file.path)
        if file.duplicated is None:  # it is JSON, where this is found out a hundred times faster than places are
            file.duplicated = has_duplicates(raw)
        return duplicate_keys(file.path, raw) if file.duplicated else []
    except (FileFault, SourceError, ValueError):  # changed since it was loaded
        return []


def _relative(path: str, folder: str) -> str:
    return path if is_url(path) else os.path.relpath(path, folder)
