"""The pages of operations, filled in and sent by tests in a browser."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any
from urllib.parse import quote

if TYPE_CHECKING:
    from playwright.sync_api import Page

PIXEL = bytes.fromhex(  # a picture of one
    "89504e470d0a1a0a0000000d4948445200000001000000010802000000907753de0000000c49444154789c63504868000001a40101"
    "b985c4470000000049454e44ae426082"
)

ECHO = """
    from flask import request

    def echo(*args, **kwargs):
        files = {name: [file.filename, file.read().decode()] for name, file in request.files.items()}
        return {"path": request.path, "query": request.query_string.decode(), "form": request.form.to_dict(flat=False),
                "files": files, "body": request.get_data(as_text=True), "type": request.content_type,
                "headers": dict(request.headers), "cookies": dict(request.cookies)}
"""


def address(title: str, api: str = "shop") -> str:
    return f"/doc/{api}?operation={quote(title)}"


def fill(page: Page, **values: Any) -> None:
    """Fill in controls by the names of what they are for; files as (name, bytes)."""
    for name, value in values.items():
        control = page.locator(f'[data-name="{name}"]')
        kind = control.evaluate("one => one.type")
        if kind == "file":
            control.set_input_files({"name": value[0], "mimeType": "", "buffer": value[1]})
        elif kind.startswith("select"):
            control.select_option(value)
        else:
            control.fill(value)


def send(page: Page) -> tuple[int, str]:
    """Send the form: the status of the answer, and its text as it is shown, "" where there is none."""
    page.get_by_role("button", name="Send").click()
    page.locator("#answer:has(a[download]), #answer:has-text('No body.')").wait_for()
    status = int(page.locator("#answer .status").inner_text().split()[0])
    shown = page.locator("#answer > pre")
    return status, shown.inner_text() if shown.count() else ""


def sent(page: Page) -> Any:
    """Send the form to a function that answers with what came."""
    status, text = send(page)
    assert status == 200, text
    return json.loads(text)
