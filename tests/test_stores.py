"""What every store does alike: each law is held against a file of SQLite and against DynamoDB."""

from __future__ import annotations

import math
import pickle
import re
import threading
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
import store_kinds
from cures import same
from hypothesis import given, settings
from hypothesis import strategies as st
from store_kinds import BLOBS, KINDS, MISSING, ORDERS, PAGES, USERS, clock, new

from pymacaron import stores
from pymacaron.config import Secret
from pymacaron.config.kinds import STORE
from pymacaron.exceptions import (
    ConditionFailedError,
    ItemRefusedError,
    ItemTooLargeError,
    PyMacaronException,
    TableMissingError,
)
from pymacaron.stores import (
    ABSENT,
    PRESENT,
    Attribute,
    Check,
    Delete,
    Index,
    Put,
    Range,
    Store,
    Table,
    Update,
    When,
    Write,
    at_least,
    at_most,
    begins_with,
    between,
    equal_to,
    less_than,
    more_than,
    open_store,
    unchanged,
)
from pymacaron.stores.values import exact, is_number, is_same


@pytest.fixture(scope="module", params=KINDS)
def store(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Store]:
    yield from getattr(store_kinds, request.param)(tmp_path_factory.mktemp("store"))


@pytest.fixture(autouse=True)
def _present() -> Iterator[None]:
    yield
    clock.ahead = 0.0


def test_each_kind_can_be_named_and_is_held() -> None:
    """The setting `store` takes the URL of each kind that there is, which opens it; and this suite holds it."""
    room = Path(stores.__file__).parent
    kinds = {door.parent.name for door in room.glob("*/__init__.py")}
    urls = [STORE.read(url) for url in re.findall(r"\w+://\S+", STORE.words)]
    opened = {type(open_store(url)).__module__.split(".")[2] for url in urls}
    same("STORE in src/pymacaron/config/kinds.py, or open_store in stores/opening.py", opened, kinds, "add its scheme")
    text = Path(store_kinds.__file__).read_text("utf-8")
    held = {kind for kind in kinds if f"from pymacaron.stores.{kind} import" in text}
    same("tests/store_kinds.py", held, kinds, "make one as the others there are made, and list it in KINDS")


def plain(item: dict[str, Any] | None) -> dict[str, Any]:
    """An item without what the store adds."""
    assert item is not None
    return {name: value for name, value in item.items() if name not in {"_version", "_expires"}}


def user(**more: Any) -> dict[str, Any]:
    return {"id": new("user"), **more}


# Values


SURE: list[Any] = [
    None, True, False, 0, 1, -1, 2**31, 2**53 + 1, 2**63, -(2**64), 10**37 + 1, 0.1, -1.5, 1e-7, 5e-130, "", "a",
    "Ümläut ☃ 🎉",
    "\x00\x1f", b"", b"\x00\xff", [], {}, [None, [], {}], {"": 1, "a.b": {"c#": [1]}}, {"a"}, {1, 2.5}, {b"x", b"y"},
]  # fmt: skip
ODD: list[Any] = [
    10**38 + 1, 10**200, -(10**126), 1e300, -1e-300, 5e-324, 1.7976931348623157e308,
    Decimal("0.1234567890123456789012345678901234567"),
    Decimal("1e-300"), Decimal(10) ** 40 + Decimal("0.5"), set(), {1, "a", None, b"c"}, {10**50}, {True},
    {"#bytes": "AA=="}, {"#number": "1"}, {"##set": []}, {"#": {"#x": {}}},
]  # fmt: skip


@pytest.mark.parametrize("value", [*SURE, *ODD], ids=range(len(SURE) + len(ODD)))  # sets have no order
def test_values(store: Store, value: Any) -> None:
    """Every value of JSON comes back as it was; so do bytes, sets and decimals, and numbers that DynamoDB has not."""
    item = user(value=value, held=[value], named={"x": value})
    store.put(USERS, item)
    found = store.get(USERS, item["id"])
    assert found is not None
    assert is_same(plain(found), item)


@pytest.mark.parametrize(
    ("given_", "back"),
    [
        (1.0, 1), (-0.0, 0), (1e15, 10**15), (Decimal("1.50"), 1.5), (Decimal("2.0"), 2), ((1, 2), [1, 2]),
        (bytearray(b"x"), b"x"), (frozenset({1}), {1}), (1e20, 10**20),
    ],
)  # fmt: skip
def test_one_form(store: Store, given_: Any, back: Any) -> None:
    """Values that mean the same come back in one form: whole numbers as int, others as float, sequences as lists."""
    item = user(value=given_)
    assert is_same(store.put(USERS, item)["value"], back)
    found = plain(store.get(USERS, item["id"]))["value"]
    assert is_same(found, back)
    assert type(found) is type(back)


NUMBERS = (
    st.integers()
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.decimals(allow_nan=False, allow_infinity=False)
)
TEXTS = st.text(st.characters(exclude_categories=["Cs"]), max_size=20)
SCALARS = st.none() | st.booleans() | NUMBERS | TEXTS | st.binary(max_size=20)
VALUES = st.recursive(
    SCALARS | st.sets(TEXTS | NUMBERS | st.binary(max_size=5), max_size=4),
    lambda held: (
        st.lists(held, max_size=4) | st.dictionaries(TEXTS | st.just("#set") | st.just("#number"), held, max_size=3)
    ),
    max_leaves=12,
)


def means_same(one: Any, other: Any) -> bool:
    """Numbers by what is written for them, sets in any order."""
    if is_number(one) and is_number(other):
        return exact(one) == exact(other)
    if isinstance(one, (set, frozenset)):
        return (
            isinstance(other, set) and len(one) == len(other) and all(any(means_same(a, b) for b in other) for a in one)
        )
    if isinstance(one, (list, tuple)):
        return isinstance(other, list) and len(one) == len(other) and all(map(means_same, one, other))
    if isinstance(one, dict):
        return one.keys() == other.keys() and all(means_same(one[name], other[name]) for name in one)
    return type(one) is type(other) and bool(one == other)


def test_any_values(store: Store) -> None:
    """Whatever is put into a store comes out of it with the same meaning, and the form of both does not change any
    more."""

    @settings(max_examples=100 if repr(store).startswith("<Sqlite") else 30)
    @given(st.dictionaries(TEXTS.filter(lambda name: name and not name.startswith("_")), VALUES, max_size=5))
    def law(values: dict[str, Any]) -> None:
        item = {**values, "id": new("any")}
        put = store.put(USERS, item)
        found = store.get(USERS, item["id"])
        assert found is not None
        assert means_same(item, plain(found))
        assert is_same(put, found)
        store.put(USERS, found)
        assert is_same(plain(store.get(USERS, item["id"])), plain(found))

    law()


def nested(levels: int) -> Any:
    return [nested(levels - 1)] if levels else 1


@pytest.mark.parametrize(
    "value",
    [
        float("nan"), float("inf"), Decimal("NaN"), "\ud800", {"\udfff": 1}, {1: 2}, nested(31), datetime(2026, 1, 1,
        tzinfo=UTC),
        object(),
        Secret("hush"), [Secret("hush")], {frozenset({1})}, 1j, 10**5000, [-(10**5000)], {10**5000},
    ],
    ids=lambda value: f"{type(value).__name__}",
)  # fmt: skip
def test_no_values(store: Store, value: Any) -> None:
    """What no store keeps is refused with its place, and never shown."""
    with pytest.raises(ItemRefusedError, match=r"^value") as caught:
        store.put(USERS, user(value=value))
    assert "hush" not in str(caught.value)


@pytest.mark.parametrize("end", [math.inf, math.nan, 1e30, -(10**20)])
def test_ends_that_never_come(store: Store, end: float) -> None:
    """An end that no clock reaches is refused."""
    with pytest.raises(ItemRefusedError, match=r"^_expires"):
        store.put(USERS, user(), expires=end)


def test_deep_values(store: Store) -> None:
    """Thirty levels are kept, of whatever."""
    item = user(value=nested(29), odd=[{"#x": [{"#x": 10**99}]}])
    store.put(USERS, item)
    assert is_same(plain(store.get(USERS, item["id"])), item)


def test_the_copy_is_ours(store: Store) -> None:
    """What is changed after it was put, or after it was read, changes nothing in the store."""
    item = user(tags=["a"])
    put = store.put(USERS, item)
    item["tags"].append("b")
    put["tags"].append("c")
    found = store.get(USERS, item["id"])
    assert found is not None
    assert found["tags"] == ["a"]
    found["tags"].append("d")
    assert plain(store.get(USERS, item["id"]))["tags"] == ["a"]


# Keys


def test_absent(store: Store) -> None:
    """What is not there reads None."""
    assert store.get(USERS, new()) is None
    assert store.get(ORDERS, new(), 1) is None


def test_get_put_delete(store: Store) -> None:
    """An item is there from when it is put until it is deleted; deleting it again is no matter."""
    item = user(a=1)
    store.put(USERS, item)
    assert plain(store.get(USERS, item["id"])) == item
    store.delete(USERS, item["id"])
    assert store.get(USERS, item["id"]) is None
    store.delete(USERS, item["id"])


def test_put_replaces(store: Store) -> None:
    """A put writes the whole item: attributes that it lacks are gone."""
    item = user(a=1, b=2)
    store.put(USERS, item)
    store.put(USERS, {"id": item["id"], "c": 3})
    assert plain(store.get(USERS, item["id"])) == {"id": item["id"], "c": 3}


def test_two_part_keys(store: Store) -> None:
    """With two key attributes both tell items apart."""
    name = new()
    for number in (1, 2.5, -3, 10**30):
        store.put(ORDERS, {"user": name, "number": number, "is": str(number)})
    assert plain(store.get(ORDERS, name, 2.5))["is"] == "2.5"
    assert plain(store.get(ORDERS, name, 10**30))["is"] == str(10**30)
    assert store.get(ORDERS, name, 2) is None


@pytest.mark.parametrize("same", [1, 1.0, Decimal("1.00")])
def test_number_keys_by_value(store: Store, same: Any) -> None:
    """A key that is a number is that number, however it is written."""
    name = new()
    store.put(ORDERS, {"user": name, "number": 1})
    assert store.get(ORDERS, name, same) is not None


def test_byte_keys(store: Store) -> None:
    """Keys may be bytes, ordered as unsigned ones."""
    digest = new().encode()
    for part in (b"\x00", b"\xff", b"\x7f", b"\x7f\x00"):
        store.put(BLOBS, {"digest": digest, "part": part})
    found = [item["part"] for item in store.query(BLOBS, digest)]
    assert found == [b"\x00", b"\x7f", b"\x7f\x00", b"\xff"]
    assert [item["part"] for item in store.query(BLOBS, digest, begins_with(b"\x7f"))] == [b"\x7f", b"\x7f\x00"]
    assert [item["part"] for item in store.query(BLOBS, digest, begins_with(b"\xff"))] == [b"\xff"]


@pytest.mark.parametrize(
    "item",
    [
        {}, {"id": None}, {"id": ""}, {"id": 1}, {"id": b"x"}, {"id": True}, {"id": "x" * 2049}, {"id": "x", "team": 1},
        {"id": "x", "team": None}, {"id": "x", "team": ""}, {"id": "x", "rank": "1"}, {"id": "x", "rank": 10**40 + 1},
        {"id": "x", "joined": "x" * 1025}, {"id": "x", "": 1}, {"id": "x", 1: 1},
    ],
)  # fmt: skip
def test_no_keys(store: Store, item: dict[Any, Any]) -> None:
    """An item whose key, or key of an index, is missing, empty, too long or of another kind is refused."""
    with pytest.raises(ItemRefusedError):
        store.put(USERS, item)


@pytest.mark.parametrize("key", [(), ("a", "b"), (1,), ("",), (None,), ("\ud800",)])
def test_no_keys_to_read(store: Store, key: tuple[Any, ...]) -> None:
    """So is such a key where an item is read, changed or deleted."""
    for call in (store.get, store.delete, store.update):
        with pytest.raises(ItemRefusedError):
            call(USERS, *key)


# Conditions and versions


def test_versions(store: Store) -> None:
    """Every write gives the item another version, and says which."""
    item = user()
    seen = {store.put(USERS, item)["_version"] for _ in range(5)}
    seen |= {store.update(USERS, item["id"], set={"a": 1})["_version"] for _ in range(5)}
    assert len(seen) == 10
    assert plain(store.get(USERS, item["id"])) == {**item, "a": 1}


def test_put_if_absent(store: Store) -> None:
    """Of two that put if absent, the first does."""
    item = user(by="first")
    store.put(USERS, item, when=ABSENT)
    with pytest.raises(ConditionFailedError):
        store.put(USERS, {**item, "by": "second"}, when=ABSENT)
    assert plain(store.get(USERS, item["id"]))["by"] == "first"


def test_put_if_present(store: Store) -> None:
    """A put if present makes nothing."""
    item = user()
    with pytest.raises(ConditionFailedError):
        store.put(USERS, item, when=PRESENT)
    assert store.get(USERS, item["id"]) is None
    store.put(USERS, item)
    store.put(USERS, {**item, "a": 1}, when=PRESENT)


def test_put_if_unchanged(store: Store) -> None:
    """An item that was written since it was read, or deleted, is not overwritten if it has to be unchanged."""
    first = store.put(USERS, user(n=0))
    second = store.put(USERS, {**first, "n": 1}, when=unchanged(first))
    with pytest.raises(ConditionFailedError):
        store.put(USERS, {**first, "n": 2}, when=unchanged(first))
    assert plain(store.get(USERS, first["id"]))["n"] == 1
    store.delete(USERS, first["id"])
    with pytest.raises(ConditionFailedError):
        store.put(USERS, second, when=unchanged(second))
    store.put(USERS, first)
    with pytest.raises(ConditionFailedError):  # the same content again is another version
        store.put(USERS, first, when=unchanged(first))


@pytest.mark.parametrize(
    ("equal", "met"),
    [
        ({"n": 1}, True), ({"n": 1.0}, True), ({"n": 2}, False), ({"n": True}, False), ({"n": "1"}, False),
        ({"z": None}, True),
        ({"no": None}, False), ({"n": 1, "l": [1, {"a": "b"}]}, True), ({"n": 1, "l": []}, False), ({"s": {"b", "a"}},
        True),
        ({"big": 10**99}, True), ({"b": b"x"}, True), ({"b": "x"}, False),
    ],
)  # fmt: skip
def test_if_equal(store: Store, equal: dict[str, Any], met: bool) -> None:
    """A condition on values is met by values that are the same: of one kind, numbers by value, null not absent."""
    item = user(n=1, l=[1, {"a": "b"}], z=None, s={"a", "b"}, big=10**99, b=b"x")
    store.put(USERS, item)
    try:
        store.put(USERS, {**item, "done": True}, when=When(equal=equal))
    except ConditionFailedError:
        assert not met
    else:
        assert met
    assert ("done" in plain(store.get(USERS, item["id"]))) is met


def test_conditional_delete(store: Store) -> None:
    """Deletes may have conditions, too."""
    item = store.put(USERS, user(n=1))
    with pytest.raises(ConditionFailedError):
        store.delete(USERS, item["id"], when=When(equal={"n": 2}))
    store.update(USERS, item["id"], set={"n": 2})
    with pytest.raises(ConditionFailedError):
        store.delete(USERS, item["id"], when=unchanged(item))
    store.delete(USERS, item["id"], when=PRESENT)
    with pytest.raises(ConditionFailedError):
        store.delete(USERS, item["id"], when=PRESENT)


def test_what_failed_is_told(store: Store) -> None:
    """A failed condition is a 409 that says what was not so, and pickles."""
    item = store.put(USERS, user())
    with pytest.raises(ConditionFailedError, match="it exists already") as caught:
        store.put(USERS, item, when=ABSENT)
    assert (caught.value.status, caught.value.code) == (409, "CONDITION_FAILED")
    assert str(pickle.loads(pickle.dumps(caught.value))) == str(caught.value)
    assert item["id"] not in str(caught.value)


# Updates


def test_update(store: Store) -> None:
    """An update sets, removes and adds, leaves the rest, and gives the item as it is then."""
    item = user(a=1, b=2, c=3, keep=[1])
    store.put(USERS, item)
    found = store.update(
        USERS, item["id"], set={"a": "x", "new": {"y": None}}, remove=["b", "nothing"], add={"c": -5, "d": 2}
    )
    assert plain(found) == {"id": item["id"], "a": "x", "new": {"y": None}, "c": -2, "d": 2, "keep": [1]}
    assert is_same(store.get(USERS, item["id"]), found)


def test_update_makes(store: Store) -> None:
    """An update of what is not there makes it, unless it has to be present."""
    name = new()
    with pytest.raises(ConditionFailedError):
        store.update(USERS, name, set={"a": 1}, when=PRESENT)
    assert plain(store.update(USERS, name, add={"n": 1})) == {"id": name, "n": 1}
    with pytest.raises(ConditionFailedError):
        store.update(USERS, name, set={"a": 1}, when=ABSENT)


def test_empty_update(store: Store) -> None:
    """An update that changes nothing makes an item that has its key alone, and a new version."""
    name = new()
    first = store.update(USERS, name)
    assert plain(first) == {"id": name}
    assert store.update(USERS, name)["_version"] != first["_version"]


@pytest.mark.parametrize(
    "change",
    [
        {"set": {"id": "y"}}, {"remove": ["id"]}, {"add": {"id": 1}}, {"set": {"a": 1}, "remove": ["a"]},
        {"add": {"a": "x"}},
        {"add": {"a": 10**50 + 1}}, {"add": {"text": 1}}, {"add": {"big": 1}}, {"set": {"a": float("nan")}},
        {"set": {"team": 3}},
        {"set": {"rank": "x"}}, {"add": {"a": True}}, {"set": {"team": None}},
    ],
    ids=str,
)  # fmt: skip
def test_no_updates(store: Store, change: dict[str, Any]) -> None:
    """An update of the key, of one attribute in two ways, of what is no number, or to what no store keeps is refused,
    and changes nothing."""
    item = user(text="x", big=10**60 + 1)
    store.put(USERS, item)
    with pytest.raises(ItemRefusedError):
        store.update(USERS, item["id"], **change)
    assert is_same(plain(store.get(USERS, item["id"])), item)


def test_sums_are_exact(store: Store) -> None:
    """Numbers are added as they are written: 0.1 and 0.2 are 0.3, and 38 digits are exact."""
    name = new()
    store.update(USERS, name, add={"a": 0.1, "b": 10**37})
    found = store.update(USERS, name, add={"a": 0.2, "b": 1})
    assert (found["a"], found["b"]) == (0.3, 10**37 + 1)


# moto reads and writes an item in two steps, between which its other threads write: what it loses is no loss of ours
@pytest.mark.parametrize("store", [kind for kind in KINDS if kind != "moto"], indirect=True)
def test_threads_add(store: Store) -> None:
    """What many add at once is all added."""
    name = new()

    def add() -> None:
        for _ in range(10):
            store.update(USERS, name, add={"n": 1})

    run_at_once([add] * 4)
    assert plain(store.get(USERS, name))["n"] == 40


def run_at_once(functions: list[Callable[[], None]]) -> None:
    failed: list[Exception] = []

    def caught(function: Callable[[], None]) -> None:
        try:
            function()
        except Exception as error:  # noqa: BLE001 - whatever it is, the test shows it
            failed.append(error)

    threads = [threading.Thread(target=caught, args=[function]) for function in functions]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert not failed, failed


def test_threads_update_optimistically(store: Store) -> None:
    """Of read, change, write if unchanged, no change is lost."""
    name = store.put(USERS, user(n=0))["id"]

    def count() -> None:
        done = 0
        while done < 8:
            item = store.get(USERS, name)
            assert item is not None
            try:
                store.put(USERS, {**item, "n": item["n"] + 1}, when=unchanged(item))
            except ConditionFailedError:
                continue
            done += 1

    run_at_once([count] * 4)
    assert plain(store.get(USERS, name))["n"] == 32


# Expiry


def test_expiry(store: Store) -> None:
    """From its end on, an item is not there: not to be read, found, counted, or in the way."""
    item = user(team=new(), joined="2026")
    store.put(USERS, item, expires=clock() + 10)
    found = store.get(USERS, item["id"])
    assert found is not None
    assert 9 < found["_expires"] - clock() <= 11
    clock.ahead = 11
    assert store.get(USERS, item["id"]) is None
    assert store.get_many(USERS, [(item["id"],)]) == [None]
    assert store.query(USERS, item["team"], index="by_team") == []
    assert item["id"] not in {one["id"] for one in store.scan(USERS)}
    with pytest.raises(ConditionFailedError):
        store.put(USERS, item, when=PRESENT)
    store.put(USERS, item, when=ABSENT)
    assert "_expires" not in (store.get(USERS, item["id"]) or {"_expires": 1})


def test_expired_then_updated(store: Store) -> None:
    """An update of an item that has ended begins anew; a condition on it is not met."""
    item = user(old=1)
    first = store.put(USERS, item, expires=clock() + 5)
    clock.ahead = 6
    with pytest.raises(ConditionFailedError):
        store.update(USERS, item["id"], set={"a": 1}, when=unchanged(first))
    with pytest.raises(ConditionFailedError):
        store.delete(USERS, item["id"], when=PRESENT)
    assert plain(store.update(USERS, item["id"], add={"n": 1})) == {"id": item["id"], "n": 1}


def test_expiry_is_kept(store: Store) -> None:
    """An item that is read and put again ends when it did; an update may move that."""
    found = store.put(USERS, user(), expires=clock() + 100)
    again = store.put(USERS, {**found, "a": 1}, when=unchanged(found))
    assert again["_expires"] == found["_expires"]
    assert store.update(USERS, found["id"], set={"b": 1})["_expires"] == found["_expires"]
    assert (
        store.update(USERS, found["id"], set={"_expires": 2 * found["_expires"]})["_expires"] == 2 * found["_expires"]
    )
    assert "_expires" not in store.update(USERS, found["id"], remove=["_expires"])


def test_a_lease(store: Store) -> None:
    """A lease: whoever puts it if absent has it until it ends, can make it longer if it is unchanged, and loses it to
    whoever comes after the end."""
    name = new("lease")
    lease = store.put(USERS, {"id": name, "owner": "a"}, when=ABSENT, expires=clock() + 5)
    with pytest.raises(ConditionFailedError):
        store.put(USERS, {"id": name, "owner": "b"}, when=ABSENT, expires=clock() + 5)
    clock.ahead = 3
    lease = store.put(USERS, lease, when=unchanged(lease), expires=clock() + 5)
    clock.ahead = 7
    with pytest.raises(ConditionFailedError):
        store.put(USERS, {"id": name, "owner": "b"}, when=ABSENT, expires=clock() + 5)
    clock.ahead = 10
    store.put(USERS, {"id": name, "owner": "b"}, when=ABSENT, expires=clock() + 5)
    with pytest.raises(ConditionFailedError):
        store.put(USERS, lease, when=unchanged(lease), expires=clock() + 5)


@pytest.mark.parametrize("end", ["soon", True, 1.5])
def test_no_ends(store: Store, end: Any) -> None:
    """An end is whole seconds since 1970."""
    with pytest.raises(ItemRefusedError, match="_expires"):
        store.put(USERS, user(_expires=end))


# Queries


def orders(store: Store, numbers: Any) -> str:
    name = new()
    store.put_many(ORDERS, [{"user": name, "number": number} for number in numbers])
    return name


NUMBERS_IN_ORDER = [
    -(10**37), -1000000, -10, -9.5, -9, -1.25, -1.2, -1, -1e-100, 0, 1e-100, 0.5, 1, 1.2, 1.25, 2, 9, 10, 2**53,
    2**53 + 1,
    2**63, 10**37, 10**37 + 1, 10**125,
]  # fmt: skip


def test_numbers_in_order(store: Store) -> None:
    """Sort keys that are numbers are in the order of numbers, of all sizes, both ways."""
    name = orders(store, reversed(NUMBERS_IN_ORDER))
    assert [item["number"] for item in store.query(ORDERS, name)] == NUMBERS_IN_ORDER
    assert [item["number"] for item in store.query(ORDERS, name, descending=True)] == NUMBERS_IN_ORDER[::-1]


def test_texts_in_order(store: Store) -> None:
    """Sort keys that are texts are in the order of their code points: not of a language, not of UTF-16."""
    texts = ["A", "B", "a", "a ", "aa", "ab", "b", "z", "é", "\ud7ff", "\ue000", "\uffff", "𝄞", "🎉"]
    site = new()
    store.put_many(PAGES, [{"site": site, "path": text} for text in reversed(texts)])
    assert [item["path"] for item in store.query(PAGES, site)] == texts == sorted(texts)


RANGES = {
    "equal": (equal_to(3), [3]),
    "between": (between(2, 4), [2, 3, 4]),
    "between nothing": (between(4, 2), []),
    "between one": (between(3, 3), [3]),
    "at least": (at_least(4), [4, 5]),
    "more than": (more_than(4), [5]),
    "at most": (at_most(2), [1, 2]),
    "less than": (less_than(2), [1]),
    "outside": (at_least(6), []),
    "all": (Range(), [1, 2, 3, 4, 5]),
    "open between": (Range(2, 4, low_included=False, high_included=False), [3]),
    "half open": (Range(2, 4, high_included=False), [2, 3]),
}


@pytest.mark.parametrize("name", RANGES)
def test_ranges(store: Store, name: str) -> None:
    """A range of the sort key gives what is in it."""
    range_, wanted = RANGES[name]
    partition = orders(store, [5, 3, 1, 2, 4])
    assert [item["number"] for item in store.query(ORDERS, partition, range_)] == wanted


@pytest.mark.parametrize("prefix", ["", "a", "a/", "a/b", "zz", "\ud7ff", "\U0010ffff"])
def test_prefixes(store: Store, prefix: str) -> None:
    """A prefix gives the texts that begin so."""
    texts = [
        "a",
        "a/b",
        "a/b/c",
        "a0",
        "ab",
        "b",
        "\ud7ff",
        "\ud7ffx",
        "\ue000",
        "\U0010ffff",
        "\U0010ffff1",
        "%",
        "a%",
    ]
    site = new()
    store.put_many(PAGES, [{"site": site, "path": text} for text in texts])
    found = [item["path"] for item in store.query(PAGES, site, begins_with(prefix))]
    assert found == sorted(text for text in texts if text.startswith(prefix))


def test_any_ranges(store: Store) -> None:
    """A page after another, however long, both ways: together they are what is in the range, in order, each once."""
    numbers = sorted({round(-3 + n * 0.37, 2) for n in range(17)})
    name = orders(store, numbers)

    @settings(max_examples=25)
    @given(
        st.floats(-4, 4).map(lambda x: round(x, 2)), st.floats(-4, 4).map(lambda x: round(x, 2)), st.booleans(),
        st.booleans(),
        st.booleans(), st.integers(1, 20),
    )  # fmt: skip
    def law(low: float, high: float, low_in: bool, high_in: bool, descending: bool, limit: int) -> None:
        wanted = [
            n
            for n in numbers
            if low < n < high or (n == low and low_in and n <= high) or (n == high and high_in and n >= low)
        ]
        wanted = [n for n in wanted if (low_in or n != low) and (high_in or n != high)]
        found: list[Any] = []
        cursor = None
        while True:
            page = store.query(
                ORDERS, name, Range(low, high, low_in, high_in), descending=descending, limit=limit, cursor=cursor
            )
            assert len(page) <= limit
            found += [item["number"] for item in page]
            cursor = page.cursor
            if cursor is None:
                break
        assert found == (wanted[::-1] if descending else wanted)

    law()


def team(store: Store) -> str:
    name = new("team")
    rows = [("a", "2026-01", 5), ("b", "2026-02", -1), ("c", "2026-02", 0.5), ("d", None, 3), ("e", "2025-12", None)]
    for one, joined, rank in rows:
        item = {"id": f"{one}-{name}", "team": name, "joined": joined, "rank": rank}
        store.put(USERS, {key: value for key, value in item.items() if value is not None})
    return name


def firsts(items: list[dict[str, Any]]) -> str:
    return "".join(item["id"][0] for item in items)


def test_indexes(store: Store) -> None:
    """An index gives its items in the order of its sort key, whole; what lacks a key attribute of it is not in it."""
    name = team(store)
    assert firsts(store.query(USERS, name, index="by_rank")) == "bcda"
    assert firsts(store.query(USERS, name, between(0, 3), index="by_rank")) == "cd"
    assert sorted(firsts(store.query(USERS, name, begins_with("2026"), index="by_team"))) == ["a", "b", "c"]
    assert store.query(USERS, name, index="by_rank")[0]["joined"] == "2026-02"
    assert store.query(USERS, new(), index="by_rank") == []


def test_indexes_follow(store: Store) -> None:
    """An index follows every write: puts, updates, deletes."""
    name, other = team(store), new("team")
    store.update(USERS, f"a-{name}", set={"rank": -5})
    store.update(USERS, f"b-{name}", remove=["rank"])
    store.update(USERS, f"c-{name}", set={"team": other})
    store.delete(USERS, f"d-{name}")
    store.put(USERS, {"id": f"e-{name}", "team": name, "rank": 7})
    assert firsts(store.query(USERS, name, index="by_rank")) == "ae"
    assert firsts(store.query(USERS, other, index="by_rank")) == "c"
    store.update(USERS, f"a-{name}", add={"rank": 100})
    assert firsts(store.query(USERS, name, index="by_rank")) == "ea"


@pytest.mark.parametrize("index", ["by_team", "by_city"])
@pytest.mark.parametrize("descending", [False, True])
def test_pages_of_equal_keys(store: Store, index: str, descending: bool) -> None:
    """Pages of an index whose items have one sort key, or none, give each item once."""
    name = new()
    ids = {f"{n}-{name}" for n in range(7)}
    store.put_many(USERS, [{"id": one, "team": name, "joined": "same", "city": name} for one in ids])
    found: list[str] = []
    cursor = None
    while True:
        page = store.query(USERS, name, index=index, limit=3, cursor=cursor, descending=descending)
        found += [item["id"] for item in page]
        cursor = page.cursor
        if cursor is None:
            break
    assert sorted(found) == sorted(ids)


def test_limits(store: Store) -> None:
    """There is a cursor if, and only if, there is more."""
    name = orders(store, range(4))
    assert store.query(ORDERS, name, limit=4).cursor is None
    assert store.query(ORDERS, name).cursor is None
    page = store.query(ORDERS, name, limit=3)
    assert page.cursor is not None
    assert page.cursor.isascii()
    assert store.query(ORDERS, name, limit=3, cursor=page.cursor).cursor is None
    assert store.query(ORDERS, new(), limit=1) == []


def test_pages_hide_the_expired(store: Store) -> None:
    """A page is as long as it may be, whatever has expired between its items."""
    name = new()
    for number in range(12):
        store.put(ORDERS, {"user": name, "number": number}, expires=clock() + (5 if number % 4 else 50))
    clock.ahead = 6
    page = store.query(ORDERS, name, limit=2)
    assert [item["number"] for item in page] == [0, 4]
    assert [item["number"] for item in store.query(ORDERS, name, limit=2, cursor=page.cursor)] == [8]


def test_what_is_deleted_between_pages(store: Store) -> None:
    """A cursor is a place, not an item: it serves when its item is gone."""
    name = orders(store, range(5))
    page = store.query(ORDERS, name, limit=2)
    store.delete(ORDERS, name, 1)
    store.delete(ORDERS, name, 2)
    assert [item["number"] for item in store.query(ORDERS, name, limit=2, cursor=page.cursor)] == [3, 4]


@pytest.mark.parametrize("cursor", ["", "x", "W10", "bnVsbA", "☃", "A" * 3000, "W1tb" * 3000], ids=range(7))
def test_no_cursors(store: Store, cursor: str) -> None:
    """A cursor that is none is the caller's fault."""
    with pytest.raises(ItemRefusedError, match="cursor") as caught:
        store.query(ORDERS, new(), cursor=cursor)
    assert caught.value.status == 400


def test_cursors_of_others(store: Store) -> None:
    """A cursor serves the query that it is of, and no other partition, index, order or table."""
    name, other = orders(store, range(5)), orders(store, range(5))
    cursor = store.query(ORDERS, name, limit=2).cursor
    calls: list[Callable[[], object]] = [
        lambda: store.query(ORDERS, other, cursor=cursor), lambda: store.query(ORDERS, name, cursor=cursor,
        descending=True),
        lambda: store.query(PAGES, name, cursor=cursor), lambda: store.scan(ORDERS, cursor=cursor),
    ]  # fmt: skip
    for call in calls:
        with pytest.raises(ItemRefusedError, match="cursor"):
            call()


def test_no_queries(store: Store) -> None:
    """A query of an index that is not there, with a limit of nothing, or with a range that cannot be, is refused."""
    queries: list[Callable[[], object]] = [
        lambda: store.query(USERS, "x", index="by_nothing"), lambda: store.query(ORDERS, "x", limit=0),
        lambda: store.scan(ORDERS, limit=2**70), lambda: store.scan(ORDERS, limit=math.nan),  # type: ignore[arg-type]
        lambda: store.query(ORDERS, "x", at_least("1")), lambda: store.query(ORDERS, 1), lambda: store.query(ORDERS,
        ""),
        lambda: store.query(USERS, "x", at_least("1")), lambda: store.query(ORDERS, "x", begins_with(1)),
        lambda: store.query(PAGES, "x", at_least("x" * 1025)), lambda: store.query(ORDERS, None),
    ]  # fmt: skip
    for refused in queries:
        with pytest.raises(ItemRefusedError):
            refused()


# Many


def test_many(store: Store) -> None:
    """Many are read in the order of their keys, absent ones as None; of many that are put with one key, the last
    counts."""
    name = new()
    items = [{"user": name, "number": n, "is": n} for n in range(130)]
    store.put_many(ORDERS, [{"user": name, "number": 3, "is": "old"}, *items])
    keys = [(name, n) for n in (129, 3, 500, 0, 3)]
    found = store.get_many(ORDERS, keys)
    assert [item and item["is"] for item in found] == [129, 3, None, 0, 3]
    assert len(store.get_many(ORDERS, [(name, n) for n in range(130)])) == 130
    store.delete_many(ORDERS, [(name, n) for n in range(120)] + [(name, 1)])
    assert [item["number"] for item in store.query(ORDERS, name)] == list(range(120, 130))
    assert store.get_many(ORDERS, []) == []
    store.put_many(ORDERS, [])
    store.delete_many(ORDERS, [])


def test_scan(store: Store) -> None:
    """A scan, page by page, and `each` give every item once."""
    site = new()
    store.put_many(PAGES, [{"site": f"{site}{n}", "path": "x"} for n in range(9)])
    found: list[str] = []
    cursor = None
    while True:
        page = store.scan(PAGES, limit=4, cursor=cursor)
        found += [item["site"] for item in page]
        cursor = page.cursor
        if cursor is None:
            break
    assert len(found) == len(set(found)) or len({(item["site"], item["path"]) for item in store.scan(PAGES)}) == len(
        found
    )
    assert {f"{site}{n}" for n in range(9)} <= set(found)
    assert sum(item["site"].startswith(site) for item in store.each(PAGES, page=5)) == 9


def test_more_than_a_megabyte(store: Store) -> None:
    """A query gives all there is, however much that is."""
    site = new()
    for n in range(5):
        store.put(PAGES, {"site": site, "path": str(n), "text": "x" * 300_000})
    assert [item["path"] for item in store.query(PAGES, site)] == list("01234")
    assert len(store.get_many(PAGES, [(site, str(n)) for n in range(5)])) == 5


# Transactions


def test_transaction(store: Store) -> None:
    """A transaction does all of its writes, in several tables."""
    a, b, c = (store.put(USERS, user(n=n)) for n in range(3))
    order = {"user": a["id"], "number": 1}
    store.transact([
        Put(ORDERS, order, ABSENT), Update(USERS, (a["id"],), add={"n": 10}, when=unchanged(a)), Delete(USERS,
        (b["id"],)),
        Check(USERS, (c["id"],), When(equal={"n": 2})),
    ])  # fmt: skip
    assert plain(store.get(ORDERS, a["id"], 1)) == order
    assert plain(store.get(USERS, a["id"]))["n"] == 10
    assert store.get(USERS, b["id"]) is None
    assert is_same(store.get(USERS, c["id"]), c)
    assert (store.get(USERS, a["id"]) or {})["_version"] != a["_version"]


def test_transaction_fails_as_one(store: Store) -> None:
    """If one condition is not met, nothing is written."""
    a, b = store.put(USERS, user(n=0)), store.put(USERS, user(n=0))
    for last in (
        Check(USERS, (new(),)), Put(USERS, b, ABSENT), Delete(USERS, (b["id"],), When(equal={"n": 7})),
        Update(USERS, (b["id"],), set={"n": 1}, when=When(version=1)),
    ):  # fmt: skip
        with pytest.raises(ConditionFailedError):
            store.transact([Update(USERS, (a["id"],), add={"n": 1}), Put(USERS, user()), last])
    assert is_same(store.get(USERS, a["id"]), a)
    assert is_same(store.get(USERS, b["id"]), b)


def test_transactions_of_threads(store: Store) -> None:
    """Transfers by many at once neither make nor lose anything."""
    a, b = (store.put(USERS, user(n=50))["id"] for _ in range(2))

    def transfer() -> None:
        for _ in range(5):
            store.transact([Update(USERS, (a,), add={"n": -1}), Update(USERS, (b,), add={"n": 1})])

    run_at_once([transfer] * 3)
    assert [plain(store.get(USERS, one))["n"] for one in (a, b)] == [35, 65]


def test_no_transactions(store: Store) -> None:
    """A transaction of more than 100 writes, of two to one item, or with what no store keeps is refused as a whole."""
    item, other = user(), user()
    many: list[list[Write]] = [
        [Put(USERS, user()) for _ in range(101)], [Put(USERS, item), Delete(USERS, (item["id"],))],
        [Put(USERS, other), Put(USERS, user(n=object()))],
    ]  # fmt: skip
    for writes in many:
        with pytest.raises(ItemRefusedError):
            store.transact(writes)
    assert store.get(USERS, item["id"]) is store.get(USERS, other["id"]) is None
    store.transact([])


def test_transaction_and_the_expired(store: Store) -> None:
    """To a transaction, too, what has expired is absent."""
    first, second = (
        store.put(USERS, user(old=1), expires=clock() + 5),
        store.put(USERS, user(old=1), expires=clock() + 5),
    )
    clock.ahead = 6
    with pytest.raises(ConditionFailedError):
        store.transact([Check(USERS, (first["id"],))])
    store.transact([Put(USERS, {"id": first["id"]}, ABSENT), Update(USERS, (second["id"],), add={"n": 1})])
    assert plain(store.get(USERS, second["id"])) == {"id": second["id"], "n": 1}


# Limits and tables


def test_size(store: Store) -> None:
    """An item may have 400 KiB, and no more."""
    item = user(text="x" * 390_000)
    store.put(USERS, item)
    assert len(plain(store.get(USERS, item["id"]))["text"]) == 390_000
    for write in (
        lambda: store.put(USERS, {**item, "text": "x" * 420_000}), lambda: store.update(USERS, item["id"],
        set={"more": "x" * 30_000}),
        lambda: store.transact([Put(USERS, {**item, "text": ["é" * 210_000]})]),
        lambda: store.put_many(USERS, [{**item, "text": b"x" * 420_000}]),
    ):  # fmt: skip
        with pytest.raises(ItemTooLargeError) as caught:
            write()
        assert (caught.value.status, caught.value.code) == (413, "ITEM_TOO_LARGE")
    assert "more" not in (store.get(USERS, item["id"]) or {})


def test_missing_tables(store: Store) -> None:
    """To use a table that is not there is an error with its name and the cure, however it is used."""
    uses: list[Callable[[], object]] = [
        lambda: store.get(MISSING, "x"), lambda: store.put(MISSING, {"id": "x"}), lambda: store.put(MISSING,
        {"id": "x"}, when=ABSENT),
        lambda: store.update(MISSING, "x"), lambda: store.delete(MISSING, "x"), lambda: store.query(MISSING, "x"),
        lambda: store.scan(MISSING), lambda: store.get_many(MISSING, [("x",)]), lambda: store.put_many(MISSING,
        [{"id": "x"}]),
        lambda: store.delete_many(MISSING, [("x",)]), lambda: store.transact([Put(MISSING, {"id": "x"})]),
        lambda: store.check(MISSING),
    ]  # fmt: skip
    for use in uses:
        with pytest.raises(TableMissingError, match=r"nowhere.*create_tables") as caught:
            use()
        assert (caught.value.status, caught.value.code) == (503, "TABLE_MISSING")


def test_tables(store: Store) -> None:
    """A table is made once, with what is in it; an index that is added later has the items that are there; a table that
    is dropped is gone."""
    table = Table(new("table"), Attribute("id"))
    store.create_table(table)
    store.put(table, {"id": "a", "team": "red"})
    store.create_table(table)
    wider = table._replace(indexes=(Index("by_team", Attribute("team")),))
    with pytest.raises(TableMissingError):
        store.query(wider, "red", index="by_team")
    store.create_table(wider)
    store.put(wider, {"id": "b", "team": "red"})
    assert sorted(item["id"] for item in store.query(wider, "red", index="by_team")) == ["a", "b"]
    with pytest.raises(ValueError, match="another key"):
        store.create_table(table._replace(sort=Attribute("sort")))
    store.check(wider)
    store.drop_table(wider)
    store.drop_table(wider)
    with pytest.raises(TableMissingError):
        store.check(table)


@pytest.mark.parametrize(
    "table",
    [
        Table("ab", Attribute("id")), Table("a b c", Attribute("id")), Table('x"; drop', Attribute("id")),
        Table("x" * 256, Attribute("id")),
        Table("good", Attribute("id"), None, (Index("b", Attribute("id")),)), Table("good", Attribute("_version")),
        Table("good", Attribute("id"), None, (Index("twice", Attribute("a")), Index("twice", Attribute("b")))),
        Table("good", Attribute("id"), None, (Index("other", Attribute("id", "N")),)),
    ],
    ids=str,
)  # fmt: skip
def test_no_tables(store: Store, table: Table) -> None:
    """A table that one kind of store could not have, none makes."""
    with pytest.raises(ValueError, match=r"name|kind"):
        store.create_table(table)


def test_check(store: Store) -> None:
    """A store that works has nothing to say; closed, it opens again."""
    store.check()
    store.check(USERS)
    store.close()
    store.check()
    store.put(USERS, user())


def test_words_of_others(store: Store) -> None:
    """No name of an attribute means anything to a store: not its reserved words, not signs."""
    names = [
        "select",
        "name",
        "size",
        "status",
        "a.b",
        "a b",
        "#a",
        ":v",
        "a[0]",
        "é",
        '"',
        "'",
        "key",
        "item",
        "rich",
        "version",
        "x" * 200,
    ]
    item = user(**{name: name for name in names})
    store.put(USERS, item)
    store.update(USERS, item["id"], set=dict.fromkeys(names, 1), when=When(equal={name: name for name in names}))
    assert plain(store.get(USERS, item["id"])) == {"id": item["id"], **dict.fromkeys(names, 1)}
    store.update(USERS, item["id"], remove=names)
    assert plain(store.get(USERS, item["id"])) == {"id": item["id"]}


def test_errors_are_for_callers(store: Store) -> None:
    """What a store raises is an error with a code, and shows no value."""
    with pytest.raises(PyMacaronException) as caught:
        store.put(USERS, {"id": "x" * 3000, "password": "hunter2"})
    assert "xxx" not in str(caught.value)
    assert "hunter2" not in str(caught.value)
    assert math.floor(caught.value.status / 100) == 4
