"""What can be said of a call beside its arguments: in `pym-config.yaml` for every call of an API, and for one call."""

from __future__ import annotations

import os
import re
from collections.abc import Mapping
from typing import Any, NamedTuple, TypedDict

from pymacaron._types import JsonObject
from pymacaron.config import get_config, reveal
from pymacaron.exceptions import ArgumentFault

CONNECT_TIMEOUT = 5.0  # seconds, where nobody says another number
MAX_ANSWER = 100 * 10**6  # bytes


class Options(NamedTuple):
    """How the calls of an API are made; seconds and bytes.

    Attributes:
        url, variables: where the API is, in place of what its document says.
        timeout: for all of a call. connect_timeout, read_timeout: for a connection, and between two pieces of an
            answer.
        headers: that go with every call.
        verify, authorities: of encrypted connections, as HttpTransport has them.
        errors: "return" or "raise".
        max_attempts: how often a request is sent, if it is one that may be sent again.
        max_failures: in a row, until a host is left alone for a while; 0: it never is.
        max_answer: the longest answer that is taken.
        with_response: give status and headers, too.
        credentials: by the name of their security scheme.
        stream: give the bytes of what succeeds while they come.
    """

    timeout: float
    url: str | None = None
    variables: Mapping[str, str] = {}
    connect_timeout: float = CONNECT_TIMEOUT
    read_timeout: float | None = None
    headers: Mapping[str, str] = {}
    verify: bool = True
    authorities: str | None = None
    errors: str = "return"
    max_answer: int = MAX_ANSWER
    max_attempts: int = 3
    max_failures: int = 10
    with_response: bool = False
    credentials: Mapping[str, Any] = {}
    stream: bool = False


_NAME = re.compile(r"[!#$%&'*+.^_`|~0-9A-Za-z-]+")  # RFC 9110 section 5.6.2


class CallOptions(TypedDict, total=False):
    """What every call takes by keyword, beside what decides what it gives; see Options."""

    request_headers: Mapping[str, str] | None
    timeout: float | None
    connect_timeout: float | None
    read_timeout: float | None
    base_url: str | None
    max_attempts: int | None
    credentials: Mapping[str, Any] | None


# What a call takes by keyword, and which option that is. Where the document has a parameter of that name, the option is
# spelt with a _ behind it.
PER_CALL = {
    "request_headers": "headers", "timeout": "timeout", "connect_timeout": "connect_timeout",
    "read_timeout": "read_timeout", "base_url": "url", "with_response": "with_response",
    "max_attempts": "max_attempts", "credentials": "credentials",
    "stream": "stream",
}  # fmt: skip


def configured(api: str, timeout: float, verify: bool) -> Options:
    """The options of an API: what the configuration says, else what the code does. Where it is, the environment says
    before both."""
    config = get_config()
    usual = Options(timeout, verify=verify, errors=config.client_errors)
    given: JsonObject = config.clients.get(api) or {}
    given = {key: _plain(value) for key, value in given.items() if key in Options._fields}
    if "headers" in given:
        given["headers"] = {name.lower(): reveal(text) for name, text in given["headers"].items()}
    if "variables" in given:
        given["variables"] = {name: reveal(text) for name, text in given["variables"].items()}
    given["url"] = os.environ.get(variable_of(api)) or given.get("url")
    return usual._replace(**given)


def _plain(value: Any) -> Any:
    return reveal(value) if isinstance(value, str) else value


def variable_of(api: str) -> str:
    """The environment variable that says where an API is: PYM_MAILER_URL."""
    return f"PYM_{re.sub('[^A-Za-z0-9]', '_', api).upper()}_URL"


def for_one_call(options: Options, given: Mapping[str, Any]) -> Options:
    """The options of one call.

    Args:
        given: by the keywords of PER_CALL.

    Raises:
        ArgumentFault: a value that cannot be.
    """
    changed = {PER_CALL[name]: value for name, value in given.items() if value is not None}
    for name in ("timeout", "connect_timeout", "read_timeout"):
        seconds = changed.get(name)
        if seconds is not None and not (isinstance(seconds, int | float) and seconds > 0):
            raise ArgumentFault(f"{name} has to be a number of seconds, more than 0")
    attempts = changed.get("max_attempts", 1)
    if type(attempts) is not int or attempts < 1:
        raise ArgumentFault("max_attempts has to be a whole number, 1 or more")
    if type(changed.get("stream", False)) is not bool:
        raise ArgumentFault("stream has to be True or False")
    if "headers" in changed:
        changed["headers"] = {**options.headers, **_headers(changed["headers"])}
    return options._replace(**changed)


def _headers(given: Any) -> dict[str, str]:
    """Headers by lower-case name."""
    if not isinstance(given, Mapping):
        raise ArgumentFault("request_headers has to be a mapping from names to texts")
    found = {}
    for name, text in given.items():
        if not isinstance(name, str) or not isinstance(text, str) or not _NAME.fullmatch(name):
            raise ArgumentFault(f"request_headers: {name!r} is not a valid name of a header, or its value is not text")
        found[name.lower()] = reveal(text)
    return found
