"""The examples do what they say, each as the program that a user starts."""

from __future__ import annotations

import os
import re
import shutil
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest
from programs import (
    EXAMPLES,
    OPENS,
    PATIENCE,
    ROOT,
    SHOP,
    Answer,
    Place,
    Server,
    by_gunicorn,
    by_python,
    free_row,
    run,
    running,
    together,
    token_for,
)

PNG = b"\x89PNG\r\n\x1a\n" + bytes(40)
CUSTOMER = "6f1c0d1e-8a43-4c60-9d11-2f6f2f0a7c55"
DELIVERY = {"street": "Storgatan 2", "city": "Umeå", "country": "SE"}
BASKET_IS_MADE = re.compile(r"basket=([0-9a-f-]{36}); Path=/; HttpOnly")
V1 = "/v1"
ASTRID, STAFF, SERVICE = (
    {"Authorization": f"Bearer {token}"}
    for token in (token_for(CUSTOMER), token_for("eva", scope="staff"), token_for("tests", scope="mails"))
)


def order_of(sku: str, quantity: int = 1, **more: Any) -> dict[str, Any]:
    payment = {"method": "invoice"}
    lines = [{"sku": sku, "quantity": quantity}]
    return {"customer_id": CUSTOMER, "lines": lines, "delivery": DELIVERY, "payment": payment, **more}


@pytest.fixture(scope="module")
def logs(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder that the services log to."""
    return tmp_path_factory.mktemp("logs")


@pytest.fixture(scope="module")
def shop(logs: Path) -> Iterator[Server]:
    """All three, asked at the first one."""
    own = {"PYMACARON_CACHE": "off", "PYMACARON_TASKS": str(logs / "tasks")}
    with running(together(free_row(3), logs), ROOT, logs / "run", OPENS, **own) as server:
        yield server
        assert server.stop() == 0
    for log in logs.glob("*.log"):
        assert "Traceback" not in log.read_text()
        assert "breaks the document" not in log.read_text()


@pytest.fixture
def customers(shop: Server) -> Place:
    return Place(shop.port + 1)


@pytest.fixture
def mailer(shop: Server) -> Place:
    return Place(shop.port + 2)


# The smallest service


def test_helloworld(tmp_path: Path) -> None:
    """It greets, with a default; it serves what every service does, and its documents; faults have one form."""
    with running(by_python(), EXAMPLES / "helloworld", tmp_path / "log") as server:
        assert server.ask("GET", "/hello").json == {"message": "Hello, world!"}
        greeting = server.ask("GET", "/hello?name=Zo%C3%AB", headers={"Origin": "http://elsewhere"})
        assert greeting.json == {"message": "Hello, Zoë!"}
        assert greeting.headers["access-control-allow-origin"] in {"*", "http://elsewhere"}
        assert server.ask("GET", "/ping").json == {}
        assert server.ask("GET", "/version").json["name"] == "helloworld"
        assert server.ask("GET", "/auth/version").status == 401
        assert server.ask("GET", "/hello?name=").json["errors"][0]["name"] == "name"
        assert b"helloworld.yaml" in server.ask("GET", "/doc/helloworld").body
        document = (EXAMPLES / "helloworld" / "apis" / "helloworld.yaml").read_bytes()
        assert server.ask("GET", "/doc/helloworld.yaml").body == document


def test_helloworld_is_an_example() -> None:
    """`pymacaron check` has nothing to say of it."""
    done = run([sys.executable, "-m", "pymacaron.cli", "check"], EXAMPLES / "helloworld")
    assert (done.returncode, done.stdout.strip()) == (0, "0 errors, 0 warnings, 0 notes"), done.stdout


def test_helloworld_under_gunicorn(tmp_path: Path) -> None:
    """A WSGI server imports the same file, which then opens no port of its own."""
    with running(by_gunicorn(), EXAMPLES / "helloworld", tmp_path / "log") as server:
        assert server.ask("GET", "/hello?name=Eve").json == {"message": "Hello, Eve!"}
        assert server.stop() == 0


def test_helloworld_is_what_the_documentation_shows() -> None:
    """The quickstart prints the files of helloworld word for word."""
    page = (ROOT / "docs" / "quickstart.md").read_text("utf-8")
    shown = dict(re.findall(r"^```\w+ file=(\S+)\n(.*?)^```$", page, re.MULTILINE | re.DOTALL))
    for name in ("server.py", "apis/helloworld.yaml", "helloworld/api.py", "pym-config.yaml"):
        assert shown.get(name) == (EXAMPLES / "helloworld" / name).read_text("utf-8"), name


# The shop, three services


TIMES = re.compile(r"^ *\+\d+\.\d +\d+\.\d ms  ", re.MULTILINE)  # in a tree of calls


def in_a_shell(script: str) -> str:
    if shutil.which("curl") is None:
        pytest.skip("there is no curl here")
    done = subprocess.run(
        ["sh", "-e", "-c", script], cwd=ROOT, capture_output=True, text=True, check=False, timeout=2 * PATIENCE
    )
    assert done.returncode == 0, done.stderr
    return done.stdout


def test_the_lines_work_as_printed(shop: Server) -> None:
    """Whoever starts the shop is shown lines for the shell that do what is said of them: an order leads to a mail, and
    its call id to a tree of calls over three services."""
    lines = re.findall(r"^  (curl .*|[A-Z]+=.*|\S+/pymacaron trace .*)$", shop.log, re.MULTILINE)
    assert len(lines) == 7
    done = f'until [ "$({lines[5]} 2>&1 | wc -l)" = 4 ]; do sleep 0.1; done'  # the mail is a task
    lines = [f"{done}\n{line}" if "/v1/mails" in line else line for line in lines]
    finding, _, ordering, _, mails, tree, mistaken = in_a_shell("\necho =====\n".join(lines)).split("=====\n")
    assert '"sku":"CUP-001"' in finding
    assert ordering.startswith("HTTP/1.1 201 ")
    assert '"last_digits":"4242"' in ordering
    assert "4242424242424242" not in ordering
    (order,) = re.findall(r'"id":(\d+)', ordering)
    assert f'"to":"astrid@example.com","subject":"Din beställning {order}"' in mails
    assert len(TIMES.findall(tree)) == 4
    assert TIMES.sub("", tree).splitlines() == [
        f"orders.place_order POST /v1/orders 201 user {CUSTOMER}",
        f"├─ customers.get_customer GET {V1}/customers/{{customer_id}} 200 user {CUSTOMER}",
        f"└─ TASK shop.mails.send_later 200 user {CUSTOMER}",
        "   └─ mailer.send_mail POST /v1/mails 201 user shop",
    ]
    assert mistaken.startswith("HTTP/1.1 400 ")
    assert mistaken.count('"code":') >= 5


def test_make_run_starts_the_shop() -> None:
    """`make run` and `make run-real` are those programs."""
    told = run(["make", "--dry-run", "run", "run-real", "PORT=8123"], ROOT).stdout
    assert "examples/shop/run.py --port 8123" in told
    assert "examples/wes/server.py --port 8123" in told


def test_none_goes_on_without_the_others(tmp_path: Path) -> None:
    """When one of the three dies, the others are ended, and it is said which one, how, and where its log is."""
    with running(together(free_row(3), tmp_path), ROOT, tmp_path / "run", OPENS) as server:
        processes = {name: int(pid) for pid, name in re.findall(r"(\d+) \((\w+)\)", server.log)}
        os.kill(processes.pop("customers"), signal.SIGKILL)
        assert server.process.wait(20) == 1
        assert "customers was killed by SIGKILL, so the others are ended too" in server.log
        assert "customers.log" in server.log
        for pid in processes.values():
            with pytest.raises(ProcessLookupError):
                os.kill(pid, 0)


def test_ports_of_others(tmp_path: Path) -> None:
    """A port that is taken, and ports that there are not, are told before anything is started."""
    with socket.socket() as other:
        port = free_row(3)
        other.bind(("127.0.0.1", port + 2))
        refused = run(together(port, tmp_path / "logs"), ROOT)
    assert refused.returncode == 1
    assert f"mailer cannot listen on port {port + 2}" in refused.stderr
    assert "make run PORT=" in refused.stderr
    assert "customers cannot listen on port 65536" in run(together(65535, tmp_path / "logs"), ROOT).stderr
    assert not (tmp_path / "logs").exists()


def test_tests_of_the_shop() -> None:
    """The shop has tests of its own, which need neither of the services that it calls."""
    done = run([sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", "test"], SHOP)
    assert "3 passed" in done.stdout, done.stdout


def test_acceptance_tests_of_the_shop(shop: Server) -> None:
    """The shop is tested from outside, too: every operation is called, and no answer breaks its documents."""
    command = [sys.executable, "-c", "from pymacaron.cli import main; main()", "test", "--local"]
    done = run([*command, "--port", str(shop.port), "--min-coverage", "75"], SHOP)
    assert done.returncode == 0, done.stdout + done.stderr
    assert re.search(r"operations +(\d+) of \1 +100 %", done.stdout), done.stdout


def test_documents_of_others_are_theirs() -> None:
    """A service that is called is described, where it is called, by its own document."""
    copies = sorted((EXAMPLES / "shop").glob("*/apis/*.yaml"))
    originals = {path.name: path.read_bytes() for path in copies if path.stem == path.parent.parent.name}
    called = [path for path in copies if path.stem in {"customers", "mailer"} - {path.parent.parent.name}]
    assert [f"{path.parent.parent.name}: {path.stem}" for path in called] == [
        "customers: mailer", "shop: customers", "shop: mailer",
    ]  # fmt: skip
    for path in called:
        assert path.read_bytes() == originals[path.name], path


def test_what_others_answer_comes_back(shop: Server, logs: Path, customers: Place, mailer: Place) -> None:
    """The error of a service that was called reaches the caller as it was born there. Customers see themselves, staff
    sees all; only services send mails."""
    theirs = order_of("CUP-001", customer_id=CUSTOMER.replace("6", "7"))
    nobody = shop.ask("POST", f"{V1}/orders", theirs, ASTRID)
    assert (nobody.status, nobody.json["error"]) == (404, "CUSTOMER_NOT_FOUND")
    assert nobody.json["error_id"] in (logs / "customers.log").read_text()
    assert shop.ask("POST", f"{V1}/orders", theirs).status == 401
    assert shop.ask("POST", f"{V1}/orders", order_of("TEA-001"), STAFF).status == 202
    path = f"{V1}/customers/{CUSTOMER}"
    assert [customers.ask("GET", path, headers=who).status for who in ({}, ASTRID, STAFF, SERVICE)] == [
        401, 200, 200, 404,
    ]  # fmt: skip
    assert [mailer.ask("GET", f"{V1}/mails", headers=who).status for who in ({}, ASTRID, SERVICE)] == [401, 403, 200]


def test_others_that_fail(tmp_path: Path) -> None:
    """Who is not reached is a 503 with an error_id, and the rest is served on. Who is slow costs no more time than
    there is: an order stands without its mail, a subscription does not."""
    with (
        socket.create_server(("127.0.0.1", 0)) as silent,  # connections are made, and nothing is answered
        running(by_python(), EXAMPLES / "shop" / "customers", tmp_path / "customers") as customers,
        running(
            by_python(), SHOP, tmp_path / "shop", PYM_CUSTOMERS_URL=f"http://127.0.0.1:{customers.port}",
            PYM_MAILER_URL=f"http://127.0.0.1:{silent.getsockname()[1]}", NO_ERROR_REPORTING="0",
            PYMACARON_TASKS=str(tmp_path / "tasks"),
        ) as shop,
    ):  # fmt: skip
        form = {"Content-Type": "application/x-www-form-urlencoded", "PymDeadlineMs": "400"}
        late = shop.ask("POST", f"{V1}/newsletter", b"email=ada%40example.com", form)
        assert (late.status, late.json["error"]) == (504, "DEADLINE_EXCEEDED")
        ordered = shop.ask("POST", f"{V1}/orders", order_of("TEA-001"), ASTRID)
        assert (ordered.status, ordered.json["status"]) == (202, "awaiting_payment")
        told = "FATAL BACKEND ERROR shop 504 DEADLINE_EXCEEDED: shop.mails.send_later()"
        until = time.monotonic() + 2 * PATIENCE
        while told not in shop.log and time.monotonic() < until:  # the mail is a task, which is tried twice
            time.sleep(0.02)
        assert told in shop.log
        customers.process.kill()
        customers.process.wait()
        alone = shop.ask("POST", f"{V1}/orders", order_of("TEA-001"), ASTRID)
        assert (alone.status, alone.json["error"]) == (503, "SERVICE_UNAVAILABLE")
        assert alone.json["error_id"] in shop.log
        assert shop.ask("GET", f"{V1}/products").status == 200


def test_a_report(shop: Server) -> None:
    """What takes long is answered with 202 and where to ask; only staff may have it."""
    path = f"{V1}/reports/mails"
    assert [shop.ask("POST", path, headers=who).status for who in ({}, ASTRID)] == [401, 403]
    begun = shop.ask("POST", path, headers=STAFF)
    assert (begun.status, begun.json["operation"]) == (202, "orders.report_mails")
    place, until = begun.headers["location"], time.monotonic() + 20
    while (status := shop.ask("GET", place, headers=STAFF).json)["state"] != "done" and time.monotonic() < until:
        time.sleep(0.05)
    report = shop.ask("GET", status["result"], headers=STAFF)
    assert report.status == 200
    assert report.json["customers"] <= report.json["mails"]
    assert shop.ask("GET", place).status == 401


def test_what_the_shop_keeps(tmp_path: Path) -> None:
    """Customers, orders, products and their stock, baskets, subscriptions and mails outlive the processes: who starts
    the shop again finds them."""
    ada = {"name": "Ada", "email": "ada@example.com"}
    with running(together(free_row(3), tmp_path), ROOT, tmp_path / "run", OPENS) as server:
        path = Place(server.port + 1).ask("POST", f"{V1}/customers", ada).headers["location"]
        order = server.ask("POST", f"{V1}/orders", order_of("CUP-001", 2), ASTRID).json
        assert server.ask("DELETE", f"{V1}/products/COF-001").status == 204
        basket = server.ask("POST", f"{V1}/basket", {"sku": "CUP-001"})
        cookie = {"Cookie": basket.headers["set-cookie"].partition(";")[0]}
        form = {"Content-Type": "application/x-www-form-urlencoded"}
        assert server.ask("POST", f"{V1}/newsletter", b"email=Ada@example.com", form).status == 202
        assert server.stop() == 0
    with running(together(free_row(3), tmp_path), ROOT, tmp_path / "again", OPENS) as server:
        customers = Place(server.port + 1)
        assert customers.ask("GET", path, headers=STAFF).json["name"] == "Ada"
        assert customers.ask("POST", f"{V1}/customers", ada).json["error"] == "EMAIL_TAKEN"
        assert server.ask("GET", f"{V1}/me/orders", headers=ASTRID).json["orders"] == [order]
        assert server.ask("GET", f"{V1}/stock/CUP-001,COF-001").json == {"CUP-001": 5}
        assert server.ask("GET", f"{V1}/basket", headers=cookie).json == basket.json
        assert server.ask("POST", f"{V1}/newsletter", b"email=ada@example.com", form).status == 200
        mails = Place(server.port + 2).ask("GET", f"{V1}/mails?to=ADA@example.com", headers=SERVICE).json
        assert [mail["subject"] for mail in mails] == ["Our newsletter", "Welcome, Ada!"]
        assert [place.ask("GET", "/ready").status for place in (server, customers)] == [200, 200]


def test_categories_are_a_tree(shop: Server) -> None:
    """A schema that contains itself: whole, and cut off below a level."""
    whole = shop.ask("GET", f"{V1}/categories").json
    assert whole[0]["children"][0]["children"][0]["slug"] == "green-tea"
    assert [set(category) for category in shop.ask("GET", f"{V1}/categories?depth=1").json] == [{"slug", "title"}] * 2


def skus(answer: Answer) -> list[str]:
    assert answer.status == 200, answer.text
    return [product["sku"] for product in answer.json["products"]]


@pytest.mark.parametrize(
    ("query", "currency", "expected"),
    [
        ("text=steamed", "EUR", ["TEA-001"]),
        ("category=tea,cups", "EUR", ["TEA-002", "TEA-001", "CUP-001"]),
        ("tag=organic&tag=green", "EUR", ["TEA-001"]),
        ("filter[max_price]=1300&sort=-price", "EUR", ["TEA-001", "TEA-002"]),
        ("filter%5Bmin_price%5D=15000&filter[in_stock]=true", "SEK", ["POT-001", "CUP-001"]),
        ("filter[in_stock]=false&category=coffee", "EUR", ["COF-001"]),
        ("sort=price|-title&category=kitchen,coffee", "EUR", ["COF-001", "CUP-001", "POT-001"]),
    ],
)
def test_products_are_found(shop: Server, query: str, currency: str, expected: list[str]) -> None:
    """Lists with commas, repeated and with pipes, an object in brackets, a header: each style is read."""
    assert skus(shop.ask("GET", f"{V1}/products?{query}", headers={"X-Currency": currency})) == expected


def test_pages_follow_each_other(shop: Server) -> None:
    """Page after page, everything comes once; a header says how much there is."""
    whole = shop.ask("GET", f"{V1}/products")
    found: list[str] = []
    token: str | None = ""
    while token is not None:
        page = shop.ask("GET", f"{V1}/products?page_size=2&page_token={token}")
        assert page.headers["x-total-count"] == whole.headers["x-total-count"]
        found += skus(page)
        token = page.json.get("next_page_token")
    assert found == skus(whole)
    assert shop.ask("GET", f"{V1}/products?page_token=stale").json["error"] == "INVALID_PAGE_TOKEN"


def test_the_life_of_a_product(shop: Server) -> None:
    """201 with a Location, 409, 200 or 201 by PUT, a merge patch with nulls, 204, 404; what is readOnly is ours."""
    path = f"{V1}/products/TEA-100"
    product = {"sku": "TEA-100", "title": "Gyokuro", "category": "tea", "prices": {"EUR": 3000}}
    made = shop.ask("POST", f"{V1}/products", {**product, "created_at": "2001-01-01T00:00:00Z"})
    assert (made.status, made.headers["location"]) == (201, path)
    assert made.json.items() >= {**product, "tags": [], "stock": 0, "status": "on_sale"}.items()
    assert made.json["created_at"] == made.json["changed_at"] > "2026"
    assert shop.ask("POST", f"{V1}/products", product).json["error"] == "PRODUCT_EXISTS"
    put = shop.ask("PUT", path, {**product, "stock": 4})
    assert (put.status, put.json["stock"], put.json["created_at"]) == (200, 4, made.json["created_at"])
    patch = {"Content-Type": "application/merge-patch+json"}
    size = {"width": 1, "height": 2, "depth": 3}
    assert shop.ask("PATCH", path, {"description": "Shaded.", "size": size}, patch).json["size"] == size
    assert "description" not in shop.ask("PATCH", path, {"description": None, "size": None}, patch).json
    assert shop.ask("PATCH", path, {"stock": None}, patch).status == 400
    gone = shop.ask("DELETE", path)
    assert (gone.status, gone.body, gone.headers.get("content-type")) == (204, b"", None)
    missing = shop.ask("GET", path)
    assert (missing.status, missing.json["error"]) == (404, "PRODUCT_NOT_FOUND")
    assert missing.json["user_message"] == "We do not sell that (any more)."
    assert shop.ask("PUT", path, product).status == 201
    assert shop.ask("DELETE", path).status == 204


def multipart(*parts: tuple[str, bytes]) -> tuple[bytes, dict[str, str]]:
    body = b"".join(
        b"--b\r\nContent-Disposition: form-data; " + head.encode() + b"\r\n\r\n" + data + b"\r\n"
        for head, data in parts
    )
    return body + b"--b--\r\n", {"Content-Type": "multipart/form-data; boundary=b"}


def test_pictures(shop: Server) -> None:
    """A file comes in a form with text and JSON beside it, and goes out again as it came."""
    path = f"{V1}/products/POT-001/picture"
    assert shop.ask("GET", path).status == 204
    body, headers = multipart(
        ('name="picture"; filename="../../pot.png"', PNG), ('name="caption"', "Töpfchen".encode()),
        ('name="focus"', b'{"x": 0.5, "y": 1}'),
    )  # fmt: skip
    told = {"content_type": "image/png", "bytes": len(PNG), "caption": "Töpfchen", "focus": {"x": 0.5, "y": 1}}
    assert shop.ask("PUT", path, body, headers).json == told
    assert shop.ask("GET", f"{V1}/products/POT-001").json["picture"] == told
    picture = shop.ask("GET", path)
    assert (picture.body, picture.headers["content-type"]) == (PNG, "image/png")
    assert picture.headers["content-length"] == str(len(PNG))
    body, headers = multipart(('name="picture"; filename="x.txt"', b"no picture"))
    assert shop.ask("PUT", path, body, headers).json["error"] == "UNREADABLE_PICTURE"
    body, headers = multipart(('name="caption"', b"none"), ('name="focus"', b'{"x": 2, "y": 1}'))
    assert [fault["pointer"] for fault in shop.ask("PUT", path, body, headers).json["errors"]] == [
        "/picture", "/focus/x",
    ]  # fmt: skip


def test_stock_and_price_list(shop: Server) -> None:
    """A list in the path; a text in the body, a table as it is made in the answer."""
    assert shop.ask("GET", f"{V1}/stock/COF-001,XXX-999").json == {"COF-001": 0}
    csv, usd = {"Content-Type": "text/csv; charset=utf-8"}, {"X-Currency": "USD"}
    put = shop.ask("PUT", f"{V1}/prices.csv", b"sku,USD\r\nCOF-001,12.5\r\nXXX-999,1\r\n", {**csv, **usd})
    assert put.json == {"updated": 1, "unknown": ["XXX-999"]}
    table = shop.ask("GET", f"{V1}/prices.csv", headers=usd)
    assert table.headers["content-type"].startswith("text/csv")
    assert "COF-001,Yirgacheffe,12.50" in table.text.splitlines()


def test_customers(customers: Place, mailer: Place) -> None:
    """Dates, a map of addresses, a taken email; who is new is welcomed by mail."""
    ada = {"name": "Ada", "email": "ada@example.com", "born_on": "1990-12-10", "id": CUSTOMER}
    made = customers.ask("POST", f"{V1}/customers", ada)
    assert made.status == 201
    path = made.headers["location"]
    assert made.json["id"] in path
    assert made.json["id"] != CUSTOMER
    taken = customers.ask("POST", f"{V1}/customers", {**ada, "email": "ADA@example.com"})
    assert (taken.status, taken.json["error"]) == (409, "EMAIL_TAKEN")
    home = f"{path}/addresses/home"
    assert [customers.ask("PUT", home, DELIVERY, STAFF).status for _ in range(2)] == [201, 200]
    assert customers.ask("GET", path, headers=STAFF).json["addresses"] == {"home": DELIVERY}
    assert customers.ask("PUT", f"{path}/addresses/boat", DELIVERY, STAFF).status == 400
    assert [customers.ask("DELETE", path, headers=STAFF).status for _ in range(2)] == [204, 404]
    (mail,) = mailer.ask("GET", f"{V1}/mails?to=ada%40example.com", headers=SERVICE).json
    assert (mail["subject"], mail["sender"]) == ("Welcome, Ada!", "customers")


def test_newsletter(shop: Server, mailer: Place) -> None:
    """A form with a list in it: 202 and a mail for who is new, 200 for who is known."""
    form = {"Content-Type": "application/x-www-form-urlencoded"}
    first = shop.ask("POST", f"{V1}/newsletter", b"email=eve%40example.com", form)
    again = shop.ask("POST", f"{V1}/newsletter", b"email=eve%40example.com&topics=news&topics=recipes", form)
    assert (first.status, first.json["topics"]) == (202, ["news"])
    assert (again.status, again.json["topics"]) == (200, ["news", "recipes"])
    assert len(mailer.ask("GET", f"{V1}/mails?to=eve%40example.com", headers=SERVICE).json) == 1


def test_baskets(shop: Server) -> None:
    """A browser is known by its cookie; money is added up by the class that x-parent names."""
    made = shop.ask("POST", f"{V1}/basket", {"sku": "CUP-001"})
    found = BASKET_IS_MADE.match(made.headers["set-cookie"])
    assert found
    cookie = {"Cookie": f"theme=dark; basket={found[1]}"}
    shop.ask("POST", f"{V1}/basket", {"sku": "TEA-002", "quantity": 2}, cookie)
    assert shop.ask("GET", f"{V1}/basket", headers=cookie).json["total"] == {"amount": 3580, "currency": "EUR"}
    assert shop.ask("GET", f"{V1}/basket").json == {"lines": []}
    assert shop.ask("DELETE", f"{V1}/basket", headers=cookie).status == 204
    assert shop.ask("GET", f"{V1}/basket", headers=cookie).json == {"lines": []}
    assert shop.ask("GET", f"{V1}/basket", headers={"Cookie": "basket=x"}).json["errors"][0]["in"] == "cookie"


def test_orders_by_way_of_payment(shop: Server) -> None:
    """The discriminator chooses. 201 if paid, 202 if not yet, 402 or 409 if it will not be; secrets stay secret."""
    card = {"method": "card", "number": "4242424242424242", "expires": "12/39"}
    paid = shop.ask("POST", f"{V1}/orders", order_of("CUP-001", payment=card), ASTRID)
    assert (paid.status, paid.json["status"]) == (201, "paid")
    assert paid.json["payment"] == {"method": "card", "expires": "12/39", "last_digits": "4242"}
    later = shop.ask("POST", f"{V1}/orders", order_of("CUP-001"), ASTRID)
    assert (later.status, later.json["payment"]["due_days"]) == (202, 30)
    gift = order_of("TEA-002", payment={"method": "gift_card", "code": "SPRING26"})
    assert shop.ask("POST", f"{V1}/orders", gift, ASTRID).json["payment"]["left"] == {"amount": 4110, "currency": "EUR"}
    stock = shop.ask("GET", f"{V1}/stock/CUP-001").json["CUP-001"]
    for payment in ({**card, "expires": "01/20"}, {**card, "number": "4242424242424241"}):
        declined = shop.ask("POST", f"{V1}/orders", order_of("CUP-001", payment=payment), ASTRID)
        assert (declined.status, declined.json["error"]) == (402, "PAYMENT_DECLINED")
    assert shop.ask("GET", f"{V1}/stock/CUP-001").json["CUP-001"] == stock
    sold_out = shop.ask("POST", f"{V1}/orders", order_of("COF-001"), ASTRID)
    assert (sold_out.status, sold_out.json["user_message"]) == (409, "Sorry, “Yirgacheffe” is sold out.")
    wrong = shop.ask("POST", f"{V1}/orders", order_of("CUP-001", payment={"method": "cash"}), ASTRID)
    assert [(fault["pointer"], fault["code"]) for fault in wrong.json["errors"]] == [
        ("/payment/method", "discriminator")
    ]


def test_the_life_of_an_order(shop: Server) -> None:
    """Placed once for each request id, listed, shown as a page, canceled once."""
    again = {**ASTRID, "X-Request-Id": "only-once-please"}
    first, second = (shop.ask("POST", f"{V1}/orders", order_of("TEA-001", notes=None), again) for _ in range(2))
    assert first.json == second.json
    assert first.json["notes"] is None
    path = f"{V1}/orders/{first.json['id']}"
    assert shop.ask("GET", path).json == first.json
    listed = shop.ask("GET", f"{V1}/orders?status=awaiting_payment%20shipped&customer_id={CUSTOMER}&page_size=1")
    assert listed.json["orders"] == [first.json]
    assert shop.ask("GET", f"{V1}/orders?placed_after=2100-01-01T00:00:00%2B01:00").json == {"orders": []}
    page = shop.ask("GET", f"{path}/invoice")
    assert page.headers["content-type"].startswith("text/html")
    assert "<td>1<td>Sencha<td>12.50 EUR" in page.text
    before = shop.ask("GET", f"{V1}/stock/TEA-001").json["TEA-001"]
    assert [shop.ask("POST", f"{path}/cancel").status for _ in range(2)] == [204, 409]
    assert shop.ask("GET", f"{V1}/stock/TEA-001").json["TEA-001"] == before + 1


def test_requests_at_once(shop: Server) -> None:
    """However many come at once with one request id, there is one order, and each of them is answered with it."""
    again = {**ASTRID, "X-Request-Id": "all-at-the-same-time"}
    left = shop.ask("GET", f"{V1}/stock/TEA-001").json["TEA-001"]
    with ThreadPoolExecutor(8) as many:
        answers = list(many.map(lambda _: shop.ask("POST", f"{V1}/orders", order_of("TEA-001"), again), range(8)))
    assert {answer.status for answer in answers} == {202}
    assert len({answer.json["id"] for answer in answers}) == 1
    assert shop.ask("GET", f"{V1}/stock/TEA-001").json["TEA-001"] == left - 1


def test_orders_of_the_caller(shop: Server) -> None:
    """A customer is known by a token, and sees the orders that are theirs."""
    made = shop.ask("POST", f"{V1}/orders", order_of("TEA-002"), ASTRID).json
    theirs = {"Authorization": f"Bearer {token_for(CUSTOMER.replace('6', '7'))}"}
    listed = shop.ask("GET", f"{V1}/me/orders", headers=ASTRID).json["orders"]
    assert listed[0] == made
    assert {order["customer_id"] for order in listed} == {CUSTOMER}
    assert shop.ask("GET", f"{V1}/me/orders", headers=theirs).json == {"orders": []}
    nobody = shop.ask("GET", f"{V1}/me/orders?page_size=0")
    assert (nobody.status, nobody.json["error"]) == (401, "AUTHORIZATION_HEADER_MISSING")
    assert nobody.headers["www-authenticate"] == "Bearer"
    spoiled = {"Authorization": ASTRID["Authorization"][:-2]}
    assert shop.ask("GET", f"{V1}/me/orders", headers=spoiled).json["error"] == "TOKEN_INVALID"


def test_the_key_for_development_is_for_development() -> None:
    """In live operation the shop has the key of its environment, and does not start without it."""
    refused = run(by_python(), SHOP, PYM_ENV="live", SHOP_JWT_SECRET="")
    assert refused.returncode == 2
    assert "SHOP_JWT_SECRET" in refused.stderr


def test_the_last_one_is_sold_once(shop: Server) -> None:
    """However many ask at once, no more is sold than there was."""
    left = shop.ask("GET", f"{V1}/stock/POT-001").json["POT-001"]
    with ThreadPoolExecutor(8) as many:
        answers = list(many.map(lambda _: shop.ask("POST", f"{V1}/orders", order_of("POT-001"), ASTRID), range(8)))
    assert sorted(answer.status for answer in answers) == [202] * left + [409] * (8 - left)
    for answer in answers:
        if answer.status == 202:
            assert shop.ask("POST", f"{V1}/orders/{answer.json['id']}/cancel").status == 204
    assert shop.ask("GET", f"{V1}/stock/POT-001").json == {"POT-001": left}
