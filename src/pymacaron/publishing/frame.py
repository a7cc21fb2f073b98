"""What all pages have around them: the way back, the colours, the token."""

from __future__ import annotations

from collections.abc import Iterable
from typing import NamedTuple

from .assets import stamp
from .markup import Child, Markup, joined, tag

# Pages load their own files, ask their own service, and show what it answers. Nothing is in the page itself that a
# browser would run, and no other host is asked.
POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; img-src 'self' blob: data:; "
    "base-uri 'none'; form-action 'none'; frame-ancestors 'self'"
)
_COLOURS = {"": "System", "light": "Light", "dark": "Dark"}


class Place(NamedTuple):
    """Where a page is.

    Attributes:
        root: the way from it to the root of the service, "../" or longer.
        console: the way to the console of the service; None if it has none.
        above: the pages above it: what they are called, and the way to them.
    """

    root: str
    console: str | None = None
    above: tuple[tuple[str, str], ...] = ()

    def below(self, *above: tuple[str, str]) -> Place:
        """The place of a page that is below others."""
        return self._replace(above=above)


def page(title: str, place: Place, *body: Child) -> bytes:
    """A whole page."""
    files = f"-/{stamp()}"
    head = joined(
        tag("meta", charset="utf-8"),
        tag("meta", name="viewport", content="width=device-width, initial-scale=1"),
        tag("title", title),
        tag("link", rel="icon", href="data:,"),  # or browsers ask the root of the host for one
        tag("link", rel="stylesheet", href=f"{files}/page.css"),
        tag("script", src=f"{files}/colours.js"),  # before anything is shown
        tag("script", src=f"{files}/page.js", type="module"),
    )
    content = joined(
        tag("a", "Skip to the content", href="#content", class_="skip"),
        tag("header", _above(place.above), _tools(place.console), class_="top"),
        tag("main", *body, id="content", tabindex="-1"),
    )
    whole = tag("html", tag("head", head), tag("body", content, data_root=place.root), lang="en")
    return f"<!doctype html>\n{whole}\n".encode()


def _above(pages: Iterable[tuple[str, str]]) -> Markup:
    steps = [tag("li", tag("a", title, href=href)) for title, href in pages]
    return tag("nav", tag("ol", steps), aria_label="Pages above") if steps else tag("span")


def _tools(console: str | None) -> Markup:
    choices = [tag("option", text, value=value) for value, text in _COLOURS.items()]
    colours = tag("label", tag("span", "Colours"), tag("select", choices, id="colours"))
    link = tag("a", "Console", href=console) if console is not None else None
    return tag("div", link, _token(), colours, class_="tools scripted")


def _token() -> Markup:
    """The token box: what is put in is sent as Bearer where an operation demands a token."""
    about = "For operations that need one. It is kept in this tab, until you close it or forget it here."
    form = tag(
        "form",
        tag("label", "Token", for_="token-text"),
        tag("input", id="token-text", type="password", autocomplete="off", spellcheck="false"),
        tag("p", about, class_="dim"),
        tag("div", tag("button", "Use it"), tag("button", "Forget it", type="button", id="token-forget"), class_="row"),
        tag("p", id="token-state", role="status"),
        id="token-form",
    )
    return tag(
        "details", tag("summary", "Token", tag("span", id="token-word", role="status")), tag("div", form), id="token"
    )
