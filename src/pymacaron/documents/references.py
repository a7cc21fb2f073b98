"""Where references lead: by JSON pointers, by names that schemas give themselves, to other files. And if one leads
nowhere, where it should probably have led."""

from __future__ import annotations

import os
import re
from typing import NamedTuple
from urllib.parse import quote, unquote, urlsplit

from pymacaron._types import json_pointer, unescaped
from pymacaron.names import closest

from .faults import Fault, ReferenceFault
from .findings import readable
from .nodes import Node


class Reference(NamedTuple):
    """A reference as it is written: the place that holds it, and its text."""

    base: Node
    text: str

    def fault(self, fact: str, cure: str | None = None) -> ReferenceFault:
        pointer = (*self.base.pointer, "$ref") if self.base.ref == self.text else self.base.pointer
        fact = f"the reference '{self.text}' {fact}"
        return ReferenceFault(Fault(self.base.file.path, pointer, fact, cure))


# Within a file


def descend(root: Node, fragment: str, reference: Reference) -> Node:
    """What `fragment` names in the resource at `root`: a JSON pointer (RFC 6901 section 6), or a plain name.

    Raises:
        ReferenceFault: nothing.
    """
    if fragment.startswith("/"):
        return _by_pointer(root, fragment, reference)
    return _by_name(root, unquote(fragment), reference) if fragment else root


def resource_of(node: Node) -> Node:
    """The root of what a fragment at `node` is relative to: the file, or the schema around it that has an `$id`."""
    known = node.file.identifiers
    return node.file.root if known is None else node.file.root.at(*known.resource_of(node.pointer))


def uri_of(resource: Node) -> str:
    """The URI that locations within a resource are relative to."""
    known = resource.file.identifiers
    return uri_of_path(resource.file.path) if known is None else known.resources[resource.pointer]


def _by_pointer(root: Node, fragment: str, reference: Reference) -> Node:
    steps = fragment.split("/")[1:]
    node, missing = _as_far(root, steps)
    if missing == len(steps):
        return node
    if root.pointer:
        # Within a schema that has an $id, "#/..." starts at that schema (JSON Schema 2020-12 core section 8.2.1), but
        # published documents mean the file: so do we, where the standard leads nowhere.
        return _by_pointer(root.file.root, fragment, reference)
    where = readable(node.pointer) or "the document"
    cure = _near_step(node, steps, missing, reference) or _elsewhere(root, _decoded(steps[-1]))
    if node.ref is not None:
        cure = f"that is itself a reference: refer to what '{node.ref}' leads to"
    raise reference.fault(f"leads nowhere: {where} has no '{_decoded(steps[missing])}'", cure)


def _as_far(node: Node, steps: list[str]) -> tuple[Node, int]:
    """The last place along `steps` that there is, and how many steps led there."""
    for index, step in enumerate(steps):
        inner = _child(node, step)
        if inner is None:
            return node, index
        node = inner
    return node, len(steps)


def _by_name(root: Node, name: str, reference: Reference) -> Node:
    known = root.file.identifiers
    anchors = (
        {} if known is None else {text: to for (start, text), to in known.anchors.items() if start == root.pointer}
    )
    if name in anchors:
        return root.file.root.at(*anchors[name])
    location = reference.text.partition("#")[0]
    near = closest(name, anchors)
    cure = f"did you mean '{location}#{near}'?" if near else _elsewhere(root, name.rpartition("/")[2])
    raise reference.fault(f"leads nowhere: no schema has the $anchor '{name}'", cure)


def _child(node: Node, step: str) -> Node | None:
    key = _decoded(step)
    if type(node.value) is list:
        return node.get(int(key)) if _INDEX.fullmatch(key) else None
    found = node.get(key)
    # Some write a key that holds a "%" as it is, without encoding it.
    return node.get(unescaped(step)) if found is None else found


_INDEX = re.compile(r"0|[1-9][0-9]{0,15}")  # RFC 6901 section 4, up to what a list may hold


def _decoded(step: str) -> str:
    return unescaped(unquote(step))


def _escaped(key: str) -> str:
    return key.replace("~", "~0").replace("/", "~1")


def _near_step(node: Node, steps: list[str], index: int, reference: Reference) -> str | None:
    near = closest(_decoded(steps[index]), (key for key, _ in node.items()))
    if near is None:
        return None
    location = reference.text.partition("#")[0]
    return f"did you mean '{location}#/{'/'.join([*steps[:index], _escaped(near), *steps[index + 1 :]])}'?"


def _elsewhere(root: Node, name: str) -> str | None:
    """A cure if the document keeps something of this name where it keeps what is referred to."""
    components = root.get("components")
    shelves = [shelf for key in ("definitions", "parameters", "responses", "$defs") if (shelf := root.get(key))]
    for shelf in [*shelves, *(shelf for _, shelf in (components.items() if components else ()))]:
        if shelf.get(name) is not None:
            return f"did you mean '#{json_pointer((*shelf.pointer[len(root.pointer) :], name))}'?"
    return None


# To other files


def is_url(location: str) -> bool:
    """True for what would have to be fetched over the network."""
    return location.lower().startswith(("http://", "https://"))


def uri_of_path(path: str) -> str:
    """The URI of a file: its URL, or the file: URI of its path."""
    return path if is_url(path) else f"file://{quote(path)}"


def beside(path: str, location: str) -> str | None:
    """The path that `location` means in the file at `path`; None if it does not mean a file.

    Raises:
        ValueError: no URI reference at all.
    """
    parts = urlsplit(location)
    if parts.scheme == "file":
        return unquote(parts.path)
    if parts.scheme or parts.netloc:
        return None
    return os.path.join(os.path.dirname(path), unquote(parts.path))


def near_file(path: str) -> str | None:
    """The existing path that `path` is most probably a misspelling of."""
    if os.path.exists(path):
        return path
    folder = near_file(os.path.dirname(path))
    if folder is None or not os.path.isdir(folder):
        return None
    near = closest(os.path.basename(path), sorted(os.listdir(folder)))
    return None if near is None else os.path.join(folder, near)


def absence_cure(path: str) -> str:
    """A cure for a file or folder that somebody has named, and that is not there."""
    near = near_file(path)
    if near is not None:
        return f"did you mean '{near}'?"
    return f"it is looked for in {os.path.dirname(path)}; start in the folder of the service, or give the whole path"


def file_cure(reference: Reference, path: str) -> str | None:
    """A cure for a reference to the file at `path`, which is not there."""
    location, mark, fragment = reference.text.partition("#")
    file = reference.base.file
    near = near_file(path)
    if near is None or os.path.isdir(near):
        return _elsewhere(file.root, location.rpartition("/")[2])
    return f"did you mean '{quote(os.path.relpath(near, os.path.dirname(file.path)))}{mark}{fragment}'?"
