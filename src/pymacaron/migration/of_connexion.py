"""What must change in documents that were written for connexion."""

from __future__ import annotations

from collections.abc import Iterator

from pymacaron.documents import Fault, Node, readable

from .documents import CONTROLLERS, Bound, Document, changes_at
from .resolvers import Resolver
from .rules import Change

_VERIFIERS = ("x-bearerInfoFunc", "x-basicInfoFunc", "x-apikeyInfoFunc", "x-tokenInfoFunc")
_OTHERS = {
    "x-scopeValidateFunc": "the scopes that `security` names are held against those of the token",
    "x-body-name": "the body is the first positional argument, whatever its name",
    "x-tokenInfoUrl": "a function of yours asks there: API(verifiers={scheme: function})",
}


def extensions(document: Document) -> Iterator[Change]:
    """The keys of connexion, wherever they stand."""
    faults, edits = [], {}
    for key, child in document.everywhere():
        told = _extension(key, child)
        if told is not None:
            faults.append(child.fault(*told, at_key=True))
        if key in CONTROLLERS:
            edits[readable(child.pointer)] = document.renamed(child, "x-handlers")
    for one in changes_at("extension", faults):
        yield one._replace(edit=edits.get(one.finding.path))


def _extension(key: str, child: Node) -> tuple[str, str] | None:
    if key in CONTROLLERS:
        return f"{key} is connexion's", "write `x-handlers`"
    if key in _VERIFIERS:
        scheme, function = child.pointer[:-1][-1:] or ("scheme",), str(child.value).rpartition(".")[2]
        return f"{key} is connexion's", f"write API(verifiers={{{scheme[0]!r}: {function}}})"
    return (f"{key} is connexion's", _OTHERS[key]) if key in _OTHERS else None


def by_resolver(document: Document) -> Iterator[Change]:
    """Operations whose functions only a resolver of connexion finds."""
    resolver, found = document.resolver, [one for one in document.operations() if one.by_resolver and one.function]
    if resolver is None or not found:
        return
    if resolver.is_relative:
        line = f"x-handlers: {resolver.module}"
        fact = f"nothing names the module of its functions, which {resolver.kind} knew"
        yield from _adding(document, line, document.root, document.version.fault(fact, f"add `{line}`", at_key=True))
        return
    for one in found:
        line = f"x-bind-server: {one.function}"
        if resolver.is_of_classes:
            yield from changes_at("unbound", [_of_class(resolver, one)])
            continue
        fault = one.node.fault(f"{one.title} names no function; {resolver.kind} found it", f"add `{line}`", at_key=True)
        yield from _adding(document, line, one.node, fault)


def _of_class(resolver: Resolver, operation: Bound) -> Fault:
    """A method wants an object; one that stands in its module can be named."""
    module, view, method = str(operation.function).rsplit(".", 2)
    name = view.removesuffix("View").lower()
    fact = f"{operation.title} names no function; {resolver.kind} found {view}.{method}"
    cure = f"write `{name} = {view}()` in {module}, and add `x-bind-server: {module}.{name}.{method}`"
    return operation.node.fault(fact, cure, at_key=True)


def _adding(document: Document, line: str, node: Node, fault: Fault) -> Iterator[Change]:
    for one in changes_at("unbound", [fault]):
        yield one._replace(edit=document.added(node, line))


def slashes(document: Document) -> Iterator[Change]:
    """Parameters of paths that connexion let hold slashes."""
    found = (parameter for one in document.operations() for parameter in one.parameters)
    schemas = (schema for one in found for schema in (one, one.get("schema")) if schema is not None)
    formats = (one for schema in schemas if (one := schema.get("format")) is not None and one.value == "path")
    fact = "with connexion its value could hold slashes; here it ends at one"
    cure = "let callers write %2F; or serve it by a route of Flask, <path:NAME>, and write x-no-bind-server: true"
    yield from changes_at("extension", [one.fault(fact, cure) for one in formats])


def kept_base_path(document: Document) -> Iterator[Change]:
    """The base path of a document that was written for connexion, with settings that do not say what it is to be."""
    if document.base is not None:
        fact = f"{document.base.value} stays part of every URL; a service of pymacaron 1.x would have ignored it"
        cure = "write `base_path: use` in pym-config.yaml, which says that it is meant"
        yield from changes_at("base-path", [document.base.fault(fact, cure, at_key=True)])
