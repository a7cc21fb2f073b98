"""The pages of the documentation as the tests read them: fenced blocks, what they are marked with, and what belongs
together.

| mark | the block |
|---|---|
| `python` | is a program; it runs in a fresh process and a fresh folder |
| `sh run` | is typed into a shell, in a fresh folder |
| `sh serve` | is typed into another terminal, and serves until the blocks that go on with it are done |
| `sh then`, `sh then serve` | goes on where the block of the shell above it ended: same folder, same variables |
| `sh not-run: reason` | cannot run in the tests |
| `yaml file=apis/shop.yaml` | is a file of the blocks below it |
| `python from=examples/shop/server.py` | stands in that file of the repository |
| `yaml settings` | is a piece of `pym-config.yaml` |
| `text output` | is what the block right above it prints; `…` stands for anything |
| `text picture` | is drawn with letters |

What readers have and tests have to make, such as a repository of git, stands in a comment above a block of the shell:
`<!-- before: git init -->`.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from itertools import pairwise
from pathlib import Path
from typing import NamedTuple

from book.pages import FENCE

ROOT = Path(__file__).parent.parent
PAGES = sorted([*ROOT.glob("*.md"), *(ROOT / "docs").rglob("*.md")])
_WITH_BEFORE = re.compile(rf"(?:^<!-- before:(?P<before>(?:(?!-->).)*)-->\n+)?{FENCE.pattern}", FENCE.flags)
_SHELLS = r"(?P<shell>(?:ba)?sh) (?:(?P<role>run|serve|then|then serve)|not-run: (?P<reason>\S.+))"
_FILES = r"(?P<language>\w+) (?:file=(?P<file>[\w./-]+)|from=(?P<source>[\w./-]+))"
TIMES = re.compile(r"^ *\+\d+\.\d +\d+\.\d ms  ", re.MULTILINE)  # in a tree of calls
MARK = re.compile(rf"python|\w+ output|text picture|yaml settings|dockerfile not-run: \S.+|{_SHELLS}|{_FILES}")


class Block(NamedTuple):
    """A fenced block: the page and line it stands on, its mark, its text, the files above it, and what has to be done
    before it."""

    place: str
    mark: str
    text: str
    files: dict[str, str]
    before: str

    @property
    def page(self) -> str:
        return self.place.partition(":")[0]

    def marked(self, part: str) -> str:
        """A part of the mark, such as its `role`; empty if it has none, or is no mark."""
        found = MARK.fullmatch(self.mark)
        return (found[part] if found else "") or ""

    @property
    def is_output(self) -> bool:
        return self.mark.endswith(" output")

    @property
    def prints(self) -> bool:
        """Whether it runs to an end, so that what it prints can stand below it."""
        return self.mark == "python" or self.marked("role") in {"run", "then"}


def blocks_of(page: Path) -> Iterator[Block]:
    text = page.read_text("utf-8")
    files: dict[str, str] = {}
    for found in _WITH_BEFORE.finditer(text):
        line = text.count("\n", 0, found.start("text"))
        place = f"{page.relative_to(ROOT)}:{line + 1}"
        block = Block(place, found["info"].strip(), found["text"], dict(files), (found["before"] or "").strip())
        yield block
        if block.marked("file"):
            files[block.marked("file")] = block.text


BLOCKS = [block for page in PAGES for block in blocks_of(page)]
OUTPUTS = {above.place: block.text for above, block in pairwise(BLOCKS) if block.is_output}


def chains() -> Iterator[list[Block]]:
    """The blocks of a shell that go on with each other, in their order."""
    chain: list[Block] = []
    for block in BLOCKS:
        role = block.marked("role")
        if role in {"run", "serve"} or (chain and block.page != chain[0].page):
            yield from [chain] if chain else []
            chain = []
        if role:
            chain.append(block)
    yield from [chain] if chain else []


def is_as_shown(shown: str, printed: str) -> bool:
    """Whether a block prints what its page shows, if it shows something. What a service logs is not looked at, unless
    the page shows it: that is in its own terminal; nor are the times in a tree of calls."""
    shown, printed = TIMES.sub("", shown), TIMES.sub("", printed)
    logged = shown.startswith('{"time":')
    told = "".join(line for line in printed.splitlines(keepends=True) if logged or not line.startswith('{"time":'))
    return not shown or re.fullmatch(re.escape(shown.strip()).replace("…", ".*"), told.strip()) is not None
