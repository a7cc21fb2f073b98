"""The rules, and what each finds."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable, Iterator
from typing import Literal, NamedTuple, TypeAlias

from pymacaron._types import Json
from pymacaron.config import Config
from pymacaron.dialects import Document
from pymacaron.documents import Fault, Node, findings
from pymacaron.exceptions import Finding
from pymacaron.operations import Operation

Level: TypeAlias = Literal["error", "warning", "note"]
Rule: TypeAlias = Callable[[Document], Iterator[Fault]]

# Every rule with what it means. Errors stop a start; warnings count for the exit code; notes do not.
RULES: dict[str, tuple[Level, str]] = {
    "start": ("error", "Anything that stops the start: documents, configuration, functions that do not fit."),
    "secret-missing": ("note", "An environment variable that the configuration names is not set here."),
    "document": ("warning", "Something that is allowed in a document, and probably a mistake."),
    "code": ("warning", "Something that works in the code, and is probably a mistake."),
    "undeclared-error": ("warning", "A function raises an error whose status the document does not declare."),
    "undocumented-errors": ("warning", "An operation declares no response for errors."),
    "unused-schema": ("warning", "A schema that nothing refers to."),
    "inconsistent-name": ("warning", "A property whose name has another style than most."),
    "insecure-operation": ("warning", "No security on what changes something, in a document with security schemes."),
    "insecure-server": ("warning", "A server without encryption."),
    "default-in-patch": ("warning", "A PATCH that sets what its caller has left out."),
    "insecure-setting": ("warning", "A setting that is meant for development."),
    "missing-operation-id": ("note", "An operation without an operationId."),
    "missing-example": ("note", "A schema of an object without an example."),
}  # fmt: skip


class Advice(NamedTuple):
    """What a rule found, and where."""

    rule: str
    finding: Finding

    @property
    def level(self) -> Level:
        return RULES[self.rule][0]


def advise(document: Document) -> Iterator[Advice]:
    """What all rules find in a document."""
    for name, rule in _RULES.items():
        yield from (Advice(name, one) for one in findings(rule(document)))


def on_settings(config: Config) -> Iterator[Advice]:
    """What is meant for development, in the file that is looked at."""
    place = config.config_file or "pym-config.yaml"

    def advice(setting: str, fact: str, cure: str) -> Advice:
        return Advice("insecure-setting", Finding(place, setting, fact, cure))

    if config.expose_exceptions:
        yield advice("expose_exceptions", "callers see the texts of all exceptions", "leave it to pym-config.dev.yaml")
    if config.validate_responses == "off":
        yield advice(
            "validate_responses", "answers are never checked against the document", "set it to sample or report"
        )
    for api, said in config.clients.items():
        if said.get("verify") is False:
            yield advice(f"clients.{api}.verify", "any certificate is accepted", "name its `authorities`")


def _undocumented_errors(document: Document) -> Iterator[Fault]:
    for operation in document.operations:
        if not any(key[0] in "45d" for key in operation.answers):
            yield operation.node.fault(f"{operation.title} declares no errors", "add a `default` answer", at_key=True)


def _missing_ids(document: Document) -> Iterator[Fault]:
    for operation in document.operations:
        if operation.operation_id is None:
            yield operation.node.fault(f"{operation.title} has no operationId", "add one", at_key=True)


def _insecure_operations(document: Document) -> Iterator[Fault]:
    for operation in document.operations if document.security_schemes else ():
        if operation.method not in {"GET", "HEAD", "OPTIONS"} and _is_open(operation):
            fact = f"{operation.title} is open to all"
            yield operation.node.fault(fact, "add `security`; `security: []` says that it is meant", at_key=True)


def _is_open(operation: Operation) -> bool:
    decorator = str(operation.extensions.get("x-decorate-server", ""))
    return operation.security is None and not decorator.endswith("requires_auth")


def _insecure_servers(document: Document) -> Iterator[Fault]:
    servers = document.root.get("servers")
    for server in servers.elements() if servers is not None else ():
        url = server.get("url")
        if url is not None and re.match(r"http://(?!localhost|127\.|\[::1\])", str(url.value)):
            yield url.fault("calls go there without encryption", "write https://")


def _defaults_in_patches(document: Document) -> Iterator[Fault]:
    """What a caller leaves out of a PATCH is to stay as it is; a default would be written in its place."""
    for operation in document.operations:
        for content in operation.contents if operation.method == "PATCH" else ():
            schema = content.node.get("schema")
            for name, child in _properties(schema) if schema is not None else ():
                if child.get("default") is not None:
                    fact = f"{operation.title} gets the default of {name} where its caller leaves {name} out"
                    cure = "give the body of the PATCH a schema of its own, without defaults: what is left out stays"
                    yield child.at("default").fault(fact, cure, at_key=True)


def _properties(schema: Node) -> Iterator[tuple[str, Node]]:
    """The properties of an object with their schemas, also those that `allOf` adds."""
    waiting, seen = [schema], set[Node]()
    while waiting:
        node = waiting.pop().follow()
        if node not in seen:
            seen.add(node)
            properties, parts = node.get("properties"), node.get("allOf")
            for name, child in properties.items() if properties is not None else ():
                yield name, child.follow()
            waiting += parts.elements() if parts is not None else ()


def _unused_schemas(document: Document) -> Iterator[Fault]:
    used = set(_names_referred_to(document.root.value))
    for name, node in document.named.items():
        if node.file.path == document.path and name not in used:
            yield node.fault(f"nothing refers to the schema {name}", "remove it", at_key=True)


def _names_referred_to(value: Json) -> Iterator[str]:
    """The last step of every reference, and what discriminators map to."""
    waiting = [value]
    while waiting:
        one = waiting.pop()
        if isinstance(one, str):
            yield one.rpartition("/")[2].replace("~1", "/").replace("~0", "~")
        elif isinstance(one, dict):
            waiting += [child for key, child in one.items() if key in _REFERRING or isinstance(child, dict | list)]
        elif isinstance(one, list):
            waiting += [child for child in one if isinstance(child, dict | list)]


_REFERRING = ("$ref", "$dynamicRef", "mapping")
_STYLES = {
    "snake_case": re.compile(r"[a-z0-9]+(_[a-z0-9]+)+"), "camelCase": re.compile(r"[a-z][a-z0-9]*([A-Z][a-z0-9]*)+"),
}  # fmt: skip


def _inconsistent_names(document: Document) -> Iterator[Fault]:
    """Names of one word are of any style."""
    found = [
        (style, name, child)
        for node in document.named.values() if (properties := node.get("properties")) is not None
        for name, child in properties.items()
        for style, pattern in _STYLES.items() if pattern.fullmatch(name)
    ]  # fmt: skip
    counts = Counter(style for style, _, _ in found)
    if len(counts) > 1:
        usual = counts.most_common(1)[0][0]
        for style, name, child in found:
            if style != usual:
                yield child.fault(f"{name} is {style}, and most properties are {usual}", None, at_key=True)


def _missing_examples(document: Document) -> Iterator[Fault]:
    for name, node in document.named.items():
        value = node.value
        if isinstance(value, dict) and "properties" in value and not {"example", "examples"} & value.keys():
            yield node.fault(f"the schema {name} has no example", "add one: mocks and readers use it", at_key=True)


_RULES: dict[str, Rule] = {
    "undocumented-errors": _undocumented_errors, "unused-schema": _unused_schemas,
    "inconsistent-name": _inconsistent_names, "insecure-operation": _insecure_operations,
    "insecure-server": _insecure_servers, "default-in-patch": _defaults_in_patches,
    "missing-operation-id": _missing_ids, "missing-example": _missing_examples,
}  # fmt: skip
