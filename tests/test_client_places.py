"""Clients of APIs that this process serves, of documents that are only called, and what wraps their calls."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from flask import Flask
from peers import Received, peer
from services import JSON, Project, answers, body, operation, project_in, query

from pymacaron import API, ApiPool, load_clients
from pymacaron.auth import backend_token, generate_token
from pymacaron.config import get_config
from pymacaron.exceptions import BindingError, ConfigurationError, DocumentError, is_error

LINES = {"200": {"description": "", "content": {"application/jsonl": {"schema": {}}}}}


@pytest.fixture
def project(tmp_path: Path) -> Iterator[Project]:
    with project_in(tmp_path, jwt_secret="s" * 32) as made:
        yield made


# Served here


def test_an_api_that_is_served_here(project: Project) -> None:
    """Is called in this process, with contexts, identity and call path of its own, as callers from outside would be."""
    project.functions("""
        from flask import g, request
        from pymacaron import ApiPool
        from pymacaron.calls import get_call
        def outer(value):
            g.mark = "outer"
            inner = ApiPool.shop.client.inner({"n": value["n"]}, q="a b/c")
            assert get_call().operation.name == "outer" and g.mark == "outer"
            return inner
        def inner(value, q):
            assert not hasattr(g, "mark")
            return {"n": value["n"] + 1, "q": q, "path": get_call().path, "id": get_call().id, "at": request.path}
    """)
    paths = {
        "/outer": {"post": operation("outer", operationId="outer", requestBody=body({"type": "object"}))},
        "/inner": {"post": operation("inner", operationId="inner", requestBody=body({"type": "object"}),
                                     parameters=[query("q", type="string")])},
    }  # fmt: skip
    project.document(paths, servers=[{"url": "https://shop.invalid/v1"}])
    for dispatch in ("lane", "flask"):
        get_config().dispatch = dispatch
        project.app = Flask(dispatch)
        answer = project.start().post("/v1/outer", json={"n": 1}, headers={"PymCallID": "abc"})
        path = "shop.outer/shop.inner"
        assert answer.get_json() == {"n": 2, "q": "a b/c", "path": path, "id": "abc", "at": "/v1/inner"}


def test_errors_and_streams_of_what_is_served_here(project: Project) -> None:
    """Errors are errors, items come one by one, and somewhere else is somewhere else."""
    project.functions("""
        from pymacaron.exceptions import NotFoundError
        def fails(): raise NotFoundError("gone")
        def breaks(): raise ValueError("oops")
        def lines(): yield {"n": 1}; yield {"n": 2}
    """)
    project.document({
        "/fails": {"get": operation("fails", operationId="fails")},
        "/breaks": {"get": operation("breaks", operationId="breaks")},
        "/lines": {"get": operation("lines", operationId="lines", responses=LINES)},
    })  # fmt: skip
    project.start()
    client = ApiPool.shop.client
    error = client.fails()
    assert (type(error).__name__, error.error, error.status) == ("Error", "NOT_FOUND", 404)
    assert client.breaks().error == "UNHANDLED_SERVER_ERROR"
    assert [line["n"] for line in client.lines()] == [1, 2]
    with peer(lambda got: (200, {"Content-Type": JSON}, b"{}")) as other:
        assert client.fails(base_url=other.url) == {}


def test_the_environment_says_where(project: Project, monkeypatch: pytest.MonkeyPatch) -> None:
    """PYM_<API>_URL goes before what the configuration says, and that before the document."""
    here = project.document({"/f": {"get": operation(operationId="f")}}, name="a-b.c", servers=[{"url": "http://x"}])
    with peer(lambda got: (200, {"Content-Type": JSON}, b'{"n": 1}')) as other:
        monkeypatch.setenv("PYM_A_B_C_URL", other.url)
        get_config().clients = {"a-b.c": {"url": "http://x.invalid", "timeout": 1}}
        assert ApiPool.add("a-b.c", yaml_path=str(here)).client.f() == {"n": 1}


def test_what_is_no_address_stops_the_start(project: Project, monkeypatch: pytest.MonkeyPatch) -> None:
    """Where an API is has to be an address, whoever says it."""
    folder = project.document({"/f": {"get": operation(operationId="f")}}, name="there").parent
    monkeypatch.setenv("PYM_THERE_URL", "localhost:8081")
    with pytest.raises(
        ConfigurationError, match=r"PYM_THERE_URL in the .*: 'localhost:8081' is none; write for example https://"
    ):
        load_clients(folder)


# Only called


def test_load_clients_in_a_script(project: Project) -> None:
    """Documents beside the program are loaded for calling, without a server, Flask or a configuration."""
    with peer(lambda got: (200, {"Content-Type": JSON}, b'{"n": 1}')) as other:
        project.document({"/f": {"get": operation(operationId="f")}}, name="there", servers=[{"url": other.url}])
        project.functions("""
            import sys
            from pymacaron import ApiPool, load_clients
            load_clients()
            print(ApiPool.there.client.f(), "flask" in sys.modules)
        """, "script")  # fmt: skip
        script = str(project.folder / "script.py")
        ran = subprocess.run([sys.executable, script], cwd="/", capture_output=True, check=True)
        assert ran.stdout.decode() == "{'n': 1} False\n"


def test_load_clients_in_a_context_of_flask(project: Project) -> None:
    """As scripts for pymacaron 1.x do it; operations without a name are called after method and path."""
    with peer(lambda got: (200, {"Content-Type": JSON}, b'{"n": 1}')) as other:
        project.document({"/f/g": {"get": operation()}}, name="there", servers=[{"url": other.url}])
        app = Flask("script")
        with app.test_request_context(""):
            API(app).load_clients(project.folder / "apis", apis=["there"])
            assert ApiPool.there.client.get_f_g() == {"n": 1}


def test_load_clients(project: Project, tmp_path: Path) -> None:
    """All documents of a folder, or those that are named; what is loaded stays, what is not there is told."""
    project.document({"/f": {"get": operation(operationId="f")}}, name="one")
    project.document({"/f": {"get": operation(operationId="f")}}, name="two")
    folder = project.folder / "apis"
    assert list(load_clients(folder, apis=["one"])) == ["one"]
    one = ApiPool.one
    assert sorted(load_clients(folder)) == ["one", "two"]
    assert ApiPool.one is one
    with pytest.raises(DocumentError, match=r"no document of an API 'ones' in .*; did you mean 'one'\?"):
        load_clients(folder, apis="ones")
    (tmp_path / "nothing").mkdir()
    with pytest.raises(DocumentError, match="there is no OpenAPI document in"):
        load_clients(tmp_path / "nothing")
    assert API(project.app, timeout=3, host="other", port=81).load_clients(folder).timeout == 3


def test_a_service_that_calls(project: Project) -> None:
    """API.load_clients adds what is only called: it is not served, and its operations need no functions."""
    with peer(lambda got: (200, {"Content-Type": JSON}, b'{"n": 1}')) as other:
        called = project.document({"/g": {"get": operation(operationId="g")}}, name="there")
        (project.folder / "calls").mkdir()
        called.rename(project.folder / "calls" / "there.yaml")
        project.document({"/f": {"get": operation("f", operationId="f")}})
        project.functions("from pymacaron import ApiPool\ndef f(): return ApiPool.there.client.g()")
        get_config().clients = {"there": {"url": other.url}}
        project.load().load_clients(project.folder / "calls").start()
        client = project.app.test_client()
        assert client.get("/f").get_json() == {"n": 1}
        assert client.get("/g").status_code == 404


def test_settings_for_nobody(project: Project, caplog: pytest.LogCaptureFixture) -> None:
    """Settings for an API that is not loaded are warned of when the service starts; in a script, where others may be
    loaded later, only those that look misspelt."""
    project.document({"/f": {"get": operation(operationId="f")}}, name="mailer")
    get_config().clients = {"maler": {"timeout": 1}, "orders": {"timeout": 1}}
    load_clients(project.folder / "apis")
    (told,) = caplog.messages
    assert told.endswith("clients.maler: no API of that name is loaded; did you mean 'mailer'?")
    caplog.clear()
    project.load().start(serve=[])
    assert [("maler" in text, "orders" in text) for text in caplog.messages if "clients." in text] == [
        (True, False), (False, True)
    ]  # fmt: skip


def test_the_first_call_waits_for_no_import(project: Project) -> None:
    """A service that calls others over the network has what carries the calls when it has started; one that does not
    call has none of it."""
    project.document({"/f": {"get": operation("f")}})
    project.functions("def f(): return {}")
    project.functions("""
        import sys
        from flask import Flask
        from pymacaron import API
        api = API(Flask("x")).load_apis("apis")
        api.start(serve="shop")
        print("pymacaron.transports.http" in sys.modules)
    """, "script")  # fmt: skip
    for names in (("shop",), ("shop", "there")):
        project.document({"/f": {"get": operation("f")}}, name=names[-1])
        command = [sys.executable, "script.py"]
        ran = subprocess.run(command, cwd=project.folder, capture_output=True, check=True)
        assert ran.stdout.decode() == f"{len(names) == 2}\n"


# What wraps calls


def test_the_token_of_the_caller(project: Project) -> None:
    """add_auth lets calls go out with the token of who calls us, unless another one is given; backend_token acts as
    somebody else."""
    with peer(lambda got: (200, {"Content-Type": JSON}, json.dumps(got.headers).encode())) as other:
        decorated = operation(operationId="f", x_decorate_request="pymacaron.auth.add_auth")
        path = project.document({"/f": {"get": decorated}}, name="there", servers=[{"url": other.url}])
        client = ApiPool.add("there", yaml_path=str(path)).client
        assert "authorization" not in client.f()
        with backend_token("me") as token:
            assert client.f()["authorization"] == f"Bearer {token}"
            assert client.f(request_headers={"Authorization": "Basic x"})["authorization"] == "Basic x"
        project.functions("from pymacaron import ApiPool\ndef g(): return ApiPool.there.client.f()['authorization']")
        path.unlink()
        guarded = operation("g", x_decorate_server="pymacaron.auth.requires_auth", responses=answers(**{"200": {}}))
        project.document({"/g": {"get": guarded}})
        sent = f"Bearer {generate_token('ann')}"
        assert project.start().get("/g", headers={"Authorization": sent}).get_json() == sent


def test_decorators_of_calls(project: Project) -> None:
    """They see and change what is called with, headers among it, and what comes back; options reach the call."""

    def answer(got: Received) -> tuple[int, dict[str, str], bytes]:
        return 200, {"Content-Type": JSON}, json.dumps([got.target, got.headers["x-b"]]).encode()

    with peer(answer) as other:
        project.functions("""
            def marked(call):
                def calling(*body, headers, **given):
                    assert given == {"q": 1, "timeout": 3}, given
                    return call(*body, headers={**headers, "X-B": headers["X-A"] + "b"}, q=2, timeout=3) + [3]
                return calling
        """)
        made = operation(operationId="f", parameters=[query("q", type="integer")], x_decorate_request="handlers.marked")
        path = project.document({"/f": {"get": made}}, name="there", servers=[{"url": other.url}])
        client = ApiPool.add("there", yaml_path=str(path)).client
        assert client.f(q=1, timeout=3, request_headers={"X-A": "a"}) == ["/f?q=2", "ab", 3]


def test_decorators_that_are_not_there(project: Project) -> None:
    """Stop the start of what calls, with the nearest name."""
    wrong = {"/f": {"get": operation(operationId="f", x_decorate_request="pymacaron.auth.ad_auth")}}
    path = project.document(wrong, name="there")
    with pytest.raises(BindingError, match=r"did you mean 'add_auth'\?"):
        load_clients(project.folder / "apis")
    with pytest.raises(BindingError, match="for calls of GET /f"):
        ApiPool.add("there", yaml_path=str(path)).client.f()
    project.document({"/g": {"get": operation("g")}})
    project.functions("def g(): ...")
    with pytest.raises(BindingError, match=r"did you mean 'add_auth'\?"):
        project.load().start(serve="shop")


def test_decorators_that_return_nothing(project: Project) -> None:
    """Are told with the name of the decorator and the operation, where the client is made."""
    project.functions("def nothing(call): pass")
    path = project.document({"/f": {"get": operation(operationId="f", x_decorate_request="handlers.nothing")}})
    with pytest.raises(BindingError, match=r"handlers\.nothing, which decorates calls of GET /f, returned NoneType"):
        ApiPool.add("there", yaml_path=str(path)).client.f()


def test_nothing_is_called_late(project: Project) -> None:
    """Where no time is left, what is served here is not called either."""
    project.document({"/f": {"get": operation("f", operationId="f")}})
    project.functions("called = []\ndef f(): called.append(1)")
    project.start()
    assert is_error(ApiPool.shop.client.f(timeout=1e-9))
    assert sys.modules["handlers"].called == []
