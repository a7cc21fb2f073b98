"""A registry of images on loopback, which stands for ECR: Debian's docker-registry."""

from __future__ import annotations

import contextlib
import http.client
import json
import re
import shutil
import subprocess
import time
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

_SETTINGS = """\
version: 0.1
log: {{level: info, formatter: text}}
storage: {{filesystem: {{rootdirectory: {folder}}}, delete: {{enabled: true}}}}
http: {{addr: "127.0.0.1:0"}}
"""


class NoRegistry(RuntimeError):
    """docker-registry is not there, or does not start."""


class Pushed(NamedTuple):
    """An image in a registry, by one of its tags."""

    repository: str
    tag: str
    digest: str
    media_type: str
    manifest: str


_MANIFESTS = (
    "application/vnd.docker.distribution.manifest.v2+json",
    "application/vnd.oci.image.manifest.v1+json",
    "application/vnd.oci.image.index.v1+json",
    "application/vnd.docker.distribution.manifest.list.v2+json",
)


def images(address: str) -> Iterator[Pushed]:
    """Everything that was pushed to the registry at `host:port`."""
    connection = http.client.HTTPConnection(address, timeout=10)

    def get(path: str) -> tuple[http.client.HTTPResponse, str]:
        connection.request("GET", f"/v2/{path}", headers={"Accept": ", ".join(_MANIFESTS)})
        response = connection.getresponse()
        return response, response.read().decode()

    with contextlib.closing(connection):
        for repository in json.loads(get("_catalog?n=1000")[1]).get("repositories", ()):
            for tag in json.loads(get(f"{repository}/tags/list")[1]).get("tags") or ():
                response, manifest = get(f"{repository}/manifests/{tag}")
                digest, media_type = (response.getheader(n, "") for n in ("Docker-Content-Digest", "Content-Type"))
                yield Pushed(repository, tag, digest, media_type, manifest)


@contextlib.contextmanager
def registry(folder: Path) -> Iterator[str]:
    """`host:port` of a registry, while the block runs. It keeps its images in `folder`. Raises NoRegistry."""
    program = shutil.which("docker-registry")
    if not program:
        raise NoRegistry("docker-registry is not installed (Debian: apt install docker-registry)")
    settings = folder / "registry.yml"
    settings.write_text(_SETTINGS.format(folder=folder / "registry"), "utf-8")
    printed = folder / "registry.log"
    # the shell ends it when this process goes, however that goes
    command = ["/bin/sh", "-c", '"$0" serve "$1" & cat; kill $!; wait', program, str(settings)]
    with printed.open("wb") as file:
        process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=file, stderr=file)  # noqa: S603 - the path was found above
    assert process.stdin
    try:
        yield _address(printed)
    finally:
        process.stdin.close()
        process.wait()


def _address(printed: Path) -> str:
    for _ in range(200):
        if found := re.search(r"listening on (127\.0\.0\.1:\d+)", printed.read_text("utf-8", "replace")):
            return found[1]
        time.sleep(0.05)
    raise NoRegistry(f"docker-registry does not start: {printed.read_text('utf-8', 'replace')[-500:]}")
