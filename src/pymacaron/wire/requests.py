"""Requests: read by the server, written by the client."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

from pymacaron.exceptions import Problem, ValidationError
from pymacaron.inputs import InputFault, Inputs
from pymacaron.messages import ABSENT, Arguments, Request
from pymacaron.operations import Operation

from .form_fields import FormFields
from .request_bodies import RequestBodies


class RequestReader:
    """Reads the requests of one operation.

    Args:
        strict_query: refuse query parameters that the document does not declare.
        max_body: how many bytes a body may have, None for any number; the operation's `x-max-body` goes before it.

    Attributes:
        read: what a call reads, as a plain pair and with no step between: on the request path each of them counts.
    """

    read: Callable[[Request], tuple[Any, dict[str, Any]]]

    def __init__(self, operation: Operation, *, strict_query: bool = False, max_body: int | None = None) -> None:
        self.operation = operation
        self._inputs = Inputs(operation, strict_query=strict_query) if operation.parameters or strict_query else None
        self._bodies = RequestBodies(operation, max_body) if operation.contents else None
        if operation.has_form_fields:
            self._fields = FormFields(operation)
            self.read = self._with_fields
        elif self._inputs is not None:
            self.read = self._with_inputs
        else:
            self.read = _nothing if self._bodies is None else self._bodies.read_alone

    def __call__(self, request: Request) -> Arguments:
        return Arguments(*self.read(request))

    def _with_inputs(self, request: Request) -> tuple[Any, dict[str, Any]]:
        assert self._inputs is not None
        try:
            parameters = self._inputs.read(request)
        except InputFault as fault:
            raise ValidationError(problems=[*fault.problems, *self._body_problems(request)]) from None
        return ABSENT if self._bodies is None else self._bodies.read(request), parameters

    def _body_problems(self, request: Request) -> tuple[Problem, ...]:
        """What is wrong with the body too, when a parameter was."""
        try:
            if self._bodies is not None:
                self._bodies.read(request)
        except ValidationError as error:
            return error.problems
        return ()

    def _with_fields(self, request: Request) -> tuple[Any, dict[str, Any]]:
        assert self._bodies is not None
        opened = self._bodies.open(request, request.headers.get("content-type")) if request.body else None
        fields, parameters = self._fields.read(opened, self._bodies.limit)
        problems = fields.problems
        if self._inputs is not None:
            faulty = {problem.name for problem in problems}
            try:
                parameters.update(self._inputs.read(request, fields.texts))
            except InputFault as fault:
                problems = problems + [problem for problem in fault.problems if problem.name not in faulty]
        if problems:
            raise ValidationError(problems=problems)
        return ABSENT, parameters


def _nothing(_: Request) -> tuple[Any, dict[str, Any]]:
    return ABSENT, {}


class RequestWriter:
    """Writes the requests of one operation."""

    def __init__(self, operation: Operation) -> None:
        self.operation = operation
        self._inputs = Inputs(operation)
        self._bodies = RequestBodies(operation) if operation.contents else None
        self._fields = FormFields(operation)
        self._known = {parameter.argument for parameter in operation.parameters}
        self._files = {parameter.argument for parameter in operation.parameters if parameter.is_file}
        self._path, self._fixed = _route(operation)

    def __call__(self, arguments: Arguments) -> Request:
        unknown = arguments.parameters.keys() - self._known
        if unknown:
            names = ", ".join(sorted(self._known)) or "none"
            raise TypeError(f"{self.operation.name}() has no parameter {min(unknown)!r}; it has {names}")
        texts = {name: value for name, value in arguments.parameters.items() if name not in self._files}
        try:
            written = self._inputs.write(texts)
        except InputFault as fault:
            raise ValidationError(problems=fault.problems) from None
        headers = {name.lower(): text for name, text in written.headers}
        if written.cookies:
            headers["cookie"] = "; ".join(written.cookies)
        body = self._body(arguments, written.form, headers)
        if isinstance(body, bytes) and body:
            headers["content-length"] = str(len(body))
        path = self._path
        for name, text in written.path.items():
            path = path.replace("{" + name + "}", text)
        query = [*self._fixed_beside(written.query), *written.query]
        return Request(self.operation.method, path, "&".join(query), headers, body)

    def _fixed_beside(self, query: list[str]) -> list[str]:
        """What the query has to hold so that this operation is meant, as far as it does not say so itself."""
        if not self._fixed:
            return []
        named = {pair.partition("=")[0] for pair in query}
        return [pair for pair in self._fixed if pair.partition("=")[0] not in named]

    def _body(self, arguments: Arguments, pairs: list[str], headers: dict[str, str]) -> Any:
        form = self._fields.write(pairs, arguments.parameters, headers)
        if form is not None:
            return form
        if arguments.body is ABSENT:
            if self.operation.body_required and any(one.schema is not None for one in self.operation.contents[:1]):
                raise ValidationError(problems=[Problem("body", "", "required", "a body (required)")])
            return b""
        if self._bodies is None:
            raise TypeError(f"{self.operation.name}() takes no body")
        return self._bodies.write(arguments.body, headers)


_TAIL = re.compile(r"[?#](?![^{]*\})")  # outside of braces


def _route(operation: Operation) -> tuple[str, list[str]]:
    """(the path that is sent, what its query always holds): some documents tell the operations of one route apart by
    parts after "?" or "#"."""
    route, *tails = _TAIL.split(operation.path)
    given = {parameter.name for parameter in operation.parameters}
    parts = [part.partition("=") for tail in tails for part in tail.split("&") if "{" not in part]
    # a name without a value says no more than that its parameter is sent; a header may be meant
    return route, ["".join(part) for part in parts if part[0] and (part[2] or part[0] not in given)]
