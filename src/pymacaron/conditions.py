"""Conditional requests and ranges (RFC 9110 sections 13 and 14), by Werkzeug's hand."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from werkzeug.exceptions import PreconditionFailed
from werkzeug.http import is_resource_modified, parse_date, parse_etags
from werkzeug.wrappers import Response as WerkzeugResponse

from .bodies import FileBody, close
from .messages import Request, Response

_ASKING = ("range", "if-range", "if-none-match", "if-modified-since", "if-unmodified-since")
_VALIDATORS = frozenset(("etag", "last-modified"))
_KEYS = {name: f"HTTP_{name.upper().replace('-', '_')}" for name in _ASKING}
_DATES = ("HTTP_IF_MODIFIED_SINCE", "HTTP_IF_UNMODIFIED_SINCE", "HTTP_IF_RANGE")


def meets_conditions(response: Response) -> bool:
    """Is it something that a caller may have already, or may want a part of?"""
    if response.status != 200:
        return False
    return isinstance(response.body, FileBody) or any(name.lower() in _VALIDATORS for name, _ in response.headers)


def conditional(request: Request, response: Response) -> Response:
    """The response, or what a caller gets instead who has it already (304), or who wants a part of it (206).

    Raises:
        PreconditionFailed: what the caller wants unchanged has changed (412).
        RequestedRangeNotSatisfiable: the range lies outside (416).
    """
    size = response.body.size if isinstance(response.body, FileBody) else None
    made = WerkzeugResponse(status=response.status, headers=response.headers)
    body: Any = response.body
    made.response = body  # not by the constructor, which would look into it
    made.automatically_set_content_length = False
    if not any(name.lower() == "content-type" for name, _ in response.headers):
        del made.headers["Content-Type"]  # the class put in its default
    dated = "Date" in made.headers
    try:
        environ = asked({key: request.headers[name] for name, key in _KEYS.items() if name in request.headers})
        if _has_changed(request.headers.get("if-match"), environ, made):
            raise PreconditionFailed
        made.make_conditional(_that_counts(environ, made), accept_ranges=size is not None, complete_length=size)
    except Exception:
        close(response.body)
        raise
    if not dated:
        del made.headers["Date"]  # servers write it
    if made.status_code == 304:
        close(response.body)
        return Response(304, list(made.headers), b"")
    body = made.response
    return Response(made.status_code, list(made.headers), body)


def _has_changed(tags: str | None, environ: Mapping[str, Any], made: WerkzeugResponse) -> bool:
    """Does the caller want it only as it was, and it is so no more? (RFC 9110 section 13.2.2, the first two steps)"""
    wanted = parse_etags(tags)
    if wanted:
        tag, is_weak = made.get_etag()
        return not wanted.star_tag and (tag is None or bool(is_weak) or not wanted.is_strong(tag))
    since, last = parse_date(environ.get("HTTP_IF_UNMODIFIED_SINCE")), made.last_modified
    return since is not None and last is not None and last > since


def asked(environ: Mapping[str, Any]) -> dict[str, Any]:
    """What Werkzeug asks of a request, out of a WSGI environ. A date of the year 99999999999, at which Werkzeug raises
    OverflowError, counts for nothing (RFC 9110 section 13.1.3), and the Range beside it neither (section 13.1.5)."""
    given = {key: environ[key] for key in _KEYS.values() if key in environ}
    for key in _DATES:
        if key in given and not _is_countable(given[key]):
            del given[key]
            if key == "HTTP_IF_RANGE":
                given.pop("HTTP_RANGE", None)
    return {"REQUEST_METHOD": "GET", **given}


def _is_countable(date: str) -> bool:
    try:
        parse_date(date)
    except OverflowError:
        return False
    return True


def _that_counts(environ: dict[str, Any], made: WerkzeugResponse) -> dict[str, Any]:
    """Of what a caller asks, that which holds for this response. A range is not asked for where the caller has
    everything already (RFC 9110 section 13.2.2), or has a weak tag only (section 13.1.5), nor are several, which
    Werkzeug does not serve, or other units (section 14.2). Beside tags, dates do not count (section 13.1.3)."""
    if "HTTP_IF_NONE_MATCH" in environ:
        environ.pop("HTTP_IF_MODIFIED_SINCE", None)
    part_of = environ.get("HTTP_IF_RANGE", "")
    if part_of[:2] == "W/" or (part_of[:1] == '"' and made.get_etag()[1]):
        environ.pop("HTTP_RANGE", None)
    wanted = environ.get("HTTP_RANGE", "")
    modified = is_resource_modified(environ, made.headers.get("ETag"), last_modified=made.headers.get("Last-Modified"))
    if not modified or "," in wanted or not wanted.startswith("bytes="):
        environ.pop("HTTP_RANGE", None)
    return environ
