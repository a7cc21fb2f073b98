"""An operation as a function."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from functools import partial
from time import monotonic
from typing import Any, NamedTuple

from pymacaron.calls import current
from pymacaron.config import read_credentials
from pymacaron.documents import Fault, Node, findings
from pymacaron.exceptions import (
    ArgumentFault,
    BindingError,
    Finding,
    PayloadTooLargeError,
    PyMacaronException,
    ValidationError,
    is_error,
)
from pymacaron.inputs import text_type
from pymacaron.messages import ABSENT, Arguments, Request, Response
from pymacaron.names import suggest
from pymacaron.operations import Operation
from pymacaron.transports import TransportFault, WrongAnswer
from pymacaron.wire import write_request

from .errands import Errand, underway
from .exchange import Exchange
from .line import Line
from .options import PER_CALL, Options, for_one_call
from .outcomes import Answered, outcome_of, raised, undeclared, unreached
from .pages import Items, Pages
from .security import security_of
from .waiting import NOT_BEGUN, awaitable, discard_result, in_thread


class Method:
    """Calls an operation: `client.send_mail(body, to="...", timeout=5)`.

    The body comes first, if there is one, the parameters by keyword. Other keywords are options of the call; one whose
    name is also that of a parameter is written with a _ behind it.

    Raises (when called):
        ArgumentFault, TypeError: the arguments are not what the document says. Nothing has been sent.
        CredentialFault: nobody has given the credentials that it demands. Nothing has been sent.
        PyMacaronException: with `client_errors: raise`, for whatever goes wrong there or on the way. Without, it is
            what is returned, and is_error() is true of it.
    """

    def __init__(self, operation: Operation, line: Line) -> None:
        self.operation = operation
        self.__name__ = operation.name
        self.__doc__ = _documentation(operation)
        self._line = line
        taken = {parameter.argument for parameter in operation.parameters}
        self._options = {name + "_" * (name in taken): name for name in PER_CALL}
        self._arguments = taken
        self._headers_keyword = "request_headers" + "_" * ("request_headers" in taken)
        self._takes_body = bool(operation.contents) and not operation.has_form_fields
        self._null_is_body = self._takes_body and _may_be_null(operation)
        self._decorated = self._with_headers
        decorator = decorator_of(operation)
        if decorator.findings:
            raise BindingError(decorator.findings)
        self._is_decorated = decorator.function is not None
        if decorator.function is not None:
            self._decorated = self._decorated_by(decorator.function)
        self._security = security_of(operation, line.document.security_scheme)
        self._ready: tuple[Options, Any] | None = None  # the options that were the last, and the address for them

    async def aio(self, /, *body: Any, **given: Any) -> Any:
        """The call for asyncio: what it gives is awaited, and what comes piece by piece is awaited, too."""
        return await self.awaited(Errand(self), body, given)

    def pages(self, /, *body: Any, **given: Any) -> Pages[Any]:
        """The results of a GET page by page, each answer leading to the next one by `Link: <...>; rel="next"`. For
        `for` and `async for`.

        Raises:
            TypeError: the operation is none of GET.
        """
        if self.operation.method != "GET":
            raise TypeError(f"{self.__name__}() is a {self.operation.method}, and only what is got has pages")
        return Pages(self, body, given)

    def items(self, /, *body: Any, **given: Any) -> Items[Any]:
        """What the pages hold, if they are lists, or objects with one list in them."""
        return Items(self.pages(*body, **given), self.operation)

    async def awaited(self, errand: Errand, body: tuple[Any, ...], given: dict[str, Any]) -> Any:
        """The result of a call that is made in a thread. Its time counts from now."""
        errand.began = monotonic()
        call = partial(self._awaited, errand, body, given)
        try:
            result = await in_thread(call, patience=self._patience(given), discard=discard_result)
        except BaseException:
            errand.is_given_up = True
            raise
        return awaitable(call() if result is NOT_BEGUN else result)

    def _awaited(self, errand: Errand, body: tuple[Any, ...], given: dict[str, Any]) -> Any:
        return errand.run(self, *body, **given)

    def _patience(self, given: Mapping[str, Any]) -> float:
        """Seconds that a call has at the most."""
        said = next((given[name] for name, option in self._options.items() if option == "timeout" and name in given), 0)
        most = said if isinstance(said, int | float) and said > 0 else self._line.options().timeout
        call = current.get()
        left = None if call is None else call.left_ms()
        return most if left is None else min(most, left / 1000)

    def __call__(self, /, *body: Any, **given: Any) -> Any:
        if not self._is_decorated:
            return self._send(body, given)
        headers = given.pop(self._headers_keyword, None) or {}
        if "headers" in given:  # a parameter; what stands around a call knows the headers by that name
            given["headers_"] = given.pop("headers")
        return self._decorated(*body, headers=dict(headers), **given)

    def _decorated_by(self, decorate: Callable[..., Any]) -> Callable[..., Any]:
        """
        Raises:
            BindingError: what the decorator gives cannot be called.
        """
        made: object = decorate(self._with_headers)
        if callable(made):
            return made
        node = self.operation.node.get("x-decorate-request") or self.operation.node
        name, kind = self.operation.extensions["x-decorate-request"], type(made).__name__
        fact = f"{name}, which decorates calls of {self.operation.title}, returned {kind} and no function"
        raise BindingError(findings([node.fault(fact, "let it return the function that it makes")]))

    def _with_headers(self, /, *body: Any, headers: Mapping[str, str] | None = None, **given: Any) -> Any:
        """What `x-decorate-request` wraps."""
        if "headers" in self._arguments and "headers_" in given:
            given["headers"] = given.pop("headers_")
        return self._send(body, {**given, self._headers_keyword: headers})

    def _send(self, body: tuple[Any, ...], given: dict[str, Any]) -> Any:
        options, errand = self._line.options(), underway.get()
        said = given.keys() & self._options.keys()
        if said:
            options = self._for_one_call(options, {self._options[name]: given.pop(name) for name in said})
        if errand is not None and errand.method is not self:
            errand = None
        if errand is not None and errand.raises:
            options = options._replace(errors="raise")
        transport = self._line.transport(options)
        offline = self._line.is_offline
        exchange = Exchange(
            self.operation, self._address(options), options, transport,
            security=None if offline else self._security, errand=errand, replayed=offline,
        )  # fmt: skip
        return self._outcome(exchange, self._request(body, given))

    def _for_one_call(self, options: Options, said: dict[str, Any]) -> Options:
        credentials = said.pop("credentials", None)
        options = for_one_call(options, said)
        if credentials is None:
            return options
        try:
            sources = self._line.sources(read_credentials(credentials, hide=str))
        except ValueError as fault:
            raise ArgumentFault(f"credentials: {fault}") from None
        return options._replace(credentials={**options.credentials, **sources})

    def _address(self, options: Options) -> Any:
        if self._ready is None or self._ready[0] is not options:
            self._ready = options, self._line.address(self.operation, options)
        return self._ready[1]

    def _request(self, body: tuple[Any, ...], given: Mapping[str, Any]) -> Request:
        if len(body) > self._takes_body:
            raise TypeError(f"{self.__name__}() takes {'one body' if self._takes_body else 'no body'} by position")
        value = body[0] if body else ABSENT
        if value is None and not self._null_is_body:
            value = ABSENT
        for name in given:
            if name not in self._arguments:
                raise TypeError(f"{self.__name__}() has no parameter {name!r}; {self._cure(name)}")
        try:
            return write_request(self.operation, Arguments(value, dict(given)))
        except ValidationError as error:
            raise self._wrong(error) from None

    def _wrong(self, error: ValidationError) -> ArgumentFault:
        text = f"{self.operation.api}.{self.__name__}() was called wrongly: {error}"
        return ArgumentFault(text, error.problems)

    def _cure(self, name: str) -> str:
        known = [*self._arguments, *self._options]
        return suggest(name, known) or f"it has {', '.join(sorted(self._arguments)) or 'none'}"

    def _outcome(self, exchange: Exchange, request: Request) -> Any:
        """The result of a call, or its error as it was asked for."""
        response: Response | None = None
        try:
            response = exchange.perform(request)
            result = self._read(exchange, response)
        except TransportFault as fault:
            result = unreached(self.operation, exchange.origin, fault)
        except ValidationError as error:  # of an item, when its turn came
            raise self._wrong(error) from None
        if isinstance(result, Iterator):
            result = self._items(result, exchange)
        options = exchange.options
        if options.errors == "raise" and is_error(result) and (response is None or _is_wrong(result, response)):
            raise result if isinstance(result, PyMacaronException) else raised(result)
        return _with_response(result, response) if options.with_response else result

    def _read(self, exchange: Exchange, response: Response) -> Any:
        """What an answer says.

        Raises:
            TransportFault: it cannot be read.
        """
        operation, origin = self.operation, exchange.origin
        if not exchange.is_stream(response):
            return outcome_of(operation, origin, response, hide=exchange.hide)
        fault = undeclared(operation, origin, response, hide=exchange.hide)
        return fault or exchange.stream(response, lambda fault: unreached(operation, origin, fault))

    def _items(self, items: Iterator[Any], exchange: Exchange) -> Iterator[Any]:
        """Items as they come."""
        try:
            yield from items
        except TransportFault as fault:
            raise unreached(self.operation, exchange.origin, fault) from fault
        except PayloadTooLargeError:
            wrong = WrongAnswer("an item of its answer is too long")
            raise unreached(self.operation, exchange.origin, wrong) from None

    def __repr__(self) -> str:
        return f"<{self.operation.api}.{self.__name__}: {self.operation.title}>"


class Decorator(NamedTuple):
    """What wraps the calls of an operation, and what is wrong with it."""

    function: Callable[..., Any] | None = None
    findings: Sequence[Finding] = ()


def decorator_of(operation: Operation) -> Decorator:
    """What `x-decorate-request` names."""
    path = operation.extensions.get("x-decorate-request")
    if not isinstance(path, str):
        return Decorator()
    # 5 ms to import, for documents that have such keys
    from pymacaron.binding.importing import Importer
    from pymacaron.binding.sources import Sources

    faults: list[Fault] = []

    def tell(node: Node, fact: str, cure: str | None) -> None:
        faults.append(node.fault(fact, cure))

    node = operation.node.get("x-decorate-request") or operation.node
    function = Importer(tell, Sources()).function(path, node, f"for calls of {operation.title}")
    return Decorator(function, findings(faults))


def check_decorators(operations: Iterable[Operation]) -> None:
    """
    Raises:
        BindingError: with what `x-decorate-request` names and is not there.
    """
    found = [one for operation in operations for one in decorator_of(operation).findings]
    if found:
        raise BindingError(found)


def _is_wrong(result: Any, response: Response) -> bool:
    """Is a result an error, and no value that looks like one?"""
    return response.status >= 400 or isinstance(result, PyMacaronException)


def _with_response(result: Any, response: Response | None) -> Answered[Any]:
    if response is None:
        return Answered(result, None, {})
    headers: dict[str, str] = {}
    for name, text in response.headers:
        key = name.lower()
        headers[key] = f"{headers[key]}, {text}" if key in headers else text
    return Answered(result, response.status, headers)


def _may_be_null(operation: Operation) -> bool:
    nodes = [content.schema.node for content in operation.contents if content.schema is not None]
    return any("null" in text_type(operation.shapes.schemas, node).kinds for node in nodes)


def _documentation(operation: Operation) -> str:
    value = operation.node.value
    said = [str(value[key]) for key in ("summary", "description") if isinstance(value.get(key), str)]
    return "\n\n".join([operation.title, *said])
