"""Values on disk, by key: what took long to work out once and may be worked out again at any time.

Data only (msgpack), in a private folder of the user's. Nothing here ever fails: what cannot be read is not there,
what cannot be written is not kept.
"""

from __future__ import annotations

import os
import stat
from collections.abc import Callable, Iterator
from hashlib import sha256
from time import time
from typing import TypeVar
from zlib import crc32

import msgspec

from pymacaron._types import Environment, Json

# Raise it when what is kept, or how, changes its meaning: older entries are then never found again.
FORMAT = 1
LIMIT = 200 << 20  # bytes in the folder, beyond which the entries not used for longest are dropped
_MAGIC = b"pymacaron cache\n"
_HEADER = len(_MAGIC) + 4
_SUFFIX = ".pym"
_STALE = 3600  # seconds after which a half-written entry was left behind by a process that died

T = TypeVar("T")


def cache_folder(environment: Environment) -> str | None:
    """Where the cache is: `PYMACARON_CACHE` (a path, or "off"), else the user's cache folder of the XDG base directory
    specification; None for nowhere."""
    chosen = environment.get("PYMACARON_CACHE")
    if chosen:
        return None if chosen.lower() in {"off", "no", "false", "0"} else os.path.abspath(chosen)
    home = environment.get("XDG_CACHE_HOME", "")
    if not os.path.isabs(home):  # the specification: a relative path is to be ignored
        home = os.path.join(os.path.expanduser("~"), ".cache")
    return os.path.join(home, "pymacaron") if os.path.isabs(home) else None


class Cache:
    """A folder of values by key; any number of processes may use it at once.

    The folder must belong to the user and be writable by nobody else, otherwise it is left alone. Without a folder
    (None), and on systems without POSIX ownership, nothing is ever found.
    """

    def __init__(self, folder: str | None, limit: int = LIMIT) -> None:
        self.folder = folder if os.open in os.supports_dir_fd else None
        self.limit = limit
        self._size: int | None = None  # bytes in the folder as far as this process knows; None: not counted yet

    @classmethod
    def of_user(cls, environment: Environment = os.environ) -> Cache:
        """The cache that this user's environment asks for: one in a process, which counts what is there only once."""
        folder = cache_folder(environment)
        cache = _of_users.get(folder)
        if cache is None:
            cache = _of_users[folder] = cls(folder)
        return cache

    def get(self, key: str) -> Json | None:
        """The value kept under `key`, None if there is none."""
        return self._in_folder(lambda folder: _read(folder, _name(key), self.limit), make=False)

    def put(self, key: str, value: Json) -> None:
        """Keep `value` (JSON, but not None) under `key`, if that is possible."""
        try:
            payload = _encode(value)
        except (TypeError, ValueError, RecursionError):  # not JSON, half a surrogate pair, bottomless
            return
        if len(payload) <= self.limit // 4:
            self._in_folder(lambda folder: self._keep(folder, _name(key), payload), make=True)

    def _in_folder(self, act: Callable[[int], T], *, make: bool) -> T | None:
        if self.folder is None:
            return None
        try:
            folder = _open_private(self.folder, make=make)
            try:
                return act(folder)
            finally:
                os.close(folder)
        except (OSError, ValueError):  # ValueError: no path at all
            return None

    def _keep(self, folder: int, name: str, payload: bytes) -> None:
        entry = _header(name, payload) + payload
        if self._size is None or self._size + len(entry) > self.limit:
            self._size = _drop_oldest(folder, self.limit - len(entry))
        _write(folder, name, entry)
        self._size += len(entry)


_of_users: dict[str | None, Cache] = {}  # by folder


def _open_private(path: str, *, make: bool) -> int:
    """A descriptor of the folder: with it in hand, nobody can put another folder in its place.

    Raises:
        OSError: there is no such folder (and none can be made), or it is not private.
    """
    if make:
        os.makedirs(path, mode=0o700, exist_ok=True)
    folder = os.open(path, os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW)
    if not _is_ours(os.fstat(folder)):
        os.close(folder)
        raise PermissionError(path)
    return folder


def _is_ours(found: os.stat_result) -> bool:
    return found.st_uid == os.geteuid() and not found.st_mode & (stat.S_IWGRP | stat.S_IWOTH)


def _name(key: str) -> str:
    return sha256(f"{FORMAT}:{key}".encode()).hexdigest() + _SUFFIX


_BIG = 1  # our extension type for integers of more than 64 bits, written as decimal digits


def _encode(value: Json) -> bytes:
    try:
        return msgspec.msgpack.encode(value)
    except OverflowError:  # real documents have such limits
        return msgspec.msgpack.encode(_with_big(value))


def _with_big(value: Json) -> Json:
    if type(value) is dict:
        return {key: _with_big(inner) for key, inner in value.items()}
    if type(value) is list:
        return [_with_big(inner) for inner in value]
    if type(value) is int and value.bit_length() > 63:
        return msgspec.msgpack.Ext(_BIG, str(value).encode())
    return value


def _big(_kind: int, digits: memoryview) -> int:
    return int(bytes(digits))


_decode = msgspec.msgpack.Decoder(ext_hook=_big).decode


def _header(name: str, payload: bytes | memoryview) -> bytes:
    """What an entry starts with: what it is, and a checksum over its name and content."""
    return _MAGIC + crc32(payload, crc32(name.encode())).to_bytes(4, "big")


def _content(name: str, entry: bytes) -> Json | None:
    payload = memoryview(entry)[_HEADER:]
    if entry[:_HEADER] != _header(name, payload):
        return None
    try:
        return _decode(payload)
    except (msgspec.DecodeError, ValueError, RecursionError):
        return None


def _read(folder: int, name: str, limit: int) -> Json | None:
    descriptor = os.open(name, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK, dir_fd=folder)
    with open(descriptor, "rb") as file:
        found = os.fstat(descriptor)
        if not stat.S_ISREG(found.st_mode) or not _is_ours(found) or found.st_size > limit:
            return None
        entry = file.read()
    _touch(folder, name)
    return _content(name, entry)


def _touch(folder: int, name: str) -> None:
    try:
        os.utime(name, dir_fd=folder)
    except OSError:  # a read-only disk: then nothing is ever dropped either
        return


def _write(folder: int, name: str, entry: bytes) -> None:
    """Write beside, then replace: whoever reads meanwhile sees the old entry or the new one."""
    beside = f"{os.urandom(8).hex()}.tmp{_SUFFIX}"
    descriptor = os.open(beside, os.O_WRONLY | os.O_CREAT | os.O_EXCL, mode=0o600, dir_fd=folder)
    try:
        with open(descriptor, "wb") as file:
            file.write(entry)
        os.replace(beside, name, src_dir_fd=folder, dst_dir_fd=folder)
    except BaseException:
        os.unlink(beside, dir_fd=folder)
        raise


def _drop_oldest(folder: int, limit: int) -> int:
    """Remove the entries that were not used for longest, until no more than `limit` bytes are left.

    Returns:
        How many bytes are left.
    """
    size = 0
    for used, name, length in sorted(_entries(folder), reverse=True):
        half_written = ".tmp" in name and used < time() - _STALE
        if size + length > limit or half_written:
            _remove(folder, name)
        else:
            size += length
    return size


def _entries(folder: int) -> Iterator[tuple[float, str, int]]:
    """When each entry was used last, its name and its size in bytes."""
    for name in os.listdir(folder):
        if name.endswith(_SUFFIX):
            try:
                found = os.stat(name, dir_fd=folder, follow_symlinks=False)
            except FileNotFoundError:  # another process was quicker
                continue
            yield found.st_mtime, name, found.st_size


def _remove(folder: int, name: str) -> None:
    try:
        os.unlink(name, dir_fd=folder)
    except FileNotFoundError:  # likewise
        return
