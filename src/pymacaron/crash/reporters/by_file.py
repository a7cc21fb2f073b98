"""Reports in a file, one line of JSON each. At ten megabytes a new file is begun; the last one is kept as FILE.1."""

from __future__ import annotations

import json
import os
from functools import partial

from pymacaron.config import Config

from . import Reporter

_LARGEST = 10_000_000


def reporter(config: Config) -> Reporter:
    assert config.report_file is not None, "checked before"
    return partial(send, config.report_file)


def send(path: str, title: str, message: str) -> None:
    line = json.dumps({"title": title, **json.loads(message)}) + "\n"
    # only for those who run the service: what callers sent stands in it
    file = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)
    try:
        os.write(file, line.encode())
        size = os.fstat(file).st_size
    finally:
        os.close(file)
    if size > _LARGEST:
        os.replace(path, f"{path}.1")
