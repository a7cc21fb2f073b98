"""Containers: what an engine is asked, what comes back, and what it never gets to see."""

from __future__ import annotations

import os
import shutil
import socket
import subprocess
import time
import urllib.request
from collections.abc import Iterator
from pathlib import Path

import pytest
from programs import PATIENCE, free_row

from pymacaron.config import Secret
from pymacaron.containers import Engine, EngineError, Login
from pymacaron.containers.program import Program

SERVER = """
import http.server, os, signal, sys
signal.signal(signal.SIGTERM, lambda *_: sys.exit(7))
print("it was given", len(os.environ["WORD"]), flush=True)
http.server.HTTPServer(("", int(os.environ["PORT"])), http.server.SimpleHTTPRequestHandler).serve_forever()
"""
WORD = "word of the registry"
DOCKERFILE = """
FROM python:3.11-slim
ARG COLOUR=none
LABEL colour=${COLOUR}
USER 1000
HEALTHCHECK CMD ["python", "-c", "1"]
COPY server.py .
CMD ["python", "server.py"]
"""


def written(folder: Path, **files: str) -> Path:
    """A folder with files."""
    folder.mkdir(exist_ok=True)
    for name, text in files.items():
        (folder / name).write_text(text, "utf-8")
    return folder


@pytest.fixture(scope="session")
def image(engine: Engine, tmp_path_factory: pytest.TempPathFactory) -> str:
    folder = written(tmp_path_factory.mktemp("context"), **{"Dockerfile": DOCKERFILE, "server.py": SERVER})
    return engine.build(str(folder), tags=("colours:1",), arguments={"COLOUR": "blue"})


def test_an_image_is_what_its_dockerfile_says(engine: Engine, image: str) -> None:
    """What was built can be looked at by its id and by its names."""
    found = engine.inspect("colours:1")
    assert found.id == image
    assert (found.user, found.labels["colour"], found.system) == ("1000", "blue", "linux")
    assert found.health == ("CMD", "python", "-c", "1")
    assert engine.images({"colour": "blue"}) == [image]


def test_a_container_runs_until_it_is_stopped(engine: Engine, image: str) -> None:
    """It is given variables, reached on its port, tells what it prints, ends with its own exit code when asked to, and
    the value of no variable is among the arguments of a command."""
    word = Secret("wormwood and $gall 'x'\nin two lines")
    container = engine.run(image, environment={"WORD": word, "PATH": "/usr/local/bin:/bin"}, labels={"of": "test"})
    try:
        url = f"http://{container.host}:{container.port}/"
        assert _asked(url) == 200
        assert engine.containers({"of": "test"}) == [container.id]
        assert engine.logs(container).startswith(f"it was given {len(word)}\n")
        assert next(engine.follow(container)) == f"it was given {len(word)}"
        assert engine.stop(container) == 7
        assert not engine.state(container).running
    finally:
        engine.remove(container)
    assert engine.containers({"of": "test"}, ended=True) == []


REGISTRY = """
version: 0.1
storage: {filesystem: {rootdirectory: ROOT}}
http: {addr: 127.0.0.1:PORT}
auth: {htpasswd: {realm: tests, path: ROOT/people}}
"""
# of htpasswd, by bcrypt: "pusher", with the password "word of the registry"
PEOPLE = "pusher:$2b$05$w2XMT6Kufs2wO3ssEq8re.et8SgI/K.nIc3ag0pTOwjcPOjMcLC4i\n"


@pytest.fixture
def registry(tmp_path: Path) -> Iterator[str]:
    """A registry that lets nobody in but one."""
    if shutil.which("docker-registry") is None:
        pytest.fail("docker-registry is not installed") if os.environ.get("CI") else pytest.skip("make services")
    port = free_row(1)
    (tmp_path / "people").write_text(PEOPLE, "utf-8")
    (tmp_path / "settings").write_text(REGISTRY.replace("ROOT", str(tmp_path)).replace("PORT", str(port)), "utf-8")
    with (tmp_path / "log").open("wb") as log:
        process = subprocess.Popen(["docker-registry", "serve", tmp_path / "settings"], stdout=log, stderr=log)
    try:
        while not _listens(port):
            assert process.poll() is None, (tmp_path / "log").read_text("utf-8")
            time.sleep(0.05)
        yield f"127.0.0.1:{port}"
    finally:
        process.terminate()
        process.wait(PATIENCE)


def _listens(port: int) -> bool:
    try:
        socket.create_connection(("127.0.0.1", port), 1).close()
    except OSError:
        return False
    return True


def test_an_image_is_pushed_by_who_may(engine: Engine, registry: str, tmp_path: Path) -> None:
    """A registry takes an image from who logs in for that push, and says by which digest it can be pulled; a wrong
    password is told as what it is, not shown, and nobody stays logged in."""
    reference = f"{registry}/some/colours:1"
    context = written(tmp_path / "tiny", Dockerfile="FROM scratch\nCOPY x /\n", x="")
    built = engine.build(str(context), tags=(reference,))
    with pytest.raises(EngineError, match=r"(?s)docker login failed.*check your login"):
        engine.push(reference, Login(registry, "pusher", Secret("another word")))
    digest = engine.push(reference, Login(registry, "pusher", Secret(WORD)))
    engine.remove_image(built)
    with pytest.raises(EngineError, match="docker pull failed"):
        engine.pull(reference)
    engine.pull(f"{registry}/some/colours@{digest}", Login(registry, "pusher", WORD))
    assert engine.inspect(f"{registry}/some/colours@{digest}").id == built


@pytest.mark.parametrize(
    ("environment", "told"),
    [
        ({"PATH": "/nowhere"}, r"docker is not installed\n  podman is not installed\n"),
        ({"PYMACARON_ENGINE": "lxc"}, "'lxc' is not a known engine; use one of docker, podman"),
        ({"PYMACARON_ENGINE": "docker", "DOCKER_HOST": "unix:///none"}, "docker version failed.*start it"),
    ],
)
def test_no_engine_answers(engine: Engine, environment: dict[str, str], told: str) -> None:
    """Where no engine answers, each of them is told with its reason, and what to do."""
    with pytest.raises(EngineError, match=f"(?s)no container engine answers:.*{told}"):
        Engine.find(environment={"PATH": os.environ["PATH"], "HOME": os.environ["HOME"], **environment})


def _asked(url: str) -> int:
    for _ in range(200):
        try:
            with urllib.request.urlopen(url, timeout=5) as answer:
                return int(answer.status)
        except OSError:
            time.sleep(0.05)
    raise AssertionError(url)


def test_what_was_shown_is_not_repeated() -> None:
    """The error of a command whose lines somebody reads has the last one only; otherwise it has them all."""
    program, heard = Program(("sh",), os.environ), list[str]()
    with pytest.raises(EngineError, match=r"sh .*failed \(3\): why$") as shown:
        program.told("-c", "echo what; echo why; echo; exit 3", say=heard.append)
    assert heard == ["what", "why", ""]
    assert "what" not in str(shown.value)
    with pytest.raises(EngineError, match=r"failed \(3\): what\nwhy$"):
        program.told("-c", "echo what; echo why; exit 3", say=None)
