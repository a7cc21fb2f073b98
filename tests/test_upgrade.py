"""A document of Swagger 2.0 or OpenAPI 3.0, rewritten as 3.1: it says the same, in its author's words and order."""

from __future__ import annotations

import json
import os
import stat
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from pymacaron.comparison import compare
from pymacaron.comparison.sources import documents_at
from pymacaron.exceptions import DocumentError
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
        ("openapi: 3.1.0\ninfo: {}\n", "is OpenAPI 3.1 already"),
        ("just: words\n", "is no OpenAPI document"),
        ("a: [\n", "not YAML"),
        ("openapi: 3.0.0\nopenapi: 3.0.0\n", "duplicate key"),
        ('openapi: 3.0.0\npaths: {/a: {$ref: "b.yaml"}}\n', "bring its files into one"),
        ("openapi: 3.0.0\npaths: {/a: {get: {}}}\n", "responses"),
    ],
)
def test_what_cannot_be_upgraded_stays_as_it_is(tmp_path: Path, text: str, says: str) -> None:
    (tmp_path / "a.yaml").write_text(text)
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
