"""A whole rehearsal: the door, what is behind it, what runs; and what a program has to know to go through it."""

from __future__ import annotations

import contextlib
import tempfile
import threading
import time
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any, Self

from pymacaron.containers import Engine

from . import backstage, elsewhere, protocol
from .account import Account
from .balancer import balanced
from .behind import KEY, SECRET, Behind, client
from .certificates import Authority
from .clock import Clock
from .door import Door
from .exchange import Answer, Asked
from .faults import tell
from .load import Load
from .printed import Printed
from .programs import containers, programs
from .record import Record
from .registry import registry
from .routes import Routes
from .running import Running, Start
from .serving import served

_TICK, _SHIPPED = 0.1, 1.0  # seconds until it is looked what is due, and until what was printed is sent


class Rehearsal:
    """AWS on your machine, for the length of a `with` block.

    `pace` is the time that Elastic Beanstalk takes, compared with the real one: 0 for no time. `others` also starts
    other services of AWS, which takes a second or two. `record` is a file that gets a line for each call. `script` is
    described at `tell`.

    Environments really run if there is an `engine`, which runs the images of their versions, or a `command`. `aliases`
    are names of your own that lead to other names. With an engine, there is a registry of images, which takes the place
    of ECR.
    """

    def __init__(
        self,
        *,
        region: str = "us-east-1",
        pace: float = 0.0,
        others: bool = False,
        port: int = 0,
        proxy_port: int = 0,
        record: Path | None = None,
        script: Any = (),
        clock: Clock | None = None,
        seed: int = 0,
        engine: Engine | None = None,
        command: Sequence[str] = (),
        aliases: Mapping[str, str] | None = None,
    ) -> None:
        self.account = Account(region=region, pace=pace, clock=clock, seed=seed)
        self.door = Door(self.account, Record(record))
        self.routes = Routes(aliases)
        self.port = port
        self.proxy_port = proxy_port
        self.registry = ""  # host:port
        self._authority: Authority | None = None
        self._addresses: dict[str, str] = {}
        self.ca_file: Path | None = None  # what clients of environments have to trust
        self._others, self._engine, self._command = others or engine is not None, engine, command
        self._aliases = list(aliases or ())
        self._stack = contextlib.ExitStack()
        self.tell(list(script))

    def __enter__(self) -> Self:
        with contextlib.ExitStack() as stack:
            behind = None
            if self._others:
                self.door.behind = stack.enter_context(elsewhere.moto())
                behind = Behind(elsewhere.address(self.door.behind), self.account.region)
                self.account.bundles, self.account.has_profile = behind, behind.has_profile
            if self._engine or self._command:
                self._run(stack, behind)
            self.port = stack.enter_context(served(self._answer, self.port))
            self.account.address = self.url
            self._stack = stack.pop_all()
        return self

    def __exit__(self, *exc: object) -> None:
        self._stack.close()

    def _run(self, stack: contextlib.ExitStack, behind: Behind | None) -> None:
        """What makes environments run."""
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="pymacaron-rehearsal-")))
        authority = Authority(folder)
        self.ca_file = authority.file
        printed = Printed(behind.put_logs) if behind else None
        runner = Running(
            self.routes,
            self._start(stack, folder, behind),
            secret=behind.secret if behind else _no_secrets,
            names=behind.certified if behind else lambda _: self._names(),
            printed=printed,
        )
        stack.callback(runner.close)
        self.account.runner = runner
        self.proxy_port = stack.enter_context(balanced(self.routes, authority, self.proxy_port))
        self._authority = authority
        stack.enter_context(self._ticking(printed))

    @contextlib.contextmanager
    def _ticking(self, printed: Printed | None) -> Iterator[None]:
        """What is due happens, and what was printed is sent, even when nobody calls."""
        ended = threading.Event()

        def tick() -> None:
            sent = 0.0
            while not ended.wait(_TICK):
                with self.door.lock:
                    self.account.clock.advance(0)
                if printed and time.monotonic() - sent >= _SHIPPED:
                    printed.ship()
                    sent = time.monotonic()

        thread = threading.Thread(target=tick, daemon=True)
        thread.start()
        try:
            yield
        finally:
            ended.set()
            thread.join()

    def _start(self, stack: contextlib.ExitStack, folder: Path, behind: Behind | None) -> Start:
        if self._engine is None or behind is None:
            return programs(self._command)
        self.registry = self.door.registry = stack.enter_context(registry(folder))
        self.door.tell_images = lambda: behind.tell_images(self.registry)
        return containers(self._engine, behind.read, {self.account.registry: self.registry})

    def _names(self) -> list[str]:
        """On a certificate where there is no ACM to ask."""
        return [self.account.domain("*"), f"*.{self.account.region}.elb.amazonaws.com", *self._aliases]

    def _answer(self, asked: Asked) -> Answer | None:
        if asked.target.startswith(backstage.PREFIX):
            return backstage.answer(self.door, asked, self.address)
        return self.door.answer(asked)

    @property
    def url(self) -> str:
        return elsewhere.address(self.port)

    @property
    def proxy(self) -> str:
        """Where environments are reached by HTTP, by the name in `Host`; also a forward proxy to all of them."""
        return elsewhere.address(self.proxy_port)

    def address(self, name: str) -> str:
        """`host:port` at which a name, such as an EndpointURL, is reached with HTTP and HTTPS, whatever name a client
        asks for there; the name itself where nothing runs."""
        with self.door.lock:
            if self._authority and name not in self._addresses:
                port = self._stack.enter_context(balanced(self.routes, self._authority, host=name))
                self._addresses[name] = f"127.0.0.1:{port}"
            return self._addresses.get(name, name)

    def load(self, host: str, path: str = "/ping", rate: float = 50) -> Load:
        """Constant load on a host while a `with` block runs, by so many requests in a second."""
        return Load(self.proxy_port, host, path, rate)

    def advance(self, seconds: float) -> None:
        """Puts the clock forward."""
        with self.door.lock:
            self.account.clock.advance(seconds)

    @property
    def environment(self) -> dict[str, str]:
        """Variables that lead AWS's libraries and command lines here."""
        trusted = {"SSL_CERT_FILE": str(self.ca_file)} if self.ca_file else {}
        return {
            **trusted,
            "AWS_ENDPOINT_URL": self.url,
            "AWS_ENDPOINT_URL_ELASTIC_BEANSTALK": self.url,
            "AWS_ACCESS_KEY_ID": KEY,
            "AWS_SECRET_ACCESS_KEY": SECRET,
            "AWS_SESSION_TOKEN": "",
            "AWS_DEFAULT_REGION": self.account.region,
            "AWS_REGION": self.account.region,
            "AWS_EC2_METADATA_DISABLED": "true",
        }

    def client(self, service: str = protocol.SERVICE, **config: Any) -> Any:
        """A client of boto3 for a service of this rehearsal."""
        return client(service, self.url, self.account.region, **config)

    def tell(self, wanted: Any) -> None:
        """Adds to the script. Raises faults.Mistaken."""
        with self.door.lock:
            tell(self.account, self.door.script, wanted)

    @property
    def record(self) -> Record:
        return self.door.record


def _no_secrets(_: str) -> str:
    raise RuntimeError("Instances cannot read a secret of the environment.")
