"""A project becomes an image."""

from __future__ import annotations

import os
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from typing import NamedTuple

from pymacaron._types import JsonObject
from pymacaron._version import __version__
from pymacaron.config import Config
from pymacaron.containers import Engine, Image
from pymacaron.exceptions import StartError

from .configurations import configurations_of
from .context import VERSION, date_files, digest_of, size_of, stage_files, write
from .dockerfile import OWN, STAGED, dockerfile_of, own_of
from .ignoring import files_of
from .leaks import Leaks, secrets_of, written_out
from .requirements import stage_requirements, stage_wheels
from .versions import Revision, repository_of, revision_of, time_of, version_of

PROGRAM = "server.py"
COMMAND = ("pymacaron", "run", "--production")
_DOCKERFILE = f"{STAGED}/Dockerfile"
_BASE = "docker.io/library/python"  # in full, since podman does not know whose it is
_LABELS = "org.opencontainers.image"  # https://specs.opencontainers.org/image-spec/annotations/
APP, CONTEXT = "pymacaron.app", "pymacaron.context"  # labels by which images of a service are found


class Wish(NamedTuple):
    """How an image is to be made.

    Attributes:
        folder: of the project.
        tags: its names; none: the service's, with its version and with "latest".
        base: the image that it stands on; None: the slim one of this Python's version.
        requirements: the file of them; None: the usual ones.
        pymacaron: a wheel of it, or "index"; None: as it is installed here.
        wheels: a folder of wheels that are taken before the index is asked.
        allowed: files that look like secrets and are none.
        fresh: without what earlier builds have left.
        network: of the steps; None: the engine's own.
        platform: where it is to run: "linux/amd64", "linux/arm64"; None: the engine's own.
        mark: behind its version, so that the same files make another image.
    """

    folder: str = "."
    tags: tuple[str, ...] = ()
    base: str | None = None
    requirements: str | None = None
    pymacaron: str | None = None
    wheels: str | None = None
    allowed: tuple[str, ...] = ()
    with_tests: bool = False
    fresh: bool = False
    network: str | None = None
    platform: str | None = None
    mark: str = ""


class Staged(NamedTuple):
    """What is sent to the engine.

    Attributes:
        path: of the folder.
        files: of the project, as many.
        size: bytes, of everything.
        digest: of everything, but for what is different in each commit.
        version: what the image is called, and says of itself.
        read: the file that says what is installed.
        warnings: what had better be otherwise.
    """

    path: str
    name: str
    files: int
    size: int
    digest: str
    version: str
    revision: Revision
    read: str
    warnings: tuple[str, ...]


class Built(NamedTuple):
    """An image, what it was made of, and the seconds that this took."""

    image: Image
    tags: tuple[str, ...]
    staged: Staged
    seconds: float

    def to_json(self) -> JsonObject:
        image, staged = self.image, self.staged
        return {
            "image": image.id, "tags": list(self.tags), "version": staged.version, "context": f"sha256:{staged.digest}",
            "revision": staged.revision.commit, "architecture": image.architecture, "size": image.size,
            "user": image.user, "seconds": round(self.seconds, 1), "warnings": list(staged.warnings),
        }  # fmt: skip


def build(
    engine: Engine, wish: Wish, environment: Mapping[str, str], say: Callable[[str], object] | None = None
) -> Built:
    """Make the image of a project.

    Raises:
        StartError: the project cannot be packed, or holds what must not be in an image; the engine does not build it.
    """
    began = time.monotonic()
    with staged(wish, environment) as context:
        tags = wish.tags or tuple(f"{context.name}:{tag}" for tag in (context.version, "latest"))
        file = os.path.join(context.path, *_DOCKERFILE.split("/"))
        image_id = engine.build(
            context.path, tags=tags, dockerfile=file, fresh=wish.fresh, network=wish.network,
            platform=wish.platform, say=say,
        )  # fmt: skip
        return Built(engine.inspect(image_id), tags, context, time.monotonic() - began)


@contextmanager
def staged(wish: Wish, environment: Mapping[str, str]) -> Iterator[Staged]:
    """The context of a project's image, in a folder that goes behind the block.

    Raises:
        StartError: see `build`.
    """
    own = own_of(wish.folder)
    if own.whole is None and not os.path.isfile(os.path.join(wish.folder, PROGRAM)):
        place = os.path.abspath(wish.folder)
        raise StartError(f"there is no {PROGRAM} in {place}; run this in the folder of a service, or write a {OWN}")
    configs = configurations_of(wish.folder, environment)
    name = next((config.name for config in configs.values() if config.name), None) or os.path.basename(
        os.path.abspath(wish.folder)
    )
    files = list(files_of(wish.folder, with_tests=wish.with_tests))
    with tempfile.TemporaryDirectory(prefix="pymacaron-image-") as path:
        leaks = Leaks(secrets_of(configs.values(), environment))
        own.check(leaks, wish.allowed)
        stage_files(wish.folder, path, files, leaks, wish.allowed)
        read = _stage_requirements(wish, path, list(configs.values()))
        revision = revision_of(wish.folder)
        base = wish.base or f"{_BASE}:{sys.version_info[0]}.{sys.version_info[1]}-slim"
        write(path, _DOCKERFILE, dockerfile_of(own, base, {}, COMMAND))
        digest = digest_of(path)
        version = version_of(revision, digest) + wish.mark
        changed = time_of(revision, wish.folder, files, environment)
        labels = _labels(name, revision, version=version, digest=digest, base=base)
        write(path, _DOCKERFILE, dockerfile_of(own, base, labels, COMMAND))
        write(path, VERSION, f"{version}\n")
        date_files(path, changed)
        yield Staged(
            path, repository_of(name), len(files),
            size_of(path), digest, version, revision, read, tuple(written_out(configs, environment)),
        )  # fmt: skip


def _stage_requirements(wish: Wish, path: str, configs: list[Config]) -> str:
    target = os.path.join(path, STAGED, "requirements")
    read = stage_requirements(wish.folder, target, configs, file=wish.requirements, pymacaron=wish.pymacaron)
    if wish.wheels is not None:
        stage_wheels(wish.wheels, target)
    return read


def _labels(name: str, revision: Revision, *, version: str, digest: str, base: str) -> dict[str, str]:
    said = {
        f"{_LABELS}.title": name, f"{_LABELS}.version": version,
        f"{_LABELS}.revision": revision.commit, f"{_LABELS}.base.name": base,
        APP: repository_of(name), CONTEXT: f"sha256:{digest}", "pymacaron.version": __version__,
    }  # fmt: skip
    return {label: value for label, value in said.items() if value}
