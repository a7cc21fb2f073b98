"""What is answered to those who read documents."""

from __future__ import annotations

from flask import Response, request

from pymacaron.conditions import asked
from pymacaron.exceptions import NotFoundError
from pymacaron.pool import LoadedApi

from .assets import asset, stamp
from .forms import Content, Forms, Wanted, as_written, content_of, notation_of, version_named
from .frame import POLICY, Place
from .pages import api_page, grouped, index_page, schema_page
from .reference import operation_page
from .service import Service
from .trees import Tree, only


class Views:
    """The view functions of one service.

    Args:
        root: the way from a page to the root of the service.
    """

    def __init__(self, service: Service, root: str) -> None:
        self._service = service
        self._root = root
        self._forms = Forms(service)
        self._trees: dict[LoadedApi, Tree] = {}

    def index(self) -> Response:
        return _page(content_of(index_page(self._service, self._place), "text/html"))

    @property
    def _place(self) -> Place:
        return Place(self._root, self._service.console)

    def asset(self, release: str, name: str) -> Response:
        """A file that pages load. The page may be of another release than we are, where several are running."""
        response = _sent(asset(name))
        if release == stamp():
            response.headers["Cache-Control"] = "max-age=31536000, immutable"
        return response

    def page(self, name: str) -> Response:
        """The page of an API; with `?operation=` or `?schema=` that of one of these."""
        api = self._service.apis.get(name)
        if api is None:
            return self.file(name)
        operation = request.args.get("operation")
        schema = request.args.get("schema") if operation is None else None
        key = (api, name in self._service.served, operation, schema)
        return _page(self._forms.kept(key, lambda: content_of(self._made(api, operation, schema), "text/html")))

    def _made(self, api: LoadedApi, operation: str | None, schema: str | None) -> bytes:
        if operation is not None:
            everything = (one for group in grouped(self._service, api.name).values() for one in group)
            found = next((one for one in everything if one.title == operation), None)
            if found is None:
                raise NotFoundError("This API has no such operation; its page lists them")
            return operation_page(self._service, api.name, found, self._place)
        if schema is not None:
            if schema not in api.document.named:
                raise NotFoundError("This API has no schema of this name; its page lists them")
            return schema_page(api, api.name, schema, self._place)
        return api_page(self._service, api.name, self._place)

    def file(self, path: str) -> Response:
        """A file of a document: below the name of its API, or where a reference leads from `<api>.yaml`."""
        first, _, rest = path.partition("/")
        api = self._service.apis.get(first)
        found = self._tree(api).get(rest) if api is not None and rest else None
        if found is None:
            found = only(self._tree(one).beside(path) for one in self._service.apis.values())
        if found is None:
            raise NotFoundError("No API, and no file of one, is published under this name; the index lists them")
        file = found
        content = self._forms.kept((file.path, file.digest), lambda: as_written(file, notation_of(file.path)))
        return _sent(content)

    def document(self, name: str, notation: str) -> Response:
        api = self._service.apis.get(name)
        if api is None:
            return self.file(f"{name}.{notation}")
        bundled = request.args.get("bundled", "0").lower() not in ("0", "false", "no")
        version = request.args.get("version")
        return _sent(self._forms.of(api, Wanted(notation, bundled, version and version_named(version))))

    def _tree(self, api: LoadedApi) -> Tree:
        if api not in self._trees:
            self._trees[api] = Tree(api)
        return self._trees[api]


def _sent(content: Content) -> Response:
    response = Response(content.raw, mimetype=content.media_type)
    response.set_etag(content.tag)
    response.headers["Cache-Control"] = "no-cache"  # kept, and asked about each time
    response.headers["X-Content-Type-Options"] = "nosniff"
    response.make_conditional(asked(request.environ))
    return response


def _page(content: Content) -> Response:
    response = _sent(content)
    response.headers["Content-Security-Policy"] = POLICY
    response.headers["Referrer-Policy"] = "no-referrer"
    return response
