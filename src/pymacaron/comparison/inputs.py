"""What an operation takes, compared: its parameters and its body."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from pymacaron.documents import Node
from pymacaron.operations import COOKIE, FORM, HEADER, PATH, QUERY, Content, Operation, Parameter
from pymacaron.schemas import REQUEST, Draft

from .ledger import Difference, Ledger
from .said import Said
from .schemas import Comparison

# The formats of lists in Swagger 2.0 as styles of 3.x, with explode; None is the usual style of the place.
_LISTS: dict[str | None, tuple[str | None, bool]] = {
    "csv": (None, False), "multi": ("form", True), "ssv": ("spaceDelimited", False), "pipes": ("pipeDelimited", False),
    "tsv": ("tsv", False),
}  # fmt: skip


def compare_parameters(ledger: Ledger, schemas: Comparison, old: Operation, new: Operation) -> None:
    """The parameters of an operation in two documents. Those of the path go by where they stand in it."""
    left, right = _by_place(old), _by_place(new)
    if are_forms(old, new):
        left, right = ({key: one for key, one in side.items() if key[0] != FORM} for side in (left, right))
    for place, parameter in left.items():
        where = f"{parameter.location} parameter {parameter.name}"
        if place in right:
            ledger.note(_parameter(schemas, parameter, right[place]), new.title, where)
            inside = schemas.of((parameter.schema.node,), (right[place].schema.node,), REQUEST)
            ledger.note(inside, new.title, where)
        else:
            moved = next((one for key, one in right.items() if key[1] == place[1] and key not in left), None)
            ledger.note([_gone(parameter, moved)], new.title, where)
    names = {key[1] for key in left.keys() - right.keys()}
    for place, parameter in right.items():
        if place not in left and place[1] not in names:
            name = "required-parameter-added" if parameter.required else "parameter-added"
            where = f"{parameter.location} parameter {parameter.name}"
            ledger.note([Difference(name, "is new", parameter.node)], new.title, where)


def _gone(parameter: Parameter, moved: Parameter | None) -> Difference:
    if moved is None:
        return Difference("parameter-removed", "is gone", parameter.node)
    return Difference("parameter-moved", f"is a {moved.location} parameter", moved.node)


def _by_place(operation: Operation) -> Mapping[tuple[str, str], Parameter]:
    """By location and name; header names whatever their case (RFC 9110 section 5.1), names in paths by their order."""
    found: dict[tuple[str, str], Parameter] = {}
    in_path = path_names(operation.path)
    for parameter in operation.parameters:
        name = parameter.name.lower() if parameter.location == HEADER else parameter.name
        if parameter.location == PATH and name in in_path:
            name = str(in_path.index(name))
        found[parameter.location, name] = parameter
    return found


def path_names(path: str) -> list[str]:
    """The names in a path template, in order."""
    return [part.partition("}")[0] for part in path.split("{")[1:]]


def _parameter(schemas: Comparison, old: Parameter, new: Parameter) -> Iterator[Difference]:
    if old.location == PATH and old.name != new.name:
        yield Difference("path-parameter-renamed", f"is called {new.name}", new.node)
    if old.required != new.required:
        became = "required" if new.required else "optional"
        yield Difference(f"parameter-became-{became}", f"is {became}", new.node)
    (old_style, *old_more), (new_style, *new_more) = _writing(old), _writing(new)
    if old_style != new_style or (old_more != new_more and schemas.may_hold_many(new.schema.node)):
        yield Difference("parameter-style-changed", "is written another way", new.node)
    if old.allow_empty != new.allow_empty:
        now = "allowed" if new.allow_empty else "refused"
        yield Difference(f"parameter-empty-value-{now}", f"an empty value is {now}", new.node)
    if new.node.value.get("deprecated") is True and old.node.value.get("deprecated") is not True:
        yield Difference("parameter-deprecated", "is deprecated", new.node)


def _writing(parameter: Parameter) -> tuple[object, ...]:
    """How a value is written as text: what the parameter says, or what holds where it says nothing (OpenAPI 3.x,
    Parameter Object: style, explode)."""
    style, explode = parameter.style, parameter.explode
    if parameter.collection_format is not None:
        style, explode = _LISTS.get(parameter.collection_format, (parameter.collection_format, False))
    style = style or ("form" if parameter.location in {QUERY, COOKIE, FORM} else "simple")
    explode = style == "form" if explode is None else explode
    return style, explode, parameter.allow_reserved, parameter.content_type


def compare_bodies(ledger: Ledger, schemas: Comparison, old: Operation, new: Operation) -> None:
    """The request body of an operation in two documents."""
    left, right = by_type(old.contents), by_type(new.contents)
    place = new.body_node or new.node
    if not left or not right:
        if right:
            name = "required-body-added" if new.body_required else "body-added"
            ledger.note([Difference(name, "takes a body", place)], new.title)
        elif left:
            ledger.note([Difference("body-removed", "takes no body", old.body_node or old.node)], new.title)
        return
    if old.body_required != new.body_required:
        became = "required" if new.body_required else "optional"
        ledger.note([Difference(f"body-became-{became}", f"is {became}", place)], new.title, "body")
    if are_forms(old, new):
        _compare_fields(ledger, schemas, old, new)
    else:
        compare_contents(ledger, schemas, (left, right), new.title, side=REQUEST, where="body")


def are_forms(old: Operation, new: Operation) -> bool:
    """Do both take a form, whose fields are parameters in one document (Swagger 2.0), and a schema in the other?"""
    return old.has_form_fields != new.has_form_fields and bool(old.contents) and bool(new.contents)


def _compare_fields(ledger: Ledger, schemas: Comparison, old: Operation, new: Operation) -> None:
    left, right = _fields(old, schemas.old), _fields(new, schemas.new)
    for name in dict.fromkeys((*left, *right)):
        where = f"form field {name}"
        if name in left and name in right:
            (before, was_required), (after, is_required) = left[name], right[name]
            ledger.note(schemas.of(before, after, REQUEST), new.title, where)
            if was_required != is_required:
                became = "required" if is_required else "optional"
                kind = f"request-property-became-{became}"
                ledger.note([Difference(kind, f"is {became}", after[0])], new.title, where)
        elif name in left:
            ledger.note([Difference("request-property-removed", "is gone", left[name][0][0])], new.title, where)
        else:
            kind = "request-required-property-added" if right[name][1] else "request-property-added"
            ledger.note([Difference(kind, "is new", right[name][0][0])], new.title, where)


def _fields(operation: Operation, draft: Draft) -> dict[str, tuple[tuple[Node, ...], bool]]:
    """The fields of a form: what describes each, and whether it is required."""
    if operation.has_form_fields:
        listed = [one for one in operation.parameters if one.location == FORM]
        return {one.name: ((one.schema.node,), one.required) for one in listed}
    schema = next((content.schema for content in operation.contents if content.schema is not None), None)
    said = Said((schema.node,) if schema is not None else (), draft)
    return {name: (nodes, name in said.required) for name, nodes in said.properties.items()}


def compare_contents(
    ledger: Ledger, schemas: Comparison, contents: tuple[Mapping[str, Content], Mapping[str, Content]], title: str, *,
    side: str, where: str,
) -> None:  # fmt: skip
    """The media types of a body, and what they carry."""
    old, new = contents
    for name in dict.fromkeys((*old, *new)):
        if name not in new:
            ledger.note([Difference(f"{side}-media-type-removed", f"never is {name}", old[name].node)], title, where)
        elif name not in old:
            ledger.note([Difference(f"{side}-media-type-added", f"may be {name}", new[name].node)], title, where)
        else:
            ledger.note(_carried(schemas, old[name], new[name], side), title, where)


def _carried(schemas: Comparison, old: Content, new: Content, side: str) -> Iterator[Difference]:
    for before, after in ((old.schema, new.schema), (old.item_schema, new.item_schema)):
        if before is not None and after is not None:
            yield from schemas.of((before.node,), (after.node,), side)
        elif before is not None or after is not None:
            how = "narrowed" if before is None else "widened"
            yield Difference(f"{side}-type-{how}", "is described" if before is None else "may be anything", new.node)


def by_type(contents: tuple[Content, ...]) -> dict[str, Content]:
    return {content.media_type.lower(): content for content in contents}
