"""Where logs and outputs of runs are read: ordinary Flask routes beside the document's operations."""

from __future__ import annotations

from flask import Blueprint, Response, abort, send_file

from wes.runs import find

routes = Blueprint("logs", __name__, url_prefix="/logs")


@routes.get("/<run_id>/stdout")
def stdout(run_id: str) -> Response:
    return _stream(run_id, "stdout")


@routes.get("/<run_id>/stderr")
def stderr(run_id: str) -> Response:
    return _stream(run_id, "stderr")


def _stream(run_id: str, name: str) -> Response:
    path = find(run_id).file(name)
    return send_file(path, mimetype="text/plain") if path else Response("", mimetype="text/plain")


@routes.get("/<run_id>/outputs/<path:name>")
def output(run_id: str, name: str) -> Response:
    path = find(run_id).file(f"work/{name}")
    if path is None:
        abort(404)
    answer = send_file(path, mimetype="application/octet-stream", as_attachment=True)
    answer.headers["X-Content-Type-Options"] = "nosniff"
    return answer
