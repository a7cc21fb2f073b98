"""One parameter as one text: path segments (simple, label, matrix) and header values (simple)."""

from __future__ import annotations

from collections.abc import Callable

from pymacaron._types import Json

from .delimited import DELIMITERS, delimited, repeated
from .json_texts import json_pair
from .texts import SCALARS, Escape, TextFault, TextType, is_scalar, may_be_scalar, raw_reader

ReadText = Callable[[str], Json]
WriteText = Callable[[Json], str]
TextPair = tuple[ReadText, WriteText]


def segment(name: str, style: str, explode: bool, type_: TextType, escape: Escape) -> TextPair:
    """The pair for a path segment in one of RFC 6570's styles (sections 3.2.2, 3.2.5 and 3.2.7), or in JSON."""
    if style == "label":
        read, write = _label(explode, type_, escape)
    elif style == "matrix":
        read, write = (_exploded_matrix if explode else _matrix)(name, type_, escape)
    elif style == "json":
        read, write = json_pair(escape)
    else:
        read, write = value_text(DELIMITERS[style], explode, type_, escape)

    def write_segment(value: Json) -> str:
        text = write(value)
        if text in {"", ".", ".."}:
            raise TextFault("segment", 'a path segment other than "", "." and "..", which lead to another path')
        return text

    return read, write_segment


def value_text(delimiter: str, explode: bool, type_: TextType, escape: Escape) -> TextPair:
    """The pair for a text that is the value and nothing else (style simple)."""
    read, write = delimited(type_, delimiter, explode, escape)
    if is_scalar(type_):
        return raw_reader(type_.kinds, escape), write  # what most parameters are, without detours
    return (lambda text: read([text])), write


def _label(explode: bool, type_: TextType, escape: Escape) -> TextPair:
    read, write = delimited(type_, "." if explode else ",", explode, escape)

    def read_label(text: str) -> Json:
        if text[:1] != ".":
            raise TextFault("style", 'text that starts with "." (style label)')
        return read([text[1:]])

    return read_label, lambda value: "." + write(value)


def _matrix(name: str, type_: TextType, escape: Escape) -> TextPair:
    start, written = f";{name}", f";{escape.encode(name)}"
    read, write = delimited(type_, ",", explode=False, escape=escape)

    def read_matrix(text: str) -> Json:
        if text != start and not text.startswith(start + "="):
            raise TextFault("style", f'text that starts with ";{name}=" (style matrix)')
        return read([text[len(start) + 1 :]])

    def write_matrix(value: Json) -> str:
        text = write(value)
        return f"{written}={text}" if text else written

    return read_matrix, write_matrix


def _exploded_matrix(name: str, type_: TextType, escape: Escape) -> TextPair:
    """Arrays repeat the parameter's name, objects bring their own names; ";name" alone is the empty one."""
    start, written, kinds = f";{name}", f";{escape.encode(name)}", type_.kinds
    has_scalars = may_be_scalar(type_)
    read_scalar, write_scalar = _matrix(name, TextType(kinds & SCALARS), escape)
    read_items, write_items = repeated(type_, escape)
    read_object, write_object = delimited(type_, ";", explode=True, escape=escape)

    def read_matrix(text: str) -> Json:
        if text == start and not has_scalars:
            return [] if "array" in kinds else {}
        is_named = text == start or text.startswith(start + "=")
        if "array" in kinds and is_named:
            return read_items(_values(name, text))
        if "object" in kinds and text[:1] == ";" and not (is_named and has_scalars):
            return read_object([text[1:]])
        return read_scalar(text)

    def write_matrix(value: Json) -> str:
        if not isinstance(value, dict | list | tuple):
            return write_scalar(value)
        if not value:
            return written
        if isinstance(value, dict):
            return ";" + write_object(value)
        texts = write_items(value)
        if escape.early and any("%3B" in text for text in texts):
            raise TextFault("delimiter", "items without the delimiter of their style")
        return "".join(f"{written}={text}" for text in texts)

    return read_matrix, write_matrix


def _values(name: str, text: str) -> list[str]:
    """The texts of ";name=a;name=b"."""
    pairs = [part.partition("=") for part in text[1:].split(";")]
    if any(found != name for found, _, _ in pairs):
        raise TextFault("style", f'text like ";{name}=...;{name}=..." (style matrix)')
    return [value for _, _, value in pairs]
