"""Reports as email."""

from __future__ import annotations

import smtplib
import ssl
from email.message import EmailMessage
from email.utils import formatdate, make_msgid
from functools import partial

from pymacaron.config import Config, reveal
from pymacaron.exceptions import ConfigurationError, Finding

from . import Reporter

_SECONDS = 15
_PORTS = {"tls": 465, "starttls": 587, "none": 25}


def reporter(config: Config) -> Reporter:
    """
    Raises:
        ConfigurationError: a password would be sent in clear.
    """
    if config.smtp_security == "none" and config.smtp_password is not None:
        fact, cure = "is none, and smtp_password would be sent in clear text", "use starttls or tls"
        raise ConfigurationError([Finding(config.config_file or "get_config()", "smtp_security", fact, cure)])
    return partial(send, config)


def send(config: Config, title: str, message: str) -> None:
    """Send it.

    Raises:
        OSError: the server cannot be reached, or refuses it; the connection cannot be encrypted.
    """
    to = config.report_email_to
    mail = EmailMessage()
    mail["Subject"] = " ".join(title.split())[:200]
    mail["From"] = sender = (
        config.report_email_from or f"{config.name or 'pymacaron'}@{config.live_host or 'localhost'}"
    )
    mail["To"] = ", ".join([to] if isinstance(to, str) else to or [])
    mail["Date"], mail["Message-ID"] = formatdate(), make_msgid(domain=sender.rpartition("@")[2])
    mail.set_content(message)
    with _connection(config) as server:
        if config.smtp_user is not None:
            server.login(config.smtp_user, reveal(config.smtp_password or ""))
        server.send_message(mail)


def _connection(config: Config) -> smtplib.SMTP:
    assert config.smtp_host is not None, "checked before"
    port = config.smtp_port or _PORTS[config.smtp_security]
    if config.smtp_security == "tls":
        return smtplib.SMTP_SSL(config.smtp_host, port, timeout=_SECONDS, context=ssl.create_default_context())
    server = smtplib.SMTP(config.smtp_host, port, timeout=_SECONDS)
    try:
        if config.smtp_security == "starttls":
            server.starttls(context=ssl.create_default_context())
    except BaseException:
        server.close()
        raise
    return server
