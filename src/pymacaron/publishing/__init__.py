"""Documents for those who read them: an index, a page for each API, and the documents themselves in several forms."""

from __future__ import annotations

from collections.abc import Iterable
from functools import cache
from typing import TYPE_CHECKING

from flask import Flask, Response

from pymacaron.pool import LoadedApi

from .service import OWN, PROBLEM, Service

if TYPE_CHECKING:
    from pymacaron.dialects import Document

    from .views import Views

__all__ = ["OWN", "PROBLEM", "Service", "publish", "publish_documents"]


def publish(app: Flask, service: Service, path: str) -> None:
    """Add routes below `/<path>/` to a Flask app: the index, a page for each API (with `?operation=` and `?schema=` for
    one of these; the files that pages load are below `-/`), and its document as `<api>.yaml` and
    `<api>.json`, with `?bundled=1` as one file, and with `?version=3.0` in OpenAPI 3.0. The files of a document are
    below `<api>/`. APIs may still be added to the service."""

    @cache
    def views() -> Views:
        from .views import Views  # 40 ms to import, for the first who asks

        return Views(service, "../" * prefix.count("/") or "./")

    def index() -> Response:
        return views().index()

    def asset(release: str, name: str) -> Response:
        return views().asset(release, name)

    def page(name: str) -> Response:
        return views().page(name)

    def yaml(name: str) -> Response:
        return views().document(name, "yaml")

    def json(name: str) -> Response:
        return views().document(name, "json")

    def file(path: str) -> Response:
        return views().file(path)

    prefix = "/" + path.strip("/") if path.strip("/") else ""
    app.add_url_rule(f"{prefix}/", "pymacaron.doc", index)
    app.add_url_rule(f"{prefix}/-/<release>/<name>", "pymacaron.doc_asset", asset)
    app.add_url_rule(f"{prefix}/<name>", "pymacaron.doc_api", page)
    app.add_url_rule(f"{prefix}/<name>.yaml", "pymacaron.doc_yaml", yaml)
    app.add_url_rule(f"{prefix}/<name>.json", "pymacaron.doc_json", json)
    if prefix:  # otherwise it would take every path that nobody else does
        app.add_url_rule(f"{prefix}/<path:path>", "pymacaron.doc_file", file)


def publish_documents(app: Flask, documents: Iterable[Document], path: str = "doc") -> None:
    """Likewise for an app that answers some documents and is no service, such as a mock."""
    service = Service({document.name: LoadedApi(document, [], []) for document in documents})
    service.served.update(service.apis)
    publish(app, service, path)
