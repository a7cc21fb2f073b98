"""Two inverse pairs: Python values ⇄ messages. The server uses one half of each, the client the other.

    write_request(operation, arguments) -> Request      client, going out
    read_request(operation, request) -> Arguments       server, coming in
    write_response(operation, result) -> Response       server, going out
    read_response(operation, response) -> object        client, coming in

What can be worked out before the first message is worked out once per operation, by the four classes behind them.
"""

from __future__ import annotations

from pymacaron.messages import Arguments, Request, Response
from pymacaron.operations import Operation

from .requests import RequestReader, RequestWriter
from .responses import ResponseReader, ResponseWriter, ResultFault

__all__ = [
    "RequestReader",
    "RequestWriter",
    "ResponseReader",
    "ResponseWriter",
    "ResultFault",
    "check_response",
    "read_request",
    "read_response",
    "write_request",
    "write_response",
]


def write_request(operation: Operation, arguments: Arguments) -> Request:
    """The request that calls `operation` with `arguments`.

    Raises:
        ValidationError: an argument breaks the document.
        TypeError: an argument that the operation does not have.
    """
    writer: RequestWriter = operation.once("write_request", RequestWriter)
    return writer(arguments)


def read_request(operation: Operation, request: Request) -> Arguments:
    """What a request calls `operation` with.

    Raises:
        ValidationError: the request breaks the document; every problem in every location.
        InvalidJsonError, UnsupportedMediaTypeError, PayloadTooLargeError, BadRequestError: the body cannot be read.
    """
    reader: RequestReader = operation.once("read_request", RequestReader)
    return reader(request)


def write_response(operation: Operation, result: object) -> Response:
    """The response that says `result`: a value, (value, status) or (value, status, headers).

    Raises:
        ResultFault: the result cannot be written.
    """
    writer: ResponseWriter = operation.once("write_response", ResponseWriter)
    return writer(result)


def read_response(operation: Operation, response: Response) -> object:
    """What a response says: a model, list, text, bytes or None.

    Raises:
        PyMacaronException: the response is none that the document declares, or breaks it.
    """
    reader: ResponseReader = operation.once("read_response", ResponseReader)
    return reader(response)


def check_response(operation: Operation, response: Response) -> None:
    """That the document declares such a response, as far as its head says; its body is not read.

    Raises:
        PyMacaronException: it does not.
    """
    reader: ResponseReader = operation.once("read_response", ResponseReader)
    reader.expect(response)
