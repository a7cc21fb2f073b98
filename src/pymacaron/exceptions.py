"""Every error there is. Two families, because two different people read them.

    PyMacaronError                      the root of both
    ├── PyMacaronException              for callers: becomes a response (code, status, error_id, user_message)
    │   ├── BadRequestError             400 BAD_REQUEST
    │   │   ├── ValidationError         400 INVALID_PARAMETER, with every problem found
    │   │   ├── InvalidJsonError        400 INVALID_JSON, with the offset
    │   │   └── ItemRefusedError        400 ITEM_REFUSED: what no store keeps, such as an empty key
    │   ├── AuthError                   401
    │   │   ├── AuthMissingHeaderError  401 AUTHORIZATION_HEADER_MISSING
    │   │   ├── AuthTokenExpiredError   401 TOKEN_EXPIRED
    │   │   └── AuthInvalidTokenError   401 TOKEN_INVALID
    │   ├── ForbiddenError              403 FORBIDDEN
    │   ├── NotFoundError               404 NOT_FOUND
    │   │   └── ItemNotFound            404 ITEM_NOT_FOUND
    │   ├── MethodNotAllowedError       405 METHOD_NOT_ALLOWED
    │   ├── NotAcceptableError          406 NOT_ACCEPTABLE
    │   ├── ConditionFailedError        409 CONDITION_FAILED: the item in the store is not as it had to be
    │   ├── PayloadTooLargeError        413 PAYLOAD_TOO_LARGE
    │   │   └── ItemTooLargeError       413 ITEM_TOO_LARGE
    │   ├── UnsupportedMediaTypeError   415 UNSUPPORTED_MEDIA_TYPE
    │   ├── TooManyRequestsError        429 TOO_MANY_REQUESTS
    │   ├── InternalServerError         500 SERVER_ERROR
    │   ├── UnhandledServerError        500 UNHANDLED_SERVER_ERROR
    │   ├── NotWrittenError             501 NOT_IMPLEMENTED: a function that `pymacaron handlers` has begun
    │   ├── BadGatewayError             502 BAD_GATEWAY: a service that was called answered what it must not
    │   ├── TaskFailedError             500 TASK_FAILED: a task ended with an error that is not one of these
    │   ├── TaskCancelledError          410 TASK_CANCELLED
    │   ├── OperationEndedError         409 OPERATION_ENDED: too late to cancel it
    │   ├── ServiceUnavailableError     503 SERVICE_UNAVAILABLE
    │   │   └── DependencyFault         503; callers are not told where it is
    │   │       ├── QueueUnavailableError  503 QUEUE_UNAVAILABLE: the broker of tasks cannot be reached
    │   │       ├── StoreDownError      503 STORE_DOWN
    │   │       ├── StoreThrottledError 503 STORE_THROTTLED
    │   │       └── TableMissingError   503 TABLE_MISSING
    │   └── DeadlineExceededError       504 DEADLINE_EXCEEDED
    ├── ArgumentFault                   for the programmer: a client was called with what its document does not take
    ├── TaskValueError                  for the programmer: a task was fired with what cannot travel to a worker
    ├── TasksOffError                   for the programmer: a task was fired without with_async
    ├── DoubleFault                     for the programmer: what stands in for another service in a test cannot do so
    │   ├── WrongFakeError              a fake gives what the document does not allow, or there is none
    │   └── NotRecordedError            a request that is not on the recording
    ├── CredentialFault                 for the programmer: a client was called without what its document demands
    └── StartError                      for the programmer: stops the start, every finding in one message
        ├── ConfigurationError          pym-config.yaml or the environment
        ├── DocumentError               an OpenAPI document
        ├── BindingError                the code does not fit the document
        ├── EngineError                 no container engine answers, or it refused what it was asked
        └── DeployError                 a deployment: what it lacks, what failed, how it stands

Users make their own by subclassing PyMacaronException or by calling add_error().
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from functools import cached_property
from random import getrandbits
from typing import TYPE_CHECKING, Any, NamedTuple, NoReturn

from ._types import Json, JsonObject


class PyMacaronError(Exception):
    """The root of every error that pymacaron raises itself."""


class Problem(NamedTuple):
    """One thing wrong with a request.

    `where` is "body", "path", "query", "header" or "cookie"; `name` the parameter, or the JSON pointer (RFC 6901)
    into the body; `code` the schema keyword or the kind of fault; `expected` says what would have been right. The
    value that was sent is never part of it. `spec` is where the document declares the parameter, as the fragment of a
    URI (RFC 6901 section 6): "#/paths/~1pets/get/parameters/0"; "" for bodies, and for what is declared in other files.
    """

    where: str
    name: str
    code: str
    expected: str
    spec: str = ""

    def to_json(self) -> JsonObject:
        where, name, code, expected, spec = self
        told = {"in": where, "pointer" if where == "body" else "name": name, "code": code, "expected": expected}
        if spec:
            told["spec"] = spec
        return told

    def __str__(self) -> str:
        where, name, _, expected, _ = self
        return f"{where} {name}: {expected}" if name else f"{where}: {expected}"


def _error_id_prefix() -> str:
    text = f"{getrandbits(76):019x}"
    return f"{text[:8]}-{text[8:12]}-4{text[12:15]}-8{text[15:18]}-"


_PREFIX = _error_id_prefix()
_AHEAD = 1 << 48  # keeps the zeros that random digits begin with


def new_error_id() -> str:
    """A UUID (version 4, RFC 9562) as text: the first half drawn once per process, the last 48 bits each time. It
    identifies an error, and protects nothing."""
    return _PREFIX + hex(_AHEAD + getrandbits(48))[3:]


class PyMacaronException(PyMacaronError):
    """An error for the caller of an operation. Raise it, or return it.

    The text is the `error_description`. Subclasses set `code` and `status`.
    """

    code: str = "SERVER_ERROR"
    status: int = 500
    headers: tuple[tuple[str, str], ...] = ()
    user_message: str | None = None
    cause: object = None

    def __init__(self, text: str = "", user_message: str | None = None, error_id: str | None = None) -> None:
        self.args = (text,)
        self.error_description = str(text)  # whatever was raised with, a body has text
        self.error_id = error_id or new_error_id()
        if user_message is not None:
            self.user_message = user_message

    @cached_property  # so that errors of the users' may have an `error` of their own
    def error(self) -> str:
        """The code, under its name in bodies and models of errors: whatever `is_error` is true of has `error`,
        `status`, `error_description` and `error_id`."""
        return self.code

    def tell_user(self, text: str) -> PyMacaronException:
        """Set the message meant for the end user; returns the error, for `raise X("...").tell_user("...")`."""
        self.user_message = text
        return self

    def caught(self, error: object) -> PyMacaronException:
        """Remember the exception or error model that led to this one; its error_id, if it has one, is kept."""
        self.cause = error
        self.error_id = getattr(error, "error_id", None) or self.error_id
        if isinstance(error, BaseException):
            self.__cause__ = error
        return self

    def to_json(self) -> JsonObject:
        """The error as the body that every error has (contract: one JSON body for every error)."""
        body: JsonObject = {
            "error": self.code,
            "error_description": self.error_description,
            "error_id": self.error_id,
            "status": self.status,
        }
        if self.user_message is not None:
            body["user_message"] = self.user_message
        return body

    def response_headers(self) -> list[tuple[str, str]]:
        """Headers that the response to this error carries, such as Allow for a 405."""
        return list(self.headers)

    def http_reply(self) -> Any:
        """The error as a Flask response.

        Raises:
            RuntimeError: outside a started service.
        """
        return _edge("http_reply")(self)

    def to_model(self, api: str | None = None) -> Any:
        """The error as the `Error` model of the service's document; `api` names one where several have it.

        Raises:
            RuntimeError: outside a started service.
        """
        return _edge("to_model")(self, api)

    def __reduce__(self) -> tuple[Any, ...]:
        return (_rebuild, (type(self), dict(self.__dict__, cause=None), self.args))


def _rebuild(cls: type[PyMacaronException], state: dict[str, Any], args: tuple[Any, ...]) -> PyMacaronException:
    error = cls.__new__(cls, *args)
    Exception.__init__(error, *args)
    error.__dict__.update(state)
    return error


class BadRequestError(PyMacaronException):
    """The request is not valid HTTP, or the root of errors about what a caller sent."""

    code, status = "BAD_REQUEST", 400


class ValidationError(BadRequestError):
    """The request does not match the document. `problems` lists every fault, in every location."""

    code = "INVALID_PARAMETER"
    problems: tuple[Problem, ...] = ()

    def __init__(
        self,
        text: str = "",
        problems: Iterable[Problem] = (),
        user_message: str | None = None,
        error_id: str | None = None,
    ) -> None:
        self.problems = found = tuple(problems)
        if not text:  # one problem is the most frequent number
            text = found[0].__str__() if len(found) == 1 else "; ".join(map(Problem.__str__, found[:20]))
        PyMacaronException.__init__(self, text, user_message, error_id)

    def to_json(self) -> JsonObject:
        body = PyMacaronException.to_json(self)  # not by super(): these are made by the million, too
        if self.problems:
            body["errors"] = [problem.to_json() for problem in self.problems]
        return body


class InvalidJsonError(BadRequestError):
    """The body is not JSON (RFC 8259). `offset` is the byte where reading failed, None if that is not known."""

    code = "INVALID_JSON"
    offset: int | None = None

    def __init__(self, text: str = "", offset: int | None = None, **more: Any) -> None:
        self.offset = offset
        super().__init__(text, **more)

    def to_json(self) -> JsonObject:
        body = super().to_json()
        if self.offset is not None:
            body["offset"] = self.offset
        return body


class AuthError(PyMacaronException):
    """The caller could not be identified.

    The header WWW-Authenticate says which credentials are accepted (RFC 9110 section 15.5.2). If you raise this error
    yourself, it says that a token is.
    """

    code, status = "UNAUTHORIZED", 401
    headers: tuple[tuple[str, str], ...] = (("WWW-Authenticate", "Bearer"),)


class AuthMissingHeaderError(AuthError):
    """The request has no token."""

    code = "AUTHORIZATION_HEADER_MISSING"


class AuthTokenExpiredError(AuthError):
    """The token was valid, and has expired."""

    code = "TOKEN_EXPIRED"


class AuthInvalidTokenError(AuthError):
    """The token is not valid."""

    code = "TOKEN_INVALID"


class ForbiddenError(PyMacaronException):
    """The caller is known, and may not do this."""

    code, status = "FORBIDDEN", 403


class NotFoundError(PyMacaronException):
    """No operation has this path, or there is no such thing as the one asked for."""

    code, status = "NOT_FOUND", 404


class MethodNotAllowedError(PyMacaronException):
    """The path exists, but not with this method. `allowed` becomes the header Allow (RFC 9110 section 15.5.6)."""

    code, status = "METHOD_NOT_ALLOWED", 405
    allowed: tuple[str, ...] = ()

    def __init__(self, text: str = "", allowed: Iterable[str] = (), **more: Any) -> None:
        self.allowed = tuple(sorted(allowed))
        super().__init__(text, **more)

    def response_headers(self) -> list[tuple[str, str]]:
        return [("Allow", ", ".join(self.allowed))]


class NotAcceptableError(PyMacaronException):
    """The operation has no response of a media type that the header Accept allows."""

    code, status = "NOT_ACCEPTABLE", 406


class PayloadTooLargeError(PyMacaronException):
    """The body is longer than `max_body` allows."""

    code, status = "PAYLOAD_TOO_LARGE", 413


class UnsupportedMediaTypeError(PyMacaronException):
    """The operation does not take a body of this media type or encoding. `accept` and `accept_encoding`, which say what
    it takes, become the headers Accept and Accept-Encoding (RFC 9110 section 15.5.16)."""

    code, status = "UNSUPPORTED_MEDIA_TYPE", 415
    accept = accept_encoding = ""

    def __init__(self, text: str = "", accept: str = "", accept_encoding: str = "", **more: Any) -> None:
        self.accept, self.accept_encoding = accept, accept_encoding
        super().__init__(text, **more)

    def response_headers(self) -> list[tuple[str, str]]:
        given = (("Accept", self.accept), ("Accept-Encoding", self.accept_encoding))
        return [(name, text) for name, text in given if text]


class TooManyRequestsError(PyMacaronException):
    """The caller has made too many requests, and has to wait."""

    code, status = "TOO_MANY_REQUESTS", 429


class InternalServerError(PyMacaronException):
    """The service failed."""

    code, status = "SERVER_ERROR", 500


class UnhandledServerError(PyMacaronException):
    """A function raised an unexpected exception, which is the `__cause__`. Callers do not see its text."""

    code, status = "UNHANDLED_SERVER_ERROR", 500


class NotWrittenError(PyMacaronException):
    """The function of this operation has not been written yet."""

    code, status = "NOT_IMPLEMENTED", 501


class BadGatewayError(PyMacaronException):
    """A service that was called answered something that its document does not allow."""

    code, status = "BAD_GATEWAY", 502


class TaskFailedError(PyMacaronException):
    """A task ended with an exception that is not a PyMacaronException. `kind` is the name of its class."""

    code, status = "TASK_FAILED", 500
    kind = ""


class TaskCancelledError(PyMacaronException):
    """The task whose result was requested was cancelled."""

    code, status = "TASK_CANCELLED", 410


class OperationEndedError(PyMacaronException):
    """A long operation has already ended, and cannot be cancelled."""

    code, status = "OPERATION_ENDED", 409


class ServiceUnavailableError(PyMacaronException):
    """The service, or one that was called, cannot answer at the moment."""

    code, status = "SERVICE_UNAVAILABLE", 503


class DependencyFault(ServiceUnavailableError):
    """Something that the service depends on is not available.

    The text of the error says what and where, for logs and reports. Callers get the fixed sentence `told` instead.
    """

    told = "Something that the service depends on is not available"
    headers: tuple[tuple[str, str], ...] = (("Retry-After", "5"),)

    def __init__(self, text: str = "", user_message: str | None = None, error_id: str | None = None) -> None:
        super().__init__(text, user_message, error_id)
        self.error_description = self.told


class QueueUnavailableError(DependencyFault):
    """The broker of the tasks cannot be reached, or did not confirm a task."""

    code = "QUEUE_UNAVAILABLE"
    told = "The task queue cannot be reached, or did not confirm the task"


class DeadlineExceededError(PyMacaronException):
    """The deadline of the call has passed."""

    code, status = "DEADLINE_EXCEEDED", 504


class ItemNotFound(NotFoundError):
    """The store has no such item."""

    code = "ITEM_NOT_FOUND"


class ItemRefusedError(BadRequestError):
    """The store cannot keep this item, or read this cursor: an empty key, NaN, too many levels of nesting, a cursor of
    another query."""

    code = "ITEM_REFUSED"


class ConditionFailedError(PyMacaronException):
    """The condition of a write does not hold for the item in the store. Nothing was written."""

    code, status = "CONDITION_FAILED", 409


class ItemTooLargeError(PayloadTooLargeError):
    """The item would have more than 400 KiB."""

    code = "ITEM_TOO_LARGE"


class StoreDownError(DependencyFault):
    """The store cannot be reached, or cannot write."""

    code = "STORE_DOWN"
    told = "The store cannot be reached, or cannot write"


class StoreThrottledError(DependencyFault):
    """The store has too many requests. The action was tried several times, and not done."""

    code = "STORE_THROTTLED"
    told = "The store is overloaded"
    headers = (("Retry-After", "1"),)


class TableMissingError(DependencyFault):
    """The store has no such table, or the table has no such index."""

    code = "TABLE_MISSING"
    told = "A table is missing from the store"
    headers = ()  # it will not come by itself


class ArgumentFault(PyMacaronError, ValueError):
    """The arguments of a client's method do not match the document. `problems` lists every fault.

    In a service, this is a mistake of the service: its caller gets a 500.
    """

    def __init__(self, text: str, problems: Iterable[Problem] = ()) -> None:
        self.problems = tuple(problems)
        super().__init__(text)


class DoubleFault(PyMacaronError):
    """What stands in for another service in a test cannot do so."""


class WrongFakeError(DoubleFault):
    """A fake returns something that the document does not allow, or an operation without a fake was called."""


class NotRecordedError(DoubleFault):
    """The recording does not have this request, or cannot be read."""


class CredentialFault(PyMacaronError):
    """The document demands credentials for this call, and there are none. Nothing was sent."""


class TaskValueError(PyMacaronError, TypeError):
    """An argument or the result of a task has a type that cannot be passed between processes."""


class TasksOffError(PyMacaronError, RuntimeError):
    """A task was fired, and tasks are not turned on (`with_async`)."""


class Finding(NamedTuple):
    """One thing that stops the start: where it is, the fact, and the cure where there is one.

    `place` is "file:line:column", "file:line" or a name; `path` the place inside the document or configuration.
    """

    place: str
    path: str
    fact: str
    cure: str | None = None
    excerpt: str | None = None

    def __str__(self) -> str:
        text = f"{self.place}: {self.path + ': ' if self.path else ''}{self.fact}"
        if self.cure:
            text += f"; {self.cure}"
        if not text.isprintable():  # documents are foreign, and terminals obey
            text = "".join(one if one.isprintable() or one == "\n" else repr(one)[1:-1] for one in text)
        return f"{text}\n{self.excerpt}" if self.excerpt else text


class StartError(PyMacaronError):
    """The service or command cannot start. `findings` has every reason; the message lists all of them."""

    title = "pymacaron cannot start"

    def __init__(self, findings: Iterable[Finding] | str) -> None:
        if isinstance(findings, str):
            self.findings: tuple[Finding, ...] = ()
            super().__init__(findings)
            return
        self.findings = tuple(findings)
        count = len(self.findings)
        listing = "\n".join(map(str, self.findings))
        super().__init__(f"{self.title} ({count} finding{'s' if count != 1 else ''}):\n{listing}")


class ConfigurationError(StartError):
    """`pym-config.yaml`, or an environment variable, is wrong."""

    title = "the configuration is faulty"


class DocumentError(StartError):
    """An OpenAPI document is not valid."""

    title = "the OpenAPI documents cannot be used"


class BindingError(StartError):
    """The code does not fit the OpenAPI document."""

    title = "the code does not fit the document"


class EngineError(StartError):
    """No container engine answers, or it refused a request."""


class DeployError(StartError):
    """A deployment cannot begin, or has failed. `exit_code` says what is live now; see docs/deploy.md."""

    title = "the service cannot be deployed"

    def __init__(self, findings: Iterable[Finding] | str, *, exit_code: int = 2) -> None:
        super().__init__(findings)
        self.exit_code = exit_code


_KNOWN_BY_STATUS: dict[int, type[PyMacaronException]] = {
    cls.status: cls
    for cls in (
        BadRequestError, AuthError, ForbiddenError, NotFoundError, MethodNotAllowedError, NotAcceptableError,
        PayloadTooLargeError, UnsupportedMediaTypeError, TooManyRequestsError, InternalServerError, BadGatewayError,
        ServiceUnavailableError, DeadlineExceededError,
    )
}  # fmt: skip


def error_of_status(status: int, text: str) -> PyMacaronException:
    """The error for a bare HTTP status: its own class where there is one, else one whose code is made from the
    status' reason phrase (RFC 9110 section 15)."""
    cls = _KNOWN_BY_STATUS.get(status)
    if cls is not None:
        return cls(text)
    from http import HTTPStatus  # costs 1 ms of import time, and is needed for rare statuses only

    error = PyMacaronException(text)
    error.status = status
    try:
        error.code = HTTPStatus(status).phrase.upper().replace(" ", "_").replace("-", "_").replace("'", "")
    except ValueError:
        error.code = f"HTTP_{status}"
    return error


def add_error(name: str, code: str, status: int) -> type[PyMacaronException]:
    """Make a subclass of PyMacaronException with the name `name`, and return it.

    Raises:
        ValueError: `name` is not an identifier, or `status` is not the status of an error (400 to 599).
    """
    if not name.isidentifier():
        raise ValueError(f"add_error: {name!r} is not a Python identifier; use a class name such as 'InvalidUserError'")
    if not 400 <= status <= 599:
        raise ValueError(f"add_error: status {status} of {name} is not an error status; use one from 400 to 599")
    return type(name, (PyMacaronException,), {"code": code, "status": status, "__module__": __name__})


def _field(error: object, name: str) -> Any:
    if isinstance(error, Mapping):
        return error.get(name)
    return getattr(error, name, None)


if TYPE_CHECKING:  # which errors an API has, `pymacaron stubs` tells checkers
    from pymacaron_apis.errors import is_error as is_error  # noqa: PLC0414 - so it is exported
else:

    def is_error(value: object) -> bool:
        """Whether a value is an error: a PyMacaronException, or the error of another service, which is a model or dict
        with a code in `error` and a `status` of 400 or more."""
        if isinstance(value, PyMacaronException):
            return True
        status = _field(value, "status")
        return isinstance(_field(value, "error"), str) and isinstance(status, int) and status >= 400


def _class_of_code(code: str, root: type[PyMacaronException] = PyMacaronException) -> type[PyMacaronException] | None:
    for cls in root.__subclasses__():
        if cls.code == code:
            return cls
        found = _class_of_code(code, cls)
        if found is not None:
            return found
    return None


def raise_error(model: object) -> NoReturn:
    """Raise what an error model or dict says, as the class that has its code where this process knows one.

    Raises:
        PyMacaronException: always; with the model's description, user message, status and error_id.
    """
    if isinstance(model, PyMacaronException):
        raise model
    code = _field(model, "error")
    cls = _class_of_code(code) if isinstance(code, str) else None
    error = PyMacaronException.__new__(cls or PyMacaronException)
    PyMacaronException.__init__(error, str(_field(model, "error_description") or ""))
    error.code = code if isinstance(code, str) else error.code
    error.status = _field(model, "status") or error.status
    error.user_message = _field(model, "user_message")
    raise error.caught(model)


def format_error(exception: BaseException) -> Json:
    """The default `error_callback`: the body for an exception, as a dict. What is not ours is an
    UnhandledServerError whose text is kept to ourselves."""
    if not isinstance(exception, PyMacaronException):
        exception = UnhandledServerError(HIDDEN).caught(exception)
    return exception.to_json()


HIDDEN = "An unexpected error occurred in the service; the error_id identifies it"

_edges: dict[str, Callable[..., Any]] = {}


def spare_the_worker(error: BaseException, what: str) -> None:
    """Called with what has ended a function of the user's: sys.exit() and the like would end the worker, with all the
    calls that it is answering. Ctrl-C may, which comes to the main thread.

    Raises:
        RuntimeError: instead of such an exception.
    """
    import threading  # loaded long before anything is answered

    is_typed = isinstance(error, KeyboardInterrupt) and threading.current_thread() is threading.main_thread()
    if not isinstance(error, Exception) and not is_typed:
        raise RuntimeError(f"{what} ended with {type(error).__name__}") from error


def set_edges(**functions: Callable[..., Any]) -> None:
    """The composition root gives what needs Flask (`http_reply`) or models (`to_model`)."""
    _edges.update(functions)


def _edge(name: str) -> Callable[..., Any]:
    try:
        return _edges[name]
    except KeyError:
        raise RuntimeError(f"{name}() needs a started service: call API(...).start() first") from None
