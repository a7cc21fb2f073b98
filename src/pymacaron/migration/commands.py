"""What must change where commands stand: makefiles, tox.ini, files of continuous integration, Dockerfiles, scripts."""

from __future__ import annotations

import re
from collections.abc import Container, Iterator

from .files import File
from .rules import Change

_COMMANDS = {
    r"(?<!\[)nosetests[\d.]*": ("nosetests is gone with nose", "write `python -m pytest`"),
    r"\[nosetests\]": ("nose reads this, and nobody runs it", "write [tool:pytest], or [tool.pytest.ini_options]"),
    r"nose\.collector": ("nose.collector is gone with nose", "run `python -m pytest`"),
    r"python[\d.]* -m nose(?:2|tests)?\b": ("nose is gone", "write `python -m pytest`"),
    r"--with-(?:xunit|coverage|xcoverage)\b": ("it is an option of nosetests", "write --junit-xml FILE, or --cov"),
    r"pymconfig": ("there is no pymconfig", "write `pymacaron config KEY`"),
    r"pymdeploy": ("there is no pymdeploy", "write `pymacaron deploy`"),
    r"pymtest": ("there is no pymtest", "write `pymacaron test`"),
    r"pymversion": ("there is no pymversion", "`pymacaron status` says what is live; so does GET /version"),
    r"pym_monitor": ("there is no pym_monitor", "ask GET /ready and /metrics"),
    r"get_test_jwt_token": ("there is no get_test_jwt_token", "write `pymacaron token`"),
    r"eb (?:create|deploy|init|swap|terminate|use|setenv)\b": ("`eb` is not needed", "write `pymacaron deploy`"),
    r"connexion run\b": ("there is no connexion", "write `pymacaron run`; `pymacaron mock` serves examples"),
    r"fastapi (?:dev|run)\b": ("there is no fastapi", "write `pymacaron run`, with --production where it serves"),
}  # fmt: skip
_OF_ASGI = {  # what other projects may well run
    r"(?:-k|--worker-class)[ =\"',]+uvicorn[\w.]*": ("there is no uvicorn", "leave it out: `server:app` is WSGI"),
    r"uvicorn(?=[\"',]* +[\"']?(?:--?\w|[\w.]+:\w))": (
        "there is no uvicorn", "write `pymacaron run --production`, or gunicorn server:app",
    ),
    r"hypercorn": ("hypercorn serves ASGI", "write `pymacaron run --production`, or gunicorn server:app"),
}  # fmt: skip
_INSTALLS = re.compile(r"\b(?:install|add) ")  # names of packages follow


def in_commands(file: File, kinds: Container[str]) -> Iterator[Change]:
    """Commands that are not there any more, in a project of these kinds."""
    is_asgi = "connexion" in kinds or "fastapi" in kinds
    for pattern, (fact, cure) in (_COMMANDS | _OF_ASGI if is_asgi else _COMMANDS).items():
        for found in re.finditer(rf"(?<![\w./=-])(?:{pattern})", file.text):
            line = file.before(found.start())
            if not line.lstrip().startswith("#") and not _INSTALLS.search(line):
                yield file.change("command", found.start(), fact, cure)
