"""Functions for connexion, which has no models: bodies are dicts."""

from pathlib import Path

import jwt
import workloads
import yaml

HERE = Path(__file__).resolve().parent.parent
CATALOG = workloads.catalog_rows()


def claims_of(token, *_, **__):
    try:
        return jwt.decode(token, workloads.SECRET, ["HS256"], audience=workloads.AUDIENCE, issuer=workloads.ISSUER)
    except jwt.InvalidTokenError:
        return None


def ping():
    return {}


def get_item(item_id, limit, q=None, flag=None):
    return {"item_id": item_id, "limit": limit, "q": q, "flag": flag}


def place_order(body):
    return body | {"total": workloads.total(body["items"])}


def add_up(body):
    return {"count": len(body["items"]), "total": workloads.total(body["items"])}


def get_catalog():
    return {
        "count": len(CATALOG),
        "items": [row | {"updated_at": row["updated_at"].isoformat()} for row in CATALOG],
    }


def who_am_i(user):
    return {"sub": user}


def view(operation_id):
    """The function of an operation, by its `operationId`."""
    return globals()[operation_id]


def document():
    """Both documents of the service as one, since connexion wants one for each base path."""
    service, account = (
        yaml.safe_load((HERE / name).read_text()) for name in ("apis/bench.yaml", "apis_signed_in/account.yaml")
    )
    service["paths"] |= account["paths"]
    service["components"]["schemas"] |= account["components"]["schemas"]
    service["components"]["securitySchemes"] = account["components"]["securitySchemes"]
    return service
