"""Laws of references: where they lead, across files and names; that they end; what is said when they lead nowhere."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any
from urllib.parse import quote

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pymacaron._types import json_pointer
from pymacaron.documents import (
    Cache,
    Fault,
    FileFault,
    Files,
    Node,
    ReferenceFault,
    find_documents,
    findings,
    is_openapi,
)
from pymacaron.names import suggest

KEYS = st.text(max_size=4) | st.sampled_from(["a/b", "~", "~1", "%41", "0", "01", "-", "$ref", "{id}", "é", "#", " "])
VALUES = st.recursive(
    st.integers(), lambda inner: st.lists(inner, max_size=4) | st.dictionaries(KEYS, inner, max_size=4)
)


def no_cache(remote: Callable[[str], bytes] | None = None) -> Files:
    return Files(Cache(None), remote)


def write(folder: Path, **documents: Any) -> Files:
    """Write each document as a JSON file, or its text as YAML."""
    for name, document in documents.items():
        if isinstance(document, str):
            (folder / f"{name}.yaml").write_text(document)
        else:
            (folder / f"{name}.json").write_text(json.dumps(document))
    return no_cache()


def all_nodes(node: Node) -> list[Node]:
    inner = [child for _, child in node.items()] + list(node.elements())
    return [node, *(found for child in inner for found in all_nodes(child))]


def fault_at(node: Node) -> Fault:
    with pytest.raises(ReferenceFault) as caught:
        node.follow()
    return caught.value.fault


# Cursors


@given(VALUES)
def test_nodes(tmp_path_factory: pytest.TempPathFactory, value: Any) -> None:
    """A node is found by `get`, `at`, `items` and `elements` alike, with its value and its way from the root."""
    path = tmp_path_factory.getbasetemp() / "nodes.json"
    path.write_text(json.dumps(value))
    root = no_cache().open(path).root
    for node in all_nodes(root):
        reached, expected = root, value
        for step in node.pointer:
            reached, expected = reached.at(step), expected[step]
            assert reached == root.file.root if not reached.pointer else reached != root
        assert (reached, hash(reached), reached.value) == (node, hash(node), expected)
        assert node.get("no such key") is None
        assert node.get(99) is node.get(-1) is None
        with pytest.raises(KeyError):
            node.at("no such key")


def test_ref_is_a_text(tmp_path: Path) -> None:
    """Only a text is a reference: a property that happens to be called `$ref` has a mapping for its value."""
    files = write(
        tmp_path, a={"properties": {"$ref": {"type": "string"}}, "real": {"$ref": "#/properties"}, "l": ["$ref"]}
    )
    root = files.open(tmp_path / "a.json").root
    assert [root.at(key).ref for key in ("properties", "real", "l")] == [None, "#/properties", None]
    assert root.at("properties").follow() == root.at("properties")
    assert root.at("real").follow() == root.at("properties")


# JSON pointers


@given(VALUES, st.booleans())
def test_pointers(tmp_path_factory: pytest.TempPathFactory, value: Any, other_file: bool) -> None:
    """Every place in every document is reached by its JSON pointer, percent-encoded as in a URI, from anywhere."""
    folder = tmp_path_factory.getbasetemp()
    files = write(folder, pointed=value, from_here={})
    base = files.open(folder / ("from_here.json" if other_file else "pointed.json")).root
    for node in all_nodes(files.open(folder / "pointed.json").root):
        ref = f"{'pointed.json' if other_file else ''}#{quote(json_pointer(node.pointer))}"
        assert files.resolve(base, ref) == node
        assert files.resolve(base, ref) is files.resolve(base, ref)


@given(st.dictionaries(KEYS, st.integers()), st.lists(st.integers(), max_size=3), KEYS)
def test_pointers_to_nothing(
    tmp_path_factory: pytest.TempPathFactory, inner: dict[str, int], items: list[int], key: str
) -> None:
    """A pointer to what is not there is a fault, for mappings and lists; "01" and "-" are no indexes."""
    folder = tmp_path_factory.getbasetemp()
    root = write(folder, nothing={"m": inner, "l": items}).open(folder / "nothing.json").root
    for holder, known in (("m", key in inner), ("l", key.isascii() and key.isdecimal() and str(int(key)) == key)):
        ref = f"#/{holder}{quote(json_pointer((key,)))}"
        if known and (holder == "m" or int(key) < len(items)):
            assert root.file.files.resolve(root, ref).pointer[0] == holder
        else:
            with pytest.raises(ReferenceFault):
                root.file.files.resolve(root, ref)


def test_raw_percent(tmp_path: Path) -> None:
    """A key that holds a percent sign is found when written as it is, too, unless another one is meant."""
    root = write(tmp_path, a={"100%": 1, "%41": 2, "A": 3, "%42": 4}).open(tmp_path / "a.json").root
    values = {
        ref: root.file.files.resolve(root, ref).value for ref in ("#/100%", "#/100%25", "#/%41", "#/%2541", "#/%42")
    }
    assert values == {"#/100%": 1, "#/100%25": 1, "#/%41": 3, "#/%2541": 2, "#/%42": 4}


# Chains and circles


@given(st.lists(st.tuples(st.integers(0, 2), st.integers(0, 8), st.booleans()), min_size=1, max_size=9))
def test_chains_end(tmp_path_factory: pytest.TempPathFactory, links: list[tuple[int, int, bool]]) -> None:
    """Following references, through any number of files, ends at the first value that is none, or with a fault at the
    first reference if they go in a circle."""
    folder = tmp_path_factory.getbasetemp()
    ends = {index for index, (_, _, end) in enumerate(links) if end}
    place = [file for file, _, _ in links]
    to = [target % len(links) for _, target, _ in links]
    documents: list[dict[str, Any]] = [{}, {}, {}]
    for index in range(len(links)):
        ref = {"$ref": f"chain{place[to[index]]}.json#/n{to[index]}"}
        documents[place[index]][f"n{index}"] = index if index in ends else ref
    files = write(folder, chain0=documents[0], chain1=documents[1], chain2=documents[2])
    for index in range(len(links)):
        start = files.open(folder / f"chain{place[index]}.json").root.at(f"n{index}")
        last = index
        for _ in links:
            last = last if last in ends else to[last]
        if last in ends:
            assert start.follow().value == last
        else:
            fault = fault_at(start)
            assert "circular" in fault.fact
            assert (fault.file, fault.pointer) == (start.file.path, (f"n{index}", "$ref"))


# Files


def test_relative_to_the_file(tmp_path: Path) -> None:
    """A location is relative to the file it stands in, may be percent-encoded, may be a file: URI; one file reached in
    several ways is one file."""
    (tmp_path / "schemas" / "deep er").mkdir(parents=True)
    (tmp_path / "api.yaml").write_text("a: {$ref: 'schemas/deep%20er/x.yaml#/x'}\nb: {$ref: ./schemas/y.json}\n")
    (tmp_path / "schemas" / "deep er" / "x.yaml").write_text(
        "x: {$ref: '../y.json#/y'}\nback: {$ref: ../../api.yaml#/b}"
    )
    (tmp_path / "schemas" / "y.json").write_text(json.dumps({"y": 1, "z": {"$ref": (tmp_path / "api.yaml").as_uri()}}))
    (tmp_path / "link.yaml").symlink_to("api.yaml")
    files = no_cache()
    root = files.open(tmp_path / "api.yaml").root
    y = root.at("b").follow()
    assert root.at("a").follow() == y.at("y")
    assert files.resolve(root, "schemas/deep%20er/x.yaml#/back").follow() == y
    assert y.at("z").follow() == root
    assert files.open(tmp_path / "link.yaml") is root.file
    assert len(files.opened) == 3


def test_faults_of_other_files(tmp_path: Path) -> None:
    """A reference into a file that cannot be parsed is a fault of that file, there; it is told once."""
    root = (
        write(tmp_path, a="a: {$ref: b.yaml#/x}\nb: {$ref: b.yaml#/y}\n", b="x: [1\ny: ]]\n")
        .open(tmp_path / "a.yaml")
        .root
    )
    faults = [fault_at(root.at(key)) for key in ("a", "b")]
    [finding] = findings(faults)
    assert finding.place.endswith("b.yaml:2:1") or finding.place.endswith("b.yaml:2:2")


@pytest.mark.parametrize(
    ("ref", "fact", "cure"),
    [
        ("#/components/schemas/Pett", "components.schemas has no 'Pett'", "did you mean '#/components/schemas/Pet'?"),
        ("#/component/schemas/Pet", "the document has no 'component'", "did you mean '#/components/schemas/Pet'?"),
        ("#/components/schemas/pet/id", "has no 'pet'", "did you mean '#/components/schemas/Pet/id'?"),
        ("#/definitions/Pet", "the document has no 'definitions'", "did you mean '#/components/schemas/Pet'?"),
        ("#/paths/~1pet", "paths has no '/pet'", "did you mean '#/paths/~1pets'?"),
        ("#/paths/~1ref/get", "has no 'get'", "that is itself a reference: refer to what 'pets.yaml#/get' leads to"),
        ("#/list/7", "list has no '7'", None),
        ("#components/schemas/Pet", "no schema has the $anchor", "did you mean '#/components/schemas/Pet'?"),
        ("Pet", "Pet does not exist", "did you mean '#/components/schemas/Pet'?"),
        ("schema/pets.yaml#/get", "does not exist", "did you mean 'schemas/pets.yaml#/get'?"),
        ("schemas/pet.yml#/get", "does not exist", "did you mean 'schemas/pets.yaml#/get'?"),
        ("schemas", "is a folder", None),
        ("https://example.com/a.yaml", "is remote", "remote_refs: true"),
        ("//example.com/a.yaml", "no schema has this $id", "$id"),
        ("urn:example:pet", "no schema has this $id", "$id"),
        ("http://[", "is not a URI", None),
        ("nul%00.yaml", "is not a path", None),
    ],
)
def test_leads_nowhere(tmp_path: Path, ref: str, fact: str, cure: str | None) -> None:
    """A reference that leads nowhere is a fault at its text, which says how far it led and what was probably meant."""
    (tmp_path / "schemas").mkdir()
    (tmp_path / "schemas" / "pets.yaml").write_text("get: {}")
    document = {
        "components": {"schemas": {"Pet": {"id": 1}}}, "list": [1], "use": {"$ref": ref},
        "paths": {"/pets": {}, "/ref": {"$ref": "pets.yaml#/get"}},
    }  # fmt: skip
    fault = fault_at(write(tmp_path, a=document).open(tmp_path / "a.json").root.at("use"))
    assert (fault.file, fault.pointer) == (str(tmp_path / "a.json"), ("use", "$ref"))
    assert fact in fault.fact
    assert ref in fault.fact
    assert (fault.cure is None) if cure is None else cure in (fault.cure or "")


def test_remote(tmp_path: Path) -> None:
    """With a function that fetches, http(s) references lead on, relative ones within them too, and what it raises is a
    fault; each file is fetched once."""
    served = {"https://x.org/d/a.yaml": b"a: {$ref: '../b.json#/b'}", "https://x.org/b.json": b'{"b": 1}'}
    asked = []

    def fetch(url: str) -> bytes:
        asked.append(url)
        return served[url]

    write(tmp_path, a="a: {$ref: 'https://x.org/d/a.yaml#/a'}\nb: {$ref: 'https://x.org/no'}\n")
    root = no_cache(fetch).open(tmp_path / "a.yaml").root
    assert [root.at("a").follow().value for _ in range(2)] == [1, 1]
    assert "cannot be fetched" in fault_at(root.at("b")).fact
    assert asked == ["https://x.org/d/a.yaml", "https://x.org/b.json", "https://x.org/no"]
    with pytest.raises(FileFault, match="is remote"):
        no_cache().open("https://x.org/b.json")


# Names of their own: $id, $anchor, $dynamicAnchor, $self


NAMED = {
    "openapi": "3.1.0",
    "components": {
        "schemas": {
            "Tree": {
                "$id": "https://example.com/tree",
                "$anchor": "tree",
                "properties": {"kids": {"items": {"$ref": "#/$defs/kid"}}, "$id": {"type": "string"}},
                "$defs": {"kid": {"$dynamicAnchor": "kid", "$ref": "leaf"}},
            },
            "Leaf": {"$id": "https://example.com/leaf", "$anchor": "same", "type": "null"},
            "Plain": {"$anchor": "same", "example": {"$id": "https://example.com/data", "$anchor": "data"}},
            "Users": {
                "$id": "urn:example:users",
                "$defs": {"inner": {"x": 1}},
                "in": [{"$ref": "#/$defs/inner"}, {"$ref": "#/components/schemas/Plain"}, {"$ref": "#"}],
            },
        }
    },
}
LEADS = {
    "#same": "Plain", "https://example.com/leaf#same": "Leaf", "https://example.com/tree": "Tree",
    "https://example.com/tree#tree": "Tree", "https://example.com/tree#/$defs/kid": "Tree/$defs/kid",
    "https://example.com/tree#kid": "Tree/$defs/kid", "urn:example:users#/$defs/inner": "Users/$defs/inner",
    "other.yaml#there": None, "https://example.com/other": None,
}  # fmt: skip


def test_identifiers(tmp_path: Path) -> None:
    """Schemas are found by `$id`, `$anchor` and `$dynamicAnchor`, relative to the `$id` around the reference, whichever
    open file they are in; properties of that name and examples identify nothing (JSON Schema 2020-12 core, 8.2)."""
    files = write(tmp_path, a=NAMED, other="$id: https://example.com/other\n$defs: {x: {$anchor: there}}\n")
    root = files.open(tmp_path / "a.json").root
    schemas = root.at("components").at("schemas")
    for ref, to in LEADS.items():
        target = files.resolve(root, ref)
        if to:
            assert target.pointer == ("components", "schemas", *to.split("/")), ref
        else:
            assert target.file.path.endswith("other.yaml")
    tree = schemas.at("Tree")
    kid = tree.at("properties").at("kids").at("items").follow()
    assert kid == schemas.at("Leaf")
    inner, plain, whole = schemas.at("Users").at("in").elements()
    assert inner.follow().value == {"x": 1}
    assert plain.follow() == schemas.at("Plain")  # as published documents mean it, where the standard leads nowhere
    assert whole.follow() == schemas.at("Users")
    for nowhere in ("#data", "https://example.com/data", "#tree", "https://example.com/tree#same"):
        with pytest.raises(ReferenceFault):
            files.resolve(root, nowhere)


def test_near_anchor(tmp_path: Path) -> None:
    """A misspelt anchor is told with the nearest one."""
    root = (
        write(tmp_path, a={"$defs": {"x": {"$anchor": "address"}}, "use": {"$ref": "#adress"}})
        .open(tmp_path / "a.json")
        .root
    )
    assert fault_at(root.at("use")).cure == "did you mean '#address'?"


@pytest.mark.parametrize("version", [{"swagger": "2.0"}, {"openapi": "3.0.3"}])
def test_older_versions_have_no_identifiers(tmp_path: Path, version: dict[str, str]) -> None:
    """Before OpenAPI 3.1, `$id` and `$anchor` mean nothing."""
    root = write(tmp_path, a={**NAMED, "openapi": None, **version}).open(tmp_path / "a.json").root
    with pytest.raises(ReferenceFault, match="leads nowhere"):
        root.file.files.resolve(root, "#same")


def test_self(tmp_path: Path) -> None:
    """A document's `$self` is what its relative references are relative to (OpenAPI 3.2.0, 4.1.2.2.1), and what lies
    beside the file is found all the same."""
    files = write(
        tmp_path,
        a={"openapi": "3.2.0", "$self": "https://x.org/api/a", "b": {"$ref": "b#/c"}, "d": {"$ref": "d.yaml"}},
        b={"$self": "https://x.org/api/b", "c": {"$ref": "a#/openapi"}}, d="d: 1\n",
    )  # fmt: skip
    files.open(tmp_path / "b.json")
    root = files.open(tmp_path / "a.json").root
    assert root.at("b").follow() == root.at("openapi")
    assert root.at("d").follow().value == {"d": 1}


# What was read


def tree_of(folder: Path) -> Files:
    files = no_cache()
    root = files.open(folder / "api.yaml").root
    for key in ("a", "b"):
        root.at(key).follow()
    return files


def test_digest(tmp_path: Path) -> None:
    """The digest is one for equal files in equal places relative to each other, wherever; any change changes it."""
    one = tmp_path / "one"
    one.mkdir()
    write(one, api="a: {$ref: x.yaml}\nb: {$ref: y.yaml}\n", x="1", y="2")
    digests = [tree_of(one).digest()]
    assert tree_of(shutil.copytree(one, tmp_path / "two")).digest() == digests[0]
    write(one, x="2", y="1")
    digests.append(tree_of(one).digest())
    write(one, x="2 # changed", y="1")
    digests.append(tree_of(one).digest())
    files = no_cache()
    files.open(one / "api.yaml")
    digests.append(files.digest())
    assert len(set(digests)) == 4


# Which files are documents


@pytest.mark.parametrize(
    ("value", "is_one"),
    [
        ({"swagger": "2.0"}, True), ({"swagger": 2.0}, True), ({"openapi": "3.1.1"}, True), ({"openapi": 3.1}, True),
        ({"openapi": "4.0.0"}, False), ({"swagger": "1.2"}, False), ({"openapi": None}, False), ([], False),
        ("openapi", False), ({}, False), ({"openapi": {"3": 1}}, False),
    ],
)  # fmt: skip
def test_is_openapi(value: Any, is_one: bool) -> None:
    """A document is a mapping that gives a version of Swagger 2 or OpenAPI 3."""
    assert is_openapi(value) is is_one


def found_in(folder: Path, *ignore: str) -> dict[str, str]:
    found = find_documents(folder, ignore, no_cache())
    return {name: str(Path(path).relative_to(folder)) for name, path in found.items()}


def test_find_documents(tmp_path: Path) -> None:
    """Documents are found in all folders and by content; fragments, configuration and what is hidden are none. What is
    of an unknown version, or says that it is a document and cannot be parsed, is found, so that somebody tells."""
    for folder in ("v1/deep", ".git", "v2"):
        (tmp_path / folder).mkdir(parents=True)
    contents = {
        "shop.yaml": "openapi: 3.1.0", "v1/deep/old.json": '{"info": {}, "swagger": "2.0"}',
        "flow.yaml": "{openapi: 3.0.0}", "v2/next.yml": "openapi: 4.0.0", "broken.yaml": "openapi: 3.0.0\npaths: [",
        "types.yaml": "Pet: {type: object}",
        "words.yaml": "about: the swagger of openapi", "torn.yaml": "about: [swagger", ".hidden.yaml": "openapi: 3.0.0",
        "pym-config.yaml": "openapi: 3.0.0", "pym-config.dev.yaml": "openapi: 3.0.0", ".git/x.yaml": "openapi: 3.0.0",
        "note.txt": "openapi: 3.0.0", "nested.yaml": "a: {openapi: 3.0.0}", "list.json": '["openapi"]',
        "noted.yaml": "# a note\n\n#\r\nopenapi: '3.0.0'", "no.yaml": "openapi: no",
    }  # fmt: skip
    for name, text in contents.items():
        (tmp_path / name).write_text(text)
    (tmp_path / "wide.yaml").write_text("openapi: 3.0.0", "utf-16")
    (tmp_path / "gone.yaml").symlink_to("nowhere.yaml")
    everything = {
        "broken": "broken.yaml", "flow": "flow.yaml", "shop": "shop.yaml", "wide": "wide.yaml",
        "noted": "noted.yaml", "old": "v1/deep/old.json", "next": "v2/next.yml", "no": "no.yaml",
    }  # fmt: skip
    assert found_in(tmp_path) == everything
    assert list(found_in(tmp_path, "broken", "flow.yaml", "v1/*")) == ["no", "noted", "shop", "wide", "next"]
    assert found_in(tmp_path, "*") == {}
    assert find_documents(tmp_path / "shop.yaml", files=no_cache()) == {"shop": str(tmp_path / "shop.yaml")}


def test_words_of_a_file(tmp_path: Path) -> None:
    """A file that says nothing of x-persist is known not to, and need not be searched; with escapes, or with two bytes
    for a character, it might."""
    texts = {"a": "a: 1", "b": "x-persist: a.B", "c": r'{"x-persi\u0073t": "a.B"}', "d": r'{"x-persi\x73t": "a.B"}'}
    for name, text in texts.items():
        (tmp_path / f"{name}.yaml").write_text(text)
    (tmp_path / "e.yaml").write_text("x-persist: a.B", "utf-16")
    assert [no_cache().open(tmp_path / f"{name}.yaml").persists for name in "abcde"] == [False, True, True, True, True]


def test_two_of_one_name(tmp_path: Path) -> None:
    """Two documents of one name are a fault that names both, unless they are one file or one is ignored."""
    (tmp_path / "sub").mkdir()
    for name in ("a.yaml", "sub/a.json"):
        (tmp_path / name).write_text('{"openapi": "3.0.0"}')
    (tmp_path / "a.yml").symlink_to("a.yaml")
    with pytest.raises(FileFault) as caught:
        find_documents(tmp_path)
    assert caught.value.fault.file == str(tmp_path / "sub" / "a.json")
    assert str(tmp_path / "a.yaml") in caught.value.fault.fact
    assert found_in(tmp_path, "sub/*") == {"a": "a.yaml"}


def test_no_folder(tmp_path: Path) -> None:
    """A folder that is not there is a fault with the nearest one."""
    (tmp_path / "apis").mkdir()
    with pytest.raises(FileFault) as caught:
        find_documents(tmp_path / "api")
    assert caught.value.fault.cure == f"did you mean '{tmp_path / 'apis'}'?"
    assert findings([caught.value.fault])[0].fact == "does not exist"
    with pytest.raises(FileFault) as caught:
        find_documents(tmp_path / "elsewhere")
    assert f"it is looked for in {tmp_path};" in (caught.value.fault.cure or "")


# Suggestions


@given(st.lists(st.text(min_size=1), min_size=1), st.data())
def test_suggest(candidates: list[str], data: st.DataObject) -> None:
    """A candidate written in another case is suggested, and nothing that is no candidate ever is."""
    word = data.draw(st.sampled_from(candidates))
    said = suggest(word.upper(), candidates)
    if word.lower() == word.upper().lower():
        assert said is not None
    assert said is None or said.removeprefix("did you mean '").removesuffix("'?") in candidates


def test_suggest_the_nearest() -> None:
    """The nearest is suggested, if one is near."""
    assert suggest("integr", ["string", "integer", "number"]) == "did you mean 'integer'?"
    assert suggest("operationID", ["operationId", "operation"]) == "did you mean 'operationId'?"
    assert suggest("x", ["string", "integer"]) is None
