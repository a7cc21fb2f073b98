"""Models that are kept in the store."""

from __future__ import annotations

import math
import time
from collections.abc import Callable, Iterable, Mapping
from datetime import datetime
from random import uniform
from typing import Any, ClassVar, TypeVar

from pymacaron.exceptions import ConditionFailedError, TableMissingError
from pymacaron.structs import find_model, models_having

from .keeping import Keeping, Kept, setting
from .opening import get_store
from .ranges import EVERYTHING
from .store import Page, Store
from .tables import EXPIRES, VERSION
from .writes import ABSENT, ALWAYS, PRESENT, Put, When, Write

T = TypeVar("T")
_PATIENCE = 30.0  # seconds that update_in_db tries again while others change the same item
_UNKNOWN = -1  # a version that no item has
_keeping: dict[type, Keeping] = {}


class PersistentModel:
    """The base class of models that are kept in the store: `x-persist: shop.db.PersistentUser` in the document, and

        class PersistentUser(PersistentModel):
            api_name, model_name, table_name, primary_key = "shop", "User", "users", "id"

    Attributes:
        api_name, model_name: the model, for calls of methods of this class itself.
        table_name: the table of its items.
        primary_key: the property that identifies an item.
        sort_key: a second property, which orders the items with the same first.
        indexes: by name: the property to find items by, and the one to order them by, if any.
        expire_in: how many seconds items live after each save; None for ever.
        optimistic: whether a save fails if somebody else has written the item since it was loaded.
    """

    api_name: ClassVar[str | None] = None
    model_name: ClassVar[str | None] = None
    table_name: ClassVar[str]
    primary_key: ClassVar[str]
    sort_key: ClassVar[str | None] = None
    indexes: ClassVar[Mapping[str, str | tuple[str, ...]]] = {}
    expire_in: ClassVar[float | None] = None
    optimistic: ClassVar[bool] = False

    @classmethod
    def load_from_db(cls, *key: Any) -> Any:
        """Load the model with this key, as it was last saved.

        Raises:
            ItemNotFound: there is none.
        """
        keeping = keeping_of(cls)
        item = _with_table(keeping, lambda store: store.get(keeping.table, *keeping.key(key)))
        if item is None:
            raise keeping.not_found()
        return keeping.loaded(item)

    @classmethod
    def load_many_from_db(cls, keys: Iterable[Any]) -> list[Any]:
        """Load models, in the order of their keys; None for each that does not exist. A key of two parts is a tuple."""
        keeping = keeping_of(cls)
        wanted = [keeping.key(key if isinstance(key, tuple) else (key,)) for key in keys]
        items = _with_table(keeping, lambda store: store.get_many(keeping.table, wanted))
        return [None if item is None else keeping.loaded(item) for item in items]

    def save_to_db(
        self, *, if_absent: bool = False, if_unchanged: bool | None = None, if_equal: Mapping[str, Any] | None = None,
        expire_in: float | None = None, expire_at: datetime | float | None = None,
    ) -> Any:  # fmt: skip
        """Write the whole model, and return it.

        Args:
            if_absent: only if there is no item with its key.
            if_unchanged: only if nobody has written the item since it was loaded or saved. Default: `optimistic`.
            if_equal: only if the item in the store has these values.
            expire_in, expire_at: when the item expires: in so many seconds, or at this time.

        Raises:
            ConditionFailedError: a condition does not hold, and nothing was written.
            ItemTooLargeError: the item has more than 400 KiB.
            ItemRefusedError: the key is missing, or cannot be a key.
        """
        keeping, kept = keeping_of(type(self)), _kept(self)
        item = keeping.item(self, kept)
        end = _end(expire_in if expire_in is not None else setting(type(self), "expire_in"), expire_at)
        if end is None and kept is not None:
            end = kept.expires
        when = self._when(if_unchanged) if not if_absent else ABSENT
        when = when._replace(equal=keeping.values(if_equal)) if if_equal else when
        written = _with_table(keeping, lambda store: store.put(keeping.table, item, when=when, expires=end))
        unknown, raw = (kept.unknown, kept.raw) if kept is not None else ({}, {})
        self.__kept__: Kept | None = Kept(written[VERSION], written.get(EXPIRES), unknown, raw)
        return self

    @classmethod
    def save_many_to_db(cls, models: Iterable[Any]) -> None:
        """Write models without conditions. Each of them succeeds or fails on its own."""
        keeping, end = keeping_of(cls), _end(setting(cls, "expire_in"), None)
        items = [keeping.item(model, _kept(model)) for model in models]
        if end is not None:
            items = [{**item, EXPIRES: int(end) + 1} for item in items]
        _with_table(keeping, lambda store: store.put_many(keeping.table, items))

    def delete_from_db(self, *, if_unchanged: bool | None = None) -> None:
        """Delete the item from the store. It is no error if it does not exist.

        Raises:
            ConditionFailedError: with `if_unchanged`, if the item was changed or deleted.
        """
        keeping = keeping_of(type(self))
        key = [self[attribute.name] for attribute in keeping.table.key]  # type: ignore[index]  # models have that
        when = self._when(if_unchanged)
        _with_table(keeping, lambda store: store.delete(keeping.table, *keeping.key(key), when=when))
        self.__kept__ = None

    @classmethod
    def delete_many_from_db(cls, keys: Iterable[Any]) -> None:
        """Delete the items with these keys. A key of two parts is a tuple."""
        keeping = keeping_of(cls)
        gone = [keeping.key(key if isinstance(key, tuple) else (key,)) for key in keys]
        _with_table(keeping, lambda store: store.delete_many(keeping.table, gone))

    @classmethod
    def query_db(
        cls, value: Any, sort: Any = EVERYTHING, *, index: str | None = None, descending: bool = False,
        limit: int | None = None, cursor: str | None = None,
    ) -> Page[Any]:  # fmt: skip
        """Find the models whose primary key, or first property of an index, is `value`, ordered by the second property.

        Args:
            sort: the value of the second property, or a range: `at_least(5)`, `begins_with("a")`, ...
            limit: the maximum number of models; None for all.
            cursor: the `page.cursor` of the previous page, which is None on the last page.
        """
        keeping = keeping_of(cls)
        table = keeping.table
        wanted = keeping.value(table.index_of(index).partition.name, value)
        range_ = keeping.range(index, sort)
        page = _with_table(keeping, lambda store: store.query(
            table, wanted, range_, index=index, descending=descending, limit=limit, cursor=cursor
        ))  # fmt: skip
        return Page(map(keeping.loaded, page), page.cursor)

    @classmethod
    def scan_db(cls, *, limit: int | None = None, cursor: str | None = None) -> Page[Any]:
        """All models of the table, in any order. Use it for small tables, and for jobs."""
        keeping = keeping_of(cls)
        page = _with_table(keeping, lambda store: store.scan(keeping.table, limit=limit, cursor=cursor))
        return Page(map(keeping.loaded, page), page.cursor)

    @classmethod
    def update_in_db(
        cls, *key: Any, change: Callable[[Any], object] | None = None, set: Mapping[str, Any] | None = None,  # noqa: A002 - likewise
        remove: Iterable[str] = (), add: Mapping[str, Any] | None = None, if_equal: Mapping[str, Any] | None = None,
    ) -> Any:  # fmt: skip
        """Change the model with this key in the store, and return the changed model.

        Args:
            change: a function that changes the model it gets. It is called again if somebody else saved in between.
            set: properties and their new values.
            remove: properties to remove.
            add: numbers to add to properties.
            if_equal: only if the model has these values.

        Raises:
            ItemNotFound: there is none.
            ConditionFailedError: it has other values, or others keep changing it.
        """
        keeping = keeping_of(cls)
        if change is not None:
            return _changed(cls, key, change)
        when = PRESENT._replace(equal=keeping.values(if_equal or {}))
        values, amounts, gone = keeping.values(set or {}), keeping.values(add or {}), list(remove)
        try:
            item = _with_table(keeping, lambda store: store.update(
                keeping.table, *keeping.key(key), set=values, remove=gone, add=amounts, when=when
            ))  # fmt: skip
        except ConditionFailedError:
            if if_equal:
                cls.load_from_db(*key)
                raise
            raise keeping.not_found() from None
        return keeping.loaded(item)

    def _when(self, if_unchanged: bool | None) -> When:
        if not (setting(type(self), "optimistic") if if_unchanged is None else if_unchanged):
            return ALWAYS
        kept = _kept(self)
        return ABSENT if kept is None else When(version=kept.version)


def save_together(*models: Any, also: Iterable[Write] = ()) -> None:
    """Save models of any classes in one transaction: all of them, or none.

    A model that was loaded is saved only if nobody has written it since. A model that you created is saved only if it
    does not exist yet. Load the models again before you save them like this once more.

    Args:
        also: writes of items that belong to the transaction.

    Raises:
        ConditionFailedError: somebody else has written one of them; nothing was saved.
        ItemTooLargeError, ItemRefusedError: as for `save_to_db`.
    """
    store, puts, tables = get_store(), [], []
    for model in models:
        keeping, kept = keeping_of(type(model)), _kept(model)
        end = _end(setting(type(model), "expire_in"), None) or (kept.expires if kept is not None else None)
        item = keeping.item(model, kept) | ({} if end is None else {EXPIRES: math.ceil(end)})
        puts.append(Put(keeping.table, item, ABSENT if kept is None else When(version=kept.version)))
        tables.append(keeping.table)
    writes = [*puts, *also]
    try:
        store.transact(writes)
    except TableMissingError:
        if not store.makes_tables:
            raise
        for table in tables:
            store.create_table(table)
        store.transact(writes)
    for model in models:
        kept = _kept(model)
        unknown, raw = (kept.unknown, kept.raw) if kept is not None else ({}, {})
        model.__kept__ = Kept(_UNKNOWN, None, unknown, raw)


def _kept(model: Any) -> Kept | None:
    return getattr(model, "__kept__", None)


def _changed(cls: Any, key: tuple[Any, ...], change: Callable[[Any], object]) -> Any:
    until, attempt = time.monotonic() + _PATIENCE, 0
    while True:
        model = cls.load_from_db(*key)
        change(model)
        try:
            return model.save_to_db(if_unchanged=True)
        except ConditionFailedError:
            if time.monotonic() > until:
                raise
        attempt += 1
        time.sleep(uniform(0, min(0.1, 0.001 * 2**attempt)))  # noqa: S311 - nothing to be guessed


def _end(seconds: float | None, at: datetime | float | None) -> float | None:
    """When something ends, in seconds since 1970."""
    if at is not None:
        return at.timestamp() if isinstance(at, datetime) else at
    return None if seconds is None else time.time() + seconds


def keeping_of(cls: Any) -> Keeping:
    """How a model, or the model of a persistent class, is kept."""
    found = _keeping.get(cls)
    if found is None:
        model = cls if hasattr(cls, "__model__") else _model_of(cls)
        found = Keeping(model)
        if model is cls:
            _keeping[cls] = found
    return found


def _model_of(cls: type[PersistentModel]) -> Any:
    """The model of a persistent class, found by its names."""
    if cls.api_name is None or cls.model_name is None:
        raise TypeError(f"{cls.__name__} names no model: give it an api_name and a model_name, or ask the model itself")
    return find_model(cls.model_name, cls.api_name, None)


def _with_table(keeping: Keeping, use: Callable[[Store], T]) -> T:
    """What the store answers. A store in a file makes the table when it is first needed."""
    store = get_store()
    try:
        return use(store)
    except TableMissingError:
        if not store.makes_tables:
            raise
    store.create_table(keeping.table)
    return use(store)


def create_tables() -> list[str]:
    """Create the tables and indexes of all models with `x-persist` in the loaded documents; returns their names."""
    store, names = get_store(), []
    for model in models_having("x-persist"):
        if issubclass(model, PersistentModel):
            keeping = keeping_of(model)
            store.create_table(keeping.table)
            names.append(keeping.table.name)
    return names
