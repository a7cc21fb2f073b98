"""pymacaron: the functions behind apis/bench.yaml. $PYM_CONFIG names the configuration, $BENCH_CORS adds CORS(app)."""

import os
from pathlib import Path

import workloads
from flask import Flask

from pymacaron import API, ApiPool
from pymacaron.auth import get_userid

HERE = Path(__file__).resolve().parent.parent


def ping():
    return {}


def get_item(item_id, limit, q=None, flag=None):
    return models.Item(item_id=item_id, limit=limit, q=q, flag=flag)


def total(lines):
    return sum(line.quantity * line.unit_cents for line in lines)


def place_order(order):
    return models.PlacedOrder(
        order_id=order.order_id,
        status=order.status,
        priority=order.priority,
        currency=order.currency,
        created_at=order.created_at,
        customer=order.customer,
        shipping=order.shipping,
        notes=order.notes,
        items=order.items,
        total=total(order.items),
    )


def add_up(bulk):
    return models.BulkResult(count=len(bulk.items), total=total(bulk.items))


def get_catalog():
    return CATALOG


def who_am_i():
    return ApiPool.account.model.Me(sub=get_userid())


app = Flask(__name__)
if os.environ.get("BENCH_CORS"):
    from flask_cors import CORS

    CORS(app)
api = API(app)
api.load_apis(str(HERE / "apis"))
api.load_apis(str(HERE / "apis_signed_in"))
models = ApiPool.bench.model
rows = [models.CatalogItem(**row) for row in workloads.catalog_rows()]
CATALOG = models.Catalog(count=len(rows), items=rows)
api.start(serve=["bench", "account"])
