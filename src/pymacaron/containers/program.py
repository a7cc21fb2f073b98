"""A command line run, and what its failures mean."""

from __future__ import annotations

import os
import re
import subprocess
from collections.abc import Callable, Iterator, Mapping
from typing import NamedTuple

from pymacaron.config import redact
from pymacaron.exceptions import EngineError

_LAST = 20  # lines of what an engine said that an error shows
_ANSWER = 60.0  # seconds within which an engine answers what it knows

# What engines say, and what to do about it.
_CURES = {
    r"permission denied.*(docker|podman)\.sock": "join the group docker (then log in again), or install podman",
    r"Cannot connect to|Is the docker daemon running|connection refused|no such file or directory.*\.sock": (
        "start it (`systemctl start docker`), or say in DOCKER_HOST where it listens"
    ),
    r"buildx component is missing": "leave DOCKER_BUILDKIT unset, or install docker-buildx",
    r"no matching distribution|could not find a version": (
        "require another version of it, or give its wheel: `pymacaron build --wheels FOLDER`"
    ),
    r"no such host|name resolution|network is unreachable|i/o timeout|TLS handshake|Could not fetch URL": (
        "look at the connection: that host is not reached; steps of a build may need `--network host`"
    ),
    r"invalid reference format": "names of images have small letters, digits and . _ - /, and a tag behind a colon",
    r"No such image|image not known|unable to find image": "build it: `pymacaron build`",
    r"container name .* is already in use|name .* is in use": "remove that container, or take another name",
    r"port is already allocated|address already in use": "take another port",
    r"no space left on device": "make room: `docker system prune` removes what nobody uses",
    r"toomanyrequests": "the registry limits pulls without a login: `docker login`",
    r"unauthorized|denied:|no basic auth|authentication required": (
        "check your login for the registry, and that it may push there"
    ),
    r"pull access denied|manifest unknown|repository does not exist": (
        "check the name of the image after FROM; a private one needs `docker login`"
    ),
    r"returned a non-zero code|did not complete successfully|building at STEP": (
        "mend what this step runs: what is required, or lines of your own, as in Dockerfile.extra"
    ),
}


class Program(NamedTuple):
    """A command line, `words` first, in an environment."""

    words: tuple[str, ...]
    environment: Mapping[str, str]

    def ask(
        self, *arguments: str, given: str = "", more: Mapping[str, str] | None = None, seconds: float = _ANSWER
    ) -> str:
        """Run it to its end; what it prints.

        Args:
            given: to its standard input.
            more: variables for this run alone.
            seconds: that it may take.

        Raises:
            EngineError: it fails, with the end of what it has said, or takes too long.
        """
        try:
            done = subprocess.run(  # noqa: S603 - no shell, and the program is the user's choice
                [*self.words, *arguments], env={**self.environment, **(more or {})}, input=given, text=True,
                errors="replace", capture_output=True, check=False, timeout=seconds,
            )  # fmt: skip
        except OSError as error:
            raise EngineError(f"{self.words[0]} cannot be run: {error.strerror}; install it, or name another") from None
        except subprocess.TimeoutExpired:
            cure = "see what is wrong with the engine: `docker info`"
            raise EngineError(f"{self._said(arguments)} does not answer within {seconds:.0f} s; {cure}") from None
        if done.returncode != 0:
            raise self.failure(arguments, done.returncode, done.stderr or done.stdout)
        return done.stdout

    def lines(self, *arguments: str, more: Mapping[str, str] | None = None, shown: bool = False) -> Iterator[str]:
        """Run it, and tell what it prints while it does so, errors too; to close the iterator ends it.

        Args:
            shown: somebody reads the lines as they come: an error then repeats the last one only.

        Raises:
            EngineError: it fails.
        """
        process = subprocess.Popen(  # noqa: S603 - no shell, the user's choice
            [*self.words, *arguments], env={**self.environment, **(more or {})}, text=True, errors="replace",
            stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
        )  # fmt: skip
        assert process.stdout is not None, "it is a pipe"
        last: list[str] = []
        try:
            for line in process.stdout:
                last = [*last[-_LAST:], line.rstrip("\n")]
                yield line.rstrip("\n")
            code = process.wait()
        finally:
            process.stdout.close()
            if process.poll() is None:
                process.terminate()
                process.wait()
        if code != 0:
            raise self.failure(arguments, code, "\n".join(last), most=1 if shown else _LAST)

    def told(self, *arguments: str, say: Callable[[str], object] | None, more: Mapping[str, str] | None = None) -> str:
        """Run it to its end, saying each line to whoever reads them; all of them.

        Raises:
            EngineError: it fails.
        """
        heard = []
        for line in self.lines(*arguments, more=more, shown=say is not None):
            heard.append(line)
            if say is not None:
                say(line)
        return "\n".join(heard)

    def failure(self, arguments: tuple[str, ...], code: int, said: str, *, most: int = _LAST) -> EngineError:
        """What has failed, why (the `most` last lines that it printed), and what to do about it. What arguments
        are is left out: they may be anybody's."""
        words = redact("\n".join(said.strip().splitlines()[-most:])) or "it printed nothing"
        cure = next((cure for sign, cure in _CURES.items() if re.search(sign, said, re.IGNORECASE)), None)
        return EngineError(f"{self._said(arguments)} failed ({code}): {words}{f'; {cure}' if cure else ''}")

    def _said(self, arguments: tuple[str, ...]) -> str:
        """The command as errors call it: its name and its first words, as in `docker image inspect`."""
        verbs: list[str] = []
        for word in arguments[:2]:
            if not re.fullmatch(r"[a-z]+", word) or verbs not in ([], ["image"], ["container"]):
                break
            verbs.append(word)
        return " ".join([os.path.basename(self.words[0]), *verbs])
