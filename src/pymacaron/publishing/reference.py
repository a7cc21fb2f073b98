"""The page of one operation: what it takes and answers, and a form to try it."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from urllib.parse import quote

from pymacaron.binding import REQUIRES_AUTH
from pymacaron.dialects import Document
from pymacaron.operations import Answer, Content, Operation, Parameter

from .additions import added_answers
from .examples import of_answer
from .frame import Place, page
from .markup import Child, Markup, joined, tag
from .outlines import Outlines
from .pages import grouped, method, operation_link
from .prose import prose
from .service import Service
from .trying import form_of
from .words import limits


def operation_page(service: Service, name: str, operation: Operation, place: Place) -> bytes:
    """One operation of an API, or one of the status resources."""
    api = service.apis[name]
    document, stem, is_served = api.document, quote(name), name in service.served
    value = operation.node.value
    outlines = Outlines(api, stem)
    told: list[Child] = [
        prose(value.get("description")),
        _access(operation, document),
        _parameters(operation, outlines),
        _body(operation, outlines),
        _answers(operation, is_served, outlines),
    ]
    trying = form_of(operation, document) if is_served else _elsewhere(document)
    parts: list[Child] = [
        tag("h1", method(operation), " ", tag("code", operation.path, class_="path")),
        tag("p", str(value.get("summary") or ""), class_="lead") if value.get("summary") else None,
        tag("p", "Deprecated: avoid it in new code.", class_="note") if value.get("deprecated") is True else None,
        tag("div", tag("div", *told), trying, class_="halves"),
        _neighbours(operation, *_group(service, name, operation), stem),
    ]
    above = (("APIs", "./"), (document.title, stem))
    return page(f"{operation.title} – {document.title}", place.below(*above), *parts)


def _group(service: Service, name: str, operation: Operation) -> tuple[str, Sequence[Operation]]:
    """The group of an operation: its title, and all in it."""
    found = (one for one in grouped(service, name).items() if operation in one[1])
    return next(found, ("", [operation]))


def _neighbours(operation: Operation, title: str, group: Sequence[Operation], stem: str) -> Markup | None:
    """All operations of the group."""
    if len(group) < 2:
        return None
    rows = [tag("li", operation_link(one, stem, is_here=one is operation)) for one in group]
    heading = tag("h2", title, id="group")
    return tag("nav", heading, tag("ul", rows, class_="operations"), aria_labelledby="group")


def _elsewhere(document: Document) -> Markup:
    where = document.server.url if document.server is not None else None
    at = joined(": ", tag("code", where)) if where else None
    return tag("aside", tag("p", "This service calls this API, and does not serve it", at, "."), class_="note try")


def _access(operation: Operation, document: Document) -> Markup | None:
    """Who may call it: each way in words."""
    ways = [] if operation.security is None else [_way(one, document) for one in operation.security]
    if operation.extensions.get("x-decorate-server") == REQUIRES_AUTH:
        ways = ["a token"]
    if not ways:
        return None
    rows = [tag("li", way) for way in dict.fromkeys(ways)]
    return joined(tag("h2", "Who may call"), tag("ul", rows, class_="plain"))


def _way(requirement: dict[str, list[str]], document: Document) -> str:
    if not requirement:
        return "anybody"
    return " and ".join(_credential(name, scopes, document) for name, scopes in requirement.items())


def _credential(name: str, scopes: Sequence[str], document: Document) -> str:
    scheme = document.security_scheme(name)
    kinds = {"basic": "a name and a password", "apiKey": "an API key", "mutualTLS": "a certificate"}
    kind = kinds.get(scheme.kind, "a token") if scheme is not None else "a token"
    wanted = f" with the scope{'s' * (len(scopes) > 1)} {', '.join(scopes)}" if scopes else ""
    return f"{kind}{wanted} ({name})"


def _parameters(operation: Operation, outlines: Outlines) -> Markup | None:
    rows = [_parameter(one, outlines) for one in operation.parameters]
    return joined(tag("h2", "Parameters"), tag("ul", rows, class_="outline")) if rows else None


def _parameter(parameter: Parameter, outlines: Outlines) -> Markup:
    schema = parameter.schema
    extra = limits(schema.node) if not parameter.is_file else ""
    inner = outlines.of(schema) if not parameter.is_file else None
    return tag(
        "li",
        tag("code", parameter.name, class_="required" if parameter.required else None), " ",
        tag("span", "file" if parameter.is_file else outlines.words(schema), class_="kind"), " ",
        tag("span", f"in {parameter.location}", class_="dim"), " ",
        tag("span", extra, class_="dim") if extra else None,
        prose(parameter.node.value.get("description")),
        tag("details", tag("summary", "What is in it"), inner) if inner else None,
    )  # fmt: skip


def _body(operation: Operation, outlines: Outlines) -> Markup | None:
    if not operation.contents or operation.has_form_fields:
        return None
    node = operation.body_node
    about = prose(node.value.get("description")) if node is not None and isinstance(node.value, dict) else None
    optional = None if operation.body_required else tag("small", "may be left out")
    return joined(tag("h2", "Body", optional), about, _contents(operation.contents, outlines))


def _contents(contents: Iterable[Content], outlines: Outlines) -> list[Markup]:
    return [
        tag("div", tag("p", tag("span", outlines.words(content.schema) if content.schema else "anything"), " ",
                       tag("span", f"as {content.media_type}", class_="dim"), class_="content"),
            outlines.of(content.schema) if content.schema else None)
        for content in contents
    ]  # fmt: skip


def _answers(operation: Operation, is_served: bool, outlines: Outlines) -> Markup:
    rows = [
        _answer(key, answer.node.value.get("description"), _headers(answer, outlines), _unfolded(answer, outlines))
        for key, answer in operation.answers.items()
    ]
    rows += [
        _answer(str(added.status), added.description, tag("p", "added by pymacaron", class_="dim"))
        for added in (added_answers(operation) if is_served else ())
    ]
    return joined(tag("h2", "Answers"), tag("ul", rows, class_="outline answers"))


def _answer(key: str, about: object, *contents: Markup | None) -> Markup:
    return tag("li", tag("code", key, class_=f"status s{key[:1]}"), tag("div", prose(about), *contents))


def _headers(answer: Answer, outlines: Outlines) -> Markup | None:
    rows = [
        tag("p", tag("code", header.name), " ", outlines.words(header.schema), " ", tag("span", "header", class_="dim"),
            class_="content")
        for header in answer.headers
    ]  # fmt: skip
    return joined(rows) if rows else None


def _unfolded(answer: Answer, outlines: Outlines) -> Markup | None:
    """What an answer holds: in words, the rest unfolds."""
    rows = []
    for content in answer.contents:
        inner = outlines.of(content.schema) if content.schema else None
        words = tag("span", outlines.words(content.schema) if content.schema else "anything")
        kind = tag("span", f"as {content.media_type}", class_="dim")
        rows.append(tag("p", words, " ", kind, class_="content"))
        if inner:
            rows.append(tag("details", tag("summary", "What is in it"), inner))
        example = of_answer(answer, content)
        if example:
            rows.append(tag("details", tag("summary", "An example"), tag("pre", tag("code", example), tabindex="0")))
    return joined(rows) if rows else None
