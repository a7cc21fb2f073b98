"""Pages for people: the index, one for each API, and one for each of its schemas."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from urllib.parse import quote

from pymacaron.bundling import version_of
from pymacaron.documents import Node
from pymacaron.operations import Operation
from pymacaron.pool import LoadedApi

from .frame import Place, page
from .markup import Child, Markup, joined, tag
from .outlines import Outlines
from .prose import inline, prose
from .service import Service
from .trees import Tree
from .words import described, followed, limits

RESOURCES = "Status"  # what the group of the status resources is called


def index_page(service: Service, place: Place) -> bytes:
    """All APIs that are published: those that are served here, then those that are only called."""
    served = [_card(service, name) for name in service.apis if name in service.served]
    called = [_card(service, name) for name in service.apis if name not in service.served]
    parts: list[Child] = [tag("h1", "APIs")]
    if service.console is not None:
        link = tag("a", "The console", href=service.console)
        parts.append(tag("p", link, " shows what this service is asked, as it happens.", class_="dim"))
    if served:
        parts.append(tag("ul", served, class_="cards"))
    if called:
        title = "Called by this service" if served else "Loaded by this service"
        parts += [tag("h2", title), tag("ul", called, class_="cards")]
    if not served and not called:
        parts.append(tag("p", "No document is loaded.", class_="dim"))
    return page("APIs", place, *parts)


def _card(service: Service, name: str) -> Markup:
    document = service.apis[name].document
    about = str(document.info.get("summary") or document.info.get("description") or "").strip().partition("\n\n")[0]
    count = len(document.operations)
    facts = [f"Version {document.version}" if document.version else "", f"{count} operation{'s' * (count != 1)}"]
    return tag(
        "li",
        tag("h2", tag("a", document.title, href=quote(name))),
        tag("p", inline(about)) if about else None,
        tag("p", " · ".join(filter(None, facts)), class_="dim"),
        class_="card",
    )


def api_page(service: Service, name: str, place: Place) -> bytes:
    """One API: where its document is, and its operations, each with a link to its page."""
    api = service.apis[name]
    document = api.document
    groups = grouped(service, name)
    count = sum(map(len, groups.values()))
    parts: list[Child] = [
        tag("h1", document.title, tag("small", document.version) if document.version else None),
        None if name in service.served else tag("p", "This service calls it; it is served elsewhere.", class_="note"),
        prose(document.info.get("description")),
        _forms(api, name),
        _search(count),
    ]
    about = _tags(document.root)
    sections = [
        _section(f"group-{number}", title, about.get(title), operations, quote(name))
        for number, (title, operations) in enumerate(groups.items())
    ]
    contents = [tag("li", tag("a", title, href=f"#group-{number}")) for number, title in enumerate(groups)]
    side = tag("nav", tag("ul", contents), aria_label="Groups", class_="side") if len(contents) > 2 else None
    body = tag("div", sections, _schemas(api, quote(name)), class_="groups")
    return page(document.title, place.below(("APIs", "./")), *parts, tag("div", side, body, class_="beside"))


def _forms(api: LoadedApi, name: str) -> Markup:
    """The document for download."""
    tree, version = Tree(api), version_of(api.document.root.value)
    stem = quote(name)
    written = f"{stem}/{tree.link()}" if not tree.is_single else f"{stem}.yaml"
    rows = {"As written": (written, f"{stem}.json"), "In one file": _pair(stem, "bundled=1")}
    if version != "3.0":
        rows["As OpenAPI 3.0"] = _pair(stem, "version=3.0")
    links = [
        tag("span", tag("span", label, class_="dim"),
            *(tag("a", notation, href=href, aria_label=f"{label}, {notation}")
              for notation, href in zip(("YAML", "JSON"), pair, strict=True)))
        for label, pair in rows.items()
    ]  # fmt: skip
    return tag("div", links, class_="forms", role="group", aria_label="The document")


def _pair(stem: str, query: str) -> tuple[str, str]:
    return f"{stem}.yaml?{query}", f"{stem}.json?{query}"


def _search(count: int) -> Markup | None:
    if count < 2:
        return None
    box = tag("input", type="search", id="find", autocomplete="off", placeholder="Method, path, words …")
    label = tag("label", f"Find one of {count} operations", for_="find")
    return tag("div", label, box, tag("p", id="found", role="status", class_="dim"), class_="find scripted")


def grouped(service: Service, name: str) -> Mapping[str, list[Operation]]:
    """Operations below their first tag, in the order in which the document lists these; then the status resources."""
    document = service.apis[name].document
    found: dict[str, list[Operation]] = {title: [] for title in _tags(document.root)}
    for operation in document.operations:
        found.setdefault(group_of(operation), []).append(operation)
    if name in service.served and service.resources:
        own = {operation.title for operation in document.operations}
        found.setdefault(RESOURCES, []).extend(one for one in service.resources if one.title not in own)
    return {title: group for title, group in found.items() if group}


def group_of(operation: Operation) -> str:
    tags = operation.node.value.get("tags")
    return str(tags[0]) if isinstance(tags, list) and tags else "Operations"


def _tags(root: Node) -> dict[str, object]:
    """What the document says of its tags, by their names."""
    listed = root.value.get("tags")
    tags = [one for one in listed if isinstance(one, dict)] if isinstance(listed, list) else []
    return {str(one.get("name")): one.get("description") for one in tags}


def _section(anchor: str, title: str, about: object, operations: Iterable[Operation], stem: str) -> Markup:
    rows = [tag("li", operation_link(operation, stem)) for operation in operations]
    heading = tag("h2", title, id=anchor)
    return tag("section", heading, prose(about), tag("ul", rows, class_="operations"), aria_labelledby=anchor)


def operation_link(operation: Operation, stem: str, *, is_here: bool = False) -> Markup:
    """The way to the page of an operation, also on that page itself."""
    value = operation.node.value
    is_deprecated = value.get("deprecated") is True
    return tag(
        "a",
        method(operation),
        " ",
        tag("code", operation.path, class_="path"),
        " ",
        tag("span", str(value.get("summary") or ""), class_="dim"),
        tag("span", "deprecated", class_="badge") if is_deprecated else None,
        href=f"{stem}?operation={quote(operation.title)}",
        aria_current="page" if is_here else None,
        data_id=operation.operation_id,
        class_="deprecated" if is_deprecated else None,
    )


def method(operation: Operation) -> Markup:
    return tag("span", operation.method, class_=f"method {operation.method.lower()}")


def _schemas(api: LoadedApi, stem: str) -> Markup | None:
    """Links to all schemas that have names."""
    outlines = Outlines(api, stem)
    rows = [tag("li", tag("a", name, href=outlines.link(name))) for name in api.document.named]
    return tag("details", tag("summary", f"Schemas ({len(rows)})"), tag("ul", rows, class_="names")) if rows else None


def schema_page(api: LoadedApi, name: str, schema: str, place: Place) -> bytes:
    """A schema that has a name.

    Raises:
        KeyError: there is none of this name.
    """
    node = api.document.named[schema]
    found = followed(node)
    about = found.value.get("description") if found is not None and isinstance(found.value, dict) else None
    inner = Outlines(api, quote(name)).of(node)
    words = described(found if found is not None else node)
    parts: list[Child] = [
        tag("h1", schema),
        tag("p", joined(words if words != schema else "", " ", limits(node)), class_="dim"),
        prose(about), inner,
    ]  # fmt: skip
    above = (("APIs", "./"), (api.document.title, quote(name)))
    return page(f"{schema} – {api.document.title}", place.below(*above), *parts)
