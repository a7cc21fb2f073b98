"""The laws of the router."""

import re
from typing import NamedTuple

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pymacaron.router import Router, collisions, parse_template, split_segment


class R(NamedTuple):
    method: str
    path: str


def find(paths: list[str], path: str, method: str = "GET", query: str = "", **headers: str) -> object:
    """(template, values) of the route found among GET templates, or the methods of the path."""
    routes = [R(*p.split(" ")) if " " in p else R("GET", p) for p in paths]
    names = {name.replace("_", "-"): value for name, value in headers.items()}
    found = Router(routes).find(method, path, query, names)
    return (found[0].path, found[1]) if isinstance(found, tuple) else found


def test_literal() -> None:
    """A path without variables matches itself, with no values."""
    assert find(["/", "/v1/ping"], "/v1/ping") == ("/v1/ping", {})
    assert find(["/", "/v1/ping"], "/") == ("/", {})


def test_values_are_text_of_one_segment() -> None:
    """A variable takes one non-empty segment, as text."""
    assert find(["/items/{id}"], "/items/17") == ("/items/{id}", {"id": "17"})
    assert find(["/items/{id}"], "/items/") == frozenset()
    assert find(["/items/{id}"], "/items/1/2") == frozenset()
    assert find(["/items/{id}"], "/items") == frozenset()
    assert find(["/items/{item-id}"], "/items/ü d") == ("/items/{item-id}", {"item-id": "ü d"})


def test_trailing_slash_is_another_path() -> None:
    """/items/ and /items are different paths."""
    assert find(["/items/"], "/items") == frozenset()
    assert find(["/items/", "/items"], "/items/") == ("/items/", {})


@pytest.mark.parametrize("path", ["", "items", "items/1"])
def test_paths_begin_with_a_slash(path: str) -> None:
    """What does not begin with a slash is no path of ours."""
    assert find(["/", "/items", "/items/{id}"], path) == frozenset()


def test_literal_beats_template() -> None:
    """The concrete path is matched before the templated one (OpenAPI, Paths Object), from the left."""
    paths = ["/{a}/b", "/a/{b}", "/a/b", "/{a}/{b}"]
    assert find(paths, "/a/b") == ("/a/b", {})
    assert find(paths, "/a/x") == ("/a/{b}", {"b": "x"})
    assert find(paths, "/x/b") == ("/{a}/b", {"a": "x"})
    assert find(paths, "/x/y") == ("/{a}/{b}", {"a": "x", "b": "y"})


def test_a_dead_end_gives_way() -> None:
    """Where the more specific beginning leads nowhere, the less specific one is tried."""
    assert find(["/a/{x}/c", "/{y}/b/d"], "/a/b/d") == ("/{y}/b/d", {"y": "a"})


def test_another_method_gives_way() -> None:
    """A more specific path without the method gives way to a template that has it."""
    assert find(["GET /a/b", "POST /a/{x}"], "/a/b", "POST") == ("/a/{x}", {"x": "b"})


def test_text_beside_variables() -> None:
    """Text may stand before, after and between the variables of a segment."""
    paths = ["/{base}...{head}", "/{repo}-issues-{id}.zip", "/{sid}.json", "/x{rest}", "/{any}"]
    assert find(paths, "/main...topic") == ("/{base}...{head}", {"base": "main", "head": "topic"})
    assert find(paths, "/py-issues-7.zip") == ("/{repo}-issues-{id}.zip", {"repo": "py", "id": "7"})
    assert find(paths, "/AC1.json") == ("/{sid}.json", {"sid": "AC1"})
    assert find(paths, "/xyz") == ("/x{rest}", {"rest": "yz"})
    assert find(paths, "/x") == ("/{any}", {"any": "x"})
    assert find(paths, "/.json") == ("/{any}", {"any": ".json"})
    assert find(["/items/{id}:cancel"], "/items/7:cancel") == ("/items/{id}:cancel", {"id": "7"})


def test_more_text_beats_less() -> None:
    """Among segments with variables, the one with more text wins, whatever the order of declaration."""
    for paths in (["/{a}", "/{a}n", "/{a}.json"], ["/{a}.json", "/{a}n", "/{a}"]):
        assert find(paths, "/x.json") == ("/{a}.json", {"a": "x"})
        assert find(paths, "/xn") == ("/{a}n", {"a": "x"})
        assert find(paths, "/xo") == ("/{a}", {"a": "xo"})


def test_names_of_variables_do_not_matter() -> None:
    """Two templates that differ in names only both work, and each gives its own names."""
    paths = ["GET /a/{id}", "POST /a/{name}", "GET /a/{id}/x", "GET /a/{name}/y"]
    assert find(paths, "/a/1") == ("/a/{id}", {"id": "1"})
    assert find(paths, "/a/1", "POST") == ("/a/{name}", {"name": "1"})
    assert find(paths, "/a/1/x") == ("/a/{id}/x", {"id": "1"})
    assert find(paths, "/a/1/y") == ("/a/{name}/y", {"name": "1"})


def test_unknown_path_and_wrong_method() -> None:
    """An unknown path has no methods; a known one has its own, HEAD beside GET, and OPTIONS."""
    paths = ["GET /a/{id}", "DELETE /a/{name}", "PUT /a/b"]
    assert find(paths, "/b") == frozenset()
    assert find(paths, "/a/1", "POST") == {"GET", "HEAD", "DELETE", "OPTIONS"}
    assert find(paths, "/a/b", "POST") == {"GET", "HEAD", "DELETE", "OPTIONS", "PUT"}
    assert find(paths, "/a/b", "get") == {"GET", "HEAD", "DELETE", "OPTIONS", "PUT"}


def test_head_falls_to_get() -> None:
    """HEAD finds the GET, unless there is a HEAD."""
    assert find(["/a"], "/a", "HEAD") == ("/a", {})
    assert find(["/a", "HEAD /{b}"], "/a", "HEAD") == ("/a", {})
    routes = [R("GET", "/a"), R("HEAD", "/a")]
    assert Router(routes).find("HEAD", "/a") == (routes[1], {})


def test_percent_encoding_of_the_document() -> None:
    """Text of a template may be percent-encoded, as in a URL; PATH_INFO is not."""
    assert find(["/%40scope/caf%C3%A9"], "/@scope/café") == ("/%40scope/caf%C3%A9", {})


def test_query_parts() -> None:
    """Of operations on one route, the one with the most parts that hold is found."""
    paths = ["/o", "/o?status=open", "/o?status=open&page", "/o?a=b%20c"]
    assert find(paths, "/o") == ("/o", {})
    assert find(paths, "/o", query="status=closed") == ("/o", {})
    assert find(paths, "/o", query="x=1&status=open") == ("/o?status=open", {})
    assert find(paths, "/o", query="status=open&page=") == ("/o?status=open&page", {})
    assert find(paths, "/o", query="a=b+c") == ("/o?a=b%20c", {})
    assert find(["/o?beta=true"], "/o") == frozenset()
    assert find(["/o?beta=true", "POST /o"], "/o", "POST") == ("/o", {})
    assert find(["/o/{id}?beta=true"], "/o/1", query="beta=true") == ("/o/{id}?beta=true", {"id": "1"})
    assert find(["/search?q={q}"], "/search", query="q=x") == ("/search?q={q}", {})


def test_fragment_parts() -> None:
    """A part after "#" is looked for in the query, then in a header of that name."""
    paths = ["POST /#X-Target=Put", "POST /#X-Target=Get", "POST /#acl"]
    assert find(paths, "/", "POST", x_target="Get") == ("/#X-Target=Get", {})
    assert find(paths, "/", "POST", "X-Target=Put", x_target="Get") == ("/#X-Target=Put", {})
    assert find(paths, "/", "POST", "acl") == ("/#acl", {})
    assert find(paths, "/", "POST") == frozenset()
    assert find(["/o?x-id=1"], "/o", x_id="1") == frozenset()


def test_collisions() -> None:
    """Routes that no request can tell apart are reported; the names of variables do not tell them apart."""
    routes = [
        R("GET", "/a/{b}"),
        R("GET", "/a/{c}"),
        R("POST", "/a/{c}"),
        R("GET", "/a/{b}?x=1"),
        R("GET", "/a/{c}?x=1"),
    ]
    assert collisions(routes) == [(routes[0], routes[1]), (routes[3], routes[4])]
    assert collisions([R("GET", "/a?x&y"), R("GET", "/a?y&x")])
    assert not collisions([R("GET", "/a?x"), R("GET", "/a#x"), R("GET", "/a?x=1")])


texts = st.text("ab.", max_size=3)


@given(st.lists(texts, min_size=2, max_size=5), st.text("ab.", max_size=12))
def test_segments_split_as_a_greedy_pattern_does(segment: list[str], part: str) -> None:
    """What a segment gives its variables is what the regular expression (.+) would, without its backtracking."""
    pattern = "(.+)".join(map(re.escape, segment))
    match = re.fullmatch(pattern, part)
    assert split_segment(tuple(segment), part) == (match.groups() if match else None)


pieces = st.sampled_from(["a", "b", "{x}", "a{x}", "{x}.b"])
templates = st.lists(pieces, min_size=1, max_size=3).map(lambda parts: "/" + "/".join(parts))


@given(st.lists(templates, max_size=6, unique=True), st.lists(st.sampled_from(["a", "b", "ab", "a.b", ""]), max_size=3))
def test_what_is_found_matches(paths: list[str], parts: list[str]) -> None:
    """A route is found exactly if some template matches, and the one found does."""
    path = "/" + "/".join(parts)

    def matches(template: str) -> bool:
        return re.fullmatch(re.sub(r"\\{x\\}", "[^/]+", re.escape(template)), path) is not None

    found = Router([R("GET", template) for template in paths]).find("GET", path)
    if isinstance(found, tuple):
        assert matches(found[0].path)
    else:
        assert not any(map(matches, paths))
        assert found == frozenset()


def test_many_ways_take_no_longer() -> None:
    """No path makes the search go through a part of the table twice."""
    deep = ["/" + "/".join("a" if way >> step & 1 else "{x}" for step in range(8)) for way in range(256)]
    router = Router([R("GET", path + "/end") for path in deep])
    assert router.find("GET", "/a" * 8 + "/nowhere") == frozenset()
    long = Router([R("GET", "/" + "{x}-" * 20 + "{x}")])
    assert long.find("GET", "/" + "-" * 20_000)


def test_templates() -> None:
    """A template has the texts of its segments, its names and its conditions."""
    template = parse_template("/a/{b}.{c}?d=e#f")
    assert template.segments == (("a",), ("", ".", ""))
    assert template.names == ("b", "c")
    assert template.conditions == ((False, "d", "e"), (True, "f", None))
