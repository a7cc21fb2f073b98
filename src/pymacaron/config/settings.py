"""The settings that pymacaron knows: what each is called, means and may be, and what it is when nobody says."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping
from typing import NamedTuple

from pymacaron._types import Json, Pointer
from pymacaron.exceptions import Finding
from pymacaron.names import closest

from .credentials import read_credentials
from .secret import Secret


class Kind(NamedTuple):
    """What a value has to be: `words` completes "it has to be …"; `read` gives the value as code gets it.

    `read` raises ValueError with the cure as its text.
    """

    words: str
    read: Callable[[Json], Json]


class Setting(NamedTuple):
    """One key of pym-config.yaml.

    A `default` of None means: not set. `needed` is "file" for what every file must have, "deploy" for what deploying
    needs, else empty. A `secret` setting's value is a Secret.
    """

    name: str
    kind: Kind
    default: Json
    doc: str
    needed: str = ""
    secret: bool = False


def nearest(word: str, known: Iterable[str]) -> str | None:
    """The one of `known` that `word` is most likely meant to be, hyphens for underscores included; None if none is."""
    return closest(word.replace("-", "_"), known, alike=0.8)


def _text(value: Json) -> str:
    if isinstance(value, str) and value:
        return value
    if isinstance(value, str):
        raise ValueError("write something, or leave the key out")
    raise ValueError("write one text" if isinstance(value, list | dict) else "put quotes around it")


def _flag(value: Json) -> bool:
    if isinstance(value, bool):
        return value
    meant = {"yes": "true", "on": "true", "no": "false", "off": "false"}  # booleans of YAML 1.1, texts in 1.2
    word = meant.get(value.lower()) if isinstance(value, str) else None
    raise ValueError(f"write {word or 'true or false'}")


def _whole_number(value: Json) -> int:
    if isinstance(value, int) and not isinstance(value, bool) and value >= 0:
        return value
    raise ValueError("write digits only, without quotes")


_SIZE = re.compile(r"([0-9]{1,15}(?:\.[0-9]{1,15})?) ?([KMG]?(?:IB|B)?)", re.IGNORECASE)
_STORE = re.compile(r"sqlite:///[^?\0]+|dynamodb://[a-z0-9-]+(?:\?endpoint=https?://[^&]+)?")
_UNITS = {"": 1, "B": 1, "KB": 10**3, "MB": 10**6, "GB": 10**9, "KIB": 2**10, "MIB": 2**20, "GIB": 2**30}


def _size(value: Json) -> int:
    if isinstance(value, int) and not isinstance(value, bool) and value >= 0:
        return value
    found = _SIZE.fullmatch(value) if isinstance(value, str) else None
    if found and found[2].upper() in _UNITS:
        return round(float(found[1]) * _UNITS[found[2].upper()])
    raise ValueError("write for example 16MB")


def _texts(value: Json) -> list[str]:
    if isinstance(value, list):
        return [_text(item) for item in value]
    raise ValueError("write each on a line of its own, after a dash and a blank")


def _text_or_texts(value: Json) -> str | list[str]:
    return _texts(value) if isinstance(value, list) else _text(value)


def _one_of(*choices: str) -> Kind:
    by_lower = {choice.lower(): choice for choice in choices}

    def read(value: Json) -> str:
        if isinstance(value, str) and value.lower() in by_lower:
            return by_lower[value.lower()]
        near = nearest(value, choices) if isinstance(value, str) else None
        raise ValueError(f"did you mean '{near}'?" if near else f"write for example {choices[0]}")

    return Kind("one of " + ", ".join(choices), read)


def _some_of(*choices: str) -> Kind:
    one = _one_of(*choices)

    def read(value: Json) -> list[str]:
        found = [one.read(item) for item in (value if isinstance(value, list) else [value])]
        return list(dict.fromkeys(found))

    return Kind(f"some of {', '.join(choices)}", read)


def _none_is_too_few() -> int:
    raise ValueError("write 1 for a single one")


def _seconds(value: Json) -> float:
    if isinstance(value, int | float) and not isinstance(value, bool) and value > 0:
        return value
    raise ValueError("write a number, more than 0")


def _texts_by_name(value: Json) -> dict[str, str]:
    if isinstance(value, dict):
        return {str(name): _text(text) for name, text in value.items()}
    raise ValueError("write each on a line of its own, as `name: text`")


def _clients(value: Json) -> dict[str, dict[str, Json]]:
    if not isinstance(value, dict) or not all(isinstance(entry, dict) for entry in value.values()):
        raise ValueError("write the name of an API, and below it for example `url: https://api.example.com`")
    return {
        str(api): {key: _of_client(str(api), key, one) for key, one in entry.items()} for api, entry in value.items()
    }


def _of_client(api: str, key: Json, value: Json) -> Json:
    return _part(api, f"{api}.{key}", (key, value), CLIENT)


def _part(owner: str, place: str, said: tuple[Json, Json], kinds: Mapping[str, Kind]) -> Json:
    """The value of a key below a name that users choose, such as an API's."""
    key, value = said
    kind = kinds.get(key)
    if kind is None:
        near = nearest(str(key), kinds)
        cure = f"did you mean '{near}'?" if near else f"there are {', '.join(kinds)}"
        raise ValueError(f"'{key}' of {owner} is unknown; {cure}")
    try:
        return kind.read(value)
    except ValueError as cure:
        raise ValueError(f"{place} has to be {kind.words}; {cure}") from None


def _issuers(value: Json) -> dict[str, dict[str, Json]]:
    if not isinstance(value, dict) or not all(isinstance(entry, dict) for entry in value.values()):
        raise ValueError("write an issuer, and below it for example `jwks: https://login.example.com/keys`")
    return {str(issuer): _issuer(str(issuer), entry) for issuer, entry in value.items()}


def _issuer(issuer: str, entry: dict[str, Json]) -> dict[str, Json]:
    read = {key: _of_issuer(issuer, key, one) for key, one in entry.items()}
    if sum(key in read for key in _ISSUER_KEYS) != 1:
        raise ValueError(f"give {issuer} one of {', '.join(_ISSUER_KEYS)}")
    return read


def _of_issuer(issuer: str, key: Json, value: Json) -> Json:
    found = _part(issuer, f"{key} of {issuer}", (key, value), ISSUER)
    return Secret(found) if key == "secret" else found


def _store(value: Json) -> str:
    if isinstance(value, str) and _STORE.fullmatch(value):
        return value
    raise ValueError("write for example sqlite:///store.sqlite or dynamodb://eu-west-1")


TEXT = Kind("text", _text)
STORE = Kind("sqlite:///path or dynamodb://region", _store)
FLAG = Kind("true or false", _flag)
WHOLE_NUMBER = Kind("a whole number, 0 or more", _whole_number)
SIZE = Kind("a number of bytes, or text such as 16MB or 512KiB", _size)
TEXTS = Kind("a list of texts", _texts)
TEXT_OR_TEXTS = Kind("text, or a list of texts", _text_or_texts)
LEVEL = _one_of("DEBUG", "INFO", "WARNING", "ERROR", "CRITICAL")
COUNT = Kind("a whole number, 1 or more", lambda value: _whole_number(value) or _none_is_too_few())
SECONDS = Kind("a number of seconds", _seconds)
TEXTS_BY_NAME = Kind("a mapping from names to texts", _texts_by_name)
ERRORS = _one_of("return", "raise")
CREDENTIALS = Kind("a mapping from security schemes to credentials", read_credentials)
# What can be said of the client of one API.
CLIENT: dict[str, Kind] = {
    "url": TEXT, "variables": TEXTS_BY_NAME, "timeout": SECONDS, "connect_timeout": SECONDS, "read_timeout": SECONDS,
    "headers": TEXTS_BY_NAME, "verify": FLAG, "authorities": TEXT, "errors": ERRORS, "max_answer": SIZE,
    "max_attempts": COUNT, "max_failures": WHOLE_NUMBER, "credentials": CREDENTIALS,
}  # fmt: skip
CLIENTS = Kind("a mapping from APIs to how they are called", _clients)

# What a text from the environment stays, whatever it looks like.
_TEXTS = (TEXT, TEXT_OR_TEXTS, TEXTS_BY_NAME, CREDENTIALS)


def takes_text(path: Pointer) -> bool:
    """Is what stands at a place of the configuration a text, or the user's own? Else it says a number or the like."""
    setting = SETTINGS.get(str(path[0]))
    if setting is not None and setting.kind is ISSUERS:
        return True
    if setting is not None and setting.kind is CLIENTS and len(path) > 2:
        return CLIENT.get(str(path[2])) in _TEXTS
    return setting is None or setting.kind in _TEXTS


ALGORITHMS = (
    "HS256", "HS384", "HS512", "RS256", "RS384", "RS512", "PS256", "PS384", "PS512", "ES256", "ES384", "ES512", "EdDSA"
)  # fmt: skip
ALGORITHM = _one_of(*ALGORITHMS)
# What can be said of one issuer of tokens.
ISSUER: dict[str, Kind] = {
    "secret": TEXT, "public_key": TEXT, "jwks": TEXT, "algorithm": ALGORITHM, "audience": TEXT_OR_TEXTS,
}  # fmt: skip
_ISSUER_KEYS = ("secret", "public_key", "jwks")
ISSUERS = Kind("a mapping from issuers to their keys", _issuers)

SETTINGS: dict[str, Setting] = {
    setting.name: setting
    for setting in (
        # The service
        Setting("name", TEXT, None, "A short name of the service, also used to name what is deployed", "file"),
        Setting("live_host", TEXT, None, "The host that serves the live service, such as api.example.com", "file"),
        Setting("env_secrets", TEXTS, [], "Environment variables that hold secrets"),
        Setting("log_level", LEVEL, None, "What is logged, in place of API(log_level)"),
        Setting(
            "log_format", _one_of("json", "text"), None,
            "How: one JSON object per line, or text for developers; default: text in debug and on terminals, else json",
        ),
        Setting("log_calls", FLAG, True, "Whether there is a line for every call"),
        # Documents, requests and responses
        Setting("base_path", _one_of("use", "ignore"), "use", "Whether the document's base path prefixes its paths"),
        Setting("remote_refs", FLAG, False, "Whether references to other hosts are fetched at start-up"),
        Setting("strict_query", FLAG, False, "Whether query parameters that are not declared are refused"),
        Setting("max_body", SIZE, 16 * 10**6, "The longest request body accepted; more is answered with 413"),
        Setting(
            "validate_responses", _one_of("off", "sample", "report", "enforce"), None,
            "Which responses are checked against the document: enforce in debug and tests, otherwise sample",
        ),
        Setting("dispatch", _one_of("lane", "flask"), "lane", "Whether operations pass Flask's own dispatch"),
        # Errors and reports
        Setting("error_format", _one_of("pymacaron", "problem"), "pymacaron", "The body of errors; problem: RFC 9457"),
        Setting("expose_exceptions", FLAG, False, "Whether callers see unexpected exceptions without debug"),
        # Calling others
        Setting("client_errors", ERRORS, "return", "What a client does with a remote error"),
        Setting("clients", CLIENTS, {}, "How other services are called, by API"),
        # Reports of crashes
        Setting("report_call_exceeding_ms", WHOLE_NUMBER, 1000, "A slower call is reported (milliseconds)"),
        Setting("report_to", _some_of("log", "file", "slack", "email", "sentry"), ["log"], "Who gets crash reports"),
        Setting("report_window", WHOLE_NUMBER, 300, "In so many seconds, equal crashes are told once and counted"),
        Setting("report_file", TEXT, None, "The file that gets crash reports, a line of JSON each"),
        Setting("report_slack_webhook", TEXT, None, "The URL of an incoming webhook of Slack", secret=True),
        Setting("report_email_to", TEXT_OR_TEXTS, None, "Who gets crash reports by email"),
        Setting("report_email_from", TEXT, None, "The sender of crash reports; else name@live_host"),
        Setting("report_sentry_dsn", TEXT, None, "Where Sentry takes events; else $SENTRY_DSN", secret=True),
        Setting("smtp_host", TEXT, None, "The server that takes email"),
        Setting("smtp_port", WHOLE_NUMBER, None, "Its port; else 587, 465 with tls, 25 with none"),
        Setting("smtp_security", _one_of("starttls", "tls", "none"), "starttls", "How the connection is encrypted"),
        Setting("smtp_user", TEXT, None, "Who logs in there"),
        Setting("smtp_password", TEXT, None, "The password of that user", secret=True),
        # Authentication
        Setting("jwt_secret", TEXT, None, "The secret shared by those who issue and verify tokens", secret=True),
        Setting("jwt_public_key", TEXT, None, "The key that verifies tokens: PEM text or a file"),
        Setting("jwt_private_key", TEXT, None, "The key that signs tokens: PEM text or a file", secret=True),
        Setting("jwt_jwks", TEXT, None, "A set of public keys: a file or a URL"),
        Setting("jwt_algorithm", ALGORITHM, None, "The one algorithm that is accepted; HS256 with a jwt_secret"),
        Setting("jwt_audience", TEXT_OR_TEXTS, None, "Whom tokens are for: one of these has to be among theirs"),
        Setting("jwt_issuer", TEXT_OR_TEXTS, None, "Whose tokens are accepted; the first issuer is that of ours"),
        Setting("jwt_issuers", ISSUERS, {}, "Other issuers whose tokens are accepted, each with its key"),
        Setting("jwt_leeway", WHOLE_NUMBER, 0, "How far clocks may differ (seconds)"),
        Setting("jwt_token_timeout", WHOLE_NUMBER, 86400, "How long a token is valid (seconds)"),
        Setting("default_user_id", TEXT, None, "The user of tokens that are made without naming one"),
        # Tasks and persistence
        Setting("with_async", FLAG, False, "Whether asynchronous tasks are on"),
        Setting("async_broker", TEXT, None, "The URL of the tasks' broker; else files beside this one", secret=True),
        Setting("async_max_seconds", COUNT, 3600, "How long a task may run that does not say so itself (seconds)"),
        Setting("async_processes", COUNT, None, "How many tasks a worker runs at once; else one for each processor"),
        Setting("async_drain", WHOLE_NUMBER, 8, "How long a worker that is to end lets its tasks go on (seconds)"),
        Setting("store", STORE, None, "Where models are kept; else pymacaron-store.sqlite beside the file"),
        # Deployment
        Setting("aws_user", TEXT, None, "The IAM user that deploys", "deploy"),
        Setting("aws_keypair", TEXT, None, "The ssh key pair of the instances", "deploy"),
        Setting("aws_instance_type", TEXT, None, "The type of the instances, such as t3.small", "deploy"),
        Setting("aws_region", TEXT, None, "The region; also written aws_default_region", "deploy"),
        Setting("aws_access_key_id", TEXT, None, "The key of aws_user, where the environment has no credentials"),
        Setting("aws_secret_access_key", TEXT, None, "The secret of that key", secret=True),
        Setting("aws_cert_arn", TEXT, None, "The certificate of the load balancer; with one it speaks https"),
        Setting("aws_hosts_min", WHOLE_NUMBER, 1, "The fewest instances"),
        Setting("aws_hosts_max", WHOLE_NUMBER, 4, "The most instances"),
        Setting("docker_repo", TEXT, None, "Where images are pushed to and pulled from", "deploy"),
        Setting("docker_bucket", TEXT, None, "The S3 bucket for what is deployed", "deploy"),
    )
}  # fmt: skip

# Other names of known settings.
ALIASES = {"aws_default_region": "aws_region"}

# What Config calls its own, so that no key can have the name.
RESERVED = frozenset({"config_file", "config_findings", "get", "keys"})


def default_of(setting: Setting) -> Json:
    """The default, as a new value where it could be changed."""
    return setting.default.copy() if isinstance(setting.default, list | dict) else setting.default


def read_setting(setting: Setting, value: Json) -> Json:
    """The value of a known setting as code gets it.

    Raises:
        ValueError: it is none that the setting may have; the text is the cure.
    """
    value = setting.kind.read(value)
    return Secret(value) if setting.secret else value


def wrong_value(place: str, setting: Setting, value: Json, cure: ValueError) -> Finding:
    """What to say of a value that `read_setting` refused; the value itself may be secret, so not that."""
    names = {bool: "a boolean", int: "this number", float: "this number", list: "this list", dict: "a mapping"}
    fact = f"has to be {setting.kind.words}, not {names.get(type(value), 'this text')}"
    return Finding(place, setting.name, fact, str(cure))
