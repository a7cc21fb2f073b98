"""Which store it is: what the configuration says, else a file of SQLite."""

from __future__ import annotations

import os
import threading
from urllib.parse import parse_qs

from pymacaron.config import Config, get_config

from .store import Store

FILE = "pymacaron-store.sqlite"  # the store of a service that names none
_lock = threading.Lock()
_store: Store | None = None
_config: Config | None = None  # that the store is of; None: it was given


def get_store() -> Store:
    """The store of this process. It is opened at the first call.

    It is the `store` in pym-config.yaml. Without one, it is the file pymacaron-store.sqlite beside pym-config.yaml (in
    the working folder if there is none), or the file that PYMACARON_STORE names.

    Raises:
        ConfigurationError: pym-config.yaml is wrong.
        StartError: a library that the store needs is not installed.
    """
    global _store, _config
    if _store is not None and _config is None:
        return _store
    config = get_config()
    with _lock:
        if _store is None or _config is not config:
            folder = os.path.dirname(config.config_file or "")
            url = config.store or f"sqlite:///{os.environ.get('PYMACARON_STORE', FILE)}"
            _store, _config = open_store(url, folder), config
        return _store


def is_in_use() -> bool:
    """Does this service keep anything? Yes, where the configuration names a store, or one has been opened."""
    config = get_config()
    return bool(config.store) or (_store is not None and (_config is None or _config is config))


def set_store(store: Store | None) -> None:
    """Set what get_store() returns. With None, the next get_store() opens the store of the configuration again."""
    global _store, _config
    with _lock:
        _store, _config = store, None


def open_store(url: str, folder: str = "") -> Store:
    """The store at a URL. It is not connected yet.

    The URL is `sqlite:///path` (relative to `folder`; four slashes for an absolute path) or `dynamodb://region`. The
    latter may name another server: `dynamodb://region?endpoint=http://localhost:8000`.

    Raises:
        ValueError: the URL is not that of a store.
    """
    scheme, _, rest = url.partition("://")
    place, _, query = rest.partition("?")
    if scheme == "sqlite" and place.startswith("/") and len(place) > 1:
        from .sqlite import SqliteStore  # sqlite3 takes 5 ms to import, for those who keep something

        return SqliteStore(os.path.abspath(os.path.join(folder, place[1:])))
    options = parse_qs(query)
    if scheme == "dynamodb" and place and options.keys() <= {"endpoint"}:
        from .dynamodb import DynamoStore  # boto3 is an extra, and takes 200 ms to import

        return DynamoStore(place, options.get("endpoint", [None])[0])
    raise ValueError("a store is sqlite:///path or dynamodb://region")
