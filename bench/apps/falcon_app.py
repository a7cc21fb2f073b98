"""Falcon with msgspec decoders and encoder, put together by hand: about what a Python framework can cost at least."""

import falcon
import jwt
import msgspec
import workloads

from apps import structs as models

CATALOG = models.catalog(workloads.catalog_rows())
encode = msgspec.json.Encoder().encode
read_order = msgspec.json.Decoder(models.Order).decode
read_bulk = msgspec.json.Decoder(models.Bulk).decode


class Ping:
    def on_get(self, request, response):
        response.data = encode({})


class Item:
    def on_get(self, request, response, item_id):
        q = request.get_param("q")
        if len(item_id) > 40 or (q is not None and len(q) > 50):
            raise falcon.HTTPBadRequest(description="too long")
        limit = request.get_param_as_int("limit", min_value=1, max_value=100, default=10)
        response.data = encode(models.Item(item_id, limit, q, request.get_param_as_bool("flag")))


class Orders:
    def on_post(self, request, response):
        response.data = encode(models.placed(read_order(request.bounded_stream.read())))


class Bulk:
    def on_post(self, request, response):
        lines = read_bulk(request.bounded_stream.read()).items
        response.data = encode(models.BulkResult(len(lines), models.total(lines)))


class Catalog:
    def on_get(self, request, response):
        response.data = encode(CATALOG)


class Me:
    def on_get(self, request, response):
        scheme, _, token = (request.auth or "").partition(" ")
        if scheme != "Bearer":
            raise falcon.HTTPUnauthorized
        try:
            claims = jwt.decode(
                token, workloads.SECRET, ["HS256"], audience=workloads.AUDIENCE, issuer=workloads.ISSUER
            )
        except jwt.InvalidTokenError:
            raise falcon.HTTPUnauthorized from None
        response.data = encode(models.Me(claims["sub"]))


def refuse(_request, _response, error, _params):
    raise falcon.HTTPUnprocessableEntity(title="invalid body", description=str(error))


app = falcon.App()
app.add_error_handler(msgspec.ValidationError, refuse)
for path, resource in {
    "/ping": Ping(),
    "/items/{item_id}": Item(),
    "/orders": Orders(),
    "/bulk": Bulk(),
    "/catalog": Catalog(),
    "/me": Me(),
}.items():
    app.add_route(path, resource)
