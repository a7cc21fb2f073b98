"""Laws of the check of documents: valid ones are silent, every single fault is found where it is, with its cure."""

from __future__ import annotations

import copy
import json
import re
from collections.abc import Iterable, Iterator
from functools import cache
from itertools import product
from pathlib import Path

import pytest
from cures import same
from grammar_faults import CASES, DOCUMENTS, PARTS, V20, V30, V31, V32, Case
from hypothesis import given
from hypothesis import strategies as st

from pymacaron._types import Json
from pymacaron.dialects import DIALECTS, EXTENSIONS
from pymacaron.documents import Cache, Fault, FileFault, Files, findings
from pymacaron.exceptions import Finding
from pymacaron.formats import Format, Formats
from pymacaron.grammar import TABLES, Verdict, check, grammar_of
from pymacaron.grammar.extensions import BY_OBJECT, misspelt


@cache
def _formats() -> Formats:
    return Formats([Format("isbn", str.isdigit)])


def verdict_of(folder: Path, texts: dict[str, str], name: str) -> Verdict:
    """The verdict on one of some documents, all written to a folder."""
    for other, text in texts.items():
        (folder / ("parts.yaml" if other == PARTS else f"{other}.yaml")).write_text(text, "utf-8")
    return check(Files(Cache(None)).open(folder / f"{name}.yaml").root, _formats())


def damaged(cases: list[Case]) -> tuple[dict[str, str], dict[Case, tuple[str, int, int]]]:
    """The documents with some cases in them, and file, line and column where each must be reported."""
    texts = dict(DOCUMENTS)
    for number, case in enumerate(cases):
        assert texts[case.document].count(case.old) == 1, case
        marked = case.new.replace("§", chr(0xE000 + number))
        texts[case.document] = texts[case.document].replace(case.old, marked)
    bare = {name: re.sub("[\ue000-\uf8ff]", "", text) for name, text in texts.items()}
    places = {}
    for number, case in enumerate(cases):
        before = re.sub("[\ue000-\uf8ff]", "", texts[case.document].partition(chr(0xE000 + number))[0])
        file = "parts.yaml" if case.document == PARTS else f"{case.document}.yaml"
        places[case] = file, before.count("\n") + 1, len(before) - before.rfind("\n")
    return bare, places


def is_said(case: Case, place: tuple[str, int, int], said: list[Finding]) -> bool:
    where = "{}:{}:{}".format(*place)
    return any(
        finding.place.endswith(where) and case.fact in finding.fact and case.cure in (finding.cure or "")
        for finding in said
    )


@pytest.mark.parametrize("case", CASES, ids=[f"{c.document}-{c.new[:40]!r}" for c in CASES])
def test_single_fault(case: Case, tmp_path: Path) -> None:
    """A single fault in a valid document is reported where it is, with its cure, and nothing else is."""
    texts, places = damaged([case])
    verdict = verdict_of(tmp_path, texts, V31 if case.document == PARTS else case.document)
    said = {kind: findings(getattr(verdict, kind)) for kind in Verdict._fields}
    everything = "\n".join(f"{kind} {finding}" for kind, found in said.items() for finding in found)
    assert is_said(case, places[case], said[case.kind]), f"{places[case]}\n{everything}"
    assert sum(map(len, said.values())) == 1 + case.more, everything


@pytest.mark.parametrize("name", [V20, V30, V31, V32])
def test_valid_is_silent(name: str, tmp_path: Path) -> None:
    """A valid document, with every object and key of its version in it, gives no word."""
    assert verdict_of(tmp_path, DOCUMENTS, name) == ([], [], [])


def _apart(cases: list[Case]) -> list[Case]:
    """Those of some cases that change different parts of a document, and write nothing that another one looks for."""
    taken: list[tuple[str, int, int]] = []
    kept: list[Case] = []
    for case in cases:
        if any(
            one.old in other.new.replace("§", "") for one, other in [*product([case], kept), *product(kept, [case])]
        ):
            continue
        start = DOCUMENTS[case.document].index(case.old)
        end = start + len(case.old)
        if not any(name == case.document and start < last and first < end for name, first, last in taken):
            taken.append((case.document, start, end))
            kept.append(case)
    return kept


@given(st.sampled_from([V20, V30, V31, V32]), st.data())
def test_all_at_once(tmp_path_factory: pytest.TempPathFactory, name: str, data: st.DataObject) -> None:
    """Any number of faults in one document are all reported at once, also those in a second file."""
    among = [c for c in CASES if not c.hides and (c.document == name or (name == V31 and c.document == PARTS))]
    cases = _apart(data.draw(st.lists(st.sampled_from(among), min_size=2, max_size=12, unique=True)))
    texts, places = damaged(cases)
    said = findings(fault for kind in verdict_of(tmp_path_factory.mktemp("documents"), texts, name) for fault in kind)
    for case in cases:
        assert is_said(case, places[case], said), (case, *map(str, said))


# What a table of single faults cannot say


def checked(folder: Path, text: str, **others: str) -> Verdict:
    """The verdict on a text, with other files (name: text, `_yaml` for `.yaml`) beside it."""
    for name, content in others.items():
        (folder / name.replace("_yaml", ".yaml")).write_text(content, "utf-8")
    (folder / "api.yaml").write_text(text, "utf-8")
    return check(Files(Cache(None)).open(folder / "api.yaml").root, _formats())


def facts(faults: Iterable[Fault]) -> list[str]:
    return [fault.fact for fault in faults]


MINIMAL = "openapi: 3.1.0\ninfo: {title: T, version: '1'}\npaths: {}\n"
SCHEMAS = MINIMAL.replace("3.1.0", "3.0.0") + "components:\n  schemas:\n"
USED = SCHEMAS.replace("paths: {}", "paths: {/: {get: {responses: {'200': {description: x, content: {a/b: {schema: "
                       "{$ref: '#/components/schemas/A'}}}}}}}}")  # fmt: skip


@pytest.mark.parametrize("text", ["[]", "5", "text", "{}", "openapi: [3.1.0]", "swagger: 3.0.0", "openapi: '2.0'"])
def test_no_document(text: str, tmp_path: Path) -> None:
    """What is no OpenAPI document at all, or of no known version, is one fault."""
    assert len(checked(tmp_path, text).faults) == 1


def test_depth(tmp_path: Path) -> None:
    """A document as deep as files may be is checked; a deeper one is refused when it is read."""
    deep = '{"not": ' * 180 + "{}" + "}" * 180
    assert checked(tmp_path, MINIMAL + f"components: {{schemas: {{A: {deep}}}}}") == ([], [], [])
    with pytest.raises(FileFault):
        checked(tmp_path, MINIMAL + "x: " + '{"not": ' * 10_000 + "}" * 10_000)


def test_circle_of_references(tmp_path: Path) -> None:
    """References that lead in a circle with nothing in it are a fault where an operation needs them."""
    circle = "    A: {$ref: '#/components/schemas/B'}\n    B: {$ref: '#/components/schemas/A'}\n"
    assert "circular" in facts(checked(tmp_path, USED + circle).faults)[0]
    assert facts(checked(tmp_path, SCHEMAS + circle).faults) == []


def test_schema_in_itself(tmp_path: Path) -> None:
    """A schema that contains itself by allOf is a fault where an operation needs it; by its properties, it is not."""
    inside = "    A: {allOf: [{$ref: '#/components/schemas/B'}]}\n    B: {allOf: [{$ref: '#/components/schemas/A'}]}\n"
    assert facts(checked(tmp_path, USED + inside).faults) == ["the schema contains itself"] * 2
    assert facts(checked(tmp_path, SCHEMAS + inside).warnings) == ["the schema contains itself"] * 2
    tree = "    A: {properties: {left: {$ref: '#/components/schemas/A'}}, allOf: [{type: object}]}\n"
    assert checked(tmp_path, USED + tree) == ([], [], [])


@pytest.mark.parametrize("keyword", ["anyOf", "oneOf", "not", "if", "then", "else", "dependentSchemas"])
def test_schema_in_its_own_alternatives(tmp_path: Path, keyword: str) -> None:
    """So is one that leads back to itself by alternatives or conditions alone, which no value brings to an end. It may
    do so by what a value holds; and a discriminator looks into the value."""
    held = {"anyOf": "[{type: integer}, §]", "oneOf": "[§]", "dependentSchemas": "{a: §}"}.get(keyword, "§")
    here, there = "{$ref: '#/components/schemas/A'}", "{$ref: '#/components/schemas/B'}"
    direct = f"    A: {{{keyword}: {held.replace('§', here)}}}\n"
    (fault,) = checked(tmp_path, USED + direct).faults
    assert fault.pointer == ("components", "schemas", "A", keyword)
    indirect = f"    A: {{{keyword}: {held.replace('§', there)}}}\n    B: {{allOf: [{here}]}}\n"
    assert len(checked(tmp_path, USED + indirect).faults) == 1
    assert len(checked(tmp_path, SCHEMAS + indirect).warnings) == 1
    below = f"    A: {{{keyword}: {held.replace('§', f'{{type: array, items: {here}}}')}}}\n"
    chosen = f"    A: {{oneOf: [{there}], discriminator: {{propertyName: a}}}}\n    B: {{allOf: [{here}]}}\n"
    assert checked(tmp_path, USED + below).faults == checked(tmp_path, USED + chosen).faults == []


def test_unused_schema(tmp_path: Path) -> None:
    """A reference that leads nowhere is only warned of in what no operation reaches."""
    nowhere = "    A: {$ref: '#/components/schemas/B'}\n"
    assert len(checked(tmp_path, USED + nowhere).faults) == 1
    verdict = checked(tmp_path, SCHEMAS + nowhere)
    assert (len(verdict.faults), len(verdict.warnings)) == (0, 1)


def test_other_file_once(tmp_path: Path) -> None:
    """What several references lead to in another file is reported once, there."""
    twice = "    A: {properties: {a: {$ref: 'more.yaml#/B'}, b: {$ref: 'more.yaml#/B'}}}\n"
    verdict = checked(tmp_path, USED + twice, more_yaml="B: {type: strin}")
    assert [(Path(fault.file).name, fault.pointer) for fault in verdict.faults] == [("more.yaml", ("B", "type"))]


def test_missing_file_once(tmp_path: Path) -> None:
    """A file that is not there is reported for each reference to it, with the place of the reference."""
    verdict = checked(tmp_path, USED + "    A: {properties: {a: {$ref: 'no.yaml#/B'}, b: {$ref: 'no.yaml#/B'}}}\n")
    assert {Path(fault.file).name for fault in verdict.faults} == {"api.yaml"}


def test_same_shape(tmp_path: Path) -> None:
    """Two paths that differ in the names in braces only may share their methods, or be warned of."""
    text = MINIMAL.replace("paths: {}", "paths:\n")
    for name, method in (("a", "get"), ("b", "put"), ("c", "get")):
        parameter = f"{{name: {name}, in: path, required: true, schema: {{}}}}"
        text += f"  /x/{{{name}}}: {{parameters: [{parameter}], {method}: {{}}}}\n"
    assert facts(checked(tmp_path, text).warnings) == [
        "GET is already declared by '/x/{a}': only names in braces differ"
    ]


def test_path_without_operation(tmp_path: Path) -> None:
    """A path item without operations needs no parameters (OpenAPI 3.1.1, Path Templating)."""
    assert checked(tmp_path, MINIMAL.replace("paths: {}", "paths: {'/x/{id}': {}}")) == ([], [], [])


def test_path_item_elsewhere(tmp_path: Path) -> None:
    """What a path item refers to counts together with what stands beside the reference."""
    path = "{$ref: 'more.yaml#/item', parameters: [{name: id, in: path, required: true, schema: {}}]}"
    text = MINIMAL.replace("paths: {}", f"paths: {{'/x/{{id}}/{{no}}': {path}}}")
    verdict = checked(tmp_path, text, more_yaml="item: {get: {operationId: x}}")
    assert facts(verdict.faults) == ["{no} in the path is not declared as a parameter"]


def test_parameter_missing_everywhere(tmp_path: Path) -> None:
    """A parameter that every operation of a path lacks is one fault, at the path."""
    verdict = checked(tmp_path, MINIMAL.replace("paths: {}", "paths: {'/x/{id}': {get: {}, put: {}, post: {}}}"))
    assert [(fault.pointer, fault.at_key) for fault in verdict.faults] == [(("paths", "/x/{id}"), True)]


VENDORS = [
    "x-vendor", "x-internal", "x-timeout", "x-time-ms", "x-async-job", "x-okta-parent", "x-parent-id", "x-tags",
    "x-rate-limit-reset", "x-ratelimit-tier", "x-amazon-apigateway-integration", "x-swagger-router-controller",
    "x-openapi-router-controller", "x-ms-parameterized-host", "x-codegen-request-body-name", "x-nullable-enum",
    "x-sensitivity-level", "x-google-backend", "x-tagGroups", "x-code-samples", "x-handler-class", "x-bindings",
    "x-client", "x-decorator", "x-persistence-layer", "x-slow", "x-max", "x-body-name", "x-binding",
]  # fmt: skip


@pytest.mark.parametrize("place", ["document", "path", "operation", "schema"])
def test_keys_of_others(place: str, tmp_path: Path) -> None:
    """The `x-` keys of other tools, whatever they hold, are none of ours misspelt."""
    parts: dict[str, dict[str, Json]] = {"document": {}, "path": {}, "operation": {}, "schema": {}}
    parts[place].update((key, [1]) for key in VENDORS)
    parts["path"]["get"] = parts["operation"]
    parts["document"] |= {"openapi": "3.1.0", "info": {"title": "T", "version": "1"}, "paths": {"/": parts["path"]}}
    parts["document"]["components"] = {"schemas": {"A": parts["schema"]}}
    assert checked(tmp_path, json.dumps(parts["document"])) == ([], [], [])


OURS = [(thing, key) for thing, keys in BY_OBJECT.items() for key in keys]


@given(st.sampled_from(OURS), st.data())
def test_our_keys_misspelt(ours: tuple[str, str], data: st.DataObject) -> None:
    """Our keys are recognised with one letter missing, doubled, or exchanged with the next."""
    thing, key = ours
    at = data.draw(st.integers(2, len(key) - 2))
    exchanged = key[:at] + key[at + 1] + key[at] + key[at + 2 :]
    wrong = data.draw(st.sampled_from([key[:at] + key[at + 1 :], key[: at + 1] + key[at:], exchanged]))
    assert wrong == key or misspelt(wrong, thing) == key


def test_not_looked_into(tmp_path: Path) -> None:
    """Examples, defaults, constants and what is under `x-` are data: no reference and no key in them is looked at."""
    data = "{$ref: nowhere, type: integr, x-bind-sever: 1}"
    keys = ("example", "default", "const", "x-any")
    text = MINIMAL + "components: {schemas: {A: {" + ", ".join(f"{key}: {data}" for key in keys)
    text += f", examples: [{data}], enum: [{data}]}}}}, examples: {{one: {data}}}, x-any: {data}}}\n"
    assert checked(tmp_path, text) == ([], [], [])


def test_said_once_for_many_places(tmp_path: Path) -> None:
    """What tends to be wrong at many places is one warning, with their number."""
    many = "".join(f"    A{number}: {{type: string, format: isbm}}\n" for number in range(5))
    verdict = checked(tmp_path, SCHEMAS + many)
    assert facts(verdict.warnings) == ["the format 'isbm' is not known and has no effect (here and at 4 more places)"]
    assert checked(tmp_path, SCHEMAS + many.replace("isbm", "isbn")) == ([], [], [])


def test_versions_are_read() -> None:
    """The versions that are checked are those that are read."""
    cure = "TABLES in src/pymacaron/grammar/__init__.py and DIALECTS there list the same versions"
    same("src/pymacaron/dialects/__init__.py", DIALECTS, TABLES, cure)


@pytest.mark.parametrize("version", TABLES)
def test_tables_are_whole(version: str) -> None:
    """Every object and type that a version's tables name is there."""
    grammar = grammar_of(version)
    for name in grammar.names():
        assert grammar.kind(name).noun


JSON = st.recursive(
    st.none() | st.booleans() | st.integers(-5, 5) | st.floats(allow_nan=False, allow_infinity=False)
    | st.sampled_from(["", "#", "$ref", "#/info", "string", "x-a", "{a}", "'"]),
    lambda inner: st.lists(inner, max_size=3)
    | st.dictionaries(st.sampled_from(["$ref", "type", "a", "/{a}", "x-a", "in", "name", "allOf"]), inner, max_size=3),
    max_leaves=6,
)  # fmt: skip


def holders(value: Json) -> Iterator[tuple[Json, str | int]]:
    """Everything in a value, as what holds it and the key."""
    for key, inner in value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ():
        yield value, key
        yield from holders(inner)


@given(st.sampled_from([V20, V30, V31, V32]), st.data())
def test_never_raises(tmp_path_factory: pytest.TempPathFactory, name: str, data: st.DataObject) -> None:
    """Whatever stands anywhere in a document, the check ends with a verdict, and all that it says has a place."""
    folder = tmp_path_factory.mktemp("documents")
    (folder / "valid.yaml").write_text(DOCUMENTS[name], "utf-8")
    document = copy.deepcopy(Files(Cache(None)).open(folder / "valid.yaml").root.value)
    for _ in range(data.draw(st.integers(1, 4))):
        places = list(holders(document))
        holder, key = data.draw(st.sampled_from(places)) if places else (document, "info")
        holder[key] = data.draw(JSON)
    (folder / "parts.yaml").write_text(DOCUMENTS[PARTS], "utf-8")
    verdict = checked(folder, json.dumps(document))
    for finding in findings(fault for kind in verdict for fault in kind):
        assert re.search(r"\.yaml:\d+:\d+$", finding.place)
        assert finding.fact


def test_keys_that_are_checked_are_read() -> None:
    """The `x-` keys of operations that the check knows are those that operations have."""
    cure = "EXTENSIONS there, and BY_OBJECT in src/pymacaron/grammar/extensions.py, list the same keys"
    same("src/pymacaron/dialects/__init__.py", EXTENSIONS, BY_OBJECT["Operation"], cure)
