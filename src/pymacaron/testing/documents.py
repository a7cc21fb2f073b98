"""The documents of the service under test: out of the folder of the project, else as the service publishes them."""

from __future__ import annotations

import json
import logging
import os
import tempfile
from collections.abc import Iterable, Iterator
from typing import Any

from pymacaron import builtin
from pymacaron.config import get_config, load_config, set_config
from pymacaron.dialects import Document
from pymacaron.documents import Fault, findings
from pymacaron.exceptions import ConfigurationError, DocumentError
from pymacaron.formats import Formats
from pymacaron.loading import documents_below, understood
from pymacaron.operations import Operation

from .asking import Asker
from .contracts import Contract
from .ledger import ledger_of_process

log = logging.getLogger(__name__)

APIS = "PYM_TEST_APIS"  # in the environment: the folder of the documents


def contract_of(asker: Asker) -> Contract:
    """What the service promises.

    Raises:
        DocumentError: a document is faulty.
    """
    return contract_for(documents_of(asker))


def documents_of(asker: Asker) -> list[Document]:
    """The documents of the APIs that a service answers.

    Raises:
        DocumentError: one is faulty.
    """
    try:
        get_config()
    except ConfigurationError:  # secrets of the service are not there where it is only asked
        set_config(load_config(strict=False))
    served = _served(asker)
    paths = _below(_folder())
    names = [name for name in served or paths if name in paths]
    documents = list(_understood({name: paths[name] for name in names}))
    documents += _published(asker, [name for name in served if name not in paths])
    if not documents:
        log.warning("%s: no document is known of what answers there, so answers are held against none", asker.place)
    return documents


def contract_for(documents: Iterable[Document]) -> Contract:
    """What these documents promise, and the resources of every service."""
    operations = [operation for document in documents for operation in document.operations]
    return Contract(operations, resources_beside(operations), ledger_of_process())


def resources_beside(operations: Iterable[Operation]) -> list[Operation]:
    """What a service with these operations answers by itself."""
    names = ["ping"] + ["operations"] * any(one.extensions.get("x-async") for one in operations)
    return [operation for name in names for operation in builtin.document(name).operations]


def _folder() -> str:
    """Where the documents of the project are: what the environment says, `apis` here, or beside the configuration."""
    given = os.environ.get(APIS)
    beside = os.path.dirname(get_config().config_file or "")
    return given or next((one for one in ("apis", os.path.join(beside, "apis")) if os.path.isdir(one)), "")


def _below(folder: str) -> dict[str, str]:
    """
    Raises:
        DocumentError: there is no such folder, or two documents have one name.
    """
    return documents_below(folder) if folder else {}


def _understood(paths: dict[str, str]) -> Iterator[Document]:
    faults: list[Fault] = []
    found = [understood(name, path, Formats(()), faults) for name, path in paths.items()]
    if faults:
        raise DocumentError(findings(faults))
    return (loaded.document for loaded in found if loaded is not None)


def _asked(asker: Asker, path: str) -> Any:
    """The JSON values at a path; None where there are none."""
    try:
        answer = asker.ask("GET", path, {})
        return answer.json if answer.status == 200 else None
    except (AssertionError, ValueError):  # who asks for more than this will be told
        return None


def _served(asker: Asker) -> list[str]:
    """The names of the APIs that are served, as /version tells them; [] if it does not."""
    said = _asked(asker, "/version")
    name = said.get("name") if isinstance(said, dict) else None
    return name.split() if isinstance(name, str) and name != "ping" else []


def _published(asker: Asker, names: Iterable[str]) -> list[Document]:
    """Documents that the service publishes, at the usual path."""
    with tempfile.TemporaryDirectory() as folder:
        paths = {}
        for name in names:
            value = _asked(asker, f"/doc/{name}.json?bundled=1")
            if value is not None and os.path.basename(name) == name:
                paths[name] = os.path.join(folder, f"{name}.json")
                with open(paths[name], "w", encoding="utf-8") as file:
                    json.dump(value, file)
        return list(_understood(paths))
