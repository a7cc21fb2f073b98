"""Whole deployments of the shop and of a new service, in containers of this machine: `make rehearse`, which prints how
long they take."""

from __future__ import annotations

import io
import os
import re
import shutil
import subprocess
import sys
import tarfile
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import NamedTuple

import pytest
from engines import BASE, FULL_BASE
from leaks import secret
from programs import LISTENING, SHOP, by_python, running
from workers import Redis

from pymacaron.containers import Engine
from pymacaron.generate.services import make_service

_WORD = secret("willow-lantern-harbour-71")
_KEY = secret("marble-thistle-compass-harvest-40")
_LIVE = "shop-live.eu-north-1.elasticbeanstalk.com"
# Works until it runs at AWS, where something is not as it is here.
BROKEN_THERE = """
@app.before_request
def broken_there():
    if "PYM_DEPLOY_ID" in os.environ and request.path == "/v1/categories":
        abort(500)
"""
# Works until somebody asks it by the live name; all of its processes know of that by a file.
BROKEN_LIVE = """
@app.before_request
def broken_live():
    asked = os.path.join(os.environ["HOME"], "asked")
    if request.host.startswith("shop-live."):
        open(asked, "w").close()
    if request.path == "/v1/categories" and os.path.exists(asked):
        abort(500)
"""


class Done(NamedTuple):
    """A command that has ended, with everything that it has printed."""

    code: int
    said: str

    @property
    def asked(self) -> int:
        """How many requests came, of which none was lost."""
        found = re.search(r"meanwhile, the live version was sent (\d+) requests; 0 were lost", self.said)
        assert found, self.said
        return int(found[1])


class Shop(NamedTuple):
    """The shop in a folder, where it can be changed, and the environment with what it needs: a broker, other services.

    Attributes:
        variables: of its containers, which tell it where the others are.
    """

    folder: Path
    environment: dict[str, str]
    variables: dict[str, str]

    def rehearsed(self, *options: str, planted: str = "") -> Done:
        """Rehearsed, with lines that its server.py gets first."""
        program = self.folder / "server.py"
        text = program.read_text("utf-8").replace("import Flask", "import Flask, abort, request")
        program.write_text(text.replace("\n\ndef start(", f"{planted}\n\ndef start("), "utf-8")
        given = [word for pair in self.variables.items() for word in ("--variable", "=".join(pair))]
        return pymacaron(self.folder, self.environment, "deploy", "--rehearse", "--base", BASE, *given, *options)


def pymacaron(folder: Path, environment: dict[str, str], *arguments: str) -> Done:
    done = subprocess.run(
        [sys.executable, "-m", "pymacaron.cli", *arguments], cwd=folder, text=True, stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT, env={**os.environ, "DOCKER_BUILDKIT": "0", **environment}, check=False, timeout=900,
    )  # fmt: skip
    return Done(done.returncode, done.stdout)


@pytest.fixture(scope="module")
def others(
    docker_host: str, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[tuple[dict[str, str], dict[str, str]]]:
    """What the shop needs: the environment, and the variables, by which it finds a broker, customers and the mailer."""
    folder = tmp_path_factory.mktemp("others")
    redis = Redis(folder)
    told = {"SHOP_JWT_SECRET": _KEY, "SHOP_BROKER": redis.url, "PYM_ENV": "live"}
    found: dict[str, str] = {}
    try:
        with ExitStack() as stack:
            for name in ("mailer", "customers"):
                log = folder / f"{name}.log"
                service = running(by_python(), SHOP.parent / name, log, LISTENING, **told, **found)
                found[f"PYM_{name.upper()}_URL"] = f"http://127.0.0.1:{stack.enter_context(service).port}"
            yield {"DOCKER_HOST": docker_host, **told}, found
    finally:
        redis.stop()


@pytest.fixture
def shop(others: tuple[dict[str, str], dict[str, str]], tmp_path: Path) -> Shop:
    environment, variables = others
    folder = tmp_path / "shop"
    shutil.copytree(SHOP, folder, ignore=shutil.ignore_patterns("__pycache__", ".p*", "*.sqlite*"))
    return Shop(folder, {name: text for name, text in environment.items() if name != "PYM_ENV"}, variables)


@pytest.mark.heavy
def test_the_shop(shop: Shop, engine: Engine, capsys: pytest.CaptureFixture[str]) -> None:
    """The shop is built, tested, pushed, deployed; then another version of it takes over, an image of its own, while
    somebody asks all the time, of whom nobody is lost. Afterwards no container is left, of images the last one, which
    `pymacaron test --image` finds well; no secret is in it, nor in anything that was said or written."""
    done = shop.rehearsed()
    assert done.code == 0, done.said
    assert done.asked > 500
    versions = re.findall(r"INFO: Successfully launched environment: (\S+)", done.said)
    images = set(re.findall(r"Successfully built (\w+)", done.said))
    labels = re.findall(rf"{_LIVE} answers as (\S+)|([\w-]+) is live; now", done.said)
    assert (len(set(versions)), len(images), len(set(labels))) == (2, 2, 2), done.said
    assert done.said.count("run the acceptance tests against the live address (") == 2
    assert done.said.count(f"move {_LIVE} to {versions[1]} (") == 1
    assert engine.containers({"pymacaron.deploy": "trial"}, ended=True) == []
    assert engine.containers({"pymacaron.rehearsal": ""}, ended=True) == []
    left = [name for image in engine.images({"pymacaron.app": "shop"}) for name in engine.inspect(image).tags]
    assert "shop:latest" in left
    assert not [name for name in left if name.startswith("127.") or "before" in name]
    assert_secret(done, shop, _KEY)
    asked = [word for name, url in shop.variables.items() for word in ("--env", f"{name}={url}")]
    tested = pymacaron(shop.folder, {**shop.environment, "PYM_ENV": "live"}, "test", "--image", "shop:latest", *asked)
    assert tested.code == 0, tested.said
    assert _KEY not in tested.said
    ended = re.search(r"the rehearsal has ended after .*", done.said)
    with capsys.disabled():
        print(f"\nthe shop: {ended and ended[0]}; {done.asked} requests, none lost; {loaded()}")


def assert_secret(done: Done, shop: Shop, word: str) -> None:
    """A value is in nothing that was printed, written or built."""
    assert word not in done.said
    written = [path for path in shop.folder.rglob("*") if path.is_file()]
    assert any(path.name == "calls.jsonl" for path in written)
    assert any(path.parent.name == "deploys" for path in written)
    assert [path for path in written if word.encode() in path.read_bytes()] == []
    saved = subprocess.run(
        ["docker", "save", "shop:latest"], env={**os.environ, **shop.environment}, stdout=subprocess.PIPE, check=True
    ).stdout
    assert word.encode() not in saved
    with tarfile.open(fileobj=io.BytesIO(saved)) as archive:
        assert any(name.endswith("layer.tar") or name.startswith("blobs/") for name in archive.getnames())


def loaded() -> str:
    return f"load of the machine {os.getloadavg()[0]:.1f} on {os.cpu_count()} processors"


@pytest.mark.heavy
def test_a_bad_version_is_stopped(shop: Shop, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """A version that works here and not at AWS fails its acceptance tests there: it is ended, and what is live goes on,
    of whose callers nobody notices."""
    good = shutil.copytree(shop.folder, tmp_path / "good")
    done = shop.rehearsed("--before", str(good), planted=BROKEN_THERE)
    assert done.code == 4, done.said
    assert "the live version was not changed" in done.said
    assert f"move {_LIVE}" not in done.said
    assert done.asked > 100
    assert same_is_live(done)
    with capsys.disabled():
        print(f"\na bad version was stopped: {done.asked} requests, none lost; {loaded()}")


@pytest.mark.heavy
def test_a_version_that_fails_later_is_rolled_back(
    shop: Shop, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """A version that begins to fail once it has the live address gives it back by itself; nobody who asks is lost."""
    good = shutil.copytree(shop.folder, tmp_path / "good")
    done = shop.rehearsed("--before", str(good), planted=BROKEN_LIVE)
    assert done.code == 5, done.said
    assert "THE DEPLOYMENT WAS ROLLED BACK" in done.said
    assert re.search(rf"✓ move {_LIVE} to \S+ \(", done.said)
    assert re.search(rf"✓ move {_LIVE} back to \S+ \(", done.said)
    assert done.asked > 100
    assert same_is_live(done)
    with capsys.disabled():
        print(f"\na version that failed later was rolled back: {done.asked} requests, none lost; {loaded()}")


@pytest.mark.heavy
def test_canaries(shop: Shop, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """A version gets 25 of a hundred callers first, in the environment that is live, and then all of them; one that
    fails once it has them is taken back by itself. Nobody who asks is lost."""
    good = shutil.copytree(shop.folder, tmp_path / "good")
    done = shop.rehearsed("--before", str(good), "--canary", "25")
    assert done.code == 0, done.said
    assert "Forwarding 25 percent of the traffic to the new version" in done.said
    assert len(re.findall(r"INFO: Successfully launched environment: (\S+)", done.said)) == 1
    assert not same_is_live(done)
    bad = shop.rehearsed("--before", str(good), "--canary", planted=BROKEN_LIVE)
    assert bad.code == 5, bad.said
    assert "Forwarding 10 percent of the traffic to the new version" in bad.said
    assert min(done.asked, bad.asked) > 100
    assert same_is_live(bad)
    with capsys.disabled():
        print(f"\ncanaries: {done.asked} and {bad.asked} requests, none lost; {loaded()}")


def same_is_live(done: Done) -> bool:
    """Is the version live that was live before?"""
    before, after = (re.search(words, done.said) for words in (r"(\S+) is live; now", rf"{_LIVE} answers as (\S+)"))
    return before is not None and after is not None and before[1] == after[1]


@pytest.mark.heavy
@pytest.mark.parametrize("kind", ["docker", "podman"])
def test_a_new_service(kind: str, request: pytest.FixtureRequest, docker_host: str, tmp_path: Path) -> None:
    """What `pymacaron new` has made is deployed as it is, by docker and by podman; no container is left, and no secret
    shown."""
    make_service("notes", str(tmp_path))
    folder = tmp_path / "notes"
    with (folder / "pym-config.yaml").open("a", encoding="utf-8") as file:
        file.write("\naws_region: eu-west-1\nenv_secrets: [NOTES_WORD]\nword: NOTES_WORD\n")
    own = request.getfixturevalue("podman") if kind == "podman" else {"DOCKER_HOST": docker_host}
    base = FULL_BASE if kind == "podman" else BASE
    done = pymacaron(folder, {**own, "NOTES_WORD": _WORD}, "deploy", "--rehearse", "--base", base, "--network", "host")
    assert done.code == 0, done.said
    assert done.said.count("run the acceptance tests against the live address (") == 2
    assert "move notes-live.eu-west-1.elasticbeanstalk.com to notes-live-" in done.said
    assert done.asked > 0
    assert _WORD not in done.said
    engine = Engine.find(environment={**os.environ, **own})
    for label in ("pymacaron.deploy", "pymacaron.rehearsal"):
        assert engine.containers({label: ""}, ended=True) == []
