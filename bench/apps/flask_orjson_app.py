"""The bare Flask service with orjson in place of Flask's own JSON."""

import orjson
from flask.json.provider import JSONProvider

from apps.flask_app import SKIP, app

__all__ = ["SKIP", "app"]


class Orjson(JSONProvider):
    def loads(self, s, **kwargs):
        return orjson.loads(s)

    def dumps(self, obj, **kwargs):
        return orjson.dumps(obj).decode()

    def response(self, *args, **kwargs):
        value = self._prepare_response_obj(args, kwargs)
        return self._app.response_class(orjson.dumps(value), mimetype="application/json")


app.json = Orjson(app)
