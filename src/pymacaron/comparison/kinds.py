"""Every kind of change between two versions of a document, and whom it breaks.

A change breaks *callers* if what they send today may be refused, or if they may get what they never got. It breaks the
*service* if its code has to change: a function to bind, an argument to take, a value it must not answer any more.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

from pymacaron.schemas import REQUEST, RESPONSE

CALLERS, SERVICE = "callers", "service"
_NONE: tuple[str, ...] = ()
_BOTH = (CALLERS, SERVICE)


class Kind(NamedTuple):
    """A kind of change.

    Attributes:
        name: such as "operation-removed". Changes of schemas begin with the side: "request-maximum-lowered".
        breaks: whom it breaks: CALLERS, SERVICE, both or nobody.
        reason: why, as a sentence without a full stop.
    """

    name: str
    breaks: tuple[str, ...]
    reason: str


def _sides(name: str, request: tuple[tuple[str, ...], str], response: tuple[tuple[str, ...], str]) -> Iterator[Kind]:
    yield Kind(f"{REQUEST}-{name}", *request)
    yield Kind(f"{RESPONSE}-{name}", *response)


_REFUSED = (CALLERS,), "what callers send today may be refused"
_TAKEN = _NONE, "all that callers send today is still taken"
_NEW_TO_FUNCTION = (SERVICE,), "the function may get what it never got"
_NEW_TO_CALLERS = (CALLERS,), "callers may get what they never got"
_NOT_ANSWERED = (SERVICE,), "what the function answers today may break the document"
_UNJUDGED_IN = _BOTH, "the two cannot be compared, so what callers send today may be refused"
_UNJUDGED_OUT = _BOTH, "the two cannot be compared, so callers may get what they never got"

# Limits: narrower and wider. A function hardly depends on the limits of what it gets.
_LIMITS = (
    ("maximum", "lowered", "raised"), ("minimum", "raised", "lowered"), ("max-length", "lowered", "raised"),
    ("min-length", "raised", "lowered"), ("max-items", "lowered", "raised"), ("min-items", "raised", "lowered"),
    ("max-properties", "lowered", "raised"), ("min-properties", "raised", "lowered"),
    ("max-contains", "lowered", "raised"), ("min-contains", "raised", "lowered"),
    ("multiple-of", "narrowed", "widened"), ("unique-items", "added", "removed"), ("pattern", "added", "removed"),
    ("format", "added", "removed"), ("additional-properties", "forbidden", "allowed"),
    ("branch", "removed", None), ("enum-value", "removed", None), ("type", "narrowed", None), ("null", "refused", None),
    ("enum", "added", None),
)  # fmt: skip
# What reaches the function is another Python value than before, or one more to choose among.
_WIDER = (("branch", "added"), ("enum-value", "added"), ("type", "widened"), ("null", "allowed"), ("enum", "removed"))
_OTHER = (
    "type-changed", "format-changed", "pattern-changed", "multiple-of-changed", "condition-changed",
    "discriminator-changed",
)  # fmt: skip


def _of_schemas() -> Iterator[Kind]:
    for name, narrower, wider in _LIMITS:
        yield from _sides(f"{name}-{narrower}", _REFUSED, _NOT_ANSWERED)
        if wider is not None:
            yield from _sides(f"{name}-{wider}", _TAKEN, _NEW_TO_CALLERS)
    for name, wider in _WIDER:
        yield from _sides(f"{name}-{wider}", _NEW_TO_FUNCTION, _NEW_TO_CALLERS)
    for name in _OTHER:
        yield from _sides(name, _UNJUDGED_IN, _UNJUDGED_OUT)
    yield from _sides(
        "property-added", (_NONE, "callers may leave it out"), (_NONE, "callers may ignore what they do not know")
    )
    yield from _sides(
        "required-property-added",
        ((CALLERS,), "callers do not send it today"),
        ((SERVICE,), "the function does not answer it today"),
    )
    yield from _sides(
        "property-removed",
        (_BOTH, "what callers send there has no effect any more, and the function gets nothing"),
        (_BOTH, "callers may read it, and the function may set it"),
    )
    yield from _sides(
        "property-became-required",
        ((CALLERS,), "callers may leave it out today"),
        ((SERVICE,), "the function may leave it out today"),
    )
    yield from _sides(
        "property-became-optional",
        ((SERVICE,), "the function may get nothing there"),
        ((CALLERS,), "callers may get nothing there"),
    )
    unsent = _NONE, "it does not change what is sent"
    yield from _sides(
        "default-added", (_NONE, "callers who leave it out are served, with a value instead of nothing"), unsent
    )
    yield from _sides("default-changed", (_BOTH, "callers who leave it out mean another value than before"), unsent)
    yield from _sides("default-removed", ((SERVICE,), "the function gets nothing where it got the default"), unsent)
    yield Kind("request-property-became-read-only", _BOTH, "what callers send there is dropped")
    yield Kind("request-property-no-longer-read-only", (SERVICE,), "the function gets what was dropped before")
    yield Kind("response-property-became-write-only", _BOTH, "callers may read it, and the function may set it")
    yield Kind("response-property-no-longer-write-only", _NONE, "callers may ignore what they do not know")
    yield Kind("property-deprecated", _NONE, "it works as before")


_OF_OPERATIONS = (
    ("api-added", (SERVICE,), "its operations need functions"),
    ("api-removed", (CALLERS,), "callers who use it find nothing"),
    ("operation-added", (SERVICE,), "it needs a function"),
    ("operation-removed", (CALLERS,), "callers who use it find nothing"),
    ("deprecated-operation-removed", (CALLERS,), "callers who ignored the deprecation find nothing"),
    ("operation-deprecated", _NONE, "it works as before"),
    ("operation-no-longer-deprecated", _NONE, "it works as before"),
    ("client-name-changed", (CALLERS,), "clients made from the document call it by that name"),
    ("function-changed", (SERVICE,), "another function is bound"),
    ("path-parameter-renamed", (SERVICE,), "the function takes it under its name; paths look the same to callers"),
    ("parameter-added", (SERVICE,), "the function has to take it; callers may leave it out"),
    ("required-parameter-added", _BOTH, "callers do not send it today, and the function has to take it"),
    ("parameter-removed", _BOTH, "what callers send there has no effect any more, and the function must not take it"),
    ("parameter-moved", _BOTH, "callers send it in another place"),
    ("parameter-became-required", (CALLERS,), "callers may leave it out today"),
    ("parameter-became-optional", (SERVICE,), "the function may get nothing there"),
    ("parameter-style-changed", (CALLERS,), "the same text means another value than before"),
    ("parameter-deprecated", _NONE, "it works as before"),
    ("parameter-empty-value-refused", (CALLERS,), "what callers send today may be refused"),
    ("parameter-empty-value-allowed", (SERVICE,), "the function may get what it never got"),
    ("body-added", (SERVICE,), "the function has to take it; callers may leave it out"),
    ("required-body-added", _BOTH, "callers do not send it today, and the function has to take it"),
    ("body-removed", _BOTH, "what callers send there has no effect any more, and the function must not take it"),
    ("body-became-required", (CALLERS,), "callers may leave it out today"),
    ("body-became-optional", (SERVICE,), "the function may get nothing there"),
    ("request-media-type-added", (SERVICE,), "the function may get what it never got"),
    ("request-media-type-removed", (CALLERS,), "what callers send today may be refused"),
    ("success-status-added", (CALLERS,), "callers may get what they never got"),
    ("error-status-added", _NONE, "callers have to expect errors of any kind"),
    ("success-status-removed", _BOTH, "callers may wait for it, and the function may answer it"),
    ("error-status-removed", (SERVICE,), "the function may answer it today"),
    ("default-response-added", _NONE, "it says what was left open"),
    ("default-response-removed", (SERVICE,), "what the function answers today may break the document"),
    ("response-media-type-added", _NONE, "callers who do not ask for it get what they got before"),
    ("response-media-type-removed", _BOTH, "callers may ask for it, and the function may answer it"),
    ("response-header-added", _NONE, "callers may ignore what they do not know"),
    ("required-response-header-added", (SERVICE,), "the function does not answer it today"),
    ("response-header-removed", (CALLERS,), "callers may read it"),
    ("response-header-became-required", (SERVICE,), "the function may leave it out today"),
    ("response-header-became-optional", (CALLERS,), "callers may get nothing there"),
    ("security-added", (CALLERS,), "callers without a credential are refused"),
    ("security-removed", (SERVICE,), "the function may be called by anybody"),
    ("security-alternative-added", _NONE, "what opens it today still does"),
    ("security-alternative-removed", (CALLERS,), "callers who authenticate that way are refused"),
    ("security-scope-added", (CALLERS,), "tokens without it are refused"),
    ("security-scope-removed", _NONE, "every token that opens it today still does"),
    ("security-scheme-changed", (CALLERS,), "credentials are sent in another way"),
    ("oauth-flow-added", _NONE, "callers get tokens as before, and in one more way"),
    ("oauth-flow-removed", (CALLERS,), "callers who get tokens that way get none"),
    ("oauth-address-changed", (CALLERS,), "callers get tokens elsewhere"),
    ("server-added", _NONE, "the others are still there"),
    ("server-removed", (CALLERS,), "callers who use it there may find nothing"),
    ("server-variable-changed", (CALLERS,), "URLs made with it may lead elsewhere"),
    ("body-limit-lowered", (CALLERS,), "what callers send today may be refused"),
    ("body-limit-raised", _NONE, "all that callers send today is still taken"),
    ("rate-limit-changed", (CALLERS,), "callers who call as often as today may be refused"),
    ("time-limit-lowered", (CALLERS,), "what is answered today may come too late"),
    ("time-limit-raised", _NONE, "what is answered today is still answered"),
    ("became-asynchronous", _BOTH, "it is answered 202 at once, and its result comes later"),
    ("no-longer-asynchronous", _BOTH, "its result is answered at once"),
    ("idempotency-added", _NONE, "callers who repeat a key get the same answer"),
    ("idempotency-removed", (CALLERS,), "what is sent again is done again"),
    ("callback-added", (CALLERS,), "callers may be called as they never were"),
    ("callback-removed", (CALLERS,), "callers may wait for it"),
    ("callback-changed", _BOTH, "the two are not compared any further"),
    ("webhook-added", _NONE, "it is sent to those who subscribe"),
    ("webhook-removed", (CALLERS,), "callers who wait for it get nothing"),
    ("webhook-changed", _BOTH, "the two are not compared any further"),
    ("version-changed", _NONE, "it is for readers"),
    ("documentation-changed", _NONE, "it is for readers"),
)  # fmt: skip

KINDS: dict[str, Kind] = {
    kind.name: kind for kind in (*(Kind(*row) for row in _OF_OPERATIONS), *_of_schemas())
}  # every kind by its name
