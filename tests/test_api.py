"""Putting a service together: documents in, models out, a start that tells everything or serves."""

from __future__ import annotations

import copy
import pickle
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from flask import Flask
from programs import ROOT, by_gunicorn, by_python, run, running
from services import ERROR, Project, answers, body, operation, project_in

import pymacaron
from pymacaron import API, ApiPool, Format, get_model, letsgo
from pymacaron.config import get_config
from pymacaron.exceptions import BindingError, DocumentError, StartError, ValidationError

THING = {"type": "object", "required": ["id"], "properties": {"id": {"type": "integer"}, "name": {"type": "string"}}}
ID = {"name": "id", "in": "path", "required": True, "schema": {}}
THING_REF = {"$ref": "#/components/schemas/Thing"}


@pytest.fixture
def project(tmp_path: Path) -> Iterator[Project]:
    with project_in(tmp_path) as made:
        made.functions("def f(): return {}")
        yield made


# Loading


def test_an_api_is_called_as_its_file(project: Project) -> None:
    """Documents below the folder, at any depth; not what they refer to, nor the configuration, nor what is ignored."""
    project.document({}, name="shop")
    apis = project.folder / "apis"
    (apis / "deeper").mkdir()
    (apis / "shop.yaml").rename(apis / "deeper" / "shop.yaml")
    project.document({}, name="other.v1")
    project.document({}, name="unwanted")
    (apis / "fragment.yaml").write_text("Thing: {type: object}")
    (apis / "pym-config.yaml").write_text("openapi: 3.1.0")
    (apis / "notes.txt").write_text("openapi: 3.1.0")
    API(project.app).load_apis(apis, ignore=["unwanted"])
    assert sorted(ApiPool) == ["other.v1", "shop"]
    assert ApiPool.shop.get_version() == "1.2.3"


def test_calls_chain(project: Project) -> None:
    """Each returns the API."""
    project.document({"/f": {"get": operation("f")}})
    made = API(project.app).load_apis(project.folder / "apis").publish_apis().start("shop")
    assert isinstance(made, API)
    assert project.app.test_client().get("/f").json == {}


def test_a_folder_that_is_not_there(project: Project) -> None:
    """Is a fault, with the nearest name."""
    with pytest.raises(DocumentError, match=r"does not exist; did you mean '.*apis'\?"):
        API(project.app).load_apis(project.folder / "apsi")


def test_all_faults_of_all_documents(project: Project) -> None:
    """Are told at once, each with file, line and column."""
    for name in ("one", "two"):
        project.document({"/f": {"get": {"responses": {"200": {}}}}}, {"Thing": {"type": "integr"}}, name=name)
    with pytest.raises(DocumentError) as caught:
        project.load()
    told = [str(finding) for finding in caught.value.findings]
    assert len(told) == 4
    for name in ("one", "two"):
        place = project.folder / "apis" / f"{name}.yaml"
        assert sum(finding.startswith(f"{place}:") and "did you mean 'integer'?" in finding for finding in told) == 1
        assert sum(finding.startswith(f"{place}:") and "description" in finding for finding in told) == 1
    assert list(ApiPool) == []


def test_a_misspelt_key_of_ours(project: Project) -> None:
    """Stops the start of an API that is served, not of one that is only loaded."""
    project.document({"/f": {"get": operation("f", x_bind_sever="handlers.f")}}, name="served")
    project.load()
    with pytest.raises(DocumentError, match="x-bind-server"):
        project.load().start("served")


def test_start_serves_what_is_named(project: Project) -> None:
    """One name or several; all if none is; a name that is not there is told with the nearest."""
    for name in ("one", "two", "three"):
        project.document({f"/{name}": {"get": operation("f")}}, name=name)
    for serve, served in ((["one", "two"], {"one", "two"}), ("three", {"three"}), (None, {"one", "two", "three"})):
        project.app = Flask("service")
        client = project.start(serve)
        assert {name for name in ("one", "two", "three") if client.get(f"/{name}").status_code == 200} == served
        assert client.get("/version").get_json()["name"].split() == sorted(served, key=["one", "three", "two"].index)
    project.app = Flask("service")
    with pytest.raises(BindingError, match=r"no API of that name is loaded; did you mean 'three'\?"):
        project.start("tree")


def test_nothing_comes_after_the_start(project: Project) -> None:
    """What would come too late says so."""
    project.document({"/f": {"get": operation("f")}})
    api = project.load().start()
    late: list[Callable[[], API]] = [api.publish_apis, api.start, lambda: api.load_apis(project.folder)]
    for call in late:
        with pytest.raises(StartError, match=r"came after start\(\)"):
            call()


def test_an_app_has_one_api(project: Project) -> None:
    """A second API on an app that is being served says what to do instead, whatever is asked of it."""
    project.document({"/f": {"get": operation("f")}})
    project.start()
    second = API(project.app)
    late: list[Callable[[], API]] = [second.publish_apis, second.start, lambda: second.load_apis(project.folder)]
    for call in late:
        with pytest.raises(StartError, match=r"another API has started on this Flask app; let one API load_apis\(\)"):
            call()


def test_soft_faults(project: Project, caplog: pytest.LogCaptureFixture) -> None:
    """What is wrong only with a document that is served is told with all else that is wrong with it; of one that is
    only called, it is logged, at every start."""
    project.document({"/f": {"get": {**operation("f"), "x-bind-sever": "a.b", "responses": 5}}}, name="served")
    with pytest.raises(DocumentError) as caught:
        project.start("served")
    assert ["x-bind-sever" in str(one) for one in caught.value.findings] == [False, True]
    project.document({"/f": {"get": operation("f")}}, name="served")
    project.document({"/f": {"get": {**operation("f"), "x-bind-sever": "a.b"}}}, name="called")
    for _ in range(2):
        caplog.clear()
        project.app = Flask("service")
        project.start("served")
        (said,) = caplog.messages
        assert "x-bind-sever: 'x-bind-sever' is not a key of pymacaron; did you mean 'x-bind-server'?" in said


def test_operations_have_names_of_their_own(project: Project) -> None:
    """However alike their operationIds or paths are, Flask has a name for each."""
    project.document(
        {
            "/a": {"get": operation("f", operationId="getThing"), "put": operation("f", operationId="get_thing")},
            "/things/{id}": {"get": operation("g", parameters=[ID])},
            "/things/id": {"get": operation("f")},
        }
    )
    project.functions("def f(): return {}\ndef g(**rest): return {}")
    project.document({"/pong": {"get": operation("f", operationId="ping")}}, name="ping")
    client = project.start()
    for path in ("/a", "/things/7", "/things/id", "/pong", "/ping"):
        assert client.get(path).status_code == 200, path
    assert client.put("/a").status_code == 200


# What every service answers


def test_version(project: Project, monkeypatch: pytest.MonkeyPatch) -> None:
    """The APIs served, the version of the first one, of the container, the environment."""
    project.document({"/f": {"get": operation("f")}})
    project.document({"/g": {"get": operation("f")}}, name="stock")
    monkeypatch.setenv("PYM_ENV", "live")
    monkeypatch.chdir(project.folder)
    client = project.start(["stock", "shop"])
    assert client.get("/version").json == {"name": "stock shop", "version": "1.2.3", "container": "", "pym_env": "live"}
    (project.folder / "VERSION").write_text("build 7\n")
    assert client.get("/version").get_json()["container"] == "build 7"
    monkeypatch.setenv("PYM_CONTAINER", "build 8")
    assert client.get("/version").get_json()["container"] == "build 8"
    assert client.get("/ping").json == {}
    denied = client.get("/auth/version")
    assert (denied.status_code, denied.get_json()["error"]) == (401, "AUTHORIZATION_HEADER_MISSING")


def test_the_users_own_ping_wins(project: Project) -> None:
    """An operation or a route of the user's on one of these paths."""
    project.functions("def pong(): return {'own': True}")
    project.document({"/ping": {"get": operation("pong")}})
    project.app.add_url_rule("/version", view_func=lambda: "own version")
    client = project.start()
    assert client.get("/ping").json == {"own": True}
    assert client.get("/version").text == "own version"
    assert client.get("/auth/version").status_code == 401


def test_an_api_called_ping(project: Project) -> None:
    """Is the user's own, security and models included; what is built in stays beside it."""
    project.document(
        {"/thing": {"get": operation("f", responses=answers(**{"200": THING_REF}))}}, {"Thing": THING}, name="ping"
    )
    client = project.start(serve="ping")
    assert client.get("/ping").json == {}
    assert list(ApiPool) == ["ping"]
    project.app = Flask("other")
    schemes = {"key": {"type": "apiKey", "in": "header", "name": "k"}}
    path = project.document({"/f": {"get": operation("f", security=[{"key": []}])}}, name="ping")
    path.write_text(
        path.read_text().replace('"components": {', f'"components": {{"securitySchemes": {schemes},'.replace("'", '"'))
    )
    with pytest.raises(BindingError, match="requires key, but nothing verifies it"):
        project.start(serve="ping")


def test_documents_are_published(project: Project) -> None:
    """As they were written, as JSON, and as a page; an unknown one is 404."""
    path = project.document({"/f": {"get": operation("f", summary="Finds <things>")}})
    project.load().publish_apis("/api-docs/").start()
    client = project.app.test_client()
    assert client.get("/api-docs/shop.yaml").data == path.read_bytes()
    assert client.get("/api-docs/shop.json").get_json()["info"]["version"] == "1.2.3"
    assert "Finds &lt;things&gt;" in client.get("/api-docs/shop").text
    assert 'href="shop"' in client.get("/api-docs/").text
    assert client.get("/api-docs/none").status_code == 404


# Models


def test_models_have_one_class(project: Project) -> None:
    """By the pool, by get_model, by import."""
    project.document({}, {"Thing": THING})
    project.load()
    from pymacaron.models import Thing

    assert Thing is get_model("Thing") is get_model("Thing", api="shop") is ApiPool.shop.model.Thing
    assert Thing(id=1).to_json() == {"id": 1}


def test_models_before_documents(project: Project) -> None:
    """There are none, and the error says what to do."""
    with pytest.raises(ImportError, match="before a document is loaded"):
        from pymacaron.models import Thing  # noqa: F401
    with pytest.raises(AttributeError, match="no API is loaded yet"):
        get_model("Thing")
    with pytest.raises(AttributeError, match="none is loaded yet: call load_apis first"):
        _ = ApiPool.shop


def test_a_name_that_two_apis_use(project: Project) -> None:
    """Different models: only with the API's name. Identical ones, also by way of references: one class."""
    other = {**THING, "properties": {"id": {"type": "string"}}}
    tree = {
        "type": "object",
        "properties": {"parts": {"type": "array", "items": {"$ref": "#/components/schemas/Tree"}}},
    }
    project.document({}, {"Thing": THING, "Tree": tree}, name="shop")
    project.document({}, {"Thing": other, "Tree": tree}, name="stock")
    project.load()
    with pytest.raises(AttributeError, match=r"shop and stock have different models 'Thing'; say which: get_model"):
        get_model("Thing")
    with pytest.raises(ImportError, match="shop and stock have different models"):
        from pymacaron.models import Thing  # noqa: F401
    assert get_model("Thing", api="shop") is not get_model("Thing", api="stock")
    assert get_model("Tree") is ApiPool.shop.model.Tree is ApiPool.stock.model.Tree
    assert get_model("Error") is ApiPool.stock.model.Error


def test_the_nearest_name(project: Project) -> None:
    """Is told for models and APIs."""
    project.document({}, {"Thing": THING, "Text": {"type": "string"}})
    project.load()
    with pytest.raises(AttributeError, match=r"did you mean 'Thing'\?"):
        get_model("Thign")
    with pytest.raises(AttributeError, match=r"did you mean 'shop'\?"):
        _ = ApiPool.shpo
    with pytest.raises(AttributeError, match="is not a model: its schema does not describe an object"):
        _ = ApiPool.shop.model.Text


def test_models_of_nameless_schemas(project: Project) -> None:
    """Are copied, compared and pickled like any other; so are those that only another file has."""
    nested = {"type": "object", "properties": {"at": {"type": "object", "properties": {"x": {"type": "number"}}}}}
    (project.folder / "apis" / "parts.yaml").write_text("Part: {type: object, properties: {n: {type: integer}}}")
    thing = {**nested, "properties": {**nested["properties"], "part": {"$ref": "parts.yaml#/Part"}}}  # type: ignore[dict-item]
    project.document({}, {"Thing": thing, "Part": {"$ref": "parts.yaml#/Part"}})
    project.load()
    made = get_model("Thing").from_json({"at": {"x": 1.5}, "part": {"n": 1}})
    assert type(made.part) is get_model("Part")
    for twin in (made.clone(), copy.copy(made), copy.deepcopy(made), pickle.loads(pickle.dumps(made))):
        assert twin == made
        assert type(twin.at) is type(made.at)
    assert made.clone().at is not made.at


def test_models_pickled_by_another_process(project: Project) -> None:
    """A worker that has the same documents knows them again."""
    nested = {"type": "object", "properties": {"at": {"type": "object", "properties": {"x": {"type": "number"}}}}}
    project.document({}, {"Thing": nested})
    load = "from pymacaron import ApiPool; ApiPool.add('shop', yaml_path='apis/shop.yaml'); import pickle, sys\n"
    dump = "sys.stdout.buffer.write(pickle.dumps(ApiPool.shop.model.Thing.from_json({'at': {'x': 1}})))"
    read = "print(repr(pickle.load(sys.stdin.buffer)))"
    dumped = subprocess.run([sys.executable, "-c", load + dump], cwd=project.folder, capture_output=True, check=True)
    told = subprocess.run(
        [sys.executable, "-c", load + read], cwd=project.folder, capture_output=True, check=True, input=dumped.stdout
    )
    assert told.stdout.decode() == "Thing(at=ThingAt(x=1))\n"


def test_apipool_add(project: Project) -> None:
    """One API from a text or a file, without a server."""
    text = project.document({}, {"Thing": THING}, name="given").read_text()
    api = ApiPool.add("mine", yaml_str=text, timeout=3, host="example.com", port=8, proto="https", verify_ssl=False)
    assert ApiPool.mine is api
    assert ApiPool.add("file", yaml_path=str(project.folder / "apis" / "given.yaml")).get_version() == "1.2.3"
    thing = api.json_to_model("Thing", {"id": 1}, validate=True)
    assert api.model_to_json(thing) == {"id": 1}
    assert api.json_to_model("Thing", {"id": "1"}).id == "1"
    with pytest.raises(ValidationError, match="/id: an integer"):
        api.json_to_model("Thing", {"id": "1"}, validate=True)
    with pytest.raises(TypeError, match="either yaml_path or yaml_str"):
        ApiPool.add("none")
    with pytest.raises(DocumentError):
        ApiPool.add("bad", yaml_str="openapi: 3.1.0")


def test_spawn_api(project: Project) -> None:
    """An API that was added by itself can be served by an application, each function decorated."""
    text = project.document({"/f": {"get": operation("f")}}).read_text()
    api = ApiPool.add("mine", yaml_str=text)
    api.spawn_api(project.app)
    assert project.app.test_client().get("/f").json == {}
    other = Flask("other")
    api.spawn_api(other, decorator=lambda function: lambda **kwargs: {"wrapped": function(**kwargs)})
    assert other.test_client().get("/f").json == {"wrapped": {}}


def test_custom_formats(project: Project) -> None:
    """A format of the user's has its check, its Python value, and how it is written."""
    weight = Format("weight", lambda text: text.endswith("g"), lambda text: int(text[:-1]), lambda grams: f"{grams}g")
    parcel = {"type": "object", "properties": {"weight": {"type": "string", "format": "weight"}}}
    ref = {"$ref": "#/components/schemas/Parcel"}
    project.functions("def f(parcel):\n    parcel.weight *= 2\n    return parcel")
    made = operation("f", requestBody=body(ref), responses=answers(**{"200": ref}))
    project.document({"/f": {"post": made}}, {"Parcel": parcel})
    client = project.start(formats=[weight])
    assert client.post("/f", json={"weight": "21g"}).json == {"weight": "42g"}
    assert client.post("/f", json={"weight": "heavy"}).get_json()["errors"][0]["code"] == "format"


def test_everything_promised_is_there() -> None:
    """`from pymacaron import ...` finds each name of __all__, at its first use."""
    for name in pymacaron.__all__:
        assert getattr(pymacaron, name) is not None
    assert set(pymacaron.__all__) <= set(dir(pymacaron))
    with pytest.raises(AttributeError, match="no attribute 'nothing'"):
        _ = pymacaron.nothing


# Programs

SERVER = """
import os
from flask import Flask
from pymacaron import API, letsgo

app = Flask(__name__)

def start(port=80, debug=False):
    print("started by", __name__, port, debug, flush=True)
    api = API(app, port=port, debug=debug)
    api.load_apis(os.path.join(os.path.dirname(os.path.realpath(__file__)), "apis"))
    api.start(serve="shop")

letsgo(__name__, callback=start)
"""
FILE_LINE_COLUMN = r"shop\.yaml:\d+:\d+: "


@pytest.fixture
def program(project: Project) -> Project:
    project.functions(SERVER, "server")
    (project.folder / "pym-config.yaml").write_text("name: shop\nlive_host: shop.example.com\n")
    return project


def test_a_program(program: Project, tmp_path: Path) -> None:
    """`python server.py` calls back with what the command line says, and listens."""
    program.document({"/f": {"get": operation("f")}})
    with running(by_python(), program.folder, tmp_path / "log") as server:
        assert server.ask("GET", "/f").json == {}
        assert "started by __main__ 0 False" in server.log
    with running([*by_python(), "--debug"], program.folder, tmp_path / "log") as server:
        assert server.ask("GET", "/f").json == {}
        assert "started by __main__ 0 True" in server.log


def test_a_program_imported(program: Project) -> None:
    """Calls back once, without arguments, and opens no port."""
    program.document({"/f": {"get": operation("f")}})
    code = "import server; print(server.app.test_client().get('/f').json)"
    told = run([sys.executable, "-c", code], program.folder)
    assert told.stdout == "started by server 80 False\n{}\n"


@pytest.mark.parametrize("fault", ["document", "binding", "configuration", "name"])
def test_what_stops_a_program(program: Project, fault: str) -> None:
    """Is told on stderr, without a traceback; the exit code is 2."""
    schemas = {"Thing": {"type": "integr"}} if fault == "document" else {}
    program.document({"/f": {"get": operation("g" if fault == "binding" else "f")}}, schemas)
    if fault == "configuration":
        (program.folder / "pym-config.yaml").write_text("name: shop\nmax_body: lots\n")
    if fault == "name":
        program.document({}, name="shopp")
        (program.folder / "apis" / "shop.yaml").unlink()
    told = run(by_python(), program.folder)
    assert told.returncode == 2
    assert "Traceback" not in told.stderr + told.stdout
    expected = {
        "document": "did you mean 'integer'?", "binding": "handlers.g",
        "configuration": "max_body", "name": "did you mean 'shopp'?",
    }[fault]  # fmt: skip
    assert expected in told.stderr


@pytest.mark.parametrize("fault", ["document", "binding"])
def test_what_stops_gunicorn(program: Project, fault: str) -> None:
    """It ends, with what is wrong in its log, and does not try again for ever."""
    schemas = {"Thing": {"type": "integr"}} if fault == "document" else {}
    program.document({"/f": {"get": operation("g" if fault == "binding" else "f")}}, schemas)
    began = time.monotonic()
    told = run(by_gunicorn(), program.folder)
    assert told.returncode == 3
    assert "Traceback" not in told.stderr
    assert time.monotonic() - began < 20
    assert "shop.yaml:" in told.stderr
    assert ("did you mean 'integer'?" if fault == "document" else "handlers.g") in told.stderr


def test_the_command_line(program: Project) -> None:
    """--help tells the options; a wrong one is refused."""
    program.document({"/f": {"get": operation("f")}})
    told = run([*by_python()[:3], "--help"], program.folder)
    assert told.returncode == 0
    assert all(option in told.stdout for option in ("--port", "--host", "--debug"))
    assert run([*by_python()[:3], "--port", "http"], program.folder).returncode == 2


def test_a_port_that_is_taken(program: Project) -> None:
    """Is told, and nothing serves."""
    program.document({"/f": {"get": operation("f")}})
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        told = run(by_python(taken.getsockname()[1]), program.folder)
    assert told.returncode != 0
    assert "another program uses it" in told.stderr
    assert "Traceback" not in told.stderr


def test_letsgo_wants_a_callback() -> None:
    """And says so."""
    wants: Any = letsgo
    with pytest.raises(TypeError, match="callback"):
        wants("server")


def test_importing_pymacaron_costs_little() -> None:
    """It brings neither Flask nor any of the libraries that only a service needs."""
    code = "import sys, pymacaron; print(*sys.modules)"
    told = run([sys.executable, "-c", code], ROOT).stdout.split()
    assert not {"flask", "werkzeug", "msgspec", "jsonschema_rs", "yaml", "click", "asyncio", "dataclasses"} & set(told)


def test_log_level(project: Project) -> None:
    """Of the configuration, else of API(log_level=...), is that of our loggers."""
    import logging

    logger = logging.getLogger("pymacaron")
    before = logger.level
    try:
        API(project.app, log_level="ERROR")
        assert logger.level == logging.ERROR
        get_config().log_level = "DEBUG"
        API(project.app, log_level="ERROR")
        assert logger.level == logging.DEBUG
    finally:
        logger.setLevel(before)


def test_default_user_id(project: Project) -> None:
    """API(default_user_id=...) is the configuration's."""
    API(project.app, default_user_id="somebody")
    assert get_config().default_user_id == "somebody"


def test_the_errors_of_two_apis_are_one_class(project: Project) -> None:
    """If they say the same."""
    project.document({}, name="a")
    project.document({}, {"Error": ERROR}, name="b")
    project.load()
    assert ApiPool.a.model.Error is ApiPool.b.model.Error


def test_own_routes_on_the_path_of_an_operation(project: Project, caplog: pytest.LogCaptureFixture) -> None:
    """Stop the start, which names both: they would answer without what the document demands. A later one is warned of;
    one for an operation that is not served, of another method, or on a path of ours is as it should be."""
    project.functions("def f(**more): return {}")
    parameters = [{"name": "b", "in": "path", "required": True, "schema": {"type": "string"}}]
    item = {"get": operation("f"), "put": operation(x_no_bind_server=True), "parameters": parameters}
    project.document({"/a/{b}": item, "/c": {"get": operation("f")}})
    for path, methods in (("/a/<x>", ["PUT", "POST"]), ("/ping", ["GET"]), ("/a/d", ["GET"])):
        project.app.add_url_rule(path, f"own{path}", lambda **more: "own", methods=methods)
    client = project.start()
    project.app.add_url_rule("/c", "late", lambda: "late")
    assert client.get("/a/1").json == {}
    assert "own route /c (late) answers GET /c instead of" in caplog.text
    project.app = Flask("other")
    project.app.add_url_rule("/a/<path:own>", "own", lambda own: "own")
    with pytest.raises(BindingError, match=r"own route /a/<path:own> \(own\) would answer GET /a/{b} instead; remove"):
        project.load().start()
