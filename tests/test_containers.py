"""Containers: what an engine is asked, what comes back, and what it never gets to see."""

from __future__ import annotations

import time
import urllib.request

import pytest

from pymacaron.config import Secret
from pymacaron.containers import Engine

SERVER = """
import http.server, os, signal, sys
signal.signal(signal.SIGTERM, lambda *_: sys.exit(7))
print("it was given", len(os.environ["WORD"]), flush=True)
http.server.HTTPServer(("", int(os.environ["PORT"])), http.server.SimpleHTTPRequestHandler).serve_forever()
"""
DOCKERFILE = """
FROM python:3.11-slim
ARG COLOUR=none
LABEL colour=${COLOUR}
USER 1000
HEALTHCHECK CMD ["python", "-c", "1"]
COPY server.py .
CMD ["python", "server.py"]
"""


@pytest.fixture(scope="session")
def image(engine: Engine, tmp_path_factory: pytest.TempPathFactory) -> str:
    folder = tmp_path_factory.mktemp("context")
    (folder / "Dockerfile").write_text(DOCKERFILE, "utf-8")
    (folder / "server.py").write_text(SERVER, "utf-8")
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


def _asked(url: str) -> int:
    for _ in range(200):
        try:
            with urllib.request.urlopen(url, timeout=5) as answer:
                return int(answer.status)
        except OSError:
            time.sleep(0.05)
    raise AssertionError(url)
