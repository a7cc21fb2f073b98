"""Where items are kept: one Protocol, in a file of SQLite or in DynamoDB, and models that know how to be kept.

store.py       what every store does
tables.py      tables, keys, indexes
writes.py      writes as values, and their conditions; changes.py: what they make of an item
ranges.py      parts of the sort keys; searching.py, cursors.py: queries, page by page
values.py      the values that are kept; escapes.py: those that a store cannot write
sqlite/        the store in a file
dynamodb/      the store in DynamoDB
deadlines.py   when a store stops, whoever asks
opening.py     which one it is, as the configuration says
"""

from __future__ import annotations

from .opening import get_store, open_store, set_store
from .persistent import PersistentModel, create_tables, save_together
from .ranges import Range, at_least, at_most, begins_with, between, equal_to, less_than, more_than
from .store import Page, Store
from .tables import BYTES, NUMBER, TEXT, Attribute, Index, Table
from .writes import ABSENT, ALWAYS, PRESENT, Check, Delete, Item, Key, Put, Update, When, Write, unchanged

__all__ = [
    "ABSENT",
    "ALWAYS",
    "BYTES",
    "NUMBER",
    "PRESENT",
    "TEXT",
    "Attribute",
    "Check",
    "Delete",
    "Index",
    "Item",
    "Key",
    "Page",
    "PersistentModel",
    "Put",
    "Range",
    "Store",
    "Table",
    "Update",
    "When",
    "Write",
    "at_least",
    "at_most",
    "begins_with",
    "between",
    "create_tables",
    "equal_to",
    "get_store",
    "less_than",
    "more_than",
    "open_store",
    "save_together",
    "set_store",
    "unchanged",
]
