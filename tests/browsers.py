"""A real browser: Chromium without a window, driven by Playwright, for pages that people see.

The fixture `visit` opens a page at a service, either an application that it serves or a port where one listens already:

    def test_it(visit: Visit) -> None:
        page = visit(app, "/doc/")
        page.get_by_role("link", name="shop").click()

Every visit is held to two laws when its test ends: no request has left this machine, and the page had nothing to
complain about (no error or warning in its console, no exception in its scripts, nothing missing that it loads). That
a call with `fetch`, or a page itself, is answered with the status of an error is no complaint.
"""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from threading import Thread
from typing import TYPE_CHECKING, Any, Literal
from urllib.parse import urlsplit

import pytest
from werkzeug.serving import WSGIRequestHandler, make_server

if TYPE_CHECKING:
    from playwright.sync_api import Browser, BrowserContext, ConsoleMessage, Page, Request, Response

PROGRAMS = ("chromium", "chromium-browser", "google-chrome")
PATIENCE = 30_000  # milliseconds until something appears, or a test fails
_ARGUMENTS = (
    "--no-sandbox",  # which root, as in a container, cannot have
    "--no-proxy-server",
    "--host-resolver-rules=MAP * ~NOTFOUND, EXCLUDE 127.0.0.1",
)
_REFUSED = "Failed to load resource: the server responded with a status of "


class Visit:
    """Opens pages in one window of its own, and keeps what they ask for and say.

    Attributes:
        asked: the URLs of all requests of all pages, in their order.
        complaints: errors and warnings of consoles, and exceptions. What a test expects it takes out.
    """

    def __init__(self, browser: Browser, stack: ExitStack) -> None:
        self._browser = browser
        self._stack = stack
        self.asked: list[str] = []
        self.complaints: list[str] = []

    def __call__(self, service: Any, path: str = "/", *, width: int = 1200, dark: bool = False, **window: Any) -> Page:
        """A page of a service: a WSGI application, which is served as long as the test lasts, or the port of one.

        Args:
            width: of the window, in CSS pixels; 390 is a phone's.
            dark: does its reader prefer dark colours?
            window: what else Playwright's `new_context` takes, as `java_script_enabled=False`.
        """
        port = service if isinstance(service, int) else self._stack.enter_context(served(service))
        page = self.window(width=width, dark=dark, **window).new_page()
        page.goto(f"http://127.0.0.1:{port}{path}")
        return page

    def window(self, *, width: int = 1200, dark: bool = False, **window: Any) -> BrowserContext:
        """A window with nothing stored, whose pages are listened to."""
        scheme: Literal["dark", "light"] = "dark" if dark else "light"
        context = self._browser.new_context(viewport={"width": width, "height": 800}, color_scheme=scheme, **window)
        self._stack.callback(context.close)
        context.set_default_timeout(PATIENCE)
        context.on("request", self._ask)
        context.on("response", self._receive)
        context.on("console", self._say)
        context.on("weberror", lambda error: self.complaints.append(str(error.error)))
        return context

    def _ask(self, request: Request) -> None:
        self.asked.append(request.url)

    def _receive(self, response: Response) -> None:
        if response.status >= 400 and response.request.resource_type not in ("fetch", "xhr", "document"):
            self.complaints.append(f"{response.status} for {response.url}")

    def _say(self, message: ConsoleMessage) -> None:
        if message.type in ("error", "warning") and not message.text.startswith(_REFUSED):
            self.complaints.append(f"{message.type}: {message.text} ({message.location.get('url')})")

    @property
    def foreign(self) -> list[str]:
        """What was asked of others than this machine."""
        return [url for url in self.asked if urlsplit(url).hostname not in ("127.0.0.1", None)]


@contextmanager
def served(app: Any) -> Iterator[int]:
    """The port on which a WSGI application is served by threads of this process."""
    server = make_server("127.0.0.1", 0, app, threaded=True, request_handler=_Quiet)
    server.daemon_threads = True  # type: ignore[attr-defined]
    thread = Thread(target=server.serve_forever, args=(0.01,), daemon=True)
    thread.start()
    try:
        yield server.server_port
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


class _Quiet(WSGIRequestHandler):
    def log(self, type: str, message: str, *args: Any) -> None:  # noqa: A002 - as its parent calls it
        pass


def program() -> str | None:
    """Where Chromium is on this machine."""
    return next(filter(None, map(shutil.which, PROGRAMS)), None)


@contextmanager
def chromium() -> Iterator[Browser]:
    """A running Chromium. While it lasts, nothing else in this thread can use asyncio."""
    from playwright.sync_api import sync_playwright  # for the few tests that need it

    with sync_playwright() as driver:
        browser = driver.chromium.launch(executable_path=program(), args=_ARGUMENTS)
        yield browser
        browser.close()


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    """One Chromium for the tests of a module."""
    if program() is None:
        missing = "there is no Chromium; `make services` installs it where that is possible"
        if "CI" in os.environ and os.geteuid() == 0:  # else it cannot be installed
            pytest.fail(missing)
        pytest.skip(missing)
    with chromium() as found:
        yield found


@pytest.fixture
def visit(browser: Browser) -> Iterator[Visit]:
    """Pages in a window that nobody has used."""
    with ExitStack() as stack:
        made = Visit(browser, stack)
        yield made
    assert made.foreign == [], "requests have left this machine"
    assert made.complaints == [], "pages have complained"
