"""Contract coverage, told on a terminal."""

from __future__ import annotations

from collections.abc import Iterator

from .items import ANY, CODE, KINDS, OPERATION, Item
from .ledger import Coverage, percent

NAMES = dict(zip(KINDS, ("operations", "statuses", "media types", "parameters", "error codes"), strict=True))
_LISTED = 30  # operations with something that no test has touched


def lines(coverage: Coverage) -> Iterator[str]:
    """What was touched, in figures, and by operation what was not."""
    if not coverage.declared:
        yield "no document was met: no test has asked the service anything"
        return
    for kind in KINDS:
        declared = coverage.of(kind)
        if declared:
            yield _figures(NAMES[kind], sum(item in coverage.touched for item in declared), len(declared))
    yield _figures("together", len(coverage.touched), len(coverage.declared))
    rest = [(title, untouched(coverage, api, title)) for api, title in operations(coverage)]
    rest = [(title, items) for title, items in rest if items]
    if rest:
        yield ""
        yield "not touched:"
    for title, items in rest[:_LISTED]:
        yield f"  {title}: {told(items)}"
    if len(rest) > _LISTED:
        yield f"  and something of {len(rest) - _LISTED} more operations"
    codes = unlisted(coverage)
    if codes:
        yield ""
        yield "error codes that were seen, and that no document lists:"
        yield from (
            f"  {code}: {', '.join(titles[:3])}{' and more' * (len(titles) > 3)}" for code, titles in codes.items()
        )


def _figures(name: str, part: int, whole: int) -> str:
    return f"{name:12} {part:5} of {whole:<5} {whole_percent(part, whole):3} %"


def whole_percent(part: int, whole: int) -> int:
    """Rounded down: 100 means all."""
    return int(percent(part, whole))


def operations(coverage: Coverage) -> list[tuple[str, str]]:
    """All of them, as (API, title); of an API with codes that operations share, ANY is the last one."""
    found = list(dict.fromkeys((item.api, item.operation) for item in coverage.declared))
    return sorted(found, key=lambda one: (one[0], one[1] == ANY))


def untouched(coverage: Coverage, api: str, operation: str) -> list[Item]:
    return [item for item in coverage.of(api=api, operation=operation) if item not in coverage.touched]


def unlisted(coverage: Coverage) -> dict[str, list[str]]:
    """The error codes that were seen and are not declared, with their statuses, each with its operations."""
    found: dict[str, list[str]] = {}
    for item in coverage.surplus:
        found.setdefault(item.name, []).append(item.operation)
    return dict(sorted(found.items()))


def told(items: list[Item]) -> str:
    """Untouched items of an operation, in a few words."""
    if any(item.kind == OPERATION for item in items):
        return "nothing of it"
    names: dict[str, list[str]] = {}
    for item in items:
        names.setdefault(item.kind, []).append(item.name)
    return "; ".join(f"{_HEADS[kind]} {', '.join(found)}" for kind, found in names.items())


_HEADS = {**dict(zip(KINDS, KINDS, strict=True)), CODE: "error", "type": "type of"}


def shortfall(coverage: Coverage, least: float | None) -> str | None:
    """What is to be said where less is touched than there has to be."""
    if least is None or coverage.percent >= least:
        return None
    return f"the tests touch {coverage.percent:.1f} % of the documents, less than the {least:g} % that are required"
