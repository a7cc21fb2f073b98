"""`make docs`: the pages become a site in `site/` that needs no server and asks nobody else for anything."""

from __future__ import annotations

import re
import shutil
import sys
import tempfile
import time
from pathlib import Path

from sphinx.cmd.build import build_main

from book.pages import Book
from book.reference import commands, filled, kinds

ROOT = Path(__file__).resolve().parent.parent
SITE = ROOT / "site"
# what a browser fetches by itself; a link is followed by people
FETCHED = re.compile(r"""<(?:script|img|iframe|source|link)\b[^>]*?(?:src|href)=["'](?P<url>(?:https?:)?//[^"']+)""")
FETCHED_BY_STYLE = re.compile(r"""(?:url\(|@import)\s*["']?(?P<url>(?:https?:)?//[^"')]+)""")


def write_sources(folder: Path) -> None:
    """The pages, their pictures and Sphinx's settings, in one folder."""
    shutil.copytree(ROOT / "docs", folder, dirs_exist_ok=True, ignore=shutil.ignore_patterns("*.md"))
    shutil.copytree(ROOT / "book" / "static", folder / "static")
    shutil.copy(ROOT / "book" / "conf.py", folder)
    made = {"api.md": filled, "cli.md": commands, "diff.md": kinds}
    for name, text in Book(ROOT).sources():
        (folder / name).write_text(made.get(name, str)(text), "utf-8")


def foreign(site: Path) -> list[str]:
    """What pages or their styles would fetch from other hosts."""
    pages = ((path, FETCHED) for path in site.rglob("*.html"))
    styles = ((path, FETCHED_BY_STYLE) for path in site.rglob("*.css"))
    found = ((path, pattern.findall(path.read_text("utf-8"))) for path, pattern in [*pages, *styles])
    return sorted({f"{path.relative_to(site)}: {url}" for path, urls in found for url in urls})


def main() -> int:
    """Build it anew; the exit code is 1 if there was a warning, or something would be fetched from elsewhere."""
    began = time.monotonic()
    with tempfile.TemporaryDirectory() as folder:
        source, made = Path(folder, "docs"), Path(folder, "site")
        write_sources(source)
        options = ["-W", "--keep-going", "-q", "-b", "html", "-d", f"{folder}/read"]
        failed = build_main([*options, str(source), str(made)])
        for line in foreign(made):
            failed = 1
            print(f"fetched from another host: {line}", file=sys.stderr)
        if not failed:
            shutil.rmtree(SITE, ignore_errors=True)
            shutil.copytree(made, SITE)
            print(f"{SITE.name}/index.html: {len(list(SITE.glob('*.html')))} pages in {time.monotonic() - began:.0f} s")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
