"""Posting over HTTP, to an address that the configuration says."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any
from urllib.request import HTTPRedirectHandler, Request, build_opener

from pymacaron.config import Config, reveal
from pymacaron.exceptions import ConfigurationError, Finding

_SECONDS = 10


def address(config: Config, key: str) -> str:
    """The URL that the setting `key` has.

    Raises:
        ConfigurationError: nothing can be posted there. It may be secret, and is not told.
    """
    url = reveal(config[key])
    if re.match(r"https?://[^\s/]", url, re.IGNORECASE) is None:
        fact, cure = "is not an HTTP URL", "write one that begins with https://"
        raise ConfigurationError([Finding(config.config_file or "get_config()", key, fact, cure)])
    return url


def post(url: str, body: bytes, headers: Mapping[str, str] = {}) -> None:
    """Post JSON.

    Raises:
        OSError: nobody listens, the answer is an error or leads elsewhere, or there is none within ten seconds.
    """
    sent = {"Content-Type": "application/json", "User-Agent": "pymacaron", **headers}
    request = Request(url, body, sent, method="POST")  # noqa: S310 - the user's own address, of HTTP
    with build_opener(_Here).open(request, timeout=_SECONDS) as answer:
        answer.read(1000)


class _Here(HTTPRedirectHandler):
    """Goes nowhere else: a redirected POST becomes a GET without the report, and would take credentials along."""

    def redirect_request(self, *_: Any) -> None:
        return None
