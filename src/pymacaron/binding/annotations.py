"""Do a function's annotations say what the document says? Only what can never be true is told.

What a name means that cannot be resolved, such as one that only type checkers import, nobody here knows: it is passed
over, and so is everything else that leaves room for doubt.
"""

from __future__ import annotations

import inspect
import types
import typing
from collections.abc import Iterable, Iterator
from datetime import date, datetime
from typing import Any, NamedTuple

from pymacaron.bodies import BINARY, FORM, JSON, MULTIPART, TEXT, BodyStream, Upload, kind_of, parse_media_type
from pymacaron.operations import Content, Operation, Parameter
from pymacaron.shapes import Shape
from pymacaron.shapes.choices import Guarded, Later, Native, OneOf
from pymacaron.shapes.values import Instant, ListOf, MapOf, ModelOf, Scalar

from .signatures import Mismatch, described, takes_body
from .sources import Python, closure_of


class Value(NamedTuple):
    """A kind of Python value: its class, and for a list or a dict the shape of what is in it, if that is known."""

    type: Any
    inner: Shape | None = None


def contradictions(
    operation: Operation, name: str, signature: inspect.Signature, python: Python, reading: Annotations
) -> Iterator[Mismatch]:
    """Every annotation of the function called `name` that can never be true."""
    body = _body_parameter(operation, signature)
    if body is not None:
        annotation, values = reading.of(python, body.name, body.annotation), _body_values(operation)
        if _is_foreign(annotation, values):
            fact = f"{operation.title} has {_named(values)} for a body, but {name} annotates {_written(body)}"
            cure = f"annotate it as {_named(values)}, or correct the document"
            # models are indexed as dicts are, so most code gets along with one
            wants_dict = any(_class_of(one) is dict or typing.is_typeddict(one) for one in _alternatives(annotation))
            works = wants_dict and any(_is_model(value.type) for value in values or ())
            yield Mismatch(operation.body_node or operation.node, fact, cure, body.name, works)
    for parameter in operation.parameters:
        taken = signature.parameters.get(parameter.argument)
        values = _parameter_values(operation, parameter) if taken is not None and taken is not body else None
        if taken is not None and _is_foreign(reading.of(python, taken.name, taken.annotation), values):
            fact = f"{operation.title} sends the {described(parameter)}, which arrives as {_named(values)}, but {name}"
            cure = f"annotate it as {_named(values)}, or correct the document"
            yield Mismatch(parameter.node, f"{fact} annotates {_written(taken)}", cure, taken.name)
    yield from _results(operation, name, reading.of(python, "return", signature.return_annotation))


def _results(operation: Operation, name: str, annotation: Any) -> Iterator[Mismatch]:
    wrong = _foreign_results(operation, annotation) if annotation is not _UNKNOWN else []
    if wrong:
        fact = f"{name} is annotated to return {_listed(wrong)}, which is not among the answers of {operation.title}"
        cure = f"declared are {_named(_all_answers(operation))}: correct the annotation or the document"
        yield Mismatch(operation.node.get("responses") or operation.node, fact, cure)


def _written(parameter: inspect.Parameter) -> str:
    annotation = parameter.annotation
    return f"'{parameter.name}' as {annotation if isinstance(annotation, str) else _text(annotation)}"


# What a function gets


def _body_parameter(operation: Operation, signature: inspect.Signature) -> inspect.Parameter | None:
    if not takes_body(operation):
        return None
    first = next(iter(signature.parameters.values()), None)
    by_place = (inspect.Parameter.POSITIONAL_ONLY, inspect.Parameter.POSITIONAL_OR_KEYWORD)
    return first if first is not None and first.kind in by_place else None


def _body_values(operation: Operation) -> list[Value] | None:
    found = [_content_values(operation, content, operation.model_name()) for content in operation.contents]
    return None if None in found else [value for values in found for value in values or ()]


def _content_values(operation: Operation, content: Content, name: str) -> list[Value] | None:
    """What a body of a media type is in Python; None for what nobody can say."""
    kind = _kind(content)
    if "*" in content.media_type or content.item_schema is not None:
        return None
    if kind in (JSON, FORM, MULTIPART):
        return None if content.schema is None else values_of(operation.shapes.of(content.schema, name))
    if kind == TEXT:
        return [Value(str)] if content.schema is None else values_of(operation.shapes.of(content.schema, name))
    return [Value(BodyStream)] if kind == BINARY else None


def _kind(content: Content) -> str:
    return kind_of(parse_media_type(content.media_type).name)


def _parameter_values(operation: Operation, parameter: Parameter) -> list[Value] | None:
    if parameter.is_file:
        return [Value(list if parameter.schema.value.get("type") == "array" else Upload)]
    return values_of(operation.shapes.of(parameter.schema, operation.argument_model_name(parameter)))


def values_of(shape: Shape, seen: tuple[Shape, ...] = ()) -> list[Value] | None:
    """The kinds of Python values that a shape's JSON values become; None for any."""
    if shape in seen:
        return []
    seen = (*seen, shape)
    if isinstance(shape, Later):
        return values_of(shape.shape, seen)
    if isinstance(shape, Native):
        return _all_values(shape.shapes, seen)
    if isinstance(shape, OneOf):
        return _all_values([*(inner for _, inner in shape.branches), *shape.dispatch.values()], seen)
    if isinstance(shape, Guarded):
        return _guarded_values(shape, seen)
    if isinstance(shape, Scalar):
        return [Value(type_) for type_ in typing.get_args(shape.type) or (shape.type,)]
    if isinstance(shape, Instant):
        return [Value(shape.type)]
    if isinstance(shape, ListOf | MapOf):
        return [Value(list if isinstance(shape, ListOf) else dict, shape.item)]
    return [Value(shape.model)] if isinstance(shape, ModelOf) and shape.model is not None else None


def _all_values(shapes: Iterable[Shape], seen: tuple[Shape, ...]) -> list[Value] | None:
    found = [values_of(shape, seen) for shape in shapes]
    return None if None in found else [value for values in found for value in values or ()]


def _guarded_values(shape: Guarded, seen: tuple[Shape, ...]) -> list[Value] | None:
    """Where nothing is said of a kind of JSON value, it passes as it is."""
    if "other" in shape.shapes:
        return None
    guarded = _all_values(shape.shapes.values(), seen)
    free = {"object": Value(dict), "array": Value(list)}
    plain = [Value(type_) for type_ in (str, int, float, bool)]
    return None if guarded is None else [*guarded, *plain, *(free[kind] for kind in free.keys() - shape.shapes.keys())]


# What a function says

_UNKNOWN: Any = object()


class Annotations:
    """Annotations, resolved where they can be; what modules write again and again, once."""

    def __init__(self) -> None:
        self._known: dict[tuple[int, str], Any] = {}

    def of(self, python: Python, name: str, written: Any) -> Any:
        """What a function writes as the annotation called `name`; _UNKNOWN if nothing, or nothing that can be
        resolved."""
        if written is inspect.Signature.empty:
            return _UNKNOWN
        if not isinstance(written, str) or python.function.__closure__:
            return _resolved(python, name, written)
        key = id(python.function.__globals__), written
        if key not in self._known:
            self._known[key] = _resolved(python, name, written)
        return self._known[key]


def _resolved(python: Python, name: str, written: Any) -> Any:
    holder = types.SimpleNamespace(__annotations__={name: written})
    try:
        hints = typing.get_type_hints(holder, python.function.__globals__, dict(closure_of(python.function)))
    except Exception:  # noqa: BLE001 - annotations are the user's code, and may raise anything
        return _UNKNOWN
    return hints[name]


def _alternatives(annotation: Any) -> list[Any]:
    """The members of a union, None left out; aliases are followed."""
    while hasattr(annotation, "__supertype__") or hasattr(annotation, "__value__"):  # NewType; `type X = ...`
        annotation = getattr(annotation, "__supertype__", None) or annotation.__value__
    if typing.get_origin(annotation) in (typing.Union, types.UnionType):
        return [member for inner in typing.get_args(annotation) for member in _alternatives(inner)]
    return [] if annotation is None or annotation is types.NoneType else [annotation]


def _is_foreign(annotation: Any, values: list[Value] | None) -> bool:
    """Is none of `values` one of the annotation?"""
    if annotation is _UNKNOWN or values is None:
        return False
    wanted = _alternatives(annotation)
    given = [value for value in values if value.type is not types.NoneType]
    return bool(wanted and given) and not any(_may_be(one, value) for one in wanted for value in given)


def _may_be(annotation: Any, value: Value) -> bool:
    """May a value be one of the annotation, which is no union? True where nobody can say."""
    origin = typing.get_origin(annotation)
    arguments = typing.get_args(annotation)
    if origin is typing.Literal:
        return any(issubclass(value.type, type(literal)) for literal in arguments)
    cls = origin or annotation
    if cls is Any:  # a class since Python 3.11
        return True
    if not isinstance(cls, type) or getattr(cls, "_is_protocol", False):
        return True
    if value.type is Upload or value.type is BodyStream:
        return cls not in (str, bytes, int, float, bool, list, dict, date, datetime)
    if not _is_instance_like(cls, value.type):
        return False
    inner = values_of(value.inner) if value.inner is not None else None
    if value.type is list and len(arguments) == 1:
        return not _is_foreign(arguments[0], inner)
    return value.type is not dict or len(arguments) != 2 or not _is_foreign(arguments[1], inner)


# A class derived from one of these may be meant to say more of it, as an enumeration of texts does.
_DERIVABLE = (str, int, float, dict, list)


def _is_instance_like(cls: type, given: type) -> bool:
    """Is a `given` a `cls`, as type checkers see it? Models of one name are taken for one class."""
    if (cls is float and given is int) or (cls is complex and given in (int, float)):
        return True
    if typing.is_typeddict(cls):
        return given is dict
    if hasattr(cls, "__model__") and hasattr(given, "__model__"):
        return cls.__model__.name == given.__model__.name or issubclass(given, cls)
    try:
        return issubclass(given, cls) or (given in _DERIVABLE and issubclass(cls, given) and cls is not bool)
    except TypeError:
        return True


# What a function returns


def _answers_values(operation: Operation) -> Iterator[list[Value] | None]:
    """What the body of each answer is in Python, that of the usual one first; None where that is open."""
    usual = str(operation.success_status)
    for key in sorted(operation.answers, key=lambda key: key != usual):
        name = operation.model_name(key)
        for content in operation.answers[key].contents:
            yield _content_values(operation, content, name) if _kind(content) == JSON else None


def _all_answers(operation: Operation) -> list[Value] | None:
    found = list(_answers_values(operation))
    return None if None in found else [value for values in found for value in values or ()]


# Results of these classes are written as the schema wants them, or the schema refuses them.
_CHECKED = (int, float, bool, dict, list, date, datetime)


def _foreign_results(operation: Operation, annotation: Any) -> list[Any]:
    """What an annotated result cannot be: models that are no answer's; or all of it, where it is plain values."""
    if annotation is None or annotation is types.NoneType:
        return [] if _may_be_empty(operation) else [annotation]
    wanted = [_without_status(member) for member in _alternatives(annotation)]
    foreign = [member for member in wanted if _can_tell(member)]
    is_open = True
    for values in _answers_values(operation) if foreign else ():
        if values is None:
            return []
        is_open = False
        foreign = [member for member in foreign if not any(_may_return(member, value) for value in values)]
        if not foreign:
            return []
    if is_open or len(foreign) == len(wanted):
        return [] if is_open else foreign
    return [member for member in foreign if _is_model(member)]


def _may_be_empty(operation: Operation) -> bool:
    """Is None an answer: one without a body, or null?"""
    answers = [answer for key, answer in operation.answers.items() if key[0] not in "45"]
    values = _all_answers(operation)
    if not all(answer.contents for answer in answers) or values is None:
        return True
    return not answers or any(value.type is types.NoneType for value in values)


def _without_status(annotation: Any) -> Any:
    """The value in `tuple[Order, int]`."""
    arguments = typing.get_args(annotation)
    is_pair = typing.get_origin(annotation) is tuple and len(arguments) in (2, 3) and Ellipsis not in arguments
    return arguments[0] if is_pair else annotation


def _class_of(annotation: Any) -> Any:
    return typing.get_origin(annotation) or annotation


def _is_model(annotation: Any) -> bool:
    return isinstance(annotation, type) and hasattr(annotation, "__model__")


def _can_tell(annotation: Any) -> bool:
    return _is_model(annotation) or _class_of(annotation) in _CHECKED


def _may_return(annotation: Any, value: Value) -> bool:
    """May a result of the annotation be written as such a value? Dicts are for models, too."""
    cls = _class_of(annotation)
    if cls is dict and hasattr(value.type, "__model__"):
        return True
    if value.type in (int, float) and cls in (int, float):
        return True
    if value.type is date and cls is datetime:
        return False
    if _is_model(annotation) and not hasattr(value.type, "__model__"):
        return value.type is dict and value.inner is None
    if value.type is list and cls is list and len(typing.get_args(annotation)) == 1 and value.inner is not None:
        inner = values_of(value.inner)
        members = [m for m in _alternatives(typing.get_args(annotation)[0]) if _can_tell(m)]
        return inner is None or not members or any(_may_return(m, v) for m in members for v in inner)
    return _may_be(annotation, value)


# In words


def _text(annotation: Any) -> str:
    """An annotation as one would write it."""
    origin, arguments = typing.get_origin(annotation), typing.get_args(annotation)
    if origin in (typing.Union, types.UnionType):
        return _listed(arguments)
    if isinstance(origin, type) and arguments:
        return f"{origin.__name__}[{', '.join(map(_text, arguments))}]"
    if annotation is types.NoneType:
        return "None"
    return annotation.__name__ if isinstance(annotation, type) else str(annotation)


def _listed(annotations: Iterable[Any]) -> str:
    return " | ".join(map(_text, annotations))


def _named(values: list[Value] | None) -> str:
    """What values are, as one would annotate them."""
    names = {_value_name(value): None for value in values or () if value.type is not types.NoneType}
    return " | ".join(names) or "anything"


def _value_name(value: Value) -> str:
    if hasattr(value.type, "__model__"):
        return str(value.type.__model__.name)
    inner = values_of(value.inner) if value.inner is not None else None
    if value.type is list and inner:
        return f"list[{_named(inner)}]"
    return f"dict[str, {_named(inner)}]" if value.type is dict and inner else value.type.__name__
