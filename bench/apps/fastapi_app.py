"""FastAPI as its documentation advises: pydantic models, `async def`, a dependency for the caller."""

from typing import Annotated

import jwt
import workloads
from fastapi import Depends, FastAPI, HTTPException, Path, Query
from fastapi.security import HTTPAuthorizationCredentials, HTTPBearer

from apps import pydantic_models as models

app = FastAPI()
CATALOG = models.catalog(workloads.catalog_rows())


async def caller(credentials: Annotated[HTTPAuthorizationCredentials, Depends(HTTPBearer())]) -> str:
    try:
        claims = jwt.decode(
            credentials.credentials,
            workloads.SECRET,
            ["HS256"],
            audience=workloads.AUDIENCE,
            issuer=workloads.ISSUER,
        )
    except jwt.InvalidTokenError:
        raise HTTPException(401) from None
    return claims["sub"]


@app.get("/ping")
async def ping():
    return {}


@app.get("/items/{item_id}")
async def get_item(
    item_id: Annotated[str, Path(max_length=40)],
    limit: Annotated[int, Query(ge=1, le=100)] = 10,
    q: Annotated[str | None, Query(max_length=50)] = None,
    flag: bool | None = None,
) -> models.Item:
    return models.Item(item_id=item_id, limit=limit, q=q, flag=flag)


@app.post("/orders")
async def place_order(order: models.Order) -> models.PlacedOrder:
    return models.placed(order)


@app.post("/bulk")
async def add_up(bulk: models.Bulk) -> models.BulkResult:
    return models.BulkResult(count=len(bulk.items), total=models.total(bulk.items))


@app.get("/catalog")
async def get_catalog() -> models.Catalog:
    return CATALOG


@app.get("/me")
async def who_am_i(user: Annotated[str, Depends(caller)]) -> models.Me:
    return models.Me(sub=user)
