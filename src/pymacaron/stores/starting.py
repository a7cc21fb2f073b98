"""What a start does about models that are kept: it checks their classes, and looks for the store."""

from __future__ import annotations

import logging
from collections.abc import Iterable
from typing import Any

from pymacaron.documents import Node, findings
from pymacaron.exceptions import Finding, ServiceUnavailableError, StartError

from .keeping import faults_of
from .opening import get_store
from .persistent import PersistentModel, keeping_of

log = logging.getLogger(__name__)
_METHODS = ("load_from_db", "save_to_db")


def check_kept(schemas: Iterable[tuple[Node, Any]]) -> list[Finding]:
    """What is wrong with the classes that schemas are kept by.

    Args:
        schemas: each with its model, or with the text that says why it has none.
    """
    return findings([node.at("x-persist").fault(*fault) for node, model in schemas for fault in _faults(node, model)])


def _faults(node: Node, model: Any) -> list[tuple[str, str | None]]:
    name = node.value["x-persist"]
    if isinstance(model, str):
        return [(f"{name} cannot keep this: {model}", "move the key to the schema of an object")]
    if issubclass(model, PersistentModel):
        return [(f"{name} cannot keep this: {fact}", cure) for fact, cure in faults_of(model)]
    missing = [method for method in _METHODS if not callable(getattr(model, method, None))]
    if not missing:
        return []
    return [(f"{name} has no {' and no '.join(missing)}", "inherit it from pymacaron.stores.PersistentModel")]


def find_store(models: Iterable[Any]) -> None:
    """Make the tables of models in a store that makes them; in another, look for them. A store that does not answer is
    told, and may come back: the service starts, and answers 503 where it needs it.

    Raises:
        StartError: what the store needs is not installed, or a table is there with another key.
    """
    store = get_store()
    for model in models:
        if not issubclass(model, PersistentModel):
            continue
        table = keeping_of(model).table
        try:
            if store.makes_tables:
                store.create_table(table)
            else:
                store.check(table)
        except ServiceUnavailableError as error:
            log.error("%s; until then, operations that use it answer 503", error)
            return
        except ValueError as error:
            raise StartError(f"models cannot be kept: {error}") from None
