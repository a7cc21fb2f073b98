"""The bytes of a file → the value in them: JSON by a JSON parser, everything else as YAML."""

from __future__ import annotations

import os
import re
import stat
from math import inf

import msgspec

from pymacaron._types import Json

from .faults import DEEPEST, SourceError, too_deep

SUFFIXES = (".yaml", ".yml", ".json")  # of files that hold documents, or parts of them
_BOMS = ((b"\xef\xbb\xbf", "utf-8-sig"), (b"\xff\xfe", "utf-16"), (b"\xfe\xff", "utf-16"))


def read(path: str) -> bytes:
    """The bytes of a regular file; a pipe or a device might never end.

    Raises:
        OSError: it cannot be read.
    """
    mode = os.stat(path).st_mode
    if not stat.S_ISREG(mode):
        raise OSError(0, "is a folder" if stat.S_ISDIR(mode) else "is not a regular file")
    with open(path, "rb") as file:
        return file.read()


def decode(raw: bytes, errors: str = "strict") -> str:
    """The text of a file: UTF-8, or UTF-16 where a byte order mark says so (YAML 1.2.2 section 5.2).

    Raises:
        SourceError: not that encoding; never with `errors="replace"`, which keeps every offset.
    """
    encoding = next((name for mark, name in _BOMS if raw.startswith(mark)), "utf-8")
    try:
        return raw.decode(encoding, errors)
    except UnicodeDecodeError as error:
        offset = len(raw[: error.start].decode(encoding, "replace"))
        name = "UTF-16" if encoding == "utf-16" else "UTF-8"
        raise SourceError(f"byte 0x{raw[error.start]:02x} is not {name}", "save the file as UTF-8", offset) from None


def parse(raw: bytes, *, named_json: bool) -> tuple[Json, bool | None]:
    """The value in a file's bytes, and whether a mapping in it has a key twice (None: not looked for).

    `named_json`: the file's name says that it is JSON, so it is not tried as YAML.

    Raises:
        SourceError: neither JSON nor YAML, or empty, or made to exhaust us.
    """
    if named_json or looks_like_json(raw):
        try:
            return parse_json(raw), None
        except SourceError:
            if named_json:
                raise  # otherwise it may be a flow mapping of YAML
    from .yaml_core import parse_yaml  # imports yaml, for 15 ms that a start with a full cache does without

    return parse_yaml(decode(raw))


def looks_like_json(raw: bytes) -> bool:
    return re.match(rb"(?:\xef\xbb\xbf)?\s*\{", raw) is not None


def parse_json(raw: bytes) -> Json:
    """The value of a JSON text (RFC 8259), with a byte order mark tolerated.

    Raises:
        SourceError: not JSON, or nested too deep.
    """
    raw = decode(raw).encode() if raw[:2] in (b"\xff\xfe", b"\xfe\xff") else raw.removeprefix(b"\xef\xbb\xbf")
    try:
        value = msgspec.json.decode(raw)
    except RecursionError:
        raise _deep_place(decode(raw)) from None
    except (msgspec.DecodeError, ValueError) as error:  # ValueError: not UTF-8, or an integer too long for Python
        raise _translated(error, decode(raw)) from None
    if _height(value) > DEEPEST:
        raise _deep_place(decode(raw))
    return value


def has_duplicates(raw: bytes) -> bool:
    """True if an object of this JSON text has a name twice, which the parser above does not tell."""
    import json  # only looked at when a document is checked anew

    found = False

    def keep(pairs: list[tuple[str, Json]]) -> Json:
        nonlocal found
        value = dict(pairs)
        found = found or len(value) < len(pairs)
        return value

    json.loads(decode(raw), object_pairs_hook=keep)
    return found


def _height(value: Json) -> int:
    height, level = -1, [value]
    while level:
        inner: list[Json] = []
        for node in level:
            if type(node) is dict or type(node) is list:
                inner += node.values() if type(node) is dict else node
        level = inner
        height += 1
    return height


def _deep_place(text: str) -> SourceError:
    depth = 0
    for token in re.finditer(r'"(?:[^"\\]|\\.)*"|[\[\]{}]', text):
        depth += {"[": 1, "{": 1, "]": -1, "}": -1}.get(token[0], 0)
        if depth > DEEPEST:
            return too_deep(token.start())
    return too_deep(0)


# Half of a pair that stands for one character (RFC 8259 section 7); the parser says only "truncated".
_LONE_SURROGATE = re.compile(r"\\u[dD][89abAB][0-9a-fA-F]{2}(?!\\u[dD][c-fC-F])")
_NUMBER = re.compile(r"-?\d+(?:\.\d+)?(?:[eE][+-]?\d+)?")


def _translated(error: Exception, text: str) -> SourceError:
    if not text.strip():
        return SourceError("the file is empty", "write a document, or remove the file")
    if found := re.search(r"(?:JSON is malformed: )?(.*) \(byte (\d+)\)$", str(error)):
        offset = _not_after(text, len(text.encode()[: int(found[2])].decode("utf-8", "replace")))
        return SourceError(f"not JSON: {found[1]}", _cure(text, offset, found[1]), offset)
    if "truncated" not in str(error):
        numbers = _NUMBER.finditer(text)
        offset = next((n.start() for n in numbers if len(n[0]) > 4000 or float(n[0]) in (inf, -inf)), 0)
        return SourceError("a number that is too large", "write it as a string", offset)
    if lone := _LONE_SURROGATE.search(text):
        return SourceError("half of a surrogate pair", "write both halves, or the character itself", lone.start())
    return SourceError("not JSON: the text ends too early", "close every quote, bracket and brace", len(text.rstrip()))


def _not_after(text: str, offset: int) -> int:
    """Where the text goes wrong; the parser may already be past a word that is none of JSON's, or what is too much."""
    import json  # to be exact where the fast parser is not

    try:
        json.loads(text)
    except json.JSONDecodeError as error:
        return min(error.pos, offset) if error.msg in {"Expecting value", "Extra data"} else offset
    except (ValueError, RecursionError):  # an integer too long for Python; nested deeper than it recurses
        return offset
    return offset


def _cure(text: str, offset: int, fact: str) -> str | None:
    if text[offset : offset + 1] in ("/", "#"):
        return "JSON has no comments"
    if text.lstrip()[0] not in '{["':
        return "if this is YAML, let the file's name end in .yaml"
    if "trailing comma" in fact:
        return "remove the last comma"
    return "JSON requires double quotes" if text[offset : offset + 1] == "'" else None
