"""The errors of this service.

Written by `pymacaron stubs`; changes are lost.
"""
from typing import Literal, TypeAlias
from typing_extensions import TypeIs

from pymacaron.exceptions import PyMacaronException

class ErrorModel:
    """What errors of other services arrive as."""

ErrorCode: TypeAlias = Literal[
    'AUTHORIZATION_HEADER_MISSING',
    'BAD_GATEWAY',
    'BAD_REQUEST',
    'CONDITION_FAILED',
    'DEADLINE_EXCEEDED',
    'FORBIDDEN',
    'INVALID_JSON',
    'INVALID_PARAMETER',
    'ITEM_NOT_FOUND',
    'ITEM_REFUSED',
    'ITEM_TOO_LARGE',
    'METHOD_NOT_ALLOWED',
    'NOT_ACCEPTABLE',
    'NOT_FOUND',
    'NOT_IMPLEMENTED',
    'OPERATION_ENDED',
    'PAYLOAD_TOO_LARGE',
    'QUEUE_UNAVAILABLE',
    'SERVER_ERROR',
    'SERVICE_UNAVAILABLE',
    'STORE_DOWN',
    'STORE_THROTTLED',
    'TABLE_MISSING',
    'TASK_CANCELLED',
    'TASK_FAILED',
    'TOKEN_EXPIRED',
    'TOKEN_INVALID',
    'TOO_HOT',
    'TOO_MANY_REQUESTS',
    'UNAUTHORIZED',
    'UNHANDLED_SERVER_ERROR',
    'UNSUPPORTED_MEDIA_TYPE',
]

def is_error(value: object) -> TypeIs[PyMacaronException | ErrorModel]: ...
