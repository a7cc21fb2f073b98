"""Which representation a Content-Type means, and which one an Accept header wants (RFC 9110)."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import nullcontext
from pathlib import Path
from time import process_time
from typing import Any

import pytest
from drawn import api_of
from hypothesis import given
from hypothesis import strategies as st
from services import JSON, Project, answers, operation, project_in

from pymacaron.bodies import declared_media_type, kind_of, parse_media_type, specificity
from pymacaron.exceptions import NotAcceptableError
from pymacaron.negotiation import Preference, check_acceptable, content_for, name_of, preference
from pymacaron.operations import Content, Operation

# Media types

TOKENS = st.text("abcdefghijklmnopqrstuvwxyz0123456789.-", min_size=1, max_size=6)
NAMES = st.tuples(TOKENS, TOKENS).map("/".join)
VALUES = st.text(st.characters(min_codepoint=32, max_codepoint=126), max_size=8)


@given(NAMES, st.dictionaries(TOKENS, VALUES, max_size=3))
def test_media_types_are_read_as_they_are_written(name: str, parameters: dict[str, str]) -> None:
    """parse(str(media type)) is the media type, whatever its parameters hold: quotes, semicolons, backslashes."""
    media = parse_media_type(name)._replace(parameters=parameters)
    assert parse_media_type(str(media)) == media


def test_long_media_types() -> None:
    """A media type of many quotes, as a part of a body may have one, is read in a moment."""
    start = process_time()
    assert parse_media_type("text/plain; " + 'a="\\";' * 200_000).parameters.keys() == {"a"}
    assert process_time() - start < 2


def test_long_wishes() -> None:
    """Nobody has a service think for long about what he would like: one wish too many is not read, too long ones say
    anything."""
    assert len(preference("a/b," * 900)._ranges) == 100
    assert preference("*," * 30_000)._ranges == ()


@pytest.mark.parametrize(
    ("wider", "media", "rank"),
    [
        ("*/*", "text/csv", 1), ("text/*", "text/csv", 2), ("application/*+json", "application/hal+json", 3),
        ("text/csv", "text/csv", 5), ("text/csv", "text/csv;header=present", 5),
        ("text/csv;header=present", "text/csv", 4), ("text/csv;header=present", "text/csv; header=Present", 6),
        ("text/csv;header=present", "text/csv;header=absent", 0), ("text/csv;charset=utf-8", "text/csv", 5),
        ("text/csv;charset=utf-8", "text/csv;charset=latin-1", 5), ("*", "text/csv", 1), ("TEXT/CSV", "text/csv", 5),
        ("text/csv", "text/html", 0), ("text/*", "image/png", 0), ("application/*+json", "application/json", 0),
        ("application/json, charset=utf-8", "application/json", 5), ("text", "text/csv", 0),
    ],
)  # fmt: skip
def test_specificity(wider: str, media: str, rank: int) -> None:
    """Names beat ranges, suffixes beat types, parameters that agree count; a charset counts for nothing."""
    assert specificity(declared_media_type(wider), parse_media_type(media)) == rank


@pytest.mark.parametrize(
    ("name", "kind"),
    [
        ("application/json", "json"), ("application/vnd.api+json", "json"), ("text/json", "json"),
        ("application/problem+json", "json"), ("application/x-www-form-urlencoded", "form"),
        ("multipart/form-data", "multipart"), ("application/x-ndjson", "lines"), ("application/jsonl", "lines"),
        ("application/json-seq", "records"), ("application/geo+json-seq", "records"), ("text/event-stream", "events"),
        ("text/csv", "text"), ("application/xml", "binary"), ("image/png", "binary"), ("multipart/mixed", "binary"),
    ],
)  # fmt: skip
def test_kinds(name: str, kind: str) -> None:
    """Which codec reads a media type."""
    assert kind_of(name) == kind


# Operations


def operation_of(*media_types: str, side: str = "responses", **more: Any) -> Operation:
    """An operation that takes, or answers, these media types."""
    content: dict[str, Any] = {"content": {media: {} for media in media_types}}
    body = {"200": {"description": "", **content}, **more} if side == "responses" else content
    (made,) = api_of({}, paths={"/f": {"post": {"responses": {}} | {side: body}}}).document.operations
    return made


def offered(*media_types: str) -> Sequence[Content]:
    return operation_of(*media_types).answers["200"].contents


@pytest.mark.parametrize(
    ("declared", "sent", "found"),
    [
        (["*/*", "text/*", "text/csv"], "text/csv", "text/csv"), (["*/*", "text/*"], "text/csv", "text/*"),
        (["*/*", "application/*+json", "application/*"], "application/a+json", "application/*+json"),
        (["application/json; v=1", "application/json; v=2"], "application/json;v=2", "application/json; v=2"),
        (["application/json; v=1", "application/json"], "application/json;v=3", "application/json"),
        (["application/json; v=1"], "application/json", "application/json; v=1"),
        (["application/json; v=1"], "application/json;v=2", None), (["text/csv"], "text/html", None),
        (["application/json"], 'Application/JSON; charset="UTF-8"', "application/json"),
    ],
)  # fmt: skip
def test_the_most_specific_declaration_wins(declared: list[str], sent: str, found: str | None) -> None:
    """Of several that speak of a Content-Type."""
    content = content_for(operation_of(*declared, side="requestBody").contents, parse_media_type(sent))
    assert (content and content.media_type) == found


# Accept

RFC_9110 = "text/*;q=0.3, text/plain;q=0.7, text/plain;format=flowed, text/plain;format=fixed;q=0.4, */*;q=0.5"


@pytest.mark.parametrize(
    ("accept", "order"),
    [
        (None, "json csv html"), ("", "json csv html"), ("*/*", "json csv html"), ("nonsense", "json csv html"),
        (";;q=,,", "json csv html"), ("text/html", "html"), ("text/*", "csv html"), ("text/html, */*", "html json csv"),
        ("text/html;q=0.5, text/csv;q=0.6", "csv html"), ("text/html;q=0, */*", "json csv"), ("text/html;q=0", ""),
        ("application/json;q=0.1, */*;q=0.2", "csv html json"), ("image/png", ""), ("TEXT/HTML", "html"),
        ("text/html;q=.3, *;q=.2", "html json csv"), ("text/html;q=1.000,text/csv;q=0.999", "html csv"),
        ("application/json;charset=utf-8", "json"), ("application/json; profile=x", "json"),
        ("text/html;q=0.4;level=1, application/json;q=nonsense", "json html"),
        # axios, then a browser
        ("application/json, text/plain, */*", "json csv html"),
        ("text/html,application/xhtml+xml,application/xml;q=0.9,image/avif,image/webp,*/*;q=0.8", "html json csv"),
    ],
)  # fmt: skip
def test_the_order_of_what_is_wanted(accept: str | None, order: str) -> None:
    """By weight, then by how specifically it is asked for, then as the document has it; weight 0 is never."""
    contents = offered("application/json", "text/csv", "text/html")
    assert [name_of(one).partition("/")[2] for one in preference(accept).order(contents)] == order.split()


def test_parameters_in_ranges() -> None:
    """The example of RFC 9110 section 12.5.1: each media type has the weight of the range that is most specific."""
    wanted = ["text/plain;format=flowed", "text/plain", "image/jpeg", "text/plain;format=fixed", "text/html"]
    contents = offered(*reversed(wanted))
    assert [one.media_type for one in preference(RFC_9110).order(contents)] == wanted


TYPES = ["application/json", "text/csv", "text/html", "image/png", "application/hal+json"]
RANGES = st.tuples(
    st.sampled_from([*TYPES, "text/*", "application/*", "image/*", "*/*"]),
    st.sampled_from(["", ";q=0", ";q=0.2", ";q=0.9"]),
).map("".join)


def weight(accept: list[str], media: str) -> float:
    """What RFC 9110 says, put another way: ask for the name, then the group, then everything."""
    for wanted in (media, media.partition("/")[0] + "/*", "*/*"):
        found = [one.partition(";q=")[2] or "1" for one in accept if one.partition(";")[0] == wanted]
        if found:
            return max(map(float, found))
    return 0


@given(st.lists(RANGES, min_size=1, max_size=5), st.lists(st.sampled_from(TYPES), min_size=1, max_size=4, unique=True))
def test_weights(accept: list[str], media_types: list[str]) -> None:
    """What is wanted is what has a weight, the heaviest first."""
    found = [one.media_type for one in preference(", ".join(accept)).order(offered(*media_types))]
    assert sorted(found) == sorted(media for media in media_types if weight(accept, media))
    weights = [weight(accept, media) for media in found]
    assert weights == sorted(weights, reverse=True)


@given(st.text(max_size=40))
def test_any_header_can_be_read(accept: str) -> None:
    """Whatever comes, something is made of it."""
    assert isinstance(preference(accept), Preference)
    assert len(preference(accept).order(offered("application/json"))) < 2


def test_ranges_that_are_offered() -> None:
    """A document that offers image/* has what asks for image/png, or for anything."""
    images = offered("image/*")
    for accept in ("image/png", "image/*", "*/*"):
        assert preference(accept).order(images)
    assert not preference("text/csv").order(images)


@pytest.mark.parametrize(
    ("responses", "is_acceptable"),
    [
        ({}, False), ({"204": {"description": "no body"}}, True), ({"default": {"description": "no body"}}, False),
        ({"404": {"description": "no body"}}, False), ({"201": {"description": "", "content": {"text/csv": {}}}}, True),
        ({"2XX": {"description": "", "content": {"text/csv": {}}}}, True),
    ],
)  # fmt: skip
def test_what_any_success_may_be(responses: dict[str, Any], is_acceptable: bool) -> None:
    """There is something acceptable if any 2xx has it, or has no body; of others only if there is no 2xx."""
    checked = operation_of(JSON, **responses)
    with nullcontext() if is_acceptable else pytest.raises(NotAcceptableError, match=JSON):
        check_acceptable(checked, preference("text/csv"))


# In a service


@pytest.fixture(params=["lane", "flask"])
def project(tmp_path: Path, request: pytest.FixtureRequest) -> Iterator[Project]:
    with project_in(tmp_path, dispatch=request.param) as made:
        yield made


THREE = {"200": {"description": "ok", "content": {JSON: {"schema": {"type": "object"}}, "text/csv": {}, "image/*": {}}}}


def test_the_value_and_the_caller_choose(project: Project) -> None:
    """A function's value goes out as the representation that suits it, of several the one that the caller wants."""
    project.functions(
        """
        def a_dict(): return {"a": 1}
        def text(): return "a,b"
        def raw(): return b"png", {"Content-Type": "image/png"}
        """
    )
    project.document({f"/{name}": {"get": operation(name, responses=THREE)} for name in ("a_dict", "text", "raw")})
    client = project.start()
    for accept in (None, "*/*", "application/json, text/csv, image/*", "text/csv, application/json;q=0.1, image/png"):
        headers = {"Accept": accept} if accept else {}
        got = {path: client.get(path, headers=headers) for path in ("/a_dict", "/text", "/raw")}
        assert [answer.content_type for answer in got.values()] == [JSON, "text/csv; charset=utf-8", "image/png"]
        assert all(answer.headers["Vary"] == "Accept" for answer in got.values())


def test_the_caller_chooses_among_what_suits(project: Project) -> None:
    """Rows may go out as JSON or as lines: the caller says; who says nothing gets what the document has first."""
    project.functions("def rows(): return [{'a': 1}, {'a': 2}]")
    content = {media: {"schema": {"type": "array"}} for media in (JSON, "application/x-ndjson")}
    project.document({"/f": {"get": operation("rows", responses={"200": {"description": "", "content": content}})}})
    client = project.start()
    for accept, body in {
        None: b'[{"a":1},{"a":2}]', "application/json": b'[{"a":1},{"a":2}]',
        "application/x-ndjson": b'{"a":1}\n{"a":2}\n', "application/x-ndjson, */*;q=0.1": b'{"a":1}\n{"a":2}\n',
    }.items():  # fmt: skip
        assert client.get("/f", headers={"Accept": accept} if accept else {}).data == body


def test_nothing_is_acceptable(project: Project) -> None:
    """406 before the function is called, as JSON, which is also how its errors come, whatever the caller wants."""
    project.functions(
        """
        called = []

        def f(): called.append(1)
        def fails(): raise KeyError("secret")
        """
    )
    responses = answers(**{"200": {}, "404": {}})
    project.document({f"/{name}": {"get": operation(name, responses=responses)} for name in ("f", "fails")})
    client = project.start()
    for _ in range(2):
        answer: Any = client.get("/f", headers={"Accept": "text/html"})
        assert (answer.status_code, answer.json["error"], answer.content_type) == (406, "NOT_ACCEPTABLE", JSON)
    import handlers  # type: ignore[import-not-found]  # the module that the project has just written

    assert not handlers.called
    answer = client.get("/fails", headers={"Accept": "application/json;q=0.1, text/html"})
    assert (answer.status_code, answer.content_type) == (500, JSON)


def test_many_headers_are_not_remembered(project: Project) -> None:
    """Callers may send any number of different Accept headers."""
    project.functions("def f(): return {}")
    project.document({"/f": {"get": operation("f", responses=answers(**{"200": {}}))}})
    client = project.start()
    for number in range(200):
        answer = client.get("/f", headers={"Accept": f"application/json, x/y{number}" + " " * 10 * number})
        assert (answer.status_code, answer.json) == (200, {})


def test_what_is_not_taken(project: Project) -> None:
    """415 with what is taken, in words and in the Accept header."""
    project.functions("def f(body): return body")
    taken = {"required": True, "content": {JSON: {}, "application/merge-patch+json": {}}}
    project.document({"/f": {"patch": operation("f", requestBody=taken)}})
    client = project.start()
    for headers in ({"Content-Type": "text/csv"}, {}):
        answer: Any = client.patch("/f", data=b"a", headers=headers)
        assert (answer.status_code, answer.json["error"]) == (415, "UNSUPPORTED_MEDIA_TYPE")
        assert answer.headers["Accept"] == "application/json, application/merge-patch+json"
    assert client.patch("/f", data=b"{}", content_type="application/merge-patch+json").json == {}
