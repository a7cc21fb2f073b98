"""Reports as messages in Slack, by an incoming webhook."""

from __future__ import annotations

import json
from functools import partial
from urllib.request import Request, urlopen

from pymacaron.config import Config, reveal
from pymacaron.crash.summary import summary

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
    body = json.dumps(
        {"text": f"*{_escaped(title)}*\n```{_escaped(summary(json.loads(message), _LONGEST))}```"}
    ).encode()
    request = Request(url, body, {"Content-Type": "application/json"}, method="POST")  # noqa: S310 - as configured
    with urlopen(request, timeout=_SECONDS) as answer:  # noqa: S310 - the user's own address
        answer.read(1000)


def _escaped(text: str) -> str:
    """As Slack wants its three control characters."""
    text = text.replace("```", "'''")  # would end the block, and what follows be links and emphasis
    return text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")
