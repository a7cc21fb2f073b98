"""What a test can touch of an operation: the operation itself, its statuses, media types, parameters, error codes."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Container, Iterable, Iterator
from typing import NamedTuple
from urllib.parse import parse_qs

from pymacaron.bodies import parse_media_type
from pymacaron.documents import Node
from pymacaron.inputs import Inputs
from pymacaron.negotiation import content_for
from pymacaron.operations import COOKIE, FORM, HEADER, PATH, QUERY, Operation, Parameter
from pymacaron.operations import Answer as Declared
from pymacaron.parameters import parse_cookies, parse_query

from .codes import ListedCode, code_of, listed_codes
from .exchanges import Answer, Asked

OPERATION, STATUS, TYPE, PARAMETER, CODE = KINDS = ("operation", "status", "type", "parameter", "code")
_FIELD = re.compile(rb'(?i)content-disposition:[^\r\n]*[; ]name="([^"\r\n]*)"')


ANY = "any operation"


class Item(NamedTuple):
    """One of them.

    Attributes:
        operation: "GET /v1/orders/{order_id}", or ANY.
        kind: one of KINDS.
        name: of a status "200", "4XX" or "default"; of a type "body application/json" or "200 application/json"; of a
            parameter "query limit"; of a code "404 NOT_FOUND", with the status that declares it, and without one where
            operations share what lists it, which counts once; else "".
    """

    api: str
    operation: str
    kind: str
    name: str

    def __str__(self) -> str:
        return f"{self.kind} {self.name}" if self.name else self.kind


def items_of(operation: Operation, shared: Container[Node] = ()) -> list[Item]:
    """All that the document declares; `shared` are the places that list codes for several operations."""

    def item(kind: str, name: str = "") -> Item:
        return Item(operation.api, operation.title, kind, name)

    found = [item(OPERATION)]
    found += [item(PARAMETER, _name(one)) for one in operation.parameters]
    if not operation.has_form_fields:
        found += [item(TYPE, f"body {content.media_type}") for content in operation.contents]
    for key, answer in operation.answers.items():
        found.append(item(STATUS, key))
        found += [item(TYPE, f"{key} {content.media_type}") for content in answer.contents]
    found += [_code_item(operation, code, shared) for code in listed_codes(operation)]
    return list(dict.fromkeys(found))


def _code_item(operation: Operation, code: ListedCode, shared: Container[Node]) -> Item:
    if code.place in shared:
        return Item(operation.api, ANY, CODE, code.name)
    return Item(operation.api, operation.title, CODE, f"{code.key} {code.name}")


def shared_places(operations: Iterable[Operation]) -> set[Node]:
    """The places that list codes for several operations."""
    counts = Counter(place for one in operations for place in {code.place for code in listed_codes(one)})
    return {place for place, count in counts.items() if count > 1}


def _name(parameter: Parameter) -> str:
    return f"{parameter.location} {parameter.name}"


# What is touched


class Touching:
    """Says what exchanges touch of an operation; `shared` as for items_of."""

    def __init__(self, operation: Operation, shared: Container[Node] = ()) -> None:
        self.operation = operation
        self.items = items_of(operation, shared)
        self._declared = frozenset(self.items)
        self._inputs = Inputs(operation)

    def touched(self, asked: Asked, answer: Answer, declared_as: Declared | None) -> tuple[list[Item], list[Item]]:
        """What is declared; and codes of errors that are not. Whatever else is not declared fails the test.

        Args:
            declared_as: what the document has for the answer; None: it is one of those that need not be declared.
        """
        found = [
            Item(self.operation.api, self.operation.title, *one) for one in self._found(asked, answer, declared_as)
        ]
        code = next((one for one in found if one.kind == CODE), None)
        if code is not None:  # the name of an item that is shared has no status
            found.append(Item(code.api, ANY, CODE, code.name.partition(" ")[2]))
        declared = [one for one in found if one in self._declared]
        if code is None or {code, found[-1]} & self._declared:
            return declared, []
        return declared, [code._replace(name=f"{answer.status} {found[-1].name}")]

    def _found(self, asked: Asked, answer: Answer, declared: Declared | None) -> Iterator[tuple[str, str]]:
        yield OPERATION, ""
        yield from ((PARAMETER, _name(one)) for one in self._parameters(asked))
        media = asked.headers.get("content-type")
        if media and asked.body and not self.operation.has_form_fields:
            name = parse_media_type(media)
            content = content_for(self.operation.contents, name)
            yield TYPE, f"body {name.name if content is None else content.media_type}"
        key = str(answer.status) if declared is None else declared.key
        yield STATUS, key
        if answer.media_type and answer.body:
            sent = parse_media_type(answer.headers["content-type"])
            content = None if declared is None else content_for(declared.contents, sent)
            yield TYPE, f"{key} {sent.name if content is None else content.media_type}"
        code = code_of(answer) if answer.status >= 400 else None
        if code is not None:
            yield CODE, f"{key} {code}"

    def _parameters(self, asked: Asked) -> Iterator[Parameter]:
        query = parse_query(asked.query)
        cookies = parse_cookies(asked.headers.get("cookie", ""))
        fields = _fields(asked) if self.operation.has_form_fields else ()
        sources: dict[str, Iterable[str]] = {QUERY: query, COOKIE: cookies, FORM: fields}
        for one in self.operation.parameters:
            if one.location == PATH or (one.location == HEADER and one.name.lower() in asked.headers):
                yield one
            elif one.location in sources:
                codec = self._inputs.codecs.get(one.argument)
                claims = one.name.__eq__ if codec is None else codec.claims
                if any(claims(key) for key in sources[one.location]):
                    yield one
            elif one.location not in {PATH, HEADER} and asked.query:  # the whole of it is one (OpenAPI 3.2)
                yield one


def _fields(asked: Asked) -> list[str]:
    """The names of the fields of a form."""
    if asked.headers.get("content-type", "").startswith("multipart/"):
        return [name.decode("utf-8", "replace") for name in _FIELD.findall(asked.body)]
    return list(parse_qs(asked.body.decode("utf-8", "replace"), keep_blank_values=True))
