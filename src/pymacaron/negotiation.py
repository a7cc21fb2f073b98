"""Which of the declared representations a Content-Type means, and which ones an Accept header wants."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from itertools import islice
from typing import NamedTuple

from .bodies import MediaType, declared_media_type, parse_media_type, specificity, split_outside_quotes
from .exceptions import NotAcceptableError
from .operations import Answer, Content, Operation


def declared(content: Content) -> MediaType:
    """The media type or range that a representation is declared for."""
    return declared_media_type(content.media_type)


def name_of(content: Content) -> str:
    """The media type or range that a representation is declared for, in lower case, without parameters."""
    return declared(content).name


def content_for(contents: Iterable[Content], media: MediaType) -> Content | None:
    """The representation declared for a media type: of several, the most specific one (OpenAPI 3.x, Request Body and
    Response Object), the first of equals; None if there is none."""
    best, found = 0, None
    for content in contents:
        rank = specificity(declared(content), media)
        if rank > best:
            best, found = rank, content
    return found


class Range(NamedTuple):
    """A media range of an Accept header, and its weight from 0 (never) to 1."""

    media: MediaType
    weight: float


class Preference:
    """What a caller wants of the representations that there are (RFC 9110 section 12.5.1). Without ranges: any."""

    __slots__ = ("_ranges",)

    def __init__(self, ranges: Sequence[Range] = ()) -> None:
        self._ranges = ranges

    def order(self, contents: Sequence[Content]) -> list[Content]:
        """Those of `contents` that are wanted: by weight, then those that are asked for more specifically, then in
        the order of the document."""
        if not self._ranges:
            return list(contents)
        ranked = [(*self._weighed(declared(content)), content) for content in contents]
        ranked.sort(key=lambda entry: entry[:2], reverse=True)  # stable, also when reversed
        return [content for weight, _, content in ranked if weight > 0]

    def _weighed(self, offered: MediaType) -> tuple[float, int]:
        """(weight, how specific the range is that gives it); the most specific range decides."""
        found = max((_rank(one.media, offered), one.weight) for one in self._ranges)
        return found[1] if found[0] else 0.0, found[0]


def _rank(wanted: MediaType, offered: MediaType) -> int:
    rank = specificity(wanted, offered)
    if not rank and offered.is_range and not wanted.is_range:
        return min(specificity(offered, wanted), 3)  # what is offered is a range itself, and holds what is wanted
    return rank


ANY = Preference()


_LONGEST, _MOST = 4000, 100  # characters and ranges that are read: nobody needs more, and they cost time


def preference(accept: str | None) -> Preference:
    """What an Accept header says. None, "" and what cannot be understood at all say: anything; so does one that is too
    long to be meant."""
    if not accept or len(accept) > _LONGEST:
        return ANY
    return Preference(list(islice(_ranges(accept), _MOST)))


_WEIGHT = re.compile(r"0(\.[0-9]*)?|\.[0-9]+|1(\.0*)?")


def _ranges(accept: str) -> Iterator[Range]:
    for element in split_outside_quotes(accept, ","):
        media = parse_media_type(element)
        if media.name == "*":  # as Java's URLConnection has it
            media = media._replace(name="*/*")
        if "/" not in media.name:
            continue
        parameters = {name: value for name, value in media.parameters.items() if name != "q"}
        given = media.parameters.get("q", "1")
        yield Range(media._replace(parameters=parameters), float(given) if _WEIGHT.fullmatch(given) else 1.0)


def check_acceptable(operation: Operation, wanted: Preference) -> None:
    """
    Raises:
        NotAcceptableError: a caller who wants only this can have no success of `operation`.
    """
    answers = list(_successes(operation))
    if not answers or any(not answer.contents or wanted.order(answer.contents) for answer in answers):
        return
    offered = dict.fromkeys(content.media_type for answer in answers for content in answer.contents)
    raise NotAcceptableError(f"No response matches the Accept header; this operation offers {', '.join(offered)}")


def choices(operation: Operation, wanted: Preference) -> tuple[tuple[str, ...], ...]:
    """What a preference makes of the answers that leave a choice. Two that make the same of them are as good as one."""
    several = [answer.contents for answer in operation.answers.values() if len(answer.contents) > 1]
    return tuple(tuple(content.media_type for content in wanted.order(contents)) for contents in several)


def _successes(operation: Operation) -> Iterator[Answer]:
    keys = [key for key in operation.answers if key[:1] == "2"]
    for key in keys or [key for key in operation.answers if key == "default"]:
        yield operation.answers[key]
