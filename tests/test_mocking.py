"""A mock: an API from its document alone. Its answers keep the document, and it remembers what callers create."""

from __future__ import annotations

import json
import re
import subprocess
import sys
import urllib.request
import zlib
from pathlib import Path
from random import Random
from typing import Any

import pytest
from flask.testing import FlaskClient

from pymacaron.cli.documents import documents_of
from pymacaron.mocking import Wishes, mock_app
from pymacaron.samples import NoSample, arguments
from pymacaron.schemas import RESPONSE
from pymacaron.wire import write_request

ROOT = Path(__file__).parent.parent
OWN = sorted(map(str, [*ROOT.glob("examples/**/apis/*.yaml"), *ROOT.glob("tests/documents/*.yaml")]))
COMMAND = Path(sys.executable).parent / "pymacaron"

TEA = """
openapi: 3.1.0
info: {title: Tea, version: "1"}
servers: [{url: /v1}]
paths:
  /houses/{house}/cups:
    parameters: [{name: house, in: path, required: true, schema: {type: string}}]
    get:
      responses: {'200': {description: all, content: {application/json: {schema: {type: object, properties:
        {cups: {type: array, items: {$ref: '#/components/schemas/Cup'}}, more: {type: boolean}}, required: [cups]}}}}}
    post:
      requestBody: {required: true, content: {application/json: {schema: {$ref: '#/components/schemas/Cup'}}}}
      responses:
        '201': {description: made, content: {application/json: {schema: {$ref: '#/components/schemas/Cup'}}}}
        '409': {description: no, content: {application/json: {schema: {type: object},
          examples: {full: {value: {why: full}}, broken: {value: {why: broken}}}}}}
  /houses/{house}/cups/{cup_id}:
    parameters:
      - {name: house, in: path, required: true, schema: {type: string}}
      - {name: cup_id, in: path, required: true, schema: {type: integer}}
    get:
      responses: {'200': {description: one, content: {application/json: {schema: {$ref: '#/components/schemas/Cup'}}}}}
    put:
      requestBody: {required: true, content: {application/json: {schema: {$ref: '#/components/schemas/Cup'}}}}
      responses: {'200': {description: one, content: {application/json: {schema: {$ref: '#/components/schemas/Cup'}}}}}
    patch:
      requestBody: {required: true, content: {application/json: {schema: {type: object}}}}
      responses: {'200': {description: one, content: {application/json: {schema: {$ref: '#/components/schemas/Cup'}}}}}
    delete: {responses: {'204': {description: gone}}}
components:
  schemas:
    Cup:
      type: object
      additionalProperties: false
      required: [tea]
      properties:
        id: {type: integer, readOnly: true}
        tea: {type: string, enum: [green, black], example: black}
        sugar: {type: integer, maximum: 3}
"""


@pytest.fixture
def tea(tmp_path: Path) -> FlaskClient:
    (tmp_path / "tea.yaml").write_text(TEA)
    return mock_app(documents_of([str(tmp_path / "tea.yaml")])).test_client()


CUPS = "/v1/houses/a/cups"


@pytest.mark.parametrize("path", OWN)
def test_every_operation_answers_what_its_document_promises(path: str) -> None:
    """To a request that is right: a declared status, and a body that its schema allows."""
    (document,) = documents_of([path])
    client = mock_app([document]).test_client()
    for operation in document.operations:
        try:
            sent = write_request(operation, arguments(operation, Random(zlib.crc32(operation.title.encode()))))
        except NoSample:
            continue
        body = sent.body if isinstance(sent.body, bytes) else sent.body.read()
        answer = client.open(
            sent.path, method=sent.method, query_string=sent.query, data=body,
            headers=[pair for pair in sent.headers.items() if pair[0].lower() != "content-length"],
        )  # fmt: skip
        declared = operation.answer(answer.status_code)
        assert declared is not None or not operation.answers, (operation.title, answer.text)
        schema = next((one.schema for one in declared.contents if "json" in one.media_type), None) if declared else None
        if schema is not None and answer.data and answer.mimetype == "application/json":
            assert schema.checker(RESPONSE).is_valid(answer.get_json()), operation.title


def test_what_is_created_is_there_until_it_is_deleted(tea: FlaskClient) -> None:
    """Created, read, listed, changed in part and as a whole, deleted; each house has its own."""
    made = tea.post(CUPS, json={"tea": "green", "sugar": 2})
    assert (made.status_code, made.get_json()["tea"], made.get_json()["sugar"]) == (201, "green", 2)
    at = f"{CUPS}/{made.get_json()['id']}"
    assert tea.get(at).get_json() == made.get_json()
    assert tea.get(CUPS).get_json()["cups"] == [made.json]
    assert tea.patch(at, json={"sugar": 3}).get_json() == {**made.get_json(), "sugar": 3}
    assert tea.get(at).get_json() == {**made.get_json(), "sugar": 3}
    assert tea.put(at, json={"tea": "black"}).get_json() == {"id": made.get_json()["id"], "tea": "black"}
    assert tea.get(CUPS.replace("/a/", "/b/")).get_json()["cups"] != tea.get(CUPS).get_json()["cups"]
    assert tea.delete(at).status_code == 204
    assert tea.get(at).status_code == 404
    assert tea.get(CUPS).get_json()["cups"] == []
    assert tea.put(at, json={"tea": "green"}).status_code == 200
    assert tea.get(at).get_json()["tea"] == "green"


def test_two_that_are_created_are_two(tea: FlaskClient) -> None:
    first, second = (tea.post(CUPS, json={"tea": kind}).get_json() for kind in ("green", "black"))
    assert first["id"] != second["id"]
    assert tea.get(CUPS).get_json()["cups"] == [first, second]


def test_what_is_not_known_is_made_up_and_called_as_it_was_asked_for(tea: FlaskClient) -> None:
    answer = tea.get(f"{CUPS}/77")
    assert answer.get_json()["id"] == 77
    assert answer.get_json()["tea"] == "black"  # the example of the document


def test_requests_are_checked(tea: FlaskClient) -> None:
    refused = tea.post(CUPS, json={"tea": "red", "sugar": 9})
    assert refused.status_code == 400
    assert {fault["pointer"] for fault in refused.get_json()["errors"]} == {"/tea", "/sugar"}
    assert tea.get(f"{CUPS}/seven").status_code == 400


@pytest.mark.parametrize(
    ("prefer", "status", "says"),
    [
        ("code=409", 409, {"why": "full"}),
        ("code=409, example=broken", 409, {"why": "broken"}),
        ('code="409"; example="broken"', 409, {"why": "broken"}),
        ("code=503", 503, None),
        ("code=204", 400, None),
        ("code=abc", 400, None),
        ("code=409, example=none", 400, None),
        ("delay=-1", 400, None),
        ("dynamic=maybe", 400, None),
        ("exmaple=full", 400, None),
        ("respond-async, wait=10", 201, None),
    ],
)
def test_a_caller_may_prefer_another_answer(tea: FlaskClient, prefer: str, status: int, says: Any) -> None:
    """RFC 7240; preferences that are none of ours are left alone."""
    answer = tea.post(CUPS, json={"tea": "green"}, headers={"Prefer": prefer})
    assert answer.status_code == status, answer.text
    assert says is None or answer.get_json() == says


def test_a_document_may_have_a_header_prefer_of_its_own(tmp_path: Path) -> None:
    """The document sees those preferences that are none of the mock's; a status below 200 is none of an answer."""
    own = "{name: Prefer, in: header, schema: {type: string, enum: [respond-async]}}"
    (tmp_path / "a.yaml").write_text(
        "openapi: 3.1.0\ninfo: {title: A, version: '1'}\npaths: {/a: {get: {parameters: [" + own + "], responses: "
        "{'200': {description: ok}, '404': {description: none}, '101': {description: before}}}}}\n"
    )
    client = mock_app(documents_of([str(tmp_path / "a.yaml")])).test_client()
    asked = {"code=404": 404, "respond-async, code=404": 404, "respond-async": 200, "wait=1": 400, "code=101": 400}
    assert {text: client.get("/a", headers={"Prefer": text}).status_code for text in asked} == asked


def test_dynamic_answers_differ_and_others_do_not(tea: FlaskClient) -> None:
    def bodies(prefer: str) -> set[str]:
        return {tea.get(f"{CUPS}/7", headers={"Prefer": prefer}).text for _ in range(12)}

    assert len(bodies("dynamic=true")) > 1
    assert len(bodies("")) == 1


def test_an_invalid_answer_breaks_the_document_when_it_is_asked_for(tmp_path: Path) -> None:
    (tmp_path / "tea.yaml").write_text(TEA)
    documents = documents_of([str(tmp_path / "tea.yaml")])
    client = mock_app(documents, Wishes(invalid=True)).test_client()
    schema = documents[0].operations[2].answers["200"].contents[0].schema
    assert schema is not None
    for _ in range(10):
        assert not schema.checker(RESPONSE).is_valid(client.get(f"{CUPS}/7").get_json())


def test_the_command_serves_until_it_is_ended(tmp_path: Path) -> None:
    (tmp_path / "tea.yaml").write_text(TEA)
    command = [str(COMMAND), "mock", "tea.yaml", "--port", "0", "--latency", "1"]
    with subprocess.Popen(command, cwd=tmp_path, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        line = process.stdout.readline()
        found = re.fullmatch(r"6 operations at (http://127\.0\.0\.1:\d+)/ \(Ctrl-C ends it\)\n", line)
        try:
            assert found is not None, line
            with urllib.request.urlopen(f"{found[1]}{CUPS}/5", timeout=10) as answer:
                assert json.load(answer)["id"] == 5
            assert process.stdout.readline() == f"pages to read and try them at {found[1]}/doc/\n"
            with urllib.request.urlopen(f"{found[1]}/doc/tea", timeout=10) as answer:
                assert "/cups" in answer.read().decode()
            taken = subprocess.run(
                [str(COMMAND), "mock", "tea.yaml", "--port", found[1].rpartition(":")[2]],
                cwd=tmp_path, capture_output=True, text=True, check=False, timeout=30,
            )  # fmt: skip
            assert taken.returncode == 2
            assert "choose another --port" in taken.stderr
        finally:
            process.send_signal(2)
            assert process.wait(10) == 130
