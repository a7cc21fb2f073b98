"""The face that users import models from: `from pymacaron.models import Order`, once the documents are loaded."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from .pool import ApiPool, get_model

if TYPE_CHECKING:
    from pymacaron_apis.models import *  # noqa: F403 - what `pymacaron stubs` has written
else:
    __all__ = ["get_model"]

    def __getattr__(name: str) -> Any:
        if name.startswith("__"):
            raise AttributeError(name)
        if not list(ApiPool):
            raise ImportError(
                f"cannot import {name!r} from pymacaron.models before a document is loaded; import it in a module that "
                "API.start() binds, or after load_apis(), or use get_model() inside the function; "
                "a test imports server.py before such a module"
            )
        try:
            return ApiPool.get_model(name)
        except AttributeError as error:
            raise ImportError(str(error)) from None
