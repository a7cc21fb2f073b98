"""The models of an API by their names."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from pymacaron.documents import Node
from pymacaron.names import suggest, unknown_attribute

from .making import Shapes


class Models:
    """The model classes of one API as attributes: `ApiPool.shop.model.Order`. Each is made at its first use.

    Args:
        make_all: makes those of schemas without a name, too: they get theirs from where they stand.
    """

    def __init__(self, shapes: Shapes, make_all: Callable[[], None]) -> None:
        self.__dict__.update(_shapes=shapes, _make_all=make_all)

    def __contains__(self, name: object) -> bool:
        return isinstance(name, str) and self.schema_of(name) is not None

    def schema_of(self, name: str) -> tuple[Shapes, Node] | None:
        """The schema of a model, and the shapes that it belongs to; None if no model has the name."""
        shapes: Shapes = self.__dict__["_shapes"]
        found = shapes.find(name)
        if found is None and self.__dict__["_make_all"] is not None:
            self.__dict__["_make_all"]()
            self.__dict__["_make_all"] = None
            found = shapes.find(name)
        return found

    def __getattr__(self, name: str) -> Any:
        if name.startswith("__"):
            raise AttributeError(name)
        shapes: Shapes = self.__dict__["_shapes"]
        importing = shapes.parents.importing
        if importing:  # else a model could be made without its parent, which is not there yet
            fact = f"{name} is not there yet, since {importing} is imported for a model to inherit from"
            raise AttributeError(f"{fact}; import models inside its functions")
        found = self.schema_of(name)
        if found is None:
            cure = suggest(name, [*shapes.named, *shapes.inline]) or "the document's components define none"
            raise unknown_attribute(f"the API {shapes.api} has no model {name!r}; {cure}")
        owner, node = found
        model = owner.model(node, name)
        if model is None:
            raise AttributeError(
                f"{name} of the API {shapes.api} is not a model: its schema does not describe an object"
            )
        self.__dict__[name] = model
        return model

    def __dir__(self) -> list[str]:
        return list(self.__dict__["_shapes"].named)
