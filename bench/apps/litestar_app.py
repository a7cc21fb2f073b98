"""Litestar with msgspec Structs and its own JWT authentication."""

from typing import Annotated

import workloads
from litestar import Litestar, Request, get, post
from litestar.params import Parameter
from litestar.security.jwt import JWTAuth, Token

from apps import structs as models

CATALOG = models.catalog(workloads.catalog_rows())


async def user_of(token: Token, _connection: object) -> Token:
    return token


signed_in = JWTAuth[Token](
    token_secret=workloads.SECRET,
    retrieve_user_handler=user_of,
    accepted_audiences=[workloads.AUDIENCE],
    accepted_issuers=[workloads.ISSUER],
)


@get("/ping")
async def ping() -> dict[str, str]:
    return {}


@get("/items/{item_id:str}")
async def get_item(
    item_id: Annotated[str, Parameter(max_length=40)],
    limit: Annotated[int, Parameter(ge=1, le=100)] = 10,
    q: Annotated[str | None, Parameter(max_length=50)] = None,
    flag: bool | None = None,
) -> models.Item:
    return models.Item(item_id=item_id, limit=limit, q=q, flag=flag)


@post("/orders", status_code=200)
async def place_order(data: models.Order) -> models.PlacedOrder:
    return models.placed(data)


@post("/bulk", status_code=200)
async def add_up(data: models.Bulk) -> models.BulkResult:
    return models.BulkResult(count=len(data.items), total=models.total(data.items))


@get("/catalog")
async def get_catalog() -> models.Catalog:
    return CATALOG


@get("/me", middleware=[signed_in.middleware])
async def who_am_i(request: Request[Token, Token, object]) -> models.Me:
    return models.Me(sub=request.user.sub)


app = Litestar([ping, get_item, place_order, add_up, get_catalog, who_am_i])
