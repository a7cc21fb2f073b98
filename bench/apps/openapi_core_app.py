"""openapi-core's decorator on Flask views: requests are validated, responses are not."""

from pathlib import Path

import jwt
import workloads
from flask import Flask, abort, request
from openapi_core import OpenAPI
from openapi_core.contrib.flask.decorators import FlaskOpenAPIViewDecorator

HERE = Path(__file__).resolve().parent.parent
app = Flask(__name__)
checked = FlaskOpenAPIViewDecorator(OpenAPI.from_file_path(str(HERE / "apis/bench.yaml")), response_cls=None)
signed_in = FlaskOpenAPIViewDecorator(
    OpenAPI.from_file_path(str(HERE / "apis_signed_in/account.yaml")), response_cls=None
)
CATALOG = workloads.catalog_rows()


@app.get("/ping")
@checked
def ping():
    return {}


@app.get("/items/<item_id>")
@checked
def get_item(item_id):
    query = request.openapi.parameters.query
    return {"item_id": item_id, "limit": query["limit"], "q": query.get("q"), "flag": query.get("flag")}


@app.post("/orders")
@checked
def place_order():
    order = dict(request.openapi.body)
    return order | {"created_at": order["created_at"].isoformat(), "total": workloads.total(order["items"])}


@app.post("/bulk")
@checked
def add_up():
    lines = request.openapi.body["items"]
    return {"count": len(lines), "total": workloads.total(lines)}


@app.get("/catalog")
@checked
def get_catalog():
    return {
        "count": len(CATALOG),
        "items": [row | {"updated_at": row["updated_at"].isoformat()} for row in CATALOG],
    }


@app.get("/me")
@signed_in
def who_am_i():
    token = request.openapi.security["bearer"]
    try:
        claims = jwt.decode(token, workloads.SECRET, ["HS256"], audience=workloads.AUDIENCE, issuer=workloads.ISSUER)
    except jwt.InvalidTokenError:
        abort(401)
    return {"sub": claims["sub"]}
