"""An API served from its document alone: examples, else values made from the schemas, with what callers create.

wishes.py      what a caller asks for in the header Prefer
examples.py    the examples of a document
shelves.py     what callers have created
answering.py   the function of an operation
"""

from __future__ import annotations

from collections.abc import Iterable

from flask import Flask
from werkzeug.wrappers import Response

from pymacaron.config import get_config
from pymacaron.dialects import Document
from pymacaron.endpoints import Endpoint, Options
from pymacaron.failures import Failures
from pymacaron.lane import Route, install
from pymacaron.names import free_name

from .answering import Mock
from .shelves import Shelves, places_of
from .wishes import Wishes, WishesApart

__all__ = ["Wishes", "mock_app"]


def mock_app(documents: Iterable[Document], usual: Wishes = Wishes(), *, seed: int = 0) -> Flask:  # noqa: B008 - a value
    """A Flask app that answers every operation of the documents.

    It validates requests as a service does, and does not check credentials. Responses match the document, unless a
    caller asks for one that does not.

    Args:
        usual: how it answers callers who do not say what they want.
        seed: the seed of generated values. The same seed makes the same values.
    """
    app = Flask("pymacaron.mock")
    config = get_config()
    options = Options(bool(config.strict_query), config.max_body, lambda: "enforce", Response)
    routes, names, shelves = [], set[str](), Shelves()
    for document in documents:
        places = places_of(document.operations)
        for operation in document.operations:
            function = Mock(operation, places.get(operation), shelves, usual=usual, seed=seed)
            name = free_name(f"{document.name}.{operation.name}", names)
            names.add(name)
            routes.append(Route(operation.method, operation.path, Endpoint(operation, function, options), name))
    install(app, routes, Failures(expose=lambda: True))
    app.wsgi_app = WishesApart(app.wsgi_app)  # type: ignore[method-assign]
    return app
