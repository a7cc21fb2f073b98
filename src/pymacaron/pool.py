"""The APIs that this process knows: loading them from documents, finding them and their models by name."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable, Iterator
from contextlib import AbstractContextManager
from tempfile import NamedTemporaryFile
from typing import TYPE_CHECKING, Any

from . import structs
from ._types import JsonObject, Pointer, json_pointer
from .config import get_config, program_folder
from .dialects import Document
from .documents import Fault, Node, ReferenceFault, findings
from .exceptions import DocumentError, Problem, ValidationError
from .failures import Failures
from .formats import Formats
from .loading import building, documents_below, load_document, warn, warn_of_unknown_clients
from .names import suggest, unknown_attribute
from .schemas import REQUEST, Schemas
from .servers import Reach
from .shapes import Models

if TYPE_CHECKING:
    from pymacaron_apis import Apis

    from .client import Client, Line
    from .client.doubles import Faked, Tape


class LoadedApi:
    """One API: `ApiPool.shop`. `model` has its model classes, `document` what was read."""

    def __init__(self, document: Document, soft_faults: list[Fault], soft_texts: list[str]) -> None:
        self.document = document
        self.soft_faults = soft_faults  # what stops the start of a served API, but not of one that is only called
        self._soft_texts = soft_texts
        self.name = document.name
        self.reach = Reach()  # how it is called, as far as the code says
        self._app: Any = None  # what answers it here
        self._line: Line | None = None
        self._client: Client | None = None

    def tell_soft_faults(self) -> None:
        """Warn of what would stop the start if the API were served: it is only called."""
        warn(self.document.path, self._soft_texts)
        self._soft_texts = []  # once is enough

    @property
    def model(self) -> Models:
        return self.document.models

    def models_having(self, key: str) -> list[Any]:
        """The classes of the schemas that have an `x-` key themselves."""
        return [model for _, model in self.document.having(key) if isinstance(model, type)]

    @property
    def client(self) -> Client:
        """The operations as methods to call."""
        found = self._client
        if found is None:
            from .client import Client  # 10 ms of a start, for those who call somebody

            self.tell_soft_faults()
            found = self._client = Client(self.document.operations, self.line)
        return found

    def check_calls(self) -> None:
        """That the operations can be called.

        Raises:
            BindingError: with what `x-decorate-request` names and is not there.
            ConfigurationError: the configuration or the environment says where it is, and that is no address; or it has
                credentials that the document does not take.
        """
        from .client import check_decorators  # as above

        self.tell_soft_faults()
        check_decorators(self.document.operations)
        self.line.check()

    @property
    def line(self) -> Line:
        """How the operations are reached."""
        found = self._line
        if found is None:
            from .client import Line  # as above

            found = self._line = Line(self.document, self.reach, self._app)
        return found

    def served_by(self, app: Any) -> None:
        """Set the Flask application that answers the operations in this process. Calls go directly to it."""
        self._app = app
        if self._line is not None:
            self._line.served_by(app)

    def fake(self, **answers: Any) -> AbstractContextManager[Faked]:
        """For a test: inside of the block, calls of this API are answered by what is given for each operation: a
        function, which is called as that of the service would be, a result, or an exception.

        Gives the list of the calls that are made. What the document does not allow is a WrongFakeError.

        Raises:
            AttributeError: there is no such operation.
        """
        from .client.doubles import faking  # for tests

        return faking(self.line, self.document.operations, answers)

    def recording(self, path: str | os.PathLike[str]) -> AbstractContextManager[Tape]:
        """For a test: inside of the block, calls of this API are made as ever, and written to a file at its end; YAML,
        or JSON where the name says so."""
        from .client.doubles import recording  # for tests

        return recording(self.line, path)

    def replaying(self, path: str | os.PathLike[str]) -> AbstractContextManager[Tape]:
        """For a test: inside of the block, calls of this API are answered as they were when the file was recorded. One
        that is not in it is a NotRecordedError."""
        from .client.doubles import replaying  # for tests

        return replaying(self.line, path)

    def get_version(self) -> str:
        """The version of the document."""
        return self.document.version

    def spawn_api(self, app: Any, decorator: Callable[[Any], Any] | None = None) -> None:
        """Let a Flask application answer the operations of this API alone, each function with `decorator` around it.

        Raises:
            BindingError: with everything in which code and document do not fit.
        """
        from .serving import Served, serve  # brings Flask, which those who only read documents do without

        serve(
            app, [Served(self.name, self.document, self.document.operations)],
            Failures(expose=lambda: bool(get_config().expose_exceptions)), debug=lambda: app.debug, decorator=decorator,
        )  # fmt: skip
        self.served_by(app)

    def model_to_json(self, model: Any) -> JsonObject:
        """A model as JSON values."""
        return model.to_json()  # type: ignore[no-any-return]  # models are Any

    def json_to_model(self, name: str, value: JsonObject, validate: bool = False) -> Any:
        """A model made from JSON values.

        Raises:
            AttributeError: the API has no model of that name.
            ValidationError: with `validate`, and the value breaks the schema.
        """
        cls = getattr(self.model, name)
        if validate:
            place = self.model.schema_of(name)
            assert place is not None, "it has a class"
            schema = place[0].schemas.at(place[1])
            found = schema.checker(REQUEST).problems(value)
            if found:
                places = [Problem("body", json_pointer(p.path), p.code, p.expected) for p in found]
                raise ValidationError(problems=places)
        return cls.from_json(value)

    def __repr__(self) -> str:
        return f"<API {self.name}: {len(self.document.operations)} operations>"


class Pool:
    """All APIs by name, as attributes: `ApiPool.shop`."""

    def __init__(self) -> None:
        self._apis: dict[str, LoadedApi] = {}

    if not TYPE_CHECKING:  # checkers know them from `pymacaron stubs`

        def __getattr__(self, name: str) -> LoadedApi:
            return self._named(name)

    def _named(self, name: str) -> LoadedApi:
        if name.startswith("_"):
            raise AttributeError(name)
        api = self._apis.get(name)
        if api is None:
            cure = suggest(name, self._apis) or ("none is loaded yet: call load_apis first" if not self._apis else None)
            raise unknown_attribute(f"no API {name!r} is loaded; {cure or 'there are ' + ', '.join(self._apis)}")
        return api

    def __iter__(self) -> Iterator[str]:
        return iter(self._apis)

    def __contains__(self, name: object) -> bool:
        return name in self._apis

    def __dir__(self) -> list[str]:
        return [*super().__dir__(), *self._apis]

    def load(self, paths: dict[str, str], formats: Formats, reach: Reach | None = None) -> list[LoadedApi]:
        """Load documents by the names of their APIs. They replace loaded APIs of the same names.

        Raises:
            DocumentError: with every fault of every document.
        """
        faults: list[Fault] = []
        loaded: list[LoadedApi] = []
        with building():
            for name, path in paths.items():
                found = load_document(name, path, formats, faults)
                if found is not None:
                    loaded.append(LoadedApi(found.document, found.soft_faults, found.soft_texts))
        if faults:
            raise DocumentError(findings(faults))
        for api in loaded:
            api.reach = reach or api.reach
            self._share_models(api.document)
            self._apis[api.name] = api
        return loaded

    def add(  # noqa: PLR0917 - the signature that users know
        self, name: str, yaml_path: str | None = None, yaml_str: str | None = None, timeout: float = 20,
        error_callback: Any = None, formats: Iterable[Any] | None = None, host: str | None = None,
        port: int | None = None, local: bool = False, proto: str | None = None, verify_ssl: bool = True,
    ) -> LoadedApi:  # fmt: skip
        """Load one API from a file or a text, and return it.

        Args:
            timeout: how many seconds a call may take.
            host, port, proto: where it is, in place of what the document says.
            verify_ssl: are certificates verified?
            error_callback, local: taken for the sake of programs that pass them.

        Raises:
            TypeError: neither or both of `yaml_path` and `yaml_str` are given.
            DocumentError: the document is faulty.
        """
        if (yaml_path is None) == (yaml_str is None):
            raise TypeError("ApiPool.add takes either yaml_path or yaml_str")
        reach = Reach(timeout, host=host, port=port, proto=proto, verify=verify_ssl)
        if yaml_path is not None:
            return self.load({name: yaml_path}, Formats(formats or ()), reach)[0]
        with NamedTemporaryFile("w", suffix=".yaml", encoding="utf-8") as file:
            file.write(yaml_str or "")
            file.flush()
            return self.load({name: file.name}, Formats(formats or ()), reach)[0]

    def clear(self) -> None:
        """Forget all APIs; for tests."""
        self._apis.clear()

    def _share_models(self, document: Document) -> None:
        """Schemas of one name that are identical in two APIs are one class."""
        for other in self._apis.values():
            if other.name == document.name or other.document.schemas.draft is not document.schemas.draft:
                continue
            for name in document.named.keys() & other.document.named.keys():
                ours, theirs = document.named[name], other.document.named[name]
                if same_schema(document.schemas, ours, other.document.schemas, theirs):
                    document.shapes.adopt(ours, other.document.shapes, theirs)

    def get_model(self, name: str, api: str | None = None) -> Any:
        """The model class of a name.

        Raises:
            AttributeError: there is none, or several APIs have different ones and `api` does not say which.
        """
        if api is not None:
            return getattr(getattr(self, api).model, name)
        having = [loaded for loaded in self._apis.values() if name in loaded.document.named]
        # names that stand in no document are looked for only then: that takes making all models
        having = having or [loaded for loaded in self._apis.values() if name in loaded.model]
        found = {loaded.name: getattr(loaded.model, name) for loaded in having}
        if not found:
            known = [name for loaded in self._apis.values() for name in loaded.document.named]
            cure = suggest(name, known) or ("no API is loaded yet" if not known else "no API defines it")
            raise AttributeError(f"there is no model {name!r}; {cure}")
        if len({id(cls) for cls in found.values()}) > 1:
            names = " and ".join(found)
            raise AttributeError(f"{names} have different models {name!r}; say which: get_model({name!r}, api=...)")
        return next(iter(found.values()))


def same_schema(our_schemas: Schemas, ours: Node, their_schemas: Schemas, theirs: Node) -> bool:
    """Do the schemas at two places of two documents say the same? References count by what they lead to, discriminators
    by what they choose from; each pair of places is looked at once."""
    seen: set[tuple[Node, Node]] = set()
    waiting = [(ours, theirs)]
    while waiting:
        pair = waiting.pop()
        if pair[0].ref is not None and pair[1].ref is not None:
            try:
                pair = pair[0].follow(), pair[1].follow()
            except ReferenceFault:  # in a schema that nothing uses, or the document's check would have said so
                return False
        if pair in seen:
            continue
        seen.add(pair)
        parts = _parts(*pair)
        if parts is None:
            return False
        waiting.extend(parts)
        if isinstance(pair[0].value, dict) and "discriminator" in pair[0].value:
            ours_by, theirs_by = our_schemas.dispatch(pair[0]), their_schemas.dispatch(pair[1])
            our_branches = ours_by.branches if ours_by is not None else {}
            their_branches = theirs_by.branches if theirs_by is not None else {}
            if our_branches.keys() != their_branches.keys():
                return False
            waiting.extend((node, their_branches[value]) for value, node in our_branches.items())
    return True


def _parts(ours: Node, theirs: Node) -> list[tuple[Node, Node]] | None:
    """What two values hold, pair by pair; None if they differ already."""
    a, b = ours.value, theirs.value
    if type(a) is not type(b):
        return None
    if isinstance(a, dict):
        return [(ours.at(key), theirs.at(key)) for key in a] if a.keys() == b.keys() else None
    if isinstance(a, list):
        return [(ours.at(i), theirs.at(i)) for i in range(len(a))] if len(a) == len(b) else None
    return [] if a == b else None


if TYPE_CHECKING:
    ApiPool: Apis
else:
    ApiPool = Pool()


def _find_model(name: str, api: str, place: tuple[str, Pointer] | None) -> Any:
    """The class of a pickled model. One without a name of its own is known by its place in the documents."""
    if place is None:
        return ApiPool.get_model(name, api)
    loaded: LoadedApi = getattr(ApiPool, api)
    return loaded.document.shapes.model_at(place, name)


def _models_having(key: str) -> list[Any]:
    return [model for name in ApiPool for model in getattr(ApiPool, name).models_having(key)]


structs.find_models_with(_find_model, _models_having)


def load_clients(
    path: str | os.PathLike[str] | None = None, apis: str | Iterable[str] | None = None,
    formats: Formats | None = None, reach: Reach | None = None,
) -> Pool:  # fmt: skip
    """Load documents for calling only; no server is needed.

    Args:
        path: a folder; None: `apis` beside the program, else in the working folder.
        apis: the names of those that are wanted; None: all. What is loaded from there already stays as it is.

    Raises:
        DocumentError: with every fault of every document; there are none, or none of such a name.
        BindingError: with what their `x-decorate-request` name and is not there.
    """
    folder = os.path.abspath(_usual_folder() if path is None else path)
    wanted = None if apis is None else [apis] if isinstance(apis, str) else list(apis)
    found = documents_below(folder)
    for name in wanted or ():
        if name not in found:
            cure = suggest(name, found) or f"there are {', '.join(found) or 'none'}"
            raise DocumentError(f"there is no document of an API {name!r} in {folder}; {cure}")
    if not found:
        raise DocumentError(
            f"there is no OpenAPI document in {folder}; load_clients(path) takes a folder that has some"
        )
    known = {getattr(ApiPool, name).document.path for name in ApiPool}
    missing = {name: file for name, file in found.items() if file not in known and (wanted is None or name in wanted)}
    for api in ApiPool.load(missing, formats or Formats(()), reach):
        api.check_calls()
    warn_of_unknown_clients(ApiPool, near=True)
    return ApiPool


def _usual_folder() -> str:
    beside = os.path.join(program_folder(), "apis")
    return beside if os.path.isdir(beside) else "apis"


def get_model(name: str, api: str | None = None) -> Any:
    """The model class of a name; see Pool.get_model."""
    return ApiPool.get_model(name, api)
