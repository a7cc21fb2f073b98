"""flask-openapi3: pydantic models in, `model_dump_json` out."""

import jwt
import workloads
from flask import Response, abort, request
from flask_openapi3 import Info, OpenAPI

from apps import pydantic_models as models

app = OpenAPI(__name__, info=Info(title="bench", version="1.0.0"))
CATALOG = models.catalog(workloads.catalog_rows())


def reply(model):
    return Response(model.model_dump_json(), mimetype="application/json")


@app.get("/ping")
def ping():
    return {}


@app.get("/items/<item_id>", responses={200: models.Item})
def get_item(path: models.ItemPath, query: models.ItemQuery):
    return reply(models.Item(item_id=path.item_id, limit=query.limit, q=query.q, flag=query.flag))


@app.post("/orders", responses={200: models.PlacedOrder})
def place_order(body: models.Order):
    return reply(models.placed(body))


@app.post("/bulk", responses={200: models.BulkResult})
def add_up(body: models.Bulk):
    return reply(models.BulkResult(count=len(body.items), total=models.total(body.items)))


@app.get("/catalog", responses={200: models.Catalog})
def get_catalog():
    return reply(CATALOG)


@app.get("/me", responses={200: models.Me})
def who_am_i():
    scheme, _, token = request.headers.get("Authorization", "").partition(" ")
    if scheme != "Bearer":
        abort(401)
    try:
        claims = jwt.decode(token, workloads.SECRET, ["HS256"], audience=workloads.AUDIENCE, issuer=workloads.ISSUER)
    except jwt.InvalidTokenError:
        abort(401)
    return reply(models.Me(sub=claims["sub"]))
