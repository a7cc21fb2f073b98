"""Which operation of which service of AWS a request is for, told by the models that botocore carries."""

from __future__ import annotations

import contextlib
import functools
import json
import re
from collections.abc import Mapping
from typing import Any
from urllib.parse import parse_qs, parse_qsl, unquote

import botocore.session
from botocore.exceptions import UnknownServiceError
from botocore.model import OperationModel, ServiceModel

from .exchange import Asked
from .protocol import Refusal, scope_of
from .record import hidden

_MODELS = {"elasticloadbalancing": "elbv2", "servicequotas": "service-quotas"}
_SIGNED_AS = {"monitoring": "cloudwatch"}  # signed for another name than policies have
_session = functools.cache(botocore.session.Session)


@functools.cache
def model_of(service: str) -> ServiceModel | None:
    """The model of the service that policies call by this name."""
    try:
        return _session().get_service_model(_MODELS.get(service, service))
    except UnknownServiceError:
        return None


def service_of(asked: Asked) -> str:
    """Which service a request is signed for, as policies call it; empty if it is not signed."""
    name = _signed_for(asked)
    return _SIGNED_AS.get(name, name)


def _signed_for(asked: Asked) -> str:
    query = parse_qs(asked.target.partition("?")[2])
    if "X-Amz-Credential" in query:  # an address that was signed for someone
        return [*query["X-Amz-Credential"][0].split("/"), "", "", ""][3]
    try:
        return scope_of(asked.headers.get("authorization")).service
    except Refusal:
        return ""


def call_of(service: str, asked: Asked) -> tuple[str, Any]:
    """The name of the operation and its parameters, without what is sensitive; what cannot be told is `Unknown`."""
    model = model_of(service)
    if model is None:
        return "Unknown", {}
    if target := asked.headers.get("x-amz-target"):
        return _named(model, target.rpartition(".")[2], _json(asked.body))
    if found := re.fullmatch(r"/service/\w+/operation/(\w+)", asked.target):
        return found[1], {}
    if model.metadata["protocol"] in {"query", "ec2"}:
        fields = dict(parse_qsl(asked.body.decode("utf-8", "replace"), keep_blank_values=True))
        fields.pop("Version", None)
        return fields.pop("Action", "Unknown"), fields
    return _by_path(model, asked)


def _json(body: bytes) -> Any:
    with contextlib.suppress(ValueError):
        return json.loads(body)
    return {}


def _named(model: ServiceModel, name: str, params: Any) -> tuple[str, Any]:
    known = name in model.operation_names
    return name, hidden(model.operation_model(name).input_shape, params) if known else {}


@functools.cache
def _paths(model: ServiceModel) -> list[tuple[OperationModel, re.Pattern[str], set[tuple[str, str]]]]:
    """Each operation with its path, and with what its query has to hold."""
    found = []
    for operation in map(model.operation_model, model.operation_names):
        path, _, query = operation.http["requestUri"].partition("?")
        pattern = re.sub(r"\\\{(\w+)(\\\+)?\\\}", _placeholder, re.escape(path.rstrip("/") or "/"))
        if not operation.deprecated:
            found.append((operation, re.compile(pattern + "/?"), set(parse_qsl(query, keep_blank_values=True))))
    return found


def _placeholder(found: re.Match[str]) -> str:
    return rf"(?P<{found[1]}>.+)" if found[2] else rf"(?P<{found[1]}>[^/]+)"


def _by_path(model: ServiceModel, asked: Asked) -> tuple[str, Any]:
    path, _, query_text = asked.target.partition("?")
    query = set(parse_qsl(query_text, keep_blank_values=True))
    names = {name for name, _ in query} | asked.headers.keys()
    params: dict[str, str] = {}
    best = (-1, 0, "Unknown")
    for operation, pattern, wanted in _paths(model):
        found = pattern.fullmatch(unquote(path)) if operation.http["method"] == asked.method else None
        needs = _needs(operation)
        if found and wanted <= query and needs <= names:
            rank = len(wanted) + len(needs), len(found.groupdict()), operation.name
            best, params = max((best, params), (rank, {**found.groupdict(), **_conditions(asked.headers)}), key=_first)
    return best[2], params


def _first(pair: tuple[Any, Any]) -> Any:
    return pair[0]


def _needs(operation: OperationModel) -> set[str]:
    """Fields of the query and headers that the operation requires."""
    shape = operation.input_shape
    members = [shape.members[name] for name in shape.required_members] if shape else []
    asked = (m.serialization for m in members if m.serialization.get("location") in {"querystring", "header"})
    return {s["name"].lower() if s["location"] == "header" else s["name"] for s in asked}


def _conditions(headers: Mapping[str, str]) -> dict[str, str]:
    return {name: headers[name] for name in ("if-match", "if-none-match") if name in headers}
