"""The settings that pymacaron knows: what each is called, means and may be, and what it is when nobody says."""

from __future__ import annotations

from typing import NamedTuple

from pymacaron._types import Json, Pointer
from pymacaron.exceptions import Finding

from .kinds import (
    ALGORITHM,
    CLIENT,
    CLIENTS,
    COUNT,
    CREDENTIALS,
    ERRORS,
    FLAG,
    HEADERS,
    HOSTS,
    ISSUERS,
    LEVEL,
    NOT_NEGATIVE,
    ORIGINS,
    PORT,
    RATE,
    SIZE,
    STORE,
    TEXT,
    TEXT_OR_TEXTS,
    TEXTS,
    TEXTS_BY_NAME,
    WHOLE_NUMBER,
    Kind,
    one_of,
    some_of,
)
from .secret import Secret

# What an API has to tell browsers: to take answers for what they say they are, to show them in no frame of others, and
# to keep the address, which may hold something secret, from whom its links lead to.
SECURITY_HEADERS: dict[str, Json] = {
    "X-Content-Type-Options": "nosniff", "X-Frame-Options": "DENY", "Referrer-Policy": "no-referrer",
}  # fmt: skip

# Who may get reports of crashes: the names of crash/reporters/by_NAME.py, each with the settings it cannot do without.
REPORTERS: dict[str, tuple[str, ...]] = {
    "log": (),
    "file": ("report_file",),
    "slack": ("report_slack_webhook",),
    "webhook": ("report_webhook",),
    "email": ("report_email_to", "smtp_host"),
    "sentry": (),
}


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


SETTINGS: dict[str, Setting] = {
    setting.name: setting
    for setting in (
        # The service
        Setting("name", TEXT, None, "A short name of the service, also used to name what is deployed", "file"),
        Setting("live_host", TEXT, None, "The host that serves the live service, such as api.example.com", "file"),
        Setting("env_secrets", TEXTS, [], "Environment variables that hold secrets"),
        Setting("check_ignore", TEXTS, [], "Rules that pymacaron check leaves out"),
        Setting("log_level", LEVEL, None, "What is logged, in place of API(log_level)"),
        Setting(
            "log_format", one_of("json", "text"), None,
            "json (a line is an object) or text; default: PYM_LOG_FORMAT, else text in debug and on terminals",
        ),
        Setting("log_calls", FLAG, True, "Whether there is a line for every call"),
        Setting(
            "console", one_of("auto", "on", "off"), "auto",
            "Whether there is a console: auto in debug, for this machine; on always, for tokens with the scope console",
        ),
        # Documents, requests and responses
        Setting("base_path", one_of("use", "ignore"), "use", "Whether the document's base path prefixes its paths"),
        Setting("remote_refs", FLAG, False, "Whether references to other hosts are fetched at start-up"),
        Setting("strict_query", FLAG, False, "Whether query parameters that are not declared are refused"),
        Setting("max_body", SIZE, 16 * 10**6, "The longest request body accepted; more is answered with 413"),
        Setting(
            "validate_responses", one_of("off", "sample", "report", "enforce"), None,
            "Which responses are checked against the document: enforce in debug and tests, otherwise sample",
        ),
        Setting("dispatch", one_of("lane", "flask"), "lane", "Whether operations pass Flask's own dispatch"),
        # Limits and defences
        Setting("rate_limit", RATE, None, "How often a caller may call an operation that has no x-rate-limit"),
        Setting("rate_limit_store", TEXT, None, "The URL of a Redis that counts for all processes", secret=True),
        Setting("max_concurrency", COUNT, None, "How many calls a process answers at once; more get 503"),
        Setting("idempotency_seconds", COUNT, 86400, "How long answers are kept for x-idempotent (seconds)"),
        Setting("trusted_hosts", HOSTS, [], "The Host headers that are answered; empty: all"),
        Setting("cors", ORIGINS, None, "Whose pages may call from browsers: origins, or a mapping; else nobody's"),
        Setting("security_headers", HEADERS, SECURITY_HEADERS, "Headers of all answers, for browsers; {}: none"),
        # Numbers for Prometheus
        Setting("metrics", FLAG, False, "Whether the service counts, for Prometheus"),
        Setting("metrics_token", TEXT, None, "What whoever reads /metrics has to send", secret=True),
        Setting("metrics_port", PORT, None, "The port that shows them instead of the path /metrics"),
        Setting("metrics_host", TEXT, "0.0.0.0", "Where that port listens"),  # noqa: S104 - others read it
        # Traces
        Setting("opentelemetry", one_of("auto", "on", "off"), "auto", "Whether there are spans for OpenTelemetry"),
        # Errors and reports
        Setting("error_format", one_of("pymacaron", "problem"), "pymacaron", "The body of errors; problem: RFC 9457"),
        Setting("expose_exceptions", FLAG, False, "Whether callers see unexpected exceptions without debug"),
        # Calling others
        Setting("client_errors", ERRORS, "return", "What a client does with a remote error"),
        Setting("clients", CLIENTS, {}, "How other services are called, by API"),
        # Reports of crashes
        Setting("report_call_exceeding_ms", WHOLE_NUMBER, 1000, "A slower call is reported (milliseconds)"),
        Setting("report_to", some_of(*REPORTERS), ["log"], "Who gets crash reports"),
        Setting("report_window", WHOLE_NUMBER, 300, "In so many seconds, equal crashes are told once and counted"),
        Setting("report_file", TEXT, None, "The file that gets crash reports, a line of JSON each"),
        Setting("report_slack_webhook", TEXT, None, "The URL of an incoming webhook of Slack", secret=True),
        Setting("report_email_to", TEXT_OR_TEXTS, None, "Who gets crash reports by email"),
        Setting("report_email_from", TEXT, None, "The sender of crash reports; else name@live_host"),
        Setting("report_webhook", TEXT, None, "The URL that whole crash reports are posted to, as JSON", secret=True),
        Setting("report_webhook_authorization", TEXT, None, "The header Authorization sent with them", secret=True),
        Setting("report_sentry_dsn", TEXT, None, "Where Sentry takes events; else $SENTRY_DSN", secret=True),
        Setting("smtp_host", TEXT, None, "The server that takes email"),
        Setting("smtp_port", PORT, None, "Its port; else 587, 465 with tls, 25 with none"),
        Setting("smtp_security", one_of("starttls", "tls", "none"), "starttls", "How the connection is encrypted"),
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
        # Serving
        Setting("server", one_of("granian", "gunicorn"), None, "What serves in production; else granian, if installed"),
        Setting("workers", COUNT, None, "How many processes serve; else as many as cores and memory allow"),
        Setting("threads", COUNT, None, "How many calls a worker answers at once"),
        Setting("worker_timeout", COUNT, 30, "How long a worker may not move before it is replaced (seconds)"),
        Setting("max_requests", WHOLE_NUMBER, 0, "After so many requests a worker is replaced; 0: never"),
        Setting("keep_alive", COUNT, 75, "How long a connection stays open between requests (seconds)"),
        Setting("request_timeout", COUNT, 20, "How long a request may take to come, and 1 s more for each 1000 bytes"),
        Setting("max_head", SIZE, 65536, "The longest head accepted; more is 431, a request line above 8190 bytes 414"),
        Setting("shutdown_delay", NOT_NEGATIVE, 0.5, "How long after SIGTERM calls are still accepted (seconds)"),
        Setting("shutdown_grace", COUNT, 7, "How long after SIGTERM calls that run may go on (seconds)"),
        Setting("trusted_proxies", TEXT_OR_TEXTS, [], "Addresses and networks whose X-Forwarded headers count"),
        Setting("unix_socket", TEXT, None, "A file that is a socket to listen on, in place of a port"),
        Setting("https_cert", TEXT, None, "A file with the certificate, and those above it, for HTTPS"),
        Setting("https_key", TEXT, None, "A file with the key of that certificate"),
        # Deployment
        Setting("aws_region", TEXT, None, "The region; also written aws_default_region", "deploy"),
        Setting("aws_user", TEXT, None, "The IAM user that deploys, and the profile of its keys in ~/.aws"),
        Setting("aws_access_key_id", TEXT, None, "The key of aws_user, where the environment has no credentials"),
        Setting("aws_secret_access_key", TEXT, None, "The secret of that key", secret=True),
        Setting("aws_instance_type", TEXT, "t3.small", "The type of the instances; of several, the first that is free"),
        Setting("aws_hosts_min", WHOLE_NUMBER, 2, "The fewest instances"),
        Setting("aws_hosts_max", WHOLE_NUMBER, 4, "The most instances"),
        Setting("aws_spot", FLAG, False, "Whether instances beyond aws_hosts_min may be spot instances"),
        Setting("aws_keypair", TEXT, None, "The ssh key pair of the instances; opens their port 22"),
        Setting("aws_cert_arn", TEXT, None, "The certificate of the load balancer; with one it speaks https"),
        Setting("aws_ssl_policy", TEXT, "ELBSecurityPolicy-TLS13-1-2-2021-06", "What its https may use"),
        Setting("aws_cname_prefix", TEXT, None, "The first word of the live address in elasticbeanstalk.com"),
        Setting("aws_variables", TEXTS_BY_NAME, {}, "Variables of the service's environment that are not secret"),
        Setting("aws_service_role", TEXT, "aws-elasticbeanstalk-service-role", "The role of Elastic Beanstalk itself"),
        Setting("aws_instance_profile", TEXT, "aws-elasticbeanstalk-ec2-role", "The profile of the instances"),
        Setting("aws_notify_topic", TEXT, None, "The ARN of the SNS topic that is told of alarms and events"),
        Setting("aws_vpc", TEXTS_BY_NAME, {}, "Another network than the default one: id, subnets, elb_subnets, scheme"),
        Setting("aws_watch_minutes", WHOLE_NUMBER, 0, "How long a version that has gone live is watched (minutes)"),
        Setting("aws_canary_minutes", COUNT, 5, "How long a canary has to be well, 3 to 600 (minutes)"),
        Setting("aws_keep_hours", COUNT, 24, "How long a replaced environment is kept for a rollback (hours)"),
        Setting("aws_dns", one_of("create", "replace", "off"), "create", "What may be done to live_host in Route 53"),
        Setting("aws_keep_versions", COUNT, 20, "How many versions are kept"),
        Setting("docker_repo", TEXT, None, "Where images are pushed to and pulled from; else a repository of ECR"),
        Setting("docker_secret", TEXT, None, "The secret of Secrets Manager with username and password of docker_repo"),
        Setting("docker_bucket", TEXT, None, "The S3 bucket for what is deployed; else that of Elastic Beanstalk"),
    )
}  # fmt: skip

# Other names of known settings.
ALIASES = {"aws_default_region": "aws_region"}

# What Config calls its own, so that no key can have the name.
RESERVED = frozenset({"config_file", "config_findings", "get", "keys"})


# What a text from the environment stays, whatever it looks like.
_TEXTS = (TEXT, TEXT_OR_TEXTS, TEXTS_BY_NAME, HEADERS, CREDENTIALS)


def takes_text(path: Pointer) -> bool:
    """Is what stands at a place of the configuration a text, or the user's own? Else it says a number or the like."""
    setting = SETTINGS.get(str(path[0]))
    if setting is not None and setting.kind is ISSUERS:
        return True
    if setting is not None and setting.kind is CLIENTS and len(path) > 2:
        return CLIENT.get(str(path[2])) in _TEXTS
    return setting is None or setting.kind in _TEXTS


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
