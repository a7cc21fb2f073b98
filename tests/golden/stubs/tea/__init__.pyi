"""The API tea.

Written by `pymacaron stubs`; changes are lost.
"""
import builtins as _builtins

from pymacaron.pool import LoadedApi

from . import client as _client
from . import models as _models

class Models:
    Biscuit: _builtins.type[_models.Biscuit]
    Cup: _builtins.type[_models.Cup]
    Error: _builtins.type[_models.Error]

class Api(LoadedApi):
    @property
    def model(self) -> Models: ...  # type: ignore[override]
    @property
    def client(self) -> _client.Client: ...  # type: ignore[override]
