"""What is done on this machine: unit tests, the image, acceptance tests."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, suppress
from secrets import token_hex

from pymacaron.containers import Container, Engine
from pymacaron.exceptions import StartError
from pymacaron.images import Wish, build
from pymacaron.testing.asking import asker_for
from pymacaron.testing.places import Place, led_to, place_of
from pymacaron.testing.running import PASSED, TESTS, run_tests
from pymacaron.testing.running import Run as Tests
from pymacaron.testing.server import listens

from .aws import Aws
from .lock import LIFE
from .registry import push
from .run import Door, StepFailed

UNIT_TESTS = ("test", "tests")
_PATIENCE = 60.0  # seconds until a container answers
_LONGEST = LIFE - 5 * 60  # seconds for tests: a lock gets no sign of life meanwhile
_LOOK = 1.0  # seconds until an engine, whose command line is a program to start, is asked again whether it still runs
_ARCHITECTURES = {"amd64": "x86_64", "arm64": "arm64"}


class Here:
    """This machine, and the project in a folder of it.

    Args:
        architecture: that the image has to be for.
        stage: PYM_ENV of the container that is tried, and of the acceptance tests.
        variables: of the service, for that container.
        secrets: likewise, for both: tests may have to make tokens that the service trusts.
        addresses: where an address of AWS is really reached; as it is, but for a rehearsal.
        engine: None: the one that is found, when it is needed.
        longest: seconds after which tests are ended.
    """

    def __init__(
        self, folder: str, *, architecture: str, stage: str, variables: Mapping[str, str],
        secrets: Mapping[str, str], say: Callable[[str], object],
        addresses: Callable[[str], str] = lambda address: address, wish: Wish | None = None,
        engine: Engine | None = None, longest: float = _LONGEST,
    ) -> None:  # fmt: skip
        self._longest = longest
        self._folder, self._architecture, self._say = folder, architecture, say
        self._told = {**secrets, "PYM_ENV": stage}
        self._variables, self._addresses = {**variables, **self._told}, addresses
        self._wish = wish or Wish(folder)
        self._found = engine

    @property
    def _engine(self) -> Engine:
        self._found = self._found or Engine.find()
        return self._found

    def unit_tests(self) -> None:
        folder = next((name for name in UNIT_TESTS if os.path.isdir(os.path.join(self._folder, name))), None)
        if folder is None:
            return
        command = [sys.executable, "-m", "pytest", "-q", folder]
        try:
            done = subprocess.run(command, cwd=self._folder, check=False, timeout=self._longest)  # noqa: S603 - no shell
        except subprocess.TimeoutExpired:
            cure = "look above which one waits, and let it wait for less"
            raise StepFailed(f"pytest {folder} is ended after {self._longest:.0f} s; {cure}") from None
        if done.returncode not in {0, 5}:  # the latter: there are none
            raise StepFailed(f"pytest {folder} failed with exit code {done.returncode}; see its output above")

    def build(self) -> str:
        try:
            image = build(self._engine, self._wish, os.environ, self._say).image
        except StartError as error:
            raise StepFailed(str(error)) from error
        built_for = _ARCHITECTURES.get(image.architecture, image.architecture)
        if built_for != self._architecture:
            cure = f"build on a machine of {self._architecture}, or choose an aws_instance_type of {built_for}"
            raise StepFailed(f"the image is for {built_for}, the instances are {self._architecture}; {cure}")
        return str(image.id)

    def image_tests(self, image: str) -> None:
        with self._container(image) as container:
            assert container.port is not None, "it has one"
            self._run(place_of(container.host, container.port))

    @contextmanager
    def _container(self, image: str) -> Iterator[Container]:
        name = f"pymacaron-trial-{token_hex(6)}"  # by which it is found, if this ends while it is being started
        try:
            container = self._engine.run(
                image, name=name, environment=self._variables, labels={"pymacaron.deploy": "trial"}, health=False
            )
        except StartError as error:
            raise StepFailed(str(error)) from error
        except KeyboardInterrupt:
            with suppress(StartError):
                self._engine.remove(name)
            raise
        try:
            self._wait(container)
            yield container
        finally:
            self._engine.remove(container)

    def _wait(self, container: Container) -> None:
        place, until = place_of(container.host, container.port), time.monotonic() + _PATIENCE
        look = time.monotonic() + _LOOK
        while not (listens(place) and _answers(place)):
            if time.monotonic() >= look:
                look = time.monotonic() + _LOOK
                if not self._engine.state(container).running or look > until:
                    said = self._engine.logs(container, 30)
                    raise StepFailed(f"the container does not answer /ping; its output:\n{said}")
            time.sleep(0.1)

    def push(self, image: str, repository: str, aws: Aws) -> str:
        try:
            return push(self._engine, image, repository, aws)
        except StartError as error:
            raise StepFailed(str(error)) from error

    def tests(self, door: Door) -> None:
        self._run(self._place(door))

    def _place(self, door: Door) -> Place:
        return led_to(place_of(f"{door.scheme}://{door.host}"), self._addresses(door.address))

    def _run(self, place: Place) -> None:
        if not os.path.isdir(os.path.join(self._folder, TESTS)):
            return
        try:
            tests = Tests((TESTS,), folder=self._folder, variables=self._told, seconds=self._longest)
            code = run_tests(tests, place, self._say)
        except StartError as error:
            raise StepFailed(str(error)) from error
        if code != PASSED:
            raise StepFailed("the acceptance tests failed; see above")

    def container(self, door: Door) -> str:
        try:
            answer = asker_for(self._place(door), None).ask("GET", "/version", {})
        except AssertionError as error:
            raise StepFailed(" ".join(str(error).split())) from error
        try:
            said = json.loads(answer.body)
        except ValueError:
            said = None
        if not isinstance(said, dict) or answer.status != 200:
            raise StepFailed(f"GET /version answered with {answer.status}")
        return str(said.get("container", ""))


def _answers(place: Place) -> bool:
    try:
        return asker_for(place, None).ask("GET", "/ping", {}).status == 200
    except AssertionError:
        return False
