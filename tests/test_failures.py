"""Every error has one form, wherever it comes from; the same on the lane and through Flask's own dispatch."""

from __future__ import annotations

import re
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest
from flask import Flask, Response, abort
from flask.testing import FlaskClient
from services import ERROR, JSON, Project, answers, operation, project_in, query
from werkzeug.test import TestResponse

from pymacaron.config import get_config
from pymacaron.exceptions import (
    HIDDEN,
    AuthTokenExpiredError,
    ForbiddenError,
    InternalServerError,
    PyMacaronException,
    ValidationError,
    format_error,
    is_error,
)

UUID = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}")
FUNCTIONS = """
    import flask
    from pymacaron.exceptions import AuthTokenExpiredError, PyMacaronException, add_error, raise_error
    from pymacaron.models import Error

    InvalidUser = add_error("InvalidUser", code="INVALID_USER", status=401)

    class Conflict(PyMacaronException):
        code, status = "CONFLICT", 409

    def raises(n=None): raise InvalidUser("DB entry not found").tell_user("Sorry, we don't know you")
    def returns(): return InvalidUser("DB entry not found").tell_user("Sorry, we don't know you")
    def model():
        return Error(error="INVALID_USER", status=401, error_description="DB entry not found", error_id="given",
                     user_message="Sorry, we don't know you")
    def model_and_status(): return model(), 401
    def short_model(): return Error(error="GONE", status=410)
    def to_model(): return InvalidUser("DB entry not found").to_model()
    def http_reply(): return InvalidUser("DB entry not found").http_reply()
    def passes_on(): raise_error(model())
    def foreign(): raise KeyError("the-secret")
    def foreign_chain():
        try:
            foreign()
        except KeyError as error:
            raise Conflict("two at once").caught(error)
    def forwards():
        raise Conflict("as the other says").caught(model())
    def aborts(): flask.abort(418, "short and stout")
    def aborts_late(): flask.abort(flask.Response("mine", 409))
    def bare(): raise PyMacaronException("no code of its own")
    def built_in(): raise AuthTokenExpiredError("too late")
    def exits(): raise SystemExit("never by a request")
    def exits_in_a_thread(): raise KeyboardInterrupt
    def exits_at_the_first_item():
        raise SystemExit("never by a request")
        yield
    def exits_later():
        yield 1
        raise BaseExceptionGroup("several", [SystemExit("never by a request")])
    def exits_at_the_end():
        try:
            yield from range(9)
        finally:
            raise SystemExit("never by a request")
    def asserts(): assert False, "the-secret"
"""


@pytest.fixture(params=["lane", "flask"])
def project(tmp_path: Path, request: pytest.FixtureRequest) -> Iterator[Project]:
    with project_in(tmp_path, dispatch=request.param) as made:
        made.functions(FUNCTIONS)
        names = re.findall(r"^    def (\w+)", FUNCTIONS, re.MULTILINE)
        paths = {f"/{name}": {"get": operation(name)} for name in names}
        paths["/raises"]["get"]["parameters"] = [query("n", type="integer")]
        made.document(paths)
        yield made


def json_of(answer: TestResponse) -> dict[str, Any]:
    value = answer.get_json()
    assert isinstance(value, dict)
    return value


def ask(project: Project, function: str, **options: Any) -> TestResponse:
    return project.start(**options).get(f"/{function}")


# The ways in which a function fails


@pytest.mark.parametrize("function", ["raises", "returns", "model", "model_and_status", "passes_on"])
def test_the_ways_to_fail(project: Project, function: str) -> None:
    """Raised or returned, as an error or as the document's Error model: the answer is one and the same."""
    answer = ask(project, function)
    body = json_of(answer)
    error_id = body.pop("error_id")
    assert error_id == "given" if function in {"model", "model_and_status", "passes_on"} else UUID.fullmatch(error_id)
    assert (answer.status_code, answer.content_type) == (401, JSON)
    assert body == {
        "error": "INVALID_USER", "error_description": "DB entry not found", "status": 401,
        "user_message": "Sorry, we don't know you",
    }  # fmt: skip


@pytest.mark.parametrize(
    ("function", "status", "code", "description"),
    [
        ("bare", 500, "SERVER_ERROR", "no code of its own"), ("built_in", 401, "TOKEN_EXPIRED", "too late"),
        ("to_model", 401, "INVALID_USER", "DB entry not found"),
        ("http_reply", 401, "INVALID_USER", "DB entry not found"),
        ("foreign", 500, "UNHANDLED_SERVER_ERROR", HIDDEN), ("asserts", 500, "UNHANDLED_SERVER_ERROR", HIDDEN),
        ("foreign_chain", 409, "CONFLICT", "two at once"), ("aborts", 418, "IM_A_TEAPOT", "short and stout"),
    ],
)  # fmt: skip
def test_other_errors(project: Project, function: str, status: int, code: str, description: str) -> None:
    """Ours, Flask's abort(), and exceptions that nobody expected, whose text is not told."""
    answer = ask(project, function)
    body = json_of(answer)
    assert (answer.status_code, body["status"], body["error"], body["error_description"]) == (
        status, status, code, description,
    )  # fmt: skip
    assert UUID.fullmatch(body["error_id"])
    assert "the-secret" not in answer.text


def test_an_error_model_with_little_in_it(project: Project) -> None:
    """What it leaves open is filled in: every error can be found in the logs."""
    body = json_of(ask(project, "short_model"))
    assert (body["error"], body["status"]) == ("GONE", 410)
    assert UUID.fullmatch(body["error_id"])


def test_the_id_travels(project: Project) -> None:
    """An error that was caused by another one keeps its id."""
    body = json_of(ask(project, "forwards"))
    assert (body["error"], body["error_id"]) == ("CONFLICT", "given")


def test_a_response_that_aborts(project: Project) -> None:
    """abort(response) sends that response."""
    assert ask(project, "aborts_late").text == "mine"


def test_what_would_end_the_worker(project: Project) -> None:
    """SystemExit out of a function is a failure of that call: the worker has others to answer. So it is out of what
    makes an answer, and so is KeyboardInterrupt where nobody can have typed Ctrl-C."""
    client = project.start()
    assert [client.get(f"/{name}").status_code for name in ("exits", "exits_at_the_first_item")] == [500, 500]
    with ThreadPoolExecutor(1) as thread:
        assert thread.submit(client.get, "/exits_in_a_thread").result().status_code == 500
    with pytest.raises(RuntimeError, match="ended with BaseExceptionGroup"):
        list(client.get("/exits_later").response)
    answer: Any = client.get("/exits_at_the_end")
    next(iter(answer.response))
    with pytest.raises(RuntimeError, match="ended with SystemExit"):
        answer.close()


def test_invalid_requests(project: Project) -> None:
    """400 with every fault."""
    body = json_of(project.start().get("/raises?n=x"))
    assert (body["error"], body["status"]) == ("INVALID_PARAMETER", 400)
    (fault,) = body["errors"]
    spec = fault.pop("spec")
    assert fault == {"in": "query", "name": "n", "code": "type", "expected": "an integer"}
    assert spec == "#/paths/~1raises/get/parameters/0"


# What shows the text of unexpected exceptions


def test_debug_shows_texts(project: Project) -> None:
    """So does expose_exceptions, which counts at once."""
    assert json_of(ask(project, "foreign", debug=True))["error_description"] == "KeyError: 'the-secret'"


def test_expose_exceptions(project: Project) -> None:
    """May be switched at any time."""
    client = project.start()
    get_config().expose_exceptions = True
    assert "the-secret" in client.get("/foreign").text
    get_config().expose_exceptions = False
    assert "the-secret" not in client.get("/foreign").text


def test_unexpected_exceptions_are_logged(project: Project, caplog: pytest.LogCaptureFixture) -> None:
    """With their traceback, once."""
    ask(project, "foreign")
    records = [record for record in caplog.records if record.exc_info]
    assert len(records) == 1
    assert "the-secret" in caplog.text


# The user's own say


def test_error_callback(project: Project) -> None:
    """Makes the body of each error; its status is that of the answer if it is one of an error."""
    seen: list[BaseException] = []

    def callback(error: BaseException) -> dict[str, Any]:
        seen.append(error)
        assert isinstance(error, PyMacaronException)
        return {"msg": error.error_description, "status": 409 if error.code == "INVALID_USER" else "none"}

    client = project.start(error_callback=callback)
    assert client.get("/raises").status_code == 409
    assert client.get("/model").status_code == 409
    assert json_of(client.get("/foreign")) == {"msg": HIDDEN, "status": "none"}
    assert client.get("/foreign").status_code == 500
    assert json_of(client.get("/nowhere"))["msg"] == "this path does not exist"
    assert isinstance(seen[2].__cause__, KeyError)


def test_error_callback_with_a_model(project: Project) -> None:
    """It may return a model of the document."""
    from pymacaron import get_model

    def callback(error: BaseException) -> Any:
        return get_model("Error")(error="OURS", status=418)

    answer = ask(project, "raises", error_callback=callback)
    assert (answer.status_code, json_of(answer)) == (418, {"error": "OURS", "status": 418})


def test_error_decorator(project: Project) -> None:
    """Sees every error before it is sent, and may change it."""

    def decorator(error: dict[str, Any]) -> dict[str, Any]:
        return {**error, "documentation": f"https://example.com/errors/{error['error']}"}

    client = project.start(error_decorator=decorator)
    for path, code in {
        "/raises": "INVALID_USER", "/returns": "INVALID_USER", "/model": "INVALID_USER", "/http_reply": "INVALID_USER",
        "/raises?n=x": "INVALID_PARAMETER", "/nowhere": "NOT_FOUND", "/foreign": "UNHANDLED_SERVER_ERROR",
    }.items():  # fmt: skip
        assert json_of(client.get(path))["documentation"].endswith(f"/{code}"), path
    assert json_of(client.delete("/raises"))["documentation"].endswith("/METHOD_NOT_ALLOWED")


@pytest.mark.parametrize("result", [None, [], "text", KeyError("the-secret")])
@pytest.mark.parametrize("option", ["error_callback", "error_decorator"])
def test_what_fails_in_them_costs_no_answer(
    project: Project, caplog: pytest.LogCaptureFixture, option: str, result: Any
) -> None:
    """The error is answered without them, and the log says why."""

    def fails(error: object) -> Any:
        if isinstance(result, Exception):
            raise result
        return result

    answer = ask(project, "raises", **{option: fails})
    assert (answer.status_code, json_of(answer)["error"]) == (401, "INVALID_USER")
    assert f"{option} failed" in caplog.text or "error_callback or error_decorator failed" in caplog.text
    assert "the-secret" not in answer.text


def test_problem_details(project: Project) -> None:
    """error_format: problem answers RFC 9457, with all that we tell."""
    get_config().error_format = "problem"
    client = project.start()
    answer = client.get("/raises")
    body = json_of(answer)
    assert answer.content_type == "application/problem+json"
    assert (body["type"], body["title"], body["status"]) == ("about:blank", "Unauthorized", 401)
    assert (body["detail"], body["code"]) == ("DB entry not found", "INVALID_USER")
    assert (body["user_message"], bool(body["error_id"])) == ("Sorry, we don't know you", True)
    assert json_of(client.get("/raises?n=x"))["errors"][0]["name"] == "n"
    assert client.get("/model").content_type == "application/problem+json"
    assert client.get("/nowhere").content_type == "application/problem+json"


def test_handlers_of_the_application(project: Project) -> None:
    """What the user registered with Flask takes the error: for a class, a parent of it, or a status."""
    project.app.register_error_handler(KeyError, lambda error: ("by class", 410))
    project.app.register_error_handler(AuthTokenExpiredError, lambda error: ("of ours", 411))
    project.app.register_error_handler(418, lambda error: ("by status", 412))
    client = project.start()
    assert [(a.status_code, a.text) for a in map(client.get, ["/foreign", "/built_in", "/aborts"])] == [
        (410, "by class"), (411, "of ours"), (412, "by status"),
    ]  # fmt: skip
    assert json_of(client.get("/bare"))["error"] == "SERVER_ERROR"


# Beside the operations


def beside(app: Flask) -> None:
    @app.get("/own/text")
    def text() -> Response:
        return Response("own", 404)

    @app.get("/own/abort")
    def aborts() -> Response:
        abort(404, "my own words")

    @app.get("/own/ours")
    def ours() -> Response:
        raise ForbiddenError("not here")


def test_what_flask_would_answer(project: Project) -> None:
    """404 and 405 of no operation have our form; what the user's own routes answer is theirs, but for our errors."""
    beside(project.app)
    client = project.start()
    assert json_of(client.get("/nowhere"))["error"] == "NOT_FOUND"
    wrong = client.post("/raises")
    assert (json_of(wrong)["error"], wrong.headers["Allow"]) == ("METHOD_NOT_ALLOWED", "GET, HEAD, OPTIONS")
    assert json_of(client.post("/own/text"))["error"] == "METHOD_NOT_ALLOWED"
    assert client.get("/own/text").text == "own"
    assert "my own words" in client.get("/own/abort").text
    assert client.get("/own/abort").mimetype == "text/html"
    assert json_of(client.get("/own/ours"))["error"] == "FORBIDDEN"


def test_a_handler_of_the_user_for_404(project: Project) -> None:
    """Goes before ours."""
    project.app.register_error_handler(404, lambda error: ("nothing", 404))
    assert project.start().get("/nowhere").text == "nothing"


# Errors as values


def test_what_is_an_error(project: Project) -> None:
    """Errors, their bodies and their models are; other values are not."""
    project.start()
    from pymacaron.models import Error

    error = ValidationError("x")
    assert is_error(error)
    assert is_error(error.to_json())
    assert is_error(error.to_model())
    assert is_error(Error(error="A", status=500))
    assert not any(map(is_error, [None, "error", {"error": "A"}, {"error": "A", "status": 200}, Error(status=500)]))
    assert format_error(error) == error.to_json()


def test_edges_need_a_service() -> None:
    """http_reply() makes a Flask response, to_model() an Error of the document. Whatever is given is text in a body."""
    error = InternalServerError("x")
    assert set(error.to_json()) == {"error", "error_description", "error_id", "status"}
    of_any: Any = InternalServerError
    assert of_any(7).to_json()["error_description"] == "7"


def test_which_error_model(tmp_path: Path) -> None:
    """Where several APIs have different ones, to_model() has to be told which."""
    with project_in(tmp_path) as project:
        project.functions("def f(): return {}")
        project.document({"/a": {"get": operation("f")}}, name="a")
        other = {**ERROR, "description": "another"}
        project.document({"/b": {"get": operation("f", responses=answers(**{"200": {}}))}}, {"Error": other}, name="b")
        client: FlaskClient = project.start()
        assert client.get("/a").status_code == 200
        error = ForbiddenError("no")
        assert error.to_model("b").status == 403
        with pytest.raises(AttributeError, match="a and b have different models"):
            error.to_model()
