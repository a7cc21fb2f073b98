"""All stubs of a service: a folder `pymacaron_apis` of files by name."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator

from pymacaron.names import python_name
from pymacaron.pool import LoadedApi, Pool

from .annotations import Catalogue, folder_of
from .client_stubs import ClientStubs, class_names
from .error_stubs import error_stub
from .functions import Modules
from .handler_stubs import HandlerStubs
from .model_stubs import ModelStubs

FOLDER = "pymacaron_apis"
_HEAD = '"""{title}\n\nWritten by `pymacaron stubs`; changes are lost.\n"""\n'


def stubs(apis: Iterable[LoadedApi], modules: Modules, raises: Callable[[str], bool]) -> dict[str, str]:
    """The text of every file, by its path in the folder.

    Args:
        modules: where the functions of operations are.
        raises: do clients of an API raise errors? Else they return them.
    """
    apis = sorted(apis, key=lambda api: api.name)
    catalogue = Catalogue(apis)
    files = {"__init__.pyi": _root(apis), "models.pyi": _models(catalogue), "errors.pyi": error_stub(modules)}
    for api in apis:
        folder, handlers = folder_of(api.name), HandlerStubs(api, catalogue, modules)
        files |= {
            f"{folder}/__init__.pyi": _api(api, catalogue),
            f"{folder}/models.pyi": ModelStubs(api, catalogue).text(),
            f"{folder}/client.pyi": ClientStubs(api, catalogue, raises=raises(api.name)).text(),
            f"{folder}/handlers.pyi": handlers.text(),
            f"{folder}/bound.pyi": handlers.bound(),
        }
    return files


def _root(apis: Iterable[LoadedApi]) -> str:
    known = [api for api in apis if api.name.isidentifier() and not hasattr(Pool, api.name)]
    lines = ["from pymacaron.pool import Pool", "", *(f"from . import {folder_of(a.name)} as _{a.name}" for a in known)]
    lines += ["", "class Apis(Pool):"]
    for api in known:
        lines += ["    @property", f"    def {api.name}(self) -> _{api.name}.Api: ..."]
    return _HEAD.format(title="What type checkers know of the APIs of this service.") + "\n".join(lines) + "\n"


def _models(catalogue: Catalogue) -> str:
    """What `pymacaron.models` has: every name that means one class."""
    found: dict[str, dict[object, str]] = {}
    for api, models in catalogue.exported.items():
        for name, model in models.items():
            found.setdefault(name, {}).setdefault(model, api)
    lines, names = [], []
    for name, homes in sorted(found.items()):
        if len(homes) == 1 and python_name(name) == name and name != "get_model":
            names.append(name)
            model = next(iter(homes))
            owner, at_home = catalogue.home(model)
            lines.append(f"from .{folder_of(owner)}.models import {at_home} as {name}")
    exported = ["__all__ = [", *(f"    {name!r}," for name in names), "]"]
    return _HEAD.format(title="The models of all APIs.") + "\n".join([*lines, "", *exported]) + "\n"


def _api(api: LoadedApi, catalogue: Catalogue) -> str:
    lines = ["import builtins as _builtins", "", "from pymacaron.pool import LoadedApi", ""]
    lines += ["from . import client as _client", "from . import models as _models", "", "class Models:"]
    lines += [*_members(api, catalogue), "", "class Api(LoadedApi):"]
    for name, type_ in (("model", "Models"), ("client", "_client.Client")):
        lines += ["    @property", f"    def {name}(self) -> {type_}: ...  # type: ignore[override]"]
    return _HEAD.format(title=f"The API {api.name}.") + "\n".join(lines) + "\n"


def _members(api: LoadedApi, catalogue: Catalogue) -> Iterator[str]:
    exported = catalogue.exported[api.name]
    for name in exported:
        if python_name(name) == name:
            owner, at_home = catalogue.home(exported[name])
            there = name if owner != api.name else at_home
            yield f"    {name}: _builtins.type[_models.{there}]"
    if not any(python_name(name) == name for name in exported):
        yield "    pass"


__all__ = ["FOLDER", "class_names", "stubs"]
