"""The calls to the autorest test server, and what has to come of each: autorest.yaml put to work."""

from __future__ import annotations

import re
from collections.abc import Iterator
from fnmatch import fnmatchcase
from pathlib import Path
from typing import Any, NamedTuple

import servers

from pymacaron.client import Answered, Client
from pymacaron.config import get_config
from pymacaron.exceptions import ArgumentFault, BadGatewayError, PyMacaronException, is_error
from pymacaron.formats import Formats
from pymacaron.operations import Operation
from pymacaron.pool import ApiPool
from pymacaron.servers import Reach

Said = dict[str, Any]  # what autorest.yaml says of a document, of an operation, or of a call


class Outcome(NamedTuple):
    """What became of a call.

    Attributes:
        wrong: what should have been otherwise; "" if nothing.
        is_listed: is that known, with the scenario that stands in autorest_exceptions.toml?
    """

    operation: str
    wrong: str
    is_listed: bool


class Api:
    """The calls to one document.

    Args:
        said: what autorest.yaml says of it.

    Raises:
        DocumentError: it cannot be loaded.
    """

    def __init__(self, path: Path, said: Said, port: int) -> None:
        name = re.sub(r"\W", "_", path.stem)
        # It fails on purpose, and is asked all the same.
        get_config().clients = {**get_config().clients, name: {"max_failures": 0}}
        (api,) = ApiPool.load({name: str(path)}, Formats(), Reach(host="127.0.0.1", port=port, proto="http"))
        self._client: Client = api.client
        self._said = said
        methods = [getattr(api.client, one.name) for one in api.document.operations]
        self._operations: list[Operation] = [method.operation for method in methods]
        self._results: dict[str, Any] = {}  # of GET, by path

    def outcomes(self) -> Iterator[Outcome]:
        """Call everything: what gives first, since its results are what others take."""
        for operation in sorted(self._operations, key=lambda one: one.method != "GET"):
            for said in self._calls(operation):
                yield Outcome(operation.name, self._wrong(operation, said), bool(said.get("listed")))

    def _calls(self, operation: Operation) -> list[Said]:
        usual: Said = {}
        calls: list[Said] = [{}]
        for said in matching(self._said, operation.name):
            if isinstance(said, list):
                calls = said
            else:
                usual = merged(usual, said)
        return [] if usual.get("left_out") else [merged(usual, call) for call in calls]

    def _wrong(self, operation: Operation, said: Said) -> str:
        options = {"with_response": True, **said.get("options", {})}
        arguments = constants(operation) | said.get("args", {})
        method = getattr(self._client, operation.name)
        try:
            answered = method(*self._body(operation, said), **arguments, **options)
        except (ArgumentFault, TypeError) as fault:
            return "" if said.get("refused") else f"the call is refused: {fault}"
        if said.get("refused"):
            return "the call is sent"
        if operation.method == "GET":
            self._results[operation.path] = answered.result
        return judged(said, answered, is_shown=self._is_shown(operation))

    def _body(self, operation: Operation, said: Said) -> tuple[Any, ...]:
        if not operation.contents:
            return ()
        if "body" in said:
            return (said["body"],)
        if "bytes" in said:
            return (said["bytes"].encode(),)
        if "file" in said:
            return ((servers.HERE / said["file"]).read_bytes(),)
        given = self._results.get(operation.path)
        return (given,) if operation.method == "PUT" and given is not None and not is_error(given) else ()

    def _is_shown(self, operation: Operation) -> bool:
        """Does a PUT to the same path show the server what a GET gave?"""
        others = [one for one in self._operations if one.method == "PUT" and one.path == operation.path]
        return operation.method == "GET" and any("body" not in said for one in others for said in self._calls(one))


def matching(said: Said, name: str) -> Iterator[Any]:
    """What is said of a name, by itself and by patterns."""
    return (value for pattern, value in said.items() if fnmatchcase(name, pattern))


def merged(one: Said, other: Said) -> Said:
    return {**one, **other, "args": one.get("args", {}) | other.get("args", {})}


def constants(operation: Operation) -> Said:
    """The arguments of which the document allows a single value, where they have to be given."""
    found = {}
    for parameter in operation.parameters:
        allowed = parameter.schema.node.value.get("enum", ())
        if parameter.required and len(allowed) == 1:
            found[parameter.argument] = allowed[0]
    return found


def judged(said: Said, answered: Answered, *, is_shown: bool) -> str:
    """What is wrong with an answer; "" if nothing is.

    Args:
        is_shown: does another call tell if it was understood?
    """
    result, status, headers = answered
    if said.get("invalid"):
        is_told = isinstance(result, BadGatewayError) and status is not None and status < 400
        return "" if is_told else f"the answer breaks the document, and gives {result!r}"
    if is_error(result) != ("fails" in said) or status is None:
        return f"it gives {result!r} {getattr(result, '__notes__', '')}"
    if status != said.get("fails", said.get("status", status)):
        return f"the status is {status}"
    for name, text in said.get("answer_headers", {}).items():
        if headers.get(name) != text:
            return f"the header {name} is {headers.get(name)!r}"
    value = plain(result.cause if isinstance(result, PyMacaronException) else result)
    if "size" in said:
        return "" if isinstance(value, bytes) and len(value) == said["size"] else f"it gives {value!r:.100}"
    if "gives" in said:
        return "" if value == said["gives"] else f"it gives {value!r}"
    return "" if value is None or is_shown or "fails" in said else f"nothing says what it should be: {value!r}"


def plain(value: Any) -> Any:
    """A result with its models as dictionaries."""
    if isinstance(value, list):
        return [plain(item) for item in value]
    if isinstance(value, dict):
        return {key: plain(item) for key, item in value.items()}
    return plain(value.to_json(keep_datetime=True)) if hasattr(value, "to_json") else value
