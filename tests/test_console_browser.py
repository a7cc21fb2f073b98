"""The console as people see it: in a real browser. That no request leaves the machine, and that the page has nothing to
complain about, is held by `visit`."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from browsers import Visit
from services import Project, answers, body, operation, project_in

from pymacaron import crash
from pymacaron.auth import generate_token
from pymacaron.calls import onlookers
from pymacaron.config import Secret, get_config
from pymacaron.console.recorder import Recorder

if TYPE_CHECKING:
    from playwright.sync_api import Page

KEY = "a key of thirty-two bytes or more, for tests"
VIEWS = ("calls", "errors", "tasks", "contract", "latency")
PATHS = {
    "/hello": {"get": operation("hello")},
    "/unused": {"delete": operation("hello")},
    "/price": {"get": operation("breaks", responses=answers(**{
        "200": {"type": "object", "properties": {"price": {"type": "number"}}}}))},
    "/orders": {"post": operation("order", requestBody=body({}))},
}  # fmt: skip
FUNCTIONS = """
    tries = 0

    def hello(): return {}
    def breaks(): return {"price": "a lot of text without any blank " * 3}

    def order(body):
        global tries
        tries += 1
        if tries == 1:
            raise RuntimeError("the first one fails, <b>as it happens</b>")
        return {"order": tries, "paid": body["pin_code"] == "battery-staple-22"}
"""


@pytest.fixture
def project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Project]:
    monkeypatch.delenv("NO_ERROR_REPORTING")
    before = list(onlookers)
    with project_in(tmp_path, report_to=[], validate_responses="report") as made:
        made.document(PATHS)
        made.functions(FUNCTIONS)
        yield made
    onlookers[:] = before


def called(project: Project, **options: Any) -> Any:
    """A service that was called in several ways."""
    client = project.start(**{"debug": True, **options})
    client.get("/hello")
    client.get("/price")
    client.post("/orders", json={"pin_code": "battery-staple-22"})
    assert crash.flush()
    return client


def row(page: Page, text: str) -> Any:
    return page.locator("#calls tbody tr", has_text=text)


def test_live(project: Project, visit: Visit) -> None:
    """What happens while the page is open appears on it, until it is paused."""
    client = called(project)
    page = visit(project.app, "/doc/console")
    row(page, "/price").wait_for()
    assert page.locator("#live-text").inner_text() == "live"
    client.get("/hello?after=1")
    page.locator("#calls tbody tr").nth(3).wait_for()
    page.get_by_role("button", name="Pause").click()
    assert page.locator("#live-text").inner_text() == "paused"
    client.get("/hello")
    page.get_by_role("button", name="Go on").click()
    page.locator("#calls tbody tr").nth(4).wait_for()
    assert page.title() == "service: console"


def test_every_view(project: Project, visit: Visit) -> None:
    """Each view shows its part, and texts from reports are texts."""
    called(project)
    page = visit(project.app, "/doc/console")
    row(page, "/price").click()
    detail = page.locator("#detail")
    detail.get_by_text("GET shop.get_price").wait_for()
    page.get_by_role("tab", name="Errors").click()
    page.get_by_role("button", name="crash").click()
    detail.get_by_text("the first one fails, <b>as it happens</b>").first.wait_for()
    assert detail.get_by_text("handlers.py:11").is_visible()
    page.get_by_role("tab", name="Tasks").click()
    page.get_by_text("No task was fired").wait_for()
    page.get_by_role("tab", name="Contract").click()
    assert "expected" in page.locator("#contract tbody tr", has_text="body/price").inner_text()
    page.get_by_role("tab", name="Latency").click()
    assert page.locator("#latency svg.histogram").count() == 3
    assert page.locator("#latency .never li").all_inner_texts() == ["DELETE /unused shop.delete_unused"]


def test_replay(project: Project, visit: Visit) -> None:
    """A call is made again, and both answers stand side by side. After the service has started again, which then knows
    nothing of it, the page still has the report, and asks for the secrets."""
    called(project)
    page = visit(project.app, "/doc/console#/errors")
    page.get_by_role("button", name="crash").click()
    page.get_by_role("button", name="Replay").click()
    page.get_by_text("Now 200").wait_for()
    then, now = page.locator(".sides section").all()
    assert "Then 500" in then.inner_text()
    assert '"paid": true' in now.inner_text()
    recorder = onlookers[-1].__self__  # type: ignore[attr-defined]
    assert isinstance(recorder, Recorder)
    recorder.begin_anew()
    page.get_by_role("button", name="Replay").click()
    page.get_by_text("The secrets of the call are not known here").wait_for()
    page.get_by_label("body.pin_code").fill("another")
    page.get_by_role("button", name="Replay").click()
    page.get_by_text('"paid": false').wait_for()


def test_keys(project: Project, visit: Visit) -> None:
    """Everything is reached without a mouse."""
    called(project)
    page = visit(project.app, "/doc/console")
    row(page, "/price").wait_for()
    press = page.keyboard.press
    focused = "document.activeElement.textContent"
    press("/")
    page.keyboard.type("get >0 2xx shop.")
    assert row(page, "/orders").is_hidden()
    press("Escape")
    for _ in range(9):  # from wherever, Tab comes to the list
        press("Tab")
        if page.evaluate("document.activeElement.matches('button.path')"):
            break
    assert page.evaluate(focused) == "/price"
    press("ArrowDown")
    assert page.evaluate(focused) == "/hello"
    press("Enter")
    page.locator("#detail").get_by_text("GET shop.get_hello").wait_for()
    assert page.evaluate("document.activeElement.id") == "detail"
    press("Escape")
    assert page.locator("#detail").is_hidden()
    assert page.evaluate(focused) == "/hello"
    press("2")
    assert page.get_by_role("tab", name="Errors").get_attribute("aria-selected") == "true"
    press("ArrowLeft")
    assert page.locator("#calls").is_visible()
    press("End")
    assert page.evaluate("location.hash") == "#/latency"


@pytest.mark.parametrize("dark", [False, True])
def test_colours_and_widths(project: Project, visit: Visit, dark: bool) -> None:
    """Its colours are those that its reader prefers, and what is written can be read; at a phone's width nothing is cut
    off."""
    called(project).delete("/unused")
    page = visit(project.app, "/doc/console", width=390, dark=dark)
    row(page, "/price").wait_for()
    ground, ink = page.evaluate(
        "[getComputedStyle(document.body).backgroundColor, getComputedStyle(document.body).color]"
        ".map((text) => text.match(/\\d+/g).reduce((sum, one) => sum + Number(one), 0))"
    )
    assert (ground < 120, ink > 600) == (dark, dark)
    for view in VIEWS:
        page.evaluate(f"location.hash = '/{view}'")
        page.locator(f"#{view}").wait_for()
        assert page.evaluate("document.documentElement.scrollWidth") <= 390, view
        assert not re.search(r"\b(?:null|undefined|NaN|object)\b", page.inner_text("body"))
    page.evaluate("location.hash = '/calls'")
    row(page, "/price").click()
    page.locator("#detail h3").first.wait_for()
    assert page.evaluate("document.querySelector('#detail').scrollWidth") <= 390


def test_behind_a_prefix(project: Project, visit: Visit) -> None:
    """A proxy may give it another path, and say nothing of that."""
    called(project)

    def proxy(environ: dict[str, Any], start_response: Any) -> Any:
        return project.app({**environ, "PATH_INFO": environ["PATH_INFO"].removeprefix("/shop")}, start_response)

    page = visit(proxy, "/shop/doc/console")
    row(page, "/price").click()
    page.get_by_role("button", name="Replay").click()
    page.get_by_text("Now 200").wait_for()


def test_a_token(project: Project, visit: Visit) -> None:
    """In production the page asks for a token, says what is wrong with one, and shows the service to who has one."""
    get_config().console, get_config().jwt_secret = "on", Secret(KEY)
    called(project, debug=False)
    page = visit(project.app, "/doc/console")
    box = page.get_by_label("Token")
    box.fill(generate_token("ada"))
    page.get_by_role("button", name="Open the console").click()
    page.get_by_text("needs a token with the scope 'console'").wait_for()
    box.fill(f"Bearer {generate_token('ada', data={'scope': 'console'})}")
    page.get_by_role("button", name="Open the console").click()
    row(page, "/price").wait_for()
    assert box.is_hidden()
    assert "production" in page.locator("#where").inner_text()
