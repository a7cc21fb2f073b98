"""Models that are kept in the store: the laws of PersistentModel, on a file of SQLite and on DynamoDB."""

from __future__ import annotations

import copy
import pickle
from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta, timezone
from pathlib import Path
from typing import Any

import pytest
import store_kinds
from hypothesis import given, settings
from hypothesis import strategies as st
from services import project_in
from store_kinds import KINDS, new

from pymacaron import ApiPool
from pymacaron.exceptions import (
    ConditionFailedError,
    ItemNotFound,
    ItemRefusedError,
    TableMissingError,
)
from pymacaron.stores import (
    ABSENT,
    Attribute,
    Check,
    PersistentModel,
    Put,
    Store,
    Table,
    at_least,
    begins_with,
    between,
    create_tables,
    get_store,
    save_together,
    set_store,
)

DB = """
    from pymacaron.stores import PersistentModel

    class PersistentUser(PersistentModel):
        api_name, model_name, table_name, primary_key = "shop", "User", "members", "id"
        indexes = {"by_team": ("team", "joined"), "by_age": ("team", "age")}

        def greet(self):
            return f"Hello, {self.name}"

    class PersistentOrder(PersistentModel):
        table_name, primary_key, sort_key, optimistic = "purchases", "user", "placed", True

    class PersistentSession(PersistentModel):
        api_name, model_name, table_name, primary_key, expire_in = "shop", "Session", "sessions", "id", 3600
"""
TEXT, NUMBER, WHOLE = {"type": "string"}, {"type": "number"}, {"type": "integer"}
TIME = {"type": "string", "format": "date-time"}
SCHEMAS = {
    "Address": {"type": "object", "properties": {"street": TEXT, "since": TIME, "geo": {"type": "array",
    "items": NUMBER}}},
    "User": {
        "type": "object",
        "x-persist": "db.PersistentUser",
        "required": ["id"],
        "properties": {
            "id": TEXT, "name": TEXT, "team": TEXT, "joined": TIME, "age": WHOLE, "weight": NUMBER, "born": {**TEXT,
            "format": "date"},
            "nick": {"type": ["string", "null"]}, "tags": {"type": "array", "items": TEXT}, "photo": {**TEXT,
            "format": "byte"},
            "address": {"$ref": "#/components/schemas/Address"}, "from": TEXT, "password": {**TEXT,
            "format": "password", "writeOnly": True},
            "labels": {"type": "object", "additionalProperties": WHOLE}, "anything": {}, "seen": {"type": "boolean"},
            "table_name": TEXT,
        },
    },
    "Order": {
        "type": "object",
        "x-persist": "db.PersistentOrder",
        "properties": {"user": TEXT, "placed": TIME, "total": NUMBER},
    },
    "Session": {
        "type": "object",
        "x-persist": "db.PersistentSession",
        "properties": {"id": TEXT},
        "additionalProperties": True,
    },
}  # fmt: skip
RAW = Table("members", Attribute("id"))


@pytest.fixture(scope="module", params=KINDS)
def store(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Store]:
    yield from getattr(store_kinds, request.param)(tmp_path_factory.mktemp("store"))


@pytest.fixture(scope="module")
def model(store: Store, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Any]:
    with project_in(tmp_path_factory.mktemp("shop")) as project:
        project.functions(DB, "db")
        path = project.document({}, SCHEMAS)
        set_store(store)
        found = ApiPool.add("shop", yaml_path=str(path)).model
        create_tables()
        yield found
        set_store(None)


ZONES = st.integers(-14 * 60, 14 * 60).map(lambda minutes: timezone(timedelta(minutes=minutes)))
TIMES = st.datetimes(min_value=datetime(1, 1, 3), max_value=datetime(9999, 12, 29), timezones=ZONES)  # noqa: DTZ001 - the zone is drawn
TEXTS = st.text(st.characters(exclude_categories=["Cs"]), max_size=10)
PLAIN = st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | TEXTS
JSONS = st.recursive(
    PLAIN, lambda held: st.lists(held, max_size=3) | st.dictionaries(TEXTS, held, max_size=3), max_leaves=8
)
NUMBERS = st.floats(allow_nan=False, allow_infinity=False) | st.integers()


def users(model: Any) -> st.SearchStrategy[Any]:
    """Users with any of their properties."""
    address = st.fixed_dictionaries(
        {}, optional={"street": TEXTS, "since": TIMES, "geo": st.lists(NUMBERS, max_size=3)}
    )
    properties = {
        "name": TEXTS, "joined": TIMES, "age": st.integers(-(10**37), 10**37), "weight": NUMBERS, "born": st.dates(),
        "nick": st.none() | TEXTS, "tags": st.lists(TEXTS, max_size=3), "labels": st.dictionaries(TEXTS,
        st.integers(), max_size=3),
        "address": address.map(lambda given_: model.Address(**given_)), "from": TEXTS, "password": TEXTS,
        "anything": JSONS.filter(
            lambda value: value is not None), "seen": st.booleans(), "table_name": TEXTS, "team": TEXTS.filter(bool),
    }  # fmt: skip
    return st.fixed_dictionaries({}, optional=properties).map(lambda given_: model.User(id=new("user"), **given_))


def test_round_trip(model: Any, store: Store) -> None:
    """A model that is saved and loaded is the same model: numbers of all sizes, times with their zones, null and
    absent,
    nested models, texts that are empty."""

    @settings(max_examples=100 if repr(store).startswith("<Sqlite") else 25)
    @given(users(model))
    def law(user: Any) -> None:
        assert user.save_to_db() is user
        found = model.User.load_from_db(user.id)
        assert type(found) is model.User
        assert found == user
        assert found.to_json().keys() == user.to_json().keys()
        assert ("nick" in found) is ("nick" in user)
        if "address" in user and "since" in user.address:
            assert found.address.since.utcoffset() == user.address.since.utcoffset()
        found.save_to_db()
        assert model.User.load_from_db(user.id) == user

    law()


def test_methods(model: Any) -> None:
    """A model that is kept has the methods of its class, and takes and gives instances of itself."""
    user = model.User(id=new(), name="Ada").save_to_db()
    assert model.User.load_from_db(user.id).greet() == "Hello, Ada"
    assert issubclass(model.User, PersistentModel)
    user.delete_from_db()
    with pytest.raises(ItemNotFound, match=r"^there is no such User$") as caught:
        model.User.load_from_db(user.id)
    assert (caught.value.status, caught.value.code) == (404, "ITEM_NOT_FOUND")
    user.delete_from_db()


def test_the_class_itself(model: Any) -> None:
    """The persistent class finds its model by its names."""
    import db  # type: ignore[import-not-found]  # the project's

    user = model.User(id=new(), name="Ada").save_to_db()
    assert db.PersistentUser.load_from_db(user.id) == user
    with pytest.raises(TypeError, match="names no model"):
        db.PersistentOrder.load_from_db(new(), datetime.now(UTC))


@pytest.mark.parametrize("key", ["", "x" * 3000, "\ud800"])
def test_impossible_keys(model: Any, key: str) -> None:
    """What cannot be a key is not there, since callers ask for anything; saved, it is refused."""
    with pytest.raises((ItemNotFound, ItemRefusedError)) as caught:
        model.User.load_from_db(key)
    assert caught.value.status in {400, 404}
    with pytest.raises(ItemRefusedError):
        model.User(id=key).save_to_db()
    with pytest.raises(ItemRefusedError):
        model.User().save_to_db()


def test_unknown_attributes_are_kept(model: Any, store: Store) -> None:
    """What others have written into an item, and the schema does not have, survives a load and a save; so do sets and
    bytes, which JSON does not have."""
    item = {
        "id": new(), "name": "Ada", "tags": {"b", "a"}, "photo": b"\x00\xff", "added_by_others": {"x": {1, 2},
        "y": b"z"},
        "anything": [{"deep": {b"q"}}], "secret_number": 10**50,
    }  # fmt: skip
    store.put(RAW, item)
    user = model.User.load_from_db(item["id"])
    assert (user.tags, user.photo) == (["a", "b"], "AP8=")
    user.name = "Eve"
    user.save_to_db()
    found = store.get(RAW, item["id"]) or {}
    assert {name: value for name, value in found.items() if name != "_version"} == {**item, "name": "Eve"}
    user.tags, user.photo = ["c"], "AAA="
    user.save_to_db()
    found = store.get(RAW, item["id"]) or {}
    assert (found["tags"], found["photo"]) == ({"c"}, b"\x00\x00")
    del user.tags
    user.save_to_db()
    assert "tags" not in (store.get(RAW, item["id"]) or {"tags"})


def test_open_models(model: Any) -> None:
    """A model that keeps what its schema does not name keeps it in the store, too; to be kept does not change what it
    equals."""
    session = model.Session(id=new(), user="ada", when=3)
    before = session.clone()
    session.save_to_db()
    assert session == before
    assert model.Session.load_from_db(session.id) == before
    assert session.to_json() == before.to_json()


def test_conditions(model: Any) -> None:
    """Saves and deletes may demand that there is nothing yet, or that nobody was quicker."""
    user = model.User(id=new(), name="Ada").save_to_db(if_absent=True)
    with pytest.raises(ConditionFailedError):
        model.User(id=user.id).save_to_db(if_absent=True)
    other = model.User.load_from_db(user.id)
    other.name = "Eve"
    other.save_to_db(if_unchanged=True)
    with pytest.raises(ConditionFailedError):
        user.save_to_db(if_unchanged=True)
    with pytest.raises(ConditionFailedError):
        user.delete_from_db(if_unchanged=True)
    with pytest.raises(ConditionFailedError):
        other.save_to_db(if_equal={"name": "Ada"})
    other.save_to_db(if_equal={"name": "Eve"})
    user.save_to_db()
    assert model.User.load_from_db(user.id).name == "Ada"


def test_optimistic_classes(model: Any) -> None:
    """Where the class says so, every save is careful."""
    placed = datetime(2026, 5, 1, 8, tzinfo=timezone(timedelta(hours=2)))
    order = model.Order(user=new(), placed=placed, total=1.5).save_to_db()
    with pytest.raises(ConditionFailedError):
        model.Order(user=order.user, placed=placed).save_to_db()
    stale = model.Order.load_from_db(order.user, placed.astimezone(UTC))
    order.total = 2
    order.save_to_db()
    with pytest.raises(ConditionFailedError):
        stale.save_to_db()
    stale.save_to_db(if_unchanged=False)


def test_times_in_keys(model: Any) -> None:
    """Times in keys are found in any zone, and in the order of time; with a range, too."""
    name = new()
    hours = {hour: timezone(timedelta(hours=hour)) for hour in (-5, 0, 9)}
    start = datetime(2026, 5, 1, 12, tzinfo=UTC)
    times = [(start + timedelta(minutes=n)).astimezone(hours[(-5, 0, 9)[n % 3]]) for n in range(6)]
    model.Order.save_many_to_db([model.Order(user=name, placed=time) for time in reversed(times)])
    assert [order.placed for order in model.Order.query_db(name)] == times
    found = model.Order.query_db(name, between(times[1].astimezone(hours[9]), times[3]))
    assert [order.placed for order in found] == times[1:4]
    assert model.Order.query_db(name, times[2])[0].placed == times[2]


def test_queries(model: Any) -> None:
    """Models are found by indexes, page by page."""
    team = new("team")
    for n in range(5):
        model.User(id=f"{n}-{team}", team=team, age=n, joined=datetime(2026, 1, 5 - n, tzinfo=UTC)).save_to_db()
    assert [user.age for user in model.User.query_db(team, index="by_team")] == [4, 3, 2, 1, 0]
    page = model.User.query_db(team, at_least(1), index="by_age", limit=3)
    assert [user.age for user in page] == [1, 2, 3]
    page = model.User.query_db(team, at_least(1), index="by_age", limit=3, cursor=page.cursor)
    assert ([user.age for user in page], page.cursor) == ([4], None)
    assert model.User.query_db(f"0-{team}")[0].age == 0
    assert len(model.User.query_db(team, begins_with("2026-01-0"), index="by_team")) == 5
    assert {f"{n}-{team}" for n in range(5)} <= {user.id for user in model.User.scan_db()}


def test_updates(model: Any) -> None:
    """An update changes what it names, where the item is; one of what is not there is a 404."""
    user = model.User(id=new(), name="Ada", age=1, tags=["a"]).save_to_db()
    found = model.User.update_in_db(
        user.id, set={"name": "Eve", "born": date(2000, 1, 1)}, remove=["tags"], add={"age": 2}
    )
    assert (found.name, found.age, found.tags, found.born) == ("Eve", 3, None, date(2000, 1, 1))
    found = model.User.update_in_db(user.id, change=lambda it: it.update_from_dict({"age": it.age + 1}))
    assert (found.age, model.User.load_from_db(user.id).age) == (4, 4)
    with pytest.raises(ConditionFailedError):
        model.User.update_in_db(user.id, set={"age": 9}, if_equal={"age": 3})
    with pytest.raises(KeyError, match="did you mean 'name'"):
        model.User.update_in_db(user.id, set={"nmae": "x"})
    for change in (
        {"set": {"name": "x"}},
        {"change": lambda it: None},
        {"set": {"name": "x"}, "if_equal": {"name": "y"}},
    ):
        with pytest.raises(ItemNotFound):
            model.User.update_in_db(new(), **change)


def test_many(model: Any) -> None:
    """Many are saved, loaded and deleted at once."""
    some = [model.User(id=new(), age=n) for n in range(30)]
    model.User.save_many_to_db(some)
    found = model.User.load_many_from_db([user.id for user in some] + [new()])
    assert found == [*some, None]
    placed = datetime.now(UTC)
    model.Order(user=some[0].id, placed=placed).save_to_db()
    assert model.Order.load_many_from_db([(some[0].id, placed)])[0].user == some[0].id
    model.User.delete_many_from_db(user.id for user in some[:29])
    assert model.User.load_many_from_db([some[0].id, some[29].id]) == [None, some[29]]


def test_expiry(model: Any, store: Store) -> None:
    """Models live as long as their class says, or the save; saved again, they do not live for ever."""
    table = Table("sessions", Attribute("id"))
    session = model.Session(id=new()).save_to_db()
    now = store_kinds.clock()
    assert 3590 < (store.get(table, session.id) or {})["_expires"] - now < 3610
    session.save_to_db(expire_at=datetime.fromtimestamp(now + 50, UTC))
    assert 40 < (store.get(table, session.id) or {})["_expires"] - now < 60
    user = model.User(id=new()).save_to_db(expire_in=100)
    end = (store.get(RAW, user.id) or {})["_expires"]
    model.User.load_from_db(user.id).save_to_db()
    assert (store.get(RAW, user.id) or {})["_expires"] == end
    model.User(id=user.id).save_to_db(expire_at=now - 5)
    with pytest.raises(ItemNotFound):
        model.User.load_from_db(user.id)
    model.Session.save_many_to_db([session])
    assert (store.get(table, session.id) or {})["_expires"] > now + 3000


def test_copies_know_no_store(model: Any) -> None:
    """A clone, a copy or what was pickled is a model of its own: to the store it is new."""
    user = model.User(id=new(), name="Ada").save_to_db()
    for copied in (user.clone(), copy.deepcopy(user), pickle.loads(pickle.dumps(user))):
        assert copied == user
        with pytest.raises(ConditionFailedError):
            copied.save_to_db(if_unchanged=True)


def test_saved_together(model: Any) -> None:
    """Models are saved all or none: only if nobody was quicker with any of them, nor with the items beside them. What
    the schema does not name stays."""
    a, b = new("a"), new("b")
    get_store().put(RAW, {"id": a, "name": "Ada", "other": 5})
    ada = model.User.load_from_db(a)
    ada.name = "ADA"
    save_together(ada, model.User(id=b), model.Session(id=a))
    assert get_store().get(RAW, a)["other"] == 5  # type: ignore[index]  # it is there
    assert model.Session.load_from_db(a).id == a
    late, early = model.User.load_from_db(b), model.User.load_from_db(a)
    early.save_to_db()
    late.name = "Bob"
    nobody = [Check(RAW, (new(),))]
    for models in ((late, early.clone()), (late, ada), (late, model.User(id=a)), (late,)):
        with pytest.raises(ConditionFailedError):
            save_together(*models, also=nobody if models == (late,) else ())
        assert model.User.load_from_db(b).name is None
    ada.save_to_db()
    assert get_store().get(RAW, a)["other"] == 5  # type: ignore[index]  # likewise
    save_together(late, also=[Put(RAW, {"id": new()}, ABSENT)])
    assert model.User.load_from_db(b).name == "Bob"


def test_create_tables(model: Any, store: Store) -> None:
    """create_tables makes those of all models that are kept, and says which; what is there stays."""
    user = model.User(id=new()).save_to_db()
    assert sorted(create_tables()) == ["members", "purchases", "sessions"]
    assert model.User.load_from_db(user.id) == user


def test_missing_tables(model: Any, store: Store) -> None:
    """A file makes a table when it is first needed; in DynamoDB that is an error that says how."""
    store.drop_table(Table("sessions", Attribute("id")))
    if store.makes_tables:
        model.Session(id="x").save_to_db()
        return
    with pytest.raises(TableMissingError, match="create_tables"):
        model.Session(id="x").save_to_db()
    create_tables()


def test_the_usual_store(tmp_path: Path) -> None:
    """Who names no store has a file beside pym-config.yaml; credentials of AWS that are around decide nothing."""
    with project_in(tmp_path) as project:
        from pymacaron.config import get_config  # of this project

        get_config().config_file = str(tmp_path / "pym-config.yaml")
        set_store(None)
        with pytest.MonkeyPatch.context() as patch:
            patch.setenv("AWS_ACCESS_KEY_ID", "AKIAEXAMPLE")
            patch.setenv("AWS_SECRET_ACCESS_KEY", "example")
            assert repr(get_store()) == f"<SqliteStore {tmp_path}/pymacaron-store.sqlite>"
        project.functions(DB, "db")
        user = ApiPool.add("shop", yaml_path=str(project.document({}, SCHEMAS))).model.User
        user(id="a").save_to_db()
        assert user.load_from_db("a").id == "a"
        set_store(None)
