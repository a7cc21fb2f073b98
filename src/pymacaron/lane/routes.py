"""An operation as Flask and the lane see it; its URL rule and its view function."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Sequence
from typing import TYPE_CHECKING, Any, NamedTuple, TypeAlias

from flask import Flask, request
from werkzeug.routing import Rule

from pymacaron.calls import Call, note_failure
from pymacaron.exceptions import NotFoundError
from pymacaron.flask_context import Environ, ExactRule, LazyRule, response_of
from pymacaron.messages import Request, Response
from pymacaron.names import python_name
from pymacaron.router import Router, claimed_without_slash, parse_template

from .environ import EnvironHeaders, path_of, read_body
from .slashes import KEPT, with_slashes

if TYPE_CHECKING:
    import werkzeug.wrappers

Endpoint: TypeAlias = "Callable[[Request], Response | werkzeug.wrappers.Response]"


class Route(NamedTuple):
    """An operation to be answered.

    `method` is upper case; `path` the template with the base path (see router.py); `endpoint` raises whatever the
    user's function raised; `name` is what Flask calls the endpoint, "shop.create_order", as `url_for` takes it.
    """

    method: str
    path: str
    endpoint: Endpoint
    name: str


def name_call(call: Call, endpoint: Endpoint) -> None:
    """Let a call that ended before its function was reached be one of the operation all the same."""
    begin = getattr(endpoint, "begin", None)
    if begin is not None and not call.function:
        begin(call)


class Entry:
    """A route with all that is known before any request.

    `blueprints` are Flask's from the innermost outwards, by the dots in the name, where the user has any of that name;
    `outward` and `inward` the names whose before_request and after_request functions are due, None being the
    application; `flask_rule` is the template in Flask's words, "/items/<item_id>"; `renamed` maps Flask's names of path
    variables to the document's, None if they are the same; `foreign` are patterns of Flask's other rules that may match
    the same paths.
    """

    __slots__ = (
        "blueprints", "endpoint", "flask_rule", "foreign", "inward", "method", "name", "outward", "path", "renamed",
        "rule", "view",
    )  # fmt: skip

    rule: Rule
    view: Callable[..., Any]

    def __init__(self, route: Route) -> None:
        self.method, self.path, self.endpoint, self.name = route
        steps = self.name.split(".")[:-1]
        self.blueprints = [".".join(steps[:end]) for end in range(len(steps), 0, -1)]
        self.inward = (*self.blueprints, None)
        self.outward = (None, *reversed(self.blueprints))
        self.foreign: tuple[re.Pattern[str], ...] = ()
        segments, names, _ = parse_template(self.path)
        arguments = _argument_names(names)
        self.renamed = None if arguments == list(names) else dict(zip(arguments, names, strict=True))
        left = iter(arguments)
        rules = (segment[0] + "".join(f"<{next(left)}>{text}" for text in segment[1:]) for segment in segments)
        self.flask_rule = "/" + "/".join(rules)

    def view_args(self, values: dict[str, str]) -> dict[str, str]:
        """The values of path variables under Flask's names: the same dict where the names are the same."""
        return values if self.renamed is None else {new: values[old] for new, old in self.renamed.items()}

    def path_values(self, view_args: dict[str, str], environ: Environ) -> dict[str, str]:
        """The inverse of view_args(), of what url_value_preprocessor functions have left."""
        renamed = self.renamed
        values = view_args if renamed is None else {renamed.get(name, name): text for name, text in view_args.items()}
        return with_slashes(values) if KEPT in environ else values


def _argument_names(names: Iterable[str]) -> list[str]:
    """What Flask calls path variables: its names are ASCII identifiers, and all different."""
    made: list[str] = []
    for name in names:
        name = re.sub(r"[^A-Za-z0-9_]", "_", python_name(name))
        while name in made:
            name += "_"
        made.append(name)
    return made


def register(app: Flask, entries: Sequence[Entry], router: Router[Entry]) -> None:
    """Give every operation its URL rule and view function, as `app.route` would."""
    # of several rules that match, Flask takes the first: a GET also answers HEAD, and all answer OPTIONS
    ordered = sorted(entries, key=lambda entry: ("OPTIONS", "HEAD", entry.method).index(entry.method))
    lazily = app.url_rule_class is Rule and hasattr(Rule, "_compile_builder")
    exact = claimed_without_slash(entry.path for entry in entries)
    try:
        for entry in ordered:
            if lazily:
                app.url_rule_class = ExactRule if entry.path in exact else LazyRule
            entry.view = _view(app, entry, router)
            merged = None if "//" not in entry.flask_rule else False  # None: as Flask's map has it
            app.add_url_rule(entry.flask_rule, entry.name, entry.view, methods=[entry.method], merge_slashes=merged)
    finally:
        if lazily:
            vars(app).pop("url_rule_class", None)
    rules = {rule.endpoint: rule for rule in app.url_map.iter_rules()}
    for entry in entries:
        entry.rule = rules[entry.name]


def _view(app: Flask, entry: Entry, router: Router[Entry]) -> Callable[..., Any]:
    """The view function that answers an operation when Flask dispatches."""

    def view(**view_args: str) -> Any:
        environ = request.environ
        message = Request(
            request.method, "/" + path_of(environ).lstrip("/"), environ.get("QUERY_STRING", ""),
            EnvironHeaders(environ), b"", entry.path_values(view_args, environ),
        )  # fmt: skip
        try:
            chosen = _variant(entry, router, message) if router.has_conditions else entry
            message.body = read_body(environ, app.config)
            answer = chosen.endpoint(message)
        except Exception as error:
            note_failure(error)
            raise
        return response_of(app, answer)

    view.__name__ = view.__qualname__ = entry.name.rpartition(".")[2]
    return view


def _variant(entry: Entry, router: Router[Entry], message: Request) -> Entry:
    """The operation to answer, where several share a route that Flask cannot tell apart."""
    found = router.find(message.method, message.path, message.query, message.headers)
    if not isinstance(found, tuple):
        raise NotFoundError("no operation of this path matches the query string")
    chosen, values = found
    if chosen is not entry:
        message.path_values = with_slashes(values) if KEPT in request.environ else values
        request.url_rule, request.view_args = chosen.rule, chosen.view_args(values)
    return chosen
