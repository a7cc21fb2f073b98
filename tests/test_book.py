"""What the site is made of: its navigation, its links, its blocks, its reference."""

from __future__ import annotations

import importlib
import re
from pathlib import Path

import pytest

import pymacaron
from book import reference
from book.pages import LINK, Book, navigation, shown
from pymacaron.comparison import KINDS
from pymacaron.exceptions import PyMacaronError

ROOT = Path(__file__).parent.parent
INDEX = (ROOT / "docs" / "index.md").read_text("utf-8")
API = (ROOT / "docs" / "api.md").read_text("utf-8")
SOURCES = dict(Book(ROOT).sources())


def test_navigation_has_every_page_once() -> None:
    """The navigation is the table of docs/index.md, which has every page once, under a title."""
    named = [page for section in navigation(INDEX) for page in section.pages]
    pages = {path.stem for path in [*(ROOT / "docs").glob("*.md"), *ROOT.glob("*.md")]} - {"index", "README"}
    assert sorted(named) == sorted(pages)


def test_links_lead_within_the_site() -> None:
    """What a page links to is on the site: a page, or a file of docs/ that is copied beside it."""
    links = {(name, link) for name, text in SOURCES.items() for link in LINK.findall(without_blocks(text))}
    assert [link for link in sorted(links) if not on_the_site(link[1])] == []


def test_a_status_in_a_heading_is_in_the_index() -> None:
    """Who looks for 404 finds how a function answers it: Sphinx's search finds numbers in its index alone."""
    assert "```{index} 404\n```\n\n## Return a 404" in SOURCES["howto.md"]
    assert "{index}" not in SOURCES["tutorial.md"]


def without_blocks(text: str) -> str:
    return re.sub(r"^(```+).*?^\1", "", text, flags=re.MULTILINE | re.DOTALL)


def on_the_site(link: str) -> bool:
    return link in SOURCES or (not link.endswith(".md") and (ROOT / "docs" / link).is_file())


def test_linked_sources_are_shown(tmp_path: Path) -> None:
    """A file or folder of the repository that a page links to becomes a page of the site; its text is on it."""
    (tmp_path / "docs").mkdir()
    (tmp_path / "shop").mkdir()
    (tmp_path / "shop" / "server.py").write_text("print(1)\n")
    (tmp_path / "README.md").write_text("# Front\n\n[all](docs/index.md) [shop](shop)\n")
    (tmp_path / "docs" / "index.md").write_text(
        "| **First** | |\n| [A](a.md) | |\n\n[server](../shop/server.py#L1) [front](../README.md)\n"
    )
    (tmp_path / "docs" / "a.md").write_text("# A\n")
    pages = dict(Book(tmp_path).sources())
    assert "[all](all-pages.md) [shop](source-shop.md)" in pages["index.md"]
    assert "[server](source-shop-server-py.md#L1) [front](index.md)" in pages["all-pages.md"]
    assert "```python\nprint(1)" in pages["source-shop-server-py.md"]
    assert "## `shop/server.py`" in pages["source-shop.md"]


def test_names_of_files_stand_above_blocks() -> None:
    """The marks that tests read are not lost on readers: a file's name is a caption, a role is nothing."""
    assert (
        shown("```yaml file=apis/a.yaml\na: 1\n```\n") == "```{code-block} yaml\n:caption: apis/a.yaml\n\na: 1\n```\n"
    )
    assert "\n:caption: pym-config.yaml\n" in shown("```yaml settings\na: 1\n```\n")
    assert shown("<!-- before:\ncd\n-->\n```sh run\nls\n```\n") == "```sh\nls\n```\n"
    assert shown("```text output\na\n```\n") == "```{code-block} text\n:class: printed\n\na\n```\n"


def test_reference_is_complete() -> None:
    """docs/api.md has every name that `pymacaron` offers."""
    names = dict(reference.named(API))
    assert sorted({*pymacaron.__all__} - {"__version__"}) == sorted(names["pymacaron"])


@pytest.mark.parametrize(("module", "names"), list(reference.named(API)))
def test_reference_says_what_code_says(module: str, names: list[str]) -> None:
    """Every name of docs/api.md is there; what can be called has a docstring of its own, but for errors, whose
    code says it."""
    room = importlib.import_module(module)
    values = {name: getattr(room, name, None) for name in names}
    errors = {name for name, value in values.items() if isinstance(value, type) and issubclass(value, PyMacaronError)}
    called = {name: value for name, value in values.items() if callable(value) and name not in errors}
    assert names
    assert [name for name, value in values.items() if value is None] == []
    assert [name for name, value in called.items() if not reference.docstring_of(value)] == []


def test_the_command_line_is_filled() -> None:
    """On the site stands what each command says of its options, those of groups too."""
    text = reference.commands("# The command line\n")
    assert "### `pymacaron env terminate`\n\n```text\nUsage: pymacaron env terminate" in text
    assert "--production" in text


def test_kinds_of_changes_are_listed() -> None:
    """On the site stands every kind of change, whom it breaks, and why."""
    assert "| `operation-removed` | callers |" in reference.kinds("# Versions\n")
    assert reference.kinds("").count("\n| `") == len(KINDS)


def test_reference_is_filled() -> None:
    """On the site a name has its signature and what its docstring says."""
    text = reference.filled(API)
    assert "### `generate_token`\n\n```python\ngenerate_token(" in text
    assert "Status 404, code `NOT_FOUND`" in text
    assert "`API`, `letsgo`" not in text
