"""pym-config.yaml and the environment become one configuration, found and read once per process.

settings.py     the settings that there are
kinds.py        what their values have to be
reading.py      a file and the environment, read and checked
credentials.py  credentials for the services that are called
secret.py       texts that print as stars
"""

from __future__ import annotations

import logging
import os
import re
import sys
import threading
from collections.abc import Iterator
from typing import Any

from pymacaron._types import Environment, Json
from pymacaron.exceptions import ConfigurationError, Finding
from pymacaron.names import unknown_attribute

from .credentials import read_credentials
from .kinds import nearest
from .secret import STARS, Secret, redact, redact_logs, reveal
from .settings import ALIASES, RESERVED, SETTINGS, Setting, default_of, read_setting, wrong_value

__all__ = [
    "SETTINGS",
    "Config",
    "Secret",
    "Setting",
    "get_config",
    "is_secret",
    "load_config",
    "program_folder",
    "read_credentials",
    "redact",
    "reveal",
    "set_base",
    "set_config",
]

log = logging.getLogger(__name__)

_NAME_OF_SECRET = re.compile(r"secret|passw|token|private|credential|api_?key", re.IGNORECASE)


class Config:
    """The configuration. It has an attribute for every key, whether pymacaron knows the key or not.

    You may assign to attributes, which takes effect at once. A key with the value None is not set: `get` returns its
    default for it, and it is not among the `keys`. `config_file` is the file that was read, or None. `config_findings`
    is what would have stopped the start, if the file was read for a tool. These names, and those of the methods, cannot
    be keys.

    Raises:
        AttributeError: a key that is neither known nor set; names the nearest one.
        ConfigurationError: a value of the wrong type is assigned to a known key.
    """

    __slots__ = ("__dict__", "config_file", "config_findings")

    config_file: str | None
    config_findings: tuple[Finding, ...]

    # What SETTINGS says, for type checkers and editors.
    name: str | None
    live_host: str | None
    env_secrets: list[str]
    check_ignore: list[str]
    log_level: str | None
    log_format: str | None
    log_calls: bool
    console: str
    base_path: str
    remote_refs: bool
    strict_query: bool
    max_body: int
    rate_limit: str | dict[str, str] | None
    rate_limit_store: Secret | None
    max_concurrency: int | None
    idempotency_seconds: int
    trusted_hosts: list[str]
    cors: dict[str, Any] | None
    security_headers: dict[str, str]
    metrics: bool
    metrics_token: Secret | None
    metrics_port: int | None
    metrics_host: str
    opentelemetry: str
    validate_responses: str | None
    dispatch: str
    error_format: str
    expose_exceptions: bool
    client_errors: str
    clients: dict[str, dict[str, Json]]
    report_call_exceeding_ms: int
    report_to: list[str]
    report_window: int
    report_file: str | None
    report_slack_webhook: Secret | None
    report_email_to: str | list[str] | None
    report_email_from: str | None
    report_webhook: Secret | None
    report_webhook_authorization: Secret | None
    report_sentry_dsn: Secret | None
    smtp_host: str | None
    smtp_port: int | None
    smtp_security: str
    smtp_user: str | None
    smtp_password: Secret | None
    jwt_secret: Secret | None
    jwt_public_key: str | None
    jwt_private_key: Secret | None
    jwt_jwks: str | None
    jwt_algorithm: str | None
    jwt_audience: str | list[str] | None
    jwt_issuer: str | list[str] | None
    jwt_issuers: dict[str, dict[str, Json]]
    jwt_leeway: int
    jwt_token_timeout: int
    default_user_id: str | None
    with_async: bool
    async_broker: Secret | None
    async_max_seconds: int
    async_processes: int | None
    async_drain: int
    store: str | None
    server: str | None
    workers: int | None
    threads: int | None
    worker_timeout: int
    max_requests: int
    keep_alive: int
    request_timeout: int
    max_head: int
    shutdown_delay: float
    shutdown_grace: int
    trusted_proxies: str | list[str]
    unix_socket: str | None
    https_cert: str | None
    https_key: str | None
    aws_region: str | None
    aws_default_region: str | None
    aws_user: str | None
    aws_access_key_id: str | None
    aws_secret_access_key: Secret | None
    aws_instance_type: str
    aws_hosts_min: int
    aws_hosts_max: int
    aws_spot: bool
    aws_keypair: str | None
    aws_cert_arn: str | None
    aws_ssl_policy: str
    aws_cname_prefix: str | None
    aws_variables: dict[str, str]
    aws_service_role: str
    aws_instance_profile: str
    aws_notify_topic: str | None
    aws_vpc: dict[str, str]
    aws_watch_minutes: int
    aws_canary_minutes: int
    aws_keep_hours: int
    aws_dns: str
    aws_keep_versions: int
    docker_repo: str | None
    docker_secret: str | None
    docker_bucket: str | None

    def __init__(self, /, **values: Json) -> None:
        self.config_file = None
        self.config_findings = ()
        for setting in SETTINGS.values():
            self.__dict__[setting.name] = default_of(setting)
        for key, value in values.items():
            setattr(self, key, value)

    def __setattr__(self, key: str, value: Json) -> None:
        if key in RESERVED:
            object.__setattr__(self, key, value)
            return
        key = ALIASES.get(key, key)
        setting = SETTINGS.get(key)
        if setting is not None:
            try:
                value = default_of(setting) if value is None else read_setting(setting, value)
            except ValueError as cure:
                raise ConfigurationError([wrong_value(f"get_config().{key}", setting, value, cure)]) from None
        self.__dict__[key] = value

    def __getattr__(self, key: str) -> Any:
        if key in ALIASES:
            return getattr(self, ALIASES[key])
        if key.startswith("__"):  # asked by copy, pickle and the like
            raise AttributeError(key)
        near = nearest(key, self.__dict__)
        advice = f"did you mean '{near}'?" if near else "add it to pym-config.yaml, or use get_config().get()"
        raise unknown_attribute(f"no setting is called '{key}'; {advice}")

    def __delattr__(self, key: str) -> None:
        if ALIASES.get(key, key) in SETTINGS:
            setattr(self, key, None)
        else:
            object.__delattr__(self, key)

    def __getitem__(self, key: str) -> Any:
        if key not in self:
            raise KeyError(key)
        return self.__dict__[ALIASES.get(key, key)]

    def get(self, key: str, default: Any = None) -> Any:
        """The value of `key`, or `default` if it is not set."""
        value = self.__dict__.get(ALIASES.get(key, key))
        return default if value is None else value

    def __contains__(self, key: str) -> bool:
        return self.get(key) is not None

    def keys(self) -> list[str]:
        """The keys that have a value, given or by default."""
        return [key for key, value in self.__dict__.items() if value is not None]

    def __iter__(self) -> Iterator[str]:
        return iter(self.keys())

    def __repr__(self) -> str:
        return f"Config({', '.join(f'{key}={_shown(key, self[key])}' for key in self)})"


def _shown(key: str, value: Json) -> str:
    return STARS if is_secret(key, value) else repr(value)


def is_secret(key: str, value: Json) -> bool:
    """Is a setting not to be shown? Secrets are not, nor users' own texts whose key says that they are secret."""
    named = isinstance(value, str) and key not in SETTINGS and _NAME_OF_SECRET.search(key) is not None
    return named or isinstance(value, Secret)


def load_config(path: str | None = None, environment: Environment | None = None, *, strict: bool = True) -> Config:
    """Read the configuration of a file or folder. Without `path`, the usual file is read, or the defaults are used.

    With `strict=False`, for tools, wrong settings are left unset and listed in `config_findings`.

    Raises:
        ConfigurationError: `path` or $PYM_CONFIG does not exist; with `strict`, anything in the file is wrong.
    """
    config, warnings = _load(path, os.environ if environment is None else environment, strict)
    for warning in warnings:
        log.warning("%s", warning)
    return config


def _load(path: str | None, environment: Environment, strict: bool) -> tuple[Config, list[str]]:
    file = find_file(path, environment)
    if file is None:
        places = "beside the program, in the working folder or at $PYM_CONFIG"
        return Config(), [f"there is no pym-config.yaml {places}: every setting has its default"]
    from .reading import Reading  # imports yaml for most files, which a process without one does without

    reading = Reading(file, environment)
    if strict and reading.findings:
        raise ConfigurationError(reading.findings)
    config = Config(**reading.values)
    config.config_file = file
    config.config_findings = tuple(reading.findings)
    return config, reading.warnings


def find_file(path: str | None, environment: Environment) -> str | None:
    """The file to read: `path`, else $PYM_CONFIG, else the first that exists beside the entry point and in the working
    folder. In a folder, `pym-config.<PYM_ENV>.yaml` goes before `pym-config.yaml`.

    Raises:
        ConfigurationError: `path` or $PYM_CONFIG lead to no file.
    """
    given = path or environment.get("PYM_CONFIG")
    if given and os.path.isfile(given):
        return os.path.abspath(given)
    stage = environment.get("PYM_ENV")
    names = ([f"pym-config.{stage}.yaml"] if stage else []) + ["pym-config.yaml"]
    folders = [given] if given else [_base or _folder_of_program(), os.curdir]
    for file in (os.path.join(folder, name) for folder in folders for name in names):
        if os.path.isfile(file):
            return os.path.abspath(file)
    if not given:
        return None
    fact = f"'{given}' is neither a file nor a folder with {' or '.join(names)}"
    raise ConfigurationError([Finding("load_config()" if path else "$PYM_CONFIG", "", fact, "name one that is")])


def program_folder() -> str:
    """Where the entry point of the program lies."""
    return _base or _folder_of_program()


def _folder_of_program() -> str:
    file = getattr(sys.modules.get("__main__"), "__file__", None)
    return os.path.dirname(os.path.realpath(file)) if file else os.curdir


_lock = threading.Lock()
_base: str | None = None
_config: Config | None = None


def get_config() -> Config:
    """The configuration of the process. It is found and read at the first call.

    Raises:
        ConfigurationError: the file is wrong, or an environment variable that it names is not set.
    """
    return _config or _first_config()


def _first_config() -> Config:
    global _config
    warnings: list[str] = []
    with _lock:
        if _config is None:
            redact_logs()
            _config, warnings = _load(None, os.environ, strict=True)
        config = _config
    for warning in warnings:  # only now, since whoever formats log lines may ask for the configuration
        log.warning("%s", warning)
    return config


def set_config(config: Config | None) -> None:
    """Set what get_config() returns. With None, the next get_config() looks for the file again."""
    global _config  # noqa: PLW0603 - see above
    with _lock:
        _config = config


def set_base(folder: str) -> None:
    """Let the first place to look for pym-config.yaml be `folder`, where the service's entry point lies."""
    global _base  # noqa: PLW0603 - a fact about the process
    _base = folder
