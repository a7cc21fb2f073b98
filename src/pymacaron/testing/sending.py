"""What requests are made of: credentials and bodies, as the arguments of assertions say them."""

from __future__ import annotations

import base64
import json
from collections.abc import Mapping
from io import BytesIO
from typing import Any, NamedTuple
from urllib.parse import urlencode
from uuid import uuid4

from pymacaron.bodies import Part, Upload, write_multipart


class Sent(NamedTuple):
    """The body of a request, and its Content-Type; None: there is no body."""

    body: bytes
    content_type: str | None


def credentials(auth: Any, token: str | None) -> dict[str, str]:
    """The headers that an `auth` means.

    Args:
        auth: None: none. A token, or what a header Authorization holds ("Bearer …", "Basic …"). (user, password). A
            mapping of headers, as API keys need them. True: the token of this run.

    Raises:
        AssertionError: there is no such token.
        TypeError: it is something else.
    """
    if auth is None or auth is False:
        return {}
    if auth is True:
        if not token:
            cure = "set PYM_JWT_TOKEN, or let pym-config.yaml have a key to sign one with"
            raise AssertionError(f"auth=True sends the token of this run, but there is none; {cure}")
        return {"Authorization": f"Bearer {token}"}
    if isinstance(auth, str):
        return {"Authorization": auth if " " in auth.strip() else f"Bearer {auth}"}
    if isinstance(auth, Mapping):
        return {str(name): str(text) for name, text in auth.items()}
    if isinstance(auth, (tuple, list)) and len(auth) == 2:
        return {"Authorization": "Basic " + base64.b64encode(":".join(map(str, auth)).encode()).decode()}
    raise TypeError("auth is a token, (user, password), a mapping of headers, True for the token of this run, or None")


# Bodies


def encoded(data: Any, form: Mapping[str, Any] | None, files: Mapping[str, Any] | None) -> Sent:
    """The body that is meant by the arguments of an assertion."""
    if files is not None:
        boundary = uuid4().hex
        body = write_multipart(_parts(form or {}, files), boundary)
        return Sent(body if isinstance(body, bytes) else b"".join(body), f"multipart/form-data; boundary={boundary}")
    if form is not None:
        return Sent(urlencode(form, doseq=True).encode(), "application/x-www-form-urlencoded")
    if data is None:
        return Sent(b"", None)
    if isinstance(data, bytes):
        return Sent(data, "application/octet-stream")
    if isinstance(data, str):
        return Sent(data.encode(), "text/plain; charset=utf-8")
    return Sent(json.dumps(data, default=_of_model).encode(), "application/json")


def _of_model(value: Any) -> Any:
    if not hasattr(value, "to_json"):
        raise TypeError(f"{type(value).__name__} is not JSON: send dicts, lists, texts, numbers or models")
    return value.to_json()


def _parts(form: Mapping[str, Any], files: Mapping[str, Any]) -> list[Part]:
    """Fields as text; a file is its bytes, or (name, bytes), or (name, bytes, media type); several are a list."""
    fields = [(name, one) for name, many in form.items() for one in (many if isinstance(many, list) else [many])]
    given = [(name, one) for name, many in files.items() for one in (many if isinstance(many, list) else [many])]
    return [Part(name, None, str(value).encode(), None) for name, value in fields] + [
        Part(name, None, None, _upload(name, one)) for name, one in given
    ]


def _upload(name: str, given: Any) -> Upload:
    filename, data, *media = (name, given) if isinstance(given, (bytes, str)) else given
    raw = data.encode() if isinstance(data, str) else data
    return Upload(BytesIO(raw), filename, media[0] if media else "application/octet-stream")
