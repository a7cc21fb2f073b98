"""What is published, as people meet it: in a real browser. See tests/browsers.py for what every page is held to."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import unquote, urljoin

import pytest
from browsers import Visit
from services import Project, answers, body, operation, project_in, query
from trying import ECHO, PIXEL, address, fill, send, sent
from werkzeug.middleware.dispatcher import DispatcherMiddleware
from werkzeug.middleware.proxy_fix import ProxyFix

from pymacaron.auth import generate_token
from pymacaron.parameters import TextType, codec, parse_cookies, parse_query

if TYPE_CHECKING:
    from playwright.sync_api import Page


@pytest.fixture
def project(tmp_path: Path) -> Iterator[Project]:
    with project_in(tmp_path, jwt_secret="a secret of these tests, long enough", jwt_issuer="here") as made:
        made.functions(ECHO)
        yield made


def publish(project: Project, paths: dict[str, Any] | None = None, **more: Any) -> Any:
    """An application whose functions answer with what came."""
    if paths is not None:
        project.document(paths, **more)
    project.load().publish_apis().start()
    return project.app


# Finding and reading


def test_from_the_index_to_an_answer(project: Project, visit: Visit) -> None:
    """From the index one click leads to an API, one to an operation, and one to its answer."""
    page = visit(publish(project, {"/things": {"get": operation("echo", summary="All things")}}), "/doc/")
    page.get_by_role("link", name="shop").click()
    page.get_by_role("link", name="All things").click()
    assert sent(page)["path"] == "/things"


def test_finding(project: Project, visit: Visit) -> None:
    """The search box leaves the operations that have all words; Enter opens the first of them."""
    paths = {
        f"/{name}": {"get": operation("echo", operationId=f"list_{name}")} for name in ("apples", "pears", "plums")
    }
    page = visit(publish(project, paths), "/doc/shop")
    page.get_by_label("Find one of").fill("get LIST_P")
    shown = page.locator(".operations a:visible .path")
    assert shown.all_inner_texts() == ["/pears", "/plums"]
    assert "2 found" in page.get_by_role("status").all_inner_texts()[-1]
    page.get_by_label("Find one of").fill("get list_p um")
    page.keyboard.press("Enter")
    page.wait_for_url("**operation=GET%20/plums")


def test_without_scripts(project: Project, visit: Visit) -> None:
    """Everything can be read where no script runs; what would need one is not shown."""
    app = publish(project, {"/a": {"get": operation("echo", parameters=[query("size", type="integer", maximum=7)])}})
    page = visit(app, "/doc/shop", java_script_enabled=False)
    page.get_by_role("link", name="GET /a", exact=True).click()
    assert "integer in query up to 7" in page.get_by_role("main").inner_text().replace("\n", " ")
    assert not page.get_by_role("button", name="Send").is_visible()
    assert not page.get_by_label("Colours").is_visible()


def test_descriptions(project: Project, visit: Visit) -> None:
    """Descriptions are CommonMark, and whatever they say, nothing of it is loaded or run."""
    about = (
        "# A title\n\nSome `code`, **strong** and *gentle* words, <img src=http://evil.example/a.png> ![x](http://evil.example/b.png)"
        "\n\n- one\n- two [link](https://good.example/x) [bad](javascript:alert(1))\n\n```\n<b>\n```"
    )
    page = visit(publish(project, {"/a": {"get": operation("echo", description=about)}}), address("GET /a"))
    prose = page.locator(".prose").first
    assert prose.locator("strong").all_inner_texts() == ["A title", "strong"]
    assert prose.locator("em").inner_text() == "gentle"
    assert prose.locator("li").count() == 2
    assert prose.locator("pre").inner_text() == "<b>"
    assert prose.locator("img, script").count() == 0
    links = prose.locator("a").evaluate_all("all => all.map(one => one.href)")
    assert links == ["http://evil.example/b.png", "https://good.example/x"]


# Trying


@pytest.fixture
def written(project: Project, visit: Visit) -> Any:
    """What the script of pages writes for fields."""
    page = visit(publish(project, {"/a": {"get": operation("echo")}}), address("GET /a"))
    script = page.locator("script[type=module]").get_attribute("src")
    assert script is not None
    module = f"./{script.replace('page.js', 'requests.js')}"
    call = (
        "([path, name, given]) => import(new URL(path, location)).then(module => given.map(one => module[name](one)))"
    )
    return lambda function, fields: page.evaluate(call, [module, function, fields])


TEXTS = TextType(frozenset({"string"}))
KINDS: dict[str, tuple[TextType, Any]] = {
    "text": (TEXTS, "Zoë & 1+1/2;x=#?"),
    "list": (TextType(frozenset({"array"}), TEXTS), ["a b", "c&d", "ö", "e=f"]),
    "object": (TextType(frozenset({"object"}), None, {"k": TEXTS, "l m": TEXTS}), {"k": "1 2", "l m": "&x"}),
}
WAYS = [  # location, style, explode, and what cannot be said so
    ("path", "simple", False, ""), ("path", "simple", True, ""), ("path", "label", False, ""),
    ("path", "label", True, ""), ("path", "matrix", False, ""), ("path", "matrix", True, ""),
    ("query", "form", True, ""), ("query", "form", False, ""), ("query", "spaceDelimited", False, "list object"),
    ("query", "pipeDelimited", False, ""), ("query", "deepObject", True, "text list"),
    ("header", "simple", False, "text"), ("header", "simple", True, "text"), ("cookie", "form", False, ""),
]  # fmt: skip


def test_what_is_written_is_read(written: Any) -> None:
    """In every style, what pages write of a value is read as that value."""
    functions = {"path": "segment", "header": "headerText"}
    for location, style, explode, unsayable in WAYS:
        kinds = {kind: one for kind, one in KINDS.items() if kind not in unsayable}
        name = "name" if location == "cookie" else "na me"
        fields = [
            {"name": name, "place": location, "style": style, "explode": explode, "value": value}
            for _, value in kinds.values()
        ]
        texts = written(functions.get(location, "pairs"), fields)
        for (type_, value), text in zip(kinds.values(), texts, strict=True):
            read = codec(name, location, style, explode, type_).read
            assert read(_source(location, text)) == value, (location, style, explode, text)


def _source(location: str, written: Any) -> Any:
    """What a codec reads."""
    if location == "query":
        return parse_query("&".join(written))
    if location == "cookie":
        return parse_cookies("; ".join(written))
    return unquote(written) if location == "path" else written


def test_every_place_of_a_request(project: Project, visit: Visit) -> None:
    """Parameters of all places, credentials and the body arrive as they were filled in; what was left out does not."""
    parameters = [
        {"name": "id", "in": "path", "required": True, "schema": {"type": "string"}}, query("q"), query("unused"),
        query("many", type="array", items={"type": "string"}), query("yes", type="boolean"),
        {"name": "X-One", "in": "header", "schema": {"type": "string"}},
        {"name": "crumb", "in": "cookie", "schema": {"type": "string"}},
    ]  # fmt: skip
    schemes = {
        "key": {"type": "apiKey", "in": "header", "name": "X-Key"}, "basic": {"type": "http", "scheme": "basic"},
    }  # fmt: skip
    post = operation("echo", parameters=parameters, requestBody=body({"type": "object"}))
    document = project.document({"/a/{id}": {"post": {**post, "security": [{"key": [], "basic": []}]}}})
    value = json.loads(document.read_text())
    value["components"]["securitySchemes"] = schemes
    document.write_text(json.dumps(value))
    api = project.load(verifiers={"key": lambda key: "k", "basic": lambda user, password: user})
    api.publish_apis().start()
    page = visit(project.app, address("POST /a/{id}"))
    fill(page, id="ä/b", q="x&y", many="one\ntwo", yes="true", crumb="c 1", **{"X-One": "h", "X-Key": "secret-key"})
    page.get_by_label("User").fill("eve")
    page.get_by_label("Password").fill("p:ä")
    page.get_by_label("The body").fill('{"n": 1}')
    came = sent(page)
    assert came["path"] == "/a/ä/b" or came["path"] == "/a/ä%2Fb"
    assert came["query"] == "q=x%26y&many=one&many=two&yes=true"
    assert (came["headers"]["X-One"], came["headers"]["X-Key"]) == ("h", "secret-key")
    assert came["headers"]["Authorization"] == "Basic ZXZlOnA6w6Q="
    assert came["cookies"] == {"crumb": "c 1"} or came["cookies"] == {"crumb": "c%201"}
    assert (came["type"], json.loads(came["body"])) == ("application/json", {"n": 1})
    page.reload()
    assert page.get_by_label("User").input_value() == "eve"  # kept in this tab
    assert page.evaluate("document.cookie") == ""


def test_forms_and_files(project: Project, visit: Visit) -> None:
    """Forms of both kinds, with files, JSON and lists; a file as a body; another media type where there are several."""
    schema = {
        "type": "object", "required": ["name"],
        "properties": {"name": {"type": "string"}, "file": {"type": "string", "format": "binary"},
                       "point": {"type": "object"}, "tags": {"type": "array", "items": {"type": "string"}}},
    }  # fmt: skip
    contents = {"multipart/form-data": {"schema": schema}, "application/x-www-form-urlencoded": {"schema": schema},
                "image/png": {}}  # fmt: skip
    page = visit(
        publish(project, {"/a": {"post": operation("echo", requestBody={"content": contents})}}), address("POST /a")
    )
    part = page.locator("fieldset:visible")
    part.locator("[data-name=name]").fill("n")
    part.locator("[data-name=tags]").fill("a\nb")
    part.locator("[data-name=file]").set_input_files({"name": "f.txt", "mimeType": "text/plain", "buffer": b"in it"})
    came = sent(page)
    assert came["form"] == {"name": ["n"], "tags": ["a", "b"]}
    assert came["files"] == {"file": ["f.txt", "in it"]}
    page.get_by_label("Body as").select_option("application/x-www-form-urlencoded")
    part.locator("[data-name=name]").fill("n & m")
    assert sent(page)["form"] == {"name": ["n & m"]}
    page.get_by_label("Body as").select_option("image/png")
    part.locator("input").set_input_files({"name": "p.png", "mimeType": "image/png", "buffer": b"PNG"})
    assert sent(page)["type"] == "image/png"


def test_swagger(project: Project, visit: Visit) -> None:
    """Of Swagger 2.0, fields of forms are among the parameters, and lists have a collectionFormat."""
    path = {
        "name": "ids",
        "in": "path",
        "required": True,
        "type": "array",
        "items": {"type": "string"},
        "collectionFormat": "pipes",
    }
    many = {"name": "q", "in": "query", "type": "array", "items": {"type": "string"}, "collectionFormat": "multi"}
    fields = [{"name": "f", "in": "formData", "type": "string"}, {"name": "doc", "in": "formData", "type": "file"}]
    post = {
        "x-bind-server": "handlers.echo", "consumes": ["multipart/form-data"],
        "produces": ["application/json"], "parameters": [path, many, *fields],
        "responses": {"200": {"description": "", "schema": {}}},
    }  # fmt: skip
    value = {
        "swagger": "2.0",
        "info": {"title": "t", "version": "1"},
        "basePath": "/v1",
        "paths": {"/{ids}": {"post": post}},
    }
    (project.folder / "apis" / "shop.yaml").write_text(json.dumps(value))
    page = visit(publish(project), address("POST /v1/{ids}"))
    fill(page, ids="a\nb", q="1\n2", f="x", doc=("d.txt", b"text"))
    came = sent(page)
    assert (came["path"], came["query"]) == ("/v1/a|b", "q=1&q=2")
    assert (came["form"], came["files"]) == ({"f": ["x"]}, {"doc": ["d.txt", "text"]})


def test_answers(project: Project, visit: Visit) -> None:
    """Errors are shown whole; text that is no JSON as it is; pictures as pictures; a file by its size, with a link to
    have it; what never ends until it is stopped."""
    functions = f"""
        import time
        from flask import Response

        def picture(): return Response(bytes.fromhex("{PIXEL.hex()}"), mimetype="image/png")
        def page(): return Response("<b>no markup</b>", mimetype="text/html")
        def blob(): return Response(bytes(2000), mimetype="application/zip")
        def nothing(): return None
        def endless():
            for number in range(1000):
                yield f"line {{number}}\\n"
                time.sleep(0.05)
    """
    project.functions(functions, "answering")
    paths = {
        f"/{name}": {
            "get": {
                "x-bind-server": f"answering.{name}",
                "responses": answers(**{"204" if name == "nothing" else "200": None}),
            }
        }
        for name in ("picture", "page", "blob", "nothing")
    }
    paths["/endless"] = {
        "get": {
            "x-bind-server": "answering.endless",
            "responses": {"200": {"description": "", "content": {"text/plain": {"schema": {"type": "string"}}}}},
        }
    }
    paths["/strict"] = {"get": operation("echo", parameters=[query("n", type="integer")])}
    app = publish(project, paths)
    page = visit(app, address("GET /strict"))
    fill(page, n="many")
    status, text = send(page)
    assert (status, json.loads(text)["error"]) == (400, "INVALID_PARAMETER")
    assert "Content-Type: application/json".lower() in page.locator("#answer details").first.text_content().lower()  # type: ignore[union-attr]

    def opened(name: str) -> None:
        page.goto(urljoin(page.url, address(f"GET /{name}")))

    opened("page")
    assert send(page) == (200, "<b>no markup</b>")
    opened("picture")
    assert send(page)[0] == 200
    assert page.get_by_role("img").evaluate("one => one.decode().then(() => one.naturalWidth)") == 1
    opened("blob")
    assert send(page)[0] == 200
    assert "2.0 kB" in page.locator("#answer").inner_text()
    opened("nothing")
    assert send(page) == (204, "")
    opened("endless")
    page.get_by_role("button", name="Send").click()
    page.get_by_text("line 2").wait_for()
    page.get_by_role("button", name="Stop").click()
    page.get_by_text("Stopped.").wait_for()
    assert "line 1" in page.locator("#answer").inner_text()


# The token


def test_the_token(project: Project, visit: Visit) -> None:
    """A token that is put in once is sent as Bearer to operations that demand one, and to no others; /auth/version says
    whether it is accepted; it stays in the tab, until it is forgotten."""
    paths = {"/open": {"get": operation("echo")},
             "/shut": {"get": operation("echo", x_decorate_server="pymacaron.auth.requires_auth")}}  # fmt: skip
    page = visit(publish(project, paths), address("GET /shut"))
    assert send(page)[0] == 401
    page.get_by_role("button", name="none yet").click()
    page.keyboard.type("nonsense")
    page.keyboard.press("Enter")
    page.get_by_text("The service refuses it").wait_for()
    token = generate_token("eve")
    page.locator("#token-text").fill(f"Bearer {token}")
    page.get_by_role("button", name="Use it").click()
    page.locator("#token-word", has_text="accepted").wait_for()
    assert sent(page)["headers"]["Authorization"] == f"Bearer {token}"
    command = page.locator("#answer details", has_text="As a command").text_content() or ""
    assert "Authorization: Bearer $TOKEN" in command
    assert token not in command
    page.goto(urljoin(page.url, address("GET /open")))
    page.locator("#token-word", has_text="accepted").wait_for()
    assert "Authorization" not in sent(page)["headers"]
    page.goto(urljoin(page.url, address("GET /shut")))
    assert send(page)[0] == 200
    other = page.context.new_page()
    other.goto(page.url)
    assert send(other)[0] == 401
    page.locator("#token > summary").click()
    page.get_by_role("button", name="Forget it").click()
    assert send(page)[0] == 401
    assert page.evaluate("[sessionStorage.length, localStorage.length]") == [0, 0]


# Wherever it is mounted


def behind_a_proxy(app: Any) -> Any:
    """What a proxy leaves of a path, and tells of it: https://host/outer/... is ours."""
    app.wsgi_app = ProxyFix(app.wsgi_app, x_prefix=1)

    def proxy(environ: Any, start_response: Any) -> Any:
        path = environ["PATH_INFO"]
        if not path.startswith("/outer/"):
            start_response("502 Not Ours", [("Content-Type", "text/plain")])
            return [b""]
        told = {"PATH_INFO": path.removeprefix("/outer"), "HTTP_X_FORWARDED_PREFIX": "/outer"}
        return app({**environ, **told}, start_response)

    return proxy


def mounted(app: Any) -> Any:
    return DispatcherMiddleware(lambda environ, start: (start("404 None", []), [b""])[1], {"/outer": app})


@pytest.mark.parametrize("mount", [behind_a_proxy, mounted])
def test_behind_a_prefix(project: Project, visit: Visit, mount: Any) -> None:
    """Links, files, calls and the token box find their way below a prefix, of which the pages know nothing."""
    need = {"x_decorate_server": "pymacaron.auth.requires_auth"}
    project.document({"/v1/things": {"get": operation("echo", **need)}})
    project.load().publish_apis("docs/apis").start()
    page = visit(mount(project.app), "/outer/docs/apis/")
    page.get_by_role("link", name="shop").click()
    page.get_by_role("link", name="/v1/things").click()
    page.locator("#token > summary").click()
    page.get_by_label("Token", exact=True).fill(generate_token("eve"))
    page.keyboard.press("Enter")
    page.locator("#token-word", has_text="accepted").wait_for()
    assert sent(page)["path"] == "/v1/things"
    assert all("/outer/" in url for url in visit.asked)


# For everybody


SHOP = ["/doc/", "/doc/shop", address("POST /things/{id}"), "/doc/shop?schema=Thing"]
LOUD = """() => {  // texts that stand out too little from what is behind them (WCAG 2.2, 1.4.3)
  const lightness = (colour) => {
    const canvas = document.createElement("canvas").getContext("2d", { willReadFrequently: true });
    canvas.fillStyle = colour;
    canvas.fillRect(0, 0, 1, 1);
    const [r, g, b] = [...canvas.getImageData(0, 0, 1, 1).data].map((one) => one / 255)
      .map((one) => (one <= 0.04045 ? one / 12.92 : ((one + 0.055) / 1.055) ** 2.4));
    return 0.2126 * r + 0.7152 * g + 0.0722 * b;
  };
  const behind = (element) => {
    for (let one = element; one; one = one.parentElement) {
      const colour = getComputedStyle(one).backgroundColor;
      if (colour !== "rgba(0, 0, 0, 0)") return colour;
    }
    return "white";
  };
  const dull = [];
  for (const element of document.querySelectorAll("body *")) {
    const hasText = [...element.childNodes].some((node) => node.nodeType === 3 && node.textContent.trim());
    if (!hasText || !element.checkVisibility() || element.matches(".skip, option")) continue;
    const [a, b] = [lightness(getComputedStyle(element).color), lightness(behind(element))];
    const contrast = (Math.max(a, b) + 0.05) / (Math.min(a, b) + 0.05);
    if (contrast < 4.5) dull.push(`${element.tagName} ${element.textContent} ${contrast.toFixed(1)}`);
  }
  return dull;
}"""
NAMELESS = """() => {  // controls and landmarks that nobody can name
  const all = document.querySelectorAll("input:not([type=hidden]), select, textarea, button, a, summary, nav, form");
  return [...all].filter((one) => one.checkVisibility() && !one.labels?.length && !one.ariaLabel)
    .filter((one) => !one.hasAttribute("aria-labelledby") && !one.textContent.trim()).map((one) => one.outerHTML);
}"""


@pytest.fixture
def things(project: Project) -> Any:
    """A service with something of everything on its pages."""
    reference = {"$ref": "#/components/schemas/Thing"}
    text = {"type": "string", "description": "What `it` is.", "maxLength": 9}
    thing = {"type": "object", "required": ["a"], "properties": {"a": text, "b": reference}}
    path = {"name": "id", "in": "path", "required": True, "description": "Which.", "schema": {"type": "integer"}}
    post = operation(
        "echo", parameters=[path, query("n", enum=["a", "b"])], tags=["New"], summary="Do it.",
        x_decorate_server="pymacaron.auth.requires_auth", requestBody=body(reference),
        responses=answers(**{"200": {}}, default=reference),
    )  # fmt: skip
    old = operation("echo", deprecated=True, tags=["Old"])
    paths = {f"/things/{'x' * 60}": {"get": old}, "/things/{id}": {"post": post}}
    project.document(paths, {"Thing": thing})
    project.load().publish_apis().start()
    return project.app


@pytest.mark.parametrize("dark", [False, True])
def test_colours(things: Any, visit: Visit, dark: bool) -> None:
    """Colours are those that the reader's system prefers, until others are chosen, which are kept; text stands out."""
    page = visit(things, "/doc/", dark=dark)
    colour = "getComputedStyle(document.body).backgroundColor"
    preferred = page.evaluate(colour)
    for path in SHOP:
        page.goto(urljoin(page.url, path))
        assert page.evaluate(LOUD) == []
        assert page.evaluate(NAMELESS) == []
    page.get_by_label("Colours").select_option("Light" if dark else "Dark")
    chosen = page.evaluate(colour)
    assert chosen != preferred
    assert page.evaluate(LOUD) == []
    page.goto(urljoin(page.url, "/doc/"))
    assert page.evaluate(colour) == chosen
    page.get_by_label("Colours").select_option("System")
    assert page.evaluate(colour) == preferred


def test_on_a_phone(things: Any, visit: Visit) -> None:
    """On a phone's width nothing has to be moved sideways, and a call can be made."""
    page = visit(things, "/doc/", width=390)
    for path in SHOP:
        page.goto(urljoin(page.url, path))
        assert page.evaluate("document.documentElement.scrollWidth") == 390, path
    page.goto(urljoin(page.url, SHOP[2]))
    fill(page, id="1")
    assert send(page)[0] == 401
    assert page.evaluate("document.documentElement.scrollWidth") == 390


def test_with_the_keyboard(things: Any, visit: Visit) -> None:
    """With Tab, Enter and typing alone one gets from the index to an answer; where one is can be seen."""
    page = visit(things, "/doc/")
    page.keyboard.press("Tab")
    assert page.evaluate("document.activeElement.textContent") == "Skip to the content"
    page.keyboard.press("Enter")
    walk(page, "shop")
    page.wait_for_url("**/doc/shop")
    walk(page, "", "find")
    page.keyboard.type("do it")
    page.keyboard.press("Enter")
    page.wait_for_url("**operation=**")
    walk(page, "Token")
    page.keyboard.press("Tab")
    page.keyboard.type(generate_token("eve"))
    page.keyboard.press("Enter")
    page.locator("#token-word", has_text="accepted").wait_for()
    walk(page, "", "path-id")
    page.keyboard.type("7")
    page.keyboard.press("Enter")
    page.locator("#answer a[download]").wait_for()
    assert page.locator("#answer .status").inner_text() == "200 OK"
    assert page.locator("#answer").get_attribute("aria-live") == "polite"


def walk(page: Page, text: str, id_: str | None = None) -> None:
    """Press Tab until something is reached, by its text, which is pressed then, or its id, seeing each time where one
    is."""
    look = "(one => [one.id, one.textContent.trim(), getComputedStyle(one).outlineStyle])(document.activeElement)"
    for _ in range(60):
        page.keyboard.press("Tab")
        here = page.evaluate(look)
        assert here[2] != "none", here
        if id_ is not None and here[0] == id_:
            return
        if id_ is None and text in here[1].split("\n")[0] and len(here[1]) < 30:
            page.keyboard.press("Enter")
            return
    raise AssertionError(f"Tab does not lead to {text or id_}")


def test_the_console_is_one_click_away(project: Project, visit: Visit) -> None:
    """In development, where there is a console, pages lead to it; elsewhere they do not speak of it."""
    project.document({"/things": {"get": operation("echo")}})
    project.load(debug=True).publish_apis().start()
    page = visit(project.app, address("GET /things"))
    page.get_by_role("link", name="Console").click()
    page.wait_for_url("**/doc/console")


def test_no_console_in_production(things: Any) -> None:
    """Where there is none, pages do not speak of it."""
    assert "onsole" not in things.test_client().get("/doc/shop").text
