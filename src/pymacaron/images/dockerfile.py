"""The Dockerfile of a service. It builds with the old builder, too: no mounts, no here-documents."""

from __future__ import annotations

import json
import os
from collections.abc import Collection, Mapping
from typing import NamedTuple

from pymacaron.exceptions import Finding, StartError

from .leaks import Leaks

OWN = "Dockerfile"  # of a project that writes its own
EXTRA, EXTRA_BUILD = "Dockerfile.extra", "Dockerfile.build"  # lines for the image, and for the stage that installs
STAGED = ".pymacaron"  # what we add to the context, beside the project's files
USER = 10001
HOME = "/data"
# The first time that zip files can say; what is installed has it, so that it is the same whenever that happens.
_INSTALLED = 315532800
_COMPILED = "python -m compileall -q -j 1 --invalidation-mode unchecked-hash"
# Without site-packages, which it does not need: it is run every few seconds.
_HEALTH = (
    "import http.client, os, sys; "
    "c = http.client.HTTPConnection('127.0.0.1', int(os.environ.get('PORT', '8080')), timeout=4); "
    "c.request('GET', '/ping'); sys.exit(c.getresponse().status != 200)"
)
# The last stage runs nothing, unless the project wants it to: a copy leaves the same files whenever it is made, with
# their times, and folders with theirs as far as they are copied, too; hence /image.
_TEMPLATE = f"""\
FROM {{base}} AS build
ENV PIP_NO_CACHE_DIR=1 PIP_DISABLE_PIP_VERSION_CHECK=1 PIP_ROOT_USER_ACTION=ignore PYTHONHASHSEED=0
RUN mkdir -p /image/user/etc /image/home{HOME} /image/installed /image/own \\
 && cp /etc/passwd /etc/group /image/user/etc \\
 && echo 'app:x:{USER}:{USER}::{HOME}:/usr/sbin/nologin' >> /image/user/etc/passwd \\
 && echo 'app:x:{USER}:' >> /image/user/etc/group && find /image -exec touch -d @{_INSTALLED} {{{{}}}} +
{{build}}COPY {STAGED}/requirements /requirements
RUN python -m venv --without-pip /venv \\
 && python -m pip --python /venv/bin/python install --no-compile --find-links /requirements/wheels \\
    -r /requirements/requirements.txt \\
 && python -m pip --python /venv/bin/python install --no-compile --no-deps -r /requirements/pymacaron.txt \\
 && python -m pip --python /venv/bin/python check \\
 && {_COMPILED} /venv/lib && find /venv -exec touch -h -d @{_INSTALLED} {{{{}}}} + \\
 && mv /venv /image/installed
COPY . /app
RUN rm -rf /app/{STAGED} && {{{{ {_COMPILED} /app || true; }}}} \\
 && find /app -exec touch -h -r /app/VERSION {{{{}}}} + && mv /app /image/own

FROM {{base}}
COPY --from=build /image/user /
COPY --from=build --chown={USER}:{USER} /image/home /
{{extra}}COPY --from=build /image/installed /
COPY --from=build /image/own /
WORKDIR /app
ENV PATH=/venv/bin:$PATH HOME={HOME} PORT=8080 \\
 PYTHONUNBUFFERED=1 PYTHONDONTWRITEBYTECODE=1 PYTHONFAULTHANDLER=1 \\
 PYMACARON_STORE={HOME}/store.sqlite PYMACARON_TASKS={HOME}/tasks
USER {USER}:{USER}
EXPOSE 8080
HEALTHCHECK --interval=15s --timeout=5s --start-period=30s --retries=3 CMD {{health}}
CMD {{command}}
LABEL {{labels}}
"""


class Own(NamedTuple):
    """What a project writes itself: lines for the image and for the stage that installs, or all of it."""

    whole: str | None
    extra: str
    build: str

    def check(self, leaks: Leaks, allowed: Collection[str]) -> None:
        """
        Raises:
            StartError: there are secrets in it, which the history of the image would tell.
        """
        files = ((OWN, self.whole or ""), (EXTRA, self.extra), (EXTRA_BUILD, self.build))
        findings = [one for name, text in files if name not in allowed for one in leaks.of(name, text.encode())]
        if findings:
            raise StartError(findings)


def own_of(folder: str) -> Own:
    """
    Raises:
        StartError: lines for a stage begin another one.
    """
    whole = _read(folder, OWN)
    extra, build = (_read(folder, name) or "" for name in (EXTRA, EXTRA_BUILD))
    for name, text in ((EXTRA, extra), (EXTRA_BUILD, build)):
        for number, line in enumerate(text.splitlines(), 1):
            if line.strip().upper().startswith("FROM "):
                cure = f"remove FROM: these lines are inserted into a stage; write a {OWN} for an image of your own"
                raise StartError([Finding(f"{name}:{number}", "", "starts another stage", cure)])
    return Own(whole, extra, build)


def dockerfile_of(own: Own, base: str, labels: Mapping[str, str], command: tuple[str, ...]) -> str:
    """The Dockerfile: the project's own, or ours, with the lines that it adds. Labels come last, since they are others
    each time."""
    if own.whole is not None:
        return own.whole
    return _TEMPLATE.format(
        base=base, build=_whole_lines(own.build), extra=_whole_lines(own.extra),
        health=json.dumps(["python", "-IS", "-c", _HEALTH]), command=json.dumps(command),
        labels=" ".join(f"{name}={json.dumps(value)}" for name, value in sorted(labels.items())),
    )  # fmt: skip


def _whole_lines(text: str) -> str:
    return text if not text or text.endswith("\n") else f"{text}\n"


def _read(folder: str, name: str) -> str | None:
    try:
        with open(os.path.join(folder, name), encoding="utf-8") as file:
            return file.read()
    except FileNotFoundError:
        return None
    except (OSError, UnicodeDecodeError) as error:
        raise StartError(f"{name} cannot be read: {error}") from None
