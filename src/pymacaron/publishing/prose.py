"""Descriptions, which are CommonMark: what people use of it, as HTML. The rest of it is shown as it is written."""

from __future__ import annotations

import re
from collections.abc import Iterator

from .markup import Markup, joined, tag

_INLINE = re.compile(
    r"(?P<ticks>`+)(?P<code>.{1,2000}?)(?P=ticks)"
    r"|\*\*(?P<strong>\S.{0,1000}?)\*\*"
    r"|(?<![\w*])[*_](?P<em>[^\s*_][^*_]{0,1000}?)[*_](?![\w*])"
    r"|!?\[(?P<text>[^\]\n]{1,500})\]\((?P<to>[^)\s]{1,2000})(?:\s[^)]{0,200})?\)"
    r"|<(?P<url>https?://[^>\s]{1,2000})>",
    re.DOTALL,
)
_LINK = re.compile(r"https?://|mailto:", re.IGNORECASE)  # no scripts; what is relative is elsewhere
_ITEM = re.compile(r" {0,3}(?:[-*+]|(?P<number>\d{1,9})[.)])\s+(?P<text>.*)")
_HEADING = re.compile(r"#{1,6}\s+(?P<text>.*?)\s*#*$")
_FENCE = re.compile(r"\s{0,3}(?:```|~~~)")


def prose(text: object) -> Markup | None:
    """A description; None if there is none."""
    if not isinstance(text, str) or not text.strip():
        return None
    return tag("div", list(_blocks(text.strip().splitlines())), class_="prose")


def inline(text: str) -> Markup:
    """A line of it: code, emphasis, links."""
    parts: list[str] = []
    position = 0
    for found in _INLINE.finditer(text):
        parts += [text[position : found.start()], _span(found)]
        position = found.end()
    return joined(*parts, text[position:])


def _span(found: re.Match[str]) -> Markup:
    if found["code"] is not None:
        return tag("code", found["code"].strip())
    if found["strong"] is not None:
        return tag("strong", inline(found["strong"]))
    if found["em"] is not None:
        return tag("em", inline(found["em"]))
    text, target = (found["text"], found["to"]) if found["url"] is None else (found["url"], found["url"])
    is_link = _LINK.match(target) is not None
    return tag("a", text, href=target, rel="noreferrer") if is_link else tag("span", text)


def _blocks(lines: list[str]) -> Iterator[Markup]:
    """Code between fences, headings, lists, and paragraphs."""
    at = 0
    while at < len(lines):
        heading = _HEADING.match(lines[at])
        if not lines[at].strip():
            at += 1
        elif _FENCE.match(lines[at]):
            end = next((i for i in range(at + 1, len(lines)) if _FENCE.match(lines[i])), len(lines))
            yield tag("pre", tag("code", "\n".join(lines[at + 1 : end])))
            at = end + 1
        elif heading:
            yield tag("p", tag("strong", inline(heading["text"])))
            at += 1
        else:
            end = _end(lines, at)
            yield _listed(lines[at:end]) if _ITEM.match(lines[at]) else tag("p", inline("\n".join(lines[at:end])))
            at = end


def _end(lines: list[str], start: int) -> int:
    """Where the list or paragraph ends that starts there."""
    is_list = _ITEM.match(lines[start]) is not None
    for at in range(start + 1, len(lines)):
        line = lines[at]
        if not line.strip() or _FENCE.match(line) or _HEADING.match(line) or (_ITEM.match(line) and not is_list):
            return at
    return len(lines)


def _listed(lines: list[str]) -> Markup:
    first = _ITEM.match(lines[0])
    items: list[str] = []
    for line in lines:
        found = _ITEM.match(line)
        if found:
            items.append(found["text"])
        else:
            items[-1] += " " + line.strip()
    is_numbered = first is not None and first["number"] is not None
    return tag("ol" if is_numbered else "ul", [tag("li", inline(item)) for item in items])
