"""What a query asks for, checked and made ready for every kind of store."""

from __future__ import annotations

from typing import Any, NamedTuple

from pymacaron.exceptions import ItemRefusedError

from .cursors import read_cursor, write_cursor
from .ranges import EVERYTHING, Range
from .tables import NUMBER, Attribute, Table
from .values import exact, key_value
from .writes import Item

_MOST = 1_000_000  # items of a page


class Search(NamedTuple):
    """A query.

    Attributes:
        index_name: that of the index; None: the table itself.
        attributes: that say where a page ends: those of the index, then of the key.
        partition: the value of the first of them; None for a scan.
        range: the canonical values of the sort key; None if there is no item in it.
        after: the attributes of the last item of the page before.
    """

    table: Table
    index_name: str | None
    attributes: list[Attribute]
    partition: Any
    range: Range | None
    descending: bool
    limit: int | None
    after: dict[str, Any] | None

    def has(self, item: Item) -> bool:
        """Is an item in an open range, and not at its end? DynamoDB has ranges with both ends only."""
        sort, range_ = self.table.index_of(self.index_name).sort, self.range
        if sort is None or range_ is None:
            return True
        out = ([] if range_.low_included else [range_.low]) + ([] if range_.high_included else [range_.high])
        return item[sort.name] not in out

    def cursor(self, last: Item) -> str:
        return write_cursor(
            _identity(self.table, self.index_name, self.partition, self.descending), self.attributes, last
        )


def search(
    table: Table, partition: Any, sort: Range | None, *, index: str | None = None, descending: bool = False,
    limit: int | None, cursor: str | None,
) -> Search:  # fmt: skip
    """A query, checked; a scan, if `sort` is None.

    Raises:
        ItemRefusedError: a value that cannot be in a key, a limit below 1, a cursor of something else.
    """
    if limit is not None and (type(limit) is not int or not 1 <= limit <= _MOST):
        raise ItemRefusedError(f"the limit of a page is a whole number from 1 to {_MOST}")
    found = table.index_of(index)
    attributes = list(dict.fromkeys(
        one for one in ((found.partition, found.sort) if index else ()) if one is not None
    ))  # fmt: skip
    attributes += [one for one in table.key if one not in attributes]
    if sort is not None:
        partition = key_value(found.partition, partition)
    identity = _identity(table, index, partition, descending)
    range_ = _range(found.sort, sort or EVERYTHING)
    after = None if cursor is None else read_cursor(identity, attributes, cursor)
    if after is not None and sort is not None and after[found.partition.name] != partition:
        raise ItemRefusedError(
            "the cursor does not belong to this query; pass the cursor of the previous page unchanged"
        )
    return Search(table, index, attributes, partition, range_, descending, limit, after)


def _identity(table: Table, index: str | None, partition: Any, descending: bool) -> list[Any]:
    return [table.name, index, partition is None, descending]


def _range(attribute: Attribute | None, range_: Range) -> Range | None:
    ends = (range_.low, range_.high, range_.prefix)
    if all(end is None for end in ends):
        return range_
    if attribute is None:
        raise ItemRefusedError("there is no sort key to have a range of")
    if range_.prefix is not None and attribute.kind == NUMBER:
        raise ItemRefusedError(f"{attribute.name}: numbers do not begin with anything; use between")
    if range_.prefix in {"", b""}:
        return Range()
    low, high, prefix = (None if end is None else key_value(attribute, end, 1) for end in ends)
    if low is not None and high is not None and _is_empty(range_, low, high):
        return None
    return range_._replace(low=low, high=high, prefix=prefix)


def _is_empty(range_: Range, low: Any, high: Any) -> bool:
    if not isinstance(low, (str, bytes)):
        low, high = exact(low), exact(high)
    return bool(low > high or (low == high and not (range_.low_included and range_.high_included)))
