"""Documents are published as written, in one file, and in OpenAPI 3.0, with pages for people."""

from __future__ import annotations

import json
import re
import sys
from collections.abc import Iterator
from html import unescape
from pathlib import Path
from typing import Any
from urllib.parse import quote, urljoin

import pytest
import yaml
from flask.testing import FlaskClient
from programs import run
from services import ERROR, Project, answers, body, operation, project_in, query

from pymacaron import ApiPool
from pymacaron.formats import Formats
from pymacaron.loading import load_document
from pymacaron.publishing.markup import joined, tag

AS_WRITTEN = """# A comment, which stays.
openapi: 3.1.0
info: {title: Shop, version: '1.10'}
paths:
  /things:
    get:
      operationId: list_things
      x-bind-server: handlers.list_things
      parameters: [{name: since, in: query, schema: {type: string, default: 2020-01-01}}]
      responses:
        '200': {description: No, content: {application/json: {schema: {$ref: 'parts/thing.yaml'}}}}
"""


@pytest.fixture
def project(tmp_path: Path) -> Iterator[Project]:
    with project_in(tmp_path) as made:
        yield made


def published(project: Project, serve: Any = None, path: str = "doc", **options: Any) -> FlaskClient:
    project.functions("def list_things(since=None): return {}\ndef f(*args, **kwargs): return {}")
    project.load(**options).publish_apis(path).start(serve=serve)
    return project.app.test_client()


def shop(project: Project) -> Path:
    """A document of three files, as somebody wrote it."""
    path = project.folder / "apis" / "shop.yaml"
    path.write_text(AS_WRITTEN, "utf-8")
    (project.folder / "apis" / "parts").mkdir()
    (project.folder / "apis" / "parts" / "thing.yaml").write_text("$ref: '../../shared/name.json'\n", "utf-8")
    (project.folder / "shared").mkdir()
    (project.folder / "shared" / "name.json").write_text('{"type": "object"}', "utf-8")
    return path


# As written


def test_byte_for_byte(project: Project) -> None:
    """A document in its own notation is the file; in the other one it means the same, in the same order."""
    path = shop(project)
    client = published(project)
    written = client.get("/doc/shop.yaml")
    assert written.data == path.read_bytes()
    assert written.mimetype == "application/yaml"
    other = client.get("/doc/shop.json")
    assert other.mimetype == "application/json"
    value = json.loads(other.data)
    assert list(value) == ["openapi", "info", "paths"]
    assert value["info"]["version"] == "1.10"
    default = value["paths"]["/things"]["get"]["parameters"][0]["schema"]["default"]
    assert default == "2020-01-01"  # YAML 1.1 would have made a date of it
    assert "200" in value["paths"]["/things"]["get"]["responses"]


def test_json_as_yaml(project: Project) -> None:
    """A document in JSON is had in YAML, too."""
    path = project.document({"/a": {"get": operation("f")}})
    path = path.rename(path.with_suffix(".json"))
    client = published(project)
    assert client.get("/doc/shop.json").data == path.read_bytes()
    assert yaml.safe_load(client.get("/doc/shop.yaml").data) == json.loads(path.read_bytes())


def test_what_is_served_is_what_runs(project: Project) -> None:
    """If a file was changed since the start, what was loaded is published, not what is in it now."""
    path = shop(project)
    client = published(project)
    path.write_text("openapi: 4.0.0\n")
    assert yaml.safe_load(client.get("/doc/shop.yaml").data)["info"]["title"] == "Shop"


def test_documents_without_a_file(project: Project) -> None:
    """A document that was given as text is published all the same."""
    text = json.dumps({"openapi": "3.0.0", "info": {"title": "T", "version": "1"}, "paths": {}})
    project.document({"/a": {"get": operation("f")}})
    project.functions("def f(): return {}")
    api = project.load().publish_apis()
    api._loaded["text"] = ApiPool.add("text", yaml_str=text)
    api.start(serve="shop")
    assert project.app.test_client().get("/doc/text.yaml").text.startswith("openapi:")


# The other files


def test_relative_references_lead_on(project: Project) -> None:
    """The files of a document are below its name, where they are relative to one another, and so that references from
    `<api>.yaml` lead there, too."""
    path = shop(project)
    client = published(project)
    page = client.get("/doc/shop").text
    entry = re.search(r'href="(shop/[^"]*shop\.yaml)"', page)
    assert entry
    assert client.get(f"/doc/{entry[1]}").data == path.read_bytes()
    part = client.get(f"/doc/{entry[1].rpartition('/')[0]}/parts/thing.yaml")
    assert part.data == b"$ref: '../../shared/name.json'\n"
    assert client.get("/doc/shop/shared/name.json").data == b'{"type": "object"}'
    assert client.get("/doc/shop/shared/name.json").mimetype == "application/json"
    assert client.get("/doc/parts/thing.yaml").data == part.data


@pytest.mark.parametrize(
    "path",
    [
        "shop/handlers.py", "shop/apis/../handlers.py", "shop/..%2fhandlers.py", "../handlers.py", "shop//etc/passwd",
        "shop/%2e%2e/handlers.py", "%2fetc%2fpasswd", "shop/apis/other.yaml",
        "other.yaml", "shop/", "nothing", "shop.yml",
        "shop/apis/parts/", "parts\\thing.yaml",
    ],
)  # fmt: skip
def test_nothing_else_can_be_had(project: Project, path: str) -> None:
    """Only files that the load of a document has opened, and nobody looks on the disk for others."""
    shop(project)
    (project.folder / "apis" / "other.yaml").write_text("a: 1")
    response = published(project).get(f"/doc/{path}", follow_redirects=True)
    assert response.status_code == 404
    assert response.json is not None
    assert response.json["error"] == "NOT_FOUND"


def test_files_of_two_apis(project: Project) -> None:
    """Where two documents have different files at one place, only the way below the API's name leads to each."""
    for name in ("a", "b"):
        folder = project.folder / "apis" / name
        (folder / "parts").mkdir(parents=True)
        (folder / "parts" / "x.yaml").write_text(f"type: {'string' if name == 'a' else 'integer'}\n")
        value = {
            "openapi": "3.1.0",
            "info": {"title": name, "version": "1"},
            "paths": {},
            "components": {"schemas": {"X": {"$ref": "parts/x.yaml"}}},
        }
        (folder / f"{name}.yaml").write_text(json.dumps(value))
    client = published(project)
    assert client.get("/doc/a/parts/x.yaml").text == "type: string\n"
    assert client.get("/doc/b/parts/x.yaml").text == "type: integer\n"
    assert client.get("/doc/parts/x.yaml").status_code == 404


# Other forms


def loaded(project: Project, raw: bytes) -> Any:
    """The document in some bytes, which must be faultless."""
    path = project.folder / "again.json"
    path.write_bytes(raw)
    faults: list[Any] = []
    found = load_document("again", str(path), Formats(), faults)
    assert found is not None, faults
    assert not found.soft_faults
    return found.document


def test_bundled(project: Project) -> None:
    """?bundled=1 gives one file, in both notations."""
    shop(project)
    client = published(project)
    response = client.get("/doc/shop.json?bundled=1")
    document = loaded(project, response.data)
    assert len(document.files.opened) == 1
    assert "GET /things" in [one.title for one in document.operations]
    assert response.json == yaml.safe_load(client.get("/doc/shop.yaml?bundled=true").data)
    assert client.get("/doc/shop.yaml?bundled=0").data == client.get("/doc/shop.yaml").data


def test_versions(project: Project) -> None:
    """?version=3.0 gives OpenAPI 3.0 in one file; its own version is the bundle, also when a patch is named."""
    shop(project)
    client = published(project)
    document = loaded(project, client.get("/doc/shop.json?version=3.0").data)
    assert document.root.value["openapi"] == "3.0.3"
    assert client.get("/doc/shop.json?version=3.0.1").data == client.get("/doc/shop.json?version=3.0").data
    for own in ("3.1", "3.1.0"):
        assert client.get(f"/doc/shop.json?version={own}").data == client.get("/doc/shop.json?bundled=1").data


@pytest.mark.parametrize(("version", "status"), [("2.0", 404), ("3.2", 404), ("4.0", 400), ("three", 400), ("3", 400)])
def test_versions_that_there_are_not(project: Project, version: str, status: int) -> None:
    """A version in which a document cannot be had is 404, what is no version of OpenAPI 400; both with the cure."""
    shop(project)
    answer = published(project).get(f"/doc/shop.json?version={version}")
    assert answer.status_code == status
    assert answer.json is not None
    assert "3.0" in answer.json["error_description"]
    assert "three" not in answer.text


# What pymacaron adds


def bundled(client: FlaskClient, name: str = "shop", query: str = "bundled=1") -> Any:
    return json.loads(client.get(f"/doc/{name}.json?{query}").data)


def test_errors_are_declared(project: Project) -> None:
    """Where the document declares neither a status nor a default, the bundle says which errors pymacaron may answer
    with; the document as written does not."""
    limits = {"x_rate_limit": "5/minute", "x_timeout_ms": 100}
    project.document(
        {
            "/all": {"post": operation("f", parameters=[query("a")], requestBody=body({}), **limits)},
            "/none": {"get": operation("f", responses=answers(**{"204": None}))},
            "/default": {"get": operation("f", responses=answers(default={}))},
            "/class": {
                "post": operation("f", requestBody=body({}), responses=answers(**{"200": {}, "4XX": {}, "500": {}}))
            },
            "/flask": {"get": operation(x_no_bind_server=True)},
        }
    )
    client = published(project)
    made = bundled(client)
    statuses = {path: [*next(iter(item.values()))["responses"]] for path, item in made["paths"].items()}
    assert statuses["/all"] == ["200", "400", "406", "413", "415", "429", "500", "504"]
    assert statuses["/none"] == ["204", "500"]
    assert statuses["/default"] == ["default"]
    assert statuses["/class"] == ["200", "4XX", "500"]
    assert statuses["/flask"] == ["200"]
    assert "400" not in json.loads(client.get("/doc/shop.json").data)["paths"]["/all"]["post"]["responses"]
    assert [one.title for one in loaded(project, json.dumps(made).encode()).operations][:3] == [
        "POST /all",
        "GET /none",
        "GET /default",
    ]


def test_what_is_declared_is_what_is_answered(project: Project) -> None:
    """A real error is valid by the schema that the bundle gives it."""
    project.document({"/a": {"get": operation("f", parameters=[query("n", type="integer")])}})
    client = published(project)
    document = loaded(project, client.get("/doc/shop.json?bundled=1").data)
    content = document.operations[0].answers["400"].contents[0]
    answer = client.get("/a?n=x")
    assert answer.status_code == 400
    assert answer.mimetype == content.media_type
    assert content.schema.checker("response").problems(answer.json) == []
    assert not content.schema.checker("response").is_valid({})


@pytest.mark.parametrize(
    ("schema", "name"),
    [(ERROR, "Error"), ({"type": "object"}, "Error"), ({"type": "object", "required": ["reason"]}, "PymacaronError")],
)
def test_the_schema_of_errors(project: Project, schema: Any, name: str) -> None:
    """The document's own Error, if it allows our errors; else one beside it."""
    project.document({"/a": {"get": operation("f")}}, {"Error": schema, "ServerError": {}})
    made = bundled(published(project))
    reference = made["paths"]["/a"]["get"]["responses"]["500"]["$ref"].rpartition("/")[2]
    content = made["components"]["responses"][reference]["content"]
    assert content == {"application/json": {"schema": {"$ref": f"#/components/schemas/{name}"}}}


def test_problems_are_declared(tmp_path: Path) -> None:
    """With error_format: problem they are problem details, as they are answered."""
    with project_in(tmp_path, error_format="problem") as project:
        project.document({"/a": {"get": operation("f", parameters=[query("n", type="integer")])}})
        client = published(project)
        document = loaded(project, client.get("/doc/shop.json?bundled=1").data)
        content = document.operations[0].answers["400"].contents[0]
        answer = client.get("/a?n=x")
        assert answer.mimetype == content.media_type == "application/problem+json"
        assert content.schema.checker("response").problems(answer.json) == []


def test_errors_of_ones_own(project: Project) -> None:
    """Where the service makes the bodies itself, nothing is said of them."""
    project.document({"/a": {"get": operation("f")}})
    made = bundled(published(project, error_callback=lambda error: {"oops": 1}))
    assert made["components"]["responses"]["ServerError"].keys() == {"description"}


def test_status_resources(project: Project) -> None:
    """The bundle of a served API has /ping and the others, at the root of its servers; one's own path wins."""
    project.document(
        {"/version": {"get": operation("f", operationId="ping")}},
        servers=[{"url": "https://h.example/v1"}, {"url": "/v1"}],
    )
    made = bundled(published(project))
    assert list(made["paths"]) == ["/version", "/ping", "/ready", "/auth/version"]
    ping = made["paths"]["/ping"]
    assert ping["servers"] == [{"url": "https://h.example/"}, {"url": "/"}]
    assert ping["get"]["operationId"] == "pymacaron_ping"
    assert "x-bind-server" not in ping["get"]
    document = loaded(project, json.dumps(made).encode())
    assert [one.title for one in document.operations] == [
        "GET /v1/version",
        "GET /ping",
        "GET /ready",
        "GET /auth/version",
    ]


@pytest.mark.parametrize("base", ["", "/v1"])
def test_status_resources_of_swagger(project: Project, base: str) -> None:
    """Swagger 2.0 can say the same where the API has no path of its own."""
    value = {
        "swagger": "2.0", "info": {"title": "t", "version": "1"}, **({"basePath": base} if base else {}),
        "paths": {"/a": {"get": {"x-bind-server": "handlers.f", "responses": {"200": {"description": ""}}}}},
    }  # fmt: skip
    (project.folder / "apis" / "shop.yaml").write_text(json.dumps(value))
    client = published(project)
    document = loaded(project, client.get("/doc/shop.json?bundled=1").data)
    expected = ["GET /a", "GET /ping", "GET /ready", "GET /version", "GET /auth/version"] if not base else ["GET /v1/a"]
    assert [one.title for one in document.operations] == expected
    assert set(document.operations[0].answers) == {"200", "500"}
    again = loaded(project, client.get("/doc/shop.json?version=3.0").data)
    assert [one.title for one in again.operations] == expected


def test_what_is_only_called(project: Project) -> None:
    """To the document of an API that others serve, nothing is added."""
    path = {"/a": {"get": operation("f")}}
    project.document(path)
    project.document(path, name="other")
    client = published(project, serve="shop")
    assert list(bundled(client, "other")["paths"]) == ["/a"]
    assert list(bundled(client, "other")["paths"]["/a"]["get"]["responses"]) == ["200"]


# Caches


@pytest.mark.parametrize("path", ["", "shop", "shop.yaml", "shop.json", "shop.json?bundled=1", "shop.yaml?version=3.0",
                                  "shop/shared/name.json"])  # fmt: skip
def test_entity_tags(project: Project, path: str) -> None:
    """Everything has a tag, and is not sent again to those who have it."""
    shop(project)
    client = published(project)
    first = client.get(f"/doc/{path}")
    tag_, _ = first.get_etag()
    assert tag_
    assert first.headers["Cache-Control"] == "no-cache"
    again = client.get(f"/doc/{path}", headers={"If-None-Match": f'"{tag_}"'})
    assert (again.status_code, again.data) == (304, b"")
    assert client.get(f"/doc/{path}", headers={"If-None-Match": '"x"'}).data == first.data
    never = {"If-Modified-Since": "Mon, 01 Jan 99999999999999999999 00:00:00 GMT"}
    assert client.get(f"/doc/{path}", headers=never).data == first.data
    assert client.head(f"/doc/{path}").headers["Content-Length"] == str(len(first.data))


def test_made_once(project: Project, monkeypatch: pytest.MonkeyPatch) -> None:
    """A form is made for the first who asks."""
    shop(project)
    client = published(project)
    first = client.get("/doc/shop.yaml?version=3.0").data
    monkeypatch.setattr("pymacaron.publishing.forms.bundle", None)
    assert client.get("/doc/shop.yaml?version=3.0").data == first


# Pages


def test_pages_are_escaped(project: Project) -> None:
    """Whatever a document says is text."""
    evil = "<script>alert('&')"
    path = project.document(
        {"/&'>": {"get": {**operation("f"), "summary": evil, "description": evil, "tags": [evil],
                              "parameters": [{**query(evil, enum=[evil]), "description": evil}]}}},
        {evil: {"type": "object"}},
    )  # fmt: skip
    path.write_text(
        path.read_text()
        .replace('"shop"', json.dumps(evil))
        .replace("{}", json.dumps({"$ref": f"#/components/schemas/{evil}"}))
    )
    client = published(project)
    operation_page = "/doc/shop?operation=" + quote("GET /&'>")
    for page in ("/doc/", "/doc/shop", operation_page, f"/doc/shop?schema={quote(evil)}"):
        answer = client.get(page)
        assert answer.status_code == 200
        assert "<script>" not in answer.text
        assert "&lt;script&gt;" in answer.text
        assert answer.headers["Content-Security-Policy"].startswith("default-src 'none'; script-src 'self';")


def test_markup() -> None:
    """Texts and attributes are escaped, elements are not."""
    assert (
        tag("a", "<", tag("b", "&"), href='"x"', class_=None, open=True)
        == '<a href="&quot;x&quot;" open>&lt;<b>&amp;</b></a>'
    )
    assert joined("<", [tag("i")], None) == "&lt;<i></i>"


def test_pages_tell_what_there_is(project: Project) -> None:
    """The page of an API has its operations below their tags, with links to their own pages, which have the types of
    what they take and give, and what pymacaron adds; the index has all APIs."""
    thing = {"$ref": "#/components/schemas/Thing"}
    project.document(
        {
            "/things": {"get": {**operation("f", parameters=[query("size", type="array", items={"type": "integer"})]),
                                "tags": ["Things"], "deprecated": True},
                        "post": operation("f", requestBody=body(thing),
                            responses=answers(**{"201": {"type": "array", "items": thing}}))},
        },
        {"Thing": {"type": "object"}},
        tags=[{"name": "Things"}],
    )  # fmt: skip
    client = published(project)
    page = client.get("/doc/shop").text
    for text in ("Things", "/auth/version", 'class="deprecated"'):
        assert text in page, text
    first, second = (client.get(f"/doc/shop?operation={method}%20/things").text for method in ("GET", "POST"))
    assert "list of integer" in first
    for text in (
        "The body is larger than this service accepts.",
        "added by pymacaron",
        'list of <a href="shop?schema=',
    ):
        assert text in second, text
    assert '<a href="shop">shop</a>' in client.get("/doc/").text


def test_answers_are_told_whole(project: Project) -> None:
    """The page of an operation has the headers of its answers, and the examples of the document that fit."""
    promised = answers(**{"200": {"type": "object"}, "201": {"type": "object"}})
    promised["200"]["headers"] = {"X-Total": {"schema": {"type": "integer"}}}
    promised["200"]["content"]["application/json"]["example"] = {"name": "Ada <3"}
    promised["201"]["content"]["application/json"]["example"] = "wrong"
    project.document({"/a": {"get": operation("f", responses=promised)}})
    page = published(project).get("/doc/shop?operation=GET%20/a").text
    assert "X-Total" in page
    assert "Ada &lt;3" in page
    assert "wrong" not in page


def test_behind_a_prefix(project: Project) -> None:
    """Links are relative, so that pages work wherever the service is mounted."""
    shop(project)
    client = published(project, path="/docs/apis/")
    for page in ("/docs/apis/", "/docs/apis/shop", "/docs/apis/shop?operation=GET%20/things"):
        text = client.get(page, environ_overrides={"SCRIPT_NAME": "/mounted"}).text
        links = [unescape(link) for link in re.findall(r'(?:href|src)="([^"]+)"', text) if link != "data:,"]
        assert len(links) > 3
        assert not [link for link in links if link.startswith(("/", "http"))]
        for link in links:
            assert client.get(urljoin(page, link)).status_code == 200, link
    moved = client.get("/docs/apis", environ_overrides={"SCRIPT_NAME": "/mounted"})
    assert moved.headers["Location"].endswith("/mounted/docs/apis/")


def test_at_the_root(project: Project) -> None:
    """Published at the root, documents leave all other paths alone."""
    shop(project)
    client = published(project, path="")
    assert client.get("/shop.yaml").data == AS_WRITTEN.encode()
    assert client.get("/things").json == {}
    assert client.get("/no/such/path").json["error"] == "NOT_FOUND"  # type: ignore[index]


def test_pages_cost_nothing_until_they_are_asked_for(project: Project) -> None:
    """What makes pages is imported for the first who asks for one."""
    project.document({"/a": {"get": operation("f")}})
    project.functions("def f(): return {}")
    program = (
        "import sys; from flask import Flask; from pymacaron import API; app = Flask('x')\n"
        "API(app).load_apis('apis').publish_apis().start()\n"
        "named = lambda: {name for name in sys.modules if name.startswith('pymacaron.publishing.')}\n"
        "before = named(); assert app.test_client().get('/doc/shop').status_code == 200\n"
        "print(sorted(before), 'pymacaron.publishing.pages' in named())"
    )
    told = run([sys.executable, "-c", program], project.folder, PYTHONPATH=str(project.folder))
    assert told.stdout == "['pymacaron.publishing.service'] True\n", told.stderr
