"""What schemathesis loads: every request that it makes is written down as one of a test."""

from __future__ import annotations

import os
from typing import Any
from urllib.parse import urlsplit

import schemathesis  # type: ignore[import-not-found, unused-ignore]  # it may be missing

from .case import service_from_environment
from .exchanges import Answer, Asked

os.environ["PYTEST_CURRENT_TEST"] = "schemathesis (call)"


@schemathesis.hook  # type: ignore[untyped-decorator, unused-ignore]  # likewise
def after_call(context: Any, case: Any, response: Any) -> None:  # noqa: ARG001 - it is called with all three
    """A request and its answer, as the library `requests` has them."""
    sent = response.request
    parts = urlsplit(sent.url)
    service = service_from_environment()
    body = sent.body or b""
    headers = {name.lower(): text for name, text in sent.headers.items()}
    path = parts.path.removeprefix(service.asker.place.prefix)
    raw = body if isinstance(body, bytes) else str(body).encode()
    asked = Asked(str(sent.method), path, parts.query, headers, raw, sent.url)
    pairs = [(name, text) for name, texts in response.headers.items() for text in texts]
    service.contract.judge(Answer(asked, response.status_code, pairs, response.content))
