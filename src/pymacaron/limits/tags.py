"""`x-etag`: answers that say what they are, so that a caller who has them already gets 304 (RFC 9110 section 8.8.3)."""

from __future__ import annotations

from hashlib import blake2b

from pymacaron.conditions import conditional
from pymacaron.messages import Request, Response, header_of

KEY = "x-etag"
WEAK = "weak"  # as text of the key: the answer means the same, byte for byte or not


def tagged(request: Request, response: Response, *, weak: bool) -> Response:
    """The answer with an entity tag, its own or one made of its bytes, or 304 if the caller has them.

    What is streamed, or is no 200, is left as it is.

    Raises:
        PreconditionFailed: the caller wants another one (If-Match, 412).
    """
    body = response.body
    if response.status != 200 or not isinstance(body, bytes):
        return response
    if header_of(response.headers, "etag") is None:
        tag = f'{"W/" if weak else ""}"{blake2b(body, digest_size=15).hexdigest()}"'
        response = Response(200, [*response.headers, ("ETag", tag)], body)
    return conditional(request, response)
