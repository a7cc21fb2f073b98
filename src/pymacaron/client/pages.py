"""The results of an operation page by page: each answer links to the next one (RFC 8288, `rel="next"`)."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterator
from typing import Any, Generic, Protocol, TypeVar
from urllib.parse import urljoin

from pymacaron.documents import Node
from pymacaron.exceptions import BadGatewayError, ConfigurationError
from pymacaron.inputs import text_type
from pymacaron.operations import Operation
from pymacaron.schemas import Schemas

from .addresses import place_of
from .errands import Errand
from .links import link_to
from .outcomes import Answered

T = TypeVar("T")


class Calling(Protocol):
    """What is called for each page: a Method."""

    @property
    def operation(self) -> Operation: ...

    def __call__(self, *body: Any, **given: Any) -> Any: ...

    async def awaited(self, errand: Errand, body: tuple[Any, ...], given: dict[str, Any]) -> Any: ...


class Pages(Generic[T]):
    """The pages of a result, with `for` or `async for`; each is asked for when it is wanted. Every iteration begins
    with the first.

    Raises (while it is iterated):
        PyMacaronException: whatever goes wrong, whether or not errors are raised otherwise.
        BadGatewayError: the next page is on another host, or was there before.
    """

    def __init__(self, method: Calling, body: tuple[Any, ...], given: dict[str, Any]) -> None:
        self._method, self._body, self._given = method, body, given

    def __iter__(self) -> Iterator[T]:
        walk = _Walk(self._method)
        while (errand := walk.next()) is not None:
            yield errand.run(self._method, *self._body, **self._given)

    async def __aiter__(self) -> AsyncIterator[T]:
        walk = _Walk(self._method)
        while (errand := walk.next()) is not None:
            yield await self._method.awaited(errand, self._body, dict(self._given))

    def __repr__(self) -> str:
        return f"<Pages of {self._method!r}>"


class Items(Generic[T]):
    """What the pages of a result hold, one after the other; see Pages.

    Raises (while it is iterated):
        TypeError: a page is no list, and no object of which the document says that it has one.
    """

    def __init__(self, pages: Pages[Any], operation: Operation) -> None:
        self._pages = pages
        self._lists = operation.once("client.lists", _lists_in)

    def __iter__(self) -> Iterator[T]:
        for page in self._pages:
            yield from self._listed(page)

    async def __aiter__(self) -> AsyncIterator[T]:
        async for page in self._pages:
            for item in self._listed(page):
                yield item

    def _listed(self, page: Any) -> list[Any]:
        found = page.result if isinstance(page, Answered) else page
        if isinstance(found, list):
            return found
        if len(self._lists) != 1:
            known = f", which may have {', '.join(self._lists)}" if self._lists else ""
            fact = f"items() takes lists apart, and a page is of type {type(found).__name__}{known}"
            raise TypeError(f"{fact}; use pages()")
        (name,) = self._lists
        if name not in found or found[name] is None:  # of mappings, or of models
            return []
        held: list[Any] = found[name]
        return held

    def __repr__(self) -> str:
        return f"<Items of {self._pages!r}>"


def _lists_in(operation: Operation) -> tuple[str, ...]:
    """The properties of what an operation gives that are lists."""
    contents = [one for key, answer in operation.answers.items() if key.startswith("2") for one in answer.contents]
    shapes, found = operation.shapes, dict[str, None]()
    for content in contents:
        properties = {} if content.schema is None else shapes.properties(content.schema)
        found.update((name, None) for name, node in properties.items() if _is_list(shapes.schemas, node))
    return tuple(found)


def _is_list(schemas: Schemas, node: Node) -> bool:
    return "array" in text_type(schemas, node).kinds


class _Walk:
    """The way from page to page."""

    def __init__(self, method: Calling) -> None:
        self._method = method
        self._errand: Errand | None = None
        self._seen: set[tuple[str, str]] = set()

    def next(self) -> Errand | None:
        """The call for the next page; None if there is none."""
        if self._errand is None:
            self._errand = Errand(self._method, raises=True)
            return self._errand
        target = self._target(self._errand)
        if target is None:
            return None
        if target in self._seen:
            raise self._wrong("the next page is one that was there before")
        self._seen.add(target)
        self._errand = Errand(self._method, target, raises=True)
        return self._errand

    def _target(self, done: Errand) -> tuple[str, str] | None:
        link = link_to("next", done.links) if done.links else None
        if link is None:
            return None
        try:
            self._seen.add(place_of(done.found_at)[1:])
            origin, path, query = place_of(urljoin(done.found_at, link))
        except (ConfigurationError, ValueError):
            raise self._wrong("the address of the next page is not valid") from None
        if origin != done.asked:
            raise self._wrong("the next page is on another host, which gets no call of ours")
        return path, query

    def _wrong(self, fact: str) -> BadGatewayError:
        operation = self._method.operation
        return BadGatewayError(f"{operation.api}.{operation.name}: {fact}")
