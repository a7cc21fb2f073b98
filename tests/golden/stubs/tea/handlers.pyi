"""The functions that implement the API tea.

Written by `pymacaron stubs`; changes are lost.
"""
from collections.abc import Awaitable, Mapping, Sequence
from pymacaron.exceptions import PyMacaronException
from typing import Any, Literal, Protocol, TypeAlias, TypeVar
from werkzeug.wrappers import Response
from . import models

T = TypeVar("T")
Result: TypeAlias = T | tuple[T, int] | tuple[T, int, Any] | PyMacaronException | Response
Returned: TypeAlias = Result[T] | Awaitable[Result[T]]

class ListCups(Protocol):
    """GET /v1/cups: The cups on the table."""

    def __call__(self, *, size: Literal['small', 'large'], page: int, x_request_id: str, timeout: float) -> Returned[Sequence[models.Cup | Mapping[str, Any]] | models.Error | Mapping[str, Any]]: ...

class PourCup(Protocol):
    """POST /v1/cups"""

    def __call__(self, body: models.Cup, /) -> Returned[models.Cup | Mapping[str, Any] | models.Error]: ...

class DrinkUp(Protocol):
    """DELETE /v1/cups/{id}"""

    def __call__(self, *, id: str) -> Returned[None]: ...
