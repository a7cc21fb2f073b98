"""The API tea as a client.

Written by `pymacaron stubs`; changes are lost.
"""
from collections.abc import Mapping
from decimal import Decimal
from pymacaron.client import Answered, CallOptions, Items, Pages
from pymacaron.exceptions import PyMacaronException
from pymacaron.operations import Operation
from typing import Any, Literal, Unpack, overload
from . import models

class ListCups:
    """GET /v1/cups: The cups on the table."""

    operation: Operation
    __name__: str
    @overload
    def __call__(self, *, x_request_id: str, stream: Literal[True], size: Literal['small', 'large'] | None = ..., page: int | None = ..., timeout: float | Decimal | None = ..., request_headers: Any = ..., timeout_: Any = ..., connect_timeout: Any = ..., read_timeout: Any = ..., base_url: Any = ..., max_attempts: Any = ..., credentials: Any = ...) -> Any: ...
    @overload
    def __call__(self, *, x_request_id: str, with_response: Literal[True], size: Literal['small', 'large'] | None = ..., page: int | None = ..., timeout: float | Decimal | None = ..., request_headers: Any = ..., timeout_: Any = ..., connect_timeout: Any = ..., read_timeout: Any = ..., base_url: Any = ..., max_attempts: Any = ..., credentials: Any = ...) -> Answered[list[models.Cup] | models.Error | PyMacaronException]: ...
    @overload
    def __call__(self, *, x_request_id: str, with_response: Literal[False] = ..., stream: Literal[False] = ..., size: Literal['small', 'large'] | None = ..., page: int | None = ..., timeout: float | Decimal | None = ..., request_headers: Any = ..., timeout_: Any = ..., connect_timeout: Any = ..., read_timeout: Any = ..., base_url: Any = ..., max_attempts: Any = ..., credentials: Any = ...) -> list[models.Cup] | models.Error | PyMacaronException: ...
    @overload
    async def aio(self, *, x_request_id: str, stream: Literal[True], size: Literal['small', 'large'] | None = ..., page: int | None = ..., timeout: float | Decimal | None = ..., request_headers: Any = ..., timeout_: Any = ..., connect_timeout: Any = ..., read_timeout: Any = ..., base_url: Any = ..., max_attempts: Any = ..., credentials: Any = ...) -> Any: ...
    @overload
    async def aio(self, *, x_request_id: str, with_response: Literal[True], size: Literal['small', 'large'] | None = ..., page: int | None = ..., timeout: float | Decimal | None = ..., request_headers: Any = ..., timeout_: Any = ..., connect_timeout: Any = ..., read_timeout: Any = ..., base_url: Any = ..., max_attempts: Any = ..., credentials: Any = ...) -> Answered[list[models.Cup] | models.Error | PyMacaronException]: ...
    @overload
    async def aio(self, *, x_request_id: str, with_response: Literal[False] = ..., stream: Literal[False] = ..., size: Literal['small', 'large'] | None = ..., page: int | None = ..., timeout: float | Decimal | None = ..., request_headers: Any = ..., timeout_: Any = ..., connect_timeout: Any = ..., read_timeout: Any = ..., base_url: Any = ..., max_attempts: Any = ..., credentials: Any = ...) -> list[models.Cup] | models.Error | PyMacaronException: ...
    def pages(self, *, x_request_id: str, size: Literal['small', 'large'] | None = ..., page: int | None = ..., timeout: float | Decimal | None = ..., request_headers: Any = ..., timeout_: Any = ..., connect_timeout: Any = ..., read_timeout: Any = ..., base_url: Any = ..., max_attempts: Any = ..., credentials: Any = ...) -> Pages[list[models.Cup]]: ...
    def items(self, *, x_request_id: str, size: Literal['small', 'large'] | None = ..., page: int | None = ..., timeout: float | Decimal | None = ..., request_headers: Any = ..., timeout_: Any = ..., connect_timeout: Any = ..., read_timeout: Any = ..., base_url: Any = ..., max_attempts: Any = ..., credentials: Any = ...) -> Items[models.Cup]: ...

class PourCup:
    """POST /v1/cups"""

    operation: Operation
    __name__: str
    @overload
    def __call__(self, body: models.Cup | Mapping[str, Any], /, *, stream: Literal[True], **options: Unpack[CallOptions]) -> Any: ...
    @overload
    def __call__(self, body: models.Cup | Mapping[str, Any], /, *, with_response: Literal[True], **options: Unpack[CallOptions]) -> Answered[models.Cup | models.Error | PyMacaronException]: ...
    @overload
    def __call__(self, body: models.Cup | Mapping[str, Any], /, *, with_response: Literal[False] = ..., stream: Literal[False] = ..., **options: Unpack[CallOptions]) -> models.Cup | models.Error | PyMacaronException: ...
    @overload
    async def aio(self, body: models.Cup | Mapping[str, Any], /, *, stream: Literal[True], **options: Unpack[CallOptions]) -> Any: ...
    @overload
    async def aio(self, body: models.Cup | Mapping[str, Any], /, *, with_response: Literal[True], **options: Unpack[CallOptions]) -> Answered[models.Cup | models.Error | PyMacaronException]: ...
    @overload
    async def aio(self, body: models.Cup | Mapping[str, Any], /, *, with_response: Literal[False] = ..., stream: Literal[False] = ..., **options: Unpack[CallOptions]) -> models.Cup | models.Error | PyMacaronException: ...

class DrinkUp:
    """DELETE /v1/cups/{id}"""

    operation: Operation
    __name__: str
    @overload
    def __call__(self, *, id: str, stream: Literal[True], **options: Unpack[CallOptions]) -> Any: ...
    @overload
    def __call__(self, *, id: str, with_response: Literal[True], **options: Unpack[CallOptions]) -> Answered[PyMacaronException | None]: ...
    @overload
    def __call__(self, *, id: str, with_response: Literal[False] = ..., stream: Literal[False] = ..., **options: Unpack[CallOptions]) -> PyMacaronException | None: ...
    @overload
    async def aio(self, *, id: str, stream: Literal[True], **options: Unpack[CallOptions]) -> Any: ...
    @overload
    async def aio(self, *, id: str, with_response: Literal[True], **options: Unpack[CallOptions]) -> Answered[PyMacaronException | None]: ...
    @overload
    async def aio(self, *, id: str, with_response: Literal[False] = ..., stream: Literal[False] = ..., **options: Unpack[CallOptions]) -> PyMacaronException | None: ...

class Client:
    list_cups: ListCups
    pour_cup: PourCup
    drink_up: DrinkUp
