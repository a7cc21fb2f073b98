"""Credentials for the services that are called, as the configuration and the code give them."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from pymacaron.names import suggest

from .secret import Secret, reveal

LOGIN = ("user", "password")
CLIENT = ("client_id", "client_secret")
_MORE = ("token_url", "scopes", "fields", "secret_in")  # of a client of OAuth2
SECRET_IN = ("header", "body")
_KEYS = (*LOGIN, *CLIENT, *_MORE)


def read_credentials(given: Any, *, hide: Callable[[str], str] = Secret) -> dict[str, Any]:
    """Credentials by the name of their security scheme: a text, a function that gives it, true for what a connection
    proves by itself, user and password, or a client of OAuth2.

    Args:
        hide: what becomes of texts that are secret. A Secret is remembered as long as the process lives.

    Raises:
        ValueError: something else; the text is the cure, and does not repeat what may be secret.
    """
    if not isinstance(given, Mapping):
        raise ValueError("write the name of a security scheme of the document, and below or behind it the credential")
    return {str(name): _read(str(name), one, hide) for name, one in given.items() if one is not None}


def _read(name: str, one: Any, hide: Callable[[str], str]) -> str | bool | Callable[[], Any] | dict[str, Any]:
    if callable(one) or one is True:
        return one  # type: ignore[no-any-return]  # what is read is Any
    if isinstance(one, str):
        return hide(_text(name, one))
    if isinstance(one, tuple) and len(one) == 2:  # as functions give them
        one = dict(zip(LOGIN, one, strict=True))
    if not isinstance(one, Mapping):
        raise ValueError(f"{name} is not text; put quotes around a number, or write user and password below it")
    for key in one:
        if key not in _KEYS:
            raise ValueError(
                f"'{key}' of {name} is unknown; {suggest(str(key), _KEYS) or f'there are {_listed(_KEYS)}'}"
            )
    wanted = CLIENT if not one.keys().isdisjoint((*CLIENT, *_MORE)) else LOGIN
    wrong = one.keys() & (LOGIN if wanted is CLIENT else ())
    if wrong:
        raise ValueError(f"{name} has both a user and a client; keep one of the two")
    for key in wanted:
        if key not in one:
            raise ValueError(f"{name} lacks '{key}'; write {_listed(wanted)}")
    return {key: _part(name, key, value, hide) for key, value in one.items()}


def _part(name: str, key: str, value: Any, hide: Callable[[str], str]) -> Any:
    place = f"{key} of {name}"
    if key in ("password", "client_secret"):
        return hide(_text(place, value))
    if key == "scopes":
        return _scopes(place, value)
    if key == "fields":
        if not isinstance(value, Mapping):
            raise ValueError(f"{place} has to be a mapping from names to texts; write for example `audience: ...`")
        return {str(field): _text(f"{field} in {place}", text) for field, text in value.items()}
    text = _text(place, value)
    if key == "secret_in" and text not in SECRET_IN:
        raise ValueError(f"{place} is unknown; {suggest(text, SECRET_IN) or f'there are {_listed(SECRET_IN)}'}")
    if key == "user" and ":" in text:
        raise ValueError(f"{place} has a colon, which ends the name (RFC 7617 section 2); give one without")
    return text


def _scopes(place: str, value: Any) -> tuple[str, ...]:
    """A list of texts, or one text with blanks between them (RFC 6749 section 3.3)."""
    listed = value.split() if isinstance(value, str) else value
    if not isinstance(listed, list | tuple):
        raise ValueError(f"{place} have to be a list of texts; write `[read, write]`")
    return tuple(_text(place, scope) for scope in listed)


def _text(place: str, value: Any) -> str:
    if not isinstance(value, str) or not value:
        raise ValueError(f"{place} has to be a text; put quotes around a number")
    if not reveal(value).isprintable():
        raise ValueError(f"{place} has control characters, maybe the end of a line; remove them")
    return value


def _listed(names: tuple[str, ...]) -> str:
    return ", ".join(names[:-1]) + f" and {names[-1]}"
