"""The function of an operation in a mock: examples, else what schemas allow, and what callers have created."""

from __future__ import annotations

import json
import time
import zlib
from collections.abc import Mapping
from random import Random
from typing import Any

from flask import Response, request

from pymacaron._types import Json, JsonObject
from pymacaron.bodies import JSON, TEXT
from pymacaron.exceptions import BadRequestError, NotFoundError, PyMacaronException, error_of_status
from pymacaron.inputs import plain
from pymacaron.negotiation import preference
from pymacaron.operations import PATH, Answer, Content, Operation
from pymacaron.samples import NoSample, spoiled
from pymacaron.samples.contents import Contents, representation_of
from pymacaron.samples.results import headers_of, status_of
from pymacaron.schemas import RESPONSE

from .examples import example_of, with_examples
from .shelves import Place, Shelf, Shelves, key_property
from .wishes import WISHED, Wishes, read_wishes

_TRIES = 20
_MOST_DIGITS = 16
_FINAL = 200  # statuses below it come ahead of an answer (RFC 9110 section 15.2)
_EMPTY = frozenset((204, 205, 304))  # RFC 9110 section 15


class ImpossibleAnswer(PyMacaronException):
    """The document demands an answer that cannot be."""

    status = 501
    code = "NO_ANSWER_POSSIBLE"


class Mock:
    """Answers one operation.

    Args:
        place: where it stands among collections, None if nowhere.
        usual: what is answered where the caller does not say.
        seed: of everything that is made up.
    """

    def __init__(
        self, operation: Operation, place: Place | None, shelves: Shelves, *, usual: Wishes, seed: int
    ) -> None:
        self.operation, self._place, self._shelves, self._usual = operation, place, shelves, usual
        self._seed = zlib.crc32(operation.title.encode()) ^ seed
        self._fresh = self._same()
        self._key = place.key if place is not None else "id"
        named = (one.argument for one in operation.parameters if one.location == PATH and one.name == self._key)
        self._argument = next(named, self._key)

    def _same(self) -> Random:
        """The random numbers that the operation always starts with."""
        return Random(self._seed)  # noqa: S311 - nothing secret is made of them

    def __call__(self, *_body: Any, **arguments: Any) -> Any:
        """What a function of the user's would return."""
        wishes = read_wishes(request.environ.get(WISHED), self._usual)
        if wishes.delay_ms:
            time.sleep(wishes.delay_ms / 1000)
        if wishes.code is not None:
            answer = self.operation.answer(wishes.code)
            return self._undeclared(wishes.code) if answer is None else self._answered(answer, wishes.code, wishes)
        if not self.operation.answers:
            return None
        reason: ImpossibleAnswer | None = None
        for answer in sorted(self.operation.answers.values(), key=self._rank):
            try:
                made, status, headers = self._answered(answer, self._status(answer), wishes)
            except ImpossibleAnswer as error:
                reason = reason or error
                continue
            if self._place is not None and not wishes.invalid:
                made = self._remembered(made, answer, arguments)
            return made, status, headers
        assert reason is not None  # it is that of the success
        return reason

    def _status(self, answer: Answer) -> int:
        """The status of an answer that the caller leaves to us: a success if it may be one."""
        usual = self.operation.success_status
        return usual if self.operation.answer(usual) is answer else status_of(answer, self.operation, self._same())

    def _rank(self, answer: Answer) -> tuple[bool, str]:
        """The success that functions answer with comes first, then the others, errors last."""
        return answer.key != str(self.operation.success_status), "3" if answer.key == "default" else answer.key

    def _answered(self, answer: Answer, status: int, wishes: Wishes) -> tuple[Any, int, dict[str, Json]]:
        if status < _FINAL:
            raise ImpossibleAnswer(f"{self.operation.title}: response {answer.key}: it is sent ahead of an answer")
        return self._made(answer, status, wishes), status, self._headers(answer)

    def _undeclared(self, status: int) -> Any:
        """Errors may always be; any other response has to be declared."""
        if status >= 400:
            raise error_of_status(status, "as the header Prefer asks")
        raise BadRequestError(f"Prefer: the document declares no response {status} of this operation")

    def _made(self, answer: Answer, status: int, wishes: Wishes) -> Any:
        """An answer that nobody has had a part in."""
        if status in _EMPTY or not answer.contents:
            return None
        content = next(iter(preference(request.headers.get("Accept")).order(answer.contents)), answer.contents[0])
        if wishes.invalid:
            return self._broken(content, status)
        representation = representation_of(self.operation, content, RESPONSE, answer.key)
        if not wishes.dynamic:
            found, value = example_of(answer, content, wishes.example)
            if found and (representation.kind == JSON or isinstance(value, str)):
                return value if representation.kind in {JSON, TEXT} else str(value).encode()
        if wishes.example is not None:
            raise BadRequestError(f"Prefer: response {answer.key} has no valid example of that name")
        random = self._fresh if wishes.dynamic else self._same()
        contents = Contents(self.operation, representation, RESPONSE)
        try:
            value = contents.value(random)
            for _ in range(
                _TRIES
            ):  # a function that returns a text means no JSON, unless a text is all that is allowed
                if not isinstance(value, str) or representation.kind != JSON or representation.kinds == {"string"}:
                    break
                value = contents.value(random)
        except NoSample as error:
            raise ImpossibleAnswer(f"{self.operation.title}: response {answer.key}: {error}") from None
        if content.schema is None or wishes.dynamic or representation.kind != JSON or representation.shape is None:
            return value
        dumped = plain(representation.shape.dump(value))
        return with_examples(content.schema, dumped) if isinstance(dumped, dict) else value

    def _broken(self, content: Content, status: int) -> Response:
        """An answer that breaks its schema; one that has none is no JSON."""
        try:
            if content.schema is None:
                raise NoSample
            text = json.dumps(spoiled(content.schema, RESPONSE, self._fresh))
        except NoSample:
            text = "{"
        return Response(text, status, content_type=content.media_type)

    def _headers(self, answer: Answer) -> dict[str, Json]:
        try:
            return headers_of(answer, self.operation.shapes.schemas, self._same())
        except NoSample as error:
            raise ImpossibleAnswer(f"{self.operation.title}: response {answer.key}: {error}") from None

    # What is remembered

    def _remembered(self, made: Any, answer: Answer, arguments: dict[str, Any]) -> Any:
        place = self._place
        assert place is not None  # else nothing is asked of it
        body = request.get_json(silent=True)
        body = body if isinstance(body, dict) else {}
        with self._shelves.lock:
            shelf = self._shelves.at(place, self.operation, arguments)
            if not place.is_item:
                if self.operation.method == "POST":
                    return self._created(made, answer, body, shelf)
                return self._listed(made, answer, shelf) if self.operation.method == "GET" else made
            return self._at_item(made, answer, body, shelf, str(arguments.get(self._argument, "")))

    def _at_item(self, made: Any, answer: Answer, body: JsonObject, shelf: Shelf, key: str) -> Any:
        method = self.operation.method
        if key in shelf.gone and method != "PUT":
            raise NotFoundError("it was deleted")
        if method in {"PUT", "PATCH"}:
            return self._changed(made, answer, body, shelf, key)
        if method == "DELETE":
            shelf.gone.add(key)
            shelf.items.pop(key, None)
        elif method == "GET":
            return self._fitting(made, shelf.items.get(key) or self._called(answer, key), answer)
        return made

    def _created(self, made: Any, answer: Answer, body: JsonObject, shelf: Shelf) -> Any:
        item = self._fitting(made, body, answer)
        name = key_property(self._key, body, self._described(answer))
        if name is None:
            return item
        key: Json = body.get(name)
        for fresh in (self._shelves.number(), str(self._shelves.number())) if key is None else ():
            named = self._fitting(item, {name: fresh}, answer)
            if isinstance(named, dict) and named.get(name) == fresh:
                item, key = named, fresh
                break
        if key is None and isinstance(item, dict):
            key = item.get(name)
        shelf.gone.discard(str(key))
        shelf.items[str(key)] = {**body, **(item if isinstance(item, dict) else {}), name: key}
        return item

    def _described(self, answer: Answer) -> Mapping[str, object]:
        """The properties that the schema of an answer names."""
        schema = answer.contents[0].schema if answer.contents else None
        return self.operation.shapes.properties(schema) if schema is not None else {}

    def _changed(self, made: Any, answer: Answer, body: JsonObject, shelf: Shelf, key: str) -> Any:
        before = shelf.items.get(key, {}) if self.operation.method == "PATCH" else {}
        kept = {**self._called(answer, key), **before, **body}
        shelf.gone.discard(key)
        shelf.items[key] = kept
        return self._fitting(made, kept, answer)

    def _called(self, answer: Answer, key: str) -> JsonObject:
        """The property that the path is made from, as far as it can be told; {} if not."""
        name = key_property(self._key, self._described(answer))
        if name is None:
            return {}
        number: list[Json] = [int(key)] if key.lstrip("-").isdecimal() and len(key) < _MOST_DIGITS else []
        schema = answer.contents[0].schema
        at = schema.schemas.at(self.operation.shapes.properties(schema)[name]) if schema is not None else None
        allowed = (one for one in (*number, key) if at is None or at.checker(RESPONSE).is_valid(one))
        return {name: next(allowed, key)}

    def _listed(self, made: Any, answer: Answer, shelf: Shelf) -> Any:
        items = list(shelf.items.values())
        if not items and not shelf.gone:
            return made
        if isinstance(made, list):
            return items if self._fits(items, answer) else made
        lists = [name for name, value in made.items() if isinstance(value, list)] if isinstance(made, dict) else []
        for name in lists[:1]:
            changed = {**made, name: items}
            return changed if self._fits(changed, answer) else made
        return made

    def _fitting(self, made: Any, known: JsonObject, answer: Answer) -> Any:
        """What is answered, with as much of what is known in it as its schema allows."""
        if not isinstance(made, dict) or not known:
            return made
        if self._fits(known, answer):
            return known
        for name, value in known.items():
            changed = {**made, name: value}
            if self._fits(changed, answer):
                made = changed
        return made

    def _fits(self, value: Json, answer: Answer) -> bool:
        schema = answer.contents[0].schema if answer.contents else None
        return schema is not None and schema.checker(RESPONSE).is_valid(value)
