"""The form that calls an operation. What is sent is made of it by assets/trying.js: each control says in its data-
attributes how its value is written."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import NamedTuple

from pymacaron._types import Json
from pymacaron.binding import REQUIRES_AUTH
from pymacaron.bodies import BINARY, FORM, JSON, MULTIPART, PARTS
from pymacaron.dialects import Document
from pymacaron.documents import Node
from pymacaron.inputs import text_type
from pymacaron.negotiation import declared
from pymacaron.operations import FORM as FORM_FIELDS
from pymacaron.operations import Content, Operation, Parameter, Scheme
from pymacaron.parameters import STYLES
from pymacaron.schemas import Schemas

from .examples import of_field, of_request
from .markup import Markup, joined, tag
from .words import described, followed, written

_EXPLODED = frozenset(("form", "cookie"))
_ROWS = 18  # of a body, at most
# What a control holds: a text as it is, a value a line, JSON, a file, several files.
TEXT, LINES, VALUE, FILE, FILES = "text", "lines", "json", "file", "files"


class Writing(NamedTuple):
    """How a value is written where it goes: see Parameter. `style` may be a collectionFormat of Swagger 2.0."""

    place: str
    style: str
    explode: bool = False


def form_of(operation: Operation, document: Document) -> Markup:
    schemas = operation.shapes.schemas
    controls = [_parameter(one, schemas) for one in operation.parameters]
    parts = [
        tag("h2", "Try it", id="try-title"),
        *_credentials(operation, document),
        joined(controls),
        *(_files_of_forms(operation)),
        *_bodies(operation),
        _accept(operation),
        tag("div", tag("button", "Send", class_="send"), tag("button", "Stop", type="button", id="stop", hidden=True),
            class_="row"),
    ]  # fmt: skip
    form = tag(
        "form", *parts, id="try", data_method=operation.method, data_path=operation.path, autocomplete="off",
        aria_labelledby="try-title",
    )  # fmt: skip
    answer = tag("section", id="answer", aria_live="polite", aria_label="What was answered")
    return tag("aside", form, answer, class_="try scripted")


# Parameters


def _parameter(parameter: Parameter, schemas: Schemas) -> Markup:
    if parameter.is_file:
        kind = FILES if "array" in text_type(schemas, parameter.schema.node).kinds else FILE
        return _field(parameter.name, kind, Writing(FORM_FIELDS, "form", explode=True), "", required=parameter.required)
    kind = VALUE if parameter.content_type else _kind(schemas, parameter.schema.node)
    example = of_field(parameter.node, parameter.schema.node)
    return _field(
        parameter.name, kind, _writing(parameter), parameter.location, required=parameter.required,
        node=parameter.schema.node, example=example,
    )  # fmt: skip


def _writing(parameter: Parameter) -> Writing:
    place, format_ = parameter.location, parameter.collection_format
    if parameter.content_type or place == "querystring":
        return Writing(place, "json" if parameter.content_type else "form", explode=True)
    if format_ == "multi":
        return Writing(place, STYLES[place][0], explode=True)
    if format_ is not None:
        return Writing(place, format_)
    style = parameter.style or STYLES[place][0]
    return Writing(place, style, style in _EXPLODED if parameter.explode is None else parameter.explode)


def _kind(schemas: Schemas, node: Node) -> str:
    """What is typed in for a schema."""
    type_ = text_type(schemas, node)
    if "string" in type_.kinds or not type_.kinds:
        return TEXT
    if "array" in type_.kinds:
        inner = type_.items.kinds if type_.items is not None else frozenset[str]()
        return VALUE if inner & {"object", "array"} else LINES
    return VALUE if "object" in type_.kinds else TEXT


def _field(
    name: str, kind: str, writing: Writing, where: str, *, required: bool = False, node: Node | None = None,
    example: Json = None,
) -> Markup:  # fmt: skip
    """A control with its label."""
    anchor = f"{writing.place}-{name}"
    data: dict[str, str | bool | None] = {
        "id": anchor, "data_name": name, "data_place": writing.place, "data_style": writing.style,
        "data_explode": writing.explode, "data_kind": kind,
    }  # fmt: skip
    title = tag("span", name, class_="required" if required else None)
    label = tag("label", title, tag("span", where, class_="dim") if where else None, _hint(kind), for_=anchor)
    if writing.place == "path":
        data["required"] = True  # or another path would be asked
    return tag("div", label, _control(kind, data, node, example, required=required), class_="field")


def _hint(kind: str) -> Markup | None:
    hint = {LINES: "one a line", VALUE: "JSON"}.get(kind)
    return tag("span", hint, class_="dim") if hint else None


def _control(
    kind: str, data: dict[str, str | bool | None], node: Node | None, example: Json, *, required: bool
) -> Markup:
    """What is filled in: with an example if it is required, else that only stands behind it."""
    if kind in {FILE, FILES}:
        return tag("input", type="file", multiple=kind == FILES, **data)
    listed = _choices(node) if node is not None and kind == TEXT else []
    if listed:
        options = [tag("option", "", value="")] + [
            tag("option", one, selected=required and one == example) for one in listed
        ]
        return tag("select", options, **data)
    text = _typed(kind, example)
    behind = text if text and not required else None
    if kind == TEXT:
        return tag(
            "input", type="text", spellcheck="false", placeholder=behind, value=text if required else None, **data
        )
    rows = str(min(max(text.count("\n") + 1, 2), 6))
    return tag("textarea", text if required else "", rows=rows, **data)


def _typed(kind: str, value: Json) -> str:
    if value is None:
        return ""
    if kind == LINES and isinstance(value, list):
        return "\n".join(map(written, value))
    return written(value)


def _choices(node: Node) -> list[str]:
    """All values, where there are few."""
    found = followed(node)
    value = found.value if found is not None and isinstance(found.value, dict) else {}
    if value.get("type") == "boolean":
        return ["true", "false"]
    listed = value.get("enum")
    return [written(one) for one in listed if one is not None] if isinstance(listed, list) and len(listed) < 100 else []


# Credentials


def _credentials(operation: Operation, document: Document) -> Iterator[Markup]:
    names = dict.fromkeys(name for requirement in operation.security or () for name in requirement)
    schemes = [document.security_scheme(name) for name in names]
    is_borrowed = operation.api == "operations" and operation not in document.operations  # it takes those of another
    needs_token = operation.extensions.get("x-decorate-server") == REQUIRES_AUTH
    if is_borrowed or needs_token or any(map(_is_token, schemes)):
        yield tag("p", "Sends your token: ", tag("button", "none yet", type="button", class_="link", data_token=True))
    for scheme in schemes:
        if scheme is not None and not _is_token(scheme):
            yield from _credential(scheme)


def _is_token(scheme: Scheme | None) -> bool:
    """Is it sent as Bearer? The scheme of status resources is not in the document."""
    return scheme is None or scheme.kind in {"bearer", "oauth2", "openIdConnect"}


def _credential(scheme: Scheme) -> Iterator[Markup]:
    if scheme.kind == "basic":
        yield _secret(scheme, "user", "User", is_hidden=False)
        yield _secret(scheme, "password", "Password")
    elif scheme.kind == "apiKey":
        yield _secret(scheme, scheme.where, scheme.field)
    elif scheme.kind == "http":
        yield _secret(scheme, "http", f"Authorization: {scheme.where}")


def _secret(scheme: Scheme, part: str, label: str, *, is_hidden: bool = True) -> Markup:
    anchor = f"credential-{scheme.name}-{part}"
    told = tag("label", label, tag("span", scheme.name, class_="dim"), for_=anchor)
    control = tag(
        "input", type="password" if is_hidden else "text", id=anchor, data_credential=part, data_scheme=scheme.name,
        data_name=scheme.field or scheme.where, autocomplete="off", spellcheck="false",
    )  # fmt: skip
    return tag("div", told, control, class_="field")


# Bodies


def _files_of_forms(operation: Operation) -> Sequence[Markup]:
    """Of Swagger 2.0: how the fields among the parameters are sent."""
    if not operation.has_form_fields:
        return ()
    medias = [declared(one).name for one in operation.contents]
    is_multipart = any(one.is_file for one in operation.parameters) or "multipart/form-data" in medias[:1]
    kind = "multipart/form-data" if is_multipart else "application/x-www-form-urlencoded"
    return (tag("input", type="hidden", id="form-type", value=kind),)


def _bodies(operation: Operation) -> Iterator[Markup]:
    if operation.has_form_fields or not operation.contents:
        return
    names = [content.media_type for content in operation.contents]
    if len(names) > 1:
        choices = [tag("option", name) for name in names]
        label = tag("label", "Body as", for_="body-as")
        yield tag("div", label, tag("select", choices, id="body-as"), class_="field")
    for number, content in enumerate(operation.contents):
        yield tag(
            "fieldset", tag("legend", "Body", tag("span", content.media_type, class_="dim")),
            *_body(operation, content, number), data_content=content.media_type, hidden=number > 0,
            disabled=number > 0, class_="required" if operation.body_required else None,
        )  # fmt: skip


def _body(operation: Operation, content: Content, number: int) -> Iterator[Markup]:
    kind = declared(content).kind
    if kind in {FORM, MULTIPART} and content.schema is not None:
        yield from _fields(operation, content, is_multipart=kind == MULTIPART)
        return
    if kind in {BINARY, MULTIPART, PARTS}:
        yield tag("input", type="file", id=f"body-{number}", data_body=FILE, aria_label="The body, a file")
        return
    text = of_request(operation, content)
    rows = str(min(max(text.count("\n") + 1, 3), _ROWS))
    yield tag("textarea", text, id=f"body-{number}", data_body=VALUE if kind == JSON else TEXT, rows=rows,
              spellcheck="false", aria_label=f"The body, {content.media_type}")  # fmt: skip


def _fields(operation: Operation, content: Content, *, is_multipart: bool) -> Iterator[Markup]:
    """The fields of a form."""
    from pymacaron.forms.declared import is_file, is_json  # beside what it declares

    schemas, shapes = operation.shapes.schemas, operation.shapes
    assert content.schema is not None
    required = content.schema.value.get("required") or ()
    for name, node in shapes.properties(content.schema).items():
        place = schemas.at(node).node
        encoding = content.encodings.get(name)
        if is_multipart and is_file(place, shapes):
            kind = FILES if place.value.get("type") == "array" else FILE
        elif is_json(encoding, place, shapes):
            kind = VALUE
        else:
            kind = _kind(schemas, place)
        style = encoding.style if encoding is not None and encoding.style else "form"
        explode = encoding.explode if encoding is not None and encoding.explode is not None else style == "form"
        is_written_json = kind == VALUE and is_json(encoding, place, shapes)
        writing = Writing(FORM_FIELDS, "json" if is_written_json else style, explode=explode)
        about = described(node)
        yield _field(name, kind, writing, about if kind in {FILE, FILES} else "", required=name in required, node=place,
                     example=of_field(node, place))  # fmt: skip


def _accept(operation: Operation) -> Markup | None:
    """What may be asked for, where there is a choice."""
    medias = dict.fromkeys(
        content.media_type for key, answer in operation.answers.items() if key[0] == "2" for content in answer.contents
    )
    if len(medias) < 2:
        return None
    choices = [tag("option", "any", value="")] + [tag("option", name) for name in medias]
    return tag("div", tag("label", "Answer as", for_="accept"), tag("select", choices, id="accept"), class_="field")
