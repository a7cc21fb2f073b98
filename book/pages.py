"""The pages of the repository as the site's sources: one folder, links that lead within it, and blocks that show well.

On the pages as they are written, links lead to files of the repository. The site has the pages of `docs/` and those
beside the README in one folder; of other files and folders that a page links to it has a page that shows them.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

FENCE = re.compile(r"^(?P<fence>```+)(?P<info>[^\n`]*)\n(?P<text>.*?)^(?P=fence)[ \t]*$", re.MULTILINE | re.DOTALL)
LINK = re.compile(r"(?<=\]\()(?!\w+:)(?P<path>[^)#\s]+)")
SECTION = re.compile(r"^\| \*\*(?P<title>.+?)\*\* \|", re.MULTILINE)
ROW = re.compile(r"^\| \[(?P<title>.+?)\]\((?P<path>[^)]+)\) \|", re.MULTILINE)
BEFORE = re.compile(r"^<!-- before:.*?-->\n", re.MULTILINE | re.DOTALL)  # for the tests alone
STATUS = re.compile(r"^(?=#+ .*\b(?P<status>[1-5]\d\d)\b)", re.MULTILINE)  # in a heading
CONTENTS = "all-pages"
TEXT = {".py", ".yaml", ".yml", ".json", ".toml", ".md", ".sh", ".txt", ".mako", ""}


class Section(NamedTuple):
    """A part of the navigation: a title, and the names of its pages in order."""

    title: str
    pages: list[str]


def navigation(index: str) -> list[Section]:
    """The sections of the table in `docs/index.md`, in its order: a row with a bold title begins one."""
    starts = list(SECTION.finditer(index))
    ends = [start.start() for start in starts[1:]] + [len(index)]
    return [
        Section(start["title"], [Path(row["path"]).stem for row in ROW.finditer(index, start.end(), end)])
        for start, end in zip(starts, ends, strict=True)
    ]


def toctrees(sections: list[Section]) -> str:
    """The sections in Sphinx's words; they show beside each page, not on it."""
    trees = ("\n".join([f":caption: {title}", ":hidden:", "", *pages]) for title, pages in sections)
    return "".join(f"\n```{{toctree}}\n{tree}\n```\n" for tree in trees)


def indexed(text: str) -> str:
    """A piece of a page without blocks whose headings can be found by a status in them: Sphinx's search leaves numbers
    out of what it looks for, other than in its index."""
    return STATUS.sub(lambda heading: f"```{{index}} {heading['status']}\n```\n\n", text)


def shown(text: str) -> str:
    """A page whose blocks tell readers what their marks tell the tests: the file that a block is, or is of, stands
    above it; what is printed can be told from what is typed."""

    def block(found: re.Match[str]) -> str:
        language, _, role = found["info"].strip().partition(" ")
        if language == "{index}":
            return found[0]
        kind, _, name = role.partition("=")
        says = {"output": ":class: printed", "settings": ":caption: pym-config.yaml"}
        option = f":caption: {name}" if kind in {"file", "from"} else says.get(kind, "")
        head = f"{{code-block}} {language}\n{option}\n" if option else language or "text"
        return f"{found['fence']}{head}\n{found['text']}{found['fence']}"

    return FENCE.sub(block, BEFORE.sub("", text))


class Book:
    """The pages of a repository, and what else of it they show."""

    def __init__(self, root: Path) -> None:
        self.root = root.resolve()
        self.front = self.root / "README.md"
        self.index = self.root / "docs" / "index.md"
        self.pages = sorted([*self.root.glob("*.md"), *(self.root / "docs").glob("*.md")])
        self.linked: set[Path] = set()

    def sources(self) -> Iterator[tuple[str, str]]:
        """The name and the text of every page of the site."""
        for page in self.pages:
            text = self._with_links(page, page.read_text("utf-8"))
            yield self._name_of(page), shown(text + (self._navigation() if page == self.front else ""))
        yield from ((self._page_of(path), self._listing(path)) for path in sorted(self.linked))

    def _navigation(self) -> str:
        sections = navigation(self.index.read_text("utf-8"))
        return toctrees([*sections[:-1], Section(sections[-1].title, [*sections[-1].pages, CONTENTS])])

    def _name_of(self, page: Path) -> str:
        """What a page is called on the site, whose front page is the README."""
        return {self.front: "index.md", self.index: f"{CONTENTS}.md"}.get(page, page.name)

    def _with_links(self, page: Path, text: str) -> str:
        """The text with links to where things are on the site; blocks stay as they are."""
        pieces, end = [], 0
        for block in FENCE.finditer(text):
            pieces += [self._linked(page, text[end : block.start()]), block[0]]
            end = block.end()
        return "".join([*pieces, self._linked(page, text[end:])])

    def _linked(self, page: Path, text: str) -> str:
        return LINK.sub(lambda found: self._place((page.parent / found["path"]).resolve()), indexed(text))

    def _place(self, target: Path) -> str:
        """Where a file of the repository is on the site."""
        if target in self.pages:
            return self._name_of(target)
        if target.is_relative_to(self.root / "docs"):
            return str(target.relative_to(self.root / "docs"))
        self.linked.add(target)
        return self._page_of(target)

    def _page_of(self, target: Path) -> str:
        return "source-" + "-".join(target.relative_to(self.root).parts).replace(".", "-") + ".md"

    def _listing(self, target: Path) -> str:
        """A page that shows a file, or all files of a folder that are text and belong to the repository."""
        below = sorted(target.rglob("*")) if target.is_dir() else [target]
        files = [path for path in below if path.is_file() and path.suffix in TEXT and not _is_made(path, self.root)]
        name = target.relative_to(self.root)
        blocks = (f"## `{path.relative_to(self.root)}`\n\n{_block(path)}" for path in files)
        return f"---\norphan: true\n---\n# `{name}`\n\n" + "\n".join(blocks)


def _is_made(path: Path, root: Path) -> bool:
    """Whether a file is left behind by running things."""
    parts = path.relative_to(root).parts
    return any(part.startswith((".", "__pycache__")) or part in {"data", "logs"} for part in parts)


def _block(path: Path) -> str:
    language = {".py": "python", ".yml": "yaml", ".md": "text", ".sh": "sh", ".txt": "text", "": "text"}
    text = path.read_text("utf-8")
    return f"````{language.get(path.suffix, path.suffix[1:])}\n{text.rstrip()}\n````\n"
