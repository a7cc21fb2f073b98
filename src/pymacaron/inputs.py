"""The parameters of one operation, all locations together: text in a request ⇄ values by Python name."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from copy import deepcopy
from typing import Any, NamedTuple
from urllib.parse import quote

import msgspec

from ._types import Json, json_pointer
from .bodies import JSON, kind_of, parse_media_type
from .documents import Node
from .exceptions import Problem
from .messages import ABSENT, Request
from .operations import COOKIE, FORM, HEADER, PATH, QUERY, QUERYSTRING, Operation, Parameter
from .parameters import STYLES, Codec, TextFault, TextType, codec, is_scalar, parse_cookies, parse_query
from .schemas import MOST_TOLD, REQUEST, Draft, SchemaProblem, Schemas, target_of
from .shapes import Shape, is_rich
from .structs import encode_other

# So many characters of a name that a caller sent are told: of one that is not known, and of one inside a parameter.
_LONGEST_UNKNOWN, _LONGEST_NAME = 100, 500
_ONCE = "one value: the parameter is sent several times"
# (argument, name in the source, read)
_Reader = tuple[str, str, Callable[[Any], Any]]


class Written(NamedTuple):
    """Parameters as text: values of path variables, and ready "k=v" pieces; headers as (name, value)."""

    path: dict[str, str]
    query: list[str]
    headers: list[tuple[str, str]]
    cookies: list[str]
    form: list[str]


class Inputs:
    """Reads and writes the parameters of an operation. Those of a form are read from the body by whoever reads that."""

    def __init__(self, operation: Operation, *, strict_query: bool = False) -> None:
        shapes = operation.shapes
        self._schemas = shapes.schemas
        self.parameters = [parameter for parameter in operation.parameters if not parameter.is_file]
        self.codecs = {p.argument: _codec(p, shapes.schemas, self._names_beside(p)) for p in self.parameters}
        self._may_be_empty = [name for name, made in self.codecs.items() if made.allow_empty]
        by_location: dict[str, list[_Reader]] = {}
        for p in self.parameters:
            name = p.name.lower() if p.location == HEADER else p.name
            by_location.setdefault(p.location, []).append((p.argument, name, self.codecs[p.argument].read))
        self._path, self._header = by_location.get(PATH, []), by_location.get(HEADER, [])
        self._query = by_location.get(QUERY, [])
        self._whole_query = by_location.get(QUERYSTRING, [])
        self._cookie = by_location.get(COOKIE, [])
        self._form = by_location.get(FORM, [])
        self._strict = strict_query and not self._whole_query
        self._required = [p.argument for p in self.parameters if p.required and p.default is ABSENT]
        self._checker = shapes.schemas.object_checker(
            {p.argument: p.schema for p in self.parameters}, self._required, REQUEST
        ) if self.parameters else None  # fmt: skip
        self._defaults = [(p.argument, p.default) for p in self.parameters if p.default is not ABSENT]
        self.shapes = {p.argument: shapes.of(p.schema, operation.argument_model_name(p)) for p in self.parameters}
        self._rich: list[tuple[str, Shape]] = [(name, s) for name, s in self.shapes.items() if is_rich(s)]
        self._specs: dict[str, str] = {}  # as they are asked for
        self._by_argument = {p.argument: p for p in self.parameters}

    def _names_beside(self, parameter: Parameter) -> frozenset[str]:
        """The names that an open exploded object must leave to the other parameters of its location."""
        return frozenset(p.name for p in self.parameters if p.location == parameter.location)

    def _to_check(self, values: dict[str, Any]) -> dict[str, Any]:
        """What the schemas judge: all but the empty values that `allowEmptyValue` lets pass."""
        passed = {name for name in self._may_be_empty if values.get(name) == ""}
        return {name: value for name, value in values.items() if name not in passed} if passed else values

    def read(self, request: Request, form: Mapping[str, list[str]] | None = None) -> dict[str, Any]:
        """The arguments of a request, converted.

        Raises:
            InputFault: with every problem found.
        """
        values: dict[str, Any] = {}
        try:
            self._collect(request, form, values)
        except TextFault:
            raise InputFault(self._problems(request, form)) from None
        judged = self._to_check(values) if self._may_be_empty else values
        if self._checker is not None and not self._checker.is_valid(judged):
            raise InputFault(self._problems(request, form))
        for argument, default in self._defaults:
            if argument not in values:
                values[argument] = deepcopy(default) if isinstance(default, (dict, list)) else default
        for argument, shape in self._rich:
            if argument in values:
                try:
                    values[argument] = shape.convert(values[argument])
                except RecursionError:
                    raise InputFault([self._placed(SchemaProblem((argument,), "depth", "fewer levels"))]) from None
        return values

    def _collect(self, request: Request, form: Mapping[str, list[str]] | None, values: dict[str, Any]) -> None:
        if self._path:
            found = request.path_values or {}
            for argument, name, read in self._path:
                values[argument] = read(found[name])
        if self._query or self._strict:
            query = parse_query(request.query) if request.query else _NOTHING
            _read_all(self._query, query, values)
            if self._strict and self._unknown(query):
                raise TextFault("unknown", "no such parameter")
        for argument, _, read in self._whole_query:
            _put(values, argument, read(request.query))
        for argument, name, read in self._header:
            text = request.headers.get(name)
            _put(values, argument, ABSENT if text is None else read(text))
        if self._cookie or form is not None:
            cookies = parse_cookies(request.headers.get("cookie", "")) if self._cookie else _NOTHING
            _read_all(self._cookie, cookies, values)
            _read_all(self._form, form or _NOTHING, values)

    def _unknown(self, query: Mapping[str, list[str]]) -> list[str]:
        codecs = [self.codecs[argument] for argument, _, _ in self._query]
        return [key for key in query if not any(codec.claims(key) for codec in codecs)]

    def _problems(self, request: Request, form: Mapping[str, list[str]] | None) -> list[Problem]:
        """Everything wrong, once reading has failed: each parameter read by itself."""
        problems: list[Problem] = []
        values: dict[str, Any] = {}
        for parameter in self.parameters:
            try:
                _put(values, parameter.argument, self._read_one(parameter, request, form))
            except TextFault as fault:
                problems.append(self._told(parameter, fault.code, fault.expected))
            else:
                if self._is_repeated(parameter, values.get(parameter.argument)):
                    problems.append(self._told(parameter, "repeated", _ONCE))
        faulty = {problem.name for problem in problems}
        if self._strict:
            names = self._unknown(parse_query(request.query))[:MOST_TOLD]
            problems += [Problem(QUERY, name[:_LONGEST_UNKNOWN], "unknown", "no such parameter") for name in names]
        found = self._checker.problems(self._to_check(values)) if self._checker is not None else []
        told = [one for one in found if not one.path or self._by_argument[one.path[0]].name not in faulty]  # type: ignore[index]  # names come first
        return problems + [self._placed(problem) for problem in told]

    def _is_repeated(self, parameter: Parameter, value: Any) -> bool:
        """Was a parameter of one value sent several times? It is read as a list, then, which is never right."""
        if not isinstance(value, list) or parameter.location not in (QUERY, FORM):
            return False
        type_ = text_type(self._schemas, parameter.schema.node)
        return bool(type_.kinds) and is_scalar(type_)

    def _read_one(self, parameter: Parameter, request: Request, form: Mapping[str, list[str]] | None) -> Any:
        read = self.codecs[parameter.argument].read
        if parameter.location == PATH:
            return read((request.path_values or {})[parameter.name])
        if parameter.location == QUERY:
            return read(parse_query(request.query))
        if parameter.location == QUERYSTRING:
            return read(request.query)
        if parameter.location == HEADER:
            text = request.headers.get(parameter.name.lower())
            return ABSENT if text is None else read(text)
        if parameter.location == COOKIE:
            return read(parse_cookies(request.headers.get("cookie", "")))
        return read(form) if form is not None else ABSENT

    def _placed(self, problem: SchemaProblem) -> Problem:
        if not problem.path:  # it is about all of them
            return Problem(self.parameters[0].location, "", problem.code, problem.expected)
        parameter = self._by_argument[problem.path[0]]  # type: ignore[index]  # likewise
        inner = "".join(f"[{step}]" for step in problem.path[1:])
        return self._told(parameter, problem.code, problem.expected, inner)

    def _told(self, parameter: Parameter, code: str, expected: str, inner: str = "") -> Problem:
        """A problem of a parameter, or of what is `inner` to it."""
        spec = self._specs.get(parameter.argument)
        if spec is None:
            spec = self._specs[parameter.argument] = self._spec(parameter.node)
        return Problem(parameter.location, (parameter.name + inner)[:_LONGEST_NAME], code, expected, spec)

    def _spec(self, node: Node) -> str:
        """The place of a declaration in the document, as the fragment of a URI; "" if it is in another file."""
        document = next(iter(self._schemas.files.opened.values()))
        return "#" + quote(json_pointer(node.pointer), safe="/~") if node.file is document else ""

    def write(self, arguments: Mapping[str, Any]) -> Written:
        """The inverse of read.

        Raises:
            InputFault: an argument breaks its schema, or a required one is missing.
        """
        values = {
            name: self.shapes[name].dump(value)
            for name, value in arguments.items()
            if value is not None or self._takes_null(name)
        }
        if self._checker is not None:
            problems = self._checker.problems(self._to_check(plain(values)))
            if problems:
                raise InputFault([self._placed(problem) for problem in problems])
        written = Written({}, [], [], [], [])
        for parameter in self.parameters:
            if parameter.argument in values:
                self._write_one(parameter, plain(values[parameter.argument]), written)
        return written

    def _takes_null(self, argument: str) -> bool:
        return "null" in self.shapes[argument].kinds

    def _write_one(self, parameter: Parameter, value: Json, written: Written) -> None:
        try:
            text: Any = self.codecs[parameter.argument].write(value)
        except TextFault as fault:
            raise InputFault([self._told(parameter, fault.code, fault.expected)]) from None
        if parameter.location == PATH:
            written.path[parameter.name] = text
        elif parameter.location == HEADER:
            written.headers.append((parameter.name, text))
        else:
            lists = {QUERY: written.query, QUERYSTRING: written.query, COOKIE: written.cookies, FORM: written.form}
            lists[parameter.location].extend([text] if isinstance(text, str) else text)


class InputFault(Exception):
    """The parameters of a request, or arguments for one, are wrong: `problems` says in which ways."""

    def __init__(self, problems: list[Problem]) -> None:
        super().__init__("; ".join(map(str, problems)))
        self.problems = problems


_NOTHING: Mapping[str, list[str]] = {}


def _put(values: dict[str, Any], argument: str, value: Any) -> None:
    if value is not ABSENT:
        values[argument] = value


def _read_all(readers: Iterable[_Reader], source: Mapping[str, list[str]], values: dict[str, Any]) -> None:
    for argument, _, read in readers:
        value = read(source)
        if value is not ABSENT:
            values[argument] = value


def plain(value: Any) -> Json:
    """A Python value as JSON values: dates, models and the like as they go over the wire."""
    return msgspec.to_builtins(value, enc_hook=encode_other)


def _codec(parameter: Parameter, schemas: Schemas, known: frozenset[str]) -> Codec:
    styles = STYLES.get(parameter.location, ())
    return codec(
        parameter.name, parameter.location,
        parameter.style if parameter.style in styles else None,  # the document's check has warned of another
        parameter.explode, text_type(schemas, parameter.schema.node), allow_reserved=parameter.allow_reserved,
        allow_empty=parameter.allow_empty, collection_format=parameter.collection_format,
        content=kind_of(parse_media_type(parameter.content_type or "").name) == JSON, known_names=known,
    )  # fmt: skip


def text_type(schemas: Schemas, node: Node, seen: tuple[Node, ...] = ()) -> TextType:
    """What a schema says about the text form of its values."""
    node = schemas.at(node).node
    value = node.value
    if not isinstance(value, dict) or node in seen:
        return TextType()
    seen = (*seen, node)
    kinds = _kinds(schemas, node)
    found = TextType(kinds, style=value.get("collectionFormat"))
    inner = [text_type(schemas, child, seen) for child in _branches(node, schemas.draft)]
    if not kinds:
        found.kinds = frozenset(kind for branch in inner for kind in branch.kinds)
    items = node.get("items")
    found.items = text_type(schemas, items, seen) if items is not None and isinstance(items.value, dict) else None
    found.items = found.items or next((branch.items for branch in inner if branch.items), None)
    properties: dict[str, TextType] = {}
    for branch in inner:
        properties.update(branch.properties)
    own = node.get("properties")
    if own is not None and isinstance(own.value, dict):
        properties.update({name: text_type(schemas, child, seen) for name, child in own.items()})
    found.properties = properties
    extra = node.get("additionalProperties")
    if extra is not None and extra.value is not False:
        found.additional = text_type(schemas, extra, seen) if isinstance(extra.value, dict) else TextType()
    elif not properties and extra is None:
        found.additional = next((branch.additional for branch in inner if branch.additional), None) or TextType()
    return found


def _kinds(schemas: Schemas, node: Node) -> frozenset[str]:
    value = node.value
    given = value.get("type")
    kinds = {given} if isinstance(given, str) else set(given) if isinstance(given, list) else set[str]()
    if not kinds:
        kinds = _kinds_of_values([value["const"]] if "const" in value else value.get("enum"))
    if not kinds and "properties" in value:
        kinds = {"object"}
    if kinds and schemas.draft.is_nullable(value):
        kinds.add("null")
    return frozenset(kinds)


def _kinds_of_values(values: Any) -> set[str]:
    names = {
        str: "string",
        bool: "boolean",
        int: "integer",
        float: "number",
        type(None): "null",
        list: "array",
        dict: "object",
    }
    return {names[type(value)] for value in values} if isinstance(values, list) else set()


def _branches(node: Node, draft: Draft) -> Iterable[Node]:
    if node.ref is not None:
        yield target_of(node, draft)
    for key in ("allOf", "anyOf", "oneOf"):
        group = node.get(key)
        if group is not None and isinstance(group.value, list):
            yield from group.elements()
