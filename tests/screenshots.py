"""Pictures of pages for the documentation: `make screenshots`, or `python tests/screenshots.py console` for one.

Each function of PICTURES gives what `docs/img/NAME.png` is to show, of the example shop, which has been asked what a
day brings.
"""

from __future__ import annotations

import json
import random
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

from browsers import chromium
from programs import EXAMPLES, ROOT, Server, by_python, free_row, running, token_for
from trying import address, send

if TYPE_CHECKING:
    from playwright.sync_api import Browser

FOLDER = ROOT / "docs" / "img"
ASTRID = "6f1c0d1e-8a43-4c60-9d11-2f6f2f0a7c55"
ORDER = {
    "customer_id": ASTRID, "lines": [{"sku": "TEA-001", "quantity": 1}],
    "delivery": {"street": "Kungsgatan 1", "city": "Stockholm", "country": "SE"},
    "payment": {"method": "card", "number": "4242424242424242", "expires": "11/31"},
}  # fmt: skip
MOST = 150_000  # bytes of a picture


class Asking(NamedTuple):
    """What the shop is asked, and how often in a hundred times."""

    often: int
    method: str
    path: str
    body: Any = None
    signed_in: bool = True


DAY = [
    Asking(40, "GET", "/v1/products?category=tea,cups&sort=-price"), Asking(14, "GET", "/v1/categories"),
    Asking(9, "GET", "/v1/products/TEA-001"), Asking(5, "GET", "/v1/products/TEA-999"),
    Asking(14, "POST", "/v1/orders", ORDER), Asking(4, "POST", "/v1/orders", {"lines": []}),
    Asking(3, "POST", "/v1/orders", ORDER, signed_in=False), Asking(6, "GET", "/v1/me/orders"),
    Asking(2, "GET", "/v1/nothing"), Asking(3, "GET", "/ping"),
]  # fmt: skip


@contextmanager
def shop(*, debug: bool) -> Iterator[Server]:
    """The shop, with the services that it calls."""
    with ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="pymacaron-shop-")))
        port, servers = free_row(3), list[Server]()
        called = enumerate(("customers", "mailer"), 1)
        urls = {f"PYM_{name.upper()}_URL": f"http://127.0.0.1:{port + at}" for at, name in called}
        own: dict[str, Any] = {**urls, "PYMACARON_TASKS": str(folder / "tasks"), "NO_ERROR_REPORTING": ""}
        for name, at, options in (("customers", 1, []), ("mailer", 2, []), ("shop", 0, ["--debug"] if debug else [])):
            command = [*by_python(port + at), *options]
            servers.append(stack.enter_context(running(command, EXAMPLES / "shop" / name, folder / name, **own)))
        yield servers[-1]


def a_day(server: Server, seconds: float) -> None:
    """Ask the shop what is usually asked."""
    drawn = random.Random(7)  # so that pictures look the same each time
    signed_in = {"Authorization": f"Bearer {token_for(ASTRID)}"}
    until = time.monotonic() + seconds
    while time.monotonic() < until:
        (one,) = drawn.choices(DAY, [asking.often for asking in DAY])
        server.ask(one.method, one.path, one.body, signed_in if one.signed_in else {})
        time.sleep(drawn.expovariate(8))


def console(browser: Browser) -> bytes:
    """The console with an order opened."""
    with shop(debug=True) as server:
        a_day(server, 20)
        page = browser.new_page(viewport={"width": 1180, "height": 690}, color_scheme="light")
        page.goto(f"http://127.0.0.1:{server.port}/doc/console")
        page.locator("tr", has_text="/v1/orders").filter(has_text="201").first.click()
        page.locator("#detail").get_by_text("shop.mails.send_later").wait_for()
        page.evaluate("scrollTo(0, 0)")
        return page.screenshot()


def publishing_api(browser: Browser) -> bytes:
    """An API: its document, and its operations."""
    with shop(debug=False) as server:
        page = browser.new_page(viewport={"width": 1100, "height": 760}, color_scheme="light")
        page.goto(f"http://127.0.0.1:{server.port}/doc/catalogue")
        return page.screenshot()


def publishing_operation(browser: Browser) -> bytes:
    """An order, placed from the page of its operation, at night."""
    with shop(debug=False) as server:
        page = browser.new_page(viewport={"width": 1200, "height": 900}, color_scheme="dark")
        page.goto(f"http://127.0.0.1:{server.port}{address('POST /v1/orders', 'orders')}")
        page.locator("#token > summary").click()
        page.get_by_label("Token", exact=True).fill(token_for("eva", scope="staff"))
        page.keyboard.press("Enter")
        page.locator("#token-word", has_text="accepted").wait_for()
        page.get_by_label("The body").fill(json.dumps(ORDER, indent=2))
        send(page)
        page.locator("aside.try").evaluate("one => { one.scrollTop = one.scrollHeight }")
        return page.screenshot()


def publishing_phone(browser: Browser) -> bytes:
    """An answer on a phone."""
    with shop(debug=False) as server:
        page = browser.new_page(viewport={"width": 390, "height": 760}, color_scheme="light")
        page.goto(f"http://127.0.0.1:{server.port}{address('GET /v1/products/{sku}', 'catalogue')}")
        page.locator("[data-name=sku]").fill("TEA-001")
        send(page)
        page.locator("aside.try").evaluate("one => one.scrollIntoView()")
        return page.screenshot()


def coverage(browser: Browser) -> bytes:
    """What the acceptance tests of the shop have touched of its documents."""
    with shop(debug=False) as server, tempfile.TemporaryDirectory() as folder:
        command = [sys.executable, "-m", "pymacaron.cli", "test", "--local", "--port", str(server.port)]
        subprocess.run([*command, "--coverage", f"{folder}/coverage.html"], cwd=EXAMPLES / "shop" / "shop", check=True)
        page = browser.new_page(viewport={"width": 900, "height": 640}, color_scheme="light")
        page.goto(f"file://{folder}/coverage.html")
        return page.screenshot()


PICTURES: dict[str, Callable[[Browser], bytes]] = {
    "console": console,
    "coverage": coverage,
    "publishing-api": publishing_api,
    "publishing-operation": publishing_operation,
    "publishing-phone": publishing_phone,
}


def main(names: Sequence[str]) -> None:
    with chromium() as browser:
        for name in names or PICTURES:
            picture = PICTURES[name](browser)
            assert len(picture) < MOST, f"{name} has {len(picture)} bytes"
            FOLDER.mkdir(exist_ok=True)
            (FOLDER / f"{name}.png").write_bytes(picture)
            print(FOLDER / f"{name}.png", len(picture))


if __name__ == "__main__":
    main(sys.argv[1:])
