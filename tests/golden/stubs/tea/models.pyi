"""The models of the API tea.

Written by `pymacaron stubs`; changes are lost.
"""
from builtins import str as _str_
from collections.abc import Sequence
from datetime import datetime
from decimal import Decimal
from msgspec import UnsetType
from pymacaron.structs import ModelMethods
from typing import Any, Literal
from ..errors import ErrorModel

class Biscuit(ModelMethods):
    name: str
    def __init__(self, /, *, name: str, **extra: Any) -> None: ...

class Cup(ModelMethods):
    id: _str_
    tea: _str_
    size: Literal['small', 'large']
    poured: datetime
    note: _str_ | UnsetType | None
    from_: _str_ | None
    str: float | None
    biscuits: list[Biscuit] | None
    def __init__(self, /, *, tea: _str_, poured: datetime, id: _str_ | None = ..., size: Literal['small', 'large'] | None = ..., note: _str_ | UnsetType | None = ..., from_: _str_ | None = ..., str: float | Decimal | None = ..., biscuits: Sequence[Biscuit] | None = ...) -> None: ...

class Error(ErrorModel, ModelMethods):
    error: str
    status: int
    error_description: str | None
    def __init__(self, /, *, error: str, status: int, error_description: str | None = ...) -> None: ...
