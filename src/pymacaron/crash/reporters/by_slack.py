"""Reports as messages in Slack, by an incoming webhook."""

from __future__ import annotations

import json
from functools import partial
from urllib.request import Request, urlopen

from pymacaron._types import JsonObject
from pymacaron.config import Config, reveal

from . import Reporter

_SECONDS = 10
_LONGEST = 3500  # characters; what is longer is folded, and at 40,000 refused


def reporter(config: Config) -> Reporter:
    assert config.report_slack_webhook is not None, "checked before"
    return partial(send, reveal(config.report_slack_webhook))


def send(url: str, title: str, message: str) -> None:
    """Post it.

    Raises:
        OSError: nobody listens, or the webhook refuses it.
    """
    body = json.dumps({"text": f"*{_escaped(title)}*\n```{_escaped(_summary(json.loads(message)))}```"}).encode()
    request = Request(url, body, {"Content-Type": "application/json"}, method="POST")  # noqa: S310 - as configured
    with urlopen(request, timeout=_SECONDS) as answer:  # noqa: S310
        answer.read(1000)


def _summary(report: JsonObject) -> str:
    """What one wants to see first, as much as goes into a message."""
    lines = []
    for name in ("call", "user", "caller", "timing", "server", "data", "repeated"):
        if report.get(name):
            value = report[name]
            lines.append(f"{name}: {value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)}")
    if "curl" in report:
        lines += ["", report["curl"]]
    for error in report.get("stack") or ():
        lines += ["", f"{error.get('exception', '')}: {error.get('text', '')}"]
        lines += [
            f"  {frame['file']}:{frame['line']} {frame['function']}: {frame['code']}" for frame in error["frames"]
        ]
    text = "\n".join(lines)
    return text if len(text) <= _LONGEST else f"{text[:_LONGEST]}…"


def _escaped(text: str) -> str:
    """As Slack wants its three control characters."""
    return text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")
