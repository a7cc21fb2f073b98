"""The parameters of an operation, all locations together: read, judged and written."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, date, datetime
from typing import Any
from urllib.parse import quote

import pytest
from drawn import TEXTS, api_of
from hypothesis import given
from hypothesis import strategies as st

from pymacaron.inputs import InputFault, Inputs
from pymacaron.messages import Request

DATE = {"type": "string", "format": "date"}
FILTER = {"type": "object", "properties": {"color": {"type": "string"}, "until": DATE}}


def parameter(name: str, location: str, schema: Any, **more: Any) -> dict[str, Any]:
    described = {"name": name, "in": location, "required": location == "path", **more}
    return described if schema is None else {**described, "schema": schema}


def inputs_of(*parameters: Any, version: str = "3.1", path: str = "/", strict_query: bool = False) -> Inputs:
    described = {"parameters": list(parameters), "responses": {"200": {"description": "Done."}}}
    (operation,) = api_of({"Filter": FILTER}, version, {path: {"get": described}}).document.operations
    return Inputs(operation, strict_query=strict_query)


def request(
    query: str = "", headers: Mapping[str, str] | None = None, path_values: Mapping[str, str] | None = None
) -> Request:
    return Request("GET", "/", query, headers or {}, b"", path_values)


def faults(inputs: Inputs, *given: Any) -> list[tuple[str, str, str]]:
    """(location, name, code) of each problem of a request, sorted."""
    with pytest.raises(InputFault) as caught:
        inputs.read(request(*given))
    return told(caught.value)


def told(fault: InputFault) -> list[tuple[str, str, str]]:
    return sorted((problem.where, problem.name, problem.code) for problem in fault.problems)


INTEGER = {"type": "integer", "minimum": 1}
EVERYWHERE = inputs_of(
    parameter("id", "path", INTEGER),
    parameter("since", "query", {"type": "string", "format": "date-time"}),
    parameter("filter", "query", {"$ref": "#/components/schemas/Filter"}, style="deepObject"),
    parameter("tags", "query", {"type": "array", "items": {"type": "string"}, "minItems": 2}, explode=False),
    parameter("X-Trace-Ids", "header", {"type": "array", "items": INTEGER}),
    parameter("session", "cookie", {"type": "string", "minLength": 3}, required=True),
    path="/things/{id}",
)
SENT = request(
    "since=2020-02-29T12:00:00Z&filter[color]=red&filter%5Buntil%5D=2020-03-01&tags=a,b&unknown=1",
    {"x-trace-ids": "1, 2", "cookie": "other=1; session=abc"},
    {"id": "7"},
)


def test_every_location() -> None:
    """Each parameter is found where it is, by its Python name, as the value that its schema makes of it."""
    values = EVERYWHERE.read(SENT)
    assert values.keys() == {"id", "since", "filter", "tags", "x_trace_ids", "session"}
    assert values["id"] == 7
    assert values["since"] == datetime(2020, 2, 29, 12, tzinfo=UTC)
    assert (type(values["filter"]).__name__, values["filter"].until) == ("Filter", date(2020, 3, 1))
    assert (values["tags"], values["x_trace_ids"], values["session"]) == (["a", "b"], [1, 2], "abc")


def test_written_as_read() -> None:
    values = EVERYWHERE.read(SENT)
    written = EVERYWHERE.write(values)
    cookies = "; ".join(written.cookies)
    headers = {name.lower(): text for name, text in written.headers} | {"cookie": cookies}
    assert EVERYWHERE.read(request("&".join(written.query), headers, written.path)) == values
    assert written.form == []


def test_all_problems_at_once() -> None:
    """Whatever is wrong in whichever location, each is told, with the place inside the value."""
    query = "since=now&filter[until]=soon&tags=a"
    assert faults(EVERYWHERE, query, {"x-trace-ids": "1,x,0"}, {"id": "0"}) == [
        ("cookie", "session", "required"),
        ("header", "X-Trace-Ids[1]", "type"),
        ("header", "X-Trace-Ids[2]", "minimum"),
        ("path", "id", "minimum"),
        ("query", "filter[until]", "format"),
        ("query", "since", "format"),
        ("query", "tags", "minItems"),
    ]


def test_what_cannot_be_read_does_not_hide_the_rest() -> None:
    """A text that is no value at all is told beside what is wrong with the values of others; once each."""
    inputs = inputs_of(
        parameter("a", "query", {"$ref": "#/components/schemas/Filter"}, style="deepObject", required=True),
        parameter("b", "query", INTEGER, required=True),
        parameter("c", "query", INTEGER),
    )
    assert faults(inputs, "a[color][=red&a=1&a[color]=red&c=0") == [
        ("query", "a", "conflict"),
        ("query", "b", "required"),
        ("query", "c", "minimum"),
    ]


def test_several_of_one() -> None:
    """A parameter of one value that is sent several times is told as such; a list where one may be, is not."""
    inputs = inputs_of(
        parameter("limit", "query", INTEGER), parameter("name", "query", {"type": "string"}),
        parameter("tags", "query", {"type": "array", "items": {"type": "string"}}), parameter("any", "query", {}),
    )  # fmt: skip
    assert faults(inputs, "limit=1&limit=2&name=a&name=b&tags=a&tags=b&any=1&any=2") == [
        ("query", "limit", "repeated"), ("query", "name", "repeated")
    ]  # fmt: skip
    assert inputs.read(request("any=1&any=2&tags=a&tags=b")) == {"any": ["1", "2"], "tags": ["a", "b"]}


def test_one_name_in_several_locations() -> None:
    inputs = inputs_of(*(parameter("id", location, INTEGER, required=True) for location in ("path", "query", "header")),
                       parameter("id", "cookie", INTEGER), path="/{id}")  # fmt: skip
    values = inputs.read(request("id=2", {"id": "3", "cookie": "id=4"}, {"id": "1"}))
    assert sorted(values.values()) == [1, 2, 3, 4]
    assert len(values) == 4
    written = inputs.write(values)
    assert written == ({"id": "1"}, ["id=2"], [("id", "3")], ["id=4"], [])
    assert faults(inputs, "id=0", {"id": "x"}, {"id": "1"}) == [("header", "id", "type"), ("query", "id", "minimum")]


# Strictness, defaults, emptiness


def test_undeclared_names_in_a_query() -> None:
    """They are passed over, unless the service is strict: then every one is told, beside other problems."""
    declared = [parameter("limit", "query", INTEGER),
                parameter("filter", "query", {"$ref": "#/components/schemas/Filter"}, style="deepObject")]  # fmt: skip
    known = "limit=1&filter[color]=red"
    assert inputs_of(*declared).read(request(known + "&Limit=1&x")).keys() == {"limit", "filter"}
    strict = inputs_of(*declared, strict_query=True)
    assert strict.read(request(known)).keys() == {"limit", "filter"}
    assert faults(strict, "limit=0&Limit=1&x") == [
        ("query", "Limit", "unknown"), ("query", "limit", "minimum"), ("query", "x", "unknown")
    ]  # fmt: skip
    assert faults(inputs_of(strict_query=True), "x=1") == [("query", "x", "unknown")]
    assert len(faults(strict, "y" * 5000)[0][1]) <= 100


def test_a_whole_query_takes_every_name() -> None:
    whole = {"in": "querystring", "name": "search", "content": {"application/x-www-form-urlencoded": {"schema": {
        "type": "object", "properties": {"limit": INTEGER}, "additionalProperties": {"type": "string"}}}}}  # fmt: skip
    inputs = inputs_of(whole, version="3.2", strict_query=True)
    search = inputs.read(request("limit=3&x=y"))["search"]
    assert (search.limit, search["x"]) == (3, "y")
    assert faults(inputs, "limit=0") == [("querystring", "search[limit]", "minimum")]


def test_defaults() -> None:
    """They stand in for what is absent, as values of Python, a fresh one each time; what is sent counts more."""
    inputs = inputs_of(
        parameter("limit", "query", {"type": "integer", "default": 20}, required=True),
        parameter("since", "query", {**DATE, "default": "2020-01-01"}),
        parameter("tags", "query", {"type": "array", "items": {"type": "string"}, "default": ["new"]}),
        parameter("unusable", "query", {"type": "integer", "default": "many"}),
    )
    values = inputs.read(request())
    assert values == {"limit": 20, "since": date(2020, 1, 1), "tags": ["new"]}
    values["tags"].append("changed")
    assert inputs.read(request("limit=5"))["tags"] == ["new"]
    assert inputs.read(request("limit=5"))["limit"] == 5
    assert faults(inputs, "limit=many") == [("query", "limit", "type")]


def test_empty_values() -> None:
    """`allowEmptyValue` lets an empty value pass its schema; nothing else does."""
    inputs = inputs_of(
        parameter("verbose", "query", {"type": "boolean"}, allowEmptyValue=True),
        parameter("level", "query", INTEGER, allowEmptyValue=True),
        parameter("other", "query", INTEGER),
    )
    assert inputs.read(request("verbose&level")) == {"verbose": True, "level": ""}
    assert faults(inputs, "level=&other=") == [("query", "other", "type")]


# Content


def test_parameters_that_are_json() -> None:
    json = {"application/json": {"schema": {"$ref": "#/components/schemas/Filter"}}}
    inputs = inputs_of(
        parameter("filter", "query", None, content=json), parameter("X-Filter", "header", None, content=json)
    )
    text = '{"color": "red, blue", "until": "2020-03-01"}'
    values = inputs.read(request("filter=" + quote(text), {"x-filter": text}))
    assert values["filter"] == values["x_filter"]
    assert values["filter"].until == date(2020, 3, 1)
    written = inputs.write(values)
    assert inputs.read(request("&".join(written.query), {"x-filter": written.headers[0][1]})) == values
    assert faults(inputs, "filter=red", {"x-filter": '{"until": 1}'}) == [
        ("header", "X-Filter[until]", "type"), ("query", "filter", "json")
    ]  # fmt: skip


# Writing


@pytest.mark.parametrize(
    ("arguments", "wrong"),
    [
        ({}, [("cookie", "session", "required"), ("path", "id", "required")]),
        ({"id": None, "session": None}, [("cookie", "session", "required"), ("path", "id", "required")]),
        ({"id": 0, "session": "abc"}, [("path", "id", "minimum")]),
        ({"id": "7", "session": "abc"}, [("path", "id", "type")]),
        ({"id": 1, "session": "abc", "filter": {"until": "soon"}}, [("query", "filter[until]", "format")]),
        ({"id": 1, "session": "abc", "tags": ["a,b", "\ud800"]}, [("query", "tags", "encoding")]),
    ],
    ids=str,
)
def test_what_is_not_sent(arguments: dict[str, Any], wrong: Any) -> None:
    """A client does not send what the other side would refuse."""
    with pytest.raises(InputFault) as caught:
        EVERYWHERE.write(arguments)
    assert told(caught.value) == wrong


def test_none_is_absent_but_where_null_is_a_value() -> None:
    inputs = inputs_of(parameter("a", "query", {"type": ["integer", "null"]}), parameter("b", "query", INTEGER))
    assert inputs.write({"a": None, "b": None}).query == ["a="]
    assert inputs.read(request("a=")) == {"a": None}
    assert inputs.write({"a": 1}).query == ["a=1"]


# Anything


@given(st.text(st.characters(max_codepoint=255), max_size=40), st.lists(TEXTS, min_size=3, max_size=3))
def test_any_request_is_read_or_refused(query: str, texts: list[str]) -> None:
    """Whatever is sent, there are values that the schemas allow, or problems; and these repeat nothing of what came."""
    secret = "s3cr3t"
    sent = request(
        f"{query}&since={secret}&filter[{quote(texts[0])}]={quote(texts[1])}&filter[until]={secret}",
        {"x-trace-ids": f"{texts[1]}, {secret}", "cookie": f"session={quote(texts[2])}"},
        {"id": texts[0] + secret},
    )
    with pytest.raises(InputFault) as caught:  # `since` is never right
        EVERYWHERE.read(sent)
    assert caught.value.problems
    assert secret not in str(caught.value)


@given(st.text(max_size=20), st.integers(1, 9))
def test_what_is_right_is_read(text: str, number: int) -> None:
    inputs = inputs_of(parameter("text", "query", {"type": "string"}), parameter("number", "query", INTEGER))
    values = {"text": text, "number": number}
    assert inputs.read(request("&".join(inputs.write(values).query))) == values
