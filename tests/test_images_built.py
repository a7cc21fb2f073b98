"""Images that an engine has built: what they are and are not, and how their containers behave."""

from __future__ import annotations

import hashlib
import io
import json
import os
import shutil
import subprocess
import sys
import tarfile
import time
from pathlib import Path
from typing import Any, NamedTuple

import pytest
from engines import BASE, FULL_BASE, locked, shared_folder
from leaks import secret
from programs import ROOT
from test_images import KEY, WORD, written

from pymacaron.containers import Engine, EngineError
from pymacaron.generate.services import make_service
from pymacaron.images import Wish, build


class Notes(NamedTuple):
    """A service that `pymacaron new` has made, secrets where people have them, and its image."""

    folder: Path
    environment: dict[str, str]
    told: dict[str, Any]

    def run(self, *arguments: str, **environment: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            [sys.executable, "-m", "pymacaron.cli", *arguments], cwd=self.folder, text=True, capture_output=True,
            env={**self.environment, **environment}, check=False, timeout=300,
        )  # fmt: skip

    def docker(self, *arguments: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            ["docker", *arguments], env=self.environment, text=True, capture_output=True, check=False, timeout=60
        )


@pytest.fixture(scope="session")
def notes(engine: Engine, docker_host: str, tmp_path_factory: pytest.TempPathFactory) -> Notes:
    shared = shared_folder(tmp_path_factory) / "images"
    with locked(shared_folder(tmp_path_factory) / "images.lock"):
        folder = shared / "notes"
        environment = {**os.environ, "DOCKER_HOST": docker_host, "NOTES_WORD": secret(WORD), "DOCKER_BUILDKIT": "0"}
        if not folder.exists():
            shared.mkdir()
            make_service("notes", str(shared))
            plant(folder)
        made = Notes(folder, environment, {})
        done = made.run("build", "--quiet", "--json", "--base", BASE)
        assert done.returncode == 0, done.stderr
    return made._replace(told=json.loads(done.stdout))


def plant(folder: Path) -> None:
    """Leave secrets in a project, where they are when somebody works on it."""
    with (folder / "pym-config.yaml").open("a", encoding="utf-8") as file:
        file.write("env_secrets: [NOTES_WORD]\nword: NOTES_WORD\n")
    (folder / ".dockerignore").write_text("secrets\n", "utf-8")
    for name in (".env", ".git/config", ".ssh/id_rsa", "secrets/word.txt", "test/word.py", ".venv/pyvenv.cfg"):
        (folder / name).parent.mkdir(exist_ok=True)
        (folder / name).write_text(f"word = '{WORD}'\n{KEY}", "utf-8")


def _content(archive: tarfile.TarFile, entry: tarfile.TarInfo) -> bytes:
    file = archive.extractfile(entry) if entry.isfile() else None
    return file.read() if file else b""


def layers_of(image: str, docker: dict[str, str]) -> tuple[list[dict[str, Any]], bytes]:
    """The layers of an image, each entry with all there is to say of it, and everything that is saved of the image."""
    saved = subprocess.run(["docker", "save", image], env=docker, stdout=subprocess.PIPE, check=True).stdout
    with tarfile.open(fileobj=io.BytesIO(saved)) as archive:
        read = {one.name: _content(archive, one) for one in archive}
    paths = json.loads(read["manifest.json"])[0]["Layers"]
    return [entries_of(read[path]) for path in paths], saved


def entries_of(layer: bytes) -> dict[str, Any]:
    with tarfile.open(fileobj=io.BytesIO(layer)) as archive:
        return {
            one.name: (
                one.type, one.mode, one.uid, one.gid, one.mtime, one.linkname,
                hashlib.sha256(_content(archive, one)).hexdigest(),
            )
            for one in archive
        }  # fmt: skip


def test_what_an_image_is(engine: Engine, notes: Notes) -> None:
    """It is small, not run by root, says whether it is well, what it was made of, and where from."""
    image = engine.inspect(notes.told["image"])
    assert image.size - engine.inspect(BASE).size < 150e6
    assert image.user == "10001:10001"
    assert "/ping" in image.health[-1]
    assert image.labels["pymacaron.context"] == notes.told["context"]
    assert image.labels["org.opencontainers.image.version"] == notes.told["version"]
    assert set(notes.told["tags"]) <= set(image.tags)
    again = json.loads(notes.run("build", "--quiet", "--json", "--base", BASE).stdout)
    assert again["image"] == image.id


def test_a_container_serves(engine: Engine, notes: Notes) -> None:
    """The server in a container says which container it is, and ends by itself when it is asked to; its health check
    finds it well; it may write to its home alone."""
    container = engine.run("notes:latest", environment={"NOTES_WORD": WORD})
    try:
        health = engine.inspect("notes:latest").health[1:]
        for _ in range(300):
            if notes.docker("exec", container.id, *health).returncode == 0:
                break
        assert notes.docker("exec", container.id, *health).returncode == 0, engine.logs(container)
        inside = "import os, sys; print(os.getuid(), open('VERSION').read().strip(), os.access('.', os.W_OK))"
        told = notes.docker("exec", container.id, "python", "-c", inside)
        assert told.stdout.split() == ["10001", notes.told["version"], "False"]
        assert engine.stop(container) == 0
        assert WORD not in engine.logs(container)
    finally:
        engine.remove(container)


def test_acceptance_tests_ask_a_container(engine: Engine, notes: Notes) -> None:
    """`pymacaron test --image` starts the image, asks it, and leaves no container; a test that fails shows what the
    service has said, and so does an image that does not serve."""
    passed = notes.run("test", "--image", "notes:latest", NO_ERROR_REPORTING="1")
    assert passed.returncode == 0, passed.stdout + passed.stderr
    failing = written(notes.folder / f"fail{os.getpid()}", **{"test_it.py": FAILING})
    try:
        failed = notes.run("test", "--image", "notes:latest", str(failing))
        assert failed.returncode == 1
        assert "the end of what the service has said" in failed.stderr
        assert "GET /v1/nothing 404" in failed.stderr
    finally:
        shutil.rmtree(failing)
    ended = notes.run("test", "--image", "notes:latest", NOTES_WORD="")
    assert ended.returncode == 2
    assert "ended with exit code" in ended.stderr
    assert "NOTES_WORD" in ended.stderr
    assert engine.containers({"pymacaron.app": "notes"}, ended=True) == []


FAILING = """
from pymacaron.test import PyMacaronTestCase

class Tests(PyMacaronTestCase):
    def test_it(self):
        self.assertGetReturnJson("/v1/nothing")
"""


def test_the_same_project_makes_the_same_image(notes: Notes) -> None:
    """Built again from nothing, by the other builder, every layer has the same entries, their times included; and no
    layer has a secret that somebody has left in the project or its environment, or what is not of the service."""
    other = "/usr/bin/docker"  # has BuildKit; other command lines need a package of its own for it
    done = notes.run(
        "build", "--quiet", "--no-cache", "--tag", "notes:again", "--base", BASE, "--engine", other, DOCKER_BUILDKIT="1"
    )
    assert done.returncode == 0, done.stderr
    base, _ = layers_of(BASE, notes.environment)
    one, saved = layers_of("notes:latest", notes.environment)
    two, _ = layers_of("notes:again", notes.environment)
    assert [layer for layer in one if layer] == [layer for layer in two if layer]
    names = {name for layer in one[len(base) :] for name in layer}
    hidden = {name for name in names if "/." in name or "test" in name.split("/")[:2]}
    assert hidden == set()
    assert not {name for name in names if name.startswith("app/") and name.split("/")[1] in {"secrets", "testaccept"}}
    assert WORD.encode() not in saved
    assert b"MHcCAQEEIBlVJzSEyVrTmJyBdGpKlmqCc7G3" not in saved
    assert b"NOTES_WORD=" not in saved


# What takes minutes


@pytest.fixture
def service(tmp_path: Path) -> Path:
    return Path(make_service("jobs", str(tmp_path)))


def built_of(engine: Engine, folder: Path, docker_host: str) -> str:
    """The id of a project's image."""
    return build(engine, Wish(str(folder), base=BASE), {**os.environ, "DOCKER_HOST": docker_host}).image.id


@pytest.mark.heavy
def test_tasks_have_a_worker_in_the_container(
    engine: Engine, service: Path, docker_host: str, capsys: pytest.CaptureFixture[str]
) -> None:
    """With with_async, web and worker are one tree of processes, and both end when the container is asked to, at once
    if they have nothing to do: a second on a machine that has nothing else to do, two on one that has."""
    with (service / "pym-config.yaml").open("a", encoding="utf-8") as file:
        file.write("with_async: true\n")
    image, took = built_of(engine, service, docker_host), []
    for _ in range(3):
        container = engine.run(image)
        try:
            wanted = {"a worker takes tasks from", "serving at"}
            for line in engine.follow(container):
                wanted -= {words for words in wanted if words in line}
                if not wanted:
                    break
            began = time.monotonic()
            assert engine.stop(container) == 0
            took.append(time.monotonic() - began)
            assert "Warm shutdown" in engine.logs(container)
        finally:
            engine.remove(container)
    with capsys.disabled():
        print(f"\nserver and worker in a container end in {min(took):.1f} s; load {os.getloadavg()[0]:.1f}")
    assert min(took) < 2


@pytest.mark.heavy
def test_lines_of_its_own(engine: Engine, service: Path, docker_host: str) -> None:
    """A project adds lines to the stage that installs and to the image, as root, with its files at hand; or writes all
    of it."""
    written(service, **{"Dockerfile.build": "RUN echo build > /stage"})
    written(service, **{"Dockerfile.extra": "COPY apis /specs\nRUN id -u > /who"})
    assert said(engine, built_of(engine, service, docker_host), "cat /who; ls /specs; ls /stage") == ["0", "jobs.yaml"]
    written(service, Dockerfile=f"FROM {BASE}\nCOPY . /own\nCOPY .pymacaron/requirements /wanted\n")
    image = built_of(engine, service, docker_host)
    assert said(engine, image, "ls /own /wanted")[-2:] == ["requirements.txt", "wheels"]
    assert engine.inspect(image).user == ""


def said(engine: Engine, image: str, command: str) -> list[str]:
    """The lines that a command prints in a container; not those that complain."""
    container = engine.run(image, command=("sh", "-c", f"({command}) 2>/dev/null"), port=None)
    try:
        return list(engine.follow(container))
    finally:
        engine.remove(container)


@pytest.mark.heavy
def test_a_lock_with_hashes(engine: Engine, service: Path, docker_host: str) -> None:
    """What is locked with hashes is installed by them, and nothing else but pymacaron; a wrong hash stops the build."""
    report = subprocess.run(
        [sys.executable, "-m", "pip", "install", "--quiet", "--dry-run", "--ignore-installed", "--report", "-",
         f"pymacaron[granian] @ file://{ROOT}"], capture_output=True, text=True, check=True,
    ).stdout  # fmt: skip
    found = [(one["metadata"], one["download_info"]) for one in json.loads(report)["install"]]
    lock = "".join(
        f"{about['name']}=={about['version']} --hash=sha256:{where['archive_info']['hashes']['sha256']}\n"
        for about, where in found if "archive_info" in where
    )  # fmt: skip
    written(service, **{"requirements.lock": lock})
    assert said(engine, built_of(engine, service, docker_host), "pymacaron --version")[0].startswith("pymacaron")
    written(service, **{"requirements.lock": lock.replace("sha256:", "sha256:00")})
    with pytest.raises(EngineError, match=r"(?s)docker build failed.*sha256"):
        built_of(engine, service, docker_host)


@pytest.mark.heavy
def test_podman(podman: dict[str, str], service: Path) -> None:
    """podman builds such images, and its containers are asked in the same way, by acceptance tests too."""
    environment = {**os.environ, **podman}
    engine = Engine.find(environment=environment)
    image = build(engine, Wish(str(service), base=FULL_BASE, network="host"), environment).image
    assert (image.user, "/ping" in image.health[-1]) == ("10001:10001", True)
    container = engine.run(image.id, network="host", environment={"HOME": "/data", "WORD": "two\nlines"})
    try:
        assert any("serving at" in line for line in engine.follow(container))
        assert engine.stop(container) == 0
    finally:
        engine.remove(container)
    asked = [sys.executable, "-m", "pymacaron.cli", "test", "--image", "jobs:latest", "--network", "host"]
    done = subprocess.run(asked, cwd=service, env=environment, text=True, capture_output=True, check=False, timeout=300)
    assert done.returncode == 0, done.stdout + done.stderr
