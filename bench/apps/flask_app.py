"""The base of all ratios: bare Flask, views written by hand, Flask's own JSON, nothing validated."""

import jwt
import workloads
from flask import Flask, abort, request

app = Flask(__name__)
SKIP = {"invalid": "nothing is validated; the ratios of `invalid` are to this contender's `order`"}


class CatalogItem:
    """A row as a service without a framework for models would keep it."""

    def __init__(self, **row):
        self.__dict__.update(row)

    def to_json(self):
        return {
            "sku": self.sku,
            "name": self.name,
            "description": self.description,
            "price_cents": self.price_cents,
            "currency": self.currency,
            "in_stock": self.in_stock,
            "tags": self.tags,
            "updated_at": self.updated_at.isoformat(),
        }


CATALOG = [CatalogItem(**row) for row in workloads.catalog_rows()]


@app.get("/ping")
def ping():
    return {}


@app.get("/items/<item_id>")
def get_item(item_id):
    query = request.args
    return {
        "item_id": item_id,
        "limit": query.get("limit", 10, type=int),
        "q": query.get("q"),
        "flag": query.get("flag") == "true",
    }


@app.post("/orders")
def place_order():
    order = request.get_json()
    order["total"] = workloads.total(order["items"])
    return order


@app.post("/bulk")
def add_up():
    lines = request.get_json()["items"]
    return {"count": len(lines), "total": workloads.total(lines)}


@app.get("/catalog")
def get_catalog():
    return {"count": len(CATALOG), "items": [item.to_json() for item in CATALOG]}


@app.get("/me")
def who_am_i():
    scheme, _, token = request.headers.get("Authorization", "").partition(" ")
    if scheme != "Bearer":
        abort(401)
    try:
        claims = jwt.decode(token, workloads.SECRET, ["HS256"], audience=workloads.AUDIENCE, issuer=workloads.ISSUER)
    except jwt.InvalidTokenError:
        abort(401)
    return {"sub": claims["sub"]}
