"""A document of Swagger 2.0 or OpenAPI 3.0, rewritten as 3.1: it says the same, in its author's words and order."""

from __future__ import annotations

import json
import os
import stat
import subprocess
import sys
from pathlib import Path
from textwrap import dedent
from typing import Any

import pytest

from pymacaron.comparison import compare
from pymacaron.comparison.sources import documents_at
from pymacaron.exceptions import DocumentError
from pymacaron.schemas import OPENAPI_31, target_of
from pymacaron.upgrade import upgrade

ROOT = Path(__file__).parent.parent
DOCUMENTS = ROOT / "tests" / "documents"
COMMAND = Path(sys.executable).parent / "pymacaron"
OK = {"responses": {"200": {"description": "ok"}}}


def same(tmp_path: Path, before: Path) -> list[str]:
    """What a document says otherwise once it is upgraded, of what matters to anybody."""
    after = tmp_path / f"after-{before.name}"
    after.write_text(upgrade(str(before)).text)
    with documents_at(str(before)) as old, documents_at(str(after)) as new:
        assert new[""].dialect.name == "OpenAPI 3.1"
        return [f"{change.kind.name} {change.fact}" for change in compare(old[""], new[""]) if change.kind.breaks]


@pytest.mark.parametrize("name", ["swagger20.yaml", "openapi30.yaml"])
def test_an_upgraded_document_has_the_same_operations(tmp_path: Path, name: str) -> None:
    tabs = "parameter-style-changed query parameter tsv: is written another way"  # which have no name in 3.x
    assert [change for change in same(tmp_path, DOCUMENTS / name) if change != tabs] == []


def three(schema: Any) -> dict[str, Any]:
    return {
        "openapi": "3.0.3", "info": {"title": "T", "version": "1"}, "paths": {"/a": {"get": OK}},
        "components": {"schemas": {"A": schema, "B": {"type": "object"}}},
    }  # fmt: skip


REF = {"$ref": "#/components/schemas/B"}
SCHEMAS: list[tuple[Any, Any]] = [
    ({"type": "string", "nullable": True}, {"type": ["string", "null"]}),
    ({"type": "string", "nullable": False}, {"type": "string"}),
    (
        {"type": "string", "nullable": True, "enum": ["a"]},
        {"type": ["string", "null"], "enum": ["a", None]},
    ),
    ({**REF, "nullable": True, "description": "d"}, {"description": "d", "anyOf": [REF, {"type": "null"}]}),
    ({"allOf": [REF], "nullable": True}, {"anyOf": [REF, {"type": "null"}]}),
    (
        {"oneOf": [REF, {"type": "string"}], "nullable": True, "title": "t"},
        {"title": "t", "anyOf": [{"oneOf": [REF, {"type": "string"}]}, {"type": "null"}]},
    ),
    ({"maximum": 9, "exclusiveMaximum": True}, {"exclusiveMaximum": 9}),
    ({"minimum": 9, "exclusiveMinimum": False}, {"minimum": 9}),
    ({"exclusiveMinimum": True}, {}),
    ({"example": "a", "type": "string"}, {"examples": ["a"], "type": "string"}),
    ({**REF, "maxProperties": 3}, REF),
    ({"type": "string", "const": "a"}, {"type": "string"}),
    (
        {"type": "object", "properties": {"nullable": {"type": "integer", "nullable": True}}},
        {"type": "object", "properties": {"nullable": {"type": ["integer", "null"]}}},
    ),
    ({"enum": [{"nullable": True}]}, {"enum": [{"nullable": True}]}),
]


@pytest.mark.parametrize(("old", "new"), SCHEMAS)
def test_a_schema_says_in_2020_12_what_it_said(tmp_path: Path, old: Any, new: Any) -> None:
    path = tmp_path / "a.json"
    path.write_text(json.dumps(three(old)))
    assert json.loads(upgrade(str(path)).text)["components"]["schemas"]["A"] == new


def test_what_had_no_effect_and_would_have_one_is_told(tmp_path: Path) -> None:
    path = tmp_path / "a.json"
    path.write_text(json.dumps(three({"type": "string", "const": "a"})))
    (told,) = upgrade(str(path)).told
    assert told == "const had no effect, and would have one now; it is taken out"


COMMENTED = """\
# The tea API.
openapi: '3.0.3'   # will be newer

info: {title: "Tea", version: "1.10"}
paths:
    # what is poured
    /cups:
        get:
            # each cup
            responses:
                200:
                    description: >-
                        A cup,
                        or two.
components:
    schemas:
        Cup:
            type: object
            properties:
                no: {type: string, nullable: true}  # of the cup
                on: {type: string, example: 2020-01-01}
"""


def test_comments_order_and_quotes_stay(tmp_path: Path) -> None:
    """What the author wrote and 3.1 says alike is there to the letter, in the same order."""
    path = tmp_path / "tea.yaml"
    path.write_text(COMMENTED)
    after = upgrade(str(path)).text
    for line in ("# The tea API.", "# will be newer", '{title: "Tea", version: "1.10"}', "# each cup", "# of the cup",
                 "A cup,", "    200:", "# what is poured", "examples: [2020-01-01]"):  # fmt: skip
        assert line in after, line
    keys = [line.split(":")[0].strip() for line in after.splitlines() if ":" in line and "#" not in line.split(":")[0]]
    assert keys[:6] == ["openapi", "info", "paths", "/cups", "get", "responses"]
    path.write_text(after)
    with pytest.raises(DocumentError, match=r"is OpenAPI 3\.1 already"):
        upgrade(str(path))


def test_an_upgraded_json_document_is_json_with_its_indentation(tmp_path: Path) -> None:
    path = tmp_path / "a.json"
    path.write_text(json.dumps(three({"type": "string", "nullable": True}), indent=3) + "\n")
    after = upgrade(str(path)).text
    assert after == json.dumps(json.loads(after), indent=3) + "\n"


def run(*arguments: str, cwd: Path) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [str(COMMAND), "upgrade", *arguments], cwd=cwd, capture_output=True, text=True, check=False, timeout=60
    )


def test_the_file_is_replaced_as_a_whole_and_keeps_its_permissions(tmp_path: Path) -> None:
    path = tmp_path / "tea.yaml"
    path.write_text(COMMENTED)
    path.chmod(0o640)
    asked = run("tea.yaml", cwd=tmp_path)
    assert asked.returncode == 0, asked.stderr
    assert path.read_text().startswith("# The tea API.\nopenapi: 3.1.1 ")
    assert stat.S_IMODE(path.stat().st_mode) == 0o640
    assert os.listdir(tmp_path) == ["tea.yaml"]


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("openapi: 3.1.0\ninfo: {title: T, version: '1'}\npaths: {}\n", "is OpenAPI 3.1 already"),
        ("just: words\n", "a.yaml:1:1: neither `openapi` nor `swagger`"),
        ("a: [\n", "a.yaml:2:1: a value is missing"),
        (
            "openapi: 3.0.0\ninfo: {title: T, version: '1'}\npaths: {/a: {$ref: 'b.yaml#/a'}}\n",
            "bring its files into one: --bundled",
        ),
        ("openapi: 3.0.0\npaths: {/a: {get: {}}}\n", "responses"),
    ],
)
def test_what_cannot_be_upgraded_stays_as_it_is(tmp_path: Path, text: str, says: str) -> None:
    (tmp_path / "a.yaml").write_text(text)
    (tmp_path / "b.yaml").write_text("a: {}\n")
    asked = run("a.yaml", cwd=tmp_path)
    assert (asked.returncode, "Traceback" in asked.stderr) == (2, False)
    assert says in asked.stderr
    assert (tmp_path / "a.yaml").read_text() == text


def test_what_cannot_be_said_alike_is_told_and_ends_in_1(tmp_path: Path) -> None:
    header = {"name": "Accept", "in": "header", "type": "string"}
    document = {
        "swagger": "2.0",
        "info": {"title": "T", "version": "1"},
        "paths": {"/a": {"get": {**OK, "parameters": [header]}}},
    }
    (tmp_path / "a.json").write_text(json.dumps(document))
    asked = run("a.json", "--output", "b.json", cwd=tmp_path)
    assert asked.returncode == 1
    assert "header parameter Accept: 3.x takes no parameter of that name" in asked.stderr
    assert json.loads((tmp_path / "a.json").read_text()) == document
    assert json.loads((tmp_path / "b.json").read_text())["openapi"] == "3.1.1"


def upgraded_yaml(tmp_path: Path, text: str) -> Any:
    """A document of 3.0 whose paths are empty, with `text` behind them, upgraded."""
    (tmp_path / "a.yaml").write_text("openapi: 3.0.3\ninfo: {title: T, version: '1'}\npaths: {}\n" + dedent(text))
    return upgrade(str(tmp_path / "a.yaml"))


def test_what_looks_like_a_date_is_a_text(tmp_path: Path) -> None:
    """In YAML 1.2 there are no dates: they stay as they are written, also those that no calendar has."""
    made = upgraded_yaml(tmp_path, "x-made: [2020-02-01, 2020-13-41, 2020-01-01T00:00:00Z]\n")
    assert made.text.endswith("x-made: [2020-02-01, 2020-13-41, 2020-01-01T00:00:00Z]\n")


def test_of_a_key_that_stands_twice_the_last_counts(tmp_path: Path) -> None:
    """As when the document is read; it is told, with the line."""
    made = upgraded_yaml(tmp_path, "x-a: 1  # of a\nx-b: 2\nx-a: 3\n")
    assert made.text.endswith("x-a: 3  # of a\nx-b: 2\n")
    assert made.told == ["line 6: the key x-a stands there once more; the last one counted, and stays"]


def test_references_lead_where_they_led(tmp_path: Path) -> None:
    """Also into a schema that stands elsewhere now, and into what is taken out, since it had no effect."""
    made = upgraded_yaml(
        tmp_path,
        """\
        components:
          schemas:
            A: {nullable: true, allOf: [{type: object, properties: {b: {type: integer}}}, {maxProperties: 3}]}
            C: {$ref: '#/components/schemas/A', properties: {d: {type: string}}}
            E: {type: array, items: {$ref: '#/components/schemas/A/allOf/0/properties/b'}}
            F: {type: array, items: {$ref: '#/components/schemas/C/properties/d'}}
        """,
    )
    (tmp_path / "a.yaml").write_text(made.text)
    with documents_at(str(tmp_path / "a.yaml")) as found:
        items = {name: node.at("items") for name, node in found[""].named.items() if name in "EF"}
    assert {name: target_of(node, OPENAPI_31).value for name, node in items.items()} == {
        "E": {"type": "integer"}, "F": {"type": "string"},
    }  # fmt: skip


PARTS = """\
openapi: 3.0.3
info: {title: T, version: '1'}
paths:
  /a:
    $ref: a.yaml#/item
  /b:
    get:
      responses:
        200: {$ref: 'a.yaml#/answer'}  # the usual
components:
  schemas:
    Own: {type: string, nullable: true}  # of our own
"""
PART = """\
item:
  post:
    requestBody: {content: {application/json: {schema: {$ref: 'tea.yaml#/components/schemas/Own'}}}}
    responses: {'200': {$ref: '#/answer'}}
answer:
  description: What there is.
  content: {application/json: {schema: {$ref: '#/cup'}}}
cup: {type: object, properties: {next: {$ref: '#/cup'}, no: {type: integer, nullable: true}}}
"""


def test_a_document_of_many_files_becomes_one(tmp_path: Path) -> None:
    """With --bundled: it says the same, its own comments stay, and the other files are as they were."""
    (tmp_path / "tea.yaml").write_text(PARTS)
    (tmp_path / "a.yaml").write_text(PART)
    assert run("tea.yaml", cwd=tmp_path).returncode == 2
    assert (tmp_path / "tea.yaml").read_text() == PARTS
    asked = run("tea.yaml", "--bundled", "--output", "one.yaml", cwd=tmp_path)
    assert (asked.returncode, asked.stderr) == (0, "")
    made = (tmp_path / "one.yaml").read_text()
    assert "a.yaml" not in made
    assert "200: {$ref: '#/components/responses/answer'} # the usual" in made
    assert "Own: {type: [string, 'null']}        # of our own" in made
    assert (tmp_path / "a.yaml").read_text() == PART
    (tmp_path / "alone").mkdir()
    (tmp_path / "one.yaml").rename(tmp_path / "alone" / "one.yaml")
    with documents_at(str(tmp_path / "tea.yaml")) as old, documents_at(str(tmp_path / "alone" / "one.yaml")) as new:
        assert [one.title for one in new[""].operations] == ["POST /a", "GET /b"]
        assert not [change for change in compare(old[""], new[""]) if change.kind.breaks]
