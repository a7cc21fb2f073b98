"""The three services of the shop at once: started together, watched, and ended together.

    python run.py --port 8080 [--logs FOLDER] [--data FOLDER]

The shop listens on the port given, customers and mailer on the next two, all on this machine only. Each logs to a file
of its own, and keeps what it has in another. Ctrl-C or SIGTERM ends them all; so does the end of one of them.
"""

from __future__ import annotations

import argparse
import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

HERE = Path(__file__).resolve().parent
SERVICES = ("shop", "customers", "mailer")
PATIENCE = 60.0  # seconds until they answer
GRACE = 5.0  # seconds that they have to end
ASTRID = "6f1c0d1e-8a43-4c60-9d11-2f6f2f0a7c55"  # a customer who is known from the start

WELCOME = """
The shop is open: three services. Each has pages for your browser, where you can read and try what it does:
  shop       http://localhost:{shop}/doc/   what it sells, baskets and orders
  customers  http://localhost:{customers}/doc/   who buys
  mailer     http://localhost:{mailer}/doc/   the mails that were sent

Or try these lines, from another terminal, in the same folder:

  # find products
  curl -g 'http://localhost:{shop}/v1/products?category=tea,cups&filter[max_price]=2000&sort=-price'
  # order tea, as the customer Astrid: the token says who she is
  ASTRID=$({pymacaron} token {astrid} --config {here}/shop)
  curl -i http://localhost:{shop}/v1/orders -H "Authorization: Bearer $ASTRID" -H 'PymCallID: my-first-order' \
-H 'Content-Type: application/json' -d '{order}'
  # read the mail about the order
  SHOP=$({pymacaron} token shop --data '{{"scope": "mails"}}' --config {here}/shop)
  curl http://localhost:{mailer}/v1/mails -H "Authorization: Bearer $SHOP"
  # see how the order went through the three services
  {pymacaron} trace my-first-order {logs}/*.log
  # make several mistakes: one answer lists them all
  curl -i http://localhost:{shop}/v1/orders -H "Authorization: Bearer $ASTRID" \
-H 'Content-Type: application/json' -d '{wrong}'

The logs are in {logs}. The processes are {processes}.
Ctrl-C ends them.
"""
ORDER = (
    f'{{"customer_id": "{ASTRID}", "lines": [{{"sku": "TEA-001", "quantity": 2}}], '
    '"delivery": {"street": "Kungsgatan 1", "city": "Stockholm", "country": "SE"}, '
    '"payment": {"method": "card", "number": "4242424242424242", "expires": "11/31"}}'
)
WRONG = '{"lines": [{"sku": "tea", "quantity": 0}], "payment": {"method": "card", "number": "1234"}}'


class Service:
    """One of them, as a process of its own that listens on `port` and logs to `log`."""

    def __init__(self, name: str, port: int, log: Path, environment: dict[str, str]) -> None:
        self.name, self.port, self.log = name, port, log
        with log.open("wb") as out:
            self.process = subprocess.Popen(
                [sys.executable, "server.py", "--port", str(port)], cwd=HERE / name, env=environment,
                stdin=subprocess.DEVNULL, stdout=out, stderr=out,
                start_new_session=True,  # the Ctrl-C of a terminal is for us; we end it
            )  # fmt: skip

    def answers(self) -> bool:
        try:
            socket.create_connection(("127.0.0.1", self.port), 1).close()
        except OSError:
            return False
        return True

    def end_of(self) -> str | None:
        """How it ended; None while it runs."""
        code = self.process.poll()
        if code is None:
            return None
        how = f"was killed by {signal.Signals(-code).name}" if code < 0 else f"ended with exit code {code}"
        return f"{self.name} {how}"

    def last_words(self) -> str:
        return "".join(self.log.read_text("utf-8", "replace").splitlines(keepends=True)[-10:])


def main() -> int:
    parser = argparse.ArgumentParser(description="The three services of the shop, started and ended together.")
    parser.add_argument("--port", type=int, default=8080, help="of the shop; the others have the next two")
    parser.add_argument("--data", type=Path, default=HERE / "data", metavar="FOLDER", help="where they keep things")
    parser.add_argument("--logs", type=Path, default=HERE / "logs", metavar="FOLDER", help="where they log")
    options = parser.parse_args()
    ports = {name: options.port + number for number, name in enumerate(SERVICES)}
    for name in ("SIGTERM", "SIGHUP"):
        if hasattr(signal, name):
            signal.signal(getattr(signal, name), _interrupt)
    services: list[Service] = []
    try:
        _check(ports)
        _start(services, ports, options)
        return _watch(services, lambda: print(_welcome(services, options.logs), flush=True))
    except KeyboardInterrupt:
        print("\nthe shop is closed", flush=True)
        return 0
    finally:
        _end(services)


def _interrupt(_signum: int, _frame: object) -> None:
    raise KeyboardInterrupt


def _check(ports: dict[str, int]) -> None:
    """Say so before anything is started if a port cannot be had."""
    for name, port in ports.items():
        try:
            with socket.socket() as probe:
                probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)  # as the servers do
                probe.bind(("127.0.0.1", port))
        except (OSError, OverflowError) as error:
            fact = f"{name} cannot listen on port {port}: {getattr(error, 'strerror', None) or error}"
            sys.exit(f"{fact}; take other ones: make run PORT={9000 if port < 9000 else 8080}")


def _start(services: list[Service], ports: dict[str, int], options: argparse.Namespace) -> None:
    """Add them to `services` one by one, so that none is forgotten if that is interrupted. They are told where the ones
    are that they call."""
    called = {f"PYM_{name.upper()}_URL": f"http://127.0.0.1:{ports[name]}" for name in ("customers", "mailer")}
    try:
        for folder in (options.logs, options.data):
            folder.mkdir(parents=True, exist_ok=True)
        for name, port in ports.items():
            own = {"PYMACARON_STORE": str((options.data / f"{name}.sqlite").resolve())}
            services.append(Service(name, port, options.logs / f"{name}.log", os.environ | called | own))
    except OSError as error:
        sys.exit(f"{error.filename or HERE} cannot be written: {error.strerror}; take other folders: --logs and --data")


def _watch(services: list[Service], welcome: Callable[[], None]) -> int:
    """Wait until one of them ends, which none should; the exit code for that."""
    silent, until = list(services), time.monotonic() + PATIENCE
    while True:
        for service in services:
            end = service.end_of()
            if end is not None:
                print(f"{end}, so the others are ended too. The end of {_near(service.log)}:", file=sys.stderr)
                print(service.last_words(), file=sys.stderr, flush=True)
                return 1
        if silent:
            silent = [service for service in silent if not service.answers()]
            if not silent:
                welcome()
            elif time.monotonic() > until:
                sys.exit(f"{silent[0].name} does not answer after {PATIENCE:.0f} s; see {_near(silent[0].log)}")
        time.sleep(0.05 if silent else 0.2)


def _end(services: list[Service]) -> None:
    for name in ("SIGINT", "SIGTERM", "SIGHUP"):  # who is impatient has to wait until all have ended
        if hasattr(signal, name):
            signal.signal(getattr(signal, name), signal.SIG_IGN)
    for service in services:
        service.process.terminate()
    until = time.monotonic() + GRACE
    for service in services:
        try:
            service.process.wait(max(0, until - time.monotonic()))
        except subprocess.TimeoutExpired:
            service.process.kill()
            service.process.wait()


def _welcome(services: list[Service], logs: Path) -> str:
    pymacaron = _near(Path(sys.executable).parent / "pymacaron")  # `make run` puts it on no PATH
    ports = {service.name: service.port for service in services}
    processes = ", ".join(f"{service.process.pid} ({service.name})" for service in services)
    return WELCOME.format(
        **ports, order=ORDER, wrong=WRONG, astrid=ASTRID, here=_near(HERE), logs=_near(logs), pymacaron=pymacaron,
        processes=processes,
    )  # fmt: skip


def _near(path: Path) -> str:
    """A path as it is written here."""
    return os.path.relpath(path)


if __name__ == "__main__":
    sys.exit(main())
