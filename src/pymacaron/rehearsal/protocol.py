"""The `query` protocol of AWS, read from the model of the service that botocore carries: parameters from the fields of
a form, answers and errors as XML. Both are held against the model: types, lengths, members, and the enumerations that
botocore itself does not look at."""

from __future__ import annotations

import functools
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any
from urllib.parse import parse_qsl
from xml.sax.saxutils import escape

import botocore.session
from botocore.model import ListShape, OperationModel, ServiceModel, Shape, StructureShape
from botocore.utils import parse_timestamp
from botocore.validate import ParamValidator

SERVICE = "elasticbeanstalk"
VERSION = "2010-12-01"
_SCOPE = re.compile(
    r"AWS4-HMAC-SHA256 +Credential=(?P<key>[^/, ]+)/(?P<day>\d{8})/(?P<region>[a-z0-9-]+)/(?P<service>[a-z0-9-]+)"
    r"/aws4_request, *SignedHeaders=(?P<signed>[a-z0-9;-]+), *Signature=[0-9a-f]{64}"
)
_NO_XML = re.compile(r"[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")

Params = dict[str, Any]  # the parameters of a call, or its result: names and types of the service's model


class Refusal(Exception):
    """A call answered with an error. `code` is what clients see as `Error.Code`."""

    def __init__(self, code: str, message: str, status: int = 400) -> None:
        super().__init__(message)
        self.code, self.message, self.status = code, message, status


def invalid(message: str) -> Refusal:
    return Refusal("InvalidParameterValue", message)


@dataclass(frozen=True, slots=True)
class Scope:
    """What a request is signed for."""

    key: str
    region: str
    service: str


@functools.cache
def service() -> ServiceModel:
    """botocore's model of Elastic Beanstalk, but for what the service is known to send otherwise: the tier of settings,
    which `eb health` looks for; and as the status of a health, that of the environment instead of a colour."""
    data = botocore.session.Session().get_component("data_loader").load_service_model(SERVICE, "service-2")
    shapes = data["shapes"]
    shapes["ConfigurationSettingsDescription"]["members"]["Tier"] = {"shape": "EnvironmentTier"}
    shapes["DescribeEnvironmentHealthResult"]["members"]["Status"] = {"shape": "EnvironmentStatus"}
    return ServiceModel(data, SERVICE)


def scope_of(authorization: str | None) -> Scope:
    """For what the request was signed. The signature itself is not computed: keys of a rehearsal are no secret.
    Raises Refusal as AWS does for requests without one, or with one that is none."""
    if not authorization:
        raise Refusal("MissingAuthenticationToken", "Missing Authentication Token", 403)
    if not (found := _SCOPE.fullmatch(authorization.strip())):
        raise Refusal("IncompleteSignature", "Authorization header is not one of AWS Signature Version 4.")
    if "host" not in found["signed"].split(";"):
        raise Refusal("SignatureDoesNotMatch", "'Host' must be a 'SignedHeader' in the AWS Authorization.", 403)
    return Scope(found["key"], found["region"], found["service"])


def check_scope(scope: Scope, region: str) -> None:
    if scope.service != SERVICE:
        raise Refusal("SignatureDoesNotMatch", f"Credential should be scoped to correct service: '{SERVICE}'.", 403)
    if scope.region != region:
        raise Refusal(
            "SignatureDoesNotMatch", f"Credential should be scoped to a valid region, not '{scope.region}'.", 403
        )


# --- requests -----------------------------------------------------------------------------------------------------


def read_call(body: bytes) -> tuple[OperationModel, Params]:
    """Which operation is called with what. Raises Refusal when the model does not allow it."""
    try:
        pairs = parse_qsl(body.decode("ascii"), keep_blank_values=True, strict_parsing=True, errors="strict")
    except ValueError as e:
        raise Refusal("MalformedQueryString", "The body is no form of UTF-8 fields.", 404) from e
    fields = dict(pairs)
    if len(fields) != len(pairs):
        raise Refusal("MalformedQueryString", "A parameter is given twice.", 404)
    action, version = fields.pop("Action", None), fields.pop("Version", None)
    if action is None:
        raise Refusal("MissingAction", "The request has no Action.")
    if version != VERSION or action not in service().operation_names:
        raise Refusal("InvalidAction", f"Could not find operation {_shown(action)} for version {_shown(version)}")
    operation = service().operation_model(action)
    return operation, _read_parameters(operation, fields)


def _shown(text: str | None) -> str:
    return text if text and re.fullmatch(r"[\w.-]{1,80}", text) else "of that name"


def _read_parameters(operation: OperationModel, fields: Mapping[str, str]) -> Params:
    tree: dict[str, Any] = {}
    for name, value in fields.items():
        _plant(tree, name, value)
    if operation.input_shape is None:
        if tree:
            raise Refusal("ValidationError", f"{operation.name} takes no parameters.")
        return {}
    params: Params = _value(operation.input_shape, tree, operation.name)
    if problems := list(_problems(operation.input_shape, params)):
        raise Refusal("ValidationError", f"{len(problems)} validation error detected: {'; '.join(problems)}")
    return params


def _plant(tree: dict[str, Any], name: str, value: str) -> None:
    *way, last = name.split(".")
    for step in way:
        tree = tree.setdefault(step, {})
        if not isinstance(tree, dict):
            raise Refusal("MalformedInput", "A parameter is a value and has members.")
    if last in tree:
        raise Refusal("MalformedInput", "A parameter is a value and has members.")
    tree[last] = value


def _value(shape: Shape, found: Any, place: str) -> Any:
    """What the form gave for `shape`, in Python."""
    if isinstance(shape, StructureShape):
        return _structure(shape, found, place)
    if isinstance(shape, ListShape):
        return _list(shape, found, place)
    if isinstance(found, dict):
        raise Refusal("MalformedInput", f"{place} has no members.")
    try:
        return _SCALARS[shape.type_name](found)
    except (ValueError, KeyError, OverflowError, RuntimeError) as e:
        raise Refusal("MalformedInput", f"{place} is not of type {shape.type_name}.") from e


def _structure(shape: StructureShape, found: Any, place: str) -> Params:
    if not isinstance(found, dict):
        if found == "":
            return {}
        raise Refusal("MalformedInput", f"{place} is a structure.")
    names = {member.serialization.get("name", name): (name, member) for name, member in shape.members.items()}
    if unknown := sorted(found.keys() - names.keys()):
        raise Refusal("ValidationError", f"{place} has no parameter {', '.join(map(_shown, unknown))}.")
    return {names[key][0]: _value(names[key][1], value, f"{place}.{key}") for key, value in found.items()}


def _list(shape: ListShape, found: Any, place: str) -> list[Any]:
    if found == "":  # how botocore writes an empty list
        return []
    members: Any = found if isinstance(found, dict) else {}
    if not shape.serialization.get("flattened"):
        members = members.pop(shape.member.serialization.get("name", "member"), {}) if len(members) == 1 else {}
    if not isinstance(members, dict) or set(members) ^ {str(n + 1) for n in range(len(members))} or not members:
        raise Refusal("MalformedInput", f"{place} is no list whose members are numbered from 1.")
    return [_value(shape.member, members[key], f"{place}.{key}") for key in sorted(members, key=int)]


def _timestamp(text: str) -> datetime:
    """Without a zone, it is meant in UTC."""
    at: datetime = parse_timestamp(text)
    return at if at.tzinfo else at.replace(tzinfo=UTC)


_SCALARS: dict[str, Any] = {
    "string": str,
    "boolean": lambda text: {"true": True, "false": False}[text],
    "integer": int,
    "long": int,
    "double": float,
    "timestamp": _timestamp,
}


# --- what the model says of values --------------------------------------------------------------------------------


def _problems(shape: Shape, value: Params) -> Iterator[str]:
    if report := ParamValidator().validate(value, shape).generate_report():
        yield from report.splitlines()
    yield from _unchecked(shape, value, "")


def _unchecked(shape: Shape, value: Any, place: str) -> Iterator[str]:
    """What botocore's validator does not look at: enumerations, and what is too much."""
    if isinstance(shape, StructureShape) and isinstance(value, dict):
        for name, member in value.items():
            if name in shape.members:
                yield from _unchecked(shape.members[name], member, f"{place}.{name}")
        return
    if isinstance(shape, ListShape) and isinstance(value, list):
        for number, member in enumerate(value):
            yield from _unchecked(shape.member, member, f"{place}.{number + 1}")
    if (allowed := shape.metadata.get("enum")) and value not in allowed:
        yield f"{place[1:]} must satisfy enum value set: [{', '.join(allowed)}]"
    if "max" in shape.metadata and (value if isinstance(value, int) else len(value)) > shape.metadata["max"]:
        yield f"{place[1:]} must be less than or equal to {shape.metadata['max']}, or have no greater length"


def faults_of_result(operation: OperationModel, result: Params) -> list[str]:
    """What the model has against a result: of the server's own, so none unless the server is wrong."""
    if operation.output_shape is None:
        return ["this operation has no result"] if result else []
    return list(_problems(operation.output_shape, result))


# --- answers ------------------------------------------------------------------------------------------------------


def write_answer(operation: OperationModel, result: Params, request_id: str) -> bytes:
    shape, content = operation.output_shape, ""
    if shape is not None:
        wrapper = shape.serialization.get("resultWrapper", f"{operation.name}Result")
        content = _element(wrapper, shape, result)
    metadata = f"<ResponseMetadata><RequestId>{request_id}</RequestId></ResponseMetadata>"
    name = f"{operation.name}Response"
    return f'<{name} xmlns="{service().metadata["xmlNamespace"]}">{content}{metadata}</{name}>'.encode()


def _element(name: str, shape: Shape, value: Any) -> str:
    if isinstance(shape, StructureShape):
        inside = "".join(
            _element(shape.members[key].serialization.get("name", key), shape.members[key], member)
            for key, member in value.items()
        )
    elif isinstance(shape, ListShape):
        inside = "".join(_element(shape.member.serialization.get("name", "member"), shape.member, v) for v in value)
    else:
        inside = _text(value)
    return f"<{name}>{inside}</{name}>"


def _text(value: Any) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, datetime):
        return value.strftime("%Y-%m-%dT%H:%M:%S.%f")[:-3] + "Z"
    return escape(_NO_XML.sub("?", str(value)))


def write_error(refusal: Refusal, request_id: str) -> bytes:
    kind = "Sender" if refusal.status < 500 else "Receiver"
    error = f"<Type>{kind}</Type><Code>{_text(refusal.code)}</Code><Message>{_text(refusal.message)}</Message>"
    start = f'<ErrorResponse xmlns="{service().metadata["xmlNamespace"]}">'
    return f"{start}<Error>{error}</Error><RequestId>{request_id}</RequestId></ErrorResponse>".encode()
