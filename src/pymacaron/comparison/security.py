"""Who may call, compared: the requirements of operations, and the schemes that they name."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping

from pymacaron._types import Json
from pymacaron.dialects import Document
from pymacaron.documents import Node
from pymacaron.operations import Operation, Scheme

from .ledger import Difference

_Alternatives = dict[frozenset[str], frozenset[str]]  # names of schemes → scopes, each as "scheme scope"


def compare_requirements(old: Operation, new: Operation) -> Iterator[Difference]:
    """What opens an operation in two documents."""
    before, after = _alternatives(old), _alternatives(new)
    if before == after:
        return
    was_open, is_open = frozenset() in before, frozenset() in after
    if was_open and not is_open:
        yield Difference("security-added", f"wants {_told(after)}", new.node)
    elif is_open and not was_open:
        yield Difference("security-removed", "is open to all", new.node)
    for names in before.keys() - after.keys() if not (was_open or is_open) else ():
        yield Difference("security-alternative-removed", f"is not opened by {_told([names])}", new.node)
    for names in after.keys() - before.keys() if not (was_open and not is_open) else ():
        if names:
            yield Difference("security-alternative-added", f"is opened by {_told([names])}", new.node)
    for names in before.keys() & after.keys():
        if after[names] - before[names]:
            yield Difference("security-scope-added", f"wants {_told([after[names] - before[names]])}", new.node)
        dropped = before[names] - after[names]
        if dropped:
            yield Difference("security-scope-removed", f"no longer wants {_told([dropped])}", new.node)


def _alternatives(operation: Operation) -> _Alternatives:
    requirements = operation.security or [{}]
    return {
        frozenset(one): frozenset(f"{name} {scope}" for name, scopes in one.items() for scope in scopes)
        for one in requirements
    }


def _told(alternatives: Iterable[Iterable[str]]) -> str:
    listed = [" and ".join(sorted(names)) or "nothing" for names in alternatives]
    return " or ".join(sorted(listed))


def compare_schemes(old: Document, new: Document) -> Iterator[Difference]:
    """The security schemes that both documents declare under one name."""
    for name in old.security_schemes.keys() & new.security_schemes.keys():
        before, after = old.security_scheme(name), new.security_scheme(name)
        if before is None or after is None:
            continue
        if _presented(before) != _presented(after):
            yield Difference("security-scheme-changed", f"security scheme {name} has changed", after.node)
        elif before.kind == "oauth2":
            yield from _flows(name, before.node, after.node)
        elif before.node.value.get("openIdConnectUrl") != after.node.value.get("openIdConnectUrl"):
            yield Difference("oauth-address-changed", f"security scheme {name} is at another address", after.node)


def _presented(scheme: Scheme) -> tuple[str, str, str]:
    """How its credential is sent; "basic" and "bearer" say that by themselves."""
    return scheme.kind, "" if scheme.kind in {"basic", "bearer"} else scheme.where, scheme.field


def _flows(name: str, old: Node, new: Node) -> Iterator[Difference]:
    before, after = _addresses(old), _addresses(new)
    for flow in sorted(before.keys() | after.keys()):
        if flow not in after:
            yield Difference("oauth-flow-removed", f"security scheme {name} has no flow {flow}", new)
        elif flow not in before:
            yield Difference("oauth-flow-added", f"security scheme {name} has a flow {flow}", new)
        elif before[flow] != after[flow]:
            yield Difference("oauth-address-changed", f"flow {flow} of {name} is at another address", new)


_FLOWS_20 = {"application": "clientCredentials", "accessCode": "authorizationCode"}  # as 3.x calls them


def _addresses(scheme: Node) -> Mapping[str, list[Json]]:
    """Where tokens are had, by flow: of `flows`, or of the one `flow` of Swagger 2.0."""
    flows = scheme.value.get("flows")
    if not isinstance(flows, dict):
        flow = str(scheme.value.get("flow"))
        flows = {_FLOWS_20.get(flow, flow): scheme.value}
    keys = ("authorizationUrl", "tokenUrl")
    return {name: [flow.get(key) for key in keys] for name, flow in flows.items() if isinstance(flow, dict)}
