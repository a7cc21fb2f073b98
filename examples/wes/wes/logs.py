"""Where logs and outputs of runs are read: ordinary Flask routes beside the document's operations."""

from __future__ import annotations

from flask import Blueprint, Response, send_file, send_from_directory

from wes.runs import find

routes = Blueprint("logs", __name__, url_prefix="/logs")


@routes.get("/<run_id>/stdout")
def stdout(run_id: str) -> Response:
    return _stream(run_id, "stdout")


@routes.get("/<run_id>/stderr")
def stderr(run_id: str) -> Response:
    return _stream(run_id, "stderr")


def _stream(run_id: str, name: str) -> Response:
    path = find(run_id).folder / name
    return send_file(path, mimetype="text/plain") if path.exists() else Response("", mimetype="text/plain")


@routes.get("/<run_id>/outputs/<path:name>")
def output(run_id: str, name: str) -> Response:
    answer = send_from_directory(find(run_id).work, name, mimetype="application/octet-stream", as_attachment=True)
    answer.headers["X-Content-Type-Options"] = "nosniff"
    return answer
