"""Reports as messages in Slack, by an incoming webhook."""

from __future__ import annotations

import json
from functools import partial

from pymacaron.config import Config
from pymacaron.crash.summary import summary

from . import Reporter
from .posting import address, post

_LONGEST = 3500  # characters; what is longer is folded, and at 40,000 refused


def reporter(config: Config) -> Reporter:
    """
    Raises:
        ConfigurationError: the address of the webhook is none.
    """
    return partial(send, address(config, "report_slack_webhook"))


def send(url: str, title: str, message: str) -> None:
    """Post it.

    Raises:
        OSError: as posting does.
    """
    text = f"*{_escaped(title)}*\n```{_escaped(summary(json.loads(message), _LONGEST))}```"
    post(url, json.dumps({"text": text}).encode())


def _escaped(text: str) -> str:
    """As Slack wants its three control characters."""
    text = text.replace("```", "'''")  # would end the block, and what follows be links and emphasis
    return text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")
