"""What is answered to those who read documents."""

from __future__ import annotations

from flask import Response, request

from pymacaron.conditions import asked
from pymacaron.exceptions import NotFoundError
from pymacaron.pool import LoadedApi

from .forms import Content, Forms, Wanted, as_written, content_of, notation_of, version_named
from .pages import api_page, index_page
from .service import Service
from .trees import Tree, only

_PAGE_POLICY = "default-src 'none'; style-src 'unsafe-inline'; base-uri 'none'; form-action 'none'"


class Views:
    """The view functions of one service."""

    def __init__(self, service: Service) -> None:
        self._service = service
        self._forms = Forms(service)
        self._trees: dict[LoadedApi, Tree] = {}

    def index(self) -> Response:
        return _page(content_of(index_page(self._service), "text/html"))

    def page(self, name: str) -> Response:
        api = self._service.apis.get(name)
        if api is None:
            return self.file(name)
        key = (api, name in self._service.served, "page")
        return _page(self._forms.kept(key, lambda: content_of(api_page(self._service, name), "text/html")))

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
    response.headers["Content-Security-Policy"] = _PAGE_POLICY
    return response
