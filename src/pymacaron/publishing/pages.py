"""Pages for people: the index, and one for each API."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from urllib.parse import quote

from pymacaron._types import Json
from pymacaron.bundling import version_of
from pymacaron.documents import Node, ReferenceFault
from pymacaron.operations import Content, Operation, Parameter
from pymacaron.pool import LoadedApi
from pymacaron.schemas import Schema

from .additions import added_answers
from .markup import Child, Markup, joined, page, tag
from .service import Service
from .trees import Tree

_LISTED = 12  # values of an enumeration that are shown


def index_page(service: Service) -> bytes:
    """All APIs that are published."""
    rows = [
        tag("tr", tag("td", tag("a", api.document.title, href=quote(name))), tag("td", api.document.version),
            tag("td", "served here" if name in service.served else "called by this service", class_="dim"))
        for name, api in service.apis.items()
    ]  # fmt: skip
    if not rows:
        return page("APIs", tag("h1", "APIs"), tag("p", "No document is loaded.", class_="dim"))
    return page("APIs", tag("h1", "APIs"), _table(("API", "Version", ""), rows))


def api_page(service: Service, name: str) -> bytes:
    """One API: where its document is, and what it says of operations."""
    api = service.apis[name]
    document = api.document
    is_served = name in service.served
    parts: list[Child] = [
        tag("h1", document.title),
        tag("p", f"Version {document.version}" if document.version else None, class_="dim"),
        _text(document.info.get("description")),
        _forms(api, name),
    ]
    for title, operations in _by_tag(document.operations, document.root).items():
        parts += [tag("h2", title), *(_operation(operation, is_served) for operation in operations)]
    if is_served and service.resources:
        note = "What every service of this kind answers, beside its own API."
        parts += [tag("h2", "Status"), tag("p", note, class_="dim")]
        parts += [_operation(operation, is_served) for operation in service.resources]
    return page(document.title, *parts)


def _forms(api: LoadedApi, name: str) -> Markup:
    tree, version = Tree(api), version_of(api.document.root.value)
    stem = quote(name)
    written = f"{stem}/{tree.link()}" if not tree.is_single else f"{stem}.yaml"
    rows = {"As written": (written, f"{stem}.json"), "In one file": _pair(stem, "bundled=1")}
    if version != "3.0":
        rows["As OpenAPI 3.0"] = _pair(stem, "version=3.0")
    links = [
        tag("span", tag("span", label, class_="dim"), tag("a", "YAML", href=pair[0]), tag("a", "JSON", href=pair[1]))
        for label, pair in rows.items()
    ]
    return tag("div", links, class_="forms")


def _pair(stem: str, query: str) -> tuple[str, str]:
    return f"{stem}.yaml?{query}", f"{stem}.json?{query}"


def _by_tag(operations: Iterable[Operation], root: Node) -> Mapping[str, list[Operation]]:
    """Operations below their first tag, in the order in which the document lists these."""
    listed = root.value.get("tags")
    names = [one.get("name") for one in listed if isinstance(one, dict)] if isinstance(listed, list) else []
    found: dict[str, list[Operation]] = {str(name): [] for name in names}
    for operation in operations:
        tags = operation.node.value.get("tags")
        first = str(tags[0]) if isinstance(tags, list) and tags else "Operations"
        found.setdefault(first, []).append(operation)
    return {name: group for name, group in found.items() if group}


def _operation(operation: Operation, is_served: bool) -> Markup:
    value = operation.node.value
    summary = tag(
        "summary",
        tag("span", operation.method, class_=f"method {operation.method.lower()}"),
        tag("code", operation.path),
        tag("span", str(value.get("summary") or ""), class_="dim"),
    )
    body = tag("div", _text(value.get("description")), _parameters(operation), _body(operation),
               _answers(operation, is_served))  # fmt: skip
    return tag("details", summary, body, class_="deprecated" if value.get("deprecated") is True else None)


def _parameters(operation: Operation) -> Markup | None:
    rows = [
        tag("tr", tag("td", tag("code", one.name, class_="required" if one.required else None)),
            tag("td", one.location), tag("td", _parameter_type(one)),
            tag("td", _text(one.node.value.get("description"))))
        for one in operation.parameters
    ]  # fmt: skip
    return joined(tag("h3", "Parameters"), _table(("Name", "In", "Type", ""), rows)) if rows else None


def _parameter_type(parameter: Parameter) -> str:
    return "file" if parameter.is_file else described(parameter.schema)


def _body(operation: Operation) -> Markup | None:
    if not operation.contents or operation.has_form_fields:
        return None
    title = "Body" if operation.body_required else "Body, which may be left out"
    return joined(tag("h3", title), _contents(operation.contents))


def _contents(contents: Iterable[Content]) -> Markup:
    rows = [
        tag("tr", tag("td", tag("code", content.media_type)),
            tag("td", described(content.schema) if content.schema is not None else ""))
        for content in contents
    ]  # fmt: skip
    return _table(("Type", ""), rows)


def _answers(operation: Operation, is_served: bool) -> Markup:
    rows = []
    for key, answer in operation.answers.items():
        kinds = dict.fromkeys(
            f"{described(content.schema)} as {content.media_type}" if content.schema is not None else content.media_type
            for content in answer.contents
        )
        about = _text(answer.node.value.get("description"))
        rows.append(tag("tr", tag("td", tag("code", key)), tag("td", about), tag("td", "; ".join(kinds), class_="dim")))
    rows += [
        tag("tr", tag("td", tag("code", str(added.status))), tag("td", added.description),
            tag("td", "added by pymacaron", class_="dim"))
        for added in (added_answers(operation) if is_served else ())
    ]  # fmt: skip
    return joined(tag("h3", "Answers"), _table(("Status", "", ""), rows))


def _table(titles: Iterable[str], rows: Iterable[Markup]) -> Markup:
    head = tag("tr", [tag("th", title) for title in titles])
    return tag("div", tag("table", tag("thead", head), tag("tbody", rows)), class_="scroll")


def _text(text: Json) -> Markup | None:
    return tag("p", text.strip()) if isinstance(text, str) and text.strip() else None


def described(schema: Schema) -> str:
    """A schema in a few words: "list of Order", "string (date-time)", "red or green"."""
    return _words(schema.node, 0)


def _words(node: Node, depth: int) -> str:
    try:
        node = node.follow()
    except ReferenceFault:
        return "anything"
    value = node.value
    if len(node.pointer) > 1 and node.pointer[-2] in ("schemas", "definitions", "$defs"):
        return str(node.pointer[-1])
    if not isinstance(value, dict) or depth > 3:
        return "anything"
    listed = [value["const"]] if "const" in value else value.get("enum")
    if isinstance(listed, list) and listed:
        more = f" or {len(listed) - _LISTED} more" if len(listed) > _LISTED else ""
        return " or ".join("null" if one is None else str(one) for one in listed[:_LISTED]) + more
    for key, word in (("oneOf", " or "), ("anyOf", " or "), ("allOf", " with ")):
        branches = node.get(key)
        if branches is not None:
            return word.join(dict.fromkeys(_words(branch, depth + 1) for branch in branches.elements()))
    return _kinds(node, depth)


def _kinds(node: Node, depth: int) -> str:
    value = node.value
    kinds = value.get("type")
    names = [kinds] if isinstance(kinds, str) else [kind for kind in kinds or () if isinstance(kind, str)]
    items = node.get("items")
    if names == ["array"] or (not names and items is not None):
        return f"list of {_words(items, depth + 1)}" if items is not None else "list"
    text = " or ".join(names) or ("object" if "properties" in value else "anything")
    return f"{text} ({value['format']})" if isinstance(value.get("format"), str) else text
