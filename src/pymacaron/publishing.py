"""Documents for those who read them: each as its authors wrote it, and an index."""

from __future__ import annotations

from collections.abc import Mapping
from html import escape

from flask import Flask, Response, abort

from .bodies import write_json
from .pool import LoadedApi

_PAGE = """<!doctype html>
<html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width">
<title>{title}</title><style>
body {{ font: 16px/1.5 system-ui, sans-serif; max-width: 56rem; margin: 2rem auto; padding: 0 1rem }}
:root {{ color-scheme: light dark }}
code {{ font-size: .95em }} td {{ padding: .1rem 1rem .1rem 0; vertical-align: top }} .method {{ font-weight: 600 }}
</style></head><body><h1>{title}</h1>{body}</body></html>
"""


def publish(app: Flask, apis: Mapping[str, LoadedApi], path: str) -> None:
    """Add the routes `/<path>/`, `/<path>/<api>`, `/<path>/<api>.yaml` and `/<path>/<api>.json` to a Flask app. The
    mapping is read at each request, so APIs may still be added to it."""
    prefix = "/" + path.strip("/")

    def find(name: str) -> LoadedApi:
        api = apis.get(name)
        if api is None:
            abort(404, description=f"No API of that name is published here; see {prefix}/")
        return api

    def index() -> Response:
        return Response(_index(apis), mimetype="text/html")

    def page(name: str) -> Response:
        return Response(_page(find(name)), mimetype="text/html")

    def as_yaml(name: str) -> Response:
        api = find(name)
        return Response(_as_written(api), mimetype="application/json" if _is_json(api) else "application/yaml")

    def as_json(name: str) -> Response:
        api = find(name)
        body = _as_written(api) if _is_json(api) else write_json(api.document.root.value)
        return Response(body, mimetype="application/json")

    app.add_url_rule(f"{prefix}/", "pymacaron.doc", index)
    app.add_url_rule(f"{prefix}/<name>", "pymacaron.doc_api", page)
    app.add_url_rule(f"{prefix}/<name>.yaml", "pymacaron.doc_yaml", as_yaml)
    app.add_url_rule(f"{prefix}/<name>.json", "pymacaron.doc_json", as_json)


def _as_written(api: LoadedApi) -> bytes:
    with open(api.document.path, "rb") as file:
        return file.read()


def _is_json(api: LoadedApi) -> bool:
    return api.document.path.endswith(".json")


def _index(apis: Mapping[str, LoadedApi]) -> str:
    rows = "".join(
        f'<tr><td><a href="{escape(name)}">{escape(api.document.title)}</a></td>'
        f'<td>{escape(api.document.version)}</td><td><a href="{escape(name)}.yaml">yaml</a> '
        f'<a href="{escape(name)}.json">json</a></td></tr>'
        for name, api in apis.items()
    )
    return _PAGE.format(title="APIs", body=f"<table>{rows}</table>")


def _page(api: LoadedApi) -> str:
    document = api.document
    rows = "".join(
        f'<tr><td class="method">{escape(op.method)}</td><td><code>{escape(op.path)}</code></td>'
        f"<td>{escape(str(op.node.value.get('summary', '')))}</td></tr>"
        for op in document.operations
    )
    links = f'<p>Version {escape(document.version)} · <a href="{escape(api.name)}.yaml">yaml</a> '
    links += f'<a href="{escape(api.name)}.json">json</a></p>'
    return _PAGE.format(title=escape(document.title), body=f"{links}<table>{rows}</table>")
