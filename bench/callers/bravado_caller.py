"""bravado: a client of documents, as it comes, which checks requests and answers and makes models."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from bravado.client import SwaggerClient

from callers.document import SENT, swagger


def calls(url: str) -> dict[str, Callable[[], Any]]:
    things = SwaggerClient.from_spec(swagger(url)).things
    return {
        "get": lambda: things.getThing(id=7).response().result,
        "post": lambda: things.addThing(thing=SENT).response().result,
    }
