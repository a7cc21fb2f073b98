"""Contract coverage as one page for people. It loads nothing."""

from __future__ import annotations

from pymacaron.publishing.alone import page
from pymacaron.publishing.markup import Child, Markup, tag

from .items import CODE, KINDS, OPERATION, PARAMETER, STATUS, TYPE, Item
from .ledger import Coverage
from .report import NAMES, operations, unlisted, untouched, whole_percent

_HEADS = {STATUS: "Statuses", TYPE: "Media types", PARAMETER: "Parameters", CODE: "Error codes"}


def page_of(coverage: Coverage) -> bytes:
    """The page: figures, then every operation with what tests have touched of it and what they have not."""
    apis = list(dict.fromkeys(item.api for item in coverage.declared))
    parts: list[Child] = [
        tag("style", Markup(_STYLE)),
        tag("h1", "Contract coverage"),
        tag("p", "What the acceptance tests have touched of the documents: ", ", ".join(apis) or "none", ".",
            class_="dim"),
        _summary(coverage),
        _switch(),
    ]  # fmt: skip
    for api in apis:
        parts.append(tag("h2", api))
        parts += [_operation(coverage, one, title) for one, title in operations(coverage) if one == api]
    codes = unlisted(coverage)
    if codes:
        rows = [tag("tr", tag("td", tag("code", code)), tag("td", ", ".join(titles))) for code, titles in codes.items()]
        parts += [tag("h2", "Error codes that were seen, and that no document lists"), tag("table", rows)]
    return page("Contract coverage", *parts)


def _summary(coverage: Coverage) -> Markup:
    rows = [_row("All", len(coverage.touched), len(coverage.declared), "all")]
    for kind in KINDS:
        declared = coverage.of(kind)
        if declared:
            rows.append(_row(NAMES[kind].capitalize(), _count(coverage, declared), len(declared)))
    return tag("div", tag("table", tag("tbody", rows)), class_="scroll figures")


def _row(name: str, part: int, whole: int, kind: str | None = None) -> Markup:
    return tag(
        "tr", tag("th", name, scope="row"), tag("td", _bar(part, whole)),
        tag("td", f"{whole_percent(part, whole)} %", class_="figure"),
        tag("td", f"{part} of {whole}", class_="figure dim"), class_=kind,
    )  # fmt: skip


def _bar(part: int, whole: int) -> Markup:
    share = whole_percent(part, whole)
    return tag(
        "span", tag("span", style=f"width:{share}%"), class_="bar", role="img", **{"aria-label": f"{share} percent"}
    )


def _count(coverage: Coverage, items: list[Item]) -> int:
    return sum(item in coverage.touched for item in items)


def _switch() -> Markup:
    box = Markup('<input type="checkbox" id="rest">')
    return tag("p", tag("label", box, " only what no test has touched"), class_="switch")


def _operation(coverage: Coverage, api: str, title: str) -> Markup:
    items = coverage.of(api=api, operation=title)
    rest = untouched(coverage, api, title)
    part, whole = len(items) - len(rest), len(items)
    method, _, path = title.partition(" ")
    summary = tag(
        "summary",
        tag("span", method, class_=f"method {method.lower()}"),
        tag("code", path),
        tag("span", _bar(part, whole), tag("span", f"{part} of {whole}"), class_="dim share"),
    )
    groups = [_group(coverage, kind, [item for item in items if item.kind == kind]) for kind in KINDS]
    body = tag("div", *groups)
    is_asked = part > 0
    return tag("details", summary, body, class_="" if rest else "whole", open=bool(rest) and is_asked)


def _group(coverage: Coverage, kind: str, items: list[Item]) -> Markup | None:
    if kind == OPERATION:
        is_missed = any(item not in coverage.touched for item in items)
        return tag("p", "No test has called it.", class_="none") if is_missed else None
    if not items:
        return None
    chips = [_chip(coverage, item) for item in items]
    done = all(item in coverage.touched for item in items)
    return tag("div", tag("h3", _HEADS[kind]), tag("ul", chips, class_="chips"), class_="whole" if done else None)


def _chip(coverage: Coverage, item: Item) -> Markup:
    by = coverage.touched.get(item)
    if by is None:
        return tag("li", "✗ ", item.name, class_="missed", title="no test has touched it")
    return tag("li", "✓ ", item.name, class_="touched", title=f"touched by {by}" if by else None)


_STYLE = """
:root { --good: #1a7f4b; --bad: #b3261e; --good-soft: #e6f4ec; --bad-soft: #fbeae9 }
@media (prefers-color-scheme: dark) {
  :root { --good: #6fd19b; --bad: #ff9d94; --good-soft: #16281e; --bad-soft: #331a18 }
}
.bar { display: inline-block; width: 12rem; max-width: 30vw; height: .6rem; border-radius: .3rem;
  background: var(--bad-soft); border: 1px solid var(--line); overflow: hidden; vertical-align: middle }
.bar > span { display: block; height: 100%; background: var(--good) }
tbody th { font-size: .94rem; color: inherit; font-weight: 400; white-space: nowrap }
.figures table { width: auto }
.figures tr:last-child th { border-bottom: 0 }
tr.all th, tr.all td { font-weight: 700 }
.figure { font-variant-numeric: tabular-nums; text-align: right; white-space: nowrap }
.share { margin-left: auto; white-space: nowrap; font-size: .85rem }
.share .bar { width: 6rem }
.switch { margin: 1.5rem 0 0 }
.share > span:last-child { display: inline-block; min-width: 4.5rem; text-align: right; white-space: nowrap }
@media (max-width: 30rem) { .figures .bar { width: 20vw } .figures td, .figures th { padding-right: .4rem } }
.chips { list-style: none; display: flex; flex-wrap: wrap; gap: .35rem; padding: 0; margin: .2rem 0 .6rem }
.chips li { font: .85rem ui-monospace, monospace; padding: .1rem .5rem; border-radius: .3rem;
  border: 1px solid; overflow-wrap: anywhere }
.touched { color: var(--good); background: var(--good-soft) }
.missed, .none { color: var(--bad) }
.missed { background: var(--bad-soft); border-style: dashed !important }
body:has(#rest:checked) .whole, body:has(#rest:checked) .touched { display: none }
""".strip()
